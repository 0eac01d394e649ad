"""A proof is replayed rule by rule: instances pass, altered steps are refused, and every rule is tried both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.claims.conclusion import Proof, line
from symbackprop.claims.nodes import Limit, Mean
from symbackprop.claims.points import compared
from symbackprop.claims.replay import alterations, altered, concluded, crosscheck, replay
from symbackprop.claims.rules import RULES
from symbackprop.derivation import Step
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Max, Prod, Sum
from symbackprop.language.tensors import Dim, Index, Tensor

claims = sb.claims
NEURON = sb.Layer("neuron", "x[I], w[I], b -> f", "f = sum[i](w[i]*x[i]) + b")
UNIT = sb.Layer("unit", "x[N,I], w[I] -> r[N]", "z[n] = sum[i](x[n,i]*w[i]); r[n] = relu(z[n])")
BN = sb.Layer(
    "batch norm",
    "x[N], gamma, beta -> y[N]",
    "mu = sum[n](x[n])/N; var = sum[n]((x[n]-mu)**2)/N; xhat[n] = (x[n]-mu)/sqrt(var); y[n] = gamma*xhat[n] + beta",
)
CENTRED = sb.Layer("centred", "x[N] -> c[N]", "mu = sum[n](x[n])/N; var = sum[n]((x[n]-mu)**2)/N; c[n] = x[n] - mu")

MADE: dict[str, Callable[[], sb.claims.Conclusion]] = {
    "coupled": lambda: claims.sign_coupled(NEURON, "w", assuming="x > 0"),
    "weakly coupled": lambda: claims.sign_coupled(NEURON, "w", assuming="x >= 0"),
    "range": lambda: claims.range_of("silu"),
    "limit": lambda: claims.limit("sigmoid", -sp.oo, order=1),
    "monotone": lambda: claims.monotone("sigmoid"),
    "falling": lambda: claims.monotone("exp(-x)"),
    "continuous": lambda: claims.continuous("hardswish"),
    "lipschitz": lambda: claims.lipschitz("sigmoid"),
    "letters as slopes": lambda: claims.lipschitz("leaky_relu", assuming="slope > 0", slope=None),
    "odd": lambda: claims.odd("softsign"),
    "analytic": lambda: claims.continuous("sigmoid"),
    "all patterns": lambda: claims.sign_patterns(NEURON, "w"),
    "patterns of tanh": lambda: claims.sign_patterns(sb.Layer("t", "z[I], w[I] -> f", "f = sum[i](w[i]*tanh(z[i]))"), "w"),
    "two updates": lambda: claims.alternating(),
    "a zero goes below 0": lambda: claims.zero_goes_below(BN, "xhat", "x", "N*var + N*mu**2", "x >= 0; var > 0"),
    "mean of a step": lambda: claims.mean_slope("relu"),
    "a chain of equal sums": lambda: claims.reckoned(BN, "sum[n](xhat[n])", "sum[n](x[n] - mu)/sqrt(var)", "0"),
    "bound": lambda: claims.bound(BN, "xhat"),
    "between": lambda: claims.between(BN, "xhat", "sigmoid"),
    "inactive": lambda: claims.all_inactive(BN, "xhat"),
    "both signs": lambda: claims.both_signs(CENTRED, "c", "N*var", assuming="var > 0"),
    "invariant": lambda: claims.invariant(BN, {"x": "a*x[n] + c"}, assuming="a > 0", output="xhat"),
    "orthogonal": lambda: claims.orthogonal(sb.Layer("n", "x[D], w[D] -> y", "y = sum[d](x[d]*w[d])/sqrt(sum[d](w[d]**2))"), "w"),
    "chain": lambda: claims.chain("sigmoid"),
    "active chain": lambda: claims.chain("relu", assuming="u > 0; z > 0"),
    "vanishing": lambda: claims.vanishing("sigmoid", 3),
    "vanishing for every small weight": lambda: claims.vanishing("sigmoid"),
    "active path": lambda: claims.active_path(2),
    "exploding": lambda: claims.exploding("relu"),
    "exploding at the steepest point": lambda: claims.exploding("sigmoid", sp.Rational(1, 4), "z[m] == 0"),
    "zero or one": lambda: claims.zero_or_one(),
    "almost never 0": lambda: claims.almost_never_zero(NEURON, "f"),
    "slopes that are Lipschitz": lambda: claims.lipschitz("elu", order=1),
    "dead on a batch": lambda: claims.holds(UNIT, "dw[i] == 0", assuming="z < 0"),
    "descent": lambda: claims.descent(),
    "mean slope": lambda: claims.mean_slope("sigmoid"),
}


@cache
def made(name: str) -> sb.claims.Conclusion:
    return MADE[name]()


@pytest.mark.parametrize("name", MADE)
def test_proofs_are_replayed_and_no_point_speaks_against_them(name: str) -> None:
    found = made(name)
    assert found.status == "proved", str(found)
    assert found.proof is not None
    assert replay(found.proof).status == "proved"
    assert crosscheck(found.proof, seed=1).status == "agrees"


@pytest.mark.parametrize("name", MADE)
def test_a_proof_with_one_step_altered_is_refused(name: str) -> None:
    proof = made(name).proof
    assert proof is not None
    count = 0
    for changed in altered(proof):
        count += 1
        assert replay(changed).status != "proved", str(changed)
    assert count >= len(proof.steps)


def test_every_rule_is_used_by_some_proof_or_tried_by_itself() -> None:
    used = {s.reason.rule for name in MADE for s in (made(name).proof or Proof(NEURON, ())).steps}
    assert set(RULES) == used | set(ALONE)


# --- rules by themselves: an instance, which must pass, and its alterations, which must not

x, y, a = Tensor("x")(), Tensor("y")(), Tensor("a", sign="positive")()
n = Index("n", Dim("N"))
k = Index("k", Dim("N"))
v = Tensor("v", Dim("N"))
ABS = CLASSES["abs"]
PLAIN = sb.Layer("letters", "x, y, a > 0 -> z", "z = x + y + a")
VECTOR = sb.Layer("vector", "v[N], a > 0 -> z", "z = sum[n](v[n]) + a")


def one(step: Step, *before: Step, layer: sb.Layer = PLAIN) -> tuple[sb.Layer, tuple[Step, ...]]:
    return layer, (*before, step)


ALONE: dict[str, tuple[sb.Layer, tuple[Step, ...]]] = {
    "definition": one(line(CLASSES["tanh"](x), "=", (sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x)), "definition")),
    "one term of a sum": one(line(v[k] ** 2, "≤", Sum(v[n] ** 2, n), "one term of a sum"), layer=VECTOR),
    "sizes": one(line(Dim("N") ** 2, "≥", Dim("N"), "sizes"), layer=VECTOR),
    "value": one(line(sp.sqrt(2), "<", sp.Rational(14143, 10000), "value")),
}


@pytest.mark.parametrize("name", ALONE)
def test_rules_by_themselves(name: str) -> None:
    layer, steps = ALONE[name]
    assert replay(Proof(layer, steps)).status == "proved", replay(Proof(layer, steps)).message
    for changed in alterations(steps[-1]):
        assert replay(Proof(layer, (*steps[:-1], changed))).status != "proved"


WRONG: list[tuple[str, sb.Layer, tuple[Step, ...]]] = [
    ("sign of an unknown factor", PLAIN, (line(CLASSES["sign"](x * a), "=", CLASSES["sign"](a), "sign of a known factor"),)),
    ("a sum of both signs", PLAIN, (line(x**2 - a, "≥", sp.S.Zero, "signs"),)),
    ("a square that may be 0", PLAIN, (line(x**2, ">", sp.S.Zero, "signs"),)),
    ("the square root of a negative bound", PLAIN, (line(x**2, "≤", x**2, "signs"), line(ABS(x), "≤", x, "square root", 0))),
    ("a term of a sum with negative terms", VECTOR, (line(v[k], "≤", Sum(v[n], n), "one term of a sum"),)),
    (
        "Cauchy–Schwarz the wrong way",
        VECTOR,
        (line(Sum(v[n], n) ** 2, "≥", Dim("N") * Sum(v[n] ** 2, n), "Cauchy–Schwarz", a=sp.S.One, b=v[n], over=n),),
    ),
    (
        "Cauchy–Schwarz without the count",
        VECTOR,
        (line(Sum(v[n], n) ** 2, "≤", Sum(v[n] ** 2, n), "Cauchy–Schwarz", a=sp.S.One, b=v[n], over=n),),
    ),
    ("a maximum without premises", VECTOR, (line(Max(v[n], n), ">", sp.S.Zero, "some term is positive"),)),
    (
        "multiplying by what may be negative",
        PLAIN,
        (line(a, "≥", sp.S.Zero, "signs"), line(a * x, "≥", sp.S.Zero, "combination", 0, times=(x,))),
    ),
    ("a limit that is another", PLAIN, (line(Limit(CLASSES["sigmoid"](x), x, sp.oo), "=", sp.S.Zero, "limit"),)),
    ("a sign that changes", PLAIN, (line(CLASSES["silu"](x), "≥", sp.S.Zero, "sign on an interval"),)),
    ("a mean that is larger", PLAIN, (line(Mean(CLASSES["sigmoid"](x), x), ">", sp.Rational(501, 1000), "quadrature"),)),
    ("a rule nobody has", PLAIN, (line(x, "=", x, "obvious"),)),
    ("a step that rests on itself", PLAIN, (line(x, "=", x, "algebra", 0),)),
    ("no assumption", PLAIN, (line(x, "≥", sp.S.Zero, "assumed"),)),
    ("powers that don't tend to 0", PLAIN, (line(Limit(sp.Integer(2) ** Dim("N"), Dim("N"), sp.oo), "=", sp.S.Zero, "geometric"),)),
    (
        "a product bounded by too little",
        VECTOR,
        (line(ABS(v[n]), "≤", a, "assumed"), line(ABS(Prod(v[n], n)), "≤", a, "factor by factor", 0)),
    ),
    ("odd though it is even", PLAIN, (line(CLASSES["cosh"](-x), "=", -CLASSES["cosh"](x), "odd"),)),
    (
        "wider than its premise",
        PLAIN,
        (
            line(CLASSES["silu"](x), "≥", sp.S.Zero, "sign on an interval", low=sp.S.Zero, high=sp.oo),
            line(CLASSES["silu"](x) + 1, "≥", sp.S.Zero, "combination", 0),
        ),
    ),
]


@pytest.mark.parametrize(("layer", "steps"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_is_no_instance_is_refused(layer: sb.Layer, steps: tuple[Step, ...]) -> None:
    assert replay(Proof(layer, steps)).status == "undecided"
    assert concluded("it", Proof(layer, steps)).status == "undecided"


def test_a_false_step_is_seen_at_points_even_if_a_rule_let_it_pass() -> None:
    proof = made("bound").proof
    assert proof is not None
    last = proof.steps[-1]
    wrong = Proof(proof.layer, (*proof.steps[:-1], replace(last, right=sp.Rational(1, 10) * last.right)))
    assert crosscheck(wrong).status == "refuted"
    assert any(not held for held, _ in compared(wrong, wrong.steps[-1]))


def test_a_conclusion_is_no_bool() -> None:
    with pytest.raises(TypeError, match="status"):
        bool(made("coupled"))


def test_how_a_proof_reads() -> None:
    assert str(made("coupled")) == "\n".join(
        [
            "proved: for every size, the components of ∂C/∂w along i all have one sign",
            "  (1)  dw[i] = df x[i]                                      derived",
            "  (2)  sign(dw[i]) = sign(x[i]) sign(df)                    sign of a product, by (1)",
            "  (3)           = sign(df)                                  the sign of a factor is known, by (2)",
        ]
    )
