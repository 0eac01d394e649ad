"""Array style as index style: x @ W + b, broadcasting, axis=, keepdims=, .T, inv, softmax.

An Array is its shape and a function from places to components, so that an index is chosen once, where the
component is asked for, and none is ever renamed or caught. Shapes behave as NumPy's do, with symbolic
sizes: two sizes fit if they are equal or one of them is 1. `Names` chooses the letters of new sums.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import sympy as sp

from symbackprop.language.errors import shape_text
from symbackprop.language.nodes import Delta, Det, Inverse, LogDet, Max, Prod, Sum
from symbackprop.language.scope import new_indices
from symbackprop.language.sizes import same_size
from symbackprop.language.tensors import Component, Index, Tensor

MAX_COMPONENTS = 2_000  # components that one array expression may unfold into

Place = tuple[sp.Expr, ...]


@dataclass(frozen=True, eq=False)
class Array:
    """An array of shape `sizes`; `at(i, j, ...)` is its component, with 0 where an axis has size 1."""

    sizes: tuple[sp.Expr, ...]
    at: Callable[[Place], sp.Expr]

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.sizes)


@dataclass(frozen=True)
class ArrayValue:
    """What an array-style text says: the component `body` at `indices`, with None for an axis of size 1."""

    body: sp.Expr
    indices: tuple[Index | None, ...]
    sizes: tuple[sp.Expr, ...]


class Unfit(Exception):
    """Shapes that don't fit: a message and a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass
class Names:
    """Chooses index letters that are no tensor's and not in use around the place where they are needed."""

    reserved: Collection[str]
    taken: list[str] = field(default_factory=list)
    components: int = 0

    @contextmanager
    def bound(self, sizes: Sequence[sp.Expr], around: Place = ()) -> Iterator[tuple[Index, ...]]:
        """New indices over the sizes, for the body of one sum."""
        used = [s.name for e in around for s in e.free_symbols if isinstance(s, Index)]
        made = new_indices(sizes, self.reserved, (*self.taken, *used))
        before = len(self.taken)
        self.taken.extend((*used, *(i.name for i in made)))
        yield made
        del self.taken[before:]

    def count(self) -> None:
        """One more component."""
        self.components += 1
        if self.components > MAX_COMPONENTS:
            raise Unfit(f"this unfolds into more than {MAX_COMPONENTS:,} components", "state it in several equations")


Value: TypeAlias = "sp.Expr | Array"


def array(value: Value) -> Array:
    """An array as it is; a component in index style as an array without axes."""
    return value if isinstance(value, Array) else Array((), lambda _place, e=value: e)  # type: ignore[misc]


def whole(tensor: Tensor) -> Array:
    """A tensor as an array."""
    return Array(tensor.sizes, lambda place: Component(tensor, *place))


def shape_of(value: Value) -> tuple[sp.Expr, ...]:
    """The shape; a component has none."""
    return value.sizes if isinstance(value, Array) else ()


def broadcast(*shapes: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """The common shape: aligned at the last axis, each size equal or 1."""
    rank = max(map(len, shapes))
    sizes: list[sp.Expr] = []
    for axis in range(-rank, 0):
        found = [s[axis] for s in shapes if len(s) >= -axis]
        wide = next((size for size in found if size is not sp.S.One), sp.S.One)
        if any(size is not sp.S.One and not same_size(size, wide) for size in found):
            texts = " and ".join(shape_text(s) for s in dict.fromkeys(shapes) if s)
            other = next(s for s in found if s is not sp.S.One and not same_size(s, wide))
            raise Unfit(f"the shapes {texts} don't fit: {wide} against {other}", _fitting_hint(shapes))
        sizes.append(wide)
    return tuple(sizes)


def _fitting_hint(shapes: tuple[tuple[sp.Expr, ...], ...]) -> str:
    lengths = {len(s) for s in shapes if s}
    return "axes are aligned at the last one; x[:, None] makes a new axis" if len(lengths) > 1 else ""


def elementwise(f: Callable[..., sp.Expr], operands: Sequence[Value], names: Names) -> Array:
    """f of the components, the operands broadcast against each other."""
    sizes = broadcast(*map(shape_of, operands))
    inner = [array(o) for o in operands]

    def at(place: Place) -> sp.Expr:
        names.count()
        return f(*(o.at(aligned(o.sizes, place)) for o in inner))
    return Array(sizes, at)


def aligned(sizes: tuple[sp.Expr, ...], place: Place) -> Place:
    """The place in an operand for a place in the broadcast result."""
    last = place[len(place) - len(sizes):]
    return tuple(sp.S.Zero if size is sp.S.One else at for size, at in zip(sizes, last, strict=True))


def axes_of(rank: int, axis: tuple[int, ...] | None) -> tuple[int, ...]:
    """The axes that are meant, counted from 0; all of them for None."""
    if axis is None:
        return tuple(range(rank))
    found = tuple(a % rank if rank and -rank <= a < rank else a for a in axis)
    for a in found:
        if not 0 <= a < rank:
            raise Unfit(f"there is no axis {a}: the array has {rank}", f"axes run from 0 to {rank - 1}" if rank else "it is a scalar")
    if len(set(found)) < len(found):
        raise Unfit("an axis is named twice")
    return tuple(sorted(found))


def _reduced(a: Array, axes: tuple[int, ...], keepdims: bool, component: Callable[[Place], sp.Expr]) -> Array:
    # `component` takes the place with anything at the reduced axes.
    sizes = tuple(sp.S.One if k in axes else s for k, s in enumerate(a.sizes) if keepdims or k not in axes)

    def at(place: Place) -> sp.Expr:
        left = iter(place)
        if keepdims:
            return component(tuple(sp.S.Zero if k in axes else p for k, p in enumerate(place)))
        return component(tuple(sp.S.Zero if k in axes else next(left) for k in range(a.rank)))
    return Array(sizes, at)


def over(binder: Any, a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """Sum, Prod or Max over the axes."""
    wide = tuple(k for k in axes if a.sizes[k] is not sp.S.One)

    def component(place: Place) -> sp.Expr:
        names.count()
        outer = tuple(p for k, p in enumerate(place) if k not in axes)
        with names.bound([a.sizes[k] for k in wide], outer) as bound:
            moved = dict(zip(wide, bound, strict=True))
            return cast(sp.Expr, binder(a.at(tuple(moved.get(k, p) for k, p in enumerate(place))), *bound))
    return _reduced(a, axes, keepdims, component)


def total(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The sum over the axes."""
    return over(Sum, a, axes, keepdims, names)


def product(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The product over the axes."""
    return over(Prod, a, axes, keepdims, names)


def largest(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The maximum over the axes."""
    return over(Max, a, axes, keepdims, names)


def smallest(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The minimum over the axes: min x = −max(−x)."""
    negated = elementwise(lambda e: -e, [a], names)
    return elementwise(lambda e: -e, [over(Max, negated, axes, keepdims, names)], names)


def mean(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The mean over the axes: Σ x / N."""
    number = sp.Mul(*(a.sizes[k] for k in axes))
    return elementwise(lambda e: e/number, [total(a, axes, keepdims, names)], names)


def variance(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The mean squared distance from the mean, divided by N as NumPy does."""
    centred = elementwise(lambda e, m: (e - m)**2, [a, mean(a, axes, True, names)], names)
    return mean(centred, axes, keepdims, names)


def deviation(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The square root of the variance."""
    return elementwise(sp.sqrt, [variance(a, axes, keepdims, names)], names)


def norm(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """√ Σ x²."""
    squares = elementwise(lambda e: e**2, [a], names)
    return elementwise(sp.sqrt, [total(squares, axes, keepdims, names)], names)


def logsumexp(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """log Σ exp x."""
    return elementwise(sp.log, [total(elementwise(sp.exp, [a], names), axes, keepdims, names)], names)


def softmax(a: Array, axes: tuple[int, ...], _keepdims: bool, names: Names) -> Array:
    """exp(x) / Σ exp(x)."""
    weights = elementwise(sp.exp, [a], names)
    return elementwise(lambda e, s: e/s, [weights, total(weights, axes, True, names)], names)


def log_softmax(a: Array, axes: tuple[int, ...], _keepdims: bool, names: Names) -> Array:
    """x − log Σ exp(x)."""
    return elementwise(lambda e, s: e - s, [a, logsumexp(a, axes, True, names)], names)


REDUCTIONS: dict[str, Callable[[Array, tuple[int, ...], bool, Names], Array]] = {
    "sum": total, "prod": product, "max": largest, "min": smallest, "mean": mean, "var": variance, "std": deviation, "norm": norm,
    "logsumexp": logsumexp, "softmax": softmax, "log_softmax": log_softmax,
}


def matmul(a: Array, b: Array, names: Names) -> Array:
    """x @ y: Σ_k x[..., i, k] y[..., k, j], further axes broadcast."""
    if not a.rank or not b.rank:
        raise Unfit("@ multiplies arrays, not scalars", "write x*y, or name whole arrays: x @ W")
    inner, other = a.sizes[-1], b.sizes[-2] if b.rank > 1 else b.sizes[0]
    if not same_size(inner, other):
        raise Unfit(f"{shape_text(a.sizes)} @ {shape_text(b.sizes)} doesn't fit: {inner} against {other}", _transposed_hint(a, b))
    rows, columns = a.sizes[-2:-1], b.sizes[-1:] if b.rank > 1 else ()
    stack = broadcast(a.sizes[:-2], b.sizes[:-2])
    depth = len(stack)

    def at(place: Place) -> sp.Expr:
        names.count()
        row, column = place[depth:depth + len(rows)], place[depth + len(rows):]
        with names.bound([] if inner is sp.S.One else [inner], place) as bound:
            k = bound or (sp.S.Zero,)
            left = a.at((*aligned(a.sizes[:-2], place[:depth]), *row, *k))
            right = b.at((*aligned(b.sizes[:-2], place[:depth]), *k, *column))
            return cast(sp.Expr, Sum(left*right, *bound))
    return Array((*stack, *rows, *columns), at)


def _transposed_hint(a: Array, b: Array) -> str:
    if a.rank == 2 and same_size(a.sizes[0], b.sizes[-2] if b.rank > 1 else b.sizes[0]):
        return "the left factor transposed would fit: .T"
    return "the right factor transposed would fit: .T" if b.rank == 2 and same_size(a.sizes[-1], b.sizes[1]) else ""


def transpose(a: Array, order: Sequence[int] | None = None) -> Array:
    """The axes in another order; reversed if none is given."""
    order = tuple(reversed(range(a.rank))) if order is None else tuple(k % a.rank if a.rank else k for k in order)
    if sorted(order) != list(range(a.rank)):
        raise Unfit(f"{order} is no order of {a.rank} axes")
    back = [order.index(k) for k in range(a.rank)]
    return Array(tuple(a.sizes[k] for k in order), lambda place: a.at(tuple(place[k] for k in back)))


def swap_last(a: Array) -> Array:
    """The last two axes swapped: a stack of matrices transposed."""
    if a.rank < 2:
        raise Unfit(f".mT transposes matrices; this is {shape_text(a.sizes)}")
    return transpose(a, (*range(a.rank - 2), a.rank - 1, a.rank - 2))


def _square(a: Array, what: str) -> sp.Expr:
    if a.rank != 2 or not same_size(*a.sizes):
        raise Unfit(f"{what} takes a square matrix; this is {shape_text(a.sizes)}")
    return a.sizes[0]


def of_matrix(kind: Any, a: Array, names: Names) -> Array:
    """inv, det or logdet of a square matrix."""
    size = _square(a, kind.symbol)

    def at(place: Place) -> sp.Expr:
        names.count()
        with names.bound([size, size], place) as (p, q):
            return cast(sp.Expr, kind(a.at(aligned(a.sizes, (p, q))), p, q, *place))
    return Array((size, size) if kind is Inverse else (), at)


def inverse(a: Array, names: Names) -> Array:
    """A⁻¹."""
    return of_matrix(Inverse, a, names)


def log_determinant(a: Array, names: Names) -> Array:
    """log |det A|."""
    return of_matrix(LogDet, a, names)


def determinant(a: Array, names: Names) -> Array:
    """det A."""
    return of_matrix(Det, a, names)


def trace(a: Array, names: Names) -> Array:
    """Σ_i A[i,i]."""
    _square(a, "trace")
    return total(diagonal(a, names), (0,), False, names)


def diagonal(a: Array, _names: Names) -> Array:
    """The diagonal of a matrix, or the diagonal matrix of a vector."""
    if a.rank == 1:
        return Array((a.sizes[0], a.sizes[0]), lambda place: a.at(place[:1])*Delta(*place))
    _square(a, "diag")
    return Array(a.sizes[:1], lambda place: a.at((place[0], place[0])))


def outer(a: Array, b: Array, _names: Names) -> Array:
    """a[i] b[j]."""
    if a.rank != 1 or b.rank != 1:
        raise Unfit(f"outer takes two vectors; these are {shape_text(a.sizes)} and {shape_text(b.sizes)}")
    return Array((*a.sizes, *b.sizes), lambda place: a.at(place[:1])*b.at(place[1:]))


def unit(size: sp.Expr) -> Array:
    """The unit matrix."""
    return Array((size, size), lambda place: Delta(*place))


def constant(value: sp.Expr, sizes: tuple[sp.Expr, ...]) -> Array:
    """The same number everywhere."""
    return Array(sizes, lambda _place: value)


def one_hot(labels: Array, size: sp.Expr) -> Array:
    """[labels[...] = c] for c over the size."""
    return Array((*labels.sizes, size), lambda place: Delta(labels.at(place[:-1]), place[-1]))


def counting(size: sp.Expr) -> Array:
    """0, 1, 2, ... as numbers."""
    return Array((size,), lambda place: place[0])
