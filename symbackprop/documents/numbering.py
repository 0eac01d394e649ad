"""Document -> numbered lines: each displayed line gets one number, and every label, citation and formula is resolved.

Labels are those of `document.py`: `neuron.z` for an equation, `neuron.dW` for the last line of a derivation and
`neuron.dW.2` for its second. A reason that cites an equation or a derivation means the one under its own block's label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import sympy as sp

from symbackprop.derivation import Derivation, MatrixForm, Reference, Step
from symbackprop.documents import proofs
from symbackprop.documents.document import Document, Equations, Lines, Reasoning
from symbackprop.documents.markup import Emphasis, Formula, Pointer, Run, runs
from symbackprop.documents.reading import statement
from symbackprop.documents.texts import Texts
from symbackprop.language.nodes import Compare
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer
from symbackprop.render import arrays, maths, names
from symbackprop.render.order import Scope
from symbackprop.render.sheet import Line, cost_name
from symbackprop.render.tree import Derivative, Node, Row, Sign
from symbackprop.render.words import Resolve, sentence, word


class Link(str):
    """Words that lead to the line or the claim with this anchor."""

    anchor: str

    def __new__(cls, text: str, anchor: str) -> Link:
        made = super().__new__(cls, text)
        made.anchor = anchor
        return made


class Stress(str):
    """Words with stress."""


Shown: TypeAlias = tuple["str | Node", ...]
"""Prose with its formulas as trees; Link and Stress are special words."""


@dataclass
class Labels:
    """What each label refers to: the number of its line. Claims are their own labels; figures have numbers of their own."""

    numbers: dict[str, int] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()
    figures: Mapping[str, int] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)

    def link(self, pointer: Pointer) -> Link:
        """The link that stands for a pointer. Raises KeyError for a label that nothing has."""
        known: Iterable[str] = {"claim": self.claims, "fig": self.figures, "eq": self.numbers}[pointer.kind]
        if pointer.label not in known:
            raise KeyError(
                f"the text refers to {pointer.kind}:{pointer.label}, but there are only {', '.join(sorted(known))}"
            )
        if pointer.kind == "claim":
            return Link(pointer.label, anchor_of_claim(pointer.label))
        if pointer.kind == "fig":
            return Link(word("figure").format(number=self.figures[pointer.label]), anchor_of_figure(pointer.label))
        return self.to(pointer.label)

    def to(self, label: str) -> Link:
        """The link to a numbered line."""
        return line_link(self.numbers[label])


def line_link(number: int) -> Link:
    """The link to the line of that number."""
    return Link(f"({number})", f"eq-{number}")


def anchor_of_claim(name: str) -> str:
    """The anchor of a claim on its page."""
    return f"claim-{name}"


def anchor_of_figure(name: str) -> str:
    """The anchor of a figure on its page."""
    return f"fig-{name}"


@dataclass(frozen=True)
class Display:
    """Lines that stand together, aligned at their relations; the first one has a left side."""

    lines: tuple[Line, ...]


def number(document: Document) -> tuple[Labels, Mapping[int, Display]]:
    """The labels of the document, and the display of each block of equations or lines by the block's identity.

    Reasons are in the language that is spoken.
    """
    blocks = [b for b in document.blocks() if isinstance(b, (Equations, Lines, Reasoning))]
    figures = {f.name: k for k, f in enumerate(document.figures, 1)}
    labels = Labels(claims=frozenset(c.id for c in document.claims), figures=figures, texts=document.texts)
    first = _give_numbers(blocks, labels)
    return labels, {id(b): _display(b, start, labels) for b, start in zip(blocks, first, strict=True)}


Numbered: TypeAlias = Equations | Lines | Reasoning


def _give_numbers(blocks: list[Numbered], labels: Labels) -> list[int]:
    last, first = 0, []
    for block in blocks:
        first.append(last + 1)
        if isinstance(block, Reasoning):
            count = len(proofs.steps(block))
            if block.label:
                labels.numbers |= {f"{block.label}.{k}": last + k for k in range(1, count + 1)} | {block.label: last + count}
            last += count
            continue
        for k, said in enumerate(_labels(block), 1):
            labels.numbers.update({f"{block.label}.{name}": last + k for name in said})
        last += len(_labels(block))
    return first


def _labels(block: Equations | Lines) -> list[list[str]]:
    """The labels of each line of a block."""
    if isinstance(block, Equations):
        return [[e.tensor.name] for e in block.layer.equations]
    d, steps = block.derivation, block.derivation.at(block.detail)
    goal = d.goal.tensor.name if isinstance(d.goal, Component) else f"d{d.variable.name}"
    result = max(k for k, s in enumerate(steps) if isinstance(s.right, sp.Expr))
    return [[f"{goal}.{k + 1}", *([goal] if k == result else [])] for k in range(len(steps))]


def _display(block: Numbered, first: int, labels: Labels) -> Display:
    if isinstance(block, Reasoning):
        return Display(proofs.lines(block, first, line_link))
    if isinstance(block, Equations):
        scope = Scope(cost_name(block.layer))
        return Display(
            tuple(
                Line(first + k, maths.tree(e.right, _ordered(scope, e.left)), left=maths.tree(e.left, scope))
                for k, e in enumerate(block.layer.equations)
            )
        )
    d = block.derivation
    scope = _ordered(Scope(cost_name(d.layer)), d.goal)
    head = maths.full(d.goal, scope)
    steps = d.at(block.detail)
    before = [d.goal, *(s.right for s in steps)]
    lines = [
        _line(
            first + k, step, step.left not in (None, before[k]), d, scope, _reason(step, d, block.label, scope, labels)
        )
        for k, step in enumerate(steps)
    ]
    return Display((lines[0] if lines[0].left is not None else replace(lines[0], left=head), *lines[1:]))


def _ordered(scope: Scope, left: sp.Expr) -> Scope:
    return Scope(scope.cost, tuple(str(i) for i in left.args[1:]))


def _line(k: int, step: Step, says_left: bool, d: Derivation, scope: Scope, reason: Shown) -> Line:
    if isinstance(step.right, MatrixForm):
        sizes = tuple(maths.tree(s) for s in step.right.sizes)
        return Line(
            k, arrays.tree(step.right, d.layer, scope), step.relation, maths.tree(d.goal.tensor, scope), reason, sizes
        )
    left = statement_tree(step.left, scope) if says_left and step.left is not None else None
    return Line(k, statement_tree(step.right, scope), step.relation, left, reason)


def statement_tree(e: sp.Expr, scope: Scope) -> Node:
    """How an expression looks as a line: a comparison on its own is a statement and needs no bracket."""
    if isinstance(e, Compare):
        return Row((maths.tree(e.args[0], scope), Sign(maths.RELATIONS[e.relation]), maths.tree(e.args[1], scope)))
    return maths.tree(e, scope)


def _reason(step: Step, d: Derivation, label: str, scope: Scope, labels: Labels) -> Shown:
    if step.reason.rule == "words":
        return shown(str(step.reason.terms["text"]), d.layer, labels)
    cites = tuple((_cited(r, label, d.layer, scope, labels),) for r in step.reason.cites)
    return sentence(
        step.reason.rule,
        step.reason.terms,
        Resolve(lambda term: maths.tree(term, scope), cites, maths.tree(sp.Symbol(scope.cost))),
    )


def _cited(reference: Reference, label: str, layer: Layer, scope: Scope, labels: Labels) -> str | Node:
    if reference.kind == "claim":
        return labels.link(Pointer("claim", reference.name))
    place = f"{label}.{'d' if reference.kind == 'derivation' else ''}{reference.name}"
    if place in labels.numbers:
        return labels.to(place)
    tensor = layer.tensors.get(reference.name)
    if reference.kind == "derivation" and tensor is not None:
        return Derivative(names.name(scope.cost), (names.name(tensor.name, tensor.rank),))
    return reference.name


def shown(text: str, layer: Layer, labels: Labels) -> Shown:
    """Prose with its formulas read in the layer's scope and its pointers resolved."""
    scope = Scope(cost_name(layer))
    return tuple(_shown(run, layer, scope, labels) for run in runs(labels.texts.said(text)))


def _shown(run: Run, layer: Layer, scope: Scope, labels: Labels) -> str | Node:
    match run:
        case Formula(text):
            return _formula(text, layer, scope)
        case Pointer():
            return labels.link(run)
        case Emphasis(text):
            return Stress(text)
    return run.text


def _formula(text: str, layer: Layer, scope: Scope) -> Node:
    if len(text) == 1 and text.isalpha() and text not in layer.tensors:
        return names.name(text)  # an index, spoken of by itself
    left, right = statement(text, layer)
    if left is None:
        return statement_tree(right, scope)
    if isinstance(left, Component):
        return Row((maths.full(left, scope), Sign("="), maths.tree(right, _ordered(scope, left))))
    return Row((maths.tree(left, scope), Sign("="), maths.tree(right, scope)))
