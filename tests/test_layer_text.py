"""Layers from files and from one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbackprop.language.errors import NotationError
from symbackprop.layer_text import LARGEST, read_layer

WHOLE = """
# Xavier's linear layer
name: a linear layer
source: any textbook: chapter 3
assume: N > 1
assume: D > 1

x[N,D], W[D,H],
b[H]
  -> z[N,H]

# the equation
z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h]
"""


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "linear.layer"
    file.write_text(WHOLE)
    layer = read_layer(file)
    assert (layer.name, layer.source) == ("a linear layer", "any textbook: chapter 3")
    assert [t.name for t in layer.inputs] == ["x", "W", "b"] and [t.name for t in layer.outputs] == ["z"]
    assert len(layer.assumptions) == 2


def test_a_file_is_named_after_its_stem(tmp_path: Path) -> None:
    (tmp_path / "square.layer").write_text("x -> y\ny = x**2")
    assert read_layer(str(tmp_path / "square.layer")).name == "square"


@pytest.mark.parametrize(
    "text",
    [
        "x[N] -> y[N]; y = x*x",
        "x[N] -> y[N]; a = x*x; y = a",
        "x[N]\n->\ny[N]\ny = x*x",
        "x[N] ->\n y[N]; y = x*x",
        "\ufeffx[N] -> y[N]\r\ny = x*x".lstrip("\ufeff"),
    ],
)
def test_one_line_and_many(text: str) -> None:
    layer = read_layer(text)
    assert [t.name for t in layer.inputs] == ["x"] and layer.outputs[0].name == "y"


def test_outputs_over_several_lines() -> None:
    assert [t.name for t in read_layer("x[N] -> y[N],\nz[N]\ny = x\nz = 2*x").outputs] == ["y", "z"]


@pytest.mark.parametrize(("line", "text"), [(4, "# one\n\nx[N] -> y[N]\ny = q"), (3, "x[N]\n -> y[N]\ny = q"), (1, "q -> ")])
def test_errors_name_the_line_of_the_text(line: int, text: str) -> None:
    with pytest.raises(NotationError) as caught:
        read_layer(text)
    assert caught.value.line == line


def test_a_long_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.layer").write_text("x -> y\ny = x\n" + "#" * LARGEST)
    with pytest.raises(ValueError, match="larger"):
        read_layer(tmp_path / "long.layer")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_layer(tmp_path / "none.layer")
