"""What somebody named on the way, recognised: helpers that equal a variable of the layer, or a gradient, are given its name.

    mu2[d] = Σ_n x[n,d]/N                        is the layer's mu
    ai[n,j] = Σ_d x[n,d] W[d, j + H]             is a block of the layer's a
    p[n,k] = exp(z − max)/Σ exp(z − max)         is the layer's softmax: Σ_k exp(a_k + c) = exp(c) Σ_k exp(a_k)
    s[t] = Σ U (1 − h²)(dh[t] + s[t+1])          satisfies the recurrence of a gradient, hence is that gradient

Folding keeps the value of every expression: proofs and pages become shorter, nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symbackprop.algebra.convert import expanded
from symbackprop.algebra.equality import Proof, prove
from symbackprop.algebra.fingerprint import differ
from symbackprop.algebra.instances import instance
from symbackprop.algebra.recurring import with_parts
from symbackprop.algebra.terms import Poly
from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.nodes import Compare, Sum, Where
from symbackprop.language.numpy_source.program import inlined
from symbackprop.language.ordering import strongly_connected
from symbackprop.language.substitution import substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor

MOST_NODES = 400
"""Larger definitions are not compared."""
MOST_INSERTED = 1500
"""Larger expressions are not multiplied out."""

Key = tuple[frozenset[str], Poly]
Given = dict[Key, tuple[Component, dict[Index, Index]]]


@dataclass(frozen=True)
class Folded:
    """An expression and the helpers that it still stands on, in the known names; `named` says which helper is what."""

    expression: sp.Expr
    helpers: tuple[Equation, ...]
    named: tuple[tuple[str, str], ...]


def folded(expression: sp.Expr, helpers: Sequence[Equation], known: Sequence[Equation]) -> Folded:
    """The expression with every helper that equals a variable of the known equations replaced by it."""
    given, named = _keys(known), []
    blocks = [k for k in known if not k.is_boundary and k.tensor not in tensors(k.right)]
    while True:
        kept, inline, found = _plainly(helpers, given, blocks)
        named += found
        expression = unshifted(inlined(expression, inline))
        met = _recurrence(kept, known)
        if met is None:
            return Folded(expression, tuple(kept), tuple(named))
        left, right = met
        named.append((left.tensor.name, right.tensor.name))
        same = {left.tensor: Equation(left, right)}
        expression = inlined(expression, same)
        helpers = [Equation(h.left, inlined(h.right, same), h.text) for h in kept if h.tensor != left.tensor]


def _plainly(
    helpers: Sequence[Equation], given: Given, blocks: Sequence[Equation]
) -> tuple[list[Equation], dict[Tensor, Equation], list[tuple[str, str]]]:
    """The helpers that remain, what the others are replaced by, and their names."""
    cyclic = _groups(helpers)
    kept: list[Equation] = []
    inline: dict[Tensor, Equation] = {}
    named: list[tuple[str, str]] = []
    for helper in helpers:
        right = unshifted(inlined(helper.right, inline))
        if helper.tensor in cyclic:
            kept.append(Equation(helper.left, right, helper.text))
            continue
        plain = [k for k in kept if k.tensor not in cyclic]
        found = next(filter(None, (_found(helper.left, r, given) for r in (right, *_inserted(right, plain)))), None)
        found = found or _block(right, blocks)
        if found is not None:
            named.append((helper.tensor.name, found[0]))
        if found is not None or isinstance(right, sp.exp):
            inline[helper.tensor] = Equation(helper.left, right if found is None else found[1])
        else:
            kept.append(Equation(helper.left, right, helper.text))
    return [Equation(k.left, inlined(k.right, inline), k.text) for k in kept], inline, named


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
            terms = sp.Add.make_args(factor.args[0])
            free = [t for t in terms if not t.free_symbols & set(e.bound)]
            outside *= sp.exp(sp.Add(*free))
            factor = sp.exp(sp.Add(*(t for t in terms if t.free_symbols & set(e.bound))))
        inside.append(factor)
    return outside * Sum(sp.Mul(*inside), *e.bound)


# ---- masks ---------------------------------------------------------------------------------------------------------------


def opened_masks(e: sp.Expr, definitions: Mapping[Tensor, Equation]) -> sp.Expr:
    """Comparisons said of what they depend on, with Step(0) = 0.

    step(u) = [u > 0],  [relu(u) > 0] = [u > 0],  [where(c, a, b) > 0] = where(c, [a > 0], [b > 0])
    """
    if not e.args or isinstance(e, Component):
        return e
    args = [a if isinstance(a, (Index, Tensor)) else opened_masks(a, definitions) for a in e.args]
    if type(e).__name__ == "step":
        return _compared(">", args[0], sp.S.Zero, definitions)
    if isinstance(e, Compare):
        return _compared(e.relation, args[0], args[1], definitions)
    return e if all(a is b for a, b in zip(args, e.args, strict=True)) else e.func(*args)


def _compared(relation: str, left: sp.Expr, right: sp.Expr, definitions: Mapping[Tensor, Equation]) -> sp.Expr:
    if right != 0 or relation not in (">", "<=", "==", "!="):
        return Compare(relation, left, right)
    meant = left
    if isinstance(left, Component) and left.tensor in definitions:
        equation = definitions[left.tensor]
        meant = substitute(equation.right, dict(zip(equation.left.indices, left.indices, strict=True)))
    if meant.is_Number:
        return sp.Integer(int({">": meant > 0, "<=": meant <= 0, "==": meant == 0, "!=": meant != 0}[relation] == sp.true))
    if isinstance(meant, Where):
        return Where(meant.args[0], *(_compared(relation, b, right, definitions) for b in meant.args[1:]))
    if type(meant).__name__ == "relu":
        return _compared({"==": "<=", "!=": ">"}.get(relation, relation), meant.args[0], right, definitions)
    if isinstance(meant, Compare) or type(meant).__name__ == "InRange":
        return meant if relation in (">", "!=") else 1 - meant
    return Compare(relation, left, right)


# ---- equal definitions ---------------------------------------------------------------------------------------------------


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


def _keys(known: Iterable[Equation]) -> Given:
    """The known definitions by key: as they stand, and with earlier ones inserted.

    What equals tanh(... h[t−1] ...) for the h that is defined by that is h[t]; where h starts it isn't, and reads 0 there.
    """
    given: Given = {}
    earlier: list[Equation] = []
    for equation in known:
        if equation.is_boundary:
            continue
        for right in dict.fromkeys((equation.right, *_inserted(equation.right, earlier))):
            made = _canonical(equation.left, right)
            if made is not None:
                given.setdefault(made[1], (equation.left, made[0]))
        if equation.tensor not in tensors(equation.right):
            earlier.append(equation)
    return given


def _inserted(right: sp.Expr, definitions: Sequence[Equation]) -> list[sp.Expr]:
    """The expression with one definition after the other inserted, the latest ones first."""
    made, e = [], right
    for equation in reversed(definitions):
        if equation.tensor in tensors(e):
            e = inlined(e, {equation.tensor: equation})
            made.append(e)
            if _size(e) > MOST_NODES:
                break
    return made


def ordered(equations: Sequence[Equation]) -> list[Equation]:
    """The equations, each after those that it stands on, as far as they don't recur."""
    own: dict[Tensor, list[Equation]] = {}
    for e in equations:
        own.setdefault(e.tensor, []).append(e)
    done: dict[Tensor, None] = {}
    for start in own:
        stack = [(start, False)]
        entered: set[Tensor] = set()
        while stack:
            t, left = stack.pop()
            if left:
                done.setdefault(t)
            elif t not in done and t not in entered:
                entered.add(t)
                stack.append((t, True))
                stack.extend((u, False) for e in own[t] for u in tensors(e.right) if u in own)
    return [e for t in done for e in own[t]]


def _found(left: Component, right: sp.Expr, given: Given) -> tuple[str, Component] | None:
    made = _canonical(left, right)
    if made is None or made[1] not in given:
        return None
    other, names = given[made[1]]
    back = {canonical: own for own, canonical in made[0].items()}
    return other.tensor.name, Component(other.tensor, *(back[names[i]] for i in other.indices if isinstance(i, Index)))


def _block(right: sp.Expr, known: Sequence[Equation]) -> tuple[str, Component] | None:
    if isinstance(right, Component) or _size(right) > MOST_NODES:
        return None
    try:
        found = instance(expanded(unshifted(right)), known)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return None if found is None else (found.tensor.name, found)


# ---- recurrences ---------------------------------------------------------------------------------------------------------


def _groups(equations: Iterable[Equation]) -> dict[Tensor, frozenset[Tensor]]:
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
    if len(mine) != 1 or _groups(others.values()) or any(e.is_boundary for e in others.values()):
        return None
    return Equation(mine[0].left, inlined(mine[0].right, others))


def _recurrence(helpers: Sequence[Equation], known: Sequence[Equation]) -> tuple[Component, Component] | None:
    """A helper and the known variable that satisfies the same recurrence from the same start: the same sequence."""
    own, others = _groups(helpers), _groups(known)
    plain = {h.tensor: h for h in helpers if h.tensor not in own and not h.is_boundary}
    candidates = [made for t, group in others.items() if (made := _alone(known, group, t)) is not None]
    for tensor, group in own.items():
        made = _alone(helpers, group, tensor)
        if made is None or any(t in own and t not in group for t in tensors(made.right)):
            continue
        made = Equation(made.left, inlined(made.right, plain))
        for other in candidates:
            component = _same_recurrence(made, other, helpers, known, others)
            if component is not None:
                return made.left, component
    return None


def _same_recurrence(
    made: Equation, other: Equation, helpers: Sequence[Equation], known: Sequence[Equation], groups: dict[Tensor, frozenset[Tensor]]
) -> Component | None:
    first, second = _canonical(made.left, sp.S.Zero), _canonical(other.left, sp.S.Zero)
    if first is None or second is None or first[1][0] != second[1][0] or _starts(made.tensor, helpers) != _starts(other.tensor, known):
        return None
    back = {canonical: own for own, canonical in first[0].items()}
    component = Component(other.tensor, *(back[second[0][i]] for i in other.free))
    renamed = inlined(made.right, {made.tensor: Equation(made.left, component)})
    for definitions in _eliminations(known, groups, other.tensor):
        keys = [_canonical(left, _in_range(right, definitions)) for left, right in ((made.left, renamed), (other.left, other.right))]
        if keys[0] is not None and keys[1] is not None and keys[0][1] == keys[1][1]:
            return component
    return None


def _eliminations(known: Sequence[Equation], groups: dict[Tensor, frozenset[Tensor]], own: Tensor) -> Iterator[dict[Tensor, Equation]]:
    """Choices of known variables that may be replaced by their definitions; of a group that recurs one stays."""
    plain = {e.tensor: e for e in known if e.tensor not in groups and not e.is_boundary}
    yield plain
    for stays in groups:
        if own not in groups[stays]:
            rest = {e.tensor: e for e in known if e.tensor in groups[stays] and e.tensor != stays and not e.is_boundary}
            if not _groups(rest.values()):
                yield {**plain, **rest}


def _in_range(e: sp.Expr, definitions: dict[Tensor, Equation]) -> sp.Expr:
    """Definitions inserted where the subscripts are plain indices: at a shifted place a start value may stand instead."""
    if isinstance(e, Component) and e.tensor in definitions and all(isinstance(i, Index) for i in e.indices):
        equation = definitions[e.tensor]
        return _in_range(substitute(equation.right, dict(zip(equation.left.indices, e.indices, strict=True))), definitions)
    if not e.args or isinstance(e, Component):
        return e
    args = [a if isinstance(a, Index) else _in_range(a, definitions) for a in e.args]
    return e if all(a is b for a, b in zip(args, e.args, strict=True)) else e.func(*args)


def _starts(t: Tensor, equations: Sequence[Equation]) -> list[object]:
    found: list[object] = []
    for e in equations:
        if e.tensor == t and e.is_boundary:
            made = _canonical(Component(Tensor("start", *(i.size for i in e.free)), *e.free), e.right)
            found.append((tuple(i for i in e.left.indices if not isinstance(i, Index)), made and made[1]))
    return found


# ---- proofs --------------------------------------------------------------------------------------------------------------


def proof(
    said: sp.Expr,
    helpers: Sequence[Equation],
    true: sp.Expr,
    known: Sequence[Equation],
    assumptions: Sequence[Assumption] = (),
    almost_everywhere: bool = False,
    compared: bool = False,
) -> Proof | None:
    """A proof that `said`, which stands on helpers, equals `true`, which stands on the known equations; or None.

    Tried with the helpers' names, then with every helper inserted where that stays small. `compared`: see `prove`.
    """
    if not compared and not assumptions and differ(said, true, (*known, *helpers)):
        return None
    known = ordered(known)
    definitions = _definitions((*known, *helpers))
    true = opened_masks(true, definitions)
    known = [Equation(q.left, opened_masks(q.right, definitions), q.text) for q in known]
    helpers = [Equation(q.left, opened_masks(q.right, definitions), q.text) for q in helpers]
    named, parts = with_parts(known)
    short = folded(opened_masks(said, definitions), helpers, named)
    short = replace(
        short,
        expression=inlined(short.expression, parts),
        helpers=tuple(Equation(h.left, inlined(h.right, parts), h.text) for h in short.helpers),
    )
    plain = _definitions(short.helpers)
    whole = unshifted(inlined(short.expression, plain))
    if _size(whole) > MOST_INSERTED:
        return None
    found = prove(short.expression, true, (*known, *short.helpers), assumptions, almost_everywhere=almost_everywhere, compared=True)
    if found is not None or not short.helpers:
        return found
    rest = [h for h in short.helpers if h.tensor not in plain]
    return prove(whole, true, (*known, *rest), assumptions, almost_everywhere=almost_everywhere, compared=True)


def _definitions(equations: Sequence[Equation]) -> dict[Tensor, Equation]:
    """The equations that can be inserted: those of no recurrence."""
    cyclic = _groups(equations)
    return {q.tensor: q for q in equations if not q.is_boundary and q.tensor not in cyclic}
