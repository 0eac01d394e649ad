"""Conditions: [z > 0], 1\\{k = t_n\\}, \\mathbb{1}_{z>0}; and whether a bracket holds one."""

from __future__ import annotations

from symbackprop.language.latex import commands as c
from symbackprop.language.latex import grammar
from symbackprop.language.latex.scripts import collect, with_scripts
from symbackprop.language.latex.stream import CLOSERS, OPENING, Stream, split
from symbackprop.language.latex.tree import Compare, Product, Tree

RELATIONS = frozenset(c.RELATIONS)


def is_condition_next(stream: Stream) -> bool:
    """Whether a bracket, or a subscript, with a relation in it follows."""
    ahead = 1 if stream.peek().sign == "_" else 0
    token = stream.peek(ahead)
    if token.sign not in ("(", "[", "\\{", "{") or (not ahead and token.sign == "{"):
        return False
    probe = stream.inner(stream.tokens[stream.pos + ahead + 1 :], stream.end)
    depth = 1
    for inner in probe.tokens:
        depth += (inner.sign in OPENING) - (inner.sign in CLOSERS)
        if depth == 0:
            return False
        if inner.sign in RELATIONS:
            return True
    return False


def indicator(stream: Stream) -> Tree:
    """[condition], \\{condition\\}, (condition) or a condition below."""
    below = stream.take("_")
    opening = stream.next()
    inside = stream.group(opening)
    if below and inside.peek().sign in ("\\{", "[", "("):
        inside = inside.group(inside.next())
    made = conditions(inside)
    return with_scripts(stream, made, collect(stream))


def conditions(stream: Stream) -> Tree:
    """Comparisons, all of which hold."""
    found = [grammar.whole(part) for part in split(stream, ",", "\\wedge")]
    made = found[0]
    for part, node in zip(split(stream, ",", "\\wedge"), found, strict=True):
        if not isinstance(node, Compare):
            raise stream.error(part.start, "a condition is expected here", "a comparison, like z > 0")
    for node in found[1:]:
        made = Product(node.at, "odot", made, node)
    return made
