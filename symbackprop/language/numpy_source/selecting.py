"""The values at the places of a mask, x[x > 0]: an array of unknown size that goes back to the same places.

    dx[x > 0] = dout[x > 0]         dx = where(x > 0, dout, dx)
    z[x < 0] = np.exp(x[x < 0])     z = where(x < 0, exp(x), z)

Its one axis has a size of its own for each mask, and its places are the array's own, handed through unchanged. What
depends on how many there are, or goes over them, is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Sum
from symbackprop.language.numpy_source.indexing import HINT, SELECTED, UNKNOWN
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place, check_holds, same_axis
from symbackprop.language.numpy_source.updates import Update, flat, guarded, letters_of
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Dim


@dataclass(frozen=True, eq=False)
class Spot:
    """A place of the whole array, given where a place among the selected is asked for."""

    place: Place


@dataclass(frozen=True, eq=False)
class Nonzero:
    """np.where(mask), np.nonzero(mask): the places where a condition holds."""

    mask: Nd


def selected_size(m: Machine, mask: Nd) -> Dim:
    """The size of x[mask]: the same for the same condition."""
    key = (mask.axes, m.whole(mask.at(letters_of(mask.axes))))
    for known, size in m.selections:
        if known == key:
            return size
    made = Dim(f"{SELECTED}{len(m.selections)}")
    m.selections.append((key, made))
    return made


def check_mask(a: Nd, mask: Nd) -> None:
    """A mask has the array's first axes."""
    if not mask.axes or mask.rank > a.rank or not all(same_axis(p, q) for p, q in zip(mask.axes, a.axes, strict=False)):
        raise Unfit("the mask has another shape than the array")


def selected(m: Machine, a: Nd, mask: Nd) -> Nd:
    """a[mask]"""
    check_mask(a, mask)

    def at(place: Place) -> sp.Expr:
        return a.at((*_spot(place).place, *place[1:]))

    return Nd(((selected_size(m, mask),), *a.axes[mask.rank :]), at, a.kind)


def total_selected(m: Machine, nd: Nd) -> Nd | None:
    """Σ over the values at the places of a mask, x[mask].sum() or along the mask's axis; None for any other array."""
    found = [key for key, size in m.selections if nd.axes and nd.axes[0] == (size,)]
    if not found:
        return None
    (axes, condition) = found[0]
    letters = letters_of(axes)
    bound = tuple(tuple(map(m.fresh, axis)) for axis in axes)
    there = substitute(condition, dict(zip(flat(letters), flat(bound), strict=True)))

    def at(place: Place) -> sp.Expr:
        return cast(sp.Expr, Sum(guarded(there, nd.at(((Spot(bound),), *place))), *flat(bound)))

    return Nd(nd.axes[1:], at, "float" if nd.kind == "float" else "int")


def _spot(place: Place) -> Spot:
    spot: Any = place[0][0] if place and place[0] else None
    if not isinstance(spot, Spot):
        raise Unfit(UNKNOWN, HINT)
    return spot


def set_where(m: Machine, a: Nd, mask: Nd, value: Nd, adds: bool) -> Update:
    """a[mask] = v or a[mask] += v, for a number v or the values selected by the same mask."""
    check_mask(a, mask)
    check_holds(a, value)
    letters = letters_of(a.axes)
    here, rest = letters[: mask.rank], letters[mask.rank :]
    condition = mask.at(here)
    if not value.axes:
        return Update(adds, (condition,), value.at(()))
    size = (selected_size(m, mask),)
    wanted = (size, *a.axes[mask.rank :])
    given = (*(() for _ in range(len(wanted) - value.rank)), *value.axes)
    if value.rank > len(wanted) or not all(not g or same_axis(g, w) for g, w in zip(given, wanted, strict=True)):
        raise Unfit("these values don't fit the places of the mask", HINT)
    full: tuple[Any, ...] = ((Spot(here),), *rest)
    place = tuple(p if axis else () for axis, p in zip(value.axes, full[len(full) - value.rank :], strict=True))
    return Update(adds, (condition,), value.at(place))
