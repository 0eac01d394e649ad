"""Back-propagation through ReLU: one neuron, a layer, the recurrence between layers, depth. Claims ReLU-1 to 17."""

from __future__ import annotations

from functools import partial

import sympy as sp

from derivations.relu import pictures
from symbackprop import layers
from symbackprop.backprop import derive
from symbackprop.claims import almost_never_zero, chain, exploding, holds, slopes, vanishing, zero_or_one
from symbackprop.claims.claim import Chain, Derived, Falls, LeftOpen
from symbackprop.claims.depth import chain_layer
from symbackprop.claims.slope_experiments import GAINS, UNITS, gradient_sizes, network_gradients
from symbackprop.claims.supporting import supporting
from symbackprop.derivation import Derivation
from symbackprop.documents.by_hand import by_hand, continued
from symbackprop.documents.document import Document, Equations, Figure, Lines, Prose, Reasoning, Section, Stated, Table
from symbackprop.documents.evidence import Concluded, Measured, answered
from symbackprop.documents.reading import read
from symbackprop.documents.stating import contested, gradient_is, right_sides, stated
from symbackprop.documents.telling import rounded
from symbackprop.documents.texts import read_texts
from symbackprop.layer import Layer

T = read_texts(__name__)

UNIT = Layer("ReLU", "x -> r", "r = relu(x)")
SIDES = Layer("slopes of ReLU beside 0", "a > 0, h > 0 -> left, right", """
    left = (relu(-a) - relu(-a - h))/h
    right = (relu(a + h) - relu(a))/h
""")
ORIGIN = Layer("slopes of ReLU at 0", "h > 0 -> below, above, middle", """
    below = (relu(0) - relu(-h))/h
    above = (relu(h) - relu(0))/h
    middle = (relu(h) - relu(-h))/(2*h)
""")
BELOW = Layer("lines below ReLU", "x, s >= 0, t >= 0 -> y", "y = relu(x)", assume="s + t == 1")
OUTPUT = Layer("cost of an output layer", "r[J], y[J] -> C", "C = sum[j]((y[j] - r[j])**2)/2")
TWO_LAYERS = Layer("from one layer to the next", "z_k[I], W_k[I,J] -> r_l[J]", """
    r_k[i] = relu(z_k[i])
    z_l[j] = sum[i](W_k[i,j]*r_k[i])
    r_l[j] = relu(z_l[j])
""")
CHAIN = chain_layer("f")
PRE = Layer("pre-activation", "x[D], w[D] -> z", "z = sum[d](x[d]*w[d])")
ABOVE_SILENT = Layer("above silent units", "u[D] < 0, w[D] -> z", "z = sum[d](relu(u[d])*w[d])")
CONVENTIONS = Layer("the gradient with Step(0) = 0 and with Step(0) = 1", "x, W, y -> zero, one", """
    z = W*x
    zero = (relu(z) - y)*step(z)*x
    one = (relu(z) - y)*(1 - step(-z))*x
""")
LOGISTIC = Layer("sigmoid", "x -> s", "s = 1/(1 + exp(-x))")
STEEPNESS = Layer("slope of the sigmoid", "x -> slope", """
    s = sigmoid(x)
    slope = s*(1 - s)
""")
SHOWN = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
lines_below = partial(supporting, "relu", 0)
product = partial(chain, "f")
sigmoids, steps = partial(slopes, "sigmoid"), zero_or_one
relu_vanishes, sigmoid_vanishes = partial(vanishing, "relu"), partial(vanishing, "sigmoid")
relu_explodes, sigmoid_explodes = partial(exploding, "relu"), partial(exploding, "sigmoid", sp.Rational(1, 4), "z[m] == 0")
same_gradient = partial(holds, CONVENTIONS, "zero == one")
never_zero = partial(almost_never_zero, PRE, "z")
zero_weights = partial(holds, PRE, "z == 0", "w == 0")
zero_inputs = partial(holds, ABOVE_SILENT, "sum[d](relu(u[d])*w[d]) == 0")
VALUES = Layer("values of Step", "a > 0 -> low, high", "low = step(-a); high = step(a)")


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document(
        "relu", T["title"], T["abstract"],
        (_slope(), _neuron(), _layer(), _recurrence(), _other_activations(), _factors(), _depth()), T)


# --- ReLU and its slope ---

def _slope() -> Section:
    return Section("ReLU and its slope", UNIT, (
        Prose(T["slope"]),
        Equations(UNIT, "unit"),
        Lines(by_hand(UNIT, "r", "= where(x < 0, 0, x) | the definition of ReLU"), "unit"),
        _beside_zero(),
        _at_zero(),
        Prose(T["slope.open"]),
    ))


def _beside_zero() -> Stated:
    left = by_hand(
        SIDES, "left", "= (relu(-a) - relu(-a - h))/h | the rise over the run",
        "= 0 | `-a - h` and `-a` are negative, and ReLU is 0 at both",
        "= step(-a) | the value of Step at a negative number")
    right = by_hand(
        SIDES, "right", "= (relu(a + h) - relu(a))/h | the rise over the run",
        "= 1 | `relu(a + h) = a + h` and `relu(a) = a`; the rise is `h`",
        "= step(a) | the value of Step at a positive number")
    return stated(
        T, "ReLU-1",
        (Chain(left), Chain(right)),
        Prose(T["beside"],
              SIDES),
        Lines(left, "sides"), Lines(right, "sides"))


def _at_zero() -> Stated:
    below = by_hand(ORIGIN, "below", "= (relu(0) - relu(-h))/h | the quotient from the left",
                    "= 0 | ReLU is 0 at `-h` and at 0")
    above = by_hand(ORIGIN, "above", "= (relu(h) - relu(0))/h | the quotient from the right",
                    "= 1 | `relu(h) = h` for a positive `h`")
    middle = by_hand(ORIGIN, "middle", "= (relu(h) - relu(-h))/(2*h) | the symmetric quotient",
                     "= 1/2 | the rise is `h`, however small `h` is")
    slopes = (ORIGIN.equation("below").right, ORIGIN.equation("above").right)
    values = (sp.Integer(0), sp.Rational(1, 2), sp.Integer(1))
    elsewhere = tuple(d for name in ("neuron", "relu_layer") for d in derive(layers.get(name), step0=None).values())
    return stated(
        T, "ReLU-2",
        (Chain(below), Chain(above), Chain(middle), Concluded(lines_below), LeftOpen(slopes[0], slopes[1], values, elsewhere)),
        Prose(T["at-zero"]),
        Lines(below, "origin"), Lines(above, "origin"), Lines(middle, "origin"),
        Prose(T["at-zero.below"], BELOW), Reasoning(lines_below, "below"))


# --- One neuron ---

def _neuron() -> Section:
    layer = layers.get("neuron")
    gradient = derive(layer, step0=None)
    through = continued(gradient["z"], "= (r - y)*step(z) | by {eq:neuron.dr}",
                        "= (relu(z) - y)*step(z) | by {eq:neuron.r}")
    to_weight = continued(gradient["W"], "= (relu(z) - y)*step(z)*x | by {eq:neuron.dz}",
                          "= (relu(W*x) - y)*step(W*x)*x | by {eq:neuron.z}")
    return Section("One neuron", layer, (
        Prose(T["neuron"]),
        Equations(layer, "neuron"),
        Prose(T["neuron.back"]),
        stated(T, "ReLU-3", (Derived(gradient["r"], read("r - y", layer)),),
                Lines(_expansion(layer), "neuron")),
        Prose(T["neuron.activation"]),
        gradient_is(T, "ReLU-4", through, "neuron"),
        gradient_is(T, "ReLU-5", to_weight, "neuron"),
        Prose(T["neuron.silent"]),
        _left_out(layer, gradient["W"]),
    ))


def _expansion(layer: Layer) -> Derivation:
    return by_hand(
        layer, "dr", "= d((y - r)**2/2, r) | the definition of the cost",
        "= d(y**2 - 2*y*r + r**2, r)/2 | expand the square; the factor 1/2 stands outside",
        """= r - y | term by term: `y**2` does not contain `r`, `2*y*r` has the slope `2*y`, `r**2` the slope `2*r`;
        then halve""")


# --- A layer, and the next one ---

def _layer() -> Section:
    layer = layers.get("relu_layer")
    gradient = derive(layer, step0=None)
    return Section("A layer of any width", layer, (
        Prose(T["layer"]),
        Equations(layer, "layer"),
        _output_layer(),
        Prose(T["layer.back"]),
        gradient_is(T, "ReLU-7", gradient["z"], "layer"),
        gradient_is(T, "ReLU-8", gradient["r0"], "layer", "full"),
        gradient_is(T, "ReLU-9", gradient["W"], "layer", "full"),
        Prose(T["layer.delta"]),
    ))


def _output_layer() -> Stated:
    cost = derive(OUTPUT)["r"]
    return stated(
        T, "ReLU-6",
        (Derived(cost, read("r[j] - y[j]", OUTPUT)),), Equations(OUTPUT, "output"), Lines(cost, "output"), scope=OUTPUT)


def _recurrence() -> Section:
    gradient = derive(TWO_LAYERS, step0=None)
    formula = "step(z_k[i])*sum[j](W_k[i,j]*dz_l[j])"
    joined = continued(gradient["z_k"], f"= {formula} | by {{eq:two.dr_k}}")
    return Section("From layer to layer", TWO_LAYERS, (
        Prose(T["recurrence"]),
        Equations(TWO_LAYERS, "two"),
        stated(T, "ReLU-10", (Derived(joined, right_sides(T["ReLU-10"], TWO_LAYERS)[0]),),
                Lines(gradient["r_k"], "two"), Lines(joined, "two")),
        Prose(T["recurrence.end"]),
    ))


def _other_activations() -> Section:
    layer = layers.get("relu_layer", activation="unspecified")
    gradient = derive(layer)
    formulas = dict(zip(("z", "r0", "W"), right_sides(T["ReLU-11"], layer), strict=True))
    return Section("Another activation", layer, (
        Prose(T["open"]),
        Equations(layer, "open"),
        stated(T, "ReLU-11", tuple(Derived(gradient[name], formula) for name, formula in formulas.items()),
                *(Lines(gradient[name], "open") for name in formulas)),
    ))


def _left_out(layer: Layer, gradient: Derivation) -> Stated:
    """The gradient without the factor Step."""
    wrong, right = (Derived(gradient, right_sides(T[name], layer)[0]) for name in ("ReLU-12", "ReLU-12-corrected"))
    return contested(T, "ReLU-12", (wrong,), (right,))


# --- The factor of a layer ---

def _factors() -> Section:
    low, high = (by_hand(VALUES, "low", "= 0 | `-a` is negative"), by_hand(VALUES, "high", "= 1 | `a` is positive"))
    return Section("The factor of a layer", STEEPNESS, (
        Prose(T["factors"]),
        _sigmoid(),
        stated(T, "ReLU-14",
                (Chain(low), Chain(high)), Equations(VALUES, "values"), Lines(low, "values"), Lines(high, "values")),
        Figure("slope", T["figure.slope"], pictures.sigmoid_slope),
        Prose(T["factors.end"]),
    ))


def _sigmoid() -> Stated:
    slope = derive(LOGISTIC)["x"]
    bound = by_hand(STEEPNESS, "slope", "= 1/4 - (s - 1/2)**2 | complete the square",
                    "<= 1/4 | a square is never negative")
    reached = by_hand(STEEPNESS, "slope", "=> s == 1/2 | the square in {eq:steep.slope.1} must be 0",
                      "=> exp(-x) == 1 | the definition of the sigmoid", "=> x == 0 | the exponential is 1 at 0 only",
                      start="slope == 1/4")
    back = by_hand(STEEPNESS, "slope", "=> slope == 1/4 | the sigmoid of 0 is 1/2", start="x == 0")
    right = by_hand(STEEPNESS, "slope", "< 1 - s | `s < 1`", "= exp(-x)/(1 + exp(-x)) | the definition of the sigmoid",
                    "< exp(-x) | the denominator is more than 1")
    left = by_hand(STEEPNESS, "slope", "< s | `1 - s < 1`", "= exp(x)/(1 + exp(x)) | the definition of the sigmoid",
                   "< exp(x) | the denominator is more than 1")
    falls = Falls(STEEPNESS, STEEPNESS.equation("slope").right, STEEPNESS.tensors["x"]())
    return stated(
        T, "ReLU-13",
        (Derived(slope, read("s*(1 - s)", LOGISTIC)), *map(Chain, (bound, reached, back, right, left)), falls),
        Equations(LOGISTIC, "logistic"), Lines(slope, "logistic"),
        Prose(T["steep"]),
        Equations(STEEPNESS, "steep"), Lines(bound, "steep"),
        Prose(T["steep.reached"]),
        Lines(reached, "reached"), Lines(back, "back"),
        Prose(T["far.right"]),
        Lines(right, "right"), Prose(T["far.left"]), Lines(left, "left"))


# --- Depth ---

def _depth() -> Section:
    along = (relu_vanishes, sigmoid_vanishes, relu_explodes, sigmoid_explodes)
    chains = Measured(gradient_sizes, tuple(UNITS), beside=True)
    networks = Measured(network_gradients, tuple(f"{f}, {gain}" for f in UNITS for gain in GAINS), beside=True)
    return Section("Depth", CHAIN, (
        Prose(T["depth"]), Equations(CHAIN, "chain"),
        stated(T, "ReLU-15", (Concluded(product), Concluded(sigmoids), Concluded(steps)),
               Prose(T["depth.product"]), Reasoning(product, "product"),
               Prose(T["depth.sigmoid"]), Reasoning(sigmoids), Prose(T["depth.steps"]), Reasoning(steps, "steps")),
        stated(T, "ReLU-16", (*map(Concluded, along), chains, networks),
               Prose(T["vanish.relu"]), Reasoning(relu_vanishes), Prose(T["vanish.sigmoid"]), Reasoning(sigmoid_vanishes),
               Prose(T["explode.relu"]), Reasoning(relu_explodes), Prose(T["explode.sigmoid"]), Reasoning(sigmoid_explodes)),
        Prose(T["measured.chain"]),
        Table(("", "median", "quartiles", "smallest and largest", "proven bound, median"), _chains, T["table.chain"]),
        Figure("depth", T["figure.depth"], pictures.gradient_sizes),
        Prose(T["measured.network"]),
        Table(("", "half of He's weights", "He's weights", "twice He's weights"), _networks, T["table.network"]),
        Prose(T["measured.network.end"]),
        contested(T, "ReLU-17", (Concluded(same_gradient),), tuple(map(Concluded, (never_zero, zero_weights, zero_inputs))),
                  Prose(T["ignored"]), Equations(CONVENTIONS, "conventions"),
                  Prose(T["density"]), Reasoning(never_zero),
                  Prose(T["no-density"]), Reasoning(zero_weights), Prose(T["above-silent"], ABOVE_SILENT), Reasoning(zero_inputs),
                  scope=PRE),
    ))


def _chains() -> tuple[tuple[str, ...], ...]:
    """Along the chain: the figures of each activation, and of its bound."""
    found = answered(gradient_sizes).figures
    figures = ((f, found[f], found[f"{f}, bound"]) for f in UNITS)
    return tuple((SHOWN[f], *map(rounded, (v.median, v.quartiles, v.extremes, bound.median))) for f, v, bound in figures)


def _networks() -> tuple[tuple[str, ...], ...]:
    """Through networks: for each activation and each size of weights the median and the quartiles."""
    found = answered(network_gradients).figures
    return tuple((SHOWN[f], *(rounded(found[f"{f}, {g}"].median, found[f"{f}, {g}"].quartiles) for g in GAINS)) for f in UNITS)
