"""Subscripts: x[n,d], x[n, 2*i + p], E[t[n], d], and of whole arrays x[:, None], x[:, 0], E[t]."""
from __future__ import annotations

import ast
from typing import cast

import sympy as sp

from symbackprop.language.arrays import Array, Value, aligned, broadcast, shape_of, whole
from symbackprop.language.binders import bind
from symbackprop.language.errors import did_you_mean
from symbackprop.language.nodes import Inverse
from symbackprop.language.places import elements, is_ellipsis, is_none
from symbackprop.language.reader import Reader, read, unknown
from symbackprop.language.scope import FUNCTIONS
from symbackprop.language.sizes import same_size, upper_case
from symbackprop.language.tensors import Component, Dim, Index, Tensor


@read.register(ast.Subscript)
def _subscript(node: ast.Subscript, reader: Reader) -> Value:
    items = elements(node.slice)
    match node.value:
        case ast.Name(id=name) if name in reader.tensors:
            tensor = reader.tensors[name]
            if _is_plain(items) and not _gathers(reader, items, tensor):
                return _of_tensor(reader, node, tensor, items)
            if reader.use:
                reader.use(reader, node, tensor, None)
            return _of_array(reader, node, whole(tensor), items)
        case ast.Name(id=name) if name in FUNCTIONS:
            raise reader.error(node.value, f"{name} is a function", f"write {name}[n](...) or {name}(...)")
        case ast.Name(id=name):
            raise unknown(reader, node.value, name)
        case ast.Call(func=ast.Subscript(value=ast.Name(id="inv"))) as call:
            return _of_inverse(reader, node, call, items)
    value = reader.value(node.value)
    if not isinstance(value, Array):
        raise reader.error(node.value, "a component has no subscripts", "subscripts stand behind the name of a tensor")
    return _of_array(reader, node, value, items)


def _is_plain(items: list[ast.expr]) -> bool:
    return not any(isinstance(e, ast.Slice) or is_none(e) or is_ellipsis(e) for e in items)


def _gathers(reader: Reader, items: list[ast.expr], tensor: Tensor) -> bool:
    # E[t] with an array t: the axes that aren't named stay whole.
    return len(items) < tensor.rank and any(
        isinstance(e, ast.Name) and e.id in reader.tensors and reader.tensors[e.id].rank > 0 for e in items)


def _of_tensor(reader: Reader, node: ast.Subscript, tensor: Tensor, items: list[ast.expr]) -> Value:
    if len(items) != tensor.rank:
        raise reader.error(node, f"{tensor!r} has {tensor.rank} axes, here it has {len(items)} subscripts", _count_hint(tensor))
    place = [value_of_subscript(reader, e) for e in items]
    if any(isinstance(p, Array) for p in place):
        return _gathered(reader, node, whole(tensor), place)
    for item, at, size in zip(items, place, tensor.sizes, strict=True):
        if isinstance(item, ast.Name) and isinstance(at, Index) and at.size is not size and not same_size(at.size, size):
            message = f"the index {at.name} runs over {at.size}, this axis of {tensor.name} over {size}"
            raise reader.error(item, message, "use another letter")
    made = Component(tensor, *cast("list[sp.Expr]", place))
    if reader.use:
        reader.use(reader, node, tensor, made.indices)
    return made


def _count_hint(tensor: Tensor) -> str:
    if not tensor.sizes:
        return f"{tensor.name} is a scalar; write {tensor.name} alone"
    return f"write {tensor.name}[{', '.join(str(s).lower() if s.is_Symbol else 'i' for s in tensor.sizes)}], or with : for whole axes"


def _of_inverse(reader: Reader, node: ast.Subscript, call: ast.Call, items: list[ast.expr]) -> Value:
    body, bound = bind(reader, call)
    if len(bound) != 2 or len(items) != 2 or not _is_plain(items):
        raise reader.error(node, "an inverse has a row and a column", "write inv[p,q](A[p,q])[i,j]")
    return cast(sp.Expr, Inverse(body, *bound, *(place_of(reader, e) for e in items)))


def place_of(reader: Reader, node: ast.expr) -> sp.Expr:
    """One subscript: an index, or a whole-number expression of indices, sizes and integer tensors."""
    value = value_of_subscript(reader, node)
    if isinstance(value, Array):
        raise reader.error(node, "a whole array can't stand here", "write its component")
    return value


def value_of_subscript(reader: Reader, node: ast.expr) -> Value:
    """A subscript, which may be a whole array of integers."""
    if isinstance(node, ast.Name):
        name = node.id
        if name in reader.indices:
            return reader.indices[name]
        if name not in reader.tensors and name not in reader.sizes:
            raise free_letter(reader, node)
    value = reader.value(node)
    if isinstance(value, Array):
        return value if value.rank else reader.at(node, value, ())
    if not is_index_expression(value):
        hint = "a subscript is a whole-number expression, like 2*i + p - 1, or an integer tensor t[n]"
        raise reader.error(node, f"{value} is no subscript", hint)
    return value


def free_letter(reader: Reader, node: ast.Name) -> Exception:
    """The error for a letter that nothing binds."""
    name = node.id
    if upper_case(name) or len(name) > 2:
        known = [*reader.indices, *reader.sizes, *reader.tensors]
        return reader.error(node, f"{name} is no index, size or tensor here", did_you_mean(name, known))
    around = ", ".join(reader.indices)
    return reader.error(node, f"the index {name} stands free; the left side has {around or 'no indices'}",
                        f"sum over it: sum[{name}](...), or put it on the left")


def is_index_expression(e: sp.Expr) -> bool:
    """Whether it is an integer polynomial in indices, sizes and components of integer tensors."""
    match e:
        case sp.Integer() | Index() | Dim():
            return True
        case sp.Add() | sp.Mul():
            return all(is_index_expression(a) for a in e.args)
        case sp.Pow():
            return is_index_expression(e.base) and bool(e.exp.is_Integer and e.exp > 0)
        case sp.floor():
            return not any(isinstance(s, Index) for s in e.free_symbols)
        case Component():
            return e.tensor.below is not None
    return False


def _of_array(reader: Reader, node: ast.Subscript, value: Array, items: list[ast.expr]) -> Value:
    kept = len([e for e in items if not (is_none(e) or is_ellipsis(e))])
    if kept > value.rank:
        raise reader.error(node, f"the array has {value.rank} axes, here it has {kept} subscripts")
    fill: list[ast.expr] = [ast.Slice()]*(value.rank - kept)
    dots = next((k for k, e in enumerate(items) if is_ellipsis(e)), None)
    full = [*items, *fill] if dots is None else [*items[:dots], *fill, *(e for e in items[dots + 1:] if not is_ellipsis(e))]
    return _picked(reader, value, full)


def _picked(reader: Reader, value: Array, items: list[ast.expr]) -> Value:
    # For each axis of the value: a fixed place, an array of places, or None, where it stays; None makes a new axis.
    fixed: list[Value | None] = []
    sizes: list[sp.Expr] = []
    for item in items:
        if is_none(item):
            sizes.append(sp.S.One)
            continue
        fixed.append(_fixed(reader, item, value.sizes[len(fixed)]))
        if fixed[-1] is None:
            sizes.append(value.sizes[len(fixed) - 1])
    if any(isinstance(f, Array) for f in fixed):
        if any(is_none(e) for e in items):
            raise reader.error(items[0], "an array of places and None don't go together", "do it in two steps")
        return _gathered(reader, items[0], value, fixed)
    stays = [k for k, e in enumerate([e for e in items if is_none(e) or isinstance(e, ast.Slice)]) if not is_none(e)]

    def at(place: tuple[sp.Expr, ...]) -> sp.Expr:
        free = iter([place[k] for k in stays])
        return value.at(tuple(cast(sp.Expr, next(free) if f is None else f) for f in fixed))
    return Array(tuple(sizes), at, value.cost)


def _fixed(reader: Reader, item: ast.expr, size: sp.Expr) -> Value | None:
    if isinstance(item, ast.Slice):
        part = item.lower or item.upper or item.step
        if part:
            raise reader.error(part, "a part of an axis can't be taken", "write it with an index: y[i] = x[i + 1]")
        return None
    value = value_of_subscript(reader, item)
    if isinstance(value, Array):
        return value
    if isinstance(value, Index) and not same_size(value.size, size):
        raise reader.error(item, f"the index {value.name} runs over {value.size}, this axis over {size}", "use another letter")
    if value.is_Integer and (value < 0 or (size.is_Integer and value >= size)):
        raise reader.error(item, f"the place {value} isn't on an axis of size {size}", f"the last place is {size - 1}")
    return value


def _gathered(reader: Reader, node: ast.expr, value: Array, picks: list[Value] | list[Value | None]) -> Array:
    """NumPy's indexing with arrays of places, as E[t] and p[arange(N), t]: they stand next to each other."""
    where = [k for k, p in enumerate(picks) if isinstance(p, Array)]
    if any(picks[k] is None for k in range(where[0], where[-1])):
        raise reader.error(node, "arrays of places stand next to each other", "write it in index style")
    common = reader.fitting(node, broadcast, *(shape_of(picks[k]) for k in where if picks[k] is not None))
    before = [value.sizes[k] for k in range(where[0]) if picks[k] is None]
    after = [value.sizes[k] for k in range(where[-1] + 1, len(picks)) if picks[k] is None]

    def at(place: tuple[sp.Expr, ...]) -> sp.Expr:
        inner = place[len(before):len(before) + len(common)]
        free = iter([*place[:len(before)], *place[len(before) + len(common):]])
        return value.at(tuple(_at_pick(p, inner) if p is not None else next(free) for p in picks))

    def _at_pick(pick: Value, inner: tuple[sp.Expr, ...]) -> sp.Expr:
        made = pick.at(aligned(pick.sizes, inner)) if isinstance(pick, Array) else pick
        if not is_index_expression(made):
            raise reader.error(node, f"{made} is no subscript", "only integer tensors can be subscripts: declare t[N] in C")
        return made
    return Array((*before, *common, *after), at, value.cost + sum(p.cost for p in picks if isinstance(p, Array)))
