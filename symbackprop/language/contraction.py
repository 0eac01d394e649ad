"""Σ over labelled axes of a product of arrays, without ever building the product where NumPy can contract it."""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import Any

import numpy as np

from symbackprop.language.domains import Array, Domain
from symbackprop.language.tensors import Index

SMALL = 20_000
"""Below so many products einsum's own loop is faster than finding an order of contraction."""


def spread(v: Any, axes: tuple[Index, ...]) -> Any:
    """A labelled array's entries, its axes in the order of `axes` and of length 1 where it lacks one."""
    own, array = v
    if own == axes or not own:
        return array
    here = [a for a in axes if a in own]
    if tuple(here) != own:
        array = array.transpose([own.index(a) for a in here])
    return (
        array if own == axes[len(axes) - len(own) :] else array[tuple(slice(None) if a in own else None for a in axes)]
    )


def total(v: Any) -> Any:
    """A scalar or an array as it is, a 0-dimensional array as its entry."""
    return v[()] if isinstance(v, np.ndarray) and v.ndim == 0 else v


def contract(factors: list[Any], bound: frozenset[Index], domain: Domain) -> tuple[tuple[Index, ...], Any]:
    """Σ over the bound axes of the product of labelled arrays; the axes that remain, and the array."""
    scalars = [f for f in factors if not f.axes]
    arrays = [f for f in factors if f.axes]
    number = reduce(np.multiply, (f.array for f in scalars)) if scalars else None
    if not arrays:
        return (), number
    axes = tuple(dict.fromkeys(a for f in arrays for a in f.axes))
    rest = tuple(a for a in axes if a not in bound)
    array = _objects(arrays, axes, rest) if domain.is_object else _numbers(arrays, axes, rest)
    return rest, array if number is None else np.multiply(array, number)


def _objects(arrays: list[Any], axes: tuple[Index, ...], rest: tuple[Index, ...]) -> Any:
    """Bound axes are summed one after the other, the one whose factors' product is smallest first."""
    extents = {a: n for own, array in arrays for a, n in zip(own, array.shape, strict=True)}
    factors, gone = list(arrays), [a for a in axes if a not in rest]
    while gone:
        joined = {a: tuple(dict.fromkeys(b for own, _ in factors if a in own for b in own)) for a in gone}
        axis = min(gone, key=lambda a: prod(extents[b] for b in joined[a]))
        met = [f for f in factors if axis in f[0]]
        factors = [f for f in factors if axis not in f[0]]
        left = {a for own, _ in factors for a in own}
        done = [a for a in joined[axis] if a in gone and a not in left]
        gone = [a for a in gone if a not in done]
        factors.append(_summed(met, [a for a in joined[axis] if a not in done], done))
    return reduce(np.multiply, (spread(f, rest) for f in factors))


def _summed(factors: list[Any], kept: list[Index], gone: list[Index]) -> tuple[tuple[Index, ...], Any]:
    order = (*kept, *gone)
    product = reduce(np.multiply, (spread(f, order) for f in factors))
    return tuple(kept), np.add.reduce(product, axis=tuple(range(len(kept), len(order))))


def _numbers(arrays: list[Any], axes: tuple[Index, ...], rest: tuple[Index, ...]) -> Array:
    if len(arrays) == 1:
        own, array = arrays[0]
        if own == rest:
            return np.asarray(array)
        return np.asarray(array.sum(axis=tuple(k for k, a in enumerate(own) if a not in rest)))
    place = {a: k for k, a in enumerate(axes)}
    extents = {a: n for own, array in arrays for a, n in zip(own, array.shape, strict=True)}
    operands = [part for own, array in arrays for part in (array, [place[a] for a in own])]
    large = float(np.prod([float(n) for n in extents.values()])) > SMALL
    return np.asarray(np.einsum(*operands, [place[a] for a in rest], optimize=large))
