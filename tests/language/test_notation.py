"""The plain notation in index style: what is read, and what is said of what can't be read."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.language.nodes import Compare, Delta, InRange, Inverse, IsArgmax, Max, Partial, Prod, Sum, Unspecified, Where
from symbackprop.language.notation import (
    DerivativeEquation,
    NotationError,
    ShapeMismatch,
    read_assignments,
    read_component,
    read_expression,
    read_layer,
    read_signature,
    scope,
    scope_of,
)
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.layer import Layer
from tests.limits import at_most

N, D, H, K, L, P = map(Dim, "NDHKLP")
n, d, h = Index("n", N), Index("d", D), Index("h", H)
SCOPE = scope(
    read_signature("x[N,D], W[D,H], b[H], A[D,D], t[N] in D, E[D,H], X[N,L], F[P], eps > 0, w, mask[N,D] in {0, 1} -> z[N,H]").inputs
)
x, W, b, A, t, E, X, F, eps, w, mask = (SCOPE.tensors[name] for name in ["x", "W", "b", "A", "t", "E", "X", "F", "eps", "w", "mask"])


def read(text: str) -> sp.Expr:
    return read_expression(text, SCOPE)


# Signatures


def test_a_signature_declares() -> None:
    said = read_signature(
        "x[N,D], t[N] in C, mask[N, D] in {0, 1}, eps > 0, lam >= 0, q[3] < 0, r <= 0, s != 0 -> z[N, (L + 2*1 - P)//2 + 1], C2"
    )
    names = {t.name: t for t in (*said.inputs, *said.outputs)}
    assert names["x"] == Tensor("x", N, D)
    assert names["t"].below == Dim("C")
    assert names["mask"].values == (0, 1)
    assert [names[k].sign for k in ("eps", "lam", "q", "r", "s")] == ["positive", "nonnegative", "negative", "nonpositive", "nonzero"]
    assert names["z"].sizes == (N, sp.floor((L - P) / 2) + 2)
    assert names["C2"].sizes == ()
    assert [t.name for t in said.outputs] == ["z", "C2"]


def test_a_literal_padding_folds() -> None:
    (z,) = read_signature("x[7], W[3] -> z[(7 + 2*1 - 3)//2 + 1]").outputs
    assert z.sizes == (4,)


def test_a_signature_goes_over_several_lines() -> None:
    said = read_signature("x[N,D],\n  W[D,H],  # weights\n  b[H]\n -> z[N,H]")
    assert [t.name for t in said.inputs] == ["x", "W", "b"]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("x[n,d] -> z[N]", 3, "n is no size: sizes are upper-case"),
        ("x[N,D]", 1, "one arrow"),
        ("x[N] -> y[N] -> z[N]", 14, "one arrow"),
        ("x[N] -> ", 1, "no output"),
        ("N[N] -> z[N]", 1, "N is both a tensor and a size"),
        ("W[N], x[W] -> z[N]", 9, "W is both a tensor and a size"),
        ("x[N], x[D] -> z[N]", 7, "x is declared twice"),
        ("s[N], ds[N] -> z[N]", 7, "s and ds can't both be tensors"),
        ("ds[N], s[N] -> z[N]", 8, "s and ds can't both be tensors"),
        ("relu[N] -> z[N]", 1, "relu is a function"),
        ("pi -> z", 1, "pi is reserved"),
        ("x, lambda, y -> z", 10, "can't be read"),
        ("x[N*D] -> z[N]", 3, "isn't affine"),
        ("x[N/2] -> z[N]", 3, "no size"),
        ("x[0] -> z", 3, "less than 1"),
        ("x[N] > 1 -> z", 8, "compares with 0"),
        ("0 < p[N] < 1 -> z", 1, "one restriction"),
        ("x[N] in {a} -> z", 10, "lists numbers"),
        ("x(N) -> z", 1, "declares nothing"),
        ("x[N] = 3 -> z", 1, "no ="),
        ("x[N -> z", 2, "never closed"),
        ("x[N], γ[D] -> z", 7, "names are ASCII"),
        ("x[N,] y -> z", 1, "can't be read"),
        ("_x -> z", 1, "no name for a tensor"),
    ],
)
def test_a_wrong_signature_is_refused(text: str, column: int, message: str) -> None:
    with pytest.raises(NotationError, match=message) as error:
        read_signature(text)
    assert (error.value.line, error.value.column) == (1, column)


# Expressions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum[d](x[n,d]*W[d,h]) + b[h]", Sum(x[n, d] * W[d, h], d) + b[h]),
        ("sum[n,d](x[n,d])", Sum(x[n, d], n, d)),
        ("mean[n,d](x[n,d])", Sum(x[n, d], n, d) / (N * D)),
        ("prod[n](x[n,d])", Prod(x[n, d], n)),
        ("max[n](x[n,d])", Max(x[n, d], n)),
        ("min[n](x[n,d])", -Max(-x[n, d], n)),
        ("argmax[n](x[n,d]) == 0", IsArgmax(x[n, d], n, sp.S.Zero)),
        ("0 == argmax[n](x[n,d])", IsArgmax(x[n, d], n, sp.S.Zero)),
        ("argmax[n,d](x[n,d]) == (1, t[n])", IsArgmax(x[n, d], n, d, sp.S.One, t[n])),
        ("delta(1, t[n])", Delta(1, t[n])),
        ("E[t[n],h]", E[t[n], h]),
        ("x[0,d]", x[0, d]),
        ("x[n + 0, d]*x[n,d]", x[n, d] ** 2),
        ("sum[p](F[p]*X[n, 2*p - 1 + L])", Sum(F[Index("p", P)] * X[n, 2 * Index("p", P) - 1 + L], Index("p", P))),
        ("sum[p in P](X[n,p + 0])", Sum(X[n, Index("p", P)], Index("p", P))),
        ("sum[i in L - P + 1](i)", Sum(Index("i", L - P + 1), Index("i", L - P + 1))),
        ("x[n,d] > 0", Compare(">", x[n, d], 0)),
        ("0 < w < 1", Compare("<", 0, w()) * Compare("<", w(), 1)),
        ("x[n,d]*(0 <= n - 1 < L)", x[n, d] * InRange(n - 1, L)),
        ("0 <= w < L", Compare("<=", 0, w()) * Compare("<", w(), L)),
        ("w > 0 and w < 1 and mask[n,d]", Compare(">", w(), 0) * Compare("<", w(), 1) * mask[n, d]),
        ("w > 1 or w < 0", Where(Compare(">", w(), 1), 1, Compare("<", w(), 0))),
        ("not w > 1", 1 - Compare(">", w(), 1)),
        ("where(w > 0, w, 0)", Where(Compare(">", w(), 0), w(), 0)),
        ("w if w > 0 else 0", Where(Compare(">", w(), 0), w(), 0)),
        ("d(x[n,d], W[d,h], b[h])", Partial(x[n, d], W[d, h], b[h])),
        ("f(w) + f'(w) + g''(w)", Unspecified("f", w()) + Unspecified("f", w(), 1) + Unspecified("g", w(), 2)),
        ("inv[n,d](A[n,d])[0,1]", Inverse(A[Index("n", D), d], Index("n", D), d, sp.S.Zero, sp.S.One)),
        ("1.0005*w", sp.Rational(2001, 2000) * w()),
        ("1e-5", sp.Rational(1, 100000)),
        (".5 + 5. + 1.5e1", sp.Rational(41, 2)),
        ("sqrt(w)/w", w() ** sp.Rational(-1, 2)),
        ("w**(3/2)", w() ** sp.Rational(3, 2)),
        ("1/(2*(w + eps))", sp.Rational(1, 2) / (w() + eps())),
        ("-(w + 1)*2*eps", -2 * eps() * (w() + 1)),
        ("pi*N", sp.pi * N),
        ("sqrt(w**2)", sp.Function("abs")),
        ("x[n,d]**(n - 1)", x[n, d] ** (n - 1)),
        ("(N + 1)//2", sp.floor((N + 1) / 2)),
        ("+w", w()),
        ("step0 + sign0", sp.Symbol("step0", real=True) + sp.Symbol("sign0", real=True)),
        ("(w\n + w) # twice", 2 * w()),
    ],
)
def test_an_expression_is_read(text: str, expected: sp.Expr) -> None:
    found = read(text)
    if expected == sp.Function("abs"):
        assert (type(found).__name__, found.args) == ("abs", (w(),))
    else:
        assert found == expected


def test_functions_take_their_defaults_and_names() -> None:
    assert read("elu(w)") == read("elu(w, 1)") == read("elu(w, alpha=1)")
    assert read("leaky_relu(w)") == read("leaky_relu(w, slope=0.01)")
    assert read("logistic(w)") == read("sigmoid(w)")
    assert read("max(0, w)") == read("maximum(w, 0)")
    assert read("max(w, eps, 1)") == read("maximum(maximum(w, eps), 1)")
    assert read("log1p(w) + expm1(w) + square(w)") == sp.log(1 + w()) + sp.exp(w()) - 1 + w() ** 2


def test_a_bound_letter_hides_the_one_around_it() -> None:
    inner = Sum(x[n, d], n)
    assert read("sum[n](x[n,d]*sum[n](x[n,d]))") == Sum(x[n, d] * inner, n)


def test_told_indices_stand_free() -> None:
    i = Index("i", D)
    assert read_component("A[i,i]*i", SCOPE, (i,)) == A[i, i] * i
    assert read_component("w", SCOPE, (i,)) == w()
    assert read_component("x.T @ x", SCOPE, (i, d)) == Sum(x[n, i] * x[n, d], n)
    with pytest.raises(NotationError, match="k stands free"):
        read_component("A[i,k]", SCOPE, (i,))
    with pytest.raises(ShapeMismatch):
        read_component("x", SCOPE, (i, d))


# Layers


def test_a_layer_in_index_style() -> None:
    said = read_layer("x[N,D], W[D,H], b[H] -> z[N,H]", "z[n,h] = sum[d](x[n,d] * W[d,h]) + b[h]  # affine")
    (equation,) = said.equations
    assert equation.left == said.outputs[0][n, h]
    assert equation.right == Sum(x[n, d] * W[d, h], d) + b[h]
    assert equation.text == "z[n,h] = sum[d](x[n,d] * W[d,h]) + b[h]"


def test_lines_and_semicolons_part_equations() -> None:
    said = read_layer("x[N,D] -> y[N]", "\n  a[n] = sum[d](\n     x[n,d]  # (a comment; with = and ]\n  ); c[n] = a[n]\n\n  y = a*c")
    assert [e.tensor.name for e in said.equations] == ["a", "c", "y"]
    assert said.equations[0].text == "a[n] = sum[d]( x[n,d] )"


def test_intermediates_get_their_sizes() -> None:
    said = read_layer("x[N,L], F[P] -> y[N,L]", "pad[n, i in L + P - 1] = x[n, i - 1]; y[n,i] = sum[p](pad[n, i + p]*F[p])")
    assert said.equations[0].tensor.sizes == (N, L + P - 1)


def test_a_recurrence_and_its_initial_state() -> None:
    said = read_layer("x[T,N], h0[N] -> h[T,N]", "h[-1,n] = h0[n]; h[t,n] = tanh(h[t-1,n] + x[t,n])")
    first, other = said.equations
    assert first.is_boundary and not other.is_boundary
    assert first.tensor == other.tensor == said.outputs[0]
    backwards = read_layer("x[T,N] -> y[N]", "g[T,n] = 0; g[t,n] = g[t+1,n] + x[t,n]; y[n] = g[0,n]")
    assert backwards.equations[0].left.indices[0] == Dim("T")


def test_mutual_recurrences() -> None:
    said = read_layer(
        "x[T,N], U[N,N] -> y[T,N]",
        """
        a[t,n] = sigmoid(x[t,n] + sum[k](s[t-1,k]*U[k,n]))
        c[t,n] = a[t,n]*c[t-1,n]
        s[t,n] = a[t,n]*tanh(c[t,n])
        y[t,n] = s[t,n]
    """,
    )
    assert [e.tensor.sizes for e in said.equations] == [(Dim("T"), N)] * 4


def test_an_open_function_of_one_letter_needs_no_declaration() -> None:
    said = read_layer("W, x, y -> C", "z = W*x; r = f(z); C = (y - r)**2/2")
    assert isinstance(said.equations[1].right, Unspecified)


def test_assumptions() -> None:
    said = read_layer(
        "A[D,D], y[N,K], p[N], X[M,D] -> z",
        "z = 1",
        "sum[k](y[n,k]) == 1; A == A.T; 0 < p[n] < 1; N > 1; invertible(A)\ninvertible(X.T @ X); M >= D",
    )
    relations = [a.relation for a in said.assumptions]
    assert relations == ["==", "==", "<", "<", ">", "invertible", "invertible", ">="]
    total, symmetric, above = said.assumptions[:3]
    assert total.free == (n,) and total.right == 1
    assert symmetric.left == symmetric.right.func(A, *reversed(symmetric.right.indices)) and len(symmetric.free) == 2
    assert above.left == 0 and above.free == (n,)
    assert said.assumptions[5].free == (d, Index("e", D)) and said.assumptions[5].right == 0
    assert isinstance(said.assumptions[6].left, Sum)


@pytest.mark.parametrize(
    ("signature", "text", "line", "column", "message"),
    [
        ("x[N] -> y[N]", "y[n] = x[n]; z[n] =", 1, 19, "one side of this = is empty"),
        ("x[N] -> y[N]", "y[n]", 1, 1, "no equation"),
        ("x[N] -> y[N]", "x[n] = 1", 1, 1, "x is an input"),
        ("x[N] -> y[N]", "y[n] = x[n]\ny[n] = x[n]", 2, 1, "y is defined twice"),
        ("x[N] -> y[N]", "a[n] = x[n]", 1, 6, "the output y is never defined"),
        ("x[N] -> y[N]", "y[n] = a[n]; a[n] = x[n]", 1, 8, "a is used before it is defined"),
        ("x[N] -> y[N], z[N]", "y = z; z = x", 1, 5, "z is used before it is defined"),
        ("x[N] -> y[N]", "y[n] = y[n] + x[n]", 1, 8, "y is used before it is defined"),
        (
            "x[N], W[D,H] -> y[N]",
            "y[n] = x[n] + sum[d](W[d,n])",
            1,
            26,
            r"the index n runs over two sizes: N \(axis 0 of y\) and H \(axis 1 of W\)",
        ),
        (
            "x[N], W[D,H] -> y[N]",
            "y[n] = sum[k](x[k]*W[k,k])",
            1,
            22,
            r"the index k runs over two sizes: N \(axis 0 of x\) and D \(axis 0 of W\)",
        ),
        ("x[N] -> y[N]", "y[n] = sum[k in 3](x[k])", 1, 22, r"told: k in 3\) and N \(axis 0 of x\)"),
        ("x[N] -> y[N]", "y[n] = x[k]", 1, 10, "the index k stands free; the left side has n"),
        ("x[N] -> y[N]", "y[n] = x[n]*k", 1, 13, "k is neither a tensor nor an index"),
        ("x[N] -> y[N]", "y[n] = sum[p](x[n + p])", 1, 8, "nothing tells the size of the index p"),
        ("x[N] -> y[N]", "a[i] = x[i - 1]; y[n] = a[n]", 1, 3, "nothing tells the size of the index i"),
        ("x[N] -> y[N]", "y[n,m] = x[n]", 1, 1, "has 1 axes, here it has 2"),
        ("x[N] -> y[N]", "y[n] = x[n,n]", 1, 8, "has 1 axes, here it has 2"),
        ("x[N,D] -> y[N]", "y = x", 1, 1, r"y is of shape \[N\], what is written is of shape \[N, D\]"),
        ("x[N,D] -> y[N]", "y[n] = x", 1, 8, "whole array"),
        ("x[N] -> y[N]", "y = x[n]", 1, 7, "the index n stands free; the left side has no indices"),
        ("x[N,M], t -> y[N]", "y[t] = sum[m](x[t,m])", 1, 3, "t is a tensor; it can't be an index too"),
        ("x[N] -> y[N]", "y[n] = sum[p in N](x[n]); p[n] = x[n]", 1, 12, "p is a tensor; it can't be an index too"),
        ("x[N] -> y[N]", "y[N] = x[n]", 1, 1, "first place but no equation"),
        ("x[N] -> y[N]", "y[n] = sum[K](x[n])", 1, 12, "K is no index"),
        ("x[N] -> y[N]", "dx[n] = x[n]; y = dx", 1, 1, "x and dx can't both be tensors"),
        ("x[N] -> y[N]", "N = 3; y = x", 1, 1, "N is a size"),
        ("x[N] -> y[N]", "tanh = 3; y = x", 1, 1, "tanh is a function"),
        ("x[N] -> y[N]", "f(x[n]) = 3", 1, 1, "an equation defines a tensor"),
        ("x[N] -> y[N]", "y[n,n] = 3", 1, 1, "an index stands twice"),
        ("x[N] -> y[N]", "y[0] = 3; y[n] = x[n]", 1, 3, "0 is no place outside axis 0"),
        ("x[N] -> y[N]", "y[n] = x[n] = 3", 1, 13, "one ="),
        ("x[N] -> y[N]", "y[n] += x[n]", 1, 6, r"\+= has no place"),
        ("x[N] -> y[N]", "a, y = x, x", 1, 1, "an equation defines one component"),
        ("x[N] -> y[N]", "y[n] = X[n]", 1, 8, "X is no size or tensor"),
        ("x[N], gamma -> y[N]", "y[n] = gama*x[n]", 1, 8, "gama is no tensor"),
        ("x[N] -> y[N]", "y[n] = sigmod(x[n])", 1, 8, "sigmod is no function"),
        ("x[N] -> y[N]", "y[n] = x[n]\n  z[n] = x[n", 2, 11, r"this \[ is never closed"),
        ("x[N] -> y[N]", "y[n] = sum[i in M](x[n])", 1, 17, "M is no size; the sizes are N"),
    ],
)
def test_a_wrong_layer_is_refused_where_it_is_wrong(signature: str, text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(NotationError, match=message) as error:
        read_layer(signature, text)
    assert (error.value.line, error.value.column) == (line, column), error.value


def test_an_error_shows_the_place_and_what_would_be_right() -> None:
    with pytest.raises(NotationError) as error:
        read_layer("x[N], gamma -> y[N]", "a[n] = 2*x[n]\n  y[n] = gama*a[n]")
    assert str(error.value) == (
        "gama is no tensor that was declared\n"
        "  line 2, column 10:    y[n] = gama*a[n]\n"
        "                               ^\n"
        "  did you mean gamma?"
    )
    assert error.value.hint == "did you mean gamma?"


def test_the_line_of_an_error_inside_brackets_is_right() -> None:
    with pytest.raises(NotationError) as error:
        read_layer("x[N] -> y[N]", "y[n] = sum[k in N](  # a comment\n   x[k]\n   + q)")
    assert (error.value.line, error.value.column) == (3, 6)


def test_a_long_line_is_shown_around_the_place() -> None:
    with pytest.raises(NotationError) as error:
        read("w + " * 200 + "nothing + " + "w + " * 200 + "w")
    shown, caret = str(error.value).split("\n")[1:3]
    assert shown[caret.index("^") :].startswith("nothing") and len(shown) < 150


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("sigma(w)", "sigmoid"),
        ("ln(w)", "log(x)"),
        ("w^2", "x**2"),
        ("2w", "2*x"),
        ("np.exp(w)", "exp"),
        ("e**w", "exp(x)"),
        ("w|w", "abs"),
        ("Relu(w)", "relu"),
        ("lambda: w", "f(x)"),
        ("lambda*w", "lam"),
        ("w if w > 0", "a if c else b"),
        ("sum(dim=0)", "axis="),
        ("x.T()", "x.T"),
        ("σ(w)", "sigmoid"),
        ("w − 1", "write -"),
        ("γ*w", "gamma"),
        ("w²", "**2"),
        ("sum(w)", "sum[n]"),
        ("w(3)", "star"),
        ("0 < w < 1 < ", ""),
    ],
)
def test_hints(text: str, hint: str) -> None:
    with pytest.raises(NotationError) as error:
        read(text)
    assert hint in error.value.hint


# Answers


LAYER = Layer("mlp", "x[N,D], W[D,H], b[H] -> y[N,H]", "z = x @ W + b; y = relu(z)")
ANSWERS = scope_of(LAYER)


def test_the_scope_of_a_layer_has_its_adjoints() -> None:
    assert ANSWERS.tensors["dW"] == LAYER.tensors["W"].adjoint()
    assert {"x", "dz", "y", "dy"} <= set(ANSWERS.tensors)
    assert set(ANSWERS.sizes) == {"N", "D", "H"}


def test_answers_in_both_styles() -> None:
    first, second = read_assignments("dW[d,h] = sum[n](x[n,d]*dz[n,h]); db = sum(dz, axis=0)", ANSWERS)
    (third,) = read_assignments("dW = x.T @ dz", ANSWERS)
    assert first == third.__class__(third.left, third.right, first.text)
    assert second.left == ANSWERS.tensors["db"][h]  # type: ignore[union-attr]


def test_helpers_come_first() -> None:
    helper, answer = read_assignments("g = dy*step(z)\ndW = x.T @ g", ANSWERS)
    assert helper.tensor == Tensor("g", N, H)  # type: ignore[union-attr]
    assert helper.tensor in answer.right.atoms(Tensor)  # type: ignore[union-attr]


def test_local_derivatives() -> None:
    (equation,) = read_assignments("d(y[n,h], z[n,k]) = delta(h, k)*step(z[n,h])", ANSWERS)
    assert isinstance(equation, DerivativeEquation)
    k = Index("k", H)
    assert equation.left == Partial(ANSWERS.tensors["y"][n, h], ANSWERS.tensors["z"][n, k])
    assert equation.free == (n, h, k)
    (second,) = read_assignments("d(C, W[i,j], W[k,l]) = 2*delta(i, k)*delta(j, l)", scope_of(Layer("c", "W[D,H] -> C", "C = sum(W**2)")))
    assert isinstance(second, DerivativeEquation) and len(second.free) == 4


@pytest.mark.parametrize(
    ("text", "expected", "found"),
    [
        ("dW = dz.T @ x", (D, H), (H, D)),
        ("db = dz", (H,), (N, H)),
        ("db = sum(dz, axis=0, keepdims=True)", (H,), (1, H)),
        ("dW = 0", (D, H), ()),
        ("dW[h,d] = sum[n](x[n,d]*dz[n,h])", (D, H), (H, D)),
        ("db[n,h] = dz[n,h]", (H,), (N, H)),
    ],
)
def test_a_wrong_shape_names_both(text: str, expected: tuple[sp.Expr, ...], found: tuple[sp.Expr, ...]) -> None:
    with pytest.raises(ShapeMismatch) as error:
        read_assignments(text, ANSWERS)
    assert (error.value.expected, error.value.found) == (expected, found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x.T @ dz", "which variable"),
        ("sum[n](x[n,d]*dz[n,h])", "which variable"),
        ("dW = sum[n](x[n,d]*dz[n,h])", "d stands free"),
        ("dW = x.T @ dz; dW = x.T @ dz", "defined twice"),
        ("d(y[n,h]*2, z[n,k]) = 3", "a derivative of a component"),
        ("d(y[n,h], z[n,k]) = x @ W", "stated for components"),
        ("relu = 3", "relu is a function"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        read_assignments(text, ANSWERS)


def test_an_index_style_target_of_other_letters_is_fine() -> None:
    i, j = Index("i", D), Index("j", H)
    (equation,) = read_assignments("dW[i,j] = sum[k](x[k,i]*dz[k,j])", ANSWERS)
    assert equation.left == ANSWERS.tensors["dW"][i, j]  # type: ignore[union-attr]


def test_what_is_constant_takes_the_shape_of_its_target() -> None:
    (equation,) = read_assignments("dW[i,j] = 0", ANSWERS)
    assert equation.left.indices == (Index("i", D), Index("j", H))  # type: ignore[union-attr]


# Caps and hostile input


HOSTILE = [
    "9**9**9**9",
    "(9**64)**64",
    "((w**64)**64)**64",
    "2**65",
    "w**-65",
    "1e999999999",
    "1e-999999999",
    "9" * 61,
    "9" * 5000,
    "0." + "1" * 61,
    "(" * 101 + "1" + ")" * 101,
    "(" * 5000,
    "[[" * 60,
    "-" * 19000 + "1",
    "not " * 4000 + "1",
    "+".join(["w"] * 9000),
    "w" * 20001,
    "f(" * 99 + "w" + ")" * 99 + ")",
    "softmax(" * 60 + "b" + ")" * 60,
    "w if " * 500 + "w",
    "w**" * 500 + "w",
    "__import__('os').system('true')",
    "__import__(os)",
    "x.__class__.__mro__",
    "().__class__",
    "lambda: 1",
    "[w for w in x]",
    "(w for w in x)",
    "{w: 1}",
    "{w}",
    "'text'",
    '"text"',
    "b'text'",
    "f'{w}'",
    "(w := 3)",
    "*x",
    "f(*x)",
    "f(**x)",
    "w\x00",
    "\x00",
    "w\u202e",
    "w\u200b",
    "\ufeffw",
    "w\x1b[31m",
    "ｗ",
    "wе",
    "а",
    "w;",
    "1j",
    "0x10",
    "1_000",
    "True",
    "None",
    "...",
    "await w",
    "yield w",
    "import os",
    "exec(w)",
    "open(w)",
    "w\\\nw",
    "print(w)",
    "`w`",
    "$w",
    "w?",
    "w!",
    "@w",
    "1/0",
    "0**-1",
    "log(0)",
    "sqrt(-1)",
    "log(-1)",
    "(-8)**(1/3)",
    "w/(w - w)",
    "1/(x - x)",
    "sqrt(-eps)",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_at_once(text: str) -> None:
    if text == "w;":
        assert read(text) == w()
        return
    with at_most(0.5), pytest.raises(NotationError) as error:
        read(text)
    assert len(str(error.value)) < 1000


def test_a_long_but_simple_text_is_read() -> None:
    assert read("+".join(["w"] * 500)) == 500 * w()
    many = "\n".join(f"a{k}[n] = x[n] + {k}" for k in range(300))
    assert len(read_layer("x[N] -> y[N]", many + "\ny = a1").equations) == 301


def test_only_text_is_read() -> None:
    with pytest.raises(TypeError):
        read(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        read_signature(None)  # type: ignore[arg-type]


def test_comments_may_say_anything_printable() -> None:
    assert read("w  # γ → «σ», it's (here; = ]") == w()
    with pytest.raises(NotationError, match="invisible"):
        read("w  # \u202e")
