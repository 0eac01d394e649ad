"""What stands below, above and behind an operand: subscripts, powers, transposes, primes, and names in brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symbackprop.language.latex import grammar
from symbackprop.language.latex.lexer import Token
from symbackprop.language.latex.refusals import ambiguous
from symbackprop.language.latex.stream import Stream, split
from symbackprop.language.latex.tree import Call, Indexed, Letter, Number, Power, Transpose, Tree
from symbackprop.language.latex.vocabulary import bare

SLICE = "\0"
_WHOLE = (":", "*", "\\cdot")  # a whole axis: A_{i:}, A_{\\cdot j}
_TRANSPOSED = {"T", "\\top", "\\intercal"}


@dataclass(frozen=True)
class Scripts:
    """The tokens below (None if there are none), each piece above, and the number of primes."""

    below: Sequence[Token] | None
    above: tuple[Sequence[Token], ...]
    primes: int
    at: int


def collect(stream: Stream) -> Scripts:
    """Every subscript, superscript and prime that comes next."""
    below: Sequence[Token] | None = None
    above: list[Sequence[Token]] = []
    primes, at = 0, stream.peek().at
    while stream.peek().sign in ("_", "^", "'"):
        sign = stream.next()
        if sign.sign == "'":
            primes += 1
            continue
        found = list(stream.argument().tokens)
        if sign.sign == "^":
            if any(t.sign != "\\prime" for t in found):
                above += _pieces(found)
                plain = [p for p in above if not is_transposed(p) and named(p) is None]
                if len(plain) > 1 or len(above) > 2:
                    raise stream.error(sign.at, "there are two superscripts", "write brackets: (x^a)^b")
            else:
                primes += len(found)
        elif below is not None:
            raise stream.error(sign.at, "there are two subscripts", "write them in one group: x_{n,d}")
        else:
            below = found
    if primes > 4 or len(above) > 4:
        raise stream.error(at, "too much stands above this", "write brackets")
    return Scripts(below, tuple(above), primes, at)


def _pieces(found: Sequence[Token]) -> list[Sequence[Token]]:
    # (2)\top is a name and a transpose.
    if found and found[0].sign in ("(", "[", "\\langle", "<") and len(found) > 2:
        closing = {"(": ")", "[": "]", "\\langle": "\\rangle", "<": ">"}[found[0].sign]
        at = next((k for k, t in enumerate(found) if t.sign == closing), -1)
        if 0 < at < len(found) - 1 and is_transposed(found[at + 1 :]):
            return [found[: at + 1], found[at + 1 :]]
    return [found]


def is_transposed(piece: Sequence[Token]) -> bool:
    """Whether a superscript is T, ⊤ or the like."""
    if len(piece) != 1:
        return False
    token = bare(piece[0])
    return token.sign in _TRANSPOSED or (token.kind in ("letter", "word") and token.text == "T")


def named(piece: Sequence[Token]) -> Sequence[Token] | None:
    """What stands in the brackets of (k) or [k], None for any other superscript."""
    if len(piece) < 3:
        return None
    pair = (piece[0].sign, piece[-1].sign)
    return piece[1:-1] if pair in (("(", ")"), ("[", "]"), ("\\langle", "\\rangle"), ("<", ">")) else None


def with_scripts(stream: Stream, node: Tree, scripts: Scripts) -> Tree:
    """An operand with what is written around it; on anything but a name."""
    if scripts.primes and isinstance(node, Call):
        readings = f"the derivative {node.name}'(x)", f"the transpose of {node.name}(x)"
        message = "a prime behind a function's argument can be read in two ways"
        raise ambiguous(stream.text, scripts.at, message, readings, "write f'(x), or ^\\top")
    if scripts.below is not None and [t.sign for t in scripts.below] == ["+"]:
        node = Call(scripts.at, "max", (node, Number(scripts.at, sp.S.Zero)))  # [x]_+
    elif scripts.below is not None:
        items = subscripts(stream.inner(scripts.below, scripts.at, index=True))
        node = Indexed(scripts.at, node, tuple(items))
    for piece in scripts.above:
        node = raised(stream, node, piece, scripts.at)
    for _ in range(scripts.primes):
        node = Transpose(scripts.at, node)
    return node


def raised(stream: Stream, node: Tree, piece: Sequence[Token], at: int) -> Tree:
    """A power, a transpose, an inverse."""
    if not piece:
        raise stream.error(at, "nothing stands above", "write x^2")
    if is_transposed(piece):
        return Transpose(at, node)
    if piece[0].sign == "-" and is_transposed(piece[1:]):
        return Transpose(at, node, inverse=True)
    if piece[0].sign in ("\\odot", "\\circ") and len(piece) > 1:
        return Power(at, node, grammar.whole(stream.inner(piece[1:], at)), True)
    if named(piece) is not None and named(piece) and not _is_arithmetic(named(piece) or ()):
        raise stream.error(
            piece[0].at,
            "a superscript in brackets is part of a name, and nothing of that name is known",
            "write a power without brackets, or map the name",
        )
    return Power(at, node, grammar.whole(stream.inner(piece, piece[-1].at + 1, index=False)))


def _is_arithmetic(piece: Sequence[Token]) -> bool:
    return any(t.sign in ("+", "-", "/", "\\frac") for t in piece)


def subscripts(stream: Stream) -> list[Tree]:
    """The items of a subscript: n,d or nd or i+p,j."""
    stream.index = True
    items: list[Tree] = []
    parts = split(stream, ",", ";")
    for part in parts:
        part.index = True
        if not part.tokens:
            raise stream.error(part.end, "a subscript is missing here", "an index letter is expected")
        if len(part.tokens) == 1 and part.tokens[0].sign in _WHOLE:
            items.append(Letter(part.start, SLICE))
        elif len(parts) > 1 and len(part.tokens) == 1 and part.tokens[0].kind == "number":
            items.append(grammar.whole(part))  # x_{10,d}: with commas 10 is one place
        elif len(part.tokens) == 2 and any(t.sign in _WHOLE for t in part.tokens):
            items += [Letter(t.at, SLICE) if t.sign in _WHOLE else grammar.whole(part.inner([t], t.at + 1)) for t in part.tokens]
        elif _side_by_side(part):
            items += _atoms(part)
        else:
            items.append(grammar.whole(part))
    return items


def _side_by_side(part: Stream) -> bool:
    """Whether these are subscripts without commas, and no arithmetic: nd, 1ij, but not 2i or i+p."""
    depth = 0
    for token in part.tokens:
        depth += (token.sign == "{") - (token.sign == "}")
        if depth or token.sign == "}" or token.sign in ("_", "'"):
            continue
        if token.kind == "char" or token.sign in ("\\cdot", "\\times", "\\frac"):
            return False
    first, *rest = part.tokens
    return not (first.kind == "number" and len(rest) == 1 and rest[0].kind == "letter")


def _atoms(part: Stream) -> list[Tree]:
    found: list[Tree] = []
    while not part.done:
        token = part.peek()
        if token.kind == "number":
            part.next()
            if not token.text.isdigit() or len(token.text) > 3:
                raise part.error(token.at, f"{token.text} is no list of places", "write commas between subscripts")
            found += [Number(token.at + k, sp.Integer(int(d))) for k, d in enumerate(token.text)]
            continue
        found.append(grammar.operand(part))
    return found
