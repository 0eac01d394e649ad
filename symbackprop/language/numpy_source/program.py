"""What source code says: for each name its value in index form, and where it stands."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component, Index


class Unreadable(NotationError):
    """Source that can't be read soundly as mathematics: what isn't understood, the source, line and column."""


@dataclass(frozen=True)
class Read:
    """name = expression over `indices`, an array of shape `sizes`; an axis of size 1 has no index.

    The expression stands on the layer's tensors, on given gradients and on helpers (see Program). `line` is in the file,
    or in the call lines where `in_call`.
    """

    name: str
    expression: sp.Expr
    indices: tuple[Index | None, ...]
    sizes: tuple[sp.Expr, ...]
    line: int
    column: int
    in_call: bool = False

    @property
    def free(self) -> tuple[Index, ...]:
        """The indices it holds for."""
        return tuple(i for i in self.indices if i is not None)


@dataclass(frozen=True)
class Program:
    """What the lines that call the code assign: `results` by name, the last one counts.

    `lines` has every assignment of an array in order, those of a script and of the called functions included.
    `helpers` define the named intermediates that expressions stand on, in order; one that stands on itself is a
    recurrence. `overwritten` names the caller's arrays that are changed in place, with the line. `unread` are the
    script's names that could not be read.
    """

    results: Mapping[str, Read]
    lines: tuple[Read, ...]
    helpers: tuple[Equation, ...]
    overwritten: tuple[tuple[str, int], ...] = ()
    unread: Mapping[str, Unreadable] = field(default_factory=dict)

    def needed(self, expression: sp.Expr) -> tuple[Equation, ...]:
        """The helpers that the expression stands on, in order."""
        wanted = {t.name for t in tensors(expression)}
        found: list[Equation] = []
        for equation in reversed(self.helpers):
            if equation.tensor.name in wanted:
                found.append(equation)
                wanted |= {t.name for t in tensors(equation.right)}
        return tuple(reversed(found))

    def inlined(self, name: str) -> sp.Expr:
        """The expression of a result with every helper replaced by its definition; recurrences stay."""
        return self.inline(self.results[name].expression)

    def inline(self, expression: sp.Expr) -> sp.Expr:
        """An expression with every helper replaced by its definition, where it is no recurrence."""
        for equation in reversed(self.helpers):
            if equation.tensor not in self._recurrent:
                expression = inlined(expression, equation)
        return expression

    @cached_property
    def _recurrent(self) -> set[object]:
        return {e.tensor for e in self.helpers if e.is_boundary or e.tensor in tensors(e.right)}


def inlined(expression: sp.Expr, equation: Equation) -> sp.Expr:
    """The expression with every component of the equation's tensor replaced by what it equals."""
    while True:
        found = {c for c in _components(expression) if c.tensor == equation.tensor}
        if not found:
            return expression
        mapping = {c: substitute(equation.right, dict(zip(equation.left.indices, c.indices, strict=True))) for c in found}
        expression = substitute(expression, mapping)


def _components(expression: sp.Expr) -> set[Component]:
    return {a for a in sp.preorder_traversal(expression) if isinstance(a, Component)}
