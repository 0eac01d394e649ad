"""Normalisations: x[N,D] centred and scaled, then γ and β."""
from __future__ import annotations

from symbackprop.layers.shelf import Text, layer


@layer("Ioffe & Szegedy 2015, algorithm 1")
def batch_norm() -> Text:
    """y = γ x̂ + β, x̂ normalised over the batch, feature by feature."""
    return Text("x[N,D], gamma[D], beta[D], eps > 0 -> y[N,D]", """
        mu[d] = sum[n](x[n,d])/N
        var[d] = sum[n]((x[n,d] - mu[d])**2)/N
        xhat[n,d] = (x[n,d] - mu[d])/sqrt(var[d] + eps)
        y[n,d] = gamma[d]*xhat[n,d] + beta[d]
    """)


@layer("Ba, Kiros & Hinton 2016, section 3")
def layer_norm() -> Text:
    """y = γ x̂ + β, x̂ normalised over the features, example by example."""
    return Text("x[N,D], gamma[D], beta[D], eps > 0 -> y[N,D]", """
        mu[n] = sum[d](x[n,d])/D
        var[n] = sum[d]((x[n,d] - mu[n])**2)/D
        xhat[n,d] = (x[n,d] - mu[n])/sqrt(var[n] + eps)
        y[n,d] = gamma[d]*xhat[n,d] + beta[d]
    """)


@layer("Zhang & Sennrich 2019, equation 4")
def rms_norm() -> Text:
    """y = γ x / rms(x), over the features."""
    return Text("x[N,D], gamma[D], eps > 0 -> y[N,D]", """
        rms[n] = sqrt(sum[d](x[n,d]**2)/D + eps)
        y[n,d] = gamma[d]*x[n,d]/rms[n]
    """)
