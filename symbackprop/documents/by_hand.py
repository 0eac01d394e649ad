"""Chains of lines that a person states, in the notation: as good a Derivation as the engine's, and checked like it.

    by_hand(layer, "right", "= (relu(h) - relu(0))/h | definition", "= 1 | ReLU(h) = h for h > 0")
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from symbackprop.derivation import Conventions, Derivation, Reason, Relation, Step
from symbackprop.documents.reading import read
from symbackprop.layer import Layer

_RELATIONS: dict[str, Relation] = {"=": "=", "<=": "≤", "<": "<", ">=": "≥", ">": ">", "=>": "⇒"}
_LINE = re.compile(r"\s*(=>|<=|>=|<|>|=)(?!=)(.*)", re.DOTALL)


def by_hand(layer: Layer, goal: str, *lines: str, conventions: Conventions = Conventions(), start: str = "") -> Derivation:
    """goal = line = line ..., each line `relation formula | reason`; the reason is prose.

    With `start` the chain is of statements: start ⇒ line ⇒ line.
    """
    tensor = layer.tensors[goal]
    steps = list(_steps(layer, lines))
    if start:
        first = steps[0]
        steps[0] = Step(first.right, first.reason, first.relation, left=read(start, layer))
    return Derivation(tensor(), tuple(steps), layer, tensor, conventions)


def _steps(layer: Layer, lines: Iterable[str]) -> Iterable[Step]:
    for line in lines:
        formula, _, why = line.partition("|")
        found = _LINE.fullmatch(formula)
        if found is None:
            raise ValueError(f"{line!r} does not start with a relation; it should start with one of {' '.join(_RELATIONS)}")
        yield Step(read(found[2], layer), Reason("words", {"text": " ".join(why.split())}), cast(Relation, _RELATIONS[found[1]]))
