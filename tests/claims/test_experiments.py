"""Experiments are seeded, small and complete; what theory says of them shows in the figures."""

from __future__ import annotations

import time

import numpy as np
import pytest

from symbackprop.claims import experiments
from symbackprop.claims.experiments import Experiment, Figure, bounce, gradient_sizes, hits_zero, least_squares, scales, zigzag

ALL = (zigzag, scales, bounce, gradient_sizes, hits_zero)


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


def test_gradients_stay_below_the_proven_bounds(runs: dict[str, Experiment]) -> None:
    paths = runs["gradient_sizes"].paths
    for name in ("sigmoid", "tanh", "relu"):
        for path, bound in zip(paths[name], paths[f"{name}, proven bound"], strict=True):
            assert np.all(path <= bound + 1e-9 * np.abs(bound))
    assert np.allclose(paths["relu"][0], paths["relu, proven bound"][0])


def test_zero_is_met_only_by_zero_weights(runs: dict[str, Experiment]) -> None:
    figures = runs["hits_zero"].figures
    assert figures["normal weights: share of z = 0"].extremes == (0.0, 0.0)
    assert figures["weights that start at 0: share of z = 0"].extremes == (1.0, 1.0)


def test_bouncing_elu_reaches_its_target_and_relu_dies(runs: dict[str, Experiment]) -> None:
    figures = runs["bounce"].figures
    assert figures["elu: distance from the target at the end"].extremes[1] < figures["relu: distance from the target at the end"].median


def test_descent_on_a_known_problem() -> None:
    x = np.eye(2) * np.array([1.0, 2.0])
    run = least_squares(x, x @ np.array([1.0, -1.0]), np.zeros(2))
    assert run.condition == pytest.approx(4) and run.path[-1] == pytest.approx([1, -1], abs=2e-3)
    assert run.detour >= 1 and run.steps == len(run.path) - 1


def test_a_figure_has_its_spread() -> None:
    figure = Figure(tuple(float(k) for k in range(1, 21)))
    assert figure.median == 10.5 and figure.quartiles == (5.75, 15.25) and figure.extremes == (1, 20)
    assert "20 seeds" in str(figure) and experiments.SEEDS == 20
