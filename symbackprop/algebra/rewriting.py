"""Rewriting a polynomial by solved equations: xhat[n,d] = (x[n,d] − mu[d])/s[d] also says x[n,d] = mu[d] + s[d] xhat[n,d].

A `Rule` says that a factor with free letters equals a polynomial; it is used for every place the letters may take.
Rules come from a layer's own equations, solved for one of their factors, and from sums that the equations force
(Σ_k y[n,k] = 1 for a softmax), which are found by inlining and not told.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symbackprop.algebra import places, sums
from symbackprop.algebra.convert import poly
from symbackprop.algebra.places import Letter, Place, index_letter
from symbackprop.algebra.products import REBUILD, is_positive, multiply, normal, power, product, substitute
from symbackprop.algebra.readable import cost
from symbackprop.algebra.terms import SCHEMA, Atom, Monomial, Poly, add, in_order, of_atom, scale, subtract
from symbackprop.language.equations import Equation


@dataclass(frozen=True)
class Rule:
    """`atom` = `value` for all values of `letters`, by the equation of the variable `name`."""

    name: str
    letters: frozenset[Letter]
    atom: Atom
    value: Poly
    is_fact: bool = False


# ---- applying a rule ----------------------------------------------------------------------------------------------

def rewrite(p: Poly, rule: Rule) -> Poly:
    """p with every factor that the rule matches replaced, inside sums and functions too, once."""
    return add(*(scale(_rewritten(m, rule), c) for m, c in p.terms.items()))


def _rewritten(monomial: Monomial, rule: Rule) -> Poly:
    kept: dict[Atom, Any] = {}
    changed: list[Poly] = []
    for atom, e in monomial:
        new = _atom(atom, rule)
        if new is None:
            kept[atom] = e
        else:
            changed.append(power(new, e))
    return product(normal(kept), *changed) if changed else Poly({monomial: 1})


def _atom(atom: Atom, rule: Rule) -> Poly | None:
    if atom.kind == rule.atom.kind:
        binding = match(rule.atom, atom, rule.letters)
        if binding is not None:
            return substitute(rule.value, binding)
        if rule.atom.kind == "fn" and rule.atom.parts[0] == atom.parts[0] == "exp":
            found = _exponential(atom.parts[1][0], rule)
            if found is not None:
                return found
    what = SCHEMA[atom.kind]
    if not any(w in ("poly", "polys", "monomial") for w in what):
        return None
    parts = [_part(w, p, rule) for w, p in zip(what, atom.parts, strict=True)]
    if all(new is old for new, old in zip(parts, atom.parts, strict=True)):
        return None
    return REBUILD[atom.kind](*(Poly({p: 1}) if w == "monomial" and p is old else p
                                for w, p, old in zip(what, parts, atom.parts, strict=True)))


def _exponential(argument: Poly, rule: Rule) -> Poly | None:
    # exp(z_j + z_k) = exp(z_j) exp(z_k), each by the rule for exp(z).
    pattern = rule.atom.parts[1][0]
    lead, c = pattern.sorted()[0]
    for monomial, k in argument.terms.items():
        binding: dict[Letter, Place] = {}
        times = Fraction(k) / c
        if times != int(times) or not _unify_monomial(lead, monomial, rule.letters, binding):
            continue
        rest = subtract(argument, scale(substitute(pattern, binding), times))
        if len(rest) < len(argument) and rule.letters <= binding.keys():
            inner = REBUILD["fn"]("exp", (rest,))
            return multiply(power(substitute(rule.value, binding), times), rewrite(inner, rule))
    return None


def _part(what: str, part: Any, rule: Rule) -> Any:
    if what == "poly":
        new = rewrite(part, rule)
        return part if new == part else new
    if what == "polys":
        polys = tuple(rewrite(p, rule) for p in part)
        return part if polys == part else polys
    if what == "monomial":
        new = _rewritten(part, rule)
        return part if new == Poly({part: 1}) else new
    return part


# ---- matching -----------------------------------------------------------------------------------------------------

def match(pattern: Atom, atom: Atom, letters: frozenset[Letter]) -> dict[Letter, Place] | None:
    """The places for the pattern's letters that make it the atom, None where there are none."""
    binding: dict[Letter, Place] = {}
    if not _unify(pattern, atom, letters, binding):
        return None
    made = REBUILD[pattern.kind](*(substituted(w, p, binding) for w, p in zip(SCHEMA[pattern.kind], pattern.parts, strict=True)))
    return binding if made == of_atom(atom) else None


def substituted(what: str, part: Any, binding: dict[Letter, Place]) -> Any:
    """A part of a factor with letters replaced by places."""
    match what:
        case "place":
            return places.substitute(part, binding)
        case "places":
            return tuple(places.substitute(p, binding) for p in part)
        case "letter":
            return places.substitute(places.single(part), binding)
        case "poly":
            return substitute(part, binding)
        case "polys":
            return tuple(substitute(p, binding) for p in part)
        case "monomial":
            return substitute(Poly({part: 1}), binding)
    return part


def _unify(pattern: Atom, atom: Atom, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    if pattern.kind != atom.kind:
        return False
    return all(_unify_part(w, p, q, letters, binding)
               for w, p, q in zip(SCHEMA[pattern.kind], pattern.parts, atom.parts, strict=True))


def _unify_part(what: str, p: Any, q: Any, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    match what:
        case "place":
            return _unify_place(p, q, letters, binding)
        case "letter":
            return _unify_place(places.single(p), places.single(q), letters, binding)
        case "places":
            return len(p) == len(q) and all(_unify_place(a, b, letters, binding) for a, b in zip(p, q, strict=True))
        case "poly":
            return _unify_poly(p, q, letters, binding)
        case "polys":
            return len(p) == len(q) and all(_unify_poly(a, b, letters, binding) for a, b in zip(p, q, strict=True))
        case "monomial":
            return _unify_monomial(p, q, letters, binding)
    return bool(p == q)


def _unify_place(p: Place, q: Place, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    letter = places.as_letter(p)
    if letter in letters:
        return binding.setdefault(letter, q) == q  # type: ignore[arg-type]
    return p == q or not letters.isdisjoint(places.free(p))


def _unify_poly(p: Poly, q: Poly, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    return len(p) == len(q) and all(a[1] == b[1] and _unify_monomial(a[0], b[0], letters, binding)
                                    for a, b in zip(p.sorted(), q.sorted(), strict=True))


def _unify_monomial(p: Monomial, q: Monomial, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    return len(p) == len(q) and all(a[1] == b[1] and _unify(a[0], b[0], letters, binding) for a, b in zip(p, q, strict=True))


# ---- rules from equations -------------------------------------------------------------------------------------------

def rules_of(equation: Equation) -> list[Rule]:
    """The equation u = f solved for each factor of f that determines all its indices and occurs once."""
    letters = frozenset(map(index_letter, equation.free))
    return _solved(equation.tensor.name, letters, poly(equation.left), poly(equation.right))


def definition_of(equation: Equation) -> Rule:
    """The equation as it stands: u = f."""
    (monomial, _), = poly(equation.left).terms.items()
    return Rule(equation.tensor.name, frozenset(map(index_letter, equation.free)), monomial[0][0], poly(equation.right))


def _solved(name: str, letters: frozenset[Letter], u: Poly, f: Poly) -> list[Rule]:
    found: list[Rule] = []
    for monomial, c in f.terms.items():
        for atom, e in monomial:
            if not letters <= atom.free or atom.kind in ("delta", "range", "cmp", "letter") or _elsewhere(atom, monomial, f):
                continue
            rest = Poly({in_order({a: x for a, x in monomial if a is not atom}): c})
            others = subtract(f, Poly({monomial: c}))
            if (e == 1 or not others.terms) and Fraction(1) / e == int(Fraction(1) / e) and _divisible(rest):
                value = power(multiply(subtract(u, others), power(rest, -1)), Fraction(1) / e)
                found += _rule(name, letters, atom, value)
    return found


def _rule(name: str, letters: frozenset[Letter], atom: Atom, value: Poly) -> list[Rule]:
    if atom.kind == "base":  # √(v + ε) = s: then v = s² − ε
        return [Rule(name, letters, atom, value), *_solved(name, letters, value, atom.parts[0])]
    return [Rule(name, letters, atom, value)]


def _elsewhere(atom: Atom, monomial: Monomial, f: Poly) -> bool:
    return any(occurs(atom, a) for m in f.terms for a, _ in m if m is not monomial or a is not atom)


def occurs(atom: Atom, within: Atom) -> bool:
    """Whether the factor is, or is part of, another."""
    if atom == within:
        return True
    inner: list[Atom] = []
    for what, part in zip(SCHEMA[within.kind], within.parts, strict=True):
        polys = [part] if what == "poly" else part if what == "polys" else []
        inner += [a for p in polys for m in p.terms for a, _ in m] + ([a for a, _ in part] if what == "monomial" else [])
    return any(occurs(atom, a) for a in inner)


def _divisible(rest: Poly) -> bool:
    # Never divide by what could be 0: only by positive factors, or by what the equation itself divides by.
    return all(e < 0 or is_positive(a) for m in rest.terms for a, e in m)


# ---- sums that the equations force ----------------------------------------------------------------------------------

def facts_of(equation: Equation, rules: Sequence[Rule]) -> list[Rule]:
    """Σ_k u, Σ_k u² and Σ_k exp u, where the equations reduce them to something without a sum."""
    found: list[Rule] = []
    letters = frozenset(map(index_letter, equation.free))
    u = poly(equation.left)
    for index in equation.free:
        for value in (u, power(u, 2), REBUILD["fn"]("exp", (u,))):
            total = sums.sum_over((index_letter(index),), value)
            reduced = _without_sums(total, [definition_of(equation), *(r for r in rules if r.atom.kind == "sum" and r.name != equation.tensor.name)])
            (monomial, _), = total.terms.items()
            if reduced is not None and len(monomial) == 1:
                found.append(Rule(equation.tensor.name, letters - {index_letter(index)}, monomial[0][0], reduced, is_fact=True))
    return found


def _without_sums(p: Poly, rules: Iterable[Rule]) -> Poly | None:
    for rule in rules:
        p = rewrite(p, rule)
        if not any(has_sum(a) for m in p.terms for a, _ in m):
            return p
    return None


def has_sum(atom: Atom) -> bool:
    """Whether a sum occurs in the factor."""
    if atom.kind in ("sum", "prod", "max"):
        return True
    return any(has_sum(a) for what, part in zip(SCHEMA[atom.kind], atom.parts, strict=True)
               for p in ([part] if what == "poly" else part if what == "polys" else []) for m in p.terms for a, _ in m)


# ---- searching ------------------------------------------------------------------------------------------------------

def simplest(p: Poly, rules: Sequence[Rule]) -> tuple[Poly, list[Rule]]:
    """The shortest polynomial that greedy rewriting by the rules reaches, and the rules that were used."""
    facts = [r for r in rules if r.is_fact]
    best, used = with_facts(p, facts)
    while True:
        found = None
        for rule in rules:
            if not rule.is_fact:
                candidate, more = with_facts(rewrite(best, rule), facts)
                if cost(candidate) < cost(found[0] if found else best):
                    found = candidate, [rule, *more]
        if found is None:
            return best, used
        best, used = found[0], used + found[1]


def with_facts(p: Poly, facts: Iterable[Rule]) -> tuple[Poly, list[Rule]]:
    """p with every forced sum replaced, and the facts that were used."""
    used = []
    for fact in facts:
        new = rewrite(p, fact)
        if new != p:
            p = new
            used.append(fact)
    return p, used
