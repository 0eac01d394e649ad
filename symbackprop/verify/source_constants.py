"""Numbers that code gives to a layer's scalars itself: eps = 1e-5 as a default, in a dict, or in a sum.

A scalar that the call doesn't name is fixed in the layer at the number that the code takes, so that the same function
is compared.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.numpy_source.program import inlined
from symbackprop.language.tensors import Component, Tensor
from symbackprop.layer import Layer

ALSO = {"eps": ("epsilon", "EPS", "e"), "reg": ("lam", "reg_strength", "weight_decay", "l2")}
"""Other names of what layers call so."""
SMALL = Fraction(1, 100)
"""An unnamed summand up to this is taken for ε."""
GETTERS = ("get", "pop", "setdefault")


@dataclass(frozen=True)
class Constant:
    """A number and the line it stands in."""

    value: Fraction
    line: int


def left_out(call: ast.Module, layer: Layer) -> tuple[Tensor, ...]:
    """The layer's scalars that the call doesn't name."""
    named = {n.id for n in ast.walk(call) if isinstance(n, ast.Name)}
    return tuple(t for t in layer.inputs if not t.sizes and not t.is_integer_valued and t.name not in named)


def constant(name: str, call: ast.Module, source: ast.Module) -> tuple[Constant, bool] | None:
    """The number that the call's literals, else the functions that it reaches, give to a name; and whether the call does."""
    names = (name, *ALSO.get(name, ()))
    for in_call, trees in ((True, [call]), (False, list(_reached(call, source)))):
        for tree in trees:
            found = next(_given(tree, names), None) or (next(_summands(tree), None) if name == "eps" else None)
            if found is not None:
                return found, in_call
    return None


def _reached(call: ast.Module, source: ast.Module) -> Iterator[ast.stmt]:
    """The functions of the file that are reached from the call, then what stands outside of functions."""
    functions = {n.name: n for n in source.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    waiting: list[ast.AST] = [call]
    seen: dict[str, ast.stmt] = {}
    while waiting:
        for n in ast.walk(waiting.pop(0)):
            name = n.id if isinstance(n, ast.Name) else n.attr if isinstance(n, ast.Attribute) else ""
            if name in functions and name not in seen:
                seen[name] = functions[name]
                waiting.append(functions[name])
    yield from seen.values()
    yield from (n for n in source.body if not isinstance(n, (ast.FunctionDef, ast.ClassDef)))


def _given(tree: ast.AST, names: Iterable[str]) -> Iterator[Constant]:
    for n in ast.walk(tree):
        for name, value in _pairs(n):
            number = _number(value)
            if name in names and number is not None:
                yield Constant(number, getattr(value, "lineno", 0))


def _pairs(n: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names and what they are given here."""
    match n:
        case ast.arguments():
            positional = [*n.posonlyargs, *n.args]
            yield from ((a.arg, d) for a, d in zip(positional[len(positional) - len(n.defaults) :], n.defaults, strict=True))
            yield from ((a.arg, d) for a, d in zip(n.kwonlyargs, n.kw_defaults, strict=True) if d is not None)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.Call(func=ast.Attribute(attr=attr), args=[ast.Constant(value=str(name)), value]) if attr in GETTERS:
            yield name, value
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Dict():
            keyed = ((getattr(k, "value", None), v) for k, v in zip(n.keys, n.values, strict=True))
            yield from ((k, v) for k, v in keyed if isinstance(k, str))


def _summands(tree: ast.AST) -> Iterator[Constant]:
    for n in ast.walk(tree):
        if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add):
            for side in (n.left, n.right):
                number = _number(side)
                if number is not None and 0 < number <= SMALL:
                    yield Constant(number, side.lineno)


def _number(node: ast.expr) -> Fraction | None:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and abs(value) < 1e6:
            return Fraction(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _number(operand)
            return None if inner is None else -inner
        case ast.BinOp(left=ast.Constant(value=10), op=ast.Pow(), right=exponent):
            power = _number(exponent)
            return Fraction(10) ** int(power) if power is not None and power.denominator == 1 and abs(power) < 40 else None
    return None


def fixed(layer: Layer, values: Mapping[Tensor, Fraction]) -> Layer:
    """The layer with these scalars at numbers."""
    if not values:
        return layer
    numbers = {t: Equation(Component(t), sp.Rational(v.numerator, v.denominator)) for t, v in values.items()}
    equations = tuple(Equation(e.left, inlined(e.right, numbers), e.text) for e in layer.equations)
    assumptions = tuple(
        Assumption(a.relation, inlined(a.left, numbers), inlined(a.right, numbers), a.free, a.text)
        for a in layer.assumptions
        if not (a.left.atoms(Component) | a.right.atoms(Component)) & {q.left for q in numbers.values()}
    )
    inputs = tuple(t for t in layer.inputs if t not in values)
    return Layer.of(layer.name, inputs, layer.outputs, equations, assumptions, layer.source)
