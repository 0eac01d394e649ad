"""Kinks: how many are met at a spot, and whether a value there is a subgradient.

Where exactly one kink is met the gradient has one limit on each side, G₋ and G₊, and the subdifferential (Clarke's) is
the segment between them: membership is decided, not guessed. Two kinks at once are looked at in `joint`; more are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from random import Random
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import sympy as sp

from symbackprop.language.definitions import kinks
from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import Compare, IsArgmax, Max
from symbackprop.language.substitution import tensors
from symbackprop.language.values import Scope, evaluate
from symbackprop.layer import Layer
from symbackprop.verify.answers import Target
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.truths import Known, truth

ASIDE = 40
"""One-sided limits are taken 2⁻⁴⁰ away from the kink."""
CLOSE, MET = 1e-9, 1e-12
"""Limits closer than this are the same; what is nearer to 0 than MET in doubles is 0."""
FAR = 1e-4
"""What changes more between 2⁻²⁰ and 2⁻⁴⁰ has not come to its limit."""
DIRECTIONS, MOST, LOOKED_AT = 6, 6, 60
"""Directions to leave a kink in, spots for each kind of kink, and small spots that are looked at for them."""
HOLDS: dict[str, Callable[[int], bool]] = {
    "<": lambda s: s < 0,
    "<=": lambda s: s <= 0,
    "==": lambda s: s == 0,
    "!=": lambda s: s != 0,
    ">": lambda s: s > 0,
    ">=": lambda s: s >= 0,
}
Doubles = npt.NDArray[np.float64]
Membership = Literal["subgradient", "entrywise", "outside"]


@dataclass(frozen=True)
class Kink:
    """A place where something stands at its threshold: where `of` is 0, or where a maximum is reached twice (`tie`).

    `relation` is that of a comparison of `of` with 0, "" for the kink of a function.
    """

    of: sp.Expr
    tie: bool = False
    relation: str = ""

    def branches(self, signs: set[int]) -> int:
        """How many of its two branches the signs of `of` show."""
        if not self.relation:
            return len(signs & {1, -1})
        return len({HOLDS[self.relation](s) for s in signs})


@lru_cache(maxsize=4096)
def kinks_in(expression: sp.Expr) -> tuple[Kink, ...]:
    """Every kink that a part of the expression can have."""
    return tuple(dict.fromkeys(k for node in sp.preorder_traversal(expression) for k in _kinks(node)))


def _kinks(node: Any) -> Iterator[Kink]:
    if isinstance(node, FieldFunction):
        yield from (Kink(k) for k in kinks(node) if _is_real(k))
    elif isinstance(node, Compare):
        left, right = node.args
        if _is_real(left) or _is_real(right):
            yield Kink(left - right, relation=node.relation)
    elif isinstance(node, (Max, IsArgmax)):
        yield Kink(node, tie=True)
    elif isinstance(node, (sp.Abs, sp.sign)):
        yield Kink(node.args[0])


def _is_real(e: sp.Expr) -> bool:
    return any(not t.is_integer_valued and not t.values for t in tensors(e))


def has_kinks(layer: Layer) -> bool:
    """Whether the layer can have a kink at all."""
    return any(kinks_in(e.right) for e in layer.equations)


def met(layer: Layer, spot: Spot) -> tuple[tuple[Kink, int], ...]:
    """The kinks that the layer meets at the spot, each with how often."""
    if "kinks" not in spot.truths:
        spot.truths["kinks"] = tuple(
            (k, n) for k in dict.fromkeys(k for e in layer.equations for k in kinks_in(e.right)) if (n := _times(k, spot.floats))
        )
    found: tuple[tuple[Kink, int], ...] = spot.truths["kinks"]
    return found


def _times(kink: Kink, scope: Scope) -> int:
    with scope.domain.context():
        scope.memo.clear()
        if not kink.tie:
            return int(np.sum(np.abs(evaluate(kink.of, scope).array) < MET))
        found = evaluate(kink.of.body, scope)
        axes = tuple(k for k, i in enumerate(found.axes) if i in kink.of.bound)
        array = np.asarray(found.array)
        top = array.max(axis=axes, keepdims=True)
        return int(np.sum(np.sum(np.abs(array - top) < MET, axis=axes) - 1)) if axes else 0


def isolated(layer: Layer, spot: Spot) -> bool:
    """Whether exactly one kink is met, once."""
    return [n for _, n in met(layer, spot)] == [1]


@lru_cache(maxsize=128)
def kinked(layer: Layer) -> tuple[Spot, ...]:
    """Small spots of a layer that meet one kink each, a few for every kind of kink."""
    return tuple(_kinked(layer)) if has_kinks(layer) else ()


def _kinked(layer: Layer, each: int = MOST) -> Iterator[Spot]:
    wanted = {k: each for e in layer.equations for k in kinks_in(e.right)}
    for spot in islice(spots(layer).small(), LOOKED_AT):
        if isolated(layer, spot):
            kink = met(layer, spot)[0][0]
            wanted[kink] -= 1
            if wanted[kink] >= 0:
                yield spot
        if all(n <= 0 for n in wanted.values()):
            return


def is_telling(spot: Spot, target: Target, known: Known) -> bool:
    """Whether the true value differs from one side of the kink to the other."""
    limits = sides(spot, target, known)
    return limits is not None and not np.allclose(*limits, CLOSE, CLOSE)


def sides(spot: Spot, target: Target, known: Known) -> tuple[Doubles, Doubles] | None:
    """The limits of the true value from both sides of the one kink that is met; the same twice where it is smooth.

    None where they can't be told: the inputs are moved in a few directions, which may all lead to one side.
    """
    key = ("sides", target, known.local)
    if key not in spot.truths:
        spot.truths[key] = _sides(spot, target, known)
    found: tuple[Doubles, Doubles] | None = spot.truths[key]
    return found


def _sides(spot: Spot, target: Target, known: Known) -> tuple[Doubles, Doubles] | None:
    try:
        here = floats(truth(spot, target, known, exact=True))
        for direction in range(DIRECTIONS):
            a, b = (beside(spot, target, known, direction, sign) for sign in (1, -1))
            if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
                continue  # the edge of where the layer has a value, not a side of a kink
            if not np.allclose(a, b, CLOSE, CLOSE) or np.allclose(a, here, CLOSE, CLOSE):
                return a, b
    except (ValueError, ArithmeticError):
        pass
    return None


def beside(spot: Spot, target: Target, known: Known, direction: int, sign: int, bits: int = ASIDE) -> Doubles:
    """The true value 2⁻ᵇⁱᵗˢ aside, in a random direction."""
    random = Random(direction)

    def aside(v: Fraction) -> Fraction:
        return v + sign * Fraction(random.choice((1, -1)) * (random.randrange(2**15, 2**16) | 1), 2 ** (bits + 16))

    free = [t.name for t in spot.layer.inputs if not t.is_integer_valued and not t.values]
    moved = {n: np.asarray(np.frompyfunc(aside, 1, 1)(spot.point.inputs[n]), dtype=object) for n in free}
    return floats(truth(spot.moved(moved), target, known, exact=True))


def are_reached(spot: Spot, target: Target, known: Known) -> bool:
    """Whether what is seen so near is the limit: a root at 0 is still 10⁻⁴ where its argument is 2⁻⁴⁰."""
    for direction, sign in product(range(DIRECTIONS // 2), (1, -1)):
        try:
            near, far = (beside(spot, target, known, direction, sign, bits) for bits in (ASIDE, ASIDE // 2))
        except (ValueError, ArithmeticError):
            continue
        told = np.isfinite(near) & np.isfinite(far)
        if np.any(np.abs(near - far)[told] > FAR * np.maximum(1, np.abs(near))[told]):
            return False
    return True


def membership(value: Doubles, left: Doubles, right: Doubles) -> Membership:
    """Where a value lies: on the segment between the limits, at least entry by entry between them, or outside."""
    scale = max(1.0, float(np.max(np.abs(left), initial=0)), float(np.max(np.abs(right), initial=0)))
    way = (right - left).ravel()
    length = float(way @ way)
    part = min(1.0, max(0.0, float((value - left).ravel() @ way) / length)) if length > CLOSE**2 * scale**2 else 0.0
    if np.all(np.abs(value - left - part * (right - left)) <= CLOSE * scale):
        return "subgradient"
    low, high = np.minimum(left, right) - CLOSE * scale, np.maximum(left, right) + CLOSE * scale
    return "entrywise" if np.all((low <= value) & (value <= high)) else "outside"


def floats(array: Any) -> Doubles:
    """An array of any numbers as doubles."""
    a = np.asarray(array)
    return np.asarray(np.frompyfunc(float, 1, 1)(a), dtype=np.float64) if a.dtype == object else np.asarray(a, dtype=np.float64)
