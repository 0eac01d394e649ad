"""Reading answers written in LaTeX: a text, a document, a mapping from variables to formulas -> statements that can be judged.

    {"W": r"x^\\top \\delta"} with names={"\\\\delta": "dz"}            ∂C/∂W of a linear layer
    \\frac{\\partial r_i}{\\partial z_j} = ...                          a local derivative

A right side whose shape isn't its left side's is judged as it is; one that is only laid out otherwise, a row for a column, is
judged by its values, with a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from symbackprop.language.equation_reader import DerivativeEquation
from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, did_you_mean
from symbackprop.language.latex import book_of
from symbackprop.language.latex.reading import Book
from symbackprop.language.latex.statements import Statement, statements
from symbackprop.language.latex.step import Left
from symbackprop.language.nodes import Partial
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.answers import Answer, Formula, Stated, Target, Unread
from symbackprop.verify.reading import Reader, about, text_of

FILES = (".tex", ".latex", ".txt", ".md")
ROW = "it is written as a row; here a gradient is shaped like its variable, a column: rows are asked for by layout='numerator'"
COLUMN = "it is written as a column; in numerator layout a gradient is a row"


def read_latex_answers(
    layer: Layer,
    answers: Any,
    layout: str = "denominator",
    *,
    names: Mapping[str, str] | None = None,
    base: int = 0,
    einstein: bool = False,
) -> tuple[Answer, ...]:
    """Every statement in a text, a file, or a mapping from variables to what is said of them.

    Raises OSError and ValueError for a file that can't be read, ValueError for names that mean nothing.
    """
    reader = LatexReader(layer, layout, dict(names or {}), base, einstein)
    if isinstance(answers, Mapping):
        every = [a for name, said in answers.items() for a in reader.one(str(name), said)]
    else:
        text, where = text_of(answers, is_text=not str(answers).lower().endswith(FILES))
        every = list(reader.text(text, where))
    reader.check_names()
    return tuple(every)


@dataclass
class LatexReader:
    """Reads LaTeX about one layer."""

    layer: Layer
    layout: str
    names: Mapping[str, str]
    base: int
    einstein: bool
    _plain: Reader = field(init=False)
    _books: list[Book] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._plain = Reader(self.layer)
        self._book("", None)  # a wrong name is refused before anything is read

    def _book(self, text: str, target: Tensor | None) -> Book:
        scope = self._plain.scope()
        book = book_of(text, scope, target, names=self.names, base=self.base, einstein=self.einstein, layout=self.layout)
        self._books.append(book)
        return book

    def check_names(self) -> None:
        """Raise NotationError for a name that no text has and that is rather a mistyped command."""
        words = [b.words for b in self._books]
        for w in words[:1]:
            w.met.update(*(other.met for other in words))
            w.check_met()

    def text(self, text: str, where: str = "", target: Tensor | None = None) -> Iterator[Answer]:
        """The statements of a text, in order."""
        book = self._book(text, target)
        told = _Told(self, frozenset(book.words.tensors), where)
        for statement in statements(book):
            told.take(statement)
        yield from told.answers()

    def one(self, name: str, said: Any) -> Iterator[Answer]:
        """The statements of one entry of a mapping."""
        if not isinstance(said, str):
            yield from self._plain.one(name, said)
            return
        if "\\" in name:
            yield from self.text(f"{name} = {said}")
            return
        left = self._plain.left(name)
        if "(" in name or not left:
            yield Unread(name, self._unknown(name), said)
            return
        yield from about(self._plain.target(name).name, said, self.text(said, target=self._plain.scope().tensors[left]))

    def _unknown(self, name: str) -> str:
        if "(" in name:
            return "a local derivative is named in LaTeX here: {r'\\frac{\\partial r_i}{\\partial z_j}': ...}"
        return self._plain.unknown(name)

    def target(self, read: Equation | DerivativeEquation, helpers: Mapping[str, Equation]) -> Target | None:
        """What an equation is about, None for a helper's definition."""
        if isinstance(read, DerivativeEquation):
            assert isinstance(read.left.of, Component)
            return Target(read.left.of, read.left.by, read.free)
        t = read.tensor
        if t.name in helpers:
            return self._another_name(helpers[t.name], read) or Target(read.left, (), read.free)
        if t.name in self.layer.tensors:
            return Target(read.left, (), read.free)
        return self._gradient(read.left, read.free)

    def _gradient(self, left: Component, free: tuple[Index, ...]) -> Target | None:
        if left.tensor.name not in self._plain.adjoints:
            return None
        variable = self.layer.tensors[left.tensor.adjoint_of or left.tensor.name[1:]]
        return Target(None, (Component(variable, *left.indices),), free)

    def _another_name(self, helper: Equation, read: Equation) -> Target | None:
        """What \\delta = \\frac{\\partial C}{\\partial z} = ... says further: the helper is another name of a gradient or a derivative."""
        e = substitute(helper.right, dict(zip(helper.left.indices, read.left.indices, strict=True)))
        if isinstance(e, Partial) and isinstance(e.of, Component):
            return Target(e.of, e.by, read.free)
        known = isinstance(e, Component) and set(e.indices) == set(read.free) and len(e.indices) == len(read.free)
        return self._gradient(e, e.indices) if known else None

    def variable(self, left: Left | None) -> str:
        """The variable whose gradient a left side names."""
        if left is None or left.tensor is None:
            return ""
        return self._plain.variable(left.tensor.name)


@dataclass
class _Told:
    """The statements of a text so far, and the helpers they define."""

    reader: LatexReader
    known: frozenset[str]
    where: str
    helpers: dict[str, Equation] = field(default_factory=dict)
    places: dict[str, Statement] = field(default_factory=dict)
    found: list[Answer] = field(default_factory=list)
    named: set[str] = field(default_factory=set)

    def take(self, s: Statement) -> None:
        """Keeps a statement."""
        if isinstance(s.read, NotationError):
            self._refused(s, s.read)
        elif (target := self.reader.target(s.read, self.helpers)) is None:
            assert isinstance(s.read, Equation)
            self.helpers[s.read.tensor.name] = s.read
            self.places[s.read.tensor.name] = s
        elif not (target.of is not None and not target.by and self._is_said_in_passing(s, target.of.tensor)):
            self.named |= {s.read.tensor.name} if isinstance(s.read, Equation) else set()
            self._keep(s, target, Formula(s.read.right, target.free, self._used(s.read, target)))

    def _is_said_in_passing(self, s: Statement, tensor: Tensor) -> bool:
        """Whether a variable's value is told in prose: with $b = 0$, at the optimum $p = y$."""
        layer = self.reader.layer
        return (s.in_line and tensor.name in layer.tensors) or (s.prose and tensor in layer.inputs)

    def _keep(self, s: Statement, target: Target, said: Formula, *more: str) -> None:
        text = f"{s.left_text} = {s.right_text}" if s.left_text else s.right_text
        self.found.append(Stated(target, said, text, self._at(s), (*s.notes, *more)))

    def _refused(self, s: Statement, error: NotationError) -> None:
        left = s.left
        if left is not None and left.tensor is not None and self._is_said_in_passing(s, left.tensor):
            return
        if s.written is not None and left is not None and left.tensor is not None and left.tensor.name in self.reader._plain.adjoints:
            self._misfit(s, left.tensor, s.written)
        elif not s.prose or s.is_about_a_gradient or self.reader.variable(left) or left is None:
            name = self.reader.variable(left) or _shortened(s.left_text or s.right_text) or "the text"
            self.found.append(Unread(name, str(error), f"{s.left_text} = {s.right_text}".strip(" ="), self._at(s), error))

    def _misfit(self, s: Statement, tensor: Tensor, written: Equation) -> None:
        """A right side of another shape than the left one's, or laid out otherwise."""
        target = self.reader._plain.target(self.reader.variable(s.left))
        turned = self.reader.layout == "numerator"
        free = written.free[::-1] if turned else written.free
        wanted = target.free
        if len(free) == len(wanted) and all(same_size(a.size, b.size) for a, b in zip(free, wanted, strict=True)):
            right = substitute(written.right, dict(zip(free, wanted, strict=True)))
            note = COLUMN if turned else ROW
            self._keep(s, target, Formula(right, wanted, self._used(written)), note)
        else:
            self._keep(s, target, Formula(written.right, free, self._used(written)))

    def _used(self, read: Equation | DerivativeEquation, target: Target | None = None) -> tuple[Equation, ...]:
        """The helpers that an equation needs, in order; among them the helper that it is about."""
        names = {t.name for t in tensors(read.right)}
        names |= {target.of.tensor.name} if target is not None and target.of is not None else set()
        for helper in reversed(self.helpers.values()):
            if helper.tensor.name in names:
                names |= {t.name for t in tensors(helper.right)}
        return tuple(h for h in self.helpers.values() if h.tensor.name in names)

    def _at(self, s: Statement) -> str:
        return f"{self.where}:{s.line}:{s.column}" if self.where else f"line {s.line}, column {s.column}"

    def answers(self) -> tuple[Answer, ...]:
        """The statements; a helper that no formula uses is taken for a mistyped name, unless it stands in prose."""
        used = self.named | {t.name for h in self.helpers.values() for t in tensors(h.right)}
        used |= {t.name for a in self.found if isinstance(a, Stated) and isinstance(a.said, Formula) for t in tensors(a.said.expression)}
        unread = " ".join(a.text for a in self.found if isinstance(a, Unread))
        idle = [self._idle(n, s) for n, s in self.places.items() if n not in used and s.left_text not in unread]
        return (*self.found, *(a for a in idle if a is not None))

    def _idle(self, name: str, s: Statement) -> Unread | None:
        if s.prose and not s.is_about_a_gradient:
            return None
        own = f"if it is a gradient, say so: names={{{s.left_text[:40]!r}: 'd...'}}"
        near = did_you_mean(name, self.reader._plain.adjoints) or own
        said = f"{name} is the gradient of no variable of {self.reader.layer.name}, and no line uses it"
        return Unread(name, f"{said}; {near}", f"{s.left_text} = {s.right_text}", self._at(s))


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


