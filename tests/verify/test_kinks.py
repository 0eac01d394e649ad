"""Answers at kinks: at one, at two at once, and at the edge of where a layer has a value."""
from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.layer import Layer
from symbackprop.verify.joint import is_joint, joints, place
from symbackprop.verify.verdict import Verdict

CONVENTION, TIES = "right, with another convention at kinks", "right except at ties"


def verdict(signature: str, equation: str, answer: str, **terms: object) -> Verdict:
    (found,) = sb.check(Layer("kinked", signature, equation), answer, **terms).verdicts.values()
    return found


WRONG_WHERE_TWO_MEET = [
    ("x, y -> C", "C = relu(x) + abs(y)", "dx = where((x == 0)*(y == 0), 7, step(x))"),
    ("x, y -> C", "C = relu(x) + abs(y)", "dy = where((x == 0)*(y == 0), -2, sign(y))"),
    ("x, y -> C", "C = relu(x)*relu(y)", "dx = where((x == 0)*(y == 0), 3, step(x)*relu(y))"),
    ("x, y -> C", "C = relu(x - 1) + abs(y - x)", "dy = where((x == 1)*(y == 1), 3, sign(y - x))"),
    ("x[N] -> C", "C = sum(relu(x))", "dx[n] = where(sum[m](x[m] == 0) > 1, 5, step(x[n]))"),
    ("x[N,K] -> y[N]", "y[n] = max[k](x[n,k])",
     "dx[n,k] = where(sum[m,j](x[m,j] == y[m]) > sum[m in N](1) + 1, 3, 1)*dy[n]*(argmax[j](x[n,j]) == k)"),
]


@pytest.mark.parametrize(("signature", "equation", "answer"), WRONG_WHERE_TWO_MEET)
def test_what_is_wrong_only_where_two_kinks_meet_is_refuted(signature: str, equation: str, answer: str) -> None:
    found = verdict(signature, equation, answer)
    assert found.status == "refuted"
    assert found.witness is not None


RIGHT_AT_JOINTS = [
    ("x, y -> C", "C = relu(x) + abs(y)", "dx = step(x)", ""),
    ("x, y -> C", "C = relu(x) + abs(y)", "dx = where(x >= 0, 1, 0)", CONVENTION),
    ("x, y -> C", "C = relu(x) + abs(y)", "dx = where((x == 0)*(y == 0), 1/3, step(x))", CONVENTION),
    ("x -> C", "C = relu(x) - relu(-x)", "dx = step(x) + step(-x)", ""),
    ("x -> C", "C = relu(x) - relu(-x)", "dx = 1", CONVENTION),
    ("x -> C", "C = relu(x) - relu(-x)", "dx = where(x >= 0, 1, 0) + where(x <= 0, 1, 0)", CONVENTION),
    ("x, w1, w2 -> C", "C = relu(w2*relu(w1*x))", "dx = where(w2*relu(w1*x) >= 0, 1, 0)*w2*where(w1*x >= 0, 1, 0)*w1", None),
    ("x[N] -> C", "C = sum(relu(x))", "dx[n] = where(x[n] >= 0, 1, 0)", CONVENTION),
    ("x[N,K] -> y[N]", "y[n] = max[k](x[n,k])", "dx[n,k] = dy[n]*(x[n,k] == y[n])/sum[j](x[n,j] == y[n])", CONVENTION),
    ("x[N,K] -> y[N]", "y[n] = max[k](x[n,k])", "dx[n,k] = dy[n]*(x[n,k] == y[n])", TIES),
]


@pytest.mark.parametrize(("signature", "equation", "answer", "note"), RIGHT_AT_JOINTS)
def test_what_is_right_stays_right_where_two_meet(signature: str, equation: str, answer: str, note: str | None) -> None:
    found = verdict(signature, equation, answer)
    assert found.status in ("proved", "agrees"), found.message
    said = {CONVENTION, TIES} & {*found.notes}
    assert note is None or said == ({note} if note else set())


def test_where_two_kinks_cancel_the_derivative_exists() -> None:
    found = verdict("x -> C", "C = relu(x) - relu(-x)", "dx = where(x == 0, 7, 1)")
    assert found.status == "refuted"
    assert "the derivative exists there" in found.message


def test_spots_with_two_kinks_are_found_on_a_grid() -> None:
    layer = Layer("far", "x, y -> C", "C = relu(x - 1) + abs(y + 1)")
    assert any(spot.point.inputs["x"] == 1 and spot.point.inputs["y"] == -1 for spot in joints(layer))
    assert all(is_joint(layer, spot) for spot in joints(layer))


def test_the_hull() -> None:
    corners = [np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    assert place(np.array([0.25, 0.25]), corners) == "subgradient"
    assert place(np.array([1.0, 1.0]), corners) == "entrywise"
    assert place(np.array([0.5, 0.5]), corners) == "subgradient"
    assert place(np.array([-0.1, 0.5]), corners) == "outside"


# ---- the edge of the domain -----------------------------------------------------------------------------------------------

ROOTS = ["where(x > y, x, y)**(1/3)", "sqrt(where(x > y, x, y))", "log(1 + where(x > y, x - 1, y - 1))", "sqrt(maximum(x, y))"]


@pytest.mark.parametrize("root", ROOTS)
def test_a_limit_that_is_not_reached_contradicts_no_proof(root: str) -> None:
    # At x = y = 0 the gradient tends to 0 as slowly as a root, and on one side it has no value.
    assert verdict("s, x, y -> C", f"C = s*{root}", f"ds = {root}").status == "proved"
    assert verdict("s, x, y -> C", f"C = s*{root}", f"ds = 1001/1000*{root}").status == "refuted"


def test_the_root_of_the_chosen_branch() -> None:
    signature = "s[N,K], u[N,K], q[K] -> C"
    root = "where(argmax[j](u[n,j]) == k, u[n,k], q[k])**(1/3)"
    right = verdict(signature, f"C = sum[n,k](s[n,k]*{root})", f"ds[n,k] = {root}")
    assert right.status == "proved", right.message
    wrong = verdict(signature, f"C = sum[n,k](s[n,k]*{root})", f"ds[n,k] = {root.replace('q[k]', '2*q[k]')}")
    assert wrong.status == "refuted"
