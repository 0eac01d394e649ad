"""What a function returns in place of a gradient: None is refuted, a list is left open, and the others keep their verdict."""

from __future__ import annotations

import pytest

from symbackprop.code_checking import check_code
from symbackprop.verify.report import Report
from symbackprop.verify.runner import isolation

runs = pytest.mark.skipif(isolation() is None, reason="there is nothing to run code in")

LINEAR = """\
import numpy as np
def forward(x, W, b):
    return x @ W + b, (x, W)
def backward(dout, cache):
    x, W = cache
    dx = dout @ W.T
    dW = x.T @ dout
    db = np.sum(dout, axis=0)
    return dx, dW, db
"""
CALL = "out, cache = forward(x, W, b); dx, dW, db = backward(dout, cache)"
UNREADABLE = ("    x, W = cache\n", "    x, W = cache\n    half = np.vectorize(lambda v: v / 2)\n    dout = half(2 * dout)\n")


def report(*changes: tuple[str, str], has_to_be_run: bool = False) -> Report:
    source = LINEAR
    for change in (*changes, *([UNREADABLE] if has_to_be_run else [])):
        assert source.count(change[0]) == 1
        source = source.replace(*change)
    return check_code("linear", source, call=CALL)


def statuses(found: Report) -> dict[str, str]:
    return {n: v.status for n, v in found.verdicts.items()}


WAYS = [pytest.param(False, id="read"), pytest.param(True, id="run", marks=runs)]


@pytest.mark.parametrize("run", WAYS)
@pytest.mark.parametrize(
    ("variable", "change"),
    [("x", ("dout @ W.T", "None")), ("W", ("dW = x.T @ dout", "dW = None")), ("b", ("return dx, dW, db", "return dx, dW, None"))],
)
def test_none_is_refuted_and_the_others_keep_their_verdict(variable: str, change: tuple[str, str], run: bool) -> None:
    found = report(change, has_to_be_run=run)
    verdict = found.verdicts[variable]
    assert (verdict.status, verdict.message) == ("refuted", f"d{variable} is None: nothing is computed")
    rest = {n: s for n, s in statuses(found).items() if n != variable}
    right = "agrees" if run else "proved"
    assert rest == {"z itself": "proved", **{n: right for n in ("x", "W", "b") if n != variable}}
    assert not found.ok and found.exit_code == 1


@pytest.mark.parametrize("run", WAYS)
def test_a_wrong_gradient_beside_none_is_still_refuted(run: bool) -> None:
    found = report(("dout @ W.T", "None"), ("x.T @ dout", "2 * x.T @ dout"), has_to_be_run=run)
    assert found.verdicts["W"].status == "refuted" and found.verdicts["W"].witness is not None
    assert found.verdicts["x"].message == "dx is None: nothing is computed"
    assert found.verdicts["b"].holds


@pytest.mark.parametrize("run", WAYS)
def test_nothing_but_none_is_a_report_too(run: bool) -> None:
    found = report(("return dx, dW, db", "return None, None, None"), has_to_be_run=run)
    assert statuses(found) == {"z itself": "proved", "x": "refuted", "W": "refuted", "b": "refuted"}
    assert {v.message for n, v in found.verdicts.items() if n != "z itself"} == {f"d{n} is None: nothing is computed" for n in "xWb"}


def test_where_it_stands_is_told() -> None:
    assert report(("dout @ W.T", "None")).verdicts["x"].where == "line 6"


def test_a_forward_pass_that_is_none() -> None:
    found = report(("return x @ W + b, (x, W)", "return None, (x, W)"))
    assert found.verdicts["z itself"].message == "z is None: nothing is computed"
    assert statuses(found) == {"z itself": "refuted", "x": "proved", "W": "proved", "b": "proved"}


def test_entries_of_a_dict() -> None:
    found = check_code("linear", "def back(dz, x, W):\n    return {'W': None, 'x': dz @ W.T}\n", call="grads = back(dz, x, W)")
    assert statuses(found) == {"W": "refuted", "x": "proved"}
    assert found.verdicts["W"].message == "dW is None: nothing is computed"


def test_a_script_without_a_call() -> None:
    found = check_code("linear", "dW = None\ndx = dz @ W.T\n")
    assert statuses(found) == {"W": "refuted", "x": "proved"} and not found.ok


def test_none_that_is_overwritten_is_no_answer() -> None:
    found = report(("    dx = dout @ W.T\n", "    dx = None\n    dx = dout @ W.T\n"))
    assert set(statuses(found).values()) == {"proved"} and found.ok


def test_a_list_instead_of_an_array_is_left_open() -> None:
    found = report(("np.sum(dout, axis=0)", "[1, 2]"))
    assert (found.verdicts["b"].status, found.verdicts["b"].message) == ("undecided", "db is a list, not an array")
    assert statuses(found) == {"z itself": "proved", "x": "proved", "W": "proved", "b": "undecided"}
    assert not found.ok and found.exit_code != 0


@runs
def test_a_list_of_what_is_run_is_left_open() -> None:
    found = report(("np.sum(dout, axis=0)", "[1, 2]"), has_to_be_run=True)
    assert found.verdicts["b"].status == "undecided" and "of type list" in found.verdicts["b"].message
    assert not found.ok


@runs
def test_a_list_of_what_is_run_takes_nothing_from_the_others() -> None:
    found = report(("np.sum(dout, axis=0)", "[1, 2]"), has_to_be_run=True)
    assert found.verdicts["x"].status == found.verdicts["W"].status == "agrees"


# ---- pooling that has to be run ------------------------------------------------------------------------------------------

POOL = """\
import numpy as np
def forward(x, p, stride):
    N, C, H, W = x.shape
    h, w = 1 + (H - p) // stride, 1 + (W - p) // stride
    same = np.vectorize(lambda v: v)
    out = np.zeros((N, C, h, w))
    for i in range(h):
        for j in range(w):
            out[:, :, i, j] = same(x[:, :, i * stride:i * stride + p, j * stride:j * stride + p]).max(axis=(2, 3))
    return out, (x, p, stride)
def backward(dout, cache):
    x, p, stride = cache
    dx = np.zeros_like(x)
    N, C, h, w = dout.shape
    for n in range(N):
        for c in range(C):
            for i in range(h):
                for j in range(w):
                    window = x[n, c, i * stride:i * stride + p, j * stride:j * stride + p]
                    a, b = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * stride + a, j * stride + b] += dout[n, c, i, j]
    return dx
"""


def pooled(kernel: int, stride: int, right: str = "", wrong: str = "") -> Report:
    source = POOL.replace(right, wrong) if right else POOL
    assert source != POOL or not right
    call = f"out, cache = forward(x, {kernel}, {stride}); dx = backward(dout, cache)"
    return check_code(f"max_pool2d:kernel_size={kernel},stride={stride}", source, call=call)


@runs
@pytest.mark.parametrize("kernel", [2, 3])
def test_pooling_that_has_to_be_run_agrees_at_stride_2(kernel: int) -> None:
    found = pooled(kernel, 2)
    assert statuses(found) == {"y itself": "agrees", "x": "agrees"}
    assert any("was run" in n for n in found.verdicts["y itself"].notes)
    assert found.ok


@runs
@pytest.mark.parametrize(
    ("kernel", "change"),
    [(3, ("+= dout", "= dout")), (2, ("+= dout[n", "+= 2 * dout[n")), (2, ("i * stride + a, j", "i * stride + b, j"))],
)
def test_wrong_pooling_that_has_to_be_run_is_refuted(kernel: int, change: tuple[str, str]) -> None:
    assert statuses(pooled(kernel, 2, *change)) == {"y itself": "agrees", "x": "refuted"}


@runs
def test_assigning_where_windows_are_apart_is_right() -> None:
    assert pooled(2, 2, "+= dout", "= dout").ok
