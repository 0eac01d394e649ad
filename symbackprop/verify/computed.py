"""Which entries of what a function computes are wrong at a spot: round-off is allowed for, measured where it matters.

See `tolerance`. An answer that comes in float32 is allowed the round-off of float32, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symbackprop.language.domains import Array
from symbackprop.verify.answers import Computed
from symbackprop.verify.kinks import Doubles
from symbackprop.verify.spots import Spot
from symbackprop.verify.tolerance import differs, scales, tolerance, unit_round_off

PLAIN = 1e-3
"""What is further off than this, measured by the largest entry, is wrong without measuring."""
TRUTH, FLOOR = 1e-15, 64.0
"""The relative error of the truth in doubles; units of round-off that stand for numbers which cancel."""


def wrong(said: Computed, spot: Spot, arrays: Mapping[str, Any], true: Doubles, found: Array) -> npt.NDArray[np.bool_]:
    """The entries that are too far from the true ones; `arrays` is what the answer was given."""
    values = np.asarray(found, dtype=np.float64)
    if found.dtype.kind not in "fiub":
        return np.ones(true.shape, dtype=bool)
    unit = unit_round_off(found.dtype)
    largest = float(np.max(np.abs(true[np.isfinite(true)]), initial=0))
    errors = TRUTH * largest + FLOOR * unit * _size(arrays)
    count = max((np.size(a) for a in arrays.values()), default=1)
    far = differs(true, values, tolerance(true, errors, np.abs(true), unit, count))
    with np.errstate(invalid="ignore"):
        plainly = far & ~(np.abs(values - true) <= PLAIN * largest)
    if not np.any(far) or np.any(plainly):
        return far
    return differs(true, values, tolerance(true, errors, _scale(said, spot, arrays, unit, true.shape), unit, count))


def _size(arrays: Mapping[str, Any]) -> float:
    """About the largest product of an upstream gradient and a number that it may be multiplied by."""
    floats = [float(np.max(np.abs(a), initial=0)) for a in map(np.asarray, arrays.values()) if a.dtype.kind == "f"]
    return max([1.0, *(f for f in floats if np.isfinite(f))])


def _scale(said: Computed, spot: Spot, arrays: Mapping[str, Any], unit: float, shape: tuple[int, ...]) -> Array:
    """How much the answer's entries move when what it is given moves a little."""
    key = ("scale", said, unit)
    if key not in spot.truths:
        discrete = {n for n, t in spot.layer.tensors.items() if t.is_integer_valued or t.values} | {d.name for d in spot.layer.sizes}
        given = {k: np.asarray(v) for k, v in arrays.items()}
        with np.errstate(all="ignore"):
            moved = scales(lambda a: {"": np.asarray(said.values(dict(a)))}, given, unit, frozenset(discrete))
        spot.truths[key] = np.broadcast_to(moved[""], shape)
    found: Array = spot.truths[key]
    return found
