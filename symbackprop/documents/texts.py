"""The words of a document: pieces of prose with a name each, one text file a language.

    ## neuron
    The smallest network has one input `x` ...

English is the original. A translation names the formulas, numbers and claims of the original by their place, `{1}`, `{2}`,
so that a formula stands in one file only. What a translation lacks is shown in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from symbackprop.documents.markup import PATTERN
from symbackprop.render.words.languages import LANGUAGES, language, translated

_HEADING = re.compile(r"^## +(\S+) *$", re.MULTILINE)
_PLACE = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True)
class Texts:
    """The pieces in English by name, and for each other language English piece -> piece."""

    english: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.english[name]

    def said(self, text: str) -> str:
        """The piece in the language that is spoken; else what the message catalogue has; else the English."""
        return self.others.get(language(), {}).get(text) or translated(text)

    def missing(self, language: str) -> tuple[str, ...]:
        """The names of the pieces without a translation."""
        there = self.others.get(language, {})
        return tuple(name for name, text in self.english.items() if text not in there)


def read_texts(package: str) -> Texts:
    """The texts beside a document's module: en.md and a file for each other language that has one."""
    folder = files(package)
    english = pieces(folder.joinpath("en.md").read_text("utf-8"))
    others = {code: folder.joinpath(f"{code}.md") for code in LANGUAGES if code != "en"}
    return Texts(english, {c: _matched(english, pieces(f.read_text("utf-8")), c) for c, f in others.items() if f.is_file()})


def pieces(text: str) -> dict[str, str]:
    """Name -> prose on one line. Raises ValueError where a name occurs twice."""
    _, *parts = _HEADING.split(text)
    found: dict[str, str] = {}
    for name, words in zip(parts[::2], parts[1::2], strict=True):
        if name in found:
            raise ValueError(f"the piece {name} occurs twice")
        found[name] = " ".join(words.split())
    return found


def _matched(english: Mapping[str, str], other: Mapping[str, str], language: str) -> dict[str, str]:
    unknown = sorted(set(other) - set(english))
    if unknown:
        raise ValueError(f"{language}.md has pieces that en.md hasn't: {', '.join(unknown)}")
    return {english[name]: _filled(text, english[name], f"{language}.md, {name}") for name, text in other.items()}


def _filled(text: str, original: str, where: str) -> str:
    """The translation with the original's formulas and references in their places; each must be used."""
    shared = [m[0] for m in PATTERN.finditer(original) if m.lastgroup != "emphasis"]
    used = {int(k) for k in _PLACE.findall(text)}
    if used != set(range(1, len(shared) + 1)):
        raise ValueError(f"{where}: the original has the formulas 1 to {len(shared)}, the translation {sorted(used)}")
    return _PLACE.sub(lambda m: shared[int(m[1]) - 1], text)
