"""What names stand for while source is read: arrays that can be changed in place, lists, dicts, functions, modules.

Numbers that don't change are `Nd` without axes; True, False, None, text, tuples are Python's own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import sympy as sp

from symbackprop.language.errors import NotationError
from symbackprop.language.numpy_source.ndarray import Axis, Nd
from symbackprop.language.tensors import Index


@dataclass(eq=False)
class Arr:
    """An array object: what it holds now, and whose memory it shows.

    `base` is the array that it is a view of, as it was at its version `seen`. `born` is the number of loops around its
    creation, `label` its name where it is the caller's. `spoiled` says why its contents are no longer known,
    `where` the line and column of the source that gave it its value, a `cell` holds a number that a loop adds to.
    `parts` are the arrays whose memory it may show, one or the other, with their versions; `member` the list that it was taken from,
    `view` the array and the places in it that it shows, where it is x[...] of an array; what is `fixed` can't be changed.
    """

    value: Nd
    born: int = 0
    base: Arr | None = None
    seen: int = 0
    version: int = 0
    label: str = ""
    spoiled: str = ""
    cell: bool = False
    where: tuple[int, int] | None = None
    parts: tuple[tuple[Arr, int], ...] = ()
    member: Family | None = None
    view: Any = None
    fixed: bool = False

    @property
    def root(self) -> Arr:
        """The array whose memory it shows: its own, where it is no view."""
        return self.base or self


@dataclass(eq=False)
class Family:
    """What a loop kept, one for each turn: like the template, with the index at the turn.

    Its places are start, start + 1, ..., start + size − 1; `before` says that place start − 1 is held by it too.
    `depth` is the number of loops around the loop: what is older than it is no turn's own.
    `taken` counts what was taken out, `spoiled` says why nothing more can be: something taken out was changed.
    """

    index: Index
    template: Any
    start: sp.Expr = sp.S.Zero
    before: bool = False
    depth: int = 0
    taken: int = 0
    spoiled: str = ""


@dataclass(frozen=True, eq=False)
class Run:
    """What a loop appended to a list that has other elements too: it stands among them."""

    family: Family


@dataclass(eq=False)
class Lst:
    """A list. `family` is what a loop appended to an empty one: for each place of the index one element like the template."""

    items: list[Any] = field(default_factory=list)
    born: int = 0
    family: Family | None = None
    member: Family | None = None


@dataclass(eq=False)
class Dct:
    """A dict with literal keys; `family` is what a loop stored under its own index."""

    items: dict[Any, Any] = field(default_factory=dict)
    born: int = 0
    family: Family | None = None
    member: Family | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """What elements are taken from one by one: these of a list, a dict or an array, at these places.

    `length` says that the elements end where the container does; of a dict only the keys may be meant.
    """

    container: Lst | Dct | Arr
    places: tuple[Any, ...]
    elements: tuple[Any, ...] | None
    length: bool = True


@dataclass(eq=False)
class Through:
    """What is gone through one by one, and the containers that must stay as they are meanwhile: zip(a, b), d.items().

    `each` makes of an element what its turn gets, when it comes to it: map(f, a). `left` is False for what has been gone
    through and can be once only; None where it can be again. `born` is the number of loops around its creation.
    """

    elements: tuple[Any, ...]
    sources: tuple[Source, ...] = ()
    each: Callable[[Any], Any] | None = None
    left: bool | None = None
    born: int = 0


@dataclass(frozen=True)
class Frame:
    """Names of a function call, those around it, and the text they stand in.

    `local` are the names that the function sets anywhere, which so are never those around it; the first `inner` of
    `outer` are its own too, around a comprehension.
    """

    names: dict[str, Any]
    outer: tuple[dict[str, Any], ...]
    in_call: bool = False
    local: frozenset[str] = frozenset()
    inner: int = 0


@dataclass(frozen=True, eq=False)
class Function:
    """A function or lambda of the source; `owner` is the object it is a method of."""

    node: ast.FunctionDef | ast.Lambda
    frame: Frame
    defaults: dict[str, Any]
    owner: Any = None


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the source: its functions and constants, those of its bases included. `line` are it and its bases."""

    name: str
    members: dict[str, Any]
    bases: tuple[Class, ...] = ()

    @property
    def line(self) -> tuple[Class, ...]:
        """The class and what it comes from."""
        return (self, *(c for b in self.bases for c in b.line))


def contents(value: Any) -> list[Any]:
    """What a tuple, a list, a dict or an object holds."""
    match value:
        case tuple():
            return list(value)
        case Lst() | Dct():
            held = value.items if isinstance(value, Lst) else list(value.items.values())
            return [*held, *([] if value.family is None else [value.family.template])]
        case Run():
            return [value.family.template]
        case Instance():
            return list(value.attributes.values())
    return []


@dataclass(eq=False)
class Instance:
    """An object of a class, its attributes; `born` is the number of loops around its creation."""

    of: Class
    attributes: dict[str, Any] = field(default_factory=dict)
    born: int = 0
    member: Family | None = None


@dataclass(frozen=True, eq=False)
class Returned:
    """A function ended with a value."""

    value: Any


class Jump(Enum):
    """How a block ended before its last line."""

    CONTINUE = "continue"
    BREAK = "break"


@dataclass(frozen=True)
class Module:
    """A module by its path: numpy, numpy.random, torch, math."""

    name: str


@dataclass(frozen=True, eq=False)
class Operation:
    """A function of the table, perhaps bound to the array it is a method of.

    zip, enumerate and reversed of what has a size for its length are operations too: `verb` is "list" for a list of it,
    None for what can be gone through once only.
    """

    name: str
    verb: Any
    first: tuple[Any, ...] = ()


@dataclass(frozen=True)
class TypeName:
    """A type that values are asked for: numpy.ndarray, torch.Tensor."""

    name: str


@dataclass(frozen=True)
class Kind:
    """A dtype."""

    kind: str


@dataclass(frozen=True)
class Span:
    """start:stop:step of a subscript or, where it counts, a range; None where it isn't told. `once` is reversed(range(n))."""

    start: Any = None
    stop: Any = None
    step: Any = None
    counts: bool = False
    once: bool = False


@dataclass(frozen=True)
class Message:
    """Text whose words aren't known: what is printed, or said of an error."""


@dataclass(frozen=True, eq=False)
class Unknown:
    """A name whose value isn't known: why, or the error that reading it met."""

    reason: str
    error: NotationError | None = None


@dataclass(frozen=True, eq=False)
class Carried:
    """The value a name had before a loop that gives it another in every turn."""

    name: str
    before: Any


class LoopCarried(Exception):
    """A turn of a loop uses what an earlier one left in a name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Widened(LoopCarried):
    """A number that becomes an array of these axes, or a number of another kind, in the first turn."""

    def __init__(self, name: str, axes: tuple[Axis, ...], kind: str) -> None:
        super().__init__(name)
        self.axes, self.kind = axes, kind


class PlaceCarried(Exception):
    """A turn of the loop of this index uses what the turn before left at a place of an array or a dict."""

    def __init__(self, owner: Arr | Dct, axis: int, previous: sp.Expr, index: Index) -> None:
        super().__init__("a place")
        self.owner, self.axis, self.previous, self.index = owner, axis, previous, index
        self.node: ast.AST | None = None  # the loop, once it is known
