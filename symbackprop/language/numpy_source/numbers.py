"""Scalar arithmetic of source: + - * / // % **, comparisons, with what stays a whole number told from what doesn't."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from fractions import Fraction
from typing import cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Compare, Delta, InRange
from symbackprop.language.numpy_source.bounds import in_range, never_negative
from symbackprop.language.numpy_source.machine import size_of
from symbackprop.language.numpy_source.ndarray import Nd, Place, constant, elementwise
from symbackprop.language.numpy_source.rounding import cut, floating, of_sizes, sign_of_difference
from symbackprop.language.numpy_source.text import MAX_DIGITS
from symbackprop.language.powers import power
from symbackprop.language.sizes import only_sizes
from symbackprop.language.subscripts import is_index_expression
from symbackprop.language.tensors import Component, Index

RELATIONS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=", ast.Gt: ">", ast.GtE: ">="}


def literal(value: int | float) -> Nd:
    """A number of the source, exactly as it is written."""
    if isinstance(value, int):
        if value.bit_length() > 4 * MAX_DIGITS:
            raise Unfit(f"a number has more than {MAX_DIGITS} digits")
        return constant(value)
    if not math.isfinite(value) or (value and abs(math.log10(abs(value))) > MAX_DIGITS):
        raise Unfit(f"the number {value} is too large or too small")
    exact = Fraction(repr(value))
    return constant(sp.Rational(exact.numerator, exact.denominator), "float")


def divide(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a / b"""
    return cast(sp.Expr, a * power(b, sp.S.NegativeOne))


def _divisor(e: sp.Expr) -> sp.Expr:
    # i/i and [x > 0]/[x > 0] are not 1 where they are 0/0: neither is shortened here.
    if isinstance(e, (Compare, Delta, InRange)):
        raise Unfit("this divides by a condition, which may be 0")
    counts = e.atoms(Index) and not e.atoms(Component) and e.is_polynomial()
    if counts and not (never_negative(sp.expand(e - 1)) or never_negative(sp.expand(-e - 1))):
        raise Unfit(f"whether {str(e)[:40]} is 0 at some place isn't known")
    return e


def floor_divide(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """⌊a/b⌋ of sizes and whole numbers."""
    if b.is_zero:
        raise Unfit("this divides by 0")
    if a.is_Rational and b.is_Rational:
        return cast(sp.Expr, sp.floor(a / b))
    if not only_sizes(a) and only_sizes(b) and (parts := _divided(a, b)) is not None:
        return parts[0]
    if not only_sizes(a) or not only_sizes(b):
        raise Unfit("// of what isn't a size isn't read")
    exact = sp.cancel(a / b)
    if exact.is_polynomial() and all(c.is_Integer for c in exact.as_coefficients_dict().values()):
        return cast(sp.Expr, exact)
    if not b.is_Integer:
        raise Unfit("// by a size isn't read")
    return cast(sp.Expr, sp.floor(sp.expand(a / b)))


def _divided(a: sp.Expr, b: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """(i, j) for a = i b + j with 0 ≤ j < b, places i and j; None where that isn't seen."""
    if not is_index_expression(a):
        return None
    quotient = remainder = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(a)):
        exact = sp.cancel(term / b)
        if exact.is_polynomial() and all(c.is_Integer for c in exact.as_coefficients_dict().values()):
            quotient += exact
        else:
            remainder += term
    return (quotient, remainder) if in_range(remainder, b) else None


def modulo(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a mod b of whole numbers, or of sizes that b divides."""
    if a.is_Integer and b.is_Integer and not b.is_zero:
        return cast(sp.Expr, a % b)
    if only_sizes(b) and (parts := _divided(a, b)) is not None:
        return parts[1]
    raise Unfit("% of what isn't a number isn't read")


def to_whole(nd: Nd, facts: tuple[sp.Expr, ...] = ()) -> Nd:
    """int(x): towards zero, of a number or of a quotient of sizes, which is not negative."""
    if nd.axes:
        raise Unfit("int() is for one number")
    e = nd.at(())
    if nd.kind != "float":
        return constant(e)
    if e.is_Rational:
        return constant(cut(nd))
    inner = sp.expand(e)
    if inner.free_symbols and of_sizes(inner) and not inner.atoms(sp.Function) - inner.atoms(sp.floor):
        denominator = sp.fraction(sp.together(inner))[1]
        if denominator.is_Integer and nd.floating is None and never_negative(inner, facts):
            return constant(cast(sp.Expr, sp.floor(inner)))
    raise Unfit("int() of what depends on data isn't read")


def any_of(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """1 where either condition is 1."""
    return cast(sp.Expr, a + b - a * b)


def negated(a: Nd) -> Nd:
    """not a, of conditions."""
    if a.kind != "bool":
        raise Unfit("~ and not are read of conditions only")
    return elementwise(lambda e: 1 - e, [a])


MAX_EXPONENT = 40
MAX_BITS = 600  # of a number that comes of the source's own
MAX_BITS_OF_ARRAY = 31  # of the product of two whole numbers in an array
MAX_POWER_OF_ARRAY = 8  # of whole numbers in an array
MAX_FORMULA = 120  # nodes of a whole number's formula
MAX_DEGREE = 12  # of a whole number's formula in the sizes


def _kept_small(nd: Nd) -> Nd:
    """The same array, unless its numbers grow beyond all use."""

    bounded = bool(nd.axes) and nd.kind == "int"

    def at(place: Place) -> sp.Expr:
        e = nd.at(place)
        if bounded and sum(sorted(n.p.bit_length() for n in e.atoms(sp.Integer))[-2:]) > MAX_BITS_OF_ARRAY:
            raise Unfit("the whole numbers of an array may grow beyond what it can hold")
        for number in (e, *e.args[:1]):
            if number.is_Rational and (number.p.bit_length() > MAX_BITS or number.q.bit_length() > MAX_BITS):
                raise Unfit("a number grows beyond what is read")
        return e

    if not nd.axes and (nd.kind == "int" or nd.at(()).is_Rational):
        e = at(())
        if nd.kind == "int" and (size_of(e, MAX_FORMULA) >= MAX_FORMULA or _degree(e) > MAX_DEGREE):
            raise Unfit("the formula of this whole number is too long to be read")
        return constant(e, nd.kind)
    return Nd(nd.axes, at, nd.kind, uniform=nd.uniform)


def _degree(e: sp.Expr) -> int:
    if isinstance(e, sp.Add):
        return max(map(_degree, e.args))
    if isinstance(e, sp.Mul):
        return sum(map(_degree, e.args))
    if isinstance(e, sp.Pow):
        return _degree(e.base) * int(e.exp) if e.exp.is_Integer and e.exp > 0 else 1
    return 0 if e.is_number else 1


def arithmetic(op: ast.operator, a: Nd, b: Nd, whole_division: bool = False) -> Nd:
    """a op b, broadcast, with numbers that stay of a readable size."""
    if isinstance(op, ast.Pow) and not b.axes and b.at(()).is_Integer and abs(b.at(())) > MAX_EXPONENT and a.kind != "float":
        raise Unfit(f"whole numbers to powers beyond {MAX_EXPONENT} aren't read")
    made = _kept_small(_arithmetic(op, a, b, whole_division))
    if made.axes or made.kind != "float":
        return made
    rounded = floating(op, a, b)
    return made if rounded is None else replace(made, floating=rounded)


def _arithmetic(op: ast.operator, a: Nd, b: Nd, whole_division: bool) -> Nd:
    # `whole_division`: / of whole numbers rounds down, as in Python 2.
    both_bool = a.kind == b.kind == "bool"
    match op:
        case ast.Add():
            if both_bool and not a.axes and not b.axes:
                raise Unfit("True + True is 2 in Python and True in NumPy: this isn't read", "int(...) makes a number of a condition")
            return elementwise(any_of if both_bool else lambda p, q: p + q, [a, b])
        case ast.Sub() if not both_bool:
            return elementwise(lambda p, q: p - q, [a, b])
        case ast.Mult():
            return elementwise(lambda p, q: p * q, [a, b])
        case ast.Div():
            if whole_division and a.kind != "float" and b.kind != "float":
                if a.axes or b.axes or not (only_sizes(a.at(())) and only_sizes(b.at(()))):
                    raise Unfit("/ of whole numbers rounds down in Python 2: this isn't read")
                try:
                    return constant(floor_divide(a.at(()), b.at(())))
                except Unfit as error:
                    raise Unfit(f"in Python 2 / of whole numbers rounds down, and {error.message}", "divide by float(n)") from None
            return elementwise(lambda p, q: divide(p, _divisor(q)), [a, b], "float")
        case ast.FloorDiv() if a.kind != "float" and b.kind != "float":
            return elementwise(floor_divide, [a, b], "int")
        case ast.Mod() if a.kind != "float" and b.kind != "float":
            return elementwise(modulo, [a, b], "int")
        case ast.Pow():
            return elementwise(power, [a, b], _kind_of_power(a, b))
        case ast.BitAnd() if both_bool:
            return elementwise(lambda p, q: p * q, [a, b])
        case ast.BitOr() if both_bool:
            return elementwise(any_of, [a, b])
        case ast.BitXor() if both_bool:
            return elementwise(lambda p, q: p + q - 2 * p * q, [a, b])
    raise Unfit("this operator isn't read for these values")


def _kind_of_power(a: Nd, b: Nd) -> str:
    if "float" in (a.kind, b.kind):
        return "float"
    if b.axes or not b.at(()).is_nonnegative:
        raise Unfit("whole numbers to negative powers aren't read")
    if a.axes and not (b.at(()).is_Integer and b.at(()) <= MAX_POWER_OF_ARRAY):
        raise Unfit(f"arrays of whole numbers to powers beyond {MAX_POWER_OF_ARRAY} aren't read")
    return "int"


def compared(relation: str, a: Nd, b: Nd) -> Nd | bool:
    """a < b and the like; True or False where that is known."""
    if not a.axes and not b.axes:
        sign = sign_of_difference(a, b)
        if sign is not None:
            return {"<": sign < 0, "<=": sign <= 0, "==": sign == 0, "!=": sign != 0, ">": sign > 0, ">=": sign >= 0}[relation]
    if relation in ("==", "!=") and a.kind == b.kind == "int":
        return elementwise(_same if relation == "==" else lambda p, q: 1 - _same(p, q), [a, b], "bool")
    return elementwise(lambda p, q: cast(sp.Expr, Compare(relation, p, q)), [a, b], "bool")


def _same(p: sp.Expr, q: sp.Expr) -> sp.Expr:
    if is_index_expression(p) and is_index_expression(q) and not (only_sizes(p) and only_sizes(q)):
        return Delta(p, q)
    return cast(sp.Expr, Compare("==", p, q))
