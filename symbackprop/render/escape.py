"""Text from outside, made harmless for each format: no name or title reaches a page any other way."""
from __future__ import annotations

import re
import unicodedata

_LATEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
          "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$",
          "|": "$|$", "[": "{[}", "]": "{]}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": "'"}
_LATEX_LETTERS = {"−": "$-$", "→": r"$\to$", "≤": r"$\le$", "≥": r"$\ge$", "∂": r"$\partial$", "·": r"$\cdot$",
                  "′": "$'$", "≠": r"$\ne$", "½": r"$\tfrac{1}{2}$", "δ": r"$\delta$", "Σ": r"$\Sigma$",
                  "ε": r"$\varepsilon$", "’": "'", "–": "--", "—": "---", "…": r"\ldots{}"}
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}


def printable(text: str) -> str:
    """The text on one line, without control characters and without marks that turn the writing direction."""
    flat = re.sub(r"\s+", " ", text)
    return "".join(c for c in flat if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def latex(text: str) -> str:
    """The text as LaTeX text: every character that means something to TeX is written so that it shows itself."""
    known = {**_LATEX, **_LATEX_LETTERS}
    return "".join(known.get(c, c) for c in printable(text))


def html(text: str) -> str:
    """The text as HTML or XML character data, or as the value of a quoted attribute."""
    return "".join(_HTML.get(c, c) for c in printable(text))


def markdown(text: str) -> str:
    """The text as Markdown in which nothing is markup, HTML included."""
    return re.sub(r"([\\`*_{}\[\]#!|$~^@]|:(?=//)|^[-+=>])", r"\\\1", html(text))
