"""Questions with a trap: poles, domains, jumps, one-sided limits, intervals, ε = 0, N = 1; no wrong answer is called proved."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.claims.curves import curve
from symbackprop.claims.domains import undefined_curve

claims = sb.claims
oo = sp.oo
STATISTICS = "mu = sum[n](x[n])/N; var = sum[n]((x[n]-mu)**2)/N; "
BN = sb.Layer("bn", "x[N], gamma, beta, eps > 0 -> y[N]", STATISTICS + "xhat[n] = (x[n]-mu)/sqrt(var+eps); y[n] = gamma*xhat[n] + beta")
EXACT = sb.Layer("bn0", "x[N] -> xhat[N]", STATISTICS + "xhat[n] = (x[n]-mu)/sqrt(var)")
SOMEWHERE_UNDEFINED = ("1/x", "log(x)", "sqrt(x)", "1/(x**2 - 1)", "log(x**2)", "tan(x)", "exp(1/x)", "x**x", "sqrt(1 - x**2)", "x**(1/3)")


@pytest.mark.parametrize("f", SOMEWHERE_UNDEFINED)
def test_what_has_no_value_somewhere_is_nothing_everywhere(f: str) -> None:
    for ask in (claims.range_of, claims.monotone, claims.lipschitz, claims.smoothness, claims.continuous, claims.differentiable):
        assert ask(f).status == "undecided", f"{ask.__name__}({f})"
    assert undefined_curve(curve(f)) != ""


@pytest.mark.parametrize("f", ["1/x", "log(x)", "where(x > 0, 1/x, 0)"])
def test_on_an_interval_on_which_it_is_defined_it_is_decided(f: str) -> None:
    assert claims.monotone(f, low=0).status == "proved"
    assert claims.range_of(f, 0).status == "proved"


LIMITS = [
    ("1/x", 0, "", "refuted"),
    ("1/x", 0, "+", "proved"),
    ("1/x", 0, "-", "proved"),
    ("abs(x)/x", 0, "", "refuted"),
    ("step(x)", 0, "", "refuted"),
    ("relu(x)", 0, "", "proved"),
    ("exp(1/x)", 0, "", "refuted"),
    ("sqrt(1 - x**2)", oo, "", "undecided"),
    ("log(x)", 0, "-", "undecided"),
    ("sin(x)", oo, "", "undecided"),
    ("tan(x)", oo, "", "undecided"),
]


@pytest.mark.parametrize(("f", "at", "side", "status"), LIMITS, ids=str)
def test_limits_have_sides(f: str, at: sp.Expr | int, side: str, status: str) -> None:
    assert claims.limit(f, at, side=side).status == status


def test_jumps_and_turns_outside_of_the_interval_do_not_count() -> None:
    assert claims.monotone("where(x < -2, 5, x)", low=0).status == "proved"
    assert claims.monotone("abs(x)", low=0).status == "proved" and claims.monotone("abs(x)").status == "refuted"
    assert claims.monotone("cosh", high=0).found["direction"] == -1
    assert claims.monotone("where(x < -2, 5, x)").status != "proved"


def test_what_no_chart_reads_is_left_open() -> None:
    for ask in (claims.lipschitz, claims.range_of, claims.monotone):
        assert ask("sqrt(1 + x**2)").status in ("undecided", "refuted" if ask is claims.monotone else "proved")


def test_a_jump_to_infinity_is_a_jump() -> None:
    assert claims.continuous("where(x > 0, 1/x, 0)").status == "refuted"
    assert claims.smoothness("where(x > 0, log(x), 0)").found["order"] == -1


ERRORS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: claims.range_of("sigmoid", 1, 0), ValueError, "nothing between"),
    (lambda: claims.range_of("sigmoid", 1, 1), ValueError, "nothing between"),
    (lambda: claims.range_of("sigmoid", 0.5, 1), TypeError, "no exact number"),  # type: ignore[arg-type]
    (lambda: claims.monotone("x**2", low=0.5), TypeError, "no exact number"),  # type: ignore[arg-type]
    (lambda: claims.limit("x", 0, side="left"), ValueError, "from the right"),
    (lambda: claims.bound(BN, "x"), KeyError, "an input"),
    (lambda: claims.bound(BN, "q"), KeyError, "computes mu, var, xhat, y"),
    (lambda: claims.bound(BN), ValueError, "one variable"),
    (lambda: claims.invariant(EXACT, {"q": "a*x[n]"}), KeyError, "there are x"),
    (lambda: claims.invariant(EXACT, {"x": "a*x[n]"}, output="z"), KeyError, "there are x, mu, var, xhat"),
    (lambda: claims.invariant(EXACT, {"x": "a*x[n]"}, "a > 0; a < 0"), ValueError, "contradict"),
    (lambda: claims.orthogonal(BN, "x", "gamma"), ValueError, "of one shape"),
    (lambda: claims.orthogonal(BN, "x", "q"), KeyError, "there are x"),
    (lambda: claims.monotone("elu", assuming="alpha > 0; alpha < 0", alpha=None), ValueError, "contradict"),
    (lambda: claims.reckoned(BN, "sum[n](xhat[n])"), ValueError, "stands alone"),
]


@pytest.mark.parametrize(("ask", "kind", "words"), ERRORS, ids=[words for _, _, words in ERRORS])
def test_errors_say_what_is_wrong(ask: Callable[[], object], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ask()


BOUNDED = [
    ("eps > 0", "eps > 0", "var + eps", "proved"),
    ("eps >= 0", "eps >= 0", "var + eps", "proved"),
    ("eps of any sign", "eps", "var + eps", "undecided"),
    ("eps < 0", "eps < 0", "var + eps", "undecided"),
    ("half of the variance", "eps > 0", "var/2", "undecided"),
]


@pytest.mark.parametrize(("declared", "below", "status"), [b[1:] for b in BOUNDED], ids=[b[0] for b in BOUNDED])
def test_the_bound_needs_the_right_denominator(declared: str, below: str, status: str) -> None:
    layer = sb.Layer("b", f"x[N], {declared} -> y[N]", STATISTICS + f"y[n] = (x[n]-mu)/sqrt({below})")
    found = claims.bound(layer, "y")
    assert found.status == status, str(found)
    if status == "proved":
        assert all(abs(v - (n - 1) ** 0.5) < 1e-9 for n, v in found.found["reached"].items())


def test_the_unbiased_variance_gives_another_bound() -> None:
    layer = sb.Layer("b", "x[N] -> y[N]", "mu = sum[n](x[n])/N; var = sum[n]((x[n]-mu)**2)/(N-1); y[n] = (x[n]-mu)/sqrt(var)")
    assert claims.bound(layer, "y").status == "undecided"


def test_layer_norm_is_bounded_along_its_own_axis() -> None:
    layer = sb.Layer("ln", "x[N,D] -> y[N,D]", """
        mu[n] = sum[d](x[n,d])/D; var[n] = sum[d]((x[n,d]-mu[n])**2)/D; y[n,d] = (x[n,d]-mu[n])/sqrt(var[n])
    """)  # fmt: skip
    found = claims.bound(layer, "y")
    assert found.status == "proved" and str(found.found["bound"]) == "sqrt(D - 1)"
    assert abs(found.found["reached"][5] - 2) < 1e-9


def test_a_variable_that_is_a_function_of_one_input_has_its_range() -> None:
    found = claims.bound(sb.Layer("s", "x[N] -> y[N]", "y[n] = sigmoid(x[n])"), "y")
    assert found.status == "proved" and str(found.found["range"]) == "(0, 1)"


INVARIANT = [
    ({"x": "a*x[n] + c"}, "a > 0", 1, "proved"),
    ({"x": "a*x[n] + c"}, "a < 0", -1, "proved"),
    ({"x": "a*x[n] + c"}, "a < 0", 1, "refuted"),
    ({"x": "a*x[n] + c"}, "", 1, "refuted"),
    ({"x": "a*x[n] + c"}, "a != 0", 1, "refuted"),
    ({"x": "x[n] + c"}, "", 1, "proved"),
    ({"x": "x[n] + a*c"}, "", "1", "proved"),
]


@pytest.mark.parametrize(("change", "assuming", "factor", "status"), INVARIANT, ids=str)
def test_invariance(change: dict[str, str], assuming: str, factor: int | str, status: str) -> None:
    assert claims.invariant(EXACT, change, assuming, factor=factor).status == status


def test_a_factor_may_depend_on_the_letters() -> None:
    relu = sb.Layer("r", "x[N] -> y[N]", "y[n] = relu(x[n])")
    assert claims.invariant(relu, {"x": "a*x[n]"}, "a > 0", factor="a").status == "proved"
    assert claims.invariant(relu, {"x": "a*x[n]"}, factor="a").status == "refuted"
    assert claims.invariant(relu, {"x": "a*x[n]"}, "a > 0", factor="a**2").status == "refuted"


def test_the_witness_names_only_the_letters_that_are_used() -> None:
    found = claims.invariant(BN, {"x": "a*x[n]"}, "a > 0", output="xhat")
    assert found.status == "refuted" and found.witness is not None and "c" not in found.witness.inputs


def test_epsilon_spoils_orthogonality() -> None:
    assert claims.orthogonal(EXACT, "x").status == "proved"
    assert claims.orthogonal(BN, "x").status == "refuted"


def test_a_zero_goes_below_only_where_the_mean_is_positive() -> None:
    squares = "N*var + N*mu**2"
    assert claims.zero_goes_below(EXACT, "xhat", "x", squares, "x >= 0; var > 0").status == "proved"
    for assuming in ("x >= 0", "var > 0", "x <= 0; var > 0"):
        assert claims.zero_goes_below(EXACT, "xhat", "x", squares, assuming).status == "undecided"
    assert claims.zero_goes_below(EXACT, "xhat", "x", "N*var", "x >= 0; var > 0").status == "undecided"


def test_a_chain_that_breaks_is_not_proved() -> None:
    right = ("sum[n](xhat[n]**2)", "sum[n]((x[n] - mu)**2)/(var + eps)", "N*var/(var + eps)")
    assert claims.reckoned(BN, *right).status == "proved"
    assert claims.reckoned(BN, *right[:2], "N").status == "undecided"
    assert claims.reckoned(BN, right[0], "N*var/var", right[2]).status == "undecided"


def test_dead_behind_a_shift_and_alive_before_it() -> None:
    assert claims.all_inactive(BN, "xhat").status == "proved"
    sums = ("N*beta", "N*gamma**2*var/(var+eps) + N*beta**2")
    assert claims.some_positive(BN, "y", *sums, "gamma != 0; beta >= 0; var > 0").status == "proved"
    assert claims.some_positive(BN, "y", *sums, "beta >= 0; var > 0").status == "undecided"


def test_softmax_ignores_a_shift_and_nothing_else() -> None:
    softmax = sb.Layer("softmax", "x[C] -> p[C]", "p[c] = exp(x[c])/sum[k](exp(x[k]))")
    assert claims.invariant(softmax, {"x": "x[c] + a"}).status == "proved"
    assert claims.invariant(softmax, {"x": "x[c] + t"}, letters="t").status == "proved"
    assert claims.invariant(softmax, {"x": "a*x[c]"}).status == "refuted"
    assert claims.invariant(softmax, {"x": "x[c] + a"}, factor=2).status == "refuted"
    assert claims.invariant(sb.Layer("e", "x -> y", "y = exp(x)"), {"x": "x + a"}).status == "refuted"
    assert claims.invariant(sb.Layer("e", "x -> y", "y = exp(x)"), {"x": "x + a"}, factor="exp(a)").status == "proved"


OUTSIDE = [
    ("h0", "h[t] = relu(x[t]); h[-1] = h0; y[t] = h[t-1]", ">= 0", "refuted"),
    ("h0 >= 0", "h[t] = relu(x[t]); h[-1] = h0; y[t] = h[t-1]", ">= 0", "proved"),
    ("h0 > 0", "h[t] = sigmoid(x[t]); y[t] = h[t-1]", ">= 0", "proved"),
    ("h0 > 0", "h[t] = sigmoid(x[t]); y[t] = h[t-1]", "> 0", "refuted"),
    ("h0 > 0", "h[t] = exp(x[t]); y[t] = 1/2 - sigmoid(h[t-1])", "<= 0", "proved"),
    ("h0 > 0", "h[t] = exp(x[t]); y[t] = 1/2 - sigmoid(h[t-1])", "< 0", "refuted"),
]


@pytest.mark.parametrize(("start", "equations", "claim", "status"), OUTSIDE, ids=str)
def test_a_place_outside_of_an_array_is_0_or_what_is_said_of_it(start: str, equations: str, claim: str, status: str) -> None:
    layer = sb.Layer("shifted", f"x[T], {start} -> y[T]", equations)
    assert claims.holds(layer, f"y[t] {claim}").status in (status, "undecided" if status == "proved" else status)


def test_padding_weakens_a_declared_sign() -> None:
    layer = sb.Layer("padded", "x[T] > 0 -> y[T]", "y[t] = x[t-1]**2 + x[t-1]")
    assert claims.holds(layer, "y[t] >= 0").status == "proved" and claims.holds(layer, "y[t] > 0").status == "refuted"
