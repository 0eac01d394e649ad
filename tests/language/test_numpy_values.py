"""Values of Python and NumPy: conditions, texts, copies, what is gone through once; pieces are read as NumPy computes them, or refused."""
# ruff: noqa: E501

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from numpy_pieces import compare

from symbackprop.language.numpy_source import Unreadable

SIDES = (
    "d = [1.0, 2.0]\nr = d.pop() if x.sum() > 1000 else 2.0\nreturn x*len(d)*r",
    "y = x.copy()\ndef g():\n    y[0] = 5\n    return 1\nr = g() if x.sum() > 1000 else 2\nreturn y*r",
    "y = x.copy()\ndef g():\n    y[0] = 5\n    return True\nr = (x.sum() > 1000) and g()\nreturn y*1",
    "y = x.copy()\ndef g(y):\n    y[0] = 5\n    return True\nr = (x.sum() > -1000) or g(y)\nreturn y*1",
    "y = x.copy()\ndef g():\n    y[0] = 5\n    return 1\nr = 0 < x.sum()-1000 < g()\nreturn y*1",
    "class A:\n    def __init__(self):\n        self.k = 1\n    def g(self):\n        self.k = 5\n        return 1\na = A()\nr = a.g() if x.sum() > 1000 else 2\nreturn x*a.k*r",
    "y = x.copy()\ndef g():\n    y[0] = 5\n    return 1\nr = 10 < 3 < g()\nreturn y*1",
    "d = {'a': 1}\nr = d.pop('a') if x.sum() > 1000 else 2\nreturn x*len(d)*r",
    "d = {'a': 1}\nr = d.setdefault('b', 3) if x.sum() > 1000 else 2\nreturn x*len(d)*r",
    "r = 3 if x.sum() > 1000 else 2\nreturn x*r",
    "n = 1\ndef g():\n    nonlocal n\n    n = 5\n    return 1\nr = g() if x.sum() > 1000 else 2\nreturn x*n",
    "class A:\n    def __init__(self):\n        self.k = 1\n    def g(self):\n        self.k = 5\n        return True\na = A()\nr = (x.sum() > 1000) and a.g()\nreturn x*a.k",
    "c = []\ndef g():\n    c.append(1)\n    return True\nr = (x.sum() > 1000) and g()\nreturn x*len(c)",
    "y = x.copy()\ndef g(v):\n    h = v*2\n    h[0] = 5\n    return h\nreturn g(x) if x.sum() > 1000 else y",
    "class A:\n    def __init__(self):\n        self.k = 1\na = A()\nreturn x*(a.k if x.sum() > 1000 else 3)",
    "m = (x.sum() > 1000)\nc = [1.0]\nif m and c.pop() > 0:\n    x = 2*x\nreturn x*len(c)",
    "if 0 < x.sum() < 5:\n    x = 2*x\nreturn x*1",
    "c = [1.0, 2.0]\nr = not (x.sum() > 1000 and c.pop() > 1)\nreturn x*len(c)",
    "it = zip([1, 2], [3, 4])\nreturn x",
    "class A:\n    def g(self):\n        self.h = x\n        return 1\na = A()\nr = a.g() if x.sum() > 1000 else 2\nreturn a.h*r",
)
"""What isn't taken of a ternary, an `and`, an `or` or a chain of comparisons does nothing."""

TWO = (
    "y = x.copy()\nz = y if x.sum() > 0 else x\nw = z[0]\nw += 1\nreturn y*1",
    "y = x.copy()\nz = y if x.sum() > 0 else x\nz.T[...] = 0\nreturn y*1",
    "def g(c, p, q):\n    if c:\n        return p\n    return q\ny = x.copy()\ng(x.sum() > 0, y, x)[0][:] = 3\nreturn y*1",
    "y = x.copy()\nz = y if x.sum() > 0 else x\nu = z.reshape(z.shape)\nu *= 2\nreturn y*1",
    "y = x.copy()\nz = np.asarray(y if x.sum() > 0 else x)\nz += 1\nreturn y*1",
    "y = x.copy()\nl = list(y if x.sum() > 0 else x)\nfor r in l:\n    r += 1\nreturn y*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z[0]\ny += 1\nreturn w*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z if x.sum() > -1 else 3*x\ny += 1\nreturn w",
    "v = x[0]\nz = v if x.sum() > 0 else 2*v\nv += 1\nreturn z*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z if x.sum() > -1 else 3*x\nu = w.T\ny += 1\nreturn u.T*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z if x.sum() > -1 else 3*x\nu = w[0]\nu += 1\nreturn y*1",
    "y = x.copy()\nv = y[0]\nz = v if x.sum() > 0 else 2*v\ny += 1\nreturn z*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z[0]\nreturn w*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z.T @ x\ny += 1\nreturn w*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nl = [r for r in z]\ny += 1\nreturn np.array(l)",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nl = []\nfor r in z:\n    l.append(r)\ny += 1\nreturn np.array(l)",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nfor r in z:\n    r += 1\nreturn y*1",
    "v = x[0]\nw = x[0]\nz = v if x.sum() > 0 else 2*v\nw += 1\nreturn z*1",
    "y = x.copy()\nz = np.squeeze(y)\nw = z if x.sum() > 0 else 2*x\nz += 1\nreturn w*1",
    "y = x.copy()\nif x.sum() > 0:\n    z = y\nelse:\n    z = 2*y\nu = z.ravel()\nu += 1\nreturn y*1",
    "y = x.copy()\nif x.sum() > 0:\n    z = y\nelse:\n    z = 2*y\nz.fill(0)\nreturn y*1",
    "y = x.copy()\nif x.sum() > 0:\n    z = y\nelse:\n    z = 2*y\nnp.add(z, 1, out=z.T.T)\nreturn y*1",
)
"""Views of one of two arrays."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("body", [*SIDES, *TWO])
def test_a_piece_is_read_right_or_refused(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        compare(body, tmp_path, monkeypatch)
    except Unreadable as refused:
        assert refused.message


READ = (
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z[0]\nreturn w*1",
    "y = x.copy()\nz = y if x.sum() > 0 else 2*x\nw = z.T @ x\ny += 1\nreturn w*1",
    "r = 3 if x.sum() > 1000 else 2\nreturn x*r",
    "y = x.copy()\ndef g(v):\n    h = v*2\n    h[0] = 5\n    return h\nreturn g(x) if x.sum() > 1000 else y",
    "class A:\n    def __init__(self):\n        self.k = 1\na = A()\nreturn x*(a.k if x.sum() > 1000 else 3)",
    "if 0 < x.sum() < 5:\n    x = 2*x\nreturn x*1",
)
"""Ordinary code beside it."""


@pytest.mark.parametrize("body", READ)
def test_what_is_ordinary_is_read(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(body, tmp_path, monkeypatch)
