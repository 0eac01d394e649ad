"""Functions of Python itself."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.courses import is_over_size, turns
from symbackprop.language.numpy_source.families import of_array
from symbackprop.language.numpy_source.holding import binary, gone_through, key_of, sequence, through, truth
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.numbers import to_whole
from symbackprop.language.numpy_source.objects import (
    Arr,
    Class,
    Dct,
    Instance,
    Kind,
    Lst,
    Message,
    Operation,
    Span,
    Through,
    TypeName,
)
from symbackprop.language.numpy_source.operations import NUMPY, described, numeric
from symbackprop.language.numpy_source.wording import text_of


def _len(m: Machine, x: Any) -> Any:
    match x:
        case Arr() if x.value.axes:
            return constant(x.value.shape[0])
        case tuple() | str():
            return constant(len(x))
        case Through(left=None):
            return constant(len(sequence(m, x)))
        case Dct() if x.family is not None:
            raise Unfit("a dict that a loop filled isn't read as a whole", "d[t] is")
        case Dct() | Lst(family=None):
            return constant(len(m.settled(x).items))
        case Lst(family=family) if family is not None:
            return constant(m.settled(x).family.index.size)
    raise Unfit(f"{described(x)} has no length")


def _range(m: Machine, start: Any, stop: Any = None, step: Any = None) -> Span:
    return Span(constant(0) if stop is None else start, start if stop is None else stop, step, counts=True)


def _reversed(m: Machine, x: Any) -> Any:
    if isinstance(x, Span):
        start, stop, step = (numeric(m, constant(1) if e is None else e).at(()) for e in (x.start, x.stop, x.step))
        if step not in (1, -1):
            raise Unfit("reversed() of this range isn't read")
        return Span(constant(sp.expand(stop - step)), constant(sp.expand(start - step)), constant(-step), counts=True)
    if isinstance(x, (Arr, Lst)) and is_over_size(m, x):
        return Operation("reversed", None, (x,))
    found = through(m, x)
    if found.left is not None:
        raise Unfit("reversed() of what can be gone through once only isn't read", "reversed(list(...)) is")
    watched = tuple(replace(s, places=s.places[::-1], elements=s.elements and s.elements[::-1], length=False) for s in found.sources)
    return Through(found.elements[::-1], watched, left=True)


def _list(m: Machine, x: Any = ()) -> Any:
    if isinstance(x, Span):
        return x
    if isinstance(x, Arr) and is_over_size(m, x):
        return Lst([], len(m.loops), of_array(m, x))
    if isinstance(x, Lst) and x.family is not None:
        return Lst([], len(m.loops), x.family)
    if isinstance(x, Operation) and is_over_size(m, x):
        return x
    return Lst(list(sequence(m, x)), len(m.loops))


def _extreme(name: str) -> Callable[..., Any]:
    def verb(m: Machine, *values: Any) -> Any:
        if len(values) == 1:
            if isinstance(values[0], Arr) or (isinstance(values[0], Lst) and values[0].family):
                if numeric(m, values[0]).rank != 1:
                    raise Unfit(f"{name}() of an array with several axes isn't defined", f"np.{name} takes them all")
                return NUMPY[name](m, values[0])
            values = tuple(sequence(m, values[0]))
        made = values[0]
        for v in values[1:]:
            made = NUMPY[f"{name}imum"](m, made, v)
        return made

    return verb


def _total(m: Machine, x: Any, start: Any = None) -> Any:
    if isinstance(x, Arr):
        return m.new(NUMPY["sum"](m, x, constant(0)))  # its rows
    if isinstance(x, Lst) and x.family is not None:
        if start is not None:
            raise Unfit("sum() with a start of what a loop kept isn't read")
        return m.new(NUMPY["sum"](m, x, constant(0)))
    made: Any = constant(0) if start is None else start
    for v in sequence(m, x):
        made = binary(m, ast.Add(), made, v)
    return made


def _slice(m: Machine, first: Any, *more: Any) -> Span:
    if len(more) > 2:
        raise Unfit("slice() takes three arguments at most")
    return Span(first, *more) if more else Span(None, first)


def _sorted(m: Machine, x: Any) -> Any:
    found = list(sequence(m, x))
    if all(isinstance(v, str) for v in found):
        return Lst(sorted(found), len(m.loops))
    whole = [int(v.at(())) for v in found if isinstance(v, Nd) and not v.axes and v.at(()).is_Integer]
    if len(whole) == len(found):
        return Lst([constant(k) for k in sorted(whole)], len(m.loops))
    raise Unfit("only text and literal numbers are sorted")


def _any(wanted: bool) -> Callable[..., bool]:
    return lambda m, x: any(truth(m, v) is wanted for v in sequence(m, x)) is wanted


def _called(m: Machine, f: Any, args: Any) -> Any:
    from symbackprop.language.numpy_source.calling import call

    return call(m, f, list(args), {})


def _refused(what: str) -> Any:
    raise Unfit(f"{what} isn't read")


TYPES: dict[type, tuple[str, ...]] = {
    Arr: ("ndarray", "Tensor", "array"),
    tuple: ("tuple",),
    Lst: ("list",),
    Dct: ("dict",),
    str: ("str",),
    bool: ("bool", "int"),
    type(None): (),
}


def _isinstance(m: Machine, x: Any, kind: Any) -> bool:
    """isinstance(x, kind), where x is an array, a number of the source or a container, and kind a plain type."""
    if isinstance(kind, tuple):
        return any(_isinstance(m, x, k) for k in kind)
    if isinstance(x, Instance) and isinstance(kind, Class):
        return kind in x.of.line
    name = kind.name if isinstance(kind, (Operation, TypeName)) else kind.kind if isinstance(kind, Kind) else None
    if type(x) in TYPES and name in {n for names in TYPES.values() for n in names} | {"float", "int"}:
        return name in TYPES[type(x)]
    raise Unfit("isinstance isn't read for these", "arrays, lists, tuples, dicts and text are told apart")


def _hasattr(m: Machine, x: Any, name: Any) -> bool:
    return isinstance(x, Instance) and (name in x.attributes or name in x.of.members)


def _nothing(m: Machine, *args: Any, **options: Any) -> None:
    return None


def _tuple(m: Machine, x: Any = ()) -> Any:
    return tuple(sequence(m, x))


def _dict(m: Machine, *given: Any, **items: Any) -> Any:
    if len(given) > 1:
        raise Unfit("dict() takes one argument")
    x = given[0] if given else None
    if isinstance(x, (tuple, Lst, Through)):
        pairs = [tuple(sequence(m, p)) for p in sequence(m, x)]
        return Dct({**{key_of(k): v for k, v in pairs}, **items}, len(m.loops))
    if x is not None and not isinstance(x, Dct):
        raise Unfit(f"a dict of {described(x)} isn't read")
    return Dct({**(x.items if isinstance(x, Dct) else {}), **items}, len(m.loops))


def _reduce(m: Machine, f: Any, x: Any, *start: Any) -> Any:
    made, *rest = [*start, *sequence(m, x)] or [_refused("reduce() of nothing")]
    for v in rest:
        made = _called(m, f, (made, v))
    return made


def _enumerate(m: Machine, x: Any, start: Any = None) -> Any:
    first = sp.S.Zero if start is None else numeric(m, start).at(())
    if is_over_size(m, x):
        return Operation("enumerate", None, (x, first))
    found = _through(m, x)
    each = None if found.each is None else lambda pair, of=found.each: (pair[0], of(pair[1]))
    return Through(tuple((constant(first + k), v) for k, v in enumerate(found.elements)), found.sources, each, left=True)


def _zip(m: Machine, *parts: Any) -> Any:
    if any(is_over_size(m, p) for p in parts):
        return Operation("zip", None, parts)
    found = [_through(m, p) for p in parts]
    rows = tuple(zip(*(p.elements for p in found), strict=False))
    makers = [p.each for p in found]
    each = (lambda row: tuple(v if f is None else f(v) for f, v in zip(makers, row, strict=True))) if any(makers) else None
    return _once(m, Through(rows, tuple(s for p in found for s in p.sources), each, left=True))


def _map(m: Machine, f: Any, *parts: Any) -> Any:
    rows = through(m, _zip(m, *parts))
    make = rows.each or (lambda row: row)
    return _once(m, Through(rows.elements, rows.sources, lambda row: _called(m, f, make(row)), left=True))


def _through(m: Machine, x: Any) -> Through:
    found = through(m, tuple(turns(m, x)) if isinstance(x, Span) else x)
    if found.left is False:
        raise Unfit("what can be gone through once only is gone through again", "list(...) keeps it")
    if found.left:
        found.left = False
    return found


def _once(m: Machine, found: Through) -> Any:
    """What Python 3 goes through once, when it comes to it, is a list in Python 2."""
    return Lst(list(gone_through(m, found)), len(m.loops)) if m.old_division else found


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
    "str": lambda m, x="": text_of(x),
    "repr": lambda m, x: Message(),
    "slice": _slice,
    "sorted": _sorted,
    "type": lambda m, x: Message(),
    "object": lambda m: Message(),
    "any": _any(True),
    "all": _any(False),
    "map": _map,
    "divmod": lambda m, a, b: (binary(m, ast.FloorDiv(), a, b), binary(m, ast.Mod(), a, b)),
    "reduce": _reduce,
    "round": lambda m, x, digits=None: _refused("round()"),
    "input": lambda m, *a: _refused("input()"),
    "pow": NUMPY["power"],
    "super": lambda m, *a: None,
}
