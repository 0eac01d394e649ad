"""How many of the 2ⁿ sign patterns a gradient can take: counted for n ≤ 10, proved for every n.

    x > 0        two: all plus and all minus
    x ≥ 0        of the 3ⁿ patterns with zeros 2ⁿ⁺¹ − 1: zeros where one likes, the rest of one sign
    x free       all 2ⁿ

An upper bound comes from the sign coupling. That a pattern is reached is shown by inputs: for each sign that a component
is to have there is a number that gives it, and the numbers are chosen place by place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import sympy as sp

from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.coupling import SIGN, Factored, factored, sign_coupled
from symbackprop.claims.enclosures import KNOWN, sign_of
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import ALLOWED, inlined
from symbackprop.derivation import Step
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Max, Prod, Sum
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict

TRIED = tuple(sp.Rational(v) for v in ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "3", "-3"))


@dataclass(frozen=True)
class Reach:
    """Which signs the part along the axis takes, each with a value of the input component that gives it, and the rest."""

    inside: sp.Expr
    component: Component | None
    values: Mapping[int, sp.Rational]
    outside: tuple[int, ...]
    rest: sp.Expr

    @property
    def signs(self) -> tuple[int, ...]:
        """The signs taken, in order."""
        return tuple(sorted(self.values))


def sign_patterns(layer: Layer, name: str, assuming: str = "", most: int = 10) -> Conclusion:
    """|{sign ∂L/∂w}| of 2ⁿ: which sign patterns a vector's gradient can take, counted for n ≤ `most`, proved for all n.

    `found["counts"]` has the number for each n; patterns with zeros count where the inputs may be 0. Undecided where
    the signs of the components can't be chosen apart. ValueError for a gradient that is no product along one axis.
    """
    form = factored(layer, name, assuming)
    if form is None or len(form.goal.indices) != 1 or form.result.has(Sum, Max, Prod) or form.sign == "zero":
        shown = "a sum" if form is None else form.result
        raise ValueError(f"the gradient of {name} is no product of factors along one axis, like df*x[i]; it is {shown}")
    reach = reachable(form)
    said = f"the sign patterns of ∂C/∂{name}"
    if reach is None:
        why = f"no inputs were found that give the components of {form.result} their signs one by one"
        return Conclusion(said, Verdict("undecided", why))
    counts = {n: len(set(_patterns(reach, n))) for n in range(1, most + 1)}
    found = {"counts": counts, "form": form, "reach": reach}
    proof, kind = _proof(layer, name, assuming, form, reach)
    expected, sentence = _KINDS[kind]
    if proof is None or any(c != expected(n) for n, c in counts.items()):
        return Conclusion(said, Verdict("undecided", f"the counts are {counts}"), found=found)
    return concluded(sentence.format(name=name), proof, found=found)


_KINDS: dict[str, tuple[Any, str]] = {
    "two": (lambda n: 2, "of the 2ⁿ sign patterns of ∂C/∂{name} two are reachable (and zero)"),
    "one": (lambda n: 1, "of the 2ⁿ sign patterns of ∂C/∂{name} one is reachable"),
    "zeros": (lambda n: 2 ** (n + 1) - 1, "of the 3ⁿ patterns of signs and zeros of ∂C/∂{name} 2ⁿ⁺¹ − 1 are reachable"),
    "zeros, one": (lambda n: 2**n, "of the 3ⁿ patterns of signs and zeros of ∂C/∂{name} 2ⁿ are reachable"),
    "all": (lambda n: 2**n, "all 2ⁿ sign patterns of ∂C/∂{name} are reachable: each input is chosen by the sign that is wanted"),
}


def _proof(layer: Layer, name: str, assuming: str, form: Factored, reach: Reach) -> tuple[Proof | None, str]:
    """The proof that holds for every n, and which kind of count it gives."""
    single = len(reach.outside) == 1
    if reach.signs in ((1,), (-1,)):
        return sign_coupled(layer, name, assuming).proof, "one" if single else "two"
    if {-1, 1} <= set(reach.signs):
        return _all_reachable(form, reach), "all"
    return sign_coupled(layer, name, assuming).proof, "zeros, one" if single else "zeros"


def reachable(form: Factored) -> Reach | None:
    """How the signs of the components are chosen one by one; None where that isn't seen."""
    (i,) = (j for j in form.goal.indices if isinstance(j, Index))
    factors = sp.Mul.make_args(form.result)
    along = sp.Mul(*(f for f in factors if i in f.free_symbols))
    rest = sp.Mul(*(f for f in factors if i not in f.free_symbols))
    outside = _outside(rest, form.layer)
    inside = inlined(along, form.layer)
    if outside is None or inside.has(Sum, Max, Prod) or form.layer.assumptions:
        return None
    found = max((_chosen(c, inside, i) for c in sorted(inside.atoms(Component), key=str)), key=lambda f: len(f[1]), default=(None, {}))
    known, taken = KNOWN.get(sign_of(along, form.layer)), set(found[1])
    complete = {-1, 1} <= taken if known is None else known in taken if known else False
    weak = known is not None and sign_of(along, form.layer) in ("nonnegative", "nonpositive")
    if not complete or (weak and 0 not in taken):
        return None
    values = {s: v for s, v in found[1].items() if s or weak}
    return Reach(along, found[0], values, outside, rest)


def _outside(rest: sp.Expr, layer: Layer) -> tuple[int, ...] | None:
    """The signs of the upstream gradient: it is given, so that it takes all that are allowed; None for anything else."""
    signs: list[tuple[int, ...]] = [(1,)]
    for f in sp.Mul.make_args(rest):
        known = KNOWN.get(sign_of(f, layer), 0)
        is_given = isinstance(f, Component) and f.tensor.adjoint_of
        if is_given and isinstance(f, Component):
            signs.append(tuple(sorted(ALLOWED[f.tensor.sign] - {0})))
        elif known and sign_of(f, layer) in ("positive", "negative"):
            signs.append((known,))
        else:
            return None
    return tuple(sorted({int(sp.prod(s)) for s in product(*signs)}))


def _chosen(c: Component, inside: sp.Expr, i: Index) -> tuple[Component | None, dict[int, sp.Rational]]:
    """For each sign a value of this component, the others ±1, that gives it."""
    alike = [k for k in inside.atoms(Component) if k.tensor == c.tensor]
    if alike != [c] or i not in c.indices or c.tensor.is_integer_valued or c.tensor.values or c.tensor.adjoint_of:
        return None, {}
    plain = cast(sp.Expr, substitute(inside, _others(inside, c)))
    found: dict[int, sp.Rational] = {}
    for v in TRIED:
        if int(sp.sign(v)) in ALLOWED[c.tensor.sign]:
            sign = sign_of(cast(sp.Expr, substitute(plain, {c: v})))
            if sign in ("positive", "negative", "zero"):
                found.setdefault(KNOWN[sign], v)
    return c, found


def _patterns(reach: Reach, n: int) -> Iterator[tuple[int, ...]]:
    """The sign pattern for every choice of the input at each place and of the upstream gradient."""
    for pattern in product(reach.signs, repeat=n):
        yield from (tuple(o * p for p in pattern) for o in reach.outside)


def _all_reachable(form: Factored, reach: Reach) -> Proof:
    """sign ∂C/∂w[i] = ± sign x[i]; an x[i] that isn't an input itself is made one, t[i], by choosing the inputs."""
    inside, layer = (reach.inside, form.layer) if _is_input(reach) else _at_pattern(form, reach)
    signed = {f.tensor: _positive(f.tensor) for f in sp.Mul.make_args(reach.rest) if isinstance(f, Component) and not f.tensor.sign}
    rest = cast(sp.Expr, substitute(reach.rest, signed))
    split = SIGN(inside) * SIGN(rest)
    known = SIGN(inside) * KNOWN[sign_of(rest, form.layer)]
    steps = [
        line(form.goal, "=", inside * rest, "derived"),
        line(SIGN(form.goal), "=", split, "sign of a product", 0),
        line(split, "=", known, "sign of a known factor", 1),
    ]
    return Proof(layer, (*steps, *_examples(inside)))


def _is_input(reach: Reach) -> bool:
    """Whether what stands along the axis is an input by itself."""
    return bool(reach.inside == reach.component)


def _at_pattern(form: Factored, reach: Reach) -> tuple[sp.Expr, Layer]:
    """The part along the axis, and the layer, at inputs chosen by a pattern t[i] of ±1: p where t[i] = 1, q where it is −1."""
    (i,) = (j for j in form.goal.indices if isinstance(j, Index))
    c, p, q = reach.component, reach.values[1], reach.values[-1]
    inside = inlined(reach.inside, form.layer)
    assert c is not None
    name = next(n for n in ("t", "pattern", "t_") if n not in form.layer.tensors)
    pattern = Tensor(name, i.size)
    chosen = {c: (p + q) / 2 + (p - q) / 2 * Component(pattern, i)} | _others(inside, c)
    replaced = {k.tensor for k in chosen}
    inputs = (*(t for t in form.layer.inputs if t not in replaced), pattern)
    equations = (*(Equation(k, e) for k, e in chosen.items()), *form.layer.equations)
    layer = Layer.of(form.layer.name, inputs, form.layer.outputs, equations, form.layer.assumptions)
    return cast(sp.Expr, substitute(inside, chosen)), layer


def _others(inside: sp.Expr, c: Component) -> dict[Component, sp.Expr]:
    """1 or −1 for every other component, by its sign."""
    rest = (k for k in inside.atoms(Component) if k != c)
    return {k: -sp.S.One if k.tensor.sign in ("negative", "nonpositive") else sp.S.One for k in rest}


def _positive(t: Tensor) -> Tensor:
    return Tensor(t.name, *t.sizes, sign="positive", adjoint_of=t.adjoint_of)


def _examples(inside: sp.Expr) -> Iterator[Step]:
    """What stands along the axis is positive at t = 1 and negative at t = −1; nothing is said of the bare letter."""
    if isinstance(inside, Component):
        return
    (t,) = inside.atoms(Component)
    for v in (sp.S.One, -sp.S.One):
        yield line(cast(sp.Expr, substitute(inside, {t: v})), ">" if v > 0 else "<", sp.S.Zero, "signs")
