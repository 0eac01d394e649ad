"""A report on answers: what was read, the verdict, the smallest case against it; as text, for rich terminals, as HTML."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from symbackprop.language.nodes import Partial
from symbackprop.language.tensors import Component, Tensor
from symbackprop.render import escape, linear, mathml, maths
from symbackprop.render.order import Scope
from symbackprop.render.tree import Row, Sign

if TYPE_CHECKING:
    from symbackprop.verify.answers import Stated
    from symbackprop.verify.report import Judged, Report
    from symbackprop.verify.verdict import Witness

COLOURS = {
    "proved": "green",
    "agrees": "green",
    "refuted": "bold red",
    "undecided": "yellow",
    "unreadable": "magenta",
}
MOST_DIGITS, MOST_SHOWN = 17, 64
Piece = tuple[str, str]
"""Some text, and the status it is coloured by, "" for none."""


# ---- what was read


def read_as(answer: Stated) -> str:
    """left = right, as it was understood, on one line."""
    return linear.write(_equation(answer))


def _equation(answer: Stated) -> Row:
    said: Any = answer.said
    left = left_side(answer)
    scope = Scope(order=tuple(i.name for i in answer.target.free))
    return Row((maths.tree(left, scope), Sign("="), maths.formula(said.expression, scope)))


def left_side(answer: Stated) -> sp.Expr:
    """What the answer is about: dx[n,d], or ∂r[n,j]/∂z[n,k]; of a wrong shape, at the indices that were written."""
    target = answer.target
    if target.of is None:
        t = target.by[0].tensor
        free = getattr(answer.said, "free", target.free)
        if free != target.free:
            return Component(Tensor(f"d{t.name}", *(i.size for i in free)), *free)
        return Component(Tensor(f"d{t.name}", *t.sizes), *target.by[0].indices)
    return Partial(target.of, *target.by) if target.by else target.of


# ---- text


def text(report: Report) -> str:
    """The report for a terminal."""
    return "\n".join("".join(said for said, _ in row) for row in _rows(report))


def rich(report: Report) -> Any:
    """The report for rich, with the verdicts in colour."""
    from rich.text import Text

    pieces = [(said, COLOURS.get(status, "")) for row in _rows(report) for said, status in (*row, ("\n", ""))]
    return Text.assemble(*pieces[:-1], no_wrap=False, overflow="fold")


def _rows(report: Report) -> Iterator[list[Piece]]:
    width = max((len(_label(j)) for j in report.judged), default=0)
    width = max(width, len("read as")) + 2
    for j in report.judged:
        if j.verdict.read_as:
            yield [(f"{'read as':<{width}}{plain(j.verdict.read_as)}", "")]
        yield from _verdict(j, width)


def _label(j: Judged) -> str:
    return plain(getattr(getattr(j.answer, "target", None), "symbol", j.answer.name))


def _verdict(j: Judged, width: int) -> Iterator[list[Piece]]:
    v, indent = j.verdict, " " * width
    first, *rest = plain(v.message).split("\n")
    where = f"   {plain(v.where)}" if v.where else ""
    said = first.removeprefix(v.status)
    yield [(f"{_label(j):<{width}}", ""), (v.status, v.status), (f"{'' if said != first else ': '}{said}{where}", "")]
    details = [*rest, *(_witness(j, v.witness) if v.witness is not None else [])]
    details += [f"how: {plain(v.how)}"] if v.status == "proved" else []
    for row in (*details, *map(plain, v.notes)):
        yield [(indent + row, "")]


def _witness(j: Judged, w: Witness) -> list[str]:
    digits = _digits(w)
    sizes = ", ".join(f"{n}={v}" for n, v in w.sizes.items())
    inputs = ", ".join(f"{n} = {_value(v, 6)}" for n, v in w.inputs.items())
    name = _label(j)
    other = np.shape(w.found) != np.shape(w.expected) and np.size(w.found) and not isinstance(w.found, str)
    shape = f" of shape {np.shape(w.found)}" if other else ""
    true, found = _value(w.expected, digits), _value(w.found, digits)
    return [f"{sizes}:  {inputs}" if sizes else inputs, f"true {name} = {true}     yours = {found}{shape}"]


def _digits(w: Witness) -> int:
    """As many digits as tell the first wrong entry from the true one, at least 4."""
    if w.at is None or np.shape(w.found) != np.shape(w.expected):
        return 4
    a, b = (float(np.asarray(v, dtype=float)[w.at]) for v in (w.expected, w.found))
    return next((k for k in range(4, MOST_DIGITS) if f"{a:.{k}g}" != f"{b:.{k}g}"), MOST_DIGITS)


def _value(v: Any, digits: int) -> str:
    if isinstance(v, list) and np.size(v) == 0:
        return "an empty array"
    if isinstance(v, list) and np.size(v) > MOST_SHOWN:
        return f"(an array of shape {np.shape(v)})"
    if isinstance(v, list):
        return "[" + ", ".join(_value(x, digits) for x in v) + "]"
    return f"{v:.{digits}g}" if isinstance(v, float) else str(v)


def plain(said: str) -> str:
    """The text with its lines and spaces, and without characters that move the cursor or turn the writing direction."""
    return "".join(c for c in said if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


# ---- HTML


def html(report: Report) -> str:
    """The report as an HTML fragment."""
    body = "".join(_block(j) for j in report.judged)
    return f'<section class="report">\n<p>{escape.html(report.layer.name)}</p>\n{body}</section>'


def _block(j: Judged) -> str:
    v = j.verdict
    read = f"<p>read as {mathml.math(_equation(j.answer), display=False)}</p>\n" if j.expression is not None else ""  # type: ignore[arg-type]
    first, *rest = plain(v.message).split("\n")
    said = f"{escape.html(_label(j))}: <strong>{v.status}</strong> {escape.html(first.removeprefix(v.status).strip())}"
    where = f" <small>{escape.html(v.where)}</small>" if v.where else ""
    shown = [*rest, *(_witness(j, v.witness) if v.witness is not None else [])]
    case = "<pre>" + "\n".join(_exact(row) for row in shown) + "</pre>\n" if shown else ""
    notes = "".join(f"<li>{escape.html(n)}</li>" for n in ((f"how: {v.how}",) if v.status == "proved" else ()) + v.notes)
    return f'<div class="verdict {v.status}">\n{read}<p>{said}{where}</p>\n{case}' + (f"<ul>{notes}</ul>\n" if notes else "") + "</div>\n"


def _exact(row: str) -> str:
    """A row as HTML, its spaces kept."""
    return " ".join(escape.html(part) for part in row.split(" "))
