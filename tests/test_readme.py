"""The README shows what the program prints, and the commands it names exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from symbackprop import cli

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_first_example_prints_what_stands_below_it() -> None:
    (language, code), (_, printed) = BLOCKS[:2]
    assert language == "python"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.strip() == printed.strip()


def test_the_two_commands_stand_on_it() -> None:
    assert "pip install -e . && symbackprop build\n" in TEXT and "pip install -e '.[test]' && pytest\n" in TEXT


def test_its_commands_run(tmp_path: Path) -> None:
    lines = [line for _, block in BLOCKS for line in block.splitlines() if line.startswith("symbackprop derive")]
    assert len(lines) >= 4
    for line in lines:
        arguments = shlex.split(line)[1:]
        if "--output" in arguments:
            arguments[arguments.index("--output") + 1] = str(tmp_path / "page")
        result = CliRunner().invoke(cli.symbackprop, arguments)
        assert result.exit_code == 0, (line, result.output)


def test_its_layer_file_can_be_read(tmp_path: Path) -> None:
    (block,) = [block for _, block in BLOCKS if block.startswith("# my.layer")]
    (tmp_path / "my.layer").write_text(block)
    result = CliRunner().invoke(cli.symbackprop, ["derive", str(tmp_path / "my.layer")])
    assert result.exit_code == 0, result.output


def test_its_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "tour.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))):
        words = re.sub(r"```.*?```|`[^`\n]*`(?!\])", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)\)", words):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
