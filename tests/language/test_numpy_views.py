"""Arrays and their views, changed in all places: what is read of such programs is what NumPy computes, or they are refused."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from numpy_pieces import outcome

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
MAKERS = (
    "x.copy()",
    "np.zeros_like(x)",
    "np.arange(x.shape[1])",
    "(x > 0)",
    "np.array([1, 2, 3])",
    "np.array([1., 2., 3.])",
    "x[0] + 0",
    "np.ones((2, 3))",
)
VIEWS = (
    "y",
    "y[0]",
    "y[:, 0]",
    "y.T",
    "y[1:]",
    "y.reshape(-1)",
    "y[None]",
    "y[::-1]",
    "y[y > 0]",
    "np.flip(y, 0)",
    "y.copy()",
    "list(y)",
    "[y][0]",
    "{'k': y}['k']",
    "y + 0",
    "np.asarray(y)",
    "np.array(y)",
    "y.astype(float)",
    "y[[0]]",
    "y[...]",
    "np.squeeze(y[None])",
    "y.ravel()",
    "y.flatten()",
    "np.broadcast_to(y, y.shape)",
    "y[np.arange(len(y))]",
    "np.concatenate([y])",
    "np.maximum(y, 0)",
    "np.ascontiguousarray(y)",
    "y*1",
    "+y",
    "np.transpose(y)",
    "np.swapaxes(y[None], 0, 1)",
    "y if True else x",
    "np.float64(y)",
    "np.copy(y)",
    "np.where(y > 0, y, y)",
    "y[0:1]",
    "y[:, None]",
    "y[0, 0]",
    "y.sum()",
)
CHANGES = (
    "z += 1",
    "z *= 2",
    "z /= 2",
    "z[0] = 5",
    "z[...] = 0",
    "z[:] = 2",
    "z = z + 1",
    "z //= 2",
    "z **= 2",
    "z[z > 0] = 0",
    "z[-1] += 1",
    "z[[0]] = 1",
    "y[0] = 3",
    "y += 1",
    "y = y + 1",
    "np.add.at(z, 0, 1)",
    "z.fill(2)",
    "z += 0.5",
    "z[0] += 0.5",
    "z[0] /= 2",
    "z -= z",
    "z += z.T",
    "z[1:] += z[:-1]",
    "z *= z",
    "z %= 2",
    "z[0] = z[1]",
    "z[0], z[1] = z[1], z[0]",
    "z[y > 0] *= 2",
    "y[y > 0] += 1",
    "z += y",
    "y += z",
    "z |= True",
    "z ^= z",
    "z[True] = 1",
    "z -= True",
    "z[0] = True",
    "z[0] = x[0, 0]",
    "np.exp(z, out=z)",
    "np.add(z, 1, out=z)",
    "np.multiply(z, 2, out=y)",
    "z.T[0] = 1",
    "z[::-1][0] = 4",
    "z[0:1][0] = 4",
    "z.reshape(-1)[0] = 4",
    "z[None][0] = 4",
)
READS = (
    "y*1",
    "z*1",
    "y.sum()*x + np.sum(z)",
)
PLACES = (
    "{}",
    "for i in range(x.shape[0]):\n    {}",
    "for i in range(2):\n    {}",
    "for i, a in enumerate(x):\n    {}",
    "if x.sum() > 0:\n    {}",
    "def g(z):\n    {}\ng(z)",
    "def g(z):\n    {}\n    return z\nz = g(z)",
    "for a in z:\n    {}",
    "c = [z]\nfor i in range(2):\n    {}\nz = c[0]",
    "c = {{'z': z}}\nfor i in range(x.shape[0]):\n    {}\nz = c['z']",
)
"""Where the changes stand."""


def program(seed: int) -> str:
    """y, something that may share its memory under the name z, one or two changes, and what is returned."""
    r = random.Random(seed)
    place = r.choice(PLACES)
    depth = max((len(line) - len(line.lstrip()) for line in place.split("\n") if "{}" in line), default=0)
    changes = ("\n" + " " * depth).join(r.sample(CHANGES, r.choice((1, 1, 2))))
    return f"y = {r.choice(MAKERS)}\nz = {r.choice(VIEWS)}\n{place.format(changes)}\nreturn {r.choice(READS)}"


@pytest.mark.parametrize("part", range(20))
def test_changes_are_read_right_or_refused(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {text: outcome(text, tmp_path, monkeypatch) for text in (program(20 * k + part) for k in range(60))}
    assert [text for text, told in found.items() if told == "wrong"] == []
    assert list(found.values()).count("read") > 5


@pytest.mark.fuzz
def test_a_long_run_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed, end = int(os.environ.get("FUZZ_SEED", "10000")), time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert outcome(program(seed), tmp_path, monkeypatch) != "wrong", f"seed {seed}\n{program(seed)}"
        seed += 1
