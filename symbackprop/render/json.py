"""A sheet as JSON: the same lines and reasons, each formula in plain notation, which can be read back, and in LaTeX."""
from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sympy as sp

from symbackprop.derivation import Derivation, Detail, MatrixForm, Step
from symbackprop.language.equations import Equation
from symbackprop.language.tensors import Tensor
from symbackprop.language.writing import write
from symbackprop.layer import Layer
from symbackprop.render import latex, linear, maths, numbering, sheet
from symbackprop.render.sheet import Line
from symbackprop.render.tree import Runs

SCHEMA = "symbackprop/derivations"
VERSION = 1


def expression(e: sp.Expr) -> dict[str, Any]:
    """An expression in plain notation, as Unicode and as LaTeX."""
    return {"plain": write(e), "text": linear.write(maths.formula(e)), "latex": latex.expression(e)}


def layer(layer: Layer) -> str:
    """The layer: its variables and equations."""
    return _dumped({"schema": SCHEMA, "version": VERSION, "layer": layer_data(layer)})


def derivation(derivation: Derivation, detail: Detail = "normal") -> str:
    """One derivation with what it inserts."""
    return derivations(derivation.layer, [derivation], detail)


def derivations(layer: Layer, derivations: Iterable[Derivation], detail: Detail = "normal") -> str:
    """Derivations of a layer, numbered in one sequence."""
    return _dumped(data(layer, derivations, detail)) + "\n"


def data(layer: Layer, derivations: Iterable[Derivation], detail: Detail = "normal") -> dict[str, Any]:
    """What `derivations` writes, as lists and dicts."""
    every = list(derivations)
    s = sheet.of(layer, every, detail)
    shown = numbering.in_order(every, detail)
    chains = [_chain(chain, d) for chain, d in zip(s.chains, shown, strict=True)]
    return {"schema": SCHEMA, "version": VERSION, "layer": layer_data(layer),
            "preliminaries": [_words(r) for r in s.preliminaries], "conventions": _conventions(every),
            "derivations": chains}


def layer_data(layer: Layer) -> dict[str, Any]:
    """A layer as lists and dicts."""
    numbered = {id(e): line for e, line in zip(layer.equations, sheet.of(layer).equations, strict=True)}
    return {"name": layer.name, "source": layer.source, "inputs": [_tensor(t) for t in layer.inputs],
            "outputs": [_tensor(t) for t in layer.outputs],
            "equations": [_equation(e, numbered[id(e)]) for e in layer.equations],
            "assumptions": [a.text for a in layer.assumptions]}


def _tensor(t: Tensor) -> dict[str, Any]:
    told = {"sign": t.sign, "below": "" if t.below is None else str(t.below), "values": [str(v) for v in t.values]}
    return {"name": t.name, "sizes": [str(s) for s in t.sizes], **{k: v for k, v in told.items() if v}}


def _equation(e: Equation, line: Line) -> dict[str, Any]:
    written = {"written": e.text} if e.text else {}
    return {"number": line.number, "left": expression(e.left), "right": expression(e.right), **written}


def _conventions(every: list[Derivation]) -> dict[str, Any]:
    if not every:
        return {}
    first = every[0].conventions
    return {"step0": None if first.step0 is None else str(first.step0), "layout": first.layout}


def _chain(chain: sheet.Chain, shown: numbering.Shown) -> dict[str, Any]:
    d = shown.derivation
    steps = [_step(step, line) for step, line in zip(shown.steps, chain.lines, strict=True)]
    return {"variable": d.variable.name, "goal": expression(d.goal), "lemma": shown.lemma, "inserts": list(d.inserts),
            "steps": steps}


def _step(step: Step, line: Line) -> dict[str, Any]:
    cites = [{"kind": c.kind, "name": c.name} for c in step.reason.cites]
    reason = {"rule": step.reason.rule, "text": _words(line.reason), "cites": cites}
    left = {} if step.left is None else {"left": expression(step.left)}
    return {"number": line.number, **left, "relation": step.relation, **_right(step.right, line), "reason": reason}


def _right(right: sp.Expr | MatrixForm, line: Line) -> dict[str, Any]:
    if isinstance(right, MatrixForm):
        array = {"plain": right.text, "text": linear.write(line.right), "sizes": [str(s) for s in right.sizes]}
        return {"array": array, "right": expression(right.expression)}
    return {"right": expression(right)}


def _words(said: Runs) -> str:
    return "".join(r if isinstance(r, str) else linear.write(r) for r in said)


def _dumped(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
