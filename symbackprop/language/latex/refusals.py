"""What is said when LaTeX can't be read, or can be read in two ways: where it stands, and what would settle it."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.language.errors import NotationError, ShapeMismatch


class LatexError(NotationError):
    """LaTeX that doesn't say what it should: the message, the text, line and column from 1, and a hint."""


class Ambiguous(LatexError):
    """LaTeX that can be read in more than one way; `readings` are these ways."""

    readings: tuple[str, ...] = ()


class Dotted(Ambiguous):
    """A dot between two vectors: their inner product, or elementwise."""


class Misfit(ShapeMismatch, LatexError):
    """What is written has another shape or layout than what is asked for."""


def error(text: str, at: int, message: str, hint: str = "", kind: type[NotationError] = LatexError) -> NotationError:
    """The error at an offset of the text."""
    at = max(0, min(at, len(text)))
    line = text.count("\n", 0, at) + 1
    return kind(message, text, line, at - text.rfind("\n", 0, at), hint)


def ambiguous(text: str, at: int, message: str, readings: Sequence[str], settle: str) -> Ambiguous:
    """The error for what can be read in several ways, with each of them and what would settle it."""
    made = error(text, at, f"{message}: {', or '.join(readings)}", settle, Ambiguous)
    assert isinstance(made, Ambiguous)
    made.readings = tuple(readings)
    return made
