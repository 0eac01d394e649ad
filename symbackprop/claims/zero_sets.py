"""How often a variable is exactly 0: never, for almost all inputs, where it is an analytic function that isn't constant 0.

The zero set of a real-analytic function that isn't 0 everywhere has volume 0, so its probability is 0 under any density.
"""

from __future__ import annotations

import sympy as sp

from symbackprop.claims.conclusion import Conclusion
from symbackprop.claims.setting import assumed, inlined
from symbackprop.claims.witnesses import smallest
from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import Sum
from symbackprop.language.tensors import Component, Dim, Index
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness

ENTIRE = (sp.exp, sp.sin, sp.cos, sp.atan, sp.erf)


def is_analytic(e: sp.Expr) -> bool:
    """Whether the expression is analytic everywhere: sums and products of analytic parts, smooth functions of them."""
    match e:
        case Component():
            return not e.tensor.is_integer_valued and not e.tensor.values
        case Dim() | Index() | sp.Number():
            return True
        case Sum():
            return is_analytic(e.body)
        case sp.Pow():
            return bool(e.exp.is_Integer and e.exp >= 0) and is_analytic(e.base)
        case FieldFunction():
            return not e.entry.kinks and type(e).__name__ != "tan" and all(map(is_analytic, e.args))
        case sp.Add() | sp.Mul():
            return all(map(is_analytic, e.args))
    return isinstance(e, ENTIRE) and all(map(is_analytic, e.args))


def almost_never_zero(layer: Layer, name: str, assuming: str = "") -> Conclusion:
    """Whether {z = 0} has probability 0 for inputs that have a density: `found["not zero"]` is a case with z ≠ 0.

    Undecided for what isn't analytic: relu(z) is 0 half of the time.
    """
    under = assumed(layer, assuming)
    e = inlined(under.equation(name).right, under)
    said = f"{name} = 0 has probability 0 if the inputs have a density"
    if not is_analytic(e):
        return Conclusion(said, Verdict("undecided", f"{name} is not an analytic function of the inputs"))
    case = smallest(under, lambda c: bool((c.values()[name] != 0).all()), assuming)
    if case is None:
        return Conclusion(said, Verdict("undecided", f"no inputs with {name} ≠ 0 were found"))
    found = {"not zero": {"sizes": dict(case.sizes), "inputs": Witness.of({}, case.inputs, 0, 0).inputs}}
    how = "the zero set of an analytic function that isn't 0 everywhere has volume 0"
    return Conclusion(said, Verdict("proved", how, "zero set"), found=found)
