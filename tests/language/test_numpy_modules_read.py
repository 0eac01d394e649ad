"""What stands around what computes: a file's own lines, what is printed and asserted, classes, what is changed in place by calls."""
# ruff: noqa: E501

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import numpy_pieces
from numpy_pieces import LAYER, compare, outcome

from symbackprop.language.numpy_source import Unreadable, read_source

PIECES = {
    "drop": 'y = x.copy()\ndef drop(h):\n    h *= (np.random.rand(*h.shape) < 2)/0.5\n    return h\nz = drop(y)\nreturn y',
    "append": 'c = []\ndef g():\n    c.append(np.random.rand())\n    c.append(2)\nz = g()\nreturn x*len(c)',
    "object": 'class A:\n    k = 1\n    def seed(self, v):\n        return v\n    def go(self):\n        self.seed(np.random.rand())\n        self.k = 5\no = A()\nz = o.go()\nreturn x*o.k',
    "argument": 'class A:\n    k = 1\n    def seed(self, v):\n        self.k = 5\n        return v\no = A()\nz = o.seed(np.random.rand())\nreturn x*o.k',
    "beside": 'c = [1, 2]\nz = np.random.rand() + c.pop()\nreturn x*len(c)',
    "plain": 'm = np.random.rand(*x.shape) < 0.5\nreturn x*2',
    "plain function": 'def mask(v):\n    return np.random.rand(*v.shape) < 0.5\nm = mask(x)\nm = 2\nreturn x*m',
    "loop": 'def g(v):\n    s = 0\n    for i in range(v.shape[0]):\n        s = s + np.random.rand()\n    return s\nz = g(x)\ny = x.copy()\ny += 1\nreturn y',
    "forward": "class L:\n    def forward(self, v):\n        self.v = v\n        return v.sum()\n    def backward(self):\n        return self.v*2\nl = L()\nl.forward(x)\nprint('loss', l.forward(x + 1e-2))\nreturn l.backward()",
    "pop": 'c = [1, 2]\nprint(c.pop())\nreturn x*len(c)',
    "own print": 'y = x.copy()\ndef print(v):\n    v += 1\nprint(y)\nreturn y',
    "tuple": 's = [1, 2]\nprint(1), s.pop()\nreturn x*len(s)',
    "tuple first": 's = [1, 2]\ns.pop(), print(1)\nreturn x*len(s)',
    "assert pop": 's = [1, 2]\nassert s.pop()\nreturn x*len(s)',
    "assert False": 'assert False\nreturn x',
    "assert mode": "mode = 'trian'\nassert mode in ('train', 'test')\nreturn x",
    "assert fine": "assert x.shape[1] == W.shape[0]\nassert not np.any(np.isnan(x)), 'nan'\nreturn x@W",
    "print fine": "import time\nprint('loss %f' % np.sum(x), x.shape, len(x), time.time())\nprint('a: {}'.format(x.mean()))\nprint(f'{x.sum():.2f}', end='')\nreturn x",
    "print own pure": "def acc(p):\n    return np.mean(np.round(p) > 0)\nprint('acc', acc(x))\nreturn x",
    "print own changing": "y = x.copy()\ndef g(v):\n    v += 1\n    return v.sum()\nprint('acc', g(y))\nreturn y",
    "print own changing 2": "y = x.copy()\ndef g(v):\n    v[0] = 1\n    return v.sum()\ndef h(v):\n    return g(v)\nprint('acc', h(y))\nreturn y",
    "print comp": 'c = [1, 2]\nprint([c.pop() for i in range(1)])\nreturn x*len(c)',
    "print sort": 'y = x.copy()\nprint(y.sort())\nreturn y',
    "print lambda": 'c = [1, 2]\ng = lambda: c.pop()\nprint(g())\nreturn x*len(c)',
    "print map": 'c = [1, 2]\nprint(list(map(lambda v: c.pop(), [1])))\nreturn x*len(c)',
    "print zip": 'z = iter([1, 2])\nprint(next(z))\nreturn x*next(z)',
    "print list of iter": 'z = map(lambda v: v, [1, 2])\nprint(list(z))\nreturn x*len(list(z))',
    "print bound": 'c = [1, 2]\np = c.pop\nprint(p())\nreturn x*len(c)',
    "print property": 'class A:\n    k = 1\n    @property\n    def v(self):\n        self.k = 5\n        return 1\na = A()\nprint(a.v)\nreturn x*a.k',
    "print out": 'y = x.copy()\nprint(np.exp(x, out=y).sum())\nreturn y',
    "print made": 'class A:\n    def __init__(self, c):\n        c.append(1)\nc = []\nprint(A(c))\nreturn x*len(c)',
    "print call": 'class A:\n    k = 1\n    def __call__(self, v):\n        self.k = v\n        return v\na = A()\nprint(a(3))\nreturn x*a.k',
    "print callback": 'c = []\ndef h():\n    c.append(1)\ndef g(f):\n    f()\nprint(g(h))\nreturn x*len(c)',
    "print fresh": 'def g(v):\n    e = np.zeros_like(v)\n    e[0] = v[0]\n    c = []\n    c.append(3)\n    s = 0\n    for a in c:\n        s += a\n    return e.sum() + s\nprint(g(x))\nreturn x',
    "print in loop": 's = 0\nfor i in range(x.shape[0]):\n    s = s + x[i]\n    print(i, np.exp(2))\nreturn s',
    "c += c": 'c = [1, 2]\nc += c\nreturn x*len(c)',
    "d[o.next()]": 'class O:\n    k = 0\n    def next(self):\n        self.k = self.k + 1\n        return self.k\no = O()\nd = {1: 1, 2: 2, 3: 3}\nd[o.next()] += 5\nreturn x*(d[1] + 10*d[2] + 100*d[3]) + o.k',
    "d[c.pop()]": "c = ['a', 'b', 'c']\nd = {'a': 1, 'b': 2, 'c': 3}\nd[c.pop()] += 5\nreturn x*d['c'] + len(c)",
    "layer": "c = []\nd = {'k': 1}\ndef layer():\n    c.append(1)\n    return d\nlayer()['k'] += 1\nreturn x*d['k']*len(c)",
    "layer pure": "d = {'k': 1}\ndef layer():\n    return d\nlayer()['k'] += 1\nreturn x*d['k']",
    "attribute": 'c = []\nclass A:\n    k = 1\na = A()\ndef g():\n    c.append(1)\n    return a\ng().k += 1\nreturn x*a.k*len(c)',
    "y += g": 'y = x.copy()\ndef g():\n    y[0, 0] = 5\n    return 1\ny[0, 0] += g()\nreturn y',
    "y = y + g": 'y = x.copy()\ndef g():\n    y[0, 0] = 5\n    return 1\ny[0, 0] = y[0, 0] + g()\nreturn y',
    "y = g + y": 'y = x.copy()\ndef g():\n    y[0, 0] = 5\n    return 1\ny[0, 0] = g() + y[0, 0]\nreturn y',
    "moved": 'class A:\n    t = 0\n    def step(self):\n        self.t = 1\n        return 2\na = A()\ny = x.copy()\ny[:, a.t] = y[:, a.t] + a.step()\nreturn y',
    "moved +=": 'class A:\n    t = 0\n    def step(self):\n        self.t = 1\n        return 2\na = A()\ny = x.copy()\ny[:, a.t] += a.step()\nreturn y',
    "in loop": 'def g(v):\n    return 2*v\ny = np.zeros_like(x)\nfor i in range(x.shape[0]):\n    y[i] = y[i] + g(x[i])\nreturn y',
    "arr target call": 'c = []\ny = x.copy()\ndef g():\n    c.append(1)\n    return y\ng()[0] += 1\nreturn y*len(c)',
    "arr target call 2": 'c = []\ny = x.copy()\ndef g():\n    c.append(1)\n    return y\ng()[0] = g()[0] + 1\nreturn y*len(c)',
    "setter": 'class A:\n    def __init__(self):\n        self._v = 1\n    @property\n    def v(self):\n        return self._v\n    @v.setter\n    def v(self, k):\n        self._v = 2*k\na = A()\na.v = 3\nreturn x*a.v',
    "no setter": 'class A:\n    @property\n    def v(self):\n        return 3\na = A()\na.v = 5\nreturn x*a.v',
    "property": 'class A:\n    def __init__(self):\n        self._v = 1\n    @property\n    def v(self):\n        return self._v\nreturn x*A().v',
    "static": 'class A:\n    @staticmethod\n    def g(v):\n        return 2*v\nreturn A.g(x) + A().g(x)',
    "Module": 'class Module:\n    k = 3\n    def go(self, v):\n        return v*self.k\nclass A(Module):\n    pass\nreturn A().go(x)',
    "default": 'lr = 2\nclass A:\n    lr = 0.5\n    def step(self, v, lr=lr):\n        return v*lr\nreturn A().step(x)',
    "class lambda": 'k = 2\nclass A:\n    k = 5\n    g = lambda self, v: v*k\nreturn A().g(x)',
    "class comp": 'k = 2\nclass A:\n    k = 5\n    g = [k*i for i in range(3)]\nreturn x*A.g[1]',
    "comp fine": 'k = 2\nclass A:\n    c = 5\n    g = [k*i for i in range(3)]\nreturn x*A.g[1]',
    "inherited": 'k = 2\nclass A:\n    k = 5\nclass B(A):\n    c = k\nreturn x*B.c',
    "mangled": 'class A:\n    def __init__(self):\n        self.__v = 1\n    def get(self):\n        return self.__v\nclass B(A):\n    def __init__(self):\n        super().__init__()\n        self.__v = 5\nreturn x*B().get()',
    "mangled def": 'class A:\n    def __step(self):\n        return 1\n    def get(self):\n        return self.__step()\nclass B(A):\n    def __step(self):\n        return 5\nreturn x*B().get()',
    "one class": 'class A:\n    def __init__(self):\n        self.__v = 4\n    def get(self):\n        return self.__v\nreturn x*A().get()',
    "len": 'class A:\n    def __len__(self):\n        return 0\na = A()\nreturn x*(2 if a else 3)',
    "len unused": 'class A:\n    def __len__(self):\n        return 0\n    def __getitem__(self, k):\n        return k\n    def go(self, v):\n        return 2*v\nreturn A().go(x)',
    "setattr": 'class A:\n    def __setattr__(self, n, v):\n        object.__setattr__(self, n, 2*v)\na = A()\na.k = 3\nreturn x*a.k',
    "eq": 'class A:\n    def __eq__(self, o):\n        return True\nreturn x*(2 if A() == A() else 3)',
    "super": 'class A:\n    def __init__(self):\n        self.k = 1\nclass B(A):\n    def __init__(self):\n        self.k = 5\nclass C(B):\n    def __init__(self):\n        super(B, self).__init__()\nreturn x*C().k',
    "super 1": 'class A:\n    def __init__(self):\n        self.k = 1\nclass B(A):\n    def __init__(self):\n        self.j = 5\n        super(A, self).__init__()\n        self.k = 2\nreturn x*B().k',
    "super skips": 'class A:\n    k = 1\n    def __init__(self):\n        self.k = 7\nclass B(A):\n    def __init__(self):\n        super(A, self).__init__()\nreturn x*B().k',
    "chain": 'class A(object):\n    def __init__(self):\n        super().__init__()\n        self.k = 1\nclass B(A):\n    def __init__(self):\n        super().__init__()\n        self.j = self.k + 1\nclass C(B):\n    def __init__(self):\n        super(C, self).__init__()\n        self.h = self.j*3\nreturn x*C().h',
    "method": 'class A(object):\n    def go(self, v):\n        return v + 1\nclass B(A):\n    def go(self, v):\n        return super().go(v)*2\nclass C(B):\n    def go(self, v):\n        return super().go(v)*3\nreturn C().go(x)',
    "class": 'class A(object):\n    def go(self, v):\n        return v + 1\nclass B(A):\n    def go(self, v):\n        return super(self.__class__, self).go(v)*2\nreturn B().go(x)',
    "del k": 'k = 3\ndef g(k):\n    del k\n    return k\nreturn x*g(1)',
    "del twice": 'z = 1\ndel z\ndel z\nreturn x',
    "del": 'z = 1\ndel z\nreturn x',
    "lambda": 'g = lambda: z\nr = g()\nz = 1\nreturn x*r',
    "lambda after": 'z = 1\ng = lambda: z\nz = 3\nreturn x*g()',
    "comp lambda": 'c = [(lambda: z) for i in range(2)]\nz = 3\nreturn x*c[0]()',
    "import": 'def g():\n    r = np.exp(x)\n    import numpy as np\n    return r\nreturn g()',
    "is imported": "if __name__ != '__main__':\n    x = 2*x\nreturn x",
    "is no program": "if __name__ == '__main__':\n    x = 2*x\nelse:\n    x = 3*x\nreturn x",
    "more: loop print": 's = 0\nfor i in range(x.shape[0]):\n    s += x[i]\n    print(i, s.sum())\nreturn s',
    "more: loop print own": 'def g(v):\n    return v.sum()\ns = 0\nfor i in range(x.shape[0]):\n    s = s + x[i]\n    print(i, g(s))\nreturn s',
    "more: loop print self": 'class A:\n    def __init__(self):\n        self.k = 0\n    def loss(self, v):\n        self.k = v\n        return v.sum()\na = A()\ns = 0\nfor i in range(3):\n    s = s + x[i % 1]\n    print(i, a.loss(s))\nreturn a.k',
    "more: super in nested": 'class A:\n    def go(self, v):\n        return 2*v\nclass B(A):\n    def go(self, v):\n        def h(u):\n            return super(B, self).go(u)\n        return h(v)\nreturn B().go(x)',
    "more: class in fn": 'def make():\n    class A:\n        def go(self, v):\n            return 2*v\n    class B(A):\n        def go(self, v):\n            return super().go(v) + 1\n    return B()\nreturn make().go(x)',
    "more: class in method": 'class P:\n    def make(self):\n        class A:\n            def go(self, v):\n                return 2*v\n        class B(A):\n            def go(self, v):\n                return super().go(v) + 1\n        return B()\nreturn P().make().go(x)',
    "more: class local late": 'class A:\n    def go(self, v):\n        return k*v\nk = 3\nreturn A().go(x)',
    "more: class local unset": 'class A:\n    def go(self, v):\n        return k*v\nr = A().go(x)\nk = 3\nreturn r',
    "more: class attr function": 'def g(self, v):\n    return 2*v\nclass A:\n    h = g\nreturn A().h(x)',
    "more: class prop inherit": 'class A:\n    @property\n    def v(self):\n        return 3\nclass B(A):\n    pass\nreturn x*B().v',
    "more: class prop overridden": 'class A:\n    @property\n    def v(self):\n        return 3\nclass B(A):\n    v = 5\nb = B()\nb.v = 7\nreturn x*b.v',
    "more: classmethod": 'class A:\n    k = 3\n    @classmethod\n    def make(cls):\n        return cls()\nreturn x*A.make().k',
    "more: classmethod unused": 'class A:\n    k = 3\n    @classmethod\n    def make(cls):\n        return cls()\nreturn x*A().k',
    "more: static super": 'class A:\n    @staticmethod\n    def act(v):\n        return 2*v\nclass B(A):\n    def go(self, v):\n        return super().act(v) + self.act(v)\nreturn B().go(x)',
    "more: member set": 'class A:\n    act = np.tanh\na = A()\nreturn a.act(x)',
    "more: private static": 'class A:\n    @staticmethod\n    def __g(v):\n        return 2*v\n    def go(self, v):\n        return self.__g(v)\nreturn A().go(x)',
    "more: private sub other": 'class A:\n    def __init__(self):\n        self.__a = 1\nclass B(A):\n    def __init__(self):\n        super().__init__()\n        self.__b = 2\n    def go(self):\n        return self.__b\nreturn x*B().go()',
    "more: private siblings": 'class A:\n    def __init__(self):\n        self.__a = 1\n    def go(self):\n        return self.__a\nclass B:\n    def __init__(self):\n        self.__a = 2\n    def go(self):\n        return self.__a\nreturn x*B().go()*A().go()',
    "more: private in base only": 'class A:\n    def __init__(self):\n        self.__a = 1\nclass B(A):\n    def go(self):\n        return self.__a\nreturn x*B().go()',
    "more: drawn in branch": "mode = 'test'\nif mode == 'train':\n    m = np.random.rand(*x.shape)\nreturn x",
    "more: drawn object": 'class D:\n    def __init__(self, p):\n        self.p = p\n    def forward(self, v, train=False):\n        if train:\n            self.m = np.random.rand(*v.shape) < self.p\n            return v*self.m\n        return v*self.p\nd = D(0.5)\nreturn d.forward(x)',
    "more: drawn weights": 'class L:\n    def __init__(self):\n        self.W = np.random.randn(3, 4)\n        self.b = np.zeros(2)\n    def go(self, v):\n        return v@self.W + self.b\nl = L()\nl.W = W\nl.b = b\nreturn l.go(x)',
    "more: drawn weights params": "class L:\n    def __init__(self):\n        self.p = {}\n        self.p['W'] = np.random.randn(3, 4)\n        self.p['b'] = np.zeros(2)\n    def go(self, v):\n        return v@self.p['W'] + self.p['b']\nl = L()\nl.p['W'] = W\nl.p['b'] = b\nreturn l.go(x)",
    "more: drawn list": 'class L:\n    def __init__(self):\n        self.p = []\n        self.p.append(np.random.randn(3, 4))\n    def go(self, v):\n        return v@self.p[0]\nl = L()\nl.p[0] = W\nreturn l.go(x)',
    "more: drawn init fn": 'def init(n, k):\n    p = {}\n    for i in range(2):\n        p[i] = np.random.randn(n, k)\n    return p\np = init(3, 4)\np = {0: W}\nreturn x@p[0]',
    "more: drawn layers": 'class L:\n    def __init__(self, n, k):\n        self.W = np.random.randn(n, k)*0.1\nclass N:\n    def __init__(self):\n        self.l = L(3, 4)\n        self.l.W *= 2\n    def go(self, v):\n        return v@self.l.W\nn = N()\nn.l.W = W\nreturn n.go(x)',
    "more: augmented chained": "class A:\n    pass\na = A()\na.d = {'k': [x.copy()]}\na.d['k'][0] += 1\na.d['k'][0] *= 2\nreturn a.d['k'][0]",
    "more: augmented index fn": 'def idx(i):\n    return 0\nd = [1, 2]\nd[idx(3)] += 5\nreturn x*d[0]',
    "more: augmented np": 'd = {0: 1}\nd[int(np.floor(0.5))] += 5\nreturn x*d[0]',
    "more: augmented len": 'd = [1, 2]\nd[len(d) - 1] += 5\nreturn x*d[1]',
    "more: augmented grads": 'class L:\n    def __init__(self):\n        self.dW = 0\n        self.c = x\n    def back(self, d):\n        self.dW += self.c.T @ d\nl = L()\nl.back(x)\nl.back(x)\nreturn l.dW',
    "more: augmented self fn": "class L:\n    def __init__(self):\n        self.g = {'W': 0}\n    def grads(self):\n        return self.g\nl = L()\nl.grads()['W'] += 3\nreturn x*l.g['W']",
    "more: y += own": 'class L:\n    def f(self, v):\n        self.v = v\n        return 2*v\nl = L()\ny = np.zeros_like(x)\nfor i in range(x.shape[0]):\n    y[i] += l.f(3)\nreturn y',
    "more: name tuple": "if __name__ in ('__main__', 'x'):\n    x = 2*x\nreturn x",
    "more: del in loop": 'for i in range(3):\n    z = i\n    del z\nreturn x',
    "more: del in big loop": 's = 0\nfor i in range(x.shape[0]):\n    z = x[i]\n    s = s + z\n    del z\nreturn s',
    "more: del attr": 'class A:\n    k = 1\na = A()\na.k = 3\ndel a.k\nreturn x*a.k',
    "more: except name": 'try:\n    k = 1\nexcept ValueError as e:\n    k = 2\nreturn x*k',
    "is asserted: shape": 'assert x.shape == (3, 4)\nreturn x',
    "is asserted: shape2": 'assert W.shape == (x.shape[1], b.shape[0])\nreturn x',
    "is asserted: ndim": 'assert x.ndim == 2 and len(x.shape) == 2\nreturn x',
    "is asserted: ndim wrong": 'assert x.ndim == 3\nreturn x',
    "is asserted: shape 5": 'assert x.shape[0] > 0\nreturn x',
    "is asserted: dtype": 'assert x.dtype == np.float64\nreturn x',
    "is asserted: dtype text": "assert x.dtype == 'float64'\nreturn x",
    "is asserted: data": 'assert (x < 1e9).all()\nassert x.sum() < 1e9\nreturn x',
    "is asserted: isinstance": 'assert isinstance(x, np.ndarray)\nassert isinstance(x, (list, np.ndarray))\nassert type(x) == np.ndarray\nreturn x',
    "is asserted: none": 'assert x is not None\nreturn x',
    "is asserted: in": 'assert x.shape[1] in (4, 5)\nreturn x',
    "is asserted: mod": 'assert x.shape[1] % 2 == 0\nreturn x',
    "is asserted: key": "d = {'a': 1}\nassert 'a' in d, 'no'\nassert d.get('b') is None\nreturn x",
    "is asserted: callable": 'assert callable(np.exp)\nreturn x',
    "is asserted: float": 'p = 0.5\nassert 0 <= p < 1\nassert p > 0.1 and p**0.5 > 0.7\nreturn x',
    "is asserted: W": 'assert np.prod(x.shape) > 2\nreturn x',
}
"""Bodies of f(x, W, b)."""


MODULES = {
    "lambda module": 'import numpy as np\nz = 5\ndef f(x, W, b):\n    g = lambda: z\n    r = g()\n    z = 1\n    return x*r\n',
    "inner module": 'import numpy as np\nz = 5\ndef f(x, W, b):\n    def g():\n        return z\n    r = [g() for i in range(2)][0]\n    z = 1\n    return x*r\n',
    "fine": 'import numpy as np\nz = 5\ndef f(x, W, b):\n    def g():\n        return z\n    return x*g()\n',
    "fine 2": 'import numpy as np\nz = 5\ndef f(x, W, b):\n    z = 2\n    def g():\n        return z\n    return x*g()\n',
    "guard": "import numpy as np\nimport matplotlib.pyplot as plt\nT = np.ones(4)\nC = {'a': 2}\nclass N:\n    k = 3\n    def go(self, v):\n        return v*self.k\ndef f(x, W, b):\n    return N().go(x)*T.sum()*C['a']\nplt.plot([1, 2])\nprint(C, T.sum())\nnp.random.seed(1)\nfor i in range(3):\n    print(np.sum(T), i)\nif __name__ == '__main__':\n    T[0] = 5\n    C['a'] = 7\n",
    "global": 'import numpy as np\nK = 1\ndef init():\n    global K\n    K = 5\ninit()\ndef f(x, W, b):\n    return x*K\n',
    "global unused": 'import numpy as np\nK = 1\ndef init():\n    global K\n    K = 5\ndef f(x, W, b):\n    return x*K\n',
    "reached": "import numpy as np\nP = {'W': np.ones(4)}\ndef train():\n    for i in range(3):\n        P['W'] -= 0.1\ntrain()\ndef f(x, W, b):\n    return x*P['W']\n",
    "reached by two": "import numpy as np\nP = {'W': np.ones(4)}\nQ = P\ndef step():\n    P['W'] = 2*P['W']\ndef train():\n    for i in range(3):\n        step()\ntrain()\ndef f(x, W, b):\n    return x*Q['W']\n",
    "reached by default": "import numpy as np\nP = {'W': np.ones(4)}\ndef step(p=P):\n    p['W'] = 2*p['W']\nstep()\ndef f(x, W, b):\n    return x*P['W']\n",
    "default keeps": "import numpy as np\nP = {'W': np.ones(4)}\ndef get(p=P):\n    return p['W']\nP['W'] = np.ones(4)*3\nP.update(W=np.ones(4)*5)\ndef f(x, W, b):\n    return x*get()\n",
    "closure keeps": 'import numpy as np\ndef make(v):\n    return lambda: v\nT = np.ones(4)\ng = make(T)\nT.fill(3)\ndef f(x, W, b):\n    return x*g()\n',
    "unknown object": 'import numpy as np\nT = np.ones(4)\nclass A:\n    def __init__(self, t):\n        self.t = t\n        self.r = round(2.3)\n    def go(self):\n        self.t[0] = 7\na = A(T)\na.go()\ndef f(x, W, b):\n    return x*T\n',
    "unknown object 2": 'import numpy as np\nT = np.ones(4)\ndef make():\n    T[0] = round(2.3)\n    return 1\na = make()\ndef f(x, W, b):\n    return x*T\n',
    "class attribute": 'import numpy as np\nclass C:\n    k = 1\ndef init(c):\n    c.k = 2\ninit(C)\ndef f(x, W, b):\n    return x*C.k\n',
    "class attribute list": 'import numpy as np\nclass C:\n    k = []\n    def add(self):\n        self.k.append(1)\nC().add()\ndef f(x, W, b):\n    return x*len(C.k)\n',
    "class attribute subclass": 'import numpy as np\nclass C:\n    k = 1\nclass D(C):\n    pass\nC.k = 2\ndef f(x, W, b):\n    return x*D().k\n',
    "class setattr": "import numpy as np\nclass C:\n    k = 1\nsetattr(C, 'k', 2)\ndef f(x, W, b):\n    return x*C().k\n",
    "try xrange": 'import numpy as np\ntry:\n    xrange\nexcept NameError:\n    xrange = range\ndef f(x, W, b):\n    s = 0\n    for i in xrange(3):\n        s = s + x*i\n    return s\n',
    "try numpy": 'try:\n    import numpy as np\nexcept ImportError:\n    np = None\ndef f(x, W, b):\n    return np.exp(x)\n',
    "if version": 'import sys\nimport numpy as np\nif sys.version_info[0] >= 3:\n    xrange = range\ndef f(x, W, b):\n    s = 0\n    for i in xrange(3):\n        s = s + x*i\n    return s\n',
    "if unknown": 'import sys\nimport numpy as np\nK = 1\nif sys.version_info[0] >= 3:\n    K = 2\ndef f(x, W, b):\n    return x*K\n',
    "if unknown def": 'import sys\nimport numpy as np\ndef g(v):\n    return v\nif sys.version_info[0] >= 3:\n    def g(v):\n        return 2*v\ndef f(x, W, b):\n    return g(x)\n',
    "if else": "import numpy as np\nMODE = 'b'\nif MODE == 'a':\n    K = 1\nelif MODE == 'b':\n    K = 2\nelse:\n    K = 3\ndef f(x, W, b):\n    return x*K\n",
    "if after": 'import numpy as np\nK = 1\nif K == 1:\n    for i in range(3):\n        K = K*2\ndef f(x, W, b):\n    return x*K\n',
    "del def": 'import numpy as np\ndef g(v):\n    return v\ndel g\ndef g(v):\n    return 2*v\ndef f(x, W, b):\n    return g(x)\n',
    "del sum random": 'import numpy as np\nK = np.random.rand()\nK = 3\ndef f(x, W, b):\n    return x*K\n',
    "view": 'import numpy as np\nT = np.ones(4)\nU = T[:2]\nU.fill(3)\ndef f(x, W, b):\n    return x*T\n',
    "view 2": 'import numpy as np\nT = np.ones(4)\nU = T[:2]\nT.fill(3)\ndef f(x, W, b):\n    return x*U.sum()\n',
    "half list": 'import numpy as np\nC = [1]\ndef fill(c):\n    c.append(2)\n    c.append(round(2.4))\nz = fill(C)\ndef f(x, W, b):\n    return x*len(C)\n',
    "half drawn": 'import numpy as np\nC = [1]\ndef fill(c):\n    c.append(2)\n    c.append(np.random.rand())\nz = fill(C)\ndef f(x, W, b):\n    return x*len(C)\n',
    "half class": 'import numpy as np\nC = [1]\ndef add():\n    C.append(2)\n    return 1\nclass A:\n    k = add()\n    r = round(2.5)\ndef f(x, W, b):\n    return x*len(C)\n',
    "half default": 'import numpy as np\nC = [1]\ndef add():\n    C.append(2)\n    return round(2.5)\ndef g(k=add()):\n    return k\ndef f(x, W, b):\n    return x*len(C)\n',
    "star math": 'import numpy as np\nfrom math import *\ndef f(x, W, b):\n    return x*sqrt(4)*pow(2, 3)\n',
    "star unread": 'import numpy as np\nfrom os.path import *\ndef f(x, W, b):\n    return x*sum([1, 2])\n',
    "star unread 2": 'import numpy as np\nfrom os.path import *\ndef f(x, W, b):\n    return x*len([1, 2])\n',
    "star exp": 'from numpy import *\ndef f(x, W, b):\n    return exp(x)*pi + any(x > 0)\n',
    "star any": 'from numpy import *\ndef f(x, W, b):\n    return x*any([[0, 0]])\n',
    "star later def": 'from numpy import *\ndef max(v, w):\n    return v*w\ndef f(x, W, b):\n    return x*max(2, 3)\n',
    "super module": 'import numpy as np\nclass A:\n    def __init__(self):\n        self.k = 1\nclass B(A):\n    def __init__(self):\n        super(B, self).__init__()\n        self.k += 1\nclass C(B):\n    pass\ndef f(x, W, b):\n    return C().k*x\n',
    "object module": 'import numpy as np\nclass A:\n    def __init__(self):\n        self.W = np.ones(4)\n        self.c = []\n    def go(self, v):\n        self.c.append(v)\n        return v*self.W.sum()\na = A()\ndef f(x, W, b):\n    return a.go(x)\n',
    "object trained": 'import numpy as np\nclass A:\n    def __init__(self):\n        self.W = np.ones(4)\n    def train(self):\n        self.W -= 0.1\n    def go(self, v):\n        return v*self.W.sum()\na = A()\nfor i in range(3):\n    a.train()\ndef f(x, W, b):\n    return a.go(x)\n',
    "fresh data": 'import numpy as np\nT = np.ones(4)\ndef g(v):\n    return v*T.sum()\nX = np.random.randn(5, 4)\nprint(g(X))\nout = g(X)\nassert out.shape == X.shape\nfor k in range(3):\n    out = g(out)\ndef f(x, W, b):\n    return g(x)\n',
    "annotation only": 'import numpy as np\nK: int\nK = 2\ndef f(x, W, b):\n    return x*K\n',
    "name != main": "import numpy as np\nK = 1\nif __name__ != '__main__':\n    K = 2\ndef f(x, W, b):\n    return x*K\n",
    "except as": "import numpy as np\ne = 1\ntry:\n    int('a')\nexcept ValueError as e:\n    pass\ndef f(x, W, b):\n    return x*e\n",
    "with as": 'import numpy as np\nimport contextlib\nK = 1\nwith contextlib.nullcontext(5) as K:\n    pass\ndef f(x, W, b):\n    return x*K\n',
    "for name": 'import numpy as np\nK = 1\nfor K in range(3):\n    pass\ndef f(x, W, b):\n    return x*K\n',
    "walrus": 'import numpy as np\nK = 1\nprint(K := 5)\ndef f(x, W, b):\n    return x*K\n',
    "print pop": 'import numpy as np\nC = [1, 2]\nprint(C.pop())\ndef f(x, W, b):\n    return x*len(C)\n',
    "lambda called": 'import numpy as np\nC = [1, 2]\n(lambda: C.pop())()\ndef f(x, W, b):\n    return x*len(C)\n',
    "globals": "import numpy as np\nK = 1\nglobals()['K'] = 5\ndef f(x, W, b):\n    return x*K\n",
    "function attribute": 'import numpy as np\ndef g(v):\n    return v*g.k\ng.k = 3\ndef f(x, W, b):\n    return g(x)\n',
    "monkey np": 'import numpy as np\nnp.twice = lambda v: 2*v\ndef f(x, W, b):\n    return np.twice(x)\n',
    "monkey np exp": 'import numpy as np\nold = np.exp\nnp.exp = np.exp\ndef f(x, W, b):\n    return np.exp(x)\n',
    "aug const": 'import numpy as np\nK = 1\nK += 1\ndef f(x, W, b):\n    return x*K\n',
    "if const": 'import numpy as np\nSCALE = 1\nFAST = True\nif FAST:\n    SCALE = 2\ndef f(x, W, b):\n    return x*SCALE\n',
    "table loop": 'import numpy as np\nT = np.zeros(4)\nfor i in range(4):\n    T[i] = i\ndef f(x, W, b):\n    return x*T.sum()\n',
    "dict update": "import numpy as np\nC = {'lr': 1.0}\nC.update(lr=2.0)\ndef f(x, W, b):\n    return x*C['lr']\n",
    "list append": 'import numpy as np\nC = []\nC.append(3)\ndef f(x, W, b):\n    return x*len(C)\n',
    "annotated": 'import numpy as np\nK = 1.0\nK: float = 2.0\ndef f(x, W, b):\n    return x*K\n',
    "call changes": 'import numpy as np\nT = np.zeros(4)\ndef init(t):\n    t += 1\ninit(T)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "fill": 'import numpy as np\nT = np.zeros(4)\nT.fill(2)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "random rebinding": 'import numpy as np\nK = np.ones(4)\nK[:] = 2 + 0*np.random.rand(4)\ndef f(x, W, b):\n    return x*K.sum()\n',
    "random rebinding 2": 'import numpy as np\nK = 1.0\nK = 2 + 0*np.random.rand()\ndef f(x, W, b):\n    return x*K\n',
    "half failed": 'import numpy as np\nT = np.zeros(4)\ndef fill(t):\n    t[0] = 1\n    t[1] = round(2.4)\n    return t\nU = fill(T)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "star numpy": 'import numpy as np\nfrom numpy import *\ndef f(x, W, b):\n    return x*sum(x)\n',
    "star numpy max": 'import numpy as np\nfrom numpy import *\ndef f(x, W, b):\n    return x*max(x[0])\n',
    "star numpy max2": 'from numpy import *\ndef f(x, W, b):\n    return max(x[0], 0)*x\n',
    "star numpy abs": 'from numpy import *\ndef f(x, W, b):\n    return sum(abs(x))\n',
    "with": "import numpy as np\nK = 1\nwith np.errstate(all='ignore'):\n    K = 2\ndef f(x, W, b):\n    return x*K\n",
    "try": 'import numpy as np\nK = 1\ntry:\n    K = 2\nexcept ValueError:\n    pass\ndef f(x, W, b):\n    return x*K\n',
    "del": 'import numpy as np\ndef sum(v):\n    return 5\ndel sum\ndef f(x, W, b):\n    return x*sum(x)\n',
    "def under if": 'import numpy as np\ndef g(v):\n    return v\nif True:\n    def g(v):\n        return 2*v\ndef f(x, W, b):\n    return g(x)\n',
    "try import": 'import numpy as np\ndef g(v):\n    return v\ntry:\n    from math import sqrt as g\nexcept ImportError:\n    pass\ndef f(x, W, b):\n    return x*g(4)\n',
    "setattr class": 'import numpy as np\nclass C:\n    k = 1\nC.k = 2\ndef f(x, W, b):\n    return x*C.k\n',
    "instance set": 'import numpy as np\nclass C:\n    k = 1\nc = C()\nc.k = 2\ndef f(x, W, b):\n    return x*c.k\n',
    "method call": 'import numpy as np\nclass C:\n    k = 1\n    def set(self, v):\n        self.k = v\nc = C()\nc.set(5)\ndef f(x, W, b):\n    return x*c.k\n',
    "class attr in method patched": 'import numpy as np\nclass C:\n    k = 1\n    def g(self):\n        return self.k\ndef new(self):\n    return 7\nC.g = new\ndef f(x, W, b):\n    return x*C().g()\n',
    "while": 'import numpy as np\nK = 1\nwhile K < 10:\n    K *= 2\ndef f(x, W, b):\n    return x*K\n',
    "random named": 'import numpy as np\nK = 1\ndef random_scale():\n    return 3\nK = random_scale()\ndef f(x, W, b):\n    return x*K\n',
    "swap": 'import numpy as np\nA, B = 1, 2\nA, B = B, A\ndef f(x, W, b):\n    return x*A\n',
    "import shadow": 'import numpy as np\nfrom numpy import sum\ndef f(x, W, b):\n    return x*sum(x)\n',
    "import mod shadow": 'import numpy as np\nimport math as F\ndef f(x, W, b):\n    return x*F.sqrt(4)\n',
    "np missing": 'def f(x, W, b):\n    import numpy as np\n    return np.exp(x)\n',
    "two defs": 'def f(x, W, b):\n    return x*1\ndef f(x, W, b):\n    return x*2\n',
    "decorator": 'import numpy as np\ndef dec(g):\n    return lambda *a: 2*g(*a)\n@dec\ndef f(x, W, b):\n    return x*1\n',
    "a file with imported in try with more": 'try:\n    import numpy as np\n    from math import sqrt as g\nexcept ImportError:\n    pass\ndef f(x, W, b):\n    return g(4)*x\n',
    "a file with try failing import": 'import numpy as np\ndef g(v):\n    return v\ntry:\n    from nowhere_xyz import g\nexcept ImportError:\n    pass\ndef f(x, W, b):\n    return g(x)\n',
    "a file with try import fallback": 'try:\n    import nowhere_xyz as np\nexcept ImportError:\n    import numpy as np\ndef f(x, W, b):\n    return np.exp(x)\n',
    "a file with try import else": 'import numpy as np\nK = 1\ntry:\n    import math\nexcept ImportError:\n    pass\nelse:\n    K = 2\ndef f(x, W, b):\n    return x*K\n',
    "a file with try import finally": 'import numpy as np\nK = 1\ntry:\n    import math\nfinally:\n    K = 2\ndef f(x, W, b):\n    return x*K\n',
    "a file with try import handler sets": 'import numpy as np\nK = 1\ntry:\n    import nowhere_xyz\nexcept ImportError:\n    K = 2\ndef f(x, W, b):\n    return x*K\n',
    "a file with try import flag": 'import numpy as np\ntry:\n    import math\n    HAVE = True\nexcept ImportError:\n    HAVE = False\ndef f(x, W, b):\n    return x*(2 if HAVE else 3)\n',
    "a file with many": 'import numpy as np\nT = [1]\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\nT.append(1)\ndef f(x, W, b):\n    return x*len(T)\n',
    "a file with async": 'import numpy as np\nK = 1\nasync def g():\n    global K\n    K = 2\ndef f(x, W, b):\n    return x*K\n',
    "a file with match": 'import numpy as np\nK = 1\nmatch K:\n    case 1:\n        K = 2\ndef f(x, W, b):\n    return x*K\n',
    "a file with match capture": 'import numpy as np\nK = 1\nmatch 7:\n    case K:\n        pass\ndef f(x, W, b):\n    return x*K\n',
    "a file with import in for": 'import numpy as np\nfor i in range(1):\n    from math import sqrt as g\ndef f(x, W, b):\n    return x*g(4)\n',
    "a file with star in if": 'import numpy as np\nimport sys\nif sys.version_info[0] > 2:\n    from numpy import *\ndef f(x, W, b):\n    return x*sum([[1, 2]])\n',
    "a file with star in try": 'import numpy as np\ntry:\n    from numpy import *\nexcept ImportError:\n    pass\ndef f(x, W, b):\n    return x*sum([[1, 2]])\n',
    "a file with default changes": 'import numpy as np\ndef g(v, c=[]):\n    c.append(v)\n    return len(c)\nfor i in range(3):\n    g(i)\ndef f(x, W, b):\n    return x*g(1)\n',
    "a file with default changes 2": 'import numpy as np\ndef g(v, c=[]):\n    c.append(v)\n    return len(c)\ng(1)\ng(2)\ndef f(x, W, b):\n    return x*g(1)\n',
    "a file with default changes 3": 'import numpy as np\ndef g(v, c=[]):\n    c.append(v)\n    return len(c)\nz = g(1)\ndef f(x, W, b):\n    return x*g(1)\n',
    "a file with instance default": 'import numpy as np\nclass A:\n    def __init__(self, c=[]):\n        self.c = c\na = A()\na.c.append(1)\ndef f(x, W, b):\n    return x*(len(A().c) + 1)\n',
    "a file with method default": 'import numpy as np\nclass A:\n    def go(self, v, c=[]):\n        c.append(v)\n        return len(c)\nA().go(1)\nprint(A().go(2))\ndef f(x, W, b):\n    return x*A().go(1)\n',
    "a file with aug in if": 'import numpy as np\nK = 1\nif True:\n    K += 1\n    if K == 2:\n        K += 3\ndef f(x, W, b):\n    return x*K\n',
    "a file with aug arr": 'import numpy as np\nT = np.ones(4)\nU = T\nT += 1\ndef f(x, W, b):\n    return x*U.sum()\n',
    "a file with aug list": 'import numpy as np\nT = [1]\nU = T\nT += [2]\ndef f(x, W, b):\n    return x*len(U)\n',
    "a file with aug unknown": 'import numpy as np\nT = [1]\nU = T\nT += sorted([round(2.5)])\ndef f(x, W, b):\n    return x*len(U)\n',
    "a file with aug mult": 'import numpy as np\nT = [1]\nU = T\nT *= 2\ndef f(x, W, b):\n    return x*len(U)\n',
    "a file with tuple store": 'import numpy as np\nT = np.zeros(4)\nK = 1\nT[0], K = 3, round(2.5)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "a file with subscript nested": "import numpy as np\nP = {'a': {'b': 1}}\nQ = P['a']\nfor k in P:\n    P[k]['b'] = 5\ndef f(x, W, b):\n    return x*Q['b']\n",
    "a file with dict of objects": "import numpy as np\nclass A:\n    def __init__(self):\n        self.k = 1\nP = {'a': A()}\nfor k in P.values():\n    k.k = 5\ndef f(x, W, b):\n    return x*P['a'].k\n",
    "a file with class alias": 'import numpy as np\nclass A:\n    k = 1\nB = A\nB.k = 4\ndef f(x, W, b):\n    return x*A.k\n',
    "a file with class via object": 'import numpy as np\nclass A:\n    k = 1\na = A()\ntype(a).k = 4\ndef f(x, W, b):\n    return x*A.k\n',
    "a file with class via self": 'import numpy as np\nclass A:\n    k = 1\n    def up(self):\n        self.__class__.k = 4\nA().up()\ndef f(x, W, b):\n    return x*A.k\n',
    "a file with class via cls": 'import numpy as np\nclass A:\n    k = 1\n    @classmethod\n    def up(cls):\n        cls.k = 4\nA.up()\ndef f(x, W, b):\n    return x*A.k\n',
    "a file with class via name": 'import numpy as np\nclass A:\n    k = 1\n    def __init__(self):\n        A.k += 1\na = A()\ndef f(x, W, b):\n    return x*A.k\n',
    "a file with class counter": 'import numpy as np\nclass A:\n    k = 1\n    def __init__(self):\n        A.k += 1\n        self.r = np.random.rand()\na = A()\ndef f(x, W, b):\n    return x*A.k\n',
    "a file with import alias": 'import numpy as np\nimport numpy.random as npr\nT = np.ones(4)\nnpr.shuffle(T)\nT[0] = 2\ndef f(x, W, b):\n    return x*T[0]\n',
    "a file with np.put": 'import numpy as np\nT = np.ones(4)\nnp.put(T, [0], 5)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "a file with np.add.at": 'import numpy as np\nT = np.ones(4)\nnp.add.at(T, [0], 5)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "a file with np out": 'import numpy as np\nT = np.ones(4)\nnp.multiply(T, 2, T)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "a file with np nan_to_num": 'import numpy as np\nT = np.ones(4)\nnp.exp(T, out=T)\ndef f(x, W, b):\n    return x*T.sum()\n',
    "a file with dunder all": "import numpy as np\n__all__ = ['f']\n__version__ = '1'\ndef f(x, W, b):\n    return x*2\n",
    "a file with lambda changes": 'import numpy as np\nT = [1]\ng = lambda v: T.append(v)\nfor i in range(2):\n    g(i)\ndef f(x, W, b):\n    return x*len(T)\n',
    "a file with map changes": 'import numpy as np\nT = [1]\nlist(map(T.append, [1, 2]))\ndef f(x, W, b):\n    return x*len(T)\n',
    "a file with bound name": 'import numpy as np\nT = [1]\nadd = T.append\nadd(3)\ndef f(x, W, b):\n    return x*len(T)\n',
    "a file with sorted key": 'import numpy as np\nT = [1]\ndef key(v):\n    T.append(v)\n    return v\nsorted([3, 2], key=key)\ndef f(x, W, b):\n    return x*len(T)\n',
    "a file with comprehension": 'import numpy as np\nT = [1]\n[T.append(i) for i in range(3)]\ndef f(x, W, b):\n    return x*len(T)\n',
    "a file with while pop": 'import numpy as np\nT = [1, 2, 3]\nwhile len(T) > 1:\n    T.pop()\ndef f(x, W, b):\n    return x*len(T)\n',
}
"""Whole files."""


READ = (
    *("plain", "plain function", "forward", "pop", "own print", "assert fine", "print fine", "print own pure", "print fresh", "print in loop"),
    *("c += c", "layer pure", "in loop", "y = y + g", "property", "static", "Module", "default", "inherited", "one class", "len unused"),
    *("super", "super 1", "super skips", "chain", "method", "class", "del", "lambda after", "is imported", "is no program"),
    *("more: drawn weights", "more: drawn object", "more: class in method", "more: static super", "more: private siblings"),
    *("is asserted: shape", "is asserted: ndim", "is asserted: data", "is asserted: isinstance", "is asserted: key", "is asserted: float"),
)
"""The pieces that aren't refused."""

READ_FILES = (
    *("fine", "fine 2", "guard", "global unused", "try xrange", "try numpy", "if version", "if else", "del def", "del sum random", "name != main"),
    *("star math", "star later def", "star unread 2", "super module", "object module", "fresh data", "annotation only", "aug const", "if const"),
    *("annotated", "star numpy", "star numpy abs", "del", "def under if", "try import", "random named", "swap", "two defs"),
    *("a file with aug in if", "a file with aug arr", "a file with dunder all", "a file with imported in try with more"),
)
"""The files that aren't refused."""

OLD = "import numpy as np\ndef f(x, W, b):\n    c = [1, 2]\n    y = x\n    {}\n    return y*len(c)\n"
"""A file of Python 2, with one line to print something."""


@pytest.mark.parametrize("body", PIECES.values(), ids=PIECES)
def test_a_piece_is_read_right_or_refused(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        compare(body, tmp_path, monkeypatch)
    except Unreadable as refused:
        assert refused.message


@pytest.mark.parametrize("text", MODULES.values(), ids=MODULES)
def test_a_file_is_read_right_or_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_pieces, "source", lambda body: body)
    try:
        compare(text, tmp_path, monkeypatch)
    except Unreadable as refused:
        assert refused.message


@pytest.mark.parametrize("name", READ)
def test_what_is_ordinary_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(PIECES[name], tmp_path, monkeypatch) == "read"


@pytest.mark.parametrize("name", READ_FILES)
def test_an_ordinary_file_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_pieces, "source", lambda body: body)
    assert outcome(MODULES[name], tmp_path, monkeypatch) == "read"


@pytest.mark.parametrize("line", ['print "a", c.pop()', 'if 1: print "a", c.pop(),', 'print("%d") % c.pop()', "print `c.pop()`", 'print >>np, c.pop()  # "x"'])
def test_what_python_2_prints_is_carried_out(line: str) -> None:
    found = read_source(OLD.format(line) + "print 'old'\n", "out = f(x, W, b)", LAYER).results["out"]
    right = read_source(OLD.format("c.pop()"), "out = f(x, W, b)", LAYER).results["out"]
    assert str(found.expression) == str(right.expression)


@pytest.mark.parametrize("line", ['print "hi"; y = y*2', 'print("%d") % 1; y = y*2', 'print "a", c.pop("zz", 1, 2)'])
def test_what_python_2_prints_beside_other_things_is_refused(line: str) -> None:
    with pytest.raises(Unreadable):
        read_source(OLD.format(line) + "print 'old'\n", "out = f(x, W, b)", LAYER)


def test_what_python_2_only_says_is_left_out() -> None:
    text = OLD.format("print 'a; b', y.shape, unknown  # f(x)")
    right = read_source(OLD.format("pass"), "out = f(x, W, b)", LAYER).results["out"]
    assert str(read_source(text, "out = f(x, W, b)", LAYER).results["out"].expression) == str(right.expression)
