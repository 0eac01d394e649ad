"""Right answers as people write them: index style and array style, staged, unsimplified, in other orders.

A row is (layer, variable, answer, comment). In the table a line without a colon names the layer, the others are
`variable: answer  # comment`; semicolons separate the lines of an answer.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """An answer for a variable of a layer of the shelf, and what is to be said of it."""

    layer: str
    variable: str
    answer: str
    comment: str


def rows(table: str) -> tuple[Row, ...]:
    """The rows of a table."""
    made, layer = [], ""
    for line in filter(None, map(str.strip, table.splitlines())):
        text, _, comment = line.partition("  # ")
        if ": " not in text:
            layer = text.strip()
            continue
        variable, _, answer = text.partition(": ")
        made.append(Row(layer, variable.strip(), answer.strip(), comment.strip()))
    return tuple(made)


LINEAR = """
linear
    W: dW = x.T @ dz
    W: dW[d,h] = sum[n](x[n,d]*dz[n,h])
    W: dW[i,j] = sum[n](dz[n,j]*x[n,i])  # other letters
    W: dW = (dz.T @ x).T
    W: dW[d,h] = sum[n](sum[j](x[n,d]*dz[n,j]*delta(j, h)))  # a delta left over
    x: dx = dz @ W.T
    x: dx[n,d] = sum[h](dz[n,h]*W[d,h])
    x: dx = (W @ dz.T).T
    x: dx[n,d] = sum[m,h](dz[m,h]*W[d,h]*delta(m, n))
    b: db = sum(dz, axis=0)
    b: db = dz.sum(axis=0)
    b: db[h] = sum[n](dz[n,h])
    b: db = ones(N) @ dz
    d(z[n,h], W[d,k]): d(z[n,h], W[d,k]) = x[n,d]*delta(h, k)
    d(z[n,h], x[m,d]): d(z[n,h], x[m,d]) = W[d,h]*delta(m, n)
    d(z[n,h], b[k]): d(z[n,h], b[k]) = delta(h, k)
linear:bias=false
    W: dW = x.T @ dz
    x: dx = dz @ W.T
embedding
    E: dE[v,d] = sum[n](delta(v, t[n])*dy[n,d])
    E: dE[v,d] = sum[n]((t[n] == v)*dy[n,d])
    E: dE = onehot(t, V).T @ dy
dropout
    x: dx = mask*dy/p
    x: dx[n,d] = dy[n,d]*(mask[n,d]/p)
    x: dx = where(mask == 1, dy/p, 0)  # cases
    x: dx[n,d] = (mask[n,d] != 0)*dy[n,d]/p
residual
    x: dx[n,d] = dy[n,d]*(1 + f'(x[n,d]))
    x: dx = dy + dy*f'(x)
residual:branch=linear
    x: dz = dy*step(z); dx = dy + dz @ W.T
    x: dx[n,d] = dy[n,d] + sum[j](dy[n,j]*step(z[n,j])*W[d,j])
    W: dz = dy*(z > 0); dW = x.T @ dz
    b: db = sum(dy*step(z), axis=0)
    W: dW[d,j] = sum[n](x[n,d]*where(z[n,j] > 0, dy[n,j], 0))
identity
    x: dx = dy
    x: dx[n,d] = sum[m](delta(m, n)*dy[m,d])
"""

ACTIVATIONS = """
prelu
    x: dx[n,d] = dy[n,d]*where(x[n,d] > 0, 1, a[d])
    x: dx = dy*(step(x) + a*(1 - step(x)))
    a: da[d] = sum[n](dy[n,d]*x[n,d]*(x[n,d] <= 0))
    a: da = sum(where(x > 0, 0, x)*dy, axis=0)
    a: da[d] = sum[n](dy[n,d]*minimum(x[n,d], 0))
    a: da[d] = -sum[n](dy[n,d]*relu(-x[n,d]))
tanh
    x: dx = dy*(1 - y**2)
    x: dx = dy*(1 - tanh(x)**2)
    x: dx[n,d] = 4*dy[n,d]/(exp(x[n,d]) + exp(-x[n,d]))**2
    x: dx = dy/cosh(x)**2
    x: dx[n,d] = dy[n,d] - dy[n,d]*y[n,d]*y[n,d]
    x: dx = dy*(1 - y)*(1 + y)
    x: s = sigmoid(2*x); dx = 4*dy*s*(1 - s)
    d(y[n,d], x[m,e]): d(y[n,d], x[m,e]) = (1 - y[n,d]**2)*delta(m, n)*delta(d, e)
sigmoid
    x: dx = dy*y*(1 - y)
    x: dx = dy*(y - y**2)
    x: dx[n,d] = dy[n,d]*sigmoid(x[n,d])*(1 - sigmoid(x[n,d]))
    x: dx[n,d] = dy[n,d]*exp(-x[n,d])/(1 + exp(-x[n,d]))**2
    x: dx = dy*sigmoid(x)*sigmoid(-x)
    x: dx = dy/(2 + exp(x) + exp(-x))
    x: dx = dy*(1/4 - (y - 1/2)**2)
logsigmoid
    x: dx = dy*(1 - sigmoid(x))
    x: dx = dy*sigmoid(-x)
    x: dx = dy/(1 + exp(x))
    x: dx[n,d] = dy[n,d]*(1 - exp(y[n,d]))
softplus
    x: dx = dy*sigmoid(x)
    x: dx = dy/(1 + exp(-x))
    x: dx = dy*exp(x)/(1 + exp(x))
    x: dx = dy*(1 - exp(-y))
relu
    x: dx = dy*step(x)
    x: dx = dy*(x > 0)
    x: dx[n,d] = where(x[n,d] > 0, dy[n,d], 0)
    x: dx[n,d] = dy[n,d] if x[n,d] > 0 else 0
    x: dx = dy*(y > 0)  # the output tells as much
    x: dx = (sign(x) + 1)/2*dy  # 1/2 at 0, a subgradient
    x: dx = dy*(x >= 0)  # 1 at 0, a subgradient
    x: dx = where(x <= 0, 0, dy)
leaky_relu
    x: dx = dy*where(x > 0, 1, 0.01)
    x: dx = dy*(0.01 + 0.99*step(x))
    x: dx[n,d] = dy[n,d]*((x[n,d] > 0) + (x[n,d] <= 0)/100)
leaky_relu:slope=symbolic
    x: dx = dy*where(x > 0, 1, slope)
    slope: dslope = sum(dy*minimum(x, 0))
    slope: dslope = sum[n,d](dy[n,d]*x[n,d]*(x[n,d] < 0))
elu
    x: dx = dy*where(x > 0, 1, exp(x))
    x: dx = dy*where(x > 0, 1, y + 1)  # the output again
    x: dx = dy*exp(minimum(x, 0))
    x: dx[n,d] = dy[n,d]*((x[n,d] > 0) + (x[n,d] <= 0)*exp(x[n,d]))
    x: dx = dy*where(x >= 0, 1, exp(x))  # smooth at 0
elu:alpha=symbolic
    x: dx = dy*where(x > 0, 1, alpha*exp(x))
    x: dx = dy*where(x > 0, 1, y + alpha)
    alpha: dalpha = sum(dy*where(x > 0, 0, exp(x) - 1))
selu
    x: dx = 1.0507009873554804934193349852946*dy*where(x > 0, 1, 1.6732632423543772848170429916717*exp(x))
    x: dx[n,d] = dy[n,d]*where(x[n,d] > 0, 1.0507009873554804934193349852946, y[n,d] + 1.0507009873554804934193349852946*1.6732632423543772848170429916717)
celu
    x: dx = dy*where(x > 0, 1, exp(x))
    x: dx = dy*exp(-relu(-x))
celu:alpha=symbolic
    x: dx = dy*where(x > 0, 1, exp(x/alpha))
    x: dx = dy*where(x > 0, 1, y/alpha + 1)
silu
    x: dx = dy*(sigmoid(x) + x*sigmoid(x)*(1 - sigmoid(x)))
    x: dx = dy*sigmoid(x)*(1 + x*(1 - sigmoid(x)))
    x: s = sigmoid(x); dx = dy*(y + s*(1 - y))
    x: dx = dy*(1 + exp(-x) + x*exp(-x))/(1 + exp(-x))**2
mish
    x: dx = dy*(tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))**2))
    x: sp = softplus(x); dx = dy*(tanh(sp) + x*sigmoid(x)/cosh(sp)**2)
hardsigmoid
    x: dx = dy*(x > -3)*(x < 3)/6
    x: dx = where(abs(x) < 3, dy/6, 0)
    x: dx[n,d] = dy[n,d]/6 if -3 < x[n,d] < 3 else 0
hardtanh
    x: dx = dy*(x > -1)*(x < 1)
    x: dx = where(abs(x) < 1, dy, 0)
hardswish
    x: dx = dy*where(x < -3, 0, where(x > 3, 1, (2*x + 3)/6))  # another slope at the joints
    x: dx[n,d] = dy[n,d]*(x[n,d]/3 + 1/2)*(abs(x[n,d]) < 3) + dy[n,d]*(x[n,d] >= 3)
relu6
    x: dx = dy*(x > 0)*(x < 6)
    x: dx = where(0 < x, where(x < 6, dy, 0), 0)
softsign
    x: dx = dy/(1 + abs(x))**2
    x: dx = dy*(1 - abs(y))**2
    x: dx = dy/(1 + 2*abs(x) + x**2)
gelu
    x: dx = dy*((1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi))
    x: dx[n,d] = dy[n,d]/2 + dy[n,d]*erf(x[n,d]/sqrt(2))/2 + dy[n,d]*x[n,d]*exp(-x[n,d]*x[n,d]/2)/sqrt(2*pi)
gelu:approximate=tanh
    x: u = sqrt(2/pi)*(x + 0.044715*x**3); du = sqrt(2/pi)*(1 + 3*0.044715*x**2); dx = dy*((1 + tanh(u))/2 + x*(1 - tanh(u)**2)*du/2)
"""

REDUCTIONS = """
softmax
    z: dz = p*(dp - sum(dp*p, axis=1, keepdims=True))
    z: dz[n,k] = p[n,k]*(dp[n,k] - sum[j](dp[n,j]*p[n,j]))
    z: dz[n,k] = sum[j](dp[n,j]*p[n,j]*(delta(j, k) - p[n,k]))
    z: dz[n,k] = p[n,k]*dp[n,k] - p[n,k]*sum[j](p[n,j]*dp[n,j])
    z: dz[n,k] = sum[j](dp[n,j]*(p[n,k]*delta(k, j) - p[n,k]*p[n,j]))
    z: g = dp*p; dz = g - p*g.sum(axis=1)[:, None]
    z: dz[n,k] = sum[j](p[n,j]*p[n,k]*(dp[n,k] - dp[n,j]))  # uses that p sums to 1
    z: e = exp(z); s = sum(e, axis=1, keepdims=True); dz = e/s*dp - e/s**2*sum(e*dp, axis=1, keepdims=True)
    d(p[n,k], z[m,j]): d(p[n,k], z[m,j]) = delta(m, n)*p[n,k]*(delta(k, j) - p[n,j])
    d(p[n,k], z[n,j]): d(p[n,k], z[n,j]) = delta(k, j)*p[n,k] - p[n,k]*p[n,j]
log_softmax
    z: dz = dy - exp(y)*sum(dy, axis=1, keepdims=True)
    z: dz[n,k] = dy[n,k] - exp(z[n,k])/sum[j](exp(z[n,j]))*sum[j](dy[n,j])
    z: dz = dy - softmax(z, axis=1)*dy.sum(axis=1)[:, None]
    z: dz[n,k] = sum[j](dy[n,j]*(delta(j, k) - exp(y[n,k])))
    d(y[n,k], z[n,j]): d(y[n,k], z[n,j]) = delta(k, j) - exp(y[n,j])
logsumexp
    z: dz[n,k] = dy[n]*exp(z[n,k] - y[n])
    z: dz[n,k] = dy[n]*exp(z[n,k])/sum[j](exp(z[n,j]))
    z: dz = dy[:, None]*softmax(z, axis=1)
    z: dz = exp(z - y[:, None])*dy[:, None]
"""

LOSSES = """
half_squared_error
    x: dx = x - y
    x: dx[n,d] = -(y[n,d] - x[n,d])
    y: dy = y - x
    x: dx[n,d] = sum[m,e]((x[m,e] - y[m,e])*delta(m, n)*delta(e, d))
    d(C, x[n,d], x[m,e]): d(C, x[n,d], x[m,e]) = delta(n, m)*delta(d, e)
mse_loss
    x: dx = 2*(x - y)/(N*D)
    x: dx[n,d] = 2/N/D*(x[n,d] - y[n,d])
    y: dy = -2*(x - y)/(N*D)
    x: dx[n,d] = (2*x[n,d] - 2*y[n,d])/(D*N)
l1_loss
    x: dx = sign(x - y)/(N*D)
    x: dx[n,d] = where(x[n,d] > y[n,d], 1, where(x[n,d] < y[n,d], -1, 0))/(N*D)
    x: dx = ((x > y) - (x < y))/(N*D)
    y: dy = sign(y - x)/(N*D)
    x: dx = where(x > y, 1, -1)/(N*D)  # -1 at a tie, a subgradient
huber_loss
    x: dx = where(abs(r) <= 1, r, sign(r))/(N*D)
    x: dx = clip(x - y, -1, 1)/(N*D)
    x: dx = minimum(maximum(r, -1), 1)/(N*D)
    y: dy = -where(abs(r) < 1, r, sign(r))/(N*D)
    x: dl[n,d] = 1/(N*D); dr = dl*where(abs(r) <= 1, r, sign(r)); dx = dr
huber_loss:delta=symbolic
    x: dx = where(abs(r) <= delta, r, delta*sign(r))/(N*D)
    x: dx = clip(r, -delta, delta)/(N*D)
smooth_l1_loss
    x: dx = where(abs(r) < 1, r, sign(r))/(N*D)
    y: dy = -clip(r, -1, 1)/(N*D)
smooth_l1_loss:beta=symbolic
    x: dx = where(abs(r) < beta, r/beta, sign(r))/(N*D)
    x: dx[n,d] = clip(r[n,d]/beta, -1, 1)/(N*D)
cross_entropy
    z: dz = (p - onehot(t, K))/N
    z: dz[n,k] = (p[n,k] - delta(k, t[n]))/N
    z: dz[n,k] = (exp(z[n,k])/sum[j](exp(z[n,j])) - (t[n] == k))/N
    z: dz[n,k] = p[n,k]/N - delta(t[n], k)/N
    z: dp[n,k] = -delta(k, t[n])/p[n,k]/N; dz[n,k] = sum[j](dp[n,j]*p[n,j]*(delta(j, k) - p[n,k]))
    p: dp[n,k] = -delta(k, t[n])/(N*p[n,k])
    z: dz[n,k] = (p[n,k] - 1)/N if k == t[n] else p[n,k]/N
    z: dz = (softmax(z, axis=1) - onehot(t, K))/N
    z: e = exp(z); dz = e/e.sum(axis=1, keepdims=True)/N - onehot(t, K)/N
    d(C, z[n,k], z[m,j]): d(C, z[n,k], z[m,j]) = delta(n, m)*(p[n,k]*delta(k, j) - p[n,k]*p[n,j])/N
cross_entropy:target=one_hot
    z: dz = (p - y)/N
    z: dz[n,k] = -(y[n,k] - p[n,k])/N
    z: dz[n,k] = (p[n,k]*sum[j](y[n,j]) - y[n,k])/N  # without the assumption
    p: dp = -y/p/N
    z: dp = -y/(N*p); dz = p*(dp - sum(dp*p, axis=1, keepdims=True))
    y: dy = -log(p)/N
binary_cross_entropy
    p: dp = (p - y)/(p*(1 - p))/N
    p: dp[n] = -(y[n]/p[n] - (1 - y[n])/(1 - p[n]))/N
    p: dp = ((1 - y)/(1 - p) - y/p)/N
    y: dy = (log(1 - p) - log(p))/N
    p: dp = (p - y)/(p - p**2)/N
    y: dy = -log(p/(1 - p))/N
binary_cross_entropy_with_logits
    z: dz = (p - y)/N
    z: dz = (sigmoid(z) - y)/N
    z: dz[n] = (1/(1 + exp(-z[n])) - y[n])/N
    z: dp = (p - y)/(p*(1 - p))/N; dz = dp*p*(1 - p)
    z: dz[n] = -(y[n]*(1 - p[n]) - (1 - y[n])*p[n])/N
    p: dp = (-y/p + (1 - y)/(1 - p))/N
    y: dy = -z/N
    d(C, z[n], z[m]): d(C, z[n], z[m]) = delta(n, m)*p[n]*(1 - p[n])/N
hinge
    s: ds[n,k] = ((1 - delta(k, t[n]))*step(m[n,k]) - delta(k, t[n])*sum[j]((1 - delta(j, t[n]))*step(m[n,j])))/N
    s: g = (1 - onehot(t, K))*(m > 0)/N; ds = g - onehot(t, K)*sum(g, axis=1, keepdims=True)
    m: dm[n,k] = (k != t[n])*(m[n,k] > 0)/N
    s: dm[n,k] = (1 - delta(k, t[n]))*step(m[n,k])/N; ds[n,k] = dm[n,k] - delta(k, t[n])*sum[j](dm[n,j])
multi_margin_loss
    m: dm[n,k] = (1 - delta(k, t[n]))*step(m[n,k])/(N*K)
    s: g = (1 - onehot(t, K))*(m > 0)/(N*K); ds = g - onehot(t, K)*g.sum(axis=1)[:, None]
"""

NORMS = """
batch_norm
    beta: dbeta = sum(dy, axis=0)
    beta: dbeta[d] = sum[n](dy[n,d])
    gamma: dgamma = sum(dy*xhat, axis=0)
    gamma: dgamma[d] = sum[n](dy[n,d]*(x[n,d] - mu[d])/sqrt(var[d] + eps))
    x: dx[n,d] = gamma[d]/(N*sqrt(var[d] + eps))*(N*dy[n,d] - sum[m](dy[m,d]) - xhat[n,d]*sum[m](dy[m,d]*xhat[m,d]))
    x: dx = gamma/sqrt(var + eps)*(dy - mean(dy, axis=0) - xhat*mean(dy*xhat, axis=0))
    x: dxhat = dy*gamma; dvar = sum(dxhat*(x - mu), axis=0)*(-1/2)*(var + eps)**(-3/2); dmu = -sum(dxhat, axis=0)/sqrt(var + eps) + dvar*mean(-2*(x - mu), axis=0); dx = dxhat/sqrt(var + eps) + dvar*2*(x - mu)/N + dmu/N  # Ioffe & Szegedy
    x: dxhat = gamma*dy; ivar = 1/sqrt(var + eps); dx = ivar/N*(N*dxhat - sum(dxhat, axis=0) - xhat*sum(dxhat*xhat, axis=0))
    x: xmu = x - mu; sq = sqrt(var + eps); ivar = 1/sq; dg = dy*gamma; divar = sum(dg*xmu, axis=0); dxmu1 = dg*ivar; dsq = -1/sq**2*divar; dv = 0.5/sqrt(var + eps)*dsq; dsqr = dv/N*ones((N, D)); dxmu2 = 2*xmu*dsqr; dx1 = dxmu1 + dxmu2; dm = -sum(dx1, axis=0); dx2 = ones((N, D))*dm/N; dx = dx1 + dx2  # the staged graph
    x: s = sqrt(var + eps); dx = gamma/s*dy - gamma/(N*s)*sum(dy, axis=0) - gamma*(x - mu)/(N*s**3)*sum(dy*(x - mu), axis=0)
    x: dx[n,d] = sum[m](gamma[d]*dy[m,d]*(delta(m, n) - 1/N - xhat[m,d]*xhat[n,d]/N)/sqrt(var[d] + eps))
    xhat: dxhat = gamma*dy
    var: dvar[d] = -sum[n](gamma[d]*dy[n,d]*(x[n,d] - mu[d]))*(var[d] + eps)**(-3/2)/2
    var: dvar = sum(dxhat*(x - mu)*(-1/2)*(var + eps)**(-3/2), axis=0)
    mu: dmu = -gamma*sum(dy, axis=0)/sqrt(var + eps)  # the path through var is 0
    mu: dmu[d] = -sum[n](dxhat[n,d])/sqrt(var[d] + eps) - 2*dvar[d]*sum[n](x[n,d] - mu[d])/N
    eps: deps = sum(-gamma*sum(dy*xhat, axis=0)/(2*(var + eps)))
layer_norm
    beta: dbeta = dy.sum(axis=0)
    gamma: dgamma = (dy*xhat).sum(axis=0)
    x: dxhat = gamma*dy; dx = (dxhat - dxhat.mean(axis=1, keepdims=True) - xhat*(dxhat*xhat).mean(axis=1, keepdims=True))/sqrt(var + eps)[:, None]
    x: dx[n,d] = (D*gamma[d]*dy[n,d] - sum[e](gamma[e]*dy[n,e]) - xhat[n,d]*sum[e](gamma[e]*dy[n,e]*xhat[n,e]))/(D*sqrt(var[n] + eps))
    x: dxhat[n,d] = gamma[d]*dy[n,d]; dvar[n] = -sum[d](dxhat[n,d]*(x[n,d] - mu[n]))/(2*(var[n] + eps)**(3/2)); dmu[n] = -sum[d](dxhat[n,d])/sqrt(var[n] + eps); dx[n,d] = dxhat[n,d]/sqrt(var[n] + eps) + 2*dvar[n]*(x[n,d] - mu[n])/D + dmu[n]/D
    xhat: dxhat[n,d] = dy[n,d]*gamma[d]
    mu: dmu[n] = -sum[d](gamma[d]*dy[n,d])/sqrt(eps + var[n])
rms_norm
    gamma: dgamma = sum(dy*x/rms[:, None], axis=0)
    gamma: dgamma[d] = sum[n](dy[n,d]*x[n,d]/rms[n])
    x: dx[n,d] = gamma[d]*dy[n,d]/rms[n] - x[n,d]*sum[e](gamma[e]*dy[n,e]*x[n,e])/(D*rms[n]**3)
    x: g = gamma*dy; dx = (g - x*mean(g*x, axis=1, keepdims=True)/(rms**2)[:, None])/rms[:, None]
    rms: drms[n] = -sum[d](dy[n,d]*gamma[d]*x[n,d])/rms[n]**2
    x: drms = -sum(dy*gamma*x, axis=1)/rms**2; dx = gamma*dy/rms[:, None] + drms[:, None]*x/(D*rms[:, None])
"""

MATRICES = """
l2_regularizer
    W: dW = lam*W
    W: dW[d,h] = lam*W[d,h]
    lam: dlam = sum(W**2)/2
    d(C, W[i,j], W[k,l]): d(C, W[i,j], W[k,l]) = lam*delta(i, k)*delta(j, l)
quadratic_form
    x: dx = (A + A.T) @ x
    x: dx[i] = sum[j](A[i,j]*x[j]) + sum[j](A[j,i]*x[j])
    x: dx = A @ x + x @ A
    A: dA = outer(x, x)
    A: dA[i,j] = x[i]*x[j]
    d(C, x[i], x[j]): d(C, x[i], x[j]) = A[i,j] + A[j,i]
quadratic_form:symmetric=true
    x: dx = 2*A @ x
    x: dx[i] = 2*sum[j](A[i,j]*x[j])
    x: dx = (A + A.T) @ x
    x: dx[i] = 2*sum[j](x[j]*A[j,i])
trace
    A: dA = eye(D)
    A: dA[i,j] = delta(i, j)
trace_product
    A: dA = B.T
    B: dB = A.T
    A: dA[d,h] = B[h,d]
    B: dB[h,d] = sum[i](A[i,h]*delta(i, d))
logdet
    A: dA = inv(A).T
    A: dA = inv(A.T)
    A: dA[i,j] = inv(A)[j,i]
inverse
    A: dA = -B.T @ dB @ B.T
    A: dA = -inv(A).T @ dB @ inv(A).T
    A: dA[i,j] = -sum[k,l](B[k,i]*dB[k,l]*B[j,l])
    d(B[i,j], A[k,l]): d(B[i,j], A[k,l]) = -B[i,k]*B[l,j]
frobenius_norm
    A: dA = A/C
    A: dA[d,h] = A[d,h]/sqrt(sum[i,j](A[i,j]**2))
    A: dA = A*sum(A**2)**(-1/2)
    d(C, A[i,j], A[k,l]): d(C, A[i,j], A[k,l]) = delta(i, k)*delta(j, l)/C - A[i,j]*A[k,l]/C**3
"""

NETWORKS = """
mlp
    W2: dW2 = a1.T @ dz2
    b2: db2 = sum((p - onehot(t, K))/N, axis=0)
    z2: dz2 = (p - onehot(t, K))/N
    W2: dz2 = (p - onehot(t, K))/N; dW2 = a1.T @ dz2
    W1: dz2 = (p - onehot(t, K))/N; da1 = dz2 @ W2.T; dz1 = da1*(z1 > 0); dW1 = x.T @ dz1
    b1: dz2[n,k] = (p[n,k] - delta(k, t[n]))/N; da1[n,h] = sum[k](dz2[n,k]*W2[h,k]); dz1[n,h] = da1[n,h]*step(z1[n,h]); db1[h] = sum[n](dz1[n,h])
    x: dx = (((p - onehot(t, K))/N) @ W2.T*step(z1)) @ W1.T
    W1: dW1[d,h] = sum[n](x[n,d]*step(z1[n,h])*sum[k](W2[h,k]*(p[n,k] - delta(k, t[n]))))/N
    a1: da1 = dz2 @ W2.T
    z1: dz1 = (dz2 @ W2.T)*(a1 > 0)
    W1: dscores = p - onehot(t, K); dscores2 = dscores/N; dhidden = dscores2 @ W2.T; dhidden2 = where(a1 <= 0, 0, dhidden); dW1 = x.T @ dhidden2  # CS231n
    d(a1[n,h], z1[n,j]): d(a1[n,h], z1[n,j]) = step(z1[n,h])*delta(h, j)
mlp:target=one_hot
    W1: dz2 = (p - y)/N; dz1 = (dz2 @ W2.T)*step(z1); dW1 = x.T @ dz1
    W2: dW2 = a1.T @ (p - y)/N
    b2: db2[k] = sum[n](p[n,k] - y[n,k])/N
neuron
    W: dW = (relu(W*x) - y)*step(W*x)*x
    W: dr = r - y; dz = dr*step(z); dW = dz*x
    z: dz = (r - y)*step(z)
    r: dr = -(y - r)
    x: dx = (r - y)*(z > 0)*W
    y: dy = y - r
neuron:activation=unspecified
    W: dW = (f(W*x) - y)*f'(W*x)*x
    z: dz = (r - y)*f'(z)
    d(C, W, W): d(C, W, W) = x**2*(f'(W*x)**2 + (f(W*x) - y)*f''(W*x))
relu_layer
    W: dW[i,j] = dr1[j]*step(z[j])*r0[i]
    W: dW = outer(r0, dr1*(z > 0))
    r0: dr0[i] = sum[j](W[i,j]*dr1[j]*step(z[j]))
    r0: dr0 = W @ (dr1*step(z))
    z: dz = dr1*step(z)
relu_layer:activation=unspecified
    W: dW[i,j] = dr1[j]*f'(z[j])*r0[i]
    r0: dr0 = W @ (dr1*f'(z))
"""

ATTENTION = """
scaled_dot_product_attention
    V: dV = P.T @ dO
    V: dV[n,e] = sum[m](P[m,n]*dO[m,e])
    P: dP = dO @ V.T
    S: dP = dO @ V.T; dS = P*(dP - sum(dP*P, axis=1, keepdims=True))
    S: dS[m,n] = sum[j,e](dO[m,e]*V[j,e]*P[m,j]*(delta(j, n) - P[m,n]))
    Q: dP = dO @ V.T; dS = P*(dP - (dP*P).sum(axis=1)[:, None]); dQ = dS @ K/sqrt(D)
    K: dP = dO @ V.T; dS = P*(dP - (dP*P).sum(axis=1, keepdims=True)); dK = dS.T @ Q/sqrt(D)
    Q: dQ[m,d] = sum[n](dS[m,n]*K[n,d])/sqrt(D)
    S: dS = P*(dO @ V.T - sum(dO*O, axis=1, keepdims=True))  # flash attention: Σ dO O
    K: dK[n,d] = sum[m](dS[m,n]*Q[m,d])*D**(-1/2)
scaled_dot_product_attention:mask=given
    V: dV = P.T @ dO
    S: dP = dO @ V.T; dS = P*(dP - sum(dP*P, axis=1, keepdims=True))
    Q: dQ = dS @ K/sqrt(D)
scaled_dot_product_attention:mask=causal
    V: dV = P.T @ dO
    S: dP = dO @ V.T; dS = P*(dP - sum(dP*P, axis=1, keepdims=True))
multi_head_attention
    Wo: dWo[h,e,d] = sum[t](O[h,t,e]*dY[t,d])
    O: dO[h,t,e] = sum[d](dY[t,d]*Wo[h,e,d])
    V: dV[h,u,e] = sum[t](P[h,t,u]*dO[h,t,e])
    Wq: dWq[h,d,e] = sum[t](x[t,d]*dQ[h,t,e])
    x: dx[t,d] = sum[h,e](dQ[h,t,e]*Wq[h,d,e] + dK[h,t,e]*Wk[h,d,e] + dV[h,t,e]*Wv[h,d,e])
    S: dS[h,t,u] = P[h,t,u]*(dP[h,t,u] - sum[j](dP[h,t,j]*P[h,t,j]))
"""

CONVOLUTIONS = """
conv1d
    b: db[f] = sum[n,i](dy[n,f,i])
    b: db = sum(dy, axis=(0, 2))
    W: dW[f,d,p] = sum[n,i](dy[n,f,i]*x[n,d,i + p])
    x: dx[n,d,l] = sum[f,p](dy[n,f,l - p]*W[f,d,p])
    x: dx[n,d,l] = sum[f,i](dy[n,f,i]*W[f,d,l - i])
    x: dx[n,d,l] = sum[f,i,p](dy[n,f,i]*W[f,d,p]*delta(l, i + p))
    x: dx[n,d,l] = sum[f,i,p]((i + p == l)*W[f,d,p]*dy[n,f,i])
conv1d:stride=2,padding=1
    W: dW[f,d,p] = sum[n,i](dy[n,f,i]*x[n,d,2*i + p - 1])
    x: dx[n,d,l] = sum[f,i](dy[n,f,i]*W[f,d,l - 2*i + 1])
    x: dx[n,d,l] = sum[f,i,p](dy[n,f,i]*W[f,d,p]*delta(l, 2*i + p - 1))
    b: db = dy.sum(axis=(0, 2))
conv1d:bias=false
    W: dW[f,d,p] = sum[n,i](x[n,d,p + i]*dy[n,f,i])
conv2d
    b: db = sum(dy, axis=(0, 2, 3))
    W: dW[f,d,p,q] = sum[n,i,j](dy[n,f,i,j]*x[n,d,i + p,j + q])
    x: dx[n,d,l,m] = sum[f,p,q](dy[n,f,l - p,m - q]*W[f,d,p,q])
    x: dx[n,d,l,m] = sum[f,i,j](dy[n,f,i,j]*W[f,d,l - i,m - j])
    b: db[f] = sum[n,i,j](dy[n,f,i,j])
conv2d:stride=2,padding=1
    W: dW[f,d,p,q] = sum[n,i,j](dy[n,f,i,j]*x[n,d,2*i + p - 1,2*j + q - 1])
    x: dx[n,d,l,m] = sum[f,i,j](dy[n,f,i,j]*W[f,d,l - 2*i + 1,m - 2*j + 1])
"""

POOLING = """
max_pool1d
    x: dx[n,d,l] = sum[i](dy[n,d,i]*(0 <= l - i < P)*(argmax[p in P](x[n,d,i + p]) == l - i))
    x: dx[n,d,l] = sum[i,p in P](dy[n,d,i]*(argmax[q in P](x[n,d,i + q]) == p)*delta(l, i + p))
max_pool1d:kernel_size=2
    x: dx[n,d,l] = sum[i,p in 2](dy[n,d,i]*(argmax[q in 2](x[n,d,2*i + q]) == p)*delta(l, 2*i + p))
max_pool2d
    x: dx[n,d,k,l] = sum[i,j,p in P,q in Q](dy[n,d,i,j]*(argmax[a in P,b in Q](x[n,d,i + a,j + b]) == (p, q))*delta(k, i + p)*delta(l, j + q))
avg_pool1d
    x: dx[n,d,l] = sum[i](dy[n,d,i]*(0 <= l - i < P))/P
    x: dx[n,d,l] = sum[i,p in P](dy[n,d,i]*delta(l, i + p))/P
    x: dx[n,d,l] = sum[p in P](dy[n,d,l - p])/P
avg_pool1d:kernel_size=2
    x: dx[n,d,l] = sum[i,p in 2](dy[n,d,i]*delta(l, 2*i + p))/2
    x: dx[n,d,l] = sum[i](dy[n,d,i]*(delta(l, 2*i) + delta(l, 2*i + 1)))/2
avg_pool2d
    x: dx[n,d,k,l] = sum[p in P,q in Q](dy[n,d,k - p,l - q])/(P*Q)
    x: dx[n,d,k,l] = sum[i,j](dy[n,d,i,j]*(0 <= k - i < P)*(0 <= l - j < Q))/(P*Q)
"""

RECURRENT = """
rnn_cell
    a: da = dh1*(1 - h1**2)
    W: dW = x.T @ (dh1*(1 - h1**2))
    U: da[n,j] = dh1[n,j]*(1 - tanh(a[n,j])**2); dU[k,j] = sum[n](h0[n,k]*da[n,j])
    h0: dh0 = (dh1*(1 - h1**2)) @ U.T
    x: dx[n,d] = sum[j](dh1[n,j]*(1 - h1[n,j]**2)*W[d,j])
    b: db = sum(dh1*(1 - h1)*(1 + h1), axis=0)
lstm_cell
    og: dog = dh1*tanh(c1)
    ao: dao = dh1*tanh(c1)*og*(1 - og)
    c0: dct = dc1 + dh1*og*(1 - tanh(c1)**2); dc0 = dct*fg
    ig: dig = (dc1 + dh1*og*(1 - tanh(c1)**2))*gg
    fg: dfg[n,j] = (dc1[n,j] + dh1[n,j]*og[n,j]*(1 - tanh(c1[n,j])**2))*c0[n,j]
    ai: dai = dig*ig*(1 - ig)
    ag: dag = dgg*(1 - gg**2)
    Wf: dct = dc1 + dh1*og*(1 - tanh(c1)**2); daf = dct*c0*fg*(1 - fg); dWf = x.T @ daf
    Uo: dao = dh1*tanh(c1)*og*(1 - og); dUo = h0.T @ dao
    bg: dct = dc1 + dh1*og*(1 - tanh(c1)**2); dag = dct*ig*(1 - gg**2); dbg = sum(dag, axis=0)
    x: dx = dai @ Wi.T + daf @ Wf.T + dag @ Wg.T + dao @ Wo.T
    h0: dh0 = dai @ Ui.T + daf @ Uf.T + dag @ Ug.T + dao @ Uo.T
    af: daf = dfg*(fg - fg**2)
gru_cell
    zg: dzg = dh1*(h0 - ng)
    ng: dng = dh1*(1 - zg)
    an: dan = dh1*(1 - zg)*(1 - ng**2)
    rg: dan = dh1*(1 - zg)*(1 - ng**2); drg = dan*hn
    cn: dan = dh1*(1 - zg)*(1 - ng**2); dcn = sum(dan*rg, axis=0)
    az: daz = dh1*(h0 - ng)*zg*(1 - zg)
    Un: dan = dh1*(1 - zg)*(1 - ng**2); dUn = h0.T @ (dan*rg)
    h0: dh0 = dh1*zg + daz @ Uz.T + dar @ Ur.T + (dan*rg) @ Un.T
    x: dx = dan @ Wn.T + dar @ Wr.T + daz @ Wz.T
rnn
    W: g[t,n,j] = dh[t,n,j] + sum[k](U[j,k]*(1 - h[t + 1,n,k]**2)*g[t + 1,n,k]); dW[d,j] = sum[t,n](x[t,n,d]*(1 - h[t,n,j]**2)*g[t,n,j])
    b: g[t,n,j] = dh[t,n,j] + sum[k](U[j,k]*(1 - h[t + 1,n,k]**2)*g[t + 1,n,k]); db[j] = sum[t,n]((1 - h[t,n,j]**2)*g[t,n,j])
    U: g[t,n,j] = (1 - h[t,n,j]**2)*(dh[t,n,j] + sum[k](U[j,k]*g[t + 1,n,k])); dU[k,j] = sum[t,n](h[t - 1,n,k]*g[t,n,j])
    x: g[t,n,j] = (1 - h[t,n,j]**2)*(dh[t,n,j] + sum[k](U[j,k]*g[t + 1,n,k])); dx[t,n,d] = sum[j](W[d,j]*g[t,n,j])
"""

RIGHT = tuple(row for table in (LINEAR, ACTIVATIONS, REDUCTIONS, LOSSES, NORMS, MATRICES, NETWORKS, ATTENTION, CONVOLUTIONS, POOLING, RECURRENT)
              for row in rows(table))
