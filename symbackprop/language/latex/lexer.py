"""LaTeX to tokens: letters, numbers, commands, signs and upright words, each with its place; spacing and styles fall away.

Nothing is ever expanded or run. Commands that run, open or define something are refused at once, as are control characters,
characters that turn the direction of writing, and texts beyond the caps. A command that no table of `commands` knows keeps its
`trouble`, which is told where it would be read: what stands beside it in the text can be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

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
_LENGTHS = ("pt", "ex", "em", "mm", "cm", "in")
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


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a text, or of its part from start to end. Raises LatexError."""
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no text; LaTeX is read from text")
    end = len(text) if end is None else end
    if end - start > MAX_TEXT:
        raise NotationError(f"the formula has {end - start:,} characters; at most {MAX_TEXT:,} are read")
    raw = list(islice(_raw(text, start, end), MAX_TOKENS + 1))
    if len(raw) > MAX_TOKENS:
        raise error(text, raw[-1].at, f"this has more than {MAX_TOKENS:,} parts", "state it in several texts")
    _check_braces(text, raw)
    return _Cleaner(text, raw).run()


def _raw(text: str, start: int, end: int) -> Iterator[Token]:
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
    return "char", piece, error(text, at, f"{piece} has no place in a formula", "write it as a command of LaTeX")


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


def _check_braces(text: str, raw: list[Token]) -> None:
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


class _Cleaner:
    # From raw tokens to those that mean something; `raw` is walked once.
    def __init__(self, text: str, raw: list[Token]) -> None:
        self.text, self.raw, self.at = text, raw, 0
        self.out: list[Token] = []

    def run(self) -> list[Token]:
        while self.at < len(self.raw):
            token = self.raw[self.at]
            self.at += 1
            if token.kind == "command":
                self._command(token)
            else:
                self._emit(token)
        return self.out

    def _emit(self, token: Token) -> None:
        self.out.append(token)

    def _command(self, token: Token) -> None:
        name = token.text
        bare = name.rstrip("*")
        if name in c.SPACING or name in c.TRANSPARENT or name in c.SIZING:
            return
        if bare in c.WITH_ARGUMENT:
            self._group(token)
        elif bare in c.BRACED or name == "textcolor":
            self._braced(name, token)
        elif name in c.LEFT or name in c.RIGHT:
            self._delimiter(token, "left" if name in c.LEFT else "right")
        elif name in ("begin", "end"):
            self._environment(token)
        elif name in ("[", "]", "(", ")"):
            self._emit(Token("newline", "break", token.at))
        elif name == "\\":
            self._emit(token)
            self._space_below()
        elif name in c.UPRIGHT:
            self._upright(token)
        elif name in c.BOLD:
            self._bold(token)
        elif name == "operatorname":
            self._upright(token)
        elif name in c.UNREAD and name not in ("in",):
            self._emit(replace(token, trouble=error(self.text, token.at, f"\\{name} isn't read here", c.UNREAD[name])))
        else:
            self._emit(token)

    def _space_below(self) -> None:
        """Passes over the space that a line break may ask for: \\\\*[2pt]."""
        if self.at < len(self.raw) and self.raw[self.at].sign == "*" and self.raw[self.at].near:
            self.at += 1
        ahead = self.raw[self.at : self.at + 6]
        closing = next((k for k, t in enumerate(ahead) if t.sign == "]"), -1)
        if closing > 2 and ahead[0].sign == "[" and "".join(t.text for t in ahead[closing - 2 : closing]) in _LENGTHS:
            self.at += closing + 1

    def _braced(self, name: str, token: Token) -> None:
        if name == "textcolor":
            self._group(token)
            return
        content = self._group(token)
        self.out.extend(_Cleaner(self.text, content).run())
        if self.at < len(self.raw) and self.raw[self.at].sign in ("_", "^"):
            self.at += 1
            self._group(token)

    def _group(self, token: Token) -> list[Token]:
        """The tokens of the argument behind a command, without its braces."""
        while self.at < len(self.raw) and self.raw[self.at].kind == "newline":
            self.at += 1
        if self.at >= len(self.raw):
            raise error(self.text, token.at, f"\\{token.text} stands before nothing", f"write \\{token.text}{{...}}")
        first = self.raw[self.at]
        self.at += 1
        if first.sign != "{":
            return [first]
        depth, start = 1, self.at
        while depth:
            depth += {"{": 1, "}": -1}.get(self.raw[self.at].sign, 0)
            self.at += 1
        return self.raw[start : self.at - 1]

    def _delimiter(self, token: Token, side: str) -> None:
        if self.at >= len(self.raw):
            raise error(self.text, token.at, f"\\{token.text} stands before nothing", "a bracket is expected")
        found = self.raw[self.at]
        self.at += 1
        if found.sign not in ("(", ")", "[", "]", "|", ".", "\\{", "\\}", "\\|", "\\langle", "\\rangle", "/", "<", ">"):
            raise error(self.text, found.at, f"\\{token.text} stands before a bracket", f"write \\{token.text}( or \\{token.text}[")
        if found.sign in "<>":
            found = replace(found, kind="command", text="langle" if found.text == "<" else "rangle")
        if (found.sign, side) == (".", "right") and self.out and self.out[-1].kind == "end":
            return  # \\left\\{ \\begin{array} ... \\end{array} \\right.
        self._emit(replace(found, side=side))

    def _environment(self, token: Token) -> None:
        name = "".join(t.text for t in self._group(token)).rstrip("*")
        if name == "array" and token.text == "begin":
            self._group(token)
            if not self.out or (self.out[-1].sign, self.out[-1].side) != ("\\{", "left"):
                trouble = error(self.text, token.at, "an array isn't read", "cases are written \\begin{cases} ... \\end{cases}")
                self._emit(Token("begin", "cases", token.at, trouble=trouble))
                return
            self.out.pop()
        if name in c.CASES or name == "array":
            self._emit(Token(token.text, "cases", token.at))
        elif name in c.LINES:
            if name in ("alignat", "alignedat") and token.text == "begin":
                self._group(token)
            self._emit(Token("newline", "break", token.at))
        else:
            hint = did_you_mean(name, [*c.LINES, *c.CASES]) or "cases, aligned, align, gather and equation are read"
            trouble = error(self.text, token.at, f"the environment {name[:30]} isn't read", hint)
            self._emit(Token(token.text, name, token.at, trouble=trouble))

    def _upright(self, token: Token) -> None:
        if self.at < len(self.raw) and self.raw[self.at].sign != "{" and token.text in ("rm",):
            return
        content = self._group(token)
        if len(content) == 1 and content[0].kind in ("letter", "number", "command"):
            self.out.extend(replace(t, at=token.at, font="upright") for t in _Cleaner(self.text, content).run())
            return
        if not content:
            return
        spelled = [t.text if t.kind in ("letter", "number") or t.sign in ("-", "_", "'", ".", ",", ":") else "\0" for t in content]
        if "\0" in spelled and not (token.text.startswith("text") or token.text == "mbox"):
            self.out.extend(_Cleaner(self.text, content).run())
            return
        first, last = content[0].at, content[-1].at + len(content[-1].text)
        words = " ".join(self.text[first:last].split())
        if words:
            self._emit(Token("word", words, token.at))

    def _bold(self, token: Token) -> None:
        if self.at >= len(self.raw) or self.raw[self.at].sign == "}":
            if token.text in ("bf", "cal"):
                return
            raise error(self.text, token.at, f"\\{token.text} stands before nothing", f"write \\{token.text}{{x}}")
        if token.text in ("bf", "cal") and self.raw[self.at].sign != "{":
            return
        content = self._group(token)
        font = "double" if token.text in c.DOUBLE else "curly" if token.text in c.CURLY else "bold"
        inside = _Cleaner(self.text, content).run()
        if len(inside) == 1:
            self._emit(_in_font(replace(inside[0], at=token.at, near=token.near), font))
        elif inside and ((inside[0].kind == "command" and inside[0].text in c.ACCENTS) or all(t.kind == "letter" for t in inside)):
            self.out.extend(replace(t, font=font if t.kind == "letter" else t.font) for t in inside)
        else:
            brace = Token("char", "{", token.at)
            self.out.extend((brace, *inside, replace(brace, text="}")))


def _in_font(token: Token, font: str) -> Token:
    if token.kind == "number" and token.text == "1":
        return replace(token, kind="one", font=font)
    return replace(token, font=font)
