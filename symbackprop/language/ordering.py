"""In which order equations can be carried out, recurrences included.

    z = W x;  h = f(z)                     z, then h
    h[t,n] = f(h[t-1,n]), h[-1,n] = h0[n]  place by place, t = 0, 1, ..., after its boundary

Equations whose tensors refer to each other in a circle form one group (a strongly connected component). A group
is carried out place by place along one axis, upwards if every reference goes to the same or an earlier place.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.substitution import components, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Group:
    """Equations that are carried out together, and what is known of single places.

    A recurrence runs over `place`, the axis `axes[name]` of each of its tensors, downwards where `reverse`; its
    equations are in order within one place, their right sides written with `place`. `static` are the
    subexpressions with the same value at every place.
    """

    tensors: tuple[Tensor, ...]
    equations: tuple[Equation, ...]
    boundaries: tuple[Equation, ...] = ()
    place: Index | None = None
    axes: Mapping[str, int] = field(default_factory=dict)
    reverse: bool = False
    static: frozenset[sp.Basic] = frozenset()


def plan(equations: Iterable[Equation]) -> tuple[Group, ...]:
    """The groups of the equations, each after those it rests on."""
    every = tuple(equations)
    defined: dict[str, Tensor] = {e.tensor.name: e.tensor for e in every}
    general = {e.tensor.name: e for e in every if not e.is_boundary}
    boundaries: dict[str, list[Equation]] = {}
    for e in every:
        if e.is_boundary:
            boundaries.setdefault(e.tensor.name, []).append(e)
    uses: dict[str, dict[str, None]] = {name: {} for name in defined}
    for e in every:
        uses[e.tensor.name].update(dict.fromkeys(t.name for t in tensors(e.right) if t.name in defined))
    return tuple(_group(names, defined, general, boundaries, uses) for names in strongly_connected(list(defined), uses))


def _group(
    names: Sequence[str],
    defined: Mapping[str, Tensor],
    general: Mapping[str, Equation],
    boundaries: Mapping[str, list[Equation]],
    uses: Mapping[str, Iterable[str]],
) -> Group:
    variables = tuple(defined[n] for n in names)
    equations = tuple(general[n] for n in names if n in general)
    edges = tuple(b for n in names for b in boundaries.get(n, ()))
    if len(names) == 1 and names[0] not in uses[names[0]]:
        return Group(variables, equations, edges)
    return _recurrence(variables, equations, edges)


def strongly_connected(names: Sequence[Node], uses: Mapping[Node, Iterable[Node]]) -> list[list[Node]]:
    """The strongly connected components of the graph name → uses[name], each after those that it uses (Tarjan 1972)."""
    number: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    open_: set[Node] = set()
    found: list[list[Node]] = []
    for root in names:
        if root in number:
            continue
        work = [(root, iter(uses[root]))]
        number[root] = low[root] = len(number)
        stack.append(root)
        open_.add(root)
        while work:
            name, rest = work[-1]
            following = next(rest, None)
            if following is None:
                _close(name, work, number, low, stack, open_, found)
            elif following not in number:
                number[following] = low[following] = len(number)
                stack.append(following)
                open_.add(following)
                work.append((following, iter(uses[following])))
            elif following in open_:
                low[name] = min(low[name], number[following])
    return found


def _close(
    name: Node,
    work: list[tuple[Node, Iterator[Node]]],
    number: Mapping[Node, int],
    low: dict[Node, int],
    stack: list[Node],
    open_: set[Node],
    found: list[list[Node]],
) -> None:
    work.pop()
    if work:
        low[work[-1][0]] = min(low[work[-1][0]], low[name])
    if low[name] == number[name]:
        at = stack.index(name) if stack[-1] != name else len(stack) - 1
        found.append(sorted(stack[at:], key=lambda n: number[n]))
        open_.difference_update(stack[at:])
        del stack[at:]


# Recurrences


def _recurrence(variables: tuple[Tensor, ...], equations: tuple[Equation, ...], edges: tuple[Equation, ...]) -> Group:
    names = {t.name for t in variables}
    for edge in edges:
        if names & {t.name for t in tensors(edge.right)}:
            raise ValueError(f"{edge.left} = {edge.right} refers to the recurrence whose boundary it is")
    axes, shifts = _axes(equations, names)
    below = [s for _, _, s in shifts if s]
    order = _topological([e.tensor.name for e in equations], [(b, a) for a, b, s in shifts if not s])
    first = equations[0]
    place = Index("·", first.tensor.sizes[axes[first.tensor.name]])
    placed = {e.tensor.name: _at_place(e, axes[e.tensor.name], place) for e in equations}
    chosen = tuple(placed[name] for name in order)
    static: set[sp.Basic] = set()
    for e in chosen:
        _is_static(e.right, place, names, static)
    return Group(variables, chosen, edges, place, axes, below[0] > 0, frozenset(static))


def _at_place(e: Equation, axis: int, place: Index) -> Equation:
    """The equation with `place` for the index of that axis."""
    old = e.left.indices[axis]
    return Equation(
        Component(e.tensor, *(place if k == axis else i for k, i in enumerate(e.left.indices))),
        substitute(e.right, {old: place}),
    )


def _axes(equations: tuple[Equation, ...], names: set[str]) -> tuple[dict[str, int], list[tuple[str, str, int]]]:
    """The axis of each tensor along which the group can be carried out, and its references (from, to, shift)."""
    references = {e.tensor.name: [c for c in components(e.right) if c.tensor.name in names] for e in equations}
    by_name = {e.tensor.name: e for e in equations}
    start = equations[0].tensor
    for axis in range(start.rank):
        found = _along(start.name, axis, by_name, references)
        if found is not None and _one_way(found[1]):
            return found
    cycle = ", ".join(by_name)
    raise ValueError(
        f"{cycle} cannot be carried out: each refers to {'itself' if len(names) == 1 else 'the others'}, "
        f"but not along one index at earlier places only (t - 1) or later places only (t + 1); seen {_seen(references)}"
    )


def _seen(references: Mapping[str, list[Component]]) -> str:
    return ", ".join(dict.fromkeys(str(c) for found in references.values() for c in found))


def _along(
    start: str, axis: int, by_name: Mapping[str, Equation], references: Mapping[str, list[Component]]
) -> tuple[dict[str, int], list[tuple[str, str, int]]] | None:
    axes, shifts, waiting = {start: axis}, [], [start]
    while waiting:
        name = waiting.pop()
        index = by_name[name].left.indices[axes[name]]
        for c in references[name]:
            other = c.tensor.name
            if other not in axes:
                choices = [k for k, s in enumerate(c.indices) if (s - index).is_Integer]
                if not choices:
                    return None
                axes[other] = axes[name] if axes[name] in choices else choices[0]
                waiting.append(other)
            shift = c.indices[axes[other]] - index
            if not shift.is_Integer:
                return None
            shifts.append((name, other, int(shift)))
    return axes, shifts


def _one_way(shifts: list[tuple[str, str, int]]) -> bool:
    moves = {s > 0 for _, _, s in shifts if s}
    names = list(dict.fromkeys(n for a, b, _ in shifts for n in (a, b)))
    return len(moves) == 1 and len(_topological(names, [(b, a) for a, b, s in shifts if not s])) == len(names)


def _topological(names: list[str], before: list[tuple[str, str]]) -> list[str]:
    """The names, first before second for each pair; fewer of them where that is a circle."""
    done: list[str] = []
    left = list(names)
    while left:
        ready = [n for n in left if not any(b == n and a in left for a, b in before)]
        if not ready:
            return done
        done.extend(ready)
        left = [n for n in left if n not in ready]
    return done


def _is_static(e: sp.Basic, place: Index, names: set[str], found: set[sp.Basic]) -> bool:
    if isinstance(e, Tensor):
        return e.name not in names
    parts = [_is_static(a, place, names, found) for a in e.args]
    if e == place or not all(parts):
        return False
    if e.args and isinstance(e, sp.Expr):
        found.add(e)
    return True
