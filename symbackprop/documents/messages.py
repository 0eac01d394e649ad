"""Every English sentence that a page can say besides its own prose: what a message catalogue has to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symbackprop.derivation import Derivation
from symbackprop.documents.document import Document, Lines, Table
from symbackprop.documents.proofs import RULES
from symbackprop.documents.words import CELLS, PHRASES, SENTENCES, VERDICTS
from symbackprop.render.words.en import LISTING
from symbackprop.render.words.en import SENTENCES as REASONS


def messages(documents: Iterable[Document]) -> tuple[str, ...]:
    """The sentences of reasons and verdicts, and the headings, the reasons and the heads of tables of the documents."""
    own = [*REASONS.values(), *LISTING, *PHRASES.values(), *SENTENCES.values(), *RULES.values(), *CELLS, *VERDICTS]
    found = dict.fromkeys([*own, *(m for d in documents for m in _of(d))])
    return tuple(m for m in found if any(c.isalpha() for c in _outside_gaps(m)))


def _of(document: Document) -> Iterator[str]:
    yield from (s.title for s in document.sections)
    for block in document.blocks():
        if isinstance(block, Lines):
            yield from _reasons(block.derivation)
        if isinstance(block, Table):
            yield from (cell for cell in (*block.head, *block.first) if cell)


def _reasons(derivation: Derivation) -> Iterator[str]:
    for step in derivation.steps:
        if step.reason.rule == "words":
            yield str(step.reason.terms["text"])


def _outside_gaps(message: str) -> str:
    """The message without {gaps} and `formulas`: what is left to translate."""
    from symbackprop.documents.markup import PATTERN

    plain = PATTERN.sub("", message)
    return "".join(part.split("}")[-1] for part in plain.split("{"))
