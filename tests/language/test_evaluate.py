"""The value of an expression is what NumPy, written by hand, says: in floats, fractions, balls, complex numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import flint
import numpy as np
import pytest
import sympy as sp

from symbackprop.derivation import Conventions, Derivation, Reason, Step
from symbackprop.language.domains import COMPLEX, FLOAT32, FLOAT64, Domain, DomainError
from symbackprop.language.equations import Equation
from symbackprop.language.evaluate import forward, gradient, outputs, sizes_from, value
from symbackprop.language.exact import EXACT, balls
from symbackprop.language.functions import TABLE, apply
from symbackprop.language.nodes import (
    Compare,
    Delta,
    Det,
    InRange,
    Inverse,
    IsArgmax,
    LogDet,
    Max,
    Partial,
    Prod,
    Sum,
    Unspecified,
    Where,
)
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.layer import Layer

N, D, H, T, L, P = map(Dim, "NDHTLP")
n, m = Index("n", N), Index("m", N)
d, e = Index("d", D), Index("e", D)
h, g = Index("h", H), Index("g", H)
t = Index("t", T)
x, W, b, z = Tensor("x", N, D), Tensor("W", D, H), Tensor("b", H), Tensor("z", N, H)
A, v = Tensor("A", D, D), Tensor("v", D)
label, table = Tensor("label", N, below=H), Tensor("table", H, D)
SIZES = {N: 2, D: 3, H: 4}
RANDOM = np.random.default_rng(5)
ARRAYS: dict[str, Any] = {
    "x": RANDOM.integers(-8, 8, (2, 3)) / 4,
    "W": RANDOM.integers(-8, 8, (3, 4)) / 4,
    "b": RANDOM.integers(-8, 8, 4) / 4,
    "A": RANDOM.integers(-8, 8, (3, 3)) / 4 + 3 * np.eye(3),
    "v": RANDOM.integers(-8, 8, 3) / 4,
    "label": np.array([3, 1]),
    "table": RANDOM.integers(-8, 8, (4, 3)) / 4,
}
X, WW, B, AA, V = (ARRAYS[k] for k in ("x", "W", "b", "A", "v"))
EYE = np.eye(3)

CASES: list[tuple[str, sp.Expr, tuple[Index, ...], Any]] = [
    ("affine", Sum(x[n, d] * W[d, h], d) + b[h], (n, h), X @ WW + B),
    ("axes in the order asked for", Sum(x[n, d] * W[d, h], d), (h, n), (X @ WW).T),
    ("an axis it lacks", b[h], (n, h), np.tile(B, (2, 1))),
    ("no axes", Sum(x[n, d] ** 2, n, d) / (N * D), (), np.mean(X**2)),
    ("a sum over an index it lacks", Sum(b[h], n), (h,), 2 * B),
    ("a sum of sums", Sum(b[h] + Sum(x[n, d] * W[d, h], d), n), (h,), 2 * B + X.sum(0) @ WW),
    ("one index, two scopes", Sum(x[n, d], n) * x[n, d], (n, d), X.sum(0) * X),
    ("a sum beside its own index", Sum(x[n, d] * Sum(x[n, d], n), n), (d,), X.sum(0) ** 2),
    ("three factors", Sum(x[n, d] * A[d, e] * x[m, e], d, e), (n, m), X @ AA @ X.T),
    ("diagonal", A[d, d], (d,), np.diag(AA)),
    ("trace", Sum(A[d, d], d), (), np.trace(AA)),
    ("delta", Sum(x[n, e] * Delta(d, e), e), (n, d), X),
    ("delta of integers", Sum(Delta(label[n], h), n), (h,), np.array([0, 1, 0, 1.0])),
    ("embedding", table[label[n], d], (n, d), ARRAYS["table"][[3, 1]]),
    ("shift", x[n, d - 1], (n, d), np.pad(X, ((0, 0), (1, 0)))[:, :3]),
    ("stride", v[2 * d], (d,), np.array([V[0], V[2], 0])),
    ("a place by itself", x[0, d] - x[1, d], (d,), X[0] - X[1]),
    ("a place outside", b[-1] + b[0], (), B[0]),
    ("the last place", v[D - 1], (), V[2]),
    ("index as a number", b[h] * h / (H - 1), (h,), B * np.arange(4) / 3),
    ("index in an exponent", sp.Integer(2) ** (d - e), (d, e), 2.0 ** (np.arange(3)[:, None] - np.arange(3))),
    ("range", InRange(d - 1, D - 1), (d,), np.array([0, 1, 1.0])),
    ("comparison", Compare("<=", d, e), (d, e), np.triu(np.ones((3, 3)))),
    ("comparison of values", Compare(">", x[n, d], v[d]), (n, d), (X > V) * 1.0),
    ("case", Where(Compare("==", d, e), x[n, d], 0), (n, d, e), X[:, :, None] * EYE),
    ("maximum", Max(x[n, d], d), (n,), X.max(1)),
    ("maximum of an index it lacks", Max(b[h], n), (h,), B),
    ("maximum of two", Max(x[n, d] - v[d], n, d), (), (X - V).max()),
    ("product", Prod(x[n, d] + 3, d), (n,), (X + 3).prod(1)),
    ("product over an index it lacks", Prod(b[h], n), (h,), B**2),
    ("argmax", IsArgmax(x[n, d], d, e), (n, e), (X.argmax(1)[:, None] == np.arange(3)) * 1.0),
    ("inverse", Inverse(A[d, e], d, e, e, d), (d, e), np.linalg.inv(AA).T),
    ("determinant", Det(A[d, e], d, e), (), np.linalg.det(AA)),
    ("a power", (x[n, d] ** 2 + 1) ** -2, (n, d), (X**2 + 1) ** -2),
]
IRRATIONAL: list[tuple[str, sp.Expr, tuple[Index, ...], Any]] = [
    ("log determinant", LogDet(-A[d, e], d, e), (), np.log(abs(np.linalg.det(AA)))),
    (
        "roots",
        (x[n, d] ** 2 + 1) ** sp.Rational(-3, 2) + sp.sqrt(2) * sp.pi,
        (n, d),
        (X**2 + 1) ** -1.5 + np.sqrt(2) * np.pi,
    ),
    ("softmax", sp.exp(x[n, d]) / Sum(sp.exp(x[n, e]), e), (n, d), np.exp(X) / np.exp(X).sum(1, keepdims=True)),
    ("waves", sp.sin(x[n, d]) * sp.cos(x[n, d]) + sp.atan(x[n, d]), (n, d), np.sin(X) * np.cos(X) + np.arctan(X)),
    ("a general power", (x[n, d] ** 2 + 1) ** v[d], (n, d), (X**2 + 1) ** V),
    ("e", sp.E * v[d], (d,), np.e * V),
]


def doubles(a: Any) -> Any:
    return np.asarray(
        np.vectorize(lambda u: complex(u).real if isinstance(u, (complex, np.complexfloating)) else float(u))(a)
    )


@pytest.mark.parametrize("domain", [FLOAT64, FLOAT32, COMPLEX, EXACT, balls(100)], ids=lambda domain: domain.name)
@pytest.mark.parametrize(("expression", "indices", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_rational_expressions(expression: sp.Expr, indices: tuple[Index, ...], expected: Any, domain: Domain) -> None:
    found = value(expression, indices, ARRAYS, SIZES, domain=domain)
    assert found.dtype == domain.dtype
    assert found.shape == np.shape(expected)
    assert np.allclose(
        doubles(found), expected, rtol=1e-4 if domain is FLOAT32 else 1e-12, atol=1e-5 if domain is FLOAT32 else 1e-13
    )


@pytest.mark.parametrize("domain", [FLOAT64, COMPLEX, balls(100)], ids=lambda domain: domain.name)
@pytest.mark.parametrize(
    ("expression", "indices", "expected"), [c[1:] for c in IRRATIONAL], ids=[c[0] for c in IRRATIONAL]
)
def test_other_expressions(expression: sp.Expr, indices: tuple[Index, ...], expected: Any, domain: Domain) -> None:
    assert np.allclose(
        doubles(value(expression, indices, ARRAYS, SIZES, domain=domain)), expected, rtol=1e-12, atol=1e-13
    )


def test_fractions_stay_fractions() -> None:
    third = value(Sum(x[n, d], d) / 3, (n,), {"x": np.full((2, 3), Fraction(1, 7))}, SIZES, domain=EXACT)
    assert list(third) == [Fraction(1, 7)] * 2
    assert value(Compare("<", N, D) / (N + D), (), {}, SIZES, domain=EXACT)[()] == Fraction(1, 5)


def test_fractions_refuse_what_is_irrational() -> None:
    with pytest.raises(DomainError, match="exp"):
        value(sp.exp(x[n, d]), (n, d), ARRAYS, SIZES, domain=EXACT)


def test_balls_enclose_the_value() -> None:
    found = value(sp.exp(v[d]), (d,), {"v": np.array([Fraction(1, 3)] * 3)}, SIZES, domain=balls(200))[0]
    with flint.ctx.workprec(400):
        assert found.contains((flint.arb(1) / 3).exp())
        assert found.rad() < flint.arb(2) ** -190


def test_a_first_maximum_among_equals() -> None:
    ties = {"x": np.array([[1.0, 2, 2], [0, 0, 0]])}
    assert value(IsArgmax(x[n, d], d, e), (n, e), ties, SIZES).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert value(IsArgmax(x[n, d], n, d, sp.Integer(0), e), (e,), ties, SIZES).tolist() == [0, 1, 0]


def test_the_branch_not_taken_does_not_leak() -> None:
    safe = Where(Compare(">", v[d], 0), sp.log(v[d]), 1 / v[d])
    for domain in (FLOAT64, COMPLEX, balls(80)):
        found = value(safe, (d,), {"v": np.array([-2.0, 1.0, 4.0])}, SIZES, domain=domain)
        assert np.allclose(doubles(found), [-0.5, 0, np.log(4)])
    inverse = Where(Compare("==", v[d], 0), 0, 1 / v[d])
    assert value(
        inverse, (d,), {"v": np.array([0, Fraction(1, 2), 4], dtype=object)}, SIZES, domain=EXACT
    ).tolist() == [0, 2, Fraction(1, 4)]


@pytest.mark.parametrize("name", sorted(TABLE))
def test_no_function_overflows_to_nan(name: str) -> None:
    row = TABLE[name]
    s = Tensor("s")()
    rest = [sp.Integer(1)] * (len(row.names) - 1 - len(row.defaults)) + [sp.Rational(v) for v in row.defaults.values()]
    f = apply(name, s, *rest[: len(row.names) - 1])
    for big in (-1000.0, -40.0, -1.0, 0.0, 0.5, 40.0, 1000.0):
        assert not np.isnan(value(f, (), {"s": big}, {})), big


@pytest.mark.parametrize("name", sorted(TABLE))
def test_floats_balls_and_complex_numbers_agree(name: str) -> None:
    row = TABLE[name]
    values = np.array([-3.5, -1.25, -0.5, 0.25, 1.5, 4.0])
    u = Tensor("u", 6)[Index("i", 6)]
    rest = [sp.Rational(3, 4)] * (len(row.names) - 1)
    f = apply(name, u, *rest)
    exact = doubles(value(f, (Index("i", 6),), {"u": values}, {}, domain=balls(150)))
    assert np.all(np.isfinite(exact))
    for domain in (FLOAT64, COMPLEX):
        assert np.allclose(
            doubles(value(f, (Index("i", 6),), {"u": values}, {}, domain=domain)), exact, rtol=1e-13, atol=1e-15
        )


def test_step_at_zero_is_a_convention() -> None:
    zero = {"v": np.array([-1.0, 0, 1])}
    assert value(apply("step", v[d]), (d,), zero, SIZES).tolist() == [0, 0, 1]
    assert value(apply("step", v[d]), (d,), zero, SIZES, step0=sp.Rational(1, 2)).tolist() == [0, 0.5, 1]
    assert np.isnan(value(apply("step", v[d]), (d,), zero, SIZES, step0=None)[1])


def test_unspecified_functions_are_given_as_callables() -> None:
    f = Unspecified("f", v[d], 1) * Unspecified("f", v[d])
    assert np.allclose(value(f, (d,), ARRAYS, SIZES, functions={"f": (np.sin, np.cos)}), np.cos(V) * np.sin(V))
    with pytest.raises(ValueError, match="f' has no callable"):
        value(f, (d,), ARRAYS, SIZES, functions={"f": np.sin})


def test_what_has_no_value_says_so() -> None:
    with pytest.raises(ValueError, match="not yet carried out"):
        value(Partial(z[n, h], x[n, d]), (n, h, d), ARRAYS, SIZES)
    with pytest.raises(ValueError, match="z has no array"):
        value(z[n, h], (n, h), ARRAYS, SIZES)
    with pytest.raises(ValueError, match="free indices d"):
        value(x[n, d], (n,), ARRAYS, SIZES)


# Layers

linear = Layer.of("linear", (x, W, b), (z,), (Equation(z[n, h], Sum(x[n, d] * W[d, h], d) + b[h]),))
GIVEN = {k: ARRAYS[k] for k in ("x", "W", "b")}


def test_outputs_of_a_layer() -> None:
    assert np.allclose(linear.evaluate(**GIVEN), X @ WW + B)
    assert linear.evaluate(**{k: a.astype(np.float32) for k, a in GIVEN.items()}).dtype == np.float32
    exact = outputs(linear, {k: a.astype(object) for k, a in GIVEN.items()})
    assert isinstance(exact[0, 0], Fraction) and np.allclose(exact.astype(float), X @ WW + B)


def test_several_outputs_come_by_name() -> None:
    c = Tensor("c", N)
    both = Layer.of("both", (x,), (z, c), (Equation(z[n, h], x[n, 0] * h), Equation(c[n], Sum(z[n, h], h))))
    found = both.evaluate(x=X, H=4)
    assert sorted(found) == ["c", "z"] and np.allclose(found["c"], X[:, 0] * 6)


def test_large_layers_do_not_build_large_products() -> None:
    big = {"x": np.ones((64, 512)), "W": np.ones((512, 512)), "b": np.ones(512)}
    assert np.all(linear.evaluate(**big) == 513)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.zeros((2, 5))}, r"axis 0 of W should have D = 5 places, but the given array has shape \(3, 4\)"),
        ({"x": np.zeros(3)}, r"x should have 2 axes \[N, D\], but the given array has shape \(3,\)"),
        ({"y": 1.0}, r"linear has no 'y'"),
        ({"weight": 1.0, "x1": 1.0}, r"linear has no 'weight'"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        linear.evaluate(**{**GIVEN, **change})


def test_a_missing_array_and_a_near_name() -> None:
    with pytest.raises(ValueError, match=r"linear needs an array for b\[H\]"):
        linear.evaluate(x=X, W=WW)
    gamma = Tensor("gamma", D)
    scaled = Layer.of(
        "scaled", (x, gamma), (Tensor("y", N, D),), (Equation(Tensor("y", N, D)[n, d], x[n, d] * gamma[d]),)
    )
    with pytest.raises(ValueError, match="did you mean 'gamma'"):
        scaled.evaluate(x=X, gama=V)


@pytest.mark.parametrize(
    ("tensor", "array", "message"),
    [
        (Tensor("s", N, sign="positive"), [1.0, 0.0], r"s\[1\] = 0.0 is not > 0"),
        (Tensor("s", N, values=(sp.Integer(0), sp.Integer(1))), [1.0, 0.5], r"s\[1\] = 0.5 is not in \{0, 1\}"),
        (Tensor("s", N, below=N), np.array([0, 2]), r"s\[1\] = 2 is not in 0, ..., 1"),
        (Tensor("s", N, below=N), [0.0, 1.0], "should be an array of integers"),
    ],
)
def test_declared_values_are_checked(tensor: Tensor, array: Any, message: str) -> None:
    y = Tensor("y", N)
    with pytest.raises(ValueError, match=message):
        Layer.of("declared", (tensor,), (y,), (Equation(y[n], 2 * tensor[n]),)).evaluate(s=array)


def test_sizes_from_shapes() -> None:
    signal, out, kernel = Tensor("signal", L), Tensor("out", L - P + 1), Tensor("kernel", P)
    assert sizes_from([signal, kernel], {"signal": np.zeros(7), "kernel": np.zeros(3)}) == {"L": 7, "P": 3}
    assert sizes_from([signal, out], {"signal": np.zeros(7), "out": np.zeros(5)}) == {"L": 7, "P": 3}
    with pytest.raises(
        ValueError, match=r"axis 0 of out should have L - P \+ 1 = 5 places, but the given array has shape \(4,\)"
    ):
        sizes_from([signal, kernel, out], {"signal": np.zeros(7), "kernel": np.zeros(3), "out": np.zeros(4)})
    with pytest.raises(ValueError, match="L, P apart"):
        sizes_from([out], {"out": np.zeros(4)})
    with pytest.raises(ValueError, match="no size L makes that 4"):
        sizes_from([Tensor("odd", 2 * L + 1)], {"odd": np.zeros(4)})


def test_an_axis_without_places_is_refused() -> None:
    signal, out, kernel = Tensor("signal", L), Tensor("out", L - P + 1), Tensor("kernel", P)
    i, p = Index("i", L - P + 1), Index("p", P)
    conv = Layer.of("conv", (signal, kernel), (out,), (Equation(out[i], Sum(signal[i + p] * kernel[p], p)),))
    assert np.allclose(conv.evaluate(signal=np.arange(5.0), kernel=np.array([1.0, -1])), -1)
    with pytest.raises(ValueError, match="needs at least 1"):
        conv.evaluate(signal=np.zeros(2), kernel=np.zeros(4))


# Recurrences

state, start, U, drive, V_ = (
    Tensor("h", T, N, H),
    Tensor("h0", N, H),
    Tensor("U", H, H),
    Tensor("x", T, N, D),
    Tensor("V", D, H),
)
inner = Sum(drive[t, n, d] * V_[d, h], d) + Sum(state[t - 1, n, g] * U[g, h], g)
rnn = Layer.of(
    "rnn",
    (drive, start, V_, U),
    (state,),
    (Equation(state[-1, n, h], start[n, h]), Equation(state[t, n, h], apply("tanh", inner))),
)
STEPS = {
    "x": RANDOM.normal(size=(5, 2, 3)),
    "h0": RANDOM.normal(size=(2, 4)),
    "V": RANDOM.normal(size=(3, 4)),
    "U": RANDOM.normal(size=(4, 4)),
}


def unrolled(a: dict[str, Any]) -> Any:
    states, last = [], a["h0"]
    for now in a["x"]:
        last = np.tanh(now @ a["V"] + last @ a["U"])
        states.append(last)
    return np.array(states)


def test_a_recurrence_goes_place_by_place_from_its_boundary() -> None:
    assert np.allclose(rnn.evaluate(**STEPS), unrolled(STEPS))
    assert np.allclose(doubles(outputs(rnn, STEPS, domain=balls(80))), unrolled(STEPS))


def test_without_a_boundary_a_recurrence_starts_from_zero() -> None:
    bare = Layer.of("bare", (drive, V_, U), (state,), (rnn.equations[1],))
    zero = {**STEPS, "h0": np.zeros((2, 4))}
    assert np.allclose(bare.evaluate(**{k: a for k, a in STEPS.items() if k != "h0"}), unrolled(zero))


def test_a_recurrence_backwards() -> None:
    s, u = Tensor("s", T), Tensor("u", T)
    suffix = Layer.of("suffix sums", (u,), (s,), (Equation(s[t], u[t] + s[t + 1]),))
    assert suffix.evaluate(u=np.arange(5.0)).tolist() == [10, 10, 9, 7, 4]


def test_two_tensors_that_recur_together() -> None:
    p, q, u = Tensor("p", T), Tensor("q", T), Tensor("u", T)
    pair = Layer.of(
        "pair",
        (u,),
        (p,),
        (Equation(q[t], 2 * p[t - 1] + u[t]), Equation(p[-1], sp.Integer(1)), Equation(p[t], q[t] + q[t - 1])),
    )
    expected, p_, q_ = [], 1.0, 0.0
    for now in np.arange(4.0):
        q_, before = 2 * p_ + now, q_
        p_ = q_ + before
        expected.append(p_)
    assert pair.evaluate(u=np.arange(4.0)).tolist() == expected


def test_a_boundary_inside_the_range_wins() -> None:
    s = Tensor("s", T)
    fibonacci = Layer.of("fibonacci", (), (s,), (Equation(s[0], sp.Integer(1)), Equation(s[t], s[t - 1] + s[t - 2])))
    assert fibonacci.evaluate(T=6).tolist() == [1, 1, 2, 3, 5, 8]
    y, u = Tensor("y", N), Tensor("u", N)
    patched = Layer.of("patched", (u,), (y,), (Equation(y[n], 2 * u[n]), Equation(y[0], u[1])))
    assert patched.evaluate(u=np.array([1.0, 5])).tolist() == [5, 10]


def test_a_circle_that_cannot_be_carried_out_is_refused() -> None:
    s, u = Tensor("s", T), Tensor("u", T)
    circle = Layer.of("circle", (u,), (s,), (Equation(s[t], u[t] + s[t - 1] + s[t + 1]),))
    with pytest.raises(ValueError, match="cannot be carried out"):
        circle.evaluate(u=np.zeros(3))


def test_two_thousand_equations() -> None:
    layers = [Tensor(f"a{k}", N) for k in range(2000)]
    deep = Layer.of(
        "deep",
        (layers[0],),
        (layers[-1],),
        tuple(Equation(b_[n], a_[n] + 1) for a_, b_ in pairwise(layers)),
    )
    assert deep.evaluate(a0=np.zeros(2)).tolist() == [1999, 1999]
    assert len(forward(deep, {"a0": np.zeros(2)})) == 2000


# Gradients


def derived(
    layer: Layer,
    variable: Tensor,
    goal: sp.Expr,
    result: sp.Expr,
    family: dict[str, Derivation] | None = None,
    step0: sp.Rational | None = sp.S.Zero,
) -> Derivation:
    return Derivation(
        goal, (Step(result, Reason("by hand")),), layer, variable, Conventions(step0), family=family or {}
    )


dW, dz, db, dx = W.adjoint(), z.adjoint(), b.adjoint(), x.adjoint()


def test_gradient_from_a_given_upstream() -> None:
    found = derived(linear, W, dW[d, h], Sum(x[n, d] * dz[n, h], n)).evaluate(**GIVEN, dz=X @ WW)
    assert np.allclose(found, X.T @ X @ WW)
    assert np.allclose(derived(linear, b, db[h], Sum(dz[n, h], n)).evaluate(**GIVEN, dz=X @ WW), (X @ WW).sum(0))


def test_gradient_needs_its_upstream_in_shape() -> None:
    made = derived(linear, b, db[h], Sum(dz[n, h], n))
    with pytest.raises(ValueError, match=r"needs an array for dz\[N, H\]"):
        made.evaluate(**GIVEN)
    with pytest.raises(ValueError, match="dz should have 2 axes"):
        made.evaluate(**GIVEN, dz=np.zeros(4))


def test_gradient_through_the_family() -> None:
    cost, r = Tensor("C"), Tensor("r", N, H)
    net = Layer.of(
        "net",
        (x, W),
        (cost,),
        (
            Equation(z[n, h], Sum(x[n, d] * W[d, h], d)),
            Equation(r[n, h], apply("relu", z[n, h])),
            Equation(cost(), Sum(r[n, h] ** 2, n, h) / 2),
        ),
    )
    family: dict[str, Derivation] = {}
    dr, dc = r.adjoint(), cost.adjoint()
    family["r"] = derived(net, r, dr[n, h], dc() * r[n, h], family)
    family["z"] = derived(net, z, dz[n, h], dr[n, h] * apply("step", z[n, h]), family)
    family["W"] = derived(net, W, dW[d, h], Sum(x[n, d] * dz[n, h], n), family)
    assert np.allclose(family["W"].evaluate(x=X, W=WW), X.T @ np.maximum(X @ WW, 0))


def test_gradient_through_time() -> None:
    total, given = Tensor("dh_total", T, N, H, adjoint_of="h"), Tensor("dh", T, N, H)
    family: dict[str, Derivation] = {}
    back = given[t, n, h] + Sum(total[t + 1, n, g] * (1 - state[t + 1, n, g] ** 2) * U[h, g], g)
    family["h"] = derived(rnn, state, total[t, n, h], back, family)
    family["U"] = derived(
        rnn, U, U.adjoint()[g, h], Sum(total[t, n, h] * (1 - state[t, n, h] ** 2) * state[t - 1, n, g], t, n), family
    )
    upstream = RANDOM.normal(size=(5, 2, 4))
    hs = unrolled(STEPS)
    dh, later, expected = np.zeros((2, 4)), np.zeros((2, 4)), np.zeros((4, 4))
    for at in reversed(range(5)):
        dh = upstream[at] + later
        da = dh * (1 - hs[at] ** 2)
        expected += (hs[at - 1] if at else STEPS["h0"]).T @ da
        later = da @ STEPS["U"].T
    assert np.allclose(family["U"].evaluate(**STEPS, dh=upstream), expected)
    assert np.allclose(family["h"].evaluate(**STEPS, dh=upstream)[0], dh)


def test_an_open_convention_is_refused_only_where_it_matters() -> None:
    y, dy = Tensor("y", N, D), Tensor("y", N, D).adjoint()
    relu = Layer.of("relu", (x,), (y,), (Equation(y[n, d], apply("relu", x[n, d])),))
    made = derived(relu, x, dx[n, d], dy[n, d] * apply("step", x[n, d]), step0=None)
    ones = np.ones((2, 3))
    assert np.allclose(made.evaluate(x=X + 0.125, dy=ones), X + 0.125 > 0)
    with pytest.raises(ValueError, match=r"Step\(0\) is left open"):
        made.evaluate(x=X * 0, dy=ones)
    assert np.allclose(gradient(made, {"x": X * 0, "dy": ones}, step0=sp.Rational(1, 2)), 0.5)


def test_labels_within_a_recurrence_are_those_of_the_turn() -> None:
    layer = Layer("counted", "x[T], s[T] in 2 -> y[T]", "h[t,d in 2] = h[t-1,d] + x[t]*delta(d, s[t]); y[t] = h[t,0]")
    found = forward(layer, {"x": np.array([1.0, 5.0, 2.0, 0.5]), "s": np.array([1, 0, 1, 0])})
    assert found["y"].tolist() == [0.0, 5.0, 5.0, 5.5]
