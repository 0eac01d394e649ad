"""Cancelling in fractions: with D = m + r, each m/D is 1 − r/D.

    p/(1 − p) = 1/(1 − p) − 1        eˣ/(1 + eˣ) = 1 − 1/(1 + eˣ)        v (v + ε)^(−3/2) = (v + ε)^(−½) − ε (v + ε)^(−3/2)

m is D's leading term in one fixed order, so that a fraction is always taken apart in the same way.
"""
from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from symbackprop.algebra.powers import power
from symbackprop.algebra.products import REBUILD, multiply, normal, product
from symbackprop.algebra.terms import SCHEMA, Atom, Monomial, Number, Poly, absolute, add, in_order, monomial_key, of_atom, scale, subtract

MOST_TERMS = 300
"""Polynomials that grow beyond this are left as they are."""
MOST_STEPS = 200
"""After so many divisions the rest is left as it is."""


@lru_cache(maxsize=5_000)
def cancelled(p: Poly) -> Poly:
    """The same polynomial with no fraction that can be divided, inside sums and functions too."""
    for _ in range(MOST_STEPS):
        step = next(_steps(p), None) if len(p) <= MOST_TERMS else None
        if step is None:
            break
        p = step
    return p


def _steps(p: Poly) -> Iterator[Poly]:
    for monomial, c in p.terms.items():
        divided = _divided(monomial) or _inner(monomial)
        if divided is not None:
            yield add(Poly({m: k for m, k in p.terms.items() if m != monomial}), scale(divided, c))


def _divided(monomial: Monomial) -> Poly | None:
    exponents = dict(monomial)
    for atom, e in monomial:
        if atom.kind == "base" and e < 0 and atom.parts[0].terms:
            lead, c = leading(atom.parts[0])
            if lead and all(_covers(exponents, a, x) for a, x in lead):
                rest = subtract(atom.parts[0], Poly({lead: c}))
                quotient = multiply(normal({a: x for a, x in monomial if a is not atom}), power(Poly({lead: c}), -1))
                return product(quotient, subtract(_raised(atom, e + 1), multiply(rest, of_atom(atom, e))))
    return None


def _raised(atom: Atom, e: Number) -> Poly:
    return power(atom.parts[0], e) if e >= 0 else of_atom(atom, e)


def _covers(exponents: dict[Atom, Number], atom: Atom, e: Number) -> bool:
    have: Number = exponents.get(atom, 0)
    return bool(have >= e if e > 0 else have <= e)


@lru_cache(maxsize=5_000)
def leading(p: Poly) -> tuple[Monomial, Number]:
    """The term of highest degree, the last in order among equals."""
    return max(p.terms.items(), key=lambda item: (_degree(item[0]), monomial_key(item[0])))


def _degree(monomial: Monomial) -> Number:
    return sum((absolute(e) for _, e in monomial), start=0)


def _inner(monomial: Monomial) -> Poly | None:
    for atom, e in monomial:
        parts = [_part(w, p) for w, p in zip(SCHEMA[atom.kind], atom.parts, strict=True)]
        if any(new is not old for new, old in zip(parts, atom.parts, strict=True)):
            made = REBUILD[atom.kind](*(Poly({p: 1}) if w == "monomial" and p is old else p
                                        for w, p, old in zip(SCHEMA[atom.kind], parts, atom.parts, strict=True)))
            return multiply(Poly({in_order({a: x for a, x in monomial if a is not atom}): 1}), power(made, e))
    return None


def _part(what: str, part: Any) -> Any:
    if what == "poly":
        new = cancelled(part)
        return part if new == part else new
    if what == "polys":
        polys = tuple(map(cancelled, part))
        return part if polys == part else polys
    if what == "monomial":
        body = Poly({part: 1})
        new = cancelled(body)
        return part if new == body else new
    return part
