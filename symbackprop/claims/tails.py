"""Σ_k p_k(x) Eᵏ with E = e^(u(x)): its sign for all x beyond a bound, by the term that outgrows the others.

For x ≥ R > 0 and u with coefficients ≥ 0 the product xᵐ e^(−j u(x)) falls as soon as m ≤ j R u′(R). Every smaller term,
divided by the leading one, is then at most what it is at R; if these bounds add up to less than 1 the sign is that of the
leading coefficient. The side x → −∞ is the same sum in −x.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import flint
import sympy as sp

from symbackprop.claims.numbers import BITS, ball, sign

LARGEST = 2**12


@dataclass(frozen=True)
class Exponential:
    """Σ c · xᵐ · E^k over (m, k), with E = e^u: `terms[m, k]` = c, u a polynomial in x whose coefficients are ≥ 0."""

    terms: Mapping[tuple[int, int], sp.Expr]
    exponent: sp.Expr
    variable: sp.Symbol

    @cached_property
    def rows(self) -> dict[int, flint.arb_poly]:
        """p_k as a polynomial in balls, by k."""
        with flint.ctx.workprec(BITS):
            return {k: self._row(k) for k in sorted({k for _, k in self.terms})}

    def _row(self, k: int) -> flint.arb_poly:
        powers = {m: ball(c) for (m, j), c in self.terms.items() if j == k}
        return flint.arb_poly([powers.get(m, 0) for m in range(max(powers) + 1)])

    @cached_property
    def steepness(self) -> flint.arb_poly:
        """u as a polynomial in balls."""
        coefficients = sp.Poly(self.exponent, self.variable).all_coeffs()
        with flint.ctx.workprec(BITS):
            return flint.arb_poly([ball(c) for c in reversed(coefficients)])

    def value(self, x: flint.arb) -> flint.arb:
        """h at a ball."""
        with flint.ctx.workprec(BITS):
            e = self.steepness(x).exp()
            return sum((p(x) * e**k for k, p in self.rows.items()), flint.arb(0))

    def slope(self, x: flint.arb) -> flint.arb:
        """h′ = Σ (p_k′ + k u′ p_k) Eᵏ at a ball."""
        with flint.ctx.workprec(BITS):
            e, steeper = self.steepness(x).exp(), self.steepness.derivative()
            return sum(((p.derivative()(x) + k * steeper(x) * p(x)) * e**k for k, p in self.rows.items()), flint.arb(0))

    @property
    def mirrored(self) -> Exponential:
        """The same at −x, for an odd u: E becomes 1/E."""
        return Exponential({(m, -k): c * (-1) ** m for (m, k), c in self.terms.items()}, self.exponent, self.variable)

    @property
    def leading(self) -> tuple[int, int]:
        """(m, k) of the term that outgrows the others as x → ∞."""
        return max(self.terms, key=lambda mk: (mk[1], mk[0]))


def tail(h: Exponential) -> tuple[int, int]:
    """(R, sign): the sign of h for every x ≥ R. ValueError where no bound is found."""
    if not _grows(h):
        raise ValueError(f"{h.exponent} has a coefficient below 0")
    bound = 1
    while bound <= LARGEST:
        if dominates(h, bound):
            found = sign(h.terms[h.leading])
            if found:
                return bound, found
        bound *= 2
    raise ValueError(f"no term of {h.terms} is seen to outgrow the others")


def _grows(h: Exponential) -> bool:
    coefficients = sp.Poly(h.exponent, h.variable).coeffs()
    return all(sign(c) == 1 for c in coefficients) and sp.expand(h.exponent + h.exponent.subs(h.variable, -h.variable)) == 0


def dominates(h: Exponential, bound: int) -> bool:
    """Whether the leading term is larger than all others together for every x ≥ bound."""
    with flint.ctx.workprec(BITS):
        total = sum(_ratios(h, bound), flint.arb(0))
        return bool(total < 1)


def _ratios(h: Exponential, bound: int) -> Iterator[flint.arb]:
    x, leading = h.variable, h.leading
    slope = ball(sp.diff(h.exponent, x), {x: bound}) * bound
    size = ball(h.exponent, {x: bound})
    for (m, k), c in h.terms.items():
        if (m, k) == leading:
            continue
        power, fall = m - leading[0], leading[1] - k
        falls = power < 0 if fall == 0 else flint.arb(power) <= fall * slope
        ratio = abs(ball(c) / ball(h.terms[leading])) * flint.arb(bound) ** power * (-fall * size).exp()
        yield ratio if falls else flint.arb.pos_inf()
