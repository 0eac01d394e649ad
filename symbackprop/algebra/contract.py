"""Contraction: each Kronecker delta picks one term of its sum; nothing else is touched."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from symbackprop.algebra import readable
from symbackprop.algebra.convert import kept, poly
from symbackprop.algebra.readable import Names
from symbackprop.algebra.terms import Poly
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Tensor


@dataclass(frozen=True)
class Contraction:
    """An expression without its deltas: as a person would write it, and in normal form."""

    source: sp.Expr
    form: Poly
    expression: sp.Expr

    @cached_property
    def flat(self) -> Poly:
        """The normal form."""
        return poly(self.source)

    @cached_property
    def terms(self) -> int:
        """The number of terms once multiplied out."""
        return len(self.flat)

    @cached_property
    def tensors(self) -> list[Tensor]:
        """The tensors in it, in order of appearance."""
        return tensors(self.expression)


def contracted(expression: sp.Expr, names: Names) -> Contraction:
    """Σ_i δ(i, j) f(i) = f(j), wherever a delta's index is summed over."""
    form = kept(expression)
    return Contraction(expression, form, readable.term_by_term(form, names))
