"""Jacobians, Hessians and directional derivatives, by the same reverse sweep.

    dy[k]/dx[i]          the gradient of x with the upstream gradient δ(·, k): one component of y is the cost
    d²C/dw[i]dw[j]       the Jacobian of the gradient, which is itself a layer: deriving twice
    Σ_i ∂C/∂w[i] u[i]    the slope of the cost in the direction u
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.algebra import readable
from symbackprop.algebra.closed_form import Knowledge, folded, insert, shortest
from symbackprop.algebra.convert import poly
from symbackprop.algebra.terms import Poly
from symbackprop.backprop import Gradients, derive
from symbackprop.derivation import Derivation, Reason, Reference, Step
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Delta, Sum, Total
from symbackprop.language.substitution import fresh, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer


def jacobian(layer: Layer, of: str, wrt: str, *, step0: int | sp.Rational | None = 0) -> Derivation:
    """dy[k, ...]/dx[i, ...] for two variables of a layer, along every path from x to y.

    The derivation of x's gradient, with the one component y[k, ...] as the cost: where it says ∂C/∂u it now says
    dy[k, ...]/du, and for u = y a Kronecker delta.
    Raises KeyError for an unknown variable and ValueError where the way from x to y is a recurrence.
    """
    for name in (of, wrt):
        if name not in layer.tensors:
            raise KeyError(f"{layer.name} has no variable {name!r}; it has {', '.join(layer.tensors)}")
    gradients = derive(_up_to(layer, of), wrt, step0=step0)
    assert isinstance(gradients, Gradients)
    return _jacobian(layer, of, wrt, gradients)


def _jacobian(layer: Layer, of: str, wrt: str, gradients: Gradients) -> Derivation:
    gradient = gradients[wrt]
    y = _output(gradients, layer.tensors[of], gradient)
    lines = [replace(s, right=_seeded(s.right, y, gradients)) for s in gradient.steps if isinstance(s.right, sp.Expr)]
    steps = [*(replace(s, detail="normal") for s in lines), *_closing(gradient, gradients, y, lines[-1].right)]
    steps = [s for k, s in enumerate(steps) if k == 0 or s.right != steps[k - 1].right]
    goal = Total(y, Component(gradient.variable, *_indices(gradient)))
    return Derivation(goal, tuple(steps), gradients.layer, gradient.variable, gradients.conventions, (), gradients)


def _closing(gradient: Derivation, gradients: Gradients, y: Component, last: object) -> list[Step]:
    # Everything inserted, the deltas contracted, folded.
    whole, used = _inlined(gradient, gradients)
    names = gradients.knowledge.names(sp.Add(y, gradient.goal))
    line = poly(_seeded(readable.expression(whole, names), y, gradients))
    closed, rules = shortest(line, gradients.knowledge, gradients.layer.tensors.values())
    reason = Reason("insert", {}, used) if used else Reason("contract")
    steps = [Step(readable.expression(line, names), reason, detail="brief" if closed == line else "normal")]
    return steps if closed == line else steps + folded(closed, rules, names, gradients.knowledge)


def _seeded(e: Any, y: Component, gradients: Gradients) -> Any:
    # ∂C/∂u[i] becomes dy/du[i], and ∂C/∂y[i] the Kronecker delta of i and y's own indices.
    if isinstance(e, Component) and e.tensor.adjoint_of:
        if gradients.graph.is_given(e.tensor.adjoint_of):
            return sp.Mul(*(Delta(a, b) for a, b in zip(e.indices, y.indices, strict=True)))
        return Total(y, Component(gradients.layer.tensors[e.tensor.adjoint_of], *e.indices))
    if not e.args or isinstance(e, Tensor):
        return e
    return e.func(*(_seeded(a, y, gradients) for a in e.args))


def _up_to(layer: Layer, name: str) -> Layer:
    # The layer cut off after one variable, which becomes its output and no cost.
    kept: list[Equation] = []
    for equation in layer.equations:
        kept.append(equation)
        if equation.tensor.name == name and not equation.is_boundary:
            break
    return Layer.of(layer.name, layer.inputs, (layer.tensors[name],), tuple(kept), layer.assumptions, layer.source)


def _indices(gradient: Derivation) -> tuple[sp.Expr, ...]:
    assert isinstance(gradient.goal, Component)
    return gradient.goal.indices


def _output(gradients: Gradients, tensor: Tensor, gradient: Derivation) -> Component:
    # y under indices that stand nowhere in the derivation.
    taken = {i.name for s in gradient.steps if isinstance(s.right, sp.Expr) for i in s.right.atoms(Index)}
    taken |= gradients.layer.tensors.keys()
    chosen: list[Index] = []
    for index in gradients.knowledge.letters(tensor):
        chosen.append(fresh(index, taken))
        taken.add(chosen[-1].name)
    return Component(tensor, *chosen)


def _inlined(gradient: Derivation, gradients: Gradients) -> tuple[Poly, tuple[Reference, ...]]:
    """The gradient in terms of the upstream gradient alone, and the derivations that were inserted."""
    line = poly(gradient.result)
    used: list[str] = []
    order = gradients.graph.order
    for _ in range(len(order) + 1):
        inner = {t.adjoint_of for t in line.tensors if t.adjoint_of and not gradients.graph.is_given(t.adjoint_of)}
        if not inner:
            return line, tuple(Reference("derivation", n) for n in used)
        first = min(inner, key=lambda n: order[n])
        line = insert(line, [gradients[first]], poly)
        used.append(first)
    raise ValueError(f"{gradient.layer.name}: the way to {gradient.variable.name} is a recurrence, whose Jacobian has no closed form")


def hessian(layer: Layer, wrt: str, other: str | None = None, *, step0: int | sp.Rational | None = 0) -> Derivation:
    """d²C/dw[i]dv[j] of a scalar cost, for w = `wrt` and v = `other` (w itself if not given).

    Raises ValueError for a layer that is no scalar cost.
    """
    first = _gradient_layer(layer, wrt, step0)
    given = derive(first, other or wrt, step0=step0)
    assert isinstance(given, Gradients)
    # Folded by the layer's own equations: the Hessian in terms of the gradient would go round in a circle.
    second = _jacobian(first, f"d{wrt}", other or wrt, replace(given, folded_by=layer))
    assert isinstance(second.goal, Total)
    gradient_component = second.goal.of
    assert isinstance(gradient_component, Component)
    w = Component(layer.tensors[wrt], *gradient_component.indices)
    cost = Component(layer.outputs[0])
    between = Step(Total(gradient_component, second.goal.by[0]), Reason("deriving", {}, (Reference("equation", f"d{wrt}"),)))
    return Derivation(Total(cost, w, second.goal.by[0]), (between, *second.steps), first, second.variable,
                      second.conventions, (), second.family)


def _gradient_layer(layer: Layer, wrt: str, step0: int | sp.Rational | None) -> Layer:
    """The layer whose output is the gradient dw, every inner adjoint inserted."""
    if not layer.is_cost:
        raise ValueError(f"{layer.name} is no scalar cost: its outputs are {', '.join(map(repr, layer.outputs))}")
    gradients = derive(layer, step0=step0)
    assert isinstance(gradients, Gradients)
    derivation = gradients[wrt]
    whole, _ = _inlined(derivation, gradients)
    left = Component(Tensor(f"d{wrt}", *layer.tensors[wrt].sizes), *_indices(derivation))
    right = readable.expression(whole, Knowledge(layer).names(left))
    equations = _needed(layer.equations, right)
    return Layer.of(layer.name, layer.inputs, (left.tensor,), (*equations, Equation(left, right)), layer.assumptions, layer.source)


def _needed(equations: Sequence[Equation], right: sp.Expr) -> list[Equation]:
    # The equations that the expression rests on.
    names = {t.name for t in tensors(right)}
    kept: list[Equation] = []
    for equation in reversed(equations):
        if equation.tensor.name in names:
            names |= {t.name for t in tensors(equation.right)}
            kept.insert(0, equation)
    return kept


def directional_derivative(layer: Layer, wrt: str, direction: str = "u", *, order: int = 1,
                           step0: int | sp.Rational | None = 0) -> Derivation:
    """Σ_i ∂C/∂w[i] u[i], the slope of the cost when w moves along u; with order=2 the curvature uᵀ H u.

    Raises KeyError for an unknown variable; ValueError for a layer that is no scalar cost, for a direction that is
    named like one of its variables, and for another order.
    """
    if wrt not in layer.tensors:
        raise KeyError(f"{layer.name} has no variable {wrt!r}; it has {', '.join(layer.tensors)}")
    if direction in layer.tensors:
        raise ValueError(f"{direction!r} is a variable of {layer.name}; name the direction differently")
    if order not in (1, 2):
        raise ValueError(f"order = {order}; it should be 1 (slope) or 2 (curvature)")
    u = Tensor(direction, *layer.tensors[wrt].sizes)
    shape, value, reason = _slope(layer, wrt, step0) if order == 1 else _curvature(layer, wrt, step0)
    places = [c.indices for c in shape.by]
    along = sp.Mul(*(Component(u, *p) for p in places))
    bound = [i for p in places for i in p if isinstance(i, Index)]
    steps = (Step(Sum(shape * along, *bound), Reason("direction", {"direction": u})),
             Step(_tidy(Sum(value * along, *bound), layer), reason))
    extended = Layer.of(layer.name, (*layer.inputs, u), layer.outputs, layer.equations, layer.assumptions, layer.source)
    return Derivation(Component(Tensor(f"D_{direction}")), steps, extended, layer.tensors[wrt])


def _slope(layer: Layer, wrt: str, step0: int | sp.Rational | None) -> tuple[Total, sp.Expr, Reason]:
    equation = _gradient_layer(layer, wrt, step0).equations[-1]
    goal = Total(Component(layer.outputs[0]), Component(layer.tensors[wrt], *equation.left.indices))
    return goal, equation.right, Reason("slope")


def _curvature(layer: Layer, wrt: str, step0: int | sp.Rational | None) -> tuple[Total, sp.Expr, Reason]:
    second = hessian(layer, wrt, step0=step0)
    assert isinstance(second.goal, Total)
    return second.goal, second.result, Reason("hessian", {"variable": layer.tensors[wrt]})


def _tidy(expression: sp.Expr, layer: Layer) -> sp.Expr:
    knowledge = Knowledge(layer)
    closed, _ = shortest(poly(expression), knowledge, layer.tensors.values())
    return readable.expression(closed, knowledge.names(Component(layer.outputs[0])))
