"""The forms that textbooks print come out, in index style and in array style, in the layer's own names."""
from __future__ import annotations

import pytest
import sympy as sp

import symbackprop as sb
from symbackprop import layers
from symbackprop.algebra.convert import poly
from symbackprop.derivation import Derivation
from symbackprop.language.nodes import Sum
from symbackprop.language.notation import read_assignments, scope
from symbackprop.language.substitution import substitute, tensors

PRINTED = [
    ("linear", "dx[n,d] = sum[h](dz[n,h]*W[d,h])"),
    ("linear", "dW[d,h] = sum[n](x[n,d]*dz[n,h])"),
    ("linear", "db[h] = sum[n](dz[n,h])"),
    ("relu", "dx[n,d] = step(x[n,d])*dy[n,d]"),
    ("sigmoid", "dx[n,d] = y[n,d]*(1 - y[n,d])*dy[n,d]"),
    ("tanh", "dx[n,d] = (1 - y[n,d]**2)*dy[n,d]"),
    ("softmax", "dz[n,k] = p[n,k]*(dp[n,k] - sum[j](dp[n,j]*p[n,j]))"),
    ("half_squared_error", "dx[n,d] = x[n,d] - y[n,d]"),
    ("mse_loss", "dx[n,d] = 2*(x[n,d] - y[n,d])/(N*D)"),
    ("cross_entropy", "dz[n,k] = (p[n,k] - delta(k, t[n]))/N"),
    ("cross_entropy:target=one_hot", "dz[n,k] = (p[n,k] - y[n,k])/N"),
    ("binary_cross_entropy_with_logits", "dz[n] = (p[n] - y[n])/N"),
    ("mlp", "dz2[n,k] = (p[n,k] - delta(k, t[n]))/N"),
    ("mlp", "dW2[h,k] = sum[n](a1[n,h]*dz2[n,k])"),
    ("mlp", "da1[n,h] = sum[k](dz2[n,k]*W2[h,k])"),
    ("mlp", "dz1[n,h] = step(z1[n,h])*da1[n,h]"),
    ("mlp", "dW1[d,h] = sum[n](x[n,d]*dz1[n,h])"),
    ("batch_norm",
     "dx[n,d] = gamma[d]/(N*sqrt(var[d] + eps))*(N*dy[n,d] - sum[m](dy[m,d]) - xhat[n,d]*sum[m](dy[m,d]*xhat[m,d]))"),
    ("batch_norm", "dgamma[d] = sum[n](dy[n,d]*xhat[n,d])"),
    ("batch_norm", "dbeta[d] = sum[n](dy[n,d])"),
    ("layer_norm", "dx[n,d] = (D*gamma[d]*dy[n,d] - sum[e](gamma[e]*dy[n,e]) "
                   "- xhat[n,d]*sum[e](gamma[e]*dy[n,e]*xhat[n,e]))/(D*sqrt(var[n] + eps))"),
    ("scaled_dot_product_attention", "dV[n,e] = sum[m](P[m,n]*dO[m,e])"),
    ("scaled_dot_product_attention", "dS[m,n] = P[m,n]*(dP[m,n] - sum[j](dP[m,j]*P[m,j]))"),
    ("scaled_dot_product_attention", "dQ[m,d] = sum[n](dS[m,n]*K[n,d])/sqrt(D)"),
    ("conv1d", "dW[f,d,p] = sum[n,i](dy[n,f,i]*x[n,d,i+p])"),
    ("rnn", "dh[t,n,j] = dh[t,n,j] + sum[k](U[j,k]*da[t+1,n,k])"),
    ("rnn", "dU[k,j] = sum[t,n](h[t-1,n,k]*da[t,n,j])"),
    ("rnn", "dW[d,j] = sum[t,n](x[t,n,d]*da[t,n,j])"),
    ("rnn", "dh0[n,j] = sum[k](U[j,k]*da[0,n,k])"),
    ("rnn_cell", "da[n,j] = (1 - h1[n,j]**2)*dh1[n,j]"),
    ("lstm_cell", "dWf[d,j] = sum[n](x[n,d]*daf[n,j])"),
    ("l2_regularizer", "dW[d,h] = lam*W[d,h]"),
    ("quadratic_form", "dx[i] = sum[j]((A[i,j] + A[j,i])*x[j])"),
    ("quadratic_form:symmetric=true", "dx[i] = 2*sum[j](A[i,j]*x[j])"),
    ("trace_product", "dA[i,j] = B[j,i]"),
    ("embedding", "dE[v,d] = sum[n](delta(t[n], v)*dy[n,d])"),
    ("neuron", "dr = r - y"),
    ("neuron", "dz = step(z)*dr"),
    ("neuron", "dW = dz*x"),
    ("relu_layer", "dz[j] = step(z[j])*dr1[j]"),
    ("relu_layer", "dr0[i] = sum[j](dz[j]*W[i,j])"),
    ("relu_layer", "dW[i,j] = dz[j]*r0[i]"),
]

MATRIX_FORMS = [
    ("linear", "W", "x.T @ dz"),
    ("linear", "x", "dz @ W.T"),
    ("linear", "b", "sum(dz, axis=0)"),
    ("relu_layer", "r0", "W @ dz"),
    ("relu_layer", "W", "outer(r0, dz)"),
    ("scaled_dot_product_attention", "V", "P.T @ dO"),
    ("mlp", "W1", "x.T @ dz1"),
    ("binary_cross_entropy_with_logits", "z", "(p - y)/N"),
    ("trace_product", "A", "B.T"),
]


def written(label: str, line: str) -> tuple[Derivation, sp.Expr]:
    """The derivation that the line is about, and the line's right side in the letters of its goal."""
    layer = layers.named(label)
    variable = line.partition("=")[0].strip().partition("[")[0].removeprefix("d")
    derivation = sb.derive(layer)[variable]
    adjoints = {f"d{t.name}": t.adjoint() for t in layer.tensors.values() if not t.is_integer_valued}
    adjoints |= {t.name: t for t in tensors(derivation.result) if t.name in adjoints}
    (equation,) = read_assignments(line, scope((*layer.tensors.values(), *adjoints.values())))
    letters = dict(zip(equation.left.indices, derivation.goal.indices, strict=True))
    return derivation, substitute(equation.right, letters)


@pytest.mark.parametrize(("label", "line"), PRINTED)
def test_a_gradient_ends_in_the_form_that_textbooks_print(label: str, line: str) -> None:
    derivation, expected = written(label, line)
    assert poly(derivation.result) == poly(expected)
    assert {t.name for t in tensors(derivation.result)} == {t.name for t in tensors(expected)}
    assert len(derivation.result.atoms(Sum)) == len(expected.atoms(Sum))


@pytest.mark.parametrize(("label", "variable", "text"), MATRIX_FORMS)
def test_a_gradient_has_its_matrix_form(label: str, variable: str, text: str) -> None:
    form = sb.derive(layers.named(label))[variable].matrix_form
    assert form is not None
    assert form.text == text


def test_batch_norm_takes_at_most_twelve_steps() -> None:
    derivation = sb.derive(layers.batch_norm)["x"]
    shown = derivation.at("normal")
    assert len(shown) <= 12
    assert len(shown) + len({lemma.variable.name for lemma in derivation.lemmas}) <= 12
