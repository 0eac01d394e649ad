"""Laying an index expression out as an array, for the order of indices that its surroundings want.

A part that lacks some of the indices is laid out for itself and then given axes of size 1 (keepdims or
[:, None]). Where two ways are open, the one with the fewest transpositions is taken. What has no such form
without einsum is None: a literal or shifted subscript, an axis that is run over in part, a fourth axis.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import singledispatch
from typing import Any

import sympy as sp

from symbackprop.algebra.arrays.build import broadcast, call, expand, number, product, total, transposed
from symbackprop.algebra.arrays.contraction import Contraction, IndexSets, Term, contract, factors_of
from symbackprop.algebra.arrays.summation import contracted, reduced
from symbackprop.algebra.arrays.text import Array, Call, Comparison, Name, Picked, Power, Shape
from symbackprop.language.functions import PRIMITIVES, FieldFunction
from symbackprop.language.nodes import Compare, Delta, Det, Inverse, LogDet, MatrixBinder, Max, Prod, Sum, Unspecified, Where
from symbackprop.language.scope import SYMBOLS
from symbackprop.language.tensors import Component, Dim, Index

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
        sizes = [a for i in layout for a in _size(i.size, self)]
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


def every(arrays: Iterable[Array | None]) -> list[Array] | None:
    """All of them, None if one is missing."""
    found = list(arrays)
    present = [a for a in found if a is not None]
    return present if len(present) == len(found) else None


def cheapest(*ways: Array | None) -> Array | None:
    """The way with the fewest transpositions and axes added, the first of equals."""
    return min((w for w in ways if w is not None), key=lambda a: a.cost, default=None)


def _split(terms: Iterable[Term]) -> tuple[Fraction, list[Term], list[Term]]:
    # Π terms = coefficient · Π above / Π below.
    coefficient, above, below = Fraction(1), [], []
    for term in terms:
        if isinstance(term, sp.Rational):
            coefficient *= Fraction(term.p, term.q)
        elif isinstance(term, sp.Pow) and term.exp.is_Rational and term.exp.is_negative:
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
    if eye is None or not (vectors or under) or any(len(a.axes) > 1 for a in (*vectors, *under)):
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


@singledispatch
def lay(term: Any, layout: Layout, lays: Layouts) -> Array | None:
    """The term as an array with exactly these axes; its free indices are those of the layout."""
    return None


@lay.register
def _(term: sp.Rational, layout: Layout, lays: Layouts) -> Array | None:
    return number(Fraction(term.p, term.q))


@lay.register
def _(term: Dim, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Name(term.name))


@lay.register(type(sp.pi))
def _(term: sp.Expr, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Name("pi"))


@lay.register(type(sp.E))
def _(term: sp.Expr, layout: Layout, lays: Layouts) -> Array | None:
    return call("exp", number(Fraction(1)))


@lay.register
def _(term: sp.Symbol, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Name(term.name)) if SYMBOLS.get(term.name) == term else None


@lay.register
def _(term: Index, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Call("arange", _size(term.size, lays)), layout)


@lay.register
def _(term: Component, layout: Layout, lays: Layouts) -> Array | None:
    named = Array(Name(term.tensor.name, bool(term.tensor.adjoint_of)), term.indices)
    if any(isinstance(i, Component) for i in term.indices):
        return _picked(term, named, layout, lays)
    if not all(map(_runs_over, term.indices, term.tensor.sizes)):
        return None
    return _ordered(named, layout)


def _runs_over(place: sp.Expr, size: sp.Expr) -> bool:
    # A plain index over the whole axis.
    return isinstance(place, Index) and same_size(place.size, size)


def _ordered(array: Array, layout: Layout) -> Array | None:
    # The array itself, transposed, or its diagonal.
    if array.axes == layout:
        return array
    if len(array.axes) == 2 and array.axes == layout*2:
        return Array(Call("diag", (array,)), layout)
    turned = transposed(array) if len(layout) > 1 else array
    return turned if turned.axes == layout else None


def same_size(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two sizes are equal as polynomials."""
    return bool(left == right or sp.expand(left - right) == 0)


def _picked(term: Component, named: Array, layout: Layout, lays: Layouts) -> Array | None:
    # E[t[n], d] is E[t]; x[n, t[n]] is x[arange(N), t]
    count = 1 + max(p for p, i in enumerate(term.indices) if isinstance(i, Component))
    places, rest = term.indices[:count], term.indices[count:]
    front = layout[:len(layout) - len(rest)]
    if layout[len(front):] != rest or not all(map(_runs_over, rest, term.tensor.sizes[count:])):
        return None
    if not all(_indexes(i, s) for i, s in zip(places, term.tensor.sizes, strict=False)) or any(i in front for i in rest):
        return None
    arrays = every(lays.fitted(i, front) for i in places)
    return Array(Picked(named, tuple(arrays)), layout) if arrays and broadcast(arrays) == front else None


def _indexes(place: sp.Expr, size: sp.Expr) -> bool:
    return _runs_over(place, size) or (isinstance(place, Component) and place.tensor.below == size)


@lay.register
def _(term: Delta, layout: Layout, lays: Layouts) -> Array | None:
    for one, other in (term.args, term.args[::-1]):
        match one, other:
            case Index(), Index() if one != other and same_size(one.size, other.size):
                return Array(Call("eye", _size(one.size, lays)), layout)
            case Component(), Index() if one.tensor.below == other.size and layout[-1] == other:
                labels = lays.exact(one, layout[:-1])
                return Array(Call("onehot", (labels, *_size(other.size, lays))), layout) if labels else None
    return None


def _size(size: sp.Expr, lays: Layouts) -> tuple[Array, ...]:
    made = lays.exact(size, ())
    return () if made is None else (made,)


@lay.register
def _(term: sp.Mul, layout: Layout, lays: Layouts) -> Array | None:
    return lays.product(factors_of(term), layout)


@lay.register
def _(term: sp.Add, layout: Layout, lays: Layouts) -> Array | None:
    content, *primitive = factors_of(term)
    if primitive:
        return lays.product([content, *primitive], layout)
    terms = every(lays.fitted(t, layout) for t in term.args)
    return total(terms) if terms else None


@lay.register
def _(term: sp.Pow, layout: Layout, lays: Layouts) -> Array | None:
    if term.exp.is_Rational and term.exp.is_negative:
        return lays.product([term], layout)
    if term.exp == sp.S.Half:
        return _elementwise((term.base,), layout, lays, lambda base: call("sqrt", base))
    return _elementwise(term.args, layout, lays, lambda *parts: Array(Power(*parts), broadcast(parts)))


def _elementwise(parts: Iterable[Term], layout: Layout, lays: Layouts, make: Callable[..., Array]) -> Array | None:
    arrays = every(lays.fitted(p, layout) for p in parts)
    return make(*arrays) if arrays else None


@lay.register(FieldFunction)
@lay.register(sp.Function)
def _(term: sp.Function, layout: Layout, lays: Layouts) -> Array | None:
    name = term.entry.name if isinstance(term, FieldFunction) else PRIMITIVE_NAMES.get(term.func)
    return _elementwise(term.args, layout, lays, lambda *parts: call(name, *parts)) if name else None


PRIMITIVE_NAMES = {**{function: name for name, function in PRIMITIVES.items()}, sp.Abs: "abs"}


@lay.register
def _(term: Unspecified, layout: Layout, lays: Layouts) -> Array | None:
    return _elementwise(term.args, layout, lays, lambda *parts: call(term.name + "'"*term.order, *parts))


@lay.register
def _(term: Where, layout: Layout, lays: Layouts) -> Array | None:
    return _elementwise(term.args, layout, lays, lambda *parts: call("where", *parts))


@lay.register
def _(term: Compare, layout: Layout, lays: Layouts) -> Array | None:
    def make(left: Array, right: Array) -> Array:
        return Array(Comparison(term.relation, left, right), broadcast((left, right)))
    return _elementwise(term.args, layout, lays, make)


@lay.register
def _(term: Sum, layout: Layout, lays: Layouts) -> Array | None:
    body, bound = term.body, term.bound
    while isinstance(body, Sum) and set(bound).isdisjoint(body.bound):
        body, bound = body.body, (*bound, *body.bound)
    factors = factors_of(body)
    return lays.product(contract(factors, bound, lays.sets), layout) or _distributed(factors, bound, layout, lays)


def _distributed(factors: Sequence[sp.Expr], bound: Layout, layout: Layout, lays: Layouts) -> Array | None:
    # Σ a (b + c) = Σ a b + Σ a c
    bracket = next((f for f in factors if isinstance(f, sp.Add)), None)
    if bracket is None:
        return None
    rest = [f for f in factors if f is not bracket]
    parts = [Sum(sp.Mul(*rest, part), *bound) for part in bracket.args]
    return _elementwise(parts, layout, lays, lambda *arrays: total(arrays))


@lay.register
def _(term: Contraction, layout: Layout, lays: Layouts) -> Array | None:
    return contracted(term, layout, lays)


@lay.register
def _(term: Prod, layout: Layout, lays: Layouts) -> Array | None:
    return reduced("prod", (term.body,), term.bound, layout, lays)


@lay.register
def _(term: Max, layout: Layout, lays: Layouts) -> Array | None:
    return reduced("max", (term.body,), term.bound, layout, lays)


@lay.register
def _(term: Inverse, layout: Layout, lays: Layouts) -> Array | None:
    if not all(map(_runs_over, term.at, (i.size for i in term.bound))):
        return None
    made = _of_matrix("inv", term, layout, lays)
    return _ordered(made, layout) if made else None


@lay.register
def _(term: LogDet, layout: Layout, lays: Layouts) -> Array | None:
    return _of_matrix("logdet", term, layout, lays)


@lay.register
def _(term: Det, layout: Layout, lays: Layouts) -> Array | None:
    return _of_matrix("det", term, layout, lays)


def _of_matrix(name: str, term: MatrixBinder, layout: Layout, lays: Layouts) -> Array | None:
    if lays.sets[term.body] != frozenset(term.bound):
        return None
    matrix = lays.exact(term.body, term.bound)
    return Array(Call(name, (matrix,)), term.at) if matrix else None
