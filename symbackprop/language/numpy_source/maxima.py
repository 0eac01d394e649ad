"""The place of a maximum as numbers: np.argmax of a window, np.unravel_index of it.

    p, q = np.unravel_index(np.argmax(w), w.shape);  dx[i + p, j + q] += g

The places p, q are indices over the window that hold only where (p, q) is the first place of its maximum. What is
written or computed with them is summed over them under that condition, which holds for exactly one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import IsArgmax, Sum
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant, numbered
from symbackprop.language.numpy_source.updates import Update, flat, guarded, over_loop


def first_place(m: Machine, nd: Nd) -> tuple[sp.Expr, ...]:
    """The first place of the maximum of an array along each axis, said by indices."""
    if nd.kind == "bool":
        raise Unfit("the place of this maximum isn't read")
    bound = [tuple(map(m.fresh, axis)) for axis in nd.axes]
    at = [tuple(map(m.fresh, axis)) for axis in nd.axes]
    chosen = flat(tuple(at))
    body = m.whole(nd.at(tuple(bound)))
    condition = IsArgmax(body, *flat(tuple(bound)), *chosen) if chosen else sp.S.One
    for i in chosen:
        m.chosen[i] = (chosen, condition)
    return tuple(numbered(axis, group) if group else sp.S.Zero for axis, group in zip(nd.axes, at, strict=True))


def flat_place(m: Machine, nd: Nd) -> Nd:
    """np.argmax(a): the number of the place, counted through all axes."""
    e: sp.Expr = sp.S.Zero
    for size, place in zip(nd.shape, first_place(m, nd), strict=True):
        e = e * size + place
    return constant(sp.expand(e))


def unravelled(m: Machine, e: sp.Expr, shape: Sequence[sp.Expr]) -> tuple[Nd, ...]:
    """np.unravel_index(e, shape) of the number of a maximum's place."""
    groups = {m.chosen[i][0] for i in e.free_symbols if i in m.chosen}
    if len(groups) != 1:
        raise Unfit("unravel_index is read of np.argmax only")
    indices = list(groups.pop())
    places: list[sp.Expr] = [sp.S.Zero if size == 1 else indices.pop(0) if indices else sp.nan for size in shape]
    again: sp.Expr = sp.S.Zero
    for size, place in zip(shape, places, strict=True):
        again = again * size + place
    if indices or sp.expand(again - e) != 0:
        raise Unfit("unravel_index takes the shape of the array whose maximum it is")
    return tuple(constant(p) for p in places)


def settle(m: Machine, e: sp.Expr) -> sp.Expr:
    """The value at the place of a maximum: a sum over all places, of which one is it."""
    while True:
        found = [i for i in e.free_symbols if i in m.chosen]
        if not found:
            return e
        chosen, condition = m.chosen[max(found, key=lambda i: list(m.chosen).index(i))]
        e = cast(sp.Expr, Sum(guarded(condition, e), *chosen))


def settled_update(m: Machine, update: Update) -> Update:
    """An update that goes to the place of a maximum, as one over all places of which one is it."""
    while True:
        free = set().union(*(e.free_symbols for e in (*update.factors, update.value)))
        found = [i for i in free if i in m.chosen]
        if not found:
            return update
        chosen, condition = m.chosen[max(found, key=lambda i: list(m.chosen).index(i))]
        update = Update(update.adds, (*update.factors, condition), update.value)
        for i in chosen:
            update = over_loop(update, i, m.facts)


__all__ = ["first_place", "flat_place", "settle", "settled_update", "unravelled"]
