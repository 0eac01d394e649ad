"""Windows that slide: where x[s i + p − padding] is read, several places i, and taps p so many that windows overlap.

A mistake in how windows overlap (assigning where one should accumulate, cutting a border) shows at no other sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from symbackprop.language.substitution import components
from symbackprop.language.tensors import Component, Dim, Index
from symbackprop.language.values import extent
from symbackprop.layer import Layer

WIDEST = 14
"""No axis is made longer than this."""


@dataclass(frozen=True)
class Window:
    """An axis of `source` places on which windows of `taps` places stand at `places` places, `step` apart."""

    source: Dim
    taps: sp.Expr
    places: sp.Expr
    step: sp.Expr

    def overlaps(self, sizes: Mapping[str, int]) -> bool:
        """Whether there are several windows, and neighbours share places."""
        return extent(self.places, sizes) > 1 and extent(self.taps, sizes) > extent(self.step, sizes)


@lru_cache(maxsize=256)
def windows(layer: Layer) -> tuple[Window, ...]:
    """Every axis of the layer on which windows slide and can overlap."""
    found = (w for e in layer.equations for c in components(e.right) for w in _windows(c))
    return tuple(dict.fromkeys(found))


def _windows(c: Component) -> Iterable[Window]:
    for place, size in zip(c.indices, c.tensor.sizes, strict=True):
        letters = [i for i in place.free_symbols if isinstance(i, Index)]
        if len(letters) == 2 and isinstance(size, Dim) and not place.atoms(Component):
            for i, p in (letters, letters[::-1]):
                step = sp.diff(place, i)
                if sp.diff(place, p) == 1 and size in i.size.free_symbols and not (p.size - step).is_nonpositive:
                    yield Window(size, p.size, i.size, step)


def overlapping(layer: Layer, sizes: Mapping[str, int]) -> int:
    """On how many of its axes windows overlap."""
    return sum(w.overlaps(sizes) for w in windows(layer))


def widened(layer: Layer, sizes: Mapping[str, int]) -> dict[str, int] | None:
    """The sizes with taps and axes made as long as it takes for windows to overlap everywhere; None where nothing helps."""
    made = dict(sizes)
    for w in windows(layer):
        if isinstance(w.taps, Dim):
            made[w.taps.name] = max(made[w.taps.name], extent(w.step, made) + 1)
        while not w.overlaps(made) and made[w.source.name] < WIDEST:
            made[w.source.name] += 1
    return made if all(w.overlaps(made) for w in windows(layer)) else None


def apart(layer: Layer) -> dict[str, int] | None:
    """Sizes at which two windows of several taps stand side by side and share nothing, on every axis; None where there are none."""
    made = {d.name: 2 for d in layer.sizes}
    for w in windows(layer):
        while extent(w.places, made) < 2 and made[w.source.name] < WIDEST:
            made[w.source.name] += 1
    side_by_side = (extent(w.places, made) > 1 and 1 < extent(w.taps, made) <= extent(w.step, made) for w in windows(layer))
    return made if windows(layer) and all(side_by_side) else None
