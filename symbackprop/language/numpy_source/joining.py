"""Arrays one after the other, or on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta, InRange
from symbackprop.language.numpy_source import ndarray
from symbackprop.language.numpy_source.ndarray import Nd, Place, axis_of, same_axis
from symbackprop.language.numpy_source.updates import guarded


def joined(parts: Sequence[Nd], k: int) -> Nd:
    """Arrays one after the other along an axis."""
    k = ndarray.axis_at(k, parts[0].rank) if parts[0].rank else 0
    for p in parts[1:]:
        if p.rank != parts[0].rank or any(
            not same_axis(a, b) for j, (a, b) in enumerate(zip(p.axes, parts[0].axes, strict=True)) if j != k
        ):
            raise Unfit("the arrays that are joined have different shapes")
    lengths = [p.shape[k] for p in parts]
    starts = [sp.expand(sp.Add(*lengths[:j])) for j in range(len(parts))]
    size = sp.expand(sp.Add(*lengths))

    def at(place: Place) -> sp.Expr:
        made = []
        for p, start, length in zip(parts, starts, lengths, strict=True):
            local = sp.expand(place[k][0] - start)
            if local.is_Integer and length.is_Integer and not 0 <= local < length:
                continue
            inside = (
                sp.S.One if local.is_Integer and length.is_Integer else Delta(place[k][0], start) if length == 1 else InRange(local, length)
            )
            value = p.at((*place[:k], (local,) if p.axes[k] else (), *place[k + 1 :]))
            made.append(guarded(inside, value))
        return cast(sp.Expr, sp.Add(*made))

    kind = max((p.kind for p in parts), key=lambda q: ndarray.ORDER[q])
    return Nd((*parts[0].axes[:k], axis_of(size), *parts[0].axes[k + 1 :]), at, kind)


def stacked(parts: Sequence[Nd], k: int) -> Nd:
    """Arrays of one shape along a new axis."""
    if not parts:
        raise Unfit("an empty array isn't read")
    k = ndarray.axis_at(k, parts[0].rank + 1)
    wide = [Nd((*p.axes[:k], (), *p.axes[k:]), lambda place, p=p: p.at((*place[:k], *place[k + 1 :])), p.kind) for p in parts]  # type: ignore[misc]
    return joined(wide, k)
