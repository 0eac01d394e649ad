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
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np

from symbackprop.algebra.equality import Proof
from symbackprop.language.errors import Misjoined
from symbackprop.language.substitution import tensors
from symbackprop.language.writing import write
from symbackprop.layer import Layer
from symbackprop.verify.answers import Unread, given
from symbackprop.verify.case import FAILURES, Case, Skipped, Terms, compared, inputs_at, outcome
from symbackprop.verify.kinks import floats
from symbackprop.verify.points import points
from symbackprop.verify.proof import OutOfTime, proof, within
from symbackprop.verify.refuting import apart, both, conventions, refuted, shape_of
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.subgradients import KinkReport, at_exceptions, at_joints, at_kinks
from symbackprop.verify.tested import LOOKED_AT, sizes_at, tested
from symbackprop.verify.truths import Known
from symbackprop.verify.verdict import Evidence, Verdict, Witness

__all__ = ["Case", "Known", "Terms", "judge", "unread"]

Prover = Callable[[Case], tuple[Proof | None, str]]
LIMIT = 60.0
"""Seconds after which a statement is undecided."""


def judge(case: Case, prove: Prover = proof) -> Verdict:
    """The verdict on a statement; `prove` looks for proofs."""
    start = time.perf_counter()
    try:
        with within(LIMIT):
            made = _judged(case, prove)
    except OutOfTime:
        made = Verdict("undecided", f"it could not be decided within {LIMIT:g} s")
    except FAILURES as error:
        made = Verdict("undecided", f"it could not be evaluated: {error}")
    return replace(made, where=case.stated.where, seconds=time.perf_counter() - start)


def unread(answer: Unread, layer: Layer | None = None) -> Verdict:
    """The verdict on what could not be read; a gradient that joins shapes which don't fit can be read, and is wrong."""
    if layer is not None and isinstance(answer.error, Misjoined) and (witness := _nothing(layer, answer.name)) is not None:
        said = f"it can't be formed where sizes differ: {answer.message}"
        return Verdict("refuted", said, "shape", witness, where=answer.where)
    return Verdict("unreadable", answer.message, where=answer.where)


def absent(layer: Layer, variable: str, forward: bool, symbol: str, where: str) -> Verdict:
    """The verdict on what is None where an array is asked for."""
    witness = _nothing(layer, variable, forward)
    return Verdict("refuted" if witness else "undecided", f"{symbol} is None: nothing is computed", "nothing", witness, where=where)


def _nothing(layer: Layer, name: str, forward: bool = False) -> Witness | None:
    """The gradient of a variable, or its value, at small sizes that are all different, where the answer gives nothing."""
    if name not in layer.tensors or layer.tensors[name].is_integer_valued:
        return None
    apart = (s for s in spots(layer).sizes if len({*s.values()}) == len(s))
    (point,) = points(layer, 1, kind="grid", shapes=1, sizes=next(apart, None))
    spot = Spot(layer, point)
    true = spot.floats.arrays[name] if forward else spot.slope(name)
    return Witness.of(point.sizes, dict(inputs_at(spot)), true, "nothing")


def _judged(case: Case, prove: Prover) -> Verdict:
    if (wrong := _wrong_shape(case)) is not None:
        return wrong
    if _says_itself(case):
        return Verdict("undecided", f"it is stated in terms of {case.stated.target.symbol} itself, which says nothing")
    if (different := next((s for s in spots(case.layer).fine if outcome(case, s) == "different"), None)) is not None:
        return refuted(case, different)
    found, trouble = prove(case) if has_values(case) else (None, "")
    if found is not None and not found.exceptions:
        return _proved(case, found.how, found.used, at_kinks(case))
    kinks = at_joints(case, at_kinks(case)) if found is None else at_exceptions(case)
    if kinks.refutation is not None:
        return replace(kinks.refutation, notes=(*apart(case), *kinks.refutation.notes))
    if found is None and _mentions_itself(case):
        return Verdict("undecided", f"it is stated in terms of {case.stated.target.symbol}, and no proof was found")
    if found is None:
        return tested(case, kinks, trouble)
    if not kinks.unchecked:
        return _proved(case, found.how, found.used, kinks)
    return tested(case, kinks, f"proved except where {write(kinks.unchecked[0].of)} = 0, where no point could be had")


def has_values(case: Case) -> bool:
    """Whether the statement has a value at some point; what never has one needs no proof."""
    return any(outcome(case, s) != "undefined" for s in (*spots(case.layer).fine, *islice(spots(case.layer).small(), 4)))


def _says_itself(case: Case) -> bool:
    """Whether ∂C/∂v is stated by ∂C/∂v, unless that is how it recurs, or is given."""
    target, known = case.stated.target, case.known.expression
    if target.of is not None or not _mentions_itself(case):
        return False
    own = target.by[0].tensor.name
    recurs = known is not None and own in {t.adjoint_of for t in tensors(known)}
    return not recurs and own not in given(case.layer).values()


def _mentions_itself(case: Case) -> bool:
    formula, target = case.formula, case.stated.target
    if formula is None or target.of is not None:
        return False
    every = {t.adjoint_of for e in (formula.expression, *(h.right for h in formula.helpers)) for t in tensors(e)}
    return target.by[0].tensor.name in every


# ---- shapes


def _wrong_shape(case: Case) -> Verdict | None:
    """A refutation where the statement's shape is not the target's, seen at sizes that tell them apart."""
    formula = case.formula
    if formula is not None and formula.free == case.stated.target.free:
        return None
    cheap = formula is not None or getattr(case.stated.said, "cheap", False)
    every = [*spots(case.layer).fine, *islice(spots(case.layer).small(), LOOKED_AT if cheap else 6)]
    for spot in sorted(every, key=lambda s: sum(s.point.sizes.values())):
        try:
            found, expected = np.asarray(case.found(spot)), floats(case.expected(spot))
        except Skipped:
            continue
        if found.shape != expected.shape:
            witness = Witness.of(spot.point.sizes, dict(inputs_at(spot)), expected, found)
            said = f"its shape is {shape_of(found)}, {case.stated.target.symbol} has {shape_of(expected)}"
            return Verdict("refuted", said, "shape", witness, (*_transposed(case, spot), *_unsqueezed(case), *conventions(case)))
    return None


def _transposed(case: Case, spot: Spot) -> tuple[str, ...]:
    found, expected = np.asarray(case.found(spot)), case.expected(spot)
    turned = found.shape == expected.shape[::-1] and expected.ndim > 1
    if turned and not np.any(compared(case, expected, found.T)[0]):
        return ("it is the transpose of what is asked for",)
    return ()


def _unsqueezed(case: Case) -> tuple[str, ...]:
    """A note where axes of length 1 are all that is wrong with an array."""
    fine = spots(case.layer).fine
    if not fine or not all(_same_numbers(case, s) for s in fine):
        return ()
    more = np.asarray(case.found(fine[0])).ndim > case.expected(fine[0]).ndim
    return (f"its numbers are right, but axes of length 1 are {'too many, as keepdims=True leaves them' if more else 'missing'}",)


def _same_numbers(case: Case, spot: Spot) -> bool:
    try:
        found, expected = np.asarray(case.found(spot)), case.expected(spot)
    except FAILURES:
        return False
    if found.ndim == expected.ndim or [n for n in found.shape if n != 1] != [n for n in expected.shape if n != 1]:
        return False
    return not np.any(compared(case, expected, found.reshape(expected.shape), spot)[0])


# ---- proved


def _proved(case: Case, how: str, used: tuple[str, ...], kinks: KinkReport) -> Verdict:
    """Proved, if the oracle agrees at a few points too."""
    looked = [outcome(case, s) for s in (*spots(case.layer).fine, *islice(spots(case.layer).small(), 4))]
    evidence = Evidence(looked.count("same"), len({sizes_at(s) for s in spots(case.layer).fine}), kinks.looked_at)
    if "different" in looked or kinks.refutation is not None:
        said = "PROGRAM ERROR: a proof was found, but the oracle says otherwise; please report it"
        return Verdict("undecided", said, "contradiction", evidence=evidence)
    if "same" not in looked:
        return Verdict("undecided", "a proof was found, but no point could be had to check it at", evidence=evidence)
    # A derivation may have used what is assumed, and a proof then has no need to.
    assumed = [a for a in case.layer.assumptions if a.relation in ("==", "invertible") or (a.text and a.text in used)]
    message = f"proved for all {_all(case)}" + (f", under {both(assumed)}" if assumed else "")
    return Verdict("proved", message, how, notes=(*kinks.notes, *conventions(case)), evidence=evidence)


def _all(case: Case) -> str:
    return ", ".join(d.name for d in case.layer.sizes) or "values"
