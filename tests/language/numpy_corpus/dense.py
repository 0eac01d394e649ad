"""Linear layers and activations as people write their backward passes, right and wrong.

CASES: function, layer, arguments, results, which results are wrong.
"""
# ruff: noqa
import numpy as np

CASES = [
    ("linear_plain", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_cached", "linear", "x, W, b, dout", "out, dx, dW, db", ""),
    ("linear_flat", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_einsum", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_dict", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_loop", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_entries", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_rows", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_tensordot", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_class", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_ones", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_bias_axis", "linear", "x, W, b, dout", "dx, dW, db", "db"),
    ("linear_bias_kept", "linear", "x, W, b, dout", "dx, dW, db", "db"),
    ("linear_averaged", "linear", "x, W, b, dout", "dx, dW, db", "dW db"),
    ("linear_bias_mean", "linear", "x, W, b, dout", "dx, dW, db", "db"),
    ("linear_loop_assigns", "linear", "x, W, b, dout", "dW, db", "dW db"),
    ("relu_mask", "relu", "x, dout", "dx", ""),
    ("relu_assign", "relu", "x, dout", "dx", ""),
    ("relu_where", "relu", "x, dout", "dx", ""),
    ("relu_maximum", "relu", "x, dout", "out, dx", ""),
    ("relu_astype", "relu", "x, dout", "dx", ""),
    ("relu_multiply", "relu", "x, dout", "dx", ""),
    ("relu_from_output", "relu", "x, dout", "dx", ""),
    ("relu_in_place", "relu", "x, dout", "dx", ""),
    ("relu_loop", "relu", "x, dout", "dx", ""),
    ("relu_vjp", "relu", "x, dout", "dx", ""),
    ("relu_forgot", "relu", "x, dout", "dx", "dx"),
    ("relu_on_gradient", "relu", "x, dout", "dx", "dx"),
    ("relu_flipped", "relu", "x, dout", "dx", "dx"),
    ("leaky_mask", "leaky_relu", "x, dout", "dx", ""),
    ("leaky_where", "leaky_relu", "x, dout", "dx", ""),
    ("leaky_slope", "leaky_relu", "x, dout", "dx", ""),
    ("leaky_wrong", "leaky_relu", "x, dout", "dx", "dx"),
    ("sigmoid_output", "sigmoid", "x, dout", "dx", ""),
    ("sigmoid_helper", "sigmoid", "x, dout", "dx", ""),
    ("sigmoid_exponentials", "sigmoid", "x, dout", "dx", ""),
    ("sigmoid_prime_of_output", "sigmoid", "x, dout", "dx", "dx"),
    ("sigmoid_no_one", "sigmoid", "x, dout", "dx", "dx"),
    ("tanh_output", "tanh", "x, dout", "out, dx", ""),
    ("tanh_power", "tanh", "x, dout", "dx", ""),
    ("tanh_cosh", "tanh", "x, dout", "dx", ""),
    ("tanh_table", "tanh", "x, dout", "dx", ""),
    ("tanh_linear", "tanh", "x, dout", "dx", "dx"),
    ("softplus_plain", "softplus", "x, dout", "dx", ""),
    ("softplus_log1p", "softplus", "x, dout", "out, dx", ""),
    ("elu_where", "elu", "x, dout", "dx", ""),
    ("elu_masks", "elu", "x, dout", "dx", ""),
    ("swish", "silu", "x, dout", "dx", ""),
    ("swish_half", "silu", "x, dout", "dx", "dx"),
    ("softsign_abs", "softsign", "x, dout", "dx", ""),
]


def linear_plain(x, W, b, dout):
    dx = np.dot(dout, W.T)
    dW = np.dot(x.T, dout)
    db = np.sum(dout, axis=0)
    return dx, dW, db


def affine_forward(x, w, b):
    """Forward pass."""
    out = None
    N = x.shape[0]
    rows = np.reshape(x, (N, -1))
    out = rows.dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = None, None, None
    N = x.shape[0]
    rows = np.reshape(x, (N, -1))
    dx = np.reshape(dout.dot(w.T), x.shape)
    dw = rows.T.dot(dout)
    db = dout.sum(axis=0)
    return dx, dw, db


def linear_cached(x, W, b, dout):
    out, cache = affine_forward(x, W, b)
    dx, dW, db = affine_backward(dout, cache)
    return out, dx, dW, db


def linear_flat(x, W, b, dout):
    num = x.shape[0]
    dx = (dout @ W.T).reshape(*x.shape)
    dW = x.reshape(num, np.prod(x.shape[1:])).T @ dout
    db = np.ones(num).dot(dout)
    return dx, dW, db


def linear_einsum(x, W, b, dout):
    dx = np.einsum("nh,dh->nd", dout, W)
    dW = np.einsum("nd,nh->dh", x, dout)
    db = np.einsum("nh->h", dout)
    return dx, dW, db


def linear_dict(x, W, b, dout):
    cache = {"x": x, "W": W}
    grads = {}
    grads["dx"] = np.matmul(dout, np.transpose(cache["W"]))
    grads["dW"] = np.matmul(np.transpose(cache["x"]), dout)
    grads["db"] = np.sum(dout, 0)
    return grads["dx"], grads["dW"], grads["db"]


def linear_loop(x, W, b, dout):
    N, D = x.shape
    dx = np.zeros_like(x)
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    for i in range(N):
        dx[i] = dout[i].dot(W.T)
        dW += np.outer(x[i], dout[i])
        db += dout[i]
    return dx, dW, db


def linear_entries(x, W, b, dout):
    N, D = x.shape
    H = W.shape[1]
    dx = np.zeros((N, D))
    dW = np.zeros((D, H))
    db = np.zeros(H)
    for n in range(N):
        for h in range(H):
            db[h] += dout[n, h]
            for d in range(D):
                dx[n, d] += W[d, h] * dout[n, h]
                dW[d, h] += x[n, d] * dout[n, h]
    return dx, dW, db


def linear_rows(x, W, b, dout):
    dx = np.empty_like(x)
    dW = 0
    db = 0
    for i, row in enumerate(dout):
        dx[i, :] = W @ row
        dW = dW + x[i][:, None] * row[None, :]
        db = db + row
    return dx, dW, db


def linear_tensordot(x, W, b, dout):
    dx = np.tensordot(dout, W, axes=([1], [1]))
    dW = np.tensordot(x, dout, axes=(0, 0))
    db = np.add(dout, 0).sum(axis=0)
    return dx, dW, db


class Linear:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(0)
        return grad @ self.W.T


def linear_class(x, W, b, dout):
    layer = Linear(W, b)
    layer.forward(x)
    dx = layer.backward(dout)
    return dx, layer.dW, layer.db


def linear_ones(x, W, b, dout):
    m = len(x)
    return dout.dot(W.transpose()), x.transpose().dot(dout), np.dot(np.ones((1, m)), dout).ravel()


def linear_bias_axis(x, W, b, dout):
    return dout.dot(W.T), x.T.dot(dout), np.sum(dout, axis=1)


def linear_bias_kept(x, W, b, dout):
    return dout.dot(W.T), x.T.dot(dout), np.sum(dout, axis=0, keepdims=True)


def linear_averaged(x, W, b, dout):
    m = x.shape[0]
    dW = 1.0 / m * np.dot(x.T, dout)
    db = 1.0 / m * np.sum(dout, axis=0)
    return np.dot(dout, W.T), dW, db


def linear_bias_mean(x, W, b, dout):
    return dout.dot(W.T), x.T.dot(dout), dout.mean(axis=0)


def linear_loop_assigns(x, W, b, dout):
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    for i in range(x.shape[1]):
        dW[i] = x[:, i].mean() * dout.sum(axis=0)
    for j in range(W.shape[1]):
        db[j] = dout[:, j].mean()
    return dW, db


def relu_mask(x, dout):
    return dout * (x > 0)


def relu_assign(x, dout):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def relu_where(x, dout):
    return np.where(x > 0, dout, 0)


def relu_maximum(x, dout):
    out, cache = np.maximum(0, x), x
    dx = np.array(dout, copy=True)
    dx[cache <= 0] = 0.0
    return out, dx


def relu_astype(x, dout):
    mask = (x > 0).astype(float)
    dx = mask * dout
    return dx


def relu_multiply(x, dout):
    dx = np.multiply(dout, np.int64(x > 0)) if False else np.multiply(dout, x > 0)
    return dx


def relu_from_output(x, dout):
    a = np.maximum(x, 0)
    da = np.ones_like(a)
    da[a == 0] = 0
    return da * dout


def relu_in_place(x, dout):
    dx = dout
    dx[x < 0] = 0
    dx = dx * (x != 0)
    return dx


def relu_loop(x, dout):
    dx = np.zeros(x.shape)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            dx[i, j] = dout[i, j] * (x[i, j] > 0)
    return dx


VJPS = {"relu": lambda ans, x: lambda g: g * (x > 0.0), "tanh": lambda ans, x: lambda g: g * (1 - ans**2)}


def relu_vjp(x, dout):
    vjp = VJPS["relu"](np.maximum(x, 0), x)
    return vjp(dout)


def relu_forgot(x, dout):
    return dout


def relu_on_gradient(x, dout):
    return np.maximum(dout, 0)


def relu_flipped(x, dout):
    dx = dout.copy()
    dx[x > 0] = 0
    return dx


def leaky_mask(x, dout, alpha=0.01):
    dx = dout.copy()
    dx[x <= 0] *= alpha
    return dx


def leaky_where(x, dout):
    return dout * np.where(x > 0, 1, 0.01)


def leaky_slope(x, dout):
    slope = np.ones_like(x)
    slope[x <= 0] = 0.01
    return slope * dout


def leaky_wrong(x, dout):
    return dout * np.where(x > 0, 1, -0.01)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_output(x, dout):
    s = sigmoid(x)
    return dout * s * (1 - s)


def sigmoid_helper(x, dout):
    def prime(z):
        return sigmoid(z) * (1.0 - sigmoid(z))

    return dout * prime(x)


def sigmoid_exponentials(x, dout):
    e = np.exp(-x)
    return dout * e / (1 + e) ** 2


def sigmoid_prime_of_output(x, dout):
    s = sigmoid(x)
    return dout * sigmoid(s) * (1 - sigmoid(s))


def sigmoid_no_one(x, dout):
    s = sigmoid(x)
    return dout * s * s


def tanh_output(x, dout):
    t = np.tanh(x)
    return t, dout * (1 - t * t)


def tanh_power(x, dout):
    return (1 - np.power(np.tanh(x), 2)) * dout


def tanh_cosh(x, dout):
    return dout / np.cosh(x) ** 2


def tanh_table(x, dout):
    return VJPS["tanh"](np.tanh(x), x)(dout)


def tanh_linear(x, dout):
    return (1 - np.tanh(x)) * dout


def softplus_plain(x, dout):
    return dout * np.exp(x) / (1 + np.exp(x))


def softplus_log1p(x, dout):
    out = np.log1p(np.exp(x))
    return out, dout * (1 - np.exp(-out))


def elu_where(x, dout):
    return dout * np.where(x > 0, 1.0, np.exp(x))


def elu_masks(x, dout):
    out = np.where(x > 0, x, np.expm1(x))
    dx = dout.copy()
    dx *= np.where(x > 0, 1, out + 1)
    return dx


def swish(x, dout):
    s = sigmoid(x)
    y = x * s
    return dout * (y + s * (1 - y))


def swish_half(x, dout):
    s = sigmoid(x)
    return dout * s


def softsign_abs(x, dout):
    return dout / np.square(1 + np.abs(x))
