"""evidence -> Finding, by exact means alone: normal forms, declared signs, rational functions of eˣ. Else undecided."""

from __future__ import annotations

from functools import singledispatch
from typing import cast

import sympy as sp

from symbackprop.algebra.convert import expanded, poly
from symbackprop.algebra.readable import expression
from symbackprop.algebra.rewriting import definition_of, rewrite
from symbackprop.claims.claim import Chain, Derived, Falls, Finding, LeftOpen
from symbackprop.claims.rational import implies, quotient, tends_to_zero
from symbackprop.claims.signs import by_signs
from symbackprop.derivation import Derivation, MatrixForm
from symbackprop.language.equations import Equation
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Compare
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer


@singledispatch
def decide(evidence: object) -> Finding:
    """What the evidence proves."""
    raise TypeError(f"{type(evidence).__name__} is no evidence")


def equal(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether the normal forms are equal, every function of the field replaced by its definition."""
    try:
        return expanded(left) == expanded(right)
    except TypeError:
        return False


@decide.register
def _derived(evidence: Derived) -> Finding:
    # The engine's own result: a person may have added lines to the derivation that is shown.
    derivation = evidence.derivation
    result = derivation.family.get(derivation.variable.name, derivation).result
    found, stated = (opened(e, derivation) for e in (result, evidence.stated))
    same = equal(found, stated) or follows(found, "=", stated)
    return Finding("proved" if same else "undecided", "derived" if same else "differs")


@decide.register
def _chain(evidence: Chain) -> Finding:
    open_ones = [k for k, holds in enumerate((follows(*link) for link in links(evidence.derivation)), 1) if not holds]
    if open_ones:
        return Finding("undecided", "open lines", {"lines": tuple(open_ones)})
    return Finding("proved", "lines", {"count": len(evidence.derivation.steps)})


@decide.register
def _falls(evidence: Falls) -> Finding:
    left, right = tends_to_zero(inlined(evidence.expression, evidence.layer), evidence.variable)
    return Finding(
        "proved" if left and right else "refuted",
        "falls" if left and right else "does not fall",
        {"left": left, "right": right},
    )


@decide.register
def _left_open(evidence: LeftOpen) -> Finding:
    low, high = by_signs(evidence.below), by_signs(evidence.above)
    terms = {"low": low, "high": high}
    if not (low.is_Rational and high.is_Rational):
        return Finding("undecided", "no slopes", terms)
    if low == high or any(not min(low, high) <= c <= max(low, high) for c in evidence.choices):
        return Finding("refuted", "no choice", terms)
    entered = tuple(d.goal for d in evidence.elsewhere if opened(d.result, d).has(CLASSES["step"]))
    return Finding("convention", "left open", {**terms, "entered": entered})


def opened(e: sp.Expr, derivation: Derivation) -> sp.Expr:
    """The expression in the layer's inputs and given upstream gradients alone: all that is known is inserted."""
    family = (derivation.family[name] for name in derivation.family)
    known = [
        *(Equation(d.goal, d.result) for d in family if isinstance(d.goal, Component) and d.goal != d.result),
        *(q for q in derivation.layer.equations if not q.is_boundary),
    ]
    rules = [definition_of(q) for q in known]
    before, line = None, poly(e)
    while line != before:
        before = line
        for rule in rules:
            line = rewrite(line, rule)
    return expression(line)


def links(derivation: Derivation) -> list[tuple[sp.Expr, str, sp.Expr]]:
    """The lines as (left, relation, right) in the layer's inputs alone."""
    made: list[tuple[sp.Expr, str, sp.Expr]] = []
    left = cast(sp.Expr, derivation.goal)
    for step in derivation.steps:
        right = step.right.expression if isinstance(step.right, MatrixForm) else step.right
        made.append(
            (
                inlined(step.left if step.left is not None else left, derivation.layer),
                step.relation,
                inlined(right, derivation.layer),
            )
        )
        left = right
    return made


def inlined(e: sp.Expr, layer: Layer) -> sp.Expr:
    """The expression with every defined scalar replaced by its definition."""
    for equation in reversed(layer.equations):
        if not equation.free:
            e = substitute(e, {equation.left: equation.right})
    return e


def follows(left: sp.Expr, relation: str, right: sp.Expr) -> bool:
    """Whether left relation right is seen to hold exactly; False says that it is not seen."""
    left, right = by_signs(left), by_signs(right)
    try:
        match relation:
            case "=":
                return equal(left, right) or quotient(left - right).sign == "zero"
            case "⇒":
                return _implied(left, right)
        return quotient(right - left).sign in _SUFFICES[relation]
    except ValueError:
        return False


_SUFFICES = {
    "≤": ("positive", "nonnegative", "zero"),
    "<": ("positive",),
    "≥": ("negative", "nonpositive", "zero"),
    ">": ("negative",),
}


def _implied(left: sp.Expr, right: sp.Expr) -> bool:
    match left, right:
        case Compare(relation="=="), Compare(relation="=="):
            return implies(left.args[0] - left.args[1], right.args[0] - right.args[1])
    return False
