"""Sums, means, maxima, softmax, and products of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import IsArgmax
from symbackprop.language.numpy_source import ndarray
from symbackprop.language.numpy_source.arguments import axis, kind_of, number, numeric, sizes
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.maxima import flat_place, unravelled
from symbackprop.language.numpy_source.ndarray import Nd, Place, constant, elementwise
from symbackprop.language.numpy_source.numbers import divide
from symbackprop.language.numpy_source.objects import Lst
from symbackprop.language.numpy_source.selecting import total_selected
from symbackprop.language.numpy_source.shaping import ravel_
from symbackprop.language.powers import power, primitive


def _kept(nd: Nd, dtype: Any) -> Nd:
    # dtype=int would cut what is added.
    if dtype is not None and ndarray.ORDER[kind_of(dtype)] < ndarray.ORDER[nd.kind]:
        raise Unfit("numbers are cut to whole numbers here: this isn't read")
    return nd


def sum_(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, dtype: Any = None) -> Nd:
    """Σ x over the axes."""
    nd, over = _kept(numeric(m, a), dtype), axis(m, axis_)
    chosen = total_selected(m, nd) if not keepdims and over in (None, 0) else None
    if chosen is not None:
        return chosen if over == 0 or not chosen.axes else ndarray.total(chosen, None, False, m.fresh)
    return ndarray.total(nd, over, keepdims, m.fresh)


def prod_(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, dtype: Any = None) -> Nd:
    """Π x over the axes; of a shape, the number of its places."""
    if isinstance(a, (tuple, Lst)):
        return constant(cast(sp.Expr, sp.Mul(*sizes(m, a))))
    return ndarray.product(_kept(numeric(m, a), dtype), axis(m, axis_), keepdims, m.fresh)


def max_(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False) -> Nd:
    """max x over the axes."""
    return ndarray.largest(numeric(m, a), axis(m, axis_), keepdims, m.fresh)


def min_(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False) -> Nd:
    """min x = −max(−x) over the axes."""
    flipped = elementwise(lambda e: -e, [numeric(m, a)])
    return elementwise(lambda e: -e, [ndarray.largest(flipped, axis(m, axis_), keepdims, m.fresh)])


def _count(a: Nd, over: Any) -> sp.Expr:
    return cast(sp.Expr, sp.Mul(*ndarray.sizes_of(a.axes[k] for k in ndarray.normal_axes(a.rank, over))))


def mean_(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, dtype: Any = None) -> Nd:
    """Σ x / n over the axes."""
    nd = _kept(numeric(m, a), dtype)
    count = _count(nd, axis(m, axis_))
    return elementwise(lambda e: divide(e, count), [ndarray.total(nd, axis(m, axis_), keepdims, m.fresh)], "float")


def var_(
    m: Machine, a: Any, axis_: Any = None, *, keepdims: bool = False, ddof: Any = None, unbiased: Any = None, correction: Any = None
) -> Nd:
    """Σ (x − mean)² / (n − ddof) over the axes."""
    told = next((v for v in (ddof, correction) if v is not None), None)
    less = number(m, told) if told is not None else int(unbiased) if isinstance(unbiased, bool) else 0
    if told is None and unbiased is None and m.torch:
        raise Unfit("torch divides by N − 1 here, NumPy by N", "write unbiased=False or correction=0")
    nd = numeric(m, a)
    around = m.named(mean_(m, nd, axis_, True), "mean")
    squares = elementwise(lambda e, c: power(e - c, sp.Integer(2)), [nd, around])
    count = _count(nd, axis(m, axis_)) - less
    return elementwise(lambda e: divide(e, count), [ndarray.total(squares, axis(m, axis_), keepdims, m.fresh)], "float")


def std_(m: Machine, a: Any, axis_: Any = None, **options: Any) -> Nd:
    """√var over the axes."""
    return elementwise(lambda e: power(e, sp.S.Half), [var_(m, a, axis_, **options)])


def norm_(m: Machine, x: Any, ord: Any = None, axis_: Any = None, keepdims: bool = False) -> Nd:
    """√Σ x² over the axes."""
    nd = numeric(m, x)
    over = axis(m, axis_)
    along = len(ndarray.normal_axes(nd.rank, over))
    if (ord is not None and (along != 1 or number(m, ord) != 2)) or (over is not None and along > 2):
        raise Unfit("this norm isn't read", "of a matrix, ord=2 is the spectral norm")
    squares = elementwise(lambda e: power(e, sp.Integer(2)), [nd])
    return elementwise(lambda e: power(e, sp.S.Half), [ndarray.total(squares, over, keepdims, m.fresh)])


def argmax_(m: Machine, a: Any, axis_: Any = None) -> Nd:
    """The place of the maximum along an axis; through all axes, the number of its place."""
    over = axis(m, axis_)
    nd = ndarray.inhabited(numeric(m, a), over)
    if (over is None or nd.rank == 1) and nd.rank:
        return flat_place(m, nd)
    axes = ndarray.normal_axes(nd.rank, over)
    if len(axes) != 1 or len(nd.axes[axes[0]]) != 1:
        raise Unfit("argmax goes over one axis")
    k = axes[0]

    def is_there(place: Place, at: Sequence[sp.Expr]) -> sp.Expr:
        q = m.fresh(nd.axes[k][0])
        return IsArgmax(nd.at((*place[:k], (q,), *place[k:])), q, *at)

    def unknown(_place: Place) -> sp.Expr:
        raise Unfit("the place of a maximum can only be a subscript")

    return Nd((*nd.axes[:k], *nd.axes[k + 1 :]), unknown, "int", is_there, among=nd.axes[k])


def argmin_(m: Machine, a: Any, axis_: Any = None) -> Nd:
    """The place of the minimum: argmax of −x."""
    return argmax_(m, elementwise(lambda e: -e, [numeric(m, a)]), axis_)


def unravel_index_(m: Machine, indices: Any, shape: Any) -> tuple[Nd, ...]:
    """The places along the axes for the number of a maximum's place."""
    nd = numeric(m, indices)
    if nd.axes:
        raise Unfit("unravel_index of several places isn't read")
    return unravelled(m, nd.at(()), sizes(m, shape))


def softmax_(m: Machine, x: Any, axis_: Any = None) -> Nd:
    """exp(x) / Σ exp(x) along an axis."""
    nd = numeric(m, x)
    if axis_ is None and nd.rank != 1:
        raise Unfit("softmax needs its axis")
    weights = elementwise(lambda e: primitive("exp", e), [nd])
    return elementwise(divide, [weights, ndarray.total(weights, axis(m, axis_), True, m.fresh)])


def logsumexp_(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False) -> Nd:
    """log Σ exp(x) over the axes."""
    weights = elementwise(lambda e: primitive("exp", e), [numeric(m, a)])
    return elementwise(lambda e: primitive("log", e), [ndarray.total(weights, axis(m, axis_), keepdims, m.fresh)])


def log_softmax_(m: Machine, x: Any, axis_: Any = None) -> Nd:
    """x − log Σ exp(x) along an axis."""
    return elementwise(lambda e, s: e - s, [numeric(m, x), logsumexp_(m, x, axis_, True)])


def dot_(m: Machine, a: Any, b: Any) -> Nd:
    """Σ_k a[..., k] b[..., k, ...]; a product with a number."""
    return ndarray.dot(numeric(m, a), numeric(m, b), m.fresh)


def matmul_(m: Machine, a: Any, b: Any) -> Nd:
    """Σ_k a[..., i, k] b[..., k, j]"""
    return ndarray.matmul(numeric(m, a), numeric(m, b), m.fresh)


def outer_(m: Machine, a: Any, b: Any) -> Nd:
    """y[i, j] = a[i] b[j] of the elements in order."""
    x, y = (ravel_(m, v) for v in (a, b))
    kind = max(x.kind, y.kind, key=lambda k: ndarray.ORDER[k])
    return Nd((*x.axes, *y.axes), lambda place: x.at(place[:1]) * y.at(place[1:]), kind)


def inner_(m: Machine, a: Any, b: Any) -> Nd:
    """Σ_k a[..., k] b[..., k]; a product with a number."""
    x, y = numeric(m, a), numeric(m, b)
    if not x.rank or not y.rank:
        return ndarray.dot(x, y, m.fresh)
    return ndarray.tensordot(x, y, ([x.rank - 1], [y.rank - 1]), m.fresh)


def einsum_(m: Machine, subscripts: Any, *operands: Any, optimize: Any = None) -> Nd:
    """A sum of products by letters."""
    if not isinstance(subscripts, str):
        raise Unfit("einsum takes its subscripts as text")
    return ndarray.einsum(subscripts, [numeric(m, o) for o in operands], m.fresh)


def tensordot_(m: Machine, a: Any, b: Any, axes: Any = None) -> Nd:
    """Σ over pairs of axes of a product."""
    x, y = numeric(m, a), numeric(m, b)
    if axes is None or isinstance(axes, Nd):
        count = 2 if axes is None else number(m, axes)
        if not 0 <= count <= min(x.rank, y.rank):
            raise Unfit(f"there are no {count} axes to sum over")
        return ndarray.tensordot(x, y, (range(x.rank - count, x.rank), range(count)), m.fresh)
    pair = axes if isinstance(axes, tuple) else tuple(axes.items)
    left, right = (ks if isinstance(ks, tuple) else (ks,) for ks in (axis(m, v, lists=True) for v in pair))
    return ndarray.tensordot(x, y, (left, right), m.fresh)
