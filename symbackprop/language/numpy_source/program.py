"""What source code says: for each name its value in index form, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import sympy as sp

from symbackprop.language.equations import Equation, stood_on
from symbackprop.language.errors import NotationError
from symbackprop.language.nodes import InRange, Sum
from symbackprop.language.numpy_source.bounds import in_range
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import mapped, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor


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
    script's names that could not be read, `others` what is assigned and is no array, with what it is: None, a list.
    """

    results: Mapping[str, Read]
    lines: tuple[Read, ...]
    helpers: tuple[Equation, ...]
    overwritten: tuple[tuple[str, int], ...] = ()
    unread: Mapping[str, Unreadable] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def needed(self, expression: sp.Expr) -> tuple[Equation, ...]:
        """The helpers that the expression stands on, in order."""
        wanted = stood_on([expression], self.helpers)
        return tuple(e for e in self.helpers if e.tensor.name in wanted)

    def inlined(self, name: str) -> sp.Expr:
        """The expression of a result with every helper replaced by its definition; recurrences stay."""
        return self.inline(self.results[name].expression)

    def inline(self, expression: sp.Expr) -> sp.Expr:
        """An expression with every helper replaced by its definition, where it is no recurrence."""
        return inlined(expression, self._plain)

    @cached_property
    def _plain(self) -> dict[Tensor, Equation]:
        # A helper stands on earlier ones only, unless it belongs to a recurrence.
        seen: set[str] = {e.tensor.name for e in self.helpers}
        found: dict[Tensor, Equation] = {}
        for e in self.helpers:
            later = {t.name for t in tensors(e.right)} & seen
            if not e.is_boundary and not later:
                found[e.tensor] = e
                seen.discard(e.tensor.name)
        return found


def inlined(expression: sp.Expr, equations: Mapping[Tensor, Equation]) -> sp.Expr:
    """The expression with every component of the equations' tensors replaced by what it equals.

    A definition has no free indices but those of its left side, so that no binder around a component catches any. A
    component that may leave its range reads 0 there, which its definition is made to do.
    """
    if isinstance(expression, Component) and expression.tensor in equations:
        equation = equations[expression.tensor]
        if expression.tensor.initial and not isinstance(equation.right, Component):
            return expression  # before its range it has values of its own
        there = substitute(equation.right, dict(zip(equation.left.indices, expression.indices, strict=True)))
        ranges = [
            InRange(i, s)
            for i, s in zip(expression.indices, expression.tensor.sizes, strict=True)
            if not isinstance(i, Index) and not expression.tensor.initial and not in_range(i, s) and not vanishes(there, i, s)
        ]
        return cast(sp.Expr, inlined(there, equations) * sp.Mul(*ranges))
    if not expression.args or isinstance(expression, Component):
        return expression
    return mapped(expression, lambda a: inlined(a, equations))


def vanishes(e: sp.Expr, place: sp.Expr, size: sp.Expr) -> bool:
    """Whether the expression is 0 wherever the place leaves 0, ..., size − 1."""
    match e:
        case Component():
            return not e.tensor.initial and any(i == place and same_size(s, size) for i, s in zip(e.indices, e.tensor.sizes, strict=True))
        case InRange():
            return bool(e.args[0] == place and same_size(e.args[1], size))
        case sp.Mul():
            return any(vanishes(a, place, size) for a in e.args)
        case sp.Add():
            return all(vanishes(a, place, size) for a in e.args)
        case Sum():
            return vanishes(e.body, place, size)
        case sp.Pow():
            return bool(e.exp.is_positive) and vanishes(e.base, place, size)
    return bool(e == 0)
