"""Subscripts of arrays: what x[...] reads, and to which places x[...] = v writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta, InRange
from symbackprop.language.numpy_source.bounds import in_range, never_negative
from symbackprop.language.numpy_source.ndarray import Axis, Fresh, Nd, Place, aligned, axis_of, broadcast, check_holds, same_axis
from symbackprop.language.numpy_source.objects import Span
from symbackprop.language.numpy_source.updates import Facts, Update, flat, letters_of, over_loop
from symbackprop.language.sizes import only_sizes
from symbackprop.language.subscripts import is_index_expression
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Dim, Index

SELECTED = "_selected_"
"""How the size of x[mask] begins, which is unknown."""
UNKNOWN = "the values at the places of a mask make an array of unknown size"
HINT = "x*mask keeps the shape; x[mask] can be computed with and stored where the mask holds"
PlaceOf = Callable[[tuple[sp.Expr, ...]], tuple[sp.Expr, ...]]


@dataclass(frozen=True)
class Fixed:
    """One place of an axis."""

    place: sp.Expr


@dataclass(frozen=True)
class Part:
    """count places of an axis, from start on, every step-th; the whole axis where `whole`."""

    start: sp.Expr
    count: Axis
    step: int = 1
    whole: bool = False


@dataclass(frozen=True)
class Places:
    """An axis read at an array of places."""

    places: Nd


Pick = Fixed | Part | Places | None
"""What one subscript picks; None makes a new axis."""


def picks_of(axes: tuple[Axis, ...], items: Sequence[Any], facts: Facts, trusted: sp.Expr | None = None) -> list[Pick]:
    """Subscripts, normalised: one pick for each axis, and None for new ones. Raises Unfit.

    `trusted` is a place that is known to be on its axis.
    """
    used = sum(1 for e in items if e is not None and e is not Ellipsis)
    if used > len(axes):
        raise Unfit(f"the array has {len(axes)} axes, here are {used} subscripts")
    if sum(e is Ellipsis for e in items) > 1:
        raise Unfit("a subscript has ... once only")
    fill = [Span()] * (len(axes) - used)
    dots = next((k for k, e in enumerate(items) if e is Ellipsis), len(items))
    full = [*items[:dots], *fill, *(e for e in items[dots:] if e is not Ellipsis)]
    if not fill and all(any(isinstance(e, Nd) for e in side) for side in (items[:dots], items[dots:])) and any(map(_has_places, items)):
        raise Unfit("a ... that stands for no axis between places isn't read", "leave it out")  # NumPy takes it for a slice between them
    rest = iter(axes)
    return [None if item is None else _pick(next(rest), item, facts, trusted) for item in full]


def _has_places(item: Any) -> bool:
    return isinstance(item, Nd) and bool(item.axes or item.argmax)


def fixed_places(axes: tuple[Axis, ...], items: Sequence[Any]) -> list[tuple[int, sp.Expr]]:
    """The axes at which one place is asked for, and the places."""
    told = [e for e in items if e is not None]
    dots = next((k for k, e in enumerate(told) if e is Ellipsis), len(told))
    back = len(axes) - (len(told) - 1)
    axis_at = [k if k < dots else back + k - 1 for k in range(len(told))]
    return [(axis_at[k], e.at(())) for k, e in enumerate(told) if isinstance(e, Nd) and e.kind == "int" and not e.axes and not e.argmax]


def _pick(axis: Axis, item: Any, facts: Facts, trusted: sp.Expr | None = None) -> Pick:
    if any(isinstance(s, Dim) and s.name.startswith(SELECTED) for s in axis) and item != Span():
        raise Unfit(UNKNOWN, HINT)  # perhaps none
    if isinstance(item, Span):
        return _part(axis, item, facts)
    if isinstance(item, Nd) and item.argmax and len(axis) == 1:
        if not never_negative(sp.expand(axis[0] - sp.Mul(*item.among)), facts):
            raise Unfit(f"the place of a maximum among {sp.Mul(*item.among)} isn't known to be on an axis of size {axis[0]}")
        return Places(item)
    if isinstance(item, Nd) and item.split and len(axis) > 1:
        if not same_axis(item.axes[0], axis):
            raise Unfit("the places of an axis that reshape joined are counted otherwise here")
        return Places(item)
    if isinstance(item, Nd) and item.kind == "int":
        if not item.axes and trusted is not None and sp.expand(item.at(()) - trusted) == 0:
            return Fixed(trusted)
        return Fixed(_inside(axis, item.at(()), facts)) if not item.axes else Places(_checked(axis, item, facts))
    raise Unfit("this is no subscript that is read", "whole numbers, slices, None, ... and arrays of whole numbers are")


def _inside(axis: Axis, e: sp.Expr, facts: Facts) -> sp.Expr:
    if not is_index_expression(e):
        raise Unfit(f"the subscript {str(e)[:80]} depends on data")
    size = sp.Mul(*axis)
    if (e.is_Integer and e < 0) or never_negative(-e - 1, facts):
        e = sp.expand(e + size)
    if not in_range(e, size, facts):
        raise Unfit(f"whether the place {e} is on an axis of size {size} isn't known", "at a negative place Python counts from the end")
    if len(axis) > 1:
        raise Unfit("one place of an axis that reshape joined isn't read")
    return e


def choice(labels: Nd, a: Nd, facts: Facts) -> Nd:
    """y[i] = a[t[i], i] for labels t."""
    if labels.kind != "int" or labels.argmax or not a.axes:
        raise Unfit("choose takes labels and a row of choices for each")
    where = _checked(a.axes[0], labels, facts)
    axes = broadcast(labels.axes, a.axes[1:])

    def at(place: Place) -> sp.Expr:
        return a.at(((where.at(aligned(labels.axes, place)),), *aligned(a.axes[1:], place)))

    return Nd(axes, at, a.kind)


def _checked(axis: Axis, places: Nd, facts: Facts) -> Nd:
    if not axis:  # nothing would ask whether they are on it
        raise Unfit("places on an axis of size 1 aren't read")

    def at(place: Place) -> sp.Expr:
        return _inside(axis, places.at(place), facts)

    return Nd(places.axes, at, "int")


def _part(axis: Axis, item: Span, facts: Facts) -> Part:
    size = cast(sp.Expr, sp.Mul(*axis))
    step = _whole(item.step, sp.S.One)
    if item.start is None and item.stop is None and step in (1, -1):
        return Part(sp.S.Zero, axis, 1, True) if step == 1 else _reversed(axis, size)
    if not step.is_Integer or step < 1:
        raise Unfit("a slice with this step isn't read")
    start = _end(_whole(item.start, sp.S.Zero), size, facts)
    stop = _end(_whole(item.stop, size), size, facts)
    count = sp.expand(stop - start)
    if not only_sizes(count):
        raise Unfit("a slice whose length changes from place to place isn't read")
    if start == 0 and sp.expand(stop - size) == 0 and step == 1:
        return Part(sp.S.Zero, axis, 1, True)
    if len(axis) > 1:
        raise Unfit("a part of an axis that reshape joined isn't read")
    if not never_negative(count, facts):
        if not never_negative(-count, facts):
            raise Unfit(f"whether the slice from {start} to {stop} is empty isn't known")
        count = sp.S.Zero
    if step != 1:
        count = cast(sp.Expr, sp.floor(sp.expand((count + step - 1) / step)))
    return Part(start, axis_of(count), int(step))


def _reversed(axis: Axis, size: sp.Expr) -> Part:
    if len(axis) > 1:
        raise Unfit("an axis that reshape joined isn't read backwards")
    return Part(sp.expand(size - 1), axis, -1)


def _whole(value: Any, default: sp.Expr) -> sp.Expr:
    if value is None:
        return default
    if not isinstance(value, Nd) or value.axes or value.kind != "int":
        raise Unfit("a slice goes from one whole number to another")
    return value.at(())


def _end(e: sp.Expr, size: sp.Expr, facts: Facts) -> sp.Expr:
    # An end of a slice, counted from the beginning; a literal one beyond the end is cut as Python does.
    if e.is_Integer and size.is_Integer:
        return sp.Integer(max(0, min(size, e + size if e < 0 else e)))
    if e.is_Integer and e < 0:
        e = sp.expand(e + size)
        if not never_negative(e, facts):
            raise Unfit(f"whether {e} is negative isn't known")
        return e
    if never_negative(e, facts) and never_negative(size - e, facts):
        return e
    raise Unfit(f"whether the end {e} of a slice lies within an axis of size {size} isn't known")


# ---- reading ------------------------------------------------------------------------------------------------------------


def _layout(picks: Sequence[Pick]) -> tuple[list[tuple[int | None, Axis]], tuple[Axis, ...], int]:
    """The result's axes from the picks: (number of the pick, axis) apart from fancy ones, the fancy axes, where they go."""
    fancy = [k for k, p in enumerate(picks) if isinstance(p, Places)]
    common = broadcast(*(cast(Places, picks[k]).places.axes for k in fancy)) if fancy else ()
    kept: list[tuple[int | None, Axis]] = []
    where = 0
    for k, p in enumerate(picks):
        if fancy and k == fancy[0]:
            where = len(kept)
        if p is None or isinstance(p, Part):
            kept.append((k, p.count if isinstance(p, Part) else ()))
    at_places = [k for k, p in enumerate(picks) if isinstance(p, (Places, Fixed))]
    if fancy and where and len(at_places) <= at_places[-1] - at_places[0]:  # their axes go to the front, in NumPy
        raise Unfit("a slice or None stands between places here, whose axes go to the front then", "x[0][:, k] is read")
    return kept, common, where


def read(a: Nd, picks: Sequence[Pick]) -> Nd:
    """x[...]"""
    kept, common, where = _layout(picks)
    axes = (*(axis for _, axis in kept[:where]), *common, *(axis for _, axis in kept[where:]))
    numbers = [k for k, _ in kept]

    def at(place: Place) -> sp.Expr:
        inner = place[where : where + len(common)]
        own = dict(zip(numbers, (*place[:where], *place[where + len(common) :]), strict=True))
        picked = [_at_pick(p, own.get(k, ()), inner) for k, p in enumerate(picks) if p is not None]
        return a.at(tuple(at if axis else () for at, axis in zip(picked, a.axes, strict=True)))

    return Nd(axes, at, a.kind)


def _at_pick(pick: Pick, own: tuple[sp.Expr, ...], inner: Place) -> tuple[sp.Expr, ...]:
    match pick:
        case Fixed(place):
            return (place,)
        case Places(places):
            here = aligned(places.axes, inner)
            return here[0] if places.split else (places.at(here),)
        case Part(whole=True):
            return own
        case Part(start, count, step):
            return (sp.expand(start + step * (own[0] if count else 0)),)
    raise AssertionError(pick)


# ---- writing ------------------------------------------------------------------------------------------------------------


def targets(
    axes: tuple[Axis, ...], picks: Sequence[Pick], fresh: Fresh
) -> tuple[tuple[sp.Expr, ...], tuple[Axis, ...], Place, list[Index]]:
    """Where x[...] = v writes: conditions on the letters, the axes of v, the place in v, and further indices that run."""
    kept, common, where = _layout(picks)
    letters = iter(letters_of(axes))
    running = tuple(tuple(map(fresh, axis)) for axis in common)
    factors: list[sp.Expr] = []
    own: dict[int, tuple[sp.Expr, ...]] = {}
    stepped: list[Index] = []
    for k, pick in enumerate(picks):
        if pick is None:
            own[k] = ()
            continue
        here = next(letters)
        if isinstance(pick, Part):
            more, own[k], run = _target_part(pick, here, fresh)
            factors.extend(more)
            stepped.extend(run)
        elif isinstance(pick, Places) and pick.places.split:
            factors.extend(map(Delta, here, aligned(pick.places.axes, running)[0]))
        elif here:
            factors.append(_is_there(pick, here[0], running))
    order = [own[cast(int, k)] for k, _ in kept]
    local = (*order[:where], *running, *order[where:])
    shape = (*(axis for _, axis in kept[:where]), *common, *(axis for _, axis in kept[where:]))
    return tuple(factors), shape, local, [*chain.from_iterable(running), *stepped]


def _is_there(pick: Fixed | Places, letter: sp.Expr, running: Place) -> sp.Expr:
    if isinstance(pick, Fixed):
        return Delta(letter, pick.place)
    inner = aligned(pick.places.axes, running)
    return pick.places.argmax(inner, (letter,)) if pick.places.argmax else Delta(letter, pick.places.at(inner))


def _target_part(pick: Part, here: tuple[sp.Expr, ...], fresh: Fresh) -> tuple[list[sp.Expr], tuple[sp.Expr, ...], list[Index]]:
    if pick.whole or not here:
        return ([], here, []) if pick.whole or not pick.count else ([sp.S.Zero], (sp.S.Zero,), [])  # no place of an axis of size 1
    place = here[0]
    if not pick.count:
        return [Delta(place, pick.start)], (), []
    if pick.step == 1:
        local = sp.expand(place - pick.start)
        return [InRange(local, pick.count[0])], (local,), []
    run = fresh(pick.count[0])
    return [Delta(place, sp.expand(pick.start + pick.step * run))], (run,), [run]


def update(a: Nd, picks: Sequence[Pick], value: Nd, adds: bool, fresh: Fresh, facts: Facts, at_each: bool = False) -> Update:
    """x[...] = v or x[...] += v; `at_each` adds for each place as often as it is named (np.add.at)."""
    check_holds(a, value)
    factors, shape, local, running = targets(a.axes, picks, fresh)
    fits = broadcast(shape, value.axes)
    if len(fits) > len(shape) or not all(same_axis(p, q) for p, q in zip(fits, shape, strict=True)):
        raise Unfit(f"a value of {value.rank} axes doesn't fit the places that are written")
    made = Update(adds, factors, value.at(aligned(value.axes, local)))
    for i in running:
        made = over_loop(made, i, facts, once=not at_each)
    return made


def through(axes: tuple[Axis, ...], picks: Sequence[Pick], change: Update, fresh: Fresh, facts: Facts) -> Update:
    """An update of x[...] as one of x, for places that don't meet."""
    factors, shape, local, running = targets(axes, picks, fresh)
    mapping = dict(zip(flat(letters_of(shape)), flat(local), strict=True))
    moved = tuple(substitute(f, mapping) for f in change.factors)
    made = Update(change.adds, (*factors, *moved), substitute(change.value, mapping))
    for i in running:
        made = over_loop(made, i, facts)
    return made
