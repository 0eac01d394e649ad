"""The values of sums, products and maxima over typed indices, and of functions of a matrix."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.contraction import contract, spread, total
from symbackprop.language.domains import Array, compare
from symbackprop.language.gathering import gather
from symbackprop.language.labelled import Labelled, Scope, evaluate, indicator, rule, together
from symbackprop.language.nodes import Det, Inverse, IsArgmax, LogDet, MatrixBinder, Max, Prod, Sum
from symbackprop.language.tensors import Index

# Reductions


@rule.register
def _sum(e: Sum, scope: Scope) -> Labelled:
    body, bound = e.body, list(e.bound)
    while isinstance(body, Sum) and not set(bound) & set(body.bound):
        bound, body = [*bound, *body.bound], body.body
    if isinstance(body, sp.Add) and any(isinstance(a, sp.Mul) and len(a.args) > 2 for a in body.args):
        return reduce(lambda a, b: together(np.add, a, b), (_sum_of_product(a, bound, scope) for a in body.args))
    return _sum_of_product(body, bound, scope)


def _sum_of_product(body: sp.Expr, bound: list[Index], scope: Scope) -> Labelled:
    expressions, bound = _opened(list(sp.Mul.make_args(body)), bound)
    factors = [evaluate(f, scope) for f in expressions]
    present = set().union(*(f.axes for f in factors))
    repeats = [scope.extent(i.size) for i in bound if i not in present]
    axes, array = contract(factors, frozenset(bound), scope.domain)
    if repeats:
        array = np.multiply(array, scope.domain.number(int(np.prod(repeats)), 1))
    return Labelled(axes, array)


def _opened(factors: list[sp.Expr], bound: list[Index]) -> tuple[list[sp.Expr], list[Index]]:
    """Sums among the factors, joined with the outer one where no index is caught: all are contracted at once."""
    done: list[sp.Expr] = []
    while factors:
        f = factors.pop(0)
        if isinstance(f, Sum) and not isinstance(f.body, sp.Add):
            others = set(bound).union(*(o.free_symbols for o in (*factors, *done)))
            if not others & set(f.bound):
                bound = [*bound, *f.bound]
                factors = [*sp.Mul.make_args(f.body), *factors]
                continue
        done.append(f)
    return done, bound


def _over(e: Any, scope: Scope) -> tuple[tuple[Index, ...], Array]:
    """The body's value with the bound axes last, each there; and the other axes."""
    body = evaluate(e.body, scope)
    rest = tuple(a for a in body.axes if a not in e.bound)
    array = np.asarray(spread(body, (*rest, *e.bound)), dtype=scope.domain.dtype)
    lead = array.shape[: len(rest)] if body.axes else ()
    return rest, np.broadcast_to(array, (*lead, *(scope.extent(i.size) for i in e.bound)))


@rule.register
def _product(e: Prod, scope: Scope) -> Labelled:
    rest, array = _over(e, scope)
    return Labelled(rest, np.multiply.reduce(array, axis=tuple(range(len(rest), array.ndim))))


@rule.register
def _max(e: Max, scope: Scope) -> Labelled:
    rest, array = _over(e, scope)
    flat = array.reshape(*array.shape[: len(rest)], -1)
    if not scope.domain.is_object and flat.dtype.kind != "c":
        return Labelled(rest, flat.max(axis=-1))
    return Labelled(rest, reduce(lambda a, b: _larger(a, b, scope), (flat[..., k] for k in range(flat.shape[-1]))))


def _larger(a: Any, b: Any, scope: Scope) -> Any:
    # nan on either side stays: a is kept unless b is larger, and b = nan is taken.
    return np.where(compare(scope.domain, ">=", a, b) | (total(scope.domain.sign(a)) == 2), a, b)


@rule.register
def _is_argmax(e: IsArgmax, scope: Scope) -> Labelled:
    rest, array = _over(e, scope)
    flat = array.reshape(*array.shape[: len(rest)], -1)
    largest = flat[..., :1]
    for k in range(1, flat.shape[-1]):
        largest = _larger(largest, flat[..., k : k + 1], scope)
    reached = compare(scope.domain, "==", flat, largest)
    if not np.all(np.any(reached, axis=-1)):  # a nan is the largest, as NumPy has it
        reached = reached | (total(scope.domain.sign(flat)) == 2)
    first = Labelled(rest, np.argmax(reached, axis=-1))
    here = _flat_place([evaluate(a, scope.integers) for a in e.at], array.shape[len(rest) :])
    met = together(np.equal, first, here)
    return indicator(met.axes, met.array, scope)


def _flat_place(at: list[Labelled], shape: tuple[int, ...]) -> Labelled:
    """The place counted through all axes, the last one fastest; −1 outside."""
    place = Labelled((), np.int64(0))
    for here, size in zip(at, shape, strict=True):
        inside = Labelled(here.axes, np.where((here.array >= 0) & (here.array < size), here.array, -(10**9)))
        place = together(lambda p, q, size=size: p * size + q, place, inside)  # type: ignore[misc]
    return Labelled(place.axes, np.where(place.array < 0, -1, place.array))


# Matrices


def _matrix(e: MatrixBinder, kind: str, scope: Scope) -> Labelled:
    key = (kind, e.body, e.bound)
    known: Labelled | None = scope.memo.get(key)
    if known is None:
        rest, array = _over(e, scope)
        known = scope.memo[key] = Labelled(rest, scope.domain.matrix[kind](array))
    return known


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
