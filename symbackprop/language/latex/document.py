"""Where the formulas of a document stand: what is between \\[ \\], $$ $$, $ $ and in equations; prose and preamble are passed over.

    The gradient is $\\delta = p - y$, so \\[ \\frac{\\partial C}{\\partial W} = x^\\top \\delta \\]   two formulas

Nothing is opened, expanded or run. A text without any of these is one formula as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.language.errors import NotationError
from symbackprop.language.latex import commands as c
from symbackprop.language.latex.refusals import error

MAX_FORMULAS = 2_000
_CLOSING = {"$": "$", "$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_MARK = re.compile(
    r"%[^\n]*|\\verb\*?([^A-Za-z\s*])[^\n]{0,80}?\1"
    r"|\\begin\{([A-Za-z]+)\*?\}|\\end\{([A-Za-z]+)\*?\}|\\[\[\]()]|\\.|\$\$?|\n[ \t\r]*\n", re.S
)
_PASSED_OVER = frozenset({"verbatim", "lstlisting", "minted", "comment", "filecontents", "tikzpicture", "thebibliography"})
_COMMAND = re.compile(r"%[^\n]*|\\[A-Za-z]+\*?(?:\[[^\]\n]*\])?(?:\{[^{}\n]*\})?")


@dataclass(frozen=True)
class Formula:
    """A formula from start to end of a text: a display, or one that stands in a line of prose. `trouble` is why it can't be read."""

    start: int
    end: int
    inline: bool = False
    trouble: NotationError | None = None


def formulas(text: str) -> list[Formula] | None:
    """The formulas of a document in order; None for a text without any prose around it. Raises LatexError for too many."""
    start, end, whole = _body(text)
    found: list[Formula] = []
    outside = start
    for formula, opened, closed in _between(text, start, end):
        if not whole:
            found += _stray(text, outside, opened)
        found.append(formula)
        outside = closed
        if len(found) > MAX_FORMULAS:
            raise error(text, formula.start, f"there are more than {MAX_FORMULAS:,} formulas", "give them in several files")
    if not found:
        return [] if whole else None
    return found if whole else found + _stray(text, outside, end)


def _body(text: str) -> tuple[int, int, bool]:
    """Where the body of a document begins and ends, and whether the text is a whole document."""
    begin, end = text.find("\\begin{document}"), text.find("\\end{document}")
    whole = begin >= 0 or "\\documentclass" in text
    return max(begin, 0), end if end >= 0 else len(text), whole


def _stray(text: str, start: int, end: int) -> list[Formula]:
    """An equation between formulas, in a text that is no whole document: it is told, so that nothing is passed over unseen."""
    said = _COMMAND.sub(lambda m: " " * len(m[0]) if not m[0].startswith("\\begin{aligned}") else "=" * len(m[0]), text[start:end])
    at = said.find("=")
    if at < 0:
        return []
    trouble = error(text, start + at, "there is mathematics outside the dollars", "put the whole formula between them")
    return [Formula(start, end, trouble=trouble)]


def _between(text: str, start: int, end: int) -> Iterator[tuple[Formula, int, int]]:
    """Each formula, and where its marks open and close."""
    opening, opened, inside, skipped = "", 0, 0, ""
    for match in _MARK.finditer(text, start, end):
        mark, begins, ends = match.group(), match[2], match[3]
        if skipped:
            skipped = "" if ends == skipped else skipped
        elif opening:
            if ends == opening or mark == _CLOSING.get(opening):
                yield Formula(inside, match.start(), opening in ("$", "\\(")), opened, match.end()
                opening = ""
            elif opening == "$" and mark.startswith("\n"):  # no formula in a line goes over an empty one
                yield _unclosed(text, opened, match.start(), opening), opened, match.start()
                opening = ""
        elif begins in _PASSED_OVER:
            skipped = begins
        elif begins in c.DISPLAYS or mark in _CLOSING:
            opening, opened, inside = begins or mark, match.start(), match.end()
            inside += _columns(text, inside) if begins == "alignat" else 0
    if opening:
        yield _unclosed(text, opened, end, opening), opened, end


def _columns(text: str, at: int) -> int:
    found = re.compile(r"\{\d*\}").match(text, at)
    return len(found[0]) if found else 0


def _unclosed(text: str, start: int, end: int, opening: str) -> Formula:
    shown = opening if opening in _CLOSING else f"\\begin{{{opening}}}"
    trouble = error(text, start, f"this {shown} is never closed", "check the dollars" if "$" in shown else "check where it ends")
    return Formula(start, end, opening == "$", trouble)
