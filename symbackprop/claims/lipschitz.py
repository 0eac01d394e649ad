"""Lipschitz constants: |f(a) − f(b)| ≤ L |a − b|, and of the slope f′, with the least L.

lipschitz("sigmoid")              1/4
lipschitz("sigmoid", order=1)     √3/18, the largest slope of the slope
lipschitz("relu", order=1)        none: the slope jumps
"""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import Curve, Function, Parameter, X, curve
from symbackprop.claims.domains import undefined_curve
from symbackprop.claims.nodes import Limit
from symbackprop.claims.ranges import Range, range_of_curve
from symbackprop.claims.replay import concluded
from symbackprop.claims.smoothness import jump_witness, sides_proof
from symbackprop.claims.stage import OO, of, rounded, stage, undecided
from symbackprop.language.functions import CLASSES
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Tensor
from symbackprop.verify.verdict import Verdict, Witness

# ---- Lipschitz constants


def lipschitz(f: Function | Curve, order: int = 0, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """The least L with |f(a) − f(b)| ≤ L |a − b|; of f′ with order=1. `found["constant"]`; refuted where there is none."""
    c = curve(f, assuming, **parameters)
    name = c.name + "′" * order
    said = f"{name} is Lipschitz"
    g = c.derivative(order) if order else c
    jump = next((k for k in range(len(c.joints)) if g.jump(k) != 0), None)
    if jump is not None:
        left, right = g.sides(jump)
        at = c.joints[jump][0]
        witness = jump_witness(c, at, left, right)
        return Conclusion(
            said,
            Verdict("refuted", f"it jumps from {left} to {right} at {at}", "a jump", witness),
            sides_proof(c, order, jump),
            {"constant": OO},
        )
    above = c.derivative(order + 1)
    if any(p.value.free_symbols for p in above.pieces) and not any(p.value.has(X) for p in above.pieces):
        return _constant_slopes(c, above, order, said)
    try:
        slopes = range_of_curve(above)
    except (ValueError, TypeError, KeyError, sp.PolynomialError) as error:
        return undecided(said, error)
    if why := undefined_curve(above):
        return undecided(said, ValueError(why))
    return _with_constant(c, order, slopes, said)


def _constant_slopes(c: Curve, above: Curve, order: int, said: str) -> Conclusion:
    """Letters as slopes: the least constant is the largest of their moduli."""
    x = Tensor("x")()
    lettered = {s: next(k for k in c.expression.atoms(Component) if k.tensor.name == n) for n, s in c.parameters.items()}
    steps = tuple(
        line(of(c, order=order + 1), "=", cast(sp.Expr, p.value.xreplace(lettered)) + 0 * x, "derivative", low=p.low, high=p.high)
        for p in above.pieces
    )
    largest = sp.Max(*(sp.Abs(p.value) for p in above.pieces))
    return concluded(f"{said} with the constant {largest}, the largest of its slopes", Proof(stage(c), steps), found={"constant": largest})


def _with_constant(c: Curve, order: int, slopes: Range, said: str) -> Conclusion:
    largest = slopes.largest
    if largest.exact is OO:
        witness = Witness({}, {"x": float("inf")}, "a bounded slope", "a slope that grows without bound")
        step = line(
            Limit(of(c, order=order + 1), Tensor("x")(), largest.at),
            "=",
            slopes.high.number if slopes.high.exact is OO else slopes.low.number,
            "limit",
        )
        return Conclusion(
            said,
            Verdict("refuted", f"its slope grows without bound as x → {largest.at}", "limit", witness),
            Proof(stage(c), (step,)),
            {"constant": OO},
        )
    bound = largest.exact if largest.exact is not None else rounded(largest, False)
    a, b = Tensor("a")(), Tensor("b")()
    slope, inner = of(c, order=order + 1), of(c, order=order)
    absolute = CLASSES["abs"]
    values = [cast(sp.Expr, substitute(inner, {Tensor("x")(): e})) for e in (a, b)]
    steps = [line(slope, "≥", -bound, "sign on an interval"), line(slope, "≤", bound, "sign on an interval")]
    steps.append(line(absolute(values[0] - values[1]), "≤", bound * absolute(a - b), "mean value", 0, 1, at=(a, b)))
    name = c.name + "′" * order
    return concluded(
        f"{name} is Lipschitz with the constant {largest}, and with no smaller one",
        Proof(stage(c, "a", "b"), tuple(steps)),
        found={"constant": largest.number, "value": largest, "slopes": slopes},
    )
