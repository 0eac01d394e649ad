"""What an assignment does to an array: at which places, and with what.

    dx[n, t[n]] -= 1      add −1 where [k = t[n]]
    out[:, i] = v         set v where [q = i]

An update stands over the letters of its array: an index for each elementary axis. A loop over i turns updates for
one i into one for all: adding, a sum over i; setting, the value at the i that the place determines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta, InRange, Inverse, LogDet, Sum, Where
from symbackprop.language.numpy_source.bounds import in_range, never_negative
from symbackprop.language.numpy_source.ndarray import Axis, Nd, Place
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Index

Facts = tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Update:
    """Where all factors are 1, the value is added or set; `adds` says which."""

    adds: bool
    factors: tuple[sp.Expr, ...]
    value: sp.Expr


def letters_of(axes: Sequence[Axis]) -> Place:
    """An index for each elementary axis, the same for arrays of the same axes."""
    return tuple(tuple(Index(f"@{k}_{j}", s) for j, s in enumerate(axis)) for k, axis in enumerate(axes))


def flat(place: Place) -> tuple[sp.Expr, ...]:
    """The subscripts one after the other."""
    return tuple(p for group in place for p in group)


def settled(factor: sp.Expr, facts: Facts = ()) -> sp.Expr:
    """A factor, 1 or 0 where that is known."""
    if isinstance(factor, Delta):
        difference = sp.expand(factor.args[0] - factor.args[1])
        if difference.is_Integer:
            return sp.S.One if difference == 0 else sp.S.Zero
    if isinstance(factor, InRange) and in_range(*factor.args, facts):
        return sp.S.One
    return factor


def together(factors: Sequence[sp.Expr]) -> sp.Expr:
    """The product of conditions."""
    return cast(sp.Expr, sp.Mul(*factors))


def applied(update: Update, old: Nd, facts: Facts = ()) -> Nd:
    """The array after the update."""
    letters = flat(letters_of(old.axes))

    def at(place: Place) -> sp.Expr:
        mapping = {k: v for k, v in zip(letters, flat(place), strict=True) if k != v}
        factors = [settled(substitute(f, mapping), facts) for f in update.factors]
        condition, value = together(factors), substitute(update.value, mapping)
        if update.adds:
            return cast(sp.Expr, old.at(place) + guarded(condition, value))
        return value if condition == 1 else old.at(place) if condition == 0 else _set(condition, value, old.at(place))

    return Nd(old.axes, at, old.kind)


def _set(condition: sp.Expr, value: sp.Expr, old: sp.Expr) -> sp.Expr:
    return guarded(condition, value) if old == 0 else Where(condition, value, old)


def guarded(condition: sp.Expr, value: sp.Expr) -> sp.Expr:
    """condition · value, 0 where the condition is 0 even if the value isn't defined there."""
    if condition == 1 or value == 0:
        return value
    if condition == 0:
        return sp.S.Zero
    return Where(condition, value, sp.S.Zero) if has_gaps(value) else cast(sp.Expr, condition * value)


@lru_cache(maxsize=20_000)
def has_gaps(e: sp.Expr) -> bool:
    """Whether a value may not be defined at some places, by itself or by what the intermediates in it stand for."""
    return any(map(_is_gap, sp.preorder_traversal(e)))


def _is_gap(e: sp.Basic) -> bool:
    match e:
        case sp.log() | Inverse() | LogDet():
            return True
        case sp.Pow():
            whole = e.exp.is_integer and e.exp.is_nonnegative
            return not (whole or e.base.is_positive or (e.exp.is_nonnegative and e.base.is_nonnegative))
        case Component():
            return e.tensor.gaps
    return False


# ---- over a loop --------------------------------------------------------------------------------------------------------


def solved(factor: sp.Expr, i: Index) -> sp.Expr | None:
    """The q with δ(...) = 1 exactly where i = q, for a delta linear in i with coefficient ±1."""
    if not isinstance(factor, Delta):
        return None
    difference = sp.expand(factor.args[0] - factor.args[1])
    slope = difference.coeff(i)
    rest = sp.expand(difference - slope * i)
    return cast(sp.Expr, -slope * rest) if slope in (1, -1) and not rest.has(i) else None


def is_injective(update: Update, i: Index, facts: Facts) -> bool:
    """Whether no place is met by two values of i."""
    return any(_separates(f, i, facts) for f in update.factors)


def _separates(factor: sp.Expr, i: Index, facts: Facts) -> bool:
    match factor:
        case Delta():
            place, width = factor.args[0] - factor.args[1], sp.S.One
        case InRange():
            place, width = factor.args
        case _:
            return False
    slope = sp.expand(place).coeff(i)
    if slope == 0 or sp.expand(place - slope * i).has(i):
        return False
    return never_negative(slope - width, facts) or never_negative(-slope - width, facts)


def over_loop(update: Update, i: Index, facts: Facts, once: bool = False) -> Update:
    """The update of all turns together. Raises Unfit where turns overwrite each other.

    `once`: a place that several turns meet is added to once only (a[idx] += v), which must not happen.
    """
    if not any(e.has(i) for e in (*update.factors, update.value)):
        if i.size == 0:
            return replace(update, factors=(sp.S.Zero,))
        if (once or not update.adds) and not never_negative(i.size - 1, facts):
            raise Unfit("whether the loop turns at all isn't known")
        return update if once else _same_every_turn(update, i)
    if (once or not update.adds) and not is_injective(update, i, facts):
        raise Unfit("several turns write to the same place", "the last one wins: this isn't read")
    for k, factor in enumerate(update.factors):
        q = solved(factor, i)
        if q is not None:
            rest = [substitute(f, {i: q}) for j, f in enumerate(update.factors) if j != k]
            factors = [s for f in (*rest, InRange(q, i.size)) if (s := settled(f, facts)) != 1]
            return Update(update.adds, tuple(factors), substitute(update.value, {i: q}))
    inside = [f for f in update.factors if f.has(i)]
    outside = tuple(f for f in update.factors if not f.has(i))
    body = cast(sp.Expr, Sum(guarded(together(inside), update.value), i))
    if update.adds:
        return Update(True, outside, body)
    return Update(False, (*outside, cast(sp.Expr, Sum(together(inside), i))), body)


def _same_every_turn(update: Update, i: Index) -> Update:
    return replace(update, value=cast(sp.Expr, i.size * update.value)) if update.adds else update


def merged(updates: Sequence[Update]) -> list[Update]:
    """Updates one after the other, those of the same places joined."""
    made: list[Update] = []
    for update in updates:
        if made and made[-1].factors == update.factors:
            if not update.adds:
                made[-1] = update
            else:
                made[-1] = replace(made[-1], value=cast(sp.Expr, made[-1].value + update.value))
        else:
            made.append(update)
    return made
