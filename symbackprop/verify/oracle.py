"""The oracle: true gradients from the forward equations alone, without any calculus.

    ∂/∂v[e] Σ upstream · outputs  ≈  (C(v + h 1ₑ) − C(v − h 1ₑ)) / 2h,  h = 2⁻¹⁰⁰ in balls of 320 bits

Every entry of v is moved up and down in one pass, with the moves as a leading axis, and only what v reaches is carried
out again. The error is h²/6 times the third derivative, about 10⁻⁶¹ (h/4 times the jump of the second derivative at a
joint, about 10⁻³¹), and the ball's radius bounds the round-off. Where the two one-sided quotients differ the function
has a kink there, and the entry is not `smooth`: the quotient is then the mean of both sides. The complex step does the
same in doubles for functions without kinks (error about 10⁻¹⁶).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from symbackprop.language.carrying import carry_out
from symbackprop.language.domains import COMPLEX, Array, Domain
from symbackprop.language.evaluate import plan_of, scope_of
from symbackprop.language.exact import balls
from symbackprop.language.ordering import Group
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Index, Tensor
from symbackprop.language.values import Scope

BITS, STEP_BITS = 320, 100
JUMP = 2.0**-40
"""One-sided quotients that differ by more than this show a kink; by smoothness alone they differ by about h."""
CHUNK = 60_000
"""At most about so many numbers of one variable are carried at once."""

Method = Literal["balls", "complex step"]
Finish = Callable[[Array, Any], tuple[Array, npt.NDArray[np.bool_]]]


@dataclass(frozen=True)
class Gradient:
    """A gradient by the oracle: its entries, and where the function is smooth (by the complex step: not looked at)."""

    values: Array
    smooth: npt.NDArray[np.bool_]

    @property
    def array(self) -> Array:
        """The entries as doubles."""
        return (
            np.asarray(np.frompyfunc(float, 1, 1)(self.values), dtype=np.float64)
            if self.values.dtype == object
            else self.values
        )


@dataclass(frozen=True, eq=False)
class Base:
    """A layer carried out at one point: the state from which variables are moved."""

    layer: Any
    scope: Scope
    upstream: Mapping[str, Array]

    @property
    def domain(self) -> Domain:
        """The domain of the numbers."""
        return self.scope.domain


def true_gradient(
    layer: Any,
    name: str,
    arrays: Mapping[str, Any],
    upstream: Mapping[str, Any] | None = None,
    *,
    method: Method = "balls",
    step0: Any = 0,
) -> Gradient:
    """∂/∂v Σ upstream · outputs for the variable v of that name, an input, an intermediate or an output, every entry.

    `arrays` has the inputs (and sizes and functions by name), `upstream` an array for each output's name; a
    cost needs none. An intermediate is moved by itself: what it is made of stays.
    """
    return gradient_at(base(layer, arrays, upstream, method=method, step0=step0), name)


def base(
    layer: Any,
    arrays: Mapping[str, Any],
    upstream: Mapping[str, Any] | None = None,
    *,
    method: Method = "balls",
    step0: Any = 0,
) -> Base:
    """The layer carried out at the arrays, in balls or in complex numbers."""
    domain = balls(BITS) if method == "balls" else COMPLEX
    scope = scope_of(layer, arrays, domain=domain, step0=step0)
    given = {layer.outputs[0].name: 1} if layer.is_cost and upstream is None else dict(upstream or {})
    with domain.context():
        for group in plan_of(layer):
            carry_out(group, scope)
        weights = {t.name: _weight(t, given, scope) for t in layer.outputs}
    return Base(layer, scope, weights)


def _weight(t: Tensor, given: Mapping[str, Any], scope: Scope) -> Array:
    if t.name not in given:
        raise ValueError(f"the output {t.name} needs an upstream gradient; given are {', '.join(given) or 'none'}")
    weight = scope.domain.convert(given[t.name])
    if weight.shape != scope.arrays[t.name].shape:
        raise ValueError(
            f"the upstream gradient of {t.name} has shape {weight.shape}; it should have {scope.arrays[t.name].shape}"
        )
    return weight


def gradient_at(at: Base, name: str) -> Gradient:
    """The gradient with respect to one variable at a point."""
    shape = at.scope.arrays[name].shape
    entries = int(np.prod(shape))
    largest = max(a.size for a in at.scope.arrays.values())
    chunk = max(1, CHUNK // (2 * largest))
    with at.domain.context():
        parts = [_quotients(at, name, range(k, min(k + chunk, entries))) for k in range(0, entries, chunk)]
    values, smooth = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Gradient(values.reshape(shape), smooth.reshape(shape))


def entry_at(at: Base, name: str, entry: int) -> Gradient:
    """One entry of it, counted in the order of the array."""
    with at.domain.context():
        return Gradient(*_quotients(at, name, range(entry, entry + 1)))


def _quotients(at: Base, name: str, entries: range) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The difference quotients of the weighted outputs by the entries of one variable, and which are smooth."""
    moves, finish = _moves(at.domain, at.scope.arrays[name].shape, entries)
    scope = moved(at, {name: moves})
    costs = [_weighted(scope, t, at.upstream[t.name]) for t in at.layer.outputs]
    still = _weighted_still(at)
    return finish(np.broadcast_to(reduce(np.add, costs), (len(moves),)), still)  # one cost where nothing reaches the outputs


def _moves(domain: Domain, shape: tuple[int, ...], entries: range) -> tuple[Array, Finish]:
    """The moves of the entries as a leading axis, and what makes quotients of the moved costs."""
    step, signs = _step(domain)
    moves = zeros((len(signs) * len(entries), int(np.prod(shape))), domain)
    for k, (entry, sign) in enumerate(product(entries, signs)):
        moves[k, entry] = sign * step
    return moves.reshape(-1, *shape), _central if len(signs) == 2 else _imaginary


def _step(domain: Domain) -> tuple[Any, tuple[int, ...]]:
    return (1e-200j, (1,)) if domain is COMPLEX else (domain.number(1, 2**STEP_BITS), (1, -1))


def _central(costs: Array, still: Any) -> tuple[Array, npt.NDArray[np.bool_]]:
    up, down = costs[0::2], costs[1::2]
    scale = 2 ** (STEP_BITS - 1)
    bend = np.abs(np.frompyfunc(float, 1, 1)((up - 2 * still + down) * (2 * scale)).astype(np.float64))
    return (up - down) * scale, ~(bend > JUMP)


def _imaginary(costs: Array, _still: Any) -> tuple[Array, npt.NDArray[np.bool_]]:
    return costs.imag / 1e-200, np.ones(len(costs), dtype=bool)


def zeros(shape: tuple[int, ...], domain: Domain) -> Array:
    """Zeros of the domain."""
    return np.full(shape, domain.number(0, 1), dtype=domain.dtype)


def moved(at: Base, moves: Mapping[str, Array]) -> Scope:
    """The scope in which variables are moved, the moves as a leading axis, and what they reach is carried out again."""
    length = len(next(iter(moves.values())))
    scope = batched(at.scope, length)
    reached: set[str] = set()
    for name, move in moves.items():
        reached.add(name)
        scope.arrays[name] = at.scope.arrays[name] + move
        scope.batched.add(name)
    for group in plan_of(at.layer):
        names = {t.name for t in group.tensors}
        if group.place is None and names & set(moves):
            continue
        if names & set(moves) or reached & _uses(group):
            carry_out(group, scope, moves)
            reached |= names
    return scope


def batched(scope: Scope, length: int) -> Scope:
    """A copy of the scope with a leading axis for moves."""
    return replace(
        scope,
        arrays=dict(scope.arrays),
        boundaries=dict(scope.boundaries),
        batch=Index("·moves", length),
        batched=set(),
        memo={},
        lasting={},
        _integers=None,
    )


_USES: WeakKeyDictionary[Any, frozenset[str]] = WeakKeyDictionary()


def _uses(group: Group) -> frozenset[str]:
    known = _USES.get(group)
    if known is None:
        known = _USES[group] = frozenset(
            t.name for e in (*group.equations, *group.boundaries) for t in tensors(e.right)
        )
    return known


def _weighted(scope: Scope, t: Tensor, weight: Array) -> Any:
    """Σ weight · output, for each move."""
    array = scope.arrays[t.name]
    return _dot(array if t.name in scope.batched else array[None], weight)


def _weighted_still(at: Base) -> Any:
    return reduce(np.add, (_dot(at.scope.arrays[t.name][None], at.upstream[t.name])[0] for t in at.layer.outputs))


def _dot(array: Array, weight: Array) -> Any:
    return np.add.reduce(np.asarray(np.multiply(array, weight), dtype=array.dtype).reshape(len(array), -1), axis=1)
