"""LAYER on the command line: the name of a shelf layer with options, a file, or the layer itself as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from symbackprop.commands.refusal import Refusal, plain_words

if TYPE_CHECKING:
    from symbackprop.layer import Layer

SUFFIXES = (".layer", ".txt")
FORMS = """\
LAYER is a name from the shelf, with options (linear, conv2d:stride=2,padding=1), a file
(my.layer: signature, then equations), or text ('x[N,D] -> y[N,D]; y = relu(x)')."""


def layer_from(argument: str) -> Layer:
    """The layer that an argument names, holds or says. Raises Refusal."""
    with plain_words():
        if "->" in argument or _is_file(argument):
            from symbackprop.layer_text import read_layer

            return read_layer(argument)
        return _shelf_layer(argument)


def _shelf_layer(argument: str) -> Layer:
    from symbackprop import layers

    try:
        return layers.named(argument)
    except LookupError as error:
        raise Refusal(str(error.args[0])) from error


def _is_file(argument: str) -> bool:
    return Path(argument).suffix in SUFFIXES or "/" in argument or Path(argument).is_file()
