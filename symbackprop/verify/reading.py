"""Reading answers: texts, files, mappings from variables to what is said of them -> statements that can be judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, ShapeMismatch, did_you_mean, shape_text
from symbackprop.language.notation import DerivativeEquation, read_assignments
from symbackprop.language.scope import Scope, new_indices, scope
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import components, indices, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.answers import Answer, Computed, Formula, Stated, Target, Unread, adjoints, called, tight
from symbackprop.verify.chains import Link, chains

LARGEST = 1_000_000
"""Bytes of an answer file."""
LONGEST_NAME = 1_000
"""Characters of a file's name with its folders; what is longer is a text."""


def read_answers(layer: Layer, answers: Any, layout: str = "denominator") -> tuple[Answer, ...]:
    """Every statement in a text, a file (a Path, or a string without =), or a mapping from variables to what is said of them.

    Raises OSError for a file that can't be read, ValueError for one that is no text, TypeError for what is no answer at all.
    """
    reader = Reader(layer, layout)
    if isinstance(answers, Mapping):
        every = [a for name, said in answers.items() for a in reader.one(str(name), said)]
    else:
        every = list(reader.text(*text_of(answers)))
    return tuple(every)


def text_of(source: Any, is_text: bool = False) -> tuple[str, str]:
    """A text, or what stands in a file (a Path, or a string that rather names one) and the file's name."""
    if not isinstance(source, (str, Path)):
        raise TypeError(f"{type(source).__name__} is no answer; give a dict of answers by variable, a text or a file")
    if isinstance(source, str) and (is_text or len(source) > LONGEST_NAME or "=" in source or "\n" in source or _is_formula(source)):
        return source, ""
    path = Path(source)
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"{path} is larger than {LARGEST:,} bytes; answers are a few lines of text")
    try:
        return content.decode("utf-8-sig"), path.name
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 text (byte {error.start})") from None


@dataclass
class Reader:
    """Reads statements about one layer; helpers that a line defines are known to the lines after it."""

    layer: Layer
    layout: str = "denominator"
    adjoints: dict[str, Tensor] = field(init=False)
    _turned: dict[Tensor, Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.adjoints = adjoints(self.layer)
        turned = self.layout == "numerator"
        self._turned = {_reversed(t): t for t in self.adjoints.values() if t.rank > 1} if turned else {}

    def scope(self) -> Scope:
        """The names that an answer may use: the layer's variables and their gradients."""
        back = {t: r for r, t in self._turned.items()}
        shown = {n: back.get(t, t) for n, t in self.adjoints.items()}
        return scope({**shown, **self.layer.tensors}.values())

    # ---- texts

    def text(self, text: str, where: str = "") -> Iterator[Answer]:
        """The statements of a text, in order."""
        lines = _Lines(self, self.scope(), where)
        for chain in chains(text):
            for link in chain:
                lines.read(link)
        yield from lines.answers()

    def one(self, name: str, said: Any) -> Iterator[Answer]:
        """The statements of one entry of a mapping."""
        try:
            if isinstance(said, str):
                yield from self._named_text(name, said)
                return
            target = self.target(name)
            yield Stated(target, self._said(target, said), _described(said))
        except NotationError as error:
            yield Unread(self.variable(name) or name, str(error) if error.text else _plainly(error), error=error)

    def _named_text(self, name: str, text: str) -> Iterator[Answer]:
        left = self.left(name)
        if not left:
            yield Unread(name, self.unknown(name), text)
            return
        links = [link for chain in chains(text) for link in chain]
        whole = text if any(k.left for k in links) else f"{left} = {text.strip()}"
        yield from about(self.target(name).name, text, self.text(whole))

    def left(self, name: str) -> str:
        """The left side that a key of a mapping stands for, "" for an unknown name."""
        if "(" in name:
            return name
        variable = self.variable(name)
        return f"d{variable}_total" if f"d{variable}_total" in self.adjoints else f"d{variable}" if variable else ""

    def variable(self, name: str) -> str:
        """The variable that a key names: W, or dW."""
        known = {t.adjoint_of or n[1:] for n, t in self.adjoints.items()}
        if name in known:
            return name
        return self.adjoints[name].adjoint_of or name[1:] if name in self.adjoints else ""

    def unknown(self, name: str) -> str:
        near = did_you_mean(name, [t.adjoint_of or n[1:] for n, t in self.adjoints.items()])
        has = ", ".join(n for n, t in self.layer.tensors.items() if not t.is_integer_valued)
        return f"{self.layer.name} has no variable {name!r} that has a gradient: " + (near or f"it has {has}")

    def target(self, name: str) -> Target:
        """The target that a key of a mapping names. Raises NotationError."""
        if "(" in name:
            (read,) = read_assignments(f"{name} = 0", self.scope())
            assert isinstance(read, DerivativeEquation)
            return _derivative_target(read)
        variable = self.variable(name)
        if not variable:
            raise NotationError(self.unknown(name), name)
        t = self.layer.tensors[variable]
        return Target(None, (t[new_indices(t.sizes, self.scope().tensors)],), new_indices(t.sizes, self.scope().tensors))

    # ---- expressions

    def _said(self, target: Target, said: Any) -> Formula | Computed:
        if isinstance(said, Equation):
            said, free = said.right, said.free
        elif isinstance(said, sp.Expr):
            said = self._known_only(said)
            free = _ordered(said, target)
        elif isinstance(said, (int, float)) and not isinstance(said, bool):
            return Formula(sp.Rational(str(said)) if isinstance(said, float) else sp.Integer(said), ())
        elif isinstance(said, Computed):
            return said
        elif callable(said):
            return called(said, self.layer)
        else:
            raise NotationError(f"{type(said).__name__} is no answer; give a text, a SymPy expression or a function")
        if stray := [i.name for i in indices(said) if i not in free]:
            raise NotationError(f"the index {', '.join(stray)} stands free in {said}")
        shape = tuple(i.size for i in free)
        if not (len(shape) == len(target.free) and all(same_size(a, b.size) for a, b in zip(shape, target.free, strict=True))):
            return Formula(said, free)
        return Formula(substitute(said, dict(zip(free, target.free, strict=True))), target.free)

    def _known_only(self, e: sp.Expr) -> sp.Expr:
        """The expression, with SymPy symbols that name scalars of the layer read as these; nothing else is let in."""
        known = {**self.adjoints, **self.layer.tensors}
        sizes = {d.name: d for d in self.layer.sizes}
        replaced: dict[sp.Basic, sp.Basic] = {}
        for node in sp.preorder_traversal(e):
            if isinstance(node, Component) and known.get(node.tensor.name) != node.tensor:
                name = node.tensor.name
                if name not in known or known[name].rank != node.tensor.rank:
                    raise NotationError(f"{node.tensor!r} is no tensor of {self.layer.name}; {did_you_mean(name, known)}")
                replaced[node] = Component(known[name], *node.indices)
            elif isinstance(node, sp.Symbol) and type(node) is sp.Symbol:
                replaced[node] = _symbol(node, known, sizes, self.layer.name)
        return e.xreplace(replaced) if replaced else e


def about(wanted: str, text: str, answers: Iterable[Answer]) -> Iterator[Answer]:
    """What a text for one variable says: something about that variable, or it can't be read."""
    found = list(answers)
    if not found:
        yield Unread(wanted, "there is nothing to read", text)
    for a in found:
        yield a if a.name == wanted or isinstance(a, Stated) else Unread(wanted, a.message, a.text, a.where, a.error)


def _symbol(s: sp.Symbol, known: Mapping[str, Tensor], sizes: Mapping[str, sp.Symbol], layer: str) -> sp.Expr:
    if s.name in known and not known[s.name].rank:
        return known[s.name]()
    if s.name in sizes:
        return sizes[s.name]
    if s.name in ("step0", "sign0"):
        return s
    if s.name in known:
        raise NotationError(f"{s.name} has the axes {shape_text(known[s.name].sizes)}: give one of its components, {s.name}[...]")
    near = did_you_mean(s.name, known) or f"it has {', '.join(known)}"
    raise NotationError(f"{s.name} is no variable of {layer}; {near}")


def _ordered(e: sp.Expr, target: Target) -> tuple[Index, ...]:
    """The expression's free indices in the order of the target's: by name, else by size where that tells."""
    free = indices(e)
    wanted = target.free
    if set(free) <= set(wanted):
        return wanted
    chosen: list[Index] = []
    for w in wanted:
        fitting = [i for i in free if same_size(i.size, w.size) and i not in chosen]
        named = [i for i in fitting if i.name == w.name]
        if len(fitting) != 1 and len(named) != 1:
            letters, shape = ", ".join(i.name for i in free), shape_text(i.size for i in wanted)
            hint = "give a text with its left side: dW[d,h] = ..."
            raise NotationError(f"the free indices {letters} don't tell which is which axis of {shape}", hint=hint)
        chosen.append((named or fitting)[0])
    if set(free) - set(chosen):
        stray = ", ".join(i.name for i in free if i not in chosen)
        raise NotationError(f"the index {stray} stands free, and {target.symbol} is {shape_text(i.size for i in wanted)}")
    return tuple(chosen)


def _is_formula(text: str) -> bool:
    """Whether a text without = reads rather like a formula than like the name of a file."""
    return bool(set(text) & set("@*+()[]")) and not Path(text).is_file()


def _plainly(error: NotationError) -> str:
    """What is wrong, without a place in a text that nobody wrote."""
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _described(said: Any) -> str:
    return str(said) if isinstance(said, (sp.Expr, int, float)) else getattr(said, "__name__", type(said).__name__)


def _reversed(t: Tensor) -> Tensor:
    return Tensor(t.name, *t.sizes[::-1], adjoint_of=t.adjoint_of)


def _derivative_target(read: DerivativeEquation) -> Target:
    assert isinstance(read.left.of, Component)
    return Target(read.left.of, read.left.by, read.free)


# ---- line by line


@dataclass
class _Lines:
    """The statements of a text read so far, and the helpers they define."""

    reader: Reader
    scope: Scope
    where: str
    helpers: list[Equation] = field(default_factory=list)
    found: list[Answer] = field(default_factory=list)
    places: dict[str, tuple[Link, str]] = field(default_factory=dict)
    lost: dict[str, NotationError] = field(default_factory=dict)

    def read(self, link: Link) -> None:
        """Reads one link of a chain."""
        where = f"{self.where}:{link.line}" if self.where else f"line {link.line}"
        try:
            (read,) = read_assignments(link.code, self.scope)
        except ShapeMismatch as error:
            self.found.append(self._misshapen(link, where, link.placed(error)))
        except NotationError as error:
            lost = next((self.lost[n] for n in re.findall(r"\w+", link.right_text) if n in self.lost), None)
            placed = lost or link.placed(error)
            self.lost.setdefault(re.split(r"[\[(\s]", link.left_text, maxsplit=1)[0], placed)
            self.found.append(Unread(self._name(link), str(placed), link.right_text, where, placed))
        else:
            self._keep(link, where, read)

    def _keep(self, link: Link, where: str, read: Equation | DerivativeEquation) -> None:
        target = self._target(read)
        if target is None:
            assert isinstance(read, Equation)
            self.helpers.append(read)
            self.places[read.tensor.name] = link, where
            self.scope = self.scope.with_tensors([read.tensor])
            return
        right = self._turned_back(read.right)
        said = Formula(right, target.free, self._used(right, target))
        self.found.append(Stated(target, said, f"{link.left_text} = {link.right_text}", where))

    def _target(self, read: Equation | DerivativeEquation) -> Target | None:
        """What the equation is about, None for a helper's definition."""
        if isinstance(read, DerivativeEquation):
            return _derivative_target(read)
        t, layer = read.tensor, self.reader.layer
        known = self.reader._turned.get(t, t)
        if known.name not in self.scope.tensors or known.name not in {**self.reader.adjoints, **layer.tensors, **self.places}:
            return None
        if known.name in layer.tensors or known.name in self.places:
            return Target(read.left, (), read.free)
        variable = layer.tensors[known.adjoint_of or known.name[1:]]
        turned = known is not t
        by = Component(variable, *(read.left.indices[::-1] if turned else read.left.indices))
        return Target(None, (by,), read.free[::-1] if turned else read.free)

    def _turned_back(self, e: sp.Expr) -> sp.Expr:
        turned = self.reader._turned
        if not turned:
            return e
        return e.xreplace({c: Component(turned[c.tensor], *c.indices[::-1]) for c in components(e) if c.tensor in turned})

    def _used(self, e: sp.Expr, target: Target | None = None) -> tuple[Equation, ...]:
        """The helpers that an expression needs, in order; among them the helper that the statement is about."""
        names = {t.name for t in tensors(e)}
        names |= {target.of.tensor.name} if target is not None and target.of is not None else set()
        for h in reversed(self.helpers):
            if h.tensor.name in names:
                names |= {t.name for t in tensors(h.right)}
        return tuple(Equation(h.left, self._turned_back(h.right), h.text) for h in self.helpers if h.tensor.name in names)

    def _name(self, link: Link) -> str:
        """The key under which a statement that can't be read is reported."""
        name = re.split(r"[\[(\s]", link.left_text, maxsplit=1)[0]
        if name == "d" or not name:
            return tight(link.left_text) or link.right_text[:40]
        return self.reader.variable(name) or name

    def _misshapen(self, link: Link, where: str, error: NotationError) -> Answer:
        """The statement under a name of its own, so that what it computes can be shown beside what is asked for."""
        name = re.split(r"[\[(\s]", link.left_text, maxsplit=1)[0]
        stand_in = "written"
        while stand_in in self.scope.tensors or stand_in in self.scope.sizes:
            stand_in += "_"
        try:
            (read,) = read_assignments(f"{stand_in}{link.left_text[len(name) :]} = {link.right_text}", self.scope)
            target = self.reader.target(name)
        except (NotationError, ValueError):
            return Unread(self._name(link), str(error), link.right_text, where, error)
        assert isinstance(read, Equation)
        right = self._turned_back(read.right)
        return Stated(target, Formula(right, read.free, self._used(right)), f"{link.left_text} = {link.right_text}", where)

    def answers(self) -> tuple[Answer, ...]:
        """The statements; a helper that no line uses is taken for a mistyped name."""
        used = {t.name for h in self.helpers for t in tensors(h.right)}
        used |= {t.name for a in self.found if isinstance(a, Stated) and isinstance(a.said, Formula) for t in tensors(a.said.expression)}
        used |= {n for a in self.found if isinstance(a, Unread) for n in re.findall(r"\w+", a.text)}
        idle = [self._idle(h.tensor.name) for h in self.helpers if h.tensor.name not in used]
        return (*self.found, *idle)

    def _idle(self, name: str) -> Unread:
        link, where = self.places[name]
        near = did_you_mean(name, self.reader.adjoints)
        said = f"{name} is the gradient of no variable of {self.reader.layer.name}, and no line uses it"
        return Unread(name, f"{said}; {near}" if near else said, f"{link.left_text} = {link.right_text}", where)
