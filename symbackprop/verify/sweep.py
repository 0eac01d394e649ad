"""Every entry of every gradient of a layer, in doubles, by local complex steps joined from the outputs back.

    v̄[e] = Σ over y using v, Σ_f ȳ[f] · Im y_f(v + i h 1ₑ) / h,  h = 10⁻²⁰⁰

One equation at a time is carried out at moved arguments. Entries of v that reach no common place of y are moved
together: where v only stands as v[d,h] in y[n,h], all h at once, so that an elementwise function takes one move. A
product in which v is one factor takes none: ȳ is contracted with the other factors. A recurrence is moved as a whole,
and a variable inside it as soon as it has its value, place by place.
Nothing is differentiated symbolically. Error: round-off of the sums alone, about 10⁻¹⁶. A kink is not seen: the branch
that the forward takes counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.language.carrying import carry_out
from symbackprop.language.contraction import contract, spread
from symbackprop.language.domains import FLOAT64, Array
from symbackprop.language.equations import Equation
from symbackprop.language.evaluate import plan_of
from symbackprop.language.nodes import Sum
from symbackprop.language.ordering import Group
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import components, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.language.values import Labelled, Scope, evaluate
from symbackprop.layer import Layer
from symbackprop.verify.oracle import Base, base, batched

_EINSUM: Any = np.einsum
STEP = 1e-200
CHUNK = 4_000_000
"""At most about so many numbers are carried at once."""


def swept(
    layer: Layer, arrays: Mapping[str, Any], upstream: Mapping[str, Any] | None, names: Iterable[str]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """The outputs by name, and ∂/∂v Σ upstream · outputs, every entry, for the variables of these names."""
    return swept_at(base(layer, arrays, upstream, method="complex step"), names)


def swept_at(at: Base, names: Iterable[str]) -> tuple[dict[str, Array], dict[str, Array]]:
    """The same at a layer that is carried out in complex numbers already."""
    wanted = set(names)
    outputs = {t.name: at.scope.arrays[t.name].real for t in at.layer.outputs}
    adjoints = {t.name: np.asarray(at.upstream[t.name].real) for t in at.layer.outputs}
    groups = plan_of(at.layer)
    needed = _needed(groups, wanted)
    inside: dict[str, Array] = {}
    with at.domain.context():
        for group in reversed(groups):
            above = {t.name: adjoints[t.name] for t in group.tensors if t.name in adjoints}
            if group.place is not None and above:
                inside |= {t.name: _nudged_back(at, group, t, above) for t in group.tensors if t.name in wanted}
            for t in _arguments(group) if above else ():
                if t.name in needed and not t.is_integer_valued:
                    adjoints[t.name] = adjoints.get(t.name, 0.0) + _pulled_back(at, group, t, above)
    zeros = {n: np.zeros(at.scope.arrays[n].shape) for n in wanted}
    found = adjoints | inside
    return outputs, {n: np.asarray(found.get(n, zeros[n])) for n in wanted}


def _needed(groups: Iterable[Group], wanted: set[str]) -> set[str]:
    """The variables that are wanted, or made of wanted ones."""
    found = set(wanted)
    for group in groups:
        own = {t.name for t in group.tensors}
        if found & {t.name for t in _arguments(group)} or found & own:
            found |= own
    return found


def _arguments(group: Group) -> tuple[Tensor, ...]:
    """The tensors that the group's right sides mention, beside its own."""
    own = {t.name for t in group.tensors}
    every = (t for e in (*group.equations, *group.boundaries) for t in tensors(e.right))
    return tuple({t.name: t for t in every if t.name not in own}.values())


def _pulled_back(at: Base, group: Group, t: Tensor, above: Mapping[str, Array]) -> Array:
    """Σ over the group's tensors y of ȳ · ∂y/∂t, every entry of t."""
    if _is_plain(group):
        terms = products(group.equations[0], t)
        if terms is not None:
            return sum((_contracted(at, p, t, above[group.tensors[0].name]) for p in terms), np.zeros(()))
    shared = shared_axes(group.equations[0], t) if _is_plain(group) else ()
    shape = at.scope.arrays[t.name].shape
    apart = [k for k in range(len(shape)) if k not in dict(shared)]
    count = int(np.prod([shape[k] for k in apart]))
    chunk = max(1, CHUNK // max(1, *(at.scope.arrays[n].size for n in (t.name, *above))))
    parts = [
        _moved_back(at, group, t, above, shared, range(k, min(k + chunk, count))) for k in range(0, count, chunk)
    ]
    together = np.concatenate(parts).reshape((*(shape[k] for k in apart), *(shape[k] for k, _ in shared)))
    return np.moveaxis(together, range(len(shape)), [*apart, *(k for k, _ in shared)])


def _nudged_back(at: Base, group: Group, t: Tensor, above: Mapping[str, Array]) -> Array:
    """Σ over the tensors y of a recurrence of ȳ · ∂y/∂t, every entry of t, which is one of them."""
    shape = at.scope.arrays[t.name].shape
    count = int(np.prod(shape))
    chunk = max(1, CHUNK // max(1, *(at.scope.arrays[y.name].size for y in group.tensors)))
    parts = []
    for k in range(0, count, chunk):
        entries = range(k, min(k + chunk, count))
        moves = np.zeros((len(entries), count), dtype=complex)
        moves[np.arange(len(entries)), entries] = STEP * 1j
        scope = batched(at.scope, len(entries))
        carry_out(group, scope, {t.name: moves.reshape(-1, *shape)})
        parts.append(_seen(scope, above, len(entries)))
    return np.concatenate(parts).reshape(shape)


def _seen(scope: Scope, above: Mapping[str, Array], moves: int) -> Array:
    total: Any = np.zeros(moves)
    for name, adjoint in above.items():
        if name in scope.batched:
            slopes = scope.arrays[name].imag / STEP
            total = total + np.sum(slopes * adjoint, axis=tuple(range(1, slopes.ndim)))
    return np.asarray(total)


def _is_plain(group: Group) -> bool:
    return len(group.equations) == 1 and not group.boundaries and group.place is None


def _moved_back(
    at: Base,
    group: Group,
    t: Tensor,
    above: Mapping[str, Array],
    shared: tuple[tuple[int, int], ...],
    entries: range,
) -> Array:
    """ȳ · ∂y/∂t for some of the moves: an axis for them, then one for each shared axis."""
    scope = _with_moves(at.scope, t, shared, entries)
    carry_out(group, scope)
    total: Any = 0.0
    for name, adjoint in above.items():
        if name in scope.batched:
            slopes = scope.arrays[name].imag / STEP
            letters = list(range(1, adjoint.ndim + 1))
            total = total + _EINSUM(slopes, [0, *letters], adjoint, letters, [0, *(1 + k for _, k in shared)])
    shape = (len(entries), *(at.scope.arrays[t.name].shape[k] for k, _ in shared))
    return np.broadcast_to(total, shape)


def _with_moves(scope: Scope, t: Tensor, shared: tuple[tuple[int, int], ...], entries: range) -> Scope:
    """The scope in which t is moved: one move an entry of its axes that aren't shared, all places of those that are."""
    array = scope.arrays[t.name]
    apart = [k for k in range(array.ndim) if k not in dict(shared)]
    moved = np.repeat(array[None], len(entries), axis=0)
    rows = np.arange(len(entries))
    places = iter(np.unravel_index(np.asarray(entries), [array.shape[k] for k in apart])) if apart else iter(())
    order = np.moveaxis(moved, [k + 1 for k in apart], range(1, len(apart) + 1))  # a view
    order[(rows, *places)] += STEP * 1j
    made = batched(scope, len(entries))
    made.arrays[t.name] = moved
    made.batched.add(t.name)
    return made


@lru_cache(maxsize=4096)
def shared_axes(equation: Equation, t: Tensor) -> tuple[tuple[int, int], ...]:
    """The axes of t (with those of the equation's left side) whose entries reach different places: W[d,h] in z[n,h].

    An axis is shared if t has the same free index of the left side there wherever it stands, over its whole length.
    """
    bound = _bound(equation.right)
    left = {i: k for k, i in enumerate(equation.left.indices) if isinstance(i, Index)}
    found: list[tuple[int, int]] = []
    for axis in range(t.rank):
        subscripts = {c.indices[axis] for c in _inside(equation.right, t)}
        index = next(iter(subscripts))
        free = len(subscripts) == 1 and index in left and index not in bound and same_size(index.size, t.sizes[axis])
        if free and left[index] not in {k for _, k in found}:
            found.append((axis, left[index]))
    return tuple(found)


@dataclass(frozen=True)
class Product:
    """A term Σ_bound others · t[indices], in which t is one factor and its subscripts are distinct indices."""

    free: tuple[Index, ...]
    others: tuple[sp.Expr, ...]
    indices: tuple[Index, ...]


@lru_cache(maxsize=4096)
def products(equation: Equation, t: Tensor) -> tuple[Product, ...] | None:
    """The terms of the equation that mention t, if t is a plain factor of each; None otherwise."""
    found = [_product(term, t, equation.free) for term in sp.Add.make_args(equation.right) if t in tensors(term)]
    return None if any(p is None for p in found) else tuple(p for p in found if p is not None)


def _product(term: sp.Expr, t: Tensor, free: tuple[Index, ...]) -> Product | None:
    others: list[sp.Expr] = []
    bound: list[Index] = []
    while not isinstance(term, Component):
        inner = [f for f in sp.Mul.make_args(term) if t in tensors(f)]
        if len(inner) != 1:
            return None
        others += [f for f in sp.Mul.make_args(term) if f is not inner[0]]
        term = inner[0]
        if isinstance(term, Sum) and not set(term.bound) & {*bound, *free}:
            bound += term.bound
            term = term.body
        elif not isinstance(term, Component):
            return None
    known = {*term.indices}.union(*(f.free_symbols for f in others))
    plain = all(i in free or i in bound for i in term.indices) and len(set(term.indices)) == t.rank
    whole = term.tensor == t and plain and set(bound) <= known and all(map(same_size, (i.size for i in term.indices), t.sizes))
    return Product(free, tuple(others), term.indices) if whole else None


def _contracted(at: Base, p: Product, t: Tensor, adjoint: Array) -> Array:
    """Σ ȳ · others over every index that isn't one of t's: what a product owes to its one factor t."""
    scope = replace(at.scope, memo={})
    values = [evaluate(f, scope) for f in p.others]
    factors = [Labelled(p.free, adjoint), *(Labelled(v.axes, np.real(v.array)) for v in values)]
    axes = {a for f in factors for a in f.axes}
    rest, array = contract(factors, frozenset(axes - set(p.indices)), FLOAT64)
    placed = np.asarray(spread(Labelled(rest, np.asarray(array)), p.indices))
    return np.broadcast_to(placed, at.scope.arrays[t.name].shape)


def _inside(e: sp.Expr, t: Tensor) -> list[Any]:
    return [c for c in components(e) if c.tensor == t]


def _bound(e: sp.Expr) -> set[Any]:
    """Every index that some node of the expression binds."""
    nodes = (node for node in sp.preorder_traversal(e) if hasattr(node, "bound"))
    return {i for node in nodes for i in node.bound}
