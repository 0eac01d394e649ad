"""tree -> MathML Core, well-formed XML without attributes from outside; browsers show it without a script."""
from __future__ import annotations

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
from symbackprop.render.widths import bears_mark, is_tall, spread
from symbackprop.render.words import word
from symbackprop.render.words.languages import translated

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_TIMES = "<mo>\u2062</mo>"
_THIN = '<mspace width="0.17em"/>'
_APPLY = "<mo>\u2061</mo>"
_ACCENTS = {"hat": "\u02c6", "bar": "¯", "tilde": "~", "dot": "˙"}
_BIG = {"Σ": "∑", "Π": "∏"}
_MARKS = {"ᵀ": "<mo>⊤</mo>", "⁻¹": "<mrow><mo>−</mo><mn>1</mn></mrow>", "⁻ᵀ": "<mrow><mo>−</mo><mo>⊤</mo></mrow>"}


def math(node: Node, display: bool = True) -> str:
    """A whole formula; set large if it stands by itself, small within a sentence."""
    style = ' displaystyle="true"' if display else ""
    return f'<math xmlns="{NAMESPACE}"{style}>{write(node) if display else inline(node)}</math>'


def write(node: Node) -> str:
    """The tree as one MathML element."""
    match node:
        case Number(text):
            return _tag("mn", text)
        case Letter(text):
            return _tag("mi", text)
        case Word(text) | Function(text):
            return f'<mi mathvariant="normal">{escape.html(text)}</mi>' if len(text) == 1 else _tag("mi", text)
        case Words(text):
            return _tag("mtext", text)
        case Sign("/"):
            return '<mo lspace="0" rspace="0">/</mo>'
        case Sign(text):
            return _sign(text)
        case Delimiter(text):
            return f'<mo stretchy="false">{escape.html(text)}</mo>'
        case Row(items):
            return _row(*map(write, items))
        case Terms(((sign, first), *rest)):
            head = [_tag("mo", "−")] if sign == "−" else []
            return _row(*head, write(first), *(part for s, t in rest for part in (_tag("mo", s), write(t))))
        case Product(factors, sign):
            return _product(factors, sign)
    return _structure(node)


def inline(node: Node) -> str:
    """The tree for use within a sentence: its derivatives are written with a slash."""
    match node:
        case Adjoint(_, full):
            return inline(full)
        case Derivative(of, by):
            over, under = _derivative(of, by)
            return _row(over, '<mo lspace="0" rspace="0">/</mo>', under)
        case Row(items):
            return _row(*map(inline, items))
    return write(node)


def _structure(node: Node) -> str:
    match node:
        case Fraction(top, bottom):
            drawn = spread(node)
            return _wrap("mfrac", write(top), write(bottom)) if drawn is node else write(drawn)
        case Power(base, exponent):
            return _raised(base, write(exponent))
        case Marked(base, mark):
            return _raised(base, _MARKS[mark] if mark in _MARKS else _tag("mo", mark))
        case Root(body):
            return _wrap("msqrt", write(body))
        case Fenced(body, left, right):
            return _fenced(write(body), left, right, is_tall(body))
        case Big(sign, below, body):
            return _row(_wrap("munder", _big(sign), write(below)), write(body))
        case Call(function, (Fenced(_, "|") as argument,)):
            return _row(write(function), _APPLY, write(argument))
        case Call(function, arguments):
            inside = "<mo>,</mo>".join(map(write, arguments))
            return _row(write(function), _APPLY, _fenced(inside, "(", ")", any(map(is_tall, arguments))))
        case Cases(rows):
            return _row('<mo stretchy="true">{</mo>', _wrap("mtable", *(_case(*r) for r in rows)))
    return _named(node)


def _named(node: Node) -> str:
    match node:
        case Accent(mark, base):
            return f'<mover accent="true">{write(base)}<mo stretchy="false">{_ACCENTS[mark]}</mo></mover>'
        case Labelled(base, label, raised):
            shown = _tag("mn" if label.isdigit() else "mi", label)
            above = _row("<mo>(</mo>", shown, "<mo>)</mo>")
            return _wrap("msup", write(base), above) if raised else _wrap("msub", write(base), shown)
        case Indexed(Labelled(base, label, True), places):
            shown = _tag("mn" if label.isdigit() else "mi", label)
            return _wrap("msubsup", write(base), _places(places), _row("<mo>(</mo>", shown, "<mo>)</mo>"))
        case Indexed(base, places):
            shown = _fenced(write(base), "(", ")", False) if isinstance(base, Marked) else write(base)
            return _wrap("msub", shown, _places(places))
        case Adjoint(_, full):
            return write(full)
        case Derivative(of, by):
            return _wrap("mfrac", *_derivative(of, by))
        case Declared():
            return _declared(node)
    raise TypeError(f"{node!r} is no presentation tree")


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape.html(text)}</{name}>"


def _wrap(name: str, *children: str) -> str:
    return f"<{name}>{''.join(children)}</{name}>"


def _row(*children: str) -> str:
    return children[0] if len(children) == 1 else _wrap("mrow", *children)


def _sign(text: str) -> str:
    if text == "∂":
        return _tag("mi", text)
    if text == "\u2062":
        return _TIMES
    if text == " and ":
        return f"<mtext>{escape.html(translated(text)).replace(' ', chr(0xA0))}</mtext>"
    if text.strip() == ",":
        return '<mo separator="true">,</mo>'
    return _tag("mo", text)


def _big(sign: str) -> str:
    return f'<mo movablelimits="false">{_BIG[sign]}</mo>' if sign in _BIG else _tag("mi", sign)


def _fenced(inside: str, left: str, right: str, tall: bool) -> str:
    opening = f'<mo fence="true" stretchy="{"true" if tall else "false"}">'
    return _row(f"{opening}{left}</mo>", inside, f"{opening}{right}</mo>")


def _raised(base: Node, exponent: str) -> str:
    shown = write(base)
    if isinstance(base, Indexed) and not bears_mark(base):
        return _wrap("msubsup", write(base.base), _places(base.places), exponent)
    return _wrap("msup", _fenced(shown, "(", ")", is_tall(base)) if bears_mark(base) else shown, exponent)


def _product(factors: tuple[Node, ...], sign: str) -> str:
    parts = [write(factors[0])]
    for before, after in pairwise(factors):
        applied = isinstance(before, Derivative) and before.of is None
        dotted = isinstance(after, Number) or (isinstance(before, Number) and isinstance(after, Fraction))
        parts.append(_tag("mo", "·") if dotted else _tag("mo", sign) if sign and not applied else _TIMES + _THIN)
        parts.append(write(after))
    return _row(*parts)


def _case(value: Node, condition: Node | None) -> str:
    otherwise = f"<mtext>{word('otherwise')}</mtext>"
    held = otherwise if condition is None else f"<mtext>{word('if')}\u00a0</mtext>{write(condition)}"
    return _wrap("mtr", f"<mtd>{write(value)}</mtd>", f"<mtd>{_wrap('mrow', held)}</mtd>")


def _derivative(of: Node | None, by: tuple[Node, ...]) -> tuple[str, str]:
    d = "<mi>∂</mi>" if len(by) == 1 else f"<msup><mi>∂</mi><mn>{len(by)}</mn></msup>"
    if len(by) > 1 and len(set(by)) == 1:
        return _row(d, *([write(of)] if of else [])), _row("<mi>∂</mi>", f"<msup>{write(by[0])}<mn>{len(by)}</mn></msup>")
    under = (part for b in by for part in ("<mi>∂</mi>", write(b)))
    return _row(d, *([write(of)] if of else [])), _row(*under)


def _places(places: tuple[Node, ...]) -> str:
    close = all(isinstance(p, Letter) or (isinstance(p, Number) and len(p.text) == 1) for p in places)
    separator = "<mo>\u2063</mo>" if close else '<mo separator="true">,</mo>'
    parts = [write(places[0])]
    for place in places[1:]:
        parts += [separator, write(place)]
    return _row(*parts)


def _declared(node: Declared) -> str:
    domain = _domain(node)
    name = write(node.base)
    positive = _row(name, _tag("mo", node.sign), "<mn>0</mn>") if node.sign else ""
    if positive and not node.sizes and node.below is None and not node.values:
        return positive
    shape = [part for k, s in enumerate(node.sizes) for part in ((["<mo>×</mo>"] if k else []) + [write(s)])]
    raised = _wrap("msup", domain, _row(*shape)) if shape else domain
    return _row(name, "<mo>∈</mo>", raised, *(['<mo separator="true">,</mo>', positive] if positive else []))


def _domain(node: Declared) -> str:
    if node.below is not None:
        listed = ["<mn>0</mn>", "<mi>…</mi>", _row(write(node.below), "<mo>−</mo>", "<mn>1</mn>")]
    elif node.values:
        listed = [write(v) for v in node.values]
    else:
        return "<mi>ℝ</mi>"
    inside = '<mo separator="true">,</mo>'.join(listed)
    return _row("<mo>{</mo>", inside, "<mo>}</mo>")
