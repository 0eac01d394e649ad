"""What a loop carries from turn to turn, as a tensor over the turns: S[t] from S[t−1], or from S[t+1] backwards.

    h = tanh(x[t] @ W + h @ U)               a name
    h[t+1] = tanh(x[t] @ W + h[t] @ U)       places of an array
    hs[t] = tanh(x[t] @ W + hs[t-1] @ U)     what a dict keeps
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta, InRange, Where
from symbackprop.language.numpy_source.bounds import never_negative
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import ORDER, Nd, Place, same_axis
from symbackprop.language.numpy_source.objects import Arr, Dct, Family, Widened, contents
from symbackprop.language.numpy_source.operations import numeric
from symbackprop.language.numpy_source.updates import Update, flat, guarded, has_gaps, letters_of, settled, together
from symbackprop.language.numpy_source.widening import check_first_turn
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor


def _ahead(index: Index, direction: int, first: sp.Expr) -> int:
    """1 where the turn before the first stands beside the others, as the first of T: for t in range(1, T) after it."""
    return int(direction > 0 and first != 0 and isinstance(sp.expand(index.size + 1), Dim))


def _equation(tensor: Tensor, letters: Sequence[Index], index: Index, body: sp.Expr, first: sp.Expr, ahead: int) -> Equation:
    """What each turn leaves; with what there is before them, where that stands beside them."""
    turn = Index(_letter(letters), tensor.sizes[0])
    right = substitute(body, {index: sp.expand(turn - ahead)})
    return Equation(Component(tensor, turn, *letters), Where(Delta(turn, 0), first, right) if ahead else right)


def _tensor(m: Machine, name: str, size: sp.Expr, letters: Sequence[Index], first: sp.Expr, ahead: int) -> Tensor:
    sizes = (size, *(i.size for i in letters))
    return Tensor(m.unique(name), *sizes, initial=first != 0 and not ahead, gaps=has_gaps(first))


def _letter(taken: Sequence[Index]) -> str:
    used = {i.name for i in taken}
    return next(c for c in "tuvsrqp" if c not in used)


class NameState:
    """A name, or a place of a dict, that each turn sets from what the turn before left there."""

    def __init__(self, m: Machine, name: str, held: Any, index: Index, direction: int, is_name: bool = True) -> None:
        if m.loops:
            raise Unfit("a recurrence within a loop isn't read")
        self.start, self.held, self.is_name = numeric(m, held), held, is_name
        self.turn: Any = None  # what the name has when a turn begins
        self.spoils_start = False  # the first turn changes the array of before, and the others don't
        self.index, self.direction, self.name = index, direction, name
        self.kind = self.start.kind if is_name or isinstance(held, Arr) else "float"
        place = m.letters(self.start)
        self.first = m.body(self.start, place)
        if self.first != 0 and direction < 0:
            raise Unfit("a recurrence that goes backwards starts from 0")
        self.letters = flat(place)
        self.ahead = _ahead(index, direction, self.first)
        size = sp.expand(index.size + self.ahead)
        self.tensor = _tensor(m, name, size, self.letters, self.first, self.ahead)
        if self.tensor.initial:
            m.helpers.append(Equation(Component(self.tensor, -1, *self.letters), self.first))
        self.mark = len(m.helpers)

    def at(self, e: sp.Expr) -> Nd:
        """What turn e left."""
        return Nd(self.start.axes, lambda place: Component(self.tensor, sp.expand(e + self.ahead), *flat(place)), self.kind)

    def before(self, m: Machine) -> Any:
        """What the name has when a turn begins."""
        if self.turn is None:
            self.turn = m.new(self.at(sp.expand(self.index - self.direction)))
        return self.turn

    def same_object(self, now: Any, kept: Sequence[Any], others: Sequence[Any]) -> bool:
        """Whether the turn changed the array in place, so that it is one array all along.

        It may also change what the turn before left and then leave another array, if nobody else holds either.
        """
        if not isinstance(self.turn, Arr) or not self.turn.version:
            return False
        if isinstance(self.held, Arr) and self.start.kind != "float":
            raise Unfit(f"{self.name[:40]} isn't of floats and is changed in place in a loop: this isn't read", "astype(float)")
        if now is not self.turn:
            if not is_own(now) or any(holds(v, a) for v in (*kept, *others) for a in (now, self.turn)) or not is_own(self.held):
                raise Unfit("a name is changed in place in a loop and given another array too: this isn't read", "copy() makes it two")
            self.spoils_start = True
            return False
        if not isinstance(self.held, Arr) or any(holds(v, self.turn) for v in kept):
            raise Unfit(f"{self.name[:40]} is changed in place in a loop that also keeps it: this isn't read", "keep a copy()")
        return True

    def finish(self, m: Machine, last: Any) -> Any:
        """The array of before the loop, which has the last turn's values now."""
        assert isinstance(self.held, Arr)
        m.write(self.held, m.whole_update(self.held.value, numeric(m, last), False), self.name)
        return self.held

    def close(self, m: Machine, now: Any) -> Any:
        """The equation of the state, once the turn is read; what the name has after the loop."""
        nd = numeric(m, now)
        is_number = self.is_name and not isinstance(self.held, Arr)
        if is_number and ((nd.axes and not self.start.axes) or ORDER[nd.kind] > ORDER[self.kind]):
            raise Widened(self.name, nd.axes, nd.kind)
        if len(nd.axes) != len(self.start.axes) or not all(map(same_axis, nd.axes, self.start.axes)):
            raise Unfit(f"{self.name} changes its shape from turn to turn")
        if nd.kind != self.kind:
            raise Unfit(f"{self.name} is of another kind in the first turn than in the others")
        letters = iter(self.letters)
        place = tuple(tuple(next(letters) for _ in axis) for axis in nd.axes)
        body = m.body(nd, place)
        if is_number and nd.axes:
            check_first_turn(self.tensor, self.index, m.helpers[self.mark :], body)
        m.helpers.append(_equation(self.tensor, self.letters, self.index, body, self.first, self.ahead))
        made = self.at(sp.expand(self.index.size - 1) if self.direction > 0 else sp.S.Zero)
        return Arr(made, len(m.loops) - 1) if made.axes else made

    def roots(self, now: Any, turns: Mapping[int, Any], depth: int) -> set[Arr]:
        """The memory of before the loop that what a turn leaves may be in; `turns` are the arrays that names began the turn with."""
        if not isinstance(now, Arr):
            return set()
        found = {root for part, _ in now.parts for root in self.roots(part, turns, depth)}
        root = now.root
        if id(root) in turns:
            held = turns[id(root)]
            return found | ({held.root} if isinstance(held, Arr) else set())
        return found | {root} if root.born <= depth else found

    def kept(self, m: Machine, start: sp.Expr) -> Family:
        """All that the turns left, with what there was before the first."""
        made = self.at(self.index)
        return Family(self.index, Arr(made, len(m.loops)) if made.axes else made, start, before=self.direction > 0)


def is_own(value: Any) -> bool:
    """A number, or an array that shows no other's memory."""
    if not isinstance(value, Arr):
        return isinstance(value, Nd)
    return value.base is None and value.view is None and value.member is None and not value.parts and not value.label


def arrays_in(value: Any) -> list[Arr]:
    """The arrays that a value has inside."""
    found: list[Arr] = []
    waiting, seen = [value], set[int]()
    while waiting:
        part = waiting.pop()
        if id(part) in seen and not isinstance(part, Arr):
            continue
        seen.add(id(part))
        if isinstance(part, Arr):
            found.append(part)
        waiting += contents(part)
    return found


def holds(value: Any, wanted: Arr) -> bool:
    """Whether an object is among what a value has inside, or is shown by it."""
    return any(a is wanted or a.base is wanted for a in arrays_in(value))


class ArrayState:
    """The places of an array along one axis, each set in its turn from what the turn before set."""

    def __init__(self, m: Machine, arr: Arr, name: str, axis: int, previous: sp.Expr, index: Index, direction: int) -> None:
        if m.loops:
            raise Unfit("a recurrence within a loop isn't read")
        if arr.base is not None or arr.value.blank or len(arr.value.axes[axis]) != 1:
            raise Unfit("a recurrence in a view isn't read", "copy() makes an array of its own")
        self.arr, self.axis, self.index, self.direction = arr, axis, index, direction
        self.held, self.own = arr.value, sp.expand(index + previous + direction)
        self.previous = sp.expand(index + previous)
        letters = m.letters(Nd((*self.held.axes[:axis], *self.held.axes[axis + 1 :]), self.held.at, self.held.kind))
        self.letters = flat(letters)
        self.wraps = self.opened = False
        self.views: list[Arr] = []  # of what the turn before set
        self.first = first = self._first(m, letters)
        self.ahead = 0 if self.wraps else _ahead(index, direction, first)
        size = sp.expand(index.size + self.ahead)
        self.tensor = _tensor(m, name, size, self.letters, first, self.ahead)
        if self.tensor.initial:
            m.helpers.append(Equation(Component(self.tensor, -1, *self.letters), first))

    def _first(self, m: Machine, letters: Place) -> sp.Expr:
        size = self.held.axes[self.axis][0]
        turn = sp.S.Zero if self.direction > 0 else self.index.size - 1
        place = sp.expand(self.previous.xreplace({self.index: turn}))
        if place == -1:
            place, self.wraps = sp.expand(size - 1), True
        if not self.wraps and settled(InRange(place, size), m.facts) != 1:
            raise Unfit(f"whether the place {place} is on an axis of size {size} isn't known")
        value = _without_places(self.held.at((*letters[: self.axis], (place,), *letters[self.axis :])))
        if value != 0 and self.direction < 0:
            raise Unfit("a recurrence that goes backwards starts from 0")
        return value

    def open(self, m: Machine) -> None:
        """While a turn is read, the array shows what the turn before left, and its own place as it was before."""

        def at(place: Place) -> sp.Expr:
            e = place[self.axis][0]
            if sp.expand(e - self.own) == 0:
                return self.held.at(place)
            if sp.expand(e - self.previous) != 0:
                raise Unfit("a turn of the loop reads places that other turns write to", "those that the turn before it wrote are read")
            if self.wraps and not never_negative(sp.expand(e), m.facts) and any(self.arr in loop.updates for loop in m.loops):
                raise Unfit("the place −1 is read after this turn has written its own")
            rest = (*place[: self.axis], *place[self.axis + 1 :])
            return Component(self.tensor, sp.expand(self.index - self.direction + self.ahead), *flat(rest))

        self.arr.value = Nd(self.held.axes, at, self.held.kind)
        self.opened = True

    def shut(self) -> None:
        """The array is itself again."""
        if self.opened:
            self.arr.value, self.opened = self.held, False

    def close(self, m: Machine, updates: Sequence[Update]) -> Update:
        """The equation of the state, once the turn is read; what the loop does to the array."""
        letters = letters_of(self.held.axes)
        mine = letters[self.axis][0]
        now = self.held.at((*letters[: self.axis], (self.own,), *letters[self.axis + 1 :]))
        for u in updates:
            own = [f for f in u.factors if _is_place(f, mine, self.own)]
            rest = together([f for f in u.factors if f not in own])
            if not own or rest.has(mine):
                raise Unfit("a turn of the loop writes to places of an array that other turns read")
            value = substitute(u.value, {mine: self.own})
            now = now + guarded(rest, value) if u.adds else value if rest == 1 else Where(rest, value, now)
        others = flat((*letters[: self.axis], *letters[self.axis + 1 :]))
        body = m.whole(substitute(now, dict(zip(others, self.letters, strict=True))))
        m.helpers.append(_equation(self.tensor, self.letters, self.index, body, self.first, self.ahead))
        place = sp.expand(mine - (self.own - self.index))
        size = self.index.size
        there = InRange(place, size)
        if not self.wraps:  # the place before the first turn's has what the recurrence starts from
            there = InRange(sp.expand(place + 1), size + 1) if self.direction > 0 else InRange(place, size + 1)
        factor = settled(there, m.facts)
        return Update(False, () if factor == 1 else (factor,), Component(self.tensor, sp.expand(place + self.ahead), *others))


def _without_places(e: sp.Expr) -> sp.Expr:
    """δ(0, 0) in a product as what it is."""
    return sp.Mul(*(settled(f) if isinstance(f, Delta) else f for f in sp.Mul.make_args(e)))


def _is_place(factor: sp.Expr, letter: sp.Expr, place: sp.Expr) -> bool:
    return isinstance(factor, Delta) and {sp.expand(a) for a in factor.args} == {letter, place}


class DictState:
    """What a dict keeps for the turns, each from what it keeps for the turn before."""

    def __init__(self, m: Machine, dct: Dct, previous: sp.Expr, index: Index, direction: int) -> None:
        turn = sp.S.Zero if direction > 0 else index.size - 1
        key = sp.expand(previous + turn)
        if not key.is_Integer or int(key) not in dct.items:
            raise Unfit(f"the dict has nothing for the turn before the first ({key})")
        self.dct, self.first = dct, int(key)
        self.previous, self.own = sp.expand(index + previous), sp.expand(index + previous + direction)
        self.state = NameState(m, "state", dct.items[self.first], index, direction, is_name=False)

    def is_steady(self, stored: Any, depth: int) -> bool:
        """Whether each turn keeps an array of its own, made in it, and leaves that of the turn before as it was."""
        turn = self.state.turn
        if isinstance(stored, Arr) and stored.born < depth:
            return False
        return is_own(stored) and stored is not turn and not (isinstance(turn, Arr) and turn.version)
