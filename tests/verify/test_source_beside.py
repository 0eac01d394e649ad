"""What was read is run too: code that always fails isn't proved, and a reader that errs isn't believed."""

from __future__ import annotations

import pytest

import symbackprop as sb
from symbackprop.language.numpy_source.operations import NUMPY
from symbackprop.verify import source_beside
from symbackprop.verify.runner import RunFailed, isolation
from symbackprop.verify.source_beside import says_something
from symbackprop.verify.verdict import Verdict

runs = pytest.mark.skipif(isolation() is None, reason="there is nothing to run code in")
HEAD = "import numpy as np\n"


def verdict(layer: str, body: str, call: str = "dx = backward(dout, x)", **options: object) -> Verdict:
    """The verdict on dx."""
    (found,) = sb.check_code(layer, f"{HEAD}def backward(dout, x):\n    {body}\n", call=call, **options).verdicts.values()  # type: ignore[arg-type]
    return found


@runs
def test_code_that_always_fails_is_not_proved() -> None:
    found = verdict("relu", "return dout * (x > 0) * (2.0).mean() / 2")  # a number has no mean
    assert found.status == "undecided"
    assert found.message.startswith("what is written is right, but it fails when it is run: AttributeError")
    assert "line 3: return dout" in found.message


@runs
def test_wrong_code_that_fails_is_refuted_all_the_same() -> None:
    found = verdict("relu", "return dout * (x < 0) * (2.0).mean() / 2")
    assert found.status == "refuted"
    assert any(n.startswith("it fails when it is run: ") for n in found.notes)


@runs
@pytest.mark.parametrize(
    "body",
    [
        "if False:\n        return torch.relu(x)\n    return dout * (x > 0)",
        "d = np.zeros_like(x, dtype=np.float)\n    d += dout * (x > 0)\n    return d",  # there was such a name
    ],
)
def test_what_says_nothing_of_the_code_takes_nothing_away(body: str) -> None:
    assert verdict("relu", body).status == "proved"


@runs
def test_an_assertion_that_fails_is_said() -> None:
    found = verdict("relu", "assert x.shape == (10, 5)\n    return dout * (x > 0)")
    assert found.status == "proved"
    assert any(n.startswith("it fails when it is run: AssertionError, in line 3: assert x.shape == (10, 5) (N=") for n in found.notes)


@runs
def test_right_code_is_still_proved() -> None:
    found = verdict("relu", "return dout * (x > 0)")
    assert (found.status, found.message) == ("proved", "proved for all N, D")


@runs
@pytest.mark.parametrize(("right", "status"), [(True, "agrees"), (False, "refuted")])
def test_a_misread_function_is_run_instead(right: bool, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The reader takes sinh for tanh: what looks right is wrong, and the reverse.
    monkeypatch.setitem(NUMPY, "sinh" if not right else "tanh", NUMPY["tanh" if not right else "sinh"])
    found = verdict("tanh", f"return dout * (1 - np.{'tanh' if right else 'sinh'}(x)**2)")
    assert found.status == status
    assert any("what was read of it isn't what it computes" in n for n in found.notes)


@runs
def test_another_shape_than_what_was_read_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NUMPY, "tile", lambda m, a, times: a)
    found = verdict("relu", "return np.tile(dout * (x > 0), 2)")
    assert found.status == "refuted"
    assert found.how == "shape"
    assert any("isn't what it computes (its shape is (" in n for n in found.notes)


@pytest.mark.parametrize(
    ("kind", "message", "is_numpy", "counts"),
    [
        ("crash", "ValueError: negative dimensions are not allowed", True, True),
        ("crash", "AttributeError: 'numpy.ndarray' object has no attribute 'mm'", True, True),
        ("crash", "AttributeError: 'numpy.ndarray' object has no attribute 'mm'", False, False),
        ("crash", "TypeError: _sum() got an unexpected keyword argument 'dim'", False, False),
        ("crash", "AttributeError: module 'numpy' has no attribute 'float'", True, False),
        ("crash", "AttributeError: `np.cumproduct` was removed in the NumPy 2.0 release.", True, False),
        ("crash", "NameError: name 'relu'; line 2: `from layers import *` isn't available here and was skipped", True, False),
        ("crash", "NameError: name 'relu' is not defined", True, True),
        ("crash", "AssertionError", True, False),
        ("time", "the code didn't end within 5 s", True, False),
        ("forbidden", "PermissionError: no", True, False),
    ],
)
def test_only_the_codes_own_failures_count(kind: str, message: str, is_numpy: bool, counts: bool) -> None:
    assert says_something(RunFailed(kind, message), is_numpy) is counts


def test_trusted_code_is_not_run_where_reading_suffices(monkeypatch: pytest.MonkeyPatch) -> None:
    from symbackprop.verify import runner

    monkeypatch.setattr(runner, "isolation", lambda trust=False: "trusted" if trust else None)
    monkeypatch.setattr(source_beside, "_differs", lambda *_: pytest.fail("it was run"))
    assert verdict("relu", "return dout * (x > 0)", trust=True).status == "proved"
    assert verdict("relu", "return dout * (x > 0)").status == "proved"
