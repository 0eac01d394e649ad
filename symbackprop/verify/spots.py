"""Places at which a layer is carried out, small ones first, each with what is asked of it remembered.

small      sizes 1 to 3, entries 0, 1, −1, 2 and joints, then halves: the cases that people can check by hand
fine       the same sizes with rational numbers that meet no kink
spread     sizes that are all different, fine numbers: what an answer that isn't proved has to stand

Every number honours what the layer declares and assumes. A layer's spots are found once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import count, islice, pairwise, product
from random import Random
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.carrying import carry_out
from symbackprop.language.domains import FLOAT64, Array, Domain
from symbackprop.language.equations import Assumption
from symbackprop.language.evaluate import plan_of, scope_of
from symbackprop.language.tensors import Tensor
from symbackprop.language.values import Scope, extent
from symbackprop.layer import Layer
from symbackprop.verify.assumed import bounds, holds, imposed
from symbackprop.verify.oracle import Base, Gradient, base, gradient_at
from symbackprop.verify.points import (
    Point,
    fits,
    joints_of,
    mentions_tensor,
    points,
    polynomial,
    signed,
    spans_of,
    unspecified,
    work,
)
from symbackprop.verify.sweep import swept_at
from symbackprop.verify.windows import apart, widened, windows

LARGEST, MOST_SIZES, HEAVY = 3, 24, 150
"""Sizes of small spots go up to 3; so many sets of sizes are tried; a layer of more numbers than that is heavy."""
MOST_ENTRIES = 3
"""A grid is looked at for layers of so few real entries."""
POOLS: tuple[tuple[str, tuple[Fraction, ...]], ...] = (
    ("zeros", (Fraction(0),)),
    ("bits", (Fraction(0), Fraction(1), Fraction(1))),
    ("small", (Fraction(0), Fraction(1), Fraction(-1), Fraction(2))),
    ("small", (Fraction(0), Fraction(1), Fraction(-1), Fraction(2))),
    ("halves", (Fraction(1, 2), Fraction(1), Fraction(-1, 2), Fraction(3, 2), Fraction(2), Fraction(-1))),
)


@dataclass(eq=False)
class Spot:
    """A layer at one point: its values and true gradients in doubles and in balls, each found when asked for.

    `passing` says that little will be asked of it.
    """

    layer: Layer
    point: Point
    truths: dict[Any, Any] = field(default_factory=dict)
    slopes: dict[str, Array] = field(default_factory=dict)
    passing: bool = False

    @property
    def upstream(self) -> Mapping[str, Array] | None:
        """The upstream gradients, None for a cost."""
        return None if self.layer.is_cost else self.point.upstream

    @cached_property
    def floats(self) -> Scope:
        """The layer carried out in doubles."""
        return carried(self.layer, self.point.given, FLOAT64)

    @property
    def is_defined(self) -> bool:
        """Whether every variable has a finite value there."""
        return all(np.all(np.isfinite(self.floats.arrays[name])) for name in self.layer.tensors)

    @cached_property
    def ball(self) -> Base:
        """The layer carried out in balls."""
        return base(self.layer, self.point.given, self.upstream)

    @cached_property
    def _complex(self) -> Base:
        return base(self.layer, self.point.given, self.upstream, method="complex step")

    def slope(self, name: str) -> Array:
        """The gradient of a variable in doubles, by the branch that the forward takes at a kink."""
        if name not in self.slopes:
            every = [n for n, t in self.layer.tensors.items() if not t.is_integer_valued]
            self.slopes |= swept_at(self._complex, [name] if self.passing else every)[1]
        return self.slopes[name]

    def gradient(self, name: str) -> Gradient:
        """The gradient of a variable in balls."""
        if name not in self.truths:
            self.truths[name] = gradient_at(self.ball, name)
        found: Gradient = self.truths[name]
        return found

    def moved(self, arrays: Mapping[str, Array], upstream: Mapping[str, Array] | None = None) -> Spot:
        """The spot with other inputs."""
        return Spot(self.layer, replace(self.point, inputs={**self.point.inputs, **arrays}, upstream=upstream or self.point.upstream))


def carried(layer: Layer, given: Mapping[str, Any], domain: Domain) -> Scope:
    """The layer carried out in a domain."""
    scope = scope_of(layer, given, domain=domain)
    with domain.context():
        for group in plan_of(layer):
            carry_out(group, scope)
    return scope


# ---- what a layer's spots are


class Spots:
    """The spots of a layer, each kind found as far as somebody looks."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self._random = Random()
        self._functions = {name: polynomial(Random(name)) for name in sorted(unspecified(layer))}
        self._small = self._smalls()
        self._seen: list[Spot] = []

    @cached_property
    def sizes(self) -> list[dict[str, int]]:
        """Small sizes, the least work first."""
        names = [d.name for d in self.layer.sizes]
        spans = spans_of(self.layer)
        every = product(range(1, LARGEST + 1), repeat=len(names)) if len(names) < 6 else self._sampled(len(names))
        made = (dict(zip(names, values, strict=True)) for values in every)
        fitting = [s for s in made if fits(self.layer, s, spans)]
        return sorted(fitting, key=lambda s: (work(self.layer, s), tuple(s.values()))) or self._larger(names, spans)

    def _sampled(self, rank: int) -> Iterator[tuple[int, ...]]:
        yield from ((k,) * rank for k in range(1, LARGEST + 1))
        random = Random(rank)
        for _ in range(150):
            yield tuple(random.randint(1, LARGEST) for _ in range(rank))

    def _larger(self, names: list[str], spans: list[sp.Expr]) -> list[dict[str, int]]:
        # An axis like L − P + 1 with a kernel of 5 fits no length of 3.
        random = Random(f"{self.layer.name} sizes")
        made = (dict(zip(names, (random.randint(1, 9) for _ in names), strict=True)) for _ in range(2000))
        found = [s for s in made if fits(self.layer, s, spans)]
        if not found:
            raise ValueError(f"no small sizes {', '.join(names)} fit the axes of {self.layer.name}")
        return sorted(found, key=lambda s: work(self.layer, s))

    def small(self) -> Iterator[Spot]:
        """Spots with small sizes and small numbers, the smallest first."""
        for k in count():
            while len(self._seen) <= k:
                made = next(self._small, None)
                if made is None:
                    return
                self._seen.append(made)
            yield self._seen[k]

    @cached_property
    def sliding(self) -> list[dict[str, int]]:
        """The smallest sizes at which windows overlap, where they slide; other sizes are 1, or 2."""
        if not windows(self.layer):
            return []
        starts = (widened(self.layer, {d.name: k for d in self.layer.sizes}) for k in (1, 2))
        spans = spans_of(self.layer)
        return [s for s in starts if s is not None and fits(self.layer, s, spans) and work(self.layer, s) <= 2 * HEAVY]

    @cached_property
    def apart(self) -> tuple[Spot, ...]:
        """Two spots with fine numbers where windows slide and don't overlap."""
        sizes = apart(self.layer)
        if sizes is None or not fits(self.layer, sizes, spans_of(self.layer)):
            return ()
        return tuple(s for k in range(2) if (s := self._spot(sizes, (), k)) is not None)

    def _smalls(self) -> Iterator[Spot]:
        tried = [s for s in self.sizes if work(self.layer, s) <= 2 * HEAVY][:MOST_SIZES] or self.sizes[:2]
        for sizes in (*tried[:3], *self.sliding, *tried[3:]):
            for k, (name, pool) in enumerate(POOLS):
                joints = joints_of(self.layer) if name == "small" else ()
                spot = self._spot(sizes, (*pool, *map(Fraction, joints)), k)
                if spot is not None:
                    yield spot

    def grid(self) -> Iterator[Spot]:
        """Spots whose few real entries take 0, 1 and −1 in every way, at the smallest sizes; none where they are many."""
        start = self._spot(self.sizes[0], (Fraction(1),), 0)
        moving = [t for t in self.layer.inputs if not t.is_integer_valued and not t.values]
        places = [(t.name, p) for t in moving for p in np.ndindex(start.point.inputs[t.name].shape)] if start is not None else []
        if start is None or len(places) > MOST_ENTRIES:
            return
        for numbers in product((Fraction(0), Fraction(1), Fraction(-1)), repeat=len(places)):
            arrays = {name: np.array(a) for name, a in start.point.inputs.items()}
            for (name, place), number in zip(places, numbers, strict=True):
                arrays[name][place] = number
            spot = start.moved(arrays)
            if self._honours(arrays, spot.point.sizes) and spot.is_defined:
                yield spot

    def _honours(self, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> bool:
        declared = all(signed(t, v) for t in self.layer.inputs if not t.is_integer_valued for v in arrays[t.name].flat)
        return declared and all(holds(a, arrays, sizes) for a in self._assumed())

    def _assumed(self) -> list[Assumption]:
        return [a for a in self.layer.assumptions if mentions_tensor(a.left) or mentions_tensor(a.right)]

    @cached_property
    def fine(self) -> tuple[Spot, ...]:
        """Three spots with small sizes and fine numbers; many sizes above 1 and different where that is cheap."""
        return tuple(islice(self._fines(), 3))

    @cached_property
    def first(self) -> tuple[Spot, ...]:
        """One such spot."""
        return tuple(islice(self._fines(), 1))

    def _fines(self) -> Iterator[Spot]:
        light = [s for s in self.sizes if work(self.layer, s) <= HEAVY] or self.sizes[:3]
        told = sorted(light, key=lambda s: (-sum(v > 1 for v in s.values()), -len({*s.values()}), work(self.layer, s)))
        if self.sliding:
            told = [told[0], self.sliding[-1], *told[1:]]
        for k in range(6):
            if (spot := self._spot(told[k % len(told)], (), k)) is not None:
                yield spot

    @cached_property
    def is_heavy(self) -> bool:
        """Whether even the smallest sizes are many numbers: sizes that are fixed, or a very deep network."""
        return work(self.layer, self.sizes[0]) > 2 * HEAVY

    @cached_property
    def spread(self) -> tuple[Spot, ...]:
        """Six spots at three sets of sizes that are all different, fine numbers."""
        return tuple(Spot(self.layer, p) for p in points(self.layer, 6))

    def around(self, numbers: Iterable[Fraction]) -> Iterator[Spot]:
        """Spots at three small sizes whose entries lie at ± these numbers, beyond them, and between neighbours."""
        at = sorted({Fraction(0), *(sign * n for n in numbers for sign in (1, -1))})
        between = [(a + b) / 2 for a, b in pairwise(at)]
        pool = (*at, *between, *between, *(n + d for n in at for d in (1, -1)), Fraction(1))
        for fine in self.fine:
            for k in range(4):
                if (spot := self._spot(fine.point.sizes, pool, k, above=False)) is not None:
                    yield spot

    def _spot(self, sizes: Mapping[str, int], pool: tuple[Fraction, ...], seed: int, above: bool = True) -> Spot | None:
        """A spot at these sizes, the same for the same seed; upstream gradients from the pool too, unless not `above`."""
        self._random.seed(f"{self.layer.name} {sorted(sizes.items())} {pool} {seed}")
        for attempt in range(30):
            inputs = self._inputs(sizes, pool, tame=not pool and attempt % 3 == 2)
            if inputs is None:
                continue
            upstream = self._upstream(sizes, pool if above else ())
            spot = Spot(self.layer, Point("grid" if pool else "generic", sizes, inputs, upstream, self._functions))
            if spot.is_defined:
                return spot
        return None

    def _inputs(self, sizes: Mapping[str, int], pool: tuple[Fraction, ...], tame: bool) -> dict[str, Array] | None:
        arrays = {t.name: self._array(t, sizes, pool, tame) for t in self.layer.inputs}
        assumed = self._assumed()
        for a in assumed:
            arrays = imposed(a, arrays, sizes, self.layer.tensors, self._random)
        return arrays if all(holds(a, arrays, sizes) for a in assumed) else None

    def _array(self, t: Tensor, sizes: Mapping[str, int], pool: tuple[Fraction, ...], tame: bool) -> Array:
        shape = tuple(extent(s, sizes) for s in t.sizes)
        if t.below is not None:
            below = extent(t.below, sizes)
            return np.array([self._random.randrange(below) for _ in range(int(np.prod(shape)))], dtype=np.int64).reshape(shape)
        array = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            array[place] = self._number(t, pool, tame)
        return array

    def _number(self, t: Tensor, pool: tuple[Fraction, ...], tame: bool) -> Fraction:
        if t.values:
            return Fraction(*self._random.choice([(int(v.p), int(v.q)) for v in t.values]))
        low, high = bounds(t, self.layer.assumptions)
        fitting = [v for v in pool if is_allowed(v, t, low, high)]
        return self._random.choice(fitting) if fitting else self._fine(t, low, high, tame)

    def _fine(self, t: Tensor, low: Fraction | None, high: Fraction | None, tame: bool) -> Fraction:
        part = Fraction(self._random.randrange(2048, 2**15 - 2048) | 1, 2**15)
        if low is None and high is None and not tame:
            low, high = {"": (-2, 2), "nonzero": (-2, 2), "negative": (-2, 0), "nonpositive": (-2, 0)}.get(t.sign, (0, 2))  # type: ignore[assignment]
        if low is None and high is None:
            low = Fraction(-1) if t.sign in ("negative", "nonpositive") else Fraction(0)
        bottom = low if low is not None else high - 2  # type: ignore[operator]
        top = high if high is not None else bottom + (1 if tame else 2)
        return bottom + (top - bottom) * part

    def _upstream(self, sizes: Mapping[str, int], pool: tuple[Fraction, ...]) -> dict[str, Array]:
        if self.layer.is_cost:
            return {self.layer.outputs[0].name: np.array(Fraction(1), dtype=object)}
        made = {
            t.name: self._array(Tensor(t.name, *t.sizes), sizes, pool[1:] or (pool and (Fraction(1),)), False) for t in self.layer.outputs
        }
        for array in made.values():
            if not np.any(array):
                array[(0,) * array.ndim] = Fraction(1)
        return made


def is_allowed(v: Fraction, t: Tensor, low: Fraction | None, high: Fraction | None) -> bool:
    """Whether a number is one that the tensor's declaration and the strict bounds allow."""
    return signed(t, v) and (low is None or low < v) and (high is None or v < high)


@lru_cache(maxsize=128)
def spots(layer: Layer) -> Spots:
    """The layer's spots, found once."""
    return Spots(layer)
