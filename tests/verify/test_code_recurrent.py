"""LSTMs over time as course solutions write them: proved as they are, refuted with one mistake."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "language"))

from numpy_corpus_reading import LAYERS

from symbackprop.code_checking import check_code
from symbackprop.verify.report import Report
from symbackprop.verify.runner import isolation

runs = pytest.mark.skipif(isolation() is None, reason="there is nothing to run code in")

SOURCE = '''\
import numpy as np


def sigmoid(x):
    pos_mask = (x >= 0)
    neg_mask = (x < 0)
    z = np.zeros_like(x)
    z[pos_mask] = np.exp(-x[pos_mask])
    z[neg_mask] = np.exp(x[neg_mask])
    top = np.ones_like(x)
    top[neg_mask] = z[neg_mask]
    return top / (1 + z)


def step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    ai, af, ao, ag = np.array_split(a, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    di, df, dg = dc * g, dc * prev_c, dc * i
    da = np.hstack((di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)))
    return da.dot(Wx.T), da.dot(Wh.T), dc * f, x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)


def forward(x, h0, Wx, Wh, b):
    prev_h, prev_c = h0, 0
    hs, caches = [], []
    for t in range(x.shape[1]):
        prev_h, prev_c, cache = step_forward(x[:, t], prev_h, prev_c, Wx, Wh, b)
        hs.append(prev_h)
        caches.append(cache)
    return np.stack(hs, axis=1), caches


def backward(dh, caches):
    dx, dWx, dWh, db = [], 0, 0, 0
    dprev_h = 0
    dprev_c = 0
    for t in reversed(range(dh.shape[1])):
        dxt, dprev_h, dprev_c, dWxt, dWht, dbt = step_backward(dh[:, t] + dprev_h, dprev_c, caches[t])
        dx.insert(0, dxt)
        dWx += dWxt
        dWh += dWht
        db += dbt
    return np.array(dx).transpose(1, 0, 2), dprev_h, dWx, dWh, db
'''
CALL = "h, cache = forward(x, h0, Wx, Wh, b); dx, dh0, dWx, dWh, db = backward(dh, cache)"
GRADIENTS = {"x", "h0", "Wx", "Wh", "b"}


def judged(*changes: tuple[str, str]) -> Report:
    source = SOURCE
    for change in changes:
        assert source.count(change[0]) == 1
        source = source.replace(*change)
    return check_code(LAYERS["lstm rows"], source, call=CALL)


def by_status(report: Report) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, verdict in report.verdicts.items():
        found.setdefault(verdict.status, set()).add(name)
    return found


STACKED = ("np.array(dx).transpose(1, 0, 2)", "np.stack(dx, axis=1)")
WRITTEN = [
    (STACKED,),
    (("np.array_split(a, 4, axis=1)", "np.split(a, 4, axis=1)"),),
    (("dprev_h = 0\n", "dprev_h = np.zeros_like(dh[:, 0])\n"),),
]


def test_every_gradient_is_proved() -> None:
    report = judged()
    assert by_status(report) == {"proved": {*GRADIENTS, "h itself"}}
    assert {v.message for v in report.verdicts.values()} == {"proved for all N, T, D, H"}
    assert report.ok


@pytest.mark.parametrize("changes", WRITTEN, ids=["stack", "split", "zeros"])
def test_the_same_written_otherwise_is_proved(changes: tuple[tuple[str, str], ...]) -> None:
    assert by_status(judged(*changes)) == {"proved": {*GRADIENTS, "h itself"}}


@pytest.mark.parametrize(
    ("right", "wrong", "refuted"),
    [
        ("dc * f, x.T", "dc, x.T", GRADIENTS),  # the carry misses its gate
        ("dx.insert(0, dxt)", "dx.append(dxt)", {"x"}),  # the turns in the order in which they were computed
        ("do * o * (1 - o)", "do * (1 - o)", GRADIENTS),
        ("dnext_c + dnext_h * o", "dnext_h * o", GRADIENTS),  # the cell's own carry forgotten
        ("(1 - tanh_c ** 2)", "(1 - next_c ** 2)", GRADIENTS),
    ],
)
def test_one_mistake_refutes_what_stands_on_it(right: str, wrong: str, refuted: set[str]) -> None:
    report = judged((right, wrong))
    rest = {*GRADIENTS, "h itself"} - refuted
    assert by_status(report) == {"refuted": refuted, "proved": rest}
    assert not report.ok
    assert all(report.verdicts[n].witness is not None for n in refuted)


@runs
@pytest.mark.parametrize(("right", "wrong", "refuted"), [("db += dbt", "db = dbt", {"b"}), ("dh[:, t] + dprev_h", "dh[:, t]", GRADIENTS)])
def test_a_carry_that_is_lost_is_refuted_and_no_right_one_is(right: str, wrong: str, refuted: set[str]) -> None:
    found = by_status(judged((right, wrong)))
    assert found.pop("refuted") == refuted
    assert set(found) <= {"proved", "agrees"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong"), [("top[neg_mask] = z[neg_mask]", "top[neg_mask] = 1"), ("np.exp(x[neg_mask])", "np.exp(-x[neg_mask])")]
)
def test_a_wrong_sigmoid_makes_the_forward_pass_wrong(right: str, wrong: str) -> None:
    found = by_status(judged((right, wrong)))
    assert found == {"refuted": {*GRADIENTS, "h itself"}}
