"""Code is run in each kind of sandbox that there is here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from symbackprop.verify import runner
from symbackprop.verify.runner import Ran, RunFailed, Runner

from .running import missing

Run = Callable[..., Ran]


@pytest.fixture(params=["bubblewrap", "landlock"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    chosen = request.param
    if chosen == "either":
        chosen = "landlock" if missing("bubblewrap") else "bubblewrap"
    why = missing(chosen)
    if why:
        pytest.skip(why)
    monkeypatch.setattr(runner, "isolation", lambda trust=False: chosen)
    return str(chosen)


@pytest.fixture
def run(mode: str) -> Run:
    def once(source: str, call: str = "", arrays: Mapping[str, Any] | None = None, wanted: str = "", **limits: Any) -> Ran:
        with Runner(source, **limits) as here:
            return here.run(call, arrays or {}, wanted.split())

    return once


@pytest.fixture
def fails(run: Run) -> Callable[..., RunFailed]:
    """Run what must fail; afterwards a run works as if nothing had been."""

    def failure(source: str, call: str = "", arrays: Mapping[str, Any] | None = None, wanted: str = "", **limits: Any) -> RunFailed:
        with Runner(source, **limits) as here, pytest.raises(RunFailed) as caught:
            here.run(call, arrays or {}, wanted.split())
        assert caught.value.kind in runner.KINDS
        assert caught.value.message == str(caught.value)
        assert float(run("x = 6 * 7", wanted="x").values["x"]) == 42
        return caught.value

    return failure
