"""The shelf: names, options, errors that say what would have been right, and nothing read before it is asked for."""
from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

import symbackprop as sb
from symbackprop import layers
from symbackprop.layer import Layer
from symbackprop.layers.shelf import Text, choice, flag, layer, number, put, whole

VARIANTS = [(name, options) for name in layers.names() for options in layers.entry(name).variants()]


def test_a_layer_is_an_attribute_and_the_same_object_each_time() -> None:
    assert isinstance(sb.layers.linear, Layer)
    assert sb.layers.linear is layers.get("linear") is layers.named(" linear ")


def test_a_layer_called_with_options_is_the_layer_with_these_options() -> None:
    strided = sb.layers.conv2d(stride=2, padding=1)
    assert strided is layers.get("conv2d", padding=1, stride=2) is layers.named("conv2d:stride=2,padding=1")
    assert strided.name == "conv2d:stride=2,padding=1"
    assert strided() is sb.layers.conv2d


def test_only_layers_of_the_shelf_can_be_called() -> None:
    own = Layer("own", "x[N] -> y[N]", "y = x")
    with pytest.raises(TypeError, match="own is no layer of the shelf"):
        own(stride=2)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_a_layers_name_brings_it_back(name: str, options: dict[str, object]) -> None:
    made = layers.get(name, **options)
    assert layers.named(made.name) is made


@pytest.mark.parametrize("name", layers.names())
def test_an_entry_says_what_it_is(name: str) -> None:
    entry = layers.entry(name)
    assert entry.name == name
    assert entry.summary
    assert name in layers.names(entry.family)
    assert entry.make() is not entry.make()


def test_variants_try_every_option_alone_and_all_together() -> None:
    tried = [{**layers.entry("conv1d").settle(o)} for o in layers.entry("conv1d").variants()]
    assert {"stride": 1, "padding": 0, "bias": True} in tried
    assert {"stride": 2, "padding": 0, "bias": True} in tried
    assert {"stride": 1, "padding": 0, "bias": False} in tried
    assert {"stride": 2, "padding": 1, "bias": False} in tried


@pytest.mark.parametrize(("wrong", "hint"), [
    ("linaer", "did you mean linear"), ("Conv2D", "did you mean conv2d"), ("entropy", "cross_entropy"),
    ("zzz", "lists them"),
])
def test_an_unknown_layer_is_refused_with_the_nearest_names(wrong: str, hint: str) -> None:
    with pytest.raises(LookupError, match=hint):
        layers.named(wrong)
    assert not hasattr(layers, wrong)


@pytest.mark.parametrize(("wrong", "says"), [
    ("conv2d:strid=2", "no option 'strid'; it has stride"),
    ("conv2d:stride=0", "a whole number from 1 on"),
    ("conv2d:stride=-1", "a whole number from 1 on"),
    ("conv2d:stride=9999999", "a whole number from 1 on"),
    ("conv2d:stride", "write name=value"),
    ("conv2d:bias=maybe", "true or false"),
    ("gelu:approximate=erf", "one of none, tanh"),
    ("elu:alpha=1e999999999", "a number, or symbolic"),
    ("elu:alpha=__import__('os')", "a number, or symbolic"),
    ("huber_loss:delta=0", "it should be positive"),
    ("linear:stride=2", "it has bias"),
    ("relu:inplace=true", "it has none"),
])
def test_a_wrong_option_is_refused_with_what_would_be_right(wrong: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        layers.named(wrong)


@pytest.mark.parametrize(("option", "value", "read"), [
    (whole(1), 3, 3), (whole(None, least=1), None, None), (whole(None, least=1), "symbolic", None),
    (number(1), 0.5, Fraction(1, 2)), (number(1), "3/2", Fraction(3, 2)), (number(1), -2, Fraction(-2)),
    (number(1), None, None), (flag(True), False, False), (flag(True), "false", False), (choice("a", "b"), "b", "b"),
])
def test_an_option_reads_its_value(option: layers.Option, value: object, read: object) -> None:
    assert option.read(str(value)) == read


def test_no_two_entries_have_one_name() -> None:
    with pytest.raises(ValueError, match="has a linear already, in the family connections"):
        put(layers.entry("linear"))
    with pytest.raises(ValueError, match="has a relu already"):
        @layer()
        def relu() -> Text:
            """y = x."""
            return Text("x[N] -> y[N]", "y = x")


def test_importing_the_shelf_reads_no_layer() -> None:
    script = ("import sys, symbackprop.layers as l; "
              "print('symbackprop.language.notation' in sys.modules, len(l.names()) > 50)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_every_function_of_the_field_that_is_an_activation_is_on_the_shelf() -> None:
    from symbackprop.language.functions import TABLE
    from symbackprop.layers.activations import ELEMENTARY, SAID_ELSEWHERE, TORCH_NAME
    rest = set(TABLE) - ELEMENTARY - SAID_ELSEWHERE
    assert {TORCH_NAME.get(name, name) for name in rest} <= set(layers.names("activations"))
