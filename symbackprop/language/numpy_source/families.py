"""Values that hold for every i of a loop, and the one for a certain i: what a list that a loop filled has at a place."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.bounds import in_range, never_negative
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place
from symbackprop.language.numpy_source.objects import Arr, Dct, Instance, Lst
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Index


def instance_at(m: Machine, owner: Lst, place: Nd) -> Any:
    """The element of a list that a loop filled."""
    assert owner.family is not None
    index, template = owner.family
    if place.axes or place.kind != "int":
        raise Unfit("a place in a list is a whole number")
    e = place.at(())
    if (e.is_Integer and e < 0) or never_negative(-e - 1, m.facts):
        e = sp.expand(e + index.size)
    if not in_range(e, index.size, m.facts):
        raise Unfit(f"whether the place {e} is in a list of {index.size} isn't known")
    return at(m, template, index, e)


def at(m: Machine, value: Any, index: Index, e: sp.Expr) -> Any:
    """The value with the index at e."""
    match value:
        case Arr():
            m.check(value)
            nd = m.now(value)
            return Arr(_moved(nd, index, e), len(m.loops))
        case Nd():
            return _moved(value, index, e)
        case tuple():
            return tuple(at(m, v, index, e) for v in value)
        case Lst(family=None):
            return Lst([at(m, v, index, e) for v in value.items], len(m.loops))
        case Dct():
            return Dct({k: at(m, v, index, e) for k, v in value.items.items()}, len(m.loops))
        case Lst() | Instance():
            raise Unfit("objects that a loop keeps aren't read")
    return value


def _moved(nd: Nd, index: Index, e: sp.Expr) -> Nd:
    if nd.argmax or nd.blank:
        raise Unfit("this is kept by a loop and isn't read")

    def there(place: Place) -> sp.Expr:
        return substitute(nd.at(place), {index: e})

    return Nd(nd.axes, there, nd.kind)
