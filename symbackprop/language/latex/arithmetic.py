"""Sums, products, quotients, powers, transposes, norms and bars of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sympy as sp

from symbackprop.language import matrices
from symbackprop.language.arrays import REDUCTIONS
from symbackprop.language.errors import NotationError, Unfit
from symbackprop.language.latex import products
from symbackprop.language.latex.components import ones
from symbackprop.language.latex.products import Lying, Two, Value, elementwise_of, scalar
from symbackprop.language.latex.refusals import ambiguous, error
from symbackprop.language.latex.tree import (
    Absolute,
    Add,
    Call,
    Cases,
    Compare,
    Inner,
    Letter,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Ref,
    Transpose,
    Tree,
    Unit,
)
from symbackprop.language.powers import function, power
from symbackprop.language.sizes import same_size

if TYPE_CHECKING:
    from symbackprop.language.latex.elaborate import Elaborator

LARGEST_ROOT = 100_000  # SymPy factors what stands under a root


def _add(e: Elaborator, node: Add) -> Value:
    values = [None if isinstance(t, Unit) and t.size is None else e.value(t) for _, t in node.terms]
    square = next((v for v in values if v is not None and v.rank == 2), None)
    full = [
        v if v is not None else Value(matrices.unit(square.sizes[0])) if square is not None else e.value(t)
        for v, (_, t) in zip(values, node.terms, strict=True)
    ]
    signs = [sign for sign, _ in node.terms]
    return elementwise_of(lambda *terms: sp.Add(*(t if s > 0 else -t for s, t in zip(signs, terms, strict=True))), full)


def _product(e: Elaborator, node: Product) -> Value:
    if node.op == "/":
        return _quotient(e, node)
    if node.op == "odot":
        return _hadamard(e, node)
    factors, at = _chain(node)
    values = [e.value(f) for _, f in factors if not (isinstance(f, Unit) and f.size is None)]
    ops = [op for op, f in factors if not (isinstance(f, Unit) and f.size is None)]
    if not values:
        raise error(e.text, at, "nothing tells the size of this unit matrix", "write I_D")
    scalars = [v for v in values if v.rank == 0]
    if len(scalars) == len(values):
        return scalar(sp.Mul(*(v.array.at(()) for v in values)))
    ranked = [(op, v) for op, v in zip(ops, values, strict=True) if v.rank]
    _check_entrywise(e, [f for _, f in factors], values)
    made = _matrix_chain(e, node, ranked)
    return elementwise_of(products.multiply_all, [*scalars, made]) if scalars else made


def _check_entrywise(e: Elaborator, factors: Sequence[Tree], values: Sequence[Value]) -> None:
    """A (1 - A), A f'(A), A 1[A > 0] of square matrices: what is taken entry by entry may be multiplied so, too."""
    square = [v for v in values if v.rank == 2 and same_size(*v.sizes)]
    if len(square) < 2 or len(values) != len(factors):
        return
    for f, v in zip(factors, values, strict=True):
        if v in square and _is_entrywise(e, f):
            readings = "the matrix product", "x \\odot y, elementwise"
            raise Two("the product of a square matrix and what is taken entry by entry", readings, "write \\odot, or the indices")


def _is_entrywise(e: Elaborator, node: Tree) -> bool:
    match node:
        case Add(terms=terms):
            return any(e.value(t).rank == 0 for _, t in terms if not isinstance(t, Unit))
        case Call(primes=primes):
            return primes > 0
        case Compare() | Cases():
            return True
    return False


def _matrix_chain(e: Elaborator, node: Product, ranked: Sequence[tuple[str, Value]]) -> Value:
    """The matrix product from left to right; where it doesn't fit and all have one shape, the elementwise one."""
    made = ranked[0][1]
    try:
        for op, v in ranked[1:]:
            if op == "times" and v.rank == made.rank == 1:
                raise error(e.text, node.at, "the cross product isn't read", "write \\odot, or x^\\top y")
            alike = v.rank == made.rank == 1 and v.row == made.row and not (v.loose or made.loose)
            if alike and e.dot == "elementwise" and op in ("", "cdot"):
                made = elementwise_of(products.multiply, [made, v])
                continue
            dotted = op == "cdot" and alike
            made = products.dotted(e.dot, made, v, e.names) if dotted else products.product(op, made, v, e.names)
    except Unfit as unfit:
        values = [v for _, v in ranked]
        if isinstance(unfit, (Two, Lying)) or max(v.rank for v in values) < 2:
            raise
        with suppress(Unfit):
            return elementwise_of(products.multiply_all, values)
        raise unfit from None
    return made


def _hadamard(e: Elaborator, node: Product) -> Value:
    rights: list[Product] = []
    left: Tree = node
    while isinstance(left, Product) and left.op == "odot":
        rights.append(left)
        left = left.left
    values = [e.value(left)]
    for part in reversed(rights):
        values.append(e.value(part.right))
        if isinstance(part.right, Product) and part.right.op == "":
            _check_grouping(e, part, elementwise_of(products.multiply_all, values[:-1]), values[-1])
    return elementwise_of(products.multiply_all, values)


def _chain(node: Product) -> tuple[list[tuple[str, Tree]], int]:
    factors: list[tuple[str, Tree]] = []
    left: Tree = node
    while isinstance(left, Product) and left.op in ("", "cdot", "times"):
        factors.append((left.op, left.right))
        left = left.left
    factors.append(("", left))
    return factors[::-1], left.at


def _check_grouping(e: Elaborator, node: Product, left: Value, right: Value) -> None:
    """a ⊙ b C is a ⊙ (b C); where (a ⊙ b) C fits as well and both are matrices, that is ambiguous."""
    if not isinstance(node.right, Product) or not left.rank or not right.rank:
        return
    made = elementwise_of(products.multiply, [left, right])
    factors, _ = _chain(node.right)
    values = [e.value(f) for _, f in factors]
    ranked = [v for v in values if v.rank]
    if len(ranked) < 2:
        return
    try:
        other = elementwise_of(products.multiply, [left, ranked[0]])
        for v in ranked[1:]:
            other = products.product("", other, v, e.names)
    except Unfit:
        return
    if len(other.sizes) == len(made.sizes) and all(map(same_size, other.sizes, made.sizes)):
        raise Two("a \\odot b C", ("a \\odot (b C)", "(a \\odot b) C"), "write the brackets")


def _quotient(e: Elaborator, node: Product) -> Value:
    over, under = e.value(node.left), e.value(node.right)
    divide = e.fitted(node, lambda a, b: sp.Mul(a, power(b, sp.S.NegativeOne)))
    if over.rank < under.rank and over.rank:
        raise Unfit(f"{over.described()} divided by {under.described()} doesn't fit", "write the indices")
    if not over.rank and under.rank == 2 and same_size(*under.sizes):
        raise Two("a number divided by a square matrix", ("its inverse", "elementwise"), "write A^{-1}, or the indices")
    return elementwise_of(divide, [over, under])


def _power(e: Elaborator, node: Power) -> Value:
    base = e.value(node.base)
    if isinstance(node.exponent, Letter) and node.exponent.name == "t" and base.rank and node.exponent.name in e.letters.stray:
        raise error(e.text, node.exponent.at, "t is neither an index here nor anything that the layer has", "a transpose is written ^\\top")
    exponent = e.number(node.exponent)
    if not base.rank and not exponent.is_integer and (root := base.array.at(())).is_Rational and max(root.p, root.q) > LARGEST_ROOT:
        raise error(e.text, node.at, f"roots of numbers beyond {LARGEST_ROOT:,} aren't read", "write it as a name")
    if isinstance(node.exponent, Letter) and (base.rank or (isinstance(node.base, Ref) and node.base.items)):
        raise Two("an index letter above a tensor", ("a subscript", "a power"), "map it, as in names={'x_j^i': 'x[i,j]'}")
    if isinstance(node.exponent, Number) and exponent in (0, 1):
        raise error(e.text, node.at, f"{exponent} above this can't be a power", "write what belongs to a name in brackets: x^{(1)}")
    raised = e.fitted(node, lambda b: power(b, exponent))
    if base.rank == 2 and not node.elementwise:
        if exponent == -1:
            return Value(matrices.inverse(base.array, e.names))
        if same_size(*base.sizes) and not isinstance(node.base, (Call, Norm)):
            raise Two(f"the power {exponent} of a square matrix", ("the matrix times itself", "elementwise"), "write A A, or A^{\\odot 2}")
    return elementwise_of(raised, [base])


def _transpose(e: Elaborator, node: Transpose) -> Value:
    if isinstance(node.of, Number) and node.of.is_unit:
        return products.transposed(ones(e, Ones(node.at)))
    made = e.value(node.of)
    if node.inverse:
        made = Value(matrices.inverse(made.array, e.names))
    if made.rank == 0 and not isinstance(node.of, (Product, Add)):
        raise _of_a_number(e, node)
    return products.transposed(made)


def _of_a_number(e: Elaborator, node: Transpose) -> NotationError:
    # W_{ij}^T looks like W^T_{ij}: mostly the component of the transpose is meant, sometimes the T is left over.
    if isinstance(node.of, Ref) and len(node.of.items) == 2:
        below = "".join(i.name for i in node.of.items if isinstance(i, Letter)) or "ij"
        name = node.of.tensor.name
        readings = f"({name}^\\top)_{{{below}}}", f"{name}_{{{below}}}"
        return ambiguous(e.text, node.at, "a transposed component can be read in two ways", readings, f"write {readings[0]}")
    hint = "a prime is a derivative on the name of a function: f'(x)"
    return error(e.text, node.at, "this is a number, it has no transpose", hint)


def _norm(e: Elaborator, node: Norm) -> Value:
    made = e.value(node.of)
    if made.rank == 0:
        return elementwise_of(lambda x: function("abs", x), [made])
    if made.rank > 1 and node.kind in ("1", "2"):
        raise Two(f"the norm {node.kind} of a matrix", ("over its entries", "of the linear map"), "write \\|W\\|_F, or the sum")
    axes = tuple(range(made.rank))
    if node.kind == "1":
        return Value(REDUCTIONS["sum"](elementwise_of(lambda x: function("abs", x), [made]).array, axes, False, e.names))
    return Value(REDUCTIONS["norm"](made.array, axes, False, e.names))


def _absolute(e: Elaborator, node: Absolute) -> Value:
    made = e.value(node.of)
    if made.rank == 1:
        raise Two("bars around a vector", ("its norm", "the absolute value of each entry"), "write \\|x\\|, or \\operatorname{abs}(x)")
    if made.rank == 2 and same_size(*made.sizes):
        raise Two(
            "bars around a square matrix",
            ("its determinant", "the absolute value of each entry"),
            "write \\det A or \\operatorname{abs}(A)",
        )
    return elementwise_of(lambda x: function("abs", x), [made])


def _inner(e: Elaborator, node: Inner) -> Value:
    left, right = e.value(node.left), e.value(node.right)
    made = elementwise_of(products.multiply, [left, right])
    return Value(REDUCTIONS["sum"](made.array, tuple(range(made.rank)), False, e.names)) if made.rank else made


RULES: dict[type, Callable[[Elaborator, Any], Value]] = {
    Add: _add,
    Product: _product,
    Power: _power,
    Transpose: _transpose,
    Norm: _norm,
    Absolute: _absolute,
    Inner: _inner,
}
