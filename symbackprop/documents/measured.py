"""The figures of an experiment as a table: for each figure and each case the median over the seeds, the quartiles, the extremes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import floor, log10
from typing import Any

from symbackprop.documents.document import Table
from symbackprop.documents.evidence import answered


def figures(run: Callable[[], Any], cases: Mapping[str, str], rows: Mapping[str, str], caption: str) -> Table:
    """`cases` and `rows` map the words of the head and of the first column to how the experiment names them, "case: row"."""

    def cells() -> tuple[tuple[str, ...], ...]:
        found = answered(run).figures
        return tuple((words, *(cell(found[f"{case}: {row}"]) for case in cases.values())) for words, row in rows.items())

    return Table(("", *cases), cells, caption, first=tuple(rows))


def names(cases: Mapping[str, str], rows: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the figures in such a table."""
    return tuple(f"{case}: {row}" for row in rows.values() for case in cases.values())


def cell(figure: Any) -> str:
    """46 [43.8; 51.8], 31 to 66."""
    low, high = figure.quartiles
    least, largest = figure.extremes
    return f"{number(figure.median)} [{number(low)}; {number(high)}], {number(least)} – {number(largest)}"


def number(value: float) -> str:
    """Three digits, those before the point grouped by three; what is smaller than a thousandth is said to be that."""
    if abs(value) < 1e-3:
        return "0" if value == 0 else "< 0.001"
    digits = 2 - floor(log10(abs(value)))
    shown = f"{round(value, digits):,.{max(0, digits)}f}".replace(",", " ")
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown).replace("-", "−")
