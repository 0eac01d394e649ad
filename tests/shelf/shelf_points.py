"""Values at which the shelf is tried: unequal small sizes, values that each layer admits, every variant of each."""
from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from symbackprop import layers
from symbackprop.layer import Layer

Array = npt.NDArray[Any]

VARIANTS = [(name, options) for name in layers.names() for options in layers.entry(name).variants()]
"""Every layer with every choice of options that its entry names: a new layer can't escape."""
LABELS = [layers.entry(name).label(layers.entry(name).settle(options)) for name, options in VARIANTS]

_SIZES = """
    N D H K L M P Q F T V E
    2 3 4 5 7 6 3 2 4 3 5 2
    3 1 2 4 5 8 2 3 5 4 2 3
    4 2 5 3 6 5 3 4 1 2 4 1
"""
_HEAD, *_ROWS = (line.split() for line in _SIZES.strip().splitlines())
SIZES = [dict(zip(_HEAD, map(int, row), strict=True)) for row in _ROWS]
"""Three sets of sizes, no two alike in the places where a layer has both."""

SINE = (np.sin, np.cos, lambda x: -np.sin(x))
"""What stands for a function left open, with its derivatives."""


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _first_column_open(mask: Array) -> Array:
    mask[:, 0] = 1
    return mask


ADMISSIBLE: dict[str, tuple[str, Callable[[Array], Array]]] = {
    "sum[k](y[n,k]) == 1": ("y", softmax),
    "0 < p[n] < 1": ("p", lambda p: 1/(1 + np.exp(-p))),
    "p <= 1": ("p", lambda p: p/(1 + p)),
    "A == A.T": ("A", lambda A: A + A.T),
    "invertible(A)": ("A", lambda A: A + 4*np.eye(len(A))),
    "sum[n](mask[m,n]) > 0": ("mask", _first_column_open),
}
"""For each assumption on the shelf: which tensor is made to fulfil it, and how."""


def values(label: str, sizes: dict[str, int], seed: int = 0) -> dict[str, Any]:
    """The arrays, sizes and functions by name at which a layer is evaluated."""
    layer = layers.named(label)
    rng = np.random.default_rng([zlib.crc32(label.encode()), seed])
    given: dict[str, Any] = {t.name: _array(t, sizes, rng) for t in layer.inputs}
    assume = _assume(label)
    if assume:
        name, made = ADMISSIBLE[assume]
        given[name] = np.asarray(made(given[name]))
    return given | hidden_sizes(layer, sizes) | ({"f": SINE} if "f(" in _equations(label) else {})


def hidden_sizes(layer: Layer, sizes: dict[str, int]) -> dict[str, int]:
    """The sizes that no input's shape tells, such as the size of a pooling window."""
    told = {s for t in layer.inputs for size in (*t.sizes, t.below) if size is not None for s in size.free_symbols}
    return {s.name: sizes[s.name] for s in layer.sizes if s not in told}


def upstream(layer: Layer, given: dict[str, Any], seed: int = 0) -> dict[str, Array]:
    """An upstream gradient for each output, none for a cost."""
    rng = np.random.default_rng([seed, 7])
    if layer.is_cost:
        return {}
    return {f"d{name}": rng.normal(size=np.shape(array)) for name, array in outputs(layer, given).items()}


def outputs(layer: Layer, given: dict[str, Any]) -> dict[str, Array]:
    """The layer's outputs by name."""
    made = layer.evaluate(**given)
    return made if isinstance(made, dict) else {layer.outputs[0].name: made}


CASES = [(label, k) for label in LABELS for k in range(len(SIZES))]
"""Every variant with each set of sizes."""


def settled(label: str) -> dict[str, Any]:
    """The options of a labelled layer, defaults included."""
    name, options = VARIANTS[LABELS.index(label)]
    return dict(layers.entry(name).settle(options))


def _text(label: str) -> Any:
    return layers.entry(label.partition(":")[0]).text(**settled(label))


def _assume(label: str) -> str:
    return str(_text(label).assume)


def _equations(label: str) -> str:
    return str(_text(label).equations).replace("relu(", "").replace("elu(", "")


def _array(t: Any, sizes: dict[str, int], rng: np.random.Generator) -> Array:
    shape = tuple(int(size.subs({s: sizes[s.name] for s in size.free_symbols})) for size in t.sizes)
    if t.below is not None:
        return rng.integers(0, sizes[str(t.below)], size=shape)
    if t.values:
        return rng.choice([float(v) for v in t.values], size=shape)
    drawn = rng.normal(size=shape)
    below_zero, above_zero = t.name == "low", t.name in ("high", "alpha") or t.sign in ("positive", "nonnegative")
    return np.asarray(-np.abs(drawn) - 0.5 if below_zero else np.abs(drawn) + 0.5 if above_zero else drawn)
