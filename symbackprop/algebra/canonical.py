"""A definition in a form in which equal ones are the same, whatever their indices are called and whatever the order of the axes.

    mu2[d] = Σ_n x[n,d]/N  and  mu[j] = Σ_i x[i,j]/N     are one definition
    Σ_k exp(a_k + c)  is  exp(c) Σ_k exp(a_k)
"""

from __future__ import annotations

import sympy as sp

from symbackprop.algebra.convert import expanded
from symbackprop.algebra.terms import Poly
from symbackprop.language.nodes import Sum
from symbackprop.language.substitution import mapped, substitute
from symbackprop.language.tensors import Component, Index

MOST_NODES = 400
"""Larger definitions are not compared."""

Key = tuple[frozenset[str], Poly]


def canonical(left: Component, right: sp.Expr) -> tuple[dict[Index, Index], Key] | None:
    """The definition over indices that are named by their sizes, whatever the order of the axes."""
    if size_of(right) > MOST_NODES:
        return None
    seen: dict[str, int] = {}
    mapping: dict[Index, Index] = {}
    for index in left.indices:
        if not isinstance(index, Index) or index in mapping:
            return None
        text = str(index.size)
        seen[text] = seen.get(text, 0) + 1
        mapping[index] = Index(f"axis_{seen[text]}_{text}", index.size)
    try:
        return mapping, (frozenset(i.name for i in mapping.values()), expanded(unshifted(substitute(right, mapping))))
    except (TypeError, ValueError):
        return None


def size_of(e: sp.Basic) -> int:
    """The number of nodes of an expression."""
    return sum(1 for _ in sp.preorder_traversal(e))


# ---- the shift in softmax ------------------------------------------------------------------------------------------------


def unshifted(e: sp.Expr) -> sp.Expr:
    """Σ_k exp(a_k + c) as exp(c) Σ_k exp(a_k), wherever it stands."""
    if not e.args or not e.has(sp.exp) or isinstance(e, (Component, Index)):
        return e
    if isinstance(e, Sum):
        return _unshifted_sum(e)
    return mapped(e, unshifted)


def _unshifted_sum(e: Sum) -> sp.Expr:
    body = unshifted(e.body)
    outside = sp.S.One
    inside = []
    for factor in sp.Mul.make_args(body):
        if isinstance(factor, sp.exp):
            terms = sp.Add.make_args(factor.args[0])
            free = [t for t in terms if not t.free_symbols & set(e.bound)]
            outside *= sp.exp(sp.Add(*free))
            factor = sp.exp(sp.Add(*(t for t in terms if t.free_symbols & set(e.bound))))
        inside.append(factor)
    return outside * Sum(sp.Mul(*inside), *e.bound)
