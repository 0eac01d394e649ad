"""A statement beside the truth at one spot: the same, different, undefined, or met by a kink.

Doubles look first; a difference counts only once balls confirm it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import flint
import numpy as np
import numpy.typing as npt

from symbackprop.language.domains import Array
from symbackprop.language.shapes import sizes_from
from symbackprop.language.substitution import indices
from symbackprop.layer import Layer
from symbackprop.verify.answers import Formula, Stated, given
from symbackprop.verify.computed import wrong
from symbackprop.verify.kinks import MET, Doubles, Kink, floats, met
from symbackprop.verify.oracle import entry_at
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.truths import Known, gathered, said, truth

ROUGH, FLOOR = 1e-8, 1e-3
"""Doubles that differ by less than a part in 10⁸, or 10⁻¹¹, are taken for equal until balls look."""
EXACT, JOINT = 2.0**-80, 2.0**-90
"""The oracle's error in balls is about 2⁻²⁰⁰, and about its step, 2⁻¹⁰⁰, where a second derivative jumps."""
COMPUTED = 1e-6
"""What computes in doubles may be off by a part in 10⁶ where its own round-off isn't measured: at kinks."""

Outcome = Literal["same", "different", "undefined", "kink"]
FAILURES = (ValueError, TypeError, ArithmeticError, KeyError, IndexError)


class Skipped(ValueError):
    """An answer is not asked at this point."""


@dataclass(frozen=True)
class Terms:
    """How strictly it is judged: under which Step(0) (None leaves it open), and for how many seconds a proof is sought."""

    strict: bool = False
    step0: Fraction | None = Fraction(0)
    patience: float = 3.0

    @property
    def steps(self) -> tuple[Fraction, ...]:
        """The values of Step(0) to try."""
        return (Fraction(0), Fraction(1), Fraction(1, 3)) if self.step0 is None else (self.step0,)


@dataclass(frozen=True, eq=False)
class Case:
    """A statement about a layer, with what a derivation knows of its target."""

    layer: Layer
    stated: Stated
    known: Known
    terms: Terms
    outcomes: dict[Spot, Outcome] = field(default_factory=dict, init=False, repr=False)

    @property
    def formula(self) -> Formula | None:
        """The statement's formula, None where it computes."""
        return self.stated.said if isinstance(self.stated.said, Formula) else None

    def found(self, spot: Spot, *, exact: bool = False, step0: Any = None, by_convention: bool = False) -> Array:
        """What the statement says at the spot."""
        step = self.terms.steps[0] if step0 is None else step0
        if isinstance(self.stated.said, Formula):
            return said(spot, self.stated.said, self.known, exact=exact, step0=step, by_convention=by_convention)
        return np.asarray(self.stated.said.values(arrays_at(spot)))

    def expected(self, spot: Spot, *, exact: bool = False) -> Array:
        """What is true at the spot."""
        return truth(spot, self.stated.target, self.known, exact=exact)


def arrays_at(spot: Spot) -> dict[str, Any]:
    """What an answer that computes is given: every variable, the upstream gradients, the sizes."""
    arrays: dict[str, Any] = dict(spot.point.sizes)
    arrays.update({n: np.array(spot.floats.arrays[n]) for n in spot.layer.tensors})
    for name, output in given(spot.layer).items():
        arrays[name] = floats(spot.point.upstream[output])
    return arrays


def sizes_of(layer: Layer, arrays: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that arrays are given with, or have."""
    told = {d.name: int(arrays[d.name]) for d in layer.sizes if d.name in arrays}
    return sizes_from(layer.tensors.values(), arrays, told)


def outcome(case: Case, spot: Spot) -> Outcome:
    """How the statement compares with the truth at the spot, found once."""
    if spot not in case.outcomes:
        case.outcomes[spot] = _outcome(case, spot)
    return case.outcomes[spot]


def _outcome(case: Case, spot: Spot) -> Outcome:
    if met(case.layer, spot):
        return "kink"
    try:
        different, defined = compared(case, case.expected(spot), case.found(spot), spot)
    except FAILURES:
        return "undefined"
    if np.any(different):
        return "different" if confirmed(case, spot) is not None else "undefined"
    return "same" if np.all(defined) else "undefined"


def has_truth(case: Case, spot: Spot) -> bool:
    """Whether the true value exists at the spot, as far as doubles tell; where it doesn't, nothing can be said wrong."""
    try:
        return bool(np.all(np.isfinite(floats(case.expected(spot)))))
    except FAILURES:
        return False


def compared(
    case: Case, expected: Array, found: Array, spot: Spot | None = None
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Where doubles differ, and where both are defined. What computes at a spot is allowed its own round-off there."""
    a, b = floats(expected), floats(found)
    if a.shape != b.shape:
        return np.ones(a.shape or (1,), dtype=bool), np.ones(a.shape, dtype=bool)
    defined = np.isfinite(a) & np.isfinite(b)
    if spot is not None and not isinstance(case.stated.said, Formula):
        return wrong(case.stated.said, spot, arrays_at(spot), a, np.asarray(found)), defined
    scale = float(np.max(np.abs(np.where(defined, a, 0)), initial=FLOOR))
    scale = max(scale, float(np.max(np.abs(np.where(defined, b, 0)), initial=FLOOR)))
    # A formula may have no value at a point; what computes must have one wherever the layer has.
    lost = np.isfinite(a) & ~np.isfinite(b) if case.formula is None else np.zeros(a.shape, dtype=bool)
    allowed = ROUGH if case.formula is not None else COMPUTED
    with np.errstate(invalid="ignore"):
        return (defined & (np.abs(a - b) > allowed * scale)) | lost, defined


def confirmed(case: Case, spot: Spot) -> tuple[Doubles, Array, tuple[int, ...] | None] | None:
    """The truth, what was found and the first wrong entry (None for a wrong shape), where balls see a difference."""
    if spots(case.layer).is_heavy and case.stated.target.of is None:
        return _confirmed_at_one(case, spot)
    expected = case.expected(spot, exact=True)
    found = case.found(spot, exact=case.formula is not None)
    if expected.shape != found.shape:
        return _shown(expected), found, None
    if case.formula is None:
        different, _ = compared(case, expected, found, spot)
    else:
        with spot.ball.domain.context():
            different = np.asarray(np.frompyfunc(_differ, 2, 1)(expected, found), dtype=bool) & smooth(case, spot)
    if not np.any(different):
        return None
    return _shown(expected), _shown(found), tuple(int(k) for k in np.argwhere(different)[0])


def _confirmed_at_one(case: Case, spot: Spot) -> tuple[Doubles, Array, tuple[int, ...] | None] | None:
    """The same where all entries in balls would cost too much: at the entry that doubles find worst."""
    expected, found = floats(case.expected(spot)), floats(case.found(spot))
    if expected.shape != found.shape:
        return expected, found, None
    different, _ = compared(case, expected, found, spot)
    if not np.any(different):
        return None
    target = case.stated.target
    at = np.unravel_index(int(np.argmax(np.where(different, np.abs(expected - found), -1))), found.shape)
    name = target.by[0].tensor.name
    places = gathered(np.arange(spot.floats.arrays[name].size).reshape(spot.floats.arrays[name].shape), target.by, target, spot)
    true = entry_at(spot.ball, name, int(places[at]))
    if case.formula is None or not true.smooth.all():
        return (expected, found, _place(at)) if case.formula is None else None
    with spot.ball.domain.context():
        wrong = _differ(true.values[0], case.found(spot, exact=True)[at])
    return (expected, found, _place(at)) if wrong else None


def _place(at: Iterable[Any]) -> tuple[int, ...]:
    return tuple(int(k) for k in at)


def smooth(case: Case, spot: Spot) -> Array:
    """Where the derivative exists, as far as the oracle tells: √ has kinks that no table knows."""
    target = case.stated.target
    if target.of is not None:
        return np.ones((), dtype=bool)
    return gathered(spot.gradient(target.by[0].tensor.name).smooth, target.by, target, spot)


def _shown(array: Array) -> Doubles:
    """Doubles; what is the oracle's error and nothing else is 0."""
    values = floats(array)
    return np.where(np.abs(values) < JOINT, 0.0, values) if array.dtype == object else values


def _differ(a: Any, b: Any) -> bool:
    """Whether two balls are finite, and further apart than their radii and the oracle's error; a whole number is one."""
    a, b = (flint.arb(v) if isinstance(v, int) else v for v in (a, b))
    if not (a.is_finite() and b.is_finite()):
        return False
    gap = abs(a - b)
    return bool(float(gap.mid()) - float(gap.rad()) > JOINT + EXACT * max(float(abs(a)), float(abs(b))))


def equal_in_balls(case: Case, spot: Spot) -> bool:
    """Whether balls see no difference, everything being defined."""
    expected, found = case.expected(spot, exact=True), case.found(spot, exact=True)
    with spot.ball.domain.context():
        finite = np.all(spot.ball.domain.finite(expected)) and np.all(spot.ball.domain.finite(found))
        return bool(finite) and not np.any(np.asarray(np.frompyfunc(_differ, 2, 1)(expected, found), dtype=bool))


def signs(case: Case, kink: Kink, spot: Spot) -> set[int]:
    """The sides of a threshold that a spot shows, 0 for the threshold itself; none where it has no value."""
    helpers = case.formula.helpers if case.formula is not None else ()
    try:
        values = floats(said(spot, Formula(kink.of, tuple(indices(kink.of)), helpers), case.known))
    except FAILURES:
        return set()
    return {int(v) for v in np.unique(np.sign(np.where(np.abs(values) < MET, 0.0, values))) if v == v}


def inputs_at(spot: Spot) -> Mapping[str, Array]:
    """The inputs and upstream gradients by name, as a witness shows them."""
    upstream = {} if spot.layer.is_cost else {f"d{n}": a for n, a in spot.point.upstream.items()}
    return {**spot.point.inputs, **upstream}
