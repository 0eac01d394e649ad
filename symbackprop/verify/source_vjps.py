"""Tables of vector-Jacobian products, as autograd has them, as lines that call them.

    defvjp(anp.tanh, lambda ans, x: lambda g: g * (1 - ans**2))     dx = (lambda ans, x: lambda g: ...)(y, x)(dy)

`ans` is the output, the other arguments are the layer's inputs, by their names or in order; g is the upstream gradient.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.layer import Layer
from symbackprop.verify.source_calls import printable

THROUGH = ("unbroadcast_f",)
"""What gives a function back that sums over broadcast axes: for arrays of one shape, the function itself."""


@dataclass(frozen=True, eq=False)
class Vjp:
    """One entry: what it is filed under, for which argument, and the function."""

    label: str
    place: int
    node: ast.Lambda


def entries(tree: ast.Module) -> list[Vjp]:
    """The entries of a source in order."""
    return [vjp for statement in tree.body for node in ast.walk(statement) for vjp in _entries(node)]


def _entries(node: ast.AST) -> Iterator[Vjp]:
    match node:
        case ast.Call(func=func, args=[primitive, *functions]) if _last(func) == "defvjp":
            placed = zip(_places(node, len(functions)), functions, strict=True)
            yield from (Vjp(_last(primitive), k, f) for k, f in placed if isinstance(f, ast.Lambda) and _inner(f))
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                several = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
                label = key.value if isinstance(key, ast.Constant) else _last(key)
                yield from (Vjp(str(label), k, f) for k, f in enumerate(several) if isinstance(f, ast.Lambda) and _inner(f))
        case ast.Assign(targets=[target], value=ast.Lambda() as value) if _inner(value):
            yield Vjp(_last(target), 0, value)
        case ast.Expr(value=ast.Lambda() as value) if _inner(value):
            yield Vjp("", 0, value)


def _places(node: ast.Call, count: int) -> list[int]:
    told = next((k.value for k in node.keywords if k.arg == "argnums"), None)
    if isinstance(told, (ast.Tuple, ast.List)):
        found = [e.value for e in told.elts if isinstance(e, ast.Constant) and isinstance(e.value, int)]
        if len(found) == count:
            return found
    return list(range(count))


def _last(node: ast.expr | None) -> str:
    """The last name of anp.tanh or table["tanh"]."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return ""


def _inner(node: ast.Lambda) -> ast.Lambda | None:
    body = node.body
    if isinstance(body, ast.Call) and _last(body.func) in THROUGH and len(body.args) == 2:
        body = body.args[1]
    return body if isinstance(body, ast.Lambda) and len(body.args.args) == 1 else None


def calls(tree: ast.Module, layer: Layer) -> str:
    """The lines that call the layer's entries, each in the line of its entry; "" where the source has none.

    Raises ValueError where several are filed and none under the layer's name.
    """
    found = entries(tree)
    if not found:
        return ""
    lines: dict[int, list[str]] = {}
    for vjp in _chosen(found, layer):
        lines.setdefault(vjp.node.lineno, []).append(_call(vjp, layer))
    return "\n".join("; ".join(lines.get(k, ())) for k in range(1, max(lines) + 1))


def _chosen(found: list[Vjp], layer: Layer) -> list[Vjp]:
    gradients = {f"d{t.name}" for t in layer.inputs}
    names = {layer.name.partition(":")[0].lower(), *(type(e.right).__name__ for e in layer.equations[-1:])}
    own = [v for v in found if v.label.lower() in names] or [v for v in found if v.label in gradients or v.label[1:] in gradients]
    labels = list(dict.fromkeys(v.label for v in found))
    if own or len(labels) == 1:
        return own or found
    raise ValueError(f"none of these is filed under {layer.name}: there are {printable(', '.join(labels))[:200]}")


def _call(vjp: Vjp, layer: Layer) -> str:
    inputs = [t.name for t in layer.inputs]
    a = vjp.node.args
    parameters = [p.arg for p in (*a.posonlyargs, *a.args)]
    needed = parameters[1 : len(parameters) - len(a.defaults)] if len(a.defaults) < len(parameters) else []
    arguments = needed if set(needed) <= set(inputs) else inputs[: len(needed)]
    variable = vjp.label[1:] if vjp.label[1:] in inputs and vjp.label[:1] == "d" else _argument(vjp, inputs, arguments)
    output = layer.outputs[0].name
    inner = _inner(vjp.node)
    assert inner is not None
    plain = ast.unparse(ast.Lambda(vjp.node.args, inner))
    return f"d{variable} = ({plain})({', '.join((output, *arguments))})(d{output})"


def _argument(vjp: Vjp, inputs: list[str], arguments: list[str]) -> str:
    among = arguments or inputs
    if vjp.place >= len(among):
        raise ValueError(f"{vjp.label or 'the function'} has a gradient for argument {vjp.place}; the layer has {', '.join(inputs)}")
    return among[vjp.place]
