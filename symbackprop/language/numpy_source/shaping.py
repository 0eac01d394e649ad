"""Arrays in other shapes, parts of them, arrays joined, split and padded."""

from __future__ import annotations

from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import InRange
from symbackprop.language.numpy_source import ndarray
from symbackprop.language.numpy_source.arguments import axis, number, numeric, sizes
from symbackprop.language.numpy_source.joining import joined, stacked
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place, axis_of
from symbackprop.language.numpy_source.objects import Arr, Lst
from symbackprop.language.numpy_source.program import vanishes
from symbackprop.language.numpy_source.updates import guarded


def transpose_(m: Machine, a: Any, *axes: Any) -> Nd:
    order = [
        number(m, v)
        for part in axes
        if part is not None
        for v in (part if isinstance(part, tuple) else part.items if isinstance(part, Lst) else (part,))
    ]
    return ndarray.transpose(numeric(m, a), order or None)


def reshape_(m: Machine, a: Any, *shape: Any) -> Nd:
    made = ndarray.reshape(numeric(m, a), [e for s in shape for e in sizes(m, s)])
    m.joined.update({cast(sp.Expr, sp.Mul(*axis)): axis for axis in made.axes if len(axis) > 1})
    return made


def ravel_(m: Machine, a: Any) -> Nd:
    return ndarray.reshape(numeric(m, a), [sp.S.NegativeOne])


def squeeze_(m: Machine, a: Any, axis_: Any = None) -> Nd:
    nd = numeric(m, a)
    chosen = [k for k, s in enumerate(nd.axes) if not s] if axis_ is None else list(ndarray.normal_axes(nd.rank, axis(m, axis_)))
    if any(nd.axes[k] for k in chosen):
        raise Unfit("only an axis of size 1 can be left out")
    return ndarray.reshape(nd, [s for k, s in enumerate(nd.shape) if k not in chosen])


def expand_dims_(m: Machine, a: Any, axis_: Any) -> Nd:
    nd, k = numeric(m, a), number(m, axis_)
    k = k % (nd.rank + 1)
    return ndarray.reshape(nd, [*nd.shape[:k], sp.S.One, *nd.shape[k:]])


def swapaxes_(m: Machine, a: Any, first: Any, second: Any) -> Nd:
    nd = numeric(m, a)
    order = list(range(nd.rank))
    p, q = number(m, first) % nd.rank, number(m, second) % nd.rank
    order[p], order[q] = q, p
    return ndarray.transpose(nd, order)


def moveaxis_(m: Machine, a: Any, source: Any, destination: Any) -> Nd:
    nd = numeric(m, a)
    p, q = number(m, source) % nd.rank, number(m, destination) % nd.rank
    order = [k for k in range(nd.rank) if k != p]
    order.insert(q, p)
    return ndarray.transpose(nd, order)


def torch_t_(m: Machine, a: Any) -> Nd:
    nd = numeric(m, a)
    if nd.rank > 2:
        raise Unfit("t() is for matrices")
    return ndarray.transpose(nd)


def broadcast_to_(m: Machine, a: Any, shape: Any) -> Nd:
    nd = numeric(m, a)
    axes = ndarray.broadcast(nd.axes, tuple(axis_of(e) for e in sizes(m, shape)))
    return Nd(axes, lambda place: nd.at(ndarray.aligned(nd.axes, place)), nd.kind)


def concatenate_(m: Machine, arrays: Any, axis_: Any = 0) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    if not parts:
        raise Unfit("several arrays are asked for")
    return joined(parts, axis_ if isinstance(axis_, int) else number(m, axis_))


def stack_(m: Machine, arrays: Any, axis_: Any = 0) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    return stacked(parts, axis_ if isinstance(axis_, int) else number(m, axis_))


def hstack_(m: Machine, arrays: Any) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    return joined(parts, 0 if parts and parts[0].rank == 1 else 1)


def vstack_(m: Machine, arrays: Any) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    return joined([p if p.rank > 1 else stacked([p], 0) for p in parts], 0)


def split_(m: Machine, a: Any, count: Any, axis_: Any = 0) -> tuple[Any, ...]:
    nd, parts = numeric(m, a), number(m, count)
    k = axis_ if isinstance(axis_, int) else number(m, axis_)
    k = k % nd.rank
    length = sp.cancel(nd.shape[k] / parts)
    if not 0 < parts <= 64 or len(nd.axes[k]) != 1 or not all(c.is_Integer for c in sp.expand(length).as_coefficients_dict().values()):
        raise Unfit("whether the axis splits into equal parts isn't known")

    def part(j: int) -> Nd:
        def at(place: Place) -> sp.Expr:
            return nd.at((*place[:k], (sp.expand(j * length + (place[k][0] if place[k] else 0)),), *place[k + 1 :]))

        return Nd((*nd.axes[:k], axis_of(length), *nd.axes[k + 1 :]), at, nd.kind)

    base = a if isinstance(a, Arr) else None
    return tuple(m.new(part(j), base) for j in range(parts))


def pad_(m: Machine, array: Any, width: Any, mode: Any = "constant", constant_values: Any = None) -> Nd:
    nd = numeric(m, array)
    if mode != "constant" or (constant_values is not None and any(e != 0 for e in sizes(m, constant_values))):
        raise Unfit("only padding with 0 is read")
    pairs = width if isinstance(width, tuple) else tuple(getattr(width, "items", ())) or (width,)
    if len(pairs) == 2 and all(isinstance(p, Nd) for p in pairs):
        pairs = (pairs,)
    ends = [(e * 2)[:2] for e in (sizes(m, p) for p in pairs)]
    ends = ends * nd.rank if len(ends) == 1 else ends
    if len(ends) != nd.rank or any(len(axis) > 1 for axis in nd.axes):
        raise Unfit("the padding doesn't fit the axes")
    axes = tuple(
        axis_of(sp.expand(s + low + high)) if low != 0 or high != 0 else axis
        for s, axis, (low, high) in zip(nd.shape, nd.axes, ends, strict=True)
    )

    def at(place: Place) -> sp.Expr:
        inner, inside = [], []
        for p, a, s, (low, high) in zip(place, nd.axes, nd.shape, ends, strict=True):
            if low == 0 and high == 0:
                inner.append(p)
                continue
            local = sp.expand((p[0] if p else 0) - low)
            inner.append((local,) if a else ())
            inside.append(InRange(local, s))
        value = nd.at(tuple(inner))
        needed = [i for i in inside if not vanishes(value, *i.args)]  # a component reads 0 outside by itself
        return guarded(cast(sp.Expr, sp.Mul(*needed)), value)

    return Nd(axes, at, nd.kind)
