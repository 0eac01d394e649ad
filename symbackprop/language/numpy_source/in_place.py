"""Arrays changed in place: x[...] = v, x[...] += v, x *= v."""

from __future__ import annotations

import ast
from typing import Any

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.holding import read
from symbackprop.language.numpy_source.indexing import picks_of, update
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import ORDER, Nd, broadcast, constant, elementwise, same_axis
from symbackprop.language.numpy_source.numbers import arithmetic
from symbackprop.language.numpy_source.objects import Arr
from symbackprop.language.numpy_source.operations import numeric
from symbackprop.language.numpy_source.selecting import check_mask, selected, set_where
from symbackprop.language.numpy_source.updates import Update, letters_of


def write(m: Machine, arr: Arr, items: list[Any], value: Nd, adds: bool, name: str) -> None:
    """arr[items] = value, or += value."""
    held = arr.value
    masks = [e for e in items if isinstance(e, Nd) and e.kind == "bool"]
    if masks:
        if len(items) > 1:
            raise Unfit("a mask beside other subscripts isn't read")
        m.write(arr, set_where(m, held, masks[0], value, adds), name)
        return
    picks = picks_of(held.axes, items, m.facts)
    m.write(arr, update(held, picks, value, adds, m.fresh, m.facts), name)


def changed_in_place(m: Machine, arr: Arr, op: ast.operator, other: Any, name: str) -> None:
    """arr op= other, which changes the array that every name of it shows."""
    value = numeric(m, other)
    if arr.cell and not arr.value.axes and value.axes and any(loop.index is None for loop in m.loops[arr.born :]):
        raise Unfit("a number becomes an array only where a condition on data holds")
    if arr.cell and not arr.value.axes and value.axes and not any(arr in loop.updates for loop in m.loops):
        if not all(m.surely_turns(lp.index) for lp in m.loops[arr.born :] if lp.index is not None):
            raise Unfit("whether a number becomes an array isn't known: the loop may not turn")
        number = arr.value.at(())
        arr.value = constant(number, arr.value.kind, value.axes)  # 0 + array: the sum has the array's shape
    if arr.cell and ORDER[value.kind] > ORDER[arr.value.kind]:
        arr.value = Nd(arr.value.axes, arr.value.at, value.kind)
    axes = broadcast(arr.value.axes, value.axes)
    if len(axes) != arr.value.rank or not all(same_axis(a, b) for a, b in zip(axes, arr.value.axes, strict=True)):
        raise Unfit("the result has another shape than the array that it is to change")
    changed_at(m, arr, [], op, value, name)


def changed_at(m: Machine, arr: Arr, items: list[Any], op: ast.operator, value: Nd, name: str) -> None:
    """arr[items] op= value."""
    if isinstance(op, (ast.Add, ast.Sub)) and arr.value.kind != "bool":
        signed = value if isinstance(op, ast.Add) else elementwise(lambda e: -e, [value], "int" if value.kind == "bool" else value.kind)
        write(m, arr, items, signed, True, name)
        return
    if len(items) == 1 and isinstance(items[0], Nd) and items[0].kind == "bool":
        mask = items[0]
        if value.axes:
            write(m, arr, items, arithmetic(op, selected(m, m.get(arr), mask), value, m.old_division), False, name)
            return
        before = m.get(arr)
        made = arithmetic(op, before, value, m.old_division)
        letters = letters_of(before.axes)
        if made.kind != before.kind or mask.rank > before.rank:
            raise Unfit("this change in place isn't read")
        check_mask(before, mask)
        m.write(arr, Update(False, (mask.at(letters[: mask.rank]),), made.at(letters)), name)
        return
    before_value = numeric(m, read(m, arr, items)) if items else m.get(arr)
    made = arithmetic(op, before_value, value, m.old_division)
    if made.kind != arr.value.kind and ORDER[made.kind] > ORDER[arr.value.kind]:
        raise Unfit("this change in place isn't defined for whole numbers")
    write(m, arr, items, made, False, name)


def check_no_box(value: Any) -> None:
    """Refuse to change an array without axes in place: its other names, or what it is a view of, would show it."""
    if isinstance(value, Nd) and value.boxed:
        raise Unfit("an array without axes is changed in place: this isn't read", "write s = s + v, or start with a number")


def name_of(node: ast.expr) -> str:
    """The name at the root of x[...].y[...]."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        if isinstance(node, ast.Attribute):
            return node.attr
        node = node.value
    return node.id if isinstance(node, ast.Name) else "changed"
