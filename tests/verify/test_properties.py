"""The strategies give what they say, shrink, and the search finds what is wrong and nothing else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

import symbackprop as sb
from symbackprop.language.evaluate import forward
from symbackprop.layer import Layer
from symbackprop.verify.kinks import met
from symbackprop.verify.passes import case_of
from symbackprop.verify.points import Point
from symbackprop.verify.properties import grid, inputs, kinked, networks, property_check, sizes
from symbackprop.verify.reading import read_answers
from symbackprop.verify.spots import Spot
from symbackprop.verify.sweep import swept

QUICK = settings(max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
AFFINE = Layer("affine", "x[N,D], W[D,H], b[H] -> z[N,H]", "z = x @ W + b")
RELU = Layer("relu", "x[N,D] -> y[N,D]", "y = relu(x)")


@QUICK
@given(sizes(AFFINE))
def test_sizes_are_unequal(made: dict[str, int]) -> None:
    assert set(made) == {"N", "D", "H"} and len(set(made.values())) == 3


@QUICK
@given(sizes(Layer("conv", "x[L], w[P] -> y[L - P + 1]", "y[i] = sum[p](x[i+p]*w[p])")))
def test_sizes_leave_room_for_every_axis(made: dict[str, int]) -> None:
    assert made["L"] >= made["P"]


def test_sizes_may_be_equal() -> None:
    assert find(sizes(AFFINE, unequal=False), lambda s: True) == {"N": 1, "D": 1, "H": 1}


@QUICK
@given(inputs(RELU))
def test_inputs_are_away_from_kinks(point: Point) -> None:
    assert not np.any(point.inputs["x"] == 0)


@QUICK
@given(kinked(RELU))
def test_kinked_points_meet_a_kink(point: Point) -> None:
    assert np.any(point.inputs["x"] == 0)
    assert met(RELU, Spot(RELU, point))


@QUICK
@given(grid(AFFINE))
def test_the_grid_has_three_numbers(point: Point) -> None:
    assert {v for a in point.inputs.values() for v in a.flat} <= {Fraction(-1), Fraction(0), Fraction(1)}


def test_a_layer_without_kinks_has_no_kinked_points() -> None:
    with pytest.raises(ValueError, match="affine has no kinks"):
        kinked(AFFINE)


@QUICK
@given(st.sampled_from(["cross_entropy", "batch_norm", "embedding", "dropout"]).flatmap(lambda n: inputs(sb.layers.get(n))))
def test_points_honour_what_is_declared(point: Point) -> None:
    for name, array in point.inputs.items():
        if name == "eps":
            assert np.all(array > 0)
        if array.dtype.kind in "iu":
            assert array.min() >= 0


SUMS_TO_ONE = Layer("weighted", "x[N,K], y[N,K] -> C", "C = sum(x*y)", assume="sum[k](y[n,k]) == 1")


@QUICK
@given(inputs(SUMS_TO_ONE))
def test_points_honour_what_is_assumed(point: Point) -> None:
    assert np.all(point.inputs["y"].sum(axis=1) == 1)


def test_inputs_shrink() -> None:
    layer = Layer("square", "x[N] -> y[N]", "y = x**2")
    point = find(inputs(layer), lambda p: p.inputs["x"].size > 1 and p.inputs["x"][1] > 1, settings=QUICK)
    assert point.sizes == {"N": 2} and point.inputs["x"].tolist() in ([0, 2], [0, 17 / 16], [0, Fraction(17, 16)])


@settings(QUICK, max_examples=30)
@given(networks().flatmap(lambda layer: st.tuples(st.just(layer), inputs(layer))))
def test_derived_gradients_of_random_networks_are_the_numeric_ones(made: tuple[Layer, Point]) -> None:
    layer, point = made
    case, names = case_of(point), [t.name for t in layer.inputs]
    _, true = swept(layer, {**case.sizes, **case.inputs}, None if layer.is_cost else case.upstream, names)
    upstream = {} if layer.is_cost else {f"d{k}": v for k, v in case.upstream.items()}
    for name, derivation in sb.derive(layer).items():
        if name in names:
            found = derivation.evaluate(**case.sizes, **case.inputs, **upstream)
            assert np.allclose(found, true[name], rtol=1e-9, atol=1e-9), name


@QUICK
@given(networks())
def test_networks_can_be_carried_out(layer: Layer) -> None:
    told = {d.name: k + 1 for k, d in enumerate(layer.sizes)}
    arrays = {t.name: np.full([told[str(s)] for s in t.sizes], 0.3) for t in layer.inputs}
    assert all(np.all(np.isfinite(v)) for v in forward(layer, {**told, **arrays}).values())


# ---- the search

RIGHT: dict[str, Any] = {
    "x": lambda a: a["dz"] @ a["W"].T,
    "W": lambda a: a["x"].T @ a["dz"],
    "b": lambda a: a["dz"].sum(0),
}


@pytest.mark.parametrize("name", RIGHT)
def test_no_counterexample_to_what_is_right(name: str) -> None:
    assert property_check(AFFINE, RIGHT[name], name, examples=20) is None


WRONG: dict[str, tuple[str, Any]] = {
    "factor": ("W", lambda a: 1.0005 * a["x"].T @ a["dz"]),
    "sign": ("x", lambda a: -a["dz"] @ a["W"].T),
    "axis": ("b", lambda a: a["dz"].sum(1)),
    "no sum": ("b", lambda a: a["dz"][0]),
    "row": ("b", lambda a: a["dz"].sum(0, keepdims=True)),
    "nan": ("b", lambda a: a["dz"].sum(0) + np.nan),
    "mean": ("b", lambda a: a["dz"].mean(0)),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_small_counterexample_to_what_is_wrong(mistake: str) -> None:
    name, answer = WRONG[mistake]
    witness = property_check(AFFINE, answer, name, examples=40)
    assert witness is not None
    assert max(witness.sizes.values()) <= 2
    assert set(witness.inputs) == {"x", "W", "b", "dz"}
    axis = {"x": "N", "W": "D", "b": "H"}[name]
    assert len(witness.expected) == witness.sizes[axis]
    assert str(witness.expected) != str(witness.found)


@pytest.mark.parametrize(("at_0", "wrong"), [(0, False), (1 / 2, False), (1, False), (2, True), (-0.1, True)])
def test_kinks_are_searched(at_0: float, wrong: bool) -> None:
    witness = property_check(RELU, lambda a: a["dy"] * np.where(a["x"] > 0, 1, np.where(a["x"] < 0, 0, at_0)), "x", examples=60)
    assert (witness is not None) == wrong


def test_an_answer_that_has_a_method_and_uses_intermediates() -> None:
    class Answer:
        def values(self, arrays: Any) -> Any:
            return arrays["y"] * (1 - arrays["y"]) * arrays["dy"]

    assert property_check(Layer("s", "x[N] -> y[N]", "y = sigmoid(x)"), Answer(), "x", examples=20) is None
    assert property_check(Layer("t", "x[N] -> y[N]", "y = tanh(x)"), Answer(), "x", examples=20) is not None


def test_what_the_answer_raises_is_passed_on() -> None:
    with pytest.raises(KeyError):
        property_check(AFFINE, lambda a: a["no such"], "W", examples=5)


@pytest.mark.parametrize(("text", "wrong"), [("dW = x.T @ dz", False), ("dW = 2*x.T @ dz", True), ("dW[d,h] = x[0,d]*dz[0,h]", True)])
def test_a_statement_that_was_read(text: str, wrong: bool) -> None:
    (stated,) = read_answers(AFFINE, text)
    assert (property_check(AFFINE, stated, examples=20) is not None) == wrong


def test_points_at_which_a_formula_has_no_value_do_not_count() -> None:
    square = Layer("square", "x[N] -> y[N]", "y = x**2")
    (stated,) = read_answers(square, "dx[n] = 2*dy[n]*exp(log(x[n]))")
    assert property_check(square, stated, examples=20) is None
    assert property_check(square, lambda a: 2 * a["dy"] * np.exp(np.log(a["x"])), "x", examples=20) is not None


def test_only_gradients_are_searched() -> None:
    (stated,) = read_answers(AFFINE, "d(z[n,h], x[m,d]) = delta(n, m)*W[d,h]")
    with pytest.raises(ValueError, match="is no gradient of a variable"):
        property_check(AFFINE, stated)
    with pytest.raises(ValueError, match="'V' is no variable of affine; it has x, W, b, z"):
        property_check(AFFINE, lambda a: a, "V")
