"""The state of a reading: named intermediates, arrays and their versions, the loops around the present line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.bounds import implied, never_negative
from symbackprop.language.numpy_source.indexing import read as read_at
from symbackprop.language.numpy_source.indexing import through
from symbackprop.language.numpy_source.ndarray import Axis, Nd, Place, axis_of
from symbackprop.language.numpy_source.objects import Arr, Dct, Family, Lst, Run
from symbackprop.language.numpy_source.program import Read, Unreadable
from symbackprop.language.numpy_source.updates import Update, applied, flat, has_gaps, letters_of
from symbackprop.language.scope import new_index
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor

MAX_STEPS = 1_500  # statements carried out
MAX_WORK = 4_000  # expressions of the source that are evaluated, and a quarter of the nodes that come of them
MAX_EXPRESSION = 4_000  # nodes of one expression
SMALL = 9  # nodes of an expression that needs no name
MAX_CALLS = 40
MAX_RANK = 16  # axes of an array


class LayerLike(Protocol):
    """What is needed of a layer."""

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What is given."""
        ...

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """What comes out."""
        ...

    @property
    def tensors(self) -> Any:
        """Every tensor by name."""
        ...

    @property
    def equations(self) -> tuple[Equation, ...]:
        """The equations in order."""
        ...

    @property
    def sizes(self) -> tuple[Dim, ...]:
        """The sizes that the tensors have."""
        ...

    @property
    def is_cost(self) -> bool:
        """Whether the output is one number."""
        ...



@dataclass
class Loop:
    """A loop that is read for one i: what it does to arrays, lists and dicts from outside.

    Without an index it is a branch that is read under its condition. `states` are the arrays and dicts that a
    recurrence goes through, `written` those that the loop's body writes to, `sums` stand for
    the arrays that s = s + v makes, one a turn. `grown` has what lists get, and whether in front.
    """

    index: Index | None
    updates: dict[Arr, list[Update]] = field(default_factory=dict)
    reads: dict[Arr, list[tuple[sp.Expr, ...]]] = field(default_factory=dict)
    grown: dict[Lst, list[tuple[Any, bool]]] = field(default_factory=dict)
    names: dict[Arr, str] = field(default_factory=dict)
    stored: dict[Any, list[tuple[sp.Expr, Any]]] = field(default_factory=dict)
    looked: dict[Any, list[int]] = field(default_factory=dict)
    written: frozenset[Any] = frozenset()
    popped: set[Lst] = field(default_factory=set)
    states: dict[Any, Any] = field(default_factory=dict)
    sums: tuple[Arr, ...] = ()
    direction: int = 1


class Machine:
    """Everything that reading needs to remember."""

    def __init__(self, layer: LayerLike, source: str, call: str) -> None:
        self.layer, self.texts = layer, {False: source, True: call}
        self.helpers: list[Equation] = []
        self.lines: list[Read] = []
        self.loops: list[Loop] = []
        self.overwritten: list[tuple[str, int]] = []
        self.taken = {n for t in layer.tensors for n in (t, f"d{t}")} | {d.name for d in layer.sizes} | {"dout"}
        made = [sp.expand(s - 1) for t in layer.tensors.values() for s in t.sizes if not isinstance(s, Dim) and not s.is_Integer]
        inner = [f.args[0] for f in made if isinstance(f, sp.floor)]  # ⌊a⌋ ≥ 0 says that a ≥ 0
        self.facts: tuple[sp.Expr, ...] = tuple(dict.fromkeys((*made, *(sp.fraction(sp.together(a))[0] for a in inner))))
        self.joined: dict[sp.Expr, Axis] = {}
        self.selections: list[tuple[Any, Dim]] = []
        self.passed: list[Any] = []  # what can be gone through once only, and has been asked for
        self.chosen: dict[Index, tuple[tuple[Index, ...], sp.Expr]] = {}
        self.count = self.steps = self.work = self.depth = 0
        self.old_division = False
        self.torch, self.numpy = _imports(source, "torch"), _imports(source, r"(?:autograd\.|jax\.)?numpy")
        self.node: ast.AST | None = None
        self.in_call = False

    # ---- errors

    def error(self, message: str, node: ast.AST | None = None, hint: str = "") -> Unreadable:
        """The error at a node, or at what is being read."""
        at = node if node is not None and hasattr(node, "lineno") else self.node
        line, column = getattr(at, "lineno", 1), getattr(at, "col_offset", 0)
        return Unreadable(message, self.texts[self.in_call], line, column + 1, hint)

    @contextmanager
    def where(self, condition: sp.Expr) -> Iterator[None]:
        """What is read here is read where a condition holds."""
        before = self.facts
        self.facts = tuple(dict.fromkeys((*before, *implied(condition))))
        try:
            yield
        finally:
            self.facts = before

    def step(self) -> None:
        """One more statement."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise self.error(f"this takes more than {MAX_STEPS:,} steps to read")

    def spend(self, count: int = 1) -> None:
        """Work done: expressions evaluated, nodes looked through. Raises Unreadable where there is no end of it."""
        self.work += count
        if self.work > MAX_WORK:
            raise self.error("this is too much to be read")

    @property
    def line(self) -> int:
        """The line that is being read."""
        return getattr(self.node, "lineno", 0)

    # ---- names

    def fresh(self, size: sp.Expr) -> Index:
        """An index that stands nowhere else."""
        self.count += 1
        return Index(f"i_{self.count}", size)

    def axis(self, size: sp.Expr) -> Axis:
        """The axis of a size; a product that reshape made before is joined from the same sizes."""
        return self.joined.get(size) or axis_of(size)

    def unique(self, name: str) -> str:
        """A name for an intermediate that is not taken."""
        name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name).strip("_") or "value"
        made, number = name, 1
        while made in self.taken:
            number += 1
            made = f"{name}_{number}"
        self.taken.add(made)
        return made

    def letters(self, nd: Nd) -> Place:
        """Readable letters for the places of an array."""
        made: list[str] = []
        place = []
        for axis in nd.axes:
            group = []
            for size in axis:
                group.append(new_index(size, self.taken, made))
                made.append(group[-1].name)
            place.append(tuple(group))
        return tuple(place)

    def body(self, nd: Nd, place: Place) -> sp.Expr:
        """The component at a place. Raises Unfit where it is too large to be read."""
        if nd.argmax:
            raise Unfit("the place of a maximum can only be a subscript")
        return self.whole(nd.at(place))

    def whole(self, e: sp.Expr) -> sp.Expr:
        """An expression, unless it is too large to be read; a place of a maximum in it is summed over."""
        if self.chosen:
            from symbackprop.language.numpy_source.maxima import settle

            e = settle(self, e)
        size = size_of(e, MAX_EXPRESSION)
        self.spend(size // 4)
        if size >= MAX_EXPRESSION:
            raise Unfit(f"this has more than {MAX_EXPRESSION:,} parts", "do it in several lines")
        return e

    def named(self, nd: Nd, name: str) -> Nd:
        """The same array, with a name of its own unless it is short already; its equation joins the helpers."""
        if nd.argmax or nd.blank or any(s == 0 for axis in nd.axes for s in axis):
            return nd
        if nd.uniform or (nd.kind == "int" and not nd.axes):
            return nd
        if any(is_selection(s) for axis in nd.axes for s in axis):
            return nd
        place = self.letters(nd)
        body = self.body(nd, place)
        letters = flat(place)
        if (isinstance(body, Component) or size_of(body, SMALL) < SMALL) and not (nd.kind == "int" and self.loops):
            return Nd(nd.axes, lambda at: substitute(body, dict(zip(letters, flat(at), strict=True))), nd.kind, boxed=nd.boxed)
        around = tuple(i for i in (lp.index for lp in self.loops) if i is not None and body.has(i))
        tensor = Tensor(self.unique(name), *(i.size for i in (*around, *letters)), gaps=has_gaps(body))
        self.helpers.append(Equation(Component(tensor, *around, *letters), body))
        return Nd(nd.axes, lambda at: Component(tensor, *around, *flat(at)), nd.kind, boxed=nd.boxed)

    # ---- arrays

    def new(self, nd: Nd, base: Arr | None = None) -> Any:
        """An array object; a number without axes as it is, or as a view that is an array."""
        if not nd.axes:
            return nd if base is None else replace(nd, boxed=True)
        if nd.rank > MAX_RANK:
            raise Unfit(f"an array of more than {MAX_RANK} axes isn't read")
        root = None if base is None else base.root
        return Arr(nd, len(self.loops), root, root.version if root else 0)

    def check(self, arr: Arr) -> None:
        """Refuse an array whose contents aren't known, or a view of what has changed since."""
        root = arr.root
        if root.spoiled or arr.spoiled:
            raise Unfit(arr.spoiled or root.spoiled)
        if arr.base is not None and root.version != arr.seen:
            raise Unfit("this is a view of an array that has been changed since", "copy() makes it independent")
        for part, seen in root.parts:
            if part.version != seen or part.spoiled:
                raise Unfit("this is one of two arrays, depending on data, and one has been changed since", "copy() makes it independent")

    def get(self, arr: Arr) -> Nd:
        """The whole array as it is now."""
        self.check(arr)
        self.record(arr, ())
        return self.now(arr)

    def record(self, arr: Arr, factors: tuple[sp.Expr, ...]) -> None:
        """Note that a turn of the loops reads these places of an array from outside.

        What a view shows was noted where it was made; one made before the loop may show anything in later turns.
        """
        for loop in self.loops[arr.born :]:
            loop.reads.setdefault(arr.root, []).append(factors if arr.base is None else ())
            for part, _ in arr.root.parts:
                loop.reads.setdefault(part, []).append(())

    def now(self, arr: Arr) -> Nd:
        """The contents with what the present turns of the loops have done."""
        nd = arr.value
        for loop in self.loops[arr.born :]:
            for update in loop.updates.get(arr, ()):
                nd = applied(update, nd, self.facts)
        return nd

    def write(self, arr: Arr, update: Update, name: str = "changed") -> None:
        """Change an array in place."""
        self.check(arr)
        if arr.fixed:
            raise Unfit("this view can't be changed", "copy() makes an array of its own")
        if arr.root.parts:
            raise Unfit("this is one of two arrays, depending on data: it can't be changed", "copy() makes it independent")
        if self.chosen:
            from symbackprop.language.numpy_source.maxima import settled_update

            update = settled_update(self, update)
        if arr.view is not None:
            self._write_through(arr, update, name)
            return
        self.spoil(arr.member)
        if arr.base is not None:
            self.spoil(arr.base.member)
            self._detach(arr)
        if arr.label:
            self.overwritten.append((arr.label, self.line))
        arr.version += 1
        if not self.in_call:
            arr.where = (self.line, getattr(self.node, "col_offset", 0) + 1)
        if arr.born < len(self.loops):
            self.loops[-1].updates.setdefault(arr, []).append(update)
            self.loops[-1].names[arr] = name
            return
        arr.value = self.named(applied(update, arr.value, self.facts), arr.label or name)

    def _write_through(self, arr: Arr, update: Update, name: str) -> None:
        # What is written to x[a:b] is written to x.
        parent, picks = arr.view
        self.write(parent, through(parent.value.axes, picks, update, self.fresh, self.facts), name)
        arr.value = read_at(self.now(parent), picks)
        arr.seen = parent.root.version

    def surely_turns(self, index: Index) -> bool:
        """Whether a loop of this index has a turn, whatever the sizes."""
        return never_negative(sp.expand(index.size - 1), self.facts)

    def is_open(self, held: Any) -> bool:
        """Whether a loop around fills a list or dict."""
        loops = self.loops[held.born :]
        return any(held in kept for loop in loops for kept in (loop.written, loop.grown, loop.stored, loop.popped))

    def settled(self, held: Any) -> Any:
        """A list or dict of which nothing is open: no loop around fills it, and a dict was filled by none."""
        if self.is_open(held):
            raise Unfit("what a loop fills is read as a whole while it is filled: this isn't read")
        if isinstance(held, Lst) and any(isinstance(v, Run) for v in held.items):
            raise Unfit("a list of which a loop filled a part isn't read as a whole", "its elements are")
        return held

    def entries(self, held: Dct) -> dict[Any, Any]:
        """All that a dict has."""
        if held.family is not None:
            raise Unfit("a dict that a loop filled isn't read as a whole", "d[t] is")
        items: dict[Any, Any] = self.settled(held).items
        return items

    def spoil(self, family: Family | None) -> None:
        """Note that something that was taken out of what a loop kept is changed."""
        if family is None:
            return
        if family.taken > 1 or self.loops:  # in a loop the turns may share what was kept
            raise Unfit("what a loop kept is changed: this isn't read")
        family.spoiled = f"what a loop kept was changed in line {self.line}"

    def _detach(self, arr: Arr) -> None:
        # Whether a view shares its memory is NumPy's business: what it was a view of is unknown from here on.
        root = arr.base
        assert root is not None
        if root.born < len(self.loops):
            raise Unfit("a view is changed in a loop", "write to the array itself")
        if root.label:
            self.overwritten.append((root.label, self.line))
        root.spoiled = f"this array may have been changed through a view in line {self.line}"
        arr.value, arr.base, arr.version = arr.value, None, 0

    def whole_update(self, nd: Nd, value: Nd, adds: bool) -> Update:
        """Every place of an array set, or added to."""
        place = letters_of(nd.axes)
        return Update(adds, (), self.body(value, place))


def _imports(source: str, name: str) -> bool:
    return bool(re.search(rf"^\s*(import|from)\s+{name}\b", source, re.M))


def is_selection(size: sp.Expr) -> bool:
    """Whether it is the number of places where a mask holds."""
    return isinstance(size, Dim) and size.name.startswith("_selected_")


def size_of(e: sp.Basic, limit: int) -> int:
    """The number of nodes, counted up to a limit."""
    count, stack = 0, [e]
    while stack and count < limit:
        node = stack.pop()
        count += 1
        stack.extend(a for a in node.args if not isinstance(a, Tensor))
    return count
