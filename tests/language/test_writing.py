"""What is written reads back: equal expressions, equations and layers; and it reads well."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from symbackprop.language.functions import CLASSES, PRIMITIVES
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
from symbackprop.language.notation import read_assignments, read_expression, read_layer, read_signature, scope
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.language.writing import write, write_assumption, write_equation, write_equations, write_layer, write_signature
from symbackprop.layer import Layer
from symbackprop.layer_text import read_layer as read_file

N, D, H, L, P = map(Dim, "NDHLP")
TENSORS = {
    t.name: t
    for t in read_signature(
        "x[N,D], W[D,H], b[H], v[D], A[D,D], X[N,L], K[P], t[N] in D, mask[N,D] in {0, 1}, eps > 0, w -> Y[N, (L - P)//2 + 1]"
    ).inputs
}
SCOPE = scope([*TENSORS.values(), Tensor("Y", N, sp.floor((L - P) / 2) + 1)])
FREE = (Index("n", N), Index("d", D), Index("h", H), Index("l", L), Index("p", P), Index("q", L - P + 1))
NUMBERS = st.sampled_from(
    [sp.Integer(k) for k in (-3, -1, 0, 1, 2, 7)] + [sp.Rational(1, 2), sp.Rational(-3, 4), sp.Rational(2001, 2000), sp.pi, sp.E]
)


def read(text: str) -> sp.Expr:
    return read_expression(text, SCOPE, indices=FREE)


def over(scope_indices: tuple[Index, ...], size: sp.Expr) -> list[Index]:
    return [i for i in scope_indices if i.size == size]


@st.composite
def places(draw: Any, indices: tuple[Index, ...], size: sp.Expr) -> sp.Expr:
    """A subscript for an axis of that size."""
    plain = over(indices, size)
    choices = [st.sampled_from(plain)] * 3 if plain else []
    choices.append(st.sampled_from([sp.Integer(0), sp.Integer(2), size, size - 1]))
    other = st.sampled_from(indices)
    choices.append(st.builds(lambda i, j, a, c: a * i + j + c, other, other, st.integers(-2, 3), st.integers(-2, 2)))
    choices.append(other)
    return draw(st.one_of(choices))


@st.composite
def components(draw: Any, indices: tuple[Index, ...]) -> sp.Expr:
    tensor = draw(st.sampled_from(list(TENSORS.values())))
    return tensor[tuple(draw(places(indices, s)) for s in tensor.sizes)] if tensor.sizes else tensor()


@st.composite
def conditions(draw: Any, indices: tuple[Index, ...], depth: int) -> sp.Expr:
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return InRange(draw(places(indices, L)), draw(st.sampled_from([N, L - P + 1, sp.Integer(3)])))
    if kind == 1:
        return Delta(draw(places(indices, N)), draw(places(indices, N)))
    if kind == 2:
        return Compare(
            draw(st.sampled_from(["<", "<=", "==", "!=", ">", ">="])), draw(expressions(indices, depth)), draw(expressions(indices, depth))
        )
    if kind == 3:
        bound = draw(binding(indices, 2))
        inner = draw(expressions(extended(indices, bound), depth))
        return IsArgmax(inner, *bound, *(draw(places(indices, i.size)) for i in bound))
    return TENSORS["mask"][draw(places(indices, N)), draw(places(indices, D))]


@st.composite
def binding(draw: Any, indices: tuple[Index, ...], most: int, like: sp.Expr | None = None) -> tuple[Index, ...]:
    names = draw(st.permutations(["n", "d", "i", "j", "k", "m", "u"]))
    sizes = (
        [like] * most
        if like is not None
        else draw(st.lists(st.sampled_from([N, D, H, L, P, L - P + 1, sp.Integer(3)]), min_size=1, max_size=most))
    )
    return tuple(Index(n, s) for n, s in zip(names, sizes, strict=False))


def extended(indices: tuple[Index, ...], bound: tuple[Index, ...]) -> tuple[Index, ...]:
    return (*(i for i in indices if i.name not in {b.name for b in bound}), *bound)


@st.composite
def expressions(draw: Any, indices: tuple[Index, ...], depth: int) -> sp.Expr:
    if depth == 0:
        return draw(st.one_of(components(indices), components(indices), NUMBERS, st.sampled_from([N, D, L, *indices])))
    inner = expressions(indices, depth - 1)
    kind = draw(st.integers(0, 11))
    if kind <= 2:
        return sp.Add(*draw(st.lists(inner, min_size=2, max_size=3)))
    if kind <= 5:
        return sp.Mul(*draw(st.lists(inner, min_size=2, max_size=3)))
    if kind == 6:
        return sp.Pow(
            draw(inner),
            draw(
                st.sampled_from(
                    [sp.Integer(2), sp.Integer(-1), sp.Integer(3), sp.Rational(1, 2), sp.Rational(-1, 2), sp.Rational(-3, 2), -2]
                )
            ),
        )
    if kind == 7:
        return draw(applications(inner))
    if kind == 8:
        bound = draw(binding(indices, 2))
        return draw(st.sampled_from([Sum, Prod, Max]))(draw(expressions(extended(indices, bound), depth - 1)), *bound)
    if kind == 9:
        return draw(matrices(indices, depth))
    if kind == 10:
        return Where(draw(conditions(indices, depth - 1)), draw(inner), draw(inner))
    return draw(st.one_of(conditions(indices, depth - 1), st.builds(lambda y, c: Partial(y, c), inner, components(indices))))


@st.composite
def applications(draw: Any, inner: st.SearchStrategy[sp.Expr]) -> sp.Expr:
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return PRIMITIVES[draw(st.sampled_from(sorted(PRIMITIVES)))](draw(inner))
    if kind == 1:
        return Unspecified(draw(st.sampled_from(["f", "g", "phi"])), draw(inner), draw(st.integers(0, 2)))
    made = CLASSES[draw(st.sampled_from(sorted(CLASSES)))]
    arguments = [draw(inner) for _ in made.entry.names]
    if made.__name__ in ("maximum", "minimum") and arguments[0].is_Number and not arguments[1].is_Number:
        arguments.reverse()
    return made(*arguments)


@st.composite
def matrices(draw: Any, indices: tuple[Index, ...], depth: int) -> sp.Expr:
    p, q = draw(binding(indices, 2, like=D))
    body = draw(expressions(extended(indices, (p, q)), depth - 1))
    kind = draw(st.integers(0, 2))
    if kind == 2:
        return Inverse(body, p, q, draw(places(indices, D)), draw(places(indices, D)))
    return (LogDet, Det)[kind](body, p, q)


@given(st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_expression_reads_back(data: st.DataObject) -> None:
    e = data.draw(expressions(FREE, data.draw(st.integers(0, 4))))
    assume(not e.has(sp.I, sp.zoo, sp.nan, sp.oo, sp.Abs, sp.re, sp.im, sp.arg))
    assume(e.has(sp.Pow) is False or all(abs(p.exp) <= 64 for p in e.atoms(sp.Pow) if p.exp.is_Number))
    text = write(e)
    again = read(text)
    assert again == e, f"{text}\nwas   {sp.srepr(e)}\nreads {sp.srepr(again)}"
    assert write(again) == text


@pytest.mark.fuzz
@given(st.data())
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_expressions_read_back(data: st.DataObject) -> None:
    e = data.draw(expressions(FREE, data.draw(st.integers(2, 5))))
    assume(not e.has(sp.I, sp.zoo, sp.nan, sp.oo, sp.Abs, sp.re, sp.im, sp.arg))
    assume(all(abs(p.exp) <= 64 for p in e.atoms(sp.Pow) if p.exp.is_Number))
    assert read(write(e)) == e


@pytest.mark.parametrize(
    "text",
    [
        "sum[d](x[n,d]*W[d,h]) + b[h]",
        "(x[n,d] - v[d])/sqrt(w**2 + eps)",
        "sigmoid(w)*(1 - sigmoid(w))",
        "1 - tanh(x[n,d])**2",
        "exp(x[n,d])/sum[j](exp(x[n,j]))",
        "1/(1 + exp(-w))",
        "-w/2",
        "3*w/2",
        "w**2/(2*eps)",
        "2*w*(w + eps)",
        "w/(N*(w + eps))",
        "w**(3/2)",
        "1/w**(3/2)",
        "sqrt(2)*w/2",
        "2/sqrt(pi)",
        "(-1)**n",
        "2**(-w)",
        "x[n,t[n]]",
        "X[n, 2*q + p - 1]",
        "X[n, q + 0]",
        "x[0,d]",
        "N*(N - 1)*w",
        "(L - P)//2 + 1",
        "max[n](x[n,d])",
        "-max[n](-x[n,d])",
        "prod[n](x[n,d])",
        "argmax[n](x[n,d]) == 0",
        "argmax[i,j](x[i,d] - x[j,d]) == (n, 0)",
        "delta(n, t[n])",
        "0 <= n - p < L",
        "0 <= p + q < L - P + 1",
        "w*(n < p)",
        "where(w > 0, w, 0)",
        "where(w > 0, 1, where(w < 0, -1, sign0))",
        "inv[d,i](A[d,i])[d,0]",
        "logdet[i,j](A[i,j] + delta(i, j))",
        "det[i,j](A[i,j])",
        "f(w) + f'(w) + f''(w)*phi'(w)",
        "d(w, x[n,d])",
        "d(f(w), x[n,d], v[d])",
        "elu(w)",
        "elu(w, 2)",
        "leaky_relu(w)",
        "clip(w, -1, 1)",
        "maximum(w, 0)",
        "sum[i in P](n**i)",
        "sum[i in L - P + 1](X[n, i + p])",
        "w*step0",
        "exp(1)*w",
        "mask[n,d]*(n <= d)",
        "log(1 + exp(w))",
    ],
)
def test_it_is_written_as_people_write(text: str) -> None:
    assert write(read(text), FREE[:3]) == text


def test_the_order_of_factors_follows_the_left_side() -> None:
    layer = Layer("linear", "x[N,D], W[D,H], dz[N,H] -> g[D,H]", "g = x.T @ dz")
    assert write_equations(layer) == ("g[d,h] = sum[n](x[n,d]*dz[n,h])",)


def test_an_index_that_a_free_one_has_is_renamed() -> None:
    small, large = Index("k", N), Index("k", D)
    clash = Sum(TENSORS["x"][small, large], large)
    assert write(clash) == "sum[l](x[k,l])"


def test_a_scalar_and_a_size_are_written_by_name() -> None:
    assert write(TENSORS["w"]()) == "w"
    assert write(L - P + 1) == "L - P + 1"
    assert write(sp.Abs(sp.Symbol("step0", real=True))) == "abs(step0)"


@pytest.mark.parametrize("foreign", [sp.Symbol("q"), sp.Integral(sp.Symbol("step0", real=True)), sp.Float(0.5), sp.zoo, sp.I])
def test_what_has_no_words_is_refused(foreign: Any) -> None:
    with pytest.raises(TypeError, match="no words for"):
        write(foreign)


BATCH_NORM = Layer(
    "batch norm",
    "x[N,D], gamma[D], beta[D], eps > 0 -> y[N,D]",
    """
    mu = mean(x, axis=0)
    var = sum((x - mu)**2, axis=0)/N
    xhat = (x - mu)/sqrt(var + eps)
    y = gamma*xhat + beta
""",
    source="Ioffe & Szegedy 2015",
)


def test_a_layer_is_written_as_a_file() -> None:
    assert (
        write_layer(BATCH_NORM)
        == """\
name: batch norm
source: Ioffe & Szegedy 2015
x[N,D], gamma[D], beta[D], eps > 0 -> y[N,D]
mu[d] = sum[n](x[n,d])/N
var[d] = sum[n]((x[n,d] - mu[d])**2)/N
xhat[n,d] = (x[n,d] - mu[d])/sqrt(var[d] + eps)
y[n,d] = gamma[d]*xhat[n,d] + beta[d]
"""
    )


LAYERS = [
    BATCH_NORM,
    Layer("pad", "x[N,L] -> y[N, L + 2]", "y[n,i] = x[n, i - 1]"),
    Layer("inner pad", "x[N,L], K[P] -> y[N,L]", "pad[n, i in L + P - 1] = x[n, i - 1]\ny[n,i] = sum[p](pad[n, i + p]*K[p])"),
    Layer("strided", "x[N,L], K[P], Q[S] -> y[N, (L - P)//S + 1]", "y[n,i] = sum[p](x[n, S*i + p]*K[p])"),
    Layer("pool", "x[N,L] -> y[N, (L + 2*1 - 3)//2 + 1]", "y[n,i] = max[p in 3](x[n, 2*i + p - 1])"),
    Layer(
        "rnn",
        "x[T,N,D], h0[N,H], W[D,H], U[H,H] -> h[T,N,H]",
        "h[-1,n,j] = h0[n,j]; h[t,n,j] = tanh(sum[d](x[t,n,d]*W[d,j]) + sum[k](h[t-1,n,k]*U[k,j]))",
    ),
    Layer(
        "lstm",
        "x[T,H], U[H,H] -> h[T,H]",
        "f[t,j] = sigmoid(x[t,j] + sum[k](h[t-1,k]*U[k,j])); c[t,j] = f[t,j]*c[t-1,j] + x[t,j]; h[t,j] = tanh(c[t,j])",
    ),
    Layer(
        "labels",
        "x[N,K], t[N] in K, m[N] in {0, 1}, w[K] >= 0 -> C",
        "C = -sum[n](m[n]*w[t[n]]*x[n,t[n]])",
        assume="N > 1; 0 < x[n,k] < 1; sum[k](x[n,k]) == 1",
    ),
    Layer(
        "matrix",
        "A[D,D], X[N,D] -> B[D,D], c",
        "B = inv(A) @ inv(X.T @ X); c = logdet(A)",
        assume="A == A.T; invertible(A); invertible(X.T @ X)",
    ),
    Layer("no input", "-> y[3]", "y[i] = i**2"),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_a_layer_reads_back(layer: Layer) -> None:
    again = read_file(write_layer(layer))
    assert (again.name, again.source, again.inputs, again.outputs) == (layer.name, layer.source, layer.inputs, layer.outputs)
    assert [(e.left, e.right) for e in again.equations] == [(e.left, e.right) for e in layer.equations]
    assert {(a.relation, a.left, a.right, a.free) for a in again.assumptions} == {
        (a.relation, a.left, a.right, a.free) for a in layer.assumptions
    }


def test_the_shelf_reads_back() -> None:
    from symbackprop import layers

    for name in layers.names():
        layer = layers.get(name)
        said = read_layer(write_signature(layer), "\n".join(write_equations(layer)), "; ".join(map(write_assumption, layer.assumptions)))
        assert (said.inputs, said.outputs) == (layer.inputs, layer.outputs), name
        assert [(e.left, e.right) for e in said.equations] == [(e.left, e.right) for e in layer.equations], name


def test_an_answer_reads_back() -> None:
    known = scope([*TENSORS.values(), *(t.adjoint() for t in TENSORS.values())])
    (equation,) = read_assignments("dW[d,h] = sum[n](x[n,d]*db[h])", known)
    assert write_equation(equation, declared=True) == "dW[d,h] = sum[n](db[h]*x[n,d])"  # type: ignore[arg-type]
