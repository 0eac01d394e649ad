"""The presentation tree: what a formula looks like, before it is known in which format.

Small and closed. `maths` and `arrays` build it, every format prints it. Parentheses that the meaning
needs whatever the format are in the tree (Fenced); those that only a linear format needs, such as
the ones around the denominator in a/(b c), are added by its printer.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Number:
    """Digits, perhaps with a decimal point."""

    text: str


@dataclass(frozen=True)
class Letter:
    """One letter in italics: x, γ. `latex` is from our own tables."""

    text: str
    latex: str


@dataclass(frozen=True)
class Word:
    """An upright name of several letters: var, loss."""

    text: str


@dataclass(frozen=True)
class Function:
    """The name of a function; `latex` is from the table of functions, "" for the upright name."""

    text: str
    latex: str = ""


@dataclass(frozen=True)
class Sign:
    """An operator or a relation, by its Unicode character: + − · = ≤ ∂ → ⊙."""

    text: str


@dataclass(frozen=True)
class Words:
    """Words in the midst of a formula."""

    text: str


@dataclass(frozen=True)
class Accent:
    """x̂, x̄, x̃, ẋ: `mark` is hat, bar, tilde or dot."""

    mark: str
    base: Node


@dataclass(frozen=True)
class Labelled:
    """A name with a label that is part of the name: x₁, and W⁽¹⁾ (raised) where subscripts follow."""

    base: Node
    label: str
    raised: bool


@dataclass(frozen=True)
class Indexed:
    """x[n,d], x_{nd}: a name with subscripts. `bracketed` is False for δ_ij, which no format writes δ[i,j]."""

    base: Node
    places: tuple[Node, ...]
    bracketed: bool = True


@dataclass(frozen=True)
class Row:
    """Things side by side."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Terms:
    """a + b − c: (sign, term) pairs, the sign being + or −. The first + is not shown."""

    items: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Product:
    """a b c, or with `sign` between all factors: a · b, a ⊙ b."""

    factors: tuple[Node, ...]
    sign: str = ""


@dataclass(frozen=True)
class Fraction:
    """top / bottom. `whole` where the factors on top are matrices, whose order matters: they stay together."""

    top: Node
    bottom: Node
    whole: bool = False


@dataclass(frozen=True)
class Power:
    """base to the exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Marked:
    """Aᵀ, A⁻¹, f′: a base with one of the marks ᵀ ⁻¹ ⁻ᵀ ′ ″."""

    base: Node
    mark: str


@dataclass(frozen=True)
class Root:
    """√body."""

    body: Node


@dataclass(frozen=True)
class Fenced:
    """( body ), [ body ] or | body |."""

    body: Node
    left: str = "("
    right: str = ")"


@dataclass(frozen=True)
class Big:
    """Σ, Π, max or argmax with what stands below it, applied to a body."""

    sign: str
    below: Node
    body: Node


@dataclass(frozen=True)
class Call:
    """f(a, b)."""

    function: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Cases:
    """One value where its condition holds, the last (condition None) where none does."""

    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True)
class Derivative:
    """∂of/∂by, ∂²of/∂by₁∂by₂; without `of` the operator that stands before what it is applied to."""

    of: Node | None
    by: tuple[Node, ...]


@dataclass(frozen=True)
class Adjoint:
    """The gradient of the cost: the name dz[n,h] for it in a linear format, ∂C/∂z_{nh} in the others.

    Where it is `introduced`, a linear format says what the name stands for: dz[n,h] = ∂C/∂z[n,h].
    """

    short: Node
    full: Derivative
    introduced: bool = False


@dataclass(frozen=True)
class Delimiter:
    """One parenthesis of a pair that stands on two lines."""

    text: str


@dataclass(frozen=True)
class Declared:
    """x[N,D], x ∈ ℝ^{N×D}: a name with its sizes. `below` is set for integers
    in {0, ..., below − 1}, `values` for a finite set, `sign` is a relation to 0."""

    base: Node
    sizes: tuple[Node, ...]
    below: Node | None = None
    values: tuple[Node, ...] = ()
    sign: str = ""


Node: TypeAlias = (Number | Letter | Word | Function | Sign | Words | Accent | Labelled | Indexed | Row | Terms
                   | Product | Fraction | Power | Marked | Root | Fenced | Big | Call | Cases | Derivative | Adjoint
                   | Delimiter | Declared)

Runs: TypeAlias = tuple["str | Node", ...]
"""A sentence with formulas in it: words and trees in turn."""


def row(*items: Node) -> Row:
    """Things side by side."""
    return Row(items)


def listed(items: tuple[Node, ...], sign: str = ", ") -> Node:
    """a, b, c."""
    if len(items) == 1:
        return items[0]
    parts: list[Node] = []
    for item in items:
        parts += [Sign(sign), item] if parts else [item]
    return Row(tuple(parts))
