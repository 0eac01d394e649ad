"""Case distinctions that the declared signs settle, and those that they don't."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.claims.signs import by_signs
from symbackprop.language.functions import apply
from symbackprop.language.nodes import Compare, Where
from symbackprop.language.tensors import Tensor

x, a, h = Tensor("x")(), Tensor("a", sign="positive")(), Tensor("h", sign="positive")()
n, m = Tensor("n", sign="negative")(), Tensor("m", sign="nonnegative")()


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (apply("relu", -a - h), 0),
        (apply("relu", a + h), a + h),
        (apply("relu", n), 0),
        (apply("step", a), 1),
        (apply("step", -a), 0),
        (apply("abs", -a), a),
        (apply("sign", n), -1),
        (Where(Compare("<", x, x + a), a, h), a),
        (Compare(">=", m, 0), 1),
        (apply("relu", apply("relu", a) - a - h), 0),
        ((apply("relu", h) - apply("relu", -h)) / (2 * h), sp.Rational(1, 2)),
    ],
    ids=str,
)
def test_settled(e: sp.Expr, expected: sp.Expr) -> None:
    assert sp.expand(by_signs(e) - expected) == 0


@pytest.mark.parametrize("e", [apply("relu", x), apply("step", a - h), apply("relu", m - a), Compare(">", m, 0), apply("step", m)], ids=str)
def test_left_alone(e: sp.Expr) -> None:
    assert by_signs(e) == e
