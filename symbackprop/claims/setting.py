"""A layer under further assumptions: x > 0 becomes the declared sign of x, everything else an assumption of the layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import sympy as sp

from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.nodes import Unspecified
from symbackprop.language.notation import read_assumptions
from symbackprop.language.scope import scope_of
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer

SIGNS = {">": "positive", ">=": "nonnegative", "<": "negative", "<=": "nonpositive", "!=": "nonzero"}
ALLOWED: dict[str, frozenset[int]] = {
    "": frozenset({-1, 0, 1}), "positive": frozenset({1}), "nonnegative": frozenset({0, 1}), "negative": frozenset({-1}),
    "nonpositive": frozenset({-1, 0}), "nonzero": frozenset({-1, 1}),
}  # fmt: skip
"""The signs of the numbers that a declared sign allows."""
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
COST = "L"


def assumed(layer: Layer, assuming: str = "") -> Layer:
    """The layer with signs declared as `assuming` says ("x > 0; dz >= 0"), and the rest as further assumptions.

    Assumptions may speak of upstream gradients; those stand in `upstream_signs`. NotationError for what isn't read.
    """
    more = read_assumptions(assuming, scope_of(layer)) if assuming else ()
    every = (*layer.assumptions, *more)
    signs = {t: s for t, s in _signs(every).items() if not t.adjoint_of}
    rest = tuple(a for a in every if not _is_sign(a) or _says_more(a, signs))
    return renamed(layer, signs, tuple(a for a in rest if not any(t.adjoint_of for t in _tensors(a))))


def renamed(layer: Layer, replaced: dict[Tensor, Tensor], assumptions: Iterable[Assumption]) -> Layer:
    """The layer with tensors replaced by ones of the same name."""
    equations = tuple(Equation(_in(e.left, replaced), _in(e.right, replaced), e.text) for e in layer.equations)
    kept = tuple(Assumption(a.relation, _in(a.left, replaced), _in(a.right, replaced), a.free, a.text) for a in assumptions)
    inputs, outputs = (tuple(replaced.get(t, t) for t in ts) for ts in (layer.inputs, layer.outputs))
    return Layer.of(layer.name, inputs, outputs, equations, kept, layer.source)


def _in(e: sp.Expr, replaced: dict[Tensor, Tensor]) -> sp.Expr:
    return cast(sp.Expr, substitute(e, replaced))


def upstream_signs(layer: Layer, assuming: str) -> dict[Tensor, Tensor]:
    """What is assumed of the signs of adjoints ("dz > 0")."""
    return {t: s for t, s in _signs(read_assumptions(assuming, scope_of(layer)) if assuming else ()).items() if t.adjoint_of}


def _signs(assumptions: Iterable[Assumption]) -> dict[Tensor, Tensor]:
    """Each tensor with the sign that all that is said of it leaves. ValueError where that is none: x > 0 and x < 0."""
    found: dict[Tensor, Tensor] = {}
    for a in filter(_is_sign, assumptions):
        t, relation = _oriented(a)
        before = found.get(t, t).sign
        allowed = ALLOWED[before] & ALLOWED[SIGNS[relation]]
        if not allowed:
            raise ValueError(f"the assumptions contradict each other: {t.name} is {before}, and {a.text or relation + ' 0'}")
        sign = next((name for name, values in ALLOWED.items() if values == allowed), before)
        found[t] = t.having(sign=sign)
    return found


def _says_more(a: Assumption, signs: dict[Tensor, Tensor]) -> bool:
    """Whether it isn't all in the declared sign: of x ≥ 0 and x ≤ 0 one stays an assumption."""
    t, relation = _oriented(a)
    return t in signs and not ALLOWED[signs[t].sign] <= ALLOWED[SIGNS[relation]]


def _oriented(a: Assumption) -> tuple[Tensor, str]:
    if isinstance(a.left, Component):
        return a.left.tensor, a.relation
    return cast(Component, a.right).tensor, FLIPPED[a.relation]


def _is_sign(a: Assumption) -> bool:
    sides = (a.left, a.right) if a.right == 0 else (a.right, a.left)
    return (
        sides[1] == 0
        and isinstance(sides[0], Component)
        and a.relation in SIGNS
        and (a.right == 0 or a.relation in FLIPPED)
        and all(isinstance(i, Index) for i in sides[0].indices)
    )


def _tensors(a: Assumption) -> list[Tensor]:
    return [c.tensor for e in (a.left, a.right) for c in e.atoms(Component)]


def lifted(layer: Layer) -> Layer:
    """A layer with one scalar output f as part of a cost L(f), L left open: its upstream gradient is then ∂L/∂f."""
    if not layer.is_cost or isinstance(layer.equation(layer.outputs[0].name).right, Unspecified):
        return layer
    f = layer.outputs[0]
    name = next(n for n in (COST, "C", "J", "loss") if n not in layer.tensors)
    cost = Tensor(name)
    equation = Equation(cost(), Unspecified("ell", f()))
    return Layer.of(layer.name, layer.inputs, (cost,), (*layer.equations, equation), layer.assumptions, layer.source)


def inlined(e: sp.Expr, layer: Layer) -> sp.Expr:
    """The expression in the layer's inputs alone: every component that an equation defines is replaced by its right side."""
    for equation in reversed(layer.equations):
        for c in [c for c in e.atoms(Component) if c.tensor == equation.tensor and not equation.is_boundary]:
            places = dict(zip(equation.left.indices, c.indices, strict=True))
            e = substitute(e, {c: substitute(equation.right, places)})
    return e
