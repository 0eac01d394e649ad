"""Values that hold for every i of a loop, and the one for a certain i: what a list or dict that a loop filled has at a place."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.bounds import in_range, never_negative
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place, axis_of
from symbackprop.language.numpy_source.objects import Arr, Dct, Family, Function, Instance, Lst, Run
from symbackprop.language.subscripts import is_index_expression
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Index


def instance_at(m: Machine, family: Family, place: Any, from_end: bool = True) -> Any:
    """The element at a place; of a list a negative place counts from its end."""
    if not isinstance(place, Nd) or place.axes or place.kind != "int" or place.argmax:
        raise Unfit("a place in what a loop kept is a whole number")
    e = sp.expand(place.at(()) - family.start)
    if not is_index_expression(e):
        raise Unfit(f"the place {str(e)[:60]} depends on data")
    if from_end and ((e.is_Integer and e < 0) or never_negative(-e - 1, m.facts)):
        e = sp.expand(e + family.index.size)
    low = 1 if family.before else 0
    if not in_range(sp.expand(e + low), family.index.size + low, m.facts):
        raise Unfit(f"whether the place {e + family.start} is among the {family.index.size} that a loop kept isn't known")
    if family.spoiled:
        raise Unfit(family.spoiled)
    family.taken += 1
    return at(m, family.template, family.index, e, family)


def at(m: Machine, value: Any, index: Index, e: sp.Expr, family: Family | None = None, born: int | None = None) -> Any:
    """The value with the index at e; `born` is the number of loops around it, where that is not the present one."""
    born = len(m.loops) if born is None else born
    m.spend()
    if isinstance(value, (Arr, Lst, Dct, Instance)) and family is not None and value.born <= family.depth:
        return value  # older than the loop: the same for every turn
    match value:
        case Arr():
            m.check(value)
            if value.base is not None:
                m.record(value.base, ())
            return Arr(_moved(m, m.now(value), index, e), born, value.base, value.seen, parts=value.parts, member=family)
        case Nd():
            return _moved(m, value, index, e)
        case tuple():
            return tuple(at(m, v, index, e, family, born) for v in value)
        case Lst(family=None):
            return Lst([at(m, v, index, e, family, born) for v in value.items], born, member=family)
        case Dct(family=None):
            return Dct({k: at(m, v, index, e, family, born) for k, v in value.items.items()}, born, member=family)
        case Instance():
            kept = {k: at(m, v, index, e, family, born) for k, v in value.attributes.items()}
            return Instance(value.of, kept, born, family)
        case Run() | Lst() | Dct():
            raise Unfit("lists that loops within a loop keep aren't read")
        case Function():
            raise Unfit("functions that a loop keeps aren't read")
    return value


def reversed_(m: Machine, family: Family) -> Family:
    """The same values in the opposite order."""
    place = sp.expand(family.index.size - 1 - family.index)
    return Family(family.index, at(m, family.template, family.index, place, family, family.depth + 1), depth=family.depth)


def stacked(m: Machine, family: Family) -> Nd:
    """All that a loop kept, as an array with the turns for its first axis."""
    if family.spoiled:
        raise Unfit(family.spoiled)
    first = family.template
    if isinstance(first, Lst) and first.family is not None:
        inner = stacked(m, first.family)
    elif isinstance(first, (Arr, Nd)):
        if isinstance(first, Arr):
            m.check(first)
            m.record(first.root, ())
        inner = m.now(first) if isinstance(first, Arr) else first
    else:
        raise Unfit("what a loop kept is no list of arrays or numbers")
    if inner.argmax or inner.blank:
        raise Unfit("this is kept by a loop and isn't read")

    def there(place: Place) -> sp.Expr:
        return substitute(_kept(m, inner.at(place[1:])), {family.index: place[0][0] if place[0] else sp.S.Zero})

    return Nd((axis_of(family.index.size), *inner.axes), there, inner.kind)


def of_array(m: Machine, arr: Arr) -> Family:
    """An array's elements along its first axis, as a list has them: its rows are views."""
    nd, depth = m.get(arr), len(m.loops)
    if len(nd.axes[0]) != 1:
        raise Unfit("the elements of an axis that reshape joined aren't read one by one")
    index = m.fresh(nd.axes[0][0])
    row = Nd(nd.axes[1:], lambda place: nd.at(((index,), *place)), nd.kind)
    root = arr.root
    return Family(index, Arr(row, depth + 1, root, root.version) if row.axes else row, depth=depth)


def _moved(m: Machine, nd: Nd, index: Index, e: sp.Expr) -> Nd:
    if nd.argmax or nd.blank:
        raise Unfit("this is kept by a loop and isn't read")

    def there(place: Place) -> sp.Expr:
        return substitute(_kept(m, nd.at(place)), {index: e})

    return Nd(nd.axes, there, nd.kind)


def _kept(m: Machine, e: sp.Expr) -> sp.Expr:
    # The place of a maximum is told by a condition, which has the loop's index too and would keep it.
    if any(i in m.chosen for i in e.free_symbols):
        raise Unfit("the place of a maximum that a loop keeps isn't read")
    return e
