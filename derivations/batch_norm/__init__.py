"""Batch normalisation: its gradients, what it does to the activation behind it and before it. Claims Norm-1 to 13."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.backprop import derive
from symbackprop.claims import between, curve, holds, invariant, limit, mean_slope, orthogonal, range_of, some_positive, standardised
from symbackprop.claims.analysis import bounded
from symbackprop.claims.claim import Derived
from symbackprop.claims.experiments import scales
from symbackprop.documents.document import Document, Equations, Lines, Prose, Reasoning, Section
from symbackprop.documents.evidence import Concluded, Fails, Measured, Never, Opinion, Same
from symbackprop.documents.stating import contested, right_sides, stated
from symbackprop.documents.texts import read_texts
from symbackprop.layer import Layer

T = read_texts(__name__)

_STATISTICS = """
    mu = sum[n](x[n])/N
    var = sum[n]((x[n] - mu)**2)/N
    xhat[n] = (x[n] - mu)/sqrt(var + eps)
"""
NORM = Layer("batch normalisation", "x[N], gamma, beta, eps > 0 -> y[N]", _STATISTICS + "y[n] = gamma*xhat[n] + beta")
PLAIN = Layer("without scale and shift", "x[N], eps > 0 -> xhat[N]", _STATISTICS)
EXACT = Layer("without epsilon", "x[N] -> xhat[N]", _STATISTICS.replace(" + eps", ""))
NEURON = Layer("a neuron in front of it", "x[N,D], w[D] -> xhat[N]", """
    z[n] = sum[d](x[n,d]*w[d])
    mu = sum[n](z[n])/N
    var = sum[n]((z[n] - mu)**2)/N
    xhat[n] = (z[n] - mu)/sqrt(var)
""")
BEFORE_SIGMOID = Layer("sigmoid behind it", "x[N], eps > 0 -> s[N]", _STATISTICS + "s[n] = sigmoid(xhat[n])")
BEFORE_RELU = Layer("ReLU behind it", "x[N], eps > 0 -> r[N]", _STATISTICS + "r[n] = relu(xhat[n])")
TWO_ACTIVATIONS = Layer("behind two activations", "x[N], eps > 0 -> u[N], v[N]", """
    r[n] = relu(x[n]); s[n] = sigmoid(x[n])
    mu_r = sum[n](r[n])/N; mu_s = sum[n](s[n])/N
    var_r = sum[n]((r[n] - mu_r)**2)/N; var_s = sum[n]((s[n] - mu_s)**2)/N
    u[n] = (r[n] - mu_r)/sqrt(var_r + eps); v[n] = (s[n] - mu_s)/sqrt(var_s + eps)
""")

NORM_RELU = Layer("ReLU behind it", "x[N], gamma, beta, eps > 0 -> r[N]",
                  _STATISTICS + "y[n] = gamma*xhat[n] + beta; r[n] = relu(y[n])")  # fmt: skip
ZERO = Layer("a zero activation", "mu, var >= 0, eps > 0 -> low", "low = (0 - mu)/sqrt(var + eps)")
MEAN = Layer("mean of a batch", "x[N] -> mu", "mu = sum[n](x[n])/N")
SCALES = tuple(f"{inputs}: {figure}" for figure in ("steps", "condition number") for inputs in ("raw", "normalised"))

mean_not_negative = partial(holds, MEAN, "mu >= 0", "x >= 0")
below_zero = partial(holds, ZERO, "low < 0", "mu > 0")
may_not = partial(holds, ZERO, "low < 0")
sigmoid_between = partial(between, PLAIN, "xhat", "sigmoid")
largest = partial(standardised, PLAIN, "xhat")
one_active = partial(some_positive, NORM, "y", "N*beta", "N*gamma**2*var/(var + eps) + N*beta**2", "gamma != 0; beta >= 0; var > 0")
sigmoid_on_unit = partial(range_of, "sigmoid", 0, 1)
rescaled = partial(invariant, EXACT, {"x": "a*x[n] + c"}, "a > 0", "xhat")
turned = partial(orthogonal, NEURON, "w")
saturates = tuple(partial(limit, f, at, order=1) for f in ("sigmoid", "tanh") for at in (-sp.oo, sp.oo))


def sigmoid_slope() -> object:
    """0 < σ′ ≤ 1/4."""
    return bounded(curve("sigmoid"), 1)


def tanh_slope() -> object:
    """0 < tanh′ ≤ 1."""
    return bounded(curve("tanh"), 1)


means = tuple(partial(mean_slope, f) for f in ("sigmoid", "tanh", "relu"))


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document("batch_norm", T["title"], T["abstract"], (_gradients(), _identities(), _behind(), _saturation()), T)


def _gradients() -> Section:
    gradient = derive(NORM)
    sides = right_sides(T["Norm-1"], NORM)
    evidence = tuple(Derived(gradient[name], side) for name, side in zip(("x", "gamma", "beta"), sides, strict=True))
    lines = tuple(Lines(gradient[name], "norm") for name in ("beta", "gamma", "xhat", "var", "mu", "x"))
    return Section("Its gradients", NORM, (
        Prose(T["forward"]), Equations(NORM, "norm"), stated(T, "Norm-1", evidence, Prose(T["paths"]), *lines)))  # fmt: skip


def _identities() -> Section:
    zero = Same(PLAIN, "sum[n](xhat[n])", "0")
    squares = Same(PLAIN, "sum[n](xhat[n]**2)", "N*var/(var + eps)")
    return Section("What it keeps and what it forgets", PLAIN, (
        stated(T, "Norm-2", (zero, squares)),
        stated(T, "Norm-9", (Concluded(rescaled), Concluded(turned)), Prose(T["turned"]), Reasoning(turned), scope=EXACT),
    ))  # fmt: skip


def _behind() -> Section:
    below = Never(BEFORE_SIGMOID, lambda v: bool(np.min(v["s"]) < 0.4), "s")
    above = Never(BEFORE_RELU, lambda v: bool(np.max(v["r"]) > 1.01), "r")
    dead = Never(NORM_RELU, lambda v: bool(v["var"] > 0 and np.max(v["r"]) <= 0), "r")
    differ = Never(TWO_ACTIVATIONS, lambda v: bool(np.max(np.abs(v["u"] - v["v"])) > 0.1), "u")
    return Section("The activation behind it, and before it", BEFORE_SIGMOID, (
        Prose(T["behind"]),
        stated(T, "Norm-5", (Concluded(sigmoid_on_unit),), Reasoning(sigmoid_on_unit)),
        contested(T, "Norm-6", (below,), (Concluded(sigmoid_between),), Reasoning(sigmoid_between), Prose(T["mean-zero"])),
        contested(T, "Norm-7", (above,), (Concluded(largest),), scope=BEFORE_RELU),
        contested(T, "Norm-8", (differ,), (), Prose(T["after"]), scope=TWO_ACTIVATIONS),
        stated(T, "Norm-3", (Concluded(mean_not_negative), Concluded(below_zero), Fails(may_not)), Reasoning(below_zero), scope=ZERO),
        contested(T, "Norm-4", (dead,), (Concluded(one_active), Concluded(largest)), Reasoning(one_active), scope=NORM),
        stated(T, "Norm-10", (Measured(scales, SCALES),)),
        stated(T, "Norm-11", (Opinion(),)),
    ))  # fmt: skip


def _saturation() -> Section:
    asked: tuple[Callable[[], Any], ...] = (sigmoid_slope, tanh_slope, *saturates)
    return Section("Saturation, and the mean slope", BEFORE_SIGMOID, (
        stated(T, "Norm-12", tuple(map(Concluded, asked)), *map(Reasoning, asked)),
        Prose(T["mean"]),
        stated(T, "Norm-13", tuple(map(Concluded, means)), *map(Reasoning, means)),
    ))  # fmt: skip
