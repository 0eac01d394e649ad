"""Calls: functions of the table, functions left open, binders, and what `array_calls` knows."""
from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from typing import cast

import sympy as sp

from symbackprop.language.array_calls import METHODS, WHOLE, method, positional, reduction
from symbackprop.language.arrays import REDUCTIONS, Value
from symbackprop.language.binders import bound_value
from symbackprop.language.errors import did_you_mean
from symbackprop.language.functions import PRIMITIVES, TABLE
from symbackprop.language.nodes import Delta, Partial, Unspecified
from symbackprop.language.operators import where
from symbackprop.language.places import BINDING
from symbackprop.language.powers import function, power
from symbackprop.language.reader import Reader, read
from symbackprop.language.scope import ALIASES, FUNCTIONS, HINTS
from symbackprop.language.subscripts import place_of
from symbackprop.language.syntax import statement
from symbackprop.language.tensors import Component

OPEN = frozenset({"phi", "psi"})  # beside single letters, names of functions that are left open


@read.register(ast.Call)
def _call(node: ast.Call, reader: Reader) -> Value:
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        raise reader.error(node, "* has no place in the notation")
    match node.func:
        case ast.Name(id=name):
            return _named(reader, node, name)
        case ast.Subscript(value=ast.Name(id=name)) if name in BINDING:
            return bound_value(reader, node, name)
        case ast.Attribute(value=ast.Name(id="np" | "numpy" | "torch" | "jnp" | "math" | "F" as package), attr=name):
            raise reader.error(node, f"{package}. has no place in the notation", f"write {name}(...)")
        case ast.Attribute(value=owner, attr=name) if name in METHODS:
            return method(reader, node, owner, name)
        case ast.Attribute(attr=name):
            hint = f"write x.{name} without ()" if name in ("T", "mT") else did_you_mean(name, METHODS)
            raise reader.error(node, f".{name[:40]}() is no method of an array", hint)
    raise reader.error(node, "this can't be called", "write a product with a star: 2*(a + b)")


def _named(reader: Reader, node: ast.Call, name: str) -> Value:
    end = (node.func.lineno, node.func.col_offset + len(name.rstrip("_")))
    order = reader.statement.primes.get(end, 0) if name[-1] == "_" else 0
    if order:
        return _primed(reader, node, name[:-order], order)
    name = ALIASES.get(name, name)
    if name in _SPECIAL:
        return _SPECIAL[name](reader, node)
    if name in WHOLE:
        return WHOLE[name](reader, node)
    if name in TABLE or name in PRIMITIVES:
        return _elementwise(reader, node, name)
    if name in REDUCTIONS:
        return reduction(reader, node, name, node.args)
    if name in reader.tensors:
        hint = f"write a product with a star, {name}*(...), and subscripts in brackets: {name}[n]"
        raise reader.error(node, f"{name} is a tensor, not a function", hint)
    if is_open(name):
        return _unspecified(reader, node, name, 0)
    known = [*FUNCTIONS, "d"]
    raise reader.error(node, f"{name} is no function of the notation", HINTS.get(name) or did_you_mean(name, known))


def is_open(name: str) -> bool:
    """Whether a call of this name is a function that is left open."""
    return (len(name) == 1 and name != "d") or name in OPEN


def _primed(reader: Reader, node: ast.Call, name: str, order: int) -> Value:
    if is_open(name):
        return _unspecified(reader, node, name, order)
    hint = f"the derivative of {name} is a formula of its own" if name in FUNCTIONS else "a function that is left open is one letter: f'(x)"
    raise reader.error(node, f"{name} can't have a prime", hint)


def _unspecified(reader: Reader, node: ast.Call, name: str, order: int) -> Value:
    if len(node.args) != 1 or node.keywords:
        raise reader.error(node, f"{name} is left open; it takes one argument", f"write {name}(x)")
    return reader.mapped(node, lambda e: Unspecified(name, e, order), reader.value(node.args[0]))


def _elementwise(reader: Reader, node: ast.Call, name: str) -> Value:
    values = _arguments(reader, node, name) if name in TABLE else positional(reader, node, 1)
    return reader.mapped(node, lambda *e: cast(sp.Expr, reader.fitting(node, function, name, *e)), *values)


def _arguments(reader: Reader, node: ast.Call, name: str) -> list[Value]:
    """The arguments of a function of the table, by place, by name, or its defaults."""
    parameters = TABLE[name].names
    if len(node.args) > len(parameters):
        raise reader.error(node.args[len(parameters)], f"{name} takes {len(parameters)} arguments: {TABLE[name].parameters}")
    given: dict[str, Value] = {p: reader.value(a) for p, a in zip(parameters, node.args, strict=False)}
    for keyword in node.keywords:
        if keyword.arg not in parameters or keyword.arg in given:
            raise reader.error(keyword.value, f"{name} takes no further {keyword.arg}", f"its parameters are {TABLE[name].parameters}")
        given[keyword.arg] = reader.value(keyword.value)
    defaults = default_values(name)
    missing = [p for p in parameters if p not in given and p not in defaults]
    if missing:
        raise reader.error(node, f"{name} takes {TABLE[name].parameters}; {', '.join(missing)} is missing")
    return [given[p] if p in given else defaults[p] for p in parameters]


@cache
def default_values(name: str) -> dict[str, sp.Expr]:
    """The default of each parameter of a function of the table that has one."""
    return {p: _closed(text) for p, text in TABLE[name].defaults.items()}


def _closed(text: str) -> sp.Expr:
    said = statement(text)
    return Reader(said, {}, {}, {}, {}).component(said.parse()[1])


def _where(reader: Reader, node: ast.Call) -> Value:
    if len(node.args) != 3 or node.keywords:
        raise reader.error(node, "where takes three arguments", "write where(x > 0, a, b)")
    return where(reader, node, *node.args)


def _delta(reader: Reader, node: ast.Call) -> Value:
    if len(node.args) != 2 or node.keywords:
        raise reader.error(node, "delta takes two indices", "write delta(i, j)")
    return Delta(*(place_of(reader, a) for a in node.args))


def _partial(reader: Reader, node: ast.Call) -> Value:
    if len(node.args) < 2 or node.keywords:
        raise reader.error(node, "a derivative names what is differentiated and by what", "write d(y[n], x[k])")
    of, *by = [reader.component(a) for a in node.args]
    for component, argument in zip(by, node.args[1:], strict=True):
        if not isinstance(component, Component):
            raise reader.error(argument, "a derivative is taken by a component", "write d(y[n], x[k])")
    return Partial(of, *cast("list[Component]", by))


def _formula(f: Callable[[sp.Expr], sp.Expr]) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        return reader.mapped(node, lambda e: cast(sp.Expr, reader.fitting(node, f, e)), *positional(reader, node, 1))
    return call


def _misplaced(hint: str) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        raise reader.error(node, f"{cast(ast.Name, node.func).id} has no place here", hint)
    return call


_SPECIAL: dict[str, Callable[[Reader, ast.Call], Value]] = {
    "where": _where,
    "delta": _delta,
    "d": _partial,
    "sqrt": _formula(lambda e: power(e, sp.S.Half)),
    "square": _formula(lambda e: power(e, sp.Integer(2))),
    "log1p": _formula(lambda e: function("log", 1 + e)),
    "expm1": _formula(lambda e: function("exp", e) - 1),
    "argmax": _misplaced("write argmax[p](x[p]) == q"),
    "invertible": _misplaced('it is an assumption: assume="invertible(A)"'),
}
