"""One equation: which tensor its left side defines, over which indices, and its right side in index style.

    z[n,h] = ...                letters on the left; their sizes are the target's, or told by the right side
    z = x @ W + b               array style; the shape is the right side's
    h[-1,n,j] = h0[n,j]         one place of a recurrence
    d(r[n,j], z[n,k]) = ...     a local derivative
"""
from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import sympy as sp

from symbackprop.language import calls, operators, subscripts  # the nodes that `read` knows
from symbackprop.language.arrays import Array, Value, shape_of
from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, ShapeMismatch, shape_text
from symbackprop.language.nodes import Partial
from symbackprop.language.places import Letter, Letters, Places, elements
from symbackprop.language.reader import Reader
from symbackprop.language.scope import new_indices
from symbackprop.language.signature import check_tensor_name
from symbackprop.language.sizes import same_size
from symbackprop.language.syntax import Statement
from symbackprop.language.tensors import Component, Dim, Index, Tensor

assert all((calls, operators, subscripts))


@dataclass(frozen=True)
class DerivativeEquation:
    """∂y/∂x = right, for every value of the free indices; `left` is the Partial."""

    left: Partial
    right: sp.Expr
    free: tuple[Index, ...]
    text: str = ""


@dataclass
class Book:
    """What is known while a text of several equations is read; each equation adds the tensor it defines.

    `names` are taken for tensors, those of later equations included. `undefined` are known by shape but not defined yet.
    `initial` have an equation for the place before their range. `later` finds the shape of a tensor that a later
    equation defines. `answers` are equations about known tensors.
    """

    tensors: dict[str, Tensor]
    sizes: Mapping[str, Dim]
    names: Collection[str] = ()
    undefined: set[str] = field(default_factory=set)
    initial: Collection[str] = ()
    later: Callable[[str], Tensor | None] = lambda _name: None
    answers: bool = False

    def places(self, statement: Statement, opened: bool = False) -> Places:
        """A walk through a statement."""
        def shape(node: ast.expr) -> tuple[sp.Expr, ...]:
            # Only of an array that no letter stands in; of any other, nothing is known yet.
            try:
                return shape_of(Reader(statement, self.tensors, self.sizes, {}, {}).value(node))
            except NotationError:
                return ()
        size = Reader(statement, self.tensors, self.sizes, {}, {}).size
        return Places(statement, self.tensors, size, shape, self.names or self.tensors, self.later, open=opened)

    def reader(self, statement: Statement, letters: Letters, places: Places) -> Reader:
        """A reader of a statement whose index letters are known."""
        indices = {name: letter.index for name, letter in letters.items() if letter.size is not None}
        use = self.check_use if self.undefined else None
        return Reader(statement, self.tensors, self.sizes, indices, places.bound, self.names or self.tensors, use)

    def check_use(self, reader: Reader, node: ast.expr, tensor: Tensor, place: tuple[sp.Expr, ...] | None) -> None:
        """Refuse a tensor that isn't defined yet, except at another place of a recurrence."""
        if tensor.name in self.undefined and (place is None or all(isinstance(p, Index) for p in place)):
            raise reader.error(node, f"{tensor.name} is used before it is defined",
                               "equations stand in order; a recurrence refers to another place, like h[t-1,n]")


def read_tree(book: Book, statement: Statement, tree: ast.expr, letters: Letters, opened: bool = False) -> tuple[Reader, Value]:
    """What a tree says, with the letters around it; if `opened`, letters that nobody binds are added to them."""
    places = book.places(statement, opened)
    places.walk(tree, letters)
    reader = book.reader(statement, letters, places)
    return reader, reader.value(tree)


def read_equation(book: Book, statement: Statement, left: ast.expr | None, right: ast.expr) -> Equation | DerivativeEquation:
    """The equation that a statement says; the tensor that it defines is known to the book afterwards."""
    match left:
        case None:
            raise statement.error(right, "this is no equation", "write what it is equal to: z[n,h] = ...")
        case ast.Name(id=name):
            return _whole(book, statement, left, name, right)
        case ast.Subscript(value=ast.Name(id=name)):
            return _componentwise(book, statement, left, name, right)
        case ast.Call(func=ast.Name(id="d")) if book.answers:
            return _derivative(book, statement, left, right)
    raise statement.error(left, "an equation defines a tensor", "write z[n,h] = ..., or z = ... for a whole array")


def _whole(book: Book, statement: Statement, left: ast.Name, name: str, right: ast.expr) -> Equation:
    known = book.tensors.get(name) or book.later(name)
    letters: Letters = {}
    reader, value = read_tree(book, statement, right, letters)
    sizes = value.sizes if isinstance(value, Array) else ()
    if known is not None and not fits(sizes, known.sizes):
        raise mismatch(statement, left, name, known.sizes, sizes)
    tensor = known or new_tensor(book, statement, left, name, sizes)
    indices, body = component_of(reader, right, value)
    return Equation(Component(tensor, *indices), body, statement.text)


def component_of(reader: Reader, node: ast.expr, value: Value) -> tuple[tuple[Index, ...], sp.Expr]:
    """An array's component at new indices, one for each axis."""
    if not isinstance(value, Array):
        return (), value
    indices = new_indices(value.sizes, reader.reserved, reader.indices)
    return indices, component_at(reader, node, value, indices)


def component_at(reader: Reader, node: ast.expr, value: Array, place: tuple[sp.Expr, ...]) -> sp.Expr:
    """An array's component at a place."""
    reader.names.taken.extend(s.name for p in place for s in p.free_symbols if isinstance(s, Index))
    return reader.at(node, value, tuple(sp.S.Zero if size is sp.S.One else p for p, size in zip(place, value.sizes, strict=True)))


def fits(found: tuple[sp.Expr, ...], expected: tuple[sp.Expr, ...]) -> bool:
    """Whether two shapes are the same."""
    return len(found) == len(expected) and all(map(same_size, found, expected))


def mismatch(statement: Statement, node: ast.expr, name: str, expected: tuple[sp.Expr, ...], found: tuple[sp.Expr, ...]) -> NotationError:
    """The error for a shape that isn't the tensor's."""
    message = f"{name} is {_shape(expected)}, what is written is {_shape(found)}"
    error = statement.error(node, message, "nothing is broadcast here", ShapeMismatch)
    assert isinstance(error, ShapeMismatch)
    error.expected, error.found = expected, found
    return error


def _shape(sizes: tuple[sp.Expr, ...]) -> str:
    return f"of shape {shape_text(sizes)}" if sizes else "a scalar"


def new_tensor(book: Book, statement: Statement, node: ast.expr, name: str, sizes: tuple[sp.Expr, ...]) -> Tensor:
    """The tensor that an equation defines."""
    # Among the helpers of an answer, divar beside ivar is what people write.
    check_tensor_name(statement, node, name, {} if book.answers else book.tensors)
    if name in book.sizes:
        raise statement.error(node, f"{name} is a size; a tensor can't have that name too", f"call it {name.lower()}")
    book.tensors[name] = Tensor(name, *sizes, initial=name in book.initial)
    return book.tensors[name]


def _componentwise(book: Book, statement: Statement, left: ast.Subscript, name: str, right: ast.expr) -> Equation:
    tensor, letters, places = shape_of_left(book, statement, left, name, right)
    reader = book.reader(statement, letters, places)
    items = elements(left.slice)
    place = tuple(reader.indices[n] if (n := letter_name(book, e)) else boundary(reader, e, tensor, k) for k, e in enumerate(items))
    return Equation(Component(tensor, *place), reader.component(right), statement.text)


def shape_of_left(book: Book, statement: Statement, left: ast.Subscript, name: str, right: ast.expr) -> tuple[Tensor, Letters, Places]:
    """The tensor that a left side defines, the letters of its indices with their sizes, and where they stand."""
    items = elements(left.slice)
    places = book.places(statement)
    axes = tuple(places.letter(e) if letter_name(book, e) else None for e in items)
    letters = {letter.name: letter for letter in axes if letter}
    if len(letters) < len([a for a in axes if a]):
        raise statement.error(left, "an index stands twice on the left side", "write delta(i, j) for what is only on a diagonal")
    known = book.tensors.get(name) or (book.later(name) if None in axes else None)
    if known is None:
        places.own, places.own_axes = name, axes
    elif not book.answers:
        _tell(statement, left, known, axes)
    places.walk(right, letters)
    if known is not None and book.answers:
        _compare_shape(statement, left, known, axes)
    return known or _new(book, statement, left, name, axes), letters, places


def letter_name(book: Book, node: ast.expr) -> str:
    """The index letter that a subscript on the left side is; "" if it is a place."""
    match node:
        case ast.Name(id=name) | ast.Compare(left=ast.Name(id=name), ops=[ast.In()]) if name not in book.sizes:
            return name
    return ""


def _tell(statement: Statement, left: ast.Subscript, known: Tensor, axes: tuple[Letter | None, ...]) -> None:
    if len(axes) != known.rank:
        raise mismatch_rank(statement, left, known, len(axes))
    for k, letter in enumerate(axes):
        if letter:
            letter.see(known.sizes[k], f"axis {k} of {known.name}", lambda m, h: statement.error(left, m, h))


def mismatch_rank(statement: Statement, left: ast.Subscript, known: Tensor, count: int) -> NotationError:
    """The error for a left side with too few or too many subscripts."""
    message = f"{known!r} has {known.rank} axes, here it has {count} subscripts"
    return statement.error(left, message, f"write one index for each of {shape_text(known.sizes)}")


def _compare_shape(statement: Statement, left: ast.Subscript, known: Tensor, axes: tuple[Letter | None, ...]) -> None:
    # An answer's own shape is told by its right side; where nothing tells, it is the target's.
    expected = known.sizes if len(axes) == known.rank else (None,)*len(axes)
    found = tuple(a.size if a and a.size is not None else e for a, e in zip(axes, expected, strict=True))
    if len(axes) != known.rank and None in found:
        raise mismatch_rank(statement, left, known, len(axes))
    sizes = tuple(f for f in found if f is not None)
    if not fits(sizes, known.sizes):
        raise mismatch(statement, left, known.name, known.sizes, sizes)
    for letter, size in zip(axes, known.sizes, strict=True):
        if letter:
            letter.size = size


def _new(book: Book, statement: Statement, left: ast.Subscript, name: str, axes: tuple[Letter | None, ...]) -> Tensor:
    for letter, item in zip(axes, elements(left.slice), strict=True):
        if letter is None:
            hint = "a place of a recurrence is given for a tensor that another equation defines"
            raise statement.error(item, f"{name} isn't known here", hint)
        if letter.size is None:
            hint = f"tell it: {name}[..., {letter.name} in N, ...] = ..."
            raise statement.error(item, f"nothing tells the size of the index {letter.name}", hint)
    return new_tensor(book, statement, left, name, tuple(letter.size for letter in axes if letter and letter.size is not None))


def boundary(reader: Reader, node: ast.expr, tensor: Tensor, axis: int) -> sp.Expr:
    """A place outside the range of an axis, where a recurrence starts."""
    place, size = subscripts.place_of(reader, node), tensor.sizes[axis]
    beyond = sp.expand(place - size)
    if any(isinstance(s, Index) for s in place.free_symbols) or not (place.is_negative or beyond.is_nonnegative):
        raise reader.error(node, f"{place} is no place outside axis {axis} of {tensor!r}",
                           "on the left side stand index letters; a recurrence starts at -1 (or at the size, backwards)")
    return place


def _derivative(book: Book, statement: Statement, left: ast.Call, right: ast.expr) -> DerivativeEquation:
    letters: Letters = {}
    _, partial = read_tree(book, statement, left, letters, opened=True)
    assert isinstance(partial, Partial)
    for part, node in zip(partial.args, left.args, strict=True):
        if not isinstance(part, Component):
            raise statement.error(node, "a derivative of a component by a component is asked for", "write d(r[n,j], z[n,k]) = ...")
    reader, value = read_tree(book, statement, right, letters)
    if isinstance(value, Array) and value.rank:
        raise statement.error(right, "a local derivative is stated for components", "write its indices: x[n,d]")
    free = dict.fromkeys(i for c in partial.args if isinstance(c, Component) for i in c.indices if isinstance(i, Index))
    return DerivativeEquation(partial, value if not isinstance(value, Array) else reader.at(right, value, ()), tuple(free), statement.text)
