"""From text to Python's syntax tree, statement by statement: caps, characters, brackets, primes, numbers.

Nothing here is ever run: `ast.parse` yields a tree, and the readers accept the few kinds of node they know.
"""
from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symbackprop.language.errors import NotationError

MAX_TEXT = 1_000_000  # characters of a layer's text
MAX_STATEMENT = 20_000  # characters of one equation
MAX_DEPTH = 100  # nested brackets, operators and calls
MAX_NODES = 10_000  # nodes of one equation's syntax tree
MAX_DIGITS = 60  # digits of a number
MAX_EXPONENT = 64  # of a power written with a number, and of 1e-5

_SPECIAL = re.compile(r"[()\[\]{}#;\n\"\\]|[<>=!:+\-*/@%&|^]?=|(?<=[A-Za-z0-9_])'+|'")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_SPELLED = {"−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "∗": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "²": "**2", "³": "**3",
            "′": "'", "’": "'", "∂": "d(y, x)", "√": "sqrt(...)", "∑": "sum[i](...)", "Σ": "sum[i](...)", "∏": "prod[i](...)",
            "∞": "a finite number", "ᵀ": ".T", "⊙": "*", "→": "->", "←": "=", "λ": "lam", "σ": "sigma, or sigmoid(...)"}


@dataclass(frozen=True)
class Statement:
    """One statement of a text: left = right, or only right, with its place in the whole text.

    `text` is the statement as it was written, on one line; in `code` primes are underscores and "=" is a comma,
    so that it is a Python expression whose columns are those of the text.
    """

    whole: str
    line: int
    column: int
    code: str
    text: str
    has_left: bool = False
    primes: dict[tuple[int, int], int] = field(default_factory=dict, hash=False)

    def error(self, node: Any, message: str, hint: str = "", kind: type[NotationError] = NotationError) -> NotationError:
        """The error at a node of the statement's tree (or at its beginning, for None)."""
        line, column = (node.lineno, node.col_offset) if node is not None else (1, 0)
        return self.error_at(line, column, message, hint, kind)

    def error_at(self, line: int, column: int, message: str, hint: str = "", kind: type[NotationError] = NotationError) -> NotationError:
        """The error at a line (from 1) and a column (from 0) of the statement."""
        shift = self.column if line == 1 else 0
        return kind(message, self.whole, self.line + line - 1, column + shift + 1, hint)

    def source(self, node: ast.expr) -> str:
        """The text of a node that stands on one line."""
        return self.code.split("\n")[node.lineno - 1][node.col_offset:node.end_col_offset]

    def parse(self, at_most: int = MAX_STATEMENT) -> tuple[ast.expr | None, ast.expr]:
        """The trees of the left side (None if there is none) and of the right side."""
        if len(self.code) > at_most:
            raise self.error(None, f"this has {len(self.code):,} characters; at most {at_most:,} are read at once")
        tree = self._tree()
        if not self.has_left:
            return None, tree
        if not isinstance(tree, ast.Tuple) or len(tree.elts) != 2:
            raise self.error(None, "an equation defines one component", "write one equation a line: z[n,h] = ...")
        return tree.elts[0], tree.elts[1]

    def _tree(self) -> ast.expr:
        try:
            return ast.parse(self.code, mode="eval").body
        except SyntaxError as error:
            raise self._unreadable(error) from None
        except (RecursionError, MemoryError):
            raise self.error(None, f"this is nested deeper than {MAX_DEPTH}, or too long", _SPLIT) from None
        except ValueError:
            raise self.error(None, f"a number has more than {MAX_DIGITS} digits") from None

    def _unreadable(self, error: SyntaxError) -> NotationError:
        said = str(error.msg)
        if "digits" in said:
            return self.error(None, f"a number has more than {MAX_DIGITS} digits")
        hint = next((hint for pattern, hint in _SYNTAX_HINTS if pattern in said), "")
        hint = LAMBDA if re.search(r"\blambda\b", self.code) else hint
        if error.offset:
            hint = hint or "is an operator missing before it, or an operand?"
            return self.error_at(error.lineno or 1, error.offset - 1, "this can't be read", hint)
        rows = self.code.split("\n")
        return self.error_at(len(rows), len(rows[-1]), "something is missing at the end", hint)


LAMBDA = "lambda is a word of Python; write lam"
_SPLIT = "state it in several equations"
_SYNTAX_HINTS = (
    ("invalid decimal literal", "write a product with a star: 2*x"),
    ("forgot a comma", "write a product with a star: 2*x"),
    ("leading zeros", "write a number without leading zeros"),
    ("expected 'else'", "write a if c else b, or where(c, a, b)"),
)


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text: separated by line ends and semicolons outside brackets, comments left out."""
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is {type(text).__name__}; the notation is read from text")
    if len(text) > MAX_TEXT:
        raise NotationError(f"the text has {len(text):,} characters; at most {MAX_TEXT:,} are read")
    text = text.replace("\r\n", "\n")
    _refuse_control(text)
    return _split(text)


def statement(text: str) -> Statement:
    """The only statement of a text."""
    found = list(statements(text))
    if len(found) != 1:
        raise NotationError("there is nothing to read" if not found else "one expression is asked for", text, *(
            (found[1].line, found[1].column + 1) if found else (1, 1)))
    return found[0]


@dataclass
class _Open:
    # The statement being collected: where it starts, its brackets, where its "=" and its primes stand.
    start: int
    brackets: list[int] = field(default_factory=list)
    equals: list[int] = field(default_factory=list)
    primes: list[tuple[int, int]] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)


def _split(text: str) -> Iterator[Statement]:
    current, end_of_comment, lines = _Open(0), 0, _Lines(text)
    for match in _SPECIAL.finditer(text):
        token, at = match.group(), match.start()
        if at < end_of_comment:
            continue
        if token == "#":
            end_of_comment = text.find("\n", at) % (len(text) + 1)
            current.comments.append((at, end_of_comment))
        elif token in "\n;" and not current.brackets:
            yield from _close(text, current, at, lines)
            current = _Open(at + 1)
        elif token != "\n":
            _note(text, current, token, at, lines)
    if current.brackets:
        raise lines.error(current.brackets[-1], f"this {text[current.brackets[-1]]} is never closed")
    yield from _close(text, current, len(text), lines)


def _note(text: str, current: _Open, token: str, at: int, lines: _Lines) -> None:
    if token in "([{":
        current.brackets.append(at)
        if len(current.brackets) > MAX_DEPTH:
            raise lines.error(at, f"brackets are nested deeper than {MAX_DEPTH}")
    elif token in ")]}":
        if not current.brackets or text[current.brackets.pop()] != _CLOSES[token]:
            raise lines.error(at, f"this {token} closes nothing", "check the brackets")
    elif token[0] == "'" and at and (text[at - 1].isalnum() or text[at - 1] == "_") and text[at + len(token):].lstrip(" ")[:1] == "(":
        current.primes.append((at, len(token)))
    elif token == "=" and not current.brackets:
        current.equals.append(at)
        if len(current.equals) > 1:
            raise lines.error(at, "an equation has one =", "a comparison is written ==")
    elif token in ("'", '"', "\\", ";") or token[0] == "'":
        raise lines.error(at, f"{token[0]} has no place here", "a derivative is written f'(x)" if token[0] == "'" else "")
    elif token[0] in ":+-*/@%&|^":
        raise lines.error(at, f"{token} has no place here", "write the whole equation with =")


def _close(text: str, current: _Open, end: int, lines: _Lines) -> Iterator[Statement]:
    code = text[current.start:end]
    for a, b in current.comments:
        code = _over(code, a - current.start, " " * (b - a))
    written = code.strip()
    if not written:
        return
    for a, n in current.primes:
        code = _over(code, a - current.start, "_" * n)
    for a in current.equals:
        code = _over(code, a - current.start, ",")
    start = current.start + len(code) - len(code.lstrip())
    if not written.isascii():
        _refuse_foreign(start, written, lines)
    line, column = lines.place(start)
    if current.equals and not (text[current.start:current.equals[0]].strip() and code[current.equals[0] - current.start + 1:].strip()):
        raise lines.error(current.equals[0], "one side of this = is empty", "write z[n,h] = ...")
    on_one_line = " ".join(written.split()) if "\n" in written else written
    yield Statement(text, line, column, code.strip(), on_one_line, bool(current.equals), _places(current.primes, line, column, lines))


def _over(text: str, at: int, piece: str) -> str:
    return text[:at] + piece + text[at + len(piece):]


def _places(primes: list[tuple[int, int]], line: int, column: int, lines: _Lines) -> dict[tuple[int, int], int]:
    found = {}
    for offset, count in primes:
        at_line, at_column = lines.place(offset)
        found[at_line - line + 1, at_column - (column if at_line == line else 0)] = count
    return found


class _Lines:
    # Line and column of an offset; offsets are asked for in ascending order most of the time.
    def __init__(self, text: str) -> None:
        self.text, self.offset, self.line, self.start = text, 0, 1, 0

    def place(self, offset: int) -> tuple[int, int]:
        if offset < self.offset:
            self.offset, self.line, self.start = 0, 1, 0
        self.line += self.text.count("\n", self.offset, offset)
        self.start = self.text.rfind("\n", 0, offset) + 1
        self.offset = offset
        return self.line, offset - self.start

    def error(self, offset: int, message: str, hint: str = "") -> NotationError:
        line, column = self.place(offset)
        return NotationError(message, self.text, line, column + 1, hint)


def _refuse_control(text: str) -> None:
    found = _CONTROL.search(text)
    at = found.start() if found else -1
    if at < 0 and not text.isascii():
        at = next((i for i, c in enumerate(text) if not c.isprintable() and c not in "\n\t"), -1)
    if at >= 0:
        raise _Lines(text).error(at, f"the invisible character U+{ord(text[at]):04X} has no place in a text")


def _refuse_foreign(start: int, code: str, lines: _Lines) -> None:
    at = next(i for i, c in enumerate(code) if not c.isascii())
    character = code[at]
    name = unicodedata.name(character, "")
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name)
    spelled = _SPELLED.get(character) or (greek and (greek[2].capitalize() if greek[1] == "CAPITAL" else greek[2].lower()))
    raise lines.error(start + at, f"{character} ({name or f'U+{ord(character):04X}'}) has no place here: names are ASCII",
                      f"write {spelled}" if spelled else "")


def number(statement: Statement, node: ast.Constant) -> sp.Rational:
    """The exact value of a number as it is written: 1.0005 is 2001/2000."""
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        raise statement.error(node, f"{_what(node.value)} has no place here", _CONSTANT_HINTS.get(type(node.value), ""))
    text = statement.source(node)
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise statement.error(node, f"{text[:40]} is no decimal number")
    whole, fraction, exponent = match[1], match[2] or "", int((match[3] or "0")[:20])
    if len(whole) + len(fraction) > MAX_DIGITS:
        raise statement.error(node, f"a number has more than {MAX_DIGITS} digits")
    if abs(exponent) > MAX_EXPONENT:
        raise statement.error(node, f"the exponent of {text[:40]} is beyond {MAX_EXPONENT}")
    digits = int(whole + fraction)
    scale = exponent - len(fraction)
    return sp.Integer(digits * 10**scale) if scale >= 0 else sp.Rational(digits, 10**-scale)


_CONSTANT_HINTS: dict[type, str] = {bool: "a true condition is 1, a false one 0", complex: "numbers are real"}


def _what(value: object) -> str:
    return {str: "a string", bytes: "a string", complex: "an imaginary number", type(None): "None", type(...): "..."}.get(
        type(value), str(value))
