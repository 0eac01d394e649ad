"""Equations and assumptions: what a layer's text says once it is read."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp

from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component, Index, Tensor


@dataclass(frozen=True)
class Equation:
    """left = right, for every value of the free indices of `left`.

    `left` is a component of the tensor that the equation defines, its subscripts distinct indices; an
    equation for one place of a recurrence (h[-1, n, j] = h0[n, j]) has a number there. `text` is how
    it was written, "" if it was made by the program.
    """

    left: Component
    right: sp.Expr
    text: str = ""

    @property
    def tensor(self) -> Tensor:
        """The tensor that it defines."""
        return self.left.tensor

    @property
    def free(self) -> tuple[Index, ...]:
        """The indices that it holds for."""
        return tuple(i for i in self.left.indices if isinstance(i, Index))

    @property
    def is_boundary(self) -> bool:
        """Whether it defines a single place of a recurrence and not the whole tensor."""
        return len(self.free) < len(self.left.indices)


@dataclass(frozen=True)
class Assumption:
    """left relation right, for every value of the free indices; or "invertible": the matrix `left` is.

    `relation` is one of == < <= > >= != invertible. For `invertible`, `left` is the entry in row and
    column `free[0]` and `free[1]`, and `right` is 0.
    """

    relation: str
    left: sp.Expr
    right: sp.Expr
    free: tuple[Index, ...]
    text: str = ""


@dataclass(frozen=True)
class Signature:
    """inputs -> outputs."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def stood_on(expressions: Iterable[sp.Expr], equations: Iterable[Equation]) -> set[str]:
    """The names of the tensors that expressions stand on, by way of the equations that define them."""
    own: dict[str, list[sp.Expr]] = {}
    for e in equations:
        own.setdefault(e.tensor.name, []).append(e.right)
    names: set[str] = set()
    waiting = list(expressions)
    while waiting:
        for t in tensors(waiting.pop()):
            if t.name not in names:
                names.add(t.name)
                waiting += own.get(t.name, ())
    return names
