"""Convolution and pooling as people write their backward passes, mostly with loops. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("conv_naive", "conv2d", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_padded", "conv2d:padding=1", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_strided", "conv2d:stride=2", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_both", "conv2d:stride=2,padding=1", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_slices", "conv2d", "x, W, b, dout", "dx, dW, db", ""),
    ("conv_taps", "conv2d", "x, W, b, dout", "dx, dW", ""),
    ("conv_all_loops", "conv2d", "x, W, b, dout", "dx, dW, db", ""),
    ("conv_bias_einsum", "conv2d", "x, W, b, dout", "db", ""),
    ("conv_assigns", "conv2d", "x, W, b, dout", "dW", "dW"),
    ("conv_flipped", "conv2d", "x, W, b, dout", "dx", "dx"),
    ("conv_bias_batch", "conv2d", "x, W, b, dout", "db", "db"),
    ("conv1d_loops", "conv1d", "x, W, b, dout", "dx, dW, db", ""),
    ("conv1d_windows", "conv1d", "x, W, b, dout", "dx, dW, db", ""),
    ("conv1d_shifted", "conv1d", "x, W, b, dout", "dW", "dW"),
    ("average_pool", "avg_pool2d:kernel_size=2,stride=2", "x, dout", "out, dx", ""),
    ("average_pool_sum", "avg_pool2d:kernel_size=2,stride=2", "x, dout", "dx", "dx"),
    ("average_pool_1d", "avg_pool1d:kernel_size=3,stride=1", "x, dout", "dx", ""),
    ("max_pool", "max_pool2d:kernel_size=2,stride=2", "x, dout", "out, dx", ""),
    ("max_pool_overlapping", "max_pool1d:kernel_size=3,stride=1", "x, dout", "dx", ""),
    ("max_pool_where", "max_pool1d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("max_pool_no_mask", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", "dx"),
]


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    Hout = 1 + (H + 2 * pad - HH) // stride
    Wout = 1 + (W + 2 * pad - WW) // stride
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant")
    out = np.zeros((N, F, Hout, Wout))
    for n in range(N):
        for f in range(F):
            for i in range(Hout):
                for j in range(Wout):
                    window = xp[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, Hout, Wout = dout.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant")
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(Hout):
                for j in range(Wout):
                    h1 = i * stride
                    w1 = j * stride
                    db[f] += dout[n, f, i, j]
                    dw[f] += xp[n, :, h1 : h1 + HH, w1 : w1 + WW] * dout[n, f, i, j]
                    dxp[n, :, h1 : h1 + HH, w1 : w1 + WW] += w[f] * dout[n, f, i, j]
    dx = dxp[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


def _conv(x, W, b, dout, stride, pad):
    out, cache = conv_forward_naive(x, W, b, {"stride": stride, "pad": pad})
    dx, dW, db = conv_backward_naive(dout, cache)
    return out, dx, dW, db


def conv_naive(x, W, b, dout):
    return _conv(x, W, b, dout, 1, 0)


def conv_padded(x, W, b, dout):
    return _conv(x, W, b, dout, 1, 1)


def conv_strided(x, W, b, dout):
    return _conv(x, W, b, dout, 2, 0)


def conv_both(x, W, b, dout):
    return _conv(x, W, b, dout, 2, 1)


def conv_slices(x, W, b, dout):
    N, C, H, M = x.shape
    F, _, HH, WW = W.shape
    rows, columns = dout.shape[2:]
    dx = np.zeros_like(x)
    dW = np.zeros_like(W)
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i : i + HH, j : j + WW]
            dW += np.einsum("nf,ncpq->fcpq", dout[:, :, i, j], window)
            dx[:, :, i : i + HH, j : j + WW] += np.tensordot(dout[:, :, i, j], W, axes=(1, 0))
    return dx, dW, dout.sum(axis=(0, 2, 3))


def conv_taps(x, W, b, dout):
    HH, WW = W.shape[2], W.shape[3]
    rows, columns = dout.shape[2], dout.shape[3]
    dx = np.zeros(x.shape)
    dW = np.zeros(W.shape)
    for p in range(HH):
        for q in range(WW):
            dW[:, :, p, q] = np.einsum("nfij,ncij->fc", dout, x[:, :, p : p + rows, q : q + columns])
            dx[:, :, p : p + rows, q : q + columns] += np.einsum("nfij,fc->ncij", dout, W[:, :, p, q])
    return dx, dW


def conv_all_loops(x, W, b, dout):
    N, C, H, M = x.shape
    F, _, P, Q = W.shape
    I, J = dout.shape[2:]
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(I):
                for j in range(J):
                    g = dout[n, f, i, j]
                    db[f] += g
                    for c in range(C):
                        for p in range(P):
                            for q in range(Q):
                                dW[f, c, p, q] += g * x[n, c, i + p, j + q]
                                dx[n, c, i + p, j + q] += g * W[f, c, p, q]
    return dx, dW, db


def conv_bias_einsum(x, W, b, dout):
    return np.einsum("nfij->f", dout)


def conv_assigns(x, W, b, dout):
    HH, WW = W.shape[2], W.shape[3]
    rows, columns = dout.shape[2], dout.shape[3]
    dW = np.zeros(W.shape)
    for p in range(HH):
        for q in range(WW):
            dW[:, :, p, q] = np.einsum("nfij,ncij->fc", dout, x[:, :, :rows, :columns])
    return dW


def conv_flipped(x, W, b, dout):
    N, C, H, M = x.shape
    HH, WW = W.shape[2], W.shape[3]
    rows, columns = dout.shape[2], dout.shape[3]
    flipped = W[:, :, ::-1, ::-1]
    dx = np.zeros_like(x)
    for i in range(rows):
        for j in range(columns):
            dx[:, :, i : i + HH, j : j + WW] += np.tensordot(dout[:, :, i, j], flipped, axes=(1, 0))
    return dx


def conv_bias_batch(x, W, b, dout):
    return dout.mean(axis=0).sum(axis=(1, 2))


def conv1d_loops(x, W, b, dout):
    N, D, L = x.shape
    F, _, P = W.shape
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(L - P + 1):
                db[f] += dout[n, f, i]
                dW[f] += dout[n, f, i] * x[n, :, i : i + P]
                dx[n, :, i : i + P] += dout[n, f, i] * W[f]
    return dx, dW, db


def conv1d_windows(x, W, b, dout):
    K = W.shape[-1]
    length = dout.shape[-1]
    dx = np.zeros_like(x)
    dW = np.zeros_like(W)
    for i in range(length):
        dW += np.einsum("nf,ndp->fdp", dout[:, :, i], x[:, :, i : i + K])
        dx[:, :, i : i + K] += np.einsum("nf,fdp->ndp", dout[:, :, i], W)
    db = np.sum(dout, axis=(0, 2))
    return dx, dW, db


def conv1d_shifted(x, W, b, dout):
    K = W.shape[-1]
    length = dout.shape[-1]
    dW = np.zeros_like(W)
    for i in range(length):
        dW += np.einsum("nf,ndp->fdp", dout[:, :, i], x[:, :, :K])
    return dW


def average_pool(x, dout):
    N, C, H, W = x.shape
    Hout, Wout = dout.shape[2:]
    out = np.zeros(dout.shape)
    dx = np.zeros_like(x)
    for i in range(Hout):
        for j in range(Wout):
            out[:, :, i, j] = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean(axis=(2, 3))
            dx[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += dout[:, :, i, j][:, :, None, None] / 4
    return out, dx


def average_pool_sum(x, dout):
    Hout, Wout = dout.shape[2:]
    dx = np.zeros_like(x)
    for i in range(Hout):
        for j in range(Wout):
            dx[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += dout[:, :, i, j][:, :, None, None]
    return dx


def average_pool_1d(x, dout):
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        for p in range(3):
            dx[:, :, i + p] += dout[:, :, i] / 3
    return dx


def max_pool_forward(x, pool_param):
    N, C, H, W = x.shape
    ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    Hout = 1 + (H - ph) // stride
    Wout = 1 + (W - pw) // stride
    out = np.zeros((N, C, Hout, Wout))
    for i in range(Hout):
        for j in range(Wout):
            out[:, :, i, j] = np.max(x[:, :, i * stride : i * stride + ph, j * stride : j * stride + pw], axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward(dout, cache):
    x, pool_param = cache
    N, C, H, W = x.shape
    ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    Hout = int(1 + (H - ph) / stride)
    Wout = int(1 + (W - pw) / stride)
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(Hout):
                for j in range(Wout):
                    window = x[n, c, i * stride : i * stride + ph, j * stride : j * stride + pw]
                    mask = window == np.max(window)
                    dx[n, c, i * stride : i * stride + ph, j * stride : j * stride + pw] += mask * dout[n, c, i, j]
    return dx


def max_pool(x, dout):
    out, cache = max_pool_forward(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    return out, max_pool_backward(dout, cache)


def max_pool_overlapping(x, dout):
    N, C, L = x.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(L - 3 + 1):
                window = x[n, c, i : i + 3]
                dx[n, c, i : i + 3] += (window == window.max()) * dout[n, c, i]
    return dx


def max_pool_where(x, dout):
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        window = x[:, :, 2 * i : 2 * i + 2]
        peak = np.max(window, axis=2, keepdims=True)
        dx[:, :, 2 * i : 2 * i + 2] = np.where(window == peak, dout[:, :, i][:, :, None], 0)
    return dx


def max_pool_no_mask(x, dout):
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dx[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += dout[:, :, i, j][:, :, None, None]
    return dx
