"""Rules about products over layers, and about what happens as their number grows."""

from __future__ import annotations

from typing import cast

import sympy as sp

from symbackprop.algebra.equality import prove
from symbackprop.claims.curves import curve
from symbackprop.claims.nodes import Limit
from symbackprop.claims.numbers import ball
from symbackprop.claims.ranges import range_of_curve
from symbackprop.claims.rules import rule, same, sides, sign_with_sizes
from symbackprop.claims.signs import by_signs
from symbackprop.derivation import Step
from symbackprop.language.definitions import derivative
from symbackprop.language.functions import CLASSES, FieldFunction
from symbackprop.language.nodes import Delta, Prod, Unspecified
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer

ABS = CLASSES["abs"]


@rule("induction over depth")
def _induction(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """u[M−1] = 1 and u[m] = g(m + 1) u[m + 1] give g(0) u[0] = Π_{m<M} g(m), by induction from the last layer down.

    g(m) u[m] = g(m) g(m + 1) u[m + 1] = g(m) Π_{i>m} g(i). The premises are u[m] = h[m + 1] v[m + 1] + [m + 1 = M], as
    derived, and v[m] = k(m) u[m]; g is h k.
    """
    left, right = sides(step)
    if len(premises) != 2 or step.relation != "=" or not isinstance(right, Prod):
        return "it rests on the recurrence of u and on v in terms of u, and gives a product"
    (u, onward), (v, local) = sides(premises[0]), sides(premises[1])
    if not (isinstance(u, Component) and isinstance(v, Component)) or any(p.relation != "=" for p in premises):
        return "the premises are equalities about components"
    m, g = right.bound[0], right.body
    opened = _opened(onward, v, local)
    following = cast(sp.Expr, substitute(g, {m: m + 1})) * u.tensor[m + 1]
    if u.indices != (m,) or not same(opened, following + Delta(m + 1, m.size)):
        return "the recurrence has another factor"
    return "" if same(left, cast(sp.Expr, substitute(g, {m: sp.S.Zero})) * u.tensor[0]) else "the left side is not g(0) u[0]"


def _opened(e: sp.Expr, v: Component, local: sp.Expr) -> sp.Expr:
    found = {c: substitute(local, dict(zip(v.indices, c.indices, strict=True))) for c in e.atoms(Component) if c.tensor == v.tensor}
    return cast(sp.Expr, e.xreplace(found))


@rule("factor by factor")
def _factors(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """|g(m)| ≤ q for every m, q ≥ 0: |Π_m g(m)| ≤ q^M, by induction over M: each factor multiplies the bound by q."""
    left, right = sides(step)
    (p,) = premises
    modulus, q = sides(p)
    if type(left) is not ABS or not isinstance(left.args[0], Prod) or type(modulus) is not ABS or (p.relation, step.relation) != ("≤", "≤"):
        return "the rule goes from |g| ≤ q to a bound of a product"
    product = left.args[0]
    (m,) = product.bound
    if not same(product.body, cast(sp.Expr, modulus.args[0])) or q.has(m) or right != q**m.size:
        return "it is another product, or another bound"
    return "" if sign_with_sizes(q, layer) in ("positive", "nonnegative", "zero") else f"{q} may be negative"


@rule("largest slope")
def _largest_slope(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """|f′(u)| ≤ c for every u, by the range of f′; "function" is f(u). At a joint a value between both slopes is taken."""
    left, right = sides(step)
    f = step.reason.terms["function"]
    if not isinstance(f, FieldFunction) or step.relation != "≤" or left != ABS(derivative(f)):
        return "the left side is no modulus of a slope"
    largest = range_of_curve(curve(type(f).__name__).derivative()).largest
    if largest.exact is not None and sp.simplify(largest.exact - right) == 0:
        return ""
    return "" if bool(largest.ball < ball(right)) else f"the largest slope is {largest}"


@rule("settled by signs")
def _settled(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """Step(z) = 1 for z > 0, ReLU(z) = z, and the like: case distinctions that the declared signs settle."""
    left, right = sides(step)
    return "" if step.relation == "=" and same(by_signs(left), by_signs(right)) else "the signs don't settle it so"


@rule("geometric")
def _geometric(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """q^M → 0 as M → ∞ for 0 ≤ q < 1, → ∞ for q > 1; also times a number that isn't 0."""
    left, right = sides(step)
    if not isinstance(left, Limit) or left.args[2] is not sp.oo or step.relation != "=":
        return "it is no limit at ∞"
    size = cast(sp.Expr, left.args[1])
    base, exponent = left.of.as_base_exp()
    base, exponent = base ** (exponent / size), size
    if not base.is_number:
        return "it is no power of a number"
    if right == 0:
        return "" if bool(base >= 0) and bool(base < 1) else f"{base} is not below 1"
    return "" if right is sp.oo and bool(base > 1) else f"{base}^{size} has another limit"


@rule("hypothesis")
def _hypothesis(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """|C′(a) − C′(b)| ≤ L |a − b| for all a and b: what "L-Lipschitz gradient" means for a function C left open."""
    left, right = sides(step)
    a, b = step.reason.terms["at"]
    name, bound = step.reason.terms["function"], step.reason.terms["constant"]
    stated = ABS(Unspecified(name, a, 1) - Unspecified(name, b, 1))
    return "" if step.relation == "≤" and left == stated and right == bound * ABS(a - b) else "it says something else"


@rule("descent lemma")
def _descent_lemma(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """C′ L-Lipschitz: C(b) ≤ C(a) + C′(a)(b − a) + L/2 (b − a)², since C(b) − C(a) = ∫ C′ and |C′ − C′(a)| ≤ L |· − a|."""
    left, right = sides(step)
    (p,) = premises
    a, b = p.reason.terms["at"]
    name, bound = p.reason.terms["function"], p.reason.terms["constant"]
    to = step.reason.terms.get("to", b)
    stated = Unspecified(name, a) + Unspecified(name, a, 1) * (to - a) + bound * (to - a) ** 2 / 2
    fits = p.reason.rule == "hypothesis" and left == Unspecified(name, to) and sp.expand(right - stated) == 0
    return "" if fits and step.relation == "≤" else "it is another inequality"


@rule("constant factors")
def _constant(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """g(m) = c for every m: Π_m g(m) = c^M."""
    left, right = sides(step)
    (p,) = premises
    g, c = sides(p)
    if not isinstance(left, Prod) or p.relation != "=" or step.relation != "=" or c.has(left.bound[0]):
        return "the rule says what a product of equal factors is"
    return "" if left.body == g and right == c ** left.bound[0].size else "it is another product"


@rule("inserted")
def _inserted(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """The first premise's left side, with the right sides of the others inserted one after the other."""
    left, right = sides(step)
    (goal, line), *others = (sides(p) for p in premises)
    if step.relation != "=" or any(p.relation != "=" for p in premises) or left != goal:
        return "the first premise is about something else"
    for v, local in others:
        if not isinstance(v, Component):
            return f"{v} is no component"
        line = _opened(line, v, local)
    return "" if same(line, right) or prove(line, right, layer.equations, layer.assumptions) else f"it is {line}"


@rule("product inserted")
def _product(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """c · e = c · f for a premise e = f."""
    left, right = sides(step)
    (a, b) = sides(premises[0])
    quotients = sp.cancel(left / a), sp.cancel(right / b)
    return "" if step.relation == "=" and premises[0].relation == "=" and quotients[0] == quotients[1] else "the other factors differ"


@rule("transitive")
def _transitive(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """a = b, b = c, ... give a = c."""
    left, right = sides(step)
    at = left
    for p in premises:
        a, b = sides(p)
        if p.relation != "=" or a != at:
            return "the premises are no chain of equalities"
        at = b
    return "" if at == right and step.relation == "=" else "the chain ends elsewhere"
