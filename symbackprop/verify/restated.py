"""A helper's further right sides, t = a = b: whether b is what t was defined as.

The layer says nothing of t, so there is no oracle to ask: b is proved equal to a, or it isn't decided.
"""

from __future__ import annotations

import sympy as sp

from symbackprop.algebra.equality import prove
from symbackprop.language.substitution import substitute
from symbackprop.layer import Layer
from symbackprop.verify.answers import Formula, Stated
from symbackprop.verify.case import FAILURES, Terms
from symbackprop.verify.proof import OutOfTime, within
from symbackprop.verify.verdict import Verdict


def is_restated(layer: Layer, stated: Stated) -> bool:
    """Whether a statement is about a helper's own value."""
    of = stated.target.of
    return of is not None and not stated.target.by and of.tensor.name not in layer.tensors


def restated(layer: Layer, stated: Stated, terms: Terms) -> Verdict:
    """Proved where both right sides are equal, else undecided."""
    of, said = stated.target.of, stated.said
    assert of is not None and isinstance(said, Formula)
    definition = next(h for h in said.helpers if h.tensor.name == of.tensor.name)
    first = substitute(definition.right, dict(zip(definition.left.indices, of.indices, strict=True)))
    others = tuple(h for h in said.helpers if h is not definition)
    try:
        with within(terms.patience):
            step0 = None if terms.step0 is None else sp.Rational(terms.step0.numerator, terms.step0.denominator)
            found = prove(first, said.expression, (*layer.equations, *others), layer.assumptions, step0)
    except (OutOfTime, *FAILURES):
        found = None
    if found is None:
        return Verdict("undecided", f"no proof was found that this is what {of.tensor.name} was first said to be", where=stated.where)
    return Verdict("proved", f"proved: it is what {of.tensor.name} was first said to be", found.how, where=stated.where)
