"""Calls on whole arrays: sum(x, axis=0), x.mean(axis=1, keepdims=True), inv(A), onehot(t), ones(N, D)."""
from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import cast

import sympy as sp

from symbackprop.language import matrices
from symbackprop.language.arrays import REDUCTIONS, Array, Value, array, axes_of, shape_of
from symbackprop.language.places import BINDING
from symbackprop.language.powers import function
from symbackprop.language.reader import Reader
from symbackprop.language.tensors import Component

METHODS = frozenset((*REDUCTIONS, "transpose", "dot", "trace", "diagonal"))


def positional(reader: Reader, node: ast.Call, count: int) -> list[Value]:
    """The values of exactly so many arguments."""
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
        axis = (-1,)  # as everybody means it: over the classes, which stand last
    axes = reader.fitting(node, axes_of, rank, axis)
    return cast(Array, reader.fitting(node, REDUCTIONS[name], value, axes, keepdims, reader.names))


def _extreme(reader: Reader, node: ast.Call, name: str) -> Value:
    if node.keywords:
        option = node.keywords[0]
        raise reader.error(option.value, f"{name} of several values has no {option.arg}", f"write {name}(x, axis=0)")
    def larger(a: sp.Expr, b: sp.Expr) -> sp.Expr:
        return cast(sp.Expr, reader.fitting(node, function, f"{name}imum", a, b))
    made = reader.value(node.args[0])
    for argument in node.args[1:]:
        made = reader.mapped(node, larger, made, reader.value(argument))
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


def method(reader: Reader, node: ast.Call, owner: ast.expr, name: str) -> Value:
    """x.sum(axis=0), x.transpose(0, 2, 1) and the like."""
    if name in REDUCTIONS:
        if len(node.args) > 1:
            raise reader.error(node.args[1], "a method takes its axis", f"write x.{name}(axis=0)")
        return reduction(reader, node, name, [owner]) if not node.args else _with_axis(reader, node, owner, name)
    if node.keywords:
        raise reader.error(node.keywords[0].value, f".{name}() has no option {node.keywords[0].arg}")
    value = array(reader.value(owner))
    if name == "transpose":
        order = [k for a in node.args for k in _axes(reader, a) or ()]
        return cast(Array, reader.fitting(node, matrices.transpose, value, order or None))
    if name == "dot" and len(node.args) == 1:
        return cast(Array, reader.fitting(node, matrices.matmul, value, array(reader.value(node.args[0])), reader.names))
    if node.args:
        raise reader.error(node, f".{name}() takes nothing")
    return cast(Array, reader.fitting(node, matrices.trace if name == "trace" else matrices.diagonal, value, reader.names))


def _with_axis(reader: Reader, node: ast.Call, owner: ast.expr, name: str) -> Value:
    given = ast.keyword("axis", node.args[0])
    renamed = ast.copy_location(ast.Call(node.func, [], [*node.keywords, given]), node)
    return reduction(reader, renamed, name, [owner])


def _of_arrays(verb: Callable[..., Array], count: int = 1) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        values = [array(v) for v in positional(reader, node, count)]
        return cast(Array, reader.fitting(node, verb, *values, reader.names))
    return call


def _sizes(reader: Reader, nodes: list[ast.expr]) -> tuple[sp.Expr, ...]:
    if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple):
        nodes = nodes[0].elts
    return tuple(reader.size(n) for n in nodes)


def _filled(value: sp.Expr) -> Callable[[Reader, ast.Call], Value]:
    def call(reader: Reader, node: ast.Call) -> Value:
        if node.keywords or not node.args:
            raise reader.error(node, "sizes are asked for", f"write {cast(ast.Name, node.func).id}(N, D)")
        return matrices.constant(value, _sizes(reader, node.args))
    return call


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
    return matrices.one_hot(labels, reader.size(node.args[1]) if len(node.args) == 2 else below)


WHOLE: dict[str, Callable[[Reader, ast.Call], Value]] = {
    "inv": _of_arrays(matrices.inverse),
    "logdet": _of_arrays(matrices.log_determinant),
    "det": _of_arrays(matrices.determinant),
    "trace": _of_arrays(matrices.trace),
    "diag": _of_arrays(matrices.diagonal),
    "outer": _of_arrays(matrices.outer, 2),
    "dot": _of_arrays(matrices.matmul, 2),
    "matmul": _of_arrays(matrices.matmul, 2),
    "transpose": _of_arrays(lambda a, _names: matrices.transpose(a)),
    "ones": _filled(sp.S.One),
    "zeros": _filled(sp.S.Zero),
    "eye": _one_size(matrices.unit),
    "arange": _one_size(matrices.counting),
    "onehot": _one_hot,
}
"""Functions of whole arrays beside the reductions."""
