"""A first turn that is told apart and is like the others after all: what is read before the first is what a recurrence starts from.

    where(t = 0, h0[n,k], h[n,t−1,k])            is  h[n,t−1,k], where h[n,−1,k] = h0[n,k]
    where(t = 0, tanh(.. h0 ..), tanh(.. h[t−1] ..))  is  tanh(.. h[t−1] ..)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sympy as sp

from symbackprop.algebra.convert import expanded
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Compare, Delta, InRange, Where, affirmed
from symbackprop.language.numpy_source.program import inlined
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import components, mapped, substitute
from symbackprop.language.tensors import Component, Index, Tensor


def unparted(e: sp.Expr, equations: Sequence[Equation], definitions: Mapping[Tensor, Equation] | None = None) -> sp.Expr:
    """The expression with every choice gone whose first value is what the other one is at the first place.

    `equations` have the boundaries: what a tensor is at place −1. `definitions` may be inserted to see it.
    """
    boundaries = [q for q in equations if q.is_boundary]
    return _unparted(e, boundaries, definitions or {}) if e.has(Where) else e


def _unparted(e: sp.Expr, boundaries: Sequence[Equation], definitions: Mapping[Tensor, Equation]) -> sp.Expr:
    if not e.args or isinstance(e, (Component, Index)):
        return e
    made = mapped(e, lambda a: _unparted(a, boundaries, definitions))
    if not isinstance(made, Where) or (told := _first_place(made.args[0])) is None:
        return made
    index, first_holds = told
    first, other = made.args[1:] if first_holds else made.args[:0:-1]
    first, other = _taken(first, index, True), _inside(_taken(other, index, False), index)
    if _same(_at_first(other, index, boundaries), _at_first(first, index, boundaries)):
        return other
    inserted = [_inside(inlined(b, definitions), index) if b is other else inlined(b, definitions) for b in (first, other)]
    if _same(*(_at_first(b, index, boundaries) for b in inserted)):
        return inserted[1]
    return Where(made.args[0], first, other) if first_holds else Where(made.args[0], other, first)


def _first_place(condition: sp.Expr) -> tuple[Index, bool] | None:
    """The index that a condition asks to be 0, and whether it holds there."""
    compared, holds = affirmed(condition)
    if isinstance(compared, Delta) and sp.S.Zero in compared.args:
        other = compared.args[1] if compared.args[0] == 0 else compared.args[0]
        return (other, holds) if isinstance(other, Index) else None
    if isinstance(compared, Compare) and isinstance(compared.args[0], Index) and compared.args[1] == 0:
        asked = {"==": True, "<=": True, ">": False, "!=": False}.get(compared.relation)
        return None if asked is None else (compared.args[0], asked is holds)
    return None


def _taken(e: sp.Expr, index: Index, is_first: bool) -> sp.Expr:
    """The branch that is taken of a choice by the same condition."""
    if isinstance(e, Where) and (told := _first_place(e.args[0])) is not None and told[0] == index:
        return _taken(e.args[1] if told[1] == is_first else e.args[2], index, is_first)
    return e


def _inside(e: sp.Expr, index: Index) -> sp.Expr:
    """The same where the index is not 0: the place before it is on the axis."""
    if isinstance(e, InRange) and sp.expand(e.args[0] - index) == -1 and any(same_size(e.args[1], index.size - k) for k in (0, 1)):
        return sp.S.One
    if not e.args or isinstance(e, (Component, Index)):
        return e
    return mapped(e, lambda a: _inside(a, index))


def _at_first(e: sp.Expr, index: Index, boundaries: Sequence[Equation]) -> sp.Expr:
    """The expression at index 0, with boundaries inserted."""
    there = substitute(e, {index: sp.S.Zero})
    starts = {c: value for c in components(there) if (value := _start(c, boundaries)) is not None}
    return _replaced(there, starts) if starts else there


def _replaced(e: sp.Expr, mapping: dict[Component, sp.Expr]) -> sp.Expr:
    if isinstance(e, Component):
        return mapping.get(e, e)
    if not e.args or isinstance(e, Index):
        return e
    return mapped(e, lambda a: _replaced(a, mapping))


def _start(c: Component, boundaries: Sequence[Equation]) -> sp.Expr | None:
    for q in boundaries:
        pairs = list(zip(q.left.indices, c.indices, strict=True)) if q.tensor == c.tensor else []
        if pairs and all(isinstance(own, Index) or own == place for own, place in pairs):
            return substitute(q.right, {own: place for own, place in pairs if isinstance(own, Index)})
    return None


def _same(a: sp.Expr, b: sp.Expr) -> bool:
    try:
        return expanded(a) == expanded(b)
    except (TypeError, ValueError, RecursionError):
        return False


def read_before(expressions: Iterable[sp.Expr]) -> set[Tensor]:
    """The tensors that an expression may read before their first place, or after their last: no condition keeps it from it."""
    return {t for e in expressions for t in _open(e, frozenset())}


def _open(e: sp.Expr, positive: frozenset[Index]) -> set[Tensor]:
    # `positive` are the indices that are not 0 where the expression counts.
    if isinstance(e, Component):
        plain = all(isinstance(i, Index) or (_before(i) in positive) or (i.is_Integer and i >= 0) for i in e.indices)
        return set() if plain else {e.tensor}
    if isinstance(e, Where) and (told := _first_place(e.args[0])) is not None:
        first, other = e.args[1:] if told[1] else e.args[:0:-1]
        return _open(first, positive) | _open(other, positive | {told[0]})
    parts = [a for a in e.args if isinstance(a, sp.Expr) and not isinstance(a, Index)]
    return {t for a in parts for t in _open(a, positive)}


def _before(place: sp.Expr) -> sp.Expr:
    """t of t − 1."""
    return sp.expand(place + 1)
