"""Functions of whole arrays: softmax, logsumexp, tr, diag, det, A⁻¹ and the like, with the layout of what they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

from symbackprop.language import matrices
from symbackprop.language.arrays import REDUCTIONS, Names
from symbackprop.language.errors import Unfit
from symbackprop.language.latex.products import Two, Value
from symbackprop.language.tensors import Component


def _along_rows(name: str) -> Callable[[Sequence[Value], Names], Value]:
    def rule(values: Sequence[Value], names: Names) -> Value:
        (v,) = values
        if not v.rank:
            raise Unfit(f"{name} takes a vector; this is one number", "write the component behind: \\operatorname{softmax}(z)_k")
        made = REDUCTIONS[name](v.array, (v.rank - 1,), False, names)
        return Value(made, v.row if len(made.sizes) == 1 and v.rank == 1 else False)

    return rule


def _over_all(name: str) -> Callable[[Sequence[Value], Names], Value]:
    def rule(values: Sequence[Value], names: Names) -> Value:
        (v,) = values
        if not v.rank:
            raise Unfit(f"{name} goes over the places of a vector; this is one number", f"write \\{name}_n x_n")
        if v.rank > 1:
            raise Two(f"{name} of a matrix", ("over all its places", "along its rows", "along its columns"), f"write \\{name}_n x_{{n,d}}")
        return Value(REDUCTIONS[name](v.array, (0,), False, names))

    return rule


def _of_matrix(verb: Callable[..., object]) -> Callable[[Sequence[Value], Names], Value]:
    def rule(values: Sequence[Value], names: Names) -> Value:
        return Value(verb(*(v.array for v in values), names))  # type: ignore[arg-type]

    return rule


def _one_hot(values: Sequence[Value], _names: Names) -> Value:
    (v,) = values
    entry = v.array.at(tuple(sp.S.Zero for _ in v.sizes))
    below = entry.tensor.below if isinstance(entry, Component) else None
    if below is None:
        raise Unfit("onehot takes an integer tensor", "map the labels: names={...: 't'}")
    return Value(matrices.one_hot(v.array, below))


RULES: dict[str, Callable[[Sequence[Value], Names], Value]] = {
    **{name: _along_rows(name) for name in ("softmax", "log_softmax", "logsumexp")},
    **{name: _over_all(name) for name in ("max", "min", "sum", "mean")},
    "trace": _of_matrix(matrices.trace),
    "diag": _of_matrix(matrices.diagonal),
    "det": _of_matrix(matrices.determinant),
    "logdet": _of_matrix(matrices.log_determinant),
    "inv": _of_matrix(matrices.inverse),
    "onehot": _one_hot,
    "outer": _of_matrix(matrices.outer),
}
COUNT = {"outer": 2}
