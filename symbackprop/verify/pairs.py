"""Judging a forward and a backward pass that are only there to be called: a verdict for every gradient.

Points are generic ones at three sets of unequal sizes, then small whole numbers, on which kinks and joints are met. At a
kink a gradient on the segment between the limits from both sides is right. A wrong gradient comes with the smallest
case that was found. The forward pass is judged too, where the layer's equations are known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from random import Random
from typing import Any

import numpy as np

from symbackprop.language.domains import Array
from symbackprop.language.values import extent
from symbackprop.layer import Layer
from symbackprop.verify.callables import Pair
from symbackprop.verify.kinks import has_kinks, kinked
from symbackprop.verify.passes import (
    Case,
    Found,
    Subject,
    answered,
    beside_kink,
    case_of,
    compared,
    floor,
    forward_beside,
    given,
    nearest,
    side,
    true_gradients,
    unit_of,
)
from symbackprop.verify.points import points, size_sets
from symbackprop.verify.spots import spots
from symbackprop.verify.tolerance import entries
from symbackprop.verify.verdict import Evidence, Verdict, Witness

SMALL, LARGE, FURTHER = 24, 2000, 8
"""Small cases, the most numbers in a case that is looked at for kinks, further sets of points."""
Sizes = Mapping[str, int]
Convention = Callable[[Case], Mapping[str, Array]]
"""The gradients by name under the convention in force for Step(0)."""


@dataclass
class Record:
    """What was seen of one gradient: at how many points, at how many it was larger than round-off, at how many not 0."""

    points: int = 0
    told: int = 0
    hidden: int = 0
    subject: Subject | None = None
    kinks: int = 0
    failure: Found | None = None
    case: Case | None = None
    note: str = ""
    limits: tuple[Array, Array] | None = None


def judge_pair(
    layer: Layer,
    pair: Pair,
    *,
    sizes: Sizes | Sequence[Sizes] | None = None,
    dtype: Any = np.float64,
    strict: bool = False,
    convention: Convention | None = None,
) -> dict[str, Verdict]:
    """A verdict for every gradient that the pair gives, by variable, and one for a forward pass that isn't the layer's.

    `strict` takes nothing for right at a kink but the one value that `convention` gives there, or, without one, nothing
    outside the subdifferential. A layer without equations is a signature: the truth is then what differences of the
    forward pass say.
    """
    start = time.perf_counter()
    subject = Subject(layer, pair, dtype)
    if not subject.stated and pair.forward is None:
        raise TypeError("a signature alone doesn't say what is computed: give forward, or a layer with its equations")
    told = [sizes] if isinstance(sizes, Mapping) else list(sizes) if sizes is not None else None
    judged = _Judged(subject, strict, convention)
    large = False
    for case in generic(subject, told):
        large = large or sum(v.size for v in case.inputs.values()) > LARGE
        judged.look(case)
    for case in more(subject, told) if not large else ():
        if judged.saw_enough:
            break
        judged.look(case)
    if not large:
        judged.look_at_kinks()
    return {k: replace(v, seconds=time.perf_counter() - start) for k, v in judged.verdicts().items()}


def generic(subject: Subject, told: Sequence[Sizes] | None) -> Iterator[Case]:
    """Generic points: at least two at each set of sizes, and six in all where the sizes aren't told."""
    sets = _sets(subject) if told is None else told
    each = 2 if told is not None else max(2, 6 // len(sets))
    for k, sizes in enumerate(sets):
        if told is not None and (drawn := _drawn(subject.layer, sizes)) is not None:
            yield drawn
        else:
            yield from (case_of(p) for p in points(subject.layer, each, seed=k, sizes=sizes))


def more(subject: Subject, told: Sequence[Sizes] | None) -> Iterator[Case]:
    """Further generic points, for gradients that were 0 at the first ones."""
    sets = _sets(subject) if told is None else told
    for seed in range(FURTHER):
        yield from (case_of(p) for p in points(subject.layer, 2, seed=100 + seed, sizes=sets[seed % len(sets)]))


def _sets(subject: Subject) -> list[dict[str, int]]:
    made = size_sets(subject.layer, 3, Random(subject.layer.name))
    return [dict(s) for s in {tuple({**s, **subject.pair.sizes}.items()): None for s in made}]


def _drawn(layer: Layer, sizes: Sizes) -> Case | None:
    """A large point in doubles, where nothing is assumed of the inputs but signs."""
    if layer.assumptions or any(t.values or t.below is not None for t in layer.inputs):
        return None
    random = np.random.default_rng(0)
    shapes = {t.name: tuple(extent(s, sizes) for s in t.sizes) for t in (*layer.inputs, *layer.outputs)}
    if sum(int(np.prod(s)) for s in shapes.values()) < 500:
        return None
    inputs = {}
    for t in layer.inputs:
        size = random.uniform(0.25, 2, shapes[t.name])
        inputs[t.name] = {"positive": size, "nonnegative": size, "negative": -size, "nonpositive": -size}.get(
            t.sign, np.asarray(random.normal(size=shapes[t.name]))
        )
    upstream = {t.name: np.asarray(random.normal(size=shapes[t.name])) for t in layer.outputs}
    return Case(dict(sizes), inputs, {layer.outputs[0].name: np.ones(())} if layer.is_cost else upstream)


class _Judged:
    """What was seen of every gradient so far."""

    def __init__(self, subject: Subject, strict: bool, convention: Convention | None) -> None:
        self.subject, self.strict, self.convention = subject, strict, convention if strict else None
        self.doubles = replace(subject, dtype=np.float64)
        self.records: dict[str, Record] = {}
        self.shapes: set[tuple[Any, ...]] = set()
        self.overwritten: dict[str, None] = {}
        self.repeats = True
        self.forward: tuple[Case, str, Found] | None = None
        self.own: dict[str, bool] = {}

    def look(self, case: Case) -> None:
        """Judge every gradient at a generic point, in the subject's precision and, where it takes them, in doubles too."""
        self.shapes.add(tuple(sorted(case.sizes.items())))
        self._look(self.subject, case)
        if self.subject.dtype != np.float64:
            try:
                answered(self.doubles, case)
            except Exception:  # a function of single precision alone
                return
            self._look(self.doubles, case)

    def _look(self, subject: Subject, case: Case) -> None:
        case = given(subject, case)
        made = answered(subject, case)
        self.repeats = self.repeats and made.repeats
        self.overwritten.update(dict.fromkeys(made.overwritten))
        found = compared(subject, case, made, true_gradients(subject, case))
        for name, f in found.items():
            self._record(name, case, f, subject)
        for name, f in forward_beside(subject, case).items():
            if f.fails and self.forward is None:
                self.forward = case, name, f
        if self.forward is not None and any(f.fails for f in found.values()):
            own = compared(subject, case, made, true_gradients(subject, case, own=True))
            self.own.update({k: self.own.get(k, True) and not f.fails for k, f in own.items()})

    @property
    def saw_enough(self) -> bool:
        """Whether every gradient was other than 0 somewhere, or is wrong already."""
        return all(r.failure is not None or r.told for r in self.records.values())

    def _record(self, name: str, case: Case, f: Found, subject: Subject) -> None:
        record = self.records.setdefault(name, Record())
        record.points += int(subject is self.subject and bool(np.all(np.isfinite(f.expected))))
        record.told += int(bool(np.any(np.abs(f.expected) > 2 * floor(case, unit_of(subject, f.found)))))
        record.hidden += int(bool(np.any(f.expected)))
        if f.fails and record.failure is None:
            record.failure, record.case, record.subject = f, case, subject

    def look_at_kinks(self) -> None:
        """Judge every gradient at small whole numbers, on kinks and joints."""
        subject = self.doubles
        for case in whole_numbers(subject):
            limits = beside_kink(subject, case)
            if limits is None:
                continue
            made = answered(subject, case)
            for name, (left, right) in limits.items():
                if name in made.gradients and name in self.records:
                    self._at_kink(name, case, made.gradients[name], left, right)

    def _at_kink(self, name: str, case: Case, found: Any, left: Any, right: Any) -> None:
        record, where = self.records[name], side(found, left, right, self.subject, case)
        record.kinks += int(where != "smooth")
        record.note = {"entrywise": "right except at ties", "undefined": "not finite at some kinks"}.get(where, record.note)
        if record.failure is None and (where == "outside" or (self.strict and where in ("entrywise", "undefined"))):
            record.failure, record.case = _beside(np.asarray(found), left, right), case
            record.limits = None if np.allclose(left, right, rtol=1e-6, atol=0) else (left, right)
        elif record.failure is None and where == "subgradient" and self.convention is not None:
            expected = np.asarray(self.convention(case)[name])
            if (wrong := np.abs(expected - found) > 1e-9 * np.abs(left - right).max()).any():
                record.failure, record.case, record.limits = Found(expected, np.asarray(found), wrong), case, (left, right)

    # ---- verdicts

    def verdicts(self) -> dict[str, Verdict]:
        """What all this says."""
        found = {name: self._verdict(name, r) for name, r in self.records.items()}
        if self.forward is not None:
            case, name, f = self.forward
            at = f.at
            witness = Witness.of(case.sizes, case.shown, f.expected, f.found, at)
            said = f"forward is not this layer: {_said(name, f)}"
            found[name] = Verdict("refuted", said, "numeric", witness)
        return found

    def _verdict(self, name: str, record: Record) -> Verdict:
        notes = [f"overwrites {', '.join(self.overwritten)}"] if self.overwritten else []
        if not self.repeats:
            return Verdict("undecided", "a second call gives other gradients: is there something random in it?", notes=tuple(notes))
        evidence = Evidence(record.points, len(self.shapes), record.kinks)
        if record.failure is not None and record.case is not None:
            case, f = self._smallest(name, record)
            if self.own.get(name):
                notes.append("right for your forward pass, but that isn't this layer")
            witness = Witness.of(case.sizes, case.shown, f.expected, f.found, f.at)
            if record.limits is not None:
                notes.append("right except where the layer has a kink")
                said = _said_at_kink(f"d{name}", f, *record.limits)
            else:
                said = _said(f"d{name}", record.failure)
            return Verdict("refuted", said, "numeric", witness, tuple(notes), evidence)
        notes += [record.note] if record.note else []
        if self.subject.dtype != np.float64:
            notes.append(f"compared in {np.dtype(self.subject.dtype).name}, with its round-off allowed for")
        if not record.points:
            return Verdict("undecided", "the gradient is finite at no point", notes=tuple(notes), evidence=evidence)
        if record.hidden and not record.told:
            return Verdict("undecided", "the gradient is smaller than round-off at every point", notes=tuple(notes), evidence=evidence)
        said = f"equal to the true gradient at {record.points} points of {len(self.shapes)} different shapes"
        return Verdict("agrees", said, "numeric", notes=tuple(notes), evidence=evidence)

    def _smallest(self, name: str, record: Record) -> tuple[Case, Found]:
        assert record.case is not None and record.failure is not None
        if record.limits is not None:
            return record.case, record.failure
        subject = record.subject or self.doubles
        for case in small(subject):
            f = fails_at(subject, name, case)
            if f is not None:
                return _shrunk(subject, name, case, f)
        return record.case, record.failure


def _beside(found: Array, left: Array, right: Array) -> Found:
    """A wrong gradient beside the subgradient nearest to it."""
    if found.shape != left.shape:
        return Found(left, found, None)
    expected = nearest(found, left, right)
    return Found(expected, found, ~(np.abs(found - expected) <= 1e-9 * max(1e-300, float(np.abs(expected).max(initial=0)))))


def _said_at_kink(symbol: str, f: Found, left: Array, right: Array) -> str:
    at = f.at
    if at is None:
        return _said(symbol, f)
    low, high = sorted((float(left[at]), float(right[at])))
    place = f"{symbol}[{','.join(map(str, at))}]" if at else symbol
    if np.all(np.abs(f.found - nearest(f.found, left, right)) <= 1e-9 * np.abs(left - right).max()):
        return f"{place} is {f.found[at]:.6g} at a kink; by the convention in force it is {f.expected[at]:.6g}"
    if low <= f.found[at] <= high:
        return f"{symbol} at a tie is no mean of the gradients on both sides: {place} is {_apart(f.found[at], f.expected[at])}"
    return f"{place} is {f.found[at]:.6g} at a kink, where {low:.6g} to {high:.6g} is right"


def _said(symbol: str, f: Found) -> str:
    if f.wrong is None:
        return f"{symbol} has shape {f.found.shape}; it should have {f.expected.shape}"
    at = f.at
    place = f"{symbol}[{','.join(map(str, at))}]" if at else symbol
    value = f"{place} is {_apart(f.found[at], f.expected[at])}" if at is not None else ""
    count = f"{int(f.wrong.sum())} of {f.wrong.size} entries" if f.wrong.size > 1 else "wrong"
    return f"{entries(symbol, f.wrong)} ({count}): {value}"


def _apart(found: Any, expected: Any) -> str:
    """Both numbers with as many digits as tell them apart."""
    digits = next((d for d in (6, 9, 12) if f"{found:.{d}g}" != f"{expected:.{d}g}"), 17)
    return f"{found:.{digits}g}, truly {expected:.{digits}g}"


# ---- small cases


def small(subject: Subject) -> Iterator[Case]:
    """Small sizes and small whole numbers, the smallest first."""
    fixed = dict(subject.pair.sizes)
    if not fixed:
        yield from (case_of(s.point) for s in islice(spots(subject.layer).small(), 4 * SMALL))
        return
    free = [d.name for d in subject.layer.sizes if d.name not in fixed]
    for values in product((1, 2, 3), repeat=len(free)):
        sizes = {**dict(zip(free, values, strict=True)), **fixed}
        yield from (case_of(p) for p in points(subject.layer, 4, kind="grid", sizes=sizes))


def whole_numbers(subject: Subject) -> Iterator[Case]:
    """Small cases, spread over sizes; those of a layer that meet one kink each first."""
    chosen = not subject.pair.sizes and subject.stated and has_kinks(subject.layer)
    yield from (case_of(s.point) for s in (kinked(subject.layer)[:SMALL] if chosen else ()))
    every = list(small(subject))
    most = SMALL // 4 if subject.stated and (chosen or not has_kinks(subject.layer)) else SMALL // 2
    yield from every[:: max(1, len(every) // most)][:most]


def fails_at(subject: Subject, name: str, case: Case) -> Found | None:
    """The wrong gradient at a case, None where it is right, or where the layer has a kink."""
    case = given(subject, case)
    try:
        limits = beside_kink(subject, case)
        if limits is None or side(limits[name][0], limits[name][1], limits[name][1], subject, case) != "smooth":
            return None
        found = compared(subject, case, answered(subject, case), true_gradients(subject, case)).get(name)
    except (ValueError, ArithmeticError, IndexError):
        return None
    return found if found is not None and found.fails and np.all(np.isfinite(found.expected)) else None


def _shrunk(subject: Subject, name: str, case: Case, found: Found, most: int = 60) -> tuple[Case, Found]:
    """The case with entries set to 0, else 1, as long as the gradient stays wrong."""
    tries = 0
    for kind in ("upstream", "inputs"):
        for key in getattr(case, kind):
            if kind == "upstream" and subject.layer.is_cost:
                continue
            for place in np.ndindex(np.shape(getattr(case, kind)[key])):
                for value in (0.0, 1.0):
                    array = getattr(case, kind)[key]
                    if array[place] in (0.0, value) or array.dtype.kind in "iu" or tries > most:
                        break
                    tries += 1
                    moved = array.copy()
                    moved[place] = value
                    simpler = replace(case, **{kind: {**getattr(case, kind), key: moved}})
                    if (still := fails_at(subject, name, simpler)) is not None:
                        case, found = simpler, still
                        break
    return case, found
