"""Formulas as people type them, over the whole shelf: the layer, what the formula is for, the LaTeX, and what is meant.

The meaning is in plain notation: a right side alone is for d<variable>, in array style. Options are those of `read_latex`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One formula: every step of it means `meaning`."""

    layer: str
    variable: str
    latex: str
    meaning: str
    options: dict[str, Any] = field(default_factory=dict, hash=False)


def rows(layer: str, *entries: tuple[Any, ...]) -> list[Row]:
    return [Row(layer, *entry) for entry in entries]


DELTA = {"names": {r"\delta": "dz"}}
UP = {"names": {r"\delta": "dy"}}
G = {"names": {"g": "dy"}}

LINEAR_W, LINEAR_X, LINEAR_B = "x.T @ dz", "dz @ W.T", "sum(dz, axis=0)"
LINEAR = rows(
    "linear",
    ("W", r"x^\top \delta", LINEAR_W, DELTA),
    ("W", r"x^T \delta", LINEAR_W, DELTA),
    ("W", r"\frac{\partial C}{\partial W} = x^{T}\delta", LINEAR_W, DELTA),
    ("W", r"\frac{\partial L}{\partial W} = \mathbf{X}^\top \frac{\partial L}{\partial Z}", LINEAR_W, {"names": {"X": "x", "Z": "z"}}),
    (
        "W",
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}} = \mathbf{x}^{\top} \frac{\partial \mathcal{L}}{\partial \mathbf{z}}",
        LINEAR_W,
    ),
    ("W", r"$$\frac{\partial C}{\partial W_{ij}} = \sum_{n=1}^{N} x_{ni}\,\delta_{nj}$$", LINEAR_W, DELTA),
    ("W", r"\[ \frac{\partial C}{\partial W_{dh}} = \sum_n x_{n,d} \frac{\partial C}{\partial z_{n,h}} \]", LINEAR_W),
    ("W", r"\nabla_W C = x^\top \nabla_z C", LINEAR_W),
    ("W", r"\nabla_{\mathbf W} \mathcal{L} = \mathbf x^\intercal\, \boldsymbol\delta", LINEAR_W, DELTA),
    ("W", r"dW = x' \, dz", LINEAR_W),
    ("W", r"dW = X^{\top}\,dZ", LINEAR_W, {"names": {"X": "x", "dZ": "dz"}}),
    ("W", r"\mathrm{d}W = x^{\mathsf T} \mathrm{d}z", LINEAR_W),
    ("W", r"\sum_n x_n \delta_n^\top", LINEAR_W, DELTA),
    ("W", r"\frac{\partial C}{\partial W} = \sum_{i=1}^{N} x_i \, \delta_i^T", LINEAR_W, DELTA),
    ("W", r"\left(\frac{\partial C}{\partial W}\right)_{ij} = \sum_{n} (x^\top)_{in} \delta_{nj}", LINEAR_W, DELTA),
    ("W", r"\frac{\partial C}{\partial W_{ij}} = \left( x^\top \delta \right)_{ij}", LINEAR_W, DELTA),
    ("W", r"dW_{ij} = x_{ni} \delta_{nj}", LINEAR_W, {**DELTA, "einstein": True}),
    ("W", r"\partial C / \partial W_{ij} = \sum_n x_{ni} \, \partial C / \partial z_{nj}", LINEAR_W),
    (
        "W",
        r"\frac{\partial C}{\partial W_{ij}} = \sum_n \sum_k \frac{\partial C}{\partial z_{nk}} \sum_d x_{nd} \delta_{di} \delta_{kj}",
        LINEAR_W,
    ),
    (
        "W",
        r"\begin{aligned} \frac{\partial C}{\partial W_{ij}} &= \sum_{n} \delta_{nj} x_{ni} \\ &= (x^\top \delta)_{ij} \end{aligned}",
        LINEAR_W,
        DELTA,
    ),
    ("W", r"\frac{dC}{dW} = x^\top \frac{dC}{dz}", LINEAR_W),
    ("W", r"\boxed{\frac{\partial C}{\partial W} = x^\top \delta} \tag{3}", LINEAR_W, DELTA),
    ("W", r"\partial_{W} C = x^\top \, \partial_z C", LINEAR_W),
    ("W", r"(\delta^\top x)^\top", LINEAR_W, DELTA),
    (
        "W",
        r"\frac{\partial C}{\partial W} = \delta x^\top",
        "x.T @ dz",
        {"names": {r"\delta": "dz"}, "layout": "denominator", "refused": True},
    ),
    ("x", r"\delta W^\top", LINEAR_X, DELTA),
    ("x", r"\frac{\partial C}{\partial x} = \delta W^T", LINEAR_X, DELTA),
    ("x", r"\frac{\partial C}{\partial x_{nd}} = \sum_{h} \delta_{nh} W_{dh}", LINEAR_X, DELTA),
    ("x", r"\frac{\partial C}{\partial x_{n d}} = \sum_{h=1}^{H} W_{d h} \frac{\partial C}{\partial z_{n h}}", LINEAR_X),
    ("x", r"\nabla_x L = \nabla_z L \cdot W^\top", LINEAR_X),
    ("x", r"dx = dz \cdot W^{\top}", LINEAR_X),
    ("x", r"\frac{\partial C}{\partial x_n} = W \delta_n", LINEAR_X, DELTA),
    ("x", r"dx_{nd} = W_{dh}\, dz_{nh}", LINEAR_X, {"einstein": True}),
    (
        "x",
        r"\frac{\partial C}{\partial x_{nd}} = \sum_h \frac{\partial C}{\partial z_{nh}} W_{dh} = \left(\delta W^\top\right)_{nd}",
        LINEAR_X,
        DELTA,
    ),
    (
        "x",
        r"\frac{\partial C}{\partial x_{i}^{(n)}} = \sum_j W_{ij}\,\delta_j^{(n)}",
        LINEAR_X,
        {"names": {r"\delta_j^{(n)}": "dz[n,j]", r"x_i^{(n)}": "x[n,i]"}},
    ),
    ("x", r"\left\langle W_d, \delta_n \right\rangle", "dz @ W.T", DELTA),
    ("b", r"\sum_n \delta_n", LINEAR_B, DELTA),
    ("b", r"\frac{\partial C}{\partial b} = \mathbf{1}^\top \delta", LINEAR_B, DELTA),
    ("b", r"\frac{\partial C}{\partial b} = \delta^\top \mathbf{1}", LINEAR_B, DELTA),
    ("b", r"\frac{\partial C}{\partial b_h} = \sum_{n=1}^N \frac{\partial C}{\partial z_{nh}}", LINEAR_B),
    ("b", r"db = \sum_{n=0}^{N-1} dz_n", LINEAR_B),
    ("b", r"db_j = \sum_i dz_{ij}", LINEAR_B),
    ("b", r"\nabla_b C = \mathbf 1_N^\top \delta", LINEAR_B, DELTA),
    ("b", r"\frac{\partial C}{\partial b_{j}}=\sum\limits_{n}\delta_{nj}.", LINEAR_B, DELTA),
    ("b", r"db = 1^T dz", LINEAR_B),
    ("z", r"z_{nh} = \sum_d x_{nd} W_{dh} + b_h", "z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h]"),
    ("z", r"z = xW + b", "z = x @ W + b"),
    ("z", r"z = xW + \mathbf{1} b^\top", "z = x @ W + b"),
    ("W", r"\frac{\partial z_{nh}}{\partial W_{ij}} = x_{ni} \delta_{hj}", "d(z[n,h], W[i,j]) = x[n,i]*delta(h, j)"),
    ("b", r"\frac{\partial z_{nh}}{\partial b_{j}} = \delta_{hj}", "d(z[n,h], b[j]) = delta(h, j)"),
    ("x", r"\frac{\partial z_{nj}}{\partial x_{mi}} = W_{ij} \, \delta_{nm}", "d(z[n,j], x[m,i]) = W[i,j]*delta(n, m)"),
)

ACTIVATIONS = [
    *rows(
        "relu",
        ("x", r"dx = dy \odot \mathbb{1}[x > 0]", "dy*(x > 0)"),
        ("x", r"\delta \odot \mathbf{1}\{x > 0\}", "dy*(x > 0)", UP),
        ("x", r"\frac{\partial C}{\partial x} = \frac{\partial C}{\partial y} \circ \operatorname{Step}(x)", "dy*step(x)"),
        (
            "x",
            r"\frac{\partial C}{\partial x_{nd}} = \begin{cases} \frac{\partial C}{\partial y_{nd}} & x_{nd} > "
            r"0 \\ 0 & \text{otherwise} \end{cases}",
            "dy*(x > 0)",
        ),
        (
            "x",
            r"\frac{\partial y_{nd}}{\partial x_{nd}} = \begin{cases} 1 & \text{if } x_{nd} > 0 \\ 0 & \text{if } x_{nd} \le 0 \end{cases}",
            "d(y[n,d], x[n,d]) = where(x[n,d] > 0, 1, 0)",
        ),
        ("x", r"dx = dy * 1_{x>0}", "dy*(x > 0)"),
        ("x", r"dx = dy * (x > 0)", "dy*(x > 0)"),
        ("x", r"g \odot \mathrm{ReLU}'(x)", "dy*step(x)", G),
        ("x", r"g \odot \mathbb{I}(x > 0)", "dy*(x > 0)", G),
        ("x", r"\frac{\partial C}{\partial x_{nd}} = [x_{nd} > 0] \, \frac{\partial C}{\partial y_{nd}}", "dy*(x > 0)"),
        ("y", r"y = \max(0, x)", "y = max(x, 0)"),
        ("y", r"y_{nd} = \max\{0, x_{nd}\}", "y = max(x, 0)"),
    ),
    *rows(
        "sigmoid",
        ("x", r"\delta \odot y \odot (1 - y)", "dy*y*(1 - y)", UP),
        ("x", r"dx = dy \odot \sigma(x) \odot (1 - \sigma(x))", "dy*sigmoid(x)*(1 - sigmoid(x))"),
        ("x", r"\frac{\partial C}{\partial x_{nd}} = \frac{\partial C}{\partial y_{nd}}\, y_{nd}(1-y_{nd})", "dy*y*(1 - y)"),
        ("x", r"dx = \sigma'(x) \odot dy", "dy*sigmoid(x)*(1 - sigmoid(x))"),
        ("x", r"dx_{ij} = s(x_{ij})(1 - s(x_{ij})) dy_{ij}", "dy*sigmoid(x)*(1 - sigmoid(x))", {"names": {"s": "sigmoid"}}),
        ("x", r"dx_{nd} = dy_{nd} \frac{e^{-x_{nd}}}{(1 + e^{-x_{nd}})^2}", "dy*exp(-x)/(1 + exp(-x))**2"),
        ("y", r"y = \frac{1}{1 + e^{-x}}", "y = 1/(1 + exp(-x))"),
    ),
    *rows(
        "tanh",
        ("x", r"dy \odot (1 - y^2)", "dy*(1 - y**2)"),
        ("x", r"dx = dy \odot (1 - \tanh^2(x))", "dy*(1 - tanh(x)**2)"),
        ("x", r"dx_{nd} = (1 - \tanh^2 x_{nd}) dy_{nd}", "dy*(1 - tanh(x)**2)"),
        ("x", r"\frac{\partial C}{\partial x} = \frac{\partial C}{\partial y} \odot \left(\mathbf 1 - y \odot y\right)", "dy*(1 - y**2)"),
        ("x", r"dx = dy \odot \tanh'(x)", "dy*(1 - tanh(x)**2)"),
        ("x", r"dx_{nd} = \frac{dy_{nd}}{\cosh^2(x_{nd})}", "dy/cosh(x)**2"),
        ("x", r"dx = dy \odot (1 - y^{\odot 2})", "dy*(1 - y**2)"),
    ),
    *rows(
        "softplus",
        ("x", r"dx = dy \odot \sigma(x)", "dy*sigmoid(x)"),
        ("x", r"dx_{nd} = \frac{dy_{nd}}{1 + \exp(-x_{nd})}", "dy/(1 + exp(-x))"),
        ("y", r"y = \ln(1 + e^{x})", "y = log(1 + exp(x))"),
    ),
    *rows(
        "leaky_relu:slope=symbolic",
        (
            "x",
            r"dx_{nd} = \begin{cases} dy_{nd} & x_{nd} > 0 \\ s\, dy_{nd} & \text{else} \end{cases}",
            "where(x > 0, dy, slope*dy)",
            {"names": {"s": "slope"}},
        ),
        (
            "slope",
            r"\frac{\partial C}{\partial s} = \sum_{n,d} dy_{nd}\, x_{nd} \mathbb{1}[x_{nd} \le 0]",
            "sum(dy*x*(x <= 0))",
            {"names": {"s": "slope"}},
        ),
        ("x", r"dx = dy \odot (\mathbb{1}[x>0] + \mathrm{slope}\,\mathbb{1}[x \leq 0])", "dy*((x > 0) + slope*(x <= 0))"),
    ),
    *rows(
        "elu:alpha=symbolic",
        (
            "x",
            r"dx_{nd} = dy_{nd} \begin{cases} 1 & x_{nd} > 0 \\ \alpha e^{x_{nd}} & x_{nd} \le 0 \end{cases}",
            "dy*where(x > 0, 1, alpha*exp(x))",
        ),
        (
            "x",
            r"\frac{\partial C}{\partial x_{nd}} = \frac{\partial C}{\partial y_{nd}} (\mathbf{1}[x_{nd} > 0] + "
            r"(y_{nd} + \alpha)\mathbf{1}[x_{nd} \le 0])",
            "dy*((x > 0) + (y + alpha)*(x <= 0))",
        ),
        ("alpha", r"d\alpha = \sum_{nd} dy_{nd} (e^{x_{nd}} - 1) \mathbb 1_{x_{nd} \le 0}", "sum(dy*(exp(x) - 1)*(x <= 0))"),
    ),
    *rows(
        "celu:alpha=symbolic",
        ("x", r"dx = dy \odot \begin{cases} 1 & x > 0 \\ e^{x/\alpha} & \text{otherwise}\end{cases}", "dy*where(x > 0, 1, exp(x/alpha))"),
    ),
    *rows(
        "silu",
        ("x", r"dx = dy \odot (\sigma(x) + x \odot \sigma(x) \odot (1 - \sigma(x)))", "dy*(sigmoid(x) + x*sigmoid(x)*(1 - sigmoid(x)))"),
        (
            "x",
            r"dx_{nd} = dy_{nd}\, \sigma(x_{nd}) \left[ 1 + x_{nd} (1 - \sigma(x_{nd})) \right]",
            "dy*sigmoid(x)*(1 + x*(1 - sigmoid(x)))",
        ),
    ),
    *rows("mish", ("y", r"y = x \odot \tanh(\operatorname{softplus}(x))", "y = x*tanh(softplus(x))")),
    *rows(
        "gelu",
        (
            "x",
            r"dx_{nd} = dy_{nd}\left(\frac12\left(1 + \operatorname{erf}\left(\frac{x_{nd}}{\sqrt{2}}\right)\right)"
            r" + \frac{x_{nd}}{\sqrt{2\pi}} e^{-x_{nd}^2/2}\right)",
            "dy*((1 + erf(x/sqrt(2)))/2 + x/sqrt(2*pi)*exp(-x**2/2))",
        ),
    ),
    *rows(
        "softsign",
        ("x", r"dx_{nd} = \frac{dy_{nd}}{(1+|x_{nd}|)^2}", "dy/(1 + abs(x))**2"),
        ("y", r"y = \frac{x}{1 + |x|}", "y = x/(1 + abs(x))"),
    ),
    *rows(
        "logsigmoid", ("x", r"dx = dy \odot (1 - \sigma(x))", "dy*(1 - sigmoid(x))"), ("x", r"dx = dy \odot \sigma(-x)", "dy*sigmoid(-x)")
    ),
    *rows(
        "relu6",
        ("x", r"dx = dy \odot \mathbb{1}[0 < x < 6]", "dy*(0 < x)*(x < 6)"),
        ("y", r"y = \min(\max(0, x), 6)", "y = min(max(x, 0), 6)"),
    ),
    *rows(
        "hardtanh",
        ("x", r"dx_{nd} = dy_{nd} \, \mathbb{1}[-1 < x_{nd} < 1]", "dy*(-1 < x)*(x < 1)"),
        (
            "y",
            r"y_{nd} = \begin{cases} -1 & x_{nd} < -1 \\ 1 & x_{nd} > 1 \\ x_{nd} & -1 \le x_{nd} \le 1 \end{cases}",
            "y = where(x < -1, -1, where(x > 1, 1, x))",
        ),
    ),
    *rows("hardsigmoid", ("x", r"dx = \frac{1}{6} dy \odot \mathbb{1}[|x| < 3]", "dy*(abs(x) < 3)/6")),
    *rows("identity", ("x", r"dx = dy", "dy"), ("x", r"\frac{\partial C}{\partial x_{ij}} = \frac{\partial C}{\partial y_{ij}}", "dy")),
    *rows(
        "prelu",
        (
            "a",
            r"\frac{\partial C}{\partial a_d} = \sum_n \mathbb{1}[x_{nd} \le 0]\, x_{nd} \,\frac{\partial C}{\partial y_{nd}}",
            "sum((x <= 0)*x*dy, axis=0)",
        ),
        ("x", r"dx_{nd} = dy_{nd} (\mathbb{1}[x_{nd} > 0] + a_d \mathbb{1}[x_{nd} \le 0])", "dy*((x > 0) + a*(x <= 0))"),
    ),
]

LOSSES = [
    *rows(
        "half_squared_error",
        ("x", r"x - y", "x - y"),
        ("x", r"\frac{\partial C}{\partial x_{nd}} = x_{nd} - y_{nd}", "x - y"),
        ("y", r"\frac{\partial C}{\partial y} = -(x - y) = y - x", "y - x"),
        ("C", r"C = \frac12 \|x - y\|_F^2", "C = sum((x - y)**2)/2"),
        ("C", r"C = \frac{1}{2} \sum_{n,d} (x_{nd} - y_{nd})^2", "C = sum((x - y)**2)/2"),
        ("x", r"\nabla_x C = x-y", "x - y"),
        (
            "x",
            r"\frac{\partial^2 C}{\partial x_{ij} \partial x_{kl}} = \delta_{ik} \delta_{jl}",
            "d(C, x[i,j], x[k,l]) = delta(i, k)*delta(j, l)",
        ),
    ),
    *rows(
        "mse_loss",
        ("x", r"\frac{2}{ND}(x - y)", "2*(x - y)/(N*D)"),
        ("x", r"\frac{\partial L}{\partial x_{ij}} = \frac{2}{N D} (x_{ij} - y_{ij})", "2*(x - y)/(N*D)"),
        ("x", r"\frac{2 (x-y)}{N \cdot D}", "2*(x - y)/(N*D)"),
        (
            "C",
            r"\text{loss} = \frac{1}{ND}\sum_{n=1}^{N}\sum_{d=1}^{D} (x_{nd} - y_{nd})^2",
            "C = sum((x - y)**2)/(N*D)",
            {"names": {r"\text{loss}": "C"}},
        ),
    ),
    *rows(
        "l1_loss",
        ("x", r"\frac{1}{ND}\operatorname{sign}(x - y)", "sign(x - y)/(N*D)"),
        ("x", r"dx = \frac{\mathrm{sgn}(x-y)}{ND}", "sign(x - y)/(N*D)"),
        ("C", r"C = \frac1{ND} \sum_{n,d} |x_{nd} - y_{nd}|", "C = sum(abs(x - y))/(N*D)"),
    ),
    *rows(
        "huber_loss:delta=symbolic",
        (
            "x",
            r"dx_{nd} = \frac{1}{ND} \begin{cases} r_{nd} & |r_{nd}| \le \delta \\ \delta "
            r"\operatorname{sign}(r_{nd}) & \text{otherwise} \end{cases}",
            "where(abs(r) <= delta, r, delta*sign(r))/(N*D)",
        ),
        ("x", r"dx_{nd} = \frac{1}{ND} \max(-\delta, \min(\delta, r_{nd}))", "max(-delta, min(delta, r))/(N*D)"),
    ),
    *rows(
        "smooth_l1_loss:beta=symbolic",
        (
            "x",
            r"\frac{\partial C}{\partial x_{nd}} = \frac{1}{ND} \begin{cases} r_{nd}/\beta, & |r_{nd}| < \beta \\"
            r" \operatorname{sign}(r_{nd}), & |r_{nd}| \geq \beta \end{cases}",
            "where(abs(r) < beta, r/beta, sign(r))/(N*D)",
        ),
    ),
    *rows(
        "cross_entropy:target=one_hot",
        ("z", r"\frac{1}{N}(p - y)", "(p - y)/N"),
        ("z", r"\frac{\partial C}{\partial z} = \frac{p - y}{N}", "(p - y)/N"),
        ("z", r"\frac{\partial L}{\partial z_{nk}} = \frac1N (p_{nk} - y_{nk})", "(p - y)/N"),
        (
            "z",
            r"\frac{\partial L}{\partial z_k^{(n)}} = \frac{1}{N}\left(\hat{y}^{(n)}_k - y_k^{(n)}\right)",
            "(p - y)/N",
            {"names": {r"z_k^{(n)}": "z[n,k]", r"y_k^{(n)}": "y[n,k]", r"\hat{y}_k^{(n)}": "p[n,k]"}},
        ),
        ("z", r"\frac{1}{N}(\operatorname{softmax}(z) - y)", "(softmax(z, axis=-1) - y)/N"),
        ("p", r"\frac{\partial C}{\partial p_{nk}} = -\frac{1}{N}\frac{y_{nk}}{p_{nk}}", "-y/p/N"),
        ("p", r"-\frac{y}{N p}", "-y/p/N"),
        ("C", r"C = -\frac{1}{N} \sum_n \sum_k y_{nk} \log p_{nk}", "C = -sum(y*log(p))/N"),
        ("C", r"J = -\frac1N\sum_{n=1}^N\sum_{k=1}^K y_{nk}\ln(p_{nk})", "C = -sum(y*log(p))/N", {"names": {"J": "C"}}),
        ("z", r"dz = (p-y)/N", "(p - y)/N"),
        ("z", r"dz_{nk} = \sum_j dp_{nj}\, p_{nj} (\delta_{jk} - p_{nk})", "dz[n,k] = sum[j](dp[n,j]*p[n,j]*(delta(j, k) - p[n,k]))"),
    ),
    *rows(
        "cross_entropy",
        ("z", r"\frac{1}{N}\left(p_{nk} - \mathbb{1}[k = t_n]\right)", "dz[n,k] = (p[n,k] - delta(k, t[n]))/N"),
        ("z", r"\frac{\partial C}{\partial z_{nk}} = \frac{1}{N}(p_{nk} - 1\{t_n = k\})", "dz[n,k] = (p[n,k] - delta(k, t[n]))/N"),
        ("z", r"\frac{\partial C}{\partial z_{nj}} = \frac{p_{nj} - \delta_{j t_n}}{N}", "dz[n,k] = (p[n,k] - delta(k, t[n]))/N"),
        ("C", r"C = -\frac{1}{N}\sum_{n} \log p_{n,t_n}", "C = -sum[n](log(p[n,t[n]]))/N"),
        ("p", r"\frac{\partial C}{\partial p_{nk}} = -\frac{\mathbb{1}[k=t_n]}{N p_{nk}}", "dp[n,k] = -delta(k, t[n])/(N*p[n,k])"),
        (
            "z",
            r"\frac{\partial C}{\partial z_{ij}} = \frac{1}{N}\left( \frac{e^{z_{ij}}}{\sum_k e^{z_{ik}}} - \mathbf{1}[j = y_i] \right)",
            "dz[n,k] = (exp(z[n,k])/sum[j](exp(z[n,j])) - delta(k, t[n]))/N",
            {"names": {"y": "t"}},
        ),
    ),
    *rows(
        "binary_cross_entropy",
        ("p", r"\frac{\partial C}{\partial p_n} = \frac{1}{N} \frac{p_n - y_n}{p_n (1 - p_n)}", "(p - y)/(p*(1 - p))/N"),
        ("p", r"\frac1N \left( -\frac{y_n}{p_n} + \frac{1-y_n}{1-p_n} \right)", "(-y/p + (1 - y)/(1 - p))/N"),
        ("p", r"-\frac{1}{N}\left(\frac{y}{p} - \frac{1-y}{1-p}\right)", "(-y/p + (1 - y)/(1 - p))/N"),
        ("C", r"C = -\frac1N \sum_n \left[ y_n \log p_n + (1-y_n) \log(1-p_n) \right]", "C = -sum(y*log(p) + (1 - y)*log(1 - p))/N"),
    ),
    *rows(
        "binary_cross_entropy_with_logits",
        ("z", r"\frac{1}{N} (\sigma(z) - y)", "(sigmoid(z) - y)/N"),
        ("z", r"\frac{\partial C}{\partial z_n} = \frac{\hat{y}_n - y_n}{N}", "(p - y)/N", {"names": {r"\hat{y}": "p"}}),
        ("z", r"dz = \frac{p - y}{N}", "(p - y)/N"),
        (
            "z",
            r"\frac{\partial^2 C}{\partial z_n \partial z_m} = \frac{1}{N} p_n (1-p_n) \delta_{nm}",
            "d(C, z[n], z[m]) = p[n]*(1 - p[n])*delta(n, m)/N",
        ),
    ),
    *rows(
        "hinge",
        (
            "s",
            r"\frac{\partial C}{\partial s_{nk}} = \frac{1}{N} \begin{cases} \mathbb{1}[m_{nk} > 0] & k \ne t_n \\"
            r" -\sum_{j \ne t_n} \mathbb{1}[m_{nj} > 0] & k = t_n \end{cases}",
            "ds[n,k] = where(k == t[n], -sum[j]((1 - delta(j, t[n]))*(m[n,j] > 0)), (m[n,k] > 0))/N",
        ),
        ("C", r"C = \frac1N\sum_n \sum_{k \neq t_n} \max(0, m_{nk})", "C = sum[n,k]((1 - delta(k, t[n]))*max(m[n,k], 0))/N"),
        ("m", r"dm_{nk} = \frac{1}{N} (1 - \delta_{k,t_n}) \mathbb{1}[m_{nk} > 0]", "dm[n,k] = (1 - delta(k, t[n]))*(m[n,k] > 0)/N"),
        ("m", r"m_{nk} = 1 + s_{nk} - s_{n,t_n}", "m[n,k] = 1 + s[n,k] - s[n,t[n]]"),
    ),
    *rows(
        "multi_margin_loss:margin=symbolic",
        ("margin", r"\frac{1}{NK} \sum_n \sum_{k \ne t_n} 1[m_{nk} > 0]", "dmargin = sum[n,k]((1 - delta(k, t[n]))*(m[n,k] > 0))/(N*K)"),
    ),
]

NORMS = [
    *rows(
        "batch_norm",
        ("gamma", r"d\gamma = \sum_n dy_n \odot \hat{x}_n", "sum(dy*xhat, axis=0)"),
        (
            "gamma",
            r"\frac{\partial C}{\partial \gamma_d} = \sum_{n=1}^{N} \frac{\partial C}{\partial y_{nd}} \hat{x}_{nd}",
            "sum(dy*xhat, axis=0)",
        ),
        ("beta", r"\frac{\partial C}{\partial \beta} = \sum_{i=1}^{N} \frac{\partial C}{\partial y_i}", "sum(dy, axis=0)"),
        ("beta", r"d\beta_j = \sum_i dy_{ij}", "sum(dy, axis=0)"),
        ("xhat", r"\frac{\partial C}{\partial \hat{x}_{nd}} = \frac{\partial C}{\partial y_{nd}} \gamma_d", "dy*gamma"),
        ("xhat", r"d\hat{x} = dy \odot \gamma", "dy*gamma"),
        ("xhat", r"\frac{\partial \ell}{\partial \widehat{x}_i} = \frac{\partial \ell}{\partial y_i} \odot \gamma", "dy*gamma"),
        (
            "var",
            r"\frac{\partial C}{\partial \sigma_d^2} = -\frac12 \sum_n \frac{\partial C}{\partial \hat x_{nd}} "
            r"(x_{nd} - \mu_d)(\sigma_d^2 + \epsilon)^{-3/2}",
            "sum(dxhat*(x - mu)*(var + eps)**(-3/2), axis=0)/(-2)",
        ),
        (
            "var",
            r"\frac{\partial \ell}{\partial \sigma^2_{\mathcal{B}}} = \sum_{n=1}^N \frac{\partial "
            r"\ell}{\partial \hat{x}_n} \odot (x_n - \mu_{\mathcal B})"
            r" \odot \frac{-1}{2} (\sigma_{\mathcal{B}}^2 + \epsilon)^{-3/2}",
            "sum(dxhat*(x - mu)*(var + eps)**(-3/2), axis=0)/(-2)",
            {"names": {r"\mu_{\mathcal B}": "mu", r"\sigma^2_{\mathcal{B}}": "var", r"\sigma_{\mathcal{B}}^2": "var"}},
        ),
        (
            "x",
            r"\frac{\partial C}{\partial x_{nd}} = \frac{\gamma_d}{N \sqrt{\sigma_d^2 + \epsilon}} \left( N "
            r"\frac{\partial C}{\partial y_{nd}}"
            r" - \sum_{m} \frac{\partial C}{\partial y_{md}} - \hat{x}_{nd} \sum_{m} \frac{\partial C}{\partial "
            r"y_{md}} \hat{x}_{md} \right)",
            "gamma/(N*sqrt(var + eps))*(N*dy - sum(dy, axis=0) - xhat*sum(dy*xhat, axis=0))",
        ),
        (
            "x",
            r"dx = \frac{1}{N} \frac{\gamma}{\sqrt{\mathrm{var} + \varepsilon}} \odot \left(N\, dy - d\beta - \hat{x} \odot d\gamma\right)",
            "gamma/(N*sqrt(var + eps))*(N*dy - dbeta - xhat*dgamma)",
        ),
        (
            "x",
            r"dx_{nd} = \frac{d\hat{x}_{nd}}{\sqrt{\sigma^2_d + \epsilon}} + \frac{2 (x_{nd} - \mu_d)}{N} d\sigma^2_d + \frac{1}{N} d\mu_d",
            "dxhat/sqrt(var + eps) + 2*(x - mu)/N*dvar + dmu/N",
            {"names": {r"d\sigma^2_d": "dvar", r"\sigma^2_d": "var"}, "refused": True},
        ),
        (
            "x",
            r"dx_{nd} = \frac{d\hat{x}_{nd}}{\sqrt{v_d + \epsilon}} + \frac{2 (x_{nd} - \mu_d)}{N} dv_d + \frac{1}{N} d\mu_d",
            "dxhat/sqrt(var + eps) + 2*(x - mu)/N*dvar + dmu/N",
            {"names": {"v": "var"}},
        ),
        ("mu", r"\mu_d = \frac{1}{N} \sum_{n=1}^N x_{nd}", "mu = mean(x, axis=0)"),
        ("var", r"\sigma_d^2 = \frac1N \sum_n (x_{nd} - \mu_d)^2", "var = mean((x - mu)**2, axis=0)"),
        ("xhat", r"\hat x_{nd} = \frac{x_{nd} - \mu_d}{\sqrt{\sigma_d^2 + \epsilon}}", "xhat = (x - mu)/sqrt(var + eps)"),
        ("y", r"y = \gamma \odot \hat x + \beta", "y = gamma*xhat + beta"),
        ("y", r"y_{nd} = \gamma_d \hat{x}_{nd} + \beta_d", "y = gamma*xhat + beta"),
    ),
    *rows(
        "layer_norm",
        (
            "x",
            r"\frac{\partial C}{\partial x_{nd}} = \frac{1}{\sqrt{\sigma_n^2+\epsilon}} \left( g_{nd} - \frac1D \sum_{j} g_{nj}"
            r" - \hat{x}_{nd}\,\frac1D\sum_j g_{nj} \hat{x}_{nj} \right)",
            "dx[n,d] = (dxhat[n,d] - sum[j](dxhat[n,j])/D - xhat[n,d]*sum[j](dxhat[n,j]*xhat[n,j])/D)/sqrt(var[n] + eps)",
            {"names": {"g": "dxhat"}},
        ),
        ("gamma", r"d\gamma_d = \sum_n dy_{nd} \hat{x}_{nd}", "sum(dy*xhat, axis=0)"),
        ("beta", r"\mathbf{1}^\top dy", "sum(dy, axis=0)"),
        ("gamma", r"\mathbf 1^\top (dy \odot \hat x)", "sum(dy*xhat, axis=0)"),
        ("mu", r"\mu_n = \frac{1}{D}\sum_{d} x_{nd}", "mu = mean(x, axis=1)"),
    ),
    *rows(
        "rms_norm",
        (
            "gamma",
            r"\frac{\partial C}{\partial \gamma_d} = \sum_n \frac{dy_{nd} x_{nd}}{\mathrm{rms}_n}",
            "dgamma[d] = sum[n](dy[n,d]*x[n,d]/rms[n])",
        ),
        (
            "x",
            r"dx_{nd} = \frac{\gamma_d dy_{nd}}{r_n} - \frac{x_{nd}}{D r_n^3} \sum_j \gamma_j dy_{nj} x_{nj}",
            "dx[n,d] = gamma[d]*dy[n,d]/rms[n] - x[n,d]/(D*rms[n]**3)*sum[j](gamma[j]*dy[n,j]*x[n,j])",
            {"names": {"r": "rms"}},
        ),
        ("rms", r"\mathrm{rms}_n = \sqrt{\frac{1}{D} \sum_d x_{nd}^2 + \epsilon}", "rms[n] = sqrt(sum[d](x[n,d]**2)/D + eps)"),
    ),
]

REDUCTIONS = [
    *rows(
        "softmax",
        ("z", r"dz_{nk} = p_{nk} \left( dp_{nk} - \sum_j dp_{nj} p_{nj} \right)", "dz[n,k] = p[n,k]*(dp[n,k] - sum[j](dp[n,j]*p[n,j]))"),
        (
            "z",
            r"\frac{\partial p_{nk}}{\partial z_{nj}} = p_{nk} (\delta_{kj} - p_{nj})",
            "d(p[n,k], z[n,j]) = p[n,k]*(delta(k, j) - p[n,j])",
        ),
        (
            "z",
            r"\frac{\partial p_{nk}}{\partial z_{nj}} = \begin{cases} p_{nk}(1-p_{nk}) & k = j \\ -p_{nk} p_{nj} & k \neq j \end{cases}",
            "d(p[n,k], z[n,j]) = where(k == j, p[n,k]*(1 - p[n,k]), -p[n,k]*p[n,j])",
        ),
        ("z", r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)", "", {"refused": True}),
        (
            "z",
            r"\frac{\partial C}{\partial z_n} = (\operatorname{diag}(p_n) - p_n p_n^\top)\, \frac{\partial C}{\partial p_n}",
            "dz[n,k] = p[n,k]*(dp[n,k] - sum[j](dp[n,j]*p[n,j]))",
        ),
        ("p", r"p_{nk} = \frac{e^{z_{nk}}}{\sum_{j=1}^K e^{z_{nj}}}", "p = softmax(z, axis=1)"),
        ("p", r"p_{nk} = \frac{\exp(z_{nk})}{\sum_j \exp(z_{nj})}", "p = softmax(z, axis=1)"),
        ("p", r"p = \mathrm{softmax}(z)", "p = softmax(z, axis=1)"),
        ("p", r"p_n = \operatorname{softmax}(z_n)", "p = softmax(z, axis=1)"),
    ),
    *rows(
        "log_softmax",
        (
            "z",
            r"dz_{nk} = dy_{nk} - \frac{e^{z_{nk}}}{\sum_i e^{z_{ni}}} \sum_j dy_{nj}",
            "dz[n,k] = dy[n,k] - exp(z[n,k])/sum[i](exp(z[n,i]))*sum[j](dy[n,j])",
        ),
        ("z", r"dz = dy - \operatorname{softmax}(z) \odot (dy \mathbf{1})", "dz = dy - softmax(z, axis=1)*sum(dy, axis=1, keepdims=True)"),
        ("y", r"y_{nk} = z_{nk} - \log \sum_j e^{z_{nj}}", "y = log_softmax(z, axis=1)"),
        ("z", r"dz_{nk} = dy_{nk} - e^{y_{nk}} \sum_j dy_{nj}", "dz[n,k] = dy[n,k] - exp(y[n,k])*sum[j](dy[n,j])"),
    ),
    *rows(
        "logsumexp",
        (
            "z",
            r"\frac{\partial C}{\partial z_{nk}} = \frac{\partial C}{\partial y_n} \frac{\exp(z_{nk})}{\sum_j \exp(z_{nj})}",
            "dz[n,k] = dy[n]*exp(z[n,k])/sum[j](exp(z[n,j]))",
        ),
        ("z", r"\frac{\partial y_n}{\partial z_{nk}} = e^{z_{nk} - y_n}", "d(y[n], z[n,k]) = exp(z[n,k] - y[n])"),
        ("z", r"\operatorname{diag}(dy)\, \mathrm{softmax}(z)", "dz[n,k] = dy[n]*exp(z[n,k])/sum[j](exp(z[n,j]))"),
        ("y", r"y_n = \log\sum_k \exp z_{nk}", "y = logsumexp(z, axis=1)"),
        (
            "y",
            r"y_n = \max_j z_{nj} + \ln \left( \sum_k e^{z_{nk} - \max_j z_{nj}} \right)",
            "y[n] = max[j](z[n,j]) + log(sum[k](exp(z[n,k] - max[j](z[n,j]))))",
        ),
    ),
]

MATRICES = [
    *rows(
        "l2_regularizer",
        ("W", r"\lambda W", "lam*W"),
        ("W", r"\frac{\partial C}{\partial W_{ij}} = \lambda W_{ij}", "lam*W"),
        ("lam", r"\frac{\partial C}{\partial \lambda} = \frac12 \|W\|_F^2", "sum(W**2)/2"),
        ("C", r"C = \frac{\lambda}{2} \lVert W \rVert^2", "C = lam*sum(W**2)/2"),
        ("lam", r"\frac12 \operatorname{tr}(W^\top W)", "sum(W**2)/2"),
        ("C", r"C = \frac{\lambda}{2} \sum_{d,h} W_{dh}^2", "C = lam*sum(W**2)/2"),
    ),
    *rows(
        "quadratic_form",
        ("x", r"(A + A^\top) x", "(A + A.T) @ x"),
        ("x", r"\nabla_x C = A x + A^\top x", "(A + A.T) @ x"),
        ("x", r"\frac{\partial C}{\partial x_k} = \sum_j (A_{kj} + A_{jk}) x_j", "(A + A.T) @ x"),
        ("x", r"\frac{\partial C}{\partial x} = x^\top (A + A^\top)", "(A + A.T) @ x", {"layout": "numerator"}),
        ("A", r"\frac{\partial C}{\partial A} = x x^\top", "outer(x, x)"),
        ("A", r"\frac{\partial C}{\partial A_{ij}} = x_i x_j", "outer(x, x)"),
        ("C", r"C = x^\top A x", "C = x @ A @ x"),
        ("C", r"C = \langle x, A x \rangle", "C = x @ A @ x"),
        ("x", r"\frac{\partial^2 C}{\partial x_i \partial x_j} = A_{ij} + A_{ji}", "d(C, x[i], x[j]) = A[i,j] + A[j,i]"),
    ),
    *rows(
        "trace",
        ("A", r"I", "eye(D)"),
        ("A", r"\frac{\partial C}{\partial A} = \mathbf{I}", "eye(D)"),
        ("A", r"I_D", "eye(D)"),
        ("A", r"\frac{\partial C}{\partial A_{ij}} = \delta_{ij}", "eye(D)"),
        ("C", r"C = \operatorname{tr}(A)", "C = trace(A)"),
        ("C", r"C = \mathrm{Tr}\, A", "C = trace(A)"),
    ),
    *rows(
        "trace_product",
        ("A", r"B^\top", "B.T"),
        ("B", r"\frac{\partial}{\partial B}", "", {"refused": True}),
        ("B", r"\frac{\partial C}{\partial B} = A^T", "A.T"),
        ("A", r"\frac{\partial C}{\partial A_{ij}} = B_{ji}", "B.T"),
        ("C", r"C = \operatorname{tr}(AB)", "C = trace(A @ B)"),
    ),
    *rows(
        "logdet",
        ("A", r"A^{-\top}", "inv(A).T"),
        ("A", r"\left(A^{-1}\right)^\top", "inv(A).T"),
        ("A", r"(A^\top)^{-1}", "inv(A.T)"),
        ("C", r"C = \log |\det A|", "C = logdet(A)"),
        ("C", r"C = \ln\lvert \det(A) \rvert", "C = logdet(A)"),
        ("A", r"\frac{\partial C}{\partial A_{ij}} = (A^{-1})_{ji}", "inv(A).T"),
    ),
    *rows(
        "inverse",
        ("A", r"-B^\top dB\, B^\top", "-B.T @ dB @ B.T"),
        ("A", r"dA = -A^{-\top}\, \frac{\partial C}{\partial B} A^{-\top}", "-inv(A).T @ dB @ inv(A).T"),
        ("B", r"B = A^{-1}", "B = inv(A)"),
        ("A", r"\frac{\partial B_{ij}}{\partial A_{kl}} = -B_{ik} B_{lj}", "d(B[i,j], A[k,l]) = -B[i,k]*B[l,j]"),
    ),
    *rows(
        "frobenius_norm",
        ("A", r"\frac{A}{\|A\|_F}", "A/sqrt(sum(A**2))"),
        ("A", r"\frac{A_{ij}}{C}", "A/C"),
        ("A", r"A / C", "A/C"),
        ("C", r"C = \sqrt{\operatorname{tr}(A A^\top)}", "C = sqrt(trace(A @ A.T))"),
        ("A", r"\frac{\partial C}{\partial A} = \frac{1}{\|A\|_F} A", "A/sqrt(sum(A**2))"),
    ),
]

NETWORKS = [
    *rows(
        "neuron",
        ("W", r"\frac{\partial C}{\partial W} = (\mathrm{ReLU}(Wx) - y) \operatorname{Step}(Wx)\, x", "(relu(W*x) - y)*step(W*x)*x"),
        ("r", r"\frac{\partial C}{\partial r} = r - y", "r - y"),
        ("z", r"\frac{\partial C}{\partial z} = \frac{\partial C}{\partial r} \cdot \frac{\partial r}{\partial z}", "dz = dr*d(r, z)"),
        ("z", r"(r - y)\, \mathbb{1}[z > 0]", "(r - y)*(z > 0)"),
        (
            "W",
            r"\frac{\partial C}{\partial W} = \frac{\partial C}{\partial z} \frac{\partial z}{\partial W} = dz\, x",
            "dz*x",
            {"steps": 1},
        ),
        ("C", r"C = \frac{1}{2}(y - r)^2", "C = (y - r)**2/2"),
        ("C", r"C = 1/2 (y - r)^2", "C = (y - r)**2/2"),
        ("x", r"dx = W dz", "W*dz"),
    ),
    *rows(
        "neuron:activation=unspecified",
        ("z", r"\frac{\partial C}{\partial z} = (f(z) - y) f'(z)", "(f(z) - y)*f'(z)"),
        ("W", r"dW = (f(Wx) - y) f'(Wx) x", "(f(W*x) - y)*f'(W*x)*x"),
    ),
    *rows(
        "relu_layer",
        ("z", r"\frac{\partial C}{\partial z_j} = \frac{\partial C}{\partial r_{1,j}} \operatorname{Step}(z_j)", "dr1*step(z)"),
        (
            "z",
            r"\frac{\partial C}{\partial z^{(1)}_j} = \frac{\partial C}{\partial r^{(1)}_j}\,\mathrm{Step}(z^{(1)}_j)",
            "dr1*step(z)",
            {"names": {"z^{(1)}": "z"}},
        ),
        ("r0", r"\frac{\partial C}{\partial r^{(0)}_i} = \sum_j \frac{\partial C}{\partial z_j} W_{ij}", "W @ dz"),
        ("r0", r"\frac{\partial C}{\partial r^{(0)}} = W \delta", "W @ dz", DELTA),
        ("W", r"\frac{\partial C}{\partial W_{ij}} = \delta_j r^{(0)}_i", "outer(r0, dz)", DELTA),
        ("W", r"\frac{\partial C}{\partial W} = r_0 \delta^\top", "outer(r0, dz)", DELTA),
        ("z", r"z = W^\top r_0", "z = W.T @ r0"),
        ("z", r"z_j = \sum_i W_{ij} r_i^{(0)}", "z = W.T @ r0", {"names": {r"r_i^{(0)}": "r0[i]"}, "refused": True}),
        ("z", r"\frac{\partial r_{1,j}}{\partial z_k} = \delta_{jk} \mathbb{1}[z_j > 0]", "d(r1[j], z[k]) = delta(j, k)*(z[j] > 0)"),
        ("r0", r"\frac{\partial C}{\partial r_0} = W (\operatorname{Step}(z) \odot \nabla_{r_1} C)", "W @ (step(z)*dr1)"),
    ),
    *rows(
        "mlp:target=one_hot",
        ("z2", r"\frac{\partial C}{\partial z_2} = \frac1N(p - y)", "(p - y)/N"),
        ("z2", r"\delta^{(2)} = \frac{1}{N}(p - y)", "(p - y)/N", {"names": {r"\delta^{(2)}": "dz2"}}),
        ("W2", r"\frac{\partial C}{\partial W^{(2)}} = a^{(1)\top} \delta^{(2)}", "a1.T @ dz2", {"names": {r"\delta^{(2)}": "dz2"}}),
        ("W2", r"dW_2 = a_1^\top dz_2", "a1.T @ dz2"),
        ("W2", r"dW^{[2]} = a^{[1]T} dz^{[2]}", "a1.T @ dz2"),
        ("b2", r"db_2 = \sum_n dz_{2,nk}", "sum(dz2, axis=0)"),
        ("b2", r"db_{2,k} = \sum_n dz_{2,nk}", "sum(dz2, axis=0)"),
        ("a1", r"da^{[1]} = dz^{[2]} W^{[2]\top}", "dz2 @ W2.T"),
        (
            "z1",
            r"\delta^{(1)} = \delta^{(2)} (W^{(2)})^\top \odot \mathrm{ReLU}'(z^{(1)})",
            "(dz2 @ W2.T)*step(z1)",
            {"names": {r"\delta^{(2)}": "dz2", r"\delta^{(1)}": "dz1"}},
        ),
        ("z1", r"dz_1 = da_1 \odot \mathbb{1}[z_1 > 0]", "da1*(z1 > 0)"),
        (
            "W1",
            r"\frac{\partial C}{\partial W_1} = x^\top \left[ \left( \frac{1}{N}(p-y) W_2^\top \right) \odot \mathbb{1}[z_1 > 0] \right]",
            "x.T @ (((p - y)/N @ W2.T)*(z1 > 0))",
        ),
        (
            "W1",
            r"\frac{\partial C}{\partial W^{(1)}_{dh}} = \sum_n x_{nd}\, \mathbb{1}[z^{(1)}_{nh} > 0] \sum_k "
            r"W^{(2)}_{hk}\, \frac{p_{nk} - y_{nk}}{N}",
            "dW1[d,h] = sum[n](x[n,d]*(z1[n,h] > 0)*sum[k](W2[h,k]*(p[n,k] - y[n,k])/N))",
        ),
        ("b1", r"\nabla_{b_1} L = \mathbf{1}^\top \delta_1", "sum(dz1, axis=0)", {"names": {r"\delta_1": "dz1"}}),
        ("x", r"dx = dz_1 W_1^T", "dz1 @ W1.T"),
    ),
]

UNCLEAR = [
    *rows(
        "linear",
        ("W", r"dW = 1/2 x^\top dz", "", {"refused": True}),
        ("W", r"dW = x dz", "", {"refused": True}),
        ("W", r"dW = x^\top dz W", "", {"refused": True}),
        ("W", r"dW_{ij} = \sum_n x_{nj} dz_{ni}", "", {"refused": True}),
        ("W", r"dW_{ij} = x_{ni} dz_{nj}", "", {"refused": True}),
        ("W", r"dW_{ij} = \sum_{n=2}^{N} x_{ni} dz_{nj}", "", {"refused": True}),
        ("W", r"dW_{ij} = \sum_{n=1}^{D} x_{ni} dz_{nj}", "", {"refused": True}),
        ("W", r"dW_{ij} = \sum_{n=1}^{N} x_{ni} dz_{nj} + x_{1i} dz_{1j}", "", {"refused": True}),
        ("x", r"dx = W dz^\top", "", {"refused": True}),
        ("x", r"dx_i = \sum_j W_i dz_j", "", {"refused": True}),
        ("b", r"db = dz", "", {"refused": True}),
        ("b", r"db = \sum dz", "", {"refused": True}),
        ("b", r"db = \sum_n dz", "", {"refused": True}),
        ("b", r"\sum_n x_n", "", {"refused": True}),
        ("z", r"z = xW + c", "", {"refused": True}),
    ),
    *rows(
        "tanh",
        ("x", r"dx_{nd} = \log y_{nd} dy_{nd}", "", {"refused": True}),
        ("x", r"dx_i = dy_i (1 - y_i^2)", "", {"refused": True}),
        ("x", r"dx_n^d = dy_n^d", "", {"refused": True}),
    ),
    *rows(
        "quadratic_form",
        ("x", r"\frac{\partial C}{\partial x} = x^\top (A + A^\top)", "", {"refused": True}),
        ("x", r"dx = x^\top A + A x", "", {"refused": True}),
        ("x", r"dx = x A", "", {"refused": True}),
        ("A", r"dA = x x", "", {"refused": True}),
        ("A", r"dA = A^2", "", {"refused": True}),
        ("A", r"dA = \frac{1}{A}", "", {"refused": True}),
        ("A", r"dA = |A| A", "", {"refused": True}),
        ("A", r"dA_{ij} = x_i^j", "", {"refused": True}),
        ("x", r"(A + A^\top) x", "", {"layout": "numerator", "refused": True}),
    ),
    *rows("relu", ("x", r"dx_{nd} = dy_{nd} \begin{cases} 1 & x_{nd} > 0 \\ 0 & x_{nd} < 0 \end{cases}", "", {"refused": True})),
    *rows(
        "residual:branch=linear",
        ("x", r"dx = dy + dy \odot \mathbb{1}[z > 0] W^\top", "", {"refused": True}),
        ("x", r"dx = dy + (z > 0) \odot dy W^\top", "", {"refused": True}),
    ),
    *rows("softmax", ("z", r"p \odot (dp - \sum_j p_j dp_j)", "", {"refused": True})),
    *rows("rnn", ("a", r"da_i = dh_i", "", {"refused": True})),
]

OTHERS = [
    *rows(
        "embedding",
        (
            "E",
            r"\frac{\partial C}{\partial E_{vd}} = \sum_n \mathbb{1}[t_n = v]\, \frac{\partial C}{\partial y_{nd}}",
            "dE[v,d] = sum[n](delta(t[n], v)*dy[n,d])",
        ),
        ("E", r"dE_{vd} = \sum_{n} \delta_{v t_n} dy_{nd}", "dE[v,d] = sum[n](delta(t[n], v)*dy[n,d])"),
        ("y", r"y_{nd} = E_{t_n d}", "y[n,d] = E[t[n],d]"),
        ("y", r"y_n = E_{t_n}", "y[n,d] = E[t[n],d]"),
    ),
    *rows(
        "dropout",
        ("x", r"\frac{1}{p} m \odot dy", "mask*dy/p", {"names": {"m": "mask"}}),
        ("x", r"dx = \frac{\mathrm{mask} \odot dy}{p}", "mask*dy/p"),
        ("x", r"dx_{nd} = \frac{m_{nd}}{p} dy_{nd}", "mask*dy/p", {"names": {"m": "mask"}}),
    ),
    *rows(
        "residual",
        ("x", r"dx = dy \odot (1 + f'(x))", "dy*(1 + f'(x))"),
        ("x", r"dx_{nd} = dy_{nd} + dy_{nd} f'(x_{nd})", "dy*(1 + f'(x))"),
    ),
    *rows(
        "residual:branch=linear",
        ("x", r"dx = dy + \left(dy \odot \mathbb{1}[z > 0]\right) W^\top", "dy + (dy*(z > 0)) @ W.T"),
        ("W", r"x^\top (dy \odot \mathrm{ReLU}'(z))", "x.T @ (dy*step(z))"),
        ("b", r"db_j = \sum_n dy_{nj} \mathbb{1}[z_{nj} > 0]", "sum(dy*(z > 0), axis=0)"),
    ),
    *rows(
        "conv1d",
        (
            "W",
            r"\frac{\partial C}{\partial W_{fdp}} = \sum_{n,i} x_{n,d,i+p} \frac{\partial C}{\partial y_{nfi}}",
            "dW[f,d,p] = sum[n,i](x[n,d,i+p]*dy[n,f,i])",
        ),
        ("b", r"db_f = \sum_n \sum_i dy_{nfi}", "sum(dy, axis=(0, 2))"),
        (
            "x",
            r"\frac{\partial C}{\partial x_{ndl}} = \sum_f \sum_p W_{fdp}\, \frac{\partial C}{\partial y_{n,f,l-p}}",
            "dx[n,d,l] = sum[f,p](W[f,d,p]*dy[n,f,l-p])",
        ),
        ("y", r"y_{n,f,i} = b_f + \sum_{d}\sum_{p=0}^{P-1} x_{n,d,i+p} W_{f,d,p}", "y[n,f,i] = b[f] + sum[d,p](x[n,d,i+p]*W[f,d,p])"),
        (
            "y",
            r"y_{n,f,i} = b_f + \sum_{d=1}^{D}\sum_{p=1}^{P} x_{n,d,i+p-1} W_{f,d,p}",
            "y[n,f,i] = b[f] + sum[d,p](x[n,d,i+p]*W[f,d,p])",
            {"base": 1},
        ),
    ),
    *rows(
        "conv2d",
        ("W", r"dW_{fdpq} = \sum_{n,i,j} dy_{nfij}\, x_{n,d,i+p,j+q}", "dW[f,d,p,q] = sum[n,i,j](dy[n,f,i,j]*x[n,d,i+p,j+q])"),
        ("b", r"db_f = \sum_{n,i,j} dy_{nfij}", "sum(dy, axis=(0, 2, 3))"),
    ),
    *rows(
        "conv2d:stride=2,padding=1",
        (
            "W",
            r"dW_{fdpq} = \sum_{n,i,j} dy_{nfij}\, x_{n,d,2i+p-1,2j+q-1}",
            "dW[f,d,p,q] = sum[n,i,j](dy[n,f,i,j]*x[n,d,2*i+p-1,2*j+q-1])",
        ),
    ),
    *rows(
        "avg_pool1d",
        ("x", r"dx_{ndl} = \frac{1}{P}\sum_{p=0}^{P-1} dy_{n,d,l-p}", "dx[n,d,l] = sum[p in P](dy[n,d,l-p])/P"),
        ("y", r"y_{ndi} = \frac1P \sum_{p=0}^{P-1} x_{n,d,i+p}", "y[n,d,i] = sum[p in P](x[n,d,i+p])/P"),
    ),
    *rows(
        "max_pool1d",
        ("y", r"y_{ndi} = \max_{0 \le p < P} x_{n,d,i+p}", "y[n,d,i] = max[p in P](x[n,d,i+p])"),
        (
            "x",
            r"dx_{ndl} = \sum_i dy_{ndi}\, \mathbb{1}\Big[l - i = \arg\max_{0 \le p < P} x_{n,d,i+p}\Big]",
            "dx[n,d,l] = sum[i](dy[n,d,i]*(argmax[p in P](x[n,d,i+p]) == l - i))",
        ),
    ),
    *rows(
        "rnn_cell",
        ("a", r"da = dh_1 \odot (1 - h_1^2)", "dh1*(1 - h1**2)"),
        ("a", r"\delta = \frac{\partial C}{\partial h_1} \odot \tanh'(a)", "dh1*(1 - tanh(a)**2)", {"names": {r"\delta": "da"}}),
        ("U", r"dU = h_0^\top da", "h0.T @ da"),
        ("W", r"\frac{\partial C}{\partial W} = x^\top \left( dh_1 \odot (1 - \tanh^2(a)) \right)", "x.T @ (dh1*(1 - tanh(a)**2))"),
        ("h0", r"dh_0 = da\, U^\top", "da @ U.T"),
        ("h0", r"\frac{\partial C}{\partial h_{0,nk}} = \sum_j \frac{\partial C}{\partial a_{nj}} U_{kj}", "da @ U.T"),
        ("h1", r"h_1 = \tanh(x W + h_0 U + b)", "h1 = tanh(x @ W + h0 @ U + b)"),
    ),
    *rows(
        "lstm_cell",
        ("og", r"do = dh_1 \odot \tanh(c_1)", "dh1*tanh(c1)", {"names": {"o": "og"}}),
        (
            "ao",
            r"\frac{\partial C}{\partial a_o} = \frac{\partial C}{\partial h_1} \odot \tanh(c_1) \odot o \odot (1 - o)",
            "dh1*tanh(c1)*og*(1 - og)",
            {"names": {"o": "og"}},
        ),
        ("Wf", r"\frac{\partial C}{\partial W_f} = x^\top \frac{\partial C}{\partial a_f}", "x.T @ daf"),
        ("Uo", r"dU_o = h_0^\top da_o", "h0.T @ dao"),
        ("bi", r"db_i = \mathbf{1}^\top da_i", "sum(dai, axis=0)"),
        ("c1", r"c_1 = f \odot c_0 + i \odot g", "c1 = fg*c0 + ig*gg", {"names": {"f": "fg", "i": "ig", "g": "gg"}}),
        ("ig", r"d i = dc_1 \odot g", "dc1*gg", {"names": {"i": "ig", "g": "gg"}}),
        ("af", r"a_{f,nj} = \sum_d x_{nd} W_{f,dj} + \sum_k h_{0,nk} U_{f,kj} + b_{f,j}", "af = x @ Wf + h0 @ Uf + bf"),
    ),
    *rows(
        "gru_cell",
        ("zg", r"dz = dh_1 \odot (h_0 - n)", "dh1*(h0 - ng)", {"names": {"z": "zg", "n": "ng"}}),
        ("h1", r"h_1 = (1 - z) \odot n + z \odot h_0", "h1 = (1 - zg)*ng + zg*h0", {"names": {"z": "zg", "n": "ng"}}),
    ),
    *rows(
        "rnn",
        (
            "U",
            r"\frac{\partial C}{\partial U_{kj}} = \sum_{t} \sum_n \frac{\partial C}{\partial a_{tnj}} h_{t-1,n,k}",
            "dU[k,j] = sum[t,n](da[t,n,j]*h[t-1,n,k])",
        ),
        ("a", r"da_{tnj} = dh_{tnj} (1 - h_{tnj}^2)", "dh*(1 - h**2)"),
        ("W", r"dW_{dj} = \sum_{t=1}^T \sum_{n=1}^N x_{tnd}\, da_{tnj}", "dW[d,j] = sum[t,n](x[t,n,d]*da[t,n,j])"),
        ("b", r"db = \sum_{t,n} da_{tn}", "sum(da, axis=(0, 1))"),
    ),
    *rows(
        "scaled_dot_product_attention",
        ("V", r"dV = P^\top dO", "P.T @ dO"),
        ("P", r"dP = dO\, V^\top", "dO @ V.T"),
        ("Q", r"dQ = \frac{1}{\sqrt{D}} dS K", "dS @ K/sqrt(D)"),
        ("K", r"\frac{\partial C}{\partial K} = \frac{1}{\sqrt{D}} \left(\frac{\partial C}{\partial S}\right)^\top Q", "dS.T @ Q/sqrt(D)"),
        ("S", r"dS_{mn} = P_{mn} \left( dP_{mn} - \sum_j dP_{mj} P_{mj} \right)", "dS[m,n] = P[m,n]*(dP[m,n] - sum[j](dP[m,j]*P[m,j]))"),
        ("O", r"O = \operatorname{softmax}\left(\frac{Q K^\top}{\sqrt{D}}\right) V", "O = softmax(Q @ K.T/sqrt(D), axis=1) @ V"),
        (
            "S",
            r"dS = P \odot \left(dP - (P \odot dP) \mathbf{1} \mathbf{1}^\top\right)",
            "dS[m,n] = P[m,n]*(dP[m,n] - sum[j](dP[m,j]*P[m,j]))",
        ),
        ("Q", r"\frac{\partial C}{\partial Q_{md}} = \frac{1}{\sqrt D}\sum_n \frac{\partial C}{\partial S_{mn}} K_{nd}", "dS @ K/sqrt(D)"),
        ("S", r"S = Q K^\top / \sqrt{D}", "S = Q @ K.T/sqrt(D)"),
    ),
    *rows(
        "scaled_dot_product_attention:mask=causal",
        (
            "P",
            r"P_{tu} = \frac{\mathbb{1}[u \le t]\, e^{S_{tu}}}{\sum_{j \le t} e^{S_{tj}}}",
            "P[t,u] = (u <= t)*exp(S[t,u])/sum[j]((j <= t)*exp(S[t,j]))",
        ),
        ("V", r"dV_{ue} = \sum_t P_{tu} dO_{te}", "P.T @ dO"),
    ),
    *rows(
        "multi_head_attention",
        (
            "Wo",
            r"\frac{\partial C}{\partial W_{o,hed}} = \sum_t O_{hte} \frac{\partial C}{\partial Y_{td}}",
            "dWo[h,e,d] = sum[t](O[h,t,e]*dY[t,d])",
        ),
        ("V", r"dV_{hue} = \sum_t P_{htu}\, dO_{hte}", "dV[h,u,e] = sum[t](P[h,t,u]*dO[h,t,e])"),
        (
            "x",
            r"dx_{td} = \sum_{h,e} \left( dQ_{hte} W_{q,hde} + dK_{hte} W_{k,hde} + dV_{hte} W_{v,hde} \right)",
            "dx[t,d] = sum[h,e](dQ[h,t,e]*Wq[h,d,e] + dK[h,t,e]*Wk[h,d,e] + dV[h,t,e]*Wv[h,d,e])",
        ),
    ),
]

FURTHER = [
    *rows("embedding", ("E", r"dE_v = \sum_{n : t_n = v} dy_n", "dE[v,d] = sum[n](delta(t[n], v)*dy[n,d])")),
    *rows(
        "max_pool2d:kernel_size=2",
        ("y", r"y_{ndij} = \max_{p=0}^{1} \max_{q=0}^{1} x_{n,d,2i+p,2j+q}", "y[n,d,i,j] = max[p in 2](max[q in 2](x[n,d,2*i+p,2*j+q]))"),
    ),
    *rows(
        "avg_pool2d",
        (
            "x",
            r"dx_{ndlm} = \frac{1}{PQ} \sum_{p=0}^{P-1} \sum_{q=0}^{Q-1} \frac{\partial C}{\partial y_{n,d,l-p,m-q}}",
            "dx[n,d,l,m] = sum[p in P, q in Q](dy[n,d,l-p,m-q])/(P*Q)",
        ),
    ),
    *rows(
        "hardswish",
        (
            "x",
            r"dx_{nd} = dy_{nd} \begin{cases} 0 & x_{nd} \le -3 \\ 1 & x_{nd} \ge 3 \\ \frac{x_{nd}}{3} + \frac{1}{2} & -3 < x_{nd} < 3"
            r" \end{cases}",
            "dy*where(x <= -3, 0, where(x >= 3, 1, x/3 + 1/2))",
        ),
    ),
    *rows(
        "selu",
        (
            "x",
            r"dx = dy \odot \operatorname{SELU}'(x)",
            "dx[n,d] = dy[n,d]*1.0507009873554804934193349852946*where(x[n,d] > 0, 1, 1.6732632423543772848170429916717*exp(x[n,d]))",
        ),
    ),
    *rows(
        "linear",
        ("x", r"dx_{nd} = dz_{nh} W_{dh} (1 + b_k b_k)", "dx[n,d] = sum[h](dz[n,h]*W[d,h])*(1 + sum[k](b[k]*b[k]))", {"einstein": True}),
        ("x", r"dx_{nd} = dz_{nh} (1 + W_{dh})", "", {"einstein": True, "refused": True}),
        ("b", r"db_h = \tanh(x_{nd} W_{dh} dz_{nh})", "db[h] = tanh(sum[n,d](x[n,d]*W[d,h]*dz[n,h]))", {"einstein": True}),
        ("b", r"db_h = \tanh(x_{nd} W_{dh}) dz_{nh}", "db[h] = sum[n](tanh(sum[d](x[n,d]*W[d,h]))*dz[n,h])", {"einstein": True}),
        ("b", r"db_h = \tanh(x_{nd}) W_{dh}", "", {"einstein": True, "refused": True}),
        (
            "b",
            r"db_h = \tanh(b_k b_k) b_h + (x_{nd} x_{nd})^2 b_h",
            "db[h] = tanh(sum[k](b[k]**2))*b[h] + sum[n,d](x[n,d]**2)**2*b[h]",
            {"einstein": True},
        ),
    ),
    *rows(
        "linear",
        (
            "W",
            r"\frac{\partial \mathrm{Loss}}{\partial W_{i,j}} = \sum_{k=1}^{N} \frac{\partial "
            r"\mathrm{Loss}}{\partial z_{k,j}} \cdot x_{k,i}",
            LINEAR_W,
        ),
        ("W", r"$\frac{\partial C}{\partial W} = x^\top\delta$", LINEAR_W, DELTA),
        ("W", r"\begin{equation} \label{eq:1} \frac{\partial C}{\partial W} = x^{\!\top}\!\delta \end{equation}", LINEAR_W, DELTA),
        ("W", r"\nabla_{W}J = X^{T}\,\nabla_{Z}J", LINEAR_W, {"names": {"X": "x", "Z": "z"}}),
        ("W", r"\frac{\partial C}{\partial W}=\sum_{n=1}^{N}x^{(n)}\left(\delta^{(n)}\right)^{\top}", LINEAR_W, DELTA),
        ("W", r"\frac{\partial C}{\partial W}=\sum_{n=1}^{N}x^{(n)}\delta^{(n)\top}", LINEAR_W, DELTA),
        ("W", r"\frac{\partial C}{\partial W_{ij}}=\sum_{n=1}^{N}x_i^{(n)}\delta_j^{(n)}", LINEAR_W, DELTA),
        ("W", r"\frac{\partial C}{\partial W}\;=\;\underbrace{x^\top}_{D\times N}\;\underbrace{dz}_{N\times H}", LINEAR_W),
        ("W", r"\bigl(x^\top\bigr)\, dz", LINEAR_W),
        ("x", r"dx_{n,d} = \sum_{j=1}^{H} dz_{n,j} \cdot W_{d,j}", LINEAR_X),
        ("x", r"dx = \left( W dz^T \right)^T", LINEAR_X),
        ("x", r"dx_{nd} = W_d \cdot dz_n", LINEAR_X),
        ("x", r"dx_{nd} = W_d^\top dz_n", LINEAR_X),
        ("W", r"dW = \sum_{n=1}^{N} x_{n}^{\top} dz_{n}", "", {"refused": True}),
        ("b", r"\frac{\partial C}{\partial b} = \frac{\partial C}{\partial b^T}", "", {"refused": True}),
    ),
    *rows(
        "relu",
        ("x", r"dx_{nd}=\left\{\begin{array}{ll} dy_{nd} & x_{nd}>0\\0 & \text{otherwise}\end{array}\right.", "dy*(x > 0)"),
        ("x", r"dx = dy \odot \mathrm{relu}^\prime(x)", "dy*step(x)"),
        ("x", r"dx = dy \odot \theta(x)", "dy*step(x)", {"names": {r"\theta": "step"}}),
        ("x", r"dx=dy\cdot\mathbf{1}_{\{x>0\}}", "dy*(x > 0)"),
        ("x", r"dx=dy\odot [\![x>0]\!]", "dy*(x > 0)"),
        ("x", r"dx_{nd} = dy_{nd} \left. \mathrm{ReLU}'(u) \right|_{u = x_{nd}}", "dy*step(x)"),
    ),
    *rows(
        "sigmoid",
        ("x", r"dx_{nd} = dy_{nd} \cdot \frac{e^{x_{nd}}}{(1+e^{x_{nd}})^{2}}", "dy*exp(x)/(1 + exp(x))**2"),
        ("x", r"dx = dy \odot \sigma x", "", {"refused": True}),
    ),
    *rows(
        "cross_entropy",
        ("z", r"dz_{n,k} = (p_{n,k} - 1(t_n = k))/N", "dz[n,k] = (p[n,k] - delta(k, t[n]))/N"),
        ("z", r"dz = (p - \operatorname{onehot}(t))/N", "dz[n,k] = (p[n,k] - delta(k, t[n]))/N"),
    ),
    *rows(
        "batch_norm",
        (
            "x",
            r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial \hat{x}_i} \odot \frac{1}{\sqrt{\sigma^2+\epsilon}}"
            r" + \frac{\partial L}{\partial \sigma^2} \odot \frac{2(x_i-\mu)}{N} + \frac{\partial L}{\partial \mu} \cdot \frac{1}{N}",
            "dxhat/sqrt(var + eps) + 2*(x - mu)/N*dvar + dmu/N",
        ),
        (
            "x",
            r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial \hat{x}_i} \cdot "
            r"\frac{1}{\sqrt{\sigma^2+\epsilon}} + \frac{1}{N} \frac{\partial L}{\partial \mu}",
            "",
            {"refused": True},
        ),
        ("xhat", r"d\hat{x}_i = dy_i \cdot \gamma", "dy*gamma"),
        ("x", r"dx = \frac{1}{N}(N dy \gamma - dy)", "", {"refused": True}),
        ("x", r"dx = \sigma(x) dy", "", {"refused": True}),
    ),
    *rows(
        "mlp:target=one_hot",
        (
            "W1",
            r"\frac{\partial C}{\partial W^{(1)}} = x^\top\left[\left(\frac{\partial C}{\partial z^{(2)}}\left(W^{(2)}\right)^\top\right)"
            r"\odot \sigma^\prime\left(z^{(1)}\right)\right]",
            "x.T @ ((dz2 @ W2.T)*step(z1))",
            {"names": {r"\sigma": "relu"}},
        ),
        (
            "W1",
            r"\frac{\partial C}{\partial W_{1}} = \frac{1}{N} x^{\top} \left( (p - y) W_{2}^{\top} \odot \mathbf{1}_{z_{1} > 0} \right)",
            "x.T @ (((p - y) @ W2.T)*(z1 > 0))/N",
        ),
    ),
    *rows(
        "conv1d",
        (
            "W",
            r"\frac{\partial L}{\partial W_{f,d,p}} = \sum_{n=0}^{N-1}\sum_{i=0}^{L-P} \frac{\partial L}{\partial y_{n,f,i}} x_{n,d,i+p}",
            "dW[f,d,p] = sum[n,i](x[n,d,i+p]*dy[n,f,i])",
        ),
    ),
    *rows("quadratic_form", ("C", r"C = |x| A", "", {"refused": True})),
    *rows(
        "huber_loss",
        (
            "x",
            r"dx_{nd} = \frac{1}{ND}\begin{cases} x_{nd}-y_{nd} & \text{if } |x_{nd}-y_{nd}| \leq 1 \\"
            r" \operatorname{sgn}(x_{nd}-y_{nd}) & \text{if } |x_{nd}-y_{nd}| > 1 \end{cases}",
            "where(abs(x - y) <= 1, x - y, sign(x - y))/(N*D)",
        ),
    ),
]

EVERY = [*LINEAR, *ACTIVATIONS, *LOSSES, *NORMS, *REDUCTIONS, *MATRICES, *NETWORKS, *OTHERS, *UNCLEAR, *FURTHER]
CORPUS = [row for row in EVERY if not row.options.get("refused")]
REFUSED = [row for row in EVERY if row.options.get("refused")]
"""What can be read in several ways, or doesn't fit: refused, never guessed."""
