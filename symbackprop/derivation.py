"""Reason, Step, Derivation: a derivation is data, whoever wrote it.

A chain of steps goes from a goal (∂C/∂W[d,h]) to its result. Each step says what the goal is equal to
(or bounded by), and why. There is no algebra here, and no typesetting.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import sympy as sp

from symbackprop.language.tensors import Component, Tensor

if TYPE_CHECKING:
    from symbackprop.layer import Layer

Relation = Literal["=", "≤", "<", "≥", ">", "⇒"]
Detail = Literal["brief", "normal", "full"]
DETAILS: tuple[Detail, ...] = ("brief", "normal", "full")


@dataclass(frozen=True)
class Conventions:
    """What mathematics leaves open: Step(0), sign(0), and the layout of a gradient.

    `step0` is a number in [0, 1], or None to leave it open as the symbol s₀. `layout` is "denominator" (a
    gradient has the shape of its variable) or "numerator" (its transpose).
    """

    step0: sp.Rational | None = sp.S.Zero
    layout: Literal["denominator", "numerator"] = "denominator"

    def __post_init__(self) -> None:
        if self.step0 is not None and not 0 <= self.step0 <= 1:
            raise ValueError(f"Step(0) = {self.step0}; it should be a number from 0 to 1, or None to leave it open")
        if self.layout not in ("denominator", "numerator"):
            raise ValueError(f"layout = {self.layout!r}; it should be 'denominator' or 'numerator'")


@dataclass(frozen=True)
class Reference:
    """What a reason cites: `kind` is "equation" (of the layer), "derivation" (of a variable) or "claim"."""

    kind: Literal["equation", "derivation", "claim"]
    name: str


@dataclass(frozen=True)
class Reason:
    """Why a step holds: the id of a rule, what it was applied to, and what it rests on.

    The sentence that a person reads is looked up by `rule` in the catalogues of `render/words`; `terms` fill
    its gaps: expressions, tensors, or names.
    """

    rule: str
    terms: Mapping[str, Any] = field(default_factory=dict, hash=False)
    cites: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class MatrixForm:
    """An index expression in array notation: `text` reads back to `expression` in the layer's scope.

    For example "x.T @ dz" for Σ_n x[n,d] dz[n,h]. `sizes` is its shape.
    """

    text: str
    expression: sp.Expr
    sizes: tuple[sp.Expr, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Step:
    """One line: the previous line (or `left`) stands in `relation` to `right`, for `reason`.

    `detail` is the least level of detail at which it is shown. All steps of a chain of equalities are equal to
    its goal, so that leaving one out keeps the rest true.
    """

    right: sp.Expr | MatrixForm
    reason: Reason
    relation: Relation = "="
    detail: Detail = "brief"
    left: sp.Expr | None = None


@dataclass(frozen=True)
class Derivation:
    """goal = step = step = ... = result, for a variable of a layer; the goal is ∂C/∂v[i] or a Total.

    `inserts` names the variables whose derivations this one inserts (x̂ and var in batch norm's dx), in the order of
    use; `family` has the derivation of every variable of the layer, made when looked at.
    """

    goal: sp.Expr
    steps: Sequence[Step]
    layer: Layer = field(repr=False)
    variable: Tensor
    conventions: Conventions = Conventions()
    inserts: tuple[str, ...] = ()
    family: Mapping[str, Derivation] = field(default_factory=dict, repr=False, compare=False)

    @property
    def lemmas(self) -> tuple[Derivation, ...]:
        """The derivations that this one inserts."""
        return tuple(self.family[name] for name in self.inserts)

    @property
    def stands_on(self) -> tuple[Derivation, ...]:
        """The derivations that it inserts, and those of the gradients ∂C/∂v that stand in its result."""
        lines = [s.right for s in self.steps if isinstance(s.right, sp.Expr)]
        named = {c.tensor.adjoint_of for c in (lines[-1].atoms(Component) if lines else ())}
        others = sorted(n for n in named - {self.variable.name, *self.inserts} if n in self.family)
        found = (self.family[n] for n in (*self.inserts, *others))
        return tuple(d for d in found if d.result != d.goal)

    @property
    def result(self) -> sp.Expr:
        """The last line in index form."""
        return next(s.right for s in reversed(self.steps) if isinstance(s.right, sp.Expr))

    @property
    def matrix_form(self) -> MatrixForm | None:
        """The result in array notation, None where it has no such form."""
        return next((s.right for s in reversed(self.steps) if isinstance(s.right, MatrixForm)), None)

    def at(self, detail: Detail) -> tuple[Step, ...]:
        """The steps that are shown at a level of detail."""
        if detail not in DETAILS:
            raise ValueError(f"detail = {detail!r}; it should be one of {', '.join(DETAILS)}")
        return tuple(s for s in self.steps if DETAILS.index(s.detail) <= DETAILS.index(detail))

    def text(self, detail: Detail = "normal") -> str:
        """The derivation as Unicode mathematics for a terminal."""
        return str(_late("render.text").derivation(self, detail))

    def latex(self, detail: Detail = "normal") -> str:
        """The derivation as LaTeX, for use inside a document that loads amsmath."""
        return str(_late("render.latex").derivation(self, detail))

    def html(self, detail: Detail = "normal") -> str:
        """The derivation as an HTML fragment with MathML."""
        return str(_late("render.html").derivation(self, detail))

    def evaluate(self, **arrays: Any) -> Any:
        """The gradient as a NumPy array at the values of the layer's inputs and upstream gradients."""
        return _late("language.evaluate").gradient(self, arrays)

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_html_(self) -> str:
        return self.html()


def _late(module: str) -> Any:
    # A noun shows and evaluates itself through modules that import it: found by name when asked for.
    return import_module(f"symbackprop.{module}")
