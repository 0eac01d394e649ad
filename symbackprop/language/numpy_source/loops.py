"""Loops: over a literal count, turn by turn; over a size, once for every i.

    for i in range(N): dW += x[i] * dz[i]          dW + Σ_i x[i] dz[i]
    for i in range(N): out[i] = f(x[i])            out[i] = f(x[i]) for every i
    for t in range(T): h = tanh(x[t] + h @ U)      h[t] = tanh(x[t] + h[t−1] U): a recurrence

One turn is read with i as an index. What it does to arrays from outside is noted, and summed or set for all i. Turns
must not meet: what a turn reads of an array that the loop writes to must be its own places.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.expressions import evaluate
from symbackprop.language.numpy_source.holding import read, sequence
from symbackprop.language.numpy_source.machine import Loop, Machine
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.objects import Arr, Carried, Frame, LoopCarried, Lst, Operation, Span, Unknown
from symbackprop.language.numpy_source.operations import described, numeric
from symbackprop.language.numpy_source.updates import Update, applied, flat, is_injective, letters_of, merged, over_loop
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Index, Tensor

MAX_TURNS = 100  # of a loop over a literal count
MAX_STATES = 6  # names that a loop carries from turn to turn


def turns(m: Machine, what: Any) -> list[Any]:
    """The elements that a loop goes through one by one. Raises Unfit where their number isn't literal."""
    if isinstance(what, Span):
        start, stop, step = _ends(m, what)
        if not (start.is_Integer and stop.is_Integer):
            raise Unfit("a list with an element for each place of a size isn't read")
        places = range(int(start), int(stop), step)
        if len(places) > MAX_TURNS:
            raise Unfit(f"the loop has more than {MAX_TURNS} turns")
        return [constant(k) for k in places]
    found = list(sequence(m, what))
    if len(found) > MAX_TURNS:
        raise Unfit(f"the loop has more than {MAX_TURNS} turns")
    return found


def _ends(m: Machine, span: Span) -> tuple[sp.Expr, sp.Expr, int]:
    numbers = [numeric(m, constant(1) if e is None else e) for e in (span.start, span.stop, span.step)]
    if any(n.axes or n.kind != "int" for n in numbers):
        raise Unfit("a loop goes from one whole number to another")
    start, stop, step = (n.at(()) for n in numbers)
    if not step.is_Integer or step == 0:
        raise Unfit("a loop goes by literal steps")
    return sp.expand(start), sp.expand(stop), int(step)


def loop(m: Machine, f: Frame, node: ast.For) -> Any:
    """for target in iter: body"""
    from symbackprop.language.numpy_source.statements import Returned, assign, run

    what = evaluate(m, f, node.iter)
    m.node = node
    if node.orelse:
        raise Unfit("for ... else isn't read")
    if not _is_over_size(m, what):
        for element in turns(m, what):
            assign(m, f, node.target, element)
            ended = run(m, f, node.body)
            if isinstance(ended, Returned):
                return ended
        return None
    states: dict[str, Arr | Nd] = {}
    while True:
        try:
            _over_size(m, f, node, what, states)
            return None
        except LoopCarried as carried:
            before = f.names.get(carried.name)
            if carried.name in states or not isinstance(before, (Arr, Nd)):
                raise Unfit(f"a turn of the loop uses what an earlier one left in {carried.name[:40]}: this isn't read") from None
            if len(states) >= MAX_STATES:
                raise Unfit("the loop carries too much from turn to turn") from None
            states[carried.name] = before


def _is_over_size(m: Machine, what: Any) -> bool:
    match what:
        case Span():
            start, stop, _ = _ends(m, what)
            return not (start.is_Integer and stop.is_Integer)
        case Arr():
            return bool(what.value.axes) and not what.value.shape[0].is_Integer
        case Lst():
            return what.family is not None
        case Operation(name="enumerate", first=(inner,)):
            return _is_over_size(m, inner)
    return False


def _counted(m: Machine, what: Any) -> tuple[Index, sp.Expr, Any, int]:
    """The index of the turns, the place each stands for, what the target gets, and the direction."""
    if isinstance(what, Span):
        start, stop, step = _ends(m, what)
        count = sp.expand(stop - start) if step > 0 else sp.expand(start - stop)
        if abs(step) != 1:
            count = sp.floor(sp.expand((count + abs(step) - 1) / abs(step)))
        index = m.fresh(count)
        if step == -1:  # the index goes upwards, so that it is the place itself
            return index, sp.expand(stop + 1 + index), constant(sp.expand(stop + 1 + index)), -1
        return index, sp.expand(start + step * index), constant(sp.expand(start + step * index)), 1 if step > 0 else -1
    if isinstance(what, Operation):
        index, place, element, direction = _counted(m, what.first[0])
        return index, place, (constant(place), element), direction
    if isinstance(what, Arr):
        index = m.fresh(what.value.shape[0])
        return index, index, what, 1
    raise Unfit(f"a loop over {described(what)} isn't read")


def _over_size(m: Machine, f: Frame, node: ast.For, what: Any, states: dict[str, Any]) -> None:
    from symbackprop.language.numpy_source.statements import assign, run

    index, place, element, direction = _counted(m, what)
    if states and sp.expand(place - index).has(index):
        raise Unfit("a recurrence over such steps isn't read")
    mark, names = len(m.helpers), dict(f.names)
    assigned = _assigned(node)
    adding = {n for n in assigned if _only_adds(node, n) and isinstance(names.get(n), (Arr, Nd))}
    started = {n: _State(m, n, v, index, direction) for n, v in states.items()}
    outside = _prepare(m, f, assigned, adding)
    inner = Loop(index)
    m.loops.append(inner)
    try:
        for n, state in started.items():
            f.names[n] = state.before(m)
        assign(m, f, node.target, _element(m, element, index))
        for part in node.body:
            _turn(m, f, part, adding, run)
        ends = {n: state.close(m, f.names.get(n)) for n, state in started.items()}
    except LoopCarried:
        m.loops.pop()
        del m.helpers[mark:]
        f.names.clear()
        f.names.update(names)
        raise
    m.loops.pop()
    m.node = node
    _leave(m, f, inner)
    for n in assigned:
        if n in ends:
            f.names[n] = ends[n]
        elif n in outside:
            f.names[n] = outside[n]
        elif n not in adding or n not in f.names:
            f.names[n] = Unknown(f"{n[:40]} has the value of the last turn of a loop: this isn't read")
    _open_cells(m, f, adding)


def _element(m: Machine, element: Any, index: Index) -> Any:
    if isinstance(element, Arr):
        return read(m, element, [constant(index)])
    if isinstance(element, tuple):
        return tuple(_element(m, e, index) for e in element)
    return element


def _turn(m: Machine, f: Frame, part: ast.stmt, adding: set[str], run: Any) -> None:
    match part:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(left=ast.Name(id=left), op=ast.Add(), right=right)) if (
            name == left and name in adding
        ):
            part = ast.copy_location(ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), right), part)
            ast.fix_missing_locations(part)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(left=left_part, op=ast.Add(), right=ast.Name(id=right_name))) if (
            name == right_name and name in adding
        ):
            part = ast.copy_location(ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), left_part), part)
            ast.fix_missing_locations(part)
    if run(m, f, [part]) is not None:
        raise Unfit("a loop over a size that returns isn't read")


# ---- names ---------------------------------------------------------------------------------------------------------------


def _assigned(node: ast.For) -> set[str]:
    return {n.id for part in (node.target, *node.body) for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _only_adds(node: ast.For, name: str) -> bool:
    """Whether the loop's body does nothing to a name but add to it, and doesn't read it."""
    stores = loads = adds = 0
    for n in (n for part in node.body for n in ast.walk(part)):
        match n:
            case ast.AugAssign(target=ast.Name(id=target), op=ast.Add() | ast.Sub()) if target == name:
                adds += 1
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.BinOp(op=ast.Add(), left=left, right=right)) if target == name and any(
                isinstance(s, ast.Name) and s.id == name for s in (left, right)
            ):
                adds, loads = adds + 1, loads - 1
            case ast.Name(id=found, ctx=ast.Store()) if found == name:
                stores += 1
            case ast.Name(id=found, ctx=ast.Load()) if found == name:
                loads += 1
    return stores == adds and loads == 0


def _prepare(m: Machine, f: Frame, assigned: set[str], adding: set[str]) -> dict[str, Any]:
    """Numbers that are added to become cells; other names of before can't be read until the turn sets them.

    Returns the names that keep what they are: arrays that are only changed in place.
    """
    kept: dict[str, Any] = {}
    for n in assigned:
        held = f.names.get(n)
        if n in adding and isinstance(held, Nd):
            kind = "float" if held.kind == "int" else held.kind
            f.names[n] = Arr(Nd((), held.at, kind), len(m.loops), cell=True)
        elif n in adding:
            kept[n] = held
        elif n in f.names:
            f.names[n] = Carried(n, held)
    return kept


def _open_cells(m: Machine, f: Frame, adding: set[str]) -> None:
    for n in adding:
        held = f.names.get(n)
        if isinstance(held, Arr) and held.cell and held.born == len(m.loops):
            held.cell = False
            f.names[n] = held if held.value.axes else held.value


class _State:
    """A name that a loop carries from turn to turn, as a tensor over the turns: S[t] from S[t−1] (or S[t+1])."""

    def __init__(self, m: Machine, name: str, held: Any, index: Index, direction: int) -> None:
        if m.loops:
            raise Unfit("a recurrence within a loop isn't read")
        self.start = numeric(m, held)
        self.index, self.direction, self.name = index, direction, name
        place = m.letters(self.start)
        self.first = m.body(self.start, place)
        if self.first != 0 and direction < 0:
            raise Unfit("a recurrence that goes backwards starts from 0")
        self.letters = flat(place)
        self.tensor = Tensor(m.unique(name), index.size, *(i.size for i in self.letters), initial=self.first != 0)
        if self.first != 0:
            m.helpers.append(Equation(Component(self.tensor, -1, *self.letters), self.first))

    def before(self, m: Machine) -> Any:
        """What the name has when a turn begins."""
        at = sp.expand(self.index - self.direction)
        nd = Nd(self.start.axes, lambda place: Component(self.tensor, at, *flat(place)), "float")
        return m.new(nd)

    def close(self, m: Machine, now: Any) -> Any:
        """The equation of the state, once the turn is read; what the name has after the loop."""
        nd = numeric(m, now)
        if len(nd.axes) != len(self.start.axes) or any(len(a) != len(b) for a, b in zip(nd.axes, self.start.axes, strict=True)):
            raise Unfit(f"{self.name} changes its shape from turn to turn")
        letters = iter(self.letters)
        place = tuple(tuple(next(letters) for _ in axis) for axis in nd.axes)
        body = m.body(nd, place)
        turn = Index(self._letter(), self.index.size)
        m.helpers.append(Equation(Component(self.tensor, turn, *self.letters), substitute(body, {self.index: turn})))
        last = sp.expand(self.index.size - 1) if self.direction > 0 else sp.S.Zero
        made = Nd(nd.axes, lambda at: Component(self.tensor, last, *flat(at)), "float")
        return Arr(made, len(m.loops) - 1) if made.axes else made

    def _letter(self) -> str:
        used = {i.name for i in self.letters}
        return next(c for c in "tuvsrqp" if c not in used)


# ---- after the turn ------------------------------------------------------------------------------------------------------


def _leave(m: Machine, f: Frame, inner: Loop) -> None:
    """What the loop does to arrays and lists from outside, all turns together."""
    for arr, updates in inner.updates.items():
        touched = inner.reads.get(arr, [])
        every = merged(updates)
        if touched or not all(u.adds for u in every):
            every = [_of_own_places(m, arr, every, touched, inner.index)]
        for update in every:
            m.write(arr, over_loop(update, inner.index, m.facts), inner.names[arr])
    for lst, values in inner.appended.items():
        _fill(m, lst, values, inner.index)


def _of_own_places(m: Machine, arr: Arr, updates: list[Update], touched: list[tuple[sp.Expr, ...]], index: Index) -> Update:
    """What one turn makes of its own places, where no other turn reads or writes them."""
    if len(updates) == 1 and not touched and not updates[0].adds:
        return updates[0]
    shared = [f for f in updates[0].factors if all(f in u.factors for u in updates) and all(f in t for t in touched)]
    if not is_injective(Update(False, tuple(shared), sp.S.Zero), index, m.facts):
        raise Unfit(
            "a turn of the loop reads or writes places of an array that other turns write to", "a recurrence in an array isn't read"
        )
    nd = m.now(arr)
    for u in updates:
        nd = applied(replace(u, factors=tuple(f for f in u.factors if f not in shared)), nd, m.facts)
    return Update(False, tuple(shared), m.body(nd, letters_of(nd.axes)))


def _fill(m: Machine, lst: Lst, values: list[Any], index: Index) -> None:
    if lst.items or lst.family or len(values) != 1:
        raise Unfit("a list that a loop fills starts empty and grows by one each turn")
    lst.family = (index, values[0])


__all__ = ["loop", "turns"]
