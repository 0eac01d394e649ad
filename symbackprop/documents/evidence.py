"""Evidence that a document brings besides derivations: an answer of the claims engine, a measurement, a figure, an opinion.

What each piece gives is a `Found`: a status, the id of a sentence and what fills its gaps. A status is never typed in: an
answer brings its own, a measurement is `measured` only if it has run, and an opinion has nothing that could be decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import sympy as sp

from symbackprop.algebra.equality import prove
from symbackprop.claims.claim import Evidence as Derivable
from symbackprop.claims.decide import equal
from symbackprop.claims.properties import relation, row
from symbackprop.claims.witnesses import smallest
from symbackprop.derivation import Derivation
from symbackprop.documents.reading import read
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Witness

Status = Literal["proved", "agrees", "refuted", "undecided", "convention", "measured", "opinion"]


@dataclass(frozen=True)
class Found:
    """A status, and how it is known: the id of a sentence and what fills its gaps."""

    verdict: Status
    how: str
    terms: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Concluded:
    """What the claims engine answers: a conclusion with its proof or its witness."""

    ask: Callable[[], Any]


@dataclass(frozen=True)
class Fails:
    """The claim is that what is asked does not hold: its smallest counterexample is the example that was claimed."""

    ask: Callable[[], Any]


@dataclass(frozen=True)
class Same:
    """Two expressions of a layer are equal for all sizes and values, its equations and assumptions used."""

    layer: Layer
    left: str
    right: str


@dataclass(frozen=True)
class Never:
    """It is claimed that something never happens in a layer; the smallest case in which it does refutes that, nothing proves it."""

    layer: Layer
    happens: Callable[[Mapping[str, Any]], bool]
    shows: str
    assuming: str = ""


@dataclass(frozen=True)
class Cells:
    """Every cell of the table of these activations is proved, or refuted with a place."""

    activations: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """A choice of layout, not a fact: both derivations are made, their results are the same and their shapes are not."""

    derivations: tuple[Derivation, Derivation]


@dataclass(frozen=True)
class Measured:
    """An experiment that is run; what is told of it are the figures of these names, in this order."""

    run: Callable[[], Any]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Opinion:
    """Nothing that mathematics or a measurement could decide: the claim is listed, and that is all."""


Own = Concluded | Fails | Same | Never | Cells | Choice | Measured | Opinion
Evidence = Derivable | Own
OWN = (Concluded, Fails, Same, Never, Cells, Choice, Measured, Opinion)


def found(evidence: Own) -> Found:
    """What the evidence gives."""
    match evidence:
        case Concluded(ask):
            return _answer(answered(ask))
        case Fails(ask):
            return _contrary(answered(ask))
        case Same():
            return _same(evidence)
        case Never():
            return _never(evidence)
        case Cells(activations):
            return _cells(activations)
        case Choice((first, second)):
            return _choice(first, second)
        case Measured(run, names):
            return _measured([answered(run).figures[name] for name in names])
    return Found("opinion", "opinion")


def _measured(figures: list[Any]) -> Found:
    told = (f"{f.median:.4g} [{f.quartiles[0]:.4g}; {f.quartiles[1]:.4g}]".replace("-", "−") for f in figures)
    return Found("measured", "figures", {"seeds": len(figures[0].values), "figures": ", ".join(told)})


def _contrary(conclusion: Any) -> Found:
    if conclusion.status == "refuted":
        return Found("proved", "example", {"witness": told(conclusion.witness)})
    if conclusion.status == "proved" and "inputs" in conclusion.found:
        return Found("refuted", "witness", {"witness": _given(conclusion.found["inputs"])})
    return Found("refuted" if conclusion.status == "proved" else "undecided", "answer", {"statement": conclusion.statement})


def _same(evidence: Same) -> Found:
    layer, (left, right) = evidence.layer, (read(text, evidence.layer) for text in (evidence.left, evidence.right))
    proof = prove(left, right, layer.equations, layer.assumptions)
    return Found("proved", "identity") if proof is not None else Found("undecided", "no identity")


def _never(evidence: Never) -> Found:
    case = smallest(evidence.layer, lambda c: bool(evidence.happens(c.values())), evidence.assuming)
    if case is None:
        return Found("undecided", "no case")
    value = Witness.of(case.sizes, {**case.inputs}, 0, case.values()[evidence.shows])
    return Found("refuted", "witness", {"witness": f"{_given({**value.sizes, **value.inputs})}: {evidence.shows} = {_plain(value.found)}"})


def _cells(activations: tuple[str, ...]) -> Found:
    cells = [cell for name in activations for cell in row(name).values()]
    decided = sum(cell.conclusion.status in ("proved", "refuted") for cell in cells)
    found: Status = "proved" if decided == len(cells) else "undecided"
    return Found(found, "cells", {"count": len(cells), "decided": decided})


def _choice(first: Derivation, second: Derivation) -> Found:
    forms = first.matrix_form, second.matrix_form
    if None in forms or not equal(first.result, second.result):
        return Found("undecided", "no choice of layout")
    shapes = [" × ".join(map(str, form.sizes)) for form in forms if form is not None]
    texts = [form.text.replace(".T", "ᵀ").replace(" @", "") for form in forms if form is not None]
    told = [f"{text} [{shape}]" for text, shape in zip(texts, shapes, strict=True)]
    return Found("convention" if shapes[0] != shapes[1] else "undecided", "layouts", {"first": told[0], "second": told[1]})


@cache
def answered(ask: Callable[[], Any]) -> Any:
    """The answer, asked for once."""
    return ask()


def _answer(conclusion: Any) -> Found:
    if conclusion.condition is not None and conclusion.status == "proved" and conclusion.condition != sp.true:
        return Found("proved", "condition", {"condition": relation(conclusion.condition)})
    if conclusion.witness is not None:
        return Found("refuted", "witness", {"witness": told(conclusion.witness)})
    if conclusion.proof is not None:
        count = len(conclusion.proof.steps)
        return Found(conclusion.status, "proof" if count > 1 else "short proof", {"steps": count, "statement": conclusion.statement})
    if conclusion.status == "proved" and "inputs" in conclusion.found:
        return Found("proved", "example", {"witness": _given(conclusion.found["inputs"])})
    if conclusion.status == "proved" and conclusion.verdict.how == "zero set":
        return Found("proved", "zero set")
    return Found(conclusion.status, "answer", {"statement": conclusion.statement})


def _given(inputs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_plain(value)}" for name, value in inputs.items())


def told(witness: Witness) -> str:
    """x = −1, y = 1: 0 ≠ −2, numbers alone; sizes first where there are any."""
    given = {**witness.sizes, **witness.inputs}
    parts = [p for p in (witness.expected, witness.found) if not isinstance(p, str)]
    return f"{_given(given)}: {' ≠ '.join(map(_plain, parts))}" if parts else _given(given)


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", "−")
    return str(value).replace("-", "−")
