"""What is known to be positive, and comparisons that contradict or imply one another.

    [x = 0] x = 0      [a > 0][a = 0] = 0      [x > 1][x > 0] = [x > 1]      [x = 1][x > 0] = [x = 1]
"""
from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sympy as sp

from symbackprop.algebra import places
from symbackprop.algebra.places import Place
from symbackprop.algebra.terms import INDICATORS, Atom, Number, Poly
from symbackprop.language.functions import TABLE


@lru_cache(maxsize=20_000)
def axes(sizes: tuple[sp.Expr, ...]) -> tuple[Place, ...]:
    """The sizes of a tensor's axes as index polynomials."""
    return tuple(map(places.place, sizes))


def is_positive(atom: Atom) -> bool:
    """Whether the factor is known to be > 0 everywhere (for an assumed sign: under that assumption)."""
    match atom.kind:
        case "size" | "num":
            return True
        case "comp":
            return bool(atom.parts[0].sign == "positive") and all(
                places.in_range(p, s) for p, s in zip(atom.parts[1], axes(atom.parts[0].sizes), strict=True))
        case "const":
            return bool(atom.parts[0] == "pi")
        case "fn":
            return atom.parts[0] in POSITIVE_FUNCTIONS
        case "base":
            return poly_is_positive(atom.parts[0])
        case "sum":
            return all(is_positive(a) for a, _ in atom.parts[1])
        case "powx":
            return poly_is_positive(atom.parts[0])
    return False


def poly_is_positive(poly: Poly) -> bool:
    """Whether no term can be negative and one is known to be > 0."""
    return all(c > 0 and all(_never_negative(a, e) for a, e in m) for m, c in poly.terms.items()) and any(
        all(is_positive(a) for a, _ in m) for m in poly.terms)


def _never_negative(atom: Atom, e: Number) -> bool:
    if is_positive(atom) or e % 2 == 0 or atom.kind in INDICATORS:
        return True
    return bool(atom.kind == "sum" and e > 0 and all(_never_negative(a, x) for a, x in atom.parts[1]))


POSITIVE_FUNCTIONS = frozenset(("exp", *(row.name for row in TABLE.values() if row.sign == "positive")))


# ---- comparisons --------------------------------------------------------------------------------------------------

def is_contradiction(exponents: Mapping[Atom, Number]) -> bool:
    """Whether two factors are never other than 0 together."""
    comparisons = [a for a in exponents if a.kind == "cmp"]
    for atom in comparisons:
        relation, poly = atom.parts
        if relation == "==" and (_vanishes(poly, exponents) or Atom("cmp", ">", poly) in exponents):
            return True
    return any(strong.parts[0] == "==" and _excludes(strong, weak) for strong in comparisons for weak in comparisons if strong is not weak)


def _excludes(strong: Atom, weak: Atom) -> bool:
    # [x = 1][x = 0] = 0 and [x = 1][x > 2] = 0
    gap = _gap(weak.parts[1], strong.parts[1])
    return gap is not None and gap != 0 and not (weak.parts[0] == ">" and gap > 0)


def implied(exponents: Mapping[Atom, Number]) -> Atom | None:
    """A comparison that another one among the factors implies."""
    comparisons = [a for a in exponents if a.kind == "cmp"]
    for strong in comparisons:
        for weak in comparisons:
            gap = None if strong is weak else _gap(weak.parts[1], strong.parts[1])
            if gap is not None and weak.parts[0] == ">" and gap >= 0 and (strong.parts[0] == ">" or gap > 0):
                return weak
    return None


def _vanishes(poly: Poly, exponents: Mapping[Atom, Number]) -> bool:
    # [x = 0] x = 0
    if len(poly) != 1:
        return False
    (monomial, _), = poly.terms.items()
    return len(monomial) == 1 and monomial[0][1] > 0 and exponents.get(monomial[0][0], 0) > 0


def _gap(upper: Poly, lower: Poly) -> Number | None:
    # The constant upper − lower, None where it isn't one.
    left = {m: c for m, c in upper.terms.items() if m}
    if left != {m: c for m, c in lower.terms.items() if m}:
        return None
    return upper.terms.get((), 0) - lower.terms.get((), 0)
