"""Products of polynomials: exponents of equal factors add up, then the rules for factors that meet are applied."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from symbackprop.algebra.terms import INDICATORS, ONE, Atom, Monomial, Number, Poly, add, in_order, scale, tidy

SPECIAL = INDICATORS | {"fn", "powx", "num", "base", "const"}
Rebuild = Callable[..., Poly]
REBUILD: dict[str, Rebuild] = {}
"""For each kind of factor that others make, the function that builds it from its parts."""
RULES: list[Callable[[dict[Atom, Number]], Poly | None]] = []
"""What happens when factors meet: each looks at the factors and gives the simpler product, or None. `meeting` has them."""


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
    # An int where it is whole: what is remembered for one is found for the other, as they are equal.
    return _normal(frozenset((a, tidy(e)) for a, e in exponents.items() if e))
