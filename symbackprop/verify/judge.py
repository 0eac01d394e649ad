"""The judge: one statement about one layer -> a verdict.

    1, 2  a proof, by normal forms or after eliminating names, which the oracle has to confirm at points  -> proved
    3     a difference at a point, seen by doubles and confirmed by balls, as small as it can be found    -> refuted
    4     no difference at enough points of enough shapes                                                -> agrees
    5     neither                                                                                        -> undecided

At a kink, where the layer has no derivative, a subgradient is right; which one is a convention. Points where one side
has no value don't count.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from symbackprop.language.equations import Assumption
from symbackprop.language.substitution import tensors
from symbackprop.language.writing import write_assumption
from symbackprop.verify.answers import Unread
from symbackprop.verify.case import COMPUTED, EXACT, FAILURES, Case, Terms, compared, equal_in_balls, inputs_at, outcome
from symbackprop.verify.kinks import floats, has_kinks, kinked, kinks_in, membership, met, sides
from symbackprop.verify.proof import missing, proof
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.truths import Known, derived
from symbackprop.verify.verdict import Evidence, Verdict, Witness
from symbackprop.verify.witness import smallest, witness_at

__all__ = ["Case", "Known", "Terms", "judge", "unread"]

LOOKED_AT = 24
"""Small spots that an answer without a proof has to stand, beside those that are spread."""
Fraction0 = EXACT


def judge(case: Case) -> Verdict:
    """The verdict on a statement."""
    start = time.perf_counter()
    try:
        made = _judged(case)
    except FAILURES as error:
        made = Verdict("undecided", f"it could not be evaluated: {error}")
    return replace(made, where=case.stated.where, seconds=time.perf_counter() - start)


def unread(answer: Unread) -> Verdict:
    """The verdict on what could not be read."""
    return Verdict("unreadable", answer.message, where=answer.where)


def _judged(case: Case) -> Verdict:
    if (wrong := _wrong_shape(case)) is not None:
        return wrong
    if _says_itself(case):
        return Verdict("undecided", f"it is stated in terms of {case.stated.target.symbol} itself, which says nothing")
    if (different := next((s for s in spots(case.layer).fine if outcome(case, s) == "different"), None)) is not None:
        return _refuted(case, different)
    found, trouble = proof(case)
    kinks = KinkReport() if found is not None and not found.exceptions else at_kinks(case)
    if kinks.refutation is not None:
        return kinks.refutation
    if found is not None:
        return _proved(case, found.how, found.used, kinks)
    return _tested(case, kinks, trouble)


def _says_itself(case: Case) -> bool:
    """Whether ∂C/∂v is stated by ∂C/∂v, unless that is how it recurs."""
    target, formula = case.stated.target, case.formula
    if formula is None or target.of is not None:
        return False
    own, known = target.by[0].tensor.name, case.known.expression
    mentions = {t.adjoint_of for e in (formula.expression, *(h.right for h in formula.helpers)) for t in tensors(e)}
    recurs = known is not None and own in {t.adjoint_of for t in tensors(known)}
    return own in mentions and not recurs


# ---- shapes


def _wrong_shape(case: Case) -> Verdict | None:
    """A refutation where the statement's shape is not the target's, seen at sizes that tell them apart."""
    formula = case.formula
    if formula is not None and formula.free == case.stated.target.free:
        return None
    every = [*spots(case.layer).fine, *islice(spots(case.layer).small(), LOOKED_AT)]
    for spot in sorted(every, key=lambda s: sum(s.point.sizes.values())) if formula is not None else every[:3]:
        found, expected = np.asarray(case.found(spot)), floats(case.expected(spot))
        if found.shape != expected.shape:
            witness = Witness.of(spot.point.sizes, dict(inputs_at(spot)), expected, found)
            said = f"its shape is {_shape(found)}, {case.stated.target.symbol} has {_shape(expected)}"
            return Verdict("refuted", said, "shape", witness, (*_transposed(case, spot), *_conventions(case)))
    return None


def _shape(array: object) -> str:
    shape = np.shape(array)  # type: ignore[arg-type]
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape else "()"


def _transposed(case: Case, spot: Spot) -> tuple[str, ...]:
    found, expected = np.asarray(case.found(spot)), case.expected(spot)
    turned = found.shape == expected.shape[::-1] and expected.ndim > 1
    if turned and not np.any(compared(case, expected, found.T)[0]):
        return ("it is the transpose of what is asked for",)
    return ()


# ---- refuted


def _refuted(case: Case, spot: Spot) -> Verdict:
    if _engine_errs(case, spot):
        said = "PROGRAM ERROR: the derivation says so too, but differences of the forward pass say otherwise; please report it"
        return Verdict("undecided", said, "contradiction")
    _, witness = smallest(case, spot)
    return Verdict("refuted", _difference(case, witness), "oracle", witness, (*_helpful(case), *_conventions(case)))


def _engine_errs(case: Case, spot: Spot) -> bool:
    """Whether the statement is wrong because the derivation is: both say the same, the oracle something else."""
    mine = derived(spot, case.stated.target, case.known, step0=case.terms.steps[0])
    return mine is not None and bool(np.any(compared(case, case.expected(spot), mine)[0]))


def _difference(case: Case, witness: Witness) -> str:
    symbol, at = case.stated.target.symbol, witness.at
    if at is None:
        return f"its shape is {_shape(witness.found)}, {symbol} has {_shape(witness.expected)}"
    wrong, right = _entry(witness.found, at), _entry(witness.expected, at)
    return f"{symbol}{list(at) if at else ''} is {wrong:.6g}, but {right:.6g} is true"


def _entry(values: object, at: tuple[int, ...]) -> float:
    return float(np.asarray(values, dtype=float)[at])


def _helpful(case: Case) -> tuple[str, ...]:
    """The assumption that would make it right, where there is one."""
    found = missing(case)
    return (f"right under the assumption {_and(found)}, which is not declared",) if found else ()


def _and(assumptions: Iterable[Assumption]) -> str:
    return " and ".join(write_assumption(a) for a in assumptions)


# ---- kinks


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
                return KinkReport(looked_at, (), Verdict("refuted", note, "kink", witness, _conventions(case)))
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


def _placed(
    case: Case, spot: Spot, found: np.ndarray, mine: np.ndarray | None, left: np.ndarray, right: np.ndarray
) -> tuple[str, Witness | None]:  # type: ignore[type-arg]
    if found.shape != left.shape:
        return "", None
    lies = membership(found, left, right)
    smooth = membership(left, right, right) == "subgradient"
    if lies == "outside":
        return _outside(case, spot, found, mine, left, right, smooth)
    if smooth or (mine is not None and not np.any(compared(case, mine, found)[0])):
        return "", None
    said = "right except at ties" if any(k.tie for k, _ in met(case.layer, spot)) else "right except at kinks"
    note = "right, with another convention at kinks" if lies == "subgradient" else said
    if not case.terms.strict or mine is None:
        return note, None
    at = _first(np.abs(mine - found))
    witness = Witness.of(spot.point.sizes, dict(inputs_at(spot)), mine, found, at)
    return f"at a kink {_difference(case, witness).replace(' is true', ' by the convention in force')}", witness


def _outside(
    case: Case, spot: Spot, found: np.ndarray, mine: np.ndarray | None, left: np.ndarray, right: np.ndarray, smooth: bool
) -> tuple[str, Witness | None]:  # type: ignore[type-arg]
    low, high = np.minimum(left, right), np.maximum(left, right)
    at = _first(np.maximum(low - found, found - high))
    witness = Witness.of(spot.point.sizes, dict(inputs_at(spot)), left if smooth or mine is None else mine, found, at)
    where = f"{case.stated.target.symbol}{list(at) if at else ''}"
    if smooth:
        return f"{where} is {found[at]:.6g}, but {left[at]:.6g} is true: the derivative exists there", witness
    between = f"a subgradient lies between {low[at]:.6g} and {high[at]:.6g}"
    return f"at a kink {where} is {found[at]:.6g}; {between}", witness


def _first(gap: np.ndarray) -> tuple[int, ...]:  # type: ignore[type-arg]
    wrong = np.argwhere(gap > COMPUTED * max(1.0, float(np.max(gap, initial=0))) / 2)
    return tuple(int(k) for k in wrong[0]) if len(wrong) else ()


# ---- proved, agrees, undecided


def _proved(case: Case, how: str, used: tuple[str, ...], kinks: KinkReport) -> Verdict:
    """Proved, if the oracle agrees at a few points too."""
    looked = [outcome(case, s) for s in (*spots(case.layer).fine, *islice(spots(case.layer).small(), 4))]
    evidence = Evidence(looked.count("same"), len({_sizes(s) for s in spots(case.layer).fine}), kinks.looked_at)
    if "different" in looked:
        said = "PROGRAM ERROR: a proof was found, but the oracle says otherwise; please report it"
        return Verdict("undecided", said, "contradiction", evidence=evidence)
    if "same" not in looked:
        return Verdict("undecided", "a proof was found, but no point could be had to check it at", evidence=evidence)
    assumed = [a for a in case.layer.assumptions if a.text and a.text in used]
    message = f"proved for all {_all(case)}" + (f", under {_and(assumed)}" if assumed else "")
    return Verdict("proved", message, how, notes=(*kinks.notes, *_conventions(case)), evidence=evidence)


def _all(case: Case) -> str:
    return ", ".join(d.name for d in case.layer.sizes) or "values"


def _tested(case: Case, kinks: KinkReport, trouble: str) -> Verdict:
    """Agrees, where enough points of enough shapes show no difference."""
    looked: list[tuple[Spot, str]] = [(s, outcome(case, s)) for s in spots(case.layer).fine]
    for spot in (*spots(case.layer).spread, *islice(spots(case.layer).small(), LOOKED_AT)):
        seen = outcome(case, spot)
        if seen == "different":
            return _refuted(case, spot)
        looked.append((spot, seen))
    same = [s for s, seen in looked if seen == "same"]
    if case.formula is not None:
        unsure = [s for s in spots(case.layer).fine if s in same and not equal_in_balls(case, s)]
        if unsure:
            return _refuted(case, unsure[0]) if witness_at(case, unsure[0]) else Verdict("undecided", "balls can't tell")
    evidence = Evidence(len(same), len({_sizes(s) for s in same}), kinks.looked_at)
    lost = [seen for _, seen in looked].count("undefined")
    few = evidence.points < 6 or (evidence.shapes < 3 and case.layer.sizes)
    if few or (lost > len(same) and case.formula is not None):
        said = f"both sides have a value at {evidence.points} points of {evidence.shapes} sets of sizes only; {lost} don't count"
        return Verdict("undecided", said, evidence=evidence, notes=_conventions(case))
    notes = (*kinks.notes, *_unseen(case, same), *((trouble,) if trouble else ()), *_conventions(case))
    message = f"equal to the true value at {evidence.points} points of {evidence.shapes} sets of sizes"
    return Verdict("agrees", message, "oracle", notes=notes, evidence=evidence)


def _sizes(spot: Spot) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(spot.point.sizes.items()))


def _unseen(case: Case, same: list[Spot]) -> tuple[str, ...]:
    """A note where some branch of the layer was taken to one side only."""
    del case, same
    return ()


def _conventions(case: Case) -> tuple[str, ...]:
    """The convention for Step(0), where something depends on it."""
    formula = case.formula
    own = (formula.expression, *(h.right for h in formula.helpers)) if formula is not None else ()
    if not has_kinks(case.layer) and not any(kinks_in(e) for e in own):
        return ()
    return ("Step(0) is left open",) if case.terms.step0 is None else (f"Step(0) = {case.terms.step0}",)
