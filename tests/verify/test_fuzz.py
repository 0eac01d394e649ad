"""Fuzzing: random expressions, each written otherwise and altered, against exact brute force.

    pytest -m fuzz                   10,000 expressions; FUZZ=2000 for fewer, FUZZ_SEED for others

Whatever the prover proves has to be true at every point at which both sides are defined; a judge that is asked about a
gradient which is that expression must not refute it where it is written otherwise, nor pass an altered one.
"""
from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.algebra.equality import prove
from symbackprop.language.equations import Equation
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.verify.proof import OutOfTime, within

sys.path.append(str(Path(__file__).parents[1] / "algebra"))
from brute_force import Point, difference
from random_expressions import FREE, altered, expression, points, rewritten

COUNT, SEED = int(os.environ.get("FUZZ", 10_000)), int(os.environ.get("FUZZ_SEED", 0))
JUDGED_EVERY = 20
"""One expression of so many also goes through the whole judge, which carries it out in several ways."""
FEW, PATIENCE = 40, 5.0


def proved(left: sp.Expr, right: sp.Expr, almost_everywhere: bool = False) -> bool:
    """Whether the prover claims it; what has no real value anywhere is not claimed."""
    try:
        with within(PATIENCE):
            return prove(left, right, almost_everywhere=almost_everywhere) is not None
    except (TypeError, ZeroDivisionError, OutOfTime):
        return False


def wrongly_proved(left: sp.Expr, right: sp.Expr, at: list[Point], counts: Counter[str], what: str) -> str:
    """A report of a claim that is false, or nothing. What isn't proved may be claimed away from thresholds."""
    everywhere = proved(left, right)
    claimed = everywhere or proved(left, right, almost_everywhere=True)
    false_at, counted = difference(left, right, FREE, at)
    truth = "different" if false_at else "equal" if counted else "never defined"
    counts[f"{what}, {'proved' if everywhere else 'proved but for thresholds' if claimed else 'not proved'}, {truth}"] += 1
    if claimed and not everywhere:
        false_at, _ = difference(left, right, FREE, [point.away() for point in at])
    return f"proved: {left}\n     == {right}\nfalse at {false_at}" if claimed and false_at else ""


def fuzz(numbers: range, counts: Counter[str]) -> list[str]:
    """The false claims over these seeds."""
    found = []
    for seed in numbers:
        random = Random(f"fuzz {seed}")
        try:
            e = expression(random)
            other, third, at = rewritten(random, e), altered(random, e), points(random)
        except RecursionError:  # SymPy's, about the sign of a power
            continue
        for what, right in (("written otherwise", other), ("altered", third)):
            report = wrongly_proved(e, right, at, counts, what)
            found += [f"seed {seed}: {report}"] if report else []
    return found


# ---- the whole judge ----------------------------------------------------------------------------------------------------

def layer_of(e: sp.Expr) -> Layer:
    """C = Σ s[i,d,n] e, whose gradient with respect to s is e."""
    s = Tensor("s", *(i.size for i in FREE))
    from symbackprop.language.nodes import Sum
    cost = Equation(Tensor("C")(), Sum(s[FREE]*e, *FREE))
    return Layer.of("fuzz", (s, *(t for t in tensors(e))), (cost.tensor,), (cost,))


def ask(e: sp.Expr, answer: sp.Expr) -> str:
    """The judge's status of an answer for ∂C/∂s."""
    layer = layer_of(e)
    ds = layer.tensors["s"].adjoint()
    return sb.check(layer, {"s": Equation(ds[FREE], answer)}, patience=2).verdicts["s"].status


def judged(numbers: range, counts: Counter[str]) -> list[str]:
    """Right answers that were refuted, wrong ones that passed."""
    found = []
    for seed in numbers:
        random = Random(f"judge {seed}")
        e = expression(random, FREE, 2)
        if not set(FREE) <= e.free_symbols or e.has(sp.I, sp.zoo, sp.nan) or not tensors(e):
            continue
        for right, what in ((rewritten(random, e), "written otherwise"), (altered(random, e), "altered")):
            if right.has(sp.I, sp.zoo, sp.nan) or not set(FREE) <= right.free_symbols or set(tensors(right)) - set(tensors(e)):
                continue
            status = ask(e, right)
            false_at, counted = difference(e, right, FREE, points(random, 12))
            truth = "different" if false_at else "equal" if counted >= 6 else "hardly defined"
            counts[f"{what}, {status}, {truth}"] += 1
            if (status == "proved" and false_at) or (status == "refuted" and what == "written otherwise"):
                found.append(f"seed {seed}: {status}: {e}\n     == {right}\n{false_at}")
    return found


def show(counts: Counter[str], seconds: float) -> None:
    print(f"\n{seconds:.0f} s")
    for what, n in sorted(counts.items()):
        print(f"{n:7d}  {what}")


def run(work: object, numbers: range) -> None:
    counts: Counter[str] = Counter()
    start = time.perf_counter()
    found = work(numbers, counts)  # type: ignore[operator]
    show(counts, time.perf_counter() - start)
    assert not found, f"{len(found)} false claims\n" + "\n".join(found[:5])
    assert sum(counts.values()) >= len(numbers)/10


def test_a_few() -> None:
    run(fuzz, range(FEW))


@pytest.mark.fuzz
def test_nothing_false_is_proved() -> None:
    run(fuzz, range(SEED, SEED + COUNT))


@pytest.mark.fuzz
def test_the_judge_is_right() -> None:
    run(judged, range(SEED, SEED + COUNT//JUDGED_EVERY))


def test_a_false_claim_would_be_seen() -> None:
    n = Index("n", FREE[0].size)
    x = Tensor("x", n.size)
    at = points(Random(0), 6)
    assert isinstance(x[n], Component)
    assert difference(x[FREE[0]], 2*x[FREE[0]], FREE, at)[0] is not None
