"""The language that pages are written in, and its message catalogue: English sentence -> sentence.

A catalogue is a gettext file, locale/bn.po; what it doesn't have stays English. With `speaking("bn")` everything that
is written inside it is Bengali.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

LANGUAGES = {"en": "English", "bn": "বাংলা", "vi": "Tiếng Việt"}
_language: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, sentences are in that language. Raises KeyError for one that there is no catalogue of."""
    if language not in LANGUAGES:
        raise KeyError(language)
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def language() -> str:
    """The language that is spoken now."""
    return _language.get()


def translated(text: str) -> str:
    """The sentence in the language that is spoken now, itself where the catalogue has none."""
    return catalogue(language()).get(text) or text


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """English sentence -> sentence; empty for English."""
    if language == "en":
        return {}
    from babel.messages.pofile import read_po

    with files("symbackprop.render.words").joinpath("locale", f"{language}.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string and not m.fuzzy}
