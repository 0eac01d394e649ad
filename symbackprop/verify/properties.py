"""Hypothesis strategies for gradients, and the search for a shrunk counterexample.

    sizes(layer)              sizes that differ from each other, {"N": 2, "D": 3, "H": 1}
    inputs(layer)             points away from every kink
    kinked(layer)             points that meet a kink
    grid(layer)               inputs in {−1, 0, 1}
    networks()                whole small networks: linear maps, activations, skips, normalisations, a cost

A point honours what the layer declares and assumes, and every variable of the layer is finite there. Its numbers are
Fractions: `point.inputs`, `point.upstream`, `point.sizes`. Everything shrinks to small sizes and small whole numbers.

    @given(networks().flatmap(lambda layer: st.tuples(st.just(layer), inputs(layer))))
    def test_my_autograd(case): ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import islice
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from symbackprop.language.domains import Array
from symbackprop.language.tensors import Tensor
from symbackprop.language.values import extent
from symbackprop.layer import Layer
from symbackprop.verify.answers import Stated
from symbackprop.verify.assumed import bounds, holds, imposed
from symbackprop.verify.callables import Pair
from symbackprop.verify.case import Case as Stating
from symbackprop.verify.case import Terms, arrays_at
from symbackprop.verify.kinks import floats, has_kinks, met
from symbackprop.verify.passes import Subject, beside_kink, case_of, nearest, side, true_gradients
from symbackprop.verify.points import Point, fits, is_defined, joints_of, mentions_tensor, polynomial, spans_of, unspecified
from symbackprop.verify.spots import Spot, is_allowed, spots
from symbackprop.verify.truths import Known, Undefined
from symbackprop.verify.verdict import Witness

SMALL = 60
Draw = Callable[[st.SearchStrategy[Any]], Any]
Told = Mapping[str, int] | st.SearchStrategy[dict[str, int]] | None


def sizes(layer: Layer, *, most: int = 4, unequal: bool = True) -> st.SearchStrategy[dict[str, int]]:
    """Sizes from 1 to `most` that the layer's axes and assumptions allow; all different, as far as that can be had."""
    names, spans = [d.name for d in layer.sizes], spans_of(layer)
    most = max(most, len(names) if unequal else 1)

    def fitting(made: Mapping[str, int]) -> bool:
        return fits(layer, made, spans)

    values = st.permutations(range(1, most + 1)) if unequal else st.lists(st.integers(1, most), min_size=len(names), max_size=len(names))
    return values.map(lambda v: dict(zip(names, v, strict=False))).filter(fitting)


def inputs(layer: Layer, told: Told = None) -> st.SearchStrategy[Point]:
    """Points of the layer away from every kink; `told` has the sizes, or a strategy of them; unequal ones by default."""
    return _points(layer, told, NUMBERS).filter(lambda p: not met(layer, Spot(layer, p)))


def kinked(layer: Layer, told: Told = None) -> st.SearchStrategy[Point]:
    """Points that meet a kink; ValueError for a layer that has none."""
    if not has_kinks(layer):
        raise ValueError(f"{layer.name} has no kinks")
    return grid(layer, told).filter(lambda p: bool(met(layer, Spot(layer, p))))


def grid(layer: Layer, told: Told = None) -> st.SearchStrategy[Point]:
    """Points with inputs in {−1, 0, 1}, and on the joints of the layer's piecewise functions."""
    return _points(layer, told, st.sampled_from([Fraction(v) for v in (0, 1, -1, *joints_of(layer))]))


WHOLE = st.integers(-3, 3).map(Fraction)
NUMBERS = WHOLE | st.integers(-48, 48).map(lambda k: Fraction(k, 16))


def _points(layer: Layer, told: Told, numbers: st.SearchStrategy[Fraction]) -> st.SearchStrategy[Point]:
    @st.composite
    def point(draw: Draw) -> Point | None:
        chosen = draw(told) if isinstance(told, st.SearchStrategy) else dict(told) if told is not None else draw(sizes(layer))
        arrays = {t.name: draw(_array(layer, t, chosen, numbers)) for t in layer.inputs}
        assumed = [a for a in layer.assumptions if mentions_tensor(a.left) or mentions_tensor(a.right)]
        for a in assumed:
            arrays = imposed(a, arrays, chosen, layer.tensors, Random(draw(st.integers(0, 9))))
        if not all(holds(a, arrays, chosen) for a in assumed):
            return None
        upstream = {t.name: draw(_array(layer, Tensor(t.name, *t.sizes), chosen, WHOLE)) for t in layer.outputs}
        if layer.is_cost:
            upstream = {layer.outputs[0].name: np.array(Fraction(1), dtype=object)}
        functions = {name: polynomial(Random(name)) for name in sorted(unspecified(layer))}
        made = Point("generic", chosen, arrays, upstream, functions)
        return made if is_defined(layer, made) else None

    found: st.SearchStrategy[Any] = point().filter(lambda p: p is not None)
    return found


def _array(layer: Layer, t: Tensor, told: Mapping[str, int], numbers: st.SearchStrategy[Fraction]) -> st.SearchStrategy[Array]:
    shape = tuple(extent(s, told) for s in t.sizes)
    count = int(np.prod(shape))
    if t.below is not None:
        places = st.integers(0, extent(t.below, told) - 1)
        return st.lists(places, min_size=count, max_size=count).map(lambda v: np.array(v, dtype=np.int64).reshape(shape))
    return st.lists(_entries(layer, t, numbers), min_size=count, max_size=count).map(lambda v: _objects(v, shape))


def _entries(layer: Layer, t: Tensor, numbers: st.SearchStrategy[Fraction]) -> st.SearchStrategy[Fraction]:
    if t.values:
        return st.sampled_from([Fraction(int(v.p), int(v.q)) for v in t.values])
    low, high = bounds(t, layer.assumptions)
    if low is not None and high is not None:
        return st.integers(1, 15).map(lambda k: low + (high - low) * Fraction(k, 16))
    if t.sign or low is not None or high is not None:
        return st.integers(1, 32).map(lambda k: Fraction(k, 8)).map(lambda v: _signed(v, t, low, high))
    return numbers.filter(lambda v: is_allowed(v, t, low, high))


def _signed(v: Fraction, t: Tensor, low: Fraction | None, high: Fraction | None) -> Fraction:
    if low is not None or high is not None:
        return low + v if low is not None else (high or Fraction(0)) - v
    return -v if t.sign in ("negative", "nonpositive") else v


def _objects(values: list[Fraction], shape: tuple[int, ...]) -> Array:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


# ---- networks

ACTIVATIONS = ("relu", "tanh", "sigmoid", "softplus", "leaky_relu", "elu", "silu", "abs")
COSTS = (
    "C = sum(({h} - y)**2)/2",
    "C = mean(softplus(-{h}*y))",
    "C = sum(abs({h} - y))",
)


@st.composite
def networks(draw: Draw, *, most: int = 4) -> Layer:
    """A random network x[N,D] -> C or x[N,D] -> z[N,K]: up to `most` blocks, each a linear map, an activation, a skip, a
    gate, a softmax or a normalisation."""
    declared, lines, h, size = ["x[N,D]"], [], "x", "D"
    for k in range(1, draw(st.integers(1, most)) + 1):
        kind = draw(st.sampled_from(["linear", "activation", "skip", "gate", "softmax", "norm"]))
        new = f"h{k}"
        if kind == "linear":
            declared += [f"W{k}[{size},H{k}]", f"b{k}[H{k}]"]
            lines.append(f"{new} = {h} @ W{k} + b{k}")
            size = f"H{k}"
        else:
            lines.append(_block(kind, new, h, draw(st.sampled_from(ACTIVATIONS))))
        h = new
    if draw(st.booleans()):
        declared.append(f"y[N,{size}]")
        lines.append(draw(st.sampled_from(COSTS)).format(h=h))
        return Layer("network", f"{', '.join(declared)} -> C", "\n".join(lines))
    return Layer("network", f"{', '.join(declared)} -> z[N,{size}]", "\n".join([*lines, f"z = 2*{h}"]))


def _block(kind: str, new: str, h: str, f: str) -> str:
    return {
        "activation": f"{new} = {f}({h})",
        "skip": f"{new} = {h} + {f}({h})",
        "gate": f"{new} = {h} * sigmoid({h})",
        "softmax": f"{new} = softmax({h}, axis=1)",
        "norm": f"{new} = {h} / sqrt(mean({h}**2, axis=1, keepdims=True) + 1)",
    }[kind]


# ---- the search

Values = Callable[[Spot], Any]
"""The answer's array at a spot."""


def property_check(layer: Layer, answer: Any, name: str = "", *, examples: int = 100, seed: int = 0) -> Witness | None:
    """The smallest counterexample that Hypothesis finds to an answer, None if it finds none.

    `answer` is a statement that `read_answers` read, about the gradient of a variable; or what has a method
    `values(arrays)`, or is such a function, and is about the variable `name`: arrays has every variable of the layer and
    the upstream gradient d<output> of each output, in doubles. Half of the points are anywhere, half on the grid
    {−1, 0, 1}; on a kink the answer has to lie between the limits from both sides. A point at which a formula has no value
    doesn't count; what a function raises is passed on. ValueError for a statement that is about no gradient.
    """
    variable, values = _said(layer, answer, name)
    subject = Subject(layer, Pair(None, lambda _inputs, _upstream: {}, (variable,)))

    def wrong(point: Point) -> bool:
        return _wrong(subject, values, point) is not None

    told = sizes(layer, unequal=False) | sizes(layer)
    for strategy in (_points(layer, told, NUMBERS), grid(layer, told)):
        if (point := _found(strategy, wrong, examples // 2, seed, Phase.generate)) is None:
            continue
        small = next((s.point for s in islice(spots(layer).small(), SMALL) if wrong(s.point)), None)
        return _witness(subject, values, small or _found(strategy, wrong, examples // 2, seed, Phase.shrink) or point)
    return None


def _said(layer: Layer, answer: Any, name: str) -> tuple[str, Values]:
    """The variable that an answer is about, and its values."""
    if not isinstance(answer, Stated):
        if name not in layer.tensors:
            raise ValueError(f"{name!r} is no variable of {layer.name}; it has {', '.join(layer.tensors)}")
        values = answer.values if hasattr(answer, "values") else answer
        return name, lambda spot: values(arrays_at(spot))
    target, stated = answer.target, Stating(layer, answer, Known(), Terms())
    if target.of is not None or target.by[0].indices != target.free:
        raise ValueError(f"{target.name} is no gradient of a variable at all its places")
    return target.by[0].tensor.name, lambda spot: _where_defined(stated, spot)


def _where_defined(stated: Stating, spot: Spot) -> Array:
    found = floats(stated.found(spot))
    if stated.formula is not None and not np.all(np.isfinite(found)):
        raise Undefined("the formula has no value here")
    return found


def _found(
    strategy: st.SearchStrategy[Point], wrong: Callable[[Point], bool], examples: int, seed: int, last: Phase
) -> Point | None:
    """A point at which it is wrong; the smallest that shrinking finds, where that is the last phase."""
    told = settings(
        max_examples=max(examples, 1),
        deadline=None,
        database=None,
        phases=tuple(dict.fromkeys((Phase.generate, last))),
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(strategy, wrong, settings=told, random=Random(seed))
    except NoSuchExample:
        return None


def _witness(subject: Subject, values: Values, point: Point) -> Witness:
    case = case_of(point)
    expected, found = _wrong(subject, values, point) or (np.nan, np.nan)
    shown = case.inputs if subject.layer.is_cost else case.shown
    return Witness.of(point.sizes, shown, expected, found, _first(expected, found))


def _wrong(subject: Subject, values: Values, point: Point) -> tuple[Array, Array] | None:
    """The truth (or the limit nearest to it, at a kink) and the answer, where they differ."""
    (name,) = subject.names
    case = case_of(point)
    limits = beside_kink(subject, case)
    if limits is None:
        return None
    left, right = limits[name]
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(values(Spot(subject.layer, point)))
    except Undefined:
        return None
    where = side(found, left, right, subject, case)
    if where != "outside":
        return None
    true = true_gradients(subject, case)[name].values
    smooth = side(true, left, right, subject, case) == "smooth"
    return (true if smooth or found.shape != true.shape else nearest(found, left, right)), found


def _first(expected: Any, found: Any) -> tuple[int, ...] | None:
    if np.shape(expected) != np.shape(found):
        return None
    with np.errstate(all="ignore"):
        far = ~(np.abs(found - expected) <= 1e-9 * np.abs(expected))
    return tuple(int(k) for k in np.argwhere(far)[0]) if np.any(far) else None
