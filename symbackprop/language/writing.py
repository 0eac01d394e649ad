"""Expressions, equations and layers to the plain notation: what is written reads back to what is equal.

    write(Σ_n x[n,d] dz[n,h])          sum[n](x[n,d]*dz[n,h])
    write_equation(z = x W + b)        z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h]
    write_layer(linear)                a layer file
"""
from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.expression_writer import bound_text, bracketed, told, write
from symbackprop.language.tensors import Component, Index, Tensor

if TYPE_CHECKING:
    from symbackprop.layer import Layer

__all__ = ["write", "write_assumption", "write_declaration", "write_equation", "write_equations", "write_layer", "write_signature"]

_SIGNS = {"positive": " > 0", "nonnegative": " >= 0", "negative": " < 0", "nonpositive": " <= 0", "nonzero": " != 0", "": ""}


def write_equation(equation: Equation, declared: bool = False, untold: Collection[str] = ()) -> str:
    """left = right. A size that nothing tells stands at the left's index, unless the tensor is declared already.

    `untold` are tensors that aren't known where the equation stands, so that they tell no size.
    """
    skip = {*untold, equation.tensor.name}
    known = set(equation.free) if declared else told(equation.right, skip)
    subscripts = [bound_text(i, known) if isinstance(i, Index) else write(i) for i in equation.left.indices]
    right = write(equation.right, equation.free, skip)
    return f"{equation.tensor.name}{bracketed(subscripts)} = {right}"


def write_declaration(tensor: Tensor) -> str:
    """x[N,D] > 0, t[N] in C, mask[N,D] in {0, 1}."""
    text = tensor.name + bracketed([write(s) for s in tensor.sizes])
    if tensor.below is not None:
        return f"{text} in {write(tensor.below)}"
    return f"{text} in {{{', '.join(map(write, tensor.values))}}}" if tensor.values else text + _SIGNS[tensor.sign]


def write_signature(layer: Layer) -> str:
    """inputs -> outputs."""
    inputs, outputs = (", ".join(map(write_declaration, side)) for side in (layer.inputs, layer.outputs))
    return f"{inputs} -> {outputs}".strip()


def write_equations(layer: Layer) -> tuple[str, ...]:
    """The layer's equations, each of which reads back where it stands."""
    outputs = {t.name for t in layer.outputs}
    later = {e.tensor.name for e in layer.equations} - outputs
    lines = []
    for equation in layer.equations:
        known = equation.tensor.name in outputs or equation.is_boundary
        lines.append(write_equation(equation, known, later))
        later -= set() if equation.is_boundary else {equation.tensor.name}
    return tuple(lines)


def write_assumption(assumption: Assumption) -> str:
    """sum[k](y[n,k]) == 1, or invertible[p,q](A[p,q])."""
    left = write(assumption.left, assumption.free)
    if assumption.relation == "invertible":
        if isinstance(assumption.left, Component) and assumption.left.indices == assumption.free:
            return f"invertible({assumption.left.tensor.name})"
        return f"invertible[{','.join(bound_text(i, told(assumption.left)) for i in assumption.free)}]({left})"
    return f"{left} {assumption.relation} {write(assumption.right, assumption.free)}"


def write_layer(layer: Layer) -> str:
    """The layer as a layer file: its name, source and assumptions, its signature, its equations."""
    assume = "; ".join(dict.fromkeys(map(write_assumption, layer.assumptions)))
    said = [f"{key}: {value}" for key, value in (("name", layer.name), ("source", layer.source), ("assume", assume)) if value]
    return "\n".join([*said, write_signature(layer), *write_equations(layer)]) + "\n"
