"""Answers: what somebody says a gradient is, as statements that can be judged.

    dW[d,h] = sum[n](x[n,d]*dz[n,h])          ∂C/∂W, in index style
    dW = x.T @ dz                             in array style; helpers may stand before it
    dx = dz @ W.T = (r - y) @ W.T             a derivation: every link is a statement
    d(r[n,j], z[n,k]) = ...                   ∂r/∂z;  d(C, W[i,j], W[k,l]) = ... a second derivative

A SymPy expression over the layer's components is read by its free indices. Whatever has `values(arrays)` is an answer
that computes: arrays by name in, the gradient out. What can't be read becomes an `Unread`, which says where.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, did_you_mean
from symbackprop.language.nodes import Partial
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer


@runtime_checkable
class Computed(Protocol):
    """An answer that computes: `arrays` has every variable of the layer and the upstream gradient d<output> of each
    output by name, as float64 (int64 for integer tensors); what comes back is the gradient's array."""

    def values(self, arrays: Mapping[str, Any]) -> Any:
        """The gradient at these arrays."""
        ...


@dataclass(frozen=True, eq=False)
class Called:
    """A function of arrays, called by its parameters' names: lambda x, dz: x.T @ dz."""

    function: Callable[..., Any]
    parameters: tuple[str, ...]

    def values(self, arrays: Mapping[str, Any]) -> Any:
        """What the function returns for copies of the arrays."""
        return self.function(*(np.array(arrays[name]) for name in self.parameters))


def called(function: Callable[..., Any], layer: Layer) -> Called:
    """The function as an answer. Raises NotationError where its parameters are no variables of the layer."""
    try:
        every = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise NotationError(f"{getattr(function, '__name__', function)} does not tell its parameters") from None
    known = [*layer.tensors, *given(layer)]
    needed = tuple(p.name for p in every if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
    for name in needed:
        if name not in known:
            near = did_you_mean(name, known) or f"there are {', '.join(known)}"
            raise NotationError(f"the parameter {name} is no variable of {layer.name}; {near}")
    return Called(function, needed)


def tight(text: str) -> str:
    """Subscripts without spaces."""
    return re.sub(r"(\[[^]]*\])", lambda m: m[0].replace(" ", ""), text)


@dataclass(frozen=True)
class Target:
    """What a statement is about, at its free indices.

    ∂C/∂v: `of` is None, `by` is v's component. ∂y/∂x and ∂²y/∂x∂u: `of` is y's component. A variable's own value: `by` is ().
    """

    of: Component | None
    by: tuple[Component, ...]
    free: tuple[Index, ...]

    @property
    def name(self) -> str:
        """The key of its verdict: W for ∂C/∂W, d(r[n,j], z[n,k]) for a local derivative."""
        if self.of is None:
            return self.by[0].tensor.name
        return f"{self.of.tensor.name} itself" if not self.by else tight(str(Partial(self.of, *self.by)))

    @property
    def symbol(self) -> str:
        """How its value is named: dW, d(r, z), or xhat."""
        names = [c.tensor.name for c in ((self.of,) if self.of is not None else ()) + self.by]
        if self.of is None:
            return "d" + names[0]
        return names[0] if not self.by else f"d({', '.join(names)})"


@dataclass(frozen=True)
class Formula:
    """An expression at the target's free indices, and the helper equations it uses.

    `free` differs from the target's free indices where the shape is wrong.
    """

    expression: sp.Expr
    free: tuple[Index, ...]
    helpers: tuple[Equation, ...] = ()


@dataclass(frozen=True, eq=False)
class Stated:
    """One statement: a target and what is said of it, how it was written and where; `notes` say how it was understood."""

    target: Target
    said: Formula | Computed
    text: str = ""
    where: str = ""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The key of its verdict."""
        return self.target.name


@dataclass(frozen=True)
class Unread:
    """A statement that could not be read, and why."""

    name: str
    message: str
    text: str = ""
    where: str = ""
    error: NotationError | None = None


Answer = Stated | Unread


def adjoints(layer: Layer) -> dict[str, Tensor]:
    """The tensors that stand for gradients, by name: dv for every variable v that has one.

    An output z that is used again inside the layer has a given gradient dz and a whole one, dz_total.
    """
    used = {t.name for e in layer.equations for t in tensors(e.right)}
    outputs = {t.name for t in layer.outputs} if not layer.is_cost else set()
    found: dict[str, Tensor] = {}
    for t in layer.tensors.values():
        if t.is_integer_valued:
            continue
        again = t.name in outputs and t.name in used
        found[f"d{t.name}"] = Tensor(f"d{t.name}", *t.sizes, adjoint_of="" if again else t.name)
        if again:
            found[f"d{t.name}_total"] = Tensor(f"d{t.name}_total", *t.sizes, adjoint_of=t.name)
    return found


def given(layer: Layer) -> dict[str, str]:
    """The name of each given upstream gradient, and its output."""
    return {} if layer.is_cost else {f"d{t.name}": t.name for t in layer.outputs}
