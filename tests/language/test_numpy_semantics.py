"""Small pieces of NumPy code with pitfalls: what is read of them is what NumPy computes, or they are refused."""
# ruff: noqa: E501

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from numpy_pieces import compare

from symbackprop.language.numpy_source import Unreadable, read_source
from symbackprop.layers.shelf import named

READ = {
    "alias": "y = x\ny += 1\nreturn x",
    "rebound": "y = x\ny = y + 1\nreturn x",
    "sum into an alias": "a = x.copy()\nc = a\nfor i in range(len(W)):\n    a = a + W[i, 0]\nreturn c + 2*a",
    "added into an alias": "a = x.copy()\nc = a\nfor i in range(len(W)):\n    a += W[i, 0]\nreturn c + 2*a",
    "view written": "y = x[0]\ny[:] = 0\nreturn x",
    "view added to": "y = x[:, 1:]\ny += 1\nreturn x",
    "view of a view": "y = x[0:]\nz = y[:, 0]\nz *= 3\nreturn x + y.sum()",
    "view read after its array": "y = x[0].copy()\nx[0] = 0\nreturn y + x.sum()",
    "window of a window": "dx = np.zeros_like(x)\nfor i in range(x.shape[0]):\n    row = dx[i]\n    row[1:] += x[i, :-1]\nreturn dx",
    "mask of values": "y = np.zeros_like(x)\ny[x > 0] = x[x > 0]\nreturn y",
    "mask computed with": "y = x.copy()\ny[x > 0.1] = np.exp(-x[x > 0.1]) * 2\nreturn y",
    "mask multiplied": "y = x.copy()\ny[y < 0] *= y[y < 0]\nreturn y",
    "mask of rows": "y = x.copy()\ny[x[:, 0] > 0] = x[x[:, 0] > 0] + 1\nreturn y",
    "where as a subscript": "y = x.copy()\ny[np.where(x > 0)] = 7\nreturn y",
    "mask taken before a change": "m = x > 0\ny = x\ny -= 5\ny[m] = 1\nreturn y",
    "branch": "if x.sum() > 0:\n    y = x\nelse:\n    y = -x\nreturn y * 2",
    "branches that return": "if x.sum() > 0:\n    return x\nreturn -x",
    "branch in place": "y = x.copy()\nif x.sum() > 0:\n    y *= 2\nreturn y",
    "branch adding": "s = 0.0\nfor i in range(x.shape[0]):\n    for j in range(x.shape[1]):\n        if x[i, j] > 0:\n            s += x[i, j]\n        else:\n            s -= 2*x[i, j]\nreturn s",
    "continue": "s = np.zeros(x.shape[1])\nfor i in range(x.shape[0]):\n    if x[i, 0] < 0:\n        continue\n    s += x[i]\nreturn s",
    "continue twice": "s = 0.0\nfor i in range(x.shape[0]):\n    if x[i, 0] < 0:\n        continue\n    if x[i, -1] < 0:\n        s += 1\n        continue\n    s += 10\nreturn s",
    "not and or": "s = 0.0\nfor i in range(x.shape[0]):\n    if not x[i, 0] > 0 and (x[i, -1] > 0 or x[i].sum() > 0):\n        s += 1\nreturn s",
    "logarithm under a condition": "s = 0.0\nfor i in range(x.shape[0]):\n    for j in range(x.shape[1]):\n        if x[i, j] > 0:\n            s += np.log(x[i, j])\nreturn s",
    "root under a condition": "s = 0.0\nfor i in range(x.shape[0]):\n    v = x[i, 0]\n    if v > 0:\n        r = np.sqrt(v)\n        q = 1/r\n        s += q\nreturn s",
    "running sum": "y = np.zeros_like(x)\ny[0] = x[0]\nfor i in range(1, x.shape[0]):\n    y[i] = y[i-1] + x[i]\nreturn y",
    "running sum in place": "y = x.copy()\nfor i in range(1, x.shape[0]):\n    y[i] += y[i-1]\nreturn y",
    "running product": "p = 1.0\nfor i in range(x.shape[0]):\n    p = p * x[i, 0]\nreturn p",
    "running maximum": "m = x[0, 0]\nfor i in range(x.shape[0]):\n    if x[i, 0] > m:\n        m = x[i, 0]\nreturn m",
    "the row before": "y = np.zeros_like(x)\nfor i in range(x.shape[0]):\n    y[i] = np.tanh(x[i] + y[i-1])\nreturn y",
    "the row after": "y = np.zeros((x.shape[0] + 1, x.shape[1]))\nfor i in reversed(range(x.shape[0])):\n    y[i] = np.tanh(x[i] + y[i+1])\nreturn y",
    "states in a dict": "h = {}\nh[-1] = x[0]\nfor i in range(x.shape[0]):\n    h[i] = np.tanh(x[i] + h[i-1])\nreturn h[0] + h[x.shape[0] - 1]",
    "rows in a dict": "c = {}\nfor i in range(x.shape[0]):\n    c[i] = 2*x[i]\ns = 0\nfor i in range(x.shape[0]):\n    s = s + c[i]\nreturn s",
    "rows in a list": "c = []\nfor i in range(x.shape[0]):\n    c.append(2*x[i])\nreturn np.array(c) + np.stack(c)",
    "rows in a list backwards": "c = []\nfor row in x:\n    c.append((row, 2*row))\ns = 0\nfor a, d in reversed(c):\n    s = s + a*d\nreturn s",
    "places of a list": "c = [None]*x.shape[0]\nfor i in range(x.shape[0]):\n    c[i] = x[i]*2\nreturn sum(c)",
    "list comprehension": "return np.array([row*row.sum() for row in x])",
    "sum of a generator": "return sum(row[0]*2 for row in x)",
    "zip and enumerate": "s = np.zeros(x.shape[1])\nfor k, (u, v) in enumerate(zip(x, x[::-1])):\n    s += k*u*v\nreturn s",
    "counted by while": "i = 0\ns = 0\nwhile i < x.shape[0]:\n    s += x[i]\n    i += 1\nreturn s + i",
    "while downwards": "i = x.shape[0] - 1\ns = 0.0\nwhile i >= 0:\n    s = s*0.5 + x[i, 0]\n    i -= 1\nreturn s",
    "place of a maximum": "y = np.zeros_like(x)\nfor i in range(x.shape[0]):\n    k = np.argmax(x[i])\n    y[i, k] = 3*x[i, k]\nreturn y",
    "place in a window": "y = np.zeros_like(x)\nw = x + 0\np, q = np.unravel_index(np.argmax(w), w.shape)\ny[p, q] += 5\nreturn y",
    "text as keys": "d = {}\nfor k in range(1, 4):\n    d['W%d' % k] = x*k\n    d['b' + str(k)] = x + k\n    d[f'c{k}'] = k\nreturn d['W2'] + d['b3'] + d['c1'] + d['W{}'.format(1)]",
    "popped": "d = {'a': x, 'b': 2*x}\ny = d.pop('a')\nd['a'] = 5\nreturn y + d['a'] + len(d)",
    "dict changed by a function": "def g(d):\n    d['k'] = d['k'] + 1\nd = {'k': x}\ng(d)\nreturn d['k']",
    "array changed by a function": "def g(v):\n    v *= 2\ny = x.copy()\ng(y)\nreturn y",
    "default that is kept": "def g(v, seen=[]):\n    seen.append(1)\n    return v*len(seen)\nreturn g(x) + g(x)",
    "closure sees the last": "k = 1\ng = lambda v: v*k\nk = 3\nreturn g(x)",
    "whole numbers": "y = np.zeros((2, 3), dtype=int)\ny[0, 1] = 4\nreturn y * 0.5",
    "zeros like whole numbers": "k = np.arange(4)\ny = np.zeros_like(k)\ny[1] = 3\nreturn y / 2",
    "whole division": "return x * (7 // 2) + x * (x.shape[0] // 1) + (-7 // 2) + (-7 % 3)",
    "negative step": "return x[::-1, ::-1] - x[:, ::-1]",
    "step of two": "y = np.zeros_like(x)\ny[:, ::2] = 1\nreturn y",
    "flip and cumsum": "return np.flip(x, axis=1) + np.cumsum(x, axis=1)",
    "tile and repeat": "r = x[0]\nreturn np.tile(r, (3, 1)) + np.repeat(r[None], 3, axis=0)",
    "joined and split again": "y = W.reshape(-1)\nreturn y.reshape(W.shape) * 2",
    "carried in place": "z = np.zeros(x.shape[1])\nc = z\nfor row in x:\n    z += row * (1 + z.sum())\nreturn c",
    "objects": "class A:\n    k = 2\n    def __init__(self, v):\n        self.v = v\n    def twice(self):\n        self.v = self.v * self.k\n        return self.v\na = A(x)\nc = a\nc.twice()\nreturn a.v",
    "inherited": "class A:\n    def __init__(self, v):\n        self.v = v\nclass B(A):\n    def __init__(self, v):\n        super().__init__(v)\n        self.w = 2*v\nreturn B(x).w + B(x).v",
    "properties": "class A:\n    def __init__(self, v):\n        self.v = v\n    @property\n    def double(self):\n        return 2*self.v\nreturn A(x).double",
    "swap": "a, c = x, 2*x\na, c = c, a\nreturn a - c",
    "chained assignment": "a = c = np.zeros_like(x)\na += 1\nreturn c",
    "where both": "return np.where(x > 0, np.sqrt(np.maximum(x, 0)), x)",
    "isinstance": "y = x if isinstance(x, np.ndarray) else None\nreturn y if not isinstance(y, (list, tuple)) else x*0",
    "mean of a mask": "return np.mean(x > 0) + (x > 0).sum()",
    "out": "y = np.empty_like(x)\nnp.multiply(x, 2, out=y)\nreturn y",
}
"""These are read, and right."""

EITHER = {
    "view read after a write": "y = x[0]\nx[0] = 0\nreturn y + 0",
    "transposed view written": "y = x.T\ny[0] = 5\nreturn x",
    "reshaped view written": "y = x.reshape(-1)\ny[0] = 5\nreturn x",
    "alias of a branch": "y = x.copy()\nif x.sum() > 0:\n    z = y\nelse:\n    z = x\nz += 1\nreturn y",
    "branch alias read later": "y = x.copy()\nz = y if x.sum() > 0 else x\ny += 1\nreturn z + 0",
    "list in a branch": "c = []\nif x.sum() > 0:\n    c.append(1)\nreturn x*len(c)",
    "dict in a branch": "d = {'k': 1.0}\nif x.sum() > 0:\n    d['k'] = 2.0\nreturn x*d['k']",
    "attribute in a branch": "class A:\n    pass\na = A()\na.k = 1\nif x.sum() > 0:\n    a.k = 2\nreturn x*a.k",
    "name of one branch": "if x.sum() > 0:\n    y = x\nelse:\n    z = x\nreturn y",
    "break": "s = 0.0\nfor i in range(x.shape[0]):\n    if x[i, 0] < 0:\n        break\n    s += x[i, 0]\nreturn s",
    "several rows back": "y = x.copy()\nfor i in range(2, x.shape[0]):\n    y[i] = y[i-1] + y[i-2]\nreturn y",
    "row after in a forward loop": "y = x.copy()\nfor i in range(x.shape[0] - 1):\n    y[i] = y[i+1] * 2\nreturn y",
    "row before in a backward loop": "y = x.copy()\nfor i in reversed(range(1, x.shape[0])):\n    y[i] = y[i-1] * 2\nreturn y",
    "place minus one after writing": "y = np.zeros_like(x)\nfor i in range(x.shape[0]):\n    y[i] = x[i]\n    y[i] += y[i-1]\nreturn y",
    "scatter to the next": "y = x.copy()\nfor i in range(x.shape[0] - 1):\n    y[i+1] += y[i]\nreturn y",
    "transposed places": "y = W[:2, :2].copy()\nfor i in range(2):\n    for j in range(2):\n        y[i, j] = y[j, i] + 1\nreturn y",
    "last one wins": "y = np.zeros(x.shape[1])\nfor i in range(x.shape[0]):\n    y[0] = x[i, 0]\nreturn y",
    "overlapping windows set": "y = np.zeros_like(x)\nfor i in range(x.shape[0] - 1):\n    y[i:i+2] = x[i]\nreturn y",
    "list filled after another": "c = [x[0]]\nfor i in range(x.shape[0]):\n    c.append(x[i])\nreturn np.array(c)",
    "list filled backwards": "c = []\nfor i in reversed(range(x.shape[0])):\n    c.append(x[i])\nreturn np.array(c)",
    "list inserted": "c = []\nfor row in x:\n    c.insert(0, row)\nreturn np.array(c)",
    "kept and changed": "c = []\nfor row in x:\n    c.append(row*1)\nc[0] += 5\nreturn np.array(c)",
    "kept alias changed": "z = np.zeros(x.shape[1])\nc = []\nfor row in x:\n    c.append(z)\nz += 1\nreturn c[0] + c[1]",
    "kept alias changed later": "z = np.zeros(x.shape[1])\nc = []\nfor row in x:\n    z = z + row\n    c.append(z)\nreturn c[0] + c[2]",
    "kept in place": "z = np.zeros(x.shape[1])\nc = []\nfor row in x:\n    z += row\n    c.append(z)\nreturn c[0] + 0",
    "kept copies": "z = np.zeros(x.shape[1])\nc = []\nfor row in x:\n    z += row\n    c.append(z.copy())\nreturn c[0] + c[1]",
    "kept view": "y = x.copy()\nc = []\nfor i in range(len(y)):\n    c.append(y[i])\ny[0] = 5\nreturn c[0] + 0",
    "dict key used twice": "h = {}\nh[0] = x[0]\nfor i in range(x.shape[0]):\n    h[i] = x[i]*2\nreturn h[0] + 0",
    "dict by a moving key": "h = {}\nfor i in range(x.shape[0]):\n    h[2*i] = x[i]\nreturn h[2] + 0",
    "loop variable after": "for i in range(x.shape[0]):\n    pass\nreturn x*i",
    "mask times mask": "y = x.copy()\ny[x > 0][x[x > 0] > 1] = 5\nreturn y",
    "length of a mask": "return x * len(x[x > 0])",
    "sum over a mask": "return x[x > 0].sum() * x",
    "mask of another": "y = np.zeros_like(x)\ny[x > 0] = x[x > 0.5]\nreturn y",
    "mask read after a change": "y = x.copy()\nv = y[x > 0]\ny += 1\ny[x > 0] = v\nreturn y",
    "repeated places": "y = np.zeros(3)\nk = np.array([0, 0, 1])\ny[k] += 1\nreturn y",
    "repeated places at": "y = np.zeros(3)\nk = np.array([0, 0, 1])\nnp.add.at(y, k, 1)\nreturn y",
    "floats into whole numbers": "y = np.zeros((2, 2), dtype=int)\ny[0] = 0.5\nreturn y * 1.0",
    "floats added to whole numbers": "y = np.arange(3)\ny = y + 0.5\nreturn y",
    "in place division of whole numbers": "y = np.arange(3)\ny /= 2\nreturn y",
    "like whole numbers": "y = np.zeros_like(np.arange(x.shape[1]))\ny[:] = x[0]\nreturn y * 1.0",
    "full of a whole number": "y = np.full((2, 2), 1)\ny[0, 0] = 2.7\nreturn y * 1.0",
    "array of whole numbers": "y = np.array([1, 2])\ny[0] = 2.7\nreturn y * 1.0",
    "true as a number": "y = (x > 0)\ny = y + y\nreturn y * 1.0",
    "minus pad 0": "pad = 0\nreturn x[:, pad:-pad] * 1.0",
    "slice beyond the end": "return x[:, 1:100] * 1.0",
    "slice from minus beyond": "return x[-100:] * 1.0",
    "place beyond the end": "return x[0, 50] * 1.0",
    "while with a break": "i = 0\nwhile i < x.shape[0]:\n    i += 1\n    if i == 2:\n        break\nreturn x*i",
    "text unknown as a key": "d = {'a': 1, 'b': 2}\nreturn x * d[str(x.shape)]",
    "padded text": "d = {'W01': 1, 'W1': 2}\nreturn x * d['W%02d' % 1]",
    "default array changed": "def g(v, acc=np.zeros(3)):\n    acc += 1\n    return acc\ng(x)\nreturn g(x) * 1.0",
    "shadowed function": "sum = lambda v: v*0\nreturn sum(x)",
    "name in a comprehension": "i = 5\ny = [i for i in range(3)]\nreturn x*i",
    "lambda of a loop": "fs = [lambda v: v*k for k in range(3)]\nreturn fs[0](x)",
    "generator twice": "g = (row for row in x)\ns = sum(g)\nreturn s + sum(g)",
    "zip twice": "z = zip(x, x)\ns = 0\nfor u, v in z:\n    s = s + u\nfor u, v in z:\n    s = s + v\nreturn s",
    "max of two axes": "return max(x)",
    "in-place with broadcasting": "y = x[0].copy()\ny += x\nreturn y",
    "reduction of nothing": "return x[:0].sum() + x",
    "empty loop": "y = x\nfor i in range(0):\n    y = y*2\nreturn y",
    "boolean chain": "return 0 < x < 1",
    "condition of an array": "if x > 0:\n    return x\nreturn -x",
    "argmax of a tie": "y = np.zeros((2, 2))\nw = np.zeros((2, 2))\np, q = np.unravel_index(np.argmax(w), w.shape)\ny[p, q] = 1\nreturn y",
    "argmax as a value": "return x * np.argmax(x[0])",
    "flat argmax": "k = np.argmax(x)\nreturn x.reshape(-1)[k] * x",
    "object kept in two places": "class A:\n    pass\na = A()\na.v = x\nl = [a, a]\nl[0].v = 2*x\nreturn l[1].v",
    "list kept in two places": "l = [x]\nm = [l, l]\nm[0].append(2*x)\nreturn m[1][1]",
    "list repeated": "l = [[0.0]]*3\nl[0].append(x)\nreturn l[2][1]",
    "copied list": "l = [x]\nm = l[:]\nm.append(1)\nreturn x*len(l)",
    "copied dict": "d = {'a': [1]}\ne = d.copy()\ne['a'].append(2)\nreturn x*len(d['a'])",
    "deep copy": "import copy\nd = {'a': x}\ne = copy.deepcopy(d)\ne['a'] += 1\nreturn d['a']",
    "class attribute": "class A:\n    seen = []\na = A()\nc = A()\na.seen.append(1)\nreturn x*len(c.seen)",
    "two names of one array in a loop": "a = x.copy()\nc = a\nfor i in range(len(W)):\n    a += W[i, 0]\n    c *= 2\nreturn c + 2*a",
    "a carried array read under another name": "z = np.zeros(x.shape[1])\nc = z\nfor row in x:\n    z += row*(1 + z.sum())\n    z[0:] = c[::-1]\nreturn c",
    "a view of a recurrence": "y = x.copy()\nv = y[0]\nfor i in range(1, x.shape[0]):\n    s = v.sum()\n    y[i] = y[i-1] + s\nreturn y",
    "a list of a loop, twice": "v = [row for row in x]\nreturn np.array(2*v)",
    "lists of loops, joined": "v = [row for row in x]\nreturn np.array(v + v)",
    "a list of a loop and an array": "v = [row for row in x]\nreturn v + x",
    "a class that does something": "class A:\n    x[0] += 1\nreturn x",
    "a number that becomes an array, perhaps": "s = 0\nfor row in x:\n    if x[0, 0] < 0.3:\n        s = s + row\nreturn s",
    "a list grows in place": "c = [x]\nd = c\nc += [x]\nreturn x*len(d)",
    "a list repeated in place": "c = [x]\nd = c\nc *= 2\nreturn x*len(d)",
    "two carried names of one array": "z = np.zeros(x.shape[1])\nc = z\nfor row in x:\n    c *= 2\n    z += row*(1 + z.sum())\nreturn c",
    "division by a place": "return x / np.argmax(x[0])",
    "a list looked at while it is filled": "c = []\nfor row in x:\n    for k in range(len(c)):\n        c[k] = c[k] + 1\n    c.append(row)\nreturn np.array(c)",
    "the last of a list that is filled": "c = [x[0]]\nfor row in x:\n    c.append(c[-1] + row)\nreturn c[-1]",
    "a dict's length": "d = {}\nfor i in range(x.shape[0]):\n    d[i] = x[i]\nreturn x*len(d)",
    "a dict's default": "d = {}\nfor i in range(x.shape[0]):\n    d[i] = x[i]\nreturn x*d.get(0, 0)",
    "a key of a dict": "d = {}\nfor i in range(x.shape[0]):\n    d[i] = x[i]\nreturn x*(2 if 0 in d else 1)",
    "a list that a function fills": "c = []\ndef g(v):\n    c.append(v)\nfor row in x:\n    g(row)\nreturn np.array(c)",
    "places that all are one": "y = x[0]\nk = np.array([0, 0, 0])\ny[k] += 1\nreturn y",
    "a loop of less than no turns": "s = 0.0\nfor i in range(-x.shape[0]):\n    s += 1\nreturn x + s",
    "a loop of perhaps no turns": "s = 0.0\nfor i in range(x.shape[0] - 5):\n    s += 1\nreturn x + s",
    "a slice of another length in each turn": "A = x @ x.T\nreturn sum(A[i, :i + 1].sum() for i in range(len(A))) * x",
    "sums of the beginnings": "y = np.zeros_like(x)\nfor i in range(len(x)):\n    y[i] = x[:i + 1].sum(axis=0)\nreturn y",
    "a list begun and filled": "c = [x[0]]\nfor i in range(1, len(x)):\n    c.append(2*x[i])\nreturn c[0] + c[1]",
    "a list begun and filled, at each place": "c = [x[0]]\nfor i in range(1, len(x)):\n    c.append(2*x[i])\ny = np.zeros_like(x)\n"
    "for i in range(len(x)):\n    y[i] = c[i]\nreturn y",
    "a list filled and ended": "c = []\nfor row in x:\n    c.append(2*row)\nc.append(3.0)\nreturn x*c[-1] + c[0]",
    "a list filled and ended, from the end": "c = []\nfor row in x:\n    c.append(2*row)\nc.append(3.0)\nreturn x*c[-1] + c[-2]",
    "a list filled and ended, its length": "c = []\nfor row in x:\n    c.append(2*row)\nc.append(3.0)\nreturn x*len(c)",
    "a list begun and filled, summed": "c = [x[0]]\nfor i in range(1, len(x)):\n    c.append(2*x[i])\ns = 0\nfor v in c:\n    s = s + v\nreturn s",
    "a list filled in two loops": "c = []\nfor row in x:\n    c.append(2*row)\nfor row in x:\n    c.append(3*row)\nreturn c[0] + c[-1]",
    "a list ended and taken from": "c = []\nfor row in x:\n    c.append(2*row)\nc.append(3.0)\nd = c.pop()\nreturn c[-1]*d + x",
    "a list set at a place": "c = [x[0]]\nfor i in range(1, len(x)):\n    c.append(2*x[i])\nc[1] = x[0]*5\nreturn c[1] + c[0]",
    "a list of which each turn takes one": "c = []\nfor row in x:\n    c.append(2*row)\ns = 0\nfor i in range(len(x)):\n    s = s + c.pop()*i\nreturn s",
    "taken from backwards": "c = []\nfor row in x:\n    c.append(2*row)\ny = np.zeros_like(x)\nfor i in range(len(x) - 1, -1, -1):\n"
    "    y[i] = c.pop()*(i + 1)\nreturn y",
    "taken from and looked at": "c = []\nfor row in x:\n    c.append(2*row)\ns = 0\nfor i in range(len(x)):\n    s = s + c.pop() + c[0]\nreturn s",
    "taken from twice a turn": "c = []\nfor row in x:\n    c.append(2*row)\n    c.append(row)\ns = 0\nfor i in range(len(x)):\n    s = s + c.pop()*c.pop()\nreturn s",
    "a list that is empty again": "c = []\nfor row in x:\n    c.append(2*row)\nfor i in range(len(x)):\n    c.pop()\nreturn x*len(c) + x",
    "grows by +=": "c = []\nfor row in x:\n    c += [2*row]\nreturn np.array(c)",
    "grows by += of two": "c = []\nfor row in x:\n    c += [2*row, row]\nreturn np.array(c)",
    "not i": "y = np.zeros_like(x)\nfor i in range(len(x)):\n    y[i] = x[0] if not i else x[i-1]\nreturn y",
    "the first is another": "y = np.zeros_like(x)\nfor i in range(len(x)):\n    y[i] = 2*x[0] if i == 0 else x[i-1]\nreturn y",
    "the last is another": "y = np.zeros_like(x)\nfor i in range(len(x)):\n    y[i] = 2*x[0] if i == len(x) - 1 else x[i+1]\nreturn y",
    "all but the first": "y = x.copy()\nfor i in range(len(x)):\n    if i > 0:\n        y[i] = x[i-1]\nreturn y",
    "a first turn in the loop": "y = np.zeros_like(x)\nfor i in range(len(x)):\n    if i == 0:\n        y[i] = x[i]\n    else:\n"
    "        y[i] = np.tanh(x[i] + y[i-1])\nreturn y",
    "a first turn before the loop": "y = np.zeros_like(x)\ny[0] = x[0]\nfor i in range(1, len(x)):\n    y[i] = np.tanh(y[i-1]) + x[i]\nreturn y",
    "two first turns": "y = np.zeros_like(x)\nz = np.zeros_like(x)\ny[0], z[0] = x[0], 2*x[0]\nfor i in range(1, len(x)):\n"
    "    y[i] = np.tanh(y[i-1]) + z[i-1]\n    z[i] = z[i-1]*x[i] + y[i-1]\nreturn y + z",
    "a name with a first turn": "h = np.tanh(x[0])\ny = np.zeros_like(x)\ny[0] = h\nfor i in range(1, len(x)):\n    h = np.tanh(x[i] + h)\n"
    "    y[i] = h\nreturn y + h",
    "a dict with a first turn": "d = {0: x[0]}\nfor i in range(1, len(x)):\n    d[i] = 2*x[i]\ny = np.zeros_like(x)\nfor i in range(len(x)):\n"
    "    y[i] = d[i]\nreturn y",
    "what the turn before left, kept and changed later": "y = x.copy()\nv = []\nfor i in range(1, len(x)):\n    p = y[i-1]\n"
    "    y[i] = p + x[i]\n    v.append(p)\ny *= 2\nreturn v[0] + y",
    "what the turn before left, changed": "y = x.copy()\nfor i in range(1, len(x)):\n    p = y[i-1]\n    y[i] = p + x[i]\n    p *= 2\nreturn y",
    "a number that becomes an array": "s = 0\nfor row in x:\n    s = np.tanh(s + row)\nreturn s",
    "changed in place and left": "s = np.zeros(x.shape[1])\nfor row in x:\n    s += row\n    s = np.tanh(s)\nreturn s",
    "changed in place and left, under two names": "s = np.zeros(x.shape[1])\nt = s\nfor row in x:\n    s += row\n    s = np.tanh(s)\nreturn s + t",
    "what a loop left and kept, changed": "h = x[0]\nc = []\nfor row in x:\n    h = np.tanh(h + row)\n    c.append(h)\nh *= 2\nreturn np.array(c) + h",
    "what a loop left and kept in a tuple, changed": "h = x[0]\nc = {}\nfor i in range(len(x)):\n    h = np.tanh(h + x[i])\n    c[i] = (h, 1)\n"
    "h[0] = 5\ny = np.zeros_like(x)\nfor i in range(len(x)):\n    y[i] = c[i][0]\nreturn y",
    "what a loop left under two names, changed": "h = x[0]\ng = x[0]\nfor row in x:\n    h = np.tanh(g + row)\n    g = h\nh *= 2\nreturn g + h",
    "a power that has no value where it isn't added": "y = x.copy()\nif x.sum() > 100:\n    y += (-1.5 - W[0, 0]**2)**x\nreturn y",
    "a logarithm that has no value where it isn't added": "y = x.copy()\nif x.sum() > 100:\n    y += np.log(-1 - x**2)\nreturn y",
    "changed in place, left and kept": "s = np.zeros(x.shape[1])\nc = []\nfor row in x:\n    s += row\n    s = np.tanh(s)\n    c.append(s)\nreturn np.array(c)",
    "global number": "def g():\n    return k\nk = 4\nreturn x*g()",
    "augmented in a function": "k = 4\ndef g():\n    k = 5\n    return k\ng()\nreturn x*k",
}
"""These are read right or refused."""


@pytest.mark.parametrize("name", READ)
def test_is_read_right(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(READ[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", EITHER)
def test_is_read_right_or_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        compare(EITHER[name], tmp_path, monkeypatch)
    except Unreadable as refused:
        assert refused.message


@pytest.mark.parametrize(
    "body",
    [
        "dW = np.zeros_like(0.5)\n    dW += W\n    return dW",  # no array without axes becomes a matrix
        "return x.transpose(1, 2)",
        "return np.swapaxes(x, 0, 2)",
        "m = x.sum(axis=1, keepdims=True)\n    m[np.arange(len(x)), np.arange(len(x))] = 0\n    return m",
        "s = 'train'\n    s += x\n    return x",
        "return np.exp(x > 0) * x",  # in half precision
        "return x * np.reciprocal(len(x))",
        "np.random.seed(-1)\n    return x",
        "return x + np.zeros(1 + (-len(x) - 4)//2).sum()",
        "m = np.zeros(len(x), dtype=int)\n    np.add.at(m, [0], x[0, 0])\n    return m",  # rounded
        "m = np.zeros(len(x))\n    m[np.argmax(x[0, 1:1])] = 1\n    return m",
    ],
)
def test_what_numpy_refuses_is_not_read(body: str) -> None:
    with pytest.raises(Unreadable):
        read_source(f"import numpy as np\ndef f(x, W):\n    {body}\n", "r = f(x, W)", named("linear"))
