"""A statement in notation about a layer's variables and gradients: proved for every size, or refuted by the smallest case.

    holds(batch_norm, "sum[n](xhat[n]) == 0")
    holds(neuron, "dW == (r - y)*x")                 refuted: z = −1, ...
    holds(layer, "s[n] >= 1/2")

An equality is proved by normal form, an inequality by signs, gradients by deriving them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import sympy as sp

from symbackprop.backprop import derive
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.depth_rules import inserted
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed
from symbackprop.claims.witnesses import Case, smallest
from symbackprop.derivation import Derivation, Relation, Step
from symbackprop.language.equations import Assumption
from symbackprop.language.exact import balls
from symbackprop.language.notation import read_assumptions
from symbackprop.language.scope import scope_of
from symbackprop.language.substitution import components
from symbackprop.language.tensors import Component
from symbackprop.language.values import value
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness

RELATIONS: dict[str, Relation] = {"==": "=", "<=": "≤", "<": "<", ">=": "≥", ">": ">"}
CLOSE = 1e-9


def holds(layer: Layer, text: str, assuming: str = "", corrected: Conclusion | None = None) -> Conclusion:
    """Whether the comparison holds for every size and every value under the assumptions."""
    under = assumed(layer, assuming)
    (said,) = read_assumptions(text, scope_of(under))
    if said.relation not in RELATIONS:
        raise ValueError(f"{text!r} is no comparison with one of {' '.join(RELATIONS)}")
    for steps in _attempts(under, said, assuming):
        found = concluded(text, Proof(under, steps))
        if found.status == "proved":
            return found
    return _refuted(under, said, text, assuming, corrected)


def _attempts(layer: Layer, said: Assumption, assuming: str) -> Iterable[tuple[Step, ...]]:
    premises = tuple(gradients_in(layer, said.left, said.right))
    numbers = tuple(range(len(premises)))
    if said.relation == "==":
        for k, p in enumerate(premises):
            if p.left == said.left:
                yield (*premises[:k], *premises[k + 1 :], line(said.left, "=", said.right, "derived"))
        yield (*premises, line(said.left, "=", said.right, "algebra", *numbers))
        yield (line(said.left, "=", said.right, "settled by signs"),)
        for p in premises:
            if p.left == said.left and isinstance(p.right, sp.Expr):
                settled = line(p.right, "=", said.right, "settled by signs")
                yield p, settled, line(said.left, "=", said.right, "transitive", 0, 1)
                yield tuple(_inserted(p, tuple(q for q in premises if q is not p), said.right))
    else:
        yield (*premises, line(said.left, RELATIONS[said.relation], said.right, "signs", *numbers, assuming=assuming))


def _inserted(goal: Step, others: tuple[Step, ...], result: sp.Expr) -> Iterable[Step]:
    """The goal, the other gradients inserted into it, and what the signs make of that."""
    opened = cast(sp.Expr, goal.right)
    for q in others:
        opened = inserted(opened, cast(Component, q.left), cast(sp.Expr, q.right))
    last = len(others) + 1
    left = cast(sp.Expr, goal.left)
    yield from (goal, *others)
    yield line(left, "=", opened, "inserted", *range(last))
    yield line(opened, "=", result, "settled by signs")
    yield line(left, "=", result, "transitive", last, last + 1)


def gradients_in(layer: Layer, *expressions: sp.Expr) -> Iterable[Step]:
    """What the gradients in the expressions, and in each other, are."""
    family = derive(layer)
    waiting, seen = list(expressions), set()
    while waiting:
        for c in components(waiting.pop()):
            name = c.tensor.adjoint_of
            if not name or name in seen or name not in family or family[name].result == family[name].goal:
                continue
            seen.add(name)
            d = family[name]
            waiting.append(d.result)
            yield line(cast(Component, d.goal), "=", d.result, "derived")


def _refuted(layer: Layer, said: Assumption, text: str, assuming: str, corrected: Conclusion | None) -> Conclusion:
    case = smallest(layer, lambda c: _fails(c, said), assuming)
    if case is None:
        return Conclusion(text, Verdict("undecided", "neither a proof nor a case that refutes it was found"))
    left, right = _sides(case, said)
    at = tuple(int(k) for k in np.argwhere(_wrong(left, right, said.relation))[0]) if said.relation != "==" else None
    if at is not None:  # of an inequality the place where it fails; an equality shows both arrays
        left, right = left[at], right[at]
    upstream = any(c.tensor.name not in layer.tensors for e in (said.left, said.right) for c in components(e))
    witness = Witness.of(case.sizes, case.given if upstream else case.inputs, right, left, at)
    message = f"the left side is {witness.found}, the right side {witness.expected}"
    verdict = Verdict("refuted", message, "smallest case", witness)
    return Conclusion(text, verdict, found={"relation": said.relation}, corrected=corrected)


def counterexample(derivation: Derivation, stated: sp.Expr) -> Witness | None:
    """The smallest case in which the gradient of the derivation's goal is not what is stated, None where none is found."""
    goal = cast(Component, derivation.goal)
    said = Assumption("==", goal, stated, goal.indices, "")
    case = smallest(derivation.layer, lambda c: _fails(c, said))
    if case is None:
        return None
    left, right = _sides(case, said)
    return Witness.of(case.sizes, case.given, right, left)


def _fails(case: Case, said: Assumption) -> bool:
    return bool(np.any(_wrong(*_sides(case, said), said.relation)))


def _wrong(left: Any, right: Any, relation: str) -> Any:
    """Where both sides are numbers and the relation fails."""
    with np.errstate(all="ignore"):
        gap = CLOSE * (1 + np.abs(left) + np.abs(right))
        wrong = {
            "==": np.abs(left - right) > gap,
            "<=": left > right + gap,
            "<": left >= right,
            ">=": left < right - gap,
            ">": left <= right,
        }[relation]
    return wrong & np.isfinite(left) & np.isfinite(right)


def _sides(case: Case, said: Assumption) -> tuple[Any, Any]:
    arrays: dict[str, Any] = dict(case.values())
    for t in {c.tensor for e in (said.left, said.right) for c in components(e)}:
        if t.name not in arrays:
            given = case.upstream.get(t.name[1:]) if not case.layer.is_cost else None
            arrays[t.name] = case.gradient(t.name[1:]) if given is None else given
    domain = balls(160)
    found = [value(e, said.free, arrays, case.sizes, domain=domain) for e in (said.left, said.right)]
    left, right = (np.asarray(np.frompyfunc(float, 1, 1)(f), dtype=np.float64) for f in found)
    return left, right


def example(layer: Layer, text: str, assuming: str = "") -> Conclusion:
    """Whether the comparison can hold: proved with the smallest case in which it does somewhere."""
    under = assumed(layer, assuming)
    (said,) = read_assumptions(text, scope_of(under))
    opposite = {"==": "!=", "<=": ">", "<": ">=", ">=": "<", ">": "<="}[said.relation]
    negated = Assumption(opposite if opposite in RELATIONS else "==", said.left, said.right, said.free, said.text)
    if said.relation == "==":
        raise ValueError("an equality holds at single points; state an inequality")
    case = smallest(under, lambda c: _fails(c, negated), assuming)
    if case is None:
        return Conclusion(f"{text} can hold", Verdict("undecided", "no case was found"))
    left, right = _sides(case, said)
    shown = Witness.of(case.sizes, case.given, right, left)
    found = {"sizes": dict(case.sizes), "inputs": shown.inputs, "left": shown.found, "right": shown.expected}
    return Conclusion(
        f"{text} can hold", Verdict("proved", f"at {found['sizes']}, {shown.inputs}: {shown.found}", "an example"), found=found
    )
