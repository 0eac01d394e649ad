"""Index form -> array notation: Σ_n x[n,d] dz[n,h] is x.T @ dz."""
from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from symbackprop.algebra.arrays.layout import Layouts
from symbackprop.algebra.arrays.text import Array, Call, Reduction, children, text
from symbackprop.derivation import MatrixForm
from symbackprop.language.substitution import components
from symbackprop.language.tensors import Index, Tensor

HIGHEST_RANK = 4


def matrix_form(expression: sp.Expr, free: tuple[Index, ...], tensors: Mapping[str, Tensor]) -> MatrixForm | None:
    """The expression as an array whose axes are the free indices in order, None where the notation has no such form.

    No array on the way has more axes than a tensor in the expression, or than four, but two are always allowed.
    `tensors` are the names in scope: a form that would call a function by the name of one of them is refused.
    """
    layouts = Layouts(sorted((2, HIGHEST_RANK, max((c.tensor.rank for c in components(expression)), default=2)))[1])
    if not layouts.sets[expression] <= frozenset(free):
        return None
    made = layouts.whole(expression, free)
    if made is None or not _functions(made).isdisjoint(tensors):
        return None
    return MatrixForm(text(made), expression, tuple(i.size for i in free))


def _functions(array: Array) -> set[str]:
    own = {array.node.function} if isinstance(array.node, (Call, Reduction)) else set()
    return own.union(*(_functions(child) for child in children(array.node)))
