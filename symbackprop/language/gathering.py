"""The values of components: x[n, d] as a view where it can be one, x[n, 2*i + p] gathered, 0 outside."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.contraction import spread
from symbackprop.language.domains import INTEGERS, Array, DomainError
from symbackprop.language.labelled import Boundary, Labelled, Scope, evaluate, rule, union
from symbackprop.language.tensors import Component, Index


@rule.register
def _component(e: Component, scope: Scope) -> Labelled:
    tensor = e.tensor
    if tensor.name not in scope.arrays:
        raise ValueError(f"{tensor.name} has no array; given are {', '.join(scope.arrays) or 'none'}")
    array = scope.arrays[tensor.name]
    lead = (scope.batch,) if scope.batch is not None and tensor.name in scope.batched else ()
    if array.ndim != len(e.indices) + len(lead):
        raise ValueError(
            f"{tensor.name} has {len(e.indices)} axes {list(tensor.sizes)}, but an array of shape {array.shape}"
        )
    read = _plain(e.indices, array, lead, scope) or gather(
        array, lead, [evaluate(i, scope.integers) for i in e.indices], scope, scope.boundaries.get(tensor.name, ())
    )
    if array.dtype != scope.domain.dtype or scope.domain is INTEGERS:
        return Labelled(read.axes, _as_numbers(read.array, tensor.name, scope))
    return read


def _as_numbers(array: Any, name: str, scope: Scope) -> Any:
    if scope.domain is INTEGERS and np.asarray(array).dtype.kind not in "iu":
        raise DomainError(f"{name} stands in a subscript but is not declared integer-valued")
    return scope.domain.convert(array)


def _plain(subscripts: tuple[sp.Expr, ...], array: Array, lead: tuple[Index, ...], scope: Scope) -> Labelled | None:
    """x[n, d] whose subscripts are distinct indices over whole axes, or fixed places inside them: a view."""
    axes: list[Index] = []
    where: list[Any] = [slice(None)] * len(lead)
    for subscript, size in zip(subscripts, array.shape[len(lead) :], strict=True):
        if isinstance(subscript, Index) and subscript not in scope.places:
            if subscript in axes or scope.extent(subscript.size) != size:
                return None
            axes.append(subscript)
            where.append(slice(None))
            continue
        place = evaluate(subscript, scope.integers)
        if place.axes or not 0 <= place.array < size:
            return None
        where.append(int(place.array))
    return Labelled((*lead, *axes), array[tuple(where)] if where else array[()])


def gather(
    array: Array,
    lead: tuple[Index, ...],
    subscripts: list[Labelled],
    scope: Scope,
    boundaries: tuple[Boundary, ...] = (),
) -> Labelled:
    """The array's entries at the subscripts of its last axes; 0 outside, unless a boundary defines that place."""
    axes = union(*(s.axes for s in subscripts), ()) if subscripts else ()
    if set(lead) & set(axes):
        subscripts = [*(Labelled((a,), np.arange(n)) for a, n in zip(lead, array.shape, strict=False)), *subscripts]
        lead, axes = (), union(lead, *(s.axes for s in subscripts))
    places = [np.asarray(spread(s, axes)) for s in subscripts]
    shape = array.shape[len(lead) :]
    inside = reduce(np.logical_and, ((p >= 0) & (p < n) for p, n in zip(places, shape, strict=True)), np.bool_(True))
    if 0 in shape:  # no place is inside
        shape = tuple(max(n, 1) for n in shape)
        array = np.zeros((*array.shape[: len(lead)], *shape), array.dtype)
    taken = array[(slice(None),) * len(lead) + tuple(np.clip(p, 0, n - 1) for p, n in zip(places, shape, strict=True))]
    if not inside.all():
        taken = np.where(inside, taken, scope.domain.number(0, 1) if array.dtype == scope.domain.dtype else 0)
    for boundary in boundaries:
        taken = _bounded(taken, boundary, places, len(lead))
    return Labelled((*lead, *axes), taken)


def _bounded(taken: Any, boundary: Boundary, places: list[Any], lead: int) -> Any:
    """The gathered entries, those at the boundary's places replaced by what the boundary says."""
    fixed = dict(boundary.places)
    here = reduce(np.logical_and, (places[k] == at for k, at in fixed.items()))
    if not here.any():
        return taken
    free = [p for k, p in enumerate(places) if k not in fixed]
    shape = boundary.array.shape[boundary.array.ndim - len(free) :]
    inside = reduce(np.logical_and, ((p >= 0) & (p < n) for p, n in zip(free, shape, strict=True)), np.bool_(True))
    own = boundary.array.ndim - len(free)
    there = boundary.array[(slice(None),) * own + tuple(np.clip(p, 0, n - 1) for p, n in zip(free, shape, strict=True))]
    if own:
        there = there.reshape(there.shape[0], *(1,) * (np.ndim(taken) - lead - there.ndim + own), *there.shape[1:])
    return np.where(here & inside, there, taken)
