"""From the tokens of a text to its statements: lines of an align, formulas one after the other, chains of =.

dW &= x^\\top \\delta \\\\            a statement of two sides
   &= \\sum_n ...                    a line that starts with = goes on: a further step of the same chain
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.language.latex import commands as c
from symbackprop.language.latex.lexer import Token
from symbackprop.language.latex.refusals import error
from symbackprop.language.latex.stream import CLOSERS, OPENING

MAX_STEPS = 100
MAX_SIDE = 600  # parts of one side
LOOK_AHEAD = 300  # parts of a line
_BREAKS = frozenset({"\\implies", "\\Rightarrow", "\\therefore", "\\because"})
_NAMED = re.compile(r"\$[^$]*\$")
_GOES_ON = frozenset({"+", "-", "*", "\\cdot", "\\odot", "\\times", "\\circ", "/"})


@dataclass(frozen=True)
class Chain:
    """The sides of a = b = c, each a list of tokens, with the place where each begins and ends."""

    sides: tuple[tuple[Token, ...], ...]


def chains(text: str, tokens: Sequence[Token], goes_on: bool = False) -> list[Chain]:
    """The statements of a text; where it goes on with another text's last one, the first may begin with =, its first side empty."""
    tokens = _mathematics(text, tokens)
    found: list[list[tuple[Token, ...]]] = []
    for piece in _joined(_pieces(tokens)):
        sides = _sides(piece)
        told = piece[0].kind == "where"
        if told:
            sides[0] = sides[0][1:]
        if not any(sides):
            continue
        if told and found and sides[0]:
            if len(sides) > 1:  # \\text{where } \\delta = ... is known to what stands before it
                found.insert(len(found) - 1, sides)
            elif not all(map(_names, sides[0])):
                message = "what is said here may change the formula: it isn't read"
                raise error(text, piece[0].at, message, "a condition is written by cases, or as an indicator")
        elif not sides[0] and found:
            found[-1] += sides[1:]
        else:
            found.append(sides)
        if sum(map(len, found)) > MAX_STEPS:
            raise error(text, piece[0].at, f"there are more than {MAX_STEPS} steps", "give them in several texts")
    for sides in found:
        for k, side in enumerate(sides):
            if len(side) > MAX_SIDE:
                raise error(text, side[MAX_SIDE].at, f"this side has more than {MAX_SIDE:,} parts", "state it in several formulas")
            if not side and (k or not goes_on or sides is not found[0]):
                at = next((s[0].at for s in sides[k + 1 :] if s), sides[k - 1][-1].at + 1 if k else len(text))
                raise error(text, at, "one side of this = is empty", "write dW = ...")
    return [Chain(tuple(sides)) for sides in found]


def _mathematics(text: str, tokens: Sequence[Token]) -> list[Token]:
    """What stands between dollars, where there are any: the words between are prose."""
    if not any(t.sign == "$" for t in tokens):
        return list(tokens)
    kept: list[Token] = []
    inside = False
    for at, token in enumerate(tokens):
        if token.sign == "$":
            doubled = at + 1 < len(tokens) and tokens[at + 1].sign == "$" and tokens[at + 1].near
            inside = inside if doubled else not inside
            kept.append(token)
        elif inside or token.kind == "newline":
            kept.append(token)
        elif token.kind not in ("letter", "word", "given") and token.sign not in (",", ".", ";", ":", "'", "-"):
            raise error(text, token.at, "there is mathematics outside the dollars", "put the whole formula between them")
    if inside:
        raise error(text, next(t.at for t in reversed(tokens) if t.sign == "$"), "this $ is never closed", "check the dollars")
    return kept


def _pieces(tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens between what ends a line, outside brackets and cases."""
    pieces: list[list[Token]] = [[]]
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.sign in OPENING or token.kind == "begin") - (token.sign in CLOSERS or token.kind == "end")
        if depth > 0:
            pieces[-1].append(token)
        elif token.kind == "newline":
            if token.text == "break" or _paragraph(pieces[-1], token) or _new_statement(pieces[-1], tokens, at):
                pieces.append([])
        elif (
            token.sign in ("\\\\", ";", "$")
            or token.sign in _BREAKS
            or (token.kind == "word" and (token.text.lower().strip(" ,.:") in c.SEPARATING or (_tells(token) and pieces[-1])))
            or (token.sign == "," and _has_relation(pieces[-1]) and _has_relation(_line(tokens, at)) and not any(map(_ranges, pieces[-1])))
        ):
            pieces.append([])
            if _tells(token):
                pieces[-1].append(Token("where", "", token.at))
        elif token.sign == "&":
            if _new_column(pieces[-1], _line(tokens, at)):
                pieces.append([])
        else:
            pieces[-1].append(token)
    return [trimmed for p in pieces if (trimmed := _trimmed(p))]


def _new_column(before: Sequence[Token], line: Sequence[Token]) -> bool:
    """Whether an & parts two equations of one line: dW &= a & db &= b."""
    parted = bool(before) and before[-1].sign not in ("=", *_GOES_ON) and _has_relation(before)
    return parted and _has_relation(line) and line[0].sign != "="


def _tells(token: Token) -> bool:
    """where, with the Heaviside step: what follows tells what a name before it is."""
    words = [w.strip("(),.:") for w in token.text.lower().split()] if token.kind == "word" else []
    return words[:1] in (["where"], ["with"]) and not any(w in c.CHANGING for w in words)


def _names(token: Token) -> bool:
    # Part of a bare name: with the Heaviside step H, where N is the batch size.
    named = token.kind in ("letter", "word", "given") or (token.kind == "command" and (token.text in c.GREEK or token.text in c.ACCENTS))
    return named or token.sign in ("_", "^", "{", "}", "(", ")", ",", "'")


def _line(tokens: Sequence[Token], at: int) -> list[Token]:
    """What stands behind a place, up to the end of the line."""
    rest: list[Token] = []
    depth = 0
    for token in tokens[at + 1 : at + 1 + LOOK_AHEAD]:
        depth += (token.sign in OPENING or token.kind == "begin") - (token.sign in CLOSERS or token.kind == "end")
        if depth <= 0 and (token.kind == "newline" or token.sign in ("\\\\", ";", ",", "$")):
            break
        rest.append(token)
    return rest


def _has_relation(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token.sign in OPENING or token.kind == "begin") - (token.sign in CLOSERS or token.kind == "end")
        if depth == 0 and token.sign == "=":
            return True
    return False


def _paragraph(before: Sequence[Token], token: Token) -> bool:
    # An empty line ends a statement, unless that goes on.
    return token.text == "\n\n" and bool(before) and before[-1].sign not in _GOES_ON and before[-1].sign != "="


def _new_statement(before: Sequence[Token], tokens: Sequence[Token], at: int) -> bool:
    # A line break is a space in LaTeX; it ends a statement where the next line has a left side of its own.
    if not _has_relation(before) or before[-1].sign in _GOES_ON or before[-1].sign == "=":
        return False
    line = _line(tokens, at)
    return bool(line) and line[0].sign not in ("=", "&") and line[0].sign not in _GOES_ON and _has_relation(line)


def _trimmed(piece: list[Token]) -> list[Token]:
    piece = [t for t in piece if t.kind != "newline" or t.text == "break"]
    piece = _without_range(piece)
    while piece and (piece[-1].sign in (",", ".", ";") or _is_prose(piece[-1])):
        piece = piece[:-1]
    while piece and _is_prose(piece[0]):
        piece = piece[1:]
    while len(piece) > 1 and piece[0].sign == "{" and piece[-1].sign == "}" and _encloses(piece):
        piece = piece[1:-1]
    return piece


def _is_prose(token: Token) -> bool:
    """Whether a token is a remark in words: \\text{by the chain rule}; no name, and nothing that changes what is said."""
    if token.kind != "word" or token.font or " " not in token.text or token.text.lower() in c.FUNCTIONS:
        return False
    if set("@*+=/") & set(_NAMED.sub("", token.text)):
        return False
    words = token.text.lower().strip("() ,.:").split()
    return not (words[:1] and words[0] in c.CONDITION_WORDS - {"where"}) and not any(w in c.CHANGING for w in words)


def _ranges(token: Token) -> bool:
    return token.sign == "\\forall" or (token.kind == "word" and token.text.lower().strip(" ,") in c.FOR_ALL)


def _without_range(piece: list[Token]) -> list[Token]:
    """Without what is said at the end of the indices: \\forall i, j, for all n = 1, \\dots, N."""
    at = next((k for k, t in enumerate(piece) if _ranges(t)), len(piece))
    shape = next((k for k, t in enumerate(piece) if t.sign == "\\in" and _is_space(piece[k + 1 :])), 0)
    if shape:
        return piece[:shape]  # W \\in \\mathbb{R}^{D \\times H}: the shape is known
    told = piece[at + 1 :]
    plain = all(t.kind in ("letter", "number") or t.sign in (",", "=", "\\in", "\\{", "\\}", "\\dots", "\\ldots", ".") for t in told)
    numbered = any(t.kind == "number" or t.sign == "=" for t in told)
    dotted = any(t.sign in ("\\dots", "\\ldots") for t in told)
    return piece[:at] if at and told and plain and (dotted or not numbered) else piece


def _is_space(tokens: Sequence[Token]) -> bool:
    """\\mathbb{R}^{N \\times D} and nothing else."""
    if not tokens or not (tokens[0].text == "R" and (tokens[0].font == "double" or tokens[0].kind == "command")):
        return False
    if len(tokens) == 1:
        return True
    braced = len(tokens) > 3 and tokens[2].sign == "{" and _encloses(tokens[2:])
    return tokens[1].sign == "^" and (len(tokens) == 3 or braced)


def _encloses(piece: Sequence[Token]) -> bool:
    depth = 0
    for at, token in enumerate(piece):
        depth += (token.sign == "{") - (token.sign == "}")
        if depth == 0:
            return at == len(piece) - 1
    return False


def _joined(pieces: list[list[Token]]) -> list[list[Token]]:
    """A line that starts with an operator belongs to the line before."""
    out: list[list[Token]] = []
    for piece in pieces:
        if out and piece[0].sign in _GOES_ON:
            out[-1] = [*out[-1], *piece]
        else:
            out.append(piece)
    return out


def _sides(piece: Sequence[Token]) -> list[tuple[Token, ...]]:
    sides: list[list[Token]] = [[]]
    depth = 0
    for token in piece:
        if token.kind == "word" and depth == 0 and token.text.lower().strip(" ,.:") in c.CONDITION_WORDS | c.FOR_ALL:
            depth = 1_000  # an = behind "if" or "for" belongs to the condition
        depth += (token.sign in OPENING or token.kind == "begin") - (token.sign in CLOSERS or token.kind == "end")
        if depth == 0 and token.sign == "=":
            if sides[-1] and sides[-1][-1].sign == ":":
                sides[-1].pop()
            sides.append([])
        else:
            sides[-1].append(token)
    return [tuple(s) for s in sides]
