"""∂y/∂x as derivations, data for the judge: along every path, or in y's own equation with everything else held fixed.

    dW[d,h] = Σ_n Σ_k dz[n,k] ∂z[n,k]/∂W[d,h]       a step of the chain rule: its local derivatives are put in, then it is judged

What is put in has been judged itself; one that doesn't hold is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy as sp

from symbackprop import jacobians
from symbackprop.derivation import Derivation
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Partial
from symbackprop.language.scope import new_indices
from symbackprop.language.substitution import indices, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.answers import Formula, Stated, Target
from symbackprop.verify.case import Case, Terms
from symbackprop.verify.judge import judge
from symbackprop.verify.truths import Known


@lru_cache(maxsize=512)
def jacobian(layer: Layer, of: str, wrt: tuple[str, ...], step0: Fraction | None) -> Derivation:
    """∂of/∂wrt along every path, or the second derivative of a cost. Raises ValueError where there is none."""
    step = None if step0 is None else sp.Rational(step0.numerator, step0.denominator)
    if len(wrt) == 1:
        return jacobians.jacobian(layer, of, wrt[0], step0=step)
    if not layer.is_cost or layer.outputs[0].name != of or len(wrt) > 2:
        raise ValueError("only a cost has a second derivative here")
    return jacobians.hessian(layer, *wrt, step0=step)


@lru_cache(maxsize=512)
def alone(layer: Layer, name: str) -> Layer:
    """The layer of one equation: everything that it mentions is an input."""
    equation = layer.equation(name)
    inputs = tuple(t for t in dict.fromkeys(tensors(equation.right)))
    return Layer.of(layer.name, inputs, (equation.tensor,), (equation,))


def placed(made: Derivation, target: Target) -> sp.Expr:
    """The derived expression at the target's own indices."""
    goal: Any = made.goal
    assert target.of is not None
    old = [i for c in (goal.of, *goal.by) for i in c.indices]
    return at(made.result, old, [i for c in (target.of, *target.by) for i in c.indices])


def at(e: sp.Expr, old: Iterable[sp.Expr], new: Iterable[sp.Expr]) -> sp.Expr:
    """The expression at other places than it was derived for."""
    return substitute(e, {a: b for a, b in zip(old, new, strict=True) if isinstance(a, Index) and a != b})


def has_own(layer: Layer, of: Component, by: Component) -> bool:
    """Whether x stands in y's own equation."""
    return any(e.tensor == of.tensor and by.tensor in tensors(e.right) for e in layer.equations)


# ---- local derivatives inside an answer


def partials(answer: Stated) -> list[Partial]:
    """The first derivatives ∂y/∂x that an answer is stated by."""
    if not isinstance(answer.said, Formula):
        return []
    every = [answer.said.expression, *(h.right for h in answer.said.helpers)]
    found = dict.fromkeys(p for e in every for p in sp.preorder_traversal(e) if isinstance(p, Partial))
    return [p for p in found if len(p.by) == 1]


def put_in(layer: Layer, answer: Stated, terms: Terms, *, total: bool = False) -> Stated:
    """The answer with its local derivatives carried out: y's own equation alone counts where x stands in it, unless `total`."""
    values: dict[sp.Expr, sp.Expr] = {}
    for p in partials(answer):
        around, of = (layer, p.of) if isinstance(p.of, Component) else _naming(layer, p.of)
        own = not total and has_own(around, of, p.by[0])
        value = _checked(around, of.tensor, p.by[0].tensor, own, terms)
        if value is not None:
            target, expression = value
            assert target.of is not None
            old = (*target.of.indices, *target.by[0].indices)
            values[p] = at(expression, old, (*of.indices, *p.by[0].indices))
    if not values:
        return answer
    said = answer.said
    assert isinstance(said, Formula)
    helpers = tuple(replace(h, right=h.right.xreplace(values)) for h in said.helpers)
    return replace(answer, said=replace(said, expression=said.expression.xreplace(values), helpers=helpers))


@lru_cache(maxsize=256)
def _naming(layer: Layer, e: sp.Expr) -> tuple[Layer, Component]:
    """The layer with one more variable, an expression, and its component at the expression's indices."""
    name = "expression"
    while name in layer.tensors or any(d.name == name for d in layer.sizes):
        name += "_"
    free = tuple(indices(e))
    made = Tensor(name, *(i.size for i in free))
    equations = (*layer.equations, Equation(Component(made, *free), e))
    return Layer.of(layer.name, layer.inputs, (*layer.outputs, made), equations, layer.assumptions), Component(made, *free)


@lru_cache(maxsize=256)
def _checked(layer: Layer, of: Tensor, by: Tensor, own: bool, terms: Terms) -> tuple[Target, sp.Expr] | None:
    """∂of/∂by as it was derived, if the judge finds it true."""
    free = new_indices((*of.sizes, *by.sizes), {*layer.tensors, *(d.name for d in layer.sizes)})
    target = Target(Component(of, *free[: of.rank]), (Component(by, *free[of.rank :]),), free)
    within = alone(layer, of.name) if own else layer
    try:
        value = placed(jacobian(within, of.name, (by.name,), terms.step0), target)
        verdict = judge(Case(layer, Stated(target, Formula(value, free)), Known(value, {}, local=own), terms))
    except (ValueError, TypeError, ArithmeticError, KeyError, RecursionError, NotImplementedError, AssertionError):
        return None
    return (target, value) if verdict.holds else None
