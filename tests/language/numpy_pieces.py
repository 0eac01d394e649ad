"""Pieces of NumPy code: what the reader makes of them, beside what NumPy computes."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import numpy_corpus_reading as corpus

from symbackprop.language.numpy_source import Unreadable, read_source
from symbackprop.layers.shelf import named

LAYER = named("linear")
CASE = next(c for c in corpus.cases("dense") if c.layer == "linear")


def computed(body: str, given: dict[str, Any], folder: Path) -> Any:
    path = folder / "piece.py"
    path.write_text(source(body))
    spec = importlib.util.spec_from_file_location("piece", path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return made.f(*(given[n].copy() for n in ("x", "W", "b")))


def source(body: str) -> str:
    lines = "\n".join("    " + line for line in body.split("\n"))
    return f"import numpy as np\n\ndef f(x, W, b):\n{lines}\n"


def compare(body: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the body of f(x, W, b), and assert that it is what NumPy computes. Raises Unreadable where it isn't read."""
    found = read_source(source(body), "out = f(x, W, b)", LAYER)
    if "out" not in found.results:
        raise Unreadable("out is no array")
    monkeypatch.setattr(corpus, "program", lambda case: found)
    for seed in range(4):
        given = corpus.arrays(LAYER, seed)
        right = np.asarray(computed(body, given, folder), dtype=float)
        told = found.results["out"].sizes
        assert tuple(int(s.subs({d: corpus.SIZES[d.name] for d in s.free_symbols})) for s in told) == right.shape
        mine = np.zeros(right.shape) if 0 in right.shape else corpus.value(replace(CASE), found.results["out"], given)
        assert np.allclose(mine, right, rtol=1e-9, atol=1e-11, equal_nan=True), (mine, right)


def outcome(body: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """"read", "refused", or "wrong": another value than NumPy's, or an error of NumPy's or the reader's."""
    try:
        compare(body, folder, monkeypatch)
    except Unreadable:
        return "refused"
    except Exception:
        return "wrong"
    return "read"
