"""What happens when factors meet.

    xᵃ xᵇ = xᵃ⁺ᵇ      exp(a) exp(b) = exp(a + b)      [c][c] = [c]      [a > 0][a = 0] = 0
    δ(i, j) f(j) = δ(i, j) f(i)                       (a + b)^½ (a + b)^½ = a + b
    [0 ≤ p < N] x[p] = x[p], where x has that axis, since x reads 0 elsewhere

Each rule looks at the factors with their exponents and gives the simpler product, or None.
"""
from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from symbackprop.algebra import places
from symbackprop.algebra.places import Letter, Place
from symbackprop.algebra.powers import power
from symbackprop.algebra.products import REBUILD, multiply, normal, product
from symbackprop.algebra.signs import axes, implied, is_contradiction, poly_is_positive
from symbackprop.algebra.substituting import substitute
from symbackprop.algebra.terms import INDICATORS, ZERO, Atom, Number, Poly, add, in_order, of_atom, scale


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
    supports = {s for a, e in exponents.items() for s in _supports(a, e)}
    if _are_apart(supports):
        return ZERO
    for atom in exponents:
        if atom.kind == "range" and (reads_zero_outside(exponents, *atom.parts) or _is_tied(exponents, *atom.parts)):
            return _rest(exponents, atom)
    return None


def _are_apart(supports: set[tuple[Place, Place]]) -> bool:
    # [0 ≤ k − H < H] [0 ≤ k − 2H < H] = 0, and so for what reads 0 out of its range
    return len(supports) > 1 and any(
        places.never_negative(places.subtract(places.subtract(p, q), size)) for p, size in supports for q, _ in supports if p != q)


def _supports(atom: Atom, e: Number) -> frozenset[tuple[Place, Place]]:
    return _support(atom) if e > 0 or atom.kind == "range" else frozenset()


@lru_cache(maxsize=50_000)
def _support(atom: Atom) -> frozenset[tuple[Place, Place]]:
    """The places, with their sizes, out of whose range the factor is 0: i − 1 and N of x[i−1], of Σ_j x[i−1,j] y[j] too."""
    if atom.kind == "range":
        return frozenset((atom.parts,))
    if atom.kind == "comp" and not atom.parts[0].initial:
        return frozenset(filter(_may_leave, zip(atom.parts[1], axes(atom.parts[0].sizes), strict=True)))
    if atom.kind == "sum":
        inside = (s for a, e in atom.parts[1] for s in _supports(a, e))
        return frozenset((p, size) for p, size in inside if places.free(p) <= atom.free)
    return frozenset()


def _may_leave(subscript: tuple[Place, Place]) -> bool:
    letter = places.as_letter(subscript[0])
    return letter is None or letter[0] == "N" or places.size_of(letter) != subscript[1]


def _is_tied(exponents: Mapping[Atom, Number], place: Place, size: Place) -> bool:
    # δ(i, d) [0 ≤ d < N] = δ(i, d), where i stays below N anyway; δ(i, 2d) [0 ≤ 2d < N] = δ(i, 2d) likewise
    for delta in (a.parts[0] for a in exponents if a.kind == "delta"):
        if any(places.in_range(made, size) for made in (places.add(place, delta), places.subtract(place, delta))):
            return True
        for letter in places.free(delta) & places.free(place):
            solution = places.solve(delta, letter)
            if solution is not None and places.in_range(places.substitute(place, {letter: solution}), size):
                return True
    return False


def reads_zero_outside(exponents: Mapping[Atom, Number], place: Place, size: Place) -> bool:
    """Whether some factor is 0 where the place is out of range: a component that has it as a subscript on an axis of that size."""
    return any((place, size) in _supports(a, e) for a, e in exponents.items() if a.kind != "range")


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


MEETINGS = (_idempotent, _exponentials, _symbolic_powers, _roots_of_primes, _whole_powers, _even_powers, _contradictions, _ranges, _deltas)
"""Tried in this order."""
