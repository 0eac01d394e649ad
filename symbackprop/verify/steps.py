"""Is every step of a derivation true? Each line is compared with the oracle's gradient at concrete points.

On points where the layer has a kink, the lines of a derivation are compared with each other, under its convention for
Step(0): there all of them have to say the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from symbackprop.derivation import Derivation
from symbackprop.language.domains import compare
from symbackprop.language.errors import NotationError
from symbackprop.verify.lines import Comparison, compared
from symbackprop.verify.places import GENERIC, ROUNDS, places
from symbackprop.verify.verdict import Evidence, Verdict, Witness

TOLERANCE, ROUND_OFF, JOINT = 2.0**-80, 2.0**-150, 2.0**-90
"""Equal values differ by less than a part in 2⁸⁰, or by less than 2⁻⁹⁰: the oracle's error is about 2⁻²⁰⁰, and about
its step, 2⁻¹⁰⁰, at a joint where the second derivative jumps. What is larger than 2⁻¹⁵⁰ is not 0."""


def check_steps(derivation: Derivation, *, seed: int = 0) -> tuple[Verdict, ...]:
    """A verdict for each step, in order: agrees, refuted (with a witness), undecided or unreadable (why)."""
    return tuple(check_step(derivation, k, seed=seed) for k in range(len(derivation.steps)))


def check_step(derivation: Derivation, number: int, *, seed: int = 0) -> Verdict:
    """The verdict on one step, counted from 0."""
    start = time.perf_counter()
    made = _judged(derivation, number, seed)
    return replace(made, where=f"step {number + 1}", seconds=time.perf_counter() - start)


def _judged(derivation: Derivation, number: int, seed: int) -> Verdict:
    if derivation.steps[number].relation == "⇒":
        return Verdict("undecided", "an implication is not decided by evaluating it")
    try:
        return _compared_enough(derivation, number, seed)
    except NotationError as error:
        return Verdict("unreadable", str(error))
    except (ValueError, TypeError, ArithmeticError) as error:
        return Verdict("undecided", f"it could not be evaluated: {error}")


def _compared_enough(derivation: Derivation, number: int, seed: int) -> Verdict:
    """Points are added until the gradient was seen to be other than 0 at enough of them."""
    relation, made = derivation.steps[number].relation, []
    for number_of_round in range(ROUNDS):
        for c in _round(derivation, number, ROUNDS * seed + number_of_round, grid=number_of_round == 0):
            if (wrong := _difference(relation, c)) is not None:
                return _refuted(derivation, number, c, wrong)
            made.append(c)
        if len({c.place for c in made if not c.on_kink and _says_something(c)}) >= GENERIC:
            break
    return _verdict(made)


def _round(derivation: Derivation, number: int, seed: int, *, grid: bool) -> Iterator[Comparison]:
    for place in places(derivation.layer, seed, grid=grid):
        yield from (c for c in compared(derivation, number, place) if c.found is not None)


def _says_something(c: Comparison) -> bool:
    return bool(np.any(np.frompyfunc(lambda v: float(abs(v)) > ROUND_OFF, 1, 1)(c.expected)))


def _verdict(made: list[Comparison]) -> Verdict:
    plain, kinks = [c for c in made if not c.on_kink], {c.place for c in made if c.on_kink}
    shapes = {tuple(sorted(c.place.point.sizes.items())) for c in plain}
    evidence = Evidence(len({c.place for c in plain}), len(shapes), len(kinks))
    if evidence.points < GENERIC or (evidence.shapes < 3 and shapes != {()}):
        few = f"both sides are defined at {evidence.points} points of {evidence.shapes} shapes only"
        return Verdict("undecided", few, evidence=evidence)
    said = f"equal to the true value at {evidence.points} points of {evidence.shapes} different shapes"
    notes = [f"on {evidence.kinks} points with kinks equal to the other lines"] if evidence.kinks else []
    zeros = len({c.place for c in plain if not _says_something(c)})
    notes += [f"the true value is 0 at {zeros} of them"] if zeros else []
    return Verdict("agrees", said, "oracle", notes=tuple(notes), evidence=evidence)


def _refuted(derivation: Derivation, number: int, c: Comparison, wrong: tuple[int, ...]) -> Verdict:
    assert c.found is not None
    point, name = c.place.point, derivation.goal.tensor.name
    upstream = {} if derivation.layer.is_cost else {f"d{n}": a for n, a in point.upstream.items()}
    at = wrong if c.expected.shape == c.found.shape else None
    witness = Witness.of(point.sizes, {**point.inputs, **upstream}, c.expected, c.found, at)
    against = "the other lines say, at a kink" if c.on_kink else "is true"
    if at is None:
        said = f"its shape is {c.found.shape}, but {c.expected.shape} {against}"
    else:
        said = f"{name}{list(at) if at else ''} is {float(c.found[at]):.6g}, but {float(c.expected[at]):.6g} {against}"
    return Verdict("refuted", f"step {number + 1}: {said}", "oracle", witness)


def _difference(relation: str, c: Comparison) -> tuple[int, ...] | None:
    """The first entry at which the relation fails, () for a scalar or a wrong shape, None where it holds."""
    assert c.found is not None
    if c.expected.shape != c.found.shape:
        return ()
    domain = c.place.base.domain
    with domain.context():
        if relation == "=":
            bad = ~np.asarray(np.frompyfunc(_equal, 2, 1)(c.expected, c.found), dtype=bool)
        else:
            bad = ~np.asarray(compare(domain, {"≤": "<=", "≥": ">="}.get(relation, relation), c.expected, c.found))
    return tuple(int(k) for k in np.argwhere(bad)[0]) if np.any(bad) else None


def _equal(a: Any, b: Any) -> bool:
    return float(abs(a - b)) <= JOINT + TOLERANCE * max(float(abs(a)), float(abs(b)))
