"""Words with formulas in them: what evidence tells, and what stands in a cell of a table, before it is known in which format.

A Told is a text that can be compared, joined and put into data; its `shown` has the formulas as trees.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from string import Formatter
from typing import Any

import sympy as sp

from symbackprop.claims.numbers import SHORT, ball
from symbackprop.claims.properties import Order
from symbackprop.claims.properties import plain_text as ascii_text
from symbackprop.claims.ranges import Range, Value
from symbackprop.language.tensors import Component
from symbackprop.render import maths, names
from symbackprop.render.tree import Call, Fenced, Function, Letter, Node, Number, Power, Row, Sign, Terms, listed

RELATIONS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "<": "<", ">": ">"}
FAILS = {"==": "≠", "!=": "=", "<=": ">", ">=": "<", "<": "≥", ">": "≤"}
"""What holds where a relation doesn't."""


class Told(str):
    """A text, and the same in pieces: words, and formulas as trees."""

    shown: tuple[str | Node, ...]

    def __new__(cls, text: str, shown: tuple[str | Node, ...] | None = None) -> Told:
        made = super().__new__(cls, text)
        made.shown = (text,) if shown is None else shown
        return made


def plain_text(value: object) -> str:
    """A value on one line, with the sign for minus."""
    return ascii_text(value).replace("-", "−")


def joined(parts: tuple[str, ...] | list[str], between: str = "") -> Told:
    """The parts one after the other, words or Told."""
    text = between.join(parts)
    shown: list[str | Node] = []
    for k, part in enumerate(parts):
        shown += [between] if k and between else []
        shown += part.shown if isinstance(part, Told) else [part]
    return Told(text, tuple(s for s in shown if s != ""))


def filled(template: str, *places: object, **gaps: object) -> Told:
    """The template with its gaps filled; formulas stay formulas."""
    parts: list[str] = []
    for words, name, _, _ in Formatter().parse(template):
        parts += [words] if words else []
        if name is not None:
            parts.append(told(places[int(name)] if name.isdigit() else gaps[name]))
    return joined(parts)


def told(value: object) -> str:
    """A value in words or as a formula."""
    match value:
        case str():
            return value
        case tuple():
            return joined([told(v) for v in value], ", ")
        case sp.Basic() | Value() | Range() | Order() | float() | list():
            return Told(plain_text(value), (node(value),))
    return str(value)


def equation(name: str, value: Any) -> Told:
    """name = value: a number, or nested lists of numbers."""
    return Told(f"{name} = {plain_text(value)}", (Row((names.name(name), Sign("="), node(value))),))


def given(values: Mapping[str, Any]) -> Told:
    """x = 1, y = −1."""
    return joined([equation(name, value) for name, value in values.items()], ", ")


def compared(left: Any, relation: str, right: Any) -> Told:
    """left relation right, between numbers."""
    text = f"{plain_text(left)} {relation} {plain_text(right)}"
    return Told(text, (Row((node(left), Sign(relation), node(right))),))


def node(value: Any) -> Node:
    """How a value looks: a number, lists of numbers, an expression, a range, a condition."""
    match value:
        case list() | tuple():
            return Fenced(listed(tuple(map(node, value))), "[", "]")
        case Value():
            return node(value.exact) if value.exact is not None and _is_short(value.exact) else _number(str(value))
        case Range():
            ends = ("[" if value.low.attained else "("), ("]" if value.high.attained else ")")
            return Row((Sign(ends[0]), node(value.low), Sign(", "), node(value.high), Sign(ends[1])))
        case Order():
            return Power(Letter("C", "C"), node(value.order))
        case sp.Basic():
            return _expression(value)
    return _number(plain_text(value))


def rounded(*values: Any, digits: int = 1) -> Told:
    """Measured numbers, and pairs of them in brackets, with so many decimals."""
    return joined([told(_rounded(v, digits)) for v in values], " ")


def _rounded(value: Any, digits: int) -> Any:
    return [_rounded(v, digits) for v in value] if isinstance(value, (list, tuple)) else float(round(value, digits)) + 0.0


def _is_short(e: sp.Expr) -> bool:
    return not e.is_number or len(str(e)) <= SHORT


def _number(text: str) -> Node:
    sign, digits = ("−", text[1:]) if text[:1] in "-−" else ("", text)
    shown = Letter("∞", r"\infty") if digits == "∞" else _expression(sp.Rational(digits)) if "/" in digits else Number(digits)
    return Row((Sign("−"), shown)) if sign else shown


def _expression(e: Any) -> Node:
    if isinstance(e, sp.Rel):
        relation = RELATIONS[e.rel_op]
        return Row((node(e.lhs), Sign(relation), node(e.rhs)))
    if isinstance(e, sp.Max):
        return Call(Function("max", r"\max"), tuple(map(node, e.args)))
    if e in (sp.oo, -sp.oo):
        return _number("∞" if e is sp.oo else "−∞")
    if e.is_number and not _is_short(e):
        return _number(f"{float(ball(e).mid()):.6g}")
    if isinstance(e, sp.Symbol):
        return names.name(e.name)
    above, below = (e, 1) if e.has(Component) else sp.fraction(sp.together(e))
    if below == 1:
        return maths.tree(e)
    over = maths.tree(above)
    return Row((Fenced(over) if isinstance(over, Terms) else over, Sign("/"), maths.tree(below)))


def exact(value: float) -> object:
    """A double as a simple fraction where it is one: 0.5 is 1/2."""
    near = Fraction(value).limit_denominator(8)
    return near if near == value else value
