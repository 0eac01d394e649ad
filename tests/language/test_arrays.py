"""Array style means what NumPy means by it, and is read as index style with good letters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

from symbackprop.language.arrays import MAX_COMPONENTS
from symbackprop.language.nodes import Delta, Inverse, LogDet, Sum
from symbackprop.language.notation import NotationError, ShapeMismatch, read_array, read_expression, read_signature, scope, target_indices
from symbackprop.language.tensors import Dim, Index
from symbackprop.layer import Layer

SIGNATURE = "x[N,D], y[N,D], W[D,H], b[H], v[D], u[D], A[D,D], S[B,N,D], R[B,D,H], c[N,1], r[1,D], t[N] in D, E[D,H], lam, eps > 0"
SCOPE = scope(read_signature(SIGNATURE + " -> C").inputs)
N, D, H, B = map(Dim, "NDHB")
n, d, h = Index("n", N), Index("d", D), Index("h", H)
SIZES = {"N": 2, "D": 3, "H": 4, "B": 5}
RNG = np.random.default_rng(3)


def _array(tensor: Any) -> Any:
    shape = tuple(int(s.subs({Dim(k): value for k, value in SIZES.items()})) for s in tensor.sizes)
    if tensor.below is not None:
        return RNG.integers(0, SIZES[str(tensor.below)], shape)
    made = RNG.uniform(0.5, 2, shape) * (1 if tensor.sign else RNG.choice([-1, 1], shape))
    return made + 3 * np.eye(3) if tensor.name == "A" else made


ARRAYS = {name: _array(t) for name, t in SCOPE.tensors.items()}
NUMPY: dict[str, Any] = {**ARRAYS, "np": np, **SIZES, "None": None}


def softmax(z: Any, axis: int) -> Any:
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


def relu(z: Any) -> Any:
    return np.maximum(z, 0)


CASES: list[tuple[str, Any]] = [
    (text, make)
    for text, make in [
        ("x @ W + b", lambda a: a["x"] @ a["W"] + a["b"]),
        ("x.T @ y", lambda a: a["x"].T @ a["y"]),
        ("x @ v", lambda a: a["x"] @ a["v"]),
        ("v @ W", lambda a: a["v"] @ a["W"]),
        ("v @ u", lambda a: a["v"] @ a["u"]),
        ("S @ W", lambda a: a["S"] @ a["W"]),
        ("S @ R", lambda a: a["S"] @ a["R"]),
        ("x @ R", lambda a: a["x"] @ a["R"]),
        ("S @ v", lambda a: a["S"] @ a["v"]),
        ("x @ A @ A.T @ W", lambda a: a["x"] @ a["A"] @ a["A"].T @ a["W"]),
        ("x*y - 2*x/y + x**2", lambda a: a["x"] * a["y"] - 2 * a["x"] / a["y"] + a["x"] ** 2),
        ("x*v + lam", lambda a: a["x"] * a["v"] + a["lam"]),
        ("x*c + r", lambda a: a["x"] * a["c"] + a["r"]),
        ("c*r", lambda a: a["c"] * a["r"]),
        ("S + x", lambda a: a["S"] + a["x"]),
        ("v[:, None]*b", lambda a: a["v"][:, None] * a["b"]),
        ("v[None]*x", lambda a: a["v"][None] * a["x"]),
        ("x[:, 0]", lambda a: a["x"][:, 0]),
        ("x[1]", None),
        ("x[1, :]", lambda a: a["x"][1, :]),
        ("S[..., 0]", lambda a: a["S"][..., 0]),
        ("S[0, ..., None]", lambda a: a["S"][0, ..., None]),
        ("S[:, None, :, 1]", lambda a: a["S"][:, None, :, 1]),
        ("(x @ W)[:, 2]", lambda a: (a["x"] @ a["W"])[:, 2]),
        ("E[t]", lambda a: a["E"][a["t"]]),
        ("E[t, :]", lambda a: a["E"][a["t"]]),
        ("E[:, 0][t]", lambda a: a["E"][:, 0][a["t"]]),
        ("x[arange(N), t]", lambda a: a["x"][np.arange(2), a["t"]]),
        ("E.T[:, t]", lambda a: a["E"].T[:, a["t"]]),
        ("S.T", lambda a: a["S"].T),
        ("S.mT", lambda a: a["S"].swapaxes(1, 2)),
        ("S.transpose(1, 0, 2)", lambda a: a["S"].transpose(1, 0, 2)),
        ("transpose(x)", lambda a: a["x"].T),
        ("sum(x)", lambda a: a["x"].sum()),
        ("sum(x*y, axis=0)", lambda a: (a["x"] * a["y"]).sum(axis=0)),
        ("x.sum(axis=-1, keepdims=True)", lambda a: a["x"].sum(axis=-1, keepdims=True)),
        ("x.sum(1)", lambda a: a["x"].sum(1)),
        ("sum(x, 0)", lambda a: a["x"].sum(0)),
        ("sum(x, axis=None)", lambda a: a["x"].sum()),
        ("sum(c, axis=1)", lambda a: a["c"].sum(axis=1)),
        ("sum(c, axis=0, keepdims=True)", lambda a: a["c"].sum(axis=0, keepdims=True)),
        ("S.sum(axis=(0, -1))", lambda a: a["S"].sum(axis=(0, -1))),
        ("S.mean(axis=(0, 2), keepdims=True)", lambda a: a["S"].mean(axis=(0, 2), keepdims=True)),
        ("mean(x)", lambda a: a["x"].mean()),
        ("prod(x, axis=1)", lambda a: a["x"].prod(axis=1)),
        ("var(x, axis=0)", lambda a: a["x"].var(axis=0)),
        ("x.std(axis=1, keepdims=True)", lambda a: a["x"].std(axis=1, keepdims=True)),
        ("(x - mean(x, axis=0))/sqrt(var(x, axis=0) + eps)", lambda a: (a["x"] - a["x"].mean(0)) / np.sqrt(a["x"].var(0) + a["eps"])),
        (
            "(x - x.mean(axis=1, keepdims=True))/x.std(axis=1, keepdims=True)",
            lambda a: (a["x"] - a["x"].mean(1, keepdims=True)) / a["x"].std(1, keepdims=True),
        ),
        ("max(x, axis=0)", lambda a: a["x"].max(axis=0)),
        ("x.max()", lambda a: a["x"].max()),
        ("min(x, axis=1, keepdims=True)", lambda a: a["x"].min(axis=1, keepdims=True)),
        ("max(x, y)", lambda a: np.maximum(a["x"], a["y"])),
        ("min(x, 0, v)", lambda a: np.minimum(np.minimum(a["x"], 0), a["v"])),
        ("maximum(0, x @ W)", lambda a: np.maximum(0, a["x"] @ a["W"])),
        ("norm(x)", lambda a: np.linalg.norm(a["x"])),
        ("norm(x, axis=1, keepdims=True)", lambda a: np.linalg.norm(a["x"], axis=1, keepdims=True)),
        ("softmax(x @ W, axis=-1)", lambda a: softmax(a["x"] @ a["W"], -1)),
        ("softmax(v)", lambda a: softmax(a["v"], 0)),
        ("log_softmax(x, axis=0)", lambda a: np.log(softmax(a["x"], 0))),
        ("logsumexp(x, axis=1)", lambda a: np.log(np.exp(a["x"]).sum(1))),
        ("softmax(x @ y.T/sqrt(D), axis=1) @ (x @ W)", lambda a: softmax(a["x"] @ a["y"].T / np.sqrt(3), 1) @ (a["x"] @ a["W"])),
        ("tanh(x) + exp(-x**2) - log(abs(x))", lambda a: np.tanh(a["x"]) + np.exp(-(a["x"] ** 2)) - np.log(np.abs(a["x"]))),
        ("relu(x)*(x > 0)", lambda a: relu(a["x"]) * (a["x"] > 0)),
        ("where(x > y, x, 0*y + v)", lambda a: np.where(a["x"] > a["y"], a["x"], 0 * a["y"] + a["v"])),
        ("x if lam > 0 else y", lambda a: a["x"] if a["lam"] > 0 else a["y"]),
        ("(x > 0) + (x < 0 or y < 0) + (not x > y)", lambda a: (a["x"] > 0) * 1 + ((a["x"] < 0) | (a["y"] < 0)) + ~(a["x"] > a["y"])),
        ("(0 < x and x < 1)", lambda a: (a["x"] > 0) & (a["x"] < 1)),
        ("clip(x, -1, v**2)", lambda a: np.clip(a["x"], -1, a["v"] ** 2)),
        ("inv(A)", lambda a: np.linalg.inv(a["A"])),
        ("inv(A) @ W", lambda a: np.linalg.inv(a["A"]) @ a["W"]),
        ("det(A) + logdet(A @ A.T)", lambda a: np.linalg.det(a["A"]) + np.linalg.slogdet(a["A"] @ a["A"].T)[1]),
        ("trace(A @ A)", lambda a: np.trace(a["A"] @ a["A"])),
        ("(A @ A).trace()", lambda a: np.trace(a["A"] @ a["A"])),
        ("outer(v, b)", lambda a: np.outer(a["v"], a["b"])),
        ("dot(v, u)", lambda a: np.dot(a["v"], a["u"])),
        ("x.dot(W)", lambda a: a["x"] @ a["W"]),
        ("matmul(x, W)", lambda a: a["x"] @ a["W"]),
        ("diag(v) @ W", lambda a: np.diag(a["v"]) @ a["W"]),
        ("diag(A)", lambda a: np.diag(a["A"])),
        ("eye(D) - ones(D, D)/D + zeros((D, D))", lambda a: np.eye(3) - np.ones((3, 3)) / 3),
        ("ones(N) @ x", lambda a: np.ones(2) @ a["x"]),
        ("onehot(t, D)", lambda a: np.eye(3)[a["t"]]),
        ("x - onehot(t)", lambda a: a["x"] - np.eye(3)[a["t"]]),
        ("sum(onehot(t).T @ x)", lambda a: (np.eye(3)[a["t"]].T @ a["x"]).sum()),
        ("arange(N)*N", lambda a: np.arange(2) * 2),
        ("sum[n](x[n,:])", None),
        ("-x.T", lambda a: -a["x"].T),
        ("(x @ W).T @ x", lambda a: (a["x"] @ a["W"]).T @ a["x"]),
        ("x/sum(x)", lambda a: a["x"] / a["x"].sum()),
        ("sum(x, axis=0)/N + lam", lambda a: a["x"].sum(0) / 2 + a["lam"]),
        ("1/(1 + exp(-x))", lambda a: 1 / (1 + np.exp(-a["x"]))),
        ("sqrt(square(x))", lambda a: np.abs(a["x"])),
    ]
    if make
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_it_is_what_numpy_says(text: str, expected: Any) -> None:
    value = np.asarray(expected(ARRAYS), dtype=float)
    found = read_array(text, SCOPE)
    assert tuple(int(s.subs({Dim(k): size for k, size in SIZES.items()})) for s in found.sizes) == value.shape
    output = f"Z[{', '.join(map(str, found.sizes))}]" if found.sizes else "Z"
    layer = Layer("case", f"{SIGNATURE} -> {output}", f"Z = {text}")
    np.testing.assert_allclose(np.asarray(layer.evaluate(**ARRAYS), dtype=float), value, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("x.T @ x", "sum[n](x[n,d]*x[n,e])"),
        ("x @ W + b", "sum[d](x[n,d]*W[d,h]) + b[h]"),
        ("A", "A[d,e]"),
        ("A @ A @ A", "sum[i](sum[j](A[d,j]*A[j,i])*A[i,e])"),
        ("x/sum(x)", "x[n,d]/sum[m,e](x[m,e])"),
        ("softmax(x, axis=1)", "exp(x[n,d])/sum[e](exp(x[n,e]))"),
        ("sum(softmax(A, axis=1), axis=0)", "sum[e](exp(A[e,d])/sum[i](exp(A[e,i])))"),
        ("inv(A)", "inv[i,j](A[i,j])[d,e]"),
        ("c", "c[n,0]"),
        ("c @ r", "c[n,0]*r[0,d]"),
        ("var(x, axis=0)", "sum[n]((x[n,d] - sum[m](x[m,d])/N)**2)/N"),
        ("trace(A)", "sum[d](A[d,d])"),
    ],
)
def test_the_letters_read_well_and_catch_nothing(text: str, body: str) -> None:
    found = read_array(text, SCOPE)
    free = tuple(i for i in found.indices if i is not None)
    assert found.body == read_expression(body, SCOPE, indices=free)


def test_letters_avoid_the_names_of_tensors() -> None:
    taken = scope(read_signature("n[N], x[N,D], d -> z").inputs)
    found = read_array("x*n[:, None]", taken)
    assert [i.name for i in found.indices if i] == ["m", "e"]


def test_an_axis_of_size_one_has_no_index() -> None:
    found = read_array("x.sum(axis=1, keepdims=True)", SCOPE)
    assert found.indices == (n, None) and found.sizes == (N, 1)
    assert found.body == Sum(SCOPE.tensors["x"][n, d], d)


def test_a_target_of_array_style() -> None:
    W = SCOPE.tensors["W"]
    assert target_indices(W, SCOPE) == (d, h)
    assert read_expression("x.T @ (x @ W)", SCOPE, target=W) == read_array("x.T @ (x @ W)", SCOPE).body
    with pytest.raises(ShapeMismatch) as error:
        read_expression("x", SCOPE, target=W)
    assert (error.value.expected, error.value.found) == ((D, H), (N, D))
    with pytest.raises(ShapeMismatch):
        read_expression("lam", SCOPE, target=W)
    with pytest.raises(NotationError, match="stands free"):
        read_expression("W[d,h]", SCOPE, target=W)


def test_both_styles_in_one_equation() -> None:
    layer = Layer("mixed", SIGNATURE + " -> z[N,H]", "z[n,h] = x[n,:] @ W[:,h] + sum(v*u) + sum[k](A[k,k])")
    a = ARRAYS
    np.testing.assert_allclose(layer.evaluate(**a), a["x"] @ a["W"] + a["v"] @ a["u"] + np.trace(a["A"]))
    inside = Layer("inside", SIGNATURE + " -> z[N]", "z[n] = sum[d]((x - mean(x, axis=0))[n,d]*softmax(x, axis=1)[n,d])")
    np.testing.assert_allclose(inside.evaluate(**a), ((a["x"] - a["x"].mean(0)) * softmax(a["x"], 1)).sum(1))


def test_nodes_of_matrices() -> None:
    A = SCOPE.tensors["A"]
    i, j, k, l = (Index(letter, D) for letter in "deij")
    assert read_array("inv(A)", SCOPE).body == Inverse(A[k, l], k, l, i, j)
    assert read_array("logdet(A)", SCOPE).body == LogDet(A[i, j], i, j)
    assert read_array("eye(D)", SCOPE).body == Delta(i, j)


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("x + W", 1, r"\[N, D\] and \[D, H\] don't fit: N against D", ""),
        ("lam*(x + b)", 6, r"\[N, D\] and \[H\] don't fit: D against H", "None"),
        ("x @ y", 1, r"\[N, D\] @ \[N, D\] doesn't fit: D against N", ".T"),
        ("x.T @ W", 1, r"\[D, N\] @ \[D, H\] doesn't fit: N against D", "left factor transposed"),
        ("x @ lam", 1, "not scalars", "x*y"),
        ("S @ S", 1, "doesn't fit", ""),
        ("sum(x, axis=2)", 1, "no axis 2", "from 0 to 1"),
        ("sum(x, axis=(0, 0))", 1, "named twice", ""),
        ("sum(x, axis=n)", 13, "whole number", "axis=0"),
        ("sum(x, axis=1.5)", 13, "whole number", "axis=0"),
        ("sum(x, axis=True)", 13, "whole number", "axis=0"),
        ("sum(x, dim=0)", 12, "no option dim", "axis="),
        ("x.sum(axis=0, keepdim=True)", 23, "no option keepdim", "keepdims="),
        ("var(x, axis=0, ddof=1)", 21, "no option ddof", "N - 1"),
        ("sum(x, 0, 1)", 11, "its axis", "axis=0"),
        ("sum(x, 0, axis=1)", 8, "its axis", "axis=0"),
        ("sum()", 1, "takes an array", "sum(x)"),
        ("max(x, y, axis=0)", 16, "no axis", "max(x, axis=0)"),
        ("inv(x)", 1, "square matrix", ""),
        ("inv(A, A)", 1, "one argument", "inv(x)"),
        ("trace(v)", 1, "square matrix", ""),
        ("diag(x)", 1, "square matrix", ""),
        ("outer(x, v)", 1, "two vectors", ""),
        ("v.mT", 1, "transposes matrices", ""),
        ("S.transpose(0, 1)", 1, "no order of 3 axes", ""),
        ("x[1:, :]", 3, "part of an axis", "x[i + 1]"),
        ("x[:, -1]", 6, "isn't on an axis", "D - 1"),
        ("x[:, 0, 0]", 1, "2 axes, here it has 3", ""),
        ("c[:, 1]", 6, "isn't on an axis of size 1", ""),
        ("x[v, :]", 3, "no subscript", "t[N] in C"),
        ("onehot(x, D)", 8, "integer tensor", "t[N] in C"),
        ("ones(n)", 6, "n is no size", ""),
        ("ones(0)", 6, "less than 1", ""),
        ("eye(N, N)", 1, "one size", "eye(N)"),
        ("where(x, y, y)", 7, "no condition", "x[n] > 0"),
        ("x > 0 and y", 11, "no condition", "x[n] > 0"),
        ("(x @ W)[q, 0]", 9, "q stands free", ""),
        (
            "sum[k](A[k,k]*(x @ W)[k,0])",
            23,
            "k runs over two sizes: D \\(axis 0 of A\\) and N \\(axis 0 of the array before it",
            "another letter",
        ),
        ("lam[0]", 1, "0 axes", "write lam alone"),
        ("(lam*2)[0]", 2, "a component has no subscripts", ""),
        ("f(x, y)", 1, "one argument", "f(x)"),
        ("d(x, y)", 3, "whole array", "x[n,d]"),
        ("x.reshape(3)", 1, "no method", ""),
        ("reshape(x, 3)", 1, "no function", "y[n,i,j]"),
        ("x.shape", 1, "no place", ""),
        ("1/(x - x)", 4, "divides by 0", ""),
    ],
)
def test_what_does_not_fit_is_refused(text: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(NotationError, match=message) as error:
        read_array(text, SCOPE)
    assert (error.value.line, error.value.column) == (1, column), error.value
    assert hint in error.value.hint


def test_what_unfolds_without_end_is_refused() -> None:
    with pytest.raises(NotationError, match=f"more than {MAX_COMPONENTS:,} components"):
        read_array("softmax(" * 50 + "v" + ")" * 50, SCOPE)


def test_an_array_is_read_once_a_use() -> None:
    assert read_array("sum(x + x*0)", SCOPE).body == Sum(SCOPE.tensors["x"][n, d], n, d)
    assert isinstance(read_array("lam", SCOPE).body, sp.Expr)


def test_softmax_goes_over_the_last_axis_unless_told_otherwise() -> None:
    layer = Layer("s", "z[N,K] -> p[N,K]", "p = softmax(z)")
    other = Layer("s", "z[N,K] -> p[N,K]", "p = softmax(z, axis=-1)")
    assert layer.equations[0].right == other.equations[0].right
