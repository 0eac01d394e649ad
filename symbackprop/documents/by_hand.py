"""Chains of lines that a person states, in the notation: as good a Derivation as the engine's, and checked like it.

by_hand(layer, "right", "= (relu(h) - relu(0))/h | definition", "= 1 | ReLU(h) = h for h > 0")
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

import sympy as sp

from symbackprop.derivation import Derivation, MatrixForm, Reason, Relation, Step
from symbackprop.documents.reading import read
from symbackprop.language.notation import scope_of
from symbackprop.layer import Layer

_RELATIONS: dict[str, Relation] = {"=": "=", "<=": "≤", "<": "<", ">=": "≥", ">": ">", "=>": "⇒"}
_LINE = re.compile(r"\s*(=>|<=|>=|<|>|=)(?!=)(.*)", re.DOTALL)


def by_hand(layer: Layer, goal: str, *lines: str, start: str = "") -> Derivation:
    """goal = line = line ..., each line `relation formula | reason`; the reason is prose.

    The goal is a variable of the layer, or with a d before it that variable's gradient, and has no index. With
    `start` the chain is one of statements: start ⇒ line ⇒ line. Raises NotationError, and ValueError for a line
    without a relation.
    """
    tensor = scope_of(layer).tensors[goal]
    variable = layer.tensors[tensor.adjoint_of or goal]
    first = read(start, layer) if start else None if tensor.adjoint_of else tensor()
    return Derivation(tensor(), tuple(_steps(layer, lines, first)), layer, variable)


def continued(derivation: Derivation, *lines: str) -> Derivation:
    """The derivation with further lines, stated like those of `by_hand`, added to its last line in index form."""
    steps = tuple(derivation.steps)
    arrays = tuple(s for s in steps if isinstance(s.right, MatrixForm))
    return replace(
        derivation, steps=(*steps[: len(steps) - len(arrays)], *_steps(derivation.layer, lines, None), *arrays)
    )


def _steps(layer: Layer, lines: Iterable[str], left: sp.Expr | None) -> Iterator[Step]:
    # What isn't a gradient says its left side in every step: the oracle knows the value of a gradient only.
    says_left = left is not None
    for line in lines:
        formula, _, why = line.partition("|")
        found = _LINE.fullmatch(formula)
        if found is None:
            raise ValueError(
                f"{line!r} does not start with a relation; it should start with one of {' '.join(_RELATIONS)}"
            )
        right = read(found[2], layer)
        yield Step(
            right,
            Reason("words", {"text": " ".join(why.split())}),
            _RELATIONS[found[1]],
            left=left if says_left else None,
        )
        left = cast(sp.Expr, right)
