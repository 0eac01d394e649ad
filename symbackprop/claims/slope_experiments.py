"""What the slopes of activations do, measured: seeded, small, with figures over at least 20 seeds.

    bounce()              a unit driven across z = 0, with the step 1/L: ReLU against ELU
    gradient_sizes()      |∂y/∂h| along a chain of single units against its depth, with the proven bounds
    network_gradients()   the same for networks of a width, from three sizes of initial weights
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symbackprop.claims.experiments import Experiment, Figure, enough

Floats = npt.NDArray[np.float64]
Elementwise = Callable[[Any], Any]
SEEDS, DEPTH, WIDTH = 24, 1000, 32
TINY = 1e-300


@dataclass(frozen=True)
class Unit:
    """An activation, its slope, and the largest value of the slope. `scales` where f(c z) = c f(z) for c > 0."""

    value: Elementwise
    slope: Elementwise
    largest: float
    scales: bool = False


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(z, -700, 700)))


UNITS: Mapping[str, Unit] = {
    "sigmoid": Unit(_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z)), 0.25),
    "tanh": Unit(np.tanh, lambda z: 1 - np.tanh(z) ** 2, 1.0),
    "relu": Unit(lambda z: np.maximum(z, 0.0), lambda z: (z > 0) * 1.0, 1.0, scales=True),
}

# ---- around z = 0

BOUNCING: Mapping[str, tuple[Elementwise, Elementwise]] = {
    "relu": (UNITS["relu"].value, UNITS["relu"].slope),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))), lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0)))),
}
"""An activation and its slope; the slope of ELU has the Lipschitz constant 1, that of ReLU has none."""


def bounce(seeds: int = SEEDS, steps: int = 60, size: float = 1.0) -> Experiment:
    """C(z) = f(z) − c z descended with steps of 1/L for ELU: the output costs, the rest of the network pulls z up with the slope c.

    Both costs are convex. ReLU's has its minimum at the corner 0, with the slopes −c and 1 − c beside it; ELU's at log c.
    """
    enough(seeds)
    random = [np.random.default_rng(seed) for seed in range(seeds)]
    start, pull = (np.array([r.uniform(*ends) for r in random]) for ends in ((0.5, 1.5), (0.2, 0.8)))
    lowest = {"relu": 0.0 * pull, "elu": pull - 1 - pull * np.log(pull)}
    figures: dict[str, Figure] = {}
    paths: dict[str, Floats] = {}
    for name, (f, slope) in BOUNCING.items():
        path = [start]
        for _ in range(steps):
            path.append(path[-1] - size * (slope(path[-1]) - pull))
        z = np.array(path)
        paths[name] = z.T
        gaps = f(z) - pull * z - lowest[name]
        figures |= {
            f"{name}: sign changes of z": _figure(np.sum(np.diff(np.sign(z), axis=0) != 0, axis=0)),
            f"{name}: steps that raise the cost": _figure(np.sum(np.diff(gaps, axis=0) > 1e-12, axis=0)),
            f"{name}: length of the last step": _figure(np.abs(z[-1] - z[-2])),
            f"{name}: cost above its minimum at the end": _figure(np.maximum(gaps[-1], 0.0)),
        }
    setup = {"seeds": seeds, "steps": steps, "step size": size, "start": "0.5 to 1.5", "pull": "0.2 to 0.8"}
    return Experiment("a unit around z = 0", setup, figures, paths)


def _figure(values: Any) -> Figure:
    return Figure(tuple(float(v) for v in values))


# ---- depth


def gradient_sizes(seeds: int = SEEDS, depth: int = DEPTH) -> Experiment:
    """log₁₀ |Π W[m] f′(z[m])| along a chain of single units without biases, weights standard normal.

    ReLU has the absolute values of the weights, so that its path is active. `paths` has the logarithm after every
    layer, a row a seed, and under "sigmoid, bound" and so on what is proven to bound it: Σ log₁₀ (|W[m]| sup f′).
    """
    enough(seeds)
    weights = np.stack([np.random.default_rng(seed).standard_normal(depth) for seed in range(seeds)])
    sizes = np.log10(np.abs(weights))
    paths: dict[str, Floats] = {}
    figures: dict[str, Figure] = {}
    for name, unit in UNITS.items():
        slopes = _along(unit, np.abs(weights) if unit.scales else weights)
        paths[name] = np.cumsum(sizes + np.log10(np.maximum(slopes, TINY)), axis=1)
        paths[f"{name}, bound"] = np.cumsum(sizes + np.log10(unit.largest), axis=1)
        figures |= {key: _figure(paths[key][:, -1]) for key in (name, f"{name}, bound")}
    setup = {"seeds": seeds, "depth": depth, "width": 1, "weights": "standard normal", "biases": 0, "input": 1}
    return Experiment("gradients along a chain", setup, figures, paths)


def _along(unit: Unit, weights: Floats) -> Floats:
    """f′(z[m]) for each chain, a row a seed; where f scales, a is kept at 1, which changes no slope."""
    a, slopes = np.ones(len(weights)), np.empty_like(weights)
    for m in range(weights.shape[1]):
        z = weights[:, m] * a
        slopes[:, m] = unit.slope(z)
        a = np.sign(unit.value(z)) if unit.scales else unit.value(z)
    return slopes


GAINS: Mapping[str, float] = {"half": 2**-0.5, "He": 2**0.5, "double": 2**1.5}
"""Standard deviations of the weights, times the root of the width: half of He's, He's, and twice He's."""


def network_gradients(seeds: int = SEEDS, depth: int = DEPTH, width: int = WIDTH) -> Experiment:
    """log₁₀ ‖Jᵀ d‖ for networks of that width and depth without biases, J = ∂y/∂a₀ and d a random unit vector.

    Weights are normal with the standard deviation gain/√width; −∞ would be a gradient that is 0 exactly.
    """
    enough(seeds)
    shape = depth, width, width
    draws = np.stack([np.random.default_rng(seed).standard_normal(shape, np.float32) for seed in range(seeds)], axis=1)
    draws /= np.float32(width**0.5)
    ends = np.stack([np.random.default_rng([seed, 1]).standard_normal((2, width)) for seed in range(seeds)], axis=1)
    start, back = (e / np.linalg.norm(e, axis=1, keepdims=True) for e in ends)
    figures = {
        f"{name}, {gain}": _figure(_pulled_back(unit, draws, scale, start, back))
        for name, unit in UNITS.items()
        for gain, scale in GAINS.items()
    }
    setup = {"seeds": seeds, "depth": depth, "width": width, "weights": "normal, gain/√width", "biases": 0}
    return Experiment("gradients through networks", setup, figures)


def _pulled_back(unit: Unit, draws: npt.NDArray[np.float32], scale: float, a: Floats, d: Floats) -> Floats:
    """log₁₀ of the length of the gradient, layer by layer from the last one down, its length taken out at each."""
    slopes = np.empty((len(draws), *a.shape))
    for m, weights in enumerate(draws):
        z = scale * np.einsum("sij,si->sj", weights, a)
        slopes[m] = unit.slope(z)
        a = unit.value(z)
        a = a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), TINY) if unit.scales else a
    total = np.zeros(len(a))
    for m in range(len(draws) - 1, -1, -1):
        d = scale * np.einsum("sij,sj->si", draws[m], slopes[m] * d)
        length = np.linalg.norm(d, axis=1)
        total += np.log10(np.maximum(length, TINY))
        d = d / np.maximum(length, TINY)[:, None]
    return total
