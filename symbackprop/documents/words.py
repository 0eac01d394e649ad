"""How a verdict is known, in words: one sentence a kind of finding, and one for the oracle. And what pages say of themselves."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.claims.claim import Finding
from symbackprop.render.words.languages import translated

PHRASES = {
    "summary": "{claims} claims, {derivations} derivations, {steps} steps checked, {refuted} refuted",
    "summary open": "{claims} claims, {derivations} derivations, {steps} steps checked, {refuted} refuted, {undecided} undecided",
    "step": "one step confirmed by the oracle in {comparisons} comparisons",
    "steps": "{steps} steps confirmed by the oracle in {comparisons} comparisons",
}
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
    "no slopes": "the slopes on the two sides, {low} and {high}, are no numbers",
}


def how(findings: Iterable[Finding], steps: int, comparisons: int) -> str:
    """The sentences of the findings, each once, and how many steps the oracle confirmed."""
    said = list(dict.fromkeys(_sentence(f) for f in findings))
    if steps:
        said.append(phrase("step" if steps == 1 else "steps", steps=steps, comparisons=comparisons))
    return "; ".join(said)


def _sentence(finding: Finding) -> str:
    terms = {
        name: ", ".join(map(str, value)) if isinstance(value, tuple) else value for name, value in finding.terms.items()
    }
    return translated(SENTENCES[finding.how]).format(**terms)
