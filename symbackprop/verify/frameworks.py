"""Objects of torch and JAX that bring their own backward pass, as functions of named arrays.

    torch.autograd.Function   F.apply(x, W), its gradients through torch.autograd.grad
    torch.nn.Module           module(x): the parameters are the signature's inputs that forward() doesn't take, by name, else
                              in order; a method backward(dz) of its own is called, otherwise torch.autograd.grad
    jax.custom_vjp            f(x, W), its gradients through jax.vjp

A framework is imported only when an object is one of its own.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symbackprop.language.domains import Array
from symbackprop.language.shapes import sizes_from
from symbackprop.layer import Layer

Adapted = tuple[Any, Any, tuple[str, ...], Mapping[str, int]]
"""Forward, backward, the names of the gradients, the sizes that the object fixes: what makes a pair."""
Adapter = Callable[[Any, Layer, tuple[str, ...]], Adapted]


def adapter(made: Any) -> Adapter | None:
    """What makes a pair of the object, None if it is no object of a framework that has gradients of its own."""
    kind = made if inspect.isclass(made) else type(made)
    names = {f"{c.__module__}.{c.__qualname__}" for c in kind.__mro__}
    if inspect.isclass(made):
        return _function if "torch.autograd.function.Function" in names else None
    if "torch.nn.modules.module.Module" in names:
        return _module
    return _custom_vjp if any(n.startswith("jax.") or n.startswith("jax._src.custom_derivatives") for n in names) else None


# ---- torch


def _function(made: Any, layer: Layer, names: tuple[str, ...]) -> Adapted:
    order = tuple(t.name for t in layer.inputs)
    return (*_through_autograd(lambda a: made.apply(*(a[k] for k in order)), layer, names), names, {})


def _through_autograd(call: Callable[[Mapping[str, Any]], Any], layer: Layer, names: tuple[str, ...]) -> tuple[Any, Any]:
    """Forward and backward of a function of named tensors."""
    torch = import_module("torch")
    outputs = tuple(t.name for t in layer.outputs)

    def forward(arrays: Mapping[str, Array]) -> dict[str, Array]:
        with torch.no_grad():
            found = _several(call(_tensors(torch, arrays)), outputs)
        return {k: v.numpy() for k, v in found.items()}

    def backward(arrays: Mapping[str, Array], above: Mapping[str, Array]) -> dict[str, Array]:
        # as_tensor shares memory, so that what is overwritten in there is seen out here.
        given = {k: torch.as_tensor(v) for k, v in arrays.items()}
        for k in names:
            given[k].requires_grad_()
        found = _several(call(given), outputs)
        weights = [torch.as_tensor(above[k]) for k in outputs]
        gradients = torch.autograd.grad([found[k] for k in outputs], [given[k] for k in names], weights, allow_unused=True)
        return {k: np.zeros(arrays[k].shape) if g is None else g.numpy() for k, g in zip(names, gradients, strict=True)}

    return forward, backward


def _tensors(torch: Any, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """The arrays as tensors; torch multiplies complex numbers by complex ones only, so that all become complex if one is."""
    every = {k: torch.as_tensor(v) for k, v in arrays.items()}
    if not any(np.iscomplexobj(v) for v in arrays.values()):
        return every
    return {k: v.to(torch.complex128) if v.is_floating_point() else v for k, v in every.items()}


def _several(result: Any, names: Sequence[str]) -> dict[str, Any]:
    every = tuple(result) if isinstance(result, (tuple, list)) else (result,)
    if len(every) != len(names):
        raise TypeError(f"the forward pass returned {len(every)} values; expected {', '.join(names)}")
    return dict(zip(names, every, strict=True))


def _module(made: Any, layer: Layer, names: tuple[str, ...]) -> Adapted:
    torch = import_module("torch")
    inputs, parameters = _roles(made, layer)
    shapes = {t: dict(made.named_parameters())[p].detach().numpy() for t, p in parameters.items()}
    sizes = sizes_from([t for t in layer.inputs if t.name in shapes], shapes)

    def call(a: Mapping[str, Any]) -> Any:
        return torch.func.functional_call(made, {p: a[t] for t, p in parameters.items()}, tuple(a[k] for k in inputs))

    forward, backward = _through_autograd(call, layer, names)
    if callable(getattr(made, "backward", None)):
        backward = _own_backward(made, layer, names, inputs, parameters)
    return forward, backward, names, sizes


def _roles(made: Any, layer: Layer) -> tuple[tuple[str, ...], dict[str, str]]:
    """Which inputs of the signature the module's forward takes, and which parameter each of the others is."""
    every = tuple(t.name for t in layer.inputs)
    taken = [p for p in inspect.signature(made.forward).parameters.values() if p.default is p.empty]
    known = [name for name, _ in made.named_parameters()]
    rest = every[len(taken) :]
    if len(known) != len(rest):
        raise TypeError(
            f"the module takes {len(taken)} inputs and has the parameters {', '.join(known) or 'none'}; "
            f"expected inputs {', '.join(every)}, as many in all"
        )
    by_name = {name.replace(".", "_"): name for name in known}
    return every[: len(taken)], {t: by_name[t] for t in rest} if set(rest) <= set(by_name) else dict(zip(rest, known, strict=True))


def _own_backward(
    made: Any, layer: Layer, names: tuple[str, ...], inputs: tuple[str, ...], parameters: Mapping[str, str]
) -> Any:
    """The module's method backward(dz): it returns the gradients of its inputs, or of everything; .grad has the rest."""
    torch = import_module("torch")

    def backward(arrays: Mapping[str, Array], above: Mapping[str, Array]) -> dict[str, Array]:
        module = copy.deepcopy(made)
        own = dict(module.named_parameters())
        for t, p in parameters.items():
            own[p].data, own[p].grad = torch.as_tensor(arrays[t]), None
        with torch.no_grad():
            module(*(torch.as_tensor(arrays[k]) for k in inputs))
            result = module.backward(*(torch.as_tensor(above[t.name]) for t in layer.outputs))
        found = _returned(result, inputs, names)
        found.update({t: own[p].grad for t, p in parameters.items() if t not in found and own[p].grad is not None})
        missing = [k for k in names if k not in found]
        if missing:
            raise TypeError(f"backward gave no gradient for {', '.join(missing)}: return it, or leave it in .grad")
        return {k: np.asarray(found[k]) for k in names}

    return backward


def _returned(result: Any, inputs: tuple[str, ...], names: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(result, Mapping):
        return {k.removeprefix("d"): v for k, v in result.items()}
    every = tuple(result) if isinstance(result, (tuple, list)) else () if result is None else (result,)
    return dict(zip(names if len(every) == len(names) else inputs, every, strict=False))


# ---- JAX


def _custom_vjp(made: Any, layer: Layer, names: tuple[str, ...]) -> Adapted:
    jax = import_module("jax")
    order = tuple(t.name for t in layer.inputs)
    outputs = tuple(t.name for t in layer.outputs)

    def forward(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {k: np.asarray(v) for k, v in _several(made(*(arrays[k] for k in order)), outputs).items()}

    def backward(arrays: Mapping[str, Array], above: Mapping[str, Array]) -> dict[str, Array]:
        result, pull_back = jax.vjp(made, *(arrays[k] for k in order))
        found = _several(result, outputs)
        weights = [np.asarray(above[k], dtype=np.asarray(found[k]).dtype) for k in outputs]
        gradients = pull_back(tuple(weights) if isinstance(result, (tuple, list)) else weights[0])
        return {k: np.asarray(g) for k, g in zip(order, gradients, strict=True) if k in names}

    return forward, backward, names, {}
