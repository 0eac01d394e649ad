"""Activations with their slopes, from the project's own layers and the gradients it derives; the bounce around 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop import layers
from symbackprop.backprop import derive
from symbackprop.claims.slope_experiments import bounce
from symbackprop.documents.evidence import answered
from symbackprop.documents.figures import canvas, curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

TITLES = {
    "relu": "ReLU", "leaky_relu": "LReLU", "elu": "ELU", "selu": "SELU", "sigmoid": "sigmoid", "tanh": "tanh", "softplus": "softplus",
    "silu": "SiLU", "gelu": "GELU", "mish": "Mish", "celu": "CELU", "softsign": "softsign",
}  # fmt: skip
SIDES = (np.linspace(-4, -1e-6, 200), np.linspace(1e-6, 4, 200))
STEPS = 30


def activations() -> Canvas:
    """f of each activation."""
    return _panels(0)


def slopes() -> Canvas:
    """f′ of each, and f″ beside it; a jump at 0 is left open."""
    return _panels(1)


def _panels(order: int) -> Canvas:
    figure, axes = canvas(6.3, 3.6, 4, 3)
    for ax, (name, title) in zip(axes, TITLES.items(), strict=True):
        for x in SIDES:
            value, slope = of(name, x)
            ax.plot(x, slope if order else value, **curve(0))
            if order:
                ax.plot(x, np.gradient(slope, x), **curve(2))
        ax.set_title(title)
        ax.axvline(0, color="#999999", linewidth=0.5)
        ax.set(xlim=(-4, 4), xticks=(-4, -2, 0, 2, 4), ylim=(-2.1, 2.1) if order else (-2, 3.2), yticks=(-2, -1, 0, 1, 2))
        ax.label_outer()
    return figure


def of(name: str, x: Any) -> tuple[Any, Any]:
    """f and f′ at the numbers: the layer run, and its derived gradient with an upstream gradient of 1."""
    layer = layers.get(name)
    column = x[:, None]
    slope = derive(layer)["x"].evaluate(x=column, dy=np.ones_like(column))
    return np.asarray(layer.evaluate(x=column))[:, 0], np.asarray(slope)[:, 0]


def bouncing() -> Canvas:
    """z step by step, ReLU against ELU, one seed: the same start, the same pull."""
    found = answered(bounce)
    figure, (ax,) = canvas(5.4, 2.3)
    for k, (name, title) in enumerate((("relu", "ReLU"), ("elu", "ELU"))):
        path = found.paths[name][0][: STEPS + 1]
        ax.plot(np.arange(len(path)), path, **{**curve(2 * k), "linewidth": 1.0}, marker="os"[k], markersize=3, label=title)
    ax.axhline(0, color="#999999", linewidth=0.8)
    ax.set(xlabel="$t$", ylabel="$z$")
    ax.legend()
    return figure
