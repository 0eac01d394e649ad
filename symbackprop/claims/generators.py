"""g(x) = c · Π factorᵉ, each factor a polynomial in x, exponentials E = e^u, erf, log and parameters.

Irrational constants stay coefficients. The identity g = c Π factorᵉ is SymPy's; nothing is assumed of the generators
but what their kind says: E > 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

import sympy as sp

Kind = Literal["variable", "exponential", "special", "parameter"]


@dataclass(frozen=True)
class Generator:
    """A symbol that stands for `value`: x, e^u, erf(...), log(...) or a parameter."""

    symbol: sp.Symbol
    value: sp.Expr
    kind: Kind

    @property
    def exponent(self) -> sp.Expr:
        """u, for e^u."""
        return cast(sp.Expr, self.value.args[0])

    def sign(self, low: sp.Expr, high: sp.Expr) -> int:
        """1 or −1 where it has one sign for x in (low, high), else 0."""
        match self.kind:
            case "exponential":
                return 1
            case "variable":
                return 1 if low >= 0 else -1 if high <= 0 else 0
            case "parameter":
                return 1 if self.value.is_positive else -1 if self.value.is_negative else 0
        return 0


@dataclass(frozen=True)
class Form:
    """coefficient · Π factorᵉ over symbols that stand for the generators."""

    coefficient: sp.Expr
    factors: tuple[tuple[sp.Expr, int], ...]
    generators: tuple[Generator, ...]

    def of(self, f: sp.Expr) -> tuple[Generator, ...]:
        """The generators in a factor."""
        return tuple(k for k in self.generators if f.has(k.symbol))

    def inserted(self, f: sp.Expr) -> sp.Expr:
        """The factor in x again."""
        return cast(sp.Expr, f.xreplace({k.symbol: k.value for k in self.generators}))


@cache
def split(g: sp.Expr, x: sp.Symbol) -> Form:
    """The form of g."""
    generators = _generators(g, x)
    plain = sp.together(_plain(g, generators, x))
    above, below = (_factors(p, generators) for p in sp.fraction(plain))
    every = [*above[1], *((f, -e) for f, e in below[1])]
    kept = tuple((f, e) for f, e in every if f.free_symbols)
    numbers = sp.Mul(*(f**e for f, e in every if not f.free_symbols))
    return Form(sp.simplify(above[0] / below[0] * numbers), kept, generators)


def _factors(p: sp.Expr, generators: tuple[Generator, ...]) -> tuple[sp.Expr, list[tuple[sp.Expr, int]]]:
    symbols = [k.symbol for k in generators if p.has(k.symbol)]
    if not symbols:
        return p, []
    constants = {c: sp.Dummy() for c in p.atoms(sp.Pow, sp.exp, type(sp.pi)) if not c.free_symbols and not c.is_Rational}
    p = sp.expand(p.xreplace(constants))
    if len(constants) > 1 or any(p.has(d) and not sp.Poly(p, d).is_monomial for d in constants.values()):
        # The same power of a constant in every term is content; else the polynomial is left in one piece.
        content, rest = sp.Poly(p, *symbols).primitive() if not constants else (sp.S.One, sp.Poly(p, *symbols))
        back = {d: c for c, d in constants.items()}
        return _monomials(rest, symbols, content, back)
    c, found = sp.factor_list(p)
    back = {d: k for k, d in constants.items()}
    return c, [(f.xreplace(back), int(e)) for f, e in found]


def _monomials(
    p: sp.Poly, symbols: list[sp.Symbol], content: sp.Expr, back: dict[sp.Symbol, sp.Expr]
) -> tuple[sp.Expr, list[tuple[sp.Expr, int]]]:
    lowest = [min(m[k] for m in p.monoms()) for k in range(len(symbols))]
    rest = sp.Add(*(c * sp.Mul(*(s ** (e - low) for s, e, low in zip(symbols, m, lowest, strict=True))) for m, c in p.terms()))
    outside = [(s, low) for s, low in zip(symbols, lowest, strict=True) if low]
    return content, [*outside, (rest.xreplace(back), 1)]


def _generators(g: sp.Expr, x: sp.Symbol) -> tuple[Generator, ...]:
    made = [Generator(sp.Symbol("X", real=True), x, "variable")]
    exponents = list(dict.fromkeys(sp.expand(e.args[0]) for e in sorted(g.atoms(sp.exp), key=str) if e.args[0].has(x)))
    for unit in _units(exponents, x):
        made.append(Generator(sp.Symbol(f"E_{len(made)}", positive=True), sp.exp(unit), "exponential"))
    for s in sorted(g.atoms(sp.erf, sp.log, sp.atan), key=str):
        if s.has(x):
            made.append(Generator(sp.Symbol(f"F_{len(made)}", real=True), s, "special"))
    for p in sorted(g.free_symbols - {x}, key=str):
        made.append(Generator(cast(sp.Symbol, p), p, "parameter"))
    return tuple(made)


def _units(exponents: list[sp.Expr], x: sp.Symbol) -> list[sp.Expr]:
    """Exponents of which all others are whole multiples, each growing with x where that is seen."""
    units: list[sp.Expr] = []
    for e in exponents:
        for k, u in enumerate(units):
            ratio = sp.simplify(e / u)
            if ratio.is_Rational:
                units[k] = u / sp.ilcm(1, ratio.q)
                break
        else:
            units.append(-e if e.could_extract_minus_sign() and not _is_even(e, x) else e)
    return units


def _is_even(e: sp.Expr, x: sp.Symbol) -> bool:
    return bool(sp.expand(e - e.subs(x, -x)) == 0)


def _plain(e: sp.Expr, generators: tuple[Generator, ...], x: sp.Symbol) -> sp.Expr:
    for k in generators:
        if e == k.value:
            return k.symbol
    if isinstance(e, sp.exp) and e.args[0].has(x):
        for k in generators:
            if k.kind == "exponential":
                ratio = sp.simplify(sp.expand(e.args[0]) / k.exponent)
                if ratio.is_Integer:
                    return k.symbol**ratio
        raise ValueError(f"{e} is no power of {', '.join(str(k.value) for k in generators)}")
    if not e.args or not e.has(x):
        return e
    return cast(sp.Expr, e.func(*(_plain(cast(sp.Expr, a), generators, x) for a in e.args)))
