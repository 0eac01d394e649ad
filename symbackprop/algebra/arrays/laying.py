"""How each kind of node is laid out: a tensor, an operation, a function, a sum, a function of a matrix."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import sympy as sp

from symbackprop.algebra.arrays.build import broadcast, call, every, number, total, transposed
from symbackprop.algebra.arrays.contraction import Contraction, Term, contract, divides, factors_of
from symbackprop.algebra.arrays.summation import contracted, reduced
from symbackprop.algebra.arrays.text import Array, Call, Comparison, Name, Picked, Power
from symbackprop.language.functions import PRIMITIVES, FieldFunction
from symbackprop.language.nodes import (
    Compare,
    Delta,
    Det,
    Inverse,
    LogDet,
    MatrixBinder,
    Max,
    Prod,
    Sum,
    Unspecified,
    Where,
)
from symbackprop.language.scope import SYMBOLS
from symbackprop.language.tensors import Component, Dim, Index

if TYPE_CHECKING:
    from symbackprop.algebra.arrays.layout import Layouts

PRIMITIVE_NAMES = {**{function: name for name, function in PRIMITIVES.items()}, sp.Abs: "abs"}
Layout = tuple[Index, ...]


@singledispatch
def lay(term: Any, layout: Layout, lays: Layouts) -> Array | None:
    """The term as an array with exactly these axes; its free indices are those of the layout."""
    return None


@lay.register(sp.Rational)
def _(term: sp.Rational, layout: Layout, lays: Layouts) -> Array | None:
    return number(Fraction(term.p, term.q))


@lay.register(Dim)
def _(term: Dim, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Name(term.name))


@lay.register(type(sp.pi))
def _(term: sp.Expr, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Name("pi"))


@lay.register(type(sp.E))
def _(term: sp.Expr, layout: Layout, lays: Layouts) -> Array | None:
    return call("exp", number(Fraction(1)))


@lay.register(sp.Symbol)
def _(term: sp.Symbol, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Name(term.name)) if SYMBOLS.get(term.name) == term else None


@lay.register(Index)
def _(term: Index, layout: Layout, lays: Layouts) -> Array | None:
    return Array(Call("arange", size_of(term.size, lays)), layout)


@lay.register(Component)
def _(term: Component, layout: Layout, lays: Layouts) -> Array | None:
    named = Array(Name(term.tensor.name, bool(term.tensor.adjoint_of)), term.indices)
    if any(isinstance(i, Component) for i in term.indices):
        return _picked(term, named, layout, lays)
    if not all(map(_runs_over, term.indices, term.tensor.sizes)):
        return None
    return _ordered(named, layout)


def _runs_over(place: sp.Expr, size: sp.Expr) -> bool:
    # A plain index over the whole axis.
    return isinstance(place, Index) and samesize_of(place.size, size)


def _ordered(array: Array, layout: Layout) -> Array | None:
    # The array itself, transposed, or its diagonal.
    if array.axes == layout:
        return array
    if len(array.axes) == 2 and array.axes == layout*2:
        return Array(Call("diag", (array,)), layout)
    turned = transposed(array) if len(layout) > 1 else array
    return turned if turned.axes == layout else None


def samesize_of(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two sizes are equal as polynomials."""
    return bool(left == right or sp.expand(left - right) == 0)


def _picked(term: Component, named: Array, layout: Layout, lays: Layouts) -> Array | None:
    # E[t[n], d] is E[t, :]; x[n, t[n]] is x[arange(N), t]
    count = 1 + max(p for p, i in enumerate(term.indices) if isinstance(i, Component))
    places, rest = term.indices[:count], term.indices[count:]
    front = layout[:len(layout) - len(rest)]
    if layout[len(front):] != rest or not all(map(_runs_over, rest, term.tensor.sizes[count:])):
        return None
    if not frozenset(front).isdisjoint(rest) or not all(map(_indexes, places, term.tensor.sizes)):
        return None
    arrays = every(lays.fitted(i, front) for i in places)
    return Array(Picked(named, tuple(arrays)), layout) if arrays and broadcast(arrays) == front else None


def _indexes(place: sp.Expr, size: sp.Expr) -> bool:
    return _runs_over(place, size) or (isinstance(place, Component) and place.tensor.below == size)


@lay.register(Delta)
def _(term: Delta, layout: Layout, lays: Layouts) -> Array | None:
    for one, other in (term.args, term.args[::-1]):
        match one, other:
            case Index(), Index() if one != other and samesize_of(one.size, other.size):
                return Array(Call("eye", size_of(one.size, lays)), layout)
            case Component(), Index() if one.tensor.below == other.size and layout[-1] == other:
                labels = lays.exact(one, layout[:-1])
                return Array(Call("onehot", (labels, *size_of(other.size, lays))), layout) if labels else None
    return None


def size_of(size: sp.Expr, lays: Layouts) -> tuple[Array, ...]:
    """A size as an argument."""
    made = lays.exact(size, ())
    return () if made is None else (made,)


@lay.register(sp.Mul)
def _(term: sp.Mul, layout: Layout, lays: Layouts) -> Array | None:
    return lays.product(factors_of(term), layout)


@lay.register(sp.Add)
def _(term: sp.Add, layout: Layout, lays: Layouts) -> Array | None:
    opposite = _opposite(term)
    if opposite is not None:
        return lays.exact(opposite, layout)
    content, *primitive = factors_of(term)
    if primitive:
        return lays.product([content, *primitive], layout)
    terms = every(lays.fitted(t, layout) for t in term.args)
    return total(terms) if terms else None


def _opposite(term: sp.Add) -> Compare | None:
    # 1 − [a > b] is [a <= b], 1 − [a > b] − [a = b] is [a < b].
    compared = [-t for t in term.args if t != 1]
    if len(compared) == len(term.args) or not all(isinstance(c, Compare) for c in compared):
        return None
    relation = OPPOSITE.get(frozenset(c.relation for c in compared))
    if relation is None or len({c.args for c in compared}) > 1:
        return None
    return Compare(relation, *compared[0].args)


OPPOSITE = {frozenset(false): true for false, true in (
    ([">"], "<="), ([">="], "<"), (["<"], ">="), (["<="], ">"), (["=="], "!="), (["!="], "=="),
    ([">", "=="], "<"), (["<", "=="], ">"), (["<", ">"], "=="),
)}


@lay.register(sp.Pow)
def _(term: sp.Pow, layout: Layout, lays: Layouts) -> Array | None:
    if divides(term):
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


@lay.register(Unspecified)
def _(term: Unspecified, layout: Layout, lays: Layouts) -> Array | None:
    return _elementwise(term.args, layout, lays, lambda *parts: call(term.name + "'"*term.order, *parts))


@lay.register(Where)
def _(term: Where, layout: Layout, lays: Layouts) -> Array | None:
    return _elementwise(term.args, layout, lays, lambda *parts: call("where", *parts))


@lay.register(Compare)
def _(term: Compare, layout: Layout, lays: Layouts) -> Array | None:
    def make(left: Array, right: Array) -> Array:
        return Array(Comparison(term.relation, left, right), broadcast((left, right)))
    return _elementwise(term.args, layout, lays, make)


@lay.register(Sum)
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


@lay.register(Contraction)
def _(term: Contraction, layout: Layout, lays: Layouts) -> Array | None:
    return contracted(term, layout, lays)


@lay.register(Prod)
def _(term: Prod, layout: Layout, lays: Layouts) -> Array | None:
    return reduced("prod", (term.body,), term.bound, layout, lays)


@lay.register(Max)
def _(term: Max, layout: Layout, lays: Layouts) -> Array | None:
    return reduced("max", (term.body,), term.bound, layout, lays)


@lay.register(Inverse)
def _(term: Inverse, layout: Layout, lays: Layouts) -> Array | None:
    if not all(map(_runs_over, term.at, (i.size for i in term.bound))):
        return None
    made = _of_matrix("inv", term, layout, lays)
    return _ordered(made, layout) if made else None


@lay.register(LogDet)
def _(term: LogDet, layout: Layout, lays: Layouts) -> Array | None:
    return _of_matrix("logdet", term, layout, lays)


@lay.register(Det)
def _(term: Det, layout: Layout, lays: Layouts) -> Array | None:
    return _of_matrix("det", term, layout, lays)


def _of_matrix(name: str, term: MatrixBinder, layout: Layout, lays: Layouts) -> Array | None:
    if lays.sets[term.body] != frozenset(term.bound):
        return None
    matrix = lays.exact(term.body, term.bound)
    return Array(Call(name, (matrix,)), term.at) if matrix else None
