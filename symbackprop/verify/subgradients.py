"""An answer at kinks: where the layer has no derivative a subgradient is right, and which one is a convention.

right                 the value under the convention in force, or the derivative where it exists after all
another convention    another point of the subdifferential; refuted if judged strictly
right except at ties  between the limits entry by entry, but no subgradient: [1, 1] where two entries share a maximum
refuted               outside
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from symbackprop.verify.case import COMPUTED, FAILURES, Case, compared, inputs_at
from symbackprop.verify.kinks import Doubles, floats, has_kinks, kinked, membership, met, sides
from symbackprop.verify.refuting import conventions, difference
from symbackprop.verify.spots import Spot
from symbackprop.verify.truths import derived
from symbackprop.verify.verdict import Verdict, Witness


@dataclass(frozen=True)
class KinkReport:
    """What an answer is worth where the layer has kinks: how many were looked at, what to say, or why it is wrong."""

    looked_at: int = 0
    notes: tuple[str, ...] = ()
    refutation: Verdict | None = None


def at_kinks(case: Case) -> KinkReport:
    """The answer at small spots with one kink each."""
    notes: dict[str, None] = {}
    looked_at = 0
    for spot in kinked(case.layer) if has_kinks(case.layer) else ():
        for note, witness in _at_kink(case, spot):
            looked_at += 1
            if witness is not None:
                return KinkReport(looked_at, (), Verdict("refuted", note, "kink", witness, conventions(case)))
            if note:
                notes.setdefault(note)
    return KinkReport(looked_at, tuple(notes))


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
    apart = "right except at ties" if any(k.tie for k, _ in met(case.layer, spot)) else "right except at kinks"
    note = "right, with another convention at kinks" if lies == "subgradient" else apart
    if not case.terms.strict or mine is None:
        return note, None
    at = _first(np.abs(mine - found))
    witness = Witness.of(spot.point.sizes, dict(inputs_at(spot)), mine, found, at)
    return f"at a kink {difference(case, witness).replace(' is true', ' by the convention in force')}", witness


def _outside(
    case: Case, spot: Spot, found: Doubles, mine: Doubles | None, left: Doubles, right: Doubles, smooth: bool
) -> tuple[str, Witness | None]:
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
