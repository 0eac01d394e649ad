"""Checking gradients: ratios to torch.autograd.gradcheck in one run, one wrong entry found, the time of a formula's verdict.

Peers that are not installed are left out.
"""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from check_measures import (
    FAST_RATIO,
    FORMULA_LIMIT,
    MISS_LIMIT,
    SLOW_RATIO,
    Subject,
    along_directions,
    along_directions_of_function,
    batch_norm,
    every_entry,
    every_entry_of_function,
    formula_seconds,
    gradcheck,
    gradients,
    mlp,
    one_wrong,
    ratios,
)

pytest.importorskip("torch")
SUBJECTS = pytest.mark.parametrize("subject", [mlp(), batch_norm()], ids=["MLP 16×64×64×10", "batch norm 32×64"])
CHECKS = [every_entry, every_entry_of_function]
QUICK = [along_directions, along_directions_of_function]


@SUBJECTS
def test_ratios_to_gradcheck(benchmark: Any, subject: Subject) -> None:
    found = benchmark.pedantic(ratios, args=(subject,), rounds=1)
    benchmark.extra_info.update(found)
    print("\n" + "\n".join(f"{what:28s} {value:10.1f}" for what, value in found.items()))
    assert found["slow/every entry"] >= SLOW_RATIO
    assert max(found["fast/directions"], found["fast/directions, function"]) >= FAST_RATIO


@SUBJECTS
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_every_entry(benchmark: Any, subject: Subject, check: Any) -> None:
    found = gradients(subject)
    assert benchmark.pedantic(check, args=(subject, found), rounds=5)
    assert not check(subject, one_wrong(found, subject.names[0], 1e-6))


@SUBJECTS
@pytest.mark.parametrize("check", QUICK, ids=lambda c: c.__name__)
def test_directions(benchmark: Any, subject: Subject, check: Any) -> None:
    found = gradients(subject)
    entry = 0.05*float(np.abs(found[subject.names[0]]).max())
    agrees, missed = benchmark.pedantic(check, args=(subject, found, entry), rounds=5)
    assert agrees
    assert missed < MISS_LIMIT
    assert not check(subject, one_wrong(found, subject.names[0]), entry)[0]


@SUBJECTS
@pytest.mark.parametrize("fast", [True, False], ids=["fast", "slow"])
def test_gradcheck(benchmark: Any, subject: Subject, fast: bool) -> None:
    assert benchmark.pedantic(gradcheck, args=(subject, fast), rounds=3 if fast else 1)


def test_numdifftools(benchmark: Any) -> None:
    nd = pytest.importorskip("numdifftools")
    subject = batch_norm()

    def cost(flat: Any) -> Any:
        return (subject.numpy({**subject.arrays, "x": flat.reshape(32, 64)})["y"]*subject.weights["y"]).sum()
    found = benchmark.pedantic(lambda: nd.Gradient(cost)(np.ravel(subject.arrays["x"])), rounds=1)
    assert np.allclose(found.reshape(32, 64), gradients(subject)["x"], atol=1e-6)


def test_autograds_own_check(benchmark: Any) -> None:
    autograd = pytest.importorskip("autograd")
    from autograd.test_util import check_grads
    subject = batch_norm()
    np_ = autograd.numpy

    def forward(x: Any) -> Any:
        mean = np_.mean(x, axis=0)
        return subject.arrays["gamma"]*(x - mean)/np_.sqrt(np_.mean((x - mean)**2, axis=0) + 0.5)
    benchmark.pedantic(lambda: check_grads(forward, modes=["rev"], order=1)(subject.arrays["x"]), rounds=3)


def test_a_formulas_verdict(benchmark: Any) -> None:
    benchmark.extra_info["limit"] = FORMULA_LIMIT
    median = benchmark.pedantic(formula_seconds, rounds=1)
    print(f"\nmedian verdict {1000*median:.0f} ms")
    assert median < FORMULA_LIMIT
