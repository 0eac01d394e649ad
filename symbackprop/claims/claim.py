"""Claim: a statement, and the evidence from which the program reaches its verdict. Finding: that verdict.

A claim never carries its verdict: `decide` reaches it from the evidence, each piece of which can fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sympy as sp

from symbackprop.derivation import Derivation
from symbackprop.language.tensors import Component
from symbackprop.layer import Layer

Verdict = Literal["proved", "agrees", "refuted", "undecided", "convention"]


@dataclass(frozen=True)
class Derived:
    """The result of the derivation is the stated formula, for every size."""

    derivation: Derivation
    stated: sp.Expr


@dataclass(frozen=True)
class Chain:
    """Every line of the derivation, stated by a person, follows from the line before."""

    derivation: Derivation


@dataclass(frozen=True)
class Falls:
    """The expression in the variables of the layer tends to 0 as the variable goes to −∞ and as it goes to ∞."""

    layer: Layer
    expression: sp.Expr
    variable: Component


@dataclass(frozen=True)
class LeftOpen:
    """The slopes on the two sides of a point differ, so that the value there is a choice: any number between them.

    `choices` are the values that are said to be possible. Which of the derivations `elsewhere` depend on it is found.
    """

    below: sp.Expr
    above: sp.Expr
    choices: tuple[sp.Rational, ...]
    elsewhere: tuple[Derivation, ...] = ()


Evidence = Derived | Chain | Falls | LeftOpen


@dataclass(frozen=True)
class Claim:
    """A statement in prose, under assumptions, with its evidence. `id` is what it is cited by: ReLU-4."""

    id: str
    statement: str
    evidence: tuple[Evidence, ...]
    assuming: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict, and how it is known: the id of a sentence and what fills its gaps."""

    verdict: Verdict
    how: str
    terms: Mapping[str, object] = field(default_factory=dict, hash=False)
