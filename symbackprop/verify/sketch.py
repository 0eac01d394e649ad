"""The fast check of a gradient along random directions, and the search for the entries that make it fail.

    g · v  =  d/dt C(x + t v) at t = 0,  v of independent standard normal entries, a few times

If an error of size e sits in one entry (or of norm e in many) and each comparison has the tolerance τ, all of k
directions miss it with probability at most (√(2/π) τ/e)ᵏ, because the error's product with v is normal with
deviation e. Wrong entries are located by few more directions: entries fall into buckets, and in a bucket that fails the
directions that keep only the entries whose number has bit b tell, bit by bit, which entry it is. A bucket with two
wrong entries contradicts itself and is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2, pi, prod, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from symbackprop.language.domains import Array
from symbackprop.layer import Layer
from symbackprop.verify.numeric import Function, directional
from symbackprop.verify.oracle import base, moved
from symbackprop.verify.tolerance import SAFETY, STEPS

Directions = Sequence[Mapping[str, Array]]
Along = Callable[[Directions], tuple[Array, Array]]
"""The true derivatives along directions, and bounds of their errors."""
BUCKETS, ROUNDS, CHUNK = 16, 4, 2_000_000


@dataclass(frozen=True)
class Directional:
    """What the directions showed: for each the difference, and how much of one is round-off."""

    differences: Array
    tolerances: Array

    @property
    def agrees(self) -> bool:
        """Whether no direction shows a difference; one that is not finite does."""
        return bool(np.all(np.abs(self.differences) <= self.tolerances))

    def missed(self, error: float) -> float:
        """At most the probability that an error of this size in a single entry would have been missed."""
        return float(np.prod(np.minimum(1.0, sqrt(2 / pi) * self.tolerances / error)))


def along_function(function: Function, arrays: Mapping[str, Array], upstream: Mapping[str, Array]) -> Along:
    """Derivatives of a function that is only there to be called."""
    return lambda directions: directional(function, arrays, upstream, directions)


def along_layer(layer: Layer, arrays: Mapping[str, Any], upstream: Mapping[str, Any] | None) -> Along:
    """Derivatives of a layer, all directions at once, by the complex step through its equations."""
    at = base(layer, arrays, upstream, method="complex step")
    largest = max(a.size for a in at.scope.arrays.values())

    def some(directions: Directions) -> Array:
        with at.domain.context():
            scope = moved(at, {k: 1e-200j * np.stack([d[k] for d in directions]) for k in directions[0]})
            total = np.zeros(len(directions))
            for t in layer.outputs:
                if t.name in scope.batched:
                    total += (scope.arrays[t.name].imag / 1e-200 * at.upstream[t.name].real).reshape(len(directions), -1).sum(axis=1)
            return total

    def along(directions: Directions) -> tuple[Array, Array]:
        chunk = max(1, CHUNK // largest)
        found = np.concatenate([some(directions[k : k + chunk]) for k in range(0, len(directions), chunk)])
        return found, np.zeros(len(directions))

    return along


def check_directions(
    along: Along, gradients: Mapping[str, Array], *, count: int = 8, seed: int = 0, unit: float = 2.0**-53
) -> Directional:
    """Compare gradients with the truth along `count` random directions through all variables at once.

    `unit` is the round-off of the precision that the gradients were computed in. ValueError for a wrong shape comes
    from the truth; check shapes before.
    """
    random = np.random.default_rng(seed)
    flat = _Flat.of(gradients)
    return _compare(along, flat, [random.standard_normal(flat.size) for _ in range(count)], unit)


def locate(
    along: Along, gradients: Mapping[str, Array], *, seed: int = 0, unit: float = 2.0**-53
) -> dict[str, tuple[tuple[int, ...], ...]]:
    """The wrong entries by variable, as far as a few hundred directions tell them: all, if they are few."""
    random, flat, found = np.random.default_rng(seed), _Flat.of(gradients), set[int]()
    buckets = BUCKETS
    for _ in range(ROUNDS):
        left = np.ones(flat.size, dtype=bool)
        left[list(found)] = False
        new, unclear = _round(along, flat, left, buckets, random, unit)
        found |= new
        if not unclear:
            break
        buckets *= 2
    places: dict[str, tuple[tuple[int, ...], ...]] = {}
    for k in sorted(found):
        name, at = flat.place(k)
        places[name] = (*places.get(name, ()), at)
    return places


def _round(
    along: Along, flat: _Flat, left: npt.NDArray[np.bool_], buckets: int, random: np.random.Generator, unit: float
) -> tuple[set[int], bool]:
    """Wrong entries found with one drawing of buckets, and whether some bucket had more than one."""
    bucket, weights = random.integers(0, buckets, flat.size), random.standard_normal(flat.size) * left
    whole = _compare(along, flat, [weights * (bucket == k) for k in range(buckets)], unit)
    bits = max(1, ceil(log2(flat.size)))
    number = np.arange(flat.size)
    found: set[int] = set()
    unclear = False
    for k in np.flatnonzero(~(np.abs(whole.differences) <= whole.tolerances)):
        parts = [weights * (bucket == k) * ((number >> b) & 1) for b in range(bits)]
        entry = _read(_compare(along, flat, parts, unit), whole.differences[k], whole.tolerances[k])
        if entry is not None and entry < flat.size and bucket[entry] == k and _is_wrong(along, flat, entry, unit):
            found.add(entry)
        else:
            unclear = True
    return found, unclear


def _read(parts: Directional, difference: float, tolerance: float) -> int | None:
    """The number whose bits the differences spell; None where the bucket holds more than one wrong entry."""
    entry = 0
    for b, (d, t) in enumerate(zip(parts.differences, parts.tolerances, strict=True)):
        if abs(d - difference) <= t + tolerance:
            entry |= 1 << b
        elif not abs(d) <= t:
            return None
    return entry


def _is_wrong(along: Along, flat: _Flat, entry: int, unit: float) -> bool:
    alone = np.zeros(flat.size)
    alone[entry] = 1.0
    return not _compare(along, flat, [alone], unit).agrees


def _compare(along: Along, flat: _Flat, directions: Sequence[Array], unit: float) -> Directional:
    true, errors = along([flat.apart(v) for v in directions])
    with np.errstate(all="ignore"):
        products = np.stack(directions) * flat.values
        size = np.sqrt(np.square(products).sum(axis=1))
        differences = np.where(np.stack(directions) != 0, products, 0.0).sum(axis=1) - true
    return Directional(differences, errors + SAFETY * unit * (STEPS + sqrt(flat.size)) * np.maximum(size, np.abs(true)))


@dataclass(frozen=True)
class _Flat:
    """Gradients of several variables in one row."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    values: Array

    @classmethod
    def of(cls, gradients: Mapping[str, Array]) -> _Flat:
        arrays = [np.asarray(g, dtype=np.float64) for g in gradients.values()]
        return cls(tuple(gradients), tuple(a.shape for a in arrays), np.concatenate([a.ravel() for a in arrays]))

    @property
    def size(self) -> int:
        return int(self.values.size)

    def apart(self, row: Array) -> dict[str, Array]:
        """A row as arrays by name."""
        ends = np.cumsum([prod(s) for s in self.shapes])[:-1]
        return {n: part.reshape(s) for n, s, part in zip(self.names, self.shapes, np.split(row, ends), strict=True)}

    def place(self, number: int) -> tuple[str, tuple[int, ...]]:
        """The variable and the subscripts of an entry."""
        for name, shape in zip(self.names, self.shapes, strict=True):
            if number < prod(shape):
                return name, tuple(int(k) for k in np.unravel_index(number, shape))
            number -= prod(shape)
        raise IndexError(number)
