"""Names as values: numbers, letters, tensors and their components, 𝟏 and the unit matrix, δ, local derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import sympy as sp

from symbackprop.language import matrices
from symbackprop.language.arrays import Array, Place, whole
from symbackprop.language.latex import products
from symbackprop.language.latex.letters import TwoSizes
from symbackprop.language.latex.products import Value, scalar
from symbackprop.language.latex.refusals import ambiguous, error
from symbackprop.language.latex.tree import Indexed, Kronecker, Letter, Number, Ones, Ref, Slope, Unit, Unknown
from symbackprop.language.nodes import Delta, Partial
from symbackprop.language.sizes import same_size
from symbackprop.language.tensors import Component, Index

if TYPE_CHECKING:
    from symbackprop.language.latex.elaborate import Elaborator


def _number(_e: Elaborator, node: Number) -> Value:
    return scalar(node.value)


def _letter(e: Elaborator, node: Letter) -> Value:
    return scalar(e.index(node) + e.base)


def _ref(e: Elaborator, node: Ref) -> Value:
    t = node.tensor
    if not node.items:
        made = Value(whole(t)) if t.rank else scalar(Component(t))
        return products.transposed(made) if e.numerator and t.adjoint_of and t.rank in (1, 2) else made
    axes = e.letters.axes.get(id(node), node.ways[0])
    fixed = {axis: e.place(item) for item, axis in zip(node.items, axes, strict=True)}
    for axis, place in fixed.items():
        beyond = sp.expand(place - t.sizes[axis])
        if (place.is_Integer and place < 0) or (beyond.is_Integer and beyond >= 0):
            raise error(e.text, node.at, f"place {place + e.base} isn't on axis {axis} of {t!r}", f"indices count from {e.base} here")
    free = [k for k in range(t.rank) if k not in fixed]

    def at(place: Place) -> sp.Expr:
        rest = dict(zip(free, place, strict=True))
        return Component(t, *(fixed[k] if k in fixed else rest[k] for k in range(t.rank)))

    return Value(Array(tuple(t.sizes[k] for k in free), at))


def _unknown(e: Elaborator, node: Unknown) -> Value:
    raise error(e.text, node.at, node.message, node.hint)


def ones(_e: Elaborator, node: Ones) -> Value:
    """𝟏"""
    if node.size is None:
        return Value(matrices.constant(sp.S.One, (sp.S.One,)), wild=frozenset({0}), loose=True)
    return Value(matrices.constant(sp.S.One, (node.size,)), loose=True)


def _unit(e: Elaborator, node: Unit) -> Value:
    if node.size is None:
        raise error(e.text, node.at, "nothing tells the size of this unit matrix", "write I_D")
    return Value(matrices.unit(node.size))


def _slope(e: Elaborator, node: Slope) -> Value:
    of = e.value(node.of)
    for part in (node.of, *node.by):
        if (array := e.value(part)).rank:
            message = f"the derivative of or by a whole array, {array.described()}, isn't read"
            hint = "write components and the sum: \\sum_h \\frac{\\partial C}{\\partial z_{nh}} \\frac{\\partial z_{nh}}{\\partial x_{nd}}"
            by_name = "name the cost: \\frac{\\partial C}{\\partial x}; or write components"
            raise error(e.text, part.at, message, hint if of.rank else by_name)
    by = [e.number(b) for b in node.by]
    for b, said in zip(by, node.by, strict=True):
        if not isinstance(b, Component):
            raise error(e.text, said.at, "a derivative is taken by a component", "write \\frac{\\partial r_i}{\\partial z_j}")
    return scalar(Partial(e.number(node.of), *cast("list[Component]", by)))


def _kronecker(e: Elaborator, node: Kronecker) -> Value:
    return scalar(Delta(e.place(node.left), e.place(node.right)))


def _indexed(e: Elaborator, node: Indexed) -> Value:
    made = e.value(node.of)
    if len(node.items) == 1 and made.rank == 2 and isinstance(node.items[0], Letter):
        return _slice(e, node, made, e.index(node.items[0]))
    if len(node.items) != made.rank:
        raise error(
            e.text,
            node.at,
            f"this is {made.described()}, here it has {len(node.items)} subscripts" if made.rank else "a number has no subscripts",
            "write one index for each axis",
        )
    place = tuple(e.place(i) for i in node.items)
    for k, (p, item) in enumerate(zip(place, node.items, strict=True)):
        if isinstance(p, Index) and not same_size(p.size, made.sizes[k]) and k not in made.wild:
            message = f"the index {p.name} runs over {p.size}, this axis over {made.sizes[k]}"
            raise error(e.text, item.at, message, "mind the order of the indices", TwoSizes)
    return scalar(made.array.at(place))


def _slice(e: Elaborator, node: Indexed, made: Value, index: Index) -> Value:
    """(A)_n: the row or the column of a matrix, by the only axis that has the index's size."""
    axes = [k for k, size in enumerate(made.sizes) if same_size(size, index.size)]
    if len(axes) != 1:
        readings = "its row", "its column"
        message = "one subscript on " + made.described() + (" can be read in two ways" if axes else f": no axis has {index.size} places")
        raise ambiguous(e.text, node.at, message, readings, "write both subscripts") if axes else error(e.text, node.at, message)
    (axis,) = axes
    rest = made.sizes[1 - axis]
    return Value(Array((rest,), lambda place: made.array.at((index, *place) if axis == 0 else (*place, index))))


RULES: dict[type, Callable[[Elaborator, Any], Value]] = {
    Number: _number,
    Letter: _letter,
    Ref: _ref,
    Unknown: _unknown,
    Ones: ones,
    Unit: _unit,
    Slope: _slope,
    Kronecker: _kronecker,
    Indexed: _indexed,
}
