"""A gradient beside the forward pass of the same code, where both are run: differences along random directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from symbackprop.verify.case import arrays_at
from symbackprop.verify.source_forward import NOT_OWN, OWN
from symbackprop.verify.source_runs import Runs
from symbackprop.verify.spots import spots
from symbackprop.verify.verdict import Verdict

STEP, DIRECTIONS = 2.0**-10, 2
"""Differences of order 4: their error is about the step to the fourth, 10⁻¹²."""
CLOSE = 1e-6


def beside_its_own(runs: Runs, outputs: Mapping[str, str], name: str, variable: str, verdict: Verdict) -> Iterator[str]:
    """What to say of a gradient where the forward pass that is run isn't the layer's; `outputs` are its results by output."""
    if set(outputs) != {t.name for t in runs.layer.outputs} or verdict.status not in ("refuted", "agrees"):
        return
    try:
        differs, right = _compared(runs, outputs, name, variable)
    except ValueError:
        return
    if differs and right and verdict.status == "refuted":
        yield OWN
    if differs and not right and verdict.holds:
        yield NOT_OWN


def _compared(runs: Runs, outputs: Mapping[str, str], name: str, variable: str) -> tuple[bool, bool]:
    """Whether the forward pass is another one than the layer's, and whether the gradient is its own."""
    differs, random = False, np.random.default_rng(0)
    for spot in spots(runs.layer).fine:
        arrays = arrays_at(spot)
        found = runs.at(arrays)
        if any(np.shape(found[w]) != arrays[o].shape for o, w in outputs.items()):
            return False, False
        differs |= any(not np.allclose(found[w], arrays[o], CLOSE, CLOSE) for o, w in outputs.items())
        gradient = np.asarray(found[name], dtype=np.float64)
        if gradient.shape != arrays[variable].shape:
            return differs, False
        for _ in range(DIRECTIONS):
            direction = random.normal(size=gradient.shape)
            slope = _slope(runs, outputs, arrays, variable, direction)
            if abs(slope - float(np.sum(gradient * direction))) > CLOSE * max(1.0, abs(slope)):
                return differs, False
    return differs, True


def _slope(runs: Runs, outputs: Mapping[str, str], arrays: Mapping[str, Any], variable: str, direction: Any) -> float:
    def cost(step: float) -> float:
        found = runs.at({**arrays, variable: arrays[variable] + step * direction})
        return float(sum(np.sum(arrays.get(f"d{o}", 1.0) * np.asarray(found[w])) for o, w in outputs.items()))

    one, two = (cost(k * STEP) - cost(-k * STEP) for k in (1, 2))
    return (8 * one - two) / (12 * STEP)
