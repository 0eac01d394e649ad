"""Document -> checked pages in a folder, in any language: name.tex, name.html, figures/ and, with a TeX engine, name.pdf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symbackprop.documents import html, latex
from symbackprop.documents.check import Checked, Decided, Progress, check
from symbackprop.documents.document import Document
from symbackprop.documents.pdf import TypesettingError, typeset
from symbackprop.documents.words import CORRECTED
from symbackprop.render.words.languages import speaking


@dataclass(frozen=True)
class Built:
    """What was checked and what was written; `faults` says what keeps the document from being good."""

    checked: Checked
    files: tuple[Path, ...]
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was refuted and every page could be made."""
        return not self.faults

    def report(self) -> str:
        """relu: 13 claims, 9 derivations, 57 steps checked, 0 refuted; then files and faults, a line each."""
        return "\n".join(
            [
                f"{self.checked.document.name}: {self.checked.summary}",
                *(f"  {file}" for file in self.files),
                *(f"  {fault}" for fault in self.faults),
            ]
        )

    def json(self) -> dict[str, Any]:
        """The same as data."""
        checked = self.checked
        return {
            "document": checked.document.name,
            "ok": self.ok,
            "files": [str(f) for f in self.files],
            "faults": list(self.faults),
            "derivations": len(checked.judged),
            "steps": checked.steps,
            "refuted": checked.refuted,
            "claims": [_with_correction(c.id, checked.decided) for c in checked.document.claims],
        }


@dataclass(frozen=True)
class Finished:
    """A build that was made in a process of its own: what it says of itself, without the document."""

    ok: bool
    files: tuple[Path, ...]
    told: dict[str, Any]
    text: str

    @classmethod
    def of(cls, built: Built) -> Finished:
        """What is left of a build that can be handed from one process to another."""
        return cls(built.ok, built.files, built.json(), built.report())

    def report(self) -> str:
        """What the build says."""
        return self.text

    def json(self) -> dict[str, Any]:
        """The same as data."""
        return self.told


def build_document(
    document: Document,
    output: Path,
    engine: str = "",
    progress: Progress = lambda done, total: None,
    languages: tuple[str, ...] = ("en",),
) -> Built:
    """Checks the document and writes its pages; with an engine also the PDF. Raises OSError where it can't write."""
    checked = check(document, progress)
    files, faults = list(_figures(checked, output)), list(checked.faults)
    for language in languages:
        stem = document.name if language == "en" else f"{document.name}.{language}"
        tex, page, pdf = (output / f"{stem}.{ending}" for ending in ("tex", "html", "pdf"))
        with speaking(language):
            _write(tex, latex.page(checked).encode())
            _write(page, html.page(checked).encode())
        files += [tex, page]
        try:
            files += [_typeset(tex, pdf, engine)] if engine else []
        except TypesettingError as error:
            faults.append(str(error))
    return Built(checked, tuple(files), tuple(faults))


def _typeset(tex: Path, pdf: Path, engine: str) -> Path:
    typeset(tex, pdf, engine)
    return pdf


def _figures(checked: Checked, output: Path) -> Iterator[Path]:
    for name, drawing in checked.drawings.items():
        file = output / latex.figure_file(checked.document.name, name)
        file.parent.mkdir(exist_ok=True)
        _write(file, drawing.pdf)
        yield file


def _with_correction(name: str, decided: Mapping[str, Decided]) -> dict[str, Any]:
    corrected = decided.get(name + CORRECTED)
    return _claim(decided[name]) | ({"corrected": _claim(corrected)} if corrected is not None else {})


def _claim(decided: Decided) -> dict[str, Any]:
    return {
        "id": decided.claim.id,
        "verdict": decided.verdict,
        "how": decided.how,
        "method": sorted({f.how for f in decided.findings}),
        "evidence": [
            {"verdict": f.verdict, "method": f.how, **{name: str(value) for name, value in f.terms.items()}} for f in decided.findings
        ],
        "confirmed": {"steps": decided.confirmed, "comparisons": decided.comparisons},
        "seconds": round(decided.seconds, 4),
    }


def _write(path: Path, content: bytes) -> None:
    # Whole or not at all: who stops the program finds no half a page.
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    beside.replace(path)
