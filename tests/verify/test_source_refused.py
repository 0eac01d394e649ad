"""Hostile source is refused unrun; what people define and ask for isn't."""

from __future__ import annotations

import ast

import pytest

from symbackprop import check_code, code_runs
from symbackprop.verify.source_refused import refused

BACK = "def backward(dout, x):\n    {}\n    return dout * np.sign(np.nonzero(x)[0].sum())\n"
CALL = "dx = backward(dout, x)"


@pytest.mark.parametrize(
    "line",
    [
        "__import__('os').system('true')",
        "().__class__.__bases__[0].__subclasses__()",
        "backward.__globals__['np'] = None",
        "eval('1')",
        "exec('import os')",
        "y = 9**9**9**9",
        "y = 2**100000",
    ],
)
def test_hostile_source_is_not_run(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("it was run")

    monkeypatch.setattr(code_runs, "Runner", started)
    verdict = check_code("relu", "import numpy as np\n" + BACK.format(line), call=CALL).verdicts["x"]
    assert verdict.status == "unreadable"
    assert any("line 3: " in note and "isn't run" in note for note in verdict.notes)


@pytest.mark.parametrize(
    "line", ["y = backward.__name__", "if __name__ == '__main__': pass", "y = x**2", "y = 2**10", "y = type(x).__class__", "y = 1e-5**2"]
)
def test_usual_source_is_not_refused(line: str) -> None:
    assert refused(ast.parse(BACK.format(line))) is None


def test_the_first_place_is_told() -> None:
    assert refused(ast.parse("x = 1\ny = x.__code__\nz = eval('2')")) == ("__code__ reaches into Python itself", 2)
