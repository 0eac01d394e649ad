"""The value of an expression: an array whose axes are labelled by the expression's free indices.

    value(Σ_d x[n,d] W[d,h], (n, h), {"x": ..., "W": ...}, {"N": 2, "D": 3, "H": 4})   an array of shape (2, 4)

Every node has one rule below. A rule returns a `Labelled` array; arrays meet by the names of their axes, so
that no order has to be agreed on. The same rules work in every domain (see `domains`), subscripts included.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce, singledispatch
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from symbackprop.language.contraction import contract, spread, total
from symbackprop.language.domains import FLOAT64, INTEGERS, Array, Domain, DomainError, compare
from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import (
    Compare,
    Delta,
    Det,
    InRange,
    Inverse,
    IsArgmax,
    LogDet,
    MatrixBinder,
    Max,
    Partial,
    Prod,
    Sum,
    Unspecified,
    Where,
)
from symbackprop.language.tensors import Component, Dim, Index


class Labelled(NamedTuple):
    """An array and the index that each of its axes runs over."""

    axes: tuple[Index, ...]
    array: Any


class Boundary(NamedTuple):
    """What a tensor reads at a place that an equation of its own defines: `places` has a number for some axes."""

    places: tuple[tuple[int, int], ...]
    array: Any


@dataclass
class Scope:
    """What the names in an expression mean.

    `arrays` has the tensors; those named in `batched` have a leading axis `batch` beside their own.
    `places` fixes indices to one place each. `symbols` gives step0 and sign0 their values, `functions` the
    callables (f, f′, ...) of unspecified functions. `partial` gives ∂y/∂x a value. An expression in `static` has the
    same value at every place and is remembered in `lasting`.
    """

    domain: Domain
    arrays: dict[str, Array]
    sizes: Mapping[str, int]
    boundaries: dict[str, tuple[Boundary, ...]] = field(default_factory=dict)
    batch: Index | None = None
    batched: set[str] = field(default_factory=set)
    places: dict[Index, int] = field(default_factory=dict)
    symbols: Mapping[str, Any] = field(default_factory=lambda: {"step0": Fraction(0), "sign0": Fraction(0)})
    functions: Mapping[str, tuple[Callable[..., Any], ...]] = field(default_factory=dict)
    partial: Callable[[Partial, Scope], Labelled] | None = None
    static: frozenset[sp.Basic] = frozenset()
    lasting: dict[Any, Any] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict)
    _integers: Scope | None = None

    @property
    def integers(self) -> Scope:
        """The same scope for subscripts."""
        if self._integers is None:
            self._integers = replace(self, domain=INTEGERS, memo={}, lasting={}, static=frozenset())
        return self._integers

    def extent(self, size: sp.Expr) -> int:
        """The value of a size."""
        known = self.lasting.get(("extent", size))
        if known is None:
            known = self.lasting["extent", size] = extent(size, self.sizes)
        return int(known)


def extent(size: sp.Expr, sizes: Mapping[str, int]) -> int:
    """The value of a size expression; KeyError names a size that has no value."""
    match size:
        case sp.Integer():
            return int(size)
        case Dim():
            if size.name not in sizes:
                raise ValueError(f"the size {size.name} has no value; given are {dict(sizes)}")
            return sizes[size.name]
        case sp.Add():
            return sum(extent(a, sizes) for a in size.args)
        case sp.Mul():
            return int(reduce(lambda a, b: a * b, (_rational(a, sizes) for a in size.args)))
        case sp.floor():
            return int(_rational(size.args[0], sizes) // 1)
        case sp.Pow() if size.exp.is_Integer:
            return int(extent(size.base, sizes) ** int(size.exp))
        case _:
            raise ValueError(f"{size} is no size: sizes are affine in sizes")


def _rational(e: sp.Expr, sizes: Mapping[str, int]) -> Fraction:
    if isinstance(e, sp.Rational):
        return Fraction(int(e.p), int(e.q))
    if isinstance(e, sp.Add):
        return sum((_rational(a, sizes) for a in e.args), Fraction(0))
    if isinstance(e, sp.Mul):
        return reduce(lambda a, b: a * b, (_rational(a, sizes) for a in e.args))
    return Fraction(extent(e, sizes))


def value(expression: sp.Expr, indices: tuple[Index, ...], arrays: Mapping[str, Any], sizes: Mapping[Any, int], *,
          domain: Domain = FLOAT64, step0: Any = 0, sign0: Any = 0, functions: Mapping[str, Any] | None = None) -> Array:
    """The array of the expression's values, its axes in the order of `indices`.

    `arrays` has an array for each tensor by name, `sizes` a number for each size. An index that the expression lacks
    gives an axis along which nothing changes. A place where a function has no value is nan.
    """
    with domain.context():
        scope = Scope(domain, {name: _array(a, domain) for name, a in arrays.items()}, {str(k): int(v) for k, v in sizes.items()},
                      symbols={"step0": step0, "sign0": sign0}, functions={k: _callables(f) for k, f in (functions or {}).items()})
        return laid_out(evaluate(expression, scope), indices, scope)


def _array(given: Any, domain: Domain) -> Array:
    array = np.asarray(given)
    return array if array.dtype.kind in "iu" else domain.convert(given)


def _callables(f: Any) -> tuple[Callable[..., Any], ...]:
    return tuple(f) if isinstance(f, (tuple, list)) else (f,)


def laid_out(v: Labelled, indices: tuple[Index, ...], scope: Scope) -> Array:
    """The array with one axis for each index in that order, repeated along the axes that it lacks."""
    stray = [a.name for a in v.axes if a not in indices]
    if stray:
        raise ValueError(f"the expression has free indices {', '.join(stray)} beside {', '.join(i.name for i in indices)}")
    array = np.asarray(spread(v, indices), dtype=scope.domain.dtype)
    shape = tuple(scope.extent(i.size) for i in indices)
    return array if array.shape == shape else np.broadcast_to(array, shape).copy()


def evaluate(e: sp.Expr, scope: Scope) -> Labelled:
    """The value of an expression in a scope, remembered."""
    known = scope.memo.get(e)
    if known is not None:
        return known  # type: ignore[no-any-return]
    if e in scope.static:
        known = scope.lasting.get(e)
        if known is None:
            known = scope.lasting[e] = rule(e, scope)
    else:
        known = rule(e, scope)
    scope.memo[e] = known
    return known  # type: ignore[no-any-return]


@singledispatch
def rule(e: Any, scope: Scope) -> Labelled:
    """The value of one node from the values of its arguments."""
    raise TypeError(f"{e} ({type(e).__name__}) has no value; it is none of the notation's nodes")


# Leaves

@rule.register
def _number(e: sp.Rational, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.number(int(e.p), int(e.q)))


@rule.register
def _float(e: sp.Float, scope: Scope) -> Labelled:
    exact = sp.Rational(e)
    return Labelled((), scope.domain.number(int(exact.p), int(exact.q)))


@rule.register(sp.core.numbers.Pi)
def _pi(_e: Any, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.pi())


@rule.register(sp.core.numbers.Exp1)
def _e(_e: Any, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.functions["exp"](scope.domain.number(1, 1)))


@rule.register
def _size(e: Dim, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.number(scope.extent(e), 1))


@rule.register
def _index(e: Index, scope: Scope) -> Labelled:
    if e in scope.places:
        return Labelled((), scope.domain.number(scope.places[e], 1))
    return Labelled((e,), scope.domain.convert(np.arange(scope.extent(e.size))))


@rule.register
def _symbol(e: sp.Symbol, scope: Scope) -> Labelled:
    if e.name not in scope.symbols:
        raise ValueError(f"the symbol {e.name} has no value")
    number = scope.symbols[e.name]
    if number is None:
        return Labelled((), scope.domain.nan)
    exact = sp.Rational(number) if not isinstance(number, Fraction) else number
    top, bottom = (exact.numerator, exact.denominator) if isinstance(exact, Fraction) else (int(exact.p), int(exact.q))
    return Labelled((), scope.domain.number(top, bottom))


# Arithmetic

def _together(operation: Callable[[Any, Any], Any], a: Labelled, b: Labelled) -> Labelled:
    axes = _union(a.axes, b.axes)
    return Labelled(axes, operation(spread(a, axes), spread(b, axes)))


def _union(*many: tuple[Index, ...]) -> tuple[Index, ...]:
    first = many[0]
    if all(axes == first or not axes for axes in many):
        return first
    return tuple(dict.fromkeys(a for axes in many for a in axes))


@rule.register
def _add(e: sp.Add, scope: Scope) -> Labelled:
    return reduce(lambda a, b: _together(np.add, a, b), (evaluate(a, scope) for a in e.args))


@rule.register
def _mul(e: sp.Mul, scope: Scope) -> Labelled:
    return reduce(lambda a, b: _together(np.multiply, a, b), (evaluate(a, scope) for a in e.args))


@rule.register
def _power(e: sp.Pow, scope: Scope) -> Labelled:
    base, exponent = evaluate(e.base, scope), e.exp
    if isinstance(exponent, sp.Rational):
        return Labelled(base.axes, scope.domain.power(base.array, Fraction(int(exponent.p), int(exponent.q))))
    power = scope.domain.power
    if isinstance(exponent, sp.Float) or scope.domain.dtype is np.int64:
        raise DomainError(f"{exponent} is no exact exponent")
    return _together(power, base, evaluate(exponent, scope))


# Functions

PRIMITIVE: dict[Any, str] = {sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.atan: "atan", sp.erf: "erf"}


@rule.register(sp.exp)
@rule.register(sp.log)
@rule.register(sp.sin)
@rule.register(sp.cos)
@rule.register(sp.atan)
@rule.register(sp.erf)
def _primitive(e: Any, scope: Scope) -> Labelled:
    inside = evaluate(e.args[0], scope)
    return Labelled(inside.axes, scope.domain.functions[PRIMITIVE[type(e)]](inside.array))


@rule.register
def _field_function(e: FieldFunction, scope: Scope) -> Labelled:
    stable = scope.domain.stable.get(e.entry.name)
    if stable is None:
        from symbackprop.language.definitions import definition
        return evaluate(definition(e), scope)
    inside = evaluate(e.args[0], scope)
    return Labelled(inside.axes, stable(inside.array))


@rule.register
def _unspecified(e: Unspecified, scope: Scope) -> Labelled:
    known = scope.functions.get(e.name, ())
    if e.order >= len(known):
        primes = "'" * e.order
        raise ValueError(f"the function {e.name}{primes} has no callable; give {e.name} as a tuple ({e.name}, {e.name}', ...) of {e.order + 1}")
    inside = evaluate(e.args[0], scope)
    array = known[e.order](inside.array)
    return Labelled(inside.axes, np.asarray(array, dtype=scope.domain.dtype))


# Indicators and cases

def _indicator(axes: tuple[Index, ...], holds: Any, scope: Scope) -> Labelled:
    number = scope.domain.number
    return Labelled(axes, np.where(holds, number(1, 1), number(0, 1)))


@rule.register
def _delta(e: Delta, scope: Scope) -> Labelled:
    left, right = (evaluate(a, scope.integers) for a in e.args)
    met = _together(np.equal, left, right)
    return _indicator(met.axes, met.array, scope)


@rule.register
def _in_range(e: InRange, scope: Scope) -> Labelled:
    place, size = (evaluate(a, scope.integers) for a in e.args)
    met = _together(lambda p, s: (p >= 0) & (p < s), place, size)
    return _indicator(met.axes, met.array, scope)


@rule.register
def _compare(e: Compare, scope: Scope) -> Labelled:
    met = _holds(e, scope)
    return _indicator(met.axes, met.array, scope)


def _holds(e: sp.Expr, scope: Scope) -> Labelled:
    """The boolean array of a condition."""
    if isinstance(e, Compare):
        left, right = (evaluate(a, scope) for a in e.args)
        return _together(lambda a, b: compare(scope.domain, e.relation, a, b), left, right)
    met = evaluate(e, scope)
    return Labelled(met.axes, compare(scope.domain, "!=", met.array, scope.domain.number(0, 1)))


@rule.register
def _where(e: Where, scope: Scope) -> Labelled:
    condition, then, otherwise = _holds(e.args[0], scope), evaluate(e.args[1], scope), evaluate(e.args[2], scope)
    axes = _union(condition.axes, then.axes, otherwise.axes)
    return Labelled(axes, np.where(spread(condition, axes), spread(then, axes), spread(otherwise, axes)))


# Reductions

@rule.register
def _sum(e: Sum, scope: Scope) -> Labelled:
    body, bound = e.body, list(e.bound)
    while isinstance(body, Sum) and not set(bound) & set(body.bound):
        bound, body = [*bound, *body.bound], body.body
    if isinstance(body, sp.Add) and any(isinstance(a, sp.Mul) and len(a.args) > 2 for a in body.args):
        return reduce(lambda a, b: _together(np.add, a, b), (_sum_of_product(a, bound, scope) for a in body.args))
    return _sum_of_product(body, bound, scope)


def _sum_of_product(body: sp.Expr, bound: list[Index], scope: Scope) -> Labelled:
    factors = [evaluate(f, scope) for f in sp.Mul.make_args(body)]
    present = set().union(*(f.axes for f in factors))
    repeats = [scope.extent(i.size) for i in bound if i not in present]
    axes, array = contract(factors, frozenset(bound), scope.domain)
    if repeats:
        array = np.multiply(array, scope.domain.number(int(np.prod(repeats)), 1))
    return Labelled(axes, array)


def _over(e: Any, scope: Scope) -> tuple[tuple[Index, ...], Array]:
    """The body's value with the bound axes last, each there; and the other axes."""
    body = evaluate(e.body, scope)
    rest = tuple(a for a in body.axes if a not in e.bound)
    array = np.asarray(spread(body, (*rest, *e.bound)), dtype=scope.domain.dtype)
    lead = array.shape[:len(rest)] if body.axes else ()
    return rest, np.broadcast_to(array, (*lead, *(scope.extent(i.size) for i in e.bound)))


@rule.register
def _product(e: Prod, scope: Scope) -> Labelled:
    rest, array = _over(e, scope)
    return Labelled(rest, np.multiply.reduce(array, axis=tuple(range(len(rest), array.ndim))))


@rule.register
def _max(e: Max, scope: Scope) -> Labelled:
    rest, array = _over(e, scope)
    flat = array.reshape(*array.shape[:len(rest)], -1)
    if not scope.domain.is_object and flat.dtype.kind != "c":
        return Labelled(rest, flat.max(axis=-1))
    return Labelled(rest, reduce(lambda a, b: _larger(a, b, scope), (flat[..., k] for k in range(flat.shape[-1]))))


def _larger(a: Any, b: Any, scope: Scope) -> Any:
    # nan on either side stays: a is kept unless b is larger, and b = nan is taken.
    return np.where(compare(scope.domain, ">=", a, b) | (total(scope.domain.sign(a)) == 2), a, b)


@rule.register
def _is_argmax(e: IsArgmax, scope: Scope) -> Labelled:
    rest, array = _over(e, scope)
    flat = array.reshape(*array.shape[:len(rest)], -1)
    largest = flat[..., :1]
    for k in range(1, flat.shape[-1]):
        largest = _larger(largest, flat[..., k:k + 1], scope)
    first = Labelled(rest, np.argmax(compare(scope.domain, "==", flat, largest), axis=-1))
    here = _flat_place([evaluate(a, scope.integers) for a in e.at], array.shape[len(rest):])
    met = _together(np.equal, first, here)
    return _indicator(met.axes, met.array, scope)


def _flat_place(at: list[Labelled], shape: tuple[int, ...]) -> Labelled:
    """The place counted through all axes, the last one fastest; −1 outside."""
    place = Labelled((), np.int64(0))
    for here, size in zip(at, shape, strict=True):
        inside = Labelled(here.axes, np.where((here.array >= 0) & (here.array < size), here.array, -10**9))
        place = _together(lambda p, q, size=size: p * size + q, place, inside)  # type: ignore[misc]
    return Labelled(place.axes, np.where(place.array < 0, -1, place.array))


# Matrices

def _matrix(e: MatrixBinder, kind: str, scope: Scope) -> Labelled:
    key = (kind, e.body, e.bound)
    known = scope.memo.get(key)
    if known is None:
        rest, array = _over(e, scope)
        known = scope.memo[key] = Labelled(rest, scope.domain.matrix[kind](array))
    return known  # type: ignore[no-any-return]


@rule.register
def _inverse(e: Inverse, scope: Scope) -> Labelled:
    inverse = _matrix(e, "inverse", scope)
    return gather(inverse.array, inverse.axes, [evaluate(a, scope.integers) for a in e.at], scope)


@rule.register
def _logdet(e: LogDet, scope: Scope) -> Labelled:
    return _matrix(e, "logdet", scope)


@rule.register
def _det(e: Det, scope: Scope) -> Labelled:
    return _matrix(e, "det", scope)


@rule.register
def _partial(e: Partial, scope: Scope) -> Labelled:
    if scope.partial is None:
        raise ValueError(f"{e} is a derivative that is not yet carried out; it has no value by itself")
    return scope.partial(e, scope)


# Components

@rule.register
def _component(e: Component, scope: Scope) -> Labelled:
    tensor = e.tensor
    if tensor.name not in scope.arrays:
        raise ValueError(f"{tensor.name} has no array; given are {', '.join(scope.arrays) or 'none'}")
    array = scope.arrays[tensor.name]
    lead = (scope.batch,) if scope.batch is not None and tensor.name in scope.batched else ()
    if array.ndim != len(e.indices) + len(lead):
        raise ValueError(f"{tensor.name} has {len(e.indices)} axes {list(tensor.sizes)}, but an array of shape {array.shape}")
    read = _plain(e.indices, array, lead, scope) or gather(
        array, lead, [evaluate(i, scope.integers) for i in e.indices], scope, scope.boundaries.get(tensor.name, ()))
    if array.dtype != scope.domain.dtype or scope.domain is INTEGERS:
        return Labelled(read.axes, _as_numbers(read.array, tensor.name, scope))
    return read


def _as_numbers(array: Any, name: str, scope: Scope) -> Any:
    if scope.domain is INTEGERS and np.asarray(array).dtype.kind not in "iu":
        raise DomainError(f"{name} stands in a subscript but is not declared integer-valued")
    return scope.domain.convert(array)


def _plain(subscripts: tuple[sp.Expr, ...], array: Array, lead: tuple[Index, ...], scope: Scope) -> Labelled | None:
    """x[n, d] whose subscripts are distinct indices over whole axes, or fixed places inside them: a view."""
    axes: list[Index] = []
    where: list[Any] = [slice(None)] * len(lead)
    for subscript, size in zip(subscripts, array.shape[len(lead):], strict=True):
        if isinstance(subscript, Index) and subscript not in scope.places:
            if subscript in axes or scope.extent(subscript.size) != size:
                return None
            axes.append(subscript)
            where.append(slice(None))
            continue
        place = evaluate(subscript, scope.integers)
        if place.axes or not 0 <= place.array < size:
            return None
        where.append(int(place.array))
    return Labelled((*lead, *axes), array[tuple(where)] if where else array[()])


def gather(array: Array, lead: tuple[Index, ...], subscripts: list[Labelled], scope: Scope,
           boundaries: tuple[Boundary, ...] = ()) -> Labelled:
    """The array's entries at the subscripts of its last axes; 0 outside, unless a boundary defines that place."""
    axes = _union(*(s.axes for s in subscripts), ()) if subscripts else ()
    if set(lead) & set(axes):
        subscripts = [*(Labelled((a,), np.arange(n)) for a, n in zip(lead, array.shape, strict=False)), *subscripts]
        lead, axes = (), _union(lead, *(s.axes for s in subscripts))
    places = [np.asarray(spread(s, axes)) for s in subscripts]
    shape = array.shape[len(lead):]
    inside = reduce(np.logical_and, ((p >= 0) & (p < n) for p, n in zip(places, shape, strict=True)), np.bool_(True))
    taken = array[(slice(None),) * len(lead) + tuple(np.clip(p, 0, n - 1) for p, n in zip(places, shape, strict=True))]
    if not inside.all():
        taken = np.where(inside, taken, scope.domain.number(0, 1) if array.dtype == scope.domain.dtype else 0)
    for boundary in boundaries:
        taken = _bounded(taken, boundary, places, len(lead))
    return Labelled((*lead, *axes), taken)


def _bounded(taken: Any, boundary: Boundary, places: list[Any], lead: int) -> Any:
    """The gathered entries, those at the boundary's places replaced by what the boundary says."""
    fixed = dict(boundary.places)
    here = reduce(np.logical_and, (places[k] == at for k, at in fixed.items()))
    if not here.any():
        return taken
    free = [p for k, p in enumerate(places) if k not in fixed]
    shape = boundary.array.shape[boundary.array.ndim - len(free):]
    inside = reduce(np.logical_and, ((p >= 0) & (p < n) for p, n in zip(free, shape, strict=True)), np.bool_(True))
    own = boundary.array.ndim - len(free)
    there = boundary.array[(slice(None),) * own + tuple(np.clip(p, 0, n - 1) for p, n in zip(free, shape, strict=True))]
    if own:
        there = there.reshape(there.shape[0], *(1,) * (np.ndim(taken) - lead - there.ndim + own), *there.shape[1:])
    return np.where(here & inside, there, taken)
