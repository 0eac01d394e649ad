"""Source is read as mathematics: what it says is what it computes, and what can't be read is refused, never run."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import numpy_corpus_reading as corpus
from numpy_corpus_reading import Case

from symbackprop.language.evaluate import gradient
from symbackprop.language.numpy_source import Unreadable, read_source
from symbackprop.layer import Layer
from symbackprop.layers.shelf import get
from tests.limits import at_most

CASES = list(corpus.cases())

NOT_READ = {
    "conv_offsets": "within an axis",
    "net_layers": "don't fit",
    "pool_assigns": "several turns write to the same place",
    "rnn_class": "what a loop kept is changed",
}
"""Cases that are refused, and what is said."""

NOT_TRIED = {"lstm_assignment", "gn_assignment", "gn_alternative", "gn_flat_rows"}
"""Cases whose gradients take long before no proof is found; they count as not proved."""

READ = [c for c in CASES if c.function not in NOT_READ]
LINEAR = get("linear")


def ids(case: Case) -> str:
    return str(case)


# ---- the corpus ----------------------------------------------------------------------------------------------------------


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 400
    assert len([c for c in CASES if c.wrong]) >= 120
    assert len([c for c in CASES if c.loops]) >= 100
    assert len(READ) >= 0.95 * len(CASES)


@pytest.mark.parametrize("case", [c for c in CASES if c.function in NOT_READ], ids=ids)
def test_what_is_refused_says_why(case: Case) -> None:
    with pytest.raises(Unreadable, match=NOT_READ[case.function]):
        corpus.program(case)


@pytest.mark.parametrize("case", READ, ids=ids)
def test_what_is_read_is_what_is_computed(case: Case) -> None:
    layer = corpus.layer_of(case)
    read = corpus.program(case)
    for seed in (0, 1):
        given = corpus.arrays(layer, seed)
        computed = corpus.run(case, given)
        for name in case.names:
            found = corpus.value(case, read.results[name], given)
            assert np.shape(found) == np.shape(computed[name]), name
            assert np.allclose(found, computed[name], rtol=1e-9, atol=1e-11), name


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_the_corpus_says_what_is_right(case: Case) -> None:
    layer, differs = corpus.layer_of(case), set[str]()
    for seed in range(4):
        given = corpus.arrays(layer, seed)
        computed = corpus.run(case, given)
        for name in (n for n in case.names if n[0] == "d" and n[1:] in layer.tensors):
            true = gradient(corpus.gradients(case.layer)[name[1:]], given)
            if np.shape(true) != np.shape(computed[name]) or not np.allclose(true, computed[name]):
                differs.add(name)
    assert differs == set(case.wrong)


@pytest.fixture(scope="module")
def verdicts() -> dict[Case, dict[str, str]]:
    """The verdict on each gradient of each case."""
    found: dict[Case, dict[str, str]] = {}
    for case in READ:
        asked = [n for n in case.names if n[0] == "d" and (n in case.wrong or not case.wrong)]
        tried = case.function not in NOT_TRIED
        found[case] = {n: corpus.verdict(case, n) if tried else "not tried" for n in asked}
    return found


def test_no_wrong_gradient_is_proved(verdicts: dict[Case, dict[str, str]]) -> None:
    passed = [f"{c} {n}" for c, by_name in verdicts.items() for n, v in by_name.items() if n in c.wrong and v.startswith("proved")]
    assert not passed


@pytest.mark.parametrize(("loops", "share"), [(False, 0.8), (True, 0.5)])
def test_right_gradients_are_proved_for_all_sizes(verdicts: dict[Case, dict[str, str]], loops: bool, share: float) -> None:
    right = [(c, [v for n, v in by_name.items()]) for c, by_name in verdicts.items() if not c.wrong and c.loops is loops]
    proved = [c for c, found in right if found and all(v.startswith(("proved", "no gradient")) for v in found)]
    missing = [str(c) for c, _ in right if c not in proved and c.names[0] != "h"]
    assert len(proved) >= share * len(right), missing


# ---- single constructions ------------------------------------------------------------------------------------------------


def read(body: str, call: str = "out = f(x, W, b)", layer: Layer = LINEAR) -> str:
    """The expression of `out` where f has this body, everything inserted."""
    lines = "\n".join("    " + line for line in body.strip().split("\n"))
    return str(read_source(f"import numpy as np\ndef f(x, W, b):\n{lines}\n", call, layer).inlined("out"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return 2*x", "2*x[n, d]"),
        ("return x.T", "x[n, d]"),
        ("y = x\ny = y + 1\nreturn x", "x[n, d]"),
        ("y = x.copy()\ny += 1\nreturn x", "x[n, d]"),
        ("y = x\ny += 1\nreturn x", "x[n, d] + 1"),
        ("N, D = x.shape\nreturn x * N / D", "N*x[n, d]/D"),
        ("return x[:, None, :] + 0", "x[n, d]"),
        ("return x.reshape(x.shape[0], -1)", "x[n, d]"),
        ("a, (c, *rest) = b, (W, x, x)\nreturn rest[0]", "x[n, d]"),
        ("return x[::-1]", "x[N - n - 1, d]"),
        ("return 1e-5 * x", "x[n, d]/100000"),
        ("return x if x.ndim == 2 else W", "x[n, d]"),
        ("return np.square(x) if x.dtype == np.float64 else W", "x[n, d]**2"),
        ("assert x.shape[0] > 0\nprint(x)\n'text'\nreturn x", "x[n, d]"),
        ("def g(y, scale=3):\n    return scale*y\nreturn g(x)", "3*x[n, d]"),
        ("out = None\nfor k in range(3):\n    out = x if out is None else out + x\nreturn out", "3*x[n, d]"),
        ("return {'a': x}.get('a', W)", "x[n, d]"),
        ("return np.maximum(0, x)", "relu(x[n, d])"),
        ("rules = {np.exp: lambda ans, v: lambda g: g*3, 'sin': None}\nreturn rules[np.exp](x, x)(x)", "3*x[n, d]"),
        ("n = None\nn = n or x.shape[0]\nreturn x/n", "x[n, d]/N"),
        ("y = np.random.randn(3)\ny = x\nreturn y", "x[n, d]"),
        ("np.random.seed(0)\nreturn x", "x[n, d]"),
        ("try:\n    from fast import col2im\nexcept ImportError:\n    print('slow')\nreturn x", "x[n, d]"),
        ("d = {}\nfor k in ['a', 'b']:\n    d[k + str(1)] = x\nreturn d['a1'] + d.get('c1', 0)", "x[n, d]"),
        ("p = {'mode': 'train'}\np.setdefault('eps', 2)\nreturn x*p['eps'] if p['mode'] == 'train' else W", "2*x[n, d]"),
        ("return np.pad(x, ((0, 0), (0, 0)), 'constant').reshape(x.shape[0], -1)", "x[n, d]"),
        ("y = x.astype(np.float64, copy=False)\nreturn y**0.5*y**0.5/float(1)", "x[n, d]"),
    ],
)
def test_constructions(body: str, expected: str) -> None:
    assert read(body) == expected


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("for k in range(3):\n    if x.sum() > k:\n        break\nreturn x", "depends on data"),
        ("if x.sum() > 0:\n    x = x.T\nreturn x", "one shape or another"),
        ("y = x.T\ny[:] = 0\nreturn x", "changed through a view"),
        ("y = x[0]\nx[:] = 0\nreturn y", "changed since"),
        ("return np.random.randn(*x.shape)", "random"),
        ("return np.fft.fft(x)", "isn't read"),
        ("return unknown(x)", "isn't known"),
        ("while True:\n    pass\nreturn x", "while isn't read"),
        ("return np.empty_like(x)", "nothing was written"),
        ("return x[3]", "isn't known"),
        ("return x[x > 0]", "unknown size"),
        ("return x + W", "don't fit"),
        ("return x @ W.T", "doesn't fit"),
        ("z = np.zeros_like(x)\nfor i in range(x.shape[0]):\n    z[0] = x[i]\nreturn z", "several turns"),
        ("z = np.zeros_like(x)\nfor i in range(x.shape[0] - 2):\n    z[i + 2] = z[i] + x[i]\nreturn z", "isn't known"),
        ("for i in range(x.shape[0]):\n    y = x[i]\nreturn y", "last turn"),
        ("for i in range(x.shape[0]):\n    if i > 0:\n        break\nreturn x", "data"),
        ("z = np.zeros(x.shape, dtype=int)\nz[:] = x\nreturn z", "can't hold"),
        ("raise ValueError('no')", "raises an error"),
        ("try:\n    return x\nexcept Exception:\n    return W", "isn't read"),
        ("global x\nreturn x", None),
        ("return x.__class__", "two underscores"),
        ("return __import__('os')", "two underscores"),
        ("return eval('x')", "isn't known"),
        ("return open('file')", "isn't known"),
        ("return 9**9**9**9", "beyond"),
        ("return x * 1e300", "too large"),
    ],
)
def test_what_is_not_read_is_refused_with_its_place(body: str, part: str | None) -> None:
    with pytest.raises(Unreadable) as caught:
        read(body)
    assert part is None or part in str(caught.value)
    assert caught.value.line >= 1


def test_an_error_shows_line_column_and_source() -> None:
    source = "import numpy as np\ndef f(x):\n    y = 2*x\n    return np.cumsum(y)\n"
    with pytest.raises(Unreadable) as caught:
        read_source(source, "out = f(x)", LINEAR)
    assert (caught.value.line, caught.value.column) == (4, 12)
    assert "return np.cumsum(y)" in str(caught.value)


def test_positions_and_overwritten_inputs() -> None:
    source = "def back(dout, x):\n    dW = x.T @ dout\n    dout *= 2\n    return dW\n"
    found = read_source(source, "dW = back(dout, x)", LINEAR)
    assert (found.results["dW"].line, found.results["dW"].in_call) == (2, False)
    assert found.overwritten == (("dz", 3),)


def test_a_script_is_read_line_by_line() -> None:
    source = "import numpy as np\nz = x @ W + b\ndW = x.T @ dz\ndb = np.median(dz)\ndx = dz @ W.T\n"
    found = read_source(source, "", LINEAR)
    assert {r.name: r.line for r in found.lines} == {"z": 2, "dW": 3, "dx": 5}
    assert set(found.unread) == {"db"} and found.unread["db"].line == 4


def test_leftovers_of_python_2() -> None:
    source = "import numpy as np\ndef f(x):\n    print 'shape', x.shape\n"
    source += "    y = np.zeros_like(x)\n    for i in xrange(x.shape[0]):\n        y[i] = 3*x[i]\n    return y\n"
    assert str(read_source(source, "out = f(x)", LINEAR).inlined("out")) == "3*x[n, d]"
    with pytest.raises(Unreadable, match="no Python"):
        read_source("def f(x):\n    exec 'x'\n", "out = f(x)", LINEAR)
    halves = read_source("def f(x):\n    print x\n    return (1/2)*x\n", "out = f(x)", LINEAR)
    assert str(halves.inlined("out")) == "0"


PYTHON_2 = """
import numpy as np
def f(x):
    if x.ndim <> 2: raise ValueError, 'a matrix'
    try:
        import fast
    except ImportError, e:
        print 'slow:', e
    d = {'k': 10L}
    for k, v in d.iteritems():
        if d.has_key(k): print >>log, `v`
    return (7/2)*x*d['k']
"""


def test_leftovers_of_python_2_with_one_meaning() -> None:
    assert str(read_source(PYTHON_2, "out = f(x)", LINEAR).inlined("out")) == "30*x[n, d]"


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("def f(x):\n    exec 'x'\n", "exec is a statement of Python 2"),
        ("def f((a, b)):\n    return a\n", "unpack them in the body"),
        ("def f(x):\n    for i in xrange(2):\n        pass\n    return 1/len(x)*x\n", "divide by float(n)"),
    ],
)
def test_leftovers_of_python_2_without_one(source: str, part: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_source(source, "out = f(x)", LINEAR)
    assert part in str(caught.value)


def test_python_3_files_that_define_xrange_divide_as_python_3() -> None:
    source = "from past.builtins import xrange\ndef f(x):\n    for i in xrange(2):\n        pass\n    return 1/2*x\n"
    assert str(read_source(source, "out = f(x)", LINEAR).inlined("out")) == "x[n, d]/2"


def test_objects_with_a_cache_are_called_line_by_line() -> None:
    source = "import numpy as np\nclass Affine(object):\n    def __init__(self, d, h):\n        self.W = 0.01*np.random.randn(d, h)\n"
    source += "        self.b = np.zeros(h)\n    def forward(self, x):\n        self.cache = x\n        return x @ self.W + self.b\n"
    source += "    def backward(self, dout):\n        self.dW = self.cache.T @ dout\n        return dout @ self.W.T\n"
    call = "layer = Affine(D, H); layer.W = W; out = layer.forward(x); dx = layer.backward(dz); dW = layer.dW"
    found = read_source(source, call, LINEAR)
    assert {n: str(found.inlined(n)) for n in ("dx", "dW")} == {
        "dx": "sum[i_3](W[d, i_3]*dz[n, i_3])",
        "dW": "sum[i_2](dz[i_2, h]*x[i_2, d])",
    }
    with pytest.raises(Unreadable, match="random"):
        read_source(source, "layer = Affine(D, H); out = layer.forward(x)", LINEAR)


def test_torch_with_the_same_operations() -> None:
    source = "import torch\ndef back(dout, x, W):\n    return dout.mm(W.t()), x.T.mm(dout), dout.sum(dim=0)\n"
    found = read_source(source, "dx, dW, db = back(dout, x, W)", LINEAR)
    assert [str(found.inlined(n)) for n in ("dx", "dW", "db")] == [
        "sum[i_1](W[d, i_1]*dz[n, i_1])",
        "sum[i_2](dz[i_2, h]*x[i_2, d])",
        "sum[i_3](dz[i_3, h])",
    ]


def test_a_recurrence_is_an_equation_over_the_turns() -> None:
    source = "import numpy as np\ndef f(x, h0, W, U):\n    h = h0\n"
    source += "    for t in range(len(x)):\n        h = np.tanh(x[t] @ W + h @ U)\n    return h\n"
    found = read_source(source, "out = f(x, h0, W, U)", get("rnn"))
    assert any(e.is_boundary for e in found.helpers)
    assert str(found.results["out"].expression) == "h_2[T - 1, n, i]"


# ---- hostile and large input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 180_000,
        "x = " + "(" * 5000 + "1" + ")" * 5000,
        "x = " + "-" * 4000 + "1",
        "x = " + "+".join(["1"] * 2400),
        "x = [" * 400,
        "x = " + "9" * 3000,
        "x = 'a'\u202e",
        "x = 1\x00",
        "if x:\n" + "".join(" " * k + "if x:\n" for k in range(1, 99)) + " " * 99 + "pass",
        "def f(): return f()\ny = f()",
        "y = [[0]*100]*100*100*100",
        "y = 2**2**2**2**2**2",
        "for i in range(10**9):\n    pass",
        "for i in range(200):\n    for j in range(200):\n        for k in range(200):\n            y = 1.0*i",
        "y = x\n" + "y = y*y + y\n" * 60,
        "y = x\nfor k in range(150):\n    y = np.exp(y) + np.exp(-y)",
    ],
)
def test_hostile_source_is_refused_quickly(source: str) -> None:
    with at_most(1.5):  # on a quiet machine far less
        try:
            found = read_source(source, "", LINEAR)
        except Unreadable:
            return
    assert found.unread or found.results is not None


def test_nothing_is_run(tmp_path: Path) -> None:
    target = tmp_path / "made"
    for text in (f"open({str(target)!r}, 'w')", f"__import__('os').mkdir({str(target)!r})", f"np.save({str(target)!r}, x)"):
        with pytest.raises(Unreadable):
            read_source(f"import numpy as np\ndef f(x):\n    {text}\n    return x\n", "out = f(x)", LINEAR)
    assert not list(tmp_path.iterdir())


def test_a_typical_function_is_read_quickly() -> None:
    source = corpus.source("norms").partition("def batch_graph")[0]
    call = "out, dx, dgamma, dbeta = batch_staged(x, gamma, beta, eps, dout)"
    read_source(source, call, get("batch_norm"))
    with at_most(1.25):  # about 20 ms each on a quiet machine
        for _ in range(5):
            read_source(source, call, get("batch_norm"))
