r"""A sheet as LaTeX: fragments that need amsmath and amssymb only (MathJax shows them too), and whole documents.

A line is set in `alignat*` with its number as \tag. Reasons stand beside the formulas where both columns have
room, else each below its formula; what is too long is broken here, since alignat breaks nothing itself.
"""
from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

import sympy as sp

from symbackprop.derivation import Derivation, Detail
from symbackprop.language.equations import Equation
from symbackprop.layer import Layer
from symbackprop.render import breaking, escape, maths, sheet, tex, widths
from symbackprop.render.order import Scope
from symbackprop.render.sheet import Chain, Line, Sheet
from symbackprop.render.tree import Node, Runs, Sign

ROOM = 38.0
"""The width of a line without its number, in em: A4 at 11 pt with ordinary margins."""
BESIDE = 12.0
"""The least width of the column of reasons, in em."""


def expression(e: sp.Expr) -> str:
    """An expression as mathematics, without dollar signs."""
    return tex.write(maths.formula(e, Scope(order=tuple(sorted(s.name for s in e.free_symbols)))))


def equation(e: Equation) -> str:
    """left = right as mathematics, without dollar signs."""
    scope = Scope(order=tuple(str(i) for i in e.left.indices))
    return f"{tex.write(maths.tree(e.left, scope))} = {tex.write(maths.formula(e.right, scope))}"


def layer(layer: Layer) -> str:
    """The layer's signature and its numbered equations, as a fragment."""
    return _header(sheet.of(layer))


def derivation(derivation: Derivation, detail: Detail = "normal") -> str:
    """One derivation, after what it inserts, as a fragment."""
    return _fragment(sheet.of(derivation.layer, [derivation], detail))


def derivations(layer: Layer, derivations: Iterable[Derivation], detail: Detail = "normal") -> str:
    """A document that compiles by itself: derivations of a layer, numbered in one sequence."""
    return document(layer.name, _fragment(sheet.of(layer, derivations, detail)))


def document_of(*derivations: Derivation, detail: Detail = "normal") -> str:
    """A document that compiles by itself: derivations of any layers, numbered layer by layer."""
    groups: dict[int, list[Derivation]] = {}
    for d in derivations:
        groups.setdefault(id(d.layer), []).append(d)
    parts = [_fragment(sheet.of(group[0].layer, group, detail)) for group in groups.values()]
    titles = [group[0].layer.name for group in groups.values()]
    return document(titles[0] if len(titles) == 1 else ", ".join(titles), "\n\n".join(parts))


def document(title: str, body: str) -> str:
    """A .tex file for pdflatex, xelatex or lualatex around a body of LaTeX; the title is plain text."""
    frame = files("symbackprop.render").joinpath("document.tex").read_text("utf-8")
    return frame.replace("@TITLE@", escape.latex(title)).replace("@BODY@", body)


def runs(said: Runs) -> str:
    """A sentence: its words escaped, its formulas between dollar signs."""
    return "".join(escape.latex(r) if isinstance(r, str) else f"${tex.inline(r)}$" for r in said)


# --- a sheet ---

def _fragment(s: Sheet) -> str:
    said = " ".join(runs(sheet.capital(r)) for r in s.preliminaries)
    return "\n\n".join([_header(s), *([said] if said else []), *map(chains, sheet.grouped(s.chains))])


def _header(s: Sheet) -> str:
    name = rf"\textbf{{{escape.latex(s.name)}}}"
    inputs, outputs = (", ".join(f"${tex.write(t)}$" for t in ts) for ts in (s.inputs, s.outputs))
    source = f" Source: {escape.latex(s.source)}." if s.source else ""
    return f"{name}:\\quad {inputs}$\\;\\to\\;${outputs}.{source}\n{equations(s)}"


def equations(s: Sheet) -> str:
    """The numbered equations of the sheet's layer."""
    return _aligned([r for e in s.equations for r in _equation(e)])


def _equation(e: Line) -> list[str]:
    left = tex.write(e.left) if e.left else ""
    rows = _broken(e.right, ROOM - (widths.width(e.left) if e.left else 0.0) - 2)
    return [f"{left} &= {rows[0]} \\tag{{{e.number}}}", *(f"&\\qquad {r}" for r in rows[1:])]


def _aligned(rows: list[str]) -> str:
    # alignat leaves the space between its columns to us; align would share out what is left of the line.
    return "\\begin{alignat*}{2}\n" + " \\\\\n".join(rows) + "\n\\end{alignat*}"


# --- a chain ---

def chains(chains: tuple[Chain, ...]) -> str:
    """Chains under one another, aligned with each other."""
    lines = [(sheet.left(chain, k), line) for chain in chains for k, line in enumerate(chain.lines)]
    margin = max((widths.width(left) for left, _ in lines if left is not None), default=0.0) + 1.4
    room = ROOM - margin - max((widths.width(line.right) for _, line in lines), default=0.0) - 2
    beside = room >= BESIDE or all(widths.of_runs(line.reason) <= room for _, line in lines)
    rows: list[str] = []
    for left, line in lines:
        head = tex.write(left) if left is not None else ""
        rows += _beside(head, line, room) if beside else _below(head, line, ROOM - margin)
    return _aligned(rows)


def _sized(line: Line) -> str:
    return "" if line.sizes is None else r" \quad {\scriptstyle [" + r" \times ".join(map(tex.write, line.sizes)) + "]}"


def _beside(head: str, line: Line, room: float) -> list[str]:
    reasons = [rf"\text{{{runs(r)}}}" for r in _wrapped(line.reason, room)]
    stacked = r" \\ ".join(reasons)
    reason = stacked if len(reasons) < 2 else rf"\begin{{array}}[t]{{@{{}}l@{{}}}} {stacked} \end{{array}}"
    right = tex.write(Sign(line.relation)) + tex.write(line.right) + _sized(line)
    return [rf"{head} &{right} &\qquad& {reason} \tag{{{line.number}}}"]


def _below(head: str, line: Line, room: float) -> list[str]:
    first, *rest = _broken(line.right, room)
    reasons = [rf"\text{{{runs(r)}}}" for r in _wrapped(line.reason, room - 2)]
    rows = [tex.write(Sign(line.relation)) + first, *(rf"\qquad {r}" for r in rest)]
    rows[-1] += _sized(line)
    rows[0] += rf" \tag{{{line.number}}}"
    return [f"{head} &{rows[0]}", *(f"&{r}" for r in rows[1:]), *(rf"&\qquad {r}" for r in reasons)]


def _broken(node: Node, room: float) -> list[str]:
    first, *rest = breaking.lines(node, widths.width, room)
    return [tex.write(first), *("{}" + tex.write(line) for line in rest)]


def _wrapped(said: Runs, room: float) -> list[Runs]:
    """The sentence in lines of at most that width, broken between words."""
    lines: list[list[str | Node]] = [[]]
    used = 0.0
    for word in _words(said):
        wide = widths.of_runs(word)
        if lines[-1] and used + wide > room and word != (" ",):
            lines.append([])
            used = 0.0
        if lines[-1] or word != (" ",):
            lines[-1] += word
            used += wide
    return [tuple(line) for line in lines if line]


def _words(said: Runs) -> list[Runs]:
    """Words with what clings to them: a comma after a formula goes with the formula."""
    words: list[list[str | Node]] = [[]]
    for run in said:
        if not isinstance(run, str):
            words[-1].append(run)
            continue
        first, *rest = run.split(" ")
        words[-1] += [first] if first else []
        for part in rest:
            words += [[" "], [part] if part else []]
    return [tuple(w) for w in words if w]
