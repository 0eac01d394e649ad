"""The reverse sweep: names, conventions, what is staged and what is closed, and how errors read."""
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.algebra.convert import poly
from symbackprop.derivation import Derivation
from symbackprop.language.nodes import Partial


def rules(derivation: Derivation) -> list[str]:
    """The rules of the steps, in order."""
    return [s.reason.rule for s in derivation.steps]


def test_every_variable_has_a_derivation_made_when_it_is_looked_at() -> None:
    gradients = sb.derive(sb.layers.batch_norm)
    assert list(gradients) == ["x", "gamma", "beta", "eps", "mu", "var", "xhat", "y"]
    assert gradients["x"] is gradients["x"]
    assert list(sb.derive(sb.layers.batch_norm, wrt="gamma")) == ["gamma"]


def test_integer_labels_have_no_gradient() -> None:
    assert "t" not in sb.derive(sb.layers.cross_entropy)


def test_the_steps_go_from_the_chain_rule_to_the_matrix_form() -> None:
    derivation = sb.derive(sb.layers.linear)["W"]
    assert rules(derivation) == ["chain rule", "differentiate", "contract", "matrix form"]
    assert str(derivation.matrix_form) == "x.T @ dz"
    assert derivation.steps[0].right.has(Partial)
    assert not derivation.result.has(Partial)


def test_a_cost_starts_from_one_and_another_layer_from_its_upstream_gradient() -> None:
    assert sb.derive(sb.layers.mse_loss)["C"].result == 1
    assert [t.name for c in sb.derive(sb.layers.linear)["b"].result.atoms() for t in [c] if hasattr(t, "adjoint_of")] == ["dz"]
    renamed = sb.derive(sb.layers.linear, upstream={"z": "delta"})["b"]
    assert "delta" in str(renamed.result)


def test_a_variable_without_a_path_has_gradient_zero() -> None:
    layer = sb.Layer("dead end", "x[N], u[N] -> C", "v[n] = u[n]**2; C = sum[n](x[n])")
    assert sb.derive(layer)["v"].result == 0
    assert rules(sb.derive(layer)["v"])[0] == "no path"


def test_several_paths_are_summed() -> None:
    layer = sb.Layer("two paths", "x[N] -> C", "a[n] = x[n]**2; C = sum[n](a[n]*x[n])")
    x = layer.tensors["x"]
    (n,) = sb.derive(layer)["x"].goal.indices
    assert sb.derive(layer)["x"].evaluate(x=[2.0, 3.0]) == pytest.approx([12.0, 27.0])
    assert poly(sb.derive(layer)["a"].result) == poly(x[n])


def test_an_output_that_is_used_again_has_a_whole_gradient() -> None:
    gradients = sb.derive(sb.layers.lstm_cell)
    assert gradients["c1"].goal.tensor.name == "dc1_total"
    assert gradients["h1"].goal.tensor.name == "dh1"


def test_back_propagation_through_time() -> None:
    """dh[t] = dh[t] + Σ U da[t+1] and da[t] = dh_total[t] (1 − h²): Werbos 1990."""
    layer = sb.layers.rnn
    gradients = sb.derive(layer)
    rng = np.random.default_rng(0)
    shapes = {"x": (4, 2, 3), "h0": (2, 5), "W": (3, 5), "U": (5, 5), "b": (5,)}
    arrays = {k: rng.normal(size=s) * 0.5 for k, s in shapes.items()}
    upstream = rng.normal(size=(4, 2, 5))
    states = [arrays["h0"]]
    for t in range(4):
        states.append(np.tanh(arrays["x"][t] @ arrays["W"] + states[-1] @ arrays["U"] + arrays["b"]))
    carried = np.zeros((2, 5))
    dU, dW = np.zeros((5, 5)), np.zeros((3, 5))
    for t in reversed(range(4)):
        da = (upstream[t] + carried) * (1 - states[t + 1] ** 2)
        dU += states[t].T @ da
        dW += arrays["x"][t].T @ da
        carried = da @ arrays["U"].T
    np.testing.assert_allclose(gradients["U"].evaluate(**arrays, dh=upstream), dU)
    np.testing.assert_allclose(gradients["W"].evaluate(**arrays, dh=upstream), dW)
    np.testing.assert_allclose(gradients["h0"].evaluate(**arrays, dh=upstream), carried)


@pytest.mark.parametrize(("step0", "slope"), [(0, 0.0), (1, 1.0), (Fraction(1, 2), 0.5)])
def test_the_convention_at_zero_is_carried_into_the_numbers(step0: int | Fraction, slope: float) -> None:
    derivation = sb.derive(sb.layers.relu, step0=step0)["x"]
    assert derivation.evaluate(x=[[0.0]], dy=[[1.0]]).tolist() == [[slope]]
    assert str(step0) in derivation.text() or "½" in derivation.text()


def test_an_open_convention_is_shown_and_not_guessed() -> None:
    derivation = sb.derive(sb.layers.relu, step0=None)["x"]
    assert "s₀" in derivation.text()
    with pytest.raises(ValueError, match="step0"):
        derivation.evaluate(x=[[0.0]], dy=[[1.0]])


def test_numerator_layout_transposes() -> None:
    derivation = sb.derive(sb.layers.linear, layout="numerator")["W"]
    assert str(derivation.matrix_form) == "dz.T @ x"
    assert derivation.steps[-1].reason.rule == "numerator"


def test_a_function_left_open() -> None:
    layer = sb.Layer("any activation", "z[N] -> r[N]", "r[n] = f(z[n])")
    assert str(sb.derive(layer)["z"].matrix_form) == "dr * f'(z)"


def test_wrong_words_are_answered() -> None:
    with pytest.raises(KeyError, match=r"linear has no variable 'w' .* x, W, b, z"):
        sb.derive(sb.layers.linear, wrt="w")
    with pytest.raises(KeyError, match="no output of linear; its outputs are z"):
        sb.derive(sb.layers.linear, upstream={"x": "g"})
    with pytest.raises(ValueError, match="should be a number from 0 to 1"):
        sb.derive(sb.layers.relu, step0=2)
    with pytest.raises(TypeError, match="whole or rational number"):
        sb.derive(sb.layers.relu, step0="1/2")
    with pytest.raises(ValueError, match="'denominator' or 'numerator'"):
        sb.derive(sb.layers.relu, layout="sideways")


def test_a_derivation_is_data() -> None:
    derivation = sb.derive(sb.layers.linear)["W"]
    assert isinstance(derivation.result, sp.Expr)
    with pytest.raises(AttributeError):
        derivation.steps = ()  # type: ignore[misc]


def test_only_what_a_gradient_needs_must_be_given() -> None:
    gradients = sb.derive(sb.layers.linear)
    ones = np.ones((2, 3))
    assert gradients["W"].evaluate(x=ones, dz=np.ones((2, 4))).shape == (3, 4)
    with pytest.raises(ValueError, match=r"linear needs an array for x\[N, D\]; given are W, dz"):
        gradients["W"].evaluate(W=np.ones((3, 4)), dz=np.ones((2, 4)))
