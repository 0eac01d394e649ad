"""E[f(Z)] for a standard normal Z, with a proven bound: ∫ f(x) φ(x) dx in balls on [−T, T], and the tails beyond.

    |∫_{|x| > T} f φ| ≤ sup |f| · 2 (1 − Φ(T)) = sup |f| · erfc(T/√2)        for a bounded f

The integral is exact up to the ball it comes in (Petras's algorithm, in Arb).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import flint
import sympy as sp

from symbackprop.claims.curves import Curve, Piece, X
from symbackprop.claims.numbers import BITS, ball, valued
from symbackprop.claims.ranges import range_of_curve

REACH, FINE, WORKING = 9, 2.0**-52, 90
"""Beyond ±9 the normal distribution has 10⁻¹⁸ of its mass; an integral is taken to within 2⁻⁵², in balls of 90 bits."""


def mean_of(f: Curve) -> Any:
    """E[f(Z)] as a ball. Raises ValueError for a function that isn't seen to be bounded."""
    return _mean(tuple(f.pieces), _bound(f))


def _bound(f: Curve) -> sp.Expr:
    found = range_of_curve(f)
    if not (found.low.ball.is_finite() and found.high.ball.is_finite()):
        raise ValueError(f"{f.name} is not bounded; its tails have no such bound")
    return sp.Rational(int(float(found.largest.ball.abs_upper())) + 1)


@cache
def _mean(pieces: tuple[Piece, ...], bound: sp.Expr) -> Any:
    with flint.ctx.workprec(BITS):
        inside = sum((_part(p) for p in pieces), flint.arb(0))
        tails = ball(bound) * (flint.arb(REACH) / flint.arb(2).sqrt()).erfc()
        return inside + flint.arb(0, tails.abs_upper())


def _part(p: Piece) -> Any:
    low, high = sp.Max(p.low, -REACH), sp.Min(p.high, REACH)
    if bool(low >= high):
        return flint.arb(0)

    def weighted(x: Any, _analytic: bool) -> Any:
        normal = (-x * x / 2).exp() / (2 * flint.acb.pi()).sqrt()
        return valued(p.value, {X: x}, flint.acb) * normal

    with flint.ctx.workprec(WORKING):
        return flint.acb.integral(weighted, flint.acb(ball(low)), flint.acb(ball(high)), rel_tol=FINE, abs_tol=FINE).real
