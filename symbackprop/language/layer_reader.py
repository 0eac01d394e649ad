"""A layer's text: its signature, its equations in order, its assumptions."""
from __future__ import annotations

import ast
from dataclasses import dataclass, field

import sympy as sp

from symbackprop.language.arrays import Array, Value, aligned, array, broadcast, shape_of
from symbackprop.language.binders import bind
from symbackprop.language.equation_reader import Book, component_of, letter_name, read_equation, shape_of_left
from symbackprop.language.equations import Assumption, Equation, Signature
from symbackprop.language.errors import NotationError, shape_text
from symbackprop.language.operators import RELATIONS
from symbackprop.language.places import Letters, elements
from symbackprop.language.reader import Reader
from symbackprop.language.scope import Scope, new_indices, sizes_of
from symbackprop.language.signature import read_signature
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import indices
from symbackprop.language.syntax import MAX_DEPTH, Statement, statements
from symbackprop.language.tensors import Dim, Tensor


@dataclass(frozen=True)
class LayerText:
    """What a layer's texts say; `scope` is for reading further text about its variables."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    equations: tuple[Equation, ...]
    assumptions: tuple[Assumption, ...]
    scope: Scope


Sides = tuple[Statement, ast.expr, ast.expr]


def read_layer(signature: str, text: str, assume: str = "") -> LayerText:
    """The layer of a signature, its equations and further assumptions. Raises NotationError."""
    declared = read_signature(signature)
    tensors = {t.name: t for t in (*declared.inputs, *declared.outputs)}
    sizes = sizes_of(tensors.values())
    sides = [_sides(s) for s in statements(text)]
    equations = _Equations(declared, tensors, sizes, sides).read()
    _check_outputs(declared, equations, signature)
    scope = Scope(tensors, sizes)
    return LayerText(declared.inputs, tuple(tensors[t.name] for t in declared.outputs), equations, read_assumptions(assume, scope), scope)


def _sides(statement: Statement) -> Sides:
    left, right = statement.parse()
    if left is None:
        raise statement.error(None, "this is no equation", "write what it is equal to: z[n,h] = ...")
    return statement, left, right


def _check_outputs(declared: Signature, equations: tuple[Equation, ...], text: str) -> None:
    defined = {e.tensor.name for e in equations if not e.is_boundary}
    for output in declared.outputs:
        if output.name not in defined:
            at = text.rfind("->")
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            raise NotationError(f"the output {output.name} is never defined", text, line, column, f"add an equation: {output!r} = ...")


@dataclass
class _Equations:
    # The equations of a layer while they are read; `pending` are the defining ones that weren't come to yet.
    declared: Signature
    tensors: dict[str, Tensor]
    sizes: dict[str, Dim]
    sides: list[Sides]
    pending: dict[str, Sides] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    inputs: set[str] = field(init=False)
    book: Book = field(init=False)

    def read(self) -> tuple[Equation, ...]:
        self.inputs = {t.name for t in self.declared.inputs}
        outputs = {t.name for t in self.declared.outputs}
        self.book = Book(self.tensors, self.sizes, undefined=outputs, later=self.later)
        boundaries: set[str] = set()
        for sides in self.sides:
            self.note(sides, boundaries)
        self.book.names = {*self.tensors, *self.pending}
        self.book.undefined |= set(self.pending)
        self.book.initial = boundaries
        self.tensors.update({b: self.tensors[b].starting() for b in boundaries if b in self.tensors})
        lost = next((b for b in boundaries if b not in self.pending), None)
        if lost is not None:
            raise self.sides[0][0].error(None, f"{lost} has a first place but no equation for the others", f"add {lost}[t,...] = ...")
        return tuple(self.one(*sides) for sides in self.sides)

    def note(self, sides: Sides, boundaries: set[str]) -> None:
        """Remember what an equation defines; nothing is defined twice."""
        statement, left, _ = sides
        name = defined_name(left)
        if name in self.inputs:
            raise statement.error(left, f"{name} is an input; it can't be defined", "use another name")
        if isinstance(left, ast.Subscript) and not all(letter_name(self.book, e) for e in elements(left.slice)):
            boundaries.add(name)
            return
        if name in self.pending:
            raise statement.error(left, f"{name} is defined twice", "use another name")
        if name:
            self.pending[name] = sides

    def one(self, statement: Statement, left: ast.expr, right: ast.expr) -> Equation:
        made = read_equation(self.book, statement, left, right)
        assert isinstance(made, Equation)
        if not made.is_boundary:
            self.book.undefined.discard(made.tensor.name)
            self.pending.pop(made.tensor.name, None)
        return made

    def later(self, name: str) -> Tensor | None:
        """The tensor that a later equation defines, by its shape alone."""
        if name not in self.pending or name in self.asked or len(self.asked) > MAX_DEPTH:
            return None
        statement, left, right = self.pending[name]
        if not isinstance(left, ast.Subscript):
            return None
        self.asked.append(name)
        tensor, _, _ = shape_of_left(self.book, statement, left, name, right)
        self.asked.pop()
        return tensor


def defined_name(left: ast.expr) -> str:
    """The name of the tensor that a left side defines, "" if it defines none."""
    match left:
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            return name
    return ""


def read_assumptions(text: str, scope: Scope) -> tuple[Assumption, ...]:
    """Assumptions: comparisons, each for every value of its indices, and invertible(A)."""
    book = Book(dict(scope.tensors), scope.sizes)
    return tuple(a for s in statements(text) for a in _assumption(book, s))


def _assumption(book: Book, statement: Statement) -> list[Assumption]:
    left, tree = statement.parse()
    if left is not None:
        raise statement.error(tree, "an assumption has no single =", "equality is written ==")
    letters: Letters = {}
    places = book.places(statement, opened=True)
    places.walk(tree, letters)
    reader = book.reader(statement, letters, places)
    match tree:
        case ast.Call(func=ast.Name(id="invertible"), args=[matrix]):
            return [_invertible(reader, matrix)]
        case ast.Call(func=ast.Subscript(value=ast.Name(id="invertible"))):
            return [_invertible_entry(reader, tree)]
        case ast.Compare(left=first, ops=ops, comparators=rest) if all(type(op) in RELATIONS for op in ops):
            values = [reader.value(e) for e in (first, *rest)]
            return [_relation(reader, tree, RELATIONS[type(op)], a, b) for op, a, b in zip(ops, values, values[1:], strict=False)]
    raise statement.error(tree, "this is no assumption", "write a comparison, like sum[k](y[n,k]) == 1, or invertible(A)")


def _invertible(reader: Reader, node: ast.expr) -> Assumption:
    value = reader.value(node)
    sizes = shape_of(value)
    if len(sizes) != 2 or not same_size(*sizes):
        raise reader.error(node, f"an invertible matrix is square; this is {shape_text(sizes)}", "write a whole matrix: invertible(A)")
    free, body = component_of(reader, node, value)
    return Assumption("invertible", body, sp.S.Zero, free, reader.statement.text)


def _invertible_entry(reader: Reader, node: ast.Call) -> Assumption:
    body, bound = bind(reader, node)
    if len(bound) != 2 or not same_size(bound[0].size, bound[1].size):
        raise reader.error(node, "an invertible matrix is square", "write invertible[p,q](A[p,q])")
    return Assumption("invertible", body, sp.S.Zero, bound, reader.statement.text)


def _relation(reader: Reader, node: ast.expr, relation: str, left: Value, right: Value) -> Assumption:
    if not isinstance(left, Array) and not isinstance(right, Array):
        free = dict.fromkeys((*indices(left), *indices(right)))
        return Assumption(relation, left, right, tuple(free), reader.statement.text)
    sizes = reader.fitting(node, broadcast, shape_of(left), shape_of(right))
    places = new_indices(sizes, reader.reserved, reader.indices)
    reader.names.taken.extend(i.name for i in places)
    first, second = (reader.at(node, array(v), aligned(shape_of(v), places)) for v in (left, right))
    return Assumption(relation, first, second, places, reader.statement.text)
