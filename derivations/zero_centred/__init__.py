"""Inputs that are not centred at zero: coupled signs, the zig-zag, remedies. Claims Zero-1 to 13."""

from __future__ import annotations

from functools import partial

from derivations.zero_centred import pictures
from symbackprop.backprop import derive
from symbackprop.claims import admissible, both_signs, odd, range_of, sign_coupled, sign_patterns
from symbackprop.claims.claim import Derived
from symbackprop.claims.experiments import zigzag
from symbackprop.claims.setting import lifted
from symbackprop.documents.document import Document, Equations, Figure, Lines, Prose, Reasoning, Section
from symbackprop.documents.evidence import Choice, Concluded, Fails, Measured, Opinion
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

CENTRED = Layer("a centred column", "x[N] -> c[N]", """
    mu = sum[n](x[n])/N
    var = sum[n]((x[n] - mu)**2)/N
    c[n] = x[n] - mu
""")
FIGURES = ("steps", "path over straight line", "condition number")

centred = partial(both_signs, CENTRED, "c", "N*var", "var > 0")
positive = partial(sign_coupled, NEURON, "w", "x > 0")
not_negative = partial(sign_coupled, NEURON, "w", "x >= 0")
two_patterns = partial(sign_patterns, NEURON, "w", "x > 0")
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


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document("zero_centred", T["title"], T["abstract"], (_gradient(), _signs(), _zig_zag(), _several(), _remedies(), _layout()), T)


def _gradient() -> Section:
    under = lifted(NEURON)
    gradient = derive(under)["w"]
    return Section("The gradient of a neuron's weights", under, (
        Prose(T["neuron"]),
        Equations(NEURON, "neuron"),
        stated(T, "Zero-1", (Derived(gradient, right_sides(T["Zero-1"], under)[0]),), Lines(gradient, "neuron", "full")),
    ))  # fmt: skip


def _signs() -> Section:
    return Section("Inputs of one sign", lifted(NEURON), (
        Prose(T["signs"]),
        stated(T, "Zero-2", (Concluded(positive),), Reasoning(positive)),
        stated(T, "Zero-3", (Concluded(not_negative),), Reasoning(not_negative)),
        Prose(T["patterns"]),
        stated(T, "Zero-4", (Concluded(two_patterns), Concluded(all_patterns)), Prose(T["counted"])),
    ))  # fmt: skip


def _zig_zag() -> Section:
    return Section("The zig-zag", lifted(NEURON), (
        Prose(T["zig-zag"]),
        contested(T, "Zero-5", (Fails(north_east),), (Fails(south_east),), Prose(T["alternating"]), Reasoning(south_east)),
        Figure("quadrants", T["figure.quadrants"], pictures.quadrants),
        stated(T, "Zero-6", (Measured(zigzag, tuple(f"{inputs}: {figure}" for figure in FIGURES for inputs in ("positive", "centred"))),)),
        Figure("contours", T["figure.contours"], pictures.contours),
    ))  # fmt: skip


def _several() -> Section:
    return Section("A batch, and a deeper network", lifted(NEURON), (
        Prose(T["batch"], BATCH),
        Equations(BATCH, "batch"),
        stated(T, "Zero-7", (Fails(batch), Concluded(batch_of_one_sign)), Reasoning(batch_of_one_sign), scope=BATCH),
        stated(T, "Zero-8", (Concluded(sigmoid_range), Concluded(relu_range), Concluded(tanh_is_odd)),
               Reasoning(sigmoid_range), Reasoning(relu_range), Reasoning(tanh_is_odd)),
        Prose(T["deeper"]),
        stated(T, "Zero-13", (Concluded(after_sigmoid), Concluded(after_relu)), Reasoning(after_sigmoid), Reasoning(after_relu),
               scope=AFTER_SIGMOID),
    ))  # fmt: skip


def _remedies() -> Section:
    gradient = derive(lifted(OWN_BIAS))["w"]
    wrong, right = (Derived(gradient, right_sides(T[name], lifted(OWN_BIAS))[0]) for name in ("Zero-10", "Zero-10-corrected"))
    return Section("Remedies", lifted(OWN_BIAS), (
        stated(T, "Zero-9", (Concluded(centred),), Reasoning(centred), scope=CENTRED),
        Prose(T["own-bias"]),
        Equations(OWN_BIAS, "own"),
        contested(T, "Zero-10", (wrong,), (right, Concluded(own_bias_patterns)), Lines(gradient, "own", "full")),
    ))  # fmt: skip


def _layout() -> Section:
    first, second = derive(AFFINE)["W"], derive(AFFINE, layout="numerator")["W"]
    return Section("A convention and an opinion", AFFINE, (
        Prose(T["layout"]),
        stated(T, "Zero-11", (Choice((first, second)),), Lines(first, "layout")),
        stated(T, "Zero-12", (Opinion(),)),
    ))  # fmt: skip
