"""Functions of one variable: sign charts, ranges, limits, joints, Lipschitz constants, against values and against known facts."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.claims.charts import Undecided, chart
from symbackprop.claims.curves import X, curve
from symbackprop.claims.limits import limit_of
from symbackprop.claims.numbers import ball, shown, sign
from symbackprop.claims.properties import PROPERTIES, activations, row
from symbackprop.claims.quadrature import mean_of
from symbackprop.claims.ranges import range_of_curve
from symbackprop.language.evaluate import value
from symbackprop.language.tensors import Tensor

claims = sb.claims
E = sp.exp(X)

CHARTS = [
    (X**2 - 2, [-1.41421356, 1.41421356], (1, -1, 1)),
    (E - 1 - X, [0.0], (1, 1)),
    (E - 2, [0.69314718], (-1, 1)),
    (X**3, [0.0], (-1, 1)),
    (X**2, [0.0], (1, 1)),
    (1 + X * E, [], (1,)),
    (X * E + sp.Rational(1, 10), [-3.57715206, -0.11183256], (1, -1, 1)),
    (sp.log(1 + E) - 1, [0.54132485], (-1, 1)),
    (sp.erf(X) - sp.Rational(1, 2), [0.47693628], (-1, 1)),
]


@pytest.mark.parametrize(("g", "roots", "signs"), CHARTS, ids=str)
def test_charts(g: sp.Expr, roots: list[float], signs: tuple[int, ...]) -> None:
    try:
        found = chart(g, X)
    except Undecided:
        assert g == E - 1 - X, "only a double root between two kinds of function is left open"
        return
    assert found.signs == signs
    assert [float(r.ball.mid()) for r in found.roots] == pytest.approx(roots, abs=1e-7)


@pytest.mark.parametrize("g", [sp.sin(X), sp.exp(X) + sp.exp(X**2) - 3, sp.Symbol("p", real=True) * X], ids=str)
def test_what_no_chart_decides_is_left_open(g: sp.Expr) -> None:
    with pytest.raises(Undecided):
        chart(g, X)


@pytest.mark.parametrize("name", [n for n in activations() if n != "prelu"])
@pytest.mark.parametrize("order", [0, 1])
def test_ranges_hold_the_values_and_no_more(name: str, order: int) -> None:
    c = curve(name)
    found = range_of_curve(c.derivative(order) if order else c)
    joints = [Fraction(int(j)) for j, _ in c.joints]
    at = [*(Fraction(k, 16) for k in range(-640, 641, 4)), *(j + d * Fraction(1, 999) for j in joints for d in (-1, 1))]
    at = [x for x in at if x not in joints]
    pieces = (c.derivative(order) if order else c).pieces
    values = [
        float(ball(next(p for p in pieces if p.low < x and x < p.high).value, {X: flint.arb(flint.fmpq(x.numerator, x.denominator))}).mid())
        for x in at
    ]
    low, high = (float(v.ball.mid()) for v in (found.low, found.high))
    assert low - 1e-12 <= min(values) and max(values) <= high + 1e-12
    for end, extreme in ((low, min(values)), (high, max(values))):
        assert math.isinf(end) or abs(end - extreme) < 0.03, (name, end, extreme)


LIMITS = [
    ("sigmoid", -sp.oo, 0, 0),
    ("sigmoid", sp.oo, 0, 1),
    ("tanh", -sp.oo, 0, -1),
    ("silu", -sp.oo, 0, 0),
    ("silu", sp.oo, 1, 1),
    ("gelu", -sp.oo, 0, 0),
    ("mish", -sp.oo, 0, 0),
    ("gelu_tanh", -sp.oo, 0, 0),
    ("softplus", sp.oo, 1, 1),
    ("softplus", -sp.oo, 0, 0),
    ("elu", -sp.oo, 0, -1),
    ("leaky_relu", -sp.oo, 1, sp.Rational(1, 100)),
    ("softsign", sp.oo, 0, 1),
    ("relu", sp.oo, 0, sp.oo),
    ("log_sigmoid", -sp.oo, 0, -sp.oo),
    ("x*exp(-x**2)", sp.oo, 0, 0),
    ("(2*exp(x) + x)/(exp(x) - 3*x)", sp.oo, 0, 2),
]


@pytest.mark.parametrize(("f", "at", "order", "expected"), LIMITS, ids=str)
def test_limits(f: str, at: sp.Expr, order: int, expected: sp.Expr) -> None:
    found = claims.limit(f, at, order=order)
    assert found.status == "proved" and found.found["limit"] == expected


def test_a_limit_that_values_deny_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sp, "limit", lambda *_: sp.Rational(1, 3))
    with pytest.raises(ValueError, match="is not what values"):
        limit_of.__wrapped__(sp.erf(X) + sp.Rational(1, 7), X, sp.oo)


@pytest.mark.parametrize("f", ["relu6", "hardswish", "softsign", "gelu", "selu"])
def test_pieces_are_the_function(f: str) -> None:
    c = curve(f)
    x = Tensor("x")
    for at in (-5.0, -3.0, -0.7, 0.0, 0.3, 3.0, 6.0, 7.5):
        expected = float(value(c.expression, (), {"x": np.array(at)}, {}))
        assert float(ball(c.at(sp.Rational(Fraction(at).numerator, Fraction(at).denominator))).mid()) == pytest.approx(expected, abs=1e-12)
    assert c.variable == x()


def test_monotone() -> None:
    for f, direction in (("sigmoid", 1), ("relu", 1), ("exp(-x)", -1), ("softplus", 1), ("step", 1)):
        found = claims.monotone(f)
        assert found.status == ("proved" if f != "step" else "undecided"), str(found)
        assert f == "step" or found.found["direction"] == direction
    for f in ("silu", "mish", "gelu", "hardswish", "x**2", "cosh"):
        assert claims.monotone(f).status == "refuted"
    assert claims.monotone("x**2", low=sp.S.Zero).status == "proved"


@pytest.mark.parametrize(
    ("f", "order"),
    [("relu", 0), ("elu", 1), ("softsign", 1), ("hardtanh", 0), ("step", -1), ("tanh", sp.oo), ("x*abs(x)", 1), ("x**2*abs(x)", 2)],
)
def test_smoothness(f: str, order: int) -> None:
    found = claims.smoothness(f)
    assert found.status == "proved" and found.found["order"] == order


def test_lipschitz_constants() -> None:
    known = {
        "tanh": (1, 4 * sp.sqrt(3) / 9),
        "sigmoid": (sp.Rational(1, 4), sp.sqrt(3) / 18),
        "softplus": (1, sp.Rational(1, 4)),
        "softsign": (1, 2),
    }
    for f, constants in known.items():
        for order, constant in enumerate(constants):
            found = claims.lipschitz(f, order=order)
            assert found.status == "proved" and sp.simplify(found.found["constant"] - constant) == 0
    assert claims.lipschitz("x**2").status == "refuted"
    assert claims.lipschitz("step").status == "refuted"
    assert str(claims.lipschitz("relu", order=1).witness is not None)


def test_users_functions_and_layers() -> None:
    swish = sb.Layer("swish", "x[N,D] -> y[N,D]", "y[n,d] = x[n,d]*sigmoid(x[n,d])")
    assert str(claims.range_of(swish).found["range"]) == str(claims.range_of("silu").found["range"])
    two = sb.Layer("two steps", "x[N] -> y[N]", "h[n] = tanh(x[n]); y[n] = h[n]**2")
    assert str(claims.range_of(two).found["range"]) == "[0, 1)"
    assert claims.odd("x**3 - x").status == "proved"
    with pytest.raises(ValueError, match="one variable"):
        claims.range_of(sb.Layer("pair", "x[N] -> y", "y = x[0]*x[1]"))
    with pytest.raises(ValueError, match="has no parameter"):
        claims.range_of("relu", alpha=1)
    with pytest.raises(TypeError, match="exact number"):
        claims.range_of("elu", alpha=0.5)  # type: ignore[arg-type]
    with pytest.raises(sb.NotationError):
        claims.range_of("__import__('os')")


def test_means_agree_with_sums() -> None:
    grid = np.linspace(-12, 12, 200_001)
    weight = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi) * (grid[1] - grid[0])
    for f, values in {"tanh": np.tanh(grid), "sigmoid": 1 / (1 + np.exp(-grid)), "relu6": np.clip(grid, 0, 6)}.items():
        found = mean_of(curve(f))
        assert float(found.mid()) == pytest.approx(float(np.sum(values * weight)), abs=1e-7)
        assert float(found.rad()) < 1e-13
    assert claims.expectation("relu").status == "undecided"


# --- the table


@pytest.mark.parametrize("name", activations())
def test_every_cell_is_decided(name: str) -> None:
    for title, cell in row(name).items():
        assert "undecided" not in str(cell), f"{name}: {title}"
        assert cell.conclusion.status in ("proved", "refuted"), f"{name}: {title}: {cell.conclusion.verdict.message}"


def test_the_table_is_large_enough_and_says_what_is_known() -> None:
    assert len(activations()) >= 14 and len(PROPERTIES) >= 10
    assert [str(row("elu")[p]) for p in ("differentiable", "smoothness", "range", "saturates left", "saturates right")] == [
        "yes",
        "C1",
        "(-1, ∞)",
        "at -1",
        "no",
    ]
    assert [str(row("relu")[p]) for p in ("differentiable", "range", "Lipschitz constant of the slope")] == ["no", "[0, ∞)", "none"]
    assert str(row("prelu")["largest slope"]) == "max(1, alpha)" and str(row("prelu")["mean slope"]) == "alpha/2 + 1/2"
    assert str(row("sigmoid")["mean slope"]) == "0.2066" and str(row("tanh")["mean slope"]) == "0.6057"


def test_numbers() -> None:
    assert sign(sp.sqrt(2) - sp.Rational(14142, 10000)) == 1 and sign(sp.sqrt(8) - 2 * sp.sqrt(2)) == 0
    assert shown(sp.Rational(1, 3)) == "1/3" and shown(sp.oo) == "∞" and shown(sp.Rational(10**9, 10**9 + 1)) == "1"
