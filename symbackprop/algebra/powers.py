"""Powers of polynomials, what all terms of one have in common, and functions of one by cases.

    (4 x y²)^½ = 2 |y| x^½      (x a + x b)⁻¹ = x⁻¹ (a + b)⁻¹      f(c p) = c f(p) + (1 − c) f(0) for an indicator c
"""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any

import sympy as sp

from symbackprop.algebra.products import REBUILD, met, multiply, normal, product
from symbackprop.algebra.signs import is_positive
from symbackprop.algebra.terms import (
    INDICATORS,
    ONE,
    ZERO,
    Atom,
    Monomial,
    Number,
    Poly,
    absolute,
    add,
    in_order,
    monomial_key,
    of_atom,
    scale,
    tidy,
)

MOST_EXPANDED = 400
"""A power that would have more terms than this stays a power."""


def power(poly: Poly, exponent: Number) -> Poly:
    """pᵉ for rational e. A root is taken apart only where the signs of its factors are known."""
    exponent = tidy(exponent)
    if exponent == 1:
        return poly
    if exponent == 0:
        return ONE
    if not poly.terms:
        if exponent < 0:
            raise ZeroDivisionError("a power of 0 with a negative exponent")
        return ZERO
    if len(poly) == 1:
        (monomial, c), = poly.terms.items()
        return _power_of_product(monomial, c, exponent)
    if isinstance(exponent, int) and exponent > 0 and len(poly) ** exponent <= MOST_EXPANDED:
        return multiply(poly, power(poly, exponent - 1))
    return _power_of_sum(poly, exponent)


def _power_of_product(monomial: Monomial, c: Number, exponent: Number) -> Poly:
    if isinstance(exponent, int):
        return scale(normal({a: e * exponent for a, e in monomial}), Fraction(c) ** exponent)
    known: dict[Atom, Number] = {a: e for a, e in monomial if is_positive(a) or (len(monomial) == 1 and c > 0 and e % 2 == 1)}
    if c > 0 and len(monomial) - len(known) == 1:
        # Positive factors taken out, the root of what is left is the root of one factor: √(N x) = √N √x.
        known.update({a: e for a, e in monomial if e % 2 == 1})
    left: dict[Atom, Number] = {a: e for a, e in monomial if a not in known}
    outside = normal({a: tidy(e * exponent) for a, e in known.items()})
    if not left and c > 0:
        return multiply(outside, root_of_number(c, exponent))
    inside = Poly({in_order(left): 1 if c > 0 else -1})
    root = _even_root(left, exponent) if c > 0 else None
    return product(outside, root_of_number(absolute(c), exponent), root or normal({Atom("base", inside): exponent}))


def _even_root(left: dict[Atom, Number], exponent: Number) -> Poly | None:
    # (x²)^½ = |x|
    if any(e % 2 for e in left.values()):
        return None
    inside = normal({a: e // 2 for a, e in left.items()})
    return power(REBUILD["fn"]("abs", (inside,)), 2 * exponent)


def root_of_number(c: Number, exponent: Number) -> Poly:
    """cᵉ for c > 0, with primes under roots."""
    factors: dict[Atom, Number] = {}
    for prime, e in sp.factorrat(sp.Rational(Fraction(c).numerator, Fraction(c).denominator)).items():
        factors[Atom("num", int(prime))] = tidy(int(e) * exponent)
    return normal(factors)


def _power_of_sum(poly: Poly, exponent: Number) -> Poly:
    split = by_cases(poly, lambda p: power(p, exponent) if p.terms else _never(exponent))
    if split is not None:
        return split
    outside, inside = primitive(poly, positive_only=not isinstance(exponent, int))
    atom = Atom("base", inside)
    root = of_atom(atom, exponent) if isinstance(exponent, int) else normal({atom: exponent})
    (monomial, c), = outside.terms.items()
    if c < 0:  # only for whole exponents
        return scale(product(power(scale(outside, -1), exponent), root), -1 if exponent % 2 else 1)
    return multiply(_power_of_product(monomial, c, exponent), root) if monomial or c != 1 else root


def _never(exponent: Number) -> Poly:
    # 0ᵉ, which for e < 0 has no value.
    return ZERO if exponent > 0 else of_atom(Atom("base", ZERO), exponent)


@lru_cache(maxsize=20_000)
def primitive(poly: Poly, positive_only: bool = False) -> tuple[Poly, Poly]:
    """(q, r) with p = q · r: q one term with all common factors, r without any; with a sign and exponentials settled.

    With `positive_only`, q is known to be positive.
    """
    outside, reduced = ONE, poly
    for _ in range(MOST_ROUNDS):
        common = _common(reduced, positive_only)
        taken = multiply(outside, normal(common))
        if not common or len(taken) != 1:
            break
        outside, reduced = taken, met(reduced, {a: -e for a, e in common.items()})
    shift = _exponential_shift(reduced)
    reduced = multiply(reduced, shift)
    factor = content(reduced)
    if not positive_only and reduced.sorted()[0][1] < 0:
        factor = -factor
    return multiply(scale(outside, factor), power(shift, -1)), scale(reduced, 1 / factor)


MOST_ROUNDS = 4
"""What is left when factors are taken out can have new ones: b^(5/3) leaves b^(2/3) and b multiplied out."""


def _common(poly: Poly, positive_only: bool) -> dict[Atom, Number]:
    monomials = [dict(m) for m in poly.terms]
    atoms = {a for m in monomials for a in m if not _is_exponential(a) and not (positive_only and not is_positive(a))}
    lowest = {a: min(m.get(a, 0) for m in monomials) for a in atoms}
    return {a: e for a, e in lowest.items() if e}


def _is_exponential(atom: Atom) -> bool:
    return atom.kind == "fn" and atom.parts[0] == "exp"


MOST_SHIFTED = 24
"""Of sums of more terms than this no exponential is taken out."""


def _exponential_shift(poly: Poly) -> Poly:
    # 1 + eˣ and e⁻ˣ + 1 are one another's multiples: choose by order which exponential to divide by.
    arguments = [next((a.parts[1][0] for a, _ in m if _is_exponential(a)), ZERO) for m in poly.terms]
    if not any(a.terms for a in arguments) or len(arguments) > MOST_SHIFTED:
        return ONE
    shifts = [REBUILD["fn"]("exp", (scale(a, -1),)) for a in arguments]
    return min(shifts, key=lambda s: _order(multiply(poly, s)))


def _order(poly: Poly) -> tuple[Any, ...]:
    # The same for every multiple of a polynomial by a number.
    terms = poly.sorted()
    return tuple((monomial_key(m), Fraction(c) / terms[0][1]) for m, c in terms)


def content(poly: Poly) -> Fraction:
    """The largest rational number that leaves whole coefficients without a common divisor."""
    found = [Fraction(c) for c in poly.terms.values()]
    return Fraction(gcd(*(c.numerator for c in found)), lcm(*(c.denominator for c in found)))


# ---- cases -------------------------------------------------------------------------------------------------------

MOST_CASES = 3
"""With more indicators than this inside, a function stays one."""


def by_cases(poly: Poly, build: Callable[[Poly], Poly]) -> Poly | None:
    """f(p) = c f(p at c = 1) + (1 − c) f(p at c = 0) for an indicator c in p, None where there is none (or too many)."""
    if not any(a.kind in INDICATORS for m in poly.terms for a, _ in m):
        return None
    found = {a: e for m in poly.terms for a, e in m if a.kind in INDICATORS}
    if len(found) > MOST_CASES or any(e < 0 or a.kind == "rel" for a, e in found.items()):
        return None
    c = min(found, key=lambda a: a.key)
    zero = Poly({m: k for m, k in poly.terms.items() if all(a is not c and a != c for a, _ in m)})
    one = add(*(Poly({tuple((a, e) for a, e in m if a != c): k}) for m, k in poly.terms.items()))
    inside = of_atom(c)
    return add(multiply(inside, build(one)), build(zero), scale(multiply(inside, build(zero)), -1))
