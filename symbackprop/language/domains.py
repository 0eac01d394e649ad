"""The kinds of numbers that an expression can be evaluated in.

    FLOAT64, FLOAT32   NumPy floats, with a path that does not overflow for the functions that need one
    COMPLEX            complex doubles; comparisons look at real parts, as the complex step wants it
    INTEGERS           int64, for subscripts and sizes
    EXACT, balls(bits) fractions and real balls in arrays of objects: see `exact`

A domain is data: how to make its numbers, and the few operations that NumPy does not already give.
Where a function has no value (log(-1), 1/0) the result is the domain's `nan`; nothing is raised.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from fractions import Fraction
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
    "<": lambda s: s == -1,
    "<=": lambda s: (s == -1) | (s == 0),
    "==": lambda s: s == 0,
    ">": lambda s: s == 1,
    ">=": lambda s: (s == 1) | (s == 0),
    "!=": lambda s: (s != 0) & (s != 2),
}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "!=": operator.ne,
}


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
            return (
                (root, base * root)[abs(exponent.numerator) // 2]
                if exponent > 0
                else 1 / (root, base * root)[abs(exponent.numerator) // 2]
            )
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
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tan": np.tan,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "log_sigmoid": lambda x: -softplus(-x),
}


def _erf(x: Any) -> Any:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.asarray(x).dtype)


def _complex_erf(x: Any) -> Any:
    x = np.asarray(x)
    if np.all(np.abs(x.imag) < 1e-100):  # a ball would swallow so small a step; the next term is below 1e-300
        return _erf(x.real) + 2j / np.sqrt(np.pi) * np.exp(-(x.real**2)) * x.imag
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


def _of_reals(function: Unary) -> Unary:
    # A root or a logarithm of a negative number has no real value, in complex numbers neither.
    return lambda a: np.where(np.real(a) < 0, np.nan, function(a))


def _complex_power(base: Any, exponent: Any) -> Any:
    made = _float_power(base, exponent)
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return made
    whole = False if isinstance(exponent, Fraction) else np.real(exponent) == np.floor(np.real(exponent))
    return np.where((np.real(base) < 0) & np.logical_not(whole), np.nan, made)


def _numpy(name: str, dtype: Any, erf: Unary = _erf) -> Domain:
    functions: dict[str, Unary] = {
        "exp": np.exp,
        "log": np.log,
        "sin": np.sin,
        "cos": np.cos,
        "atan": np.arctan,
        "sqrt": np.sqrt,
        "erf": erf,
    }
    return Domain(
        name,
        dtype,
        lambda p, q: dtype(p / q),
        lambda a: np.asarray(a, dtype=dtype),
        dtype(np.nan),
        lambda: dtype(np.pi),
        functions,
        _float_sign,
        _float_power,
        {"inverse": _inverse, "det": np.linalg.det, "logdet": _logdet},
        np.isfinite,
        STABLE,
    )


FLOAT64, FLOAT32 = _numpy("float64", np.float64), _numpy("float32", np.float32)
COMPLEX = _numpy("complex128", np.complex128, _complex_erf)
COMPLEX = replace(
    COMPLEX,
    functions={**COMPLEX.functions, "sqrt": _of_reals(np.sqrt), "log": _of_reals(np.log)},
    power=_complex_power,
)


# Subscripts


def irrational(name: str) -> Unary:
    """The function of that name in a domain that has only rational numbers: a refusal."""

    def refuse(_value: Any) -> Any:
        raise DomainError(f"{name} has no rational value; evaluate in floats or balls")

    return refuse


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
    "integers",
    np.int64,
    _integer,
    lambda a: np.asarray(a, dtype=np.int64),
    np.int64(-1),
    lambda: irrational("pi")(0),
    {name: irrational(name) for name in ("exp", "log", "sin", "cos", "atan", "erf", "sqrt")},
    lambda a: np.asarray(np.sign(a)),
    _integer_power,
    dict.fromkeys(("inverse", "det", "logdet"), _no_matrix),
    lambda a: np.ones(np.shape(a), dtype=bool),
)
