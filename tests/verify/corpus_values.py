"""What an answer is worth at a point, without the judge: its lines become equations after the layer's own, carried out in order.

The true gradient is the oracle's complex step. Points are generic, away from kinks.
"""
from __future__ import annotations

import sys
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbackprop import layers
from symbackprop.language.equation_reader import DerivativeEquation
from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, ShapeMismatch
from symbackprop.language.evaluate import forward
from symbackprop.language.nodes import Unspecified
from symbackprop.language.notation import read_assignments, scope
from symbackprop.language.substitution import indices, tensors
from symbackprop.language.tensors import Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.oracle import true_gradient

from .corpus_right import Row

sys.path.append(str(Path(__file__).parents[1] / "shelf"))
import shelf_points

Array = npt.NDArray[Any]
ANSWER = "answer_"
POINTS = 6


@cache
def given(label: str, number: int) -> tuple[dict[str, Any], dict[str, Array]]:
    """The layer's inputs at a point, and the true gradient of every variable by name: dW and the like."""
    layer = layers.named(label)
    inputs = _inputs(layer, number)
    if number % 2 and layers.entry(label.partition(":")[0]).family == "activations":
        inputs["x"] = 6*inputs["x"]  # far enough for every joint
    upstream = {name.removeprefix("d"): v for name, v in shelf_points.upstream(layer, inputs, seed=number).items()}
    true = {f"d{name}": np.asarray(true_gradient(layer, name, inputs, None if layer.is_cost else upstream, method="complex step").array)
            for name, t in layer.tensors.items() if not t.is_integer_valued}
    return inputs, {**true, **{f"d{name}": v for name, v in upstream.items() if not layer.is_cost}}


def _inputs(layer: Layer, number: int) -> dict[str, Any]:
    sizes, rng = shelf_points.SIZES[number % 3], np.random.default_rng([zlib.crc32(layer.name.encode()), number])
    arrays: dict[str, Any] = {t.name: shelf_points._array(t, sizes, rng) for t in layer.inputs}
    for text in {a.text for a in layer.assumptions}:
        name, made = shelf_points.ADMISSIBLE[text]
        arrays[name] = np.asarray(made(arrays[name]))
    is_open = any(e.right.has(Unspecified) for e in layer.equations)
    return arrays | shelf_points.hidden_sizes(layer, sizes) | ({"f": shelf_points.SINE} if is_open else {})


def value(row: Row, number: int = 0) -> Array | str:
    """The array that the answer gives for its variable at a point, or why it has none."""
    layer = layers.named(row.layer)
    inputs, gradients = given(row.layer, number)
    adjoints = {f"d{n}": Tensor(f"d{n}", *t.sizes, adjoint_of=n) for n, t in layer.tensors.items() if not t.is_integer_valued}
    try:
        read = read_assignments(row.answer.replace("; ", "\n"), scope((*layer.tensors.values(), *adjoints.values())))
    except ShapeMismatch:
        return "shape"
    except NotationError as error:
        return f"unreadable: {error}"
    equations = [_equation(e) for e in read]
    own = {e.tensor.name for e in equations}
    used = {t.name: t for e in equations for t in tensors(e.right)}
    extra = [t for name, t in used.items() if name in adjoints and name not in own]
    whole = Layer.of("answer", (*layer.inputs, *extra), (equations[-1].tensor,), (*layer.equations, *equations))
    arrays = {k: v for k, v in inputs.items() if k in {t.name for t in layer.inputs} or k in {d.name for d in whole.sizes} or callable(v)
              or isinstance(v, tuple)}
    every = forward(whole, {**arrays, **{t.name: gradients[t.name] for t in extra}})
    return np.asarray(every[equations[-1].tensor.name])


def _equation(e: Equation | DerivativeEquation) -> Equation:
    if isinstance(e, Equation):
        return e
    free = tuple(dict.fromkeys(i for c in (e.left.of, *e.left.by) for i in indices(c) if isinstance(i, Index)))
    return Equation(Tensor(ANSWER, *(i.size for i in free))[free], e.right)


def truth(row: Row, number: int = 0) -> Array | None:
    """The true gradient at a point, None for a local or second derivative."""
    return None if row.variable.startswith("d(") else given(row.layer, number)[1][f"d{row.variable}"]


def is_close(a: Array | str, b: Array | str) -> bool:
    """Whether two values are the same up to round-off."""
    if isinstance(a, str) or isinstance(b, str):
        return False
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-7, atol=1e-10))


def is_wrong(wrong: Row, right: Row) -> bool:
    """Whether it differs from the right answer in shape, or at some point in value."""
    return any(not is_close(value(wrong, k), value(right, k)) for k in range(POINTS))
