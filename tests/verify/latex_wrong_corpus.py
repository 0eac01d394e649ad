"""Gradients in LaTeX with the mistakes that people make: the layer, the formula, the mistake. None of them may pass."""

from __future__ import annotations

SQUARE = "x[N,D], W[D,D] -> z[N,D]; z = x @ W"
COLUMN = "W[D,D], x[D], b[D] -> z[D]; z = W @ x + b"
PERCEPTRON = "x[D], W[D,D], V[D,D] -> o[D]; h = tanh(W @ x); o = V @ h"
GATE = "x[N,D], W[D,D] -> y[N,D]; z = x @ W; y = sigmoid(z)"
AUTO = "x[D], W[D,D] -> C; e = W.T @ W @ x - x; C = sum(e*e)/2"
LEAST = "X[N,D], w[D], y[N] -> C; C = sum((X @ w - y)**2)/N"
RIDGE = "X[N,D], w[D], y[N], lam > 0 -> C; C = sum((X @ w - y)**2)/(2*N) + lam*sum(w**2)/2"

DROPPED_TRANSPOSE = [
    (SQUARE, r"\frac{\partial C}{\partial x} = \frac{\partial C}{\partial z} W"),
    (COLUMN, r"\frac{\partial C}{\partial x} = W \frac{\partial C}{\partial z}"),
    (PERCEPTRON, r"\nabla_h C = V \nabla_o C"),
    (PERCEPTRON, r"dx = W (dh \odot (1 - h^2))"),
    ("quadratic_form", r"\frac{\partial C}{\partial x} = A x + A x"),
    ("quadratic_form", r"\nabla_x C = 2 A x"),
    ("inverse", r"dA = -B \, dB \, B"),
    ("inverse", r"\frac{\partial C}{\partial A} = -B^\top \frac{\partial C}{\partial B} B"),
    ("logdet", r"\frac{\partial C}{\partial A} = A^{-1}"),
    ("trace_product", r"\frac{\partial C}{\partial A} = B"),
    (AUTO, r"\frac{\partial C}{\partial x} = (W^\top W - I) (W^\top W x - x) W"),
    ("rnn_cell", r"dh_0 = da\, U"),
]
PRODUCT_ORDER = [
    (SQUARE, r"\frac{\partial C}{\partial W} = dz^\top x"),
    (SQUARE, r"dW = x\, dz^\top"),
    (COLUMN, r"\frac{\partial C}{\partial W} = x \, dz^\top"),
    (COLUMN, r"\frac{\partial C}{\partial W_{ij}} = x_i \frac{\partial C}{\partial z_j}"),
    (PERCEPTRON, r"\frac{\partial C}{\partial V} = h \, do^\top"),
    ("linear", r"dW = dz^\top x"),
    ("linear", r"dx = W^\top dz"),
    ("inverse", r"dA = -dB \, B^\top B^\top"),
    (AUTO, r"\frac{\partial C}{\partial W} = W x e^\top + W e x^\top + W"),
    ("trace_product", r"\frac{\partial C}{\partial B} = A"),
]
WRONG_DERIVATIVE = [
    ("sigmoid", r"dx = dy \odot \sigma(x)"),
    ("sigmoid", r"dx_{nd} = dy_{nd} y_{nd}"),
    ("sigmoid", r"dx = dy \odot \sigma(x) \odot (1 + \sigma(x))"),
    ("sigmoid", r"dx = dy \odot x \odot (1 - x)"),
    ("tanh", r"dx = dy \odot (1 - y)"),
    ("tanh", r"dx = dy \odot (1 - \tanh x)"),
    ("tanh", r"dx = dy \odot y \odot (1 - y)"),
    ("softplus", r"dx = dy \odot \tanh(x)"),
    ("silu", r"dx = dy \odot \sigma(x)"),
    ("relu", r"dx = dy \odot \mathbb{1}[y \ge 0]"),
    ("relu", r"dx = dy \odot \mathrm{ReLU}(x)"),
    ("leaky_relu", r"\frac{\partial C}{\partial x} = dy \odot \mathbb{1}[x > 0]"),
    ("elu", r"dx_{nd} = dy_{nd} \begin{cases} 1 & x_{nd} > 0 \\ e^{x_{nd}} - 1 & \text{otherwise} \end{cases}"),
    ("softsign", r"dx = \frac{dy}{1 + |x|}"),
    (GATE, r"dW = x^\top (dy \odot y)"),
    ("frobenius_norm", r"dA_{ij} = A_{ij}"),
]
DROPPED_FACTOR = [
    (GATE, r"\frac{\partial C}{\partial W} = x^\top \frac{\partial C}{\partial y}"),
    (PERCEPTRON, r"dW = (V^\top do) x^\top"),
    (PERCEPTRON, r"\frac{\partial C}{\partial x} = W^\top V^\top do"),
    ("mlp:target=one_hot", r"\frac{\partial C}{\partial W_1} = \frac{1}{N} x^\top \left( (p - y) W_2^\top \right)"),
    ("mlp:target=one_hot", r"\delta_2 = \frac1N(p - y) \\ \delta_1 = \delta_2 W_2^\top \\ dW_1 = x^\top \delta_1"),
    ("neuron", r"\frac{\partial C}{\partial W} = (r - y) x"),
    ("rnn_cell", r"dW = x^\top dh_1"),
    ("rnn_cell", r"db_j = \sum_n dh_{1,nj}"),
    ("batch_norm", r"\frac{\partial C}{\partial \gamma_d} = \sum_n dy_{nd}"),
    ("lstm_cell", r"dfg_{nj} = dc_{1,nj}"),
    ("scaled_dot_product_attention", r"dQ_{md} = \sum_n dS_{mn} K_{nd}"),
    ("scaled_dot_product_attention", r"dS_{mn} = P_{mn} dP_{mn}"),
]
SIGN = [
    ("half_squared_error", r"\frac{\partial C}{\partial x} = y - x"),
    ("half_squared_error", r"\frac{\partial C}{\partial y} = x - y"),
    ("mse_loss", r"dx = -\frac{2}{ND}(x - y)"),
    ("binary_cross_entropy_with_logits", r"dz_n = \frac1N (y_n - p_n)"),
    ("cross_entropy:target=one_hot", r"\frac{\partial C}{\partial z} = \frac{1}{N}(y - p)"),
    ("tanh", r"dx = dy \odot (y^2 - 1)"),
    ("inverse", r"dA = B^\top dB B^\top"),
    ("batch_norm", r"d\mu_d = \sum_n \frac{d\hat x_{nd}}{\sqrt{\sigma^2_d + \epsilon}}"),
    ("l1_loss", r"dx_{nd} = \frac{1}{ND} \operatorname{sign}(y_{nd} - x_{nd})"),
]
MISSING_MEAN = [
    ("mse_loss", r"\frac{\partial C}{\partial x} = 2 (x - y)"),
    ("mse_loss", r"dx = \frac{2}{N} (x - y)"),
    ("cross_entropy:target=one_hot", r"dz = p - y"),
    ("binary_cross_entropy", r"\frac{\partial C}{\partial p_n} = \frac{p_n - y_n}{p_n (1 - p_n)}"),
    (LEAST, r"\nabla_w C = 2 X^\top (X w - y)"),
    (LEAST, r"\nabla_w C = \frac{1}{N} X^\top (X w - y)"),
    (RIDGE, r"\nabla_w C = \frac1N X^\top (Xw - y) + 2\lambda w"),
    (RIDGE, r"\nabla_w C = \frac1N X^\top (Xw - y)"),
    ("avg_pool1d", r"dx_{ndl} = \sum_i dy_{ndi} \mathbb{1}[0 \le l - i < P]"),
    ("l2_regularizer", r"dW = 2 \lambda W"),
    ("mlp:target=one_hot", r"dW_2 = a_1^\top (p - y)"),
]
MISSING_SUM = [
    ("batch_norm", r"dx_{nd} = \frac{\gamma_d}{\sqrt{\sigma^2_d + \epsilon}} dy_{nd}"),
    ("batch_norm", r"dx_{nd} = \frac{\gamma_d}{\sqrt{\sigma^2_d + \epsilon}} \left( dy_{nd} - \frac1N \sum_m dy_{md} \right)"),
    ("layer_norm", r"dx_{nd} = \frac{\gamma_d}{\sqrt{\sigma^2_n + \epsilon}} \left( dy_{nd} - \frac1D \sum_e dy_{ne} \right)"),
    ("cross_entropy:target=one_hot", r"dz_{nk} = \frac1N (p_{nk} y_{nk} - y_{nk})"),
    ("scaled_dot_product_attention", r"dS_{mn} = P_{mn} (dP_{mn} - P_{mn} dP_{mn})"),
    ("rms_norm", r"dx_{nd} = \frac{\gamma_d dy_{nd}}{rms_n}"),
    ("lstm_cell", r"\frac{\partial C}{\partial c_0} = dc_1 \odot fg"),
    ("lstm_cell", r"dc_{0,nj} = dc_{1,nj} fg_{nj} + og_{nj}"),
    ("rnn", r"da_{tnj} = dh_{tnj} (1 - h_{tnj}^2)"),
    ("gru_cell", r"dh_0 = dh_1 \odot zg"),
]
WRONG_INDEX = [
    ("linear", r"db_h = \sum_h dz_{nh}"),
    (SQUARE, r"\frac{\partial C}{\partial W_{ij}} = \sum_n x_{nj} dz_{ni}"),
    (SQUARE, r"dx_{nd} = \sum_h dz_{nh} W_{hd}"),
    ("scaled_dot_product_attention", r"dV_{ne} = \sum_m P_{nm} dO_{me}"),
    ("scaled_dot_product_attention", r"dS_{mn} = P_{mn}\left(dP_{mn} - \sum_j dP_{jn} P_{jn}\right)"),
    ("conv1d", r"dx_{ndl} = \sum_f \sum_p dy_{n,f,l+p} W_{fdp}"),
    ("conv1d", r"dW_{fdp} = \sum_n \sum_i dy_{nfi} x_{n,d,i}"),
    ("linear", r"\frac{\partial z_{nh}}{\partial W_{ij}} = x_{ni}"),
    ("linear", r"\frac{\partial z_{nj}}{\partial x_{mi}} = W_{ij}"),
    ("cross_entropy:target=one_hot", r"\frac{\partial p_{nk}}{\partial z_{nj}} = p_{nk}(1 - p_{nk})"),
    ("cross_entropy:target=one_hot", r"\frac{\partial p_{nk}}{\partial z_{nj}} = p_{nk}(p_{nj} - \delta_{kj})"),
]
STRIDES = [
    ("conv1d:stride=2", r"\frac{\partial L}{\partial W_{fdp}} = \sum_{n,i} \frac{\partial L}{\partial y_{nfi}} x_{n,d,i+p}"),
    ("conv1d:stride=2", r"\frac{\partial L}{\partial W_{fdp}} = \sum_{n,i} \frac{\partial L}{\partial y_{nfi}} x_{n,d,2i+2p}"),
    ("conv2d:stride=2,padding=1", r"dW_{fdpq} = \sum_{n,i,j} dy_{n,f,i,j}\, x_{n,d,2i+p-1,j+q-1}"),
    ("conv2d:stride=2,padding=1", r"dW_{fdpq} = \sum_{n,i,j} dy_{n,f,i,j}\, x_{n,d,2i+p,2j+q}"),
    ("avg_pool1d:stride=2,kernel_size=3", r"dx_{ndl} = \frac13 \sum_i dy_{ndi} \mathbb{1}[0 \le l - i < 3]"),
]
WRONG = [
    (layer, latex, mistake)
    for mistake, rows in {
        "transpose dropped": DROPPED_TRANSPOSE,
        "order of a product": PRODUCT_ORDER,
        "wrong derivative": WRONG_DERIVATIVE,
        "factor dropped": DROPPED_FACTOR,
        "sign": SIGN,
        "mean missing": MISSING_MEAN,
        "sum missing": MISSING_SUM,
        "wrong index": WRONG_INDEX,
        "stride left out": STRIDES,
    }.items()
    for layer, latex in rows
]
