"""A forward and a backward pass that are only there to be called, as functions of named arrays.

    forward(x, W) -> z    or (z, cache)                 several outputs: (z, s) or (z, s, cache); or a dict by name
    backward(dz, cache)   or (dz, x, W) or (dz, x, W, z) -> dx, dW, in the order of the signature; or a dict by name

Parameters that bear the names of the signature (x, W, z, dz, cache) are given by name, in any order; else they are
given by place, in the order above. A cost needs no upstream gradient: backward(cache) or backward(x, W) will do, and so
will a single function that returns the cost and its gradients. Integer inputs have no gradient. What a function does
to the arrays it is given is noticed, and so is a second call that says something else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symbackprop.language.domains import Array
from symbackprop.layer import Layer
from symbackprop.verify import frameworks
from symbackprop.verify.numeric import Function

Backward = Callable[[Mapping[str, Array], Mapping[str, Array]], Mapping[str, Any]]
"""A function of the inputs and of the upstream gradients, by the outputs' names, that gives gradients by name."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A forward pass (None where only the layer says it) and a backward pass, and whose gradients it gives.

    `sizes` are those that the object fixes: a module's parameters have their shapes.
    """

    forward: Function | None
    backward: Backward
    names: tuple[str, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """What the backward pass gave, what it did to its inputs, and whether a second call gave the same."""

    gradients: Mapping[str, Array]
    overwritten: tuple[str, ...]
    repeats: bool


def pair_of(forward: Any, backward: Any, layer: Layer, wrt: Sequence[str] = ()) -> Pair:
    """The pair that the user's objects make; TypeError says what was expected where they make none.

    `forward` may bring its own backward: a torch.autograd.Function, a torch.nn.Module, a JAX custom_vjp.
    """
    names = tuple(wrt) or _differentiable(layer)
    for name in names:
        if name not in {t.name for t in layer.inputs if not t.is_integer_valued}:
            raise ValueError(f"{name} is no input that has a gradient; there are {', '.join(_differentiable(layer))}")
    if backward is None and (adapter := frameworks.adapter(forward)) is not None:
        return Pair(*adapter(forward, layer, names))
    if forward is None and backward is None:
        raise TypeError("there is nothing to judge: give backward(dz, cache) or backward(dz, x, ...)")
    if backward is None and not layer.is_cost:
        raise TypeError("backward may be None only if forward brings its own, or returns a cost and its gradients")
    calls = _Calls(forward, backward, layer, names)
    return Pair(None if forward is None else calls.outputs, calls.gradients, names)


def _differentiable(layer: Layer) -> tuple[str, ...]:
    return tuple(t.name for t in layer.inputs if not t.is_integer_valued)


def run(pair: Pair, inputs: Mapping[str, Array], upstream: Mapping[str, Array]) -> Run:
    """The backward pass called twice at copies of the same arrays."""
    given, above = _copies(inputs), _copies(upstream)
    first = {k: np.array(v, copy=True) for k, v in pair.backward(given, above).items()}
    kept = {**inputs, **{f"d{k}": v for k, v in upstream.items()}}
    after = {**given, **{f"d{k}": v for k, v in above.items()}}
    changed = tuple(k for k in kept if not np.array_equal(kept[k], after[k], equal_nan=kept[k].dtype.kind in "fc"))
    second = pair.backward(_copies(inputs), _copies(upstream))
    same = all(np.array_equal(first[k], second[k], equal_nan=first[k].dtype.kind in "fc") for k in first)
    return Run(first, changed, same)


def _copies(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {k: np.array(v, copy=True) for k, v in arrays.items()}


# ---- as answers to be judged


@dataclass(frozen=True, eq=False)
class GradientOf:
    """One gradient of a pair, as an answer that computes."""

    pair: Pair
    layer: Layer
    name: str

    def values(self, arrays: Mapping[str, Any]) -> Array:
        """The gradient, at arrays that have the inputs and d<output> for every output (a cost's is 1)."""
        inputs = {t.name: np.array(arrays[t.name]) for t in self.layer.inputs}
        outputs = [t.name for t in self.layer.outputs]
        above = {k: np.array(arrays.get(f"d{k}", 1.0), dtype=np.float64) for k in outputs}
        return np.asarray(self.pair.backward(inputs, above)[self.name])


@dataclass(frozen=True, eq=False)
class Computes:
    """A function of arrays that bear the names of its parameters, as an answer: lambda x, dz: x.T @ dz."""

    function: Callable[..., Any]

    def values(self, arrays: Mapping[str, Any]) -> Array:
        """The function's array; TypeError for a parameter that no variable is called."""
        names = required(self.function)
        if names is None or not set(names) <= set(arrays):
            stray = ", ".join(n for n in names or () if n not in arrays)
            raise TypeError(f"the parameters {stray or '*args'} are no variables; there are {', '.join(arrays)}")
        return _numbers("the gradient", self.function(**{k: np.array(arrays[k]) for k in names}))


def answers_of(pair: Pair, layer: Layer) -> dict[str, GradientOf]:
    """The pair's gradients by variable, as answers for `check(layer, answers)`."""
    return {name: GradientOf(pair, layer, name) for name in pair.names}


# ---- how functions want to be called


@dataclass(frozen=True)
class _Calls:
    """How the user's functions want to be called, and what they give back."""

    forward: Any
    backward: Any
    layer: Layer
    names: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(t.name for t in self.layer.inputs)

    @property
    def upstream(self) -> tuple[str, ...]:
        return tuple(f"d{t.name}" for t in self.layer.outputs)

    # ---- forward

    def outputs(self, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """The outputs by name."""
        return self._apart(self._forward(arrays))[0]

    def _forward(self, arrays: Mapping[str, Array]) -> Any:
        parameters = required(self.forward)
        if parameters is not None and len(parameters) > len(self.inputs):
            raise TypeError(f"forward({', '.join(parameters)}) should take the inputs {', '.join(self.inputs)}")
        if parameters and set(parameters) <= set(self.inputs) <= set(_accepted(self.forward)):
            return self.forward(**{k: arrays[k] for k in self.inputs})
        return self.forward(*(arrays[k] for k in self.inputs))

    def _apart(self, result: Any) -> tuple[dict[str, Any], Any]:
        """The outputs by name, and the cache (or `_NONE`)."""
        names = [t.name for t in self.layer.outputs]
        if isinstance(result, Mapping):
            if not set(names) <= set(result):
                raise TypeError(f"forward returned the keys {', '.join(map(str, result))}; expected {', '.join(names)}")
            return {k: result[k] for k in names}, result.get("cache", _NONE)
        if not isinstance(result, (tuple, list)) and len(names) == 1:
            return {names[0]: result}, _NONE
        if isinstance(result, (tuple, list)) and len(result) in (len(names), len(names) + 1):
            cache = result[len(names)] if len(result) > len(names) else _NONE
            return dict(zip(names, result, strict=False)), cache
        got = f"{len(result)} values" if isinstance(result, (tuple, list)) else "one value"
        raise TypeError(f"forward returned {got}; expected {', '.join(names)}, with or without a cache after")

    # ---- backward

    def gradients(self, arrays: Mapping[str, Array], above: Mapping[str, Array]) -> dict[str, Any]:
        """The gradients by name."""
        values, cache = self._apart(self._forward(arrays)) if self.forward is not None else ({}, _NONE)
        if self.backward is None:
            if cache is _NONE:
                raise TypeError("a function without a backward returns the cost and its gradients")
            return self._named(cache)
        known = {**arrays, **values, **{f"d{k}": v for k, v in above.items()}}
        if cache is not _NONE:
            known["cache"] = cache
        return self._named(self._backward(known))

    def _backward(self, known: Mapping[str, Any]) -> Any:
        parameters = required(self.backward)
        if parameters and set(parameters) <= set(known) and (self.layer.is_cost or set(self.upstream) <= set(parameters)):
            return self.backward(**{k: known[k] for k in parameters})
        places = self._places(known)
        if parameters is None:
            return self.backward(*(known[k] for k in places[0]))
        fitting = [p for p in places if len(p) == len(parameters)]
        if not fitting:
            raise TypeError(self._expected(parameters, places))
        named = [p for p in fitting if set(p[len(self.upstream):]) & set(parameters)]
        return self.backward(*(known[k] for k in (named or fitting)[0]))

    def _places(self, known: Mapping[str, Any]) -> list[tuple[str, ...]]:
        """The ways in which arguments may be given by place, the likeliest first."""
        values = tuple(t.name for t in self.layer.outputs if t.name in known)
        after: list[tuple[str, ...]] = [("cache",)] if "cache" in known else []
        after += [self.inputs] + ([(*self.inputs, *values)] if values else [])
        found = [(*self.upstream, *rest) for rest in after]
        return found + (after if self.layer.is_cost else [])

    def _expected(self, parameters: Sequence[str], places: Sequence[tuple[str, ...]]) -> str:
        ways = " or ".join(f"backward({', '.join(p)})" for p in places)
        said = f"backward({', '.join(parameters)}) takes {len(parameters)} arguments; expected {ways}"
        return said if self.forward is None or any("cache" in p for p in places) else f"{said}; forward returned no cache"

    def _named(self, result: Any) -> dict[str, Any]:
        if isinstance(result, Mapping):
            found = {k: result[k] if k in result else result[f"d{k}"] for k in self.names if k in result or f"d{k}" in result}
        elif isinstance(result, (tuple, list)):
            found = self._in_order(result)
        else:
            found = {self.names[0]: result} if len(self.names) == 1 else {}
        scalars = {t.name for t in self.layer.inputs if not t.sizes} if isinstance(result, (tuple, list)) else set()
        missing = [k for k in self.names if found.get(k) is None and not (k in scalars and k not in found and found)]
        if missing:
            given = ", ".join(map(str, result)) if isinstance(result, Mapping) else f"{_count(result)}"
            wanted = ", ".join(f"d{k}" for k in self.names)
            raise TypeError(f"backward gave {given}; expected {wanted}, in this order or in a dict (wrt=... says which are given)")
        return {k: _numbers(f"d{k}", v) for k, v in found.items()}

    def _in_order(self, result: Sequence[Any]) -> dict[str, Any]:
        """The gradients of a tuple: of the wanted inputs, of all inputs (None for some), or of all but scalars (ε)."""
        inputs = self.layer.inputs
        arrays = tuple(t.name for t in inputs if t.sizes and t.name in self.names)
        for names in (self.names, self.inputs):
            if len(result) == len(names):
                return {k: v for k, v in zip(names, result, strict=True) if k in self.names}
        return dict(zip(arrays, result, strict=True)) if len(result) == len(arrays) else {}


_NONE = object()


def _numbers(symbol: str, value: Any) -> Array:
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"backward gave an array of {array.dtype} for {symbol}; expected real numbers")
    return array


def _count(result: Any) -> str:
    return f"{len(result)} gradients" if isinstance(result, (tuple, list)) else "one gradient"


def required(function: Any) -> tuple[str, ...] | None:
    """The names of the parameters that a function has to be given; None where it takes any number or doesn't tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return tuple(p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


def _accepted(function: Any) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
