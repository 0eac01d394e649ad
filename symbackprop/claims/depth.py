"""Deep chains: h = f(w x + c), then aₘ = f(Wₘ aₘ₋₁ + bₘ), y the last: the gradient as one product, for every depth.

    ∂y/∂w = x f′(u) Π_{m<M} W[m] f′(z[m])

The recurrence is derived; the product follows by induction over the depth, its bounds factor by factor.
"""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.backprop import derive
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import curve
from symbackprop.claims.nodes import Limit
from symbackprop.claims.numbers import ball
from symbackprop.claims.ranges import range_of_curve
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed
from symbackprop.claims.signs import by_signs
from symbackprop.derivation import Step
from symbackprop.language.definitions import derivative
from symbackprop.language.functions import CLASSES, FieldFunction
from symbackprop.language.nodes import Prod, Unspecified
from symbackprop.language.tensors import Component, Dim, Index
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict

ABS = CLASSES["abs"]


def chain_layer(f: str = "f") -> Layer:
    """The chain of one unit a layer: a first layer, and M further ones, f in each; "f" itself is left open."""
    return Layer("chain", "x, w, c, W[M], b[M] -> y", "; ".join(_links(f)))


def _links(f: str) -> tuple[str, ...]:
    return "u = w*x + c", f"h = {f}(u)", "a[-1] = h", "z[m] = W[m]*a[m-1] + b[m]", f"a[m] = {f}(z[m])", "y = a[M-1]"


def chain(f: str = "f", assuming: str = "") -> Conclusion:
    """∂y/∂w as a closed product over every depth; with relu and "u > 0; z > 0" the product of the weights alone."""
    layer = assumed(chain_layer(f), assuming)
    steps = chain_steps(layer)
    found = cast(sp.Expr, steps[-1].right)
    return concluded(f"∂y/∂w for every depth, activation {f}", Proof(layer, steps), found={"product": found})


def chain_steps(layer: Layer) -> tuple[Step, ...]:
    """The lines that end in the closed product."""
    family, t = derive(layer), layer.tensors
    m = Index("m", Dim("M"))
    names = ("w", "u", "h", "a", "z")
    derived = [line(cast(Component, family[n].goal), "=", family[n].result, "derived") for n in names]
    dz, da = family["z"].goal, cast(Component, family["a"].goal).tensor
    slope = _slope(layer, "z")
    factor = t["W"][m] * slope
    first = t["W"][0] * cast(sp.Expr, slope.xreplace({t["z"][m]: t["z"][0], t["a"][m]: t["a"][0]}))
    product = Prod(factor, m)
    local = line(cast(Component, dz), "=", slope * da[m], "derived")
    steps = [*derived[:4], local, line(first * da[0], "=", product, "induction over depth", 3, 4)]
    value = t["x"]() * _slope(layer, "u") * product
    opened = t["x"]() * _slope(layer, "u") * first * da[0]
    steps.append(line(cast(Component, family["w"].goal), "=", opened, "inserted", 0, 1, 2, 4))
    steps.append(line(opened, "=", value, "product inserted", 5))
    settled = _settled(layer, value)
    if settled != value:
        steps.append(line(value, "=", settled, "settled by signs"))
    steps.append(line(cast(Component, family["w"].goal), "=", settled, "transitive", 6, *range(7, len(steps))))
    return tuple(steps)


def _slope(layer: Layer, name: str) -> sp.Expr:
    """f′ at a pre-activation, as it stands in the equation of the activation."""
    return derivative(layer.equation({"u": "h", "z": "a"}[name]).right)


def _settled(layer: Layer, e: sp.Expr) -> sp.Expr:
    return cast(sp.Expr, e.xreplace({f: by_signs(f) for f in e.atoms(CLASSES["step"])}))


# ---- vanishing and exploding


def slopes(f: str) -> Conclusion:
    """|Π_{m<M} f′(z[m])| ≤ cᴹ with the largest slope c of f: what the activation alone contributes over M layers."""
    layer = chain_layer(f)
    m = Index("m", Dim("M"))
    largest = range_of_curve(curve(f).derivative()).largest
    bound = _bound(largest.exact, largest.ball)
    slope = _slope(layer, "z")
    steps = (_slope_step(layer, bound), line(ABS(Prod(slope, m)), "≤", bound**m.size, "factor by factor", 0))
    return concluded(f"over M layers {f} contributes at most {bound}^M", Proof(layer, steps), found={"bound": bound})


def _bound(exact: sp.Expr | None, value: object) -> sp.Expr:
    return exact if exact is not None else sp.Rational(int(float(value.mid()) * 10**6) + 1, 10**6)  # type: ignore[attr-defined]


def _slope_step(layer: Layer, bound: sp.Expr) -> Step:
    f = cast(FieldFunction, layer.equation("a").right)
    return line(ABS(derivative(f)), "≤", bound, "largest slope", function=f)


def zero_or_one() -> Conclusion:
    """P = Π Step(z[m]) satisfies P² = P where no z[m] is 0: over M layers ReLU contributes 0 or 1."""
    layer = Layer("steps", "z[M] != 0 -> y", "y = prod[m](step(z[m]))")
    m = Index("m", Dim("M"))
    step = CLASSES["step"](layer.tensors["z"][m])
    steps = (
        line(step**2, "=", step, "for either sign", of="z"),
        line(Prod(step, m) ** 2, "=", Prod(step, m), "power of a product", 0),
    )
    return concluded("over M layers relu contributes 0 or 1", Proof(layer, steps))


def vanishing(f: str, weight: sp.Rational | int | None = None) -> Conclusion:
    """|Π W[m] f′(z[m])| ≤ (q k)ᴹ → 0 where every |W[m]| ≤ q and q k < 1, with k the largest slope of f.

    q is the number, or any number at all for None. Undecided where q k isn't below 1.
    """
    largest = range_of_curve(curve(f).derivative()).largest
    k = _bound(largest.exact, largest.ball)
    if weight is not None and not bool(ball(sp.Rational(weight) * k) < 1):
        why = f"{weight} · {k} is not below 1: the bound doesn't tend to 0"
        return Conclusion(f"the product tends to 0 for {f} and |W| ≤ {weight}", Verdict("undecided", why))
    layer, w = _bounded(f, "<=", weight, f"q < {1 / k}")
    m = Index("m", Dim("M"))
    weights, slope = layer.tensors["W"][m], _slope(layer, "z")
    steps = (
        line(ABS(weights), "≤", w, "assumed"),
        _slope_step(layer, k),
        line(ABS(weights * slope), "=", ABS(weights) * ABS(slope), "absolute value"),
        line(ABS(weights * slope), "≤", w * k, "combination", 0, 1, 2, times=(ABS(slope), w, 1)),
        line(ABS(Prod(weights * slope, m)), "≤", (w * k) ** m.size, "factor by factor", 3),
        *_beyond(w, "<", k, weight, 5),
        line(Limit((w * k) ** m.size, m.size, sp.oo), "=", sp.S.Zero, "geometric", *_rests(weight, k, 5)),
    )
    said = f"with {f} and |W| ≤ {w} the product over M layers is at most ({w * k})^M, which tends to 0"
    return concluded(said, Proof(layer, steps), found={"base": w * k})


def exploding(f: str, slope: sp.Rational | int = 1, where: str = "z > 0", weight: sp.Rational | int | None = None) -> Conclusion:
    """|Π W[m] f′(z[m])| ≥ (q s)ᴹ → ∞ where every |W[m]| ≥ q, q s > 1, and f has the slope s at every z[m].

    `where` says which z those are: "z > 0" for an active path of ReLUs, "z[m] == 0" for tanh or sigmoid.
    """
    s = sp.Rational(slope)
    if weight is not None and not bool(weight * s > 1):
        return Conclusion(f"the product grows for {f} and |W| ≥ {weight}", Verdict("undecided", f"{weight} · {s} is not above 1"))
    layer, w = _bounded(f, ">=", weight, f"q > {1 / s}", where)
    m = Index("m", Dim("M"))
    weights, local = layer.tensors["W"][m], _slope(layer, "z")
    steps = (
        line(ABS(weights), "≥", w, "assumed"),
        line(ABS(local), "=", s, "settled by signs" if where == "z > 0" else "algebra"),
        line(ABS(weights * local), "=", ABS(weights) * ABS(local), "absolute value"),
        line(ABS(weights * local), "≥", w * s, "combination", 0, 1, 2, times=(ABS(local), -w, -1)),
        line(ABS(Prod(weights * local, m)), "≥", (w * s) ** m.size, "factor by factor", 3),
        *_beyond(w, ">", s, weight, 5),
        line(Limit((w * s) ** m.size, m.size, sp.oo), "=", sp.oo, "geometric", *_rests(weight, s, 5)),
    )
    said = f"with {f} and |W| ≥ {w} on a path with the slope {s} the product over M layers grows without bound"
    return concluded(said, Proof(layer, steps), found={"base": w * s})


def _bounded(f: str, relation: str, weight: sp.Rational | int | None, known: str, where: str = "") -> tuple[Layer, sp.Expr]:
    """A chain whose weights are bounded by w, and q: the number, or a letter of which something is known."""
    q = "q" if weight is None else str(sp.Rational(weight))
    assume = "; ".join(t for t in (f"abs(W[m]) {relation} {q}", known if weight is None else "", where) if t)
    declared = ", q > 0" if weight is None else ""
    # Where something is assumed of every z[m], the biases are thought of as chosen so: z[m] is given then.
    given, links = ("z[M]", (f"a[m] = {f}(z[m])", "y = prod[m](W[m]*a[m])")) if where else ("x, w, c, b[M]", _links(f))
    layer = assumed(Layer("chain", f"{given}, W[M]{declared} -> y", "; ".join(links)), assume)
    return layer, layer.tensors["q"]() if weight is None else sp.Rational(weight)


def _beyond(w: sp.Expr, relation: str, k: sp.Rational, weight: object, at: int) -> tuple[Step, ...]:
    """w < 1/k and so w k < 1, or both turned round; nothing where w is a number."""
    if weight is not None:
        return ()
    limit = line(w, relation, 1 / k, "assumed")  # type: ignore[arg-type]
    return (limit,) if k == 1 else (limit, line(w * k, relation, sp.S.One, "combination", at, times=(k,)))  # type: ignore[arg-type]


def _rests(weight: object, k: sp.Rational, at: int) -> tuple[int, ...]:
    return () if weight is not None else (at if k == 1 else at + 1,)


def active_path(weight: sp.Rational | int) -> Conclusion:
    """On an active ReLU path with every W[m] = weight > 0 the product is weightᴹ: → 0 below 1, → ∞ above 1."""
    w = sp.Rational(weight)
    m = Index("m", Dim("M"))
    layer = Layer("active path", "z[M] > 0 -> y", "y = sum[m](relu(z[m]))")
    step = CLASSES["step"](layer.tensors["z"][m])
    limit = sp.S.Zero if w < 1 else sp.oo if w > 1 else None
    if limit is None or w <= 0:
        return Conclusion("the product on an active path", Verdict("undecided", "the weight is 1, or not positive"))
    steps = (
        line(w * step, "=", w, "settled by signs"),
        line(Prod(w * step, m), "=", w**m.size, "constant factors", 0),
        line(Limit(w**m.size, m.size, sp.oo), "=", limit, "geometric"),
    )
    return concluded(
        f"with weights {w} on an active path the product is {w}^M and tends to {'0' if limit == 0 else '∞'}",
        Proof(layer, steps),
        found={"limit": limit},
    )


# ---- descent


def descent(step: sp.Expr | None = None) -> Conclusion:
    """A cost whose gradient is L-Lipschitz falls along a step 1/L: C(x − C′/L) ≤ C(x) − C′²/(2L) ≤ C(x).

    `step` is another step size in terms of L, which must leave s (1 − L s/2) ≥ 0.
    """
    layer = Layer("descent", "x, b, L > 0 -> y", "y = C(x)")
    x, b, bound = layer.tensors["x"](), layer.tensors["b"](), layer.tensors["L"]()
    s = 1 / bound if step is None else step
    value, slope = Unspecified("C", x), Unspecified("C", x, 1)
    to = x - s * slope
    gain = sp.expand(value + slope * (to - x) + bound * (to - x) ** 2 / 2)
    steps = (
        line(ABS(slope - Unspecified("C", b, 1)), "≤", bound * ABS(x - b), "hypothesis", at=(x, b), function="C", constant=bound),
        line(Unspecified("C", b), "≤", value + slope * (b - x) + bound * (b - x) ** 2 / 2, "descent lemma", 0),
        line(Unspecified("C", to), "≤", gain, "descent lemma", 0, to=to),
        line(gain, "≤", value, "signs"),
        line(Unspecified("C", to), "≤", value, "combination", 2, 3),
    )
    return concluded(
        f"a step of size {s} against an L-Lipschitz gradient never increases the cost",
        Proof(layer, steps),
        found={"step": s, "bound": gain},
    )
