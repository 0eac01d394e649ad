"""inf f and sup f on an interval, and whether they are attained: by the sign of f′ on each piece.

Between the roots of f′ a piece is monotone, so that its values lie between those at the roots and the limits at the ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import flint
import sympy as sp

from symbackprop.claims.charts import Root, Undecided, chart
from symbackprop.claims.curves import Curve, Piece, X
from symbackprop.claims.limits import limit_of
from symbackprop.claims.numbers import BITS, ball, real, shown


@dataclass(frozen=True)
class Value:
    """A number: exactly where that is known, and as a ball; `attained` says whether f has it; `at` where."""

    exact: sp.Expr | None
    ball: Any
    attained: bool
    at: sp.Expr

    @property
    def number(self) -> sp.Expr:
        """The exact value, or twenty digits of it."""
        return self.exact if self.exact is not None else sp.Float(str(self.ball.mid().str(25, radius=False)), 20)

    def __str__(self) -> str:
        if self.exact is None:
            return f"{float(self.ball.mid()):.6g}"
        return shown(self.exact)


@dataclass(frozen=True)
class Range:
    """The values of a function lie from `low` to `high`, and come as near to both as one likes."""

    low: Value
    high: Value

    def __str__(self) -> str:
        return f"{'[' if self.low.attained else '('}{self.low}, {self.high}{']' if self.high.attained else ')'}"

    @property
    def sign(self) -> str:
        """The sign that every value has, "" where there is none."""
        if self.low.exact == 0 and self.high.exact == 0:
            return "zero"
        if self.low.ball > 0 or (self.low.exact == 0 and not self.low.attained):
            return "positive"
        if self.high.ball < 0 or (self.high.exact == 0 and not self.high.attained):
            return "negative"
        return "nonnegative" if self.low.exact == 0 else "nonpositive" if self.high.exact == 0 else ""

    @property
    def largest(self) -> Value:
        """The larger of the two in modulus: sup |f|."""
        low, high = self.low, self.high
        if bool(abs(low.ball) > abs(high.ball)):
            return Value(None if low.exact is None else -low.exact, -low.ball, low.attained, low.at)
        return high


def range_of_curve(c: Curve, low: sp.Expr = -sp.oo, high: sp.Expr = sp.oo) -> Range:
    """The range of the curve on (low, high). Raises ValueError where it can't be decided."""
    found = [v for p in c.pieces for v in _of_piece(p, low, high)]
    found += [Value(v, ball(v), True, at) for at, v in c.joints if _inside(at, low, high) and not v.has(sp.nan) and v.is_number]
    return Range(_extreme(found, -1), _extreme(found, 1))


def _inside(at: sp.Expr, low: sp.Expr, high: sp.Expr) -> bool:
    return bool(low < at) and bool(at < high)


def _of_piece(p: Piece, low: sp.Expr, high: sp.Expr) -> Iterator[Value]:
    a, b = sp.Max(p.low, low), sp.Min(p.high, high)
    if bool(a >= b):
        return
    yield from values(p.value, a, b)


@cache
def values(e: sp.Expr, low: sp.Expr, high: sp.Expr) -> tuple[Value, ...]:
    """What e tends to at the ends of (low, high), not attained there, and its values at the roots of its derivative."""
    if e.free_symbols - {X} and not e.has(X):
        raise Undecided(f"{e} depends on {', '.join(map(str, e.free_symbols))}")
    if not e.has(X):
        return (Value(e, ball(e), True, low if low is not -sp.oo else high),)
    slope = chart(sp.diff(e, X), X, low, high)
    if slope.sign == "zero":
        raise Undecided(f"{e} is constant without showing it")
    ends = [(low, "+"), (high, "-")]
    limits = [Value(v, real(v), False, at) for at, side in ends for v in [limit_of(e, X, at, side)]]
    return (*limits, *(_at(e, r) for r in slope.roots))


def _at(e: sp.Expr, r: Root) -> Value:
    exact = None if r.exact is None else sp.simplify(e.subs(X, r.exact))
    with flint.ctx.workprec(BITS):
        return Value(exact, ball(e, {X: r.ball}) if exact is None else ball(exact), True, r.place)


def _extreme(found: list[Value], side: int) -> Value:
    """The largest (side 1) or smallest; of equal ones one that is attained. ValueError where two can't be told apart."""
    best = found[0]
    for v in found[1:]:
        difference = (v.ball - best.ball) * side
        if v.exact is not None and best.exact is not None and v.exact == best.exact:
            best = v if v.attained else best
        elif bool(difference > 0):
            best = v
        elif not bool(difference < 0):
            best = _tie(v, best)
    return best


def _tie(v: Value, best: Value) -> Value:
    exact = v.exact is not None and best.exact is not None and sp.simplify(v.exact - best.exact) == 0
    if not exact and v.attained != best.attained:
        raise Undecided(f"{v} and {best} are not told apart")
    return v if v.attained else best
