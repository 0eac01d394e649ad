"""Turns of phrase in course solutions, one by one: what is read of them is what NumPy computes, or they are refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from numpy_corpus_reading import Case, arrays, value

import symbackprop
from symbackprop.language.numpy_source import Unreadable, read_source
from symbackprop.layer import Layer

LAYER = Layer("styles", "x[N,D], W[D,H], b[H], t[N] in D -> z[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h] + 0*t[n]")


def computed(body: str, given: dict[str, Any]) -> Any:
    """What Python computes."""
    names: dict[str, Any] = {}
    source = "import numpy as np\nfrom functools import reduce\ndef f(x, W, b, t):\n" + "\n".join(f"    {line}" for line in body.split("\n"))
    code = compile(source, "body", "exec")
    run_as_python(code, names)
    return names["f"](*(np.array(given[n]) for n in ("x", "W", "b", "t")))
