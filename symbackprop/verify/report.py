"""Report: a verdict for every variable that was answered, and for every line of a longer derivation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Literal

import sympy as sp

from symbackprop.layer import Layer
from symbackprop.verify.answers import Answer, Formula, Stated
from symbackprop.verify.case import Terms
from symbackprop.verify.verdict import Verdict

SCHEMA, VERSION = "symbackprop/report", 1
Exit = Literal[0, 1, 3]


@dataclass(frozen=True, eq=False)
class Judged:
    """An answer and the verdict on it."""

    answer: Answer
    verdict: Verdict

    @property
    def expression(self) -> sp.Expr | None:
        """The formula that was read, None where there is none."""
        said = self.answer.said if isinstance(self.answer, Stated) else None
        return said.expression if isinstance(said, Formula) else None


@dataclass(frozen=True, eq=False)
class Report:
    """What is known of each answer.

    `verdicts` has one verdict a variable: that of its one line, or for a longer derivation that of the first line that
    does not hold. `lines` has the verdict of every line.
    """

    layer: Layer
    verdicts: Mapping[str, Verdict]
    judged: tuple[Judged, ...]
    conventions: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether every answer is proved or agrees."""
        return bool(self.verdicts) and all(v.holds for v in self.verdicts.values())

    @property
    def lines(self) -> Mapping[str, tuple[Verdict, ...]]:
        """The verdicts of every line, by variable."""
        return {name: tuple(j.verdict for j in self.judged if j.answer.name == name) for name in self.verdicts}

    @property
    def exit_code(self) -> Exit:
        """0: all proved or agreeing, 1: something refuted, 3: nothing refuted, but something undecided or unreadable."""
        if any(v.status == "refuted" for v in self.verdicts.values()):
            return 1
        return 0 if self.ok else 3

    def json(self) -> dict[str, Any]:
        """The report as data for JSON."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "layer": self.layer.name,
            "conventions": dict(self.conventions),
            "ok": self.ok,
            "verdicts": {name: v.json() for name, v in self.verdicts.items()},
            "lines": [{"name": j.answer.name, "text": j.answer.text, **j.verdict.json()} for j in self.judged],
        }

    def text(self) -> str:
        """The report for a terminal."""
        return str(import_module("symbackprop.render.report").text(self))

    def html(self) -> str:
        """The report as an HTML fragment."""
        return str(import_module("symbackprop.render.report").html(self))

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        said = ", ".join(f"{name}: {v.status}" for name, v in self.verdicts.items())
        return f"<Report on {self.layer.name}: {said or 'nothing was answered'}>"

    def __rich__(self) -> Any:
        return import_module("symbackprop.render.report").rich(self)

    def _repr_html_(self) -> str:
        return self.html()

    def __bool__(self) -> bool:
        raise TypeError("a report is no bool: ask for .ok, or for .verdicts[name].status")


def report(layer: Layer, judged: Iterable[Judged], terms: Terms, layout: str) -> Report:
    """The report on answers judged one by one."""
    every = tuple(_read_as(j) for j in judged)
    step0 = None if terms.step0 is None else str(terms.step0)
    conventions = {"step0": step0, "layout": layout, "strict": terms.strict}
    names = dict.fromkeys(j.answer.name for j in every)
    found = {name: _whole([j.verdict for j in every if j.answer.name == name]) for name in names}
    return Report(layer, found, every, conventions)


def _read_as(j: Judged) -> Judged:
    if j.expression is None:
        return j
    assert isinstance(j.answer, Stated)
    shown = str(import_module("symbackprop.render.report").read_as(j.answer))
    return Judged(j.answer, replace(j.verdict, read_as=shown))


def _whole(lines: list[Verdict]) -> Verdict:
    """The verdict on a derivation: that of the first line that doesn't hold, else the weakest."""
    if len(lines) == 1:
        return lines[0]
    seconds = sum(v.seconds for v in lines)
    for number, v in enumerate(lines, 1):
        if not v.holds:
            return replace(v, message=f"link {number} of {len(lines)}: {v.message}", seconds=seconds)
    weakest = next((v for v in lines if v.status == "agrees"), lines[-1])
    notes = tuple(dict.fromkeys(n for v in lines for n in v.notes))
    return replace(weakest, notes=notes, seconds=seconds)
