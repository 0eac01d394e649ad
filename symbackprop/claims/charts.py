"""Where a function of one variable is positive, 0 and negative: a sign chart, proven.

    chart(e^x − 1 − x ...)     roots in order, and the sign between them

The function is split into factors, polynomials in x, E = e^u, erf and log. Each has its own way:

    one sign       every coefficient and every generator has a known sign
    polynomial     real roots isolated exactly (Sturm), in x or in E = e^(c x)
    cover          Σ p_k(x) Eᵏ: balls cover a compact interval, beyond it the leading term outgrows the rest
    monotone       a·erf + b or a·log + b: divided by a it is monotone between the roots of its derivative

Undecided is raised where none decides; nothing is guessed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from math import gcd
from typing import Any

import sympy as sp

from symbackprop.claims.generators import Form, Generator, split
from symbackprop.claims.limits import limit_of
from symbackprop.claims.numbers import ball, between, sign, sign_of
from symbackprop.claims.tails import Exponential, tail

FINEST, NARROW = Fraction(1, 2**14), Fraction(1, 2**100)


class Undecided(ValueError):
    """The sign could not be proved."""


@dataclass(frozen=True)
class Root:
    """A place where a function is 0: `exact`, or between two rationals where it changes its sign once."""

    low: Fraction
    high: Fraction
    exact: sp.Expr | None = None

    @property
    def ball(self) -> Any:
        """The place as a ball."""
        return between(self.low, self.high) if self.exact is None else ball(self.exact)

    @property
    def place(self) -> sp.Expr:
        """The place as a number: exact, or the middle of a narrow bracket."""
        return self.exact if self.exact is not None else sp.Rational(*((self.low + self.high) / 2).as_integer_ratio())


@dataclass(frozen=True)
class Chart:
    """`signs[k]` is the sign between the k-th and the next root on (low, high); `how` and `parts` say why."""

    function: sp.Expr
    variable: sp.Symbol
    low: sp.Expr
    high: sp.Expr
    roots: tuple[Root, ...]
    signs: tuple[int, ...]
    how: str
    parts: tuple[Chart, ...] = ()

    @property
    def sign(self) -> str:
        """positive, nonnegative, zero, nonpositive, negative, or "" where it changes."""
        kinds = set(self.signs)
        if kinds == {0}:
            return "zero"
        if kinds <= {0, 1}:
            return "positive" if kinds == {1} and not self.roots else "nonnegative"
        if kinds <= {0, -1}:
            return "negative" if kinds == {-1} and not self.roots else "nonpositive"
        return ""


@cache
def chart(g: sp.Expr, x: sp.Symbol, low: sp.Expr = -sp.oo, high: sp.Expr = sp.oo) -> Chart:
    """The sign chart of g on (low, high), where g is analytic. Raises Undecided."""
    if _looks_zero(g, x) and sp.expand(g) == 0:
        return Chart(g, x, low, high, (), (0,), "zero")
    if g.has(sp.sin, sp.cos, sp.Abs):
        raise Undecided(f"{g} has no chart: it may have roots without end")
    try:
        form = split(g, x)
        parts = tuple(_factor(f, form, x, low, high) for f, _ in form.factors)
    except sp.PolynomialError as error:  # a root of x, say, which is no generator
        raise Undecided(f"{g} is no product of polynomials in x, exponentials, erf and log") from error
    powers = [power for _, power in form.factors]
    base = sign(form.coefficient)
    if not base:
        raise Undecided(f"the sign of {form.coefficient} is not known")
    roots, signs = _merged(parts, powers, base)
    return Chart(g, x, low, high, roots, signs, "product" if len(parts) > 1 else parts[0].how if parts else "constant", parts)


def _looks_zero(g: sp.Expr, x: sp.Symbol) -> bool:
    """Whether a value says nothing against g = 0; what has no value there may still be 0."""
    at = {s: ball(sp.Rational(5, 7) if s.is_negative is not True else sp.Rational(-5, 7)) for s in g.free_symbols - {x}}
    return not any(sign_of(ball(g, {**at, x: ball(p)})) for p in (sp.Rational(-3, 7), sp.Rational(9, 7)))


def _merged(parts: tuple[Chart, ...], powers: list[int], base: int) -> tuple[tuple[Root, ...], tuple[int, ...]]:
    # Factors above the line only make zeros; roots of a denominator would be poles, and g is analytic.
    if any(p.roots for p, power in zip(parts, powers, strict=True) if power < 0):
        raise Undecided("the denominator is 0 somewhere")
    every = sorted({r for p in parts for r in p.roots}, key=lambda r: float(r.ball.mid()))
    for a, b in itertools.pairwise(every):
        if not a.ball < b.ball:
            raise Undecided(f"the roots near {float(a.ball.mid()):.6g} are not told apart")
    signs = []
    for k in range(len(every) + 1):
        product = base
        for part, power in zip(parts, powers, strict=True):
            product *= part.signs[sum(r in every[:k] for r in part.roots)] ** abs(power)
        signs.append(product)
    return tuple(every), tuple(signs)


def _factor(f: sp.Expr, form: Form, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Chart:
    g, generators = form.inserted(f), form.of(f)
    one = _one_sign(f, generators, x, low, high)
    if one:
        return Chart(g, x, low, high, (), (one,), "one sign")
    kinds = {k.kind for k in generators}
    if any(k.kind == "parameter" for k in generators):
        raise Undecided(f"the sign of {g} depends on {', '.join(str(k.value) for k in generators if k.kind == 'parameter')}")
    if len(kinds) == 1 and len(generators) == 1 and kinds <= {"variable", "exponential"}:
        exact = _polynomial(f, g, generators[0], x, low, high)
        if exact is not None:
            return exact
    if kinds <= {"variable", "exponential"}:
        return _covered(f, g, generators, x, low, high)
    return _monotone(f, g, generators, x, low, high, form)


def _one_sign(f: sp.Expr, generators: tuple[Generator, ...], x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> int:
    """1 or −1 where every generator and every coefficient has one sign, else 0."""
    flipped = f
    for k in generators:
        known = k.sign(low, high)
        if not known:
            return 0
        if known < 0:
            flipped = flipped.subs(k.symbol, -k.symbol)
    coefficients = sp.Poly(flipped, *(k.symbol for k in generators)).coeffs() if generators else [f]
    signs = {sign(c) for c in coefficients}
    return int(signs.pop() or 0) if len(signs) == 1 else 0


# ---- polynomials


def _polynomial(f: sp.Expr, g: sp.Expr, k: Generator, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Chart | None:
    polynomial = sp.Poly(f, k.symbol)
    if not all(c.is_Rational for c in polynomial.coeffs()):
        return None
    step = gcd(*(m[0] for m in polynomial.monoms())) if k.kind == "exponential" else 1
    polynomial = sp.Poly({(m[0] // step,): c for m, c in polynomial.terms()}, k.symbol)
    found = [r for r in dict.fromkeys(sp.real_roots(polynomial)) if k.kind == "variable" or r.is_positive]
    if any(r.has(sp.CRootOf) for r in found):
        return None
    places = [r if k.kind == "variable" else sp.log(r) / (step * sp.diff(k.exponent, x)) for r in found]
    inside = sorted((_exact(p) for p in places if _less(low, p) and _less(p, high)), key=lambda r: float(r.ball.mid()))
    signs = tuple(_sign_between(g, x, inside, n, low, high) for n in range(len(inside) + 1))
    return Chart(g, x, low, high, tuple(inside), signs, "polynomial")


def _exact(p: sp.Expr) -> Root:
    middle = Fraction(int(p.p), int(p.q)) if p.is_Rational else _middle(ball(p))
    return Root(middle - NARROW, middle + NARROW, p)


def _middle(value: Any) -> Fraction:
    exact = value.mid().fmpq()
    return Fraction(int(exact.p), int(exact.q))


def _less(a: sp.Expr, b: sp.Expr) -> bool:
    return a is -sp.oo or b is sp.oo or sign(b - a) == 1


def _sign_between(g: sp.Expr, x: sp.Symbol, roots: list[Root], n: int, low: sp.Expr, high: sp.Expr) -> int:
    """The sign at some rational place between the roots: it is the same at all."""
    a = roots[n - 1].high if n else low if low is -sp.oo else _fraction(low)
    b = roots[n].low if n < len(roots) else high if high is sp.oo else _fraction(high)
    at = _inside(a, b)
    found = sign_of(ball(g, {x: ball(sp.Rational(at.numerator, at.denominator))}))
    if not found:
        raise Undecided(f"the sign of {g} at {at} is not seen")
    return found


def _fraction(e: sp.Expr) -> Fraction:
    if not e.is_Rational:
        raise Undecided(f"{e} is no rational end")
    return Fraction(int(e.p), int(e.q))


def _inside(a: Any, b: Any) -> Fraction:
    if a is -sp.oo:
        return Fraction(0) if b is sp.oo else Fraction(b - 1)
    return Fraction(a + 1 if b is sp.oo else (a + b) / 2)


# ---- sums of polynomials times powers of e^u


def _covered(f: sp.Expr, g: sp.Expr, generators: tuple[Generator, ...], x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Chart:
    powers = [k for k in generators if k.kind == "exponential"]
    if len(powers) > 1:
        raise Undecided(f"{g} has exponentials of different functions")
    own = powers[0] if powers else None
    letters = [next((k.symbol for k in generators if k.kind == "variable"), sp.Dummy()), own.symbol if own else sp.Dummy()]
    terms = {(int(m), int(k)): c for (m, k), c in sp.Poly(f, *letters).terms()}
    h = Exponential(terms, own.exponent if own else x, x)
    left, first = _edge(h.mirrored, low, -1)
    right, last = _edge(h, high, 1)
    roots, signs = _scan(h.value, h.slope, left, right)
    if (first and first != signs[0]) or (last and last != signs[-1]):
        raise Undecided(f"the cover of {g} and its tails disagree")
    return Chart(g, x, low, high, tuple(_named(r, g, x) for r in roots), tuple(signs), "cover")


def _edge(h: Exponential, end: sp.Expr, side: int) -> tuple[Fraction, int]:
    """Where the tail begins and its sign; the end itself, and 0, where it is finite."""
    if end not in (sp.oo, -sp.oo):
        return _fraction(end), 0
    try:
        bound, found = tail(h)
    except ValueError as error:
        raise Undecided(str(error)) from None
    return Fraction(side * bound), found


Balls = Callable[[Any], Any]
"""A function of balls."""


def _scan(g: Balls, slope: Balls, low: Fraction, high: Fraction) -> tuple[list[Root], list[int]]:
    """Roots and signs of g on [low, high]: balls without 0, or monotone with a change of sign."""
    waiting = [(low, high)]
    seen: list[tuple[int, Root | None]] = []
    while waiting:
        a, b = waiting.pop()
        span = between(a, b)
        if found := sign_of(g(span)):
            seen.append((found, None))
            continue
        ends = sign_at(g, a), sign_at(g, b)
        if sign_of(slope(span)) and all(ends):
            seen += [(ends[0], None)] if ends[0] == ends[1] else [(ends[0], None), (ends[1], narrowed(g, a, b))]
        elif b - a < FINEST:
            raise Undecided(f"the sign near {float(a):.6g} is not seen")
        else:
            waiting += [(_parted(a, b), b), (a, _parted(a, b))]
    return [r for _, r in seen if r is not None], [seen[0][0], *(s for s, r in seen if r is not None)]


def _parted(a: Fraction, b: Fraction) -> Fraction:
    # Not halfway: roots at 0 must not become ends.
    return a + (b - a) * Fraction(33, 64)


def sign_at(g: Balls, at: Fraction) -> int:
    """The sign of g at a rational number, 0 where it is not seen."""
    return sign_of(g(ball(sp.Rational(at.numerator, at.denominator)))) or 0


def narrowed(g: Balls, a: Fraction, b: Fraction) -> Root:
    """The bracket of a simple root, halved until it is narrow."""
    left = sign_at(g, a)
    while b - a > NARROW:
        m = (a + b) / 2
        found = sign_at(g, m)
        if not found:
            break
        a, b = (m, b) if found == left else (a, m)
    return Root(a, b)


def _named(root: Root, g: sp.Expr, x: sp.Symbol) -> Root:
    """The root, exact where it is 0: a bracket around 0 holds one root only."""
    if root.exact is None and root.low < 0 < root.high and sp.simplify(g.subs(x, 0)) == 0:
        return Root(-NARROW, NARROW, sp.S.Zero)
    return root


# ---- with erf or log


def _monotone(f: sp.Expr, g: sp.Expr, generators: tuple[Generator, ...], x: sp.Symbol, low: sp.Expr, high: sp.Expr, form: Form) -> Chart:
    special = [k for k in generators if k.kind == "special"]
    polynomial = sp.Poly(f, special[0].symbol)
    if len(special) > 1 or polynomial.degree() != 1:
        raise Undecided(f"{g} has more than one logarithm or error function")
    a, b = (form.inserted(c) for c in polynomial.all_coeffs())
    scale = chart(a, x, low, high)
    if scale.sign not in ("positive", "negative"):
        raise Undecided(f"{a}, the coefficient of {special[0].value}, changes its sign")
    h = special[0].value + b / a
    slope = chart(sp.diff(h, x), x, low, high)
    roots, signs = _between_extrema(h, slope)
    factor = 1 if scale.sign == "positive" else -1
    return Chart(g, x, low, high, tuple(roots), tuple(factor * s for s in signs), "monotone", (slope, scale))


def _between_extrema(h: sp.Expr, slope: Chart) -> tuple[list[Root], list[int]]:
    x = slope.variable
    ends = [_end_sign(h, x, slope.low, 1), *(sign_of(ball(h, {x: r.ball})) for r in slope.roots), _end_sign(h, x, slope.high, -1)]
    places = [slope.low, *slope.roots, slope.high]
    roots: list[Root] = []
    signs: list[int] = []
    for k, direction in enumerate(slope.signs):
        a, b = ends[k], ends[k + 1]
        if a is None or b is None or direction == 0:
            raise Undecided(f"the sign of {h} between its extrema is not seen")
        first, last = a or direction, b or -direction
        signs += [first] if not signs else []
        if first != last:
            values = partial(_value, h, x)
            roots.append(_named(narrowed(values, *_bracket(values, places[k], places[k + 1], first, last)), h, x))
            signs.append(last)
    return roots, signs


def _end_sign(h: sp.Expr, x: sp.Symbol, end: sp.Expr, side: int) -> int | None:
    value = limit_of(h, x, end, "+" if side == 1 else "-") if end in (sp.oo, -sp.oo) else h.subs(x, end)
    return sign(value)


def _value(h: sp.Expr, x: sp.Symbol, at: Any) -> Any:
    return ball(h, {x: at})


def _bracket(h: Balls, low: Any, high: Any, first: int, last: int) -> tuple[Fraction, Fraction]:
    a = low.high if isinstance(low, Root) else None if low is -sp.oo else _fraction(low)
    b = high.low if isinstance(high, Root) else None if high is sp.oo else _fraction(high)
    step = Fraction(1)
    for _ in range(12):
        left = a if a is not None else (b if b is not None else Fraction(0)) - step
        right = b if b is not None else (a if a is not None else Fraction(0)) + step
        if sign_at(h, left) == first and sign_at(h, right) == last:
            return left, right
        step *= 2
    raise Undecided("no bracket for a root is found")
