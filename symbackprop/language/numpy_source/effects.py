"""Whether carrying out a piece of source may change anything but the names that it sets: told from its text.

    print(len(c), x.sum())     changes nothing
    print(c.pop())             does; so does a call of a function that does

What isn't known here may change things.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy

from symbackprop.language.numpy_source.making import DRAWN
from symbackprop.language.numpy_source.ndarray import Nd
from symbackprop.language.numpy_source.objects import (
    Arr,
    Class,
    Dct,
    Frame,
    Function,
    Instance,
    Kind,
    Lst,
    Message,
    Module,
    Operation,
    Through,
    TypeName,
    Unknown,
)

UNREAD_MODULE = "the module {} isn't read"
CHANGING = frozenset(
    (
        *("shuffle", "put", "place", "copyto", "putmask", "fill_diagonal", "put_along_axis", "at", "setattr", "delattr", "next"),
        *("fill", "sort", "itemset", "partition", "resize", "setflags", "byteswap", "backward", "step", "exec", "eval"),
    )
)
"""Functions and methods of modules and arrays that change what they are given; torch's end with _ too."""
PURE_METHODS = {
    Lst: frozenset(("count", "index", "copy")),
    Dct: frozenset(("get", "keys", "values", "items", "copy")),
}
OF_VALUES = frozenset(
    (
        *("sum", "mean", "max", "min", "std", "var", "all", "any", "copy", "astype", "reshape", "ravel", "flatten", "transpose", "dot"),
        *("argmax", "argmin", "round", "tolist", "item", "squeeze", "norm", "size", "dim", "cpu", "detach", "numpy", "clip", "cumsum"),
        *("format", "join", "keys", "values", "items", "get", "strip", "upper", "lower", "ljust", "rjust", "split", "replace"),
        *("startswith", "endswith", "zfill", "center", "nonzero", "prod", "trace", "T", "count", "index"),
    )
)
"""Methods that change nothing, whatever has them, unless a class of the source has its own."""
DRAWING = frozenset(("rand", "randn", "normal", "uniform", "binomial", "randint", "random", "standard_normal", "choice", "permutation"))
"""What a source of random numbers gives; its state says nothing."""
PLAIN_FUNCTIONS = frozenset(("print", "range", "xrange", "format", "id", "ord", "chr", "set", "frozenset", "complex", "callable", "hash"))


@dataclass(frozen=True)
class _Scope:
    """The names that a piece of source sees: what they stand for, those that aren't known, those of new arrays and lists."""

    names: tuple[dict[str, Any], ...]
    own: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()

    def value(self, name: str) -> Any:
        """What a name stands for: None where that isn't known."""
        if name in self.own:
            return None
        for names in self.names:
            if name in names:
                return names[name]
        from symbackprop.language.numpy_source.builtin import BUILTINS
        from symbackprop.language.numpy_source.expressions import MODULES

        return Module(MODULES[name]) if name in MODULES else Operation(name, BUILTINS[name]) if name in BUILTINS else None


MAX_NODES = 1_000  # that are looked at for one answer


@dataclass
class _Seen:
    functions: set[int] = field(default_factory=set)
    nodes: int = 0


def acts(f: Frame, node: ast.AST) -> bool:
    """Whether a piece of source may change anything but the names it sets."""
    return looked_at(f, node)[0]


def looked_at(f: Frame, node: ast.AST) -> tuple[bool, int]:
    """Whether a piece of source may change anything but the names it sets, and how many nodes were looked at for it."""
    seen = _Seen()
    return _acts(_Scope((f.names, *f.outer)), node, seen), seen.nodes


def _acts(scope: _Scope, node: ast.AST, seen: _Seen) -> bool:
    return any(_does(scope, n, seen) for n in ast.walk(node))


def _does(scope: _Scope, n: ast.AST, seen: _Seen) -> bool:
    seen.nodes += 1
    if seen.nodes > MAX_NODES:
        return True
    match n:
        case ast.Global() | ast.Nonlocal() | ast.Yield() | ast.YieldFrom() | ast.Await() | ast.ClassDef() | ast.With():
            return True
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()) | ast.Attribute(value=owner, ctx=ast.Store() | ast.Del()):
            return not (isinstance(owner, ast.Name) and owner.id in scope.fresh)
        case ast.AugAssign(target=ast.Attribute()):
            return True
        case ast.AugAssign(target=ast.Name(id=name)):
            return name not in scope.fresh and not isinstance(scope.value(name), (Nd, str, bool))
        case ast.Name(id=name, ctx=ast.Load()):
            found = scope.value(name)
            return isinstance(found, Through) and found.left is not None
        case ast.Attribute():  # perhaps a property
            held = _value(scope, n)
            return isinstance(held, Function) and bool(getattr(held.node, "decorator_list", ())) and _function(held, seen, ())
        case ast.Call():
            return _call(scope, n, seen)
    return False


# ---- calls ---------------------------------------------------------------------------------------------------------------


def _call(scope: _Scope, node: ast.Call, seen: _Seen) -> bool:
    if any(k.arg in ("out", "copy") for k in node.keywords) or _is_given_out(node):
        return True
    given = [*node.args, *(k.value for k in node.keywords)]
    if any(_called(scope, value, seen) for a in given for value in [_value(scope, a)] if isinstance(value, (Function, Instance))):
        return True  # it may be called where it is given
    if isinstance(node.func, ast.Name) and node.func.id in ("map", "filter", "reduce") and _is_open(scope, given):
        return True
    match node.func:
        case ast.Name(id=name):
            found = scope.value(name)
            if found is None:
                return name in scope.own or (name not in PLAIN_FUNCTIONS and not _is_given_values(scope, given))
            return _called(scope, found, seen, name) if not _is_unread(found) else not _is_given_values(scope, given)
        case ast.Attribute(value=owner, attr=name):
            return _method(scope, owner, name, given, seen)
    return True


OUT_AFTER = {"dot": 2, "clip": 3, "sum": 3, "mean": 3, "prod": 3, "max": 2, "min": 2, "round": 2, "std": 3, "var": 3, "take": 3}
"""The arguments of NumPy's functions before the array that takes the result."""


def _is_given_out(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    verb = getattr(numpy, name, None)
    most = verb.nin if isinstance(verb, numpy.ufunc) else OUT_AFTER.get(name) if isinstance(node.func, ast.Attribute) else None
    return most is not None and len(node.args) > most


def _is_open(scope: _Scope, given: list[ast.expr]) -> bool:
    return not given or not (isinstance(given[0], ast.Lambda) or isinstance(_value(scope, given[0]), (Function, Operation, Class)))


def _called(scope: _Scope, found: Any, seen: _Seen, name: str = "") -> bool:
    match found:
        case Operation():
            return found.name.rpartition(".")[2] in CHANGING or name in CHANGING or bool(found.first)
        case Function():
            return _function(found, seen, ())
        case Class():
            start = found.members.get("__init__")
            return isinstance(start, Function) and _function(start, seen, start.node.args.args[:1])
        case Instance():
            told = found.of.members.get("__call__", found.of.members.get("forward"))
            return isinstance(told, Function) and _function(told, seen, ())
        case Kind() | TypeName():
            return False
    return True


def _method(scope: _Scope, owner: ast.expr, name: str, given: list[ast.expr], seen: _Seen) -> bool:
    found = _value(scope, owner)
    match found:
        case Module() | Arr() | Nd() | str() | Message():
            return name in CHANGING or (name.endswith("_") and not name.endswith("__"))
        case Lst() | Dct():
            return name not in PURE_METHODS[type(found)]
        case Instance():
            inner = found.attributes.get(name, found.of.members.get(name))
            return inner is None or _called(scope, inner, seen)
        case Class():
            return _called(scope, found.members.get(name), seen)
        case Unknown() if _is_unread(found):
            return not _is_given_values(scope, given)
        case Unknown(error=error) if error is not None and error.message == DRAWN and name in DRAWING:
            return name in _methods(scope)
    if isinstance(owner, ast.Name) and owner.id in scope.fresh:
        return False
    return name not in OF_VALUES or name in _methods(scope)


def _methods(scope: _Scope) -> set[str]:
    return {k for names in scope.names for v in names.values() if isinstance(v, Class) for k in v.members}


def _value(scope: _Scope, node: ast.expr) -> Any:
    """What a name, or what stands behind its dots, stands for: None where that isn't known."""
    match node:
        case ast.Name(id=name):
            return scope.value(name)
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr():
            return Message()
        case ast.Attribute(value=inner, attr=name):
            owner = _value(scope, inner)
            match owner:
                case Module() | Unknown():
                    return owner
                case Instance():
                    return owner.attributes.get(name, owner.of.members.get(name))
                case Class():
                    return owner.members.get(name)
                case Arr() if name in ("T", "data"):
                    return owner
    return None


def _is_unread(value: Any) -> bool:
    return isinstance(value, Unknown) and value.reason.startswith(UNREAD_MODULE.partition("{")[0])


def _is_given_values(scope: _Scope, given: list[ast.expr]) -> bool:
    # What no function can change: numbers and text.
    return all(
        isinstance(scope.value(n.id), (Nd, str, bool, Message, Module)) or _is_unread(scope.value(n.id))
        for a in given
        for n in ast.walk(a)
        if isinstance(n, ast.Name)
    )


# ---- functions -----------------------------------------------------------------------------------------------------------


def _function(found: Function, seen: _Seen, made: list[ast.arg] | tuple[ast.arg, ...]) -> bool:
    if id(found.node) in seen.functions:
        return False
    if any(ast.unparse(d) not in ("staticmethod", "property") for d in getattr(found.node, "decorator_list", ())):
        return True
    seen.functions.add(id(found.node))
    own, fresh = _names_of(found.node)
    scope = _Scope((found.frame.names, *found.frame.outer), own, fresh | {a.arg for a in made})
    body = [found.node.body] if isinstance(found.node, ast.Lambda) else found.node.body
    return any(_acts(scope, part, seen) for part in body)


@lru_cache(maxsize=256)
def _names_of(node: ast.FunctionDef | ast.Lambda) -> tuple[frozenset[str], frozenset[str]]:
    """A function's own names, and those of them for what it makes itself."""
    own = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return frozenset(own), frozenset(_fresh(node))


MAKING = frozenset(("zeros", "ones", "empty", "full", "eye", "array", "copy", "arange", "sum", "exp", "log", "sqrt", "mean"))


def _fresh(node: ast.AST) -> set[str]:
    """The names that a function gives nothing but what it makes itself: numbers, new arrays, new lists."""
    made: set[str] = set()
    other = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    plain: set[int] = set()
    for n in ast.walk(node):
        match n:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if _is_new(value):
                made.add(name)
                plain.add(id(target))
            case ast.AugAssign(target=ast.Subscript(value=ast.Name(id=name))) if _is_held(node, name):
                other.add(name)
            case ast.AugAssign(target=target):
                plain.add(id(target))
    other |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and id(n) not in plain}
    return made - other


def _is_held(node: ast.AST, name: str) -> bool:
    # What a new list holds need not be new: c = [x]; c[0] += 1.
    return any(
        isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) and n.targets[0].id == name and _has_display(n.value)
        for n in ast.walk(node)
    )


def _has_display(value: ast.expr) -> bool:
    return not isinstance(value, ast.Call) and any(isinstance(n, (ast.List, ast.Dict, ast.ListComp, ast.DictComp)) for n in ast.walk(value))


def _is_new(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.BinOp() | ast.Compare() | ast.List() | ast.Dict() | ast.ListComp() | ast.DictComp():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name)):
            return name.removesuffix("_like") in MAKING
        case ast.Call(func=ast.Name(id="float" | "int" | "len")) | ast.Call(func=ast.Attribute(attr="copy"), args=[]):
            return True
    return False
