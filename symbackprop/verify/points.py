"""Test points: sizes that tell axes apart, and inputs that honour everything a layer declares and assumes.

Numbers are rationals, so that a point is the same in floats, fractions and balls. Sizes are all different within a
point. "generic" points have fine numbers that meet no kink; "grid" points have −1, 0, 1 and the joints of the
layer's piecewise functions, so that they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count as counted
from itertools import product
from math import prod
from random import Random
from typing import Any, Literal

import numpy as np
import sympy as sp

from symbackprop.language.domains import Array
from symbackprop.language.evaluate import forward
from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import BINDERS, Unspecified
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.language.values import extent
from symbackprop.layer import Layer
from symbackprop.verify.assumed import bounds, holds, imposed
from symbackprop.verify.windows import overlapping, windows

Kind = Literal["generic", "grid"]
FINE, COARSE = 2**16, 4


@dataclass(frozen=True, eq=False)
class Point:
    """Sizes, inputs, an upstream gradient for each output, and a smooth callable for each unspecified function.

    Arrays hold Fractions, those of integer tensors int64.
    """

    kind: Kind
    sizes: Mapping[str, int]
    inputs: Mapping[str, Array]
    upstream: Mapping[str, Array]
    functions: Mapping[str, tuple[Callable[[Any], Any], ...]] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        """What the layer is evaluated at: inputs, sizes and functions."""
        return {**self.sizes, **self.functions, **self.inputs}


def points(
    layer: Layer,
    count: int = 6,
    seed: int = 0,
    *,
    kind: Kind = "generic",
    shapes: int = 3,
    sizes: Mapping[str, int] | None = None,
) -> tuple[Point, ...]:
    """So many points at `shapes` different sets of sizes; ValueError where the layer's assumptions can't be met.

    `sizes` tells the one set of sizes to take. A point at which a variable of the layer has no finite value is not taken.
    """
    random = Random(f"{layer.name} {kind} {seed}")
    sets = size_sets(layer, shapes, random) if sizes is None else [dict(sizes)]
    return tuple(_point(layer, sets[k % len(sets)], kind, random) for k in range(count))


def _point(layer: Layer, sizes: Mapping[str, int], kind: Kind, random: Random) -> Point:
    functions = {name: polynomial(random) for name in sorted(unspecified(layer))}
    for attempt in range(400):
        # Where the layer has no value on the grid (log of −1), finer numbers, and positive ones, are tried.
        inputs = _inputs(layer, sizes, kind if attempt < 100 else "generic", random, tame=attempt % 3 == 2)
        if inputs is None:
            continue
        point = Point(kind, sizes, inputs, _upstream(layer, sizes, kind, random), functions)
        if is_defined(layer, point):
            return point
    said = "; ".join(a.text or f"{a.left} {a.relation} {a.right}" for a in layer.assumptions)
    raise ValueError(
        f"no test point for {layer.name} was found at sizes {dict(sizes)}" + (f" under {said}" if said else "")
    )


def is_defined(layer: Layer, point: Point) -> bool:
    """Whether every variable has a finite value there."""
    floats = {k: v if v.dtype.kind in "iu" else v.astype(np.float64) for k, v in point.inputs.items()}
    values = forward(layer, {**point.given, **floats})
    return all(np.all(np.isfinite(v)) for v in values.values())


# Sizes


def size_sets(layer: Layer, count: int, random: Random) -> list[dict[str, int]]:
    """Sets of sizes that differ within each set, every axis at least 1 long, the cheapest first.

    No size is 1 in two sets, as far as that can be had: a sum over one place can't be missed. Axes like (L - P)/2 + 1 are longer
    than 1 where that can be had, and windows that slide overlap: at a single place nobody sees a stride.
    """
    names = [d.name for d in layer.sizes]
    if not names:
        return [{}]
    spans = spans_of(layer)
    for wider in (0, 3, 8):
        found = sorted(
            (s for s in _candidates(names, random, wider) if fits(layer, s, spans)),
            key=lambda s: (len(windows(layer)) - overlapping(layer, s), narrow(s, spans), work(layer, s)),
        )
        if sum(not narrow(s, spans) and overlapping(layer, s) == len(windows(layer)) for s in found) >= count:
            break
    if not found:
        raise ValueError(f"no small sizes {', '.join(names)} fit the axes {', '.join(map(str, spans))} of {layer.name}")
    sliding = [s for s in found if overlapping(layer, s) == len(windows(layer))]
    return _chosen((sliding, found), count)


def _chosen(pools: Sequence[Sequence[dict[str, int]]], count: int) -> list[dict[str, int]]:
    # From the first pool as far as it goes, first without a size that is 1 again.
    chosen: list[dict[str, int]] = []
    for pool, strict in product(pools, (True, False)):
        for sizes in pool:
            ones = {n for s in chosen for n, v in s.items() if v == 1}
            if len(chosen) < count and sizes not in chosen and not (strict and any(sizes[n] == 1 for n in ones)):
                chosen.append(sizes)
    return chosen


def narrow(sizes: Mapping[str, int], spans: list[sp.Expr]) -> int:
    """How many axes are a single place long because of how sizes combine."""
    return sum(bool(e.free_symbols) and extent(e, sizes) == 1 for e in spans)


def _candidates(names: list[str], random: Random, wider: int) -> Iterator[dict[str, int]]:
    # A size of 1 hides a sum and makes a softmax constant: it is used only where larger ones cost too much.
    pool = range(2 if len(names) < 6 else 1, max(len(names) + 1, 4) + wider + 1)
    seen = set()
    for _ in range(60 if len(names) < 5 else 600):
        values = tuple(random.sample(pool, len(names)))
        if values not in seen:
            seen.add(values)
            yield dict(zip(names, values, strict=True))


def spans_of(layer: Layer) -> list[sp.Expr]:
    """Every size that stands in the layer and is not a plain one: axes, and ranges of bound indices."""
    sizes = {s: None for t in layer.tensors.values() for s in t.sizes}
    for equation in layer.equations:
        for node in sp.preorder_traversal(equation.right):
            if isinstance(node, BINDERS):
                sizes.update((i.size, None) for i in node.bound)
    return [s for s in sizes if not isinstance(s, Dim)]


def fits(layer: Layer, sizes: Mapping[str, int], spans: list[sp.Expr]) -> bool:
    """Whether every axis has a place, and what is assumed of sizes holds."""
    return all(extent(s, sizes) >= 1 for s in spans) and all(
        holds(a, {}, sizes) for a in layer.assumptions if not mentions_tensor(a.left) and not mentions_tensor(a.right)
    )


def mentions_tensor(e: sp.Expr) -> bool:
    """Whether it speaks of more than sizes."""
    return any(isinstance(node, (Tensor, Index)) for node in sp.preorder_traversal(e))


def work(layer: Layer, sizes: Mapping[str, int]) -> int:
    """How many numbers the layer's variables are."""
    return sum(prod(extent(s, sizes) for s in t.sizes) for t in layer.tensors.values())


# Values


def _inputs(layer: Layer, sizes: Mapping[str, int], kind: Kind, random: Random, tame: bool) -> dict[str, Array] | None:
    joints = joints_of(layer)
    arrays = {t.name: _array(t, sizes, kind, random, bounds(t, layer.assumptions), joints, tame) for t in layer.inputs}
    tensor_assumptions = [a for a in layer.assumptions if mentions_tensor(a.left) or mentions_tensor(a.right)]
    for assumption in tensor_assumptions:
        arrays = imposed(assumption, arrays, sizes, layer.tensors, random)
    return arrays if all(holds(a, arrays, sizes) for a in tensor_assumptions) else None


def _array(
    t: Tensor,
    sizes: Mapping[str, int],
    kind: Kind,
    random: Random,
    within: tuple[Fraction | None, Fraction | None],
    joints: tuple[int, ...],
    tame: bool,
) -> Array:
    shape = tuple(extent(s, sizes) for s in t.sizes)
    if t.below is not None:
        below = extent(t.below, sizes)
        return np.array([random.randrange(below) for _ in range(int(np.prod(shape)))], dtype=np.int64).reshape(shape)
    draw = _number(t, kind, random, within, joints, tame)
    array = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        array[place] = next(draw)
    return array


def _number(
    t: Tensor,
    kind: Kind,
    random: Random,
    within: tuple[Fraction | None, Fraction | None],
    joints: tuple[int, ...],
    tame: bool,
) -> Iterator[Fraction]:
    """Numbers of the kind that the tensor's declaration and the bounds allow."""
    low, high = within
    allowed = [Fraction(int(v.p), int(v.q)) for v in t.values]
    grid = [Fraction(v) for v in (-1, 0, 1, -1, 0, 1, *joints)] if kind == "grid" else []
    for _ in counted():
        if allowed:
            value = random.choice(allowed)
        elif grid and (inside := [v for v in grid if signed(t, v) and _inside(v, low, high)]):
            value = random.choice(inside)
        else:
            value = _fine(t, random, low, high, tame)
        yield value


def _fine(t: Tensor, random: Random, low: Fraction | None, high: Fraction | None, tame: bool) -> Fraction:
    if low is not None or high is not None or tame:
        bottom, top = (low, high) if low is not None or high is not None else (Fraction(0), Fraction(1))
        bottom = top - 2 if bottom is None and top is not None else bottom
        assert bottom is not None
        top = bottom + 2 if top is None else top
        return bottom + (top - bottom) * Fraction(random.randrange(FINE // 16, FINE - FINE // 16) | 1, FINE)
    size = Fraction(random.randrange(FINE // 4, 2 * FINE) | 1, FINE)
    match t.sign:
        case "positive" | "nonnegative":
            return size
        case "negative" | "nonpositive":
            return -size
        case _:
            return Fraction(random.randrange(-2 * FINE, 2 * FINE) | 1, FINE)


def signed(t: Tensor, v: Fraction) -> bool:
    """Whether the number has the sign that is declared."""
    return {
        "positive": v > 0,
        "nonnegative": v >= 0,
        "negative": v < 0,
        "nonpositive": v <= 0,
        "nonzero": v != 0,
        "": True,
    }[t.sign]


def _inside(v: Fraction, low: Fraction | None, high: Fraction | None) -> bool:
    return (low is None or low < v) and (high is None or v < high)


def joints_of(layer: Layer) -> tuple[int, ...]:
    """± the whole numbers that stand in the kinks of the layer's functions: 3 for hardswish, 6 for relu6."""
    found = {
        int(n)
        for e in layer.equations
        for f in e.right.atoms(FieldFunction)
        for kink in f.entry.kinks
        for n in re.findall(r"\d+", kink)
    }
    return tuple(sign * n for n in sorted(found) for sign in (1, -1))


def _upstream(layer: Layer, sizes: Mapping[str, int], kind: Kind, random: Random) -> dict[str, Array]:
    """1 for a cost, else numbers of order one."""
    if layer.is_cost:
        return {layer.outputs[0].name: np.array(Fraction(1), dtype=object)}
    free: tuple[None, None] = (None, None)
    return {t.name: _array(Tensor(t.name, *t.sizes), sizes, "generic", random, free, (), False) for t in layer.outputs}


# Unspecified functions


def unspecified(layer: Layer) -> set[str]:
    """The names of the functions that are left open."""
    return {f.name for e in layer.equations for f in e.right.atoms(Unspecified)}


def polynomial(random: Random) -> tuple[Callable[[Any], Any], ...]:
    """A polynomial of degree 4 with small whole coefficients, and its derivatives: the same in every domain."""
    coefficients = [random.choice((-2, -1, 1, 2)) for _ in range(5)]
    made = []
    while coefficients:
        made.append(_horner(tuple(coefficients)))
        coefficients = [k * c for k, c in enumerate(coefficients)][1:]
    return tuple(made)


def _horner(coefficients: tuple[int, ...]) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        value = x * 0 + coefficients[-1]
        for c in reversed(coefficients[:-1]):
            value = value * x + c
        return value

    return f
