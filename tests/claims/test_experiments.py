"""Experiments are seeded, small and complete; what theory says of them shows in the figures."""

from __future__ import annotations

import time

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.claims import experiments
from symbackprop.claims.experiments import Experiment, Figure, hits_zero, least_squares, scales, zigzag
from symbackprop.claims.slope_experiments import UNITS, bounce, gradient_sizes, network_gradients

ALL = (zigzag, scales, bounce, gradient_sizes, network_gradients, hits_zero)


@pytest.fixture(scope="module")
def runs() -> dict[str, Experiment]:
    return {f.__name__: f() for f in ALL}


def test_each_is_quick_seeded_and_has_twenty_seeds(runs: dict[str, Experiment]) -> None:
    start = time.perf_counter()
    again = zigzag()
    assert time.perf_counter() - start < 10
    assert again.figures == runs["zigzag"].figures
    for run in runs.values():
        assert run.status == "measured" and run.setup
        assert all(len(f.values) >= 20 for f in run.figures.values())


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.__name__)
def test_fewer_seeds_are_refused(f: object) -> None:
    with pytest.raises(ValueError, match="at least 20"):
        f(seeds=19)  # type: ignore[operator]


def test_positive_inputs_move_all_weights_one_way(runs: dict[str, Experiment]) -> None:
    figures = runs["zigzag"].figures
    assert figures["positive: updates of one sign, one by one"].extremes == (1.0, 1.0)
    assert figures["centred: updates of one sign, one by one"].extremes[1] < 1
    assert figures["centred: steps"].median < figures["positive: steps"].median
    assert figures["centred: condition number"].median < figures["positive: condition number"].median


def test_normalising_lowers_the_condition_number(runs: dict[str, Experiment]) -> None:
    figures = runs["scales"].figures
    assert figures["normalised: condition number"].extremes[1] < figures["raw: condition number"].extremes[0]
    assert figures["normalised: steps"].extremes[1] < figures["raw: steps"].extremes[0]


def test_gradients_stay_below_the_proven_bounds_at_every_depth(runs: dict[str, Experiment]) -> None:
    run = runs["gradient_sizes"]
    assert run.setup["depth"] == 1000 and run.setup["seeds"] >= 20
    for name in UNITS:
        path, bound = run.paths[name], run.paths[f"{name}, bound"]
        assert path.shape == (run.setup["seeds"], 1000) and np.all(path <= bound + 1e-9 * np.abs(bound))
    assert np.allclose(run.paths["relu"], run.paths["relu, bound"])
    assert run.figures["sigmoid"].extremes[1] < run.figures["tanh"].extremes[0] < 0


def test_a_short_chain_is_the_product_that_the_engine_derives() -> None:
    depth, run = 5, gradient_sizes(depth=5)
    weights = np.random.default_rng(0).standard_normal(depth)
    layer = sb.Layer("chain", "a0, W[M] -> y", "a[-1] = a0; z[m] = W[m]*a[m-1]; a[m] = tanh(z[m]); y = a[M-1]")
    gradient = sb.derive(layer)["a0"].evaluate(a0=np.array(1.0), W=weights)
    assert run.paths["tanh"][0, -1] == pytest.approx(np.log10(abs(float(gradient))), rel=1e-9)


def test_the_weights_decide_whether_a_deep_network_vanishes_or_explodes(runs: dict[str, Experiment]) -> None:
    figures = runs["network_gradients"].figures
    for name in UNITS:
        ends = [figures[f"{name}, {gain}"].extremes for gain in ("half", "He", "double")]
        assert ends[0][1] < ends[1][0] and ends[1][1] < ends[2][0]
    assert figures["relu, half"].extremes[1] < -100 and figures["relu, double"].extremes[0] > 100
    assert figures["sigmoid, double"].extremes[1] < -100


def test_zero_is_met_only_by_zero_weights(runs: dict[str, Experiment]) -> None:
    figures = runs["hits_zero"].figures
    assert figures["normal weights: share of z = 0"].extremes == (0.0, 0.0)
    assert figures["weights that start at 0: share of z = 0"].extremes == (1.0, 1.0)


def test_with_steps_of_1_over_l_elu_never_rises_and_relu_bounces(runs: dict[str, Experiment]) -> None:
    figures = runs["bounce"].figures
    assert figures["elu: steps that raise the cost"].extremes == (0, 0)
    assert figures["elu: cost above its minimum at the end"].extremes[1] < 1e-9
    assert figures["relu: steps that raise the cost"].extremes[0] > 5
    assert figures["relu: sign changes of z"].extremes[0] > figures["elu: sign changes of z"].extremes[1]
    assert figures["relu: length of the last step"].extremes[0] > 0.1


def test_descent_on_a_known_problem() -> None:
    x = np.eye(2) * np.array([1.0, 2.0])
    run = least_squares(x, x @ np.array([1.0, -1.0]), np.zeros(2))
    assert run.condition == pytest.approx(4) and run.path[-1] == pytest.approx([1, -1], abs=2e-3)
    assert run.detour >= 1 and run.steps == len(run.path) - 1


def test_a_figure_has_its_spread() -> None:
    figure = Figure(tuple(float(k) for k in range(1, 21)))
    assert figure.median == 10.5 and figure.quartiles == (5.75, 15.25) and figure.extremes == (1, 20)
    assert "20 seeds" in str(figure) and experiments.SEEDS == 20
