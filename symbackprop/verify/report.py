"""Report: a verdict for every variable that was answered, and for every line of a longer derivation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Literal

import sympy as sp

from symbackprop.language.substitution import tensors
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
    shows: bool = True

    @property
    def expression(self) -> sp.Expr | None:
        """The formula that was read, None where there is none that can be shown."""
        if not self.shows:
            return None
        said = self.answer.said if isinstance(self.answer, Stated) else None
        return said.expression if isinstance(said, Formula) else None


@dataclass(frozen=True, eq=False)
class Report:
    """What is known of each answer.

    `verdicts` has one verdict a variable: that of its one line, or for a longer derivation that of the first line that
    does not hold. `lines` has the verdict of every line. `form` is how the answers were written.
    """

    layer: Layer
    verdicts: Mapping[str, Verdict]
    judged: tuple[Judged, ...]
    conventions: Mapping[str, Any]
    form: str = "notation"

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
            "form": self.form,
            "conventions": dict(self.conventions),
            "ok": self.ok,
            "verdicts": {name: _finite(v.json()) for name, v in self.verdicts.items()},
            "lines": [{"name": j.answer.name, "text": j.answer.text, **_finite(j.verdict.json())} for j in self.judged],
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


def _finite(value: Any) -> Any:
    """Data for JSON, which has no nan and no infinity: they become words."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {k: _finite(v) for k, v in value.items()}
        case list() | tuple():
            return [_finite(v) for v in value]
    return value


def report(layer: Layer, judged: Iterable[Judged], terms: Terms, layout: str) -> Report:
    """The report on answers judged one by one."""
    every = tuple(_standing(_read_as(j) for j in judged))
    step0 = None if terms.step0 is None else str(terms.step0)
    conventions = {"step0": step0, "layout": layout, "strict": terms.strict}
    names = dict.fromkeys(j.answer.name for j in every)
    found = {name: _whole([j.verdict for j in every if j.answer.name == name]) for name in names}
    return Report(layer, found, every, conventions)


def _standing(judged: Iterable[Judged]) -> Iterator[Judged]:
    """The answers, with a note where one stands on another that does not hold; stated by each other they say nothing."""
    every = list(judged)
    uses: dict[str, set[str]] = {}
    for j in every:
        uses.setdefault(j.answer.name, set()).update(_used(j))
    failed = {j.answer.name for j in every if not j.verdict.holds}
    for j in every:
        name = j.answer.name
        wrong = sorted(uses[name] & failed - {name}) if j.verdict.holds else []
        if j.verdict.holds and name in _reached(name, uses):
            said = "answers are stated in terms of each other, which says nothing"
            yield replace(j, verdict=Verdict("undecided", said, where=j.verdict.where))
        else:
            notes = tuple(f"it stands on d{w}, which is {_status(w, every)}" for w in wrong)
            yield replace(j, verdict=replace(j.verdict, notes=(*j.verdict.notes, *notes)))


def _status(name: str, judged: list[Judged]) -> str:
    return next(j.verdict.status for j in judged if j.answer.name == name and not j.verdict.holds)


def _used(j: Judged) -> set[str]:
    """The variables whose gradients an answer is stated by, its own apart."""
    said = j.answer.said if isinstance(j.answer, Stated) and j.answer.target.of is None else None
    if not isinstance(said, Formula):
        return set()
    every = {t.adjoint_of for e in (said.expression, *(h.right for h in said.helpers)) for t in tensors(e)}
    return every - {"", j.answer.name}


def _reached(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    """Every name that is used on the way from a name."""
    found: set[str] = set()
    waiting = [*uses.get(name, ())]
    while waiting:
        if (following := waiting.pop()) not in found:
            found.add(following)
            waiting += uses.get(following, ())
    return found


def _read_as(j: Judged) -> Judged:
    if j.expression is None:
        return j
    assert isinstance(j.answer, Stated)
    try:
        shown = str(import_module("symbackprop.render.report").read_as(j.answer))
    except (TypeError, ValueError, RecursionError):  # an expression made elsewhere may hold what nobody shows: 1/0, i
        return Judged(j.answer, j.verdict, shows=False)
    return replace(j, verdict=replace(j.verdict, read_as=shown))


def _whole(lines: list[Verdict]) -> Verdict:
    """The verdict on a derivation: that of the first wrong line, else of the first that doesn't hold, else the weakest."""
    if len(lines) == 1:
        return lines[0]
    seconds = sum(v.seconds for v in lines)
    wrong = sorted(enumerate(lines, 1), key=lambda pair: pair[1].status != "refuted")
    for number, v in wrong:
        if not v.holds:
            return replace(v, message=f"link {number} of {len(lines)}: {v.message}", seconds=seconds)
    weakest = next((v for v in lines if v.status == "agrees"), lines[-1])
    notes = tuple(dict.fromkeys(n for v in lines for n in v.notes))
    return replace(weakest, notes=notes, seconds=seconds)
