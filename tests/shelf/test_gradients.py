"""Every gradient of the shelf is torch.autograd's, at kinks too, and linear in what comes from above.

The oracle of `verify` knows the forward equations only; torch knows nothing of this project.
"""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from shelf_gradients import TWENTY_EIGHT
from shelf_points import LABELS, SIZES, settled, upstream, values

import symbackprop as sb
from symbackprop import layers

KINKED = ("relu", "leaky_relu", "elu", "selu", "celu", "hardsigmoid", "hardtanh", "hardswish", "relu6",
          "softsign", "prelu", "l1_loss", "huber_loss", "smooth_l1_loss")


def gradient(label: str, variable: str, given: dict[str, Any], above: dict[str, Any]) -> Any:
    """The derived gradient at these values."""
    return sb.derive(layers.named(label))[variable].evaluate(**given, **above)


@pytest.mark.torch
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("k", range(len(SIZES)))
def test_every_gradient_is_torchs(label: str, k: int) -> None:
    pytest.importorskip("torch")
    from shelf_torch import TORCH, torch_gradients
    if label.partition(":")[0] not in TORCH:
        pytest.skip("torch has no such function")
    given = values(label, SIZES[k])
    above = upstream(layers.named(label), given)
    for variable, wanted in torch_gradients(label, given, settled(label), above).items():
        made = gradient(label, variable, given, above)
        assert np.shape(made) == wanted.shape, variable
        np.testing.assert_allclose(made, wanted, rtol=1e-7, atol=1e-10, err_msg=f"{label} d{variable}")


@pytest.mark.torch
@pytest.mark.parametrize(("label", "variable"), [row[1:] for row in TWENTY_EIGHT], ids=[row[0] for row in TWENTY_EIGHT])
def test_the_twenty_eight_gradients_are_torchs(label: str, variable: str) -> None:
    pytest.importorskip("torch")
    from shelf_torch import torch_gradients
    for seed, sizes in enumerate(SIZES):
        given = values(label, sizes, seed)
        above = upstream(layers.named(label), given, seed)
        wanted = torch_gradients(label, given, settled(label), above)[variable]
        made = gradient(label, variable, given, above)
        assert np.shape(made) == wanted.shape
        np.testing.assert_allclose(made, wanted, rtol=1e-9, atol=1e-12)


def test_there_are_twenty_eight() -> None:
    assert len(TWENTY_EIGHT) == len(set(TWENTY_EIGHT)) == 28


@pytest.mark.torch
@pytest.mark.parametrize("name", KINKED)
def test_at_its_kinks_a_gradient_follows_the_convention_of_torch(name: str) -> None:
    """Step(0) = sign(0) = 0: on the whole numbers, where all kinks lie."""
    pytest.importorskip("torch")
    from shelf_torch import torch_gradients
    grid = np.arange(-8.0, 8.0).reshape(8, 2)
    given = values(name, {"N": 8, "D": 2}) | {"x": grid} | ({"y": np.zeros((8, 2))} if name.endswith("loss") else {})
    above = upstream(layers.named(name), given)
    wanted = torch_gradients(name, given, settled(name), above)["x"]
    np.testing.assert_allclose(gradient(name, "x", given, above), wanted, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("label", LABELS)
def test_a_gradient_is_linear_in_what_comes_from_above(label: str) -> None:
    layer = layers.named(label)
    if layer.is_cost:
        pytest.skip("a cost starts from 1")
    inputs = [t.name for t in layer.inputs if not t.is_integer_valued]
    given = values(label, SIZES[0])
    one, two = upstream(layer, given, 1), upstream(layer, given, 2)

    @settings(max_examples=5, deadline=None)
    @drawn(st.sampled_from(inputs), st.integers(-9, 9), st.integers(-9, 9))
    def linear(name: str, a: int, b: int) -> None:
        mixed = {output: a*one[output] + b*two[output] for output in one}
        parts = a*gradient(label, name, given, one) + b*gradient(label, name, given, two)
        np.testing.assert_allclose(gradient(label, name, given, mixed), parts, rtol=1e-9, atol=1e-9)

    linear()
