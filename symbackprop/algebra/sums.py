"""Σ over indices: deltas contracted, independent factors taken out, bound indices named canonically.

A sum's dummies get names that depend only on its structure, so that equal sums are equal objects: dummies are told
apart by colour refinement (what surrounds them), ties are broken by trying, and interchangeable ones are tried once.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from symbackprop.algebra import places
from symbackprop.algebra.builders import in_range
from symbackprop.algebra.places import Letter, Place
from symbackprop.algebra.powers import power
from symbackprop.algebra.products import REBUILD, multiply, normal, product
from symbackprop.algebra.signs import axes
from symbackprop.algebra.substituting import rebuilt, substitute
from symbackprop.algebra.terms import (
    ONE,
    Atom,
    Monomial,
    Number,
    Poly,
    add,
    in_order,
    of_atom,
    place_poly,
    scale,
)

MOST_FLATTENED = 4
"""(Σ_j b)ᵉ inside another sum is written as e sums up to this e."""


def sum_over(letters: Iterable[Letter], poly: Poly) -> Poly:
    """Σ_{i,j,...} p."""
    dummies = tuple(letters)
    return add(*(scale(_sum_term(dummies, m), c) for m, c in poly.terms.items()))


def _sum_term(dummies: tuple[Letter, ...], monomial: Monomial) -> Poly:
    solved = _contracted(dummies, monomial)
    if solved is not None:
        return solved
    flat = _flattened(dummies, monomial)
    if flat is not None:
        return flat
    outside, parts = _split(dummies, monomial)
    return product(*outside, *(_connected_sum(*part) for part in parts))


Part = tuple[tuple[Letter, ...], dict[Atom, Number]]


def _split(dummies: tuple[Letter, ...], monomial: Monomial) -> tuple[list[Poly], list[Part]]:
    # Factors without a dummy come out, a dummy in no factor gives its size, the rest falls into connected sums.
    outside = {a: e for a, e in monomial if a.free.isdisjoint(dummies)}
    inside = {a: e for a, e in monomial if a not in outside}
    used = frozenset().union(*(a.free for a in inside))
    lone = [place_poly(places.size_of(d)) for d in dummies if d not in used]
    return [normal(outside), *lone], _connected(tuple(d for d in dummies if d in used), inside)


def _contracted(dummies: tuple[Letter, ...], monomial: Monomial) -> Poly | None:
    # Σ_i δ(i, p) f(i) = [0 ≤ p < size] f(p)
    for atom, _ in monomial:
        if atom.kind != "delta":
            continue
        for d in dummies:
            solution = places.solve(atom.parts[0], d)
            if solution is not None:
                rest = Poly({tuple((a, e) for a, e in monomial if a is not atom): 1})
                inside = multiply(substitute(rest, {d: solution}), in_range(solution, places.size_of(d)))
                return sum_over((other for other in dummies if other != d), inside)
    return None


def _flattened(dummies: tuple[Letter, ...], monomial: Monomial) -> Poly | None:
    # Σ_i a_i (Σ_j b_ij)² = Σ_i Σ_j Σ_k a_i b_ij b_ik
    for atom, e in monomial:
        if atom.kind == "sum" and isinstance(e, int) and 0 < e <= MOST_FLATTENED and not atom.free.isdisjoint(dummies):
            rest: Poly = Poly({tuple((a, x) for a, x in monomial if a is not atom): 1})
            inner: list[Letter] = []
            taken = {letter[1] for a, _ in monomial for letter in (*a.free, *dummies)}
            for _ in range(e):
                names, body = _opened(atom, taken)
                inner += names
                rest = multiply(rest, body)
            return sum_over((*dummies, *inner), rest)
    return None


def _opened(atom: Atom, taken: set[str]) -> tuple[list[Letter], Poly]:
    # The body of a sum under dummies that nothing else bears.
    names: dict[Letter, Letter] = {d: ("i", places.fresh_name(d[1], taken), d[2]) for d in atom.parts[0]}
    body = Poly({atom.parts[1]: 1})
    return list(names.values()), substitute(body, {d: places.single(n) for d, n in names.items()})


def opened(atom: Atom, names: dict[Letter, Place]) -> Poly:
    """The body of a sum with its dummies replaced."""
    return substitute(Poly({atom.parts[1]: 1}), names)


def _connected(dummies: tuple[Letter, ...], factors: dict[Atom, Number]) -> list[Part]:
    # Factors that share no dummy belong to different sums.
    parts: list[tuple[set[Letter], dict[Atom, Number]]] = []
    bound = set(dummies)
    for atom, e in factors.items():
        mine, held = set(atom.free & bound), {atom: e}
        for letters, atoms in [p for p in parts if p[0] & mine]:
            mine |= letters
            held.update(atoms)
        parts = [p for p in parts if not p[0] & mine]
        parts.append((mine, held))
    return [(tuple(sorted(letters)), atoms) for letters, atoms in parts]


def _connected_sum(dummies: tuple[Letter, ...], factors: dict[Atom, Number]) -> Poly:
    shifted = [_canonical(d, f) for d, f in _parametrisations(dummies, in_order(factors))]
    return min(shifted, key=lambda s: s.key)


MOST_FLIPS = 3
"""Renaming a dummy can flip a sign inside ([x_i > x_j] becomes 1 − [x_j > x_i] − [x_i = x_j]): then sum again, so often."""


@lru_cache(maxsize=20_000)
def _canonical(dummies: tuple[Letter, ...], monomial: Monomial, flips: int = 0) -> Poly:
    order = _ordered(dummies, monomial)
    free = frozenset().union(*(a.free for a, _ in monomial))
    names = _canonical_names(order, 1 + max((a.height for a, _ in monomial), default=0), free - frozenset(dummies))
    body = _renamed(monomial, tuple(zip(order, names, strict=True)))
    if len(body) == 1:
        (made, c), = body.terms.items()
        return scale(of_atom(Atom("sum", names, made)), c)
    if flips == MOST_FLIPS:
        return of_atom(Atom("sum", dummies, monomial))
    return add(*(scale(_again(names, m, flips + 1), c) for m, c in body.terms.items()))


def _again(dummies: tuple[Letter, ...], monomial: Monomial, flips: int) -> Poly:
    parts = _split(dummies, monomial)
    return product(*parts[0], *(_canonical(d, in_order(f), flips) for d, f in parts[1]))


@lru_cache(maxsize=50_000)
def _renamed(monomial: Monomial, names: tuple[tuple[Letter, Letter], ...]) -> Poly:
    return substitute(Poly({monomial: 1}), {old: places.single(new) for old, new in names})


# ---- canonical order of dummies ------------------------------------------------------------------------------------

def _ordered(dummies: tuple[Letter, ...], monomial: Monomial) -> tuple[Letter, ...]:
    if len({d[2] for d in dummies}) == len(dummies):
        return tuple(sorted(dummies, key=places.size_of))
    return _best(dummies, monomial, _refined({d: (d[2],) for d in dummies}, monomial))


def _refined(colours: Mapping[Letter, tuple[Any, ...]], monomial: Monomial) -> dict[Letter, int]:
    ranks = _ranks(colours)
    while True:
        finer = _ranks({d: (ranks[d], _surroundings(d, ranks, monomial)) for d in ranks})
        if len(set(finer.values())) == len(set(ranks.values())):
            return finer
        ranks = finer


def _ranks(colours: Mapping[Letter, tuple[Any, ...]]) -> dict[Letter, int]:
    order: list[Any] = sorted(set(colours.values()))
    return {d: order.index(c) for d, c in colours.items()}


def _surroundings(dummy: Letter, ranks: dict[Letter, int], monomial: Monomial) -> tuple[Any, ...]:
    names = tuple((d, ("i", f"?{r}" if d != dummy else "!", d[2])) for d, r in ranks.items())
    return tuple(sorted((_painted(a, names), e) for a, e in monomial if dummy in a.free))


@lru_cache(maxsize=50_000)
def _painted(atom: Atom, names: tuple[tuple[Letter, Letter], ...]) -> tuple[Any, ...]:
    relevant = {old: places.single(new) for old, new in names if old in atom.free}
    return rebuilt(atom, relevant).key


def _best(dummies: tuple[Letter, ...], monomial: Monomial, ranks: dict[Letter, int]) -> tuple[Letter, ...]:
    cells: dict[int, list[Letter]] = {}
    for d in dummies:
        cells.setdefault(ranks[d], []).append(d)
    tied = next((cells[r] for r in sorted(cells) if len(cells[r]) > 1), None)
    if tied is None:
        return tuple(cells[r][0] for r in sorted(cells))
    found = []
    for d in _representatives(tied, monomial):
        individual = {e: (r, 0 if e == d else 1) for e, r in ranks.items()}
        found.append(_best(dummies, monomial, _refined(individual, monomial)))
    return min(found, key=lambda order: _numbered(order, monomial).key)


def _numbered(order: tuple[Letter, ...], monomial: Monomial) -> Poly:
    return _renamed(monomial, tuple((d, ("i", f"${k}", d[2])) for k, d in enumerate(order)))


def _representatives(tied: list[Letter], monomial: Monomial) -> list[Letter]:
    # Of dummies that can be exchanged without changing the product, one is enough.
    kept: list[Letter] = []
    for d in tied:
        if not any(_renamed(monomial, ((d, k), (k, d))) == Poly({monomial: 1}) for k in kept):
            kept.append(d)
    return kept


# ---- another index for the same sum --------------------------------------------------------------------------------

def _parametrisations(dummies: tuple[Letter, ...], monomial: Monomial) -> list[tuple[tuple[Letter, ...], Monomial]]:
    """The sum as it stands, and with a dummy replaced by a subscript that contains it: Σ_p a[p] b[i−p] = Σ_q a[i−q] b[q]."""
    seen = {(dummies, monomial)}
    queue = [(dummies, monomial)]
    while queue and len(seen) < 24:
        current = queue.pop()
        for other in _neighbours(*current):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return list(seen)


def _neighbours(dummies: tuple[Letter, ...], monomial: Monomial) -> list[tuple[tuple[Letter, ...], Monomial]]:
    found = []
    for atom, e in monomial:
        if atom.kind == "comp" and e > 0 and not atom.parts[0].initial:
            for subscript, size in zip(atom.parts[1], axes(atom.parts[0].sizes), strict=True):
                for d in dummies:
                    if places.as_letter(subscript) is None and d in places.free(subscript):
                        found += _reparametrised(d, subscript, size, dummies, monomial)
    return found


def _reparametrised(d: Letter, subscript: Place, size: Place, dummies: tuple[Letter, ...],
                    monomial: Monomial) -> list[tuple[tuple[Letter, ...], Monomial]]:
    new: Letter = ("i", f"{d[1]}'", size)
    solution = places.solve(places.subtract(subscript, places.single(new)), d)
    if solution is None:
        return []
    body = multiply(substitute(Poly({monomial: 1}), {d: solution}), in_range(solution, places.size_of(d)))
    if len(body) != 1:
        return []
    (made, c), = body.terms.items()
    others = tuple(x for x in dummies if x != d)
    return [((*others, new), made)] if c == 1 else []


# ---- the other binders ---------------------------------------------------------------------------------------------

def product_over(letters: tuple[Letter, ...], poly: Poly) -> Poly:
    """Π_{i,j,...} p: factors and powers apart, exponentials as sums."""
    if len(poly) != 1:
        lone = product(*(place_poly(places.size_of(d)) for d in letters if d not in poly.free))
        made = _bound("prod", letters, poly) if any(d in poly.free for d in letters) else poly
        return made if lone == ONE else REBUILD["powx"](made, lone)
    (monomial, c), = poly.terms.items()
    sizes = product(*(place_poly(places.size_of(d)) for d in letters))
    made = REBUILD["powx"](scale(ONE, c), sizes) if c != 1 else ONE
    for atom, e in monomial:
        made = multiply(made, power(_product_of_factor(letters, atom, sizes), e))
    return made


def _product_of_factor(letters: tuple[Letter, ...], atom: Atom, sizes: Poly) -> Poly:
    if atom.free.isdisjoint(letters):
        return REBUILD["powx"](of_atom(atom), sizes)
    if atom.kind == "fn" and atom.parts[0] == "exp":
        return REBUILD["fn"]("exp", (sum_over(letters, atom.parts[1][0]),))
    used = tuple(d for d in letters if d in atom.free)
    lone = product(*(place_poly(places.size_of(d)) for d in letters if d not in atom.free))
    return REBUILD["powx"](_bound("prod", used, of_atom(atom)), lone) if lone != ONE else _bound("prod", used, of_atom(atom))


def maximum_over(letters: tuple[Letter, ...], poly: Poly) -> Poly:
    """max_{i,j,...} p."""
    return _bound("max", letters, poly) if not poly.free.isdisjoint(letters) else poly


def _bound(kind: str, letters: tuple[Letter, ...], poly: Poly, *rest: object) -> Poly:
    used = tuple(d for d in letters if d in poly.free) if kind in ("prod", "max") else letters
    names = _canonical_names(used, poly.height + 1, poly.free - frozenset(letters))
    body = substitute(poly, {d: places.single(n) for d, n in zip(used, names, strict=True)})
    return of_atom(Atom(kind, names, body, *rest))


def _canonical_names(dummies: Iterable[Letter], height: int, free: frozenset[Letter]) -> tuple[Letter, ...]:
    # A body that is looked at by itself has its surrounding sum's dummies free: their names are taken.
    taken = {letter[1].partition(".")[0] for letter in free}
    while f"${height}" in taken:
        height += 1
    return tuple(("i", f"${height}.{k}", d[2]) for k, d in enumerate(dummies))


def argmax(letters: tuple[Letter, ...], poly: Poly, at: tuple[Place, ...]) -> Poly:
    """[at = argmax p]."""
    return _bound("argmax", letters, poly, at)


def inverse(letters: tuple[Letter, ...], poly: Poly, at: tuple[Place, ...]) -> Poly:
    """(M⁻¹)[i, j] for M[p,q] = poly; (Mᵀ)⁻¹ = (M⁻¹)ᵀ, so that of M and Mᵀ the one that comes first is inverted."""
    turned = _transposed(letters, poly)
    if turned is None or _body(letters, poly).key < _body(letters, turned).key:
        return _bound("inv", letters, poly, at)
    return _bound("inv", letters, turned, min(at, at[::-1]) if turned == poly else at[::-1])


def log_determinant(letters: tuple[Letter, ...], poly: Poly) -> Poly:
    """log |det M| for M[p,q] = poly, which is that of Mᵀ."""
    return _bound("logdet", letters, _first_of_transposes(letters, poly))


def determinant(letters: tuple[Letter, ...], poly: Poly) -> Poly:
    """det M for M[p,q] = poly, which is that of Mᵀ."""
    return _bound("det", letters, _first_of_transposes(letters, poly))


def _first_of_transposes(letters: tuple[Letter, ...], poly: Poly) -> Poly:
    turned = _transposed(letters, poly)
    return poly if turned is None else min(poly, turned, key=lambda p: _body(letters, p).key)


def _transposed(letters: tuple[Letter, ...], poly: Poly) -> Poly | None:
    p, q = letters
    return substitute(poly, {p: places.single(q), q: places.single(p)}) if p[2] == q[2] else None


def _body(letters: tuple[Letter, ...], poly: Poly) -> Poly:
    # Under names that do not depend on how the matrix was written.
    return substitute(poly, {d: places.single(("i", f"${k}", d[2])) for k, d in enumerate(letters)})


def _rebuilt_sum(dummies: tuple[Letter, ...], body: Poly) -> Poly:
    return sum_over(dummies, body)


REBUILD.update({"sum": _rebuilt_sum, "prod": product_over, "max": maximum_over, "argmax": argmax, "inv": inverse,
                "logdet": log_determinant, "det": determinant})
