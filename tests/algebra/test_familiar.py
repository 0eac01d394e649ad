"""A smooth function written out in pieces gets its name, nothing else does, and every value stays what it is."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import sympy as sp
from array_values import Entry

from symbackprop.algebra.familiar import named
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import InRange, Where
from symbackprop.layer import Layer

POINTS = np.array([[-3.1, -1.2, -0.4, 0.0], [0.2, 0.7, 1.3, 2.9], [-0.6, 0.0, 17.0, 5.5]])
SIZES = {"N": 3, "D": 4}
ROWS = "x[N,D] -> y[N,D]"
SQUARE = "x[N,N] -> y[N,N]"
STABLE = "where(x[n,d] >= 0, 1/(1 + exp(-x[n,d])), exp(x[n,d])/(1 + exp(x[n,d])))"
MASKS = "z[n,d] = where(x[n,d] >= 0, exp(-x[n,d]), exp(x[n,d])); top[n,d] = where(x[n,d] >= 0, 1, z[n,d]); "


def arrays_of(layer: Layer) -> dict[str, Any]:
    """Values of the inputs, of both signs, 0 among them."""
    found: dict[str, Any] = {}
    for k, t in enumerate(layer.inputs):
        shape = tuple(SIZES[str(s)] for s in t.sizes)
        found[t.name] = np.roll(POINTS, k).ravel()[: int(np.prod(shape))].reshape(shape) if shape else np.array(0.8)
    return found


def carried(equations: tuple[Equation, ...], layer: Layer) -> dict[str, Any]:
    """What the equations compute, in order, entry by entry."""
    arrays = arrays_of(layer)
    sizes = {d: SIZES[d.name] for d in layer.sizes}
    for e in equations:
        arrays[e.tensor.name] = Entry(arrays, sizes).array(e.right, e.free)
    return arrays


def recognised(signature: str, text: str) -> str:
    """The right side of the last equation afterwards. Every equation has the values it had."""
    layer = Layer("pieces", signature, text)
    made = named(layer.equations)
    assert [e.left for e in made] == [e.left for e in layer.equations]
    before, after = carried(layer.equations, layer), carried(made, layer)
    for name in before:
        np.testing.assert_allclose(after[name], before[name], rtol=1e-12, atol=1e-14, err_msg=name)
    return str(made[-1].right)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"y[n,d] = {STABLE}", "sigmoid(x[n, d])"),
        (f"{MASKS}y[n,d] = top[n,d]/(1 + z[n,d])", "sigmoid(x[n, d])"),
        ("y[n,d] = (x[n,d] >= 0)/(1 + exp(-x[n,d])) + (x[n,d] < 0)*exp(x[n,d])/(1 + exp(x[n,d]))", "sigmoid(x[n, d])"),
        (f"y[n,d] = {STABLE.replace('x[n,d]', '(-x[n,d])')}", "1 - sigmoid(x[n, d])"),
        # Both branches are σ: where they meet says nothing.
        (f"y[n,d] = {STABLE.replace('>= 0', '> 1')}", "sigmoid(x[n, d])"),
        ("y[n,d] = relu(x[n,d]) + log(1 + exp(-abs(x[n,d])))", "softplus(x[n, d])"),
        ("y[n,d] = relu(2*x[n,d]) + log(1 + exp(-2*abs(x[n,d])))", "softplus(2*x[n, d])"),
        (f"s[n,d] = 2*x[n,d]; y[n,d] = {STABLE.replace('x[', 's[')}", "sigmoid(2*x[n, d])"),
        # tanh(u) = σ(2u) − σ(−2u) = 2σ(2u) − 1
        (f"y[n,d] = 2*{STABLE.replace('x[n,d]', '(2*x[n,d])')} - 1", "tanh(x[n, d])"),
        (f"y[n,d] = {STABLE.replace('x[n,d]', '(2*x[n,d])')} - {STABLE.replace('x[n,d]', '(-2*x[n,d])')}", "tanh(x[n, d])"),
    ],
)
def test_a_function_in_pieces_gets_its_name(text: str, expected: str) -> None:
    assert recognised(ROWS, text) == expected


SEVERAL_NAMES = ("relu(-x[n,d]) + log(1 + exp(-abs(x[n,d])))", f"1 - {STABLE}", f"{STABLE} - 1", f"-2*{STABLE}", f"1/{STABLE}")


@pytest.mark.parametrize("text", SEVERAL_NAMES)
def test_what_has_more_than_one_name_keeps_its_values(text: str) -> None:
    assert recognised(ROWS, f"y[n,d] = {text}")


@pytest.mark.parametrize(
    ("signature", "text", "expected"),
    [
        ("x[N,D], g[N,D] -> y[N,D]", f"{MASKS}y[n,d] = 3*g[n,d]*top[n,d]/(1 + z[n,d])", "3*sigmoid(x[n, d])*g[n, d]"),
        ("x[N,D], g[N,D] -> y[N,D]", f"y[n,d] = g[n,d]**2 + exp({STABLE})", "exp(sigmoid(x[n, d])) + g[n, d]**2"),
        ("x[N,D] -> y[N]", f"y[n] = sum[d]({STABLE})", "sum[d](sigmoid(x[n, d]))"),
        ("x[N,D], g[N,D] -> y[N,D]", f"{MASKS}y[n,d] = x[n,d]*top[n,d]*g[n,d]/(1 + z[n,d])", "silu(x[n, d])*g[n, d]"),
        (ROWS, f"y[n,d] = (n + 1)*{STABLE}", "(n + 1)*sigmoid(x[n, d])"),
        # A helper is met at other places than it was stated at.
        (SQUARE, f"{MASKS}y[n,d] = top[d,n]/(1 + z[d,n])", "sigmoid(x[d, n])"),
    ],
)
def test_it_is_found_among_other_things(signature: str, text: str, expected: str) -> None:
    assert recognised(signature, text) == expected


WRONG = [
    STABLE.replace("1 + exp(x", "1 - 2*exp(x"),
    STABLE.replace("1 + exp(x", "2 + exp(x"),
    STABLE.replace("exp(-x", "exp(x"),
    STABLE.replace("exp(x[n,d])/", "exp(2*x[n,d])/"),
    STABLE.replace("1/(1", "1.000001/(1"),
    "where(x[n,d] >= 1/2, 1/(1 + exp(-x[n,d])), exp(x[n,d])/(1 + exp(-x[n,d])))",
    "relu(x[n,d]) + log(1 + exp(-2*abs(x[n,d])))",
    "relu(x[n,d]) - log(1 + exp(-abs(x[n,d])))",
    "relu(x[n,d]) + log(1 + exp(-abs(x[n,d])))/2",
    # At one point, or between two points that numbers try, something else.
    "where(x[n,d] == 17, 0, sigmoid(x[n,d]))",
    "where(5 < x[n,d] < 6, 0, sigmoid(x[n,d]))",
    "where(x[n,d] > 0, 1/(1 + exp(-x[n,d])), 0) + where(x[n,d] < 0, exp(x[n,d])/(1 + exp(x[n,d])), 0)",  # 0 at 0
]


@pytest.mark.parametrize("right", WRONG)
def test_what_is_only_almost_a_function_is_none(right: str) -> None:
    # Its parts may be functions; the choice between them, or the logarithm, stays.
    assert re.search(r"where|log", recognised(ROWS, f"y[n,d] = {right}"))


@pytest.mark.parametrize(
    ("signature", "text"),
    [
        ("x[N,D], w[N,D] -> y[N,D]", "y[n,d] = where(x[n,d] >= 0, 1/(1 + exp(-x[n,d])), exp(w[n,d])/(1 + exp(w[n,d])))"),
        ("x[N,D], w[N,D] -> y[N,D]", f"y[n,d] = {STABLE.replace('x[n,d] >=', 'w[n,d] >=').replace('1 + exp(x', '2 + exp(x')}"),
        (SQUARE, "y[n,d] = where(x[n,d] >= 0, 1/(1 + exp(-x[n,d])), exp(x[d,n])/(1 + exp(x[d,n])))"),
        (SQUARE, f"{MASKS}y[n,d] = where(x[n,d] >= 0, 1, z[d,n])/(1 + z[d,n])"),
        ("x[N,D], a -> y[N,D]", f"y[n,d] = {STABLE.replace('1 + exp(-', '1 + a*exp(-')}"),
        (ROWS, f"y[n,d] = {STABLE.replace('/(1 + exp(x', '/(1 + n*exp(x')}"),
        (ROWS, f"y[n,d] = {STABLE.replace('1/(1', 'N/(1')}"),
        (ROWS, "y[n,d] = " + STABLE.replace("1 + exp(x[n,d])", "1 + sum[i](exp(x[n,i]))")),
    ],
)
def test_what_depends_on_more_than_one_component_is_none(signature: str, text: str) -> None:
    assert "where" in recognised(signature, text)


@pytest.mark.parametrize(
    "right",
    ["relu(x[n,d])", "where(x[n,d] > 0, x[n,d], 0)", "step(x[n,d])", "(x[n,d] > 0)*x[n,d]", "(x[n,d] > 0)", "abs(x[n,d])", "sign(x[n,d])",
     "where(x[n,d] > 0, 1, 1)", "where(x[n,d] > 0, 2, 2)*exp(x[n,d])"],
)  # fmt: skip
def test_kinks_and_constants_stay(right: str) -> None:
    (equation,) = Layer("pieces", ROWS, f"y[n,d] = {right}").equations
    assert named([equation]) == (equation,)


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("1/(1 + exp(-x[n,d]))", "sigmoid(x[n, d])"),
        ("exp(x[n,d])/(1 + exp(x[n,d]))", "sigmoid(x[n, d])"),
        ("(exp(x[n,d]) - exp(-x[n,d]))/(exp(x[n,d]) + exp(-x[n,d]))", "tanh(x[n, d])"),
        ("2/(1 + exp(-2*x[n,d])) - 1", "tanh(x[n, d])"),
        ("x[n,d]/(1 + exp(-x[n,d]))", "silu(x[n, d])"),
    ],
)
def test_quotients_of_exponentials(right: str, expected: str) -> None:
    assert recognised(ROWS, f"y[n,d] = {right}") == expected


@pytest.mark.parametrize("right", ["exp(x[n,d])*2 - exp(-x[n,d])", "tanh(x[n,d])**2", "log(1 + exp(x[n,d]))"])
def test_other_smooth_expressions_are_not_looked_at(right: str) -> None:
    (equation,) = Layer("pieces", ROWS, f"y[n,d] = {right}").equations
    assert named([equation]) == (equation,)


@pytest.mark.parametrize("right", ["1/(2 + exp(-x[n,d]))", "1/(1 - exp(-x[n,d]))", "1/(1 + exp(-x[n,d]**2))"])
def test_other_quotients_of_exponentials_stay(right: str) -> None:
    (equation,) = Layer("pieces", ROWS, f"y[n,d] = {right}").equations
    assert named([equation]) == (equation,)


def test_an_equation_that_changes_nothing_is_the_same_object() -> None:
    equations = Layer("pieces", ROWS, "z[n,d] = 2*x[n,d]; y[n,d] = relu(z[n,d])").equations
    assert all(a is b for a, b in zip(named(equations), equations, strict=True))


def test_a_recurrence_is_no_function_of_one_component() -> None:
    text = "h[n,d] = where(x[n,d] >= 0, 1, exp(x[n,d])) + h[n-1,d]; y[n,d] = h[n,d]/(1 + exp(-abs(x[n,d])))"
    equations = Layer("pieces", ROWS, text).equations
    assert named(equations) == equations


BEFORE_THE_FIRST = "y[n,d] = where(x[n-1,d] >= 0, 1, z[n-1,d])/(1 + z[n-1,d])"


def test_a_shift_of_the_component_itself_is_a_place_like_another() -> None:
    (equation,) = Layer("pieces", ROWS, f"y[n,d] = {STABLE.replace('x[n,d]', 'x[n-1,d]')}").equations
    (made,) = named([equation])
    assert str(made.right) == "sigmoid(x[n - 1, d])"  # x[-1, d] is 0, and both are 1/2 there


@pytest.mark.parametrize("start", ["", "z[-1,d] = 5; "])
def test_a_helper_at_a_shifted_place_may_be_its_start(start: str) -> None:
    # z[-1, d] is 0, or what the start says, and not exp(−|x[-1, d]|) = exp(0): y[0, d] isn't σ(0).
    equations = Layer("pieces", ROWS, f"{start}{MASKS.split(';')[0]}; {BEFORE_THE_FIRST}").equations
    assert named(equations) == equations


def test_where_a_place_is_known_to_be_inside_a_helper_is_what_it_says() -> None:
    *helpers, last = Layer("pieces", ROWS, f"{MASKS.split(';')[0]}; {BEFORE_THE_FIRST}").equations
    (row,) = (i for i in last.left.indices if i.name == "n")
    inside = Equation(last.left, Where(InRange(row - 1, row.size), last.right, sp.S.Zero))
    assert str(named([*helpers, inside])[-1].right) == "where((0 <= n - 1 < N), sigmoid(x[n - 1, d]), 0)"
    other = Equation(last.left, Where(InRange(row, row.size), last.right, sp.S.Zero))
    assert named([*helpers, other])[-1] == other  # n < N says nothing of n - 1
