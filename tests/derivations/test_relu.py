"""The ReLU document reaches its verdicts by itself, and would not reach them for wrong statements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from derivations import load, names, relu
from symbackprop.claims.claim import Chain, Claim, Derived
from symbackprop.documents.by_hand import by_hand
from symbackprop.documents.check import Checked, check
from symbackprop.documents.document import Document, Section, Stated
from symbackprop.documents.reading import read

IDS = [
    "ReLU-1",
    "ReLU-2",
    "ReLU-3",
    "ReLU-4",
    "ReLU-5",
    "ReLU-12",
    "ReLU-6",
    "ReLU-7",
    "ReLU-8",
    "ReLU-9",
    "ReLU-10",
    "ReLU-11",
    "ReLU-13",
    "ReLU-14",
    "ReLU-15",
    "ReLU-16",
    "ReLU-17",
]
OTHERS = {"ReLU-2": "convention", "ReLU-12": "refuted", "ReLU-17": "refuted"}


@pytest.fixture(scope="module")
def document() -> Document:
    return load("relu")


@pytest.fixture(scope="module")
def checked(document: Document) -> Checked:
    return check(document)


def test_every_document_can_be_loaded() -> None:
    assert [load(name).name for name in names()] == list(names())


def test_its_claims(document: Document) -> None:
    assert [c.id for c in document.claims] == IDS


@pytest.mark.parametrize("name", IDS)
def test_each_claim_is_decided(checked: Checked, name: str) -> None:
    assert checked.decided[name].verdict == OTHERS.get(name, "proved"), checked.decided[name].how


def test_every_step_holds(checked: Checked) -> None:
    assert checked.steps > 50 and checked.faults == ()


def test_step_at_zero_is_left_open(document: Document) -> None:
    gradients = [d for d in document.derivations if d.layer.name == "neuron"]
    assert gradients and all(
        d.conventions.step0 is None for d in gradients if d.variable.name in ("z", "W") and len(d.steps) > 1
    )


def alone(claim: Claim, scope: Section) -> Document:
    return Document("one", "One", "", (Section("One", scope.scope, (Stated(claim),)),))


WRONG = {
    "ReLU-3": "y - r",
    "ReLU-4": "relu(z) - y",
    "ReLU-5": "(r - y)*x",
    "ReLU-7": "dr1[j]",
    "ReLU-8": "sum[j](dr1[j]*W[i,j])",
    "ReLU-9": "dr1[j]*r0[i]",
    "ReLU-10": "sum[j](W_k[i,j]*dz_l[j])",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_statement_is_refuted(document: Document, name: str) -> None:
    section, claim = next(
        (s, b.claim) for s in document.sections for b in s.blocks if isinstance(b, Stated) and b.claim.id == name
    )
    evidence = claim.evidence[0]
    assert isinstance(evidence, Derived)
    wrong = replace(claim, evidence=(Derived(evidence.derivation, read(WRONG[name], evidence.derivation.layer)),))
    assert check(alone(wrong, section)).decided[name].verdict == "refuted"


CHAINS = [
    (relu.ORIGIN, "below", "= 1 | wrong", ""),
    (relu.ORIGIN, "middle", "= 1/3 | wrong", ""),
    (relu.SIDES, "right", "= step(-a) | wrong", ""),
    (relu.STEEPNESS, "slope", "<= 1/5 | wrong", ""),
    (relu.STEEPNESS, "slope", "< 1/4 | wrong at 0", ""),
    (relu.STEEPNESS, "slope", ">= s | wrong", ""),
    (relu.STEEPNESS, "slope", "=> x == 1 | wrong", "slope == 1/4"),
    (relu.VALUES, "high", "= 0 | wrong", ""),
]


@pytest.mark.parametrize(("layer", "goal", "line", "start"), CHAINS, ids=lambda v: str(v) if isinstance(v, str) else "")
def test_a_wrong_line_is_not_proved(document: Document, layer: object, goal: str, line: str, start: str) -> None:
    chain = by_hand(layer, goal, line, start=start)  # type: ignore[arg-type]
    verdict = check(alone(Claim("X-1", "wrong", (Chain(chain),)), document.sections[0])).decided["X-1"].verdict
    assert verdict in ("refuted", "undecided")
