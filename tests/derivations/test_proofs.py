"""Every proof that stands behind a claim of the documents: a proof with one step altered is refused, and points agree with it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from derivations import load
from symbackprop.claims.conclusion import Proof
from symbackprop.claims.replay import altered, crosscheck, refusal, replay
from symbackprop.documents.document import Reasoning
from symbackprop.documents.evidence import Concluded, Fails, answered

NAMES = ("zero_centred", "batch_norm")


@cache
def proofs(name: str) -> tuple[Proof, ...]:
    return tuple(dict.fromkeys(_proofs(name)))


def _proofs(name: str) -> Iterator[Proof]:
    document = load(name)
    asked = [e.ask for c in (*document.claims, *document.corrections) for e in c.evidence if isinstance(e, (Concluded, Fails))]
    asked += [b.ask for b in document.blocks() if isinstance(b, Reasoning)]
    for ask in asked:
        found = answered(ask)
        if found.proof is not None and found.status == "proved":
            yield found.proof


def is_refused(changed: Proof, original: Proof) -> bool:
    first = next(k for k, (a, b) in enumerate(zip(changed.steps, original.steps, strict=True)) if a != b)
    return any(refusal(changed, k, changed.steps[k]) for k in range(first, len(changed.steps)))


@pytest.mark.parametrize("name", NAMES)
def test_there_are_proofs_and_each_is_one(name: str) -> None:
    assert len(proofs(name)) >= 14
    for proof in proofs(name):
        assert replay(proof).status == "proved"


@pytest.mark.parametrize("name", NAMES)
def test_a_proof_with_one_step_altered_is_refused(name: str) -> None:
    passed = [str(changed) for proof in proofs(name) for changed in altered(proof) if not is_refused(changed, proof)]
    assert passed == []


@pytest.mark.parametrize("name", NAMES)
def test_other_points_agree(name: str) -> None:
    assert [str(p) for p in proofs(name) if crosscheck(p, seed=3).status != "agrees"] == []
