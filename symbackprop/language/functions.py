"""The scalar functions of the field: one row a function says all there is to know of it.

A row holds, in the project's own notation, the definition and the derivative with respect to each
parameter that can be differentiated, the places where it has a kink, and how it is shown. A kink is
given by expressions that are 0 there. Nothing else in the project knows a function by name:
derivation, evaluation, proofs and pages all follow from the row.

exp, log, sqrt, sin, cos, atan and erf are primitive: they are SymPy's own, their rows have no definition.
`step` and `sign` take the convention in force at 0; their definitions name it `step0` and `sign0`.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import sympy as sp

from symbackprop.language.tensors import expression


@dataclass(frozen=True)
class Function:
    """A row: f(parameters) = definition, ∂f/∂p = derivatives[p], not smooth where a kink expression is 0.

    `parameters` lists names, a default after `=`. `sign` is what every value is known to be.
    `latex` and `symbol` are the upright names in LaTeX and in Unicode text.
    """

    name: str
    parameters: str
    definition: str
    derivatives: dict[str, str] = field(hash=False)
    kinks: tuple[str, ...] = ()
    sign: str = ""
    latex: str = ""
    symbol: str = ""
    source: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in order."""
        return tuple(p.split("=")[0].strip() for p in self.parameters.split(","))

    @property
    def defaults(self) -> dict[str, str]:
        """The default of each parameter that has one, in notation."""
        pairs = (p.split("=") for p in self.parameters.split(","))
        return {p[0].strip(): p[1].strip() for p in pairs if len(p) == 2}


class FieldFunction(sp.Function):
    """A function of the table, as a SymPy Function; its class attribute `entry` is its row."""

    entry: ClassVar[Function]

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_is_positive(self) -> bool | None:
        return True if self.entry.sign == "positive" else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.entry.sign in ("positive", "nonnegative") else None

    def _eval_derivative(self, _s: Any) -> sp.Expr:
        raise TypeError("differentiate with symbackprop.derive")


def _rows() -> tuple[Function, ...]:
    F = Function
    selu_scale, selu_alpha = "1.0507009873554804934193349852946", "1.6732632423543772848170429916717"
    gauss = "exp(-x**2/2)/sqrt(2*pi)"
    inner, inner_slope = "sqrt(2/pi)*(x + 0.044715*x**3)", "sqrt(2/pi)*(1 + 0.134145*x**2)"
    clipped = "where(x < low, low, where(x > high, high, x))"
    clipped_slopes = {"x": "step(x - low)*step(high - x)", "low": "where(x < low, 1, 0)",
                      "high": "where(x < low, 0, where(x > high, 1, 0))"}
    return (
        F("abs", "x", "where(x > 0, x, -x)", {"x": "sign(x)"}, ("x",), "nonnegative"),
        F("sign", "x", "where(x > 0, 1, where(x < 0, -1, sign0))", {"x": "0"}, ("x",), latex=r"\operatorname{sign}"),
        F("step", "x", "where(x > 0, 1, where(x < 0, 0, step0))", {"x": "0"}, ("x",), "nonnegative",
          latex=r"\operatorname{Step}", symbol="Step"),
        F("maximum", "x, y", "where(x > y, x, y)", {"x": "step(x - y)", "y": "1 - step(x - y)"}, ("x - y",), latex=r"\max", symbol="max"),
        F("minimum", "x, y", "where(x < y, x, y)", {"x": "step(y - x)", "y": "1 - step(y - x)"}, ("x - y",), latex=r"\min", symbol="min"),
        F("clip", "x, low, high", clipped, clipped_slopes, ("x - low", "x - high")),
        F("tan", "x", "sin(x)/cos(x)", {"x": "1 + tan(x)**2"}, latex=r"\tan"),
        F("sinh", "x", "(exp(x) - exp(-x))/2", {"x": "cosh(x)"}, latex=r"\sinh"),
        F("cosh", "x", "(exp(x) + exp(-x))/2", {"x": "sinh(x)"}, (), "positive", latex=r"\cosh"),
        F("tanh", "x", "(exp(x) - exp(-x))/(exp(x) + exp(-x))", {"x": "1 - tanh(x)**2"}, latex=r"\tanh"),
        F("sigmoid", "x", "1/(1 + exp(-x))", {"x": "sigmoid(x)*(1 - sigmoid(x))"}, (), "positive", latex=r"\sigma", symbol="σ"),
        F("log_sigmoid", "x", "-log(1 + exp(-x))", {"x": "1 - sigmoid(x)"}, latex=r"\log\sigma", symbol="log σ"),
        F("softplus", "x", "log(1 + exp(x))", {"x": "sigmoid(x)"}, (), "positive"),
        F("relu", "x", "where(x > 0, x, 0)", {"x": "step(x)"}, ("x",), "nonnegative", latex=r"\operatorname{ReLU}", symbol="ReLU"),
        F("leaky_relu", "x, slope=0.01", "where(x > 0, x, slope*x)", {"x": "slope + (1 - slope)*step(x)", "slope": "x*(1 - step(x))"},
          ("x",), latex=r"\operatorname{LReLU}", symbol="LReLU", source="Maas et al. 2013"),
        F("elu", "x, alpha=1", "where(x > 0, x, alpha*(exp(x) - 1))", {"x": "where(x > 0, 1, alpha*exp(x))", "alpha": "where(x > 0, 0, exp(x) - 1)"},
          ("x",), latex=r"\operatorname{ELU}", symbol="ELU", source="Clevert et al. 2016"),
        F("selu", "x", f"{selu_scale}*where(x > 0, x, {selu_alpha}*(exp(x) - 1))",
          {"x": f"{selu_scale}*where(x > 0, 1, {selu_alpha}*exp(x))"}, ("x",), latex=r"\operatorname{SELU}", symbol="SELU", source="Klambauer et al. 2017"),
        F("celu", "x, alpha=1", "where(x > 0, x, alpha*(exp(x/alpha) - 1))",
          {"x": "where(x > 0, 1, exp(x/alpha))", "alpha": "where(x > 0, 0, exp(x/alpha) - 1 - x/alpha*exp(x/alpha))"},
          ("x",), latex=r"\operatorname{CELU}", symbol="CELU", source="Barron 2017"),
        F("silu", "x", "x*sigmoid(x)", {"x": "sigmoid(x) + x*sigmoid(x)*(1 - sigmoid(x))"}, latex=r"\operatorname{SiLU}", symbol="SiLU", source="Hendrycks & Gimpel 2016"),
        F("mish", "x", "x*tanh(softplus(x))", {"x": "tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))**2)"}, source="Misra 2019"),
        F("gelu", "x", "x*(1 + erf(x/sqrt(2)))/2", {"x": f"(1 + erf(x/sqrt(2)))/2 + x*{gauss}"}, latex=r"\operatorname{GELU}", symbol="GELU", source="Hendrycks & Gimpel 2016"),
        F("gelu_tanh", "x", f"x*(1 + tanh({inner}))/2", {"x": f"(1 + tanh({inner}))/2 + x*(1 - tanh({inner})**2)*{inner_slope}/2"},
          latex=r"\operatorname{GELU}_{\tanh}", symbol="GELU_tanh", source="Hendrycks & Gimpel 2016"),
        F("hardsigmoid", "x", "where(x < -3, 0, where(x > 3, 1, x/6 + 1/2))", {"x": "step(x + 3)*step(3 - x)/6"}, ("x + 3", "x - 3"), "nonnegative"),
        F("hardtanh", "x, low=-1, high=1", clipped, clipped_slopes, ("x - low", "x - high")),
        F("hardswish", "x", "where(x < -3, 0, where(x > 3, x, x*(x + 3)/6))", {"x": "where(x <= -3, 0, where(x >= 3, 1, x/3 + 1/2))"}, ("x + 3", "x - 3"), source="Howard et al. 2019"),
        F("relu6", "x", "where(x < 0, 0, where(x > 6, 6, x))", {"x": "step(x)*step(6 - x)"}, ("x", "x - 6"), "nonnegative", latex=r"\operatorname{ReLU6}", symbol="ReLU6"),
        F("softsign", "x", "x/(1 + abs(x))", {"x": "1/(1 + abs(x))**2"}),
    )


TABLE: dict[str, Function] = {row.name: row for row in _rows()}
CLASSES: dict[str, type[FieldFunction]] = {
    row.name: cast("type[FieldFunction]", type(row.name, (FieldFunction,), {"entry": row, "nargs": len(row.names), "__module__": __name__}))
    for row in TABLE.values()
}
PRIMITIVES: dict[str, Any] = {"exp": sp.exp, "log": sp.log, "sin": sp.sin, "cos": sp.cos, "atan": sp.atan, "erf": sp.erf}


def apply(name: str, *arguments: sp.Expr | int) -> sp.Expr:
    """f(arguments) for a function of the table or a primitive; a missing argument takes its default.

    A number in the first place of `maximum` and `minimum` goes to the second, so that max(0, x) is relu-like.
    """
    values = [expression(a) for a in arguments]
    if name == "sqrt":
        return sp.sqrt(values[0])
    if name in PRIMITIVES:
        return cast(sp.Expr, PRIMITIVES[name](*values))
    if name in ("maximum", "minimum") and values[0].is_Number and not values[1].is_Number:
        values.reverse()
    return cast(sp.Expr, CLASSES[name](*values))
