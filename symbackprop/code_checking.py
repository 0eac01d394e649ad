"""check_code: gradients that stand in NumPy or torch source -> a verdict on each, with the line it stands in.

    check_code("linear", "def backward(dout, x, W):\\n    return dout @ W.T, x.T @ dout", call="dx, dW = backward(dout, x, W)")

The source is read as mathematics. What it says is judged as a formula is: proved, refuted at the smallest case, or
tested. What can't be read is run in a sandbox, and at best agrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from symbackprop.checking import family_of, layer_of, terms_of
from symbackprop.code_reading import Code, Reading, code_of, place, readings, results_of
from symbackprop.code_runs import TORCH, Running
from symbackprop.language.numpy_source import Program, Read
from symbackprop.language.tensors import Component, Index
from symbackprop.layer import Layer
from symbackprop.verify import source_proof
from symbackprop.verify.answers import Stated, Target
from symbackprop.verify.case import Case, Terms
from symbackprop.verify.judge import absent, judge
from symbackprop.verify.report import Judged, Report, report
from symbackprop.verify.source_answers import NoArray, Subject, based_on, stated, subject_of, target_of
from symbackprop.verify.source_beside import is_asserted
from symbackprop.verify.source_forward import NOT_OWN, OWN, own_layer
from symbackprop.verify.source_joining import joined
from symbackprop.verify.source_lines import Line, aliases, follows_from, gradient_lines, is_right
from symbackprop.verify.source_runs import RunAnswer
from symbackprop.verify.source_twice import again, changes, overwriting
from symbackprop.verify.truths import Known
from symbackprop.verify.verdict import Verdict


def check_code(
    layer: Layer | str | Path,
    source: str | Path,
    *,
    call: str = "",
    vary: str | Mapping[str, Sequence[Any]] = "",
    trust: bool = False,
    strict: bool = False,
    step0: int | str | Fraction | None = 0,
    assume: str = "",
    patience: float = 3.0,
    layout: str = "denominator",
) -> Report:
    """Say of every gradient in the source whether it is right.

    `source` is a file or its text. `call` are the lines that call it, with the layer's names; a gradient is `d` and
    the name of a variable, `dout` the upstream gradient of the first output. Without a call the source is a script that
    uses these names itself. `vary` says at which values other names of the call are tried: "stride=1,2; pad=0,1".
    `trust` allows code that can't be read to be run without isolation. The rest is as for `check`. Raises ValueError
    for a layer, a source or a call that can't be used.
    """
    options: dict[str, Any] = {"strict": strict, "step0": step0, "assume": assume, "patience": patience, "layout": layout}
    questions = code_questions(layer, source, call=call, vary=vary, trust=trust, **options)
    return questions.report(list(questions.judged()))


def code_questions(
    layer: Layer | str | Path,
    source: str | Path | Code,
    *,
    call: str = "",
    vary: str | Mapping[str, Sequence[Any]] = "",
    trust: bool = False,
    strict: Any = False,
    step0: Any = 0,
    assume: Any = "",
    patience: Any = 3.0,
    layout: Any = "denominator",
) -> Questions:
    """What there is to judge, before it is judged: see `check_code`."""
    terms = terms_of(strict, step0, patience, layout)
    code = code_of(source)
    return Questions(code, readings(layer_of(layer), code, call, vary, assume), terms, layout, Running(code, trust))


@dataclass(eq=False)
class Questions:
    """A source with everything in it that can be judged, and how; `late` counts the proofs that were not found in time."""

    code: Code
    readings: Sequence[Reading]
    terms: Terms
    layout: str
    running: Running
    late: int = 0
    known: dict[tuple[Reading, str, Layer, Read | None], Judged] = field(default_factory=dict)
    lines: dict[Reading, list[Line]] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The results that are about the layer, in order. Raises ValueError where there is none."""
        found: dict[str, None] = {}
        for reading in self.readings:
            own = [*results_of(reading), *_others(reading)] if reading.error is None else self.running.results(reading)
            found.update((n, None) for n in own if self._subject(reading, n) is not None)
        if not found:
            layer = self.readings[0].layer
            gradients = ", ".join(f"d{t.name}" for t in layer.inputs if not t.is_integer_valued)
            raise ValueError(f"nothing here is a gradient of {layer.name}; it has {gradients}")
        return tuple(found)

    def judged(self) -> Iterator[Judged]:
        """The verdict on each, one after the other."""
        try:
            for name in self.names:
                yield joined([(r.chosen, self._judged(r, name)) for r in self.readings if self._has(r, name)])
        finally:
            self.running.close()

    def _has(self, reading: Reading, name: str) -> bool:
        """Whether a result is looked for in a reading: at every choice of options, but only in one of a script and its tables."""
        return bool(reading.call and not reading.inline) or name in results_of(reading) or name in _others(reading)

    def report(self, judged: Sequence[Judged]) -> Report:
        """The report on what was judged."""
        form = "torch" if TORCH.search(self.code.text) else "numpy"
        return replace(report(self.readings[0].layer, judged, self.terms, self.layout), form=form)

    def _judged(self, reading: Reading, name: str) -> Judged:
        subject = self._subject(reading, name)
        assert subject is not None
        if name in (others := _others(reading)):
            made = self._no_array(reading, name, subject, others[name])
        elif reading.program is None or name not in reading.program.results:
            made = self._run(reading, name, subject)
        else:
            made = self._run_too(reading, name, subject, self._as_read(reading, name, subject))
        doubt = (reading.doubt,) if reading.doubt and made.verdict.status == "refuted" else ()
        return noted(made, *reading.notes, *doubt)

    def _no_array(self, reading: Reading, name: str, subject: Subject, what: str) -> Judged:
        """The verdict on a result that is None, or a list."""
        target, where = targeted(reading.layer, subject, self.terms)[0], place(self.code, reading, name)
        answer = Stated(target, NoArray(what), name, where)
        if what == "None":
            return Judged(answer, absent(reading.layer, subject.variable, subject.forward, target.symbol, where))
        return Judged(answer, Verdict("undecided", f"{target.symbol} is {what}, not an array", where=where))

    def _as_read(self, reading: Reading, name: str, subject: Subject) -> Judged:
        made = self._read(reading, name, reading.layer)
        if made.verdict.status == "undecided" and made.verdict.how != "contradiction":
            other = self._run(reading, name, subject, f"what was read could not be decided ({made.verdict.message})")
            return other if other.verdict.status in ("agrees", "refuted") else made
        if subject.forward:
            return made
        made = self._earlier(reading, name, subject, made)
        beside = tuple(self._beside(reading, name, made.verdict))
        made = noted(made, *self._named(reading, name, subject), *beside)
        return made if OWN in beside else noted(made, *self._lines(reading, name, subject, made.verdict))

    def _run_too(self, reading: Reading, name: str, subject: Subject, made: Judged) -> Judged:
        """The verdict on what was read, unless the code computes something else when it is run, or nothing."""
        if made.verdict.status == "undecided" or not isinstance(made.answer, Stated) or isinstance(made.answer.said, RunAnswer):
            return made
        found = self.running.beside(reading, name, self._case(reading, name, reading.layer), self._is_turned(subject))
        if found.differs:
            return self._run(reading, name, subject, f"what was read of it isn't what it computes ({found.differs})")
        if found.failed is None:
            return made
        said = f"it fails when it is run: {found.failed.message}"
        if found.counts and made.verdict.holds:
            verdict = Verdict("undecided", f"what is written is right, but {said}", where=made.verdict.where, notes=made.verdict.notes)
            return replace(made, verdict=verdict)
        return noted(made, said) if found.counts or is_asserted(found.failed) else made

    def _run(self, reading: Reading, name: str, subject: Subject, reason: str = "") -> Judged:
        target, known = targeted(reading.layer, subject, self.terms)
        return self.running.judged(reading, name, target, known, self.terms, self._is_turned(subject), reason)

    def _is_turned(self, subject: Subject) -> bool:
        """Whether the gradient is written transposed."""
        return self.layout == "numerator" and not subject.forward

    def _subject(self, reading: Reading, name: str) -> Subject | None:
        return subject_of(name, reading.layer, self._aliases[reading] if not reading.call else None)

    def _named(self, reading: Reading, name: str, subject: Subject) -> Iterator[str]:
        known = self._aliases[reading]
        if subject_of(name, reading.layer) is None:
            yield from (f"{n} is the layer's {subject.variable}" for n in based_on(name) if n in known)

    @cached_property
    def _aliases(self) -> Mapping[Reading, Mapping[str, str]]:
        """The writer's own names for variables of the layer."""
        return {r: aliases(r.program, r.layer) if r.program is not None else {} for r in self.readings}

    def _earlier(self, reading: Reading, name: str, subject: Subject, made: Judged) -> Judged:
        """In a script dh may become something else further down: then the line counts that says ∂C/∂h."""
        inputs = {t.name for t in reading.layer.inputs}
        if reading.call or made.verdict.status != "refuted" or subject.variable in inputs or reading.program is None:
            return made
        final = reading.program.results[name]
        said = f"{self.code.at(final.line)} makes something else of {name}"
        for line in reading.program.lines:
            if line.name == name and line.line < final.line:
                other = self._read(reading, name, reading.layer, line)
                if other.verdict.holds:
                    return noted(other, said)
        own = self._own_line(reading, name, subject)
        return noted(self._read(reading, name, reading.layer, own), said) if own.line < final.line else made

    def _own_line(self, reading: Reading, name: str, subject: Subject) -> Read:
        """The line in which a name is the gradient that it is called."""
        assert reading.program is not None
        said = [line.read for line in self._gradient_lines(reading) if (line.read.name, line.variable) == (name, subject.variable)]
        return said[-1] if said else reading.program.results[name]

    def _gradient_lines(self, reading: Reading) -> list[Line]:
        if reading not in self.lines:
            assert reading.program is not None
            known = Known(None, family_of(reading.layer, self.terms))
            self.lines[reading] = gradient_lines(reading.program, reading.layer, self._aliases[reading], known)
        return self.lines[reading]

    def _lines(self, reading: Reading, name: str, subject: Subject, verdict: Verdict) -> Iterator[str]:
        """Where a wrong gradient goes wrong, and what it follows from."""
        program, layer = reading.program, reading.layer
        if program is None or verdict.status != "refuted":
            return
        known = targeted(layer, subject, self.terms)[1]
        own = program.results[name] if reading.call else self._own_line(reading, name, subject)
        lines = self._gradient_lines(reading)
        before = [line for line in lines if line.read.line < own.line or own.in_call]
        wrong = [line for line in before if line.read.name != name and not is_right(line, program, layer, known)]
        used = follows_from(own, subject.variable, program, layer, known, wrong)
        if used:
            said = ", ".join(f"{line.read.name} ({self.code.at(line.read.line)})" for line in used)
            yield f"it follows from {said}, which {'is' if len(used) == 1 else 'are'} wrong"
        elif not reading.call:
            yield "it goes wrong in this line"
        else:
            inputs = {t.name for t in layer.inputs}
            inside = [line for line in wrong if line.variable not in inputs and line.read.expression != 0]
            yield from (f"{line.read.name} is wrong in {self.code.at(line.read.line)}" for line in inside)

    def _read(self, reading: Reading, name: str, layer: Layer, line: Read | None = None) -> Judged:
        key = (reading, name, layer, line)
        if key not in self.known:
            self.known[key] = self._judged_as_read(*key)
        return self.known[key]

    def _judged_as_read(self, reading: Reading, name: str, layer: Layer, line: Read | None) -> Judged:
        case = self._case(reading, name, layer, line)
        verdict = judge(case, source_proof.proof)
        self.late += any(n.startswith("no proof was found in") for n in verdict.notes)
        return Judged(case.stated, verdict)

    def _case(self, reading: Reading, name: str, layer: Layer, line: Read | None = None) -> Case:
        """What a line, or the last one of that name, says of a layer."""
        program, subject = reading.program, self._subject(reading, name)
        assert program is not None and subject is not None
        read = line or program.results[name]
        if self._is_turned(subject):
            read = replace(read, indices=read.indices[::-1], sizes=read.sizes[::-1])
        target, known = targeted(layer, subject, self.terms)
        answer = stated(read, program, layer, target, place(self.code, reading, name, read), name)
        return Case(layer, answer, known, self._patient)

    @property
    def _patient(self) -> Terms:
        """The terms, with less patience after each proof that was not found in time."""
        return replace(self.terms, patience=self.terms.patience / (1 + self.late))

    def _beside(self, reading: Reading, name: str, verdict: Verdict) -> Iterator[str]:
        """What is to be said of a gradient beside its verdict: by its own forward pass, and what it does to its inputs."""
        own = self._own[reading]
        subject = self._subject(reading, name)
        if own is not None and subject is not None and subject.variable in {t.name for t in own.inputs}:
            other = self._read(reading, name, own).verdict
            if verdict.status == "refuted" and other.holds:
                yield OWN
            elif verdict.holds and other.status == "refuted":
                yield NOT_OWN
        program, spoiled = self._twice[reading]
        if spoiled:
            assert reading.program is not None
            changed = changes(reading.program, program, reading.layer, name)
            yield f"it overwrites {spoiled}" + (": a second call on the same arrays gives something else" if changed else "")

    @cached_property
    def _own(self) -> Mapping[Reading, Layer | None]:
        """The forward pass of each reading as a layer, where it is another one."""
        return {r: self._differing(r) for r in self.readings}

    def _differing(self, reading: Reading) -> Layer | None:
        if reading.program is None:
            return None
        outputs = {t.name for t in reading.layer.outputs}
        about = {n: s for n in reading.program.results if (s := self._subject(reading, n)) is not None and s.forward}
        wrong = [n for n, s in about.items() if s.variable in outputs and self._read(reading, n, reading.layer).verdict.status == "refuted"]
        return own_layer(reading.program, reading.layer) if wrong else None

    @cached_property
    def _twice(self) -> Mapping[Reading, tuple[Program | None, str]]:
        """What the call says a second time, and which of its arrays it overwrites."""
        found: dict[Reading, tuple[Program | None, str]] = {}
        for r in self.readings:
            spoils = r.program is not None and bool(r.program.overwritten) and bool(r.call)
            said = ", ".join(overwriting(r.program, r.call, r.layer, self.code.at)) if spoils and r.program is not None else ""
            found[r] = (again(self.code.text, r.call, r.layer) if spoils else None, said)
        return found


def _others(reading: Reading) -> Mapping[str, str]:
    """What was read that is no array, where that is all that was read of it; a script may define functions under such names."""
    found = reading.program.others if reading.program is not None else {}
    return {n: what for n, what in found.items() if what == "None" or (reading.call and what != "a function")}


def noted(judged: Judged, *notes: str) -> Judged:
    """The same with further notes."""
    return replace(judged, verdict=replace(judged.verdict, notes=(*judged.verdict.notes, *notes))) if notes else judged


def targeted(layer: Layer, subject: Subject, terms: Terms) -> tuple[Target, Known]:
    """The target, at the indices of what was derived, and what was derived."""
    family = family_of(layer, terms)
    if subject.forward:
        target = target_of(subject, layer)
        return target, Known(target.of, family)
    derivation = family.get(subject.variable)
    if derivation is None or not isinstance(derivation.goal, Component):
        return target_of(subject, layer), Known(None, family)
    indices = tuple(i for i in derivation.goal.indices if isinstance(i, Index))
    return target_of(subject, layer, indices), Known(derivation.result, family)
