"""A sheet as HTML with MathML: fragments, and whole pages in one file without script or network."""
from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files

import sympy as sp

from symbackprop.derivation import Derivation, Detail
from symbackprop.language.equations import Equation
from symbackprop.layer import Layer
from symbackprop.render import breaking, escape, mathml, maths, sheet, widths
from symbackprop.render.order import Scope
from symbackprop.render.sheet import Chain, Line, Sheet
from symbackprop.render.tree import Node, Row, Runs, Sign

ROOM = 34.0
"""The widest formula on one line, in em."""


def expression(e: sp.Expr) -> str:
    """An expression as a MathML element."""
    return mathml.math(maths.formula(e, Scope(order=tuple(sorted(s.name for s in e.free_symbols)))))


def equation(e: Equation) -> str:
    """left = right as a MathML element."""
    scope = Scope(order=tuple(str(i) for i in e.left.indices))
    return mathml.math(Row((maths.tree(e.left, scope), Sign("="), maths.formula(e.right, scope))))


def layer(layer: Layer) -> str:
    """The layer's signature and its numbered equations, as a fragment."""
    return _fragment(sheet.of(layer), "")


def derivation(derivation: Derivation, detail: Detail = "normal") -> str:
    """One derivation, after what it inserts, as a fragment."""
    return _fragment(sheet.of(derivation.layer, [derivation], detail), derivation.variable.name)


def derivations(layer: Layer, derivations: Iterable[Derivation], detail: Detail = "normal") -> str:
    """A page: derivations of a layer, numbered in one sequence."""
    return page(layer.name, _fragment(sheet.of(layer, derivations, detail), ""))


def page(title: str, body: str, language: str = "en") -> str:
    """A self-contained page around a body of HTML; the title is plain text."""
    style = files("symbackprop.render").joinpath("page.css").read_text("utf-8")
    return (f'<!DOCTYPE html>\n<html lang="{escape.html(language)}">\n<head>\n<meta charset="utf-8"/>\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
            f"<title>{escape.html(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
            f"<h1>{escape.html(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n")


def runs(said: Runs) -> str:
    """A sentence: its words escaped, its formulas as MathML."""
    return "".join(escape.html(r) if isinstance(r, str) else mathml.math(r, display=False) for r in said)


# --- a sheet ---

def _fragment(s: Sheet, part: str) -> str:
    mark = re.sub(r"[^a-z0-9]+", "-", f"{s.name} {part}".lower()).strip("-") or "layer"
    blocks = [_header(s), _table("equations", [row for e in s.equations for row in _rows(e, e.left, mark)])]
    if s.preliminaries:
        blocks.append(f'<p class="given">{" ".join(runs(sheet.capital(r)) for r in s.preliminaries)}</p>')
    for group in sheet.grouped(s.chains):
        blocks.append(_table("chain", [row for chain in group for row in _chain(chain, mark)]))
    return _linked('<section class="derivation">\n' + "\n".join(blocks) + "\n</section>", mark)


def _header(s: Sheet) -> str:
    inputs, outputs = (", ".join(mathml.math(t, display=False) for t in ts) for ts in (s.inputs, s.outputs))
    source = f' <span class="source">Source: {escape.html(s.source)}.</span>' if s.source else ""
    return f'<p class="layer"><b>{escape.html(s.name)}</b> {inputs} → {outputs}.{source}</p>'


def _table(kind: str, rows: list[str]) -> str:
    return f'<table class="{kind}" role="presentation">\n' + "\n".join(rows) + "\n</table>"


def _chain(chain: Chain, mark: str) -> list[str]:
    return [row for k, line in enumerate(chain.lines) for row in _rows(line, sheet.left(chain, k), mark)]


def _rows(line: Line, left: Node | None, mark: str) -> list[str]:
    first, *rest = breaking.lines(line.right, widths.width, ROOM)
    head = mathml.math(left) if left is not None else ""
    sizes = "" if line.sizes is None else f' <span class="sizes">[{_times(line.sizes)}]</span>'
    right = mathml.math(Row((Sign(line.relation), first)))
    more = "".join(f'<br/><span class="more">{mathml.math(r)}</span>' for r in rest)
    return [f'<tr id="{mark}-{line.number}"><td class="left">{head}</td><td class="right">{right}{more}{sizes}</td>'
            f'<td class="reason">{runs(line.reason)}</td><td class="number">({line.number})</td></tr>']


def _times(sizes: tuple[Node, ...]) -> str:
    return " × ".join(mathml.math(s, display=False) for s in sizes)


def _linked(fragment: str, mark: str) -> str:
    """The numbers that reasons cite lead to their lines."""
    def link(cell: re.Match[str]) -> str:
        return re.sub(r"(?<![\w>])\((\d+)\)", rf'<a href="#{mark}-\1">(\1)</a>', cell[0])
    return re.sub(r'<td class="reason">.*?</td>', link, fragment)
