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
from symbackprop.claims.properties import row
from symbackprop.claims.setting import assumed
from symbackprop.claims.witnesses import smallest
from symbackprop.derivation import Derivation
from symbackprop.documents.reading import read
from symbackprop.documents.telling import FAILS, Told, compared, exact, given, joined, told
from symbackprop.layer import Layer
from symbackprop.render import arrays
from symbackprop.render.order import Scope
from symbackprop.render.sheet import cost_name
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
    """An experiment that is run; what is told of it are the figures of these names, in this order.

    `beside` a proof it illustrates what is proved: the verdict is the proof's.
    """

    run: Callable[[], Any]
    names: tuple[str, ...]
    beside: bool = False


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
        case Measured(run, names, beside):
            return _measured({name: answered(run).figures[name] for name in names}, beside)
    return Found("opinion", "opinion")


def _measured(figures: Mapping[str, Any], beside: bool) -> Found:
    shown = (f"{n}: {f.median:.4g} [{f.quartiles[0]:.4g}; {f.quartiles[1]:.4g}]".replace("-", "−") for n, f in figures.items())
    seeds = min(len(f.values) for f in figures.values())
    return Found("measured", "beside" if beside else "figures", {"seeds": seeds, "figures": ", ".join(shown)})


def _contrary(conclusion: Any) -> Found:
    if conclusion.status == "refuted":
        plain = conclusion.found.get("relation", "==") == "==" and "shows" not in conclusion.found
        return Found("proved", "example", {"witness": _both_sides(conclusion.witness) if plain else _witnessed(conclusion)})
    if conclusion.status == "proved" and "inputs" in conclusion.found:
        return Found("refuted", "witness", {"witness": _given(conclusion.found["inputs"])})
    return Found("refuted" if conclusion.status == "proved" else "undecided", "answer", {"statement": conclusion.statement})


def _same(evidence: Same) -> Found:
    layer, (left, right) = evidence.layer, (read(text, evidence.layer) for text in (evidence.left, evidence.right))
    proof = prove(left, right, layer.equations, layer.assumptions)
    return Found("proved", "identity") if proof is not None else Found("undecided", "no identity")


def _never(evidence: Never) -> Found:
    case = smallest(assumed(evidence.layer, evidence.assuming), lambda c: bool(evidence.happens(c.values())), evidence.assuming)
    if case is None:
        return Found("undecided", "no case")
    value = Witness.of(case.sizes, {**case.inputs}, 0, case.values()[evidence.shows])
    shown = joined([_given({**value.sizes, **value.inputs}), _given({evidence.shows: value.found})], ": ")
    return Found("refuted", "witness", {"witness": shown})


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
    told = [_laid_out(d, shape) for d, shape in zip((first, second), shapes, strict=True)]
    return Found("convention" if shapes[0] != shapes[1] else "undecided", "layouts", {"first": told[0], "second": told[1]})


def _laid_out(d: Derivation, shape: str) -> Told:
    """The array form of a gradient, and its shape."""
    assert d.matrix_form is not None
    form = arrays.tree(d.matrix_form, d.layer, Scope(cost_name(d.layer)))
    return joined([Told(d.matrix_form.text.replace(".T", "ᵀ").replace(" @", ""), (form,)), f" [{shape}]"])


@cache
def answered(ask: Callable[[], Any]) -> Any:
    """The answer, asked for once."""
    return ask()


def _answer(conclusion: Any) -> Found:
    if conclusion.condition is not None and conclusion.status == "proved" and conclusion.condition != sp.true:
        return Found("proved", "condition", {"condition": told(conclusion.condition)})
    if conclusion.witness is not None:
        return Found("refuted", "witness", {"witness": _witnessed(conclusion)})
    if conclusion.proof is not None:
        count = len(conclusion.proof.steps)
        return Found(conclusion.status, "proof" if count > 1 else "short proof", {"steps": count, "statement": conclusion.statement})
    if conclusion.status == "proved" and "inputs" in conclusion.found:
        return Found("proved", "example", {"witness": _given(conclusion.found["inputs"])})
    return Found(conclusion.status, "answer", {"statement": conclusion.statement})


def _both_sides(witness: Witness) -> Told:
    """x = 0: 0 ≠ 1, what is to the left of the place first."""
    return witnessed(Witness(witness.sizes, witness.inputs, witness.found, witness.expected))


def _witnessed(conclusion: Any) -> Told:
    if "shows" in conclusion.found:
        return joined([witnessed(conclusion.witness), _given(conclusion.found["shows"])], ": ")
    return witnessed(conclusion.witness, FAILS[conclusion.found.get("relation", "==")])


def witnessed(witness: Witness, relation: str = "≠") -> Told:
    """x = −1, y = 1: 0 ≠ −2, numbers alone; sizes first where there are any."""
    known = _given({**witness.sizes, **witness.inputs})
    sides = [p for p in (witness.found, witness.expected) if not isinstance(p, str)]
    return joined([known, compared(_simple(sides[0]), relation, _simple(sides[1]))], ": ") if len(sides) == 2 else known


def _given(inputs: Mapping[str, Any]) -> Told:
    return given({name: _simple(value) for name, value in inputs.items()})


def _simple(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_simple(v) for v in value]
    return exact(value) if isinstance(value, float) else value
