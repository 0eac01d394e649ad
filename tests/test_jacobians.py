"""Jacobians, Hessians and directional derivatives against differences of the forward pass."""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.derivation import Derivation
from symbackprop.language.evaluate import forward, value
from symbackprop.language.tensors import Index
from symbackprop.layer import Layer
from symbackprop.verify.points import points

STEP = 1e-30


def at(layer: Layer, seed: int = 1) -> dict[str, np.ndarray]:
    """Values of the layer's inputs at a generic point."""
    return {k: np.asarray(v, dtype=np.int64 if layer.tensors[k].is_integer_valued else np.float64)
            for k, v in points(layer, 1, seed)[0].inputs.items()}


def differences(layer: Layer, of: str, wrt: str, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """∂of/∂wrt by the complex step, the axes of `wrt` last."""
    start = arrays[wrt]
    columns = []
    for place in np.ndindex(start.shape):
        moved = start.astype(complex)
        moved[place] += 1j * STEP
        columns.append(np.asarray(forward(layer, {**arrays, wrt: moved})[of]).imag / STEP)
    stacked = np.array(columns).reshape(*start.shape, *np.shape(columns[0]))
    return np.moveaxis(stacked, range(start.ndim), range(-start.ndim, 0)) if start.ndim else stacked


def found(derivation: Derivation, expression: Any, indices: tuple[Any, ...], layer: Layer, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """A line of a derivation as an array over the goal's indices."""
    every = forward(layer, arrays)
    sizes = {s: n for t in layer.tensors.values() for s, n in zip(t.sizes, np.shape(every[t.name]), strict=True)}
    return np.asarray(value(expression, tuple(i for i in indices if isinstance(i, Index)), {**arrays, **every}, sizes))


JACOBIANS = [
    ("softmax", "p", "z"), ("log_softmax", "y", "z"), ("linear", "z", "W"), ("linear", "z", "x"), ("batch_norm", "y", "x"),
    ("batch_norm", "xhat", "x"), ("layer_norm", "y", "x"), ("rms_norm", "y", "x"), ("tanh", "y", "x"), ("inverse", "B", "A"),
    ("scaled_dot_product_attention", "O", "Q"), ("scaled_dot_product_attention", "P", "K"), ("conv1d", "y", "W"),
    ("quadratic_form", "C", "x"), ("rnn_cell", "h1", "U"), ("lstm_cell", "h1", "c0"),
]


@pytest.mark.parametrize(("name", "of", "wrt"), JACOBIANS)
def test_jacobian(name: str, of: str, wrt: str) -> None:
    layer = sb.layers.get(name)
    arrays = at(layer)
    derivation = sb.jacobian(layer, of, wrt)
    goal = derivation.goal
    indices = (*goal.of.indices, *goal.by[0].indices)
    expected = differences(layer, of, wrt, arrays)
    np.testing.assert_allclose(found(derivation, derivation.result, indices, layer, arrays), expected, rtol=1e-9, atol=1e-12)


HESSIANS = [("mse_loss", "x"), ("half_squared_error", "x"), ("cross_entropy", "z"), ("binary_cross_entropy_with_logits", "z"),
            ("quadratic_form", "x"), ("logdet", "A"), ("frobenius_norm", "A"), ("l2_regularizer", "W")]


@pytest.mark.parametrize(("name", "wrt"), HESSIANS)
def test_hessian_is_the_derivative_of_the_gradient(name: str, wrt: str) -> None:
    layer = sb.layers.get(name)
    arrays = at(layer)
    derivation = sb.hessian(layer, wrt)
    first, second = derivation.goal.by
    gradient_layer = derivation.layer
    expected = differences(gradient_layer, f"d{wrt}", wrt, arrays)
    got = found(derivation, derivation.result, (*first.indices, *second.indices), layer, arrays)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "wrt"), HESSIANS)
@pytest.mark.parametrize("order", [1, 2])
def test_directional_derivative(name: str, wrt: str, order: int) -> None:
    layer = sb.layers.get(name)
    arrays = at(layer)
    u = np.random.default_rng(0).normal(size=arrays[wrt].shape)
    derivation = sb.directional_derivative(layer, wrt, order=order)
    got = found(derivation, derivation.result, (), derivation.layer, {**arrays, "u": u})
    h = 1e-4
    cost = [float(np.asarray(layer.evaluate(**{**arrays, wrt: arrays[wrt] + t * h * u})).item()) for t in (-2, -1, 0, 1, 2)]
    slope = (cost[0] - 8 * cost[1] + 8 * cost[3] - cost[4]) / (12 * h)
    curvature = (-cost[0] + 16 * cost[1] - 30 * cost[2] + 16 * cost[3] - cost[4]) / (12 * h * h)
    assert got == pytest.approx(slope if order == 1 else curvature, rel=1e-5, abs=1e-5)


def test_the_softmax_jacobian_is_the_one_that_textbooks_print() -> None:
    result = sb.jacobian(sb.layers.softmax, "p", "z").text()
    assert "δ" in result.splitlines()[-1]


def test_what_has_no_jacobian_says_so() -> None:
    with pytest.raises(KeyError, match="has no variable 'q'"):
        sb.jacobian(sb.layers.softmax, "p", "q")
    with pytest.raises(ValueError, match="recurrence"):
        sb.jacobian(sb.layers.rnn, "h", "h0")
    with pytest.raises(ValueError, match="no scalar cost"):
        sb.hessian(sb.layers.softmax, "z")
    with pytest.raises(ValueError, match="is a variable of"):
        sb.directional_derivative(sb.layers.cross_entropy, "z", "p")
