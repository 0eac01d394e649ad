"""Formulas in prose and claims: text in the notation, read in the scope of a layer's variables and gradients."""

from __future__ import annotations

import re

import sympy as sp

from symbackprop.language.notation import read_expression, scope_of
from symbackprop.layer import Layer

_EQUALS = re.compile(r"(?<![<>=!])=(?!=)")


def read(text: str, layer: Layer) -> sp.Expr:
    """An expression in index style; letters may stand free in it. Raises NotationError."""
    return read_expression(text.strip(), scope_of(layer))


def is_equation(text: str) -> bool:
    """Whether the text has the form left = right."""
    return _EQUALS.search(text) is not None


def statement(text: str, layer: Layer) -> tuple[sp.Expr | None, sp.Expr]:
    """The two sides of left = right, or (None, expression). Raises NotationError."""
    left, *right = _EQUALS.split(text, maxsplit=1)
    return (read(left, layer), read(right[0], layer)) if right else (None, read(left, layer))
