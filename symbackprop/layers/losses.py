"""Costs: one scalar C for a batch of N examples. Labels t[n] count from 0; targets are y."""
from __future__ import annotations

from fractions import Fraction

from symbackprop.layers.shelf import Text, Value, choice, layer, number

SOFTMAX = "p[n,k] = exp({z}[n,k])/sum[j](exp({z}[n,j]))\n"
TARGETS = {
    "labels": ("t[N] in K", "C = -sum[n](log(p[n,t[n]]))/N", ""),
    "one_hot": ("y[N,K]", "C = -sum[n,k](y[n,k]*log(p[n,k]))/N", "sum[k](y[n,k]) == 1"),
}
"""How the right class is told: its declaration, the cross-entropy of p, what is assumed of it."""


@layer("Bishop 2006, equation 5.11")
def half_squared_error() -> Text:
    """C = ½ Σ (x − y)²."""
    return Text("x[N,D], y[N,D] -> C", "C = sum[n,d]((x[n,d] - y[n,d])**2)/2")


@layer()
def mse_loss() -> Text:
    """C = mean of (x − y)²."""
    return Text("x[N,D], y[N,D] -> C", "C = sum[n,d]((x[n,d] - y[n,d])**2)/(N*D)")


@layer()
def l1_loss() -> Text:
    """C = mean of |x − y|."""
    return Text("x[N,D], y[N,D] -> C", "C = sum[n,d](abs(x[n,d] - y[n,d]))/(N*D)")


@layer("Huber 1964", delta=number(1))
def huber_loss(delta: Value) -> Text:
    """C = mean of ½ r² where |r| ≤ δ, δ (|r| − ½ δ) elsewhere, r = x − y."""
    joint, declared = _threshold(delta, "delta")
    return Text(f"x[N,D], y[N,D]{declared} -> C", f"""
        r[n,d] = x[n,d] - y[n,d]
        l[n,d] = where(abs(r[n,d]) <= {joint}, r[n,d]**2/2, {joint}*(abs(r[n,d]) - {joint}/2))
        C = sum[n,d](l[n,d])/(N*D)
    """)


@layer("Girshick 2015, equation 3", beta=number(1))
def smooth_l1_loss(beta: Value) -> Text:
    """C = mean of ½ r²/β where |r| < β, |r| − ½ β elsewhere, r = x − y."""
    joint, declared = _threshold(beta, "beta")
    return Text(f"x[N,D], y[N,D]{declared} -> C", f"""
        r[n,d] = x[n,d] - y[n,d]
        l[n,d] = where(abs(r[n,d]) < {joint}, r[n,d]**2/(2*{joint}), abs(r[n,d]) - {joint}/2)
        C = sum[n,d](l[n,d])/(N*D)
    """)


def _threshold(value: Value, name: str) -> tuple[str, str]:
    """How a positive threshold is written, and how it is declared if it stays a symbol."""
    if value is None:
        return name, f", {name} > 0"
    if Fraction(value) <= 0:
        raise ValueError(f"{name} = {value}; it should be positive")
    return str(value) if Fraction(value).denominator == 1 else f"({value})", ""


@layer("Bishop 2006, equation 5.24", target=choice(*TARGETS))
def cross_entropy(target: str) -> Text:
    """C = −mean of log p[n, t[n]], p = softmax(z): labels t, or target="one_hot" with Σ y = 1."""
    declared, cost, assume = TARGETS[target]
    return Text(f"z[N,K], {declared} -> C", SOFTMAX.format(z="z") + cost, assume)


@layer("Bishop 2006, equation 5.21")
def binary_cross_entropy() -> Text:
    """C = −mean of y log p + (1 − y) log(1 − p)."""
    return Text("p[N], y[N] -> C", "C = -sum[n](y[n]*log(p[n]) + (1 - y[n])*log(1 - p[n]))/N", "0 < p[n] < 1")


@layer("Bishop 2006, equation 5.21")
def binary_cross_entropy_with_logits() -> Text:
    """C = −mean of y log p + (1 − y) log(1 − p), p = σ(z)."""
    return Text("z[N], y[N] -> C", """
        p[n] = sigmoid(z[n])
        C = -sum[n](y[n]*log(p[n]) + (1 - y[n])*log(1 - p[n]))/N
    """)


@layer("Weston & Watkins 1999")
def hinge() -> Text:
    """C = 1/N Σ over n and k ≠ t[n] of max(0, 1 + s[n,k] − s[n,t[n]]): the multi-class support vector machine."""
    return Text("s[N,K], t[N] in K -> C", """
        m[n,k] = 1 + s[n,k] - s[n,t[n]]
        C = sum[n,k]((1 - delta(k, t[n]))*relu(m[n,k]))/N
    """)


@layer("Weston & Watkins 1999", margin=number(1))
def multi_margin_loss(margin: Value) -> Text:
    """C = hinge / K with a margin: as torch divides by the number of classes."""
    written, declared = _threshold(margin, "margin")
    return Text(f"s[N,K], t[N] in K{declared} -> C", f"""
        m[n,k] = {written} + s[n,k] - s[n,t[n]]
        C = sum[n,k]((1 - delta(k, t[n]))*relu(m[n,k]))/(N*K)
    """)
