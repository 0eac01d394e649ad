"""Every gradient on the shelf, intermediates included, is the oracle's: in balls, from the forward equations alone."""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shelf_points import LABELS

import symbackprop as sb
from symbackprop import layers
from symbackprop.verify.oracle import base, gradient_at
from symbackprop.verify.points import Point, points


def _floats(arrays: Any) -> dict[str, Any]:
    return {name: a if a.dtype.kind in "iu" else a.astype(np.float64) for name, a in arrays.items()}


def _derived(label: str, variable: str, point: Point) -> Any:
    layer = layers.named(label)
    above = {} if layer.is_cost else {f"d{name}": a for name, a in _floats(point.upstream).items()}
    return sb.derive(layer)[variable].evaluate(**{**point.given, **_floats(point.inputs), **above})


def _agrees(label: str, point: Point) -> int:
    """Compares every gradient at the point, where the layer is smooth in the entry; how many entries it compared."""
    layer = layers.named(label)
    at = base(layer, point.given, None if layer.is_cost else point.upstream)
    compared = 0
    for variable in sb.derive(layer):
        true, made = gradient_at(at, variable), _derived(label, variable, point)
        assert np.shape(made) == true.array.shape, variable
        smooth = true.smooth
        np.testing.assert_allclose(np.asarray(made)[smooth], true.array[smooth], rtol=1e-8, atol=1e-9,
                                   err_msg=f"{label}: the gradient of {variable} at sizes {dict(point.sizes)}")
        compared += int(smooth.sum())
    return compared


@pytest.mark.parametrize("label", LABELS)
def test_every_gradient_is_the_oracles_at_three_sets_of_sizes(label: str) -> None:
    layer = layers.named(label)
    assert {t.name for t in layer.tensors.values() if not t.is_integer_valued} <= set(sb.derive(layer))
    for point in points(layer, count=3, shapes=3):
        assert _agrees(label, point) > 0
