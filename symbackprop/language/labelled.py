"""What the names in an expression mean, and arrays that know which index each axis runs over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce, singledispatch
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from symbackprop.language.contraction import spread
from symbackprop.language.domains import INTEGERS, Array, Domain
from symbackprop.language.nodes import Partial
from symbackprop.language.tensors import Dim, Index


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
        if self.domain is INTEGERS:
            return self  # one scope, so that whoever forgets what it remembers forgets all of it
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


def laid_out(v: Labelled, indices: tuple[Index, ...], scope: Scope) -> Array:
    """The array with one axis for each index in that order, repeated along the axes that it lacks."""
    stray = [a.name for a in v.axes if a not in indices]
    if stray:
        raise ValueError(
            f"the expression has free indices {', '.join(stray)} beside " + ", ".join(i.name for i in indices)
        )
    array = np.asarray(spread(v, indices), dtype=scope.domain.dtype)
    shape = tuple(scope.extent(i.size) for i in indices)
    return array if array.shape == shape else np.broadcast_to(array, shape).copy()


def evaluate(e: sp.Expr, scope: Scope) -> Labelled:
    """The value of an expression in a scope, remembered."""
    known: Labelled | None = scope.memo.get(e)
    if known is not None:
        return known
    if e in scope.static:
        known = scope.lasting.get(e)
        if known is None:
            known = scope.lasting[e] = rule(e, scope)
    else:
        known = rule(e, scope)
    scope.memo[e] = known
    return known


@singledispatch
def rule(e: Any, scope: Scope) -> Labelled:
    """The value of one node from the values of its arguments."""
    raise TypeError(f"{e} ({type(e).__name__}) has no value; it is none of the notation's nodes")


def together(operation: Callable[[Any, Any], Any], a: Labelled, b: Labelled) -> Labelled:
    """An elementwise operation on two labelled arrays."""
    axes = union(a.axes, b.axes)
    return Labelled(axes, operation(spread(a, axes), spread(b, axes)))


def union(*many: tuple[Index, ...]) -> tuple[Index, ...]:
    """The axes of several arrays, in order of appearance."""
    first = many[0]
    if all(axes == first or not axes for axes in many):
        return first
    return tuple(dict.fromkeys(a for axes in many for a in axes))


def indicator(axes: tuple[Index, ...], holds: Any, scope: Scope) -> Labelled:
    """1 where it holds, else 0."""
    number = scope.domain.number
    return Labelled(axes, np.where(holds, number(1, 1), number(0, 1)))
