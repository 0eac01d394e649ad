"""A system of equations: each solved for what stands in it, and the sums that it forces."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from symbackprop.algebra.rewriting import Rule, fact_of, rules_of, summand
from symbackprop.algebra.terms import Atom
from symbackprop.language.equations import Equation
from symbackprop.language.substitution import tensors


class System:
    """Equations and what follows from them; worked out where somebody asks."""

    def __init__(self, equations: Sequence[Equation]) -> None:
        self.equations = tuple(equations)
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
