"""Whether a document that was built before would come out the same: a stamp of everything it is made from.

The stamp is a hash of every file of the program and of the documents, of the versions of Python and of the libraries, of the TeX
engine, and of what was asked for. A build is recalled only where the stamp is the same and every file that it wrote is
still there with the same content; whatever is in doubt is built again. Nothing heavy is imported here.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RECORD = ".built.json"
LIBRARIES = ("sympy", "numpy", "matplotlib", "python-flint", "hypothesis", "babel", "mpmath")
_HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Recalled:
    """A build of which nothing has changed since: what it said then."""

    told: dict[str, Any]
    text: str

    ok = True

    def report(self) -> str:
        """What the build said, and that it stands."""
        return f"{self.text}\n  nothing has changed since"

    def json(self) -> dict[str, Any]:
        """What the build said as data, and that it stands."""
        return {**self.told, "unchanged": True}


def stamp(*asked: object) -> str:
    """The hash of all that a page is made from, and of what was asked for."""
    total = sha256(repr(asked).encode())
    for part in (sys.version, *(f"{name} {_version(name)}" for name in LIBRARIES)):
        total.update(part.encode() + b"\0")
    for file in _sources():
        total.update(str(file).encode() + b"\0" + sha256(file.read_bytes()).digest())
    return total.hexdigest()


def engine_of(name: str) -> tuple[str, int, int]:
    """The TeX engine as it is on this machine: where it is, its size and its time."""
    found = shutil.which(name) if name else None
    if found is None:
        return "", 0, 0
    facts = Path(found).resolve().stat()
    return found, facts.st_size, facts.st_mtime_ns


def recall(output: Path, name: str, mark: str) -> Recalled | None:
    """The earlier build of that name, None where there is none that still stands."""
    entry = _record(output).get(name)
    if not isinstance(entry, dict) or entry.get("stamp") != mark:
        return None
    files: dict[str, str] = entry["files"]
    if not files or any(_hash(output / file) != content for file, content in files.items()):
        return None
    return Recalled(entry["told"], entry["text"])


def remember(output: Path, name: str, mark: str, files: tuple[Path, ...], told: dict[str, Any], text: str) -> None:
    """Notes a build that was good."""
    every = _record(output)
    every[name] = {"stamp": mark, "files": {str(f.relative_to(output)): _hash(f) for f in files}, "told": told, "text": text}
    beside = output / (RECORD + ".part")
    beside.write_text(json.dumps(every, ensure_ascii=False), encoding="utf-8")
    beside.replace(output / RECORD)


def _record(output: Path) -> dict[str, Any]:
    try:
        found = json.loads((output / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _hash(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _sources() -> Iterator[Path]:
    for folder in (_HERE, _HERE.parent / "derivations"):
        yield from sorted(f for f in folder.rglob("*") if f.is_file() and f.suffix not in (".pyc", ".part"))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
