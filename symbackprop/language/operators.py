"""Operators: + - * / ** @ //, comparisons, and or not, a if c else b, .T"""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, cast

import sympy as sp

from symbackprop.language.arrays import Array, Value, array
from symbackprop.language.binders import bind
from symbackprop.language.matrices import matmul, swap_last, transpose
from symbackprop.language.nodes import Compare, InRange, IsArgmax, Where
from symbackprop.language.places import elements
from symbackprop.language.powers import power
from symbackprop.language.reader import Reader, read
from symbackprop.language.scope import FUNCTIONS
from symbackprop.language.sizes import floor_quotient, only_sizes
from symbackprop.language.subscripts import is_index_expression, place_of
from symbackprop.language.tensors import Component

RELATIONS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=", ast.Gt: ">", ast.GtE: ">="}


def _sum(reader: Reader, node: ast.BinOp) -> Value:
    parts: list[tuple[ast.expr, bool]] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Add, ast.Sub)):
        parts.append((left.right, isinstance(left.op, ast.Sub)))
        left = left.left
    parts.append((left, False))
    parts.reverse()
    signs = [negative for _, negative in parts]

    def add(*terms: sp.Expr) -> sp.Expr:
        return cast(sp.Expr, sp.Add(*(-t if negative else t for t, negative in zip(terms, signs, strict=True))))
    return reader.mapped(node, add, *(reader.value(part) for part, _ in parts))


def _product(reader: Reader, node: ast.expr) -> Value:
    # Products and quotients are flattened, so that 2*(a + b)*c and 1/(2*(a + b)) stay factored.
    factors: list[tuple[ast.expr, bool]] = []
    stack, signs = [(node, False)], 0
    while stack:
        part, under = stack.pop()
        match part:
            case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
                stack.append((right, under != isinstance(op, ast.Div)))
                stack.append((left, under))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                signs += 1
                stack.append((operand, under))
            case _:
                factors.append((part, under))

    def multiply(*values: sp.Expr) -> sp.Expr:
        made = [sp.S.NegativeOne] if signs % 2 else []
        for value, (part, under) in zip(values, factors, strict=True):
            made.append(reader.fitting(part, power, value, sp.S.NegativeOne) if under else value)
        return cast(sp.Expr, sp.Mul(*made))
    return reader.mapped(node, multiply, *(reader.value(part) for part, _ in factors))


def _power(reader: Reader, node: ast.BinOp) -> Value:
    match node.right:
        case ast.BinOp(op=ast.Pow()) as tower if not any(isinstance(n, (ast.Name, ast.Call)) for n in ast.walk(tower)):
            raise reader.error(tower, "towers of powers of numbers aren't read")
    base, exponent = reader.value(node.left), reader.value(node.right)
    return reader.mapped(node, lambda b, e: cast(sp.Expr, reader.fitting(node, power, b, e)), base, exponent)


def _matmul(reader: Reader, node: ast.BinOp) -> Value:
    left, right = reader.value(node.left), reader.value(node.right)
    return cast(Array, reader.fitting(node, matmul, array(left), array(right), reader.names))


def _floor(reader: Reader, node: ast.BinOp) -> Value:
    return floor_quotient(reader.statement, node, reader.component(node.left), reader.component(node.right))


_OPERATORS: dict[type[ast.operator], Callable[[Reader, Any], Value]] = {
    ast.Add: _sum, ast.Sub: _sum, ast.Mult: _product, ast.Div: _product, ast.Pow: _power, ast.MatMult: _matmul, ast.FloorDiv: _floor,
}
_NO_OPERATORS = {ast.BitXor: ("^", "a power is written x**2"), ast.BitOr: ("|", "an absolute value is abs(x); of conditions write a or b"),
                 ast.BitAnd: ("&", "of conditions write a and b"), ast.Mod: ("%", ""), ast.LShift: ("<<", ""), ast.RShift: (">>", "")}


@read.register(ast.BinOp)
def _binary(node: ast.BinOp, reader: Reader) -> Value:
    if type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](reader, node)
    symbol, hint = _NO_OPERATORS[type(node.op)]
    raise reader.error(node.right, f"the operator {symbol} has no place in the notation", hint)


@read.register(ast.UnaryOp)
def _unary(node: ast.UnaryOp, reader: Reader) -> Value:
    match node.op:
        case ast.USub():
            return _product(reader, node)
        case ast.UAdd():
            return reader.value(node.operand)
        case ast.Not():
            return reader.mapped(node, lambda c: 1 - c, condition(reader, node.operand))
    raise reader.error(node, "the operator ~ has no place in the notation", "of conditions write not a")


@read.register(ast.Compare)
def _compare(node: ast.Compare, reader: Reader) -> Value:
    asked = _argmax(reader, node)
    if asked is not None:
        return asked
    for op, side in zip(node.ops, node.comparators, strict=True):
        if type(op) not in RELATIONS:
            raise reader.error(side, "a comparison is one of < <= == != > >=", "`in` tells the size of a bound index: sum[p in P](...)")
    values = [reader.value(side) for side in (node.left, *node.comparators)]
    relations = [RELATIONS[type(op)] for op in node.ops]
    if relations == ["<=", "<"] and values[0] == 0 and not any(isinstance(v, Array) for v in values):
        place, size = cast("list[sp.Expr]", values[1:])
        if is_index_expression(place) and only_sizes(size):
            return InRange(place, size)

    def compare(*sides: sp.Expr) -> sp.Expr:
        return cast(sp.Expr, sp.Mul(*(Compare(r, a, b) for r, a, b in zip(relations, sides, sides[1:], strict=False))))
    return reader.mapped(node, compare, *values)


def _argmax(reader: Reader, node: ast.Compare) -> Value | None:
    match node:
        case ast.Compare(left=ast.Call(func=ast.Subscript(value=ast.Name(id="argmax"))) as call, ops=[ast.Eq()], comparators=[place]):
            pass
        case ast.Compare(left=place, ops=[ast.Eq()], comparators=[ast.Call(func=ast.Subscript(value=ast.Name(id="argmax"))) as call]):
            pass
        case _:
            return None
    body, bound = bind(reader, call)
    at = [place_of(reader, e) for e in elements(place)]
    if len(at) != len(bound):
        message = f"the maximum runs over {len(bound)} indices, the place has {len(at)}"
        raise reader.error(place, message, "write argmax[p,q](x[p,q]) == (i, j)")
    return IsArgmax(body, *bound, *at)


def condition(reader: Reader, node: ast.expr) -> Value:
    """A subtree that is 1 or 0."""
    return reader.mapped(node, lambda e: check_condition(reader, node, e), reader.value(node))


def check_condition(reader: Reader, node: ast.expr, value: sp.Expr) -> sp.Expr:
    """Refuse what isn't known to be 1 or 0."""
    if not is_condition(value):
        raise reader.error(node, "this is no condition", "a condition is a comparison, like x[n] > 0")
    return value


def is_condition(e: sp.Expr) -> bool:
    """Whether an expression only takes the values 1 and 0."""
    match e:
        case Component():
            return set(e.tensor.values) == {0, 1}
        case sp.Mul() | Where():
            return all(is_condition(a) for a in e.args)
        case sp.Pow():
            return is_condition(e.base) and bool(e.exp.is_Integer and e.exp > 0)
        case sp.Add():
            return len(e.args) == 2 and e.args[0] == 1 and is_condition(-e.args[1])
    return type(e).__name__ in ("Compare", "InRange", "IsArgmax", "Delta", "step") or e in (0, 1)


@read.register(ast.BoolOp)
def _all_or_any(node: ast.BoolOp, reader: Reader) -> Value:
    values = [condition(reader, part) for part in node.values]
    if isinstance(node.op, ast.And):
        return reader.mapped(node, lambda *c: cast(sp.Expr, sp.Mul(*c)), *values)
    made = values[-1]
    for value in reversed(values[:-1]):
        made = reader.mapped(node, lambda a, b: Where(a, sp.S.One, b), value, made)
    return made


def where(reader: Reader, node: ast.expr, test: ast.expr, then: ast.expr, otherwise: ast.expr) -> Value:
    """where(c, a, b)."""
    def choose(c: sp.Expr, a: sp.Expr, b: sp.Expr) -> sp.Expr:
        return Where(check_condition(reader, test, c), a, b)
    return reader.mapped(node, choose, condition(reader, test), reader.value(then), reader.value(otherwise))


@read.register(ast.IfExp)
def _if(node: ast.IfExp, reader: Reader) -> Value:
    return where(reader, node, node.test, node.body, node.orelse)


@read.register(ast.Attribute)
def _attribute(node: ast.Attribute, reader: Reader) -> Value:
    if node.attr not in ("T", "mT"):
        method = f"a method is called: x.{node.attr}(...)" if node.attr in FUNCTIONS else "x.T transposes"
        name = f".{node.attr[:40]}"
        raise reader.error(node, f"{name} has no place in the notation", method)
    value = array(reader.value(node.value))
    return cast(Array, reader.fitting(node, transpose if node.attr == "T" else swap_last, value))
