"""What a refutation says: the first wrong entry at the smallest case, the conventions, an assumption that would help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from symbackprop.language.equations import Assumption
from symbackprop.language.writing import write_assumption
from symbackprop.verify.case import Case, compared, outcome
from symbackprop.verify.kinks import has_kinks, kinks_in
from symbackprop.verify.proof import missing
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.truths import derived
from symbackprop.verify.verdict import Verdict, Witness
from symbackprop.verify.witness import smallest


def refuted(case: Case, spot: Spot) -> Verdict:
    """The statement is false at a point; undecided where the derivation errs in the same way."""
    if _engine_errs(case, spot):
        said = "PROGRAM ERROR: the derivation says so too, but differences of the forward pass say otherwise; please report it"
        return Verdict("undecided", said, "contradiction")
    _, witness = smallest(case, spot)
    notes = (*_nearly(case, witness), *apart(case), *_helpful(case), *conventions(case))
    return Verdict("refuted", difference(case, witness), "oracle", witness, notes)


NEAR = 1e-6
"""What computes is told that it is nearly right up to this relative error."""


def _nearly(case: Case, witness: Witness) -> tuple[str, ...]:
    found, true = (np.asarray(v, dtype=float) for v in (witness.found, witness.expected)) if witness.at is not None else (None, None)
    if case.formula is not None or found is None or true is None or not np.max(np.abs(found - true)) <= NEAR * np.max(np.abs(true)):
        return ()
    return ("nearly right: is it computed by differences, or in single precision inside?",)


APART = "right where windows don't overlap"


def apart(case: Case) -> tuple[str, ...]:
    """A note where the statement is right as long as windows share nothing."""
    places = spots(case.layer).apart
    return (APART,) if places and all(outcome(case, s) == "same" for s in places) else ()


def _engine_errs(case: Case, spot: Spot) -> bool:
    """Whether the statement is wrong because the derivation is: both say the same, the oracle something else."""
    mine = derived(spot, case.stated.target, case.known, step0=case.terms.steps[0])
    return mine is not None and bool(np.any(compared(case, case.expected(spot), mine)[0]))


def difference(case: Case, witness: Witness) -> str:
    """dx[0, 1] is 2, but 1 is true; or the two shapes."""
    symbol, at = case.stated.target.symbol, witness.at
    if at is None:
        return f"its shape is {shape_of(witness.found)}, {symbol} has {shape_of(witness.expected)}"
    wrong, right = _entry(witness.found, at), _entry(witness.expected, at)
    digits = next((k for k in (6, 9, 12) if f"{wrong:.{k}g}" != f"{right:.{k}g}"), 17)
    return f"{symbol}{list(at) if at else ''} is {wrong:.{digits}g}, but {right:.{digits}g} is true"


def _entry(values: Any, at: tuple[int, ...]) -> float:
    return float(np.asarray(values, dtype=float)[at])


def _helpful(case: Case) -> tuple[str, ...]:
    """The assumption that would make it right, where there is one."""
    said, is_proved = missing(case)
    found = "" if is_proved else ", as far as points tell"
    return (f"right under the assumption {said}, which is not declared{found}",) if said else ()


def both(assumptions: Iterable[Assumption]) -> str:
    """a > 0 and b > 0"""
    return " and ".join(write_assumption(a) for a in assumptions)


def conventions(case: Case) -> tuple[str, ...]:
    """The convention for Step(0), where something depends on it."""
    formula = case.formula
    own = (formula.expression, *(h.right for h in formula.helpers)) if formula is not None else ()
    if not has_kinks(case.layer) and not any(kinks_in(e) for e in own):
        return ()
    return ("Step(0) is left open",) if case.terms.step0 is None else (f"Step(0) = {case.terms.step0}",)


def shape_of(array: Any) -> str:
    """A shape as NumPy writes it."""
    shape = np.shape(array)
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape else "()"
