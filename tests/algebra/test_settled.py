"""A normal form is a fixed point: built anew from its parts it stays what it is, and building it comes to an end."""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import FREE, expression

from symbackprop.algebra import builders
from symbackprop.algebra.convert import expanded, poly
from symbackprop.algebra.equality import cleared
from symbackprop.algebra.powers import power
from symbackprop.algebra.products import multiply
from symbackprop.algebra.replacing import replaced
from symbackprop.algebra.terms import INDICATORS, SCHEMA, Atom, Number, Poly, add, as_number, number, scale, subtract
from symbackprop.language.tensors import Dim, Index, Tensor

N = Dim("N")
LETTERS = [poly(e) for e in (Tensor("x")(), Tensor("y")(), Tensor("u", N)[Index("n", N)], Tensor("g", sign="positive")(), N)]
NUMBERS = [number(c) for c in (1, -1, 2, 3, Fraction(1, 2))]
EXPONENTS: list[Number] = [2, 3, -1, -2, *(Fraction(p, q) for p, q in ((1, 2), (-1, 2), (3, 2), (5, 2), (1, 3), (2, 3), (-2, 3), (-5, 3)))]
MOST = 40
"""Longer forms are left alone."""


def built(random: Random, depth: int) -> Poly:
    """Powers of sums of powers, products, functions and comparisons of them, denominators cleared in between."""
    if depth == 0 or random.random() < 0.1:
        return random.choice([*LETTERS, *NUMBERS])
    inner = built(random, depth - 1)
    if len(inner) > MOST:
        return inner
    ways: list[Callable[[], Poly]] = [
        *[lambda: power(inner, random.choice(EXPONENTS))]*3,
        lambda: multiply(inner, built(random, depth - 1)),
        *[lambda: add(inner, built(random, depth - 1))]*2,
        lambda: cleared(inner) or inner,
        lambda: builders.function(random.choice(["exp", "log", "abs", "tanh", "relu"]), (inner,)),
        lambda: builders.compare(random.choice([">", "=="]), inner),
    ]
    return random.choice(ways)()


def anew(p: Poly) -> Poly:
    """Every factor built from its parts once more."""
    return replaced(p, lambda _: None)


def has_values(p: Poly) -> bool:
    """Whether nothing in it divides by an indicator or by 0, or is a root of a negative number."""
    return all(_has_values(a, e) for m in p.terms for a, e in m)


def _has_values(a: Atom, e: Number) -> bool:
    if (a.kind in INDICATORS and e < 0) or (a.kind == "base" and as_number(a.parts[0]) is not None):
        return False
    inside = [q for what, part in zip(SCHEMA[a.kind], a.parts, strict=True)
              for q in ([part] if what == "poly" else part if what == "polys" else [])]
    return all(map(has_values, inside))


def assert_settled(seed: int, depth: int) -> None:
    try:
        p = built(Random(f"settled {seed}"), depth)
        if len(p) <= MOST and has_values(p):
            assert anew(p) == p
    except ZeroDivisionError:  # it has no value
        return


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_a_power_of_sums_is_a_fixed_point(seed: int, depth: int) -> None:
    assert_settled(seed, depth)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([poly, expanded]))
def test_an_expression_is_a_fixed_point(random: Random, form: Callable[..., Poly]) -> None:
    try:
        p = form(expression(random, FREE, 3))
    except (TypeError, ZeroDivisionError):  # it has no real value anywhere
        return
    assert len(p) > MOST or anew(p) == p


x, y, u, g, size = LETTERS
HALF = Fraction(1, 2)


def log(p: Poly) -> Poly:
    return builders.function("log", (p,))


@pytest.mark.parametrize(("left", "right"), [
    # A common (x + y)⁻² comes out before (x + y)² is multiplied out.
    (power(multiply(power(add(x, y), -2), add(x, number(1))), -1), multiply(power(add(x, y), 2), power(add(x, number(1)), -1))),
    # A whole power of a root's base is no root.
    (power(power(power(add(x, y), Fraction(-5, 3)), 3), 1), power(add(x, y), -5)),
    (multiply(power(power(multiply(x, y), Fraction(-5, 3)), 3), power(multiply(x, y), 5)), number(1)),
    # |1/x + x| = (1 + x²)/|x|, since 1 + x² is positive.
    (builders.function("abs", (add(x, power(x, -1)),)), multiply(add(number(1), power(x, 2)), power(builders.function("abs", (x,)), -1))),
    # log(N y³) = log N + 3 log y, as log(y³) = 3 log y.
    (log(multiply(size, power(y, 3))), add(log(size), log(power(y, 3)))),
    (log(multiply(size, power(add(x, y), -1))), add(log(size), log(power(add(x, y), -1)))),
    # √((x + y)²/4) = |x + y|/2
    (power(power(power(add(x, y), -2), HALF), -1), builders.function("abs", (add(x, y),))),
])
def test_one_form_whatever_the_way(left: Poly, right: Poly) -> None:
    assert left == right


def test_denominators_cleared_are_gone() -> None:
    d = add(power(add(x, y), -2), multiply(power(add(x, number(1)), -3), power(add(x, y), -1)), u)
    made = cleared(d)
    assert made is not None
    assert cleared(made) is None
    assert made == add(power(add(x, number(1)), 3), add(x, y), multiply(u, multiply(power(add(x, y), 2), power(add(x, number(1)), 3))))


def test_a_difference_of_inverse_squares_settles() -> None:
    # Clearing (tanh t + k + y)⁻² and (tanh t + y)⁻² used to multiply out one before it met the other, again and again.
    t, k = (poly(Tensor(name)()) for name in "tk")
    a, b = (add(*parts, builders.function("tanh", (t,))) for parts in ((k, y), (y,)))
    d = replaced(subtract(power(a, -2), power(b, -2)), by_definition)
    made = cleared(d)
    assert made is not None
    assert anew(made) == made


def by_definition(a: Atom) -> Poly | None:
    """tanh(p) = 1 − 2/(1 + exp(2p))."""
    if a.kind != "fn" or a.parts[0] != "tanh":
        return None
    e = builders.function("exp", (scale(a.parts[1][0], 2),))
    return subtract(number(1), scale(power(add(number(1), e), -1), 2))
