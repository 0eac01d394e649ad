"""Cases: values with their conditions, a row each."""

from __future__ import annotations

from symbackprop.language.latex import commands as c
from symbackprop.language.latex import grammar
from symbackprop.language.latex.conditions import conditions
from symbackprop.language.latex.scripts import collect, with_scripts
from symbackprop.language.latex.stream import Stream, split
from symbackprop.language.latex.tree import Cases, Tree


def cases(stream: Stream) -> Tree:
    """What stands between \\begin{cases} and \\end{cases}."""
    opening = stream.next()
    depth, start = 1, stream.pos
    while depth:
        token = stream.next()
        if token.kind == "end" and not token.text:
            raise stream.error(opening.at, "these cases are never closed", "\\end{cases} is expected")
        depth += {"begin": 1, "end": -1}.get(token.kind, 0)
    inside = stream.inner(stream.tokens[start : stream.pos - 1], stream.tokens[stream.pos - 1].at)
    rows = [r for r in split(inside, "\\\\") if any(t.kind != "newline" for t in r.tokens)]
    if not rows:
        raise stream.error(opening.at, "there are no cases", "write a & c \\\\ b & \\text{otherwise}")
    return with_scripts(stream, Cases(opening.at, tuple(_case(r) for r in rows)), collect(stream))


def _case(row: Stream) -> tuple[Tree, Tree | None]:
    row.tokens = [t for t in row.tokens if t.kind != "newline"]
    parts = [p for p in split(row, "&") if p.tokens]
    if len(parts) == 1:  # without &: the word "if" or a comma stands between
        at = next(
            (
                k
                for k, t in enumerate(parts[0].tokens)
                if t.kind == "word" and t.text.lower().strip(",. ") in c.CONDITION_WORDS | c.OTHERWISE
            ),
            -1,
        )
        if at > 0:
            whole = parts[0]
            parts = [whole.inner(whole.tokens[:at], whole.tokens[at].at), whole.inner(whole.tokens[at:], whole.end)]
    if len(parts) != 2:
        raise row.error(row.start, "a case is a value and its condition", "write a & \\text{if } x > 0 \\\\ b & \\text{otherwise}")
    value, condition = parts
    if value.tokens and value.tokens[-1].sign == ",":
        value = value.inner(value.tokens[:-1], value.end)
    while condition.tokens and condition.tokens[-1].sign in (",", ".", ";"):
        condition = condition.inner(condition.tokens[:-1], condition.end)
    first = condition.peek()
    said = first.text.lower().strip(",. ") if first.kind == "word" else ""
    if said in c.OTHERWISE and len(condition.tokens) == 1:
        return grammar.whole(value), None
    if said in c.CONDITION_WORDS:
        condition.next()
    rest = condition.inner(condition.tokens[condition.pos :], condition.end)
    return grammar.whole(value), conditions(rest)
