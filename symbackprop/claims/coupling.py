"""Sign coupling: whether the components of a weight's gradient are forced to share one sign.

    ∂L/∂w[i] = δ · x[i]       with x > 0 every component has the sign of δ

The gradient is derived and split into factors whose sign is known and factors whose sign isn't. Along an axis on which
the unknown ones don't depend all components share a sign; a sum over a batch keeps that only while the unknown factors
under it have one sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import sympy as sp

from symbackprop.backprop import derive
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.enclosures import KNOWN, STRICT, sign_of, with_signs
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed, lifted, upstream_signs
from symbackprop.claims.witnesses import Case, smallest
from symbackprop.derivation import Relation, Step
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Sum
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Index
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness

SIGN = CLASSES["sign"]
RELATIONS: dict[str, Relation] = {"positive": ">", "nonnegative": "≥", "negative": "<", "nonpositive": "≤", "zero": "="}


@dataclass(frozen=True)
class Factored:
    """A gradient as known · unknown: `sign` is that of the known part, `axes` are those along which signs are shared."""

    layer: Layer
    goal: Component
    result: sp.Expr
    known: sp.Expr
    unknown: sp.Expr
    sign: str
    axes: tuple[Index, ...]


def factored(layer: Layer, name: str, assuming: str = "") -> Factored | None:
    """The gradient's factors, None where it is a sum whose terms are not of one sign.

    ValueError where the gradient has one component only: there are no two signs to compare.
    """
    under = lifted(assumed(layer, assuming))
    d = derive(under)[name]
    goal = cast(Component, d.goal)
    free = [i for i in goal.indices if isinstance(i, Index)]
    if not free:
        vectors = ", ".join(t.name for t in layer.inputs if t.sizes)
        raise ValueError(f"the gradient of {name} has one component, so there are no signs to compare; arrays here are {vectors or 'none'}")
    result = _product(with_signs(d.result, upstream_signs(layer, assuming)))
    if sign := sign_of(result, under):
        return Factored(under, goal, result, result, sp.S.One, sign, tuple(free))
    if isinstance(result, (Sum, sp.Add)):
        return None
    known, unknown, signs = sp.S.One, sp.S.One, []
    for f in sp.Mul.make_args(result):
        sign = sign_of(f, under)
        known, unknown = (known * f, unknown) if sign else (known, unknown * f)
        signs += [sign] if sign else []
    axes = tuple(i for i in free if i not in unknown.free_symbols)
    return Factored(under, goal, result, known, unknown, sign_of(known, under) if signs and axes else "", axes)


def _product(e: sp.Expr) -> sp.Expr:
    """A sum with its common factors taken out: δ x + δ as δ (x + 1)."""
    if not isinstance(e, sp.Add):
        return e
    held = {a: sp.Dummy() for term in e.args for a in sp.Mul.make_args(term) if not a.is_number}
    return cast(sp.Expr, sp.factor(e.xreplace(held)).xreplace({d: a for a, d in held.items()}))


def sign_coupled(layer: Layer, name: str, assuming: str = "") -> Conclusion:
    """sign ∂L/∂w[i] = sign ∂L/∂w[k] for all i and k along some axis, or one of them is 0.

    Proved with the sign chain for every size; refuted with the smallest case in which along every axis two components
    have opposite signs; else undecided. `found["axes"]` are the axes along which they are coupled (one column j of W[i,j]:
    the axis i), `found["strict"]` says whether a component alone can be 0. A scalar output f goes on into a cost L(f) of
    which nothing is known. `assuming` speaks of variables and of upstream gradients: "x > 0; df >= 0". Raises KeyError for
    an unknown variable, ValueError for a scalar one and for assumptions that contradict each other.
    """
    form = factored(layer, name, assuming)
    if form is None or form.sign not in KNOWN:
        return _uncoupled(layer, name, assuming, f"the components of ∂C/∂{name} share one sign" + (f", {assuming}" if assuming else ""))
    strict = form.sign in STRICT
    along = ", ".join(i.name for i in form.axes)
    kind = "are 0" if form.sign == "zero" else "all have one sign" if strict else "are 0 or have one sign"
    said = f"for every size, the components of ∂C/∂{name} along {along} {kind}"
    found = {"axes": form.axes, "strict": strict, "sign": form.sign, "unknown": form.unknown}
    return concluded(said, _chain(form, assuming), found=found)


def _chain(form: Factored, assuming: str) -> Proof:
    derived = line(form.goal, "=", form.result, "derived")
    if form.unknown == 1:
        return Proof(form.layer, (derived, line(form.goal, RELATIONS[form.sign], sp.S.Zero, "signs", 0, assuming=assuming)))
    if form.sign not in STRICT:
        return Proof(form.layer, (derived, *never_opposite(form, assuming)))
    split = SIGN(form.known) * SIGN(form.unknown)
    known = line(split, "=", STRICT[form.sign] * SIGN(form.unknown), "sign of a known factor", 1)
    return Proof(form.layer, (derived, line(SIGN(form.goal), "=", split, "sign of a product", 0), known))


def never_opposite(form: Factored, assuming: str) -> tuple[Step, Step]:
    """∂C/∂w[i] · ∂C/∂w[k] = δ² x[i] x[k] ≥ 0 for all i and k; the derived gradient is step 0."""
    others = {i: _other(i, form.result) for i in form.axes}
    second, result = (cast(sp.Expr, substitute(e, others)) for e in (form.goal, form.result))
    product = form.result * result
    inserted = line(form.goal * second, "=", product, "algebra", 0)
    return inserted, line(form.goal * second, "≥", sp.S.Zero, "signs", 0, assuming=assuming)


def _other(i: Index, beside: sp.Expr) -> Index:
    """Another letter over the same size, as people choose one."""
    taken = {j.name for j in beside.atoms(Index)} | {c.tensor.name for c in beside.atoms(Component)}
    return Index(next(n for n in ("k", "l", "m", "q", f"{i.name}2") if n not in taken), i.size)


def _uncoupled(layer: Layer, name: str, assuming: str, said: str) -> Conclusion:
    under = lifted(assumed(layer, assuming))
    case = smallest(under, lambda c: _differs(c, name), assuming)
    if case is None:
        return Conclusion(said, Verdict("undecided", "no two components of opposite sign were found, and no proof"))
    gradient = case.gradient(name)
    witness = Witness.of(case.sizes, case.given, "components of one sign", gradient)
    verdict = Verdict("refuted", f"d{name} = {witness.found}: components of opposite sign", "smallest case", witness)
    return Conclusion(said, verdict, found={"shows": {f"d{name}": witness.found}})


def _differs(case: Case, name: str) -> bool:
    """Whether along every axis two components have opposite signs somewhere."""
    if name in case.inputs and min(case.inputs[name].shape, default=0) < 2:
        return False  # along some axis there are no two
    g = case.gradient(name)
    return g.ndim > 0 and all(bool(np.any((g.max(axis=a) > 0) & (g.min(axis=a) < 0))) for a in range(g.ndim))
