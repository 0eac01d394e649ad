"""LaTeX, HTML with MathML, Markdown: well-formed whatever the expression, and nothing from outside is markup."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import given, settings
from render_examples import BATCH_NORM, LINEAR, D, H, N, W, b, batch_norm, d, h, linear_weight, n, x, z
from test_render_text import EXPRESSIONS, SHOWN

from symbackprop.derivation import Derivation, MatrixForm, Reason, Reference, Step
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Sum
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.language.writing import write
from symbackprop.layer import Layer
from symbackprop.render import arrays, html, latex, linear, markdown, mathml, tex, text
from symbackprop.render import json as json_format
from symbackprop.render.maths import tree
from symbackprop.render.order import Scope
from symbackprop.render.tree import Accent, Declared, Delimiter, Fraction, Letter, Marked, Node, Number, Sign, Words

CORE = {*("math", "mrow", "mi", "mn", "mo", "mtext", "mspace"), *("mfrac", "msqrt", "msup", "msub", "msubsup"),
        *("munder", "mover", "mtable", "mtr", "mtd")}
ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "munder": 2, "mover": 2}
HOSTILE = ["\\input{/etc/passwd}", "<img src=x onerror=alert(1)>", "$\\write18{x}$", "a & b % c # d ~ e ^ f _ g {h}",
           "</title><script>x</script>", "[x](javascript:y) ![i](http://z)", "`code`",
           "\u202eabc\u0000\n\\end{document}", '" onmouseover="x', "]]>", "{equation}", "{0.__class__}"]


def elements(shown: str) -> Iterator[ET.Element]:
    """The elements of an XML text, without their namespace."""
    for element in ET.fromstring(shown).iter():
        element.tag = element.tag.removeprefix(f"{{{mathml.NAMESPACE}}}")
        yield element


def check_mathml(shown: str) -> None:
    for element in elements(shown):
        assert element.tag in CORE, element.tag
        assert len(element) == ARITY.get(element.tag, len(element)), shown
        if element.tag in ("mi", "mn", "mo", "mtext"):
            assert element.text and not len(element)


def check_latex(shown: str) -> None:
    """Braces balance; \\left, \\right and environments pair; no base bears two superscripts."""
    depth = 0
    for token in re.findall(r"\\.|[{}]", shown, re.DOTALL):
        depth += (token == "{") - (token == "}")
        assert depth >= 0, shown
    assert depth == 0, shown
    assert shown.count(r"\left") - shown.count(r"\leftarrow") == shown.count(r"\right"), shown
    begun, ended = (sorted(re.findall(rf"\\{word}\{{(\w+\*?)\}}", shown)) for word in ("begin", "end"))
    assert begun == ended, shown
    assert not re.search(r"\^\{[^{}]*\}\s*\^", shown), shown


@given(EXPRESSIONS)
@settings(max_examples=100, deadline=None)
def test_every_format_shows_every_expression(e: sp.Expr) -> None:
    check_mathml(html.expression(e))
    check_latex(latex.expression(e))
    assert text.expression(e)


@pytest.mark.parametrize(("e", "_shown"), SHOWN, ids=[s for _, s in SHOWN])
def test_every_node_is_shown(e: sp.Expr, _shown: str) -> None:
    check_mathml(html.expression(e))
    check_latex(latex.expression(e))


@pytest.mark.parametrize("node", [
    Words("<b> & \\x{"), Declared(Letter("x", "x"), (Letter("N", "N"),)),
    Declared(Letter("t", "t"), (), Letter("V", "V")),
    Declared(Letter("m", "m"), (), None, (Number("0"), Number("1"))), Delimiter("("), Accent("bar", Letter("y", "y")),
    Marked(Letter("A", "A"), "⁻ᵀ"), Marked(Letter("f", "f"), "′′"), Fraction(Number("1"), Letter("N", "N")), Sign("⊙")])
def test_every_tree_is_shown(node: Node) -> None:
    check_mathml(mathml.math(node))
    check_latex(tex.write(node))
    assert linear.write(node)


LATEX = [
    (Sum(x[n, d] * W[d, h], d), r"\sum_{d} x_{n d} \, W_{d h}"),
    (x[n, 2 * d + 1], r"x_{n, 2 d + 1}"),
    (Tensor("W1", D, H)[d, h], r"W^{(1)}_{d h}"),
    (Tensor("W1", D, H)[d, h]**2, r"(W^{(1)}_{d h})^{2}"),
    (Tensor("var", D)[d], r"\mathrm{var}_{d}"),
    (z.adjoint()[n, h], r"\frac{\partial C}{\partial z_{n h}}"),
    (Tensor("log_prob", N)[n], r"\mathrm{log\_prob}_{n}"),
]


@pytest.mark.parametrize(("e", "shown"), LATEX)
def test_latex(e: sp.Expr, shown: str) -> None:
    assert tex.write(tree(e, Scope(order=("n", "h")))) == shown


ARRAYS = [("x.T @ dz", "xᵀ dz"), ("(softmax - y)/N", "(softmax − y)/N"), ("sum(dz, axis=0)", "1ᵀ dz"),
          ("sum(z, axis=1)", "z 1"), ("sum(z, axis=1, keepdims=True)", "z 1 1ᵀ"), ("x * x2", "x ⊙ x₂"),
          ("2*(x @ W)", "2 x W"), ("(x * x2) @ W", "(x ⊙ x₂) W"), ("x * (x2 @ W)", "x ⊙ x₂ W"),
          ("-x + inv(A).T", "−x + (A⁻¹)ᵀ"), ("b[:, None] * x", "b 1ᵀ ⊙ x"), ("relu(x @ W)", "ReLU(x W)"),
          ("x**2", "x ⊙ x"), ("max(x, axis=1)", "max_(axis 1) x"), ("where(x > 0, x, 0)", "{x if x > 0; else 0}"),
          ("sqrt(b)/N", "√b/N"), ("einsum('nd,nh->dh', x, z)", "einsum('nd,nh->dh', x, z)")]


@pytest.mark.parametrize(("plain", "shown"), ARRAYS)
def test_array_notation(plain: str, shown: str) -> None:
    known = {"x": (Letter("x", "x"), 2), "b": (Letter("b", "b"), 1), "N": (Letter("N", "N"), 0)}
    node = arrays.read(plain, known)
    assert linear.write(node) == shown
    check_mathml(mathml.math(node))
    check_latex(tex.write(node))


@pytest.mark.parametrize(
    "plain", ["x @", "import os", "__import__('os').system('x')", "\\input{x}", "lambda: <b>", "(" * 300])
def test_array_text_that_is_no_mathematics_is_only_shown(plain: str) -> None:
    node = arrays.read(plain, {})
    check_mathml(mathml.math(node))
    check_latex(tex.write(node))


# --- whole pages ---

class Page(HTMLParser):
    """The tags of a page and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    handle_startendtag = handle_starttag


def test_a_page_stands_alone() -> None:
    shown = html.derivations(BATCH_NORM, [batch_norm()["x"]])
    page = Page(shown)
    assert ("lang", "en") in page.attributes
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not re.search(r"url\(|@import", shown)
    ids = [v for k, v in page.attributes if k == "id"]
    assert len(ids) == len(set(ids))
    links = [v[1:] for k, v in page.attributes if k == "href" and v]
    assert len(links) == 3 and set(links) <= set(ids)
    assert ET.fromstring(shown.split("\n", 1)[1]).tag == "html"


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_is_markup(title: str) -> None:
    layer = Layer.of(title, LINEAR.inputs, LINEAR.outputs, LINEAR.equations, source=title)
    plain = Layer.of("t", LINEAR.inputs, LINEAR.outputs, LINEAR.equations, source="t")
    step = Step(Sum(x[n, d], n), Reason("words", {"text": title}), detail="brief")
    calm = Step(Sum(x[n, d], n), Reason("words", {"text": "t"}), detail="brief")
    hostile, quiet = (Derivation(W.adjoint()[d, h], (s,), w, W) for s, w in ((step, layer), (calm, plain)))
    page, reference = (Page(html.derivations(d.layer, [d])) for d in (hostile, quiet))
    assert page.tags == reference.tags
    assert {k for k, _ in page.attributes} == {k for k, _ in reference.attributes}
    tex_file = latex.derivations(layer, [hostile])
    check_latex(tex_file)
    used, known = (set(re.findall(r"\\[A-Za-z]+", file)) for file in (tex_file, latex.derivations(plain, [quiet])))
    characters = ("backslash", "asciicircum", "asciitilde", "quotedbl", "asciigrave")
    assert used - known <= {r"\text" + c for c in characters}
    shown = markdown.derivations(layer, [hostile])
    assert not re.search(r"<[A-Za-z/!]", shown) and "](" not in shown.replace("\\](", "")
    assert "\u202e" not in text.derivations(layer, [hostile])


def test_a_name_that_is_no_name_is_shown_as_words() -> None:
    bad = Tensor("x}\\input{y}<b>", Dim("N"))[Index("n", Dim("N"))]
    check_latex(latex.expression(bad))
    assert r"\input" not in latex.expression(bad)
    check_mathml(html.expression(bad))


def test_a_rule_without_a_sentence_is_shown_by_its_id() -> None:
    step = Step(x[n, d], Reason("some {odd} rule", {}, (Reference("claim", "No-1"),)))
    assert "some {odd} rule" in text.derivation(Derivation(W.adjoint()[d, h], (step,), LINEAR, W))


def test_deep_chains_of_lemmas_need_no_deep_stack() -> None:
    names = [f"a{k}" for k in range(1500)]
    tensors = [Tensor(name) for name in names]
    layer = Layer.of("deep", (tensors[0],), (tensors[-1],), tuple(Equation(a(), before()) for a, before in zip(
        tensors[1:], tensors, strict=False)))
    family: dict[str, Derivation] = {}
    for t, above in zip(tensors, [*tensors[1:], None], strict=True):
        right: sp.Expr = above.adjoint()() if above is not None else sp.Integer(1)
        family[t.name] = Derivation(Component(t.adjoint()), (Step(right, Reason("simplify")),), layer, t,
                                    inserts=() if above is None else (above.name,), family=family)
    assert text.derivation(family["a0"]).count("∂a1499/") == 0
    assert text.derivation(family["a0"]).splitlines()[-1].startswith("  (2999)")


def test_markdown_is_latex_between_dollars() -> None:
    shown = markdown.derivations(LINEAR, [linear_weight()])
    assert shown.startswith("# linear\n") and shown.count("$$") == 4
    for display in re.findall(r"\$\$\n(.*?)\n\$\$", shown, re.DOTALL):
        check_latex(display)


def test_the_array_form_of_a_derivation_gives_its_shape() -> None:
    assert r"x^{\top} \, \frac{\partial C}{\partial z}" in latex.derivation(linear_weight())
    step = Step(MatrixForm("sum(dz, axis=0)", Sum(z.adjoint()[n, h], n), (H,)), Reason("matrix form"))
    assert "db = 1ᵀ dz   [H]" in text.derivation(Derivation(b.adjoint()[h], (step,), LINEAR, b))


def test_json_says_what_the_page_says() -> None:
    data = json.loads(json_format.derivations(BATCH_NORM, [batch_norm()["x"]]))
    assert (data["schema"], data["version"]) == (json_format.SCHEMA, json_format.VERSION)
    assert [d["variable"] for d in data["derivations"]] == ["xhat", "var", "mu", "x"]
    assert [d["lemma"] for d in data["derivations"]] == [True, True, True, False]
    step = data["derivations"][-1]["steps"][1]
    assert step["reason"]["text"] == "insert (5), (6) and (7)"
    assert step["right"]["text"].startswith("γ[d]/(N √(var[d] + ε)) · (N dy[n,d]")
    assert data["layer"]["equations"][0]["right"]["plain"] == write(BATCH_NORM.equations[0].right)


def test_matrices_keep_their_order_above_a_bar() -> None:
    step = Step(MatrixForm("dz @ W.T / sqrt(D)", Sum(z.adjoint()[n, h] * W[d, h], h), (N, D)), Reason("matrix form"))
    derivation = Derivation(x.adjoint()[n, d], (step,), LINEAR, x)
    assert r"\frac{\frac{\partial C}{\partial z} \, W^{\top}}{\sqrt{D}}" in latex.derivation(derivation)
    assert "dx = dz Wᵀ/√D" in text.derivation(derivation)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX engine")
def test_documents_compile_without_overfull_lines(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_text(latex.document_of(linear_weight(), batch_norm()["x"]), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert not re.findall(r"Overfull \\hbox \((?!\d?\.\d)", done.stdout)
