"""symbackprop check as a person meets it: what it prints, its exit codes, its JSON, how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from symbackprop import cli


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli.symbackprop, ("check", *arguments), input=stdin)


def test_a_wrong_answer_with_its_smallest_case() -> None:
    result = run("batch_norm", "--answer", "dx[n,d] = gamma[d]*dy[n,d]/sqrt(var[d] + eps)")
    assert result.exit_code == 1
    for said in ("read as  dx[n,d] = γ[d] dy[n,d]/√(var[d] + ε)", "refuted", "N=", "true dx =", "yours ="):
        assert said in result.stdout


def test_right_answers() -> None:
    result = run("linear", "--answer", "dW = x.T @ dz", "-a", "db = sum(dz, axis=0)")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("proved for all N, D, H") == 2


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (["dW = x.T @ dz"], 0),
        (["dW = x.T @ dz", "db = dz"], 1),
        (["dW = x.T @ dz", "db = sum(dq)"], 3),
        (["dW = x.T @ dz", "db = sum(dq)", "dx = dz @ W.T*2"], 1),
        (["dW = dW"], 3),
    ],
)
def test_exit_codes(answers: list[str], code: int) -> None:
    assert run("linear", *(part for a in answers for part in ("--answer", a))).exit_code == code


def test_a_file_and_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("# by hand\ndW = x.T @ dz\n   = (dz.T @ x).T\n", encoding="utf-8")
    result = run("linear", str(file))
    assert result.exit_code == 0 and "mine.txt:2" in result.stdout and "mine.txt:3" in result.stdout
    assert run("linear", "-", stdin="dx = dz @ W.T").exit_code == 0


def test_json() -> None:
    result = run("relu", "--answer", "dx = dy*(x >= 0)", "--strict", "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["schema"] == "symbackprop/report" and data["conventions"]["strict"] is True
    witness = data["verdicts"]["x"]["witness"]
    assert witness["inputs"] == {"x": [[0]], "dy": [[1]]} and witness["found"] == [[1]]


def test_conventions_and_assumptions() -> None:
    answer = ("--answer", "dx = dy*(x >= 0)", "--strict")
    assert run("relu", *answer).exit_code == 1
    assert run("relu", *answer, "--step0", "1").exit_code == 0
    assert run("relu", *answer, "--step0", "open").exit_code == 1
    assert run("quadratic_form", "--answer", "dx = 2*A @ x").exit_code == 1
    assert run("quadratic_form", "--answer", "dx = 2*A @ x", "--assume", "A == A.T").exit_code == 0
    assert run("linear", "--answer", "dW = dz @ x", "--layout", "numerator").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["linear"], "give either"),
        (["linear", "some.txt", "--answer", "dW = x"], "give either"),
        (["linear", "/nowhere/at/all"], "No such file"),
        (["lnear", "--answer", "dW = x"], "did you mean linear"),
        (["linear", "--answer", "# nothing"], "there is no answer"),
        (["x[N] -> y[N]; y = q", "--answer", "dx = dy"], "q"),
        (["linear", "--answer", "dW = x", "--assume", "x ="], "="),
        (["linear", "--answer", "dW = x", "--step0", "2"], "step0"),
    ],
)
def test_wrong_use_is_refused_in_plain_words(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.output and "Traceback" not in result.output


def test_help_has_examples_and_exit_codes() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "symbackprop check linear --answer" in result.output and "3: nothing refuted" in result.output


def test_text_from_outside_cant_move_the_cursor_or_be_markup() -> None:
    result = run("x[N] -> y[N]; y = x", "--answer", "dx = dy + [red]\x1b[31m")
    assert result.exit_code == 3 and "\x1b[31m" not in result.stdout


def test_hypothesis_looks_for_counterexamples_on_request() -> None:
    result = CliRunner().invoke(cli.symbackprop, ["check", "linear", "-a", "dW = x.T @ dz", "--property", "20"])
    assert result.exit_code == 0, result.output
    assert "no counterexample in 20 examples" in result.output


# ---- LaTeX


def latex(*arguments: str, stdin: str | None = None) -> Result:
    return run("linear", "--form", "latex", *arguments, stdin=stdin)


def test_answers_in_latex() -> None:
    result = latex("--answer", r"\frac{\partial C}{\partial W} = x^\top \delta", "-a", r"db = \sum_n \delta_n", "--name", r"\delta=dz")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("read as  dW[d,h] = Σ_n x[n,d] dz[n,h]\n")
    assert latex("-a", r"dW = dz^\top x").exit_code == 1
    assert latex("-a", r"dW = x^\top \foo").exit_code == 3
    assert latex("-", stdin=r"\[ dW = x^\top dz \]").exit_code == 0


def test_a_tex_file_needs_no_form(tmp_path: Path) -> None:
    file = tmp_path / "mine.tex"
    file.write_text("\\begin{document}\nThus\n\\[ dW = x^\\top dz \\]\n\\end{document}\n", encoding="utf-8")
    result = run("linear", str(file), "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 0 and data["form"] == "latex"
    assert data["lines"][0]["where"] == "mine.tex:3:9" and data["lines"][0]["read_as"] == "dW[d,h] = Σ_n x[n,d] dz[n,h]"


def test_names_indices_and_layouts_of_latex() -> None:
    assert run("sigmoid", "--name", "s=sigmoid", "-a", r"dx = dy \odot s(x) \odot (1 - s(x))").exit_code == 0
    assert latex("--name", "x_j^i=x[i,j]", "-a", r"dW_{jk} = \sum_i x_j^i dz_{ik}").exit_code == 0
    assert latex("--einstein", "-a", r"dW_{ij} = x_{ni} dz_{nj}").exit_code == 0
    assert latex("--layout", "numerator", "-a", r"\frac{\partial C}{\partial W} = \frac{\partial C}{\partial z} x").exit_code == 0
    assert run("x[2] -> C; C = x[0]*x[1]", "--base", "1", "-a", r"dx_i = \delta_{i1} x_2 + \delta_{i2} x_1").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", r"\delta"], r"write --name '\delta=dz'"),
        (["--name", r"\delta=dq"], "which the layer doesn't have"),
        (["--name", "delta=dz"], r"the Greek letter is written \delta"),
        (["--name", r"\detla=dz"], r"did you mean \delta"),
        (["--form", "notation", "--base", "1"], "--form latex"),
        (["--form", "tex"], "form"),
    ],
)
def test_wrong_use_of_latex_is_refused(arguments: list[str], said: str) -> None:
    result = run("linear", "-a", r"dW = x^\top dz", *([] if "--form" in arguments else ["--form", "latex"]), *arguments)
    assert result.exit_code == 2, result.output
    assert said in result.output and "Traceback" not in result.output


def test_hostile_latex_reaches_neither_the_terminal_nor_json() -> None:
    for text in (r"dW = \input{/etc/passwd}", "dW = x\u202e", "dW = \x1b[31mx", r"dW = \write18{ls}"):
        for more in ((), ("--json",)):
            result = latex("-a", text, *more)
            assert result.exit_code == 3
            assert "\u202e" not in result.stdout and "\x1b" not in result.stdout and "root:" not in result.stdout
            assert not more or json.loads(result.stdout)["lines"][0]["status"] == "unreadable"


def test_help_has_latex() -> None:
    said = run("--help").output
    assert r"--answer '\nabla_W C = x^\top \nabla_z C'" in said and "--name" in said and "--einstein" in said


def test_advice_is_given_as_options() -> None:
    assert "--name '\\foo=...'" in latex("-a", r"dW = x^\top \foo").stdout
    assert "--name 'W_i=W[i,:]'" in run("x[N,D], W[D,D] -> z[N,D]; z = x @ W", "--form", "latex", "-a", r"dx_n = W_i dz_n").stdout
    shifted = r"dW_{fdp} = \sum_n \sum_{i=1}^{L-P+1} dy_{nfi} x_{n,d,i+p}"
    assert "--base 1" in run("conv1d", "--form", "latex", "-a", shifted).stdout
    assert "--form latex" in run("linear", "-a", r"dW = x^\top dz").stdout
    assert "--form latex" in run("linear", "--form", "notation", "--base", "1", "-a", "dW = x").output
