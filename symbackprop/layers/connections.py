"""How one tensor reaches the next: linear maps, look-ups, gates and short cuts."""
from __future__ import annotations

from symbackprop.layers.shelf import Text, choice, flag, layer


@layer(bias=flag(True))
def linear(bias: bool) -> Text:
    """z = x W + b: every example of the batch through the same affine map."""
    if bias:
        return Text("x[N,D], W[D,H], b[H] -> z[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h]")
    return Text("x[N,D], W[D,H] -> z[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h])")


@layer("Bengio et al. 2003, section 2")
def embedding() -> Text:
    """y[n] = E[t[n]]: each label looks up its row of the table."""
    return Text("E[V,D], t[N] in V -> y[N,D]", "y[n,d] = E[t[n], d]")


@layer("Srivastava et al. 2014, scaled at training time")
def dropout() -> Text:
    """y = mask ⊙ x / p: a unit is kept where its mask is 1; p is the probability to be kept."""
    return Text("x[N,D], mask[N,D] in {0, 1}, p > 0 -> y[N,D]", "y[n,d] = mask[n,d]*x[n,d]/p", assume="p <= 1")


@layer("He et al. 2016, equation 1", branch=choice("unspecified", "linear"))
def residual(branch: str) -> Text:
    """y = x + f(x): a short cut around a branch, either left open or linear and ReLU."""
    if branch == "unspecified":
        return Text("x[N,D] -> y[N,D]", "y[n,d] = x[n,d] + f(x[n,d])")
    return Text("x[N,D], W[D,D], b[D] -> y[N,D]", """
        z[n,j] = sum[d](x[n,d]*W[d,j]) + b[j]
        y[n,j] = x[n,j] + relu(z[n,j])
    """)
