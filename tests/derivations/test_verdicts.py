"""Every claim of every document comes out as mathematics decides it; the table stands here, the program has none."""

from __future__ import annotations

import pytest

from derivations import load, names
from symbackprop.documents.check import Checked, check

CONVENTIONS = {"ReLU-2", "Zero-11"}
REFUTED = {
    *("ReLU-12", "ReLU-17", "Zero-5", "Zero-10", "Norm-4", "Norm-6", "Norm-7", "Norm-8"),
    *("Smooth-5", "Smooth-6", "Smooth-7", "Smooth-8"),
}
OPINIONS = {"Zero-12", "Norm-11", "Smooth-15"}
MEASURED = {"Zero-6", "Norm-10"}


@pytest.fixture(scope="module", params=names())
def checked(request: pytest.FixtureRequest) -> Checked:
    return check(load(request.param))


def expected(claim: str) -> str:
    kinds = (("convention", CONVENTIONS), ("refuted", REFUTED), ("opinion", OPINIONS), ("measured", MEASURED))
    return next((kind for kind, ids in kinds if claim in ids), "proved")


def test_every_claim_is_decided(checked: Checked) -> None:
    decided = {c.id: checked.decided[c.id].verdict for c in checked.document.claims}
    assert decided == {name: expected(name) for name in decided}


def test_every_correction_is_proved(checked: Checked) -> None:
    assert {c.id: checked.decided[c.id].verdict for c in checked.document.corrections if checked.decided[c.id].verdict != "proved"} == {}


def test_nothing_is_at_fault(checked: Checked) -> None:
    assert checked.faults == ()


def test_every_claim_says_how_it_is_known_and_how_long_it_took(checked: Checked) -> None:
    assert all(d.how and d.findings and d.seconds >= 0 for d in checked.decided.values())


def test_every_claim_is_there_once() -> None:
    ids = [c.id for name in names() for c in load(name).claims]
    counts = {"ReLU": 17, "Zero": 13, "Norm": 13, "Smooth": 15}
    assert sorted(ids) == sorted(f"{name}-{k}" for name, count in counts.items() for k in range(1, count + 1))
