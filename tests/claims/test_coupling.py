"""Sign coupling on layers that a user might write: proved, refuted with a simple case, or undecided; never wrongly proved."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb

claims = sb.claims
NEURON = sb.Layer("neuron", "x[I], w[I], b -> f", "f = sum[i](w[i]*x[i]) + b")


def neuron(inside: str, signature: str = "x[I], w[I] -> f") -> sb.Layer:
    return sb.Layer("unit", signature, f"f = sum[i]({inside})")


COUPLED = [
    ("behind a sigmoid", sb.Layer("s", "x[I], w[I], b -> f", "f = sigmoid(sum[i](w[i]*x[i]) + b)"), "w", "x > 0", True),
    ("a shifted input", neuron("w[i]*(x[i] + 1)"), "w", "x >= 0", True),
    ("an assumed bound", neuron("w[i]*(x[i] - 1)"), "w", "x >= 1", False),
    ("exponential weights", neuron("exp(w[i])*x[i]"), "w", "x > 0", True),
    ("softplus", neuron("w[i]*softplus(x[i])"), "w", "", True),
    ("a square", neuron("w[i]*x[i]**2"), "w", "", False),
    ("a square without a root", neuron("w[i]*(x[i]**2 - x[i] + 1)"), "w", "", True),
    ("tanh on one side", neuron("w[i]*tanh(x[i])"), "w", "x > 0", True),
    ("two terms, one factor", sb.Layer("t", "x[I], w[I] -> f", "f = sum[i](w[i]*x[i]) + sum[i](w[i])"), "w", "x > 0", True),
    ("softmax", sb.Layer("p", "z[I], w[I] -> f", "p[i] = exp(z[i])/sum[k](exp(z[k])); f = sum[i](w[i]*p[i])"), "w", "", True),
    ("reciprocal", neuron("w[i]/x[i]"), "w", "x > 0", True),
    ("a batch of one sign", sb.Layer("b", "x[N,I], w[I] -> f[N]", "f[n] = sum[i](w[i]*x[n,i])"), "w", "x >= 0; df >= 0", False),
    ("a convolution", sb.Layer("c", "x[L], w[K] -> z[L-K+1]", "z[i] = sum[k](w[k]*x[i+k])"), "w", "x > 0; dz > 0", True),
    ("a padded convolution", sb.Layer("c", "x[L], w[K] -> z[L]", "z[i] = sum[k](w[k]*x[i+k])"), "w", "x > 0; dz > 0", False),
    ("negative inputs", NEURON, "w", "x < 0", True),
]


@pytest.mark.parametrize(("layer", "name", "assuming", "strict"), [c[1:] for c in COUPLED], ids=[c[0] for c in COUPLED])
def test_coupled(layer: sb.Layer, name: str, assuming: str, strict: bool) -> None:
    found = claims.sign_coupled(layer, name, assuming=assuming)
    assert found.status == "proved" and found.found["strict"] is strict, str(found)


DEEP = "h[j] = relu(sum[d](x[d]*W1[d,j])); y[k] = sum[j](h[j]*W2[j,k])"
COLUMNS = [
    ("the second layer, by columns", sb.Layer("m", "x[D], W1[D,H], W2[H,K] -> y[K]", DEEP), "W2", "", ["j"]),
    ("the first one behind positive inputs", sb.Layer("m", "x[D], W1[D,H], W2[H,K] -> y[K]", DEEP), "W1", "x > 0", ["d"]),
    ("one example, an affine layer", sb.Layer("a", "x[D], W[D,H], b[H] -> z[H]", "z = x @ W + b"), "W", "x > 0", ["d"]),
    ("a batch with one sign", sb.Layer("a", "x[N,D], W[D,H], b[H] -> z[N,H]", "z = x @ W + b"), "W", "x > 0; dz > 0", ["d", "h"]),
]


@pytest.mark.parametrize(("layer", "name", "assuming", "axes"), [c[1:] for c in COLUMNS], ids=[c[0] for c in COLUMNS])
def test_coupled_along_axes(layer: sb.Layer, name: str, assuming: str, axes: list[str]) -> None:
    found = claims.sign_coupled(layer, name, assuming=assuming)
    assert found.status == "proved" and [i.name for i in found.found["axes"]] == axes


CENTRED = "c[n,i] = x[n,i] - sum[m](x[m,i])/N; f[n] = sum[i](w[i]*c[n,i])"
FREE = [
    ("weights squared", neuron("w[i]**2*x[i]"), "w", "x > 0"),
    ("a shift below", neuron("w[i]*(x[i] - 1)"), "w", "x > 0"),
    ("tanh", neuron("w[i]*tanh(x[i])"), "w", ""),
    ("silu", neuron("w[i]*silu(x[i])"), "w", ""),
    ("elu", neuron("w[i]*elu(x[i])"), "w", ""),
    ("a batch", sb.Layer("b", "x[N,D], W[D,H], b[H] -> z[N,H]", "z = x @ W + b"), "W", "x > 0"),
    ("a convolution", sb.Layer("c", "x[L], w[K] -> z[L-K+1]", "z[i] = sum[k](w[k]*x[i+k])"), "w", "x > 0"),
    ("an assumption about two places only", NEURON, "w", "x[0]*x[1] > 0"),
    ("centred", sb.Layer("c", "x[N,I], w[I] -> f[N]", CENTRED), "w", "x > 0; df > 0"),
]


@pytest.mark.parametrize(("layer", "name", "assuming"), [c[1:] for c in FREE], ids=[c[0] for c in FREE])
def test_refuted_with_a_case(layer: sb.Layer, name: str, assuming: str) -> None:
    found = claims.sign_coupled(layer, name, assuming=assuming)
    assert found.status == "refuted" and found.witness is not None, str(found)
    gradient = np.asarray(found.witness.found, dtype=float)
    assert gradient.min() < 0 < gradient.max()


def test_the_case_is_the_simplest() -> None:
    found = claims.sign_coupled(sb.Layer("b", "x[N,I], w[I] -> f[N]", "f[n] = sum[i](w[i]*x[n,i])"), "w", assuming="x > 0")
    assert found.witness is not None and found.witness.sizes == {"N": 2, "I": 2}
    assert sorted(found.witness.inputs["df"]) == [-1, 1] and set(np.ravel(found.witness.inputs["x"])) <= {0.5, 1, 2}
    assert found.witness.inputs["w"] == [0, 0]


OPEN = [
    ("a cosine", neuron("w[i]*(cos(x[i]) + 2)"), "w", ""),
    ("a maximum", sb.Layer("m", "x[I], w[I] -> f", "f = max[i](w[i]*x[i])"), "w", "x > 0"),
    ("what no sigmoid meets", sb.Layer("g", "x[I], w[I] -> f", "g[i] = sigmoid(x[i]); f = sum[i](w[i]*g[i])"), "w", "g < 0"),
    ("assumptions that no numbers meet", NEURON, "w", "x > 0; x[0] + x[1] < 0"),
]


@pytest.mark.parametrize(("layer", "name", "assuming"), [c[1:] for c in OPEN], ids=[c[0] for c in OPEN])
def test_undecided(layer: sb.Layer, name: str, assuming: str) -> None:
    assert claims.sign_coupled(layer, name, assuming=assuming).status == "undecided"


@pytest.mark.parametrize("assuming", ["x > 0; x < 0", "x > 0; x <= 0", "df > 0; df < 0", "x > 0; x == 0; x < 0"])
def test_assumptions_that_contradict_each_other_are_refused(assuming: str) -> None:
    with pytest.raises(ValueError, match="contradict each other"):
        claims.sign_coupled(NEURON, "w", assuming=assuming)
    with pytest.raises(ValueError, match="contradict each other"):
        claims.sign_coupled(sb.Layer("n", "x[I] > 0, w[I] -> f", "f = sum[i](w[i]*x[i])"), "w", assuming="x < 0")


def test_both_weak_signs_leave_0() -> None:
    found = claims.sign_coupled(NEURON, "w", assuming="x >= 0; x <= 0")
    assert found.status == "proved" and not found.found["strict"]
    assert claims.holds(NEURON, "dw[i] == 0", assuming="x >= 0; x <= 0").status != "refuted"


def test_errors_say_what_would_be_right() -> None:
    with pytest.raises(ValueError, match=r"one component, .* arrays here are x, w"):
        claims.sign_coupled(NEURON, "b", assuming="x > 0")
    with pytest.raises(KeyError, match="it has x, w, b, f"):
        claims.sign_coupled(NEURON, "v")
    with pytest.raises(ValueError, match="a direction is a row"):
        claims.admissible(NEURON, "w", ())
    with pytest.raises(ValueError, match="no product of factors along one axis"):
        claims.sign_patterns(sb.Layer("a", "x[D], W[D,H] -> z[H]", "z = x @ W"), "W")


# --- patterns and directions

PATTERNS = [
    ("positive", NEURON, "x > 0", lambda n: 2),
    ("positive, one upstream sign", NEURON, "x > 0; df > 0", lambda n: 1),
    ("with zeros", NEURON, "x >= 0", lambda n: 2 ** (n + 1) - 1),
    ("free", NEURON, "", lambda n: 2**n),
    ("free, one upstream sign", NEURON, "df > 0", lambda n: 2**n),
    ("tanh", neuron("w[i]*tanh(x[i])"), "", lambda n: 2**n),
    ("a square without a root", neuron("w[i]*(x[i]**2 - x[i] + 1)"), "", lambda n: 2),
    ("a bias each", sb.Layer("o", "x[I], w[I], b[I] -> f", "f = sum[i](w[i]*(x[i] + b[i]))"), "x > 0", lambda n: 2**n),
]


@pytest.mark.parametrize(("layer", "assuming", "count"), [c[1:] for c in PATTERNS], ids=[c[0] for c in PATTERNS])
def test_patterns_are_counted_and_proved(layer: sb.Layer, assuming: str, count: object) -> None:
    found = claims.sign_patterns(layer, "w", assuming=assuming)
    assert found.status == "proved", str(found)
    assert found.found["counts"] == {n: count(n) for n in range(1, 11)}  # type: ignore[operator]


@pytest.mark.parametrize("inside", ["w[i]*(cos(x[i]) + 2)", "w[i]*x[i]*x[0]", "w[i]*x[0]"])
def test_patterns_that_cannot_be_chosen_place_by_place_are_left_open(inside: str) -> None:
    assert claims.sign_patterns(neuron(inside), "w").status == "undecided"


DIRECTIONS = [
    ((1, 1), "x > 0", "proved"),
    ((1, 1), "x > 0; df > 0", "refuted"),
    ((-1, -1), "x > 0; df > 0", "proved"),
    ((1, -1), "x > 0", "refuted"),
    ((1, 0), "x > 0", "refuted"),
    ((1, 0), "x >= 0", "proved"),
    ((0, 0), "x > 0", "proved"),
    ((1, -1), "", "proved"),
    ((1, -1, 1, 1, -1), "", "proved"),
    ((1, -1, 1, 1, -1), "x >= 0", "refuted"),
]


@pytest.mark.parametrize(("direction", "assuming", "status"), DIRECTIONS, ids=str)
def test_directions(direction: tuple[int, ...], assuming: str, status: str) -> None:
    found = claims.admissible(NEURON, "w", direction, assuming=assuming)
    assert found.status == status, str(found)
    if status == "proved":
        assert tuple(np.sign(np.asarray(found.found["update"], dtype=float)).astype(int)) == direction


def test_alternating_steps_reach_every_direction() -> None:
    assert claims.alternating().status == "proved"
