"""A document's statements about gradients, in order, each with its place: what can't be read leaves the others.

What says nothing that could be judged is passed over in a document: formulas without =, sizes in a line of prose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError
from symbackprop.language.latex.document import Formula, formulas
from symbackprop.language.latex.lexer import Token, tokens
from symbackprop.language.latex.lines import Chain, chains
from symbackprop.language.latex.reading import Book, end_of
from symbackprop.language.latex.refusals import error
from symbackprop.language.latex.step import Left, Read

MAX_DOCUMENT = 1_000_000


@dataclass(frozen=True)
class Statement:
    """One link left = right: what was read, or why it couldn't be; both sides as they are written, and where the right one begins.

    `left` is what the left side names, None if that can't be told. `notes` and `written` are those of `reading.Said`. In `prose`
    not every formula is meant to be an answer, `in_line` least of all.
    """

    read: Read | NotationError
    left: Left | None
    left_text: str
    right_text: str
    line: int
    column: int
    notes: tuple[str, ...] = ()
    written: Equation | None = None
    prose: bool = False
    in_line: bool = False

    @property
    def is_about_a_gradient(self) -> bool:
        """Whether the left side looks like a gradient."""
        return "\\partial" in self.left_text or "\\nabla" in self.left_text or self.left_text.startswith(("d", "\\mathrm{d"))


def statements(book: Book) -> Iterator[Statement]:
    """The statements of the book's text."""
    text = book.text
    if len(text) > MAX_DOCUMENT:
        message = f"the text has {len(text):,} characters; at most {MAX_DOCUMENT:,} are read"
        yield Statement(NotationError(message, hint="take the formulas out of it"), None, "", "", 1, 1)
        return
    try:
        every = formulas(text)
    except NotationError as refused:
        yield _refused(text, refused)
        return
    if every is None:
        yield from _formula(book, Formula(0, len(text)), prose=False)
        return
    if book.target is not None:
        every = _for_target(text, every)
    for formula in every:
        yield from _formula(book, formula, prose=True)


def _for_target(text: str, every: list[Formula]) -> list[Formula]:
    """Of formulas that are said of one variable those with =; else the only one."""
    told = [f for f in every if "=" in text[f.start : f.end] or f.trouble is not None]
    if not told and len(every) > 1:
        trouble = error(text, every[1].start, "there are several formulas, and nothing says which is meant", "write dW = ... in one")
        return [Formula(0, len(text), trouble=trouble)]
    return told or every


def _formula(book: Book, formula: Formula, prose: bool) -> Iterator[Statement]:
    text = book.text
    if formula.trouble is not None:
        yield _refused(text, formula.trouble)
        return
    try:
        found = chains(text, book.words.translated(tokens(text, formula.start, formula.end), text), goes_on=book.last is not None)
    except NotationError as refused:
        yield _refused(text, refused)
        return
    except RecursionError:
        yield _refused(text, error(text, formula.start, "this is nested too deeply", "state it in several formulas"))
        return
    for chain in found:
        if not (prose and _says_nothing(book, chain, formula)):
            in_line = prose and formula.inline
            yield from (replace(s, prose=prose, in_line=in_line) for s in _chain(book, chain, in_line))


def _says_nothing(book: Book, chain: Chain, formula: Formula) -> bool:
    # In prose: x \in R^N, or a name by itself; a display with a derivative and no = is told.
    if len(chain.sides) > 1 or book.target is not None:
        return False
    return formula.inline or not _is_slope(chain.sides[0])


def _is_slope(side: tuple[Token, ...]) -> bool:
    return any(t.sign in ("\\partial", "\\nabla") for t in side)


def _chain(book: Book, chain: Chain, in_line: bool) -> Iterator[Statement]:
    text, sides = book.text, chain.sides
    left_text = _written(text, sides[0]) if len(sides) > 1 else ""
    try:
        for said in book.read(chain):
            line, column = place(text, said.start)
            right_text = " ".join(text[said.start : said.end].split())
            yield Statement(said.read, said.left, left_text, right_text, line, column, said.notes, said.written)
    except NotationError as refused:
        if not in_line or _is_slope(sides[0]):
            yield _refused(text, refused, left_text)
    except RecursionError:
        yield _refused(text, error(text, sides[-1][0].at, "this is nested too deeply", "state it in several formulas"), left_text)


def _written(text: str, side: tuple[Token, ...]) -> str:
    return " ".join(text[side[0].at : end_of(side[-1])].split()) if side else ""


def _refused(text: str, refused: NotationError, left_text: str = "") -> Statement:
    return Statement(refused, None, left_text, "", refused.line, refused.column)


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
