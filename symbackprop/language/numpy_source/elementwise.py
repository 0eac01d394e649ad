"""The functions that go place by place."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Where
from symbackprop.language.numpy_source import ndarray
from symbackprop.language.numpy_source.arguments import kind_of, numeric
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, elementwise
from symbackprop.language.numpy_source.numbers import arithmetic, compared
from symbackprop.language.numpy_source.selecting import Nonzero
from symbackprop.language.powers import function, power

Verb = Callable[..., Any]


def map_(f: Callable[..., sp.Expr], count: int = 1, kind: str = "float") -> Verb:
    """y = f(x), place by place: the verb for a function of one or two arrays."""
    made = None if kind == "same" else kind
    if count == 1:
        return lambda m, x, *, dtype=None: elementwise(f, [_of_numbers(numeric(m, x))], made)
    if made is None:
        return lambda m, x, y: elementwise(f, [numeric(m, x), numeric(m, y)])
    return lambda m, x, y: elementwise(f, [_of_numbers(numeric(m, x)), _of_numbers(numeric(m, y))], made)


def _of_numbers(nd: Nd) -> Nd:
    """An array whose entries are numbers; of booleans NumPy takes functions in half precision, if at all."""
    if nd.kind == "bool":
        raise Unfit("a function of booleans isn't read", ".astype(float) makes numbers of them")
    return nd


def reciprocal_(m: Machine, x: Any) -> Nd:
    """y = 1/x, of numbers that are not whole."""
    nd = _of_numbers(numeric(m, x))
    if nd.kind == "int":
        raise Unfit("the reciprocal of whole numbers is a whole number", "write 1/x")
    return elementwise(lambda e: power(e, sp.S.NegativeOne), [nd], "float")


def named_(name: str) -> Verb:
    """y = f(x) for a function of the table, by its name."""
    return map_(lambda e: function(name, e))


def operator_(op: ast.operator) -> Verb:
    """x op y, broadcast: the verb for an operator."""
    return lambda m, x, y: arithmetic(op, numeric(m, x), numeric(m, y), m.old_division)


def relation_(relation: str) -> Verb:
    """[x < y] and the like, broadcast: the verb for a comparison."""
    return lambda m, x, y: compared(relation, numeric(m, x), numeric(m, y))


def larger(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """max(a, b); max(a, 0) is relu."""
    if a == 0 or b == 0:
        other = b if a == 0 else a
        return sp.Max(other, 0) if other.is_Number else function("relu", other)
    return function("maximum", a, b) if not (a.is_Number and b.is_Number) else sp.Max(a, b)


def smaller(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """min(a, b)"""
    return function("minimum", a, b) if not (a.is_Number and b.is_Number) else sp.Min(a, b)


def where_(m: Machine, condition: Any, x: Any = None, y: Any = None) -> Any:
    """y = a where the condition is 1, else b; the places where it is 1 if a and b are not told."""
    test = numeric(m, condition)
    if test.kind != "bool":
        raise Unfit("np.where takes a condition")
    if x is None or y is None:
        return Nonzero(test)
    x, y = numeric(m, x), numeric(m, y)
    kind = max(x.kind, y.kind, key=lambda k: ndarray.ORDER[k])
    return elementwise(lambda c, a, b: a if c == 1 else b if c == 0 else Where(c, a, b), [test, x, y], kind)


def clip_(m: Machine, x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Nd:
    """min(max(x, low), high), either end left out."""
    low, high, made = a_min if a_min is not None else min, a_max if a_max is not None else max, numeric(m, x)
    if low is not None:
        made = elementwise(larger, [made, numeric(m, low)])
    return made if high is None else elementwise(smaller, [made, numeric(m, high)])


def abs_(m: Machine, x: Any) -> Nd:
    """|x|"""
    nd = numeric(m, x)
    return elementwise(lambda e: abs(e) if e.is_Rational else function("abs", e), [nd], nd.kind)


def astype_(m: Machine, x: Any, dtype: Any = None, *, copy: Any = True) -> Nd:
    """x as numbers of another kind, where none is cut."""
    nd, kind = numeric(m, x), kind_of(dtype)
    if ndarray.ORDER[kind] < ndarray.ORDER[nd.kind]:
        if kind == "bool":
            raise Unfit("numbers as conditions aren't read", "write x != 0")
        raise Unfit("numbers are cut to whole numbers here: this isn't read")
    if nd.argmax and kind != nd.kind:
        raise Unfit("the place of a maximum can only be a subscript")
    return Nd(nd.axes, nd.at, kind, nd.argmax, uniform=nd.uniform and not nd.axes, among=nd.among, floating=nd.floating)


def logical_(f: Callable[..., sp.Expr]) -> Verb:
    """p and q, p or q of conditions: the verb for it."""
    def verb(m: Machine, x: Any, y: Any) -> Nd:
        a, b = numeric(m, x), numeric(m, y)
        if a.kind != "bool" or b.kind != "bool":
            raise Unfit("conditions are asked for")
        return elementwise(f, [a, b])

    return verb
