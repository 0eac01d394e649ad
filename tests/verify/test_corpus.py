"""The judge on a corpus: no right answer refuted, no wrong one passed, nine right ones of ten proved.

By default every sixth row is judged; with `-m slow` all of them, and 600 slips.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop import layers
from symbackprop.language.nodes import Unspecified
from symbackprop.verify.oracle import true_gradient
from symbackprop.verify.verdict import Verdict, Witness

from .corpus_right import RIGHT, Row
from .corpus_values import POINTS, is_close, is_wrong, truth, value
from .corpus_wrong import BY_HAND, mutants

SOME, SLIPS, SOME_SLIPS = 6, 600, 60
PROVED = 0.9
"""At least this share of the right answers."""


@cache
def verdicts(row: Row) -> dict[str, Verdict]:
    """The verdict of every line of the answer."""
    return dict(sb.check(layers.named(row.layer), row.answer).verdicts)


def own(row: Row) -> Verdict:
    """The verdict of the row's variable."""
    return verdicts(row)[row.variable]


def overall(row: Row) -> str:
    """The status of the whole answer: refuted, unreadable or undecided where one of its lines is."""
    found = {v.status for v in verdicts(row).values()}
    return next((s for s in ("refuted", "unreadable", "undecided") if s in found), own(row).status)


def passes(row: Row) -> bool:
    """Whether no line of the answer is found wrong or unreadable."""
    return all(v.holds for v in verdicts(row).values())


def told(rows: Iterable[Row]) -> str:
    """The rows with their verdicts, to be read by a person."""
    def one(r: Row) -> str:
        return f"{r.layer}: {r.answer}  # {r.comment}\n    {[(n, v.status, v.message) for n, v in verdicts(r).items()]}"
    return "\n".join(map(one, rows))


def figures(what: str, rows: Sequence[Row]) -> Counter[str]:
    """How many rows have each status; printed."""
    counted = Counter(map(overall, rows))
    times = sorted(own(row).seconds for row in rows)
    print(f"\n{what}: {len(rows)} answers: " + ", ".join(f"{n} {status}" for status, n in counted.most_common())
          + f"; median {1000*times[len(times)//2]:.0f} ms, slowest {times[-1]:.1f} s")
    return counted


def judge_right(rows: Sequence[Row]) -> None:
    counted = figures("right", rows)
    refuted = [r for r in rows if any(v.status == "refuted" for v in verdicts(r).values())]
    assert not refuted, told(refuted)
    assert counted["unreadable"] == 0, told(r for r in rows if own(r).status == "unreadable")
    assert counted["proved"] >= PROVED*len(rows), told(r for r in rows if own(r).status != "proved")


def judge_wrong(what: str, rows: Sequence[Row]) -> None:
    figures(what, rows)
    passed = [r for r in rows if passes(r)]
    assert not passed, told(passed)
    shown = [r for r in rows if any(v.status in ("refuted", "unreadable") for v in verdicts(r).values())]
    assert len(shown) >= 0.97*len(rows), told(r for r in rows if r not in shown)


# ---- the corpus itself, without the judge ---------------------------------------------------------------------------------

def test_the_corpus_is_large_and_over_the_whole_shelf() -> None:
    assert len(RIGHT) >= 200
    assert len(BY_HAND) + len(mutants(SLIPS)) >= 400
    assert {r.layer.partition(":")[0] for r in RIGHT} == set(layers.names())
    assert len({(r.layer, r.answer) for r in RIGHT}) == len(RIGHT)
    assert len({(r.layer, r.answer) for r in BY_HAND}) == len(BY_HAND)


@pytest.mark.parametrize("number", [0, 1, POINTS - 1])
def test_the_right_ones_have_the_true_value(number: int) -> None:
    for row in RIGHT[number % 3::3]:
        found, true = value(row, number), truth(row, number)
        assert not isinstance(found, str), (row, found)
        assert true is None or is_close(found, true), row


HALF_KNOWN = ("wrong at 0 alone", "wrong at the joint alone", "2 at 0", "isn't declared symmetric", "a shifted threshold")
"""Mistakes that a few generic points need not show."""


def test_the_wrong_ones_have_another_value() -> None:
    right = {(r.layer, r.variable): r for r in RIGHT}
    for row in BY_HAND:
        if not any(row.comment.startswith(h) or h in row.comment for h in HALF_KNOWN) and (row.layer, row.variable) in right:
            assert is_wrong(row, right[row.layer, row.variable]) or _first_wrong_line(row), row


def _first_wrong_line(row: Row) -> bool:
    # A helper that is called dvar is the gradient of var: the lines after it may be right, given it.
    *before, _ = row.answer.split("; ")
    for k in range(1, len(before) + 1):
        name = before[k - 1].partition(" = ")[0].partition("[")[0].removeprefix("d")
        part = row._replace(variable=name, answer="; ".join(before[:k]))
        if name in layers.named(row.layer).tensors and not is_close(value(part), truth(part)):  # type: ignore[arg-type]
            return True
    return False


def slipped(count: int) -> list[Row]:
    """Slips that change the value, by evaluation."""
    right: dict[tuple[str, str], list[Row]] = {}
    for r in RIGHT:
        right.setdefault((r.layer, r.variable), []).append(r)
    return [row for row in mutants(count) if is_wrong(row, right[row.layer, row.variable][0])]


# ---- the judge ------------------------------------------------------------------------------------------------------------

def test_some_right_ones() -> None:
    judge_right(RIGHT[::SOME])


def test_some_classic_mistakes() -> None:
    judge_wrong("classic mistakes", BY_HAND[::SOME])


def test_some_slips() -> None:
    judge_wrong("slips", slipped(SOME_SLIPS))


@pytest.mark.slow
def test_every_right_one() -> None:
    judge_right(RIGHT)


@pytest.mark.slow
def test_every_classic_mistake() -> None:
    judge_wrong("classic mistakes", BY_HAND)


@pytest.mark.slow
def test_many_slips() -> None:
    rows = slipped(SLIPS)
    assert len(rows) >= 0.8*SLIPS
    judge_wrong("slips", rows)


def test_a_witness_shows_it() -> None:
    seen = 0
    for row in BY_HAND[::SOME]:
        witness = own(row).witness
        is_open = layers.named(row.layer).equations[0].right.has(Unspecified)
        if witness is None or row.variable.startswith("d(") or witness.at is None or is_open:
            continue
        expected, found = (np.asarray(v, dtype=float) for v in (witness.expected, witness.found))
        seen += 1
        assert np.allclose(expected, _true_at(row, witness), rtol=1e-6, atol=1e-9), row
        assert not np.allclose(expected, found, rtol=1e-9, atol=1e-12), row
        assert max(witness.sizes.values(), default=1) <= 5, row
    assert seen >= 10


def _true_at(row: Row, witness: Witness) -> Any:
    layer = layers.named(row.layer)
    names = {t.name for t in layer.inputs}
    arrays = {k: np.asarray(v, dtype=np.int64 if layer.tensors[k].is_integer_valued else float)
              for k, v in witness.inputs.items() if k in names}
    upstream = None if layer.is_cost else {t.name: np.asarray(witness.inputs[f"d{t.name}"], dtype=float) for t in layer.outputs}
    return true_gradient(layer, row.variable, {**arrays, **witness.sizes}, upstream).array
