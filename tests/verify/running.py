"""What the tests of the runner share: whether there is a sandbox, and a file with a backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from symbackprop.verify.runner import isolation
from symbackprop.verify.sandboxed import landlock, seccomp

AFFINE = """import numpy as np
def affine_forward(x, W, b):
    return x.dot(W) + b, (x, W)
def affine_backward(dout, cache):
    x, W = cache
    return dout.dot(W.T), x.T.dot(dout), dout.sum(axis=0)
"""
AFFINE_CALL = "out, cache = affine_forward(x, W, b); dx, dW, db = affine_backward(dout, cache)"


def affine_arrays() -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {name: random.normal(size=size) for name, size in (("x", (3, 4)), ("W", (4, 5)), ("b", 5), ("dout", (3, 5)))}


def missing(mode: str) -> str:
    """Why a mode can't be tested here; empty if it can."""
    if not seccomp.supported():
        return f"no sandbox ({mode}): this machine's system calls can't be filtered"
    if mode == "bubblewrap":
        return "" if isolation() == "bubblewrap" else "no sandbox: bubblewrap is absent or may not be used here"
    return "" if landlock.version() > 0 else "this kernel has no Landlock, which no package brings"
