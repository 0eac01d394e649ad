"""Calls: functions of the source, functions of the tables, methods, classes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source import expressions
from symbackprop.language.numpy_source.expressions import evaluate, key_of, place_of, read, sequence
from symbackprop.language.numpy_source.families import instance_at
from symbackprop.language.numpy_source.indexing import picks_of, update
from symbackprop.language.numpy_source.machine import MAX_CALLS, Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.numbers import to_whole
from symbackprop.language.numpy_source.objects import (
    Arr,
    Class,
    Dct,
    Frame,
    Function,
    Instance,
    Kind,
    Lst,
    Module,
    Operation,
    Span,
    Unknown,
)
from symbackprop.language.numpy_source.operations import NUMPY, RENAMED, VIEWS, described, numeric, sizes

TAKES_SHAPE = ("max", "min")


def _call(m: Machine, f: Frame, node: ast.Call) -> Any:
    called = evaluate(m, f, node.func)
    args: list[Any] = []
    for a in node.args:
        args.extend(sequence(m, evaluate(m, f, a.value)) if isinstance(a, ast.Starred) else [evaluate(m, f, a)])
    options: dict[str, Any] = {}
    for k in node.keywords:
        if k.arg is None:
            inner = evaluate(m, f, k.value)
            if not isinstance(inner, Dct):
                raise Unfit("** takes a dict")
            options.update(inner.items)
        else:
            options[k.arg] = evaluate(m, f, k.value)
    m.node = node
    made = call(m, called, args, options)
    m.node = node
    return made


def call(m: Machine, called: Any, args: list[Any], options: dict[str, Any]) -> Any:
    """called(*args, **options)"""
    match called:
        case Function():
            return call_function(m, called, args, options)
        case Operation():
            return _operation(m, called, args, options)
        case Class():
            made = Instance(called)
            start = called.members.get("__init__")
            if isinstance(start, Function):
                call_function(m, Function(start.node, start.frame, start.defaults, made), args, options)
            elif args or options:
                raise Unfit(f"{called.name} takes nothing")
            return made
        case Instance() if "__call__" in called.of.members or "forward" in called.of.members:
            found = called.of.members["__call__" if "__call__" in called.of.members else "forward"]
            return call_function(m, Function(found.node, found.frame, found.defaults, called), args, options)
        case Kind(kind):
            return m.new(NUMPY["astype"](m, *args, Kind(kind)))
    raise Unfit(f"{described(called)} can't be called")


# ---- functions of the table ----------------------------------------------------------------------------------------------


@cache
def _signature(verb: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(verb)


def _operation(m: Machine, called: Operation, args: list[Any], options: dict[str, Any]) -> Any:
    args = [*called.first, *args]
    out = options.pop("out", None)
    options = {RENAMED.get(k, k): v for k, v in options.items()}
    if "requires_grad" in options:
        options.pop("requires_grad")
    try:
        _signature(called.verb).bind(m, *args, **options)
    except TypeError as error:
        raise Unfit(f"these arguments of {called.name[:60]} aren't read ({str(error)[:60]})") from None
    made = called.verb(m, *args, **options)
    if called.name in TAKES_SHAPE and "torch" in m.texts[False] and options.get("axis_") is not None and called.first:
        return (m.new(made), Unknown("the places of maxima aren't read"))
    if isinstance(made, Nd):
        base = args[0] if called.name in VIEWS and args and isinstance(args[0], Arr) else None
        made = m.new(made, base)
    if out is not None:
        if not isinstance(out, Arr):
            raise Unfit("out= takes an array")
        m.write(out, update(out.value, picks_of(out.value.axes, [], m.facts), numeric(m, made), False, m.fresh, m.facts))
        return out
    return made


# ---- functions of the source ---------------------------------------------------------------------------------------------


def defaults_of(m: Machine, f: Frame, node: ast.FunctionDef | ast.Lambda) -> dict[str, Any]:
    """The values of the default arguments, by name."""
    a = node.args
    positional = [*a.posonlyargs, *a.args]
    last = positional[len(positional) - len(a.defaults) :]
    pairs = [*zip(last, a.defaults, strict=True), *((p, d) for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None)]
    return {p.arg: evaluate(m, f, d) for p, d in pairs}


def call_function(m: Machine, called: Function, args: list[Any], options: dict[str, Any]) -> Any:
    """A function of the source with these arguments."""
    from symbackprop.language.numpy_source.statements import Returned, run

    m.depth += 1
    m.step()
    if m.depth > MAX_CALLS:
        raise Unfit("calls are nested too deep")
    names = _bound(called, args, options)
    frame = Frame(names, (called.frame.names, *called.frame.outer), called.frame.in_call)
    before, flag = m.node, m.in_call
    if isinstance(called.node, ast.Lambda):
        made = evaluate(m, frame, called.node.body)
    else:
        if called.node.decorator_list and not all(
            isinstance(d, ast.Name) and d.id in ("staticmethod", "property") for d in called.node.decorator_list
        ):
            raise Unfit("decorated functions aren't read")
        ended = run(m, frame, called.node.body)
        made = ended.value if isinstance(ended, Returned) else None
    m.depth -= 1
    m.node, m.in_call = before, flag
    return made


def _bound(called: Function, args: list[Any], options: dict[str, Any]) -> dict[str, Any]:
    a = called.node.args
    name = getattr(called.node, "name", "the function")
    is_static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in getattr(called.node, "decorator_list", ()))
    if called.owner is not None and not is_static:
        args = [called.owner, *args]
    positional = [p.arg for p in (*a.posonlyargs, *a.args)]
    names: dict[str, Any] = dict(called.defaults)
    if len(args) > len(positional) and a.vararg is None:
        raise Unfit(f"{name} takes {len(positional)} arguments, here are {len(args)}")
    names.update(zip(positional, args, strict=False))
    if a.vararg is not None:
        names[a.vararg.arg] = tuple(args[len(positional) :])
    known = {*positional, *(p.arg for p in a.kwonlyargs)}
    further = {k: v for k, v in options.items() if k not in known}
    if further and a.kwarg is None:
        raise Unfit(f"{name} has no argument {next(iter(further))[:40]}")
    names.update({k: v for k, v in options.items() if k in known})
    if a.kwarg is not None:
        names[a.kwarg.arg] = Dct(further)
    missing = [p for p in known if p not in names]
    if missing:
        raise Unfit(f"{name} needs {', '.join(missing)}")
    return names


# ---- built-ins -----------------------------------------------------------------------------------------------------------


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
        made = expressions.binary(m, ast.Add(), made, v)
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
    "bool": lambda m, x: expressions.truth(m, x),
    "str": lambda m, x=None: "text",
    "pow": NUMPY["power"],
    "super": lambda m, *a: None,
}


# ---- methods -------------------------------------------------------------------------------------------------------------


def method(m: Machine, owner: Any, name: str) -> Operation:
    """A method of a list, a dict, text or np.add."""
    if isinstance(owner, Operation) and owner.name in ("add", "subtract") and name == "at":
        return Operation("add.at", partial(_add_at, sign=1 if owner.name == "add" else -1))
    table = {Lst: LISTS, Dct: DICTS, str: TEXTS}.get(type(owner), {})
    if name in table:
        return Operation(name, table[name], (owner,))
    raise Unfit(f".{name[:40]} of {described(owner)} isn't read")


def _add_at(m: Machine, a: Any, where: Any, value: Any, sign: int = 1) -> None:
    if not isinstance(a, Arr):
        raise Unfit("np.add.at changes an array")
    items = [
        e if isinstance(e, Span) or e is None or e is Ellipsis else numeric(m, e) for e in (where if isinstance(where, tuple) else (where,))
    ]
    if any(isinstance(e, Nd) and e.kind == "bool" for e in items):
        raise Unfit("np.add.at with a mask isn't read")
    nd = numeric(m, value)
    signed = Nd(nd.axes, lambda place: sign * nd.at(place), nd.kind)
    m.write(a, update(a.value, picks_of(a.value.axes, items, m.facts), signed, True, m.fresh, m.facts, at_each=True))


def _append(m: Machine, owner: Lst, value: Any) -> None:
    if owner.born < len(m.loops):
        if owner.born < len(m.loops) - 1:
            raise Unfit("a list that several loops fill isn't read")
        m.loops[-1].appended.setdefault(owner, []).append(value)
        return
    if owner.family:
        raise Unfit("a list that a loop filled grows further: this isn't read")
    owner.items.append(value)


def _pop(m: Machine, owner: Lst, place: Any = None) -> Any:
    if owner.family is None and owner.born == len(m.loops) and owner.items:
        return owner.items.pop(-1 if place is None else place_of(place))
    raise Unfit("pop() of this list isn't read")


def _get(m: Machine, owner: Dct, key: Any, default: Any = None) -> Any:
    return owner.items.get(key_of(key), default)


def _setdefault(m: Machine, owner: Dct, key: Any, default: Any = None) -> Any:
    if owner.born < len(m.loops):
        raise Unfit("a dict from outside is changed in a loop")
    return owner.items.setdefault(key_of(key), default)


def _items(m: Machine, owner: Dct) -> Any:
    return tuple((k if isinstance(k, str) else constant(k), v) for k, v in owner.items.items())


def _update(m: Machine, owner: Dct, other: Any = None, **items: Any) -> None:
    if owner.born < len(m.loops):
        raise Unfit("a dict from outside is changed in a loop")
    owner.items.update({**(other.items if isinstance(other, Dct) else {}), **items})


LISTS: dict[str, Callable[..., Any]] = {"append": _append, "pop": _pop}
DICTS: dict[str, Callable[..., Any]] = {
    "get": _get,
    "items": _items,
    "keys": lambda m, d: tuple(d.items),
    "values": lambda m, d: tuple(d.items.values()),
    "setdefault": _setdefault,
    "update": _update,
    "copy": lambda m, d: Dct(dict(d.items), len(m.loops)),
    "pop": lambda m, d, key, default=None: d.items.pop(key_of(key), default) if d.born == len(m.loops) else _pop(m, Lst()),
}
TEXTS: dict[str, Callable[..., Any]] = {name: (lambda m, s, *a, **k: "text") for name in ("format", "join")} | {
    "lower": lambda m, s: s.lower(),
    "upper": lambda m, s: s.upper(),
    "startswith": lambda m, s, p: s.startswith(p),
}


def _fill(m: Machine, a: Any, value: Any) -> None:
    m.write(a, update(a.value, picks_of(a.value.axes, [], m.facts), numeric(m, value), False, m.fresh, m.facts))


def _item(m: Machine, a: Any) -> Any:
    nd = numeric(m, a)
    if any(nd.axes):
        raise Unfit("item() is for one number")
    return Nd((), lambda _place: nd.at(tuple(() for _ in nd.axes)), nd.kind)


def _masked_fill(m: Machine, a: Any, mask: Any, value: Any) -> Any:
    return NUMPY["where"](m, mask, value, a)


def _zero_in_place(m: Machine, a: Any) -> Any:
    _fill(m, a, constant(0))
    return a


def _in_place(op: ast.operator) -> Callable[..., Any]:
    def verb(m: Machine, a: Any, other: Any) -> Any:
        from symbackprop.language.numpy_source.statements import changed_in_place

        changed_in_place(m, a, op, other, "changed")
        return a

    return verb


ARRAY_METHODS: dict[str, Callable[..., Any]] = {
    "fill": _fill,
    "item": _item,
    "masked_fill": _masked_fill,
    "zero_": _zero_in_place,
    "numel": lambda m, a: constant(cast(sp.Expr, sp.Mul(*a.value.shape))),
    "dim": lambda m, a: constant(a.value.rank),
    "add_": _in_place(ast.Add()),
    "sub_": _in_place(ast.Sub()),
    "mul_": _in_place(ast.Mult()),
    "div_": _in_place(ast.Div()),
    "expand": lambda m, a, *shape: NUMPY["broadcast_to"](m, a, shape),
    "expand_as": lambda m, a, b: NUMPY["broadcast_to"](m, a, tuple(constant(s) for s in numeric(m, b).shape)),
    "reshape_as": lambda m, a, b: NUMPY["reshape"](m, a, tuple(constant(s) for s in numeric(m, b).shape)),
    "new_zeros": lambda m, a, *shape: NUMPY["zeros"](m, *shape),
    "requires_grad_": lambda m, a, flag=True: a,
    "gather": lambda m, a, *rest, **more: _refuse("gather"),
    "scatter_": lambda m, a, *rest, **more: _refuse("scatter_"),
    "backward": lambda m, a, *rest, **more: _refuse("backward() of torch"),
}


def _refuse(what: str) -> Any:
    raise Unfit(f"{what} isn't read")


expressions.RULES[ast.Call] = _call

__all__ = ["BUILTINS", "Module", "call", "instance_at", "read", "sizes"]
