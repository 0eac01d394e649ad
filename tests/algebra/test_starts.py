"""A first turn told apart goes where it is like the others, and only there: the values stay what they are."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.algebra.fingerprint import differ
from symbackprop.algebra.starts import read_before, unparted
from symbackprop.language.nodes import Where
from symbackprop.layer import Layer

SIGNATURE = "x[T,D], h0[D], w -> y[T,D]"
HEAD = "h[-1,d] = h0[d]; h[t,d] = tanh(x[t,d] + h[t-1,d]); "


def parted(right: str, head: str = HEAD) -> tuple[sp.Expr, sp.Expr]:
    """What is made of the last equation; it has the values that it had."""
    *known, last = Layer("parted", SIGNATURE, f"{head}y[t,d] = {right}").equations
    made = unparted(last.right, known)
    assert not differ(made, last.right, known)
    return made, last.right


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("where(t == 0, h0[d], h[t-1,d])", "h[t - 1, d]"),
        ("where(t > 0, h[t-1,d], h0[d])", "h[t - 1, d]"),
        ("where(t != 0, h[t-1,d], h0[d])", "h[t - 1, d]"),
        ("where(t == 0, w*h0[d] + x[0,d], w*h[t-1,d] + x[t,d])", "w*h[t - 1, d] + x[t, d]"),
        ("where(t == 0, tanh(x[t,d] + h0[d]), tanh(x[t,d] + h[t-1,d]))", "tanh(h[t - 1, d] + x[t, d])"),
        ("w*where(t == 0, h0[d], h[t-1,d])**2", "w*h[t - 1, d]**2"),
        ("where(t > 0, h0[d], h[t-1,d])", "h0[d]"),
        ("where(t == 0, h[0,d], h[t,d])", "h[t, d]"),
        ("where(t == 0, 0, t*x[t,d])", "t*x[t, d]"),
    ],
)
def test_a_first_turn_like_the_others_goes(right: str, expected: str) -> None:
    assert str(parted(right)[0]) == expected


@pytest.mark.parametrize(
    "right",
    [
        "where(t == 0, 0, h[t-1,d])",
        "where(t == 0, 2*h0[d], h[t-1,d])",
        "where(t == 0, h0[d], -h[t-1,d])",
        "where(t == 0, h0[d], h[t,d])",
        "where(t == 0, h0[d], h[t-2,d])",
        "where(t == 1, h0[d], h[t-1,d])",
        "where(t > 1, h[t-1,d], h0[d])",
        "where(t > 0, 2*h0[d], h[t-1,d] + x[t,d])",  # the branches exchanged
        "where(d == 0, h0[d], h[t-1,d])",
        "where(x[t,d] == 0, h0[d], h[t-1,d])",
        "where(t == 0, x[1,d], x[t,d])",
    ],
)
def test_another_first_turn_stays(right: str) -> None:
    made, before = parted(right)
    assert made.has(Where) and not differ(made, before)


def test_without_a_start_the_place_before_the_first_is_0() -> None:
    head = "h[t,d] = tanh(x[t,d] + h[t-1,d]); "
    assert parted("where(t == 0, h0[d], h[t-1,d])", head)[0].has(Where)


def test_another_start_is_another() -> None:
    assert parted("where(t == 0, h0[d], h[t-1,d])", HEAD.replace("= h0[d]", "= w*h0[d]"))[0].has(Where)


def test_what_has_no_choice_is_the_same_object() -> None:
    made, before = parted("h[t-1,d] + relu(x[t,d])")
    assert made is before


@pytest.mark.parametrize(
    ("right", "reads"),
    [
        ("h[t,d]", False),
        ("h[0,d]", False),
        ("h[t-1,d]", True),
        ("h[t+1,d]", True),
        ("h[T-1-t,d]", True),
        ("where(t == 0, 0, h[t-1,d])", False),
        ("where(t > 0, h[t-1,d], 0)", False),
        ("where(t == 0, h[t-1,d], 0)", True),
        ("where(t == 0, 0, h[t-2,d])", True),
        ("where(t == 0, 0, h[t-1,d]) + h[t-1,d]", True),
        ("where(t == 1, 0, h[t-1,d])", True),
        ("where(d == 0, 0, h[t-1,d])", True),
        ("sum[s in T](h[s-1,d])*(t + 1)", True),
    ],
)
def test_who_reads_before_the_first_place(right: str, reads: bool) -> None:
    last = Layer("parted", SIGNATURE, f"{HEAD}y[t,d] = {right}").equations[-1]
    assert ("h" in {u.name for u in read_before([last.right])}) is reads
