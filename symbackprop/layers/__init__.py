"""The shelf: layers, costs and small networks of the field, as equations with symbolic sizes.

    sb.layers.linear                          a Layer
    sb.layers.conv2d(stride=2, padding=1)     the same with options
    sb.layers.named("conv2d:stride=2")        as a command line names it
    sb.layers.names()                         what there is

A layer is read when it is first asked for. Each family is one file of this package; names are those of
torch.nn.functional where it has one.
"""
from __future__ import annotations

from symbackprop.layer import Layer
from symbackprop.layers import (  # noqa: F401  (each puts its entries on the shelf)
    activations,
    attention,
    connections,
    convolution,
    losses,
    matrices,
    networks,
    normalization,
    pooling,
    recurrent,
    reductions,
)
from symbackprop.layers.shelf import SHELF, Entry, Option, entry, get, named, names

__all__ = ["Entry", "Option", "entry", "get", "named", "names"]


def __getattr__(name: str) -> Layer:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return get(name)
    except LookupError as unknown:
        raise AttributeError(str(unknown)) from None


def __dir__() -> list[str]:
    return [*__all__, *SHELF]
