"""A number that becomes an array in the first turn of a loop: whether that turn may be read as if it were one already.

    h = 0;  h = tanh(x[t] + h)          0 + x[t] has the shape of x[t]: the same
    h = 1;  h = x[t] + np.sum(h)        1, not D: another thing in the first turn
    h = 1;  h = np.dot(h, U)            1·U, not Σ_k U[k, j]: another thing
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Binder
from symbackprop.language.substitution import components
from symbackprop.language.tensors import Component, Index, Tensor


@dataclass(frozen=True)
class Bare:
    """The letters along which a value may be a number yet: as it is, or times an array that has them."""

    alone: frozenset[Index] = frozenset()
    times: frozenset[Index] = frozenset()

    @property
    def all(self) -> frozenset[Index]:
        """Both."""
        return self.alone | self.times


def check_first_turn(state: Tensor, turn: Index, helpers: Sequence[Equation], body: sp.Expr) -> None:
    """Refuse a turn of which a part is another thing for a number than for an array of that number. Raises Unfit."""
    bare = {state: True}  # whether they are perhaps numbers as they are, not times an array only
    for helper in helpers:
        found = _bare(helper.right, bare, turn)
        if found.all:
            bare[helper.tensor] = bool(found.alone)
    if _bare(body, bare, turn).alone:
        raise Unfit("whether a name is a number or an array after the loop isn't known", "let it start as an array")


def _bare(e: sp.Expr, bare: Mapping[Tensor, bool], turn: Index) -> Bare:
    if isinstance(e, Component):
        letters = frozenset(i for s in e.indices for i in s.free_symbols if isinstance(i, Index) and i != turn)
        return Bare() if e.tensor not in bare else Bare(letters) if bare[e.tensor] else Bare(times=letters)
    if not any(c.tensor in bare for c in components(e)):
        return Bare()
    parts = [(a, _bare(a, bare, turn)) for a in e.args if isinstance(a, sp.Expr) and not isinstance(a, Index)]
    letters = frozenset[Index]().union(*(b.all for _, b in parts))
    if isinstance(e, Binder):
        if letters & set(e.bound):
            raise Unfit("a sum or product of what is a number in the first turn and an array in the others", "let it start as an array")
        return parts[0][1]
    has_all = any(not b.all and letters <= a.free_symbols for a, b in parts)
    if isinstance(e, sp.Add) and has_all:
        return Bare()
    if isinstance(e, sp.Mul) and has_all:
        return Bare(times=letters)
    alone = frozenset[Index]().union(*(b.alone for _, b in parts))
    return Bare(alone, letters - alone)
