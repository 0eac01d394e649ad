"""Invariance and orthogonality: identities between a layer and the same layer at transformed inputs.

    BN(a x + c) = sign(a) BN(x)              invariant(batch_norm, {"x": "a*x + c"}, "a > 0")
    f(t w) = f(w)  ⇒  Σ w · ∂C/∂w = 0        orthogonal(layer, "w")

Both are decided by normal form, for every size; else the smallest case that refutes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

import numpy as np
import sympy as sp

from symbackprop.algebra.equality import prove
from symbackprop.backprop import derive
from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed
from symbackprop.claims.witnesses import Case, smallest
from symbackprop.derivation import Derivation, Step
from symbackprop.language.equations import Equation
from symbackprop.language.exact import balls
from symbackprop.language.nodes import Sum
from symbackprop.language.notation import read_component
from symbackprop.language.scope import scope
from symbackprop.language.signature import read_signature
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.language.values import value
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict, Witness

AT = "_new"
"""What the names of the variables at the transformed input end in."""


def invariant(
    layer: Layer,
    transformation: Mapping[str, str],
    assuming: str = "",
    output: str = "",
    factor: sp.Expr | int | str = 1,
    letters: str = "a, c",
) -> Conclusion:
    """y(T x) = factor · y(x), for all sizes and values at which both sides are defined.

    `transformation` says in notation what each input becomes ({"x": "a*x[n] + c"}), `letters` declares the further variables
    in it ("a, c"; "t[N]"), `assuming` their signs; `factor` is a number, or in notation what depends on them ("a**2").
    `output` is the variable that is compared, the layer's output by default. Refuted with the smallest case, undecided where
    neither is found. Raises KeyError for a variable that the layer doesn't have.
    """
    name = output or layer.outputs[0].name
    _known(layer, {name: layer.tensors, **{key: {t.name: t for t in layer.inputs} for key in transformation}})
    joined = doubled(layer, transformation, _used(letters, (*transformation.values(), str(factor)), layer), assuming)
    own, other = joined.tensors[name], joined.tensors[name + AT]
    places = _letters_of(layer, own)
    times = read_component(factor, scope(joined.tensors.values()), ()) if isinstance(factor, str) else sp.S.One * factor
    left, right = Component(other, *places), times * Component(own, *places)
    said = f"{name} is {'' if factor == 1 else f'{factor} times '}the same after " + ", ".join(
        f"{k} := {v}" for k, v in transformation.items()
    )
    within = next((at for at in (joined, exponentials_split(joined, layer)) if prove(left, right, at.equations, at.assumptions)), None)
    if within is None:
        return _refuted(joined, left, right, said)
    return _seen(concluded(said, Proof(within, tuple(_steps(within, layer, left, right))), found={"layer": within}))


def _known(layer: Layer, asked: Mapping[str, Mapping[str, Tensor]]) -> None:
    for name, there in asked.items():
        if name not in there:
            raise KeyError(f"{layer.name} has no {name} here; there are {', '.join(there)}")


def _used(letters: str, texts: Iterable[str], layer: Layer) -> str:
    """The declarations of those letters that stand in one of the texts, and that the layer doesn't have itself."""
    words = {w for text in texts for w in re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\]]*\]", "", text))}
    parts = re.split(r",(?![^\[]*\])", letters)
    return ", ".join(p.strip() for p in parts if (m := re.match(r"\s*(\w+)", p)) and m[1] in words and m[1] not in layer.tensors)


def _letters_of(layer: Layer, t: Tensor) -> tuple[Index, ...]:
    """Indices for a variable, as its own equation has them."""
    free = next((e.free for e in layer.equations if e.tensor.name == t.name and not e.is_boundary), ())
    return free if len(free) == t.rank else tuple(Index("nijk"[k], s) for k, s in enumerate(t.sizes))


def _seen(found: Conclusion) -> Conclusion:
    """Undecided where no numbers were found at which the two sides could be compared: nothing is said then."""
    points = found.verdict.evidence.points if found.verdict.evidence is not None else 0
    if found.status != "proved" or points:
        return found
    return replace(found, verdict=Verdict("undecided", "no numbers were found at which both sides have a value"))


def doubled(layer: Layer, transformation: Mapping[str, str], letters: str, assuming: str) -> Layer:
    """The layer, and the layer at the transformed inputs, as one; the second one's variables end in `_new`."""
    more = tuple(read_signature(f"{letters} -> out").inputs) if letters else ()
    known = scope((*layer.tensors.values(), *more))
    renamed: dict[Tensor, Tensor] = {}
    made = []
    for name, text in transformation.items():
        t = layer.tensors[name]
        new = Tensor(t.name + AT, *t.sizes)
        places = tuple(_letter(layer, t, k) for k in range(t.rank))
        made.append(Equation(Component(new, *places), read_component(text, known, places)))
        renamed[t] = new
    renamed |= {e.tensor: Tensor(e.tensor.name + AT, *e.tensor.sizes) for e in layer.equations}
    moved = [Equation(cast(Component, _renamed(e.left, renamed)), _renamed(e.right, renamed)) for e in layer.equations]
    outputs = (*layer.outputs, *(renamed[t] for t in layer.outputs))
    joined = Layer.of(layer.name, (*layer.inputs, *more), outputs, (*layer.equations, *made, *moved), layer.assumptions)
    return assumed(joined, assuming)


def exponentials_split(joined: Layer, layer: Layer) -> Layer:
    """exp(x + a) as exp(x) · E with a letter E > 0 for exp(a): the same for every a, and E comes out of sums."""
    letters = {t(): Tensor(f"exp_{t.name}", sign="positive")() for t in joined.inputs if not t.sizes and t not in layer.inputs}
    moved = {e.tensor: e for e in joined.equations if e.tensor.name.removesuffix(AT) in {t.name for t in layer.inputs}}

    def split(e: sp.Expr) -> sp.Expr:
        known = {c: moved[c.tensor] for c in e.atoms(Component) if c.tensor in moved}
        # Each stands for itself, also where its index is bound: nothing is renamed.
        e = cast(sp.Expr, e.xreplace({c: substitute(q.right, dict(zip(q.left.indices, c.indices, strict=True))) for c, q in known.items()}))
        return cast(sp.Expr, e.xreplace({x: _factored_exponential(x, letters) for x in e.atoms(sp.exp)}))

    equations = tuple(e if e.tensor in moved else Equation(e.left, split(e.right), e.text) for e in joined.equations)
    inputs = (*joined.inputs, *(c.tensor for c in letters.values()))
    return Layer.of(joined.name, inputs, joined.outputs, equations, joined.assumptions)


def _factored_exponential(x: sp.Expr, letters: Mapping[Component, Component]) -> sp.Expr:
    terms = sp.Add.make_args(cast(sp.Expr, x.args[0]))
    alone = {a: letters[a] for a in terms if isinstance(a, Component) and a in letters}
    return cast(sp.Expr, sp.exp(sp.Add(*(a for a in terms if a not in alone))) * sp.Mul(*alone.values()))


def _letter(layer: Layer, t: Tensor, axis: int) -> Index:
    """The letter that the layer writes over this axis."""
    found = [
        i
        for e in layer.equations
        for c in (e.left, *e.right.atoms(Component))
        for i in c.indices
        if isinstance(i, Index) and i.size == t.sizes[axis]
    ]
    return found[0] if found else Index("n" if axis == 0 else "d", t.sizes[axis])


def _renamed(e: sp.Expr, replaced: Mapping[Tensor, Tensor]) -> sp.Expr:
    return cast(sp.Expr, substitute(e, replaced))


def _steps(joined: Layer, layer: Layer, left: sp.Expr, right: sp.Expr) -> list[Step]:
    """Each variable at the transformed input in terms of the plain ones where that is one, then the output."""
    steps = []
    for e in layer.equations:
        other = joined.tensors[e.tensor.name + AT]
        lhs = Component(other, *e.left.indices)
        if lhs == left:
            continue
        for candidate in _guesses(joined, e, layer):
            if prove(lhs, candidate, joined.equations, joined.assumptions):
                steps.append(line(lhs, "=", candidate, "algebra"))
                break
    return [*steps, line(left, "=", right, "algebra")]


def _guesses(joined: Layer, e: Equation, layer: Layer) -> list[sp.Expr]:
    own = _renamed(e.left, {})
    letters = [t() for t in joined.inputs if not t.sizes and t not in layer.inputs]
    signs = [s * own for s in (1, -1)]
    powers = [f * own for a in letters for f in (a, -a, a**2)]
    return [*signs, *powers, *(p + b for p in powers for b in letters)]


def _refuted(joined: Layer, left: Component, right: sp.Expr, said: str) -> Conclusion:
    name = left.tensor.name.removesuffix(AT)

    def both(case: Case) -> tuple[np.ndarray[Any, Any], ...]:
        every, free = case.values(), tuple(i for i in left.indices if isinstance(i, Index))
        found = (value(e, free, every, case.sizes, domain=balls(160)) for e in (left, right))
        return tuple(np.asarray(np.frompyfunc(float, 1, 1)(f), dtype=np.float64) for f in found)

    def differs(case: Case) -> bool:
        there, here = both(case)
        return bool(np.any(np.abs(there - here) > 1e-9))

    case = smallest(joined, differs, pool=(Fraction(1), Fraction(0), Fraction(2), Fraction(-1)))
    if case is None:
        return Conclusion(said, Verdict("undecided", "neither a proof nor a case that refutes it was found"))
    there, here = both(case)
    witness = Witness.of(case.sizes, case.inputs, here, there)
    return Conclusion(said, Verdict("refuted", f"{name} is {witness.found}, and would be {witness.expected}", "smallest case", witness))


# ---- orthogonality


def orthogonal(layer: Layer, name: str, to: str = "", assuming: str = "") -> Conclusion:
    """Σ w · ∂C/∂w = 0: the gradient of w is orthogonal to w itself (or to the variable `to`, of the same shape).

    Refuted with the smallest case. Raises KeyError for an unknown variable, ValueError for one of another shape.
    """
    under = assumed(layer, assuming)
    family = derive(under)
    goal = cast(Component, family[name].goal)
    _known(layer, {to or name: layer.tensors})
    other = under.tensors[to or name]
    if other.sizes != goal.tensor.sizes:
        shapes = [f"{t.name}[{', '.join(map(str, t.sizes))}]" for t in (layer.tensors[name], other)]
        raise ValueError(f"an inner product is of two arrays of one shape; these are {' and '.join(shapes)}")
    places = tuple(cast(Index, i) for i in goal.indices)
    left = Sum(cast(sp.Expr, Component(other, *places) * goal), *places) if places else goal * other()
    said = f"the gradient of {name} is orthogonal to {to or name}"
    proof = Proof(under, _orthogonal_steps(family, name, left, under))
    found = _seen(concluded(said, proof))
    return found if found.status == "proved" else _not_orthogonal(under, name, to or name, said)


def _orthogonal_steps(family: Mapping[str, Derivation], name: str, left: sp.Expr, layer: Layer) -> tuple[Step, ...]:
    steps = []
    for variable in _needed(family, name):
        d = family[variable]
        steps.append(line(d.goal, "=", d.result, "derived"))
    return (*steps, line(left, "=", sp.S.Zero, "algebra", *range(len(steps))))


def _needed(family: Mapping[str, Derivation], name: str) -> list[str]:
    """The variables whose gradients stand in the derivation, the last one first."""
    waiting, found = [name], []
    while waiting:
        current = waiting.pop()
        d = family[current]
        if current in found or d.goal == d.result:
            continue
        found.append(current)
        waiting += [c.tensor.adjoint_of for c in d.result.atoms(Component) if c.tensor.adjoint_of in family]
    return found


def _not_orthogonal(layer: Layer, name: str, to: str, said: str) -> Conclusion:
    def differs(case: Case) -> bool:
        values = case.values() if to not in case.inputs else case.inputs
        return bool(abs(float(np.sum(case.gradient(name) * np.asarray(values[to], dtype=np.float64)))) > 1e-9)

    case = smallest(layer, differs)
    if case is None:
        return Conclusion(said, Verdict("undecided", "neither a proof nor a case that refutes it was found"))
    witness = Witness.of(case.sizes, case.given, 0, case.gradient(name))
    return Conclusion(said, Verdict("refuted", "the inner product is not 0", "smallest case", witness))
