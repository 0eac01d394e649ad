"""Directions of an update: which signs one step −η ∂C/∂w can have, and which take steps that alternate.

    x > 0, w in the plane      north-east (1, 1): one step;   south-east (1, −1): no step, but two that alternate
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.coupling import Factored, factored, never_opposite
from symbackprop.claims.enclosures import KNOWN, STRICT
from symbackprop.claims.patterns import Reach, reachable
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import ALLOWED, assumed, lifted
from symbackprop.claims.witnesses import Case, smallest
from symbackprop.language.nodes import Max, Prod, Sum
from symbackprop.language.tensors import Component, Index
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness

TWO_UPDATES = Layer("two updates", "t[I] -> s[I]", "u[i] = relu(t[i]) + 1; v[i] = relu(-t[i]) + 1; s[i] = u[i] - v[i]")


def admissible(layer: Layer, name: str, direction: tuple[int, ...], assuming: str = "") -> Conclusion:
    """sign(−∂C/∂w[i]) = t[i] for all i: whether one update can point in the direction t, whose entries are 1, 0 or −1.

    Proved with inputs that do it (`found["inputs"]`, `found["update"]`); refuted by the coupling of two components, whose
    product can't be negative; `found["alternating"]` then has the steps that reach it together. Else undecided.
    """
    wanted = np.sign(np.array(direction))
    if wanted.ndim != 1 or not wanted.size:
        raise ValueError(f"a direction is a row of numbers, one for each component of {name}, as in (1, -1); not {direction}")
    said = f"one update of {name} can have the signs {tuple(int(s) for s in wanted)}"
    form = factored(layer, name, assuming)
    if form is not None and (found := _blocked(form, wanted, assuming, said)) is not None:
        return found
    example = _constructed(form, wanted) or _searched(layer, name, wanted, assuming)
    if example is None:
        return Conclusion(said, Verdict("undecided", "no example was found, and no proof that there is none"))
    return Conclusion(said, Verdict("proved", f"with {example['inputs']} the update is {example['update']}", "an example"), found=example)


def _blocked(form: Factored, wanted: Any, assuming: str, said: str) -> Conclusion | None:
    """Refuted where two components would have opposite signs, or where one is 0 and another isn't though they can't part."""
    if form.unknown == 1 and form.sign in STRICT and np.any(wanted != -STRICT[form.sign]):
        held = concluded(f"every component is {form.sign}", Proof(form.layer, (line(form.goal, "=", form.result, "derived"),)))
        witness = Witness({"n": len(wanted)}, {"direction": wanted.tolist()}, f"a gradient that is {form.sign}", str(wanted.tolist()))
        return Conclusion(said, Verdict("refuted", f"every component of the gradient is {form.sign}", "proof", witness), held.proof)
    opposite = {1, -1} <= set(wanted.tolist())
    parted = form.sign in STRICT and 0 in wanted and bool(np.any(wanted))
    if form.sign not in KNOWN or len(form.goal.indices) != 1 or not form.axes or not (opposite or parted):
        return None
    proof = Proof(form.layer, (line(form.goal, "=", form.result, "derived"), *never_opposite(form, assuming)))
    held = concluded("the product of any two components of the gradient is never negative", proof)
    if held.status != "proved":
        return held
    i = int(np.argmax(wanted != 0))
    k = int(np.argmax(wanted == -wanted[i])) if opposite else int(np.argmax(wanted == 0))
    message = "the product of two components would be negative" if opposite else "a component would be 0 beside one that isn't"
    witness = Witness({"n": len(wanted)}, {"direction": wanted.tolist()}, "a product ≥ 0", f"{wanted[i]} · {wanted[k]}", (i, k))
    parts = {"alternating": [np.where(wanted > 0, wanted, 0).tolist(), np.where(wanted < 0, wanted, 0).tolist()]}
    return Conclusion(said, Verdict("refuted", message, "proof", witness), proof, parts, corrected=held)


def _constructed(form: Factored | None, wanted: Any) -> dict[str, Any] | None:
    """Inputs chosen sign by sign, and the upstream gradient −1 or 1, from the factors of the gradient."""
    if form is None or len(form.goal.indices) != 1 or form.result.has(Sum, Max, Prod):
        return None
    reach = reachable(form)
    if reach is None or reach.component is None:
        return None
    if not np.any(wanted) and isinstance(reach.rest, Component) and 0 in ALLOWED[reach.rest.tensor.sign]:
        return {"inputs": {reach.rest.tensor.name: 0}, "update": [0 for _ in wanted]}
    for upstream in reversed(reach.outside):
        signs = [int(-s * upstream) for s in wanted]
        if set(signs) <= set(reach.signs):
            return _example(reach, signs, upstream, form)
    return None


def _example(reach: Reach, signs: list[int], upstream: int, form: Factored) -> dict[str, Any] | None:
    (i,) = (j for j in form.goal.indices if isinstance(j, Index))
    given = next((f for f in sp.Mul.make_args(reach.rest) if getattr(f, "tensor", None) is not None and f.tensor.adjoint_of), None)
    bare = reach.component is not None and reach.inside == reach.component and reach.component.indices == (i,)
    if reach.component is None or not bare or given is None or given != reach.rest:
        return None
    x = [int(v) if v.is_Integer else v for v in (reach.values[s] for s in signs)]
    inputs = {reach.component.tensor.name: x, str(given.tensor.name): upstream}
    return {"inputs": inputs, "update": [-upstream * v for v in x]}


def _searched(layer: Layer, name: str, wanted: Any, assuming: str) -> dict[str, Any] | None:
    case = smallest(lifted(assumed(layer, assuming)), lambda c: _points_to(c, name, wanted), assuming)
    if case is None:
        return None
    inputs = {k: Witness.of({}, {k: v}, 0, 0).inputs[k] for k, v in case.given.items()}
    return {"inputs": inputs, "update": (-case.gradient(name)).tolist()}


def _points_to(case: Case, name: str, wanted: Any) -> bool:
    g = case.gradient(name)
    return g.shape == wanted.shape and bool(np.all(np.sign(-g) == wanted))


def alternating() -> Conclusion:
    """t[i] = u[i] − v[i] with u, v > 0, u[i] = relu(t[i]) + 1 and v[i] = relu(−t[i]) + 1: two updates reach any t.

    With the inputs u and −∂L/∂f = 1 one step adds u; with the inputs v and −∂L/∂f = −1 the next takes v away.
    """
    layer = TWO_UPDATES
    u, v, s = (next(e.left for e in layer.equations if e.tensor.name == name) for name in "uvs")
    t = Component(layer.tensors["t"], *s.indices)
    steps = (line(u, ">", sp.S.Zero, "signs"), line(v, ">", sp.S.Zero, "signs"), line(s, "=", t, "algebra"))
    said = "for every size, two updates with positive inputs reach any direction, one forwards and one backwards"
    return concluded(said, Proof(layer, steps))
