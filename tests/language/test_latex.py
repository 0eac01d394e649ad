"""LaTeX is read with the meaning that its writer has, or refused where it stands; hostile text is refused at once."""

from __future__ import annotations

import time
from functools import cache

import pytest
import sympy as sp

from symbackprop.algebra.convert import poly
from symbackprop.algebra.equality import prove
from symbackprop.language.equation_reader import DerivativeEquation
from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, ShapeMismatch
from symbackprop.language.latex import Ambiguous, read_as, read_latex
from symbackprop.language.notation import read_assignments
from symbackprop.language.scope import Scope, scope_of
from symbackprop.language.substitution import substitute
from symbackprop.layer import Layer
from symbackprop.layers.shelf import named
from tests.language.latex_corpus import CORPUS, REFUSED, Row


@cache
def layer_named(name: str) -> Layer:
    return named(name)


def scope_for(name: str) -> Scope:
    return scope_of(layer_named(name))


Read = Equation | DerivativeEquation


def options_of(row: Row) -> dict[str, object]:
    return {k: v for k, v in row.options.items() if k not in ("refused", "steps")}


def readings(row: Row) -> list[Read]:
    scope = scope_for(row.layer)
    left = "" if "=" not in row.latex or row.options.get("target") else row.latex
    target = None if has_left(left) else scope.tensors["d" + row.variable]
    return read_latex(row.latex, scope, target, **options_of(row))  # type: ignore[arg-type]


def has_left(latex: str) -> bool:
    """Whether an = stands outside brackets."""
    depth = 0
    for c in latex.replace(r"\{", "{").replace(r"\}", "}"):
        depth += (c in "([{") - (c in ")]}")
        if c == "=" and depth <= 0:
            return True
    return False


def intended(row: Row) -> Read:
    text = row.meaning if has_left(row.meaning) else f"d{row.variable} = {row.meaning}"
    (made,) = read_assignments(text, scope_for(row.layer))
    return made


def aligned(read: Read, meant: Read) -> sp.Expr:
    """The right side that was read, at the indices of what is meant."""
    if isinstance(read, DerivativeEquation) and isinstance(meant, DerivativeEquation):
        places = [i for c in read.left.args for i in c.indices]
        wanted = [i for c in meant.left.args for i in c.indices]
        assert [c.tensor for c in read.left.args] == [c.tensor for c in meant.left.args]
    else:
        assert isinstance(read, Equation) and isinstance(meant, Equation), "a gradient was read as a local derivative, or the reverse"
        assert read.tensor == meant.tensor
        places, wanted = list(read.left.indices), list(meant.left.indices)
    return substitute(read.right, dict(zip(places, wanted, strict=True)))


def same(layer: Layer, a: sp.Expr, b: sp.Expr) -> bool:
    return a == b or poly(a) == poly(b) or prove(a, b, (), layer.assumptions) is not None or prove(a, b, layer.equations, layer.assumptions) is not None


@pytest.mark.parametrize("row", CORPUS, ids=lambda r: f"{r.layer}-{r.variable}-{r.latex[:40]}")
def test_a_formula_has_the_meaning_of_its_writer(row: Row) -> None:
    meant = intended(row)
    every = readings(row)
    assert every
    for read in every[-row.options.get("steps", len(every)):]:
        assert same(layer_named(row.layer), aligned(read, meant), meant.right), read_as(read)


@pytest.mark.parametrize("row", REFUSED, ids=lambda r: f"{r.layer}-{r.variable}-{r.latex[:40]}")
def test_what_isnt_clear_is_refused(row: Row) -> None:
    with pytest.raises(NotationError):
        readings(row)


def test_the_corpus_is_large_and_over_the_whole_shelf() -> None:
    assert len(CORPUS) >= 200
