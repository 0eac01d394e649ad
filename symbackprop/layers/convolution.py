"""Convolutions (cross-correlations, as the field has them): N examples, D channels in, F channels out.

Padding needs no words: a subscript that leaves its range reads 0.
"""
from __future__ import annotations

from symbackprop.layers.shelf import Text, flag, layer, whole


def moved(index: str, tap: str, stride: int, padding: int = 0) -> str:
    """The place that tap p of window i reads: s i + p − padding."""
    return (f"{stride}*{index}" if stride > 1 else index) + f" + {tap}" + (f" - {padding}" if padding else "")


def windows(length: str, kernel: str | int, stride: int, padding: int = 0) -> str:
    """How many windows fit: ⌊(L + 2 padding − P)/s⌋ + 1."""
    span = f"{length} - {kernel}" + (f" + {2*padding}" if padding else "")
    return f"({span})//{stride} + 1" if stride > 1 else f"{span} + 1"


@layer("LeCun et al. 1989", stride=whole(1, least=1), padding=whole(0), bias=flag(True))
def conv1d(stride: int, padding: int, bias: bool) -> Text:
    """y[n,f,i] = Σ over d, p of x[n,d, s i + p − padding] W[f,d,p] + b[f]."""
    return Text(
        f"x[N,D,L], W[F,D,P]{', b[F]' if bias else ''} -> y[N, F, {windows('L', 'P', stride, padding)}]",
        f"y[n,f,i] = sum[d,p](x[n, d, {moved('i', 'p', stride, padding)}]*W[f,d,p]){' + b[f]' if bias else ''}")


@layer("LeCun et al. 1989", stride=whole(1, least=1), padding=whole(0), bias=flag(True))
def conv2d(stride: int, padding: int, bias: bool) -> Text:
    """y[n,f,i,j] = Σ over d, p, q of x[n,d, s i + p − padding, s j + q − padding] W[f,d,p,q] + b[f]."""
    sizes = f"{windows('L', 'P', stride, padding)}, {windows('M', 'Q', stride, padding)}"
    place = f"{moved('i', 'p', stride, padding)}, {moved('j', 'q', stride, padding)}"
    return Text(
        f"x[N,D,L,M], W[F,D,P,Q]{', b[F]' if bias else ''} -> y[N, F, {sizes}]",
        f"y[n,f,i,j] = sum[d,p,q](x[n, d, {place}]*W[f,d,p,q]){' + b[f]' if bias else ''}")
