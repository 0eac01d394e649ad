"""Networks: layers composed, again a Layer. A layer that occurs a thousand times is stated, and derived, once.

    compose("mlp", linear, relu, linear, cross_entropy):   x → z1 → y → z2 → C

The first output of each part is the first input of the next. A name or a size that several parts would share
gets a number: W1, W2, ...; one that stands in a single part keeps its name.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, overload

import sympy as sp

from symbackprop.derivation import Derivation, MatrixForm, Reason, Reference, Step
from symbackprop.language.equations import Equation
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Tensor
from symbackprop.layer import Layer


@dataclass(frozen=True, eq=False)
class Part:
    """A layer inside a network: `names` and `sizes` say what its variables and sizes are called there."""

    layer: Layer
    names: Mapping[str, str]
    sizes: Mapping[Dim, sp.Expr]

    @cached_property
    def mapping(self) -> dict[Any, Any]:
        """What to substitute in the layer's expressions: its tensors, their gradients, its sizes."""
        found: dict[Any, Any] = dict(self.sizes)
        for tensor in self.layer.tensors.values():
            new = self._tensor(tensor)
            found[tensor] = new
            found[tensor.adjoint()] = new.adjoint()
            total = Tensor(f"d{tensor.name}_total", *tensor.sizes, adjoint_of=tensor.name)
            found[total] = Tensor(f"d{new.name}_total", *new.sizes, adjoint_of=new.name)
        return found

    @cached_property
    def words(self) -> dict[str, str]:
        """The new name of each variable, gradient and size, for text in array notation."""
        named = {k.name: v.name for k, v in self.mapping.items() if isinstance(k, Tensor)}
        return {**named, **{k.name: f"({v})" if v.args else str(v) for k, v in self.sizes.items()}}

    def _tensor(self, t: Tensor) -> Tensor:
        sizes = [substitute(s, self.sizes) for s in t.sizes]
        below = None if t.below is None else substitute(t.below, self.sizes)
        return t.having(name=self.names.get(t.name, t.name), sizes=sizes, below=below, adjoint_of="")

    def tensor(self, name: str) -> Tensor:
        """The network's tensor for a variable of the layer."""
        return self._tensor(self.layer.tensors[name])

    def equation(self, equation: Equation) -> Equation:
        """An equation of the layer, in the network's names."""
        left = substitute(equation.left, self.mapping)
        assert isinstance(left, Component)
        return Equation(left, substitute(equation.right, self.mapping))


@dataclass(frozen=True, eq=False)
class Network(Layer):
    """A chain of layers; its equations are written out when somebody looks at them."""

    parts: tuple[Part, ...] = ()

    @cached_property  # type: ignore[misc]
    def equations(self) -> tuple[Equation, ...]:
        """The equations of every part, in the network's names."""
        return tuple(part.equation(e) for part in self.parts for e in part.layer.equations)

    @cached_property
    def places(self) -> Mapping[str, tuple[int, str]]:
        """For each variable the part that derives its gradient, and its name there: the part that it enters, if any."""
        found: dict[str, tuple[int, str]] = {}
        for k, part in enumerate(self.parts):
            inputs = {t.name for t in part.layer.inputs}
            for name in part.layer.tensors:
                new = part.names.get(name, name)
                if new not in found or name in inputs:
                    found[new] = k, name
        return found


def compose(name: str, *layers: Layer) -> Network:
    """The network in which each layer's first output is the next one's first input.

    Raises ValueError where the shapes don't fit, or where two variables would bear one name.
    """
    if not layers:
        raise ValueError(f"compose({name!r}) needs at least one layer")
    parts: list[Part] = []
    numbering = _Numbering(layers)
    flow: Tensor | None = None
    for position, layer in enumerate(layers, 1):
        part = numbering.part(layer, flow, position)
        parts.append(part)
        flow = part.tensor(layer.outputs[0].name)
    return _network(name, tuple(parts))


def _network(name: str, parts: tuple[Part, ...]) -> Network:
    inputs = [part.tensor(t.name) for k, part in enumerate(parts) for t in part.layer.inputs[(1 if k else 0):]]
    names = [t.name for t in inputs] + [p.names.get(e.tensor.name, e.tensor.name) for p in parts
                                        for e in p.layer.equations if not e.is_boundary]
    twice = next((n for n in dict.fromkeys(names) if names.count(n) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise ValueError(f"two variables of {name} would be called {twice!r}; rename one of them in its layer")
    made: Network = object.__new__(Network)
    outputs = tuple(parts[-1].tensor(t.name) for t in parts[-1].layer.outputs)
    values = {"name": name, "source": "", "variant": None, "parts": parts, "inputs": tuple(inputs), "outputs": outputs,
              "assumptions": ()}
    for key, value in values.items():
        object.__setattr__(made, key, value)
    return made


class _Numbering:
    # Numbers for the names that more than one part has.
    def __init__(self, layers: Sequence[Layer]) -> None:
        self._repeated: set[str] = set()
        seen: set[str] = set()
        for k, layer in enumerate(layers):
            own = _names_of(layer, bool(k))
            self._repeated |= seen & own
            seen |= own
        self._count: dict[str, int] = {}

    def _new(self, name: str) -> str:
        if name not in self._repeated:
            return name
        self._count[name] = self._count.get(name, 0) + 1
        return f"{name}{self._count[name]}"

    def part(self, layer: Layer, flow: Tensor | None, position: int) -> Part:
        names, sizes = {}, {}
        entry = layer.inputs[0]
        if flow is not None:
            names[entry.name] = flow.name
            sizes = _joined(entry, flow, layer, position)
        for name in layer.tensors:
            if name not in names:
                names[name] = self._new(name)
        for size in layer.sizes:
            if size not in sizes:
                sizes[size] = Dim(self._new(size.name))
        return Part(layer, names, sizes)


def _names_of(layer: Layer, inner: bool) -> set[str]:
    entry = layer.inputs[0]
    joined = {s.name for s in entry.sizes if isinstance(s, Dim)} if inner else set()
    return ({*layer.tensors} - ({entry.name} if inner else set())) | ({s.name for s in layer.sizes} - joined)


def _joined(entry: Tensor, flow: Tensor, layer: Layer, position: int) -> dict[Dim, sp.Expr]:
    sizes: dict[Dim, sp.Expr] = {}
    problem = ValueError(f"part {position}, {layer.name}, takes {entry!r} but is given {flow!r}")
    if entry.rank != flow.rank:
        raise problem
    for mine, given in zip(entry.sizes, flow.sizes, strict=True):
        if isinstance(mine, Dim):
            if sizes.setdefault(mine, given) != given:
                raise problem
        elif substitute(mine, sizes) != given:
            raise problem
    return sizes


# ---- a derivation in the network's names ------------------------------------------------------------------------

class Relabelled(Sequence[Step]):
    """The steps of a part's derivation in the network's names, each renamed when it is looked at."""

    def __init__(self, steps: Sequence[Step], part: Part) -> None:
        self._steps, self._part = steps, part
        self._made: dict[int, Step] = {}

    def __len__(self) -> int:
        return len(self._steps)

    @overload
    def __getitem__(self, k: int) -> Step: ...
    @overload
    def __getitem__(self, k: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, k: int | slice) -> Step | tuple[Step, ...]:
        if isinstance(k, slice):
            return tuple(self[i] for i in range(*k.indices(len(self))))
        k = range(len(self))[k]
        if k not in self._made:
            self._made[k] = _step(self._steps[k], self._part)
        return self._made[k]

    def __iter__(self) -> Iterator[Step]:
        return (self[k] for k in range(len(self)))


def relabelled(derivation: Derivation, part: Part, network: Network, family: Mapping[str, Derivation]) -> Derivation:
    """A derivation of a part's layer as one of the network."""
    goal = substitute(derivation.goal, part.mapping)
    variable = part.tensor(derivation.variable.name)
    inserts = tuple(part.names.get(n, n) for n in derivation.inserts)
    return replace(derivation, goal=goal, steps=Relabelled(derivation.steps, part), layer=network, variable=variable,
                   inserts=inserts, family=family)


def _step(step: Step, part: Part) -> Step:
    left = None if step.left is None else substitute(step.left, part.mapping)
    return replace(step, right=_value(step.right, part), reason=_reason(step.reason, part), left=left)


def _value(value: Any, part: Part) -> Any:
    match value:
        case MatrixForm():
            text = re.sub(r"[A-Za-z_]\w*", lambda found: part.words.get(found[0], found[0]), value.text)
            return MatrixForm(text, substitute(value.expression, part.mapping), tuple(substitute(s, part.sizes) for s in value.sizes))
        case Tensor() | sp.Expr():
            return substitute(value, part.mapping)
        case tuple():
            return tuple(_value(v, part) for v in value)
    return value


def _reason(reason: Reason, part: Part) -> Reason:
    cites = tuple(Reference(c.kind, part.names.get(c.name, c.name)) for c in reason.cites)
    return Reason(reason.rule, {k: _value(v, part) for k, v in reason.terms.items()}, cites)
