"""What normalising does to a value of 0: below 0 wherever the mean is positive, as in any batch x ≥ 0 that isn't constant.

    Σ x² = N var + N μ² > 0,  Σ x ≥ 0   ⇒   max x > 0   ⇒   N μ = Σ x ≥ max x > 0   ⇒   (0 − μ)/√(var + ε) < 0
"""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.claims.bounds import defining
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed
from symbackprop.language.nodes import Max, Sum
from symbackprop.language.notation import read_component
from symbackprop.language.scope import scope
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer


def zero_goes_below(layer: Layer, name: str, of: str, squares: str, assuming: str) -> Conclusion:
    """v at x = 0 is negative, v the normalised x, for every batch that satisfies the assumptions (x ≥ 0, not constant).

    `name` is v[n] = (x[n] − μ)/s, `of` is x, and `squares` says in notation what Σ x² is ("N*var + N*mu**2"): something that
    the assumptions make positive. Undecided where a line of the proof isn't one.
    """
    under = assumed(layer, assuming)
    equation = defining(under, name)
    n = equation.free[0]
    x = Component(under.tensors[of], *equation.free)
    mean = _mean(equation.right, x)
    sent = cast(sp.Expr, substitute(equation.right, {x: sp.S.Zero}))
    total, largest, square = Sum(x, n), Max(x, n), Sum(x**2, n)
    known = read_component(squares, scope(under.tensors.values()), ())
    below = -mean / sent  # what the difference is divided by
    steps = (
        line(square, "=", known, "algebra"),
        line(known, ">", sp.S.Zero, "signs"),
        line(square, ">", sp.S.Zero, "equal to", 0, 1),
        line(total, "≥", sp.S.Zero, "signs"),
        line(largest, ">", sp.S.Zero, "some term is positive", 3, 2),
        line(largest, "≤", total, "largest term"),
        line(total, "=", n.size * mean, "algebra"),
        line(n.size * mean, ">", sp.S.Zero, "combination", 4, 5, 6),
        line(sent, "<", sp.S.Zero, "combination", 7, times=(1 / (n.size * below),)),
    )
    return concluded(f"{name} is below 0 where {of} is 0, {assuming}", Proof(under, steps))


def _mean(e: sp.Expr, x: Component) -> sp.Expr:
    """μ, from (x − μ)/s."""
    difference = next((f for f in sp.Mul.make_args(e) if isinstance(f, sp.Add) and x in f.args), None)
    if difference is None:
        raise ValueError(f"{e} has no difference of {x} and a mean")
    return x - difference
