"""Numbers that are exact, or that know how inexact they are, in arrays of objects.

EXACT        fractions.Fraction; refuses what is not rational
balls(bits)  real balls (flint.arb): a midpoint and a proven radius
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from symbackprop.language.domains import Array, Domain, DomainError, Unary, irrational


def elementwise(function: Callable[..., Any], *arrays: Any) -> Array:
    """The function at every entry of arrays of objects, as an array of objects."""
    return np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=object)


def _is_finite(a: Any) -> npt.NDArray[np.bool_]:
    finite = np.frompyfunc(lambda v: bool(v.is_finite() if isinstance(v, flint.arb) else v == v), 1, 1)(a)
    return np.asarray(finite, dtype=bool)


def _stacked(function: Callable[[Any], Any], result_rank: int) -> Callable[[Array], Array]:
    """A function of one square matrix (a list of rows), applied to stacked ones."""

    def apply(a: Array) -> Array:
        size = a.shape[-1]
        out = np.empty((*a.shape[:-2], *(size,) * result_rank), dtype=object)
        for place in np.ndindex(a.shape[:-2]):
            out[place] = function(a[place].tolist())
        return out

    return apply


def eliminate(rows: list[list[Fraction]]) -> tuple[list[list[Fraction]], Fraction]:
    """The reduced rows of [M | R] by exact Gaussian elimination, and det M; (rows, 0) where M is singular."""
    rows, det = [list(r) for r in rows], Fraction(1)
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k] != 0), None)
        if pivot is None:
            return rows, Fraction(0)
        if pivot != k:
            rows[k], rows[pivot], det = rows[pivot], rows[k], -det
        det *= rows[k][k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[k] != 0:
                rows[i] = [v - row[k] * w for v, w in zip(row, rows[k], strict=True)]
    return rows, det


def _exact_inverse(rows: list[list[Fraction]]) -> Any:
    size = len(rows)
    both, det = eliminate([[*row, *(Fraction(int(i == j)) for j in range(size))] for i, row in enumerate(rows)])
    return [row[size:] for row in both] if det else [[math.nan] * size] * size


def _exact_root(value: Fraction, degree: int) -> Fraction:
    top, bottom = round(value.numerator ** (1 / degree)), round(value.denominator ** (1 / degree))
    if value < 0 or Fraction(top, bottom) ** degree != value:
        raise DomainError(f"{value}**(1/{degree}) is not rational")
    return Fraction(top, bottom)


def _fraction_power(base: Any, exponent: Any) -> Any:
    if base != base or exponent != exponent:
        return math.nan
    if base == 0 and exponent < 0:
        return math.nan
    whole = base if exponent.denominator == 1 else _exact_root(base, exponent.denominator)
    return whole**exponent.numerator


def _fraction(value: Any) -> Fraction | float:
    if isinstance(value, Fraction) or value != value:
        return value  # type: ignore[no-any-return]
    if hasattr(value, "p") and hasattr(value, "q"):
        return Fraction(int(value.p), int(value.q))
    return Fraction(value.item() if isinstance(value, np.generic) else value)


def _fraction_sign(a: Any) -> Array:
    return np.asarray(np.frompyfunc(lambda v: 2 if v != v else (v > 0) - (v < 0), 1, 1)(a), dtype=np.int64)


EXACT = Domain(
    "exact",
    object,
    Fraction,
    lambda a: elementwise(_fraction, np.asarray(a, dtype=object)),
    math.nan,
    lambda: irrational("pi")(0),
    {
        **{name: irrational(name) for name in ("exp", "log", "sin", "cos", "atan", "erf")},
        "sqrt": lambda a: elementwise(lambda v: _fraction_power(v, Fraction(1, 2)), a),
    },
    _fraction_sign,
    lambda base, exponent: elementwise(_fraction_power, base, exponent),
    {
        "inverse": _stacked(_exact_inverse, 2),
        "det": _stacked(lambda rows: eliminate(rows)[1], 0),
        "logdet": irrational("logdet"),
    },
    _is_finite,
)


def ball(value: Any) -> flint.arb:
    """The number as a ball at the precision in force; a rational becomes the smallest ball around it."""
    if isinstance(value, (flint.arb, float, int)):
        return value if isinstance(value, flint.arb) else flint.arb(value)
    exact = _fraction(value)
    return flint.arb(exact) if isinstance(exact, float) else flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def _ball_power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, flint.arb):
        return base**exponent
    if exponent.denominator == 1:
        return base**exponent.numerator if exponent > 0 else 1 / base**-exponent.numerator
    if exponent.denominator == 2:
        root = base.sqrt() ** abs(exponent.numerator)
        return root if exponent > 0 else 1 / root
    return base ** ball(exponent)


def _ball_sign(widest: flint.arb) -> Callable[[Any], Array]:
    def sign(value: flint.arb) -> int:
        if not value.is_finite():
            return 2
        if value > 0 or value < 0:
            return 1 if value > 0 else -1
        # A ball that still holds 0 is 0 up to round-off, unless precision was lost on the way.
        if not value.rad() < widest:
            raise DomainError(f"the sign of {value} is lost to round-off")
        return 0

    return lambda a: np.asarray(np.frompyfunc(sign, 1, 1)(a), dtype=np.int64)


def _ball_matrix(function: Callable[[flint.arb_mat], Any], nan: Any) -> Callable[[list[list[Any]]], Any]:
    def apply(rows: list[list[Any]]) -> Any:
        try:
            return function(flint.arb_mat(rows))
        except ZeroDivisionError:
            return nan(len(rows))

    return apply


@contextmanager
def _precision(bits: int) -> Iterator[None]:
    with flint.ctx.workprec(bits), np.errstate(all="ignore"):
        yield


def _methods(*names: str) -> dict[str, Unary]:
    made: dict[str, np.ufunc] = {name: np.frompyfunc(getattr(flint.arb, name), 1, 1) for name in names}
    return {name: lambda a, f=f: np.asarray(f(a), dtype=object) for name, f in made.items()}  # type: ignore[misc]


@cache
def balls(bits: int = 128) -> Domain:
    """Real balls of that many bits: every result is a midpoint and a proven bound of its error."""
    nan = flint.arb.nan()
    inverse = _ball_matrix(lambda m: m.inv().tolist(), lambda size: [[nan] * size] * size)
    det = _ball_matrix(lambda m: m.det(), lambda _size: nan)
    return Domain(
        f"balls of {bits} bits",
        object,
        lambda p, q: flint.arb(flint.fmpq(p, q)),
        lambda a: elementwise(ball, np.asarray(a, dtype=object)),
        nan,
        flint.arb.pi,
        _methods("exp", "log", "sin", "cos", "atan", "erf", "sqrt"),
        _ball_sign(flint.arb(2) ** -(bits // 3)),
        lambda base, exponent: elementwise(_ball_power, base, exponent),
        {
            "inverse": _stacked(inverse, 2),
            "det": _stacked(det, 0),
            "logdet": _stacked(lambda rows: abs(det(rows)).log(), 0),
        },
        _is_finite,
        _methods("tanh", "sinh", "cosh", "tan"),
        lambda: _precision(bits),
    )
