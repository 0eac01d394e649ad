"""Honest code that is run returns its numbers; where it can't, the failure says which line and why."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop.verify import runner
from symbackprop.verify.runner import MOST_SHOWN, Ran, RunFailed, Runner

from .running import AFFINE, AFFINE_CALL, affine_arrays

Run = Callable[..., Ran]


def test_a_backward_pass_returns_its_gradients(run: Run) -> None:
    given = affine_arrays()
    ran = run(AFFINE, AFFINE_CALL, given, "dx dW db out")
    assert list(ran.values) == ["dx", "dW", "db", "out"]
    np.testing.assert_array_equal(ran.values["dx"], given["dout"] @ given["W"].T)
    np.testing.assert_array_equal(ran.values["dW"], given["x"].T @ given["dout"])
    assert ran.values["db"].shape == (5,)
    assert (ran.changed, ran.printed, ran.notes) == ((), "", ())
    assert 0 < ran.seconds < 5


def test_later_runs_cost_less_than_50_ms(mode: str) -> None:
    given, times = affine_arrays(), []
    with Runner(AFFINE) as here:
        for _ in range(12):
            began = time.perf_counter()
            here.run(AFFINE_CALL, given, ["dx", "dW", "db"])
            times.append(time.perf_counter() - began)
    assert sorted(times[1:])[2] < 0.050  # the third best of eleven: others use this machine too


def test_each_run_starts_afresh(mode: str) -> None:
    source = "n = 0\nimport numpy as np\nr = np.random.rand(2)\ndef f():\n    global n\n    n += 1\n    np.pi += 3\n    return n, np.pi < 7"
    with Runner(source) as here:
        first, second = (here.run("k, pi = f()", {}, ["k", "pi", "r"]).values for _ in range(2))
    assert float(first["k"]) == float(second["k"]) == float(second["pi"]) == 1
    np.testing.assert_array_equal(first["r"], second["r"])


def test_entries_of_tables_and_attributes_are_read_out(run: Run) -> None:
    source = "import numpy as np\nclass Layer:\n    pass\ngrads, layer = {'W1': np.ones(2), 'all': [np.zeros(3)]}, Layer()\nlayer.dW = 5"
    ran = run(source, wanted="grads['W1'] grads[\"all\"][0] layer.dW")
    assert [v.shape for v in ran.values.values()] == [(2,), (3,), ()]
    assert list(ran.values) == ["grads['W1']", 'grads["all"][0]', "layer.dW"]


@pytest.mark.parametrize("wanted", ["f()", "x + 1", "x[y]", "x[1:2]", "__import__('os')", "x.__class__", "x[", "", "lambda: 0", "[x]"])
def test_only_names_and_entries_can_be_wanted(wanted: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        runner.path(wanted)


def test_a_source_may_be_a_script_on_the_given_names(run: Run) -> None:
    assert float(run("dz = 2 * z\ndx = dz + 1", "", {"z": np.float64(3.0)}, "dx").values["dx"]) == 7


def test_what_is_given_arrives_as_it_is(run: Run) -> None:
    source = "def f(*given):\n    return [type(g).__name__ for g in given]"
    given = {"a": np.zeros((0, 3), np.float32), "b": np.array(2), "c": np.float64(1), "i": 3, "x": 0.1, "t": True, "s": "train", "n": None}
    call = "k = f(a, b, c, i, x, t, s, n) == ['ndarray', 'ndarray', 'float64', 'int', 'float', 'bool', 'str', 'NoneType']; e = a"
    ran = run(source, call, given, "k e")
    assert bool(ran.values["k"])
    assert (ran.values["e"].shape, ran.values["e"].dtype) == ((0, 3), np.float32)


@pytest.mark.parametrize("given", [{"x": [1, 2]}, {"x": np.array([object()])}, {"x": np.array(["a"])}, {"x": {}}])
def test_only_arrays_numbers_and_text_are_given(run: Run, given: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        run("", "", given)


@pytest.mark.parametrize("name", ["__builtins__", "a b", "1x", ""])
def test_names_are_names(run: Run, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        run("", "", {name: 1})


def test_an_array_overwritten_in_place_is_told(run: Run) -> None:
    source = "def f(a, b, c):\n    a *= 2\n    b = b * 2\n    c[0, 1] = 5\n    return a + b"
    given = {"a": np.ones(2), "b": np.ones(2), "c": np.zeros((2, 2), int)}
    assert run(source, "a = f(a, b, c)", given, "a").changed == ("a", "c")
    np.testing.assert_array_equal(given["a"], np.ones(2))


def test_nan_and_inf_are_numbers(run: Run) -> None:
    ran = run("import numpy as np\nx = np.array([np.nan, np.inf, -np.inf, -0.0])", wanted="x")
    np.testing.assert_array_equal(ran.values["x"], [np.nan, np.inf, -np.inf, 0])


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ("np.ones(2, '>f8')", "float64"), ("np.ones(3, np.longdouble)", "float64"), ("np.matrix([[1, 2]])", "int64"),
        ("np.float32(1)", "float32"), ("True", "bool"), ("1 + 2j", "complex128"), ("np.ones((3, 4)).T[::2]", "float64"),
        ("np.broadcast_to(1.0, (2, 2))", "float64"),
    ],
)  # fmt: skip
def test_numbers_of_every_usual_kind_come_back(run: Run, value: str, dtype: str) -> None:
    found = run(f"import numpy as np\nx = {value}", wanted="x").values["x"]
    assert (type(found), found.dtype.name) == (np.ndarray, dtype)
    assert found.all()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("None", "x is None, not an array"), ("[1, 2]", "of type list"), ("'a'", "of type str"), ("np.array([{}])", "array of object"),
        ("np.array(['a'])", "array of <U1"), ("np.zeros(2, [('a', 'f8')])", "not of numbers"), ("np.datetime64('now')", "not an array"),
        ("np.ma.array([1.0])", "MaskedArray"), ("10**30", "array of object"), ("iter([])", "not an array"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told(fails: Callable[..., RunFailed], value: str, said: str) -> None:
    failed = fails(f"import numpy as np\nx = {value}", wanted="x")
    assert failed.kind == "crash"
    assert said in failed.message


def test_a_wanted_name_that_is_missing_is_told(fails: Callable[..., RunFailed]) -> None:
    assert fails("x = 1", wanted="dx").message == "dx isn't defined after the call"
    assert fails("x = {}", wanted="x['W1']").message == "x['W1'] isn't there after the call"


def test_a_crash_tells_the_writers_line(fails: Callable[..., RunFailed]) -> None:
    source = "# a comment that isn't run\n\ndef f(x):\n    # another\n    y = (x +\n         1)\n    return y / 0\n"
    failed = fails(source, "a = 1\nz = f(x)", {"x": 3})
    assert failed.message == "ZeroDivisionError: division by zero, in line 7: return y / 0"
    assert fails(source, "a = 1\nz = g(x)", {"x": 3}).message == "NameError: name 'g' is not defined, in the call, line 2: z = g(x)"


def test_what_was_printed_comes_with_the_result_and_with_the_failure(run: Run, fails: Callable[..., RunFailed]) -> None:
    assert run("import sys\nprint('one')\nprint('\\x1b[2J\\u202ex', file=sys.stderr)").printed.split() == ["one", "[2J", "x"]
    assert fails("print('before')\n1/0").printed == "before\n"
    assert len(run("print('x' * 100000)").printed) <= MOST_SHOWN + 4


def test_imports_of_what_is_not_there_are_skipped_and_noted(run: Run, fails: Callable[..., RunFailed]) -> None:
    source = "from __future__ import annotations\nfrom .layers import *\nimport torch.nn as nn\nfrom cs231n.fast_layers import *\n"
    ran = run(source + "import numpy as np, math\ndef f(x: torch.Tensor): return np.exp(math.log(x))", "y = f(2.0)", {}, "y")
    assert [n.split(":")[0] for n in ran.notes] == ["line 2", "line 3", "line 4"]
    assert "from .layers import *" in ran.notes[0]
    failed = fails(source + "y = affine_forward(1)")
    assert "name 'affine_forward' is not defined" in failed.message
    assert "`from .layers import *` isn't available here" in failed.message


def test_the_call_may_import_too(run: Run) -> None:
    ran = run("import nowhere\nx = 1", "import elsewhere\nfrom math import *\ny = x + floor(0.5)", {}, "y")
    assert [n.split(" isn't")[0] for n in ran.notes] == ["line 1: `import nowhere`", "line 1: `import elsewhere`"]


def test_a_main_block_is_not_run(run: Run) -> None:
    assert float(run("x = 1\nif __name__ == '__main__':\n    x = 2", wanted="x").values["x"]) == 1


def test_python_2_is_run_as_python_2_ran_it(run: Run) -> None:
    body = "print 'H', H\n    n = 1 + (H - HH) / stride\n    H /= 2\n    return sum(1 for i in xrange(n)), H, n / 2.0"
    source = "def f(H, HH, stride):\n    " + body
    ran = run(source, "a, b, c = f(H, 2, 2)", {"H": 7}, "a b c")
    assert [float(v) for v in ran.values.values()] == [3, 3, 1.5]
    again = run("from __future__ import division\n" + source.replace("xrange(n)", "xrange(int(n))"), "a, b, c = f(H, 2, 2)", {"H": 7}, "b")
    assert float(again.values["b"]) == 3.5
    in_place = run("def f(x):\n    print x\n    x /= 2.0", "f(x)", {"x": np.ones(2)}, "x")
    assert in_place.changed == ("x",)


def test_a_name_that_only_python_2_has_tells_python_2(run: Run) -> None:
    source = "def f(n, d):\n    for i in xrange(n / 2): pass\n    return i, [k for k, _ in d.iteritems()][0]"
    ran = run(source, "i, k = f(7, {1: 2})", {}, "i k")
    assert [int(v) for v in ran.values.values()] == [2, 1]
    both = "try:\n    xrange\nexcept NameError:\n    xrange = range\ni = 7 / 2\nfor k in xrange(2): pass"
    assert float(run(both, wanted="i").values["i"]) == 3.5


def test_a_long_source_is_run(run: Run) -> None:
    assert float(run("x = 1\n" * 3_000 + ("y = '" + "é" * 4_000 + "'\n") * 40, wanted="x").values["x"]) == 1


def test_lines_of_python_2_are_told_as_they_were(fails: Callable[..., RunFailed]) -> None:
    failed = fails("# one\nimport nowhere\ndef f(x):\n    print x\n    # five\n    return x / 0", "f(1)")
    assert failed.message.endswith("in line 6: return x / 0")


def test_names_of_older_numpy_have_their_meaning(run: Run) -> None:
    ran = run("import numpy as np\nx = np.zeros(2, np.float)\ny = np.product([2, 3]) + np.int(1.5)", wanted="x y")
    assert (ran.values["x"].dtype, float(ran.values["y"])) == (np.float64, 7)


@pytest.mark.parametrize("source", ["def f(:", "(" * 500, "x = 1\x00", "x = '\u202e'", "x" * 10_000, "9" * 10_000])
def test_what_is_no_source_is_a_syntax_failure(mode: str, source: str) -> None:
    with pytest.raises(RunFailed) as caught:
        Runner(source)
    assert caught.value.kind == "syntax"
    assert caught.value.message.startswith("the source can't be run: ")
    assert caught.value.message.isprintable()


def test_a_call_that_is_no_code_is_a_syntax_failure(run: Run) -> None:
    with pytest.raises(RunFailed, match="the call") as caught:
        run("x = 1", "y = = x")
    assert caught.value.kind == "syntax"
