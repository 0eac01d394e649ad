"""A sheet as Unicode mathematics for a terminal: numbers at the left, reasons at the right where there is room."""
from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from symbackprop.derivation import Derivation, Detail
from symbackprop.language.equations import Equation
from symbackprop.layer import Layer
from symbackprop.render import breaking, escape, linear, maths, sheet
from symbackprop.render.order import Scope
from symbackprop.render.sheet import Chain, Line, Sheet
from symbackprop.render.tree import Node, Runs, Terms, listed

WIDTH = 110
COLUMN = 64
"""The widest formula that still shares its line with a reason."""
GAP = 4
HELD = "\u00a0"


def expression(e: sp.Expr) -> str:
    """An expression on one line."""
    return linear.write(maths.formula(e, Scope(order=tuple(sorted(s.name for s in e.free_symbols)))))


def equation(e: Equation) -> str:
    """left = right on one line."""
    scope = Scope(order=tuple(str(i) for i in e.left.indices))
    return f"{linear.write(maths.tree(e.left, scope))} = {linear.write(maths.formula(e.right, scope))}"


def layer(layer: Layer) -> str:
    """The layer's signature and its numbered equations."""
    return _written(sheet.of(layer))


def derivation(derivation: Derivation, detail: Detail = "normal") -> str:
    """One derivation, after what it inserts."""
    return _written(sheet.of(derivation.layer, [derivation], detail))


def derivations(layer: Layer, derivations: Iterable[Derivation], detail: Detail = "normal") -> str:
    """Derivations of a layer, numbered in one sequence."""
    return _written(sheet.of(layer, derivations, detail)) + "\n"


def _written(s: Sheet) -> str:
    return "\n\n".join(map("\n".join, [[*_header(s), *_preliminaries(s)], *map(_chains, sheet.grouped(s.chains))]))


def _header(s: Sheet) -> list[str]:
    inputs, outputs = (linear.write(listed(t)) if t else "" for t in (s.inputs, s.outputs))
    lines = _wrapped(f"{inputs} → {outputs}", WIDTH - 11)
    head = [f"{escape.printable(s.name):<10} {lines[0]}", *(" " * 11 + line for line in lines[1:])]
    for e in s.equations:
        left = f"{linear.write(e.left)} = " if e.left else ""
        rows = _broken(e.right, WIDTH - 7 - linear.width(left))
        head += _rows(f"  {f'({e.number})':<4} {left}", rows)
    return [*head, *([f"source: {escape.printable(s.source)}"] if s.source else [])]


def _preliminaries(s: Sheet) -> list[str]:
    # Short sentences share a line, and none is broken where it need not be.
    lines: list[str] = []
    for said in (_runs(r) for r in (*s.preliminaries, s.shorthand) if r):
        if lines and linear.width(lines[-1]) + 1 + linear.width(said) <= WIDTH:
            lines[-1] += " " + said
        else:
            lines.append(said)
    return [part for line in lines for part in _wrapped(line, WIDTH)]


def _chains(group: tuple[Chain, ...]) -> list[str]:
    """Chains under one another; their reasons share a column."""
    placed = [(chain, k, line, _head(chain, k)) for chain in group for k, line in enumerate(chain.lines)]
    rows = [_with_sizes(line, _broken(line.right, WIDTH - linear.width(head))) for _, _, line, head in placed]
    short = [linear.width(head + row[0]) for (_, _, _, head), row in zip(placed, rows, strict=True) if len(row) == 1]
    column = max((w for w in short if w <= COLUMN), default=COLUMN)
    shown: list[str] = []
    for (chain, k, line, head), row in zip(placed, rows, strict=True):
        shown += [linear.write(chain.goal)] if k == 0 and not _is_inline(chain) else []
        shown += _with_reason(_rows(head, row), _runs(line.reason), column + GAP)
    return shown


def _is_inline(chain: Chain) -> bool:
    """Whether the goal stands on its first line and not above it."""
    return chain.lemma or len(chain.lines) == 1


def _head(chain: Chain, k: int) -> str:
    line, goal = chain.lines[k], linear.write(chain.goal)
    number = f"  {f'({line.number})':<4} "
    if line.left is not None:
        return f"{number}{linear.write(line.left)} {line.relation} "
    if not _is_inline(chain):
        return f"{number}{line.relation} "
    return f"{number}{goal if k == 0 else ' ' * linear.width(goal)} {line.relation} "


def _with_sizes(line: Line, rows: list[str]) -> list[str]:
    if line.sizes is None:
        return rows
    sizes = f"[{','.join(map(linear.write, line.sizes))}]"
    return [*rows[:-1], f"{rows[-1]}   {sizes}"]


def _with_reason(rows: list[str], reason: str, column: int) -> list[str]:
    """The reason beside the last row where both have room, else below it."""
    if not reason:
        return rows
    used = linear.width(rows[-1])
    start = max(column, used + GAP)
    if start + linear.width(reason) <= WIDTH:
        return [*rows[:-1], rows[-1] + " " * (start - used) + reason.replace(HELD, " ")]
    return [*rows, *(" " * 11 + part for part in _wrapped(reason, WIDTH - 11))]


def _rows(head: str, rows: list[str]) -> list[str]:
    return [head + rows[0], *(" " * (linear.width(head) + 2) + row for row in rows[1:])]


def _broken(node: Node, room: int) -> list[str]:
    if not isinstance(node, Terms) and linear.width(linear.write(node)) <= room:
        return [linear.write(node)]
    rows = breaking.lines(node, lambda n: linear.width(linear.write(n)), room - 2)
    return [linear.write(row).strip() for row in rows]


def _wrapped(text: str, room: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and linear.width(lines[-1]) + 1 + linear.width(word) > room:
            lines.append(word)
        else:
            lines[-1] += (" " if lines[-1] else "") + word
    return [line.replace(HELD, " ") for line in lines]


def _runs(runs: Runs) -> str:
    # A formula stays on one line: its spaces are no places to break at.
    return "".join(escape.printable(r) if isinstance(r, str) else linear.write(r).replace(" ", HELD) for r in runs)
