"""How the user's functions are called and what they may return; objects of torch that bring their own backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.testing import check_gradient, layer_of
from symbackprop.verify.callables import Computes, answers_of, pair_of, run
from symbackprop.verify.verdict import Verdict

LINEAR = "x[N,D], W[D,H] -> z[N,H]"
COST = sb.Layer("cost", "x[N,D], w[D], t[N] -> C", "C = sum((x @ w - t)**2)/2")


def verdicts(forward: Any, backward: Any, layer: Any = LINEAR, **options: Any) -> dict[str, Verdict]:
    return check_gradient(forward, backward, layer, **options)


def statuses(forward: Any, backward: Any, layer: Any = LINEAR, **options: Any) -> dict[str, str]:
    return {k: v.status for k, v in verdicts(forward, backward, layer, **options).items()}


def forward(x: Any, W: Any) -> Any:
    return x @ W


def with_cache(x: Any, W: Any) -> Any:
    return x @ W, (x, W)


def dx_dW(dz: Any, x: Any, W: Any) -> Any:
    return dz @ W.T, x.T @ dz


RIGHT = {"x": "agrees", "W": "agrees"}


# ---- conventions

CONVENTIONS = {
    "dz, cache": (with_cache, lambda dz, cache: dx_dW(dz, *cache)),
    "dout, cache": (with_cache, lambda dout, tape: dx_dW(dout, *tape)),
    "dz, inputs": (forward, dx_dW),
    "other names": (lambda a, b: a @ b, lambda g, a, b: dx_dW(g, a, b)),
    "by name": (lambda W, x: x @ W, lambda W, x, dz: dx_dW(dz, x, W)),
    "with the output": (forward, lambda dz, x, W, z: dx_dW(dz, x, W)),
    "output by name": (forward, lambda z, W, dz, x: dx_dW(dz, x, W)),
    "any number": (forward, lambda *a: dx_dW(*a)),
    "default options": (with_cache, lambda dz, cache, scale=1.0: dx_dW(scale * dz, *cache)),
    "list": (forward, lambda dz, x, W: list(dx_dW(dz, x, W))),
    "dict": (forward, lambda dz, x, W: {"dW": x.T @ dz, "dx": dz @ W.T}),
    "dict by variable": (forward, lambda dz, x, W: {"W": x.T @ dz, "x": dz @ W.T}),
    "forward dict": (lambda x, W: {"z": x @ W, "cache": (x, W)}, lambda dz, cache: dx_dW(dz, *cache)),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions(name: str) -> None:
    assert statuses(*CONVENTIONS[name]) == RIGHT


def test_one_input_and_a_cache() -> None:
    assert statuses(lambda x: (np.exp(x), np.exp(x)), lambda dy, cache: dy * cache, "x[N] -> y[N]") == {"x": "agrees"}
    assert statuses(lambda x: (np.exp(x), None), lambda dy, x: dy * np.exp(x), "x[N] -> y[N]") == {"x": "agrees"}


def test_a_cost_needs_no_upstream_gradient() -> None:
    def cost(x: Any, w: Any, t: Any) -> Any:
        r = x @ w - t
        return (r**2).sum() / 2, (x, w, r)

    def gradients(x: Any, w: Any, r: Any) -> Any:
        return np.outer(r, w), x.T @ r, -r

    agree = {"x": "agrees", "w": "agrees", "t": "agrees"}
    assert statuses(cost, lambda cache: gradients(*cache), COST) == agree
    assert statuses(cost, lambda dC, cache: [dC * g for g in gradients(*cache)], COST) == agree
    assert statuses(None, lambda x, w, t: gradients(x, w, x @ w - t), COST) == agree
    assert statuses(lambda x, w, t: (cost(x, w, t)[0], gradients(*cost(x, w, t)[1])), None, COST) == agree


def test_several_outputs() -> None:
    layer = "x[N] -> s[N], c[N]"
    agree = {"x": "agrees"}
    assert statuses(lambda x: (np.sin(x), np.cos(x)), lambda ds, dc, x: ds * np.cos(x) - dc * np.sin(x), layer) == agree
    assert statuses(lambda x: (np.sin(x), np.cos(x), x), lambda ds, dc, k: ds * np.cos(k) - dc * np.sin(k), layer) == agree
    assert statuses(lambda x: (np.sin(x), np.cos(x)), lambda ds, dc, x: ds * np.cos(x) + dc * np.sin(x), layer) == {"x": "refuted"}


def test_integer_inputs_have_no_gradient() -> None:
    layer = sb.Layer("embedding", "E[V,D], t[N] in V -> y[N,D]", "y[n,d] = E[t[n],d]")

    def backward(dy: Any, E: Any, t: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, t, dy)
        return dE

    def overwriting(dy: Any, E: Any, t: Any) -> Any:
        dE = np.zeros_like(E)
        dE[t] = dy
        return dE

    assert statuses(lambda E, t: E[t], backward, layer) == {"E": "agrees"}
    assert statuses(lambda E, t: E[t], lambda *a: (backward(*a), None), layer) == {"E": "agrees"}
    assert statuses(lambda E, t: E[t], overwriting, layer) == {"E": "refuted"}


def test_scalars_may_be_left_out_together_and_wrt_names_the_rest() -> None:
    layer = sb.Layer("scaled", "x[N], eps > 0 -> y[N]", "y = x / eps")
    assert statuses(None, lambda dy, x, eps: (dy / eps,), layer) == {"x": "agrees"}
    assert statuses(None, lambda dy, x, eps: (dy / eps, -(dy * x).sum() / eps**2), layer) == {"x": "agrees", "eps": "agrees"}
    assert statuses(None, lambda dy, x, eps: -(dy * x).sum() / eps**2, layer, wrt=["eps"]) == {"eps": "agrees"}


WRONG_USE = {
    "too few gradients": (forward, lambda dz, x, W: dz @ W.T, r"backward gave one gradient; expected dx, dW"),
    "unknown keys": (forward, lambda dz, x, W: {"db": dz}, r"backward gave db; expected dx, dW"),
    "None": (forward, lambda dz, x, W: (dz @ W.T, None), "expected dx, dW"),
    "arguments": (forward, lambda a, b, c, d, e, f: 0, r"takes 6 arguments; expected backward\(dz, x, W\) or"),
    "no cache": (None, lambda dz, cache: 0, r"takes 2 arguments; expected backward\(dz, x, W\)"),
    "text": (forward, lambda dz, x, W: ("dx", "dW"), "an array of <U2 for dx; expected real numbers"),
    "complex": (forward, lambda dz, x, W: (dz @ W.T, 1j * x.T @ dz), "an array of complex128 for dW"),
    "forward's values": (lambda x, W: (1, 2, 3), dx_dW, "forward returned 3 values; expected z"),
    "forward's arguments": (lambda x, W, b: x, dx_dW, r"forward\(x, W, b\) should take the inputs x, W"),
    "nothing": (None, None, "nothing to judge"),
    "no backward": (forward, None, "backward may be None only if"),
}


@pytest.mark.parametrize("name", WRONG_USE)
def test_wrong_use_says_what_was_expected(name: str) -> None:
    function, backward, said = WRONG_USE[name]
    layer = LINEAR if function is not None else sb.Layer("l", LINEAR, "z = x @ W")
    with pytest.raises(TypeError, match=said):
        verdicts(function, backward, layer)


def test_a_signature_alone_does_not_say_what_is_computed() -> None:
    with pytest.raises(TypeError, match="signature alone"):
        verdicts(None, dx_dW, LINEAR)


def test_what_the_functions_raise_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError):
        verdicts(forward, lambda dz, x, W: 1 / 0)


# ---- what functions do to their arrays


def test_overwriting_is_noticed_and_does_no_harm() -> None:
    def backward(dz: Any, x: Any, W: Any) -> Any:
        dx, dW = dx_dW(dz, x, W)
        dz *= 0
        x += 1
        return dx, dW

    found = verdicts(forward, backward)
    assert {v.status for v in found.values()} == {"agrees"}
    assert "overwrites x, dz" in found["W"].notes


def test_an_answer_that_changes_is_undecided() -> None:
    random = np.random.default_rng()
    found = verdicts(forward, lambda dz, x, W: (dz @ W.T, (x * (random.random(x.shape) < 0.5)).T @ dz))
    assert found["W"].status == "undecided"
    assert "second call" in found["W"].message


def test_run_keeps_a_result_that_is_a_view() -> None:
    layer = layer_of("x[N] -> y[N]")

    def backward(dy: Any, x: Any) -> Any:
        dy[x < 0] = 0
        return dy

    pair = pair_of(lambda x: np.maximum(0, x), backward, layer)
    made = run(pair, {"x": np.array([1.0, -1.0])}, {"y": np.array([2.0, 3.0])})
    assert made.gradients["x"].tolist() == [2.0, 0.0]
    assert made.overwritten == ("dy",)
    assert made.repeats


# ---- torch


def torch_function(torch: Any, sign: float) -> Any:
    class Square(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, W: Any) -> Any:
            ctx.save_for_backward(x, W)
            return (x @ W) ** 2

        @staticmethod
        def backward(ctx: Any, dz: Any) -> Any:
            x, W = ctx.saved_tensors
            delta = 2 * (x @ W) * dz
            return delta @ W.T, sign * x.T @ delta

    return Square


@pytest.mark.torch
def test_a_torch_function() -> None:
    torch = pytest.importorskip("torch")
    assert statuses(torch_function(torch, 1), None) == RIGHT
    assert statuses(torch_function(torch, -1), None) == {"x": "agrees", "W": "refuted"}
    layer = sb.Layer("square", LINEAR, "z = (x @ W)**2")
    assert statuses(torch_function(torch, 1), None, layer) == RIGHT


@pytest.mark.torch
def test_a_torch_module_with_its_own_backward() -> None:
    torch = pytest.importorskip("torch")

    class Linear(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, factor: float = 1) -> None:
            super().__init__()
            self.W, self.factor = torch.nn.Parameter(torch.randn(3, 4)), factor

        def forward(self, x: Any) -> Any:
            self.x = x
            return x @ self.W

        def backward(self, dz: Any) -> Any:
            self.W.grad = self.factor * self.x.T @ dz
            return dz @ self.W.T

    assert statuses(Linear(), None) == RIGHT
    found = verdicts(Linear(1.0005), None)
    assert found["x"].status == "agrees" and found["W"].status == "refuted"
    assert found["W"].witness is not None and dict(found["W"].witness.sizes) == {"N": 1, "D": 3, "H": 4}


@pytest.mark.torch
def test_a_torch_module_whose_function_has_its_own_backward() -> None:
    torch = pytest.importorskip("torch")
    kinds = {sign: torch_function(torch, sign) for sign in (1, -1)}

    class Layer(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, sign: int) -> None:
            super().__init__()
            self.kernel, self.sign = torch.nn.Parameter(torch.randn(2, 3)), sign

        def forward(self, x: Any) -> Any:
            return kinds[self.sign].apply(x, self.kernel)

    assert statuses(Layer(1), None) == RIGHT
    assert statuses(Layer(-1), None) == {"x": "agrees", "W": "refuted"}


@pytest.mark.torch
def test_torchs_own_linear_in_float32() -> None:
    torch = pytest.importorskip("torch")
    layer = "x[N,D], W[H,D], b[H] -> z[N,H]"
    found = verdicts(torch.nn.Linear(5, 7), None, layer, dtype=np.float32)
    assert {v.status for v in found.values()} == {"agrees"}


def test_a_jax_custom_vjp() -> None:
    jax = pytest.importorskip("jax")

    def made(sign: float) -> Any:
        f = jax.custom_vjp(lambda x, W: x @ W)
        f.defvjp(lambda x, W: (x @ W, (x, W)), lambda kept, dz: (dz @ kept[1].T, sign * kept[0].T @ dz))
        return f

    assert statuses(made(1), None, dtype=np.float32) == RIGHT
    assert statuses(made(-1), None, dtype=np.float32)["W"] == "refuted"


# ---- as answers


def test_a_pair_gives_answers_for_check() -> None:
    layer = sb.Layer("linear", LINEAR, "z = x @ W")
    right = answers_of(pair_of(with_cache, lambda dz, cache: dx_dW(dz, *cache), layer), layer)
    wrong = answers_of(pair_of(with_cache, lambda dz, cache: dx_dW(-dz, *cache), layer), layer)
    assert {k: v.status for k, v in sb.check(layer, right).verdicts.items()} == RIGHT
    assert {k: v.status for k, v in sb.check(layer, wrong).verdicts.items()} == {"x": "refuted", "W": "refuted"}


def test_a_function_of_named_arrays_is_an_answer() -> None:
    layer = sb.Layer("sigmoid", "x[N] -> y[N]", "y = sigmoid(x)")
    answers = {"x": Computes(lambda y, dy: y * (1 - y) * dy)}
    assert sb.check(layer, answers).verdicts["x"].status == "agrees"
    assert sb.check(layer, {"x": Computes(lambda y, dy: y * dy)}).verdicts["x"].status == "refuted"
    with pytest.raises(TypeError, match="the parameters w are no variables; there are x, y, dy"):
        Computes(lambda w: w).values({"x": 0, "y": 0, "dy": 0})


# ---- how exact what computes has to be

EXACTNESS = sb.Layer("affine", "x[N,D], W[D,H] -> z[N,H]", "z = x @ W")


def single(x: Any, dz: Any) -> Any:
    return x.astype(np.float32).T @ dz.astype(np.float32)


def by_rows(x: Any, dz: Any) -> Any:
    return sum(np.outer(a, b) for a, b in zip(x, dz, strict=True))


def cancelling(x: Any, dz: Any) -> Any:
    return x.T @ (dz + 1e6) - x.T @ (0 * dz + 1e6)


@pytest.mark.parametrize("answer", [lambda x, dz: x.T @ dz, single, by_rows, cancelling, lambda x, dz: (x.T @ dz) * (1 + 1e-15)])
def test_round_off_is_allowed_for(answer: Any) -> None:
    assert sb.check(EXACTNESS, {"W": answer}).verdicts["W"].status == "agrees"


@pytest.mark.parametrize("factor", [1e-5, 1e-7, 1e-9, 1e-11])
def test_more_than_round_off_is_wrong(factor: float) -> None:
    found = sb.check(EXACTNESS, {"W": lambda x, dz: (x.T @ dz) * (1 + factor)}).verdicts["W"]
    assert found.status == "refuted"
    wrong, true = found.message.removeprefix("dW[0, 0] is ").removesuffix(" is true").split(", but ")
    assert wrong != true
    assert any("nearly right" in note for note in found.notes) is (factor <= 1e-6)


def test_single_precision_is_allowed_no_more_than_its_own_round_off() -> None:
    found = sb.check(EXACTNESS, {"W": lambda x, dz: single(x, dz) * np.float32(1.00001)}).verdicts["W"]
    assert found.status == "refuted"


@pytest.mark.parametrize("digits", [6, 12])
def test_zero_is_no_gradient_however_small_it_is(digits: int) -> None:
    layer = sb.Layer("tiny", "x[N] -> C", f"C = sum(x**2/10**{digits})")
    assert sb.check(layer, {"x": lambda x: 0 * x}).verdicts["x"].status == "refuted"
    assert sb.check(layer, {"x": lambda x: 2 * x / 10**digits}).verdicts["x"].status == "agrees"


def test_not_a_number_agrees_with_nothing() -> None:
    assert sb.check(EXACTNESS, {"W": lambda W: W * np.nan}).verdicts["W"].status == "refuted"
