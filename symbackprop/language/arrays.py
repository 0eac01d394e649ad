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

from symbackprop.language.errors import Misjoined, Unfit, shape_text
from symbackprop.language.nodes import Max, Prod, Sum
from symbackprop.language.powers import power, primitive
from symbackprop.language.scope import new_indices
from symbackprop.language.sizes import same_size
from symbackprop.language.tensors import Component, Index, Tensor

MAX_COMPONENTS = 1_000  # components that one array expression may unfold into

Place = tuple[sp.Expr, ...]


@dataclass(frozen=True, eq=False)
class Array:
    """An array of shape `sizes`; `at(i, j, ...)` is its component, with 0 where an axis has size 1.

    `cost` counts the components that one component is made of: softmax of softmax doubles it each time.
    """

    sizes: tuple[sp.Expr, ...]
    at: Callable[[Place], sp.Expr]
    cost: int = 1

    def __post_init__(self) -> None:
        if self.cost > MAX_COMPONENTS:
            raise Unfit(f"this unfolds into more than {MAX_COMPONENTS:,} components", "state it in several equations")

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


@dataclass
class Names:
    """Chooses index letters that are no tensor's and not in use around the place where they are needed."""

    reserved: Collection[str]
    taken: list[str] = field(default_factory=list)

    @contextmanager
    def bound(self, sizes: Sequence[sp.Expr], around: Place = ()) -> Iterator[tuple[Index, ...]]:
        """New indices over the sizes, for the body of one sum."""
        used = [s.name for e in around for s in e.free_symbols if isinstance(s, Index)]
        made = new_indices(sizes, self.reserved, (*self.taken, *used))
        before = len(self.taken)
        self.taken.extend((*used, *(i.name for i in made)))
        yield made
        del self.taken[before:]


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
            raise Unfit(f"the shapes {texts} don't fit: {wide} against {other}", _fitting_hint(shapes), Misjoined)
        sizes.append(wide)
    return tuple(sizes)


def _fitting_hint(shapes: tuple[tuple[sp.Expr, ...], ...]) -> str:
    lengths = {len(s) for s in shapes if s}
    return "axes are aligned at the last one; x[:, None] makes a new axis" if len(lengths) > 1 else ""


def elementwise(f: Callable[..., sp.Expr], operands: Sequence[Value]) -> Array:
    """f of the components, the operands broadcast against each other."""
    sizes = broadcast(*map(shape_of, operands))
    inner = [array(o) for o in operands]

    def at(place: Place) -> sp.Expr:
        return f(*(o.at(aligned(o.sizes, place)) for o in inner))
    return Array(sizes, at, 1 + sum(o.cost for o in inner))


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
    return Array(sizes, at, 1 + a.cost)


def over(binder: Any, a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """Sum, Prod or Max over the axes."""
    wide = tuple(k for k in axes if a.sizes[k] is not sp.S.One)

    def component(place: Place) -> sp.Expr:
        outer = tuple(p for k, p in enumerate(place) if k not in axes)
        with names.bound([a.sizes[k] for k in wide], outer) as bound:
            moved = dict(zip(wide, bound, strict=True))
            return cast(sp.Expr, binder(a.at(tuple(moved.get(k, p) for k, p in enumerate(place))), *bound))
    return _reduced(a, axes, keepdims, component)


def _square(e: sp.Expr) -> sp.Expr:
    return power(e, sp.Integer(2))


def _root(e: sp.Expr) -> sp.Expr:
    return power(e, sp.S.Half)


def _exp(e: sp.Expr) -> sp.Expr:
    return primitive("exp", e)


def _log(e: sp.Expr) -> sp.Expr:
    return primitive("log", e)


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
    negated = elementwise(lambda e: -e, [a])
    return elementwise(lambda e: -e, [over(Max, negated, axes, keepdims, names)])


def mean(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The mean over the axes: Σ x / N."""
    number = sp.Mul(*(a.sizes[k] for k in axes))
    return elementwise(lambda e: e/number, [total(a, axes, keepdims, names)])


def variance(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The mean squared distance from the mean, divided by N as NumPy does."""
    centred = elementwise(lambda e, m: _square(e - m), [a, mean(a, axes, True, names)])
    return mean(centred, axes, keepdims, names)


def deviation(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """The square root of the variance."""
    return elementwise(_root, [variance(a, axes, keepdims, names)])


def norm(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """√ Σ x²."""
    squares = elementwise(_square, [a])
    return elementwise(_root, [total(squares, axes, keepdims, names)])


def logsumexp(a: Array, axes: tuple[int, ...], keepdims: bool, names: Names) -> Array:
    """log Σ exp x."""
    return elementwise(_log, [total(elementwise(_exp, [a]), axes, keepdims, names)])


def softmax(a: Array, axes: tuple[int, ...], _keepdims: bool, names: Names) -> Array:
    """exp(x) / Σ exp(x)."""
    weights = elementwise(_exp, [a])
    return elementwise(lambda e, s: e/s, [weights, total(weights, axes, True, names)])


def log_softmax(a: Array, axes: tuple[int, ...], _keepdims: bool, names: Names) -> Array:
    """x − log Σ exp(x)."""
    return elementwise(lambda e, s: e - s, [a, logsumexp(a, axes, True, names)])


REDUCTIONS: dict[str, Callable[[Array, tuple[int, ...], bool, Names], Array]] = {
    "sum": total, "prod": product, "max": largest, "min": smallest, "mean": mean, "var": variance, "std": deviation, "norm": norm,
    "logsumexp": logsumexp, "softmax": softmax, "log_softmax": log_softmax,
}
