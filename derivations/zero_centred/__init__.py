"""Inputs that are not centred at zero: coupled signs, the zig-zag, remedies. Claims Zero-1 to 13."""

from __future__ import annotations

from functools import partial

from derivations.zero_centred import pictures
from symbackprop.backprop import derive
from symbackprop.claims import (
    Conclusion,
    admissible,
    alternating,
    both_signs,
    holds,
    odd,
    range_of,
    sign_coupled,
    sign_patterns,
)
from symbackprop.claims.claim import Derived
from symbackprop.claims.directions import TWO_UPDATES
from symbackprop.claims.experiments import zigzag
from symbackprop.claims.setting import lifted
from symbackprop.documents import measured
from symbackprop.documents.by_hand import continued
from symbackprop.documents.document import Document, Equations, Figure, Lines, Prose, Reasoning, Section, Table
from symbackprop.documents.evidence import Choice, Concluded, Fails, Measured, Opinion, answered
from symbackprop.documents.stating import contested, right_sides, stated
from symbackprop.documents.texts import read_texts
from symbackprop.layer import Layer

T = read_texts(__name__)

NEURON = Layer("neuron", "x[I], w[I], b -> f", "f = sum[i](w[i]*x[i]) + b")
BATCH = Layer("batch of inputs", "x[N,I], w[I], b -> f[N]", "f[n] = sum[i](w[i]*x[n,i]) + b")
OWN_BIAS = Layer("a bias for each input", "x[I], w[I], b[I] -> f", "f = sum[i](w[i]*(x[i] + b[i]))")
AFTER_SIGMOID = Layer("after sigmoids", "z[I], W[I,J] -> u[J]", "r[i] = sigmoid(z[i]); u[j] = sum[i](W[i,j]*r[i])")
AFTER_RELU = Layer("after ReLUs", "z[I], W[I,J] -> u[J]", "r[i] = relu(z[i]); u[j] = sum[i](W[i,j]*r[i])")
AFFINE = Layer("affine", "x[N,D], W[D,H] -> z[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h])")
LEAST_SQUARES = Layer("least squares", "x[N,I], y[N], w[I] -> C", """
    f[n] = sum[i](w[i]*x[n,i])
    C = sum[n]((f[n] - y[n])**2)/(2*N)
""")
SLOPE = Layer("slope in a direction", "x[N,I], y[N], w[I], u[I] -> s", """
    f[n] = sum[i](w[i]*x[n,i])
    s = sum[k](u[k]*sum[n]((f[n] - y[n])*x[n,k]))/N
""")
MOMENTS = Layer("means and covariances", "x[N,I] -> cov[I,I]", """
    m[i] = sum[n](x[n,i])/N
    cov[i,k] = sum[n]((x[n,i] - m[i])*(x[n,k] - m[k]))/N
""")
ALIKE = Layer("inputs alike", "u[I], v > 0, m -> h[I]", "h[i] = sum[k]((v*delta(i, k) + m**2)*u[k])")
CENTRED = Layer("a centred column", "x[N] -> c[N]", """
    mu = sum[n](x[n])/N
    var = sum[n]((x[n] - mu)**2)/N
    c[n] = x[n] - mu
""")
CENTRED_BATCH = Layer("a neuron behind centred inputs", "x[N,I], w[I] -> f[N]", """
    c[n,i] = x[n,i] - sum[m](x[m,i])/N
    f[n] = sum[i](w[i]*c[n,i])
""")
PATTERN = Layer("biases chosen by a pattern", "t[I] -> b[I]", "b[i] = t[i] - 1")
CASES = {"positive inputs": "positive", "the same inputs centred": "centred"}
ROWS = {
    "condition number": "condition number",
    "all at once: steps": "steps",
    "all at once: path / straight line": "path over straight line",
    "one by one: updates": "updates, one by one",
    "one by one: path / straight line": "path over straight line, one by one",
    "one by one: share of one sign": "updates of one sign, one by one",
}

centred = partial(both_signs, CENTRED, "c", "N*var", "var > 0")
still_coupled = partial(sign_coupled, CENTRED_BATCH, "w", "x > 0; df > 0")
positive = partial(sign_coupled, NEURON, "w", "x > 0")
not_negative = partial(sign_coupled, NEURON, "w", "x >= 0")
two_patterns = partial(sign_patterns, NEURON, "w", "x > 0")
patterns_with_zeros = partial(sign_patterns, NEURON, "w", "x >= 0")
all_patterns = partial(sign_patterns, NEURON, "w")
north_east = partial(admissible, NEURON, "w", (1, 1), "x > 0")
south_east = partial(admissible, NEURON, "w", (1, -1), "x > 0")
batch = partial(sign_coupled, BATCH, "w", "x > 0")
batch_of_one_sign = partial(sign_coupled, BATCH, "w", "x > 0; df > 0")
after_sigmoid = partial(sign_coupled, AFTER_SIGMOID, "W")
after_relu = partial(sign_coupled, AFTER_RELU, "W")
sigmoid_range = partial(range_of, "sigmoid")
relu_range = partial(range_of, "relu")
tanh_is_odd = partial(odd, "tanh")
own_bias_patterns = partial(sign_patterns, OWN_BIAS, "w", "x > 0")
moments = partial(holds, MOMENTS, "sum[n](x[n,i]*x[n,k])/N == cov[i,k] + m[i]*m[k]")
along_the_ones = partial(holds, ALIKE, "h[i] == (v + I*m**2)*u[i]", "u[i] == 1")
across = partial(holds, ALIKE, "h[i] == v*u[i] + m**2*sum[k](u[k])")


def never_apart() -> Conclusion:
    """No two components of an update have opposite signs: what is proved where the direction (1, −1) is refused."""
    found: Conclusion = answered(south_east)
    return found if found.corrected is None else found.corrected


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document("zero_centred", T["title"], T["abstract"],
                    (_gradient(), _signs(), _zig_zag(), _costs(), _several(), _remedies(), _layout()), T)  # fmt: skip


def _gradient() -> Section:
    under = lifted(NEURON)
    gradient = derive(under)["w"]
    return Section("The gradient of a neuron's weights", under, (
        Prose(T["neuron"]),
        Equations(NEURON, "neuron"),
        stated(T, "Zero-1", (Derived(gradient, right_sides(T["Zero-1"], under)[0]),), Lines(gradient, "neuron", "full")),
    ))  # fmt: skip


def _signs() -> Section:
    counts = (Concluded(two_patterns), Concluded(patterns_with_zeros), Concluded(all_patterns))
    return Section("Inputs of one sign", lifted(NEURON), (
        Prose(T["signs"]),
        stated(T, "Zero-2", (Concluded(positive),), Reasoning(positive)),
        stated(T, "Zero-3", (Concluded(not_negative),), Prose(T["two-of-them"]), Reasoning(not_negative)),
        Prose(T["patterns"]),
        stated(T, "Zero-4", counts, Prose(T["counted"]), Table(("", *map(str, range(1, 11))), _counts, T["table.counts"], first=_COUNTED),
               Prose(T["free"]), Reasoning(all_patterns)),
    ))  # fmt: skip


_COUNTED = ("inputs > 0", "inputs ≥ 0, zeros counted", "inputs of free sign")


def _counts() -> tuple[tuple[str, ...], ...]:
    found = (answered(ask).found["counts"] for ask in (two_patterns, patterns_with_zeros, all_patterns))
    return tuple((name, *map(str, counts.values())) for name, counts in zip(_COUNTED, found, strict=True))


def _zig_zag() -> Section:
    corrected = (Concluded(never_apart), Concluded(alternating), Concluded(batch_of_one_sign))
    return Section("The zig-zag", lifted(NEURON), (
        Prose(T["zig-zag"]),
        contested(T, "Zero-5", (Fails(north_east),), corrected, Prose(T["north-east"]), Prose(T["apart"]), Reasoning(never_apart),
                  Prose(T["together"], BATCH), Reasoning(batch_of_one_sign), Prose(T["alternating"], TWO_UPDATES), Reasoning(alternating)),
        Figure("targets", T["figure.targets"], pictures.targets),
    ))  # fmt: skip


def _costs() -> Section:
    gradient, second = derive(LEAST_SQUARES), derive(SLOPE)
    return Section("What the zig-zag costs", LEAST_SQUARES, (
        Prose(T["least-squares"]),
        Equations(LEAST_SQUARES, "squares"),
        Lines(gradient["f"], "squares"),
        Lines(continued(gradient["w"], "= sum[n]((f[n] - y[n])*x[n,i])/N | by {eq:squares.df}"), "squares"),
        Prose(T["hessian"], SLOPE),
        Equations(SLOPE, "slope"),
        Lines(second["f"], "slope"),
        Lines(continued(second["w"], "= sum[k](sum[n](x[n,i]*x[n,k])/N*u[k]) | by {eq:slope.df}, the sum over `k` outside"), "slope"),
        Prose(T["moments"], MOMENTS), Reasoning(moments),
        Prose(T["eigenvalues"], ALIKE), Reasoning(along_the_ones), Prose(T["eigenvalues.across"], ALIKE), Reasoning(across),
        Prose(T["condition"], ALIKE),
        stated(T, "Zero-6", (Measured(zigzag, measured.names(CASES, ROWS)), *map(Concluded, (moments, along_the_ones, across))),
               Prose(T["setup"]), measured.figures(zigzag, CASES, ROWS, T["table.zig-zag"])),
        Figure("one_by_one", T["figure.one-by-one"], pictures.one_by_one),
        Figure("contours", T["figure.contours"], pictures.contours),
    ))  # fmt: skip


def _several() -> Section:
    return Section("A batch, and a deeper network", lifted(NEURON), (
        Prose(T["batch"], BATCH),
        Equations(BATCH, "batch"),
        stated(T, "Zero-7", (Fails(batch), Concluded(batch_of_one_sign)), Prose(T["may-differ"], BATCH), scope=BATCH),
        stated(T, "Zero-8", (Concluded(sigmoid_range), Concluded(relu_range), Concluded(tanh_is_odd)),
               Reasoning(sigmoid_range), Reasoning(relu_range), Reasoning(tanh_is_odd)),
        Prose(T["deeper"], AFTER_SIGMOID),
        stated(T, "Zero-13", (Concluded(after_sigmoid), Concluded(after_relu)), Reasoning(after_sigmoid),
               Prose(T["after-relu"], AFTER_RELU), Reasoning(after_relu), scope=AFTER_SIGMOID),
    ))  # fmt: skip


def _remedies() -> Section:
    gradient = derive(lifted(OWN_BIAS))["w"]
    wrong, right = (Derived(gradient, right_sides(T[name], lifted(OWN_BIAS))[0]) for name in ("Zero-10", "Zero-10-corrected"))
    return Section("Remedies", lifted(OWN_BIAS), (
        Prose(T["centring"], CENTRED),
        stated(T, "Zero-9", (Concluded(centred), Fails(still_coupled)), Reasoning(centred), Prose(T["centred"], CENTRED_BATCH),
               scope=CENTRED),
        Prose(T["own-bias"]),
        Equations(OWN_BIAS, "own"),
        contested(T, "Zero-10", (wrong,), (right, Concluded(own_bias_patterns)), Lines(gradient, "own", "full"),
                  Prose(T["own-free"], PATTERN), Reasoning(own_bias_patterns)),
    ))  # fmt: skip


def _layout() -> Section:
    first, second = derive(AFFINE)["W"], derive(AFFINE, layout="numerator")["W"]
    return Section("A convention and an opinion", AFFINE, (
        Prose(T["layout"]),
        stated(T, "Zero-11", (Choice((first, second)),), Lines(first, "layout"), Prose(T["numerator"])),
        stated(T, "Zero-12", (Opinion(),)),
    ))  # fmt: skip
