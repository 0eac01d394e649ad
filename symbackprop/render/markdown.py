"""A sheet as Markdown with its mathematics in dollar signs, as GitHub, Jupyter and pandoc read it."""
from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from symbackprop.derivation import Derivation, Detail
from symbackprop.layer import Layer
from symbackprop.render import escape, latex, sheet, tex
from symbackprop.render.sheet import Sheet
from symbackprop.render.tree import Runs


def expression(e: sp.Expr) -> str:
    """An expression between dollar signs."""
    return f"${latex.expression(e)}$"


def layer(layer: Layer) -> str:
    """The layer's signature and its numbered equations."""
    return _written(sheet.of(layer))


def derivation(derivation: Derivation, detail: Detail = "normal") -> str:
    """One derivation, after what it inserts."""
    return _written(sheet.of(derivation.layer, [derivation], detail))


def derivations(layer: Layer, derivations: Iterable[Derivation], detail: Detail = "normal") -> str:
    """A text of its own: derivations of a layer, numbered in one sequence."""
    return f"# {escape.markdown(layer.name)}\n\n{_written(sheet.of(layer, derivations, detail))}\n"


def _written(s: Sheet) -> str:
    inputs, outputs = (", ".join(f"${tex.write(t)}$" for t in ts) for ts in (s.inputs, s.outputs))
    source = f" Source: {escape.markdown(s.source)}." if s.source else ""
    said = " ".join(_runs(sheet.capital(r)) for r in s.preliminaries)
    blocks = [f"**{escape.markdown(s.name)}:** {inputs} → {outputs}.{source}", _display(latex.equations(s)),
              *([said] if said else []), *(_display(latex.chains(group)) for group in sheet.grouped(s.chains))]
    return "\n\n".join(blocks)


def _display(aligned: str) -> str:
    return f"$$\n{aligned}\n$$"


def _runs(said: Runs) -> str:
    return "".join(escape.markdown(r) if isinstance(r, str) else f"${tex.inline(r)}$" for r in said)
