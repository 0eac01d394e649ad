"""How far an answer's entries may be from the true ones: units in the last place × condition × additions.

    tolerance = error of the truth + SAFETY · u · (STEPS + √additions) · scale
    scale     = how much an entry moves, per unit, when every input moves by a few units in its last place

u is the unit round-off of the precision that the answer came in: 2⁻²⁴ for float32, 2⁻⁵³ for float64. Rounding errors
of a sum of n terms grow like √n (Higham & Mary 2019); STEPS stands for the few operations that each term goes through.
The scale is measured on the answer itself, so that both its condition and the round-off that it makes of cancelling
terms are allowed for.
An entry of an answer is never compared with a fixed number: 0 is no answer to 1e-6·x², and NaN agrees with nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symbackprop.language.domains import Array

SAFETY, STEPS = 4.0, 8.0
SAMPLES, UNITS = 4, 4
SHARE = 0.1
"""An entry's scale is at least this share of the largest one: a few samples say little about a single entry."""

Answer = Callable[[Mapping[str, Array]], Mapping[str, Array]]


def unit_round_off(dtype: Any) -> float:
    """u of a floating-point type; what is no float (whole numbers) is taken as float64."""
    kind = np.dtype(dtype)
    return float(np.finfo(kind).eps) / 2 if kind.kind in "fc" else 2.0**-53


def scales(answer: Answer, arrays: Mapping[str, Array], unit: float, fixed: frozenset[str] = frozenset()) -> dict[str, Array]:
    """The scale of every entry that the answer gives, from its change when all arrays (but the fixed) move a little."""
    random, move = np.random.default_rng(1), UNITS * unit
    still = _doubles(answer(arrays))
    squares = {k: np.zeros_like(v) for k, v in still.items()}
    for _ in range(SAMPLES):
        signs = {k: random.choice([-1.0, 1.0], v.shape) for k, v in arrays.items()}
        moved = {k: v if k in fixed else (v * (1 + move * signs[k])).astype(v.dtype) for k, v in arrays.items()}
        for k, v in _doubles(answer(moved)).items():
            squares[k] += ((v - still[k]) / move) ** 2 / SAMPLES
    return {k: _at_least(np.sqrt(s), np.abs(still[k])) for k, s in squares.items()}


def _doubles(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {k: np.asarray(v, dtype=np.float64) for k, v in arrays.items()}


def _at_least(scale: Array, value: Array) -> Array:
    scale = np.where(np.isfinite(scale), scale, 0.0)
    largest = scale.max(initial=0.0)
    return np.asarray(np.maximum(np.maximum(scale, SHARE * largest), np.where(np.isfinite(value), value, 0.0)))


def tolerance(true: Array, errors: Array | float, scale: Array, unit: float, additions: int) -> Array:
    """The allowed distance of every entry from the true one."""
    bound = SAFETY * unit * (STEPS + np.sqrt(additions)) * np.maximum(scale, np.abs(true))
    return np.asarray(errors + bound)


def differs(true: Array, found: Array, allowed: Array) -> npt.NDArray[np.bool_]:
    """Which entries are wrong; what isn't finite is always wrong where the truth is finite."""
    with np.errstate(all="ignore"):
        far = ~(np.abs(found - true) <= allowed)
    return np.asarray(np.isfinite(true) & far, dtype=bool)


# ---- naming wrong entries


def entries(symbol: str, wrong: npt.NDArray[np.bool_]) -> str:
    """The wrong entries in words: dW[2,0]; column 3 of dW; every entry of dW; dW[0,1], dW[2,2] and 5 more."""
    places = np.argwhere(wrong)
    if wrong.ndim == 0:
        return symbol
    if len(places) == wrong.size and wrong.size > 1:
        return f"every entry of {symbol}"
    if len(places) > 1 and (whole := _slice(wrong)) is not None:
        return f"{whole} of {symbol}"
    named = [f"{symbol}[{','.join(str(int(k)) for k in place)}]" for place in places[:4]]
    return ", ".join(named) + (f" and {len(places) - 4} more" if len(places) > 4 else "")


def _slice(wrong: npt.NDArray[np.bool_]) -> str | None:
    """The slice that the wrong entries fill: a row, a column, a place of one axis."""
    for axis in range(wrong.ndim if wrong.ndim > 1 else 0):
        others = tuple(k for k in range(wrong.ndim) if k != axis)
        whole, some = np.atleast_1d(wrong.all(axis=others)), np.atleast_1d(wrong.any(axis=others))
        if np.array_equal(whole, some) and 0 < whole.sum() < len(whole):
            numbers = ", ".join(str(int(k)) for k in np.flatnonzero(whole)[:6])
            word = ("row", "column")[axis] if wrong.ndim == 2 else f"place on axis {axis}"
            return f"{word}{'s' if whole.sum() > 1 else ''} {numbers}{', ...' if whole.sum() > 6 else ''}"
    return None
