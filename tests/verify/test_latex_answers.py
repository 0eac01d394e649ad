"""Answers in LaTeX, judged: what is right isn't refuted, what is wrong never passes, and what can't be read is told where it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import symbackprop as sb
from symbackprop.verify.report import Report
from tests.language.latex_corpus import CORPUS, Row
from tests.language.test_latex import has_left
from tests.limits import at_most
from tests.verify.latex_fresh_corpus import AMBIGUOUS, FRESH, REFUSED
from tests.verify.latex_wrong_corpus import WRONG

DELTA = {r"\delta": "dz"}
OPTIONS = ("names", "base", "einstein", "layout")


def check(layer: Any, answers: Any, **options: Any) -> Report:
    return sb.check(layer, answers, **{"form": "latex", **options})


def statuses(report: Report) -> dict[str, str]:
    return {name: v.status for name, v in report.verdicts.items()}


# ---- the corpus of formulas, end to end


def judged(row: Row) -> tuple[set[str], set[str]]:
    """The statuses of a formula of the corpus, and those of what its writer means, in plain notation."""
    options = {k: v for k, v in row.options.items() if k in OPTIONS}
    text = row.latex if has_left(row.latex) and not row.options.get("target") else {row.variable: row.latex}
    meaning = row.meaning if has_left(row.meaning) else f"d{row.variable} = {row.meaning}"
    return set(statuses(check(row.layer, text, **options)).values()), set(statuses(sb.check(row.layer, meaning)).values())


def agrees(row: Row) -> None:
    written, meant = judged(row)
    assert written == meant


@pytest.mark.parametrize("row", CORPUS[::12], ids=lambda r: f"{r.layer}-{r.latex[:30]}")
def test_a_formula_is_judged_as_what_its_writer_means(row: Row) -> None:
    agrees(row)


@pytest.mark.slow
@pytest.mark.parametrize("row", CORPUS, ids=lambda r: f"{r.layer}-{r.latex[:30]}")
def test_every_formula_is_judged_as_what_its_writer_means(row: Row) -> None:
    agrees(row)


@pytest.mark.parametrize(("layer", "latex", "mistake"), WRONG, ids=lambda t: str(t)[:40])
def test_what_is_wrong_never_passes(layer: str, latex: str, mistake: str) -> None:
    report = check(layer, latex)
    assert report.exit_code != 0
    assert set(statuses(report).values()) & {"refuted", "unreadable"}, mistake


def test_there_are_many_wrong_ones_and_most_are_refuted() -> None:
    assert len(WRONG) >= 60
    assert len({mistake for _, _, mistake in WRONG}) >= 8


@pytest.mark.parametrize(("layer", "latex", "options"), FRESH[::5], ids=lambda t: str(t)[:30])
def test_what_papers_and_notes_say_is_read_and_right(layer: str, latex: str, options: dict[str, Any]) -> None:
    assert check(layer, latex, **options).ok


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "latex", "options"), FRESH, ids=lambda t: str(t)[:30])
def test_all_of_what_papers_and_notes_say_is_read_and_right(layer: str, latex: str, options: dict[str, Any]) -> None:
    assert check(layer, latex, **options).ok


@pytest.mark.parametrize(("layer", "latex"), AMBIGUOUS, ids=lambda t: t[:40])
def test_an_ambiguity_shows_its_readings(layer: str, latex: str) -> None:
    (judged,) = check(layer, latex).judged
    assert judged.verdict.status == "unreadable"
    assert "ways" in judged.verdict.message and ", or " in judged.verdict.message


@pytest.mark.parametrize(("layer", "latex"), REFUSED, ids=lambda t: t[:40])
def test_what_isnt_clear_is_unreadable(layer: str, latex: str) -> None:
    found = check(layer, latex).verdicts.values()
    assert found and {v.status for v in found} == {"unreadable"}


# ---- the form, and what can be given


def test_a_mapping_with_the_writers_names() -> None:
    report = check("linear", {"W": r"x^\top \delta", "db": r"\sum_n \delta_n"}, names=DELTA)
    assert statuses(report) == {"W": "proved", "b": "proved"}
    assert report.form == "latex" and report.json()["form"] == "latex"
    assert report.verdicts["W"].read_as == "dW[d,h] = Σ_n x[n,d] dz[n,h]"
    assert report.json()["lines"][0]["read_as"] == "dW[d,h] = Σ_n x[n,d] dz[n,h]"
    assert report.text().startswith("read as  dW[d,h] = Σ_n x[n,d] dz[n,h]\n")


def test_the_ending_of_a_file_tells_its_form(tmp_path: Path) -> None:
    for name, text, form in (
        ("a.tex", r"\[ \nabla_W C = x^\top \nabla_z C \]", "latex"),
        ("a.txt", "dW = x.T @ dz\n", "notation"),
        ("a.py", "dW = np.dot(x.T, dz)\n", "numpy"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        report = sb.check("linear", tmp_path / name)
        assert (report.form, statuses(report)) == (form, {"W": "proved"})
        assert sb.check("linear", str(tmp_path / name)).ok


@pytest.mark.parametrize("form", ["numpy", "torch"])
def test_an_expression_in_source_is_read_for_its_variable(form: str) -> None:
    report = sb.check("linear", {"W": "x.T @ dz", "b": "dz.sum(0)"}, form=form)
    assert statuses(report) == {"W": "proved", "b": "proved"} and report.form == form
    assert statuses(sb.check("linear", "dW = np.dot(dz.T, x)\n", form=form)) == {"W": "refuted"}


def test_latex_taken_for_plain_notation_is_told() -> None:
    report = sb.check("linear", {"W": r"x^\top \delta"})
    assert statuses(report) == {"W": "unreadable"}
    assert any("form='latex'" in note for note in report.verdicts["W"].notes)


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="notation, latex, numpy, torch"):
        sb.check("linear", "dW = x", form="tex")
    with pytest.raises(ValueError, match="form='latex'"):
        sb.check("linear", "dW = x.T @ dz", names=DELTA)
    with pytest.raises(ValueError, match="base is 0 or 1"):
        check("linear", "dW = x", base=2)
    with pytest.raises(TypeError, match="is no source"):
        sb.check("linear", {"W": 3}, form="numpy")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({r"\delta": "dq"}, "it has dx, dW"),
        ({r"\detla": "dz"}, r"did you mean \\delta"),
        ({"delta": "dz"}, r"\\delta"),
        ({r"\delta": "dz.T"}, "like dz, sigmoid"),
        ({"x_j^i": "x[i,i]"}, "doesn't fit"),
        ({"x_j^i": "x[i,j,k]"}, "doesn't fit"),
        ({"\beta": "b"}, "raw string"),
        ({r"\input": "x"}, "refused"),
        ({"": "x"}, "no name"),
    ],
)
def test_names_that_are_wrong_are_refused_at_once(names: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check("linear", {"W": r"x^\top dz"}, names=names)


def test_names_stand_for_functions_phrases_and_components() -> None:
    assert check("sigmoid", r"dx = dy \odot s(x) \odot (1 - s(x))", names={"s": "sigmoid"}).ok
    assert check("linear", r"dW_{ij} = \sum_n x_i^n \delta_j^n", names={"x_i^n": "x[n,i]", r"\delta_j^n": "dz[n,j]"}).ok
    theta = r"\frac{\partial J}{\partial \Theta} = X^\top \frac{\partial J}{\partial Z}"
    assert check("linear", theta, names={r"\Theta": "W", "X": "x", "Z": "z"}).ok
    assert check("linear", r"dW = x^\top \dz", names={r"\dz": "dz"}).ok  # a command of the writer's own
    hidden = r"\frac{\partial C}{\partial \mW_2} = a_1^\top \frac{\partial C}{\partial z_2}"
    assert check("mlp:target=one_hot", hidden, names={r"\mW": "W"}).ok  # the letter of W_2


def test_names_leave_gradients_and_transposes_alone() -> None:
    attention = "scaled_dot_product_attention"
    assert check(attention, r"\frac{\partial L}{\partial Q} = \frac{1}{\sqrt{d}} \frac{\partial L}{\partial S} K", names={"d": "D"}).ok
    both = check(attention, r"\frac{\partial L}{\partial Q} = \frac{1}{\sqrt{d}} dS\, K", names={"d": "D"})
    assert "the gradient of S, or D times S" in both.text()
    assert check("linear", r"dW = \frac{T}{T} x^T dz", names={"T": "N"}).ok


def test_indices_may_count_from_one_and_be_summed_by_einstein() -> None:
    assert check("linear", r"dW_{ij} = x_{ni}\, dz_{nj}", einstein=True).ok
    assert not check("linear", r"dW_{ij} = x_{ni}\, dz_{nj}").ok
    three = "x[3] -> C; C = x[0]*x[1]*x[2]"
    product = r"\frac{\partial C}{\partial x_i} = \delta_{i1} x_2 x_3 + \delta_{i2} x_1 x_3 + \delta_{i3} x_1 x_2"
    assert check(three, product, base=1).ok
    assert not check(three, product, base=0).ok


# ---- shapes and layouts


def test_a_row_for_a_column_is_told_from_a_wrong_gradient() -> None:
    right = check("quadratic_form", r"\frac{\partial C}{\partial x} = x^\top (A + A^\top)")
    assert statuses(right) == {"x": "proved"} and any("row" in n for n in right.verdicts["x"].notes)
    wrong = check("quadratic_form", r"\frac{\partial C}{\partial x} = x^\top (A - A^\top)")
    assert statuses(wrong) == {"x": "refuted"}
    plain = check("quadratic_form", r"\frac{\partial C}{\partial x} = x^\top (A + A^\top)", layout="numerator")
    assert plain.ok and not any("row" in n for n in plain.verdicts["x"].notes)


def test_the_transpose_is_named() -> None:
    report = check("linear", r"\frac{\partial C}{\partial W} = \delta^\top x", names=DELTA)
    assert statuses(report) == {"W": "refuted"}
    assert "it is the transpose of what is asked for" in report.verdicts["W"].notes
    assert check("linear", r"\frac{\partial C}{\partial W} = \delta x", names=DELTA, layout="numerator").ok
    assert statuses(check("linear", r"dW = dz^\top x^\top", layout="numerator")) != {"W": "proved"}


def test_one_index_on_a_matrix_is_said() -> None:
    report = check("linear", r"dW = \sum_n x_n \delta_n^\top", names=DELTA)
    assert report.ok
    assert {"x_n is the row x[n, :]", "dz_n is the row dz[n, :]"} <= set(report.verdicts["W"].notes)
    ambiguous = check("tanh", r"dx_i = dy_i \odot (1 - y_i^2)")
    assert statuses(ambiguous) == {"x": "unreadable"}
    assert "[i, :]" in ambiguous.text() and "[:, i]" in ambiguous.text()


# ---- steps


CHAIN = r"""\begin{align}
  \frac{\partial C}{\partial W_{ij}} &= \sum_{n,k} \frac{\partial C}{\partial z_{nk}} \frac{\partial z_{nk}}{\partial W_{ij}} \label{c} \\
    &= \sum_n x_{ni} \mycommand_{nj} \\
    &= \sum_n x_{ni} \frac{\partial C}{\partial z_{nj}} \nonumber \\
    &= (dz^\top x)_{ij} \\
    &= (x^\top dz)_{ij}  \tag{$\ast$}
\end{align}"""


def test_every_step_has_a_verdict_and_a_place() -> None:
    report = check("linear", CHAIN)
    lines = report.lines["W"]
    assert [v.status for v in lines] == ["proved", "unreadable", "proved", "refuted", "proved"]
    assert [v.where for v in lines] == [f"line {k}, column {c}" for k, c in ((2, 41), (3, 8), (4, 8), (5, 8), (6, 8))]
    assert report.exit_code == 1
    assert lines[3].read_as == "dW[i,j] = Σ_n dz[n,i] x[n,j]"
    assert "mycommand" in lines[1].message and "line 3, column 22" in lines[1].message


def test_helpers_are_known_to_later_lines() -> None:
    text = r"\delta = \frac1N (p - y); \quad dW_2 = a_1^\top \delta, \quad db_2 = \delta^\top \mathbf{1}"
    assert statuses(check("mlp:target=one_hot", text)) == {"W2": "proved", "b2": "proved"}
    wrong = text.replace(r"\frac1N", "")
    assert statuses(check("mlp:target=one_hot", wrong)) == {"W2": "refuted", "b2": "refuted"}


def test_a_helper_may_be_another_name_of_a_gradient_or_a_derivative() -> None:
    text = r"\delta_2 = \frac{\partial C}{\partial z_2} = \frac1N (p - y); \frac{\partial C}{\partial W_2} = a_1^\top \delta_2"
    assert statuses(check("mlp:target=one_hot", text)) == {"z2": "proved", "W2": "proved"}
    assert statuses(check("mlp:target=one_hot", text.replace(r"\frac1N", "")))["z2"] == "refuted"
    softmax = "z[K] -> p[K]; p = softmax(z)"
    jacobian = r"J_{ij} = \frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)"
    assert statuses(check(softmax, jacobian)) == {"d(p[i], z[j])": "proved"}
    assert statuses(check(softmax, jacobian.replace("-", "+"))) == {"d(p[i], z[j])": "refuted"}


def test_a_helper_said_in_two_ways_is_compared() -> None:
    text = r"t = 2 dz = dz + dz; \quad dW = \frac12 x^\top t"
    assert statuses(check("linear", text)) == {"t itself": "proved", "W": "proved"}
    assert statuses(check("linear", text.replace("dz + dz", "dz")))["t itself"] == "undecided"


def test_equations_side_by_side_are_two() -> None:
    text = r"\begin{align} dW &= x^\top dz & db &= dz^\top \mathbf{1} \\ dx &= dz\, W^\top && \text{as above} \end{align}"
    assert statuses(check("linear", text)) == {"W": "proved", "b": "proved", "x": "proved"}


LOCAL = [
    ("linear", r"\frac{\partial z_{nh}}{\partial W_{ij}} = x_{ni} \delta_{hj}", "proved"),
    ("cross_entropy:target=one_hot", r"\frac{\partial p_{nk}}{\partial z_{mj}} = \delta_{nm} p_{nk} (\delta_{kj} - p_{nj})", "proved"),
    ("cross_entropy:target=one_hot", r"\frac{\partial p_{nk}}{\partial z_{mj}} = p_{nk} (\delta_{kj} - p_{nj})", "refuted"),
    ("quadratic_form", r"\frac{\partial^2 C}{\partial x_i \partial x_j} = A_{ij} + A_{ji}", "proved"),
    ("quadratic_form", r"\frac{\partial^2 C}{\partial x_i \partial x_j} = 2 A_{ij}", "refuted"),
    ("batch_norm", r"\frac{\partial \hat{x}_{nd}}{\partial x_{nd}} = \frac{1}{\sqrt{\sigma_d^2 + \epsilon}}", "proved"),
    ("batch_norm", r"\frac{\partial \mu_d}{\partial x_{nd}} = \frac{1}{N}", "proved"),
]


@pytest.mark.parametrize(("layer", "latex", "status"), LOCAL)
def test_local_derivatives_jacobians_and_hessians(layer: str, latex: str, status: str) -> None:
    assert list(statuses(check(layer, latex)).values()) == [status]


PATHS = (
    r"\frac{\partial C}{\partial x_{nd}} = \frac{\partial C}{\partial \hat x_{nd}} \frac{\partial \hat x_{nd}}{\partial x_{nd}}"
    r" + \frac{\partial C}{\partial \sigma^2_d} \frac{\partial \sigma^2_d}{\partial x_{nd}}"
    r" + \frac{\partial C}{\partial \mu_d} \frac{\partial \mu_d}{\partial x_{nd}}"
)


def test_a_step_of_the_chain_rule_is_carried_out() -> None:
    assert statuses(check("batch_norm", PATHS)) == {"x": "proved"}
    assert statuses(check("batch_norm", PATHS.rpartition(" + ")[0])) == {"x": "refuted"}
    assert statuses(check("batch_norm", r"dx_{nd} = \sum_m dy_{md} \frac{\partial y_{md}}{\partial x_{nd}}")) == {"x": "proved"}
    assert statuses(sb.check("linear", "dW[i,j] = sum[n,k](dz[n,k]*d(z[n,k], W[i,j]))")) == {"W": "proved"}
    assert statuses(sb.check("linear", "dW[i,j] = sum[n,k](dz[n,k]*d(z[n,k], W[i,k]))")) != {"W": "proved"}


# ---- documents


DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath}  % nothing of this is read
\newcommand{\R}{\mathbb{R}}
\begin{document}
\section{The gradient of $W$}
Let $x \in \mathbb{R}^{N \times D}$ be the input, $N = 32$, and \verb|$dW = 0$| is no formula. % $dW = 0$
We write $\delta = \frac{\partial C}{\partial z}$ for the error. Then
\begin{equation}\label{eq:w}
  \frac{\partial C}{\partial W} = x^\top \delta \quad\text{as $W$ is used once.}
\end{equation}
It costs \$5. By \eqref{eq:w},
$$ \frac{\partial C}{\partial b_h} = \sum_n \delta_{hn}. $$
\begin{align*}
  \frac{\partial C}{\partial x} &= \delta W^\top \\[2pt]
                                &= (W \delta^\top)^\top
\end{align*}
\begin{verbatim}
$dW = 0$
\end{verbatim}
\end{document}
$dW = 0$
"""


def test_of_a_document_the_formulas_are_read(tmp_path: Path) -> None:
    (tmp_path / "homework.tex").write_text(DOCUMENT, encoding="utf-8")
    report = sb.check("linear", tmp_path / "homework.tex")
    assert statuses(report) == {"W": "proved", "b": "refuted", "x": "proved"}
    assert [j.verdict.where.removeprefix("homework.tex:") for j in report.judged] == ["9:35", "12:38", "14:36", "15:36"]
    assert "shape" in report.verdicts["b"].message


def test_formulas_in_a_line_of_prose() -> None:
    assert statuses(check("linear", r"The gradient is $dW = x^\top dz$, and $db_h = \sum_n dz_{nh}$.")) == {"W": "proved", "b": "proved"}
    assert statuses(check("linear", {"W": r"It is $x^\top dz$."})) == {"W": "proved"}
    assert statuses(check("linear", {"W": r"With $\delta$ as above it is $x^\top \delta$."}, names=DELTA)) == {"W": "unreadable"}


def test_values_told_in_passing_are_no_claims() -> None:
    text = r"For $b = 0$ and $z = 1$, with \[ W = 0 \] the gradient is \[ dW = x^\top dz \] and \[ z = xW + b. \]"
    assert statuses(check("linear", text)) == {"W": "proved", "z itself": "proved"}


@pytest.mark.parametrize("text", ["Then $dW = x^\\top dz$ and db = 0", "dW = $x^\\top dz$", "$dW = x^\\top dz", "\\[ dW = x^\\top dz $"])
def test_nothing_is_passed_over_unseen(text: str) -> None:
    assert "unreadable" in statuses(check("linear", text)).values()


def test_a_document_without_a_gradient_has_no_answer() -> None:
    assert not check("linear", r"\begin{document} \[ L = \sum_n l_n \] with $N = 3$ \end{document}").verdicts


# ---- hostile text


HOSTILE = [
    r"dW = \input{/etc/passwd}",
    r"\[ dW = \write18{ls} \]",
    r"\def\x{\x\x} dW = \x",
    r"dW = \csname input\endcsname",
    r"dW = 9^{9^{9^{9}}} W",
    "dW = x\u202e^\\top dz",
    "dW = x\x1b[31m",
    "dW = x\x00",
    "dW = \u2066x",
    "dW = " + r"\frac{" * 200,
    "dW = " + "(" * 5_000 + "x",
    "$" * 50_000,
    r"\begin{align}" * 20_000,
    r"\verb" + "".join(chr(0x4E00 + k) + r"\verb" for k in range(20_000)),
    "x" * 1_000_000,
    "$dW = x$ " * 110_000,
    r"\[ \foo \] " * 90_000,
    "dW = " + r"\foo" * 3_000,
    r"dW = <script>alert(1)</script>",
    "a=b&" * 900,
    "dz = dratorname{softmax}(z) \\odot (dy)",
    "dz = abcdefghijklmnop",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: t[:20].encode("unicode_escape").decode())
def test_hostile_text_is_refused_at_once(text: str) -> None:
    with at_most(2):
        report = check("linear", text)
    assert report.exit_code == 3
    assert all(c.isprintable() or c == "\n" for c in report.text())
    assert "<script" not in report.html() and "\u202e" not in report.html()
    json.dumps(report.json())


def test_no_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("dW = x^\\top dz")
    report = check("linear", rf"dW = x^\top dz \input{{{tmp_path / 'secret.tex'}}}")
    assert statuses(report) and set(statuses(report).values()) == {"unreadable"}


def test_advice_on_subscripts_leads_to_a_verdict() -> None:
    text = (
        r"\frac{\partial C}{\partial x_i} = \frac{\gamma}{N\sqrt{\sigma^2+\epsilon}} \left( N \frac{\partial C}{\partial y_i}"
        r" - \sum_{j=1}^N \frac{\partial C}{\partial y_j} - \hat x_i \sum_{j=1}^N \frac{\partial C}{\partial y_j} \hat x_j \right)"
    )
    names = {r"\sigma^2": "var", r"\epsilon": "eps", r"\hat x": "xhat"}
    for key, value in (("y_i", "y[i,:]"), (r"\cdot", "odot")):
        verdict = sb.check("batch_norm", text, form="latex", names=names).verdicts["x"]
        assert verdict.status == "unreadable"
        assert f"{{{key!r}: {value!r}}}" in verdict.message
        names[key] = value
    assert sb.check("batch_norm", text, form="latex", names=names).verdicts["x"].status == "proved"
