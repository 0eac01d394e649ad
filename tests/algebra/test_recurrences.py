"""Sequences that satisfy one recurrence from one start are one sequence; what differs in a sign, a shift or a start isn't."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

sys.path.insert(0, str(Path(__file__).parents[1] / "language"))

from numpy_corpus_reading import LAYERS

from symbackprop import derive
from symbackprop.algebra import recurrences
from symbackprop.algebra.fingerprint import carried
from symbackprop.algebra.recurrences import recurrence, together
from symbackprop.algebra.recurring import with_parts
from symbackprop.language.equations import Equation
from symbackprop.language.evaluate import adjoint_equations
from symbackprop.language.nodes import Sum
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.layer import Layer

LSTM, RNN = LAYERS["lstm rows"], LAYERS["rnn rows"]

OWN_LSTM = """
    out[-1,n,j] = h0[n,j]
    pre[t,n,k] = b[k] + sum[m](out[t-1,n,m]*Wh[m,k]) + sum[d](Wx[d,k]*x[n,t,d])
    keep[t,n,j in H] = sigmoid(pre[t,n,j+H])
    state[t,n,j in H] = keep[t,n,j]*state[t-1,n,j] + sigmoid(pre[t,n,j+0])*tanh(pre[t,n,j+3*H])
    out[t,n,j] = tanh(state[t,n,j])*sigmoid(pre[t,n,j+2*H])
"""
OWN_RNN = """
    out[-1,n,j] = h0[n,j]
    out[t,n,j] = tanh(b[j] + sum[k](out[t-1,n,k]*Wh[k,j]) + sum[d](Wx[d,j]*x[n,t,d]))
"""


def own(text: str, layer: Layer) -> tuple[Equation, ...]:
    """Helpers in the time-major order, with names of their own."""
    inputs = ", ".join(f"{t.name}[{','.join(map(str, t.sizes))}]" for t in layer.inputs)
    return Layer("own", f"{inputs} -> out[T,N,H]", text).equations


Finder = Callable[[Sequence[Equation], Sequence[Equation]], Mapping[Tensor, Equation]]


def names(find: Finder, helpers: Sequence[Equation], known: Sequence[Equation]) -> dict[str, str]:
    """Which helper is which known variable, by name. Each says it at its own places, and has its values there."""
    found = find(helpers, known)
    arrays = carried((*known, *helpers))
    assert arrays is not None
    for t, equation in found.items():
        assert isinstance(equation.right, Component) and set(equation.right.indices) == set(equation.left.indices)
        order = [equation.right.indices.index(i) for i in equation.left.indices]
        np.testing.assert_allclose(arrays[t.name], np.transpose(arrays[equation.right.tensor.name], order))
    return {t.name: e.right.tensor.name for t, e in found.items() if isinstance(e.right, Component)}


# ---- forwards ------------------------------------------------------------------------------------------------------------


def test_two_states_are_recognised_together() -> None:
    found = names(together, own(OWN_LSTM, LSTM), LSTM.equations)
    assert found["out"] == "h" and found["state"] == "c" and found["pre"] == "a"


def test_they_are_told_at_their_own_places() -> None:
    helpers = own(OWN_LSTM, LSTM)
    found = {t.name: e for t, e in together(helpers, LSTM.equations).items()}
    t, n, j = found["out"].left.indices
    assert isinstance(right := found["out"].right, Component)
    assert right.indices == (n, t, j)


def test_one_state_in_one_equation_is_recognised() -> None:
    assert names(recurrence, own(OWN_RNN, RNN), RNN.equations) == {"out": "h"}


WRONG_LSTM = {
    "no start": ("    out[-1,n,j] = h0[n,j]\n", ""),
    "another start": ("= h0[n,j]", "= 2*h0[n,j]"),
    "a start of c": ("    keep[", "    state[-1,n,j] = h0[n,j]\n    keep["),
    "a sign": ("state[t-1,n,j] + sigmoid", "state[t-1,n,j] - sigmoid"),
    "a gate": ("pre[t,n,j+2*H]", "pre[t,n,j+H]"),
    "gates exchanged": ("sigmoid(pre[t,n,j+0])*tanh(pre[t,n,j+3*H])", "tanh(pre[t,n,j+0])*sigmoid(pre[t,n,j+3*H])"),
    "two turns before": ("out[t-1,n,m]", "out[t-2,n,m]"),
    "the cell two turns before": ("state[t-1,n,j]", "state[t-2,n,j]"),
    "no output gate": ("*sigmoid(pre[t,n,j+2*H])", ""),
    "this turn's": ("state[t-1,n,j] +", "(state[t-1,n,j] + 1) +"),
}
WRONG_RNN = {
    "no start": ("    out[-1,n,j] = h0[n,j]\n", ""),
    "another start": ("= h0[n,j]", "= -h0[n,j]"),
    "a sign": ("b[j] + sum", "b[j] - sum"),
    "turned": ("Wh[k,j]", "Wh[j,k]"),
    "two turns before": ("out[t-1,n,k]", "out[t-2,n,k]"),
    "another function": ("tanh(", "sigmoid("),
    "a factor": ("tanh(b", "1.0000001*tanh(b"),
}


@pytest.mark.parametrize("change", WRONG_LSTM.values(), ids=WRONG_LSTM)
def test_nothing_of_another_pair_is_recognised(change: tuple[str, str]) -> None:
    assert change[0] in OWN_LSTM
    helpers = own(OWN_LSTM.replace(*change), LSTM)
    assert together(helpers, LSTM.equations) == {}
    assert recurrence(helpers, LSTM.equations) == {}


@pytest.mark.parametrize("change", WRONG_RNN.values(), ids=WRONG_RNN)
def test_another_recurrence_is_not_recognised(change: tuple[str, str]) -> None:
    assert change[0] in OWN_RNN
    helpers = own(OWN_RNN.replace(*change), RNN)
    assert recurrence(helpers, RNN.equations) == {}
    assert together(helpers, RNN.equations) == {}


def test_what_was_kept_of_the_turn_before_starts_with_nothing() -> None:
    # kept[-1] is 0 and not Σ h0 Wh, though what is inserted for it reads the same.
    text = """
        out[-1,n,j] = h0[n,j]
        out[t,n,j] = tanh(b[j] + kept[t-1,n,j] + sum[d](Wx[d,j]*x[n,t,d]))
        kept[t,n,j in H] = sum[k](out[t,n,k]*Wh[k,j])
    """
    helpers = own(text, RNN)
    assert recurrence(helpers, RNN.equations) == {}
    assert together(helpers, RNN.equations) == {}


def test_backwards_is_another_recurrence() -> None:
    text = OWN_RNN.replace("out[-1,", "out[T,").replace("t-1", "t+1")
    assert recurrence(own(text, RNN), RNN.equations) == {}
    assert together(own(text, RNN), RNN.equations) == {}


PAIRS = {"out": "h", "state": "c", "pre": "a"}


def as_if_alike(mine: Sequence[Equation], helpers: Sequence[Equation], known: Sequence[Equation]) -> dict[Tensor, Equation]:
    """The pairs of the right recurrence, whatever the numbers say."""
    by_name = {e.tensor.name: e.tensor for e in known}
    plain = [h for h in mine if h.tensor.name in PAIRS and not h.is_boundary]
    return {h.tensor: Equation(h.left, Component(by_name[PAIRS[h.tensor.name]], *_turned(h.left.indices))) for h in plain}


@pytest.mark.parametrize("change", [("b[k]", "b[k]"), *WRONG_LSTM.values()], ids=["right", *WRONG_LSTM])
def test_numbers_propose_and_the_equations_decide(change: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrences, "_alike", as_if_alike)
    found = together(own(OWN_LSTM.replace(*change), LSTM), LSTM.equations)
    assert {t.name for t in found} == (set(PAIRS) if change[0] == change[1] else set())


STARTED = OWN_LSTM.replace("    keep[", "    state[-1,n,j] = 7*h0[n,j]\n    keep[")
GUARDED = STARTED.replace("state[t-1,n,j] +", "where(t == 0, 0, state[t-1,n,j]) +")


@pytest.mark.parametrize(("shift", "recognised"), [(0, True), (-1, False), (1, False)])
def test_a_start_that_differs_counts_where_it_is_read(shift: int, recognised: bool) -> None:
    # Within the recurrence nothing reads state[-1], which is 7 h0 and not 0 as c[-1] is.
    helpers = own(GUARDED, LSTM)
    left = next(e.left for e in helpers if e.tensor.name == "state" and not e.is_boundary)
    t, *rest = left.indices
    found = {u.name for u in together(helpers, LSTM.equations, Component(left.tensor, t + shift, *rest))}
    assert ("state" in found) is recognised
    if recognised:
        assert found >= {"out", "state"}


# ---- backwards -----------------------------------------------------------------------------------------------------------


@cache
def gradients(layer: Layer) -> tuple[Equation, ...]:
    """The layer's equations and those of the gradients that recur."""
    d = derive(layer)["Wx"]
    return (*layer.equations, *adjoint_equations(d, {}))


RENAMED = {"da": "flow", "dc": "back_c", "dh_total": "back_h"}


def renamed(equations: Sequence[Equation]) -> list[Equation]:
    """The equations of the gradients with the time axis in front, and names of their own."""
    own = {e.tensor: Tensor(RENAMED[e.tensor.name], *_turned(e.tensor.sizes)) for e in equations if e.tensor.name in RENAMED}

    def put(e: sp.Expr) -> sp.Expr:
        return e.xreplace({c: Component(own[c.tensor], *_turned(c.indices)) for c in e.atoms(Component) if c.tensor in own})

    made = []
    for e in equations:
        if e.tensor in own:
            left = put(e.left)
            assert isinstance(left, Component)
            made.append(Equation(left, put(e.right)))
    return made


def _turned(places: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    n, t, *rest = places
    return (t, n, *rest)


def changed(equations: Sequence[Equation], name: str, change: Callable[[sp.Expr], sp.Expr]) -> list[Equation]:
    """The equations, that of one tensor changed."""
    return [Equation(e.left, change(e.right)) if e.tensor.name == name else e for e in equations]


def later(by: int, name: str) -> Callable[[sp.Expr], sp.Expr]:
    """What is read of a tensor is read so much later."""
    return lambda e: e.xreplace(
        {c: Component(c.tensor, c.indices[0] + by, *c.indices[1:]) for c in e.atoms(Component)
         if c.tensor.name == name and c.indices[0].has(Index) and not isinstance(c.indices[0], Index)}
    )  # fmt: skip


def test_gradients_that_recur_in_one_another_are_recognised() -> None:
    known = gradients(LSTM)
    assert names(together, renamed(known), known) == {own: true for true, own in RENAMED.items()}


def test_a_gradient_in_pieces_is_recognised() -> None:
    # dh = given + back, back = Σ Wh da of the next turn, as code keeps it.
    known = gradients(RNN)
    assert {e.tensor.name for e in known[len(RNN.equations) :]} == {"da", "dh_total"}
    found = names(together, renamed(known), known)
    assert found == {"flow": "da", "back_h": "dh_total"}


WRONG_BACK = {
    "a sign": ("back_c", lambda e: -e),
    "half of it": ("back_h", lambda e: sp.Add(e.args[0], 2 * e.args[1])),
    "no given gradient": ("back_h", lambda e: sp.Add(*(a for a in e.args if not isinstance(a, Component)))),
    "two turns later": ("back_h", later(1, "flow")),
    "the cell's two turns later": ("back_c", later(1, "back_c")),
    "the turn before": ("back_h", later(-2, "flow")),
    "the cell's carry forgotten": ("back_c", lambda e: next(a for a in e.args if "back_h" in str(a))),
    "the cell's gradient by the output forgotten": ("back_c", lambda e: next(a for a in e.args if "back_h" not in str(a))),
}


T_IS_2 = "the cell's carry forgotten"
"""Over two turns nothing tells that; the search for a proof, in vain, takes a minute."""


@pytest.mark.parametrize("wrong", [pytest.param(w, marks=[pytest.mark.slow] * (w == T_IS_2)) for w in WRONG_BACK])
def test_another_gradient_is_not_recognised(wrong: str) -> None:
    known = gradients(LSTM)
    name, change = WRONG_BACK[wrong]
    helpers = changed(renamed(known), name, change)
    assert helpers != renamed(known)
    assert together(helpers, known) == {}
    assert recurrence(helpers, known) == {}


def test_a_start_of_its_own_is_another_gradient() -> None:
    known = gradients(LSTM)
    helpers = renamed(known)
    back = next(e.left for e in helpers if e.tensor.name == "back_c")
    start = Equation(Component(back.tensor, Dim("T"), *back.indices[1:]), sp.S.One)
    found = together([start, *helpers], known)
    assert not found


def test_what_stands_on_another_unknown_sequence_is_left() -> None:
    known = gradients(LSTM)
    helpers = renamed(known)
    other = Tensor("other", *next(e.tensor.sizes for e in helpers if e.tensor.name == "back_h"))
    back = next(e.left for e in helpers if e.tensor.name == "back_h")
    t, *rest = back.indices
    recurs = Equation(Component(other, t, *rest), 1 + Component(other, t - 1, *rest))
    standing = changed(helpers, "back_h", lambda e: e + 0 * back + Component(other, t, *rest))
    assert together([recurs, *standing], known) == {}


# ---- parts ---------------------------------------------------------------------------------------------------------------

N, T, H = Dim("N"), Dim("T"), Dim("H")
n, t, i, j = Index("n", N), Index("t", T), Index("i", H), Index("j", H)
D, G, F, Q = (Tensor(name, N, T, H) for name in "DGFQ")
W = Tensor("W", H, H)


def recurring(*factors: sp.Expr, at: sp.Expr = t + 1) -> Equation:
    """D[n,t,i] = G[n,t,i] + Σ_j W[i,j] factors D[n,t+1,j]"""
    return Equation(Component(D, n, t, i), Component(G, n, t, i) + Sum(sp.Mul(Component(W, i, j), *factors, Component(D, n, at, j)), j))


def holds(known: Sequence[Equation], made: Sequence[Equation]) -> None:
    """Every tensor that both define has the same values."""
    before, after = carried(known), carried(made)
    assert before is not None and after is not None
    for e in known:
        np.testing.assert_allclose(after[e.tensor.name], before[e.tensor.name], rtol=1e-12)


def slope(at: sp.Expr) -> sp.Expr:
    return 1 - Component(F, n, at, j) ** 2


@pytest.mark.parametrize("factors", [(slope(t + 1),), (slope(t + 1), Component(G, n, t + 1, j)), (3, slope(t + 1))], ids=str)
def test_a_product_at_the_same_places_is_a_part(factors: tuple[sp.Expr, ...]) -> None:
    known = [recurring(*factors)]
    made, parts = with_parts(known)
    (part,) = parts.values()
    assert part in made and part.tensor.name == "D_part"
    at_home = substitute(sp.Mul(*(f for f in factors if f != 3)), {j: i, t: t - 1})
    assert sp.expand(part.right - at_home * Component(D, n, t, i)) == 0
    assert D not in {c.tensor for c in made[0].right.atoms(Component)}
    holds(known, made)


@pytest.mark.parametrize(
    "equation",
    [
        recurring(slope(t + 2)),  # at home that is F[t + 1]: the next turn's
        recurring(slope(t)),  # at home the turn before's: kept nowhere when D[t] is known, or not
        recurring(),  # only a weight stands beside it
        Equation(Component(D, n, t, i), Component(G, n, t, i)),
        Equation(Component(D, n, t, i), Component(G, n, t, i) + slope(t + 1) * Component(D, n, T - 1 - t, j)),
    ],
    ids=str,
)
def test_every_equation_holds_whatever_is_named(equation: Equation) -> None:
    made, parts = with_parts([equation])
    assert set(parts) <= {e.tensor for e in made}
    assert all(p.right != 0 and not p.right.is_Number for p in parts.values())


def test_what_looks_ahead_is_no_part() -> None:
    known = [recurring(slope(t + 2))]
    assert with_parts(known) == (known, {})


def test_two_different_products_are_no_part() -> None:
    first, second = recurring(slope(t + 1)), recurring(Component(Q, n, t + 1, j))
    known = [Equation(first.left, first.right + second.right)]
    assert with_parts(known) == (known, {})


def test_a_place_that_no_single_index_says_is_no_part() -> None:
    for at in (T - 1 - t, 2 * t, sp.S.Zero):
        known = [recurring(slope(at), at=at)]
        assert with_parts(known) == (known, {}), at


def test_a_start_is_no_part() -> None:
    start = Equation(Component(D, n, T, i), Component(G, n, 0, i) * Component(F, n, 0, i))
    known = [start, recurring(slope(t + 1))]
    made, parts = with_parts(known)
    assert made[0] is start and len(parts) == 1
    assert with_parts([start]) == ([start], {})


@pytest.mark.parametrize("layer", [LSTM, RNN], ids=lambda layer: layer.name)
def test_gradients_of_layers_keep_their_values(layer: Layer) -> None:
    known = list(gradients(layer))
    made, parts = with_parts(known)
    holds(known, made)
    assert set(parts) <= {e.tensor for e in made}
