"""Sizes: affine in the names of sizes, with floor division: N, 3, L - P + 1, (L + 2*Q - P)//2 + 1."""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import cast

import sympy as sp

from symbackprop.language.syntax import MAX_DEPTH, Statement, number
from symbackprop.language.tensors import Dim

Named = Callable[[ast.Name], sp.Expr]


def read_size(statement: Statement, node: ast.expr, named: Named) -> sp.Expr:
    """The size that a tree says; `named` knows what a name stands for."""
    value = _size(statement, node, named, 0)
    if not is_affine(value):
        raise statement.error(node, f"the size {value} isn't affine in sizes", "a size is like N, 3 or L - P + 1")
    if value.is_number and value < 1:
        raise statement.error(node, f"the size {value} is less than 1")
    return value


def _size(statement: Statement, node: ast.expr, named: Named, depth: int) -> sp.Expr:
    if depth > MAX_DEPTH:
        raise statement.error(node, f"this is nested deeper than {MAX_DEPTH}")
    match node:
        case ast.Constant(value=int()):
            return number(statement, node)
        case ast.Name():
            return named(node)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return cast(sp.Expr, -_size(statement, operand, named, depth + 1))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            parts = (_size(statement, part, named, depth + 1) for part in (left, right))
            return _OPERATIONS[type(op)](statement, node, *parts)
    raise statement.error(node, "this is no size", "a size is like N, 3, L - P + 1 or (L - P)//2 + 1")


def floor_quotient(statement: Statement, node: ast.expr, over: sp.Expr, under: sp.Expr) -> sp.Expr:
    """⌊over/under⌋ of two sizes."""
    if under.is_zero:
        raise statement.error(node, "this divides by 0")
    if not all(only_sizes(e) and is_affine(e) for e in (over, under)):
        raise statement.error(node, "// divides sizes only", "like (L - P)//2 + 1")
    return cast(sp.Expr, sp.floor(sp.expand(over/under)))


_OPERATIONS: dict[type[ast.operator], Callable[[Statement, ast.expr, sp.Expr, sp.Expr], sp.Expr]] = {
    ast.Add: lambda _s, _n, a, b: a + b,
    ast.Sub: lambda _s, _n, a, b: a - b,
    ast.Mult: lambda _s, _n, a, b: a*b,
    ast.FloorDiv: floor_quotient,
}


def only_sizes(e: sp.Expr) -> bool:
    """Whether an expression is made of sizes and whole numbers."""
    return e.is_integer is True and all(isinstance(s, Dim) for s in e.free_symbols) and not any(
        a.is_Atom and not isinstance(a, Dim) and not a.is_Number for a in sp.preorder_traversal(e))


def is_affine(e: sp.Expr) -> bool:
    """Whether a size is a sum of whole multiples of 1, of names, and of floor quotients."""
    return all(coefficient.is_Integer and (rest == 1 or isinstance(rest, (Dim, sp.floor)))
               for coefficient, rest in (term.as_coeff_Mul() for term in sp.Add.make_args(e)))


def same_size(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether two sizes are equal for every value of the names in them."""
    return bool(a == b or (a.args and b.args and sp.expand(a - b) == 0))


def upper_case(name: str) -> bool:
    """Whether a name is written as sizes are."""
    return name[0].isupper()

