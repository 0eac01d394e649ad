"""Powers of real numbers, refused where they are none (1/0, √−1) or too large to carry out (9**9**9)."""
from __future__ import annotations

import ast
from typing import cast

import sympy as sp

from symbackprop.language.functions import CLASSES
from symbackprop.language.syntax import MAX_EXPONENT, Statement

MAX_BITS = 1_024  # of a number that is a power of a number


def power(statement: Statement, node: ast.AST, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """base**exponent, a real number."""
    if exponent.is_Number:
        if abs(exponent) > MAX_EXPONENT:
            raise statement.error(node, f"the exponent is beyond {MAX_EXPONENT}")
        if base.is_Number:
            _check_number(statement, node, base, exponent)
    made = cast(sp.Expr, sp.Pow(base, exponent))
    if not made.is_Pow or made.base is not base:
        return _checked(statement, node, made)
    return made


def _check_number(statement: Statement, node: ast.AST, base: sp.Expr, exponent: sp.Expr) -> None:
    if base.is_zero and exponent.is_negative:
        raise statement.error(node, "this divides by 0")
    if base.is_negative and not exponent.is_Integer:
        raise statement.error(node, f"({base})**({exponent}) is no real number")
    if base.is_Rational and max(base.p.bit_length(), base.q.bit_length())*abs(exponent) > MAX_BITS:
        raise statement.error(node, "this number is too large")


def _checked(statement: Statement, node: ast.AST, made: sp.Expr) -> sp.Expr:
    if made.is_Pow and made.exp.is_Number and abs(made.exp) > MAX_EXPONENT:
        raise statement.error(node, f"the exponent is beyond {MAX_EXPONENT}")
    return real(statement, node, made)


def real(statement: Statement, node: ast.AST, made: sp.Expr) -> sp.Expr:
    """What SymPy made of a power or a function: refused if it isn't real, with |x| as the function of the table."""
    if made.has(sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise statement.error(node, "this is no real number")
    if made.has(sp.Abs):
        return cast(sp.Expr, made.replace(sp.Abs, CLASSES["abs"]))
    return made
