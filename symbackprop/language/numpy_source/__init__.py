"""NumPy source -> expressions: read as mathematics with `ast`, never run.

    read_source(source, "out, cache = forward(x, W, b); dx, dW, db = backward(dout, cache)", layer)

`call` are the lines that call the code with the layer's names: its variables by name, `d<output>` (or `dout` for the
first output) for given gradients, sizes as whole numbers. Without call lines the source is a script that uses these
names itself. The Program has, for each name assigned there, its value in index form over the layer's tensors.
Conditions on data are read as both branches, each under its condition; loops over a size once for every i, with sums,
recurrences (h[t+1] = f(h[t])) and what they keep in lists and dicts; x[mask] as values that go back to their places.
Whatever can't be read soundly raises Unreadable: a loop that ends early by its data, views of what is changed later,
turns that meet in unclear ways, two names of one array that a loop changes, unknown functions, random numbers.
"""

from __future__ import annotations

from symbackprop.language.numpy_source.program import Program, Read, Unreadable
from symbackprop.language.numpy_source.reading import read_source

__all__ = ["Program", "Read", "Unreadable", "read_source"]
