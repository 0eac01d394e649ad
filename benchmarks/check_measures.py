"""How fast gradients are checked, against torch.autograd.gradcheck in the same run; and that both ways see one wrong entry.

Times are the processor's, with one thread each (see `threads`), so that ratios hold on a busy machine. The MLP is
16×64×64×10 with its 4,810 parameters, batch norm 32×64. The gradients that are checked come from torch.
"""
from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import threads  # noqa: F401  (before NumPy)

import symbackprop as sb
from symbackprop import layers
from symbackprop.layer import Layer
from symbackprop.verify.numeric import differences
from symbackprop.verify.sketch import along_function, along_layer, check_directions
from symbackprop.verify.sweep import swept

sys.path.append(str(Path(__file__).parents[1] / "tests"))

SLOW_RATIO, FAST_RATIO, FORMULA_LIMIT, MISS_LIMIT = 20.0, 1.0, 0.050, 1e-6
"""At least so many times as fast as gradcheck slow and fast; seconds for a formula's verdict; chance of missing 1 %."""
DIRECTIONS = 2
"""By the complex step one would do: a second one makes the chance of missing anything negligible."""


@dataclass(frozen=True)
class Subject:
    """A layer at one point, by equations, as a NumPy function and in torch; `names` are checked."""

    layer: Layer
    arrays: Mapping[str, Any]
    upstream: Mapping[str, Any] | None
    names: tuple[str, ...]
    numpy: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    torch: Callable[..., Any]

    @property
    def output(self) -> str:
        """The one output."""
        return self.layer.outputs[0].name

    @property
    def weights(self) -> Mapping[str, Any]:
        """The upstream gradient, 1 for a cost."""
        return {self.output: np.ones(())} if self.upstream is None else self.upstream


def mlp() -> Subject:
    """16×64×64×10: linear, ReLU, linear, softmax, cross-entropy."""
    rng = np.random.default_rng(0)
    N, D, H, K = 16, 64, 64, 10
    arrays = {"x": rng.normal(size=(N, D)), "W1": rng.normal(size=(D, H))/8, "b1": rng.normal(size=H)/8, "W2": rng.normal(size=(H, K))/8,
              "b2": rng.normal(size=K)/8, "t": rng.integers(0, K, size=N)}

    def forward(a: Mapping[str, Any]) -> Mapping[str, Any]:
        z = np.maximum(a["x"] @ a["W1"] + a["b1"], 0) @ a["W2"] + a["b2"]
        return {"C": (np.log(np.exp(z).sum(axis=1)) - z[np.arange(N), a["t"]]).sum()/N}

    def torch_forward(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        import torch
        x, t = torch.as_tensor(arrays["x"]), torch.as_tensor(arrays["t"])
        return torch.nn.functional.cross_entropy(torch.relu(x @ W1 + b1) @ W2 + b2, t)
    return Subject(layers.get("mlp"), arrays, None, ("W1", "b1", "W2", "b2"), forward, torch_forward)


def batch_norm() -> Subject:
    """32×64, with respect to x, γ and β."""
    rng = np.random.default_rng(1)
    N, D = 32, 64
    arrays = {"x": rng.normal(size=(N, D)), "gamma": rng.normal(size=D), "beta": rng.normal(size=D), "eps": np.float64(0.5)}

    def forward(a: Mapping[str, Any]) -> Mapping[str, Any]:
        mean = a["x"].mean(axis=0)
        var = ((a["x"] - mean)**2).mean(axis=0)
        return {"y": a["gamma"]*(a["x"] - mean)/np.sqrt(var + a["eps"]) + a["beta"]}

    def torch_forward(x: Any, gamma: Any, beta: Any) -> Any:
        import torch
        return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=0.5)
    return Subject(layers.get("batch_norm"), arrays, {"y": rng.normal(size=(N, D))}, ("x", "gamma", "beta"), forward, torch_forward)


def torch_inputs(subject: Subject) -> list[Any]:
    """The variables as tensors that want a gradient."""
    import torch
    return [torch.tensor(subject.arrays[n], dtype=torch.float64, requires_grad=True) for n in subject.names]


def gradients(subject: Subject) -> dict[str, Any]:
    """The gradients by torch: what is to be checked."""
    import torch
    given = torch_inputs(subject)
    out = subject.torch(*given)
    out.backward(None if subject.upstream is None else torch.as_tensor(subject.upstream[subject.output]))
    return {n: g.grad.numpy().copy() for n, g in zip(subject.names, given, strict=True)}


# ---- the checks ---------------------------------------------------------------------------------------------------------

def gradcheck(subject: Subject, fast: bool) -> bool:
    """torch's own check of its gradients, in one thread: with more, such small operations mostly wait."""
    import torch
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(torch.autograd.gradcheck(subject.torch, torch_inputs(subject), fast_mode=fast))


def every_entry(subject: Subject, found: Mapping[str, Any]) -> bool:
    """Every entry against the layer's equations."""
    return _equal(swept(subject.layer, subject.arrays, subject.upstream, subject.names)[1], found)


def every_entry_of_function(subject: Subject, found: Mapping[str, Any]) -> bool:
    """Every entry against a NumPy function that is only called."""
    made = differences(subject.numpy, subject.arrays, subject.weights, subject.names)
    return _equal({n: d.values for n, d in made.items()}, found)


def _equal(true: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return all(np.allclose(np.asarray(true[n]), g, rtol=1e-9, atol=1e-13) for n, g in found.items())


def along_directions(subject: Subject, found: Mapping[str, Any], error: float = 0.01) -> tuple[bool, float]:
    """Whether random directions agree with the equations, and the chance that they missed an error of that size in one entry."""
    made = check_directions(along_layer(subject.layer, subject.arrays, subject.upstream), found, count=DIRECTIONS)
    return made.agrees, made.missed(error)


def along_directions_of_function(subject: Subject, found: Mapping[str, Any], error: float = 0.01) -> tuple[bool, float]:
    """The same for a NumPy function that is only called."""
    made = check_directions(along_function(subject.numpy, subject.arrays, subject.weights), found, count=DIRECTIONS)
    return made.agrees, made.missed(error)


def one_wrong(found: Mapping[str, Any], name: str, part: float = 0.05) -> dict[str, Any]:
    """The gradients with the largest entry of one variable off by that part of it."""
    wrong = {n: np.array(g) for n, g in found.items()}
    at = np.unravel_index(np.argmax(np.abs(wrong[name])), wrong[name].shape)
    wrong[name][at] *= 1 + part
    return wrong


def cpu_seconds(work: Callable[[], Any], rounds: int = 5) -> float:
    """The least processor time of a few rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


# ---- ratios -------------------------------------------------------------------------------------------------------------

def ratios(subject: Subject, rounds: int = 7) -> dict[str, float]:
    """Milliseconds of each check, one after the other in this process, and how many times as fast ours are."""
    found = gradients(subject)
    ms = {
        "gradcheck slow": 1000*cpu_seconds(lambda: gradcheck(subject, fast=False), 1),
        "gradcheck fast": 1000*cpu_seconds(lambda: gradcheck(subject, fast=True), rounds),
        "every entry, equations": 1000*cpu_seconds(lambda: every_entry(subject, found), rounds),
        "every entry, function": 1000*cpu_seconds(lambda: every_entry_of_function(subject, found), 2),
        "directions, equations": 1000*cpu_seconds(lambda: along_directions(subject, found), rounds),
        "directions, function": 1000*cpu_seconds(lambda: along_directions_of_function(subject, found), rounds),
    }
    return {**ms, "slow/every entry": ms["gradcheck slow"]/ms["every entry, equations"],
            "slow/every entry, function": ms["gradcheck slow"]/ms["every entry, function"],
            "fast/directions": ms["gradcheck fast"]/ms["directions, equations"],
            "fast/directions, function": ms["gradcheck fast"]/ms["directions, function"]}


def formula_seconds(step: int = 4) -> float:
    """The median time of a verdict on a right formula, over the corpus; imported, but each layer's points not yet found."""
    from verify.corpus_right import RIGHT
    times = []
    for row in RIGHT[::step]:
        layer = layers.entry(row.layer.partition(":")[0]).make() if ":" not in row.layer else layers.named(row.layer)
        times.append(cpu_seconds(lambda layer=layer, row=row: sb.check(layer, row.answer), 1))  # type: ignore[misc]
    return median(times)
