"""Putting array expressions together: broadcasting, natural order of factors and terms, axes of size 1."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import product as pairs
from itertools import zip_longest

from symbackprop.algebra.arrays.text import (
    Array,
    Axes,
    Call,
    Comparison,
    Expanded,
    MatMul,
    Name,
    Picked,
    Power,
    Product,
    Reduction,
    Total,
    Transposed,
    children,
)
from symbackprop.language.tensors import Index

ONE = Array(Name("1"))


def broadcast(arrays: Iterable[Array]) -> Axes:
    """The axes of an elementwise expression: aligned at the right, an axis of size 1 gives way."""
    columns = zip_longest(*(reversed(a.axes) for a in arrays))
    return tuple(next((i for i in column if i is not None), None) for column in columns)[::-1]


def every(arrays: Iterable[Array | None]) -> list[Array] | None:
    """All of them, None if one is missing."""
    found = list(arrays)
    present = [a for a in found if a is not None]
    return present if len(present) == len(found) else None


def call(function: str, *arguments: Array) -> Array:
    """f(a, b, ...) elementwise."""
    return Array(Call(function, arguments), broadcast(arguments))


def number(value: Fraction) -> Array:
    """A rational: 3, 1/2, 0.044715 where the denominator is a multiple of ten and the decimals end."""
    if value < 0:
        return product([number(-value)], negative=True)
    decimals = _decimals(value)
    if value.denominator == 1 or decimals:
        return Array(Name(decimals or str(value.numerator)))
    return product([Array(Name(str(value.numerator)))], [Array(Name(str(value.denominator)))])


def _decimals(value: Fraction) -> str:
    # 0.01 is easier to read than 1/100; 1/4 stays.
    digits = next((n for n in range(1, 60) if 10**n % value.denominator == 0), 0)
    if value.denominator % 10 or not digits:
        return ""
    scaled = str(value.numerator * 10**digits // value.denominator).rjust(digits + 1, "0")
    return f"{scaled[:-digits]}.{scaled[-digits:]}"


def product(factors: Iterable[Array], divisors: Iterable[Array] = (), negative: bool = False) -> Array:
    """± Π factors / Π divisors in natural order, products within products opened."""
    above: list[Array] = []
    below = list(divisors)
    for factor in factors:
        if isinstance(factor.node, Product):
            above += factor.node.factors
            below += factor.node.divisors
            negative ^= factor.node.negative
        elif factor != ONE:
            above.append(factor)
    if below:
        above, below = _with_softmax(above, below)
    above, below = (sorted(part, key=_factor_key) if len(part) > 1 else part for part in (above, below))
    if not below and not negative and len(above) < 2:
        return above[0] if above else ONE
    return Array(Product(tuple(above), tuple(below), negative), broadcast([*above, *below]))


def _with_softmax(above: list[Array], below: list[Array]) -> tuple[list[Array], list[Array]]:
    # exp(x)/sum(exp(x), axis=1, keepdims=True) is softmax(x, axis=1)
    for top, divisor in pairs(above, below):
        match divisor.node:
            case Reduction("sum", Array(Call("exp", (inner,))) as weights, over, keepdims) if _same(top, weights):
                if keepdims or len(top.axes) == 1 or over == (0,):
                    softmax = Array(Reduction("softmax", inner, over), top.axes)
                    return _with_softmax([softmax, *_without(above, top)], _without(below, divisor))
    return above, below


def _same(one: Array, other: Array) -> bool:
    return one.written == other.written and len(one.axes) == len(other.axes) > 0


def _without(arrays: list[Array], gone: Array) -> list[Array]:
    return [a for a in arrays if a is not gone]


KINDS = {Name: 1, Picked: 1, Transposed: 1, Expanded: 1, Call: 2, Power: 3, Comparison: 3, Total: 4, Reduction: 5}


def _factor_key(array: Array) -> tuple[bool, int, int, bool, str]:
    # Scalars, then a matrix product, names (a vector before a matrix, dz before z), functions, brackets, sums.
    node = array.node
    digits = isinstance(node, Name) and node.text[0].isdigit()
    kind = 2 if isinstance(node, Reduction) and node.function == "softmax" else KINDS.get(type(node), 0)
    rank = sum(i is not None for i in array.axes)
    return bool(array.axes), 0 if digits else kind, rank, not array.upstream, array.written[0]


def total(terms: Iterable[Array]) -> Array:
    """Σ terms in natural order: what is added before what is subtracted."""
    opened = [t for term in terms for t in (term.node.terms if isinstance(term.node, Total) else (term,))]
    ordered = sorted(opened, key=_term_key)
    return ordered[0] if len(ordered) == 1 else Array(Total(tuple(ordered)), broadcast(ordered))


def _term_key(array: Array) -> tuple[bool, bool, int, bool, int, str]:
    node, written = array.node, array.written[0]
    negative = isinstance(node, Product) and node.negative
    is_number = isinstance(node, Name) and node.text[0].isdigit()
    rank = 0 if negative else -sum(i is not None for i in array.axes)
    return negative, is_number is negative, rank, not array.upstream, len(written), written


def transposed(array: Array) -> Array:
    """a.T of a matrix, a.mT of a stack of matrices."""
    if len(array.axes) > 2:
        return Array(Transposed(array, "mT"), (*array.axes[:-2], *array.axes[:-3:-1]))
    if isinstance(array.node, Transposed):
        return array.node.of
    return Array(Transposed(array), array.axes[::-1])


def matmul(left: Array, right: Array) -> Array:
    """left @ right; a @ (b @ c) is regrouped as a @ b @ c, which is the same where b is a plain matrix."""
    if isinstance(right.node, MatMul) and len(right.node.left.axes) == 2:
        return matmul(matmul(left, right.node.left), right.node.right)
    batch = broadcast([Array(ONE.node, a.axes[:-2]) for a in (left, right)])
    kept = (left.axes[-2:-1] if len(left.axes) > 1 else ()) + (right.axes[-1:] if len(right.axes) > 1 else ())
    return Array(MatMul(left, right), batch + kept)


def expand(array: Array, layout: tuple[Index, ...]) -> Array:
    """The array with axes of size 1 where it lacks an index of the layout, so that it broadcasts there."""
    target = _target(array, layout)
    if target == array.axes:
        return array
    node = array.node
    if isinstance(node, Product) and len([c for c in children(node) if c.axes]) == 1:
        factors, divisors = (tuple(expand(c, layout) for c in part) for part in (node.factors, node.divisors))
        return Array(replace(node, factors=factors, divisors=divisors), target)
    return _kept(array, layout) or Array(Expanded(array, tuple(i is not None for i in target)), target)


def _target(array: Array, layout: tuple[Index, ...]) -> Axes:
    first = next((p for p, i in enumerate(layout) if i in array.axes), len(layout))
    return tuple(i if i in array.axes else None for i in layout[first:])


def _kept(array: Array, layout: tuple[Index, ...]) -> Array | None:
    # The same by keepdims=True, where all that has axes comes from reductions which allow it.
    target = _target(array, layout)
    if target == array.axes:
        return array
    match array.node:
        case Reduction(of=of, over=over, keepdims=False) if over:
            fits = target == tuple(None if p in over else i for p, i in enumerate(of.axes))
            return Array(replace(array.node, keepdims=True), target) if fits else None
        case MatMul(left, right) if len(left.axes) == 2 and len(right.axes) == 1 and left.cost < 8:
            # (a @ v)[:, None] is sum(a*v, axis=1, keepdims=True)
            return _kept(Array(Reduction("sum", product([left, right]), (1,)), array.axes), layout)
        case Call() | Power() | Total() | Product():
            return _rebuilt(array, [_kept(child, layout) for child in children(array.node)], target)
    return None


def _rebuilt(array: Array, parts: list[Array | None], axes: Axes) -> Array | None:
    done = tuple(p for p in parts if p is not None)
    if len(done) < len(parts):
        return None
    match array.node:
        case Call(function):
            return Array(Call(function, done), axes) if function not in WHOLE else None
        case Power():
            return Array(Power(*done), axes)
        case Total():
            return Array(Total(done), axes)
        case Product(factors, _, negative):
            return Array(Product(done[:len(factors)], done[len(factors):], negative), axes)
    return None


WHOLE = frozenset(("inv", "det", "logdet", "trace", "outer", "eye", "onehot", "diag", "ones", "zeros", "arange"))
