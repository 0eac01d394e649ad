"""What a terminal shows: the wording of whole derivations, and that a line can be read in one way only."""
from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from render_examples import (
    BATCH_NORM,
    CLOSED,
    N,
    W,
    b,
    batch_norm,
    d,
    gamma,
    h,
    i,
    j,
    linear_weight,
    mu,
    n,
    x,
    xhat,
    y,
    z,
)
from render_reading import SIZES, read, value

from symbackprop.derivation import Derivation, Reason, Step
from symbackprop.language.equations import Equation
from symbackprop.language.functions import apply
from symbackprop.language.nodes import (
    Compare,
    Delta,
    InRange,
    Inverse,
    IsArgmax,
    LogDet,
    Max,
    Partial,
    Sum,
    Unspecified,
    Where,
)
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.render import breaking, linear, text
from symbackprop.render.maths import tree
from symbackprop.render.order import Scope

LINEAR_WEIGHT = """\
linear     x[N,D], W[D,H], b[H] → z[N,H]
  (1)  z[n,h] = Σ_d x[n,d] W[d,h] + b[h]
given: dz[n,h] = ∂C/∂z[n,h], the upstream gradient. Layout: each gradient has the shape of its variable.

∂C/∂W[d,h]
  (2)  = Σ_n Σ_j dz[n,j] · ∂z[n,j]/∂W[d,h]       chain rule; W reaches C through z alone
  (3)  = Σ_n Σ_j dz[n,j] Σ_i x[n,i] δ_id δ_jh    differentiate (1): ∂W[i,j]/∂W[d,h] = δ_id δ_jh
  (4)  = Σ_n x[n,d] dz[n,h]                      each δ picks one term of its sum
  (5)  dW = xᵀ dz   [D,H]                        in matrix form"""


def test_the_weight_of_a_linear_layer() -> None:
    assert text.derivation(linear_weight()) == LINEAR_WEIGHT


def test_brief_leaves_lines_out_and_numbers_the_rest() -> None:
    shown = text.derivation(linear_weight(), "brief")
    assert "differentiate" not in shown
    assert "(4)  dW = xᵀ dz" in shown


def test_batch_norm_names_what_it_inserts() -> None:
    shown = text.derivation(batch_norm()["x"])
    assert re.search(r"  \(5\)  ∂C/∂x̂\[n,d\] = γ\[d\] dy\[n,d\] +chain rule; x̂ reaches C through y alone\n", shown)
    assert "γ[d]/(N √(var[d] + ε)) · (N dy[n,d] − Σ_m dy[m,d] − x̂[n,d] Σ_m dy[m,d] x̂[m,d])" in shown
    assert "insert (5), (6) and (7)" in shown
    assert "For every variable v, dv is short for ∂C/∂v." in shown
    assert max(map(linear.width, shown.splitlines())) <= text.WIDTH


def test_a_layer_is_written_as_its_author_wrote_it() -> None:
    assert "(4)  y[n,d] = γ[d] x̂[n,d] + β[d]" in text.layer(BATCH_NORM)
    assert "(3)  x̂[n,d] = (x[n,d] − μ[d])/√(var[d] + ε)" in text.layer(BATCH_NORM)


def test_a_left_out_chain_rule_is_the_reason_of_the_line_it_leads_to() -> None:
    whole = linear_weight()
    brief = replace(whole, steps=(replace(whole.steps[0], detail="normal"), *whole.steps[1:]))
    assert "(2)  = Σ_n x[n,d] dz[n,h]    chain rule; W reaches C through z alone\n" in text.derivation(brief, "brief")


def test_no_letter_means_two_things() -> None:
    twice = Sum(x[n, d] * Sum(W[d, h] * b[h], h), d) * Sum(b[h], h) * mu[d]
    assert text.expression(twice) == "μ[d] (Σ_h b[h]) Σ_e x[n,e] Σ_h b[h] W[e,h]"


def test_the_whole_gradient_of_an_output_that_is_used_again() -> None:
    layer = Layer.of("again", (x,), (xhat, y), (Equation(xhat[n, d], x[n, d]), Equation(y[n, d], 2 * xhat[n, d])))
    total = Tensor("dxhat_total", *xhat.sizes, adjoint_of="xhat")
    shown = text.derivation(Derivation(x.adjoint()[n, d], (Step(total[n, d], Reason("contract")),), layer, x))
    assert "The whole gradient dxhat_total[n,d] = ∂C/∂x̂[n,d] is that plus" in shown


def test_a_long_network_is_shown_where_the_derivation_looks() -> None:
    layers = [Tensor(f"a{k}", N) for k in range(60)]
    weights = [Tensor(f"w{k}") for k in range(60)]
    equations = tuple(Equation(b_[n], w() * a[n]) for w, a, b_ in zip(weights, layers, layers[1:], strict=False))
    net = Layer.of("deep", (layers[0], *weights), (layers[-1],), equations)
    step = Step(Sum(layers[7].adjoint()[n] * layers[6][n], n), Reason("contract"))
    shown = text.derivation(Derivation(weights[6].adjoint()(), (step,), net, weights[6]))
    assert shown.splitlines()[0] == "deep       w₅, w₆, … → a₅₉[N]"
    assert "(2)  a₇[n] = w₆ a₆[n]" in shown and "a₃₀" not in shown


A, p = Tensor("A", N, N), Index("p", N)
SHOWN = [
    (Sum(x[n, d] * W[d, h], d) + b[h], "Σ_d x[n,d] W[d,h] + b[h]"),
    (Sum(x[n, d], n) / N, "1/N · Σ_n x[n,d]"),
    (Sum(x[n, d], n)**2, "(Σ_n x[n,d])²"),
    (Sum(x[n, d], n) * b[h], "b[h] Σ_n x[n,d]"),
    (Sum(x[n, d] + b[h], n), "Σ_n (x[n,d] + b[h])"),
    (sp.Rational(1, 2) * (mu[d] - gamma[d])**2, "½ (μ[d] − γ[d])²"),
    (-x[n, d], "−x[n,d]"),
    (1 - apply("sigmoid", x[n, d]), "1 − σ(x[n,d])"),
    (apply("step", x[n, d]), "Step(x[n,d])"),
    (Unspecified("f", x[n, d], 1), "f′(x[n,d])"),
    (Where(Compare(">", x[n, d], sp.Integer(0)), x[n, d], 0), "{x[n,d] if x[n,d] > 0; else 0}"),
    (InRange(i - n, Dim("L")), "[0 ≤ i − n < L]"),
    (Delta(i, 2 * d + 1), "δ(i, 2d+1)"),
    (x[n, 2 * i + d], "x[n, 2i+d]"),
    (Inverse(A[n, p], n, p, i, d), "A⁻¹[i,d]"),
    (LogDet(A[n, p], n, p), "log|det A|"),
    (Max(x[n, i], i), "max_i x[n,i]"),
    (IsArgmax(x[n, d], d, i), "[i = argmax_d x[n,d]]"),
    (Partial(z[n, j], W[d, h]), "∂z[n,j]/∂W[d,h]"),
    (Tensor("W1", N)[n]**2, "W₁[n]²"),
    (Tensor("ybar")(), "ȳ"),
    (apply("gelu", x[n, d]) * sp.Rational(44715, 1000000), "0.044715 GELU(x[n,d])"),
    (x[n, d]**sp.Rational(-1, 2), "1/√(x[n,d])"),
]


@pytest.mark.parametrize(("e", "shown"), SHOWN, ids=[s for _, s in SHOWN])
def test_shown(e: sp.Expr, shown: str) -> None:
    assert linear.write(tree(e, Scope(order=("n", "d", "h")))) == shown


def test_reading_the_closed_form_of_batch_norm() -> None:
    shown = linear.write(tree(CLOSED, Scope(order=("n", "d"))))
    at = {"n": 1, "d": 2}
    assert math.isclose(read(shown.replace("dy[", "dy ["))(at), value(CLOSED, at), rel_tol=1e-9)


@pytest.mark.parametrize(("one", "other"), [("Σ_n x[n,d] + b[h]", "Σ_n (x[n,d] + b[h])"), ("1/N μ[d]", "1/N · μ[d]")])
def test_the_reader_tells_scopes_apart(one: str, other: str) -> None:
    at = {"d": 1, "h": 1}
    assert not math.isclose(read(one)(at), read(other)(at), rel_tol=1e-3)


LEAVES = st.sampled_from([x[n, d], W[d, h], b[h], gamma[d], mu[d], xhat[n, d], N, sp.Integer(2), sp.Rational(1, 2),
                          sp.Rational(-3, 7), Delta(d, i), Compare(">", x[n, d], mu[d]), InRange(i - d, N)])
BOUND = st.sampled_from([n, d, h, i])


def _grown(smaller: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
    pairs = st.tuples(smaller, smaller)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]), pairs.map(lambda p: p[0] - p[1]), pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] / (1 + p[1]**2)), smaller.map(lambda e: -e), smaller.map(lambda e: e**2),
        smaller.map(lambda e: sp.sqrt(1 + e**2)), smaller.map(lambda e: 1 / sp.sqrt(2 + e**2)),
        st.tuples(smaller, BOUND).map(lambda p: Sum(*p)), st.tuples(smaller, BOUND).map(lambda p: Max(*p)),
        smaller.map(lambda e: sp.exp(-e**2)),
        pairs.map(lambda p: Where(Compare(">", x[n, d], mu[d]), p[0], p[1])))


EXPRESSIONS = st.recursive(LEAVES, _grown, max_leaves=7)


@given(EXPRESSIONS)
@settings(max_examples=150, deadline=None)
def test_a_line_can_be_read_in_one_way_only(e: sp.Expr) -> None:
    shown = linear.write(tree(e, Scope(order=("n", "d", "h"))))
    meaning = read(shown)
    for k in range(2):
        at = {"n": k, "d": k + 1, "h": 1 - k, "i": 1}
        assert math.isclose(meaning(at), value(e, at), rel_tol=1e-7, abs_tol=1e-9), shown


@given(EXPRESSIONS, st.integers(20, 60))
@settings(max_examples=60, deadline=None)
def test_breaking_a_line_loses_nothing(e: sp.Expr, room: int) -> None:
    rows = breaking.lines(tree(e, Scope(order=("n", "d", "h"))), lambda t: linear.width(linear.write(t)), room)
    broken = " ".join(linear.write(row).strip() for row in rows)
    at = {"n": 1, "d": 2, "h": 1, "i": 0}
    assert math.isclose(read(broken)(at), value(e, at), rel_tol=1e-7, abs_tol=1e-9), broken


def test_sizes_of_the_oracle_differ() -> None:
    assert SIZES["N"] != SIZES["D"]
