"""Laying an index expression out as an array, for the order of indices that its surroundings want.

A part that lacks some of the indices is laid out for itself and then given axes of size 1 (keepdims or
[:, None]). Where two ways are open, the one with the fewest transpositions is taken. What has no such form
without einsum is None: a literal or shifted subscript, an axis that is run over in part.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symbackprop.algebra.arrays.build import every, expand, number, product, transposed
from symbackprop.algebra.arrays.contraction import IndexSets, Term, divides
from symbackprop.algebra.arrays.laying import lay, size_of
from symbackprop.algebra.arrays.text import Array, Call, Shape
from symbackprop.language.tensors import Index

TWO_TRANSPOSITIONS = 16
Layout = tuple[Index, ...]


class Layouts:
    """Array forms of terms, each for an order of its indices; what was found once is kept.

    No array on the way has more than `highest_rank` axes.
    """

    def __init__(self, highest_rank: int = 2) -> None:
        self.highest_rank = highest_rank
        self.sets = IndexSets()
        self._found: dict[tuple[Any, Layout], Array | None] = {}

    def own(self, term: Term, layout: Layout) -> Layout:
        """The indices of the layout that the term has."""
        return tuple(i for i in layout if i in self.sets[term])

    def whole(self, term: Term, layout: Layout) -> Array | None:
        """The term as an array with these axes, the same all along an axis whose index it lacks."""
        missing = tuple(i for i in layout if i not in self.sets[term])
        made = self.exact(term, self.own(term, layout))
        if not missing or made is None:
            return made
        if len(missing) == 1 < len(layout) == 2:
            made = product(_outer([made, self._constant("ones", missing)], [], layout) or [])
        elif term == 0:
            made = self._constant("zeros", layout)
        else:
            made = product([expand(made, layout), self._constant("ones", layout)])
        return made

    def _constant(self, name: str, layout: Layout) -> Array:
        sizes = [a for i in layout for a in size_of(i.size, self)]
        return Array(Call(name, tuple(sizes) if len(sizes) == 1 else (Array(Shape(tuple(sizes))),)), layout)

    def fitted(self, term: Term, layout: Layout) -> Array | None:
        """The term as an array that broadcasts against an array with these axes."""
        made = self.exact(term, self.own(term, layout))
        return made and expand(made, layout)

    def exact(self, term: Term, layout: Layout) -> Array | None:
        """The term as an array with exactly these axes: laid out so, or the other way round and transposed."""
        if (term, layout) not in self._found:
            self._found[term, layout] = self._turned(self._direct, term, layout)
        return self._found[term, layout]

    def _turned(self, way: Callable[[Any, Layout], Array | None], term: Any, layout: Layout) -> Array | None:
        made = way(term, layout)
        if len(layout) != 2 or (made is not None and made.cost < TWO_TRANSPOSITIONS):
            return made
        turned = way(term, layout[::-1])
        return cheapest(made, turned and transposed(turned))

    def _direct(self, term: Term, layout: Layout) -> Array | None:
        if len(layout) > self.highest_rank or self.sets[term] != frozenset(layout):
            return None
        return lay(term, layout, self)

    def product(self, terms: Iterable[Term], layout: Layout) -> Array | None:
        """The elementwise product of the terms, which between them have all indices of the layout."""
        factors = tuple(terms)
        if (factors, layout) not in self._found:
            self._found[factors, layout] = self._turned(self._product, factors, layout)
        return self._found[factors, layout]

    def _product(self, terms: Iterable[Term], layout: Layout) -> Array | None:
        coefficient, above, below = _split(terms)
        factors = every(self.exact(t, self.own(t, layout)) for t in above)
        divisors = every(self.exact(t, self.own(t, layout)) for t in below)
        if factors is None or divisors is None:
            return None
        factors, divisors = _diagonal(factors, divisors)
        top = _outer(factors, divisors, layout) or _grouped(factors, layout)
        return product([number(abs(coefficient)), *top], _grouped(divisors, layout), coefficient < 0)


def cheapest(*ways: Array | None) -> Array | None:
    """The way with the fewest transpositions and axes added, the first of equals."""
    return min((w for w in ways if w is not None), key=lambda a: a.cost, default=None)


def _split(terms: Iterable[Term]) -> tuple[Fraction, list[Term], list[Term]]:
    # Π terms = coefficient · Π above / Π below.
    coefficient, above, below = Fraction(1), [], []
    for term in terms:
        if isinstance(term, sp.Rational):
            coefficient *= Fraction(term.p, term.q)
        elif divides(term):
            below.append(sp.Pow(term.base, -term.exp))
        else:
            above.append(term)
    return coefficient, above, below


def _grouped(arrays: Sequence[Array], layout: Layout) -> list[Array]:
    # Vectors that need an axis of size 1 get it together: (a*b)[:, None].
    groups: dict[Any, list[Array]] = {}
    for position, array in enumerate(arrays):
        fits = array.axes == layout[len(layout) - len(array.axes):]
        groups.setdefault(position if fits else array.axes, []).append(array)
    return [expand(product(group), layout) for group in groups.values()]


def _diagonal(factors: list[Array], divisors: list[Array]) -> tuple[list[Array], list[Array]]:
    # δ(i, j) a[i] b[j] is diag(a*b).
    eye = next((f for f in factors if isinstance(f.node, Call) and f.node.function == "eye"), None)
    rest = [f for f in factors if f is not eye]
    vectors, under = [a for a in rest if a.axes], [d for d in divisors if d.axes]
    if eye is None or not (vectors or under) or not {a.axes for a in (*vectors, *under)} <= {(i,) for i in eye.axes}:
        return factors, divisors
    entries = product([replace(a, axes=eye.axes[:1]) for a in vectors], [replace(d, axes=eye.axes[:1]) for d in under])
    made = Array(Call("diag", (entries,)), eye.axes)
    return [*(f for f in rest if not f.axes), made], [d for d in divisors if not d.axes]


def _outer(factors: Sequence[Array], divisors: Sequence[Array], layout: Layout) -> list[Array] | None:
    # a[i] b[j] is outer(a, b) unless something else has both indices.
    sides = [[f for f in factors if f.axes == (i,)] for i in layout]
    scalars = [f for f in factors if not f.axes]
    if len(layout) != 2 or not all(sides) or any(d.axes for d in divisors):
        return None
    if len(sides[0]) + len(sides[1]) + len(scalars) < len(factors):
        return None
    return [*scalars, Array(Call("outer", (product(sides[0]), product(sides[1]))), layout)]
