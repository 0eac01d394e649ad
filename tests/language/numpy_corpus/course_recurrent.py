"""Recurrent networks, captions and embeddings as course assignments are answered. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("step_assignment", "rnn_cell", "x, h0, W, U, b, dout", "h1, dx, dh0, dW, dU, db", ""),
    ("step_from_cache_dict", "rnn_cell", "x, h0, W, U, b, dout", "dx, dh0, dW, dU, db", ""),
    ("step_wrong_square", "rnn_cell", "x, h0, W, U, b, dout", "dx, db", "dx db"),
    ("step_no_sum", "rnn_cell", "x, h0, W, U, b, dout", "db", "db"),
    ("rnn_assignment", "rnn rows", "x, h0, Wx, Wh, b, dout", "h, dx, dh0, dWx, dWh, db", ""),
    ("rnn_dict_cache", "rnn rows", "x, h0, Wx, Wh, b, dout", "dx, dh0, dWx, dWh, db", ""),
    ("rnn_array_state", "rnn rows", "x, h0, Wx, Wh, b, dout", "h, dWx, db", ""),
    ("rnn_shifted_array", "rnn rows", "x, h0, Wx, Wh, b, dout", "h, dx, dWh", ""),
    ("rnn_transposed", "rnn rows", "x, h0, Wx, Wh, b, dout", "h, dx, dh0, dWx, dWh, db", ""),
    ("rnn_stacked", "rnn rows", "x, h0, Wx, Wh, b, dout", "h", ""),
    ("rnn_dict_of_states", "rnn", "x, h0, W, U, b, dout", "dW, dU, db, dh0", ""),
    ("rnn_no_carry", "rnn rows", "x, h0, Wx, Wh, b, dout", "dWx, db", "dWx db"),
    ("rnn_forward_order", "rnn rows", "x, h0, Wx, Wh, b, dout", "db", "db"),
    ("rnn_dh0_dropped", "rnn rows", "x, h0, Wx, Wh, b, dout", "dh0", "dh0"),
    ("rnn_class", "rnn", "x, h0, W, U, b, dout", "h, dW, dU, db", ""),
    ("lstm_step_assignment", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "h1, c1, dx, dh0, dc0, dWx, dWh, db", ""),
    ("lstm_step_hsplit", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "dc0, dWx, db", ""),
    ("lstm_step_tanh_slope", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "dc0, db", "dc0 db"),
    ("lstm_step_reshape", "lstm gates", "x, h0, c0, Wx, Wh, b, dh1, dc1", "dc0", ""),
    ("lstm_assignment", "lstm rows", "x, h0, Wx, Wh, b, dout", "h, dx, dWx, db", ""),
    ("words_assignment", "word embedding", "x, W, dout", "out, dW", ""),
    ("words_zip", "word embedding", "x, W, dout", "dW", ""),
    ("words_onehot", "word embedding", "x, W, dout", "dW", ""),
    ("words_assigned", "word embedding", "x, W, dout", "dW", "dW"),
    ("temporal_affine_assignment", "temporal affine", "x, W, b, dout", "out, dx, dW, db", ""),
    ("temporal_affine_loop", "temporal affine", "x, W, b, dout", "dx, dW, db", ""),
    ("temporal_affine_axis", "temporal affine", "x, W, b, dout", "db", "db"),
    ("temporal_softmax_assignment", "temporal softmax", "x, y, mask", "loss, dx", ""),
    ("temporal_softmax_loops", "temporal softmax", "x, y, mask", "dx", ""),
    ("temporal_softmax_no_mask", "temporal softmax", "x, y, mask", "dx", "dx"),
    ("temporal_softmax_over_t", "temporal softmax", "x, y, mask", "dx", "dx"),
]


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h, cache = None, None
    next_h = np.tanh(np.dot(x, Wx) + np.dot(prev_h, Wh) + b)
    cache = (x, Wx, Wh, prev_h, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    dx, dprev_h, dWx, dWh, db = None, None, None, None, None
    x, Wx, Wh, prev_h, next_h = cache
    dtanh = dnext_h * (1 - next_h ** 2)
    dx = np.dot(dtanh, Wx.T)
    dprev_h = np.dot(dtanh, Wh.T)
    dWx = np.dot(x.T, dtanh)
    dWh = np.dot(prev_h.T, dtanh)
    db = np.sum(dtanh, axis=0)
    return dx, dprev_h, dWx, dWh, db


def step_assignment(x, h0, W, U, b, dout):
    h1, cache = rnn_step_forward(x, h0, W, U, b)
    return (h1,) + rnn_step_backward(dout, cache)


def step_from_cache_dict(x, h0, W, U, b, dout):
    cache = {'x': x, 'h': h0, 'Wx': W, 'Wh': U, 'a': x.dot(W) + h0.dot(U) + b}
    da = dout * (1 - np.tanh(cache['a']) * np.tanh(cache['a']))
    grads = {'x': da @ cache['Wx'].T, 'h': da @ cache['Wh'].T}
    grads.update(Wx=cache['x'].T @ da, Wh=cache['h'].T @ da)
    grads['b'] = da.sum(axis=0)
    return tuple(grads[k] for k in ('x', 'h', 'Wx', 'Wh', 'b'))


def step_wrong_square(x, h0, W, U, b, dout):
    a = x.dot(W) + h0.dot(U) + b
    h1 = np.tanh(a)
    da = dout * (1 - a ** 2)
    return da.dot(W.T), da.sum(axis=0)


def step_no_sum(x, h0, W, U, b, dout):
    h1, _ = rnn_step_forward(x, h0, W, U, b)
    db = dout * (1 - h1 ** 2)
    return db


def rnn_forward(x, h0, Wx, Wh, b):
    h, cache = None, None
    N, T, D = x.shape
    _, H = h0.shape
    h = np.zeros((N, T, H))
    cache = []
    prev_h = h0
    for t in range(T):
        xt = x[:, t, :]
        prev_h, step_cache = rnn_step_forward(xt, prev_h, Wx, Wh, b)
        h[:, t, :] = prev_h
        cache.append(step_cache)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx = np.zeros((N, T, D))
    dWx = np.zeros((D, H))
    dWh = np.zeros((H, H))
    db = np.zeros(H)
    dprev_h = np.zeros((N, H))
    for t in reversed(range(T)):
        dcurrent = dprev_h + dh[:, t, :]
        dx_t, dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dcurrent, cache[t])
        dx[:, t, :] = dx_t
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db


def rnn_assignment(x, h0, Wx, Wh, b, dout):
    h, cache = rnn_forward(x, h0, Wx, Wh, b)
    return (h, *rnn_backward(dout, cache))


def rnn_dict_cache(x, h0, Wx, Wh, b, dout):
    N, T, D = x.shape
    cache = {}
    h = h0
    for t in range(T):
        h, cache[t] = rnn_step_forward(x[:, t], h, Wx, Wh, b)
    dx = np.zeros_like(x)
    dh = np.zeros_like(h0)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    for t in range(T - 1, -1, -1):
        dx[:, t], dh, dwx, dwh, dbt = rnn_step_backward(dout[:, t] + dh, cache[t])
        dWx = dWx + dwx
        dWh = dWh + dwh
        db = db + dbt
    return dx, dh, dWx, dWh, db


def rnn_array_state(x, h0, Wx, Wh, b, dout):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    for t in range(T):
        if t == 0:
            prev = h0
        else:
            prev = h[:, t - 1, :]
        h[:, t, :] = np.tanh(x[:, t, :].dot(Wx) + prev.dot(Wh) + b)
    dWx, db = np.zeros(Wx.shape), np.zeros(b.shape)
    dnext = np.zeros((N, H))
    for t in reversed(range(T)):
        da = (dout[:, t, :] + dnext) * (1 - h[:, t, :] ** 2)
        dWx += x[:, t, :].T.dot(da)
        db += da.sum(axis=0)
        dnext = da.dot(Wh.T)
    return h, dWx, db


def rnn_shifted_array(x, h0, Wx, Wh, b, dout):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((T + 1, N, H))
    h[0] = h0
    for t in range(T):
        h[t + 1] = np.tanh(np.dot(x[:, t], Wx) + np.dot(h[t], Wh) + b)
    dx = np.zeros_like(x)
    dWh = np.zeros_like(Wh)
    dh = np.zeros((N, H))
    for t in range(T)[::-1]:
        dh = dh + dout[:, t]
        da = dh * (1 - h[t + 1] * h[t + 1])
        dx[:, t] = np.dot(da, Wx.T)
        dWh += np.dot(h[t].T, da)
        dh = np.dot(da, Wh.T)
    return h[1:].transpose(1, 0, 2), dx, dWh


def rnn_transposed(x, h0, Wx, Wh, b, dout):
    x_T = x.transpose(1, 0, 2)
    T = x_T.shape[0]
    h = []
    cache = []
    prev = h0
    for xt in x_T:
        prev, c = rnn_step_forward(xt, prev, Wx, Wh, b)
        h.append(prev)
        cache.append(c)
    h = np.array(h).transpose(1, 0, 2)
    dh_T = dout.transpose(1, 0, 2)
    dx = np.zeros(x_T.shape)
    dWx, dWh, db = 0, 0, 0
    dprev = np.zeros_like(h0)
    for t in reversed(range(T)):
        dx[t], dprev, dwx_, dwh_, db_ = rnn_step_backward(dh_T[t] + dprev, cache[t])
        dWx += dwx_
        dWh += dwh_
        db += db_
    return h, dx.transpose(1, 0, 2), dprev, dWx, dWh, db


def rnn_stacked(x, h0, Wx, Wh, b, dout):
    states = []
    h = h0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t, :] @ Wx + h @ Wh + b)
        states.append(h)
    return np.stack(states, axis=1)


def rnn_dict_of_states(x, h0, W, U, b, dout):
    xs, hs = {}, {}
    T = len(x)
    hs[-1] = np.copy(h0)
    for t in range(T):
        xs[t] = x[t]
        hs[t] = np.tanh(np.dot(xs[t], W) + np.dot(hs[t - 1], U) + b)
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(T)):
        dh = dout[t] + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        db += dhraw.sum(axis=0)
        dW += np.dot(xs[t].T, dhraw)
        dU += np.dot(hs[t - 1].T, dhraw)
        dhnext = np.dot(dhraw, U.T)
    return dW, dU, db, dhnext


def rnn_no_carry(x, h0, Wx, Wh, b, dout):
    h, cache = rnn_forward(x, h0, Wx, Wh, b)
    dWx, db = np.zeros_like(Wx), np.zeros_like(b)
    for t in range(x.shape[1]):
        _, _, a, _, c = rnn_step_backward(dout[:, t, :], cache[t])
        dWx += a
        db += c
    return dWx, db


def rnn_forward_order(x, h0, Wx, Wh, b, dout):
    h, cache = rnn_forward(x, h0, Wx, Wh, b)
    db = np.zeros_like(b)
    dprev = np.zeros_like(h0)
    for t in range(x.shape[1]):
        _, dprev, _, _, c = rnn_step_backward(dout[:, t, :] + dprev, cache[t])
        db += c
    return db


def rnn_dh0_dropped(x, h0, Wx, Wh, b, dout):
    h, cache = rnn_forward(x, h0, Wx, Wh, b)
    dx, dh0, dWx, dWh, db = rnn_step_backward(dout[:, 0, :], cache[0])
    return dh0


class RNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        t = np.dot(h_prev, Wh) + np.dot(x, Wx) + b
        h_next = np.tanh(t)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next ** 2)
        db = np.sum(dt, axis=0)
        dWh = np.dot(h_prev.T, dt)
        dh_prev = np.dot(dt, Wh.T)
        dWx = np.dot(x.T, dt)
        dx = np.dot(dt, Wx.T)
        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        return dx, dh_prev


def rnn_class(x, h0, W, U, b, dout):
    T, N, D = x.shape
    layers = []
    hs = np.empty((T,) + h0.shape)
    h = h0
    for t in range(T):
        layer = RNN(W, U, b)
        h = layer.forward(x[t], h)
        hs[t] = h
        layers.append(layer)
    grads = [0, 0, 0]
    dh = 0
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    dh = np.zeros_like(h0)
    for t in reversed(range(T)):
        layer = layers[t]
        dx, dh = layer.backward(dout[t] + dh)
        dW += layer.grads[0]
        dU += layer.grads[1]
        db += layer.grads[2]
    return hs, dW, dU, db


def sigmoid(x):
    """
    A numerically stable version of the logistic sigmoid function.
    """
    pos_mask = (x >= 0)
    neg_mask = (x < 0)
    z = np.zeros_like(x)
    z[pos_mask] = np.exp(-x[pos_mask])
    z[neg_mask] = np.exp(x[neg_mask])
    top = np.ones_like(x)
    top[neg_mask] = z[neg_mask]
    return top / (1 + z)


def plain_sigmoid(x):
    return 1. / (1. + np.exp(-x))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    next_h, next_c, cache = None, None, None
    _, H = prev_h.shape
    a = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    ai, af, ao, ag = a[:, :H], a[:, H:2 * H], a[:, 2 * H:3 * H], a[:, 3 * H:]
    i = plain_sigmoid(ai)
    f = plain_sigmoid(af)
    o = plain_sigmoid(ao)
    g = np.tanh(ag)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = x, prev_h, prev_c, Wx, Wh, b, i, f, o, g, next_c
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, b, i, f, o, g, next_c = cache
    N, H = dnext_h.shape
    tanh_c = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    do = dnext_h * tanh_c
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f
    da = np.zeros((N, 4 * H))
    da[:, :H] = di * i * (1 - i)
    da[:, H:2 * H] = df * f * (1 - f)
    da[:, 2 * H:3 * H] = do * o * (1 - o)
    da[:, 3 * H:] = dg * (1 - g ** 2)
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = np.sum(da, axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_step_assignment(x, h0, c0, Wx, Wh, b, dh1, dc1):
    h1, c1, cache = lstm_step_forward(x, h0, c0, Wx, Wh, b)
    dx, dh0, dc0, dWx, dWh, db = lstm_step_backward(dh1, dc1, cache)
    return h1, c1, dx, dh0, dc0, dWx, dWh, db


def lstm_step_hsplit(x, h0, c0, Wx, Wh, b, dh1, dc1):
    a = x @ Wx + h0 @ Wh + b
    i, f, o, g = np.hsplit(a, 4)
    i, f, o, g = plain_sigmoid(i), plain_sigmoid(f), plain_sigmoid(o), np.tanh(g)
    c1 = f * c0 + i * g
    t = np.tanh(c1)
    dc = dc1.copy()
    dc += dh1 * o * (1 - t * t)
    da = np.column_stack([dc * g * i * (1 - i), dc * c0 * f * (1 - f), dh1 * t * o * (1 - o), dc * i * (1 - g * g)])
    return dc * f, np.dot(x.T, da), da.sum(0)


def lstm_step_tanh_slope(x, h0, c0, Wx, Wh, b, dh1, dc1):
    h1, c1, cache = lstm_step_forward(x, h0, c0, Wx, Wh, b)
    i, f, o, g = cache[6:10]
    dc = dc1 + dh1 * o * (1 - c1 ** 2)
    da = np.hstack([dc * g * i * (1 - i), dc * c0 * f * (1 - f), dh1 * np.tanh(c1) * o * (1 - o), dc * i * (1 - g ** 2)])
    return dc * f, np.sum(da, axis=0)


def lstm_step_reshape(x, h0, c0, Wx, Wh, b, dh1, dc1):
    N, H = h0.shape
    a = (x.dot(Wx) + h0.dot(Wh) + b).reshape(N, 4, H)
    i, f, o = plain_sigmoid(a[:, 0]), plain_sigmoid(a[:, 1]), plain_sigmoid(a[:, 2])
    g = np.tanh(a[:, 3])
    c1 = f * c0 + i * g
    return f * (dc1 + dh1 * o * (1 - np.tanh(c1) ** 2))


def lstm_forward(x, h0, Wx, Wh, b):
    h, cache = None, None
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    cache = []
    prev_h = h0
    prev_c = np.zeros((N, H))
    for t in range(T):
        prev_h, prev_c, cache_t = lstm_step_forward(x[:, t, :], prev_h, prev_c, Wx, Wh, b)
        h[:, t, :] = prev_h
        cache.append(cache_t)
    return h, cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    x = cache[0][0]
    D = x.shape[1]
    dx = np.zeros((N, T, D))
    dWx = np.zeros((D, 4 * H))
    db = np.zeros(4 * H)
    dprev_h = np.zeros((N, H))
    dprev_c = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t, :], dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dh[:, t, :] + dprev_h, dprev_c, cache[t])
        dWx += dWx_t
        db += db_t
    return dx, dWx, db


def lstm_assignment(x, h0, Wx, Wh, b, dout):
    h, cache = lstm_forward(x, h0, Wx, Wh, b)
    return (h,) + lstm_backward(dout, cache)


def word_embedding_forward(x, W):
    out = W[x]
    cache = (x, W.shape)
    return out, cache


def word_embedding_backward(dout, cache):
    x, W_shape = cache
    dW = np.zeros(W_shape)
    np.add.at(dW, x, dout)
    return dW


def words_assignment(x, W, dout):
    out, cache = word_embedding_forward(x, W)
    return out, word_embedding_backward(dout, cache)


def words_zip(x, W, dout):
    dW = np.zeros_like(W)
    N, T = x.shape
    for n in range(N):
        for t, word in enumerate(x[n]):
            dW[word] += dout[n, t]
    return dW


def words_onehot(x, W, dout):
    V, D = W.shape
    onehot = (x[:, :, None] == np.arange(V)).astype(dout.dtype)
    return np.tensordot(onehot, dout, axes=([0, 1], [0, 1]))


def words_assigned(x, W, dout):
    V = W.shape[0]
    mask = np.arange(V)[:, None, None] == x[None, :, :]
    dW = np.max(mask[..., None] * dout[None], axis=(1, 2))
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    M = b.shape[0]
    out = x.reshape(N * T, D).dot(w).reshape(N, T, M) + b
    cache = x, w, b, out
    return out, cache


def temporal_affine_backward(dout, cache):
    x, w, b, out = cache
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(w.T).reshape(N, T, D)
    dw = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


def temporal_affine_assignment(x, W, b, dout):
    out, cache = temporal_affine_forward(x, W, b)
    return (out,) + temporal_affine_backward(dout, cache)


def temporal_affine_loop(x, W, b, dout):
    N, T, D = x.shape
    dx = np.zeros((N, T, D))
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    for t in range(T):
        for n in range(N):
            dx[n, t] = W.dot(dout[n, t])
            dW += np.outer(x[n, t], dout[n, t])
            db += dout[n, t]
    return dx, dW, db


def temporal_affine_axis(x, W, b, dout):
    return np.sum(dout, axis=0)


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    x_flat = x.reshape(N * T, V)
    y_flat = y.reshape(N * T)
    mask_flat = mask.reshape(N * T)
    probs = np.exp(x_flat - np.max(x_flat, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    loss = -np.sum(mask_flat * np.log(probs[np.arange(N * T), y_flat])) / N
    dx_flat = probs.copy()
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    dx_flat *= mask_flat[:, None]
    if verbose:
        print('dx_flat: ', dx_flat.shape)
    dx = dx_flat.reshape(N, T, V)
    return loss, dx


def temporal_softmax_assignment(x, y, mask):
    return temporal_softmax_loss(x, y, mask, verbose=True)


def temporal_softmax_loops(x, y, mask):
    N, T, V = x.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for t in range(T):
            p = np.exp(x[n, t])
            p /= p.sum()
            p[y[n, t]] -= 1
            dx[n, t] = p * mask[n, t] / N
    return dx


def temporal_softmax_no_mask(x, y, mask):
    loss, dx = temporal_softmax_loss(x, y, np.ones_like(mask))
    return dx


def temporal_softmax_over_t(x, y, mask):
    loss, dx = temporal_softmax_loss(x, y, mask)
    return dx / x.shape[1]
