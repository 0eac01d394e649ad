"""Proofs: that a formula equals what a derivation found, for all sizes and values; or under one assumption more."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sympy as sp

from symbackprop.algebra.equality import Proof, needed, prove
from symbackprop.language.equations import Assumption, Equation, stood_on
from symbackprop.language.errors import NotationError
from symbackprop.language.notation import read_assumptions
from symbackprop.language.scope import scope
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component, Tensor
from symbackprop.language.writing import write_assumption
from symbackprop.layer import Layer
from symbackprop.verify.answers import Formula
from symbackprop.verify.case import Case, outcome
from symbackprop.verify.kinks import kinks_in
from symbackprop.verify.spots import spots
from symbackprop.verify.truths import adjoints_in

HINT = 0.2
"""Seconds that are spent on the assumption that would help."""
GIVEN_UP = (ValueError, TypeError, ArithmeticError, KeyError, RecursionError, NotImplementedError, AssertionError)


class OutOfTime(Exception):
    """The time that was given has passed."""


def proof(case: Case) -> tuple[Proof | None, str]:
    """A proof that the statement is true, or None; and what kept it from being found, "" if nothing did."""
    return sought(case, _proof)


def sought(case: Case, find: Callable[[Case, Formula], Proof | None]) -> tuple[Proof | None, str]:
    """What is found within the case's patience, or None; and what kept it from being found, "" if nothing did."""
    formula = case.formula
    if formula is None or case.known.expression is None:
        return None, "" if formula is None else "no derivation of it is known"
    try:
        with within(case.terms.patience):
            return find(case, formula), ""
    except OutOfTime:
        return None, f"no proof was found in {case.terms.patience:g} s"
    except GIVEN_UP as error:
        return None, f"no proof was tried: {error}"


def _proof(case: Case, formula: Formula) -> Proof | None:
    attempt = _prover(case, formula)
    found = attempt(False)
    kinked = any(kinks_in(e) for e in (formula.expression, *(q.right for q in equations(case, formula))))
    return found if found is not None or not kinked else attempt(True)


def _prover(case: Case, formula: Formula) -> Callable[[bool], Proof | None]:
    step0 = None if case.terms.step0 is None else sp.Rational(case.terms.step0.numerator, case.terms.step0.denominator)
    rules = equations(case, formula)
    assert case.known.expression is not None
    left = case.known.expression

    def attempt(almost_everywhere: bool) -> Proof | None:
        return prove(left, formula.expression, rules, case.layer.assumptions, step0, almost_everywhere, compared=True)

    return attempt


def equations(case: Case, formula: Formula) -> tuple[Equation, ...]:
    """What may be eliminated: the layer's equations, the gradients that are mentioned, the helpers, each after what it rests on."""
    assert case.known.expression is not None
    gradients = gradients_of(case, [case.known.expression, formula.expression, *(h.right for h in formula.helpers)])
    every = [formula.expression, case.known.expression, *(h.right for h in formula.helpers), *(q.right for q in gradients)]
    return (*_defining(case.layer, every), *gradients, *formula.helpers)


def gradients_of(case: Case, expressions: list[sp.Expr]) -> list[Equation]:
    """An equation for every gradient that is mentioned and derived, those of late variables first."""
    order = {n: k for k, n in enumerate(case.layer.tensors)}
    own = case.stated.target.by[0].tensor.name if case.stated.target.of is None else ""
    found: dict[str, Equation] = {}
    waiting = list(expressions)
    while waiting:
        formula = case.formula
        for t in adjoints_in(case.layer, [waiting.pop()], formula.helpers if formula else ()):
            other = case.known.family.get(t.adjoint_of)
            if t.adjoint_of in found or other is None or other.goal == other.result or t.adjoint_of == own:
                continue
            assert isinstance(other.goal, Component)
            found[t.adjoint_of] = Equation(other.goal, other.result)
            waiting.append(other.result)
    return [found[n] for n in sorted(found, key=lambda n: -order.get(n, 0))]


def _defining(layer: Layer, expressions: Sequence[sp.Expr]) -> list[Equation]:
    """The layer's equations that the expressions rest on, in order."""
    names = stood_on(expressions, layer.equations)
    # What is made of a variable may fold it back: var and x̂ where only x and μ are mentioned.
    if len({e.tensor for e in layer.equations}) < 60:
        names |= {e.tensor.name for e in layer.equations if {t.name for t in tensors(e.right)} & names}
    return [e for e in layer.equations if e.tensor.name in names]


# ---- assumptions that would help


def missing(case: Case) -> tuple[str, bool]:
    """The undeclared assumption that would make the statement right, Σ_k y[n,k] = 1 or A = Aᵀ, and whether that is proved.

    An assumption under which points show no difference is tried first; "" if there is none.
    """
    formula = case.formula
    if formula is None or case.known.expression is None:
        return "", False
    mentioned = {t.name for e in (formula.expression, case.known.expression) for t in tensors(e)}
    close = [a for a in likely(case.layer) if {t.name for t in tensors(a.left)} & mentioned and _would_help(case, a)]
    if not close:
        return "", False
    rules = equations(case, formula)
    try:
        with within(min(HINT, case.terms.patience)):
            found = needed(case.known.expression, formula.expression, rules, case.layer.assumptions, close)
    except (*GIVEN_UP, OutOfTime):
        found = None
    return " and ".join(map(write_assumption, found or close[:1])), found is not None


def _would_help(case: Case, a: Assumption) -> bool:
    """Whether points that honour the assumption show no difference."""
    try:
        under = replace(case, layer=assuming(case.layer, a))
        known = spots(under.layer)
        return all(outcome(under, s) == "same" for s in known.first) and all(outcome(under, s) == "same" for s in known.fine)
    except GIVEN_UP:
        return False


@lru_cache(maxsize=256)
def assuming(layer: Layer, a: Assumption) -> Layer:
    """The layer under one assumption more."""
    return Layer.of(layer.name, layer.inputs, layer.outputs, layer.equations, (*layer.assumptions, a), layer.source)


@lru_cache(maxsize=64)
def likely(layer: Layer) -> tuple[Assumption, ...]:
    """What people assume of inputs without saying so: rows that sum to 1, symmetric matrices."""
    said = [text for t in layer.inputs if not t.is_integer_valued for text in _likely(t)]
    known = {(a.relation, a.left) for a in layer.assumptions}
    names = scope(layer.tensors.values())
    found = (a for text in said for a in _read(text, names))
    return tuple(a for a in found if (a.relation, a.left) not in known)


def _likely(t: Tensor) -> Iterator[str]:
    letters = [f"i{k}" for k in range(t.rank)]
    if t.rank and not t.sign.startswith("n"):
        yield f"sum[{letters[-1]}]({t.name}[{', '.join(letters)}]) == 1"
    if t.rank == 2 and same_size(*t.sizes):
        yield f"{t.name} == {t.name}.T"


def _read(text: str, names: Any) -> tuple[Assumption, ...]:
    try:
        return read_assumptions(text, names)
    except NotationError:
        return ()


# ---- time


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in the block after so many seconds, where that can be had: in the main thread of a POSIX system."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_signal: int, _frame: Any) -> None:
        raise OutOfTime

    start, before = time.monotonic(), signal.signal(signal.SIGALRM, ring)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        # The clock of a block around this one goes on, short of what was spent here.
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, max(1e-3, left - (time.monotonic() - start)) if left else 0)
