"""The only file that differentiates: local derivatives of expressions, and the chain rule.

    ∂x[p, q]/∂x[a, b] = δ(p, a) δ(q, b)        ∂(Σ_i f)/∂x = Σ_i ∂f/∂x        ∂(Π f)/∂x: the product rule
    ∂ max_p f / ∂x = Σ_p [p = argmax f] ∂f/∂x  ∂(M⁻¹)[i,j] = −Σ (M⁻¹)[i,p] ∂M[p,q] (M⁻¹)[q,j]
    ∂ log|det M| = Σ (M⁻¹)[q,p] ∂M[p,q]        ∂f(u, v)/∂x = Σ (∂f/∂u) ∂u/∂x

A derivative is first written with its Kronecker deltas; contracting them is the business of `algebra`.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from symbackprop.language.definitions import derivative as slope
from symbackprop.language.equations import Equation
from symbackprop.language.functions import CLASSES, PRIMITIVES, FieldFunction
from symbackprop.language.nodes import (
    BINDERS,
    Compare,
    Delta,
    Det,
    InRange,
    Inverse,
    IsArgmax,
    LogDet,
    Max,
    Partial,
    Prod,
    Sum,
    Unspecified,
    Where,
)
from symbackprop.language.substitution import fresh, substitute
from symbackprop.language.tensors import Component, Index, Tensor


@lru_cache(maxsize=50_000)
def mentions(expression: sp.Basic, tensor: Tensor) -> bool:
    """Whether the tensor occurs in the expression."""
    return expression == tensor or any(mentions(a, tensor) for a in expression.args)


def differentiate(e: sp.Expr, x: Component) -> sp.Expr:
    """∂e/∂x for a component x = x[a, b, ...] whose subscripts are indices or numbers, with the deltas written out.

    Every other variable is held fixed. Raises TypeError for a node that has no rule.
    """
    if not mentions(e, x.tensor):
        return sp.Integer(0)
    for kind, rule in RULES.items():
        if isinstance(e, kind):
            return rule(e, x)
    raise TypeError(f"there is no rule to differentiate {type(e).__name__}: {e}")


def _component(e: Component, x: Component) -> sp.Expr:
    return sp.Mul(*(Delta(p, a) for p, a in zip(e.indices, x.indices, strict=True)))


def _product(e: sp.Expr, x: Component) -> sp.Expr:
    return sp.Add(*(differentiate(factor, x) * sp.Mul(*e.args[:k], *e.args[k + 1:])
                    for k, factor in enumerate(e.args) if mentions(factor, x.tensor)))


def _power(e: sp.Pow, x: Component) -> sp.Expr:
    by_base = e.exp * sp.Pow(e.base, e.exp - 1) * differentiate(e.base, x)
    if not mentions(e.exp, x.tensor):
        return by_base  # no logarithm is made only to be dropped
    return by_base + e * sp.log(e.base) * differentiate(e.exp, x)


def _function(e: sp.Expr, x: Component) -> sp.Expr:
    return sp.Add(*(slope(e, k) * differentiate(argument, x) for k, argument in enumerate(e.args)
                    if mentions(argument, x.tensor)))


def _open(e: Unspecified, x: Component) -> sp.Expr:
    return Unspecified(e.name, e.args[0], e.order + 1) * differentiate(e.args[0], x)


def _where(e: Where, x: Component) -> sp.Expr:
    condition, then, otherwise = e.args
    return Where(condition, differentiate(then, x), differentiate(otherwise, x))


def _names(x: Component, *expressions: sp.Basic) -> set[str]:
    # Index letters in use, and the names of tensors, which no index may bear.
    letters = {s.name for e in (x, *expressions) for s in e.free_symbols if isinstance(s, Index)}
    return letters | {t.name for e in (x, *expressions) for t in e.atoms(Tensor)}


def _apart(e: Any, x: Component) -> Any:
    # The same node with bound indices that don't occur in x.
    taken = {s.name for s in x.free_symbols}
    renamed: dict[Index, Index] = {}
    for index in e.bound:
        if index.name in taken:
            used = taken | _names(x, e.body, e) | {b.name for b in (*e.bound, *renamed.values())}
            renamed[index] = fresh(index, used)
    if not renamed:
        return e
    return e.func(substitute(e.body, renamed), *(renamed.get(i, i) for i in e.bound), *getattr(e, "at", ()))


def _sum(e: Sum, x: Component) -> sp.Expr:
    e = _apart(e, x)
    inner = differentiate(e.body, x)
    return inner if inner == 0 else Sum(inner, *e.bound)


def _others(e: Any, x: Component) -> list[Index]:
    # A second set of bound indices over the same sizes.
    taken = _names(x, e.body, e) | {i.name for i in e.bound}
    made: list[Index] = []
    for index in e.bound:
        made.append(fresh(Index(index.name, index.size), taken | {m.name for m in made}))
    return made


def _max(e: Max, x: Component) -> sp.Expr:
    e = _apart(e, x)
    others = _others(e, x)
    body = substitute(e.body, dict(zip(e.bound, others, strict=True)))
    return Sum(IsArgmax(e.body, *e.bound, *others) * differentiate(body, x), *others)


def _prod(e: Prod, x: Component) -> sp.Expr:
    e = _apart(e, x)
    others = _others(e, x)
    same = sp.Mul(*(Delta(i, j) for i, j in zip(e.bound, others, strict=True)))
    rest = Prod(Where(same, sp.Integer(1), e.body), *e.bound)
    return Sum(rest * differentiate(substitute(e.body, dict(zip(e.bound, others, strict=True))), x), *others)


def _inverse(e: Inverse, x: Component) -> sp.Expr:
    e = _apart(e, x)
    (p, q), (i, j) = e.bound, e.at
    u, v = _others(e, x)
    change = differentiate(substitute(e.body, {p: u, q: v}), x)
    return -Sum(Inverse(e.body, p, q, i, u) * change * Inverse(e.body, p, q, v, j), u, v)


def _log_determinant(e: LogDet | Det, x: Component) -> sp.Expr:
    e = _apart(e, x)
    p, q = e.bound
    u, v = _others(e, x)
    change = differentiate(substitute(e.body, {p: u, q: v}), x)
    return Sum(Inverse(e.body, p, q, v, u) * change, u, v)


def _zero(_e: sp.Expr, _x: Component) -> sp.Expr:
    return sp.Integer(0)


RULES: dict[Any, Callable[[Any, Component], sp.Expr]] = {
    Component: _component,
    sp.Add: lambda e, x: sp.Add(*(differentiate(a, x) for a in e.args)),
    sp.Mul: _product,
    sp.Pow: _power,
    (FieldFunction, *PRIMITIVES.values()): _function,
    Unspecified: _open,
    sp.Abs: lambda e, x: CLASSES["sign"](e.args[0]) * differentiate(e.args[0], x),
    Where: _where,
    Sum: _sum,
    Max: _max,
    Prod: _prod,
    Inverse: _inverse,
    LogDet: _log_determinant,
    Det: lambda e, x: e * _log_determinant(e, x),
    (Compare, InRange, Delta, IsArgmax): _zero,
}


# ---- the chain rule ---------------------------------------------------------------------------------------------

def chain_rule(x: Component, ends: Iterable[tuple[Component, sp.Expr]]) -> sp.Expr:
    """∂C/∂x = Σ_y Σ_i ∂C/∂y[i] · ∂y[i]/∂x, over every variable y that x enters, and over all of y's indices.

    `ends` are the components y[i, j, ...], with indices of their own, each with ∂C/∂y[i, j, ...].
    """
    return sp.Add(*(Sum(adjoint * Partial(y, x), *(i for i in y.indices if isinstance(i, Index))) for y, adjoint in ends))


def carry_out(expression: sp.Expr, equations: Sequence[tuple[Partial, Equation]]) -> sp.Expr:
    """The expression with each local derivative ∂y[i]/∂x replaced by what y's equation gives."""
    return _replaced(expression, {p: differentiate(_at(equation, p), p.by[0]) for p, equation in equations})


def _replaced(e: Any, values: Mapping[Partial, sp.Expr]) -> Any:
    # Under the sum of the chain rule, whose indices the local derivatives are meant to share.
    if e in values:
        return values[e]
    if not e.has(Partial):
        return e
    return e.func(*(_replaced(a, values) for a in e.args))


def elementary(partial: Partial, equation: Equation) -> list[tuple[Partial, sp.Expr]]:
    """∂x[i,j]/∂x[d,h] = δ(i, d) δ(j, h) for each component of x that stands in y's equation; none where x is a scalar."""
    x = partial.by[0]
    return [(Partial(c, x), _component(c, x)) for c in _occurrences(_at(equation, partial), x) if c.indices]


def _occurrences(e: Any, x: Component) -> list[Component]:
    # Under the bound indices that differentiating gives them.
    if not mentions(e, x.tensor):
        return []
    if isinstance(e, Component) and e.tensor == x.tensor:
        return [e]
    if isinstance(e, BINDERS):
        e = _apart(e, x)
    return list(dict.fromkeys(c for a in e.args for c in _occurrences(a, x)))


def _at(equation: Equation, partial: Partial) -> sp.Expr:
    assert isinstance(partial.of, Component)
    return substitute(equation.right, {old: new for old, new in zip(equation.left.indices, partial.of.indices, strict=True)
                                       if old != new})
