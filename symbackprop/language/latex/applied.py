"""Functions of values: of the table, with primes, left open, of whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import sympy as sp

from symbackprop.language import matrices
from symbackprop.language.calls import default_values
from symbackprop.language.definitions import derivative
from symbackprop.language.functions import TABLE
from symbackprop.language.latex import functions_of_arrays
from symbackprop.language.latex.products import Value, elementwise_of, scalar
from symbackprop.language.latex.refusals import error
from symbackprop.language.latex.tree import Absolute, Call, Ref, Tree
from symbackprop.language.nodes import Unspecified
from symbackprop.language.powers import function, power
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Tensor

if TYPE_CHECKING:
    from symbackprop.language.latex.elaborate import Elaborator

_X = Tensor("x")


def _call(e: Elaborator, node: Call) -> Value:
    name = node.name
    if name == "log" and len(node.arguments) == 1 and (of := _determinant_of(e, node.arguments[0])) is not None and not node.primes:
        return Value(matrices.log_determinant(e.value(of).array, e.names))
    values = [e.value(a) for a in node.arguments]
    if node.open:
        if len(values) != 1:
            raise error(e.text, node.at, f"{name} is left open; it takes one argument")
        return elementwise_of(lambda x: Unspecified(name, x, node.primes), values)
    if name == "sqrt":
        return elementwise_of(e.fitted(node, lambda x: power(x, sp.S.Half)), values)
    if name in functions_of_arrays.RULES and not (name in ("max", "min") and len(values) > 1):
        if node.primes or len(values) != functions_of_arrays.COUNT.get(name, 1):
            raise error(
                e.text, node.at, f"{name} takes one array and has no prime" if node.primes else f"{name} takes another number of arguments"
            )
        return functions_of_arrays.RULES[name](values, e.names)
    if name in ("max", "min"):
        return _extreme(e, node, values)
    return _elementwise(e, node, values)


def _determinant_of(e: Elaborator, node: Tree) -> Tree | None:
    if isinstance(node, Call) and node.name == "det":
        return node.arguments[0]
    if isinstance(node, Absolute):
        inside = _determinant_of(e, node.of) if isinstance(node.of, Call) else None
        return inside or (node.of if isinstance(node.of, Ref) and e.value(node.of).rank == 2 else None)
    return None


def _extreme(e: Elaborator, node: Call, values: Sequence[Value]) -> Value:
    if node.primes:
        raise error(e.text, node.at, f"{node.name} can't have a prime", "write its derivative as an indicator")
    larger = e.fitted(node, lambda a, b: function(f"{node.name}imum", a, b))
    made = values[0]
    for v in values[1:]:
        made = elementwise_of(larger, [made, v])
    return made


def _elementwise(e: Elaborator, node: Call, values: list[Value]) -> Value:
    name = node.name
    if node.primes:
        if len(values) != 1 or node.primes > 1:
            raise error(e.text, node.at, f"this derivative of {name} isn't read", "write its formula")
        slope = _slope_of(name)
        return elementwise_of(lambda x: cast(sp.Expr, substitute(slope, {_X(): x})), values)
    if name in TABLE:
        parameters, defaults = TABLE[name].names, default_values(name)
        values += [scalar(defaults[p]) for p in parameters[len(values) :] if p in defaults]
        if len(values) != len(parameters):
            raise error(e.text, node.at, f"{name} takes {TABLE[name].parameters}")
    elif len(values) != 1:
        raise error(e.text, node.at, f"{name} takes one argument", "a product inside needs no comma")
    return elementwise_of(e.fitted(node, lambda *x: function(name, *x)), values)


@cache
def _slope_of(name: str) -> sp.Expr:
    defaults = default_values(name) if name in TABLE else {}
    return derivative(function(name, _X(), *defaults.values()))


RULES: dict[type, Callable[[Elaborator, Any], Value]] = {Call: _call}
