"""Powers and functions of real numbers, refused where they are none (1/0, √−1) or too large to carry out (9**9**9)."""
from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.functions import CLASSES, PRIMITIVES, apply
from symbackprop.language.syntax import MAX_EXPONENT

MAX_BITS = 1_024  # of a number that is a power of a number
MAX_ARGUMENT = 1_000  # of a function, where it is a number


def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """base**exponent, a real number. Raises Unfit."""
    _check(base, exponent)
    made = cast(sp.Expr, sp.Pow(base, exponent))
    if made.is_Pow and made.base is base:
        return made
    if made.is_Pow and made.exp.is_Number and abs(made.exp) > MAX_EXPONENT:
        raise Unfit(f"the exponent is beyond {MAX_EXPONENT}")
    return real(made)


def _check(base: sp.Expr, exponent: sp.Expr) -> None:
    if exponent.is_number and _beyond(exponent, MAX_EXPONENT):
        raise Unfit(f"the exponent is beyond {MAX_EXPONENT}")
    if not base.is_number:
        return
    if base.is_zero and exponent.is_negative:
        raise Unfit("this divides by 0")
    if not exponent.is_integer and base.is_negative:
        raise Unfit(f"({base})**({exponent}) is no real number")
    if base.is_Rational and exponent.is_Number and max(base.p.bit_length(), base.q.bit_length())*abs(exponent) > MAX_BITS:
        raise Unfit("this number is too large")


def _beyond(number: sp.Expr, limit: int) -> bool:
    value = number if number.is_Number else number.evalf(15)
    return bool(value.is_Number and abs(value) > limit)


def primitive(name: str, argument: sp.Expr) -> sp.Expr:
    """exp, log and the like of a number that isn't beyond reach, a real number. Raises Unfit."""
    check_argument(name, argument)
    if name == "exp":
        for term in sp.Add.make_args(argument):
            number, rest = term.as_coeff_Mul()
            if isinstance(rest, sp.log):  # SymPy carries out exp(a log b)
                _check(rest.args[0], number)
    made = cast(sp.Expr, PRIMITIVES[name](argument))
    return real(made) if argument.is_number else made


def check_argument(name: str, argument: sp.Expr) -> None:
    """Refuse a function of a huge number, whose value SymPy would look for."""
    if name != "log" and argument.is_number and _beyond(argument, MAX_ARGUMENT):
        raise Unfit(f"{name} of this number is too large")


def function(name: str, *arguments: sp.Expr) -> sp.Expr:
    """A function of the table or a primitive. Raises Unfit."""
    if name in PRIMITIVES:
        return primitive(name, *arguments)
    for argument in arguments:
        check_argument(name, argument)
    return apply(name, *arguments)


def real(made: sp.Expr) -> sp.Expr:
    """What SymPy made of a power or a function: refused if it isn't real, with |x| as the function of the table."""
    if made.has(sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise Unfit("this is no real number")
    if made.has(sp.Abs):
        return cast(sp.Expr, made.replace(sp.Abs, CLASSES["abs"]))
    return made
