"""The pictures of the text on inputs that are not centred, drawn from what gradient descent does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop.claims.experiments import zigzag
from symbackprop.documents.figures import INKS, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

STEPS = 12


def quadrants() -> Canvas:
    """Paths in the plane (w1, w2): inputs x > 0 one example at a time, against steps of free sign; both of the same length a step."""
    figure, axes = canvas(6.2, 2.9, 2)
    for ax, target in zip(axes, ((2.0, 2.0), (2.0, -2.0)), strict=True):
        for low in (-3, 0):
            ax.fill_between([low, low + 3], low, low + 3, color="#e3edf5", zorder=0)
        path = nearest(np.array(target))
        ax.plot(*path.T, color=INKS[2], marker="o", markersize=2.5, linewidth=1.2)
        ax.plot([0, target[0]], [0, target[1]], color=INKS[1], linestyle="--", linewidth=1.2)
        ax.plot(*target, marker="*", color="black", markersize=9, linestyle="none")
        ax.set(xlim=(-0.6, 3), ylim=(-2.4, 1.2) if target[1] < 0 else (-0.6, 3), xlabel="$w_1$", ylabel="$w_2$", aspect="equal")
    return figure


def nearest(target: Any) -> Any:
    """Steps from (0, 0) whose two components have one sign, each the one that comes nearest to the target."""
    inputs = np.array([(1.0, 0.15), (0.15, 1.0)])
    path = [np.zeros(2)]
    for _ in range(STEPS):
        options = [path[-1] + s * 0.5 * x for x in inputs for s in (1.0, -1.0)]
        best = min(options, key=lambda w: float(np.sum((w - target) ** 2)))
        if np.sum((best - target) ** 2) >= np.sum((path[-1] - target) ** 2):
            break
        path.append(best)
    return np.array(path)


def contours() -> Canvas:
    """Lines of equal cost of both least-squares problems, and gradient descent on each from the same start."""
    found = zigzag()
    figure, axes = canvas(6.2, 2.9, 2)
    first, second = np.meshgrid(np.linspace(-0.4, 1.6, 80), np.linspace(-1.6, 0.4, 80))
    for ax, name in zip(axes, ("positive", "centred"), strict=True):
        away = np.stack([first - 1, second + 1], axis=-1)
        cost = np.einsum("abi,ij,abj->ab", away, found.paths["hessians"][name], away)
        ax.contour(first, second, cost, levels=8, colors="#8899aa", linewidths=0.6)
        ax.plot(*found.paths[name].T, color=INKS[2], marker="o", markersize=2, linewidth=1)
        ax.plot(1, -1, marker="*", color="black", markersize=9, linestyle="none")
        ax.set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal")
    return figure
