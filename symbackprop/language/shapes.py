"""What the given arrays say: the numbers of the symbolic sizes, and whether every array is what was declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.domains import Array
from symbackprop.language.tensors import Dim, Tensor
from symbackprop.language.values import extent

HOLDS = {
    "positive": np.greater,
    "nonnegative": np.greater_equal,
    "negative": np.less,
    "nonpositive": np.less_equal,
    "nonzero": np.not_equal,
}
WORDS = {"positive": "> 0", "nonnegative": ">= 0", "negative": "< 0", "nonpositive": "<= 0", "nonzero": "!= 0"}


def sizes_from(
    tensors: Iterable[Tensor], arrays: Mapping[str, Any], known: Mapping[str, int] | None = None
) -> dict[str, int]:
    """The number of each symbolic size, from the shapes of the tensors' arrays.

    Sizes that stand alone are read off first; then affine ones such as L − P + 1 are checked, or solved where one
    size is unknown. ValueError names tensor, axis, expected and given shape. `known` tells sizes beforehand.
    """
    sizes = dict(known or {})
    axes = [
        (t, k, size, n)
        for t in tensors
        if t.name in arrays
        for k, (size, n) in enumerate(zip(t.sizes, _shape(t, arrays[t.name]), strict=True))
    ]
    for t, k, size, n in axes:
        if isinstance(size, Dim):
            _agree(t, k, n, sizes.setdefault(size.name, n), arrays)
    waiting = [a for a in axes if not isinstance(a[2], Dim)]
    while waiting:
        ready = [a for a in waiting if len(_unknown(a[2], sizes)) <= 1]
        for t, k, size, n in ready:
            for unknown in _unknown(size, sizes):
                sizes[unknown.name] = _solved(t, k, size, unknown, n, sizes)
            _agree(t, k, n, extent(size, sizes), arrays)
        if not ready:
            t, k, size, n = waiting[0]
            raise ValueError(
                f"axis {k} of {t} has {n} places, which does not tell "
                f"{', '.join(sorted(u.name for u in _unknown(size, sizes)))} apart; give one by name"
            )
        waiting = [a for a in waiting if a not in ready]
    return sizes


def _shape(t: Tensor, array: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = np.shape(array)
    if len(shape) != t.rank:
        raise ValueError(f"{t.name} should have {t.rank} axes {list(t.sizes)}, but the given array has shape {shape}")
    return shape


def _unknown(size: sp.Expr, sizes: Mapping[str, int]) -> set[Dim]:
    return {s for s in size.free_symbols if isinstance(s, Dim) and s.name not in sizes}


def _agree(t: Tensor, axis: int, given: int, expected: int, arrays: Mapping[str, Any]) -> None:
    if given != expected:
        raise ValueError(
            f"axis {axis} of {t.name} should have {t.sizes[axis]} = {expected} places, "
            f"but the given array has shape {np.shape(arrays[t.name])}"
        )


def _solved(t: Tensor, axis: int, size: sp.Expr, unknown: Dim, given: int, sizes: Mapping[str, int]) -> int:
    """The size that makes an affine size equal to the number of places."""
    at = [extent(size, {**sizes, unknown.name: n}) for n in (1, 2, 3)]
    slope = at[1] - at[0]
    if slope == 0 or at[2] - at[1] != slope:
        raise ValueError(
            f"axis {axis} of {t.name} has {size} = {given} places, which does not tell {unknown}; "
            f"give {unknown.name} by name"
        )
    solution, rest = divmod(given - at[0], slope)
    if rest or solution + 1 < 1:
        raise ValueError(f"axis {axis} of {t.name} should have {size} places, but no size {unknown} makes that {given}")
    return solution + 1


# What was declared


def validated(tensors: Iterable[Tensor], arrays: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
    """ValueError where an array's values are not what its tensor declares: a sign, a set, the places of an axis."""
    for t in tensors:
        if t.name in arrays and (t.sign or t.values or t.below is not None):
            _declared(t, np.asarray(arrays[t.name]), sizes)


def _declared(t: Tensor, array: Array, sizes: Mapping[str, int]) -> None:
    values = np.real(array) if array.dtype.kind == "c" else array
    if t.below is not None:
        _places(t, array, extent(t.below, sizes))
    if t.sign:
        _all(t, values, np.asarray(HOLDS[t.sign](values, 0), dtype=bool), f"{WORDS[t.sign]}")
    if t.values:
        one_of = np.isin(values.astype(np.float64), np.array([float(v) for v in t.values]))
        _all(t, values, one_of, f"in {{{', '.join(map(str, t.values))}}}")


def _places(t: Tensor, array: Array, below: int) -> None:
    if array.dtype.kind not in "iu":
        raise ValueError(
            f"{t.name} is declared `in {t.below}` and should be an array of integers, not of {array.dtype}"
        )
    _all(t, array, (array >= 0) & (array < below), f"in 0, ..., {below - 1} (`{t.name} in {t.below}`)")


def _all(t: Tensor, values: Array, holds: Any, declared: str) -> None:
    if not np.all(holds):
        place = tuple(int(k) for k in np.argwhere(~np.asarray(holds))[0])
        raise ValueError(f"{t.name}{list(place) if place else ''} = {values[place]} is not {declared}, as declared")


def known_name(name: str, among: Iterable[str], what: str) -> None:
    """ValueError, with the nearest name, where a name is not among those known."""
    choices = list(among)
    if name in choices:
        return
    near = get_close_matches(name, choices, 1)
    raise ValueError(
        f"{what} has no {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(choices)}")
    )
