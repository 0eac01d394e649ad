"""What tells Python 2: names that only it has, unless the file imports or defines them itself."""

from __future__ import annotations

import ast

import pytest

from symbackprop.language.numpy_source import read_source
from symbackprop.language.numpy_source.python_2 import NAMES, is_old
from symbackprop.layers.shelf import get

LINEAR = get("linear")
USES = {
    "xrange": "for i in xrange(3): pass",
    "reduce": "n = reduce(f, [1, 2])",
    "long": "n = long(3)",
    "unicode": "s = unicode('a')",
    "basestring": "ok = isinstance(s, basestring)",
    "raw_input": "s = raw_input()",
    "unichr": "s = unichr(65)",
}


def old(source: str) -> bool:
    return is_old(ast.parse(source))


def test_every_name_has_a_case() -> None:
    assert set(USES) == set(NAMES)


@pytest.mark.parametrize("name", USES)
def test_a_name_that_only_python_2_has(name: str) -> None:
    assert old(USES[name])
    assert old(f"def g(x):\n    return [k for k in {name}]")
    assert old(f"import numpy as np\nfrom math import floor\n{USES[name]}")


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize(
    "own",
    [
        "from somewhere import {}",
        "from past.builtins import {}",
        "from somewhere import other as {}",
        "import other as {}",
        "{} = range",
        "try:\n    {0}\nexcept NameError:\n    {0} = None",
        "def {}(*a):\n    return a",
        "def g({}):\n    pass",
        "from six.moves import *",
        "from past.builtins import *",
    ],
)
def test_a_name_that_the_file_has_itself(name: str, own: str) -> None:
    assert not old(f"{own.format(name)}\n{USES[name]}")


LOOKS_LIKE_IT = ("import functools\nn = functools.reduce(f, a)", "n = np.long(3)", "n = 1", "d = {'xrange': 1}", "n.reduce(a)")
OTHER_IMPORTS = ("from functools import partial", "from math import *", "from six.moves import range", "from functools import reduce as r")


@pytest.mark.parametrize("source", LOOKS_LIKE_IT)
def test_what_only_looks_like_it(source: str) -> None:
    assert not old(source)


@pytest.mark.parametrize("source", OTHER_IMPORTS)
def test_an_import_of_something_else_says_nothing(source: str) -> None:
    assert old(f"{source}\n{USES['reduce']}")


def test_one_that_is_defined_doesnt_excuse_another() -> None:
    assert old("from functools import reduce\nn = reduce(f, [xrange(3)])")


HALF = "def f(x):\n    n = {}\n    return 7 / 2 * x\n"


@pytest.mark.parametrize("name", ["reduce(lambda a, b: a * b, x.shape)", "[k for k in xrange(2)]"])
def test_whole_numbers_are_divided_as_there(name: str) -> None:
    assert str(read_source(HALF.format(name), "out = f(x)", LINEAR).inlined("out")) == "3*x[n, d]"


def test_they_are_not_where_it_is_imported() -> None:
    source = "from functools import reduce\n" + HALF.format("reduce(lambda a, b: a * b, x.shape)")
    assert str(read_source(source, "out = f(x)", LINEAR).inlined("out")) == "7*x[n, d]/2"


@pytest.mark.parametrize("before", ["", "from functools import reduce\n"])
def test_reduce_folds_from_the_left(before: str) -> None:
    source = before + "def f(x):\n    return reduce(lambda a, b: 2 * a + b, [x, 3 * x, 5 * x]) + reduce(lambda a, b: a - b, [x], 10 * x)\n"
    assert str(read_source(source, "out = f(x)", LINEAR).inlined("out")) == "24*x[n, d]"  # 2(2 + 3) + 5 + 10 − 1
