"""Conclusions and proofs as text for a terminal: the verdict first, then the lines with their reasons, or the witness."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.claims.conclusion import Conclusion, Proof
from symbackprop.claims.nodes import Chance, Limit, Mean
from symbackprop.derivation import Step
from symbackprop.language.nodes import Compare
from symbackprop.render.text import expression

COLUMN = 58
SENTENCES: dict[str, str] = {
    "algebra": "equal by normal form",
    "signs": "the signs of the parts",
    "sign of a known factor": "the sign of a factor is known",
    "sign on an interval": "sign chart",
    "combination": "the lines above, added up",
    "square root": "take the root",
    "zero set": "the zeros of an analytic function that isn't 0 everywhere have volume 0",
    "one term of a sum": "a term of a sum without negative terms",
}


def conclusion(c: Conclusion) -> str:
    """The verdict and the statement, what holds under which condition, the proof, the witness, the correction."""
    lines = [f"{c.status}: {c.statement}"]
    if c.condition is not None and not isinstance(c.condition, sp.logic.boolalg.BooleanAtom):
        lines.append(f"if and only if {c.condition}")
    if c.status == "undecided":
        lines.append(c.verdict.message)
    if c.proof is not None:
        lines += proof(c.proof).splitlines()
    if c.witness is not None:
        sizes = ", ".join(f"{k}={v}" for k, v in c.witness.sizes.items())
        inputs = ", ".join(f"{k} = {v}" for k, v in c.witness.inputs.items())
        lines += [f"  {sizes + ':  ' if sizes else ''}{inputs}", f"  {c.verdict.message}" if c.verdict.message else ""]
    if c.corrected is not None:
        lines += ["corrected:", *("  " + s for s in conclusion(c.corrected).splitlines())]
    return "\n".join(s for s in lines if s)


def proof(p: Proof) -> str:
    """The steps, numbered, each with its reason."""
    rows: list[str] = []
    before: tuple[Any, ...] = ()
    for number, step in enumerate(p.steps, 1):
        left = " " * 8 if step.left in before and step.relation != "⇒" else _written(step.left)
        row = f"  ({number})  {left} {step.relation} {_written(step.right)}"
        rows.append(f"{row:<{COLUMN}}  {reason(step)}")
        before = (step.left, step.right)
    return "\n".join(rows)


def reason(step: Step) -> str:
    """The rule, and the numbers of the lines that it rests on."""
    terms = step.reason.terms
    said = SENTENCES.get(step.reason.rule, step.reason.rule)
    rests = ", ".join(f"({k + 1})" for k in terms.get("from", ()))
    where = _interval(terms.get("low", -sp.oo), terms.get("high", sp.oo))
    return said + (f", by {rests}" if rests else "") + where


def _interval(low: Any, high: Any) -> str:
    if low is -sp.oo and high is sp.oo:
        return ""
    return f", for x > {low}" if high is sp.oo else f", for x < {high}" if low is -sp.oo else f", for {low} < x < {high}"


def _written(e: Any) -> str:
    match e:
        case Limit():
            at = {sp.oo: "∞", -sp.oo: "−∞"}.get(e.args[2], str(e.args[2]))
            return f"lim[{e.args[1]} → {at}] {_written(e.of)}"
        case Mean():
            return f"E[{_written(e.of)}]"
        case Chance():
            return f"P({_written(e.event)})"
        case Compare():
            sign = {"<=": "≤", ">=": "≥", "==": "="}.get(e.relation, e.relation)
            return f"{_written(e.args[0])} {sign} {_written(e.args[1])}"
    if e in (sp.oo, -sp.oo):
        return "∞" if e is sp.oo else "−∞"
    try:
        return expression(e)
    except (TypeError, KeyError, ValueError, AttributeError):
        return str(e)
