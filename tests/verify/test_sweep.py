"""The sweep and the oracle agree on every variable: on those that nothing mentions, and inside recurrences."""
from __future__ import annotations

from random import Random

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.layer import Layer
from symbackprop.layers.shelf import named
from symbackprop.verify.oracle import Method, true_gradient
from symbackprop.verify.points import points
from symbackprop.verify.sweep import swept

METHODS: tuple[Method, ...] = ("balls", "complex step")


@pytest.mark.parametrize("method", METHODS)
def test_an_input_that_no_equation_mentions_has_gradient_0(method: Method) -> None:
    layer = Layer("idle", "x[N], w[D,N], b -> C", "C = sum(x**2)")
    given = {"x": np.array([1.0, 2.0]), "w": np.ones((3, 2)), "b": np.array(4.0)}
    for name, shape in (("w", (3, 2)), ("b", ())):
        found = true_gradient(layer, name, given, method=method)
        assert found.array.shape == found.smooth.shape == shape
        assert not np.any(found.array)
        assert np.all(found.smooth)
        assert np.array_equal(swept(layer, given, None, [name])[1][name], np.zeros(shape))


def test_the_gradient_of_an_idle_input_is_judged() -> None:
    layer = Layer("idle", "x[N], w[D] -> C", "C = sum(x**2)")
    assert sb.check(layer, "dw[d] = 0*w[d]").verdicts["w"].status in ("proved", "agrees")
    assert sb.check(layer, "dw[d] = w[d]").verdicts["w"].status == "refuted"


RECURRENT = [
    Layer("walk", "x[T], h0, w -> C", "h[t] = tanh(w*h[t-1] + x[t]); h[-1] = h0; C = sum[t](h[t]**2)"),
    Layer("two in a circle", "x[T], w -> C", "a[t] = w*h[t-1] + x[t]; h[t] = tanh(a[t]); h[-1] = 0; C = sum[t](h[t]**2) + sum[t](a[t]**3)"),
    Layer("states out", "x[T,N], W[N,N] -> h[T,N]", "h[t,n] = tanh(sum[k](W[k,n]*h[t-1,k]) + x[t,n])"),
    Layer("only the last", "x[T], w -> C", "a[t] = w*h[t-1] + x[t]; h[t] = sigmoid(a[t]); C = h[T-1]**2"),
    Layer("after it", "x[T], w -> C", "h[t] = tanh(w*h[t-1] + x[t]); y[t] = h[t]**2; C = sum[t](y[t]*x[t])"),
    named("rnn"),
    named("lstm_cell"),
]


@pytest.mark.parametrize("layer", RECURRENT, ids=lambda layer: layer.name)
def test_inside_a_recurrence_the_sweep_is_right(layer: Layer) -> None:
    (point,) = points(layer, 1, Random(3).randrange(100))
    floats = {k: np.asarray(v, dtype=np.float64) if isinstance(v, np.ndarray) else v for k, v in point.given.items()}
    upstream = None if layer.is_cost else {k: np.asarray(v, dtype=np.float64) for k, v in point.upstream.items()}
    names = list(layer.tensors)
    together = swept(layer, floats, upstream, names)[1]
    for name in names:
        true = true_gradient(layer, name, floats, upstream).array
        assert np.allclose(together[name], true, 1e-10, 1e-12), name
        assert np.allclose(swept(layer, floats, upstream, [name])[1][name], true, 1e-10, 1e-12), name
