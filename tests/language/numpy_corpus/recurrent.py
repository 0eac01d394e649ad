"""Recurrent layers as people write their backward passes: cells, and networks over time. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("cell", "rnn_cell", "x, h0, W, U, b, dout", "h1, dx, dh0, dW, dU, db", ""),
    ("cell_recomputed", "rnn_cell", "x, h0, W, U, b, dout", "dx, dh0, dW, dU, db", ""),
    ("cell_joined", "rnn_cell", "x, h0, W, U, b, dout", "dx, dh0", ""),
    ("cell_no_tanh", "rnn_cell", "x, h0, W, U, b, dout", "dW, dU", "dW dU"),
    ("cell_swapped", "rnn_cell", "x, h0, W, U, b, dout", "db, dh0", "dh0"),
    ("lstm", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "h1, c1, dx, dh0, dc0, dWx, dWh, db", ""),
    ("lstm_split", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "dx, dh0, dc0, dWx, dWh, db", ""),
    ("lstm_blocks", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "db", ""),
    ("lstm_cell_path", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "dc0, db", "dc0 db"),
    ("lstm_gate_slope", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "db", "db"),
    ("lstm_separate", "lstm_cell", "x, h0, c0, Wi, Ui, bi, Wf, Uf, bf, Wg, Ug, bg, Wo, Uo, bo, dh1, dc1", "dc0, dbi, dbf, dbg, dbo", ""),
    ("gru", "gru_cell", "x, h0, Wr, Ur, br, Wz, Uz, bz, Wn, Un, bn, cn, dout", "dbz, dbn, dcn, dbr, dh0", ""),
    ("gru_no_reset", "gru_cell", "x, h0, Wr, Ur, br, Wz, Uz, bz, Wn, Un, bn, cn, dout", "dcn", "dcn"),
    ("network", "rnn", "x, h0, W, U, b, dout", "h, dx, dh0, dW, dU, db", ""),
    ("network_inline", "rnn", "x, h0, W, U, b, dout", "dx, dW, db", ""),
    ("network_forward", "rnn", "x, h0, W, U, b, dout", "h", ""),
    ("network_no_carry", "rnn", "x, h0, W, U, b, dout", "dW", "dW"),
    ("network_last_only", "rnn", "x, h0, W, U, b, dout", "db", "db"),
]


def step_forward(x, prev_h, Wx, Wh, b):
    next_h, cache = None, None
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    next_h = np.tanh(a)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = np.sum(da, axis=0)
    return dx, dprev_h, dWx, dWh, db


def cell(x, h0, W, U, b, dout):
    h1, cache = step_forward(x, h0, W, U, b)
    dx, dh0, dW, dU, db = step_backward(dout, cache)
    return h1, dx, dh0, dW, dU, db


def cell_recomputed(x, h0, W, U, b, dout):
    a = np.dot(x, W) + np.dot(h0, U) + b
    da = (1 - np.square(np.tanh(a))) * dout
    return np.dot(da, W.T), np.dot(da, U.T), np.dot(x.T, da), np.dot(h0.T, da), da.sum(0)


def cell_joined(x, h0, W, U, b, dout):
    D = x.shape[1]
    joined = np.concatenate((x, h0), axis=1)
    weights = np.vstack([W, U])
    h1 = np.tanh(joined @ weights + b)
    both = ((1 - h1 * h1) * dout) @ weights.T
    return both[:, :D], both[:, D:]


def cell_no_tanh(x, h0, W, U, b, dout):
    return x.T.dot(dout), h0.T.dot(dout)


def cell_swapped(x, h0, W, U, b, dout):
    h1 = np.tanh(x @ W + h0 @ U + b)
    da = dout * (1 - h1**2)
    return da.sum(axis=0), da @ U


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    ai = a[:, :H]
    af = a[:, H : 2 * H]
    ao = a[:, 2 * H : 3 * H]
    ag = a[:, 3 * H :]
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (i, f, o, g, x, Wx, Wh, prev_c, prev_h, next_c)
    return next_h, next_c, cache


def lstm_backward(dnext_h, dnext_c, cache):
    i, f, o, g, x, Wx, Wh, prev_c, prev_h, next_c = cache
    do = dnext_h * np.tanh(next_c)
    dc = dnext_h * o * (1 - np.tanh(next_c) ** 2) + dnext_c
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f
    dai = i * (1 - i) * di
    daf = f * (1 - f) * df
    dao = o * (1 - o) * do
    dag = (1 - g**2) * dg
    da = np.hstack((dai, daf, dao, dag))
    return da.dot(Wx.T), da.dot(Wh.T), dprev_c, x.T.dot(da), prev_h.T.dot(da), np.sum(da, axis=0)


def lstm(x, h0, c0, Wx, Wh, b, dh1, dc1):
    h1, c1, cache = lstm_forward(x, h0, c0, Wx, Wh, b)
    dx, dh0, dc0, dWx, dWh, db = lstm_backward(dh1, dc1, cache)
    return h1, c1, dx, dh0, dc0, dWx, dWh, db


def lstm_split(x, h0, c0, Wx, Wh, b, dh1, dc1):
    ai, af, ao, ag = np.split(x @ Wx + h0 @ Wh + b, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    tc = np.tanh(f * c0 + i * g)
    dc = dc1 + dh1 * o * (1 - tc * tc)
    da = np.concatenate([dc * g * i * (1 - i), dc * c0 * f * (1 - f), dh1 * tc * o * (1 - o), dc * i * (1 - g * g)], axis=1)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, h0.T @ da, da.sum(axis=0)


def lstm_blocks(x, h0, c0, Wx, Wh, b, dh1, dc1):
    N, H = h0.shape
    a = x @ Wx + h0 @ Wh + b
    i, f, o, g = sigmoid(a[:, 0:H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 2 * H : 3 * H]), np.tanh(a[:, 3 * H : 4 * H])
    tc = np.tanh(f * c0 + i * g)
    dc = dc1 + dh1 * o * (1 - tc**2)
    da = np.zeros((N, 4 * H))
    da[:, 0:H] = dc * g * i * (1 - i)
    da[:, H : 2 * H] = dc * c0 * f * (1 - f)
    da[:, 2 * H : 3 * H] = dh1 * tc * o * (1 - o)
    da[:, 3 * H : 4 * H] = dc * i * (1 - g**2)
    return da.sum(axis=0)


def lstm_cell_path(x, h0, c0, Wx, Wh, b, dh1, dc1):
    h1, c1, cache = lstm_forward(x, h0, c0, Wx, Wh, b)
    dx, dh0, dc0, dWx, dWh, db = lstm_backward(dh1, np.zeros_like(dc1), cache)
    return dc0, db


def lstm_gate_slope(x, h0, c0, Wx, Wh, b, dh1, dc1):
    ai, af, ao, ag = np.split(x @ Wx + h0 @ Wh + b, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    tc = np.tanh(f * c0 + i * g)
    dc = dc1 + dh1 * o * (1 - tc * tc)
    da = np.concatenate([dc * g * i * (1 - i), dc * c0 * f, dh1 * tc * o * (1 - o), dc * i * (1 - g * g)], axis=1)
    return da.sum(axis=0)


def lstm_separate(x, h0, c0, Wi, Ui, bi, Wf, Uf, bf, Wg, Ug, bg, Wo, Uo, bo, dh1, dc1):
    i = sigmoid(x @ Wi + h0 @ Ui + bi)
    f = sigmoid(x @ Wf + h0 @ Uf + bf)
    g = np.tanh(x @ Wg + h0 @ Ug + bg)
    o = sigmoid(x @ Wo + h0 @ Uo + bo)
    c = f * c0 + i * g
    t = np.tanh(c)
    dc = dc1 + dh1 * o * (1 - t**2)
    return dc * f, (dc * g * i * (1 - i)).sum(0), (dc * c0 * f * (1 - f)).sum(0), (dc * i * (1 - g**2)).sum(0), (dh1 * t * o * (1 - o)).sum(0)


def gru(x, h0, Wr, Ur, br, Wz, Uz, bz, Wn, Un, bn, cn, dout):
    r = sigmoid(x @ Wr + h0 @ Ur + br)
    z = sigmoid(x @ Wz + h0 @ Uz + bz)
    hn = h0 @ Un + cn
    n = np.tanh(x @ Wn + bn + r * hn)
    dan = dout * (1 - z) * (1 - n**2)
    daz = dout * (h0 - n) * z * (1 - z)
    dhn = dan * r
    dar = dan * hn * r * (1 - r)
    dh0 = dout * z + dhn @ Un.T + dar @ Ur.T + daz @ Uz.T
    return daz.sum(0), dan.sum(0), dhn.sum(0), dar.sum(0), dh0


def gru_no_reset(x, h0, Wr, Ur, br, Wz, Uz, bz, Wn, Un, bn, cn, dout):
    r = sigmoid(x @ Wr + h0 @ Ur + br)
    z = sigmoid(x @ Wz + h0 @ Uz + bz)
    n = np.tanh(x @ Wn + bn + r * (h0 @ Un + cn))
    return (dout * (1 - z) * (1 - n**2)).sum(0)


def rnn_forward(x, h0, Wx, Wh, b):
    T, N, D = x.shape
    H = h0.shape[1]
    h = np.zeros((T, N, H))
    cache = []
    prev = h0
    for t in range(T):
        prev, c = step_forward(x[t], prev, Wx, Wh, b)
        h[t] = prev
        cache.append(c)
    return h, cache


def rnn_backward(dh, cache):
    T, N, H = dh.shape
    x, prev_h, Wx, Wh, next_h = cache[0]
    D = x.shape[1]
    dx = np.zeros((T, N, D))
    dWx = np.zeros_like(Wx)
    dWh = np.zeros_like(Wh)
    db = np.zeros(H)
    dprev = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[t], dprev, dwx, dwh, dbt = step_backward(dh[t] + dprev, cache[t])
        dWx += dwx
        dWh += dwh
        db += dbt
    return dx, dprev, dWx, dWh, db


def network(x, h0, W, U, b, dout):
    h, cache = rnn_forward(x, h0, W, U, b)
    dx, dh0, dW, dU, db = rnn_backward(dout, cache)
    return h, dx, dh0, dW, dU, db


def network_inline(x, h0, W, U, b, dout):
    h, cache = rnn_forward(x, h0, W, U, b)
    T = x.shape[0]
    dx = np.zeros_like(x)
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    dnext = np.zeros_like(h0)
    for t in range(T - 1, -1, -1):
        da = (dout[t] + dnext) * (1 - h[t] ** 2)
        dW += x[t].T @ da
        db += da.sum(axis=0)
        dx[t] = da @ W.T
        dnext = da @ U.T
    return dx, dW, db


def network_forward(x, h0, W, U, b, dout):
    h = np.zeros((x.shape[0],) + h0.shape)
    state = h0
    for t, xt in enumerate(x):
        state = np.tanh(xt @ W + state @ U + b)
        h[t] = state
    return h


def network_no_carry(x, h0, W, U, b, dout):
    h, cache = rnn_forward(x, h0, W, U, b)
    dW = np.zeros_like(W)
    for t in range(x.shape[0]):
        dW += x[t].T @ (dout[t] * (1 - h[t] ** 2))
    return dW


def network_last_only(x, h0, W, U, b, dout):
    h, cache = rnn_forward(x, h0, W, U, b)
    return (dout[-1] * (1 - h[-1] ** 2)).sum(axis=0)
