"""LaTeX to raw tokens: letters, numbers, commands and signs, each with its place; what has no place in a formula is refused.

Commands that run, open or define something are refused at once, as are control characters and characters that turn the
direction of writing. A command that no table of `commands` knows keeps its `trouble`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from symbackprop.language.errors import NotationError, did_you_mean
from symbackprop.language.latex import commands as c
from symbackprop.language.latex.refusals import error

MAX_TEXT = 20_000
MAX_TOKENS = 4_000
MAX_DEPTH = 40
MAX_DIGITS = 40
MAX_TROUBLES = 20

_TOKEN = re.compile(
    r"(?P<comment>%[^\n]*)|(?P<space>[ \t\r~]+)|(?P<newline>\n(?:[ \t\r]*\n)*)|(?P<command>\\(?:[A-Za-z]+\*?|.|\n))"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)|(?P<letter>[A-Za-z])|(?P<char>.)",
    re.S,
)
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\v": "\\v", "\f": "\\f"}
"""What Python makes of \\alpha, \\beta, \\varphi and \\frac in a string that isn't raw."""
_SIGNS = "+-*/=<>()[]{}^_&|,;:.!'$"


@dataclass(frozen=True)
class Token:
    """One token: `kind` is letter, number, command, word, one, begin, end, newline, given or char; `text` is its content.

    `side` is left or right behind \\left and \\right; `near` says that nothing stands between it and the token before;
    `font` is double, curly or bold. `was` is what a given token replaced. `trouble` is why it can't be read, where it can't.
    """

    kind: str
    text: str
    at: int
    side: str = ""
    near: bool = False
    font: str = ""
    was: tuple[Token, ...] = ()
    trouble: NotationError | None = field(default=None, compare=False)

    @property
    def sign(self) -> str:
        """The text of a sign or, with its backslash, of a command; "" for anything else."""
        return self.text if self.kind == "char" else "\\" + self.text if self.kind == "command" else ""


def raw_tokens(text: str, start: int, end: int) -> Iterator[Token]:
    """The tokens as they stand. Raises LatexError."""
    near, troubles = False, 0
    for match in _TOKEN.finditer(text, start, end):
        kind, piece, at = str(match.lastgroup), match.group(), match.start()
        side, trouble = "", None
        if kind == "space" or kind == "comment":
            near = False
            continue
        if kind == "newline":
            piece = "\n\n" if piece.count("\n") > 1 else "\n"
        elif kind == "char":
            kind, piece, trouble = _character(text, at, piece)
        elif kind == "command":
            piece = piece[1:]
            piece = piece.lower() if piece not in c.KNOWN and piece.lower() in c.FUNCTIONS else piece
            if piece in c.TOP and _above(text, at):
                piece = "top"
            trouble = _trouble(text, at, piece)
            side = {"lvert": "left", "rvert": "right", "lVert": "left", "rVert": "right"}.get(piece, "")
            if piece in c.SAME:
                piece = c.SAME[piece]
                kind = "char" if piece in ("<", ">", "=", "[", "]", ":", "*", "vert") else kind
                piece = "|" if piece == "vert" else piece
        elif kind == "number" and len(piece) > MAX_DIGITS:
            raise error(text, at, f"a number has more than {MAX_DIGITS} digits")
        if trouble is not None and (troubles := troubles + 1) > MAX_TROUBLES:
            raise trouble
        yield Token(kind, piece, at, side, near, trouble=trouble)
        near = kind != "newline"


def _above(text: str, at: int) -> bool:
    """Whether a place stands behind ^ or ^{."""
    return text[max(0, at - 8) : at].rstrip(" {").endswith("^")


def _character(text: str, at: int, piece: str) -> tuple[str, str, NotationError | None]:
    if piece in _SIGNS:
        return "char", piece, None
    if piece in c.UNICODE:
        return "command", c.UNICODE[piece], None
    if piece in c.SIGNS:
        return "char", c.SIGNS[piece], None
    if not piece.isprintable():
        escaped = _ESCAPES.get(piece, "")
        hint = f"Python reads {escaped}... so: write a raw string, r'{escaped}...'" if escaped else "delete it"
        raise error(text, at, f"the invisible character U+{ord(piece):04X} has no place in a formula", hint)
    hint = "in plain notation or NumPy x.T @ dz, in LaTeX x^\\top dz" if piece == "@" else "write it as a command of LaTeX"
    return "char", piece, error(text, at, f"{piece} has no place in a formula", hint)


def _trouble(text: str, at: int, name: str) -> NotationError | None:
    """Why a command can't be read, None if it can. Raises LatexError for one that runs, opens or defines something."""
    bare = name.rstrip("*")
    if bare in c.FORBIDDEN:
        raise error(text, at, f"\\{bare} is refused: a formula is read, nothing is run and no file is opened", "leave it out")
    if name in c.KNOWN or bare in c.KNOWN or name in c.FUNCTIONS:
        return None
    if len(name) == 1 and not name.isprintable():
        raise error(text, at, "a backslash stands before nothing", "a command is a backslash and a name")
    near = did_you_mean(name, sorted(c.KNOWN)).replace("did you mean ", "did you mean \\")
    own = f"if it is your own, say what it stands for: names={{'\\\\{name[:20]}': ...}}"
    return error(text, at, f"\\{name[:40]} is no command that is read", f"{near} {own}" if near else own)


def check_braces(text: str, raw: list[Token]) -> None:
    """Raise LatexError where braces don't match, or are nested too deeply."""
    opened: list[Token] = []
    for token in raw:
        if token.kind != "char":
            continue
        if token.text == "{":
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                raise error(text, token.at, f"braces are nested deeper than {MAX_DEPTH}", "state it in several formulas")
        elif token.text == "}":
            if not opened:
                raise error(text, token.at, "this } closes nothing", "check the braces")
            opened.pop()
    if opened:
        raise error(text, opened[-1].at, "this { is never closed", "check the braces")
