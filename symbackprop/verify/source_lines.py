"""A script line by line: which names are the layer's variables, and what follows from the writer's own earlier gradients.

    scores = x @ W + b          the layer's z, by its value: dscores is the gradient of z
    dh = dz2 @ W2               wrong
    dW1 = x.T @ dh              wrong, but it follows from dh
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symbackprop.derivation import Derivation
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Partial
from symbackprop.language.numpy_source import Program, Read
from symbackprop.language.numpy_source.program import inlined
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer
from symbackprop.verify.answers import Formula, Target, given
from symbackprop.verify.case import FAILURES, arrays_at
from symbackprop.verify.kinks import floats
from symbackprop.verify.source_answers import Evaluated, Subject, fits, formula, subject_of, target_of
from symbackprop.verify.spots import Spot, spots
from symbackprop.verify.truths import Known, said, truth

CLOSE = 1e-9
"""Values that differ by less than a part in 10⁹ are the same."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line that says a gradient, and of which variable."""

    read: Read
    variable: str


def aliases(program: Program, layer: Layer) -> dict[str, str]:
    """The script's own names for variables of the layer, found by their values at points."""
    taken = {*layer.tensors, *(f"d{n}" for n in layer.tensors)}
    found: dict[str, str] = {}
    for read in program.lines:
        if read.name not in taken and read.name not in found:
            same = next((n for n, t in layer.tensors.items() if fits(read, t) and t.sizes and _equals(read, program, layer, n)), None)
            if same is not None:
                found[read.name] = same
    return found


def _equals(read: Read, program: Program, layer: Layer, name: str) -> bool:
    try:
        pairs = [(Evaluated(read, program, layer).values(a), a[name]) for a in map(arrays_at, spots(layer).fine)]
    except FAILURES:
        return False
    return bool(pairs) and all(_same(a, b) for a, b in pairs)


def _same(a: object, b: object) -> bool:
    left, right = floats(a), floats(b)
    scale = max(1.0, float(np.max(np.abs(right), initial=0)))
    return left.shape == right.shape and bool(np.all(np.abs(left - right) <= CLOSE * scale))


def gradient_lines(program: Program, layer: Layer, names: Mapping[str, str], known: Known) -> list[Line]:
    """The lines that say gradients, in order; of a name that is assigned several times the last one.

    dh[h <= 0] = 0 makes the gradient of another variable of dh, and the line before stands.
    """
    last: dict[tuple[str, str], Line] = {}
    for read in program.lines:
        subject = subject_of(read.name, layer, names)
        if subject is None or subject.forward or not fits(read, layer.tensors[subject.variable]):
            continue
        said_before = any(name == read.name for name, _ in last)
        turned = _turned(read, subject.variable, program, layer, known, list(last.values())) if said_before else None
        variable = turned or subject.variable
        last.pop((read.name, variable), None)
        last[read.name, variable] = Line(read, variable)
    return list(last.values())


def _turned(read: Read, variable: str, program: Program, layer: Layer, known: Known, earlier: Sequence[Line]) -> str | None:
    """The variable of which a name has become the gradient, where it isn't its own any more."""
    others = [n for n, t in layer.tensors.items() if n != variable and not t.is_integer_valued and t.sizes and fits(read, t)]
    if not others or is_right(Line(read, variable), program, layer, known):
        return None
    if follows_from(read, variable, program, layer, known, [line for line in earlier if line.read.name != read.name]):
        return None
    right = (n for n in others if is_right(Line(read, n), program, layer, known))
    return next(right, None) or next((n for n in others if follows_from(read, n, program, layer, known, earlier)), None)


def is_right(line: Line, program: Program, layer: Layer, known: Known) -> bool:
    """Whether a line says the true gradient, as far as points tell."""
    target = target_of(Subject(line.variable), layer)
    try:
        return all(_same(_value(line.read, program, s, target, known), truth(s, target, known, exact=False)) for s in spots(layer).fine)
    except FAILURES:
        return False


def _value(read: Read, program: Program, spot: Spot, target: Target, known: Known) -> object:
    return said(spot, formula(read, program, target.free), known)


# ---- what follows


def follows_from(
    read: Read, variable: str, program: Program, layer: Layer, known: Known, earlier: Iterable[Line]
) -> list[Line]:
    """The writer's earlier gradients from which the value of this line follows; none where it doesn't."""
    derivation = known.family.get(variable)
    target = target_of(Subject(variable), layer)
    if derivation is None or not fits(read, layer.tensors[variable]):
        return []
    lines = {line.variable: line for line in earlier if line.variable != variable and line.read is not read}
    try:
        expected, used = _expected(variable, program, layer, known.family, lines, {variable})
        at = dict(zip(_free(derivation), target.free, strict=True))
        made = Formula(substitute(expected, at), target.free, program.needed(expected))
        for spot in spots(layer).fine:
            if not _same(_value(read, program, spot, target, known), said(spot, made, known)):
                return []
    except (*FAILURES, RecursionError):
        return []
    return [lines[n] for n in used]


def _free(derivation: Derivation) -> tuple[sp.Expr, ...]:
    assert isinstance(derivation.goal, Component)
    return derivation.goal.indices


def _expected(
    variable: str, program: Program, layer: Layer, family: Mapping[str, Derivation], lines: Mapping[str, Line], above: set[str]
) -> tuple[sp.Expr, list[str]]:
    """∂C/∂variable by the chain rule from the writer's gradients, and which of them it uses."""
    derivation = family[variable]
    expression = _direct(derivation)
    used: list[str] = []
    for t in tensors(expression):
        name = t.adjoint_of
        if name not in layer.tensors or t.name in given(layer) or name in above:
            continue
        if name in lines:
            indices = target_of(Subject(name), layer).free
            right, more = formula(lines[name].read, program, indices).expression, [name]
        else:
            right, more = _expected(name, program, layer, family, lines, {*above, name})
            indices = _free(family[name])
        if t in tensors(right):  # a recurrence
            continue
        used += more
        expression = inlined(expression, {t: Equation(Component(t, *indices), right)})
    return expression, list(dict.fromkeys(used))


def _direct(derivation: Derivation) -> sp.Expr:
    """The gradient in terms of those of the variables that are made of it, before anything is put together."""
    for step in derivation.steps:
        if isinstance(step.right, sp.Expr) and step.left is None and not step.right.atoms(Partial):
            return step.right
    return derivation.result


