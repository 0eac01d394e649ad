"""The smallest case that shows an answer wrong: small sizes first, small whole numbers, then as many zeros as it bears."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import numpy as np

from symbackprop.language.domains import Array
from symbackprop.verify.assumed import bounds, holds
from symbackprop.verify.case import FAILURES, Case, compared, confirmed, inputs_at
from symbackprop.verify.kinks import met
from symbackprop.verify.points import mentions_tensor
from symbackprop.verify.spots import Spot, is_allowed, spots
from symbackprop.verify.verdict import Witness

LOOKED_AT, TRIES = 80, 16


def smallest(case: Case, spot: Spot) -> tuple[Spot, Witness]:
    """The smallest spot that was found at which balls confirm the difference, with the witness there.

    `spot` is one at which they do.
    """
    known = spots(case.layer)
    for small in islice(known.small(), 2 if known.is_heavy else LOOKED_AT):
        if differs(case, small) and (shown := witness_at(case, small)) is not None:
            shrunk = small if known.is_heavy else _shrunk(case, small)
            found = witness_at(case, shrunk) if shrunk is not small else None
            return (shrunk, found) if found is not None else (small, shown)
    shown = witness_at(case, spot)
    assert shown is not None
    return spot, shown


def differs(case: Case, spot: Spot) -> bool:
    """Whether doubles see a difference at a spot without kinks."""
    try:
        return not met(case.layer, spot) and bool(np.any(compared(case, case.expected(spot), case.found(spot), spot)[0]))
    except FAILURES:
        return False


def witness_at(case: Case, spot: Spot) -> Witness | None:
    """The witness at a spot, None where balls see no difference."""
    try:
        found = confirmed(case, spot)
    except FAILURES:
        return None
    return None if found is None else Witness.of(spot.point.sizes, dict(inputs_at(spot)), *found)


def _shrunk(case: Case, spot: Spot) -> Spot:
    """The spot with entries set to 0, else 1, as long as the difference stays."""
    for moved in islice(_simpler(case, spot), 1000):
        if moved is None:
            break
        spot = moved
    return spot


def _simpler(case: Case, spot: Spot) -> Iterator[Spot | None]:
    tries = 0
    arrays = [("input", t.name) for t in case.layer.inputs if t.below is None]
    arrays += [] if case.layer.is_cost else [("upstream", t.name) for t in case.layer.outputs]
    for kind, name in arrays:
        array = spot.point.inputs[name] if kind == "input" else spot.point.upstream[name]
        for place in np.ndindex(array.shape):
            for value in (Fraction(0), Fraction(1)):
                here = (spot.point.inputs if kind == "input" else spot.point.upstream)[name]
                if here[place] in (0, value):
                    break
                tries += 1
                if tries > TRIES:
                    return
                made = _with(spot, kind, name, place, value)
                if _is_allowed(case, made, name, value, kind) and differs(case, made):
                    spot = made
                    yield spot
                    break


def _with(spot: Spot, kind: str, name: str, place: tuple[int, ...], value: Fraction) -> Spot:
    array: Array = np.array((spot.point.inputs if kind == "input" else spot.point.upstream)[name], dtype=object)
    array[place] = value
    if kind == "input":
        return spot.moved({name: array})
    return spot.moved({}, {**spot.point.upstream, name: array})


def _is_allowed(case: Case, spot: Spot, name: str, value: Fraction, kind: str) -> bool:
    if kind == "upstream":
        return True
    t = case.layer.tensors[name]
    if t.values and value not in [Fraction(int(v.p), int(v.q)) for v in t.values]:
        return False
    assumed = [a for a in case.layer.assumptions if mentions_tensor(a.left) or mentions_tensor(a.right)]
    inside = is_allowed(value, t, *bounds(t, case.layer.assumptions))
    return inside and all(holds(a, spot.point.inputs, spot.point.sizes) for a in assumed) and spot.is_defined
