"""Two expressions carried out at random numbers: where they differ there, no proof of their equality need be looked for.

What the equations define is computed from them; everything else is random, of small unequal sizes. Doubles, two points.
Only a difference says something: where both points agree, or none has a value, nothing is known.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.carrying import carry_out
from symbackprop.language.domains import FLOAT64, Array
from symbackprop.language.equations import Equation, stood_on
from symbackprop.language.ordering import plan
from symbackprop.language.substitution import indices, tensors
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.language.values import Scope, evaluate, extent, laid_out

FAR = 1e-6
"""Relative: what is further apart than this differs, whatever the round-off."""
SIZES, MOST_TRIED = (2, 3, 4, 1, 5), 200
LONGER = (4, 3, 5, 2, 6, 1)
"""A recurrence shows what it carries on after a few turns."""
POINTS = 2
CANNOT = (ValueError, TypeError, ArithmeticError, KeyError, IndexError, NotImplementedError, AssertionError, RecursionError)


def differ(left: sp.Expr, right: sp.Expr, equations: Sequence[Equation] = (), step0: Any = 0) -> bool:
    """Whether the two differ at random numbers; False also where that can't be told."""
    try:
        names = stood_on((left, right), equations)
        needed = tuple(e for e in equations if e.tensor.name in names)
        sizes = _sizes((left, right, *(s for e in needed for s in (e.left, e.right))))
        if sizes is None:
            return False
        return all(_apart(left, right, needed, sizes, step0, seed) for seed in range(POINTS))
    except CANNOT:
        return False


def carried(equations: Sequence[Equation]) -> Mapping[str, Array] | None:
    """What the equations define, carried out at random numbers; None where that can't be done."""
    try:
        sizes = _sizes(tuple(s for e in equations for s in (e.left, e.right)), LONGER)
        return None if sizes is None else _carried((), equations, sizes, 0, 0).arrays
    except CANNOT:
        return None


def _carried(expressions: Sequence[sp.Expr], equations: Sequence[Equation], sizes: Mapping[str, int], step0: Any, seed: int) -> Scope:
    defined = {e.tensor.name for e in equations}
    every = {t.name: t for e in (*expressions, *(q.right for q in equations)) for t in tensors(e)}
    rng = np.random.default_rng(seed)
    given = {name: _random(every[name], sizes, rng) for name in sorted(every) if name not in defined}
    symbols = {"step0": 0.375 if step0 is None else float(step0), "sign0": 0.0}
    scope = Scope(FLOAT64, given, sizes, symbols=symbols, functions=_Waves())
    with scope.domain.context():
        for group in plan(equations):
            carry_out(group, scope)
    scope.memo.clear()
    return scope


def _apart(left: sp.Expr, right: sp.Expr, equations: Sequence[Equation], sizes: Mapping[str, int], step0: Any, seed: int) -> bool:
    free = tuple(dict.fromkeys((*indices(left), *indices(right))))
    scope = _carried((left, right), equations, sizes, step0, seed)
    with scope.domain.context():
        a, b = (np.asarray(laid_out(evaluate(e, scope), free, scope), dtype=np.float64) for e in (left, right))
        told = np.isfinite(a) & np.isfinite(b)
        return bool(np.any(told & (np.abs(a - b) > FAR * (1 + np.maximum(np.abs(a), np.abs(b))))))


class _Waves(dict[str, Any]):
    # Every unspecified function is a wave of its own, with its derivatives.
    def get(self, name: str, default: Any = None) -> Any:
        start = 1.0 + sum(map(ord, name)) % 7 / 10
        return tuple(lambda z, k=k: np.sin(z + start + k * np.pi / 2) for k in range(4))


def _random(t: Tensor, sizes: Mapping[str, int], rng: np.random.Generator) -> Array:
    shape = tuple(extent(s, sizes) for s in t.sizes)
    if t.below is not None:
        return rng.integers(0, extent(t.below, sizes), shape)
    if t.values:
        return rng.choice([float(v) for v in t.values], shape)
    drawn = rng.uniform(0.2, 0.9, shape)
    negative = {"positive": 0.0, "nonnegative": 0.0, "negative": 1.0, "nonpositive": 1.0}.get(t.sign, 0.5)
    return np.where(rng.random(shape) < negative, -drawn, drawn)


def _sizes(expressions: Sequence[sp.Expr], numbers: tuple[int, ...] = SIZES) -> dict[str, int] | None:
    # Unequal numbers for the sizes with which every axis and every index has at least one place.
    extents = {s for e in expressions for s in _extents(e)}
    dims = sorted({d for e in (*extents, *expressions) for d in e.free_symbols if isinstance(d, Dim)}, key=str)
    for chosen in islice(_choices(len(dims), numbers), MOST_TRIED):
        sizes = {d.name: n for d, n in zip(dims, chosen, strict=True)}
        if all(extent(s, sizes) >= 1 for s in extents):
            return sizes
    return None


def _choices(count: int, numbers: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    yield tuple(numbers[k % 3] for k in range(count))
    yield tuple(numbers[(count - k) % 3] for k in range(count))
    yield from product(numbers, repeat=count)


def _extents(e: sp.Expr) -> Iterator[sp.Expr]:
    for node in sp.preorder_traversal(e):
        if isinstance(node, Index):
            yield node.size
    for t in tensors(e):
        yield from t.sizes
        if t.below is not None:
            yield t.below
