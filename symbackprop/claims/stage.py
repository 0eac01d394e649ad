"""What proofs about a function of one variable share: the layer y = f(x) that they are in, and f and its derivatives as expressions."""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.claims.conclusion import Conclusion
from symbackprop.claims.curves import Curve
from symbackprop.claims.ranges import Value
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Partial
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict

OO = sp.oo


def stage(c: Curve, *more: str) -> Layer:
    """The layer y = f(x) whose letters a proof about the curve is in; `more` names further variables."""
    parameters = sorted({k for k in c.expression.atoms(Component) if k != c.variable}, key=str)
    y = Tensor("y")
    inputs = (Tensor("x"), *(k.tensor for k in parameters), *(Tensor(m) for m in more))
    return Layer.of(c.name, inputs, (y,), (Equation(y(), of(c)),))


def of(c: Curve, at: sp.Expr | None = None, order: int = 0) -> sp.Expr:
    """f(x), f at something else, or ∂ᵏf/∂xᵏ."""
    x = Tensor("x")()
    e = cast(sp.Expr, substitute(c.expression, {c.variable: x if at is None else at}))
    return Partial(e, *[x] * order) if order else e


def undecided(said: str, error: Exception) -> Conclusion:
    """What is said is neither proved nor refuted, for the reason that stopped it."""
    return Conclusion(said, Verdict("undecided", str(error)))


def rounded(v: Value, below: bool) -> sp.Rational:
    """A rational number with six digits just outside the value."""
    scaled = float(v.ball.mid()) * 10**6
    return sp.Rational(int(scaled // 1) - (0 if below else -1), 10**6)
