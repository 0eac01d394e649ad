"""How often a variable is exactly 0: never, for almost all inputs, where it is an analytic function that isn't constant 0.

The zero set of a real-analytic function that isn't 0 everywhere has volume 0, so its probability is 0 under any density.
"""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.algebra.convert import poly
from symbackprop.algebra.readable import expression
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.nodes import Chance
from symbackprop.claims.replay import concluded
from symbackprop.claims.rules import rule, sides, sign_with_sizes
from symbackprop.claims.setting import assumed, inlined
from symbackprop.derivation import Relation, Step
from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import Compare, Sum
from symbackprop.language.substitution import components, substitute
from symbackprop.language.tensors import Component, Dim, Index
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict

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


@rule("zero set")
def _zero_set(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """P(z = 0) = 0 for z analytic in the inputs and not 0 where all of them are 1: z = c there, and c > 0 or c < 0."""
    left, right = sides(step)
    value, sign = premises
    if not isinstance(left, Chance) or step.relation != "=" or right != 0 or not isinstance(left.event, Compare):
        return "the rule says that a probability is 0"
    z, zero = left.event.args
    if left.event.relation != "==" or zero != 0 or not isinstance(z, Component):
        return "the event is that a variable is 0"
    e = _in_inputs(z, layer)
    if not is_analytic(e):
        return f"{z} is not an analytic function of the inputs"
    if value.relation != "=" or sides(value)[0] != _at_ones(e):
        return f"the first premise is not the value of {z} where every input is 1"
    fits = sign.relation in ("<", ">") and sides(sign) == (sides(value)[1], sp.S.Zero)
    return "" if fits else "nothing says that this value isn't 0"


def _in_inputs(z: Component, layer: Layer) -> sp.Expr:
    return inlined(z, layer)


def _at_ones(e: sp.Expr) -> sp.Expr:
    return cast(sp.Expr, substitute(e, dict.fromkeys(components(e), sp.S.One)))


def almost_never_zero(layer: Layer, name: str, assuming: str = "") -> Conclusion:
    """Whether {z = 0} has probability 0 for inputs that have a density, for every size.

    Undecided for what isn't analytic (relu(z) is 0 half of the time), and where z is 0 with every input 1.
    """
    under = assumed(layer, assuming)
    z = under.equation(name).left
    said = f"{name} = 0 has probability 0 if the inputs have a density"
    e = _in_inputs(z, under)
    if not is_analytic(e):
        return Conclusion(said, Verdict("undecided", f"{name} is not an analytic function of the inputs"))
    ones = _at_ones(e)
    value = expression(poly(ones))
    relation: Relation = ">" if sign_with_sizes(value, under) == "positive" else "<"
    steps = (
        line(ones, "=", value, "algebra"),
        line(value, relation, sp.S.Zero, "signs"),
        line(Chance(Compare("==", z, sp.S.Zero)), "=", sp.S.Zero, "zero set", 0, 1),
    )
    return concluded(said, Proof(under, steps))
