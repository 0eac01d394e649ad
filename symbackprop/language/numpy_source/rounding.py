"""Floating numbers beside exact ones. 0.1 + 0.2 is 3/10 here and another number in the code that is read: what such a
difference decides isn't read.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.ndarray import Nd
from symbackprop.language.tensors import Component, Dim

CLOSE = 1e-9  # relative: nearer numbers may be equal, or in the other order, once they are rounded
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda p, q: p + q,
    ast.Sub: lambda p, q: p - q,
    ast.Mult: lambda p, q: p * q,
    ast.Div: lambda p, q: p / q,
    ast.Pow: lambda p, q: p**q,
}


def floating_of(a: Nd) -> float | None:
    """What a number without axes is in floating arithmetic; nan where that isn't known, None where it isn't rounded or is data."""
    if a.floating is not None:
        return a.floating
    e = a.at(())
    if not e.is_number:
        return None
    if a.kind == "float" and not a.uniform:
        return math.nan
    try:
        return float(e)
    except (TypeError, OverflowError):
        return math.nan


def floating(op: ast.operator, a: Nd, b: Nd) -> float | None:
    """a op b in floating arithmetic."""
    p, q = floating_of(a), floating_of(b)
    if p is None or q is None:
        return math.nan if _may_be_rounded(op, a, b) else None
    try:
        made = _OPERATORS[type(op)](p, q)
    except (KeyError, ArithmeticError):
        return math.nan
    return made if isinstance(made, float) else math.nan


def _may_be_rounded(op: ast.operator, a: Nd, b: Nd) -> bool:
    # A quotient of whole numbers, and a whole number beside it, are whole only where floating numbers say so too.
    parts = [v for v in (a, b) if v.kind == "float"]
    if not all(of_sizes(v.at(())) for v in parts):
        return False
    if any(v.floating is not None and math.isnan(v.floating) for v in parts):
        return True
    return (len(parts) > 1 or not isinstance(op, (ast.Add, ast.Sub))) and not all(_is_dyadic(v.at(())) for v in parts)


def of_sizes(e: sp.Expr) -> bool:
    """Whether it is made of sizes and numbers."""
    return all(isinstance(s, Dim) for s in e.free_symbols) and not e.atoms(Component)


def _is_dyadic(e: sp.Expr) -> bool:
    """Whether its numbers are whole multiples of 1/2, 1/4, ..., which floating numbers are too."""
    return all(not r.q & (r.q - 1) for r in e.atoms(sp.Rational))


def sign_of_difference(a: Nd, b: Nd) -> int | None:
    """The sign of a - b; None where it depends on data or sizes. Raises Unfit where it depends on rounding."""
    difference = sp.expand(a.at(()) - b.at(()))
    if not difference.is_number:
        return None
    sign = _sign(difference)
    if "float" not in (a.kind, b.kind):
        return sign
    p, q = floating_of(a), floating_of(b)
    if p is None or q is None or math.isnan(p) or math.isnan(q):
        same = abs(float(difference)) > CLOSE * float(abs(a.at(()).evalf()) + abs(b.at(()).evalf()))
    else:
        same = (p > q) - (p < q) == sign
    if not same:
        raise Unfit("this comparison depends on how numbers are rounded")
    return sign


def _sign(e: sp.Expr) -> int:
    if e.is_Rational:
        return int(sp.sign(e))
    found = e.evalf(30)
    if not (found.is_Float or found.is_Rational) or abs(found) < CLOSE:
        raise Unfit("which of two numbers is larger isn't known")
    return 1 if found > 0 else -1


def cut(a: Nd) -> int:
    """int(a) of a rational number. Raises Unfit where it depends on rounding."""
    e, found = a.at(()), floating_of(a)
    known = found is not None and not math.isnan(found)
    same = int(found) == int(e) if known else abs(e - round(e)) > CLOSE * abs(e)  # type: ignore[arg-type]
    if not same:
        raise Unfit("this whole number depends on how numbers are rounded")
    return int(e)
