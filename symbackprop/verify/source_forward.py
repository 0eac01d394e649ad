"""The forward pass that stands in the source, as a layer of its own: what its gradients would be."""

from __future__ import annotations

from symbackprop.language.equations import Equation
from symbackprop.language.numpy_source import Program, Read
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer
from symbackprop.verify.source_answers import Subject, fits, subject_of, target_of

OWN = "it is right for the forward pass in the source, which is not the layer's"
NOT_OWN = "it is not the gradient of the forward pass in the source, which is not the layer's"


def outputs_of(program: Program, layer: Layer) -> dict[str, Read]:
    """What the source assigns to the layer's outputs."""
    found = {}
    for name, read in program.results.items():
        subject = subject_of(name, layer)
        if subject is not None and subject.forward and subject.variable in {t.name for t in layer.outputs}:
            found[subject.variable] = read
    return found


def own_layer(program: Program, layer: Layer) -> Layer | None:
    """The layer that the source's forward pass is; None where it doesn't give every output, in the layer's shapes."""
    reads = outputs_of(program, layer)
    if set(reads) != {t.name for t in layer.outputs} or not all(fits(r, layer.tensors[n]) for n, r in reads.items()):
        return None
    made = [_equation(layer, name, read) for name, read in reads.items()]
    needed = _needed(program, layer, made)
    return Layer.of(f"the forward pass in the source for {layer.name}", layer.inputs, layer.outputs, (*needed, *made), layer.assumptions)


def _equation(layer: Layer, name: str, read: Read) -> Equation:
    target = target_of(Subject(name, forward=True), layer)
    at = {i: j for i, j in zip(read.indices, target.free, strict=True) if i is not None}
    return Equation(Component(layer.tensors[name], *target.free), substitute(read.expression, at))


def _needed(program: Program, layer: Layer, made: list[Equation]) -> list[Equation]:
    """The helpers of the source, and the equations of the layer for what a script takes from it."""
    helpers = list(dict.fromkeys(h for e in made for h in program.needed(e.right)))
    ordered = [h for h in program.helpers if h in helpers]
    names = {e.tensor.name for e in made}
    taken = {t.name for e in (*ordered, *made) for t in tensors(e.right)}
    own: list[Equation] = []
    for e in reversed(layer.equations):
        if e.tensor.name in taken and e.tensor.name not in names:
            own.insert(0, e)
            taken |= {t.name for t in tensors(e.right)}
    return [*own, *ordered]
