"""Closed forms: insert what is known, fold expressions back into the layer's own names, keep what is shortest.

    dxhat, dvar and dmu inserted in dx, x − μ = x̂ s, Σ x̂ = 0:  the three-term batch norm
    exp(z)/Σ exp(z) = p, Σ p = 1:                                (p − y)/N
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

import sympy as sp

from symbackprop.algebra import readable
from symbackprop.algebra.contract import Contraction
from symbackprop.algebra.convert import kept, poly
from symbackprop.algebra.gather import gathered
from symbackprop.algebra.places import Place, index_letter, place
from symbackprop.algebra.readable import Names, cost
from symbackprop.algebra.rewriting import Rule, rewrite, simplest
from symbackprop.algebra.system import System
from symbackprop.algebra.terms import Poly, of_atom
from symbackprop.derivation import Derivation, Reason, Reference, Step
from symbackprop.language.nodes import BINDERS
from symbackprop.language.substitution import components, fresh
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer

PATIENCE = 1.7
"""A closed form over several paths may be this much longer than the line that it closes."""


class Knowledge(System):
    """What a layer's equations let one fold back, and the letters its author uses."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer.equations, layer.assumptions)
        self.layer = layer

    # ---- letters

    @cached_property
    def _letters(self) -> dict[Place, tuple[str, ...]]:
        found: dict[Place, dict[str, None]] = {}
        for equation in self.layer.equations[:60]:
            for index in (*equation.free, *bound_indices(equation.right)):
                found.setdefault(place(index.size), {}).setdefault(index.name)
        return {size: tuple(names) for size, names in found.items()}

    def names(self, goal: Component) -> Names:
        """How bound indices are called beside the goal's."""
        taken = {s.name for s in goal.free_symbols if isinstance(s, Index)}
        return Names(self._letters, frozenset(taken.union(self.layer.tensors)))

    def letters(self, variable: Tensor) -> tuple[Index, ...]:
        """The indices of a variable's gradient: those of its equation, or those under which it is read."""
        chosen: list[Index] = []
        for axis, size in enumerate(variable.sizes):
            wanted = self._letter(variable, axis, size)
            taken = {i.name for i in chosen}
            chosen.append(wanted if wanted.name not in taken else fresh(wanted, taken))
        return tuple(chosen)

    def _letter(self, variable: Tensor, axis: int, size: sp.Expr) -> Index:
        for equation in self._near.get(variable.name, ()):
            for component in (equation.left, *components(equation.right)):
                if component.tensor.name == variable.name:
                    subscript = component.indices[axis]
                    if isinstance(subscript, Index) and subscript.size == size:
                        return subscript
        preferred = self._letters.get(place(size)) or tuple(Names(self._letters).pick([place(size)]))
        return Index(preferred[0], size)


@lru_cache(maxsize=10_000)
def bound_indices(expression: sp.Basic) -> tuple[Index, ...]:
    """The bound indices in an expression, in order of appearance."""
    own = expression.bound if isinstance(expression, BINDERS) else ()
    inner = (i for a in expression.args if not isinstance(a, Tensor) for i in bound_indices(a))
    return tuple(dict.fromkeys((*own, *inner)))


# ---- closing --------------------------------------------------------------------------------------------------------

def close(contraction: Contraction, lemmas: Sequence[Derivation], knowledge: Knowledge, goal: Component,
          paths: int) -> tuple[list[Step], list[str]]:
    """The steps from a contracted line to its closed form, and the variables whose derivations they insert.

    No steps where the line is already the shortest that is known. `paths` is the number of variables v enters.
    """
    names = knowledge.names(goal)
    if lemmas and paths > 1:  # terms cancel across paths: no use in folding them one by one before
        closed = _inserted(contraction, contraction.form, lemmas, knowledge, names)
        if _is_final(closed[1], knowledge) and cost(closed[1]) <= PATIENCE * cost(contraction.form):
            return closed[0], [d.variable.name for d in lemmas]
    best, rules = _best([contraction.form, contraction.flat], knowledge)
    shorter = cost(best) < cost(contraction.form)
    steps = folded(best, rules, names, knowledge) if shorter else []
    if lemmas:
        more, result = _inserted(contraction, best if shorter else contraction.form, lemmas, knowledge, names)
        if cost(result) <= cost(best):
            return [*(replace(s, detail="normal") for s in steps), *more], [d.variable.name for d in lemmas]
    return steps, []


def _inserted(contraction: Contraction, line: Poly, lemmas: Sequence[Derivation], knowledge: Knowledge,
              names: Names) -> tuple[list[Step], Poly]:
    # The line with the lemmas in it, then what that folds into.
    shown = insert(line, lemmas, kept)
    closed, used = _best([shown, insert(contraction.flat, lemmas, poly)], knowledge)
    reason = Reason("insert", {}, tuple(Reference("derivation", d.variable.name) for d in lemmas))
    first = Step(readable.term_by_term(shown, names), reason, detail="normal")
    return [first, *folded(closed, used, names, knowledge)], closed


def _is_final(line: Poly, knowledge: Knowledge) -> bool:
    # No adjoint is left but those of the outputs.
    outputs = {t.name for t in knowledge.layer.outputs}
    return all(not t.adjoint_of or t.adjoint_of in outputs for t in line.tensors)


def _best(forms: Iterable[Poly], knowledge: Knowledge) -> tuple[Poly, list[Rule]]:
    # Kept together or multiplied out, whichever folds into less; as it was written, where they are equal.
    return min((shortest(f, knowledge, f.tensors) for f in forms), key=lambda found: cost(found[0]))


def insert(line: Poly, lemmas: Sequence[Derivation], read: Callable[[sp.Expr], Poly]) -> Poly:
    """The line with each lemma's goal replaced by its result."""
    # In the order of the equations, since what comes later may stand in what came before.
    for lemma in lemmas:
        (monomial, _), = poly(lemma.goal).terms.items()
        letters = frozenset(index_letter(i) for i in lemma.goal.indices if isinstance(i, Index))
        line = rewrite(line, Rule(lemma.variable.name, letters, monomial[0][0], read(lemma.result)))
    return line


def shortest(flat: Poly, knowledge: Knowledge, near: Iterable[Tensor]) -> tuple[Poly, list[Rule]]:
    """The shortest form known by the equations that speak of the tensors, and the rules that lead there."""
    closed, rules = simplest(flat, knowledge.rules(t.name for t in near), knowledge.settle)
    return gathered(closed), rules


def folded(closed: Poly, rules: Sequence[Rule], names: Names, knowledge: Knowledge) -> list[Step]:
    """The step that writes the closed form, with what it was folded by."""
    used = list(dict.fromkeys(r.name for r in rules if not r.is_fact))
    facts = tuple((readable.expression(of_atom(r.atom), names), readable.expression(r.value, names)) for r in rules if r.is_fact)
    cites = tuple(Reference("equation", n) for n in used)
    terms = {"names": tuple(knowledge.layer.tensors[n] for n in used), "facts": tuple(dict.fromkeys(facts))}
    return [Step(readable.expression(closed, names), Reason("refold" if used or facts else "collect", terms, cites))]
