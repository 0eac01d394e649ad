"""docs/check.md shows what the program prints: its commands are run beside the files that it shows, its Python too."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbackprop import cli

TEXT = (Path(__file__).parent.parent / "docs" / "check.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def shown() -> Iterator[tuple[str, str]]:
    """Each command with what stands below it."""
    for language, block in BLOCKS:
        if language == "console":
            yield from re.findall(r"^\$ (symbackprop .*?)\n(.*?)(?=^\$ |\Z)", block, re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that the page shows, by the name in their first line."""
    for _, block in BLOCKS:
        first, _, _rest = block.partition("\n")
        if match := re.fullmatch(r"[%#] (\w+\.\w+)", first):
            (tmp_path / match[1]).write_text(block, encoding="utf-8")
    (tmp_path / "my_answers.txt").write_text("dgamma = sum(dy*xhat, axis=0)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("command", "printed"), list(shown()), ids=lambda t: t[:60])
def test_a_command_prints_what_stands_below_it(command: str, printed: str) -> None:
    result = CliRunner().invoke(cli.symbackprop, shlex.split(command)[1:])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.output.strip().startswith(printed.strip()), result.output


def test_there_are_such_commands() -> None:
    assert len(list(shown())) >= 5


def test_the_other_commands_run() -> None:
    lines = [line for language, block in BLOCKS if not language for line in block.splitlines() if line.startswith("symbackprop check")]
    assert len(lines) >= 3
    for line in lines:
        result = CliRunner().invoke(cli.symbackprop, shlex.split(line)[1:])
        assert result.exit_code == 0, (line, result.output)


def test_its_python_runs() -> None:
    code = "import symbackprop as sb\n" + "\n".join(block for language, block in BLOCKS if language == "python")
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
