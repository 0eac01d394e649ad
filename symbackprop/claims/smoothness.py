"""How a function of one variable joins its pieces: continuous, differentiable, how many continuous derivatives.

smoothness("elu", alpha=None)     continuous; once differentiable if and only if alpha = 1
subdifferential("relu", 0)        [0, 1]: every slope between those of the two sides
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import sympy as sp

from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import Curve, Function, Parameter, curve
from symbackprop.claims.domains import undefined_curve
from symbackprop.claims.nodes import Limit
from symbackprop.claims.numbers import ball, sign
from symbackprop.claims.replay import concluded
from symbackprop.claims.stage import OO, of, stage
from symbackprop.derivation import Step
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Tensor
from symbackprop.verify.verdict import Verdict, Witness

# ---- smoothness


def continuous(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """f(p−) = f(p) = f(p+) at every joint p: whether f is continuous. Refuted with the joint."""
    return _joined(curve(f, assuming, **parameters), 0)


def differentiable(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """f continuous and f′(p−) = f′(p+) at every joint p: whether f has a derivative everywhere. Else the condition, or a joint."""
    c = curve(f, assuming, **parameters)
    before = _joined(c, 0)
    return before if before.status != "proved" else _joined(c, 1)


def _joined(c: Curve, order: int) -> Conclusion:
    said = f"{c.name}{'′' * order} is continuous" if order == 0 else f"{c.name} is {order} time{'s' if order > 1 else ''} differentiable"
    d = c.derivative(order) if order else c
    if why := undefined_curve(d):
        return Conclusion(said, Verdict("undecided", why))
    for k, (at, value) in enumerate(c.joints):
        jump = d.jump(k)
        if order == 0 and value.free_symbols - set(c.parameters.values()) and jump == 0:
            continue
        if jump.is_zero or (not jump.free_symbols and sign(jump) == 0):
            continue
        if jump.free_symbols:
            return _joined_if(said, c, order, k, jump)
        left, right = d.sides(k)
        witness = jump_witness(c, at, left, right)
        return Conclusion(
            said,
            Verdict("refuted", f"at {at} the limit from the left is {left}, from the right {right}", "both sides", witness),
            sides_proof(c, order, k),
            {"at": at, "left": left, "right": right},
        )
    steps = tuple(s for k in range(len(c.joints)) for s in (*sides_proof(c, order, k).steps, *(_value_steps(c, k) if order == 0 else ())))
    if not steps:
        steps = (line(of(c), "=", of(c), "elementary"),)
    return concluded(said, Proof(stage(c), steps))


def sides_proof(c: Curve, order: int, k: int) -> Proof:
    """The two limits at a joint."""
    f, at = of(c, order=order), c.joints[k][0]
    left, right = (c.derivative(order) if order else c).sides(k)
    x = Tensor("x")()
    return Proof(stage(c), (line(Limit(f, x, at), "=", left, "limit", side="-"), line(Limit(f, x, at), "=", right, "limit", side="+")))


def _value_steps(c: Curve, k: int) -> tuple[Step, ...]:
    at, value = c.joints[k]
    return (line(of(c, at), "=", value, "value at", of=of(c), at=at),)


def _joined_if(said: str, c: Curve, order: int, k: int, jump: sp.Expr) -> Conclusion:
    """The jump is a polynomial in a parameter: it holds if and only if that is 0."""
    (parameter,) = jump.free_symbols
    if sp.numer(sp.together(jump)).is_number:
        left, right = (c.derivative(order) if order else c).sides(k)
        sample = {parameter: sp.S.One}
        witness = Witness({}, {"x": float(c.joints[k][0]), parameter.name: 1}, float(left.subs(sample)), float(right.subs(sample)))
        return Conclusion(
            said,
            Verdict("refuted", f"at {c.joints[k][0]} it jumps by {jump}, never 0", "both sides", witness),
            sides_proof(c, order, k),
            {"jump": jump, "at": c.joints[k][0]},
        )
    roots = sp.solveset(jump, parameter, sp.S.Reals)
    others = [j for j in range(len(c.joints)) if j != k and (c.derivative(order) if order else c).jump(j) != 0]
    if others or not isinstance(roots, sp.FiniteSet):
        return Conclusion(said, Verdict("undecided", f"the jump at {c.joints[k][0]} is {jump}"))
    condition = sp.Or(*(sp.Eq(parameter, r) for r in roots))
    return Conclusion(
        said,
        Verdict("proved", f"the jump at {c.joints[k][0]} is {jump}", "both sides"),
        sides_proof(c, order, k),
        {"jump": jump, "at": c.joints[k][0]},
        condition,
    )


def smoothness(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """f ∈ Cᵏ, the largest k: `found["order"]`, −1 if f itself jumps, ∞ if it has no joints.

    With a letter among the parameters: `found["conditions"]` has what each order asks of it.
    """
    c = curve(f, assuming, **parameters)
    if not c.joints:
        step = line(of(c), "=", of(c), "elementary")
        found = concluded(f"{c.name} is analytic: it has every derivative", Proof(stage(c), (step,)))
        return replace(found, found={"order": OO, "conditions": {}} if found.status == "proved" else {})
    conditions: dict[int, sp.Expr] = {}
    for order in range(7):
        here = _joined(c, order)
        if here.condition is not None:
            conditions[order] = here.condition
            c = _specialised(c, here.condition)
            if not c.joints:
                said = f"with {here.condition} it is analytic, else it has {order - 1} continuous derivatives"
                return Conclusion(said, here.verdict, here.proof, {"order": OO, "conditions": conditions, **here.found})
            continue
        if here.status != "proved":
            said = "jumps" if order == 0 else f"has {order - 1} continuous derivative{'s' if order != 2 else ''}; the next one jumps"
            name = c.name + (" with " + " and ".join(map(str, conditions.values())) if conditions else "")
            if here.status == "undecided":
                return replace(here, statement=f"{c.name} is smooth")
            verdict = Verdict("proved", here.verdict.message)
            return Conclusion(f"{name} {said}", verdict, here.proof, {"order": order - 1, "conditions": conditions, **here.found})
    return Conclusion(f"{c.name} is smooth", Verdict("undecided", "its pieces agree up to the sixth derivative"), found={"order": None})


def _specialised(c: Curve, condition: sp.Expr) -> Curve:
    name, value = condition.lhs.name, condition.rhs
    return curve(cast(sp.Expr, substitute(c.expression, {next(k for k in c.expression.atoms(Component) if k.tensor.name == name): value})))


def jump_witness(c: Curve, at: sp.Expr, left: sp.Expr, right: sp.Expr) -> Witness:
    """The joint and both sides, at some value of the letters."""
    sample = {s: -0.75 if s.is_negative else 0.75 for s in (left.free_symbols | right.free_symbols) & set(c.parameters.values())}
    numbers = {**sample, **dict.fromkeys((left.free_symbols | right.free_symbols) - set(sample), 0.0)}
    below, above = (float(e) if e in (OO, -OO) else float(ball(e, numbers).mid()) for e in (left, right))
    return Witness({}, {"x": float(at), **{s.name: v for s, v in sample.items()}}, below, above)


def subdifferential(f: Function | Curve, at: sp.Expr | int, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """The slopes between those of the two sides of a joint of a continuous, convex function: `found["low"]`, `found["high"]`.

    Where both agree f has a derivative there. Undecided where the slope falls at the joint: then no line stays below.
    """
    c = curve(f, assuming, **parameters)
    place = sp.Integer(at) if isinstance(at, int) else at
    k = next((k for k, (joint, _) in enumerate(c.joints) if sp.simplify(joint - place) == 0), None)
    if k is None:
        raise ValueError(f"{c.name} has no joint at {place}; its joints are {', '.join(str(j) for j, _ in c.joints) or 'none'}")
    low, high = c.derivative().sides(k)
    said = f"the subdifferential of {c.name} at {place} is [{low}, {high}]"
    if c.jump(k) != 0 or sign(high - low) == -1:
        return Conclusion(said, Verdict("undecided", "f jumps there, or its slope falls"))
    return concluded(said, sides_proof(c, 1, k), found={"low": low, "high": high})


def slope_at(f: Function | Curve, at: sp.Expr | int, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """f′ at a joint: proved where both sides agree, else a convention: any number between the slopes of the two sides."""
    found = subdifferential(f, at, assuming, **parameters)
    low, high = found.found.get("low"), found.found.get("high")
    if found.status != "proved" or low is None or high is None:
        return found
    name = curve(f, assuming, **parameters).name
    if sp.simplify(high - low) == 0:
        return replace(found, statement=f"the slope of {name} at {at} is {low}")
    said = (
        f"the slope of {name} at {at} is any number from {low} to {high}; halfway, {(low + high) / 2}, is what the symmetric quotient gives"
    )
    verdict = Verdict("convention", f"the slopes of the two sides are {low} and {high}", "both sides")
    return replace(found, statement=said, verdict=verdict, found={**found.found, "symmetric": (low + high) / 2})
