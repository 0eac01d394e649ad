"""The plain notation: text to layers, expressions and answers.

    read_layer("x[N,D], W[D,H], b[H] -> z[N,H]", "z = x @ W + b")
    read_expression("sum[n](x[n,d]*dz[n,h])", scope, indices=(d, h))
    read_array("x.T @ dz", scope)
    read_assignments("dz1 = da1*step(z1); dW1 = x.T @ dz1", scope)

The text is Python syntax, read with `ast.parse` and never run. What is wrong raises NotationError, with line,
column and what would have been right; a text beyond the caps of `syntax` is refused at once.
"""
from __future__ import annotations

import ast

import sympy as sp

from symbackprop.language.arrays import Array, ArrayValue, Value, shape_of
from symbackprop.language.equation_reader import (
    Book,
    DerivativeEquation,
    component_at,
    component_of,
    fits,
    mismatch,
    read_equation,
    read_tree,
)
from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, ShapeMismatch
from symbackprop.language.layer_reader import LayerText, defined_name, read_assumptions, read_layer
from symbackprop.language.places import Letter
from symbackprop.language.reader import Reader
from symbackprop.language.scope import Scope, new_indices, scope, scope_of
from symbackprop.language.signature import read_signature
from symbackprop.language.syntax import Statement, statement, statements
from symbackprop.language.tensors import Index, Tensor

__all__ = ["ArrayValue", "DerivativeEquation", "LayerText", "NotationError", "Scope", "ShapeMismatch", "read_array", "read_assignments",
           "read_assumptions", "read_component", "read_expression", "read_layer", "read_signature", "scope", "scope_of", "target_indices"]


def read_expression(text: str, scope: Scope, target: Tensor | None = None, indices: tuple[Index, ...] | None = None) -> sp.Expr:
    """One expression in index style.

    With `indices`, these may stand free in it; an array-style text gives its component there, and must have their
    shape. With a `target`, the text is in array style and must have its shape; the component is read at
    `target_indices`. With neither, letters may stand free wherever their places tell their sizes.
    """
    if indices is None and target is not None:
        return _at(text, scope, target_indices(target, scope), ())
    if indices is not None:
        return _at(text, scope, indices, indices)
    reader, tree, value = _read(text, scope, None)
    return component_of(reader, tree, value)[1]


def _at(text: str, scope: Scope, place: tuple[Index, ...], free: tuple[Index, ...]) -> sp.Expr:
    reader, tree, value = _read(text, scope, free)
    expected, found = tuple(i.size for i in place), shape_of(value)
    if (found or free != place) and not fits(found, expected):
        raise mismatch(reader.statement, tree, "what is asked for", expected, found)
    if not isinstance(value, Array):
        return value
    return component_at(reader, tree, value, place if found else ())


def _read(text: str, scope: Scope, free: tuple[Index, ...] | None) -> tuple[Reader, ast.expr, Value]:
    said = statement(text)
    left, tree = said.parse()
    if left is not None:
        raise said.error(tree, "an expression has no =", "a comparison is written ==")
    letters = {i.name: Letter(i.name, i.size, f"told: {i.name} in {i.size}") for i in free or ()}
    reader, value = read_tree(Book(dict(scope.tensors), scope.sizes), said, tree, letters, opened=free is None)
    return reader, tree, value


def target_indices(target: Tensor, scope: Scope) -> tuple[Index, ...]:
    """The indices that an array-style text for a tensor is read at: d for D, h for H."""
    return new_indices(target.sizes, scope.tensors)


def read_component(text: str, scope: Scope, indices: tuple[Index, ...]) -> sp.Expr:
    """One expression in which the given indices may stand free; see `read_expression`."""
    return read_expression(text, scope, indices=indices)


def read_array(text: str, scope: Scope) -> ArrayValue:
    """An array-style text: its component at new indices, one for each axis, None for an axis of size 1."""
    reader, tree, value = _read(text, scope, ())
    indices, body = component_of(reader, tree, value)
    return ArrayValue(body, tuple(None if i.size is sp.S.One else i for i in indices), shape_of(value))


def read_assignments(text: str, scope: Scope) -> tuple[Equation | DerivativeEquation, ...]:
    """Equations about tensors of the scope, and helpers that later lines use.

    dW[d,h] = ..., dW = x.T @ dz, d(r[n,j], z[n,k]) = ... A target that the scope knows must have its shape, otherwise
    ShapeMismatch is raised; any other target is a helper, a new tensor.
    """
    book = Book(dict(scope.tensors), scope.sizes, answers=True)
    made: list[Equation | DerivativeEquation] = []
    seen: set[str] = set()
    for said in statements(text):
        made.append(read_equation(book, said, *_sides_of_answer(said, seen)))
    return tuple(made)


def _sides_of_answer(said: Statement, seen: set[str]) -> tuple[ast.expr | None, ast.expr]:
    left, right = said.parse()
    if left is None:
        raise said.error(None, "nothing says which variable this is for", "write dW[d,h] = ..., or dW = ... for whole arrays")
    written = ast.unparse(left)
    if written in seen or (name := defined_name(left)) in seen:
        raise said.error(left, f"{written} is defined twice", "use another name")
    seen.add(written if "-" in written or not name else name)
    return left, right
