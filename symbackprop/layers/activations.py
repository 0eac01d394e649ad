"""Activations, elementwise: y[n,d] = f(x[n,d]) for every function of the field that is one.

They come from the table of functions: a row there is a layer here, its further parameters are options.
"""
from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial

from symbackprop.language.functions import TABLE, Function
from symbackprop.layers.shelf import Entry, Text, Value, choice, layer, number, put

ELEMENTARY = {"abs", "sign", "step", "maximum", "minimum", "clip", "tan", "sinh", "cosh"}
SAID_ELSEWHERE = {"gelu", "gelu_tanh"}
TORCH_NAME = {"log_sigmoid": "logsigmoid"}


@layer()
def identity() -> Text:
    """y = x."""
    return Text("x[N,D] -> y[N,D]", "y[n,d] = x[n,d]")


@layer("He et al. 2015, equation 1")
def prelu() -> Text:
    """y = x where x > 0, a x elsewhere: a leaky ReLU that learns its slope a, one a feature."""
    return Text("x[N,D], a[D] -> y[N,D]", "y[n,d] = leaky_relu(x[n,d], a[d])")


@layer("Hendrycks & Gimpel 2016, section 2", approximate=choice("none", "tanh"))
def gelu(approximate: str) -> Text:
    """y = x Φ(x), with Φ the normal distribution function, exact or by the tanh formula."""
    function = {"none": "gelu", "tanh": "gelu_tanh"}[approximate]
    return Text("x[N,D] -> y[N,D]", f"y[n,d] = {function}(x[n,d])")


def elementwise(row: Function, **values: Value) -> Text:
    """y = f(x, parameters): a parameter is the number given, or an input of the layer where it is None."""
    symbols = "".join(f", {name}" for name, value in values.items() if value is None)
    arguments = "".join(f", {name if value is None else value}" for name, value in values.items())
    return Text(f"x[N,D]{symbols} -> y[N,D]", f"y[n,d] = {row.name}(x[n,d]{arguments})")


def _shelve(rows: Mapping[str, Function]) -> None:
    for name, row in rows.items():
        if name in ELEMENTARY | SAID_ELSEWHERE:
            continue
        options = {parameter: number(Fraction(default)) for parameter, default in row.defaults.items()}
        put(Entry(TORCH_NAME.get(name, name), "activations", f"y = {row.definition}, elementwise.",
                  partial(elementwise, row), row.source, options))


_shelve(TABLE)
