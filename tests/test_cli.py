"""The command line as a person meets it: what it prints, where it writes, how it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from symbackprop import cli

FORMATS = ("text", "latex", "html", "markdown", "json")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.symbackprop, arguments)


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


# --- derive ---


def test_derive_prints_the_derivation_of_what_was_asked() -> None:
    result = run("derive", "linear", "--wrt", "W")
    assert result.exit_code == 0, result.output
    assert "∂C/∂W" in result.stdout and "chain rule" in result.stdout
    assert "∂C/∂b" not in result.stdout


def test_derive_takes_every_input_without_wrt() -> None:
    output = run("derive", "linear").stdout
    assert all(f"∂C/∂{name}" in output for name in "xWb")


@pytest.mark.parametrize("form", FORMATS)
def test_derive_in_every_format(form: str) -> None:
    result = run("derive", "linear", "--wrt", "W", "--format", form)
    assert result.exit_code == 0, result.output
    assert {"text": "∂C/∂W", "latex": r"\partial", "html": "<math", "markdown": "$", "json": "{"}[form] in result.stdout


def test_json_is_json() -> None:
    assert json.loads(run("derive", "linear", "--format", "json").stdout)


def test_detail_changes_the_number_of_lines() -> None:
    lines = [
        len(run("derive", "softmax", "--detail", detail).stdout.splitlines()) for detail in ("brief", "normal", "full")
    ]
    assert lines[0] < lines[2] and lines == sorted(lines)


def test_step0_is_stated() -> None:
    text = "x[N,D] -> y[N,D]; y = relu(x)"
    assert "Step(0) := s₀" in run("derive", text, "--step0", "open").stdout
    assert "Step(0) := 0" in run("derive", text).stdout


def test_layout_is_stated() -> None:
    assert "numerator layout" in run("derive", "linear", "--wrt", "W", "--layout", "numerator").stdout


def test_a_layer_as_text() -> None:
    result = run("derive", "x[N,D] -> y[N,D]; y = x*x", "--wrt", "x")
    assert result.exit_code == 0, result.output
    assert "∂C/∂x" in result.stdout


def test_a_layer_with_options() -> None:
    result = run("derive", "conv2d:stride=2,padding=1", "--wrt", "b")
    assert result.exit_code == 0, result.output


def test_a_layer_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.layer"
    file.write_text("# a comment\nname: my layer\nsource: a notebook\nx[N,D], W[D,H]\n  -> z[N,H]\n\nz = x @ W\n")
    output = run("derive", str(file), "--wrt", "W").stdout
    assert "my layer" in output and "∂C/∂W" in output


def test_output_goes_to_the_file_and_nowhere_else(tmp_path: Path) -> None:
    result = run("derive", "linear", "--wrt", "b", "--format", "html", "--output", str(tmp_path / "b.html"))
    assert result.exit_code == 0 and result.stdout == ""
    assert "<math" in (tmp_path / "b.html").read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["b.html"]


# --- refusals: exit code 2, nothing on standard output, what is wrong and what would be right ---

REFUSALS = [
    (("derive", "batchnorm"), "batch_norm"),
    (("derive", "linear", "--wrt", "V"), "W"),
    (("derive", "conv2d:strid=2"), "stride"),
    (("derive", "conv2d:stride=two"), "whole number"),
    (("derive", "x[N], weight[N] -> y[N]; y = x*wieght"), "did you mean weight"),
    (("derive", "x[N,D] -> y[N,D]; y = relu(x"), "^"),
    (("derive", "no/such.layer"), "No such file"),
    (("derive", "linear", "--detail", "most"), "brief"),
    (("derive", "linear", "--step0", "2"), "open"),
    (("derive", "linear", "--output", "no/such/folder/f.txt"), "No such file"),
    (("layers", "softmx"), "softmax"),
    (("build", "rulu"), "relu"),
    (("derive",), "LAYER"),
    (("derve", "linear"), "derve"),
]


@pytest.mark.parametrize(("arguments", "hint"), REFUSALS, ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_wrong_use_is_refused_in_plain_words(arguments: tuple[str, ...], hint: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert hint in result.stderr and result.stdout == "" and "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id') -> y",
        "x -> y; y = __import__('os').getcwd()",
        "x -> y; y = x.__class__",
        "x -> y; y = 9**9**9**9",
        "x -> y; y = " + "(" * 500 + "x" + ")" * 500,
    ],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    before = time.perf_counter()
    result = run("derive", text)
    assert result.exit_code == 2 and time.perf_counter() - before < 5


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.layer").write_bytes(b"\xff\xfe\x00\x80 -> ")
    assert "UTF-8" in run("derive", str(tmp_path / "x.layer")).stderr


def test_an_error_in_a_file_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.layer").write_text("# one\n# two\nx[N,D] -> y[N,D]\n\ny = relu(X)\n")
    assert "line 5" in run("derive", str(tmp_path / "x.layer")).stderr


# --- layers ---


def test_the_shelf_is_listed_with_equations() -> None:
    output = run("layers").stdout
    assert all(name in output for name in ("linear", "batch_norm", "conv2d", "lstm")) and "Σ" in output


@pytest.mark.parametrize("form", FORMATS)
def test_the_shelf_in_every_format(form: str) -> None:
    result = run("layers", "--format", form)
    assert result.exit_code == 0 and len(result.stdout) > 1000
    if form == "json":
        assert len(json.loads(result.stdout)) > 40


def test_one_layer_of_the_shelf() -> None:
    output = run("layers", "softmax").stdout
    assert "softmax" in output and "linear" not in output


# --- the whole ---


@pytest.mark.parametrize("command", ["derive", "layers", "build"])
def test_help_has_examples(command: str) -> None:
    output = run(command, "--help").stdout
    assert f"symbackprop {command}" in output.split("Options")[0].replace(f"Usage: symbackprop {command}", "", 1)


def test_help_imports_neither_sympy_nor_numpy() -> None:
    code = (
        "import sys; from symbackprop import cli\n"
        "try: cli.main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted(m for m in ('sympy', 'numpy', 'rich', 'flint') if m in sys.modules))"
    )
    assert python(code).splitlines()[-1] == "[]"


def test_import_is_lazy() -> None:
    assert python("import sys, symbackprop; print('sympy' in sys.modules)").strip() == "False"


def test_every_public_name_is_there() -> None:
    import symbackprop

    assert all(getattr(symbackprop, name) is not None for name in symbackprop.__all__)
    with pytest.raises(AttributeError, match="derive"):
        _ = symbackprop.no_such_name


def test_control_c_leaves_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_argument: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("symbackprop.commands.derive.layer_from", interrupted)
    with pytest.raises(SystemExit) as left:
        cli.main(["derive", "linear"])
    assert left.value.code == 130 and "stopped" in capsys.readouterr().err


def test_a_closed_pipe_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "symbackprop.cli", "layers", "softmax"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert "Traceback" not in done.stderr


def test_the_properties_of_activations() -> None:
    result = CliRunner().invoke(cli.symbackprop, ["layers", "--properties", "relu", "--format", "json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["relu"]["differentiable"] == {"value": "no", "verdict": "refuted"}
    wrong = CliRunner().invoke(cli.symbackprop, ["layers", "--properties", "linear"])
    assert wrong.exit_code == 2 and "is no activation" in wrong.output
