"""Breaking a formula that is too long for its line: before + and −, then between factors, then within parentheses."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symbackprop.render.tree import (
    Big,
    Delimiter,
    Fenced,
    Fraction,
    Letter,
    Node,
    Number,
    Product,
    Root,
    Row,
    Sign,
    Terms,
)

Measure = Callable[[Node], float]
TIMES = "\u2062"


def lines(node: Node, measure: Measure, room: float) -> list[Node]:
    """The tree as lines that are at most `room` wide each, as far as it has places to break at."""
    if measure(node) <= room:
        return [node]
    every: list[list[Node]] = [[]]
    used = 0.0
    for glue, piece in _pieces(node, measure, room):
        needed = measure(piece) + (measure(Sign(glue)) if glue else 0)
        if every[-1] and used + needed > room:
            every.append([])
            used = 0.0
        every[-1] += [Sign(glue), piece] if glue and (every[-1] or glue != TIMES) else [piece]
        used += needed
    return [Row(tuple(line)) for line in every]


Piece = tuple[str, Node]


def _pieces(node: Node, measure: Measure, room: float) -> list[Piece]:
    if isinstance(node, Terms):
        return _of_terms(node, measure, room)
    if measure(node) <= room:
        return [("", node)]
    match node:
        case Product(factors, sign):
            return _of_product(factors, sign, measure, room)
        case Fenced(body, left, right):
            inside = _pieces(body, measure, room)
            inside[0] = (inside[0][0], Row((Delimiter(left), inside[0][1])))
            inside[-1] = (inside[-1][0], Row((inside[-1][1], Delimiter(right))))
            return inside
        case Big(_, _, body):
            inside = _pieces(body, measure, room)
            return [("", replace(node, body=inside[0][1])), *inside[1:]]
        case Fraction():
            return _of_fraction(node, measure, room)
    return [("", node)]


def _of_terms(node: Terms, measure: Measure, room: float) -> list[Piece]:
    every: list[Piece] = []
    for sign, term in node.items:
        (_, first), *rest = _pieces(term, measure, room)
        opening = ("", Terms(((sign, first),))) if not every else (sign, first)
        every += [opening, *rest]
    return every


def _of_fraction(node: Fraction, measure: Measure, room: float) -> list[Piece]:
    """1/bottom before what stood on top; arrays, whose order matters, before a slash and what stood below."""
    top, bottom = node.top, node.bottom
    if measure(bottom) >= measure(top):
        return [("", node)]
    if node.whole:
        below = bottom if isinstance(bottom, (Letter, Number, Fenced, Root)) else Fenced(bottom)
        return [*_pieces(Fenced(top), measure, room), ("", Row((Sign("/"), below)))]
    factors = top.factors if isinstance(top, Product) else (Fenced(top) if isinstance(top, Terms) else top,)
    return _of_product((Fraction(Number("1"), bottom), *factors), "", measure, room)


def _of_product(factors: tuple[Node, ...], sign: str, measure: Measure, room: float) -> list[Piece]:
    every: list[Piece] = []
    for factor in factors:
        (_, first), *rest = _pieces(factor, measure, room)
        glue = sign or ("·" if every and any(isinstance(f, Fraction) for f in (factor, every[-1][1])) else TIMES)
        every += [(glue if every else "", first), *rest]
    return every
