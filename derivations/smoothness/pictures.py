"""Activations with their slopes, from the project's own layers and the gradients it derives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop import layers
from symbackprop.backprop import derive
from symbackprop.claims import experiments
from symbackprop.documents.figures import canvas, curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

NAMES = ("relu", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "silu", "gelu", "mish", "celu", "softsign")
SIDES = (np.linspace(-4, -1e-6, 200), np.linspace(1e-6, 4, 200))


def activations() -> Canvas:
    """f of each activation."""
    return _panels(0)


def slopes() -> Canvas:
    """f′ of each, and f″ beside it; a jump at 0 is left open."""
    return _panels(1)


def _panels(order: int) -> Canvas:
    figure, axes = canvas(6.4, 4.6, 4, 3)
    for ax, name in zip(axes, NAMES, strict=True):
        for x in SIDES:
            value, slope = of(name, x)
            ax.plot(x, slope if order else value, **curve(0))
            if order:
                ax.plot(x, np.gradient(slope, x), **curve(2))
        ax.set_title(name.replace("_", " "))
        ax.axvline(0, color="#999999", linewidth=0.5)
        ax.set_xlim(-4, 4)
        ax.set_ylim((-0.6, 1.35) if order else (-2, 3))
    return figure


def of(name: str, x: Any) -> tuple[Any, Any]:
    """f and f′ at the numbers: the layer run, and its derived gradient with an upstream gradient of 1."""
    layer = layers.get(name)
    column = x[:, None]
    slope = derive(layer)["x"].evaluate(x=column, dy=np.ones_like(column))
    return np.asarray(layer.evaluate(x=column))[:, 0], np.asarray(slope)[:, 0]


def bounce() -> Canvas:
    """z step by step, ReLU against ELU, from the same start to the same target."""
    found = experiments.bounce()
    figure, (ax,) = canvas(5.0, 2.3)
    for k, name in enumerate(("relu", "elu")):
        path = found.paths[name][:31]
        ax.plot(np.arange(len(path)), path, **curve(2 * k), marker="os"[k], markersize=2.5, label=name)
    ax.axhline(0, color="#999999", linewidth=0.6)
    ax.set(xlabel="$t$", ylabel="$z$")
    ax.legend()
    return figure
