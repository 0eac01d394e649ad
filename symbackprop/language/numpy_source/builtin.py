"""Functions of Python itself."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.holding import binary, sequence, truth
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import constant
from symbackprop.language.numpy_source.numbers import to_whole
from symbackprop.language.numpy_source.objects import (
    Arr,
    Dct,
    Instance,
    Lst,
    Operation,
    Span,
)
from symbackprop.language.numpy_source.operations import NUMPY, described, numeric


def _len(m: Machine, x: Any) -> Any:
    match x:
        case Arr() if x.value.axes:
            return constant(x.value.shape[0])
        case tuple() | str():
            return constant(len(x))
        case Dct() | Lst(family=None):
            return constant(len(x.items))
        case Lst(family=(index, _)):
            return constant(index.size)
    raise Unfit(f"{described(x)} has no length")


def _range(m: Machine, start: Any, stop: Any = None, step: Any = None) -> Span:
    return Span(constant(0) if stop is None else start, start if stop is None else stop, step)


def _reversed(m: Machine, x: Any) -> Any:
    if isinstance(x, Span):
        start, stop, step = (numeric(m, constant(1) if e is None else e).at(()) for e in (x.start, x.stop, x.step))
        if step not in (1, -1):
            raise Unfit("reversed() of this range isn't read")
        return Span(constant(sp.expand(stop - step)), constant(sp.expand(start - step)), constant(-step))
    return tuple(reversed(sequence(m, x)))


def _list(m: Machine, x: Any = ()) -> Any:
    if isinstance(x, Span):
        return x
    return Lst(list(sequence(m, x)), len(m.loops))


def _extreme(name: str) -> Callable[..., Any]:
    def verb(m: Machine, *values: Any) -> Any:
        if len(values) == 1:
            if isinstance(values[0], Arr):
                return NUMPY[name](m, values[0])
            values = tuple(sequence(m, values[0]))
        made = values[0]
        for v in values[1:]:
            made = NUMPY[f"{name}imum"](m, made, v)
        return made

    return verb


def _total(m: Machine, x: Any, start: Any = None) -> Any:
    if isinstance(x, Arr):
        if len(x.value.axes) != 1:
            raise Unfit("sum() of an array with several axes adds its rows", "np.sum adds everything")
        return NUMPY["sum"](m, x)
    made: Any = constant(0) if start is None else start
    for v in sequence(m, x):
        made = binary(m, ast.Add(), made, v)
    return made


def _isinstance(m: Machine, x: Any, kind: Any) -> bool:
    raise Unfit("isinstance isn't read")


def _hasattr(m: Machine, x: Any, name: Any) -> bool:
    return isinstance(x, Instance) and (name in x.attributes or name in x.of.members)


def _nothing(m: Machine, *args: Any, **options: Any) -> None:
    return None


def _tuple(m: Machine, x: Any = ()) -> Any:
    return tuple(sequence(m, x))


def _dict(m: Machine, x: Any = None, **items: Any) -> Any:
    return Dct({**(x.items if isinstance(x, Dct) else {}), **items}, len(m.loops))


def _enumerate(m: Machine, x: Any) -> Any:
    return (
        Operation("enumerate", None, (x,))
        if isinstance(x, (Span, Arr)) or getattr(x, "family", None)
        else tuple((constant(k), v) for k, v in enumerate(sequence(m, x)))
    )


def _zip(m: Machine, *parts: Any) -> Any:
    return tuple(zip(*(sequence(m, p) for p in parts), strict=False))


BUILTINS: dict[str, Callable[..., Any]] = {
    "len": _len,
    "range": _range,
    "xrange": _range,
    "reversed": _reversed,
    "list": _list,
    "tuple": _tuple,
    "dict": _dict,
    "enumerate": _enumerate,
    "zip": _zip,
    "max": _extreme("max"),
    "min": _extreme("min"),
    "sum": _total,
    "abs": NUMPY["abs"],
    "print": _nothing,
    "isinstance": _isinstance,
    "hasattr": _hasattr,
    "int": lambda m, x=None: to_whole(numeric(m, x)),
    "float": lambda m, x=None: NUMPY["float"](m, x),
    "bool": lambda m, x: truth(m, x),
    "str": lambda m, x=None: "text",
    "pow": NUMPY["power"],
    "super": lambda m, *a: None,
}
