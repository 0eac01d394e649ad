"""Linear layers, activations, dropout and two-layer nets as course assignments are answered. CASES as in `dense`."""
# ruff: noqa
from __future__ import print_function

import numpy as np

try:
    from builtins import range, object
except ImportError:
    pass

CASES = [
    ("affine_assignment", "linear", "x, W, b, dout", "out, dx, dW, db", ""),
    ("affine_prod", "linear", "x, W, b, dout", "out, dx, dW, db", ""),
    ("affine_loop_db", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("affine_named_cache", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("affine_ones_row", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("affine_row_bias", "linear", "x, W, b, dout", "dx, dW, db", "db"),
    ("affine_mixed_up", "linear", "x, W, b, dout", "dx, dW, db", "dW"),
    ("affine_object", "linear", "x, W, b, dout", "out, dx, dW, db", ""),
    ("affine_object_params", "linear", "x, W, b, dout", "dW, db", ""),
    ("affine_closure", "linear", "x, W, b, dout", "out, dx, dW, db", ""),
    ("affine_matmul_out", "linear", "x, W, b, dout", "dx, dW", ""),
    ("affine_augmented", "linear", "x, W, b, dout", "dW, db", ""),
    ("affine_starred", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("affine_kwargs", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("affine_batch_outer", "linear", "x, W, b, dout", "dW, db", ""),
    ("affine_zip_rows", "linear", "x, W, b, dout", "dW, db", ""),
    ("affine_while", "linear", "x, W, b, dout", "dW, db", ""),
    ("affine_repeat", "linear", "x, W, b, dout", "out", ""),
    ("affine_tile", "linear", "x, W, b, dout", "out, db", ""),
    ("relu_assignment", "relu", "x, dout", "out, dx", ""),
    ("relu_mask_kept", "relu", "x, dout", "out, dx", ""),
    ("relu_copy_zero", "relu", "x, dout", "out, dx", ""),
    ("relu_bool_times", "relu", "x, dout", "dx", ""),
    ("relu_select", "relu", "x, dout", "dx", ""),
    ("relu_index_mask", "relu", "x, dout", "dx", ""),
    ("relu_sign", "relu", "x, dout", "dx", ""),
    ("relu_out_cached", "relu", "x, dout", "dx", ""),
    ("relu_layer_class", "relu", "x, dout", "out, dx", ""),
    ("relu_lambda", "relu", "x, dout", "out, dx", ""),
    ("relu_where_indices", "relu", "x, dout", "dx", ""),
    ("relu_wrong_side", "relu", "x, dout", "dx", "dx"),
    ("relu_ones", "relu", "x, dout", "dx", "dx"),
    ("relu_mode", "relu", "x, dout", "out", ""),
    ("sandwich", "linear relu", "x, W, b, dout", "out, dx, dW, db", ""),
    ("sandwich_popped", "linear relu", "x, W, b, dout", "dx, dW, db", ""),
    ("sandwich_forgot", "linear relu", "x, W, b, dout", "dx, dW, db", "dx dW db"),
    ("dropout_params", "inverted dropout", "x, mask, p, dout", "out, dx", ""),
    ("dropout_seeded", "inverted dropout", "x, mask, p, dout", "dx", ""),
    ("dropout_twice_scaled", "inverted dropout", "x, mask, p, dout", "dx", "dx"),
    ("dropout_test_time", "inverted dropout", "x, mask, p, dout", "out, dx", "dx"),
    ("net_assignment", "two layer", "X, t, reg, W1, b1, W2, b2", "loss, dW1, db1, dW2, db2", ""),
    ("net_self_params", "two layer", "X, t, reg, W1, b1, W2, b2", "loss, dW1, db1, dW2, db2", ""),
    ("net_layers", "two layer", "X, t, reg, W1, b1, W2, b2", "loss, dW1, db1, dW2, db2", ""),
    ("net_full_reg", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, dW2", "dW1 dW2"),
    ("net_forgot_n", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, db2", "dW1 db2"),
    ("net_staged", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("net_loop_names", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("net_grads_loop", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("net_masked_hidden", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, db1", ""),
    ("net_regularised_biases", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, db1", "db1"),
    ("fully_connected", "two layer", "X, t, reg, W1, b1, W2, b2", "loss, dW1, db1, dW2, db2", ""),
]


def affine_forward(x, w, b):
    """
    Computes the forward pass of a linear layer.

    Returns a tuple of:
    - out: output, of shape (N, M)
    - cache: (x, w, b)
    """
    out = None
    ############################################
    # TODO: done                               #
    ############################################
    N = x.shape[0]
    x_rsp = x.reshape(N, -1)
    out = x_rsp.dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = None, None, None
    N = x.shape[0]
    x_rsp = x.reshape(N, -1)
    dx = dout.dot(w.T)
    dx = dx.reshape(*x.shape)
    dw = x_rsp.T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    out = None
    out = np.maximum(np.zeros((x.shape)), x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    dx, x = None, cache
    dx = np.array(dout, copy=True)
    dx[x <= 0] = 0
    return dx


def affine_assignment(x, W, b, dout):
    out, cache = affine_forward(x, W, b)
    dx, dw, db = affine_backward(dout, cache)
    return out, dx, dw, db


def affine_prod(x, w, b, dout):
    dim_size = x[0].shape
    X = x.reshape(x.shape[0], np.prod(dim_size))
    out = X.dot(w) + b
    d = np.prod(x.shape[1:])
    x_reshaped = np.reshape(x, (x.shape[0], d))
    dx = np.reshape(np.dot(dout, w.T), x.shape)
    dw = np.dot(x_reshaped.T, dout)
    db = np.dot(np.ones((1, x.shape[0])), dout).reshape(b.shape)
    return out, dx, dw, db


def affine_loop_db(x, w, b, dout):
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    N = x.shape[0]
    M = b.shape[0]
    for i in range(N):
        for j in range(M):
            dx[i] += dout[i, j] * w[:, j]
            dw[:, j] = dw[:, j] + x[i] * dout[i][j]
            db[j] += dout[i, j]
    return dx, dw, db


def affine_named_cache(x, W, b, dout):
    cache = {}
    cache['x'] = x
    cache['w'] = W
    cache['b'] = b
    grads = dict()
    for key in ('x', 'w', 'b'):
        grads[key] = np.zeros_like(cache[key])
    grads['x'] += np.dot(dout, cache['w'].T)
    grads['w'] += np.dot(cache['x'].T, dout)
    grads['b'] += dout.sum(axis=0)
    return grads['x'], grads['w'], grads['b']


def affine_ones_row(x, W, b, dout):
    N, D = x.shape
    x1 = np.hstack([x, np.ones((N, 1))])
    W1 = np.vstack([W, b.reshape(1, -1)])
    dW1 = x1.T.dot(dout)
    dx1 = dout.dot(W1.T)
    return dx1[:, :-1], dW1[:-1], dW1[-1]


def affine_row_bias(x, W, b, dout):
    dx = np.dot(dout, W.T)
    dW = np.dot(x.T, dout)
    db = np.sum(dout, axis=0, keepdims=True)
    return dx, dW, db


def affine_mixed_up(x, W, b, dout):
    return dout.dot(W.T), dout.T.dot(x), dout.sum(0)


class Affine(object):
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.original_x_shape = x.shape
        x = x.reshape(x.shape[0], -1)
        self.x = x
        out = np.dot(self.x, self.W) + self.b
        return out

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        dx = dx.reshape(*self.original_x_shape)
        return dx


def affine_object(x, W, b, dout):
    layer = Affine(W, b)
    out = layer.forward(x)
    dx = layer.backward(dout)
    return out, dx, layer.dW, layer.db


class Dense:
    """A layer with params and grads lists."""

    use_bias = True

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]
        self.cache = {}

    def forward(self, x):
        W, b = self.params
        self.cache['x'] = x
        return np.matmul(x, W) + b

    def backward(self, dout):
        W, b = self.params
        x = self.cache['x']
        self.grads[0][...] = np.matmul(x.T, dout)
        self.grads[1][...] = np.sum(dout, axis=0)
        return np.matmul(dout, W.T)


def affine_object_params(x, W, b, dout):
    layer = Dense(W, b)
    layer.forward(x)
    layer.backward(dout)
    dW, db = layer.grads
    return dW, db


def affine_closure(x, W, b, dout):
    def forward(v):
        out = v @ W + b

        def backward(g):
            return g @ W.T, v.T @ g, g.sum(0)

        return out, backward

    out, back = forward(x)
    dx, dW, db = back(dout)
    return out, dx, dW, db


def affine_matmul_out(x, W, b, dout):
    dx = np.empty_like(x)
    dW = np.empty(W.shape)
    dx[:] = np.matmul(dout, W.transpose())
    dW[:, :] = np.matmul(x.transpose(1, 0), dout)
    return dx, dW


def affine_augmented(x, W, b, dout):
    dW, db = 0, 0
    for i in range(len(x)):
        dW += np.outer(x[i], dout[i])
        db += dout[i]
    return dW, db


def affine_starred(x, W, b, dout):
    cache = (x, W, b)
    x, *rest = cache
    W, _ = rest
    back = [dout @ W.T, x.T @ dout, dout.sum(axis=0)]
    dx, *others = back
    return (dx, *others)


def _affine_with(dout, x=None, w=None, b=None, **kwargs):
    scale = kwargs.get('scale', 1.0)
    transpose = kwargs.pop('transpose', False)
    if transpose:
        w = w.T
    return scale * dout.dot(w.T), scale * x.T.dot(dout), scale * dout.sum(axis=0)


def affine_kwargs(x, W, b, dout):
    cache = dict(x=x, w=W, b=b)
    return _affine_with(dout, **cache)


def affine_batch_outer(x, W, b, dout):
    dW = np.sum(x[:, :, np.newaxis] * dout[:, np.newaxis, :], axis=0)
    db = np.einsum('nh->h', dout)
    return dW, db


def affine_zip_rows(x, W, b, dout):
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    for xi, gi in zip(x, dout):
        dW += np.outer(xi, gi)
        db += gi
    return dW, db


def affine_while(x, W, b, dout):
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    i = 0
    while i < x.shape[0]:
        dW += x[i].reshape(-1, 1) * dout[i].reshape(1, -1)
        db += dout[i]
        i += 1
    return dW, db


def affine_repeat(x, W, b, dout):
    N = x.shape[0]
    return np.dot(x, W) + np.repeat(b[np.newaxis, :], N, axis=0)


def affine_tile(x, W, b, dout):
    N = x.shape[0]
    out = np.dot(x, W) + np.tile(b, (N, 1))
    db = np.dot(np.ones(N), dout)
    return out, db


def relu_assignment(x, dout):
    out, cache = relu_forward(x)
    dx = relu_backward(dout, cache)
    return out, dx


def relu_mask_kept(x, dout):
    mask = (x <= 0)
    out = x.copy()
    out[mask] = 0
    dout = dout.copy()
    dout[mask] = 0
    dx = dout
    return out, dx


def relu_copy_zero(x, dout):
    out = np.copy(x)
    out[out < 0] = 0
    cache = x
    dx = np.zeros_like(cache)
    dx[cache > 0] = 1
    dx = dx * dout
    return out, dx


def relu_bool_times(x, dout):
    out = x * (x > 0)
    dx = dout * (out > 0).astype(np.float64)
    return dx


def relu_select(x, dout):
    dx = dout * np.where(x > 0, np.ones_like(x), np.zeros_like(x))
    return dx


def relu_index_mask(x, dout):
    dx = np.zeros_like(dout)
    dx[x > 0] = dout[x > 0]
    return dx


def relu_sign(x, dout):
    dx = dout * (np.sign(x) + 1) / 2
    dx = dout * np.sign(np.maximum(x, 0))
    return dx


def relu_out_cached(x, dout):
    out = np.maximum(x, 0)
    dx = (out > 0) * dout
    return dx


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout
        return dx


def relu_layer_class(x, dout):
    layer = Relu()
    out = layer.forward(x)
    dx = layer.backward(dout)
    return out, dx


def relu_lambda(x, dout):
    relu = lambda z: np.maximum(0, z)
    relu_grad = lambda z: (z > 0) * 1.0
    return relu(x), dout * relu_grad(x)


def relu_where_indices(x, dout):
    dx = dout.copy()
    dx[np.where(x <= 0)] = 0
    return dx


def relu_wrong_side(x, dout):
    dx = dout.copy()
    dx[x > 0] = 0
    return dx


def relu_ones(x, dout):
    dx = np.ones_like(x)
    dx[x < 0] = 0
    return dx


def activation(x, kind='relu'):
    if kind == 'relu':
        return np.maximum(0, x)
    elif kind == 'sigmoid':
        return 1 / (1 + np.exp(-x))
    elif kind == 'tanh':
        return np.tanh(x)
    else:
        raise ValueError('Unknown activation "%s"' % kind)


def relu_mode(x, dout):
    return activation(x, kind='relu')


def affine_relu_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    cache = (fc_cache, relu_cache)
    return out, cache


def affine_relu_backward(dout, cache):
    fc_cache, relu_cache = cache
    da = relu_backward(dout, relu_cache)
    dx, dw, db = affine_backward(da, fc_cache)
    return dx, dw, db


def sandwich(x, W, b, dout):
    out, cache = affine_relu_forward(x, W, b)
    dx, dW, db = affine_relu_backward(dout, cache)
    return out, dx, dW, db


def sandwich_popped(x, W, b, dout):
    caches = []
    h = x
    h, c = affine_forward(h, W, b)
    caches.append(c)
    h, c = relu_forward(h)
    caches.append(c)
    g = relu_backward(dout, caches.pop())
    return affine_backward(g, caches.pop())


def sandwich_forgot(x, W, b, dout):
    out, (fc_cache, _) = affine_relu_forward(x, W, b)
    return affine_backward(dout, fc_cache)


def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
        np.random.seed(dropout_param['seed'])

    mask = None
    out = None

    if mode == 'train':
        mask = dropout_param.get('mask')
        if mask is None:
            mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
    elif mode == 'test':
        out = x
    else:
        raise ValueError('mode is neither train nor test')

    cache = (dropout_param, mask)
    out = out.astype(x.dtype, copy=False)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param['mode']
    dx = None
    if mode == 'train':
        dx = dout * mask
    elif mode == 'test':
        dx = dout
    return dx


def dropout_params(x, mask, p, dout):
    out, cache = dropout_forward(x, {'mode': 'train', 'p': p, 'mask': mask / p})
    dx = dropout_backward(dout, cache)
    return out, dx


def dropout_seeded(x, mask, p, dout):
    out, cache = dropout_forward(x, {'mode': 'train', 'p': p, 'mask': mask / p, 'seed': 123})
    return dropout_backward(dout, cache)


def dropout_twice_scaled(x, mask, p, dout):
    _, cache = dropout_forward(x, {'mode': 'train', 'p': p, 'mask': mask / p})
    return dropout_backward(dout, cache) / p


def dropout_test_time(x, mask, p, dout):
    out, cache = dropout_forward(x, {'mode': 'train', 'p': p, 'mask': mask / p})
    param, mask = cache
    param['mode'] = 'test'
    return out, dropout_backward(dout, (param, mask))


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def net_loss(params, X, y=None, reg=0.0):
    # Unpack variables from the params dictionary
    W1, b1 = params['W1'], params['b1']
    W2, b2 = params['W2'], params['b2']
    N, D = X.shape

    scores = None
    z1 = X.dot(W1) + b1
    a1 = np.maximum(0, z1)
    scores = a1.dot(W2) + b2
    if y is None:
        return scores

    loss = None
    scores -= np.max(scores, axis=1)[:, np.newaxis]
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    correct_logprobs = -np.log(probs[range(N), y])
    data_loss = np.sum(correct_logprobs) / N
    reg_loss = 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    loss = data_loss + reg_loss

    grads = {}
    dscores = probs
    dscores[range(N), y] -= 1
    dscores /= N
    grads['W2'] = np.dot(a1.T, dscores)
    grads['b2'] = np.sum(dscores, axis=0)
    dhidden = np.dot(dscores, W2.T)
    dhidden[a1 <= 0] = 0
    grads['W1'] = np.dot(X.T, dhidden)
    grads['b1'] = np.sum(dhidden, axis=0)
    grads['W2'] += reg * W2
    grads['W1'] += reg * W1
    return loss, grads


def net_assignment(X, t, reg, W1, b1, W2, b2):
    params = {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}
    loss, grads = net_loss(params, X, t, reg=reg)
    return loss, grads['W1'], grads['b1'], grads['W2'], grads['b2']


class TwoLayerNet(object):
    def __init__(self, W1, b1, W2, b2, reg=0.0):
        self.params = {}
        self.reg = reg
        self.params['W1'] = W1
        self.params['b1'] = b1
        self.params['W2'] = W2
        self.params['b2'] = b2

    def loss(self, X, y=None):
        W1, b1, W2, b2 = self.params['W1'], self.params['b1'], self.params['W2'], self.params['b2']
        hidden, cache1 = affine_relu_forward(X, W1, b1)
        scores, cache2 = affine_forward(hidden, W2, b2)
        # If y is None then we are in test mode so just return scores
        if y is None:
            return scores
        loss, grads = 0, {}
        loss, dscores = softmax_loss(scores, y)
        for k in ('W1', 'W2'):
            loss += 0.5 * self.reg * np.sum(self.params[k] ** 2)
        dhidden, grads['W2'], grads['b2'] = affine_backward(dscores, cache2)
        _, grads['W1'], grads['b1'] = affine_relu_backward(dhidden, cache1)
        for k in ['W1', 'W2']:
            grads[k] += self.reg * self.params[k]
        return loss, grads


def net_self_params(X, t, reg, W1, b1, W2, b2):
    net = TwoLayerNet(W1, b1, W2, b2, reg=reg)
    loss, grads = net.loss(X, t)
    return loss, grads['W1'], grads['b1'], grads['W2'], grads['b2']


class SoftmaxWithLoss:
    def __init__(self):
        self.loss = None
        self.y = None
        self.t = None

    def forward(self, x, t):
        self.t = t
        x = x - np.max(x, axis=-1, keepdims=True)
        self.y = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
        batch_size = self.y.shape[0]
        self.loss = -np.sum(np.log(self.y[np.arange(batch_size), self.t])) / batch_size
        return self.loss

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        if self.t.size == self.y.size:
            dx = (self.y - self.t) / batch_size
        else:
            dx = self.y.copy()
            dx[np.arange(batch_size), self.t] -= 1
            dx = dx / batch_size
        return dx * dout


def net_layers(X, t, reg, W1, b1, W2, b2):
    layers = [Affine(W1, b1), Relu(), Affine(W2, b2)]
    last = SoftmaxWithLoss()
    x = X
    for layer in layers:
        x = layer.forward(x)
    loss = last.forward(x, t)
    loss = loss + reg / 2 * (np.sum(W1**2) + np.sum(W2**2))
    dout = last.backward()
    for layer in reversed(layers):
        dout = layer.backward(dout)
    return loss, layers[0].dW + reg * W1, layers[0].db, layers[2].dW + reg * W2, layers[2].db


def net_full_reg(X, t, reg, W1, b1, W2, b2):
    loss, grads = net_loss({'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}, X, t)
    return grads['W1'] + 2 * reg * W1, grads['W2'] + 2 * reg * W2


def net_forgot_n(X, t, reg, W1, b1, W2, b2):
    h = np.maximum(X.dot(W1) + b1, 0)
    s = h.dot(W2) + b2
    e = np.exp(s)
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(X.shape[0]), t] -= 1
    dh = p.dot(W2.T) * (h > 0)
    return X.T.dot(dh) + reg * W1, p.sum(axis=0)


def net_staged(X, y, reg, W1, b1, W2, b2):
    num_train = X.shape[0]
    num_classes = W2.shape[1]
    layer1 = X.dot(W1) + b1
    layer1_act = layer1 * (layer1 > 0)
    layer2 = layer1_act.dot(W2) + b2
    num = np.exp(layer2)
    den = np.sum(num, axis=1)
    invden = 1.0 / den
    p = num * invden[:, None]
    # one hot
    target = np.zeros((num_train, num_classes))
    target[np.arange(num_train), y] = 1.0
    # backprop, one step at a time
    dp = -target / p / num_train
    dnum = dp * invden[:, None]
    dinvden = np.sum(dp * num, axis=1)
    dden = -1.0 / den**2 * dinvden
    dnum += dden[:, None] * np.ones_like(num)
    dlayer2 = dnum * num
    db2 = np.sum(dlayer2, axis=0)
    dW2 = layer1_act.T.dot(dlayer2) + reg * W2
    dact = dlayer2.dot(W2.T)
    dlayer1 = dact * (layer1 > 0)
    return X.T.dot(dlayer1) + reg * W1, dlayer1.sum(axis=0), dW2, db2


def net_loop_names(X, t, reg, W1, b1, W2, b2):
    params = {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}
    num_layers = 2
    caches = {}
    h = X
    for i in range(1, num_layers + 1):
        W, b = params['W' + str(i)], params['b' + str(i)]
        if i < num_layers:
            h, caches[i] = affine_relu_forward(h, W, b)
        else:
            h, caches[i] = affine_forward(h, W, b)
    loss, dout = softmax_loss(h, t)
    grads = {}
    for i in range(num_layers, 0, -1):
        if i == num_layers:
            dout, dw, db = affine_backward(dout, caches[i])
        else:
            dout, dw, db = affine_relu_backward(dout, caches[i])
        grads['W%d' % i] = dw + reg * params['W%d' % i]
        grads['b%d' % i] = db
    return grads['W1'], grads['b1'], grads['W2'], grads['b2']


def net_grads_loop(X, t, reg, W1, b1, W2, b2):
    loss, grads = net_loss(dict(W1=W1, b1=b1, W2=W2, b2=b2), X, t, 0.0)
    weights = {'W1': W1, 'W2': W2}
    for name, g in grads.items():
        if name.startswith('W'):
            g += reg * weights[name]
    for p in sorted(grads):
        assert grads[p].shape == grads[p].shape, f'{p} has shape {grads[p].shape}'
    return grads['W1'], grads['b1'], grads['W2'], grads['b2']


def net_masked_hidden(X, t, reg, W1, b1, W2, b2):
    N = X.shape[0]
    fc1 = np.matmul(X, W1) + b1
    X2 = np.maximum(0, fc1)
    scores = np.matmul(X2, W2) + b2
    P = np.exp(scores - scores.max())
    P /= P.sum(axis=1).reshape(N, 1)
    dS = P
    dS[np.arange(N), t] += -1
    dS = dS / N
    dX2 = np.matmul(dS, W2.T)
    dfc1 = np.zeros(fc1.shape)
    dfc1[X2 > 0] = dX2[X2 > 0]
    return np.matmul(X.T, dfc1) + reg * W1, np.sum(dfc1, axis=0)


def net_regularised_biases(X, t, reg, W1, b1, W2, b2):
    loss, grads = net_loss({'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}, X, t, reg)
    return grads['W1'], grads['b1'] + reg * b1


class FullyConnectedNet(object):
    def __init__(self, weights, biases, reg=0.0, dtype=np.float64):
        self.use_batchnorm = False
        self.use_dropout = 0 > 0
        self.reg = reg
        self.num_layers = 1 + len(weights[:-1])
        self.params = {}
        for i, (w, b) in enumerate(zip(weights, biases)):
            self.params['W{}'.format(i + 1)] = w
            self.params['b{}'.format(i + 1)] = b
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def loss(self, X, y=None):
        mode = 'test' if y is None else 'train'
        X = X.astype(np.float64)
        cache = []
        out = X
        for l in range(self.num_layers - 1):
            W, b = self.params['W%d' % (l + 1)], self.params['b%d' % (l + 1)]
            if self.use_batchnorm:
                raise NotImplementedError
            out, c = affine_relu_forward(out, W, b)
            cache.append(c)
        last = str(self.num_layers)
        scores, c = affine_forward(out, self.params['W' + last], self.params['b' + last])
        cache.append(c)
        if mode == 'test':
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        dout, grads['W' + last], grads['b' + last] = affine_backward(dout, cache.pop())
        for l in reversed(range(self.num_layers - 1)):
            dout, dw, db = affine_relu_backward(dout, cache.pop())
            grads[f'W{l + 1}'], grads[f'b{l + 1}'] = dw, db
        for l in range(1, self.num_layers + 1):
            name = 'W%i' % l
            loss += 0.5 * self.reg * np.sum(self.params[name] * self.params[name])
            grads[name] = grads[name] + self.reg * self.params[name]
        return loss, grads


def fully_connected(X, t, reg, W1, b1, W2, b2):
    model = FullyConnectedNet([W1, W2], [b1, b2], reg=reg)
    loss, grads = model.loss(X, t)
    return loss, grads['W1'], grads['b1'], grads['W2'], grads['b2']
