"""The slope of the sigmoid and what bounds it; the size of a gradient against the depth of a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from symbackprop import layers
from symbackprop.backprop import derive
from symbackprop.claims import experiments
from symbackprop.documents.figures import canvas, curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


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
    """log10 of the product of weights and slopes over 60 layers, one seed, and the proven bounds."""
    found = experiments.gradient_sizes(depth=60)
    figure, (ax,) = canvas(5.6, 2.7)
    for k, name in enumerate(("sigmoid", "tanh", "relu")):
        ax.plot(np.arange(1, 61), found.paths[name][0], **{**curve(k), "linestyle": "-"}, label=name)
        ax.plot(np.arange(1, 61), found.paths[f"{name}, proven bound"][0], **{**curve(k), "linestyle": (0, (1, 1.6)), "linewidth": 1})
    ax.set(xlabel="$M$", ylabel=r"$\log_{10} |\partial y / \partial a_0|$")
    ax.legend()
    return figure
