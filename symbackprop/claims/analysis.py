"""Functions of one variable: range, limits, monotonicity, continuity, smoothness, Lipschitz constants, symmetry.

    range_of("sigmoid")                          (0, 1)
    limit("silu", at=-oo)                        0
    monotone("elu", alpha=None)                  increasing if and only if alpha ≥ 0
    smoothness("elu", alpha=None)                continuous; once differentiable if and only if alpha = 1
    lipschitz("sigmoid", order=1)                √3/18, the largest slope of the slope

Every answer is computed from the pieces of the function and comes with a proof, or with a place that refutes it.
"""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.claims.charts import Undecided, chart
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import Curve, Function, Parameter, X, curve
from symbackprop.claims.limits import limit_of
from symbackprop.claims.nodes import Limit
from symbackprop.claims.numbers import ball, sign
from symbackprop.claims.ranges import Range, Value, range_of_curve
from symbackprop.claims.replay import concluded
from symbackprop.derivation import Step
from symbackprop.language.equations import Equation
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Compare, Partial
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness

OO = sp.oo


def stage(c: Curve, *more: str) -> Layer:
    """The layer y = f(x) whose letters a proof about the curve is in; `more` names further variables."""
    parameters = sorted({k for k in c.expression.atoms(Component) if k != c.variable}, key=str)
    y = Tensor("y")
    inputs = (Tensor("x"), *(k.tensor for k in parameters), *(Tensor(m) for m in more))
    return Layer.of(c.name, inputs, (y,), (Equation(y(), of(c)),))


def of(c: Curve, at: sp.Expr | None = None, order: int = 0) -> sp.Expr:
    """f(x), f at something else, or ∂ᵏf/∂xᵏ."""
    x = Tensor("x")()
    e = cast(sp.Expr, substitute(c.expression, {c.variable: x if at is None else at}))
    return Partial(e, *[x] * order) if order else e


def _undecided(said: str, error: Exception) -> Conclusion:
    return Conclusion(said, Verdict("undecided", str(error)))


# ---- range and limits


def range_of(f: Function | Curve, low: sp.Expr | int = -OO, high: sp.Expr | int = OO, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """The interval from inf f to sup f on (low, high); `found["range"]` has both, exact where they can be."""
    c = curve(f, assuming, **parameters)
    return bounded(c, 0, sp.S(low) if isinstance(low, int) else low, sp.S(high) if isinstance(high, int) else high)


def bounded(c: Curve, order: int, low: sp.Expr = -OO, high: sp.Expr = OO) -> Conclusion:
    """The range of the derivative of that order."""
    said = f"the range of {c.name}{'′' * order}"
    try:
        found = range_of_curve(c.derivative(order) if order else c, low, high)
    except ValueError as error:
        return _undecided(said, error)
    steps = [s for v, below in ((found.low, True), (found.high, False)) for s in _bound_steps(c, order, v, below, low, high)]
    return concluded(f"{said} is {found}", Proof(stage(c), tuple(steps)), found={"range": found})


def _bound_steps(c: Curve, order: int, v: Value, below: bool, low: sp.Expr, high: sp.Expr) -> list[Step]:
    """f ≥ inf f (> where it isn't attained), and a limit or a value that shows that no larger bound holds."""
    f = of(c, order=order)
    where = {"low": low, "high": high}
    if v.exact in (OO, -OO):
        return [line(Limit(f, Tensor("x")(), v.at), "=", v.exact, "limit")]
    if v.exact is None:
        outside = _rounded(v, below)
        return [line(f, ">" if below else "<", outside, "sign on an interval", **where)]
    relation = (">" if below else "<") if not v.attained else ("≥" if below else "≤")
    bound = line(f, relation, v.exact, "sign on an interval", **where)  # type: ignore[arg-type]
    if v.attained:
        return [bound]
    side = "+" if v.at == low or v.at is -OO else "-"
    return [bound, line(Limit(f, Tensor("x")(), v.at), "=", v.exact, "limit", side=side)]


def _rounded(v: Value, below: bool) -> sp.Rational:
    """A rational number with six digits just outside the value."""
    scaled = float(v.ball.mid()) * 10**6
    return sp.Rational(int(scaled // 1) - (0 if below else -1), 10**6)


def limit(f: Function | Curve, at: sp.Expr | int, side: str = "+", order: int = 0, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """lim f(x), or of its derivative of that order, as x → at; `found["limit"]`."""
    c = curve(f, assuming, **parameters)
    place = sp.Integer(at) if isinstance(at, int) else at
    pieces = c.derivative(order).pieces if order else c.pieces
    piece = next(p for p in (pieces if side == "+" or place is -OO else reversed(pieces)) if _beside(p.low, p.high, place, side))
    try:
        found = limit_of(piece.value, X, place, side)
    except ValueError as error:
        return _undecided(f"the limit of {c.name} at {place}", error)
    step = line(Limit(of(c, order=order), Tensor("x")(), place), "=", found, "limit", side=side)
    return concluded(f"{c.name}{'′' * order} tends to {found} as x → {place}", Proof(stage(c), (step,)), found={"limit": found})


def _beside(low: sp.Expr, high: sp.Expr, at: sp.Expr, side: str) -> bool:
    if at in (OO, -OO):
        return bool(at in (low, high))
    return bool(low <= at < high) if side == "+" else bool(low < at <= high)


# ---- monotone


def monotone(f: Function | Curve, low: sp.Expr = -OO, high: sp.Expr = OO, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """Whether f is increasing, strictly increasing, decreasing or constant on (low, high); `found["direction"]`.

    With a letter among the parameters the answer carries the condition under which it increases. Refuted with two places.
    """
    c = curve(f, assuming, **parameters)
    try:
        slopes = [chart(sp.diff(p.value, X), X, sp.Max(p.low, low), sp.Min(p.high, high)) for p in c.pieces if bool(sp.Max(p.low, low) < sp.Min(p.high, high))]
    except Undecided as error:
        return _monotone_if(c, error)
    jumps = [k for k in range(len(c.joints)) if c.jump(k) != 0]
    signs = {s for s in slopes for s in s.signs if s}
    if jumps or len(signs) > 1:
        return _not_monotone(c, jumps)
    strict = all(s.sign in ("positive", "negative") for s in slopes)
    direction = signs.pop() if signs else 0
    relation = {(1, True): ">", (1, False): "≥", (-1, True): "<", (-1, False): "≤", (0, False): "≥"}[direction, strict]
    said = {1: "increasing", -1: "decreasing", 0: "constant"}[direction]
    return concluded(f"{c.name} is {'strictly ' if strict else ''}{said}", _monotone_proof(c, relation, low, high), found={"direction": direction, "strict": strict})


def _monotone_proof(c: Curve, relation: str, low: sp.Expr, high: sp.Expr) -> Proof:
    a, b = Tensor("a")(), Tensor("b")()
    first = line(of(c, order=1), relation, sp.S.Zero, "sign on an interval", low=low, high=high)  # type: ignore[arg-type]
    left, right = {"≥": ("<=", "<="), ">": ("<", "<"), "≤": ("<=", ">="), "<": ("<", ">")}[relation]
    if (low, high) != (-OO, OO):
        return Proof(stage(c), (first,))
    return Proof(stage(c, "a", "b"), (first, line(Compare(left, a, b), "⇒", Compare(right, of(c, a), of(c, b)), "monotone", 0)))


def _not_monotone(c: Curve, jumps: list[int]) -> Conclusion:
    """Two places between which f rises and two between which it falls."""
    said = f"{c.name} is monotone"
    places = [sp.Rational(k, 2) for k in range(-12, 13)]
    values = {p: v for p in places if (v := _float_at(c, p)) is not None}
    pairs = list(zip(places, places[1:], strict=False))
    up = next((p for p in pairs if p[0] in values and p[1] in values and values[p[0]] < values[p[1]]), None)
    down = next((p for p in pairs if p[0] in values and p[1] in values and values[p[0]] > values[p[1]]), None)
    if up is None or down is None:
        return Conclusion(said, Verdict("undecided", "the slope changes its sign, or f jumps, and no places show it" if not jumps else "f jumps"))
    shown = {f"f({p})": values[p] for p in (*down, *up)}
    witness = Witness({}, shown, "one direction", "falls, then rises")
    return Conclusion(said, Verdict("refuted", f"it falls from {down[0]} to {down[1]} and rises from {up[0]} to {up[1]}", "two pairs of places", witness))


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
            return _undecided(f"{c.name} is monotone", error)
        if kind not in ("positive", "negative"):
            return _undecided(f"{c.name} is monotone", error)
        conditions.append(outside if kind == "positive" else -outside)
    open_ones = [k for k in dict.fromkeys(conditions) if not k.is_nonnegative]
    if any(c.jump(k) != 0 for k in range(len(c.joints))) or len(open_ones) != 1 or not open_ones[0].is_Symbol:
        return _undecided(f"{c.name} is monotone", error)
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
    return Conclusion(f"{c.name} is increasing", verdict, risen.proof, {"cases": {"> 0": risen, "= 0": flat, "< 0": fallen.sign}}, condition)


def _signed(c: Curve, name: str, sign_: str) -> Curve:
    plain = next(k for k in c.expression.atoms(Component) if k.tensor.name == name)
    return curve(cast(sp.Expr, substitute(c.expression, {plain.tensor: Tensor(name, sign=sign_)})))


# ---- smoothness


def continuous(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """Whether f is continuous: at every joint both limits are the value. Refuted with the joint."""
    return _joined(curve(f, assuming, **parameters), 0)


def differentiable(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """Whether f has a derivative everywhere: continuous, and both slopes agree at every joint. Else the condition, or a joint."""
    c = curve(f, assuming, **parameters)
    before = _joined(c, 0)
    return before if before.status != "proved" else _joined(c, 1)


def _joined(c: Curve, order: int) -> Conclusion:
    said = f"{c.name}{'′' * order} is continuous" if order == 0 else f"{c.name} is {order} time{'s' if order > 1 else ''} differentiable"
    d = c.derivative(order) if order else c
    for k, (at, value) in enumerate(c.joints):
        jump = d.jump(k)
        if order == 0 and value.free_symbols - set(c.parameters.values()) and jump == 0:
            continue
        if jump.is_zero or (not jump.free_symbols and sign(jump) == 0):
            continue
        if jump.free_symbols:
            return _joined_if(said, c, order, k, jump)
        left, right = d.sides(k)
        witness = _jump_witness(c, at, left, right)
        return Conclusion(said, Verdict("refuted", f"at {at} the limit from the left is {left}, from the right {right}", "both sides", witness), _sides_proof(c, order, k), {"at": at, "left": left, "right": right})
    steps = tuple(s for k in range(len(c.joints)) for s in (*_sides_proof(c, order, k).steps, *(_value_steps(c, k) if order == 0 else ())))
    if not steps:
        steps = (line(of(c), "=", of(c), "algebra"),)
    return concluded(said, Proof(stage(c), steps))


def _sides_proof(c: Curve, order: int, k: int) -> Proof:
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
        return Conclusion(said, Verdict("refuted", f"at {c.joints[k][0]} it jumps by {jump}, never 0", "both sides", witness), _sides_proof(c, order, k), {"jump": jump, "at": c.joints[k][0]})
    roots = sp.solveset(jump, parameter, sp.S.Reals)
    others = [j for j in range(len(c.joints)) if j != k and (c.derivative(order) if order else c).jump(j) != 0]
    if others or not isinstance(roots, sp.FiniteSet):
        return Conclusion(said, Verdict("undecided", f"the jump at {c.joints[k][0]} is {jump}"))
    condition = sp.Or(*(sp.Eq(parameter, r) for r in roots))
    return Conclusion(said, Verdict("proved", f"the jump at {c.joints[k][0]} is {jump}", "both sides"), _sides_proof(c, order, k), {"jump": jump, "at": c.joints[k][0]}, condition)


def smoothness(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """How many continuous derivatives f has: `found["order"]`, −1 if f itself jumps, ∞ if it has no joints.

    With a letter among the parameters: `found["conditions"]` has what each order asks of it.
    """
    c = curve(f, assuming, **parameters)
    if not c.joints:
        step = line(of(c), "=", of(c), "algebra")
        return concluded(f"{c.name} is analytic: it has every derivative", Proof(stage(c), (step,)), found={"order": OO, "conditions": {}})
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
            verdict = Verdict("proved" if here.status == "refuted" else "undecided", here.verdict.message)
            return Conclusion(f"{name} {said}", verdict, here.proof, {"order": order - 1, "conditions": conditions, **here.found})
    return Conclusion(f"{c.name} is smooth", Verdict("undecided", "its pieces agree up to the sixth derivative"), found={"order": None})


def _specialised(c: Curve, condition: sp.Expr) -> Curve:
    name, value = condition.lhs.name, condition.rhs
    return curve(cast(sp.Expr, substitute(c.expression, {next(k for k in c.expression.atoms(Component) if k.tensor.name == name): value})))


# ---- Lipschitz constants


def lipschitz(f: Function | Curve, order: int = 0, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """The least L with |f(a) − f(b)| ≤ L |a − b|; of f′ with order=1. `found["constant"]`; refuted where there is none."""
    c = curve(f, assuming, **parameters)
    name = c.name + "′" * order
    said = f"{name} is Lipschitz"
    g = c.derivative(order) if order else c
    jump = next((k for k in range(len(c.joints)) if g.jump(k) != 0), None)
    if jump is not None:
        left, right = g.sides(jump)
        at = c.joints[jump][0]
        witness = _jump_witness(c, at, left, right)
        return Conclusion(said, Verdict("refuted", f"it jumps from {left} to {right} at {at}", "a jump", witness), _sides_proof(c, order, jump), {"constant": OO})
    above = c.derivative(order + 1)
    if any(p.value.free_symbols for p in above.pieces) and not any(p.value.has(X) for p in above.pieces):
        return _constant_slopes(c, above, order, said)
    try:
        slopes = range_of_curve(above)
    except ValueError as error:
        return _undecided(said, error)
    return _with_constant(c, order, slopes, said)


def _constant_slopes(c: Curve, above: Curve, order: int, said: str) -> Conclusion:
    """Letters as slopes: the least constant is the largest of their moduli."""
    x = Tensor("x")()
    lettered = {s: next(k for k in c.expression.atoms(Component) if k.tensor.name == n) for n, s in c.parameters.items()}
    steps = tuple(line(of(c, order=order + 1), "=", cast(sp.Expr, p.value.xreplace(lettered)) + 0 * x, "derivative", low=p.low, high=p.high) for p in above.pieces)
    largest = sp.Max(*(sp.Abs(p.value) for p in above.pieces))
    return concluded(f"{said} with the constant {largest}, the largest of its slopes", Proof(stage(c), steps), found={"constant": largest})


def _jump_witness(c: Curve, at: sp.Expr, left: sp.Expr, right: sp.Expr) -> Witness:
    """The joint and both sides, at some value of the letters."""
    sample = {s: -0.75 if s.is_negative else 0.75 for s in (left.free_symbols | right.free_symbols) & set(c.parameters.values())}
    numbers = {**sample, **{s: 0.0 for s in (left.free_symbols | right.free_symbols) - set(sample)}}
    values = [float(ball(e, numbers).mid()) for e in (left, right)]
    return Witness({}, {"x": float(at), **{s.name: v for s, v in sample.items()}}, *values)


def _with_constant(c: Curve, order: int, slopes: Range, said: str) -> Conclusion:
    largest = slopes.largest
    if largest.exact is OO:
        witness = Witness({}, {"x": float("inf")}, "a bounded slope", "a slope that grows without bound")
        step = line(Limit(of(c, order=order + 1), Tensor("x")(), largest.at), "=", slopes.high.number if slopes.high.exact is OO else slopes.low.number, "limit")
        return Conclusion(said, Verdict("refuted", f"its slope grows without bound as x → {largest.at}", "limit", witness), Proof(stage(c), (step,)), {"constant": OO})
    bound = largest.exact if largest.exact is not None else _rounded(largest, False)
    a, b = Tensor("a")(), Tensor("b")()
    slope, inner = of(c, order=order + 1), of(c, order=order)
    absolute = CLASSES["abs"]
    values = [cast(sp.Expr, substitute(inner, {Tensor("x")(): e})) for e in (a, b)] if order == 0 else []
    steps = [line(slope, "≥", -bound, "sign on an interval"), line(slope, "≤", bound, "sign on an interval")]
    if order == 0:
        steps.append(line(absolute(values[0] - values[1]), "≤", bound * absolute(a - b), "mean value", 0, 1, at=(a, b)))
    name = c.name + "′" * order
    return concluded(f"{name} is Lipschitz with the constant {largest}, and with no smaller one", Proof(stage(c, "a", "b"), tuple(steps)), found={"constant": largest.number, "value": largest, "slopes": slopes})


# ---- symmetry


def odd(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Conclusion:
    """Whether f(−x) = −f(x): then symmetric inputs have outputs of mean 0. Refuted with a number."""
    c = curve(f, assuming, **parameters)
    said = f"{c.name} is odd: its outputs are centred for symmetric inputs"
    if _mirrored(c):
        steps = tuple(line(of(c, -Tensor("x")()), "=", -of(c), "odd") for _ in range(1))
        return concluded(said, Proof(stage(c), steps))
    for x in (0, 1, 2, sp.Rational(1, 2), 5):
        values = [_float_anywhere(c, sp.Rational(s * x)) for s in (1, -1)]
        if None not in values and abs(values[0] + values[1]) > 1e-9:  # type: ignore[operator]
            witness = Witness({}, {"x": float(x)}, 0 - values[0], values[1])  # type: ignore[operator]
            return Conclusion(said, Verdict("refuted", f"f({-x}) = {values[1]:.6g}, but −f({x}) = {0 - values[0]:.6g}", "a number", witness))
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
    far = abs(ball(e, {X: 1.25, **{s: 0.75 for s in e.free_symbols - {X}}}))
    return not bool(far > 1e-30) and bool(sp.simplify(e) == 0)
