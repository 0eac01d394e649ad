"""The markup of prose: `formula` in backticks, *emphasis*, {eq:label}, {fig:name} and {claim:id}."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

PATTERN = re.compile(r"`(?P<formula>[^`]+)`|\*(?P<emphasis>[^*]+)\*|\{(?P<kind>eq|claim|fig):(?P<label>[^{}]+)\}")


@dataclass(frozen=True)
class Words:
    """Plain text."""

    text: str


@dataclass(frozen=True)
class Emphasis:
    """Text with stress."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A formula in the project's notation."""

    text: str


@dataclass(frozen=True)
class Pointer:
    """A reference to a numbered line, a claim or a figure."""

    kind: Literal["eq", "claim", "fig"]
    label: str


_KINDS: dict[str, Literal["eq", "claim", "fig"]] = {"eq": "eq", "claim": "claim", "fig": "fig"}
Run = Words | Emphasis | Formula | Pointer


def runs(text: str) -> Iterator[Run]:
    """The text in pieces; line breaks and runs of blanks are one blank."""
    text = " ".join(text.split())
    end = 0
    for match in PATTERN.finditer(text):
        if match.start() > end:
            yield Words(text[end : match.start()])
        yield _run(match)
        end = match.end()
    if end < len(text):
        yield Words(text[end:])


def _run(match: re.Match[str]) -> Run:
    match match.lastgroup:
        case "formula":
            return Formula(match["formula"])
        case "emphasis":
            return Emphasis(match["emphasis"])
    return Pointer(_KINDS[match["kind"]], match["label"])
