"""Document: title, abstract, sections of blocks. A block is prose, equations, a derivation, a claim, a figure or a table.

A document is data; it knows no format. Prose is written in the markup of `markup.py`: formulas stand in
backticks, in the project's own notation, and are read in the scope of the section's layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from symbackprop.claims.claim import Claim
from symbackprop.claims.properties import Cell
from symbackprop.derivation import Derivation, Detail
from symbackprop.documents.figures import Draw
from symbackprop.documents.texts import Texts
from symbackprop.layer import Layer


@dataclass(frozen=True)
class Prose:
    """A paragraph; `scope` is the layer in whose names it writes formulas, None for its section's."""

    text: str
    scope: Layer | None = None


@dataclass(frozen=True)
class Equations:
    """The equations of a layer, a numbered line each; z = ... is referred to as {eq:label.z}."""

    layer: Layer
    label: str


@dataclass(frozen=True)
class Lines:
    """A derivation, a numbered line a step.

    Its last line is {eq:label.dW} for the goal ∂C/∂W, its k-th {eq:label.dW.k}. The equations and derivations that its
    reasons cite are those under the same label.
    """

    derivation: Derivation
    label: str
    detail: Detail = "normal"


@dataclass(frozen=True)
class Figure:
    """A picture and what it shows; {fig:name} refers to it. `draw` makes it when the document is built."""

    name: str
    caption: str
    draw: Draw
    scope: Layer | None = None


@dataclass(frozen=True)
class Table:
    """A head and rows of cells, made when the document is built; the first column names the row.

    A cell is plain text, or words whose gaps hold formulas. `first` are the names of rows that are words of a language.
    """

    head: tuple[str, ...]
    rows: Callable[[], tuple[tuple[str | Cell, ...], ...]]
    caption: str = ""
    scope: Layer | None = None
    first: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reasoning:
    """The proof of a conclusion of the claims engine, a numbered line a step; `ask` is asked once.

    Its last line is {eq:label}, its k-th {eq:label.k}.
    """

    ask: Callable[[], Any]
    label: str = ""


Shows = Prose | Equations | Lines | Reasoning | Figure | Table


@dataclass(frozen=True)
class Stated:
    """A claim in its place in the text, with the blocks that show it; `scope` as for Prose.

    A contested claim is somebody else's, quoted to be examined: that it turns out false is no fault of the document.
    `corrected` is what holds instead.
    """

    claim: Claim
    blocks: tuple[Shows, ...] = ()
    scope: Layer | None = None
    contested: bool = False
    corrected: Claim | None = None


Block = Shows | Stated


@dataclass(frozen=True)
class Section:
    """A heading and its blocks; `scope` is the layer in whose names the prose writes formulas."""

    title: str
    scope: Layer
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A text. `name` is the stem of its files."""

    name: str
    title: str
    abstract: str
    sections: tuple[Section, ...]
    texts: Texts = field(default_factory=Texts)

    def blocks(self) -> Iterator[Block]:
        """Every block in reading order, those inside claims included."""
        for section in self.sections:
            for block in section.blocks:
                yield block
                if isinstance(block, Stated):
                    yield from block.blocks

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims in reading order."""
        return tuple(b.claim for b in self.blocks() if isinstance(b, Stated))

    @property
    def contested(self) -> frozenset[str]:
        """The ids of the claims that are quoted to be examined."""
        return frozenset(b.claim.id for b in self.blocks() if isinstance(b, Stated) and b.contested)

    @property
    def corrections(self) -> tuple[Claim, ...]:
        """What holds instead of claims that don't, in reading order."""
        return tuple(b.corrected for b in self.blocks() if isinstance(b, Stated) and b.corrected is not None)

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """The derivations that the text shows, in reading order."""
        return tuple(b.derivation for b in self.blocks() if isinstance(b, Lines))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures in reading order."""
        return tuple(b for b in self.blocks() if isinstance(b, Figure))
