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
from symbackprop.language.tensors import Component, Tensor
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
    opened = inserted(onward, v, local)
    following = cast(sp.Expr, substitute(g, {m: m + 1})) * u.tensor[m + 1]
    if u.indices != (m,) or not same(opened, following + Delta(m + 1, m.size)):
        return "the recurrence has another factor"
    return "" if same(left, cast(sp.Expr, substitute(g, {m: sp.S.Zero})) * u.tensor[0]) else "the left side is not g(0) u[0]"


def inserted(e: sp.Expr, v: Component, local: sp.Expr) -> sp.Expr:
    """The expression with what v[m] is, for every m, in the place of its components."""
    found = {c: substitute(local, dict(zip(v.indices, c.indices, strict=True))) for c in e.atoms(Component) if c.tensor == v.tensor}
    return cast(sp.Expr, e.xreplace(found))


@rule("factor by factor")
def _factors(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """|g(m)| ≤ q for every m, q ≥ 0: |Π_m g(m)| ≤ q^M, by induction over M: each factor multiplies the bound by q; also ≥."""
    left, right = sides(step)
    (p,) = premises
    modulus, q = sides(p)
    if type(left) is not ABS or not isinstance(left.args[0], Prod) or type(modulus) is not ABS:
        return "the rule goes from a bound of |g| to a bound of a product"
    if p.relation != step.relation or step.relation not in ("≤", "≥"):
        return "the rule goes from |g| ≤ q to ≤, from |g| ≥ q to ≥"
    product = left.args[0]
    (m,) = product.bound
    if not same(product.body, cast(sp.Expr, modulus.args[0])) or q.has(m) or right != q**m.size:
        return "it is another product, or another bound"
    return "" if sign_with_sizes(q, layer) in ("positive", "nonnegative", "zero") else f"{q} may be negative"


@rule("power of a product")
def _power(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """g(m)^k = h(m) for every m: (Π_m g(m))^k = Π_m h(m), k = 1, 2, ..."""
    left, right = sides(step)
    (p,) = premises
    g, h = sides(p)
    if step.relation != "=" or p.relation != "=" or not isinstance(left, sp.Pow) or not isinstance(right, Prod):
        return "the rule says what a power of a product is"
    product, exponent = left.args
    if not isinstance(product, Prod) or product.bound != right.bound or not (exponent.is_Integer and exponent > 0):
        return "it is no power of a product over the same index"
    return "" if product.body**exponent == g and right.body == h else "it is another product"


@rule("for either sign")
def _either(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """What holds for z > 0 and for z < 0 holds for every z that isn't 0; "of" names z, an input declared so."""
    left, right = sides(step)
    z = next((t for t in layer.inputs if t.name == step.reason.terms["of"]), None)
    if step.relation != "=" or z is None or z.sign != "nonzero":
        return "the rule is about an input that isn't 0"
    for sign in ("positive", "negative"):
        told = {z: Tensor(z.name, *z.sizes, sign=sign)}
        a, b = (by_signs(cast(sp.Expr, substitute(e, told))) for e in (left, right))
        if not same(a, b):
            return f"for {sign} {z.name} the sides are {a} and {b}"
    return ""


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
    """q^M → 0 as M → ∞ for 0 ≤ q < 1, → ∞ for q > 1; a premise may say which of them a letter satisfies."""
    left, right = sides(step)
    if not isinstance(left, Limit) or left.args[2] is not sp.oo or step.relation != "=" or right not in (0, sp.oo):
        return "it is no limit 0 or ∞ at ∞"
    size = cast(sp.Expr, left.args[1])
    base, exponent = left.of.as_base_exp()
    base, exponent = base ** (exponent / size), size
    if base.has(size):
        return "it is no power of a number"
    relation = "<" if right == 0 else ">"
    known = any(p.relation == relation and same(sides(p)[0], base) and sides(p)[1] == 1 for p in premises)
    if not known and not (base.is_number and bool(base < 1 if right == 0 else base > 1)):
        return f"nothing says that {base} {relation} 1"
    return "" if right is sp.oo or sign_with_sizes(base, layer) in ("positive", "nonnegative", "zero") else f"{base} may be negative"


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
        line = inserted(line, v, local)
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
