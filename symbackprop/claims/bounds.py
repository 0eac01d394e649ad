"""Bounds of a layer's variable for every size: standardised values lie within √(N − 1), by Cauchy–Schwarz.

    Σ_n v[n] = 0,  Σ_n v[n]² ≤ N   ⇒   v[k]² = (Σ_{n≠k} v[n])² ≤ (N − 1) Σ_{n≠k} v[n]²   ⇒   |v[k]| ≤ √(N − 1)

reached by the batch (1, 0, ..., 0). A function of such a variable that increases lies between its values at the ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import sympy as sp

from symbackprop.claims.analysis import bounded, range_of
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import Curve, Function, Parameter, curve
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed, inlined
from symbackprop.derivation import Step
from symbackprop.language.equations import Equation
from symbackprop.language.evaluate import forward
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import Delta, Max, Sum
from symbackprop.language.notation import read_component
from symbackprop.language.scope import scope
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict

ABS = CLASSES["abs"]


def bound(
    of: Layer | Function | Curve,
    name: str = "",
    assuming: str = "",
    low: sp.Expr | int = -sp.oo,
    high: sp.Expr | int = sp.oo,
    **parameters: Parameter,
) -> Conclusion:
    """|v| ≤ √(N − 1) for a standardised variable of a layer, by its name, else inf f and sup f of a function of one variable.

    A function of one variable is a name of the table, an expression in x, an elementwise layer, or a variable of a layer
    that is such a function of one input; (low, high) is where its argument lies. Raises KeyError for an unknown variable.
    """
    if isinstance(of, Layer) and name:
        return _bound_of(of, name, assuming)
    return range_of(of, low, high, assuming, **parameters)


def _bound_of(layer: Layer, name: str, assuming: str) -> Conclusion:
    """As standardised, or as a function of one input; undecided where it is neither."""
    under = assumed(layer, assuming)
    equation = defining(under, name)
    if equation.left.tensor.sizes and (found := standardised(layer, name, assuming)).status == "proved":
        return found
    try:
        alone = curve(inlined(equation.right, under))
    except ValueError as error:
        why = f"{name} is not seen to be standardised, and {error}"
        return Conclusion(f"{name} is bounded", Verdict("undecided", why))
    return replace(bounded(alone, 0), statement=f"{name} lies in {bounded(alone, 0).found.get('range', 'an interval')}")


def defining(layer: Layer, name: str) -> Equation:
    """The equation of a variable. KeyError with what there is."""
    defined = {e.tensor.name: e for e in layer.equations}
    if name not in defined:
        what = "an input, which nothing bounds" if name in layer.tensors else "no variable of the layer"
        raise KeyError(f"{name} is {what}; {layer.name} computes {', '.join(defined)}")
    return defined[name]


def standardised(layer: Layer, name: str, assuming: str = "") -> Conclusion:
    """|v[k]| ≤ √(N − 1) along the axis on which v is standardised; `found["reached"]` has batches that come to it.

    Undecided where Σ v = 0 and Σ v² ≤ N can't be proved along any axis. Raises KeyError for what no equation defines.
    """
    under = assumed(layer, assuming)
    equation = defining(under, name)
    if not equation.free:
        raise ValueError(f"{name} has no axis along which it could be standardised")
    tried = []
    for axis, n in enumerate(equation.free):
        found = concluded(f"|{name}| ≤ √({n.size} − 1) for every {n.size}", Proof(under, standardised_steps(under, name, axis)))
        if found.status == "proved":
            return replace(found, found={"bound": sp.sqrt(n.size - 1), "reached": _reached(under, name, n.size)})
        tried.append(found)
    return tried[0]


def standardised_steps(layer: Layer, name: str, axis: int = 0) -> tuple[Step, ...]:
    """The proof's lines; the last one is the bound of |v[k]|."""
    t = layer.tensors[name]
    n, k, here, there = _axis(layer, t, axis)
    size = n.size
    v, vk = Component(t, *here), Component(t, *there)
    others = 1 - Delta(n, k)
    squares, without = Sum(v**2, n), Sum(others * v, n)
    exact = _sum_of_squares(layer, name, n, v)
    return (
        line(Sum(v, n), "=", sp.S.Zero, "algebra"),
        line(squares, "=", exact, "algebra"),
        line(exact, "≤", size, "signs"),
        line(squares, "≤", size, "equal to", 1, 2),
        line(without, "=", -vk, "algebra", 0),
        line(without**2, "≤", Sum(others**2, n) * Sum((others * v) ** 2, n), "Cauchy–Schwarz", a=others, b=others * v, over=n),
        line(without**2, "=", vk**2, "squared", 4),
        line(Sum(others**2, n) * Sum((others * v) ** 2, n), "=", (size - 1) * (squares - vk**2), "algebra"),
        line(vk**2, "≤", (size - 1) * (squares - vk**2), "combination", 6, 5, 7, times=(-1, 1, 1)),
        line(vk**2, "≤", size - 1, "combination", 8, 3, times=(1 / size, (size - 1) / size)),
        line(ABS(vk), "≤", sp.sqrt(size - 1), "square root", 9),
    )


def _axis(layer: Layer, t: Tensor, axis: int = 0) -> tuple[Index, Index, tuple[Index, ...], tuple[Index, ...]]:
    """The index of the axis, another one over it, and the places of the component with the one and with the other."""
    free = next(e.free for e in layer.equations if e.tensor == t)
    n = free[axis]
    other = Index(next(name for name in "kmlq" if name not in {i.name for i in free}), n.size)
    return n, other, free, (*free[:axis], other, *free[axis + 1 :])


def _sum_of_squares(layer: Layer, name: str, n: Index, v: Component) -> sp.Expr:
    """N v/(v + ε) for a layer with ε under the root, else N."""
    equation = layer.equation(name)
    below = sp.fraction(equation.right)[1]
    inside = below.base if isinstance(below, sp.Pow) and below.exp == sp.Rational(1, 2) else below**2
    variance = next((c for c in inside.atoms(Component) if c.tensor.name in {e.tensor.name for e in layer.equations}), inside)
    return n.size * variance / inside


def _reached(layer: Layer, name: str, size: sp.Expr) -> dict[int, float]:
    """max |v| at the batch (1, 0, ..., 0), for N = 2, ..., 6; ε and the like as small as their sign allows."""
    found = {}
    for count in range(2, 7):
        arrays = {}
        for t in layer.inputs:
            value = np.zeros(tuple(count if n == size else 1 for n in t.sizes))
            for axis in (k for k, n in enumerate(t.sizes) if n == size):
                value[tuple(0 if k == axis else slice(None) for k in range(t.rank))] = 1
            arrays[t.name] = value if t.sizes else np.array({"positive": 1e-300, "nonnegative": 0.0}.get(t.sign, 1.0))
        with np.errstate(all="ignore"):
            found[count] = float(np.nanmax(np.abs(forward(layer, arrays)[name])))
    return found


def between(layer: Layer, name: str, function: str, assuming: str = "") -> Conclusion:
    """f(−√(N−1)) ≤ f(v[k]) ≤ f(√(N−1)) for a standardised v and an increasing function f of the table."""
    from symbackprop.claims.analysis import monotone

    inner = standardised(layer, name, assuming)
    rising = monotone(function)
    if inner.status != "proved" or rising.status != "proved" or rising.found["direction"] != 1:
        return inner if inner.status != "proved" else rising
    size = cast(sp.Expr, inner.found["bound"]) ** 2 + 1
    f = CLASSES[function]
    ends = (f(-sp.sqrt(size - 1)), f(sp.sqrt(size - 1)))
    assert inner.proof is not None
    vk = cast(sp.Expr, cast(sp.Expr, inner.proof.statement.left).args[0])
    steps = (
        *inner.proof.steps,
        line(f(vk), "≤", ends[1], "increasing", len(inner.proof.steps) - 1),
        line(f(vk), "≥", ends[0], "increasing", len(inner.proof.steps) - 1),
    )
    return concluded(
        f"{function}({name}) lies between {function}(−√({size} − 1)) and {function}(√({size} − 1))",
        Proof(inner.proof.layer, steps),
        found={"low": ends[0], "high": ends[1], "rising": rising},
    )


# ---- both signs, active examples


def both_signs(layer: Layer, name: str, squares: str, assuming: str = "") -> Conclusion:
    """A centred variable v that is not constant takes both signs: max v > 0 and max (−v) > 0.

    `squares` says in notation what Σ v² is, something that the assumptions make positive (N*var with var > 0).
    """
    under = assumed(layer, assuming)
    v, n = _variable(under, name)
    steps = (
        *_some_positive(under, v, n, "0", squares, 0),
        line(Sum(-v, n), "=", sp.S.Zero, "algebra", 0),
        line(Max(-v, n), ">", sp.S.Zero, "some term is positive", 5, 3),
    )
    return concluded(f"{name} takes both signs", Proof(under, steps))


def some_positive(layer: Layer, name: str, total: str, squares: str, assuming: str = "") -> Conclusion:
    """max_n y[n] > 0, where Σ y ≥ 0 and Σ y² > 0; `total` and `squares` say in notation what the sums are."""
    under = assumed(layer, assuming)
    y, n = _variable(under, name)
    steps = tuple(_some_positive(under, y, n, total, squares, 0))
    return concluded(f"at least one {name} of every batch is positive", Proof(under, steps))


def _variable(layer: Layer, name: str) -> tuple[Component, Index]:
    left = defining(layer, name).left
    n, _, here, _ = _axis(layer, left.tensor)
    return Component(left.tensor, *here), n


def _some_positive(layer: Layer, e: sp.Expr, n: Index, total: str, squares: str, start: int) -> Iterator[Step]:
    sums = (Sum(e, n), Sum(e**2, n))
    known = scope(layer.tensors.values())
    last, rests = start, []
    for left, text, relation in zip(sums, (total, squares), ("≥", ">"), strict=True):
        right = read_component(text, known, tuple(i for i in e.free_symbols if isinstance(i, Index) and i != n))
        yield line(left, "=", right, "algebra")
        if right != 0:
            yield line(right, relation, sp.S.Zero, "signs")  # type: ignore[arg-type]
            yield line(left, relation, sp.S.Zero, "equal to", last, last + 1)  # type: ignore[arg-type]
            last += 2
        rests.append(last)
        last += 1
    yield line(Max(e, n), ">", sp.S.Zero, "some term is positive", *rests)


def all_inactive(layer: Layer, name: str, assuming: str = "") -> Conclusion:
    """y[k] = γ v[k] + β ≤ 0 for every example where β ≤ −|γ| √(N − 1), v standardised: relu(y) is dead on every batch.

    The layer has the scalars gamma and beta; `found["threshold"]` is what beta must not exceed.
    """
    size = defining(layer, name).left.tensor.sizes[0]
    under = assumed(layer, "; ".join(a for a in (assuming, f"beta <= -abs(gamma)*sqrt({size} - 1)") if a))
    gamma, beta = under.tensors["gamma"](), under.tensors["beta"]()
    inner = standardised_steps(under, name)
    vk = cast(sp.Expr, cast(sp.Expr, inner[-1].left).args[0])
    last = len(inner) - 1
    reach = ABS(gamma) * sp.sqrt(size - 1)
    steps = (
        *inner,
        line(gamma * vk, "≤", ABS(gamma) * ABS(vk), "absolute value"),
        line(beta, "≤", -reach, "assumed"),
        line(gamma * vk + beta, "≤", sp.S.Zero, "combination", last, last + 1, last + 2, times=(ABS(gamma), 1, 1)),
    )
    said = f"every example is inactive where beta ≤ −|gamma| √({size} − 1)"
    return concluded(said, Proof(under, steps), found={"threshold": -reach})
