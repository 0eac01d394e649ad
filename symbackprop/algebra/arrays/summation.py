"""A contraction as an array: a @ b where a matrix product does it, else sum(a*b, axis=...)."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import sympy as sp

from symbackprop.algebra.arrays.build import matmul
from symbackprop.algebra.arrays.contraction import Contraction, Term, divides
from symbackprop.algebra.arrays.text import Array, Call, Name, Reduction, Transposed
from symbackprop.language.nodes import BINDERS
from symbackprop.language.tensors import Component, Index

if TYPE_CHECKING:
    from symbackprop.algebra.arrays.layout import Layouts

Layout = tuple[Index, ...]


def contracted(term: Contraction, layout: Layout, lays: Layouts) -> Array | None:
    """Σ over the dummies of the product of the factors, with these axes."""
    made = _matrix_product(term, layout, lays) if len(term.dummies) == 1 else _trace(term, layout, lays)
    return made or reduced("sum", term.factors, term.dummies, layout, lays)


def _matrix_product(term: Contraction, layout: Layout, lays: Layouts) -> Array | None:
    made = None
    if not layout:
        return _scalar_product(term, lays)
    if len(layout) > 1:
        made = _matrix_matrix(term, layout, lays)
    return made or _matrix_vector(term, layout, lays)


def _scalar_product(term: Contraction, lays: Layouts) -> Array | None:
    # a @ b of two plain vectors; of more, sum(a*b*c) reads better
    if len(term.factors) != 2 or any(isinstance(f, sp.Pow) for f in term.factors):
        return None
    a, b = (lays.exact(f, term.dummies) for f in term.factors)
    return matmul(a, b) if a and b else None


def _matrix_matrix(term: Contraction, layout: Layout, lays: Layouts) -> Array | None:
    # Σ_k a[i,k] b[k,j]: whatever has no j stands at the left, so that a[i,k] v[k] is a * v
    *batch, i, j = layout
    k = term.dummies[0]
    left = [f for f in term.factors if j not in lays.sets[f]]
    right = [f for f in term.factors if j in lays.sets[f]]
    if not right or any(i in lays.sets[f] for f in right) or not any(i in lays.sets[f] for f in left):
        return None
    a, b = _laid(left, (*batch, i, k), lays), _laid(right, (*batch, k, j), lays)
    return matmul(a, b) if a and b else None


def _laid(factors: Sequence[Term], layout: Layout, lays: Layouts) -> Array | None:
    have = frozenset().union(*(lays.sets[f] for f in factors))
    return lays.product(factors, tuple(i for i in layout if i in have))


def _matrix_vector(term: Contraction, layout: Layout, lays: Layouts) -> Array | None:
    # Σ_k a[i,k] v[k] is a @ v; v @ a only where that spares a transposition of more than a name
    *batch, i = layout
    k = term.dummies[0]
    vectors = [f for f in term.factors if lays.sets[f] == {k}]
    rest = [f for f in term.factors if lays.sets[f] != {k}]
    if all(divides(f) for f in vectors) or not all(i in lays.sets[f] for f in rest):
        return None
    v, a = _laid(vectors, (k,), lays), _laid(rest, (*batch, i, k), lays)
    if v and a and (a.cost < 8 or (isinstance(a.node, Transposed) and isinstance(a.node.of.node, Name))):
        return matmul(a, v)
    turned = _laid(rest, (*batch, k, i), lays)
    ways = [matmul(left, right) for left, right in ((a, v), (v, turned)) if left and right]
    return min(ways, key=lambda w: w.cost, default=None)


def _trace(term: Contraction, layout: Layout, lays: Layouts) -> Array | None:
    # Σ_ij a[i,j] b[j,i] is trace(a @ b) where sum(a*b.T) would need the transposition
    if layout or len(term.dummies) != 2 or len(term.factors) != 2 or any(divides(f) for f in term.factors):
        return None
    i, j = term.dummies
    a, b = lays.exact(term.factors[0], (i, j)), lays.exact(term.factors[1], (j, i))
    if a is None or b is None or a.cost + b.cost >= 8:
        return None
    flat = reduced("sum", term.factors, term.dummies, layout, lays)
    return None if flat and flat.cost < 8 else Array(Call("trace", (matmul(a, b),)))


def reduced(function: str, factors: Sequence[Term], dummies: Layout, layout: Layout, lays: Layouts) -> Array | None:
    """The product of the factors, reduced over the dummies' axes, wherever among the others these read best."""
    everything = frozenset((*layout, *dummies))
    rank = len(layout) + len(dummies)
    if rank > lays.highest_rank or frozenset().union(*(lays.sets[f] for f in factors)) != everything:
        return None
    if rank > 2 and not any(_spans(f, everything, lays) for f in factors):
        return None
    ways = [_reduction(function, body, over if layout else (), layout)
            for order, over in _orders(layout, dummies) if (body := lays.product(factors, order))]
    return min(ways, key=lambda w: w.cost, default=None)


def _spans(term: Term, everything: frozenset[Index], lays: Layouts) -> bool:
    # Whether a tensor of the full rank stands in it: broadcasting alone would multiply the work.
    if not everything <= lays.sets[term]:
        return False
    if isinstance(term, Component):
        return True
    return not isinstance(term, (Contraction, *BINDERS)) and any(_spans(a, everything, lays) for a in term.args)


def _orders(layout: Layout, dummies: Layout) -> Iterator[tuple[Layout, tuple[int, ...]]]:
    rank = len(layout) + len(dummies)
    for places in reversed(list(combinations(range(rank), len(dummies)))):
        for order in permutations(dummies):
            gone = dict(zip(places, order, strict=True))
            kept = iter(layout)
            yield tuple(gone[p] if p in gone else next(kept) for p in range(rank)), places


def _reduction(function: str, body: Array, over: tuple[int, ...], layout: Layout) -> Array:
    match body.node:
        case Call("diag", (matrix,)) if function == "sum" and len(body.axes) == 1:
            return Array(Call("trace", (matrix,)))
    return Array(Reduction(function, body, over), layout)
