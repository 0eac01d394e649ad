"""Answers without a proof: enough points, of enough shapes, on both sides of every branch, or no verdict."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import sympy as sp

from symbackprop.language.writing import write
from symbackprop.verify.case import Case, equal_in_balls, has_truth, outcome, signs
from symbackprop.verify.kinks import Kink, has_kinks, isolated, kinks_in
from symbackprop.verify.refuting import conventions, refuted
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.subgradients import KinkReport, thresholds
from symbackprop.verify.verdict import Evidence, Verdict
from symbackprop.verify.witness import witness_at

LOOKED_AT = 24
"""Small spots that an answer without a proof has to stand, beside those that are spread."""


def tested(case: Case, kinks: KinkReport, trouble: str) -> Verdict:
    """Agrees, where enough points of enough shapes, on both sides of every branch, show no difference."""
    branches = Branches(case)
    looked: list[tuple[Spot, str]] = []
    for spot in _worth_looking_at(case, branches):
        looked.append((spot, seen := outcome(case, spot)))
        if seen == "different":
            return refuted(case, spot)
        if seen == "same" or (seen == "undefined" and not has_truth(case, spot)):
            branches.see(spot)
        elif seen == "kink" and isolated(case.layer, spot):
            branches.see(spot, thresholds_only=True)
    same = [s for s, seen in looked if seen == "same"]
    for spot in spots(case.layer).fine if case.formula is not None else ():
        if spot in same and not equal_in_balls(case, spot):
            return refuted(case, spot) if witness_at(case, spot) else Verdict("undecided", "round-off hides what is true")
    spread = {sizes_at(s) for s in same if s in spots(case.layer).spread}
    evidence = Evidence(len(same), len(spread), kinks.looked_at)
    lost = [seen for _, seen in looked].count("undefined")
    notes = (*kinks.notes, *branches.notes, *((trouble,) if trouble else ()), *conventions(case))
    if has_kinks(case.layer) and not kinks.looked_at:
        notes = ("no point on a kink was had", *notes)
    few = evidence.points < 6 or (evidence.shapes < 3 and len(case.layer.sizes) > 0)
    if few or branches.unseen or (lost > len(same) and case.formula is not None):
        return Verdict("undecided", _too_little(evidence, lost, branches), evidence=evidence, notes=notes)
    message = f"equal to the true value at {evidence.points} points, {evidence.shapes} sets of unequal sizes among them"
    return Verdict("agrees", message, "oracle", notes=notes, evidence=evidence)


def _worth_looking_at(case: Case, branches: Branches) -> Iterator[Spot]:
    known = spots(case.layer)
    yield from (*known.fine, *known.spread, *islice(known.small(), LOOKED_AT))
    if branches.unseen or branches.own or branches.numbers:
        yield from known.around(branches.numbers)


def _too_little(evidence: Evidence, lost: int, branches: Branches) -> str:
    if evidence.points == 0 and lost:
        return f"it has no value at any of {lost} points: nothing can be compared"
    if branches.unseen:
        return f"no difference at {evidence.points} points, but only one side of {write(branches.unseen[0].of)} = 0 was seen"
    return f"both sides have a value at {evidence.points} points only, of {evidence.shapes} sets of unequal sizes"


class Branches:
    """The steps and branches in a layer and in a formula about it, and which sides of them were seen."""

    def __init__(self, case: Case) -> None:
        self.case = case
        formula = case.formula
        own = [formula.expression, *(h.right for h in formula.helpers)] if formula is not None else []
        layers = {k for q in case.layer.equations for k in kinks_in(q.right)}
        self.own = [k for e in own for k in kinks_in(e) if k not in layers]
        every = (*layers, *self.own)
        self.seen: dict[Kink, set[int]] = {k: set() for k in every if not k.tie and not _keeps_its_sign(k.of)}

    def see(self, spot: Spot, *, thresholds_only: bool = False) -> None:
        """Note the sides that a spot shows; `thresholds_only` where it is judged as a kink and not compared."""
        for kink in {*self.unseen, *self.own} & self.seen.keys():
            shown = signs(self.case, kink, spot)
            self.seen[kink] |= shown & {0} if thresholds_only else shown

    @property
    def notes(self) -> tuple[str, ...]:
        """The answer's own thresholds at which nothing was compared."""
        missed = [k for k in self.own if 0 not in self.seen.get(k, {0})]
        return tuple(f"nothing was compared where {write(k.of)} = 0" for k in missed)

    @property
    def unseen(self) -> list[Kink]:
        """Those of which one side was not seen."""
        return [k for k, signs in self.seen.items() if k.branches(signs) < 2]

    @property
    def numbers(self) -> list[Fraction]:
        """The numbers at which thresholds lie."""
        return thresholds(self.seen)


def _keeps_its_sign(e: sp.Expr) -> bool:
    """Whether what is declared tells already that only one side can be had."""
    return bool(e.is_nonnegative or e.is_nonpositive)


def sizes_at(spot: Spot) -> tuple[tuple[str, int], ...]:
    """N = 2, D = 3 at a point, by name."""
    return tuple(sorted(spot.point.sizes.items()))
