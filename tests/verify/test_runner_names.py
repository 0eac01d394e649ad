"""Code that is run knows the names that it defines, the call knows what is given: nobody finds the layer's values by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop.code_checking import check_code
from symbackprop.layer import Layer
from symbackprop.verify.runner import Ran, RunFailed, isolation

runs = pytest.mark.skipif(isolation() is None, reason="there is nothing to run code in")
Run = Callable[..., Ran]
GIVEN = {"x": np.ones(2), "W": np.full(2, 3.0), "N": 2}


@pytest.mark.parametrize("name", ["W", "N"])
def test_a_function_sees_nothing_that_is_given_to_the_call(fails: Callable[..., RunFailed], name: str) -> None:
    failed = fails(f"def f(x):\n    return x * {name}", "y = f(x)", GIVEN, "y")
    assert failed.message == f"NameError: name '{name}' is not defined, in line 2: return x * {name}"


def test_neither_does_the_body_of_the_source(fails: Callable[..., RunFailed]) -> None:
    assert fails("y = 2 * W", "z = y", GIVEN, "z").message.startswith("NameError: name 'W' is not defined, in line 1")


def test_a_name_that_the_call_sets_isnt_the_functions(fails: Callable[..., RunFailed]) -> None:
    failed = fails("def f(x):\n    return x * later", "later = 2; y = f(x)", GIVEN, "y")
    assert failed.message.startswith("NameError: name 'later' is not defined, in line 2")


def test_the_call_sees_what_is_given_and_what_is_defined(run: Run) -> None:
    ran = run("scale = 5\nW = 7\ndef f(x):\n    return x * scale + W", "y = f(x); z = W * N", GIVEN, "y z")
    np.testing.assert_array_equal(ran.values["y"], [12, 12])  # the source's own W
    np.testing.assert_array_equal(ran.values["z"], [6, 6])  # the given W


def test_a_script_without_a_call_sees_what_is_given(run: Run) -> None:
    np.testing.assert_array_equal(run("def f(x):\n    return x * W\ny = f(x) / N", "", GIVEN, "y").values["y"], [1.5, 1.5])


def test_what_a_function_makes_global_is_its_own(run: Run) -> None:
    source = "def f(x):\n    global kept\n    kept = 2 * x\ndef g():\n    return kept + 1"
    np.testing.assert_array_equal(run(source, "f(x); y = g()", GIVEN, "y").values["y"], [3, 3])


# ---- judged --------------------------------------------------------------------------------------------------------------

LAYER = Layer("two", "x[N,D], W[D,H] -> y[N,H]", "a[n,h] = sum[d](x[n,d]*W[d,h]); y[n,h] = a[n,h]**2")
RUN = "same = np.vectorize(lambda v: v)"
BODY = """\
import numpy as np
def backward(dout, x, W):
    {run}
    {set}
    da = 2 * {used} * dout
    return da @ W.T, x.T @ {same}(da)
"""
CALL = "dx, dW = backward(dout, x, W)"


def statuses(set_: str, used: str, has_to_be_run: bool, call: str = CALL) -> tuple[set[str], str]:
    source = BODY.format(run=RUN if has_to_be_run else "pass", set=set_, used=used, same="same" if has_to_be_run else "")
    found = check_code(LAYER, source, call=call)
    gradients = [found.verdicts[n] for n in ("x", "W")]
    return {v.status for v in gradients}, " ".join(s for v in gradients for s in (v.message, *v.notes))


@runs
@pytest.mark.parametrize("has_to_be_run", [False, True])
@pytest.mark.parametrize("used", ["a", "np.sqrt(y) * np.sign(a)", "a * N / N", "(x @ W) * H / H", "(x @ W) * (dy / dy)"])
def test_a_name_of_the_layer_that_nobody_defined_is_no_answer(used: str, has_to_be_run: bool) -> None:
    found, said = statuses("pass", used, has_to_be_run)
    assert found <= {"undecided", "unreadable"}
    assert "NameError" in said or "isn't known" in said


@runs
def test_it_fails_with_a_name_error_where_it_has_to_be_run() -> None:
    assert "NameError: name 'a' is not defined" in statuses("pass", "a", True)[1]


@runs
@pytest.mark.parametrize(("has_to_be_run", "right"), [(False, "proved"), (True, "agrees")])
@pytest.mark.parametrize(("set_", "used"), [("a = x @ W", "a"), ("N = len(x); y = x @ W", "y * N / N")])
def test_the_same_names_defined_are_right(set_: str, used: str, has_to_be_run: bool, right: str) -> None:
    assert statuses(set_, used, has_to_be_run)[0] == {right}


@runs
def test_the_same_names_with_other_values_are_refuted() -> None:
    assert statuses("a = x @ W + 1", "a", True)[0] == {"refuted"}


@runs
def test_a_script_still_sees_them() -> None:
    found: dict[str, Any] = {}
    for factor in (2, 3):
        verdicts = check_code(LAYER, f"import numpy as np\n{RUN}\ndW = x.T @ same({factor} * (x @ W) * dy)\n").verdicts
        found[str(factor)] = verdicts["W"].status
    assert found == {"2": "agrees", "3": "refuted"}
