"""Gradients in tests: the assertion for pytest, and the Hypothesis strategies.

    def test_linear():
        sb.testing.assert_gradient(forward, backward, "x[N,D], W[D,H] -> z[N,H]")

forward(x, W) returns z or (z, cache); backward(dz, cache) or backward(dz, x, W) returns dx, dW in the order of the
signature, or a dict. Parameters that bear the names of the signature may stand in any order. Given a layer with its
equations, the truth comes from these and `forward` is judged too, or may be None. Given a signature, the truth is what
differences of `forward` say. `forward` may be a torch.autograd.Function, a torch.nn.Module or a JAX custom_vjp; then
`backward` is None.

The strategies stand here too: sizes(layer), inputs(layer) away from kinks, kinked(layer), grid(layer), networks(), and
property_check(layer, answer), which searches for a counterexample (see symbackprop.verify.properties).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from symbackprop.backprop import derive
from symbackprop.language.domains import Array
from symbackprop.language.equations import Assumption
from symbackprop.language.evaluate import gradient
from symbackprop.language.notation import read_signature
from symbackprop.language.tensors import Dim
from symbackprop.layer import Layer
from symbackprop.verify.callables import pair_of
from symbackprop.verify.pairs import Convention, judge_pair
from symbackprop.verify.passes import Case
from symbackprop.verify.verdict import Verdict, Witness

if TYPE_CHECKING:
    from symbackprop.verify.properties import grid, inputs, kinked, networks, property_check, sizes

__all__ = [
    "assert_gradient",
    "check_gradient",
    "grid",
    "inputs",
    "kinked",
    "layer_of",
    "networks",
    "property_check",
    "sizes",
]
_STRATEGIES = ("grid", "inputs", "kinked", "networks", "property_check", "sizes")


def __getattr__(name: str) -> Any:
    # Hypothesis is imported only when somebody wants a strategy.
    if name not in _STRATEGIES:
        raise AttributeError(f"symbackprop.testing has no {name!r}; it offers {', '.join(__all__)}")
    from symbackprop.verify import properties

    return getattr(properties, name)


def assert_gradient(
    forward: Any,
    backward: Any,
    layer: Layer | str,
    *,
    sizes: Mapping[str, int] | Sequence[Mapping[str, int]] | None = None,
    dtype: Any = np.float64,
    strict: bool = False,
    wrt: Sequence[str] = (),
) -> None:
    """Raise AssertionError, with the smallest case that shows it, if a gradient is wrong.

    `layer` is a Layer, or a signature: "x[N,D], W[D,H] -> z[N,H]". `sizes` tells one set of sizes or several, by
    default three sets of unequal ones are taken. `dtype` is the precision of the arrays that are given: float32 answers
    are allowed their round-off. `strict` takes one value for right at a kink, the convention's (Step(0) = 0, the first
    of equal maxima), if the layer's equations are given; else any that lies in the subdifferential. `wrt` names the
    inputs whose gradients are given. Every entry is compared; shapes are compared first. TypeError says what was
    expected of functions that don't fit; what they raise themselves is passed on.
    """
    verdicts = check_gradient(forward, backward, layer, sizes=sizes, dtype=dtype, strict=strict, wrt=wrt)
    wrong = {name: v for name, v in verdicts.items() if not v.holds}
    if wrong:
        raise AssertionError("\n" + "\n\n".join(told(v, outputs=name in _outputs(layer), name=name) for name, v in wrong.items()))


def check_gradient(
    forward: Any,
    backward: Any,
    layer: Layer | str,
    *,
    sizes: Mapping[str, int] | Sequence[Mapping[str, int]] | None = None,
    dtype: Any = np.float64,
    strict: bool = False,
    wrt: Sequence[str] = (),
) -> dict[str, Verdict]:
    """The same as verdicts by variable, nothing raised; a wrong forward pass has a verdict under its output's name."""
    known = layer if isinstance(layer, Layer) else layer_of(layer)
    pair = pair_of(forward, backward, known, wrt)
    convention = _convention(known) if strict and known.equations else None
    return judge_pair(known, pair, sizes=sizes, dtype=dtype, strict=strict, convention=convention)


def _convention(layer: Layer) -> Convention:
    """The derived gradients, which have Step(0) = 0 as torch and JAX have it."""
    family = derive(layer)

    def gradients(case: Case) -> dict[str, Array]:
        upstream = {} if layer.is_cost else {f"d{k}": v for k, v in case.upstream.items()}
        given = {**case.sizes, **case.functions, **case.inputs, **upstream}
        return {t.name: gradient(family[t.name], given) for t in layer.inputs if not t.is_integer_valued}

    return gradients


def layer_of(signature: str) -> Layer:
    """The layer of which only the signature is known: it has no equations. Raises NotationError."""
    read = read_signature(signature)
    spans = dict.fromkeys(s for t in (*read.inputs, *read.outputs) for s in t.sizes if not isinstance(s, Dim) and s.free_symbols)
    known = tuple(Assumption(">=", s, sp.Integer(1), (), f"{s} >= 1") for s in spans)
    return Layer.of(signature.strip(), read.inputs, read.outputs, (), known)


def _outputs(layer: Layer | str) -> set[str]:
    known = layer if isinstance(layer, Layer) else layer_of(layer)
    return {t.name for t in known.outputs}


# ---- words


def told(verdict: Verdict, *, name: str, outputs: bool = False) -> str:
    """A verdict as an assertion's message: what is wrong, and a case that can be pasted into Python."""
    symbol = name if outputs else f"d{name}"
    if verdict.witness is None:
        return f"{symbol}: {verdict.status}: {verdict.message}"
    return "\n".join([verdict.message, *(f"  ({note})" for note in verdict.notes), *_pasted(symbol, verdict.witness)])


LARGEST = 60
"""A case with more numbers than this is told by its shapes."""


def _pasted(symbol: str, w: Witness) -> list[str]:
    if sum(np.size(v) for v in w.inputs.values()) > LARGEST:
        shapes = ", ".join(f"{k} {np.shape(v)}" for k, v in w.inputs.items())
        return [f"with {', '.join(f'{k}={v}' for k, v in w.sizes.items())} ({shapes}); no smaller case shows it"]
    sizes = ", ".join(f"{k}={v}" for k, v in w.sizes.items())
    lines = [f"with {sizes}:"] if sizes else ["at:"]
    lines += [f"    {name} = {f'np.array({value!r})' if isinstance(value, list) else repr(value)}" for name, value in w.inputs.items()]
    lines += [f"    # true   {symbol} = {_number(w.expected)}", f"    # yours  {symbol} = {_number(w.found)}"]
    return lines


def _number(value: Any) -> str:
    """Nested numbers, six digits each."""
    if isinstance(value, list):
        return f"[{', '.join(_number(v) for v in value)}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
