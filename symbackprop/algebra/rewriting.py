"""Rewriting a polynomial by solved equations: xhat[n,d] = (x[n,d] − mu[d])/s[d] also says x[n,d] = mu[d] + s[d] xhat[n,d].

A `Rule` says that a factor with free letters equals a polynomial; it is used for every place the letters may take.
Rules come from a layer's own equations, solved for one of their factors, and from sums that the equations force
(Σ_k y[n,k] = 1 for a softmax), which are found by inlining and not told.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symbackprop.algebra import places, sums
from symbackprop.algebra.builders import in_range
from symbackprop.algebra.convert import poly
from symbackprop.algebra.meeting import reads_zero_outside
from symbackprop.algebra.places import Letter, Place, index_letter
from symbackprop.algebra.powers import power
from symbackprop.algebra.products import REBUILD, multiply, normal, product
from symbackprop.algebra.readable import cost
from symbackprop.algebra.signs import is_positive
from symbackprop.algebra.substituting import substitute, substituted
from symbackprop.algebra.terms import ONE, SCHEMA, Atom, Monomial, Number, Poly, add, in_order, of_atom, scale, subtract, tensors_of
from symbackprop.language.equations import Equation


@dataclass(frozen=True)
class Rule:
    """`atom`^`exponent` = `value` for all values of `letters` in their ranges, by the equation of the variable `name`."""

    name: str
    letters: frozenset[Letter]
    atom: Atom
    value: Poly
    exponent: Number = 1
    is_fact: bool = False


# ---- applying a rule ----------------------------------------------------------------------------------------------

Guards = tuple[Mapping[Atom, Number], ...]
"""The products around a factor: where one of them is 0, the factor's value does not matter."""


def rewrite(p: Poly, rule: Rule, guards: Guards = ()) -> Poly:
    """p with every factor that the rule matches replaced, inside sums and functions too, once."""
    if not tensors_of(rule.atom) <= p.tensors:
        return p
    return add(*(scale(_rewritten(m, rule, guards), c) for m, c in p.terms.items()))


def _rewritten(monomial: Monomial, rule: Rule, guards: Guards) -> Poly:
    kept: dict[Atom, Any] = {}
    changed: list[Poly] = []
    around = (*guards, dict(monomial))
    needed = tensors_of(rule.atom)
    for atom, e in monomial:
        new = _atom(atom, e, rule, around) if needed <= tensors_of(atom) else None
        if new is None:
            kept[atom] = e
        else:
            changed.append(new)
    return product(normal(kept), *changed) if changed else Poly({monomial: 1})


def _atom(atom: Atom, e: Number, rule: Rule, guards: Guards) -> Poly | None:
    # The power of the factor rewritten, None where nothing in it changes.
    if atom.kind == rule.atom.kind:
        binding = match(rule.atom, atom, rule.letters)
        if binding is not None:
            return _instance(rule, binding, e, guards)
        if rule.atom.kind == "fn" and rule.atom.parts[0] == atom.parts[0] == "exp":
            found = _exponential(atom.parts[1][0], rule, guards)
            if found is not None:
                return power(found, e)
    inner = _inside(atom, rule, guards)
    return None if inner is None else power(inner, e)


def _instance(rule: Rule, binding: dict[Letter, Place], e: Number, guards: Guards) -> Poly | None:
    # The equation holds for places in range. Outside, a component is 0, and nothing is known of another factor.
    value = power(substitute(rule.value, binding), Fraction(e) / Fraction(rule.exponent))
    for letter, place in binding.items():
        size = places.size_of(letter)
        inside = in_range(place, size)
        around = _others(guards, rule, binding)
        if inside == ONE or any(reads_zero_outside(g, place, size) or Atom("range", place, size) in g for g in around):
            continue
        if rule.atom.kind != "comp" or rule.atom.parts[0].initial or e < 0:
            return None
        value = multiply(value, inside)
    return value


def _others(guards: Guards, rule: Rule, binding: dict[Letter, Place]) -> Iterator[Mapping[Atom, Number]]:
    # The products without the very factor that is replaced.
    gone = {a for m in substitute(of_atom(rule.atom), binding).terms for a, _ in m}
    return ({a: x for a, x in g.items() if a not in gone} for g in guards)


def _inside(atom: Atom, rule: Rule, guards: Guards) -> Poly | None:
    what = SCHEMA[atom.kind]
    if not any(w in ("poly", "polys", "monomial") for w in what):
        return None
    parts = [_part(w, p, rule, guards) for w, p in zip(what, atom.parts, strict=True)]
    if all(new is old for new, old in zip(parts, atom.parts, strict=True)):
        return None
    return REBUILD[atom.kind](*(Poly({p: 1}) if w == "monomial" and p is old else p
                                for w, p, old in zip(what, parts, atom.parts, strict=True)))


def _exponential(argument: Poly, rule: Rule, guards: Guards) -> Poly | None:
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
            value = _instance(rule, binding, times, guards)
            if value is not None:
                return multiply(value, rewrite(REBUILD["fn"]("exp", (rest,)), rule, guards))
    return None


def _part(what: str, part: Any, rule: Rule, guards: Guards) -> Any:
    if what == "poly":
        new = rewrite(part, rule, guards)
        return part if new == part else new
    if what == "polys":
        polys = tuple(rewrite(p, rule, guards) for p in part)
        return part if polys == part else polys
    if what == "monomial":
        new = _rewritten(part, rule, guards)
        return part if new == Poly({part: 1}) else new
    return part


# ---- matching -----------------------------------------------------------------------------------------------------

def match(pattern: Atom, atom: Atom, letters: frozenset[Letter]) -> dict[Letter, Place] | None:
    """The places for the pattern's letters that make it the atom, None where there are none."""
    binding: dict[Letter, Place] = {}
    if not _unify(pattern, atom, letters, binding):
        return None
    if any(not places.free(p) <= atom.free for p in binding.values()):  # an index that is bound inside is no place
        return None
    parts = [substituted(w, p, binding) for w, p in zip(SCHEMA[pattern.kind], pattern.parts, strict=True)]
    if pattern.kind == "base":
        return binding if parts[0] == atom.parts[0] else None
    return binding if REBUILD[pattern.kind](*parts) == of_atom(atom) else None


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
            return unify_poly(p, q, letters, binding)
        case "polys":
            return len(p) == len(q) and all(unify_poly(a, b, letters, binding) for a, b in zip(p, q, strict=True))
        case "monomial":
            return _unify_monomial(p, q, letters, binding)
    return bool(p == q)


def _unify_place(p: Place, q: Place, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    letter = places.as_letter(p)
    if letter is not None and letter in letters:
        return binding.setdefault(letter, q) == q
    return p == q or not letters.isdisjoint(places.free(p))


def unify_poly(p: Poly, q: Poly, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    """Whether places for the letters, which are added to the binding, may make p what q is; whether they do is not told."""
    return len(p) == len(q) and all(a[1] == b[1] and _unify_monomial(a[0], b[0], letters, binding)
                                    for a, b in zip(p.sorted(), q.sorted(), strict=True))


def _unify_monomial(p: Monomial, q: Monomial, letters: frozenset[Letter], binding: dict[Letter, Place]) -> bool:
    return len(p) == len(q) and all(a[1] == b[1] and _unify(a[0], b[0], letters, binding) for a, b in zip(p, q, strict=True))


# ---- rules from equations -------------------------------------------------------------------------------------------

def rules_of(equation: Equation) -> list[Rule]:
    """The equation u = f solved for each factor of f that determines all its indices and occurs once."""
    letters = frozenset(map(index_letter, equation.free))
    return solved(equation.tensor.name, letters, poly(equation.left), poly(equation.right))


def definition_of(equation: Equation) -> Rule:
    """The equation as it stands: u = f."""
    (monomial, _), = poly(equation.left).terms.items()
    return Rule(equation.tensor.name, frozenset(map(index_letter, equation.free)), monomial[0][0], poly(equation.right))


def solved(name: str, letters: frozenset[Letter], u: Poly, f: Poly) -> list[Rule]:
    """u = f, for all `letters`, solved for each factor of f that determines them all and occurs once."""
    found: list[Rule] = []
    for monomial, c in f.terms.items():
        for atom, e in monomial:
            if not letters <= atom.free or atom.kind in ("delta", "range", "cmp", "letter") or _elsewhere(atom, monomial, f):
                continue
            rest = Poly({in_order({a: x for a, x in monomial if a is not atom}): c})
            others = subtract(f, Poly({monomial: c}))
            if (e == 1 or (not others.terms and _invertible(atom, e))) and _divisible(rest):
                value = multiply(subtract(u, others), power(rest, -1))
                found += _rule(name, letters, atom, value, e)
    return found


def _invertible(atom: Atom, e: Number) -> bool:
    # From aᵉ = v follows a = v^(1/e) where that is one number: roots, reciprocals, and squares of what is positive.
    inverse = Fraction(1) / Fraction(e)
    return inverse.denominator == 1 or is_positive(atom)


def _rule(name: str, letters: frozenset[Letter], atom: Atom, value: Poly, e: Number) -> list[Rule]:
    if atom.kind == "base":  # √(v + ε) = s: then v = s² − ε
        inside = power(value, Fraction(1) / Fraction(e))
        return [Rule(name, letters, atom, value, e), *solved(name, letters, inside, atom.parts[0])]
    return [Rule(name, letters, atom, value, e)]


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

def summand(atom: Atom) -> tuple[Atom, str, int] | None:
    """Of Σ_k u, Σ_k u² or Σ_k exp u: the component u, which of the three, and the axis k of u; None for other factors."""
    if atom.kind != "sum" or len(atom.parts[0]) != 1 or len(atom.parts[1]) != 1:
        return None
    (inner, e), = atom.parts[1]
    form = {1: "u", 2: "u²"}.get(e, "")
    if inner.kind == "fn" and inner.parts[0] == "exp" and e == 1 and len(inner.parts[1][0]) == 1:
        (monomial, c), = inner.parts[1][0].terms.items()
        if c != 1 or len(monomial) != 1 or monomial[0][1] != 1:
            return None
        inner, form = monomial[0][0], "exp u"
    if inner.kind != "comp" or not form:
        return None
    plain = places.single(atom.parts[0][0])
    return (inner, form, inner.parts[1].index(plain)) if plain in inner.parts[1] else None


def fact_of(equation: Equation, form: str, axis: int, rules: Sequence[Rule]) -> Rule | None:
    """Σ_k u, Σ_k u² or Σ_k exp u, where the equations reduce it to something without a sum."""
    u, index = poly(equation.left), index_letter(equation.left.indices[axis])
    value = {"u": u, "u²": power(u, 2), "exp u": REBUILD["fn"]("exp", (u,))}[form]
    total = sums.sum_over((index,), value)
    name = equation.tensor.name
    reduced = _without_sums(total, [definition_of(equation), *(r for r in rules if r.atom.kind == "sum" and r.name != name)])
    if reduced is None:
        return None
    (monomial, _), = total.terms.items()
    letters = frozenset(map(index_letter, equation.free)) - {index}
    return Rule(name, letters, monomial[0][0], reduced, is_fact=True)


def sums_in(p: Poly) -> set[Atom]:
    """Every sum over one index in the polynomial, at any depth."""
    found: set[Atom] = set()
    for monomial in p.terms:
        for atom, _ in monomial:
            if atom.kind == "sum":
                found.add(atom)
                found |= sums_in(Poly({atom.parts[1]: 1}))
            for what, part in zip(SCHEMA[atom.kind], atom.parts, strict=True):
                for inner in [part] if what == "poly" else part if what == "polys" else []:
                    found |= sums_in(inner)
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

Rewriting = tuple[Poly, list[Rule]]
"""A polynomial and the rules that led to it."""


def simplest(p: Poly, rules: Sequence[Rule], settle: Callable[[Poly], Rewriting]) -> Rewriting:
    """The shortest polynomial that greedy rewriting by the rules reaches, settled after each of them."""
    best, used = settle(p)
    while True:
        found = None
        for rule in rules:
            new = rewrite(best, rule)
            if new != best:
                candidate, more = settle(new)
                if cost(candidate) < cost(found[0] if found else best):
                    found = candidate, [rule, *more]
        if found is None:
            return best, used
        best, used = found[0], used + found[1]
