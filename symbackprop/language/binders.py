"""Binders: sum[n,d](e), prod, max, min, mean, argmax, and inv[p,q](e), logdet[p,q](e), det[p,q](e)."""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import cast

import sympy as sp

from symbackprop.language.arrays import Value
from symbackprop.language.nodes import Det, LogDet, Max, Prod, Sum
from symbackprop.language.reader import Reader
from symbackprop.language.tensors import Index

Bound = tuple[Index, ...]


def bind(reader: Reader, node: ast.Call) -> tuple[sp.Expr, Bound]:
    """The body of a binder's call and the indices that it binds."""
    name = cast(ast.Name, cast(ast.Subscript, node.func).value).id
    if len(node.args) != 1 or node.keywords:
        raise reader.error(node, f"{name}[...] takes one expression", f"write {name}[n](x[n])")
    bound = _bound(reader, node)
    saved, taken = reader.indices, len(reader.names.taken)
    reader.indices = {**saved, **{i.name: i for i in bound}}
    reader.names.taken.extend(i.name for i in bound)
    body = reader.component(node.args[0])
    reader.indices = saved
    del reader.names.taken[taken:]
    return body, bound


def _bound(reader: Reader, node: ast.Call) -> Bound:
    letters = reader.bound.get(id(node))
    if letters is None:
        raise reader.error(node.func, "the sizes of these indices aren't known yet")
    for letter in letters:
        if letter.size is None:
            raise reader.error(node.func, f"nothing tells the size of the index {letter.name}",
                               f"tell it, as in {cast(ast.Name, cast(ast.Subscript, node.func).value).id}[{letter.name} in N](...)")
    if len({letter.name for letter in letters}) < len(letters):
        raise reader.error(node.func, "an index is bound twice")
    return tuple(letter.index for letter in letters)


def bound_value(reader: Reader, node: ast.Call, name: str) -> Value:
    """What sum[n](e) and its kind say."""
    body, bound = bind(reader, node)
    if name in ("logdet", "det") and len(bound) != 2:
        raise reader.error(node, f"{name} takes the entry of a matrix", f"write {name}[p,q](A[p,q])")
    if name not in _MAKE:
        raise reader.error(node, f"{name}[...](...) can't stand alone", _WHOLE[name])
    return _MAKE[name](body, bound)


_WHOLE = {"argmax": "write argmax[p](x[p]) == q", "inv": "write inv[p,q](A[p,q])[i,j]", "invertible": "it is an assumption of a layer"}
_MAKE: dict[str, Callable[[sp.Expr, Bound], sp.Expr]] = {
    "sum": lambda e, bound: cast(sp.Expr, Sum(e, *bound)),
    "prod": lambda e, bound: cast(sp.Expr, Prod(e, *bound)),
    "max": lambda e, bound: cast(sp.Expr, Max(e, *bound)),
    "min": lambda e, bound: cast(sp.Expr, -Max(-e, *bound)),
    "mean": lambda e, bound: cast(sp.Expr, Sum(e, *bound)/sp.Mul(*(i.size for i in bound))),
    "det": lambda e, bound: cast(sp.Expr, Det(e, *bound)),
    "logdet": lambda e, bound: cast(sp.Expr, LogDet(e, *bound)),
}
