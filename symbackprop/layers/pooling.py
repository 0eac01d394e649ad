"""Pooling over windows of P (by Q) places, channel by channel.

The kernel's size is a symbol unless it is told. The stride is by default the kernel's size where that is a
number, as in torch, and 1 where it is a symbol. Maximum pooling has no padding: torch pads it with −∞.
"""
from __future__ import annotations

from symbackprop.layers.convolution import moved, windows
from symbackprop.layers.shelf import Text, layer, whole

KERNEL, STRIDE, PADDING = whole(None, least=1), whole(None, least=1), whole(0)


@layer(kernel_size=KERNEL, stride=STRIDE)
def max_pool1d(kernel_size: int | None, stride: int | None) -> Text:
    """y[n,d,i] = max over p of x[n,d, s i + p]."""
    return _pool1d("max[{taps}]({x})", kernel_size, stride, 0)


@layer(kernel_size=KERNEL, stride=STRIDE)
def max_pool2d(kernel_size: int | None, stride: int | None) -> Text:
    """y[n,d,i,j] = max over p, q of x[n,d, s i + p, s j + q]."""
    return _pool2d("max[{taps}]({x})", kernel_size, stride, 0)


@layer(kernel_size=KERNEL, stride=STRIDE, padding=PADDING)
def avg_pool1d(kernel_size: int | None, stride: int | None, padding: int) -> Text:
    """y[n,d,i] = 1/P Σ over p of x[n,d, s i + p − padding]."""
    return _pool1d("sum[{taps}]({x})/{count}", kernel_size, stride, padding)


@layer(kernel_size=KERNEL, stride=STRIDE, padding=PADDING)
def avg_pool2d(kernel_size: int | None, stride: int | None, padding: int) -> Text:
    """y[n,d,i,j] = 1/(P Q) Σ over p, q of x[n,d, s i + p − padding, s j + q − padding]."""
    return _pool2d("sum[{taps}]({x})/({count})", kernel_size, stride, padding)


def _pool1d(formula: str, kernel_size: int | None, stride: int | None, padding: int) -> Text:
    P, s = kernel_size or "P", stride or kernel_size or 1
    value = formula.format(taps=f"p in {P}", x=f"x[n, d, {moved('i', 'p', s, padding)}]", count=P)
    return Text(f"x[N,D,L] -> y[N, D, {windows('L', P, s, padding)}]", f"y[n,d,i] = {value}")


def _pool2d(formula: str, kernel_size: int | None, stride: int | None, padding: int) -> Text:
    P, Q, s = kernel_size or "P", kernel_size or "Q", stride or kernel_size or 1
    place = f"x[n, d, {moved('i', 'p', s, padding)}, {moved('j', 'q', s, padding)}]"
    value = formula.format(taps=f"p in {P}, q in {Q}", x=place, count=f"{P}*{Q}")
    return Text(f"x[N,D,L,M] -> y[N, D, {windows('L', P, s, padding)}, {windows('M', Q, s, padding)}]",
                f"y[n,d,i,j] = {value}")
