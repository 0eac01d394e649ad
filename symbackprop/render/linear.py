"""tree -> one line of Unicode, for a terminal.

The rule by which a line is read: juxtaposition binds tightest, then / and · from left to right, then Σ, Π and max,
which reach to the next + or −, then + and −.
"""
from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from symbackprop.render import escape
from symbackprop.render.tree import (
    Accent,
    Adjoint,
    Big,
    Call,
    Cases,
    Declared,
    Delimiter,
    Derivative,
    Fenced,
    Fraction,
    Function,
    Indexed,
    Labelled,
    Letter,
    Marked,
    Node,
    Number,
    Power,
    Product,
    Root,
    Row,
    Sign,
    Terms,
    Word,
    Words,
)

_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_VULGAR = {("1", "2"): "½", ("1", "3"): "⅓", ("2", "3"): "⅔", ("1", "4"): "¼", ("3", "4"): "¾"}
_SPACED = "+−·=≤<≥>≠⇒→⊙∈≔"
_ATOMS = (Number, Letter, Word, Accent, Labelled, Indexed, Call, Fenced, Power, Marked, Root, Cases)


def width(text: str) -> int:
    """The columns that the text takes: combining marks take none."""
    return sum(not unicodedata.combining(c) for c in text)


def write(node: Node) -> str:
    """The tree as one line."""
    match node:
        case Number(text) | Letter(text) | Word(text) | Delimiter(text):
            return text
        case Function(text):
            return "1" if text == "𝟏" else text
        case Words(text):
            return escape.printable(text)
        case Sign(text):
            return " " if text == "\u2062" else f" {text} " if text in _SPACED else text
        case Accent(mark, base):
            return unicodedata.normalize("NFC", write(base) + _MARKS[mark])
        case Labelled(base, label):
            return write(base) + (label.translate(_LOWERED) if label.isdigit() else f"_{label}")
        case Row(items):
            return "".join(map(write, items))
        case Terms(items):
            return _terms(items)
        case Adjoint(short, full, introduced):
            return f"{write(short)} = {write(full)}" if introduced else write(short)
    return _structure(node)


def _structure(node: Node) -> str:
    match node:
        case Product(factors, sign):
            return _product(factors, sign)
        case Fraction(top, bottom):
            return _fraction(top, bottom)
        case Power(base, exponent):
            return _base(base) + _exponent(exponent)
        case Marked(Adjoint(short), mark):
            return write(short) + mark
        case Marked(base, mark):
            return _base(base) + mark
        case Root(body):
            return "√" + (write(body) if isinstance(body, (Number, Letter, Accent, Fenced)) else f"({write(body)})")
        case Fenced(body, left, right):
            return write(body) if left == "(" and isinstance(body, Cases) else left + write(body) + right
        case Big(sign, below, body):
            return f"{sign}_{_below(below)} {write(body)}".rstrip()
        case Indexed(base, places, bracketed):
            return write(base) + (f"[{_places(places)}]" if bracketed else _attached(places))
    return _rest(node)


def _rest(node: Node) -> str:
    match node:
        case Call(function, (Fenced(_, "|") as argument,)):
            return write(function) + write(argument)
        case Call(function, arguments):
            return f"{write(function)}({', '.join(map(write, arguments))})"
        case Cases(rows):
            shown = (f"{write(value)} if {write(c)}" if c is not None else f"else {write(value)}" for value, c in rows)
            return "{" + "; ".join(shown) + "}"
        case Derivative(of, by):
            order = "" if len(by) == 1 else str(len(by)).translate(_RAISED)
            return f"∂{order}{write(of) if of else ''}/{''.join('∂' + write(b) for b in by)}"
        case Declared():
            return _declared(node)
    raise TypeError(f"{node!r} is no presentation tree")


def _terms(items: tuple[tuple[str, Node], ...]) -> str:
    (sign, first), *rest = items
    return ("−" if sign == "−" else "") + write(first) + "".join(f" {s} {write(t)}" for s, t in rest)


def _product(factors: tuple[Node, ...], sign: str) -> str:
    shown = write(factors[0])
    for before, after in pairwise(factors):
        shown += f" {sign} " if sign and not _applied(before, after) else _between(before, after)
        shown += write(after)
    return shown


def _applied(before: Node, after: Node) -> bool:
    return isinstance(before, Derivative) and before.of is None and isinstance(after, Fenced)


def _between(before: Node, after: Node) -> str:
    if _applied(before, after):
        return " "
    dotted = any(isinstance(f, Derivative) or (isinstance(f, Fraction) and not _vulgar(f)) for f in (before, after))
    return " · " if dotted or isinstance(after, Number) or _vulgar(after) else " "


def _vulgar(node: Node) -> str:
    match node:
        case Fraction(Number(top), Number(bottom)):
            return _VULGAR.get((top, bottom), "")
    return ""


def _fraction(top: Node, bottom: Node) -> str:
    vulgar = _vulgar(Fraction(top, bottom))
    if vulgar:
        return vulgar
    over = write(top) if isinstance(top, (*_ATOMS, Adjoint)) or _is_plain_product(top) else f"({write(top)})"
    return f"{over}/{write(bottom) if isinstance(bottom, (*_ATOMS, Adjoint)) else f'({write(bottom)})'}"


def _is_plain_product(node: Node) -> bool:
    return isinstance(node, Product) and not node.sign and not any(
        isinstance(f, (Big, Fraction, Derivative)) for f in node.factors)


def _base(node: Node) -> str:
    if isinstance(node, Adjoint):
        return _base(node.short)
    plain = isinstance(node, (Number, Letter, Word, Function, Accent, Labelled, Indexed, Call, Fenced, Root))
    return write(node) if plain else f"({write(node)})"


def _exponent(node: Node) -> str:
    if isinstance(node, Number) and node.text.isdigit():
        return node.text.translate(_RAISED)
    shown = write(node)
    return f"^{shown}" if isinstance(node, (Letter, Accent, Indexed, Labelled)) else f"^({shown})"


def _below(node: Node) -> str:
    shown = _compact(write(node))
    return shown if isinstance(node, (Letter, Labelled, Word)) else f"({shown})"


def _places(places: tuple[Node, ...]) -> str:
    shown = [_compact(write(p)) for p in places]
    return (", " if any(isinstance(p, (Terms, Product, Fraction)) for p in places) else ",").join(shown)


def _attached(places: tuple[Node, ...]) -> str:
    if all(isinstance(p, Letter) and p.text.isascii() for p in places):
        return "_" + "".join(map(write, places))
    return f"({', '.join(_compact(write(p)) for p in places)})"


def _compact(text: str) -> str:
    return re.sub(r"(?<=\d) (?=[^\W\d])", "", re.sub(r" ([+−]) ", r"\1", text))


def _declared(node: Declared) -> str:
    shown = write(node.base) + (f"[{_places(node.sizes)}]" if node.sizes else "")
    if node.below is not None:
        return f"{shown} ∈ {{0, …, {write(node.below)} − 1}}"
    if node.values:
        return f"{shown} ∈ {{{', '.join(map(write, node.values))}}}"
    return shown + (f" {node.sign} 0" if node.sign else "")
