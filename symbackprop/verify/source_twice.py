"""What a call does to the caller's arrays: which it overwrites, and whether a second call says something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from symbackprop.language.numpy_source import Program, Unreadable, read_source
from symbackprop.layer import Layer
from symbackprop.verify.case import FAILURES, arrays_at
from symbackprop.verify.source_answers import Evaluated
from symbackprop.verify.spots import spots


def again(source: str, call: str, layer: Layer) -> Program | None:
    """What the call says the second time, on the same arrays; None where that can't be read."""
    try:
        return read_source(source, f"{call}\n{call}", layer)
    except Unreadable:
        return None


def changes(first: Program, second: Program | None, layer: Layer, name: str) -> bool:
    """Whether a result is another one the second time."""
    if second is None or name not in second.results:
        return False
    try:
        for spot in spots(layer).first:
            arrays = arrays_at(spot)
            a, b = (Evaluated(p.results[name], p, layer).values(arrays) for p in (first, second))
            return a.shape != b.shape or not np.allclose(a, b, equal_nan=True)
    except FAILURES:
        pass
    return False


def overwriting(program: Program, call: str, layer: Layer, at: Callable[[int], str]) -> Iterator[str]:
    """The caller's arrays that are changed, by the names that the call has for them, with their places."""
    first = f"d{layer.outputs[0].name}"
    for name, line in program.overwritten:
        yield f"{'dout' if name == first and 'dout' in call else name} ({at(line)})"
