"""Signs and intervals by structure: what the signs and ranges of the parts say of the whole.

    sign_of(x·y², layer)         the sign of a product is the product of the signs
    sign_of(Σ_n e)               a sum of terms of one sign has it
    sign_of(r[i])                for r[i] = σ(z[i]): the sign of its right side

Functions of the table have the sign that their proven range has.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import cast

import sympy as sp

from symbackprop.claims.curves import Curve, curve
from symbackprop.claims.ranges import range_of_curve
from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import Compare, Delta, InRange, Max, Prod, Sum
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.layer import Layer

Sign = str
"""positive, nonnegative, zero, nonpositive, negative, or "" where it isn't known."""
STRICT = {"positive": 1, "negative": -1}
WEAK = {"nonnegative": 1, "nonpositive": -1}
KNOWN = STRICT | WEAK | {"zero": 0}
_NAMES = {(1, True): "positive", (1, False): "nonnegative", (-1, True): "negative", (-1, False): "nonpositive"}
_CONVERSE = {"positive": "negative", "negative": "positive", "nonnegative": "nonpositive", "nonpositive": "nonnegative"}


def sign_of(e: sp.Expr, layer: Layer | None = None) -> Sign:
    """The sign that the expression has at all values of its letters."""
    match e:
        case Component():
            return _component(e, layer)
        case Dim():
            return "positive"
        case Delta() | InRange() | Compare():
            return "nonnegative"
        case sp.Add():
            return _sum([sign_of(a, layer) for a in e.args]) or _beside(e) or _assumed(e, layer) or _by_curve(e)
        case sp.Mul():
            return _product([sign_of(a, layer) for a in e.args])
        case sp.Pow():
            return _power(e, layer)
        case Sum() | Max() | Prod():
            return _bound(e, layer)
        case FieldFunction():
            return _function(e, layer)
        case sp.exp():
            return "positive"
    return _number(e)


def _number(e: sp.Expr) -> Sign:
    for name in ("zero", "positive", "negative", "nonnegative", "nonpositive"):
        if getattr(e, f"is_{name}"):
            return name
    return ""


def _component(c: Component, layer: Layer | None) -> Sign:
    if c.tensor.sign and c.tensor.sign != "nonzero":
        return c.tensor.sign if _stays_inside(c) else _OR_ZERO.get(c.tensor.sign, c.tensor.sign)
    if layer is None or c.tensor.name not in layer.tensors:
        return ""
    if not _stays_inside(c):
        return _affine(c, layer)
    for q in layer.equations:
        if q.tensor == c.tensor and not q.is_boundary and q.right != c:
            return sign_of(substitute(q.right, dict(zip(q.left.indices, c.indices, strict=True))), _before(layer, c.tensor))
    return ""


def _affine(c: Component, layer: Layer) -> Sign:
    """At a place that may lie outside: 0 there, or what an equation for that place says (h[-1] = h0)."""
    own = _component(Component(c.tensor, *(Index(f"i{k}", n) for k, n in enumerate(c.tensor.sizes))), layer)
    outside = [sign_of(q.right, _before(layer, c.tensor)) for q in layer.equations if q.tensor == c.tensor and q.is_boundary]
    found = _sum([own, *outside]) if own and all(outside) else ""
    return _OR_ZERO.get(found, found)


_OR_ZERO = {"positive": "nonnegative", "negative": "nonpositive"}
"""A place outside an array reads 0."""


def _stays_inside(c: Component) -> bool:
    """Whether every index is plain, or affine and seen to stay between 0 and the size."""
    return all(isinstance(i, Index) or _is_between(i, size) for i, size in zip(c.indices, c.tensor.sizes, strict=True))


def _is_between(place: sp.Expr, size: sp.Expr) -> bool:
    ends: list[sp.Expr] = [place, place]
    for i in (k for k in place.free_symbols if isinstance(k, Index)):
        rises = bool(sp.diff(place, i) > 0) if sp.diff(place, i).is_number else None
        if rises is None:
            return False
        ends = [e.xreplace({i: i.size - 1 if up == rises else sp.S.Zero}) for e, up in zip(ends, (False, True), strict=True)]
    return all(_never_negative(e) for e in (ends[0], size - 1 - ends[1]))


def _never_negative(e: sp.Expr) -> bool:
    """By its coefficients, for sizes from 1 on."""
    plain = sp.expand(e.xreplace({d: sp.Dummy(nonnegative=True) + 1 for d in e.free_symbols if isinstance(d, Dim)}))
    return bool(plain.is_nonnegative)


def _assumed(e: sp.Expr, layer: Layer | None) -> Sign:
    """What the layer assumes of just this difference: x[i] − 1 under x[i] ≥ 1."""
    for a in layer.assumptions if layer is not None else ():
        for turned, signs in ((1, _RELATIONS), (-1, {r: _CONVERSE.get(s, s) for r, s in _RELATIONS.items()})):
            for places in _matches(a.left, e):
                if a.relation in signs and sp.expand(e - turned * substitute(cast(sp.Expr, a.left - a.right), places)) == 0:
                    return signs[a.relation]
    return ""


_RELATIONS = {">": "positive", ">=": "nonnegative", "<": "negative", "<=": "nonpositive", "==": "zero"}


def _matches(left: sp.Expr, e: sp.Expr) -> Iterator[dict[Index, sp.Expr]]:
    """How the indices of an assumption can be those of the expression."""
    for own in left.atoms(Component):
        for c in (c for c in e.atoms(Component) if c.tensor == own.tensor):
            pairs = zip(own.indices, c.indices, strict=True)
            yield {a: b for a, b in pairs if isinstance(a, Index)}


def _by_curve(e: sp.Expr) -> Sign:
    """A function of one variable, by its range on the side of 0 on which the variable lies."""
    variables = e.atoms(Component)
    if len(variables) != 1 or e.has(Sum, Max, Prod, Delta, InRange, Compare, Dim) or any(isinstance(s, Index) for s in _plain_symbols(e)):
        return ""
    (c,) = variables
    own = _component(c, None)
    low, high = {1: (sp.S.Zero, sp.oo), -1: (-sp.oo, sp.S.Zero)}.get((STRICT | WEAK).get(own, 0), (-sp.oo, sp.oo))
    try:
        f = curve(cast(sp.Expr, e.xreplace({c: Tensor("x")()})))
        found = range_of_curve(f, low, high).sign
        at = _number(f.at(sp.S.Zero)) if own in WEAK else found
    except (ValueError, TypeError):
        return ""
    return _sum([found, at]) if found and at else ""


def _plain_symbols(e: sp.Expr) -> set[sp.Expr]:
    """The letters outside of components."""
    return cast("set[sp.Expr]", e.xreplace({c: sp.Dummy() for c in e.atoms(Component)}).free_symbols)


@cache
def _before(layer: Layer, t: Tensor) -> Layer:
    """The layer without what defines the tensor: a recurrence says nothing of its own sign."""
    return Layer.of(layer.name, layer.inputs, (), tuple(e for e in layer.equations if e.tensor != t))


def _sum(signs: list[Sign]) -> Sign:
    kinds = {s for s in signs if s != "zero"}
    if not kinds:
        return "zero"
    for direction in (1, -1):
        if all((STRICT | WEAK).get(s) == direction for s in kinds):
            return _NAMES[direction, any(s in STRICT for s in kinds)]
    return ""


def _beside(e: sp.Add) -> Sign:
    """c f(u) + d for numbers c and d: by the range of f."""
    functions = [f for f in e.atoms(FieldFunction) if len(f.args) == 1]
    if len(functions) != 1:
        return ""
    held = sp.Dummy()
    line = e.xreplace({functions[0]: held})
    if line.free_symbols != {held} or line.has(Component) or not line.is_polynomial(held) or sp.degree(line, held) != 1:
        return ""
    try:
        found = range_of_curve(curve(type(functions[0]).__name__))
    except ValueError:
        return ""
    ends = (found.low, found.high)
    signs = [_number(sp.simplify(line.subs(held, v.number))) for v in ends]
    if "" in signs or {"positive", "negative"} <= set(signs):
        return ""
    if "zero" in signs and not all(v.attained for v, s in zip(ends, signs, strict=True) if s == "zero"):
        return next((s for s in signs if s != "zero"), "")
    found_sign = _sum(signs)
    return {"positive": "nonnegative", "negative": "nonpositive"}.get(found_sign, found_sign) if "zero" in signs else found_sign


def _product(signs: list[Sign]) -> Sign:
    if "zero" in signs:
        return "zero"
    if "" in signs:
        return ""
    direction = 1
    for s in signs:
        direction *= (STRICT | WEAK)[s]
    return _NAMES[direction, all(s in STRICT for s in signs)]


def _power(e: sp.Pow, layer: Layer | None) -> Sign:
    if isinstance(e.base, Component) and e.base.tensor.sign == "nonzero" and e.exp.is_Integer and e.exp % 2 == 0:
        return "positive"
    base = sign_of(cast(sp.Expr, e.base), layer)
    if not e.exp.is_Rational:
        return "positive" if base == "positive" else ""
    if base in ("positive", "zero"):
        return base if base == "positive" or e.exp > 0 else ""
    if e.exp.q % 2 == 0:
        return "nonnegative"  # a root is taken of what isn't negative
    if e.exp.p % 2 == 0:
        return "positive" if base == "negative" else "nonnegative"
    return base


def _bound(e: Sum | Max | Prod, layer: Layer | None) -> Sign:
    inside = sign_of(e.body, layer)
    if isinstance(e, Prod):
        return inside if inside in ("positive", "nonnegative", "zero") else ""
    return inside  # every size is at least 1


def _function(e: FieldFunction, layer: Layer | None) -> Sign:
    if len(e.args) == 1:
        inner = sign_of(cast(sp.Expr, e.args[0]), layer)
        found = by_range(type(e).__name__, inner)
        if found:
            return found
    return e.entry.sign if e.entry.sign in STRICT | WEAK else ""


def by_range(name: str, inner: Sign = "") -> Sign:
    """The sign of f where its argument has a sign, by the range of f on that side of 0."""
    low, high = {1: (sp.S.Zero, sp.oo), -1: (-sp.oo, sp.S.Zero)}.get((STRICT | WEAK).get(inner, 0), (-sp.oo, sp.oo))
    try:
        c: Curve = curve(name)
        found = range_of_curve(c, low, high)
    except ValueError:
        return ""
    sign = found.sign
    if inner in WEAK and sign in STRICT:
        # At 0 itself the sign must be strict too.
        at = _number(c.at(sp.S.Zero))
        return sign if at == sign else {"positive": "nonnegative", "negative": "nonpositive"}[sign] if at == "zero" else ""
    return sign


def with_signs(e: sp.Expr, signs: dict[Tensor, Tensor]) -> sp.Expr:
    """The expression with tensors that carry declared signs."""
    return cast(sp.Expr, substitute(e, signs)) if signs else e
