"""Where an expression in x has a value: 1/u needs u ≠ 0, log u and fractional powers need u > 0, tan has poles without end.

    undefined(sqrt(1 - x²), -oo, oo)     "sqrt(1 - x**2) needs 1 - x**2 > 0 there"
    undefined(1/(1 + eˣ), -oo, oo)       ""

On an open interval on which nothing is missing, an expression of the field's functions is analytic.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import sympy as sp

from symbackprop.claims.charts import chart
from symbackprop.claims.curves import Curve, X

NEAR, FAR = sp.Rational(1, 256), sp.Integer(100)
"""How far beside a place, and how far out, it is looked."""
ENTIRE = (sp.exp, sp.sin, sp.cos, sp.atan, sp.erf, sp.sinh, sp.cosh, sp.tanh)


@cache
def undefined(e: sp.Expr, low: sp.Expr, high: sp.Expr) -> str:
    """Why e isn't known to be analytic on the open interval, "" where it is."""
    return next((f"{part} needs {needs} for {_interval(low, high)}" for part, needs in _missing(e, low, high)), "")


def undefined_curve(c: Curve, low: sp.Expr = -sp.oo, high: sp.Expr = sp.oo) -> str:
    """The same of every piece of a curve, as far as it lies in the interval."""
    for p in c.pieces:
        a, b = sp.Max(p.low, low), sp.Min(p.high, high)
        if bool(a < b) and (why := undefined(p.value, a, b)):
            return why
    return ""


def undefined_beside(e: sp.Expr, at: sp.Expr, side: str, low: sp.Expr, high: sp.Expr) -> str:
    """The same on a short interval beside a place, within (low, high); far out the largest terms tell where poles end."""
    if at in (sp.oo, -sp.oo):
        ends = (sp.Max(low, FAR), sp.oo) if at is sp.oo else (-sp.oo, sp.Min(high, -FAR))
        return next((f"{part} needs {needs} far out" for part, needs in _missing(e, *ends) if not _is_quotient(part)), "")
    return undefined(e, at, sp.Min(high, at + NEAR)) if side == "+" else undefined(e, sp.Max(low, at - NEAR), at)


def _missing(e: sp.Expr, low: sp.Expr, high: sp.Expr) -> Iterator[tuple[sp.Expr, str]]:
    for a in e.args:
        if isinstance(a, sp.Expr):
            yield from _missing(a, low, high)
    match e:
        case sp.Pow():
            if needs := _power(e, low, high):
                yield e, needs
        case sp.log():
            if _sign(e.args[0], low, high) != "positive":
                yield e, f"{e.args[0]} > 0"
        case sp.Add() | sp.Mul() | sp.Symbol() | sp.Number() | sp.NumberSymbol():
            return
        case _ if not isinstance(e, ENTIRE):
            yield e, "a domain that isn't known"


def _is_quotient(e: sp.Expr) -> bool:
    return isinstance(e, sp.Pow) and bool(e.exp.is_Integer)


def _power(e: sp.Pow, low: sp.Expr, high: sp.Expr) -> str:
    base, exponent = e.args
    if exponent.is_Integer and exponent >= 0:
        return ""
    if exponent.is_Integer:
        return "" if _sign(base, low, high) in ("positive", "negative") else f"{base} ≠ 0"
    return "" if _sign(base, low, high) == "positive" else f"{base} > 0"


def _sign(e: sp.Expr, low: sp.Expr, high: sp.Expr) -> str:
    if not e.has(X):
        return "positive" if e.is_positive else "negative" if e.is_negative else "nonzero" if e.is_nonzero else ""
    try:
        return chart(e, X, low, high).sign
    except (ValueError, TypeError, sp.PolynomialError):
        return ""


def _interval(low: sp.Expr, high: sp.Expr) -> str:
    if low is -sp.oo and high is sp.oo:
        return "all x"
    return f"x > {low}" if high is sp.oo else f"x < {high}" if low is -sp.oo else f"{low} < x < {high}"
