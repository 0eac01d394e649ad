"""Functions of Python itself."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from functools import cmp_to_key
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.courses import is_over_size, turns
from symbackprop.language.numpy_source.families import of_array
from symbackprop.language.numpy_source.holding import binary, gone_through, key_of, sequence, through, truth, use_up
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
from symbackprop.language.numpy_source.rounding import sign_of_difference
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
        return replace(backwards(m, x), once=True)
    if isinstance(x, (Arr, Lst)) and is_over_size(m, x):
        return Operation("reversed", None, (x,))
    found = through(m, x)
    if found.left is not None:
        raise Unfit("reversed() of what can be gone through once only isn't read", "reversed(list(...)) is")
    watched = tuple(replace(s, places=s.places[::-1], elements=s.elements and s.elements[::-1], length=False) for s in found.sources)
    return Through(found.elements[::-1], watched, left=True, born=len(m.loops))


def backwards(m: Machine, x: Span) -> Span:
    """range(a, b)[::-1]"""
    start, stop, step = (numeric(m, constant(1) if e is None else e).at(()) for e in (x.start, x.stop, x.step))
    if step not in (1, -1):
        raise Unfit("reversed() of this range isn't read")
    return Span(constant(sp.expand(stop - step)), constant(sp.expand(start - step)), constant(-step), counts=True)


def _list(m: Machine, x: Any = ()) -> Any:
    if isinstance(x, Span):
        return replace(x, once=False)
    if isinstance(x, Arr) and is_over_size(m, x):
        return Lst([], len(m.loops), of_array(m, x))
    if isinstance(x, Lst) and x.family is not None:
        return Lst([], len(m.loops), x.family)
    if isinstance(x, Operation) and is_over_size(m, x):
        return _kept(m, x)
    return Lst(list(sequence(m, x)), len(m.loops))


def _kept(m: Machine, x: Any) -> Any:
    """The list of what is gone through over a size. What it goes through may change later, but not the numbers in the list."""
    match x:
        case Operation(name=name, first=parts) if is_over_size(m, x):
            return Operation(name, "list", tuple(_kept(m, p) for p in parts))
        case Arr() if x.value.rank == 1:
            return m.new(m.get(x))
        case Lst(family=family) if family is not None:
            return Lst([], len(m.loops), m.settled(x).family)
        case Lst():
            raise Unfit("a list beside what has a size for its length isn't read")
    return x


def _extreme(name: str) -> Callable[..., Any]:
    def verb(m: Machine, *values: Any) -> Any:
        if len(values) == 1:
            if isinstance(values[0], Arr) or (isinstance(values[0], Lst) and values[0].family):
                if numeric(m, values[0]).rank != 1:
                    raise Unfit(f"{name}() of an array with several axes isn't defined", f"np.{name} takes them all")
                return NUMPY[name](m, values[0])
            values = tuple(sequence(m, values[0]))
        if not all(isinstance(v, bool) or (isinstance(v, Nd) and not v.axes) for v in values):
            raise Unfit(f"{name}() is read of numbers", f"np.{name}imum goes place by place")
        made = values[0]
        for v in values[1:]:
            made = NUMPY[f"{name}imum"](m, made, v)
        return made

    return verb


def _total(m: Machine, x: Any, start: Any = None) -> Any:
    if isinstance(x, Arr) or (isinstance(x, Lst) and x.family is not None):
        rows = numeric(m, x)
        if any(s == 0 for s in rows.axes[0]):
            raise Unfit("sum() of nothing isn't read")
        made = m.new(NUMPY["sum"](m, rows, constant(0)))
        return made if start is None else binary(m, ast.Add(), start, made)
    made = constant(0) if start is None else start
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
    if all(isinstance(v, Nd) and not v.axes and v.at(()).is_Rational for v in found):
        return Lst(sorted(found, key=cmp_to_key(_order)), len(m.loops))
    raise Unfit("only text and literal numbers are sorted")


def _order(a: Nd, b: Nd) -> int:
    return sign_of_difference(a, b) or 0


def _any(wanted: bool) -> Callable[..., bool]:
    # The elements that come after the first that decides are not asked for.
    return lambda m, x: any(truth(m, v) is wanted for v in gone_through(m, through(m, x))) is wanted


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
    if not isinstance(x, Instance) or not isinstance(name, str) or name.startswith("__"):
        raise Unfit("hasattr() is read of objects of the source's own classes")
    return name in x.attributes or name in x.of.members


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
    return Dct({**({} if x is None else m.entries(x)), **items}, len(m.loops))


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
    return Through(tuple((constant(first + k), v) for k, v in enumerate(found.elements)), found.sources, each, left=True, born=len(m.loops))


def _zip(m: Machine, *parts: Any) -> Any:
    if any(is_over_size(m, p) for p in parts):
        made = Operation("zip", None, parts)
        return _kept(m, made) if m.old_division else made
    found = [_through(m, p) for p in parts]
    rows = tuple(zip(*(p.elements for p in found), strict=False))
    makers = [p.each for p in found]
    each = (lambda row: tuple(v if f is None else f(v) for f, v in zip(makers, row, strict=True))) if any(makers) else None
    return _once(m, Through(rows, tuple(s for p in found for s in p.sources), each, left=True, born=len(m.loops)))


def _map(m: Machine, f: Any, *parts: Any) -> Any:
    rows = through(m, _zip(m, *parts))
    make = rows.each or (lambda row: row)
    return _once(m, Through(rows.elements, rows.sources, lambda row: _called(m, f, make(row)), left=True, born=len(m.loops)))


def _through(m: Machine, x: Any) -> Through:
    found = through(m, tuple(turns(m, x)) if isinstance(x, Span) else x)
    use_up(m, found)
    return found


def generator(m: Machine, what: Any, each: Callable[[Any], Any], called: Any) -> Any:
    """(each(v) for v in what) as the argument of a function: gone through once, when the function comes to it."""
    from symbackprop.language.numpy_source.loops import kept_by

    verb = called.verb if isinstance(called, Operation) and not called.first else None
    if any(verb is taken for taken in NUMPY.values()) and verb is not NUMPY["sum"]:
        raise Unfit("NumPy takes no generator", "a list is taken")
    if is_over_size(m, what):
        if verb not in AT_ONCE:
            raise Unfit("a generator over a size is read as an argument of sum(), max(), list() and the like", "a list can be given to all")
        made = Lst([], len(m.loops), kept_by(m, what, each))
    else:
        found = _through(m, what)
        make = found.each or (lambda v: v)
        lazy = Through(found.elements, found.sources, lambda v: each(make(v)), left=True, born=len(m.loops))
        if verb is not NUMPY["sum"]:
            return lazy
        made = Lst(list(gone_through(m, lazy)), len(m.loops))
    if verb is NUMPY["sum"] and numeric(m, made).rank != 1:  # NumPy leaves it to Python's sum
        raise Unfit("np.sum of a generator of arrays isn't read", "sum() adds them up")
    return made


def _once(m: Machine, found: Through) -> Any:
    """What Python 3 goes through once, when it comes to it, is a list in Python 2."""
    return Lst(list(gone_through(m, found)), len(m.loops)) if m.old_division else found


_MAX, _MIN = _extreme("max"), _extreme("min")
AT_ONCE = (_list, _total, _MAX, _MIN, NUMPY["sum"])
"""What goes through all of its argument before anything else happens, and takes what a loop over a size keeps."""

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
    "max": _MAX,
    "min": _MIN,
    "sum": _total,
    "abs": NUMPY["abs"],
    "print": _nothing,
    "isinstance": _isinstance,
    "hasattr": _hasattr,
    "int": lambda m, x=None: to_whole(numeric(m, x), m.facts),
    "float": lambda m, x: NUMPY["float"](m, x) if not numeric(m, x).axes else _refused("float() of an array with axes"),
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
