"""Array notation says exactly what the index form says, and says it as a person would."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
import sympy as sp
from array_values import Entry, array_value
from hypothesis import event, given, settings
from hypothesis import strategies as st

from symbackprop.algebra.matrix import matrix_form
from symbackprop.language.functions import apply
from symbackprop.language.nodes import Compare, Delta, InRange, Inverse, LogDet, Max, Prod, Sum, Unspecified, Where
from symbackprop.language.notation import Scope, read_expression
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Dim, Index, Tensor

B, N, D, H, K, M, C = map(Dim, "BNDHKMC")
SIZES = {B: 2, N: 3, D: 4, H: 5, K: 6, M: 7, C: 8}
DIMS = {size.name: size for size in SIZES}
OTHER = {B: 3, N: 4, D: 2, H: 3, K: 5, M: 1, C: 2}


def index(letters: str, size: sp.Expr) -> list[Index]:
    return [Index(letter, size) for letter in letters]


(b,) = index("b", B)
n, p, q = index("npq", N)
d, e, f = index("def", D)
h, g = index("hg", H)
k, l = index("kl", K)
m, r = index("mr", M)
(c,) = index("c", C)


def up(name: str, *sizes: sp.Expr) -> Tensor:
    return Tensor(name, *sizes, adjoint_of=name[1:])


x, z, a = Tensor("x", N, D), Tensor("z", N, H), Tensor("a", N, H)
W, W2, U, w, v, u = (
    Tensor("W", D, H),
    Tensor("W2", H, K),
    Tensor("U", H, H),
    Tensor("w", D),
    Tensor("v", D),
    Tensor("u", N),
)
y, t, prob, labels = Tensor("y", N, K), Tensor("t", N, K), Tensor("p", N, K), Tensor("labels", N, below=C)
dz, dy, dh, do = up("dz", N, H), up("dy", N, D), up("dh", N, H), up("do", N, D)
gamma, mu, var, xhat = Tensor("gamma", D), Tensor("mu", D), Tensor("var", D), Tensor("xhat", N, D)
nu, s = Tensor("nu", N), Tensor("s", N, sign="positive")
eps, lam, dtr = Tensor("eps", sign="positive")(), Tensor("lam")(), up("dtr")()
A, S = Tensor("A", D, D), Tensor("S", D, D)
Q, Key, V, P, dP, dS = (
    Tensor("Q", N, D),
    Tensor("K_", M, D),
    Tensor("V", M, D),
    Tensor("P", N, M),
    up("dP", N, M),
    up("dS", N, M),
)
E, emb, logits, big = Tensor("E", C, D), Tensor("emb", N, D), Tensor("logits", N, C), Tensor("big", B, N, D)
dbig, bw, gate, gate2 = up("dbig", B, N, H), Tensor("bw", D), Tensor("i", N, H), Tensor("o", N, H)
step, relu, sigmoid, tanh, exp, log = (
    lambda z, name=name: apply(name, z) for name in ("step", "relu", "sigmoid", "tanh", "exp", "log")
)
four = Tensor("four", B, N, D, H)
std = sp.sqrt(var[d] + eps)
softmax = exp(logits[n, c]) / Sum(exp(logits[n, c]), c)

# name, index form, free indices, how a person writes it (None: any form that is right)
FORMS: list[tuple[str, sp.Expr, tuple[Index, ...], str]] = [
    ("affine W", Sum(x[n, d] * dz[n, h], n), (d, h), "x.T @ dz"),
    ("affine x", Sum(dz[n, h] * W[d, h], h), (n, d), "dz @ W.T"),
    ("affine b", Sum(dz[n, h], n), (h,), "sum(dz, axis=0)"),
    ("affine forward", Sum(x[n, d] * W[d, h], d) + Tensor("bias", H)[h], (n, h), "x @ W + bias"),
    ("relu", dz[n, h] * step(z[n, h]), (n, h), "dz * step(z)"),
    ("sigmoid", dz[n, h] * a[n, h] * (1 - a[n, h]), (n, h), "dz * a * (1 - a)"),
    (
        "sigmoid, written out",
        dz[n, h] * sigmoid(z[n, h]) * (1 - sigmoid(z[n, h])),
        (n, h),
        "dz * sigmoid(z) * (1 - sigmoid(z))",
    ),
    ("tanh", dh[n, h] * (1 - a[n, h] ** 2), (n, h), "dh * (1 - a**2)"),
    ("half squared error", (y[n, k] - t[n, k]) / N, (n, k), "(y - t)/N"),
    ("mean squared error", 2 * (y[n, k] - t[n, k]) / (N * K), (n, k), "2*(y - t)/(K*N)"),
    ("squared error, dW", Sum(x[n, d] * (z[n, h] - a[n, h]), n) / N, (d, h), "x.T @ (z - a) / N"),
    ("softmax cross-entropy", (prob[n, k] - t[n, k]) / N, (n, k), "(p - t)/N"),
    ("softmax, written out", softmax, (n, c), "softmax(logits, axis=1)"),
    (
        "softmax cross-entropy, labels",
        (softmax - Delta(labels[n], c)) / N,
        (n, c),
        "(softmax(logits, axis=1) - onehot(labels, C))/N",
    ),
    (
        "softmax backward",
        prob[n, k] * (y[n, k] - Sum(prob[n, l] * y[n, l], l)),
        (n, k),
        "p * (y - sum(p*y, axis=1, keepdims=True))",
    ),
    (
        "mlp W",
        Sum(x[n, d] * step(z[n, h]) * Sum((prob[n, k] - t[n, k]) * W2[h, k], k), n) / N,
        (d, h),
        "x.T @ ((p - t) @ W2.T * step(z)) / N",
    ),
    (
        "batch norm x",
        gamma[d] / (N * std) * (N * dy[n, d] - Sum(dy[p, d], p) - xhat[n, d] * Sum(dy[p, d] * xhat[p, d], p)),
        (n, d),
        "gamma/(N*sqrt(var + eps)) * (N*dy - sum(dy, axis=0) - xhat*sum(dy*xhat, axis=0))",
    ),
    ("batch norm x, named paths", gamma[d] * dy[n, d] / std, (n, d), "gamma * dy / sqrt(var + eps)"),
    ("batch norm gamma", Sum(dy[n, d] * xhat[n, d], n), (d,), "sum(dy*xhat, axis=0)"),
    ("batch norm beta", Sum(dy[n, d], n), (d,), "sum(dy, axis=0)"),
    ("batch norm mean", Sum(x[n, d], n) / N, (d,), "sum(x, axis=0)/N"),
    ("batch norm variance", Sum((x[n, d] - mu[d]) ** 2, n) / N, (d,), "sum((x - mu)**2, axis=0)/N"),
    (
        "layer norm x",
        (D * gamma[d] * dy[n, d] - Sum(gamma[e] * dy[n, e], e) - xhat[n, d] * Sum(gamma[e] * dy[n, e] * xhat[n, e], e))
        / (D * s[n]),
        (n, d),
        "(D*gamma*dy - sum(gamma*dy, axis=1, keepdims=True)"
        " - xhat*sum(gamma*dy*xhat, axis=1, keepdims=True))/(D*s[:, None])",
    ),
    ("layer norm xhat", (x[n, d] - nu[n]) / s[n], (n, d), "(x - nu[:, None])/s[:, None]"),
    (
        "layer norm, variance named",
        (x[n, d] - nu[n]) / sp.sqrt(s[n] + eps),
        (n, d),
        "(x - nu[:, None])/sqrt(s + eps)[:, None]",
    ),
    (
        "rms norm",
        x[n, d] / sp.sqrt(Sum(x[n, e] ** 2, e) / D + eps),
        (n, d),
        "x/sqrt(sum(x**2, axis=1, keepdims=True)/D + eps)",
    ),
    ("attention V", Sum(P[n, m] * do[n, d], n), (m, d), "P.T @ do"),
    ("attention P", Sum(do[n, d] * V[m, d], d), (n, m), "do @ V.T"),
    (
        "attention scores",
        P[n, m] * (dP[n, m] - Sum(dP[n, r] * P[n, r], r)),
        (n, m),
        "P * (dP - sum(dP*P, axis=1, keepdims=True))",
    ),
    (
        "attention Q",
        Sum(P[n, m] * (dP[n, m] - Sum(dP[n, r] * P[n, r], r)) * Key[m, d], m) / sp.sqrt(D),
        (n, d),
        "P * (dP - sum(dP*P, axis=1, keepdims=True)) @ K_ / sqrt(D)",
    ),
    (
        "attention K",
        Sum(P[n, m] * (dP[n, m] - Sum(dP[n, r] * P[n, r], r)) * Q[n, d], n) / sp.sqrt(D),
        (m, d),
        "(P*(dP - sum(dP*P, axis=1, keepdims=True))).T @ Q / sqrt(D)",
    ),
    ("attention K, scores named", Sum(dS[n, m] * Q[n, d], n) / sp.sqrt(D), (m, d), "dS.T @ Q / sqrt(D)"),
    ("recurrent step", Sum(dz[n, g] * (1 - z[n, g] ** 2) * U[h, g], g), (n, h), "dz * (1 - z**2) @ U.T"),
    (
        "lstm forget gate",
        dh[n, h] * gate2[n, h] * (1 - tanh(a[n, h]) ** 2) * z[n, h] * gate[n, h] * (1 - gate[n, h]),
        (n, h),
        "",
    ),
    ("lstm W", Sum(x[n, d] * dh[n, h] * gate2[n, h] * (1 - tanh(a[n, h]) ** 2) * gate[n, h], n), (d, h), ""),
    ("l2", lam * W[d, h], (d, h), "lam*W"),
    ("weight decay beside the gradient", Sum(x[n, d] * dz[n, h], n) + lam * W[d, h], (d, h), "x.T @ dz + lam*W"),
    ("quadratic form", Sum((A[d, e] + A[e, d]) * v[e], e), (d,), "(A + A.T) @ v"),
    ("quadratic form, symmetric", 2 * Sum(A[d, e] * v[e], e), (d,), "2*A @ v"),
    ("quadratic form, opened", Sum(A[d, e] * v[e], e) + Sum(A[e, d] * v[e], e), (d,), "A @ v + A.T @ v"),
    ("quadratic form, of A", v[d] * v[e], (d, e), "outer(v, v)"),
    ("quadratic form, value", Sum(v[d] * A[d, e] * v[e], d, e), (), "v @ A @ v"),
    ("trace", Delta(d, e), (d, e), "eye(D)"),
    ("trace, scaled", dtr * Delta(d, e), (d, e), "dtr*eye(D)"),
    ("transpose", S[e, d], (d, e), "S.T"),
    ("log det", Inverse(A[d, e], d, e, Index("j", D), Index("i", D)), (Index("i", D), Index("j", D)), "inv(A).T"),
    ("log det, symmetric", LogDet(A[d, e] + A[e, d], d, e), (), "logdet(A + A.T)"),
    (
        "inverse",
        -Sum(Inverse(A[p_, q_], p_, q_, e, d) * S[e, f] * Inverse(A[p_, q_], p_, q_, Index("g", D), f), e, f)
        if (p_ := Index("i", D)) and (q_ := Index("j", D))
        else sp.S.Zero,
        (d, Index("g", D)),
        "",
    ),
    ("embedding", Sum(Delta(labels[n], c) * emb[n, d], n), (c, d), "onehot(labels, C).T @ emb"),
    ("embedding forward", E[labels[n], d], (n, d), "E[labels, :]"),
    ("linear neuron", Sum((Sum(x[n, e] * w[e], e) - u[n]) * x[n, d], n) / N, (d,), "x.T @ (x @ w - u) / N"),
    ("vector layer x", Sum(W[d, h] * Tensor("dzv", H)[h], h), (d,), "W @ dzv"),
    ("vector layer W", w[d] * Tensor("dzv", H)[h], (d, h), "outer(w, dzv)"),
    (
        "relu neuron",
        (relu(Sum(w[d] * v[d], d)) - lam) * step(Sum(w[d] * v[d], d)) * v[d],
        (d,),
        "step(v @ w)*(relu(v @ w) - lam)*v",
    ),
    ("Frobenius norm", W[d, h] / sp.sqrt(Sum(W[e, g] ** 2, e, g)), (d, h), "W/sqrt(sum(W**2))"),
    ("logsumexp", exp(v[d]) / Sum(exp(v[e]), e), (d,), "softmax(v)"),
    ("stable logsumexp", exp(y[n, k] - Max(y[n, l], l)), (n, k), "exp(y - max(y, axis=1, keepdims=True))"),
    (
        "huber",
        Where(Compare("<=", apply("abs", y[n, k]), lam), y[n, k], lam * apply("sign", y[n, k])) / N,
        (n, k),
        "where(abs(y) <= lam, y, lam*sign(y))/N",
    ),
    (
        "leaky relu",
        dz[n, h] * Where(Compare(">", z[n, h], sp.S.Zero), sp.S.One, sp.Rational(1, 100)),
        (n, h),
        "dz * where(z > 0, 1, 0.01)",
    ),
    ("prelu slope", Sum(dy[n, d] * x[n, d] * (1 - step(x[n, d])), n), (d,), "sum(dy*x*(1 - step(x)), axis=0)"),
    (
        "gelu",
        (1 + apply("erf", z[n, h] / sp.sqrt(2))) / 2 + z[n, h] * exp(-(z[n, h] ** 2) / 2) / sp.sqrt(2 * sp.pi),
        (n, h),
        "",
    ),
    ("cosine", x[n, d] / sp.sqrt(Sum(x[n, e] ** 2, e)), (n, d), "x/sqrt(sum(x**2, axis=1, keepdims=True))"),
    ("weighted rows", Sum(x[n, d] * u[n] * dz[n, h], n), (d, h), "u * x.T @ dz"),
    ("batched affine x", Sum(dbig[b, n, h] * W[d, h], h), (b, n, d), "dbig @ W.T"),
    ("batched affine b", Sum(dbig[b, n, h], b, n), (h,), "sum(dbig, axis=(0, 1))"),
    ("batched weights", Sum(big[b, n, d] * bw[d], d), (b, n), "big @ bw"),
    ("batched broadcast", big[b, n, d] * u[n] - nu[n], (b, n, d), "u[:, None]*big - nu[:, None]"),
    ("residual", dy[n, d] + Sum(dz[n, h] * W[d, h], h), (n, d), "dy + dz @ W.T"),
    ("product of all", Prod(x[n, d], n), (d,), "prod(x, axis=0)"),
    ("hessian of least squares", Sum(x[n, d] * x[n, e], n), (d, e), "x.T @ x"),
    ("three matrices", Sum(x[n, d] * W[d, h] * W2[h, k], d, h), (n, k), "x @ W @ W2"),
    ("index as a number", lam**n * u[n], (n,), "u * lam**arange(N)"),
    (
        "mask by index",
        Where(Compare("<=", n, p), u[n] * Tensor("u2", N)[p], sp.S.Zero),
        (n, p),
        "where(arange(N)[:, None] <= arange(N), outer(u, u2), 0)",
    ),
    ("the same in a row", u[n] / N, (n, d), "outer(u/N, ones(D))"),
    ("the same in a column", v[d], (n, d), "outer(ones(N), v)"),
    ("the same everywhere", 2 * lam / N, (n, d), "2*lam*ones((N, D))/N"),
    ("the same along a vector", lam, (n,), "lam*ones(N)"),
    ("the same in a stack", u[n], (b, n, d), "u[:, None] * ones((B, N, D))"),
    ("nothing", sp.S.Zero, (n, d), "zeros((N, D))"),
    ("diagonal", step(S[d, d]), (d,), "step(diag(S))"),
    ("diagonal matrix", lam * v[d] / mu[d] * Delta(d, e), (d, e), "lam*diag(v/mu)"),
    ("trace, value", lam * Sum(S[d, d], d), (), "lam*trace(S)"),
    ("trace of the inverse", Sum(Inverse(A[e, f], e, f, d, d), d), (), "trace(inv(A))"),
    ("trace of a product", Sum(S[d, e] * W[e, h] * W[d, h], d, e, h), (), ""),
    (
        "softmax of a product",
        Sum(exp(Sum(Q[n, d] * Key[m, d], d)) / Sum(exp(Sum(Q[n, d] * Key[r, d], d)), r) * V[m, e], m),
        (n, e),
        "softmax(Q @ K_.T, axis=1) @ V",
    ),
    ("softmax over the first axis", y[n, k] * exp(y[n, k]) / Sum(exp(y[p, k]), p), (n, k), "y * softmax(y, axis=0)"),
    ("log-likelihood of labels", -Sum(logits[n, labels[n]], n) / N, (), "-sum(logits[arange(N), labels])/N"),
    ("batched scores", Sum(big[b, n, d] * Tensor("keys", B, M, D)[b, m, d], d), (b, n, m), "big @ keys.mT"),
    ("batched keys", Sum(dbig[b, n, h] * big[b, n, d], n), (b, d, h), "big.mT @ dbig"),
    (
        "batched normalisation",
        big[b, n, d] - Sum(big[b, n, e], e) / D,
        (b, n, d),
        "big - sum(big, axis=2, keepdims=True)/D",
    ),
    ("first of two", Where(Compare(">", u[n], sp.S.Zero) * Compare("<", u[n], sp.S.One), u[n], sp.S.Zero), (n,), ""),
    (
        "function left open",
        Sum(dz[n, h] * Unspecified("f", z[n, h], 1) * W[d, h], h),
        (n, d),
        "dz * f'(z) @ W.T",
    ),
    ("not greater", dz[n, h] * (1 - Compare(">", z[n, h], lam)), (n, h), "dz * (z <= lam)"),
    (
        "neither greater nor equal",
        Where(1 - Compare(">", z[n, h], lam) - Compare("==", z[n, h], lam), a[n, h], z[n, h]),
        (n, h),
        "where(z < lam, a, z)",
    ),
    ("layer norm eps", -Sum(dy[n, d] * xhat[n, d] / (s[n] + eps), n, d) / 2, (), "-sum(dy*xhat/(s + eps)[:, None])/2"),
    ("four axes", four[b, n, d, h] + lam, (b, n, d, h), "four + lam"),
    ("bias of a convolution", Sum(four[b, n, d, h], b, d, h), (n,), "sum(four, axis=(0, 2, 3))"),
    ("huber, value", Where(Compare("<=", u[n], lam), u[n] ** 2 / 2, u[n] - sp.Rational(1, 2)), (n,),
     "where(u <= lam, u**2/2, u - 1/2)"),
    (
        "unit matrix in a stack",
        u[n] * Delta(d, e) + Tensor("stack", N, D, D)[n, d, e],
        (n, d, e),
        "stack + u[:, None, None]*eye(D)",
    ),
    ("other bracket", Sum(W[d, h] * (W2[h, k] + y[n, k] * u[n]), h, k), (n, d), ""),
]

# No form without einsum, a shift or a literal subscript.
NONE: list[tuple[str, sp.Expr, tuple[Index, ...]]] = [
    ("two dummies shared by two tensors of rank 3", Sum(big[b, n, d] * dbig[b, n, h], b, n), (d, h)),
    ("convolution", Sum(Tensor("s1", D)[d + h] * Tensor("ker", H)[h], h), (d,)),
    ("literal subscript", x[0, d], (d,)),
    ("previous step", Tensor("hid", N, H)[n - 1, h], (n, h)),
    ("part of an axis", Tensor("long", N + D)[n], (n,)),
    ("range", InRange(n - 1, N) * u[n], (n,)),
    ("four axes", w[d] * u[n] * Tensor("r4", B, H)[b, h], (b, n, d, h)),
    ("triple product on one dummy", Sum(x[n, d] * dz[n, h] * y[n, k], n), (d, h, k)),
]


def arrays_for(expression: sp.Expr, sizes: dict[Dim, int], seed: str) -> dict[str, Any]:
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    made: dict[str, Any] = {size.name: value for size, value in sizes.items()}
    for tensor in tensors(expression):
        shape = tuple(int(size.subs(sizes)) for size in tensor.sizes)
        if tensor.below is not None:
            made[tensor.name] = rng.integers(0, int(tensor.below.subs(sizes)), shape)
        else:
            values = rng.normal(size=shape)
            made[tensor.name] = np.abs(values) + 0.5 if tensor.sign == "positive" or tensor.name == "var" else values
    return made


def reads_back(text: str, expression: sp.Expr, free: tuple[Index, ...], sizes: dict[Dim, int]) -> None:
    read = read_expression(text, Scope({x.name: x for x in tensors(expression)}, DIMS), indices=free)
    entry = Entry(arrays_for(expression, sizes, text), sizes)
    right, said = entry.array(expression, free), entry.array(read, free)
    np.testing.assert_allclose(said, right, rtol=1e-9, atol=1e-11, err_msg=text)


def agree(text: str, expression: sp.Expr, free: tuple[Index, ...], sizes: dict[Dim, int]) -> None:
    arrays = arrays_for(expression, sizes, text)
    right, said = Entry(arrays, sizes).array(expression, free), array_value(text, arrays)
    assert said.shape == right.shape, f"{text} has shape {said.shape}, not {right.shape}"
    np.testing.assert_allclose(said, right, rtol=1e-9, atol=1e-11, err_msg=text)


@pytest.mark.parametrize(("name", "expression", "free", "written"), FORMS, ids=[form[0] for form in FORMS])
def test_form(name: str, expression: sp.Expr, free: tuple[Index, ...], written: str) -> None:
    made = matrix_form(expression, free, {})
    assert made is not None
    for sizes in (SIZES, OTHER):
        agree(made.text, expression, free, sizes)
    assert made.sizes == tuple(i.size for i in free)
    if written:
        assert made.text == written


@pytest.mark.parametrize(("name", "expression", "free", "written"), FORMS, ids=[form[0] for form in FORMS])
def test_form_is_read_back(name: str, expression: sp.Expr, free: tuple[Index, ...], written: str) -> None:
    made = matrix_form(expression, free, {})
    assert made is not None
    for sizes in (SIZES, OTHER):
        reads_back(made.text, expression, free, sizes)


@pytest.mark.parametrize(("name", "expression", "free"), NONE, ids=[none[0] for none in NONE])
def test_no_form(name: str, expression: sp.Expr, free: tuple[Index, ...]) -> None:
    assert matrix_form(expression, free, {}) is None


def test_the_comparison_notices_a_wrong_form() -> None:
    for wrong in ("dz.T @ x", "x.T @ dz * 1.0005", "-x.T @ dz", "x.T @ dz + eye(D) @ x.T @ dz"):
        with pytest.raises(AssertionError):
            agree(wrong, FORMS[0][1], FORMS[0][2], SIZES)


def test_a_tensor_named_like_a_function_is_not_called() -> None:
    assert matrix_form(Sum(dz[n, h], n), (h,), {"sum": Tensor("sum", N)}) is None
    assert matrix_form(dz[n, h] + 1, (n, h), {"sum": Tensor("sum", N)}) is not None


LETTERS = [Index("i", N), Index("j", N), Index("k", D), Index("l", H), Index("m", K)]
SMALL = {N: 2, D: 3, H: 4, K: 2}


@st.composite
def factor(draw: Any, number: int) -> sp.Expr:
    rank = draw(st.sampled_from([1, 2, 2, 2, 3, 0]))
    places = draw(st.permutations(LETTERS))[:rank]
    base = Tensor(f"t{number}", *(i.size for i in places), sign="positive")[tuple(places)]
    other = Tensor(f"s{number}", *(i.size for i in reversed(places)), sign="positive")[tuple(reversed(places))]
    wrap = draw(st.sampled_from(["plain", "plain", "plain", "exp", "square", "inverse", "bracket", "root"]))
    return {
        "plain": base,
        "exp": apply("tanh", base),
        "square": base**2,
        "inverse": 1 / base,
        "bracket": base - 2 * other,
        "root": 1 / sp.sqrt(base),
    }[wrap]


@st.composite
def contraction(draw: Any) -> tuple[sp.Expr, tuple[Index, ...]]:
    factors = [draw(factor(number)) for number in range(draw(st.integers(1, 4)))]
    body = sp.Mul(*factors, draw(st.sampled_from([1, -1, 2, sp.Rational(-1, 3)])))
    present = [i for i in LETTERS if i in body.free_symbols]
    bound = [i for i in present if draw(st.booleans())]
    free = draw(st.permutations([i for i in present if i not in bound]))
    extra = draw(st.booleans())
    summed = Sum(body, *bound)
    if extra and bound and free:
        outside = Tensor("outside", *(i.size for i in free[:2]))[tuple(free[:2])]
        summed = outside * (outside - summed) + summed / 2
    return summed, tuple(free)


@settings(max_examples=400, deadline=None)
@given(contraction())
def test_random_contractions_are_right_or_none(case: tuple[sp.Expr, tuple[Index, ...]]) -> None:
    expression, free = case
    made = matrix_form(expression, free, {})
    event("none" if made is None else "form")
    if made is not None:
        agree(made.text, expression, free, SMALL)
        reads_back(made.text, expression, free, SMALL)


@st.composite
def component(draw: Any) -> sp.Expr:
    places = draw(st.permutations(LETTERS[:4]))[: draw(st.integers(0, 3))]
    name = "t" + "".join(i.name for i in places) + draw(st.sampled_from("abc"))
    return Tensor(name, *(i.size for i in places), sign="positive")[tuple(places)]


def larger(parts: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
    letter = st.sampled_from(LETTERS[:4])
    return st.one_of(
        st.builds(sp.Mul, parts, parts),
        st.builds(sp.Mul, parts, parts, component()),
        st.builds(sp.Add, parts, parts),
        st.builds(lambda a, b: a - 2 * b, parts, parts),
        st.builds(Sum, parts, letter),
        st.builds(lambda a, b: Sum(a * b, *LETTERS[:2]), parts, component()),
        st.builds(lambda a, b: a / (2 + tanh(b)), parts, component()),
        st.builds(lambda a: a**2, parts),
        st.builds(tanh, parts),
        st.builds(lambda a, i: exp(tanh(a)) / Sum(exp(tanh(a)), i), parts, letter),
        st.builds(lambda a, i: Max(a, i), parts, letter),
        st.builds(lambda a: a * Delta(*LETTERS[:2]), parts),
        st.builds(lambda a, b, c: Where(Compare(">", a, b), b, c), parts, component(), parts),
    )


def check_random(expression: sp.Expr, order: list[Index]) -> None:
    free = tuple(i for i in order if i in expression.free_symbols)
    made = matrix_form(expression, free, {})
    event("none" if made is None else "form")
    if made is not None:
        agree(made.text, expression, free, SMALL)
        reads_back(made.text, expression, free, SMALL)


@settings(max_examples=150, deadline=None)
@given(st.recursive(component(), larger, max_leaves=5), st.permutations(LETTERS))
def test_random_expressions_are_right_or_none(expression: sp.Expr, order: list[Index]) -> None:
    check_random(expression, order)


@pytest.mark.fuzz
@settings(max_examples=10_000, deadline=None)
@given(st.recursive(component(), larger, max_leaves=8), st.permutations(LETTERS))
def test_many_random_expressions_are_right_or_none(expression: sp.Expr, order: list[Index]) -> None:
    check_random(expression, order)
