"""Where a TeX engine is required, a test that was skipped for the want of one has failed."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

REQUIRED = bool(os.environ.get("SYMBACKPROP_REQUIRE_TEX"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if REQUIRED and report.skipped and "TeX" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but SYMBACKPROP_REQUIRE_TEX is set: {report.longrepr}"
