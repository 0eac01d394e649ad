"""Convolution and pooling as course assignments are answered: loops, im2col, offsets. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("conv_six_loops", "conv2d", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_assignment_11", "conv2d:stride=1,padding=1", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_assignment_20", "conv2d:stride=2", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_assignment_21", "conv2d:stride=2,padding=1", "x, W, b, dout", "dx, dW, db", ""),
    ("conv_minus_pad_1", "conv2d:stride=1,padding=1", "x, W, b, dout", "dx, dW", ""),
    ("conv_minus_pad_0", "conv2d", "x, W, b, dout", "dx, dW", "dx"),
    ("conv_pixel", "conv2d:stride=1,padding=1", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_full_batch", "conv2d:stride=2,padding=1", "x, W, b, dout", "dx, dW, db", ""),
    ("conv_filters_vector", "conv2d", "x, W, b, dout", "out, dx", ""),
    ("conv_enumerated", "conv2d:stride=2", "x, W, b, dout", "dW, db", ""),
    ("conv_offsets", "conv2d:stride=2,padding=1", "x, W, b, dout", "dx, dW", ""),
    ("conv_im2col_stride", "conv2d:stride=2", "x, W, b, dout", "out, dW", ""),
    ("conv_im2col_rows", "conv2d", "x, W, b, dout", "out, dx, dW, db", ""),
    ("conv_tensordot", "conv2d", "x, W, b, dout", "dW, db", ""),
    ("conv_swapped_pad", "conv2d:stride=1,padding=1", "x, W, b, dout", "dx", "dx"),
    ("conv_no_stride", "conv2d:stride=2", "x, W, b, dout", "dW", "dW"),
    ("conv_assigned_dx", "conv2d", "x, W, b, dout", "dx", "dx"),
    ("conv_bias_first", "conv2d", "x, W, b, dout", "db", "db"),
    ("conv_list_of_pads", "conv2d:stride=1,padding=1", "x, W, b, dout", "out", ""),
    ("conv_zero_frame", "conv2d:stride=1,padding=1", "x, W, b, dout", "out, dx", ""),
    ("conv_relu_pool_names", "conv2d:stride=1,padding=1", "x, W, b, dout", "out, dx, dW, db", ""),
    ("pool_assignment", "max_pool2d:kernel_size=2,stride=2", "x, dout", "out, dx", ""),
    ("pool_assignment_overlap", "max_pool2d:kernel_size=2,stride=1", "x, dout", "out, dx", ""),
    ("pool_mask_times", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("pool_argmax", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("pool_argmax_overlap", "max_pool2d:kernel_size=2,stride=1", "x, dout", "dx", ""),
    ("pool_argmax_divmod", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("pool_pixels", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("pool_assigns", "max_pool2d:kernel_size=2,stride=1", "x, dout", "dx", "dx"),
    ("pool_assigns_apart", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("pool_whole_window", "max_pool2d:kernel_size=2,stride=2", "x, dout", "dx", "dx"),
    ("pool_reshaped", "even pool", "x, dout", "out, dx", ""),
    ("average_assignment", "avg_pool2d:kernel_size=2,stride=2", "x, dout", "out, dx", ""),
    ("average_ones", "avg_pool2d:kernel_size=2,stride=2", "x, dout", "dx", ""),
    ("average_forgot", "avg_pool2d:kernel_size=2,stride=2", "x, dout", "dx", "dx"),
]


def conv_six_loops(x, W, b, dout):
    N, C, H, Wd = x.shape
    F, C2, HH, WW = W.shape
    H_out = H - HH + 1
    W_out = Wd - WW + 1
    out = np.zeros((N, F, H_out, W_out))
    dx = np.zeros(x.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    total = b[f]
                    db[f] += dout[n, f, i, j]
                    for c in range(C):
                        for p in range(HH):
                            for q in range(WW):
                                total += x[n, c, i + p, j + q] * W[f, c, p, q]
                                dx[n, c, i + p, j + q] += W[f, c, p, q] * dout[n, f, i, j]
                                dW[f, c, p, q] += x[n, c, i + p, j + q] * dout[n, f, i, j]
                    out[n, f, i, j] = total
    return out, dx, dW, db


def conv_forward_naive(x, w, b, conv_param):
    out = None
    pad = conv_param['pad']
    stride = conv_param['stride']
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    npad = ((0, 0), (0, 0), (pad, pad), (pad, pad))
    x_pad = np.pad(x, npad, mode='constant', constant_values=0)
    H_ = int(1 + (H + 2 * pad - HH) / stride)
    W_ = int(1 + (W + 2 * pad - WW) / stride)
    out = np.zeros((N, F, H_, W_))
    for i in range(N):
        for f in range(F):
            for h in range(0, H_):
                for w_ in range(0, W_):
                    hs, ws = h * stride, w_ * stride
                    out[i, f, h, w_] = np.sum(x_pad[i, :, hs:hs + HH, ws:ws + WW] * w[f]) + b[f]
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    pad = conv_param.get('pad', 0)
    stride = conv_param.get('stride', 1)
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    _, _, H_, W_ = dout.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), 'constant', constant_values=0)
    dx_pad = np.zeros_like(x_pad)
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    db = np.sum(dout, axis=(0, 2, 3))
    for i in range(H_):
        for j in range(W_):
            x_pad_masked = x_pad[:, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
            for k in range(F):
                dw[k, :, :, :] += np.sum(x_pad_masked * (dout[:, k, i, j])[:, None, None, None], axis=0)
            for n in range(N):
                dx_pad[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW] += np.sum(
                    (w[:, :, :, :] * (dout[n, :, i, j])[:, None, None, None]), axis=0)
    dx = dx_pad[:, :, pad:pad + H, pad:pad + W]
    return dx, dw, db


def _assignment(x, W, b, dout, stride, pad):
    conv_param = {'stride': stride, 'pad': pad}
    out, cache = conv_forward_naive(x, W, b, conv_param)
    dx, dW, db = conv_backward_naive(dout, cache)
    return out, dx, dW, db


def conv_assignment_11(x, W, b, dout):
    return _assignment(x, W, b, dout, 1, 1)


def conv_assignment_20(x, W, b, dout):
    return _assignment(x, W, b, dout, 2, 0)


def conv_assignment_21(x, W, b, dout):
    out, dx, dW, db = _assignment(x, W, b, dout, stride=2, pad=1)
    return dx, dW, db


def _minus_pad(dout, x, w, b, stride, pad):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    Ho, Wo = dout.shape[2], dout.shape[3]
    xp = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], 'constant')
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    for n in range(N):
        for f in range(F):
            for i in range(Ho):
                for j in range(Wo):
                    r = slice(i * stride, i * stride + HH)
                    s = slice(j * stride, j * stride + WW)
                    dw[f] += dout[n, f, i, j] * xp[n, :, r, s]
                    dxp[n, :, r, s] += dout[n, f, i, j] * w[f]
    return dxp[:, :, pad:-pad, pad:-pad], dw


def conv_minus_pad_1(x, W, b, dout):
    return _minus_pad(dout, x, W, b, 1, 1)


def conv_minus_pad_0(x, W, b, dout):
    return _minus_pad(dout, x, W, b, 1, 0)


def conv_pixel(x, w, b, dout):
    pad, stride = 1, 1
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Hn, Wn = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    x_padded = np.pad(x, ((0,), (0,), (pad,), (pad,)), 'constant')
    out = np.zeros((N, F, Hn, Wn))
    dx_padded = np.zeros(x_padded.shape)
    dw, db = np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        image = x_padded[n]
        for f in range(F):
            db[f] += np.sum(dout[n, f])
            for i in range(Hn):
                for j in range(Wn):
                    field = image[:, i:i + HH, j:j + WW]
                    out[n, f, i, j] = (field * w[f]).sum() + b[f]
                    dw[f] += field * dout[n, f, i, j]
                    dx_padded[n, :, i:i + HH, j:j + WW] += w[f] * dout[n, f, i, j]
    dx = dx_padded[:, :, 1:-1, 1:-1]
    return out, dx, dw, db


def conv_full_batch(x, w, b, dout):
    S, P = 2, 1
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, OH, OW = dout.shape
    xp = np.pad(x, ((0, 0), (0, 0), (P, P), (P, P)), mode="constant")
    dxp = np.zeros((N, C, H + 2 * P, W + 2 * P), dtype=x.dtype)
    dw = np.zeros(w.shape)
    for i in range(OH):
        for j in range(OW):
            g = dout[:, :, i, j]
            window = xp[:, :, i * S:i * S + HH, j * S:j * S + WW]
            dw += np.einsum('nf,ncpq->fcpq', g, window)
            dxp[:, :, i * S:i * S + HH, j * S:j * S + WW] += np.tensordot(g, w, axes=([1], [0]))
    return dxp[:, :, P:H + P, P:W + P], dw, np.einsum('nfij->f', dout)


def conv_filters_vector(x, w, b, dout):
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Ho, Wo = dout.shape[2:]
    out = np.zeros(dout.shape)
    dx = np.zeros_like(x)
    for n in range(N):
        for i in range(Ho):
            for j in range(Wo):
                patch = x[n, :, i:i + HH, j:j + WW]
                out[n, :, i, j] = np.sum(patch[np.newaxis, ...] * w, axis=(1, 2, 3)) + b
                dx[n, :, i:i + HH, j:j + WW] += np.sum(w * dout[n, :, i, j].reshape(F, 1, 1, 1), axis=0)
    return out, dx


def conv_enumerated(x, w, b, dout):
    stride = 2
    F, C, HH, WW = w.shape
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for image, grad in zip(x, dout):
        for f in range(F):
            plane = grad[f]
            for i, row in enumerate(plane):
                for j, g in enumerate(row):
                    dw[f] += g * image[:, i * stride:i * stride + HH, j * stride:j * stride + WW]
                    db[f] += g
    return dw, db


def conv_offsets(x, w, b, dout):
    stride, pad = 2, 1
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    N, F, Hp, Wp = dout.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), 'constant')
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    for p in range(HH):
        for q in range(WW):
            rows = slice(p, p + stride * (Hp - 1) + 1, stride)
            cols = slice(q, q + stride * (Wp - 1) + 1, stride)
            part = xp[:, :, rows, cols]
            dw[:, :, p, q] = np.tensordot(dout, part, axes=((0, 2, 3), (0, 2, 3)))
            dxp[:, :, rows, cols] += np.einsum('nfij,fc->ncij', dout, w[:, :, p, q])
    return dxp[:, :, pad:H + pad, pad:W + pad], dw


def im2col(x, HH, WW, stride):
    N, C, H, W = x.shape
    out_h = (H - HH) // stride + 1
    out_w = (W - WW) // stride + 1
    col = np.zeros((N, C, HH, WW, out_h, out_w))
    for i in range(out_h):
        for j in range(out_w):
            col[:, :, :, :, i, j] = x[:, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * out_h * out_w, -1)


def conv_im2col_stride(x, w, b, dout):
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    stride = 2
    out_h = (H - HH) // stride + 1
    out_w = (W - WW) // stride + 1
    col = im2col(x, HH, WW, stride)
    col_w = w.reshape(F, -1).T
    out = np.dot(col, col_w) + b
    out = out.reshape(N, out_h, out_w, -1).transpose(0, 3, 1, 2)
    dflat = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    dw = np.dot(col.T, dflat)
    dw = dw.transpose(1, 0).reshape(F, C, HH, WW)
    return out, dw


def conv_im2col_rows(x, w, b, dout):
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Ho, Wo = H - HH + 1, W - WW + 1
    cols = im2col(x, HH, WW, 1)
    w_row = w.reshape(F, C * HH * WW)
    out = (cols @ w_row.T + b).reshape(N, Ho, Wo, F).transpose(0, 3, 1, 2)
    g = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    db = g.sum(axis=0)
    dw = (g.T @ cols).reshape(w.shape)
    dcols = (g @ w_row).reshape(N, Ho, Wo, C, HH, WW)
    dx = np.zeros_like(x)
    for i in range(Ho):
        for j in range(Wo):
            dx[:, :, i:i + HH, j:j + WW] += dcols[:, i, j]
    return out, dx, dw, db


def conv_tensordot(x, w, b, dout):
    F, C, HH, WW = w.shape
    Ho, Wo = dout.shape[-2], dout.shape[-1]
    dw = np.zeros_like(w)
    for i in range(Ho):
        for j in range(Wo):
            dw += np.tensordot(dout[:, :, i, j], x[:, :, i:i + HH, j:j + WW], axes=(0, 0))
    return dw, dout.sum(axis=3).sum(axis=2).sum(axis=0)


def conv_swapped_pad(x, w, b, dout):
    pad = 1
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dxp[n, :, i:i + HH, j:j + WW] += w[f] * dout[n, f, i, j]
    return dxp[:, :, :H, :W]


def conv_no_stride(x, w, b, dout):
    F, C, HH, WW = w.shape
    dw = np.zeros_like(w)
    for n in range(x.shape[0]):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dw[f] += x[n, :, i:i + HH, j:j + WW] * dout[n, f, i, j]
    return dw


def conv_assigned_dx(x, w, b, dout):
    # Each position of the output adds its whole gradient to the corner only.
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                dx[n, :, i, j] = np.sum(w[:, :, 0, 0] * dout[n, :, i, j][:, None], axis=0)
    return dx


def conv_bias_first(x, w, b, dout):
    db = np.zeros_like(b)
    for f in range(w.shape[0]):
        db[f] = np.sum(dout[0, f, :, :])
    return db


def conv_list_of_pads(x, w, b, dout):
    pads = [1, 1]
    ph, pw = pads
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), 'constant', constant_values=(0, 0))
    outs = np.zeros((N, F, H + 2 * ph - HH + 1, W + 2 * pw - WW + 1))
    for f in range(F):
        for i in range(outs.shape[2]):
            for j in range(outs.shape[3]):
                outs[:, f, i, j] = np.sum(xp[:, :, i:i + HH, j:j + WW] * w[f, :, :, :], axis=(1, 2, 3)) + b[f]
    return outs


def conv_zero_frame(x, w, b, dout):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    pad = 1
    xp = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    xp[:, :, pad:H + pad, pad:W + pad] = x
    OH, OW = H + 2 * pad - HH + 1, W + 2 * pad - WW + 1
    out = np.zeros((N, F, OH, OW))
    dxp = np.zeros_like(xp)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    out[n, f, i, j] = np.sum(xp[n, :, i:i + HH, j:j + WW] * w[f]) + b[f]
                    dxp[n, :, i:i + HH, j:j + WW] += dout[n, f, i, j] * w[f]
    dx = dxp[:, :, pad:pad + H, pad:pad + W].copy()
    return out, dx


class Conv:
    def __init__(self, W, b, conv_param=None):
        self.W = W
        self.b = b
        self.conv_param = conv_param or {'stride': 1, 'pad': 0}
        self.cache = None

    def forward(self, x):
        out, self.cache = conv_forward_naive(x, self.W, self.b, self.conv_param)
        return out

    def backward(self, dout):
        dx, self.dW, self.db = conv_backward_naive(dout, self.cache)
        return dx


def conv_relu_pool_names(x, W, b, dout):
    layer = Conv(W, b, {'stride': 1, 'pad': 1})
    out = layer.forward(x)
    dx = layer.backward(dout)
    return out, dx, layer.dW, layer.db


def max_pool_forward_naive(x, pool_param):
    N, C, H, W = x.shape
    ph, pw = pool_param['pool_height'], pool_param['pool_width']
    stride = pool_param['stride']
    H_out = 1 + (H - ph) // stride
    W_out = 1 + (W - pw) // stride
    out = np.zeros((N, C, H_out, W_out))
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    out[n, c, i, j] = np.max(x[n, c, i * stride:i * stride + ph, j * stride:j * stride + pw])
    cache = (x, pool_param)
    return out, cache


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    N, C, H, W = x.shape
    HH, WW, stride = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    H_out = (H - HH) // stride + 1
    W_out = (W - WW) // stride + 1
    dx = np.zeros_like(x)
    for i in range(H_out):
        for j in range(W_out):
            x_masked = x[:, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
            max_x_masked = np.max(x_masked, axis=(2, 3))
            temp_binary_mask = (x_masked == (max_x_masked)[:, :, None, None])
            dx[:, :, i * stride:i * stride + HH, j * stride:j * stride + WW] += temp_binary_mask * (dout[:, :, i, j])[:, :, None, None]
    return dx


def pool_assignment(x, dout):
    out, cache = max_pool_forward_naive(x, {'pool_height': 2, 'pool_width': 2, 'stride': 2})
    return out, max_pool_backward_naive(dout, cache)


def pool_assignment_overlap(x, dout):
    out, cache = max_pool_forward_naive(x, {'pool_height': 2, 'pool_width': 2, 'stride': 1})
    return out, max_pool_backward_naive(dout, cache)


def pool_mask_times(x, dout):
    N, C, H, W = x.shape
    s = 2
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, i * s:i * s + 2, j * s:j * s + 2]
                    m = np.max(window)
                    mask = (window == m)
                    dx[n, c, i * s:i * s + 2, j * s:j * s + 2] += mask * dout[n, c, i, j]
    return dx


def _argmax_backward(x, dout, s):
    N, C, H, W = x.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, i * s:i * s + 2, j * s:j * s + 2]
                    p, q = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * s + p, j * s + q] += dout[n, c, i, j]
    return dx


def pool_argmax(x, dout):
    return _argmax_backward(x, dout, 2)


def pool_argmax_overlap(x, dout):
    return _argmax_backward(x, dout, 1)


def pool_argmax_divmod(x, dout):
    N, C, H, W = x.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2]
                    index = np.unravel_index(window.argmax(), window.shape)
                    dx[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2][index] = dout[n, c, i, j]
    return dx


def pool_pixels(x, dout):
    N, C, H, W = x.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    m = np.max(x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2])
                    for p in range(2):
                        for q in range(2):
                            dx[n, c, 2 * i + p, 2 * j + q] += dout[n, c, i, j] * (x[n, c, 2 * i + p, 2 * j + q] == m)
    return dx


def _assigning(x, dout, s):
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, i * s:i * s + 2, j * s:j * s + 2]
                    mask = window == np.max(window)
                    dx[n, c, i * s:i * s + 2, j * s:j * s + 2] = mask * dout[n, c, i, j]
    return dx


def pool_assigns(x, dout):
    return _assigning(x, dout, 1)


def pool_assigns_apart(x, dout):
    return _assigning(x, dout, 2)


def pool_whole_window(x, dout):
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dx[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2] += dout[:, :, i, j][:, :, None, None]
    return dx


def pool_reshaped(x, dout):
    N, C, H, W = x.shape
    x_reshaped = x.reshape(N, C, H // 2, 2, W // 2, 2)
    out = x_reshaped.max(axis=3).max(axis=4)
    out_newaxis = out[:, :, :, np.newaxis, :, np.newaxis]
    mask = (x_reshaped == out_newaxis)
    dout_newaxis = dout[:, :, :, np.newaxis, :, np.newaxis]
    dx_reshaped = mask * dout_newaxis / np.sum(mask, axis=(3, 5), keepdims=True)
    dx = dx_reshaped.reshape(x.shape)
    return out, dx


def average_assignment(x, dout):
    N, C, H, W = x.shape
    Ho, Wo = H // 2, W // 2
    out = np.zeros((N, C, Ho, Wo))
    dx = np.zeros_like(x)
    for i in range(Ho):
        for j in range(Wo):
            out[:, :, i, j] = np.mean(x[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2], axis=(2, 3))
            dx[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2] = dout[:, :, i, j, None, None] / (2 * 2)
    return out, dx


def average_ones(x, dout):
    dx = np.zeros(x.shape)
    N, C, Ho, Wo = dout.shape
    ones = np.ones((2, 2))
    for n in range(N):
        for c in range(C):
            for i in range(Ho):
                for j in range(Wo):
                    dx[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2] += ones * dout[n, c, i, j] / 4.0
    return dx


def average_forgot(x, dout):
    dx = np.zeros(x.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dx[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2] += dout[:, :, i:i + 1, j:j + 1] / 2
    return dx
