"""Whether a smooth activation helps: ELU and its kind, deep chains, dead units. Claims Smooth-1 to 15."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import sympy as sp

from derivations.smoothness import pictures
from symbackprop.backprop import derive
from symbackprop.claims import almost_never_zero, chain, descent, exploding, subdifferential, vanishing
from symbackprop.claims.analysis import bounded, limit, monotone
from symbackprop.claims.claim import Chain, Derived
from symbackprop.claims.conclusion import Conclusion
from symbackprop.claims.curves import curve
from symbackprop.claims.depth import chain_layer
from symbackprop.claims.lipschitz import lipschitz
from symbackprop.claims.properties import PRELU, PROPERTIES, Cell, row
from symbackprop.claims.slope_experiments import BOUNCING, bounce
from symbackprop.claims.smoothness import continuous, differentiable, smoothness
from symbackprop.claims.statements import holds
from symbackprop.claims.supporting import supporting
from symbackprop.documents.by_hand import by_hand, continued
from symbackprop.documents.document import Document, Equations, Figure, Lines, Prose, Reasoning, Section, Table
from symbackprop.documents.evidence import Cells, Concluded, Fails, Measured, Opinion, answered
from symbackprop.documents.reading import read
from symbackprop.documents.stating import contested, right_sides, stated
from symbackprop.documents.telling import rounded
from symbackprop.documents.texts import read_texts
from symbackprop.layer import Layer

T = read_texts(__name__)

ELU = Layer("ELU", "z, alpha -> r", "r = elu(z, alpha)")
ORIGIN = Layer("slopes of ReLU at 0", "h > 0 -> below, above, middle", """
    below = (relu(0) - relu(-h))/h
    above = (relu(h) - relu(0))/h
    middle = (relu(h) - relu(-h))/(2*h)
""")
DEEP = chain_layer("f")
BOUNDED = Layer("a bound of weights", "q > 0 -> y", "y = q")
ORDERS = Layer("continuous derivatives", "C > 0, k -> o", "o = C**k")
LINK = Layer("one link of a chain", "a0, w, b -> a1", "z = w*a0 + b; a1 = tanh(z)")
ANY_LINK = Layer("one link with any activation", "a0, w, b -> a1", "z = w*a0 + b; a1 = f(z)")
SLOPE = Layer("slope of tanh", "z -> slope", "slope = 1 - tanh(z)**2")
TWO_LINKS = Layer("two links", "x > 0, w > 0, v > 0 -> y", "u = w*x; h = relu(u); z = v*h; y = relu(z)")
BATCH = Layer("one unit on a batch", "x[N,D], w[D] -> r[N]", "z[n] = sum[d](x[n,d]*w[d]); r[n] = relu(z[n])")
PRE = Layer("pre-activation", "x[D], w[D] -> z", "z = sum[d](x[d]*w[d])")
BELOW = Layer("lines below ReLU", "x, s >= 0, t >= 0 -> y", "y = relu(x)", assume="s + t == 1")
SURFACE = Layer("a quadratic surface", "x, y, a, b, c -> q", "q = (a*x**2 + 2*b*x*y + c*y**2)/2")
QUADRATIC = Layer("a quadratic form", "z[N], A[N,N] -> q", "q = sum[i](sum[j](z[i]*A[i,j]*z[j]))/2", assume="A[i,j] == A[j,i]")
FLAT = Layer(
    "a quadratic form with a row of zeros", "z[N], A[N,N] -> q", "q = sum[i](sum[j](z[i]*A[i,j]*z[j]))/2", assume="A[0,j] == 0; A[j,0] == 0"
)
STEP = Layer("a step", "z, alpha, c, L > 0 -> r", "r = elu(z, alpha)/L + c*z")
SHOWN = {
    "identity": "identity", "relu": "ReLU", "leaky_relu": "LReLU", "prelu": "PReLU", "elu": "ELU", "selu": "SELU", "celu": "CELU",
    "sigmoid": "sigmoid", "tanh": "tanh", "softplus": "softplus", "silu": "SiLU", "gelu": "GELU", "mish": "Mish", "softsign": "softsign",
}  # fmt: skip

relu_continuous, elu_continuous = partial(continuous, "relu"), partial(continuous, "elu", alpha=None)
relu_monotone, elu_monotone = partial(monotone, "relu"), partial(monotone, "elu", alpha=None)
elu_falls = partial(monotone, "elu", -sp.oo, sp.S.Zero, alpha=None, assuming="alpha < 0")
relu_differentiable, elu_differentiable = partial(differentiable, "relu"), partial(differentiable, "elu", alpha=None)
second = partial(smoothness, "elu", alpha=None)
relu_slopes, below_relu, below_abs = partial(subdifferential, "relu", 0), partial(supporting, "relu", 0), partial(supporting, "abs", 0)
no_dependence, closed = partial(holds, chain_layer("tanh"), "dw == 0"), partial(chain, "f")
below_one = partial(holds, SLOPE, "slope < 1")
tanh_vanishes, sigmoid_vanishes = partial(vanishing, "tanh"), partial(vanishing, "sigmoid")
tanh_grows = partial(exploding, "tanh", 1, "z[m] == 0")
outputs_multiplied = partial(holds, TWO_LINKS, "dw == h")
active = partial(chain, "relu", "u > 0; z > 0")
dead = partial(holds, BATCH, "dw[d] == 0", "z < 0")
elu_floor = partial(limit, "elu", -sp.oo, alpha=None, assuming="alpha > 0")
elu_flat = partial(limit, "elu", -sp.oo, order=1, alpha=None, assuming="alpha > 0")
prelu_falls = partial(limit, PRELU, -sp.oo, alpha=None, assuming="alpha > 0")
prelu_slope = partial(limit, PRELU, -sp.oo, order=1, alpha=None, assuming="alpha > 0")
never_zero, at_start = partial(almost_never_zero, PRE, "z"), partial(holds, PRE, "z == 0", "w == 0")
elu_slope, relu_slope = partial(lipschitz, "elu", order=1), partial(lipschitz, "relu", order=1)
zero_row = partial(holds, FLAT, "dz[0] == 0")
flat, only_y = partial(holds, SURFACE, "dx == 0", "a == 0; b == 0"), partial(holds, SURFACE, "q == c*y**2/2", "a == 0; b == 0")


def sigmoid_slope() -> Conclusion:
    """0 < σ′ ≤ 1/4."""
    return bounded(curve("sigmoid"), 1)


def tanh_slope() -> Conclusion:
    """0 < tanh′ ≤ 1."""
    return bounded(curve("tanh"), 1)


def elu_keeps() -> Conclusion:
    """ELU′ > 0 for x < 0."""
    return _cell("elu", "keeps a gradient on the left")


def prelu_keeps() -> Conclusion:
    """PReLU′ > 0 for x < 0, whatever its slope α > 0."""
    return _cell("prelu", "keeps a gradient on the left")


def leaky_keeps() -> Conclusion:
    """LReLU′ > 0 for x < 0."""
    return _cell("leaky_relu", "keeps a gradient on the left")


def _cell(name: str, asked: str) -> Conclusion:
    return row(name)[asked].conclusion


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document("smoothness", T["title"], T["abstract"], (_smooth(), _at_zero(), _table(), _chain(), _silent(), _steps()), T)


def _smooth() -> Section:
    both = (relu_continuous, relu_monotone, elu_continuous, elu_monotone, elu_falls, elu_differentiable)
    return Section("How smooth ELU is", ELU, (
        Prose(T["elu"]), Equations(ELU, "elu"),
        stated(T, "Smooth-1", (Concluded(elu_differentiable), Concluded(second)),
               Prose(T["elu.first"]), Reasoning(elu_differentiable, "first"), Prose(T["elu.second"]), Reasoning(second, "second")),
        stated(T, "Smooth-2", (*map(Concluded, both), Fails(relu_differentiable)),
               Prose(T["both.relu"]), Reasoning(relu_continuous), Reasoning(relu_monotone), Reasoning(relu_differentiable),
               Prose(T["both.elu"]), Reasoning(elu_continuous), Reasoning(elu_monotone), Prose(T["both.falls"]), Reasoning(elu_falls)),
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
        stated(T, "Smooth-11", tuple(map(Concluded, (relu_slopes, below_relu, below_abs))),
               Prose(T["below.relu"], BELOW), Reasoning(below_relu, "below"),
               Prose(T["below.abs"], BELOW), Reasoning(below_abs, "both")),
    ))  # fmt: skip


def _table() -> Section:
    first, second = (tuple(PROPERTIES)[:6], tuple(PROPERTIES)[6:])
    return Section("A table of activations", ELU, (
        stated(T, "Smooth-4", (Cells(tuple(SHOWN)),), Prose(T["table"]),
               Table(("", *first), partial(_rows, first), T["table.first"], ORDERS),
               Table(("", *second), partial(_rows, second), T["table.second"])),
    ))  # fmt: skip


def _rows(names: tuple[str, ...]) -> tuple[tuple[str | Cell, ...], ...]:
    return tuple((shown, *(row(f)[name] for name in names)) for f, shown in SHOWN.items())


def _chain() -> Section:
    gradient, any_link = derive(LINK), derive(ANY_LINK)["a0"]
    wrong, right = (Derived(gradient["a0"], right_sides(T[name], LINK)[0]) for name in ("Smooth-6", "Smooth-6-corrected"))
    through = continued(gradient["a0"], "= (1 - tanh(z)**2)*w | by {eq:link.dz}")
    product: tuple[Callable[[], Conclusion], ...] = (sigmoid_slope, tanh_slope, tanh_vanishes, sigmoid_vanishes, tanh_grows)
    return Section("A deep chain", DEEP, (
        Prose(T["chain"]), Equations(DEEP, "deep"),
        contested(T, "Smooth-5", (Concluded(no_dependence),), (Concluded(closed),),
                  Prose(T["closed"]), Reasoning(closed, "closed"), Prose(T["closed.how"])),
        Prose(T["link"], LINK), Equations(LINK, "link"),
        contested(T, "Smooth-6", (wrong,), (right, Derived(any_link, read("w*f'(z)", ANY_LINK))),
                  Lines(gradient["z"], "link"), Lines(through, "link"),
                  Prose(T["link.any"], ANY_LINK), Equations(ANY_LINK, "any"), Lines(any_link, "any", "full"), scope=LINK),
        contested(T, "Smooth-7", (Concluded(below_one),), tuple(map(Concluded, product)),
                  Prose(T["range"]), Reasoning(sigmoid_slope), Reasoning(tanh_slope),
                  Prose(T["vanish"], BOUNDED), Reasoning(tanh_vanishes), Prose(T["vanish.sigmoid"], BOUNDED), Reasoning(sigmoid_vanishes),
                  Prose(T["grow"], BOUNDED), Reasoning(tanh_grows), scope=SLOPE),
        Prose(T["two"], TWO_LINKS), Equations(TWO_LINKS, "two"),
        contested(T, "Smooth-8", (Concluded(outputs_multiplied),), (Concluded(active),),
                  Prose(T["active"]), Reasoning(active), scope=TWO_LINKS),
    ))  # fmt: skip


def _silent() -> Section:
    left: tuple[Callable[[], Conclusion], ...] = (elu_floor, elu_flat, elu_keeps, prelu_falls, prelu_slope, prelu_keeps, leaky_keeps)
    return Section("Silent units", BATCH, (
        Prose(T["silent"]), Equations(BATCH, "batch"),
        stated(T, "Smooth-9", (Concluded(dead),), Prose(T["dead"]), Reasoning(dead)),
        stated(T, "Smooth-10", tuple(map(Concluded, left)), Prose(T["left.elu"], ELU), *map(Reasoning, left[:3]),
               Prose(T["left.prelu"], ELU), *map(Reasoning, left[3:]), scope=ELU),
        stated(T, "Smooth-12", (Concluded(never_zero), Concluded(at_start)),
               Prose(T["density"]), Reasoning(never_zero), Prose(T["no-density"]), Reasoning(at_start)),
    ))  # fmt: skip


def _steps() -> Section:
    rows = derive(QUADRATIC)["z"]
    surfaces = (Concluded(flat), Concluded(only_y), Derived(rows, read("sum[j](A[i,j]*z[j])", QUADRATIC)), Concluded(zero_row))
    measured = Measured(bounce, tuple(f"{f}: {asked}" for f in BOUNCING for asked in ASKED.values()), beside=True)
    return Section("Bold steps", STEP, (
        Prose(T["steps"]),
        stated(T, "Smooth-13", (Concluded(descent), Concluded(elu_slope), Fails(relu_slope), measured),
               Prose(T["descent"]), Reasoning(descent, "descent"),
               Prose(T["lipschitz.elu"]), Reasoning(elu_slope, "elu"), Prose(T["lipschitz.relu"]), Reasoning(relu_slope)),
        Prose(T["measured"]),
        Table(("", *ASKED), _bounces, T["table.bounce"]),
        Figure("bounce", T["figure.bounce"], pictures.bouncing),
        stated(T, "Smooth-14", surfaces,
               Equations(SURFACE, "surface"), Prose(T["flat"], SURFACE), Reasoning(flat), Reasoning(only_y),
               Prose(T["flat.general"], ORIGIN), Equations(QUADRATIC, "quadratic"), Lines(rows, "quadratic"),
               Prose(T["flat.row"], FLAT), Reasoning(zero_row), scope=SURFACE),
        stated(T, "Smooth-15", (Opinion(),)),
    ))  # fmt: skip


ASKED = {
    "sign changes": "sign changes of z",
    "steps that raise the cost": "steps that raise the cost",
    "length of the last step": "length of the last step",
    "cost above its minimum at the end": "cost above its minimum at the end",
}
"""What the table shows -> the figure of the experiment."""


def _bounces() -> tuple[tuple[str, ...], ...]:
    found = answered(bounce).figures
    figures = {f: [found[f"{f}: {asked}"] for asked in ASKED.values()] for f in BOUNCING}
    return tuple((SHOWN[f], *(rounded(v.median, v.quartiles, digits=2) for v in values)) for f, values in figures.items())
