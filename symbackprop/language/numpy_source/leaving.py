"""What a loop over a size did, all turns together: to arrays, lists and dicts from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta
from symbackprop.language.numpy_source.families import reversed_
from symbackprop.language.numpy_source.machine import Loop, Machine
from symbackprop.language.numpy_source.objects import Arr, Dct, Family, Lst, PlaceCarried, Run
from symbackprop.language.numpy_source.recurrences import ArrayState, DictState, arrays_in
from symbackprop.language.numpy_source.updates import Update, applied, is_injective, letters_of, merged, over_loop
from symbackprop.language.tensors import Index


def close_states(m: Machine, inner: Loop) -> dict[Any, Any]:
    """The equations of recurrences through arrays and dicts, while the turn can still be read; what they leave."""
    made: dict[Any, Any] = {}
    for owner, state in inner.states.items():
        if isinstance(state, ArrayState):
            made[owner] = state.close(m, inner.updates.pop(owner, []))
            if () in inner.reads.pop(owner, []):
                raise Unfit("a turn of the loop reads all of an array whose places other turns write", "or a view of it")
        elif isinstance(state, DictState):
            stored = inner.stored.pop(owner, [])
            if len(stored) != 1 or sp.expand(stored[0][0] - state.own) != 0:
                raise Unfit("a dict that a loop fills gets one value each turn, at its own key")
            if not state.is_steady(stored[0][1], len(m.loops)):
                raise Unfit("what a dict keeps for one turn is changed or kept again: this isn't read", "copy() makes it two")
            state.state.close(m, stored[0][1])
            made[owner] = state.state.kept(m, sp.expand(state.own - state.state.index))
    return made


def leave(m: Machine, inner: Loop, states: dict[Any, Any]) -> None:
    """What the loop does to arrays, lists and dicts from outside, all turns together."""
    index = inner.index
    assert index is not None
    planned: list[tuple[Arr, Update]] = []  # before anything is written: the loop may have to be read again
    for arr, updates in inner.updates.items():
        touched = inner.reads.get(arr, [])
        every = merged(updates)
        if touched or not all(u.adds for u in every):
            every = [_of_own_places(m, arr, every, touched, inner)]
        planned += [(arr, over_loop(update, index, m.facts)) for update in every]
    for owner, made in states.items():
        if isinstance(owner, Arr):
            m.write(owner, made, inner.states[owner].tensor.name)
            root = owner.root
            for view in inner.states[owner].views:
                view.base, view.seen = root, root.version
        else:
            _fill_dict(owner, made)
    for arr, update in planned:
        m.write(arr, update, inner.names[arr])
    for lst in inner.popped:
        if lst in inner.looked or lst in inner.stored or lst in inner.grown:
            raise Unfit("a list is taken from and used otherwise in one loop: this isn't read")
        lst.family, lst.items = None, []
    depth = len(m.loops)
    for lst, values in inner.grown.items():
        value, in_front = values[0]
        if lst.family or len(values) != 1 or (lst.items and (in_front or inner.direction < 0)):
            raise Unfit("a list that a loop fills grows by one each turn")
        made = Family(index, value, depth=depth)
        if lst.items:
            lst.items.append(Run(made))
            continue
        lst.family = made if in_front == (inner.direction < 0) else reversed_(m, made)
    for dct, stored in inner.stored.items():
        start = sp.expand(stored[0][0] - index)
        if len(stored) != 1 or start.has(index) or any(not k < start for k in inner.looked.get(dct, ())):
            raise Unfit("a dict or list that a loop fills gets one value each turn, at its own place")
        _fill_dict(dct, Family(index, stored[0][1], start, depth=depth))
    _share(inner)


def _grown(lst: Lst) -> Family | None:
    last = lst.items[-1] if lst.items else None
    return last.family if isinstance(last, Run) else lst.family


def _share(inner: Loop) -> None:
    """What a turn keeps twice is one object: taken out of one place and changed, it would change at the other."""
    kept = [_grown(lst) for lst in inner.grown] + [dct.family for dct in inner.stored]
    families = [family for family in kept if family is not None]
    seen = [a.root for family in families for a in arrays_in(family.template)]
    for family in families:
        if any(seen.count(a.root) > 1 for a in arrays_in(family.template)):
            family.taken = 2


def _fill_dict(owner: Dct | Lst, family: Family) -> None:
    if isinstance(owner, Lst):
        if owner.family is None or owner.family.template is not None or family.start != 0 or owner.family.index.size != family.index.size:
            raise Unfit("a list that a loop fills has a place for each turn")
        owner.family = family
        return
    start = family.start
    if owner.family is not None or any(not isinstance(k, str) and not (isinstance(k, int) and k < start) for k in owner.items):
        raise Unfit("a dict that a loop fills has other keys already")
    owner.family = family


def _of_own_places(m: Machine, arr: Arr, updates: list[Update], touched: list[tuple[sp.Expr, ...]], inner: Loop) -> Update:
    """What one turn makes of its own places, where no other turn reads or writes them."""
    index = inner.index
    assert index is not None
    if len(updates) == 1 and not touched and not updates[0].adds:
        return updates[0]
    shared = [f for f in updates[0].factors if all(f in u.factors for u in updates) and all(f in t for t in touched)]
    if not is_injective(Update(False, tuple(shared), sp.S.Zero), index, m.facts):
        _carried(arr, updates, inner)
        raise Unfit(
            "a turn of the loop reads or writes places of an array that other turns write to", "a recurrence in an array isn't read"
        )
    nd = m.now(arr)
    for u in updates:
        nd = applied(replace(u, factors=tuple(f for f in u.factors if f not in shared)), nd, m.facts)
    return Update(False, tuple(shared), m.body(nd, letters_of(nd.axes)))


def _carried(arr: Arr, updates: Sequence[Update], inner: Loop) -> None:
    # Every update at one place of an axis that moves with the turns: a recurrence through the array, perhaps.
    index = inner.index
    assert index is not None
    if arr in inner.states:
        return
    for axis, letter in enumerate(letters_of(arr.value.axes)):
        if len(letter) == 1:
            places = {_place(u, letter[0]) for u in updates}
            place = places.pop() if len(places) == 1 else None
            if place is not None and sp.expand(place - index).is_Integer:
                raise PlaceCarried(arr, axis, sp.expand(place - index - inner.direction), index)


def _place(update: Update, letter: Index) -> sp.Expr | None:
    for factor in update.factors:
        if isinstance(factor, Delta) and letter in factor.args:
            other = factor.args[1] if factor.args[0] == letter else factor.args[0]
            return sp.expand(other)
    return None
