"""Σ over a product of tensors as sums over one index at a time: Σ_{j,k} A[i,j] B[j,k] c[k] is A (B c).

Factors with two indices are the edges of a graph whose vertices are the indices, factors with one index are
loops. The dummy with the fewest neighbours goes first: with none it is a scalar product, with one a product of
matrix and vector, with two a product of matrices. Parallel edges are multiplied elementwise before.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import sympy as sp

from symbackprop.language.nodes import BINDERS, Sum
from symbackprop.language.tensors import Component, Index, Tensor

Indices = frozenset[Index]


@dataclass(frozen=True)
class Contraction:
    """Σ over the dummies of the product of the factors, every one of which has a dummy."""

    factors: tuple[Term, ...]
    dummies: tuple[Index, ...]
    indices: Indices


Term: TypeAlias = "sp.Expr | Contraction"


class IndexSets(dict[Any, Indices]):
    """The free indices of every expression met so far."""

    def __missing__(self, term: Any) -> Indices:
        found = self[term] = self._find(term)
        return found

    def _find(self, term: Any) -> Indices:
        match term:
            case Index():
                return frozenset((term,))
            case Contraction():
                return term.indices
            case Tensor() | sp.Symbol() | sp.Number():
                return frozenset()
        if isinstance(term, BINDERS):
            inside = self[term.body] - frozenset(term.bound)
            return inside.union(*(self[place] for place in getattr(term, "at", ())))
        return frozenset().union(*(self[a] for a in term.args))


def factors_of(expression: sp.Expr) -> list[sp.Expr]:
    """Factors whose product is the expression: 2x − 2y, as SymPy writes it, is 2 and x − y."""
    found: list[sp.Expr] = []
    for factor in sp.Mul.make_args(expression):
        content, primitive = factor.primitive() if isinstance(factor, sp.Add) else (sp.S.One, factor)
        found += [content, primitive] if content != 1 and (content.is_Integer or _is_plain(primitive)) else [factor]
    return found


def _is_plain(total: sp.Add) -> bool:
    # (x + y)/2 is read more easily than x/2 + y/2, but x − 1/2 more easily than (2x − 1)/2.
    return all(abs(term.as_coeff_Mul()[0]) == 1 for term in total.args)


def contract(factors: Iterable[Term], dummies: Iterable[Index], sets: IndexSets) -> list[Term]:
    """The factors whose product is Σ_dummies Π factors: none of them has a dummy left.

    A dummy that no factor has becomes its size.
    """
    terms, pending = _with_weights(list(factors)), list(dummies)
    while pending:
        k = min(pending, key=lambda i: _reluctance(i, terms, pending, sets))
        group = [t for t in terms if k in sets[t]]
        gone = [k, *_together(k, terms, pending, sets)]
        made = Contraction(tuple(group), tuple(gone), frozenset().union(*(sets[t] for t in group)) - set(gone))
        terms = [t for t in terms if k not in sets[t]] + [made if group else k.size]
        pending = [i for i in pending if i not in gone]
    return terms


def _with_weights(factors: list[Term]) -> list[Term]:
    # exp(z) stays beside the 1/Σ exp(z) that normalises it.
    for weight in factors:
        for divisor in factors:
            if isinstance(weight, sp.exp) and _normalises(divisor):
                rest = [f for f in factors if f is not weight and f is not divisor]
                return _with_weights([*rest, sp.Mul(weight, divisor)])
    return factors


def _normalises(factor: Term) -> bool:
    if not isinstance(factor, sp.Pow) or factor.exp != -1:
        return False
    return isinstance(factor.base, Sum) and isinstance(factor.base.body, sp.exp)


def _reluctance(index: Index, terms: list[Term], pending: list[Index], sets: IndexSets) -> tuple[int, int, int]:
    # The dummy with fewest neighbours goes first; of equals, one that takes others along and spares transpositions.
    neighbours = frozenset().union(*(sets[t] for t in terms if index in sets[t])) - {index}
    return len(neighbours), -len(_together(index, terms, pending, sets)), _leading(index, terms)


def _leading(index: Index, terms: list[Term]) -> int:
    # How often a sum over this index would want a transposition: x[k, i] before a vector.
    return sum(isinstance(t, Component) and len(t.indices) == 2 and t.indices[0] == index for t in terms)


def _together(k: Index, terms: list[Term], pending: list[Index], sets: IndexSets) -> list[Index]:
    # Dummies that are summed in the same breath as k: all factors around them have the same indices (divisors fewer).
    group = [t for t in terms if k in sets[t]]
    everything = frozenset().union(*(sets[t] for t in group))
    if any(sets[t] != everything for t in group if not divides(t)) or all(map(divides, group)):
        return []
    elsewhere = frozenset().union(*(sets[t] for t in terms if k not in sets[t]))
    return [i for i in pending if i != k and i in everything and i not in elsewhere]


def divides(term: Term) -> TypeGuard[sp.Pow]:
    """Whether the term is a divisor, a⁻¹ or a^(−1/2)."""
    return isinstance(term, sp.Pow) and bool(term.exp.is_Rational and term.exp.is_negative)
