"""Values by brute force: one entry at a time, every sum written out, in fractions where they stay rational.

Shares nothing with the project's own evaluation but the nodes and the definitions of the functions. What is not rational
becomes a ball of 200 bits, so that a value is exact or knows how inexact it is. `Undefined` is raised where an
expression has no value (1/0, log of −1, a root of −1), `Unclear` where a ball doesn't tell a sign.
"""
from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import product
from typing import Any

import flint
import sympy as sp

from symbackprop.language import nodes
from symbackprop.language.definitions import definition
from symbackprop.language.functions import FieldFunction
from symbackprop.language.tensors import Component, Dim, Index

Value = Fraction | flint.arb
BITS = 200
COMPARE = {"<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge}
FUNCTIONS = {sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.atan: "atan", sp.erf: "erf"}
EXACT = {("exp", 0): 1, ("log", 1): 0, ("sin", 0): 0, ("cos", 0): 1, ("atan", 0): 0, ("erf", 0): 0}


class Undefined(ArithmeticError):
    """The expression has no value here."""


class Unclear(ArithmeticError):
    """A ball is too wide to tell."""


def ball(v: Value) -> flint.arb:
    """The number as a ball."""
    return v if isinstance(v, flint.arb) else flint.arb(flint.fmpq(v.numerator, v.denominator))


def sign(v: Value) -> int:
    """−1, 0 or 1."""
    if isinstance(v, Fraction):
        return (v > 0) - (v < 0)
    if v > 0 or v < 0:
        return 1 if v > 0 else -1
    raise Unclear(str(v))


def together(operation: Any, a: Value, b: Value) -> Value:
    """a + b or a · b; exact where both are, or where a factor is exactly 0."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return operation(a, b)
    if operation is operator.mul and any(isinstance(v, Fraction) and v == 0 for v in (a, b)):
        return Fraction(0)
    return operation(ball(a), ball(b))


def power(base: Value, exponent: Value) -> Value:
    """baseᵉ for real numbers: roots of what is negative and inverses of 0 are undefined, 0⁰ = 1."""
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        e = exponent.numerator
        if e < 0 and sign(base) == 0:
            raise Undefined("1/0")
        return base**e if e >= 0 else 1 / base**-e
    if sign(base) < 0:
        raise Undefined("a root of a negative number")
    if sign(base) == 0:
        if sign(exponent) < 0:
            raise Undefined("1/0")
        return Fraction(1 if sign(exponent) == 0 else 0)
    if isinstance(base, Fraction) and exponent == Fraction(1, 2):
        top, bottom = math.isqrt(base.numerator), math.isqrt(base.denominator)
        if Fraction(top, bottom) ** 2 == base:
            return Fraction(top, bottom)
    return ball(base) ** ball(exponent)


class Point:
    """Sizes by name; for each tensor its components by place, those that are missing being 0.

    Without `thresholds`, a comparison of numbers that are equal is undefined.
    """

    def __init__(self, sizes: Mapping[str, int], arrays: Mapping[str, Mapping[tuple[int, ...], Fraction]],
                 functions: Mapping[str, Sequence[Any]] | None = None, thresholds: bool = True) -> None:
        self.sizes, self.arrays, self.functions, self.thresholds = sizes, arrays, functions or {}, thresholds
        self.known: dict[Any, Value | ArithmeticError] = {}

    def away(self) -> Point:
        """The point, where nothing that stands at a threshold has a value."""
        return Point(self.sizes, self.arrays, self.functions, thresholds=False)

    def __repr__(self) -> str:
        return f"Point({dict(self.sizes)}, {{{', '.join(f'{k}: {[str(v) for v in a.values()]}' for k, a in self.arrays.items())}}})"

    def entries(self, e: sp.Expr, free: tuple[Index, ...]) -> list[Value]:
        """The value at every place of the free indices."""
        with flint.ctx.workprec(BITS):
            return [self.at(e, where) for where in self.places(free, {})]

    def places(self, bound: Sequence[Index], where: dict[Index, int]) -> Iterator[dict[Index, int]]:
        for place in product(*(range(self.whole(i.size, {})) for i in bound)):
            yield {**where, **dict(zip(bound, place, strict=True))}

    def whole(self, e: sp.Expr, where: dict[Index, int]) -> int:
        """The value of a subscript or a size."""
        value = self.at(e, where)
        assert isinstance(value, Fraction) and value.denominator == 1, e
        return int(value)

    def at(self, e: Any, where: dict[Index, int]) -> Value:
        match e:
            case sp.Rational():
                return Fraction(int(e.p), int(e.q))
            case Index():
                return Fraction(where[e])
            case Dim():
                return Fraction(self.sizes[e.name])
            case Component():
                place = tuple(self.whole(i, where) for i in e.indices)
                return self.arrays[e.tensor.name].get(place, Fraction(0))
            case sp.Add():
                return reduce(lambda a, b: together(operator.add, a, b), [self.at(a, where) for a in e.args])
            case sp.Mul():
                return reduce(lambda a, b: together(operator.mul, a, b), [self.at(a, where) for a in e.args])
            case sp.exp():
                return self.function("exp", self.at(e.args[0], where))
            case sp.Pow():
                return power(self.at(e.base, where), self.at(e.exp, where))
            case sp.floor():
                return Fraction(math.floor(self.at(e.args[0], where)))  # type: ignore[arg-type]
            case nodes.Unspecified():
                return self.functions[e.name][e.order](self.at(e.args[0], where))
        return self.node(e, where)

    def node(self, e: Any, where: dict[Index, int]) -> Value:
        """The value of a node that is worth remembering: at each place of its free indices once."""
        key = e, tuple(where[i] for i in free_indices(e))
        known = self.known.get(key)
        if known is None:
            try:
                known = self.worked_out(e, where)
            except (Undefined, Unclear) as error:
                known = error
            self.known[key] = known
        if isinstance(known, ArithmeticError):
            raise known
        return known

    def worked_out(self, e: Any, where: dict[Index, int]) -> Value:
        match e:
            case FieldFunction():
                return self.at(definition(e), where)
            case nodes.Sum():
                return reduce(lambda a, b: together(operator.add, a, b), self.terms(e, where))
            case nodes.Prod():
                return reduce(lambda a, b: together(operator.mul, a, b), self.terms(e, where))
            case nodes.Max():
                return reduce(lambda a, b: a if sign(together(operator.add, a, -b)) >= 0 else b, self.terms(e, where))
            case nodes.IsArgmax():
                return self.is_argmax(e, where)
            case nodes.Delta():
                return Fraction(self.whole(e.args[0], where) == self.whole(e.args[1], where))
            case nodes.InRange():
                return Fraction(0 <= self.whole(e.args[0], where) < self.whole(e.args[1], where))
            case nodes.Compare():
                left, right = (self.at(a, where) for a in e.args)
                side = sign(together(operator.add, left, -right))
                if not side and not self.thresholds and e.has(Component):
                    raise Undefined(f"{e} at its threshold")
                return Fraction(COMPARE[e.relation](side, 0))
            case nodes.Where():
                return self.at(e.args[1] if sign(self.at(e.args[0], where)) else e.args[2], where)
            case nodes.Det():
                return determinant(self.matrix(e, where))
            case nodes.LogDet():
                return self.function("log", abs(determinant(self.matrix(e, where))))
            case nodes.Inverse():
                return cofactor(self.matrix(e, where), *(self.whole(a, where) for a in e.at))
        return self.scalar(e, where)

    def scalar(self, e: Any, where: dict[Index, int]) -> Value:
        if e is sp.pi:
            return flint.arb.pi()
        if e is sp.E:
            return flint.arb(1).exp()
        if isinstance(e, sp.Symbol) and e.name in ("step0", "sign0"):
            return Fraction(0)
        if isinstance(e, sp.Abs):
            return abs(self.at(e.args[0], where))
        if isinstance(e, sp.sign):
            return Fraction(sign(self.at(e.args[0], where)))
        if e is sp.zoo or e is sp.nan or e.has(sp.I):
            raise Undefined(str(e))
        return self.function(FUNCTIONS[type(e)], self.at(e.args[0], where))

    def function(self, name: str, v: Value) -> Value:
        if isinstance(v, Fraction) and (name, v) in EXACT:
            return Fraction(EXACT[name, v])
        if name == "log" and sign(v) <= 0:
            raise Undefined("log")
        made = getattr(ball(v), name)()
        if not made.is_finite():
            raise Unclear(str(made))
        return made

    def terms(self, e: Any, where: dict[Index, int]) -> list[Value]:
        return [self.at(e.body, inner) for inner in self.places(e.bound, where)]

    def is_argmax(self, e: Any, where: dict[Index, int]) -> Value:
        best: tuple[Value, dict[Index, int]] | None = None
        for inner in self.places(e.bound, where):
            v = self.at(e.body, inner)
            if best is None or sign(together(operator.add, v, -best[0])) > 0:
                best = v, inner
        assert best is not None
        return Fraction(all(best[1][i] == self.whole(a, where) for i, a in zip(e.bound, e.at, strict=True)))

    def matrix(self, e: Any, where: dict[Index, int]) -> list[list[Value]]:
        rows, columns = (self.whole(i.size, {}) for i in e.bound)
        assert rows == columns
        return [[self.at(e.body, {**where, e.bound[0]: p, e.bound[1]: q}) for q in range(columns)] for p in range(rows)]


@lru_cache(maxsize=100_000)
def free_indices(e: sp.Expr) -> tuple[Index, ...]:
    """The indices that the value of a node depends on."""
    return tuple(sorted((s for s in e.free_symbols if isinstance(s, Index)), key=lambda i: i.name))


def determinant(m: list[list[Value]]) -> Value:
    """By the first row."""
    if not m:
        return Fraction(1)
    return reduce(lambda a, b: together(operator.add, a, b),
                  (together(operator.mul, (-1) ** k * v, determinant(minor(m, 0, k))) for k, v in enumerate(m[0])))


def minor(m: list[list[Value]], row: int, column: int) -> list[list[Value]]:
    return [[v for k, v in enumerate(r) if k != column] for n, r in enumerate(m) if n != row]


def cofactor(m: list[list[Value]], row: int, column: int) -> Value:
    """(M⁻¹)[row, column] by Cramer's rule; 0 outside."""
    det = determinant(m)
    if sign(det) == 0:
        raise Undefined("singular")
    if not (0 <= row < len(m) and 0 <= column < len(m)):
        return Fraction(0)
    return together(operator.mul, (-1) ** (row + column) * determinant(minor(m, column, row)), 1 / det)


def differ(a: Value, b: Value) -> bool:
    """Whether two values are certainly different."""
    return a != b if isinstance(a, Fraction) and isinstance(b, Fraction) else not ball(a).overlaps(ball(b))


def difference(left: sp.Expr, right: sp.Expr, free: tuple[Index, ...], points: Sequence[Point]) -> tuple[Point | None, int]:
    """The first point at which two expressions differ, None where they never do; and how many points had both sides."""
    counted = 0
    for point in points:
        try:
            a, b = point.entries(left, free), point.entries(right, free)
        except (Undefined, Unclear):
            continue
        counted += 1
        if any(map(differ, a, b)):
            return point, counted
    return None, counted
