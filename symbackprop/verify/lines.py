"""What one line of a derivation says at one point, beside what it should say.

Adjoints in a line take their true values, ∂y/∂x its true local value, a matrix form is read back from its text. On
points where the layer has a kink, adjoints take the values that the derivations give them under their convention for
Step(0), and lines are compared with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import sympy as sp

from symbackprop.derivation import Derivation, MatrixForm, Step
from symbackprop.language.domains import Array
from symbackprop.language.evaluate import gradient
from symbackprop.language.nodes import Partial
from symbackprop.language.notation import read_array
from symbackprop.language.scope import scope as names_of
from symbackprop.language.substitution import indices, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.language.values import Labelled, Scope, evaluate, laid_out
from symbackprop.verify.local import local_derivative
from symbackprop.verify.places import Place

OPEN = (Fraction(0), Fraction(1), Fraction(1, 3))
"""Values that stand for a Step(0) that is left open."""


@dataclass(frozen=True)
class Comparison:
    """A line at a point: the value it should have and the one it has, None where it doesn't count."""

    place: Place
    expected: Array
    found: Array | None
    on_kink: bool = False


def compared(derivation: Derivation, number: int, place: Place) -> Iterator[Comparison]:
    """The line's value beside the value it should have; at a kink once for each value of an open Step(0)."""
    convention = derivation.conventions.step0
    values = OPEN if convention is None else (Fraction(int(convention.p), int(convention.q)),)
    if place.point.kind == "generic" or _is_smooth(derivation, place):
        yield _against_truth(derivation, number, place, values[0])
        return
    for step0 in values:
        yield _against_others(derivation, number, place, step0)


def _is_smooth(derivation: Derivation, place: Place) -> bool:
    names = {derivation.goal.tensor.adjoint_of} | {t.adjoint_of for s in derivation.steps for t in _tensors(s)}
    return all(bool(np.all(place.gradient(n).smooth)) for n in names if n in derivation.layer.tensors)


def _tensors(step: Step) -> list[Tensor]:
    return tensors(step.right.expression if isinstance(step.right, MatrixForm) else step.right)


def _against_truth(derivation: Derivation, number: int, place: Place, step0: Fraction) -> Comparison:
    step = derivation.steps[number]
    scope, kinks = _scope(derivation, place, step0, conventional=False)
    with scope.domain.context():
        found = _value(derivation, step, step.right, scope)
        expected = _expected(derivation, number, place, scope)
    return _counted(place, expected, found, scope, on_kink=bool(kinks))


def _against_others(derivation: Derivation, number: int, place: Place, step0: Fraction) -> Comparison:
    """At a kink every line has to equal the last one; a line with ∂y/∂x across the kink has no value there."""
    step = derivation.steps[number]
    scope, kinks = _scope(derivation, place, step0, conventional=True)
    with scope.domain.context():
        found = _value(derivation, step, step.right, scope)
        expected = (
            _value(derivation, step, derivation.result, scope)
            if step.left is None
            else _value(derivation, step, step.left, scope)
        )
    comparison = _counted(place, expected, found, scope, on_kink=True)
    return replace(comparison, found=None) if kinks else comparison


def _counted(place: Place, expected: Array, found: Array, scope: Scope, *, on_kink: bool) -> Comparison:
    both = np.all(scope.domain.finite(expected)) and np.all(scope.domain.finite(found))
    return Comparison(place, expected, found if both else None, on_kink)


def _expected(derivation: Derivation, number: int, place: Place, scope: Scope) -> Array:
    step, goal = derivation.steps[number], derivation.goal
    if step.left is not None:
        return _value(derivation, step, step.left, scope)
    if goal.tensor.adjoint_of in derivation.layer.tensors and step.relation == "=":
        return laid_out(evaluate(goal, scope), _free(goal), scope)
    first = derivation.steps[0].right if step.relation == "=" or number == 0 else derivation.steps[number - 1].right
    return _value(derivation, step, first, scope)


def _free(goal: Component) -> tuple[Index, ...]:
    return tuple(i for i in goal.indices if isinstance(i, Index))


def _value(derivation: Derivation, step: Step, right: sp.Expr | MatrixForm, scope: Scope) -> Array:
    if isinstance(right, MatrixForm):
        return _read_back(derivation, right, scope)
    free = _free(derivation.goal) if step.left is None else tuple(dict.fromkeys((*indices(step.left), *indices(right))))
    return laid_out(evaluate(right, scope), free, scope)


def _read_back(derivation: Derivation, form: MatrixForm, scope: Scope) -> Array:
    """The value of a matrix form's text, as it reads in the scope of the layer and of the adjoints it mentions."""
    known = {**derivation.layer.tensors, **{t.name: t for t in tensors(form.expression)}}
    read = read_array(form.text, names_of(known.values()))
    array = laid_out(evaluate(read.body, scope), tuple(i for i in read.indices if i is not None), scope)
    return array[tuple(None if i is None else slice(None) for i in read.indices)]


# What adjoints and local derivatives are worth


def _scope(derivation: Derivation, place: Place, step0: Fraction, *, conventional: bool) -> tuple[Scope, list[Partial]]:
    """The scope of the layer's variables and adjoints; the list fills with local derivatives that meet a kink.

    `conventional` takes the adjoints from the derivations themselves, under the convention, and not from the oracle.
    """
    kinks: list[Partial] = []

    def partial(e: Partial, scope: Scope) -> Labelled:
        found, smooth = local_derivative(derivation.layer, e, scope)
        if not smooth:
            kinks.append(e)
        return found

    arrays = dict(place.base.scope.arrays)
    for t in _adjoints(derivation):
        arrays[t.name] = _adjoint(derivation, t, place, step0, conventional)
    return replace(
        place.base.scope,
        arrays=arrays,
        symbols={"step0": step0, "sign0": 0},
        partial=partial,
        memo={},
        lasting={},
        _integers=None,
    ), kinks


def _adjoints(derivation: Derivation) -> list[Tensor]:
    every = [
        derivation.goal.tensor,
        *(t for s in derivation.steps for t in _tensors(s)),
        *(t for s in derivation.steps if s.left is not None for t in tensors(s.left)),
    ]
    known = derivation.layer.tensors
    return [
        t for t in dict.fromkeys(every) if t.name not in known and (t.adjoint_of in known or _output(derivation, t))
    ]


def _output(derivation: Derivation, t: Tensor) -> str:
    """The output whose given upstream gradient the tensor is, "" if it is none."""
    renamed: Mapping[str, str] = getattr(derivation.family, "upstream", {})
    return next(
        (o.name for o in derivation.layer.outputs if t.name == renamed.get(o.name, f"d{o.name}") and not t.adjoint_of),
        "",
    )


def _adjoint(derivation: Derivation, t: Tensor, place: Place, step0: Fraction, conventional: bool) -> Array:
    domain = place.base.domain
    if given := _output(derivation, t):
        return domain.convert(place.base.upstream[given])
    if conventional and (other := derivation.family.get(t.adjoint_of)) is not None and other.goal.tensor == t:
        return _by_convention(derivation, other, place, step0)
    return place.gradient(t.adjoint_of).values


def _by_convention(derivation: Derivation, other: Derivation, place: Place, step0: Fraction) -> Array:
    renamed: Mapping[str, str] = getattr(derivation.family, "upstream", {})
    upstream = {} if derivation.layer.is_cost else {renamed.get(n, f"d{n}"): a for n, a in place.point.upstream.items()}
    return gradient(other, {**place.point.given, **upstream}, step0=step0, domain=place.base.domain)
