"""A forward and a backward pass at one point: the truth there, what the backward pass gives, and which entries are wrong.

The truth comes from the layer's own equations where there are any, else from differences of the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbackprop.language.domains import Array
from symbackprop.language.values import extent
from symbackprop.layer import Layer
from symbackprop.verify.callables import Pair, Run, run
from symbackprop.verify.kinks import met
from symbackprop.verify.numeric import differences
from symbackprop.verify.points import Point
from symbackprop.verify.spots import Spot
from symbackprop.verify.sweep import swept
from symbackprop.verify.tolerance import differs, scales, tolerance, unit_round_off

WAYS = 9
FLOOR = 256.0
"""So many units of round-off of the upstream gradients and inputs are taken for nothing."""


@dataclass(frozen=True, eq=False)
class Case:
    """Sizes, inputs and upstream gradients in doubles, and callables for unspecified functions."""

    sizes: Mapping[str, int]
    inputs: Mapping[str, Array]
    upstream: Mapping[str, Array]
    functions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> dict[str, Array]:
        """The inputs and upstream gradients by name."""
        return {**self.inputs, **{f"d{k}": v for k, v in self.upstream.items()}}


@dataclass(frozen=True)
class Truth:
    """A true gradient, a bound on the error of each entry, and how it was found."""

    values: Array
    errors: Array | float
    method: str


@dataclass(frozen=True)
class Found:
    """A gradient beside the truth: which entries are wrong, None where the shape is."""

    expected: Array
    found: Array
    wrong: npt.NDArray[np.bool_] | None

    @property
    def fails(self) -> bool:
        """Whether shape or an entry is wrong."""
        return self.wrong is None or bool(self.wrong.any())

    @property
    def at(self) -> tuple[int, ...] | None:
        """The wrong entry that is furthest off, None where the shape is wrong or nothing is."""
        if self.wrong is None or not self.wrong.any():
            return None
        with np.errstate(all="ignore"):
            far = np.where(self.wrong, np.nan_to_num(np.abs(self.found - self.expected), nan=np.inf, posinf=np.inf), -1.0)
        return tuple(int(k) for k in np.unravel_index(int(np.argmax(far)), far.shape))


@dataclass(frozen=True, eq=False)
class Subject:
    """What is judged: a pair of passes, as the passes of a layer; one without equations has its signature alone.

    `dtype` is the precision of the arrays that the passes are given.
    """

    layer: Layer
    pair: Pair
    dtype: Any = np.float64

    @property
    def stated(self) -> bool:
        """Whether the layer's equations are known."""
        return bool(self.layer.equations)

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs whose gradients are judged."""
        return self.pair.names


def case_of(point: Point) -> Case:
    """A test point in doubles."""
    return Case(
        point.sizes,
        {k: _doubles(v) for k, v in point.inputs.items()},
        {k: _doubles(v) for k, v in point.upstream.items()},
        point.functions,
    )


def _doubles(array: Array) -> Array:
    a = np.asarray(array)
    return a if a.dtype.kind in "iu" else a.astype(np.float64)


def true_gradients(subject: Subject, case: Case, *, own: bool = False) -> dict[str, Truth]:
    """The true gradients, of the layer where it is stated, of the forward pass where it isn't or where `own` is wanted."""
    if subject.stated and not own:
        return _by_equations(subject, case)[1]
    assert subject.pair.forward is not None
    found = differences(subject.pair.forward, case.inputs, case.upstream, subject.names)
    return {k: Truth(d.values, d.errors, d.method) for k, d in found.items()}


def _by_equations(subject: Subject, case: Case) -> tuple[dict[str, Array], dict[str, Truth]]:
    given = {**case.sizes, **case.functions, **case.inputs}
    outputs, found = swept(subject.layer, given, None if subject.layer.is_cost else case.upstream, subject.names)
    return outputs, {k: Truth(v, 0.0, "complex step") for k, v in found.items()}


def given(subject: Subject, case: Case) -> Case:
    """The case with its numbers in the precision of the subject, back in doubles: what both sides are asked about."""
    return replace(
        case,
        inputs={k: _rounded(v, subject.dtype) for k, v in case.inputs.items()},
        upstream={k: _rounded(v, subject.dtype) for k, v in case.upstream.items()},
    )


def _rounded(array: Array, dtype: Any) -> Array:
    return array if array.dtype.kind in "iu" else array.astype(dtype).astype(np.float64)


def _in(arrays: Mapping[str, Array], dtype: Any) -> dict[str, Array]:
    return {k: v if v.dtype.kind in "iu" else v.astype(dtype) for k, v in arrays.items()}


def answered(subject: Subject, case: Case) -> Run:
    """What the backward pass gives at the case, in the precision of the subject."""
    with np.errstate(all="ignore"):
        return run(subject.pair, _in(case.inputs, subject.dtype), _in(case.upstream, subject.dtype))


def compared(subject: Subject, case: Case, made: Run, truths: Mapping[str, Truth]) -> dict[str, Found]:
    """Every gradient beside the true one. Its scale is measured only where the plain tolerance doesn't suffice."""
    found = {k: _beside(subject, case, k, made, truths[k], np.abs(truths[k].values)) for k in made.gradients}
    if not any(f.wrong is not None and f.fails for f in found.values()):
        return found
    units = [unit_round_off(np.asarray(g).dtype) for g in made.gradients.values()]
    measured = _scales(subject, case, max([*units, unit_round_off(subject.dtype)]))
    return {k: _beside(subject, case, k, made, truths[k], measured[k]) if f.fails else f for k, f in found.items()}


def _beside(subject: Subject, case: Case, name: str, made: Run, truth: Truth, scale: Array) -> Found:
    found = np.asarray(made.gradients[name])
    if found.shape != truth.values.shape:
        return Found(truth.values, found, None)
    if found.dtype.kind not in "fiub":
        return Found(truth.values, found, np.ones(found.shape, dtype=bool))
    unit = unit_of(subject, found)
    errors = truth.errors + floor(case, unit)
    allowed = tolerance(truth.values, errors, scale, unit, additions(subject.layer, name, case.sizes))
    return Found(truth.values, found, differs(truth.values, found.astype(np.float64), allowed))


def unit_of(subject: Subject, found: Array) -> float:
    """The round-off of the precision that an answer was asked for and came in, the coarser of the two."""
    return max(unit_round_off(found.dtype), unit_round_off(subject.dtype))


def floor(case: Case, unit: float) -> float:
    """Below this a number of the size of the upstream gradients and inputs can't be told from 0: 1 − p where p is nearly 1."""
    largest = [float(np.abs(v).max(initial=0)) for v in case.upstream.values()]
    inputs = [float(np.abs(v).max(initial=0)) for v in case.inputs.values() if v.dtype.kind == "f"]
    return FLOOR * unit * max(largest, default=1.0) * max([1.0, *inputs])


def _scales(subject: Subject, case: Case, unit: float) -> dict[str, Array]:
    names = tuple(case.inputs)
    fixed = frozenset(k for k in case.inputs if _is_fixed(subject.layer, k))

    def answer(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
        above = {k[1:]: v for k, v in arrays.items() if k not in names}
        return subject.pair.backward({k: arrays[k].copy() for k in names}, {k: v.copy() for k, v in above.items()})

    with np.errstate(all="ignore"):
        return scales(answer, _in(case.shown, subject.dtype), unit, fixed)


def _is_fixed(layer: Layer, name: str) -> bool:
    t = next(t for t in layer.inputs if t.name == name)
    return t.is_integer_valued or bool(t.values)


def additions(layer: Layer, name: str, sizes: Mapping[str, int]) -> int:
    """About how many numbers are added up in an entry of a gradient: the places of all sizes that the variable lacks."""
    own = next(t for t in layer.inputs if t.name == name)
    others = [d for d in layer.sizes if d not in own.sizes]
    return min(int(np.prod([extent(d, sizes) for d in others])), 10**6)


# ---- the forward pass itself


def forward_beside(subject: Subject, case: Case) -> dict[str, Found]:
    """The outputs of the user's forward pass beside what the equations say."""
    if subject.pair.forward is None or not subject.stated:
        return {}
    expected, _ = _by_equations(subject, case)
    with np.errstate(all="ignore"):
        found = subject.pair.forward(_in(case.inputs, subject.dtype))
        doubles = {k: np.asarray(v) for k, v in subject.pair.forward(_in(case.inputs, np.float64)).items()}
    return {k: _output(subject, expected[k], np.asarray(v), doubles[k], case) for k, v in found.items()}


def _output(subject: Subject, expected: Array, found: Array, doubles: Array, case: Case) -> Found:
    if found.shape != expected.shape:
        return Found(expected, found, None)
    largest = max([float(np.abs(v).max(initial=0)) for v in case.inputs.values()] + [float(np.abs(expected).max(initial=0))])
    count = max(v.size for v in case.inputs.values()) if case.inputs else 1
    unit = unit_round_off(found.dtype)
    allowed = tolerance(expected, 0.0, np.full(expected.shape, largest), unit, count) * 4
    exact = tolerance(expected, 0.0, np.full(expected.shape, largest), unit_round_off(doubles.dtype), count) * 4
    return Found(expected, found, differs(expected, found, allowed) | differs(expected, doubles, exact))


# ---- kinks

Side = Literal["smooth", "subgradient", "entrywise", "outside", "undefined"]


def beside_kink(subject: Subject, case: Case) -> dict[str, tuple[Array, Array]] | None:
    """The gradients' limits from two sides, where there are no more than two; None where one is not finite.

    The equations tell how many kinks are met. Where they aren't known limits are taken along random ways, both ways each:
    two kinks at once have four, and are seen to with 2⁻⁹ left to chance.
    """
    random = np.random.default_rng(3)
    first = _both(subject, case, random)
    if first is None or (subject.stated and _kinks(subject, case) > 1):
        return None
    for _ in range(0 if subject.stated else WAYS):
        if all(_near(*pair, subject, case) for pair in first.values()):
            return first
        other = _both(subject, case, random)
        if other is None or not all(
            _near(v, first[k][0], subject, case) or _near(v, first[k][1], subject, case) for k in first for v in other[k]
        ):
            return None
    return first


def _kinks(subject: Subject, case: Case) -> int:
    spot = Spot(subject.layer, Point("grid", case.sizes, case.inputs, case.upstream, case.functions))
    return sum(n for _, n in met(subject.layer, spot))


def _both(subject: Subject, case: Case, random: np.random.Generator) -> dict[str, tuple[Array, Array]] | None:
    """The gradients a little aside of the case, along a random way and against it; None if one is not finite."""
    up, down = _limits(subject, case, random)
    finite = all(np.all(np.isfinite(v)) for v in (*up.values(), *down.values()))
    return {k: (up[k], down[k]) for k in subject.names} if finite else None


def _limits(subject: Subject, case: Case, random: np.random.Generator) -> list[dict[str, Array]]:
    away = 2.0**-40 if subject.stated else 2.0**-12
    way = {k: random.uniform(0.5, 1, v.shape) * random.choice([-1.0, 1.0], v.shape) for k, v in case.inputs.items()}
    found = (true_gradients(subject, _aside(subject, case, way, step)) for step in (away, -away))
    return [{k: t.values for k, t in f.items()} for f in found]


def _aside(subject: Subject, case: Case, way: Mapping[str, Array], step: float) -> Case:
    moved = {}
    for t in subject.layer.inputs:
        array = case.inputs[t.name]
        if t.is_integer_valued or t.values:
            moved[t.name] = array
        else:
            move = step * way[t.name]
            sign = {"nonnegative": 1, "positive": 1, "nonpositive": -1, "negative": -1}.get(t.sign)
            moved[t.name] = array + (move if sign is None else sign * np.abs(move))
    return replace(case, inputs=moved)


def _close(subject: Subject) -> float:
    return 1e-9 if subject.stated else 2e-2


def _near(a: Array, b: Array, subject: Subject, case: Case) -> bool:
    return bool(np.all(np.abs(a - b) <= _nearness(a, b, subject, case)))


def _nearness(a: Array, b: Array, subject: Subject, case: Case) -> float:
    scale = max(float(np.abs(a).max(initial=0)), float(np.abs(b).max(initial=0)))
    return _close(subject) * scale + floor(case, 2.0**-53 if subject.stated else 2.0**-33)


def nearest(found: Array, left: Array, right: Array) -> Array:
    """The point of the segment from left to right that is nearest to a gradient."""
    way = (right - left).ravel()
    length = float(way @ way)
    part = min(1.0, max(0.0, float((found - left).ravel() @ way) / length)) if length else 0.0
    return np.asarray(left + part * (right - left))


def side(found: Array, left: Array, right: Array, subject: Subject, case: Case) -> Side:
    """Where a gradient lies at a kink: between its limits on both sides, at least entry by entry, or outside.

    `undefined` is one that isn't finite at a kink; where the derivative exists it is outside.
    """
    if found.shape != left.shape:
        return "outside"
    if _near(left, right, subject, case):
        return "smooth" if _near(found, left, subject, case) else "outside"
    if not np.all(np.isfinite(found)):
        return "undefined"
    near = _nearness(left, right, subject, case)
    if np.all(np.abs(found - nearest(found, left, right)) <= near):
        return "subgradient"
    between = np.all((np.minimum(left, right) - near <= found) & (found <= np.maximum(left, right) + near))
    return "entrywise" if between else "outside"
