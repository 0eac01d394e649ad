"""Atoms: numbers, names, brackets, bars, fractions, roots, sums, cases, indicators; and what is written behind them.

The grammar calls these, and these call the grammar: `grammar` is imported as a module for that reason.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symbackprop.language.latex import cases, grammar, slopes, symbols
from symbackprop.language.latex import commands as c
from symbackprop.language.latex.conditions import RELATIONS, conditions, indicator, is_condition_next
from symbackprop.language.latex.lexer import MAX_TOKENS, Token
from symbackprop.language.latex.scripts import Scripts, collect, subscripts, with_scripts
from symbackprop.language.latex.stream import Stream, has, shown, split
from symbackprop.language.latex.tree import (
    Absolute,
    Add,
    Big,
    Bound,
    Compare,
    Inner,
    Letter,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Ref,
    Tree,
)

BIG = {"\\sum": "sum", "\\prod": "prod", "\\max": "max", "\\min": "min", "\\argmax": "argmax"}


def atom(stream: Stream) -> Tree:
    """The next operand."""
    token = stream.peek()
    if token.kind in ("letter", "word", "given") or (token.kind == "command" and (token.text in c.GREEK or token.text in c.ACCENTS)):
        return symbols.symbol(stream)
    if token.kind == "number":
        return _number(stream)
    if token.kind == "one":
        return _one(stream)
    if token.kind == "begin":
        return cases.cases(stream)
    rule = _RULES.get(token.sign)
    if rule is not None:
        return rule(stream)
    name = token.text
    if token.kind == "command" and name in c.FUNCTIONS:
        stream.next()
        return symbols.function(stream, c.FUNCTIONS[name], token)
    raise stream.error(token.at, f"an operand is expected here, found {shown(token)}", "a name, a number, a fraction, a sum or a bracket")


def _number(stream: Stream) -> Tree:
    token = stream.next()
    if token.text == "1" and not stream.index and is_condition_next(stream):
        return indicator(stream)
    whole, _, decimals = token.text.partition(".")
    value = sp.Rational(int((whole or "0") + decimals), 10 ** len(decimals))
    return with_scripts(stream, Number(token.at, value, token.text == "1"), collect(stream))


def _one(stream: Stream) -> Tree:
    token = stream.next()
    if is_condition_next(stream):
        return indicator(stream)
    scripts = collect(stream)
    size = None
    if scripts.below is not None:
        inside = grammar.whole(stream.inner(scripts.below, stream.end))
        if not isinstance(inside, Number):
            raise stream.error(token.at, "the vector of ones has a size below", "write \\mathbf{1}_N")
        size, scripts = inside.value, Scripts(None, scripts.above, scripts.primes, scripts.at)
    return with_scripts(stream, Ones(token.at, size), scripts)


def _bracket(stream: Stream) -> Tree:
    opening = stream.next()
    inside = stream.group(opening)
    if not inside.tokens:
        raise stream.error(opening.at, "these brackets are empty", "an expression is expected")
    made = conditions(inside) if opening.sign == "[" and has(inside, RELATIONS) else grammar.whole(inside)
    scripts = collect(stream)
    if opening.sign == "{" and scripts.below is not None and isinstance(made, (Letter, Ref)):
        raise stream.error(opening.at, "subscripts stand behind the name, not behind a group", "leave the braces out")
    return with_scripts(stream, made, scripts)


def _fraction(stream: Stream) -> Tree:
    token = stream.next()
    over, under = stream.argument(), stream.argument()
    slope = slopes.fraction(stream, token, over, under)
    if slope is not None:
        return with_scripts(stream, slope, collect(stream))
    return with_scripts(stream, Product(token.at, "/", grammar.whole(over), grammar.whole(under)), collect(stream))


def _root(stream: Stream) -> Tree:
    token = stream.next()
    degree = sp.Integer(2)
    if stream.peek().sign == "[":
        written = grammar.whole(stream.group(stream.next()))
        if not isinstance(written, Number) or not written.value.is_Integer or not 1 <= written.value <= 64:
            raise stream.error(token.at, "the degree of a root is a whole number", "write \\sqrt[3]{x}")
        degree = written.value
    made = Power(token.at, grammar.whole(stream.argument()), Number(token.at, 1 / degree), True)
    return with_scripts(stream, made, collect(stream))


def _bars(stream: Stream) -> Tree:
    opening = stream.next()
    stream.bars.append(opening.sign)
    if stream.peek().kind == "end":
        raise stream.error(opening.at, "this bar is never closed", "|x| is expected")
    inside = grammar.expression(stream)
    closing = stream.next()
    stream.bars.pop()
    if closing.sign != opening.sign:
        raise stream.error(closing.at, f"{opening.sign} is expected here", f"it closes the one opened before; found {shown(closing)}")
    if opening.sign == "|":
        return with_scripts(stream, Absolute(opening.at, inside), collect(stream))
    scripts = collect(stream)
    kind = "".join(t.text for t in scripts.below or () if t.sign not in ("{", "}"))
    if kind not in ("", "1", "2", "F"):
        raise stream.error(opening.at, f"the norm with {kind} below isn't read", "1, 2 and F are")
    return with_scripts(stream, Norm(opening.at, inside, kind), Scripts(None, scripts.above, scripts.primes, scripts.at))


def _evaluated(stream: Stream) -> Tree:
    """\\left. f'(u) \\right|_{u = z}: a letter that the layer doesn't have, replaced by what stands below the bar."""
    opening = stream.next()
    if opening.side != "left":
        raise stream.error(opening.at, "this . has no place here", "dots aren't read: write the sum with \\sum")
    depth, at = 0, stream.pos
    while at < len(stream.tokens) and not (depth == 0 and stream.tokens[at].sign == "|" and stream.tokens[at].side == "right"):
        depth += stream.tokens[at].sign == "." and stream.tokens[at].side == "left"
        depth -= stream.tokens[at].sign == "|" and stream.tokens[at].side == "right"
        at += 1
    inside, stream.pos = stream.tokens[stream.pos : at], at + 1
    below = stream.argument() if stream.take("_") else stream.inner((), opening.at)
    sides = split(below, "=")
    if opening.side != "left" or len(sides) != 2 or len(sides[0].tokens) != 1:
        raise stream.error(opening.at, "an evaluation says what is put in", "write \\left. f'(u) \\right|_{u = z}")
    (name,) = sides[0].tokens
    if name.text in stream.words.tensors or name.kind != "letter":
        raise stream.error(
            name.at, f"{name.text} is a tensor of the layer; nothing can be put in for it", "write the derivative with its argument: f'(z)"
        )
    put_in = [Token("char", "(", name.at), *sides[1].tokens, Token("char", ")", name.at)]
    replaced = [t for token in inside for t in (put_in if (token.kind, token.text) == ("letter", name.text) else [token])]
    if len(replaced) > MAX_TOKENS:
        raise stream.error(opening.at, "this is too long", "state it in several formulas")
    return with_scripts(stream, grammar.whole(stream.inner(replaced, stream.end)), collect(stream))


def _inner(stream: Stream) -> Tree:
    opening = stream.next()
    parts = split(stream.group(opening), ",")
    if len(parts) != 2:
        raise stream.error(opening.at, "an inner product has two parts", "write \\langle a, b \\rangle")
    return with_scripts(stream, Inner(opening.at, *(grammar.whole(p) for p in parts)), collect(stream))


def big(stream: Stream) -> Tree:
    """\\sum, \\prod, \\max, \\min, \\argmax with what stands below and above, and the body."""
    token = stream.next()
    if token.sign == "\\arg":
        token = stream.next()
        if token.sign != "\\max":
            raise stream.error(token.at, "\\arg\\max is expected here")
        kind = "argmax"
    else:
        kind = BIG[token.sign]
    scripts = collect(stream)
    if scripts.below is None and kind in ("max", "min"):
        return symbols.arguments_of(stream, kind, token, scripts)
    if scripts.below is None or scripts.primes:
        raise stream.error(token.at, f"nothing says what {kind} goes over", "write the indices below: \\sum_n or \\sum_{n=1}^{N}")
    bound, held = _bounds(stream.inner(scripts.below, stream.end), scripts, stream)
    sign = stream.take("-") if kind == "sum" else None  # \\sum_i -2 x_i
    body = grammar.term(stream) if kind in ("sum", "prod") else grammar.single(stream, kind)
    if sign is not None:
        body = Add(sign.at, ((-1, body),))
    return Big(token.at, kind, bound, held, body)


def _bounds(below: Stream, scripts: Scripts, around: Stream) -> tuple[tuple[Bound, ...], tuple[Tree, ...]]:
    high: Tree | None = None
    if scripts.above:
        if len(scripts.above) > 1:
            raise around.error(scripts.at, "a sum has one upper limit")
        high = grammar.whole(around.inner(scripts.above[0], around.end, index=False))
    names: list[tuple[str, Tree | None]] = []
    held: list[Tree] = []
    ranges: list[Bound] = []
    for part in split(below, ",", ":"):
        part.index = True
        if not has(part, RELATIONS):
            names += [(_letter(part, node), None) for node in subscripts(part)]
        elif len(sides := split(part, "=")) == 2 and all(t.kind in ("letter", "given") for t in sides[0].tokens):
            for side in sides:
                side.index = True
            letters = [_letter(part, node) for node in subscripts(sides[0])]
            names += [(letter, None) for letter in letters[:-1]] + [(letters[-1], grammar.whole(sides[1]))]
        else:
            condition = grammar.whole(part)
            if not isinstance(condition, Compare):
                raise part.error(part.start, "a range or a condition is expected below a sum", "write \\sum_{n=1}^{N} or \\sum_{i<j}")
            between = _between(condition)
            if between is not None:
                ranges.append(between)
                continue
            if len(names) == 0:
                names.append((_bound_of(part, condition), None))
            held.append(condition)
    low = next((value for _, value in reversed(names) if value is not None), None)
    if (high is None) != (low is None):
        raise around.error(below.start, "a sum has both limits or none", "write \\sum_{n=1}^{N} or \\sum_n")
    return (*(Bound(below.start, name, value or low, high) for name, value in names), *ranges), tuple(held)


def _between(condition: Compare) -> Bound | None:
    """0 ≤ p < P as the range of p; None for any other condition."""
    if "".join(condition.relations) not in ("<=<", "<=<="):
        return None
    low, letter, high = condition.sides
    if not isinstance(letter, Letter) or not isinstance(low, Number):
        return None
    strictly = condition.relations[1] == "<"
    last = Add(high.at, ((1, high), (-1, Number(high.at, sp.S.One)))) if strictly else high
    return Bound(letter.at, letter.name, low, last)


def _letter(stream: Stream, node: Tree) -> str:
    if isinstance(node, Ref):
        raise stream.error(node.at, f"{node.tensor.name} is a variable of the layer; nothing can be summed over it", "use another letter")
    if not isinstance(node, Letter):
        raise stream.error(node.at, "an index letter is expected below a sum", "write \\sum_n or \\sum_{n=1}^{N}")
    return node.name


def _bound_of(stream: Stream, condition: Compare) -> str:
    if len(condition.sides) == 2 and isinstance(condition.sides[0], Letter):
        return condition.sides[0].name
    raise stream.error(condition.at, "nothing says which index is summed over", "write \\sum_{j, j \\ne i}")


_RULES: dict[str, Callable[[Stream], Tree]] = {
    **dict.fromkeys(("(", "[", "\\{", "{"), _bracket),
    "\\frac": _fraction,
    "\\sqrt": _root,
    "|": _bars,
    "\\|": _bars,
    "\\langle": _inner,
    ".": _evaluated,
    **dict.fromkeys(("\\sum", "\\prod", "\\max", "\\min", "\\arg", "\\argmax"), big),
    "\\partial": lambda s: slopes.slash(s),
    "\\nabla": lambda s: slopes.nabla(s),
}
