"""Factors built from their parts, each with the identities that always hold for it.

    x[−1] = 0      δ(i, i) = 1      exp(0) = 1      log(a b) = log a + log b for a, b > 0      exp(c log a) = aᶜ
    |a b| = |a||b|      tanh(−a) = −tanh(a)      [a ≥ 0] = [a > 0] + [a = 0]      [−a > 0] = 1 − [a > 0] − [a = 0]
"""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import sympy as sp

from symbackprop.algebra import places
from symbackprop.algebra.meeting import MEETINGS
from symbackprop.algebra.places import Place
from symbackprop.algebra.powers import by_cases, content, power, primitive
from symbackprop.algebra.products import REBUILD, RULES, multiply, normal, product
from symbackprop.algebra.signs import axes, is_positive, poly_is_positive
from symbackprop.algebra.terms import (
    INDICATORS,
    ONE,
    ZERO,
    Atom,
    Number,
    Poly,
    add,
    as_number,
    collect,
    in_order,
    negative,
    number,
    of_atom,
    place_poly,
    scale,
    subtract,
)
from symbackprop.algebra.terms import absolute as magnitude
from symbackprop.language.tensors import Tensor


@lru_cache(maxsize=50_000)
def component(tensor: Tensor, subscripts: tuple[Place, ...]) -> Poly:
    """x[p, q, ...], which is 0 where a subscript is never in range."""
    for subscript, size in zip(subscripts, axes(tensor.sizes), strict=True):
        if not tensor.initial and _never(subscript, size):
            return ZERO
    return of_atom(Atom("comp", tensor, subscripts))


def _never(subscript: Place, size: Place) -> bool:
    low = places.subtract(places.scale(subscript, -1), places.ONE)
    return places.never_negative(low) or places.never_negative(places.subtract(subscript, size))


def delta(place: Place) -> Poly:
    """[place = 0]."""
    place = places.primitive(place)
    if not place:
        return ONE
    if places.as_constant(place) is not None or _apart(place):
        return ZERO
    return of_atom(Atom("delta", place))


def _apart(place: Place) -> bool:
    less = places.subtract(place, places.ONE)
    more = places.subtract(places.scale(place, -1), places.ONE)
    return places.never_negative(less) or places.never_negative(more)


def in_range(place: Place, size: Place) -> Poly:
    """[0 ≤ place < size]."""
    if places.in_range(place, size):
        return ONE
    return ZERO if _never(place, size) else of_atom(Atom("range", place, size))


def compare(relation: str, poly: Poly) -> Poly:
    """[poly relation 0] for one of > >= < <= == !=, in terms of [p > 0] and [p = 0] with the sign of p settled."""
    match relation:
        case ">=":
            return add(compare(">", poly), compare("==", poly))
        case "<":
            return compare(">", negative(poly))
        case "<=":
            return subtract(ONE, compare(">", poly))
        case "!=":
            return subtract(ONE, compare("==", poly))
    value = as_number(poly)
    if value is not None:
        return ONE if (value > 0 if relation == ">" else value == 0) else ZERO
    if poly_is_positive(poly) or poly_is_positive(negative(poly)):
        return ONE if relation == ">" and poly_is_positive(poly) else ZERO
    return _compared(relation, poly)


def _compared(relation: str, poly: Poly) -> Poly:
    split = by_cases(poly, lambda p: compare(relation, p))  # relu(z) > 0 where z > 0
    if split is not None:
        return split
    if len(poly) == 1:
        return _compared_product(relation, poly)
    _, inside = primitive(poly, positive_only=True)
    return _signed(relation, inside)


def _signed(relation: str, inside: Poly) -> Poly:
    if inside.sorted()[-1][1] > 0:
        return of_atom(Atom("cmp", relation, inside))
    flipped = negative(inside)
    equal = of_atom(Atom("cmp", "==", flipped))
    return equal if relation == "==" else subtract(subtract(ONE, of_atom(Atom("cmp", ">", flipped))), equal)


def _compared_product(relation: str, poly: Poly) -> Poly:
    # [c a > 0] = c [a > 0] and [c a = 0] = 1 − c + c [a = 0] for an indicator c: relu(z) > 0 where z > 0.
    (monomial, c), = poly.terms.items()
    inside = Poly({in_order({a: 1 for a, e in monomial if a.kind in INDICATORS and e > 0}): 1})
    rest = Poly({in_order({a: e for a, e in monomial if a.kind not in INDICATORS or e < 0}): c})
    if inside != ONE:
        outside = subtract(ONE, inside) if relation == "==" else ZERO
        return add(outside, multiply(inside, compare(relation, rest)))
    _, bare = primitive(rest, positive_only=True)
    return _signed(relation, bare)


# ---- functions --------------------------------------------------------------------------------------------------

ODD = frozenset(("tanh", "sin", "erf", "atan", "sinh", "tan", "sign", "softsign"))
EVEN = frozenset(("cos", "cosh", "abs"))


def function(name: str, arguments: tuple[Poly, ...]) -> Poly:
    """f(p, ...)."""
    split = by_cases(arguments[0], lambda p: function(name, (p, *arguments[1:])))
    if split is not None:
        return split
    special = FUNCTIONS.get(name)
    if special is not None:
        return special(arguments[0])
    first = arguments[0]
    if name in ODD or name in EVEN:
        if not first.terms:
            return ONE if name in EVEN else ZERO
        if first.sorted()[0][1] < 0:
            flipped = of_atom(Atom("fn", name, (negative(first),)))
            return negative(flipped) if name in ODD else flipped
    return of_atom(Atom("fn", name, arguments))


def exponential(poly: Poly) -> Poly:
    """exp(p)."""
    outside, inside = ONE, {}
    for monomial, c in poly.terms.items():
        taken = _taken_out(monomial, c)
        if taken is None:
            inside[monomial] = c
        else:
            outside = multiply(outside, taken)
    return multiply(outside, of_atom(Atom("fn", "exp", (Poly(inside),)))) if inside else outside


def _taken_out(monomial: tuple[tuple[Atom, Number], ...], c: Number) -> Poly | None:
    # exp(c log a) = aᶜ
    logs = [a for a, e in monomial if a.kind == "fn" and a.parts[0] == "log" and e == 1]
    if len(logs) != 1:
        return None
    rest = Poly({in_order({a: e for a, e in monomial if a is not logs[0]}): c})
    return symbolic_power(logs[0].parts[1][0], rest)


def logarithm(poly: Poly) -> Poly:
    """log(p)."""
    if poly == ONE:
        return ZERO
    if not poly.terms:
        return of_atom(Atom("fn", "log", (ZERO,)))
    outside, inside = primitive(poly, positive_only=True) if len(poly) > 1 else (poly, ONE)
    (monomial, c), = outside.terms.items()
    left = {a: e for a, e in monomial if not is_positive(a)}
    if len(left) == 1 and c > 0 and inside == ONE and next(iter(left.values())) % 2 == 1:
        left = {}
    found = add(*(scale(_log_of(a), e) for a, e in monomial if a not in left))
    if left or c < 0:
        inside = multiply(inside, Poly({in_order(left): 1 if c > 0 else -1}))
    rest = ZERO if inside == ONE else of_atom(Atom("fn", "log", (inside,)))
    return add(found, rest, _log_of_number(magnitude(c)))


def _log_of(atom: Atom) -> Poly:
    if atom.kind == "fn" and atom.parts[0] == "exp":
        return atom.parts[1][0]  # type: ignore[no-any-return]
    if atom.kind == "base":
        return logarithm(atom.parts[0])
    if atom.kind == "num":
        return _log_of_number(atom.parts[0])
    if atom.kind in INDICATORS:
        return function("log", (of_atom(atom),))
    return of_atom(Atom("fn", "log", (of_atom(atom),)))


def _log_of_number(c: Number) -> Poly:
    q = Fraction(c)
    primes = sp.factorrat(sp.Rational(q.numerator, q.denominator))
    return add(*(Poly({((Atom("fn", "log", (number(int(p)),)), 1),): int(e)}) for p, e in primes.items()))


def absolute(poly: Poly) -> Poly:
    """|p|."""
    value = as_number(poly)
    if value is not None:
        return number(magnitude(value))
    if poly_is_positive(poly):
        return poly
    if len(poly) > 1:
        outside, inside = primitive(poly)
        bare = inside if poly_is_positive(inside) else of_atom(Atom("fn", "abs", (inside,)))
        return multiply(absolute(outside), bare)
    (monomial, c), = poly.terms.items()
    return scale(product(*(_absolute_power(a, e) for a, e in monomial)), magnitude(c))


def _absolute_power(atom: Atom, e: Number) -> Poly:
    known = is_positive(atom) or atom.kind in INDICATORS or (atom.kind == "fn" and atom.parts[0] == "abs")
    if known or e % 2 == 0 or e % 1 != 0:
        return normal({atom: e})
    if atom.kind == "base":
        return power(absolute(atom.parts[0]), e)
    return normal({Atom("fn", "abs", (of_atom(atom),)): e})


FUNCTIONS: dict[str, Callable[[Poly], Poly]] = {
    "exp": exponential, "log": logarithm, "abs": absolute, "sqrt": lambda p: power(p, Fraction(1, 2))}


def symbolic_power(base: Poly, exponent: Poly) -> Poly:
    """pᵉ for an exponent that is an expression; the whole part of its constant comes out."""
    value = as_number(exponent)
    if value is not None:
        return power(base, value)
    if base == ONE:
        return ONE
    if not base.terms:
        return of_atom(Atom("powx", base, exponent))
    fixed = exponent.terms.get((), 0)
    moving = collect((m, c) for m, c in exponent.terms.items() if m)
    if base == of_atom(Atom("fn", "exp", (ONE,))):
        return exponential(exponent)
    return multiply(power(base, fixed), of_atom(Atom("powx", base, moving)))


def open_function(name: str, order: int, argument: Poly) -> Poly:
    """f(p), f′(p), ... for a function left open."""
    return of_atom(Atom("open", name, order, argument))


def group(poly: Poly) -> Poly:
    """A sum kept together; not for comparing, since (a + b) c and a c + b c then differ."""
    if len(poly) < 2:
        return poly
    factor = content(poly)
    if sum(c < 0 for c in poly.terms.values()) * 2 > len(poly):
        factor = -factor
    return scale(of_atom(Atom("group", scale(poly, 1 / factor))), factor)


def where(condition: Poly, then: Poly, otherwise: Poly) -> Poly:
    """A case distinction kept together; not for comparing."""
    return then if then == otherwise else of_atom(Atom("where", condition, then, otherwise))


def relation(word: str, poly: Poly) -> Poly:
    """[p relation 0] as it was written; not for comparing."""
    return compare(word, poly) if as_number(poly) is not None else of_atom(Atom("rel", word, poly))


RULES.extend(MEETINGS)
REBUILD.update({"group": group, "rel": relation, "where": where,
    "comp": component, "delta": delta, "range": in_range, "cmp": compare, "fn": function, "open": open_function,
    "base": lambda poly: poly, "powx": symbolic_power, "letter": place_poly, "size": lambda letter: of_atom(Atom("size", letter)),
    "num": lambda p: of_atom(Atom("num", p)), "const": lambda name: of_atom(Atom("const", name)),
})
