"""Hostile source is refused, or read, at once: nothing is run, no file is read, nothing grows without end."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from symbackprop.language.errors import NotationError
from symbackprop.language.numpy_source import Unreadable, read_source
from symbackprop.layers.shelf import get
from tests.limits import at_most

LINEAR = get("linear")
LIMIT = 1.5  # seconds of the processor, on a machine that does other things; alone each takes under 0.2

DEEP = {
    "brackets": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "open brackets": "x = [" * 400,
    "minus": "x = " + "-" * 4000 + "1",
    "not": "y = " + "not " * 1200 + "x",
    "sum": "x = " + "+".join(["1"] * 2400),
    "attributes": "y = x" + ".T" * 2000,
    "calls": "y = x" + ".copy()" * 600,
    "subscripts": "y = x" + "[:]" * 600,
    "conditions": "y = " + "1 if x[0,0] > 0 else " * 200 + "2",
    "ifs": "if x:\n" + "".join(" " * k + "if x:\n" for k in range(1, 99)) + " " * 99 + "pass",
    "lists": "a = [x]\n" + "a = [a, a]\n" * 60 + "y = np.array(a)",
    "decorators": "@" * 1000 + "x\ndef f(): pass",
}
LONG = {
    "a megabyte": "x = 1\n" * 180_000,
    "lines": "\n".join(f"a{k} = x + {k}" for k in range(10_000)),
    "statements": "x=1;" * 1200,
    "one line": "y = '" + "a" * 20_000 + "'",
    "digits": "x = " + "9" * 3000,
    "a name": "a" * 4000 + " = x",
    "functions": "\n".join(f"def f{k}(x):\n    return f{k + 1}(x) + f{k + 1}(x)" for k in range(60))
    + "\ndef f60(x):\n    return x\ny = f0(x)",
}
CHARACTERS = {
    "bidirectional": "x = 'a'\u202e",
    "isolate": "x = 'a'\u2066",
    "zero width": "x\u200b = 1",
    "nul": "x = 1\x00",
    "escape": "x = 1\x1b[31m",
    "backspace": "x = 1\x08",
    "lone surrogate": "x = '\ud800'",
    "carriage returns": "x=1\r" * 1000,
}
NUMBERS = {
    "tower": "y = 9**9**9**9",
    "tower of two": "y = 2**2**2**2**2**2",
    "nested powers": "y = 10**(10**(10**10))",
    "powers": "a = 10\n" + "a = a**10\n" * 10,
    "squares": "a = 10\n" + "a = a*a\n" * 60,
    "fractions": "a = 1.1\n" + "a = a*a\n" * 60 + "y = x*a",
    "sizes": "a = x.shape[0] + x.shape[1]\n" + "a = a*a\n" * 12 + "for i in range(a):\n    pass",
    "sum of sizes": "a = x.shape[0]\n" + "a = a*a + a\n" * 60,
    "power of sizes": "a = (x.shape[0] + x.shape[1] + 1)**200\nb = x.reshape(a, -1)",
    "large": "y = 1e308*1e308*x",
    "small": "y = x*1e-300",
    "shift": "y = 1 << 10**10",
    "factorial": "import math\ny = math.factorial(10**7)",
    "exponent": "y = x**(10**30)",
}
GROWTH = {
    "a=x+x; b=a*a+a": "a = x + x\n" + "a = a*a + a\n" * 60,
    "names": "a0 = x + x\n" + "".join(f"a{k + 1} = a{k}*a{k} + a{k}\n" for k in range(60)),
    "numbers": "a = x[0,0]\n" + "a = a*a + a\n" * 60,
    "exponentials": "y = x\nfor k in range(150):\n    y = np.exp(y) + np.exp(-y)",
    "maxima": "y = x.max()\n" + "y = np.maximum(y, y + x.max())\n" * 60,
    "matrices": "y = x.T @ x\n" + "y = y @ y\n" * 60,
    "places": "y = np.zeros((3,3))\nfor i in range(3):\n    for j in range(3):\n        for k in range(60):\n"
    "            y[i,j] = y[j,i] + y[i,i]*y[j,j]",
    "branches": "y = 0.0\nfor i in range(len(x)):\n"
    + "".join(f"    if x[i,0] > {k}:\n        continue\n" for k in range(60))
    + "    y += x[i,0]",
    "choices": "y = x\n" + "".join(f"y = y*y if x[0,0] > {k} else y + y\n" for k in range(100)),
    "a list": "a = [0]*100\n" + "a = a + a\n" * 40,
    "a list of lists": "y = [[0]*100]*100*100*100",
    "a tuple": "a = (0,)*100\n" + "a = a + a\n" * 40,
    "text": "a = 'x'*100\n" + "a = a + a\n" * 40,
    "formats": "a = '%1000000000d' % 1\nb = '{:>1000000000}'.format(1)\nc = f'{1:>1000000000}'",
    "axes": "y = x\n" + "y = y[None]\n" * 200,
    "padding": "y = np.pad(x, 10**12)",
    "parts": "y = np.split(x, 10**9)",
    "einsum": "y = np.einsum(','.join(['ab']*1000), *([x]*100))",
    "defaults": "def f(a=[[[1]*100]*100]*100):\n    return a\ny = f()",
    "cycle": "a = []\na.append(a)\ny = np.array(a)",
}
LOOPS = {
    "range": "for i in range(10**9):\n    pass",
    "within": "for i in range(90):\n    for j in range(90):\n        for k in range(90):\n            y = 1.0*i",
    "adding": "s = 0\nfor i in range(90):\n    for j in range(90):\n        for k in range(90):\n            s += x[0,0]",
    "comprehension": "y = [i for i in range(10**9)]",
    "comprehensions": "y = [[[[k for k in range(99)] for j in range(99)] for i in range(99)] for h in range(99)]",
    "while": "while True:\n    pass",
    "counting": "i = 0\nwhile i < 10**9:\n    i += 1",
    "recursion": "def f(): return f()\ny = f()",
    "two by two": "def f(n):\n    return x if n == 0 else f(n-1) + f(n-1)\ny = f(30)",
    "each other": "def f(n): return g(n)\ndef g(n): return f(n+1) + f(n)\ny = f(1)",
    "lambda": "w = lambda s: s(s) + s(s)\ny = w(w)",
    "closures": "def f(n):\n    def g():\n        return f(n)\n    return g()\ny = f(1)",
    "arguments": "def f(**k): return f(**k, a=1)\ny = f()",
    "objects": "class A:\n    def __init__(self):\n        self.a = A()\ny = A()",
    "bases": "class A:\n    pass\nclass A(A):\n    pass\n" * 900,
}
FORBIDDEN = (
    "__import__('os').mkdir({target!r})",
    "__builtins__['open']({target!r}, 'w')",
    "open({target!r}, 'w')",
    "eval('open({target!r})')",
    "exec('open({target!r})')",
    "compile('1', {target!r}, 'exec')",
    "getattr(x, '__class__')",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__dict__",
    "x.__array_interface__",
    "(lambda: 0).__globals__",
    "np.save({target!r}, x)",
    "np.load({target!r}, allow_pickle=True)",
    "np.loadtxt({target!r})",
    "np.fromfile({target!r})",
    "x.tofile({target!r})",
    "x.dump({target!r})",
    "np.lib.npyio.os.system('true')",
    "input()",
    "globals()",
    "vars()",
    "setattr(x, 'T', 1)",
    "'{{0.__class__}}'.format(x).y",
)


def hostile() -> list[tuple[str, str]]:
    """Every text, with what it is."""
    groups = {"deep": DEEP, "long": LONG, "characters": CHARACTERS, "numbers": NUMBERS, "growth": GROWTH, "loops": LOOPS}
    return [(f"{group}: {name}", text) for group, texts in groups.items() for name, text in texts.items()]


def read_or_refused(source: str, call: str) -> None:
    try:
        found = read_source(source, call, LINEAR)
    except NotationError as error:
        assert (error.message and str(error).isprintable()) or "\n" in str(error)
    else:
        assert all(str(e) for e in found.unread.values())


@pytest.mark.parametrize(("name", "source"), hostile(), ids=[name for name, _ in hostile()])
def test_hostile_source_is_refused_or_read_at_once(name: str, source: str) -> None:
    with at_most(LIMIT):
        read_or_refused("import numpy as np\n" + source, "")


@pytest.mark.parametrize(("name", "source"), hostile(), ids=[name for name, _ in hostile()])
def test_so_is_a_hostile_function(name: str, source: str) -> None:
    lines = source.split("\n") if "\r" not in source else [source]
    body = "\n".join("    " + line for line in lines)
    with at_most(LIMIT):
        read_or_refused(f"import numpy as np\ndef f(x, W, b):\n{body}\n    return y\n", "z = f(x, W, b)")


CALLS = ["z = " + "(" * 3000, "z = f(x)" * 3000, "z = x\x00", "z = 9**9**9**9", "import os; os.getcwd()", "z = open('f')"]


@pytest.mark.parametrize("call", CALLS)
def test_hostile_calls_are_refused(call: str) -> None:
    with pytest.raises(Unreadable):
        read_source("def f(x):\n    return x\n", call, LINEAR)


@pytest.mark.parametrize("text", FORBIDDEN)
def test_nothing_is_run_and_no_file_is_read(text: str, tmp_path: Path) -> None:
    target = str(tmp_path / "made")
    line = text.format(target=target)
    with pytest.raises(Unreadable):
        read_source(f"import numpy as np\ndef f(x):\n    y = {line}\n    return y\n", "out = f(x)", LINEAR)
    found = None
    with suppress(Unreadable):
        found = read_source(f"import numpy as np\nout = {line}\n", "", LINEAR)
    assert found is None or "out" not in found.results
    assert not list(tmp_path.iterdir())


def test_what_is_said_of_hostile_text_can_be_shown() -> None:
    with pytest.raises(Unreadable) as caught:
        read_source("x = 1\x1b[31m", "", LINEAR)
    assert "\x1b" not in str(caught.value)
