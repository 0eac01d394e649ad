"""A .tex file -> PDF, by whichever TeX engine there is: in a folder of its own, no shell, no files from elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ENGINES = ("xelatex", "lualatex", "tectonic")
TIME_LIMIT = 180.0
_OPTIONS = {
    "xelatex": ("-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode"),
    "lualatex": ("--no-shell-escape", "--halt-on-error", "--interaction=nonstopmode"),
    "tectonic": ("--untrusted", "--only-cached"),
}


class TypesettingError(RuntimeError):
    """TeX did not make a PDF; the message ends with what it said."""


def engine() -> str:
    """The first TeX engine that is installed, "" where there is none."""
    return next((name for name in ENGINES if shutil.which(name)), "")


def typeset(tex: Path, pdf: Path, by: str) -> None:
    """Makes the PDF, running the engine until references are settled. Raises TypesettingError."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(tex, folder)
        if (figures := tex.with_name("figures")).is_dir():
            shutil.copytree(figures, Path(folder, "figures"))
        for _ in range(1 if by == "tectonic" else 2):
            _once(tex.name, Path(folder), by)
        made = Path(folder, tex.stem + ".pdf")
        if not made.exists():
            raise TypesettingError(f"{by} wrote no PDF for {tex.name}")
        shutil.move(made, pdf)


def _once(name: str, folder: Path, by: str) -> None:
    environment = {**os.environ, "openin_any": "p", "openout_any": "p", "shell_escape": "f", "MKTEXTFM": "0"}
    try:
        ran = subprocess.run(
            [by, *_OPTIONS[by], name],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise TypesettingError(f"{by} did not finish {name} in {TIME_LIMIT:.0f} s") from None
    if ran.returncode:
        raise TypesettingError(f"{by} could not typeset {name}:\n" + "\n".join(_faults(ran.stdout + ran.stderr)))


def _faults(log: str) -> list[str]:
    lines = log.splitlines()
    first = next((k for k, line in enumerate(lines) if line.startswith(("!", "error:"))), max(0, len(lines) - 8))
    return lines[first : first + 8]
