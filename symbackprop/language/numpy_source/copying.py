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
            return Lst(list(value.items), len(m.loops))
        case Dct(family=None):
            return Dct(dict(value.items), len(m.loops))
        case Lst() | Dct() | Instance():
            raise Unfit("a copy of this isn't read")
    return value


def deep_copied(m: Machine, value: Any) -> Any:
    """copy.deepcopy(value), of what has no array twice."""
    m.spend()
    match value:
        case Lst(family=None):
            return Lst([deep_copied(m, v) for v in value.items], len(m.loops))
        case Dct(family=None):
            return Dct({k: deep_copied(m, v) for k, v in value.items.items()}, len(m.loops))
        case tuple():
            return tuple(deep_copied(m, v) for v in value)
    return copied(m, value)
