"""symbackprop build: pages that stand by themselves, every step checked, nothing half done."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from symbackprop import cli
from symbackprop.documents import pdf
from symbackprop.documents.pdf import TypesettingError, typeset
from symbackprop.documents.stamp import RECORD

REQUIRED = bool(os.environ.get("SYMBACKPROP_REQUIRE_TEX"))
needs_tex = pytest.mark.skipif(not pdf.engine() and not REQUIRED, reason="no TeX engine")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.symbackprop, ("build", *arguments))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("pages")
    return folder, run("relu", "--output", str(folder), "--no-pdf")


def test_it_says_what_it_checked(built: tuple[Path, Result]) -> None:
    _, result = built
    assert result.exit_code == 0, result.output
    assert re.search(r"relu: 1[37] claims, \d+ derivations, \d+ steps checked, 0 refuted", result.stdout)


def test_it_writes_two_files_and_leaves_no_others(built: tuple[Path, Result]) -> None:
    assert sorted(p.name for p in built[0].iterdir() if p.name not in (RECORD, "figures")) == ["relu.html", "relu.tex"]


def test_the_page_stands_by_itself(built: tuple[Path, Result]) -> None:
    page = (built[0] / "relu.html").read_text(encoding="utf-8")
    assert "<math" in page and "<script" not in page
    assert not re.search(r'(src|href)="(?!#)', page) and not re.search(r"url\((?!#)", page) and "@import" not in page


def test_the_page_is_well_formed(built: tuple[Path, Result]) -> None:
    page = (built[0] / "relu.html").read_text(encoding="utf-8")
    ElementTree.fromstring(re.sub(r'<meta charset="utf-8"/?>', "", page.replace("<!DOCTYPE html>", "")))


def test_every_reference_leads_somewhere(built: tuple[Path, Result]) -> None:
    page = (built[0] / "relu.html").read_text(encoding="utf-8")
    anchors = re.findall(r'id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    tex = (built[0] / "relu.tex").read_text(encoding="utf-8")
    numbers = set(re.findall(r"\{(\d+)\}$", tex, re.MULTILINE))
    assert set(re.findall(r"\\hyperlink\{eq-(\d+)\}", tex)) <= numbers


def test_lines_are_numbered_in_one_sequence(built: tuple[Path, Result]) -> None:
    page = (built[0] / "relu.html").read_text(encoding="utf-8")
    numbers = [int(n) for n in re.findall(r'<tr id="eq-(\d+)"', page)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 40


def test_both_formats_have_the_same_lines(built: tuple[Path, Result]) -> None:
    page, tex = ((built[0] / f"relu.{end}").read_text(encoding="utf-8") for end in ("html", "tex"))
    assert len(re.findall(r'<tr id="eq-', page)) == len(re.findall(r"^\\step\{", tex, re.MULTILINE))


def test_json_is_the_same_report(tmp_path: Path) -> None:
    result = run("relu", "--output", str(tmp_path), "--no-pdf", "--json")
    (report,) = json.loads(result.stdout)
    assert report["ok"] and report["refuted"] == 0 and report["steps"] > 50
    assert {c["id"]: c["verdict"] for c in report["claims"]}["ReLU-2"] == "convention"


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert run("relu", "--output", str(tmp_path / "taken")).exit_code == 2


def test_pdf_without_an_engine_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("symbackprop.documents.pdf.engine", lambda: "")
    result = run("relu", "--output", str(tmp_path), "--pdf")
    assert result.exit_code == 2 and "xelatex" in result.stderr


@needs_tex
def test_the_tex_compiles_by_itself(built: tuple[Path, Result], tmp_path: Path) -> None:
    engine = pdf.engine()
    assert engine, "a TeX engine is required here"
    typeset(built[0] / "relu.tex", tmp_path / "relu.pdf", engine)
    assert (tmp_path / "relu.pdf").read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", str(tmp_path / "relu.pdf"), "-"], capture_output=True, text=True, check=True).stdout
        assert "ReLU-14" in text and "chain rule" in text


@needs_tex
def test_no_line_sticks_out_of_the_pdf(built: tuple[Path, Result], tmp_path: Path) -> None:
    engine = pdf.engine()
    assert engine, "a TeX engine is required here"
    if engine == "tectonic":
        pytest.skip("tectonic keeps no log")
    shutil.copytree(built[0], tmp_path, dirs_exist_ok=True)
    log = subprocess.run([engine, "-interaction=batchmode", "relu.tex"], cwd=tmp_path, capture_output=True, check=False)
    assert log.returncode == 0
    overfull = re.findall(r"Overfull \\hbox \(([\d.]+)pt", (tmp_path / "relu.log").read_text(encoding="utf-8", errors="replace"))
    assert [w for w in overfull if float(w) > 1] == []


@needs_tex
def test_tex_that_is_wrong_is_reported(tmp_path: Path) -> None:
    (tmp_path / "bad.tex").write_text(r"\documentclass{article}\begin{document}\nosuchcommand\end{document}")
    with pytest.raises(TypesettingError, match=r"nosuchcommand|Undefined"):
        typeset(tmp_path / "bad.tex", tmp_path / "bad.pdf", pdf.engine())
    assert not (tmp_path / "bad.pdf").exists()


@needs_tex
def test_tex_reads_no_file_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    (tmp_path / "spy.tex").write_text(rf"\documentclass{{article}}\begin{{document}}\input{{{secret}}}\end{{document}}")
    with pytest.raises(TypesettingError):
        typeset(tmp_path / "spy.tex", tmp_path / "spy.pdf", pdf.engine())


def test_control_c_leaves_what_is_finished(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import derivations
    from symbackprop.documents import build as building

    made: list[str] = []
    original = building.build_document

    def second_is_stopped(*arguments: Any) -> Any:
        if made:
            raise KeyboardInterrupt
        made.append("one")
        return original(*arguments)

    monkeypatch.setattr(derivations, "names", lambda: ("relu", "other"))
    monkeypatch.setattr(derivations, "load", lambda name, load=derivations.load: load("relu"))
    monkeypatch.setattr(building, "build_document", second_is_stopped)
    with pytest.raises(SystemExit) as left:
        cli.main(["build", "--jobs", "1", "--output", str(tmp_path), "--no-pdf"])
    assert left.value.code == 130
    assert sorted(p.name for p in tmp_path.iterdir() if p.name not in (RECORD, "figures")) == ["relu.html", "relu.tex"]
    assert re.search(r"relu: 1[37] claims", capsys.readouterr().out)


def test_a_refuted_step_makes_it_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import derivations
    from symbackprop.documents.by_hand import by_hand
    from symbackprop.documents.document import Document, Lines, Section
    from symbackprop.layer import Layer

    square = Layer("square", "x -> y", "y = x**2")
    wrong = Lines(by_hand(square, "dx", "= 3*x | wrong"), "s")
    document = Document("relu", "Wrong", "", (Section("Wrong", square, (wrong,)),))
    monkeypatch.setattr(derivations, "load", lambda name: document)
    result = run("relu", "--output", str(tmp_path), "--no-pdf")
    assert result.exit_code == 1 and "1 refuted" in result.stdout and "refuted: " in result.stdout


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One document, quickly checked, in place of all."""
    import derivations
    from symbackprop.documents.by_hand import by_hand
    from symbackprop.documents.document import Document, Lines, Section
    from symbackprop.layer import Layer

    square = Layer("square", "x -> y", "y = x**2")
    document = Document("small", "Small", "", (Section("Small", square, (Lines(by_hand(square, "dx", "= 2*x | the slope"), "s"),)),))
    monkeypatch.setattr(derivations, "names", lambda: ("small",))
    monkeypatch.setattr(derivations, "load", lambda name: document)


def test_a_second_build_stands(small: None, tmp_path: Path) -> None:
    arguments = ("small", "--output", str(tmp_path), "--no-pdf")
    first, second = run(*arguments), run(*arguments)
    assert "nothing has changed" in second.stdout and second.stdout.startswith(first.stdout.rstrip())
    assert json.loads(run(*arguments, "--json").stdout)[0]["unchanged"]


def test_a_page_that_was_touched_is_built_again(small: None, tmp_path: Path) -> None:
    arguments = ("small", "--output", str(tmp_path), "--no-pdf")
    run(*arguments)
    page = tmp_path / "small.html"
    whole = page.read_bytes()
    page.write_bytes(whole + b" ")
    assert "nothing has changed" not in run(*arguments).stdout and page.read_bytes() == whole


def test_another_language_is_another_build(small: None, tmp_path: Path) -> None:
    run("small", "--output", str(tmp_path), "--no-pdf")
    assert "nothing has changed" not in run("small", "--output", str(tmp_path), "--no-pdf", "--language", "vi").stdout
    assert (tmp_path / "small.vi.html").exists()


def test_a_changed_source_is_another_stamp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from symbackprop.documents import stamp

    (tmp_path / "a.py").write_text("one")
    monkeypatch.setattr(stamp, "_sources", lambda: iter([tmp_path / "a.py"]))
    before = stamp.stamp("small")
    assert stamp.stamp("small") == before != stamp.stamp("other")
    (tmp_path / "a.py").write_text("two")
    assert stamp.stamp("small") != before


def test_a_record_that_is_no_record_is_passed_over(small: None, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("[not json")
    assert run("small", "--output", str(tmp_path), "--no-pdf").exit_code == 0


def test_several_documents_are_built_at_a_time_and_told_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from symbackprop.commands import build as command
    from symbackprop.documents.build import Finished

    handed: list[list[str]] = []

    def together(names: list[str], asked: command.Asked) -> Any:
        handed.append(names)
        return iter([Finished(True, (), {"document": name}, f"{name}: done") for name in names])

    monkeypatch.setattr(command, "_together", together)
    result = run("smoothness", "relu", "--jobs", "2", "--output", str(tmp_path), "--no-pdf")
    assert result.exit_code == 0 and result.stdout == "smoothness: done\nrelu: done\n"
    assert handed == [["smoothness", "relu"]]
