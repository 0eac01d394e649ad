"""Sign coupling: whether the components of a weight's gradient are forced to share one sign.

    ∂L/∂w[i] = δ · x[i]       with x > 0 every component has the sign of δ

The gradient is derived and split into factors whose sign is known and factors whose sign isn't. Along an axis on which
the unknown ones don't depend all components share a sign; a sum over a batch keeps that only while the unknown factors
under it have one sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import numpy as np
import sympy as sp

from symbackprop.backprop import derive
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.enclosures import STRICT, WEAK, sign_of, with_signs
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed, lifted, upstream_signs
from symbackprop.claims.witnesses import Case, smallest
from symbackprop.derivation import Step
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Sum
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Index
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness

SIGN = CLASSES["sign"]


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
    """The gradient's factors, None where it is a sum whose terms are not of one sign."""
    under = lifted(assumed(layer, assuming))
    d = derive(under)[name]
    goal = cast(Component, d.goal)
    result = with_signs(d.result, upstream_signs(layer, assuming))
    free = [i for i in goal.indices if isinstance(i, Index)]
    if sign := sign_of(result, under):
        return Factored(under, goal, result, result, sp.S.One, sign, tuple(free))
    if isinstance(result, Sum):
        return None
    known, unknown, signs = sp.S.One, sp.S.One, []
    for f in sp.Mul.make_args(result):
        sign = sign_of(f, under)
        known, unknown = (known * f, unknown) if sign else (known, unknown * f)
        signs += [sign] if sign else []
    axes = tuple(i for i in free if i not in unknown.free_symbols)
    return Factored(under, goal, result, known, unknown, sign_of(known, under) if signs and axes else "", axes)


def sign_coupled(layer: Layer, name: str, assuming: str = "") -> Conclusion:
    """Whether, under the assumptions, the gradient's components along some axis all have one sign or are 0.

    Proved with the sign chain for every size; refuted with the smallest case in which two components have opposite
    signs. `found["axes"]` are the axes along which they are coupled (one column j of W[i,j]: the axis i).
    """
    form = factored(layer, name, assuming)
    said = f"the components of ∂C/∂{name} share one sign" + (f", {assuming}" if assuming else "")
    if form is None or not (STRICT | WEAK).get(form.sign):
        return _uncoupled(layer, name, assuming, said)
    proof = _chain(form, assuming)
    strict = form.sign in STRICT
    along = ", ".join(i.name for i in form.axes)
    said = f"for every size, the components of ∂C/∂{name} along {along} " + ("all have one sign" if strict else "are 0 or have one sign")
    return concluded(said, proof, found={"axes": form.axes, "strict": strict, "sign": form.sign, "unknown": form.unknown})


def _chain(form: Factored, assuming: str) -> Proof:
    steps = [line(form.goal, "=", form.result, "derived")]
    left = SIGN(form.goal)
    if form.unknown == 1:
        relation = {"positive": ">", "nonnegative": "≥", "negative": "<", "nonpositive": "≤"}[form.sign]
        steps.append(line(form.goal, relation, sp.S.Zero, "signs", 0, assuming=assuming))  # type: ignore[arg-type]
    elif form.sign in STRICT:
        split = SIGN(form.known) * SIGN(form.unknown)
        steps.append(line(left, "=", split, "sign of a product", 0))
        steps.append(line(split, "=", STRICT[form.sign] * SIGN(form.unknown), "sign of a known factor", 1))
    else:
        steps.append(_weak(form, assuming))
    return Proof(form.layer, tuple(steps))


def _weak(form: Factored, assuming: str) -> Step:
    """∂C/∂w[i] · ∂C/∂w[k] ≥ 0 for all i and k."""
    others = {i: Index(i.name + "2", i.size) for i in form.axes}
    second = cast(sp.Expr, substitute(form.goal, others))
    return line(form.goal * second, "≥", sp.S.Zero, "signs", 0, assuming=assuming)


def _uncoupled(layer: Layer, name: str, assuming: str, said: str) -> Conclusion:
    under = lifted(assumed(layer, assuming))
    case = smallest(under, lambda c: _differs(c, name), assuming)
    if case is None:
        return Conclusion(said, Verdict("undecided", "no two components of opposite sign were found, and no proof"))
    gradient = case.gradient(name)
    witness = Witness.of(case.sizes, case.given, "components of one sign", gradient)
    return Conclusion(said, Verdict("refuted", f"d{name} = {witness.found}: components of opposite sign", "smallest case", witness))


def _differs(case: Case, name: str) -> bool:
    """Whether along every axis two components have opposite signs somewhere."""
    g = case.gradient(name)
    return g.ndim > 0 and all(bool(np.any((g.max(axis=a) > 0) & (g.min(axis=a) < 0))) for a in range(g.ndim))


# ---- how many sign patterns there are


def sign_patterns(layer: Layer, name: str, assuming: str = "", most: int = 10) -> Conclusion:
    """Which of the 2ⁿ sign patterns (without zeros) a vector's gradient can take: counted for n ≤ `most`, proved for all n.

    `found["counts"]` has the number for each n.
    """
    form = factored(layer, name, assuming)
    if form is None or len(form.goal.indices) != 1 or form.result.has(Sum):
        raise ValueError(f"the gradient of {name} is no product of factors along one axis")
    counts = {n: len(set(_patterns(form, n))) for n in range(1, most + 1)}
    found = {"counts": counts, "form": form}
    if form.sign in STRICT and form.axes:
        coupled = sign_coupled(layer, name, assuming)
        assert coupled.proof is not None
        said = f"of the 2ⁿ sign patterns of ∂C/∂{name} two are reachable (and zero)"
        return concluded(said, coupled.proof, found=found) if set(counts.values()) == {2} else _miscounted(said, found)
    if form.sign:
        return _miscounted("patterns with zeros are not counted here", found)
    if any(c != 2**n for n, c in counts.items()):
        return _miscounted("all 2ⁿ sign patterns are reachable", found)
    return concluded(
        f"all 2ⁿ sign patterns of ∂C/∂{name} are reachable: take the pattern itself as input", _all_reachable(form), found=found
    )


def _miscounted(said: str, found: dict[str, Any]) -> Conclusion:
    return Conclusion(said, Verdict("undecided", f"the counts are {found['counts']}"), found=found)


def _patterns(form: Factored, n: int) -> Iterator[tuple[int, ...]]:
    """The sign pattern for every choice of signs of the factors, one sign for each place of those along the axis."""
    (i,) = (j for j in form.goal.indices if isinstance(j, Index))
    factors = sp.Mul.make_args(form.result)
    along, others = [f for f in factors if i in f.free_symbols], [f for f in factors if i not in f.free_symbols]
    outside = {int(np.prod(s)) for s in product(*(_signs_of(f, form.layer) for f in others))}
    places = [sorted({int(np.prod(s)) for s in product(*(_signs_of(f, form.layer) for f in along))})] * n
    for pattern in product(*places):
        yield from (tuple(o * p for p in pattern) for o in outside)


def _signs_of(f: sp.Expr, layer: Layer) -> tuple[int, ...]:
    sign = sign_of(f, layer)
    return (STRICT[sign],) if sign in STRICT else (-1, 1)


def _all_reachable(form: Factored) -> Proof:
    """With the input x = t for a pattern t of ±1, and the unknown rest 1, the gradient is t."""
    (i,) = (j for j in form.goal.indices if isinstance(j, Index))
    along = next(f for f in sp.Mul.make_args(form.result) if i in f.free_symbols)
    split = SIGN(along) * SIGN(form.result / along)
    return Proof(form.layer, (line(form.goal, "=", form.result, "derived"), line(SIGN(form.goal), "=", split, "sign of a product", 0)))


# ---- directions


def admissible(layer: Layer, name: str, direction: tuple[int, ...], assuming: str = "") -> Conclusion:
    """Whether one update −η ∂C/∂w can point in the direction (component by component of its sign), η > 0.

    Proved with an input that does it; refuted by the coupling of two components, whose product can't be negative, with
    two updates that reach it together in `found["alternating"]`.
    """
    under = lifted(assumed(layer, assuming))
    wanted = np.sign(np.array(direction))
    said = f"one update of {name} can have the signs {tuple(int(s) for s in wanted)}"
    blocked = _blocked(layer, name, wanted, assuming, said)
    hit = None if blocked.status == "refuted" else smallest(under, lambda c: _points_to(c, name, wanted), assuming)
    if hit is not None:
        case = {
            "inputs": {k: Witness.of({}, {k: v}, 0, 0).inputs[k] for k, v in hit.given.items()},
            "update": (-hit.gradient(name)).tolist(),
        }
        return Conclusion(said, Verdict("proved", f"with {case['inputs']} the update is {case['update']}", "an example"), found=case)
    return blocked


def _points_to(case: Case, name: str, wanted: Any) -> bool:
    g = case.gradient(name)
    return g.shape == wanted.shape and bool(np.all(np.sign(-g) == wanted))


def _blocked(layer: Layer, name: str, wanted: Any, assuming: str, said: str) -> Conclusion:
    form = factored(layer, name, assuming)
    if form is None or not (STRICT | WEAK).get(form.sign) or not {1, -1} <= set(wanted.tolist()):
        return Conclusion(said, Verdict("undecided", "no example was found, and no proof that there is none"))
    proof = Proof(form.layer, (line(form.goal, "=", form.result, "derived"), _weak(form, assuming)))
    held = concluded("the product of any two components of the gradient is never negative", proof)
    parts = {"alternating": [np.where(wanted > 0, wanted, 0).tolist(), np.where(wanted < 0, wanted, 0).tolist()]}
    if held.status != "proved":
        return held
    i, k = int(np.argmax(wanted > 0)), int(np.argmax(wanted < 0))
    witness = Witness({"n": len(wanted)}, {"direction": wanted.tolist()}, "a product ≥ 0", f"{wanted[i]} · {wanted[k]} < 0", (i, k))
    return Conclusion(
        said, Verdict("refuted", "the product of two components would be negative", "proof", witness), proof, parts, corrected=held
    )
