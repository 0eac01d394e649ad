"""Places where two kinks are met at once: the gradient has up to four limits there, one for each side of each kink.

A value is a subgradient where it lies in the convex hull of the limits (Clarke's subdifferential). The limits are
found by leaving the point in random directions; a value is outside only where it is beyond all of them in some entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, combinations, islice

import numpy as np

from symbackprop.layer import Layer
from symbackprop.verify.answers import Target
from symbackprop.verify.kinks import CLOSE, LOOKED_AT, Doubles, Kink, Membership, beside, has_kinks, met
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.truths import Known

DIRECTIONS, EACH, MOST = 8, 4, 12
"""Directions, each taken both ways, in which a point is left; spots for each pair of kinks, and in all."""


@lru_cache(maxsize=128)
def joints(layer: Layer) -> tuple[Spot, ...]:
    """Small spots of a layer that meet two kinks, a few for each pair."""
    return tuple(islice(_joints(layer), MOST)) if has_kinks(layer) else ()


def _joints(layer: Layer) -> Iterator[Spot]:
    seen: Counter[frozenset[Kink]] = Counter()
    for spot in chain(islice(spots(layer).small(), LOOKED_AT), spots(layer).grid()):
        if is_joint(layer, spot):
            pair = frozenset(k for k, _ in met(layer, spot))
            seen[pair] += 1
            if seen[pair] <= EACH:
                yield spot


def is_joint(layer: Layer, spot: Spot) -> bool:
    """Whether two kinks are met, or one twice."""
    return sum(n for _, n in met(layer, spot)) == 2


def limits(spot: Spot, target: Target, known: Known) -> tuple[Doubles, ...]:
    """The distinct limits of the true value; fewer than there are where a direction leads to no value."""
    key = ("limits", target, known.local)
    if key not in spot.truths:
        spot.truths[key] = _limits(spot, target, known)
    found: tuple[Doubles, ...] = spot.truths[key]
    return found


def _limits(spot: Spot, target: Target, known: Known) -> tuple[Doubles, ...]:
    found: list[Doubles] = []
    for direction in range(DIRECTIONS):
        for sign in (1, -1):
            try:
                made = beside(spot, target, known, direction, sign)
            except (ValueError, ArithmeticError):
                continue
            if np.all(np.isfinite(made)) and not any(np.allclose(made, other, CLOSE, CLOSE) for other in found):
                found.append(made)
    return tuple(found)


def place(value: Doubles, corners: Sequence[Doubles]) -> Membership:
    """Where a value lies: in the hull of the corners, at least entry by entry between them, or outside."""
    scale = max(1.0, *(float(np.max(np.abs(c), initial=0)) for c in corners))
    low, high = np.min(corners, axis=0) - CLOSE * scale, np.max(corners, axis=0) + CLOSE * scale
    if not np.all((low <= value) & (value <= high)):
        return "outside"
    return "subgradient" if _in_hull(value.ravel(), [c.ravel() for c in corners], CLOSE * scale) else "entrywise"


def _in_hull(value: Doubles, corners: list[Doubles], close: float) -> bool:
    # Some of the corners have the point as a mean with weights ≥ 0 (Carathéodory); there are few corners.
    for count in range(1, len(corners) + 1):
        for chosen in combinations(corners, count):
            system = np.vstack([np.column_stack(chosen), np.ones(count)])
            weights, *_ = np.linalg.lstsq(system, np.append(value, 1.0), rcond=None)
            if np.all(weights >= -CLOSE) and np.all(np.abs(system @ weights - np.append(value, 1.0)) <= 10 * close):
                return True
    return False
