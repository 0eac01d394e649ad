"""A text as chains of equalities: dW = a = b, with line ends, semicolons, comments and continuation lines told apart.

dW[d,h] = sum[n](x[n,d]*dz[n,h])      one chain of one link
dx = dz @ W.T                         a chain of two links:
   = (r - y) @ W.T                    a line that starts with = goes on
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from symbackprop.language.errors import NotationError

_TOKEN = re.compile(r"[()\[\]{}#;\n]|[<>=!:]?=")


@dataclass(frozen=True)
class Link:
    """left = right, as it stands in the text: `code` is the text with everything else blanked out."""

    text: str
    left: tuple[int, int] | None
    right: tuple[int, int]

    @property
    def code(self) -> str:
        """The link alone, each character at its own offset in the text."""
        kept = [" "] * len(self.text)
        for start, end in (self.left or (0, 0), self.right):
            kept[start:end] = self.text[start:end]
        if self.left is not None:
            kept[self.left[1]] = "="
        return "".join(kept)

    @property
    def left_text(self) -> str:
        """The left side as it was written."""
        return "" if self.left is None else self.text[slice(*self.left)].strip()

    @property
    def right_text(self) -> str:
        """The right side as it was written, on one line."""
        return " ".join(self.text[slice(*self.right)].split())

    @property
    def line(self) -> int:
        """The line, from 1, on which the right side starts."""
        start, end = self.right
        return self.text.count("\n", 0, start + len(self.text[start:end]) - len(self.text[start:end].lstrip())) + 1

    def placed(self, error: NotationError) -> NotationError:
        """An error in `code` as one in the text."""
        rows = self.code.split("\n")
        offset = sum(len(row) + 1 for row in rows[: error.line - 1]) + error.column - 1
        line = self.text.count("\n", 0, offset) + 1
        column = offset - self.text.rfind("\n", 0, offset)
        return type(error)(error.message, self.text, line, column, error.hint)


def chains(text: str) -> list[list[Link]]:
    """The chains of a text in order, each with its links."""
    text = text.replace("\r\n", "\n")
    found: list[list[Link]] = []
    for start, end, equals in _statements(text):
        edges = [*equals, end]
        if equals and not text[start : equals[0]].strip() and found and found[-1][0].left is not None:
            left: tuple[int, int] | None = found[-1][0].left
        else:
            left = (start, equals[0]) if equals else None
            found.append([])
        rights = [(a + 1, b) for a, b in pairwise(edges)] if equals else [(start, end)]
        found[-1] += [Link(text, left, right) for right in rights]
    return found


def _statements(text: str) -> Iterator[tuple[int, int, list[int]]]:
    """Start, end and the places of = of every statement that says something."""
    start, depth, equals, comment = 0, 0, list[int](), -1
    for match in _TOKEN.finditer(text):
        token, at = match.group(), match.start()
        if comment >= 0 and token != "\n":
            continue
        if token == "#":
            comment = at
        elif token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif token == "=" and depth <= 0:
            equals.append(at)
        elif token == "\n" and depth > 0:
            comment = -1
        elif token in "\n;" and depth <= 0:
            yield from _said(text, start, comment if comment >= 0 else at, equals)
            start, depth, equals, comment = at + 1, 0, [], -1
    yield from _said(text, start, comment if comment >= 0 and depth <= 0 else len(text), equals)


def _said(text: str, start: int, end: int, equals: list[int]) -> Iterator[tuple[int, int, list[int]]]:
    if text[start:end].strip():
        yield start, end, [e for e in equals if e < end]
