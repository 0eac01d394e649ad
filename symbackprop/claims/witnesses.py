"""The smallest case in which something happens: sizes from 1 up, then small numbers in order, exactly as a person would look.

Gradients come from the oracle, which knows the forward equations only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, product
from random import Random
from typing import Any

import numpy as np

from symbackprop.claims.setting import upstream_signs
from symbackprop.language.evaluate import forward
from symbackprop.language.exact import balls
from symbackprop.language.labelled import extent
from symbackprop.language.nodes import Unspecified
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Tensor
from symbackprop.layer import Layer
from symbackprop.verify.assumed import holds as satisfied
from symbackprop.verify.oracle import Base, Gradient, base, gradient_at, zeros
from symbackprop.verify.points import polynomial

SMALL = tuple(Fraction(v) for v in (0, 1, -1, 2, -2, Fraction(1, 2)))
MOST, LARGEST = 250, 3
"""So many cases are tried at each set of sizes; sizes go up to LARGEST."""


@dataclass(frozen=True, eq=False)
class Case:
    """A layer at small numbers."""

    layer: Layer
    sizes: Mapping[str, int]
    inputs: Mapping[str, Any]
    upstream: Mapping[str, Any]
    functions: Mapping[str, Any]

    @property
    def given(self) -> dict[str, Any]:
        """Everything by name, upstream gradients as dz."""
        return {**self.inputs, **({} if self.layer.is_cost else {f"d{k}": v for k, v in self.upstream.items()})}

    @property
    def is_defined(self) -> bool:
        """Whether every variable has a finite value: 0/0 is no case."""
        floats = {k: v if v.dtype.kind in "iu" else v.astype(np.float64) for k, v in self.inputs.items()}
        with np.errstate(all="ignore"):
            every = forward(self.layer, {**self.sizes, **self.functions, **floats})
        known = {**self.inputs, **{k: v for k, v in every.items() if k not in self.inputs}}
        if not all(satisfied(a, known, self.sizes) for a in self.layer.assumptions):
            return False
        declared = {e.tensor.name: e.tensor for e in self.layer.equations if e.tensor.sign}
        return all(bool(np.all(np.isfinite(v))) for v in every.values()) and all(
            bool(np.all(_has(t, every[n]))) for n, t in declared.items()
        )

    def gradient(self, name: str) -> np.ndarray[Any, Any]:
        """∂C/∂v as doubles, from balls; nan where there is no derivative."""
        at = base(self.layer, {**self.sizes, **self.functions, **self.inputs}, None if self.layer.is_cost else self.upstream)
        found = gradient_of(at, name)
        return np.where(found.smooth, _rounded(found.array), np.nan)

    def values(self) -> dict[str, Any]:
        """Every variable of the layer as doubles."""
        every = forward(self.layer, {**self.sizes, **self.functions, **self.inputs}, domain=balls(160))
        return {k: _rounded(np.asarray(np.frompyfunc(float, 1, 1)(v), dtype=np.float64)) for k, v in every.items()}


def _has(t: Tensor, values: Any) -> Any:
    """Whether numbers have the sign that a computed variable is assumed to have."""
    return {"positive": values > 0, "nonnegative": values >= 0, "negative": values < 0, "nonpositive": values <= 0, "nonzero": values != 0}[
        t.sign
    ]


def _rounded(a: Any) -> Any:
    # The oracle's error is about 10⁻³⁰: what is that small is 0.
    return np.where(np.abs(a) < 1e-20, 0.0, a)


def smallest(
    layer: Layer, happens: Callable[[Case], bool], assuming: str = "", pool: tuple[Fraction, ...] = SMALL, largest: int = LARGEST
) -> Case | None:
    """The first case in which it happens, made as simple as it can be, None where none is found.

    A case without a value is passed over.
    """
    computed = [t for t in upstream_signs(layer, assuming).values() if layer.is_cost or t.adjoint_of not in {o.name for o in layer.outputs}]

    def fits(case: Case) -> bool:
        return all(bool(np.all(_has(t, case.gradient(t.adjoint_of)))) for t in computed) and happens(case)

    for sizes in _sizes(layer, largest):
        for case in _cases(layer, sizes, assuming, pool):
            if _is_one(case, fits):
                return _simplest(case, fits, assuming, pool)
    return None


def _is_one(case: Case, happens: Callable[[Case], bool]) -> bool:
    try:
        return case.is_defined and happens(case)
    except (ValueError, ZeroDivisionError, ArithmeticError):
        return False


def _simplest(case: Case, happens: Callable[[Case], bool], assuming: str, pool: tuple[Fraction, ...]) -> Case:
    """One number after the other replaced by the first of the pool with which it still happens, until none can be."""
    places = [(t, group, k) for t, group in _given(case, assuming) for k in range(getattr(case, group)[t.name].size)]
    changed = True
    while changed:
        changed = False
        for t, group, k in places:
            array = getattr(case, group)[t.name]
            rank = pool.index(array.flat[k]) if array.flat[k] in pool else len(pool)
            for v in filter(lambda v: _allows(t, v), pool[:rank]):
                tried = array.copy()
                tried.flat[k] = v
                given = {"inputs": case.inputs, "upstream": case.upstream}
                given[group] = {**given[group], t.name: tried}
                simpler = replace(case, inputs=given["inputs"], upstream=given["upstream"])
                if _is_one(simpler, happens):
                    case, changed = simpler, True
                    break
    return case


def _given(case: Case, assuming: str) -> Iterator[tuple[Tensor, str]]:
    """The tensors whose numbers are given, with the part of the case that they stand in."""
    yield from ((t, "inputs") for t in case.layer.inputs if not t.is_integer_valued)
    if not case.layer.is_cost:
        yield from ((Tensor(t.name, *t.sizes, sign=a.sign), "upstream") for t, a in _upstream(case.layer, assuming))


def _upstream(layer: Layer, assuming: str) -> list[tuple[Tensor, Tensor]]:
    """Each output, and its upstream gradient with the sign assumed of it."""
    signs = {new.name: new for new in upstream_signs(layer, assuming).values()}
    return [(t, signs.get(f"d{t.name}", Tensor(f"d{t.name}", *t.sizes))) for t in layer.outputs]


def gradient_of(at: Base, name: str) -> Gradient:
    """The oracle's gradient; 0 for a variable that no equation mentions."""
    if any(t.name == name for e in at.layer.equations for t in tensors(e.right)) or any(t.name == name for t in at.layer.outputs):
        return gradient_at(at, name)
    shape = at.scope.arrays[name].shape
    return Gradient(zeros(shape, at.domain), np.ones(shape, dtype=bool))


def defined_cases(layer: Layer, count: int, pool: tuple[Fraction, ...] = SMALL) -> Iterator[Case]:
    """The first cases that are defined and satisfy what is assumed, at most `count` at each set of sizes."""
    for sizes in _sizes(layer, LARGEST):
        yield from islice((c for c in _cases(layer, sizes, "", pool) if c.is_defined), count)


def _sizes(layer: Layer, largest: int) -> Iterator[dict[str, int]]:
    names = [d.name for d in layer.sizes]
    every = [dict(zip(names, v, strict=True)) for v in product(range(1, largest + 1), repeat=len(names))]
    yield from sorted(every, key=lambda s: (sum(s.values()), max(s.values(), default=0)))


def _cases(layer: Layer, sizes: Mapping[str, int], assuming: str, pool: tuple[Fraction, ...]) -> Iterator[Case]:
    upstream = () if layer.is_cost else tuple(a for _, a in _upstream(layer, assuming))
    tensors = (*layer.inputs, *upstream)
    shapes = [tuple(extent(s, sizes) for s in t.sizes) for t in tensors]
    choices = [[v for v in pool if _allows(t, v)] for t, shape in zip(tensors, shapes, strict=True) for _ in range(int(np.prod(shape)))]
    functions = {u.name: polynomial(Random(u.name)) for e in layer.equations for u in e.right.atoms(Unspecified)}
    for flat in islice(_ordered(choices), MOST):
        arrays, start = [], 0
        for t, shape in zip(tensors, shapes, strict=True):
            count = int(np.prod(shape))
            kind = np.int64 if t.is_integer_valued else object
            arrays.append(np.array([int(v) if kind is np.int64 else v for v in flat[start : start + count]], dtype=kind).reshape(shape))
            start += count
        given = len(layer.inputs)
        inputs = {t.name: a for t, a in zip(layer.inputs, arrays[:given], strict=True)}
        costs = (
            {layer.outputs[0].name: np.array(Fraction(1), dtype=object)}
            if layer.is_cost
            else {t.name: a for t, a in zip(layer.outputs, arrays[given:], strict=True)}
        )
        yield Case(layer, sizes, inputs, costs, functions)


def _ordered(choices: list[list[Fraction]]) -> Iterator[tuple[Fraction, ...]]:
    """Every combination where there are few; else drawn, those of the first numbers more often."""
    total = 1
    for c in choices:
        total *= max(len(c), 1)
    if total <= MOST:
        yield from sorted(product(*choices), key=lambda v: sum(choices[k].index(x) for k, x in enumerate(v)))
        return
    random = Random(len(choices))
    while True:
        width = random.randint(1, len(max(choices, key=len)))
        yield tuple(random.choice(c[:width]) for c in choices)


def _allows(t: Tensor, v: Fraction) -> bool:
    if t.values:
        return v in {Fraction(int(x.p), int(x.q)) for x in t.values}
    if t.is_integer_valued:
        return v in (0, 1)
    return {"": True, "positive": v > 0, "nonnegative": v >= 0, "negative": v < 0, "nonpositive": v <= 0, "nonzero": v != 0}[t.sign]
