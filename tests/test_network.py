"""Layers composed: names, shapes, one derivation for a thousand layers."""
from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.network import Relabelled


def mlp(depth: int) -> sb.Layer:
    """depth × (linear, relu), then a linear layer and the squared error."""
    parts = [sb.layers.linear, sb.layers.relu] * depth + [sb.layers.linear, sb.layers.mse_loss]
    return sb.compose("mlp", *parts)


def test_what_several_parts_share_gets_a_number() -> None:
    network = mlp(2)
    assert [t.name for t in network.inputs] == ["x", "W1", "b1", "W2", "b2", "W3", "b3", "y3"]
    assert [e.tensor.name for e in network.equations] == ["z1", "y1", "z2", "y2", "z3", "C"]
    assert [str(s) for s in network.tensors["W2"].sizes] == ["H1", "H2"]
    assert network.is_cost


def test_its_gradients_are_those_of_the_whole() -> None:
    network = mlp(2)
    rng = np.random.default_rng(0)
    sizes = [3, 4, 5, 2]
    arrays = {"x": rng.normal(size=(6, 3)), "y3": rng.normal(size=(6, 2))}
    for k in range(3):
        arrays[f"W{k + 1}"] = rng.normal(size=(sizes[k], sizes[k + 1]))
        arrays[f"b{k + 1}"] = rng.normal(size=sizes[k + 1])
    gradients = sb.derive(network)
    for name in ("W1", "b2", "x"):
        expected = np.zeros_like(arrays[name])
        for place in np.ndindex(expected.shape):
            values = []
            for sign in (1, -1):
                moved = {**arrays, name: arrays[name].copy()}
                moved[name][place] += sign * 1e-6
                values.append(float(network.evaluate(**moved)))
            expected[place] = (values[0] - values[1]) / 2e-6
        np.testing.assert_allclose(gradients[name].evaluate(**arrays), expected, rtol=1e-6, atol=1e-8)


def test_a_layer_is_derived_once_and_renamed_when_looked_at() -> None:
    gradients = sb.derive(mlp(500))
    first, last, _ = gradients["W1"], gradients["W400"], gradients["z7"]
    assert isinstance(first.steps, Relabelled)
    assert str(first.matrix_form) == "x.T @ dz1"
    assert str(last.matrix_form) == "y399.T @ dz400"
    assert len(gradients._layers) == 2


def test_a_thousand_layers_as_text_do_not_recurse() -> None:
    depth = 300
    signature = "x[N,D0], " + ", ".join(f"W{k}[D{k},D{k + 1}]" for k in range(depth)) + f" -> a{depth - 1}[N,D{depth}]"
    lines = [f"z{k} = {f'a{k - 1}' if k else 'x'} @ W{k}\na{k} = tanh(z{k})" for k in range(depth)]
    gradients = sb.derive(sb.Layer("deep", signature, "\n".join(lines)))
    assert str(gradients["W0"].matrix_form) == "x.T @ dz0"
    assert str(gradients["z7"].matrix_form) == "da7 * (1 - a7**2)"


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"part 2, linear, takes x\[N, D\] but is given C"):
        sb.compose("wrong", sb.layers.mse_loss, sb.layers.linear)
    with pytest.raises(ValueError, match="at least one layer"):
        sb.compose("empty")


def test_a_network_shows_itself() -> None:
    text = sb.derive(mlp(1))["W1"].text()
    assert "x" in text and "dz₁" in text
