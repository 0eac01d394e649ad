"""Index letters replaced by index polynomials, wherever they are free; a bound letter that would catch one is renamed."""
from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from symbackprop.algebra import places
from symbackprop.algebra.places import Letter, Place
from symbackprop.algebra.powers import power
from symbackprop.algebra.products import REBUILD, multiply, normal
from symbackprop.algebra.terms import ONE, SCHEMA, Atom, Monomial, Poly, add, scale


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
    return REBUILD[atom.kind](*(substituted(w, p, inside) for w, p in zip(what, atom.parts, strict=True)))


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
    return REBUILD[atom.kind](dummies, substitute(body, mapping), *(substituted("places", p, inside) for p in rest))


def substituted(what: str, part: Any, mapping: Mapping[Letter, Place]) -> Any:
    """A part of a factor, of the kind that its schema tells, with index letters replaced by index polynomials."""
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
