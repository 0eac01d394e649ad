"""Batch normalisation: its gradients, what it does to the activation behind it and before it. Claims Norm-1 to 13."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import sympy as sp

from derivations.batch_norm import pictures
from symbackprop.backprop import derive
from symbackprop.claims import (
    all_inactive,
    between,
    both_signs,
    curve,
    holds,
    invariant,
    limit,
    mean_slope,
    orthogonal,
    range_of,
    reckoned,
    some_positive,
    standardised,
    zero_goes_below,
)
from symbackprop.claims.analysis import bounded
from symbackprop.claims.claim import Derived
from symbackprop.claims.experiments import scales
from symbackprop.documents import measured
from symbackprop.documents.document import Document, Equations, Figure, Lines, Prose, Reasoning, Section, Stated
from symbackprop.documents.evidence import Concluded, Fails, Measured, Never, Opinion
from symbackprop.documents.stating import contested, right_sides, stated
from symbackprop.documents.texts import read_texts
from symbackprop.layer import Layer

T = read_texts(__name__)

_STATISTICS = """
    mu = sum[n](x[n])/N
    var = sum[n]((x[n] - mu)**2)/N
    xhat[n] = (x[n] - mu)/sqrt(var + eps)
"""
_EXACT = _STATISTICS.replace(" + eps", "")
NORM = Layer("batch normalisation", "x[N], gamma, beta, eps > 0 -> y[N]", _STATISTICS + "y[n] = gamma*xhat[n] + beta")
PLAIN = Layer("without scale and shift", "x[N], eps > 0 -> xhat[N]", _STATISTICS)
EXACT = Layer("without epsilon", "x[N] -> xhat[N]", _EXACT)
WITH_A_ZERO = Layer("a batch with a zero in it", "x[N], eps > 0 -> xhat[N]", _STATISTICS, assume="x[0] == 0")
NEURON = Layer("a neuron in front of it", "x[N,D], w[D] -> xhat[N]", "z[n] = sum[d](x[n,d]*w[d])" + _EXACT.replace("x[n]", "z[n]"))
BEFORE_SIGMOID = Layer("sigmoid behind it", "x[N], eps > 0 -> s[N]", _STATISTICS + "s[n] = sigmoid(xhat[n])")
BEFORE_RELU = Layer("ReLU behind it", "x[N], eps > 0 -> r[N]", _STATISTICS + "r[n] = relu(xhat[n])")
NORM_RELU = Layer("ReLU behind it", "x[N], gamma, beta, eps > 0 -> r[N]",
                  _STATISTICS + "y[n] = gamma*xhat[n] + beta; r[n] = relu(y[n])")  # fmt: skip
ONE_APART = Layer("one value apart", "a > 0, c -> xhat[N]", "x[n in N] = c + a*delta(n, 0)" + _EXACT)
BEHIND_ANY = Layer("behind any activation", "z[N] -> xhat[N]", "x[n] = f(z[n])" + _EXACT)
BEHIND_TWO = Layer("behind two activations", "x[N], t[N], eps > 0 -> C", """
    a[n] = x[n]; b[n] = x[n]
    r[n] = relu(a[n]); s[n] = sigmoid(b[n])
    mu_r = sum[n](r[n])/N; mu_s = sum[n](s[n])/N
    var_r = sum[n]((r[n] - mu_r)**2)/N; var_s = sum[n]((s[n] - mu_s)**2)/N
    u[n] = (r[n] - mu_r)/sqrt(var_r + eps); v[n] = (s[n] - mu_s)/sqrt(var_s + eps)
    C = sum[n](t[n]*u[n]) + sum[n](t[n]*v[n])
""")
CASES = {"features as they are": "raw", "normalised": "normalised"}
ROWS = {
    "condition number": "condition number",
    "all at once: steps": "steps",
    "share of the distance left": "distance left",
}

sums_to_zero = partial(reckoned, PLAIN, "sum[n](xhat[n])", "sum[n](x[n] - mu)/sqrt(var + eps)",
                       "(sum[n](x[n]) - N*mu)/sqrt(var + eps)", "0")  # fmt: skip
squares = partial(reckoned, PLAIN, "sum[n](xhat[n]**2)", "sum[n]((x[n] - mu)**2)/(var + eps)", "N*var/(var + eps)")
goes_below = partial(zero_goes_below, PLAIN, "xhat", "x", "N*var + N*mu**2", "x >= 0; var > 0")
always_below = partial(holds, WITH_A_ZERO, "xhat[0] < 0", "var > 0")
at_least_half = partial(holds, BEFORE_SIGMOID, "s[n] >= 1/2")
at_most_one = partial(holds, BEFORE_RELU, "r[n] <= 1")
takes_both_signs = partial(both_signs, PLAIN, "xhat", "N*var/(var + eps)", "var > 0")
sigmoid_between = partial(between, PLAIN, "xhat", "sigmoid")
largest = partial(standardised, PLAIN, "xhat")
reached = partial(reckoned, ONE_APART, "xhat[0]", "(a - a/N)/sqrt(a**2*(N - 1)/N**2)", "sqrt(N - 1)")
one_active = partial(some_positive, NORM, "y", "N*beta", "N*gamma**2*var/(var + eps) + N*beta**2", "gamma != 0; beta >= 0; var > 0")
none_active = partial(all_inactive, NORM, "xhat")
any_mean = partial(holds, BEHIND_ANY, "sum[n](xhat[n])/N == 0")
any_variance = partial(holds, BEHIND_ANY, "sum[n](xhat[n]**2)/N == 1")
same_values = partial(holds, BEHIND_TWO, "u[n] == v[n]")
same_gradients = partial(holds, BEHIND_TWO, "da[n] == db[n]", "x != 0")
sigmoid_on_unit = partial(range_of, "sigmoid", 0, 1)
rescaled = partial(invariant, EXACT, {"x": "a*x[n] + c"}, "a > 0", "xhat")
turned_round = partial(invariant, EXACT, {"x": "a*x[n] + c"}, "a < 0", "xhat", -1)
turned = partial(orthogonal, NEURON, "w")
inner_product = partial(reckoned, NEURON, "sum[d](w[d]*dw[d])", "sum[n](z[n]*dz[n])",
                        "sum[n](dxhat[n]*(z[n] - mu))/sqrt(var) - sum[n](xhat[n]*(z[n] - mu))*sum[m](dxhat[m]*xhat[m])/(N*sqrt(var))",
                        "0")  # fmt: skip
saturates = tuple(partial(limit, f, at, order=1) for f in ("sigmoid", "tanh") for at in (-sp.oo, sp.oo))
relu_slopes = tuple(partial(limit, "relu", at, order=1) for at in (-sp.oo, sp.oo))


def sigmoid_slope() -> object:
    """0 < σ′ ≤ 1/4."""
    return bounded(curve("sigmoid"), 1)


def tanh_slope() -> object:
    """0 < tanh′ ≤ 1."""
    return bounded(curve("tanh"), 1)


means = tuple(partial(mean_slope, f) for f in ("sigmoid", "tanh", "relu"))


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document("batch_norm", T["title"], T["abstract"],
                    (_gradients(), _identities(), _behind(), _active(), _before(), _scales(), _saturation()), T)  # fmt: skip


def _gradients() -> Section:
    gradient = derive(NORM)
    sides = right_sides(T["Norm-1"], NORM)
    evidence = tuple(Derived(gradient[name], side) for name, side in zip(("x", "gamma", "beta"), sides, strict=True))
    lines = tuple(Lines(gradient[name], "norm") for name in ("beta", "gamma", "xhat", "var", "mu", "x"))
    return Section("Its gradients", NORM, (
        Prose(T["forward"]), Equations(NORM, "norm"), stated(T, "Norm-1", evidence, Prose(T["paths"]), *lines)))  # fmt: skip


def _identities() -> Section:
    return Section("What it keeps and what it forgets", PLAIN, (
        stated(T, "Norm-2", (Concluded(sums_to_zero), Concluded(squares)), Reasoning(sums_to_zero), Reasoning(squares)),
        stated(T, "Norm-9", tuple(map(Concluded, (rescaled, turned_round, turned, inner_product))),
               Prose(T["rescaled"], EXACT), Reasoning(rescaled),
               Prose(T["turned-round"], EXACT), Reasoning(turned_round), Prose(T["turned"], NEURON), Equations(NEURON, "neuron"),
               Reasoning(inner_product), scope=EXACT),
    ))  # fmt: skip


def _behind() -> Section:
    within = (Concluded(sigmoid_between), Concluded(takes_both_signs))
    return Section("The activation behind it", BEFORE_SIGMOID, (
        Prose(T["behind"]),
        stated(T, "Norm-5", (Concluded(sigmoid_on_unit),), Reasoning(sigmoid_on_unit)),
        contested(T, "Norm-6", (Concluded(at_least_half),), within, Prose(T["mean-zero"]), Reasoning(takes_both_signs),
                  Prose(T["cauchy"]), Reasoning(sigmoid_between)),
        contested(T, "Norm-7", (Concluded(at_most_one),), (Concluded(largest), Concluded(reached)), Prose(T["reached"], ONE_APART),
                  Equations(ONE_APART, "apart"), Reasoning(reached), scope=BEFORE_RELU),
    ))  # fmt: skip


def _active() -> Section:
    dead = Never(NORM_RELU, lambda v: bool(v["var"] > 0 and (v["r"] <= 0).all()), "r", "gamma != 0")
    return Section("Zeros and dead units", PLAIN, (
        Prose(T["zeros"]),
        stated(T, "Norm-3", (Concluded(goes_below), Fails(always_below)),
               Prose(T["goes-below"]), Reasoning(goes_below), Prose(T["may-not"])),
        contested(T, "Norm-4", (dead,), (Concluded(one_active), Concluded(none_active)), Prose(T["active"], NORM), Reasoning(one_active),
                  Prose(T["inactive"], NORM), Reasoning(none_active), scope=NORM),
    ))  # fmt: skip


def _before() -> Section:
    corrected = (Concluded(any_mean), Concluded(any_variance), Fails(same_values), Fails(same_gradients))
    return Section("The activation before it", BEHIND_ANY, (
        contested(T, "Norm-8", (Concluded(same_values),), corrected,
                  Prose(T["any"], BEHIND_ANY), Reasoning(any_mean), Reasoning(any_variance),
                  Prose(T["after"], BEHIND_TWO), Equations(BEHIND_TWO, "two"), scope=BEHIND_TWO),
    ))  # fmt: skip


def _scales() -> Section:
    return Section("Features on different scales", BEFORE_SIGMOID, (
        _measured(),
        Figure("contours", T["figure.contours"], pictures.contours),
        stated(T, "Norm-11", (Opinion(),)),
    ))  # fmt: skip


def _measured() -> Stated:
    return stated(T, "Norm-10", (Measured(scales, measured.names(CASES, ROWS)),), Prose(T["setup"]),
                  measured.figures(scales, CASES, ROWS, T["table.scales"]), Prose(T["never-there"]))  # fmt: skip


def _saturation() -> Section:
    asked: tuple[Callable[[], Any], ...] = (sigmoid_slope, tanh_slope, *saturates, *relu_slopes)
    return Section("Saturation, and the mean slope", BEFORE_SIGMOID, (
        stated(T, "Norm-12", tuple(map(Concluded, asked)), *map(Reasoning, asked)),
        Prose(T["mean"]),
        stated(T, "Norm-13", tuple(map(Concluded, means)), *map(Reasoning, means)),
    ))  # fmt: skip
