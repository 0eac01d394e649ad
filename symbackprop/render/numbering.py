"""Numbers of lines, and what a reason refers to: the layer's equations first, then every shown line in order."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import sympy as sp

from symbackprop.derivation import Derivation, Detail, MatrixForm, Reference, Step
from symbackprop.language.equations import Equation


@dataclass(frozen=True)
class Shown:
    """A derivation with the steps of it that are shown; `lemma` where it stands because another one inserts it."""

    derivation: Derivation
    steps: tuple[Step, ...]
    lemma: bool


@dataclass
class Numbers:
    """The number of every line, in the order in which they are given out."""

    of: dict[Reference, int] = field(default_factory=dict)
    last: int = 0

    def next(self, name: Reference | None = None) -> int:
        """The next number; what is called `name` is found under it from now on."""
        self.last += 1
        if name is not None:
            self.of[name] = self.last
        return self.last


def number_equations(equations: Iterable[Equation], numbers: Numbers) -> list[int]:
    """The numbers of equations of the layer. A variable is referred to by its general equation, not its boundary's."""
    return [numbers.next(None if e.is_boundary else Reference("equation", e.tensor.name)) for e in equations]


def number_steps(shown: Shown, numbers: Numbers) -> list[int]:
    """The numbers of the lines of one derivation; it is referred to by its last line in index form."""
    name = Reference("derivation", shown.derivation.variable.name)
    result = next((i for i, s in reversed(list(enumerate(shown.steps))) if isinstance(s.right, sp.Expr)), -1)
    return [numbers.next(name if i == result else None) for i in range(len(shown.steps))]


MANY = 40
"""In a layer with more equations than this, only what a derivation inserts is shown before it."""


def in_order(derivations: Iterable[Derivation], detail: Detail) -> list[Shown]:
    """The derivations, each after those that it stands on; what was not asked for is shown briefly."""
    asked = {d.variable.name: d for d in derivations}
    placed: dict[str, Shown] = {}
    for d in asked.values():
        _place(d, asked, detail, placed)
    return list(placed.values())


def _place(derivation: Derivation, asked: dict[str, Derivation], detail: Detail, placed: dict[str, Shown]) -> None:
    # By hand and not by recursion: a network has as many lemmas in a row as it has layers.
    stack = [(derivation, iter(_before(derivation)))]
    open_names = {derivation.variable.name}
    while stack:
        current, lemmas = stack[-1]
        waiting = next((d for d in lemmas if d.variable.name not in placed and d.variable.name not in open_names), None)
        if waiting is not None:
            open_names.add(waiting.variable.name)
            stack.append((waiting, iter(_before(waiting))))
            continue
        stack.pop()
        name = current.variable.name
        if name not in placed:
            chosen = asked.get(name, current)
            steps = chosen.at(detail) if name in asked else _as_lemma(chosen)
            placed[name] = Shown(chosen, steps, name not in asked)


def _before(derivation: Derivation) -> tuple[Derivation, ...]:
    return derivation.stands_on if len(derivation.layer.equations) <= MANY else derivation.lemmas


def _as_lemma(derivation: Derivation) -> tuple[Step, ...]:
    """What an inserted derivation is known by: its lines in index form."""
    return tuple(s for s in derivation.at("brief") if not isinstance(s.right, MatrixForm))
