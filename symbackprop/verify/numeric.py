"""The gradient of a function that is only there to be called: differences, with a bound on their error.

    ∂C/∂v[e],  C = Σ upstream · outputs
    tangents        every entry at once through functions of NumPy: see `tangents`; error about 10⁻¹⁶
    complex step    Im C(v + i h 1ₑ)/h, h = 10⁻²⁰⁰: no cancellation, error about 10⁻¹⁶
    Ridders         (C(v + h 1ₑ) − C(v − h 1ₑ))/2h for h, h/2, h/4, ..., extrapolated to h = 0; every entry of the
                    extrapolation carries the round-off of what it was made of, and the one with the least bound is taken

The complex step is used where it is seen to be right: the function takes complex arrays, gives complex ones, and along
a random direction every output changes as it says. Where extrapolation does not converge a kink may lie within the step: the
step is shrunk until none does. Where the two sides still differ the point itself is a kink.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from symbackprop.language.domains import Array
from symbackprop.verify.tangents import Tangent

Function = Callable[[Mapping[str, Array]], Mapping[str, Any]]
"""A function of named arrays that gives named arrays."""
Method = Literal["tangents", "complex step", "Ridders"]

STEP = 1e-200
LEVELS, SHRINKINGS, SHRINK = 6, 5, 1 / 32
CONVERGED = 1e-6
"""Extrapolation with a relative bound below this has converged; else the step is shrunk."""
PLAIN = 1e-4
"""A plain difference that says what the complex step says, to this part, says that the step went through."""
CHUNK = 200_000
"""At most about so many numbers of one array are carried at once."""
UNIT = 2.0**-53


@dataclass(frozen=True)
class Difference:
    """The entries of a gradient, a bound on the error of each, and how they were found; `smooth` is False at a kink."""

    values: Array
    errors: Array
    method: Method
    smooth: Array


@dataclass(frozen=True)
class Weighted:
    """The cost C = Σ upstream · outputs of a function of arrays, as differences of its outputs."""

    function: Function
    arrays: Mapping[str, Array]
    upstream: Mapping[str, Array]

    def outputs(self, moves: Mapping[str, Array]) -> Array:
        """Every output, weighted by its upstream gradient, in a row; the arrays are moved first."""
        given = {k: v.copy() for k, v in self.arrays.items()}
        for name, move in moves.items():
            given[name] = given[name] + move
        found = self.function(given)
        return np.concatenate([np.ravel(np.asarray(found[k]) * w) for k, w in self.upstream.items()])


def differences(
    function: Function, arrays: Mapping[str, Array], upstream: Mapping[str, Array], names: Iterable[str]
) -> dict[str, Difference]:
    """∂/∂v Σ upstream · outputs of a function of arrays, every entry, for the variables of these names."""
    cost, wanted = Weighted(function, arrays, upstream), tuple(names)
    with np.errstate(all="ignore"):
        if (found := _carried(cost, wanted)) is not None:
            return found
        if is_analytic(cost, wanted):
            return {name: _complex(cost, name) for name in wanted}
        return {name: _extrapolated(cost, name) for name in wanted}


def directional(
    function: Function,
    arrays: Mapping[str, Array],
    upstream: Mapping[str, Array],
    directions: Iterable[Mapping[str, Array]],
) -> tuple[Array, Array]:
    """The derivatives of Σ upstream · outputs along directions, each a move of every variable, and bounds of their errors."""
    cost, moves = Weighted(function, arrays, upstream), tuple(directions)
    with np.errstate(all="ignore"):
        if is_analytic(cost, tuple(moves[0])):
            with _complex_kept():
                found = [cost.outputs({k: 1j * STEP * m for k, m in d.items()}).imag / STEP for d in moves]
            return np.array([f.sum() for f in found]), np.array([_round_off(f) for f in found])
        pairs = [ridders(cost, d) for d in moves]
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


# Tangents


def _carried(cost: Weighted, names: tuple[str, ...]) -> dict[str, Difference] | None:
    """Every entry by tangents; None where the function doesn't carry them, or a plain difference says otherwise."""
    random = np.random.default_rng(len(names))
    direction = {k: random.uniform(0.5, 1, cost.arrays[k].shape) * _signs(random, cost.arrays[k]) for k in names}
    for whole in (False, True):
        try:
            along = _slopes(cost, {k: d[None] for k, d in direction.items()}, whole)[0]
            found = {k: _entries(cost, k, whole) for k in names} if _confirmed(cost, direction, along) else {}
        except Exception:  # whatever the function raises, it does not take such arrays
            continue
        total = sum(float((d.values * direction[k]).sum()) for k, d in found.items())
        if found and abs(total - along.sum()) <= PLAIN * np.abs(along).sum():
            return found
    return None


def _slopes(cost: Weighted, moves: Mapping[str, Array], whole: bool) -> Array:
    """The changes of every output, weighted, in a row for each move.

    `whole` makes every array one that carries moves, for functions that write into one what another moves.
    """
    count = len(next(iter(moves.values())))
    given: dict[str, Any] = {k: v.copy() for k, v in cost.arrays.items()}
    for name, array in cost.arrays.items():
        if name in moves:
            given[name] = Tangent(given[name], moves[name])
        elif whole and array.dtype.kind == "f":
            given[name] = Tangent(given[name], np.zeros((count, *array.shape)))
    found: Mapping[str, Any] = cost.function(given)
    rows = [_row(found[k], w, count) for k, w in cost.upstream.items()]
    return np.concatenate(rows, axis=1)


def _row(output: Any, weight: Array, count: int) -> Array:
    moves = output.moves if isinstance(output, Tangent) else np.zeros((count, *np.shape(output)))
    return np.asarray((moves * weight).reshape(count, -1))


def _entries(cost: Weighted, name: str, whole: bool) -> Difference:
    array = cost.arrays[name]
    chunk = max(1, CHUNK // max(1, *(a.size for a in (array, *cost.upstream.values()))))
    values, errors = np.zeros(array.size), np.zeros(array.size)
    for start in range(0, array.size, chunk):
        entries = range(start, min(start + chunk, array.size))
        moves = np.zeros((len(entries), array.size))
        moves[np.arange(len(entries)), entries] = 1.0
        slopes = _slopes(cost, {name: moves.reshape(-1, *array.shape)}, whole)
        values[entries], errors[entries] = slopes.sum(axis=1), UNIT * np.sqrt(slopes.shape[1]) * np.abs(slopes).sum(axis=1)
    return Difference(values.reshape(array.shape), errors.reshape(array.shape), "tangents", np.ones(array.shape, dtype=bool))


# Complex step


def is_analytic(cost: Weighted, names: tuple[str, ...]) -> bool:
    """Whether the complex step is right along a random direction: the function keeps it, and plain differences agree."""
    random = np.random.default_rng(len(names))
    direction = {k: random.uniform(0.5, 1, cost.arrays[k].shape) * _signs(random, cost.arrays[k]) for k in names}
    try:
        with _complex_kept():
            found = cost.outputs({k: 1j * STEP * d for k, d in direction.items()})
    except Exception:  # whatever the function raises, it does not take complex numbers
        return False
    return np.iscomplexobj(found) and _confirmed(cost, direction, found.imag / STEP)


def _confirmed(cost: Weighted, direction: Mapping[str, Array], slopes: Array) -> bool:
    """Whether plain differences of every output say the same along a direction."""
    near = PLAIN * (np.abs(slopes) + np.sqrt(np.mean(np.square(slopes))))
    agrees = np.zeros(slopes.shape, dtype=bool)
    for h in (1e-5, 1e-6, 1e-7):  # a kink within one step is hardly within both
        up, down = (cost.outputs({k: s * d for k, d in direction.items()}) for s in (h, -h))
        agrees |= np.abs((up - down) / (2 * h) - slopes) <= near + 16 * UNIT * float(np.abs(up).max()) / h
    return bool(agrees.all())


def _signs(random: np.random.Generator, array: Array) -> Array:
    return np.asarray(random.choice([-1.0, 1.0], array.shape))


def _complex_kept() -> Any:
    """A context in which dropping an imaginary part is an error and not a warning."""
    caught = warnings.catch_warnings()
    caught.__enter__()
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", np.exceptions.ComplexWarning)
    return _Leaving(caught)


@dataclass
class _Leaving:
    caught: Any

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self.caught.__exit__()


def _complex(cost: Weighted, name: str) -> Difference:
    shape = cost.arrays[name].shape
    values, errors = np.zeros(shape), np.zeros(shape)
    # Every array is complex: a function may write into one what another moves.
    arrays = {k: v.astype(np.complex128) if v.dtype.kind == "f" else v.copy() for k, v in cost.arrays.items()}
    moved = arrays[name]
    with _complex_kept():
        for place in np.ndindex(shape):
            moved[place] += STEP * 1j
            found = Weighted(cost.function, arrays, cost.upstream).outputs({}).imag / STEP
            moved[place] = moved[place].real
            values[place], errors[place] = found.sum(), _round_off(found)
    return Difference(values, errors, "complex step", np.ones(shape, dtype=bool))


def _round_off(slopes: Array) -> float:
    return float(UNIT * np.sqrt(slopes.size) * np.abs(slopes).sum())


# Ridders


def _extrapolated(cost: Weighted, name: str) -> Difference:
    shape = cost.arrays[name].shape
    values, errors, smooth = np.zeros(shape), np.zeros(shape), np.ones(shape, dtype=bool)
    for place in np.ndindex(shape):
        move = np.zeros(shape)
        move[place] = 1.0
        values[place], errors[place], smooth[place] = ridders(cost, {name: move})
    return Difference(values, errors, "Ridders", smooth)


def ridders(cost: Weighted, direction: Mapping[str, Array]) -> tuple[float, float, bool]:
    """The derivative along a direction, a bound on its error, and whether both sides agree (Ridders 1982)."""
    still = cost.outputs({})
    noise = _noise(still)
    first = 2.0**-6 * max([1e-2, *(float(np.abs(cost.arrays[k]).max(initial=0)) for k in direction)])
    best = (np.nan, np.inf)
    for _ in range(SHRINKINGS):
        value, error = _tableau(cost, direction, first, noise)
        best = min(best, (value, error), key=lambda pair: pair[1])
        if best[1] <= CONVERGED * abs(best[0]):
            break
        first *= SHRINK
    return best[0], best[1], not _jumps(cost, direction, still, noise)


def _noise(weighted: Array) -> float:
    """A bound of the round-off in Σ upstream · outputs: some units in the last place of each output, as they add up."""
    unit = float(np.finfo(weighted.dtype).eps) if weighted.dtype.kind == "f" else 2 * UNIT
    return float(8 * unit * np.sqrt(np.sum(np.square(np.abs(weighted), dtype=np.float64))))


def _tableau(cost: Weighted, direction: Mapping[str, Array], first: float, noise: float) -> tuple[float, float]:
    """Neville's extrapolation of central differences; bounds include the round-off propagated through it."""
    best = (np.nan, np.inf)
    row: list[tuple[float, float]] = []
    for level in range(LEVELS):
        h = first * 2.0**-level
        change = cost.outputs({k: h * d for k, d in direction.items()})
        change = change - cost.outputs({k: -h * d for k, d in direction.items()})
        new = [(float(change.sum(dtype=np.float64)) / (2 * h), noise / h)]
        for m, (value, rounding) in enumerate(row, 1):
            better = (4.0**m * new[-1][0] - value) / (4.0**m - 1)
            carried = (4.0**m * new[-1][1] + rounding) / (4.0**m - 1)
            error = max(abs(better - new[-1][0]), abs(better - value)) + carried
            new.append((better, carried))
            if error < best[1]:
                best = (better, error)
        row = new
    return best


def _jumps(cost: Weighted, direction: Mapping[str, Array], still: Array, noise: float) -> bool:
    """Whether the one-sided quotients differ by something that does not shrink with the step: a kink."""
    bends = []
    for h in (2.0**-14, 2.0**-18):
        up = cost.outputs({k: h * d for k, d in direction.items()})
        down = cost.outputs({k: -h * d for k, d in direction.items()})
        bends.append(abs(float((up - 2 * still + down).sum())) / h)
    return bends[1] > max(bends[0] / 4, 8 * noise / 2.0**-18)
