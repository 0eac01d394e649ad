"""Layers and derivations made by hand, from the nouns alone."""
from __future__ import annotations

import sympy as sp

from symbackprop.derivation import Derivation, MatrixForm, Reason, Reference, Step
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Delta, Partial, Sum
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.layer import Layer

N, D, H = Dim("N"), Dim("D"), Dim("H")
n, m, d, i, h, j = Index("n", N), Index("m", N), Index("d", D), Index("i", D), Index("h", H), Index("j", H)
x, W, b, z = Tensor("x", N, D), Tensor("W", D, H), Tensor("b", H), Tensor("z", N, H)
gamma, beta, eps = Tensor("gamma", D), Tensor("beta", D), Tensor("eps", sign="positive")
mu, var, xhat, y = Tensor("mu", D), Tensor("var", D), Tensor("xhat", N, D), Tensor("y", N, D)
dz, dy, dx, dW = z.adjoint(), y.adjoint(), x.adjoint(), W.adjoint()
dxhat, dvar, dmu = xhat.adjoint(), var.adjoint(), mu.adjoint()

LINEAR = Layer.of("linear", (x, W, b), (z,), (Equation(z[n, h], Sum(x[n, d] * W[d, h], d) + b[h]),))
S = sp.sqrt(var[d] + eps())
BATCH_NORM = Layer.of("batch norm", (x, gamma, beta, eps), (y,), (
    Equation(mu[d], Sum(x[n, d], n) / N, "mu[d] = sum[n](x[n,d]) / N"),
    Equation(var[d], Sum((x[n, d] - mu[d])**2, n) / N, "var[d] = sum[n]((x[n,d] - mu[d])**2) / N"),
    Equation(xhat[n, d], (x[n, d] - mu[d]) / S, "xhat[n,d] = (x[n,d] - mu[d]) / sqrt(var[d] + eps)"),
    Equation(y[n, d], gamma[d] * xhat[n, d] + beta[d], "y[n,d] = gamma[d]*xhat[n,d] + beta[d]"),
), source="Ioffe & Szegedy 2015, algorithm 1")
CLOSED = gamma[d] / (N * S) * (N * dy[n, d] - Sum(dy[m, d], m) - xhat[n, d] * Sum(dy[m, d] * xhat[m, d], m))


def equation(name: str) -> Reference:
    """A reference to the equation of a variable."""
    return Reference("equation", name)


def linear_weight() -> Derivation:
    """∂C/∂W of the linear layer, four lines."""
    upstream = Sum(dz[n, j] * Partial(z[n, j], W[d, h]), n, j)
    deltas = Sum(Sum(x[n, i] * Delta(i, d) * Delta(j, h), i) * dz[n, j], n, j)
    result = Sum(x[n, d] * dz[n, h], n)
    identity = (Partial(W[i, j], W[d, h]), Delta(i, d) * Delta(j, h))
    return Derivation(dW[d, h], (
        Step(upstream, Reason("chain rule", {"variable": W, "consumers": (z,)})),
        Step(deltas, Reason("differentiate", {"identities": (identity,)}, (equation("z"),)), detail="normal"),
        Step(result, Reason("contract")),
        Step(MatrixForm("x.T @ dz", result, (D, H)), Reason("matrix form")),
    ), LINEAR, W)


def batch_norm() -> dict[str, Derivation]:
    """∂C/∂x of batch norm with the derivations that it inserts."""
    family: dict[str, Derivation] = {}

    def add(variable: Tensor, goal: Component, steps: tuple[Step, ...], inserts: tuple[str, ...] = ()) -> None:
        family[variable.name] = Derivation(goal, steps, BATCH_NORM, variable, inserts=inserts, family=family)

    def through(variable: Tensor, *consumers: Tensor) -> Reason:
        return Reason("chain rule", {"variable": variable, "consumers": consumers})

    add(xhat, dxhat[n, d], (Step(dy[n, d] * gamma[d], through(xhat, y)),))
    add(var, dvar[d], (Step(-Sum(dxhat[n, d] * xhat[n, d], n) / (2 * S**2), through(var, xhat)),), ("xhat",))
    add(mu, dmu[d], (Step(-Sum(dxhat[n, d], n) / S, through(mu, xhat, var)),), ("xhat", "var"))
    inserted = tuple(Reference("derivation", v) for v in ("xhat", "var", "mu"))
    add(x, dx[n, d], (
        Step(dxhat[n, d] / S + 2 * dvar[d] * (x[n, d] - mu[d]) / N + dmu[d] / N, through(x, xhat, var, mu)),
        Step(CLOSED, Reason("insert", {}, inserted)),
        Step(CLOSED, Reason("fact", {"facts": ((Sum(xhat[n, d], n), sp.Integer(0)),)})),
    ), ("xhat", "var", "mu"))
    return family
