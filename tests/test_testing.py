"""assert_gradient: right gradients pass, wrong ones fail with a small case that can be pasted into Python."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.language.nodes import Unspecified
from symbackprop.testing import assert_gradient, check_gradient

LINEAR = "x[N,D], W[D,H] -> z[N,H]"
AFFINE = sb.Layer("affine", "x[N,D], W[D,H], b[H] -> z[N,H]", "z = x @ W + b")
MLP = sb.Layer("mlp", "x[N,D], W1[D,H], b1[H], W2[H,K], b2[K] -> z[N,K]", "a = x @ W1 + b1; h = relu(a); z = h @ W2 + b2")
LARGE = {"N": 16, "D": 64, "H": 64, "K": 10}
POOL = sb.Layer("pool", "x[N,D,2] -> y[N,D]", "y[n,d] = max[p in 2](x[n,d,p])")


def linear(x: Any, W: Any) -> Any:
    return x @ W, (x, W)


def linear_back(dz: Any, cache: Any) -> Any:
    x, W = cache
    return dz @ W.T, x.T @ dz


def mlp(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    a = x @ W1 + b1
    h = np.maximum(0, a)
    return h @ W2 + b2, (x, W1, W2, a, h)


def mlp_back(dz: Any, cache: Any) -> Any:
    x, W1, W2, a, h = cache
    da = (dz @ W2.T) * (a > 0)
    return da @ W1.T, x.T @ da, da.sum(0), h.T @ dz, dz.sum(0)


def failure(*given: Any, **options: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_gradient(*given, **options)
    return str(caught.value)


# ---- right gradients pass


def test_a_signature_is_enough() -> None:
    assert_gradient(linear, linear_back, LINEAR)


def test_a_layer_needs_no_forward() -> None:
    assert_gradient(None, lambda dz, x, W, b: (dz @ W.T, x.T @ dz, dz.sum(0)), AFFINE)


@pytest.mark.parametrize("sizes", [{"N": 300, "D": 40, "H": 30}, {"N": 2, "D": 3, "H": 4}, None])
def test_a_right_linear_layer_in_float32_passes(sizes: Any) -> None:
    for layer in (LINEAR, sb.Layer("linear", LINEAR, "z = x @ W")):
        if layer is LINEAR and sizes and sizes["N"] == 300:
            continue  # differences entry by entry; nothing new
        assert_gradient(linear, linear_back, layer, sizes=sizes, dtype=np.float32)


def test_float32_answers_to_float64_arrays_are_allowed_their_precision() -> None:
    assert_gradient(linear, lambda dz, c: [g.astype(np.float32) for g in linear_back(dz, c)], LINEAR)


def test_a_right_relu_network_passes_30_times_of_30() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        sizes = dict(zip("NDHK", random.permutation(np.arange(2, 30))[:4].tolist(), strict=True))
        assert_gradient(mlp, mlp_back, MLP, sizes=sizes)


def test_a_right_relu_network_passes_where_only_its_signature_is_known() -> None:
    assert_gradient(mlp, mlp_back, "x[N,D], W1[D,H], b1[H], W2[H,K], b2[K] -> z[N,K]", sizes={"N": 3, "D": 6, "H": 5, "K": 4})


def test_sizes_may_be_several() -> None:
    assert_gradient(linear, linear_back, LINEAR, sizes=[{"N": 1, "D": 1, "H": 1}, {"N": 2, "D": 5, "H": 3}])


def test_affine_output_sizes_are_kept_possible() -> None:
    def conv(x: Any, w: Any) -> Any:
        return np.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])

    def back(dy: Any, x: Any, w: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for i, d in enumerate(dy):
            dx[i : i + len(w)] += d * w
            dw += d * x[i : i + len(w)]
        return dx, dw

    assert_gradient(conv, back, "x[L], w[P] -> y[L - P + 1]")
    assert "dw" in failure(conv, lambda dy, x, w: (back(dy, x, w)[0], back(dy, x, w)[1][::-1]), "x[L], w[P] -> y[L - P + 1]")


# ---- wrong gradients fail

SPOILT = {
    "factor 1.0005": lambda dx, dW: (dx, 1.0005 * dW),
    "wrong sign": lambda dx, dW: (dx, -dW),
    "NaN": lambda dx, dW: (dx, np.where(dW == dW.max(), np.nan, dW)),
    "infinite": lambda dx, dW: (dx, dW / 0.0 if dW.size else dW),
    "one entry": lambda dx, dW: (dx, dW + 1e-7 * (np.arange(dW.size).reshape(dW.shape) == dW.size - 1)),
    "transposed": lambda dx, dW: (dx, dW.T),
    "one too many axes": lambda dx, dW: (dx, dW[None]),
    "a column": lambda dx, dW: (dx, dW[:, :1]),
    "a number": lambda dx, dW: (dx, dW.sum()),
    "swapped": lambda dx, dW: (dW, dx),
}


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_gradient_fails(name: str, known: bool) -> None:
    layer = sb.Layer("linear", LINEAR, "z = x @ W") if known else LINEAR
    with np.errstate(all="ignore"):
        said = failure(linear, lambda dz, c: SPOILT[name](*linear_back(dz, c)), layer)
    assert "dW" in said


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_factor_is_seen_in_either_precision(dtype: Any) -> None:
    assert "dW" in failure(linear, lambda dz, c: (linear_back(dz, c)[0], np.float32(1.0005) * linear_back(dz, c)[1]), LINEAR, dtype=dtype)


def test_one_wrong_entry_of_4096_is_named() -> None:
    def back(dz: Any, cache: Any) -> Any:
        gradients = list(mlp_back(dz, cache))
        if gradients[1].shape == (64, 64):
            gradients[1][17, 33] *= 1.0005
        return gradients

    assert "dW1[17,33] (1 of 4096 entries)" in failure(mlp, back, MLP, sizes=LARGE)


def test_a_row_for_a_vector_has_the_wrong_shape() -> None:
    said = failure(None, lambda dz, x, W, b: (dz @ W.T, x.T @ dz, dz.sum(0, keepdims=True)), AFFINE)
    assert re.search(r"db has shape \(1, \d\); it should have \(\d,\)", said)
    layer = sb.Layer("sums", "x[N,D], v[N] -> s[N]", "s = sum(x, axis=1) * v")
    said = failure(None, lambda ds, x, v: ((ds * v)[:, None] * np.ones_like(x), (ds * x.sum(1))[:, None]), layer)
    assert re.search(r"dv has shape \(\d, 1\); it should have \(\d,\)", said)


def test_zero_is_no_answer_to_something_small() -> None:
    def small(x: Any) -> Any:
        return 1e-6 * x**2

    assert_gradient(small, lambda dy, x: 2e-6 * x * dy, "x[N] -> y[N]")
    assert "every entry of dx" in failure(small, lambda dy, x: 0 * x, "x[N] -> y[N]")
    assert "every entry of dx" in failure(small, lambda dy, x: 2.001e-6 * x * dy, sb.Layer("s", "x[N] -> y[N]", "y = x**2/1000000"))


def test_a_zero_in_single_precision_is_not_taken_for_right_either() -> None:
    def single(dy: Any, x: Any) -> Any:
        return (0 * x * dy).astype(np.float32)

    for layer in ("x[N] -> y[N]", sb.Layer("small", "x[N] -> y[N]", "y = x**2/1000000")):
        assert check_gradient(lambda x: 1e-6 * x**2, single, layer)["x"].status in ("refuted", "undecided")


def test_a_forgotten_sum_is_seen_through_a_dropped_axis() -> None:
    assert "db" in failure(None, lambda dz, x, W, b: (dz @ W.T, x.T @ dz, dz[0]), AFFINE)


# ---- kinks

RELU = sb.Layer("relu", "x[N] -> y[N]", "y = relu(x)")


def relu(x: Any) -> Any:
    return np.maximum(0, x)


def relu_back(at_0: float) -> Any:
    return lambda dy, x: dy * np.where(x > 0, 1.0, np.where(x < 0, 0.0, at_0))


@pytest.mark.parametrize("layer", [RELU, "x[N] -> y[N]"], ids=["equations", "signature"])
@pytest.mark.parametrize("at_0", [0, 1 / 2, 1])
def test_every_subgradient_is_right_at_a_kink(layer: Any, at_0: float) -> None:
    assert_gradient(relu, relu_back(at_0), layer)
    assert check_gradient(relu, relu_back(at_0), layer)["x"].evidence.kinks > 0


@pytest.mark.parametrize("layer", [RELU, "x[N] -> y[N]"], ids=["equations", "signature"])
@pytest.mark.parametrize("at_0", [-0.1, 1.1, 2])
def test_a_value_outside_the_subdifferential_is_wrong(layer: Any, at_0: float) -> None:
    said = failure(relu, relu_back(at_0), layer)
    assert "at a kink" in said and "is right" in said


def test_no_value_at_a_kink_is_noted_and_refused_if_strict() -> None:
    assert "not finite at some kinks" in check_gradient(relu, relu_back(np.nan), RELU)["x"].notes
    assert "dx" in failure(relu, relu_back(np.nan), RELU, strict=True)


def test_no_value_where_the_derivative_exists_is_wrong() -> None:
    elu = sb.Layer("elu", "x[N] -> y[N]", "y = elu(x)")
    assert "dx" in failure(None, lambda dy, x: dy * np.where(x > 0, 1, np.where(x < 0, np.exp(x), np.nan)), elu)


def test_a_gradient_that_is_mostly_zero_is_looked_at_where_it_is_not() -> None:
    neuron = sb.Layer("neuron", "W, x, y -> C", "C = (y - relu(W*x - 1))**2/2")

    def back(W: Any, x: Any, y: Any, factor: float = 1.0) -> Any:
        r = np.maximum(0, W * x - 1)
        delta = (r - y) * (W * x > 1)
        return factor * delta * x, delta * W, y - r

    assert_gradient(None, back, neuron)
    assert "dW" in failure(None, lambda W, x, y: back(W, x, y, 1.0005), neuron)


def test_round_off_of_cancelling_terms_is_allowed_for() -> None:
    layer = sb.Layer("softmax", "z[N,K] -> p[N,K]", "p = softmax(20*z, axis=1)")

    def back(dp: Any, z: Any) -> Any:
        e = np.exp(20 * (z - z.max(1, keepdims=True)))
        p = e / e.sum(1, keepdims=True)
        return 20 * p * (dp - (dp * p).sum(1, keepdims=True))

    for dtype in (np.float64, np.float32):
        assert_gradient(None, back, layer, dtype=dtype)
        assert "dz" in failure(None, lambda dp, z: 1.0005 * back(dp, z), layer, dtype=dtype)


def test_strict_takes_the_convention_alone() -> None:
    assert_gradient(relu, relu_back(0), RELU, strict=True)
    for at_0 in (1 / 2, 1):
        assert "by the convention in force it is" in failure(relu, relu_back(at_0), RELU, strict=True)


@pytest.mark.parametrize("at_0", [0.0, 0.5])
def test_where_the_derivative_exists_there_is_one_value(at_0: float) -> None:
    elu = sb.Layer("elu", "x[N] -> y[N]", "y = elu(x)")

    def back(dy: Any, x: Any) -> Any:
        return dy * np.where(x > 0, 1, np.where(x < 0, np.exp(x), at_0))

    assert_gradient(None, lambda dy, x: dy * np.where(x > 0, 1, np.exp(x)), elu)
    assert "dx" in failure(None, back, elu)


def test_ties_of_a_maximum() -> None:
    def pool(x: Any) -> Any:
        return x.max(2)

    def first(dy: Any, x: Any) -> Any:
        dx = np.zeros_like(x)
        np.put_along_axis(dx, x.argmax(2)[:, :, None], dy[:, :, None], 2)
        return dx

    def shared(dy: Any, x: Any) -> Any:
        top = x == x.max(2, keepdims=True)
        return top / top.sum(2, keepdims=True) * dy[:, :, None]

    def every(dy: Any, x: Any) -> Any:
        return (x == x.max(2, keepdims=True)) * dy[:, :, None]

    assert_gradient(pool, first, POOL, strict=True)
    assert_gradient(pool, shared, POOL)
    assert_gradient(pool, every, POOL)
    assert "right except at ties" in check_gradient(pool, every, POOL)["x"].notes
    assert "right except at ties" not in check_gradient(pool, shared, POOL)["x"].notes
    assert "at a tie" in failure(pool, every, POOL, strict=True)
    assert "dx" in failure(pool, lambda dy, x: 2 * every(dy, x), POOL)


# ---- the forward pass is judged too


def test_a_wrong_forward_is_told_from_a_wrong_backward() -> None:
    def forgetful(x: Any, W: Any, b: Any) -> Any:
        return 2 * (x @ W) + b, (x, W)

    def its_own(dz: Any, cache: Any) -> Any:
        return 2 * dz @ cache[1].T, 2 * cache[0].T @ dz, dz.sum(0)

    found = check_gradient(forgetful, its_own, AFFINE)
    assert found["z"].status == found["W"].status == found["x"].status == "refuted"
    assert found["b"].status == "agrees"
    assert "forward is not this layer" in found["z"].message
    assert "right for your forward pass, but that isn't this layer" in found["W"].notes
    found = check_gradient(forgetful, lambda dz, c: (dz @ c[1].T, c[0].T @ dz, dz.sum(0)), AFFINE)
    assert {k: v.status for k, v in found.items()} == {"x": "agrees", "W": "agrees", "b": "agrees", "z": "refuted"}
    assert "forward is not this layer" in failure(forgetful, its_own, AFFINE)


# ---- the message


def test_the_message_is_a_small_case_that_can_be_pasted() -> None:
    said = failure(linear, lambda dz, c: (linear_back(dz, c)[0], -linear_back(dz, c)[1]), LINEAR)
    assert "with N=1, D=1, H=1:" in said
    pasted = dict(re.findall(r"^    (\w+) = np\.array\((.*)\)$", said, re.M))
    x, W, dz = (np.array(re.findall(r"-?\d+", pasted[k]), dtype=float).reshape(1, 1) for k in ("x", "W", "dz"))
    assert x.item() * dz.item() != 0 and W.shape == (1, 1)
    true, yours = (float(re.findall(rf"# {k} +dW = \[\[(.*)\]\]", said)[0]) for k in ("true", "yours"))
    assert true == x.item() * dz.item() == -yours


def test_large_arrays_are_not_printed() -> None:
    def back(dz: Any, cache: Any) -> Any:
        gradients = list(mlp_back(dz, cache))
        gradients[1] = gradients[1] + (gradients[1].shape == (64, 64))
        return gradients

    assert len(failure(mlp, back, MLP, sizes=LARGE)) < 400


def test_reached_from_the_package() -> None:
    assert sb.testing.assert_gradient is assert_gradient
    assert sb.testing.inputs.__module__ == "symbackprop.verify.properties"
    with pytest.raises(AttributeError, match="it offers assert_gradient"):
        _ = sb.testing.nothing


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", sorted(sb.layers.names()))
def test_derived_gradients_of_the_shelf_pass_and_a_factor_fails(name: str, dtype: Any) -> None:
    layer = sb.layers.get(name)
    if any(e.right.atoms(Unspecified) for e in layer.equations):
        pytest.skip("it has a function that is left open")
    family, names = sb.derive(layer), [t.name for t in layer.inputs if not t.is_integer_valued]

    def derived(*given: Any) -> dict[str, Any]:
        upstream = [] if layer.is_cost else [f"d{t.name}" for t in layer.outputs]
        arrays = dict(zip((*upstream, *(t.name for t in layer.inputs)), given, strict=True))
        return {n: family[n].evaluate(**arrays) for n in names}

    def spoilt(*given: Any) -> dict[str, Any]:
        return {n: 1.0005 * g if n == names[0] else g for n, g in derived(*given).items()}

    try:
        assert_gradient(None, derived, layer, dtype=dtype)
    except ValueError as error:
        pytest.skip(f"its sizes can't be read off its arrays: {error}")
    assert check_gradient(None, spoilt, layer, dtype=dtype)[names[0]].status == "refuted"
