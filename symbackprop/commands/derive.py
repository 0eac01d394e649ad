"""symbackprop derive: a layer -> the derivation of its gradients, in any format."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from symbackprop.commands.layer_argument import FORMS, layer_from
from symbackprop.commands.layers import FORMATS
from symbackprop.commands.refusal import plain_words, show, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbackprop.derivation import Derivation
    from symbackprop.layer import Layer

STEP0 = ("0", "1/2", "1", "open")


@click.command(epilog=f"\b\n{FORMS}")
@click.argument("layer")
@click.option(
    "--wrt",
    "-w",
    multiple=True,
    metavar="NAME",
    help="Derive for this variable; may be repeated. [default: every input]",
)
@click.option("--detail", type=click.Choice(("brief", "normal", "full")), default="normal", show_default=True)
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--step0",
    type=click.Choice(STEP0),
    default="0",
    show_default=True,
    help="The convention Step(0); open leaves it the symbol s₀.",
)
@click.option(
    "--layout",
    type=click.Choice(("denominator", "numerator")),
    default="denominator",
    show_default=True,
    help="Gradients shaped like their variable, or transposed.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write to this file.")
def derive(
    layer: str, wrt: tuple[str, ...], detail: str, form: str, step0: str, layout: str, output: Path | None
) -> None:
    """Derive the gradients of LAYER.

    \b
    symbackprop derive linear --wrt W
    symbackprop derive batch_norm --wrt x --detail full
    symbackprop derive conv2d:stride=2,padding=1 --format html --output conv2d.html
    symbackprop derive 'x[N,D] -> y[N,D]; y = relu(x)' --step0 open
    symbackprop derive my.layer --format latex
    """
    stated = layer_from(layer)
    with plain_words():
        family = _family(stated, step0, layout)
        chosen = [family[name] for name in _variables(stated, family, wrt)]
        text = str(import_module(f"symbackprop.render.{form}").derivations(stated, chosen, detail))
    show(text, output)


def _family(layer: Layer, step0: str, layout: str) -> Mapping[str, Derivation]:
    import sympy as sp

    from symbackprop.backprop import derive as derive_layer

    value = {"0": sp.Integer(0), "1/2": sp.Rational(1, 2), "1": sp.Integer(1), "open": None}[step0]
    return derive_layer(layer, step0=value, layout=layout)


def _variables(layer: Layer, family: Mapping[str, Derivation], wrt: tuple[str, ...]) -> list[str]:
    """The variables asked for, or every input that has a gradient."""
    for name in wrt:
        if name not in family:
            raise unknown(f"variable of {layer.name}", name, tuple(family))
    return list(wrt) or [t.name for t in layer.inputs if t.name in family]
