"""What the arguments of a function mean: arrays, shapes, axes, dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.families import stacked as kept_as_array
from symbackprop.language.numpy_source.joining import stacked
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.objects import Arr, Kind, Lst, Operation


def numeric(m: Machine, value: Any) -> Nd:
    """A value as an array."""
    m.spend()
    match value:
        case Arr():
            return m.get(value)
        case Nd():
            return value
        case bool():
            return constant(int(value), "bool")
        case tuple():
            return _rows(m, value)
        case Lst(family=None):
            return _rows(m, m.settled(value).items)
        case Lst(family=family) if family is not None:
            return kept_as_array(m, family)
    raise Unfit(f"an array or a number is asked for, this is {described(value)}")


def _rows(m: Machine, values: Sequence[Any]) -> Nd:
    m.spend(len(values))
    return stacked([numeric(m, v) for v in values], 0)


def described(value: Any) -> str:
    """What a value is, in a word."""
    return {
        "NoneType": "None",
        "str": "text",
        "Dct": "a dict",
        "Lst": "a list",
        "Function": "a function",
        "Operation": "a function",
        "Module": "a module",
        "Instance": "an object",
        "Span": "a slice",
        "Kind": "a dtype",
    }.get(type(value).__name__, "something else")


def sizes(m: Machine, value: Any) -> list[sp.Expr]:
    """The sizes of a shape: one whole number or several."""
    if isinstance(value, (tuple, Lst)):
        return [e for v in (value if isinstance(value, tuple) else value.items) for e in sizes(m, v)]
    nd = numeric(m, value)
    if nd.axes or nd.kind != "int":
        raise Unfit("a shape is made of whole numbers")
    return [nd.at(())]


def number(m: Machine, value: Any) -> int:
    """A literal whole number."""
    found = [] if isinstance(value, (Lst, tuple, bool)) else sizes(m, value)
    if len(found) != 1 or not found[0].is_Integer:
        raise Unfit("a literal whole number is asked for")
    return int(found[0])


def axis(m: Machine, value: Any, lists: bool = False) -> Any:
    """An axis, several, or None."""
    if value is None:
        return None
    if isinstance(value, Lst) and not (lists or m.torch):
        raise Unfit("a list is no axis", "a tuple says several")
    if isinstance(value, (tuple, Lst)):
        return tuple(number(m, v) for v in (value if isinstance(value, tuple) else value.items))
    return number(m, value)


def kind_of(value: Any, default: str = "float") -> str:
    """The kind that a dtype says."""
    match value:
        case None:
            return default
        case Kind(kind):
            return kind.rstrip("0123456789")
        case Operation(name=name) if name in ("float", "int", "bool"):
            return name
        case "int8" | "int16" | "i1" | "i2":
            raise Unfit("whole numbers of few bits aren't read", "int is")
        case str() if value.rstrip("0123456789") in ("float", "int", "bool", "f", "i", "d"):
            return {"f": "float", "d": "float", "i": "int"}.get(value.rstrip("0123456789"), value.rstrip("0123456789"))
    raise Unfit("this dtype isn't read")
