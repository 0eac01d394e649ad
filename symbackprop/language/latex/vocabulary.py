"""What the names of a formula mean: tensors and sizes of the layer, functions, and what the writer's own names stand for.

    names={"\\delta": "dz", "s": "sigmoid", "\\hat y": "p", "x_j^i": "x[i,j]", "w_j": "W[:,j]"}

A key is a piece of LaTeX; wherever its tokens stand, its value is meant. A key with index letters is a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from symbackprop.language.errors import NotationError, did_you_mean
from symbackprop.language.latex import commands as c
from symbackprop.language.latex.lexer import Token, tokens
from symbackprop.language.latex.refusals import ambiguous
from symbackprop.language.tensors import Dim, Tensor

_PATTERN = re.compile(r"(\w+)\[([\w:]+(?:\s*,\s*[\w:]+)*)\]")
_VALUE = re.compile(r"[A-Za-z]\w*")
MAX_NAMES = 200
_MEANT = {"\\Sigma": "a sum is written \\sum", "\\Pi": "a product is written \\prod"}


@dataclass(frozen=True)
class Pattern:
    """x_j^i as x[i,j]: how many letters below and above, and the axis that each of them stands on."""

    below: int
    above: int
    tensor: str
    axes: tuple[int, ...]


@dataclass
class Vocabulary:
    """The tensors and sizes that a formula may name, and the writer's own names."""

    tensors: dict[str, Tensor]
    sizes: Mapping[str, Dim]
    names: Mapping[str, str] = field(default_factory=dict)
    phrases: list[tuple[tuple[Token, ...], str]] = field(default_factory=list)
    patterns: dict[str, list[Pattern]] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    dot: str = ""
    costs: set[str] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if len(self.names) > MAX_NAMES:
            raise NotationError(f"there are {len(self.names)} names; at most {MAX_NAMES} are read")
        for key, value in self.names.items():
            self._learn(key, value)
        self.phrases.sort(key=lambda pair: -len(pair[0]))

    def _learn(self, key: str, value: str) -> None:
        spelled = tuple(t for t in tokens(key) if t.kind != "newline")
        if key.strip() == "\\cdot":
            self._tell_dots(value.strip().lstrip("\\"))
            return
        pattern = _PATTERN.fullmatch(value.strip())
        if not spelled:
            raise NotationError(f"{key!r} is no name", key)
        if (bare := key.strip()) in c.GREEK and len(bare) > 1:
            hint = f"the Greek letter is written \\{bare}: names={{'\\\\{bare}': ...}}"
            raise NotationError(f"{bare} are {len(bare)} letters", key, hint=hint)
        if pattern is None:
            if not _VALUE.fullmatch(value):
                raise NotationError(
                    f"{key} stands for {value[:40]!r}, which is neither a name nor a pattern", value, hint="like dz, sigmoid, x[i,j]"
                )
            if not self.known(value) and self._is_stem(spelled, value):
                self.stems.add(value)
            elif not self.known(value):
                known = [*self.tensors, *self.sizes]
                near = did_you_mean(value, known) or f"it has {', '.join(n for n in known)}; functions are sigmoid, softmax, tanh, ..."
                raise NotationError(f"{key} stands for {value}, which the layer doesn't have", value, hint=near)
            self.phrases.append((spelled, value))
            return
        base, below, above = _scripts(spelled)
        letters = [*below, *above]
        places = [p.strip() for p in pattern[2].split(",")]
        kept = [p for p in places if p != ":"]
        if pattern[1] not in self.tensors or sorted(kept) != sorted(letters) or len(set(letters)) < len(letters):
            raise NotationError(f"{key} stands for {value}, which doesn't fit", value, hint="like x_j^i for x[i,j], or w_j for W[:,j]")
        if len(places) != self.tensors[pattern[1]].rank:
            raise NotationError(f"{self.tensors[pattern[1]]!r} has {self.tensors[pattern[1]].rank} axes, {value} has {len(places)}", value)
        made = Pattern(len(below), len(above), pattern[1], tuple(places.index(letter) for letter in letters))
        self.patterns.setdefault(spell(base), []).append(made)

    def _is_stem(self, spelled: Sequence[Token], value: str) -> bool:
        """Whether a command of the writer's own stands for a letter that names begin with: \\mW for the W of W_o."""
        own = len(spelled) == 1 and spelled[0].trouble is not None
        return own and len(value) == 1 and any(t.startswith(value) for t in self.tensors)

    def _tell_dots(self, value: str) -> None:
        """What a product of two columns is in the whole text: elementwise, or with a dot their inner product."""
        if value not in ("odot", "top"):
            raise NotationError(
                f"\\cdot stands for {value[:40]!r}", value, hint="odot: products of columns are elementwise; top: a dot is xᵀy"
            )
        self.dot = {"odot": "elementwise", "top": "cdot"}[value]

    def known(self, name: str) -> bool:
        """Whether a name means something: a tensor, a size, or a function."""
        return name in self.tensors or name in self.sizes or name.lower() in c.FUNCTIONS or name in ("f", "g", "h", "phi", "psi")

    def translated(self, given: Sequence[Token], text: str) -> list[Token]:
        """The tokens of a text with the writer's own names replaced. Raises Ambiguous where d is a name, and stands before one."""
        if not self.phrases:
            return list(given)
        out: list[Token] = []
        at = 0
        while at < len(given):
            found = next((pair for pair in self.phrases if _matches(given, at, pair[0])), None)
            if found is None:
                out.append(given[at])
                at += 1
                continue
            was = tuple(given[at : at + len(found[0])])
            after = given[at + 1].text if at + 1 < len(given) else ""
            if [t.text for t in was] == ["d"] and f"d{after}" in self.tensors:
                readings = f"the gradient of {after}", f"{found[1]} times {after}"
                raise ambiguous(text, given[at].at, f"d{after} can be read in two ways", readings, f"write \\partial C/\\partial {after}")
            self.met.add(spell(found[0]))
            token = Token("given", found[1], given[at].at, near=given[at].near, was=was)
            out.append(replace(token, kind="letter", was=()) if found[1] in self.stems else token)
            at += len(was)
        return out

    def check_met(self) -> None:
        """Raise NotationError for a name that isn't met in any text and is rather a mistyped command."""
        for phrase, value in self.phrases:
            near = next((str(t.trouble.hint) for t in phrase if t.trouble is not None and "did you mean" in t.trouble.hint), "")
            if near and spell(phrase) not in self.met:
                key = "".join(t.sign or t.text for t in phrase)
                message = f"the name {key}, which stands for {value}, is met nowhere in the text"
                raise NotationError(message, key, hint=near.split("?")[0] + "?")

    def find(self, candidates: Sequence[str]) -> Tensor | None:
        """The first candidate that is a tensor."""
        return next((self.tensors[n] for n in candidates if n in self.tensors), None)

    def size(self, name: str) -> sp.Expr | None:
        """The size of that name."""
        return self.sizes.get(name)

    def hint(self, name: str) -> str:
        """What a mistyped name may have meant."""
        own = list(self.tensors)
        plain = [n for n in own if not n.startswith("d") or n[1:] not in self.tensors]
        near = _MEANT.get(name, "") or did_you_mean(name, own)
        return near or f"map it to one of the layer's names: names={{{name!r}: ...}}; it has {', '.join(plain[:12])}"


def _matches(given: Sequence[Token], at: int, phrase: tuple[Token, ...]) -> bool:
    if len(given) - at < len(phrase):
        return False
    return all(
        t.kind == p.kind and t.text == p.text and (t.font == p.font if p.font else t.font not in ("curly", "double"))
        for t, p in zip(given[at : at + len(phrase)], phrase, strict=True)
    )


def spell(base: Sequence[Token]) -> str:
    """How a base symbol is written, as a key."""
    return " ".join(t.text for t in base if t.sign not in ("{", "}"))


def _scripts(spelled: tuple[Token, ...]) -> tuple[list[Token], list[str], list[str]]:
    base: list[Token] = []
    scripts: dict[str, list[str]] = {"_": [], "^": []}
    side = ""
    depth = 0
    for token in spelled:
        if depth == 0 and token.sign in ("_", "^"):
            side = token.sign
        elif not side:
            base.append(token)
        elif token.sign in ("{", "}", "(", ")"):
            depth += 1 if token.sign in "{(" else -1
        elif token.kind == "letter":
            scripts[side].append(token.text)
    return base, scripts["_"], scripts["^"]


def bare(token: Token) -> Token:
    """A token as it was before the writer's own names were put in, where a single one was replaced."""
    return token.was[0] if len(token.was) == 1 else token
