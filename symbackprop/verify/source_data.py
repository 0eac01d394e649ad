"""Lines of a script that make data for the layer's inputs or fix its sizes: the layer has these already, for all values.

    N, D = 64, 1000
    x = np.random.randn(N, D)
"""

from __future__ import annotations

import ast

from symbackprop.layer import Layer
from symbackprop.verify.source_calls import usable

MAKING = ("rand", "load", "array", "zeros", "ones", "linspace", "tensor", "arange", "full", "normal", "uniform", "choice", "eye")


def without_data(text: str, tree: ast.Module, layer: Layer) -> tuple[str, tuple[str, ...]]:
    """The script without these lines, its line numbers kept, and the names that they assign."""
    lines = text.split("\n")
    names: dict[str, None] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and (replaced := _replaced(node, layer)) is not None:
            dropped, instead = replaced
            names.update(dict.fromkeys(dropped))
            alone = sum(n.lineno <= node.lineno <= (n.end_lineno or n.lineno) for n in tree.body) == 1
            if alone and node.end_lineno is not None:
                lines[node.lineno - 1 : node.end_lineno] = [instead, *[""] * (node.end_lineno - node.lineno)]
    return "\n".join(lines), tuple(names)


def _replaced(node: ast.Assign, layer: Layer) -> tuple[list[str], str] | None:
    """The names that are dropped and what stands instead; None where the line is kept."""
    target, value = node.targets[0], node.value
    known = set(usable(layer))
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)) and len(target.elts) == len(value.elts):
        pairs = list(zip(target.elts, value.elts, strict=True))
        own = [t.id for t, v in pairs if isinstance(t, ast.Name) and t.id in known and _is_data(v, t.id)]
        rest = [f"{ast.unparse(t)} = {ast.unparse(v)}" for t, v in pairs if not (isinstance(t, ast.Name) and t.id in own)]
        return (own, "; ".join(rest) or "pass") if own else None
    if len(node.targets) == 1 and isinstance(target, ast.Name) and target.id in known and _is_data(value, target.id):
        return [target.id], "pass"
    return None


def _is_data(value: ast.expr, name: str) -> bool:
    """A number, or an array that is made of nothing but numbers; for a given gradient a random one."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, (int, float))
    made = [n.func for n in ast.walk(value) if isinstance(n, ast.Call)]
    last = [f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in made]
    words = ("rand",) if name.startswith("d") and len(name) > 1 else MAKING
    return any(word in f for f in last for word in words)
