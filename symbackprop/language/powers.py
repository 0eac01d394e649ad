"""Powers of real numbers, refused where they are none (1/0, √−1) or too large to carry out (9**9**9)."""
from __future__ import annotations

import ast
from typing import cast

import sympy as sp

from symbackprop.language.functions import CLASSES
from symbackprop.language.syntax import MAX_EXPONENT, Statement

MAX_BITS = 1_024  # of a number that is a power of a number
MAX_ARGUMENT = 1_000  # of exp, sin and the like, where it is a number


def power(statement: Statement, node: ast.AST, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """base**exponent, a real number."""
    _check(statement, node, base, exponent)
    made = cast(sp.Expr, sp.Pow(base, exponent))
    if not made.is_Pow or made.base is not base:
        return _checked(statement, node, made)
    return made


def check_argument(statement: Statement, node: ast.AST, name: str, argument: sp.Expr) -> None:
    """Refuse what SymPy would carry out at length: exp(a log b) where b**a is refused, exp and sin of a huge number."""
    value = argument.evalf(15) if argument.is_number and name != "log" else sp.S.Zero
    if value.is_Number and abs(value) > MAX_ARGUMENT:
        raise statement.error(node, f"{name} of this number is too large")
    if name == "exp":
        for term in sp.Add.make_args(argument):
            number, rest = term.as_coeff_Mul()
            if isinstance(rest, sp.log):
                _check(statement, node, rest.args[0], number)


def _check(statement: Statement, node: ast.AST, base: sp.Expr, exponent: sp.Expr) -> None:
    if exponent.is_Number and abs(exponent) > MAX_EXPONENT:
        raise statement.error(node, f"the exponent is beyond {MAX_EXPONENT}")
    if not base.is_number:
        return
    if base.is_zero and exponent.is_negative:
        raise statement.error(node, "this divides by 0")
    if not exponent.is_integer and base.is_negative:
        raise statement.error(node, f"({base})**({exponent}) is no real number")
    if base.is_Rational and exponent.is_Number and max(base.p.bit_length(), base.q.bit_length())*abs(exponent) > MAX_BITS:
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
