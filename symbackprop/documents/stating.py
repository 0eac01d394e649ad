"""Claims put into words: a claim's statement is the piece of text under its id, and its formulas are what is decided."""

from __future__ import annotations

import sympy as sp

from symbackprop.claims.claim import Claim, Derived, Evidence
from symbackprop.derivation import Derivation, Detail
from symbackprop.documents.document import Lines, Shows, Stated
from symbackprop.documents.markup import Formula, runs
from symbackprop.documents.reading import is_equation, statement
from symbackprop.documents.texts import Texts
from symbackprop.layer import Layer


def stated(texts: Texts, name: str, evidence: tuple[Evidence, ...], *blocks: Shows, scope: Layer | None = None) -> Stated:
    """The claim of that id with its evidence, and the blocks that show it."""
    return Stated(Claim(name, texts[name], evidence), blocks, scope)


def gradient_is(texts: Texts, name: str, derivation: Derivation, label: str, detail: Detail = "normal") -> Stated:
    """The claim that a gradient is what the first equation of its statement says, shown by its derivation."""
    evidence = Derived(derivation, right_sides(texts[name], derivation.layer)[0])
    return stated(texts, name, (evidence,), Lines(derivation, label, detail), scope=derivation.layer)


def right_sides(text: str, layer: Layer) -> tuple[sp.Expr, ...]:
    """What the equations in a piece of text say of their left sides."""
    sides = (statement(run.text, layer) for run in runs(text) if isinstance(run, Formula) and is_equation(run.text))
    return tuple(right for _, right in sides)
