"""The layers of the shelf that torch has, as functions of torch tensors: name -> f(inputs and options by name).

Import it only where torch is there.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F


def _elementwise(name: str) -> Callable[..., Any]:
    return lambda x: getattr(F, name)(x)


def plain(value: Any) -> float:
    """A number for an argument that torch does not differentiate."""
    return float(value.detach() if isinstance(value, torch.Tensor) else value)


def linear(x, W, b=None, bias=True):
    return F.linear(x, W.T, b)


def celu(x, alpha):
    if isinstance(alpha, torch.Tensor):  # F.celu rounds 1/alpha to single precision
        return torch.where(x > 0, x, alpha*torch.expm1(x/alpha))
    return F.celu(x, plain(alpha))


def prelu(x, a):
    return F.prelu(x, a)


def scaled_dot_product_attention(Q, K, V, mask):
    if isinstance(mask, str):
        return F.scaled_dot_product_attention(Q, K, V, is_causal=mask == "causal")
    return F.scaled_dot_product_attention(Q, K, V, attn_mask=mask == 1)


def cross_entropy(z, target, t=None, y=None):
    return F.cross_entropy(z, t if target == "labels" else y)


def mlp(x, W1, b1, W2, b2, target, t=None, y=None):
    return cross_entropy(F.relu(x @ W1 + b1) @ W2 + b2, target, t, y)


def multi_margin_loss(s, t, margin):
    return F.multi_margin_loss(s, t, margin=plain(margin))


def conv1d(x, W, stride, padding, bias, b=None):
    return F.conv1d(x, W, b, stride, padding)


def conv2d(x, W, stride, padding, bias, b=None):
    return F.conv2d(x, W, b, stride, padding)


def _pool(name: str, rank: int) -> Callable[..., Any]:
    def pool(x, kernel_size, stride, padding=0, P=None, Q=None):
        kernel = (kernel_size,)*rank if kernel_size else (P, Q)[:rank]
        return getattr(F, name)(x, kernel, stride or kernel_size or 1, padding)
    return pool


def rnn(x, h0, W, U, b):
    states = [h0]
    for step in x:
        states.append(torch.tanh(step @ W + states[-1] @ U + b))
    return torch.stack(states[1:])


def lstm_cell(x, h0, c0, **w):
    def stacked(letter):
        return torch.cat([w[f"{letter}{g}"].T if w[f"{letter}{g}"].ndim == 2 else w[f"{letter}{g}"] for g in "ifgo"])
    b = stacked("b")
    return torch.lstm_cell(x, (h0, c0), stacked("W"), stacked("U"), b, torch.zeros_like(b))


def gru_cell(x, h0, Wr, Ur, br, Wz, Uz, bz, Wn, Un, bn, cn):
    nothing = torch.zeros_like(cn)
    return torch.gru_cell(x, h0, torch.cat([Wr.T, Wz.T, Wn.T]), torch.cat([Ur.T, Uz.T, Un.T]),
                          torch.cat([br, bz, bn]), torch.cat([nothing, nothing, cn]))


def batch_norm(x, gamma, beta, eps):
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=plain(eps))


SAME = ("tanh", "sigmoid", "logsigmoid", "softplus", "relu", "selu", "silu", "mish", "hardsigmoid", "hardswish",
        "relu6", "softsign")
TORCH: dict[str, Callable[..., Any]] = {
    **{name: _elementwise(name) for name in SAME},
    **{f"{kind}_pool{rank}d": _pool(f"{kind}_pool{rank}d", rank) for kind in ("max", "avg") for rank in (1, 2)},
    "gelu": lambda x, approximate: F.gelu(x, approximate=approximate),
    "leaky_relu": lambda x, slope: F.leaky_relu(x, plain(slope)),
    "elu": lambda x, alpha: F.elu(x, plain(alpha)),
    "celu": celu,
    "hardtanh": lambda x, low, high: F.hardtanh(x, plain(low), plain(high)),
    "prelu": prelu,
    "softmax": lambda z: F.softmax(z, dim=1),
    "log_softmax": lambda z: F.log_softmax(z, dim=1),
    "logsumexp": lambda z: torch.logsumexp(z, dim=1),
    "half_squared_error": lambda x, y: F.mse_loss(x, y, reduction="sum")/2,
    "mse_loss": lambda x, y: F.mse_loss(x, y),
    "l1_loss": lambda x, y: F.l1_loss(x, y),
    "huber_loss": lambda x, y, delta: F.huber_loss(x, y, delta=plain(delta)),
    "smooth_l1_loss": lambda x, y, beta: F.smooth_l1_loss(x, y, beta=plain(beta)),
    "cross_entropy": cross_entropy,
    "binary_cross_entropy": lambda p, y: -(y*torch.log(p) + (1 - y)*torch.log(1 - p)).mean(),
    "binary_cross_entropy_with_logits": lambda z, y: F.binary_cross_entropy_with_logits(z, y),
    "multi_margin_loss": multi_margin_loss,
    "hinge": lambda s, t: multi_margin_loss(s, t, 1)*s.shape[1],
    "l2_regularizer": lambda W, lam: lam/2*(W**2).sum(),
    "quadratic_form": lambda A, x, symmetric: x @ A @ x,
    "trace": lambda A: torch.trace(A),
    "trace_product": lambda A, B: torch.trace(A @ B),
    "logdet": lambda A: torch.linalg.slogdet(A)[1],
    "inverse": lambda A: torch.linalg.inv(A),
    "frobenius_norm": lambda A: torch.linalg.norm(A),
    "batch_norm": batch_norm,
    "layer_norm": lambda x, gamma, beta, eps: F.layer_norm(x, x.shape[1:], gamma, beta, plain(eps)),
    "rms_norm": lambda x, gamma, eps: gamma*x/torch.sqrt((x*x).mean(dim=1, keepdim=True) + eps),
    "scaled_dot_product_attention": scaled_dot_product_attention,
    "conv1d": conv1d,
    "conv2d": conv2d,
    "embedding": lambda E, t: F.embedding(t, E),
    "linear": linear,
    "rnn_cell": lambda x, h0, W, U, b: torch.tanh(x @ W + h0 @ U + b),
    "rnn": rnn,
    "lstm_cell": lstm_cell,
    "gru_cell": gru_cell,
    "mlp": mlp,
    "neuron": lambda W, x, y, activation, f=None: (y - (F.relu(W*x) if f is None else torch.sin(W*x)))**2/2,
    "relu_layer": lambda W, r0, activation, f=None: F.relu(r0 @ W) if f is None else torch.sin(r0 @ W),
}


def tensors(given: dict[str, Any]) -> dict[str, Any]:
    """The arrays as leaves of torch's graph; sizes and functions as they are."""
    return {name: _leaf(array) if isinstance(array, np.ndarray) else array for name, array in given.items()}


def _leaf(array: Any) -> torch.Tensor:
    return torch.tensor(array, requires_grad=array.dtype.kind == "f")


def torch_outputs(label: str, leaves: dict[str, Any], options: dict[str, Any]) -> tuple[torch.Tensor, ...]:
    """What torch makes of the layer, a tuple of its outputs."""
    made = TORCH[label.partition(":")[0]](**{**options, **leaves})
    return made if isinstance(made, tuple) else (made,)


def torch_gradients(label: str, given: dict[str, Any], options: dict[str, Any],
                    upstream: dict[str, Any]) -> dict[str, Any]:
    """torch.autograd's gradient of Σ upstream · output for every input that torch differentiates."""
    leaves = tensors(given)
    made = torch_outputs(label, leaves, options)
    weights = [torch.tensor(w) for w in upstream.values()] or [torch.ones(())]
    cost = sum((w*o).sum() for w, o in zip(weights, made, strict=True))
    wanted = {name: leaf for name, leaf in leaves.items() if isinstance(leaf, torch.Tensor) and leaf.requires_grad}
    found = torch.autograd.grad(cost, list(wanted.values()), allow_unused=True)
    return {name: g.numpy() for name, g in zip(wanted, found, strict=True) if g is not None}
