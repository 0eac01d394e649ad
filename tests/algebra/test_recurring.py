"""What stands beside a recurring gradient is named, at the places of the gradient itself."""

from __future__ import annotations

import sympy as sp

from symbackprop import derive
from symbackprop.algebra.recurring import with_parts
from symbackprop.code_checking import check_code
from symbackprop.language.equations import Equation
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer
from symbackprop.layers.shelf import get

RNN = Layer(
    "rnn_by_rows",
    "x[N,T,D], h0[N,H], W[D,H], U[H,H], b[H] -> h[N,T,H]",
    """
    h[n,-1,i] = h0[n,i]
    h[n,t,i] = tanh(sum[d](x[n,t,d]*W[d,i]) + sum[j](h[n,t-1,j]*U[j,i]) + b[i])
    """,
)
SOURCE = """\
import numpy as np
def forward(x, h0, W, U, b):
    N, T, D = x.shape
    h, caches, prev = np.zeros((N, T, h0.shape[1])), [], h0
    for t in range(T):
        now = np.tanh(x[:, t].dot(W) + prev.dot(U) + b)
        caches.append((x[:, t], prev, now))
        h[:, t], prev = now, now
    return h, (caches, W, U)
def backward(dh, cache):
    caches, W, U = cache
    N, T, H = dh.shape
    dx, dW, dU, db = np.zeros((N, T, W.shape[0])), np.zeros_like(W), np.zeros_like(U), np.zeros(H)
    back = np.zeros((N, H))
    for t in reversed(range(T)):
        xt, prev, now = caches[t]
        da = (dh[:, t] + back) * (1 - now**2)
        dx[:, t] = da.dot(W.T)
        back = da.dot(U.T)
        dW += xt.T.dot(da)
        dU += prev.T.dot(da)
        db += da.sum(axis=0)
    return dx, back, dW, dU, db
"""
CALL = "h, cache = forward(x, h0, W, U, b); dx, dh0, dW, dU, db = backward(dh, cache)"


def gradient_of_h() -> Equation:
    derivation = derive(RNN)["h"]
    assert isinstance(derivation.goal, Component)
    return Equation(derivation.goal, derivation.result)


def test_the_product_beside_it_is_named() -> None:
    equation = gradient_of_h()
    (changed, part), parts = with_parts([equation])
    assert set(parts) == {part.tensor}
    n, t, i = equation.left.indices
    h = RNN.tensors["h"]
    assert sp.expand(part.right - equation.left * (1 - Component(h, n, t, i) ** 2)) == 0
    assert part.tensor in {c.tensor for c in changed.right.atoms(Component)}
    assert equation.left.tensor not in {c.tensor for c in changed.right.atoms(Component)}


def test_what_doesnt_recur_stays() -> None:
    known = list(get("batch_norm").equations)
    assert with_parts(known) == (known, {})


def test_a_recurrence_stated_in_one_equation_is_proved() -> None:
    report = check_code(RNN, SOURCE, call=CALL)
    assert {v.status for v in report.verdicts.values()} == {"proved"}


def test_a_forgotten_step_back_is_refuted() -> None:
    report = check_code(RNN, SOURCE.replace("back = da.dot(U.T)", "back = dh[:, t].dot(U.T)"), call=CALL)
    assert {report.verdicts[n].status for n in ("x", "h0", "W", "U", "b")} == {"refuted"}
