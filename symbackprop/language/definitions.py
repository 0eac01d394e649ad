"""What a function of the field is and what its derivative is, as expressions: the table's rows, read once.

    definition(relu(z[n]))      where(z[n] > 0, z[n], 0)
    derivative(tanh(z[n]))      1 - tanh(z[n])**2
    kinks(relu(z[n]))           (z[n],)

What Step and sign are at 0 stays open here: `step0` and `sign0` are SymPy Symbols.
"""
from __future__ import annotations

from functools import cache
from typing import cast

import sympy as sp

from symbackprop.language.errors import NotationError
from symbackprop.language.functions import PRIMITIVES, TABLE, FieldFunction
from symbackprop.language.nodes import Unspecified
from symbackprop.language.notation import read_expression
from symbackprop.language.scope import SYMBOLS, Scope, scope
from symbackprop.language.tensors import Tensor

__all__ = ["SIGN0", "STEP0", "NotationError", "definition", "derivative", "is_differentiable", "kinks"]

STEP0, SIGN0 = SYMBOLS["step0"], SYMBOLS["sign0"]
PRIMITIVE_DERIVATIVES = {"exp": "exp(x)", "log": "1/x", "sin": "cos(x)", "cos": "-sin(x)",
                         "atan": "1/(1 + x**2)", "erf": "2/sqrt(pi)*exp(-x**2)"}
_NAMES = {f: name for name, f in PRIMITIVES.items()}
_X = Tensor("x")


def definition(node: sp.Expr) -> sp.Expr:
    """What an application of a function of the table is by definition; KeyError for a primitive one."""
    name = type(node).__name__
    if name not in TABLE:
        raise KeyError(f"{name} is primitive: it has no definition")
    return _filled(_definition(name), _parameters(name), node)


def derivative(node: sp.Expr, position: int = 0) -> sp.Expr:
    """∂f/∂(its argument at `position`), for an application of a function of the table, a primitive or an open function.

    Raises KeyError where the table says that the function isn't differentiable in that parameter.
    """
    if isinstance(node, Unspecified):
        return Unspecified(node.name, node.args[0], node.order + 1)
    if isinstance(node, FieldFunction):
        name = type(node).__name__
        return _filled(_derivative(name, position), _parameters(name), node)
    return _filled(_primitive_derivative(_NAMES[node.func]), (_X,), node)


def is_differentiable(node: sp.Expr, position: int = 0) -> bool:
    """Whether `derivative` knows the derivative in that parameter."""
    if isinstance(node, FieldFunction):
        return node.entry.names[position] in node.entry.derivatives
    return isinstance(node, Unspecified) or node.func in _NAMES


def kinks(node: sp.Expr) -> tuple[sp.Expr, ...]:
    """Expressions that are 0 where the function isn't smooth; none for what is smooth everywhere."""
    if not isinstance(node, FieldFunction):
        return ()
    name = type(node).__name__
    return tuple(_filled(k, _parameters(name), node) for k in _kinks(name))


def _filled(body: sp.Expr, parameters: tuple[Tensor, ...], node: sp.Expr) -> sp.Expr:
    # A row has no sums, so that no argument can be caught; all parameters are replaced at once.
    return cast(sp.Expr, body.xreplace({p(): a for p, a in zip(parameters, node.args, strict=True)}))


@cache
def _parameters(name: str) -> tuple[Tensor, ...]:
    return tuple(Tensor(p) for p in TABLE[name].names)


def _scope(name: str) -> Scope:
    return scope(_parameters(name))


@cache
def _definition(name: str) -> sp.Expr:
    return read_expression(TABLE[name].definition, _scope(name), indices=())


@cache
def _derivative(name: str, position: int) -> sp.Expr:
    row = TABLE[name]
    parameter = row.names[position]
    if parameter not in row.derivatives:
        raise KeyError(f"{name}({row.parameters}) isn't differentiated by {parameter}")
    return read_expression(row.derivatives[parameter], _scope(name), indices=())


@cache
def _kinks(name: str) -> tuple[sp.Expr, ...]:
    return tuple(read_expression(k, _scope(name), indices=()) for k in TABLE[name].kinks)


@cache
def _primitive_derivative(name: str) -> sp.Expr:
    return read_expression(PRIMITIVE_DERIVATIVES[name], scope((_X,)), indices=())
