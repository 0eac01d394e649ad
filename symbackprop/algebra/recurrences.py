"""Sequences that satisfy the same recurrence from the same start are the same: helpers are recognised as variables of the layer.

    s[t] = Σ U (1 − h²)(dh[t] + s[t+1])      satisfies the recurrence of a gradient, hence is that gradient
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import sympy as sp

from symbackprop.algebra.canonical import canonical
from symbackprop.algebra.equality import prove
from symbackprop.algebra.fingerprint import carried
from symbackprop.algebra.starts import read_before, unparted
from symbackprop.language.equations import Equation
from symbackprop.language.numpy_source.program import inlined
from symbackprop.language.ordering import strongly_connected
from symbackprop.language.substitution import components, mapped, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor

CLOSE = 1e-9


def groups(equations: Iterable[Equation]) -> dict[Tensor, frozenset[Tensor]]:
    """The tensors that stand on themselves, each with those that stand on it and it on them."""
    every = list(equations)
    uses: dict[Tensor, dict[Tensor, None]] = {e.tensor: {} for e in every}
    for e in every:
        uses[e.tensor].update(dict.fromkeys(t for t in tensors(e.right) if t in uses))
    parts = [frozenset(p) for p in strongly_connected(list(uses), uses) if len(p) > 1 or p[0] in uses[p[0]]]
    return {t: part for t in uses for part in parts if t in part}


def _alone(equations: Sequence[Equation], group: frozenset[Tensor], own: Tensor) -> Equation | None:
    """The recurrence of one tensor with the others of its group inserted."""
    mine = [e for e in equations if e.tensor == own and not e.is_boundary]
    others = {e.tensor: e for e in equations if e.tensor in group and e.tensor != own}
    if len(mine) != 1 or groups(others.values()) or any(e.is_boundary for e in others.values()):
        return None
    return Equation(mine[0].left, inlined(mine[0].right, others))


def recurrence(helpers: Sequence[Equation], known: Sequence[Equation]) -> dict[Tensor, Equation]:
    """A helper and the known variable that satisfies the same recurrence from the same start: the same sequence."""
    own, others = groups(helpers), groups(known)
    plain = insertable(helpers, own)
    candidates = [made for t, group in others.items() if (made := _alone(known, group, t)) is not None]
    for tensor, group in own.items():
        made = _alone(helpers, group, tensor)
        if made is None or any(t in own and t not in group for t in tensors(made.right)):
            continue
        made = Equation(made.left, inlined(made.right, plain))
        for other in candidates:
            component = _same_recurrence(made, other, helpers, known, others)
            if component is not None:
                return {tensor: Equation(made.left, component)}
    return {}


def insertable(equations: Sequence[Equation], cyclic: Mapping[Tensor, frozenset[Tensor]]) -> dict[Tensor, Equation]:
    """The equations that can be inserted: those of no recurrence."""
    return {e.tensor: e for e in equations if e.tensor not in cyclic and not e.is_boundary}


def _same_recurrence(
    made: Equation, other: Equation, helpers: Sequence[Equation], known: Sequence[Equation], cyclic: dict[Tensor, frozenset[Tensor]]
) -> Component | None:
    component = _at(other.left, made.left)
    if component is None or _starts(made.tensor, helpers) != _starts(other.tensor, known):
        return None
    renamed = inlined(made.right, {made.tensor: Equation(made.left, component)})
    for definitions in _eliminations(known, cyclic, other.tensor):
        keys = [canonical(left, _in_range(right, definitions)) for left, right in ((made.left, renamed), (other.left, other.right))]
        if keys[0] is not None and keys[1] is not None and keys[0][1] == keys[1][1]:
            return component
    return None


def _at(known: Component, own: Component) -> Component | None:
    """The known component at the indices of another with axes of the same sizes."""
    first, second = canonical(own, sp.S.Zero), canonical(known, sp.S.Zero)
    if first is None or second is None or first[1][0] != second[1][0]:
        return None
    back = {letter: index for index, letter in first[0].items()}
    return Component(known.tensor, *(back[second[0][i]] for i in known.indices if isinstance(i, Index)))


def _eliminations(known: Sequence[Equation], cyclic: dict[Tensor, frozenset[Tensor]], own: Tensor) -> Iterator[dict[Tensor, Equation]]:
    """Choices of known variables that may be replaced by their definitions; of a group that recurs one stays."""
    plain = insertable(known, cyclic)
    yield plain
    for stays in cyclic:
        if own not in cyclic[stays]:
            rest = {e.tensor: e for e in known if e.tensor in cyclic[stays] and e.tensor != stays and not e.is_boundary}
            if not groups(rest.values()):
                yield {**plain, **rest}


def _in_range(e: sp.Expr, definitions: dict[Tensor, Equation]) -> sp.Expr:
    """Definitions inserted where the subscripts are plain indices: at a shifted place a start value may stand instead."""
    if isinstance(e, Component) and e.tensor in definitions and all(isinstance(i, Index) for i in e.indices):
        equation = definitions[e.tensor]
        return _in_range(substitute(equation.right, dict(zip(equation.left.indices, e.indices, strict=True))), definitions)
    if not e.args or isinstance(e, Component):
        return e
    return mapped(e, lambda a: _in_range(a, definitions))


def _starts(t: Tensor, equations: Sequence[Equation]) -> list[object]:
    found: list[object] = []
    for e in equations:
        if e.tensor == t and e.is_boundary:
            made = canonical(Component(Tensor("start", *(i.size for i in e.free)), *e.free), e.right)
            found.append((tuple(i for i in e.left.indices if not isinstance(i, Index)), made and made[1]))
    return found


# ---- several at once -----------------------------------------------------------------------------------------------------


def together(helpers: Sequence[Equation], known: Sequence[Equation], expression: sp.Expr = sp.S.Zero) -> dict[Tensor, Equation]:
    """Helpers that recur in one another, and the known variables that satisfy the same equations from the same starts.

    Numbers propose which is which. Then every helper's equation, said of the known variables, must be that of its own: as a
    program computes one place after the other from earlier ones, all are the same by induction. Where they start may
    differ if nothing that `expression` stands on reads that.
    """
    own, others = groups(helpers), groups(known)
    for group in dict.fromkeys(own.values()):
        mine = [h for h in helpers if h.tensor in group]
        if any(t in own and t not in group for h in mine for t in tensors(h.right)):
            continue
        relation = _alike(mine, helpers, known)
        while relation:
            rest = [h for h in mine if h.tensor not in relation]
            if any(h.is_boundary for h in rest) or groups(rest):
                break
            inserted = {**insertable(helpers, own), **{h.tensor: h for h in rest}}
            made = {h.tensor: inlined(h.right, inserted) for h in mine if h.tensor in relation and not h.is_boundary}
            users = [expression, *(h.right for h in helpers if h.tensor in own and h.tensor not in group)]
            read = read_before([*made.values(), *(inlined(e, inserted) for e in users)])
            wrong = _otherwise_started(relation, helpers, known, read) or _unproved(relation, made, known, others)
            if wrong is None:
                return relation
            del relation[wrong]
    return {}


def _alike(mine: Sequence[Equation], helpers: Sequence[Equation], known: Sequence[Equation]) -> dict[Tensor, Equation]:
    """The helpers and the known variables that have the same values at random numbers."""
    arrays = carried((*known, *helpers))
    if arrays is None:
        return {}
    found: dict[Tensor, Equation] = {}
    for h in mine:
        for k in known:
            component = None if h.is_boundary or k.is_boundary or h.tensor in found else _at(k.left, h.left)
            if component is None:
                continue
            order = [component.indices.index(i) for i in h.left.indices]
            if np.allclose(arrays[h.tensor.name], np.transpose(arrays[k.tensor.name], order), rtol=CLOSE, atol=CLOSE):
                found[h.tensor] = Equation(h.left, component)
    return found


def _otherwise_started(
    relation: Mapping[Tensor, Equation], helpers: Sequence[Equation], known: Sequence[Equation], read: set[Tensor]
) -> Tensor | None:
    """A helper that starts otherwise than its known variable, where that is read."""
    for tensor, same in relation.items():
        assert isinstance(same.right, Component)
        if tensor in read and _starts(tensor, helpers) != _starts(same.right.tensor, known):
            return tensor
    return None


def _unproved(
    relation: Mapping[Tensor, Equation],
    made: Mapping[Tensor, sp.Expr],
    known: Sequence[Equation],
    cyclic: dict[Tensor, frozenset[Tensor]],
) -> Tensor | None:
    """A helper whose equation isn't that of its known variable."""
    definitions = _unshifted(known, cyclic)
    for tensor, said in made.items():
        left, component = relation[tensor].left, relation[tensor].right
        assert isinstance(component, Component)
        right = unparted(inlined(said, relation), known)
        (other,) = [k for k in known if k.tensor == component.tensor and not k.is_boundary]
        true = substitute(other.right, dict(zip(other.left.indices, component.indices, strict=True)))
        keys = [canonical(left, _in_range(e, definitions)) for e in (right, true)]
        if keys[0] is not None and keys[1] is not None and keys[0][1] == keys[1][1]:
            continue
        if prove(right, true, tuple(known), compared=True) is None:
            return tensor
    return None


def _unshifted(known: Sequence[Equation], cyclic: dict[Tensor, frozenset[Tensor]]) -> dict[Tensor, Equation]:
    """The known definitions that may be inserted: of those that recur, the ones that are met at their own places only."""
    shifted = {c.tensor for e in known for c in components(e.right) if not all(isinstance(i, Index) for i in c.indices)}
    met = {e.tensor: e for e in known if e.tensor in cyclic and e.tensor not in shifted and not e.is_boundary}
    return {**insertable(known, cyclic), **({} if groups(met.values()) else met)}
