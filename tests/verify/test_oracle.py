"""The oracle against gradients written by hand in NumPy, and against torch; and the points it is asked at."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from symbackprop.language.evaluate import forward
from symbackprop.language.exact import balls
from symbackprop.layer import Layer
from symbackprop.verify.oracle import Method, true_gradient
from symbackprop.verify.points import points
from symbackprop.verify.verdict import Evidence, Verdict, Witness

RANDOM = np.random.default_rng(11)
METHODS: list[Method] = ["balls", "complex step"]

linear = Layer("linear", "x[N,D], W[D,H], b[H] -> z[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h]")
cross_entropy = Layer(
    "softmax cross-entropy",
    "z[N,K], t[N] in K -> C",
    """
    p[n,k] = exp(z[n,k])/sum[j](exp(z[n,j]))
    C = -sum[n](log(p[n,t[n]]))/N
""",
)
batch_norm = Layer(
    "batch norm",
    "x[N,D], gamma[D], beta[D], eps > 0 -> y[N,D]",
    """
    mu[d]     = sum[n](x[n,d])/N
    var[d]    = sum[n]((x[n,d] - mu[d])**2)/N
    xhat[n,d] = (x[n,d] - mu[d])/sqrt(var[d] + eps)
    y[n,d]    = gamma[d]*xhat[n,d] + beta[d]
""",
)
rnn = Layer(
    "rnn",
    "x[T,N,D], h0[N,H], W[D,H], U[H,H] -> h[T,N,H]",
    """
    h[-1,n,j] = h0[n,j]
    h[t,n,j] = tanh(sum[d](x[t,n,d]*W[d,j]) + sum[k](h[t-1,n,k]*U[k,j]))
""",
)
conv = Layer("conv1d", "x[N,D,L], W[F,D,P] -> y[N, F, L - P + 3]", "y[n,f,i] = sum[d,p](x[n, d, i + p - 1]*W[f,d,p])")
max_pool = Layer("max pool", "x[N,L] -> y[N, L - 1]", "y[n,i] = max[p in 2](x[n, i + p])")
logdet = Layer("log det", "A[D,D] -> C", "C = logdet(A)", assume="invertible(A)")
relu = Layer("relu", "x[N,D] -> y[N,D]", "y[n,d] = relu(x[n,d])")


def normal(*shape: int) -> Any:
    return RANDOM.normal(size=shape)


def close(found: Any, expected: Any) -> None:
    assert found.shape == np.shape(expected)
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_linear(method: Method) -> None:
    a, dz = {"x": normal(3, 4), "W": normal(4, 5), "b": normal(5)}, normal(3, 5)
    close(true_gradient(linear, "W", a, {"z": dz}, method=method).array, a["x"].T @ dz)
    close(true_gradient(linear, "x", a, {"z": dz}, method=method).array, dz @ a["W"].T)
    close(true_gradient(linear, "b", a, {"z": dz}, method=method).array, dz.sum(0))
    close(true_gradient(linear, "z", a, {"z": dz}, method=method).array, dz)


@pytest.mark.parametrize("method", METHODS)
def test_softmax_cross_entropy(method: Method) -> None:
    z, t = normal(4, 3), np.array([2, 0, 1, 1])
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    one_hot = np.eye(3)[t]
    close(true_gradient(cross_entropy, "z", {"z": z, "t": t}, method=method).array, (p - one_hot) / 4)
    close(true_gradient(cross_entropy, "p", {"z": z, "t": t}, method=method).array, -one_hot / p / 4)
    close(true_gradient(cross_entropy, "C", {"z": z, "t": t}, method=method).array, 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_batch_norm_and_its_intermediates(method: Method) -> None:
    a, dy = {"x": normal(5, 2), "gamma": normal(2), "beta": normal(2), "eps": np.array(0.7)}, normal(5, 2)
    s = np.sqrt(a["x"].var(0) + 0.7)
    xhat = (a["x"] - a["x"].mean(0)) / s
    dxhat = a["gamma"] * dy
    expected = {
        "x": (5 * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) / (5 * s),
        "gamma": (dy * xhat).sum(0),
        "beta": dy.sum(0),
        "xhat": dxhat,
        "var": -(dxhat * xhat).sum(0) / (2 * s**2),
        "mu": -dxhat.sum(0) / s,
        "eps": -(dxhat * xhat / s**2).sum() / 2,
    }
    for name, gradient in expected.items():
        close(true_gradient(batch_norm, name, a, {"y": dy}, method=method).array, gradient)


@pytest.mark.parametrize("method", METHODS)
def test_recurrence(method: Method) -> None:
    a, dh = {"x": normal(4, 2, 3), "h0": normal(2, 3), "W": normal(3, 3), "U": normal(3, 3)}, normal(4, 2, 3)
    h = forward(rnn, a)["h"]
    whole, later, dU, dW = np.zeros_like(h), np.zeros((2, 3)), np.zeros((3, 3)), np.zeros((3, 3))
    for t in reversed(range(4)):
        whole[t] = dh[t] + later
        da = whole[t] * (1 - h[t] ** 2)
        dU += (h[t - 1] if t else a["h0"]).T @ da
        dW += a["x"][t].T @ da
        later = da @ a["U"].T
    for name, gradient in {"h": whole, "U": dU, "W": dW, "h0": later}.items():
        close(true_gradient(rnn, name, a, {"h": dh}, method=method).array, gradient)


@pytest.mark.parametrize("method", METHODS)
def test_convolution_with_padding(method: Method) -> None:
    a, dy = {"x": normal(2, 3, 5), "W": normal(4, 3, 2)}, normal(2, 4, 6)
    padded = np.pad(a["x"], ((0, 0), (0, 0), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2, axis=2)
    dx = np.zeros_like(padded)
    for i in range(6):
        dx[:, :, i : i + 2] += np.einsum("nf,fdp->ndp", dy[:, :, i], a["W"])
    close(true_gradient(conv, "W", a, {"y": dy}, method=method).array, np.einsum("nfi,ndip->fdp", dy, windows))
    close(true_gradient(conv, "x", a, {"y": dy}, method=method).array, dx[:, :, 1:-1])


@pytest.mark.parametrize("method", METHODS)
def test_max_pool_with_overlapping_windows(method: Method) -> None:
    x, dy = np.array([[1.0, 5, 2, 7], [4, 3, 2, 1]]), normal(2, 3)
    expected = np.array([[0, dy[0, 0] + dy[0, 1], 0, dy[0, 2]], [dy[1, 0], dy[1, 1], dy[1, 2], 0]])
    close(true_gradient(max_pool, "x", {"x": x}, {"y": dy}, method=method).array, expected)


@pytest.mark.parametrize("method", METHODS)
def test_log_determinant(method: Method) -> None:
    A = normal(4, 4)
    close(true_gradient(logdet, "A", {"A": A}, method=method).array, np.linalg.inv(A).T)


@pytest.mark.torch
def test_torch_agrees() -> None:
    torch = pytest.importorskip("torch")
    a = {"x": normal(5, 2), "gamma": normal(2), "beta": normal(2), "eps": np.array(0.7)}
    dy = normal(5, 2)
    x = torch.tensor(a["x"], requires_grad=True)
    y = torch.nn.functional.batch_norm(
        x, None, None, torch.tensor(a["gamma"]), torch.tensor(a["beta"]), training=True, eps=0.7
    )
    (y * torch.tensor(dy)).sum().backward()
    close(true_gradient(batch_norm, "x", a, {"y": dy}).array, x.grad.numpy())


def test_error_in_balls_is_tiny() -> None:
    third = np.array([[Fraction(1, 3)]], dtype=object)
    squash = Layer("squash", "x[N,D] -> y[N,D]", "y[n,d] = tanh(x[n,d])")
    found = true_gradient(squash, "x", {"x": third}, {"y": np.array([[1]])}).values[0, 0]
    with balls(400).context():
        exact = 1 - (balls(400).number(1, 3)).tanh() ** 2
        assert abs(found - exact) < balls(400).number(1, 2**180)


def test_a_kink_is_seen_and_gives_the_mean_of_both_sides() -> None:
    found = true_gradient(relu, "x", {"x": np.array([[-1.0, 0.0, 2.0]])}, {"y": np.ones((1, 3))})
    assert found.smooth.tolist() == [[True, False, True]]
    assert np.allclose(found.array, [[0, 0.5, 1]])
    elu = Layer("elu", "x[N] -> y[N]", "y[n] = elu(x[n])")
    assert true_gradient(elu, "x", {"x": np.array([0.0])}, {"y": np.ones(1)}).smooth.all()


def test_a_tie_of_a_maximum_is_a_kink() -> None:
    found = true_gradient(max_pool, "x", {"x": np.array([[1.0, 1.0, 0.0]])}, {"y": np.ones((1, 2))})
    assert found.smooth.tolist() == [[False, False, True]]


def test_upstream_is_asked_for_in_shape() -> None:
    a = {"x": normal(3, 4), "W": normal(4, 5), "b": normal(5)}
    with pytest.raises(ValueError, match="output z needs an upstream gradient"):
        true_gradient(linear, "W", a)
    with pytest.raises(ValueError, match=r"has shape \(5, 3\); it should have \(3, 5\)"):
        true_gradient(linear, "W", a, {"z": normal(5, 3)})


def test_many_entries_are_moved_in_parts() -> None:
    a, dz = {"x": normal(40, 20), "W": normal(20, 30), "b": normal(30)}, normal(40, 30)
    close(true_gradient(linear, "W", a, {"z": dz}, method="complex step").array, a["x"].T @ dz)


# Points


def test_sizes_tell_axes_apart() -> None:
    for layer in (linear, cross_entropy, batch_norm, rnn, conv):
        found = points(layer, 6)
        assert len({tuple(p.sizes.items()) for p in found}) == 3
        for p in found:
            assert len(set(p.sizes.values())) == len(p.sizes)
            assert all(
                np.all(np.isfinite(v.astype(float))) for v in forward(layer, {**p.given}, domain=balls(64)).values()
            )


def test_points_are_the_same_for_the_same_seed_only() -> None:
    first, again, other = (points(linear, 1, seed)[0].inputs["x"].tolist() for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("signature", "equation", "assume", "holds"),
    [
        ("x[N] > 0 -> y[N]", "y[n] = log(x[n])", "", lambda a: np.all(a["x"] > 0)),
        ("x[N] <= 0 -> y[N]", "y[n] = sqrt(-x[n])", "", lambda a: np.all(a["x"] <= 0)),
        ("x[N] in {0, 1} -> y[N]", "y[n] = 2*x[n]", "", lambda a: set(a["x"].flat) <= {0, 1}),
        (
            "t[N] in K, E[K,D] -> y[N,D]",
            "y[n,d] = E[t[n],d]",
            "",
            lambda a: a["t"].dtype == np.int64 and a["t"].max() < len(a["E"]),
        ),
        (
            "p[N] -> y[N]",
            "y[n] = log(p[n]) + log(1 - p[n])",
            "0 < p[n] < 1",
            lambda a: np.all((a["p"] > 0) & (a["p"] < 1)),
        ),
        ("p[N] -> y[N]", "y[n] = log(p[n]) + log(1 - p[n])", "", lambda a: np.all((a["p"] > 0) & (a["p"] < 1))),
        ("p > 0 -> y", "y = 1/p", "p <= 1", lambda a: 0 < a["p"] <= 1),
        ("y[N,K] -> c[N]", "c[n] = sum[k](y[n,k]**2)", "sum[k](y[n,k]) == 1", lambda a: np.all(a["y"].sum(1) == 1)),
        (
            "y[N,K] in {0, 1} -> c[N]",
            "c[n] = sum[k](y[n,k]**2)",
            "sum[k](y[n,k]) == 1",
            lambda a: np.all(a["y"].sum(1) == 1) and set(a["y"].flat) <= {0, 1},
        ),
        (
            "m[N,K] in {0, 1} -> c[N]",
            "c[n] = 1/sum[k](m[n,k])",
            "sum[k](m[n,k]) > 0",
            lambda a: np.all(a["m"].sum(1) > 0),
        ),
        ("A[D,D] -> c", "c = sum[i,j](A[i,j]**3)", "A == A.T", lambda a: np.all(a["A"] == a["A"].T)),
        (
            "X[N,M] -> c",
            "c = logdet(X.T @ X)",
            "invertible(X.T @ X); N >= M",
            lambda a: a["X"].shape[0] >= a["X"].shape[1],
        ),
    ],
)
@pytest.mark.parametrize("kind", ["generic", "grid"])
def test_points_honour_what_is_declared_and_assumed(
    signature: str, equation: str, assume: str, holds: Any, kind: Any
) -> None:
    layer = Layer("assumed", signature, equation, assume=assume)
    for p in points(layer, 6, kind=kind):
        assert holds(p.inputs), p


def test_the_grid_meets_the_kinks() -> None:
    six = Layer("relu6", "x[N,D] -> y[N,D]", "y[n,d] = relu6(x[n,d])")
    assert {Fraction(v) for v in (-1, 0, 1, 6)} <= {v for p in points(six, 6, kind="grid") for v in p.inputs["x"].flat}


def test_points_that_cannot_be_found_are_refused() -> None:
    impossible = Layer("impossible", "x[N] > 0 -> y[N]", "y[n] = log(-x[n])")
    with pytest.raises(ValueError, match="no test point for impossible"):
        points(impossible, 1)
    with pytest.raises(ValueError, match="under"):
        points(Layer("impossible", "x[N], y[N] -> z[N]", "z[n] = x[n]", assume="x[n]*x[n] == -1"), 1)


# Verdicts


def test_a_verdict_is_no_bool() -> None:
    with pytest.raises(TypeError, match="no bool"):
        bool(Verdict("agrees"))
    assert Verdict("proved").holds and not Verdict("undecided").holds


def test_a_refutation_has_a_witness_and_nothing_else_has() -> None:
    with pytest.raises(ValueError, match="needs a witness"):
        Verdict("refuted")
    with pytest.raises(ValueError, match="no status"):
        Verdict("right")  # type: ignore[arg-type]


def test_a_witness_can_be_pasted() -> None:
    witness = Witness.of(
        {"N": 1}, {"x": np.array([[Fraction(1, 2), 3]], dtype=object)}, np.array([1.5]), np.array([2.0]), (0,)
    )
    assert repr(witness) == "Witness(sizes={'N': 1}, inputs={'x': [[0.5, 3]]}, expected=[1.5], found=[2], at=(0,))"
    json = Verdict("refuted", witness=witness, evidence=Evidence(6, 3)).json()
    assert json["witness"]["found"] == [2] and json["evidence"]["points"] == 6
