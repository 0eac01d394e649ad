"""What is said when a text can't be read: what is wrong, where it stands, and what would have been right."""
from __future__ import annotations

import difflib
from collections.abc import Iterable

import sympy as sp

SHOWN = 100  # characters of a line that are shown around the place of an error


class NotationError(ValueError):
    """A text that doesn't say what it should: the message, the text, line and column from 1, and a hint."""

    def __init__(self, message: str, text: str = "", line: int = 1, column: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.text, self.line, self.column, self.hint = message, text, line, column, hint

    def __str__(self) -> str:
        lines = self.text.split("\n")
        shown = lines[self.line - 1] if 0 < self.line <= len(lines) else ""
        start = max(0, min(self.column - 1 - SHOWN // 2, len(shown) - SHOWN))
        label = f"  line {self.line}, column {self.column}:  "
        cropped = "".join(c if c.isprintable() else "?" for c in shown[start:start + SHOWN])
        parts = [self.message, label + cropped, " " * (len(label) + self.column - 1 - start) + "^"]
        return "\n".join(parts + ([f"  {self.hint}"] if self.hint else []))

    def __reduce__(self) -> tuple[type[NotationError], tuple[str, str, int, int, str]]:
        return type(self), (self.message, self.text, self.line, self.column, self.hint)


class ShapeMismatch(NotationError):
    """What is written has the shape `found`, where `expected` is asked for."""

    expected: tuple[sp.Expr, ...] = ()
    found: tuple[sp.Expr, ...] = ()


class Misjoined(NotationError):
    """What is written joins arrays whose shapes fit only where sizes happen to be equal: [N, H] @ [D, H]."""


class Unfit(Exception):
    """What can't be carried out, whoever wrote it where: shapes that don't fit, a number that is none. A message and a hint.

    `kind` is what it is as an error in a text.
    """

    def __init__(self, message: str, hint: str = "", kind: type[NotationError] = NotationError) -> None:
        super().__init__(message)
        self.message, self.hint, self.kind = message, hint, kind


def shape_text(sizes: Iterable[sp.Expr]) -> str:
    """[N, D], or "a scalar"."""
    inside = ", ".join(map(str, sizes))
    return f"[{inside}]" if inside else "a scalar"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name nearest to a mistyped one, as a hint; "" if none is near."""
    names = list(dict.fromkeys(known))
    same = [k for k in names if k.lower() == name.lower()]
    near = same or difflib.get_close_matches(name, names, 1, 0.7)
    return f"did you mean {near[0]}?" if near else ""
