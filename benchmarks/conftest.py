"""The benchmarks know the shelf's gradients from the tests."""
from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "shelf"))
