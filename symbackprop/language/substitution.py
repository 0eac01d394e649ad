"""Walking and rewriting expressions without ever letting a binder catch a free index."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import sympy as sp

from symbackprop.language.nodes import BINDERS
from symbackprop.language.tensors import Component, Dim, Index, Tensor

LETTERS = "ijklmpqrsuvwabcegh"


def fresh(like: Index, taken: Iterable[str]) -> Index:
    """A new index over the same size as `like`, under a short name that is not among `taken`."""
    used = set(taken)
    for name in _names(like.name):
        if name not in used:
            return Index(name, like.size)
    raise AssertionError("there is always another name")


def _names(first: str) -> Iterator[str]:
    yield first
    letter = first[0]
    start = LETTERS.find(letter) + 1
    yield from LETTERS[start:] + LETTERS[:start] if start else {"n": "mpqr", "d": "eijk", "t": "uvsr"}.get(letter, "")
    number = 1
    while True:
        yield f"{letter}{number}"
        number += 1


def mapped(e: sp.Expr, f: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """The same of f(part) for every part; indices and tensors stay, and so does what f changes nothing in."""
    args = [f(a) if isinstance(a, sp.Expr) and not isinstance(a, (Index, Tensor)) else a for a in e.args]
    return e if all(a is b for a, b in zip(args, e.args, strict=True)) else cast(sp.Expr, e.func(*args))


def substitute(expression: sp.Expr, mapping: Mapping[Any, Any]) -> sp.Expr:
    """The expression with every free occurrence of a key replaced by its value, without capture.

    Keys are indices, sizes, components or tensors. A bound index is renamed where a value would be caught.
    """
    if not mapping:
        return expression
    # Neither a tensor nor a size has an index in it, and renamings have many of these.
    values = (value for value in mapping.values() if not isinstance(value, (Tensor, Dim)))
    names = {s.name for value in values for s in value.free_symbols if isinstance(s, Index)}
    return _substitute(expression, mapping, names)


def _substitute(e: Any, mapping: Mapping[Any, Any], names: set[str]) -> Any:
    if e in mapping:
        return mapping[e]
    if isinstance(e, BINDERS):
        return _under_binder(e, mapping, names)
    if isinstance(e, Index):
        size = _substitute(e.size, mapping, names)
        return e if size == e.size else Index(e.name, size)
    if isinstance(e, Tensor):
        return _tensor(e, mapping, names)
    if not e.args:
        return e
    args = [_substitute(a, mapping, names) for a in e.args]
    return e if all(new is old for new, old in zip(args, e.args, strict=True)) else e.func(*args)


def _tensor(t: Tensor, mapping: Mapping[Any, Any], names: set[str]) -> Tensor:
    sizes = [_substitute(s, mapping, names) for s in t.sizes]
    below = None if t.below is None else _substitute(t.below, mapping, names)
    if below == t.below and all(new == old for new, old in zip(sizes, t.sizes, strict=True)):
        return t
    return t.having(sizes=sizes, below=below)


def _under_binder(e: Any, mapping: Mapping[Any, Any], names: set[str]) -> Any:
    bound = _bound(e, mapping, names)
    changed = {old: new for old, new in zip(e.bound, bound, strict=True) if old != new}
    inner = mapping
    if changed or any(index in mapping for index in e.bound):
        inner = {k: v for k, v in mapping.items() if k not in e.bound} | changed
    body = _substitute(e.body, inner, names | {b.name for b in changed.values()})
    rest = [_substitute(a, mapping, names) for a in getattr(e, "at", ())]
    return e.func(body, *bound, *rest)


def _bound(e: Any, mapping: Mapping[Any, Any], names: set[str]) -> list[Index]:
    """The binder's indices at their new sizes, under other names where a value would be caught."""
    bound: list[Index] = []
    for index in e.bound:
        size = _substitute(index.size, mapping, names)
        new = index if size == index.size else Index(index.name, size)
        if index.name in names:
            taken = names | {s.name for s in e.free_symbols} | {s.name for s in e.body.free_symbols}
            new = fresh(new, taken | {b.name for b in bound})
        bound.append(new)
    return bound


def components(expression: sp.Basic) -> list[Component]:
    """Every distinct component in the expression, integer subscripts included, in order of appearance."""
    found: dict[Component, None] = {}
    stack: list[sp.Basic] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Component):
            found.setdefault(node)
        stack.extend(a for a in reversed(node.args) if not isinstance(a, Tensor))
    return list(found)


def tensors(expression: sp.Basic) -> list[Tensor]:
    """Every distinct tensor in the expression, in order of appearance."""
    return list(dict.fromkeys(c.tensor for c in components(expression)))


def indices(expression: sp.Expr) -> list[Index]:
    """The free indices of the expression, sorted by name."""
    return sorted((s for s in expression.free_symbols if isinstance(s, Index)), key=lambda i: i.name)
