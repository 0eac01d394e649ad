"""A layer's outputs and a derivation's gradient, as arrays.

    outputs(layer, {"x": x, "W": W, "b": b})              z, or a dict of several outputs
    gradient(derivation, {"x": x, ..., "dz": dz})         the array of dW

Equations are carried out in order, recurrences place by place (see `ordering`); `values` has the meaning of each node.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from fractions import Fraction
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import sympy as sp

from symbackprop.language.carrying import carry_out
from symbackprop.language.domains import COMPLEX, FLOAT32, FLOAT64, Array, Domain
from symbackprop.language.equations import Equation
from symbackprop.language.exact import EXACT
from symbackprop.language.nodes import Unspecified
from symbackprop.language.ordering import Group, plan
from symbackprop.language.shapes import known_name, sizes_from, validated
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.language.values import Scope, evaluate, extent, laid_out, value

__all__ = ["forward", "gradient", "outputs", "scope_of", "carry_out", "sizes_from", "value"]


class LayerLike(Protocol):
    """What evaluation needs of a layer."""

    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> tuple[Tensor, ...]: ...
    @property
    def outputs(self) -> tuple[Tensor, ...]: ...
    @property
    def equations(self) -> tuple[Equation, ...]: ...
    @property
    def sizes(self) -> tuple[Dim, ...]: ...
    @property
    def tensors(self) -> Mapping[str, Tensor]: ...
    @property
    def is_cost(self) -> bool: ...


class ConventionsLike(Protocol):
    """What evaluation needs of conventions."""

    @property
    def step0(self) -> sp.Rational | None: ...


class DerivationLike(Protocol):
    """What evaluation needs of a derivation."""

    @property
    def goal(self) -> Component: ...
    @property
    def layer(self) -> Any: ...
    @property
    def result(self) -> sp.Expr: ...
    @property
    def conventions(self) -> ConventionsLike: ...
    @property
    def family(self) -> Mapping[str, Any]: ...


_PLANS: WeakKeyDictionary[Any, tuple[Group, ...]] = WeakKeyDictionary()


def plan_of(layer: LayerLike) -> tuple[Group, ...]:
    """The layer's groups, found once."""
    known = _PLANS.get(layer)
    if known is None:
        known = _PLANS[layer] = plan(layer.equations)
    return known


def outputs(layer: LayerLike, arrays: Mapping[str, Any], *, domain: Domain | None = None) -> Any:
    """The layer's output as an array, or a dict of its outputs, at the values of its inputs."""
    every = forward(layer, arrays, domain=domain)
    if len(layer.outputs) == 1:
        return every[layer.outputs[0].name]
    return {t.name: every[t.name] for t in layer.outputs}


def forward(
    layer: LayerLike, arrays: Mapping[str, Any], *, domain: Domain | None = None, step0: Any = 0
) -> dict[str, Array]:
    """The array of every variable: the inputs, then what the equations define, in order.

    `arrays` has every input by name; a size that no shape tells and a callable for each unspecified function (or a
    tuple of callables f, f′, ...) are given by name too. The domain is that of the arrays where it is
    not told. ValueError for an unknown, missing or wrongly shaped array, or one outside what its tensor declares.
    """
    scope = scope_of(layer, arrays, domain=domain, step0=step0)
    with scope.domain.context():
        for group in plan_of(layer):
            carry_out(group, scope)
    return {name: scope.arrays[name] for name in layer.tensors}


def scope_of(
    layer: LayerLike,
    given: Mapping[str, Any],
    *,
    domain: Domain | None = None,
    step0: Any = 0,
    extra: Iterable[Tensor] = (),
    needed: Container[str] | None = None,
) -> Scope:
    """The scope in which the layer's equations are carried out: its inputs (and `extra`) checked, converted.

    With `needed`, an input that is not among those names may be missing.
    """
    inputs = (t for t in layer.inputs if needed is None or t.name in needed or t.name in given)
    wanted = (*inputs, *extra)
    arrays, functions, sizes = _sorted_out(layer, given, tuple(dict.fromkeys((*layer.inputs, *wanted))))
    for t in wanted:
        if t.name not in arrays:
            raise ValueError(
                f"{layer.name} needs an array for {t.name}{list(t.sizes) if t.sizes else ''}; "
                f"given are {', '.join(given) or 'none'}"
            )
    sizes = sizes_from(wanted, arrays, sizes)
    validated(wanted, arrays, sizes)
    for t in layer.tensors.values():
        _at_least_one(t, sizes)
    chosen = domain or domain_of(arrays[t.name] for t in wanted if not t.is_integer_valued)
    with chosen.context():
        numbers = {t.name: _numbers(t, arrays[t.name], chosen) for t in wanted}
    return Scope(chosen, numbers, sizes, symbols={"step0": step0, "sign0": 0}, functions=functions)


def _numbers(t: Tensor, array: Any, domain: Domain) -> Array:
    return np.asarray(array, dtype=np.int64) if t.is_integer_valued else domain.convert(array)


def _at_least_one(t: Tensor, sizes: Mapping[str, int]) -> None:
    for size in t.sizes:
        if all(s.name in sizes for s in size.free_symbols) and extent(size, sizes) < 1:
            raise ValueError(
                f"{t} would have {size} = {extent(size, sizes)} places where {_told(size, sizes)}; it needs at least 1"
            )


def _told(size: sp.Expr, sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{s.name} = {sizes[s.name]}" for s in sorted(size.free_symbols, key=str))


def _sorted_out(
    layer: LayerLike, given: Mapping[str, Any], wanted: tuple[Tensor, ...]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    """The given arrays, functions and sizes apart."""
    arrays, functions, sizes = {}, {}, {}
    dims = {d.name for d in layer.sizes}
    names = [
        *(t.name for t in wanted),
        *dims,
        *(_function_names(layer) if any(_is_function(v) for v in given.values()) else ()),
    ]
    for name, v in given.items():
        known_name(name, names, layer.name)
        if _is_function(v):
            functions[name] = tuple(v) if isinstance(v, (tuple, list)) else (v,)
        elif name in dims:
            sizes[name] = int(v)
        else:
            arrays[name] = v if hasattr(v, "shape") else np.asarray(v)
    return arrays, functions, sizes


def _is_function(v: Any) -> bool:
    return callable(v) or (isinstance(v, (tuple, list)) and len(v) > 0 and all(callable(f) for f in v))


def _function_names(layer: LayerLike) -> set[str]:
    return {node.name for e in layer.equations for node in e.right.atoms(Unspecified)}


def domain_of(arrays: Iterable[Any]) -> Domain:
    """The domain that arrays are already in: complex if any is, float32 if all floats are, exact for objects."""
    kinds = {np.asarray(a).dtype for a in arrays if np.ndim(a) or isinstance(a, (np.generic, Fraction))}
    if any(k.kind == "O" for k in kinds):
        return EXACT
    if any(k.kind == "c" for k in kinds):
        return COMPLEX
    return FLOAT32 if {k for k in kinds if k.kind == "f"} == {np.dtype(np.float32)} else FLOAT64


# Gradients


def gradient(
    derivation: DerivationLike, arrays: Mapping[str, Any], *, step0: Any = "as derived", domain: Domain | None = None
) -> Array:
    """The derived gradient as an array at the values of the layer's inputs and upstream gradients.

    Adjoints that the result mentions come from `arrays` where given (dz of an output z), else from the family's
    derivations. `step0` overrides the derivation's convention. ValueError where Step(0) is open and the gradient
    depends on it there.
    """
    layer, convention = derivation.layer, derivation.conventions.step0 if step0 == "as derived" else step0
    equations = adjoint_equations(derivation, arrays)
    needed = _needed(layer, [derivation.result, *(e.right for e in equations)])
    upstream = _upstream([derivation.result, *(e.right for e in equations)], {e.tensor.name for e in equations}, layer)
    idle = {t.adjoint().name for t in layer.outputs} - {t.name for t in upstream}
    given: dict[str, Any] = {k: v for k, v in arrays.items() if k not in idle}
    for t in upstream:
        if layer.is_cost and t.adjoint_of == layer.outputs[0].name:
            given.setdefault(t.name, 1.0)
    scope = scope_of(layer, given, domain=domain, step0=convention, extra=upstream, needed=needed)
    result = _carried(derivation, equations, scope, needed)
    if convention is None and not np.all(scope.domain.finite(result)):
        told = scope_of(layer, given, domain=domain, step0=0, extra=upstream, needed=needed)
        if np.all(scope.domain.finite(_carried(derivation, equations, told, needed))):
            raise ValueError(
                f"{derivation.goal.tensor.name} depends on Step(0) at these values, and Step(0) is left open; "
                "give step0=0, 1/2 or 1"
            )
    return result


def _needed(layer: LayerLike, expressions: Iterable[sp.Expr]) -> set[str]:
    """The names of the layer's variables that the expressions rest on."""
    found = {t.name for e in expressions for t in tensors(e)}
    for group in reversed(plan_of(layer)):  # each stands after those that it rests on
        if any(t.name in found for t in group.tensors):
            found.update(t.name for t in group.tensors)
            found.update(t.name for e in (*group.equations, *group.boundaries) for t in tensors(e.right))
    return found


def _carried(derivation: DerivationLike, equations: tuple[Equation, ...], scope: Scope, needed: Container[str]) -> Array:
    """The values of the layer's variables that are needed, then of the adjoints, then of the result."""
    with scope.domain.context():
        own = (g for g in plan_of(derivation.layer) if any(t.name in needed for t in g.tensors))
        for group in (*own, *plan(equations)):
            carry_out(group, scope)
        known = scope.arrays.get(derivation.goal.tensor.name)
        if known is not None and any(e.left == derivation.goal for e in equations):
            return known
        indices: Any = derivation.goal.indices
        return laid_out(evaluate(derivation.result, scope), tuple(i for i in indices if isinstance(i, Index)), scope)


def adjoint_equations(derivation: DerivationLike, given: Mapping[str, Any]) -> tuple[Equation, ...]:
    """An equation for each adjoint that the result needs and that is not given; the goal's own if it recurs."""
    found: dict[str, Equation] = {}
    waiting = [derivation.result]
    while waiting:
        for t in tensors(waiting.pop()):
            if not t.adjoint_of or t.name in found or t.name in given:
                continue
            other = derivation if t == derivation.goal.tensor else derivation.family.get(t.adjoint_of)
            # An output's adjoint is given, not derived: its derivation says that it is itself.
            if other is not None and other.goal.tensor == t and other.result != other.goal:
                found[t.name] = Equation(other.goal, other.result)
                waiting.append(other.result)
    return tuple(found.values())


def _upstream(expressions: Iterable[sp.Expr], computed: set[str], layer: LayerLike) -> tuple[Tensor, ...]:
    """The tensors that are neither the layer's variables nor computed."""
    every = {t.name: t for e in expressions for t in tensors(e)}
    return tuple(t for name, t in every.items() if name not in layer.tensors and name not in computed)
