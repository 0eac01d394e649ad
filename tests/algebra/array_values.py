"""Two independent readings: an index expression entry by entry, and array notation with NumPy."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.nodes import Binder, Compare, Delta, Inverse, LogDet, Max, Prod, Sum, Unspecified, Where
from symbackprop.language.tensors import Component, Dim, Index

COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}
SCALAR = {
    "step": lambda z: float(z > 0),
    "relu": lambda z: max(z, 0.0),
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "maximum": max,
    "erf": math.erf,
    "elu": lambda z, a: z if z > 0 else a * (math.exp(z) - 1),
    "leaky_relu": lambda z, a: z if z > 0 else a * z,
    "sign": lambda z: float(np.sign(z)),
    "sin": math.sin,
    "cos": math.cos,
    "softplus": lambda z: math.log1p(math.exp(z)),
    "silu": lambda z: z / (1 + math.exp(-z)),
}


class Entry:
    """The value of an index expression where tensors and sizes have these values."""

    def __init__(self, arrays: Mapping[str, Any], sizes: Mapping[Any, int]) -> None:
        self.arrays, self.sizes = arrays, sizes

    def array(self, e: sp.Expr, free: tuple[Index, ...]) -> np.ndarray:
        shape = [self.size(i) for i in free]
        values = [self.at(e, dict(zip(free, place, strict=True))) for place in np.ndindex(*shape)]
        return np.array(values, dtype=float).reshape(shape)

    def size(self, index: Index) -> int:
        return int(self.at(index.size, {}))

    def places(self, bound: tuple[Index, ...], where: dict[Any, int]) -> Iterator[dict[Any, int]]:
        for place in product(*(range(self.size(i)) for i in bound)):
            yield {**where, **dict(zip(bound, place, strict=True))}

    def at(self, e: Any, where: dict[Any, int]) -> Any:
        match e:
            case Index():
                return where[e]
            case Dim():
                return self.sizes[e]
            case sp.Number() | sp.NumberSymbol():
                return float(e)
            case Component():
                return self.arrays[e.tensor.name][tuple(int(self.at(i, where)) for i in e.indices)]
            case Delta():
                return float(self.at(e.args[0], where) == self.at(e.args[1], where))
            case Compare():
                return float(COMPARE[e.relation](*(self.at(a, where) for a in e.args)))
            case Where():
                return self.at(e.args[1] if self.at(e.args[0], where) else e.args[2], where)
            case Binder():
                reduce = {Sum: sum, Prod: math.prod, Max: max}[type(e)]
                return reduce([self.at(e.body, inner) for inner in self.places(e.bound, where)])
            case Inverse():
                return np.linalg.inv(self.matrix(e, where))[tuple(int(self.at(i, where)) for i in e.at)]
            case Unspecified():  # f is the sine
                return [math.sin, math.cos][e.order](self.at(e.args[0], where))
            case LogDet():
                return np.linalg.slogdet(self.matrix(e, where))[1]
        values = [self.at(a, where) for a in e.args]
        if isinstance(e, (sp.Add, sp.Mul, sp.Pow)):
            return {sp.Add: sum, sp.Mul: math.prod, sp.Pow: lambda v: v[0] ** v[1]}[e.func](values)
        return SCALAR[e.func.__name__](*values)

    def matrix(self, e: Any, where: dict[Any, int]) -> np.ndarray:
        rows, columns = (self.size(i) for i in e.bound)
        values = [self.at(e.body, inner) for inner in self.places(e.bound, where)]
        return np.array(values).reshape(rows, columns)


BINARY: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
}
COMPARE_NODES: dict[type, Any] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
FUNCTIONS: dict[str, Any] = {
    **{name: np.vectorize(f, otypes=[float]) for name, f in SCALAR.items()},
    "f": np.sin,
    "f_prime": np.cos,
    "sqrt": np.sqrt,
    "where": np.where,
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "inv": np.linalg.inv,
    "eye": np.eye,
    "outer": np.outer,
    "trace": np.trace,
    "diag": np.diag,
    "ones": np.ones,
    "zeros": np.zeros,
    "arange": np.arange,
    "softmax": lambda a, axis=None: np.exp(a) / np.exp(a).sum(axis=axis, keepdims=True),
    "logdet": lambda a: np.linalg.slogdet(a)[1],
    "onehot": lambda t, c: np.eye(c)[t],
}


def array_value(text: str, arrays: Mapping[str, Any]) -> np.ndarray:
    """The value of array notation, read by walking Python's syntax."""
    return np.asarray(_value(ast.parse(text.replace("'", "_prime"), mode="eval").body, arrays), dtype=float)


def _value(node: ast.AST, arrays: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return math.pi if name == "pi" else arrays[name]
        case ast.BinOp(left, op, right):
            return BINARY[type(op)](_value(left, arrays), _value(right, arrays))
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand, arrays)
        case ast.Compare(left, [op], [right]):
            return np.asarray(COMPARE_NODES[type(op)](_value(left, arrays), _value(right, arrays)), dtype=float)
        case ast.Attribute(of, "T"):
            return _value(of, arrays).T
        case ast.Attribute(of, "mT"):
            return np.swapaxes(_value(of, arrays), -1, -2)
        case ast.Tuple(parts) | ast.List(parts):
            return tuple(_value(p, arrays) for p in parts)
        case ast.Slice(None, None, None):
            return slice(None)
        case ast.Subscript(of, place):
            return _value(of, arrays)[_value(place, arrays)]
        case ast.Call(ast.Name(name), arguments, keywords):
            options = {k.arg: _value(k.value, arrays) for k in keywords}
            return FUNCTIONS[name](*(_value(a, arrays) for a in arguments), **options)
    raise AssertionError(f"{ast.dump(node)} is no array notation")
