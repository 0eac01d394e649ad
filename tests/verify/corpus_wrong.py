"""Wrong answers: the classic mistakes by hand, and one slip at a time made in the right ones.

The first part is a table like the right one's; what is wrong stands behind the answer. The second part changes a right
answer's text in one place: a sign, a factor, an index, an axis, a function. A slip that happens to leave the value as it
is has to be found out by whoever uses it (`test_corpus` evaluates each).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from random import Random

from .corpus_right import RIGHT, Row, rows

CLASSICS = """
linear
    W: dW = dz.T @ x  # transposed, shape [H,D]
    W: dW = x.T @ dz/N  # a mean that isn't there
    W: dW[d,h] = sum[n](x[n,h]*dz[n,d])  # indices swapped; sizes clash
    W: dW[d,h] = x[0,d]*dz[0,h]  # one example only
    W: dW = 1.0005*(x.T @ dz)  # off by a twentieth of a percent
    W: dW = -(x.T @ dz)  # sign
    x: dx = dz @ W  # not transposed
    x: dx = W @ dz.T  # shape [D,N]
    x: dx[n,d] = sum[m,h](dz[m,h]*W[d,h])  # summed over the batch too
    b: db = dz  # the sum is missing: shape [N,H]
    b: db = sum(dz, axis=1)  # wrong axis
    b: db = sum(dz, axis=0, keepdims=True)  # shape [1,H]
    b: db = mean(dz, axis=0)  # a mean that isn't there
    b: db = sum(dz)  # summed over everything
    d(z[n,h], W[d,k]): d(z[n,h], W[d,k]) = x[n,d]  # the delta is missing
    d(z[n,h], x[m,d]): d(z[n,h], x[m,d]) = W[d,h]  # the delta is missing
embedding
    E: dE[v,d] = dy[v,d]  # no look-up
    E: dE[v,d] = sum[n](dy[n,d])  # every row gets everything
    E: dE = onehot(t, V) @ dy  # not transposed
dropout
    x: dx = mask*dy  # 1/p forgotten
    x: dx = mask*dy*p  # times p
    x: dx = dy/p  # the mask is missing
    x: dx = (1 - mask)*dy/p  # the units that were dropped
residual
    x: dx = dy*f'(x)  # the short cut is missing
    x: dx = dy  # the branch is missing
    x: dx = dy + f'(x)  # added, not multiplied
    x: dx = dy*(1 + f(x))  # f for its derivative
residual:branch=linear
    x: dz = dy*step(z); dx = dz @ W.T  # the short cut is missing
    x: dx = dy + dy @ W.T  # Step dropped
    W: dW = x.T @ dy  # Step dropped
    b: db = sum(dy, axis=0)  # Step dropped
prelu
    x: dx = dy*where(x > 0, 1, -a)  # sign of the slope
    a: da = sum(where(x > 0, x, 0)*dy, axis=0)  # the other side
    a: da = sum(where(x > 0, 0, x)*dy, axis=1)  # wrong axis
    a: da = where(x > 0, 0, x)*dy  # the sum is missing
tanh
    x: dx = dy*(1 - y)  # not squared
    x: dx = dy*(1 - x**2)  # the input for the output
    x: dx = dy*(1 + y**2)  # sign
    x: dx = dy*tanh(x)  # the function for its derivative
    x: dx = 1 - y**2  # the upstream gradient is missing
    x: dx = 2*dy/(exp(x) + exp(-x))**2  # 2 for 4
    x: dx = dy*y*(1 - y)  # sigmoid's
sigmoid
    x: dx = dy*y  # the function for its derivative
    x: dx = dy*y*(1 + y)  # sign
    x: dx = dy*x*(1 - x)  # the input for the output
    x: dx = dy*(1 - y**2)  # tanh's
    x: dx = dy*exp(-x)/(1 + exp(-x))  # not squared
    x: dx = dy*(1 - y)  # a factor dropped
logsigmoid
    x: dx = dy*sigmoid(x)  # 1 − σ
    x: dx = dy/sigmoid(x)  # the inner derivative is missing
softplus
    x: dx = dy*(1 - sigmoid(x))  # the other side
    x: dx = dy*y  # the function for its derivative
relu
    x: dx = dy*relu(x)  # the function for its derivative
    x: dx = dy*(x < 0)  # the other side
    x: dx = dy  # Step dropped
    x: dx = where(x > 0, x, 0)  # the upstream gradient is missing
    x: dx = dy*(dy > 0)  # the mask of the gradient
    x: dx = dy*(x >= -1/1000)  # a shifted threshold
    x: dx = where(x == 0, 2*dy, dy*step(x))  # 2 at 0, no subgradient
leaky_relu
    x: dx = dy*where(x > 0, 1, 0.1)  # another slope
    x: dx = dy*step(x)  # relu's
    x: dx = dy*where(x > 0, 1, 0.01*x)  # x left in
leaky_relu:slope=symbolic
    slope: dslope = sum(dy*relu(x))  # the other side
    slope: dslope = sum(dy*x)  # every place
elu
    x: dx = dy*where(x > 0, 1, exp(x) - 1)  # the function for its derivative
    x: dx = dy*where(x > 0, 1, y)  # + α forgotten
    x: dx = dy*exp(x)  # the case is missing
    x: dx = where(x == 0, 0, dy*exp(minimum(x, 0)))  # wrong at 0 alone, where the derivative exists
elu:alpha=symbolic
    x: dx = dy*where(x > 0, 1, exp(x))  # α forgotten
    alpha: dalpha = sum(dy*where(x > 0, 0, exp(x)))  # − 1 forgotten
selu
    x: dx = dy*where(x > 0, 1, 1.6732632423543772848170429916717*exp(x))  # the scale is missing
    x: dx = 1.0507*dy*where(x > 0, 1, 1.6732632423543772848170429916717*exp(x))  # a rounded constant
celu:alpha=symbolic
    x: dx = dy*where(x > 0, 1, alpha*exp(x/alpha))  # a factor too much
    x: dx = dy*where(x > 0, 1, exp(x))  # α forgotten
silu
    x: dx = dy*sigmoid(x)*(1 - sigmoid(x))  # sigmoid's
    x: dx = dy*(sigmoid(x) + x*sigmoid(x))  # 1 − σ forgotten
    x: dx = dy*sigmoid(x)  # product rule: half of it
mish
    x: dx = dy*tanh(softplus(x))  # product rule: half of it
    x: dx = dy*(tanh(softplus(x)) + x*(1 - tanh(softplus(x))**2))  # the inner derivative is missing
hardsigmoid
    x: dx = dy*(x > -3)*(x < 3)  # 1/6 forgotten
    x: dx = dy*(x > 0)*(x < 3)/6  # wrong joint
hardtanh
    x: dx = dy*(x > -1)  # one side only
    x: dx = dy*(1 - y**2)  # tanh's
hardswish
    x: dx = dy*where(x < -3, 0, where(x > 3, 1, x/3))  # + 1/2 forgotten
    x: dx = dy*where(x < -3, 0, where(x > 1, 1, (2*x + 3)/6))  # wrong joint
relu6
    x: dx = dy*step(x)  # relu's
    x: dx = dy*(x < 6)  # one side only
softsign
    x: dx = dy/(1 + abs(x))  # not squared
    x: dx = dy/(1 + x)**2  # no absolute value
    x: dx = dy/(1 + x**2)  # arctangent's
gelu
    x: dx = dy*(1 + erf(x/sqrt(2)))/2  # product rule: half of it
    x: dx = dy*((1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(pi))  # √2 forgotten
gelu:approximate=tanh
    x: dx = dy*((1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi))  # the exact function's, close by
identity
    x: dx = -dy  # sign
    x: dx = dy*x  # the input left in
softmax
    z: dz = p*(1 - p)*dp  # only the diagonal of the Jacobian
    z: dz = p*(dp - sum(dp, axis=1, keepdims=True))  # p forgotten in the sum
    z: dz = p*(dp - sum(dp*p, axis=0, keepdims=True))  # wrong axis
    z: dz = dp - sum(dp*p, axis=1, keepdims=True)  # p forgotten in front
    z: dz = p*(dp + sum(dp*p, axis=1, keepdims=True))  # sign
    z: dz[n,k] = sum[j](dp[n,j]*p[n,j]*delta(j, k))  # the outer product is missing
    z: dz = dp*p  # the same in array style
    d(p[n,k], z[n,j]): d(p[n,k], z[n,j]) = -p[n,k]*p[n,j]  # the diagonal is missing
    d(p[n,k], z[n,j]): d(p[n,k], z[n,j]) = delta(k, j)*p[n,k]*(1 - p[n,k])  # only the diagonal
log_softmax
    z: dz = dy - softmax(z, axis=1)  # the sum of dy is missing
    z: dz = dy - y*sum(dy, axis=1, keepdims=True)  # exp forgotten
    z: dz = dy - exp(y)*sum(dy, axis=0, keepdims=True)  # wrong axis
    z: dz = dy*(1 - exp(y))  # only the diagonal
logsumexp
    z: dz = dy[:, None]*exp(z)  # not normalised
    z: dz = dy[:, None]*softmax(z, axis=0)  # wrong axis
    z: dz = softmax(z, axis=1)  # the upstream gradient is missing
half_squared_error
    x: dx = y - x  # sign
    x: dx = 2*(x - y)  # ½ forgotten
    x: dx = (x - y)/N  # a mean that isn't there
    x: dx = (x - y)**2/2  # not differentiated
    y: dy = x - y  # sign
    d(C, x[n,d], x[m,e]): d(C, x[n,d], x[m,e]) = delta(n, m)  # a delta is missing
mse_loss
    x: dx = (x - y)/(N*D)  # 2 forgotten
    x: dx = 2*(x - y)/N  # D forgotten
    x: dx = 2*(x - y)  # 1/(N D) forgotten
    x: dx = 2*(x - y)/(N*D)**2  # squared
    y: dy = 2*(x - y)/(N*D)  # sign
l1_loss
    x: dx = sign(y - x)/(N*D)  # sign
    x: dx = sign(x - y)  # 1/(N D) forgotten
    x: dx = (x - y)/(N*D)  # the squared loss
    x: dx = step(x - y)/(N*D)  # 0 for −1
    y: dy = sign(x - y)/(N*D)  # sign
huber_loss
    x: dx = where(abs(r) <= 1, r, 1)/(N*D)  # sign forgotten
    x: dx = where(abs(r) <= 1, r**2/2, sign(r))/(N*D)  # not differentiated
    x: dx = where(abs(r) <= 2, r, sign(r))/(N*D)  # another threshold
    x: dx = where(abs(r) < 1, r, where(abs(r) == 1, 0, sign(r)))/(N*D)  # wrong at the joint alone, where the derivative exists
    y: dy = clip(r, -1, 1)/(N*D)  # sign
huber_loss:delta=symbolic
    x: dx = where(abs(r) <= delta, r, sign(r))/(N*D)  # δ forgotten
    x: dx = where(abs(r) <= 1, r, delta*sign(r))/(N*D)  # 1 for δ
smooth_l1_loss:beta=symbolic
    x: dx = where(abs(r) < beta, r, sign(r))/(N*D)  # 1/β forgotten
    x: dx = where(abs(r) < beta, r/beta, beta*sign(r))/(N*D)  # β too much
cross_entropy
    z: dz = p - onehot(t, K)  # 1/N forgotten
    z: dz = (onehot(t, K) - p)/N  # sign
    z: dz = (p - onehot(t, K))/K  # K for N
    z: dz = p/N  # the target is missing
    z: dz = (z - onehot(t, K))/N  # scores for probabilities
    z: dz = -onehot(t, K)/p/N  # the gradient of p
    z: dz[n,k] = (p[n,k] - 1)/N  # at every class
    p: dp[n,k] = -1/(N*p[n,k])  # at every class
    p: dp[n,k] = delta(k, t[n])/(N*p[n,k])  # sign
    z: dz = (p - onehot(t, K))/(N*K)  # a mean over the classes too
    d(C, z[n,k], z[m,j]): d(C, z[n,k], z[m,j]) = (p[n,k]*delta(k, j) - p[n,k]*p[n,j])/N  # the delta of the examples is missing
cross_entropy:target=one_hot
    z: dz = y - p  # sign and 1/N
    z: dz = (p - y)/N**2  # 1/N twice
    p: dp = -y/p  # 1/N forgotten
    y: dy = log(p)/N  # sign
binary_cross_entropy
    p: dp = (p - y)/N  # p(1 − p) forgotten
    p: dp = -y/p/N  # half of it
    p: dp = (y - p)/(p*(1 - p))/N  # sign
    p: dp = (-y/p - (1 - y)/(1 - p))/N  # sign of one term
    y: dy = -log(p)/N  # half of it
binary_cross_entropy_with_logits
    z: dz = p - y  # 1/N forgotten
    z: dz = (y - p)/N  # sign
    z: dz = (p - y)*p*(1 - p)/N  # σ′ too much
    z: dz = (z - y)/N  # logits for probabilities
    d(C, z[n], z[m]): d(C, z[n], z[m]) = p[n]*(1 - p[n])/N  # the delta is missing
hinge
    s: ds[n,k] = (1 - delta(k, t[n]))*step(m[n,k])/N  # the right class's own row is missing
    s: ds[n,k] = ((1 - delta(k, t[n]))*step(m[n,k]) - delta(k, t[n]))/N  # counted once
    s: ds[n,k] = (1 - delta(k, t[n]))*step(m[n,k]) - delta(k, t[n])*sum[j]((1 - delta(j, t[n]))*step(m[n,j]))  # 1/N forgotten
    s: ds[n,k] = (step(m[n,k]) - delta(k, t[n])*sum[j](step(m[n,j])*(1 - delta(j, t[n]))))/N  # the right class counted
    m: dm[n,k] = step(m[n,k])/N  # the right class counted
multi_margin_loss
    m: dm[n,k] = (1 - delta(k, t[n]))*step(m[n,k])/N  # 1/K forgotten
batch_norm
    x: dx[n,d] = gamma[d]*dy[n,d]/sqrt(var[d] + eps)  # mean and variance taken for constants
    x: dx = gamma/sqrt(var + eps)*(dy - mean(dy, axis=0))  # the path through var is missing
    x: dx = gamma/sqrt(var + eps)*(dy - xhat*mean(dy*xhat, axis=0))  # the path through mu is missing
    x: dx = 1/sqrt(var + eps)*(dy - mean(dy, axis=0) - xhat*mean(dy*xhat, axis=0))  # gamma forgotten
    x: dx = gamma/sqrt(var)*(dy - mean(dy, axis=0) - xhat*mean(dy*xhat, axis=0))  # eps forgotten
    x: dx = gamma/(var + eps)*(dy - mean(dy, axis=0) - xhat*mean(dy*xhat, axis=0))  # no root
    x: dx = gamma/sqrt(var + eps)*(dy - sum(dy, axis=0) - xhat*sum(dy*xhat, axis=0))  # sums for means
    x: dx = gamma/sqrt(var + eps)*(dy - mean(dy, axis=1, keepdims=True) - xhat*mean(dy*xhat, axis=1, keepdims=True))  # layer norm's axis
    x: dx[n,d] = gamma[d]/((N - 1)*sqrt(var[d] + eps))*(N*dy[n,d] - sum[m](dy[m,d]) - xhat[n,d]*sum[m](dy[m,d]*xhat[m,d]))  # N − 1 for N
    x: dx = gamma/sqrt(var + eps)*(dy - mean(dy, axis=0) + xhat*mean(dy*xhat, axis=0))  # sign
    x: dx = gamma/sqrt(var + eps)*(dy - mean(dy, axis=0) - (x - mu)*mean(dy*xhat, axis=0))  # x − μ for x̂
    x: dxhat = dy*gamma; dvar = sum(dxhat*(x - mu), axis=0)*(-1/2)*(var + eps)**(-1/2); dmu = -sum(dxhat, axis=0)/sqrt(var + eps); dx = dxhat/sqrt(var + eps) + dvar*2*(x - mu)/N + dmu/N  # −1/2 for −3/2
    x: dxhat = dy*gamma; dvar = sum(dxhat*(x - mu), axis=0)*(-1/2)*(var + eps)**(-3/2); dmu = -sum(dxhat, axis=0)/sqrt(var + eps); dx = dxhat/sqrt(var + eps) + dvar*(x - mu)/N + dmu/N  # 2 forgotten
    x: dxhat = dy*gamma; dvar = sum(dxhat*(x - mu), axis=0)*(-1/2)*(var + eps)**(-3/2); dmu = -sum(dxhat, axis=0)/sqrt(var + eps); dx = dxhat/sqrt(var + eps) + dvar*2*(x - mu)/N + dmu  # 1/N forgotten
    x: s = sqrt(var + eps); dx = gamma/s*dy - gamma/(N*s)*sum(dy, axis=0) - gamma*(x - mu)/(N*s**2)*sum(dy*(x - mu), axis=0)  # s² for s³
    gamma: dgamma = sum(dy*x, axis=0)  # x for x̂
    gamma: dgamma = sum(dy*xhat)  # everything
    gamma: dgamma = sum(dy, axis=0)  # x̂ forgotten
    gamma: dgamma = sum(dy*xhat, axis=1)  # wrong axis
    gamma: dgamma = dy*xhat  # the sum is missing
    gamma: dgamma = sum(dy*(x - mu)/sqrt(var), axis=0)  # eps forgotten
    beta: dbeta = sum(dy, axis=1)  # wrong axis
    beta: dbeta = sum(dy, axis=0, keepdims=True)  # shape [1,D]
    beta: dbeta = mean(dy, axis=0)  # a mean that isn't there
    var: dvar[d] = sum[n](gamma[d]*dy[n,d]*(x[n,d] - mu[d]))*(var[d] + eps)**(-3/2)/2  # sign
    var: dvar[d] = -sum[n](gamma[d]*dy[n,d]*(x[n,d] - mu[d]))*(var[d] + eps)**(-3/2)  # ½ forgotten
    mu: dmu = sum(dxhat, axis=0)/sqrt(var + eps)  # sign
    xhat: dxhat = dy  # gamma forgotten
layer_norm
    x: dxhat = gamma*dy; dx = dxhat/sqrt(var + eps)[:, None]  # mean and variance taken for constants
    x: dxhat = gamma*dy; dx = (dxhat - dxhat.mean(axis=0) - xhat*(dxhat*xhat).mean(axis=0))/sqrt(var + eps)[:, None]  # batch norm's axis
    x: dx = gamma*(dy - dy.mean(axis=1, keepdims=True) - xhat*(dy*xhat).mean(axis=1, keepdims=True))/sqrt(var + eps)[:, None]  # gamma outside the means
    x: dxhat = gamma*dy; dx = (dxhat - dxhat.mean(axis=1, keepdims=True) - xhat*(dxhat*xhat).mean(axis=1, keepdims=True))/sqrt(var)[:, None]  # eps forgotten
    gamma: dgamma = (dy*xhat).sum(axis=1)  # wrong axis
    gamma: dgamma = (dy*x).sum(axis=0)  # x for x̂
    beta: dbeta = dy.sum(axis=1)  # wrong axis
rms_norm
    x: dx = gamma*dy/rms[:, None]  # rms taken for a constant
    x: dx[n,d] = gamma[d]*dy[n,d]/rms[n] - x[n,d]*sum[e](gamma[e]*dy[n,e]*x[n,e])/(D*rms[n]**2)  # rms² for rms³
    x: dx[n,d] = gamma[d]*dy[n,d]/rms[n] - x[n,d]*sum[e](gamma[e]*dy[n,e]*x[n,e])/rms[n]**3  # 1/D forgotten
    gamma: dgamma = sum(dy*x, axis=0)  # rms forgotten
l2_regularizer
    W: dW = 2*lam*W  # 2 too much
    W: dW = lam*W**2/2  # not differentiated
    W: dW = W  # λ forgotten
    lam: dlam = sum(W**2)  # ½ forgotten
    lam: dlam = sum(W)/2  # not squared
quadratic_form
    x: dx = 2*A @ x  # A isn't declared symmetric
    x: dx = A @ x  # half of it
    x: dx = A.T @ x  # the other half
    x: dx = 2*A.T @ x  # A isn't declared symmetric
    A: dA = outer(x, x) + outer(x, x)  # twice
    d(C, x[i], x[j]): d(C, x[i], x[j]) = 2*A[i,j]  # A isn't declared symmetric
quadratic_form:symmetric=true
    x: dx = A @ x  # 2 forgotten
    x: dx = x @ A  # 2 forgotten
trace
    A: dA = ones((D, D))  # everywhere
    A: dA[i,j] = D*delta(i, j)  # times D
trace_product
    A: dA[d,h] = sum[i](B[h,i])  # a sum too much
    B: dB[h,d] = A[d,h]*B[h,d]  # not differentiated
logdet
    A: dA = inv(A)  # not transposed
    A: dA = -inv(A).T  # sign
    A: dA = A.T  # not inverted
inverse
    A: dA = -B @ dB @ B  # not transposed
    A: dA = B.T @ dB @ B.T  # sign
    A: dA = -B.T @ dB.T @ B.T  # the upstream gradient transposed
    A: dA = -dB @ B.T @ B.T  # order of the product
    d(B[i,j], A[k,l]): d(B[i,j], A[k,l]) = -B[i,k]*B[j,l]  # indices of the second factor
frobenius_norm
    A: dA = 2*A  # the square's
    A: dA = A/C**2  # squared
    A: dA = 2*A/C  # ½ of the root forgotten
    d(C, A[i,j], A[k,l]): d(C, A[i,j], A[k,l]) = delta(i, k)*delta(j, l)/C  # the second term is missing
mlp
    W2: dW2 = dz2.T @ a1  # transposed
    W2: dW2 = z1.T @ dz2  # before the activation
    W2: dW2 = a1.T @ (p - onehot(t, K))  # 1/N forgotten
    W1: dz2 = (p - onehot(t, K))/N; da1 = dz2 @ W2.T; dW1 = x.T @ da1  # Step dropped
    W1: dz2 = (p - onehot(t, K))/N; da1 = dz2 @ W2.T; dz1 = da1*a1; dW1 = x.T @ dz1  # relu for its derivative
    W1: dz2 = (p - onehot(t, K))/N; da1 = dz2 @ W2.T; dz1 = da1*step(x @ W1); dW1 = x.T @ dz1  # the bias forgotten in the mask
    b1: db1 = sum(da1, axis=0)  # Step dropped
    b2: db2 = sum(p - onehot(t, K), axis=0)  # 1/N forgotten
    b2: db2 = sum(dz2, axis=1)  # wrong axis
    x: dx = dz1 @ W1  # not transposed
    a1: da1 = dz2 @ W2  # not transposed
    z1: dz1 = dz2 @ W2.T  # Step dropped
    d(a1[n,h], z1[n,j]): d(a1[n,h], z1[n,j]) = step(z1[n,h])  # the delta is missing
neuron
    W: dW = (r - y)*x  # the document's own example: Step dropped
    W: dW = (r - y)*step(z)  # x dropped
    W: dW = (y - r)*step(z)*x  # sign
    z: dz = (r - y)*r  # relu for its derivative
    r: dr = y - r  # sign
    x: dx = (r - y)*step(z)*x  # x for W
neuron:activation=unspecified
    W: dW = (f(W*x) - y)*f(W*x)*x  # f for its derivative
    W: dW = (f(W*x) - y)*f'(x)*x  # taken at the wrong place
    z: dz = (y - r)*f'(z)  # sign
    d(C, W, W): d(C, W, W) = x**2*f'(W*x)**2  # the second term is missing
relu_layer
    W: dW[i,j] = dr1[j]*r0[i]  # Step dropped
    W: dW = outer(dr1*step(z), r0)  # transposed
    r0: dr0 = W.T @ (dr1*step(z))  # transposed
    r0: dr0 = W @ dr1  # Step dropped
    r0: dr0[i] = sum[j](W[i,j]*dr1[j])*step(r0[i])  # Step at the wrong place
scaled_dot_product_attention
    Q: dQ = dS @ K  # 1/√D forgotten
    Q: dQ = dS @ K/D  # D for √D
    Q: dQ = dS.T @ K/sqrt(D)  # transposed
    K: dK = dS @ Q/sqrt(D)  # not transposed
    V: dV = P @ dO  # not transposed
    V: dV = S.T @ dO  # scores for weights
    S: dS = P*dP  # the sum is missing
    S: dS = P*(1 - P)*dP  # only the diagonal
    S: dS = P*(dP - sum(dP*P, axis=0, keepdims=True))  # wrong axis
    P: dP = V @ dO.T  # transposed
scaled_dot_product_attention:mask=causal
    V: dV = P @ dO  # not transposed: sizes agree
    S: dS = P*dP  # the sum is missing
multi_head_attention
    Wo: dWo[h,e,d] = sum[t](O[h,t,e]*dY[t,d])/sqrt(E)  # a scale that isn't there
    x: dx[t,d] = sum[h,e](dQ[h,t,e]*Wq[h,d,e] + dV[h,t,e]*Wv[h,d,e])  # the keys are missing
    Q: dQ[h,t,e] = sum[u](dS[h,t,u]*K[h,u,e])  # 1/√E forgotten
    K: dK[h,u,e] = sum[t](dS[h,u,t]*Q[h,t,e])/sqrt(E)  # transposed
conv1d
    W: dW[f,d,p] = sum[n,i](dy[n,f,i]*x[n,d,i - p])  # flipped
    x: dx[n,d,l] = sum[f,p](dy[n,f,l + p]*W[f,d,p])  # flipped
    W: dW[f,d,p] = sum[i](dy[0,f,i]*x[0,d,i + p])  # one example only
    b: db[f] = sum[n](dy[n,f,0])  # one place only
    b: db = sum(dy, axis=0)  # one axis only
conv1d:stride=2,padding=1
    W: dW[f,d,p] = sum[n,i](dy[n,f,i]*x[n,d,i + p - 1])  # the stride forgotten
    W: dW[f,d,p] = sum[n,i](dy[n,f,i]*x[n,d,2*i + p])  # the padding forgotten
    x: dx[n,d,l] = sum[f,i](dy[n,f,i]*W[f,d,l - 2*i])  # the padding forgotten
    x: dx[n,d,l] = sum[f,i](dy[n,f,i]*W[f,d,l - i + 1])  # the stride forgotten
conv2d
    W: dW[f,d,p,q] = sum[n,i,j](dy[n,f,i,j]*x[n,d,i + q,j + p])  # taps swapped
    x: dx[n,d,l,m] = sum[f,p,q](dy[n,f,l + p,m + q]*W[f,d,p,q])  # flipped
    b: db = sum(dy, axis=(0, 2))  # one axis too few
    b: db = mean(dy, axis=(0, 2, 3))  # a mean that isn't there
max_pool1d:kernel_size=2
    x: dx[n,d,l] = sum[i,p in 2](dy[n,d,i]*delta(l, 2*i + p))  # everywhere in the window
    x: dx[n,d,l] = sum[i,p in 2](dy[n,d,i]*delta(l, 2*i + p))/2  # average pooling's
avg_pool1d
    x: dx[n,d,l] = sum[i](dy[n,d,i]*(0 <= l - i < P))  # 1/P forgotten
    x: dx[n,d,l] = sum[i](dy[n,d,i]*(0 < l - i < P))/P  # one tap too few
    x: dx[n,d,l] = sum[p in P](dy[n,d,l + p])/P  # flipped
avg_pool2d
    x: dx[n,d,k,l] = sum[p in P,q in Q](dy[n,d,k - p,l - q])/P**2  # P for Q
rnn_cell
    a: da = dh1*(1 - a**2)  # the input for the output
    W: dW = x.T @ dh1  # tanh′ dropped
    U: dU = x.T @ (dh1*(1 - h1**2))  # x for h0
    h0: dh0 = (dh1*(1 - h1**2)) @ U  # not transposed: sizes agree
    h0: dh0 = (dh1*(1 - h0**2)) @ U.T  # the state before for the one after
    b: db = sum(dh1, axis=0)  # tanh′ dropped
lstm_cell
    ao: dao = dh1*c1*og*(1 - og)  # tanh forgotten
    c0: dc0 = dc1*fg  # the path through h1 is missing
    c0: dc0 = (dh1*og*(1 - tanh(c1)**2))*fg  # the path from c1 itself is missing
    c0: dct = dc1 + dh1*og*(1 - c1**2); dc0 = dct*fg  # tanh forgotten
    ig: dig = (dc1 + dh1*og*(1 - tanh(c1)**2))*c0  # c0 for gg
    fg: dfg = (dc1 + dh1*og*(1 - tanh(c1)**2))*c1  # c1 for c0
    ag: dag = dgg*gg*(1 - gg)  # sigmoid's
    ai: dai = dig*(1 - ig**2)  # tanh's
    x: dx = dai @ Wi.T + daf @ Wf.T + dag @ Wg.T  # a gate is missing
    Wf: dct = dc1 + dh1*og*(1 - tanh(c1)**2); dWf = x.T @ (dct*c0)  # σ′ dropped
gru_cell
    zg: dzg = dh1*(ng - h0)  # sign
    h0: dh0 = daz @ Uz.T + dar @ Ur.T + (dan*rg) @ Un.T  # the short cut is missing
    h0: dh0 = dh1*zg + daz @ Uz.T + dar @ Ur.T + dan @ Un.T  # the reset gate forgotten
    Un: dan = dh1*(1 - zg)*(1 - ng**2); dUn = h0.T @ dan  # the reset gate forgotten
    rg: dan = dh1*(1 - zg)*(1 - ng**2); drg = dan*h0  # h0 for hn
    ng: dng = dh1*zg  # the other gate
rnn
    W: dW[d,j] = sum[t,n](x[t,n,d]*(1 - h[t,n,j]**2)*dh[t,n,j])  # time is cut off: one step only
    b: db[j] = sum[t,n](dh[t,n,j])  # tanh′ and time
    U: g[t,n,j] = (1 - h[t,n,j]**2)*(dh[t,n,j] + sum[k](U[j,k]*g[t + 1,n,k])); dU[k,j] = sum[t,n](h[t,n,k]*g[t,n,j])  # h[t] for h[t−1]
    U: g[t,n,j] = (1 - h[t,n,j]**2)*(dh[t,n,j] + sum[k](U[k,j]*g[t + 1,n,k])); dU[k,j] = sum[t,n](h[t - 1,n,k]*g[t,n,j])  # U transposed
"""

BY_HAND = rows(CLASSICS)


# ---- slips ------------------------------------------------------------------------------------------------------------

Slip = Callable[[str, re.Match[str]], str]


def _put(new: Callable[[re.Match[str]], str]) -> Slip:
    return lambda text, found: text[:found.start()] + new(found) + text[found.end():]


def _swap(found: re.Match[str]) -> str:
    return f"[{found[2]},{found[1]}]"


SLIPS: tuple[tuple[str, str, Slip], ...] = (
    ("a sign", r"(?<=[\w\])]) - ", _put(lambda m: " + ")),
    ("a sign", r"(?<=[\w\])]) \+ (?![\d\s]*[,\]])", _put(lambda m: " - ")),
    ("a square forgotten", r"\*\*2", _put(lambda m: "")),
    ("an axis", r"axis=0", _put(lambda m: "axis=1")),
    ("an axis", r"axis=1", _put(lambda m: "axis=0")),
    ("transposed", r"\.T\b", _put(lambda m: "")),
    ("two indices swapped", r"\[(\w+),\s*(\w+)\]", _put(_swap)),
    ("1/N forgotten", r"/N\b", _put(lambda m: "")),
    ("D for N", r"/N\b", _put(lambda m: "/D")),
    ("a root forgotten", r"sqrt", _put(lambda m: "")),
    ("the other side", r" > ", _put(lambda m: " < ")),
    ("a delta forgotten", r"\*delta\([^()]*\)", _put(lambda m: "")),
    ("a Step forgotten", r"\*step\([^()]*\)", _put(lambda m: "")),
    ("ε forgotten", r" \+ eps\b", _put(lambda m: "")),
    ("σ for σ′", r"\*\(1 - (\w+)\)", _put(lambda m: "")),
    ("2 for 1", r"(?<![\w.\d/=*\[])1(?= -)", _put(lambda m: "2")),
    ("a shifted place", r"(?<=[a-z]) - (?=[a-z]\b[,\]])", _put(lambda m: " + ")),
    ("the upstream gradient squared", r"\bd(?:y|z|p|O|h1)\b(?!\*|\()", _put(lambda m: f"{m[0]}**2")),
)
"""What slipped, where it can, and how: each is tried at every place of an answer."""

LARGE: tuple[tuple[str, Callable[[str, str], str]], ...] = (
    ("off by a twentieth of a percent", lambda left, right: f"{left} = 1.0005*({right})"),
    ("sign", lambda left, right: f"{left} = -({right})"),
    ("twice", lambda left, right: f"{left} = 2*({right})"),
    ("plus one", lambda left, right: f"{left} = ({right}) + 1"),
)


def slips(row: Row) -> Iterator[Row]:
    """Every wrong answer that one slip makes of a right one, right ones in disguise among them."""
    for what, pattern, slip in SLIPS:
        start = row.answer.index("=") + 1 if row.answer.count("=") else 0
        for found in re.finditer(pattern, row.answer):
            if found.start() > start and _is_text(changed := slip(row.answer, found)):
                yield row._replace(answer=changed, comment=what)
    *helpers, last = row.answer.split("; ")
    left, right = last.split(" = ", 1)
    for what, change in LARGE:
        yield row._replace(answer="; ".join([*helpers, change(left, right)]), comment=what)


def _is_text(answer: str) -> bool:
    try:
        ast.parse(answer.replace("'", "_"))
    except SyntaxError:
        return False
    return True


def mutants(count: int, seed: int = 0) -> list[Row]:
    """So many slips over all right answers, every layer and every kind of slip among them."""
    random = Random(seed)
    every = [list(slips(row)) for row in RIGHT]
    for made in every:
        random.shuffle(made)
    chosen: list[Row] = []
    while len(chosen) < count and any(every):
        chosen += [made.pop() for made in every if made]
    random.shuffle(chosen)
    return list(dict.fromkeys(chosen))[:count]
