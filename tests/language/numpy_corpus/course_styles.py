"""Turns of phrase in course solutions: sums over masks, ranges as places, divmod of argmax, lists filled in front. CASES as in `dense`."""
# ruff: noqa
from functools import reduce

import numpy as np

CASES = [
    ("svm_sum_of_mask", "svm", "X, W, reg, t", "C, dW", ""),
    ("svm_sum_of_mask_axis", "svm", "X, W, reg, t", "C", ""),
    ("svm_sum_of_negative", "svm", "X, W, reg, t", "C", ""),
    ("svm_sum_of_mask_and_one", "svm", "X, W, reg, t", "dW", "dW"),
    ("svm_range_places", "svm", "X, W, reg, t", "C, dW", ""),
    ("svm_range_forgot", "svm", "X, W, reg, t", "dW", "dW"),
    ("svm_choose", "svm", "X, W, reg, t", "C, dW", ""),
    ("softmax_range_places", "softmax regression", "X, W, reg, t", "C, dW", ""),
    ("softmax_range_added", "softmax regression", "X, W, reg, t", "dW", "dW"),
    ("softmax_choose", "softmax regression", "X, W, reg, t", "C, dW", ""),
    ("softmax_choose_rows", "softmax regression", "X, W, reg, t", "dW", "dW"),
    ("pool_divmod", "max_pool2d:kernel_size=2,stride=2", "x, dout", "out, dx", ""),
    ("pool_floor_and_rest", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("pool_floor_and_rest_overlap", "max_pool2d:kernel_size=2,stride=1", "x, dout", "dx", ""),
    ("pool_divmod_exchanged", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", "dx"),
    ("pool_rest_twice", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", "dx"),
    ("pool_enumerate_range", "max_pool2d:kernel_size=2,stride=2", "x, dout", "out, dx", ""),
    ("pool_enumerate_range_one", "max_pool2d:kernel_size=2,stride=1", "x, dout", "out, dx", ""),
    ("pool_enumerate_exchanged", "max_pool2d:kernel_size=2,stride=1", "x, dout", "dx", "dx"),
    ("conv_enumerate_range", "conv2d:stride=2", "x, W, b, dout", "dx, dW", ""),
    ("linear_np_shape", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("linear_np_shape_axis", "linear", "x, W, b, dout", "dW", "dW"),
    ("linear_reduce", "linear", "x, W, b, dout", "out, dx, dW", ""),
    ("linear_reduce_exchanged", "linear", "x, W, b, dout", "dx", "dx"),
    ("linear_insert_in_front", "linear", "x, W, b, dout", "dx", ""),
    ("linear_insert_forwards", "linear", "x, W, b, dout", "dx", "dx"),
    ("rnn_insert_in_front", "rnn rows", "x, h0, Wx, Wh, b, dout", "h, dx, dh0, dWx, dWh, db", ""),
    ("rnn_append_backwards", "rnn rows", "x, h0, Wx, Wh, b, dout", "dx, db", "dx"),
    ("rnn_numbers_that_become_arrays", "rnn rows", "x, h0, Wx, Wh, b, dout", "h, dx, dWx, dWh, db", ""),
]


def margins(X, W, t):
    s = X.dot(W)
    n = len(t)
    m = s - s[np.arange(n), t][:, None] + 1
    m[np.arange(n), t] = 0
    return m


def svm_sum_of_mask(X, W, reg, t):
    m = margins(X, W, t)
    N = X.shape[0]
    loss = np.sum(m[m > 0]) / N + reg * np.sum(W * W)
    dm = (m > 0) * 1.0
    dm[np.arange(N), t] -= dm.sum(axis=1)
    return loss, X.T.dot(dm) / N + 2 * reg * W


def svm_sum_of_mask_axis(X, W, reg, t):
    m = margins(X, W, t)
    return m[m > 0].sum() / X.shape[0] + reg * (W**2).sum()


def svm_sum_of_negative(X, W, reg, t):
    m = margins(X, W, t)
    return (m.sum() - m[m < 0].sum()) / X.shape[0] + reg * np.sum(W**2)


def svm_sum_of_mask_and_one(X, W, reg, t):
    m = margins(X, W, t)
    N = X.shape[0]
    dm = (m > 0) * 1.0
    dm[np.arange(N), t] -= dm.sum(axis=1) + 1
    return X.T.dot(dm) / N + 2 * reg * W


def svm_range_places(X, W, reg, t):
    n = X.shape[0]
    idx = (range(n), t)
    s = X @ W
    m = np.maximum(0, s - s[idx].reshape(-1, 1) + 1)
    m[idx] = 0
    dm = np.where(m > 0, 1.0, 0.0)
    dm[idx] = -dm.sum(1)
    return m.sum() / n + reg * np.sum(W * W), X.T @ dm / n + 2 * reg * W


def svm_range_forgot(X, W, reg, t):
    n = X.shape[0]
    idx = (range(n), t)
    s = X @ W
    m = np.maximum(0, s - s[idx].reshape(-1, 1) + 1)
    dm = np.where(m > 0, 1.0, 0.0)
    dm[idx] = -dm.sum(1)
    return X.T @ dm / n + 2 * reg * W


def svm_choose(X, W, reg, t):
    n = X.shape[0]
    s = X.dot(W)
    right = np.choose(t, s.T)
    m = np.maximum(s - right.reshape(n, 1) + 1.0, 0)
    m[range(n), t] = 0
    loss = np.mean(np.sum(m, axis=1)) + reg * np.sum(W * W)
    dm = np.zeros_like(m)
    dm[m > 0] = 1
    dm[range(n), t] = -np.sum(dm, axis=1)
    return loss, X.T.dot(dm) / n + 2 * reg * W


def softmax_range_places(X, W, reg, t):
    n = X.shape[0]
    idx = (range(n), t)
    s = X.dot(W)
    s -= s.max(axis=1, keepdims=True)
    p = np.exp(s)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[idx]).mean() + reg * np.sum(W * W)
    p[idx] -= 1
    return loss, X.T.dot(p) / n + 2 * reg * W


def softmax_range_added(X, W, reg, t):
    n = X.shape[0]
    idx = (range(n), t)
    p = np.exp(X.dot(W))
    p /= p.sum(axis=1, keepdims=True)
    p[idx] += 1
    return X.T.dot(p) / n + 2 * reg * W


def softmax_choose(X, W, reg, t):
    n, k = X.shape[0], W.shape[1]
    s = X.dot(W)
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    loss = -np.sum(np.log(np.choose(t, p.T))) / n + reg * np.sum(W**2)
    ds = p - np.eye(k)[t]
    return loss, np.dot(X.T, ds / n) + 2 * reg * W


def softmax_choose_rows(X, W, reg, t):
    n = X.shape[0]
    s = X.dot(W)
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    ds = p - np.choose(t, p.T)[:, None]
    return np.dot(X.T, ds / n) + 2 * reg * W


def pool_divmod(x, dout):
    N, C, H, W = x.shape
    out, dx = np.zeros_like(dout), np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2]
                    out[n, c, i, j] = window.max()
                    a, b = divmod(np.argmax(window), 2)
                    dx[n, c, 2 * i + a, 2 * j + b] += dout[n, c, i, j]
    return out, dx


def pool_floor_and_rest(x, dout):
    N, C, H, W = x.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    k = np.argmax(x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2])
                    dx[n, c, 2 * i + k // 2, 2 * j + k % 2] += dout[n, c, i, j]
    return dx


def pool_floor_and_rest_overlap(x, dout):
    N, C, H, W = x.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    k = np.argmax(x[n, c, i:i + 2, j:j + 2])
                    dx[n, c, i + k // 2, j + k % 2] += dout[n, c, i, j]
    return dx


def pool_divmod_exchanged(x, dout):
    N, C, H, W = x.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    b, a = divmod(np.argmax(x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2]), 2)
                    dx[n, c, 2 * i + a, 2 * j + b] += dout[n, c, i, j]
    return dx


def pool_rest_twice(x, dout):
    N, C, H, W = x.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    k = np.argmax(x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2])
                    dx[n, c, 2 * i + k % 2, 2 * j + k % 2] += dout[n, c, i, j]
    return dx


def pool_enumerate_range(x, dout):
    N, C, H, W = x.shape
    P, stride = 2, 2
    out, dx = np.zeros(dout.shape), np.zeros(x.shape)
    for i, r in enumerate(range(0, H - P + 1, stride)):
        for j, c in enumerate(range(0, W - P + 1, stride)):
            window = x[:, :, r:r + P, c:c + P]
            largest = np.max(window, axis=(2, 3), keepdims=True)
            out[:, :, i, j] = largest[:, :, 0, 0]
            dx[:, :, r:r + P, c:c + P] += (window == largest) * dout[:, :, i, j][:, :, None, None]
    return out, dx


def pool_enumerate_range_one(x, dout):
    N, C, H, W = x.shape
    P, stride = 2, 1
    out, dx = np.zeros(dout.shape), np.zeros(x.shape)
    for i, r in enumerate(range(0, H - P + 1, stride)):
        for j, c in enumerate(range(0, W - P + 1, stride)):
            window = x[:, :, r:r + P, c:c + P]
            largest = np.max(window, axis=(2, 3), keepdims=True)
            out[:, :, i, j] = largest[:, :, 0, 0]
            dx[:, :, r:r + P, c:c + P] += (window == largest) * dout[:, :, i, j][:, :, None, None]
    return out, dx


def pool_enumerate_exchanged(x, dout):
    N, C, H, W = x.shape
    dx = np.zeros(x.shape)
    for i, r in enumerate(range(0, H - 2 + 1, 1)):
        for j, c in enumerate(range(0, W - 2 + 1, 1)):
            window = x[:, :, r:r + 2, c:c + 2]
            largest = np.max(window, axis=(2, 3), keepdims=True)
            dx[:, :, r:r + 2, c:c + 2] += (window != largest) * dout[:, :, i, j][:, :, None, None]
    return dx


def conv_enumerate_range(x, W, b, dout):
    N, C, H, L = x.shape
    F, _, P, Q = W.shape
    stride = 2
    dx, dW = np.zeros_like(x), np.zeros_like(W)
    for i, r in enumerate(range(0, H - P + 1, stride)):
        for j, c in enumerate(range(0, L - Q + 1, stride)):
            dx[:, :, r:r + P, c:c + Q] += np.tensordot(dout[:, :, i, j], W, axes=(1, 0))
            dW += np.tensordot(dout[:, :, i, j], x[:, :, r:r + P, c:c + Q], axes=(0, 0))
    return dx, dW


def linear_np_shape(x, W, b, dout):
    N, D = np.shape(x)
    dx = np.zeros(np.shape(x))
    for d in range(np.shape(W)[0]):
        dx[:, d] = dout.dot(W[d])
    return dx, x.T.dot(dout) * N / np.shape(dout)[0], dout.sum(0)


def linear_np_shape_axis(x, W, b, dout):
    return x.T.dot(dout) * np.shape(x)[0] / np.shape(dout)[1]


def linear_reduce(x, W, b, dout):
    out = reduce(np.dot, [x, W]) + b
    size = reduce(lambda a, k: a * k, x.shape)
    dx = reduce(lambda a, f: f(a), [lambda a: a.dot(W.T), lambda a: a * size / x.size], dout)
    return out, dx, reduce(np.dot, (x.T, dout))


def linear_reduce_exchanged(x, W, b, dout):
    return reduce(lambda a, k: k - a, [dout.dot(W.T), 2 * dout.dot(W.T), 0 * x])


def linear_insert_in_front(x, W, b, dout):
    rows = []
    for n in reversed(range(x.shape[0])):
        rows.insert(0, W.dot(dout[n]))
    return np.array(rows)


def linear_insert_forwards(x, W, b, dout):
    rows = []
    for n in range(x.shape[0]):
        rows.insert(0, W.dot(dout[n]))
    return np.array(rows)


def rnn_steps(x, h0, Wx, Wh, b):
    prev, hs = h0, []
    for t in range(x.shape[1]):
        prev = np.tanh(x[:, t].dot(Wx) + prev.dot(Wh) + b)
        hs.append(prev)
    return hs


def rnn_insert_in_front(x, h0, Wx, Wh, b, dout):
    hs = rnn_steps(x, h0, Wx, Wh, b)
    dx, dWx, dWh, db, back = [], np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b), np.zeros_like(h0)
    for t in range(x.shape[1] - 1, -1, -1):
        da = (dout[:, t] + back) * (1 - hs[t] ** 2)
        prev = h0 if t == 0 else hs[t - 1]
        dx.insert(0, da.dot(Wx.T))
        dWx += x[:, t].T.dot(da)
        dWh += prev.T.dot(da)
        db += da.sum(axis=0)
        back = da.dot(Wh.T)
    return np.stack(hs, axis=1), np.stack(dx, axis=1), back, dWx, dWh, db


def rnn_append_backwards(x, h0, Wx, Wh, b, dout):
    hs = rnn_steps(x, h0, Wx, Wh, b)
    dx, db, back = [], 0, 0
    for t in reversed(range(x.shape[1])):
        da = (dout[:, t] + back) * (1 - hs[t] ** 2)
        dx.append(da.dot(Wx.T))
        db += da.sum(axis=0)
        back = da.dot(Wh.T)
    return np.stack(dx, axis=1), db


def rnn_numbers_that_become_arrays(x, h0, Wx, Wh, b, dout):
    caches, prev, hs = [], h0, []
    for t in range(x.shape[1]):
        now = np.tanh(x[:, t].dot(Wx) + prev.dot(Wh) + b)
        caches.append((x[:, t], prev, now))
        hs.append(now)
        prev = now
    dx, dWx, dWh, db, back = [], 0, 0, 0, 0
    for t in reversed(range(x.shape[1])):
        xt, before, now = caches[t]
        da = (dout[:, t] + back) * (1 - now**2)
        dx.insert(0, da.dot(Wx.T))
        dWx += xt.T.dot(da)
        dWh += before.T.dot(da)
        db += da.sum(axis=0)
        back = da.dot(Wh.T)
    return np.array(hs).transpose(1, 0, 2), np.array(dx).transpose(1, 0, 2), dWx, dWh, db
