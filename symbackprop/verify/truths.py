"""What is true at a spot, and what a formula says there, as arrays over a target's free indices.

    ∂C/∂v             from the oracle: doubles by complex steps, or balls by differences
    ∂y/∂x, ∂²y/∂x∂u   y moved along every path from x (and u), or x in y's own equation alone
    y itself          the forward pass

Adjoints in a formula (dz1 in dW1 = xᵀ dz1) take their true values; at a kink those of the derivations under their
convention for Step(0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.derivation import Derivation
from symbackprop.language.carrying import carry_out
from symbackprop.language.domains import FLOAT64, Array, Domain
from symbackprop.language.equations import Equation
from symbackprop.language.evaluate import gradient
from symbackprop.language.nodes import Partial
from symbackprop.language.ordering import plan
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component, Tensor
from symbackprop.language.values import Scope, evaluate, laid_out
from symbackprop.verify.answers import Formula, Target, given
from symbackprop.verify.local import local_derivative
from symbackprop.verify.oracle import STEP_BITS, moved, zeros
from symbackprop.verify.spots import Spot


@dataclass(frozen=True, eq=False)
class Known:
    """What a derivation found for a target: its value at the target's free indices, None where there is none.

    `family` has the derivations of the layer by variable, `local` says that only y's own equation counts for ∂y/∂x.
    """

    expression: sp.Expr | None = None
    family: Mapping[str, Derivation] = field(default_factory=dict)
    local: bool = False


class Undefined(ValueError):
    """There is no value to compare with here."""


def truth(spot: Spot, target: Target, known: Known, *, exact: bool) -> Array:
    """The true value over the target's free indices; in balls if `exact`, else in doubles where that is cheaper."""
    key = (target, known.local, exact)
    if key not in spot.truths:
        spot.truths[key] = _truth(spot, target, known, exact)
    found: Array = spot.truths[key]
    return found


def _truth(spot: Spot, target: Target, known: Known, exact: bool) -> Array:
    if target.of is None:
        name = target.by[0].tensor.name
        whole = spot.gradient(name).values if exact else spot.slope(name)
        return gathered(whole, target.by, target, spot)
    scope = spot.ball.scope
    with scope.domain.context():
        if not target.by:
            return gathered(scope.arrays[target.of.tensor.name], (target.of,), target, spot)
        if known.local:
            found, _ = local_derivative(spot.layer, Partial(target.of, *target.by), replace(scope, memo={}, lasting={}))
            return laid_out(found, target.free, scope)
        return gathered(total(spot, target), (target.of, *target.by), target, spot)


def gathered(whole: Array, components: tuple[Component, ...], target: Target, spot: Spot) -> Array:
    """An array over the axes of components, read at their subscripts, over the target's free indices."""
    shape = tuple(spot.floats.extent(i.size) for i in target.free)
    grid = dict(zip(target.free, np.indices(shape), strict=True))
    subscripts = [i for c in components for i in c.indices]
    if [*target.free] == subscripts:
        return whole
    places = tuple(grid[i] if i in grid else np.full(shape, int(evaluate(i, spot.floats.integers).array)) for i in subscripts)
    return np.asarray(whole[places]) if subscripts else whole


def total(spot: Spot, target: Target) -> Array:
    """∂y/∂x or ∂²y/∂x∂u along every path, over the axes of y, x and u."""
    assert target.of is not None
    names = [c.tensor.name for c in target.by]
    key = ("total", target.of.tensor.name, *names)
    if key not in spot.truths:
        spot.truths[key] = _total(spot, target.of.tensor.name, names)
    found: Array = spot.truths[key]
    return found


def _total(spot: Spot, of: str, names: list[str]) -> Array:
    """Central differences: ± in each of the variables, all entries at once."""
    at = spot.ball
    shapes = [at.scope.arrays[n].shape for n in names]
    counts = [int(np.prod(s)) for s in shapes]
    rows = list(product(*(product(range(n), (1, -1)) for n in counts)))
    step = at.domain.number(1, 2**STEP_BITS)
    with at.domain.context():
        moves: dict[str, Array] = {}
        for k, name in enumerate(names):
            move = moves[name] if name in moves else zeros((len(rows), counts[k]), at.domain)
            for row, place in enumerate(rows):
                move[row, place[k][0]] = move[row, place[k][0]] + place[k][1] * step
            moves[name] = move
        scope = moved(at, {n: m.reshape(-1, *at.scope.arrays[n].shape) for n, m in moves.items()})
        values = scope.arrays[of]
        if of not in scope.batched:
            values = np.repeat(values[None], len(rows), axis=0)
        own = values.shape[1:]
        values = values.reshape(*(n for c in counts for n in (c, 2)), *own)
        for axis in range(len(names)):
            values = (np.take(values, 0, axis=axis + 1) - np.take(values, 1, axis=axis + 1)) * 2 ** (STEP_BITS - 1)
        values = np.asarray(values, dtype=object).reshape((*(n for s in shapes for n in s), *own))
    split = values.ndim - len(own)
    return values.transpose(*range(split, values.ndim), *range(split))


# ---- formulas


def said(spot: Spot, formula: Formula, known: Known, *, exact: bool = False, step0: Any = 0, by_convention: bool = False) -> Array:
    """The formula's array at the spot. Raises ValueError or ArithmeticError where it can't be evaluated."""
    scope = _scope(spot, formula, known, exact, step0, by_convention)
    with scope.domain.context():
        for group in plan(formula.helpers):
            carry_out(group, scope)
        scope.memo.clear()
        return laid_out(evaluate(formula.expression, scope), formula.free, scope)


def derived(spot: Spot, target: Target, known: Known, *, exact: bool = False, step0: Any = 0) -> Array | None:
    """What the derivation gives at the spot under the convention, None where there is none."""
    if known.expression is None:
        return None
    return said(spot, Formula(known.expression, target.free), known, exact=exact, step0=step0, by_convention=True)


def adjoints_in(layer: Any, expressions: list[sp.Expr], helpers: tuple[Equation, ...]) -> list[Tensor]:
    """The gradients that expressions mention."""
    own = {*layer.tensors, *(h.tensor.name for h in helpers)}
    every = {t.name: t for e in expressions for t in tensors(e)}
    return [t for n, t in every.items() if n not in own]


def _scope(spot: Spot, formula: Formula, known: Known, exact: bool, step0: Any, by_convention: bool) -> Scope:
    scope = spot.ball.scope if exact else spot.floats
    arrays = dict(scope.arrays)
    for t in adjoints_in(spot.layer, [formula.expression, *(h.right for h in formula.helpers)], formula.helpers):
        arrays[t.name] = _adjoint(spot, t, known, scope.domain, step0, by_convention)
    return replace(
        scope, arrays=arrays, symbols={"step0": step0, "sign0": 0}, memo={}, lasting={}, boundaries=dict(scope.boundaries), _integers=None
    )


def _adjoint(spot: Spot, t: Tensor, known: Known, domain: Domain, step0: Any, by_convention: bool) -> Array:
    outputs = given(spot.layer)
    if t.name in outputs:
        return domain.convert(spot.point.upstream[outputs[t.name]])
    variable = t.adjoint_of
    if variable not in spot.layer.tensors:
        raise Undefined(f"nothing tells what {t.name} is")
    other = known.family.get(variable) if by_convention else None
    if other is not None:
        upstream = {} if spot.layer.is_cost else {f"d{n}": a for n, a in spot.point.upstream.items()}
        return gradient(other, {**spot.point.given, **upstream}, step0=step0, domain=domain)
    return spot.slope(variable) if domain is FLOAT64 else spot.gradient(variable).values
