"""check_code: gradients that stand in NumPy or torch source -> a verdict on each, with the line it stands in.

    check_code("linear", "def backward(dout, x, W):\\n    return dout @ W.T, x.T @ dout", call="dx, dW = backward(dout, x, W)")

The source is read as mathematics and never run. What it says is judged as a formula is: proved, refuted at the
smallest case, or tested.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from symbackprop.checking import SILENT, family_of, layer_of, with_assumptions
from symbackprop.code_options import options_of
from symbackprop.language.errors import NotationError
from symbackprop.language.numpy_source import Program, Unreadable, read_source
from symbackprop.language.numpy_source.text import parse
from symbackprop.language.tensors import Component, Index
from symbackprop.layer import Layer
from symbackprop.verify import source_calls, source_proof
from symbackprop.verify.answers import Target, Unread
from symbackprop.verify.case import Case, Terms
from symbackprop.verify.judge import judge, unread
from symbackprop.verify.report import Judged, Report, report
from symbackprop.verify.source_answers import Subject, stated, subject_of, target_of
from symbackprop.verify.source_calls import Value
from symbackprop.verify.source_joining import joined
from symbackprop.verify.truths import Known


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
    questions = code_questions(layer, source, call=call, vary=vary, trust=trust, strict=strict, step0=step0, assume=assume,
                               patience=patience, layout=layout)
    return questions.report(list(questions.judged()))


def code_questions(
    layer: Layer | str | Path,
    source: str | Path | Code,
    *,
    call: str = "",
    vary: str | Mapping[str, Sequence[Any]] = "",
    trust: bool = False,
    strict: bool = False,
    step0: int | str | Fraction | None = 0,
    assume: str = "",
    patience: float = 3.0,
    layout: str = "denominator",
) -> Questions:
    """What there is to judge, before it is judged: see `check_code`."""
    if layout not in ("denominator", "numerator"):
        raise ValueError(f"layout = {layout!r}; it should be 'denominator' or 'numerator'")
    terms = Terms(strict, None if step0 is None else Fraction(str(step0)), patience)
    code = source if isinstance(source, Code) else code_of(source)
    return Questions(code, _readings(layer_of(layer), code, call, vary, assume), terms, layout, trust)


@dataclass(frozen=True)
class Code:
    """A source text and the name that its places are told by."""

    text: str
    name: str = ""

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax. Raises Unreadable."""
        return parse(self.text)[0]

    def at(self, line: int, in_call: bool = False) -> str:
        """student.py:12"""
        if in_call:
            return f"the call, line {line}"
        return f"{self.name}:{line}" if self.name else f"line {line}"


def code_of(source: str | Path) -> Code:
    """The text of a file, or the text itself. Raises ValueError or OSError for a file that can't be read."""
    if isinstance(source, str) and ("\n" in source or not source.endswith(".py")):
        return Code(source)
    path = Path(source)
    try:
        return Code(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is no text in UTF-8") from None


@dataclass(frozen=True, eq=False)
class Reading:
    """The source read for one choice of options: the layer of these options, what was read, or why it wasn't."""

    layer: Layer
    call: str
    chosen: Mapping[str, Value]
    program: Program | None = None
    error: Unreadable | None = None


def _readings(layer: Layer, code: Code, call: str, vary: str | Mapping[str, Sequence[Any]], assume: str) -> list[Reading]:
    values = source_calls.read_values(vary)
    if not call.strip():
        if values:
            raise NotationError("there is no call whose names could be varied")
        return [_reading(with_assumptions(layer, assume), code, "", {})]
    names = source_calls.open_names(call, code.tree, layer, code.name or "the source")
    _check_results(call, layer)
    made = options_of(layer, names, values)
    return [_reading(with_assumptions(variant, assume), code, source_calls.filled(call, chosen), chosen) for variant, chosen in made]


def _check_results(call: str, layer: Layer) -> None:
    assigned = source_calls.names_of(parse(call, "the call")[0]).assigned
    wrong = source_calls.misnamed(assigned, layer)
    has = f"{layer.name} has {', '.join(layer.tensors)}"
    if wrong is not None:
        raise NotationError(f"{wrong[0]} is no gradient of the layer; {has}", call, hint=f"write {wrong[1]}")


def _reading(layer: Layer, code: Code, call: str, chosen: Mapping[str, Value]) -> Reading:
    try:
        return Reading(layer, call, chosen, read_source(code.text, call, layer))
    except Unreadable as error:
        return Reading(layer, call, chosen, error=error)


@dataclass(frozen=True, eq=False)
class Questions:
    """A source with everything in it that can be judged, and how."""

    code: Code
    readings: Sequence[Reading]
    terms: Terms
    layout: str
    trust: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The results that are about the layer, in order."""
        found: dict[str, int] = {}
        for reading in self.readings:
            for k, name in enumerate(_results(reading)):
                if subject_of(name, reading.layer) is not None:
                    found.setdefault(name, k)
        if not found:
            layer = self.readings[0].layer
            gradients = ", ".join(f"d{t.name}" for t in layer.inputs if not t.is_integer_valued)
            raise NotationError(f"nothing here is a gradient of {layer.name}; it has {gradients}")
        return tuple(found)

    def judged(self) -> Iterator[Judged]:
        """The verdict on each, one after the other."""
        for name in self.names:
            yield joined([(r.chosen, _judged(self, r, name)) for r in self.readings])

    def report(self, judged: Sequence[Judged]) -> Report:
        """The report on what was judged."""
        return report(self.readings[0].layer, judged, self.terms, self.layout)


def _results(reading: Reading) -> list[str]:
    program = reading.program
    if program is None:
        return list(source_calls.names_of(parse(reading.call, "the call")[0]).assigned)
    return [*program.results, *(n for n in program.unread if n not in program.results)]


def _judged(questions: Questions, reading: Reading, name: str) -> Judged:
    subject = subject_of(name, reading.layer)
    assert subject is not None
    program = reading.program
    if program is None or name not in program.results:
        return _not_read(questions, reading, name, subject)
    read = program.results[name]
    target, known = targeted(reading.layer, subject, questions.terms)
    answer = stated(read, program, reading.layer, target, questions.code.at(read.line, read.in_call), name)
    return Judged(answer, judge(Case(reading.layer, answer, known, questions.terms), source_proof.proof))


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
    try:
        return target_of(subject, layer, indices), Known(derivation.result, family)
    except SILENT:
        return target_of(subject, layer), Known(None, family)


def _not_read(questions: Questions, reading: Reading, name: str, subject: Subject) -> Judged:
    error = reading.error or (reading.program.unread.get(name) if reading.program else None)
    message = error.message if error is not None else "no value of it was found"
    in_call = error is not None and error.text == reading.call
    where = questions.code.at(error.line, in_call) if error is not None else ""
    label = f"{subject.variable} itself" if subject.forward else subject.variable
    answer = Unread(label, message, name, where, error)
    return Judged(answer, replace(unread(answer), where=where))
