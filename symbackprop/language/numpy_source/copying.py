"""Copies: of arrays, lists, dicts; deep ones of all that is inside."""

from __future__ import annotations

from typing import Any

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.objects import Arr, Dct, Instance, Lst


def copied(m: Machine, value: Any) -> Any:
    """copy.copy(value): what is inside a list or dict stays the same object."""
    match value:
        case Arr():
            return m.new(m.get(value))
        case Lst(family=None):
            return Lst(list(m.settled(value).items), len(m.loops))
        case Dct(family=None):
            return Dct(dict(m.settled(value).items), len(m.loops))
        case Lst() | Dct() | Instance():
            raise Unfit("a copy of this isn't read")
    return value


def deep_copied(m: Machine, value: Any) -> Any:
    """copy.deepcopy(value): what is inside twice is one thing in the copy too."""
    made: dict[int, Any] = {}

    def copy(v: Any) -> Any:
        m.spend()
        if id(v) not in made:
            made[id(v)] = parts(v)
        return made[id(v)]

    def parts(v: Any) -> Any:
        match v:
            case Lst(family=None):
                return Lst([copy(e) for e in m.settled(v).items], len(m.loops))
            case Dct(family=None):
                return Dct({k: copy(e) for k, e in m.settled(v).items.items()}, len(m.loops))
            case tuple():
                return tuple(copy(e) for e in v)
        return copied(m, v)

    return copy(value)
