"""Polynomials over factors: Σ c · Π factorᵉ, with rational c and e; equal polynomials are equal objects.

A factor is an `Atom`: a component x[n,d], a size, a delta, a range, a comparison, a function of polynomials, a
power's base, or a whole sum Σ_d (...) over indices that occur nowhere else. So a term has no bound indices
of its own, and (Σ_d a)² / Σ_d a cancels like any power.

    comp   tensor, places            x[n, i+p]; reads 0 out of range
    size   letter                    N            letter  letter      an index used as a number
    delta  place                     [place = 0]  range   place, size [0 ≤ place < size]
    cmp    relation, poly            [poly > 0] or [poly = 0]
    fn     name, polys               a function;  open name, order, poly: a function left open
    base   poly                      what a power that can't be multiplied out is a power of
    group  poly                      a sum of terms kept together, for display only: it equals its polynomial
    where  poly, poly, poly          a case distinction kept together, for display only
    rel    relation, poly            [poly relation 0] for any relation, for display only
    powx   poly, poly                a power whose exponent is an expression
    num    prime                     a prime, under a root
    const  name                      π, Step(0), sign(0)
    sum    dummies, monomial         prod, max   dummies, poly
    argmax dummies, poly, places     inv dummies, poly, places    logdet, det  dummies, poly
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symbackprop.algebra import places
from symbackprop.algebra.places import Letter, Place
from symbackprop.language.tensors import Tensor

Number = int | Fraction
INDICATORS = frozenset(("delta", "range", "cmp", "rel", "argmax"))


class Atom:
    """A factor. `height` counts the nesting of binders, `free` has the index letters that are not bound in it."""

    __slots__ = ("_hash", "_key", "free", "height", "kind", "parts")

    def __init__(self, kind: str, *parts: Any) -> None:
        self.kind, self.parts = kind, parts
        self._hash = hash((kind, parts))
        self._key: tuple[Any, ...] | None = None
        self.free, self.height = _scope(kind, parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Atom) and self._hash == other._hash
                                 and self.kind == other.kind and self.parts == other.parts)

    @property
    def key(self) -> tuple[Any, ...]:
        """Nested tuples that order atoms in the same way in every run."""
        if self._key is None:
            self._key = (self.kind, tuple(map(_sort_key, SCHEMA[self.kind], self.parts)))
        return self._key

    def __repr__(self) -> str:
        return f"{self.kind}{self.parts}"


Monomial = tuple[tuple[Atom, Number], ...]


class Poly:
    """Σ coefficient · monomial, as a dictionary that nobody changes."""

    __slots__ = ("_hash", "_key", "_tensors", "terms")

    def __init__(self, terms: dict[Monomial, Number]) -> None:
        self.terms = terms
        self._tensors: frozenset[Tensor] | None = None
        self._hash: int | None = None
        self._key: tuple[Any, ...] | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Poly) and self.terms == other.terms)

    def __iter__(self) -> Iterator[tuple[Monomial, Number]]:
        return iter(self.terms.items())

    def __len__(self) -> int:
        return len(self.terms)

    @property
    def key(self) -> tuple[Any, ...]:
        """Nested tuples that order polynomials in the same way in every run."""
        if self._key is None:
            self._key = tuple(sorted((monomial_key(m), c) for m, c in self.terms.items()))
        return self._key

    @property
    def free(self) -> frozenset[Letter]:
        """The index letters that are not bound in it."""
        return frozenset().union(*(a.free for m in self.terms for a, _ in m))

    @property
    def tensors(self) -> frozenset[Tensor]:
        """The tensors in it."""
        if self._tensors is None:
            self._tensors = frozenset().union(*(tensors_of(a) for m in self.terms for a, _ in m))
        return self._tensors

    @property
    def height(self) -> int:
        """The nesting of binders."""
        return max((a.height for m in self.terms for a, _ in m), default=0)

    def sorted(self) -> list[tuple[Monomial, Number]]:
        """The terms in their order."""
        return sorted(self.terms.items(), key=lambda item: monomial_key(item[0]))

    def __repr__(self) -> str:
        return f"Poly({self.terms})"


def monomial_key(monomial: Monomial) -> tuple[Any, ...]:
    """The sort key of a monomial."""
    return tuple((a.key, e) for a, e in monomial)


SCHEMA: dict[str, tuple[str, ...]] = {
    "comp": ("tensor", "places"), "size": ("size",), "letter": ("letter",), "delta": ("place",), "range": ("place", "place"),
    "cmp": ("word", "poly"), "fn": ("word", "polys"), "open": ("word", "word", "poly"), "base": ("poly",),
    "group": ("poly",), "where": ("poly", "poly", "poly"), "rel": ("word", "poly"),
    "powx": ("poly", "poly"), "num": ("word",), "const": ("word",), "sum": ("dummies", "monomial"), "prod": ("dummies", "poly"),
    "max": ("dummies", "poly"), "argmax": ("dummies", "poly", "places"), "inv": ("dummies", "poly", "places"),
    "logdet": ("dummies", "poly"), "det": ("dummies", "poly"),
}
"""What the parts of each kind of factor are."""


def _sort_key(what: str, part: Any) -> Any:
    match what:
        case "tensor":
            return part.name
        case "poly":
            return part.key
        case "polys":
            return tuple(p.key for p in part)
        case "monomial":
            return monomial_key(part)
    return part


def _free(what: str, part: Any) -> frozenset[Letter]:
    match what:
        case "place":
            return places.free(part)
        case "places":
            return frozenset().union(*map(places.free, part))
        case "letter":
            return places.free(places.single(part))
        case "poly":
            found: frozenset[Letter] = part.free
            return found
        case "polys":
            return frozenset().union(*(p.free for p in part))
        case "monomial":
            return frozenset().union(*(a.free for a, _ in part))
    return frozenset()


def _height(what: str, part: Any) -> int:
    match what:
        case "poly":
            height: int = part.height
            return height
        case "polys":
            heights: list[int] = [p.height for p in part]
            return max(heights, default=0)
        case "monomial":
            return max([int(a.height) for a, _ in part])
    return 0


def _scope(kind: str, parts: tuple[Any, ...]) -> tuple[frozenset[Letter], int]:
    what = SCHEMA[kind]
    free = [_free(w, p) for w, p in zip(what, parts, strict=True)]
    height = max(_height(w, p) for w, p in zip(what, parts, strict=True))
    if what[0] != "dummies":
        return frozenset().union(*free), height
    return (free[1] - set(parts[0])).union(*free[2:]), height + 1


@lru_cache(maxsize=50_000)
def tensors_of(atom: Atom) -> frozenset[Tensor]:
    """The tensors in a factor, those in its subscripts included."""
    found: set[Tensor] = {atom.parts[0]} if atom.kind == "comp" else set()
    for what, part in zip(SCHEMA[atom.kind], atom.parts, strict=True):
        match what:
            case "place" | "places" | "letter":
                for place in part if what == "places" else [part] if what == "place" else [places.single(part)]:
                    found |= places.tensors(place)
            case "poly":
                found |= part.tensors
            case "polys":
                found.update(*(p.tensors for p in part))
            case "monomial":
                found.update(*(tensors_of(a) for a, _ in part))
    return frozenset(found)


# ---- arithmetic -------------------------------------------------------------------------------------------------

ZERO = Poly({})
ONE = Poly({(): 1})


def number(value: Number) -> Poly:
    """The polynomial c."""
    return Poly({(): tidy(value)}) if value else ZERO


def absolute(value: Number) -> Number:
    """|c|."""
    return value if value >= 0 else -value


def tidy(value: Number) -> Number:
    """An int where the number is whole."""
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def of_atom(atom: Atom, exponent: Number = 1) -> Poly:
    """The polynomial atomᵉ."""
    return Poly({((atom, tidy(exponent)),): 1})


def as_number(poly: Poly) -> Number | None:
    """The number, where the polynomial is one."""
    if not poly.terms:
        return 0
    return poly.terms.get(()) if len(poly.terms) == 1 else None


def add(*polys: Poly) -> Poly:
    """p + q + ..."""
    total: dict[Monomial, Number] = {}
    for poly in polys:
        for monomial, c in poly.terms.items():
            total[monomial] = total.get(monomial, 0) + c
    return collect(total.items())


def collect(items: Iterable[tuple[Monomial, Number]]) -> Poly:
    """The polynomial of distinct monomials with their coefficients, zeros left out."""
    return Poly({m: tidy(c) for m, c in items if c})


def scale(poly: Poly, factor: Number) -> Poly:
    """c · p."""
    if factor == 1:
        return poly
    return collect((m, c * factor) for m, c in poly.terms.items())


def negative(poly: Poly) -> Poly:
    """−p."""
    return scale(poly, -1)


def subtract(left: Poly, right: Poly) -> Poly:
    """p − q."""
    return add(left, negative(right))


def place_poly(place: Place) -> Poly:
    """An index polynomial used as a number."""
    total = [Poly({_letters(m): c}) for m, c in place]
    return add(*total)


def _letters(monomial: tuple[Letter, ...]) -> Monomial:
    counts: dict[Atom, int] = {}
    for letter in monomial:
        atom = Atom("size" if letter[0] == "N" else "letter", letter)
        counts[atom] = counts.get(atom, 0) + 1
    return in_order(counts)


def in_order(exponents: dict[Atom, Any]) -> Monomial:
    """The monomial of factors with their exponents, sorted, exponents 0 left out."""
    found = [(a, e) for a, e in exponents.items() if e]
    return tuple(found) if len(found) < 2 else tuple(sorted(found, key=lambda item: item[0].key))
