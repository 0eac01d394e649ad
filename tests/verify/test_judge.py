"""The judge is itself judged: near misses are refused, right answers in other words are proved, nothing is passed for lack of a look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop import checking
from symbackprop.algebra.equality import Proof
from symbackprop.language.equations import Equation
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer
from symbackprop.layers.shelf import SHELF
from symbackprop.verify import judge as judging
from symbackprop.verify import proof as proofs
from symbackprop.verify.answers import Formula, Stated
from symbackprop.verify.oracle import true_gradient
from symbackprop.verify.reading import read_answers
from symbackprop.verify.truths import Known
from symbackprop.verify.verdict import Verdict


def verdict(layer: Any, answers: Any, **options: Any) -> Verdict:
    (found,) = sb.check(layer, answers, **options).verdicts.values()
    return found


def status(layer: Any, answers: Any, **options: Any) -> str:
    return verdict(layer, answers, **options).status


SLOPE = "x[N,D] -> y[N,D]; y = {}"

# --- right answers, in other words ---

RIGHT = [
    ("linear", "dW = x.T @ dz"),
    ("linear", "dW[d,h] = sum[n](x[n,d]*dz[n,h])"),
    ("linear", "dW = (dz.T @ x).T"),
    ("linear", "db = ones(N) @ dz"),
    ("linear", "dx = dz @ W.T"),
    ("softmax", "dz[n,k] = sum[j](dp[n,j]*p[n,j]*(delta(j, k) - p[n,k]))"),
    ("softmax", "dz = p*dp - p*sum(p*dp, axis=1, keepdims=True)"),
    ("log_softmax", "dz[n,k] = dy[n,k] - exp(y[n,k])*sum[j](dy[n,j])"),
    ("batch_norm", "dx = gamma/(N*sqrt(var + eps))*(N*dy - sum(dy, axis=0) - xhat*sum(dy*xhat, axis=0))"),
    ("batch_norm", "s = sqrt(var + eps); dx = gamma/s*(dy - mean(dy, axis=0) - xhat*mean(dy*xhat, axis=0))"),
    ("batch_norm", "dx = (gamma*dy - dbeta*gamma/N - xhat*gamma*dgamma/N)/sqrt(var + eps)"),
    ("cross_entropy", "dz[n,k] = (p[n,k] - delta(k, t[n]))/N"),
    ("sigmoid", "dx = dy*y*(1 - y)"),
    ("sigmoid", "dx[n,d] = dy[n,d]*exp(-x[n,d])/(1 + exp(-x[n,d]))**2"),
    ("tanh", "dx = dy*(1 - y**2)"),
    ("relu", "dx = dy*(x > 0)"),
    ("relu", "dx = dy*(y > 0)"),
    ("mlp", "dz2[n,k] = (p[n,k] - delta(k, t[n]))/N; dW2 = a1.T @ dz2; dz1 = (dz2 @ W2.T)*(z1 > 0); dW1 = x.T @ dz1"),
    ("trace_product", "dA = B.T"),
    ("logdet", "dA = inv(A).T"),
    ("half_squared_error", "d(C, x[i,j], x[k,l]) = delta(i, k)*delta(j, l)"),
    ("softmax", "d(p[n,k], z[n,j]) = p[n,k]*(delta(k, j) - p[n,j])"),
    ("batch_norm", "d(var[d], x[n,d]) = 2*(x[n,d] - mu[d])/N"),
]


@pytest.mark.parametrize(("layer", "answer"), RIGHT)
def test_right_answers_are_proved_and_the_oracle_agrees(layer: str, answer: str) -> None:
    report = sb.check(layer, answer)
    assert {v.status for v in report.verdicts.values()} == {"proved"}, str(report)
    assert report.ok and report.exit_code == 0
    assert all(v.how and v.evidence.points >= 3 for v in report.verdicts.values())


# --- wrong answers ---

WRONG = [
    ("linear", "dW = 1.0005*x.T @ dz", "factor 1.0005"),
    ("linear", "dx = -dz @ W.T", "sign"),
    ("linear", "dW[d,h] = x[0,d]*dz[0,h]", "dropped sum"),
    ("linear", "db[h] = dz[0,h]", "dropped sum"),
    ("quadratic_form", "dx = 2*A @ x", "an assumption that is not declared"),
    ("quadratic_form", "dx[i] = sum[j](A[i,j]*x[j])", "a dropped term"),
    ("trace_product", "dA = B", "a transpose, wrong shape"),
    ("trace_product", "dB[h,d] = A[d,h]*A[d,h]", "a power"),
    ("batch_norm", "dx = gamma*dy/sqrt(var + eps)", "mean and variance taken for constants"),
    ("batch_norm", "dx = gamma/(N*sqrt(var))*(N*dy - sum(dy, axis=0) - xhat*sum(dy*xhat, axis=0))", "eps forgotten"),
    ("batch_norm", "dx = gamma/(D*sqrt(var + eps))*(D*dy - sum(dy, axis=0) - xhat*sum(dy*xhat, axis=0))", "D for N"),
    ("softmax", "dz = p*(1 - p)*dp", "only the diagonal"),
    ("softmax", "d(p[n,k], z[n,j]) = p[n,k]*(delta(k, j) - p[n,k])", "a swapped index"),
    ("mlp", "dz1 = da1", "a dropped derivative"),
    ("half_squared_error", "d(C, x[i,j], x[k,l]) = delta(i, k)", "a dropped delta"),
    ("relu6", "dx = dy*step(x)", "wrong beyond 6 alone"),
    ("x[N] -> y[N]; y = where(x > 50, 2*x - 50, x)", "dx = dy", "wrong beyond 50 alone"),
]


@pytest.mark.parametrize(("layer", "answer", "why"), WRONG)
def test_near_misses_are_refuted_with_a_small_witness(layer: str, answer: str, why: str) -> None:
    found = verdict(layer, answer)
    assert found.status == "refuted", why
    assert found.witness is not None and all(n <= 3 for n in found.witness.sizes.values())
    json.dumps(found.json())


def test_a_swapped_index_is_refuted_for_square_weights() -> None:
    assert status("x[N,D], W[D,D] -> z[N,D]; z = x @ W", {"x": "dz @ W"}) == "refuted"
    assert status("x[N,D], W[D,D] -> z[N,D]; z = x @ W", {"x": "dz @ W.T"}) == "proved"


def test_the_witness_is_true() -> None:
    layer = sb.layers.get("batch_norm")
    witness = verdict(layer, "dx = gamma*dy/sqrt(var + eps)").witness
    assert witness is not None and witness.at is not None
    inputs = {t.name: np.array(witness.inputs[t.name], dtype=float) for t in layer.inputs}
    true = true_gradient(layer, "x", inputs, {"y": np.array(witness.inputs["dy"], dtype=float)}).array
    assert np.allclose(true, witness.expected, atol=1e-12)
    everything = {**inputs, **layer_values(layer, inputs)}
    found = everything["gamma"] * np.array(witness.inputs["dy"]) / np.sqrt(everything["var"] + everything["eps"])
    assert np.allclose(found, witness.found)
    assert not np.isclose(np.array(witness.expected)[witness.at], np.array(witness.found)[witness.at])


def layer_values(layer: Layer, inputs: Mapping[str, Any]) -> dict[str, Any]:
    from symbackprop.language.evaluate import forward

    return dict(forward(layer, inputs))


def test_large_sizes_that_are_fixed() -> None:
    layer = "x[40,60], W[60,50] -> z[40,50]; z = x @ W"
    assert status(layer, "dW = x.T @ dz") == "proved"
    found = sb.check(layer, "dx = 2*dz @ W.T")
    assert found.verdicts["x"].status == "refuted" and len(str(found)) < 2000


def test_a_witness_honours_what_is_declared_and_assumed() -> None:
    found = verdict("binary_cross_entropy", {"p": "-y/p/N"})
    assert found.status == "refuted" and found.witness is not None
    assert all(0 < p < 1 for p in found.witness.inputs["p"])
    masked = verdict("scaled_dot_product_attention:mask=given", {"V": "2*P.T @ dO"})
    assert masked.witness is not None and all(sum(row) > 0 for row in masked.witness.inputs["mask"])


# --- mutations over the whole shelf ---


def mutations(e: sp.Expr) -> Iterator[sp.Expr]:
    yield e * sp.Rational(2001, 2000)
    yield -e
    yield e + e**3


@pytest.mark.parametrize("name", SHELF)
def test_the_shelf_is_proved_and_its_mutants_are_not(name: str) -> None:
    layer = sb.layers.get(name)
    derivations = sb.derive(layer)
    for variable in [t.name for t in layer.inputs if t.name in derivations][:2]:
        derivation = derivations[variable]
        assert isinstance(derivation.goal, Component)
        right = Equation(derivation.goal, derivation.result)
        assert status(layer, {variable: right}) == "proved"
        for mutant in mutations(derivation.result):
            if mutant != derivation.result:
                assert status(layer, {variable: Equation(derivation.goal, mutant)}) == "refuted", str(mutant)


# --- kinks ---


def test_values_at_a_kink() -> None:
    answer = "dx = dy*where(x > 0, 1, where(x < 0, 0, {}))"
    assert verdict("relu", answer.format("0")).notes == ("Step(0) = 0",)
    for value in ("1", "1/2"):
        found = verdict("relu", answer.format(value))
        assert found.status == "proved" and "right, with another convention at kinks" in found.notes
        assert status("relu", answer.format(value), strict=True) == "refuted"
    for value in ("5", "-1/10", "1.01"):
        found = verdict("relu", answer.format(value))
        assert found.status == "refuted" and "subgradient" in found.message


def test_the_convention_is_an_argument() -> None:
    assert status("relu", "dx = dy*(x >= 0)", strict=True, step0=1) == "proved"
    assert status("relu", "dx = dy*(x > 0)", strict=True, step0=1) == "refuted"
    assert status("relu", "dx = dy*step(x)", strict=True, step0=None) == "proved"
    assert status("relu", "dx = dy*(x > 0)", strict=True, step0=None) == "refuted"


@pytest.mark.parametrize(
    ("layer", "right", "wrong"),
    [
        ("elu", "dx = dy*where(x > 0, 1, exp(x))", "dx = dy*where(x > 0, 1, where(x < 0, exp(x), 0))"),
        ("hardswish", "dx = dy*where(x < -3, 0, where(x > 3, 1, x/3 + 1/2))", None),
        (SLOPE.format("where(abs(x) <= 1, x**2/2, abs(x) - 1/2)"), "dx = dy*clip(x, -1, 1)", "dx = dy*where(abs(x) < 1, x, 0*x)"),
        (SLOPE.format("x*abs(x)"), "dx = dy*2*abs(x)", "dx = dy*where(x == 0, 1, 2*abs(x))"),
    ],
)
def test_there_is_no_excuse_where_the_derivative_exists(layer: str, right: str, wrong: str | None) -> None:
    assert verdict(layer, right).holds or wrong is None
    if wrong is not None:
        assert status(layer, wrong) == "refuted"


def test_wrong_at_the_joint_alone() -> None:
    huber = SLOPE.format("where(abs(x) <= 1, x**2/2, abs(x) - 1/2)")
    at_joint = "dx = dy*where(abs(x) < 1, x, where(x > 1, 1, where(x < -1, -1, 0)))"
    found = verdict(huber, at_joint)
    assert found.status == "refuted" and found.witness is not None
    assert abs(found.witness.inputs["x"][0][0]) == 1


def test_at_a_tie_all_ones_are_right_almost_everywhere_only() -> None:
    layer = "x[N,D] -> y[N]; y[n] = max[d](x[n,d])"
    everywhere = "dx[n,d] = dy[n]*(x[n,d] == y[n])"
    found = verdict(layer, everywhere)
    assert found.holds and "right except at ties" in found.notes
    assert status(layer, everywhere, strict=True) == "refuted"
    shared = "dx[n,d] = dy[n]*(x[n,d] == y[n])/sum[j](x[n,j] == y[n])"
    split = verdict(layer, shared)
    assert split.holds and "right, with another convention at kinks" in split.notes
    assert status(layer, "dx[n,d] = 2*dy[n]*(x[n,d] == y[n])/sum[j](x[n,j] == y[n])") == "refuted"


def test_another_convention_deep_in_a_network_is_told() -> None:
    answer = "dz2[n,k] = (p[n,k] - delta(k, t[n]))/N; dW1 = x.T @ ((dz2 @ W2.T)*(z1 >= 0))"
    report = sb.check("mlp", answer)
    assert report.verdicts["W1"].holds and "right, with another convention at kinks" in report.verdicts["W1"].notes
    assert sb.check("mlp", answer, strict=True).verdicts["W1"].status == "refuted"


def test_a_branch_beside_a_kink_is_compared_all_the_same() -> None:
    assert status("relu", "dx = dy*where(x > 50, 7, step(x))") == "refuted"
    assert status("relu", "dx[n,d] = dy[n,d]*where(x[n,d] == 50, 7, step(x[n,d]))") == "refuted"


def test_a_branch_where_nothing_is_true() -> None:
    norm = "A[D,H] -> C; C = sqrt(sum(A**2))"
    assert verdict(norm, {"A": "where(C > 0, A/C, 0*A)"}).holds
    assert status(norm, {"A": "where(C > 1, A/C, 0*A)"}) == "refuted"


def test_a_kink_far_from_the_variable() -> None:
    layer = "x[N,D], W[D,H] -> C; z = x @ W; a = relu(z); C = sum(a**2)/2"
    assert status(layer, {"W": "x.T @ (a*(z > 0))"}) == "proved"
    assert status(layer, {"W": "x.T @ (a*(z >= 0))"}, strict=True) in ("proved", "agrees")
    assert status(layer, {"z": "a"}) in ("proved", "agrees")


# --- what can't be judged ---


def test_what_says_nothing_is_undecided() -> None:
    assert status("linear", "dW = dW") == "undecided"
    assert status("linear", "g = dW; dW = g + 0*W") == "undecided"
    recurrence = "h[-1,n] = h0[n]; h[t,n] = tanh(x[t,n] + w*h[t-1,n])"
    rnn = f"x[T,N], h0[N], w -> h[T,N]; {recurrence}"
    assert status(rnn, {"h": "dh_total"}) == "undecided"
    assert status(rnn, {"h": "dh_total[t,n] = dh[t,n] + w*(1 - h[t+1,n]**2)*dh_total[t+1,n]"}) == "proved"
    assert status(rnn, {"h": "dh_total[t,n] = dh[t,n] + w*(1 - h[t,n]**2)*dh_total[t+1,n]"}) == "refuted"
    assert status("linear", {"z": "dz"}) == "proved"
    circle = "dmu[d] = sum[n](dx[n,d]) - sum[n](dy[n,d]*gamma[d])/sqrt(var[d] + eps)\ndx = dxhat/sqrt(var + eps) + dmu/N"
    report = sb.check("batch_norm", circle)
    assert not any(v.status == "proved" for v in report.verdicts.values())


def test_values_that_are_never_defined_are_no_agreement() -> None:
    found = verdict(SLOPE.format("x**2"), "dx = dy*2*x + tanh(log(-x**2 - 1))")
    assert found.status == "undecided"
    assert status(SLOPE.format("x**2"), {"x": lambda x, dy: np.full(x.shape, np.nan)}) == "refuted"
    assert status(SLOPE.format("x**2"), {"x": lambda x, dy: np.full(x.shape, np.inf)}) == "refuted"
    half = verdict(SLOPE.format("x**2"), {"x": lambda x, dy: np.where(x < -1, np.nan, 2 * x * dy)})
    assert half.status == "refuted"


def test_points_without_a_value_do_not_count() -> None:
    found = verdict(SLOPE.format("x**2"), "dx = dy*2*x**2/x")
    assert found.holds, found.message


def test_a_threshold_shifted_by_a_little_is_found() -> None:
    assert status("relu", "dx = dy*(x >= -1/1000)") == "refuted"
    assert status("relu", "dx = dy*(x > 10**(-9))") == "refuted"
    assert status("x[N,D], W[D,H] -> y[N,H]; z = x @ W; y = relu(z)", {"x": "(dy*(z > 1/500)) @ W.T"}) == "refuted"


def test_a_proof_almost_everywhere_is_checked_at_its_exceptions() -> None:
    square = SLOPE.format("x**2")
    assert status(square, "dx = dy*where(x == 37, 7, 2*x)") == "refuted"
    assert status(square, "dx = dy*where(x == 0, 7, 2*x)") == "refuted"
    assert status(square, "dx = dy*where(x > 0, 2*x, where(x < 0, 2*x, 1))") == "refuted"
    assert status(square, "dx = dy*where(x > 0, 2*x, where(x < 0, 2*x, 0))") in ("proved", "agrees")
    assert status(square, "dx = dy*where(x*x*x == 2, 7, 2*x)") in ("refuted", "undecided")


def test_a_branch_that_is_not_seen_is_no_agreement() -> None:
    # Beyond what any point reaches the answer could say anything.
    found = verdict(SLOPE.format("x**3"), "dx = where(exp(x) > 10**60, 7, 3*dy*x**2)")
    assert found.status == "undecided" and "only one side" in found.message


def test_a_proof_alone_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    def credulous(*_: Any, **__: Any) -> Proof:
        return Proof("because")

    monkeypatch.setattr(proofs, "prove", credulous)
    assert status("linear", "dW = 2*x.T @ dz") == "refuted"
    undefined = SLOPE.format("x**2")
    assert status(undefined, "dx = dy*2*x + tanh(log(-x**2 - 1))") == "undecided"


def test_a_wrong_derivation_is_called_an_error_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    real = checking._gradient

    def wrong(*given: Any) -> Known:
        known = real(*given)
        assert known.expression is not None
        return Known(2 * known.expression, known.family)

    monkeypatch.setattr(checking, "_gradient", wrong)
    found = verdict("linear", "dW = 2*x.T @ dz")
    assert found.status == "undecided" and "PROGRAM ERROR" in found.message
    assert status("linear", "dW = x.T @ dz") == "agrees"


def test_a_derivation_that_is_wrong_at_a_joint_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "dx[n,d] = dy[n,d]*where(x[n,d] > 0, 1, where(x[n,d] < 0, exp(x[n,d]), 0))"
    real = checking._gradient

    def wrong(layer: Layer, target: Any, terms: Any) -> Known:
        (stated,) = read_answers(layer, answer)
        assert isinstance(stated, Stated) and isinstance(stated.said, Formula)
        return Known(stated.said.expression, real(layer, target, terms).family)

    monkeypatch.setattr(checking, "_gradient", wrong)
    found = verdict("elu", answer)
    assert found.status == "undecided" and "PROGRAM ERROR" in found.message


def test_without_a_derivation_points_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_gradient", lambda *_: Known(None))
    found = verdict("linear", "dW = x.T @ dz")
    assert found.status == "agrees"
    assert found.evidence.points >= 6 and found.evidence.shapes >= 3
    assert status("linear", "dW = 1.0000000001*x.T @ dz") == "refuted"


def test_a_proof_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: Any, **__: Any) -> Proof:
        while True:
            pass

    monkeypatch.setattr(proofs, "prove", endless)
    found = verdict("linear", "dW = x.T @ dz", patience=0.1)
    assert found.status == "agrees" and any("no proof was found in 0.1 s" in n for n in found.notes)


# --- assumptions ---


def test_an_assumption_that_would_help_is_named() -> None:
    found = verdict("quadratic_form", "dx = 2*A @ x")
    assert found.status == "refuted"
    assert any("A[d,e] == A[e,d]" in note or "A == A.T" in note for note in found.notes)
    assert status("quadratic_form", "dx = 2*A @ x", assume="A == A.T") == "proved"


def test_the_labels_of_a_softmax_have_to_sum_to_one() -> None:
    layer = "z[N,K], y[N,K] -> C; p[n,k] = exp(z[n,k])/sum[j](exp(z[n,j])); C = -sum[n,k](y[n,k]*log(p[n,k]))/N"
    found = verdict(layer, "dz = (p - y)/N")
    assert found.status == "refuted" and any("sum[" in n and "== 1" in n for n in found.notes)
    under = verdict(layer, "dz = (p - y)/N", assume="sum[k](y[n,k]) == 1")
    assert under.status == "proved" and "under" in under.message
    assert status(layer, "dz[n,k] = (p[n,k]*sum[j](y[n,j]) - y[n,k])/N") == "proved"


# --- shapes, functions, layouts ---


def test_shapes_come_before_values() -> None:
    column = verdict("x[N] -> y[N]; y = x", {"x": lambda dy: dy[:, None]})
    assert column.status == "refuted" and column.how == "shape"
    assert "(1, 1)" in column.message or ", 1)" in column.message
    kept = verdict("linear", "db = sum(dz, axis=0, keepdims=True)")
    assert kept.status == "refuted" and kept.how == "shape" and kept.witness is not None
    turned = verdict("linear", "dW = dz.T @ x")
    assert any("transpose" in n for n in turned.notes)


def test_functions_are_answers() -> None:
    report = sb.check("linear", {"W": lambda x, dz: x.T @ dz, "b": lambda dz: dz.sum(0), "x": lambda W, dz: dz @ W})
    assert [v.status for v in report.verdicts.values()] == ["agrees", "agrees", "undecided"]
    assert status("linear", {"W": lambda x, dz: 1.0005 * x.T @ dz}) == "refuted"


def test_whatever_has_values_is_an_answer() -> None:
    class Mine:
        def values(self, arrays: Mapping[str, Any]) -> Any:
            return arrays["x"].T @ arrays["dz"]

    assert status("linear", {"W": Mine()}) == "agrees"


def test_a_threshold_at_which_nothing_is_compared_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_gradient", lambda *_: Known(None))
    found = verdict(SLOPE.format("x**2"), "dx = where(exp(x) > 3, 2*x*dy, 2*dy*x)")
    assert found.status == "agrees" and any("nothing was compared where" in n for n in found.notes)


def test_numerator_layout() -> None:
    assert status("linear", "dW = dz @ x", layout="numerator") == "proved"
    assert status("linear", "dW = x.T @ dz", layout="numerator") == "refuted"
    with pytest.raises(ValueError, match="layout"):
        sb.check("linear", "dW = x.T @ dz", layout="sideways")


# --- derivatives of one variable by another ---


def test_a_local_derivative_may_hold_other_intermediates_fixed_or_not() -> None:
    own = verdict("batch_norm", "d(xhat[n,d], x[m,d]) = delta(n, m)/sqrt(var[d] + eps)")
    assert own.status == "proved" and "with other intermediates held fixed" in own.notes
    whole = verdict("batch_norm", "d(xhat[n,d], x[m,d]) = (delta(n, m) - 1/N - xhat[n,d]*xhat[m,d]/N)/sqrt(var[d] + eps)")
    assert whole.status == "proved" and "along every path" in whole.notes
    assert status("batch_norm", "d(xhat[n,d], x[m,d]) = delta(n, m)/sqrt(var[d])") == "refuted"


def test_a_variable_stated_again() -> None:
    assert sb.check("batch_norm", "xhat = (x - mu)/sqrt(var + eps)").verdicts["xhat itself"].status == "proved"
    assert sb.check("batch_norm", "xhat = (x - mu)/sqrt(var)").verdicts["xhat itself"].status == "refuted"


# --- derivations ---


def test_the_first_wrong_line_of_a_derivation_is_named() -> None:
    text = """
    dz[n,k] = sum[j](dp[n,j]*p[n,j]*(delta(j, k) - p[n,k]))
            = p[n,k]*(dp[n,k] - sum[j](dp[n,j]*p[n,j]))
            = p[n,k]*(dp[n,k] - sum[j](p[n,j]))
            = p[n,k]*(dp[n,k] - 1)
    """
    report = sb.check("softmax", text)
    assert [v.status for v in report.lines["z"]] == ["proved", "proved", "refuted", "refuted"]
    assert report.verdicts["z"].status == "refuted"
    assert "link 3 of 4" in report.verdicts["z"].message and report.verdicts["z"].where == "line 4"


def test_a_line_is_judged_given_the_lines_before_it() -> None:
    report = sb.check("mlp", "dz2 = 2*p; da1 = dz2 @ W2.T")
    assert report.verdicts["z2"].status == "refuted"
    assert report.verdicts["a1"].status == "proved"
    assert "it stands on dz2, which is refuted" in report.verdicts["a1"].notes


# --- reports ---


def test_a_report_in_every_form() -> None:
    report = sb.check("linear", "dW = x.T @ dz\ndb = 1.0005*sum(dz, axis=0)\ndx = <b>")
    shown = str(report)
    assert "read as  dW[d,h] = Σ_n x[n,d] dz[n,h]" in shown and "proved for all N, D, H" in shown
    assert "true db = [1]     yours = [1.0005]" in shown
    data = json.loads(json.dumps(report.json(), allow_nan=False))
    assert data["ok"] is False and data["verdicts"]["b"]["status"] == "refuted"
    assert data["conventions"] == {"step0": "0", "layout": "denominator", "strict": False}
    assert "<b>" not in report._repr_html_() and "<math" in report._repr_html_()
    assert report.__rich__().plain == shown
    with pytest.raises(TypeError):
        bool(report)


def test_nan_in_a_witness_is_valid_json() -> None:
    report = sb.check("linear", {"x": lambda dz, W: dz @ W.T * np.nan})
    json.dumps(report.json(), allow_nan=False)


def test_step0_is_a_number_or_open() -> None:
    assert checking.check("relu", "dx = dy*step(x)", step0=Fraction(1, 2)).conventions["step0"] == "1/2"
    assert judging.Terms(step0=None).steps == (Fraction(0), Fraction(1), Fraction(1, 3))
