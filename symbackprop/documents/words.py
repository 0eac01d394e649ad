"""How a verdict is known, in words: one sentence a kind of finding, and one for the oracle. And what pages say of themselves."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.claims.properties import Cell
from symbackprop.documents.evidence import Found
from symbackprop.documents.telling import Told, filled, joined
from symbackprop.render.words.languages import translated

PHRASES = {
    "summary": "{claims} claims, {derivations} derivations, {steps} steps checked, {refuted} refuted",
    "summary open": "{claims} claims, {derivations} derivations, {steps} steps checked, {refuted} refuted, {undecided} undecided",
    "step": "one step confirmed by the oracle in {comparisons} comparisons",
    "corrected": "{claim}, corrected",
    "steps": "{steps} steps confirmed by the oracle in {comparisons} comparisons",
}
CELLS = ("yes", "no", "strictly", "none", "at {0}", "except at {0}", "if {0}", "{0}, {1} if {2}")
CORRECTED = "-corrected"
VERDICTS = ("proved", "agrees", "refuted", "undecided", "convention", "measured", "opinion")


def phrase(name: str, **gaps: object) -> str:
    """One of the phrases in the language that is spoken."""
    return translated(PHRASES[name]).format(**gaps)


SENTENCES = {
    "derived": "derived for every size, and the same as the statement in normal form",
    "differs": "the derived result and the statement have different normal forms",
    "lines": "every line follows exactly from the one before",
    "open lines": "no exact reason was found for line {lines}",
    "falls": "its limits on both sides are 0, read off a quotient of polynomials in the exponential",
    "does not fall": "a limit is not 0",
    "left open": "the slopes on the two sides are {low} and {high}; any value between may stand for the derivative; "
    "it enters {entered}",
    "no choice": "the slopes on the two sides are {low} and {high}, which does not leave the stated values open",
    "witness": "counterexample: {witness}",
    "example": "for example {witness}",
    "condition": "true exactly if {condition}",
    "layouts": "both are derived: {first} and {second}",
    "no choice of layout": "the two layouts are not both derived",
    "short proof": "proof in one step, an instance of a named rule",
    "proof": "proof in {steps} steps, each an instance of a named rule",
    "answer": "{statement}",
    "beside": "measured as well, over {seeds} seeds: the figures stand below",
    "figures": "over {seeds} seeds; the figures stand below",
    "identity": "an identity: the layer's equations used, both sides have the same normal form",
    "no identity": "no proof of the identity was found",
    "no case": "no case was found in which it happens",
    "cells": "{decided} of {count} cells decided, each by a proof or a counterexample",
    "opinion": "nothing here can be derived or measured as it stands",
    "no slopes": "the slopes on the two sides, {low} and {high}, are no numbers",
}


def how(findings: Iterable[Found], steps: int, comparisons: int) -> Told:
    """The sentences of the findings, each once, and how many steps the oracle confirmed."""
    said: list[str] = list(dict.fromkeys(_sentence(f) for f in findings))
    if steps:
        said.append(phrase("step" if steps == 1 else "steps", steps=steps, comparisons=comparisons))
    return joined(said, "; ")


def label(claim: str) -> str:
    """The name of a claim; of a correction that of the claim it corrects, and that it is one."""
    bare = claim.removesuffix(CORRECTED)
    return bare if bare == claim else phrase("corrected", claim=bare)


def told_cell(cell: str | Cell) -> Told:
    """A cell of a table: its words in the language that is spoken, its numbers as formulas."""
    if isinstance(cell, Cell):
        return filled(translated(cell.words), *cell.gaps)
    return cell if isinstance(cell, Told) else Told(translated(cell))


def _sentence(finding: Found) -> Told:
    return filled(translated(SENTENCES[finding.how]), **finding.terms)
