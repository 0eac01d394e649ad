"""Loops: over a literal count, turn by turn; over a size, once for every i.

    for i in range(N): dW += x[i] * dz[i]          dW + Σ_i x[i] dz[i]
    for i in range(N): out[i] = f(x[i])            out[i] = f(x[i]) for every i
    for t in range(T): h = tanh(x[t] + h @ U)      h[t] = tanh(x[t] + h[t−1] U): a recurrence

One turn is read with i as an index. What it does to arrays from outside is noted, and summed or set for all i. Turns
must not meet: what a turn reads of an array that the loop writes to must be its own places, or those of the turn before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.bounds import never_negative
from symbackprop.language.numpy_source.courses import course, ends, is_over_size, turns
from symbackprop.language.numpy_source.expressions import evaluate
from symbackprop.language.numpy_source.families import instance_at, reversed_
from symbackprop.language.numpy_source.holding import read
from symbackprop.language.numpy_source.in_place import check_no_box
from symbackprop.language.numpy_source.leaving import close_states, leave
from symbackprop.language.numpy_source.loop_names import augmented, counter_of, only_added, rebinds, set_in, written_in
from symbackprop.language.numpy_source.machine import Loop, Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.objects import (
    Arr,
    Carried,
    Dct,
    Family,
    Frame,
    Instance,
    Jump,
    LoopCarried,
    Lst,
    PlaceCarried,
    Returned,
    Span,
    Unknown,
    Widened,
)
from symbackprop.language.numpy_source.recurrences import ArrayState, DictState, NameState, holds, is_own
from symbackprop.language.tensors import Index

MAX_STATES = 6  # names and arrays that a loop carries from turn to turn
Carries = dict[str, Any]


def loop(m: Machine, f: Frame, node: ast.For) -> Returned | None:
    """for target in iter: body"""
    what = evaluate(m, f, node.iter)
    m.node = node
    if node.orelse:
        raise Unfit("for ... else isn't read")
    if is_over_size(m, what):
        _retried(m, f, node, what)
        return None
    return _one_by_one(m, f, node, what)


def _one_by_one(m: Machine, f: Frame, node: ast.For, what: Any) -> Returned | None:
    from symbackprop.language.numpy_source.statements import assign, run

    for element in turns(m, what):
        assign(m, f, node.target, element)
        ended = run(m, f, node.body)
        if isinstance(ended, Returned):
            return ended
        if ended is Jump.BREAK:
            break
    return None


def counted(m: Machine, f: Frame, node: ast.While) -> Returned | None:
    """while i < e: body; i += 1, which is a loop over i from where it is to e."""
    found = counter_of(node) if node.body and not node.orelse else None
    start = f.names.get(found[0]) if found else None
    if found is None or not isinstance(start, Nd) or start.axes or start.kind != "int":
        raise Unfit("while isn't read", "`while i < n: ...; i += 1` is, and a loop over range(n)")
    name, end, step, included = found
    stop = evaluate(m, f, end)
    if not isinstance(stop, Nd) or stop.axes or stop.kind != "int":
        raise Unfit("while isn't read up to a number that is no whole one")
    last = constant(sp.expand(stop.at(()) + (step if included else 0)))
    span = Span(start, last, constant(step), counts=True)
    target = ast.copy_location(ast.Name(name, ast.Store()), node)
    turned = ast.copy_location(ast.For(target, node.test, node.body[:-1], []), node)
    if is_over_size(m, span):
        _retried(m, f, turned, span)
    else:
        ended = _one_by_one(m, f, turned, span)
        if ended is not None:
            return ended
    again = evaluate(m, f, end)
    if not isinstance(again, Nd) or again.at(()) != stop.at(()):
        raise Unfit("while isn't read whose end the loop changes")
    first, final, _ = ends(m, span)
    if first.is_Integer and final.is_Integer:
        f.names[name] = constant(max(first, final) if step > 0 else min(first, final))
    elif never_negative(sp.expand(step * (final - first)), m.facts):
        f.names[name] = last
    else:
        f.names[name] = Unknown(f"whether the loop turns at all isn't known, nor what {name[:40]} is after it")
    return None


# ---- over a size ---------------------------------------------------------------------------------------------------------


def _retried(m: Machine, f: Frame, node: ast.For, what: Any) -> None:
    """The loop, read again with one more recurrence as long as a turn uses what an earlier one left."""
    names: dict[str, Arr | Nd] = {}
    places: list[PlaceCarried] = []
    while True:
        try:
            _over_size(m, f, node, what, names, places)
            return
        except Widened as found:
            number = names[found.name]
            assert isinstance(number, Nd)
            if found.axes and not m.surely_turns(course(m, what)[0]):
                raise Unfit(f"whether {found.name[:40]} becomes an array isn't known: the loop may not turn") from None
            names[found.name] = constant(number.at(()), found.kind, found.axes)
        except LoopCarried as carried:
            before = f.names.get(carried.name)
            if carried.name in names or not isinstance(before, (Arr, Nd)):
                raise Unfit(f"a turn of the loop uses what an earlier one left in {carried.name[:40]}: this isn't read") from None
            names[carried.name] = before
        except PlaceCarried as found:
            if found.node is not node:
                raise
            if any(p.owner is found.owner for p in places):
                raise Unfit(
                    "a turn of the loop reads or writes places of an array that other turns write to",
                    "the places that the turn before wrote can be read",
                ) from None
            places.append(found)
        if len(names) + len(places) > MAX_STATES:
            raise Unfit("the loop carries too much from turn to turn")


def _over_size(m: Machine, f: Frame, node: ast.For, what: Any, held: dict[str, Any], places: Sequence[PlaceCarried]) -> None:
    index, place, element, direction = course(m, what)
    if (held or places) and sp.expand(place - index).has(index):
        raise Unfit("a recurrence over such steps isn't read")
    mark, names, depth = len(m.helpers), dict(f.names), len(m.loops)
    assigned = set_in(node.target, node.body)
    adding = {n for n in assigned - set_in(node.target, []) if only_added(node.body, n) and isinstance(names.get(n), (Arr, Nd))}
    inner = Loop(index, direction=direction)
    carried_on = [*held, *(n for n in adding if rebinds(node.body, n))]
    roots = {n: value.root for n in carried_on if isinstance(value := names[n], Arr)}
    try:
        started = {n: NameState(m, n, v, index, direction) for n, v in held.items()}
        inner.states = {p.owner: _state(m, p, index, direction) for p in places}
        outside = _prepare(m, f, node.body, assigned, adding)
        inner.sums = tuple(v for n, v in outside.items() if isinstance(v, Arr) and rebinds(node.body, n))
        ended = _one_turn(m, f, node, inner, started, element, augmented(node.body, adding))
        _check_aliases(roots, started, inner)
    except (LoopCarried, PlaceCarried) as carried:
        del m.loops[depth:]
        del m.helpers[mark:]
        f.names.clear()
        f.names.update(names)
        if isinstance(carried, PlaceCarried) and carried.index == index:
            carried.node = node
        raise
    finally:
        _shut(inner.states)
    _names_after(m, f, assigned, adding, ended, outside)
    turns = m.surely_turns(index)
    for n in (n for n in adding if n in roots and not (turns and rebinds(node.body, n, surely=True))):
        _perhaps_itself(f, n, names[n])


def _one_turn(
    m: Machine, f: Frame, node: ast.For, inner: Loop, started: dict[str, NameState], element: Any, body: Sequence[ast.stmt]
) -> dict[str, Any]:
    """One turn, read for all of them; what the names that are carried have after the loop."""
    from symbackprop.language.numpy_source.statements import assign

    assert inner.index is not None
    depth = len(m.loops)
    grows = (f.names.get(n) for n in set_in(None, body))
    written = (_named(f, path) for path in written_in(body))
    inner.written = frozenset((*(v for v in written if isinstance(v, (Arr, Dct, Lst))), *(v for v in grows if isinstance(v, Lst))))
    m.loops.append(inner)
    for state in inner.states.values():
        if isinstance(state, ArrayState):
            state.open(m)
    f.names.update({n: state.before(m) for n, state in started.items()})
    assign(m, f, node.target, _element(m, element, inner.index))
    _body(m, f, body)
    kept = [v for values in inner.grown.values() for v, _ in values] + [v for s in inner.stored.values() for _, v in s]
    if any(holds(v, a) for v in kept for a in inner.sums):
        raise Unfit("a sum that is not ready is kept: this isn't read")
    fleeting = set_in(node.target, node.body) - started.keys()  # names that have another value in the next turn
    same = {n for n, state in started.items() if state.same_object(f.names.get(n), kept, _others(f, {n, *fleeting}))}
    ended = {n: state.close(m, f.names.get(n)) for n, state in started.items()}
    for n, made in ended.items():
        _guard(made, f.names.get(n), [*kept, *_others(f, {n})], inner.index)
    turns = {id(state.turn): state.held for state in started.values()}
    shared = {n: state.roots(f.names.get(n), turns, depth) for n, state in started.items() if n not in same}
    last = close_states(m, inner)
    del m.loops[depth:]
    _shut(inner.states)
    m.node = node
    leave(m, inner, last)
    for n, state in started.items():
        if state.spoils_start and isinstance(state.held, Arr):
            state.held.spoiled = f"{n[:40]} is changed in place in the first turn of a loop, and is another array then"
    for n, roots in shared.items():
        if roots and isinstance(ended[n], Arr):
            ended[n].parts = tuple((root, root.version) for root in roots)
    return {n: started[n].finish(m, made) if n in same else made for n, made in ended.items()}


def _guard(made: Any, now: Any, others: Sequence[Any], index: Index) -> None:
    # What the last turn left is the very array that it may have kept elsewhere: changed in place, it would change there too.
    if isinstance(made, Arr) and isinstance(now, Arr) and any(holds(v, a) for v in others for a in (now, now.base) if a is not None):
        made.member = Family(index, None, taken=2)


def _others(f: Frame, names: set[str]) -> list[Any]:
    """What other names stand for."""
    return [v for around in (f.names, *f.outer) for n, v in around.items() if around is not f.names or n not in names]


def _named(f: Frame, path: tuple[str, ...]) -> Any:
    value = next((names[path[0]] for names in (f.names, *f.outer) if path[0] in names), None)
    for name in path[1:]:
        value = value.attributes.get(name) if isinstance(value, Instance) else None
    return value


def _perhaps_itself(f: Frame, name: str, before: Arr) -> None:
    # s = s + v that isn't carried out leaves the array of before, which others may hold too.
    now = f.names.get(name)
    if isinstance(now, Arr) and (not is_own(before) or any(holds(v, before) for v in _others(f, {name}))):
        root = before.root
        now.parts = ((root, root.version),)


def _check_aliases(roots: dict[str, Arr], started: dict[str, NameState], inner: Loop) -> None:
    # The memory of before the loop of names that get other arrays in it, met otherwise too: what is done to one is seen there.
    changed = [n for n, state in started.items() if isinstance(state.turn, Arr) and state.turn.version > 0]
    for name, root in roots.items():
        is_written = any(a.root is root for a in inner.updates) or any(roots.get(n) is root for n in changed if n != name)
        if is_written or (name in changed and root in inner.reads):
            raise Unfit(f"the loop changes {name[:40]}, which it meets under another name too: this isn't read", "copy() makes it two")


def _state(m: Machine, found: PlaceCarried, index: Index, direction: int) -> Any:
    if isinstance(found.owner, Dct):
        return DictState(m, found.owner, found.previous, index, direction)
    return ArrayState(m, found.owner, found.owner.label or "state", found.axis, found.previous, index, direction)


def _shut(states: dict[Any, Any]) -> None:
    for state in states.values():
        if isinstance(state, ArrayState):
            state.shut()


def _body(m: Machine, f: Frame, body: Sequence[ast.stmt]) -> None:
    from symbackprop.language.numpy_source.statements import run

    ended = run(m, f, body)
    if isinstance(ended, Returned) or ended is Jump.BREAK:
        raise Unfit("a loop over a size that ends before its last turn isn't read")


def _element(m: Machine, element: Any, index: Index) -> Any:
    match element:
        case Arr():
            return read(m, element, [constant(index)])
        case Family():
            return instance_at(m, element, constant(index))
        case tuple():
            return tuple(_element(m, e, index) for e in element)
    return element


def kept_by(m: Machine, what: Any, each: Callable[[Any], Any]) -> Family:
    """[each(v) for v in what], over a size: one element for every turn."""
    index, _, element, direction = course(m, what)
    depth = len(m.loops)
    inner = Loop(index)
    m.loops.append(inner)
    try:
        made = each(_element(m, element, index))
    except PlaceCarried:
        raise Unfit("a turn reads what an earlier one wrote: this isn't read") from None
    finally:
        del m.loops[depth:]
    leave(m, inner, {})
    family = Family(index, made, depth=depth)
    return family if direction > 0 else reversed_(m, family)


# ---- names ---------------------------------------------------------------------------------------------------------------


def _prepare(m: Machine, f: Frame, body: Sequence[ast.stmt], assigned: set[str], adding: set[str]) -> dict[str, Any]:
    """Numbers that are added to become cells; other names of before can't be read until the turn sets them.

    Returns the names that keep what they are: arrays that are only changed in place.
    """
    kept: dict[str, Any] = {}
    for n in assigned:
        held = f.names.get(n)
        if n in adding and isinstance(held, Nd):
            check_no_box(held)
            f.names[n] = Arr(Nd((), held.at, held.kind), len(m.loops), cell=True)
        elif n in adding and isinstance(held, Arr):
            if rebinds(body, n):  # s = s + v makes a new array: the one of before stays
                held = f.names[n] = Arr(m.get(held), len(m.loops))
            kept[n] = held
        elif isinstance(held, Lst) and only_added(body, n) and not rebinds(body, n):
            kept[n] = held  # a list that grows by +=
        elif n in f.names:
            f.names[n] = Carried(n, held)
    return kept


def _names_after(m: Machine, f: Frame, assigned: set[str], adding: set[str], ended: dict[str, Any], outside: dict[str, Any]) -> None:
    for n in assigned:
        if n in ended:
            f.names[n] = ended[n]
        elif n in outside:
            f.names[n] = outside[n]
        elif n not in adding or n not in f.names:
            f.names[n] = Unknown(f"{n[:40]} has the value of the last turn of a loop: this isn't read")
    for n in adding:
        held = f.names.get(n)
        if isinstance(held, Arr) and held.cell and held.born == len(m.loops):
            held.cell = False
            f.names[n] = held if held.value.axes else held.value


__all__ = ["Lst", "kept_by", "loop", "turns"]
