"""Jacobians, Hessians and directional derivatives, by the same reverse sweep.

    dy[k]/dx[i]          the gradient of x with the upstream gradient δ(·, k): one component of y is the cost
    d²C/dw[i]dw[j]       the Jacobian of the gradient, which is itself a layer: deriving twice
    Σ_i ∂C/∂w[i] u[i]    the slope of the cost in the direction u
"""
from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.algebra import readable
from symbackprop.algebra.closed_form import Knowledge, folded, insert, shortest
from symbackprop.algebra.convert import poly
from symbackprop.algebra.places import index_letter
from symbackprop.algebra.rewriting import Rule, rewrite
from symbackprop.algebra.terms import Poly
from symbackprop.backprop import Gradients, derive
from symbackprop.derivation import Derivation, Reason, Reference, Step
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Delta, Sum, Total
from symbackprop.language.substitution import fresh, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer


def jacobian(layer: Layer, of: str, wrt: str, *, step0: int | sp.Rational | None = 0) -> Derivation:
    """dy[k, ...]/dx[i, ...] for two variables of a layer, along every path from x to y.

    Raises KeyError for an unknown variable and ValueError where the way from x to y is a recurrence.
    """
    for name in (of, wrt):
        if name not in layer.tensors:
            raise KeyError(f"{layer.name} has no variable {name!r}; it has {', '.join(layer.tensors)}")
    part = _up_to(layer, of)
    gradients = derive(part, step0=step0)
    assert isinstance(gradients, Gradients)
    gradient = gradients[wrt]
    y = _output(gradients, layer.tensors[of], gradient)
    whole, used = _inlined(gradient, gradients)
    names = gradients.knowledge.names(_pair(y, gradient))
    start = Step(readable.expression(whole, names), Reason("gradient", {"variable": gradient.variable}, used))
    seeded = _seeded(whole, y, gradients)
    closed, rules = shortest(seeded, gradients.knowledge, [*tensors(readable.expression(seeded, names)), *layer.tensors.values()])
    seed = Reason("seed", {"output": y})
    steps = [start, Step(readable.expression(seeded, names), seed)]
    if closed != seeded:
        steps += folded(closed, rules, names, gradients.knowledge)
    goal = Total(y, Component(gradient.variable, *_indices(gradient)))
    return Derivation(goal, tuple(_seeded_start(steps, y, part)), layer, gradient.variable, gradients.conventions, (), gradients)


def _seeded_start(steps: list[Step], _y: Component, _part: Layer) -> list[Step]:
    return steps[1:]  # the line before the seed speaks of another goal


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


def _pair(y: Component, gradient: Derivation) -> Any:
    return sp.Add(y, gradient.goal)


def _output(gradients: Gradients, tensor: Tensor, gradient: Derivation) -> Component:
    # y under indices of its own, apart from those of x.
    taken = {i.name for i in _indices(gradient) if isinstance(i, Index)}
    chosen: list[Index] = []
    for index in gradients.knowledge.letters(tensor):
        free = index if index.name not in taken else fresh(index, taken)
        taken.add(free.name)
        chosen.append(free)
    return Component(tensor, *chosen)


def _inlined(gradient: Derivation, gradients: Gradients) -> tuple[Poly, tuple[Reference, ...]]:
    """The gradient in terms of the upstream gradient alone, and the derivations that were inserted."""
    line = poly(gradient.result)
    used: list[str] = []
    order = gradients.graph.order
    for _ in range(len(order) + 1):
        inner = {t.adjoint_of for t in tensors(readable.expression(line)) if t.adjoint_of and not gradients.graph.is_given(t.adjoint_of)}
        if not inner:
            return line, tuple(Reference("derivation", n) for n in used)
        first = min(inner, key=lambda n: order[n])
        line = insert(line, [gradients[first]], poly)
        used.append(first)
    raise ValueError(f"{gradient.layer.name}: the way to {gradient.variable.name} is a recurrence, whose Jacobian has no closed form")


def _seeded(whole: Poly, y: Component, gradients: Gradients) -> Poly:
    upstream = gradients.graph.given(y.tensor.name) if y.tensor.sizes or not gradients.layer.is_cost else None
    if upstream is None:
        return whole
    own = [Index(f"{i.name}_", i.size) for i in y.indices if isinstance(i, Index)]
    (monomial, _), = poly(Component(upstream, *own)).terms.items()
    seed = poly(sp.Mul(*(Delta(a, b) for a, b in zip(own, y.indices, strict=True))))
    return rewrite(whole, Rule(y.tensor.name, frozenset(map(index_letter, own)), monomial[0][0], seed))


def hessian(layer: Layer, wrt: str, other: str | None = None, *, step0: int | sp.Rational | None = 0) -> Derivation:
    """d²C/dw[i]dv[j] of a scalar cost, for w = `wrt` and v = `other` (w itself if not given).

    Raises ValueError for a layer that is no scalar cost.
    """
    first = _gradient_layer(layer, wrt, step0)
    second = jacobian(first, f"d{wrt}", other or wrt, step0=step0)
    assert isinstance(second.goal, Total)
    gradient_component = second.goal.of
    assert isinstance(gradient_component, Component)
    w = Component(layer.tensors[wrt], *gradient_component.indices)
    cost = Component(layer.outputs[0])
    between = Step(Total(gradient_component, second.goal.by[0]), Reason("gradient", {"variable": layer.tensors[wrt]},
                                                                       (Reference("derivation", wrt),)))
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
    return Layer.of(layer.name, layer.inputs, (left.tensor,), (*layer.equations, Equation(left, right)), layer.assumptions, layer.source)


def directional_derivative(layer: Layer, wrt: str, direction: str = "u", *, order: int = 1,
                           step0: int | sp.Rational | None = 0) -> Derivation:
    """Σ_i ∂C/∂w[i] u[i], the slope of the cost when w moves along u; with order=2 the curvature uᵀ H u.

    Raises ValueError for a layer that is no scalar cost, or if `direction` is a variable of the layer.
    """
    if direction in layer.tensors:
        raise ValueError(f"{direction!r} is a variable of {layer.name}; name the direction differently")
    if order not in (1, 2):
        raise ValueError(f"order = {order}; it should be 1 (slope) or 2 (curvature)")
    u = Tensor(direction, *layer.tensors[wrt].sizes) if wrt in layer.tensors else None
    if u is None:
        raise KeyError(f"{layer.name} has no variable {wrt!r}; it has {', '.join(layer.tensors)}")
    first = _gradient_layer(layer, wrt, step0)
    if order == 1:
        dw = first.equations[-1].left
        total: sp.Expr = _sum(Total(Component(layer.outputs[0]), Component(layer.tensors[wrt], *dw.indices)) * u[dw.indices], dw)
        steps = [Step(total, Reason("direction", {"direction": u})),
                 Step(_tidy(_sum(first.equations[-1].right * u[dw.indices], dw), layer), Reason("gradient", {"variable": layer.tensors[wrt]}, (Reference("derivation", wrt),)))]
    else:
        second = hessian(layer, wrt, step0=step0)
        assert isinstance(second.goal, Total)
        a, b = (c.indices for c in second.goal.by)
        both = [i for i in (*a, *b) if isinstance(i, Index)]
        steps = [Step(Sum(second.goal * u[a] * u[b], *both), Reason("direction", {"direction": u})),
                 Step(_tidy(Sum(second.result * u[a] * u[b], *both), layer), Reason("hessian", {"variable": layer.tensors[wrt]}))]
    goal = Component(Tensor(f"D_{direction}", ), )
    extended = Layer.of(layer.name, (*layer.inputs, u), layer.outputs, layer.equations, layer.assumptions, layer.source)
    return Derivation(goal, tuple(steps), extended, layer.tensors[wrt])


def _sum(body: sp.Expr, at: Component) -> sp.Expr:
    made: sp.Expr = Sum(body, *(i for i in at.indices if isinstance(i, Index)))
    return made


def _tidy(expression: sp.Expr, layer: Layer) -> sp.Expr:
    closed, _ = shortest(poly(expression), Knowledge(layer), layer.tensors.values())
    return readable.expression(closed, Knowledge(layer).names(Component(layer.outputs[0])))


__all__ = ["directional_derivative", "hessian", "jacobian", "substitute"]
