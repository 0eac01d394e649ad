"""Conclusion: a statement, what is known of it, and why. Proof: a chain of steps, each an instance of a named rule.

A proof is data. `replay` checks it rule by rule and `crosscheck` at points; a conclusion is `proved` only after both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import sympy as sp

from symbackprop.derivation import Reason, Relation, Step
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness


@dataclass(frozen=True)
class Proof:
    """Steps in order; each has both its sides. A reason's term "from" has the numbers of the steps that it rests on.

    `layer` says what the letters are, and what is assumed of them.
    """

    layer: Layer = field(repr=False)
    steps: tuple[Step, ...]

    @property
    def statement(self) -> Step:
        """The last step."""
        return self.steps[-1]

    def premises(self, step: Step) -> tuple[Step, ...]:
        """The steps that a step rests on."""
        return tuple(self.steps[k] for k in step.reason.terms.get("from", ()))

    def __str__(self) -> str:
        return str(import_module("symbackprop.claims.wording").proof(self))


def line(left: sp.Expr, relation: Relation, right: sp.Expr, rule: str, *rests_on: int, **terms: Any) -> Step:
    """A step of a proof: left relation right by a rule, from the steps of these numbers."""
    return Step(right, Reason(rule, {**terms, "from": rests_on}), relation, left=left)


@dataclass(frozen=True)
class Conclusion:
    """A statement in words, its verdict, the proof or the witness, and what was computed on the way (`found`).

    `condition` is what the letters must satisfy for it to hold, where that was asked. `corrected` is the statement that
    holds instead of a refuted one.
    """

    statement: str
    verdict: Verdict
    proof: Proof | None = None
    found: Mapping[str, Any] = field(default_factory=dict, hash=False)
    condition: sp.Expr | None = None
    corrected: Conclusion | None = None

    @property
    def status(self) -> str:
        """proved, refuted, measured, convention, agrees or undecided."""
        return self.verdict.status

    @property
    def witness(self) -> Witness | None:
        """The numbers that refute it."""
        return self.verdict.witness

    def __bool__(self) -> bool:
        raise TypeError("a conclusion is no bool: ask for its status")

    def __str__(self) -> str:
        return str(import_module("symbackprop.claims.wording").conclusion(self))
