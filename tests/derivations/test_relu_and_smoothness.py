"""Every proof and every line of the documents on ReLU and on smoothness: replayed, and refused once anything in it is altered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from derivations import load
from symbackprop.claims.claim import Chain, Derived
from symbackprop.claims.decide import decide
from symbackprop.claims.replay import altered, replay
from symbackprop.claims.slope_experiments import bounce, gradient_sizes, network_gradients
from symbackprop.derivation import Derivation, MatrixForm
from symbackprop.documents.check import check
from symbackprop.documents.document import Document, Reasoning, Section, Stated
from symbackprop.documents.evidence import Concluded, Fails, Measured, answered

NAMES = ("relu", "smoothness")
LITTLE, MORE = sp.Rational(2001, 2000), sp.Rational(1, 997)


def evidence(document: Document) -> Iterator[tuple[str, Any]]:
    for claim in (*document.claims, *document.corrections):
        yield from ((claim.id, e) for e in claim.evidence)


def asks(name: str) -> dict[str, Any]:
    document = load(name)
    found = [(claim, e.ask) for claim, e in evidence(document) if isinstance(e, (Concluded, Fails))]
    found += [("shown", b.ask) for b in document.blocks() if isinstance(b, Reasoning)]
    return {f"{claim} {k}": ask for k, (claim, ask) in enumerate(found)}


ASKS = {f"{name} {key}": ask for name in NAMES for key, ask in asks(name).items()}


@pytest.mark.parametrize("key", ASKS)
def test_a_proof_is_one_and_no_longer_is_with_a_step_altered(key: str) -> None:
    found = answered(ASKS[key])
    if found.proof is None:
        assert found.status == "refuted" and found.witness is not None
        return
    assert found.status in ("proved", "refuted") and replay(found.proof).status == "proved"
    for changed in altered(found.proof):
        assert replay(changed).status != "proved", str(changed)


def test_what_is_shown_has_a_proof() -> None:
    shown = [answered(b.ask).proof for name in NAMES for b in load(name).blocks() if isinstance(b, Reasoning)]
    assert len(shown) > 30 and all(p is not None for p in shown)


def wrong_lines(d: Derivation) -> Iterator[Derivation]:
    for k, step in enumerate(d.steps):
        if step.relation == "=" and not isinstance(step.right, MatrixForm):
            yield replace(d, steps=(*d.steps[:k], replace(step, right=step.right * LITTLE + MORE), *d.steps[k + 1 :]))


@pytest.mark.parametrize("name", NAMES)
def test_a_line_that_is_off_by_a_little_is_not_proved(name: str) -> None:
    chains = [e.derivation for _, e in evidence(load(name)) if isinstance(e, Chain)]
    assert chains
    for chain in chains:
        assert decide(Chain(chain)).verdict == "proved"
        assert all(decide(Chain(wrong)).verdict != "proved" for wrong in wrong_lines(chain))


@pytest.mark.parametrize("name", NAMES)
def test_a_stated_gradient_that_is_off_by_a_little_is_refuted_by_a_small_case(name: str) -> None:
    document = load(name)
    for claim in (*document.claims, *document.corrections):
        derived = [e for e in claim.evidence if isinstance(e, Derived)]
        for e in derived[:1]:
            wrong = replace(claim, evidence=(replace(e, stated=e.stated * LITTLE + MORE),))
            page = Document("t", "", "", (Section("t", document.sections[0].scope, (Stated(wrong, contested=True),)),))
            assert check(page).decided[claim.id].verdict == "refuted", claim.id


WITNESSES = {
    "ReLU-12": "W = 1, x = −1, y = 1: 0 ≠ 1",
    "ReLU-17": "x = 1, W = 0, y = 1: 0 ≠ −1",
    "Smooth-5": "M = 1, x = 1, w = 0, c = 0, W = [1], b = [0]: 1 ≠ 0",
    "Smooth-6": "a0 = 0, w = 1, b = 0: 1 ≠ 0",
    "Smooth-7": "z = 0: 1 ≥ 1",
    "Smooth-8": "x = 1, w = 1, v = 2: 2 ≠ 1",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refuted_shows_the_smallest_case(name: str) -> None:
    document = load(name)
    contested = tuple(replace(b, blocks=()) for b in document.blocks() if isinstance(b, Stated) and b.contested)
    decided = check(replace(document, sections=(Section("t", document.sections[0].scope, contested),))).decided
    for block in contested:
        assert f"counterexample: {WITNESSES[block.claim.id]}" in decided[block.claim.id].how
        assert block.corrected is not None and decided[block.corrected.id].verdict == "proved"


def test_the_text_says_how_was_measured() -> None:
    relu, smooth = load("relu").texts, load("smoothness").texts
    for run, piece in ((gradient_sizes, "measured.chain"), (network_gradients, "measured.network")):
        setup = answered(run).setup
        assert all(f"{setup[k]:,}" in relu[piece] for k in ("seeds", "depth")), piece
    assert f"layers of {answered(network_gradients).setup['width']} units" in relu["measured.network"]
    setup = answered(bounce).setup
    assert f"{setup['seeds']} times" in smooth["measured"] and f"{setup['steps']} steps" in smooth["measured"]


@pytest.mark.parametrize(("name", "claim"), [("relu", "ReLU-16"), ("smoothness", "Smooth-13")])
def test_what_is_proved_is_measured_as_well(name: str, claim: str) -> None:
    measured = [e for key, e in evidence(load(name)) if key == claim and isinstance(e, Measured)]
    assert measured and all(e.beside and len(f.values) >= 20 for e in measured for f in answered(e.run).figures.values())
