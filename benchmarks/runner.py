"""What a run in the sandbox costs: the first, the later ones, one after a timeout; beside a process with NumPy of its own.

`python benchmarks/runner.py` prints a table; the medians of affine's backward pass on arrays of 3×4 and of 1,000×500.
"""
from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import threads  # noqa: F401  (before NumPy)

from symbackprop.verify import runner, sandbox

LATER_LIMIT = 0.050
"""Seconds a run after the first."""

SOURCE = """import numpy as np
def forward(x, W, b):
    return x.dot(W) + b, (x, W)
def backward(dout, cache):
    x, W = cache
    return dout.dot(W.T), x.T.dot(dout), dout.sum(axis=0)
"""
CALL = "out, cache = forward(x, W, b); dx, dW, db = backward(dout, cache)"
WANTED = ("dx", "dW", "db")


def seconds(task: Callable[[], Any]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


def arrays(n: int, d: int, h: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    sizes: dict[str, tuple[int, ...]] = {"x": (n, d), "W": (d, h), "b": (h,), "dout": (n, h)}
    return {name: random.normal(size=size) for name, size in sizes.items()}


def measured(mode: str) -> dict[str, float]:
    """Seconds by what is done, in one mode."""
    runner.isolation = lambda trust=False: mode
    small, large = arrays(3, 4, 5), arrays(1000, 500, 100)
    sandbox.end_spare()
    with runner.Runner(SOURCE) as warm:
        found = {"first run": seconds(lambda: warm.run(CALL, small, WANTED))}
        found["later run"] = median(seconds(lambda: warm.run(CALL, small, WANTED)) for _ in range(41))
        found["later run, 1,000×500"] = median(seconds(lambda: warm.run(CALL, large, WANTED)) for _ in range(11))
    return found


def own_process() -> float:
    """Python with NumPy started for one run, without any sandbox."""
    command = [sys.executable, "-I", "-c", "import numpy"]
    return median(seconds(lambda: subprocess.run(command, check=True)) for _ in range(5))


def main() -> int:
    best = runner.isolation()
    modes = [m for m in ("bubblewrap", "landlock") if m == best or (m == "landlock" and best is not None and sandbox.landlock.version())]
    alone, late = own_process(), False
    print(f"{'a process of its own, no sandbox':45} {alone * 1000:8.1f} ms")
    for mode in modes:
        for what, took in measured(mode).items():
            print(f"{f'{mode}: {what}':45} {took * 1000:8.1f} ms {took / alone:8.2f} of it")
            late |= what == "later run" and took > LATER_LIMIT
    print(f"limit of a later run: {LATER_LIMIT * 1000:.0f} ms{', NOT kept' if late else ''}")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
