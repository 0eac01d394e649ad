"""How wide a formula is when it is typeset, in em of its own size: an estimate that errs to the wide side.

And what else every format with two dimensions needs to know of a tree: what is tall, what bears a superscript already.
"""
from __future__ import annotations

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
    Runs,
    Sign,
    Terms,
    Word,
    Words,
)

_TALL = (Fraction, Big, Adjoint, Derivative, Cases, Root)


def is_tall(node: Node) -> bool:
    """Whether parentheses around it have to be larger than a letter."""
    match node:
        case Row(items):
            return any(map(is_tall, items))
        case Terms(pairs):
            return any(is_tall(t) for _, t in pairs)
        case Product(factors):
            return any(map(is_tall, factors))
        case Call(_, arguments):
            return any(map(is_tall, arguments))
        case Power(base, _) | Fenced(base) | Marked(base):
            return is_tall(base)
    return isinstance(node, _TALL)


def bears_mark(node: Node) -> bool:
    """Whether it needs parentheses before it can have one more superscript."""
    match node:
        case Number() | Letter() | Word() | Function() | Accent() | Call() | Fenced() | Root():
            return False
        case Labelled(_, _, raised):
            return raised
        case Indexed(base):
            return isinstance(base, (Marked, Labelled))
    return True


def spread(node: Fraction) -> Node:
    """The fraction with its gradients beside it and not above its bar: 1/√v · ∂C/∂x, no fraction in a fraction."""
    top = node.top.factors if isinstance(node.top, Product) and not node.top.sign else (node.top,)
    gradients = tuple(f for f in top if isinstance(f, Adjoint))
    rest = tuple(f for f in top if not isinstance(f, Adjoint))
    if not gradients or node.whole:
        return node
    over = rest[0] if len(rest) == 1 else Product(rest) if rest else Number("1")
    bare = over.body if isinstance(over, Fenced) and over.left == "(" else over
    return Product((Fraction(bare, node.bottom), *gradients))


def width(node: Node) -> float:
    """The width of a formula."""
    match node:
        case Number(text):
            return 0.5 * len(text)
        case Letter() | Accent():
            return 0.62
        case Word(text) | Words(text):
            return 0.55 * len(text)
        case Function(text):
            return 0.55 * len(text) + 0.17
        case Sign(text):
            return 0.3 if text in ("\u2062", ",") else 0.55 * len(text) if len(text) > 2 else 1.4
        case Delimiter():
            return 0.5
        case Row(items):
            return sum(map(width, items))
        case Terms(pairs):
            return sum(1.3 + width(t) for _, t in pairs) - (0.5 if pairs[0][0] == "−" else 1.3)
        case Product(factors, sign):
            return sum(map(width, factors)) + (len(factors) - 1) * (1.1 if sign else 0.2)
    return _structure_width(node)


def _structure_width(node: Node) -> float:
    match node:
        case Fraction(top, bottom):
            drawn = spread(node)
            return max(width(top), width(bottom)) + 0.3 if drawn is node else width(drawn)
        case Power(base, exponent):
            return width(base) + 0.75 * width(exponent) + (1.0 if bears_mark(base) else 0.1)
        case Marked(base, mark):
            return width(base) + 0.55 * len(mark) + (0.9 if bears_mark(base) else 0.0)
        case Root(body):
            return width(body) + 0.9
        case Fenced(body):
            return width(body) + (1.1 if is_tall(body) else 0.85)
        case Big(sign, below, body):
            return max(1.5 if len(sign) == 1 else 0.55 * len(sign), 0.75 * width(below)) + 0.2 + width(body)
        case Call(function, arguments):
            return width(function) + sum(map(width, arguments)) + 0.5 * len(arguments) + 0.8
        case Cases(rows):
            return (1.5 + max(width(v) for v, _ in rows) + 1 + max((width(c) + 1 if c else 4.0) for _, c in rows))
        case Labelled(base, label):
            return width(base) + 0.42 * (len(label) + 1.4)
        case Indexed(base, places):
            return _indexed_width(base, places)
        case Adjoint(_, full):
            return width(full)
        case Derivative(of, by):
            return max(width(of) if of else 0.0, sum(width(b) + 0.6 for b in by) - 0.6) + 0.95
        case Declared(base, sizes):
            return width(base) + 3 + sum(1 + width(s) for s in sizes)
    raise TypeError(f"{node!r} is no presentation tree")


def _indexed_width(base: Node, places: tuple[Node, ...]) -> float:
    below = 0.72 * sum(map(width, places)) + (0.0 if all(isinstance(p, Letter) for p in places) else 0.35 * len(places))
    if isinstance(base, Labelled):  # its label stands above the subscripts
        return width(base.base) + max(below, width(base) - width(base.base))
    return width(base) + below + (0.9 if isinstance(base, Marked) else 0.0)


def of_runs(runs: Runs) -> float:
    """The width of a sentence."""
    return sum(0.44 * len(r) if isinstance(r, str) else width(r) for r in runs)
