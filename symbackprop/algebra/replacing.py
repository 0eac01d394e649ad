"""Factors changed one by one, at any depth, innermost first; what is made of equal factors is made once."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbackprop.algebra.powers import power
from symbackprop.algebra.products import REBUILD, product
from symbackprop.algebra.terms import SCHEMA, Atom, Monomial, Poly, add, of_atom, scale

Change = Callable[[Atom], Poly | None]
Made = dict[Atom, Poly]
"""What became of each factor so far."""


def replaced(d: Poly, change: Change) -> Poly:
    """The polynomial with factors replaced wherever `change` gives something else, at any depth, innermost first."""
    return _changed(d, change, {})


def _changed(d: Poly, change: Change, made: Made) -> Poly:
    return add(*(scale(_changed_term(m, change, made), c) for m, c in d.terms.items()))


def _changed_term(monomial: Monomial, change: Change, made: Made) -> Poly:
    new = [(a, e, _changed_atom(a, change, made)) for a, e in monomial]
    return product(*(power(p, e) if e > 0 or p.terms else of_atom(a, e) for a, e, p in new))


def _changed_atom(atom: Atom, change: Change, made: Made) -> Poly:
    if atom not in made:
        made[atom] = _changed_anew(atom, change, made)
    return made[atom]


def _changed_anew(atom: Atom, change: Change, made: Made) -> Poly:
    what = SCHEMA[atom.kind]
    rebuilt = of_atom(atom)
    if any(w in ("poly", "polys", "monomial") for w in what):
        rebuilt = REBUILD[atom.kind](*(_changed_part(w, p, change, made) for w, p in zip(what, atom.parts, strict=True)))
    if len(rebuilt) == 1:
        (monomial, c), = rebuilt.terms.items()
        if len(monomial) == 1 and monomial[0][1] == 1:
            new = change(monomial[0][0])
            return rebuilt if new is None else scale(new, c)
    return rebuilt


def _changed_part(what: str, part: Any, change: Change, made: Made) -> Any:
    match what:
        case "poly":
            return _changed(part, change, made)
        case "polys":
            return tuple(_changed(p, change, made) for p in part)
        case "monomial":
            return _changed_term(part, change, made)
    return part
