"""tree -> LaTeX mathematics, for use with amsmath and amssymb, in a document or in MathJax."""
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
from symbackprop.render.widths import width as width
from symbackprop.render.words import word
from symbackprop.render.words.languages import translated

_SIGNS = {"+": " + ", "−": " - ", "·": r" \cdot ", "=": " = ", "≤": r" \le ", "<": " < ", "≥": r" \ge ", ">": " > ",
          "≠": r" \ne ", "⇒": r" \Rightarrow ", "→": r" \to ", "⊙": r" \odot ", "∈": r" \in ", "≔": " := ",
          "∂": r"\partial ", "\u2062": r"\,", ",": ",", ", ": r",\; ", "/": "/",
          "(": "(", ")": ")", "[": "[", "]": "]"}
_BIG = {"Σ": r"\sum", "Π": r"\prod", "max": r"\max", "mean": r"\operatorname*{mean}",
        "argmax": r"\operatorname*{argmax}", "lim": r"\lim"}
_MARKS = {"ᵀ": r"^{\top}", "⁻¹": "^{-1}", "⁻ᵀ": r"^{-\top}"}
_ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}
_FENCES = {"(": "(", ")": ")", "[": "[", "]": "]", "|": r"\lvert", "|)": r"\rvert"}


def write(node: Node) -> str:
    """The tree as LaTeX."""
    match node:
        case Number(text):
            return text
        case Letter(_, latex):
            return latex
        case Word(text):
            return rf"\mathrm{{{escape.latex(text)}}}"
        case Function(text, latex):
            return latex or rf"\operatorname{{{escape.latex(text)}}}"
        case Words(text):
            return rf"\text{{{escape.latex(text)}}}"
        case Sign(" and "):
            return rf" \text{{{translated(' and ')}}} "
        case Sign(text):
            return _SIGNS[text]
        case Delimiter(text):
            return rf"\bigl{text}" if text in "([" else rf"\bigr{text}" if text in ")]" else rf"\big{text}"
        case Row(items):
            return "".join(map(write, items))
        case Terms(((sign, first), *rest)):
            return ("-" if sign == "−" else "") + write(first) + "".join(_SIGNS[s] + write(t) for s, t in rest)
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
            return rf"{over}/{under}"
        case Row(items):
            return "".join(map(inline, items))
    return write(node)


def _derivative(of: Node | None, by: tuple[Node, ...]) -> tuple[str, str]:
    order = f"^{{{len(by)}}}" if len(by) > 1 else ""
    over = rf"\partial{order} {write(of) if of else ''}".rstrip()
    if len(by) > 1 and len(set(by)) == 1:
        return over, rf"\partial {write(by[0])}^{{{len(by)}}}"
    return over, r" \, ".join(r"\partial " + write(b) for b in by)


def _structure(node: Node) -> str:
    match node:
        case Fraction(top, bottom):
            drawn = spread(node)
            return rf"\frac{{{write(top)}}}{{{write(bottom)}}}" if drawn is node else write(drawn)
        case Power(base, exponent):
            return f"{_base(base)}^{{{write(exponent)}}}"
        case Marked(base, mark):
            return _base(base) + (_MARKS[mark] if mark in _MARKS else "'" * len(mark))
        case Root(body):
            return rf"\sqrt{{{write(body)}}}"
        case Fenced(body, left, _):
            return _fenced(body, left)
        case Big(sign, below, body):
            return f"{_BIG[sign]}_{{{write(below)}}} {write(body)}".rstrip()
        case Call(function, (Fenced(_, "|") as argument,)):
            return write(function) + write(argument)
        case Call(function, arguments):
            return write(function) + _fenced(Row(arguments), "(", ", ".join(map(write, arguments)))
        case Cases(rows):
            return r"\begin{cases} " + r" \\ ".join(_case(*r) for r in rows) + r" \end{cases}"
    return _named(node)


def _named(node: Node) -> str:
    match node:
        case Accent(mark, base):
            return f"{_ACCENTS[mark]}{{{write(base)}}}"
        case Labelled(base, label, raised):
            shown = label if label.isdigit() else rf"\mathrm{{{escape.latex(label)}}}"
            return f"{write(base)}^{{({shown})}}" if raised else f"{write(base)}_{{{shown}}}"
        case Indexed(base, places):
            return f"{_fenced(base, '(') if isinstance(base, Marked) else write(base)}_{{{_places(places)}}}"
        case Adjoint(_, full):
            return write(full)
        case Derivative(of, by):
            over, under = _derivative(of, by)
            return rf"\frac{{{over}}}{{{under}}}"
        case Declared():
            return _declared(node)
    raise TypeError(f"{node!r} is no presentation tree")


def _fenced(body: Node, left: str, shown: str = "") -> str:
    right = {"(": ")", "[": "]", "|": "|)"}[left]
    if left == "|" or is_tall(body):
        return rf"\left{_FENCES[left]} {shown or write(body)} \right{_FENCES[right]}"
    return f"{_FENCES[left]}{shown or write(body)}{_FENCES[right]}"


def _product(factors: tuple[Node, ...], sign: str) -> str:
    shown = write(factors[0])
    for before, after in pairwise(factors):
        shown += _between(before, after, sign) + write(after)
    return shown


def _between(before: Node, after: Node, sign: str) -> str:
    if isinstance(after, Number) or (isinstance(before, Number) and isinstance(after, Fraction)):
        return r" \cdot "
    if sign and not (isinstance(before, Derivative) and before.of is None):
        return _SIGNS[sign]
    return " " if isinstance(before, Number) else r" \, "


def _case(value: Node, condition: Node | None) -> str:
    held = rf"\text{{{word('if')} }} {write(condition)}" if condition is not None else rf"\text{{{word('otherwise')}}}"
    shown = write(value)
    # After \\ an opening bracket would be taken for the optional argument.
    return f"{'{}' if shown.startswith('[') else ''}{shown} & {held}"


def _base(node: Node) -> str:
    """A base that can bear one more superscript."""
    return _fenced(node, "(") if bears_mark(node) else write(node)


def _places(places: tuple[Node, ...]) -> str:
    close = all(isinstance(p, Letter) or (isinstance(p, Number) and len(p.text) == 1) for p in places)
    return (" " if close else ", ").join(map(write, places))


def _declared(node: Declared) -> str:
    name = write(node.base)
    if node.below is not None:
        domain = rf"\{{0, \dots, {write(node.below)} - 1\}}"
    elif node.values:
        domain = rf"\{{{', '.join(map(write, node.values))}\}}"
    else:
        domain = r"\mathbb{R}"
    if node.sign and not node.sizes and domain == r"\mathbb{R}":
        return f"{name}{_SIGNS[node.sign]}0"
    shape = "^{" + r" \times ".join(map(write, node.sizes)) + "}" if node.sizes else ""
    return rf"{name} \in {domain}{shape}" + (rf",\; {name}{_SIGNS[node.sign]}0" if node.sign else "")
