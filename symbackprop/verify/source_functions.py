"""Functions with a backward pass of their own, as torch.autograd.Function has them, as lines that call them.

    class Swish(torch.autograd.Function):       y = Swish.forward(ctx, x); dx = Swish.backward(ctx, dy)
        forward(ctx, x), backward(ctx, g)

The arguments of forward are the layer's inputs, by their names or in order; ctx carries from one to the other what is kept.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from symbackprop.language.numpy_source.contexts import NAME, is_function
from symbackprop.layer import Layer
from symbackprop.verify.source_calls import printable


@dataclass(frozen=True, eq=False)
class Function:
    """A class with forward and backward: its name, what forward takes beside the context, and where each pass returns."""

    name: str
    parameters: tuple[str, ...]
    required: int
    returns: tuple[int, int]


def functions(tree: ast.Module) -> list[Function]:
    """The functions of a source in order."""
    found = []
    for node in tree.body:
        methods = {n.name: n for n in getattr(node, "body", ()) if isinstance(n, ast.FunctionDef)}
        if isinstance(node, ast.ClassDef) and is_function(node) and {"forward", "backward"} <= set(methods):
            a = methods["forward"].args
            names = [p.arg for p in (*a.posonlyargs, *a.args)][1:]
            ends = _end(methods["forward"]), _end(methods["backward"])
            found.append(Function(node.name, tuple(names), len(names) - len(a.defaults), ends))
    return found


def _end(method: ast.FunctionDef) -> int:
    return max((n.lineno for n in ast.walk(method) if isinstance(n, ast.Return)), default=method.lineno)


def calls(tree: ast.Module, layer: Layer) -> str:
    """The lines that call the source's functions that are of this layer, where these return; "" where it has none.

    Raises ValueError where there are several and none is called like the layer.
    """
    found = functions(tree)
    lines = {line: said for f in (_chosen(found, layer) if found else ()) for line, said in zip(f.returns, _calls(f, layer), strict=True)}
    return "\n".join(lines.get(k, "") for k in range(1, max(lines, default=0) + 1))


def _chosen(found: list[Function], layer: Layer) -> list[Function]:
    if len(found) == 1:
        return found
    name = _plain(layer.name.partition(":")[0])
    own = [f for f in found if _plain(f.name) in (name, name + "function", name + "fn")]
    if own:
        return own
    has = printable(", ".join(f.name for f in found))[:200]
    raise ValueError(f"none of these is called {layer.name}: there are {has}; say how one is called")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _calls(function: Function, layer: Layer) -> tuple[str, str]:
    meant = _meant(function, layer)
    outputs = [t.name for t in layer.outputs]
    whole = {t.name for t in layer.inputs if t.is_integer_valued}
    given = [meant[p] if k < function.required else f"{p}={meant[p]}" for k, p in enumerate(function.parameters) if p in meant]
    found = [f"d{meant[p]}" if p in meant and meant[p] not in whole else f"rest_{k}" for k, p in enumerate(function.parameters)]
    forward = f"{', '.join(outputs)} = {function.name}.forward({', '.join((NAME, *given))})"
    above = [f"d{o}" for o in outputs]
    return forward, f"{', '.join(found)} = {function.name}.backward({', '.join((NAME, *above))})"


def _meant(function: Function, layer: Layer) -> dict[str, str]:
    """Which input each parameter is: that of its name, else that of its place. Raises ValueError where neither fits."""
    inputs = [t.name for t in layer.inputs]
    needed = function.parameters[: function.required]
    if set(needed) <= set(inputs):
        return {p: p for p in function.parameters if p in inputs}
    if len(needed) == len(inputs):
        return dict(zip(needed, inputs, strict=True))
    takes = printable(", ".join(function.parameters))[:200]
    said = f"{printable(function.name)[:40]} takes {takes}; {layer.name} has {', '.join(inputs)}"
    raise ValueError(f"{said}; say how it is called: y = F.forward({NAME}, x, ...); dx, ... = F.backward({NAME}, dy)")
