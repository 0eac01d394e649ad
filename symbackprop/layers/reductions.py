"""Softmax and its relatives: along the last axis of z[N,K], N examples of K scores."""
from __future__ import annotations

from symbackprop.layers.shelf import Text, layer


@layer("Bridle 1990")
def softmax() -> Text:
    """p = exp(z) / Σ exp(z): scores to probabilities."""
    return Text("z[N,K] -> p[N,K]", "p[n,k] = exp(z[n,k])/sum[j](exp(z[n,j]))")


@layer()
def log_softmax() -> Text:
    """y = z − log Σ exp(z): the logarithm of softmax."""
    return Text("z[N,K] -> y[N,K]", "y[n,k] = z[n,k] - log(sum[j](exp(z[n,j])))")


@layer()
def logsumexp() -> Text:
    """y = log Σ exp(z): a smooth maximum, whose gradient is softmax."""
    return Text("z[N,K] -> y[N]", "y[n] = log(sum[k](exp(z[n,k])))")
