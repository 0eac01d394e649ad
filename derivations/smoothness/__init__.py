"""Whether a smooth activation helps: ELU and its kind, deep chains, dead units. Claims Smooth-1 to 15."""

from __future__ import annotations

from functools import partial

import sympy as sp

from derivations.smoothness import pictures
from symbackprop.backprop import derive
from symbackprop.claims import almost_never_zero, chain, descent
from symbackprop.claims.analysis import bounded, limit, monotone
from symbackprop.claims.claim import Chain, Derived
from symbackprop.claims.curves import curve
from symbackprop.claims.depth import chain_layer
from symbackprop.claims.lipschitz import lipschitz
from symbackprop.claims.properties import PROPERTIES, row
from symbackprop.claims.smoothness import continuous, differentiable, smoothness
from symbackprop.claims.statements import holds
from symbackprop.documents.by_hand import by_hand
from symbackprop.documents.document import Document, Equations, Figure, Lines, Prose, Reasoning, Section, Table
from symbackprop.documents.evidence import Cells, Concluded, Fails, Opinion
from symbackprop.documents.stating import contested, right_sides, stated
from symbackprop.documents.texts import read_texts
from symbackprop.layer import Layer

T = read_texts(__name__)

ELU = Layer("ELU", "z, alpha -> r", "r = elu(z, alpha)")
ORIGIN = Layer("slopes of ReLU at 0", "h > 0 -> below, above, middle", """
    below = (relu(0) - relu(-h))/h
    above = (relu(h) - relu(0))/h
    middle = (relu(h) - relu(-h))/(2*h)
""")
LINK = Layer("one link of a chain", "a0, w, b -> a1", "z = w*a0 + b; a1 = tanh(z)")
SILENT = Layer("a silent unit", "z < 0 -> r", "r = relu(z)")
SURFACE = Layer("a quadratic surface", "x, y, a, b, c -> q", "q = (a*x**2 + 2*b*x*y + c*y**2)/2")
DEEP = chain_layer("f")
TWO_LINKS = Layer("two links", "x, w, v -> y", "z0 = w*x; a0 = relu(z0); z1 = v*a0; y = relu(z1)")
STEP = Layer("a step", "z, alpha, L > 0 -> r", "r = elu(z, alpha)/L")
PRE = Layer("pre-activation", "x[D], w[D] -> z", "z = sum[d](x[d]*w[d])")
ACTIVATIONS = ("identity", "relu", "leaky_relu", "prelu", "elu", "selu", "celu", "sigmoid", "tanh", "softplus", "silu", "gelu", "mish",
               "softsign")  # fmt: skip

below_one = partial(holds, Layer("slope of tanh", "z -> slope", "slope = 1 - tanh(z)**2"), "slope < 1")
independent = partial(holds, chain_layer("tanh"), "dw == 0")
closed = partial(chain, "f")
outputs_multiplied = partial(holds, TWO_LINKS, "dw == a0*dy")
active = partial(chain, "relu", "z0 > 0; z > 0")
never_zero = partial(almost_never_zero, PRE, "z")
at_start = partial(holds, PRE, "z == 0", "w == 0")
flat = partial(holds, SURFACE, "dx == 0", "a == 0; b == 0")
how_smooth = partial(smoothness, "elu", alpha=None)
with_one = partial(smoothness, "elu")
relu_continuous, elu_continuous = partial(continuous, "relu"), partial(continuous, "elu", alpha=None)
relu_monotone, elu_monotone = partial(monotone, "relu"), partial(monotone, "elu", alpha=None)
relu_differentiable, elu_differentiable = partial(differentiable, "relu"), partial(differentiable, "elu", alpha=None)
elu_floor, elu_flat = partial(limit, "elu", -sp.oo), partial(limit, "elu", -sp.oo, order=1)
leaky_falls = partial(limit, "leaky_relu", -sp.oo)
leaky_slope = partial(limit, "leaky_relu", -sp.oo, order=1)
relu_slope = partial(lipschitz, "relu", order=1)
elu_slope = partial(lipschitz, "elu", order=1)


def sigmoid_slope() -> object:
    """0 < σ′ ≤ 1/4."""
    return bounded(curve("sigmoid"), 1)


def tanh_slope() -> object:
    """0 < tanh′ ≤ 1."""
    return bounded(curve("tanh"), 1)


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document("smoothness", T["title"], T["abstract"], (_smooth(), _at_zero(), _table(), _chain(), _silent(), _steps()), T)


def _smooth() -> Section:
    both = (relu_continuous, relu_monotone, elu_continuous, elu_monotone, elu_differentiable)
    return Section("How smooth ELU is", ELU, (
        Prose(T["elu"]), Equations(ELU, "elu"),
        stated(T, "Smooth-1", (Concluded(how_smooth), Concluded(with_one)), Reasoning(how_smooth)),
        stated(T, "Smooth-2", (*map(Concluded, both), Fails(relu_differentiable)),
               *map(Reasoning, (relu_continuous, relu_monotone, relu_differentiable))),
        Figure("activations", T["figure.activations"], pictures.activations),
        Figure("slopes", T["figure.slopes"], pictures.slopes),
    ))  # fmt: skip


def _at_zero() -> Section:
    below = by_hand(ORIGIN, "below", "= 0 | ReLU is 0 at `-h` and at 0")
    above = by_hand(ORIGIN, "above", "= 1 | `relu(h) = h` for a positive `h`")
    middle = by_hand(ORIGIN, "middle", "= 1/2 | the rise is `h`, however small `h` is")
    return Section("The slope at 0", ORIGIN, (
        Prose(T["quotients"]), Equations(ORIGIN, "origin"),
        stated(T, "Smooth-3", tuple(map(Chain, (below, above, middle))), *(Lines(d, "origin") for d in (below, above, middle))),
        stated(T, "Smooth-11", (Fails(relu_differentiable), Chain(below), Chain(above))),
    ))  # fmt: skip


def _table() -> Section:
    first, second = (tuple(PROPERTIES)[:6], tuple(PROPERTIES)[6:])
    return Section("A table of activations", ELU, (
        stated(T, "Smooth-4", (Cells(ACTIVATIONS),),
               Table(("", *first), partial(_rows, first), T["table"]), Table(("", *second), partial(_rows, second))),
    ))  # fmt: skip


def _rows(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((f, *(str(row(f)[name]) for name in names)) for f in ACTIVATIONS)


def _chain() -> Section:
    gradient = derive(LINK)["a0"]
    wrong, right = (Derived(gradient, right_sides(T[name], LINK)[0]) for name in ("Smooth-6", "Smooth-6-corrected"))
    return Section("A deep chain", LINK, (
        Prose(T["chain"]), Equations(DEEP, "deep"),
        contested(T, "Smooth-5", (Concluded(independent),), (Concluded(closed),), Reasoning(closed), scope=DEEP),
        contested(T, "Smooth-8", (Concluded(outputs_multiplied),), (Concluded(active),), Reasoning(active), scope=DEEP),
        Prose(T["link"]), Equations(LINK, "link"),
        contested(T, "Smooth-6", (wrong,), (right,), Lines(gradient, "link", "full")),
        contested(T, "Smooth-7", (Concluded(below_one),), tuple(map(Concluded, (sigmoid_slope, tanh_slope))),
                  Reasoning(sigmoid_slope), Reasoning(tanh_slope)),
    ))  # fmt: skip


def _silent() -> Section:
    gradient = derive(SILENT)["z"]
    return Section("Silent units", SILENT, (
        Prose(T["silent"]),
        stated(T, "Smooth-9", (Derived(gradient, right_sides(T["Smooth-9"], SILENT)[0]),)),
        stated(T, "Smooth-10", tuple(map(Concluded, (elu_floor, elu_flat, leaky_falls, leaky_slope))),
               *map(Reasoning, (elu_floor, elu_flat, leaky_falls, leaky_slope)), scope=ELU),
        stated(T, "Smooth-12", (Concluded(never_zero), Concluded(at_start))),
    ))  # fmt: skip


def _steps() -> Section:
    return Section("Bold steps", SURFACE, (
        Prose(T["steps"]),
        stated(T, "Smooth-13", (Concluded(descent), Concluded(elu_slope), Fails(relu_slope)),
               Reasoning(descent), Reasoning(elu_slope), Reasoning(relu_slope), scope=STEP),
        Figure("bounce", T["figure.bounce"], pictures.bounce),
        stated(T, "Smooth-14", (Concluded(flat),), Equations(SURFACE, "surface"), Reasoning(flat)),
        stated(T, "Smooth-15", (Opinion(),)),
    ))  # fmt: skip
