"""Where is written and read, and what isn't defined there: pieces are read as NumPy computes them, or refused."""
# ruff: noqa: E501

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from numpy_pieces import compare

from symbackprop.language.numpy_source import Unreadable

GAPS = (
    "y = np.zeros_like(x)\ny[x > 0] = np.sqrt(x[x > 0])\nreturn y",
    "y = np.zeros_like(x)\ny[x > 0] += np.sqrt(x[x > 0])\nreturn y",
    "return np.sqrt(x[x > 0]).sum()*x",
    "y = np.zeros(len(x))\nfor i in range(len(x)):\n    if x[i, 0] > 0:\n        y[i] = np.sqrt(x[i, 0])\nreturn y",
    "y = np.zeros(len(x))\nfor i in range(len(x)):\n    if x[i, 0] > 0:\n        y[i] = x[i, 0]**1.5\nreturn y",
    "y = np.zeros(len(x))\ny[1:] = np.sqrt(np.arange(len(x) - 1))\nreturn y",
    "y = np.zeros(len(x))\ny[1:] += np.sqrt(np.arange(len(x) - 1))\nreturn y",
    "y = np.zeros(3)\nif x.sum() > 0:\n    y[0] = np.log(x.sum())\nreturn y",
    "s = x.sum(axis=1)\nm = s > 0\nz = np.zeros_like(s)\nz[m] = np.log(s[m])\nreturn z",
    "s = x.sum(axis=1)\nm = s > 0\nz = np.zeros_like(s)\nz[m] += np.log(s[m])\nreturn z",
    "s = x.sum(axis=1)\nm = s > 0\nz = np.ones_like(s)\nz[m] = np.log(s[m])\nreturn z",
    "return np.cumsum(np.sqrt(x[0]))",
    "y = np.zeros(len(x))\nfor i in range(len(x)):\n    if x[i, 0] > 0:\n        y[i] = np.sqrt(x[i, 0])\n    else:\n        y[i] = np.sqrt(-x[i, 0])\nreturn y",
    "s = 0.0\nfor r in x:\n    if r[0] > 0:\n        l = np.log(r[0])*r[0] + W[0,0]*r[0]\n        s += l\nreturn s*x",
    "s = 0.0\nfor r in x:\n    if r[0] > 0:\n        l = np.log(r[0])*r[0] + W[0,0]*r[0]\n        s = s + l\nreturn s*x",
    "s = 0.0\nfor r in x:\n    if r[0] > 0:\n        l = np.sqrt(r[0])*r[0] + W[0,0]*r[0]\n        s += l\nreturn s*x",
    "s = 0.0\nfor r in x:\n    if r[0] <= 0:\n        continue\n    l = np.log(r[0])*r[0] + W[0,0]*r[0]\n    s += l\nreturn s*x",
    "s = 0.0\nfor r in x:\n    u = (r > 0).sum()*1.0\n    if u > 0:\n        l = r[0]/u + W[0,0]*r[0]\n        s += l\nreturn s*x",
    "s = 0.0\nfor r in x:\n    u = (r > 0).sum()*1.0\n    if u > 0:\n        s += r[0]/u + W[0,0]*r[0]\nreturn s*x",
    "y = np.zeros(len(x))\nfor i in range(len(x)):\n    r = x[i]\n    if r[0] > 0:\n        l = np.log(r[0])*r[0] + W[0,0]*r[0]\n        y[i] = l\nreturn y",
    "y = np.zeros(len(x))\nfor i in range(len(x)):\n    r = x[i]\n    if r[0] > 0:\n        l = np.log(r[0])*r[0] + W[0,0]*r[0]\n        y[i] += l\nreturn y",
    "y = np.ones_like(x)\nif x[0,0] > 1000:\n    v = np.log(-x**2)*x + W[0,0]*x\n    y += v\nreturn y",
    "y = np.ones_like(x)\nif x[0,0] > 1000:\n    v = np.log(-x**2)*x + W[0,0]*x\n    u = np.tanh(v) + x*x*x + b[0]*3\n    y += u\nreturn y",
    "m = x > 0\nl = np.log(x)*x + W[0,0]*x\ny = np.zeros_like(x)\ny[m] = l[m]\nreturn y",
    "m = x > 0\nl = np.log(x)*x + W[0,0]*x\ny = np.zeros_like(x)\ny[m] += l[m]\nreturn y",
    "l = np.log(x)*x + W[0,0]*x\nreturn np.cumsum(l, axis=1)",
    "l = np.log(x)*x + W[0,0]*x\nreturn np.concatenate([l, x], axis=1)",
    "l = np.log(x)*x + W[0,0]*x\nreturn np.pad(l, 1)",
    "l = np.log(x[0])*x[0] + W[0,0]*x[0]\nreturn np.diag(l)",
    "l = np.log(x)*x + W[0,0]*x\ny = np.zeros_like(x)\ny[1:] = l[:-1]\nreturn y",
    "l = np.log(x)*x + W[0,0]*x\ny = np.zeros_like(x)\ny[1:] += l[:-1]\nreturn y",
    "l = np.log(x)*x + W[0,0]*x\ny = np.zeros((len(x), 2, x.shape[1]))\ny[:, 0] = l\ny[:, 1] += l\nreturn y",
)
"""Values that aren't defined where a condition doesn't hold, by themselves or behind a name: nothing is written there."""

PLACES = (
    "v = np.arange(6)*1.0\na, c = np.split(v, [2])\nreturn a",
    "y = np.concatenate([x, x], axis=1)\na, c = np.split(y, [2], axis=1)\nreturn a",
    "T = np.stack([x, 2*x])\nk = np.arange(len(x))\nreturn T[0, k]",
    "k = np.arange(len(x))\ny = x.copy()\ny[k, 0] += 1\nreturn y",
    "T = np.stack([x, 2*x], axis=1)\nk = np.arange(len(x))\nreturn T[k, 0, :]",
    "y = x.sum(axis=1, keepdims=True)\ny[:, 1:] = 0\nreturn y",
    "y = np.zeros((1, 3))\ny[1:] = 1\nreturn y",
    "y = np.zeros((1, 3))\ny[0:0] += 1\nreturn y",
    "y = x[:1].copy()\ny[1:] = 5\nreturn y",
    "A = x.copy()\nv = A[None]\nv[1:] = 5\nreturn A",
    "y = np.zeros(3)\ny[np.zeros(0, dtype=int)] += 1\nreturn y",
    "y = np.zeros(3)\ny[3:] += 1\nreturn y",
    "y = np.zeros(3)\ny[3::2] = 1\nreturn y",
    "y = np.zeros((1, 3))\ny[1::2] = 1\nreturn y",
    "y = np.zeros((1, 3))\ny[::2] = 1\nreturn y",
    "y = np.zeros((1, 3))\ny[::-1] += x[0,0]\nreturn y",
    "A = x.copy()\nv = A[None]\nv[0:0] = 5\nreturn A",
    "A = x.copy()\nv = A[None]\nv[::2] = 5\nreturn A",
    "A = x.copy()\nv = A[None]\nv[-1:] = 5\nreturn A",
    "A = x.copy()\nv = A[None]\nv[:-1] = 5\nreturn A",
    "A = x.copy()\nv = A[None]\nw = v[1:]\nw[:] = 5\nreturn A",
    "A = x.copy()\nv = A[None]\nw = v[1:]\nw += 5\nreturn A",
    "y = x.sum(axis=1, keepdims=True)\ny[:, :0] *= 7\nreturn y",
    "y = np.ones((1, 3))\ny[1:] *= 7\nreturn y",
    "y = np.ones((1, 3))\ny[1:, 0] = 7\nreturn y",
    "y = np.ones((1, 3))\nfor i in range(3):\n    y[1:, i] += 7\nreturn y",
    "y = np.ones((1, 3))\ny[1:][0:0] = 7\nreturn y",
    "y = x[:1].copy()\nv = y[1:]\nv[...] = 3\nreturn y",
    "y = np.ones((1, 3))\ny[::-1][1:] = 7\nreturn y",
    "y = np.zeros(3)\nnp.add.at(y, np.zeros(0, dtype=int), 1)\nreturn y",
    "y = np.zeros(3)\ny[np.zeros(0, dtype=int)] = 1\nreturn y",
    "y = np.zeros(3)\ny[np.arange(0)] += 1\nreturn y",
    "y = np.zeros(3)\ny[np.zeros(1, dtype=int)] += 1\nreturn y",
    "y = np.zeros(3)\ny[np.zeros(2, dtype=int)] += 1\nreturn y",
    "y = np.ones((1, 3))\nreturn y[1:].sum(axis=0)*x[0, 0]",
    "y = np.ones((1, 3))\ny[1:] = y[1:]*2 + 1\nreturn y",
    "return x[0, ..., 1:]",
    "T = np.stack([x, 2*x])\nreturn T[np.arange(2), :, 0]",
    "T = np.stack([x, 2*x])\nreturn T[np.arange(2), :, np.zeros(2, dtype=int)]",
    "T = np.stack([x, 2*x])\nT[np.arange(2), :, 0] = 1\nreturn T",
)
"""Where is written and read: places beside slices, empty parts, axes of size 1, parts at given places."""

PLACES_OR_REFUSED = (
    "T = np.stack([x, 2*x])\nreturn T[0, :, np.arange(x.shape[1])]",
    "T = np.stack([x, 2*x])\nk = np.arange(len(x))\nreturn T[:, k, :, 0]",
    "T = np.zeros((2, len(x), 3, 2)) + x[:, :1, None]\nk = np.arange(len(x))\nreturn T[:, k, :, 0]",
    "T = np.stack([x, 2*x])\nk = np.arange(x.shape[1])\nreturn T[0, ..., k]",
    "k = np.arange(x.shape[1])\nreturn x[0, None, k]",
    "T = np.stack([x, 2*x])\nk = np.arange(x.shape[1])\nT[0, :, k] += x\nreturn T",
    "y = np.ones((1, 3))\ny[1:, [0, 1]] = 7\nreturn y",
    "A = np.arange(24).reshape(2, 3, 4)*1.0\nreturn A[None, 0, ..., 2 - np.arange(3), np.arange(3) + 1]*1.0",
    "return x[0, ..., np.arange(x.shape[1])]",
    "T = np.stack([x, 2*x], axis=1)\nfor i in range(len(x)):\n    T[i, :, np.arange(x.shape[1])] += 1\nreturn T",
    "T = np.stack([x, 2*x], axis=1)\ns = 0\nfor i in range(len(x)):\n    s = s + T[i, :, np.arange(x.shape[1])]\nreturn s",
)
"""Of these, what may be refused."""

JOINED = (
    "y = x.reshape(-1)\nk = np.arange(1, x.size + 1)\nreturn (y*k).sum()*x",
    "return np.diag(x.ravel()).sum(axis=0).reshape(x.shape)",
    "s = x.reshape(-1, 1)\nJ = np.diagflat(s) - s @ s.T\nreturn (J @ s).reshape(x.shape)",
    "y = x.reshape(-1)\nk = np.arange(1, x.size + 1)\nreturn (y*k).reshape(x.shape)",
    "y = x.reshape(-1)\nk = np.arange(x.size)\nreturn (y*k).reshape(x.shape)",
    "return np.diag(x[:1, 0])",
    "return np.diag(np.ones(1))*x[0,0]",
    "return np.diagflat(x[0, 0])",
    "return np.diagflat(x[:1])[0]",
    "p = x.reshape(-1, 1)\nreturn (np.diagflat(p) - np.dot(p, p.T)).sum()*x",
    "p = np.exp(x)/np.exp(x).sum(axis=1, keepdims=True)\nout = np.zeros_like(x)\nfor i in range(len(x)):\n    s = p[i].reshape(-1, 1)\n    J = np.diagflat(s) - s @ s.T\n    out[i] = J @ x[i]\nreturn out",
)
"""Counts and diagonals along an axis that reshape joined."""

JOINED_OR_REFUSED = (
    "y = x.reshape(-1)\nk = np.arange(1, x.size)\nreturn (y[1:]*k).sum()*x",
    "y = x.reshape(-1)\nk = np.arange(1, x.size + 1)\nreturn y[k - 1].reshape(x.shape)",
)
"""Of these, what may be refused."""

KINDS = (
    "s = 0\nif x[0,0] > 0:\n    s = x[0,0]\nreturn s*x",
    "c = (x.sum() > 0)[None]\nreturn (c + c)*1.0",
)
"""One array or another of another kind, and what keeps its kind."""

KINDS_OR_REFUSED = (
    "y = x > 0\nif x[0,-1] > 0:\n    y = y*1\nreturn (y + y)*1.0",
    "y = (x > 0) if x[0,0] < 0.1 else x\nreturn y + y",
    "z = np.array([1, 2])\nif x[0,0] < 0.1:\n    z = np.array([1., 2.])\nw = np.ones_like(z)\nw[0] = 0.5\nreturn w",
    "y = x[0,0] > 0\nif x[0,1] > 0:\n    y = 1\nreturn x*(y + y)",
)
"""Of these, what may be refused."""

ARGUMENTS = (
    "return x[slice(1, None)]*1.0",
    "return x[slice(None, 1)]*1.0",
    "return x[slice(1)]*1.0",
    "return x[slice(None)]*1.0",
    "return x[:, slice(0, None, 2)]*1.0",
    "return x[slice(0, 1, None)]*1.0",
    "y = np.zeros(x.shape[1])\nnp.sum(x, axis=0, out=y)\nreturn y",
    "return np.broadcast_to(x[0], x.shape)*1.0",
    "k = np.argmax(x, axis=1)\ny = np.zeros_like(x)\ny[np.arange(len(x)), k] = 1\nreturn y",
    "y = np.zeros_like(x)\nk = np.argmax(x, axis=1).astype(int)\ny[np.arange(len(x)), k] = 1\nreturn y",
    "return np.linalg.norm(x, axis=(0, 1))*x",
    "return np.linalg.norm(x, 2, axis=1)",
    "return np.tensordot(x, x, 2)*x",
    "return np.pad(x, (1, 2))",
    "return np.pad(x, (1,))",
    "return np.pad(x, 1)",
    "return np.pad(x, ((1, 2),))",
    "return np.pad(x, ((1, 2), (0, 0)))",
    "return np.pad(x, ((1,), (0,)))",
    "return np.tile(b, (len(x), 1))",
    "return np.ones((2, 2), int)*1.0",
    "k = np.argmax(x, axis=1)\ny = np.zeros((len(x), x.shape[1] + 1))\ny[np.arange(len(x)), k] = 1\nreturn y",
    "k = np.argmax(x[:, 1:], axis=1)\ny = np.zeros_like(x)\ny[np.arange(len(x)), k] = 1\nreturn y",
    "k = x.argmax(axis=0)\ny = np.zeros_like(x)\ny[k, np.arange(x.shape[1])] += 1\nreturn y",
    "k = np.argmax(x.reshape(len(x), -1), axis=1)\ny = np.zeros_like(x)\ny[np.arange(len(x)), k] = 1\nreturn y",
    "k = np.argmin(x, axis=1)\ny = np.zeros_like(x)\ny[range(len(x)), k] = x.min(axis=1)\nreturn y",
    "a, c, d = np.split(np.arange(6)*1.0, [2, 3])\nreturn c + d",
    "a, c = np.split(x, [1], axis=1)\nreturn a",
    "a, c = np.split(x, [1])\nreturn c",
    "y = np.concatenate([x, x, x], axis=1)\nD = x.shape[1]\na, c, d = np.split(y, [D, 2*D], axis=1)\nreturn c",
    "a, c = np.split(np.arange(6)*1.0, [-2])\nreturn a",
    "a, c, d = np.split(np.arange(6)*1.0, [4, 2])\nreturn c",
    "a = np.split(x, [])\nreturn a[0]",
    "return np.tile(b[:1], (2, 1))",
    "return np.tile(b, (len(x), 1)) + x @ W",
    "y = np.zeros_like(x)\nnp.maximum(x, 0, out=y)\nreturn y",
    "y = np.zeros((len(x), W.shape[1]))\nnp.dot(x, W, out=y)\nreturn y",
    "y = np.zeros((len(x), 1))\nnp.sum(x, axis=1, keepdims=True, out=y)\nreturn y",
    "return np.pad(x[None], ((0, 0), (1, 1), (2, 2)))",
    "return np.pad(x, [(1, 1), (2, 2)])",
    "return np.pad(x, [1, 2])",
    "return np.zeros((3,), int)*1.0",
    "return np.zeros(3, dtype=float)",
    "return np.zeros([2, 3])",
    "return np.zeros(3, float)",
    "return np.zeros(3, x.dtype)",
    "return np.zeros(x.shape, np.float32)",
    "return np.full((2, 2), x[0,0])",
    "return np.zeros(3, 'float')",
)
"""Arguments that NumPy takes, takes for others or doesn't take."""

ARGUMENTS_OR_REFUSED = (
    "y = np.zeros_like(x)\nnp.sum(x, axis=0, out=y)\nreturn y",
    "y = np.zeros_like(x)\nnp.max(x, axis=0, out=y)\nreturn y",
    "y = np.zeros_like(x)\nnp.mean(x, axis=0, out=y)\nreturn y",
    "y = np.zeros((3, len(x), 2))\nnp.dot(x, W, out=y)\nreturn y",
    "y = np.zeros((3, x.shape[1]))\nnp.cumsum(x[0], out=y)\nreturn y",
    "y = np.zeros((len(x), 2))\nnp.dot(x, W, out=y)\nreturn y",
    "y = np.zeros_like(x)\nnp.exp(x[0], out=y)\nreturn y",
    "return np.broadcast_to(x, (1, x.shape[1]))*1.0",
    "return np.broadcast_to(x, (x.shape[1],))*1.0",
    "k = np.argmax(x, axis=1)\ny = np.zeros((len(x), len(b)))\ny[np.arange(len(x)), k] = 1\nreturn y",
    "k = np.argmax(x, axis=1)\nreturn W[k]",
    "k = np.argmax(x, axis=1)\nreturn b[k]",
    "y = np.zeros_like(x)\nk = np.argmax(x, axis=1).astype(float)\ny[np.arange(len(x)), k] = 1\nreturn y",
    "return np.linalg.norm(x, 2, axis=(0, 1))*x",
    "return np.linalg.norm(x[None], axis=(0, 1, 2))*x",
    "s = 0.0\nfor i in range(min(0, len(x) - 5)):\n    s += 1\nreturn s*x",
    "return np.zeros(min(-1, len(x)))",
    "return np.tensordot(x[:, 0], x @ x.T, 2)",
    "return np.tensordot(x[:, 0], x @ x.T)",
    "return np.tensordot(x @ x.T, x @ x.T, ([0, 0], [0, 1]))",
    "return np.pad(x[None], (1, 2, 3))",
    "return np.ones(len(x), x.shape[1])",
    "return np.ones((2, 2), 3)",
    "return np.tile(b, len(x), 1)",
    "return np.ones_like(x[x > 0]).mean()*x",
    "return x[x > 0].mean()*x",
    "k = x.argmax(0)\ny = np.zeros_like(x)\nfor j in range(x.shape[1]):\n    y[k[j], j] += 1\nreturn y",
    "k = np.argmax(x, axis=1)\nj = k\ny = np.zeros((len(x), 7))\ny[np.arange(len(x)), j] = 1\nreturn y",
    "y = np.concatenate([x, x, x], axis=1)\nD = x.shape[1]\na, c, d = np.split(y, (D, 2*D), axis=1)\nc *= 2\nreturn y",
    "a, c = np.split(x, [10])\nreturn a",
    "return np.tile(b, 2)",
    "y = np.zeros(len(x))\nnp.sum(x, axis=1, keepdims=True, out=y)\nreturn y",
    "return np.pad(x[0], (1, 2, 3))",
    "return np.pad(x, (1, 2, 3))",
    "return np.pad(x, ((1, 2, 3), (0, 0)))",
    "return np.empty(3, 4)",
    "for i in range(max(0, len(x) - 1)):\n    x = x*1.0\nreturn x",
    "y = np.zeros(max(1, len(x)))\nreturn y",
    "y = np.zeros(len(x) + 1)\ny[min(1, len(x))] = 2\nreturn y",
    "y = np.zeros((len(x), 2))\nfor i in range(min(2, len(x))):\n    y[i, i] += 1\nreturn y",
    "y = np.zeros(2)\ny[min(2, len(x)) - 1] += 1\nreturn y",
    "y = np.zeros(min(2, len(x)) - 2 + 1)\nreturn y",
    "s = 0\nfor i in range(min(2, len(x)) - 1):\n    s = s + x[i]*0 + 1\nreturn s",
    "y = np.zeros(max(2, len(x)) - 2)\nreturn y",
    "return x[:min(2, len(x))]",
)
"""Of these, what may be refused."""


@pytest.mark.parametrize("body", [*GAPS, *PLACES, *JOINED, *KINDS, *ARGUMENTS])
def test_a_piece_is_read_right(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(body, tmp_path, monkeypatch)


@pytest.mark.parametrize("body", [*PLACES_OR_REFUSED, *JOINED_OR_REFUSED, *KINDS_OR_REFUSED, *ARGUMENTS_OR_REFUSED])
def test_a_piece_is_read_right_or_refused(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        compare(body, tmp_path, monkeypatch)
    except Unreadable as refused:
        assert refused.message


def test_a_place_that_is_off_its_axis_at_some_sizes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "y = np.zeros(x.size)\nn, d = x.shape\nfor i in range(n):\n    y[(d - 2)*(n - 1 - i)] += i + 1\nreturn y"  # at D = 1
    with pytest.raises(Unreadable, match="isn't known"):
        compare(body, tmp_path, monkeypatch)
