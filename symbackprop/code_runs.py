"""Source that can't be read whole, run in a sandbox: what is judged then, and what is said of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from symbackprop.code_reading import Code, Reading, place, results_of
from symbackprop.verify import source_calls
from symbackprop.verify.answers import Stated, Target, Unread
from symbackprop.verify.case import Case, Terms, arrays_at
from symbackprop.verify.judge import absent, judge, unread
from symbackprop.verify.report import Judged
from symbackprop.verify.runner import RunFailed, Runner
from symbackprop.verify.source_answers import subject_of
from symbackprop.verify.source_beside import Beside, beside
from symbackprop.verify.source_calls import defined_in
from symbackprop.verify.source_own import beside_its_own
from symbackprop.verify.source_refused import refused
from symbackprop.verify.source_runs import NO_ARRAY, RunAnswer, Runs
from symbackprop.verify.spots import spots
from symbackprop.verify.truths import Known
from symbackprop.verify.verdict import Verdict

NUMPY = "import numpy as np"
TORCH = re.compile(r"^\s*(import|from) torch\b", re.MULTILINE)
ISOLATED = {"trusted": "without isolation, as it was trusted"}


@dataclass(eq=False)
class Running:
    """The sandbox of one source, started when something has to be run."""

    code: Code
    trust: bool = False
    runner: Runner | None = None
    made: dict[Reading, Runs] = field(default_factory=dict)
    told: dict[Reading, list[str]] = field(default_factory=dict)
    once: dict[Reading, Runs] = field(default_factory=dict)

    def close(self) -> None:
        """End the sandbox."""
        if self.runner is not None:
            self.runner.close()

    def runs(self, reading: Reading) -> Runs:
        """The runs of a reading. Raises RunFailed where nothing can be run."""
        if reading not in self.made:
            if (found := refused(self.code.tree)) is not None:
                raise RunFailed("forbidden", f"{self.code.at(found[1])}: {found[0]}; code that does that isn't run")
            if self.runner is None:
                self.runner = Runner(self.code.text if reading.call else NUMPY, trust=self.trust)
            call = reading.call or reading.script
            self.made[reading] = Runs(self.runner, call, reading.layer, self.results(reading))
        return self.made[reading]

    @cached_property
    def _has_numpy(self) -> bool:
        return "np" in defined_in(self.code.tree)

    def results(self, reading: Reading) -> list[str]:
        """The results that are about the layer; for a dict that could not be read, the keys that it turns out to have."""
        if reading not in self.told:
            self.told[reading] = []
            try:
                self.told[reading] = list(self._results(reading))
            except RunFailed:
                self.told[reading] = [n for n in results_of(reading) if subject_of(n, reading.layer) is not None]
            self.made.pop(reading, None)  # what was made on the way wants nothing
        return self.told[reading]

    def _results(self, reading: Reading) -> Iterator[str]:
        for name in results_of(reading):
            if subject_of(name, reading.layer) is not None:
                yield name
            elif reading.error is not None and re.match(r"(?i)g|.*grad|ds?$", name):
                yield from (key for key in self._keys(reading, name) if self._is_there(reading, key))

    def _keys(self, reading: Reading, name: str) -> Iterator[str]:
        for t in reading.layer.inputs:
            yield from (f"{name}['{key}']" for key in (t.name, f"d{t.name}") if subject_of(f"{name}['{key}']", reading.layer))

    def _is_there(self, reading: Reading, wanted: str) -> bool:
        runs = replace(self.runs(reading), wanted=[wanted], failures=[], _known={})
        try:
            for spot in spots(reading.layer).first:
                runs.at(arrays_at(spot))
        except ValueError:
            return False
        return True

    def judged(
        self, reading: Reading, name: str, target: Target, known: Known, terms: Terms, turned: bool = False, reason: str = ""
    ) -> Judged:
        """The verdict on one result of code that is run; `turned` says that it is transposed, `reason` why it is run."""
        said, where = _why(self.code, reading, name)
        try:
            runs = self.runs(reading)
        except RunFailed as failed:
            unfit = Unread(target.name, said, name, where)
            return Judged(unfit, replace(unread(unfit), notes=(f"it could not be run either: {failed.message}",)))
        where = place(self.code, reading, name) or where
        answer = Stated(target, RunAnswer(runs, name, turned=turned), name, where)
        verdict = _judged(Case(reading.layer, answer, known, terms), runs)
        if name in runs.absent:
            subject = subject_of(name, reading.layer)
            assert subject is not None
            if runs.absent[name] == "None":
                return Judged(answer, absent(reading.layer, subject.variable, subject.forward, target.symbol, where))
            return Judged(answer, Verdict("undecided", f"{target.symbol} is {runs.absent[name]}{NO_ARRAY}", where=where))
        if runs.failures and not verdict.holds and (first := self._up_to(reading, name)) is not None:
            again = _judged(Case(reading.layer, replace(answer, said=RunAnswer(first, name, turned=turned)), known, terms), first)
            if again.holds or again.status == "refuted":
                verdict = replace(again, notes=(f"a later line of the call fails: {runs.failures[0].message}", *again.notes))
        how = ISOLATED.get(runs.runner.mode, f"isolated by {runs.runner.mode}")
        own = () if target.of is not None else tuple(beside_its_own(runs, self._outputs(reading), name, target.name, verdict))
        verdict = replace(verdict, notes=(*verdict.notes, *own))
        notes = (f"{reason or f'it could not be read ({said})'} and was run, {how}", *_spoiled(runs, name), *verdict.notes)
        return Judged(answer, replace(verdict, notes=notes))

    def beside(self, reading: Reading, name: str, case: Case, turned: bool = False) -> Beside:
        """What was read, which `case` states, beside what the code computes; nothing where there is no sandbox, or the code is torch's."""
        if TORCH.search(self.code.text):
            return Beside()
        try:
            if reading not in self.once:
                self.once[reading] = replace(self.runs(reading), failures=[], called_twice=0, _known={})
        except RunFailed:
            return Beside()
        if self.once[reading].runner.mode in ISOLATED:  # reading says enough to spare that
            return Beside()
        found = beside(case, RunAnswer(self.once[reading], name, turned=turned), self._has_numpy)
        complete = reading.error is None and reading.program is not None and not reading.program.unread
        return found if complete else replace(found, counts=False)

    def _up_to(self, reading: Reading, name: str) -> Runs | None:
        """The runs of the call as far as the line that assigns a name; None where that is its last line."""
        lines = ast.parse(reading.call).body
        own = [k for k, line in enumerate(lines) if name in source_calls.names_of(ast.Module([line], [])).assigned]
        if not own or own[-1] == len(lines) - 1:
            return None
        call = ast.unparse(ast.Module(lines[: own[-1] + 1], []))
        return replace(self.runs(reading), call=call, wanted=[name], failures=[], unsteady=set(), changed=set(), _known={})

    def _outputs(self, reading: Reading) -> dict[str, str]:
        """The results that are the layer's outputs."""
        about = {n: subject_of(n, reading.layer) for n in self.results(reading)}
        outputs = {t.name for t in reading.layer.outputs}
        return {s.variable: n for n, s in about.items() if s is not None and s.forward and s.variable in outputs}


def _judged(case: Case, runs: Runs) -> Verdict:
    """The verdict; code that is wrong or fails only where a size is 1 is right, with a note, unless judged strictly."""
    verdict = _unless_failed(judge(case), runs)
    hangs = any(f.kind == "time" for f in runs.failures)
    if verdict.holds or hangs or case.terms.strict or not isinstance(case.stated.said, RunAnswer):
        return verdict
    again = replace(runs, failures=[])
    said = replace(case.stated.said, runs=again, least=2)
    larger = _unless_failed(judge(replace(case, stated=replace(case.stated, said=said))), again)
    how = "wrong" if verdict.status == "refuted" else "not decided"
    return replace(larger, notes=(f"{how} where a size is 1: {verdict.message}", *larger.notes)) if larger.holds else verdict


def _unless_failed(verdict: Verdict, runs: Runs) -> Verdict:
    """A refutation stands; nothing else is known of code that failed."""
    if not runs.failures or verdict.status == "refuted":
        return verdict
    return Verdict("undecided", f"the code failed when it was run: {runs.failures[0].message}", where=verdict.where)


def _why(code: Code, reading: Reading, name: str) -> tuple[str, str]:
    """Why a result could not be read, and where."""
    error = reading.error or (reading.program.unread.get(name) if reading.program is not None else None)
    if error is None:
        return "no value of it was found", ""
    where = code.at(error.line, bool(reading.call) and not reading.inline and error.text == reading.call)
    return f"{where}: {error.message}", where


def _spoiled(runs: Runs, name: str) -> Iterator[str]:
    if runs.changed:
        then = ": a second call on the same arrays gives something else" if name in runs.unsteady else ""
        yield f"it overwrites {', '.join(sorted(runs.changed))}{then}"
    elif name in runs.unsteady:
        yield "a second call on the same arrays gives something else"


