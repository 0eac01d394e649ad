"""The rules of proof: each says when "left relation right" follows, and checks that it does.

    RULES["sign of a product"](step, premises, layer)        "" where the step is an instance of the rule, else why not

A rule is told the step, the steps that it rests on and the layer whose letters they are about. It trusts nothing but
the text of the step: an altered step is no instance any more. Rules about curves stand in `curve_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import sympy as sp

from symbackprop.algebra.convert import expanded
from symbackprop.algebra.equality import prove
from symbackprop.backprop import derive
from symbackprop.claims.enclosures import STRICT, WEAK, sign_of, with_signs
from symbackprop.claims.setting import upstream_signs
from symbackprop.derivation import Step
from symbackprop.language.definitions import definition
from symbackprop.language.equations import Equation
from symbackprop.language.functions import CLASSES, FieldFunction
from symbackprop.language.nodes import Max, Sum
from symbackprop.language.substitution import components, substitute
from symbackprop.language.tensors import Component, Dim, Index
from symbackprop.layer import Layer

Rule = Callable[[Step, tuple[Step, ...], Layer], str]
RULES: dict[str, Rule] = {}
SIGN = CLASSES["sign"]


def rule(name: str) -> Callable[[Rule], Rule]:
    """Puts a rule into the table under its name."""

    def put(check: Rule) -> Rule:
        RULES[name] = check
        return check

    return put


def sides(step: Step) -> tuple[sp.Expr, sp.Expr]:
    """Left and right of a step of a proof."""
    assert step.left is not None and isinstance(step.right, sp.Expr)
    return step.left, step.right


def same(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether the normal forms are equal, definitions of functions inserted."""
    if a == b:
        return True
    try:
        return bool(expanded(a) == expanded(b))
    except TypeError:
        return bool(sp.simplify(a - b) == 0)


def _is(step: Step, relation: str) -> str:
    return "" if step.relation == relation else f"the relation is {step.relation} and should be {relation}"


# ---- equalities


@rule("algebra")
def _algebra(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """left = right for all sizes and values, by normal form; premises and the layer's equations may be inserted."""
    left, right = sides(step)
    known = [
        Equation(p.left, p.right) for p in premises if p.relation == "=" and isinstance(p.left, Component) and isinstance(p.right, sp.Expr)
    ]
    if wrong := _is(step, "="):
        return wrong
    equations = tuple(e for e in layer.equations if e.tensor not in {k.tensor for k in known})
    orders = (known[::-1], known) if len(known) > 1 else (known,)  # what is defined last is eliminated first
    held = any(prove(left, right, (*equations, *order), layer.assumptions) for order in orders)
    return "" if held else "the normal forms differ"


@rule("derived")
def _derived(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """∂C/∂v[i] = what the chain rule gives, derived anew."""
    left, right = sides(step)
    if not isinstance(left, Component) or not left.tensor.adjoint_of:
        return f"{left} is no gradient"
    found = derive(layer)[left.tensor.adjoint_of]
    goal = cast(Component, found.goal)
    result = substitute(found.result, dict(zip(goal.indices, left.indices, strict=True)))
    family = [Equation(d.goal, d.result) for d in derive(layer).values() if isinstance(d.goal, Component) and d.goal != d.result]
    plain = strip(right)
    equal = prove(result, plain) or prove(result, plain, (*layer.equations, *family), layer.assumptions)
    return _is(step, "=") or ("" if equal else f"the chain rule gives {result}")


def strip(e: sp.Expr) -> sp.Expr:
    """The expression without signs of adjoints, which are assumptions and no part of their names."""
    signed = {
        c.tensor: type(c.tensor)(c.tensor.name, *c.tensor.sizes, adjoint_of=c.tensor.adjoint_of)
        for c in components(e)
        if c.tensor.adjoint_of
    }
    return with_signs(e, signed)


@rule("definition")
def _definition(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """A function of the field is what the table says, a variable what its equation says."""
    left, right = sides(step)
    opened = {f: definition(f) for f in left.atoms(FieldFunction)}
    for e in layer.equations:
        opened |= {
            c: substitute(e.right, dict(zip(e.left.indices, c.indices, strict=True)))
            for c in components(left)
            if c.tensor == e.tensor and not e.is_boundary
        }
    return _is(step, "=") or (
        "" if same(cast(sp.Expr, left.xreplace(opened)), right) or same(left, right) else "the definition says something else"
    )


# ---- signs


@rule("sign of a product")
def _sign_of_product(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """sign(a b ⋯) = sign(a) sign(b) ⋯, also of what a premise says is such a product."""
    left, right = sides(step)
    if type(left) is not SIGN:
        return f"{left} is no sign"
    inside = _by_premises(cast(sp.Expr, left.args[0]), premises)
    signs = [cast(sp.Expr, f.args[0]) if type(f) is SIGN else None for f in sp.Mul.make_args(right)]
    if any(s is None for s in signs):
        return "the right side is no product of signs"
    return _is(step, "=") or (
        "" if same(strip(inside), strip(sp.Mul(*(cast(sp.Expr, s) for s in signs)))) else f"{inside} is another product"
    )


@rule("sign of a known factor")
def _known_sign(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """sign(a) = 1 where a > 0, −1 where a < 0, 0 where a = 0."""
    left, right = sides(step)
    known: dict[Any, Any] = {}
    for s in left.atoms(SIGN):
        sign = sign_of(cast(sp.Expr, s.args[0]), layer)
        if sign in STRICT or sign == "zero":
            known[s] = sp.Integer(STRICT.get(sign, 0))
    return _is(step, "=") or ("" if same(cast(sp.Expr, left.xreplace(known)), right) else "the signs of the factors say something else")


def _by_premises(e: sp.Expr, premises: tuple[Step, ...]) -> sp.Expr:
    for p in premises:
        if p.relation == "=" and isinstance(p.left, Component) and isinstance(p.right, sp.Expr):
            e = _inserted(e, p.left, p.right)
    return e


def _inserted(e: sp.Expr, left: Component, right: sp.Expr) -> sp.Expr:
    found = {
        c: substitute(right, dict(zip(left.indices, c.indices, strict=True)))
        for c in components(e)
        if strip(c).args[0] == strip(left).args[0]
    }
    return cast(sp.Expr, substitute(e, found))


SUFFICES = {
    ">": ("positive",),
    "≥": ("positive", "nonnegative", "zero"),
    "<": ("negative",),
    "≤": ("negative", "nonpositive", "zero"),
    "=": ("zero",),
}


@rule("signs")
def _signs(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """left relation right, since left − right has that sign by the signs of its parts."""
    left, right = sides(step)
    signs = upstream_signs(layer, step.reason.terms.get("assuming", ""))
    difference = with_signs(_by_premises(left, premises), signs) - with_signs(right, signs)
    sign = next((s for form in forms(difference) if (s := sign_with_sizes(form, layer))), "")
    return "" if sign in SUFFICES[step.relation] else f"the sign of {difference} is {sign or 'not known'}"


def forms(e: sp.Expr) -> Iterator[sp.Expr]:
    """The expression, multiplied out, and over one denominator in factors: the sign may show in one of them only."""
    yield e
    yield sp.expand(e)
    held = {c: sp.Dummy(real=True) for c in (*e.atoms(Component), *e.atoms(Sum))}
    back = {d: c for c, d in held.items()}
    together = sp.together(e.xreplace(held))
    above, below = sp.fraction(together)
    for form in (together, sp.expand(above) / below, sp.factor_terms(sp.expand(above)) / below):
        yield form.xreplace(back)


def sign_with_sizes(e: sp.Expr, layer: Layer | None) -> str:
    """The sign, where sizes are known to be at least 1: N − 1 is not negative."""
    least = {d: sp.Symbol(f"{d.name}_", nonnegative=True, integer=True) + 1 for d in e.free_symbols if isinstance(d, Dim)}
    return sign_of(e, layer) or (sign_of(sp.expand(_sized(e, least)), layer) or sign_of(_sized(e, least), layer) if least else "")


def _sized(e: sp.Expr, least: dict[Dim, sp.Expr]) -> sp.Expr:
    # Sizes of axes stay: only those that stand as numbers are replaced.
    if e in least:
        return least[cast(Dim, e)]
    if isinstance(e, (sp.Add, sp.Mul, sp.Pow)):
        return cast(sp.Expr, e.func(*(_sized(cast(sp.Expr, a), least) for a in e.args)))
    return e


# ---- inequalities


@rule("combination")
def _combination(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """right − left is a sum of multiples (≥ 0) of what the premises say is ≥ 0, and something ≥ 0."""
    multipliers = tuple(step.reason.terms.get("times", (1,) * len(premises)))
    rest, strict = _gap(step), False
    for p, m in zip(premises, multipliers, strict=True):
        if p.relation == "⇒":
            return "an implication is nothing to add"
        sign = sign_with_sizes(sp.Integer(m) if isinstance(m, int) else m, layer)
        if p.relation != "=" and sign not in ("positive", "nonnegative", "zero"):
            return f"the multiplier {m} has no sign"
        strict = strict or (p.relation in "<>" and sign == "positive")
        rest = rest - m * _gap(p)
    rest = sp.expand(rest)
    sign = "zero" if same(rest, sp.S.Zero) else sign_with_sizes(rest, layer)
    if sign not in ("positive", "nonnegative", "zero"):
        return f"{rest} is left over"
    return "the inequality is strict" if step.relation in "<>" and not strict and sign != "positive" else ""


def _gap(step: Step) -> sp.Expr:
    """What the step says is ≥ 0 (or 0)."""
    left, right = sides(step)
    return left - right if step.relation in "≥>" else right - left


@rule("square root")
def _square_root(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """a² ≤ b² and b ≥ 0 give |a| ≤ b."""
    left, right = sides(step)
    (p,) = premises
    a, b = sides(p)
    if step.relation != "≤" or p.relation != "≤" or type(left) is not CLASSES["abs"]:
        return "the rule goes from a² ≤ b² to |a| ≤ b"
    inside = cast(sp.Expr, left.args[0])
    if not (same(inside**2, a) and same(sp.expand(right**2), b)):
        return "the squares are others"
    return "" if sign_of(right, layer) in SUFFICES["≥"] or _is_root(right) else f"{right} may be negative"


def _is_root(e: sp.Expr) -> bool:
    return isinstance(e, sp.Pow) and e.exp == sp.Rational(1, 2)


@rule("one term of a sum")
def _one_term(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """e[k] ≤ Σ_n e[n] where no term is negative."""
    left, right = sides(step)
    if step.relation != "≤" or not isinstance(right, Sum) or len(right.bound) != 1:
        return "the rule says that a term is ≤ its sum"
    n = right.bound[0]
    if sign_of(right.body, layer) not in SUFFICES["≥"]:
        return f"{right.body} may be negative"
    places = {i for c in components(left) for i in c.indices if isinstance(i, Index) and i.size == n.size}
    return "" if any(same(substitute(right.body, {n: i}), left) for i in places) else f"{left} is no term of the sum"


@rule("largest term")
def _largest_term(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """max_n e[n] ≤ Σ_n e[n] where no term is negative."""
    left, right = sides(step)
    fits = step.relation == "≤" and isinstance(left, Max) and isinstance(right, Sum) and same(right, Sum(left.body, *left.bound))
    if not fits or not isinstance(left, Max):
        return "the rule says that a maximum is ≤ the sum of the same terms"
    return "" if sign_of(left.body, layer) in SUFFICES["≥"] else f"{left.body} may be negative"


@rule("Cauchy–Schwarz")
def _cauchy_schwarz(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """(Σ a b)² ≤ Σ a² · Σ b²; `a` and `b` are told."""
    left, right = sides(step)
    a, b, n = (step.reason.terms[k] for k in ("a", "b", "over"))
    if step.relation != "≤":
        return "the rule gives ≤"
    fits = same(left, Sum(a * b, n) ** 2) and same(right, Sum(a**2, n) * Sum(b**2, n))
    return "" if fits else "it is another sum"


@rule("sizes")
def _sizes(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """A relation between sizes, which are at least 1."""
    left, right = sides(step)
    least = {d: sp.Symbol(f"{d.name}_", nonnegative=True, integer=True) + 1 for d in (left - right).atoms(Dim)}
    sign = sign_of(sp.expand((left - right).xreplace(least)))
    return "" if sign in SUFFICES[step.relation] else f"{left} {step.relation} {right} is not seen for sizes from 1 on"


@rule("assumed")
def _assumed(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """What the layer assumes: a declared sign or a stated relation."""
    left, right = sides(step)
    relation = {"≤": "<=", "≥": ">=", "=": "=="}.get(step.relation, step.relation)
    stated = any(a.relation == relation and same(a.left, left) and same(a.right, right) for a in layer.assumptions)
    declared = (
        right == 0 and isinstance(left, Component) and {**STRICT, **WEAK}.get(left.tensor.sign) and sign_of(left) in SUFFICES[step.relation]
    )
    return "" if stated or declared else "nothing says so"


@rule("absolute value")
def _absolute(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """a ≤ |a|, −a ≤ |a|, |a b| = |a| |b|."""
    left, right = sides(step)
    inside = [cast(sp.Expr, f.args[0]) for f in sp.Mul.make_args(right) if type(f) is CLASSES["abs"]]
    if len(inside) != len(sp.Mul.make_args(right)):
        return "the right side is no product of moduli"
    product = sp.Mul(*inside)
    if type(left) is CLASSES["abs"]:
        return _is(step, "=") if same(cast(sp.Expr, left.args[0]), product) else "it is another product"
    return _is(step, "≤") if same(left, product) or same(left, -product) else "it is another product"


@rule("some term is positive")
def _some_positive(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """Σ e ≥ 0 and Σ e² > 0 give max e > 0: not every term is 0, and they aren't all ≤ 0."""
    left, right = sides(step)
    if not isinstance(left, Max) or right != 0 or step.relation != ">" or len(premises) != 2:
        return "the rule says that a maximum is > 0"
    (a, zero), (b, none) = sides(premises[0]), sides(premises[1])
    fits = same(a, Sum(left.body, *left.bound)) and same(b, Sum(left.body**2, *left.bound))
    holds = premises[0].relation in ("=", "≥", ">") and zero == 0 and premises[1].relation == ">" and none == 0
    return "" if fits and holds else "the premises are Σ e ≥ 0 and Σ e² > 0"


@rule("equal to")
def _equal_to(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """a = b and b relation c give a relation c."""
    equal, rest = premises
    (a, b), (c, d) = sides(equal), sides(rest)
    left, right = sides(step)
    fits = equal.relation == "=" and step.relation == rest.relation and same(left, a) and same(b, c) and same(right, d)
    return "" if fits else "the premises say something else"


@rule("squared")
def _squared(step: Step, premises: tuple[Step, ...], layer: Layer) -> str:
    """a = b gives a² = b²."""
    (p,) = premises
    (a, b), (left, right) = sides(p), sides(step)
    fits = p.relation == "=" and step.relation == "=" and same(left, a**2) and same(right, sp.expand(b**2))
    return "" if fits else "these are no squares of both sides"
