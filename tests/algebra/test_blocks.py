"""Blocks of a variable: where gates are concatenated, ai[n,j] is a[n, j + H]; what stands in two blocks at once is 0."""
from __future__ import annotations

import pytest

from symbackprop.algebra.convert import expanded, poly
from symbackprop.algebra.instances import instance
from symbackprop.algebra.recognition import folded, proof
from symbackprop.algebra.terms import ZERO, Poly
from symbackprop.language.equations import Equation
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.layer import Layer

N, H = Dim("N"), Dim("H")
n, j, k = Index("n", N), Index("j", H), Index("k", 4*H)
LAYER = Layer("gates", "x[N,D], W[D,4*H], c[N,H], v[4*H] -> y[N,H]", """
    a[n,k] = sum[d](x[n,d]*W[d,k]) + v[k]
    y[n,j in H] = sigmoid(a[n,j+H])*c[n,j]
""")
c, a = LAYER.tensors["c"], LAYER.tensors["a"]


def linear(at: object) -> Equation:
    """What a[n, at] is, by hand."""
    x, W, v = (LAYER.tensors[name] for name in ("x", "W", "v"))
    from symbackprop.language.nodes import Sum
    d = Index("d", Dim("D"))
    return Equation(Tensor("ai", N, H)[n, j], Sum(x[n, d]*W[d, at], d) + v[at])


def test_a_block_is_named() -> None:
    helper = linear(j + 2*H)
    found = folded(helper.left, [helper], LAYER.equations)
    assert found.expression == a[n, j + 2*H]
    assert found.named == (("ai", "a"),)


@pytest.mark.parametrize("at", [j + 4*H, j - 1, 4*j + 4])
def test_what_may_leave_the_range_is_no_block(at: object) -> None:
    assert instance(expanded(linear(at).right), LAYER.equations) is None


def test_another_definition_is_no_block() -> None:
    assert instance(expanded(linear(j).right + 1), LAYER.equations) is None
    mixed = expanded(linear(j).right - LAYER.tensors["v"][j] + LAYER.tensors["v"][j + H])
    assert instance(mixed, LAYER.equations) is None


def test_a_proof_by_blocks() -> None:
    helper = linear(j + H)
    import sympy as sp
    said = 1/(1 + sp.exp(-helper.left))*c[n, j]
    assert proof(said, [helper], Component(LAYER.tensors["y"], n, j), LAYER.equations) is not None
    wrong = linear(j + 2*H)
    assert proof(1/(1 + sp.exp(-wrong.left))*c[n, j], [wrong], Component(LAYER.tensors["y"], n, j), LAYER.equations) is None


# ---- ranges that exclude one another ------------------------------------------------------------------------------------

def form(text: str) -> Poly:
    """Over n, j below H and k below 4H."""
    from symbackprop.language.notation import read_expression, scope
    return poly(read_expression(text, scope((c, Tensor("e", N, H), LAYER.tensors["v"])), indices=(n, j, k)))


@pytest.mark.parametrize("text", [
    "(0 <= k - H < H)*(0 <= k - 2*H < H)*v[k]",
    "(0 <= k - 2*H < H)*exp(v[k])*c[n, k - 3*H]",
    "(0 <= k - 2*H < H)*sum[i](c[i, k - 3*H]*e[i, k - 3*H])",
    "(0 <= k - 2*H < H)*sum[i](c[i, k + 0]*e[i, k + 0])",
])
def test_in_two_blocks_at_once_is_0(text: str) -> None:
    assert form(text) == ZERO


@pytest.mark.parametrize(("left", "right"), [
    ("(0 <= k - H < H)*sum[i](c[i, k - H]*exp(e[i, k - H]))", "sum[i](c[i, k - H]*exp(e[i, k - H]))"),
])
def test_a_sum_reads_0_where_its_factors_do(left: str, right: str) -> None:
    assert form(left) == form(right)


@pytest.mark.parametrize("text", [
    "(0 <= k - H < H)*(0 <= k - 2*H + 1 < H)*v[k]",
    "(0 <= k - 2*H < H)*sum[i](exp(c[i, k - 3*H]))",
    "(0 <= k - 2*H < H)/c[n, k - 3*H]",
])
def test_what_may_overlap_stays(text: str) -> None:
    assert form(text) != ZERO


def test_a_size_is_a_place_too() -> None:
    assert form("exp(v[k])*sum[i](c[i, H + 0])") == form("0")
    assert form("exp(v[k])*v[H + 0]*v[2*H]") != form("0")


def test_a_range_tied_by_a_delta_holds() -> None:
    assert form("delta(k, 2*j)*(0 <= 2*j < 4*H)*v[k]") == form("delta(k, 2*j)*v[k]")
    assert form("delta(k, j + H)*(0 <= j + H < 4*H)") == form("delta(k, j + H)")
    assert form("delta(k, 3*j)*(0 <= 3*j - 1 < 4*H)") != form("delta(k, 3*j)")


def test_a_range_matters_where_nothing_reads_0() -> None:
    assert form("(0 <= k - H < H)*sum[i](exp(c[i, k - H]))") != form("sum[i](exp(c[i, k - H]))")
