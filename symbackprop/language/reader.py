"""The reader of one statement: from a syntax tree to mathematics, one kind of node after the other.

A subtree is a component (a SymPy expression) where it is written in index style, an `Array` where whole arrays
stand in it; operators and functions work on both. `read` meets each kind of node in `operators`, `subscripts`
and `calls`; a kind that none of them knows isn't read.
"""
from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any, cast

import sympy as sp

from symbackprop.language.arrays import Array, Names, Value, elementwise, whole
from symbackprop.language.errors import NotationError, Unfit, did_you_mean, shape_text
from symbackprop.language.places import Letter
from symbackprop.language.scope import FUNCTIONS, HINTS, SYMBOLS
from symbackprop.language.sizes import read_size, upper_case
from symbackprop.language.syntax import MAX_DEPTH, Statement, number
from symbackprop.language.tensors import Component, Dim, Index, Tensor


@dataclass
class Reader:
    """Reads one statement: what names mean, the indices in force, and the letters of each binder.

    `reserved` are the names that no new index may have; `use` is told of every tensor that is read, with its place.
    """

    statement: Statement
    tensors: Mapping[str, Tensor]
    sizes: Mapping[str, Dim]
    indices: dict[str, Index]
    bound: Mapping[int, list[Letter]]
    reserved: Collection[str] = ()
    use: Callable[[Reader, ast.expr, Tensor, tuple[sp.Expr, ...] | None], None] | None = None
    depth: int = 0
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        self.reserved = self.reserved or self.tensors
        self.names = Names(self.reserved, list(self.indices))

    def value(self, node: ast.expr) -> Value:
        """What a subtree says."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(node, f"this is nested deeper than {MAX_DEPTH}", "state it in several equations")
        made: Value = read(node, self)
        self.depth -= 1
        return made

    def component(self, node: ast.expr) -> sp.Expr:
        """What a subtree says, which must be a component or a scalar."""
        value = self.value(node)
        if isinstance(value, Array):
            if value.rank:
                raise self.error(node, f"this is a whole array {shape_text(value.sizes)} where one component is asked for",
                                 "write its indices: x[n,d]")
            return self.at(node, value, ())
        return value

    def at(self, node: ast.expr, value: Array, place: tuple[sp.Expr, ...]) -> sp.Expr:
        """A component of an array."""
        return cast(sp.Expr, self.fitting(node, value.at, place))

    def fitting(self, node: ast.expr, verb: Callable[..., Any], *arguments: Any) -> Any:
        """verb(arguments), with shapes that don't fit reported at the node."""
        try:
            return verb(*arguments)
        except Unfit as unfit:
            raise self.statement.error(node, unfit.message, unfit.hint, unfit.kind) from None

    def mapped(self, node: ast.expr, f: Callable[..., sp.Expr], *values: Value) -> Value:
        """f of components, or elementwise if one of the values is an array."""
        for value in values:
            if isinstance(value, Array):
                return cast(Array, self.fitting(node, elementwise, f, values))
        return f(*values)

    def size(self, node: ast.expr) -> sp.Expr:
        """A subtree that says a size."""
        return read_size(self.statement, node, self.size_named)

    def size_named(self, node: ast.Name) -> sp.Expr:
        """The size of that name."""
        if node.id in self.sizes:
            return self.sizes[node.id]
        known = ", ".join(self.sizes) or "none"
        raise self.error(node, f"{node.id} is no size; the sizes are {known}", did_you_mean(node.id, self.sizes))

    def error(self, node: ast.AST | None, message: str, hint: str = "", kind: type[NotationError] = NotationError) -> NotationError:
        """An error at a node."""
        return self.statement.error(node, message, hint, kind)


@singledispatch
def read(node: ast.AST, reader: Reader) -> Value:
    """What a node of the syntax tree says."""
    kind = type(node)
    raise reader.error(node, f"{_KINDS.get(kind, 'this')} has no place in the notation", _KIND_HINTS.get(kind, ""))


_KINDS: dict[type[ast.AST], str] = {
    ast.Lambda: "lambda", ast.ListComp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.JoinedStr: "a string", ast.NamedExpr: ":=", ast.Starred: "*", ast.Slice: ":",
    ast.List: "a list", ast.Set: "a set", ast.Tuple: "a list of several", ast.Dict: "a dictionary",
    ast.Await: "await", ast.Yield: "yield", ast.YieldFrom: "yield",
}
_KIND_HINTS: dict[type[ast.AST], str] = {
    ast.GeneratorExp: "write sum[n](...)", ast.ListComp: "write sum[n](...)", ast.NamedExpr: "write helpers as equations of their own",
    ast.Lambda: "name a function that is left open with one letter: f(x)",
}


@read.register(ast.Name)
def _name(node: ast.Name, reader: Reader) -> Value:
    name = node.id
    if name in reader.indices:
        return reader.indices[name]
    if name in reader.tensors:
        tensor = reader.tensors[name]
        if reader.use:
            reader.use(reader, node, tensor, None if tensor.rank else ())
        return whole(tensor) if tensor.rank else Component(tensor)
    if name in reader.sizes:
        return reader.sizes[name]
    if name in SYMBOLS:
        return cast(sp.Expr, SYMBOLS[name])
    raise unknown(reader, node, name)


def unknown(reader: Reader, node: ast.AST, name: str) -> NotationError:
    """A name that means nothing here, with the nearest one that does."""
    if name in FUNCTIONS:
        return reader.error(node, f"{name} is a function", f"write {name}(...)")
    known = [*reader.tensors, *reader.sizes, *reader.indices]
    hint = did_you_mean(name, [k for k in known if len(name) > 1]) or HINTS.get(name, "")
    if len(name) == 1 and not upper_case(name):
        hint = hint or f"an index stands on the left side or in a sum: sum[{name}](...)"
        return reader.error(node, f"{name} is neither a tensor nor an index here", hint)
    kind = "size or tensor" if upper_case(name) else "tensor"
    every = f"the names here are {', '.join(known)}" if 0 < len(known) <= 20 else ""
    return reader.error(node, f"{name} is no {kind} that was declared", hint or every)


@read.register(ast.Constant)
def _constant(node: ast.Constant, reader: Reader) -> Value:
    return number(reader.statement, node)
