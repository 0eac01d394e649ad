"""The order in which people write factors and terms: SymPy's own has no regard for reading.

Factors: numbers, sizes, components of low rank before higher (a coefficient γ[d] before x̂[n,d]), those
of equal rank as their indices stand in the result (Σ_n x[n,d] dz[n,h] for dW[d,h]), then functions, sums in
parentheses, indicators, local derivatives, sums over indices. Terms: positive before negative, high rank
before low (γ x̂ + β), short before long.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symbackprop.language.nodes import Binder, Compare, Delta, InRange, IsArgmax, Partial, Unspecified, Where
from symbackprop.language.substitution import components
from symbackprop.language.tensors import Component, Dim, Index


@dataclass(frozen=True)
class Scope:
    """What a formula's looks depend on beside itself.

    `cost` is the name of the cost in ∂C/∂z; `order` the free indices as they stand in the result; `seen`
    says where in the writer's own text each name first stands, {} where there is none.
    """

    cost: str = "C"
    order: tuple[str, ...] = ()
    seen: Mapping[str, int] = field(default_factory=dict, hash=False)


_LATE = ("step", "sign")


def factors(every: Iterable[sp.Expr], scope: Scope) -> list[sp.Expr]:
    """The factors of a product in the order of reading."""
    return sorted(every, key=lambda f: _factor_key(f, scope))


def terms(every: Iterable[sp.Expr], scope: Scope) -> list[sp.Expr]:
    """The terms of a sum in the order of reading."""
    every = list(every)
    first = any(not is_size(t) and (is_negative(t) or t.atoms(sp.Function)) for t in every if not t.is_number)
    return sorted(every, key=lambda t: _term_key(t, scope, first))


def is_size(e: sp.Expr) -> bool:
    """Whether the expression is made of sizes, indices and numbers only."""
    return not e.atoms(Component, sp.Function) and all(isinstance(s, (Dim, Index)) for s in e.free_symbols)


def is_negative(term: sp.Expr) -> bool:
    """Whether the term is written with a minus."""
    return bool(term.as_coeff_Mul()[0].is_negative)


def _term_key(t: sp.Expr, scope: Scope, numbers_first: bool) -> tuple[Any, ...]:
    if t.is_number:
        return (is_negative(t), 0 if numbers_first else 2)
    found = components(t)
    written = _written(t, scope)
    place = (written[0], written[-1]) if written else (0, 0)
    rank = max((c.tensor.rank for c in found), default=0)
    length = -sp.count_ops(t) if is_size(t) else sp.count_ops(t)
    return (is_negative(t), 1, place, -rank, length, len(found), _position(t, scope), t.sort_key())


def _factor_key(f: sp.Expr, scope: Scope) -> tuple[Any, ...]:
    base = f.as_base_exp()[0] if not isinstance(f, sp.exp) else f
    kind = _kind(base)
    inner = base if isinstance(base, Component) else None
    rank = inner.tensor.rank if inner is not None else sp.count_ops(base) if isinstance(base, Binder) else 0
    late = inner is None or not inner.tensor.adjoint_of
    written = _written(f, scope)
    if written and not isinstance(base, (Binder, Partial)):  # as the author wrote it
        kind = min(kind, 1)
    return (kind, written, rank, _position(base, scope), late, f.sort_key())


def _written(e: sp.Expr, scope: Scope) -> tuple[int, ...]:
    """Where in the writer's own text the names of the expression stand, () where there is none."""
    found = {c.tensor.name for c in components(e)} | {s.name for s in e.free_symbols if isinstance(s, Dim)}
    return tuple(sorted(scope.seen[n] for n in found if n in scope.seen))


def _kind(base: sp.Expr) -> int:
    match base:
        case sp.Number():
            return 0
        case Dim():
            return 1
        case Component() | Index() | sp.Symbol():
            return 3
        case Compare() | InRange() | Delta() | IsArgmax() | Where():
            return 6
        case Unspecified():
            return 6 if base.order else 4
        case sp.Add():
            return 2 if is_size(base) else 5
        case Partial():
            return 8
        case Binder():
            return 9
    return 6 if type(base).__name__ in _LATE else 4


def _position(e: sp.Expr, scope: Scope) -> tuple[int, ...]:
    names = {s.name for s in e.free_symbols if isinstance(s, Index)}
    order = scope.order
    return tuple(i for i, n in enumerate(order) if n in names) or (len(order),)
