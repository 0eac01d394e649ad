"""What a formula says before its shapes are known: few kinds of node, each with its place in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp

from symbackprop.language.tensors import Tensor


@dataclass(frozen=True, eq=False)
class Node:
    """Something at an offset of the text."""

    at: int


@dataclass(frozen=True, eq=False)
class Number(Node):
    """An exact number, or a size."""

    value: sp.Expr
    is_unit: bool = False  # a bare 1, which is all ones where it is transposed


@dataclass(frozen=True, eq=False)
class Letter(Node):
    """An index letter, as a subscript or as a number."""

    name: str


@dataclass(frozen=True, eq=False)
class Ref(Node):
    """A tensor, whole or with subscripts. `ways` are the axes on which its subscripts may stand, one tuple a reading."""

    tensor: Tensor
    items: tuple[Tree, ...] = ()
    ways: tuple[tuple[int, ...], ...] = ((),)
    written: str = ""


@dataclass(frozen=True, eq=False)
class Unknown(Node):
    """A name that means nothing yet: on a left side it names a helper."""

    name: str
    items: tuple[Tree, ...] = ()
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Ones(Node):
    """𝟏, all ones; its size is told, or its neighbours tell it."""

    size: sp.Expr | None = None


@dataclass(frozen=True, eq=False)
class Unit(Node):
    """The unit matrix."""

    size: sp.Expr | None = None


@dataclass(frozen=True, eq=False)
class Add(Node):
    """Terms with their signs."""

    terms: tuple[tuple[int, Tree], ...]


@dataclass(frozen=True, eq=False)
class Product(Node):
    """left op right: op is "" for juxtaposition, or cdot, times, odot, /."""

    op: str
    left: Tree
    right: Tree


@dataclass(frozen=True, eq=False)
class Power(Node):
    """base to an exponent; `elementwise` for ^{\\odot 2}."""

    base: Tree
    exponent: Tree
    elementwise: bool = False


@dataclass(frozen=True, eq=False)
class Transpose(Node):
    """of ᵀ; `inverse` for ⁻ᵀ."""

    of: Tree
    inverse: bool = False


@dataclass(frozen=True, eq=False)
class Call(Node):
    """A function of arguments, with primes (a derivative) and a power on its name. `open` if nothing is known about it."""

    name: str
    arguments: tuple[Tree, ...]
    primes: int = 0
    open: bool = False


@dataclass(frozen=True, eq=False)
class Bound(Node):
    """One index that a sum binds: its letter, and the range that is written, or None."""

    name: str
    low: Tree | None = None
    high: Tree | None = None


@dataclass(frozen=True, eq=False)
class Big(Node):
    """sum, prod, max, min or argmax over indices, of a body; only places where the conditions hold count."""

    kind: str
    bound: tuple[Bound, ...]
    conditions: tuple[Tree, ...]
    body: Tree


@dataclass(frozen=True, eq=False)
class Compare(Node):
    """sides with relations between them: 1 or 0."""

    relations: tuple[str, ...]
    sides: tuple[Tree, ...]


@dataclass(frozen=True, eq=False)
class Cases(Node):
    """Values with their conditions, None for otherwise."""

    rows: tuple[tuple[Tree, Tree | None], ...]


@dataclass(frozen=True, eq=False)
class Norm(Node):
    """‖of‖ with its index: 1, 2, F, or "" where none is written."""

    of: Tree
    kind: str = ""


@dataclass(frozen=True, eq=False)
class Absolute(Node):
    """|of|"""

    of: Tree


@dataclass(frozen=True, eq=False)
class Inner(Node):
    """⟨left, right⟩"""

    left: Tree
    right: Tree


@dataclass(frozen=True, eq=False)
class Slope(Node):
    """∂of/∂by..., a local derivative of a component."""

    of: Tree
    by: tuple[Tree, ...]


@dataclass(frozen=True, eq=False)
class Kronecker(Node):
    """δ of two index expressions."""

    left: Tree
    right: Tree


@dataclass(frozen=True, eq=False)
class Indexed(Node):
    """(of)_{i,j}: a component of what stands in brackets."""

    of: Tree
    items: tuple[Tree, ...]


Tree: TypeAlias = (
    Number
    | Letter
    | Ref
    | Unknown
    | Ones
    | Unit
    | Add
    | Product
    | Power
    | Transpose
    | Call
    | Big
    | Compare
    | Cases
    | Norm
    | Absolute
    | Inner
    | Slope
    | Kronecker
    | Indexed
)


def children(node: Tree) -> tuple[Tree, ...]:
    """What a node is made of, in the order of the text."""
    match node:
        case Ref(items=items) | Unknown(items=items):
            return items
        case Add(terms=terms):
            return tuple(t for _, t in terms)
        case Product(left=left, right=right) | Inner(left=left, right=right) | Kronecker(left=left, right=right):
            return (left, right)
        case Power(base=base, exponent=exponent):
            return (base, exponent)
        case Transpose(of=of) | Norm(of=of) | Absolute(of=of):
            return (of,)
        case Call(arguments=arguments):
            return arguments
        case Big(conditions=conditions, body=body):
            return (*conditions, body)
        case Compare(sides=sides):
            return sides
        case Cases(rows=rows):
            return tuple(part for row in rows for part in row if part is not None)
        case Slope(of=of, by=by):
            return (of, *by)
        case Indexed(of=of, items=items):
            return (of, *items)
    return ()
