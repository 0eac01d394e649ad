"""The tokens of one formula, walked once, with groups taken out whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symbackprop.language.errors import NotationError
from symbackprop.language.latex.lexer import Token
from symbackprop.language.latex.refusals import error
from symbackprop.language.latex.vocabulary import Vocabulary

CLOSING = {"(": ")", "[": "]", "\\{": "\\}", "{": "}", "\\langle": "\\rangle"}
MAX_NESTED = 60  # expressions, operands and brackets in one another, about three a bracket
OPENING = frozenset(CLOSING)
CLOSERS = frozenset(CLOSING.values())


@dataclass
class Stream:
    """A walk through tokens. `bars` are the kinds of | and ‖ that are open around; `index` says that these are subscripts."""

    text: str
    tokens: Sequence[Token]
    words: Vocabulary
    end: int
    index: bool = False
    depth: int = 0
    pos: int = 0
    bars: list[str] = field(default_factory=list)

    def peek(self, ahead: int = 0) -> Token:
        """The token that comes next, or one of the kind "end"."""
        at = self.pos + ahead
        return self.tokens[at] if at < len(self.tokens) else Token("end", "", self.end)

    def next(self) -> Token:
        """Takes the next token."""
        token = self.peek()
        self.pos += 1
        return token

    @property
    def done(self) -> bool:
        """Whether nothing comes any more."""
        return self.pos >= len(self.tokens)

    def take(self, *signs: str) -> Token | None:
        """The next token if it is one of these signs."""
        return self.next() if self.peek().sign in signs else None

    def argument(self) -> Stream:
        """What a command, _ or ^ applies to: one token, or a group without its braces."""
        token = self.next()
        if token.kind == "end" or token.sign in CLOSERS or token.sign in ("_", "^", "&"):
            raise self.error(token.at, "something is missing here", "a letter, a number or {...} is expected")
        if token.sign == "{":
            return self.group(token)
        if token.kind == "number" and len(token.text) > 1:
            self.tokens = [
                *self.tokens[: self.pos],
                replace(token, text=token.text[1:], at=token.at + 1, near=True),
                *self.tokens[self.pos :],
            ]
            token = replace(token, text=token.text[0])
        if token.sign in ("\\frac", "\\sqrt", "\\hat", "\\bar", "\\tilde"):
            raise self.error(token.at, "a command with an argument needs braces here", f"write {{{token.sign}{{...}}}}")
        return self.inner([token], token.at + len(token.text))

    def group(self, opening: Token) -> Stream:
        """What stands up to the bracket that closes this one; the closing bracket is taken too."""
        start, closing = self.pos, CLOSING[opening.sign]
        stack = [closing]
        while stack:
            token = self.next()
            if token.kind == "end":
                raise self.error(opening.at, f"this {opening.sign} is never closed", f"{closing} is expected")
            if token.sign in OPENING:
                stack.append(CLOSING[token.sign])
            elif token.sign in CLOSERS:
                if token.sign != stack[-1] and not (token.sign in (")", "]") and stack[-1] in (")", "]")):
                    raise self.error(token.at, f"{stack[-1]} is expected here", f"found {token.sign}")
                if token.sign != stack.pop():
                    raise self.error(token.at, f"this {token.sign} doesn't close what was opened", "check the brackets")
        return self.inner(self.tokens[start : self.pos - 1], self.tokens[self.pos - 1].at)

    def inner(self, tokens: Sequence[Token], end: int, index: bool | None = None) -> Stream:
        """A walk through a part."""
        return Stream(self.text, tokens, self.words, end, self.index if index is None else index, self.depth + 1)

    def deeper(self) -> None:
        """One level further down. Raises LatexError beyond the cap."""
        self.depth += 1
        if self.depth > MAX_NESTED:
            raise self.error(self.peek().at, "this is nested too deeply", "state it in several formulas")

    def error(self, at: int, message: str, hint: str = "", kind: type[NotationError] | None = None) -> NotationError:
        """The error at an offset."""
        return error(self.text, at, message, hint, kind) if kind else error(self.text, at, message, hint)

    @property
    def start(self) -> int:
        """The offset where this part begins."""
        return self.tokens[0].at if self.tokens else self.end


def shown(token: Token) -> str:
    """A token as it is told in an error."""
    return "the end" if token.kind == "end" else token.sign or token.text


def split(stream: Stream, *signs: str) -> list[Stream]:
    """The parts of a stream between signs that stand outside brackets."""
    parts: list[Stream] = []
    start, depth = stream.pos, 0
    for at in range(stream.pos, len(stream.tokens)):
        sign = stream.tokens[at].sign
        depth += (sign in OPENING) - (sign in CLOSERS)
        if depth == 0 and sign in signs:
            parts.append(stream.inner(stream.tokens[start:at], stream.tokens[at].at))
            start = at + 1
    return [*parts, stream.inner(stream.tokens[start:], stream.end)]


def has(stream: Stream, signs: frozenset[str]) -> bool:
    """Whether one of the signs stands outside brackets."""
    depth = 0
    for token in stream.tokens:
        depth += (token.sign in OPENING) - (token.sign in CLOSERS)
        if depth == 0 and token.sign in signs:
            return True
    return False
