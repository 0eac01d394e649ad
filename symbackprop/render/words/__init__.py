"""Why a line holds, in words: rule and terms -> a sentence in which formulas stand between the words.

A rule has a sentence with {gaps}, in English in en.py and in other languages in their catalogues; what fills the gaps is
worked out here, the same for every language. A rule without a sentence is shown by its own id.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from symbackprop.render.tree import Call, Function, Letter, Node, Number, Row, Runs, Sign
from symbackprop.render.words.en import LISTING, SENTENCES
from symbackprop.render.words.languages import translated


@dataclass(frozen=True)
class Resolve:
    """How the renderer shows what a reason speaks of: a term as a tree, the cited lines, the cost."""

    maths: Callable[[Any], Node]
    cites: tuple[Runs, ...]
    cost: Node


def sentence(rule: str, terms: Mapping[str, Any], resolve: Resolve) -> Runs:
    """The sentence of a reason, in the language that is spoken."""
    gaps = _GAPS.get(rule, _plain)(terms, resolve)
    name, filled = gaps
    cited = resolve.cites
    return phrase(name or rule, {"cost": ((resolve.cost,),), "delta": ((_DELTA,),), "cites": cited, **filled})


Gaps = Mapping[str, tuple[Runs, ...]]


def phrase(rule: str, gaps: Gaps) -> Runs:
    """The sentence of a rule with its gaps filled; each gap takes a list of runs, joined by commas and "and"."""
    runs: list[str | Node] = []
    for text, gap, _, _ in Formatter().parse(word(rule)) if rule in SENTENCES else [(rule, None, None, None)]:
        runs += [text] if text else []
        runs += listed(gaps.get(gap, ())) if gap else ()
    return tuple(runs)


def word(rule: str) -> str:
    """The sentence of a rule, its gaps left open."""
    return translated(SENTENCES[rule])


def listed(items: tuple[Runs, ...]) -> Runs:
    """a, b and c."""
    runs: list[str | Node] = []
    for k, item in enumerate(items):
        runs += [translated(LISTING[k == len(items) - 1])] if k else []
        runs += item
    return tuple(runs)


Filled = tuple[str, dict[str, tuple[Runs, ...]]]


def _plain(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    return "", {}


def _chain_rule(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    consumers = tuple((resolve.maths(t),) for t in terms.get("consumers", ()))
    name = "chain rule alone" if len(consumers) == 1 else "chain rule"
    return name, {"variable": ((resolve.maths(terms["variable"]),),), "consumers": consumers}


def _differentiate(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    identities = _equalities(terms.get("identities", ()), resolve)
    return "differentiate" if identities else "differentiate plain", {"identities": identities}


def _refold(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    if terms.get("identities"):
        return "refold", {"identities": _equalities(terms["identities"], resolve)}
    facts = _equalities(terms.get("facts", ()), resolve)
    named = tuple((resolve.maths(t),) for t in terms.get("names", ()))
    name = "refold" + " names" * bool(named) + " facts" * bool(facts)
    return name, {"names": named, "facts": facts}


def _fact(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    facts = _equalities(terms.get("facts", ()), resolve)
    return "fact" if facts else "simplify", {"facts": facts}


def _convention(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    return "", {"step": ((STEP_AT_0,),), "value": ((resolve.maths(terms["step0"]),),)}


def _no_path(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    if "variable" not in terms:
        return "no path plain", {}
    return "", {"variable": ((resolve.maths(terms["variable"]),),)}


def _boundary(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    identities = _equalities(terms.get("identities", ()), resolve)
    return "boundary known" if identities else "boundary", {"identities": identities}


def _definition(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    return "definition" if resolve.cites else "definition plain", {}


def _direction(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    return "", {"direction": ((resolve.maths(terms["direction"]),),)}


def _words(terms: Mapping[str, Any], resolve: Resolve) -> Filled:
    return "", {"text": ((str(terms.get("text", "")),),)}


def _equalities(pairs: Any, resolve: Resolve) -> tuple[Runs, ...]:
    return tuple((Row((resolve.maths(a), Sign("="), resolve.maths(b))),) for a, b in pairs)


_DELTA = Letter("δ", r"\delta")
STEP_AT_0 = Call(Function("Step", r"\operatorname{Step}"), (Number("0"),))
SIGN_AT_0 = Call(Function("sign", r"\operatorname{sign}"), (Number("0"),))

_GAPS: dict[str, Callable[[Mapping[str, Any], Resolve], Filled]] = {
    "chain rule": _chain_rule,
    "differentiate": _differentiate,
    "refold": _refold,
    "fact": _fact,
    "convention": _convention,
    "no path": _no_path,
    "boundary": _boundary,
    "definition": _definition,
    "direction": _direction,
    "words": _words,
}
