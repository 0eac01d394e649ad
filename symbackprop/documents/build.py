"""Document -> checked pages in a folder: name.tex, name.html and, with a TeX engine, name.pdf."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symbackprop.documents import html, latex
from symbackprop.documents.check import Checked, Progress, check
from symbackprop.documents.document import Document
from symbackprop.documents.pdf import TypesettingError, typeset


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
            "claims": [{"id": d.claim.id, "verdict": d.verdict, "how": d.how} for d in checked.decided.values()],
        }


def build_document(
    document: Document, output: Path, engine: str = "", progress: Progress = lambda done, total: None
) -> Built:
    """Checks the document and writes its pages; with an engine also the PDF. Raises OSError where it can't write."""
    checked = check(document, progress)
    tex, page = output / f"{document.name}.tex", output / f"{document.name}.html"
    _write(tex, latex.page(checked))
    _write(page, html.page(checked))
    files, faults = [tex, page], list(checked.faults)
    if engine:
        pdf = output / f"{document.name}.pdf"
        try:
            typeset(tex, pdf, engine)
            files.append(pdf)
        except TypesettingError as error:
            faults.append(str(error))
    return Built(checked, tuple(files), tuple(faults))


def _write(path: Path, text: str) -> None:
    # Whole or not at all: who stops the program finds no half a page.
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
