"""Source text -> a syntax tree, within caps; the leftovers of Python 2 that have one meaning are converted."""

from __future__ import annotations

import ast
import re

from symbackprop.language.numpy_source import python_2
from symbackprop.language.numpy_source.program import Unreadable

MAX_SOURCE = 200_000  # characters
MAX_LINE = 5_000
MAX_LINES = 4_000
MAX_NESTING = 60  # of brackets
MAX_DEPTH = 90  # of the syntax tree
MAX_NODES = 60_000
MAX_DIGITS = 40

_BAD = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def parse(text: str, what: str = "the source") -> tuple[ast.Module, bool]:
    """The tree of a text, and whether it was written for Python 2. Raises Unreadable."""
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no source text")
    if len(text) > MAX_SOURCE:
        raise Unreadable(f"{what} has {len(text):,} characters; at most {MAX_SOURCE:,} are read")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\f", "\n")
    if text.count("\n") >= MAX_LINES:
        raise Unreadable(f"{what} has more than {MAX_LINES:,} lines", "", MAX_LINES)
    _check_characters(text)
    try:
        tree = _tree(text)
        old = python_2.is_old(tree)
    except SyntaxError as error:
        tree, old = _as_python_2(text, error), True
    _check_size(tree, text)
    return tree, old


def _check_characters(text: str) -> None:
    bad = _BAD.search(text)
    if bad:
        before = text[: bad.start()]
        line = before.count("\n") + 1
        raise Unreadable(f"the character U+{ord(bad[0]):04X} has no place in source", text, line, bad.start() - before.rfind("\n"))
    depth = 0
    for number, line_text in enumerate(text.split("\n"), 1):
        if len(line_text) > MAX_LINE:
            raise Unreadable(f"a line has {len(line_text):,} characters; at most {MAX_LINE:,} are read", "", number)
        for column, character in enumerate(line_text, 1):
            if character in "([{":
                depth += 1
                if depth > MAX_NESTING:
                    raise Unreadable(f"brackets are nested deeper than {MAX_NESTING}", text, number, column)
            elif character in ")]}":
                depth = max(0, depth - 1)


def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (RecursionError, MemoryError):
        raise Unreadable("this is nested too deep to be read", text) from None
    except ValueError:
        raise Unreadable(f"a number has more than {MAX_DIGITS} digits", text) from None


def _as_python_2(text: str, error: SyntaxError) -> ast.Module:
    try:
        return _tree(python_2.converted(text))
    except SyntaxError as still:
        at = still if still.lineno else error
        line, column = at.lineno or 1, max(1, at.offset or 1)
        lines = text.split("\n")
        told = python_2.hint(lines[line - 1]) if line <= len(lines) else ""
        raise Unreadable(f"this is no Python: {str(at.msg)[:80]}", text, line, column, told) from None


def _check_size(tree: ast.Module, text: str) -> None:
    count, stack = 0, [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_NODES:
            line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
            raise Unreadable(
                "this is nested too deep to be read" if depth > MAX_DEPTH else "this is too long to be read", text, line, column + 1
            )
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))  # type: ignore[misc]
