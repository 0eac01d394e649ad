"""One verdict of several: a result at every choice of its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbackprop.verify.refuting import APART
from symbackprop.verify.report import Judged
from symbackprop.verify.source_calls import Value, said
from symbackprop.verify.verdict import Evidence, Verdict

ORDER = ("refuted", "unreadable", "undecided", "agrees", "proved")
"""The first of these that is among the verdicts decides."""


def joined(parts: Sequence[tuple[Mapping[str, Value], Judged]]) -> Judged:
    """The verdict that holds for every choice, or the first that doesn't, with its choice."""
    if len(parts) == 1:
        chosen, only = parts[0]
        return only if not chosen else replace(only, verdict=_told(only.verdict, parts))
    status = next(s for s in ORDER if any(j.verdict.status == s for _, j in parts))
    deciding = [(chosen, j) for chosen, j in parts if j.verdict.status == status]
    chosen, first = deciding[0]
    verdict = first.verdict
    if verdict.holds:
        verdict = replace(verdict, evidence=_summed(parts))
        return replace(first, verdict=_told(verdict, parts))
    right = [said(c) for c, j in parts if j.verdict.holds]
    apart = (f"at {said(c)}: {APART}" for c, j in deciding[1:] if APART in j.verdict.notes)
    notes = (*([f"right at {'; '.join(right)}"] if right else []), *apart)
    verdict = replace(verdict, message=f"at {said(chosen)}: {verdict.message}", notes=(*notes, *verdict.notes))
    return replace(first, verdict=replace(verdict, seconds=sum(j.verdict.seconds for _, j in parts)))


def _told(verdict: Verdict, parts: Sequence[tuple[Mapping[str, Value], Judged]]) -> Verdict:
    tried: dict[str, dict[str, None]] = {}
    for chosen, _ in parts:
        for name, value in chosen.items():
            tried.setdefault(name, {}).setdefault(str(value))
    at = " and ".join(f"{name} = {', '.join(values)}" for name, values in tried.items())
    notes = tuple(dict.fromkeys(n for _, j in parts for n in j.verdict.notes))
    seconds = sum(j.verdict.seconds for _, j in parts)
    return replace(verdict, message=f"{verdict.message}, at {at}", notes=notes, seconds=seconds)


def _summed(parts: Sequence[tuple[Mapping[str, Value], Judged]]) -> Evidence:
    every = [j.verdict.evidence for _, j in parts]
    return Evidence(sum(e.points for e in every), min(e.shapes for e in every), sum(e.kinks for e in every))
