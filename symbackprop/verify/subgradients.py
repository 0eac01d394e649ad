"""An answer at kinks: where the layer has no derivative a subgradient is right, and which one is a convention.

right                 the value under the convention in force, or the derivative where it exists after all
another convention    another point of the subdifferential; refuted if judged strictly
right except at ties  between the limits entry by entry, but no subgradient: [1, 1] where two entries share a maximum
refuted               outside
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice

import numpy as np
import sympy as sp

from symbackprop.verify.case import COMPUTED, FAILURES, Case, compared, inputs_at, outcome, signs
from symbackprop.verify.joint import is_joint, joints, limits, place
from symbackprop.verify.kinks import (
    Doubles,
    Kink,
    Membership,
    are_reached,
    floats,
    has_kinks,
    is_telling,
    isolated,
    kinked,
    kinks_in,
    membership,
    met,
    sides,
)
from symbackprop.verify.refuting import conventions, difference, refuted
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.truths import derived
from symbackprop.verify.verdict import Verdict, Witness

FAR = 10**6
"""Thresholds beyond this are not gone to."""
LOOKED_AT, ENOUGH = 60, 3
CONVENTIONS = (Fraction(0), Fraction(1, 2), Fraction(1))
"""What people take Step(0) to be."""


@dataclass(frozen=True)
class KinkReport:
    """What an answer is worth at kinks: how many spots were looked at, what to say, or why it is wrong.

    `unchecked` are thresholds in the answer at which no spot could be had.
    """

    looked_at: int = 0
    notes: tuple[str, ...] = ()
    refutation: Verdict | None = None
    unchecked: tuple[Kink, ...] = ()


def at_kinks(case: Case) -> KinkReport:
    """The answer at small spots with one kink each."""
    return _looked_at(case, _telling(case) if has_kinks(case.layer) else ())


def _telling(case: Case) -> Iterator[Spot]:
    """Spots with one kink each, until a few of each kind were such that the target's value differs from side to side."""
    seen: Counter[Kink] = Counter()
    for spot in kinked(case.layer):
        kink = met(case.layer, spot)[0][0]
        if seen[kink] < ENOUGH:
            seen[kink] += is_telling(spot, case.stated.target, case.known)
            yield spot


def _looked_at(case: Case, chosen: Iterable[Spot]) -> KinkReport:
    notes: dict[str, None] = {}
    looked_at = 0
    for spot in chosen:
        for note, witness in _at_kink(case, spot) if isolated(case.layer, spot) else _at_joint(case, spot):
            looked_at += 1
            if witness is not None:
                return KinkReport(looked_at, (), Verdict("refuted", note, "kink", witness, conventions(case)))
            if note:
                notes.setdefault(note)
    return KinkReport(looked_at, tuple(notes))


def at_joints(case: Case, found: KinkReport) -> KinkReport:
    """The same, and the answer at small spots where two kinks are met."""
    if found.refutation is not None:
        return found
    more = _looked_at(case, joints(case.layer))
    return KinkReport(found.looked_at + more.looked_at, tuple(dict.fromkeys((*found.notes, *more.notes))), more.refutation)


def at_exceptions(case: Case) -> KinkReport:
    """The answer where something in it, or in what was derived, stands at its threshold: there a proof says nothing."""
    found = at_joints(case, at_kinks(case))
    left = dict.fromkeys(_own_kinks(case), ENOUGH)
    untouched = dict(left)
    for spot in _near(case, left) if found.refutation is None else ():
        touched = [k for k in left if 0 in signs(case, k, spot)]
        if not touched:
            continue
        if isolated(case.layer, spot) or is_joint(case.layer, spot):
            more = _looked_at(case, [spot])
            notes = tuple(dict.fromkeys((*found.notes, *more.notes)))
            found = KinkReport(found.looked_at + more.looked_at, notes, more.refutation)
            touched = touched if more.looked_at else []
        elif (seen := outcome(case, spot)) == "different":
            found = KinkReport(found.looked_at, (), refuted(case, spot))
        else:
            touched = touched if seen == "same" else []
        for kink in touched:
            untouched.pop(kink, None)
            left[kink] -= 1
            if not left[kink]:
                del left[kink]
        if found.refutation is not None:
            return found
    return replace(found, unchecked=tuple(untouched))


def _own_kinks(case: Case) -> Iterator[Kink]:
    """The thresholds in the answer and in what was derived; a tie in them is one of the layer's."""
    formula = case.formula
    own = [formula.expression, *(h.right for h in formula.helpers)] if formula is not None else []
    known = [case.known.expression] if case.known.expression is not None else []
    yield from (k for e in (*own, *known) for k in kinks_in(e) if not k.tie)


def _near(case: Case, kinks: Mapping[Kink, int]) -> Iterator[Spot]:
    """Spots at which a threshold may be met, as long as one is looked for."""
    known = spots(case.layer)
    for spot in chain(known.around(thresholds(kinks)), known.fine, kinked(case.layer), islice(known.small(), LOOKED_AT)):
        if not kinks:
            return
        yield spot


def thresholds(kinks: Iterable[Kink]) -> list[Fraction]:
    """The numbers at which thresholds lie."""
    found = {n for k in kinks for n in k.of.atoms(sp.Rational) if abs(n) < FAR}
    return [Fraction(int(n.p), int(n.q)) for n in found]


def _at_kink(case: Case, spot: Spot) -> Iterator[tuple[str, Witness | None]]:
    """What to note at a kink, with a witness where it refutes; once for each value of an open Step(0)."""
    limits = sides(spot, case.stated.target, case.known)
    if limits is None:
        return
    for step0 in case.terms.steps:
        try:
            found = floats(case.found(spot, step0=step0, by_convention=True))
            mine = derived(spot, case.stated.target, case.known, step0=step0)
        except FAILURES:
            continue
        if not np.all(np.isfinite(found)):
            yield "it has no value at some kinks", None
            continue
        yield _placed(case, spot, found, None if mine is None else floats(mine), *limits)


def _placed(case: Case, spot: Spot, found: Doubles, mine: Doubles | None, left: Doubles, right: Doubles) -> tuple[str, Witness | None]:
    if found.shape != left.shape:
        return "", None
    lies = membership(found, left, right)
    smooth = membership(left, right, right) == "subgradient"
    if lies == "outside":
        return _outside(case, spot, found, mine, left, right, smooth)
    if smooth or (mine is not None and not np.any(compared(case, mine, found)[0])):
        return "", None
    return _noted(case, spot, found, mine, lies)


def _noted(case: Case, spot: Spot, found: Doubles, mine: Doubles | None, lies: Membership) -> tuple[str, Witness | None]:
    """Another convention, or no subgradient but between the limits: a note, or a witness if it is judged strictly."""
    apart = "right except at ties" if any(k.tie for k, _ in met(case.layer, spot)) else "right except at kinks"
    note = "right, with another convention at kinks" if lies == "subgradient" else apart
    if not case.terms.strict or mine is None:
        return note, None
    at = _first(np.abs(mine - found))
    witness = Witness.of(spot.point.sizes, dict(inputs_at(spot)), mine, found, at)
    return f"at a kink {difference(case, witness).replace(' is true', ' by the convention in force')}", witness


def _at_joint(case: Case, spot: Spot) -> Iterator[tuple[str, Witness | None]]:
    """The same where two kinks are met. What the derivation says there, under whatever convention, is no mistake."""
    for step0 in case.terms.steps:
        try:
            found = floats(case.found(spot, step0=step0, by_convention=True))
            mine = derived(spot, case.stated.target, case.known, step0=step0)
            others = [floats(d) for s in CONVENTIONS if (d := derived(spot, case.stated.target, case.known, step0=s)) is not None]
        except FAILURES:
            continue
        if not np.all(np.isfinite(found)):
            yield "it has no value at some kinks", None
        elif mine is not None and mine.shape == found.shape and not np.any(compared(case, mine, found)[0]):
            yield "", None
        elif corners := limits(spot, case.stated.target, case.known):
            conventional = any(d.shape == found.shape and not np.any(compared(case, d, found)[0]) for d in others)
            yield _joined(case, spot, found, None if mine is None else floats(mine), corners, conventional)


def _joined(
    case: Case, spot: Spot, found: Doubles, mine: Doubles | None, corners: tuple[Doubles, ...], conventional: bool
) -> tuple[str, Witness | None]:
    if found.shape != corners[0].shape:
        return "", None
    lies = "subgradient" if conventional else place(found, corners)
    if lies == "outside":
        return _outside(case, spot, found, mine, np.min(corners, axis=0), np.max(corners, axis=0), len(corners) == 1)
    if len(corners) == 1 and not conventional:
        return "", None
    return _noted(case, spot, found, mine, lies)


def _outside(
    case: Case, spot: Spot, found: Doubles, mine: Doubles | None, left: Doubles, right: Doubles, smooth: bool
) -> tuple[str, Witness | None]:
    if not are_reached(spot, case.stated.target, case.known):
        return "", None
    low, high = np.minimum(left, right), np.maximum(left, right)
    at = _first(np.maximum(low - found, found - high))
    witness = Witness.of(spot.point.sizes, dict(inputs_at(spot)), left if smooth or mine is None else mine, found, at)
    where = f"{case.stated.target.symbol}{list(at) if at else ''}"
    if smooth:
        return f"{where} is {found[at]:.6g}, but {left[at]:.6g} is true: the derivative exists there", witness
    between = f"a subgradient lies between {low[at]:.6g} and {high[at]:.6g}"
    return f"at a kink {where} is {found[at]:.6g}; {between}", witness


def _first(gap: Doubles) -> tuple[int, ...]:
    wrong = np.argwhere(gap > COMPUTED * max(1.0, float(np.max(gap, initial=0))) / 2)
    return tuple(int(k) for k in wrong[0]) if len(wrong) else ()
