"""Gradients that stand in source: no right one is refuted, no wrong one passes, and a verdict says where it stands."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "language"))

import numpy_corpus_reading as corpus
from numpy_corpus_reading import Case

import symbackprop as sb
from symbackprop import cli
from symbackprop.code_checking import Questions, check_code
from symbackprop.layer import Layer
from symbackprop.verify.report import Judged, Report
from symbackprop.verify.runner import isolation
from symbackprop.verify.source_calls import read_values

CASES = list(corpus.cases())
SLOW = {"lstm_split", "lstm_step_assignment", "lstm_assignment", "lstm_blocks", "lstm_gate_slope", "lstm"}
SAMPLE = [c for c in CASES[::14] if c.function not in SLOW]
runs = pytest.mark.skipif(isolation() is None, reason="there is nothing to run code in")

LINEAR = """\
import numpy as np

def forward(x, W, b):
    out = x @ W + b
    return out, (x, W)

def backward(dout, cache):
    x, W = cache
    dx = dout @ W.T
    dW = x.T @ dout
    db = np.sum(dout, axis=0)
    return dx, dW, db
"""
CALL = "out, cache = forward(x, W, b); dx, dW, db = backward(dout, cache)"


def judged(report: Report, name: str) -> tuple[str, str, tuple[str, ...]]:
    v = report.verdicts[name]
    return v.status, v.where, v.notes


# ---- the corpus ----------------------------------------------------------------------------------------------------------


def gradients(case: Case) -> dict[str, str]:
    """The status of each gradient of a case, "" for one without a layer's variable."""
    report = check_code(corpus.layer_of(case), corpus.source(case.module), call=case.call, patience=10)
    return {n: report.verdicts[n[1:]].status for n in case.names if n[1:] in report.verdicts and n.startswith("d")}


def check_corpus(cases: list[Case]) -> None:
    found = {c: gradients(c) for c in cases}
    refuted = [f"{c} {n}" for c, by in found.items() for n, s in by.items() if s == "refuted" and n not in c.wrong]
    passed = [f"{c} {n}" for c, by in found.items() for n, s in by.items() if s in ("proved", "agrees") and n in c.wrong]
    assert not refuted and not passed
    for loops, share in ((False, 0.8), (True, 0.5)):
        right = [by for c, by in found.items() if not c.wrong and c.loops is loops and by and not c.module.endswith("torch")]
        proved = [by for by in right if set(by.values()) == {"proved"}]
        assert len(proved) >= share * len(right), [str(c) for c, by in found.items() if not c.wrong and set(by.values()) != {"proved"}]


@runs
def test_a_sample_of_the_corpus() -> None:
    check_corpus(SAMPLE)


@runs
@pytest.mark.slow
def test_the_corpus() -> None:
    check_corpus(CASES)


# ---- functions that are called -------------------------------------------------------------------------------------------


def test_right_code_is_proved_and_told_by_its_lines() -> None:
    report = check_code("linear", LINEAR, call=CALL)
    assert {n: (v.status, v.where) for n, v in report.verdicts.items()} == {
        "z itself": ("proved", "line 4"),
        "x": ("proved", "line 9"),
        "W": ("proved", "line 10"),
        "b": ("proved", "line 11"),
    }
    assert report.ok


def test_a_wrong_gradient_is_refuted_at_the_smallest_case() -> None:
    report = check_code("linear", LINEAR.replace("dout @ W.T", "2 * dout @ W.T"), call=CALL)
    assert judged(report, "x")[:2] == ("refuted", "line 9")
    witness = report.verdicts["x"].witness
    assert witness is not None and set(witness.sizes.values()) == {1}
    assert report.verdicts["W"].status == "proved" and report.exit_code == 1


def test_a_file_names_the_places(tmp_path: Path) -> None:
    path = tmp_path / "student.py"
    path.write_text(LINEAR)
    assert check_code("linear", path, call=CALL).verdicts["W"].where == "student.py:10"
    assert check_code("linear", str(path), call=CALL).verdicts["W"].where == "student.py:10"


@pytest.mark.parametrize(
    ("wrong", "found", "expected"),
    [("np.sum(dout, axis=0, keepdims=True)", "(1, 1)", "(1,)"), ("np.sum(dout, axis=1)", "(2,)", "(1,)"), ("np.sum(dout)", "()", "(1,)")],
)
def test_shapes_are_strict(wrong: str, found: str, expected: str) -> None:
    verdict = check_code("linear", LINEAR.replace("np.sum(dout, axis=0)", wrong), call=CALL).verdicts["b"]
    assert verdict.status == "refuted"
    assert verdict.message == f"its shape is {found}, db has {expected}"
    assert any(n.startswith("its numbers are right, but axes of length 1 are too many") for n in verdict.notes) == ("keepdims" in wrong)


def test_a_lost_axis_of_length_1_is_named() -> None:
    layer = Layer("row", "x[N,D], b[1,D] -> y[N,D]", "y[n,d] = x[n,d] + b[0,d]")
    for wrong, right in (("dout.sum(axis=0)", True), ("2 * dout.sum(axis=0)", False)):
        verdict = check_code(layer, f"import numpy as np\ndef f(dout):\n    return {wrong}\n", call="db = f(dout)").verdicts["b"]
        assert verdict.status == "refuted"
        assert ("its numbers are right, but axes of length 1 are missing" in verdict.notes) == right


def test_gradients_in_a_dict() -> None:
    source = "def back(dz, x, W):\n    grads = {}\n    grads['W'] = x.T @ dz\n    grads['db'] = dz.sum(axis=0)\n    return grads\n"
    report = check_code("linear", source, call="grads = back(dz, x, W)")
    assert {n: v.status for n, v in report.verdicts.items()} == {"W": "proved", "b": "proved"}


@pytest.mark.parametrize("name", ["dW", "d_W", "grad_W", "dL_dW", "dloss_dW", "W_grad"])
def test_names_of_gradients(name: str) -> None:
    source = "def back(dz, x, W):\n    return 2 * (x.T @ dz)\n"
    assert {n: v.status for n, v in check_code("linear", source, call=f"{name} = back(dz, x, W)").verdicts.items()} == {"W": "refuted"}


def test_a_cache_is_no_gradient() -> None:
    source = "def forward(x, W, b):\n    cache = {'x': x, 'W': W, 'dW': 3*W}\n    return x @ W + b, cache\n"
    assert set(check_code("linear", source, call="out, cache = forward(x, W, b)").verdicts) == {"z itself"}


@runs
@pytest.mark.parametrize("back", ["dout.T @ x", "np.apply_along_axis(lambda c: x.T @ c, 0, dout).T"])
def test_the_numerator_layout(back: str) -> None:
    source = f"import numpy as np\ndef back(dout, x):\n    return {back}\n"
    turned, plain = (check_code("linear", source, call="dW = back(dout, x)", layout=side) for side in ("numerator", "denominator"))
    assert turned.ok and plain.verdicts["W"].status == "refuted"


def test_torch_source() -> None:
    source = "import torch\ndef back(dout, x, W):\n    return dout.mm(W.t()), x.t().mm(dout), dout.sum(dim=0)\n"
    report = check_code("linear", source, call="dx, dW, db = back(dout, x, W)")
    assert {v.status for v in report.verdicts.values()} == {"proved"}


# ---- the forward pass ----------------------------------------------------------------------------------------------------

NORM = """\
import numpy as np
def forward(x, gamma, beta, param):
    eps = param.get("eps", 1e-5)
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    return gamma * xhat + beta, (xhat, gamma, var, eps)
def backward(dout, cache):
    xhat, gamma, var, eps = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / np.sqrt(var + eps)
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)
"""
NORMED = 'out, cache = forward(x, gamma, beta, {"mode": "train"}); dx, dgamma, dbeta = backward(dout, cache)'


def test_a_number_that_the_code_fixes() -> None:
    report = check_code("batch_norm", NORM, call=NORMED)
    assert {v.status for v in report.verdicts.values()} == {"proved"}
    assert "eps = 1e-05 (line 3); name eps in the call to have it vary" in report.verdicts["x"].notes
    named = check_code("batch_norm", NORM, call=NORMED.replace('"train"', '"train", "eps": eps'))
    assert {v.status for v in named.verdicts.values()} == {"proved"} and not named.verdicts["x"].notes


@pytest.mark.parametrize("call", [NORMED, NORMED.replace('"train"', '"train", "eps": eps')])
def test_a_slip_in_epsilon_is_refuted(call: str) -> None:
    wrong = NORM.replace("/ np.sqrt(var + eps)\n    return dx", "/ np.sqrt(var)\n    return dx")
    assert check_code("batch_norm", wrong, call=call).verdicts["x"].status == "refuted"


def test_right_for_its_own_forward_pass_only() -> None:
    source = LINEAR.replace("x @ W + b\n", "2 * (x @ W) + b\n").replace("dout @ W.T", "2 * dout @ W.T").replace("x.T @ dout", "x.T @ dout")
    report = check_code("linear", source, call=CALL)
    assert judged(report, "z itself")[0] == "refuted"
    status, _, notes = judged(report, "x")
    assert status == "refuted" and "it is right for the forward pass in the source, which is not the layer's" in notes
    status, _, notes = judged(report, "W")
    assert status == "proved" and "it is not the gradient of the forward pass in the source, which is not the layer's" in notes
    assert not [n for n in judged(report, "b")[2] if "forward pass" in n]


@runs
def test_right_for_its_own_forward_pass_only_when_it_is_run() -> None:
    source = LINEAR.replace("x @ W + b\n", "2 * np.apply_along_axis(W.T.dot, 1, x) + b\n").replace("dout @ W.T", "2 * dout @ W.T")
    report = check_code("linear", source, call=CALL)
    assert {n: v.status for n, v in report.verdicts.items()} == {"z itself": "refuted", "x": "refuted", "W": "agrees", "b": "agrees"}
    assert "it is right for the forward pass in the source, which is not the layer's" in report.verdicts["x"].notes
    assert "it is not the gradient of the forward pass in the source, which is not the layer's" in report.verdicts["W"].notes
    assert not [n for n in report.verdicts["b"].notes if "forward pass" in n]


# ---- scripts -------------------------------------------------------------------------------------------------------------

NET = Layer(
    "net",
    "X[N,D], W1[D,H], b1[H], W2[H,K], b2[K], t[N] in K -> C",
    """
    z1[n,h] = sum[d](X[n,d]*W1[d,h]) + b1[h]
    a1[n,h] = relu(z1[n,h])
    z2[n,k] = sum[h](a1[n,h]*W2[h,k]) + b2[k]
    p[n,k] = exp(z2[n,k])/sum[j](exp(z2[n,j]))
    C = -sum[n](log(p[n,t[n]]))/N
    """,
)
SCRIPT = """\
import numpy as np
N = X.shape[0]
hidden = np.maximum(0, X @ W1 + b1)
scores = hidden @ W2 + b2
e = np.exp(scores - scores.max(axis=1, keepdims=True))
probs = e / e.sum(axis=1, keepdims=True)
loss = -np.log(probs[np.arange(N), t]).mean()
dscores = probs.copy()
dscores[np.arange(N), t] -= 1
dscores /= N
dW2 = hidden.T @ dscores
db2 = dscores.sum(axis=0)
dhidden = dscores @ W2.T
dz1 = dhidden * (hidden > 0)
dW1 = X.T @ dz1
db1 = dz1.sum(axis=0)
"""


def test_a_right_script_is_proved_line_by_line() -> None:
    report = check_code(NET, SCRIPT)
    names = ["C itself", "z2", "W2", "b2", "a1", "z1", "W1", "b1"]
    assert {n: v.status for n, v in report.verdicts.items()} == dict.fromkeys(names, "proved")
    assert report.verdicts["a1"].where == "line 13"
    assert "hidden is the layer's a1" in report.verdicts["a1"].notes


def test_a_wrong_line_is_told_from_what_follows_from_it() -> None:
    report = check_code(NET, SCRIPT.replace("dscores @ W2.T", "2 * dscores @ W2.T").replace("X.T @ dz1", "X.T @ dz1 / N"))
    right = ["C itself", "z2", "W2", "b2"]
    assert [n for n, v in report.verdicts.items() if v.status == "proved"] == right
    assert {n for n, v in report.verdicts.items() if v.status == "refuted"} == {"a1", "z1", "W1", "b1"}
    assert "it goes wrong in this line" in report.verdicts["a1"].notes
    assert "it follows from dhidden (line 13), which is wrong" in report.verdicts["z1"].notes
    assert "it follows from dz1 (line 14), which is wrong" in report.verdicts["b1"].notes
    assert "it goes wrong in this line" in report.verdicts["W1"].notes


def test_a_script_with_another_forward_pass() -> None:
    script = SCRIPT.replace("probs[np.arange(N), t]).mean()", "probs[np.arange(N), t]).sum()").replace("dscores /= N\n", "")
    report = check_code(NET, script)
    assert {v.status for v in report.verdicts.values()} == {"refuted"}
    for name in ("W2", "b2", "W1", "b1"):
        assert "it is right for the forward pass in the source, which is not the layer's" in report.verdicts[name].notes
        assert not [n for n in report.verdicts[name].notes if "goes wrong" in n]
    assert "it goes wrong in this line" in report.verdicts["z2"].notes


def test_a_name_that_becomes_something_else() -> None:
    script = SCRIPT.replace("dz1 = dhidden * (hidden > 0)\n", "dhidden[hidden <= 0] = 0\n").replace("dz1", "dhidden")
    report = check_code(NET, script)
    assert {v.status for v in report.verdicts.values()} == {"proved"}
    assert report.verdicts["a1"].where == "line 13"
    assert "line 14 makes something else of dhidden" in report.verdicts["a1"].notes


def test_a_name_that_becomes_something_else_stands_on_what_was_wrong_before() -> None:
    script = SCRIPT.replace("dz1 = dhidden * (hidden > 0)\n", "dhidden[hidden <= 0] = 0\n").replace("dz1", "dhidden")
    report = check_code(NET, script.replace("dscores /= N\n", "dscores /= 2*N\n"))
    assert "it goes wrong in this line" in report.verdicts["z2"].notes
    assert report.verdicts["a1"].where == "line 13"
    assert "it follows from dscores (line 10), which is wrong" in report.verdicts["a1"].notes
    assert "it follows from dhidden (line 14), which is wrong" in report.verdicts["W1"].notes
    assert not [n for name in ("W2", "b2", "a1", "W1", "b1") for n in report.verdicts[name].notes if "goes wrong" in n]


def test_the_data_of_a_script_stands_for_all_values() -> None:
    data = "N, D, hidden_size, K = 64, 1000, 100, 10\nX = np.random.randn(\n    N, D)\nW1 = np.random.randn(D, hidden_size) * 0.01\n"
    report = check_code(NET, SCRIPT.replace("N = X.shape[0]\n", data))
    assert {v.status for v in report.verdicts.values()} == {"proved"}
    assert report.verdicts["W1"].where == "line 18"
    assert "N, D, K, X, W1 stand for all values and not for the data of the script" in report.verdicts["W1"].notes


# ---- tables of vector-Jacobian products ----------------------------------------------------------------------------------

TABLE = """\
import autograd.numpy as anp
from autograd.extend import defvjp
defvjp(anp.tanh, lambda ans, x: lambda g: g * (1 - ans**2))
defvjp(anp.sinh, lambda ans, x: lambda g: g * anp.sinh(x))
defvjp(anp.multiply, lambda ans, x, y: unbroadcast_f(x, lambda g: g * y), lambda ans, x, y: lambda g: g * x * x)
"""


@pytest.mark.parametrize(
    ("layer", "source", "expected"),
    [
        ("tanh", TABLE, {"x": ("proved", "line 3")}),
        ("x[N] -> y[N]; y = sinh(x)", TABLE, {"x": ("refuted", "line 4")}),
        ("relu", "lambda ans, x: lambda g: g * (x > 0)", {"x": ("proved", "line 1")}),
        ("sigmoid", "dx = lambda ans, x: lambda g: g * ans * (1 - ans)", {"x": ("proved", "line 1")}),
        ("exp", "T = {\n 'exp': lambda ans, x: lambda g: g*ans,\n 'log': lambda ans, x: lambda g: g/x}", {"x": ("proved", "line 2")}),
    ],
)
def test_tables_of_products(layer: str, source: str, expected: dict[str, tuple[str, str]]) -> None:
    stated = Layer("exp", "x[N] -> y[N]", "y = exp(x)") if layer == "exp" else layer
    assert {n: (v.status, v.where) for n, v in check_code(stated, source).verdicts.items()} == expected


def test_a_table_with_two_arguments() -> None:
    report = check_code(Layer("multiply", "x[N], w[N] -> y[N]", "y = x*w"), TABLE)
    assert {n: v.status for n, v in report.verdicts.items()} == {"x": "proved", "w": "refuted"}


def test_a_table_beside_plain_lines() -> None:
    report = check_code("linear", "dW = np.dot(x.T, dz)\ndx = lambda ans, x, W, b: lambda g: g @ W.T\n")
    assert {n: (v.status, v.where) for n, v in report.verdicts.items()} == {"W": ("proved", "line 1"), "x": ("proved", "line 2")}


def test_a_table_without_the_layer() -> None:
    with pytest.raises(ValueError, match="none of these is filed under relu: there are tanh, sinh, multiply"):
        check_code("relu", TABLE)


# ---- options -------------------------------------------------------------------------------------------------------------

CONV = """\
import numpy as np
def forward(x, w, b, param):
    stride, pad = param["stride"], param["pad"]
    N, C, L = x.shape
    F, C, P = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad)))
    M = 1 + (L + 2 * pad - P) // stride
    out = np.zeros((N, F, M))
    for i in range(M):
        out[:, :, i] = np.einsum('ncp,fcp->nf', xp[:, :, i*stride:i*stride + P], w) + b
    return out, (x, xp, w, param)
def backward(dout, cache):
    x, xp, w, param = cache
    stride, pad = param["stride"], param["pad"]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        dw += np.einsum('nf,ncp->fcp', dout[:, :, i], xp[:, :, i*stride:i*stride + w.shape[2]])
        dxp[:, :, i*stride:i*stride + w.shape[2]] += np.einsum('nf,fcp->ncp', dout[:, :, i], w)
    dx = dxp[:, :, pad:dxp.shape[2] - pad]
    return dx, dw, dout.sum(axis=(0, 2))
"""
CONVOLVED = 'out, cache = forward(x, W, b, {"stride": stride, "pad": pad}); dx, dW, db = backward(dout, cache)'


@pytest.mark.parametrize(
    ("vary", "told"), [("", "stride = 1, 2 and pad = 0, 1"), ("stride=1,2; pad=0,1,2", "stride = 1, 2 and pad = 0, 1, 2")]
)
def test_options_are_tried_at_several_values(vary: str, told: str) -> None:
    report = check_code("conv1d", CONV, call=CONVOLVED, vary=vary)
    assert {n: v.status for n, v in report.verdicts.items()} == {"y itself": "proved", "x": "proved", "W": "proved", "b": "proved"}
    assert all(v.message.endswith(f", at {told}") for v in report.verdicts.values())


def test_a_convolution_without_bias() -> None:
    source = CONV.replace("x, w, b, param", "x, w, param").replace(", w) + b", ", w)").replace(", dout.sum(axis=(0, 2))", "")
    report = check_code("conv1d", source, call=CONVOLVED.replace("W, b,", "W,").replace(", db =", " ="), vary="stride=2; pad=1")
    assert {n: v.status for n, v in report.verdicts.items()} == {"y itself": "proved", "x": "proved", "W": "proved"}


def test_values_are_read_as_numbers_and_words() -> None:
    found = read_values("a=1,-2; b=1.5,1e-3; c=True,None; d=train,'test'")
    assert found == {"a": (1, -2), "b": (1.5, 1e-3), "c": (True, None), "d": ("train", "test")}


def test_minus_pad_is_wrong_without_padding() -> None:
    wrong = CONV.replace("pad:dxp.shape[2] - pad", "pad:-pad")
    verdict = check_code("conv1d", wrong, call=CONVOLVED, vary={"stride": [1], "pad": [0, 1]}).verdicts["x"]
    assert verdict.status == "refuted" and "at stride=1, pad=0: its shape" in verdict.message
    assert "right at stride=1, pad=1" in verdict.notes


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ("foo=1", "the call has no foo; its names are stride, pad"),
        ("x=1", "x is a variable of conv1d, which takes many values anyway"),
        ("stride", "names no values"),
        ("stride=__import__('os')", "is no value"),
        ("stride=" + ",".join(map(str, range(1, 20))), "at most 12"),
        ("stride=1,2,3,4,5,6,7; pad=0,1,2,3,4,5,6", "49 combinations"),
    ],
)
def test_values_that_are_refused(vary: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_code("conv1d", CONV, call=CONVOLVED, vary=vary)


REG = """\
import numpy as np
def loss(W, reg):
    return reg * np.sum(W**2), WRONG * reg * W
"""


def test_regularisation_half_or_whole() -> None:
    layer = Layer("decay", "W[D,H], reg -> C", "C = reg*sum[d,h](W[d,h]**2)")
    wrong, right = (check_code(layer, REG.replace("WRONG", k), call="loss, dW = loss(W, reg)") for k in ("1", "2"))
    assert (wrong.verdicts["W"].status, wrong.verdicts["C itself"].status) == ("refuted", "proved")
    assert right.verdicts["W"].status == "proved"


# ---- kinks and ties ------------------------------------------------------------------------------------------------------

POOL = """\
import numpy as np
def forward(x, size, stride):
    M = (x.shape[2] - size) // stride + 1
    out = np.zeros((x.shape[0], x.shape[1], M))
    for i in range(M):
        out[:, :, i] = x[:, :, i*stride:i*stride + size].max(axis=2)
    return out
def backward(dout, x, size, stride):
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        window = x[:, :, i*stride:i*stride + size]
        dx[:, :, i*stride:i*stride + size] += (window == window.max(axis=2, keepdims=True)) * dout[:, :, i][:, :, None]
    return dx
"""
POOLED = "out = forward(x, size, stride); dx = backward(dout, x, size, stride)"


def test_every_largest_entry_is_right_except_at_ties() -> None:
    verdict = check_code("max_pool1d", POOL, call=POOLED, vary="size=2; stride=1,2").verdicts["x"]
    assert verdict.holds and "right except at ties" in verdict.notes
    assert check_code("max_pool1d", POOL, call=POOLED, vary="size=2; stride=2", strict=True).verdicts["x"].status == "refuted"


@runs
def test_assigning_where_windows_overlap() -> None:
    wrong = POOL.replace("+= (window", "= (window")
    report = check_code("max_pool1d", wrong, call=POOLED, vary="size=2; stride=1,2")
    verdict = report.verdicts["x"]
    assert verdict.status == "refuted" and verdict.message.startswith("at size=2, stride=1")
    assert "right at size=2, stride=2" in verdict.notes
    assert report.verdicts["y itself"].status == "proved"  # the forward pass is read all the same


def test_another_convention_at_the_kink() -> None:
    source = "def back(dout, x):\n    return dout * (x >= 0)\n"
    verdict = check_code("relu", source, call="dx = back(dout, x)").verdicts["x"]
    assert verdict.holds and "right, with another convention at kinks" in verdict.notes
    assert check_code("relu", source, call="dx = back(dout, x)", strict=True).verdicts["x"].status == "refuted"


# ---- inputs that are overwritten -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("dout *= 2\n    return dout * (x > 0) / 2", "it overwrites dout (line 2): a second call on the same arrays gives something else"),
        ("dout[x <= 0] = 0\n    return dout", "it overwrites dout (line 2)"),
    ],
)
def test_an_overwritten_input_is_noted(lines: str, told: str) -> None:
    verdict = check_code("relu", f"def back(dout, x):\n    {lines}\n", call="dx = back(dout, x)").verdicts["x"]
    assert verdict.status == "proved" and told in verdict.notes


@runs
def test_a_run_that_overwrites_its_input_is_noted() -> None:
    source = "def back(dout, x):\n    sorted({3, 1}, key=hash)\n    dout *= 2\n    return dout * (x > 0) / 2\n"
    verdict = check_code("relu", source, call="dx = back(dout, x)").verdicts["x"]
    assert verdict.status == "agrees"
    assert "it overwrites dout: a second call on the same arrays gives something else" in verdict.notes


# ---- what can't be read --------------------------------------------------------------------------------------------------

UNREADABLE = """\
import numpy as np
def back(dout, x, W):
    dW = np.apply_along_axis(lambda c: x.T @ c, 0, dout)
    return dW, dout @ W.T
"""


@runs
def test_what_cant_be_read_is_run_and_agrees_at_best() -> None:
    report = check_code("linear", UNREADABLE, call="dW, dx = back(dout, x, W)")
    assert {v.status for v in report.verdicts.values()} == {"agrees"}
    verdict = report.verdicts["W"]
    assert verdict.evidence.is_enough and verdict.where == "line 3"
    assert any(n.startswith("it could not be read (") and n.endswith(f"was run, isolated by {isolation()}") for n in verdict.notes)


@runs
def test_what_is_run_and_wrong_is_refuted() -> None:
    report = check_code("linear", UNREADABLE.replace("W.T", "W.T * 1.0005"), call="dW, dx = back(dout, x, W)")
    assert {n: v.status for n, v in report.verdicts.items()} == {"W": "agrees", "x": "refuted"}


@runs
def test_a_dict_that_cant_be_read() -> None:
    source = UNREADABLE.replace("return dW, dout @ W.T", "return {'W': dW, 'dx': dout @ W.T}")
    report = check_code("linear", source, call="grads = back(dout, x, W)")
    assert {n: (v.status, v.where) for n, v in report.verdicts.items()} == {"W": ("agrees", "line 4"), "x": ("agrees", "line 4")}


@runs
@pytest.mark.parametrize("line", ["raise ValueError('no')", "import os; os._exit(0)", "dout.shape = (1, 2, 3, 4, 5)", "1/0"])
def test_code_that_fails_is_undecided(line: str) -> None:
    source = f"import numpy as np\ndef back(dout, x, W):\n    np.apply_along_axis(np.sum, 0, x)\n    {line}\n    return x.T @ dout\n"
    verdict = check_code("linear", source, call="dW = back(dout, x, W)").verdicts["W"]
    assert verdict.status == "undecided" and verdict.message.startswith("the code failed when it was run")


@runs
def test_code_that_hangs_is_undecided_and_run_once() -> None:
    source = "def back(dout, x, W):\n    while sorted({1}):\n        pass\n    return x.T @ dout, dout @ W.T\n"
    start = time.perf_counter()
    report = check_code("linear", source, call="dW, dx = back(dout, x, W)")
    assert {v.status for v in report.verdicts.values()} == {"undecided"} and "didn't end within" in report.verdicts["W"].message
    assert time.perf_counter() - start < 12


@runs
@pytest.mark.parametrize("line", ["raise ValueError('one')", "dout = 2 * dout"])
def test_what_fails_only_where_a_size_is_1(line: str) -> None:
    body = f"    np.apply_along_axis(np.sum, 0, x)\n    if x.shape[1] == 1:\n        {line}\n    return x.T @ dout\n"
    source = f"import numpy as np\ndef back(dout, x):\n{body}"
    verdict = check_code("linear", source, call="dW = back(dout, x)").verdicts["W"]
    assert verdict.status == "agrees" and any("where a size is 1: " in n for n in verdict.notes)
    assert not check_code("linear", source, call="dW = back(dout, x)", strict=True).ok


@runs
@pytest.mark.parametrize(
    ("source", "call"), [("db = np.median(dz, axis=0)\n", ""), ("def f(dz):\n    return np.median(dz, axis=0)\n", "db = f(dz)")]
)
def test_np_is_numpy(source: str, call: str) -> None:
    assert check_code("linear", source, call=call).verdicts["b"].status == "refuted"


@pytest.mark.parametrize(
    "source",
    ["x = " + "(" * 5000, "x = 'a'\u202e", "x = 1\x00", "def f(x):\n    return x['\x1b[2J']\n", "x = 1\n" * 180_000, "", "%magic"],
)
def test_hostile_source_is_refused_quickly(source: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError) as caught:
        check_code("relu", source, call="dx = f(x)")
    assert "\x1b" not in str(caught.value) and "\u202e" not in str(caught.value)
    assert time.perf_counter() - start < 1  # on a quiet machine far less


@runs
def test_a_script_that_cant_be_read_is_run() -> None:
    report = check_code("linear", "import numpy as np\ndW = np.apply_along_axis(lambda c: x.T @ c, 0, dz)\ndb = dz.sum(axis=0)\n")
    assert {n: v.status for n, v in report.verdicts.items()} == {"W": "agrees", "b": "proved"}


# ---- wrong use -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("dx = backwards(dout, x)", "there is no function backwards in the source; it has forward, backward"),
        ("dx, dw, db = backward(dout, (x, W))", "dw is no gradient of the layer; linear has x, W, b, z"),
        ("dx, dW, db = backward(dout, (x, w))", "nothing tells what w in the call is; linear has x, W, b, dz, .*did you mean W"),
        ("backward(dout, (x, W))", "the call assigns nothing"),
        ("a = forward(x, W, b)", "nothing here is a gradient of linear; it has dx, dW, db"),
        ("dx = (", "this is no Python"),
        ("dx = \x1b[2J", "has no place in source"),
    ],
)
def test_calls_that_cant_be_meant(call: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_code("linear", LINEAR, call=call)


def test_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "student.py"
    path.write_text(LINEAR.replace("axis=0", "axis=1"))
    found = CliRunner().invoke(cli.symbackprop, ["check", "linear", "--code", str(path), "--call", CALL])
    assert found.exit_code == 1
    assert "proved for all N, D, H   student.py:10" in found.output
    assert "db" in found.output and "refuted: its shape is (2,), db has (1,)   student.py:11" in found.output
    data = json.loads(CliRunner().invoke(cli.symbackprop, ["check", "linear", "--code", str(path), "--call", CALL, "--json"]).output)
    assert data["verdicts"]["b"]["where"] == "student.py:11"


def test_stopping_keeps_what_was_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Questions.judged

    def stopped(self: Questions) -> Iterator[Judged]:
        yield next(whole(self))
        raise KeyboardInterrupt

    monkeypatch.setattr(Questions, "judged", stopped)
    path = tmp_path / "student.py"
    path.write_text(LINEAR)
    found = CliRunner().invoke(cli.symbackprop, ["check", "linear", "--code", str(path), "--call", CALL])
    assert found.exit_code == 130
    assert "proved for all N, D, H" in found.stdout and "stopped: 1 of 4 were decided" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--call", "dx = f(x)"], "--call goes with --code FILE"),
        (["--code", "-", "--answer", "dW = x.T @ dz"], "without answers"),
        (["--code", "missing.py", "--call", "dx = f(x)"], "missing.py"),
    ],
)
def test_wrong_use_of_the_command_line(arguments: list[str], message: str) -> None:
    found = CliRunner().invoke(cli.symbackprop, ["check", "linear", *arguments], input="")
    assert found.exit_code == 2 and message in found.output


def test_the_public_name() -> None:
    assert sb.check_code("linear", LINEAR, call=CALL).ok


@runs
def test_a_size_that_is_no_whole_number_is_told_from_python_2() -> None:
    source = "import numpy as np\ndef backward(dout, x):\n    m = x.shape[0] / 1\n    return np.vectorize(float)(dout) * np.ones((m, 1))\n"
    message = check_code("relu", source, call="dx = backward(dout, x)").verdicts["x"].message
    assert "'float' object cannot be interpreted as an integer" in message and message.endswith("write // where that is meant")
