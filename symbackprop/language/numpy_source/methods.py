"""Methods of lists, dicts, text and arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.families import instance_at
from symbackprop.language.numpy_source.holding import key_of, opened, place_of, sequence
from symbackprop.language.numpy_source.indexing import picks_of, update
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.objects import (
    Arr,
    Dct,
    Family,
    Lst,
    Message,
    Operation,
    Run,
    Source,
    Span,
    Through,
)
from symbackprop.language.numpy_source.operations import NUMPY, described, numeric
from symbackprop.language.numpy_source.wording import formatted, joined
from symbackprop.language.sizes import same_size


def method(m: Machine, owner: Any, name: str) -> Operation:
    """A method of a list, a dict, text or np.add."""
    if isinstance(owner, Operation) and owner.name in ("add", "subtract") and name == "at":
        return Operation("add.at", partial(_add_at, sign=1 if owner.name == "add" else -1))
    table = {Lst: LISTS, Dct: DICTS, str: TEXTS, Message: TEXTS}.get(type(owner), {})
    if name in table:
        return Operation(name, table[name], (owner,))
    raise Unfit(f".{name[:40]} of {described(owner)} isn't read")


def _add_at(m: Machine, a: Any, where: Any, value: Any, sign: int = 1) -> None:
    if not isinstance(a, Arr):
        raise Unfit("np.add.at changes an array")
    items = [
        e if isinstance(e, Span) or e is None or e is Ellipsis else numeric(m, e) for e in (where if isinstance(where, tuple) else (where,))
    ]
    if any(isinstance(e, Nd) and e.kind == "bool" for e in items):
        raise Unfit("np.add.at with a mask isn't read")
    if a.value.kind == "bool":
        raise Unfit("np.add.at of conditions isn't read", ".astype(float) makes numbers of them")
    nd = numeric(m, value)
    signed = Nd(nd.axes, lambda place: sign * nd.at(place), nd.kind)
    m.write(a, update(a.value, picks_of(a.value.axes, items, m.facts), signed, True, m.fresh, m.facts, at_each=True))


def _append(m: Machine, owner: Lst, value: Any, in_front: bool = False) -> None:
    if owner.born < len(m.loops):
        if owner.born < len(m.loops) - 1:
            raise Unfit("a list that several loops fill isn't read")
        if owner not in m.loops[-1].written:
            raise Unfit("a list that a function fills in a loop isn't read")
        m.loops[-1].grown.setdefault(owner, []).append((value, in_front))
        return
    if owner.family:
        owner.items, owner.family = [Run(owner.family)], None
    m.spoil(owner.member)
    owner.items.insert(0 if in_front else len(owner.items), value)


def _insert(m: Machine, owner: Lst, place: Any, value: Any) -> None:
    if place_of(place) != 0:
        raise Unfit("insert() is read at place 0 only")
    _append(m, owner, value, in_front=True)


def _pop(m: Machine, owner: Lst, place: Any = None) -> Any:
    if place is None and owner.family is not None and owner.born == len(m.loops) - 1:
        return _popped(m, owner, owner.family)
    if owner.family is None and owner.born == len(m.loops) and owner.items and not isinstance(owner.items[-1], Run):
        m.spoil(owner.member)
        return (owner if place is None else m.settled(owner)).items.pop(-1 if place is None else place_of(place))
    raise Unfit("pop() of this list isn't read")


def _popped(m: Machine, owner: Lst, family: Family) -> Any:
    """The last element that is left in a turn of a loop that takes one out in each."""
    loop = m.loops[-1]
    if loop.index is None or owner in loop.popped or not same_size(loop.index.size, family.index.size):
        raise Unfit("pop() of a list in a loop is read once a turn, where the loop has as many turns as the list elements")
    if owner not in loop.written:
        raise Unfit("a list that a function takes from in a loop isn't read")
    loop.popped.add(owner)
    turn = loop.index if loop.direction > 0 else loop.index.size - 1 - loop.index
    return instance_at(m, family, constant(sp.expand(family.index.size - 1 - turn)), from_end=False)


def _get(m: Machine, owner: Dct, key: Any, default: Any = None) -> Any:
    return opened(m, m.entries(owner).get(key_of(key), default))


def _setdefault(m: Machine, owner: Dct, key: Any, default: Any = None) -> Any:
    if owner.born < len(m.loops):
        raise Unfit("a dict from outside is changed in a loop, or under a condition on data")
    m.spoil(owner.member)
    return m.entries(owner).setdefault(key_of(key), default)


def _items(m: Machine, owner: Dct) -> Any:
    return _viewed(m, owner, [(k if isinstance(k, str) else constant(k), v) for k, v in m.entries(owner).items()], values=True)


def _keys(m: Machine, owner: Dct) -> Any:
    return _viewed(m, owner, [k if isinstance(k, str) else constant(k) for k in m.entries(owner)], values=False)


def _values(m: Machine, owner: Dct) -> Any:
    return _viewed(m, owner, list(m.entries(owner).values()), values=True)


def _viewed(m: Machine, owner: Dct, elements: list[Any], values: bool) -> Any:
    # In Python 2 a list; in Python 3 it changes with the dict.
    if m.old_division:
        return Lst(elements, len(m.loops))
    return Through(tuple(elements), (Source(owner, tuple(owner.items), tuple(owner.items.values()) if values else None),))


def _update(m: Machine, owner: Dct, *others: Any, **items: Any) -> None:
    from symbackprop.language.numpy_source.builtin import BUILTINS

    given = BUILTINS["dict"](m, *others)
    if owner.born < len(m.loops):
        raise Unfit("a dict from outside is changed in a loop, or under a condition on data")
    m.spoil(owner.member)
    owner.items.update({**given.items, **items})


def _taken(m: Machine, owner: Dct, key: Any, *default: Any) -> Any:
    if owner.born < len(m.loops):
        raise Unfit("a dict from outside is changed in a loop, or under a condition on data")
    m.spoil(owner.member)
    items, known = m.entries(owner), key_of(key)
    if known not in items and len(default) != 1:
        raise Unfit(f"the dict has no {str(known)[:40]!r}")
    return opened(m, items.pop(known, *default))


LISTS: dict[str, Callable[..., Any]] = {"append": lambda m, owner, value: _append(m, owner, value), "insert": _insert, "pop": _pop}
DICTS: dict[str, Callable[..., Any]] = {
    "get": _get,
    "items": _items,
    "iteritems": _items,
    "itervalues": _values,
    "iterkeys": _keys,
    "has_key": lambda m, d, key: key_of(key) in m.entries(d),
    "keys": _keys,
    "values": _values,
    "setdefault": _setdefault,
    "update": _update,
    "copy": lambda m, d: Dct(dict(m.entries(d)), len(m.loops)),
    "pop": _taken,
}


def _text(verb: Callable[..., Any]) -> Callable[..., Any]:
    # A method of text with text for arguments.
    def call(m: Machine, s: Any, *args: Any) -> Any:
        if not all(isinstance(a, str) for a in (s, *args)):
            raise Unfit("this text isn't known")
        return verb(s, *args)

    return call


TEXTS: dict[str, Callable[..., Any]] = {
    "format": lambda m, s, *values, **named: formatted(s, values, named),
    "join": lambda m, s, parts: joined(s, list(sequence(m, parts))),
    "lower": _text(str.lower),
    "upper": _text(str.upper),
    "strip": _text(str.strip),
    "startswith": _text(str.startswith),
    "endswith": _text(str.endswith),
}


def _fill(m: Machine, a: Any, value: Any) -> None:
    nd = numeric(m, value)
    if nd.axes:
        raise Unfit("fill() takes one number", "x[...] = v sets all places")
    m.write(a, update(a.value, picks_of(a.value.axes, [], m.facts), nd, False, m.fresh, m.facts))


def _item(m: Machine, a: Any) -> Any:
    nd = numeric(m, a)
    if any(nd.axes):
        raise Unfit("item() is for one number")
    return Nd((), lambda _place: nd.at(tuple(() for _ in nd.axes)), nd.kind)


def _masked_fill(m: Machine, a: Any, mask: Any, value: Any) -> Any:
    return NUMPY["where"](m, mask, value, a)


def _zero_in_place(m: Machine, a: Any) -> Any:
    _fill(m, a, constant(0))
    return a


def _in_place(op: ast.operator) -> Callable[..., Any]:
    def verb(m: Machine, a: Any, other: Any) -> Any:
        from symbackprop.language.numpy_source.in_place import changed_in_place

        changed_in_place(m, a, op, other, "changed")
        return a

    return verb


ARRAY_METHODS: dict[str, Callable[..., Any]] = {
    "fill": _fill,
    "item": _item,
    "masked_fill": _masked_fill,
    "zero_": _zero_in_place,
    "numel": lambda m, a: constant(cast(sp.Expr, sp.Mul(*a.value.shape))),
    "dim": lambda m, a: constant(a.value.rank),
    "add_": _in_place(ast.Add()),
    "sub_": _in_place(ast.Sub()),
    "mul_": _in_place(ast.Mult()),
    "div_": _in_place(ast.Div()),
    "expand": lambda m, a, *shape: NUMPY["broadcast_to"](m, a, shape),
    "expand_as": lambda m, a, b: NUMPY["broadcast_to"](m, a, tuple(constant(s) for s in numeric(m, b).shape)),
    "reshape_as": lambda m, a, b: NUMPY["reshape"](m, a, tuple(constant(s) for s in numeric(m, b).shape)),
    "new_zeros": lambda m, a, *shape: NUMPY["zeros"](m, *shape),
    "requires_grad_": lambda m, a, flag=True: a,
    "gather": lambda m, a, *rest, **more: _refuse("gather"),
    "scatter_": lambda m, a, *rest, **more: _refuse("scatter_"),
    "backward": lambda m, a, *rest, **more: _refuse("backward() of torch"),
}


def _refuse(what: str) -> Any:
    raise Unfit(f"{what} isn't read")
