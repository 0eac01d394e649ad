"""A proof of the claims engine as numbered lines: left relation right, and by which rule from which lines."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.claims.nodes import Limit, Mean
from symbackprop.derivation import Step
from symbackprop.documents.document import Reasoning
from symbackprop.documents.evidence import answered
from symbackprop.language.nodes import Compare
from symbackprop.render import maths
from symbackprop.render.order import Scope
from symbackprop.render.sheet import Line, cost_name
from symbackprop.render.tree import Big, Fenced, Letter, Node, Row, Sign, Terms, Words
from symbackprop.render.words.languages import translated

RULES = {
    "absolute value": "absolute values",
    "constant factors": "the factors don't depend on the layer",
    "descent lemma": "descent lemma: the slope is Lipschitz",
    "equal to": "equal to",
    "factor by factor": "factor by factor",
    "geometric": "a geometric sequence",
    "hypothesis": "the hypothesis",
    "increasing": "an increasing function",
    "induction over depth": "induction over the depth",
    "inserted": "inserted",
    "largest slope": "the largest slope",
    "product inserted": "the product inserted",
    "settled by signs": "settled by the signs",
    "some term is positive": "a sum of 0 or more whose terms are not all 0 has a positive term",
    "squared": "squared",
    "transitive": "from one line to the other",
    "algebra": "both sides have the same normal form",
    "assumed": "assumed",
    "cases": "in each case",
    "Cauchy–Schwarz": "Cauchy–Schwarz",
    "combination": "the lines above, added with factors that are not negative",
    "definition": "by definition",
    "derivative": "differentiate",
    "derived": "derived by the chain rule",
    "induction": "induction over the depth",
    "limit": "limit",
    "mean value": "mean value theorem",
    "monotone": "monotone, by the sign of the slope",
    "odd": "odd: the pieces are each other's mirror images",
    "one term of a sum": "one term of a sum without negative terms",
    "quadrature": "an integral between rigorous bounds",
    "sign of a known factor": "the sign of one factor is known",
    "sign of a product": "the sign of a product is the product of the signs",
    "sign on an interval": "no change of sign there",
    "signs": "the signs of the parts",
    "sizes": "the sizes",
    "square root": "take the root",
    "value": "insert the number",
    "value at": "the value there",
}
"""The rules of proofs, as a reader is told them."""


def steps(reasoning: Reasoning) -> tuple[Step, ...]:
    """The steps of the proof, none where there is no proof."""
    proof = answered(reasoning.ask).proof
    return proof.steps if proof is not None else ()


def lines(reasoning: Reasoning, first: int) -> tuple[Line, ...]:
    """The steps as lines, numbered from `first` on; a left side that stands already is not repeated."""
    made, before = [], None
    proof = answered(reasoning.ask).proof
    scope = Scope(cost_name(proof.layer)) if proof is not None else Scope()
    for k, step in enumerate(steps(reasoning)):
        again = step.left == before and step.relation != "⇒"
        left = None if again or step.left is None else tree(step.left, scope)
        made.append(Line(first + k, tree(step.right, scope), step.relation, left, (_reason(step, first),)))
        before = step.left
    return tuple(made)


def _reason(step: Step, first: int) -> str:
    terms = step.reason.terms
    rests = ", ".join(f"({first + k})" for k in terms.get("from", ()))
    said = translated(RULES.get(step.reason.rule, step.reason.rule))
    return said + (f", {rests}" if rests else "") + _where(terms.get("low", -sp.oo), terms.get("high", sp.oo))


def _where(low: Any, high: Any) -> str:
    ends = [f"{_plain(low)} < x" if low != -sp.oo else "", f"x < {_plain(high)}" if high != sp.oo else ""]
    said = f"{_plain(low)} < x < {_plain(high)}" if all(ends) else "".join(ends)
    return f"; {said}" if said else ""


def _plain(e: Any) -> str:
    return str(e).replace("-", "−")


def tree(e: Any, scope: Scope) -> Node:
    """How a side of a step looks."""
    match e:
        case Limit(args=(of, variable, at)):
            body = tree(of, scope)
            under = Row((tree(variable, scope), Sign("→"), tree(at, scope)))
            return Big("lim", under, Fenced(body) if isinstance(body, Terms) else body)
        case Mean():
            return Row((Letter("E", r"\mathbb{E}"), Fenced(tree(e.of, scope), "[", "]")))
        case Compare():
            return Row((tree(e.args[0], scope), Sign(maths.RELATIONS[e.relation]), tree(e.args[1], scope)))
    if e in (sp.oo, -sp.oo):
        return Letter("∞", r"\infty") if e is sp.oo else Letter("−∞", r"-\infty")
    try:
        return maths.tree(e, scope)
    except (TypeError, KeyError, ValueError, AttributeError):
        return Words(_plain(e))
