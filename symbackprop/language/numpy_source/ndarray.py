"""Arrays as NumPy has them, with symbolic sizes: axes, and a function from places to components.

An axis is the product of elementary sizes: (N,) is a plain axis, () an axis of size 1, (N, H, W) what reshape made of
three. A place has for each axis one subscript per elementary size, so that a reshape that only joins or splits axes
is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Max, Prod, Sum
from symbackprop.language.sizes import same_size
from symbackprop.language.tensors import Dim, Index

Axis: TypeAlias = tuple[sp.Expr, ...]
Place: TypeAlias = tuple[tuple[sp.Expr, ...], ...]
Fresh: TypeAlias = Callable[[sp.Expr], Index]
ORDER = {"bool": 0, "int": 1, "float": 2}


@dataclass(frozen=True, eq=False)
class Nd:
    """An array of the given axes; `kind` is bool, int or float. `argmax` marks places of a maximum `among` an axis,
    `blank` memory that nothing was written to yet, `uniform` one number everywhere, `split` the
    numbers 0, 1, ... along an axis that reshape joined. Of one without axes, `floating` is what floating arithmetic makes
    of the number (nan where that isn't known), and `boxed` says that it is an array, which can be changed in place."""

    axes: tuple[Axis, ...]
    at: Callable[[Place], sp.Expr]
    kind: str = "float"
    argmax: Callable[[Place, Sequence[sp.Expr]], sp.Expr] | None = None
    blank: bool = False
    uniform: bool = False
    split: bool = False
    among: Axis = ()
    floating: float | None = None
    boxed: bool = False

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.axes)

    @property
    def shape(self) -> tuple[sp.Expr, ...]:
        """The size of each axis."""
        return sizes_of(self.axes)


def sizes_of(axes: Iterable[Axis]) -> tuple[sp.Expr, ...]:
    """The size of each axis. Raises Unfit of the places of a mask."""
    told = tuple(axes)
    if any(isinstance(s, Dim) and s.name.startswith("_selected_") for axis in told for s in axis):
        raise Unfit("how many places a mask has depends on data")
    return tuple(cast(sp.Expr, sp.Mul(*axis)) for axis in told)


def check_holds(a: Nd, value: Nd) -> None:
    """An array of whole numbers would round what is written to it. Raises Unfit."""
    if ORDER[value.kind] > ORDER[a.kind] and not (a.kind == "bool" and not value.axes and value.at(()) in (0, 1)):
        raise Unfit(f"an array of {a.kind} numbers can't hold these exactly", "make it of float numbers")


def constant(value: sp.Expr | int, kind: str = "int", axes: tuple[Axis, ...] = ()) -> Nd:
    """The same number everywhere."""
    number = sp.Integer(value) if isinstance(value, int) else value
    return Nd(axes, lambda _place: number, kind, uniform=True)


def blank(axes: tuple[Axis, ...], kind: str) -> Nd:
    """Memory with anything in it."""

    def at(_place: Place) -> sp.Expr:
        raise Unfit("this reads memory that nothing was written to", "np.empty has anything in it; np.zeros has 0")

    return Nd(axes, at, kind, blank=True)


def axis_of(size: sp.Expr) -> Axis:
    """The axis of a size."""
    return () if size == 1 else (size,)


def same_axis(a: Axis, b: Axis) -> bool:
    """Whether two axes have the same elementary sizes."""
    return len(a) == len(b) and all(same_size(p, q) for p, q in zip(a, b, strict=True))


def same_axes(a: Sequence[Axis], b: Sequence[Axis]) -> bool:
    """Whether two arrays have the same axes."""
    return len(a) == len(b) and all(map(same_axis, a, b))


def shape_text(axes: Sequence[Axis]) -> str:
    """(N, D)"""
    return "(" + ", ".join(str(sp.Mul(*a)) for a in axes) + ("," if len(axes) == 1 else "") + ")"


def broadcast(*shapes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The common axes, aligned at the last one; an axis of size 1 fits every other."""
    rank, made = max(map(len, shapes)), []
    for k in range(-rank, 0):
        found = [s[k] for s in shapes if len(s) >= -k]
        wide = next((a for a in found if a), ())
        if any(a and not same_axis(a, wide) for a in found):
            raise Unfit(f"the shapes {' and '.join(shape_text(s) for s in dict.fromkeys(shapes))} don't fit")
        made.append(wide)
    return tuple(made)


def aligned(axes: tuple[Axis, ...], place: Place) -> Place:
    """The place in an operand for a place in the broadcast result."""
    last = place[len(place) - len(axes) :]
    return tuple(at if axis else () for axis, at in zip(axes, last, strict=True))


def elementwise(f: Callable[..., sp.Expr], operands: Sequence[Nd], kind: str | None = None) -> Nd:
    """f of the components, the operands broadcast against each other."""
    if any(o.argmax for o in operands):
        raise Unfit("the place of a maximum can only be a subscript")
    operands = _split_alike(operands)
    axes = broadcast(*(o.axes for o in operands))
    kind = kind or max((o.kind for o in operands), key=lambda k: ORDER[k])
    return Nd(axes, lambda place: f(*(o.at(aligned(o.axes, place)) for o in operands)), kind)


def numbered(sizes: Sequence[sp.Expr], place: Sequence[sp.Expr]) -> sp.Expr:
    """The number of a place, counted through all the sizes."""
    e = place[0]
    for size, p in zip(sizes[1:], place[1:], strict=True):
        e = e * size + p
    return sp.expand(e) if len(sizes) > 1 else e


def refined(a: Nd, k: int, parts: Axis) -> Nd:
    """An array whose plain axis k is split into these sizes."""

    def at(place: Place) -> sp.Expr:
        return a.at((*place[:k], (numbered(parts, place[k]),), *place[k + 1 :]))

    return Nd((*a.axes[:k], parts, *a.axes[k + 1 :]), at, a.kind)


def _split_alike(operands: Sequence[Nd]) -> list[Nd]:
    """Arrays of one number get their axes from the others: ones((N*T, D)) beside an array whose first axis joins N and T.

    A plain axis 2*E beside one that joins 2 and E is split like it.
    """
    joined = {sp.Mul(*axis): axis for o in operands for axis in o.axes if len(axis) > 1}
    if not joined:
        return list(operands)
    operands = [_split_as(o, operands) for o in operands]
    return [constant(o.at(()), o.kind, tuple(joined.get(sp.Mul(*a), a) for a in o.axes)) if o.uniform else o for o in operands]


def _split_as(a: Nd, others: Sequence[Nd]) -> Nd:
    for k in range(a.rank):
        for other in others:
            j = other.rank - a.rank + k
            if j >= 0:
                a = split_like(a, k, other.axes[j])
    return a


def split_like(a: Nd, k: int, axis: Axis) -> Nd:
    """An array whose plain axis k is split as another axis of the same size is."""
    if len(a.axes[k]) != 1 or len(axis) < 2 or not any(s.is_Integer for s in axis):
        return a
    return refined(a, k, axis) if same_size(sp.expand(sp.Mul(*axis)), a.axes[k][0]) else a


def axis_at(k: Any, rank: int) -> int:
    """The number of one axis, counted from 0."""
    return normal_axes(rank, k)[0]


def normal_axes(rank: int, axis: Any) -> tuple[int, ...]:
    """Axis numbers counted from 0; None is all of them."""
    if axis is None:
        return tuple(range(rank))
    chosen = axis if isinstance(axis, tuple) else (axis,)
    for a in chosen:
        if not isinstance(a, int) or not -rank <= a < rank:
            raise Unfit(f"there is no axis {a}: the array has {rank}")
    if len({a % rank for a in chosen}) < len(chosen):
        raise Unfit("the same axis is named twice")
    return tuple(sorted(a % rank for a in chosen))


def reduced(binder: Any, a: Nd, axis: Any, keepdims: bool, fresh: Fresh, kind: str) -> Nd:
    """Sum, Prod or Max over the axes."""
    axes = normal_axes(a.rank, axis)
    kept = tuple(() if k in axes else s for k, s in enumerate(a.axes) if keepdims or k not in axes)

    def at(place: Place) -> sp.Expr:
        bound = {k: tuple(map(fresh, a.axes[k])) for k in axes}
        rest = iter(place)
        full: list[tuple[sp.Expr, ...]] = []
        for k in range(a.rank):
            given = next(rest) if keepdims or k not in axes else ()
            full.append(bound[k] if k in axes else given)
        return cast(sp.Expr, binder(a.at(tuple(full)), *(i for k in axes for i in bound[k])))

    return Nd(kept, at, kind)


def total(a: Nd, axis: Any, keepdims: bool, fresh: Fresh) -> Nd:
    """The sum over the axes."""
    return reduced(Sum, a, axis, keepdims, fresh, "float" if a.kind == "float" else "int")


def product(a: Nd, axis: Any, keepdims: bool, fresh: Fresh) -> Nd:
    """The product over the axes."""
    return reduced(Prod, a, axis, keepdims, fresh, "float" if a.kind == "float" else "int")


def largest(a: Nd, axis: Any, keepdims: bool, fresh: Fresh) -> Nd:
    """The maximum over the axes."""
    if a.kind == "bool":
        raise Unfit("the maximum of conditions isn't read")
    return reduced(Max, inhabited(a, axis), axis, keepdims, fresh, a.kind)


def inhabited(a: Nd, axis: Any) -> Nd:
    """The array, which has places along the axes. Raises Unfit."""
    if any(s == 0 for k in normal_axes(a.rank, axis) for s in a.axes[k]):
        raise Unfit("nothing has no maximum")
    return a


def product_kind(operands: Sequence[Nd]) -> str:
    """The kind of sums of products. Raises Unfit of conditions alone: their sums are conditions again."""
    kind = max((o.kind for o in operands), key=lambda k: ORDER[k])
    if kind == "bool":
        raise Unfit("a product of arrays of conditions is one of conditions: this isn't read", ".astype(float) makes numbers of them")
    return kind


def matmul(a: Nd, b: Nd, fresh: Fresh) -> Nd:
    """a @ b: Σ_k a[..., i, k] b[..., k, j], further axes broadcast."""
    if not a.rank or not b.rank:
        raise Unfit("a matrix product takes arrays, not numbers")
    down = max(0, b.rank - 2)
    a = split_like(a, a.rank - 1, b.axes[down])
    inner = a.axes[-1]
    b = split_like(b, down, inner)
    other = b.axes[down]
    if not same_axis(inner, other):
        raise Unfit(f"{shape_text(a.axes)} @ {shape_text(b.axes)} doesn't fit: {sp.Mul(*inner)} against {sp.Mul(*other)}")
    rows, columns = a.axes[-2:-1], b.axes[-1:] if b.rank > 1 else ()
    stack = broadcast(a.axes[:-2], b.axes[:-2])
    depth = len(stack)

    def at(place: Place) -> sp.Expr:
        k = tuple(map(fresh, inner))
        row, column = place[depth : depth + len(rows)], place[depth + len(rows) :]
        left = a.at((*aligned(a.axes[:-2], place[:depth]), *row, k))
        right = b.at((*aligned(b.axes[:-2], place[:depth]), k, *column))
        return cast(sp.Expr, Sum(left * right, *k))

    return Nd((*stack, *rows, *columns), at, product_kind((a, b)))


def dot(a: Nd, b: Nd, fresh: Fresh) -> Nd:
    """np.dot: a product with a number, else the last axis of a with the last but one of b."""
    if not a.rank or not b.rank:
        return elementwise(lambda p, q: p * q, [a, b])
    if b.rank <= 2 and a.rank <= 2:
        return matmul(a, b, fresh)
    return tensordot(a, b, ([a.rank - 1], [max(0, b.rank - 2)]), fresh)


def tensordot(a: Nd, b: Nd, axes: tuple[Sequence[int], Sequence[int]], fresh: Fresh) -> Nd:
    """Σ over pairs of axes."""
    left, right = ([axis_at(k, n.rank) for k in ks] for n, ks in zip((a, b), axes, strict=True))
    if len(left) != len(right) or any(len(set(ks)) < len(ks) for ks in (left, right)):
        raise Unfit("tensordot takes pairs of axes, each of them once")
    for p, q in zip(left, right, strict=True):
        a = split_like(a, p, b.axes[q])
        b = split_like(b, q, a.axes[p])
        if not same_axis(a.axes[p], b.axes[q]):
            raise Unfit(f"axis {p} of {shape_text(a.axes)} and axis {q} of {shape_text(b.axes)} don't fit")
    free = [[k for k in range(n.rank) if k not in ks] for n, ks in zip((a, b), (left, right), strict=True)]

    def at(place: Place) -> sp.Expr:
        bound = [tuple(map(fresh, a.axes[p])) for p in left]
        first = {**dict(zip(left, bound, strict=True)), **dict(zip(free[0], place, strict=False))}
        second = {**dict(zip(right, bound, strict=True)), **dict(zip(free[1], place[len(free[0]) :], strict=True))}
        body = a.at(tuple(first[k] for k in range(a.rank))) * b.at(tuple(second[k] for k in range(b.rank)))
        return cast(sp.Expr, Sum(body, *(i for group in bound for i in group)))

    return Nd((*(a.axes[k] for k in free[0]), *(b.axes[k] for k in free[1])), at, product_kind((a, b)))


def einsum(subscripts: str, operands: Sequence[Nd], fresh: Fresh) -> Nd:
    """np.einsum with letters."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    parts = left.split(",")
    letters = "".join(parts)
    if not all(c.isalpha() for c in letters + right) or len(parts) != len(operands):
        raise Unfit(f"the subscripts {text[:60]!r} aren't read", "letters, commas and -> are")
    if not arrow:
        right = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    sizes: dict[str, Axis] = {}
    for part, operand in zip(parts, operands, strict=True):
        if len(part) != operand.rank:
            raise Unfit(f"{part!r} names {len(part)} axes of an array with {operand.rank}")
        for letter, axis in zip(part, operand.axes, strict=True):
            if not same_axis(sizes.setdefault(letter, axis), axis):
                raise Unfit(f"the letter {letter} stands for two sizes, {sp.Mul(*sizes[letter])} and {sp.Mul(*axis)}")
    if any(c not in sizes for c in right) or len(set(right)) < len(right):
        raise Unfit(f"the result {right!r} names an axis that isn't there, or one twice")

    def at(place: Place) -> sp.Expr:
        known = dict(zip(right, place, strict=True))
        bound = {c: tuple(map(fresh, sizes[c])) for c in dict.fromkeys(letters) if c not in known}
        known.update(bound)
        body = sp.Mul(*(o.at(tuple(known[c] for c in part)) for part, o in zip(parts, operands, strict=True)))
        return cast(sp.Expr, Sum(body, *(i for group in bound.values() for i in group)))

    return Nd(tuple(sizes[c] for c in right), at, product_kind(operands))


def transpose(a: Nd, order: Sequence[int] | None = None) -> Nd:
    """The axes in another order; reversed if none is given."""
    order = tuple(reversed(range(a.rank))) if order is None else tuple(axis_at(k, a.rank) for k in order)
    if sorted(order) != list(range(a.rank)):
        raise Unfit(f"{tuple(order)} is no order of {a.rank} axes")
    back = [order.index(k) for k in range(a.rank)]
    return Nd(tuple(a.axes[k] for k in order), lambda place: a.at(tuple(place[k] for k in back)), a.kind)
