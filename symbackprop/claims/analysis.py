"""Functions of one variable: range, limits, monotonicity, symmetry.

    range_of("sigmoid")                          (0, 1)
    limit("silu", at=-oo)                        0
    monotone("elu", alpha=None)                  increasing if and only if alpha ≥ 0
    odd("tanh")                                  f(−x) = −f(x)

Every answer is computed from the pieces of the function and comes with a proof, or with a place that refutes it.
"""

from __future__ import annotations

import itertools
from typing import cast

import sympy as sp

from symbackprop.claims.charts import Undecided, chart
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import Curve, Function, Parameter, X, curve
from symbackprop.claims.domains import undefined_curve
from symbackprop.claims.limits import limit_of
from symbackprop.claims.nodes import Limit
from symbackprop.claims.numbers import ball
from symbackprop.claims.ranges import Value, range_of_curve
from symbackprop.claims.replay import concluded
from symbackprop.claims.stage import OO, of, rounded, stage, undecided
from symbackprop.derivation import Step
from symbackprop.language.nodes import Compare
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Tensor
from symbackprop.verify.verdict import Verdict, Witness

# ---- range and limits


def range_of(
    f: Function | Curve, low: sp.Expr | int = -OO, high: sp.Expr | int = OO, assuming: str = "", **parameters: Parameter
) -> Conclusion:
    """(inf f, sup f) on (low, high), with brackets where f attains them; `found["range"]` has both, exact where they can be.

    Undecided where f has no value somewhere in the interval, or no chart of its slope is found. Raises TypeError for an end
    that is no exact number, ValueError for an empty interval.
    """
    return bounded(curve(f, assuming, **parameters), 0, *interval(low, high))


def bounded(c: Curve, order: int, low: sp.Expr = -OO, high: sp.Expr = OO) -> Conclusion:
    """The range of the derivative of that order."""
    said = f"the range of {c.name}{'′' * order}{within(low, high)}"
    d = c.derivative(order) if order else c
    try:
        found = range_of_curve(d, low, high)
    except (ValueError, TypeError, sp.PolynomialError) as error:
        return undecided(said, error)
    if why := undefined_curve(d, low, high):
        return undecided(said, ValueError(why))
    steps = [s for v, below in ((found.low, True), (found.high, False)) for s in _bound_steps(c, order, v, below, low, high)]
    return concluded(f"{said} is {found}", Proof(stage(c), tuple(steps)), found={"range": found})


def _bound_steps(c: Curve, order: int, v: Value, below: bool, low: sp.Expr, high: sp.Expr) -> list[Step]:
    """f ≥ inf f (> where it isn't attained), and a limit or a value that shows that no larger bound holds."""
    f = of(c, order=order)
    where = {"low": low, "high": high}
    if v.exact in (OO, -OO):
        return [line(Limit(f, Tensor("x")(), v.at), "=", v.exact, "limit")]
    if v.exact is None:
        outside = rounded(v, below)
        return [line(f, ">" if below else "<", outside, "sign on an interval", **where)]
    relation = (">" if below else "<") if not v.attained else ("≥" if below else "≤")
    bound = line(f, relation, v.exact, "sign on an interval", **where)  # type: ignore[arg-type]
    if v.attained:
        return [bound]
    side = "+" if v.at == low or v.at is -OO else "-"
    return [bound, line(Limit(f, Tensor("x")(), v.at), "=", v.exact, "limit", side=side)]


def limit(
    f: Function | Curve, at: sp.Expr | int, side: str = "", order: int = 0, assuming: str = "", **parameters: Parameter
) -> Conclusion:
    """lim f(x), or of its derivative of that order, as x → at, from both sides or from the one told, "+" or "-".

    `found["limit"]` has it. Refuted where the limits from both sides differ: `found["left"]`, `found["right"]`.
    """
    c, place = curve(f, assuming, **parameters), exact(at, "at")
    if side not in ("", "+", "-"):
        raise ValueError(f'side = {side!r}; it is "+" from the right, "-" from the left, "" from both')
    if side or place in (OO, -OO):
        return _one_sided(c, place, side or "+", order)
    left, right = (_one_sided(c, place, s, order) for s in "-+")
    if left.status != "proved" or right.status != "proved":
        return left if left.status != "proved" else right
    below, above = left.found["limit"], right.found["limit"]
    if below == above or (below.is_finite and above.is_finite and sp.simplify(below - above) == 0):
        assert left.proof is not None and right.proof is not None
        said = f"{c.name}{'′' * order} tends to {below} as x → {place}"
        return concluded(said, Proof(left.proof.layer, (*left.proof.steps, *right.proof.steps)), found={"limit": below})
    message = f"the limit from the left is {below}, from the right {above}"
    verdict = Verdict("refuted", message, "both sides", Witness({}, {"x": float(place)}, str(below), str(above)))
    return Conclusion(f"{c.name}{'′' * order} has a limit as x → {place}", verdict, found={"left": below, "right": above})


def _one_sided(c: Curve, place: sp.Expr, side: str, order: int) -> Conclusion:
    pieces = c.derivative(order).pieces if order else c.pieces
    piece = next(p for p in (pieces if side == "+" or place is -OO else reversed(pieces)) if _beside(p.low, p.high, place, side))
    try:
        found = limit_of(piece.value, X, place, side)
    except (ValueError, TypeError, sp.PolynomialError) as error:
        return undecided(f"the limit of {c.name} at {place}", error)
    step = line(Limit(of(c, order=order), Tensor("x")(), place), "=", found, "limit", side=side)
    arrow = f"{place}{'' if place in (OO, -OO) else '⁺' if side == '+' else '⁻'}"
    return concluded(f"{c.name}{'′' * order} tends to {found} as x → {arrow}", Proof(stage(c), (step,)), found={"limit": found})


def exact(value: sp.Expr | int, name: str) -> sp.Expr:
    """A number as SymPy has it. TypeError for a float, which isn't exact."""
    number = sp.Integer(value) if isinstance(value, int) else value
    if not isinstance(number, sp.Expr) or number.has(sp.Float) or not (number.is_extended_real and number.is_number):
        raise TypeError(f"{name} = {value!r} is no exact number; 1, Rational(1, 2), sqrt(2) and oo are")
    return number


def interval(low: sp.Expr | int, high: sp.Expr | int) -> tuple[sp.Expr, sp.Expr]:
    """The ends of an interval that isn't empty."""
    ends = exact(low, "low"), exact(high, "high")
    if not bool(ends[0] < ends[1]):
        raise ValueError(f"there is nothing between low = {low} and high = {high}")
    return ends


def within(low: sp.Expr, high: sp.Expr) -> str:
    """ for 0 < x < 1, nothing for the whole line."""
    if (low, high) == (-OO, OO):
        return ""
    return f" for x > {low}" if high is OO else f" for x < {high}" if low is -OO else f" for {low} < x < {high}"


def _beside(low: sp.Expr, high: sp.Expr, at: sp.Expr, side: str) -> bool:
    if at in (OO, -OO):
        return bool(at in (low, high))
    return bool(low <= at < high) if side == "+" else bool(low < at <= high)


# ---- monotone


def monotone(
    f: Function | Curve, low: sp.Expr | int = -OO, high: sp.Expr | int = OO, assuming: str = "", **parameters: Parameter
) -> Conclusion:
    """f′ ≥ 0, > 0, ≤ 0, < 0 or = 0 on (low, high): f is increasing, strictly so, decreasing or constant; `found["direction"]`.

    With a letter among the parameters the answer carries the condition under which it increases. Refuted with two places.
    """
    c = curve(f, assuming, **parameters)
    low, high = interval(low, high)
    try:
        slopes = [
            chart(sp.diff(p.value, X), X, sp.Max(p.low, low), sp.Min(p.high, high))
            for p in c.pieces
            if bool(sp.Max(p.low, low) < sp.Min(p.high, high))
        ]
    except Undecided as error:
        return _monotone_if(c, error)
    except (TypeError, sp.PolynomialError) as error:
        return undecided(f"{c.name} is monotone", error)
    if why := undefined_curve(c, low, high):
        return undecided(f"{c.name} is monotone", ValueError(why))
    jumps = [k for k, (at, _) in enumerate(c.joints) if bool(low < at) and bool(at < high) and c.jump(k) != 0]
    signs = {s for found in slopes for s in found.signs if s}
    if jumps or len(signs) > 1:
        return _not_monotone(c, jumps, low, high)
    strict = all(s.sign in ("positive", "negative") for s in slopes)
    direction = signs.pop() if signs else 0
    relation = {(1, True): ">", (1, False): "≥", (-1, True): "<", (-1, False): "≤", (0, False): "≥"}[direction, strict]
    said = {1: "increasing", -1: "decreasing", 0: "constant"}[direction]
    return concluded(
        f"{c.name} is {'strictly ' if strict and direction else ''}{said}{within(low, high)}",
        _monotone_proof(c, relation, low, high),
        found={"direction": direction, "strict": strict},
    )


def _monotone_proof(c: Curve, relation: str, low: sp.Expr, high: sp.Expr) -> Proof:
    a, b = Tensor("a")(), Tensor("b")()
    first = line(of(c, order=1), relation, sp.S.Zero, "sign on an interval", low=low, high=high)  # type: ignore[arg-type]
    left, right = {"≥": ("<=", "<="), ">": ("<", "<"), "≤": ("<=", ">="), "<": ("<", ">")}[relation]
    if (low, high) != (-OO, OO):
        return Proof(stage(c), (first,))
    return Proof(stage(c, "a", "b"), (first, line(Compare(left, a, b), "⇒", Compare(right, of(c, a), of(c, b)), "monotone", 0)))


def _not_monotone(c: Curve, jumps: list[int], low: sp.Expr, high: sp.Expr) -> Conclusion:
    """Two places between which f rises and two between which it falls."""
    said = f"{c.name} is monotone{within(low, high)}"
    places = [p for k in range(-12, 13) for p in [sp.Rational(k, 2)] if bool(low < p) and bool(p < high)]
    values = {p: v for p in places if (v := _float_at(c, p)) is not None}
    pairs = list(itertools.pairwise(places))
    up = next((p for p in pairs if p[0] in values and p[1] in values and values[p[0]] < values[p[1]]), None)
    down = next((p for p in pairs if p[0] in values and p[1] in values and values[p[0]] > values[p[1]]), None)
    if up is None or down is None:
        return Conclusion(
            said, Verdict("undecided", "the slope changes its sign, or f jumps, and no places show it" if not jumps else "f jumps")
        )
    shown = {f"f({p})": values[p] for p in (*down, *up)}
    witness = Witness({}, shown, "one direction", "falls, then rises")
    return Conclusion(
        said, Verdict("refuted", f"it falls from {down[0]} to {down[1]} and rises from {up[0]} to {up[1]}", "two pairs of places", witness)
    )


def _float_at(c: Curve, x: sp.Rational) -> float | None:
    piece = next((p for p in c.pieces if bool(p.low < x) and bool(x < p.high)), None)
    if piece is None or piece.value.free_symbols - {X}:
        return None
    return float(ball(piece.value, {X: ball(x)}).mid())


def _monotone_if(c: Curve, error: Exception) -> Conclusion:
    """f′ = parameter · (something of one sign) on each piece: increasing if and only if each parameter part is ≥ 0."""
    conditions = []
    for p in c.pieces:
        slope = sp.factor(sp.diff(p.value, X))
        inside = sp.Mul(*(k for k in sp.Mul.make_args(slope) if k.has(X)))
        outside = sp.cancel(slope / inside)
        try:
            kind = chart(inside, X, p.low, p.high).sign
        except Undecided:
            return undecided(f"{c.name} is monotone", error)
        if kind not in ("positive", "negative"):
            return undecided(f"{c.name} is monotone", error)
        conditions.append(outside if kind == "positive" else -outside)
    open_ones = [k for k in dict.fromkeys(conditions) if not k.is_nonnegative]
    if any(c.jump(k) != 0 for k in range(len(c.joints))) or len(open_ones) != 1 or not open_ones[0].is_Symbol:
        return undecided(f"{c.name} is monotone", error)
    return _cases(c, cast(sp.Symbol, open_ones[0]))


def _cases(c: Curve, parameter: sp.Symbol) -> Conclusion:
    """Proved under parameter ≥ 0; with parameter < 0 f falls on one piece and rises on another."""
    from symbackprop.claims.curves import letter

    name = parameter.name
    made = {s: _signed(c, name, s) for s in ("positive", "negative")}
    risen = monotone(made["positive"])
    flat = monotone(curve(cast(sp.Expr, substitute(c.expression, {Tensor(name)(): sp.S.Zero}))))
    fallen = chart(sp.diff(made["negative"].pieces[0].value, X), X, made["negative"].pieces[0].low, made["negative"].pieces[0].high)
    holds = risen.status == "proved" and flat.status == "proved" and fallen.sign == "negative"
    condition = sp.Ge(letter(Tensor(name)), 0)
    verdict = risen.verdict if holds else Verdict("undecided", "a case is open")
    return Conclusion(
        f"{c.name} is increasing", verdict, risen.proof, {"cases": {"> 0": risen, "= 0": flat, "< 0": fallen.sign}}, condition
    )


def _signed(c: Curve, name: str, sign_: str) -> Curve:
    plain = next(k for k in c.expression.atoms(Component) if k.tensor.name == name)
    return curve(cast(sp.Expr, substitute(c.expression, {plain.tensor: Tensor(name, sign=sign_)})))


# ---- symmetry


def odd(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """f(−x) = −f(x) wherever f has a value: then symmetric inputs have outputs of mean 0. Refuted with a number."""
    c = curve(f, assuming, **parameters)
    said = f"{c.name} is odd: its outputs are centred for symmetric inputs"
    if _mirrored(c):
        return concluded(said, Proof(stage(c), (line(of(c, -Tensor("x")()), "=", -of(c), "odd"),)))
    for x in (0, 1, 2, sp.Rational(1, 2), 5):
        right, left = (_float_anywhere(c, sp.Rational(s * x)) for s in (1, -1))
        if right is not None and left is not None and abs(right + left) > 1e-9:
            witness = Witness({}, {"x": float(x)}, 0 - right, left)
            return Conclusion(said, Verdict("refuted", f"f({-x}) = {left:.6g}, but −f({x}) = {0 - right:.6g}", "a number", witness))
    return Conclusion(said, Verdict("undecided", "no number shows that it isn't"))


def _float_anywhere(c: Curve, x: sp.Rational) -> float | None:
    sample = {s: 0.75 if s.is_negative is not True else -0.75 for s in c.parameters.values()}
    for at, value in c.joints:
        if at == x:
            return None if value.free_symbols - set(sample) else float(ball(value, sample).mid())
    piece = next(p for p in c.pieces if bool(p.low < x) and bool(x < p.high))
    return float(ball(piece.value, {X: ball(x), **sample}).mid())


def _mirrored(c: Curve) -> bool:
    mirrored = [(-p.high, -p.low, -p.value.subs(X, -X)) for p in reversed(c.pieces)]
    if [(p.low, p.high) for p in c.pieces] != [(a, b) for a, b, _ in mirrored]:
        return False
    return all(_is_zero(p.value - v) for p, (_, _, v) in zip(c.pieces, mirrored, strict=True))


def _is_zero(e: sp.Expr) -> bool:
    far = abs(ball(e, {X: 1.25, **dict.fromkeys(e.free_symbols - {X}, 0.75)}))
    return not bool(far > 1e-30) and bool(sp.simplify(e) == 0)
