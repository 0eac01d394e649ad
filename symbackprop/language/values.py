"""The value of an expression: an array whose axes are labelled by the expression's free indices.

    value(Σ_d x[n,d] W[d,h], (n, h), {"x": ..., "W": ...}, {"N": 2, "D": 3, "H": 4})   an array of shape (2, 4)

Every node has one rule, in `scalar_values`, `reductions` or `gathering`. A rule returns a `Labelled` array; arrays
meet by the names of their axes, so that no order has to be agreed on. The same rules work in every domain (see
`domains`), subscripts included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language import gathering, reductions, scalar_values
from symbackprop.language.domains import FLOAT64, Array, Domain
from symbackprop.language.labelled import Boundary, Labelled, Scope, evaluate, extent, laid_out
from symbackprop.language.tensors import Index

__all__ = ["RULES", "Boundary", "Labelled", "Scope", "evaluate", "extent", "laid_out", "value"]

RULES = (scalar_values, reductions, gathering)
"""Where the rules stand; importing them registers them."""


def value(
    expression: sp.Expr,
    indices: tuple[Index, ...],
    arrays: Mapping[str, Any],
    sizes: Mapping[Any, int],
    *,
    domain: Domain = FLOAT64,
    step0: Any = 0,
    sign0: Any = 0,
    functions: Mapping[str, Any] | None = None,
) -> Array:
    """The array of the expression's values, its axes in the order of `indices`.

    `arrays` has an array for each tensor by name, `sizes` a number for each size. An index that the expression lacks
    gives an axis along which nothing changes. A place where a function has no value is nan.
    """
    with domain.context():
        scope = Scope(
            domain,
            {name: _array(a, domain) for name, a in arrays.items()},
            {str(k): int(v) for k, v in sizes.items()},
            symbols={"step0": step0, "sign0": sign0},
            functions={k: _callables(f) for k, f in (functions or {}).items()},
        )
        return laid_out(evaluate(expression, scope), indices, scope)


def _array(given: Any, domain: Domain) -> Array:
    array = np.asarray(given)
    return array if array.dtype.kind in "iu" else domain.convert(given)


def _callables(f: Any) -> tuple[Callable[..., Any], ...]:
    return tuple(f) if isinstance(f, (tuple, list)) else (f,)
