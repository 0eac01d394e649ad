"""Laws of the normal form: what people write differently is the same polynomial, and near misses are not."""
from __future__ import annotations

import time
from random import Random

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import FREE, expression

from symbackprop.algebra.convert import expanded, poly
from symbackprop.algebra.powers import power
from symbackprop.algebra.products import multiply
from symbackprop.algebra.terms import ONE, ZERO, Poly, add, negative, number
from symbackprop.language.nodes import Inverse, Prod, Sum
from symbackprop.language.notation import read_expression, read_signature, scope
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor

N, D, P, L = map(Dim, "NDPL")
DECLARED = """x[N,D], y[N,D], z[N,D], W[D,H], v[D], w[D], A[D,D], B[D,D], S[N,N], a[P], b[L], K[L + P - 1], t[N] in D, m[N] in {0, 1},
              eps > 0, g > 0, s[N] > 0, c -> C"""
SIGNATURE = read_signature(DECLARED)
SCOPE = scope(SIGNATURE.inputs)
INDICES = (Index("n", N), Index("d", D), Index("e", D), Index("h", Dim("H")), Index("l", L), Index("p", P), Index("q", N))


def read(text: str) -> sp.Expr:
    return read_expression(text, SCOPE, indices=INDICES)


def form(text: str) -> Poly:
    return poly(read(text))


SAME = """
    x[n,d]*y[n,d]                               | y[n,d]*x[n,d]
    (x[n,d] + y[n,d])*z[n,d]                    | x[n,d]*z[n,d] + z[n,d]*y[n,d]
    (x[n,d] - y[n,d])**2                        | x[n,d]**2 - 2*x[n,d]*y[n,d] + y[n,d]**2
    (x[n,d] + 1)**3*(x[n,d] - 1)                | x[n,d]**4 + 2*x[n,d]**3 - 2*x[n,d] - 1
    sum[i](x[i,d]*W[d,h])                       | W[d,h]*sum[n](x[n,d])
    sum[i,j](x[i,j])                            | sum[j](sum[i](x[i,j]))
    sum[i](x[i,d])*sum[i](y[i,d])               | sum[i,j](x[i,d]*y[j,d])
    sum[i](x[i,d])**2                           | sum[i,j](x[i,d]*x[j,d])
    sum[i](x[i,d] - sum[j](x[j,d])/N)           | 0
    sum[i in N](sum[j](x[j,d]))                 | N*sum[n](x[n,d])
    sum[i in N](1)                              | N
    sum[i,j](x[i,d]*y[j,d] - y[i,d]*x[j,d])     | 0
    sum[i](delta(i, n)*x[i,d])                  | x[n,d]
    sum[i,j](delta(i, n)*delta(j, d)*x[i,j])    | x[n,d]
    sum[i](delta(i, d)*delta(i, e)*v[i])        | delta(d, e)*v[e]
    delta(d, e)*v[d]                            | delta(e, d)*v[e]
    delta(d, e)**2                              | delta(d, e)
    sum[k](delta(k, t[n])*v[k])                 | v[t[n]]
    sum[i](delta(i, n - 1)*x[i,d])              | x[n - 1, d]
    sum[k](delta(k, 3 + d)*v[k])                | v[d + 3]
    sum[p](a[p]*b[l - p])                       | sum[q](a[l - q]*b[q])
    sum[p](a[p]*K[l + p])                       | sum[q](a[q - l]*K[q])
    sum[i,j,k](A[i,j]*B[j,k]*A[k,i])            | sum[i,j,k](A[j,k]*B[k,i]*A[i,j])
    sum[i,j](A[i,j]*A[j,i])                     | sum[q,r](A[r,q]*A[q,r])
    exp(x[n,d])*exp(y[n,d])                     | exp(x[n,d] + y[n,d])
    exp(x[n,d])**3/exp(x[n,d])                  | exp(2*x[n,d])
    exp(-x[n,d])                                | 1/exp(x[n,d])
    exp(3*log(x[n,d]))                          | x[n,d]**3
    log(exp(x[n,d]))                            | x[n,d]
    log(g*x[n,d])                               | log(g) + log(x[n,d])
    log(eps/g)                                  | log(eps) - log(g)
    log(6)                                      | log(2) + log(3)
    sqrt(x[n,d]**2)                             | abs(x[n,d])
    sqrt(g*x[n,d])                              | sqrt(g)*sqrt(x[n,d])
    sqrt(8)                                     | 2*sqrt(2)
    sum[i](sqrt(x[i,d]*c)*sqrt(x[i,d]*c))       | c*sum[i](x[i,d])
    1/sqrt(x[n,d] + eps)                        | sqrt(x[n,d] + eps)/(x[n,d] + eps)
    (x[n,d]**2 + eps)**(3/2)                    | (x[n,d]**2 + eps)*sqrt(eps + x[n,d]**2)
    x[n,d]**2/x[n,d]                            | x[n,d]
    1/(2*x[n,d] + 2*y[n,d])                     | 1/(x[n,d] + y[n,d])/2
    1/(x[n,d] - y[n,d])                         | -1/(y[n,d] - x[n,d])
    exp(x[n,d])/(1 + exp(x[n,d]))               | 1/(1 + exp(-x[n,d]))
    (x[n,d] > 0)                                | (0 < x[n,d])
    (x[n,d] >= 0)                               | 1 - (x[n,d] < 0)
    (x[n,d] > y[n,d])                           | (y[n,d] - x[n,d] < 0)
    (2*x[n,d] > 6)                              | (x[n,d] > 3)
    (x[n,d] > 0)**2                             | (x[n,d] > 0)
    (x[n,d] > 0)*(x[n,d] <= 0)                  | 0
    (x[n,d] > 0)*(x[n,d] > 1)                   | (x[n,d] > 1)
    where(x[n,d] > 0, y[n,d], z[n,d])           | where(x[n,d] <= 0, z[n,d], y[n,d])
    where(m[n], y[n,d], 0)                      | m[n]*y[n,d]
    tanh(-x[n,d])                               | -tanh(x[n,d])
    abs(-3*x[n,d])                              | 3*abs(x[n,d])
    abs(x[n,d])**2                              | x[n,d]**2
    (0 <= n - 1 < N)*x[n - 1, d]                | x[n - 1, d]
    x[-1, d]                                    | 0
    c**(n + 2)                                  | c**2*c**n
    c**n*c**q                                   | c**(n + q)
    prod[i](x[i,d]*y[i,d])                      | prod[i](y[i,d])*prod[j](x[j,d])
    prod[i](exp(x[i,d]))                        | exp(sum[i](x[i,d]))
    prod[i in N](c)                             | c**N
    prod[i,j in P](x[i,d])                      | prod[i](x[i,d])**P
    max[i](x[i,d])                              | max[j](x[j,d])
    f(x[n,d] + y[n,d])                          | f(y[n,d] + x[n,d])
    inv(A.T)[d,e]                               | inv(A)[e,d]
    inv(A + A.T)[d,e]                           | inv(A.T + A)[e,d]
    logdet(A.T @ B)                             | logdet(B.T @ A)
    det(A.T)                                    | det(A)
    exp(relu(x[n,d])*(x[n,d] > 0))              | exp(relu(x[n,d]))*(x[n,d] > 0) + (x[n,d] <= 0)
    (where(x[n,d] > 0, y[n,d], 0) > 0)          | (x[n,d] > 0)*(y[n,d] > 0)
    abs(where(x[n,d] > 0, y[n,d], z[n,d]))      | where(x[n,d] > 0, abs(y[n,d]), abs(z[n,d]))
"""

DIFFERENT = """
    A[d,e]                                      | A[e,d]
    sum[i](A[d,i]*B[i,e])                       | sum[i](A[i,d]*B[i,e])
    sum[i,j](A[i,j]*A[j,i])                     | sum[i,j](A[i,j]*A[i,j])
    sum[i,j](A[i,j]*B[i,j])                     | sum[i,j](A[i,j]*B[j,i])
    sum[i](x[i,d])/N                            | sum[i](x[i,d])/D
    sum[i](x[i,d])                              | x[n,d]
    sum[i](x[i,d]**2)                           | sum[i](x[i,d])**2
    sum[i](x[i,d]*y[i,d])                       | sum[i](x[i,d])*sum[i](y[i,d])
    x[n,d]                                      | 2001/2000*x[n,d]
    x[n,d] - y[n,d]                             | y[n,d] - x[n,d]
    sum[p](a[p]*b[l - p])                       | sum[p](a[p]*b[l + p])
    sum[p](a[p]*b[l - p])                       | sum[p](a[p]*b[p - l])
    x[n - 1, d]                                 | x[n, d]
    v[t[n]]                                     | v[d]
    delta(d, t[n])                              | delta(e, t[n])
    exp(x[n,d] + y[n,d])                        | exp(x[n,d]) + exp(y[n,d])
    log(x[n,d]*y[n,d])                          | log(x[n,d]) + log(y[n,d])
    log(x[n,d]**2)                              | 2*log(x[n,d])
    sqrt(x[n,d]*y[n,d])                         | sqrt(x[n,d])*sqrt(y[n,d])
    sqrt(x[n,d]**2)                             | x[n,d]
    sqrt(c**n)                                  | c**(n/2)
    sqrt(x[n,d] + eps)                          | sqrt(x[n,d])
    1/(x[n,d] + y[n,d])                         | 1/x[n,d] + 1/y[n,d]
    (x[n,d] > 0)                                | (x[n,d] >= 0)
    (x[n,d] > 0)                                | 1 - (x[n,d] < 0)
    (x[n,d] > 0)                                | (x[n,d] > 1)
    step(x[n,d])                                | step(-x[n,d])
    relu(x[n,d])                                | x[n,d]
    tanh(x[n,d])**2                             | tanh(x[n,d]**2)
    exp(x[n - 1, d])                            | (0 <= n - 1 < N)*exp(x[n - 1, d])
    sum[i in N](exp(x[i - 1, d]))               | sum[i](exp(x[i, d]))
    prod[i](x[i,d] + c)                         | prod[i,j in P](x[i,d] + c)
    prod[i in N](x[n,d] + c)                    | x[n,d] + c
    prod[i in N](x[n,d] + c)                    | prod[i in P](x[n,d] + c)
    prod[i in N](c)                             | prod[i in P](c)
    max[i](x[i,d])                              | max[i](y[i,d])
    max[i](-x[i,d])                             | -max[i](x[i,d])
    inv(A)[d,e]                                 | inv(A)[e,d]
    inv(A.T)[d,e]                               | inv(A)[d,e]
    logdet(A + B)                               | logdet(A + B.T)
    f(x[n,d])                                   | f'(x[n,d])
    f(x[n,d])                                   | phi(x[n,d])
    sum[i](m[i]*x[i,d])                         | sum[i](x[i,d])
"""


def pairs(table: str) -> list[tuple[str, str]]:
    return [(left.strip(), right.strip()) for line in table.strip().splitlines() for left, _, right in [line.partition("|")]]


@pytest.mark.parametrize(("left", "right"), pairs(SAME))
def test_the_same(left: str, right: str) -> None:
    assert form(left) == form(right)


@pytest.mark.parametrize(("left", "right"), pairs(DIFFERENT))
def test_not_the_same(left: str, right: str) -> None:
    assert form(left) != form(right)


@pytest.mark.parametrize(("left", "right"), pairs("""
    sigmoid(x[n,d])             | 1/(1 + exp(-x[n,d]))
    sigmoid(x[n,d])             | exp(x[n,d])/(exp(x[n,d]) + 1)
    sigmoid(-x[n,d])            | 1/(1 + exp(x[n,d]))
    tanh(x[n,d])                | (exp(2*x[n,d]) - 1)/(exp(2*x[n,d]) + 1)
    relu(x[n,d])                | x[n,d]*(x[n,d] > 0)
    relu(x[n,d])*step(x[n,d])   | relu(x[n,d])
    silu(x[n,d])                | x[n,d]*sigmoid(x[n,d])
    leaky_relu(x[n,d], 0)       | relu(x[n,d])
"""))
def test_the_same_by_definition(left: str, right: str) -> None:
    assert expanded(read(left)) == expanded(read(right))


# ---- a ring ---------------------------------------------------------------------------------------------------------

def expressions() -> st.SearchStrategy[sp.Expr]:
    return st.randoms(use_true_random=False).map(lambda r: expression(r, FREE, 2))


def attempted(e: sp.Expr) -> Poly:
    try:
        return poly(e)
    except (TypeError, ZeroDivisionError):  # it has no real value anywhere
        return ONE


polys = expressions().map(attempted)
RING = settings(max_examples=60, deadline=None)


@RING
@given(polys, polys)
def test_addition_and_multiplication_commute(a: Poly, b: Poly) -> None:
    assert add(a, b) == add(b, a)
    assert multiply(a, b) == multiply(b, a)


@RING
@given(polys, polys, polys)
def test_addition_associates_and_cancels(a: Poly, b: Poly, c: Poly) -> None:
    assert add(a, add(b, c)) == add(add(a, b), c)
    assert add(a, negative(a)) == ZERO
    assert multiply(a, number(0)) == ZERO
    assert multiply(a, ONE) == a


@RING
@given(expressions())
def test_a_square_is_a_product(e: sp.Expr) -> None:
    a = attempted(e)
    if len(a) < 6:
        assert power(a, 2) == multiply(a, a)


@RING
@given(expressions(), st.randoms(use_true_random=False))
def test_the_names_of_bound_indices_do_not_matter(e: sp.Expr, random: Random) -> None:
    i = random.choice(FREE)
    k, m = Index("k1", i.size), Index("i9", i.size)
    assert attempted(Sum(substitute(e, {i: k}), k)) == attempted(Sum(substitute(e, {i: m}), m))


@RING
@given(expressions())
def test_a_delta_picks_a_term(e: sp.Expr) -> None:
    i, k = FREE[0], Index("k1", N)
    from symbackprop.language.nodes import Delta
    assert attempted(Sum(Delta(k, i)*substitute(e, {i: k}), k)) == attempted(e)


@RING
@given(expressions())
def test_an_index_that_is_not_there_counts(e: sp.Expr) -> None:
    k = Index("k1", P)
    assert attempted(Sum(e, k)) == attempted(P*e)


# ---- canonical dummies ----------------------------------------------------------------------------------------------

def trace_of_power(order: list[int], names: list[str], tensor: Tensor) -> sp.Expr:
    """tr Aⁿ with its factors and its indices in any order."""
    n = len(order)
    i = [Index(name, D) for name in names]
    return Sum(sp.Mul(*(tensor[i[k], i[(k + 1) % n]] for k in order), evaluate=False), *i)


def test_a_trace_of_a_power_under_any_rotation_and_order() -> None:
    random, A = Random(5), Tensor("A", D, D)
    n = 20
    start = time.perf_counter()
    forms = set()
    for _ in range(4):
        order, names = random.sample(range(n), n), random.sample([f"k{j}" for j in range(n)], n)
        forms.add(poly(trace_of_power(order, names, A)))
    assert len(forms) == 1
    assert time.perf_counter() - start < 20
    assert poly(trace_of_power(list(range(4)), list("abce"), A)) != poly(trace_of_power(list(range(2)), list("ab"), A)**2)


@given(st.permutations(list(range(5))), st.permutations(["a", "b", "e", "i", "j"]))
@settings(max_examples=30, deadline=None)
def test_a_trace_of_five_under_any_order(order: list[int], names: list[str]) -> None:
    A = Tensor("A", D, D)
    assert poly(trace_of_power(order, names, A)) == poly(trace_of_power(list(range(5)), list("pqrst"), A))


def test_regular_graphs_that_refinement_cannot_tell_apart() -> None:
    # Two triangles and a hexagon: each index stands in two factors, yet (tr A³)² is not tr A⁶.
    A = Tensor("A", D, D)
    i = [Index(f"i{k}", D) for k in range(6)]
    triangles = Sum(sp.Mul(*(A[i[a], i[b]] for a, b in ((0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)))), *i)
    hexagon = Sum(sp.Mul(*(A[i[k], i[(k + 1) % 6]] for k in range(6))), *i)
    assert poly(triangles) != poly(hexagon)
    assert poly(triangles) == poly(trace_of_power([2, 0, 1], ["a", "b", "c"], A)**2)


def test_interchangeable_indices_are_cheap() -> None:
    v = Tensor("v", D)
    f = sp.exp(sp.Add(*(v[Index(f"i{k}", D)] for k in range(8))))
    start = time.perf_counter()
    poly(Sum(sp.sqrt(1 + f), *(Index(f"i{k}", D) for k in range(8))))
    assert time.perf_counter() - start < 5


# ---- an index that is bound is never caught -----------------------------------------------------------------------------

def test_no_capture_by_substitution() -> None:
    from symbackprop.algebra.places import index_letter, single
    from symbackprop.algebra.substituting import substitute as put
    A = Tensor("A", D, D)
    i, j = Index("i", D), Index("j", D)
    rows = poly(Sum(A[i, j], j))
    (monomial, _), = rows.terms.items()
    (dummy,) = monomial[0][0].parts[0]
    caught = put(rows, {index_letter(i): single(dummy)})
    assert dummy in caught.free
    assert put(caught, {dummy: single(index_letter(i))}) == rows


@pytest.mark.parametrize(("definition", "use", "result"), [
    ("u[i] = sum[j](A[i,j])", "sum[i](u[i])", "sum[i,j](A[i,j])"),
    ("u[i] = sum[j](A[i,j]**2)", "sum[i](u[i]*exp(u[i]))", "sum[i,j](A[i,j]**2*exp(sum[k](A[i,k]**2)))"),
    ("u[i] = max[j](A[i,j])", "sum[i](u[i])", "sum[i](max[j](A[i,j]))"),
    ("u[i] = max[j](A[i,j])", "max[i](u[i])", "max[i](max[j](A[i,j]))"),
    ("u[i] = prod[j](1 + A[i,j])", "prod[i](1 + u[i])", "prod[i](1 + prod[j](1 + A[i,j]))"),
    ("u[i] = sum[j](A[i,j])", "max[i](sum[k](A[i,k]*u[k]))", "max[i](sum[k,j](A[i,k]*A[k,j]))"),
])
def test_no_capture_by_rewriting(definition: str, use: str, result: str) -> None:
    from symbackprop import Layer
    from symbackprop.algebra.rewriting import definition_of, rewrite
    layer = Layer("capture", "A[N,N] -> C", f"{definition}; C = {use}")
    wanted = Layer("wanted", "A[N,N] -> C", f"C = {result}")
    assert rewrite(poly(layer.equations[1].right), definition_of(layer.equations[0])) == poly(wanted.equations[0].right)


def test_a_trace_is_not_a_row_sum() -> None:
    from symbackprop import Layer
    from symbackprop.algebra.rewriting import rewrite, rules_of
    layer = Layer("rows", "A[N,N], c -> C", "u[i] = sum[j](A[i,j]); C = sum[i](A[i,i]) + c*u[0]")
    trace = poly(layer.equations[1].right)
    for rule in rules_of(layer.equations[0]):
        assert rewrite(trace, rule) == trace


def test_a_root_of_many_terms_ends() -> None:
    many = "(1 + c + v[d] + w[d] + a[p] + b[l] + x[n,d] + y[n,d] + z[n,d])"
    assert form(f"c*{many}**(9/2)*eps") == form(f"{many}**(9/2)*eps*c")


# ---- matrices and large cases -------------------------------------------------------------------------------------------

def test_inverses_differ_by_their_places() -> None:
    A, p, q, i, j = Tensor("A", D, D), Index("p", D), Index("q", D), Index("i", D), Index("j", D)
    one, other = Inverse(A[p, q], p, q, i, j), Inverse(A[q, p], p, q, i, j)
    assert poly(one) != poly(other)
    assert poly(one) == poly(Inverse(A[i, j], i, j, i, j)) or isinstance(one.at[0], Index)


def test_products_over_more_indices() -> None:
    x, y = Tensor("x", N), Tensor("y")
    i, d = Index("i", N), Index("d", D)
    assert poly(Prod(x[i] + y(), i, d)) == poly(Prod(x[i] + y(), i)**D)
    assert poly(Prod(y() + 1, i)) == poly((y() + 1)**N)


def test_signs_are_used_only_in_range() -> None:
    s = next(t for t in SIGNATURE.inputs if t.name == "s")
    n = Index("n", N)
    assert poly(sp.sqrt(s[n]**2)) == poly(s[n])
    assert form("(s[n] > 0)") == ONE
    assert form("(s[n - 1] > 0)") != ONE
    assert isinstance(s[n], Component)
