"""check: a layer and gradients derived by hand -> a report that says of each whether it is right, and how that is known.

The judge never sees how a gradient is derived: it is handed finished derivations to prove equality with, and asks its own
oracle whether they are true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import sympy as sp

from symbackprop.backprop import derive
from symbackprop.derivation import Derivation
from symbackprop.language.notation import read_assumptions
from symbackprop.language.scope import scope
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer
from symbackprop.layer_text import read_layer
from symbackprop.local_derivatives import alone, at, has_own, jacobian, partials, placed, put_in
from symbackprop.verify.answers import Answer, Stated, Target, Unread
from symbackprop.verify.case import Case, Terms
from symbackprop.verify.forms import SOURCE, form_of, hint, script
from symbackprop.verify.judge import judge, unread
from symbackprop.verify.latex_reading import read_latex_answers
from symbackprop.verify.reading import read_answers
from symbackprop.verify.report import Judged, Report, report
from symbackprop.verify.restated import is_restated, restated
from symbackprop.verify.truths import Known

SILENT = (ValueError, TypeError, ArithmeticError, KeyError, RecursionError, NotImplementedError, AssertionError)
"""What a derivation that can't be had may raise: the answer is then judged by the oracle alone."""

HELD_FIXED, ALONG_EVERY_PATH = "with other intermediates held fixed", "along every path"


def check(
    layer: Layer | str | Path,
    answers: Any,
    *,
    strict: bool = False,
    step0: int | str | Fraction | sp.Rational | None = 0,
    layout: str = "denominator",
    assume: str = "",
    patience: float = 3.0,
    examples: int = 0,
    form: str | None = None,
    names: Mapping[str, str] | None = None,
    base: int = 0,
    einstein: bool = False,
    call: str = "",
    vary: str | Mapping[str, Sequence[Any]] = "",
    trust: bool = False,
) -> Report:
    """Say of every answer whether it is right.

    `layer` is a Layer, the name of one on the shelf, a file or text. `answers` maps variables to answers, or is a text or
    file of lines such as dW[d,h] = ... or dW = x.T @ dz. An answer is a text, a SymPy expression over the layer's components,
    or a function of its arrays. `form` says how texts are written: notation, latex, numpy or torch; a file's ending tells it.
    In LaTeX `names` maps the writer's names to the layer's, {"\\\\delta": "dz", "s": "sigmoid", "x_j^i": "x[i,j]"}, `base` is
    what subscripts count from, and `einstein` sums over letters that stand twice. Of source, `call`, `vary` and `trust` say
    how it is called, as for `check_code`. `strict` refutes another convention at a kink than `step0`; `assume` adds assumptions;
    `patience` is the number of seconds that a proof is sought; with `examples`, Hypothesis looks for a counterexample
    to what holds, in so many examples, and shrinks what it finds. Raises ValueError for a layer that can't be read.
    """
    terms = terms_of(strict, step0, patience, layout)
    stated = with_assumptions(layer_of(layer), assume)
    form = form_of(answers, form)
    if form != "latex" and (names or base or einstein):
        raise ValueError("names, base and einstein are for LaTeX: say form='latex'")
    if form in SOURCE:
        return replace(_code(stated, answers, call, vary, trust, terms, layout), form=form)
    if form == "latex":
        read = read_latex_answers(stated, answers, layout, names=names, base=base, einstein=einstein)
    else:
        read = read_answers(stated, answers, layout)
    judged = [_noted(_judged(stated, a, terms), form) for a in read]
    made = [_searched(stated, j, examples) for j in judged] if examples else judged
    return replace(report(stated, made, terms, layout), form=form)


def _code(
    layer: Layer, answers: Any, call: str, vary: str | Mapping[str, Sequence[Any]], trust: bool, terms: Terms, layout: str
) -> Report:
    from symbackprop.code_checking import check_code

    more: dict[str, Any] = {"strict": terms.strict, "step0": terms.step0, "patience": terms.patience, "layout": layout}
    return check_code(layer, script(answers), call=call, vary=vary, trust=trust, **more)


def _noted(judged: Judged, form: str) -> Judged:
    """The verdict with what is said of how the answer was understood."""
    answer, verdict = judged.answer, judged.verdict
    notes = answer.notes if isinstance(answer, Stated) else ()
    if verdict.status == "unreadable" and form == "notation" and (said := hint(answer.text)):
        notes = (*notes, said)
    return replace(judged, verdict=replace(verdict, notes=(*notes, *verdict.notes))) if notes else judged


def _searched(layer: Layer, judged: Judged, examples: int) -> Judged:
    """The same after a search for a counterexample; one that is found leaves nothing decided, since it was found in doubles."""
    from symbackprop.verify.properties import property_check

    verdict = judged.verdict
    if not verdict.holds or not isinstance(judged.answer, Stated):
        return judged
    try:
        found = property_check(layer, judged.answer, examples=examples)
    except ValueError as error:  # a statement about no gradient of a variable
        return replace(judged, verdict=replace(verdict, notes=(*verdict.notes, f"no properties were tried: {error}")))
    if found is None:
        said = f"Hypothesis found no counterexample in {examples} examples"
        return replace(judged, verdict=replace(verdict, notes=(*verdict.notes, said)))
    message = f"{verdict.message}; but Hypothesis found a counterexample in doubles: {found}"
    return replace(judged, verdict=replace(verdict, status="undecided", message=message))


def terms_of(strict: bool, step0: int | str | Fraction | sp.Rational | None, patience: float, layout: str) -> Terms:
    """How strictly it is judged. Raises ValueError for a layout that there isn't."""
    if layout not in ("denominator", "numerator"):
        raise ValueError(f"layout = {layout!r}; it should be 'denominator' or 'numerator'")
    return Terms(strict, None if step0 is None else Fraction(str(step0)), patience)


def layer_of(layer: Layer | str | Path) -> Layer:
    """The layer that is meant: itself, a text, a file, or a name from the shelf."""
    if isinstance(layer, Layer):
        return layer
    if isinstance(layer, Path) or "->" in layer or Path(layer).suffix in (".layer", ".txt"):
        return _read_text(layer) if isinstance(layer, str) and "->" in layer else read_layer(layer)
    from symbackprop import layers

    try:
        return layers.named(layer)
    except LookupError as error:
        raise ValueError(str(error.args[0])) from error


@lru_cache(maxsize=64)
def _read_text(text: str) -> Layer:
    # The same text is the same layer: what was found of it is remembered.
    return read_layer(text)


@lru_cache(maxsize=64)
def with_assumptions(layer: Layer, assume: str) -> Layer:
    """The layer under further assumptions."""
    if not assume.strip():
        return layer
    more = read_assumptions(assume, scope(layer.tensors.values()))
    return Layer.of(layer.name, layer.inputs, layer.outputs, layer.equations, (*layer.assumptions, *more), layer.source)


def _judged(layer: Layer, answer: Answer, terms: Terms) -> Judged:
    if isinstance(answer, Unread):
        return Judged(answer, unread(answer, layer))
    if is_restated(layer, answer):
        return Judged(answer, restated(layer, put_in(layer, answer, terms), terms))
    made = [(note, judge(case)) for note, case in _cases(layer, answer, terms)]
    right = [(note, v) for note, v in made if v.holds]
    if len(right) == 1 and len(made) > 1:
        note, verdict = right[0]
        return Judged(answer, replace(verdict, notes=(note, *verdict.notes)))
    chosen = right[0][1] if right else next((v for _, v in made if v.status == "undecided"), made[0][1])
    wrong = ("wrong along every path, and with other intermediates held fixed",) if len(made) > 1 and not right else ()
    return Judged(answer, replace(chosen, notes=(*wrong, *chosen.notes)))


def _cases(layer: Layer, answer: Stated, terms: Terms) -> list[tuple[str, Case]]:
    """What is judged: the answer by each reading of its target, or of the local derivatives that it is stated by."""
    found = partials(answer)
    inside = [(HELD_FIXED, put_in(layer, answer, terms))] if found else [("", answer)]
    if any(not isinstance(p.of, Component) or _is_ambiguous(layer, Target(p.of, p.by, ())) for p in found):
        inside.append((ALONG_EVERY_PATH, put_in(layer, answer, terms, total=True)))
    of_target = _readings(layer, answer.target, terms)
    return [(note or said, Case(layer, a, known, terms)) for note, known in of_target for said, a in inside]


def _readings(layer: Layer, target: Target, terms: Terms) -> list[tuple[str, Known]]:
    """What the target can mean: for ∂y/∂x, where y's own equation has x and x reaches y in other ways too, two things."""
    if target.of is None:
        return [("", _gradient(layer, target, terms))]
    if not target.by:
        return [("", Known(target.of, family_of(layer, terms)))]
    whole = [("", _silently(lambda: _total(layer, target, terms), Known(None, family_of(layer, terms))))]
    if len(target.by) > 1 or not _is_ambiguous(layer, target):
        return whole
    own = _silently(lambda: _local(layer, target, terms), Known(None, family_of(layer, terms), local=True))
    return [(HELD_FIXED, own), (ALONG_EVERY_PATH, whole[0][1])]


def _is_ambiguous(layer: Layer, target: Target) -> bool:
    """Whether x stands in y's equation and also in that of another variable that y is made of."""
    assert target.of is not None
    x = target.by[0].tensor.name
    above = {target.of.tensor.name}
    for e in reversed(layer.equations):
        if e.tensor.name in above:
            above |= {t.name for t in tensors(e.right)}
    direct = {e.tensor.name for e in layer.equations if e.tensor.name in above and x in {t.name for t in tensors(e.right)}}
    return has_own(layer, target.of, target.by[0]) and len(direct) > 1


# ---- derivations, as data for the judge


@lru_cache(maxsize=256)
def _derived(layer: Layer, step0: Fraction | None) -> Mapping[str, Derivation]:
    return derive(layer, step0=None if step0 is None else sp.Rational(step0.numerator, step0.denominator))


class _Family(Mapping[str, Derivation]):
    """The derivations of a layer; one that can't be had is none."""

    def __init__(self, made: Mapping[str, Derivation]) -> None:
        self._made = made

    def __getitem__(self, name: str) -> Derivation:
        try:
            return self._made[name]
        except SILENT as error:
            raise KeyError(name) from error

    def __iter__(self) -> Any:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def family_of(layer: Layer, terms: Terms) -> Mapping[str, Derivation]:
    """The derivations of a layer as data for the judge; one that can't be had is none."""
    return _Family(_derived(layer, terms.step0))


def _gradient(layer: Layer, target: Target, terms: Terms) -> Known:
    family = family_of(layer, terms)
    derivation = family.get(target.by[0].tensor.name)
    if derivation is None or not isinstance(derivation.goal, Component):
        return Known(None, family)
    return Known(at(derivation.result, derivation.goal.indices, target.by[0].indices), family)


def _silently(make: Callable[[], Known], otherwise: Known) -> Known:
    try:
        return make()
    except SILENT:
        return otherwise


def _total(layer: Layer, target: Target, terms: Terms) -> Known:
    assert target.of is not None
    names = tuple(c.tensor.name for c in target.by)
    made = jacobian(layer, target.of.tensor.name, names, terms.step0)
    return Known(placed(made, target), family_of(layer, terms))


def _local(layer: Layer, target: Target, terms: Terms) -> Known:
    assert target.of is not None
    names = tuple(c.tensor.name for c in target.by)
    made = jacobian(alone(layer, target.of.tensor.name), target.of.tensor.name, names, terms.step0)
    return Known(placed(made, target), family_of(layer, terms), local=True)
