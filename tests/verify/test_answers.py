"""Reading answers: texts, chains of equalities, helpers, SymPy expressions, files; what can't be read says where."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.checking import layer_of
from symbackprop.language.equations import Equation
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Dim, Index, Tensor
from symbackprop.verify.answers import Formula, Stated, Unread, adjoints
from symbackprop.verify.chains import chains
from symbackprop.verify.reading import read_answers

LINEAR = sb.layers.get("linear")
N, D, H = Dim("N"), Dim("D"), Dim("H")
n, d, h = Index("n", N), Index("d", D), Index("h", H)
x, W, b, dz = Tensor("x", N, D), Tensor("W", D, H), Tensor("b", H), Tensor("dz", N, H, adjoint_of="z")


def unread(layer: object, answers: object) -> Unread:
    (found,) = [a for a in read_answers(layer_of(layer), answers) if isinstance(a, Unread)]  # type: ignore[arg-type]
    return found


# --- chains ---


def parts(text: str) -> list[list[tuple[str, str, int]]]:
    return [[(k.left_text, k.right_text, k.line) for k in chain] for chain in chains(text)]


def test_a_text_is_chains_of_links() -> None:
    assert parts("a = b = c; d = e") == [[("a", "b", 1), ("a", "c", 1)], [("d", "e", 1)]]
    assert parts("a = b\n  = c\n\n # said\n= d # and done\ne") == [
        [("a", "b", 1), ("a", "c", 2), ("a", "d", 5)],
        [("", "e", 6)],
    ]


def test_comparisons_and_brackets_hold_no_links() -> None:
    assert parts("a[i=1] = (b == c)*(d <= e)\n") == [[("a[i=1]", "(b == c)*(d <= e)", 1)]]
    assert parts("a = sum(b, axis=0,\n    keepdims=True)") == [[("a", "sum(b, axis=0, keepdims=True)", 1)]]
    assert parts("a = (b # = c\n + d) # e\nf = g") == [[("a", "(b # = c + d)", 1)], [("f", "g", 3)]]


def test_windows_line_ends() -> None:
    assert parts("a = b\r\nc = d\r\n") == [[("a", "b", 1)], [("c", "d", 2)]]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("dW = x.T @ dq", 1, 12),
        ("# a remark\n\ndW = x.T @ dz\n   = x.T @ dq", 4, 12),
        ("db = sum(dz, axis=0) = sum(dq, axis=0)", 1, 28),
        ("dW = x.T @ dz; db = sum(dq,\n   axis=0)", 1, 25),
    ],
)
def test_an_error_stands_where_it_is_in_the_whole_text(text: str, line: int, column: int) -> None:
    error = unread(LINEAR, text).error
    assert error is not None and (error.line, error.column) == (line, column)
    assert "dq" in error.message


# --- what is read ---


def test_targets_and_formulas() -> None:
    weights, bias = read_answers(LINEAR, "s = dz*2; dW = x.T @ s/2\ndb[j] = sum[n](dz[n,j])")
    assert isinstance(weights, Stated) and isinstance(weights.said, Formula)
    assert weights.name == "W" and weights.target.symbol == "dW" and weights.where == "line 1"
    assert [q.tensor.name for q in weights.said.helpers] == ["s"]
    assert isinstance(bias, Stated) and bias.name == "b" and bias.where == "line 2"
    assert isinstance(bias.said, Formula) and bias.said.helpers == ()


def test_keys_are_variables_or_their_gradients() -> None:
    for key in ("W", "dW"):
        (found,) = read_answers(LINEAR, {key: "x.T @ dz"})
        assert found.name == "W" and isinstance(found, Stated)
    (found,) = read_answers(LINEAR, {"W": "dW[d,h] = sum[n](x[n,d]*dz[n,h])"})
    assert found.name == "W" and isinstance(found, Stated)


def test_an_output_that_is_used_again_has_two_gradients() -> None:
    layer = sb.layers.get("lstm_cell")
    assert adjoints(layer)["dc1"].adjoint_of == "" and adjoints(layer)["dc1_total"].adjoint_of == "c1"
    report = sb.check(layer, {"c1": "dc1 + dh1*og*(1 - tanh(c1)**2)"})
    assert report.verdicts["c1"].status == "proved"


def test_sympy_expressions() -> None:
    right = Equation(W.adjoint()[d, h], sb.derive(LINEAR)["W"].result)
    assert sb.check(LINEAR, {"W": right, "b": sb.derive(LINEAR)["b"].result}).ok
    i, j = Index("i", D), Index("j", H)
    told_by_size = sb.derive(LINEAR)["W"].result.xreplace({d: i, h: j})
    assert sb.check(LINEAR, {"W": told_by_size}).verdicts["W"].status == "proved"
    assert sb.check(LINEAR, {"W": 0, "b": 0.5}).exit_code == 1


def test_indices_of_an_expression_are_not_caught() -> None:
    # The answer's free indices bear the names of the bound ones of the reader's, and the other way round.
    matrix, A = Dim("D"), sb.layers.get("inverse")
    derivation = sb.derive(A)["A"]
    i, j, e = Index("i", matrix), Index("d", matrix), Index("e", matrix)
    for names in ((i, j), (j, e), (e, i)):
        turned = substitute(derivation.result, dict(zip(derivation.goal.indices, names, strict=True)))
        goal = Tensor("dA", matrix, matrix, adjoint_of="A")[names]
        assert sb.check(A, {"A": Equation(goal, turned)}).verdicts["A"].status == "proved"


def test_symbols_of_sympy_name_scalars() -> None:
    u = sp.Symbol("x")
    assert sb.check("x -> C; C = x**3", {"x": 3 * u**2}).verdicts["x"].status == "proved"
    assert sb.check("x -> C; C = x**3", {"x": 2 * u**2}).verdicts["x"].status == "refuted"
    assert "q is no variable" in unread("x -> C; C = x**3", {"x": 3 * u**2 + sp.Symbol("q")}).message
    assert "components" in unread(LINEAR, {"b": sp.Symbol("W")}).message
    foreign = Tensor("M", N, H)
    assert "is no tensor" in unread(LINEAR, {"b": foreign[n, h]}).message


def test_indices_that_cant_be_told_apart() -> None:
    square = sb.read_layer("A[D,D], x[D] -> C; C = x @ A @ x")
    i, j, v = Index("p", D), Index("q", D), Tensor("x", D)
    assert "which is which" in unread(square, {"A": v[i] * v[j]}).message
    (found,) = read_answers(square, {"A": Equation(Tensor("dA", D, D, adjoint_of="A")[i, j], v[i] * v[j])})
    assert isinstance(found, Stated)


# --- what can't be read ---


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        ({"w": "x"}, "did you mean W?"),
        ({"Q": "x"}, "it has x, W, b, z"),
        ({"W": "x.T @ dzz"}, "did you mean dz?"),
        ("dw = x.T @ dz", "did you mean dW?"),
        ("x.T @ dz", "which variable"),
        ({"W": "x[n,d]*dz[n,h]"}, "left side"),
        ({"W": ""}, "empty"),
        ({"W": "x.T @@ dz"}, "can't be read"),
        ({"W": [1, 2]}, "is no answer"),
        ({"W": None}, "is no answer"),
        ({"W": lambda q: q}, "parameter q"),
        ({"d(z[n,h], q[k])": "1"}, "q"),
    ],
)
def test_what_cant_be_read_says_what_would_be_right(answers: object, hint: str) -> None:
    report = sb.check(LINEAR, answers)
    (found,) = report.verdicts.values()
    assert found.status == "unreadable" and hint in found.message, found.message
    assert report.exit_code == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("dW = dz @ W", "[N, H] @ [D, H] doesn't fit: H against D"),
        ("dW = x @ dz", "[N, D] @ [N, H] doesn't fit: D against N"),
        ("dW = x.T @ dz + dz", "the shapes [D, H] and [N, H] don't fit"),
        ("dx = dz*W", "the shapes [N, H] and [D, H] don't fit"),
        ("db = sum(dz @ W, axis=0)", "[N, H] @ [D, H] doesn't fit"),
    ],
)
def test_what_can_be_formed_only_where_sizes_are_equal_is_refuted(answer: str, said: str) -> None:
    report = sb.check(LINEAR, answer)
    (found,) = report.verdicts.values()
    assert found.status == "refuted" and said in found.message, found.message
    assert found.how == "shape" and found.witness is not None
    assert len({*found.witness.sizes.values()}) == 3
    assert found.witness.found == "nothing"
    assert report.exit_code == 1


def test_what_rests_on_such_a_product_is_refuted_too() -> None:
    verdicts = sb.check(LINEAR, "t = dz @ W\ndx = 2*t\ndb = sum(dz, axis=0)").verdicts
    assert {k: v.status for k, v in verdicts.items()} == {"t": "unreadable", "x": "refuted", "b": "proved"}
    assert "[N, H] @ [D, H]" in verdicts["x"].message


def test_where_the_sizes_are_one_nothing_is_wrong_with_the_product() -> None:
    square = sb.read_layer("x[N,N], W[N,N] -> z[N,N]; z = x @ W")
    assert sb.check(square, "dW = dz @ W").verdicts["W"].message.startswith("dW")
    assert sb.check(square, "dW = x.T @ dz").verdicts["W"].status == "proved"


def test_the_rest_is_judged_all_the_same() -> None:
    report = sb.check(LINEAR, "dW = x.T @ dz\ndb = sum(dq)\ndx = dz @ W.T")
    assert [v.status for v in report.verdicts.values()] == ["proved", "unreadable", "proved"]


HOSTILE = [
    "dW = __import__('os').system('true')",
    "dW = (lambda: x)()",
    "dW = x.__class__",
    "dW = 9**9**9**9",
    "dW = " + "(" * 200 + "x" + ")" * 200,
    "dW = x\x1b[2J",
    "dW = [x for x in dz]",
    "dW = \u202ex",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_unreadable_and_shows_harmless(text: str) -> None:
    report = sb.check(LINEAR, text)
    assert {v.status for v in report.verdicts.values()} == {"unreadable"}
    assert not any((ord(c) < 32 and c != "\n") or c in "\x7f\u202e" for c in str(report) + report._repr_html_())


# --- files ---


def test_a_file_of_answers(tmp_path: Path) -> None:
    file = tmp_path / "answers.txt"
    file.write_text("\ufeff# mine\ndW = x.T @ dz\n\ndb = 2*sum(dz, axis=0)\n", encoding="utf-8")
    report = sb.check(LINEAR, file)
    assert report.verdicts["W"].where == "answers.txt:2" and report.verdicts["b"].where == "answers.txt:4"
    assert sb.check(LINEAR, str(file)).exit_code == 1
    file.write_bytes(b"dW = \xff")
    with pytest.raises(ValueError, match="UTF-8"):
        sb.check(LINEAR, file)
    with pytest.raises(OSError, match="nowhere"):
        sb.check(LINEAR, tmp_path / "nowhere")
    with pytest.raises(TypeError):
        sb.check(LINEAR, 3)


def test_the_layer_may_be_a_name_a_text_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.layer"
    file.write_text("x[N] -> y[N]\ny = 3*x\n", encoding="utf-8")
    for layer in ("x[N] -> y[N]; y = 3*x", file, str(file)):
        assert sb.check(layer, "dx = 3*dy").ok
    assert sb.check("conv1d:stride=2", {"b": "sum(dy, axis=(0, 2))"}).ok
    with pytest.raises(ValueError, match="did you mean"):
        sb.check("batchnorm", "dx = dy")
