"""Is a proof one? Every step is checked by its rule alone, and then at points, the extreme ones among them.

replay(proof)        proved, or undecided with the number of the first step that is no instance of its rule
crosscheck(proof)    agrees at so many points, or refuted with the point at which a step is false
concluded(...)       a Conclusion that is `proved` only after both
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.claims import curve_rules, depth_rules, rules  # noqa: F401  (importing a file of rules puts them into the table)
from symbackprop.claims.conclusion import Conclusion, Proof
from symbackprop.claims.points import compared
from symbackprop.claims.rules import RULES
from symbackprop.claims.witnesses import defined_cases
from symbackprop.derivation import Step
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Evidence, Verdict


def replay(proof: Proof) -> Verdict:
    """Whether every step is an instance of its rule, from what stands before it."""
    for number, step in enumerate(proof.steps):
        why = refusal(proof, number, step)
        if why:
            return Verdict("undecided", f"step {number + 1}, {step.reason.rule}: {why}", where=f"step {number + 1}")
    return Verdict("proved", f"{len(proof.steps)} steps, each an instance of its rule", "replay")


def refusal(proof: Proof, number: int, step: Step) -> str:
    """Why the step is no instance of its rule, "" where it is one."""
    if step.reason.rule not in RULES:
        return f"there is no rule {step.reason.rule!r}"
    if step.left is None or not isinstance(step.right, sp.Expr):
        return "a step of a proof has two sides"
    if any(not 0 <= k < number for k in step.reason.terms.get("from", ())):
        return "it rests on a step that doesn't stand before it"
    if not all(covers(p, step) for p in proof.premises(step)):
        return "it rests on a step that holds elsewhere, or under other assumptions"
    try:
        return RULES[step.reason.rule](step, proof.premises(step), proof.layer)
    except (ValueError, TypeError, KeyError, ArithmeticError, sp.PolynomialError) as error:
        return f"the rule can't be applied: {error}"


def covers(premise: Step, step: Step) -> bool:
    """Whether the premise holds wherever the step is said to: on its interval, under no further assumptions."""
    wide, narrow = premise.reason.terms, step.reason.terms
    inside = wide.get("low", -sp.oo) <= narrow.get("low", -sp.oo) and narrow.get("high", sp.oo) <= wide.get("high", sp.oo)
    return bool(inside) and wide.get("assuming", "") in ("", narrow.get("assuming", ""))


def crosscheck(proof: Proof, seed: int = 0) -> Verdict:
    """The steps at random and extreme points, by evaluation alone."""
    points = 0
    for number, step in enumerate(proof.steps):
        for holds, witness in compared(proof, step, seed):
            if not holds:
                return Verdict("refuted", f"step {number + 1} is false at a point", "evaluation", witness)
            points += 1
    return Verdict("agrees", f"every step holds at the points looked at, {points} in all", "evaluation", evidence=Evidence(points, 0, 0))


def concluded(statement: str, proof: Proof, **more: Any) -> Conclusion:
    """The statement as proved, if the proof is one and no point speaks against it."""
    replayed = replay(proof)
    if replayed.status != "proved":
        return Conclusion(statement, replayed, proof, **more)
    seen = crosscheck(proof)
    if seen.status == "refuted":
        return Conclusion(statement, Verdict("undecided", f"the proof and a point disagree: {seen.message}"), proof, **more)
    if _is_empty(proof.layer, seen):
        verdict = Verdict("undecided", "no numbers were found that satisfy the assumptions; do they contradict each other?")
        return Conclusion(statement, verdict, proof, **more)
    rules_used = ", ".join(dict.fromkeys(s.reason.rule for s in proof.steps))
    return Conclusion(statement, Verdict("proved", f"by {rules_used}", "proof", evidence=seen.evidence), proof, **more)


def _is_empty(layer: Layer, seen: Verdict) -> bool:
    """Whether more is assumed than the signs of inputs, and nothing was found of which that is true."""
    restricted = layer.assumptions or any(e.tensor.sign for e in layer.equations)
    nothing = seen.evidence is None or not seen.evidence.points
    return bool(restricted) and nothing and next(defined_cases(layer, 1), None) is None


def altered(proof: Proof) -> Iterator[Proof]:
    """The proof with one step changed at a time: a factor, a relation, a side; none of these may pass."""
    for number, step in enumerate(proof.steps):
        for changed in alterations(step):
            yield Proof(proof.layer, (*proof.steps[:number], changed, *proof.steps[number + 1 :]))


TIGHTER = {"≤": -sp.Rational(1, 997), "<": -sp.Rational(1, 997), "≥": sp.Rational(1, 997), ">": sp.Rational(1, 997)}
"""What an inequality that is sharp doesn't bear."""
FLIPPED: Mapping[str, Any] = {"=": "<", "≤": ">", "<": ">", "≥": "<", ">": "<", "⇒": "="}


def alterations(step: Step) -> Iterator[Step]:
    """The step with another relation, with another right side, and an inequality a little sharper."""
    yield replace(step, relation=FLIPPED[step.relation])
    if step.relation == "=" and isinstance(step.right, sp.Expr) and step.right not in (sp.oo, -sp.oo):
        yield replace(step, right=step.right * sp.Rational(2001, 2000) + sp.Rational(1, 997))
        yield replace(step, right=-step.right + sp.Rational(7, 3))
    if step.relation in TIGHTER and isinstance(step.right, sp.Expr) and step.right not in (sp.oo, -sp.oo):
        yield replace(step, right=step.right + TIGHTER[step.relation])
