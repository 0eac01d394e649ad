"""e(x) in balls: the value of an expression in one variable with a proven error bound, over the reals or the complex plane.

ball(x*exp(x), 1/2)               0.8243606353500640... ± 10⁻³⁶
sign(1/4 - sigmoid(1)*...)        −1, 0 or 1, None where the ball holds 0 and no exact form shows that it is 0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

BITS = 192
PRIMITIVE: dict[Any, str] = {
    sp.exp: "exp",
    sp.log: "log",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.atan: "atan",
    sp.erf: "erf",
    sp.tanh: "tanh",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
}
SHORT = 14
"""An exact number that takes more letters is shown in decimals."""


def rational(value: sp.Expr | Fraction | int) -> Any:
    """A rational number as flint has it."""
    exact = sp.Rational(value.numerator, value.denominator) if isinstance(value, (Fraction, int)) else value
    return flint.fmpq(int(exact.p), int(exact.q))


def ball(e: sp.Expr, at: Mapping[sp.Symbol, Any] | None = None) -> Any:
    """The value at the balls given for its symbols, as a real ball."""
    with flint.ctx.workprec(BITS):
        return valued(e, dict(at or {}), flint.arb)


def valued(e: sp.Expr, at: Mapping[sp.Symbol, Any], kind: Callable[..., Any]) -> Any:
    """The value in `kind`, flint's real or complex balls, at the precision in force."""
    match e:
        case sp.Symbol():
            return at[e] if isinstance(at[e], kind) else kind(at[e])  # type: ignore[arg-type]
        case sp.Rational():
            return kind(rational(e))
        case sp.Add():
            return sum((valued(a, at, kind) for a in e.args), kind(0))
        case sp.Mul():
            product = kind(1)
            for a in e.args:
                product = product * valued(a, at, kind)
            return product
        case sp.Pow():
            return _power(e, at, kind)
    if e is sp.pi:
        return kind(flint.arb.pi())
    if e is sp.E:
        return kind(flint.arb.const_e())
    if type(e) in PRIMITIVE:
        return getattr(valued(e.args[0], at, kind), PRIMITIVE[type(e)])()
    if isinstance(e, sp.Abs):
        return abs(valued(e.args[0], at, kind))
    raise TypeError(f"{e} ({type(e).__name__}) is no elementary function")


def _power(e: sp.Expr, at: Mapping[sp.Symbol, Any], kind: Callable[..., Any]) -> Any:
    base = valued(e.base, at, kind)
    if e.exp.is_Integer:
        return base ** int(e.exp) if e.exp >= 0 else 1 / base ** int(-e.exp)
    if e.exp.is_Rational and e.exp.q == 2:
        root = base.sqrt() ** abs(int(e.exp.p))
        return root if e.exp > 0 else 1 / root
    return (base.log() * valued(e.exp, at, kind)).exp()


def sign(e: sp.Expr) -> int | None:
    """The sign of a number; None where the ball holds 0 and it isn't seen to be 0."""
    e = sp.expand(e)
    if e in (sp.oo, -sp.oo):
        return 1 if e is sp.oo else -1
    if e.is_Rational:
        return int(sp.sign(e))
    found = sign_of(ball(e))
    if found is None and sp.simplify(e) == 0:
        return 0
    return found


def sign_of(value: Any) -> int | None:
    """The sign of a ball, None where it holds 0."""
    return 1 if value > 0 else -1 if value < 0 else 0 if value.is_zero() else None


def real(x: sp.Expr) -> Any:
    """A number as a ball, ±∞ included."""
    if x is sp.oo:
        return flint.arb.pos_inf()
    if x is -sp.oo:
        return flint.arb.neg_inf()
    return ball(x)


def between(low: Fraction, high: Fraction) -> Any:
    """The ball around [low, high]."""
    with flint.ctx.workprec(BITS):
        return flint.arb(rational(low)).union(flint.arb(rational(high)))


def shown(e: sp.Expr) -> str:
    """A number as a table shows it: exactly where that is short, else six digits."""
    if e in (sp.oo, -sp.oo):
        return "∞" if e is sp.oo else "−∞"
    exact = str(e)
    return exact if len(exact) <= SHORT or e.free_symbols else f"{float(ball(e).mid()):.6g}"
