"""Dicts and lists that a loop fills: what stands at a key while the loop is read, and after it."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit, did_you_mean
from symbackprop.language.nodes import Delta
from symbackprop.language.numpy_source.bounds import in_range
from symbackprop.language.numpy_source.families import at, instance_at
from symbackprop.language.numpy_source.holding import key_of, opened
from symbackprop.language.numpy_source.machine import Loop, Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.objects import Dct, Family, Lst, PlaceCarried, Run, Span


def of_dict(m: Machine, owner: Dct, key: Any) -> Any:
    """owner[key]"""
    if isinstance(key, Nd) and not key.axes and key.kind == "int" and not key.argmax:
        return _of_number(m, owner, key)
    known = key_of(key)
    if known not in owner.items:
        raise Unfit(f"the dict has no {str(known)[:40]!r}", did_you_mean(str(known), [str(k) for k in owner.items]))
    return opened(m, owner.items[known])


def _of_number(m: Machine, owner: Dct, key: Nd) -> Any:
    e = sp.expand(key.at(()))
    for loop in reversed(m.loops[owner.born :]):
        if loop.index is None or (owner not in loop.written and owner not in loop.stored and owner not in loop.states):
            continue
        return _in_loop(m, loop, owner, e)
    if e.is_Integer and int(e) in owner.items:
        return opened(m, owner.items[int(e)])
    if owner.family is None:
        raise Unfit(f"the dict has nothing for {str(e)[:40]}")
    if owner.family.start == 1 and 0 in owner.items and in_range(e, sp.expand(owner.family.index.size + 1), m.facts):
        return _with_first(m, owner.family, owner.items[0], e)
    return instance_at(m, owner.family, key, from_end=False)


def of_part(m: Machine, owner: Lst, key: Any) -> Any:
    """owner[key] of a list of which a loop filled a part."""
    runs = [k for k, v in enumerate(owner.items) if isinstance(v, Run)]
    if m.is_open(owner) or len(runs) != 1 or not isinstance(key, Nd) or key.axes or key.kind != "int" or key.argmax:
        raise Unfit("this place of a list of which a loop filled a part isn't read")
    before, family = runs[0], owner.items[runs[0]].family
    after = owner.items[before + 1 :]
    e = sp.expand(key.at(()))
    if e.is_Integer and -len(after) <= e < 0:
        return opened(m, after[int(e)])
    if e.is_Integer and e < 0:
        e = sp.expand(e + before + family.index.size + len(after))
    if e.is_Integer and 0 <= e < before:
        return opened(m, owner.items[int(e)])
    if before == 1 and not in_range(sp.expand(e - 1), family.index.size, m.facts) and in_range(e, family.index.size + 1, m.facts):
        return _with_first(m, family, owner.items[0], e)
    return instance_at(m, family, constant(sp.expand(e - before)), from_end=False)


def _with_first(m: Machine, family: Family, first: Any, e: sp.Expr) -> Any:
    """What is kept for place e, where the first was kept before the loop."""
    from symbackprop.language.numpy_source.branching import either

    if e == 0:
        return opened(m, first)
    if family.spoiled:
        raise Unfit(family.spoiled)
    family.taken += 1
    return either(m, Delta(e, 0), opened(m, first), at(m, family.template, family.index, sp.expand(e - 1), family))


def _in_loop(m: Machine, loop: Loop, owner: Dct, e: sp.Expr) -> Any:
    for own, value in loop.stored.get(owner, ()):
        if sp.expand(own - e) == 0:
            return opened(m, value)
    state = loop.states.get(owner)
    if state is not None and e == state.previous:
        return state.state.before(m)
    if e.is_Integer and int(e) in owner.items:
        loop.looked.setdefault(owner, []).append(int(e))
        return opened(m, owner.items[int(e)])
    assert loop.index is not None
    if state is None and sp.expand(e - loop.index).is_Integer:
        raise PlaceCarried(owner, 0, sp.expand(e - loop.index), loop.index)
    raise Unfit(f"what the dict has for {str(e)[:40]} while a loop fills it isn't read")


def store(m: Machine, owner: Dct | Lst, key: Any, value: Any) -> bool:
    """owner[key] = value in a loop over a size, for its own key; whether that is what it was."""
    loop = m.loops[-1] if m.loops else None
    if loop is None or loop.index is None or owner.born != len(m.loops) - 1:
        return False
    if not isinstance(key, Nd) or key.axes or key.kind != "int" or not key.at(()).has(loop.index):
        return False
    if isinstance(owner, Lst) and owner.family is None:
        return False
    if owner not in loop.written:
        raise Unfit("a list or dict that a function fills in a loop isn't read")
    loop.stored.setdefault(owner, []).append((sp.expand(key.at(())), value))
    return True


def part_of_range(m: Machine, span: Span, item: Any) -> Span:
    """range(...)[::-1]"""
    from symbackprop.language.numpy_source.builtin import backwards

    step = item.step if isinstance(item, Span) else None
    if step is None or item.start is not None or item.stop is not None or step.axes or step.at(()) != -1:
        raise Unfit("only [::-1] of a range is read")
    return backwards(m, Span(span.start, span.stop, span.step or constant(1), counts=True))
