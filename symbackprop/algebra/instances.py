"""A block of a variable: ai[n,j] = Σ_d x[n,d] W[d, j + H] is a[n, j + H] where a[n,k] = Σ_d x[n,d] W[d,k]."""
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from symbackprop.algebra import places
from symbackprop.algebra.convert import expanded
from symbackprop.algebra.places import Letter, Place, index_letter
from symbackprop.algebra.rewriting import unify_poly
from symbackprop.algebra.substituting import substitute
from symbackprop.algebra.terms import Poly
from symbackprop.language.equations import Equation
from symbackprop.language.tensors import Component, Index


def instance(right: Poly, known: Sequence[Equation]) -> Component | None:
    """A component of a variable of these equations, at places in range, that by its own equation is `right`; or None."""
    names = right.tensors
    for equation in known:
        pattern = _pattern(equation)
        if pattern is not None and pattern.tensors == names and len(pattern) == len(right):
            found = _instance(right, pattern, equation)
            if found is not None:
                return found
    return None


@lru_cache(maxsize=2_000)
def _pattern(equation: Equation) -> Poly | None:
    if not equation.free or len(set(equation.left.indices)) != len(equation.left.indices):
        return None
    if not all(isinstance(i, Index) for i in equation.left.indices):
        return None
    try:
        return expanded(equation.right)
    except (TypeError, ValueError, ArithmeticError):
        return None


def _instance(right: Poly, pattern: Poly, equation: Equation) -> Component | None:
    letters = [index_letter(i) for i in equation.free]
    binding: dict[Letter, Place] = {}
    if not unify_poly(pattern, right, frozenset(letters), binding) or set(letters) != binding.keys():
        return None
    if not all(places.free(p) <= right.free and places.in_range(p, places.size_of(k)) for k, p in binding.items()):
        return None
    if substitute(pattern, binding) != right:
        return None
    at = {i: places.expression(binding[k]) for i, k in zip(equation.free, letters, strict=True)}
    return Component(equation.tensor, *(at[i] for i in equation.left.indices))
