"""lim_{x→p} g(x): exact where the largest term tells, else SymPy's on our own expressions; always cross-checked in balls."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache
from typing import Any

import flint
import sympy as sp

from symbackprop.claims.generators import Form, split
from symbackprop.claims.numbers import ball, sign, sign_of

FAR = (Fraction(40), Fraction(60), Fraction(90))
CLOSE = 2.0**-10


@cache
def limit_of(g: sp.Expr, x: sp.Symbol, at: sp.Expr, side: str = "+") -> sp.Expr:
    """The limit of g as x → at, from the right (+) or the left (−); ∞ and −∞ included. ValueError where none is found."""
    if at in (sp.oo, -sp.oo):
        found = _exact(g, x, at)
        found = sp.limit(g, x, at) if found is None else found
    else:
        found = sp.simplify(g.subs(x, at)) if _is_defined(g, x, at) else sp.limit(g, x, at, side)
    if not _agrees(g, x, at, side, found):
        raise ValueError(f"the limit {found} of {g} at {at} is not what values near {at} say")
    return found


def _is_defined(g: sp.Expr, x: sp.Symbol, at: sp.Expr) -> bool:
    try:
        return bool(ball(g, {x: ball(at), **_parameters(g, x)}).is_finite())
    except (TypeError, ZeroDivisionError):
        return False


def _parameters(g: sp.Expr, x: sp.Symbol) -> dict[sp.Symbol, Any]:
    # Any value of the right sign: the limit is then compared at that value.
    values = {True: Fraction(3, 7), False: Fraction(-3, 7)}
    return {p: ball(sp.Rational(*values[p.is_negative is not True].as_integer_ratio())) for p in g.free_symbols - {x}}


def _exact(g: sp.Expr, x: sp.Symbol, at: sp.Expr) -> sp.Expr | None:
    """For a quotient of sums of p_k(x) Eᵏ: by the leading terms, E → ∞ or E → 0."""
    if g.has(sp.erf, sp.log, sp.atan, sp.sin, sp.cos) or any(p.has(x) and not p.exp.is_Integer for p in g.atoms(sp.Pow)):
        return None
    form = split(g, x)
    if sum(k.kind == "exponential" for k in form.generators) > 1:
        return None
    top, degree = form.coefficient, (0, 0)
    for factor, power in form.factors:
        found = _leading(factor, form, x, at)
        if found is None:
            return None
        top *= found[1] ** power
        degree = degree[0] + power * found[0][0], degree[1] + power * found[0][1]
    if degree == (0, 0):
        return sp.simplify(top)
    if degree < (0, 0):
        return sp.S.Zero
    infinite = sign(top) if not top.free_symbols else int(bool(top.is_positive)) - int(bool(top.is_negative))
    return None if not infinite else sp.oo * infinite


def _leading(f: sp.Expr, form: Form, x: sp.Symbol, at: sp.Expr) -> tuple[tuple[int, int], sp.Expr] | None:
    """((power of E, power of |x|), coefficient with the sign of x's power) of the largest term."""
    own = next((k for k in form.generators if k.kind == "exponential"), None)
    letter = form.generators[0].symbol
    e = own.symbol if own else sp.Dummy()
    grows = 1
    if own is not None:
        far = own.exponent.subs(x, 64 if at is sp.oo else -64)
        known = 1 if far.is_positive else -1 if far.is_negative else None
        if known is None and not far.free_symbols:
            known = sign(far)
        if not known or (not sp.Poly(own.exponent, x).is_homogeneous and not _odd(own.exponent, x)):
            return None
        grows = known
    terms = {(grows * int(k), int(m)): c for (k, m), c in sp.Poly(f, e, letter).terms()}
    first = max(terms)
    return first, terms[first] * (-1 if at is -sp.oo and first[1] % 2 else 1)


def _odd(u: sp.Expr, x: sp.Symbol) -> bool:
    return bool(sp.expand(u + u.subs(x, -x)) == 0)


def _agrees(g: sp.Expr, x: sp.Symbol, at: sp.Expr, side: str, found: sp.Expr) -> bool:
    """Whether values towards the point come closer and closer to the limit, or grow beyond any of those before."""
    with flint.ctx.workprec(4000):
        values = [_value(g, x, p) for p in _approaching(at, side)]
        if found in (sp.oo, -sp.oo):
            grown = [v if found is sp.oo else -v for v in values]
            return bool(grown[0] < grown[1] < grown[2]) and bool(grown[2] > 0)
        distances = [abs(v - ball(found, _parameters(found, x))) for v in values]
    return all(_small(b, a) for a, b in itertools.pairwise(distances))


def _small(b: Any, a: Any) -> bool:
    if not (a.is_finite() and b.is_finite()):
        return False  # no real value there
    return bool(b <= a) or bool(b < CLOSE) or sign_of(b) is None


def _approaching(at: sp.Expr, side: str) -> list[Fraction]:
    if at in (sp.oo, -sp.oo):
        return [f if at is sp.oo else -f for f in FAR]
    exact = Fraction(int(at.p), int(at.q)) if at.is_Rational else Fraction(float(at))
    return [exact + (1 if side == "+" else -1) * Fraction(1, 2**k) for k in (8, 16, 24)]


def _value(g: sp.Expr, x: sp.Symbol, p: Fraction) -> Any:
    return ball(g, {x: flint.arb(flint.fmpq(p.numerator, p.denominator)), **_parameters(g, x)})
