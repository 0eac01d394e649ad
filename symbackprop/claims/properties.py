"""The table of activations: a row a function, every cell computed or proved when it is asked for, none typed in.

properties("elu")["differentiable"]          a Cell: yes, with its conclusion
table()                                      every activation of the table of functions, and the identity
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sympy as sp

from symbackprop.claims import analysis, smoothness
from symbackprop.claims.charts import Undecided, chart
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import Curve, Function, Parameter, X, curve
from symbackprop.claims.expectation import mean_slope
from symbackprop.claims.limits import limit_of
from symbackprop.claims.lipschitz import lipschitz
from symbackprop.claims.nodes import Limit
from symbackprop.claims.numbers import shown
from symbackprop.claims.replay import concluded
from symbackprop.claims.stage import of, stage
from symbackprop.language.functions import TABLE
from symbackprop.language.tensors import Tensor
from symbackprop.verify.verdict import Verdict, Witness

OO = sp.oo


@dataclass(frozen=True)
class Order:
    """C⁰, C¹, ..., C^∞: so many continuous derivatives."""

    order: sp.Expr

    def __str__(self) -> str:
        return "C∞" if self.order is OO else f"C{self.order}"


@dataclass(frozen=True)
class Cell:
    """What the table shows, words with gaps and what fills them, and the conclusion it stands on."""

    words: str
    conclusion: Conclusion
    gaps: tuple[Any, ...] = ()

    @property
    def value(self) -> str:
        """The cell as text."""
        return self.words.format(*map(plain_text, self.gaps))

    def __str__(self) -> str:
        return self.value


def plain_text(value: Any) -> str:
    """A number, a range, a condition, nested lists of numbers: as people write them on one line."""
    match value:
        case list() | tuple():
            return "[" + ", ".join(map(plain_text, value)) + "]"
        case sp.Rel() | sp.Or():
            return relation(value)
        case sp.Max():
            return f"max({', '.join(map(plain_text, value.args))})"
        case sp.Basic():
            return shown(value)
        case float():
            return f"{value:.6g}"
    return str(value)


# ---- what is asked


def _yes_no(conclusion: Conclusion) -> Cell:
    if conclusion.condition is not None:
        return Cell("if {0}", conclusion, (conclusion.condition,))
    return Cell({"proved": "yes", "refuted": "no"}.get(conclusion.status, "undecided"), conclusion)


def relation(condition: sp.Expr) -> str:
    """A condition as people write it."""
    match condition:
        case sp.Eq():
            return f"{condition.lhs} = {condition.rhs}"
        case sp.Ge():
            return f"{condition.lhs} ≥ {condition.rhs}"
        case sp.Or():
            return " or ".join(relation(a) for a in condition.args)
    return str(condition)


def _continuous(c: Curve) -> Cell:
    found = smoothness.continuous(c)
    return _yes_no(found)


def _monotone(c: Curve) -> Cell:
    found = analysis.monotone(c)
    if found.condition is None and found.status == "proved" and found.found.get("strict"):
        return Cell("strictly", found)
    return _yes_no(found)


def _differentiable(c: Curve) -> Cell:
    found = smoothness.differentiable(c)
    return _yes_no(found)


def _smooth(c: Curve) -> Cell:
    found = smoothness.smoothness(c)
    order, conditions = found.found.get("order"), found.found.get("conditions") or {}
    if found.status != "proved" or order is None:
        return Cell("undecided", found)
    if order is not OO and order < 0:
        return Cell("jumps", found)
    if not conditions:
        return Cell("{0}", found, (_order(order),))
    ((k, condition), *_) = conditions.items()
    return Cell("{0}, {1} if {2}", found, (Order(sp.Integer(k - 1)), _order(order), condition))


def _order(order: sp.Expr | int) -> Order:
    return Order(order if isinstance(order, sp.Expr) else sp.Integer(order))


def _range(c: Curve) -> Cell:
    found = analysis.bounded(c, 0)
    return Cell("{0}", found, (found.found["range"],)) if found.status == "proved" else Cell("undecided", found)


def _odd(c: Curve) -> Cell:
    found = analysis.odd(c)
    return _yes_no(found)


def _saturates(c: Curve, at: sp.Expr) -> Cell:
    """Whether f tends to a number and its slope to 0 as x → at."""
    piece = c.pieces[0] if at is -OO else c.pieces[-1]
    side = "left" if at is -OO else "right"
    said = f"{c.name} saturates on the {side}"
    try:
        level, slope = limit_of(piece.value, X, at), limit_of(sp.diff(piece.value, X), X, at)
    except ValueError as error:
        return Cell("undecided", Conclusion(said, Verdict("undecided", str(error))))
    x = Tensor("x")()
    proof = Proof(stage(c), tuple(line(Limit(of(c, order=k), x, at), "=", v, "limit") for k, v in enumerate((level, slope))))
    found = concluded(said, proof, found={"level": level, "slope": slope})
    if level.is_finite and slope == 0:
        return Cell("at {0}", found, (level,))
    witness = Witness(
        {},
        {"x": float("-inf") if at is -OO else float("inf")},
        "a finite limit and a slope that tends to 0",
        f"limit {level}, slope {slope}",
    )
    return Cell(
        "no", Conclusion(said, Verdict("refuted", f"it tends to {level} with the slope {slope}", "limit", witness), proof, found.found)
    )


def _largest_slope(c: Curve) -> Cell:
    found = lipschitz(c)
    return _constant(found)


def _slope_lipschitz(c: Curve) -> Cell:
    found = lipschitz(c, order=1)
    return _constant(found)


def _constant(found: Conclusion) -> Cell:
    value = found.found.get("value", found.found.get("constant"))
    if found.status == "refuted":
        return Cell("none", found)
    return Cell("undecided", found) if found.status != "proved" or value is None else Cell("{0}", found, (value,))


def _keeps_gradient(c: Curve) -> Cell:
    """Whether f′ ≠ 0 for all x < 0: no unit with a negative input is dead."""
    said = f"{c.name} keeps a gradient for x < 0"
    pieces = [p for p in c.pieces if bool(p.low < 0)]
    try:
        charts = [chart(sp.diff(p.value, X), X, p.low, sp.Min(p.high, 0)) for p in pieces]
    except Undecided as error:
        return Cell("undecided", Conclusion(said, Verdict("undecided", str(error))))
    dead = next((s for s in charts if s.sign == "zero"), None)
    f = of(c, order=1)
    if dead is not None:
        proof = Proof(stage(c), (line(f, "=", sp.S.Zero, "sign on an interval", low=dead.low, high=dead.high),))
        witness = Witness({}, {"x": float(dead.high) - 1}, "a slope other than 0", 0)
        return Cell(
            "no",
            Conclusion(said, Verdict("refuted", f"its slope is 0 for all x between {dead.low} and {dead.high}", "chart", witness), proof),
        )
    roots = [r for s in charts for r in s.roots]
    if roots:
        return Cell(
            "except at {0}",
            Conclusion(
                said,
                Verdict(
                    "refuted",
                    "its slope is 0 at a place",
                    "chart",
                    Witness({}, {"x": float(roots[0].ball.mid())}, "a slope other than 0", 0),
                ),
            ),
            (float(f"{float(roots[0].ball.mid()):.4g}"),),
        )
    sign = ">" if all(s.sign == "positive" for s in charts) else "<"
    if not all(s.sign == charts[0].sign for s in charts):
        return Cell("undecided", Conclusion(said, Verdict("undecided", "the sign of its slope differs from piece to piece")))
    constant = sp.diff(pieces[0].value, X) if len(pieces) == 1 else X
    level, relation = (constant, "=") if constant.is_number else (sp.S.Zero, sign)
    step = line(f, relation, level, "sign on an interval", low=-OO, high=sp.S.Zero)  # type: ignore[arg-type]
    return _yes_no(concluded(said, Proof(stage(c), (step,))))


def _mean_slope(c: Curve) -> Cell:
    found = mean_slope(c)
    value = found.found.get("value")
    if found.status != "proved":
        return Cell("undecided", found)
    return Cell("{0}", found, (float(f"{value:.4g}") if isinstance(value, float) else value,))


PROPERTIES: Mapping[str, Callable[[Curve], Cell]] = {
    "continuous": _continuous,
    "monotone": _monotone,
    "differentiable": _differentiable,
    "smoothness": _smooth,
    "range": _range,
    "odd (zero-centred)": _odd,
    "saturates left": lambda c: _saturates(c, -OO),
    "saturates right": lambda c: _saturates(c, OO),
    "largest slope": _largest_slope,
    "Lipschitz constant of the slope": _slope_lipschitz,
    "keeps a gradient on the left": _keeps_gradient,
    "mean slope": _mean_slope,
}
PRELU = "where(x > 0, x, alpha*x)"
NO_ACTIVATION = {"abs", "sign", "step", "maximum", "minimum", "clip", "tan", "sinh", "cosh"}


def properties(f: Function | Curve, assuming: str = "", **parameters: Parameter) -> dict[str, Cell]:
    """One row of the table: every property of the function, each with the conclusion that it stands on.

    `mean slope` is E[f′(Z)] for a standard normal Z. Parameters left as letters get conditions where they can.
    """
    c = curve(f, assuming, **parameters)
    return {name: asked(c) for name, asked in PROPERTIES.items()}


def activations() -> tuple[str, ...]:
    """The names of the functions that are activations: functions of one variable and parameters that aren't elementary."""
    return (*(name for name in TABLE if name not in NO_ACTIVATION), "prelu", "identity")


@cache
def row(name: str) -> Mapping[str, Cell]:
    """The row of an activation; PReLU is a leaky ReLU whose slope α > 0 on the left stays a letter."""
    if name == "prelu":
        return properties(replace(curve(PRELU, "alpha > 0", alpha=None), name=name))
    return properties(name)


def table(names: tuple[str, ...] | None = None) -> dict[str, Mapping[str, Cell]]:
    """The rows of these activations, all of them where none are named."""
    return {name: row(name) for name in names or activations()}
