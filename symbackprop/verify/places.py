"""A layer carried out at test points, once for all that is asked of it there."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from symbackprop.layer import Layer
from symbackprop.verify.oracle import Base, Gradient, base, gradient_at
from symbackprop.verify.points import Point, points

GENERIC, GRID, ROUNDS = 6, 3, 3


@dataclass(eq=False)
class Place:
    """A layer carried out at one point, and the true gradients asked for so far."""

    point: Point
    base: Base
    gradients: dict[str, Gradient] = field(default_factory=dict)

    def gradient(self, name: str) -> Gradient:
        """The true gradient with respect to a variable, found once."""
        if name not in self.gradients:
            self.gradients[name] = gradient_at(self.base, name)
        return self.gradients[name]


_PLACES: WeakKeyDictionary[Layer, dict[int, tuple[Place, ...]]] = WeakKeyDictionary()


def places(layer: Layer, seed: int = 0, *, grid: bool = True) -> tuple[Place, ...]:
    """Generic points, and points on the grid, each with the layer carried out; found once a layer."""
    known = _PLACES.setdefault(layer, {})
    if seed not in known:
        every = points(layer, GENERIC, seed) + (points(layer, GRID, seed, kind="grid") if grid else ())
        known[seed] = tuple(Place(p, base(layer, p.given, None if layer.is_cost else p.upstream)) for p in every)
    return known[seed]
