"""Claims put into words: a claim's statement is the piece of text under its id, and its formulas are what is decided."""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.claims.claim import Claim, Derived
from symbackprop.claims.claim import Evidence as Derivable
from symbackprop.derivation import Derivation, Detail
from symbackprop.documents.document import Lines, Shows, Stated
from symbackprop.documents.evidence import Evidence
from symbackprop.documents.markup import Formula, runs
from symbackprop.documents.reading import is_equation, statement
from symbackprop.documents.texts import Texts
from symbackprop.documents.words import CORRECTED
from symbackprop.layer import Layer


def stated(texts: Texts, name: str, evidence: tuple[Evidence, ...], *blocks: Shows, scope: Layer | None = None) -> Stated:
    """The claim of that id with its evidence, and the blocks that show it."""
    return Stated(_claim(texts, name, evidence), blocks, scope)


def contested(
    texts: Texts,
    name: str,
    evidence: tuple[Evidence, ...],
    corrected: tuple[Evidence, ...],
    *blocks: Shows,
    scope: Layer | None = None,
) -> Stated:
    """A claim that is quoted to be examined, and with evidence of its own the correction, the piece of text under id-corrected."""
    correction = _claim(texts, name + CORRECTED, corrected) if corrected else None
    return Stated(_claim(texts, name, evidence), blocks, scope, contested=True, corrected=correction)


def _claim(texts: Texts, name: str, evidence: tuple[Evidence, ...]) -> Claim:
    # Claims know the evidence of the exact means; what else documents bring is decided by their own check.
    return Claim(name, texts[name], cast("tuple[Derivable, ...]", evidence))


def gradient_is(texts: Texts, name: str, derivation: Derivation, label: str, detail: Detail = "normal") -> Stated:
    """The claim that a gradient is what the first equation of its statement says, shown by its derivation."""
    evidence = Derived(derivation, right_sides(texts[name], derivation.layer)[0])
    return stated(texts, name, (evidence,), Lines(derivation, label, detail), scope=derivation.layer)


def right_sides(text: str, layer: Layer) -> tuple[sp.Expr, ...]:
    """What the equations in a piece of text say of their left sides."""
    sides = (statement(run.text, layer) for run in runs(text) if isinstance(run, Formula) and is_equation(run.text))
    return tuple(right for _, right in sides)
