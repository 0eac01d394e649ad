"""Recurrent layers: cells, one step from h0 to h1, and the network over T steps.

W reads the input, U the state. A gate of a cell is named by its letter and g: ig, fg, og.
"""
from __future__ import annotations

from symbackprop.layers.shelf import Text, layer


def _gates(letters: str) -> str:
    """a = x W + h0 U + b for each gate, with the gate's letter on every name."""
    return "\n".join(f"a{g}[n,j] = sum[d](x[n,d]*W{g}[d,j]) + sum[k](h0[n,k]*U{g}[k,j]) + b{g}[j]" for g in letters)


def _weights(letters: str) -> str:
    return ", ".join(f"W{g}[D,H], U{g}[H,H], b{g}[H]" for g in letters)


@layer("Elman 1990")
def rnn_cell() -> Text:
    """h1 = tanh(x W + h0 U + b)."""
    return Text("x[N,D], h0[N,H], W[D,H], U[H,H], b[H] -> h1[N,H]", """
        a[n,j] = sum[d](x[n,d]*W[d,j]) + sum[k](h0[n,k]*U[k,j]) + b[j]
        h1[n,j] = tanh(a[n,j])
    """)


@layer("Gers, Schmidhuber & Cummins 2000")
def lstm_cell() -> Text:
    """c1 = fg ⊙ c0 + ig ⊙ gg, h1 = og ⊙ tanh(c1), each gate an affine map of x and h0, then σ or tanh."""
    return Text(f"x[N,D], h0[N,H], c0[N,H], {_weights('ifgo')} -> h1[N,H], c1[N,H]", f"""
        {_gates('ifgo')}
        ig[n,j] = sigmoid(ai[n,j])
        fg[n,j] = sigmoid(af[n,j])
        gg[n,j] = tanh(ag[n,j])
        og[n,j] = sigmoid(ao[n,j])
        c1[n,j] = fg[n,j]*c0[n,j] + ig[n,j]*gg[n,j]
        h1[n,j] = og[n,j]*tanh(c1[n,j])
    """)


@layer("Cho et al. 2014, with the reset gate after the product")
def gru_cell() -> Text:
    """h1 = (1 − zg) ⊙ ng + zg ⊙ h0, with ng = tanh(x Wn + bn + rg ⊙ (h0 Un + cn))."""
    return Text(f"x[N,D], h0[N,H], {_weights('rz')}, Wn[D,H], Un[H,H], bn[H], cn[H] -> h1[N,H]", f"""
        {_gates('rz')}
        rg[n,j] = sigmoid(ar[n,j])
        zg[n,j] = sigmoid(az[n,j])
        hn[n,j] = sum[k](h0[n,k]*Un[k,j]) + cn[j]
        an[n,j] = sum[d](x[n,d]*Wn[d,j]) + bn[j] + rg[n,j]*hn[n,j]
        ng[n,j] = tanh(an[n,j])
        h1[n,j] = (1 - zg[n,j])*ng[n,j] + zg[n,j]*h0[n,j]
    """)


@layer("Werbos 1990")
def rnn() -> Text:
    """h[t] = tanh(x[t] W + h[t−1] U + b) for T steps, from h[−1] = h0."""
    return Text("x[T,N,D], h0[N,H], W[D,H], U[H,H], b[H] -> h[T,N,H]", """
        h[-1,n,j] = h0[n,j]
        a[t,n,j] = sum[d](x[t,n,d]*W[d,j]) + sum[k](h[t-1,n,k]*U[k,j]) + b[j]
        h[t,n,j] = tanh(a[t,n,j])
    """)
