"""Carrying equations out: every tensor of a group gets its array, recurrences place by place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from symbackprop.language.domains import Array
from symbackprop.language.equations import Equation
from symbackprop.language.ordering import Group
from symbackprop.language.tensors import Tensor
from symbackprop.language.values import Boundary, Labelled, Scope, evaluate, laid_out


def carry_out(group: Group, scope: Scope, nudges: Mapping[str, Array] | None = None) -> None:
    """Give the group's tensors their arrays, in the scope; a nudge is added to a tensor as soon as it has its value."""
    for edge in group.boundaries:
        _bound(edge, scope)
    if group.place is not None:
        _place_by_place(group, scope, nudges or {})
    else:
        for t in group.tensors:
            scope.memo.clear()
            equation = group.equations[0] if group.equations else None
            _store(t, equation, scope)
            if nudges and t.name in nudges:
                scope.arrays[t.name] = scope.arrays[t.name] + nudges[t.name]
                scope.batched.add(t.name)


def _store(t: Tensor, equation: Equation | None, scope: Scope) -> None:
    scope.batched.discard(t.name)
    if equation is None:
        scope.arrays[t.name] = _zeros(tuple(scope.extent(s) for s in t.sizes), scope)
    else:
        v = evaluate(equation.right, scope)
        scope.arrays[t.name] = _laid_out(v, equation.free, scope)
        if scope.batch in v.axes:
            scope.batched.add(t.name)
    for boundary in scope.boundaries.get(t.name, ()):
        _overwrite(t, boundary, scope)


def _laid_out(v: Labelled, indices: tuple[Any, ...], scope: Scope) -> Array:
    return laid_out(v, (scope.batch, *indices) if scope.batch in v.axes and scope.batch is not None else indices, scope)


def _zeros(shape: tuple[int, ...], scope: Scope) -> Array:
    return np.full(shape, scope.domain.number(0, 1), dtype=scope.domain.dtype)


def _bound(edge: Equation, scope: Scope) -> None:
    """Remember what an equation says of single places of its tensor."""
    places = tuple((k, scope.extent(i)) for k, i in enumerate(edge.left.indices) if i not in edge.free)
    scope.memo.clear()
    array = _laid_out(evaluate(edge.right, scope), edge.free, scope)
    others = tuple(b for b in scope.boundaries.get(edge.tensor.name, ()) if b.places != places)
    scope.boundaries[edge.tensor.name] = (*others, Boundary(places, array))


def _overwrite(t: Tensor, boundary: Boundary, scope: Scope) -> None:
    """Write a boundary's value over the tensor's own where its place lies inside."""
    array = scope.arrays[t.name]
    if boundary.array.ndim > t.rank - len(boundary.places) and t.name not in scope.batched:
        array = np.repeat(array[None], len(boundary.array), axis=0)
        scope.batched.add(t.name)
    fixed = dict(boundary.places)
    if all(0 <= at < scope.extent(t.sizes[k]) for k, at in fixed.items()):
        array = array.copy()
        array[(..., *(fixed.get(k, slice(None)) for k in range(t.rank)))] = boundary.array
    scope.arrays[t.name] = array


def _place_by_place(group: Group, scope: Scope, nudges: Mapping[str, Array]) -> None:
    assert group.place is not None
    size = max(scope.extent(t.sizes[group.axes[t.name]]) for t in group.tensors)
    lead = () if scope.batch is None else (scope.extent(scope.batch.size),)
    for t in group.tensors:
        scope.arrays[t.name] = _zeros((*lead, *(scope.extent(s) for s in t.sizes)), scope)
        (scope.batched.add if lead else scope.batched.discard)(t.name)
    inner = replace(scope, places=dict(scope.places), static=group.static, lasting={}, memo={}, _integers=None)
    for at in reversed(range(size)) if group.reverse else range(size):
        inner.places[group.place] = at
        inner.integers.memo.clear()
        for equation in group.equations:
            inner.memo.clear()
            _set_place(equation, group.axes[equation.tensor.name], at, inner, nudges)


def _set_place(equation: Equation, axis: int, at: int, scope: Scope, nudges: Mapping[str, Array]) -> None:
    t = equation.tensor
    if at >= scope.extent(t.sizes[axis]):  # what has a place for T − 1 turns beside what has T
        return
    where = (..., *(at if k == axis else slice(None) for k in range(t.rank)))
    rest = tuple(i for k, i in enumerate(equation.free) if k != axis)
    scope.arrays[t.name][where] = _laid_out(evaluate(equation.right, scope), rest, scope)
    for boundary in scope.boundaries.get(t.name, ()):
        _overwrite_place(t, boundary, axis, at, scope)
    if t.name in nudges:
        scope.arrays[t.name][where] += nudges[t.name][where]


def _overwrite_place(t: Tensor, boundary: Boundary, axis: int, at: int, scope: Scope) -> None:
    fixed = dict(boundary.places)
    if fixed.get(axis, at) == at and all(0 <= p < scope.extent(t.sizes[k]) for k, p in fixed.items()):
        array = (
            boundary.array if axis in fixed else np.take(boundary.array, at, axis=_position(axis, fixed, boundary, t))
        )
        scope.arrays[t.name][(..., *(at if k == axis else fixed.get(k, slice(None)) for k in range(t.rank)))] = array


def _position(axis: int, fixed: Mapping[int, int], boundary: Boundary, t: Tensor) -> int:
    """Where the tensor's axis stands among the axes of the boundary's array."""
    lead: int = boundary.array.ndim - (t.rank - len(fixed))
    return lead + sum(1 for k in range(axis) if k not in fixed)
