"""Measured, not proved: small seeded experiments, each with its figures over at least 20 seeds and their spread.

    zigzag()            least squares with positive inputs against the same inputs centred
    scales()            least squares with features on scales 1 and 1000, against the same normalised
    hits_zero()         how often a pre-activation is 0 exactly

What the slopes of activations do is in `slope_experiments`.

An experiment is data: setup, figures, paths. Nothing is drawn here, and nothing is compared with what it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from symbackprop.language.evaluate import forward
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict

Floats = npt.NDArray[np.float64]
SEEDS = 20


@dataclass(frozen=True)
class Figure:
    """A number over seeds: its median, quartiles, least and largest value."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the seeds lie below it."""
        return float(np.median(self.values))

    @property
    def quartiles(self) -> tuple[float, float]:
        """A quarter of the seeds lie below, a quarter above."""
        low, high = np.quantile(self.values, (0.25, 0.75))
        return float(low), float(high)

    @property
    def extremes(self) -> tuple[float, float]:
        """The least and the largest."""
        return min(self.values), max(self.values)

    def __str__(self) -> str:
        low, high = self.quartiles
        return f"{self.median:.4g} (quartiles {low:.4g} to {high:.4g}, {len(self.values)} seeds)"


@dataclass(frozen=True)
class Experiment:
    """What was set up, the figures by name, and paths or curves to draw."""

    name: str
    setup: Mapping[str, Any]
    figures: Mapping[str, Figure]
    paths: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def verdict(self) -> Verdict:
        """An experiment is measured, whatever it shows."""
        return Verdict("measured", "; ".join(f"{k}: {v}" for k, v in self.figures.items()), "experiment")

    @property
    def status(self) -> str:
        """measured."""
        return self.verdict.status

    def __str__(self) -> str:
        setup = ", ".join(f"{k} {v}" for k, v in self.setup.items())
        return "\n".join([f"measured: {self.name} ({setup})", *(f"  {k}: {v}" for k, v in self.figures.items())])


# ---- gradient descent on least squares


@dataclass(frozen=True)
class Descent:
    """A run: the path, and how many steps it took to come within the tolerance, at most `most`."""

    path: Floats
    steps: int
    hessian: Floats
    target: Floats

    @property
    def left(self) -> float:
        """How much of the distance to the minimum is left at the end."""
        return float(np.linalg.norm(self.path[-1] - self.target) / np.linalg.norm(self.path[0] - self.target))

    @property
    def condition(self) -> float:
        """The largest eigenvalue of the Hessian over the least."""
        values = np.linalg.eigvalsh(self.hessian)
        return float(values[-1] / values[0])

    @property
    def detour(self) -> float:
        """The length of the path over the straight line from its start to its end."""
        moves = np.diff(self.path, axis=0)
        straight = float(np.linalg.norm(self.path[-1] - self.path[0]))
        return float(np.linalg.norm(moves, axis=1).sum()) / straight


def least_squares(x: Floats, y: Floats, start: Floats, tolerance: float = 1e-3, most: int = 200_000) -> Descent:
    """Gradient descent on ½/N Σ (w·x − y)² with the step 1/L, L the largest eigenvalue of the Hessian xᵀx/N.

    It ends where the distance to the minimum is `tolerance` times what it was at first.
    """
    hessian = x.T @ x / len(x)
    target: Floats = np.asarray(np.linalg.solve(hessian, x.T @ y / len(x)), dtype=np.float64)
    # A step w − η H (w − t) takes w − t to (1 − η H)(w − t).
    contraction = np.eye(len(target)) - hessian / np.linalg.eigvalsh(hessian)[-1]
    away = start - target
    ways, near = [away], tolerance**2 * float(away @ away)
    while away @ away > near and len(ways) <= most:
        away = contraction @ away
        ways.append(away)
    return Descent(np.array(ways) + target, len(ways) - 1, hessian, target)


def online(x: Floats, y: Floats, start: Floats, size: float, tolerance: float = 1e-2, most: int = 20_000) -> Floats:
    """The path of one example after the other, each update −η (w·xₙ − yₙ) xₙ: with xₙ > 0 all weights move the same way."""
    target = np.linalg.lstsq(x, y, rcond=None)[0]
    w, path = start.copy(), [start.copy()]
    while np.linalg.norm(w - target) > tolerance * np.linalg.norm(start - target) and len(path) <= most:
        row = (len(path) - 1) % len(x)
        w = w - size * (x[row] @ w - y[row]) * x[row]
        path.append(w.copy())
    return np.array(path)


def zigzag(seeds: int = SEEDS, samples: int = 50) -> Experiment:
    """Positive inputs against the same inputs centred; the target lies to the south-east of the start."""
    enough(seeds)
    wanted = np.array([1.0, -1.0])
    runs: dict[str, list[Descent]] = {"positive": [], "centred": []}
    paths: list[dict[str, Floats]] = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        x = random.uniform(0.0, 1.0, (samples, 2))
        inputs = {"positive": x, "centred": x - x.mean(axis=0)}
        for name, given in inputs.items():
            runs[name].append(least_squares(given, given @ wanted, np.zeros(2)))
        paths.append(
            {
                name: online(given, given @ wanted, np.zeros(2), 0.9 / float(np.max((given**2).sum(axis=1))))
                for name, given in inputs.items()
            }
        )
    figures = {**_of_runs(runs), **_of_paths(paths)}
    shown = {f"{name}, one by one": paths[0][name] for name in paths[0]} | _drawn(runs)
    setup = {"samples": samples, "weights": 2, "target": tuple(wanted.tolist()), "start": (0.0, 0.0), "step": "1/L", "tolerance": 1e-3}
    return Experiment("zig-zag of positive inputs", setup, figures, shown)


def _drawn(runs: Mapping[str, list[Descent]]) -> dict[str, Any]:
    """The first run of each kind: path by path, and the Hessians and targets by name."""
    first = {name: many[0] for name, many in runs.items()}
    about = {"hessians": {n: r.hessian for n, r in first.items()}, "targets": {n: r.target for n, r in first.items()}}
    return {**{n: r.path for n, r in first.items()}, **about}


def _of_runs(runs: Mapping[str, list[Descent]]) -> dict[str, Figure]:
    found = {}
    for name, many in runs.items():
        found[f"{name}: steps"] = Figure(tuple(float(r.steps) for r in many))
        found[f"{name}: path over straight line"] = Figure(tuple(r.detour for r in many))
        found[f"{name}: condition number"] = Figure(tuple(r.condition for r in many))
        found[f"{name}: distance left"] = Figure(tuple(r.left for r in many))
    return found


def _of_paths(paths: list[dict[str, Floats]]) -> dict[str, Figure]:
    """Of the runs that take one example after the other."""
    found = {}
    for name in paths[0]:
        found[f"{name}: updates, one by one"] = Figure(tuple(float(len(p[name]) - 1) for p in paths))
        found[f"{name}: path over straight line, one by one"] = Figure(tuple(_detour(p[name]) for p in paths))
        found[f"{name}: updates of one sign, one by one"] = Figure(tuple(_one_sign(p[name]) for p in paths))
    return found


def _detour(path: Floats) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / np.linalg.norm(path[-1] - path[0]))


def _one_sign(path: Floats) -> float:
    """The share of updates that move all weights up or all down."""
    moves = np.diff(path, axis=0)
    return float(np.mean(np.all(moves >= 0, axis=1) | np.all(moves <= 0, axis=1)))


def scales(seeds: int = SEEDS, samples: int = 100) -> Experiment:
    """One feature in [0, 1], another in [1, 1000], before and after normalising each."""
    enough(seeds)
    runs: dict[str, list[Descent]] = {"raw": [], "normalised": []}
    most = 20_000
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        x = np.stack([random.uniform(0, 1, samples), random.uniform(1, 1000, samples)], axis=1)
        for name, given in {"raw": x, "normalised": (x - x.mean(axis=0)) / x.std(axis=0)}.items():
            spread = given.std(axis=0)
            wanted = np.array([1.0, 1.0]) / spread
            runs[name].append(least_squares(given, given @ wanted, np.zeros(2), most=most))
    setup = {"samples": samples, "features": "0 to 1 and 1 to 1000", "step": "1/L", "tolerance": 1e-3, "at most": f"{most} steps"}
    return Experiment("features on different scales", setup, _of_runs(runs), _drawn(runs))


def enough(seeds: int) -> None:
    """Raises ValueError where the seeds are too few for a figure with its spread."""
    if seeds < SEEDS:
        raise ValueError(f"seeds = {seeds}; a figure with its spread needs at least {SEEDS}")


# ---- z = 0


def hits_zero(seeds: int = SEEDS, samples: int = 10_000) -> Experiment:
    """How many of normal pre-activations are 0 exactly: with normal weights, and with weights that start at 0."""
    enough(seeds)
    layer = Layer("pre-activation", "x[N,D], w[D] -> z[N]", "z[n] = sum[d](x[n,d]*w[d])")
    shares: dict[str, list[float]] = {"normal weights": [], "weights that start at 0": []}
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        x = random.standard_normal((samples, 3))
        for name, w in {"normal weights": random.standard_normal(3), "weights that start at 0": np.zeros(3)}.items():
            shares[name].append(float(np.mean(forward(layer, {"x": x, "w": w})["z"] == 0)))
    return Experiment("z = 0 exactly", {"samples": samples}, {f"{n}: share of z = 0": Figure(tuple(v)) for n, v in shares.items()})
