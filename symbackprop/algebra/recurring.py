"""What stands beside a recurring gradient, named: code often keeps that, and the gradient itself nowhere.

    D[t] = a[t] + Σ_j W[i,j] (1 − h[t+1,j]²) D[t+1,j]        as stated
    D[t] = a[t] + Σ_j W[i,j] Q[t+1,j],  Q[t] = (1 − h[t]²) D[t]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.substitution import components, mapped, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor


def with_parts(known: Sequence[Equation]) -> tuple[list[Equation], dict[Tensor, Equation]]:
    """The equations with such products named, and the definitions of the names."""
    parts: dict[Tensor, Equation] = {}
    made: list[Equation] = []
    for equation in known:
        part = None if equation.is_boundary else _part(equation)
        made.append(equation if part is None else Equation(equation.left, _named(equation.right, equation.left, part), equation.text))
        if part is not None:
            made.append(part)
            parts[part.tensor] = part
    return made, parts


def _part(equation: Equation) -> Equation | None:
    """Q[t] = (1 − h[t]²) D[t] for the equation of D; None where D stands in no such product, or in different ones."""
    found = set(_beside(equation.right, equation.left))
    if len(found) != 1 or (factor := found.pop()) in (0, 1) or not equation.tensor.sizes:
        return None
    name = Tensor(f"{equation.tensor.name}_part", *equation.tensor.sizes)
    return Equation(Component(name, *equation.left.indices), factor * equation.left)


def _beside(e: sp.Expr, left: Component) -> Iterator[sp.Expr]:
    """What stands beside D in each product, said at the places of the left side; 0 where that can't be said."""
    if isinstance(e, sp.Mul) and (component := _recurring(e, left)) is not None:
        yield _at_home(e, component, left)
    elif isinstance(e, Component) and e.tensor == left.tensor:
        yield sp.S.One
    elif not isinstance(e, Component):
        for a in e.args:
            if isinstance(a, sp.Expr) and not isinstance(a, Index):
                yield from _beside(a, left)


def _recurring(product: sp.Mul, left: Component) -> Component | None:
    return next((a for a in product.args if isinstance(a, Component) and a.tensor == left.tensor), None)


def _own(product: sp.Mul, component: Component) -> list[sp.Expr]:
    """The factors that stand at the component's own places."""
    free = component.free_symbols
    return [a for a in product.args if a != component and a.free_symbols & free and tensors(a) and a.atoms(Index) <= component.atoms(Index)]


def _at_home(product: sp.Mul, component: Component, left: Component) -> sp.Expr:
    home: dict[Index, sp.Expr] = {}
    moved: set[sp.Expr] = set()
    for place, own in zip(component.indices, left.indices, strict=True):
        inside = place.atoms(Index)
        if len(inside) != 1 or (place - (i := inside.pop())).atoms(Index) or i in home:
            return sp.S.Zero
        home[i] = own - (place - i)
        moved |= {own} if place != i else set()
    made = substitute(sp.Mul(*_own(product, component)), home)
    # What the next turn computes can't be kept by this one.
    ahead = any(i not in moved and i.free_symbols & moved for c in components(made) for i in c.indices)
    return sp.S.Zero if ahead else made


def _named(e: sp.Expr, left: Component, part: Equation) -> sp.Expr:
    """The expression with the product named wherever it stands."""
    if isinstance(e, sp.Mul) and (component := _recurring(e, left)) is not None:
        rest = [a for a in e.args if a != component and a not in _own(e, component)]
        return sp.Mul(*rest, Component(part.tensor, *component.indices))
    if not e.args or isinstance(e, Component):
        return e
    return mapped(e, lambda a: _named(a, left, part))
