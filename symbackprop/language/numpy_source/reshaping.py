"""The same numbers in other axes: axes joined, axes split as they were joined, or by a literal number.

    (N, H, W, C) -> (N*H*W, C)      the axis (N, H, W) has a subscript for each of its sizes
    (N, 2*E) -> (N, 2, E)           2e becomes (g, e): the place g*E + e
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta, InRange, Sum
from symbackprop.language.numpy_source.ndarray import Fresh, Nd, Place, axis_of, numbered, shape_text
from symbackprop.language.numpy_source.updates import guarded
from symbackprop.language.sizes import same_size

MAX_PIECES = 64  # places along literal sizes


def reshape(a: Nd, shape: Sequence[sp.Expr]) -> Nd:
    """The same numbers in other axes, where that only joins and splits axes as they were joined, or by a literal number."""
    elementary = [s for axis in a.axes for s in axis]
    wanted = _told(a, elementary, shape)
    parts = [[s] for s in elementary]  # what each elementary size is split into
    made, rest = [], list(range(len(elementary)))
    waiting: list[tuple[int, int]] = []  # (elementary size, part of it) not yet in an axis
    for size in wanted:
        axis: list[tuple[int, int]] = []
        while not same_size(sp.expand(_size(parts, axis)), sp.expand(size)):
            if not waiting and not rest:
                raise Unfit(f"{shape_text(a.axes)} can't be read as the shape ({', '.join(map(str, wanted))})", HINT)
            if not waiting:
                k = rest.pop(0)
                waiting = [(k, 0)]
            _split(parts, waiting, sp.cancel(size / _size(parts, axis)))
            axis.append(waiting.pop(0))
        made.append(axis)
    if rest or waiting:
        raise Unfit(f"{shape_text(a.axes)} can't be read as the shape ({', '.join(map(str, wanted))})", HINT)

    def at(place: Place) -> sp.Expr:
        found = {part: p for axis, group in zip(made, place, strict=True) for part, p in zip(axis, group, strict=True)}
        whole = iter(numbered(parts[k], [found[k, j] for j in range(len(parts[k]))]) for k in range(len(parts)))
        return a.at(tuple(tuple(next(whole) for _ in axis) for axis in a.axes))

    return Nd(tuple(tuple(parts[k][j] for k, j in axis) for axis in made), at, a.kind)


HINT = "axes are only joined, split as they were joined, or split by a literal number"


def _told(a: Nd, elementary: Sequence[sp.Expr], shape: Sequence[sp.Expr]) -> list[sp.Expr]:
    wanted = list(shape)
    unknown = [k for k, s in enumerate(wanted) if s == -1]
    if len(unknown) > 1:
        raise Unfit("only one size can be left open")
    if unknown:
        known = sp.Mul(*(s for s in wanted if s != -1))
        if known == 0:
            raise Unfit("an axis of size 0 isn't read")
        wanted[unknown[0]] = sp.cancel(sp.Mul(*elementary) / known)
    return wanted


def _size(parts: Sequence[Sequence[sp.Expr]], axis: Sequence[tuple[int, int]]) -> sp.Expr:
    return cast(sp.Expr, sp.Mul(*(parts[k][j] for k, j in axis)))


def _split(parts: list[list[sp.Expr]], waiting: list[tuple[int, int]], need: sp.Expr) -> None:
    """Split the size that waits, where it is a literal multiple of what is needed, or what is needed divides it literally."""
    k, j = waiting[0]
    size = parts[k][j]
    other = sp.cancel(size / need) if need != 0 else sp.S.Zero
    if same_size(sp.expand(size), sp.expand(need)) or not _is_size(other) or not (need.is_Integer or other.is_Integer):
        return
    if need == 1 or other == 1 or not _is_size(need):
        return
    parts[k][j : j + 1] = [need, other]
    waiting[:] = [(k, j), (k, j + 1), *((q, p + 1) if q == k else (q, p) for q, p in waiting[1:])]


def _is_size(e: sp.Expr) -> bool:
    terms = sp.expand(e).as_coefficients_dict()
    return all(c.is_Integer for c in terms.values()) and sp.expand(e).is_polynomial() and not e.is_negative and e != 0


def flattened(a: Nd, k: int, fresh: Fresh) -> Nd:
    """An array whose axis k, joined of literal sizes and one other, is a plain axis again."""
    sizes = a.axes[k]
    literal = [j for j, s in enumerate(sizes) if s.is_Integer]
    others = [j for j, s in enumerate(sizes) if not s.is_Integer]
    if len(others) > 1 or prod(int(sizes[j]) for j in literal) > MAX_PIECES:
        raise Unfit("an axis that reshape joined of several sizes isn't read as a plain one")
    strides = [cast(sp.Expr, sp.Mul(*sizes[j + 1 :])) for j in range(len(sizes))]

    def at(place: Place) -> sp.Expr:
        c, made = place[k][0], []
        for digits in product(*(range(int(sizes[j])) for j in literal)):
            inner: dict[int, sp.Expr] = {j: sp.Integer(d) for j, d in zip(literal, digits, strict=True)}
            local = sp.expand(c - sp.Add(*(strides[j] * d for j, d in inner.items())))
            made.append(_piece(a, k, place, inner, others, local, strides, fresh))
        return cast(sp.Expr, sp.Add(*made))

    return Nd((*a.axes[:k], axis_of(sp.expand(sp.Mul(*sizes))), *a.axes[k + 1 :]), at, a.kind)


def _piece(
    a: Nd,
    k: int,
    place: Place,
    inner: dict[int, sp.Expr],
    others: Sequence[int],
    local: sp.Expr,
    strides: Sequence[sp.Expr],
    fresh: Fresh,
) -> sp.Expr:
    def value(here: dict[int, sp.Expr]) -> sp.Expr:
        return a.at((*place[:k], tuple(here[j] for j in range(len(a.axes[k]))), *place[k + 1 :]))

    if not others:
        return guarded(Delta(local, 0), value(inner))
    j = others[0]
    size = a.axes[k][j]
    if strides[j] == 1:
        return guarded(InRange(local, size), value({**inner, j: local}))
    if not strides[j].is_Integer:
        raise Unfit("an axis that reshape joined in this order isn't read as a plain one")
    q = fresh(size)
    return cast(sp.Expr, Sum(guarded(Delta(local, sp.expand(strides[j] * q)), value({**inner, j: q})), q))
