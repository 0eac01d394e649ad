"""A step of a proof at points: both sides by evaluation alone, gradients by the oracle.

Points are random ones and extreme ones (0, ±1, joints, beside joints, far out), all within what the layer assumes and
within the interval that the step speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.claims.nodes import Chance, Limit, Mean
from symbackprop.claims.setting import upstream_signs
from symbackprop.claims.witnesses import Case, defined_cases, gradient_of
from symbackprop.derivation import Step
from symbackprop.language.domains import compare
from symbackprop.language.nodes import Partial, Total, Unspecified
from symbackprop.language.substitution import components, indices
from symbackprop.language.tensors import Component, Tensor
from symbackprop.language.values import Labelled, Scope, evaluate, laid_out
from symbackprop.layer import Layer
from symbackprop.verify.local import local_derivative
from symbackprop.verify.oracle import Base, base
from symbackprop.verify.points import Point, points, polynomial
from symbackprop.verify.verdict import Witness

from symbackprop.claims.conclusion import Proof  # isort: skip

NEAR = Fraction(1, 2**24)
PLACES = tuple(sorted({s * p for s in (-1, 1) for p in (0, NEAR, Fraction(1, 3), 1, 2, 3, Fraction(17, 5), 6, 10, 30)}))
LARGER = tuple(map(Fraction, (0, 5, 8, -8)))
"""Tried where no case of smaller numbers satisfies what is assumed."""
TOLERANCE = 2.0**-80


def compared(proof: Proof, step: Step, seed: int = 0) -> Iterator[tuple[bool, Witness | None]]:
    """At each point whether the step holds there, with the point where it doesn't."""
    assert step.left is not None
    if any(s.reason.rule == "hypothesis" for s in proof.steps):
        return  # about a function left open: no function at hand is known to satisfy the hypothesis
    if step.left.has(Limit, Mean, Chance) or (isinstance(step.right, sp.Expr) and step.right.has(sp.oo, -sp.oo, Total)):
        return  # these are compared by the rules themselves
    for point in _points(proof.layer, seed):
        if _is_inside(step, point):
            found = _at(proof.layer, step, point)
            if found is not None:
                yield found


@cache
def _points(layer: Layer, seed: int) -> tuple[Point, ...]:
    scalar = all(not t.sizes and not t.values for t in layer.inputs) and not layer.sizes
    if scalar and 0 < len(layer.inputs) <= 2 and not layer.assumptions:
        return tuple(_scalar_points(layer))
    try:
        found = (*points(layer, 6, seed), *points(layer, 4, seed, kind="grid"))
    except ValueError:  # an assumption that random numbers don't meet: small cases are looked through
        found = ()
    if found and all(_meets(layer, p) for p in found):
        return found
    cases = tuple(defined_cases(layer, 3)) or tuple(defined_cases(layer, 3, LARGER))
    return tuple(Point("grid", c.sizes, c.inputs, c.upstream, c.functions) for c in cases)


def _meets(layer: Layer, p: Point) -> bool:
    return Case(layer, p.sizes, p.inputs, p.upstream, p.functions).is_defined


def _scalar_points(layer: Layer) -> Iterator[Point]:
    from itertools import product
    from random import Random

    for values in product(PLACES, repeat=len(layer.inputs)):
        given = dict(zip(layer.inputs, values, strict=True))
        if all(_allows(t, v) for t, v in given.items()):
            inputs = {t.name: np.array(Fraction(v), dtype=object) for t, v in given.items()}
            upstream = {t.name: np.array(Fraction(1), dtype=object) for t in layer.outputs}
            functions = {u.name: polynomial(Random(u.name)) for e in layer.equations for u in e.right.atoms(Unspecified)}
            yield Point("grid", {}, inputs, upstream, functions)


def _allows(t: Tensor, v: Fraction | int) -> bool:
    return {"": True, "positive": v > 0, "nonnegative": v >= 0, "negative": v < 0, "nonpositive": v <= 0, "nonzero": v != 0}[t.sign]


def _is_inside(step: Step, point: Point) -> bool:
    low, high = step.reason.terms.get("low", -sp.oo), step.reason.terms.get("high", sp.oo)
    if low is -sp.oo and high is sp.oo:
        return True
    x = point.inputs["x"].item()
    return bool(low < sp.Rational(x.numerator, x.denominator)) and bool(sp.Rational(x.numerator, x.denominator) < high)


def _at(layer: Layer, step: Step, point: Point) -> tuple[bool, Witness | None] | None:
    assert step.left is not None and isinstance(step.right, sp.Expr)
    signs = {new.name: new for new in upstream_signs(layer, step.reason.terms.get("assuming", "")).values()}
    given = {k: signs[f"d{k}"].sign if f"d{k}" in signs else "" for k in point.upstream}
    point = replace(point, upstream={k: _signed(v, given[k]) for k, v in point.upstream.items()})
    at = base(layer, point.given, None if layer.is_cost else point.upstream)
    if not all(_has_sign(e.tensor, at) for e in layer.equations if e.tensor.sign):
        return None
    kinks: list[Partial] = []
    with at.domain.context():
        scope = _scope(at, (step.left, step.right), kinks)
        if any(scope.arrays[n] is None for n in list(scope.arrays)) or not _adjoints_fit(step, signs, scope, at):
            return None
        free = tuple(dict.fromkeys((*indices(step.left), *indices(step.right))))
        left, right = (laid_out(evaluate(e, scope), free, scope) for e in (step.left, step.right))
        if kinks or not (np.all(at.domain.finite(left)) and np.all(at.domain.finite(right))):
            return None
        held = _holds(step.relation, left, right, at)
    return (True, None) if held else (False, Witness.of(point.sizes, {**point.inputs, **point.upstream}, right, left))


def _adjoints_fit(step: Step, signs: Mapping[str, Tensor], scope: Scope, at: Base) -> bool:
    """Whether gradients that are computed, not given, have the sign that is assumed of them."""
    assert step.left is not None
    stand = {c.tensor for e in (step.left, step.right) if isinstance(e, sp.Expr) for c in components(e)}
    wanted = [t for t in (*stand, *signs.values()) if t.adjoint_of and t.sign and t.name[1:] not in at.upstream]
    return all(_is_signed(t.sign, scope.arrays[t.name] if t.name in scope.arrays else _adjoint(t, at, []), at) for t in wanted)


def _has_sign(t: Tensor, at: Base) -> bool:
    """Whether a computed variable has the sign that it is assumed to have."""
    return _is_signed(t.sign, at.scope.arrays[t.name], at)


def _is_signed(sign: str, values: Any, at: Base) -> bool:
    relation = {"positive": ">", "nonnegative": ">=", "negative": "<", "nonpositive": "<=", "nonzero": "!="}[sign]
    return bool(np.all(at.domain.finite(values))) and bool(np.all(compare(at.domain, relation, values, at.domain.number(0, 1))))


def _signed(array: Any, sign: str) -> Any:
    factor = {"positive": 1, "nonnegative": 1, "negative": -1, "nonpositive": -1}.get(sign)
    return array if factor is None else np.asarray(np.frompyfunc(lambda v: factor * abs(v), 1, 1)(array), dtype=object)


def _scope(at: Base, sides: tuple[sp.Expr, ...], kinks: list[Partial]) -> Scope:
    def partial(e: Partial, scope: Scope) -> Labelled:
        found, smooth = local_derivative(at.layer, e, scope)
        if not smooth:
            kinks.append(e)
        return found

    arrays = dict(at.scope.arrays)
    for t in {c.tensor for e in sides for c in components(e)}:
        if t.name not in arrays:
            arrays[t.name] = _adjoint(t, at, kinks)
    return replace(at.scope, arrays=arrays, partial=partial, memo={}, lasting={}, _integers=None)


def _adjoint(t: Tensor, at: Base, kinks: list[Partial]) -> Any:
    if not t.adjoint_of and t.name[1:] in at.upstream:
        return at.upstream[t.name[1:]]
    found = gradient_of(at, t.adjoint_of or t.name[1:])
    if not np.all(found.smooth):
        kinks.append(Partial(Component(Tensor("C")), Component(Tensor("x"))))
    return found.values


def _holds(relation: str, left: Any, right: Any, at: Base) -> bool:
    distance = np.frompyfunc(lambda a, b: float(abs(a - b)) <= TOLERANCE * (1 + float(abs(a)) + float(abs(b))), 2, 1)(left, right)
    if relation == "=" or (relation in "≤≥" and bool(np.all(distance))):
        return bool(np.all(distance))
    if relation == "⇒":
        return bool(np.all(compare(at.domain, "<=", left, right)))
    order = {"≤": "<=", "≥": ">="}.get(relation, relation)
    return (
        bool(np.all(compare(at.domain, order, left, right) | np.asarray(distance, dtype=bool)))
        if relation in "≤≥"
        else bool(np.all(compare(at.domain, order, left, right)))
    )


def scalar(value: Mapping[str, Any], name: str) -> Any:
    """A number out of arrays."""
    return value[name].item()
