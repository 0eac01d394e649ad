"""Matrices and their kin, in index style: @, .T, inv, det, logdet, trace, diag, outer, eye, onehot."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import sympy as sp

from symbackprop.language.arrays import Array, Names, Place, aligned, broadcast, total
from symbackprop.language.errors import Misjoined, Unfit, shape_text
from symbackprop.language.nodes import Delta, Det, Inverse, LogDet, Sum
from symbackprop.language.sizes import same_size


def matmul(a: Array, b: Array, names: Names) -> Array:
    """x @ y: Σ_k x[..., i, k] y[..., k, j], further axes broadcast."""
    if not a.rank or not b.rank:
        raise Unfit("@ multiplies arrays, not scalars", "write x*y, or name whole arrays: x @ W")
    inner, other = a.sizes[-1], b.sizes[-2] if b.rank > 1 else b.sizes[0]
    if not same_size(inner, other):
        said = f"{shape_text(a.sizes)} @ {shape_text(b.sizes)} doesn't fit: {inner} against {other}"
        raise Unfit(said, _transposed_hint(a, b), Misjoined)
    rows, columns = a.sizes[-2:-1], b.sizes[-1:] if b.rank > 1 else ()
    stack = broadcast(a.sizes[:-2], b.sizes[:-2])
    depth = len(stack)

    def at(place: Place) -> sp.Expr:
        row, column = place[depth:depth + len(rows)], place[depth + len(rows):]
        with names.bound([] if inner is sp.S.One else [inner], place) as bound:
            k = bound or (sp.S.Zero,)
            left = a.at((*aligned(a.sizes[:-2], place[:depth]), *row, *k))
            right = b.at((*aligned(b.sizes[:-2], place[:depth]), *k, *column))
            return cast(sp.Expr, Sum(left*right, *bound))
    return Array((*stack, *rows, *columns), at, 1 + a.cost + b.cost)


def _transposed_hint(a: Array, b: Array) -> str:
    if a.rank == 2 and same_size(a.sizes[0], b.sizes[-2] if b.rank > 1 else b.sizes[0]):
        return "the left factor transposed would fit: .T"
    return "the right factor transposed would fit: .T" if b.rank == 2 and same_size(a.sizes[-1], b.sizes[1]) else ""


def transpose(a: Array, order: Sequence[int] | None = None) -> Array:
    """The axes in another order; reversed if none is given."""
    order = tuple(reversed(range(a.rank))) if order is None else tuple(k % a.rank if a.rank else k for k in order)
    if sorted(order) != list(range(a.rank)):
        raise Unfit(f"{order} is no order of {a.rank} axes")
    back = [order.index(k) for k in range(a.rank)]
    return Array(tuple(a.sizes[k] for k in order), lambda place: a.at(tuple(place[k] for k in back)), a.cost)


def swap_last(a: Array) -> Array:
    """The last two axes swapped: a stack of matrices transposed."""
    if a.rank < 2:
        raise Unfit(f".mT transposes matrices; this is {shape_text(a.sizes)}")
    return transpose(a, (*range(a.rank - 2), a.rank - 1, a.rank - 2))


def _square(a: Array, what: str) -> sp.Expr:
    if a.rank != 2 or not same_size(*a.sizes):
        raise Unfit(f"{what} takes a square matrix; this is {shape_text(a.sizes)}")
    return a.sizes[0]


def of_matrix(kind: Any, a: Array, names: Names) -> Array:
    """inv, det or logdet of a square matrix."""
    size = _square(a, kind.symbol)

    def at(place: Place) -> sp.Expr:
        with names.bound([size, size], place) as (p, q):
            return cast(sp.Expr, kind(a.at(aligned(a.sizes, (p, q))), p, q, *place))
    return Array((size, size) if kind is Inverse else (), at, 1 + a.cost)


def inverse(a: Array, names: Names) -> Array:
    """A⁻¹."""
    return of_matrix(Inverse, a, names)


def log_determinant(a: Array, names: Names) -> Array:
    """log |det A|."""
    return of_matrix(LogDet, a, names)


def determinant(a: Array, names: Names) -> Array:
    """det A."""
    return of_matrix(Det, a, names)


def trace(a: Array, names: Names) -> Array:
    """Σ_i A[i,i]."""
    _square(a, "trace")
    return total(diagonal(a, names), (0,), False, names)


def diagonal(a: Array, _names: Names) -> Array:
    """The diagonal of a matrix, or the diagonal matrix of a vector."""
    if a.rank == 1:
        return Array((a.sizes[0], a.sizes[0]), lambda place: a.at(place[:1])*Delta(*place), 1 + a.cost)
    _square(a, "diag")
    return Array(a.sizes[:1], lambda place: a.at((place[0], place[0])), a.cost)


def outer(a: Array, b: Array, _names: Names) -> Array:
    """a[i] b[j]."""
    if a.rank != 1 or b.rank != 1:
        raise Unfit(f"outer takes two vectors; these are {shape_text(a.sizes)} and {shape_text(b.sizes)}")
    return Array((*a.sizes, *b.sizes), lambda place: a.at(place[:1])*b.at(place[1:]), 1 + a.cost + b.cost)


def unit(size: sp.Expr) -> Array:
    """The unit matrix."""
    return Array((size, size), lambda place: Delta(*place))


def constant(value: sp.Expr, sizes: tuple[sp.Expr, ...]) -> Array:
    """The same number everywhere."""
    return Array(sizes, lambda _place: value)


def one_hot(labels: Array, size: sp.Expr) -> Array:
    """[labels[...] = c] for c over the size."""
    return Array((*labels.sizes, size), lambda place: Delta(labels.at(place[:-1]), place[-1]))


def counting(size: sp.Expr) -> Array:
    """0, 1, 2, ... as numbers."""
    return Array((size,), lambda place: place[0])
