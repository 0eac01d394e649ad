"""The documents, one module each: a function `document()` that returns a Document and reads like a text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symbackprop.documents.document import Document

_NAMES = ("relu", "zero_centred", "batch_norm", "smoothness")


def names() -> tuple[str, ...]:
    """The documents there are."""
    return _NAMES


def load(name: str) -> Document:
    """The document of that name. Raises KeyError where there is none."""
    if name not in _NAMES:
        raise KeyError(name)
    document: Document = import_module(f"derivations.{name}").document()
    return document
