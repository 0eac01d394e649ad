"""Back-propagation through ReLU: one neuron, a layer, the recurrence between layers. Claims ReLU-1 to 11, 13, 14."""

from __future__ import annotations

import sympy as sp

from symbackprop import layers
from symbackprop.backprop import derive
from symbackprop.claims.claim import Chain, Claim, Derived, Evidence, Falls, LeftOpen
from symbackprop.derivation import Derivation, Detail
from symbackprop.documents.by_hand import by_hand, continued
from symbackprop.documents.document import Document, Equations, Lines, Prose, Section, Stated
from symbackprop.documents.reading import read
from symbackprop.layer import Layer

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
OUTPUT = Layer("cost of an output layer", "r[J], y[J] -> C", "C = sum[j]((y[j] - r[j])**2)/2")
TWO_LAYERS = Layer("from one layer to the next", "z_k[I], W_k[I,J] -> r_l[J]", """
    r_k[i] = relu(z_k[i])
    z_l[j] = sum[i](W_k[i,j]*r_k[i])
    r_l[j] = relu(z_l[j])
""")
LOGISTIC = Layer("sigmoid", "x -> s", "s = 1/(1 + exp(-x))")
STEEPNESS = Layer("slope of the sigmoid", "x -> slope", """
    s = sigmoid(x)
    slope = s*(1 - s)
""")
VALUES = Layer("values of Step", "a > 0 -> low, high", "low = step(-a); high = step(a)")


def document() -> Document:
    """The text, its derivations made and its claims stated; nothing in it is decided yet."""
    return Document("relu", "Back-propagation through ReLU", """
        A network learns by moving each weight against the gradient of a cost. This page computes that gradient by
        hand for units whose activation is ReLU: first for a single neuron, then for a layer of any width, then from
        layer to layer. No line is skipped; each has a number and a reason, and a program has checked every one of
        them.""",
        (_slope(), _neuron(), _layer(), _recurrence(), _other_activations(), _factors()))


# --- ReLU and its slope ---

def _slope() -> Section:
    return Section("ReLU and its slope", UNIT, (
        Prose("""ReLU passes a positive number on and turns everything else into 0. Its graph is two straight
        half-lines that meet at 0, so away from 0 its slope can be read off."""),
        Equations(UNIT, "unit"),
        Lines(by_hand(UNIT, "r", "= where(x < 0, 0, x) | the definition of ReLU"), "unit"),
        _beside_zero(),
        _at_zero(),
        Prose("""This page makes no choice. It writes `step0` for the value of Step at 0 and carries it along: whatever
        contains Step below depends on it, at the point 0 and nowhere else."""),
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
    return _stated(
        "ReLU-1", "Where `x != 0`, ReLU has a derivative, and it is `step(x)`: 0 for `x < 0` and 1 for `x > 0`.",
        (Chain(left), Chain(right)),
        Prose("""Take two points on the same side of 0, a distance `h` apart, and divide the rise by the run. On the left
        they may be `-a - h` and `-a`, on the right `a` and `a + h`, with `a > 0` and `h > 0`. Any two points of one
        side are such a pair, so the quotient is the same for all of them, and so is its limit, the derivative.""",
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
    return _stated(
        "ReLU-2", """At 0 ReLU has no derivative. The value of Step at 0 is a convention: 0, 1/2 or 1, or any number
        between 0 and 1.""",
        (Chain(below), Chain(above), Chain(middle), LeftOpen(slopes[0], slopes[1], values, elsewhere)),
        Prose("""From the left the quotient at 0 is 0, from the right it is 1. A derivative would have to be both. What
        there is instead is every slope between the two: a line through the origin with such a slope nowhere rises
        above the graph. The quotient taken symmetrically around 0 gives the number half-way."""),
        Lines(below, "origin"), Lines(above, "origin"), Lines(middle, "origin"))


# --- One neuron ---

def _neuron() -> Section:
    layer = layers.get("neuron")
    gradient = derive(layer, step0=None)
    through = continued(gradient["z"], "= (r - y)*step(z) | by {eq:neuron.dr}",
                        "= (relu(z) - y)*step(z) | by {eq:neuron.r}")
    to_weight = continued(gradient["W"], "= (relu(z) - y)*step(z)*x | by {eq:neuron.dz}",
                          "= (relu(W*x) - y)*step(W*x)*x | by {eq:neuron.z}")
    return Section("One neuron", layer, (
        Prose("""The smallest network has one input `x`, one weight `W` and one output `r`, which should be near a target
        `y`. The cost is half the squared distance; the half is there to cancel a 2 later."""),
        Equations(layer, "neuron"),
        Prose("We go from the cost back to the weight, one equation at a time."),
        _stated("ReLU-3", "`dr = r - y`.", (Derived(gradient["r"], read("r - y", layer)),),
                Lines(_expansion(layer), "neuron")),
        Prose("""The next line is the one that is most often left out. Between `r` and `z` stands the activation, and the
        chain rule asks for its slope. For some pairs of cost and output function the two factors cancel into
        something simple; here they don't. The slope of ReLU is Step, by {claim:ReLU-1}, with the convention of
        {claim:ReLU-2} at 0."""),
        _gradient("ReLU-4", "", through, "(relu(z) - y)*step(z)", "neuron"),
        _gradient("ReLU-5", "", to_weight, "(relu(W*x) - y)*step(W*x)*x", "neuron"),
        Prose("""Where `W*x < 0` the neuron is silent and its weight gets no gradient at all, however wrong the output
        is. At `W*x = 0` the gradient is `-step0*x*y`, and here the convention shows."""),
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
        Prose("""Now let a layer have as many units as it likes. Unit `i` of one layer has the output `r0[i]`; the weight
        `W[i,j]` leads from it to unit `j` of the next, which adds up what arrives and applies ReLU."""),
        Equations(layer, "layer"),
        _output_layer(),
        Prose("""At any other layer suppose that `dr1[j]` has been found already; it is what the layer above hands down.
        Three questions remain, and each is one use of the chain rule."""),
        _gradient("ReLU-7", "Through the activation: ", gradient["z"], "dr1[j]*step(z[j])", "layer"),
        _gradient("ReLU-8", "To the layer before, every path from unit `i` summed: ", gradient["r0"],
                  "sum[j](dz[j]*W[i,j])", "layer", "full"),
        _gradient("ReLU-9", "To the weights: ", gradient["W"], "dz[j]*r0[i]", "layer", "full"),
        Prose("""The symbol with two indices is Kronecker's: 1 where they agree and 0 elsewhere. It is how a computation
        with indices says that `z[j]` depends on `W[i,j]` but not on the weights of other units."""),
    ))


def _output_layer() -> Stated:
    cost = derive(OUTPUT)["r"]
    return _stated(
        "ReLU-6", """At the output of the network, with half the sum of the squared distances for a cost, the sweep starts
        from `dr[j] = r[j] - y[j]`.""",
        (Derived(cost, read("r[j] - y[j]", OUTPUT)),), Equations(OUTPUT, "output"), Lines(cost, "output"), scope=OUTPUT)


def _recurrence() -> Section:
    gradient = derive(TWO_LAYERS, step0=None)
    formula = "step(z_k[i])*sum[j](W_k[i,j]*dz_l[j])"
    joined = continued(gradient["z_k"], f"= {formula} | by {{eq:two.dr_k}}")
    return Section("From layer to layer", TWO_LAYERS, (
        Prose("""The answers of {claim:ReLU-7} and {claim:ReLU-8} can be joined, so that the outputs no longer occur. Call
        a layer `k` and the one after it `l`, and follow the numbers from `z_k[i]`, what enters the activation of the
        one, to `z_l[j]`, what enters the activation of the other."""),
        Equations(TWO_LAYERS, "two"),
        _stated("ReLU-10", f"`dz_k[i] = {formula}`.", (Derived(joined, read(formula, TWO_LAYERS)),),
                Lines(gradient["r_k"], "two"), Lines(joined, "two")),
        Prose("""One formula now carries the gradient down through a network of any depth: multiply by the weights, sum,
        and let the active units pass."""),
    ))


def _other_activations() -> Section:
    layer = layers.get("relu_layer", activation="unspecified")
    gradient = derive(layer)
    formulas = {"z": "dr1[j]*f'(z[j])", "r0": "sum[j](dz[j]*W[i,j])", "W": "dz[j]*r0[i]"}
    return Section("Another activation", layer, (
        Prose("""Nothing above used more of ReLU than its slope. So leave the activation open: let `r1[j] = f(z[j])` for
        any function that has a derivative, `f'(z[j])`, and derive the three gradients again."""),
        Equations(layer, "open"),
        _stated("ReLU-11", f"""Another activation changes one factor: `dz[j] = {formulas['z']}`. Given that,
                `dr0[i] = {formulas['r0']}` and `dW[i,j] = {formulas['W']}` stay as they were.""",
                tuple(Derived(gradient[name], read(text, layer)) for name, text in formulas.items()),
                *(Lines(gradient[name], "open") for name in formulas)),
    ))


# --- The factor of a layer ---

def _factors() -> Section:
    low, high = (by_hand(VALUES, "low", "= 0 | `-a` is negative"), by_hand(VALUES, "high", "= 1 | `a` is positive"))
    return Section("The factor of a layer", STEEPNESS, (
        Prose("""Going down one layer multiplies the gradient by the slope of its activation, once. So it matters how large
        that slope can be. The sigmoid is the classical choice to compare with."""),
        _sigmoid(),
        _stated("ReLU-14", "Away from the convention at 0, Step takes the values 0 and 1 and no others.",
                (Chain(low), Chain(high)), Equations(VALUES, "values"), Lines(low, "values"), Lines(high, "values")),
        Prose("""A layer of sigmoids so weakens the gradient to a quarter at best. A layer of ReLUs passes it unchanged
        where a unit is active, and stops it where it is not. What the weights do to it comes on top, for both."""),
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
    return _stated(
        "ReLU-13", """The sigmoid `s = sigmoid(x)` has the slope `s*(1 - s)`. It is at most 1/4, it is 1/4 only at `x = 0`,
        where `s = 1/2`, and it falls to 0 on both sides.""",
        (Derived(slope, read("s*(1 - s)", LOGISTIC)), *map(Chain, (bound, reached, back, right, left)), falls),
        Equations(LOGISTIC, "logistic"), Lines(slope, "logistic"),
        Prose("With a name for the slope, its bound is a completed square."),
        Equations(STEEPNESS, "steep"), Lines(bound, "steep"),
        Prose("The bound is reached where the square is 0, and nowhere else."),
        Lines(reached, "reached"), Lines(back, "back"),
        Prose("Far from 0 the slope lies below an exponential that falls to 0: on the right this one,"),
        Lines(right, "right"), Prose("and on the left its mirror image."), Lines(left, "left"))


def _stated(name: str, statement: str, evidence: tuple[Evidence, ...], *blocks: Prose | Equations | Lines,
            scope: Layer | None = None) -> Stated:
    return Stated(Claim(name, statement, evidence), blocks, scope)


def _gradient(name: str, words: str, derivation: Derivation, formula: str, label: str,
              detail: Detail = "normal") -> Stated:
    """The claim that the gradient is given by the formula, shown by its derivation."""
    places = ",".join(str(i) for i in derivation.goal.args[1:])
    goal = f"d{derivation.variable.name}" + (f"[{places}]" if places else "")
    evidence = Derived(derivation, read(formula, derivation.layer))
    return _stated(name, f"{words}`{goal} = {formula}`.", (evidence,), Lines(derivation, label, detail))
