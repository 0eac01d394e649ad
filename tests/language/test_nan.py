"""A function of a nan is nan, in every domain; a comparison with nan doesn't hold, so that `where` takes its other branch."""
from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from symbackprop.language.domains import COMPLEX, FLOAT32, FLOAT64, Domain
from symbackprop.language.exact import EXACT, balls
from symbackprop.language.functions import TABLE, apply
from symbackprop.language.nodes import Compare, IsArgmax, Max, Where
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.language.values import value

N = Dim("N")
n, k = Index("n", N), Index("k", N)
x, y = Tensor("x", N), Tensor("y", N)
DOMAINS = [FLOAT64, FLOAT32, COMPLEX, balls(128)]


def at(e: Any, first: list[Any], domain: Domain, *free: Index) -> Any:
    arrays = {"x": np.array(first, dtype=object if domain.is_object else None), "y": np.array([1.0]*len(first))}
    return value(e, free or (n,), arrays, {"N": len(first)}, domain=domain)


def is_nan(v: Any) -> bool:
    return not v.is_finite() if isinstance(v, flint.arb) else bool(v != v)


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
@pytest.mark.parametrize("name", TABLE)
def test_a_function_of_nan_is_nan(name: str, domain: Domain) -> None:
    others = [0.25*(j + 1) for j in range(len(TABLE[name].names) - 1)]
    f = apply(name, x[n], *(Fraction(o) for o in others))
    made = at(f, [float("nan"), 0.5, float("nan")], domain)
    assert [is_nan(v) for v in made] == [True, False, True]


@pytest.mark.parametrize("name", [f for f in TABLE if len(TABLE[f].names) > 1])
def test_a_nan_parameter_counts_too(name: str) -> None:
    count = len(TABLE[name].names)
    for j in range(count):
        arguments = [x[n] if i == j else y[n] for i in range(count)]
        assert is_nan(at(apply(name, *arguments), [float("nan")], FLOAT64)[0])


@pytest.mark.parametrize("domain", [*DOMAINS, EXACT], ids=lambda d: d.name)
def test_without_nan_nothing_changes(domain: Domain) -> None:
    made = at(apply("relu", x[n]), [-1.0, 0.0, 2.0], domain)
    assert [float(np.real(v)) if not isinstance(v, flint.arb) else float(v) for v in made] == [0.0, 0.0, 2.0]


def test_infinity_is_no_nan() -> None:
    assert list(at(apply("relu", x[n]), [np.inf, -np.inf], FLOAT64)) == [np.inf, 0.0]


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
def test_a_comparison_with_nan_does_not_hold(domain: Domain) -> None:
    made = at(Where(Compare(">", x[n], y[n]), x[n], y[n]), [float("nan"), 3.0], domain)
    assert [float(np.real(v)) if not isinstance(v, flint.arb) else float(v) for v in made] == [1.0, 3.0]


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
def test_the_largest_of_numbers_with_a_nan_is_nan(domain: Domain) -> None:
    assert is_nan(np.asarray(at(Max(x[n], n), [1.0, float("nan"), 2.0], domain)).reshape(-1)[0])
    assert is_nan(at(apply("maximum", x[n], y[n]), [float("nan")], domain)[0])


@pytest.mark.parametrize("numbers", [[1.0, float("nan"), 2.0], [1.0, 5.0, 2.0], [float("nan"), 9.0], [3.0, 3.0]])
def test_the_place_of_the_largest_is_numpys(numbers: list[float]) -> None:
    found = at(IsArgmax(x[n], n, k), numbers, FLOAT64, k)
    assert int(np.argmax(found)) == int(np.argmax(numbers))
    assert np.sum(found) == 1


@pytest.mark.parametrize("power", [Fraction(1, 3), Fraction(2, 3), Fraction(1, 2), Fraction(-1, 2), Fraction(5, 7)])
@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
def test_a_root_of_a_negative_number_is_nan_in_every_domain(power: Fraction, domain: Domain) -> None:
    import sympy as sp
    made = at(x[n]**sp.Rational(power.numerator, power.denominator), [-8.0, 8.0], domain)
    assert [is_nan(v) for v in made] == [True, False]
