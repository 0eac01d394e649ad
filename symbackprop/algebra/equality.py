"""Are two expressions equal for all sizes and values? A proof, or None, which says nothing.

    0  at random numbers they differ: no proof
    1  their normal forms are equal
    2  their difference is 0 after: cancelling fractions, folding into the layer's names, eliminating named
       variables, functions replaced by their definitions, denominators cleared; with assumptions where declared

Every transformation keeps the value of the difference wherever both sides are defined, so that 0 at the end is a proof.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

import sympy as sp

from symbackprop.algebra import readable
from symbackprop.algebra.convert import expanded, poly
from symbackprop.algebra.fingerprint import differ
from symbackprop.algebra.products import REBUILD, met, multiply
from symbackprop.algebra.replacing import replaced
from symbackprop.algebra.rewriting import definition_of, rewrite, simplest
from symbackprop.algebra.system import System, rules_of_assumption
from symbackprop.algebra.terms import ZERO, Atom, Number, Poly, add, number, scale, subtract
from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.functions import PRIMITIVES, TABLE
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor

MOST_TERMS = 1500
"""A difference that grows beyond this many terms is given up: no proof."""


@dataclass(frozen=True)
class Proof:
    """How two expressions were found equal; `used` names equations and assumptions.

    With `exceptions` they are equal except where a step, a sign or a comparison stands at its threshold.
    """

    how: str
    used: tuple[str, ...] = ()
    exceptions: bool = False


def prove(left: sp.Expr, right: sp.Expr, equations: Sequence[Equation] = (), assumptions: Sequence[Assumption] = (),
          step0: sp.Rational | int | None = 0, almost_everywhere: bool = False, compared: bool = False) -> Proof | None:
    """A proof that left = right for all sizes and all values that satisfy the assumptions, or None.

    `equations` define what may be eliminated. `step0` is Step(0), None if it is left open. With `almost_everywhere`
    the two may differ where something stands exactly at a threshold. `compared` says that they are known not to
    differ at points: else random numbers are tried first, since of what differs no proof need be looked for.
    """
    try:
        if poly(left) == poly(right):
            return Proof("the normal forms are equal")
        if not compared and not assumptions and differ(left, right, equations, step0):
            return None
        return _proved(left, right, equations, assumptions, step0, almost_everywhere)
    except RecursionError:  # a form that doesn't settle is no proof
        return None


def _proved(left: sp.Expr, right: sp.Expr, equations: Sequence[Equation], assumptions: Sequence[Assumption],
            step0: sp.Rational | int | None, almost_everywhere: bool) -> Proof | None:
    for given in ((), tuple(assumptions)) if assumptions else ((),):
        attempt = _Attempt(equations, given, step0, almost_everywhere)
        found = attempt.run(left, right)
        if found is not None:
            return replace(found, used=(*found.used, *(a.text for a in given)), exceptions=almost_everywhere)
    return None


def needed(left: sp.Expr, right: sp.Expr, equations: Sequence[Equation], assumptions: Sequence[Assumption],
           candidates: Sequence[Assumption]) -> tuple[Assumption, ...] | None:
    """The fewest of the candidate assumptions that, beside the declared ones, make left = right provable, or None."""
    for count in range(1, min(2, len(candidates)) + 1):
        for chosen in combinations(candidates, count):
            if prove(left, right, equations, (*assumptions, *chosen)) is not None:
                return chosen
    return None


class _Attempt:
    # One run over the ladder of transformations, with one set of assumptions.
    def __init__(self, equations: Sequence[Equation], assumptions: Sequence[Assumption], step0: sp.Rational | int | None,
                 almost_everywhere: bool) -> None:
        self.signs = dict(_signs(assumptions))
        self.equations = [Equation(_signed(e.left, self.signs), _signed(e.right, self.signs), e.text) for e in equations]
        self.system = System(self.equations)
        self.assumed = [r for a in assumptions for r in rules_of_assumption(_with_signs(a, self.signs))]
        self.step0 = None if step0 is None else Fraction(int(sp.Rational(step0).p), int(sp.Rational(step0).q))
        self.almost_everywhere = almost_everywhere

    def run(self, left: sp.Expr, right: sp.Expr) -> Proof | None:
        d = subtract(poly(_signed(left, self.signs)), poly(_signed(right, self.signs)))
        for how, used, line in self._lines(d):
            if not line.terms:
                return Proof(how, used)
            if len(line) > MOST_TERMS:
                return None
        return None

    def _lines(self, d: Poly) -> Iterator[tuple[str, tuple[str, ...], Poly]]:
        d = self._tidy(d)
        yield "the normal forms are equal once fractions are cancelled", (), d
        names = tuple(sorted(t.name for t in d.tensors))
        folded, rules = simplest(d, self.system.rules(names), self.system.settle)
        yield "equal once folded into the layer's names", tuple(dict.fromkeys(r.name for r in rules)), folded
        yield from self._deep(folded, "equal by the functions' definitions", ())
        eliminated: list[str] = []
        for equation in reversed(self.equations):
            if not self._eliminates(equation, d):
                continue
            d = self._tidy(rewrite(d, definition_of(equation)))
            eliminated.append(equation.tensor.name)
            yield "equal after eliminating " + ", ".join(eliminated), tuple(eliminated), d
            if len(d) > MOST_TERMS:
                return
            yield from self._cleared(d, "equal after eliminating " + ", ".join(eliminated), tuple(eliminated))
        how = "equal after eliminating " + ", ".join(eliminated) + " and by the functions' definitions"
        yield from self._deep(d, how, tuple(eliminated))

    def _eliminates(self, equation: Equation, d: Poly) -> bool:
        own = equation.tensor
        return not equation.is_boundary and own not in tensors(equation.right) and mentions(d, own.name)

    def _tidy(self, d: Poly) -> Poly:
        for rule in self.assumed:
            d = rewrite(d, rule)
        return self.system.settle(d)[0]

    def _deep(self, d: Poly, how: str, used: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], Poly]]:
        d = self._tidy(self._conventions(expanded(readable.expression(d))))
        yield how, used, d
        yield from self._cleared(d, how, used)
        without = self._tidy(self._conventions(replaced(d, _absolute)))
        if without != d:
            yield how, used, without
            yield from self._cleared(without, how, used)

    def _cleared(self, d: Poly, how: str, used: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], Poly]]:
        multiplied = cleared(d)
        if multiplied is not None:
            yield how + ", denominators cleared", used, self._tidy(multiplied)

    def _conventions(self, d: Poly) -> Poly:
        values: dict[str, Number] = {"sign0": 0} if self.step0 is None else {"sign0": 0, "step0": self.step0}
        d = replaced(d, lambda a: number(values[a.parts[0]]) if a.kind == "const" and a.parts[0] in values else None)
        if self.almost_everywhere:
            defined = frozenset(e.tensor.name for e in self.equations)
            d = replaced(d, lambda a: ZERO if a.kind == "cmp" and a.parts[0] == "==" and _is_continuous(a.parts[1], defined) else None)
        return d


# ---- transformations ------------------------------------------------------------------------------------------------

def mentions(d: Poly, name: str) -> bool:
    """Whether a component of the variable occurs in the polynomial."""
    return any(t.name == name for t in d.tensors)


def _absolute(atom: Atom) -> Poly | None:
    # |p| = p (2 [p > 0] + [p = 0] − 1), also at 0
    if atom.kind == "fn" and atom.parts[0] == "abs":
        p = atom.parts[1][0]
        signs = add(scale(REBUILD["cmp"](">", p), 2), REBUILD["cmp"]("==", p), number(-1))
        return multiply(p, signs)
    return None


def cleared(d: Poly) -> Poly | None:
    """The polynomial times its denominators, None where it has none; 0 exactly where the polynomial is."""
    lowest: dict[Atom, Number] = {}
    for monomial in d.terms:
        for atom, e in monomial:
            if atom.kind == "base" and e < 0:
                lowest[atom] = min(e, lowest.get(atom, 0))
    if not lowest:
        return None
    return met(d, {a: -e for a, e in lowest.items()})


SMOOTH = frozenset(("comp", "size", "letter", "num", "const", "sum", "base"))


def _is_continuous(p: Poly, defined: frozenset[str]) -> bool:
    # Analytic in inputs that vary freely: 0 on a set without volume. What an equation defines is not free (C = max x meets
    # x often), a mask or a label is not continuous, and a function with a kink may be 0 on a whole side.
    return bool(p.tensors) and all(_is_smooth(a) for m in p.terms for a, _ in m) and not any(
        t.is_integer_valued or t.values or t.name in defined for t in p.tensors)


def _is_smooth(atom: Atom) -> bool:
    match atom.kind:
        case "fn":
            return _has_no_kink(atom.parts[0]) and all(_is_smooth(a) for p in atom.parts[1] for m in p.terms for a, _ in m)
        case "sum":
            return all(_is_smooth(a) for a, _ in atom.parts[1])
        case "base":
            return all(_is_smooth(a) for m in atom.parts[0].terms for a, _ in m)
    return atom.kind in SMOOTH


def _has_no_kink(name: str) -> bool:
    return name in PRIMITIVES or (name in TABLE and not TABLE[name].kinks)


# ---- assumptions ----------------------------------------------------------------------------------------------------

def _signs(assumptions: Iterable[Assumption]) -> Iterator[tuple[Tensor, Tensor]]:
    for a in assumptions:
        left, right, relation = a.left, a.right, a.relation
        if relation in ("<", "<=") and isinstance(right, Component):
            left, right, relation = right, left, {"<": ">", "<=": ">="}[relation]
        if relation in (">", ">=") and isinstance(left, Component) and right.is_number and right.is_nonnegative \
                and all(isinstance(i, Index) for i in left.indices):
            t = left.tensor
            sign = "positive" if relation == ">" or right.is_positive else "nonnegative"
            yield t, t.having(sign=sign)


def _signed(expression: sp.Expr, signs: dict[Tensor, Tensor]) -> sp.Expr:
    return substitute(expression, signs) if signs else expression


def _with_signs(a: Assumption, signs: dict[Tensor, Tensor]) -> Assumption:
    return replace(a, left=_signed(a.left, signs), right=_signed(a.right, signs))
