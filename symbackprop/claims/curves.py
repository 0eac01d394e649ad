"""A function of one real variable, piece by piece: f = fₖ on the k-th interval, each fₖ analytic, a value at each joint.

    curve("elu", alpha=None)     x for x > 0, α(eˣ − 1) for x < 0, 0 at 0; α stays a letter
    curve("x**2*sigmoid(x)")     an expression in x
    curve(layer)                 y[n,d] = f(x[n,d])

A parameter is a number, or None to leave it a letter, of which `assuming` may say something ("alpha > 0").
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias, cast

import sympy as sp

from symbackprop.claims.limits import limit_of
from symbackprop.claims.setting import assumed, inlined
from symbackprop.claims.signs import by_signs
from symbackprop.language.definitions import definition
from symbackprop.language.functions import TABLE, FieldFunction
from symbackprop.language.nodes import Compare, Max, Prod, Sum, Where
from symbackprop.language.tensors import Component, Tensor
from symbackprop.layer import Layer

X = sp.Symbol("x", real=True)
MOST_DERIVATIVES = 6
"""Whether all derivatives agree at a joint is looked at up to this order."""


@dataclass(frozen=True)
class Piece:
    """f = value for low < x < high."""

    low: sp.Expr
    high: sp.Expr
    value: sp.Expr


@dataclass(frozen=True)
class Curve:
    """A function and its pieces, from left to right; `joints` are the places between them, with f's value there."""

    name: str
    expression: sp.Expr
    variable: Component
    pieces: tuple[Piece, ...]
    joints: tuple[tuple[sp.Expr, sp.Expr], ...]
    parameters: Mapping[str, sp.Symbol]

    def derivative(self, order: int = 1) -> Curve:
        """The derivative on the pieces; at a joint where one-sided derivatives differ it has no value (nan)."""
        pieces = tuple(replace(p, value=sp.diff(p.value, X, order)) for p in self.pieces)
        bare = replace(self, name=self.name + "′" * order, pieces=pieces, joints=())
        return replace(bare, joints=tuple((at, _common(bare.sides(k))) for k, (at, _) in enumerate(self.joints)))

    def sides(self, k: int) -> tuple[sp.Expr, sp.Expr]:
        """The limits from the left and from the right at the k-th joint."""
        left, right = self.pieces[k], self.pieces[k + 1]
        return _end(left.value, left.high, "-"), _end(right.value, right.low, "+")

    def jump(self, k: int) -> sp.Expr:
        """The limit from the right less that from the left at the k-th joint."""
        left, right = self.sides(k)
        return sp.simplify(right - left)

    def at(self, x: sp.Expr) -> sp.Expr:
        """The value at a number."""
        for place, value in self.joints:
            if sp.simplify(place - x) == 0:
                return value
        piece = next(p for p in self.pieces if bool(p.low < x) and bool(x < p.high))
        return cast(sp.Expr, sp.simplify(piece.value.subs(X, x)))


def _end(e: sp.Expr, at: sp.Expr, side: str) -> sp.Expr:
    found = sp.simplify(e.subs(X, at))
    return limit_of(e, X, at, side) if found.has(sp.zoo, sp.nan) else cast(sp.Expr, found)


def _common(sides: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    return sides[0] if sp.simplify(sides[0] - sides[1]) == 0 else sp.nan


Function: TypeAlias = str | Layer | sp.Expr
Parameter: TypeAlias = int | Fraction | sp.Rational | None


def curve(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> Curve:
    """The curve of a function: a name of the table with parameters, an expression in x, or an elementwise layer.

    Raises ValueError for what is no function of one real variable that can be split into analytic pieces.
    """
    if isinstance(f, Curve):
        return f
    name, expression, variable = _read(f, assuming, parameters)
    symbols = _symbols(expression, variable)
    plain = cast(sp.Expr, _defined(expression).xreplace({variable: X, **symbols}))
    pieces = tuple(_merged(list(_split(plain, -sp.oo, sp.oo))))
    joints = tuple((p.high, _value_at(plain, p.high)) for p in pieces[:-1])
    return Curve(name, expression, variable, pieces, joints, {c.tensor.name: s for c, s in symbols.items()})


def _read(f: Function, assuming: str, parameters: Mapping[str, Parameter]) -> tuple[str, sp.Expr, Component]:
    if isinstance(f, Layer):
        layer = assumed(f, assuming)
        right = inlined(layer.equation(layer.outputs[0].name).right, layer)
        return f.name, right, _only(right, f.name)
    if isinstance(f, str):
        layer = assumed(_layer(f, parameters), assuming)
        return f, layer.equation("y").right, layer.inputs[0]()
    return str(f), f, _only(f, str(f))


def _layer(f: str, parameters: Mapping[str, Parameter]) -> Layer:
    if f == "identity":
        return Layer(f, "x -> y", "y = x")
    if f not in TABLE:
        names = "".join(f", {p}" for p in parameters)
        return Layer("f", f"x{names} -> y", f"y = {f}")
    row = TABLE[f]
    for name in parameters:
        if name not in row.names[1:]:
            raise ValueError(f"{f} has no parameter {name!r}; it has {', '.join(row.names[1:]) or 'none'}")
    values = [_written(parameters.get(n, row.defaults.get(n)), n) for n in row.names[1:]]
    letters = [n for n, v in zip(row.names[1:], values, strict=True) if v == n]
    return Layer(f, ", ".join(["x", *letters]) + " -> y", f"y = {f}({', '.join(['x', *values])})")


def _written(value: object, name: str) -> str:
    if value is None:
        return name
    if isinstance(value, (int, Fraction, sp.Rational, str)) and not isinstance(value, bool):
        return f"({value})"
    raise TypeError(f"{name} = {value!r}; it should be an exact number, or None for a letter")


def _only(e: sp.Expr, name: str) -> Component:
    if e.has(Sum, Max, Prod):
        raise ValueError(f"{name} is no function of one variable: it takes a sum, a product or a maximum over many")
    found = sorted(e.atoms(Component), key=str)
    if len(found) > 1:
        found = [c for c in found if c.tensor.name == "x"] or found
    if not found or len({c for c in found if c.tensor == found[0].tensor}) > 1:
        raise ValueError(f"{name} is no function of one variable")
    return cast(Component, found[0])


def _symbols(e: sp.Expr, variable: Component) -> dict[Component, sp.Symbol]:
    others = sorted((c for c in e.atoms(Component) if c != variable), key=str)
    return {c: letter(c.tensor) for c in others}


def letter(t: Tensor) -> sp.Symbol:
    """A plain symbol with the sign that the tensor is declared to have."""
    return sp.Symbol(t.name, real=True, **({t.sign: True} if t.sign else {}))


def _defined(e: sp.Expr) -> sp.Expr:
    while functions := e.atoms(FieldFunction):
        e = cast(sp.Expr, e.xreplace({f: definition(f) for f in functions}))
    return e


def _split(e: sp.Expr, low: sp.Expr, high: sp.Expr) -> Iterator[Piece]:
    """Pieces on (low, high): the first open comparison is decided at each side of its joint."""
    condition = next((c for c in sorted(e.atoms(Compare), key=str) if not c.args[0].has(Compare, Where)), None)
    if condition is None:
        yield Piece(low, high, e)
        return
    difference = sp.expand(condition.args[0] - condition.args[1])
    if not difference.has(X) or not difference.is_polynomial(X) or sp.degree(difference, X) != 1:
        raise ValueError(f"the case distinction {condition} is no comparison with a number")
    joint = sp.solve(difference, X)[0]
    if not joint.is_number:
        raise ValueError(f"the joint {joint} is no number; give its parameters values")
    ends = [low, *([joint] if bool(low < joint) and bool(joint < high) else []), high]
    for a, b in itertools.pairwise(ends):
        yield from _split(_settled(e, {condition: _holds(condition, difference, _middle(a, b))}), a, b)


def _middle(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    if a is -sp.oo:
        return sp.S.Zero if b is sp.oo else b - 1
    return a + 1 if b is sp.oo else (a + b) / 2


def _holds(c: Compare, difference: sp.Expr, at: sp.Expr) -> sp.Expr:
    return by_signs(Compare(c.relation, difference.subs(X, at), sp.S.Zero))


def _settled(e: sp.Expr, known: dict[Any, Any]) -> sp.Expr:
    return by_signs(cast(sp.Expr, e.xreplace(known)))


def _merged(pieces: list[Piece]) -> Iterator[Piece]:
    held = pieces[0]
    for p in pieces[1:]:
        if p.value == held.value:
            held = replace(held, high=p.high)
        else:
            yield held
            held = p
    yield held


def _value_at(e: sp.Expr, at: sp.Expr) -> sp.Expr:
    while e.has(Compare):
        condition = next(c for c in sorted(e.atoms(Compare), key=str) if not c.args[0].has(Compare, Where))
        difference = sp.expand(condition.args[0] - condition.args[1])
        e = _settled(e, {condition: _holds(condition, difference, at)})
    return cast(sp.Expr, sp.simplify(e.subs(X, at)))
