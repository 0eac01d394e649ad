"""Turns of phrase in course solutions, one by one: what is read of them is what NumPy computes, or they are refused."""
# ruff: noqa: E501

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from test_numpy_semantics import compare

from symbackprop.language.numpy_source import Unreadable, read_source
from symbackprop.layers.shelf import named

LINEAR = named("linear")

READ = {
    "sum over a mask": "return np.sum(x[x > 0]) * x",
    "method over a mask": "return x[x > 0.2].sum() + x[x < 0].sum(axis=0) * W.sum()",
    "sum of what a mask selects, changed": "return (x[x > 0] ** 2 + 1).sum() * x",
    "sum of another array over a mask": "y = 3 * x\nreturn y[x > 0].sum() + np.sum(y[y < 0])",
    "sum over rows that a mask selects": "return x[x[:, 0] > 0].sum(axis=0)",
    "everything of rows that a mask selects": "return x[x[:, 0] > 0].sum() * x",
    "sum over an inverted mask": "m = x > 0\nreturn x[~m].sum() + x",
    "a range as places": "i = (range(x.shape[0]), 0)\ny = x.copy()\ny[i] = 7\nreturn y",
    "a range as rows": "return x[range(x.shape[0])] + x[list(range(1))]",
    "a range as columns": "y = x.copy()\ny[:, range(x.shape[1])] *= 2\nreturn y",
    "places in a tuple of arrays": "i = (np.arange(x.shape[0]), np.zeros(x.shape[0], dtype=int))\nreturn x[i]",
    "divmod of numbers": "a, b = divmod(7, 3)\nc, d = divmod(-7, 3)\nreturn x*(1000*a + 100*b + 10*c + d)",
    "divmod of the place of a maximum": "y = np.zeros_like(x)\na, b = divmod(np.argmax(x), x.shape[1])\ny[a, b] = 5\nreturn y",
    "floor and rest of a place": "y = np.zeros((2, 2))\nk = np.argmax(np.array([[x[0, 0], b[0]], [W[0, 0], 0.1]]))\ny[k // 2, k % 2] = 5\nreturn y",
    "floor and rest in a window of three": "y = np.zeros((2, 3))\nk = np.array([[x[0, 0], b[0], 0.2], [W[0, 0], 0.1, 0.3]]).argmax()\ny[k // 3, k % 3] += 5\nreturn y",
    "np.shape": "return x * np.shape(x)[0] + np.shape(x)[1] - np.shape(x)[-1] * len(np.shape(x))",
    "np.shape of a number": "return x + len(np.shape(3.0))",
    "reduce": "from functools import reduce\nreturn reduce(lambda a, c: 2*a - c, [x, 3*x, 5.0], 1)",
    "reduce of one": "from functools import reduce\nreturn reduce(lambda a, c: a*0, [x])",
    "insert at the front": "c = []\nc.insert(0, x)\nc.insert(0, 2*x)\nreturn c[0] - 10*c[1]",
    "rows in front, backwards": "c = []\nfor i in reversed(range(len(x))):\n    c.insert(0, x[i]*i)\nreturn np.array(c)",
    "rows in front, forwards": "c = []\nfor i in range(len(x)):\n    c.insert(0, x[i]*i)\nreturn np.array(c)",
    "rows behind, backwards": "c = []\nfor i in range(len(x) - 1, -1, -1):\n    c.append(x[i]*i)\nreturn np.stack(c)",
    "choose": "k = np.arange(x.shape[0]) * 0\nreturn np.choose(k, x.T) * 1.0",
    "array_split": "a, c = np.array_split(np.hstack((x, 2*x)), 2, axis=1)\nreturn 10*a + c",
    "a number that becomes an array": "s = 0\nfor row in x:\n    s = s*0.5 + row\nreturn s",
    "a number that becomes an array in place": "s = 0\nfor row in x:\n    s += row\nreturn s",
    "enumerate": "y = np.zeros_like(x)\nfor i, row in enumerate(x):\n    y[i] = i*row\nreturn y",
    "enumerate from one": "y = np.zeros_like(x)\nfor i, r in enumerate(range(x.shape[0]), 1):\n    y[r] = i*x[r]\nreturn y",
    "enumerate a range of numbers": "s = 0\nfor i, r in enumerate(range(3, 12, 4)):\n    s = s + 10**i*r\nreturn x*s",
}

EITHER = {
    "insert elsewhere": "c = [x, 2*x]\nc.insert(1, 5*x)\nreturn c[0] + 10*c[1] + 100*c[2]",
    "mean over a mask": "return x[x > 0].mean() * x",
    "how many a mask selects": "return len(x[x > 0]) * x",
    "sum over a mask, its axis kept": "return x[x > 0].sum(keepdims=True) + x",
    "sum over a mask along another axis": "return x[x[:, 0] > 0].sum(axis=1)",
    "sum over a mask of an array changed since": "v = x[x > 0]\nx[:] = 0\nreturn v.sum() + x",
    "product over a mask": "return np.prod(x[x > 0]) * x",
    "two masks": "return (x[x > 0] + x[x > 0.5]).sum() * x",
    "a mask of whole numbers": "m = (x > 0).astype(int)\nreturn x[m].sum() * 1.0",
    "divmod by a float": "a, c = divmod(7.5, 2)\nreturn x*(10*a + c)",
    "divmod of an array": "a, c = divmod(x, 0.25)\nreturn a + 10*c",
    "floor by another number than the width": "y = np.zeros((2, 3))\nk = np.array([[x[0, 0], b[0], 0.2], [W[0, 0], 0.1, 0.3]]).argmax()\ny[k // 3, k % 2] += 5\nreturn y",
    "the width of another window": "y = np.zeros((3, 3))\nk = np.array([[x[0, 0], b[0], 0.2], [W[0, 0], 0.1, 0.3]]).argmax()\ny[k // 2, k % 2] += 5\nreturn y",
    "reshape in Fortran's order": "return np.reshape(x, (x.shape[1], x.shape[0]), order='F')",
    "choose from a list": "return np.choose(np.array([1, 0]), [x[0, :2], x[1, :2]])",
    "choose with a mode": "return np.choose(np.array([5, 0]), x[:2, :2], mode='wrap') * 1.0",
    "insert at the end": "c = [x]\nc.insert(-1, 2*x)\nc.insert(len(c), 3*x)\nreturn c[0] + 10*c[1] + 100*c[2]",
    "insert at a place in a loop": "c = []\nfor i in range(len(x)):\n    c.insert(i, x[i])\nreturn np.array(c)",
    "insert at one in a loop": "c = []\nfor i in range(len(x)):\n    c.insert(1, x[i])\nreturn np.array(c)",
    "both ends": "c = []\nfor row in x:\n    c.append(row)\n    c.insert(0, 2*row)\nreturn np.array(c)",
    "in front under a condition": "c = []\nfor i in range(len(x)):\n    if i > 0:\n        c.insert(0, x[i])\nreturn np.array(c)",
    "the first of what is inserted": "c = [x[0]]\nfor row in x:\n    c.insert(0, c[0] + row)\nreturn c[0]",
    "array_split in unequal parts": "a, c = np.array_split(np.ones(3), 2)\nreturn x * (10*len(a) + len(c))",
    "enumerate backwards": "y = np.zeros_like(x)\nfor i, r in enumerate(reversed(range(len(x)))):\n    y[r] = i*x[r]\nreturn y",
    "reduce over rows": "from functools import reduce\nreturn reduce(lambda a, r: a*0.5 + r, x)",
    "reduce of nothing": "from functools import reduce\nreturn x + reduce(lambda a, c: a + c, [], 3)",
    "np.shape by name": "s = np.shape(x)\nreturn x * s[0] ** s[1]",
}
"""These are read right or refused."""

MISREAD = {
    "enumerate from the second": "y = np.zeros_like(x)\nfor i, r in enumerate(range(1, x.shape[0])):\n    y[i] = x[r]\nreturn y",
    "how often, in steps": "s = np.zeros(2*x.shape[0])\nfor i, r in enumerate(range(0, 2*x.shape[0], 2)):\n    s[r] = i + 1\nreturn s",
    "enumerate in steps from five": "s = np.zeros(3*x.shape[0])\nfor i, r in enumerate(range(1, 3*x.shape[0], 3), 5):\n    s[r] = i\nreturn s",
}


LEAKED = {
    "rows in front, one by one": "c = []\nfor row in x:\n    c.insert(0, 2*row)\ns = 0\nfor a in c:\n    s = s*0.5 + a\nreturn s",
    "rows in front of rows": "c = []\nfor row in x:\n    c.insert(0, 2*row)\ns = 0\nfor a, r in zip(c, x):\n    s = s + a*r\nreturn s",
}


@pytest.mark.parametrize("name", READ)
def test_is_read_right(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(READ[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", EITHER)
def test_is_read_right_or_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    either(EITHER[name], tmp_path, monkeypatch)


def either(body: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        compare(body, folder, monkeypatch)
    except Unreadable as refused:
        assert refused.message


@pytest.mark.parametrize("name", MISREAD)
def test_enumerate_counts_the_turns(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    either(MISREAD[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", LEAKED)
def test_a_list_that_was_filled_in_front_is_gone_through(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(LEAKED[name], tmp_path, monkeypatch)


def read(body: str) -> str:
    return str(read_source(f"import numpy as np\ndef f(x, W, b):\n    {body}\n", "out = f(x, W, b)", LINEAR).inlined("out"))


def test_newshape_is_the_shape() -> None:
    # An argument that newer versions of NumPy have no more.
    assert read("return np.reshape(x, newshape=x.shape)") == read("return np.reshape(x, x.shape)") == "x[n, d]"
    assert read("return np.reshape(b, newshape=(1, -1))[0]") == "b[h]"


@pytest.mark.parametrize("body", ["np.reshape(x, x.shape, newshape=x.shape)", "np.reshape(x, x.shape, order='F')", "np.reshape(x, newshape=(3, 5))"])
def test_other_reshapes_are_refused(body: str) -> None:
    with pytest.raises(Unreadable):
        read(f"return {body}")


@pytest.mark.parametrize("body", ["np.choose(np.array([9, 9]), np.ones((2, 2)))", "divmod(x, 0)", "reduce(lambda a, c: a, [])", "np.sum(x[x > 0][3])"])
def test_what_python_refuses_is_not_read(body: str) -> None:
    with pytest.raises(Unreadable):
        read(f"return {body}")
