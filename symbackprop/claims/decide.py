"""evidence -> Finding, by exact means alone: normal forms, declared signs, rational functions of eˣ. Else undecided."""
from __future__ import annotations

from functools import singledispatch
from typing import cast

import sympy as sp

from symbackprop.algebra import equal
from symbackprop.claims.claim import Chain, Derived, Falls, Finding, LeftOpen
from symbackprop.claims.rational import implies, quotient, tends_to_zero
from symbackprop.claims.signs import by_signs
from symbackprop.derivation import Derivation, MatrixForm
from symbackprop.language.nodes import Compare
from symbackprop.language.substitution import substitute
from symbackprop.layer import Layer


@singledispatch
def decide(evidence: object) -> Finding:
    """What the evidence proves."""
    raise TypeError(f"{type(evidence).__name__} is no evidence")


@decide.register
def _derived(evidence: Derived) -> Finding:
    same = equal(evidence.derivation.result, evidence.stated)
    return Finding("proved" if same else "undecided", "derived" if same else "differs", {"derivation": evidence.derivation})


@decide.register
def _chain(evidence: Chain) -> Finding:
    open_ones = [k for k, holds in enumerate(map(lambda link: follows(*link), links(evidence.derivation)), 1) if not holds]
    if open_ones:
        return Finding("undecided", "open lines", {"lines": tuple(open_ones)})
    return Finding("proved", "lines", {"count": len(evidence.derivation.steps)})


@decide.register
def _falls(evidence: Falls) -> Finding:
    left, right = tends_to_zero(evidence.expression, evidence.variable)
    return Finding("proved" if left and right else "refuted", "falls" if left and right else "does not fall", {"left": left, "right": right})


@decide.register
def _left_open(evidence: LeftOpen) -> Finding:
    low, high = by_signs(evidence.below), by_signs(evidence.above)
    terms = {"low": low, "high": high}
    if not (low.is_Rational and high.is_Rational):
        return Finding("undecided", "no slopes", terms)
    if low == high or any(not min(low, high) <= c <= max(low, high) for c in evidence.choices):
        return Finding("refuted", "no choice", terms)
    return Finding("convention", "left open", terms)


def links(derivation: Derivation) -> list[tuple[sp.Expr, str, sp.Expr]]:
    """The lines as (left, relation, right) in the layer's inputs alone."""
    made, left = [], cast(sp.Expr, derivation.goal)
    for step in derivation.steps:
        right = step.right.expression if isinstance(step.right, MatrixForm) else step.right
        made.append((inlined(step.left if step.left is not None else left, derivation.layer), step.relation,
                     inlined(right, derivation.layer)))
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


_SUFFICES = {"≤": ("positive", "nonnegative", "zero"), "<": ("positive",), "≥": ("negative", "nonpositive", "zero"), ">": ("negative",)}


def _implied(left: sp.Expr, right: sp.Expr) -> bool:
    match left, right:
        case Compare(relation="=="), Compare(relation="=="):
            return implies(left.args[0] - left.args[1], right.args[0] - right.args[1])
    return False
