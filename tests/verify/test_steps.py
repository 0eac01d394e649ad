"""Right derivations agree, and a derivation with one step altered is refused: this is the test of the judge itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from symbackprop.derivation import Conventions, Derivation, MatrixForm, Reason, Step
from symbackprop.language.functions import apply
from symbackprop.language.nodes import Compare, Delta, InRange, Inverse, IsArgmax, Partial, Sum, Unspecified, Where
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.steps import check_step, check_steps

N, D, H, K, T, L, P, F = map(Dim, "NDHKTLPF")
n, m, d, e, h, j, k, l, t, i, p, f, g = (
    Index(name, size) for name, size in zip("nmdehjkltipfg", (N, N, D, D, H, H, K, K, T, L, P, F, H), strict=True)
)
Family = dict[str, Derivation]


def derivation(
    layer: Layer,
    name: str,
    indices: Iterable[Any],
    *lines: sp.Expr | MatrixForm,
    total: str = "",
    family: Family | None = None,
    step0: sp.Rational | None = sp.S.Zero,
) -> Derivation:
    """∂C/∂v = line = line = ..., by hand."""
    variable = layer.tensors[name]
    adjoint = Tensor(total, *variable.sizes, adjoint_of=name) if total else variable.adjoint()
    steps = tuple(Step(line, Reason("by hand")) for line in lines)
    return Derivation(Component(adjoint, *indices), steps, layer, variable, Conventions(step0), family=family or {})


def tensors(layer: Layer, *names: str) -> list[Tensor]:
    return [layer.tensors[name] for name in names]


def linear() -> Derivation:
    layer = Layer("linear", "x[N,D], W[D,H], b[H] -> z[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h]")
    x, W, z = tensors(layer, "x", "W", "z")
    dz = z.adjoint()
    result = Sum(x[n, d] * dz[n, h], n)
    return derivation(
        layer,
        "W",
        (d, h),
        Sum(dz[n, j] * Partial(z[n, j], W[d, h]), n, j),
        Sum(dz[n, j] * Sum(x[n, e] * Delta(e, d) * Delta(j, h), e), n, j),
        result,
        MatrixForm("x.T @ dz", result, (D, H)),
    )


def relu() -> Derivation:
    layer = Layer("relu", "x[N,D] -> y[N,D]", "y[n,d] = relu(x[n,d])")
    x, y = tensors(layer, "x", "y")
    dy = y.adjoint()
    step = apply("step", x[n, d])
    return derivation(
        layer,
        "x",
        (n, d),
        Sum(dy[m, e] * Partial(y[m, e], x[n, d]), m, e),
        dy[n, d] * step,
        Sum(dy[n, e] * apply("step", x[n, e]) * Delta(e, d), e),
    )


def softmax_cross_entropy() -> Derivation:
    layer = Layer(
        "cross-entropy",
        "z[N,K], y[N,K] -> C",
        """
        p[n,k] = exp(z[n,k])/sum[j](exp(z[n,j]))
        C = -sum[n,k](y[n,k]*log(p[n,k]))/N
    """,
        assume="sum[k](y[n,k]) == 1",
    )
    z, y, q, C = tensors(layer, "z", "y", "p", "C")
    dp, dC = q.adjoint(), C.adjoint()
    softmax = sp.exp(z[n, k]) / Sum(sp.exp(z[n, l]), l)
    result = (q[n, k] - y[n, k]) / N
    return derivation(
        layer,
        "z",
        (n, k),
        Sum(dp[m, l] * Partial(q[m, l], z[n, k]), m, l),
        q[n, k] * (dp[n, k] - Sum(dp[n, l] * q[n, l], l)),
        dC() * (softmax - y[n, k]) / N,
        result,
        MatrixForm("(p - y)/N", result, (N, K)),
    )


def batch_norm() -> Derivation:
    layer = Layer(
        "batch norm",
        "x[N,D], gamma[D], beta[D], eps > 0 -> y[N,D]",
        """
        mu[d]     = sum[n](x[n,d])/N
        var[d]    = sum[n]((x[n,d] - mu[d])**2)/N
        xhat[n,d] = (x[n,d] - mu[d])/sqrt(var[d] + eps)
        y[n,d]    = gamma[d]*xhat[n,d] + beta[d]
    """,
    )
    x, gamma, eps, mu, var, xhat, y = tensors(layer, "x", "gamma", "eps", "mu", "var", "xhat", "y")
    dy, dmu, dvar, dxhat = (v.adjoint() for v in (y, mu, var, xhat))
    s = sp.sqrt(var[d] + eps())
    paths = dmu[d] / N + dvar[d] * 2 * (x[n, d] - mu[d]) / N + dxhat[n, d] / s
    return derivation(
        layer,
        "x",
        (n, d),
        Sum(dmu[e] * Partial(mu[e], x[n, d]), e)
        + Sum(dvar[e] * Partial(var[e], x[n, d]), e)
        + Sum(dxhat[m, e] * Partial(xhat[m, e], x[n, d]), m, e),
        paths,
        gamma[d] / (N * s) * (N * dy[n, d] - Sum(dy[m, d], m) - xhat[n, d] * Sum(dy[m, d] * xhat[m, d], m)),
    )


def rnn() -> Derivation:
    layer = Layer(
        "rnn",
        "x[T,N,D], h0[N,H], W[D,H], U[H,H] -> h[T,N,H]",
        """
        h[-1,n,j] = h0[n,j]
        h[t,n,j] = tanh(sum[d](x[t,n,d]*W[d,j]) + sum[k](h[t-1,n,k]*U[k,j]))
    """,
    )
    H_, U = tensors(layer, "h", "U")
    given, whole = Tensor("dh", *H_.sizes), Tensor("dh_total", *H_.sizes, adjoint_of="h")
    family: Family = {}
    family["h"] = derivation(
        layer,
        "h",
        (t, n, h),
        given[t, n, h] + Sum(whole[t + 1, n, g] * (1 - H_[t + 1, n, g] ** 2) * U[h, g], g),
        total="dh_total",
        family=family,
    )
    return derivation(
        layer,
        "U",
        (h, j),
        Sum(whole[t, n, g] * Partial(H_[t, n, g], U[h, j]), t, n, g),
        Sum(whole[t, n, j] * (1 - H_[t, n, j] ** 2) * H_[t - 1, n, h], t, n),
        family=family,
    )


def first_state() -> Derivation:
    layer = rnn().layer
    H_, U, h0 = tensors(layer, "h", "U", "h0")
    whole = Tensor("dh_total", *H_.sizes, adjoint_of="h")
    before = H_[-1, m, g]
    return derivation(
        layer,
        "h0",
        (n, h),
        Sum(Partial(before, h0[n, h]) * Sum(whole[t, n, j] * Partial(H_[t, n, j], before), t, j), m, g),
        Sum(whole[0, n, j] * (1 - H_[0, n, j] ** 2) * U[h, j], j),
    )


def conv1d() -> Derivation:
    layer = Layer(
        "conv1d", "x[N,D,L], W[F,D,P] -> y[N, F, L - P + 3]", "y[n,f,i] = sum[d,p](x[n, d, i + p - 1]*W[f,d,p])"
    )
    x, W, y = tensors(layer, "x", "W", "y")
    dy, q = y.adjoint(), Index("q", L - P + 3)
    taps = Sum(dy[n, f, i + 1 - p] * W[f, d, p], f, p)
    return derivation(
        layer,
        "x",
        (n, d, i),
        Sum(dy[m, f, q] * Partial(y[m, f, q], x[n, d, i]), m, f, q),
        Sum(dy[n, f, q] * W[f, d, p] * Delta(i, q + p - 1), f, q, p),
        taps,
        Sum(dy[n, f, i + 1 - p] * W[f, d, p] * InRange(i + 1 - p, L - P + 3), f, p),
    )


def max_pool() -> Derivation:
    layer = Layer("max pool", "x[N,L] -> y[N, L - P + 1]", "y[n,i] = max[p in P](x[n, i + p])")
    x, y = tensors(layer, "x", "y")
    dy, q = y.adjoint(), Index("q", L - P + 1)
    return derivation(
        layer,
        "x",
        (n, i),
        Sum(dy[m, q] * Partial(y[m, q], x[n, i]), m, q),
        Sum(dy[n, i - p] * IsArgmax(x[n, i - p + Index("r", P)], Index("r", P), p), p),
    )


def logdet() -> Derivation:
    layer = Layer("log det", "A[D,D] -> C", "C = logdet(A)", assume="invertible(A)")
    A = layer.tensors["A"]
    result = Inverse(A[d, e], d, e, e, d)
    return derivation(layer, "A", (d, e), result, MatrixForm("inv(A).T", result, (D, D)))


def unspecified() -> Derivation:
    layer = Layer("any", "x[N] -> y[N]", "y[n] = x[n]*f(x[n])")
    x, y = tensors(layer, "x", "y")
    dy = y.adjoint()
    return derivation(layer, "x", (n,), dy[n] * (Unspecified("f", x[n]) + x[n] * Unspecified("f", x[n], 1)))


RIGHT: list[Callable[[], Derivation]] = [
    linear,
    relu,
    softmax_cross_entropy,
    batch_norm,
    rnn,
    first_state,
    conv1d,
    max_pool,
    logdet,
    unspecified,
]


@pytest.mark.parametrize("make", RIGHT)
def test_right_steps_agree(make: Callable[[], Derivation]) -> None:
    made = make()
    for number, verdict in enumerate(check_steps(made)):
        assert verdict.status == "agrees", (number, verdict)
        assert verdict.evidence.points >= 6 and verdict.evidence.shapes >= 3, verdict


# Altered steps


def altered(made: Derivation, number: int, right: sp.Expr | MatrixForm) -> Derivation:
    return replace(
        made, steps=(*made.steps[:number], replace(made.steps[number], right=right), *made.steps[number + 1 :])
    )


def alterations(right: sp.Expr) -> Iterable[tuple[str, sp.Expr]]:
    """The same line with a factor 1.0005, the wrong sign, a sum of one term, or a component transposed."""
    yield "factor", right * sp.Rational(10005, 10000)
    yield "sign", -right
    for node in sp.preorder_traversal(right):
        if isinstance(node, Sum):
            yield (
                f"dropped {node}",
                right.xreplace({node: substitute(node.body, dict.fromkeys(node.bound, sp.Integer(0)))}),
            )
        if isinstance(node, Component) and len(node.indices) == 2 and not node.tensor.adjoint_of:
            yield f"swapped {node}", right.xreplace({node: node.tensor[node.indices[::-1]]})


@pytest.mark.parametrize("make", RIGHT)
def test_altered_steps_are_refuted(make: Callable[[], Derivation]) -> None:
    made = make()
    tried = 0
    for number, step in enumerate(made.steps):
        if isinstance(step.right, MatrixForm):
            continue
        for what, right in alterations(step.right):
            verdict = check_step(altered(made, number, right), number)
            assert verdict.status == "refuted", (number, what, verdict)
            assert verdict.witness is not None and verdict.where == f"step {number + 1}"
            tried += 1
    assert tried >= 2


def test_a_witness_shows_the_case() -> None:
    made = linear()
    right = made.steps[2].right
    assert isinstance(right, sp.Expr)
    verdict = check_step(altered(made, 2, 2 * right), 2)
    assert verdict.witness is not None and verdict.witness.at == (0, 0)
    assert set(verdict.witness.inputs) == {"x", "W", "b", "dz"}
    assert verdict.witness.found[0][0] == pytest.approx(2 * verdict.witness.expected[0][0])
    assert "dW[0, 0] is" in verdict.message


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x.T @ dz", "agrees"),
        ("dz.T @ x", "refuted"),
        ("x.T @ dz * 1.0005", "refuted"),
        ("sum(dz, axis=0)", "refuted"),
        ("x.T @", "unreadable"),
    ],
)
def test_matrix_forms_are_read_back(text: str, status: str) -> None:
    made = linear()
    form = made.steps[3].right
    assert isinstance(form, MatrixForm)
    verdict = check_step(altered(made, 3, replace(form, text=text)), 3)
    assert verdict.status == status, verdict
    if text == "dz.T @ x":
        assert "shape" in verdict.message


def test_an_assumption_is_what_makes_it_true() -> None:
    made = softmax_cross_entropy()
    free = Layer.of("without", made.layer.inputs, made.layer.outputs, made.layer.equations)
    assert [v.status for v in check_steps(replace(made, layer=free))][2:4] == ["refuted", "refuted"]


# Kinks


def convention(step0: sp.Rational | None) -> Derivation:
    return replace(relu(), conventions=Conventions(step0))


def at_zero(value: sp.Expr | int) -> sp.Expr:
    """Step, with a value of its own at 0."""
    made = relu()
    x, dy = made.layer.tensors["x"], made.layer.tensors["y"].adjoint()
    return dy[n, d] * Where(Compare(">", x[n, d], 0), 1, Where(Compare("<", x[n, d], 0), 0, value))


@pytest.mark.parametrize(
    ("step0", "value", "status"),
    [
        (sp.Integer(0), 0, "agrees"),
        (sp.Integer(0), 1, "refuted"),
        (sp.Integer(1), 1, "agrees"),
        (sp.Rational(1, 2), sp.Rational(1, 2), "agrees"),
        (None, 0, "refuted"),
        (None, sp.Symbol("step0"), "agrees"),
    ],
)
def test_lines_agree_with_each_other_on_kinks(step0: sp.Rational | None, value: sp.Expr | int, status: str) -> None:
    made = altered(convention(step0), 1, at_zero(value))
    verdict = check_step(made, 1)
    assert verdict.status == status, verdict
    if status == "refuted":
        assert "kink" in verdict.message
    else:
        assert verdict.evidence.kinks


def test_the_reflected_step_differs_only_at_zero() -> None:
    made = relu()
    x, dy = made.layer.tensors["x"], made.layer.tensors["y"].adjoint()
    reflected = dy[n, d] * (1 - apply("step", -x[n, d]))
    assert check_step(altered(made, 1, reflected), 1).status == "refuted"
    assert check_step(altered(convention(sp.Rational(1, 2)), 1, reflected), 1).status == "agrees"


# Other relations


def test_inequalities_follow_the_line_before() -> None:
    layer = Layer("sigmoid", "x[N] -> y[N]", "y[n] = sigmoid(x[n])")
    x, y = tensors(layer, "x", "y")
    slope = apply("sigmoid", x[n]) * (1 - apply("sigmoid", x[n]))
    made = derivation(layer, "x", (n,), y.adjoint()[n] * slope)
    below, too_low = (Step(sp.Rational(1, q), Reason("bound"), "≤", left=slope) for q in (4, 5))
    assert check_step(replace(made, steps=(*made.steps, below)), 1).status == "agrees"
    assert check_step(replace(made, steps=(*made.steps, too_low)), 1).status == "refuted"


def test_an_implication_is_left_undecided() -> None:
    made = relu()
    assert check_step(replace(made, steps=(replace(made.steps[0], relation="⇒"),)), 0).status == "undecided"


def test_what_has_no_value_is_undecided() -> None:
    made = linear()
    assert check_step(altered(made, 2, sp.log(-(made.layer.tensors["W"][d, h] ** 2))), 2).status == "undecided"
    assert "could not be evaluated" in check_step(altered(made, 2, Tensor("Q", D, H)[d, h]), 2).message
