"""Every layer of the shelf computes what its formula says, at unequal sizes."""
from __future__ import annotations

import numpy as np
import pytest
from shelf_formulas import FORMULAS
from shelf_points import CASES, LABELS, SIZES, outputs, settled, values

from symbackprop import layers


def test_every_layer_has_a_formula() -> None:
    assert set(FORMULAS) == set(layers.names())


@pytest.mark.parametrize(("label", "k"), CASES)
def test_a_layer_computes_its_formula(label: str, k: int) -> None:
    layer, given = layers.named(label), values(label, SIZES[k])
    expected = FORMULAS[label.partition(":")[0]](**{**settled(label), **given})
    expected = expected if isinstance(expected, tuple) else (expected,)
    made = outputs(layer, given)
    assert [t.name for t in layer.outputs] == list(made)
    for array, wanted in zip(made.values(), expected, strict=True):
        assert np.shape(array) == np.shape(wanted)
        np.testing.assert_allclose(array, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.torch
@pytest.mark.parametrize("label", LABELS)
def test_a_layer_computes_what_torch_computes(label: str) -> None:
    pytest.importorskip("torch")
    from shelf_torch import TORCH, tensors, torch_outputs
    if label.partition(":")[0] not in TORCH:
        pytest.skip("torch has no such function")
    layer = layers.named(label)
    for sizes in SIZES:
        given = values(label, sizes)
        wanted = torch_outputs(label, tensors(given), settled(label))
        for array, output in zip(outputs(layer, given).values(), wanted, strict=True):
            np.testing.assert_allclose(array, output.detach().numpy(), rtol=1e-7, atol=1e-12)
