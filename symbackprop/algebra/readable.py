"""Polynomials -> SymPy expressions that a person would write: common factors out front, short names for bound indices."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy as sp

from symbackprop.algebra import places
from symbackprop.algebra.places import Letter, Place
from symbackprop.algebra.powers import content
from symbackprop.algebra.products import met
from symbackprop.algebra.substituting import substitute
from symbackprop.algebra.terms import Atom, Monomial, Number, Poly, in_order, scale
from symbackprop.language import nodes
from symbackprop.language.functions import CLASSES, PRIMITIVES
from symbackprop.language.tensors import Component, Index

ALPHABET = "ijklmpqrsuvwabcgh"


@dataclass(frozen=True)
class Names:
    """How bound indices are called: `letters` per size as the layer's text has them, never one of `taken`."""

    letters: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def without(self, names: Iterable[str]) -> Names:
        """The same with more names taken."""
        return Names(self.letters, self.taken | frozenset(names))

    def pick(self, sizes: Iterable[Place]) -> list[str]:
        """A fresh name for a bound index of each size."""
        chosen: list[str] = []
        for size in sizes:
            used = self.taken.union(chosen)
            chosen.append(next(n for n in self._candidates(size) if n not in used))
        return chosen

    def _candidates(self, size: Place) -> Iterable[str]:
        preferred = self.letters.get(size, ())
        others = {name for names in self.letters.values() for name in names}
        yield from preferred
        for name in preferred[:1]:
            if name in _NEXT:
                yield from (n for n in _NEXT[name] if n not in others)
        yield from (n for n in ALPHABET if n not in others)
        yield from ALPHABET
        yield from (f"{letter}{k}" for k in range(1, 1000) for letter in ALPHABET)


_NEXT = {"n": "mrq", "d": "ecl", "h": "jkl", "t": "usr", "k": "jlm", "j": "klm", "i": "jkl", "p": "qrs", "c": "abe"}


def expression(poly: Poly, names: Names | None = None) -> sp.Expr:
    """The SymPy expression of a polynomial, common factors out front."""
    names = names or Names()
    return _sum(poly, names.without(letter[1] for letter in poly.free))


def term_by_term(poly: Poly, names: Names) -> sp.Expr:
    """The SymPy expression of a polynomial, each term for itself."""
    names = names.without(letter[1] for letter in poly.free)
    return sp.Add(*(_term(m, c, names) for m, c in poly.sorted()))


def _sum(poly: Poly, names: Names) -> sp.Expr:
    if len(poly) <= 1:
        return sp.Add(*(_term(m, c, names) for m, c in poly.terms.items()))
    outside, inside = common_factor(poly)
    (monomial, c), = outside.terms.items()
    if not monomial and abs(c) == 1:
        return sp.Add(*(_term(m, k, names) for m, k in poly.sorted()))
    return _term(monomial, c, names) * sp.Add(*(_term(m, k, names) for m, k in inside.sorted()))


@lru_cache(maxsize=20_000)
def common_factor(poly: Poly) -> tuple[Poly, Poly]:
    """(q, r) with p = q · r and q the factors that every term has; the first term of r is positive."""
    monomials = [dict(m) for m in poly.terms]
    shared: dict[Atom, Number] = {}
    for atom in {a for m in monomials for a in m}:
        low = min(m.get(atom, 0) for m in monomials)
        if low > 0 or (low < 0 and _below_all(atom, monomials)):
            shared[atom] = low
    factor = content(poly)
    divided = met(poly, {a: -e for a, e in shared.items()})
    if all(c < 0 for c in divided.terms.values()):
        factor = -factor
    return scale(Poly({in_order(shared): 1}), factor), scale(divided, 1 / factor)


def _below_all(atom: Atom, monomials: list[dict[Atom, Number]]) -> bool:
    # 1/N comes out of N a − b even where it stands under some terms only; 1/√D comes out of every term or of none.
    return all(m.get(atom, 0) < 0 for m in monomials) or (atom.kind == "size" and all(isinstance(m.get(atom, 0), int) for m in monomials))


def _term(monomial: Monomial, c: Number, names: Names) -> sp.Expr:
    return sp.Mul(_number(c), *(_factor(a, e, names) for a, e in monomial))


def _number(c: Number) -> sp.Expr:
    return sp.Integer(c) if isinstance(c, int) else sp.Rational(c.numerator, c.denominator)


def _factor(atom: Atom, e: Number, names: Names) -> sp.Expr:
    base = ATOMS[atom.kind](atom, names)
    return base if e == 1 else sp.Pow(base, _number(e))


def _component(atom: Atom, names: Names) -> sp.Expr:
    return Component(atom.parts[0], *(places.expression(p) for p in atom.parts[1]))


def _delta(atom: Atom, names: Names) -> sp.Expr:
    # p − q = 0 is shown as δ(p, q).
    left = tuple((m, c) for m, c in atom.parts[0] if c > 0)
    right = places.scale(tuple((m, c) for m, c in atom.parts[0] if c < 0), -1)
    return nodes.Delta(places.expression(left), places.expression(right))


FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def _compare(atom: Atom, names: Names) -> sp.Expr:
    relation, poly = atom.parts
    left = Poly({m: c for m, c in poly.terms.items() if m and c > 0})
    right = Poly({m: -c for m, c in poly.terms.items() if not m or c < 0})
    if not left.terms:
        return nodes.Compare(FLIPPED.get(relation, relation), _sum(right, names), sp.Integer(0))
    return nodes.Compare(relation, _sum(left, names), _sum(right, names))


def _function(atom: Atom, names: Names) -> sp.Expr:
    name, arguments = atom.parts
    made: sp.Expr = (CLASSES.get(name) or PRIMITIVES[name])(*(_sum(p, names) for p in arguments))
    return made


def _bound(atom: Atom, names: Names) -> tuple[list[Index], dict[Letter, Place], Names]:
    chosen = names.pick(places.size_of(d) for d in atom.parts[0])
    bound = [Index(n, places.expression(places.size_of(d))) for n, d in zip(chosen, atom.parts[0], strict=True)]
    mapping = {d: places.single(places.index_letter(i)) for d, i in zip(atom.parts[0], bound, strict=True)}
    return bound, mapping, names.without(chosen)


def _sum_atom(atom: Atom, names: Names) -> sp.Expr:
    bound, mapping, inner = _bound(atom, names)
    body = substitute(Poly({atom.parts[1]: 1}), mapping)
    order = list(names.letters)
    bound.sort(key=lambda i: order.index(places.place(i.size)) if places.place(i.size) in names.letters else len(order))
    return nodes.Sum(_sum(body, inner), *bound)


def _binder(node: Any) -> Any:
    def build(atom: Atom, names: Names) -> sp.Expr:
        bound, mapping, inner = _bound(atom, names)
        at = [places.expression(p) for p in atom.parts[2]] if len(atom.parts) > 2 else []
        made: sp.Expr = node(_sum(substitute(atom.parts[1], mapping), inner), *bound, *at)
        return made
    return build


ATOMS: dict[str, Any] = {
    "comp": _component, "delta": _delta, "cmp": _compare, "rel": _compare, "fn": _function, "sum": _sum_atom,
    "size": lambda a, names: places.expression(places.single(a.parts[0])),
    "letter": lambda a, names: places.expression(places.single(a.parts[0])),
    "range": lambda a, names: nodes.InRange(places.expression(a.parts[0]), places.expression(a.parts[1])),
    "open": lambda a, names: nodes.Unspecified(a.parts[0], _sum(a.parts[2], names), a.parts[1]),
    "base": lambda a, names: _sum(a.parts[0], names), "group": lambda a, names: _sum(a.parts[0], names),
    "powx": lambda a, names: sp.Pow(_sum(a.parts[0], names), _sum(a.parts[1], names)),
    "num": lambda a, names: sp.Integer(a.parts[0]),
    "const": lambda a, names: sp.pi if a.parts[0] == "pi" else sp.Symbol(a.parts[0], real=True),
    "where": lambda a, names: nodes.Where(*(_sum(p, names) for p in a.parts)),
    "prod": _binder(nodes.Prod), "max": _binder(nodes.Max), "argmax": _binder(nodes.IsArgmax),
    "inv": _binder(nodes.Inverse), "logdet": _binder(nodes.LogDet), "det": _binder(nodes.Det),
}


@lru_cache(maxsize=20_000)
def cost(poly: Poly) -> int:
    """How long the expression looks: the number of factors it is written with, those inside sums and functions included."""
    if len(poly) > 1:
        outside, inside = common_factor(poly)
        return sum(_cost(m) for m in outside.terms) + sum(1 + _cost(m) for m in inside.terms)
    return sum(1 + _cost(m) for m in poly.terms)


def _cost(monomial: Monomial) -> int:
    return sum(_atom_cost(a) + (e not in (1, -1)) for a, e in monomial)


@lru_cache(maxsize=20_000)
def _atom_cost(atom: Atom) -> int:
    match atom.kind:
        case "sum":
            return len(atom.parts[0]) + 1 + _cost(atom.parts[1])
        case "fn":
            return 1 + sum(cost(p) for p in atom.parts[1])
        case "base" | "group":
            return cost(atom.parts[0])
        case "powx" | "where" | "cmp" | "rel" | "open" | "prod" | "max" | "argmax" | "inv" | "logdet" | "det":
            return 2 + sum(cost(p) for p in atom.parts if isinstance(p, Poly))
        case "size":
            return 1
    return 2


