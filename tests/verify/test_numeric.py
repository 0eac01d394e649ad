"""Differences with a bound on their error, tolerances, sweeps and sketches: they find what they should, and only that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.language.domains import Array
from symbackprop.verify.numeric import Weighted, differences, directional, is_analytic, ridders
from symbackprop.verify.oracle import base, gradient_at
from symbackprop.verify.points import points
from symbackprop.verify.sketch import along_function, along_layer, check_directions, locate
from symbackprop.verify.sweep import shared_axes, swept
from symbackprop.verify.tolerance import differs, entries, scales, tolerance, unit_round_off

RANDOM = np.random.default_rng(0)
x, W = RANDOM.normal(size=(4, 5)), RANDOM.normal(size=(5, 3))
dz = RANDOM.normal(size=(4, 3))


def through(f: Callable[[Any], Any]) -> Callable[[Mapping[str, Array]], dict[str, Any]]:
    return lambda a: {"z": f(a["x"] @ a["W"])}


def in_a_loop(a: Mapping[str, Array]) -> dict[str, Any]:
    """relu(x W), one real number at a time: the imaginary part would be lost."""
    z = np.zeros((4, 3))
    for n in range(4):
        for h in range(3):
            z[n, h] = max(0.0, a["x"][n] @ a["W"][:, h])
    return {"z": z}


# ---- differences

FUNCTIONS = {
    "tanh": (through(np.tanh), lambda z: 1 - np.tanh(z) ** 2, "tangents"),
    "relu": (through(lambda z: np.maximum(0, z)), lambda z: z > 0, "tangents"),
    "abs": (through(np.abs), np.sign, "tangents"),
    "astype": (through(lambda z: np.asarray(z) ** 2), lambda z: 2 * z, "complex step"),
    "modulus": (through(lambda z: np.abs(np.asarray(z))), np.sign, "Ridders"),
    "real part": (through(lambda z: np.real(z) ** 2), lambda z: 2 * z, "Ridders"),
    "loop": (in_a_loop, lambda z: z > 0, "Ridders"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_differences_are_within_their_bounds(name: str) -> None:
    function, slope, method = FUNCTIONS[name]
    found = differences(function, {"x": x, "W": W}, {"z": dz}, ["x", "W"])
    delta = dz * slope(x @ W)
    for variable, true in (("x", delta @ W.T), ("W", x.T @ delta)):
        d = found[variable]
        assert d.method == method
        assert np.all(np.abs(d.values - true) <= d.errors + 1e-14), variable
        assert np.all(d.errors <= 1e-9 * np.abs(true).max())
        assert np.all(d.smooth)


def test_the_complex_step_is_not_used_where_it_is_silently_wrong() -> None:
    assert is_analytic(Weighted(through(np.tanh), {"x": x, "W": W}, {"z": dz}), ("x", "W"))
    for f in (np.abs, lambda z: np.real(z) ** 2, lambda z: np.sqrt(np.real(z * np.conj(z)))):
        assert not is_analytic(Weighted(through(f), {"x": x, "W": W}, {"z": dz}), ("x", "W"))


def test_ridders_bound_holds_beside_kinks() -> None:
    random, covered = np.random.default_rng(2), 0
    for _ in range(60):
        W1, v = random.normal(size=(6, 8)), random.normal(size=(6, 8))
        cost = Weighted(lambda a: {"z": np.maximum(0, x[:, :1] + a["W"][:4])}, {"W": W1}, {"z": np.ones((4, 8))})
        value, error, smooth = ridders(cost, {"W": v})
        true = float(((x[:, :1] + W1[:4] > 0) * v[:4]).sum())
        covered += abs(value - true) <= error + 1e-13
        assert smooth and abs(value - true) < 1e-5
    assert covered == 60


def test_a_kink_at_the_point_itself_is_seen() -> None:
    found = differences(in_a_loop, {"x": 0 * x, "W": W}, {"z": dz}, ["x"])["x"]
    assert not found.smooth.any()


def test_nothing_is_taken_for_zero_because_it_is_small() -> None:
    found = differences(lambda a: {"y": np.array([1e-6 * float(v) ** 2 for v in a["x"]])}, {"x": np.ones(2)}, {"y": np.ones(2)}, ["x"])["x"]
    assert found.method == "Ridders"
    assert np.allclose(found.values, 2e-6, rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", ["tanh", "abs"])
def test_derivatives_along_directions(name: str) -> None:
    function, slope, _ = FUNCTIONS[name]
    v = {"x": RANDOM.normal(size=x.shape), "W": RANDOM.normal(size=W.shape)}
    values, errors = directional(function, {"x": x, "W": W}, {"z": dz}, [v])
    delta = dz * slope(x @ W)
    assert abs(values[0] - (delta @ W.T * v["x"]).sum() - (x.T @ delta * v["W"]).sum()) <= errors[0] + 1e-13


# ---- tangents


def cross_entropy(a: Mapping[str, Array]) -> dict[str, Any]:
    z = a["x"] @ a["W"]
    shifted = z - z.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    return {"C": -np.log(p[np.arange(4), [0, 2, 1, 1]]).mean()}


def batch_norm(a: Mapping[str, Array]) -> dict[str, Any]:
    z = a["x"].dot(a["W"])
    return {"z": (z - z.mean(axis=0)) / np.sqrt(np.var(z, axis=0) + 1)}


def masked(a: Mapping[str, Array]) -> dict[str, Any]:
    z = a["x"] @ a["W"]
    z[z < 0] = 0
    z += 1
    z *= z
    return {"z": z}


def rearranged(a: Mapping[str, Array]) -> dict[str, Any]:
    z = np.pad(a["x"] @ a["W"], ((1, 0), (0, 1))).reshape(4, 5).T[:, None, ::-1]
    z = np.concatenate([z, 2 * z], axis=1).transpose(1, 2, 0)
    return {"z": np.einsum("ijk,lk->il", np.stack([z[0] ** 2, z[1]]), z[1]) + np.where(z[0, :2, 0] > 0, z[0, 0, :2], 1.0)[:, None]}


def filled(a: Mapping[str, Array]) -> dict[str, Any]:
    out = np.zeros_like(a["x"])
    for n in range(4):
        out[n, 1:] = a["x"][n, :-1] * a["W"].sum(1)[1:] ** 2 / np.maximum(a["W"].max(axis=0)[0], 0.1)
    return {"z": np.clip(out, -0.5, 0.5)}


def vectors(a: Mapping[str, Array]) -> dict[str, Any]:
    return {"z": np.outer(a["x"] @ a["W"][:, 0], a["W"][0] @ a["W"].T) + a["x"].std(axis=1)[:, None] + abs(a["x"]).min(axis=(0, 1))}


@pytest.mark.parametrize("function", [cross_entropy, batch_norm, masked, rearranged, filled, vectors])
def test_tangents_go_through_numpy(function: Callable[[Mapping[str, Array]], dict[str, Any]]) -> None:
    arrays = {"x": x, "W": W}
    outputs = {k: np.asarray(v) for k, v in function({k: v.copy() for k, v in arrays.items()}).items()}
    upstream = {k: np.random.default_rng(6).normal(size=v.shape) for k, v in outputs.items()}
    found = differences(function, arrays, upstream, arrays)
    cost = Weighted(function, arrays, upstream)
    for name, d in found.items():
        assert d.method == "tangents"
        for place in np.ndindex(d.values.shape):
            move = np.zeros(d.values.shape)
            move[place] = 1
            value, error, _ = ridders(cost, {name: move})
            assert abs(d.values[place] - value) <= 4 * error + 1e-9, (name, place)


def test_tangents_that_were_lost_on_the_way_are_noticed() -> None:
    def through_a_view(a: Mapping[str, Array]) -> dict[str, Any]:
        z = 1 * a["x"]
        z.reshape(-1)[:] = z.reshape(-1) ** 2
        return {"z": z}

    found = differences(through_a_view, {"x": x}, {"z": np.ones(x.shape)}, ["x"])["x"]
    assert found.method == "complex step"
    assert np.allclose(found.values, 2 * x, rtol=1e-12)


# ---- the sweep


@pytest.mark.parametrize("name", sorted(sb.layers.names()))
def test_the_sweep_says_what_balls_say(name: str) -> None:
    layer = sb.layers.get(name)
    names = [t.name for t in layer.inputs if not t.is_integer_valued]
    for p in points(layer, 2):
        inputs = {k: v if v.dtype.kind in "iu" else v.astype(float) for k, v in p.inputs.items()}
        upstream = None if layer.is_cost else {k: v.astype(float) for k, v in p.upstream.items()}
        _, found = swept(layer, {**p.given, **inputs}, upstream, names)
        at = base(layer, p.given, None if layer.is_cost else p.upstream)
        for n in names:
            true = gradient_at(at, n)
            scale = np.abs(true.array).max(initial=0)
            assert np.all(np.abs(true.array - found[n])[true.smooth] <= 1e-12 * scale + 1e-15), n


def test_axes_are_shared_only_where_entries_cannot_meet() -> None:
    layer = sb.Layer("l", "x[N,D] -> y[N,D], s[N,D], t[N,D]", """
        y[n,d] = exp(x[n,d])
        s[n,d] = exp(x[n,d]) / sum[k](exp(x[n,k]))
        t[n,d] = sum[n](x[n,d]**2) + x[n,d]
    """)
    (tensor,) = layer.inputs
    assert shared_axes(layer.equation("y"), tensor) == ((0, 0), (1, 1))
    assert shared_axes(layer.equation("s"), tensor) == ((0, 0),)
    assert (0, 0) not in shared_axes(layer.equation("t"), tensor)


# ---- tolerances


def test_units_of_round_off() -> None:
    assert unit_round_off(np.float32) == 2.0**-24
    assert unit_round_off(np.float64) == unit_round_off(np.int64) == 2.0**-53


def test_the_tolerance_covers_float32_and_little_more() -> None:
    random = np.random.default_rng(4)
    for _ in range(20):
        a, b = random.normal(size=(300, 6)).astype(np.float32), random.normal(size=(300, 4)).astype(np.float32)
        exact = a.astype(float).T @ b.astype(float)
        scale = scales(lambda v: {"W": v["a"].T @ v["b"]}, {"a": a, "b": b}, unit_round_off(np.float32))["W"]
        allowed = tolerance(exact, 0.0, scale, unit_round_off(np.float32), 300)
        assert not differs(exact, (a.T @ b).astype(float), allowed).any()
        assert allowed.max() < 1e-3 * np.abs(exact).max()
        assert differs(exact, exact * 1.0005, allowed).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_agrees(bad: float) -> None:
    assert differs(np.array([1.0, 2.0]), np.array([1.0, bad]), np.array([1.0, 1e300])).tolist() == [False, True]
    assert differs(np.array([2.0]), np.array([bad]), np.array([1e-9])).all()
    assert not differs(np.array([np.nan]), np.array([1.0]), np.array([0.0])).any()


def test_a_zero_truth_allows_only_a_zero() -> None:
    allowed = tolerance(np.zeros(2), 0.0, np.zeros(2), unit_round_off(np.float64), 10)
    assert differs(np.zeros(2), np.array([0.0, 1e-300]), allowed).tolist() == [False, True]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([(2, 0)], "dW[2,0]"),
        ([(0, 1), (1, 1), (2, 1)], "column 1 of dW"),
        ([(1, 0), (1, 1), (1, 2), (1, 3)], "row 1 of dW"),
        ([(0, 0), (2, 3)], "dW[0,0], dW[2,3]"),
        ([(n, h) for n in range(3) for h in range(4)], "every entry of dW"),
        ([(0, 0), (0, 1), (1, 1), (1, 2), (2, 3)], "dW[0,0], dW[0,1], dW[1,1], dW[1,2] and 1 more"),
    ],
)
def test_wrong_entries_are_named(places: list[tuple[int, int]], said: str) -> None:
    wrong = np.zeros((3, 4), dtype=bool)
    for place in places:
        wrong[place] = True
    assert entries("dW", wrong) == said


# ---- directions and sketches

MLP = sb.Layer("mlp", "x[N,D], W1[D,H], b1[H], W2[H,K], b2[K] -> z[N,K]", "a = x @ W1 + b1; h = relu(a); z = h @ W2 + b2")


def mlp(a: Mapping[str, Array]) -> dict[str, Any]:
    return {"z": np.maximum(0, a["x"] @ a["W1"] + a["b1"]) @ a["W2"] + a["b2"]}


def large() -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    r = np.random.default_rng(5)
    shapes = {"x": (16, 64), "W1": (64, 64), "b1": (64,), "W2": (64, 10), "b2": (10,)}
    arrays, upstream = {k: r.normal(size=s) for k, s in shapes.items()}, {"z": r.normal(size=(16, 10))}
    return arrays, upstream, swept(MLP, arrays, upstream, arrays)[1]


@pytest.mark.parametrize("known", [True, False])
def test_directions_find_one_wrong_entry_of_4096(known: bool) -> None:
    arrays, upstream, gradients = large()
    along = along_layer(MLP, arrays, upstream) if known else along_function(mlp, arrays, upstream)
    right = check_directions(along, gradients)
    assert right.agrees
    wrong = {k: v.copy() for k, v in gradients.items()}
    wrong["W1"][17, 33] *= 1.0005
    assert not check_directions(along, wrong).agrees
    assert right.missed(0.0005 * abs(gradients["W1"][17, 33])) < 1e-20


@pytest.mark.parametrize("many", [1, 3, 8])
def test_wrong_entries_are_located(many: int) -> None:
    arrays, upstream, gradients = large()
    random = np.random.default_rng(many)
    wrong = {k: v.copy() for k, v in gradients.items()}
    places = {(int(random.integers(64)), int(random.integers(64))) for _ in range(many)}
    for place in places:
        wrong["W1"][place] += 0.01
    assert locate(along_layer(MLP, arrays, upstream), wrong) == {"W1": tuple(sorted(places))}
    assert locate(along_layer(MLP, arrays, upstream), gradients) == {}


def test_the_stated_probability_is_an_upper_bound() -> None:
    gradients = {"x": np.zeros(50)}
    true = gradients["x"].copy()
    true[7] = 1e-3
    along = lambda directions: (np.array([d["x"] @ true for d in directions]), np.full(len(directions), 5e-4))  # noqa: E731
    missed = [check_directions(along, gradients, count=2, seed=k) for k in range(400)]
    share = np.mean([m.agrees for m in missed])
    assert 0.05 < share <= missed[0].missed(1e-3) + 0.05


def test_nan_does_not_pass_in_any_direction() -> None:
    arrays, upstream, gradients = large()
    gradients["W2"][3, 3] = np.nan
    assert not check_directions(along_layer(MLP, arrays, upstream), gradients).agrees
