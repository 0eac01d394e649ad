"""A document as one HTML page: MathML and a style sheet inside it, no script, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from symbackprop.claims.properties import Cell
from symbackprop.documents.check import Checked, Decided
from symbackprop.documents.document import Block, Equations, Figure, Lines, Prose, Reasoning, Section, Stated, Table
from symbackprop.documents.numbering import Display, Link, Shown, Stress, anchor_of_claim, anchor_of_figure, shown
from symbackprop.documents.words import label, told_cell
from symbackprop.layer import Layer
from symbackprop.render import breaking, escape, mathml, widths
from symbackprop.render.sheet import Line
from symbackprop.render.tree import Node, Row, Sign
from symbackprop.render.words import word
from symbackprop.render.words.languages import language, translated

STYLES = (files("symbackprop.render").joinpath("page.css"), files("symbackprop.documents").joinpath("page.css"))
ROOM = 30.0
"""The widest formula on one line, in em."""


def page(checked: Checked) -> str:
    """The whole document, in the language that is spoken."""
    checked = checked.speaking()
    document = checked.document
    scope = document.sections[0].scope
    title = escape.html(document.texts.said(document.title))
    body = [f"<h1>{title}</h1>", f'<p class="abstract">{_words(shown(document.abstract, scope, checked.labels))}</p>']
    for section in document.sections:
        body += _section(section, checked)
    body.append(f"<footer>{escape.html(checked.summary)}</footer>")
    style = "\n".join(style.read_text("utf-8") for style in STYLES)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{language()}">',
            "<head>",
            '<meta charset="utf-8"/>',
            f"<title>{title}</title>",
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _section(section: Section, checked: Checked) -> Iterator[str]:
    yield f"<h2>{escape.html(checked.document.texts.said(section.title))}</h2>"
    for block in section.blocks:
        yield from _block(block, section, checked)


def _block(block: Block, section: Section, checked: Checked) -> Iterator[str]:
    match block:
        case Prose(text, scope):
            yield f"<p>{_words(shown(text, scope or section.scope, checked.labels))}</p>"
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
    name = escape.html(decided.claim.id)
    statement = _words(shown(decided.claim.statement, scope, checked.labels), large=True)
    return (
        f'<div class="claim {decided.verdict}" id="{anchor_of_claim(name)}">'
        f'<p><span class="id">{escape.html(label(decided.claim.id))}</span>{statement}</p>'
        f'<p class="verdict"><b>{escape.html(translated(decided.verdict))}</b>: {_words(decided.how.shown)}</p></div>'
    )


def _figure(figure: Figure, section: Section, checked: Checked) -> str:
    caption = _words(shown(figure.caption, figure.scope or section.scope, checked.labels))
    number = escape.html(word("figure").format(number=checked.labels.figures[figure.name]))
    name = f'id="{anchor_of_figure(escape.html(figure.name))}"'
    drawing = checked.drawings[figure.name].svg
    return f'<figure {name}>\n{drawing}\n<figcaption><b>{number}.</b> {caption}</figcaption></figure>'


def _table(table: Table, scope: Layer, checked: Checked) -> str:
    def row(cells: Sequence[str | Cell], tag: str) -> str:
        written = (_words(told_cell(cell).shown) for cell in cells)
        return "<tr>" + "".join(f"<{tag if k else 'th'}>{cell}</{tag if k else 'th'}>" for k, cell in enumerate(written)) + "</tr>"

    caption = f"<caption>{_words(shown(table.caption, scope, checked.labels))}</caption>" if table.caption else ""
    rows = "\n".join(row(cells, "td") for cells in table.rows())
    return f'<div class="wide"><table class="cells">{caption}<thead>{row(table.head, "th")}</thead>\n<tbody>{rows}</tbody></table></div>'


def _display(display: Display) -> str:
    return "\n".join(
        [
            '<table class="chain" role="presentation">',
            *(row for line in display.lines for row in _rows(line)),
            "</table>",
        ]
    )


def _rows(line: Line) -> Iterator[str]:
    first, *rest = breaking.lines(line.right, widths.width, ROOM)
    left = "" if line.left is None else mathml.math(line.left)
    right = mathml.math(Row((Sign(line.relation), first)))
    more = "".join(f'<br/><span class="more">{mathml.math(r)}</span>' for r in rest)
    yield (
        f'<tr id="eq-{line.number}"><td class="left">{left}</td>'
        f'<td class="right">{right}{more}{_sizes(line.sizes)}</td>'
        f'<td class="reason">{_words(line.reason)}</td><td class="number">({line.number})</td></tr>'
    )


def _sizes(sizes: Sequence[Node] | None) -> str:
    if not sizes:
        return ""
    return f' <span class="sizes">[{" × ".join(mathml.math(s, display=False) for s in sizes)}]</span>'


def _words(runs: Shown, large: bool = False) -> str:
    return "".join(_run(run, large) for run in runs)


def _run(run: str | Node, large: bool) -> str:
    match run:
        case Link():
            return f'<a href="#{escape.html(run.anchor)}">{escape.html(run)}</a>'
        case Stress():
            return f"<em>{escape.html(run)}</em>"
        case str():
            return escape.html(run)
    return mathml.math(run, display=large)
