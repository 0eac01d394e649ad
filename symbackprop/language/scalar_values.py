"""The values of numbers, sizes, indices, arithmetic, functions, indicators and cases."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.contraction import spread
from symbackprop.language.definitions import definition
from symbackprop.language.domains import DomainError, compare
from symbackprop.language.functions import FieldFunction
from symbackprop.language.labelled import Labelled, Scope, evaluate, indicator, rule, together, union
from symbackprop.language.nodes import Compare, Delta, InRange, Partial, Unspecified, Where
from symbackprop.language.tensors import Dim, Index

# Leaves


@rule.register
def _number(e: sp.Rational, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.number(int(e.p), int(e.q)))


@rule.register
def _float(e: sp.Float, scope: Scope) -> Labelled:
    exact = sp.Rational(e)
    return Labelled((), scope.domain.number(int(exact.p), int(exact.q)))


@rule.register(sp.core.numbers.Pi)
def _pi(_e: Any, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.pi())


@rule.register(sp.core.numbers.Exp1)
def _e(_e: Any, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.functions["exp"](scope.domain.number(1, 1)))


@rule.register(sp.core.numbers.ComplexInfinity)
@rule.register(sp.core.numbers.NaN)
def _undefined(_e: Any, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.nan)


@rule.register
def _size(e: Dim, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.number(scope.extent(e), 1))


@rule.register
def _index(e: Index, scope: Scope) -> Labelled:
    if e in scope.places:
        return Labelled((), scope.domain.number(scope.places[e], 1))
    return Labelled((e,), scope.domain.convert(np.arange(scope.extent(e.size))))


@rule.register
def _symbol(e: sp.Symbol, scope: Scope) -> Labelled:
    if e.name not in scope.symbols:
        raise ValueError(f"the symbol {e.name} has no value")
    number = scope.symbols[e.name]
    if number is None:
        return Labelled((), scope.domain.nan)
    exact = sp.Rational(number) if not isinstance(number, Fraction) else number
    top, bottom = (exact.numerator, exact.denominator) if isinstance(exact, Fraction) else (int(exact.p), int(exact.q))
    return Labelled((), scope.domain.number(top, bottom))


# Arithmetic


@rule.register
def _add(e: sp.Add, scope: Scope) -> Labelled:
    return reduce(lambda a, b: together(np.add, a, b), (evaluate(a, scope) for a in e.args))


@rule.register
def _mul(e: sp.Mul, scope: Scope) -> Labelled:
    return reduce(lambda a, b: together(np.multiply, a, b), (evaluate(a, scope) for a in e.args))


@rule.register
def _power(e: sp.Pow, scope: Scope) -> Labelled:
    base, exponent = evaluate(e.base, scope), e.exp
    if isinstance(exponent, sp.Rational):
        return Labelled(base.axes, scope.domain.power(base.array, Fraction(int(exponent.p), int(exponent.q))))
    power = scope.domain.power
    if isinstance(exponent, sp.Float) or scope.domain.dtype is np.int64:
        raise DomainError(f"{exponent} is no exact exponent")
    return together(power, base, evaluate(exponent, scope))


@rule.register
def _floor(e: sp.floor, scope: Scope) -> Labelled:
    return Labelled((), scope.domain.number(scope.extent(e), 1))


@rule.register
def _absolute(e: sp.Abs, scope: Scope) -> Labelled:
    # SymPy's own: it writes √(x²) as |x|.
    inside = evaluate(e.args[0], scope)
    positive = compare(scope.domain, ">=", inside.array, scope.domain.number(0, 1))
    return Labelled(inside.axes, np.where(positive, inside.array, np.negative(inside.array)))


# Functions

PRIMITIVE: dict[Any, str] = {sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.atan: "atan", sp.erf: "erf"}


@rule.register(sp.exp)
@rule.register(sp.log)
@rule.register(sp.sin)
@rule.register(sp.cos)
@rule.register(sp.atan)
@rule.register(sp.erf)
def _primitive(e: Any, scope: Scope) -> Labelled:
    inside = evaluate(e.args[0], scope)
    return Labelled(inside.axes, scope.domain.functions[PRIMITIVE[type(e)]](inside.array))


@rule.register
def _field_function(e: FieldFunction, scope: Scope) -> Labelled:
    stable = scope.domain.stable.get(e.entry.name)
    if stable is None:
        made = evaluate(definition(e), scope)
        # relu(nan) is nan, though where(nan > 0, nan, 0) is 0.
        return reduce(lambda v, a: _unless_nan(v, evaluate(a, scope), scope), e.args, made) if "where" in e.entry.definition else made
    inside = evaluate(e.args[0], scope)
    return Labelled(inside.axes, stable(inside.array))


def _unless_nan(made: Labelled, argument: Labelled, scope: Scope) -> Labelled:
    if np.all(scope.domain.finite(argument.array)):
        return made
    lost = Labelled(argument.axes, np.asarray(scope.domain.sign(argument.array)) == 2)
    return together(lambda v, gone: np.where(gone, scope.domain.nan, v), made, lost)


@rule.register
def _unspecified(e: Unspecified, scope: Scope) -> Labelled:
    known = scope.functions.get(e.name, ())
    if e.order >= len(known):
        primes = "'" * e.order
        raise ValueError(
            f"the function {e.name}{primes} has no callable; "
            f"give {e.name} as a tuple ({e.name}, {e.name}', ...) of {e.order + 1}"
        )
    inside = evaluate(e.args[0], scope)
    array = known[e.order](inside.array)
    return Labelled(inside.axes, np.asarray(array, dtype=scope.domain.dtype))


# Indicators and cases


@rule.register
def _delta(e: Delta, scope: Scope) -> Labelled:
    left, right = (evaluate(a, scope.integers) for a in e.args)
    met = together(np.equal, left, right)
    return indicator(met.axes, met.array, scope)


@rule.register
def _in_range(e: InRange, scope: Scope) -> Labelled:
    place, size = (evaluate(a, scope.integers) for a in e.args)
    met = together(lambda p, s: (p >= 0) & (p < s), place, size)
    return indicator(met.axes, met.array, scope)


@rule.register
def _compare(e: Compare, scope: Scope) -> Labelled:
    met = _holds(e, scope)
    return indicator(met.axes, met.array, scope)


def _holds(e: sp.Expr, scope: Scope) -> Labelled:
    """The boolean array of a condition."""
    if isinstance(e, Compare):
        left, right = (evaluate(a, scope) for a in e.args)
        return together(lambda a, b: compare(scope.domain, e.relation, a, b), left, right)
    met = evaluate(e, scope)
    return Labelled(met.axes, compare(scope.domain, "!=", met.array, scope.domain.number(0, 1)))


@rule.register
def _where(e: Where, scope: Scope) -> Labelled:
    condition, then, otherwise = _holds(e.args[0], scope), evaluate(e.args[1], scope), evaluate(e.args[2], scope)
    axes = union(condition.axes, then.axes, otherwise.axes)
    return Labelled(axes, np.where(spread(condition, axes), spread(then, axes), spread(otherwise, axes)))


@rule.register
def _partial(e: Partial, scope: Scope) -> Labelled:
    if scope.partial is None:
        raise ValueError(f"{e} is a derivative that is not yet carried out; it has no value by itself")
    return scope.partial(e, scope)
