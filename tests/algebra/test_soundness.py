"""Equal polynomials are equal values: random expressions, written otherwise and altered, against brute force.

A point at which a side has no value does not count.
"""
from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
import sympy as sp
from brute_force import difference
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import BY_NAME, FREE, D, N, P, altered, expression, points, rewritten

from symbackprop.algebra import readable
from symbackprop.algebra.convert import expanded, kept, poly
from symbackprop.algebra.fractions import cancelled
from symbackprop.algebra.powers import power
from symbackprop.algebra.terms import Poly
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Compare, Delta, InRange, IsArgmax, Max, Prod, Sum, Where
from symbackprop.language.tensors import Index

seeds = st.randoms(use_true_random=False)
MANY = settings(max_examples=60, deadline=None)


def formed(e: sp.Expr, form: object = poly) -> Poly | None:
    """The polynomial, None for what has no real value anywhere."""
    try:
        return form(e)  # type: ignore[operator, no-any-return]
    except (TypeError, ZeroDivisionError):
        return None


def check(e: sp.Expr, other: sp.Expr, random: Random) -> None:
    """Whoever writes two expressions in one form says that they are equal: are they?"""
    at, _ = difference(e, other, FREE, points(random))
    assert at is None, f"{e}\nis not\n{other}\nat {at}"


@MANY
@given(seeds)
def test_the_polynomial_has_the_value_of_its_expression(random: Random) -> None:
    e = expression(random)
    p = formed(e)
    if p is not None:
        check(e, readable.expression(p), random)


@MANY
@given(seeds)
def test_what_is_altered_and_has_the_same_polynomial_has_the_same_value(random: Random) -> None:
    e = expression(random)
    other = altered(random, e)
    p = formed(e)
    if p is not None and p == formed(other):
        check(e, other, random)


@MANY
@given(seeds)
def test_what_is_written_otherwise_has_the_same_value(random: Random) -> None:
    e = expression(random)
    check(e, rewritten(random, e), random)


@MANY
@given(seeds)
def test_definitions_fractions_and_deltas_keep_the_value(random: Random) -> None:
    e = expression(random, FREE, 2)
    for form in (expanded, kept):
        p = formed(e, form)
        if p is not None:
            check(e, readable.expression(p), random)
    p = formed(e)
    if p is not None:
        check(e, readable.expression(cancelled(p)), random)


def test_most_of_what_is_written_otherwise_is_recognised() -> None:
    recognised = counted = 0
    for seed in range(150):
        random = Random(seed)
        e = expression(random)
        other = rewritten(random, e)
        p, q = formed(e), formed(other)
        if p is not None and q is not None and e != other:
            counted += 1
            recognised += p == q
    assert recognised >= 0.8*counted


# ---- where algebra is known to go wrong -------------------------------------------------------------------------------

i, j, d, n = Index("i", N), Index("j", N), Index("d", D), Index("n", N)
x, y, r, q, v, A, c, g, t, m, u = (BY_NAME[name] for name in ("x", "y", "r", "q", "v", "A", "c", "g", "t", "m", "u"))
relu = CLASSES["relu"]
HAZARDS = [
    sp.sqrt(x[i]**2)*x[i], sp.sqrt(x[i]*y[i])*sp.sqrt(y[i]), (x[i]**2)**sp.Rational(3, 2), sp.sqrt(sp.sqrt(x[i]**4)),
    sp.log(x[i]**2), sp.log(x[i]*g()), sp.log(-x[i]), sp.exp(2*sp.log(x[i])), sp.exp(x[i]*sp.log(y[i])),
    x[i]**n*x[i]**-n, x[i]**(n - 1)*x[i], sp.sqrt(x[i]**n), (x[i]**n)**2, c()**N*c()**-1, x[i]**(n - i),
    (x[i] + x[i]*y[i])**-1*x[i], 1/(1/x[i] + y[i]), x[i]**-1*Sum(x[j], j), (-x[i] - y[i])**-3,
    Where(Compare(">", x[i], sp.Integer(0)), sp.log(x[i]), sp.Integer(0)), Where(Compare("==", x[i], sp.Integer(0)), y[i], 1/x[i])*x[i],
    sp.exp(x[i - 1]), Sum(sp.exp(x[i + j]), j), Sum(Delta(j, i - 1)*sp.exp(x[j]), j), Sum(Delta(j, i + d)*sp.cos(x[j - 1]), j),
    Sum(Delta(Index("k", D), t[i])*q[Index("k", D)], Index("k", D)), sp.sqrt(q[d])*sp.sqrt(q[d - 1]), Compare(">", q[d - 1], sp.Integer(0)),
    Prod(x[i] + c(), i, d), Prod(-x[i]*c(), i, d), Prod(sp.exp(x[i]*v[d]), i, d), Prod(sp.sqrt(x[i]), i), Prod(c() + 0*x[i], i),
    Prod(2*c() - 1, i, d),
    Max(x[i]*v[d], i, d), Max(-x[i], i), Max(c(), i), IsArgmax(x[j], j, i), IsArgmax(x[j]*v[d], j, d, i, t[i]), IsArgmax(m[j], j, i + 1),
    Sum(x[j]*u[i - j], j), Sum(InRange(j - 1, N)*sp.exp(x[j - 1]), j), Sum(x[j - 1]/y[j], j), Sum(x[i - j]/(1 + y[j]**2), j),
    Sum(relu(x[i] - x[j]), i, j), Sum(Compare(">", x[i], x[j])*x[i], i, j), Sum(Compare("<", i, j)*x[i]*x[j], i, j),
    Sum(Sum(A[i, j]*A[j, i], j)**2, i), Sum(sp.sqrt(Sum(A[i, j]**2, j)), i)**2, Sum(x[i]*Sum(A[i, j], j)*Sum(A[j, i], j), i),
    CLASSES["sign"](-x[i])*CLASSES["abs"](x[i]), CLASSES["step"](-x[i]) + CLASSES["step"](x[i]), CLASSES["abs"](x[i]*y[i]**-1),
    CLASSES["maximum"](x[i], y[i]) + CLASSES["minimum"](x[i], y[i]), sp.floor((N + D)/sp.Integer(2))*x[i], m[i]**2*(1 - m[i]),
]


@pytest.mark.parametrize("e", HAZARDS, ids=str)
def test_hazards(e: sp.Expr) -> None:
    for form in (poly, expanded):
        p = form(e)
        for found in (p, cancelled(p)):
            at, counted = difference(e, readable.expression(found), (i, d, n), points(Random(3), 12))
            assert at is None, f"{e}\nis not\n{readable.expression(found)}\nat {at}"
        assert counted
    random = Random(str(e))
    for _ in range(12):
        other = altered(random, e)
        if poly(e) == formed(other):
            check(e, other, random)


@pytest.mark.slow
def test_thousands() -> None:
    for seed in range(3000):
        random = Random(seed)
        e = expression(random)
        other, third, where = rewritten(random, e), altered(random, e), points(random)
        p = formed(e)
        if p is None:
            continue
        for same in [readable.expression(p), other, *([third] if formed(third) == p else [])]:
            at, _ = difference(e, same, FREE, where)
            assert at is None, f"seed {seed}: {e}\nis not\n{same}\nat {at}"


def test_the_brute_force_tells_apart() -> None:
    where = points(Random(1), 8)
    for wrong in (x[i]*sp.Rational(2001, 2000), y[i], -x[i], Sum(x[j], j)):
        assert difference(x[i], wrong, (i,), where)[0] is not None
    assert difference(x[i], x[i], (i,), where) == (None, 8)
    assert difference(Sum(x[i], d), D*x[i], (i,), where)[0] is None
    assert difference(P*x[i], N*x[i], (i,), where)[0] is not None


@pytest.mark.parametrize("whole", [-1, 1, 2, -3])
def test_what_was_computed_before_changes_nothing(whole: int) -> None:
    # Fraction(-1) and -1 are equal: what is remembered for a power under a root must not be found for the power itself.
    inverse = power(power(poly(y[i]), Fraction(whole, 2)), 2)
    assert all(type(e) is int for m in inverse.terms for _, e in m)
    e = CLASSES["abs"](x[i] * y[i]**whole)
    at, counted = difference(e, readable.expression(poly(e)), (i, d, n), points(Random(5), 12))
    assert at is None and counted
