"""Values with their layout: scalars, columns, rows, matrices; and how they are multiplied and added.

A vector is a column; transposed it is a row. a b is the matrix product where its inner sizes agree: xᵀy a scalar, x yᵀ a matrix. A vector
meets a matrix elementwise along the only axis that has its size. Whatever fits in no way, or in two, is refused, with what would have
been right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symbackprop.language import matrices
from symbackprop.language.arrays import Array, Names, Place, elementwise
from symbackprop.language.errors import Unfit, shape_text
from symbackprop.language.sizes import same_size


@dataclass(frozen=True, eq=False)
class Value:
    """An array; `row` says that a vector is a row, `wild` that axes of size 1 take any size (𝟏 without a size).

    `loose` is a vector that lies or stands as needed: 𝟏ᵀM sums the rows of M, whichever way its result is laid out.
    `contracted` is a vector that a product of a matrix and a vector gave: it isn't spread over another matrix.
    """

    array: Array
    row: bool = False
    wild: frozenset[int] = frozenset()
    loose: bool = False
    contracted: bool = False

    @property
    def sizes(self) -> tuple[sp.Expr, ...]:
        """The shape."""
        return self.array.sizes

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.array.sizes)

    def described(self) -> str:
        """a column [D], a row [D], [N, D]"""
        kind = {0: "", 1: "the row " if self.row else "the column "}.get(self.rank, "")
        return kind + shape_text(self.sizes)


class Two(Unfit):
    """What can be read in several ways."""

    def __init__(self, message: str, readings: Sequence[str], hint: str) -> None:
        super().__init__(message, hint)
        self.readings = tuple(readings)


class Dot(Two):
    """A dot between two columns or two rows."""


class Lying(Unfit):
    """A column where only a row would fit."""


def scalar(e: sp.Expr) -> Value:
    """A value without axes."""
    return Value(Array((), lambda _place: e))


def elementwise_of(f: Callable[..., sp.Expr], values: Sequence[Value]) -> Value:
    """f of the components of values that fit together."""
    top = max(values, key=lambda v: v.rank)
    others = [v for v in values if v.rank == top.rank]
    lead = next((v for v in others if not v.wild and not v.loose), next((v for v in others if not v.wild), top))
    for v in others:
        if v.rank == 1 and v.row != lead.row and not v.wild and not v.loose:
            raise Unfit(f"{lead.described()} and {v.described()} don't fit: one lies, one stands", "transpose one of them")
        if not all(same_size(a, b) or k in v.wild or k in lead.wild for k, (a, b) in enumerate(zip(v.sizes, lead.sizes, strict=True))):
            raise Unfit(f"{lead.described()} and {v.described()} don't fit", "the shapes have to be the same")
    arrays = [_aligned(v, lead) for v in values]
    made = elementwise(f, arrays)
    wild = frozenset.intersection(*(v.wild for v in others)) if all(v.wild for v in others) else frozenset()
    return Value(made, lead.row, wild, all(v.loose for v in others), any(v.contracted for v in others))


def _aligned(v: Value, lead: Value) -> Array:
    if v.rank == lead.rank or v.rank == 0:
        return v.array
    if v.rank > 1:
        if all(map(same_size, v.sizes, lead.sizes[-v.rank :])):
            return v.array
        raise Unfit(f"{v.described()} and {lead.described()} don't fit", "write the indices")
    return _along(v, lead)


def _along(v: Value, lead: Value) -> Array:
    """A vector along the only axis of a matrix that has its size."""
    if v.contracted and not v.loose:
        raise Unfit(
            f"{v.described()} and {lead.described()} don't fit", "a product of a matrix and a vector is a vector; elementwise is \\odot"
        )
    last = lead.rank - 1
    axes = [k for k, size in enumerate(lead.sizes) if same_size(size, v.sizes[0]) and (k == last or not v.row)]
    if v.wild:
        axes = [last]
    if not axes:
        raise Unfit(f"{v.described()} and {lead.described()} don't fit", "no axis of the second has this size")
    if len(axes) > 1:
        raise Two(f"{v.described()} beside {lead.described()}", ("along its rows", "along its columns"), "write the indices")
    axis = axes[0]
    sizes = tuple(v.sizes[0] if k == axis else sp.S.One for k in range(lead.rank))
    inner = v.array
    return Array(sizes, lambda place: inner.at((place[axis],)), inner.cost)


def transposed(v: Value) -> Value:
    """vᵀ"""
    if v.rank == 0:
        return v
    if v.rank == 1:
        return replace(v, row=not v.row)
    if v.rank > 2:
        raise Unfit(f"a tensor {shape_text(v.sizes)} has no transpose", "write the indices")
    return Value(matrices.transpose(v.array), wild=frozenset(1 - k for k in v.wild))


def multiply(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a b"""
    return sp.Mul(a, b)


def multiply_all(*factors: sp.Expr) -> sp.Expr:
    """a b c ..."""
    return sp.Mul(*factors)


def product(op: str, a: Value, b: Value, names: Names) -> Value:
    """a b, a · b or a × b."""
    if a.rank == 0 or b.rank == 0:
        return elementwise_of(multiply, [a, b])
    rule = _RULES.get((a.rank, b.rank))
    if rule is None:
        raise Unfit(f"a product of {a.described()} and {b.described()} isn't read", "write the indices")
    return rule(op, a, b, names)


def dotted(told: str, a: Value, b: Value, names: Names) -> Value:
    """a · b of two columns or two rows: what was told, cdot for the inner product or odot; Dot where nothing was."""
    if not told:
        readings = "x^\\top y, a number", "x \\odot y, elementwise"
        hint = "write which one is meant, or say it for the whole text: names={'\\\\cdot': 'odot'}, or 'top' for x^\\top y"
        raise Dot(f"the dot between {a.described()} and {b.described()}", readings, hint)
    return product("cdot", a, b, names) if told == "cdot" else elementwise_of(multiply, [a, b])


def _inner_agree(a: Value, b: Value) -> tuple[Value, Value] | None:
    """Both, with a wild inner axis in its size; None if the inner sizes differ."""
    inner, other = a.rank - 1, 0
    if inner in a.wild and other in b.wild:
        raise Unfit("nothing tells the size of these ones", "write \\mathbf{1}_N")
    if inner in a.wild:
        return _sized(a, inner, b.sizes[other]), b
    if other in b.wild:
        return a, _sized(b, other, a.sizes[inner])
    return (a, b) if same_size(a.sizes[inner], b.sizes[other]) else None


def _sized(v: Value, axis: int, size: sp.Expr) -> Value:
    inner = v.array

    def at(place: Place) -> sp.Expr:
        return inner.at(tuple(sp.S.Zero if k == axis else p for k, p in enumerate(place)))

    return Value(Array(tuple(size if k == axis else s for k, s in enumerate(v.sizes)), at), v.row, v.wild - {axis}, v.loose)


def sized_like(v: Value, sizes: tuple[sp.Expr, ...]) -> Value:
    """A value whose wild axes take the sizes that are asked for."""
    for axis in v.wild:
        if axis < len(sizes):
            v = _sized(v, axis, sizes[axis])
    return v


def _matrix_matrix(_op: str, a: Value, b: Value, names: Names) -> Value:
    pair = _inner_agree(a, b)
    if pair is not None:
        wild = frozenset(({0} if 0 in pair[0].wild else set()) | ({1} if 1 in pair[1].wild else set()))
        return Value(matrices.matmul(pair[0].array, pair[1].array, names), wild=wild)
    raise Unfit(f"{shape_text(a.sizes)} times {shape_text(b.sizes)} doesn't fit: {a.sizes[1]} against {b.sizes[0]}", _turn(a, b))


def _turn(a: Value, b: Value) -> str:
    if same_size(a.sizes[0], b.sizes[0]):
        return "the left factor transposed would fit: ^\\top"
    return "the right factor transposed would fit: ^\\top" if same_size(a.sizes[-1], b.sizes[-1]) else "no transpose fits either"


def _matrix_vector(_op: str, a: Value, b: Value, names: Names) -> Value:
    if b.row:
        raise Unfit(f"{shape_text(a.sizes)} times {b.described()} doesn't fit", "a column is expected: leave out its ^\\top")
    pair = _inner_agree(a, b)
    if pair is None:
        hint = "the matrix transposed would fit: ^\\top" if same_size(a.sizes[0], b.sizes[0]) else "elementwise is \\odot"
        raise Unfit(f"{shape_text(a.sizes)} times {b.described()} doesn't fit: {a.sizes[1]} against {b.sizes[0]}", hint)
    return Value(
        matrices.matmul(pair[0].array, pair[1].array, names), wild=frozenset({0}) & pair[0].wild, loose=b.loose, contracted=not b.loose
    )


def _vector_matrix(_op: str, a: Value, b: Value, names: Names) -> Value:
    if not a.row:
        if same_size(a.sizes[0], b.sizes[0]):
            raise Lying(
                f"{a.described()} times {shape_text(b.sizes)} doesn't fit: vectors are columns here",
                "write a^\\top M for the row times the matrix, M^\\top a for the column, \\operatorname{diag}(a) M for scaled rows",
            )
        raise Unfit(f"{a.described()} times {shape_text(b.sizes)} doesn't fit", "elementwise is \\odot")
    pair = _inner_agree(a, b)
    if pair is None:
        hint = "the matrix transposed would fit: ^\\top" if same_size(a.sizes[0], b.sizes[1]) else "elementwise is \\odot"
        raise Unfit(f"{a.described()} times {shape_text(b.sizes)} doesn't fit: {a.sizes[0]} against {b.sizes[0]}", hint)
    made = matrices.matmul(pair[0].array, pair[1].array, names)
    return Value(made, row=True, wild=frozenset({0}) if 1 in pair[1].wild else frozenset(), loose=a.loose, contracted=not a.loose)


def _vector_vector(op: str, a: Value, b: Value, names: Names) -> Value:
    if not a.row and b.row:
        wild = frozenset(({0} if a.wild else set()) | ({1} if b.wild else set()))
        return Value(matrices.outer(a.array, b.array, names), wild=wild)
    if (a.row and not b.row) or (op == "cdot" and a.row == b.row):
        pair = _inner_agree(a, b)
        if pair is None:
            raise Unfit(
                f"{a.described()} times {b.described()} doesn't fit: {a.sizes[0]} against {b.sizes[0]}",
                "vectors are columns: the outer product is x y^\\top",
            )
        return Value(matrices.matmul(pair[0].array, pair[1].array, names))
    raise Two(
        f"the product of {a.described()} and {b.described()}",
        ("x^\\top y, a number", "x y^\\top, a matrix", "x \\odot y, elementwise"),
        "write which one is meant; elementwise in the whole text: names={'\\\\cdot': 'odot'}",
    )


_RULES: dict[tuple[int, int], Callable[[str, Value, Value, Names], Value]] = {
    (2, 2): _matrix_matrix,
    (2, 1): _matrix_vector,
    (1, 2): _vector_matrix,
    (1, 1): _vector_vector,
}
