"""The lines that call code: which names they use and assign, and which of them take several values.

    out, cache = conv_forward(x, W, b, {"stride": stride, "pad": pad})        stride and pad are options
    stride=1,2; pad=0,1,2                                                     what they are tried at
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from symbackprop.language.errors import NotationError, did_you_mean
from symbackprop.language.numpy_source.contexts import NAME, has_functions
from symbackprop.language.numpy_source.text import parse
from symbackprop.layer import Layer

_BUILT_IN = "np numpy torch math range len abs max min sum float int bool zip enumerate dict list tuple None True False"
BUILT_IN = frozenset(_BUILT_IN.split())
MOST_VALUES, MOST_COMBINATIONS = 12, 48
_WORDS = {"True": True, "False": False, "None": None}
_WHOLE, _NUMBER = re.compile(r"[+-]?\d{1,9}"), re.compile(r"[+-]?(\d{1,20}\.?\d{0,20}|\.\d{1,20})([eE][+-]?\d{1,3})?")
Value = int | float | bool | str | None


@dataclass(frozen=True)
class Names:
    """Names of lines in order: what they assign, what they call, what else they use before it is assigned."""

    assigned: tuple[str, ...]
    called: tuple[ast.Name, ...]
    used: tuple[ast.Name, ...]


def names_of(tree: ast.Module) -> Names:
    """The names of lines."""
    assigned: dict[str, None] = {}
    called: list[ast.Name] = []
    used: list[ast.Name] = []
    for statement in tree.body:
        inner = {n.arg for n in ast.walk(statement) if isinstance(n, ast.arg)} | _bound_inside(statement)
        functions = {id(n.func) for n in ast.walk(statement) if isinstance(n, ast.Call)}
        for n in ast.walk(statement):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id not in assigned and n.id not in inner:
                (called if id(n) in functions else used).append(n)
        for n in ast.walk(statement):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                assigned.setdefault(n.id)
    return Names(tuple(assigned), tuple(called), tuple(used))


def _bound_inside(statement: ast.stmt) -> set[str]:
    targets = [c.target for n in ast.walk(statement) if isinstance(n, (ast.ListComp, ast.DictComp, ast.GeneratorExp)) for c in n.generators]
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}


def defined_in(tree: ast.Module) -> dict[str, ast.stmt]:
    """The names that a file defines at its top, in order."""
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((a.asname or a.name.split(".")[0], node) for a in node.names)
        else:
            found.update((n.id, node) for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return found


def open_names(call: str, source: ast.Module, layer: Layer, where: str) -> tuple[str, ...]:
    """The names in the call that neither the layer nor the file knows: its options.

    Raises NotationError for a function that the file doesn't have, and for a call that assigns nothing.
    """
    tree, _ = parse(call, "the call")
    names, defined = names_of(tree), defined_in(source)
    if not names.assigned:
        raise NotationError("the call assigns nothing; write dx, dW = backward(dz, cache)", call)
    functions = [n for n, node in defined.items() if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    known = {*defined, *BUILT_IN}
    if has_functions(source):
        known.add(NAME)
    for node in names.called:
        if node.id not in known:
            has = f"it has {', '.join(functions)}" if functions else "it defines none"
            raise NotationError(f"there is no function {node.id} in {where}; {has}", call, node.lineno, node.col_offset + 1)
    own = {*usable(layer), *known}
    return tuple(dict.fromkeys(node.id for node in names.used if node.id not in own))


def usable(layer: Layer) -> tuple[str, ...]:
    """The names of a layer that a call may use: inputs, given gradients, sizes."""
    above = [f"d{t.name}" for t in layer.outputs]
    return (*(t.name for t in layer.inputs), *above, *(d.name for d in layer.sizes), "dout")


# ---- what names are tried at


def read_values(text: str | Mapping[str, Sequence[Any]]) -> dict[str, tuple[Value, ...]]:
    """stride=1,2; pad=0,1,2 as {"stride": (1, 2), "pad": (0, 1, 2)}. Raises ValueError."""
    if not isinstance(text, str):
        return {str(name): tuple(_plain(v) for v in values) for name, values in text.items()}
    found: dict[str, tuple[Value, ...]] = {}
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, equals, values = part.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ValueError(f"{part[:60]!r} names no values; write stride=1,2; pad=0,1,2")
        found[name.strip()] = tuple(_value(v.strip()) for v in values.split(","))
    for name, several in found.items():
        if len(several) > MOST_VALUES:
            raise ValueError(f"{name} has {len(several)} values; at most {MOST_VALUES} are tried")
    return found


def _value(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    word = text[1:-1] if text[:1] in ("'", '"') and text[-1:] == text[:1] else text
    if not word.isidentifier():
        raise ValueError(f"{text[:40]!r} is no value; write a number, True, False or a word")
    return word


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(f"{str(value)[:40]!r} is no value; write a number, True, False or a word")


def combinations(values: Mapping[str, Sequence[Value]]) -> list[dict[str, Value]]:
    """Every choice of the values. Raises ValueError where these are too many."""
    count = prod(len(v) for v in values.values())
    if count > MOST_COMBINATIONS:
        raise ValueError(f"these are {count} combinations; at most {MOST_COMBINATIONS} are tried")
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def said(chosen: Mapping[str, Value]) -> str:
    """stride=2, pad=0"""
    return ", ".join(f"{name}={value}" for name, value in chosen.items())


class _Filling(ast.NodeTransformer):
    def __init__(self, chosen: Mapping[str, Value]) -> None:
        self.chosen = chosen

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self.chosen:
            return ast.copy_location(ast.Constant(self.chosen[node.id]), node)
        return node


def filled(call: str, chosen: Mapping[str, Value]) -> str:
    """The call with these names replaced by their values."""
    if not chosen:
        return call
    tree, _ = parse(call, "the call")
    return ast.unparse(_Filling(chosen).visit(tree))


def misnamed(assigned: Iterator[str] | Sequence[str], layer: Layer) -> tuple[str, str] | None:
    """A result that looks like a gradient of the layer and isn't named like one, and how it should be named."""
    inputs = [t.name for t in layer.inputs if not t.is_integer_valued]
    for name in assigned:
        if name.startswith("d") and name[1:] not in layer.tensors and name not in usable(layer):
            near = did_you_mean(name[1:], [n for n in inputs if n.lower() == name[1:].lower()])
            if near:
                return name, "d" + next(n for n in inputs if n.lower() == name[1:].lower())
    return None


def literals(call: ast.Module) -> dict[str, Value]:
    """The numbers that the call gives by name, in dicts and as keywords."""
    found: dict[str, Value] = {}
    for n in ast.walk(call):
        pairs: list[tuple[Any, ast.expr]] = []
        if isinstance(n, ast.Dict):
            pairs = [(getattr(k, "value", None), v) for k, v in zip(n.keys, n.values, strict=True)]
        elif isinstance(n, ast.keyword):
            pairs = [(n.arg, n.value)]
        found.update((k, v.value) for k, v in pairs if isinstance(k, str) and isinstance(v, ast.Constant) and isinstance(v.value, int))
    return found


def printable(text: str) -> str:
    """The text without characters that move a cursor or turn the writing direction."""
    return "".join(c if c.isprintable() else "?" for c in text)
