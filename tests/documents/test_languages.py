"""Pages in Bengali and Vietnamese: nothing is missing, formulas are shared, what is missing falls back to English."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from derivations import load, names
from symbackprop.documents import html, latex, pdf
from symbackprop.documents.build import build_document
from symbackprop.documents.check import check
from symbackprop.documents.document import Document, Figure, Prose, Section, Stated, Table
from symbackprop.documents.markup import PATTERN
from symbackprop.documents.messages import messages
from symbackprop.documents.texts import Texts, _matched, pieces
from symbackprop.layer import Layer
from symbackprop.render.words.languages import LANGUAGES, catalogue, speaking, translated

OTHERS = sorted(set(LANGUAGES) - {"en"})
POINTERS = re.compile(r"\{(eq|claim|fig):[^}]*\}")
SQUARE = Layer("square", "x -> y", "y = x**2")


def document(text: str, texts: Texts) -> Document:
    return Document("t", text, text, (Section(text, SQUARE, (Prose(text),)),), texts)


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_missing(language: str) -> None:
    missing = [m for m in messages(load(name) for name in names()) if m not in catalogue(language)]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_left_over(language: str) -> None:
    assert set(catalogue(language)) - set(messages(load(name) for name in names())) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_sentences_have_the_gaps_of_the_english_ones(language: str) -> None:
    def gaps(text: str) -> list[str]:
        return sorted(re.findall(r"\{[^{}]*\}", text) + [m[0] for m in PATTERN.finditer(text) if m["formula"]])

    wrong = {m: s for m, s in catalogue(language).items() if set(gaps(m)) != set(gaps(s))}
    assert wrong == {}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", names())
def test_no_piece_of_prose_is_missing(name: str, language: str) -> None:
    assert load(name).texts.missing(language) == ()


@pytest.mark.parametrize("name", names())
def test_every_piece_of_prose_is_used(name: str) -> None:
    document = load(name)
    used = {document.title, document.abstract, *(c.statement for c in document.corrections)}
    for block in document.blocks():
        match block:
            case Prose(text):
                used.add(text)
            case Stated(claim):
                used.add(claim.statement)
            case Figure() | Table():
                used.add(block.caption)
    assert [key for key, text in document.texts.english.items() if text not in used] == []


def test_what_is_missing_is_english() -> None:
    texts = Texts({"a": "one", "b": "two"}, {"bn": {"one": "এক"}})
    assert texts.missing("bn") == ("b",)
    with speaking("bn"):
        assert texts.said("one") == "এক" and texts.said("two") == "two" and translated("no such sentence") == "no such sentence"
    assert texts.said("one") == "one"


def test_formulas_are_shared() -> None:
    english = {"a": "so `x**2` by {claim:Q-1}"}
    assert _matched(english, {"a": "{2} থেকে {1}"}, "bn") == {english["a"]: "{claim:Q-1} থেকে `x**2`"}


@pytest.mark.parametrize("text", ["no formula", "{1} only", "{1} {2} {3}"])
def test_a_translation_that_loses_a_formula_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"bn\.md, a"):
        _matched({"a": "so `x**2` by {claim:Q-1}"}, {"a": text}, "bn")


def test_a_piece_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="hasn't"):
        _matched({"a": "x"}, {"b": "y"}, "vi")
    with pytest.raises(ValueError, match="twice"):
        pieces("## a\nx\n## a\ny\n")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError), speaking("xx"):
        pass


@pytest.mark.parametrize("language", OTHERS)
def test_the_page_says_its_language(language: str) -> None:
    texts = Texts({"a": "square"}, {"bn": {"square": "বর্গ"}, "vi": {"square": "bình phương"}})
    checked = check(document("square", texts))
    with speaking(language):
        page, tex = html.page(checked), latex.page(checked)
    assert f'<html lang="{language}">' in page and texts.others[language]["square"] in page
    assert ("{\\bengali বর্গ}" if language == "bn" else "bình phương") in tex
    assert '<html lang="en">' in html.page(checked)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", names())
def test_the_pdf_has_every_letter(tmp_path: Path, name: str, language: str) -> None:
    if not shutil.which("xelatex") or not _has_noto():
        pytest.skip("no XeLaTeX, or no Noto fonts")
    document = load(name)
    prose = [tuple(b for b in s.blocks if isinstance(b, Prose)) for s in document.sections]
    plain = replace(document, sections=tuple(replace(s, blocks=b) for s, b in zip(document.sections, prose, strict=True)))
    tex = tmp_path / f"{name}.{language}.tex"
    with speaking(language):
        tex.write_text(_unlinked(plain), encoding="utf-8")
    ran = subprocess.run(["xelatex", "-interaction=batchmode", tex.name], cwd=tmp_path, capture_output=True, check=False)
    log = tex.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    assert ran.returncode == 0 and "Missing character" not in log


def _unlinked(document: Document) -> str:
    """The page of the words alone; references lead to lines that are left out."""
    texts = {code: {e: POINTERS.sub("(1)", t) for e, t in found.items()} for code, found in document.texts.others.items()}
    return latex.page(check(replace(document, texts=Texts(document.texts.english, texts))))


def _has_noto() -> bool:
    listed = subprocess.run(["fc-list", ":family=Noto Serif Bengali"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def test_one_check_serves_all_languages(tmp_path: Path) -> None:
    texts = Texts({"a": "square"}, {"bn": {"square": "বর্গ"}, "vi": {"square": "bình phương"}})
    built = build_document(document("square", texts), tmp_path, languages=("en", "bn", "vi"))
    assert built.ok and sorted(f.name for f in built.files) == ["t.bn.html", "t.bn.tex", "t.html", "t.tex", "t.vi.html", "t.vi.tex"]
    assert pdf.engine() in (*pdf.ENGINES, "")
