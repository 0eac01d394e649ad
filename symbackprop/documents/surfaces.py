"""Pictures of a cost of two weights: lines of equal cost of ½ (w − t)ᵀ H (w − t), and a path of descent on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from symbackprop.documents.figures import INKS

LEVELS = np.array([0.02, 0.06, 0.14, 0.28, 0.5, 0.8, 1.2])
"""The lines drawn, as shares of the cost at the start of the path."""
MOST = 400
"""So many places of a path are drawn."""


def valley(ax: Any, hessian: Any, target: Any, path: Any, box: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """Lines of equal cost, the path from its start (a dot) and the minimum (a star), on the box ((from, to), (from, to))."""
    first, second = np.meshgrid(*(np.linspace(*side, 161) for side in box))
    away = np.stack([first - target[0], second - target[1]], axis=-1)
    cost = np.einsum("abi,ij,abj->ab", away, hessian, away) / 2
    start = (path[0] - target) @ hessian @ (path[0] - target) / 2
    ax.contour(first, second, cost, levels=LEVELS * start, colors="#667788", linewidths=0.6)
    descent(ax, path, target)
    ax.set(xlim=box[0], ylim=box[1], xlabel="$w_1$", ylabel="$w_2$")


def descent(ax: Any, path: Any, target: Any) -> None:
    """The path, its start and the minimum."""
    ax.plot(*_thinned(path).T, color=INKS[2], marker="o", markersize=1.6, linewidth=0.9)
    ax.plot(*path[0], marker="o", color="black", markersize=5, linestyle="none")
    ax.plot(*target, marker="*", color="black", markersize=10, linestyle="none")


def _thinned(path: Any) -> Any:
    """The first steps of a long path, and some of the others: they lie on one another."""
    if len(path) <= MOST:
        return path
    return path[np.unique(np.concatenate([np.arange(MOST // 2), np.linspace(0, len(path) - 1, MOST // 2).astype(int)]))]


def quadrants(ax: Any, reach: float, every: bool = False) -> None:
    """Shades where a step from the origin can lead: where both weights grow or both shrink, or everywhere."""
    for low in (-reach, 0.0):
        for other in (-reach, 0.0):
            if every or low == other:
                ax.fill_between([low, low + reach], other, other + reach, color="#dbe7f1", zorder=0, linewidth=0)
