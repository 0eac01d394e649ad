"""What source code says of a layer, as answers for the judge.

    dx, grad_x, grads["x"], grads["dx"]   ∂C/∂x: `d` and the name of a variable of the layer, or much the same
    y, or `out` for the first output      the forward pass: the output's own value

Shapes are strict: an array of shape (1, D) is no gradient of a vector of D entries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.carrying import carry_out
from symbackprop.language.domains import FLOAT64
from symbackprop.language.equations import Equation
from symbackprop.language.numpy_source import Program, Read
from symbackprop.language.ordering import plan
from symbackprop.language.scope import new_indices
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.language.values import Scope, evaluate, extent, laid_out
from symbackprop.layer import Layer
from symbackprop.verify.answers import Formula, Stated, Target, given
from symbackprop.verify.case import sizes_of

_KEYED = re.compile(r"(?P<holder>\w+)\['(?P<key>\w+)'\]")
_GRADIENTS = tuple(re.compile(p) for p in (r"d(\w+)", r"d_(\w+)", r"grad_?(\w+)", r"d(?:L|C|J|E|loss|cost)_?d_?(\w+)", r"(\w+)_grad"))
FIRST_OUTPUT = ("out", "output")
COST = ("loss", "cost", "J", "L", "data_loss")


@dataclass(frozen=True)
class Subject:
    """Whom a name speaks of: ∂C/∂`variable`, or with `forward` the variable's own value."""

    variable: str
    forward: bool = False


def subject_of(name: str, layer: Layer, aliases: Mapping[str, str] | None = None) -> Subject | None:
    """What a result of that name is about, None where it is about nothing that can be judged.

    `aliases` are the writer's own names for variables of the layer.
    """
    keyed = _KEYED.fullmatch(name)
    if keyed is None:
        return _gradient_of(name, layer) or _alias(name, layer, aliases or {}) or _value_of(name, layer)
    holder, key = keyed["holder"].lower(), keyed["key"]
    if "cache" in holder or "param" in holder:
        return None
    found = _gradient_of(key, layer)
    if found is None and (holder.startswith("g") or "grad" in holder or holder in ("d", "ds")):
        found = _gradient_of(f"d{key}", layer)
    return found


def _gradient_of(name: str, layer: Layer) -> Subject | None:
    for variable in based_on(name):
        if variable in layer.tensors and not layer.tensors[variable].is_integer_valued:
            return None if f"d{variable}" in given(layer) else Subject(variable)
    return None


def based_on(name: str) -> list[str]:
    """The names whose gradient a name may be: W1 for dW1, d_W1, grad_W1, dL_dW1 and W1_grad."""
    return [m[1] for m in (p.fullmatch(name) for p in _GRADIENTS) if m is not None]


def _alias(name: str, layer: Layer, aliases: Mapping[str, str]) -> Subject | None:
    return next((_gradient_of(f"d{aliases[n]}", layer) for n in based_on(name) if n in aliases), None)


def _value_of(name: str, layer: Layer) -> Subject | None:
    outputs = [t.name for t in layer.outputs]
    if name in layer.tensors:
        return None if name in {t.name for t in layer.inputs} else Subject(name, forward=True)
    if name in {d.name for d in layer.sizes}:
        return None
    if name in FIRST_OUTPUT or (layer.is_cost and name in COST):
        return Subject(outputs[0], forward=True)
    return None


def target_of(subject: Subject, layer: Layer, indices: tuple[Index, ...] | None = None) -> Target:
    """The target of a subject, at indices of its own where none are told."""
    tensor = layer.tensors[subject.variable]
    if indices is None:
        indices = new_indices(tensor.sizes, {n for t in layer.tensors for n in (t, f"d{t}")} | {d.name for d in layer.sizes})
    component = Component(tensor, *indices)
    return Target(component, (), indices) if subject.forward else Target(None, (component,), indices)


def stated(read: Read, program: Program, layer: Layer, target: Target, where: str, text: str = "") -> Stated:
    """The statement that a name has this value; one of another shape computes its array."""
    if not fits(read, (target.of or target.by[0]).tensor):
        return Stated(target, Evaluated(read, program, layer), text, where)
    return Stated(target, formula(read, program, target.free), text, where)


def fits(read: Read, tensor: Tensor) -> bool:
    """Whether an array has the tensor's shape, for all sizes."""
    return len(read.sizes) == tensor.rank and all(same_size(a, b) for a, b in zip(read.sizes, tensor.sizes, strict=True))


def formula(read: Read, program: Program, free: tuple[Index, ...]) -> Formula:
    """The value of a name at these indices, with the helpers that it stands on."""
    at = {i: j for i, j in zip(read.indices, free, strict=True) if i is not None}
    said = opened(substitute(read.expression, at), program.helpers)
    return Formula(said, free, program.needed(said))


def opened(said: sp.Expr, helpers: Sequence[Equation]) -> sp.Expr:
    """What the line says, where the value is only its name."""
    if not isinstance(said, Component) or not all(isinstance(i, Index) for i in said.indices):
        return said
    own = [h for h in helpers if h.tensor == said.tensor]
    if len(own) != 1 or own[0].is_boundary or said.tensor in tensors(own[0].right):
        return said
    return substitute(own[0].right, dict(zip(own[0].left.indices, said.indices, strict=True)))


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A value that was read, as an array of just the shape that the source gives it."""

    read: Read
    program: Program
    layer: Layer
    cheap = True

    def values(self, arrays: Mapping[str, Any]) -> Any:
        """The array, where `arrays` has the layer's variables and the upstream gradients."""
        sizes = sizes_of(self.layer, arrays)
        shape = tuple(extent(s, sizes) for s in self.read.sizes)
        if min(shape, default=1) < 1:
            return np.zeros(tuple(max(0, n) for n in shape))
        scope = Scope(FLOAT64, {n: np.asarray(a) for n, a in arrays.items()}, sizes, symbols={"step0": 0, "sign0": 0})
        with scope.domain.context():
            for group in plan(self.program.needed(self.read.expression)):
                carry_out(group, scope)
            scope.memo.clear()
            flat = laid_out(evaluate(self.read.expression, scope), self.read.free, scope)
        return np.asarray(flat).reshape(shape)


@dataclass(frozen=True, eq=False)
class NoArray:
    """What is there instead of an array: None, a list."""

    what: str

    def values(self, arrays: Mapping[str, Any]) -> Any:
        """Raises ValueError: there is no value."""
        raise ValueError(f"it is {self.what}, not an array")
