"""A report on answers: what was read, the verdict, the smallest case, as text, for rich terminals, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from symbackprop.language.nodes import Partial
from symbackprop.language.tensors import Component, Tensor
from symbackprop.render import text as as_text
from symbackprop.render.escape import printable

if TYPE_CHECKING:
    from symbackprop.verify.answers import Stated
    from symbackprop.verify.report import Report
    from symbackprop.verify.verdict import Verdict, Witness


def read_as(answer: Stated) -> str:
    """left = right, as it was understood, on one line."""
    said: Any = answer.said
    return f"{as_text.expression(_left(answer))} = {as_text.expression(said.expression)}"


def _left(answer: Stated) -> sp.Expr:
    target = answer.target
    if target.of is None:
        t = target.by[0].tensor
        return Component(Tensor(f"d{t.name}", *t.sizes), *target.by[0].indices)
    return Partial(target.of, *target.by) if target.by else target.of


def text(report: Report) -> str:
    """The report for a terminal."""
    return "\n".join(line for line in _lines(report))


def _lines(report: Report) -> list[str]:
    shown: list[str] = []
    width = max((len(printable(n)) for n in report.verdicts), default=0) + 2
    for name, verdict in report.verdicts.items():
        label = printable(name)
        shown += [f"{'read as':<{width}}  {verdict.read_as}"] if verdict.read_as else []
        shown += _verdict(label, verdict, width)
    return shown


def _verdict(label: str, v: Verdict, width: int) -> list[str]:
    where = f"   {printable(v.where)}" if v.where else ""
    rows = printable_lines(v.message)
    first = rows[0] if v.status in ("proved",) else f"{v.status}: {rows[0]}"
    shown = [f"{label:<{width}}  {first}{where}"]
    indent = " " * (width + 2)
    shown += [indent + row for row in rows[1:]]
    shown += [indent + row for row in (_witness(v.witness) if v.witness is not None else [])]
    shown += [indent + ("how: " + printable(v.how))] if v.status == "proved" else []
    return [*shown, *(indent + printable(note) for note in v.notes)]


def printable_lines(message: str) -> list[str]:
    """The lines of a message, nothing in them that moves the cursor."""
    return [printable(row) for row in message.split("\n")]


def _witness(w: Witness) -> list[str]:
    sizes = ", ".join(f"{n}={v}" for n, v in w.sizes.items())
    inputs = ", ".join(f"{n} = {_value(v)}" for n, v in w.inputs.items())
    head = f"{sizes}:  {inputs}" if sizes else inputs
    return [head, f"true {_value(w.expected)}     yours {_value(w.found)}"]


def _value(v: Any) -> str:
    if isinstance(v, list):
        return "[" + ", ".join(map(_value, v)) + "]"
    return f"{v:.4g}" if isinstance(v, float) else str(v)


def rich(report: Report) -> Any:
    """The report for rich, verdicts in colour."""
    from rich.text import Text

    return Text(text(report))


def html(report: Report) -> str:
    """The report as an HTML fragment."""
    from html import escape

    return f"<pre>{escape(text(report))}</pre>"
