"""The order in which factors and terms are written, so that a formula reads well and is always the same.

Factors: numbers, sizes, coefficients of low rank before components of high rank, those of equal rank as
their indices stand in the result, then functions, sums in parentheses, indicators, sums over indices. Terms:
positive before negative, high rank before low, a number first where the others are functions and last among sizes.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp

from symbackprop.language.nodes import Binder, Compare, Delta, InRange, IsArgmax, MatrixBinder, Partial, Unspecified, Where
from symbackprop.language.substitution import components
from symbackprop.language.tensors import Component, Dim, Index

_KINDS: tuple[tuple[Any, int], ...] = (
    (sp.Number, 0),
    (sp.NumberSymbol, 0),
    (Dim, 1),
    ((Component, Index, sp.Symbol), 3),
    ((Compare, InRange, Delta, IsArgmax, Where), 7),
    (Partial, 8),
    ((Binder, MatrixBinder), 9),
)
EXAMPLES_FIRST = "bnmt"  # letters of examples and of time come first where nothing says an order


def reading_order(e: sp.Expr) -> tuple[str, ...]:
    """The free indices' names, examples first."""
    names = {s.name for s in e.free_symbols if isinstance(s, Index)}
    return tuple(sorted(names, key=lambda n: (n[0] not in EXAMPLES_FIRST, n)))


def is_negative(term: sp.Expr) -> bool:
    """Whether the term is written with a minus."""
    return bool(term.as_coeff_Mul()[0].is_negative)


def arranged_factors(factors: Iterable[sp.Expr], order: tuple[str, ...]) -> list[sp.Expr]:
    """The factors of a product in the order of reading."""
    return sorted(factors, key=lambda f: _factor_key(f, order))


def arranged_terms(terms: Iterable[sp.Expr], order: tuple[str, ...]) -> list[sp.Expr]:
    """The terms of a sum in the order of reading."""
    every = list(terms)
    positive = any(not t.is_number and not is_negative(t) for t in every)
    last = positive and all(_is_size(t) or isinstance(t, Component) for t in every)
    return sorted(every, key=lambda t: _term_key(t, order, last))


def _is_size(e: sp.Expr) -> bool:
    if e.has(Component) or e.atoms(sp.Function) - e.atoms(sp.floor):
        return False
    return all(isinstance(s, (Dim, Index)) for s in e.free_symbols)


def _term_key(t: sp.Expr, order: tuple[str, ...], number_last: bool) -> tuple[Any, ...]:
    if t.is_number:
        return (2 if number_last else 0.5 if is_negative(t) else -1,)
    found = components(t)
    letters = {s.name for s in t.free_symbols if isinstance(s, Index)}
    scalar = max((c.tensor.rank for c in found), default=0) == 0
    sums = sum(isinstance(f, sp.Add) for f in sp.Mul.make_args(t))
    small = isinstance(t, Component) and t.tensor.sign == "positive"  # x**2 + eps
    return (is_negative(t), -len(letters), scalar, small, sums, len(found), _position(t, order), _name(t))


def _factor_key(f: sp.Expr, order: tuple[str, ...]) -> tuple[Any, ...]:
    base = f.base if isinstance(f, sp.Pow) and not isinstance(f, sp.exp) else f
    late = not isinstance(base, Component) or base.tensor.adjoint_of != ""
    rank = min(base.tensor.rank, 2) if isinstance(base, Component) else 0
    first = isinstance(base, Dim) and base.name[0].lower() not in EXAMPLES_FIRST
    return (_kind(base), rank, first, _position(base, order), late, _name(f))


def _kind(base: sp.Expr) -> int:
    if isinstance(base, sp.Add):
        return 2 if _is_size(base) else 4 if _is_plain(base) else 6
    if isinstance(base, Unspecified):
        return 7 if base.order else 5
    return next((k for kind, k in _KINDS if isinstance(base, kind)), 7 if type(base).__name__ in ("step", "sign") else 5)


def _is_plain(base: sp.Expr) -> bool:
    """Whether a sum is made of components and numbers, and so stands before functions: (1 - y)*log(1 - p)."""
    return all(isinstance(p, (Component, Dim, Index, sp.Symbol)) or p.is_number for t in base.args for p in sp.Mul.make_args(t))


def _position(e: sp.Expr, order: tuple[str, ...]) -> tuple[int, ...]:
    names = {s.name for s in e.free_symbols if isinstance(s, Index)}
    return tuple(k for k, name in enumerate(order) if name in names) or (len(order),)


def _name(e: sp.Expr) -> str:
    text = str(e).replace("'", "~")
    return text.replace("(", "").replace("-", "").lower() + text
