"""Is e ≥ 0 for all sizes ≥ 1 and all places of its indices? Yes, or not known.

A place i < N goes to its least favourable end; N = 1 + N′ with N′ ≥ 0; ⌊a⌋ ≤ a. What a layer's shapes
presuppose (L − P + 1 ≥ 1) may be added once.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from symbackprop.language.nodes import Compare, Delta, affirmed
from symbackprop.language.tensors import Component, Dim, Index

MOST_TERMS = 12
"""Longer expressions are not factored."""


@lru_cache(maxsize=20_000)
def never_negative(e: sp.Expr, facts: tuple[sp.Expr, ...] = ()) -> bool:
    """Whether e ≥ 0 is known; `facts` are expressions in sizes that are ≥ 0."""
    e = sp.expand(e)
    candidates = [_at_worst(c) for c in (e, *(sp.expand(e - fact) for fact in facts))]
    if any(all(_coefficients_nonnegative(end, facts) for end in ends) for ends in candidates):
        return True
    return all(_product_nonnegative(end, facts) for end in candidates[0])


def implied(condition: sp.Expr) -> tuple[sp.Expr, ...]:
    """What is ≥ 0 where a condition on places holds: t − 1 where t > 0, or where t is not 0."""
    compared, holds = affirmed(condition)
    if isinstance(compared, Delta):
        gap = sp.expand(compared.args[0] - compared.args[1])
        if holds or not _of_places(gap):
            return ()
        return tuple(sp.expand(s * gap - 1) for s in (1, -1) if never_negative(sp.expand(s * gap)))
    if not isinstance(compared, Compare) or not _of_places(gap := sp.expand(compared.args[0] - compared.args[1])):
        return ()
    relation = compared.relation if holds else _OPPOSITE[compared.relation]
    sides = {">": gap - 1, ">=": gap, "<": -gap - 1, "<=": -gap}
    return (sp.expand(sides[relation]),) if relation in sides else ()


def _of_places(e: sp.Expr) -> bool:
    return e.is_integer is True and all(isinstance(s, (Dim, Index)) for s in e.free_symbols) and not e.atoms(Component)


_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}


def _product_nonnegative(e: sp.Expr, facts: tuple[sp.Expr, ...]) -> bool:
    """(L − P + 1) (M − Q + 1) ≥ 0, where neither factor is negative."""
    if len(e.args) > MOST_TERMS or e.has(sp.floor) or not e.is_polynomial():
        return False
    factors = sp.factor(e).args if isinstance(sp.factor(e), sp.Mul) else ()
    return len(factors) > 1 and all(never_negative(f, facts) for f in factors)


@lru_cache(maxsize=20_000)
def in_range(e: sp.Expr, size: sp.Expr, facts: tuple[sp.Expr, ...] = ()) -> bool:
    """Whether 0 ≤ e < size is known."""
    if e.is_Integer and size.is_Integer:
        return bool(0 <= e < size)
    return never_negative(e, facts) and never_negative(size - 1 - e, facts)


def _at_worst(e: sp.Expr, depth: int = 12) -> tuple[sp.Expr, ...]:
    """What e is with each place at its least favourable end, or at either where that isn't known; −1 where e isn't linear."""
    found = next((a for a in sp.preorder_traversal(e) if isinstance(a, Index) or _is_label(a)), None)
    if found is None:
        return (sp.expand(e),)
    slope = sp.expand(e).coeff(found)
    rest = sp.expand(e - slope * found)
    if not depth or rest.has(found) or slope.has(Index):
        return (sp.S.NegativeOne,)
    size = found.size if isinstance(found, Index) else found.tensor.below
    first, last = rest, sp.expand(rest + slope * (size - 1))
    if _coefficients_nonnegative(slope):
        return _at_worst(first, depth - 1)
    if _coefficients_nonnegative(sp.expand(-slope)):
        return _at_worst(last, depth - 1)
    return (*_at_worst(first, depth // 2), *_at_worst(last, depth // 2))


def _is_label(e: sp.Basic) -> bool:
    return isinstance(e, Component) and e.tensor.below is not None


def _coefficients_nonnegative(e: sp.Expr, facts: tuple[sp.Expr, ...] = ()) -> bool:
    for floor in e.atoms(sp.floor):
        slope, inner = e.coeff(floor), floor.args[0]
        if slope.is_negative:  # ⌊a⌋ ≤ a
            return _coefficients_nonnegative(sp.expand(e - slope * floor + slope * inner), facts)
        if floor not in facts and not never_negative(inner, facts):  # ⌊a/q⌋ ≥ (a − q + 1)/q
            least = inner - 1 + sp.Rational(1, sp.fraction(sp.together(inner))[1])
            return bool(slope.is_positive) and _coefficients_nonnegative(sp.expand(e - slope * floor + slope * least), facts)
    floors = {f: sp.Dummy(nonnegative=True) for f in e.atoms(sp.floor)}
    shifted = e.xreplace(floors)
    shifted = sp.expand(shifted.xreplace({d: sp.Dummy(integer=True, nonnegative=True) + 1 for d in shifted.atoms(Dim)}))
    return all(c.is_nonnegative and _of_sizes(term) and term.is_nonnegative for term, c in shifted.as_coefficients_dict().items())


def _of_sizes(term: sp.Expr) -> bool:
    return all(isinstance(e, (sp.Symbol, sp.Number, sp.Pow, sp.Mul, sp.Add)) for e in sp.preorder_traversal(term))
