"""Rules about functions of one variable: derivatives, signs on intervals, limits, values, monotone functions, bounds.

The variable is x; "low" and "high" of a reason say on which interval a step holds, the whole line where they are absent.
"""

from __future__ import annotations

import itertools
from typing import Any, cast

import sympy as sp

from symbackprop.claims.charts import chart
from symbackprop.claims.curves import Curve, X, curve
from symbackprop.claims.domains import undefined, undefined_beside, undefined_curve
from symbackprop.claims.limits import limit_of
from symbackprop.claims.nodes import Limit, Mean
from symbackprop.claims.numbers import ball
from symbackprop.claims.quadrature import mean_of
from symbackprop.claims.ranges import Value, values
from symbackprop.claims.rules import rule, sides
from symbackprop.derivation import Step
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Compare, Partial
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer

HOLDS: dict[str, set[str]] = {
    ">": {"positive"},
    "≥": {"positive", "nonnegative", "zero"},
    "<": {"negative"},
    "≤": {"negative", "nonpositive", "zero"},
    "=": {"zero"},
}


def interval(step: Step) -> tuple[sp.Expr, sp.Expr]:
    """The interval on which the step is said to hold."""
    return step.reason.terms.get("low", -sp.oo), step.reason.terms.get("high", sp.oo)


def curve_of(e: sp.Expr, layer: Layer) -> Curve:
    """The curve of an expression in the layer's x; other letters are parameters, a derivative is taken piece by piece."""
    x = next(t for t in layer.inputs if t.name == "x")()
    if isinstance(e, Partial) and all(v == x for v in e.by):
        return curve_of(e.of, layer).derivative(len(e.by))
    if not e.has(Component):
        e = e + 0 * x
    return curve(e) if x in e.atoms(Component) else _constant(e, x)


def _constant(e: sp.Expr, x: Component) -> Curve:
    plain = curve(x)
    letters = {c: sp.Symbol(c.tensor.name, real=True, **({c.tensor.sign: True} if c.tensor.sign else {})) for c in e.atoms(Component)}
    value = cast(sp.Expr, e.xreplace(letters))
    return Curve(str(e), e, x, tuple(type(p)(p.low, p.high, value) for p in plain.pieces), (), {})


def pairs(a: Curve, b: Curve, low: sp.Expr, high: sp.Expr) -> list[tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]]:
    """(from, to, value of a, value of b) on every interval on which both are analytic. ValueError where one has no value."""
    found = split(a, b, low, high)
    for p, q, u, v in found:
        if why := undefined(u, p, q) or undefined(v, p, q):
            raise ValueError(why)
    return found


def split(a: Curve, b: Curve, low: sp.Expr, high: sp.Expr) -> list[tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]]:
    """The same wherever both have a value."""
    cuts = {low, high, *(at for c in (a, b) for at, _ in c.joints if bool(low < at) and bool(at < high))}
    ends = sorted(cuts, key=lambda e: float(e) if e.is_finite else (float("inf") if e is sp.oo else -float("inf")))
    return [(p, q, _on(a, p, q), _on(b, p, q)) for p, q in itertools.pairwise(ends)]


def _on(c: Curve, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    return next(p.value for p in c.pieces if bool(p.low <= low) and bool(high <= p.high))


@rule("derivative")
def _derivative(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """∂f/∂x = g between the joints of f."""
    left, right = sides(step)
    if step.relation != "=" or not isinstance(left, Partial):
        return "the rule says what a derivative is"
    for low, high, a, b in pairs(curve_of(left, layer), curve_of(right, layer), *interval(step)):
        if chart(sp.together(a - b), X, low, high).sign != "zero" and sp.simplify(a - b) != 0:
            return f"between {low} and {high} it is {a}"
    return ""


@rule("sign on an interval")
def _sign(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """f relation g on an interval, by the sign chart of f − g on every piece, and its values at the joints."""
    left, right = sides(step)
    a, b = curve_of(left, layer), curve_of(right, layer)
    low, high = interval(step)
    for p, q, u, v in pairs(a, b, low, high):
        if why := _compared(u, v, p, q, step.relation):
            return f"between {p} and {q} {why}"
    return _at_joints(step, a, b) if not isinstance(left, Partial) else ""


def _compared(u: sp.Expr, v: sp.Expr, low: sp.Expr, high: sp.Expr, relation: str) -> str:
    """By the values of u at its extrema and its limits where v is a number, else by the sign chart of u − v."""
    if v.is_number and u.has(X) and not u.free_symbols - {X}:
        wrong = next((w for w in values(u, low, high) if not _value_fits(w, v, relation)), None)
        return "" if wrong is None else f"it comes to {wrong}"
    found = chart(u - v, X, low, high).sign
    return "" if found in HOLDS[relation] else f"the difference is {found or 'of both signs'}"


def _value_fits(w: Value, bound: sp.Expr, relation: str) -> bool:
    if w.exact in (sp.oo, -sp.oo):
        return relation in (">≥" if w.exact is sp.oo else "<≤")
    gap = w.ball - ball(bound)
    if w.exact is not None and not bool(gap > 0) and not bool(gap < 0) and sp.simplify(w.exact - bound) == 0:
        return relation in "≥≤=" or (relation in "<>" and not w.attained)
    return bool(gap > 0) if relation in ">≥" else bool(gap < 0) if relation in "<≤" else False


@rule("value at")
def _value_at(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """f at a number, by definition; "of" is f(x) and "at" the number."""
    left, right = sides(step)
    f, at = step.reason.terms["of"], step.reason.terms["at"]
    x = next(t for t in layer.inputs if t.name == "x")()
    if step.relation != "=" or left != substitute(f, {x: at}):
        return "the left side is something else"
    found = curve_of(f, layer).at(at)
    return "" if sp.simplify(found - right) == 0 else f"it is {found}"


def _at_joints(step: Step, a: Curve, b: Curve) -> str:
    low, high = interval(step)
    for at in {at for c in (a, b) for at, _ in c.joints}:
        if bool(low < at) and bool(at < high):
            difference = sp.simplify(a.at(at) - b.at(at))
            kind = next((k for k in ("zero", "positive", "negative", "nonnegative", "nonpositive") if getattr(difference, f"is_{k}")), "")
            if kind not in HOLDS[step.relation]:
                return f"at {at} the difference is {difference}"
    return ""


@rule("limit")
def _limit(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """lim f = c."""
    left, right = sides(step)
    if not isinstance(left, Limit) or step.relation != "=":
        return "the rule says what a limit is"
    at, side = cast(sp.Expr, left.args[2]), step.reason.terms.get("side", "+")
    c = curve_of(left.of, layer)
    piece = next(p for p in (c.pieces if side == "+" else reversed(c.pieces)) if _touches(p, at, side))
    found = limit_of(piece.value, X, at, side)
    if why := undefined_beside(piece.value, at, side, piece.low, piece.high):
        return why
    return "" if found == right or (right.is_finite and found.is_finite and sp.simplify(found - right) == 0) else f"it is {found}"


def _touches(p: Any, at: sp.Expr, side: str) -> bool:
    if at in (sp.oo, -sp.oo):
        return bool(p.high == at or p.low == at)
    return bool(p.low <= at < p.high) if side == "+" else bool(p.low < at <= p.high)


@rule("value")
def _value(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """A number equals, or is below or above, a number: exactly, or as balls tell."""
    left, right = sides(step)
    a, b = (curve_of(e, layer).at(sp.S.Zero) if e.has(Component) is False else e for e in (left, right))
    difference = sp.simplify(a - b)
    if difference == 0:
        return "" if step.relation in "=≤≥" else "both are equal"
    found = ball(difference)
    fits = {"<": found < 0, "≤": found < 0, ">": found > 0, "≥": found > 0}.get(step.relation, False)
    return "" if fits else f"the difference is {float(found.mid()):.6g}"


@rule("monotone")
def _monotone(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """f′ ≥ 0 (> 0) between the joints, and f continuous there: a ≤ b ⇒ f(a) ≤ f(b), strictly where f′ > 0; ≤ turns round."""
    left, right = sides(step)
    if step.relation != "⇒" or not (isinstance(left, Compare) and isinstance(right, Compare)) or len(premises) != 1:
        return "the rule gives an implication between comparisons, from the sign of a derivative"
    (p,) = premises
    slope, zero = sides(p)
    if not isinstance(slope, Partial) or zero != 0 or len(slope.by) != 1 or p.relation not in ("≥", ">", "≤", "<"):
        return "the premise is no sign of a derivative"
    c = curve_of(slope.of, layer)
    if any(c.jump(k) != 0 or sp.simplify(value - c.sides(k)[0]) != 0 for k, (_, value) in enumerate(c.joints)):
        return f"{slope.of} jumps"
    if why := undefined_curve(c):
        return why
    a, b = cast("tuple[sp.Expr, sp.Expr]", left.args)
    expected = [cast(sp.Expr, substitute(slope.of, {slope.by[0]: e})) for e in (a, b)]
    relation = {"≥": ("<=", "<="), ">": ("<", "<"), "≤": ("<=", ">="), "<": ("<", ">")}[p.relation]
    fits = [*right.args] == expected and (left.relation, right.relation) in (
        relation,
        (relation[0], relation[1] + "=") if len(relation[1]) == 1 else relation,
    )
    return "" if fits else "the implication is another"


@rule("mean value")
def _mean_value(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """|f′| ≤ c between the joints and f continuous: |f(a) − f(b)| ≤ c |a − b|."""
    left, right = sides(step)
    lower, upper = premises
    slope, c = sides(upper)
    if (
        not isinstance(slope, Partial)
        or upper.relation not in ("≤", "<")
        or lower.relation not in ("≥", ">")
        or sides(lower) != (slope, -c)
    ):
        return "the premises are −c ≤ f′ and f′ ≤ c"
    f = curve_of(slope.of, layer) if len(slope.by) == 1 else curve_of(Partial(slope.of, *slope.by[1:]), layer)
    if any(f.jump(k) != 0 for k in range(len(f.joints))):
        return f"{slope.of} jumps"
    if why := undefined_curve(f):
        return why
    a, b = step.reason.terms["at"]
    inner = slope.of if len(slope.by) == 1 else Partial(slope.of, *slope.by[1:])
    x = slope.by[0]
    absolute = CLASSES["abs"]
    moved = [_moved(inner, x, e) for e in (a, b)]
    fits = step.relation == "≤" and left == absolute(moved[0] - moved[1]) and right == c * absolute(a - b)
    return "" if fits else "the inequality is another"


def _moved(e: sp.Expr, x: Component, to: sp.Expr) -> sp.Expr:
    return cast(sp.Expr, substitute(e, {x: to}))


@rule("quadrature")
def _quadrature(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """E[f(Z)] ≤ c or ≥ c, by integration in balls and a bound of the tails."""
    left, right = sides(step)
    if not isinstance(left, Mean):
        return f"{left} is no mean"
    found = mean_of(curve_of(left.of, layer)) - ball(right)
    fits = {"≤": found <= 0, "<": found < 0, "≥": found >= 0, ">": found > 0, "=": found.is_zero()}[step.relation]
    return "" if fits else f"the difference is {float(found.mid()):.6g}"


@rule("halves")
def _halves(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """E[f(Z)] = (p + q)/2 for f = p where x < 0 and f = q where x > 0: Z lies on either side with probability 1/2."""
    left, right = sides(step)
    if not isinstance(left, Mean) or step.relation != "=":
        return "the rule says what a mean is"
    f = curve_of(left.of, layer)
    fits = [at for at, _ in f.joints] == [sp.S.Zero] and not any(p.value.has(X) for p in f.pieces)
    if not fits:
        return f"{f.name} is not constant on both sides of 0"
    mean = sum((p.value for p in f.pieces), sp.S.Zero) / 2
    return "" if sp.simplify(mean - curve_of(right, layer).at(sp.S.Zero)) == 0 else f"the mean is {mean}"


@rule("odd")
def _odd(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """f(−x) = −f(x), piece by piece."""
    left, right = sides(step)
    for low, high, a, b in split(curve_of(left, layer), curve_of(right, layer), *interval(step)):
        if sp.simplify(a - b) != 0:
            return f"between {low} and {high} they differ"
    return "" if step.relation == "=" else "the rule gives an equality"


@rule("elementary")
def _elementary(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """f = f, written with functions that are analytic wherever they have a value, and it has one everywhere."""
    left, right = sides(step)
    f = curve_of(left, layer)
    fits = step.relation == "=" and left == right and not f.joints
    return undefined_curve(f) if fits else "the rule says of one expression without joints that it is analytic"


@rule("increasing")
def _increasing(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """|a| ≤ b, and f continuous with f′ ≥ 0, give f(−b) ≤ f(a) ≤ f(b)."""
    left, right = sides(step)
    (p,) = premises
    modulus, b = sides(p)
    if type(modulus) is not CLASSES["abs"] or p.relation != "≤" or type(left) is not type(right):
        return "the premise is |a| ≤ b"
    expected = {"≤": b, "≥": -b}.get(step.relation)
    if expected is None or left.args[0] != modulus.args[0] or right.args[0] != expected:
        return "the inequality is another"
    f = curve(type(left).__name__)
    rising = all(chart(sp.diff(q.value, X), X, q.low, q.high).sign in HOLDS["≥"] for q in f.pieces)
    return "" if rising and all(f.jump(k) == 0 for k in range(len(f.joints))) else f"{f.name} is not increasing"
