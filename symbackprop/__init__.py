"""symbackprop derives back-propagation: state a layer by its equations, get every gradient, step by step.

    import symbackprop as sb

    linear = sb.Layer("linear", "x[N,D], W[D,H], b[H] -> z[N,H]", "z = x @ W + b")
    gradients = sb.derive(linear)              # a mapping: name of a variable -> its Derivation
    gradients["W"]                             # shows itself; str() is Unicode mathematics
    gradients["W"].steps                       # each with its reason
    gradients["W"].result                      # a SymPy expression, in index form
    gradients["W"].matrix_form                 # x.T @ dz
    gradients["W"].latex()                     # also .text() and .html()
    gradients["W"].evaluate(x=x, W=W, b=b, dz=dz)

    sb.layers.names()                          # the shelf; sb.layers.get("batch_norm"), sb.layers.linear
    sb.compose("mlp", linear, relu, linear)    # layers in a row are a Layer
    sb.read_layer("my.layer")                  # a layer from a file or from text
    sb.testing.assert_gradient(forward, backward, "x[N,D], W[D,H] -> z[N,H]")     # in a test
    sb.claims.sign_coupled(neuron, "w", assuming="x > 0")     a verdict, with its proof or its witness
    sb.jacobian(layer, of="z", wrt="W"); sb.hessian(cost, "W"); sb.directional_derivative(cost, "W", "u")

Text from outside is read by a grammar of the project's own, never run. Whatever can't be read raises
NotationError, which says where, and what would have been right. Every name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbackprop import claims, layers, testing
    from symbackprop.backprop import derive
    from symbackprop.checking import check
    from symbackprop.code_checking import check_code
    from symbackprop.derivation import Conventions, Derivation, MatrixForm, Reason, Reference, Step
    from symbackprop.jacobians import directional_derivative, hessian, jacobian
    from symbackprop.language.equations import Assumption, Equation
    from symbackprop.language.errors import NotationError
    from symbackprop.language.tensors import Dim, Index, Tensor
    from symbackprop.layer import Layer
    from symbackprop.layer_text import read_layer
    from symbackprop.network import compose

__version__ = "0.1.0"

_HOME: dict[str, str] = {
    "Assumption": "language.equations",
    "Equation": "language.equations",
    "Conventions": "derivation",
    "Derivation": "derivation",
    "MatrixForm": "derivation",
    "Reason": "derivation",
    "Reference": "derivation",
    "Step": "derivation",
    "Dim": "language.tensors",
    "Index": "language.tensors",
    "Tensor": "language.tensors",
    "Layer": "layer",
    "compose": "network",
    "read_layer": "layer_text",
    "NotationError": "language.errors",
    "derive": "backprop",
    "jacobian": "jacobians",
    "hessian": "jacobians",
    "directional_derivative": "jacobians",
    "check": "checking",
    "check_code": "code_checking",
}
_PARTS = ("claims", "layers", "testing")

__all__ = [
    "Assumption",
    "Conventions",
    "Derivation",
    "Dim",
    "Equation",
    "Index",
    "Layer",
    "MatrixForm",
    "NotationError",
    "Reason",
    "Reference",
    "Step",
    "Tensor",
    "__version__",
    "check",
    "check_code",
    "claims",
    "compose",
    "derive",
    "directional_derivative",
    "hessian",
    "jacobian",
    "layers",
    "read_layer",
    "testing",
]


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return import_module(f"symbackprop.{name}")
    if name not in _HOME:
        raise AttributeError(f"symbackprop has no {name!r}; it offers {', '.join(sorted(__all__))}")
    value = getattr(import_module(f"symbackprop.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
