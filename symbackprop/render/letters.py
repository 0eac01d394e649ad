"""Bound indices under letters of their own, so that no letter means two things in one formula."""
from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.language.nodes import BINDERS
from symbackprop.language.substitution import fresh, substitute
from symbackprop.language.tensors import Index, Tensor


def distinct(e: sp.Expr, taken: frozenset[str] = frozenset()) -> sp.Expr:
    """The expression with each bound index renamed that is also free in it, bound around it, or among `taken`."""
    return _renamed(e, taken | {s.name for s in e.free_symbols if isinstance(s, Index)})


def _renamed(e: Any, taken: frozenset[str]) -> Any:
    if isinstance(e, BINDERS):
        return _binder(e, taken)
    if isinstance(e, Tensor) or not e.args:
        return e
    args = [_renamed(a, taken) for a in e.args]
    if all(new is old for new, old in zip(args, e.args, strict=True)):
        return e
    # Products and sums that the engine left as they stand are left so.
    return type(e)(*args, evaluate=False) if isinstance(e, (sp.Add, sp.Mul, sp.Pow)) else e.func(*args)


def _binder(e: Any, taken: frozenset[str]) -> Any:
    used = set(taken)
    body, bound = e.body, []
    for index in e.bound:
        new = index
        if index.name in used:
            new = fresh(index, used | {s.name for s in body.free_symbols} | {i.name for i in e.bound})
            body = substitute(body, {index: new})
        used.add(new.name)
        bound.append(new)
    at = [_renamed(a, taken) for a in getattr(e, "at", ())]
    inner = _renamed(body, frozenset(used))
    if inner is e.body and tuple(bound) == tuple(e.bound):
        return e
    return e.func(inner, *bound, *at)
