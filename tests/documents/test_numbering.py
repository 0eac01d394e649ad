"""Numbers, labels and references of a document, and what comes of text that would be markup."""

from __future__ import annotations

import pytest

from symbackprop.backprop import derive
from symbackprop.claims.claim import Chain, Claim
from symbackprop.documents import html, latex
from symbackprop.documents.by_hand import by_hand, continued
from symbackprop.documents.check import check
from symbackprop.documents.document import Block, Document, Equations, Lines, Prose, Section, Stated
from symbackprop.documents.numbering import number
from symbackprop.language.errors import NotationError
from symbackprop.layer import Layer

LINEAR = Layer("linear", "x[N,D], W[D,H] -> z[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h])")
SQUARE = Layer("square", "x -> y", "y = x**2")


def document(*blocks: Block, title: str = "T") -> Document:
    return Document("t", title, "about", (Section(title, LINEAR, blocks),))


def test_lines_are_numbered_through_and_labelled() -> None:
    gradient = derive(LINEAR)
    labels, displays = number(document(Equations(LINEAR, "a"), Lines(gradient["W"], "a"), Prose("x"), Lines(gradient["x"], "a")))
    shown = [[line.number for line in d.lines] for d in displays.values()]
    flat = [n for lines in shown for n in lines]
    assert flat == list(range(1, len(flat) + 1))
    assert labels.numbers["a.z"] == 1 and labels.numbers["a.dW.1"] == 2
    assert labels.numbers["a.dx.1"] == shown[1][-1] + 1
    assert labels.numbers["a.dW"] == shown[1][-1] - 1  # the last line in index form stands before the matrix form


def test_a_reference_is_a_link_in_both_formats() -> None:
    checked = check(document(Equations(LINEAR, "a"), Prose("see {eq:a.z}")))
    assert '<a href="#eq-1">(1)</a>' in html.page(checked)
    assert r"\hyperlink{eq-1}{(1)}" in latex.page(checked) and r"\step{" in latex.page(checked)


def test_a_cited_equation_is_a_link() -> None:
    page = html.page(check(document(Equations(LINEAR, "a"), Lines(derive(LINEAR)["W"], "a", "full"))))
    assert 'differentiate <a href="#eq-1">(1)</a>' in page


@pytest.mark.parametrize("text", ["{eq:a.q}", "{claim:X-1}"])
def test_a_reference_to_nothing_is_an_error(text: str) -> None:
    checked = check(document(Equations(LINEAR, "a"), Prose(text)))
    with pytest.raises(KeyError, match=r"refers to"):
        html.page(checked)


def test_a_formula_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(NotationError):
        html.page(check(document(Prose("`x[n,d] +`"))))


def test_nothing_in_prose_is_markup() -> None:
    hostile = r"<script>alert(1)</script> \input{/etc/passwd} $x$ & % # _"
    checked = check(document(Prose(hostile), title=hostile))
    page, tex = html.page(checked), latex.page(checked)
    assert "<script" not in page and r"\input{" not in tex


def test_a_claim_shows_its_verdict() -> None:
    chain = by_hand(SQUARE, "y", "= x*x | the definition")
    page = html.page(check(document(Stated(Claim("Q-1", "so", (Chain(chain),)), (Lines(chain, "s"),)))))
    assert '<div class="claim proved" id="claim-Q-1">' in page


def test_a_line_needs_a_relation() -> None:
    with pytest.raises(ValueError, match="relation"):
        by_hand(SQUARE, "y", "x*x | no relation")


def test_lines_are_added_before_the_matrix_form() -> None:
    gradient = derive(LINEAR)["W"]
    longer = continued(gradient, "= sum[n](dz[n,h]*x[n,d]) | the other way round")
    assert len(longer.steps) == len(gradient.steps) + 1
    assert longer.matrix_form == gradient.matrix_form and longer.steps[-1] == gradient.steps[-1]


def test_a_wrong_line_is_a_fault() -> None:
    checked = check(document(Lines(by_hand(SQUARE, "y", "= x**3 | wrong"), "s")))
    assert checked.refuted == 1 and any("refuted" in fault for fault in checked.faults)


def test_a_line_that_differs_by_a_little_is_a_fault() -> None:
    chain = by_hand(SQUARE, "dx", "= 2*x | the slope", "= 2*x*10005/10000 | wrong by half a thousandth")
    assert check(document(Lines(chain, "s"))).refuted == 1


def test_without_evidence_nothing_is_decided() -> None:
    checked = check(document(Stated(Claim("Q-2", "so", ()))))
    assert checked.decided["Q-2"].verdict == "undecided" and checked.faults


def test_what_is_only_tested_agrees_and_is_not_called_proved() -> None:
    circle = Layer("circle", "x -> y", "y = sin(x)**2 + cos(x)**2")
    chain = by_hand(circle, "y", "= 1 | Pythagoras")
    decided = check(document(Stated(Claim("Q-3", "so", (Chain(chain),))))).decided["Q-3"]
    assert decided.verdict == "agrees" and "no exact reason" in decided.how


def test_an_implication_is_decided_exactly_or_not_at_all() -> None:
    right = by_hand(SQUARE, "y", "=> x == 0 | a square is 0 at 0 only", start="y == 0")
    wrong = by_hand(SQUARE, "y", "=> x == 1 | but also at -1", start="y == 1")
    checked = check(document(Stated(Claim("Q-4", "so", (Chain(right),))), Stated(Claim("Q-5", "so", (Chain(wrong),)))))
    assert checked.decided["Q-4"].verdict == "proved" and checked.decided["Q-5"].verdict == "undecided"
