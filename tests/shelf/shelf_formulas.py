"""Every layer of the shelf once more, by hand in NumPy: what its equations must come to.

A formula takes the layer's inputs and options by name and returns its output, or a tuple of its outputs.
"""
from __future__ import annotations

from collections.abc import Callable
from math import erf, pi
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

FORMULAS: dict[str, Callable[..., Any]] = {}


def formula(f: Callable[..., Any]) -> Callable[..., Any]:
    FORMULAS[f.__name__] = f
    return f


def sigma(x):
    return 1/(1 + np.exp(-x))


def normalised(e):
    return e/e.sum(axis=-1, keepdims=True)


FORMULAS |= {
    "identity": lambda x: x,
    "prelu": lambda x, a: np.maximum(x, 0) + a*np.minimum(x, 0),
    "tanh": lambda x: np.tanh(x),
    "sigmoid": lambda x: sigma(x),
    "logsigmoid": lambda x: -np.logaddexp(0, -x),
    "softplus": lambda x: np.logaddexp(0, x),
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, slope: np.maximum(x, 0) + float(slope)*np.minimum(x, 0),
    "elu": lambda x, alpha: np.maximum(x, 0) + float(alpha)*np.expm1(np.minimum(x, 0)),
    "selu": lambda x: 1.0507009873554805*(np.maximum(x, 0) + 1.6732632423543772*np.expm1(np.minimum(x, 0))),
    "celu": lambda x, alpha: np.where(x > 0, x, float(alpha)*np.expm1(x/float(alpha))),
    "silu": lambda x: x*sigma(x),
    "mish": lambda x: x*np.tanh(np.logaddexp(0, x)),
    "hardsigmoid": lambda x: np.clip(x/6 + 0.5, 0, 1),
    "hardtanh": lambda x, low, high: np.where(x < float(low), float(low), np.where(x > float(high), float(high), x)),
    "hardswish": lambda x: x*np.clip(x + 3, 0, 6)/6,
    "relu6": lambda x: np.clip(x, 0, 6),
    "softsign": lambda x: x/(1 + np.abs(x)),
    "softmax": lambda z: normalised(np.exp(z)),
    "log_softmax": lambda z: np.log(normalised(np.exp(z))),
    "logsumexp": lambda z: np.log(np.exp(z).sum(axis=1)),
    "half_squared_error": lambda x, y: np.sum((x - y)**2)/2,
    "mse_loss": lambda x, y: np.mean((x - y)**2),
    "l1_loss": lambda x, y: np.mean(np.abs(x - y)),
    "binary_cross_entropy": lambda p, y: -np.mean(y*np.log(p) + (1 - y)*np.log(1 - p)),
    "binary_cross_entropy_with_logits": lambda z, y: np.mean(np.logaddexp(0, z) - y*z),
    "l2_regularizer": lambda W, lam: lam/2*np.sum(W*W),
    "quadratic_form": lambda A, x, symmetric: x @ A @ x,
    "trace": lambda A: np.trace(A),
    "trace_product": lambda A, B: np.trace(A @ B),
    "logdet": lambda A: np.linalg.slogdet(A)[1],
    "inverse": lambda A: np.linalg.inv(A),
    "frobenius_norm": lambda A: np.linalg.norm(A),
    "embedding": lambda E, t: E[t],
    "dropout": lambda x, mask, p: np.where(mask == 1, x/p, 0),
    "rnn_cell": lambda x, h0, W, U, b: np.tanh(x @ W + h0 @ U + b),
}


@formula
def gelu(x, approximate):
    if approximate == "tanh":
        return x/2*(1 + np.tanh(np.sqrt(2/pi)*(x + 0.044715*x**3)))
    return x/2*(1 + np.vectorize(erf)(x/np.sqrt(2)))


@formula
def linear(x, W, b=0, bias=True):
    return x @ W + b


@formula
def residual(x, branch, W=None, b=None, f=None):
    return x + (f[0](x) if branch == "unspecified" else np.maximum(x @ W + b, 0))


@formula
def cross_entropy(z, target, t=None, y=None):
    logp = np.log(normalised(np.exp(z)))
    return -np.mean(logp[np.arange(len(z)), t] if target == "labels" else (y*logp).sum(axis=1))


@formula
def huber_loss(x, y, delta):
    r, delta = np.abs(x - y), float(delta)
    return np.mean(np.where(r <= delta, r*r/2, delta*(r - delta/2)))


@formula
def smooth_l1_loss(x, y, beta):
    return huber_loss(x, y, beta)/float(beta)


@formula
def multi_margin_loss(s, t, margin):
    rows = np.arange(len(s))
    m = np.maximum(0, float(margin) + s - s[rows, t][:, None])
    m[rows, t] = 0
    return m.sum()/s.size


@formula
def hinge(s, t):
    return multi_margin_loss(s, t, 1)*s.shape[1]


def _standardised(x, eps, axis):
    return (x - x.mean(axis, keepdims=True))/np.sqrt(x.var(axis, keepdims=True) + eps)


@formula
def batch_norm(x, gamma, beta, eps):
    return gamma*_standardised(x, eps, 0) + beta


@formula
def layer_norm(x, gamma, beta, eps):
    return gamma*_standardised(x, eps, 1) + beta


@formula
def rms_norm(x, gamma, eps):
    return gamma*x/np.sqrt(np.mean(x*x, axis=1, keepdims=True) + eps)


@formula
def scaled_dot_product_attention(Q, K, V, mask):
    S = Q @ K.T/np.sqrt(Q.shape[1])
    if not isinstance(mask, str):
        S = np.where(mask == 1, S, -np.inf)
    elif mask == "causal":
        S = np.where(np.tri(len(Q), dtype=bool), S, -np.inf)
    return normalised(np.exp(S)) @ V


@formula
def multi_head_attention(x, Wq, Wk, Wv, Wo):
    heads = zip(Wq, Wk, Wv, Wo, strict=True)
    return sum(scaled_dot_product_attention(x @ q, x @ k, x @ v, "none") @ o for q, k, v, o in heads)


def _windows(x, kernel, stride, padding=0):
    """x[n,d,...] -> windows[n,d,i,...,p,...], every stride-th window of the padded array."""
    rank = len(kernel)
    padded = np.pad(x, [(0, 0), (0, 0)] + [(padding, padding)]*rank)
    step = (slice(None), slice(None)) + (slice(None, None, stride),)*rank
    return sliding_window_view(padded, kernel, axis=tuple(range(2, 2 + rank)))[step]


@formula
def conv1d(x, W, stride, padding, bias, b=None):
    y = np.einsum("ndip,fdp->nfi", _windows(x, W.shape[2:], stride, padding), W)
    return y + b[:, None] if bias else y


@formula
def conv2d(x, W, stride, padding, bias, b=None):
    y = np.einsum("ndijpq,fdpq->nfij", _windows(x, W.shape[2:], stride, padding), W)
    return y + b[:, None, None] if bias else y


def _pool(reduce, rank):
    def pool(x, kernel_size, stride, padding=0, P=None, Q=None):
        kernel = (kernel_size,)*rank if kernel_size else (P, Q)[:rank]
        windows = _windows(x, kernel, stride or kernel_size or 1, padding)
        return reduce(windows, axis=tuple(range(-rank, 0)))
    return pool


FORMULAS |= {f"{kind}_pool{rank}d": _pool(reduce, rank)
             for kind, reduce in [("max", np.max), ("avg", np.mean)] for rank in (1, 2)}


@formula
def lstm_cell(x, h0, c0, **w):
    a = {g: x @ w[f"W{g}"] + h0 @ w[f"U{g}"] + w[f"b{g}"] for g in "ifgo"}
    c1 = sigma(a["f"])*c0 + sigma(a["i"])*np.tanh(a["g"])
    return sigma(a["o"])*np.tanh(c1), c1


@formula
def gru_cell(x, h0, Wn, Un, bn, cn, **w):
    r, z = (sigma(x @ w[f"W{g}"] + h0 @ w[f"U{g}"] + w[f"b{g}"]) for g in "rz")
    return (1 - z)*np.tanh(x @ Wn + bn + r*(h0 @ Un + cn)) + z*h0


@formula
def rnn(x, h0, W, U, b):
    states = [h0]
    for step in x:
        states.append(np.tanh(step @ W + states[-1] @ U + b))
    return np.stack(states[1:])


@formula
def mlp(x, W1, b1, W2, b2, target, t=None, y=None):
    return cross_entropy(np.maximum(x @ W1 + b1, 0) @ W2 + b2, target, t, y)


@formula
def neuron(W, x, y, activation, f=None):
    return (y - (np.maximum(W*x, 0) if activation == "relu" else f[0](W*x)))**2/2


@formula
def relu_layer(W, r0, activation, f=None):
    return np.maximum(r0 @ W, 0) if activation == "relu" else f[0](r0 @ W)
