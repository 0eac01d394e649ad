"""Losses as people write their gradients, right and wrong. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("softmax_vectorised", "cross_entropy", "z, t", "loss, dz", ""),
    ("softmax_logs", "cross_entropy", "z, t", "loss, dz", ""),
    ("softmax_one_hot", "cross_entropy", "z, t", "dz", ""),
    ("softmax_eye", "cross_entropy", "z, t", "dz", ""),
    ("softmax_unshifted", "cross_entropy", "z, t", "dz", ""),
    ("softmax_loop", "cross_entropy", "z, t", "loss, dz", ""),
    ("softmax_loop_rows", "cross_entropy", "z, t", "dz", ""),
    ("softmax_in_place", "cross_entropy", "z, t", "dz", ""),
    ("softmax_not_averaged", "cross_entropy", "z, t", "dz", "dz"),
    ("softmax_no_label", "cross_entropy", "z, t", "dz", "dz"),
    ("softmax_all_normalised", "cross_entropy", "z, t", "dz", "dz"),
    ("softmax_plus_one", "cross_entropy", "z, t", "dz", "dz"),
    ("one_hot_given", "cross_entropy:target=one_hot", "z, y", "dz", ""),
    ("hinge_vectorised", "hinge", "s, t", "loss, ds", ""),
    ("hinge_binary", "hinge", "s, t", "ds", ""),
    ("hinge_loops", "hinge", "s, t", "ds", ""),
    ("hinge_no_label", "hinge", "s, t", "ds", "ds"),
    ("hinge_counts_label", "hinge", "s, t", "ds", "ds"),
    ("squared", "mse_loss", "x, y", "loss, dx, dy", ""),
    ("squared_size", "mse_loss", "x, y", "dx", ""),
    ("squared_loop", "mse_loss", "x, y", "dx", ""),
    ("squared_halved", "mse_loss", "x, y", "dx", "dx"),
    ("squared_batch", "mse_loss", "x, y", "dx", "dx"),
    ("half_squared", "half_squared_error", "x, y", "loss, dx", ""),
    ("half_squared_sign", "half_squared_error", "x, y", "dx", "dx"),
    ("absolute", "l1_loss", "x, y", "dx", ""),
    ("absolute_where", "l1_loss", "x, y", "dx", ""),
    ("binary", "binary_cross_entropy", "p, y", "dp", ""),
    ("binary_quotient", "binary_cross_entropy", "p, y", "dp", ""),
    ("binary_sum", "binary_cross_entropy", "p, y", "dp", "dp"),
    ("logits", "binary_cross_entropy_with_logits", "z, y", "dz", ""),
    ("logits_chain", "binary_cross_entropy_with_logits", "z, y", "dz", ""),
    ("logits_twice", "binary_cross_entropy_with_logits", "z, y", "dz", "dz"),
    ("softmax_jacobian", "softmax", "z, dout", "dz", ""),
    ("softmax_jacobian_loop", "softmax", "z, dout", "dz", ""),
    ("softmax_diagonal", "softmax", "z, dout", "dz", "dz"),
    ("log_softmax_sum", "log_softmax", "z, dout", "dz", ""),
    ("log_softmax_wrong", "log_softmax", "z, dout", "dz", "dz"),
    ("logsumexp_shifted", "logsumexp", "z, dout", "dz", ""),
    ("weight_decay", "l2_regularizer", "W, lam", "dW", ""),
    ("weight_decay_doubled", "l2_regularizer", "W, lam", "dW", "dW"),
]


def softmax_vectorised(x, y):
    probs = np.exp(x - np.max(x, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    N = x.shape[0]
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def softmax_logs(x, y):
    shifted_logits = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted_logits), axis=1, keepdims=True)
    log_probs = shifted_logits - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def softmax_one_hot(z, t):
    N, K = z.shape
    onehot = np.zeros((N, K))
    onehot[np.arange(N), t] = 1
    e = np.exp(z - z.max(axis=1)[:, None])
    p = e / e.sum(axis=1)[:, None]
    return (p - onehot) / N


def softmax_eye(z, t):
    num, classes = z.shape
    p = np.exp(z)
    p = p / np.sum(p, 1, keepdims=True)
    return (p - np.eye(classes)[t]) / num


def softmax_unshifted(z, t):
    m = z.shape[0]
    exp_scores = np.exp(z)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    delta = probs
    delta[range(m), t] -= 1
    return delta / m


def softmax_loop(z, t):
    N, K = z.shape
    dz = np.zeros_like(z)
    loss = 0.0
    for i in range(N):
        scores = z[i] - np.max(z[i])
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.log(p[t[i]])
        for k in range(K):
            dz[i, k] = (p[k] - (k == t[i])) / N
    loss /= N
    return loss, dz


def softmax_loop_rows(z, t):
    num_train = z.shape[0]
    dz = np.zeros(z.shape)
    for i in range(num_train):
        e = np.exp(z[i, :])
        dz[i, :] = e / np.sum(e)
        dz[i, t[i]] -= 1
    dz /= num_train
    return dz


def softmax_in_place(z, t):
    N = len(z)
    z = z - z.max(1, keepdims=True)
    z = np.exp(z)
    z /= z.sum(1, keepdims=True)
    z[np.arange(N), t] += -1.0
    return z / N


def softmax_not_averaged(z, t):
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    p[np.arange(z.shape[0]), t] -= 1
    return p


def softmax_no_label(z, t):
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    return p / z.shape[0]


def softmax_all_normalised(z, t):
    N = z.shape[0]
    p = np.exp(z) / np.sum(np.exp(z))
    p[np.arange(N), t] -= 1
    return p / N


def softmax_plus_one(z, t):
    N = z.shape[0]
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    p[np.arange(N), t] += 1
    return p / N


def one_hot_given(z, y):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return (p - y) / z.shape[0]


def hinge_vectorised(x, y):
    N = x.shape[0]
    correct_class_scores = x[np.arange(N), y]
    margins = np.maximum(0, x - correct_class_scores[:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N
    num_pos = np.sum(margins > 0, axis=1)
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    dx[np.arange(N), y] -= num_pos
    dx /= N
    return loss, dx


def hinge_binary(s, t):
    N = s.shape[0]
    right = s[np.arange(N), t].reshape(N, 1)
    binary = (s - right + 1 > 0).astype(float)
    binary[np.arange(N), t] = 0
    row_sum = np.sum(binary, axis=1)
    binary[np.arange(N), t] = -row_sum
    return binary / N


def hinge_loops(s, t):
    N, K = s.shape
    ds = np.zeros_like(s)
    for i in range(N):
        for j in range(K):
            hit = (s[i, j] - s[i, t[i]] + 1 > 0) * (j != t[i])
            ds[i, j] += hit
            ds[i, t[i]] -= hit
    return ds / N


def hinge_no_label(s, t):
    N = s.shape[0]
    margins = np.maximum(0, s - s[np.arange(N), t][:, None] + 1)
    margins[np.arange(N), t] = 0
    ds = np.zeros_like(s)
    ds[margins > 0] = 1
    return ds / N


def hinge_counts_label(s, t):
    N = s.shape[0]
    margins = np.maximum(0, s - s[np.arange(N), t][:, None] + 1)
    ds = (margins > 0).astype(float)
    ds[np.arange(N), t] = -np.sum(ds, axis=1)
    return ds / N


def squared(x, y):
    diff = x - y
    loss = np.mean(diff**2)
    N, D = x.shape
    dx = 2 * diff / (N * D)
    return loss, dx, -dx


def squared_size(x, y):
    return 2.0 / x.size * (x - y)


def squared_loop(x, y):
    dx = np.zeros_like(x)
    rows, columns = x.shape
    for i in range(rows):
        dx[i] = 2 * (x[i] - y[i])
    return dx / (rows * columns)


def squared_halved(x, y):
    return (x - y) / x.size


def squared_batch(x, y):
    return 2 * (x - y) / x.shape[0]


def half_squared(x, y):
    e = x - y
    loss = 0.5 * np.sum(e * e)
    return loss, e


def half_squared_sign(x, y):
    return y - x


def absolute(x, y):
    return np.sign(x - y) / (x.shape[0] * x.shape[1])


def absolute_where(x, y):
    d = x - y
    g = np.zeros_like(d)
    g[d > 0] = 1
    g[d < 0] = -1
    return g / x.size


def binary(p, y):
    return (-(y / p) + (1 - y) / (1 - p)) / len(p)


def binary_quotient(p, y):
    N = p.shape[0]
    return (p - y) / (p * (1 - p)) / N


def binary_sum(p, y):
    return -(np.divide(y, p) - np.divide(1 - y, 1 - p))


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def logits(z, y):
    return (sigmoid(z) - y) / z.shape[0]


def logits_chain(z, y):
    p = sigmoid(z)
    N = z.shape[0]
    dp = -(y / p - (1 - y) / (1 - p)) / N
    dz = dp * p * (1 - p)
    return dz


def logits_twice(z, y):
    p = sigmoid(z)
    return (p - y) * p * (1 - p) / z.shape[0]


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def softmax_jacobian(z, dout):
    p = softmax(z)
    return p * (dout - np.sum(dout * p, axis=1, keepdims=True))


def softmax_jacobian_loop(z, dout):
    p = softmax(z)
    dz = np.zeros_like(z)
    for n in range(z.shape[0]):
        jacobian = np.diag(p[n]) - np.outer(p[n], p[n])
        dz[n] = jacobian.dot(dout[n])
    return dz


def softmax_diagonal(z, dout):
    p = softmax(z)
    return dout * p * (1 - p)


def log_softmax_sum(z, dout):
    return dout - softmax(z) * dout.sum(axis=1, keepdims=True)


def log_softmax_wrong(z, dout):
    return dout - softmax(z)


def logsumexp_shifted(z, dout):
    m = z.max(axis=1)
    out = m + np.log(np.exp(z - m[:, None]).sum(axis=1))
    return dout[:, None] * np.exp(z - out[:, None])


def weight_decay(W, lam):
    dW = np.zeros_like(W)
    dW += lam * W
    return dW


def weight_decay_doubled(W, lam):
    return 2 * lam * W
