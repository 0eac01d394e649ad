"""Signs, bounds, zeros and limits of rational functions of eˣ and of real variables, exactly.

1/4 − σ(1 − σ) is (E − 1)²/(4 (E + 1)²) with E = eˣ > 0: never negative, and 0 only where E = 1, that is x = 0.
A factor of such a quotient has a known sign if its exponent is even, if its coefficients have one sign and its
variables are positive, or if it has no real root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import sympy as sp

from symbackprop.language.functions import FieldFunction
from symbackprop.language.tensors import Component


@dataclass(frozen=True)
class Quotient:
    """coefficient · Π factorᵉ over plain symbols; `exponents` says which symbol stands for e to the power of what."""

    coefficient: sp.Rational
    factors: tuple[tuple[sp.Expr, int], ...]
    exponents: dict[sp.Symbol, sp.Expr]

    @property
    def sign(self) -> str:
        """positive, nonnegative, zero, negative, nonpositive, or "" where the factors don't tell."""
        if self.coefficient == 0:
            return "zero"
        signs = [_sign(factor, power) for factor, power in self.factors]
        if "" in signs:
            return ""
        negative = (signs.count("negative") + bool(self.coefficient < 0)) % 2
        strict = "nonnegative" not in signs
        return ("negative" if strict else "nonpositive") if negative else ("positive" if strict else "nonnegative")

    @property
    def zeros(self) -> tuple[sp.Expr, ...]:
        """The factors that can make it 0: those above the line whose sign is not strict."""
        return tuple(f for f, power in self.factors if power > 0 and _sign(f, 1) not in ("positive", "negative"))


def quotient(e: sp.Expr) -> Quotient:
    """The expression in factors. ValueError if it is no quotient of polynomials in variables and exponentials."""
    exponents: dict[sp.Symbol, sp.Expr] = {}
    plain = sp.together(_plain(_defined(e), exponents, {}))
    coefficient, factors = _factors(sp.numer(plain))
    below, denominators = _factors(sp.denom(plain))
    every = [*factors, *((f, -p) for f, p in denominators)]
    return Quotient(coefficient / below, tuple((f, int(p)) for f, p in every), exponents)


def _factors(polynomial: sp.Expr) -> tuple[sp.Rational, list[tuple[sp.Expr, int]]]:
    polynomial = sp.expand(polynomial)
    if polynomial.is_number:
        return polynomial, []
    coefficient, factors = sp.factor_list(polynomial)
    return coefficient, factors


def tends_to_zero(e: sp.Expr, variable: Component) -> tuple[bool, bool]:
    """Whether e → 0 as the variable goes to −∞, and as it goes to ∞: the orders at E → 0 and at E → ∞."""
    found = quotient(e)
    symbols = [s for s, exponent in found.exponents.items() if exponent == variable]
    free = set().union(*(f.free_symbols for f, _ in found.factors))
    if len(symbols) != 1 or free != set(symbols):
        raise ValueError(f"{e} is no quotient of polynomials in the exponential of {variable} alone")
    polynomials = [(sp.Poly(f, symbols[0]), power) for f, power in found.factors]
    degree = sum(p.degree() * power for p, power in polynomials)
    order = sum(min(m[0] for m in p.monoms()) * power for p, power in polynomials)
    return order > 0, degree < 0


def implies(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether left = 0 ⇒ right = 0: each zero of the one is one of the other, E − 1 standing for x."""
    first = quotient(left)
    second = quotient(right)
    zeros = {_as_exponent(f, first) for f in first.zeros}
    wanted = {_as_exponent(f, second) for f in second.zeros}
    return (
        bool(zeros)
        and zeros <= wanted
        and all(power > 0 or _sign(f, 1) in ("positive", "negative") for f, power in second.factors)
    )


def _as_exponent(factor: sp.Expr, of: Quotient) -> sp.Expr:
    # e^u = 1 where u = 0, and nowhere else.
    for symbol, exponent in of.exponents.items():
        if sp.expand(factor - (symbol - 1)) == 0 or sp.expand(factor - (1 - symbol)) == 0:
            return _plain(exponent, {}, {})
    return factor


def _defined(e: sp.Expr) -> sp.Expr:
    from symbackprop.language.definitions import definition

    while functions := e.atoms(FieldFunction):
        if any(f.entry.kinks for f in functions):
            raise ValueError(f"{e} has a kink")
        e = cast(sp.Expr, e.xreplace({f: definition(f) for f in functions}))
    return e


def _plain(e: sp.Expr, exponents: dict[sp.Symbol, sp.Expr], variables: dict[sp.Expr, sp.Symbol]) -> sp.Expr:
    match e:
        case sp.exp(args=(exponent,)):
            return _power_of_e(cast(sp.Expr, exponent), exponents)
        case Component():
            return variables.setdefault(e, sp.Symbol(f"v_{e}", real=True, positive=e.is_positive))
        case sp.Number() | sp.Symbol():
            return e
        case sp.Add() | sp.Mul() | sp.Pow():
            if isinstance(e, sp.Pow) and not e.exp.is_Integer:
                raise ValueError(f"{e} is no rational function")
            return cast(sp.Expr, e.func(*(_plain(a, exponents, variables) for a in e.args)))
    raise ValueError(f"{e} is no rational function of variables and their exponentials")


def _power_of_e(exponent: sp.Expr, exponents: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    number, base = exponent.as_coeff_Mul()
    if not number.is_Integer:
        raise ValueError(f"the exponent {exponent} is no whole multiple of a variable")
    symbol = sp.Symbol(f"E_{base}", positive=True)
    exponents[symbol] = base
    return cast(sp.Expr, symbol**number)


def _sign(factor: sp.Expr, power: int) -> str:
    sign = _strict_sign(factor)
    if power % 2 == 0:
        return "positive" if sign or power < 0 else "nonnegative"
    return sign


def _strict_sign(factor: sp.Expr) -> str:
    """positive or negative where the factor is that at all values of its variables, else ""."""
    variables = sorted(factor.free_symbols, key=str)
    all_positive = all(v.is_positive for v in variables)
    coefficients = sp.Poly(factor, *variables).coeffs() if variables else [factor]
    if all_positive and all(c > 0 for c in coefficients):
        return "positive"
    if all_positive and all(c < 0 for c in coefficients):
        return "negative"
    if len(variables) == 1 and sp.Poly(factor, variables[0]).count_roots(0 if all_positive else None, None) == 0:
        return "positive" if factor.subs(variables[0], 1) > 0 else "negative"
    return ""
