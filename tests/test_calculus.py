"""Local derivatives with their deltas, and the chain rule."""
from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.algebra.convert import poly
from symbackprop.calculus import chain_rule, differentiate
from symbackprop.language.nodes import Delta, Det, Inverse, IsArgmax, LogDet, Max, Partial, Prod, Sum, Unspecified, Where
from symbackprop.language.tensors import Component, Dim, Index, Tensor

N, D = Dim("N"), Dim("D")
n, m, d, e, i, j = Index("n", N), Index("m", N), Index("d", D), Index("e", D), Index("i", D), Index("j", D)
x, w, A = Tensor("x", N, D), Tensor("w", D), Tensor("A", D, D)


def test_a_component_gives_a_delta_for_each_axis() -> None:
    assert differentiate(x[n, d], x[m, e]) == Delta(n, m) * Delta(d, e)
    assert differentiate(w[d], x[m, e]) == 0


def test_a_bound_index_is_never_caught() -> None:
    """SymPy's own diff(Sum(W[i,j] x[j], j), x[j]) gives Sum(W[i,j], j); right is W[i,j]."""
    result = differentiate(Sum(A[i, j] * w[j], j), w[j])
    assert poly(result) == poly(A[i, j])


def test_products_powers_and_functions() -> None:
    assert poly(differentiate(w[d] ** 3, w[e])) == poly(3 * w[d] ** 2 * Delta(d, e))
    assert poly(differentiate(sp.exp(2 * w[d]), w[e])) == poly(2 * sp.exp(2 * w[d]) * Delta(d, e))
    power = differentiate(sp.Integer(2) ** w[d], w[e])
    assert poly(power) == poly(sp.Integer(2) ** w[d] * sp.log(2) * Delta(d, e))


def test_a_case_distinction_is_differentiated_branch_by_branch() -> None:
    condition = Delta(d, i)
    result = differentiate(Where(condition, w[d] ** 2, w[d]), w[e])
    assert poly(result) == poly(Where(condition, 2 * w[d], sp.Integer(1)) * Delta(d, e))


def test_a_maximum_picks_its_place() -> None:
    result = differentiate(Max(w[d], d), w[e])
    assert poly(result) == poly(IsArgmax(w[d], d, e))


def test_a_product_over_an_index_leaves_the_others() -> None:
    result = differentiate(Prod(w[d], d), w[e])
    assert poly(result) == poly(Prod(Where(Delta(d, e), sp.Integer(1), w[d]), d))


def test_matrices() -> None:
    entry = A[i, j]
    inverse = differentiate(Inverse(entry, i, j, d, e), A[i, j])
    assert poly(inverse) == poly(-Inverse(entry, i, j, d, i) * Inverse(entry, i, j, j, e))
    assert poly(differentiate(LogDet(entry, i, j), A[d, e])) == poly(Inverse(entry, i, j, e, d))
    assert poly(differentiate(Det(entry, i, j), A[d, e])) == poly(Det(entry, i, j) * Inverse(entry, i, j, e, d))


def test_a_function_left_open_gets_a_prime() -> None:
    result = differentiate(Unspecified("f", w[d] ** 2), w[e])
    assert poly(result) == poly(2 * w[d] * Unspecified("f", w[d] ** 2, 1) * Delta(d, e))


def test_the_chain_rule_sums_over_every_consumer() -> None:
    y, z = Tensor("y", N), Tensor("z", D)
    target = w[e]
    ends = [(y[n], y.adjoint()[n]), (z[d], z.adjoint()[d])]
    expected = Sum(y.adjoint()[n] * Partial(y[n], target), n) + Sum(z.adjoint()[d] * Partial(z[d], target), d)
    assert chain_rule(target, ends) == expected


def test_what_has_no_rule_is_refused() -> None:
    with pytest.raises(TypeError, match="no rule to differentiate Partial"):
        differentiate(Partial(w[d], w[e]), w[e])


def test_sympy_is_not_let_near_tensor_nodes() -> None:
    with pytest.raises((TypeError, ValueError)):
        sp.diff(Sum(w[d] ** 2, d), Component(w, e))
