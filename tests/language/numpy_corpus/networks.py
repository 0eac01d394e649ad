"""Small networks, look-ups, dropout, attention as people write their backward passes. CASES as in `dense`."""
# ruff: noqa
import numpy as np

CASES = [
    ("two_layer_net", "mlp", "x, t, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("two_layer_functions", "mlp", "x, t, W1, b1, W2, b2", "dx, dW1, db1, dW2, db2", ""),
    ("two_layer_lists", "mlp", "x, t, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("two_layer_no_relu", "mlp", "x, t, W1, b1, W2, b2", "dW1, db1, dW2, db2", "dW1 db1"),
    ("two_layer_untransposed", "mlp", "x, t, W1, b1, W2, b2", "dW1, dW2", "dW1"),
    ("two_layer_relu_of_delta", "mlp", "x, t, W1, b1, W2, b2", "dW1, dW2", "dW1"),
    ("svm_vectorised", "svm", "W, X, t, reg", "dW", ""),
    ("svm_naive", "svm", "W, X, t, reg", "dW", ""),
    ("svm_half_reg", "svm", "W, X, t, reg", "dW", "dW"),
    ("regression_vectorised", "softmax regression", "W, X, t, reg", "loss, dW", ""),
    ("regression_naive", "softmax regression", "W, X, t, reg", "dW", ""),
    ("regression_half_reg", "softmax regression", "W, X, t, reg", "dW", "dW"),
    ("dropout_mask", "dropout", "x, mask, p, dout", "dx", ""),
    ("dropout_mode", "dropout", "x, mask, p, dout", "dx", ""),
    ("dropout_unscaled", "dropout", "x, mask, p, dout", "dx", "dx"),
    ("dropout_ignored", "dropout", "x, mask, p, dout", "dx", "dx"),
    ("embedding_add_at", "embedding", "E, t, dout", "dE", ""),
    ("embedding_one_hot", "embedding", "E, t, dout", "dE", ""),
    ("embedding_loop", "embedding", "E, t, dout", "dE", ""),
    ("embedding_mean", "embedding", "E, t, dout", "dE", "dE"),
    ("words", "word embedding", "x, W, dout", "out, dW", ""),
    ("words_loops", "word embedding", "x, W, dout", "dW", ""),
    ("affine_over_time", "temporal affine", "x, W, b, dout", "dx, dW, db", ""),
    ("affine_over_time_loop", "temporal affine", "x, W, b, dout", "dW, db", ""),
    ("affine_over_time_forgot", "temporal affine", "x, W, b, dout", "db", "db"),
    ("attention", "scaled_dot_product_attention", "Q, K, V, dout", "dQ, dK, dV", ""),
    ("attention_unscaled", "scaled_dot_product_attention", "Q, K, V, dout", "dQ, dV", "dQ"),
    ("attention_no_softmax", "scaled_dot_product_attention", "Q, K, V, dout", "dQ", "dQ"),
    ("quadratic", "quadratic_form", "A, x", "dx, dA", ""),
    ("quadratic_symmetric", "quadratic_form", "A, x", "dx", "dx"),
    ("frobenius", "frobenius_norm", "A", "dA", ""),
    ("one_neuron", "neuron", "W, x, y", "dW, dx", ""),
    ("one_neuron_no_step", "neuron", "W, x, y", "dW", "dW"),
]


def two_layer_net(X, y, W1, b1, W2, b2):
    N, D = X.shape
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    grads = {}
    dscores = probs
    dscores[range(N), y] -= 1
    dscores /= N
    grads["W2"] = np.dot(hidden.T, dscores)
    grads["b2"] = np.sum(dscores, axis=0)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden <= 0] = 0
    grads["W1"] = np.dot(X.T, dhidden)
    grads["b1"] = np.sum(dhidden, axis=0)
    return grads["W1"], grads["b1"], grads["W2"], grads["b2"]


def affine_forward(x, w, b):
    return x.dot(w) + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return dout.dot(w.T), x.T.dot(dout), dout.sum(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return np.where(cache > 0, dout, 0)


def affine_relu_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout, cache):
    fc_cache, relu_cache = cache
    da = relu_backward(dout, relu_cache)
    return affine_backward(da, fc_cache)


def softmax_loss(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    Z = np.exp(shifted).sum(axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    N = x.shape[0]
    loss = -log_probs[np.arange(N), y].sum() / N
    dx = np.exp(log_probs)
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def two_layer_functions(x, t, W1, b1, W2, b2):
    h, cache1 = affine_relu_forward(x, W1, b1)
    scores, cache2 = affine_forward(h, W2, b2)
    loss, dscores = softmax_loss(scores, t)
    dh, dW2, db2 = affine_backward(dscores, cache2)
    dx, dW1, db1 = affine_relu_backward(dh, cache1)
    return dx, dW1, db1, dW2, db2


def two_layer_lists(x, t, W1, b1, W2, b2):
    params = [(W1, b1), (W2, b2)]
    activations = [x]
    for i, (W, b) in enumerate(params):
        z = activations[-1] @ W + b
        activations.append(np.maximum(z, 0) if i < len(params) - 1 else z)
    loss, delta = softmax_loss(activations[-1], t)
    grads = []
    for i in reversed(range(len(params))):
        W, b = params[i]
        grads.append((activations[i].T @ delta, delta.sum(axis=0)))
        delta = delta @ W.T
        if i > 0:
            delta = delta * (activations[i] > 0)
    (dW2, db2), (dW1, db1) = grads
    return dW1, db1, dW2, db2


def two_layer_no_relu(x, t, W1, b1, W2, b2):
    h = np.maximum(0, x @ W1 + b1)
    loss, d2 = softmax_loss(h @ W2 + b2, t)
    d1 = d2 @ W2.T
    return x.T @ d1, d1.sum(0), h.T @ d2, d2.sum(0)


def two_layer_untransposed(x, t, W1, b1, W2, b2):
    z1 = x @ W1 + b1
    h = np.maximum(0, z1)
    loss, d2 = softmax_loss(h @ W2 + b2, t)
    d1 = (d2 @ W2.T) * h
    return x.T @ d1, h.T @ d2


def two_layer_relu_of_delta(x, t, W1, b1, W2, b2):
    h = np.maximum(0, x @ W1 + b1)
    loss, d2 = softmax_loss(h @ W2 + b2, t)
    d1 = np.maximum(0, d2 @ W2.T)
    return x.T @ d1, h.T @ d2


def svm_vectorised(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(num_train), y].reshape((num_train, 1))
    margins = np.maximum(0, scores - correct + 1)
    margins[np.arange(num_train), y] = 0
    counts = (margins > 0).astype(int)
    counts[np.arange(num_train), y] = -np.sum(counts, axis=1)
    dW = X.T.dot(counts) / num_train
    dW += 2 * reg * W
    return dW


def svm_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    for i in range(num_train):
        scores = X[i].dot(W)
        for j in range(num_classes):
            hit = (j != y[i]) * (scores[j] - scores[y[i]] + 1 > 0)
            dW[:, j] += X[i] * hit
            dW[:, y[i]] -= X[i] * hit
    dW /= num_train
    dW += reg * 2 * W
    return dW


def svm_half_reg(W, X, y, reg):
    return svm_vectorised(W, X, y, 0.5 * reg)


def regression_vectorised(W, X, y, reg):
    loss = 0.0
    N = X.shape[0]
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(N), y])) + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


def regression_naive(W, X, y, reg):
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]
    for i in range(num_train):
        f = X[i].dot(W)
        p = np.exp(f) / np.sum(np.exp(f))
        for j in range(num_classes):
            dW[:, j] += (p[j] - (j == y[i])) * X[i]
    return dW / num_train + 2 * reg * W


def regression_half_reg(W, X, y, reg):
    N = X.shape[0]
    e = np.exp(X.dot(W))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(N), y] -= 1
    return X.T.dot(p) / N + reg * W


def dropout_mask(x, mask, p, dout):
    return dout * mask / p


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    dx = None
    if mode == "train":
        dx = dout * mask
    elif mode == "test":
        dx = dout
    return dx


def dropout_mode(x, mask, p, dout):
    return dropout_backward(dout, ({"mode": "train", "p": p}, mask / p))


def dropout_unscaled(x, mask, p, dout):
    return dropout_backward(dout, ({"mode": "train", "p": p}, mask))


def dropout_ignored(x, mask, p, dout):
    return dropout_backward(dout, ({"mode": "test", "p": p}, mask))


def embedding_add_at(E, t, dout):
    dE = np.zeros_like(E)
    np.add.at(dE, t, dout)
    return dE


def embedding_one_hot(E, t, dout):
    V, D = E.shape
    onehot = np.eye(V)[t]
    return onehot.T.dot(dout)


def embedding_loop(E, t, dout):
    dE = np.zeros(E.shape)
    for n in range(len(t)):
        dE[t[n]] += dout[n]
    return dE


def embedding_mean(E, t, dout):
    dE = np.zeros_like(E)
    np.add.at(dE, t, dout / t.shape[0])
    return dE


def words(x, W, dout):
    out = W[x]
    cache = (x, W.shape)
    index, shape = cache
    dW = np.zeros(shape)
    np.add.at(dW, index, dout)
    return out, dW


def words_loops(x, W, dout):
    dW = np.zeros_like(W)
    N, T = x.shape
    for n in range(N):
        for t in range(T):
            dW[x[n, t], :] += dout[n, t, :]
    return dW


def affine_over_time(x, W, b, dout):
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(W.T).reshape(N, T, D)
    dW = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    return dx, dW, db


def affine_over_time_loop(x, W, b, dout):
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    for t in range(x.shape[1]):
        dW += x[:, t].T @ dout[:, t]
        db += dout[:, t].sum(axis=0)
    return dW, db


def affine_over_time_forgot(x, W, b, dout):
    return dout[:, -1].sum(axis=0)


def attention(Q, K, V, dout):
    d = Q.shape[-1]
    S = Q @ K.T / np.sqrt(d)
    S = S - S.max(axis=-1, keepdims=True)
    P = np.exp(S) / np.exp(S).sum(axis=-1, keepdims=True)
    dV = P.T @ dout
    dP = dout @ V.T
    dS = P * (dP - (dP * P).sum(axis=-1, keepdims=True))
    dQ = dS @ K / np.sqrt(d)
    dK = dS.T @ Q / np.sqrt(d)
    return dQ, dK, dV


def attention_unscaled(Q, K, V, dout):
    S = Q @ K.T / np.sqrt(Q.shape[1])
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    dP = dout @ V.T
    dS = P * (dP - (dP * P).sum(axis=1, keepdims=True))
    return dS @ K, P.T @ dout


def attention_no_softmax(Q, K, V, dout):
    return dout @ V.T @ K / np.sqrt(Q.shape[1])


def quadratic(A, x):
    return (A + A.T) @ x, np.outer(x, x)


def quadratic_symmetric(A, x):
    return 2 * A @ x


def frobenius(A):
    return A / np.linalg.norm(A)


def one_neuron(W, x, y):
    z = W * x
    r = np.maximum(z, 0)
    delta = (r - y) * (z > 0)
    return delta * x, delta * W


def one_neuron_no_step(W, x, y):
    r = np.maximum(W * x, 0)
    return (r - y) * x
