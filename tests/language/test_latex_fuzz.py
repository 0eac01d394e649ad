"""Whatever the text, the LaTeX reader gives equations that write back, or refuses with a place in the text; and at once."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError
from symbackprop.language.latex import book_of, read_as, read_latex
from symbackprop.language.latex.commands import KNOWN
from symbackprop.language.latex.statements import statements
from symbackprop.language.notation import read_assignments
from symbackprop.language.scope import scope_of
from symbackprop.layers.shelf import named
from tests.language.latex_corpus import EVERY, Row

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
LAYERS = ["linear", "relu", "batch_norm", "quadratic_form", "mlp:target=one_hot", "rnn", "conv1d"]

words = st.sampled_from(
    [
        *sorted("\\" + k for k in KNOWN),
        "x",
        "W",
        "b",
        "dz",
        "dW",
        "z",
        "n",
        "d",
        "h",
        "A",
        "i",
        "j",
        "1",
        "2",
        "0",
        "12",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "_",
        "^",
        "+",
        "-",
        "*",
        "/",
        "=",
        "<",
        ">",
        ",",
        "'",
        "|",
        "&",
        "\\\\",
        " ",
        "\n",
        "$",
        ";",
        r"\frac{1}{2}",
        r"\sum_n",
        r"x_{nd}",
        r"dz_{nh}",
        r"W_{dh}",
        r"^\top",
        r"\frac{\partial C}{\partial W}",
        r"\begin{cases}",
        r"\end{cases}",
        r"\mathbb{1}[x>0]",
        r"\operatorname{softmax}",
        r"\left(",
        r"\right)",
        "δ",
        "∂",
        "\u202e",
    ]
)
soup = st.lists(words, max_size=40).map("".join)
text = st.text(max_size=200)
formula = st.sampled_from([row.latex for row in EVERY])


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A formula of the corpus with a few pieces cut, doubled or replaced."""
    latex = draw(formula)
    for _ in range(draw(st.integers(1, 4))):
        a = draw(st.integers(0, len(latex)))
        b = min(len(latex), a + draw(st.integers(0, 6)))
        latex = latex[:a] + draw(st.one_of(words, st.just(""), st.just(latex[a:b] * 2))) + latex[b:]
    return latex


def reads_or_refuses(layer: str, latex: str) -> None:
    scope = scope_of(named(layer))
    start = time.process_time()
    try:
        read = read_latex(latex, scope)
    except NotationError as error:
        assert error.message
        assert 1 <= error.line <= latex.count("\n") + 1
        str(error)
        return
    finally:
        assert time.process_time() - start < 2
    for equation in read:
        said = read_as(equation)
        if (
            isinstance(equation, Equation)
            and equation.tensor.name in scope.tensors
            and "_place" not in said
            and "'" not in said
            and len(read) == 1
        ):
            read_assignments(said.removeprefix("read as "), scope)


marks = st.sampled_from(
    [
        "$",
        "$$",
        "\\[",
        "\\]",
        "\\(",
        "\\begin{align}",
        "\\end{align}",
        "\\begin{equation*}",
        "\\end{equation*}",
        "\\begin{document}",
        "\\end{document}",
        "\\begin{verbatim}",
        "\\end{verbatim}",
        "\\verb|",
        "|",
        "%",
        "\n",
        "\n\n",
        "prose ",
        "\\text{where }",
        "\\text{by the chain rule}",
        "\\quad",
        "\\pdv{C}{W}",
        "\\forall i",
    ]
)
document = st.lists(st.one_of(marks, formula, words), max_size=25).map("".join)


def document_is_told(layer: str, latex: str) -> None:
    scope = scope_of(named(layer))
    start = time.process_time()
    for statement in statements(book_of(latex, scope)):
        assert 1 <= statement.line <= latex.count("\n") + 1
        assert statement.column >= 1
        if isinstance(statement.read, NotationError):
            assert str(statement.read)
        else:
            assert statement.left is not None
            read_as(statement.read)
    assert time.process_time() - start < 4


settled = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@settled
@given(st.sampled_from(LAYERS), st.one_of(soup, text, mangled()))
def test_any_text_is_read_or_refused(layer: str, latex: str) -> None:
    reads_or_refuses(layer, latex)


@settled
@given(st.sampled_from(EVERY), st.data())
def test_a_mangled_formula_is_read_or_refused_for_its_layer(row: Row, data: st.DataObject) -> None:
    reads_or_refuses(row.layer, data.draw(mangled()))


@settled
@given(st.sampled_from(LAYERS), document)
def test_every_formula_of_a_document_is_told(layer: str, latex: str) -> None:
    document_is_told(layer, latex)


@pytest.mark.fuzz
def test_a_long_run_is_clean() -> None:
    end = time.monotonic() + SECONDS

    @settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(LAYERS), st.one_of(soup, text, mangled(), mangled()))
    def run(layer: str, latex: str) -> None:
        reads_or_refuses(layer, latex)

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(LAYERS), st.one_of(document, mangled()))
    def documents(layer: str, latex: str) -> None:
        document_is_told(layer, latex)

    while time.monotonic() < end:
        run()
        documents()


@pytest.mark.parametrize("text", [r"J^{}=\MAX_{0\[<{}}", r"dz = \sum_{n < 3 \quad x} x_{nd}"])
def test_below_a_sum_stands_a_whole_condition(text: str) -> None:
    with pytest.raises(NotationError):
        read_latex(text, scope_of(named("linear")))
