"""The kinds of numbers that an expression can be evaluated in.

    FLOAT64, FLOAT32   NumPy floats, with a path that does not overflow for the functions that need one
    COMPLEX            complex doubles; comparisons look at real parts, as the complex step wants it
    EXACT              fractions.Fraction in object arrays; refuses what is not rational
    balls(bits)        real balls (flint.arb) in object arrays: a midpoint and a proven radius
    INTEGERS           int64, for subscripts and sizes

A domain is data: how to make its numbers, and the few operations that NumPy does not already give.
Where a function has no value (log(-1), 1/0) the result is the domain's `nan`; nothing is raised.
"""
from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Unary = Callable[[Any], Any]


class DomainError(ArithmeticError):
    """An operation that the domain does not have: exp of a Fraction, an inexact comparison of balls."""


@dataclass(frozen=True)
class Domain:
    """A kind of numbers.

    `number(p, q)` is p/q, `convert` makes an array of these numbers from an array-like of others.
    `functions` has exp, log, sin, cos, atan, erf and sqrt; `stable` has further functions by name that
    need not be evaluated through their definition. `sign(a)` is an integer array −1, 0, 1, or 2 where a is nan.
    `matrix` has inverse, det and logdet of stacked square matrices.
    """

    name: str
    dtype: Any
    number: Callable[[int, int], Any]
    convert: Callable[[Any], Array]
    nan: Any
    pi: Callable[[], Any]
    functions: Mapping[str, Unary] = field(repr=False)
    sign: Callable[[Any], Array] = field(repr=False)
    power: Callable[[Any, Any], Any] = field(repr=False)
    matrix: Mapping[str, Callable[[Array], Any]] = field(repr=False)
    finite: Callable[[Any], npt.NDArray[np.bool_]] = field(repr=False)
    stable: Mapping[str, Unary] = field(default_factory=dict, repr=False)
    context: Callable[[], AbstractContextManager[Any]] = field(default=lambda: np.errstate(all="ignore"), repr=False)

    @property
    def is_object(self) -> bool:
        """Whether arrays hold Python objects, so that BLAS and einsum are out of reach."""
        return bool(self.dtype is object)


COMPARISONS: dict[str, Callable[[Any], Any]] = {
    "<": lambda s: s == -1, "<=": lambda s: (s == -1) | (s == 0), "==": lambda s: s == 0,
    ">": lambda s: s == 1, ">=": lambda s: (s == 1) | (s == 0), "!=": lambda s: (s != 0) & (s != 2)}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, ">": operator.gt, ">=": operator.ge, "!=": operator.ne}


def compare(domain: Domain, relation: str, left: Any, right: Any) -> Any:
    """The boolean array [left relation right]; a comparison with nan does not hold."""
    if domain.is_object:
        return COMPARISONS[relation](domain.sign(np.subtract(left, right)))
    if domain.dtype is np.complex128:
        left, right = np.real(left), np.real(right)
    return ORDER[relation](left, right)


# Floats and complex numbers

def _float_sign(a: Any) -> Array:
    real = np.real(a)
    return np.asarray(np.where(np.isnan(real), 2, np.sign(real)), dtype=np.int64)


def _float_power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, Fraction):
        if exponent == -1:
            return 1 / base
        if exponent == 2:
            return base * base
        if exponent.denominator == 2 and abs(exponent.numerator) < 4:
            root = np.sqrt(base)
            return (root, base * root)[abs(exponent.numerator) // 2] if exponent > 0 else 1 / (root, base * root)[abs(exponent.numerator) // 2]
        exponent = float(exponent) if exponent.denominator != 1 or abs(exponent.numerator) > 64 else int(exponent)
    return np.power(base, exponent) if not isinstance(exponent, int) else np.asarray(base) ** exponent


def sigmoid(x: Any) -> Any:
    """1/(1 + e⁻ˣ), from e^−|x| alone."""
    small = np.exp(np.where(np.real(x) >= 0, -x, x))
    return np.where(np.real(x) >= 0, 1, small) / (1 + small)


def softplus(x: Any) -> Any:
    """log(1 + eˣ), from e^−|x| alone."""
    right = np.real(x) >= 0
    return np.where(right, x, x * 0) + np.log1p(np.exp(np.where(right, -x, x)))


STABLE: dict[str, Unary] = {
    "tanh": np.tanh, "sinh": np.sinh, "cosh": np.cosh, "tan": np.tan, "sigmoid": sigmoid, "softplus": softplus,
    "log_sigmoid": lambda x: -softplus(-x)}


def _erf(x: Any) -> Any:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.asarray(x).dtype)


def _complex_erf(x: Any) -> Any:
    return np.asarray(np.frompyfunc(lambda z: complex(flint.acb(z).erf()), 1, 1)(x), dtype=np.complex128)


def _inverse(a: Array) -> Any:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return np.full_like(a, np.nan)


def _logdet(a: Array) -> Any:
    # log|det| continued analytically, so that the complex step goes through it: ½ log(det²).
    sign, log = np.linalg.slogdet(a)
    return log + np.log(sign * sign) / 2 if np.iscomplexobj(a) else log


def _numpy(name: str, dtype: Any, erf: Unary = _erf) -> Domain:
    functions: dict[str, Unary] = {"exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "atan": np.arctan, "sqrt": np.sqrt, "erf": erf}
    return Domain(name, dtype, lambda p, q: dtype(p / q), lambda a: np.asarray(a, dtype=dtype), dtype(np.nan), lambda: dtype(np.pi),
                  functions, _float_sign, _float_power, {"inverse": _inverse, "det": np.linalg.det, "logdet": _logdet},
                  np.isfinite, STABLE)


FLOAT64, FLOAT32 = _numpy("float64", np.float64), _numpy("float32", np.float32)
COMPLEX = _numpy("complex128", np.complex128, _complex_erf)


# Objects

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
    return whole ** exponent.numerator


def _irrational(name: str) -> Unary:
    def refuse(_value: Any) -> Any:
        raise DomainError(f"{name} has no rational value; evaluate in floats or balls")
    return refuse


def _fraction(value: Any) -> Fraction | float:
    if isinstance(value, Fraction) or value != value:
        return value  # type: ignore[no-any-return]
    if hasattr(value, "p") and hasattr(value, "q"):
        return Fraction(int(value.p), int(value.q))
    return Fraction(value.item() if isinstance(value, np.generic) else value)


def _fraction_sign(a: Any) -> Array:
    return np.asarray(np.frompyfunc(lambda v: 2 if v != v else (v > 0) - (v < 0), 1, 1)(a), dtype=np.int64)


EXACT = Domain(
    "exact", object, Fraction, lambda a: elementwise(_fraction, np.asarray(a, dtype=object)), math.nan, lambda: _irrational("pi")(0),
    {**{name: _irrational(name) for name in ("exp", "log", "sin", "cos", "atan", "erf")}, "sqrt": lambda a: elementwise(lambda v: _fraction_power(v, Fraction(1, 2)), a)},
    _fraction_sign, lambda base, exponent: elementwise(_fraction_power, base, exponent),
    {"inverse": _stacked(_exact_inverse, 2), "det": _stacked(lambda rows: eliminate(rows)[1], 0), "logdet": _irrational("logdet")},
    _is_finite)


def ball(value: Any) -> flint.arb:
    """The number as a ball at the precision in force; a rational becomes the smallest ball around it."""
    if isinstance(value, (flint.arb, float, int)):
        return value if isinstance(value, flint.arb) else flint.arb(value)
    exact = _fraction(value)
    return flint.arb(exact) if isinstance(exact, float) else flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def _ball_power(base: flint.arb, exponent: Any) -> flint.arb:
    if isinstance(exponent, flint.arb):
        return base ** exponent
    if exponent.denominator == 1:
        return base ** exponent.numerator if exponent > 0 else 1 / base ** -exponent.numerator
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
        f"balls of {bits} bits", object, lambda p, q: flint.arb(flint.fmpq(p, q)), lambda a: elementwise(ball, np.asarray(a, dtype=object)),
        nan, flint.arb.pi, _methods("exp", "log", "sin", "cos", "atan", "erf", "sqrt"), _ball_sign(flint.arb(2) ** -(bits // 3)),
        lambda base, exponent: elementwise(_ball_power, base, exponent),
        {"inverse": _stacked(inverse, 2), "det": _stacked(det, 0), "logdet": _stacked(lambda rows: abs(det(rows)).log(), 0)},
        _is_finite, _methods("tanh", "sinh", "cosh", "tan"), lambda: _precision(bits))


# Subscripts

def _integer(p: int, q: int) -> Any:
    if q != 1:
        raise DomainError(f"{p}/{q} stands in a subscript, which counts places")
    return np.int64(p)


def _integer_power(base: Any, exponent: Any) -> Any:
    if not isinstance(exponent, Fraction) or exponent.denominator != 1 or exponent < 0:
        raise DomainError(f"a power {exponent} stands in a subscript, which is a polynomial")
    return np.power(base, int(exponent))


def _no_matrix(_a: Array) -> Any:
    raise DomainError("the function of a matrix stands in a subscript, which is a polynomial")


INTEGERS = Domain(
    "integers", np.int64, _integer, lambda a: np.asarray(a, dtype=np.int64), np.int64(-1), lambda: _irrational("pi")(0),
    {name: _irrational(name) for name in ("exp", "log", "sin", "cos", "atan", "erf", "sqrt")}, lambda a: np.asarray(np.sign(a)),
    _integer_power, dict.fromkeys(("inverse", "det", "logdet"), _no_matrix), lambda a: np.ones(np.shape(a), dtype=bool))
