"""Every step asked of the oracle, every claim decided: a document before it is known in which format.

A claim is proved where exact means decide all its evidence; where they leave something open, the oracle's word makes it
`agrees`. A step that the oracle refutes makes the claim that rests on it refuted, whatever was decided before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter

from symbackprop.claims.claim import Chain, Claim, Derived
from symbackprop.claims.decide import decide, follows, links
from symbackprop.claims.statements import counterexample
from symbackprop.derivation import Derivation, Reason, Step
from symbackprop.documents.document import Document
from symbackprop.documents.evidence import OWN, Evidence, Found, Measured, Status, found, witnessed
from symbackprop.documents.figures import Drawing, drawing
from symbackprop.documents.numbering import Display, Labels, number
from symbackprop.documents.telling import Told
from symbackprop.documents.words import how, phrase
from symbackprop.verify.steps import check_steps
from symbackprop.verify.verdict import Verdict as StepVerdict

Progress = Callable[[int, int], None]
"""Told how many derivations are checked, and of how many."""


@dataclass(frozen=True)
class Decided:
    """A claim with its verdict and how that is known: what each piece of evidence gave, and what the oracle confirmed."""

    claim: Claim
    verdict: Status
    findings: tuple[Found, ...] = ()
    confirmed: int = 0
    comparisons: int = 0
    seconds: float = 0.0

    @property
    def how(self) -> Told:
        """How the verdict is known, in the language that is spoken."""
        return how(self.findings, self.confirmed, self.comparisons)


@dataclass(frozen=True)
class Judged:
    """A derivation, and what the oracle says of each of its steps."""

    derivation: Derivation
    verdicts: tuple[StepVerdict, ...]

    @property
    def refuted(self) -> int:
        """How many steps are refuted."""
        return sum(v.status == "refuted" for v in self.verdicts)

    @property
    def comparisons(self) -> int:
        """How many comparisons were made: points, and points on kinks, of all steps."""
        return sum(v.evidence.points + v.evidence.kinks for v in self.verdicts)

    @property
    def agree(self) -> bool:
        """Whether every step holds."""
        return all(v.holds for v in self.verdicts)


@dataclass(frozen=True)
class Checked:
    """A document with its numbers, its verdicts and what the oracle said of its steps."""

    document: Document
    labels: Labels
    displays: Mapping[int, Display]
    decided: Mapping[str, Decided]
    judged: tuple[Judged, ...]
    drawings: Mapping[str, Drawing] = field(default_factory=dict)

    def speaking(self) -> Checked:
        """The same with the reasons in the language that is spoken now."""
        labels, displays = number(self.document)
        return replace(self, labels=labels, displays=displays)

    @property
    def steps(self) -> int:
        """How many steps were checked."""
        return sum(len(j.verdicts) for j in self.judged)

    @property
    def refuted(self) -> int:
        """How many of them were refuted."""
        return sum(j.refuted for j in self.judged)

    @property
    def summary(self) -> str:
        """13 claims, 9 derivations, 57 steps checked, 0 refuted."""
        undecided = sum(not v.holds for j in self.judged for v in j.verdicts) - self.refuted
        counts = {"claims": len(self.document.claims), "derivations": len(self.judged), "steps": self.steps, "refuted": self.refuted}
        return phrase("summary open" if undecided else "summary", undecided=undecided, **counts)

    @property
    def faults(self) -> tuple[str, ...]:
        """A sentence for each refuted step and for each claim that is refuted or could not be decided."""
        steps = [
            f"{j.derivation.layer.name}, {j.derivation.goal}, step {k}: {v.status}: {v.message}"
            for j in self.judged
            for k, v in enumerate(j.verdicts, 1)
            if not v.holds
        ]
        claims = [
            f"{d.claim.id}: {d.verdict}: {d.how}"
            for d in self.decided.values()
            if d.verdict == "undecided" or (d.verdict == "refuted" and d.claim.id not in self.document.contested)
        ]
        return (*steps, *claims)


def check(document: Document, progress: Progress = lambda done, total: None) -> Checked:
    """The document with every step checked and every claim decided."""
    every = _derivations(document)
    judged: dict[int, Judged] = {}
    spent: dict[int, float] = {}
    for k, derivation in enumerate(every):
        progress(k, len(every))
        began = perf_counter()
        judged[id(derivation)] = Judged(derivation, _verdicts(derivation))
        spent[id(derivation)] = perf_counter() - began
    progress(len(every), len(every))
    decided = {claim.id: _decided(claim, judged, spent) for claim in (*document.claims, *document.corrections)}
    labels, displays = number(document)
    drawings = {figure.name: drawing(figure.name, figure.draw) for figure in document.figures}
    return Checked(document, labels, displays, decided, tuple(judged.values()), drawings)


def _verdicts(derivation: Derivation) -> tuple[StepVerdict, ...]:
    """What the oracle says of each step; an implication has no value to compare, so that only exact means decide it."""
    exact = [follows(*link) for link in links(derivation)] if any(s.relation == "⇒" for s in derivation.steps) else []
    return tuple(
        StepVerdict("proved", "every zero of the one is one of the other", "factors")
        if step.relation == "⇒" and exact[k]
        else verdict
        for k, (step, verdict) in enumerate(zip(derivation.steps, check_steps(derivation), strict=True))
    )


def _derivations(document: Document) -> list[Derivation]:
    """The derivations that are shown, that claims rest on, and all that these insert; each once."""
    evidence = [e.derivation for c in (*document.claims, *document.corrections) for e in c.evidence if isinstance(e, (Derived, Chain))]
    found: dict[int, Derivation] = {}
    waiting = [*document.derivations, *evidence]
    while waiting:
        derivation = waiting.pop(0)
        if id(derivation) not in found:
            found[id(derivation)] = derivation
            waiting += derivation.lemmas
    return list(found.values())


def _decided(claim: Claim, judged: Mapping[int, Judged], spent: Mapping[int, float]) -> Decided:
    began = perf_counter()
    pairs = [_found(e, judged) for e in claim.evidence]
    oracle = {id(j): j for _, j in pairs if j is not None}.values()
    confirmed = sum(v.status == "agrees" for j in oracle for v in j.verdicts)
    comparisons = sum(j.comparisons for j in oracle)
    seconds = perf_counter() - began + sum(spent.get(id(j.derivation), 0.0) for j in oracle)
    findings = tuple(f for f, _ in pairs)
    verdicts = [f.verdict for f, e in zip(findings, claim.evidence, strict=True) if not (isinstance(e, Measured) and e.beside)]
    return Decided(claim, _weakest(verdicts), findings, confirmed, comparisons, seconds)


_ORDER: tuple[Status, ...] = ("refuted", "undecided", "opinion", "measured", "agrees", "convention", "proved")


def _weakest(verdicts: list[Status]) -> Status:
    return min(verdicts, key=_ORDER.index, default="undecided")


def _found(evidence: Evidence, judged: Mapping[int, Judged]) -> tuple[Found, Judged | None]:
    """What exact means find, corrected or completed by what the oracle says."""
    if isinstance(evidence, OWN):
        return found(evidence), None
    exact = decide(evidence)
    finding = Found(exact.verdict, exact.how, exact.terms)
    if not isinstance(evidence, (Derived, Chain)):
        return finding, None
    oracle = judged[id(evidence.derivation)]
    if oracle.refuted:
        return _refuted(oracle, None), oracle
    if finding.verdict == "undecided" and isinstance(evidence, Derived):
        oracle = Judged(evidence.derivation, tuple(check_steps(_with_statement(evidence))))
        return _refuted(oracle, evidence) if oracle.refuted else replace(finding, verdict="agrees" if oracle.agree else "undecided"), oracle
    if finding.verdict == "undecided" and oracle.agree:
        return replace(finding, verdict="agrees"), oracle
    return (finding, oracle) if oracle.agree else (replace(finding, verdict="undecided"), oracle)


def _refuted(oracle: Judged, stated: Derived | None) -> Found:
    """The smallest case in which what is stated fails; else the first step that fails, and where."""
    if stated is not None and (smaller := counterexample(stated.derivation, stated.stated)) is not None:
        return Found("refuted", "witness", {"witness": witnessed(smaller)})
    verdict = next(v for v in oracle.verdicts if v.status == "refuted")
    return Found("refuted", "witness", {"witness": witnessed(verdict.witness) if verdict.witness else verdict.message})


def _with_statement(evidence: Derived) -> Derivation:
    """The derivation with what is stated of its result as one more line, for the oracle to look at."""
    return replace(
        evidence.derivation,
        steps=(*evidence.derivation.steps, Step(evidence.stated, Reason("words", {"text": "as stated"}))),
    )
