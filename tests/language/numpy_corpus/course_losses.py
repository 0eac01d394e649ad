"""SVM and softmax classifiers, naive and vectorised, as course assignments are answered. CASES as in `dense`."""
# ruff: noqa
import numpy as np
from random import shuffle

CASES = [
    ("svm_naive_assignment", "svm", "W, X, t, reg", "loss, dW", ""),
    ("svm_naive_counts", "svm", "W, X, t, reg", "loss, dW", ""),
    ("svm_naive_margins", "svm", "W, X, t, reg", "dW", ""),
    ("svm_vectorised_assignment", "svm", "W, X, t, reg", "loss, dW", ""),
    ("svm_vectorised_binary", "svm", "W, X, t, reg", "loss, dW", ""),
    ("svm_list_of_rows", "svm", "W, X, t, reg", "dW", ""),
    ("svm_mixed_reg", "svm", "W, X, t, reg", "loss, dW", "dW"),
    ("svm_naive_no_average", "svm", "W, X, t, reg", "dW", "dW"),
    ("svm_naive_one_correct", "svm", "W, X, t, reg", "dW", "dW"),
    ("svm_masked_rows", "svm", "W, X, t, reg", "dW", ""),
    ("svm_scores_loss", "hinge", "s, t", "loss, ds", ""),
    ("svm_scores_margin_mask", "hinge", "s, t", "ds", ""),
    ("svm_scores_subtract", "hinge", "s, t", "ds", ""),
    ("svm_scores_no_diagonal", "hinge", "s, t", "ds", "ds"),
    ("softmax_naive_assignment", "softmax regression", "W, X, t, reg", "loss, dW", ""),
    ("softmax_naive_columns", "softmax regression", "W, X, t, reg", "dW", ""),
    ("softmax_naive_if", "softmax regression", "W, X, t, reg", "dW", ""),
    ("softmax_naive_shift", "softmax regression", "W, X, t, reg", "loss, dW", ""),
    ("softmax_vectorised_assignment", "softmax regression", "W, X, t, reg", "loss, dW", ""),
    ("softmax_vectorised_onehot", "softmax regression", "W, X, t, reg", "dW", ""),
    ("softmax_vectorised_zip", "softmax regression", "W, X, t, reg", "dW", ""),
    ("softmax_object", "softmax regression", "W, X, t, reg", "loss, dW", ""),
    ("softmax_reg_twice", "softmax regression", "W, X, t, reg", "dW", "dW"),
    ("softmax_no_reg", "softmax regression", "W, X, t, reg", "dW", "dW"),
    ("softmax_shifted_reg", "softmax regression", "W, X, t, reg", "dW", "dW"),
    ("ce_assignment", "cross_entropy", "z, t", "loss, dz", ""),
    ("ce_object", "cross_entropy", "z, t", "dz", ""),
    ("ce_choose", "cross_entropy", "z, t", "dz", ""),
    ("ce_list_comprehension", "cross_entropy", "z, t", "loss, dz", ""),
    ("ce_log_sum_exp", "cross_entropy", "z, t", "loss, dz", ""),
    ("ce_jacobian_rows", "cross_entropy", "z, t", "dz", ""),
    ("ce_put_along", "cross_entropy", "z, t", "dz", ""),
    ("ce_isinstance", "cross_entropy", "z, t", "dz", ""),
    ("ce_negated", "cross_entropy", "z, t", "dz", "dz"),
    ("ce_wrong_axis", "cross_entropy", "z, t", "dz", "dz"),
    ("ce_int_targets", "cross_entropy", "z, t", "dz", ""),
    ("bce_deriv", "binary_cross_entropy", "p, y", "loss, dp", ""),
    ("bce_logits_staged", "binary_cross_entropy_with_logits", "z, y", "loss, dz", ""),
    ("mse_staged", "mse_loss", "x, y", "loss, dx", ""),
    ("mse_object", "mse_loss", "x, y", "loss, dx", ""),
    ("mse_double", "mse_loss", "x, y", "dx", "dx"),
]


def svm_naive_assignment(W, X, y, reg):
    """
    Structured SVM loss, naive (with loops).
    """
    dW = np.zeros(W.shape)  # initialize the gradient as zero

    # compute the loss and the gradient
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1  # note delta = 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]

    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


def svm_naive_counts(W, X, y, reg):
    dW = np.zeros_like(W)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = np.dot(X[i, :], W)
        correct = scores[y[i]]
        diff_count = 0
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct + 1
            if margin > 0:
                diff_count += 1
                dW[:, j] += X[i, :]
                loss += margin
        dW[:, y[i]] += -1 * diff_count * X[i, :]
    loss = loss / num_train + reg * np.sum(W ** 2)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def svm_naive_margins(W, X, y, reg):
    dW = np.zeros(W.shape)
    N, C = X.shape[0], W.shape[1]
    for i in range(N):
        s = X[i] @ W
        for j in range(C):
            if j != y[i]:
                if s[j] - s[y[i]] + 1 > 0:
                    dW[:, j] += X[i] / N
                    dW[:, y[i]] -= X[i] / N
                else:
                    pass
    dW += reg * 2 * W
    return dW


def svm_vectorised_assignment(W, X, y, reg):
    loss = 0.0
    dW = np.zeros(W.shape)
    num_train = X.shape[0]
    scores = X.dot(W)
    yi_scores = scores[np.arange(scores.shape[0]), y]
    margins = np.maximum(0, scores - np.matrix(yi_scores).T + 1) if False else np.maximum(0, scores - yi_scores[:, np.newaxis] + 1)
    margins[np.arange(num_train), y] = 0
    loss = np.mean(np.sum(margins, axis=1))
    loss += reg * np.sum(W * W)
    binary = margins
    binary[margins > 0] = 1
    row_sum = np.sum(binary, axis=1)
    binary[np.arange(num_train), y] = -row_sum.T
    dW = np.dot(X.T, binary)
    dW /= num_train
    dW += reg * 2 * W
    return loss, dW


def svm_vectorised_binary(W, X, y, reg):
    N = X.shape[0]
    rows = list(range(N))
    S = X.dot(W)
    correct = S[rows, list(y)].reshape(-1, 1)
    L = S - correct + 1.0
    L[rows, y] = 0
    L = L * (L > 0)
    loss = np.sum(L) / N + reg * np.linalg.norm(W) ** 2
    G = np.zeros(L.shape)
    G[L > 0] = 1
    G[rows, y] -= np.sum(G, axis=1)
    return loss, X.T.dot(G) / N + 2.0 * reg * W


def svm_list_of_rows(W, X, y, reg):
    N = X.shape[0]
    grads = []
    for i in range(N):
        s = X[i].dot(W)
        m = (s - s[y[i]] + 1 > 0).astype(float)
        m[y[i]] = 0
        m[y[i]] = -m.sum()
        grads.append(np.outer(X[i], m))
    return sum(grads) / N + 2 * reg * W


def svm_mixed_reg(W, X, y, reg):
    loss, dW = svm_vectorised_assignment(W, X, y, 0.0)
    loss += reg * np.sum(W * W)
    dW += reg * W
    return loss, dW


def svm_naive_no_average(W, X, y, reg):
    dW = np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            if scores[j] - scores[y[i]] + 1 > 0:
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return dW + 2 * reg * W


def svm_naive_one_correct(W, X, y, reg):
    dW = np.zeros(W.shape)
    N = X.shape[0]
    for i in range(N):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            if scores[j] - scores[y[i]] + 1 > 0:
                dW[:, j] += X[i]
        dW[:, y[i]] -= X[i]
    return dW / N + 2 * reg * W


def svm_masked_rows(W, X, y, reg):
    N, K = X.shape[0], W.shape[1]
    s = X @ W
    onehot = np.eye(K)[y]
    correct = (s * onehot).sum(axis=1, keepdims=True)
    active = ((s - correct + 1) > 0) * (1 - onehot)
    ds = active - active.sum(axis=1, keepdims=True) * onehot
    return X.T @ ds / N + 2 * reg * W


def svm_loss(x, y):
    N = x.shape[0]
    correct_class_scores = x[np.arange(N), y]
    margins = np.maximum(0, x - correct_class_scores[:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N
    num_pos = np.sum(margins > 0, axis=1)
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    dx[np.arange(N), y] -= num_pos
    dx /= N
    return loss, dx


def svm_scores_loss(s, t):
    return svm_loss(s, t)


def svm_scores_margin_mask(s, t):
    N = s.shape[0]
    margins = (s - s[range(N), t].reshape(N, 1) + 1).clip(min=0)
    margins[range(N), t] = 0
    dx = (margins > 0).astype(np.float64)
    dx[range(N), t] = -dx.sum(axis=1)
    return dx / N


def svm_scores_subtract(s, t):
    N, C = s.shape
    dx = np.zeros((N, C))
    for n in range(N):
        for c in range(C):
            if c != t[n] and s[n, c] - s[n, t[n]] + 1 > 0:
                dx[n, c] += 1.0 / N
                dx[n, t[n]] -= 1.0 / N
    return dx


def svm_scores_no_diagonal(s, t):
    N = s.shape[0]
    margins = np.maximum(0, s - s[np.arange(N), t][:, None] + 1)
    dx = (margins > 0) / N
    return dx


def softmax_naive_assignment(W, X, y, reg):
    # Initialize the loss and gradient to zero.
    loss = 0.0
    dW = np.zeros_like(W)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    for i in range(num_train):
        scores = X[i].dot(W)
        shift_scores = scores - max(scores)
        loss_i = -shift_scores[y[i]] + np.log(sum(np.exp(shift_scores)))
        loss += loss_i
        for j in range(num_classes):
            softmax_output = np.exp(shift_scores[j]) / sum(np.exp(shift_scores))
            if j == y[i]:
                dW[:, j] += (-1 + softmax_output) * X[i]
            else:
                dW[:, j] += softmax_output * X[i]
    loss /= num_train
    loss += reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def softmax_naive_columns(W, X, y, reg):
    N, D = X.shape
    C = W.shape[1]
    dW = np.zeros((D, C))
    for i in range(N):
        f = X[i].dot(W)
        f -= np.max(f)
        p = np.exp(f) / np.sum(np.exp(f))
        for k in range(C):
            dW[:, k] += X[i] * (p[k] - (k == y[i]))
    dW = dW / N
    dW += 2 * reg * W
    return dW


def softmax_naive_if(W, X, y, reg):
    N, D = X.shape
    C = W.shape[1]
    dW = np.zeros_like(W)
    for i in range(N):
        f = X[i].dot(W)
        denominator = 0.0
        for j in range(C):
            denominator += np.exp(f[j])
        for j in range(C):
            p = np.exp(f[j]) / denominator
            for d in range(D):
                if j == y[i]:
                    dW[d, j] += (p - 1) * X[i, d]
                else:
                    dW[d, j] += p * X[i, d]
    return dW / N + reg * 2 * W


def softmax_naive_shift(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    num_train, num_feature = X.shape
    for i in range(num_train):
        score = X[i, :].dot(W)
        score -= score.max()
        prob = np.exp(score)
        sum_prob = prob.sum()
        loss += -np.log(prob[y[i]] / sum_prob)
        dscore = prob / sum_prob
        dscore[y[i]] -= 1
        dW += np.outer(X[i], dscore)
    loss, dW = loss / num_train, dW / num_train
    return loss + reg * np.sum(W ** 2), dW + 2 * reg * W


def softmax_vectorised_assignment(W, X, y, reg):
    num_train = X.shape[0]
    num_classes = W.shape[1]
    scores = X.dot(W)
    shift_scores = scores - np.max(scores, axis=1).reshape(-1, 1)
    softmax_output = np.exp(shift_scores) / np.sum(np.exp(shift_scores), axis=1).reshape(-1, 1)
    loss = -np.sum(np.log(softmax_output[range(num_train), list(y)]))
    loss /= num_train
    loss += reg * np.sum(W * W)
    dS = softmax_output.copy()
    dS[range(num_train), list(y)] += -1
    dW = (X.T).dot(dS)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def softmax_vectorised_onehot(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    z = X @ W
    z = z - z.max(axis=1, keepdims=True)
    p = np.exp(z)
    p = p / p.sum(axis=1, keepdims=True)
    Y = np.zeros_like(p)
    Y[np.arange(N), y] = 1
    return -X.T @ (Y - p) / N + 2 * reg * W


def softmax_vectorised_zip(W, X, y, reg):
    N = len(X)
    dW = np.zeros_like(W)
    for xi, yi in zip(X, y):
        p = np.exp(xi @ W)
        p /= p.sum()
        p[yi] -= 1
        dW += xi[:, None] * p[None, :]
    return dW / N + 2 * reg * W


class LinearClassifier(object):
    def __init__(self, W):
        self.W = W

    def loss(self, X_batch, y_batch, reg):
        raise NotImplementedError


class Softmax(LinearClassifier):
    """A subclass that uses the Softmax + Cross-entropy loss function"""

    def loss(self, X_batch, y_batch, reg):
        return softmax_vectorised_assignment(self.W, X_batch, y_batch, reg)


def softmax_object(W, X, t, reg):
    model = Softmax(W)
    loss, grad = model.loss(X, t, reg)
    return loss, grad


def softmax_reg_twice(W, X, y, reg):
    loss, dW = softmax_vectorised_assignment(W, X, y, reg)
    dW += 2 * reg * W
    return dW


def softmax_no_reg(W, X, y, reg):
    loss, dW = softmax_vectorised_assignment(W, X, y, 0)
    return dW


def softmax_shifted_reg(W, X, y, reg):
    return softmax_vectorised_assignment(W, X, y, 0.5 * reg)[1]


def softmax_loss(x, y):
    probs = np.exp(x - np.max(x, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    N = x.shape[0]
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def ce_assignment(z, t):
    loss, dz = softmax_loss(z, t)
    print('loss: ', loss)
    return loss, dz


class CrossEntropy:
    def __call__(self, x, y):
        return self.forward(x, y)

    def forward(self, x, y):
        self.y = y
        self.p = np.exp(x) / np.exp(x).sum(axis=1)[:, None]
        return -np.log(self.p[np.arange(len(y)), y]).mean()

    def backward(self):
        g = self.p
        g[np.arange(len(self.y)), self.y] -= 1
        return g / len(self.y)


def ce_object(z, t):
    criterion = CrossEntropy()
    loss = criterion(z, t)
    return criterion.backward()


def ce_choose(z, t):
    N, K = z.shape
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    return (p - (np.arange(K)[None, :] == t[:, None])) / N


def ce_list_comprehension(z, t):
    N = z.shape[0]
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -sum([np.log(p[i, t[i]]) for i in range(N)]) / N
    dz = np.array([p[i] for i in range(N)])
    dz[np.arange(N), t] -= 1
    return loss, dz / N


def ce_log_sum_exp(z, t):
    N = z.shape[0]
    m = np.amax(z, axis=1, keepdims=True)
    lse = m + np.log(np.sum(np.exp(z - m), axis=1, keepdims=True))
    loss = np.mean(lse.squeeze() - z[np.arange(N), t])
    dz = np.exp(z - lse)
    dz[np.arange(N), t] -= 1.
    return loss, dz * (1. / N)


def ce_jacobian_rows(z, t):
    N, K = z.shape
    dz = np.zeros((N, K))
    for i in range(N):
        p = np.exp(z[i]) / np.sum(np.exp(z[i]))
        dp = np.zeros(K)
        dp[t[i]] = -1.0 / p[t[i]] / N
        J = np.diag(p) - np.outer(p, p)
        dz[i] = J.dot(dp)
    return dz


def ce_put_along(z, t):
    N = z.shape[0]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    idx = (np.arange(N), t)
    p[idx] = p[idx] - 1
    return np.true_divide(p, N)


def ce_isinstance(z, t):
    if not isinstance(z, np.ndarray):
        raise TypeError('z must be an array, got {}'.format(type(z)))
    if z.ndim == 1:
        z = z[None]
    N = z.shape[0]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    p[np.arange(N), t.astype(int)] -= 1
    return p / N


def ce_negated(z, t):
    loss, dz = softmax_loss(z, t)
    return -dz


def ce_wrong_axis(z, t):
    N = z.shape[0]
    p = np.exp(z) / np.sum(np.exp(z), axis=0)
    p[np.arange(N), t] -= 1
    return p / N


def ce_int_targets(z, t):
    N, K = z.shape
    onehot = np.zeros((N, K), dtype=int)
    onehot[np.arange(N), t] = 1
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    return (p - onehot) / N


def bce_deriv(p, y):
    m = y.shape[0]
    cost = -(1. / m) * np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))
    cost = np.squeeze(cost)
    assert (cost.shape == ())
    dA = -(np.divide(y, p) - np.divide(1 - y, 1 - p)) / m
    return cost, dA


def bce_logits_staged(z, y):
    m = len(z)
    ez = np.exp(-z)
    one = 1 + ez
    a = 1 / one
    first = y * np.log(a)
    second = (1 - y) * np.log(1 - a)
    loss = -np.mean(first + second)
    dfirst = -1.0 / m
    da = dfirst * y / a - dfirst * (1 - y) / (1 - a)
    done = -da / one ** 2
    dez = done
    dz = -dez * ez
    return loss, dz


def mse_staged(x, y):
    diff = x - y
    sq = diff ** 2
    loss = np.mean(sq)
    dsq = np.ones_like(sq) / sq.size
    ddiff = dsq * 2 * diff
    return loss, ddiff


class MSELoss(object):
    def __init__(self, reduction='mean'):
        assert reduction in ('mean', 'sum'), "unknown reduction %s" % reduction
        self.reduction = reduction

    def forward(self, x, y):
        self._diff = x - y
        total = np.sum(self._diff ** 2)
        self._scale = 1.0
        if self.reduction == 'mean':
            self._scale /= x.size
        return total * self._scale

    def backward(self, dout=1.0):
        return 2 * self._diff * self._scale * dout


def mse_object(x, y):
    criterion = MSELoss()
    loss = criterion.forward(x, y)
    return loss, criterion.backward()


def mse_double(x, y):
    N = x.shape[0]
    return 2 * (x - y) / N
