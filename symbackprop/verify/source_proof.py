"""Proofs about what was read from source: what people named on the way is recognised first."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symbackprop.algebra.equality import Proof
from symbackprop.algebra.recognition import proof as recognised
from symbackprop.language.substitution import substitute
from symbackprop.verify.answers import Formula
from symbackprop.verify.case import Case
from symbackprop.verify.proof import gradients_of, sought


def proof(case: Case) -> tuple[Proof | None, str]:
    """A proof that the statement is true, or None; and what kept it from being found, "" if nothing did."""
    return sought(case, _proof)


def _proof(case: Case, formula: Formula) -> Proof | None:
    assert case.known.expression is not None
    # An index over one place is 0.
    single = {i: sp.S.Zero for i in case.stated.target.free if i.size == 1}
    said, true = (substitute(e, single) if single else e for e in (formula.expression, case.known.expression))
    known = [*case.layer.equations, *gradients_of(case, [true, said, *(h.right for h in formula.helpers)])]
    for almost in (False, True):
        found = recognised(said, formula.helpers, true, known, case.layer.assumptions, almost, compared=True)
        if found is not None:
            # Masks were said of what they depend on with Step(0) = 0.
            return replace(found, exceptions=almost or case.terms.step0 != 0)
    return None
