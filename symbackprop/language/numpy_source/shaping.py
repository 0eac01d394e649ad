"""Arrays in other shapes, parts of them, arrays joined, split and padded."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Compare, InRange, Sum
from symbackprop.language.numpy_source import ndarray
from symbackprop.language.numpy_source.arguments import axis, number, numeric, sizes
from symbackprop.language.numpy_source.bounds import never_negative
from symbackprop.language.numpy_source.indexing import choice, picks_of, read
from symbackprop.language.numpy_source.joining import joined, stacked
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place, axis_of
from symbackprop.language.numpy_source.objects import Arr, Lst, Span
from symbackprop.language.numpy_source.program import vanishes
from symbackprop.language.numpy_source.reshaping import reshape
from symbackprop.language.numpy_source.updates import guarded, letters_of


def transpose_(m: Machine, a: Any, *axes: Any) -> Nd:
    """y[j, i] = x[i, j]: the axes reversed, or in a given order; two of them exchanged in torch."""
    order = [
        number(m, v)
        for part in axes
        if part is not None
        for v in (part if isinstance(part, tuple) else part.items if isinstance(part, Lst) else (part,))
    ]
    nd = numeric(m, a)
    if m.torch and len(order) == 2 and len(axes) == 2 and tuple(ndarray.axis_at(k, nd.rank) for k in order) != (1, 0):
        if m.numpy and nd.rank == 2:
            raise Unfit("transpose is another thing for torch and for NumPy here", ".T is one for both")
        return swapaxes_(m, nd, *axes)
    return ndarray.transpose(nd, order or None)


def reshape_(m: Machine, a: Any, *shape: Any, newshape: Any = None, order: Any = "C") -> Nd:
    """The same numbers in order, in another shape."""
    if order != "C" or (newshape is not None and shape):
        raise Unfit("this reshape isn't read", "the order of C is")
    shape = shape if newshape is None else (newshape,)
    made = reshape(numeric(m, a), [e for s in shape for e in sizes(m, s)])
    m.joined.update(
        {cast(sp.Expr, sp.Mul(*axis)): axis for axis in made.axes if len(axis) > 1 and not any(s.is_Integer for s in axis)}
    )
    return made


def ravel_(m: Machine, a: Any) -> Nd:
    """The same numbers in order, along one axis."""
    return reshape(numeric(m, a), [sp.S.NegativeOne])


def squeeze_(m: Machine, a: Any, axis_: Any = None) -> Nd:
    """x without its axes of size 1."""
    nd = numeric(m, a)
    chosen = [k for k, s in enumerate(nd.axes) if not s] if axis_ is None else list(ndarray.normal_axes(nd.rank, axis(m, axis_)))
    if any(nd.axes[k] for k in chosen):
        raise Unfit("only an axis of size 1 can be left out")
    return reshape(nd, [s for k, s in enumerate(nd.shape) if k not in chosen])


def expand_dims_(m: Machine, a: Any, axis_: Any) -> Nd:
    """x with a new axis of size 1."""
    nd, k = numeric(m, a), number(m, axis_)
    k = ndarray.axis_at(k, nd.rank + 1)
    return reshape(nd, [*nd.shape[:k], sp.S.One, *nd.shape[k:]])


def swapaxes_(m: Machine, a: Any, first: Any, second: Any) -> Nd:
    """x with two axes exchanged."""
    nd = numeric(m, a)
    order = list(range(nd.rank))
    p, q = ndarray.axis_at(number(m, first), nd.rank), ndarray.axis_at(number(m, second), nd.rank)
    order[p], order[q] = q, p
    return ndarray.transpose(nd, order)


def moveaxis_(m: Machine, a: Any, source: Any, destination: Any) -> Nd:
    """x with an axis at another place."""
    nd = numeric(m, a)
    p, q = ndarray.axis_at(number(m, source), nd.rank), ndarray.axis_at(number(m, destination), nd.rank)
    order = [k for k in range(nd.rank) if k != p]
    order.insert(q, p)
    return ndarray.transpose(nd, order)


def torch_t_(m: Machine, a: Any) -> Nd:
    """y[j, i] = x[i, j] of a matrix."""
    nd = numeric(m, a)
    if nd.rank > 2:
        raise Unfit("t() is for matrices")
    return ndarray.transpose(nd)


def broadcast_to_(m: Machine, a: Any, shape: Any) -> Nd:
    """x repeated along its axes of size 1 and new ones."""
    nd = numeric(m, a)
    axes = tuple(axis_of(e) for e in sizes(m, shape))
    if not ndarray.same_axes(ndarray.broadcast(nd.axes, axes), axes):
        raise Unfit(f"{ndarray.shape_text(nd.axes)} doesn't fit into the shape {ndarray.shape_text(axes)}")
    return Nd(axes, lambda place: nd.at(ndarray.aligned(nd.axes, place)), nd.kind)


def _several(m: Machine, arrays: Any) -> list[Nd]:
    if isinstance(arrays, Lst) and arrays.family is not None:
        raise Unfit("what a loop kept isn't joined along an axis that it has", "np.stack and np.array are read")
    found = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    if not found:
        raise Unfit("several arrays are asked for")
    return found


def concatenate_(m: Machine, arrays: Any, axis_: Any = 0) -> Nd:
    """Arrays one after the other along an axis."""
    parts = _several(m, arrays)
    return joined(parts, axis_ if isinstance(axis_, int) else number(m, axis_))


def stack_(m: Machine, arrays: Any, axis_: Any = 0) -> Nd:
    """Arrays on top of each other along a new axis."""
    if isinstance(arrays, Lst) and arrays.family is not None:
        return moveaxis_(m, numeric(m, arrays), ndarray.constant(0), axis_ if isinstance(axis_, Nd) else ndarray.constant(axis_))
    parts = _several(m, arrays)
    return stacked(parts, axis_ if isinstance(axis_, int) else number(m, axis_))


def hstack_(m: Machine, arrays: Any) -> Nd:
    """Arrays side by side: along axis 1, vectors along axis 0."""
    parts = _several(m, arrays)
    return joined(parts, 0 if parts and parts[0].rank == 1 else 1)


def column_stack_(m: Machine, arrays: Any) -> Nd:
    """Vectors as columns, matrices side by side."""
    parts = _several(m, arrays)
    return joined([p if p.rank > 1 else stacked([p], 1) for p in parts], 1)


def tile_(m: Machine, a: Any, *reps: Any) -> Nd:
    """Copies of an array side by side, where that is a new axis or one of size 1."""
    if not reps:
        raise Unfit("tile takes the numbers of copies")
    if len(reps) > 1 and not m.torch:
        raise Unfit("several numbers of copies are read in torch only", "write them as a tuple")
    nd, counts = numeric(m, a), [e for r in reps for e in sizes(m, r)]
    rank = max(nd.rank, len(counts))
    counts = [*(sp.S.One for _ in range(rank - len(counts))), *counts]
    axes: list[tuple[sp.Expr, ...]] = [*(() for _ in range(rank - nd.rank)), *nd.axes]
    if any(axis and count != 1 for axis, count in zip(axes, counts, strict=True)):
        raise Unfit("tile along an axis that is longer than 1 isn't read")
    wide = tuple(axis or m.axis(count) for axis, count in zip(axes, counts, strict=True))
    return Nd(wide, lambda place: nd.at(ndarray.aligned(nd.axes, place)), nd.kind)


def repeat_(m: Machine, a: Any, count: Any, axis_: Any = None) -> Nd:
    """Every element several times, along an axis of size 1."""
    nd, found, k = numeric(m, a), sizes(m, count), axis(m, axis_)
    if m.torch or len(found) != 1:
        raise Unfit("this repeat isn't read")
    k = (0 if nd.rank == 1 else None) if k is None else k % nd.rank if isinstance(k, int) and -nd.rank <= k < nd.rank else None
    if k is None or nd.axes[k]:
        raise Unfit("repeat along an axis that is longer than 1 isn't read")
    wide = (*nd.axes[:k], m.axis(found[0]), *nd.axes[k + 1 :])
    return Nd(wide, lambda place: nd.at((*place[:k], (), *place[k + 1 :])), nd.kind)


def flip_(m: Machine, a: Any, axis_: Any = None) -> Nd:
    """The elements in the opposite order."""
    nd = numeric(m, a)
    axes = ndarray.normal_axes(nd.rank, axis(m, axis_))
    if any(len(nd.axes[k]) > 1 for k in axes):
        raise Unfit("an axis that reshape joined isn't read backwards")

    def at(place: Place) -> sp.Expr:
        return nd.at(tuple((sp.expand(nd.shape[k] - 1 - p[0]),) if k in axes and p else p for k, p in enumerate(place)))

    return Nd(nd.axes, at, nd.kind)


def cumsum_(m: Machine, a: Any, axis_: Any = None) -> Nd:
    """y[k] = Σ_{j ≤ k} x[j]"""
    nd, over = numeric(m, a), axis(m, axis_)
    k = 0 if over is None and nd.rank == 1 else over
    if not isinstance(k, int) or not -nd.rank <= k < nd.rank or len(nd.axes[k % nd.rank]) > 1 or nd.kind == "bool":
        raise Unfit("cumsum goes along one axis")
    k %= nd.rank
    if not nd.axes[k]:
        return nd

    def at(place: Place) -> sp.Expr:
        j = m.fresh(nd.axes[k][0])
        up_to = Compare("<=", j, place[k][0])
        return cast(sp.Expr, Sum(guarded(up_to, nd.at((*place[:k], (j,), *place[k + 1 :]))), j))

    return Nd(nd.axes, at, nd.kind)


def vstack_(m: Machine, arrays: Any) -> Nd:
    """Arrays below each other; vectors as rows."""
    if isinstance(arrays, Lst) and arrays.family is not None and (rows := numeric(m, arrays)).rank == 2:
        return rows
    parts = _several(m, arrays)
    return joined([p if p.rank > 1 else stacked([p], 0) for p in parts], 0)


def choose_(m: Machine, a: Any, choices: Any) -> Nd:
    """y[i] = choices[a[i], i]"""
    return choice(numeric(m, a), numeric(m, choices), m.facts)


def split_(m: Machine, a: Any, count: Any, axis_: Any = 0) -> tuple[Any, ...]:
    """The equal parts of an array along an axis, or its parts up to each of several places."""
    if m.torch:
        raise Unfit("split takes the number of parts in NumPy, their sizes in torch")
    nd = numeric(m, a)
    k = axis_ if isinstance(axis_, int) else number(m, axis_)
    k = ndarray.axis_at(k, nd.rank)
    base = a if isinstance(a, Arr) else None
    if isinstance(count, (tuple, Lst)):
        ends = [None, *(count if isinstance(count, tuple) else m.settled(count).items), None]
        slices = [[*(Span() for _ in range(k)), Span(low, high)] for low, high in pairwise(ends)]
        return tuple(m.new(read(nd, picks_of(nd.axes, items, m.facts)), base) for items in slices)
    parts = number(m, count)
    length = sp.cancel(nd.shape[k] / parts)
    if not 0 < parts <= 64 or len(nd.axes[k]) != 1 or not all(c.is_Integer for c in sp.expand(length).as_coefficients_dict().values()):
        raise Unfit("whether the axis splits into equal parts isn't known")

    def part(j: int) -> Nd:
        def at(place: Place) -> sp.Expr:
            return nd.at((*place[:k], (sp.expand(j * length + (place[k][0] if place[k] else 0)),), *place[k + 1 :]))

        return Nd((*nd.axes[:k], axis_of(length), *nd.axes[k + 1 :]), at, nd.kind)

    return tuple(m.new(part(j), base) for j in range(parts))


def torch_pad_(m: Machine, a: Any, pad: Any, mode: Any = "constant", value: Any = None) -> Nd:
    """torch's pad: widths from the last axis on."""
    nd, widths = numeric(m, a), sizes(m, pad)
    if len(widths) % 2 or len(widths) > 2 * nd.rank or mode != "constant" or (value is not None and any(e != 0 for e in sizes(m, value))):
        raise Unfit("only padding with 0 is read")
    pairs = [(widths[k], widths[k + 1]) for k in range(0, len(widths), 2)]
    pairs += [(sp.S.Zero, sp.S.Zero)] * (nd.rank - len(pairs))
    return pad_(m, nd, tuple(tuple(ndarray.constant(e) for e in pair) for pair in reversed(pairs)))


def _is_zero(nd: Nd) -> bool:
    return bool(nd.at(letters_of(nd.axes)) == 0)


def pad_(m: Machine, array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = None) -> Nd:
    """y[i + p] = x[i], and 0 around it."""
    nd = numeric(m, array)
    if mode != "constant" or (constant_values is not None and not _is_zero(numeric(m, constant_values))):
        raise Unfit("only padding with 0 is read")
    pairs = pad_width if isinstance(pad_width, tuple) else tuple(getattr(pad_width, "items", ())) or (pad_width,)
    if len(pairs) == 2 and all(isinstance(p, Nd) for p in pairs):
        pairs = (pairs,)
    told = [sizes(m, p) for p in pairs]
    if not all(1 <= len(e) <= 2 for e in told) or (len(pairs) > 1 and any(isinstance(p, Nd) for p in pairs)):
        raise Unfit("a padding has one or two widths, or as many for each axis")
    ends = [(e * 2)[:2] for e in told]
    ends = ends * nd.rank if len(ends) == 1 else ends
    if len(ends) != nd.rank or any(len(axis) > 1 for axis in nd.axes):
        raise Unfit("the padding doesn't fit the axes")
    if not all(never_negative(e, m.facts) for pair in ends for e in pair):
        raise Unfit("whether a width of the padding is negative isn't known")
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
