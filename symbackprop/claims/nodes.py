"""What statements need beside the language: a limit, a mean and a probability.

lim_{x→p} e      Limit(e, x, p)
E[e], Z normal   Mean(e, z)
P(z = 0)         Chance(z == 0), the inputs having a density
"""

from __future__ import annotations

from typing import Any, cast

import sympy as sp

from symbackprop.language.tensors import Component, TensorNode


class Limit(TensorNode):
    """lim of an expression as a variable tends to a number, to ∞ or to −∞: Limit(e, x, p)."""

    __slots__ = ()

    def __new__(cls, e: sp.Expr, variable: Component | sp.Symbol, at: sp.Expr) -> Limit:
        return cast(Limit, sp.Expr.__new__(cls, e, variable, at))

    @property
    def of(self) -> sp.Expr:
        """What tends to something."""
        return cast(sp.Expr, self.args[0])

    def _sympystr(self, printer: Any) -> str:
        at = {sp.oo: "∞", -sp.oo: "−∞"}.get(self.args[2], printer._print(self.args[2]))
        return f"lim[{printer._print(self.args[1])} → {at}] {printer._print(self.of)}"


class Mean(TensorNode):
    """E[e] for a standard normal variable: Mean(e, z)."""

    __slots__ = ()

    def __new__(cls, e: sp.Expr, variable: Component) -> Mean:
        return cast(Mean, sp.Expr.__new__(cls, e, variable))

    @property
    def of(self) -> sp.Expr:
        """What is averaged."""
        return cast(sp.Expr, self.args[0])

    def _sympystr(self, printer: Any) -> str:
        return f"E[{printer._print(self.of)}]"


class Chance(TensorNode):
    """The probability of an event, where all inputs together have a density: Chance(z == 0)."""

    __slots__ = ()

    def __new__(cls, event: sp.Expr) -> Chance:
        return cast(Chance, sp.Expr.__new__(cls, event))

    @property
    def event(self) -> sp.Expr:
        """What may happen."""
        return cast(sp.Expr, self.args[0])

    def _sympystr(self, printer: Any) -> str:
        return f"P({printer._print(self.event)})"
