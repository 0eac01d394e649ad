"""The same assignments with torch. Arguments and results are arrays. CASES as in `dense`."""
# ruff: noqa
import torch
import torch.nn.functional as F

CASES = [
    ("torch_linear", "linear", "x, W, b, dout", "out, dx, dW, db", ""),
    ("torch_linear_class", "linear", "x, W, b, dout", "dx, dW, db", ""),
    ("torch_relu", "relu", "x, dout", "out, dx", ""),
    ("torch_relu_masked", "relu", "x, dout", "dx", ""),
    ("torch_batchnorm", "batch_norm", "x, gamma, beta, eps, dout", "out, dx, dgamma, dbeta", ""),
    ("torch_batchnorm_unbiased", "batch_norm", "x, gamma, beta, eps, dout", "dx", "dx"),
    ("torch_softmax", "cross_entropy", "z, t", "loss, dz", ""),
    ("torch_softmax_onehot", "cross_entropy", "z, t", "dz", ""),
    ("torch_svm", "svm", "W, X, t, reg", "loss, dW", ""),
    ("torch_net", "two layer", "X, t, reg, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("torch_conv", "conv2d:stride=2,padding=1", "x, W, b, dout", "out, dx, dW, db", ""),
    ("torch_pool", "max_pool2d:kernel_size=2,stride=2", "x, dout", "out, dx", ""),
    ("torch_rnn_step", "rnn_cell", "x, h0, W, U, b, dout", "h1, dx, dh0, dW, dU, db", ""),
    ("torch_words", "word embedding", "x, W, dout", "out, dW", ""),
    ("torch_dropout", "inverted dropout", "x, mask, p, dout", "dx", ""),
    ("torch_layer_norm", "layer_norm", "x, gamma, beta, eps, dout", "dx, dgamma", ""),
    ("torch_attention", "scaled_dot_product_attention", "Q, K, V, dout", "dQ, dK, dV", ""),
]


def _t(*arrays):
    made = [torch.as_tensor(a) for a in arrays]
    return made[0] if len(made) == 1 else made


class Linear(object):
    @staticmethod
    def forward(x, w, b):
        N = x.shape[0]
        out = x.view(N, -1).mm(w) + b
        cache = (x, w, b)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        x, w, b = cache
        dx = dout.mm(w.t()).view(x.shape)
        dw = x.view(x.shape[0], -1).t().mm(dout)
        db = dout.sum(dim=0)
        return dx, dw, db


class ReLU(object):
    @staticmethod
    def forward(x):
        out = x.clone()
        out[out < 0] = 0
        cache = x
        return out, cache

    @staticmethod
    def backward(dout, cache):
        dx, x = None, cache
        dx = dout.clone()
        dx[x <= 0] = 0
        return dx


def torch_linear(x, W, b, dout):
    x, W, b, dout = _t(x, W, b, dout)
    out = torch.addmm(b, x, W)
    return out.numpy(), torch.matmul(dout, W.T).numpy(), torch.mm(x.T, dout).numpy(), torch.sum(dout, dim=0).numpy()


def torch_linear_class(x, W, b, dout):
    x, W, b, dout = _t(x, W, b, dout)
    out, cache = Linear.forward(x, W, b)
    dx, dW, db = Linear.backward(dout, cache)
    return dx.numpy(), dW.numpy(), db.numpy()


def torch_relu(x, dout):
    x, dout = _t(x, dout)
    out, cache = ReLU.forward(x)
    return out.numpy(), ReLU.backward(dout, cache).numpy()


def torch_relu_masked(x, dout):
    x, dout = _t(x, dout)
    return dout.masked_fill(x <= 0, 0.0).numpy()


def torch_batchnorm(x, gamma, beta, eps, dout):
    x, gamma, beta, dout = _t(x, gamma, beta, dout)
    N = x.size(0)
    mean = x.mean(dim=0)
    var = x.var(dim=0, unbiased=False)
    std = torch.sqrt(var + eps)
    xhat = (x - mean) / std
    out = gamma * xhat + beta
    dbeta = dout.sum(0)
    dgamma = torch.sum(dout * xhat, dim=0)
    dx = gamma / std * (dout - dbeta / N - xhat * dgamma / N)
    return out.numpy(), dx.numpy(), dgamma.numpy(), dbeta.numpy()


def torch_batchnorm_unbiased(x, gamma, beta, eps, dout):
    x, gamma, beta, dout = _t(x, gamma, beta, dout)
    N, D = x.size()
    std = (x.var(dim=0, unbiased=True) + eps).sqrt()
    xhat = (x - x.mean(0)) / std
    return (gamma / std * (dout - dout.mean(0) - xhat * (dout * xhat).mean(0))).numpy()


def torch_softmax(z, t):
    z, t = _t(z, t)
    N = z.shape[0]
    shifted = z - z.max(dim=1, keepdim=True).values
    logZ = shifted.exp().sum(dim=1, keepdim=True).log()
    log_probs = shifted - logZ
    probs = log_probs.exp()
    loss = (-1.0 / N) * log_probs[torch.arange(N), t].sum()
    dx = probs.clone()
    dx[torch.arange(N), t] -= 1
    dx /= N
    return loss.item(), dx.numpy()


def torch_softmax_onehot(z, t):
    z, t = _t(z, t)
    p = F.softmax(z, dim=1)
    y = F.one_hot(t, num_classes=z.shape[1])
    return ((p - y) / z.shape[0]).numpy()


def torch_svm(W, X, t, reg):
    W, X, t = _t(W, X, t)
    N = X.shape[0]
    scores = X.mm(W)
    correct = scores[torch.arange(N), t].view(-1, 1)
    margins = (scores - correct + 1).clamp(min=0)
    margins[torch.arange(N), t] = 0
    loss = margins.sum() / N + reg * torch.sum(W * W)
    mask = (margins > 0).to(W.dtype)
    mask[torch.arange(N), t] = -mask.sum(dim=1)
    dW = X.t().mm(mask) / N + 2 * reg * W
    return loss.item(), dW.numpy()


def torch_net(X, t, reg, W1, b1, W2, b2):
    X, t, W1, b1, W2, b2 = _t(X, t, W1, b1, W2, b2)
    h1 = (X.mm(W1) + b1).clamp(min=0)
    scores = h1.mm(W2) + b2
    N = X.shape[0]
    p = torch.softmax(scores, dim=1)
    p[range(N), t] -= 1
    p /= N
    dh = p.mm(W2.t())
    dh[h1 == 0] = 0
    grads = {}
    grads['W2'] = h1.t().mm(p) + reg * W2
    grads['b2'] = p.sum(0)
    grads['W1'] = X.t().mm(dh) + reg * W1
    grads['b1'] = dh.sum(0)
    return grads['W1'].numpy(), grads['b1'].numpy(), grads['W2'].numpy(), grads['b2'].numpy()


def torch_conv(x, W, b, dout):
    x, w, b, dout = _t(x, W, b, dout)
    pad, stride = 1, 2
    N, C, H, W = x.shape
    F_, C, HH, WW = w.shape
    xp = torch.nn.functional.pad(x, (pad, pad, pad, pad))
    _, _, Ho, Wo = dout.shape
    out = torch.zeros((N, F_, Ho, Wo), dtype=x.dtype, device=x.device)
    dxp, dw = torch.zeros_like(xp), torch.zeros_like(w)
    for n in range(N):
        for f in range(F_):
            for i in range(Ho):
                for j in range(Wo):
                    h, v = i * stride, j * stride
                    out[n, f, i, j] = (xp[n, :, h:h + HH, v:v + WW] * w[f]).sum() + b[f]
                    dw[f] += dout[n, f, i, j] * xp[n, :, h:h + HH, v:v + WW]
                    dxp[n, :, h:h + HH, v:v + WW] += dout[n, f, i, j] * w[f]
    dx = dxp[:, :, pad:pad + H, pad:pad + W]
    return out.numpy(), dx.numpy(), dw.numpy(), dout.sum(dim=(0, 2, 3)).numpy()


def torch_pool(x, dout):
    x, dout = _t(x, dout)
    N, C, H, W = x.shape
    k = stride = 2
    out = torch.zeros_like(dout)
    dx = torch.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, i * stride:i * stride + k, j * stride:j * stride + k]
                    out[n, c, i, j] = window.max()
                    dx[n, c, i * stride:i * stride + k, j * stride:j * stride + k] += (window == torch.max(window)) * dout[n, c, i, j]
    return out.numpy(), dx.numpy()


def torch_rnn_step(x, h0, W, U, b, dout):
    x, h0, W, U, b, dout = _t(x, h0, W, U, b, dout)
    h1 = torch.tanh(x @ W + h0 @ U + b)
    da = dout * (1 - h1.pow(2))
    return h1.numpy(), (da @ W.T).numpy(), (da @ U.T).numpy(), (x.T @ da).numpy(), (h0.T @ da).numpy(), da.sum(0).numpy()


def torch_words(x, W, dout):
    x, W, dout = _t(x, W, dout)
    out = W[x]
    dW = torch.zeros_like(W)
    V, D = W.shape
    for n in range(x.shape[0]):
        for t in range(x.shape[1]):
            dW[x[n, t]] += dout[n, t]
    return out.numpy(), dW.numpy()


def torch_dropout(x, mask, p, dout):
    x, mask, dout = _t(x, mask, dout)
    scale = mask.double() / p
    return torch.mul(dout, scale).numpy()


def torch_layer_norm(x, gamma, beta, eps, dout):
    x, gamma, beta, dout = _t(x, gamma, beta, dout)
    mean = x.mean(dim=-1, keepdim=True)
    rstd = torch.rsqrt(x.var(dim=-1, keepdim=True, unbiased=False) + eps)
    xhat = (x - mean) * rstd
    g = dout * gamma
    dx = rstd * (g - g.mean(-1, keepdim=True) - xhat * (g * xhat).mean(-1, keepdim=True))
    return dx.numpy(), (dout * xhat).sum(0).numpy()


def torch_attention(Q, K, V, dout):
    Q, K, V, dout = _t(Q, K, V, dout)
    scale = Q.shape[-1] ** 0.5
    P = torch.softmax(Q @ K.transpose(-2, -1) / scale, dim=-1)
    dV = P.transpose(0, 1) @ dout
    dP = dout @ V.transpose(0, 1)
    dS = P * (dP - (dP * P).sum(dim=-1, keepdim=True))
    return (dS @ K / scale).numpy(), (dS.transpose(0, 1) @ Q / scale).numpy(), dV.numpy()
