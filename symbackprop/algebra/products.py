"""Products and powers of polynomials, and what happens when factors meet.

    xᵃ xᵇ = xᵃ⁺ᵇ      exp(a) exp(b) = exp(a + b)      [c][c] = [c]      [a > 0][a = 0] = 0
    δ(i, j) f(j) = δ(i, j) f(i)                       (a + b)^½ (a + b)^½ = a + b
    [0 ≤ p < N] x[p] = x[p], where x has that axis, since x reads 0 elsewhere
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any

import sympy as sp

from symbackprop.algebra import places
from symbackprop.algebra.places import Letter, Place
from symbackprop.algebra.signs import axes, implied, is_contradiction, is_positive, poly_is_positive
from symbackprop.algebra.terms import (
    INDICATORS,
    ONE,
    SCHEMA,
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

SPECIAL = INDICATORS | {"fn", "powx", "num", "base", "const"}
Rebuild = Callable[..., Poly]
REBUILD: dict[str, Rebuild] = {}
"""For each kind of factor that others make, the function that builds it from its parts."""


def multiply(left: Poly, right: Poly) -> Poly:
    """p · q."""
    if left is ONE or right is ONE:
        return right if left is ONE else left
    total: dict[Monomial, Number] = {}
    rest: list[Poly] = []
    for m1, c1 in left.terms.items():
        for m2, c2 in right.terms.items():
            product = _merge(m1, m2)
            if isinstance(product, Poly):
                rest.append(scale(product, c1 * c2))
            else:
                total[product] = total.get(product, 0) + c1 * c2
    made = Poly({m: tidy(c) for m, c in total.items() if c})
    return add(made, *rest) if rest else made


def product(*polys: Poly) -> Poly:
    """p · q · ..."""
    result = ONE
    for poly in polys:
        result = multiply(result, poly)
    return result


def _merge(left: Monomial, right: Monomial) -> Monomial | Poly:
    if not left or not right:
        return left or right
    exponents: dict[Atom, Number] = dict(left)
    special = any(a.kind in SPECIAL for a in exponents)
    for atom, e in right:
        special = special or atom.kind in SPECIAL
        exponents[atom] = tidy(exponents.get(atom, 0) + e)
    return normal(exponents) if special else in_order(exponents)


def met(poly: Poly, exponents: Mapping[Atom, Number]) -> Poly:
    """p · Π atomᵉ where factors meet before any is multiplied out: (a + b)² would no longer cancel (a + b)⁻²."""
    if not exponents:
        return poly
    return add(*(scale(normal(_sum_of(dict(m), exponents)), c) for m, c in poly.terms.items()))


def _sum_of(left: dict[Atom, Number], right: Mapping[Atom, Number]) -> dict[Atom, Number]:
    return left | {a: tidy(left.get(a, 0) + e) for a, e in right.items()}


@lru_cache(maxsize=20_000)
def _normal(items: frozenset[tuple[Atom, Number]]) -> Poly:
    exponents = dict(items)
    for rule in RULES:
        made = rule(exponents)
        if made is not None:
            return made
    return Poly({in_order(exponents): 1})


def normal(exponents: Mapping[Atom, Number]) -> Poly:
    """Π atomᵉ with every rule applied."""
    return _normal(frozenset((a, e) for a, e in exponents.items() if e))


# ---- the rules: each looks at the factors and gives the simpler product, or None ---------------------------------

def _rest(exponents: dict[Atom, Number], *gone: Atom) -> Poly:
    return normal({a: e for a, e in exponents.items() if a not in gone})


def _idempotent(exponents: dict[Atom, Number]) -> Poly | None:
    if all(e in (1, -1) for a, e in exponents.items() if a.kind in INDICATORS):
        return None
    return normal({a: ((1 if e > 0 else -1) if a.kind in INDICATORS else e) for a, e in exponents.items()})


def _exponentials(exponents: dict[Atom, Number]) -> Poly | None:
    found = [(a, e) for a, e in exponents.items() if a.kind == "fn" and a.parts[0] == "exp"]
    if len(found) < 2 and all(e == 1 for _, e in found):
        return None
    total = add(*(scale(a.parts[1][0], e) for a, e in found))
    return multiply(_rest(exponents, *(a for a, _ in found)), REBUILD["fn"]("exp", (total,)))


def _symbolic_powers(exponents: dict[Atom, Number]) -> Poly | None:
    # √(xᵏ) is x^(k/2) only where x > 0: at x = −1 and k = 2 they are 1 and −1.
    found = [(a, e) for a, e in exponents.items() if a.kind == "powx" and (isinstance(e, int) or poly_is_positive(a.parts[0]))]
    bases = {a.parts[0] for a, _ in found}
    if len(bases) == len(found) and all(e == 1 for _, e in found):
        return None
    powers = [REBUILD["powx"](b, add(*(scale(a.parts[1], e) for a, e in found if a.parts[0] == b))) for b in bases]
    return product(_rest(exponents, *(a for a, _ in found)), *powers)


def _roots_of_primes(exponents: dict[Atom, Number]) -> Poly | None:
    for atom, e in exponents.items():
        if atom.kind == "num" and not 0 < e < 1:
            whole = e.__floor__()
            return scale(normal({**exponents, atom: e - whole}), Fraction(atom.parts[0]) ** whole)
    return None


def _whole_powers(exponents: dict[Atom, Number]) -> Poly | None:
    for atom, e in exponents.items():
        if atom.kind == "base" and (e >= 1 or e.denominator == 1):
            whole = e.__floor__()
            expanded = power(atom.parts[0], whole)
            if expanded != of_atom(atom, whole):  # else it has too many terms
                return multiply(normal({**exponents, atom: e - whole}), expanded)
    return None


def _even_powers(exponents: dict[Atom, Number]) -> Poly | None:
    # |a|² = a²
    for atom, e in exponents.items():
        if atom.kind == "fn" and atom.parts[0] == "abs" and e % 2 == 0:
            return multiply(_rest(exponents, atom), power(atom.parts[1][0], e))
    return None


def _contradictions(exponents: dict[Atom, Number]) -> Poly | None:
    if is_contradiction(exponents):
        return ZERO
    weak = implied(exponents)
    return None if weak is None else _rest(exponents, weak)


def _ranges(exponents: dict[Atom, Number]) -> Poly | None:
    for atom in exponents:
        if atom.kind == "range" and (reads_zero_outside(exponents, *atom.parts) or _is_tied(exponents, *atom.parts)):
            return _rest(exponents, atom)
    return None


def _is_tied(exponents: Mapping[Atom, Number], place: Place, size: Place) -> bool:
    # δ(i, d) [0 ≤ d < N] = δ(i, d), where i stays below N anyway
    for delta in (a.parts[0] for a in exponents if a.kind == "delta"):
        for letter in places.free(delta) & places.free(place):
            solution = places.solve(delta, letter)
            if solution is not None and places.in_range(places.substitute(place, {letter: solution}), size):
                return True
    return False


def reads_zero_outside(exponents: Mapping[Atom, Number], place: Place, size: Place) -> bool:
    """Whether some factor is a component subscripted by `place` on an axis of that size."""
    return any(a.kind == "comp" and e > 0 and not a.parts[0].initial
               and (place, size) in zip(a.parts[1], axes(a.parts[0].sizes), strict=True)
               for a, e in exponents.items())


def _deltas(exponents: dict[Atom, Number]) -> Poly | None:
    for atom in exponents:
        if atom.kind == "delta":
            letter, solution = _eliminated(atom.parts[0])
            if letter is not None and any(letter in a.free for a in exponents if a is not atom):
                rest = substitute(_monomial({a: e for a, e in exponents.items() if a is not atom}), {letter: solution})
                return multiply(rest, of_atom(atom))
    return None


def _monomial(exponents: dict[Atom, Number]) -> Poly:
    return Poly({in_order(exponents): 1})


@lru_cache(maxsize=20_000)
def _eliminated(place: Place) -> tuple[Letter | None, Place]:
    # Always the same letter, or two rules would undo each other for ever.
    for letter in sorted(places.free(place), reverse=True):
        solution = places.solve(place, letter)
        if solution is not None:
            return letter, solution
    return None, places.ZERO


RULES = (_idempotent, _exponentials, _symbolic_powers, _roots_of_primes, _whole_powers, _even_powers, _contradictions, _ranges, _deltas)


# ---- substitution of index letters -------------------------------------------------------------------------------

def substitute(poly: Poly, mapping: Mapping[Letter, Place]) -> Poly:
    """p with index letters replaced by index polynomials, everywhere they are free."""
    if not any(letter in mapping for letter in poly.free):
        return poly
    return add(*(scale(_substituted(m, mapping), c) for m, c in poly.terms.items()))


def _substituted(monomial: Monomial, mapping: Mapping[Letter, Place]) -> Poly:
    result, kept = ONE, {}
    for atom, e in monomial:
        if any(letter in mapping for letter in atom.free):
            result = multiply(result, power(rebuilt(atom, mapping), e))
        else:
            kept[atom] = e
    return multiply(normal(kept), result)


def rebuilt(atom: Atom, mapping: Mapping[Letter, Place]) -> Poly:
    """The factor with index letters replaced, built anew so that all its rules apply."""
    return _rebuilt(atom, tuple((k, v) for k, v in mapping.items() if k in atom.free))


@lru_cache(maxsize=50_000)
def _rebuilt(atom: Atom, pairs: tuple[tuple[Letter, Place], ...]) -> Poly:
    inside = dict(pairs)
    what = SCHEMA[atom.kind]
    if what[0] == "dummies":
        return _rebuilt_binder(atom, inside)
    return REBUILD[atom.kind](*(_part(w, p, inside) for w, p in zip(what, atom.parts, strict=True)))


def _rebuilt_binder(atom: Atom, inside: Mapping[Letter, Place]) -> Poly:
    # A dummy that stands in what comes into its scope gets another name: Σ_j A[i,j] at i = j is Σ_k A[j,k].
    dummies, part, *rest = atom.parts
    body = part if isinstance(part, Poly) else Poly({part: 1})
    coming = frozenset().union(*map(places.free, inside.values()))
    mapping = {k: v for k, v in inside.items() if k not in dummies}
    if not coming.isdisjoint(dummies):
        taken = {letter[1] for letter in (*coming, *dummies, *body.free)}
        names = {d: ("i", places.fresh_name(d[1], taken), d[2]) for d in dummies}
        mapping.update({d: places.single(n) for d, n in names.items()})
        dummies = tuple(names.values())
    return REBUILD[atom.kind](dummies, substitute(body, mapping), *(_part("places", p, inside) for p in rest))


def _part(what: str, part: Any, mapping: Mapping[Letter, Place]) -> Any:
    match what:
        case "place":
            return places.substitute(part, mapping)
        case "places":
            return tuple(places.substitute(p, mapping) for p in part)
        case "letter":
            return places.substitute(places.single(part), mapping)
        case "poly":
            return substitute(part, mapping)
        case "polys":
            return tuple(substitute(p, mapping) for p in part)
        case "monomial":
            return _substituted(part, mapping)
    return part


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


# ---- powers ------------------------------------------------------------------------------------------------------

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
    return product(outside, root_of_number(absolute(c), exponent), root or of_atom(Atom("base", inside), exponent))


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
