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
