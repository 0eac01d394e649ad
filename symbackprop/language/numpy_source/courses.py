"""What a loop goes through: a range, an array's rows, a list, several of them side by side; one by one, or over a size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.bounds import never_negative
from symbackprop.language.numpy_source.holding import gone_through, through
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import constant
from symbackprop.language.numpy_source.objects import Arr, Lst, Operation, Span
from symbackprop.language.numpy_source.operations import described, numeric
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Index

MAX_TURNS = 100  # of a loop over a literal count


def turns(m: Machine, what: Any) -> Iterator[Any]:
    """The elements that a loop goes through one by one. Raises Unfit where their number isn't literal, or a turn changes them."""
    found = through(m, _literal(m, what) if isinstance(what, Span) else what)
    if len(found.elements) > MAX_TURNS:
        raise Unfit(f"the loop has more than {MAX_TURNS} turns")
    return gone_through(m, found)


def _literal(m: Machine, span: Span) -> tuple[Any, ...]:
    start, stop, step = ends(m, span)
    if never_negative(sp.expand((start - stop) * (1 if step > 0 else -1)), m.facts):
        return ()
    if not (start.is_Integer and stop.is_Integer):
        raise Unfit("a list with an element for each place of a size isn't read")
    places = range(int(start), int(stop), step)
    if len(places) > MAX_TURNS:
        raise Unfit(f"the loop has more than {MAX_TURNS} turns")
    return tuple(constant(k) for k in places)


def ends(m: Machine, span: Span) -> tuple[sp.Expr, sp.Expr, int]:
    """Start, stop and step of a range."""
    numbers = [numeric(m, constant(d) if e is None else e) for e, d in ((span.start, 0), (span.stop, 1), (span.step, 1))]
    if any(n.axes or n.kind != "int" for n in numbers):
        raise Unfit("a loop goes from one whole number to another")
    start, stop, step = (n.at(()) for n in numbers)
    if not step.is_Integer or step == 0:
        raise Unfit("a loop goes by literal steps")
    return sp.expand(start), sp.expand(stop), int(step)


def is_over_size(m: Machine, what: Any) -> bool:
    """Whether the number of turns is a size, not a literal number."""
    match what:
        case Span():
            start, stop, step = ends(m, what)
            if never_negative(sp.expand((start - stop) * (1 if step > 0 else -1)), m.facts):
                return False  # no turn at all
            return not (start.is_Integer and stop.is_Integer)
        case Arr():
            return bool(what.value.axes) and not what.value.shape[0].is_Integer
        case Lst():
            return what.family is not None
        case Operation(name="enumerate" | "zip" | "reversed", first=parts):
            return any(is_over_size(m, p) for p in parts)
    return False


def course(m: Machine, what: Any) -> tuple[Index, sp.Expr, Any, int]:
    """The index of the turns, the place each stands for, what the target gets, and the direction."""
    match what:
        case Span():
            return _range(m, what)
        case Operation(name="enumerate", first=(inner, start)):
            index, place, element, direction = course(m, inner)
            if direction < 0:
                raise Unfit("counting along a loop that goes backwards isn't read")
            return index, place, (constant(sp.expand(start + index)), element), direction
        case Operation(name="zip", first=parts):
            return _side_by_side(m, parts)
        case Operation(name="reversed", first=(inner,)):
            index, place, element, direction = course(m, inner)
            return index, place, element, -direction
        case Arr():
            if len(what.value.axes[0]) != 1:
                raise Unfit("a loop over an axis that reshape joined isn't read")
            index = m.fresh(what.value.shape[0])
            return index, index, what, 1
        case Lst(family=family) if family is not None:
            index = m.fresh(m.settled(what).family.index.size)
            return index, index, family, 1
    raise Unfit(f"a loop over {described(what)} isn't read")


def _range(m: Machine, span: Span) -> tuple[Index, sp.Expr, Any, int]:
    start, stop, step = ends(m, span)
    count = sp.expand(stop - start) if step > 0 else sp.expand(start - stop)
    if count.atoms(Index):
        raise Unfit("a loop up to another loop's counter isn't read", "a loop to the end, with a condition on the counter, is")
    if not never_negative(count, m.facts):
        raise Unfit(f"whether the loop from {str(start)[:40]} to {str(stop)[:40]} turns at all isn't known")
    if abs(step) != 1:
        count = sp.floor(sp.expand((count + abs(step) - 1) / abs(step)))
    index = m.fresh(count)
    if step == -1:  # the index goes upwards, so that it is the place itself
        return index, sp.expand(stop + 1 + index), constant(sp.expand(stop + 1 + index)), -1
    return index, sp.expand(start + step * index), constant(sp.expand(start + step * index)), 1


def _side_by_side(m: Machine, parts: tuple[Any, ...]) -> tuple[Index, sp.Expr, Any, int]:
    found = [course(m, p) for p in parts]
    index, place, _, direction = found[0]
    elements = []
    for other, _, element, way in found:
        if not same_size(other.size, index.size) or way != direction:
            raise Unfit("what zip goes through has different lengths or directions")
        if isinstance(element, Arr) or (not hasattr(element, "at") and not isinstance(element, tuple)):
            elements.append(element)
        else:
            elements.append(_with(element, other, index))
    return index, place, tuple(elements), direction


def _with(element: Any, old: Index, new: Index) -> Any:
    if isinstance(element, tuple):
        return tuple(_with(e, old, new) for e in element)
    return constant(substitute(element.at(()), {old: new})) if hasattr(element, "at") else element


__all__ = ["course", "ends", "is_over_size", "turns"]
