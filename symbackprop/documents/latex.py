"""A document as LaTeX that compiles by itself, with XeLaTeX, LuaLaTeX or pdfLaTeX and a small TeX Live."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files

from symbackprop.claims.properties import Cell
from symbackprop.documents.check import Checked, Decided
from symbackprop.documents.document import Block, Equations, Figure, Lines, Prose, Reasoning, Section, Stated, Table
from symbackprop.documents.numbering import Display, Link, Shown, Stress, shown
from symbackprop.documents.words import label, told_cell
from symbackprop.layer import Layer
from symbackprop.render import breaking, escape, tex, widths
from symbackprop.render.sheet import Line
from symbackprop.render.tree import Adjoint, Derivative, Node, Row, Sign
from symbackprop.render.words import word
from symbackprop.render.words.languages import language, translated

PREAMBLE = files("symbackprop.documents").joinpath("page.tex")
FONTS = {
    "en": "",
    "vi": r"\usepackage[no-math]{fontspec}\setmainfont{Noto Serif}",
    "bn": r"\usepackage[no-math]{fontspec}\setmainfont{Noto Serif}"
    r"\newfontfamily\bengali[Script=Bengali,Scale=0.95]{Noto Serif Bengali}",
}
"""What a language needs beyond Latin Modern."""
_BENGALI = re.compile(r"[\u0964\u0965\u0980-\u09ff]+(?:[ ,;:.!?()\u2013-]*[\u0964\u0965\u0980-\u09ff]+)*")
ROOM = 34.0
"""The widest formula on one line, in em."""
WHOLE = 8
"""The longest chain that is kept on one page, in lines."""


def page(checked: Checked) -> str:
    """The whole document, in the language that is spoken. Its figures are files beside it; see `figure_file`."""
    checked = checked.speaking()
    document = checked.document
    scope = document.sections[0].scope
    abstract = _words(shown(document.abstract, scope, checked.labels))
    parts = [
        PREAMBLE.read_text("utf-8").replace("%FONTS%", FONTS[language()]),
        r"\begin{document}",
        rf"\heading{{{escape.latex(document.texts.said(document.title))}}}{{{abstract}}}",
    ]
    for section in document.sections:
        parts += _section(section, checked)
    return _scripts("\n".join([*parts, r"\end{document}", ""]))


def figure_file(document: str, figure: str) -> str:
    """Where a figure is looked for, seen from the page's folder."""
    return f"figures/{document}-{figure}.pdf"


def _scripts(page: str) -> str:
    """Each run of Bengali is told so: its font has no Latin letters, and the Latin font has none of its."""
    return _BENGALI.sub(r"{\\bengali \g<0>}", page)


def _section(section: Section, checked: Checked) -> Iterator[str]:
    yield rf"\section{{{escape.latex(checked.document.texts.said(section.title))}}}"
    for block in section.blocks:
        yield from _block(block, section, checked)


def _block(block: Block, section: Section, checked: Checked) -> Iterator[str]:
    match block:
        case Prose(text, scope):
            yield _words(shown(text, scope or section.scope, checked.labels)) + r"\par"
        case Equations() | Lines() | Reasoning():
            yield _display(checked.displays[id(block)])
        case Figure():
            yield _figure(block, section, checked)
        case Table():
            yield _table(block, block.scope or section.scope, checked)
        case Stated(claim, blocks, scope):
            for stated in (claim, block.corrected) if block.corrected else (claim,):
                yield _claim(checked.decided[stated.id], scope or section.scope, checked)
            for inner in blocks:
                yield from _block(inner, section, checked)


def _claim(decided: Decided, scope: Layer, checked: Checked) -> str:
    statement = _words(shown(decided.claim.statement, scope, checked.labels), r"\displaystyle ")
    verdict = escape.latex(translated(decided.verdict))
    name, shown_name = decided.claim.id, escape.latex(label(decided.claim.id))
    return rf"\claim{{{name}}}{{{shown_name}}}{{{statement}}}{{{decided.verdict}}}{{{verdict}}}{{{_words(decided.how.shown)}}}"


def _figure(figure: Figure, section: Section, checked: Checked) -> str:
    caption = _words(shown(figure.caption, figure.scope or section.scope, checked.labels))
    number = word("figure").format(number=checked.labels.figures[figure.name])
    file = figure_file(checked.document.name, figure.name)
    return rf"\drawn{{{figure.name}}}{{{file}}}{{{checked.drawings[figure.name].width}in}}{{{escape.latex(number)}}}{{{caption}}}"


def _table(table: Table, scope: Layer, checked: Checked) -> str:
    def row(cells: Sequence[str | Cell]) -> str:
        return " & ".join(_words(told_cell(cell).shown) for cell in cells) + r" \\"

    caption = _words(shown(table.caption, scope, checked.labels)) if table.caption else ""
    rows = "\n".join(map(row, table.rows()))
    head = " & ".join(rf"\cellhead{{{_words(told_cell(cell).shown)}}}" for cell in table.head) + r" \\"
    return rf"\headroom{{{max(1, len(table.head) - 1)}}}\cells{{{'l' * len(table.head)}}}{{{head}}}{{{rows}}}{{{caption}}}"


def _display(display: Display) -> str:
    lines = display.lines
    widest = "".join(rf"\widest{{{tex.write(line.left)}}}" for line in lines if line.left is not None)
    rows: list[str] = []
    for k, line in enumerate(lines):
        # A short chain stays on one page; a long one may be broken, but not next to its ends.
        rows += [r"\pagebreak[1]"] if len(lines) > WHOLE and 2 <= k <= len(lines) - 2 else []
        rows += _rows(line)
    return "\n".join([rf"\begin{{chain}}{{{widest}}}", *rows, r"\end{chain}"])


def _rows(line: Line) -> Iterator[str]:
    first, *rest = breaking.lines(line.right, widths.width, ROOM)
    left = "" if line.left is None else tex.write(line.left)
    relation = {"=": "=", "≤": r"\le", "<": "<", "≥": r"\ge", ">": ">", "⇒": r"\Rightarrow"}[line.relation]
    right = f"{relation} {tex.write(first)}{_sizes(line.sizes)}"
    yield rf"\step{{{left}}}{{{right}}}{{{_words(line.reason)}}}{{{line.number}}}"
    for node in rest:
        yield rf"\more{{{tex.write(node)}}}"


def _sizes(sizes: Sequence[Node] | None) -> str:
    if not sizes:
        return ""
    shape = r" \times ".join(map(tex.write, sizes))
    return rf"\sizes{{{shape}}}"


def _words(runs: Shown, style: str = "") -> str:
    return "".join(_run(run, style) for run in runs)


def _run(run: str | Node, style: str) -> str:
    match run:
        case Link():
            return rf"\hyperlink{{{run.anchor}}}{{{escape.latex(run)}}}"
        case Stress():
            return rf"\emph{{{escape.latex(run)}}}"
        case str():
            return escape.latex(run)
    return f"${style}{tex.write(run if style else _flat(run))}$"


def _flat(node: Node) -> Node:
    """A derivative within a sentence, ∂C/∂z on one line, where it stands by itself or in an equation."""
    match node:
        case Adjoint(_, Derivative(of, (by,))) | Derivative(of, (by,)) if of is not None:
            return Row((Sign("∂"), of, Sign("/"), Sign("∂"), by))
        case Row(items):
            return Row(tuple(map(_flat, items)))
    return node
