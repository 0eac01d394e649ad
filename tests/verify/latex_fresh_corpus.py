"""Formulas as they stand in papers, lecture notes and homework, right ones: the layer, the LaTeX, the options of check."""

from __future__ import annotations

from typing import Any

NEURON = "w[D], x[D], b, y -> L; z = sum(w*x) + b; a = sigmoid(z); L = (a - y)**2/2"
LOGISTIC = "X[N,D], w[D], y[N] -> L; p = sigmoid(X @ w); L = -sum(y*log(p) + (1-y)*log(1-p))/N"
TWO_LAYERS = "x[D], W1[H,D], b1[H], W2[K,H], b2[K] -> z2[K]; z1 = W1 @ x + b1; a1 = sigmoid(z1); z2 = W2 @ a1 + b2"

FRESH: list[tuple[str, str, dict[str, Any]]] = [
    ("batch_norm", r"\frac{\partial \ell}{\partial \widehat{x}_i} = \frac{\partial \ell}{\partial y_i} \cdot \gamma", {}),
    (
        "batch_norm",
        r"""\begin{align*}
\frac{\partial \ell}{\partial \hat{x}_i} &= \frac{\partial \ell}{\partial y_i} \cdot \gamma\\
\frac{\partial \ell}{\partial \sigma_{\mathcal{B}}^2} &= \sum_{i=1}^m \frac{\partial \ell}{\partial \hat{x}_i}\cdot (x_i - \mu_{\mathcal{B}})\cdot \frac{-1}{2}(\sigma_{\mathcal{B}}^2 + \epsilon)^{-3/2}\\
\frac{\partial \ell}{\partial \mu_{\mathcal{B}}} &= \bigg(\sum_{i=1}^m \frac{\partial \ell}{\partial \hat{x}_i}\cdot\frac{-1}{\sqrt{\sigma_{\mathcal{B}}^2+\epsilon}}\bigg) + \frac{\partial \ell}{\partial \sigma_{\mathcal{B}}^2}\cdot\frac{\sum_{i=1}^m -2(x_i - \mu_{\mathcal{B}})}{m}\\
\frac{\partial \ell}{\partial x_i} &= \frac{\partial \ell}{\partial \hat{x}_i} \cdot \frac{1}{\sqrt{\sigma_{\mathcal{B}}^2+\epsilon}} + \frac{\partial \ell}{\partial \sigma_{\mathcal{B}}^2} \cdot \frac{2(x_i-\mu_{\mathcal{B}})}{m} + \frac{\partial \ell}{\partial \mu_{\mathcal{B}}}\cdot\frac{1}{m}\\
\frac{\partial \ell}{\partial \gamma} &= \sum_{i=1}^{m} \frac{\partial\ell}{\partial y_i}\cdot\hat{x}_i\\
\frac{\partial\ell}{\partial\beta} &= \sum_{i=1}^m \frac{\partial \ell}{\partial y_i}
\end{align*}""",
        {"names": {"\\cdot": "odot", "\\sigma_{\\mathcal{B}}^2": "var", "\\mu_{\\mathcal{B}}": "mu", "m": "N"}},
    ),
    (
        "batch_norm",
        r"\frac{\partial L}{\partial x_{nd}} = \frac{\gamma_d}{N \sqrt{\sigma_d^2+\varepsilon}} \left[ N \frac{\partial L}{\partial y_{nd}} - \sum_{m=1}^{N} \frac{\partial L}{\partial y_{md}} - \hat x_{nd} \sum_{m=1}^N \frac{\partial L}{\partial y_{md}} \hat x_{md} \right]",
        {},
    ),
    (
        "batch_norm",
        r"\frac{\partial L}{\partial \gamma_d}=\sum_{n} \frac{\partial L}{\partial y_{n,d}}\hat{x}_{n,d},\qquad \frac{\partial L}{\partial \beta_d}=\sum_{n} \frac{\partial L}{\partial y_{n,d}}",
        {},
    ),
    ("batch_norm", r"\nabla_{\gamma}L = \sum_i \nabla_{y_i} L \odot \hat{x}_i", {}),
    (
        "batch_norm",
        r"\frac{\partial \mathcal L}{\partial \sigma^2_d} = -\tfrac12 \sum_n \frac{\partial \mathcal L}{\partial \hat x_{nd}} \frac{x_{nd}-\mu_d}{(\sigma_d^2+\epsilon)^{3/2}}",
        {},
    ),
    (
        "batch_norm",
        r"\frac{\partial \hat x_{id}}{\partial x_{jd}} = \frac{1}{\sqrt{\sigma^2_d + \epsilon}}\left(\delta_{ij} - \frac1N - \frac{\hat x_{id}\hat x_{jd}}{N}\right)",
        {},
    ),
    ("batch_norm", r"\frac{\partial \hat x_{nd}}{\partial \mu_d} = -\frac{1}{\sqrt{\sigma^2_d+\epsilon}}", {}),
    ("batch_norm", r"\frac{\partial \hat x_{nd}}{\partial \sigma^2_d} = -\frac12 (x_{nd} - \mu_d) (\sigma_d^2 + \epsilon)^{-3/2}", {}),
    (
        "cross_entropy:target=one_hot",
        r"\frac{\partial \mathcal{L}}{\partial z_{ik}} = \frac{1}{N}\left(\hat{y}_{ik} - y_{ik}\right)",
        {"names": {"\\hat{y}": "p"}, "assume": "sum[k](y[n,k]) == 1"},
    ),
    ("cross_entropy:target=one_hot", r"\frac{\partial L}{\partial z_{nk}} = \frac1N \Big( p_{nk} \sum_j y_{nj} - y_{nk}\Big)", {}),
    (
        "cross_entropy:target=one_hot",
        r"\frac{\partial p_{nk}}{\partial z_{nj}} = \begin{cases} p_{nk}(1-p_{nk}) & \text{if } k=j \\ -p_{nk}p_{nj} & \text{if } k\neq j\end{cases}",
        {},
    ),
    ("cross_entropy:target=one_hot", r"\frac{\partial p_{nk}}{\partial z_{nj}} = p_{nk}(\mathbb{1}\{k=j\} - p_{nj})", {}),
    ("cross_entropy:target=one_hot", r"\frac{\partial C}{\partial p_{nk}} = -\frac{y_{nk}}{N\,p_{nk}}", {}),
    ("cross_entropy:target=one_hot", r"\nabla_{z} L = \frac{1}{N}(\text{softmax}(z) - y)", {"assume": "sum[k](y[n,k]) == 1"}),
    (
        "cross_entropy:target=one_hot",
        r"\nabla_{\mathbf{z}} \mathcal{L} = \frac{1}{N}\bigl(\mathrm{softmax}(\mathbf{z}) - \mathbf{y}\bigr)",
        {"assume": "sum[k](y[n,k]) == 1"},
    ),
    ("cross_entropy", r"\frac{\partial L}{\partial z_{nk}} = \frac{1}{N}\left(p_{nk} - \mathbb{1}[k = t_n]\right)", {}),
    ("cross_entropy", r"\frac{\partial L}{\partial z_{n k}} = \frac{1}{N}(p_{n k} - \delta_{k, t_n})", {}),
    ("cross_entropy", r"dz_{nk} = \frac{1}{N}\left(\frac{e^{z_{nk}}}{\sum_{j} e^{z_{nj}}} - [k = t_n]\right)", {}),
    ("scaled_dot_product_attention", r"dV = P^T dO", {}),
    ("scaled_dot_product_attention", r"dP = dO V^T", {}),
    ("scaled_dot_product_attention", r"dQ = \frac{1}{\sqrt{d_k}} dS\, K", {"names": {"d_k": "D"}}),
    (
        "scaled_dot_product_attention",
        r"\frac{\partial \mathcal{L}}{\partial K} = \frac{1}{\sqrt{D}} \left(\frac{\partial \mathcal{L}}{\partial S}\right)^{\!\top} Q",
        {},
    ),
    (
        "scaled_dot_product_attention",
        r"\mathbf{dQ} = \frac{\mathbf{dS}\,\mathbf{K}}{\sqrt{D}}, \; \mathbf{dK} = \frac{\mathbf{dS}^{\top}\mathbf{Q}}{\sqrt{D}}",
        {},
    ),
    ("scaled_dot_product_attention", r"dS = P \odot \left(dP - (dP \odot P)\mathbf{1}\mathbf{1}^\top\right)", {}),
    (
        "scaled_dot_product_attention",
        r"\frac{\partial L}{\partial S_{ij}} = P_{ij} \left( \frac{\partial L}{\partial P_{ij}} - \sum_{k=1}^N \frac{\partial L}{\partial P_{ik}} P_{ik} \right)",
        {},
    ),
    ("lstm_cell", r"\delta o_t = \delta h_t \odot \tanh(c_t)", {"names": {"\\delta o_t": "dog", "\\delta h_t": "dh1", "c_t": "c1"}}),
    (
        "lstm_cell",
        r"\frac{\partial E}{\partial o_t} = \frac{\partial E}{\partial h_t} \odot \tanh(c_t)",
        {"names": {"o_t": "og", "h_t": "h1", "c_t": "c1"}},
    ),
    (
        "lstm_cell",
        r"\frac{\partial E}{\partial c_t} = \frac{\partial E}{\partial c_t} + \frac{\partial E}{\partial h_t} \odot o_t \odot (1 - \tanh^2(c_t))",
        {"names": {"o_t": "og", "h_t": "h1", "c_t": "c1"}},
    ),
    ("lstm_cell", r"\frac{\partial L}{\partial W_f} = x^\top \frac{\partial L}{\partial a_f}", {}),
    (
        "lstm_cell",
        r"\frac{\partial L}{\partial U_f} = h_0^\top \left( \frac{\partial L}{\partial f} \odot f \odot (1-f)\right)",
        {"names": {"f": "fg"}},
    ),
    ("lstm_cell", r"\frac{\partial L}{\partial W_o} = x^{\top} \left[ dh_1 \odot \tanh(c_1) \odot \sigma'(a_o) \right]", {}),
    ("lstm_cell", r"\frac{\partial L}{\partial h_0} = da_i U_i^\top + da_f U_f^\top + da_g U_g^\top + da_o U_o^\top", {}),
    ("lstm_cell", r"\frac{\partial L}{\partial b_g} = \sum_n (da_g)_n", {}),
    (
        "conv1d",
        r"\frac{\partial L}{\partial w_{f,c,k}} = \sum_{n}\sum_{i} \frac{\partial L}{\partial y_{n,f,i}} x_{n,c,i+k}",
        {"names": {"w": "W"}},
    ),
    ("conv1d", r"\frac{\partial L}{\partial x_{n,c,j}} = \sum_f \sum_k \frac{\partial L}{\partial y_{n,f,j-k}} W_{f,c,k}", {}),
    ("conv1d", r"\frac{\partial L}{\partial b_f} = \sum_{n,i} \frac{\partial L}{\partial y_{nfi}}", {}),
    ("conv2d", r"\frac{\partial L}{\partial W_{f,d,p,q}} = \sum_{n,i,j} \frac{\partial L}{\partial y_{n,f,i,j}}\, x_{n,d,i+p,j+q}", {}),
    (
        "conv2d",
        r"\frac{\partial L}{\partial x_{n,d,l,m}} = \sum_{f}\sum_{p}\sum_{q} \frac{\partial L}{\partial y_{n,f,l-p,m-q}} W_{f,d,p,q}",
        {},
    ),
    (
        "linear",
        r"\frac{\partial\mathcal L}{\partial\mathbf W}=\mathbf X^{\!\top}\boldsymbol\Delta\;\in\mathbb R^{D\times H}",
        {"names": {"\\mathbf X": "x", "\\Delta": "dz"}},
    ),
    ("mlp:target=one_hot", r"\delta^{(2)} = \frac{1}{N}(p-y);\; \frac{\partial C}{\partial W^{(2)}} = (a^{(1)})^\top \delta^{(2)}", {}),
    (
        "mlp:target=one_hot",
        r"\frac{\partial C}{\partial W_1} = x^\top\left(\left(\frac{\partial C}{\partial z_2} W_2^\top\right) \odot \mathbb{I}(z_1 > 0)\right)",
        {},
    ),
    (
        "mlp:target=one_hot",
        r"\frac{\partial C}{\partial b_1} = \sum_{n=1}^N \left[ \frac{\partial C}{\partial a_1} \odot \mathbf{1}_{z_1>0}\right]_n",
        {},
    ),
    ("sigmoid", r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}\,\sigma(x)\bigl(1-\sigma(x)\bigr)", {}),
    ("sigmoid", r"\frac{\partial L}{\partial x_{ij}} = \frac{\partial L}{\partial y_{ij}} \frac{e^{-x_{ij}}}{(1+e^{-x_{ij}})^2}", {}),
    ("softplus", r"\frac{\mathrm d C}{\mathrm d x} = \frac{\mathrm d C}{\mathrm d y} \odot \frac{1}{1+\exp(-x)}", {}),
    (
        "layer_norm",
        r"\frac{\partial L}{\partial x_{ij}} = \frac{1}{\sqrt{\sigma_i^2+\epsilon}}\left(g_{ij} - \frac1D\sum_k g_{ik} - \hat x_{ij}\frac1D\sum_k g_{ik}\hat x_{ik}\right)",
        {"names": {"g": "dxhat"}},
    ),
    (NEURON, r"\frac{\partial L}{\partial w_i} = (a-y)\,a(1-a)\,x_i", {}),
    (
        NEURON,
        r"\frac{\partial L}{\partial w_i} = \frac{\partial L}{\partial a}\frac{\partial a}{\partial z}\frac{\partial z}{\partial w_i} = (a-y)\cdot a(1-a)\cdot x_i",
        {},
    ),
    (
        NEURON,
        r"\frac{\partial L}{\partial b} = \frac{\partial L}{\partial a}\cdot\frac{\partial a}{\partial z}\cdot\frac{\partial z}{\partial b} = (a-y) \, \sigma'(z) \cdot 1",
        {},
    ),
    (NEURON, r"\nabla_w L = (a-y)\sigma'(z) x", {}),
    (NEURON, r"dL/dw = (a-y)\sigma'(z)x", {}),
    (NEURON, r"\frac{dL}{dz} = \frac{dL}{da} \frac{da}{dz} = (a - y) \sigma(z)(1-\sigma(z))", {}),
    (LOGISTIC, r"\nabla_{w} L = \frac{1}{N} X^\top(\sigma(Xw) - y)", {}),
    (
        LOGISTIC,
        r"\frac{\partial L}{\partial w_j}=\frac1N\sum_{i=1}^N (\sigma(w^Tx^{(i)})-y^{(i)})x_j^{(i)}",
        {"names": {"x^{(i)}": "X[i,:]", "x_j^{(i)}": "X[i,j]", "y^{(i)}": "y[i]"}},
    ),
    (LOGISTIC, r"\frac{\partial L}{\partial w_j} = -\frac1N \sum_{i=1}^N (y_i - p_i) X_{ij}", {}),
    (LOGISTIC, r"\frac{\partial^2 L}{\partial w_j \partial w_k} = \frac1N \sum_i p_i (1-p_i) X_{ij} X_{ik}", {}),
    (LOGISTIC, r"\frac{\partial L}{\partial w} = \frac{1}{m} X^T (A - Y)", {"names": {"m": "N", "A": "p", "Y": "y"}}),
    (
        TWO_LAYERS,
        r"\delta^{[2]} = \frac{\partial C}{\partial z^{[2]}}, \quad \frac{\partial C}{\partial W^{[2]}} = \delta^{[2]} a^{[1]\top}",
        {},
    ),
    (
        TWO_LAYERS,
        r"\delta_1 = (W_2^T dz_2) \odot \sigma'(z_1); \quad \frac{\partial C}{\partial W_1} = \delta_1 x^T; \quad \frac{\partial C}{\partial b_1} = \delta_1",
        {},
    ),
    (TWO_LAYERS, r"\frac{\partial C}{\partial W^{1}_{jk}} = x_k \delta^1_j", {"names": {"\\delta^1": "dz1"}}),
    (TWO_LAYERS, r"\frac{\partial C}{\partial w^1_{jk}} = x_k \frac{\partial C}{\partial z^1_j}", {"names": {"w^1": "W1", "z^1": "z1"}}),
    (
        TWO_LAYERS,
        r"\frac{\partial C}{\partial b^{(1)}_j} = \sum_k W^{(2)}_{kj} \frac{\partial C}{\partial z^{(2)}_k} \, a^{(1)}_j (1 - a^{(1)}_j)",
        {},
    ),
    (TWO_LAYERS, r"\frac{\partial C}{\partial z_1} = \operatorname{diag}(\sigma'(z_1)) W_2^\top \frac{\partial C}{\partial z_2}", {}),
    (TWO_LAYERS, r"\frac{\partial C}{\partial x} = W_1^\top \operatorname{diag}(a_1 \odot (1 - a_1)) W_2^\top \nabla_{z_2} C", {}),
    (TWO_LAYERS, r"\frac{\partial z_{2,k}}{\partial x_d} = \sum_h W_{2,kh}\, a_{1,h}(1-a_{1,h})\, W_{1,hd}", {}),
    (
        TWO_LAYERS,
        r"\frac{\partial C}{\partial \mathbf{x}} = \mathbf{W}_1^{\mathsf{T}} \left[ \left( \mathbf{W}_2^{\mathsf{T}} \, \mathrm{d}\mathbf{z}_2 \right) \odot \mathbf{a}_1 \odot (\mathbf{1} - \mathbf{a}_1) \right]",
        {},
    ),
    ("gru_cell", r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial h_1} \odot (h_0 - n)", {"names": {"z": "zg", "n": "ng"}}),
    (
        "gru_cell",
        r"\frac{\partial L}{\partial \tilde{h}} = \frac{\partial L}{\partial h_1} \odot (1 - z_t)",
        {"names": {"\\tilde{h}": "ng", "z_t": "zg"}},
    ),
    ("gru_cell", r"dn = dh_1 \circ (1 - z), \; dr = da_n \circ h_n", {"names": {"n": "ng", "z": "zg", "r": "rg"}}),
    ("rnn", r"\frac{\partial L}{\partial W} = \sum_{t} x_t^\top \frac{\partial L}{\partial a_t}", {}),
    ("rnn", r"\frac{\partial L}{\partial W_{dj}} = \sum_{t=0}^{T-1} \sum_n x_{tnd} \frac{\partial L}{\partial a_{tnj}}", {}),
    (
        "relu",
        r"\frac{\partial L}{\partial x_{ij}} = \begin{cases} \frac{\partial L}{\partial y_{ij}} & x_{ij} > 0,\\ 0 & \text{else.}\end{cases}",
        {},
    ),
    ("relu", r"dx = dy \odot H(x) \quad\text{with the Heaviside step } H", {"names": {"H": "step"}}),
    (
        "leaky_relu",
        r"\frac{\partial L}{\partial x_{nd}} = \frac{\partial L}{\partial y_{nd}}\left(\mathbf 1_{x_{nd}>0} + 0.01\cdot\mathbf 1_{x_{nd}\le0}\right)",
        {},
    ),
    (
        "gelu",
        r"dx_{nd} = dy_{nd}\left[\tfrac12\left(1+\operatorname{erf}(x_{nd}/\sqrt2)\right) + \frac{x_{nd}}{\sqrt{2\pi}} e^{-x_{nd}^2/2}\right]",
        {},
    ),
    (
        "silu",
        r"\frac{\partial L}{\partial x_{nd}} = \frac{\partial L}{\partial y_{nd}} \sigma(x_{nd})\,\bigl[1 + x_{nd}(1-\sigma(x_{nd}))\bigr]",
        {},
    ),
    ("mse_loss", r"\frac{\partial \mathcal{L}}{\partial \hat{y}} = \frac{2}{ND}(\hat{y} - y)", {"names": {"\\hat{y}": "x"}}),
    ("frobenius_norm", r"\frac{\partial C}{\partial A_{ij}} = \frac{A_{ij}}{\sqrt{\sum_{k,l} A_{kl}^2}}", {}),
    ("logdet", r"\frac{\partial C}{\partial A} = (A^{-1})^T = A^{-T}", {}),
    ("quadratic_form", r"\frac{\partial C}{\partial A} = x x^\top", {}),
    ("embedding", r"\frac{\partial L}{\partial E_{vd}} = \sum_{n: t_n = v} \frac{\partial L}{\partial y_{nd}}", {}),
    ("embedding", r"\frac{\partial L}{\partial E_v} = \sum_{n} \mathbb{1}[t_n = v] \frac{\partial L}{\partial y_n}", {}),
    ("dropout", r"\frac{\partial L}{\partial x} = \frac{1}{p}\, m \odot \frac{\partial L}{\partial y}", {"names": {"m": "mask"}}),
    (
        "hinge",
        r"\frac{\partial L}{\partial s_{nk}} = \frac1N \left( \mathbb{1}[m_{nk}>0,\, k\ne t_n] - \delta_{k t_n} \sum_{j \ne t_n} \mathbb{1}[m_{nj} > 0] \right)",
        {},
    ),
    (
        "huber_loss",
        r"\frac{\partial C}{\partial x_{nd}} = \frac{1}{ND}\begin{cases} r_{nd} & |r_{nd}| \le 1 \\ \operatorname{sgn}(r_{nd}) & \text{otherwise}\end{cases}",
        {},
    ),
    (
        "layer_norm",
        r"\frac{\partial L}{\partial \gamma} = \sum_n \frac{\partial L}{\partial y_n} \odot \hat{x}_n, \;\; \frac{\partial L}{\partial \beta} = \sum_n \frac{\partial L}{\partial y_n}",
        {},
    ),
    (
        "linear",
        r"\nabla_{W}\mathcal{L}=\sum_{n=1}^{N} x^{(n)} (\delta^{(n)})^{\top}",
        {"names": {"x^{(n)}": "x[n,:]", "\\delta^{(n)}": "dz[n,:]"}},
    ),
    (
        "linear",
        r"""\frac{\partial L}{\partial W_{ij}}
 = \sum_{n,k}\frac{\partial L}{\partial z_{nk}}\,\frac{\partial z_{nk}}{\partial W_{ij}}
 = \sum_{n,k}\frac{\partial L}{\partial z_{nk}}\,x_{ni}\,\delta_{jk}
 = \sum_n x_{ni} \frac{\partial L}{\partial z_{nj}} \quad \text{(Kronecker delta)}""",
        {},
    ),
    (
        "linear",
        r"\frac{\partial z_{nk}}{\partial W_{ij}} = \frac{\partial}{\partial W_{ij}} \sum_d x_{nd} W_{dk} = \sum_d x_{nd}\delta_{di}\delta_{kj} = x_{ni}\delta_{kj}",
        {},
    ),
    (
        "linear",
        r"\frac{\partial z_{nk}}{\partial W_{ij}} = \frac{\partial}{\partial W_{ij}} \sum_d x_{nd} W_{dk} = \sum_d x_{nd}\delta_{di}\delta_{kj} = x_{ni}\delta_{kj}",
        {},
    ),
    ("linear", r"\frac{\partial z_{nk}}{\partial W_{ij}} = \frac{\partial}{\partial W_{ij}} \left( \sum_d x_{nd} W_{dk} + b_k\right)", {}),
    (NEURON, r"dL/dw_i = (a-y)\sigma'(z)x_i", {}),
    (NEURON, r"dL/dw = (a-y)\sigma'(z)x", {}),
    (NEURON, r"\frac{\partial L}{\partial z} = \frac{\partial}{\partial z} \frac12 (a - y)^2 = (a-y) a (1-a)", {}),
    (NEURON, r"\frac{\partial L}{\partial z} = \frac{\partial}{\partial z} \left[\frac12 (\sigma(z) - y)^2\right] = (a-y) a (1-a)", {}),
    (NEURON, r"\frac{\partial}{\partial w_i} L = (a-y) a (1-a) x_i", {}),
    (NEURON, r"\frac{\mathrm{d}}{\mathrm{d} b} L = (a-y) a (1-a)", {}),
    (NEURON, r"\frac{\partial L}{\partial a} = \frac{\partial}{\partial a} \left(\frac12 (a - y)^2\right) = a - y", {}),
    ("relu", r"dx = dy \odot H(x) \quad\text{with the Heaviside step } H", {"names": {"H": "step"}}),
    ("linear", r"\frac{\partial C}{\partial W} = x^\top \delta, \quad \text{where } \delta = \frac{\partial C}{\partial z}", {}),
    ("linear", r"\frac{\partial C}{\partial W} = x^\top dz \text{ (by (3))}, \text{ where } N \text{ is the batch size}", {}),
    ("linear", r"\frac{\partial C}{\partial W} \overset{(a)}{=} x^\top dz", {}),
    ("linear", r"\frac{\partial C}{\partial W} \stackrel{\text{def}}{=} x^\top dz", {}),
    ("linear", r"\frac{\partial C}{\partial W} := x^\top dz", {}),
    (
        "linear",
        r"\underbrace{\frac{\partial C}{\partial W}}_{D \times H} = \underbrace{x^\top}_{D \times N}\, \underbrace{dz}_{N \times H}",
        {},
    ),
    ("linear", r"{\color{red}\frac{\partial C}{\partial W}} = {\color{blue} x^\top} dz", {}),
    ("linear", r"\dv{C}{W} = x^\top \pdv{C}{z}", {}),
    ("linear", r"\pdv{C}{W_{ij}} = \sum_n x_{ni} \pdv{C}{z_{nj}}", {}),
    ("linear", r"\grad_W C = x^\T dz", {}),
    ("linear", r"\frac{\partial C}{\partial W_{ij}}=\sum_{n}x_{ni}\,dz_{nj}\quad\forall i,j", {}),
    ("linear", r"\frac{\partial C}{\partial W_{ij}}=\sum_{n}x_{ni}\,dz_{nj}\quad\text{for all } i=1,\dots,D,\; j=1,\dots,H", {}),
    ("linear", r"$$dW = x^T dz \tag{1}$$  $$db = \sum_n dz_n \tag{2}$$", {}),
    (
        "linear",
        r"""\begin{eqnarray}
dW &=& x^T dz \nonumber \\
 &=& (dz^T x)^T
\end{eqnarray}""",
        {},
    ),
    ("linear", r"dW=x^{\prime}dz", {}),
    ("linear", r"\partial_W C = x^\top \partial_z C", {}),
    ("linear", r"\mathrm{d}W = \mathrm{x}^\mathrm{T}\,\mathrm{d}z", {}),
    ("linear", r"\bar{W} = x^\top \bar{z}", {"names": {"\\bar{W}": "dW", "\\bar{z}": "dz"}}),
    ("linear", r"\overline{W} = x^\top \overline{z}", {"names": {"\\overline{W}": "dW", "\\overline{z}": "dz"}}),
    ("linear", r"\delta W = x^\top \delta z", {"names": {"\\delta W": "dW", "\\delta z": "dz"}}),
    ("linear", r"\Delta_W = x^\top \Delta_z", {"names": {"\\Delta_W": "dW", "\\Delta_z": "dz"}}),
    ("linear", r"db = dz^\top \mathbf{1}_N, \; dx = dz\, W^\top.", {}),
    ("linear", r"db = \sum_{i} dz_{i,:}", {}),
    ("linear", r"db_j = \sum_{i=1}^{N} [dz]_{ij}", {}),
]

SQUARE = "x[D,D] -> y[D,D]; y = sigmoid(x)"

AMBIGUOUS: list[tuple[str, str]] = [
    (SQUARE, r"dx = dy \odot \sigma(x)(1-\sigma(x))"),
    (SQUARE, r"dx = dy\, \sigma'(x)"),
    (SQUARE, r"dx = dy \cdot \mathbb{1}[x > 0]"),
    (SQUARE, r"dx = dy \odot y^2"),
    ("batch_norm", r"d\sigma^2 = \sum_{i=1}^N d\hat{x}_i \cdot (x_i - \mu) \cdot \frac{-1}{2} (\sigma^2 + \epsilon)^{-3/2}"),
    ("quadratic_form", r"dx = A x x"),
    ("quadratic_form", r"dA = x x"),
    ("quadratic_form", r"dx = A_i x"),
    ("quadratic_form", r"dA = A^2"),
    ("quadratic_form", r"dA = |A| x x^\top"),
    ("quadratic_form", r"dA = \|A\|_2 x x^\top"),
    ("quadratic_form", r"dx_i = \sum_j A^T_{ij} x_j"),
    ("quadratic_form", r"dx_i = \sum_j A_{ij}^T x_j"),
    ("quadratic_form", r"dx_i = x_i / \sum_j A_{jj} x_i"),
    ("linear", r"dW = 1/N x^\top dz"),
    ("linear", r"dW = \frac{\partial}{\partial W_{ij}} x_{ni} W_{ij}"),
    ("sigmoid", r"dx = dy \odot \sigma(x)'"),
    ("sigmoid", r"dx = dy \odot \exp x y"),
    ("sigmoid", r"dx_i = dy_i \odot y_i"),
    (NEURON, r"\frac{\partial L}{\partial z} = \frac{\partial}{\partial z} a b"),
]
"""Formulas that can be read in two ways."""

REFUSED: list[tuple[str, str]] = [
    ("linear", r"\frac{\partial C}{\partial W} = x^\top dz \text{ where } x > 0"),
    ("linear", r"\frac{\partial C}{\partial W_{ij}} = \sum_n x_{ni} dz_{nj} \text{ for } i = 1"),
    ("linear", r"\frac{\partial C}{\partial W_{ij}} = \sum_n x_{ni} dz_{nj} \quad\text{if } i = j"),
    ("linear", r"\frac{\partial C}{\partial W} = x^\top dz \text{ up to a factor of two}"),
    ("linear", r"\frac{\partial C}{\partial W} = x^\top \text{ times } dz"),
    ("linear", r"dW = x^\top dz \text{ with weight } 2"),
    ("linear", r"dW = x^\top dz \text{ with the opposite sign of } \delta"),
    ("linear", r"\frac{\partial C}{\partial W} \approx x^\top dz"),
    ("linear", r"\frac{\partial C}{\partial W} \propto x^\top dz"),
    ("linear", r"W \leftarrow W - \eta x^\top dz"),
    ("linear", r"\nabla C = x^\top dz"),
    ("linear", r"W^{*} = x^\top dz"),
    ("linear", r"dW = \texttt{x.T @ dz}"),
    ("linear", r"dW = x^\top dz + ..."),
    ("linear", r"dW = x^\top dz + \cdots"),
    ("linear", r"dW_{dh} = \sum_{n=2}^N x_{nd} dz_{nh}"),
    ("linear", r"dW_{dh} = \sum_{n=1}^{d} x_{nd} dz_{nh}"),
    ("linear", r"dW_{dh} = \sum_n x_{nd} dz_{nh} + x_{N d}"),
    ("linear", r"dW = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix} x^\top dz"),
    ("linear", r"dW = \mathbb{E}[x^\top dz]"),
    ("linear", r"dx = dz\, W^+"),
    ("rnn", r"dW = 2^T x"),
]
"""What isn't read, or only holds somewhere."""
