"""Values without their names: places of lists and arrays, conditions, comparisons, operators."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source import indexing
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant, elementwise
from symbackprop.language.numpy_source.numbers import RELATIONS, arithmetic, compared
from symbackprop.language.numpy_source.objects import (
    Arr,
    Carried,
    Dct,
    Family,
    Function,
    Instance,
    Kind,
    LoopCarried,
    Lst,
    Message,
    Operation,
    PlaceCarried,
    Source,
    Span,
    Through,
    Unknown,
)
from symbackprop.language.numpy_source.operations import KINDS, NUMPY, described, numeric
from symbackprop.language.numpy_source.selecting import Nonzero, selected
from symbackprop.language.numpy_source.updates import flat, letters_of
from symbackprop.language.numpy_source.wording import added, percent
from symbackprop.language.sizes import only_sizes, same_size
from symbackprop.language.subscripts import is_index_expression
from symbackprop.language.tensors import Index

MAX_ITEMS = 1_000  # of a list


def opened(m: Machine, value: Any) -> Any:
    """A name's value: the number in a cell; an error for what isn't known."""
    match value:
        case Arr(cell=True):
            return m.get(value)
        case Carried():
            raise LoopCarried(value.name)
        case Operation(verb=None) | Span(once=True):
            # A loop over a size is read once for all turns, perhaps several times over: what it uses up isn't noted there.
            if m.loops or any(v is value for v in m.passed):
                raise Unfit("what can be gone through once only is used again, or in a loop: this isn't read", "list(...) keeps it")
            m.passed.append(value)
        case Unknown(error=error) if error is not None:
            raise error
        case Unknown(reason=reason):
            raise Unfit(reason)
    return value


def key_of(value: Any) -> Any:
    """A dict's key: text or a whole number."""
    if isinstance(value, str):
        return value
    if isinstance(value, Nd) and not value.axes and value.kind == "int" and value.at(()).is_Integer:
        return int(value.at(()))
    if isinstance(value, Operation) and not value.first:
        return ("a function", value.name)
    if isinstance(value, tuple):
        return tuple(key_of(v) for v in value)
    raise Unfit("a key is text or a literal number", "keys that depend on sizes aren't read")


def place_of(value: Any) -> int:
    """A literal place in a list."""
    if isinstance(value, Nd) and not value.axes and value.kind == "int" and value.at(()).is_Integer:
        return int(value.at(()))
    raise Unfit("a literal place is asked for")


def of_sequence(m: Machine, items: Any, item: Any) -> Any:
    """items[k] or items[a:b:c] for literal places."""
    if isinstance(item, Span):
        start, stop, step = (None if e is None else place_of(e) for e in (item.start, item.stop, item.step))
        return items[start:stop:step]
    k = place_of(item)
    if not -len(items) <= k < len(items):
        raise Unfit(f"there is no place {k} among {len(items)}")
    return opened(m, items[k])


def array_items(m: Machine, items: list[Any]) -> list[Any]:
    """Subscripts of an array, those that are arrays or lists as arrays."""
    if len(items) == 1 and isinstance(items[0], Nonzero):
        return [items[0].mask]
    return [numeric(m, e) if isinstance(e, (Arr, Nd, Lst, tuple)) else e for e in items]


def read(m: Machine, arr: Arr, items: list[Any]) -> Any:
    """arr[items]"""
    m.check(arr)
    given = array_items(m, items)
    if any(isinstance(e, Nd) and e.kind == "bool" for e in given):
        if len(given) > 1:
            raise Unfit("a mask beside other subscripts isn't read")
        return m.new(selected(m, m.get(arr), given[0]))
    if any(isinstance(e, Nd) and e.argmax for e in given):
        raise Unfit("reading at the place of a maximum isn't read", "np.max has that value")
    picks = _picks(m, arr, given)
    copies = any(isinstance(p, indexing.Places) for p in picks)
    if arr.born < len(m.loops):
        factors = () if copies else indexing.targets(arr.value.axes, picks, m.fresh)[0]
        m.record(arr, tuple(factors))
    made = indexing.read(m.now(arr), picks)
    letters = letters_of(made.axes)
    if len(flat(letters)) <= 4 and not any(s == 0 for axis in made.axes for s in axis) and not made.blank:
        _try(made, letters)
    shown = m.new(made, None if copies or not made.axes else arr)
    if isinstance(shown, Arr) and not copies and not arr.parts:
        shown.view = (arr, picks)
        _keep_steady(m, arr, picks, shown)
    return shown


def _keep_steady(m: Machine, arr: Arr, picks: list[indexing.Pick], shown: Arr) -> None:
    # Of an array whose places a loop sets in turn, what the turn before set stays as it is until the loop ends.
    state = next((lp.states[arr] for lp in m.loops[arr.born :] if arr in lp.states), None)
    if state is None:
        return
    pick = [p for p in picks if p is not None][state.axis]
    if isinstance(pick, indexing.Fixed) and sp.expand(pick.place - state.previous) == 0:
        shown.base = None
        state.views.append(shown)


def _picks(m: Machine, arr: Arr, items: list[Any]) -> list[indexing.Pick]:
    axes = arr.value.axes
    loop = next((lp for lp in reversed(m.loops[arr.born :]) if lp.index is not None and (arr in lp.written or arr in lp.states)), None)
    if loop is None:
        return indexing.picks_of(axes, items, m.facts)
    state = loop.states.get(arr)
    if state is not None:
        return indexing.picks_of(axes, items, m.facts, state.previous)
    try:
        return indexing.picks_of(axes, items, m.facts)
    except Unfit:  # perhaps the place of the turn before, h[t-1]
        for axis, e in indexing.fixed_places(axes, items):
            away = sp.expand(e - loop.index)
            if away.is_Integer:
                raise PlaceCarried(arr, axis, away, loop.index) from None  # type: ignore[arg-type]
        raise


def _try(made: Nd, letters: Any) -> None:
    # Places that aren't known to be on their axes are refused here, where they stand, and not where they are used.
    try:
        made.at(letters)
    except Unfit as error:
        if "nothing was written" not in error.message:
            raise


def binary(m: Machine, op: ast.operator, left: Any, right: Any) -> Any:
    """left op right"""
    match left, right:
        case (str() | Message(), str() | Message()) if isinstance(op, ast.Add):
            return added(left, right)
        case (str() | Message(), _) | (_, str() | Message()) if isinstance(op, ast.Add):
            raise Unfit("text is joined to text only", "str(...) makes text of a number")
        case (str() | Message(), _) if isinstance(op, ast.Mod):
            return percent(left, right)
        case (tuple(), tuple()) if isinstance(op, ast.Add):
            return tuple(_not_too_many([*left, *right]))
        case (Lst(family=None), Lst(family=None)) if isinstance(op, ast.Add):
            return Lst(_not_too_many([*left.items, *right.items]), len(m.loops))
        case (Lst(), Nd(axes=())) | (Nd(axes=()), Lst()) if isinstance(op, ast.Add):
            raise Unfit("a number is not added to a list", "np.array makes an array of it")
        case (Lst(family=None) | tuple(), Nd()) | (Nd(), Lst(family=None) | tuple()) if isinstance(op, ast.Mult):
            items, count = (left, right) if isinstance(right, Nd) else (right, left)
            return _repeated(m, items, count)
    if any(isinstance(v, Lst) and v.family for v in (left, right)) and not (isinstance(left, Arr) or isinstance(right, Arr)):
        raise Unfit("a list that a loop filled is neither repeated nor joined", "np.array makes an array of it")
    if isinstance(op, ast.MatMult):
        return m.new(NUMPY["matmul"](m, left, right))
    return m.new(arithmetic(op, numeric(m, left), numeric(m, right), m.old_division))


def _repeated(m: Machine, items: Any, times: Nd) -> Any:
    if isinstance(items, Lst) and items.items == [None] and not times.axes and times.kind == "int" and not times.at(()).is_Integer:
        return Lst([], len(m.loops), Family(m.fresh(times.at(())), None))  # [None]*T, which a loop fills
    count = place_of(times)
    if not 0 <= count <= 100:
        raise Unfit("a list is repeated at most 100 times")
    told = items if isinstance(items, tuple) else items.items
    if len(told) * count > MAX_ITEMS:
        raise Unfit(f"a list of more than {MAX_ITEMS:,} elements isn't read")
    return told * count if isinstance(told, tuple) else Lst(told * count, len(m.loops))


def _not_too_many(items: list[Any]) -> list[Any]:
    if len(items) > MAX_ITEMS:
        raise Unfit(f"a list of more than {MAX_ITEMS:,} elements isn't read")
    return items


def truth(m: Machine, value: Any) -> bool:
    """Whether a condition holds, where that is known without data."""
    match value:
        case bool() | None | str() | tuple():
            return bool(value)
        case Dct(family=None) | Lst(family=None):
            return bool(m.settled(value).items)
        case Nd(axes=(), kind="int") if only_sizes(value.at(())) and value.at(()).is_positive:
            return True
        case Nd(axes=()) if value.at(()).is_number:
            return bool(compared("!=", value, constant(0)))
        case Instance() if not {"__len__", "__bool__", "__nonzero__"}.isdisjoint(value.of.members):
            raise Unfit("whether an object is true that says so itself isn't read")
        case Function() | Operation() | Instance():
            return True
    raise Unfit("this condition depends on data", "conditions on modes, dtypes and literal numbers are decided; run the code instead")


def counted(value: Any) -> Any:
    """Whether a loop's counter isn't 0, where that is what is asked; any other value as it is."""
    if isinstance(value, Nd) and not value.axes and value.kind == "int" and not value.argmax and value.at(()).atoms(Index):
        return compared("!=", value, constant(0)) if is_index_expression(value.at(())) else value
    return value


def known_truth(m: Machine, value: Any) -> bool | None:
    """Whether a condition holds; None for one condition on data."""
    if isinstance(value, Nd) and not value.axes and value.kind == "bool" and not value.at(()).is_number:
        return None
    return truth(m, value)


def both(m: Machine, a: Any, b: Any) -> Any:
    """[a and b] of two numbers' conditions."""
    if isinstance(a, Arr) or isinstance(b, Arr):
        raise Unfit("a chain of comparisons of arrays isn't defined", "(a < x) & (x < b)")
    return elementwise(lambda p, q: p * q, [numeric(m, a), numeric(m, b)])


def compare(m: Machine, op: ast.cmpop, left: Any, right: Any) -> Any:
    """left op right, for one comparison."""
    match op:
        case ast.Is() | ast.IsNot():
            if not any(v is None or isinstance(v, bool) for v in (left, right)):
                raise Unfit("`is` is read of None, True and False only")
            return (left is right) == isinstance(op, ast.Is)
        case ast.In() | ast.NotIn():
            return _contains(m, right, left) == isinstance(op, ast.In)
        case ast.Eq() | ast.NotEq() if not (_is_number(left) and _is_number(right)):
            return _equal(m, left, right) == isinstance(op, ast.Eq)
    made = compared(RELATIONS[type(op)], numeric(m, left), numeric(m, right))
    return made if isinstance(made, bool) else m.new(made)


def _is_number(value: Any) -> bool:
    return isinstance(value, (Arr, Nd, bool))


def _equal(m: Machine, left: Any, right: Any) -> bool:
    left, right = (constant(int(v)) if isinstance(v, bool) else v for v in (left, right))
    match left, right:
        case (tuple(), tuple()):
            return len(left) == len(right) and all(_equal(m, a, b) for a, b in zip(left, right, strict=True))
        case (Nd(axes=()), Nd(axes=())):
            found = compared("==", left, right)
            if isinstance(found, bool) or same_size(left.at(()), right.at(())):
                return found is not False
            raise Unfit("whether two sizes are equal depends on data")
        case (Kind(), None) | (None, Kind()):
            raise Unfit("a dtype is compared with None", "`is None` is read")
        case (Message(), _) | (_, Message()):
            raise Unfit("this text isn't known")
        case (Kind(), Kind() | Operation() | str()) | (Operation() | str(), Kind()):
            return _same_kind(m, left, right)
        case (str() | None, _) | (_, str() | None):
            if isinstance(left, Arr) or isinstance(right, Arr):
                raise Unfit("an array isn't compared with text or None")
            return type(left) is type(right) and bool(left == right)
    raise Unfit("whether these are equal isn't read")


_OTHER_FLOATS = re.compile(r"float(16|32)|\b(single|half)\b|['\"][<>=]?f[24]?['\"]")


def _same_kind(m: Machine, left: Any, right: Any) -> bool:
    """Whether two dtypes are one; what single precision an array may have isn't followed."""
    names = [v.kind if isinstance(v, Kind) else KINDS.get(v.name if isinstance(v, Operation) else v) for v in (left, right)]
    if any(n is None or n in ("float32", "int32") for n in names):
        raise Unfit("whether an array has this dtype isn't known", "float64, int64 and bool are told apart")
    if names == ["float64", "float64"] and (m.torch or any(_OTHER_FLOATS.search(text) for text in m.texts.values())):
        raise Unfit("whether an array has double precision isn't known where others may have single")
    return names[0] == names[1]


def _contains(m: Machine, container: Any, value: Any) -> bool:
    match container:
        case Dct(family=None):
            return key_of(value) in m.settled(container).items
        case tuple():
            return any(_equal(m, v, value) for v in container)
        case Lst(family=None):
            return any(_equal(m, v, value) for v in m.settled(container).items)
        case str() if isinstance(value, str):
            return value in container
    raise Unfit("`in` is read of lists, tuples, dicts and text")


def turns_of(m: Machine, span: Span) -> list[Any]:
    """The numbers of a range of literal ends."""
    start, stop, step = (place_of(constant(d) if e is None else e) for e, d in ((span.start, 0), (span.stop, 0), (span.step, 1)))
    places = range(start, stop, step or 1)
    if len(places) > 100:
        raise Unfit("a range of more than 100 numbers isn't gone through")
    return [constant(k) for k in places]


def sequence(m: Machine, value: Any) -> Any:
    """The elements of a list, a tuple, or an array along a first axis of literal size."""
    match value:
        case tuple():
            return value
        case Through():
            return tuple(gone_through(m, value))
        case Lst(family=None):
            return m.settled(value).items
        case Dct() if value.family is None and m.settled(value):
            return [k if isinstance(k, str) else constant(k) for k in value.items]
        case Span():
            return turns_of(m, value)
        case Arr() if value.value.axes and value.value.shape[0].is_Integer and value.value.shape[0] <= 64:
            return [read(m, value, [constant(k)]) for k in range(int(value.value.shape[0]))]
    raise Unfit(f"{described(value)} has no elements that could be counted")


def through(m: Machine, value: Any) -> Through:
    """The elements of a list, a tuple, ... one by one, with the containers that they are taken from."""
    match value:
        case Through():
            return value
        case Lst(family=None):
            items = tuple(m.settled(value).items)
            return Through(items, (Source(value, tuple(range(len(items))), items),))
        case Dct(family=None):
            return Through(tuple(sequence(m, value)), (Source(value, tuple(value.items), None),))
        case Arr() if value.value.rank == 1:  # the rows of others are views, which know what became of their arrays
            elements = tuple(sequence(m, value))
            return Through(elements, (Source(value, tuple(range(len(elements))), elements),))
    return Through(tuple(sequence(m, value)))


def use_up(m: Machine, value: Through) -> None:
    """Note that it is gone through. Raises Unfit where that can be once only, and has been or would be again."""
    if value.left is False:
        raise Unfit("what can be gone through once only is gone through again", "list(...) keeps it")
    if value.left is not None and value.born < len(m.loops):
        raise Unfit("what can be gone through once only is gone through in every turn of a loop, or under a condition")
    value.left = None if value.left is None else False


def gone_through(m: Machine, value: Through) -> Iterator[Any]:
    """One element after the other. Raises Unfit where those that have not been passed are others by now."""
    use_up(m, value)
    for passed, element in enumerate(value.elements):
        _check_steady(m, value.sources, passed)
        yield element if value.each is None else value.each(element)
    _check_steady(m, value.sources, len(value.elements))


def _check_steady(m: Machine, sources: tuple[Source, ...], passed: int) -> None:
    if not all(_is_steady(m, source, passed) for source in sources):
        raise Unfit("what a loop goes through is changed meanwhile: this isn't read", "a copy of it stays as it is")


def _is_steady(m: Machine, source: Source, passed: int) -> bool:
    match source.container:
        case Lst() as held:
            same = not source.length or len(held.items) == len(source.places)
        case Dct() as held:
            same = tuple(held.items) == source.places if source.length else True
        case Arr() as arr:
            told = source.elements or ()
            return all(read(m, arr, [constant(k)]).at(()) == told[k].at(()) for k in source.places[passed:])
    if not same or source.elements is None:
        return same
    items = held.items
    waiting = zip(source.places[passed:], source.elements[passed:], strict=True)
    return all((0 <= p < len(items) if isinstance(held, Lst) else p in items) and items[p] is v for p, v in waiting)
