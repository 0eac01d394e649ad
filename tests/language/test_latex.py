"""LaTeX is read with the meaning that its writer has, or refused where it stands; hostile text is refused at once."""

from __future__ import annotations

import time
from functools import cache

import pytest
import sympy as sp

from symbackprop.algebra.convert import poly
from symbackprop.algebra.equality import prove
from symbackprop.language.equation_reader import DerivativeEquation
from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError, ShapeMismatch
from symbackprop.language.latex import Ambiguous, read_as, read_latex, read_steps
from symbackprop.language.notation import read_assignments
from symbackprop.language.scope import Scope, scope_of
from symbackprop.language.substitution import substitute
from symbackprop.layer import Layer
from symbackprop.layers.shelf import named
from tests.language.latex_corpus import CORPUS, REFUSED, Row
from tests.limits import at_most


@cache
def layer_named(name: str) -> Layer:
    return named(name)


def scope_for(name: str) -> Scope:
    return scope_of(layer_named(name))


Read = Equation | DerivativeEquation


def options_of(row: Row) -> dict[str, object]:
    return {k: v for k, v in row.options.items() if k not in ("refused", "steps")}


def readings(row: Row) -> list[Read]:
    scope = scope_for(row.layer)
    left = "" if "=" not in row.latex or row.options.get("target") else row.latex
    target = None if has_left(left) else scope.tensors["d" + row.variable]
    return read_latex(row.latex, scope, target, **options_of(row))  # type: ignore[arg-type]


def has_left(latex: str) -> bool:
    """Whether an = stands outside brackets."""
    depth = 0
    for c in latex.replace(r"\{", "{").replace(r"\}", "}"):
        depth += (c in "([{") - (c in ")]}")
        if c == "=" and depth <= 0:
            return True
    return False


def intended(row: Row) -> Read:
    text = row.meaning if has_left(row.meaning) else f"d{row.variable} = {row.meaning}"
    (made,) = read_assignments(text, scope_for(row.layer))
    return made


def aligned(read: Read, meant: Read) -> sp.Expr:
    """The right side that was read, at the indices of what is meant."""
    if isinstance(read, DerivativeEquation) and isinstance(meant, DerivativeEquation):
        places = [i for c in read.left.args for i in c.indices]
        wanted = [i for c in meant.left.args for i in c.indices]
        assert [c.tensor for c in read.left.args] == [c.tensor for c in meant.left.args]
    else:
        assert isinstance(read, Equation) and isinstance(meant, Equation), "a gradient was read as a local derivative, or the reverse"
        assert read.tensor == meant.tensor
        places, wanted = list(read.left.indices), list(meant.left.indices)
    return substitute(read.right, dict(zip(places, wanted, strict=True)))


def same(layer: Layer, a: sp.Expr, b: sp.Expr) -> bool:
    return (
        a == b
        or poly(a) == poly(b)
        or prove(a, b, (), layer.assumptions) is not None
        or prove(a, b, layer.equations, layer.assumptions) is not None
    )


@pytest.mark.parametrize("row", CORPUS, ids=lambda r: f"{r.layer}-{r.variable}-{r.latex[:40]}")
def test_a_formula_has_the_meaning_of_its_writer(row: Row) -> None:
    meant = intended(row)
    every = readings(row)
    assert every
    for read in every[-row.options.get("steps", len(every)) :]:
        assert same(layer_named(row.layer), aligned(read, meant), meant.right), read_as(read)


@pytest.mark.parametrize("row", REFUSED, ids=lambda r: f"{r.layer}-{r.variable}-{r.latex[:40]}")
def test_what_isnt_clear_is_refused(row: Row) -> None:
    with pytest.raises(NotationError):
        readings(row)


def test_the_corpus_is_large_and_over_the_whole_shelf() -> None:
    assert len(CORPUS) >= 200


# ---- what is said when something is wrong


def refusal(latex: str, layer: str = "linear", **options: object) -> NotationError:
    with pytest.raises(NotationError) as caught:
        read_latex(latex, scope_for(layer), **options)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    ("latex", "at", "said"),
    [
        (r"dW = x^\top (dz", 13, "never closed"),
        (r"dW = x^\top dz)", 15, "isn't expected"),
        (r"dW = \gama", 6, r"did you mean \gamma"),
        (r"dW = x^\top \delta", 13, "names="),
        (r"dW = \frac{x^\top dz}", 22, "missing"),
        (r"dW = x^\top + ", 14, "an operand is expected"),
        (r"dW_{ij} = \sum_n x_{ni} dz_{nk}", 30, "sum over it"),
        (r"dW = x_{n,d,k}", 6, "nothing that the layer has"),
        (r"dW = x^{\top", 8, "never closed"),
        (r"dW = \begin{pmatrix} 1 \end{pmatrix}", 6, "environment"),
        (r"dW = \mathbb{E}[x]", 6, "nothing that the layer has"),
    ],
)
def test_an_error_stands_where_it_is(latex: str, at: int, said: str) -> None:
    error = refusal(latex)
    assert (error.line, error.column) == (1, at), str(error)
    assert said in str(error)


def test_an_ambiguity_shows_its_readings_and_what_settles_it() -> None:
    error = refusal(r"dA = x x", "quadratic_form")
    assert isinstance(error, Ambiguous)
    assert len(error.readings) == 3
    assert error.hint


def test_one_index_on_a_matrix_is_settled_by_a_name() -> None:
    latex = r"dx_i = dy_i \odot (1 - y_i^2)"
    assert isinstance(refusal(latex, "tanh"), Ambiguous)
    names = {"dx_i": "dx[i,:]", "dy_i": "dy[i,:]", "y_i": "y[i,:]"}
    (read,) = read_latex(latex, scope_for("tanh"), names=names)
    assert read_as(read) == "read as dx[i,d] = dy[i,d]*(1 - y[i,d]**2)"


def test_a_wrong_shape_is_told_from_a_wrong_gradient() -> None:
    error = refusal(r"dW = dz^\top x")
    assert isinstance(error, ShapeMismatch)
    assert tuple(map(str, error.expected)) == ("D", "H") and tuple(map(str, error.found)) == ("H", "D")
    assert "layout" in error.hint


def test_a_gradient_in_numerator_layout_is_a_row() -> None:
    latex = r"\frac{\partial C}{\partial x} = x^\top (A + A^\top)"
    assert isinstance(refusal(latex, "quadratic_form"), ShapeMismatch)
    (read,) = read_latex(latex, scope_for("quadratic_form"), layout="numerator")
    assert read_as(read) == "read as dx[d] = sum[e](x[e]*(A[d,e] + A[e,d]))"


def test_a_chain_of_equalities_is_one_step_a_line() -> None:
    latex = r"""\begin{align}
        \frac{\partial C}{\partial x_{nd}} &= \sum_h \frac{\partial C}{\partial z_{nh}} \frac{\partial z_{nh}}{\partial x_{nd}} \\
        &= \sum_h dz_{nh} W_{dh} \\
        &= (dz\, W^\top)_{nd} \tag{7}
    \end{align}"""
    said = [read_as(e) for e in read_latex(latex, scope_for("linear"))]
    assert said == ["read as dx[n,d] = sum[h](dz[n,h]*d(z[n,h], x[n,d]))", *["read as dx[n,d] = sum[h](dz[n,h]*W[d,h])"] * 2]


def test_helpers_are_known_to_the_lines_after_them() -> None:
    latex = "\\delta_2 = \\frac{1}{N}(p - y)\n\\delta_1 = (\\delta_2 W_2^\\top) \\odot 1[z_1 > 0]\ndW_1 = x^\\top \\delta_1"
    names = [e.tensor.name for e in read_latex(latex, scope_for("mlp:target=one_hot")) if isinstance(e, Equation)]
    assert names == ["delta2", "delta1", "dW1"]


def test_counting_from_one_shifts_literal_places() -> None:
    (read,) = read_latex(r"dx_d = x_1 A_{1d}", scope_for("quadratic_form"), base=1)
    assert read_as(read) == "read as dx[d] = x[0]*A[0,d]"


def test_a_product_of_sums_keeps_its_indices_apart() -> None:
    (read,) = read_latex(r"dx_{nd} = \sum_h dz_{nh} W_{dh} \sum_h b_h", scope_for("linear"))
    assert isinstance(read, Equation)
    (meant,) = read_assignments("dx[n,d] = sum[h](dz[n,h]*W[d,h])*sum[h](b[h])", scope_for("linear"))
    assert isinstance(meant, Equation)
    assert same(layer_named("linear"), aligned(read, meant), meant.right)


def test_reading_is_deterministic() -> None:
    for row in CORPUS[:60]:
        assert [read_as(e) for e in readings(row)] == [read_as(e) for e in readings(row)]


# ---- speed, and hostile text


def test_a_formula_of_five_hundred_characters_takes_less_than_20_ms() -> None:
    part = r"\frac{\gamma_d}{N\sqrt{\sigma_d^2+\epsilon}}\left(N dy_{nd} - \sum_m dy_{md} - \hat{x}_{nd}\sum_m dy_{md}\hat{x}_{md}\right)"
    latex = (r"\frac{\partial C}{\partial x_{nd}} = " + " + ".join([part] * 5))[: 37 + 4 * (len(part) + 3) - 3]
    assert len(latex) >= 500
    scope = scope_for("batch_norm")
    read_latex(latex, scope)

    def once() -> float:
        start = time.process_time()
        read_latex(latex, scope)
        return time.process_time() - start

    assert min(once() for _ in range(7)) < 0.020


HOSTILE = [
    r"\input{/etc/passwd}",
    r"\write18{ls}",
    r"\csname foo\endcsname",
    r"\def\x{\x\x}\x",
    r"\catcode`\%=12",
    r"dW = \newcommand{\a}{b}",
    r"\include{x}",
    r"\directlua{os.execute()}",
    "dW = x\u202e",
    "dW = x\x00",
    "dW = \u200bx",
    "dW = x\x1b[31m",
    "dW = <script>alert(1)</script>",
    r"\href{javascript:0}{x}",
    "dW = __import__",
    "x" * 1_000_000,
    "(" * 10_000,
    "{" * 19_000,
    "dW = " + "(" * 30 + "W" + ")" * 30,
    r"dW = 9^{9^{9^9}} W",
    "9" * 19_000,
    r"dW = e^{10000000} W",
    r"dW = \exp(\exp(\exp(99))) W",
    "dW = " + r"\hat{" * 30 + "x" + "}" * 30,
    "dW = W" + "^{2}" * 500,
    "dW = W" + "'" * 3_000,
    "dW = " + r"\|W+" * 30 + "1" + r"\|" * 30,
    "dW = " + "|" * 900,
    r"dW = \left" * 500,
    "&" * 19_000,
    "\\" * 19_000,
    "_" * 19_000,
    "$" * 19_000,
    "dW_{dh} = " + "".join(rf"\sqrt{{{10**30 + k}}}\cdot " for k in range(50)) + "W_{dh}",
    r"\mathbf" * 2_000,
    "dW " + "= W " * 3_000,
    "",
    "dW = " + r"\operatorname{softmax}(" * 15 + "z" + ")" * 15,
    r"dW = \frac" * 300,
    r"\begin{cases}" * 300,
    r"dW = \text{" + "a" * 100 + "} x",
    "%" * 19_000,
]


@pytest.mark.parametrize("latex", HOSTILE, ids=lambda t: t[:20].encode("unicode_escape").decode())
def test_hostile_text_is_refused_at_once(latex: str) -> None:
    with at_most(0.2):
        error = refusal(latex)
    assert error.message
    assert all(c.isprintable() or c == "\n" for c in str(error))


@pytest.mark.parametrize(
    "names", [{"x": "__class__"}, {"x": "os.system('ls')"}, {r"\input": "x"}, {"": "x"}, {"x": "nothing"}, {"x_i": "W[i,i]"}]
)
def test_names_are_checked(names: dict[str, str]) -> None:
    refusal("dW = x", names=names)


# ---- step by step


def test_a_step_that_cant_be_read_leaves_the_others() -> None:
    latex = (
        r"\frac{\partial C}{\partial W} = \frac{\partial C}{\partial z}\frac{\partial z}{\partial W} = x^\top \frac{\partial C}{\partial z}"
    )
    first, second = read_steps(latex, scope_for("linear"))
    assert isinstance(first, NotationError) and "whole array" in first.message
    assert isinstance(second, Equation) and read_as(second) == "read as dW[d,h] = sum[n](x[n,d]*dz[n,h])"


def test_a_helper_may_have_a_chain_of_its_own() -> None:
    latex = r"\delta_{nh} = 2 dz_{nh} = dz_{nh} + dz_{nh}; dW = \frac12 x^\top \delta"
    said = [read_as(e) for e in read_latex(latex, scope_for("linear"))]
    assert said == ["read as delta[n,h] = 2*dz[n,h]"] * 2 + ["read as dW[d,h] = sum[n](x[n,d]*delta[n,h])/2"]


def test_a_whole_array_may_be_a_helper() -> None:
    latex = "δ = dz; dW_{ij} = ∑_n x_{ni} δ_{nj}"
    said = [read_as(e) for e in read_latex(latex, scope_for("linear"))]
    assert said == ["read as delta[n,h] = dz[n,h]", "read as dW[i,j] = sum[n](x[n,i]*delta[n,j])"]


def test_a_copied_mistake_isnt_read_as_something_else() -> None:
    """Without its transposes, or with a minus for a plus, a formula is refused or means something else."""
    changed = [(row, row.latex.replace(old, new)) for row in CORPUS for old, new in [(r"^\top", ""), (" - ", " + ")] if old in row.latex]
    assert len(changed) > 60
    for row, latex in changed:
        if row.variable in ("C", "lam") or "det" in latex or "tr}" in latex:
            continue  # tr(A) = tr(Aᵀ)
        meant = intended(row)
        try:
            every = readings(Row(row.layer, row.variable, latex, row.meaning, row.options))
        except NotationError:
            continue
        assert not all(poly_same(aligned(read, meant), meant.right) for read in every), latex


def poly_same(a: sp.Expr, b: sp.Expr) -> bool:
    try:
        return poly(a) == poly(b)
    except TypeError:
        return False
