"""What somebody named on the way, recognised: helpers that equal a variable of the layer, or a gradient, are given its name.

    mu2[d] = Σ_n x[n,d]/N                        is the layer's mu
    ai[n,j] = Σ_d x[n,d] W[d, j + H]             is a block of the layer's a
    p[n,k] = exp(z − max)/Σ exp(z − max)         is the layer's softmax: Σ_k exp(a_k + c) = exp(c) Σ_k exp(a_k)
    s[t] = Σ U (1 − h²)(dh[t] + s[t+1])          satisfies the recurrence of a gradient, hence is that gradient

Folding keeps the value of every expression: proofs and pages become shorter, nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symbackprop.algebra.canonical import MOST_NODES, Key, canonical, size_of, unshifted
from symbackprop.algebra.convert import expanded
from symbackprop.algebra.equality import Proof, prove
from symbackprop.algebra.fingerprint import differ
from symbackprop.algebra.instances import instance
from symbackprop.algebra.recurrences import groups, insertable, recurrence, together
from symbackprop.algebra.recurring import with_parts
from symbackprop.algebra.starts import unparted
from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import Compare, Where
from symbackprop.language.numpy_source.program import inlined
from symbackprop.language.substitution import mapped, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor

MOST_INSERTED = 1500
"""Larger expressions are not multiplied out."""

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
        same = recurrence(kept, known) or together(kept, known, expression)
        if not same:
            return Folded(expression, tuple(kept), tuple(named))
        named += [(t.name, e.right.tensor.name) for t, e in same.items() if isinstance(e.right, Component)]
        left = [Equation(h.left, inlined(h.right, same), h.text) for h in kept if h.tensor not in same]
        own = _definitions(left)
        expression = unparted(inlined(expression, same), known, own)
        helpers = [Equation(h.left, unparted(h.right, known, own), h.text) for h in left]


def _plainly(
    helpers: Sequence[Equation], given: Given, blocks: Sequence[Equation]
) -> tuple[list[Equation], dict[Tensor, Equation], list[tuple[str, str]]]:
    """The helpers that remain, what the others are replaced by, and their names."""
    cyclic = groups(helpers)
    kept: list[Equation] = []
    inline: dict[Tensor, Equation] = {}
    named: list[tuple[str, str]] = []
    for helper in helpers:
        right = _gates_named(unshifted(inlined(helper.right, inline)), blocks)
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


# ---- masks ---------------------------------------------------------------------------------------------------------------


def opened_masks(e: sp.Expr, definitions: Mapping[Tensor, Equation]) -> sp.Expr:
    """Comparisons said of what they depend on, with Step(0) = 0.

    step(u) = [u > 0],  [relu(u) > 0] = [u > 0],  [where(c, a, b) > 0] = where(c, [a > 0], [b > 0])
    """
    if not e.args or isinstance(e, Component):
        return e
    made = mapped(e, lambda a: opened_masks(a, definitions))
    if type(made).__name__ == "step":
        return _compared(">", made.args[0], sp.S.Zero, definitions)
    if isinstance(made, Compare):
        return _compared(made.relation, made.args[0], made.args[1], definitions)
    return made


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
            made = canonical(equation.left, right)
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
            if size_of(e) > MOST_NODES:
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
    made = canonical(left, right)
    if made is None or made[1] not in given:
        return None
    other, names = given[made[1]]
    back = {canonical: own for own, canonical in made[0].items()}
    return other.tensor.name, Component(other.tensor, *(back[names[i]] for i in other.indices if isinstance(i, Index)))


def _gates_named(e: sp.Expr, blocks: Sequence[Equation]) -> sp.Expr:
    """σ(a[n, j + H]) as the layer's f[n,j], wherever it stands."""
    if not e.args or isinstance(e, (Component, Index)):
        return e
    if isinstance(e, FieldFunction) and isinstance(e.args[0], Component):
        found = _block(e, blocks)
        return e if found is None else found[1]
    return mapped(e, lambda a: _gates_named(a, blocks))


def _block(right: sp.Expr, known: Sequence[Equation]) -> tuple[str, Component] | None:
    if isinstance(right, Component) or size_of(right) > MOST_NODES:
        return None
    try:
        found = instance(expanded(unshifted(right)), known)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return None if found is None else (found.tensor.name, found)


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
    every, own = (*known, *helpers), _definitions(helpers)
    said = unparted(said, every, own)
    helpers = [Equation(q.left, unparted(q.right, every, own), q.text) for q in helpers]
    named, parts = with_parts(known)
    short = folded(opened_masks(said, definitions), helpers, named)
    short = replace(
        short,
        expression=inlined(short.expression, parts),
        helpers=tuple(Equation(h.left, inlined(h.right, parts), h.text) for h in short.helpers),
    )
    plain = _definitions(short.helpers)
    whole = unparted(unshifted(inlined(short.expression, plain)), known)
    if size_of(whole) > MOST_INSERTED:
        return None
    found = prove(short.expression, true, (*known, *short.helpers), assumptions, almost_everywhere=almost_everywhere, compared=True)
    if found is not None or not short.helpers:
        return found
    rest = [h for h in short.helpers if h.tensor not in plain]
    return prove(whole, true, (*known, *rest), assumptions, almost_everywhere=almost_everywhere, compared=True)


def _definitions(equations: Sequence[Equation]) -> dict[Tensor, Equation]:
    return insertable(equations, groups(equations))
