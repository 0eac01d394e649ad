"""A figure as vector graphics: SVG that stands inside a page and PDF for TeX, both drawn once and the same for every language.

Curves are told apart by colour (Okabe and Ito's, safe for colour-blind eyes), by dashes and by how dark they are in grey.
Words stay out of the drawing, in the caption; what stands in it is mathematics and names of functions.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Draw: TypeAlias = "Callable[[], Canvas]"

INKS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.4)), (0, (6, 2, 1.2, 2)), (0, (1, 1.4)), (0, (8, 2, 1.2, 2, 1.2, 2)), (0, (3, 3)))
_STYLE: Any = {
    "svg.fonttype": "path", "svg.hashsalt": "symbackprop", "pdf.fonttype": 42, "font.size": 9, "axes.titlesize": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6, "lines.linewidth": 1.4, "legend.frameon": False,
    "legend.fontsize": 8, "grid.color": "#dddddd", "grid.linewidth": 0.5, "figure.constrained_layout.use": True,
    "xtick.labelsize": 8, "ytick.labelsize": 8, "mathtext.fontset": "cm",
}  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """One picture: an <svg> element, the bytes of a PDF file, and its width in inches."""

    svg: str
    pdf: bytes
    width: float


def curve(k: int) -> dict[str, Any]:
    """How the k-th curve of a figure is drawn."""
    return {"color": INKS[k % len(INKS)], "linestyle": DASHES[k % len(DASHES)]}


def canvas(width: float = 6.2, height: float = 2.6, columns: int = 1, rows: int = 1) -> tuple[Canvas, list[Any]]:
    """An empty figure, in inches, and its axes, row by row; no screen and no state outside it."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for one in axes:
        one.grid(True)
        one.set_axisbelow(True)
    return figure, list(axes)


def drawing(name: str, draw: Draw) -> Drawing:
    """The figure in both formats; the same input gives the same bytes."""
    from matplotlib import style

    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of the time stamps of fonts
    with style.context(["default", _STYLE]):
        figure = draw()
        svg, pdf = StringIO(), BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    return Drawing(_inline(svg.getvalue(), name), pdf.getvalue(), float(figure.get_figwidth()))


def _inline(svg: str, name: str) -> str:
    """The <svg> element alone, with names that no other figure of the page has."""
    element = re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    element = re.sub(r'\bid="', f'id="{name}-', element)
    element = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", element)
    return element.strip()
