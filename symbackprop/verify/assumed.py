"""What a layer assumes of its inputs: bounds to draw from, equations to impose, and whether an assumption holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.domains import Array, DomainError, compare
from symbackprop.language.equations import Assumption
from symbackprop.language.exact import EXACT, balls
from symbackprop.language.nodes import Sum
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.language.values import value

BELOW, ABOVE = ("<", "<="), (">", ">=")


def bounds(t: Tensor, assumptions: Iterable[Assumption]) -> tuple[Fraction | None, Fraction | None]:
    """The numbers between which every component of the tensor is assumed to lie: 0 < p[n] < 1 gives (0, 1)."""
    low = Fraction(0) if t.sign in ("positive", "nonnegative") else None
    high = Fraction(0) if t.sign in ("negative", "nonpositive") else None
    narrowed = False
    for a in assumptions:
        for side, other, less in ((a.left, a.right, a.relation in BELOW), (a.right, a.left, a.relation in ABOVE)):
            if (
                a.relation in (*BELOW, *ABOVE)
                and isinstance(side, Component)
                and side.tensor == t
                and isinstance(other, sp.Rational)
            ):
                number, narrowed = Fraction(int(other.p), int(other.q)), True
                low, high = (
                    (low, number if high is None else min(high, number))
                    if less
                    else (number if low is None else max(low, number), high)
                )
    return (low, high) if narrowed else (None, None)


def holds(a: Assumption, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> bool:
    """Whether the assumption holds at the arrays: exactly where everything is rational, else in balls."""
    try:
        return _holds(a, arrays, sizes, EXACT)
    except DomainError:
        return _holds(a, arrays, sizes, balls(200))


def _holds(a: Assumption, arrays: Mapping[str, Array], sizes: Mapping[str, int], domain: Any) -> bool:
    left = value(a.left, a.free, arrays, sizes, domain=domain)
    with domain.context():
        if a.relation == "invertible":
            det = domain.matrix["det"](left)
            return bool(np.all(compare(domain, "!=", det, domain.number(0, 1))))
        return bool(np.all(compare(domain, a.relation, left, value(a.right, a.free, arrays, sizes, domain=domain))))


def imposed(
    a: Assumption, arrays: dict[str, Array], sizes: Mapping[str, int], tensors: Mapping[str, Tensor], random: Random
) -> dict[str, Array]:
    """The arrays changed so that an assumed equation holds, where it is one that is known how to impose.

    Σ_k y[n,k] = r scales each row of y, or makes it one-hot where y is 0 or 1; A[i,j] = A[j,i] mirrors A.
    """
    if a.relation != "==":
        return arrays
    left, right = (a.left, a.right) if not isinstance(a.right, Sum) else (a.right, a.left)
    match left, right:
        case Sum(body=Component() as body, bound=bound), sp.Rational() if _is_plain(body):
            axes = tuple(body.indices.index(i) for i in bound if i in body.indices)
            return {
                **arrays,
                body.tensor.name: _normalised(
                    body.tensor, arrays[body.tensor.name], axes, Fraction(int(right.p), int(right.q)), random
                ),
            }
        case Component(), Component() if (
            left.tensor == right.tensor and left.indices == right.indices[::-1] and left.tensor.rank == 2
        ):
            array = arrays[left.tensor.name]
            return {**arrays, left.tensor.name: np.triu(array) + np.triu(array, 1).T}
        case _:
            return arrays


def _is_plain(c: Component) -> bool:
    return all(isinstance(i, Index) for i in c.indices) and len(set(c.indices)) == len(c.indices)


def _normalised(t: Tensor, array: Array, axes: tuple[int, ...], total: Fraction, random: Random) -> Array:
    """The array with every sum over the axes equal to the total."""
    last = np.moveaxis(array, axes, tuple(range(-len(axes), 0)))
    rows = last.reshape(-1, int(np.prod(last.shape[last.ndim - len(axes) :])))
    whole = bool(t.values) or all(v.denominator == 1 for v in rows.flat)
    made = np.array([_one_hot(len(r), total, random) if whole else _scaled(r, total) for r in rows], dtype=object)
    return np.moveaxis(made.reshape(last.shape), tuple(range(-len(axes), 0)), axes)


def _one_hot(size: int, total: Fraction, random: Random) -> list[Fraction]:
    place = random.randrange(size)
    return [total if k == place else Fraction(0) for k in range(size)]


def _scaled(row: Array, total: Fraction) -> list[Fraction]:
    size = [abs(v) + Fraction(1, 8) for v in row]
    return [total * v / sum(size) for v in size]
