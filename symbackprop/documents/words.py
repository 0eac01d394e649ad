"""How a verdict is known, in words: one sentence a kind of finding, and one for the oracle. And what pages say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable

from symbackprop.documents.evidence import Found
from symbackprop.render.words.languages import translated

PHRASES = {
    "summary": "{claims} claims, {derivations} derivations, {steps} steps checked, {refuted} refuted",
    "summary open": "{claims} claims, {derivations} derivations, {steps} steps checked, {refuted} refuted, {undecided} undecided",
    "step": "one step confirmed by the oracle in {comparisons} comparisons",
    "at": "at {place}",
    "but at": "but at {place}",
    "if": "{what}if {condition}",
    "corrected": "{claim}, corrected",
    "steps": "{steps} steps confirmed by the oracle in {comparisons} comparisons",
}
CELLS = ("yes", "no", "strictly", "none")
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
    "figures": "over {seeds} seeds, the median of each and in brackets the quartiles: {figures}",
    "zero set": "the zeros of an analytic function that isn't 0 everywhere have volume 0",
    "identity": "an identity: the layer's equations used, both sides have the same normal form",
    "no identity": "no proof of the identity was found",
    "no case": "no case was found in which it happens",
    "cells": "{decided} of {count} cells decided, each by a proof or a counterexample",
    "opinion": "nothing here can be derived or measured as it stands",
    "no slopes": "the slopes on the two sides, {low} and {high}, are no numbers",
}


def how(findings: Iterable[Found], steps: int, comparisons: int) -> str:
    """The sentences of the findings, each once, and how many steps the oracle confirmed."""
    said = list(dict.fromkeys(_sentence(f) for f in findings))
    if steps:
        said.append(phrase("step" if steps == 1 else "steps", steps=steps, comparisons=comparisons))
    return "; ".join(said)


def label(claim: str) -> str:
    """The name of a claim; of a correction that of the claim it corrects, and that it is one."""
    bare = claim.removesuffix(CORRECTED)
    return bare if bare == claim else phrase("corrected", claim=bare)


def told_cell(cell: str) -> str:
    """A cell of a table: its words in the language that is spoken, its numbers as people write them."""
    for name, start in (("at", "at "), ("but at", "but at ")):
        if cell.startswith(start):
            return phrase(name, place=_number(cell.removeprefix(start)))
    before, found, condition = cell.partition("if ")
    return phrase("if", what=_number(before), condition=_number(condition)) if found else _told(cell)


def _told(cell: str) -> str:
    known = translated(cell)
    return known if known != cell or cell.replace(" ", "").isalpha() else _number(cell)


def _number(text: str) -> str:
    rooted = re.sub(r"sqrt\((\d+|pi)\)", r"√\1", text).replace("pi", "π")
    return rooted.replace("*", "").replace("-", "−")


def _sentence(finding: Found) -> str:
    terms = {
        name: ", ".join(map(str, value)) if isinstance(value, tuple) else value for name, value in finding.terms.items()
    }
    return translated(SENTENCES[finding.how]).format(**terms)
