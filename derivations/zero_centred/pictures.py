"""The pictures of the text on inputs that are not centred, drawn from what gradient descent does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop.claims.experiments import zigzag
from symbackprop.documents.evidence import answered
from symbackprop.documents.figures import INKS, canvas
from symbackprop.documents.surfaces import descent, quadrants, valley

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

INPUTS = ("positive", "centred")


def targets() -> Canvas:
    """Two targets in the plane (w1, w2), and to each the straight way and a way of steps whose components have one sign."""
    figure, axes = canvas(6.2, 2.9, 2)
    for ax, target in zip(axes, (np.array([2.0, 2.0]), np.array([2.0, -2.0])), strict=True):
        quadrants(ax, 4.0)
        descent(ax, alternating(target), target)
        ax.plot([0, target[0]], [0, target[1]], color=INKS[1], linestyle="--", linewidth=1.3)
        ax.set(xlim=(-0.6, 2.6), ylim=sorted((-0.6 * np.sign(target[1]), 2.6 * np.sign(target[1]))), xlabel="$w_1$", ylabel="$w_2$")
        ax.set_aspect("equal")
    return figure


def alternating(target: Any, rounds: int = 4) -> Any:
    """From (0, 0) to the target by steps along (1, 0.15) and (0.15, 1) in turn, backwards where the target asks for it."""
    inputs = np.array([(1.0, 0.15), (0.15, 1.0)])
    lengths = np.linalg.solve(inputs.T, target) / rounds
    return np.vstack([np.zeros(2), np.cumsum(np.tile(lengths[:, None] * inputs, (rounds, 1)), axis=0)])


def one_by_one() -> Canvas:
    """Updates example by example in the plane (w1, w2), from one run of the experiment, against the straight way."""
    found = answered(zigzag)
    figure, axes = canvas(6.2, 2.9, 2)
    for ax, name in zip(axes, INPUTS, strict=True):
        path, target = found.paths[f"{name}, one by one"], found.paths["targets"][name]
        quadrants(ax, 2.0, every=name == "centred")
        ax.plot([0, target[0]], [0, target[1]], color=INKS[1], linestyle="--", linewidth=1.3)
        descent(ax, path, target)
        ax.set(xlim=(-0.3, 1.3), ylim=(-1.35, 0.25), xlabel="$w_1$", ylabel="$w_2$", aspect="equal")
    return figure


def contours() -> Canvas:
    """Lines of equal cost of both least-squares problems, and gradient descent on each from the same start."""
    found = answered(zigzag)
    figure, axes = canvas(6.2, 2.9, 2)
    for ax, name in zip(axes, INPUTS, strict=True):
        valley(ax, found.paths["hessians"][name], found.paths["targets"][name], found.paths[name], ((-0.4, 1.6), (-1.6, 0.4)))
        ax.set_aspect("equal")
    return figure
