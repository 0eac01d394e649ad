"""Normalisations as people write their backward passes, right and wrong. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("batch_staged", "batch_norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("batch_graph", "batch_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("batch_compact", "batch_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("batch_alternative", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("batch_paper", "batch_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("batch_means", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("batch_var", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("batch_loop", "batch_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("batch_constants", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("batch_no_mean_path", "batch_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("batch_no_var_path", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("batch_no_eps", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("batch_no_gamma", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("batch_wrong_axis", "batch_norm", "x, gamma, beta, eps, dout", "dgamma, dbeta", "dgamma dbeta"),
    ("batch_half", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("layer_staged", "layer_norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("layer_transposed", "layer_norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("layer_compact", "layer_norm", "x, gamma, beta, eps, dout", "dx", ""),
    ("layer_gamma_late", "layer_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("layer_batch_size", "layer_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("rms", "rms_norm", "x, gamma, eps, dout", "dx, dgamma", ""),
    ("rms_wrong", "rms_norm", "x, gamma, eps, dout", "dx", "dx"),
    ("spatial", "spatial batch norm", "x, gamma, beta, eps, dout", "dx, dgamma, dbeta", ""),
    ("spatial_axes", "spatial batch norm", "x, gamma, beta, eps, dout", "dgamma, dbeta", ""),
    ("spatial_forgot", "spatial batch norm", "x, gamma, beta, eps, dout", "dgamma, dbeta", "dgamma dbeta"),
]


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)

    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    out, cache = None, None
    if mode == "train":
        # step 1: the mean
        mu = 1.0 / N * np.sum(x, axis=0)
        xmu = x - mu
        sq = xmu**2
        var = 1.0 / N * np.sum(sq, axis=0)
        sqrtvar = np.sqrt(var + eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        gammax = gamma * xhat
        out = gammax + beta
        cache = (xhat, gamma, xmu, ivar, sqrtvar, var, eps)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def batch_staged(x, gamma, beta, eps, dout):
    out, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return out, dx, dgamma, dbeta


def batch_graph(x, gamma, beta, eps, dout):
    m = x.shape[0]
    mu = x.mean(axis=0, keepdims=True)
    xc = x - mu
    var = (xc**2).mean(axis=0, keepdims=True)
    inv = 1 / np.sqrt(var + eps)
    xhat = xc * inv
    dbeta = dout.sum(0)
    dgamma = (dout * xhat).sum(0)
    dxhat = gamma * dout
    dvar = (dxhat * xc * -0.5 * inv**3).sum(0)
    dmu = (-dxhat * inv).sum(0) + dvar * (-2 * xc).mean(0)
    dx = dxhat * inv + dvar * 2 * xc / m + dmu / m
    return dx, dgamma, dbeta


def batch_compact(x, gamma, beta, eps, dout):
    N = dout.shape[0]
    mean = np.mean(x, axis=0)
    var = np.var(x, axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx = (gamma / (N * std)) * (N * dout - xhat * dgamma - dbeta)
    return dx, dgamma, dbeta


def batch_alternative(x, gamma, beta, eps, dout):
    N = x.shape[0]
    xmu = x - x.mean(axis=0)
    v = x.var(axis=0) + eps
    dx = (1.0 / N) * gamma * v ** (-1.0 / 2.0) * (
        N * dout - np.sum(dout, axis=0) - xmu * v**-1.0 * np.sum(dout * xmu, axis=0)
    )
    return dx


def batch_paper(x, gamma, beta, eps, dout):
    m, D = x.shape
    mu = np.mean(x, axis=0)
    var = np.mean((x - mu) ** 2, axis=0)
    x_hat = (x - mu) / np.sqrt(var + eps)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mu) * (-1 / 2) * np.power(var + eps, -3 / 2), axis=0)
    dmu = np.sum(dx_hat * -1 / np.sqrt(var + eps), axis=0) + dvar * np.sum(-2 * (x - mu), axis=0) / m
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mu) / m + dmu / m
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    return dx, dgamma, dbeta


def batch_means(x, gamma, beta, eps, dout):
    std = np.sqrt(x.var(0) + eps)
    xhat = (x - x.mean(0)) / std
    g = dout * gamma
    return (g - g.mean(0) - xhat * (g * xhat).mean(0)) / std


def batch_var(x, gamma, beta, eps, dout):
    N = x.shape[0]
    mu, var = np.mean(x, 0), np.var(x, 0)
    s = (var + eps) ** -0.5
    dxhat = dout * gamma
    ds = np.sum(dxhat * (x - mu), axis=0)
    dvar = -0.5 * ds * s**3
    dx = dxhat * s
    dx += dvar * 2.0 / N * (x - mu)
    dx -= np.sum(dx, axis=0) / N
    return dx


def batch_loop(x, gamma, beta, eps, dout):
    N, D = x.shape
    dx = np.zeros_like(x)
    dgamma = np.zeros_like(gamma)
    dbeta = np.zeros_like(beta)
    for d in range(D):
        column = x[:, d]
        mu = column.mean()
        s = np.sqrt(((column - mu) ** 2).mean() + eps)
        xhat = (column - mu) / s
        g = dout[:, d]
        dbeta[d] = g.sum()
        dgamma[d] = (g * xhat).sum()
        dx[:, d] = gamma[d] / (N * s) * (N * g - g.sum() - xhat * np.sum(g * xhat))
    return dx, dgamma, dbeta


def batch_constants(x, gamma, beta, eps, dout):
    return dout * gamma / np.sqrt(np.var(x, axis=0) + eps)


def batch_no_mean_path(x, gamma, beta, eps, dout):
    # The path through the mean of the variance is zero: leaving it out is right.
    N = x.shape[0]
    xmu = x - np.mean(x, axis=0)
    inv = 1 / np.sqrt(np.var(x, axis=0) + eps)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=0) * -0.5 * inv**3
    dmu = -np.sum(dxhat * inv, axis=0)
    return dxhat * inv + dvar * 2 * xmu / N + dmu / N


def batch_no_var_path(x, gamma, beta, eps, dout):
    N = x.shape[0]
    inv = 1 / np.sqrt(np.var(x, axis=0) + eps)
    dxhat = dout * gamma
    dmu = -np.sum(dxhat * inv, axis=0)
    return dxhat * inv + dmu / N


def batch_no_eps(x, gamma, beta, eps, dout):
    N = x.shape[0]
    std = np.sqrt(x.var(axis=0))
    xhat = (x - x.mean(axis=0)) / std
    return gamma / (N * std) * (N * dout - dout.sum(axis=0) - xhat * (dout * xhat).sum(axis=0))


def batch_no_gamma(x, gamma, beta, eps, dout):
    N = x.shape[0]
    std = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / std
    return 1 / (N * std) * (N * dout - dout.sum(axis=0) - xhat * (dout * xhat).sum(axis=0))


def batch_wrong_axis(x, gamma, beta, eps, dout):
    xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return np.sum(dout * xhat, axis=1), np.sum(dout, axis=1)


def batch_half(x, gamma, beta, eps, dout):
    N = x.shape[0]
    xmu = x - np.mean(x, axis=0)
    inv = 1 / np.sqrt(np.var(x, axis=0) + eps)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=0) * -1 * inv**3
    dmu = -np.sum(dxhat * inv, axis=0)
    return dxhat * inv + dvar * 2 * xmu / N + dmu / N


def layer_staged(x, gamma, beta, eps, dout):
    D = x.shape[1]
    mu = np.mean(x, axis=1, keepdims=True)
    var = np.var(x, axis=1, keepdims=True)
    xmu = x - mu
    istd = 1.0 / np.sqrt(var + eps)
    xhat = xmu * istd
    out = gamma * xhat + beta
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=1, keepdims=True) * -0.5 * istd**3
    dmu = -np.sum(dxhat * istd, axis=1, keepdims=True) - 2.0 / D * dvar * np.sum(xmu, axis=1, keepdims=True)
    dx = dxhat * istd + dvar * 2 * xmu / D + dmu / D
    return out, dx, dgamma, dbeta


def layer_transposed(x, gamma, beta, eps, dout):
    xt = x.T
    mu = np.mean(xt, axis=0)
    std = np.sqrt(np.var(xt, axis=0) + eps)
    xhat = ((xt - mu) / std).T
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dxhat = (dout * gamma).T
    xhat_t = xhat.T
    N = xt.shape[0]
    dx = 1.0 / N / std * (N * dxhat - np.sum(dxhat, axis=0) - xhat_t * np.sum(dxhat * xhat_t, axis=0))
    return dx.T, dgamma, dbeta


def layer_compact(x, gamma, beta, eps, dout):
    m = x.mean(-1)[:, None]
    s = np.sqrt(((x - m) ** 2).mean(-1)[:, None] + eps)
    h = (x - m) / s
    g = gamma * dout
    return (g - g.mean(-1)[:, None] - h * (g * h).mean(-1)[:, None]) / s


def layer_gamma_late(x, gamma, beta, eps, dout):
    m = x.mean(-1, keepdims=True)
    s = np.sqrt(x.var(-1, keepdims=True) + eps)
    h = (x - m) / s
    return gamma * (dout - dout.mean(-1, keepdims=True) - h * (dout * h).mean(-1, keepdims=True)) / s


def layer_batch_size(x, gamma, beta, eps, dout):
    N = x.shape[0]
    s = np.sqrt(x.var(1, keepdims=True) + eps)
    h = (x - x.mean(1, keepdims=True)) / s
    g = gamma * dout
    return (N * g - g.sum(1, keepdims=True) - h * (g * h).sum(1, keepdims=True)) / (N * s)


def rms(x, gamma, eps, dout):
    D = x.shape[-1]
    r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    g = dout * gamma
    dx = g / r - x * np.sum(g * x, axis=-1, keepdims=True) / (D * r**3)
    return dx, np.sum(dout * x / r, axis=0)


def rms_wrong(x, gamma, eps, dout):
    r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    g = dout * gamma
    return g / r - x * np.sum(g * x, axis=-1, keepdims=True) / r**3


def spatial(x, gamma, beta, eps, dout):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(rows, gamma, beta, {"mode": "train", "eps": eps})
    flat = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward(flat, cache)
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return dx, dgamma, dbeta


def spatial_axes(x, gamma, beta, eps, dout):
    mu = x.mean(axis=(0, 2, 3), keepdims=True)
    xhat = (x - mu) / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps)
    return np.sum(dout * xhat, axis=(0, 2, 3)), np.sum(dout, axis=(0, 2, 3))


def spatial_forgot(x, gamma, beta, eps, dout):
    mu = x.mean(axis=(0, 2, 3), keepdims=True)
    xhat = (x - mu) / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps)
    return np.mean(dout * xhat, axis=(0, 2, 3)), np.mean(dout, axis=(0, 2, 3))
