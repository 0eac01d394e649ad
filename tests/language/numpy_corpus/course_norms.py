"""Batch, layer, spatial and group normalisation as course assignments are answered. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("bn_assignment", "batch_norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("bn_staged_nine", "batch_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("bn_alt", "batch_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("bn_alt_matrix", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("bn_cache_dict", "batch_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("bn_running_dict", "batch_norm", "x, gamma, beta, eps, dout", "out, dgamma", ""),
    ("bn_object", "batch_norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("bn_in_place", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("bn_float_n", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("bn_tiles", "batch_norm", "x, gamma, beta, eps, dout", "dx, dbeta", ""),
    ("bn_columns_loop", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("bn_rows_loop", "batch_norm", "x, gamma, beta, eps, dout", "dgamma, dbeta", ""),
    ("bn_jacobian", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("bn_mean_squares", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("bn_no_sum", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("bn_var_sign", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("bn_unbiased", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("bn_std_plus_eps", "batch_norm", "x, gamma, beta, eps, dout", "out, dx", "dx"),
    ("bn_row_params", "batch_norm", "x, gamma, beta, eps, dout", "dgamma, dbeta", "dgamma dbeta"),
    ("bn_default_eps", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("bn_swapped", "batch_norm", "x, gamma, beta, eps, dout", "dgamma, dbeta", "dgamma dbeta"),
    ("bn_test_mode", "batch_norm", "x, gamma, beta, eps, dout", "out, dx", "dx"),
    ("ln_assignment", "layer_norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("ln_through_bn", "layer_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("ln_staged", "layer_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("ln_alternative", "layer_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("ln_rows", "layer_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("ln_wrong_axis", "layer_norm", "x, gamma, beta, eps, dout", "dgamma, dbeta", "dgamma dbeta"),
    ("ln_no_mean", "layer_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("ln_over_n", "layer_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("spatial_bn_assignment", "spatial batch norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("spatial_bn_swapped", "spatial batch norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("spatial_bn_direct", "spatial batch norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("spatial_bn_channels", "spatial batch norm", "x, gamma, beta, eps, dout", "dx, dgamma", ""),
    ("spatial_bn_plain_reshape", "spatial batch norm", "x, gamma, beta, eps, dout", "dbeta", "dbeta"),
    ("spatial_bn_only_n", "spatial batch norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("gn_assignment", "group norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("gn_alternative", "group norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("gn_forgot_group", "group norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("gn_flat_rows", "group norm", "x, gamma, beta, eps, dout", "dx", ""),
]


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    momentum = bn_param.get('momentum', 0.9)

    N, D = x.shape
    running_mean = bn_param.get('running_mean', np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get('running_var', np.zeros(D, dtype=x.dtype))

    out, cache = None, None
    if mode == 'train':
        sample_mean = np.mean(x, axis=0)
        sample_var = np.var(x, axis=0)
        x_norm = (x - sample_mean) / np.sqrt(sample_var + eps)
        out = gamma * x_norm + beta
        running_mean = momentum * running_mean + (1 - momentum) * sample_mean
        running_var = momentum * running_var + (1 - momentum) * sample_var
        bn_param['sample_mean'] = sample_mean
        cache = (x, sample_mean, sample_var, x_norm, gamma, beta, eps)
    elif mode == 'test':
        x_norm = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * x_norm + beta
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)

    # Store the updated running means back into bn_param
    bn_param['running_mean'] = running_mean
    bn_param['running_var'] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x, mean, var, x_norm, gamma, beta, eps = cache
    m = dout.shape[0]
    dgamma = np.sum(dout * x_norm, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx_norm = dout * gamma
    dvar = np.sum(dx_norm * (x - mean) * (-0.5) * (var + eps) ** (-1.5), axis=0)
    dmean = np.sum(dx_norm * (-1 / np.sqrt(var + eps)), axis=0) + dvar * np.sum(-2 * (x - mean), axis=0) / m
    dx = dx_norm * (1 / np.sqrt(var + eps)) + dvar * (2 * (x - mean) / m) + dmean / m
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x, mean, var, x_norm, gamma, beta, eps = cache
    N = dout.shape[0] * 1.0
    dbeta = dout.sum(axis=0)
    dgamma = (x_norm * dout).sum(axis=0)
    dx = gamma / np.sqrt(var + eps) / N * (N * dout - dbeta - x_norm * dgamma)
    return dx, dgamma, dbeta


def bn_assignment(x, gamma, beta, eps, dout):
    bn_param = {'mode': 'train', 'eps': eps}
    out, cache = batchnorm_forward(x, gamma, beta, bn_param)
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return out, dx, dgamma, dbeta


def bn_staged_nine(x, gamma, beta, eps, dout):
    N, D = x.shape
    # forward, one operation a line
    mu = 1. / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu ** 2
    var = 1. / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1. / sqrtvar
    xhat = xmu * ivar
    gammax = gamma * xhat
    out = gammax + beta
    # step 9
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    # step 8
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma
    # step 7
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    # step 6
    dsqrtvar = -1. / (sqrtvar ** 2) * divar
    # step 5
    dvar = 0.5 * 1. / np.sqrt(var + eps) * dsqrtvar
    # step 4
    dsq = 1. / N * np.ones((N, D)) * dvar
    # step 3
    dxmu2 = 2 * xmu * dsq
    # step 2
    dx1 = (dxmu1 + dxmu2)
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    # step 1
    dx2 = 1. / N * np.ones((N, D)) * dmu
    # step 0
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def bn_alt(x, gamma, beta, eps, dout):
    _, cache = batchnorm_forward(x, gamma, beta, dict(mode='train', eps=eps))
    return batchnorm_backward_alt(dout, cache)


def bn_alt_matrix(x, gamma, beta, eps, dout):
    N, D = x.shape
    xmu = x - x.mean(0)
    istd = (x.var(0) + eps) ** -0.5
    P = np.eye(N) - np.ones((N, N)) / N
    g = dout * gamma
    dxmu = g * istd - xmu * istd ** 3 * np.mean(g * xmu, axis=0)
    return P.dot(dxmu)


def bn_cache_dict(x, gamma, beta, eps, dout):
    cache = {}
    cache['mean'] = x.mean(axis=0)
    cache['centered'] = x - cache['mean']
    cache['std'] = np.sqrt(np.mean(cache['centered'] ** 2, axis=0) + eps)
    cache['norm'] = cache['centered'] / cache['std']
    cache['gamma'] = gamma

    norm, std, centered = cache['norm'], cache.get('std'), cache['centered']
    N = dout.shape[0]
    dgamma = (norm * dout).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dnorm = cache['gamma'] * dout
    dcentered = dnorm / std
    dstd = -(dnorm * centered).sum(axis=0) / std ** 2
    dvar = dstd / 2 / std
    dcentered += 2 * centered * dvar / N
    dmean = -dcentered.sum(axis=0)
    dx = dcentered + dmean / N
    return dx, dgamma, dbeta


def bn_running_dict(x, gamma, beta, eps, dout):
    D = x.shape[1]
    bn_param = {'mode': 'train', 'eps': eps, 'running_mean': np.zeros(D), 'running_var': np.ones(D)}
    out, cache = batchnorm_forward(x, gamma, beta, bn_param)
    assert 'running_mean' in bn_param, 'no running mean in %r' % bn_param
    bn_param['running_mean'] *= 0.5
    out, cache = batchnorm_forward(x, gamma, beta, bn_param)
    x_norm = cache[3]
    return out, (dout * x_norm).sum(0)


class BatchNormalization:
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None, running_var=None, eps=10e-7):
        self.gamma = gamma
        self.beta = beta
        self.momentum = momentum
        self.eps = eps
        self.input_shape = None
        self.running_mean = running_mean
        self.running_var = running_var
        self.batch_size = None
        self.xc = None
        self.std = None
        self.dgamma = None
        self.dbeta = None

    def forward(self, x, train_flg=True):
        self.input_shape = x.shape
        if x.ndim != 2:
            N, C, H, W = x.shape
            x = x.reshape(N, -1)
        out = self.__forward(x, train_flg)
        return out.reshape(*self.input_shape)

    def __forward(self, x, train_flg):
        if self.running_mean is None:
            N, D = x.shape
            self.running_mean = np.zeros(D)
            self.running_var = np.zeros(D)
        if train_flg:
            mu = x.mean(axis=0)
            xc = x - mu
            var = np.mean(xc ** 2, axis=0)
            std = np.sqrt(var + self.eps)
            xn = xc / std
            self.batch_size = x.shape[0]
            self.xc = xc
            self.xn = xn
            self.std = std
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            xc = x - self.running_mean
            xn = xc / ((np.sqrt(self.running_var + self.eps)))
        out = self.gamma * xn + self.beta
        return out

    def backward(self, dout):
        if dout.ndim != 2:
            N, C, H, W = dout.shape
            dout = dout.reshape(N, -1)
        dx = self.__backward(dout)
        dx = dx.reshape(*self.input_shape)
        return dx

    def __backward(self, dout):
        dbeta = dout.sum(axis=0)
        dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
        dvar = 0.5 * dstd / self.std
        dxc += (2.0 / self.batch_size) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        dx = dxc - dmu / self.batch_size
        self.dgamma = dgamma
        self.dbeta = dbeta
        return dx


def bn_object(x, gamma, beta, eps, dout):
    layer = BatchNormalization(gamma, beta, eps=eps)
    out = layer.forward(x)
    dx = layer.backward(dout)
    return out, dx, layer.dgamma, layer.dbeta


def bn_in_place(x, gamma, beta, eps, dout):
    N = float(x.shape[0])
    xc = x.copy()
    xc -= xc.mean(axis=0)
    inv = np.sum(xc * xc, axis=0)
    inv /= N
    inv += eps
    inv **= -0.5
    dx = dout * gamma
    dx *= inv
    dx -= xc * inv ** 2 * (dx * xc).sum(axis=0) / N
    dx -= dx.sum(axis=0) / N
    return dx


def bn_float_n(x, gamma, beta, eps, dout):
    N = x.shape[0]
    mu = np.sum(x, axis=0) / float(N)
    var = np.sum(np.square(x - mu), axis=0) / float(N)
    rstd = 1. / np.sqrt(var + eps)
    a = dout * gamma * rstd
    b = np.sum(dout * gamma * (x - mu), 0) * rstd ** 3
    return a - np.sum(a, axis=0) / float(N) - (x - mu) * b / float(N)


def bn_tiles(x, gamma, beta, eps, dout):
    N, D = x.shape
    mean = np.tile(x.mean(axis=0), (N, 1))
    var = np.repeat(x.var(axis=0).reshape(1, D), N, axis=0)
    xhat = (x - mean) / np.sqrt(var + eps)
    dxhat = dout * np.tile(gamma, [N, 1])
    s1 = np.tile(dxhat.mean(axis=0), (N, 1))
    s2 = np.tile(np.mean(dxhat * xhat, axis=0), (N, 1))
    return (dxhat - s1 - xhat * s2) / np.sqrt(var + eps), np.ones((1, N)).dot(dout).ravel()


def bn_columns_loop(x, gamma, beta, eps, dout):
    N, D = x.shape
    dx = np.zeros((N, D))
    for j in range(D):
        xj = x[:, j]
        mu = np.sum(xj) / N
        var = np.sum((xj - mu) ** 2) / N
        std = np.sqrt(var + eps)
        total = 0
        weighted = 0
        for i in range(N):
            total += dout[i, j]
            weighted += dout[i, j] * (x[i, j] - mu)
        for i in range(N):
            dx[i, j] = gamma[j] / std * (dout[i, j] - total / N - (x[i, j] - mu) * weighted / (N * std ** 2))
    return dx


def bn_rows_loop(x, gamma, beta, eps, dout):
    xhat = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
    dgamma, dbeta = np.zeros(gamma.shape), np.zeros(beta.shape)
    for row, h in zip(dout, xhat):
        dgamma += row * h
        dbeta += row
    return dgamma, dbeta


def bn_jacobian(x, gamma, beta, eps, dout):
    N, D = x.shape
    s = np.sqrt(np.var(x, axis=0) + eps)
    h = (x - np.mean(x, axis=0)) / s
    dx = np.zeros_like(x)
    for i in range(N):
        for k in range(N):
            dx[i] += dout[k] * gamma / s * ((i == k) - 1.0 / N - h[i] * h[k] / N)
    return dx


def bn_mean_squares(x, gamma, beta, eps, dout):
    N = x.shape[0]
    mean = x.mean(axis=0)
    mean_sq = (x ** 2).mean(axis=0)
    var = mean_sq - mean ** 2
    inv = 1.0 / np.sqrt(var + eps)
    g = gamma * dout
    dvar = -0.5 * inv ** 3 * np.sum(g * (x - mean), axis=0)
    dmean = -inv * np.sum(g, axis=0) - 2 * mean * dvar
    return g * inv + (dmean + 2 * x * dvar) / N


def bn_no_sum(x, gamma, beta, eps, dout):
    N = x.shape[0]
    xmu = x - x.mean(0)
    istd = 1 / np.sqrt(x.var(0) + eps)
    dxhat = dout * gamma
    dvar = dxhat * xmu * -0.5 * istd ** 3
    dmu = -np.sum(dxhat * istd, axis=0)
    return dxhat * istd + 2 * xmu / N * dvar + dmu / N


def bn_var_sign(x, gamma, beta, eps, dout):
    N = x.shape[0]
    xmu = x - x.mean(0)
    istd = 1 / np.sqrt(x.var(0) + eps)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=0) * 0.5 * istd ** 3
    dmu = -np.sum(dxhat * istd, axis=0)
    return dxhat * istd + 2 * xmu / N * dvar + dmu / N


def bn_unbiased(x, gamma, beta, eps, dout):
    N = x.shape[0]
    std = np.sqrt(x.var(0, ddof=1) + eps)
    xhat = (x - x.mean(0)) / std
    return gamma / (N * std) * (N * dout - dout.sum(0) - xhat * (dout * xhat).sum(0))


def bn_std_plus_eps(x, gamma, beta, eps, dout):
    N = x.shape[0]
    std = np.std(x, axis=0) + eps
    xhat = (x - np.mean(x, axis=0)) / std
    out = gamma * xhat + beta
    return out, gamma / (N * std) * (N * dout - dout.sum(0) - xhat * (dout * xhat).sum(0))


def bn_row_params(x, gamma, beta, eps, dout):
    xhat = (x - x.mean(0, keepdims=True)) / np.sqrt(x.var(0, keepdims=True) + eps)
    return np.sum(xhat * dout, axis=0, keepdims=True), np.sum(dout, axis=0, keepdims=True)


def bn_default_eps(x, gamma, beta, eps, dout):
    out, cache = batchnorm_forward(x, gamma, beta, {'mode': 'train'})
    return batchnorm_backward(dout, cache)[0]


def bn_swapped(x, gamma, beta, eps, dout):
    out, cache = batchnorm_forward(x, gamma, beta, {'mode': 'train', 'eps': eps})
    dx, dbeta, dgamma = batchnorm_backward(dout, cache)
    return dgamma, dbeta


def bn_test_mode(x, gamma, beta, eps, dout):
    bn_param = {'mode': 'test', 'eps': eps, 'running_mean': np.mean(x, axis=0) * 0.1, 'running_var': x.var(axis=0) * 0.1}
    out, _ = batchnorm_forward(x, gamma, beta, bn_param)
    dx = dout * gamma / np.sqrt(bn_param['running_var'] + eps)
    return out, dx


def layernorm_forward(x, gamma, beta, ln_param):
    out, cache = None, None
    eps = ln_param.get('eps', 1e-5)
    mu = np.mean(x, axis=1, keepdims=True)
    var = np.var(x, axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    x_norm = (x - mu) / std
    out = gamma * x_norm + beta
    cache = {'std': std, 'x_norm': x_norm, 'gamma': gamma}
    return out, cache


def layernorm_backward(dout, cache):
    std, x_norm, gamma = cache['std'], cache['x_norm'], cache['gamma']
    D = dout.shape[1]
    dgamma = np.sum(dout * x_norm, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx_norm = dout * gamma
    dx = 1 / D / std * (D * dx_norm - np.sum(dx_norm, axis=1, keepdims=True)
                        - x_norm * np.sum(dx_norm * x_norm, axis=1, keepdims=True))
    return dx, dgamma, dbeta


def ln_assignment(x, gamma, beta, eps, dout):
    out, cache = layernorm_forward(x, gamma, beta, {'eps': eps})
    dx, dgamma, dbeta = layernorm_backward(dout, cache)
    return out, dx, dgamma, dbeta


def ln_through_bn(x, gamma, beta, eps, dout):
    D = x.shape[1]
    one, zero = np.ones((1,)), np.zeros((1,))
    bn = {'mode': 'train', 'eps': eps}
    N = x.shape[0]
    norm_t, cache = batchnorm_forward(x.T, np.ones(N), np.zeros(N), bn)
    x_norm = norm_t.T
    dgamma = np.sum(dout * x_norm, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx_t, _, _ = batchnorm_backward_alt((dout * gamma).T, cache)
    return dx_t.T, dgamma, dbeta


def ln_staged(x, gamma, beta, eps, dout):
    x_T = x.T
    mu = x_T.mean(axis=0)
    xmu = x_T - mu
    sq = xmu ** 2
    var = sq.mean(axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1 / sqrtvar
    F = x_T.shape[0]
    dxhat = (dout * gamma).T
    divar = (dxhat * xmu).sum(axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = divar * -1 / sqrtvar**2
    dvar = dsqrtvar * .5 / sqrtvar
    dsq = np.ones_like(x_T) * dvar / F
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -dx1.sum(axis=0)
    dx = dx1 + np.ones_like(x_T) * dmu / F
    return dx.T


def ln_alternative(x, gamma, beta, eps, dout):
    mean, var = x.mean(axis=-1)[..., None], x.var(axis=-1)[..., None]
    z = (x - mean) / (var + eps) ** .5
    g = dout * gamma
    return (g - g.mean(-1, keepdims=True) - z * (g * z).mean(-1, keepdims=True)) * (var + eps) ** -.5


def ln_rows(x, gamma, beta, eps, dout):
    dx = np.empty_like(x)
    for n, row in enumerate(x):
        c = row - row.mean()
        s = np.sqrt(c.dot(c) / row.size + eps)
        h = c / s
        g = gamma * dout[n]
        dx[n] = (g - np.mean(g) - h * np.mean(g * h)) / s
    return dx


def ln_wrong_axis(x, gamma, beta, eps, dout):
    _, cache = layernorm_forward(x, gamma, beta, {'eps': eps})
    return np.sum(dout * cache['x_norm'], axis=1), np.sum(dout, axis=1)


def ln_no_mean(x, gamma, beta, eps, dout):
    _, cache = layernorm_forward(x, gamma, beta, {'eps': eps})
    g = dout * gamma
    h = cache['x_norm']
    return (g - h * np.mean(g * h, axis=1, keepdims=True)) / cache['std']


def ln_over_n(x, gamma, beta, eps, dout):
    N, D = x.shape
    _, cache = layernorm_forward(x, gamma, beta, {'eps': eps})
    h, std = cache['x_norm'], cache['std']
    g = dout * gamma
    dx = (1. / N) / std * (N * g - np.sum(g, axis=1, keepdims=True) - h * np.sum(g * h, axis=1, keepdims=True))
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    x_new = np.transpose(x, (0, 2, 3, 1)).reshape((N * H * W, C))
    out, cache = batchnorm_forward(x_new, gamma, beta, bn_param)
    out = out.reshape((N, H, W, C)).transpose(0, 3, 1, 2)
    return out, cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dout_new = dout.transpose((0, 2, 3, 1)).reshape(N * H * W, C)
    dx, dgamma, dbeta = batchnorm_backward_alt(dout_new, cache)
    dx = np.reshape(dx, (N, H, W, C)).transpose(0, 3, 1, 2)
    return dx, dgamma, dbeta


def spatial_bn_assignment(x, gamma, beta, eps, dout):
    out, cache = spatial_batchnorm_forward(x, gamma, beta, {'mode': 'train', 'eps': eps})
    dx, dgamma, dbeta = spatial_batchnorm_backward(dout, cache)
    return out, dx, dgamma, dbeta


def spatial_bn_swapped(x, gamma, beta, eps, dout):
    N, C, H, W = x.shape
    xs = np.swapaxes(x, 0, 1).reshape(C, -1).T
    _, cache = batchnorm_forward(xs, gamma, beta, {'mode': 'train', 'eps': eps})
    ds = dout.swapaxes(0, 1).reshape(C, -1).T
    dx, dgamma, dbeta = batchnorm_backward(ds, cache)
    return dx.T.reshape(C, N, H, W).swapaxes(0, 1), dgamma, dbeta


def spatial_bn_direct(x, gamma, beta, eps, dout):
    N, C, H, W = x.shape
    m = N * H * W
    axes = (0, 2, 3)
    mu = np.mean(x, axis=axes).reshape(1, C, 1, 1)
    var = np.var(x, axis=axes).reshape(1, C, 1, 1)
    xhat = (x - mu) / np.sqrt(var + eps)
    g = dout * gamma.reshape((1, -1, 1, 1))
    return (m * g - np.sum(g, axis=axes, keepdims=True) - xhat * np.sum(g * xhat, axis=axes, keepdims=True)) / m / np.sqrt(var + eps)


def spatial_bn_channels(x, gamma, beta, eps, dout):
    C = x.shape[1]
    dx = np.zeros_like(x)
    dgamma = np.zeros_like(gamma)
    for c in range(C):
        plane = x[:, c, :, :]
        centred = plane - plane.mean()
        s = np.sqrt((centred ** 2).mean() + eps)
        h = centred / s
        g = dout[:, c]
        dgamma[c] = (g * h).sum()
        dx[:, c] = gamma[c] / s * (g - g.mean() - h * (g * h).mean())
    return dx, dgamma


def spatial_bn_plain_reshape(x, gamma, beta, eps, dout):
    N, C, H, W = x.shape
    return np.sum(dout.reshape(N, C, -1), axis=(0, 2)) / H


def spatial_bn_only_n(x, gamma, beta, eps, dout):
    N, C, H, W = x.shape
    xhat = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + eps)
    g = dout * gamma[None, :, None, None]
    s = np.sqrt(x.var((0, 2, 3), keepdims=True) + eps)
    return (g - g.sum((0, 2, 3), keepdims=True) / N - xhat * (g * xhat).sum((0, 2, 3), keepdims=True) / N) / s


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    out, cache = None, None
    eps = gn_param.get('eps', 1e-5)
    N, C, H, W = x.shape
    size = (N * G, C // G * H * W)
    x_new = x.reshape(N, G, C // G, H, W)
    mean = np.mean(x_new, axis=(2, 3, 4), keepdims=True)
    var = np.var(x_new, axis=(2, 3, 4), keepdims=True)
    x_hat = (x_new - mean) / np.sqrt(var + eps)
    x_hat = x_hat.reshape(N, C, H, W)
    out = gamma * x_hat + beta
    cache = (x_new, mean, var, x_hat, gamma, G, eps)
    return out, cache


def spatial_groupnorm_backward(dout, cache):
    x_new, mean, var, x_hat, gamma, G, eps = cache
    N, C, H, W = dout.shape
    dgamma = np.sum(dout * x_hat, axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    m = C // G * H * W
    dx_hat = (dout * gamma).reshape(N, G, C // G, H, W)
    dvar = np.sum(dx_hat * (x_new - mean) * -0.5 * (var + eps) ** -1.5, axis=(2, 3, 4), keepdims=True)
    dmean = np.sum(dx_hat * -1 / np.sqrt(var + eps), axis=(2, 3, 4), keepdims=True)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x_new - mean) / m + dmean / m
    dx = dx.reshape(N, C, H, W)
    return dx, dgamma, dbeta


def gn_assignment(x, gamma, beta, eps, dout):
    out, cache = spatial_groupnorm_forward(x, gamma, beta, 2, {'eps': eps})
    dx, dgamma, dbeta = spatial_groupnorm_backward(dout, cache)
    return out, dx, dgamma, dbeta


def gn_alternative(x, gamma, beta, eps, dout):
    N, C, H, W = x.shape
    G = 2
    xg = x.reshape((N, G, C // G, H, W))
    s = np.sqrt(xg.var(axis=(2, 3, 4), keepdims=True) + eps)
    h = (xg - xg.mean(axis=(2, 3, 4), keepdims=True)) / s
    g = (dout * gamma).reshape(xg.shape)
    dx = (g - g.mean(axis=(2, 3, 4), keepdims=True) - h * (g * h).mean(axis=(2, 3, 4), keepdims=True)) / s
    return dx.reshape(x.shape)


def gn_forgot_group(x, gamma, beta, eps, dout):
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    s = np.sqrt(x.var(axis=(1, 2, 3), keepdims=True) + eps)
    h = (x - mean) / s
    g = dout * gamma
    return (g - g.mean(axis=(1, 2, 3), keepdims=True) - h * (g * h).mean(axis=(1, 2, 3), keepdims=True)) / s


def gn_flat_rows(x, gamma, beta, eps, dout):
    N, C, H, W = x.shape
    G = 2
    rows = x.reshape(N * G, -1)
    mu = rows.mean(axis=1, keepdims=True)
    std = np.sqrt(rows.var(axis=1, keepdims=True) + eps)
    xhat = (rows - mu) / std
    g = (dout * gamma).reshape(N * G, -1)
    D = rows.shape[1]
    dx = (D * g - g.sum(axis=1, keepdims=True) - xhat * (g * xhat).sum(axis=1, keepdims=True)) / (D * std)
    return dx.reshape(N, C, H, W)
