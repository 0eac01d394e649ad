"""docs/code.md shows what the program prints: its commands are run beside the files that it shows, its Python too."""

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
from symbackprop.verify.runner import isolation

TEXT = (Path(__file__).parent.parent / "docs" / "code.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
FILES = {m[1]: block for _, block in BLOCKS if (m := re.match(r"# (\w+\.\w+)\n", block))}


def shown() -> Iterator[tuple[str, str]]:
    """Each command with what stands below it."""
    for language, block in BLOCKS:
        if language == "console":
            command, _, printed = block.removeprefix("$ ").partition("\n")
            yield command, printed


@pytest.mark.parametrize(("command", "printed"), list(shown()), ids=lambda t: t[:50])
def test_a_command_prints_what_stands_below_it(command: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "isolated by" in printed and isolation() != re.findall(r"isolated by (\w+)", printed)[0]:
        pytest.skip("another sandbox is used here")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.symbackprop, shlex.split(command)[1:])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.stdout.strip() == printed.strip()


def test_there_are_such_commands() -> None:
    assert len(list(shown())) >= 5 and len(FILES) >= 6


def test_its_python_runs() -> None:
    (code,) = [block for language, block in BLOCKS if language == "python" and not block.startswith("#")]
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
