"""E[f(Z)], E[f′(Z)] for a standard normal Z: the mean slope of a unit whose input was normalised, with a proven bound."""

from __future__ import annotations

import sympy as sp

from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import Curve, Function, Parameter, X, curve
from symbackprop.claims.nodes import Mean
from symbackprop.claims.quadrature import mean_of
from symbackprop.claims.replay import concluded
from symbackprop.language.tensors import Tensor
from symbackprop.verify.verdict import Verdict

DIGITS = 10**12


def expectation(f: Function | Curve, order: int = 0, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """E[f(Z)], or E[f′(Z)] and so on by the order, Z standard normal; `found["value"]` is a double, `found["ball"]` has the bound.

    Undecided for a function that isn't bounded.
    """
    from symbackprop.claims.stage import of, stage

    c = curve(f, assuming, **parameters)
    name = c.name + "′" * order
    f = c.derivative(order) if order else c
    if any(p.value.free_symbols for p in f.pieces) and not any(p.value.has(X) for p in f.pieces):
        return _of_letters(c, f, name)
    try:
        value = mean_of(f)
    except ValueError as error:
        return Conclusion(f"E[{name}(Z)]", Verdict("undecided", str(error)))
    if [at for at, _ in f.joints] == [sp.S.Zero] and not any(p.value.has(X) for p in f.pieces):
        half = sp.Rational(1, 2) * sum((p.value for p in f.pieces), sp.S.Zero)
        exact = line(Mean(of(c, order=order), Tensor("x")()), "=", half, "halves")
        said = f"E[{name}(Z)] = {half} for a standard normal Z"
        return concluded(said, Proof(stage(c), (exact,)), found={"value": float(half), "ball": value})
    middle = sp.Rational(round(float(value.mid()) * DIGITS), DIGITS)
    e = Mean(of(c, order=order), Tensor("x")())
    step = sp.Rational(1, DIGITS)
    steps = (line(e, ">", middle - step, "quadrature"), line(e, "<", middle + step, "quadrature"))
    said = f"E[{name}(Z)] = {float(value.mid()):.6f} for a standard normal Z, to within 10⁻¹²"
    return concluded(said, Proof(stage(c), steps), found={"value": float(value.mid()), "ball": value})


def _of_letters(c: Curve, f: Curve, name: str) -> Conclusion:
    """Σ value · (Φ(high) − Φ(low)) over pieces on which it is constant."""
    value = sp.simplify(sum(p.value * (_below(p.high) - _below(p.low)) for p in f.pieces))
    said = f"E[{name}(Z)] = {value}: each value times the probability of its piece"
    return Conclusion(said, Verdict("proved", "the pieces are constant", "the normal distribution function"), found={"value": value})


def _below(x: sp.Expr) -> sp.Expr:
    """Φ(x)."""
    return sp.Integer(int(x is sp.oo)) if x in (sp.oo, -sp.oo) else (1 + sp.erf(x / sp.sqrt(2))) / 2


def mean_slope(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """E[f′(Z)], Z standard normal: the mean slope of a unit whose input was normalised."""
    return expectation(f, 1, assuming, **parameters)
