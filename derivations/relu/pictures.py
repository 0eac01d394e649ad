"""The slope of the sigmoid and what bounds it; the size of a gradient against the depth of a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop import layers
from symbackprop.backprop import derive
from symbackprop.claims import slope_experiments
from symbackprop.documents.evidence import answered
from symbackprop.documents.figures import canvas, curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

SHOWN = {"sigmoid": r"$\sigma$", "tanh": r"$\tanh$", "relu": "ReLU"}
FIRST = 30


def sigmoid_slope() -> Canvas:
    """The slope, its largest value at 0, and the exponentials above it."""
    figure, (ax,) = canvas(5.0, 2.3)
    x = np.linspace(-7, 7, 401)
    slope = derive(layers.get("sigmoid"))["x"].evaluate(x=x[:, None], dy=np.ones((len(x), 1)))[:, 0]
    ax.plot(x, slope, **curve(0), label=r"$\sigma'(x)$")
    ax.plot(x, np.exp(-np.abs(x)), **curve(2), label=r"$e^{-|x|}$")
    ax.plot([0], [0.25], marker="o", color="black", markersize=4, linestyle="none")
    ax.axhline(0.25, **curve(1), label=r"$1/4$")
    ax.set(ylim=(0, 0.4), xlabel="$x$")
    ax.legend()
    return figure


def gradient_sizes() -> Canvas:
    """log10 of the gradient: over all layers the median of the seeds and their range, over the first layers one seed; with the bounds."""
    found = answered(slope_experiments.gradient_sizes)
    figure, (whole, first) = canvas(6.3, 2.7, 2)
    for k, name in enumerate(SHOWN):
        paths = found.paths[name]
        layer = np.arange(1, paths.shape[1] + 1)
        whole.fill_between(layer, paths.min(axis=0), paths.max(axis=0), color=curve(k)["color"], alpha=0.18, linewidth=0)
        _with_bound(whole, k, name, layer, np.median(paths, axis=0), np.median(found.paths[f"{name}, bound"], axis=0))
        _with_bound(first, k, name, layer[:FIRST], paths[0, :FIRST], found.paths[f"{name}, bound"][0, :FIRST])
    for ax in (whole, first):
        ax.set(xlabel="$M$")
    whole.set(ylabel=r"$\log_{10} |\partial y / \partial h|$")
    whole.legend()
    return figure


def _with_bound(ax: Any, k: int, name: str, layer: Any, path: Any, bound: Any) -> None:
    ax.plot(layer, path, **curve(k), label=SHOWN[name])
    ax.plot(layer, bound, color=curve(k)["color"], linestyle=(0, (1, 2.2)), linewidth=2.2, alpha=0.75)
