"""SymPy expressions -> polynomials. The way back is in `readable`."""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

import sympy as sp

from symbackprop.algebra import builders, places, sums
from symbackprop.algebra.places import Letter, NotAPlace
from symbackprop.algebra.powers import power
from symbackprop.algebra.products import multiply
from symbackprop.algebra.terms import ONE, Atom, Poly, add, in_order, number, of_atom, place_poly, subtract
from symbackprop.language import nodes
from symbackprop.language.definitions import definition
from symbackprop.language.functions import PRIMITIVES, FieldFunction
from symbackprop.language.tensors import Component, Dim, Index

Mode = Literal["plain", "deep", "kept"]
NAMES = {**{cls: name for name, cls in PRIMITIVES.items()}, sp.Abs: "abs", sp.sign: "sign"}
"""SymPy makes Abs and sign out of roots of squares."""


def poly(expression: sp.Expr) -> Poly:
    """The normal form: two expressions with equal polynomials are equal, whatever the values of their tensors.

    Functions of the field stay what they are. Raises TypeError for a node that has no normal form.
    """
    return _poly(expression, "plain")


def kept(expression: sp.Expr) -> Poly:
    """The form in which deltas are contracted and nothing else is multiplied out; for display, not for comparing."""
    return _poly(expression, "kept")


def expanded(expression: sp.Expr) -> Poly:
    """The normal form with every function of the field replaced by its definition."""
    return _poly(expression, "deep")


@lru_cache(maxsize=50_000)
def _poly(e: Any, mode: Mode) -> Poly:
    match e:
        case sp.Rational():
            return number(Fraction(int(e.p), int(e.q)))
        case sp.Add():
            return add(*(_poly(a, mode) for a in e.args))
        case sp.Mul():
            result = ONE
            for factor in e.args:
                result = multiply(result, _factor(factor, mode))
            return result
        case sp.Pow():
            return _power(e, mode)
        case Component():
            return builders.component(e.tensor, tuple(map(places.place, e.indices))) if e.tensor.below is None else _place(e)
        case Index() | Dim() | sp.floor():
            return _place(e)
        case FieldFunction():
            return _poly(definition(e), mode) if mode == "deep" and e.entry.name != "abs" else builders.function(
                e.entry.name, tuple(_poly(a, mode) for a in e.args))
        case sp.exp():
            return builders.function("exp", (_poly(e.args[0], mode),))
    if mode == "kept" and isinstance(e, nodes.Where):
        return _kept_where(e)
    if mode == "kept" and isinstance(e, nodes.Compare) and e.relation not in ("==", "!="):
        return builders.relation(e.relation, subtract(*(_poly(a, mode) for a in e.args)))
    for kind, rule in NODES.items():
        if isinstance(e, kind):
            return rule(e, lambda inner: _poly(inner, mode))
    if type(e) in NAMES:
        return builders.function(NAMES[type(e)], tuple(_poly(a, mode) for a in e.args))
    return _constant(e)


def _factor(e: Any, mode: Mode) -> Poly:
    # In a product that is to be kept, only sums with a delta in them are multiplied out.
    if mode == "kept" and not e.has(nodes.Delta):
        if isinstance(e, sp.Add):
            return builders.group(_poly(e, mode))
        if isinstance(e, sp.Pow) and isinstance(e.base, sp.Add) and e.exp.is_Integer and e.exp > 0:
            return power(builders.group(_poly(e.base, mode)), int(e.exp))
    return _poly(e, mode)


def _kept_where(e: nodes.Where) -> Poly:
    # where(c, a δ, b δ) = δ where(c, a, b)
    condition, then, otherwise = (_poly(a, "kept") for a in e.args)
    monomials = [dict(m) for p in (then, otherwise) for m in p.terms]
    shared = {a for m in monomials for a in m if a.kind == "delta" and all(a in other for other in monomials)}
    bare = [Poly({tuple((a, x) for a, x in m if a not in shared): c for m, c in p.terms.items()}) for p in (then, otherwise)]
    if any(a.kind == "delta" for p in bare for m in p.terms for a, _ in m):
        return add(multiply(condition, then), multiply(subtract(ONE, condition), otherwise))
    return multiply(builders.where(condition, *bare), Poly({in_order(dict.fromkeys(shared, 1)): 1}))


def _place(e: sp.Expr) -> Poly:
    return place_poly(places.place(e))


def _power(e: sp.Pow, mode: Mode) -> Poly:
    base = _poly(e.base, mode)
    if mode == "kept" and len(base) > 1 and e.exp.is_Rational and not (e.exp.is_Integer and e.exp > 0):
        return of_atom(Atom("base", base), Fraction(int(e.exp.p), int(e.exp.q)))
    if isinstance(e.exp, sp.Rational):
        return power(base, Fraction(int(e.exp.p), int(e.exp.q)))
    return builders.symbolic_power(base, _poly(e.exp, mode))


def _constant(e: Any) -> Poly:
    if e is sp.pi:
        return of_atom(Atom("const", "pi"))
    if e is sp.E:
        return builders.exponential(ONE)
    if isinstance(e, sp.Symbol) and e.name in ("step0", "sign0"):
        return of_atom(Atom("const", e.name))
    raise TypeError(f"{e} ({type(e).__name__}) has no normal form")


Recur = Callable[[Any], Poly]


def _letters(e: Any) -> tuple[Letter, ...]:
    return tuple(map(places.index_letter, e.bound))


def _compare(e: Any, recur: Recur) -> Poly:
    left, right = e.args
    if e.relation in ("==", "!="):
        try:
            same = builders.delta(places.subtract(places.place(left), places.place(right)))
        except NotAPlace:
            pass
        else:
            return same if e.relation == "==" else subtract(ONE, same)
    return builders.compare(e.relation, subtract(recur(left), recur(right)))


def _where(e: Any, recur: Recur) -> Poly:
    condition, then, otherwise = map(recur, e.args)
    return add(multiply(condition, then), multiply(subtract(ONE, condition), otherwise))


def _at(e: Any) -> tuple[places.Place, ...]:
    return tuple(map(places.place, e.at))


NODES: dict[type, Callable[[Any, Recur], Poly]] = {
    nodes.Sum: lambda e, recur: sums.sum_over(_letters(e), recur(e.body)),
    nodes.Prod: lambda e, recur: sums.product_over(_letters(e), recur(e.body)),
    nodes.Max: lambda e, recur: sums.maximum_over(_letters(e), recur(e.body)),
    nodes.IsArgmax: lambda e, recur: sums.argmax(_letters(e), recur(e.body), _at(e)),
    nodes.Inverse: lambda e, recur: sums.inverse(_letters(e), recur(e.body), _at(e)),
    nodes.LogDet: lambda e, recur: sums.log_determinant(_letters(e), recur(e.body)),
    nodes.Det: lambda e, recur: sums.determinant(_letters(e), recur(e.body)),
    nodes.Delta: lambda e, recur: builders.delta(places.subtract(places.place(e.args[0]), places.place(e.args[1]))),
    nodes.InRange: lambda e, recur: builders.in_range(places.place(e.args[0]), places.place(e.args[1])),
    nodes.Compare: _compare,
    nodes.Where: _where,
    nodes.Unspecified: lambda e, recur: builders.open_function(e.name, e.order, recur(e.args[0])),
}
