"""What somebody named on the way, recognised: helpers that equal a variable of the layer, or a gradient, are given its name.

    mu2[d] = Σ_n x[n,d]/N                        is the layer's mu
    p[n,k] = exp(z − max)/Σ exp(z − max)         is the layer's softmax: Σ_k exp(a_k + c) = exp(c) Σ_k exp(a_k)
    s[t] = Σ U (1 − h²)(dh[t] + s[t+1])          satisfies the recurrence of a gradient, hence is that gradient

Folding keeps the value of every expression: proofs and pages become shorter, nothing else changes.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy as sp

from symbackprop.algebra.convert import expanded
from symbackprop.algebra.terms import Poly
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Sum
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor

MOST_NODES = 400
"""Larger definitions are not compared."""


@dataclass(frozen=True)
class Folded:
    """An expression and the helpers that it still stands on, in the known names; `named` says which helper is what."""

    expression: sp.Expr
    helpers: tuple[Equation, ...]
    named: tuple[tuple[str, str], ...]


def folded(expression: sp.Expr, helpers: Sequence[Equation], known: Sequence[Equation]) -> Folded:
    """The expression with every helper that equals a variable of the known equations replaced by it."""
    known = list(known)
    given, kept, inline, named = _keys(known), [], {}, []
    loops = _cycles(helpers)
    mapping: dict[Tensor, Component] = {}
    for helper in helpers:
        if helper.tensor in loops:
            kept.append(Equation(helper.left, _replaced(helper.right, mapping, inline), helper.text))
            continue
        right = unshifted(_replaced(helper.right, mapping, inline))
        if isinstance(right, sp.exp):
            inline[helper.tensor] = Equation(helper.left, right)
            continue
        found = _found(helper.left, right, given)
        if found is not None:
            mapping[helper.tensor] = found[1]
            inline[helper.tensor] = Equation(helper.left, found[1])
            named.append((helper.tensor.name, found[0]))
        else:
            kept.append(Equation(helper.left, right, helper.text))
    again = _recurrent(kept, known, loops)
    for tensor, component in again.items():
        named.append((tensor.name, component[1].tensor.name))
        inline[tensor] = Equation(*component)
    kept = [Equation(h.left, _replaced(h.right, {}, inline), h.text) for h in kept if h.tensor not in again]
    return Folded(unshifted(_replaced(expression, {}, inline)), tuple(kept), tuple(named))


def _replaced(e: sp.Expr, _mapping: dict[Tensor, Component], inline: dict[Tensor, Equation]) -> sp.Expr:
    for _ in range(20):
        found = {c: inline[c.tensor] for c in e.atoms(Component) if c.tensor in inline}
        if not found:
            return e
        e = substitute(e, {c: substitute(q.right, dict(zip(q.left.indices, c.indices, strict=True))) for c, q in found.items()})
    return e


# ---- the shift in softmax ------------------------------------------------------------------------------------------------

def unshifted(e: sp.Expr) -> sp.Expr:
    """Σ_k exp(a_k + c) as exp(c) Σ_k exp(a_k), wherever it stands."""
    if not e.args or not e.has(sp.exp) or isinstance(e, (Component, Index)):
        return e
    if isinstance(e, Sum):
        return _unshifted_sum(e)
    args = [unshifted(a) if isinstance(a, sp.Expr) else a for a in e.args]
    return e if all(a is b for a, b in zip(args, e.args, strict=True)) else e.func(*args)


def _unshifted_sum(e: Sum) -> sp.Expr:
    body = unshifted(e.body)
    outside = sp.S.One
    inside = []
    for factor in sp.Mul.make_args(body):
        if isinstance(factor, sp.exp):
            free, bound = factor.args[0].as_independent(*e.bound, as_Add=True)
            outside *= sp.exp(free)
            factor = sp.exp(bound)
        inside.append(factor)
    return outside*Sum(sp.Mul(*inside), *e.bound)


# ---- equal definitions ---------------------------------------------------------------------------------------------------

Key = tuple[frozenset[str], Poly]


def _canonical(left: Component, right: sp.Expr) -> tuple[dict[Index, Index], Key] | None:
    """The definition over indices that are named by their sizes, whatever the order of the axes."""
    if _size(right) > MOST_NODES:
        return None
    seen: dict[str, int] = {}
    mapping: dict[Index, Index] = {}
    for index in left.indices:
        if not isinstance(index, Index) or index in mapping:
            return None
        text = str(index.size)
        seen[text] = seen.get(text, 0) + 1
        mapping[index] = Index(f"axis_{seen[text]}_{text}", index.size)
    try:
        return mapping, (frozenset(i.name for i in mapping.values()), expanded(unshifted(substitute(right, mapping))))
    except (TypeError, ValueError):
        return None


def _size(e: sp.Basic) -> int:
    return sum(1 for _ in sp.preorder_traversal(e))


Given = dict[Key, tuple[Component, dict[Index, Index]]]


def _keys(known: Iterable[Equation]) -> Given:
    """The known definitions by key: as they stand, and with earlier ones inserted."""
    given: Given = {}
    earlier: list[Equation] = []
    for equation in known:
        if equation.is_boundary or equation.tensor in tensors(equation.right):
            continue
        for right in dict.fromkeys((equation.right, *_inserted(equation.right, earlier))):
            made = _canonical(equation.left, right)
            if made is not None:
                given.setdefault(made[1], (equation.left, made[0]))
        earlier.append(equation)
    return given


def _inserted(right: sp.Expr, earlier: list[Equation]) -> list[sp.Expr]:
    made, e = [], right
    for equation in reversed(earlier):
        if equation.tensor in tensors(e):
            e = _replaced(e, {}, {equation.tensor: equation})
            made.append(e)
            if _size(e) > MOST_NODES:
                break
    return made


def _found(left: Component, right: sp.Expr, given: Given) -> tuple[str, Component] | None:
    made = _canonical(left, right)
    if made is None or made[1] not in given:
        return None
    other, names = given[made[1]]
    back = {canonical: own for own, canonical in made[0].items()}
    return other.tensor.name, Component(other.tensor, *(back[names[i]] for i in other.indices if isinstance(i, Index)))


# ---- recurrences ---------------------------------------------------------------------------------------------------------

def _cycles(equations: Iterable[Equation]) -> set[Tensor]:
    """The tensors that stand on themselves, directly or by others."""
    uses: dict[Tensor, set[Tensor]] = {}
    for e in equations:
        uses.setdefault(e.tensor, set()).update(tensors(e.right))

    def reached(start: Tensor) -> set[Tensor]:
        found: set[Tensor] = set()
        waiting = list(uses[start])
        while waiting:
            t = waiting.pop()
            if t in uses and t not in found:
                found.add(t)
                waiting.extend(uses[t])
        return found
    return {t for t in uses if t in reached(t)}


def _alone(equations: Sequence[Equation], group: set[Tensor], own: Tensor) -> Equation | None:
    """The recurrence of one tensor with the others of its group inserted."""
    mine = [e for e in equations if e.tensor == own and not e.is_boundary]
    others = {e.tensor: e for e in equations if e.tensor in group and e.tensor != own and not e.is_boundary}
    if len(mine) != 1 or any(t in _cycles(others.values()) for t in others):
        return None
    return Equation(mine[0].left, _replaced(mine[0].right, {}, others))


def _recurrent(helpers: Sequence[Equation], known: Sequence[Equation], loops: set[Tensor]) -> dict[Tensor, tuple[Component, Component]]:
    """The helpers that satisfy the same recurrence, from the same start, as a known variable: both are the same sequence."""
    known_loops = _cycles(known)
    plain = {e.tensor: e for e in known if e.tensor not in known_loops and not e.is_boundary}
    candidates = [made for t in known_loops if (made := _alone(known, known_loops, t)) is not None]
    found: dict[Tensor, tuple[Component, Component]] = {}
    for tensor in loops:
        group = loops - found.keys()
        made = _alone(helpers, group, tensor)
        if made is None:
            continue
        settled = {t: Equation(*pair) for t, pair in found.items()}
        made = Equation(made.left, _replaced(made.right, {}, {**settled, **{h.tensor: h for h in helpers if h.tensor not in loops}}))
        for other in candidates:
            component = _same_recurrence(made, other, helpers, known, plain)
            if component is not None:
                found[tensor] = (made.left, component)
                break
    return found


def _same_recurrence(made: Equation, other: Equation, helpers: Sequence[Equation], known: Sequence[Equation],
                     plain: dict[Tensor, Equation]) -> Component | None:
    first, second = _canonical(made.left, sp.S.Zero), _canonical(other.left, sp.S.Zero)
    if first is None or second is None or first[1][0] != second[1][0]:
        return None
    back = {canonical: own for own, canonical in first[0].items()}
    component = Component(other.tensor, *(back[second[0][i]] for i in other.free))
    renamed = _replaced(made.right, {}, {made.tensor: Equation(made.left, component)})
    pairs = ((made.left, renamed), (other.left, other.right))
    keys = [_canonical(left, _replaced(right, {}, plain)) for left, right in pairs]
    if keys[0] is None or keys[1] is None or keys[0][1] != keys[1][1]:
        return None
    return component if _starts(made.tensor, helpers) == _starts(other.tensor, known) else None


def _starts(t: Tensor, equations: Sequence[Equation]) -> list[object]:
    found = []
    for e in equations:
        if e.tensor == t and e.is_boundary:
            made = _canonical(Component(Tensor("start", *(i.size for i in e.free)), *e.free), e.right)
            found.append((tuple(i for i in e.left.indices if not isinstance(i, Index)), made and made[1]))
    return found
