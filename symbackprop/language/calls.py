"""Calls: functions of the table, functions left open, binders, reductions, matrix functions, methods."""
from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

import sympy as sp

from symbackprop.language import arrays
from symbackprop.language.arrays import Array, Value, array, shape_of
from symbackprop.language.binders import bound_value
from symbackprop.language.errors import did_you_mean
from symbackprop.language.functions import PRIMITIVES, TABLE, apply
from symbackprop.language.nodes import Delta, Partial, Unspecified
from symbackprop.language.operators import where
from symbackprop.language.places import BINDING
from symbackprop.language.powers import check_argument, power, real
from symbackprop.language.reader import Reader, read
from symbackprop.language.scope import ALIASES, FUNCTIONS, HINTS
from symbackprop.language.subscripts import place_of
from symbackprop.language.syntax import statement
from symbackprop.language.tensors import Component

OPEN = frozenset({"phi", "psi"})  # beside single letters, names of functions that are left open
METHODS = frozenset((*arrays.REDUCTIONS, "transpose", "dot", "trace", "diagonal"))


@read.register
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
            return _method(reader, node, owner, name)
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
    if name in TABLE or name in PRIMITIVES:
        return _elementwise(reader, node, name)
    if name in arrays.REDUCTIONS:
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
    values = _arguments(reader, node, name) if name in TABLE else _positional(reader, node, 1)

    def applied(*e: sp.Expr) -> sp.Expr:
        if name in PRIMITIVES:
            check_argument(reader.statement, node, name, e[0])
        made = apply(name, *e)
        return real(reader.statement, node, made) if name in PRIMITIVES and e[0].is_number else made
    return reader.mapped(node, applied, *values)


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


def _positional(reader: Reader, node: ast.Call, count: int) -> list[Value]:
    name = cast(ast.Name, node.func).id
    if len(node.args) != count or node.keywords:
        takes = "one argument" if count == 1 else f"{count} arguments"
        raise reader.error(node, f"{name} takes {takes}", f"write {name}({', '.join('xyz'[:count])})")
    return [reader.value(a) for a in node.args]


def reduction(reader: Reader, node: ast.Call, name: str, values: Sequence[ast.expr]) -> Value:
    """sum(x, axis=, keepdims=) and the like; of several values, max and min are elementwise."""
    if len(values) > 1 and name in ("max", "min"):
        return _extreme(reader, node, name)
    axis, keepdims = _options(reader, node, list(values[1:]))
    if not values:
        raise reader.error(node, f"{name} takes an array", f"write {name}(x)")
    value = reader.value(values[0])
    rank = len(shape_of(value))
    if not rank:
        hint = f"write {name}[n](...) to name the index, or" if name in BINDING else ""
        hint = f"{hint} give a whole array: {name}(x)".strip()
        raise reader.error(values[0], f"{name} goes over the axes of an array; this is one component", hint)
    if axis is None and name in ("softmax", "log_softmax") and rank > 1:
        raise reader.error(node, f"{name} of {rank} axes needs to know which", "write axis=-1 for the last")
    axes = reader.fitting(node, arrays.axes_of, rank, axis)
    return cast(Array, reader.fitting(node, arrays.REDUCTIONS[name], value, axes, keepdims, reader.names))


def _extreme(reader: Reader, node: ast.Call, name: str) -> Value:
    if node.keywords:
        raise reader.error(node.keywords[0].value, f"{name} of several values has no {node.keywords[0].arg}", f"write {name}(x, axis=0)")
    made = reader.value(node.args[0])
    for argument in node.args[1:]:
        made = reader.mapped(node, lambda a, b: apply(name + "imum", a, b), made, reader.value(argument))
    return made


_NO_OPTIONS = {"dim": "write axis=", "keepdim": "write keepdims=", "ddof": "write the formula: sum((x - mean(x))**2)/(N - 1)"}


def _options(reader: Reader, node: ast.Call, further: list[ast.expr]) -> tuple[tuple[int, ...] | None, bool]:
    given = {k.arg: k.value for k in node.keywords}
    if len(further) > 1 or (further and "axis" in given):
        raise reader.error(further[-1], "after the array stands its axis", "write axis=0, keepdims=True")
    for name, value in given.items():
        if name not in ("axis", "keepdims"):
            hint = _NO_OPTIONS.get(str(name), "the options are axis= and keepdims=")
            raise reader.error(value, f"there is no option {name}", hint)
    axis = further[0] if further else given.get("axis")
    return None if axis is None else _axes(reader, axis), _flag(reader, given.get("keepdims"))


def _axes(reader: Reader, node: ast.expr) -> tuple[int, ...] | None:
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=int() as k) if not isinstance(k, bool) and k < 100:
            return (k,)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as k)) if not isinstance(k, bool) and k < 100:
            return (-k,)
        case ast.Tuple(elts=parts):
            return tuple(k for part in parts for k in _axes(reader, part) or ())
    raise reader.error(node, "an axis is a whole number, or several in brackets", "write axis=0, axis=-1 or axis=(0, 1)")


def _flag(reader: Reader, node: ast.expr | None) -> bool:
    match node:
        case None:
            return False
        case ast.Constant(value=bool() as yes):
            return yes
    raise reader.error(node, "keepdims is True or False")


def _method(reader: Reader, node: ast.Call, owner: ast.expr, name: str) -> Value:
    if name in arrays.REDUCTIONS:
        if len(node.args) > 1:
            raise reader.error(node.args[1], "a method takes its axis", f"write x.{name}(axis=0)")
        return reduction(reader, node, name, [owner]) if not node.args else _with_axis(reader, node, owner, name)
    value = array(reader.value(owner))
    if name == "transpose":
        order = [k for a in node.args for k in _axes(reader, a) or ()]
        return cast(Array, reader.fitting(node, arrays.transpose, value, order or None))
    if name == "dot" and len(node.args) == 1:
        return cast(Array, reader.fitting(node, arrays.matmul, value, array(reader.value(node.args[0])), reader.names))
    if node.args:
        raise reader.error(node, f".{name}() takes nothing")
    return cast(Array, reader.fitting(node, arrays.trace if name == "trace" else arrays.diagonal, value, reader.names))


def _with_axis(reader: Reader, node: ast.Call, owner: ast.expr, name: str) -> Value:
    given = ast.keyword("axis", node.args[0])
    renamed = ast.copy_location(ast.Call(node.func, [], [*node.keywords, given]), node)
    return reduction(reader, renamed, name, [owner])


def _of_arrays(verb: Callable[..., Array], count: int = 1) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        values = [array(v) for v in _positional(reader, node, count)]
        return cast(Array, reader.fitting(node, verb, *values, reader.names))
    return call


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


def _sizes(reader: Reader, nodes: list[ast.expr]) -> tuple[sp.Expr, ...]:
    if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple):
        nodes = nodes[0].elts
    return tuple(reader.size(n) for n in nodes)


def _filled(value: sp.Expr) -> Callable[[Reader, ast.Call], Value]:
    return lambda reader, node: arrays.constant(value, _sizes(reader, node.args))


def _one_size(verb: Callable[[sp.Expr], Array]) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        if len(node.args) != 1 or node.keywords:
            raise reader.error(node, "one size is asked for", f"write {cast(ast.Name, node.func).id}(N)")
        return verb(reader.size(node.args[0]))
    return call


def _one_hot(reader: Reader, node: ast.Call) -> Value:
    if not 1 <= len(node.args) <= 2 or node.keywords:
        raise reader.error(node, "onehot takes labels and a size", "write onehot(t, C)")
    labels = array(reader.value(node.args[0]))
    entry = reader.at(node, labels, tuple(sp.S.Zero for _ in labels.sizes))
    below = entry.tensor.below if isinstance(entry, Component) else None
    if below is None:
        raise reader.error(node.args[0], "onehot takes an integer tensor", "declare it: t[N] in C")
    return arrays.one_hot(labels, reader.size(node.args[1]) if len(node.args) == 2 else below)


def _formula(f: Callable[[sp.Expr], Any]) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        return reader.mapped(node, lambda e: real(reader.statement, node, f(e)), *_positional(reader, node, 1))
    return call


def _root(reader: Reader, node: ast.Call) -> Value:
    return reader.mapped(node, lambda e: power(reader.statement, node, e, sp.S.Half), *_positional(reader, node, 1))


def _misplaced(hint: str) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        raise reader.error(node, f"{cast(ast.Name, node.func).id} has no place here", hint)
    return call


_SPECIAL: dict[str, Callable[[Reader, ast.Call], Value]] = {
    "where": _where, "delta": _delta, "d": _partial, "onehot": _one_hot,
    "sqrt": _root, "square": _formula(lambda e: e**2),
    "log1p": _formula(lambda e: sp.log(1 + e)), "expm1": _formula(lambda e: sp.exp(e) - 1),
    "ones": _filled(sp.S.One), "zeros": _filled(sp.S.Zero), "eye": _one_size(arrays.unit), "arange": _one_size(arrays.counting),
    "inv": _of_arrays(arrays.inverse), "logdet": _of_arrays(arrays.log_determinant), "det": _of_arrays(arrays.determinant),
    "trace": _of_arrays(arrays.trace), "diag": _of_arrays(arrays.diagonal), "outer": _of_arrays(arrays.outer, 2),
    "dot": _of_arrays(arrays.matmul, 2), "matmul": _of_arrays(arrays.matmul, 2),
    "transpose": _of_arrays(lambda a, _names: arrays.transpose(a)),
    "argmax": _misplaced("write argmax[p](x[p]) == q"), "invertible": _misplaced('it is an assumption: assume="invertible(A)"'),
}
