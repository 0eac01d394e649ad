"""Speed and scale: pytest benchmarks. The limits are shown by `python benchmarks/report.py`."""
from __future__ import annotations

from typing import Any

import pytest
from measures import DEEP_LIMIT, GRADIENT_LIMIT, HELP_LIMIT, deep, derived, fresh, help_seconds
from shelf_gradients import TWENTY_EIGHT


@pytest.mark.parametrize(("name", "variable"), [row[1:] for row in TWENTY_EIGHT], ids=[row[0] for row in TWENTY_EIGHT])
def test_a_gradient_from_cold(benchmark: Any, name: str, variable: str) -> None:
    benchmark.extra_info["limit"] = GRADIENT_LIMIT
    benchmark.pedantic(derived, setup=lambda: ((fresh(name), variable), {}), rounds=5)


@pytest.mark.parametrize("depth", [10, 100, 1000])
def test_a_deep_network(benchmark: Any, depth: int) -> None:
    benchmark.extra_info.update(limit=DEEP_LIMIT, **benchmark.pedantic(deep, args=(depth,), rounds=1))


def test_help_is_shown(benchmark: Any) -> None:
    benchmark.extra_info["limit"] = HELP_LIMIT
    benchmark.pedantic(help_seconds, rounds=1)
