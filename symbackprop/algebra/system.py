"""A system of equations: each solved for what stands in it, and the sums that it forces."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from symbackprop.algebra.builders import component
from symbackprop.algebra.convert import poly
from symbackprop.algebra.fractions import cancelled
from symbackprop.algebra.places import index_letter
from symbackprop.algebra.readable import cost
from symbackprop.algebra.replacing import replaced
from symbackprop.algebra.rewriting import Rewriting, Rule, fact_of, rewrite, rules_of, solved, summand, sums_in
from symbackprop.algebra.terms import Atom, Poly, add, of_atom, scale
from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Tensor


class System:
    """Equations and what follows from them; worked out where somebody asks."""

    def __init__(self, equations: Sequence[Equation], assumptions: Sequence[Assumption] = ()) -> None:
        self.equations = tuple(equations)
        self._assumed = [r for a in assumptions for r in rules_of_assumption(a) if not _is_symmetry(r)]
        self._symmetric = [r for a in assumptions for r in rules_of_assumption(a) if _is_symmetry(r)]
        self._rules: dict[str, list[Rule]] = {}
        self._facts: dict[tuple[str, str, int], Rule | None] = {}

    @cached_property
    def _near(self) -> dict[str, list[Equation]]:
        # The equations in which each variable stands, on either side.
        found: dict[str, list[Equation]] = {}
        for equation in self.equations:
            for name in {equation.tensor.name, *(t.name for t in tensors(equation.right))}:
                found.setdefault(name, []).append(equation)
        return found

    def rules(self, names: Iterable[str]) -> list[Rule]:
        """The solved equations, and the sums they force, that speak of the variables."""
        chosen: dict[str, Equation] = {}
        for name in names:
            for equation in self._near.get(name, ()):
                if not equation.is_boundary:
                    chosen.setdefault(equation.tensor.name, equation)
        return [r for e in chosen.values() for r in self._solved(e)]

    def _solved(self, equation: Equation) -> list[Rule]:
        name = equation.tensor.name
        if name not in self._rules:
            self._rules[name] = rules_of(equation)
        return self._rules[name]

    def forced(self, total: Atom) -> Rule | None:
        """What the equations force a sum of a variable, its squares or exponentials to be, if anything."""
        found = summand(total)
        if found is None:
            return None
        u, form, axis = found
        key = u.parts[0].name, form, axis
        if key not in self._facts:
            self._facts[key] = self._fact(*key)
        return self._facts[key]

    def _fact(self, name: str, form: str, axis: int) -> Rule | None:
        equation = next((e for e in self._near.get(name, ()) if e.tensor.name == name and not e.is_boundary), None)
        if equation is None:
            return None
        near = {e.tensor.name: e for t in tensors(equation.right) for e in self._near[t.name] if not e.is_boundary}
        return fact_of(equation, form, axis, [r for e in near.values() for r in self._solved(e)])

    # ---- settling

    def settle(self, p: Poly) -> Rewriting:
        """p with fractions cancelled, forced sums replaced and assumptions used where that makes it shorter."""
        used: list[Rule] = []
        reduced = cancelled(p)
        p = reduced if cost(reduced) < cost(p) else p
        facts = dict.fromkeys(filter(None, map(self.forced, sorted(sums_in(p), key=lambda a: a.key))))
        for rule in facts:
            p = _used(p, rewrite(p, rule), rule, used)
        for rule in self._assumed:
            new = rewrite(p, rule)
            p = _used(p, new if cost(new) < cost(p) else p, rule, used)
        for rule in self._symmetric:
            new = oriented(p, rule.atom.parts[0])
            p = _used(p, new if cost(new) < cost(p) else p, rule, used)
        return p, used


def _used(old: Poly, new: Poly, rule: Rule, used: list[Rule]) -> Poly:
    if new != old:
        used.append(rule)
    return new


def oriented(p: Poly, symmetric: Tensor) -> Poly:
    """p with each component A[i, j] of a symmetric matrix written as A[j, i] where j comes later."""
    def turned(atom: Atom) -> Poly | None:
        if atom.kind == "comp" and atom.parts[0] == symmetric and atom.parts[1][0] < atom.parts[1][1]:
            return component(symmetric, atom.parts[1][::-1])
        return None
    return replaced(p, turned)


# ---- assumptions ----------------------------------------------------------------------------------------------------

def rules_of_assumption(a: Assumption) -> list[Rule]:
    """An assumed equation, solved; the symmetry of a matrix as A[i, j] = (A[i, j] + A[j, i])/2, lest it turn for ever."""
    if a.relation != "==":
        return []
    left, right = poly(a.left), poly(a.right)
    letters = frozenset(map(index_letter, a.free))
    symmetric = _symmetry(left, right)
    if symmetric is not None:
        return [Rule(a.text, letters, symmetric, scale(add(left, right), Fraction(1, 2)), is_fact=True)]
    return [replace(r, is_fact=True) for r in solved(a.text, letters, right, left)]


def _symmetry(left: Poly, right: Poly) -> Atom | None:
    if len(left) == len(right) == 1:
        ((m, c),), ((n, k),) = left.terms.items(), right.terms.items()
        if c == k == 1 and len(m) == len(n) == 1:
            (a, _), (b, _) = m[0], n[0]
            if a.kind == b.kind == "comp" and a.parts[0] == b.parts[0] and a.parts[1] == b.parts[1][::-1]:
                return a
    return None


def _is_symmetry(rule: Rule) -> bool:
    return len(rule.value) == 2 and of_atom(rule.atom).terms.keys() < rule.value.terms.keys()
