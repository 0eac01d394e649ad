"""Index polynomials: Σ c · (product of sizes, indices, integer components), with integer c.

They are what subscripts, ranges and sizes are made of. A polynomial is a sorted tuple of (monomial, coefficient)
without zero coefficients; a monomial is a sorted tuple of letters. A letter is a tuple that starts with its kind:

    ("N", text)               a size; `text` is a symbolic size or floor((...)/k)
    ("i", name, size)         an index over a size, itself an index polynomial
    ("t", name, places, size, tensor)   a component of an integer tensor with values below that size

Plain tuples: compared, hashed and sorted by Python, because millions of them are.
"""
from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from math import gcd
from typing import Any

import sympy as sp

from symbackprop.language.tensors import Component, Dim, Index, Tensor

Letter = tuple[Any, ...]
Place = tuple[tuple[tuple[Letter, ...], int], ...]

ZERO: Place = ()
ONE: Place = (((), 1),)


def constant(number: int) -> Place:
    """The polynomial c."""
    return (((), number),) if number else ()


def single(letter: Letter) -> Place:
    """The polynomial that is one letter."""
    return (((letter,), 1),)


def add(*places: Place) -> Place:
    """p + q + ..."""
    total: dict[tuple[Letter, ...], int] = {}
    for place in places:
        for monomial, c in place:
            total[monomial] = total.get(monomial, 0) + c
    return tuple(sorted((m, c) for m, c in total.items() if c))


def scale(place: Place, factor: int) -> Place:
    """c · p."""
    return tuple((m, c * factor) for m, c in place) if factor else ()


def subtract(left: Place, right: Place) -> Place:
    """p − q."""
    return add(left, scale(right, -1))


def multiply(left: Place, right: Place) -> Place:
    """p · q."""
    if left == ONE:
        return right
    if right == ONE:
        return left
    return add(*((((tuple(sorted(a + b)), c * d)),) for a, c in left for b, d in right))


def power(place: Place, exponent: int) -> Place:
    """pᵉ for a natural number e."""
    result = ONE
    for _ in range(exponent):
        result = multiply(result, place)
    return result


def as_letter(place: Place) -> Letter | None:
    """The letter, where the polynomial is just one."""
    return place[0][0][0] if len(place) == 1 and place[0][1] == 1 and len(place[0][0]) == 1 else None


def as_constant(place: Place) -> int | None:
    """The number, where the polynomial is one."""
    if not place:
        return 0
    return place[0][1] if len(place) == 1 and not place[0][0] else None


@lru_cache(maxsize=50_000)
def free(place: Place) -> frozenset[Letter]:
    """The index letters in it, those in the subscripts of integer components included."""
    found: set[Letter] = set()
    for monomial, _ in place:
        for letter in monomial:
            if letter[0] == "i":
                found.add(letter)
            elif letter[0] == "t":
                found.update(*(free(p) for p in letter[2]))
    return frozenset(found)


def tensors(place: Place) -> frozenset[Tensor]:
    """The integer tensors in it."""
    found: set[Tensor] = set()
    for monomial, _ in place:
        for letter in monomial:
            if letter[0] == "t":
                found.add(letter[4])
                found.update(*(tensors(p) for p in letter[2]))
    return frozenset(found)


def substitute(place: Place, mapping: Mapping[Letter, Place]) -> Place:
    """p with index letters replaced by polynomials."""
    if not any(letter in mapping for letter in free(place)):
        return place
    return add(*(scale(_monomial(m, mapping), c) for m, c in place))


def _monomial(monomial: tuple[Letter, ...], mapping: Mapping[Letter, Place]) -> Place:
    result = ONE
    for letter in monomial:
        result = multiply(result, _letter(letter, mapping))
    return result


def _letter(letter: Letter, mapping: Mapping[Letter, Place]) -> Place:
    if letter in mapping:
        return mapping[letter]
    if letter[0] == "t":
        return single((*letter[:2], tuple(substitute(p, mapping) for p in letter[2]), *letter[3:]))
    return single(letter)


def solve(place: Place, letter: Letter) -> Place | None:
    """The polynomial q without the letter such that p = 0 exactly where letter = q; None where p isn't ±letter + rest."""
    rest: list[tuple[tuple[Letter, ...], int]] = []
    sign = 0
    for monomial, c in place:
        if monomial == (letter,):
            sign = c
        elif letter in free(((monomial, 1),)):
            return None
        else:
            rest.append((monomial, c))
    return scale(tuple(rest), -sign) if sign in (1, -1) else None


def primitive(place: Place) -> Place:
    """p over the gcd of its coefficients, the first one positive: p and this one are 0 at the same places."""
    if not place:
        return place
    divisor = gcd(*(c for _, c in place))
    return tuple((m, c // divisor) for m, c in place) if place[0][1] > 0 else tuple((m, -c // divisor) for m, c in place)


def fresh_name(like: str, taken: set[str]) -> str:
    """A name for a dummy that is not among those taken, which it joins."""
    name = next(n for n in (f"{like}~{k}" for k in count()) if n not in taken)
    taken.add(name)
    return name


# ---- ranges -----------------------------------------------------------------------------------------------------

def size_of(letter: Letter) -> Place:
    """The size that an index or an integer component stays below."""
    size: Place = letter[3] if letter[0] == "t" else letter[2]
    return size


@lru_cache(maxsize=50_000)
def in_range(place: Place, size: Place) -> bool:
    """Whether 0 ≤ p < size is known for all values of its letters."""
    return never_negative(place) and never_negative(subtract(subtract(size, ONE), place))


@lru_cache(maxsize=50_000)
def never_negative(place: Place) -> bool:
    """Whether p ≥ 0 is known: each index goes to its least favourable end, each size N ≥ 1."""
    letter = next((each for m, _ in place for each in m if each[0] in "it"), None)
    if letter is None:
        return _sizes_never_negative(place)
    signs = {c > 0 for m, c in place if letter in m}
    if len(signs) > 1:  # neither end is the least favourable one
        return False
    return never_negative(_replace(place, letter, ZERO if signs.pop() else subtract(size_of(letter), ONE)))


def _replace(place: Place, letter: Letter, value: Place) -> Place:
    return add(*(scale(_product(m, letter, value), c) for m, c in place))


def _product(monomial: tuple[Letter, ...], letter: Letter, value: Place) -> Place:
    result = ONE
    for each in monomial:
        result = multiply(result, value if each == letter else single(each))
    return result


def _sizes_never_negative(place: Place) -> bool:
    for monomial, c in place:
        if len(monomial) == 1 and monomial[0][1].startswith("floor") and c < 0:
            numerator, divisor = _FLOORS[monomial[0][1]]
            if c % divisor == 0:  # floor(a/k)·k ≤ a
                return never_negative(add(_replace(place, monomial[0], ZERO), scale(numerator, c // divisor)))
    return all(c >= 0 for m, c in _shifted(place))


def _shifted(place: Place) -> Place:
    # In N = 1 + N′ with N′ ≥ 0, a polynomial without negative coefficients is nowhere negative.
    letters = {letter for m, _ in place for letter in m if not letter[1].startswith("floor")}
    for letter in letters:
        place = _replace(place, letter, add(single((*letter, "'")), ONE))
    return place


# ---- SymPy ------------------------------------------------------------------------------------------------------

_FLOORS: dict[str, tuple[Place, int]] = {}
_FLOOR_EXPRESSIONS: dict[str, sp.Expr] = {}


class NotAPlace(ValueError):
    """The expression is no integer polynomial in sizes, indices and integer components."""


@lru_cache(maxsize=50_000)
def place(expression: sp.Expr) -> Place:
    """The polynomial of an index expression. Raises NotAPlace for anything else."""
    match expression:
        case sp.Integer():
            return constant(int(expression))
        case Index():
            return single(index_letter(expression))
        case Dim():
            return single(("N", expression.name))
        case Component() if expression.tensor.below is not None:
            tensor = expression.tensor
            return single(("t", tensor.name, tuple(map(place, expression.indices)), place(tensor.below), tensor))
        case sp.Add():
            return add(*map(place, expression.args))
        case sp.Mul():
            result = ONE
            for factor in expression.args:
                result = multiply(result, place(factor))
            return result
        case sp.Pow(base=base, exp=sp.Integer() as exponent) if exponent > 0:
            return power(place(base), int(exponent))
        case sp.floor():
            return single(_floor_letter(expression))
    raise NotAPlace(f"{expression} is no subscript: it should be made of indices, sizes, whole numbers and integer tensors")


def index_letter(index: Index) -> Letter:
    """The letter of an index."""
    return ("i", index.name, place(index.size))


def _floor_letter(expression: sp.Expr) -> Letter:
    inside = expression.args[0]
    divisor = int(sp.ilcm(1, *(sp.Rational(c).q for c in inside.as_coefficients_dict().values())))
    text = f"floor({inside})"
    _FLOORS[text] = (place(sp.expand(inside * divisor)), divisor)
    _FLOOR_EXPRESSIONS[text] = expression
    return ("N", text)


def expression(place: Place) -> sp.Expr:
    """The index expression of a polynomial."""
    return sp.Add(*(c * sp.Mul(*map(_letter_expression, m)) for m, c in place))


def _letter_expression(letter: Letter) -> sp.Expr:
    match letter:
        case ("N", text):
            return _FLOOR_EXPRESSIONS[text] if text in _FLOOR_EXPRESSIONS else Dim(text)
        case ("i", name, size):
            return Index(name, expression(size))
        case ("t", _, places, _, tensor):
            return Component(tensor, *map(expression, places))
    raise AssertionError(letter)
