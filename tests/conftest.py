"""Where a TeX engine or a sandbox is required, a test that was skipped for the want of one has failed."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

NEEDS = {"TeX": "SYMBACKPROP_REQUIRE_TEX", "sandbox": "SYMBACKPROP_REQUIRE_SANDBOX"}  # what a reason to skip names
REQUIRED = {what: name for what, name in NEEDS.items() if os.environ.get(name)}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""  # (file, line, reason) of a skipped test
    required = next((name for what, name in REQUIRED.items() if what in reason), None)
    if required and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but {required} is set: {reason}"
