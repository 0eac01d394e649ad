"""Calls: functions of the source, functions of the tables, methods, classes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source import expressions
from symbackprop.language.numpy_source.expressions import evaluate
from symbackprop.language.numpy_source.holding import sequence, truth
from symbackprop.language.numpy_source.indexing import picks_of, update
from symbackprop.language.numpy_source.machine import MAX_CALLS, Machine
from symbackprop.language.numpy_source.ndarray import Nd, same_axes
from symbackprop.language.numpy_source.objects import (
    Arr,
    Class,
    Dct,
    Frame,
    Function,
    Instance,
    Kind,
    Operation,
    Returned,
    Unknown,
)
from symbackprop.language.numpy_source.operations import FIXED, NUMPY, RENAMED, VIEWS, described, numeric

TAKES_SHAPE = ("max", "min")
TAKES_ONE_SHAPE = ("reshape", "transpose")  # as functions; as methods several numbers


def _call(m: Machine, f: Frame, node: ast.Call) -> Any:
    called = evaluate(m, f, node.func)
    args: list[Any] = []
    for a in node.args:
        args.extend(sequence(m, evaluate(m, f, a.value)) if isinstance(a, ast.Starred) else [_argument(m, f, a, called)])
    options: dict[str, Any] = {}
    for k in node.keywords:
        if k.arg is None:
            inner = evaluate(m, f, k.value)
            if not isinstance(inner, Dct):
                raise Unfit("** takes a dict")
            options.update(m.entries(inner))
        else:
            options[k.arg] = evaluate(m, f, k.value)
    m.node = node
    made = call(m, called, args, options)
    m.node = node
    return made


def _argument(m: Machine, f: Frame, node: ast.expr, called: Any) -> Any:
    if isinstance(node, ast.GeneratorExp):
        from symbackprop.language.numpy_source.builtin import generator

        return generator(m, *expressions.turned(m, f, node), called)
    return evaluate(m, f, node)


def call(m: Machine, called: Any, args: list[Any], options: dict[str, Any]) -> Any:
    """called(*args, **options)"""
    match called:
        case Function():
            return call_function(m, called, args, options)
        case Operation():
            return _operation(m, called, args, options)
        case Class():
            made = Instance(called, born=len(m.loops))
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
            return m.new(NUMPY["astype"](m, *args, Kind(kind)), next((a for a in args if isinstance(a, Arr)), None))
    raise Unfit(f"{described(called)} can't be called")


# ---- functions of the table ----------------------------------------------------------------------------------------------


@cache
def _signature(verb: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(verb)


def _operation(m: Machine, called: Operation, args: list[Any], options: dict[str, Any]) -> Any:
    args = [*called.first, *args]
    out = options.pop("out", None)
    dims = "dim" in options
    options = {RENAMED.get(k, k): v for k, v in options.items()}
    options.pop("requires_grad", None)
    if "keepdims" in options:
        options["keepdims"] = truth(m, options["keepdims"])
    _check_arguments(m, called, args, options)
    made = called.verb(m, *args, **options)
    if called.name in TAKES_SHAPE and m.torch and (options.get("axis_") is not None or len(args) > 1):
        if m.numpy and not dims:
            raise Unfit(f"{called.name} along an axis is another thing for torch and for NumPy", "dim= is torch's")
        return (m.new(made), Unknown("the places of maxima aren't read"))
    if isinstance(made, Nd):
        may_share = called.name in VIEWS or options.get("copy", True) is not True
        base = args[0] if may_share and args and isinstance(args[0], Arr) else None
        if called.name == "diag" and made.rank == 2:  # of a vector: a new matrix
            base = None
        made = m.new(made, base)
        if base is not None and called.name in FIXED and isinstance(made, Arr):
            made.fixed = True
    if out is not None:
        if not isinstance(out, Arr):
            raise Unfit("out= takes an array")
        result = numeric(m, made)
        if not same_axes(result.axes, out.value.axes):  # only some functions broadcast what they store
            raise Unfit("out= takes an array of the result's shape")
        m.write(out, update(out.value, picks_of(out.value.axes, [], m.facts), result, False, m.fresh, m.facts))
        return out
    return made


def _check_arguments(m: Machine, called: Operation, args: list[Any], options: dict[str, Any]) -> None:
    """Refuse arguments that the verb doesn't take, or that NumPy takes for others."""
    try:
        bound = _signature(called.verb).bind(m, *args, **options)
    except TypeError as error:
        raise Unfit(f"these arguments of {called.name[:60]} aren't read ({str(error)[:60]})") from None
    told = bound.arguments.get("keepdims")
    if told is not None and "keepdims" not in options and not (m.torch and isinstance(told, bool)):
        raise Unfit(f"the third argument of {called.name[:60]} is no keepdims", "write keepdims=True")
    if called.name in TAKES_ONE_SHAPE and not called.first and not m.torch and len(args) > 2:
        raise Unfit(f"{called.name} takes one shape", "write it as a tuple")


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
    from symbackprop.language.numpy_source.statements import run

    m.step()
    if m.depth >= MAX_CALLS:
        raise Unfit("calls are nested too deep")
    names = _bound(called, args, options)
    frame = Frame(names, _around(called.frame), called.frame.in_call, local_names(called.node))
    before, flag = m.node, m.in_call
    m.depth += 1
    try:
        made = _carried_out(m, called, frame, run)
    finally:
        m.depth -= 1
    m.node, m.in_call = before, flag
    return made


def _around(f: Frame) -> tuple[dict[str, Any], ...]:
    """The names around a function: those that the function around it sets are that one's, though they have no value yet."""
    own = (f.names, *f.outer[: f.inner])
    missing = {n: Unknown(f"{n[:40]} is read before the function around sets it") for n in f.local if not any(n in names for names in own)}
    return (*own, *([missing] if missing else []), *f.outer[f.inner :])


@cache
def local_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that a function sets, which are its own wherever it reads them."""
    found: set[str] = set()
    waiting: list[ast.AST] = [] if isinstance(node, ast.Lambda) else [*node.body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            found.add(part.name)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
        elif isinstance(part, ast.alias):
            found.add(part.asname or part.name.split(".")[0])
        elif not isinstance(part, (ast.Lambda, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)):
            waiting += ast.iter_child_nodes(part)
    return frozenset(found)


def _carried_out(m: Machine, called: Function, frame: Frame, run: Callable[..., Any]) -> Any:
    if isinstance(called.node, ast.Lambda):
        return evaluate(m, frame, called.node.body)
    if called.node.decorator_list and not all(
        isinstance(d, ast.Name) and d.id in ("staticmethod", "property") for d in called.node.decorator_list
    ):
        raise Unfit("decorated functions aren't read")
    if any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(called.node)):
        raise Unfit("generators aren't read")
    ended = run(m, frame, called.node.body)
    return ended.value if isinstance(ended, Returned) else None


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


expressions.RULES[ast.Call] = _call

__all__ = ["call", "call_function", "defaults_of"]
