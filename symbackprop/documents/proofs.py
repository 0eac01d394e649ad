"""A proof of the claims engine as numbered lines: left relation right, and by which rule from which lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy as sp

from symbackprop.claims.nodes import Chance, Limit, Mean
from symbackprop.derivation import Step
from symbackprop.documents.document import Reasoning
from symbackprop.documents.evidence import answered
from symbackprop.language.nodes import Compare
from symbackprop.render import maths
from symbackprop.render.order import Scope
from symbackprop.render.sheet import Line, cost_name
from symbackprop.render.tree import Big, Fenced, Letter, Node, Power, Row, Sign, Terms, Words
from symbackprop.render.words.languages import translated

RULES = {
    "absolute value": "absolute values",
    "constant factors": "the factors don't depend on the layer",
    "descent lemma": "the descent lemma",
    "equal to": "equal to",
    "factor by factor": "factor by factor",
    "geometric": "a geometric sequence",
    "hypothesis": "what it means that the slope is Lipschitz",
    "increasing": "an increasing function",
    "for either sign": "true for a positive and for a negative number",
    "induction over depth": "induction over the depth",
    "inserted": "inserted",
    "largest slope": "the largest slope",
    "largest term": "a sum without negative terms is at least its largest term",
    "elementary": "written with analytic functions, each with a value everywhere",
    "halves": "negative and positive with probability 1/2 each",
    "power of a product": "a power of a product is the product of the powers",
    "product inserted": "the product inserted",
    "settled by signs": "each case distinction is settled by the signs",
    "some term is positive": "a sum of 0 or more whose terms are not all 0 has a positive term",
    "squared": "squared",
    "transitive": "from one line to the other",
    "algebra": "by algebra, with what is given",
    "assumed": "assumed",
    "cases": "in each case",
    "Cauchy–Schwarz": "Cauchy–Schwarz",
    "combination": "add the lines, with factors that are not negative",
    "definition": "by definition",
    "derivative": "differentiate",
    "derived": "derived by the chain rule",
    "induction": "induction over the depth",
    "limit": "limit",
    "limit from the left": "the limit from the left",
    "limit from the right": "the limit from the right",
    "mean value": "mean value theorem",
    "monotone": "monotone, by the sign of the slope",
    "odd": "odd: the pieces are each other's mirror images",
    "one term of a sum": "one term of a sum without negative terms",
    "quadrature": "an integral between rigorous bounds",
    "sign of a known factor": "the sign of one factor is known",
    "sign of a product": "the sign of a product is the product of the signs",
    "sign on an interval": "by a sign chart",
    "signs": "the signs of the parts",
    "sizes": "the sizes",
    "square root": "take the root",
    "value": "insert the number",
    "value at": "the value there",
    "zero set": "an analytic function that isn't 0 everywhere is 0 on a set of volume 0 only",
}
"""The rules of proofs, as a reader is told them."""


def steps(reasoning: Reasoning) -> tuple[Step, ...]:
    """The steps of the proof, none where there is no proof."""
    proof = answered(reasoning.ask).proof
    return proof.steps if proof is not None else ()


def lines(reasoning: Reasoning, first: int, link: Callable[[int], str]) -> tuple[Line, ...]:
    """The steps as lines, numbered from `first` on; a left side that stands already is not repeated.

    `link` is told the number of a line, and says how a reason refers to it.
    """
    made, before = [], None
    proof = answered(reasoning.ask).proof
    scope = Scope(cost_name(proof.layer)) if proof is not None else Scope()
    for k, step in enumerate(steps(reasoning)):
        again = step.left == before and step.relation != "⇒"
        left = None if again or step.left is None else _side(step, scope)
        made.append(Line(first + k, tree(step.right, scope), step.relation, left, tuple(_reason(step, first, link))))
        before = step.left if not _is_one_sided(step) else None
    return tuple(made)


def _is_one_sided(step: Step) -> bool:
    """Whether it is a limit at a number, where the side matters."""
    return isinstance(step.left, Limit) and bool(step.left.args[2].is_finite)


def _side(step: Step, scope: Scope) -> Node:
    assert step.left is not None
    if not _is_one_sided(step):
        return tree(step.left, scope)
    of, variable, at = step.left.args
    to = Power(tree(at, scope), Sign("−" if step.reason.terms.get("side", "+") == "-" else "+"))
    return _limit(of, variable, to, scope)


def _reason(step: Step, first: int, link: Callable[[int], str]) -> Iterator[str]:
    terms = step.reason.terms
    rule = step.reason.rule
    if _is_one_sided(step):
        rule = "limit from the left" if terms.get("side", "+") == "-" else "limit from the right"
    yield translated(RULES.get(rule, rule))
    for k in terms.get("from", ()):
        yield ", "
        yield link(first + k)
    yield _where(terms.get("low", -sp.oo), terms.get("high", sp.oo))


def _where(low: Any, high: Any) -> str:
    ends = [f"{_plain(low)} < x" if low != -sp.oo else "", f"x < {_plain(high)}" if high != sp.oo else ""]
    said = f"{_plain(low)} < x < {_plain(high)}" if all(ends) else "".join(ends)
    return f"; {said}" if said else ""


def _plain(e: Any) -> str:
    return str(e).replace("-", "−")


def _limit(of: Any, variable: Any, to: Node, scope: Scope) -> Node:
    body = tree(of, scope)
    under = Row((tree(variable, scope), Sign("→"), to))
    return Big("lim", under, Fenced(body) if isinstance(body, Terms) else body)


def tree(e: Any, scope: Scope) -> Node:
    """How a side of a step looks."""
    match e:
        case Limit(args=(of, variable, at)):
            return _limit(of, variable, tree(at, scope), scope)
        case Chance():
            return Row((Letter("P", r"\mathbb{P}"), Fenced(tree(e.event, scope))))
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
