"""The grammar: a sum of products of operands, by precedence.

    relation   a < b ≤ c                 only inside brackets and conditions
    sum        a + b - c
    product    a ⊙ b, a ∘ b, a * b       looser than what stands side by side: WᵀδꞏΣ… ⊙ f′(z)
    factors    a b, a · b, a × b, a / b  from left to right
    operand    an atom with what is written below, above and behind it

Σ takes the product behind it, up to the next + or − or relation outside brackets. A function without brackets takes
one operand; another one right behind it is ambiguous and refused, as is what follows a/b: write \\frac or brackets.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.language.latex import atoms
from symbackprop.language.latex import commands as c
from symbackprop.language.latex.refusals import ambiguous
from symbackprop.language.latex.stream import OPENING, Stream, shown
from symbackprop.language.latex.tree import Add, Big, Compare, Letter, Number, Product, Tree, children

HADAMARD = {"\\odot", "\\circ", "*"}
TIGHT = {"\\cdot": "cdot", "\\times": "times", "/": "/", "\\div": "/", ":": "/"}
_STARTS = frozenset(
    {
        "\\frac",
        "\\sqrt",
        "\\sum",
        "\\prod",
        "\\partial",
        "\\nabla",
        "\\max",
        "\\min",
        "\\arg",
        "\\exp",
        "\\log",
        "\\ln",
        "\\tanh",
        "\\sin",
        "\\cos",
        "\\tan",
        "\\sinh",
        "\\cosh",
        "\\arctan",
        "\\det",
        "\\argmax",
        *OPENING,
        *("\\" + n for n in (*c.GREEK, *c.ACCENTS)),
    }
)


def whole(stream: Stream) -> Tree:
    """Everything in the stream as one expression, which may be a comparison."""
    made = relation(stream)
    if not stream.done:
        token = stream.peek()
        raise stream.error(token.at, f"{shown(token)} isn't expected here", "an operator, or the end of the formula")
    return made


def relation(stream: Stream) -> Tree:
    """a, or a < b ≤ c"""
    start = stream.peek().at
    sides, relations = [expression(stream)], list[str]()
    while stream.peek().sign in c.RELATIONS:
        relations.append(c.RELATIONS[stream.next().sign])
        sides.append(expression(stream))
    return Compare(start, tuple(relations), tuple(sides)) if relations else sides[0]


def expression(stream: Stream) -> Tree:
    """a + b − c"""
    start = stream.peek().at
    stream.deeper()
    sign = _sign(stream)
    terms = [(sign, term(stream))]
    while stream.peek().sign in ("+", "-"):
        sign = _sign(stream)
        terms.append((sign, term(stream)))
    stream.depth -= 1
    return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Add(start, tuple(terms))


def _sign(stream: Stream) -> int:
    sign = 1
    for _ in range(3):
        token = stream.take("+", "-")
        if token is None:
            return sign
        sign *= -1 if token.text == "-" else 1
    raise stream.error(stream.peek().at, "too many signs follow each other", "write brackets")


def term(stream: Stream) -> Tree:
    """a b ⊙ c d"""
    made = factors(stream)
    while stream.peek().sign in HADAMARD:
        at = stream.next().at
        made = Product(at, "odot", made, _after_operator(stream, tight=False))
    return made


def _after_operator(stream: Stream, tight: bool) -> Tree:
    at = stream.peek().at
    sign = _sign(stream) if stream.peek().sign in ("+", "-") else 1
    made = operand(stream) if tight else factors(stream)
    return made if sign == 1 else Add(at, ((sign, made),))


def factors(stream: Stream) -> Tree:
    """a b · c / d, from left to right"""
    made = operand(stream)
    last: Tree = made
    under: Tree | None = None  # a denominator written with /, as long as nothing settles where it ends
    while True:
        token = stream.peek()
        if token.sign in TIGHT and not (token.sign == ":" and stream.index):
            stream.next()
            over = made
            last = _after_operator(stream, tight=True)
            made = Product(token.at, TIGHT[token.sign], made, last)
            if token.sign == "/" and isinstance(last, Big) and _has_loose_factor(last):
                readings = "(a/\\sum_j b_j) c", "a/(\\sum_j b_j c)"
                message = "what a slash divides by can be read in two ways"
                raise ambiguous(stream.text, last.at, message, readings, "write \\frac, or brackets")
            under = last if token.sign == "/" and not _closed(stream, over, last) else None
        elif starts(stream):
            right = operand(stream)
            _check_side_by_side(stream, last, right, under)
            made, last, under = Product(right.at, "", made, right), right, None
        else:
            return made


def _has_loose_factor(node: Big) -> bool:
    """Whether a sum's body has a factor without the summed index: a / \\sum_j b_j c."""
    bound = {b.name for b in node.bound}
    factors: list[Tree] = []
    rest = node.body
    while isinstance(rest, Product) and rest.op != "/":
        factors.append(rest.right)
        rest = rest.left
    return bool(factors) and any(not bound & set(_letters(f)) for f in factors)


def _letters(node: Tree) -> Iterator[str]:
    if isinstance(node, Letter):
        yield node.name
    for child in children(node):
        yield from _letters(child)


def _closed(stream: Stream, over: Tree, under: Tree) -> bool:
    # After 1/N or 1/2 a sum, a bracket or a fraction is taken as a factor of the whole.
    if stream.tokens[stream.pos - 1].sign in (")", "]", "}"):
        return True
    token = stream.peek()
    plain = isinstance(over, Number) and isinstance(under, Number)
    return plain and (token.sign in ("\\sum", "\\prod", "(", "[", "\\frac", "\\left", "\\|", "\\nabla") or token.side == "left")


def _check_side_by_side(stream: Stream, left: Tree, right: Tree, under: Tree | None) -> None:
    if isinstance(right, Number) and right.value.is_Number and stream.text[right.at : right.at + 1].isdigit():
        hint = "write a number before a letter, an index as x_2, a power as x^2"
        raise stream.error(right.at, "a number stands behind a factor", hint)
    if under is not None:
        raise ambiguous(
            stream.text,
            right.at,
            "what stands behind a/b can be read in two ways",
            ("(a/b) c", "a/(b c)"),
            "write \\frac{a}{b} c or \\frac{a}{b c}",
        )


def starts(stream: Stream) -> bool:
    """Whether the next token begins an operand that stands side by side with what came before."""
    token = stream.peek()
    if token.kind in ("letter", "number", "word", "given", "one", "begin"):
        return True
    if token.sign in ("|", "\\|"):
        return token.side == "left" or (token.side == "" and token.sign not in stream.bars and stream.peek(1).sign != "_")
    return (token.sign in _STARTS and token.side != "right") or (token.sign, token.side) == (".", "left")


def operand(stream: Stream) -> Tree:
    """An atom with what is written below, above and behind it."""
    stream.deeper()
    made = atoms.atom(stream)
    stream.depth -= 1
    return made


def single(stream: Stream, name: str) -> Tree:
    """The one operand that a function without brackets, or a maximum, takes."""
    at = stream.peek().at
    if stream.peek().sign in ("+", "-"):
        raise stream.error(at, f"the argument of {name} starts with a sign", f"write {name}(...)")
    number = stream.peek().kind == "number"
    made = operand(stream)
    if not isinstance(made, Big) and starts(stream):
        raise (
            ambiguous(
                stream.text,
                stream.peek().at,
                f"where the argument of {name} ends can be read in two ways",
                (f"{name}(a) b", f"{name}(a b)"),
                "write brackets",
            )
            if not number
            else stream.error(at, f"write {name}(...)")
        )
    return made
