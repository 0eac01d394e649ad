"""Every statement of the four documents that mathematics decides is decided as it should be, by computing."""

from __future__ import annotations

import sympy as sp

import symbackprop as sb
from symbackprop.language.functions import CLASSES
from symbackprop.language.tensors import Tensor

claims = sb.claims
NEURON = sb.Layer("neuron", "x[I], w[I], b -> f", "f = sum[i](w[i]*x[i]) + b")
BATCH = sb.Layer("batch", "x[N,I], w[I] -> f[N]", "f[n] = sum[i](w[i]*x[n,i])")
NORM = "mu = sum[n](x[n])/N; var = sum[n]((x[n]-mu)**2)/N; "
WITH_EPS = NORM + "xhat[n] = (x[n]-mu)/sqrt(var+eps); y[n] = gamma*xhat[n] + beta"
PLAIN = NORM + "xhat[n] = (x[n]-mu)/sqrt(var); y[n] = gamma*xhat[n] + beta"
BN = sb.Layer("batch norm", "x[N], gamma, beta, eps > 0 -> y[N]", WITH_EPS)
BN0 = sb.Layer("batch norm", "x[N], gamma, beta -> y[N]", PLAIN)


def relu_neuron() -> sb.Layer:
    return sb.Layer("neuron", "x, W, y -> C", "z = W*x; r = relu(z); C = (y-r)**2/2")


# --- ReLU


def test_relu_2_the_slope_at_zero_is_a_convention() -> None:
    found = claims.slope_at("relu", 0)
    assert found.status == "convention" and found.found["symmetric"] == sp.Rational(1, 2)
    assert claims.slope_at("elu", 0).status == "proved"


def test_relu_12_leaving_out_the_step_is_no_gradient() -> None:
    found = claims.holds(relu_neuron(), "dW == (r-y)*x")
    assert found.status == "refuted" and found.witness is not None
    assert found.witness.inputs["W"] * found.witness.inputs["x"] < 0
    assert claims.holds(relu_neuron(), "dW == (r-y)*step(z)*x").status == "proved"


def test_relu_15_the_slope_enters_once_a_layer() -> None:
    assert claims.slopes("sigmoid").found["bound"] == sp.Rational(1, 4)
    assert claims.slopes("relu").found["bound"] == 1
    assert claims.slopes("sigmoid").status == claims.slopes("relu").status == "proved"


def test_relu_16_the_weights_alone_vanish_or_explode() -> None:
    assert claims.active_path(sp.Rational(1, 2)).found["limit"] == 0
    assert claims.active_path(2).found["limit"] is sp.oo
    assert claims.active_path(2).status == claims.active_path(sp.Rational(1, 2)).status == "proved"
    assert claims.active_path(1).status == "undecided"
    assert claims.vanishing("sigmoid", 3).status == "proved"
    assert claims.vanishing("sigmoid", 4).status == "undecided"


def test_relu_17_and_smooth_12_zero_is_never_met_with_a_density_and_always_with_zero_weights() -> None:
    layer = sb.Layer("pre-activation", "x[D], w[D] -> z", "z = sum[d](x[d]*w[d])")
    assert claims.almost_never_zero(layer, "z").status == "proved"
    assert claims.almost_never_zero(sb.Layer("r", "x[D] -> z", "z = sum[d](relu(x[d]))"), "z").status == "undecided"
    assert (
        claims.holds(sb.Layer("zero weights", "x[D], w[D] -> z", "z = sum[d](x[d]*w[d])", assume="w[d] == 0"), "z == 0").status == "proved"
    )
    assert claims.holds(layer, "z > 0").status == "refuted"


# --- Zero


def test_zero_1_the_gradient_of_a_neuron() -> None:
    assert claims.holds(BATCH, "dw[i] == sum[n](df[n]*x[n,i])").status == "proved"


def test_zero_2_positive_inputs_couple_the_signs() -> None:
    found = claims.sign_coupled(NEURON, "w", assuming="x > 0")
    assert found.status == "proved" and found.found["strict"]


def test_zero_3_inputs_that_are_not_negative_couple_up_to_zeros() -> None:
    found = claims.sign_coupled(NEURON, "w", assuming="x >= 0")
    assert found.status == "proved" and not found.found["strict"]


def test_zero_4_two_patterns_of_two_to_the_n() -> None:
    coupled = claims.sign_patterns(NEURON, "w", assuming="x > 0")
    assert coupled.status == "proved" and coupled.found["counts"] == dict.fromkeys(range(1, 11), 2)
    free = claims.sign_patterns(NEURON, "w")
    assert free.status == "proved" and free.found["counts"] == {n: 2**n for n in range(1, 11)}


def test_zero_5_north_east_is_admissible_and_south_east_is_not() -> None:
    assert claims.admissible(NEURON, "w", (1, 1), assuming="x > 0").status == "proved"
    blocked = claims.admissible(NEURON, "w", (1, -1), assuming="x > 0")
    assert blocked.status == "refuted" and blocked.corrected is not None and blocked.corrected.status == "proved"
    assert claims.admissible(NEURON, "w", (1, -1)).status == "proved"


def test_zero_7_a_batch_softens_it_unless_all_upstream_gradients_agree() -> None:
    found = claims.sign_coupled(BATCH, "w", assuming="x > 0")
    assert found.status == "refuted" and found.witness is not None and found.witness.sizes == {"N": 2, "I": 2}
    assert claims.sign_coupled(BATCH, "w", assuming="x > 0; df > 0").status == "proved"
    assert claims.sign_coupled(BATCH, "w", assuming="x > 0; df < 0").status == "proved"


def test_zero_8_which_outputs_are_centred() -> None:
    assert claims.range_of("sigmoid").found["range"].sign == "positive"
    assert claims.range_of("relu").found["range"].sign == "nonnegative"
    assert claims.odd("tanh").status == "proved"
    assert claims.odd("sigmoid").status == claims.odd("relu").status == "refuted"


def test_zero_9_a_centred_column_takes_both_signs() -> None:
    centred = sb.Layer("centred", "x[N] -> c[N]", "mu = sum[n](x[n])/N; var = sum[n]((x[n]-mu)**2)/N; c[n] = x[n] - mu")
    assert claims.both_signs(centred, "c", "N*var", assuming="var > 0").status == "proved"
    assert claims.both_signs(centred, "c", "N*var").status == "undecided"


def test_zero_10_the_bias_of_an_input_adds() -> None:
    layer = sb.Layer("biases", "x[N,I], w[I], b[I] -> f[N]", "f[n] = sum[i](w[i]*(x[n,i] + b[i]))")
    assert claims.holds(layer, "dw[i] == sum[n](df[n]*(x[n,i] - b[i]))").status == "refuted"
    assert claims.holds(layer, "dw[i] == sum[n](df[n]*(x[n,i] + b[i]))").status == "proved"
    one = sb.Layer("biases", "x[I], w[I], b[I] -> f", "f = sum[i](w[i]*(x[i] + b[i]))")
    assert claims.sign_coupled(one, "w", assuming="x > 0").status == "refuted"


def test_zero_13_columns_are_coupled_in_deep_networks() -> None:
    for f, strict in (("sigmoid", True), ("relu", False)):
        layer = sb.Layer("deep", "z[I], W[I,J] -> o[J]", f"r[i] = {f}(z[i]); o[j] = sum[i](W[i,j]*r[i])")
        found = claims.sign_coupled(layer, "W")
        assert found.status == "proved" and found.found["strict"] is strict
        assert [i.name for i in found.found["axes"]] == ["i"]
    free = sb.Layer("deep", "z[I], W[I,J] -> o[J]", "r[i] = tanh(z[i]); o[j] = sum[i](W[i,j]*r[i])")
    assert claims.sign_coupled(free, "W").status == "refuted"


# --- Norm


def test_norm_1_the_gradients() -> None:
    text = "dx[n] == gamma/(N*sqrt(var+eps))*(N*dy[n] - sum[m](dy[m]) - xhat[n]*sum[m](dy[m]*xhat[m]))"
    assert claims.holds(BN, text).status == "proved"
    assert claims.holds(BN, text.replace("N*dy[n]", "dy[n]")).status == "refuted"
    assert claims.holds(BN, "dgamma == sum[n](dy[n]*xhat[n])").status == "proved"
    assert claims.holds(BN, "dbeta == sum[n](dy[n])").status == "proved"


def test_norm_2_the_sums() -> None:
    assert claims.holds(BN, "sum[n](xhat[n]) == 0").status == "proved"
    assert claims.holds(BN, "sum[n](xhat[n]**2) == N*var/(var+eps)").status == "proved"
    assert claims.holds(BN, "sum[n](xhat[n]**2) == N").status == "refuted"


def test_norm_3_zero_goes_below_zero_where_the_mean_is_positive() -> None:
    assert claims.holds(BN, "(0 - mu)/sqrt(var + eps) < 0", assuming="x >= 0; mu > 0").status == "proved"
    assert claims.holds(BN, "(0 - mu)/sqrt(var + eps) < 0").status == "refuted"


def test_norm_4_dead_units() -> None:
    found = claims.some_positive(BN0, "y", "N*beta", "N*(gamma**2 + beta**2)", assuming="var > 0; gamma != 0; beta >= 0")
    assert found.status == "proved"
    assert claims.some_positive(BN0, "y", "N*beta", "N*(gamma**2 + beta**2)", assuming="var > 0; gamma != 0").status == "undecided"
    assert claims.all_inactive(BN0, "xhat", assuming="gamma != 0").status == "proved"


def test_norm_5_sigmoid_on_the_unit_interval() -> None:
    found = claims.range_of("sigmoid", 0, 1)
    assert found.status == "proved" and found.found["range"].low.exact == sp.Rational(1, 2)
    assert abs(float(found.found["range"].high.ball.mid()) - 0.7310585786) < 1e-9


def test_norm_6_and_7_standardised_values_are_bounded_by_the_root_of_n_minus_1() -> None:
    below = sb.Layer("s", "x[N] -> s[N]", NORM + "xhat[n] = (x[n]-mu)/sqrt(var); s[n] = sigmoid(xhat[n])")
    above = sb.Layer("r", "x[N] -> r[N]", NORM + "xhat[n] = (x[n]-mu)/sqrt(var); r[n] = relu(xhat[n])")
    assert claims.holds(below, "s[n] >= 1/2").status == "refuted"
    assert claims.holds(above, "r[n] <= 1").status == "refuted"
    for layer in (BN, BN0):
        found = claims.bound(layer, "xhat")
        assert found.status == "proved"
        reached = found.found["reached"]
        assert all(abs(v - (n - 1) ** 0.5) < 1e-9 for n, v in reached.items())
    assert claims.between(BN, "xhat", "sigmoid").status == "proved"
    assert claims.bound(BN, "y").status == "undecided"


def test_norm_8_the_choice_of_activation_still_matters() -> None:
    layer = sb.Layer(
        "two",
        "x[N], eps > 0 -> p[N], q[N]",
        """
        a[n] = relu(x[n]); b[n] = sigmoid(x[n])
        ma = sum[n](a[n])/N; mb = sum[n](b[n])/N
        va = sum[n]((a[n]-ma)**2)/N; vb = sum[n]((b[n]-mb)**2)/N
        p[n] = (a[n]-ma)/sqrt(va+eps); q[n] = (b[n]-mb)/sqrt(vb+eps)
    """,
    )
    assert claims.holds(layer, "p[n] == q[n]").status == "refuted"
    assert claims.holds(layer, "sum[n](p[n]) == sum[n](q[n])").status == "proved"


def test_norm_9_rescaling_and_shifting_change_nothing() -> None:
    assert claims.invariant(BN0, {"x": "a*x[n] + c"}, assuming="a > 0", output="xhat").status == "proved"
    assert claims.invariant(BN0, {"x": "a*x[n] + c"}, assuming="a < 0", output="xhat", factor=-1).status == "proved"
    assert claims.invariant(BN0, {"x": "a*x[n] + c"}, assuming="a < 0", output="xhat").status == "refuted"
    assert claims.invariant(BN, {"x": "a*x[n] + c"}, assuming="a > 0", output="xhat").status == "refuted"
    weights = sb.Layer("weights", "u[N,D], w[D] -> xhat[N]", "x[n] = sum[d](u[n,d]*w[d]); " + NORM + "xhat[n] = (x[n]-mu)/sqrt(var)")
    assert claims.orthogonal(weights, "w").status == "proved"
    assert claims.orthogonal(NEURON, "w").status == "refuted"


def test_norm_12_which_slopes_tend_to_zero() -> None:
    for f, largest in (("sigmoid", sp.Rational(1, 4)), ("tanh", 1)):
        for at in (sp.oo, -sp.oo):
            found = claims.limit(f, at, order=1)
            assert found.status == "proved" and found.found["limit"] == 0
        assert claims.lipschitz(f).found["constant"] == largest
    assert claims.limit("relu", sp.oo, order=1).found["limit"] == 1


def test_norm_13_mean_slopes_under_a_normal_input() -> None:
    for f, value in (("sigmoid", 0.2066), ("tanh", 0.6057), ("relu", 0.5)):
        found = claims.mean_slope(f)
        assert found.status == "proved" and abs(found.found["value"] - value) < 5e-5


# --- Smooth


def test_smooth_1_elu_has_one_continuous_derivative_and_only_for_alpha_1() -> None:
    assert claims.smoothness("elu").found["order"] == 1
    alpha = sp.Symbol("alpha", real=True)
    assert claims.differentiable("elu", alpha=None).condition == sp.Eq(alpha, 1)
    assert claims.differentiable("elu", alpha=2).status == "refuted"


def test_smooth_2_continuous_monotone_differentiable() -> None:
    assert claims.continuous("relu").status == claims.monotone("relu").status == "proved"
    assert claims.differentiable("relu").status == "refuted"
    assert claims.continuous("elu", alpha=None).status == "proved"
    assert claims.monotone("elu", alpha=None).condition == sp.Ge(sp.Symbol("alpha", real=True), 0)
    assert claims.monotone("elu", alpha=-1).status == "refuted"


def test_smooth_3_quotients_at_zero() -> None:
    layer = sb.Layer(
        "quotients", "h > 0 -> q, a, b", "q = (relu(h) - relu(-h))/(2*h); a = (relu(h) - relu(0))/h; b = (relu(0) - relu(-h))/h"
    )
    assert claims.holds(layer, "q == 1/2").status == "proved"
    assert claims.holds(layer, "a == 1").status == claims.holds(layer, "b == 0").status == "proved"
    assert claims.holds(layer, "q == 1").status == "refuted"


def test_smooth_5_and_6_the_factor_is_weight_times_slope() -> None:
    assert claims.chain("f").status == claims.chain("sigmoid").status == "proved"
    two = sb.Layer("two layers", "x, w, W -> y", "z0 = w*x; a0 = tanh(z0); z = W*a0; y = tanh(z)")
    assert claims.holds(two, "dw == (1 - y**2)*a0*(1 - a0**2)*x").status == "refuted"
    assert claims.holds(two, "dw == (1 - y**2)*W*(1 - a0**2)*x").status == "proved"


def test_smooth_7_the_slope_of_tanh_is_1_at_0_and_the_product_vanishes_for_small_weights() -> None:
    slopes = claims.lipschitz("tanh").found["slopes"]
    assert slopes.high.exact == 1 and slopes.high.attained and slopes.low.exact == 0 and not slopes.low.attained
    slopes = claims.lipschitz("sigmoid").found["slopes"]
    assert slopes.high.exact == sp.Rational(1, 4) and slopes.high.attained
    assert claims.vanishing("tanh", sp.Rational(9, 10)).status == "proved"
    assert claims.vanishing("tanh", 1).status == "undecided"


def test_smooth_8_on_an_active_path_the_weights_are_multiplied() -> None:
    found = claims.chain("relu", assuming="u > 0; z > 0")
    assert found.status == "proved" and not found.found["product"].has(CLASSES["step"])
    two = sb.Layer("two layers", "x > 0, w > 0, W > 0 -> y", "z0 = w*x; a0 = relu(z0); z = W*a0; y = relu(z)")
    assert claims.holds(two, "dw == a0").status == "refuted"
    assert claims.holds(two, "dw == x*W*step(z0)*step(z)").status == "proved"


def test_smooth_9_dead_units_get_no_gradient() -> None:
    dead = sb.Layer("dead", "z[N] < 0, t[N] -> C", "C = sum[n](relu(z[n])*t[n])")
    assert claims.holds(dead, "dz[n] == 0").status == "proved"
    alive = sb.Layer("alive", "z[N], t[N] -> C", "C = sum[n](relu(z[n])*t[n])")
    assert claims.holds(alive, "dz[n] == 0").status == "refuted"


def test_smooth_10_which_keep_a_gradient() -> None:
    keeps = {f: str(claims.properties(f)["keeps a gradient on the left"]) for f in ("leaky_relu", "elu", "relu")}
    assert keeps == {"leaky_relu": "yes", "elu": "yes", "relu": "no"}
    assert claims.limit("elu", -sp.oo, assuming="alpha > 0", alpha=None).found["limit"] == -sp.Symbol("alpha", real=True, positive=True)
    assert claims.limit("elu", -sp.oo, order=1, alpha=None, assuming="alpha > 0").found["limit"] == 0
    assert claims.limit("leaky_relu", -sp.oo).found["limit"] is -sp.oo


def test_smooth_11_the_subdifferential_is_an_interval() -> None:
    found = claims.subdifferential("relu", 0)
    assert found.status == "proved" and (found.found["low"], found.found["high"]) == (0, 1)
    found = claims.subdifferential("elu", 0)
    assert found.found["low"] == found.found["high"] == 1


def test_smooth_13_a_step_of_one_over_l_never_goes_up() -> None:
    assert claims.descent().status == "proved"
    bound = Tensor("L", sign="positive")()
    assert claims.descent(1 / (2 * bound)).status == "proved"
    assert claims.descent(3 / bound).status == "undecided"
    assert claims.lipschitz("relu", order=1).status == "refuted"
    assert claims.lipschitz("elu", order=1).found["constant"] == 1


def test_smooth_14_a_quadratic_surface_that_is_flat_along_an_axis() -> None:
    layer = sb.Layer("flat", "x, y, a -> C", "C = a*y**2/2")
    assert claims.holds(layer, "dx == 0").status == "proved"
    assert claims.holds(layer, "dy == 0").status == "refuted"
