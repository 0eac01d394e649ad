"""The value of an expression by definition, and a reader of the terminal's mathematics by its stated rule."""
from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symbackprop.language.nodes import Compare, Delta, InRange, Max, Sum, Where
from symbackprop.language.tensors import Component

SIZES = {"N": 2, "D": 3, "H": 4}
RUNS = {"n": "N", "m": "N", "d": "D", "i": "D", "h": "H", "j": "H"}
Place = Mapping[str, int]


def entry(name: str, places: tuple[int, ...]) -> float:
    """The value of a component: a fixed number without a pattern."""
    angle = sum(map(ord, name)) * 12.9898 + sum((k + 2) * (p + 1) * 4.1414 for k, p in enumerate(places))
    return 0.3 + math.sin(angle)**2


def value(e: sp.Expr, at: Place) -> float:
    """The value of an expression, by definition."""
    match e:
        case Component():
            return entry(e.tensor.name, tuple(int(value(p, at)) for p in e.indices))
        case sp.Symbol():
            return at[e.name] if e.name in at else SIZES[e.name]
        case sp.Rational():
            return float(e)
        case Sum():
            spaces = [range(SIZES[RUNS[k.name]]) for k in e.bound]
            return sum(value(e.body, {**at, **{k.name: p for k, p in zip(e.bound, ps, strict=True)}})
                       for ps in itertools.product(*spaces))
        case Max():
            (k,) = e.bound
            return max(value(e.body, {**at, k.name: p}) for p in range(SIZES[RUNS[k.name]]))
        case Delta():
            return float(value(e.args[0], at) == value(e.args[1], at))
        case InRange():
            return float(0 <= value(e.args[0], at) < value(e.args[1], at))
        case Compare():
            return float(value(e.args[0], at) > value(e.args[1], at))
        case Where():
            return value(e.args[1 if value(e.args[0], at) else 2], at)
        case sp.Add():
            return sum(value(a, at) for a in e.args)
        case sp.Mul():
            return math.prod(value(a, at) for a in e.args)
        case sp.Pow():
            return value(e.args[0], at) ** value(e.args[1], at)
        case sp.exp():
            return math.exp(value(e.args[0], at))
    raise TypeError(type(e).__name__)


# --- reading the terminal's mathematics ---

_TOKEN = re.compile(r"\s*(Σ_\w|max_\w|exp|else|if|δ_\w\w|[½⅓⅔¼¾]|\d+(?:\.\d+)?|[A-Za-zα-ω]+\u0302?|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|.)")
_VULGAR = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4}
_NAMES = {"γ": "gamma", "β": "beta", "x̂": "xhat", "μ": "mu", "ε": "eps"}
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
Read = Callable[[Place], float]


class Reader:
    """Juxtaposition binds tightest, then / and · from left to right, then Σ and max up to the next + or −."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at = [t for t in _TOKEN.findall(text) if t.strip()], 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.next
        assert token and (not expected or token == expected), (expected, self.tokens[self.at:], self.tokens)
        self.at += 1
        return token

    def terms(self) -> Read:
        signs = [-1.0 if self.next == "−" and self.take() else 1.0]
        parts = [self.term()]
        while self.next and self.next in "+−":
            signs.append(-1.0 if self.take() == "−" else 1.0)
            parts.append(self.term())
        return lambda at: sum(s * p(at) for s, p in zip(signs, parts, strict=True))

    def term(self) -> Read:
        left = self.group()
        while self.next and self.next in "·/":
            operator, before, after = self.take(), left, self.group()
            left = (lambda at, a=before, b=after: a(at) * b(at)) if operator == "·" else (
                lambda at, a=before, b=after: a(at) / b(at))
        return left

    def group(self) -> Read:
        factors = [self.power()]
        while self.next and self.next not in "+−·/)]}|,;<>≤≥=" and self.next not in ("if", "else"):
            factors.append(self.power())
        return lambda at: math.prod(f(at) for f in factors)

    def power(self) -> Read:
        if self.next[:2] == "Σ_" or self.next[:4] == "max_":
            return self.big()
        base = self.atom()
        if self.next and self.next[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻":
            exponent = int(self.take().translate(_DIGITS))
            return lambda at: base(at) ** exponent
        if self.next == "^":
            self.take()
            raised = self.atom()
            return lambda at: base(at) ** raised(at)
        return base

    def big(self) -> Read:
        kind, letter = self.take().split("_")
        body = self.term()
        fold: Any = sum if kind == "Σ" else max
        return lambda at: fold([body({**at, letter: p}) for p in range(SIZES[RUNS[letter]])])

    def atom(self) -> Read:
        token = self.take()
        if token in ("(", "exp", "√"):
            return self.enclosed(token)
        if token in _VULGAR or token[0].isdigit():
            number = _VULGAR.get(token) or float(token)
            return lambda at: number
        if token[0] == "δ":
            return lambda at: float(at[token[2]] == at[token[3]])
        if token == "[":
            return self.indicator()
        if token == "{":
            return self.cases()
        return self.named(token)

    def enclosed(self, token: str) -> Read:
        if token == "√":
            inner = self.atom()
            return lambda at: math.sqrt(inner(at))
        if token == "exp":
            self.take("(")
        body = self.terms()
        self.take(")")
        return (lambda at: math.exp(body(at))) if token == "exp" else body

    def indicator(self) -> Read:
        held = self.comparison()
        self.take("]")
        return held

    def comparison(self) -> Read:
        left, relation, right = self.terms(), self.take(), self.terms()
        if relation == "≤":
            self.take("<")
            size = self.terms()
            return lambda at: float(left(at) <= right(at) < size(at))
        assert relation == ">", relation
        return lambda at: float(left(at) > right(at))

    def cases(self) -> Read:
        if self.next == "else":
            self.take()
            otherwise = self.terms()
            self.take("}")
            return otherwise
        then = self.terms()
        self.take("if")
        condition = self.comparison()
        self.take(";")
        rest = self.cases()
        return lambda at: then(at) if condition(at) else rest(at)

    def named(self, token: str) -> Read:
        if token in SIZES or token in RUNS:
            return lambda at: at[token] if token in at else SIZES[token]
        if self.next != "[":
            return lambda at: entry(_NAMES.get(token, token), ())
        self.take("[")
        places = [self.terms()]
        while self.next == ",":
            self.take()
            places.append(self.terms())
        self.take("]")
        return lambda at: entry(_NAMES.get(token, token), tuple(int(p(at)) for p in places))


def read(text: str) -> Read:
    """The meaning of a line of the terminal's mathematics."""
    reader = Reader(text)
    meaning = reader.terms()
    assert not reader.next, reader.tokens[reader.at:]
    return meaning
