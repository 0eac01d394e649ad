"""Sums with a common factor under one Σ: Σ_d u[d] x[d] − Σ_d u[d] y[d] = Σ_d u[d] (x[d] − y[d]); for display."""
from __future__ import annotations

from itertools import combinations

from symbackprop.algebra.builders import group
from symbackprop.algebra.products import REBUILD, multiply
from symbackprop.algebra.readable import cost
from symbackprop.algebra.terms import Atom, Monomial, Number, Poly, add, in_order, scale


def gathered(p: Poly) -> Poly:
    """The same value with terms drawn under a common sum, as long as that makes it shorter."""
    while True:
        better = min((q for q in _joined(p) if cost(q) < cost(p)), key=cost, default=None)
        if better is None:
            return p
        p = better


def _joined(p: Poly) -> list[Poly]:
    found = []
    for (m1, c1), (m2, c2) in combinations(p.sorted(), 2):
        made = _pair(m1, c1, m2, c2)
        if made is not None:
            rest = Poly({m: c for m, c in p.terms.items() if m not in (m1, m2)})
            found.append(add(rest, made))
    return found


def _pair(m1: Monomial, c1: Number, m2: Monomial, c2: Number) -> Poly | None:
    for first in _sums(m1):
        for second in _sums(m2):
            outside = {a: e for a, e in m1 if a is not first}
            if outside == {a: e for a, e in m2 if a is not second} and first.parts[0] == second.parts[0]:
                body = _common(dict(first.parts[1]), c1, dict(second.parts[1]), c2, first)
                if body is not None:
                    return multiply(Poly({in_order(outside): 1}), REBUILD["sum"](first.parts[0], body))
    return None


def _sums(monomial: Monomial) -> list[Atom]:
    return [a for a, e in monomial if a.kind == "sum" and e == 1]


def _common(b1: dict[Atom, Number], c1: Number, b2: dict[Atom, Number], c2: Number, total: Atom) -> Poly | None:
    shared = {a: e for a, e in b1.items() if b2.get(a) == e}
    if not frozenset(total.parts[0]) <= frozenset().union(*(a.free for a in shared)):
        return None
    rests = [Poly({in_order({a: e for a, e in b.items() if a not in shared}): 1}) for b in (b1, b2)]
    return multiply(Poly({in_order(shared): 1}), group(add(scale(rests[0], c1), scale(rests[1], c2))))
