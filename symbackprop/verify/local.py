"""Local derivatives by the oracle: ∂y/∂x of one equation, everything else in it held fixed.

∂z[n,h]/∂W[i,j]    z's right side, with W moved and nothing else      (zero unless z's own equation has W)
∂h[-1,n,j]/∂h0[m,k]    the equation of that place
∂(x[n,d]**2)/∂x[i,j]   an expression as it stands
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.domains import Array
from symbackprop.language.equations import Equation
from symbackprop.language.gathering import gather
from symbackprop.language.nodes import Partial
from symbackprop.language.substitution import indices
from symbackprop.language.tensors import Component, Index
from symbackprop.language.values import Labelled, Scope, evaluate, laid_out
from symbackprop.verify.oracle import JUMP, STEP_BITS, batched, zeros


@dataclass(frozen=True)
class Target:
    """What is moved: a tensor's array, or what a boundary says of single places; `axes` are the free subscripts."""

    name: str
    axes: tuple[sp.Expr, ...]
    boundary: int | None = None

    def array(self, scope: Scope) -> Array:
        """Its array in the scope."""
        return scope.arrays[self.name] if self.boundary is None else scope.boundaries[self.name][self.boundary].array

    def move(self, scope: Scope, move: Array) -> None:
        """Add moves, as a leading axis, to its array in a scope that has one."""
        if self.boundary is None:
            scope.arrays[self.name] = scope.arrays[self.name] + move
            scope.batched.add(self.name)
            return
        known = list(scope.boundaries[self.name])
        known[self.boundary] = known[self.boundary]._replace(array=known[self.boundary].array + move)
        scope.boundaries[self.name] = tuple(known)
        if self.name not in scope.batched:
            scope.arrays[self.name] = np.repeat(scope.arrays[self.name][None], len(move), axis=0)
            scope.batched.add(self.name)


def local_derivative(layer: Any, e: Partial, scope: Scope) -> tuple[Labelled, bool]:
    """The values of ∂y/∂x (or of a higher derivative), and whether y is smooth in x there.

    A component of a variable that an equation defines stands for that equation's right side.
    """
    equation = _defining(layer, e.of)
    body, free = (equation.right, equation.free) if equation else (e.of, tuple(indices(e.of)))
    targets = [_target(c, scope) for c in e.by]
    jacobian, smooth = _jacobian(body, free, targets, scope)
    subscripts = [evaluate(i, scope.integers) for target in targets for i in target.axes]
    if equation is None:
        return gather(jacobian, free, subscripts, scope), smooth
    own = [
        evaluate(i, scope.integers)
        for i, j in zip(e.of.indices, equation.left.indices, strict=True)
        if isinstance(j, Index)
    ]
    return gather(jacobian, (), [*own, *subscripts], scope), smooth


def _defining(layer: Any, of: sp.Expr) -> Equation | None:
    """The equation of the component: that of its single place if there is one, else the general one."""
    if not isinstance(of, Component):
        return None
    found = [q for q in layer.equations if q.tensor == of.tensor and _fits(q, of)]
    return min(found, key=lambda q: not q.is_boundary) if found else None


def _fits(q: Equation, of: Component) -> bool:
    return all(isinstance(own, Index) or own == i for own, i in zip(q.left.indices, of.indices, strict=True))


def _target(c: Component, scope: Scope) -> Target:
    for k, boundary in enumerate(scope.boundaries.get(c.tensor.name, ())):
        fixed = dict(boundary.places)
        if all(
            not i.free_symbols & set(indices(i)) and int(evaluate(i, scope.integers).array) == fixed[axis]
            for axis, i in enumerate(c.indices)
            if axis in fixed
        ):
            return Target(c.tensor.name, tuple(i for axis, i in enumerate(c.indices) if axis not in fixed), k)
    return Target(c.tensor.name, c.indices)


def _jacobian(body: sp.Expr, free: tuple[Index, ...], by: list[Target], scope: Scope) -> tuple[Array, bool]:
    """The array of ∂body/∂by₁∂by₂..., its axes those of the free indices and then those of each target."""
    step = scope.domain.number(1, 2**STEP_BITS)
    shapes = [t.array(scope).shape for t in by]
    counts = [int(np.prod(s)) for s in shapes]
    places = list(product(*(product(range(n), (1, -1)) for n in counts)))
    inner = batched(scope, len(places))
    for k, target in enumerate(by):
        move = zeros((len(places), counts[k]), scope.domain)
        for row, place in enumerate(places):
            move[row, place[k][0]] = place[k][1] * step
        target.move(inner, move.reshape(-1, *shapes[k]))
    assert inner.batch is not None
    values = laid_out(evaluate(body, inner), (inner.batch, *free), inner)
    values = values.reshape(*(n for c in counts for n in (c, 2)), *values.shape[1:])
    smooth = len(by) > 1 or _is_smooth(values, body, free, scope)
    for axis in range(len(by)):
        values = (np.take(values, 0, axis=axis + 1) - np.take(values, 1, axis=axis + 1)) * 2 ** (STEP_BITS - 1)
    # A scalar of a scalar is a number of its own by now.
    values = np.asarray(values, dtype=scope.domain.dtype)
    values = values.reshape((*(n for s in shapes for n in s), *values.shape[len(by) :]))
    split = values.ndim - len(free)
    return values.transpose(*range(split, values.ndim), *range(split)), smooth


def _is_smooth(values: Array, body: sp.Expr, free: tuple[Index, ...], scope: Scope) -> bool:
    still = laid_out(evaluate(body, replace(scope, memo={}, lasting={}, _integers=None)), free, scope)
    bend = (np.take(values, 0, axis=1) - 2 * still + np.take(values, 1, axis=1)) * 2**STEP_BITS
    return not np.any(np.abs(np.asarray(np.frompyfunc(float, 1, 1)(bend), dtype=np.float64)) > JUMP)
