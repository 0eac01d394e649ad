"""Which tensor a name with its scripts is: what stands below and above is part of the name, or a subscript.

Where both hold the name is ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations

from symbackprop.language.latex import grammar
from symbackprop.language.latex.lexer import Token
from symbackprop.language.latex.refusals import ambiguous
from symbackprop.language.latex.scripts import SLICE, Scripts, is_transposed, named, subscripts, with_scripts
from symbackprop.language.latex.stream import Stream
from symbackprop.language.latex.tree import Letter, Ref, Transpose, Tree
from symbackprop.language.latex.vocabulary import bare, spell
from symbackprop.language.tensors import Tensor

Choice = tuple[Ref, Scripts]


def choices(stream: Stream, names: tuple[str, ...], base: Sequence[Token], scripts: Scripts) -> list[Choice]:
    """Every way in which the scripts are part of a declared name or subscripts of one, the longest names first."""
    by_pattern = _pattern(stream, base, scripts)
    if by_pattern is not None:
        return [by_pattern]
    found: list[Choice] = []
    above = [(k, n) for k, p in enumerate(scripts.above) if (n := named(p)) is not None]
    plain = [
        (k, p)
        for k, p in enumerate(scripts.above)
        if named(p) is None and len(p) == 1 and p[0].kind in ("number", "letter") and not is_transposed(p)
    ]
    for k, piece in (*above, *plain):
        rest = Scripts(scripts.below, scripts.above[:k] + scripts.above[k + 1 :], scripts.primes, scripts.at)
        found += _below(stream, _joined(names, piece), base, rest)
    found += _below(stream, names, base, scripts)
    return list({(ref.tensor.name, len(ref.items)): (ref, left) for ref, left in reversed(found)}.values())[::-1]


def _below(stream: Stream, names: tuple[str, ...], base: Sequence[Token], scripts: Scripts) -> list[Choice]:
    found: list[Choice] = []
    if scripts.below is not None:
        for cut in _cuts(scripts.below):
            tensor = stream.words.find(_joined(names, scripts.below[:cut]))
            rest = scripts.below[cut:]
            rest = rest[1:] if rest and rest[0].sign == "," else rest
            if tensor is not None and (rest or cut == len(scripts.below)):
                ref = _subscripted(stream, tensor, base, Scripts(rest or None, scripts.above, scripts.primes, scripts.at))
                found += [ref] if ref else []
    tensor = stream.words.find(names)
    if tensor is not None:
        ref = _subscripted(stream, tensor, base, scripts)
        found += [ref] if ref else []
    return found


def _cuts(below: Sequence[Token]) -> list[int]:
    """How many tokens of a subscript may belong to the name: all of them, those before a comma, or a first number."""
    below = [bare(t) for t in below]
    simple = next((k for k, t in enumerate(below) if t.kind not in ("letter", "number", "word") and t.sign != "-"), len(below))
    cuts = [len(below)] if simple == len(below) else []
    if 0 < simple < len(below) and below[simple].sign == ",":
        cuts.append(simple)
    if simple > 1 and below[0].kind == "number":
        cuts.append(1)
    return cuts


def _joined(names: tuple[str, ...], piece: Sequence[Token]) -> tuple[str, ...]:
    text = "".join(bare(t).text for t in piece)
    return tuple(f for n in names for f in (n + text, f"{n}_{text}")) if text.replace(" ", "").isalnum() else ()


def _pattern(stream: Stream, base: Sequence[Token], scripts: Scripts) -> Choice | None:
    for pattern in stream.words.patterns.get(spell(base), ()):
        below = subscripts(stream.inner(scripts.below, scripts.at, index=True)) if scripts.below is not None else []
        above = [t for p in scripts.above[:1] for t in items_of(stream, named(p) or p, scripts)] if pattern.above else []
        if (len(below), len(above)) == (pattern.below, pattern.above):
            tensor = stream.words.tensors[pattern.tensor]
            rest = scripts.above[1:] if pattern.above else scripts.above
            return Ref(base[0].at, tensor, (*below, *above), (pattern.axes,)), Scripts(None, rest, scripts.primes, scripts.at)
    return None


def items_of(stream: Stream, piece: Sequence[Token], scripts: Scripts) -> list[Tree]:
    """The subscripts i, j that a piece of a script says."""
    return subscripts(stream.inner(piece, scripts.at, index=True))


def _subscripted(stream: Stream, tensor: Tensor, base: Sequence[Token], scripts: Scripts) -> Choice | None:
    """The tensor with what is left of the scripts as its subscripts; None if there are too many."""
    below = items_of(stream, scripts.below, scripts) if scripts.below is not None else []
    if tensor.rank == 1 and len(below) > 1 and scripts.below is not None and len(scripts.below) == 1:
        below = [grammar.whole(stream.inner(scripts.below, scripts.at, index=True))]  # 10 is one place of a vector
    if tensor.rank == 2 and len(below) == 1 and scripts.below is not None and [t.kind for t in scripts.below] == ["number", "letter"]:
        below = [i for t in scripts.below for i in items_of(stream, [t], scripts)]  # 1d: two places
    above_at = next((k for k, p in enumerate(scripts.above) if named(p) is not None), None)
    above: list[Tree] = []
    rest = scripts.above
    if above_at is not None and tensor.rank > len(below):
        above = items_of(stream, named(scripts.above[above_at]) or (), scripts)
        rest = scripts.above[:above_at] + scripts.above[above_at + 1 :]
    if len(below) + len(above) > tensor.rank:
        return None
    items, ways = _ways(tensor, below, above)
    return Ref(base[0].at, tensor, items, ways), Scripts(None, rest, scripts.primes, scripts.at)


def _ways(tensor: Tensor, below: list[Tree], above: list[Tree]) -> tuple[tuple[Tree, ...], tuple[tuple[int, ...], ...]]:
    """The subscripts, and the axes they may stand on."""
    if any(isinstance(i, Letter) and i.name == SLICE for i in below) and len(below) == tensor.rank:
        kept = [(k, i) for k, i in enumerate(below) if not (isinstance(i, Letter) and i.name == SLICE)]
        return tuple(i for _, i in kept), (tuple(k for k, _ in kept),)
    items = (*above, *below)
    ways = tuple(combinations(range(tensor.rank), len(items)))
    if above and below:
        ways = tuple(
            p
            for p in permutations(range(tensor.rank), len(items))
            if list(p[: len(above)]) == sorted(p[: len(above)]) and list(p[len(above) :]) == sorted(p[len(above) :])
        )
    return items, ways


def settled(stream: Stream, found: list[Choice], names: tuple[str, ...], at: int, scripts: Scripts) -> Tree:
    """W_{ij} of the readings found, those that leave no axis open or say no subscript first. Raises Ambiguous where several remain."""
    full = [f for f in found if f[0].items and len(f[0].items) == f[0].tensor.rank]
    exact = [f for f in found if not f[0].items]
    chosen = full + exact or found  # before subscripts on a part of the axes
    if len(chosen) > 1:
        raise ambiguous(
            stream.text,
            at,
            f"{names[0]} with what stands around it can be read in several ways",
            tuple(f"{f[0].tensor!r} with {len(f[0].items)} subscripts" for f in chosen),
            "map it with names=",
        )
    ref, rest = chosen[0]
    return with_scripts(stream, _primed_tensor(ref, rest), Scripts(None, rest.above, 0, rest.at))


def _primed_tensor(ref: Ref, rest: Scripts) -> Tree:
    made: Tree = ref
    for _ in range(rest.primes):
        made = Transpose(ref.at, made)
    return made
