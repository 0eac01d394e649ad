"""Windows that slide: the sizes at which they are tested show strides, overlaps and padding, and the mistakes people make there."""
from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.code_checking import check_code
from symbackprop.layers.shelf import named
from symbackprop.testing import check_gradient
from symbackprop.verify.points import size_sets
from symbackprop.verify.spots import spots
from symbackprop.verify.windows import apart, overlapping, widened, windows

SLIDING = ["conv1d", "conv1d:stride=2", "conv1d:stride=3,padding=2", "conv2d", "conv2d:stride=2,padding=1", "conv2d:stride=2",
           "max_pool1d:kernel_size=3,stride=2", "max_pool2d:kernel_size=3,stride=2", "max_pool2d:stride=2", "avg_pool2d:stride=2,padding=1"]


@pytest.mark.parametrize("name", SLIDING)
def test_several_windows_overlap_at_every_set_of_sizes(name: str) -> None:
    layer = named(name)
    assert windows(layer)
    for sizes in size_sets(layer, 3, Random(0)):
        assert overlapping(layer, sizes) == len(windows(layer))
    assert any(overlapping(layer, s.point.sizes) == len(windows(layer)) for s in spots(layer).fine)


@pytest.mark.parametrize("name", ["max_pool2d:kernel_size=2", "linear", "batch_norm", "rnn"])
def test_what_does_not_slide_has_no_windows(name: str) -> None:
    layer = named(name)
    assert windows(layer) == ()
    assert spots(layer).sliding == []
    assert widened(layer, {"N": 1}) == {"N": 1}


# ---- mistakes -----------------------------------------------------------------------------------------------------------

def convolution(stride: int, pad: int, cut: bool = False, assign: bool = False, whole: bool = True) -> tuple[Callable[..., Any], ...]:
    """A convolution with its backward pass; `cut` by [pad:-pad], `assign` instead of adding, borders lost unless `whole`."""
    def forward(x: Any, W: Any, b: Any) -> Any:
        x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        P, Q = W.shape[2:]
        rows, columns = ((n + 2*pad - p)//stride + 1 for n, p in zip(x.shape[2:], (P, Q), strict=True))
        y = np.zeros((len(x), len(W), rows, columns))
        for i in range(rows):
            for j in range(columns):
                part = x_pad[:, None, :, i*stride:i*stride + P, j*stride:j*stride + Q]
                y[:, :, i, j] = np.sum(part*W, axis=(2, 3, 4)) + b
        return y, (x_pad, x.shape, W)

    def backward(dy: Any, cache: Any) -> Any:
        x_pad, shape, W = cache
        P, Q = W.shape[2:]
        dx_pad, dW = np.zeros_like(x_pad), np.zeros_like(W)
        for i in range(dy.shape[2]):
            for j in range(dy.shape[3]):
                at = (slice(i*stride, i*stride + P), slice(j*stride, j*stride + Q))
                dW += np.einsum("nf,ndpq->fdpq", dy[:, :, i, j], x_pad[:, :, *at])
                given = np.einsum("nf,fdpq->ndpq", dy[:, :, i, j], W)
                dx_pad[:, :, *at] = given if assign else dx_pad[:, :, *at] + given
        if cut:
            return dx_pad[:, :, pad:-pad, pad:-pad], dW, dy.sum(axis=(0, 2, 3))
        end = [pad + n for n in shape[2:]] if whole else [pad + n - 1 for n in shape[2:]]
        dx = np.zeros(shape)
        inner = dx_pad[:, :, pad:end[0], pad:end[1]]
        dx[:, :, :inner.shape[2], :inner.shape[3]] = inner
        return dx, dW, dy.sum(axis=(0, 2, 3))
    return forward, backward


def pooling(size: int, stride: int, assign: bool = False) -> tuple[Callable[..., Any], ...]:
    """Maximum pooling; `assign` loses what an earlier window gave."""
    def forward(x: Any) -> Any:
        rows, columns = ((n - size)//stride + 1 for n in x.shape[2:])
        y = np.zeros((*x.shape[:2], rows, columns))
        for i in range(rows):
            for j in range(columns):
                y[:, :, i, j] = x[:, :, i*stride:i*stride + size, j*stride:j*stride + size].max(axis=(2, 3))
        return y, (x, y)

    def backward(dy: Any, cache: Any) -> Any:
        x, y = cache
        dx = np.zeros_like(x)
        for n, d, i, j in np.ndindex(y.shape):
            part = x[n, d, i*stride:i*stride + size, j*stride:j*stride + size]
            p, q = np.unravel_index(np.argmax(part), part.shape)
            place = n, d, i*stride + p, j*stride + q
            dx[place] = dy[n, d, i, j] if assign else dx[place] + dy[n, d, i, j]
        return dx
    return forward, backward


def statuses(functions: tuple[Callable[..., Any], ...], layer: str) -> dict[str, str]:
    return {k: v.status for k, v in check_gradient(*functions, sb.layers.named(layer)).items()}


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1), (3, 2)])
def test_convolutions(stride: int, pad: int) -> None:
    name = f"conv2d:stride={stride},padding={pad}"
    assert statuses(convolution(stride, pad), name) == {"x": "agrees", "W": "agrees", "b": "agrees"}
    assert statuses(convolution(stride, pad, assign=True), name)["x"] == "refuted"
    assert statuses(convolution(stride, pad, whole=False), name)["x"] == "refuted"
    assert (statuses(convolution(stride, pad, cut=True), name)["x"] == "refuted") is (pad == 0)


@pytest.mark.parametrize(("size", "stride"), [(2, 1), (3, 1), (3, 2), (2, 2)])
def test_pooling(size: int, stride: int) -> None:
    name = f"max_pool2d:kernel_size={size},stride={stride}"
    assert statuses(pooling(size, stride), name) == {"x": "agrees"}
    assert statuses(pooling(size, stride, assign=True), name) == {"x": "agrees" if stride >= size else "refuted"}


def test_what_is_wrong_only_where_windows_overlap_is_said_so() -> None:
    source = """
import numpy as np
def backward(dout, x, size, s):
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for d in range(x.shape[1]):
            for i in range(dout.shape[2]):
                w = x[n, d, i*s:i*s+size]
                dx[n, d, i*s:i*s+size] = (w == np.max(w)) * dout[n, d, i]
    return dx
"""
    layer = named("max_pool1d:stride=2")
    sizes = apart(layer)
    assert sizes is not None and sizes["L"] >= 2 * sizes["P"] == 4
    verdict = check_code(layer, source, call="dx = backward(dout, x, P, 2)").verdicts["x"]
    assert verdict.status == "refuted"
    assert "right where windows don't overlap" in verdict.notes
    wrong = check_code(layer, source.replace("dout[n, d, i]", "2 * dout[n, d, i]"), call="dx = backward(dout, x, P, 2)").verdicts["x"]
    assert "right where windows don't overlap" not in wrong.notes
    assert apart(named("max_pool1d")) is None  # a step of 1: windows of several taps always overlap
