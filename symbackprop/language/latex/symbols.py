"""Names with what is written around them: W_1, W^{(2)}_{ij}, \\hat x_n, dW, \\sigma'(z), x_i^{(n)}.

A subscript or a superscript in brackets belongs to the name where the layer has a tensor of that name, and is an index where
it has a tensor with an axis for it. Where both hold the name is ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symbackprop.language.latex import commands as c
from symbackprop.language.latex import grammar, slopes
from symbackprop.language.latex.conditions import indicator, is_condition_next
from symbackprop.language.latex.lexer import Token
from symbackprop.language.latex.refusals import ambiguous
from symbackprop.language.latex.resolving import choices, items_of, settled
from symbackprop.language.latex.scripts import Scripts, collect, is_transposed, named, raised, with_scripts
from symbackprop.language.latex.stream import Stream, split
from symbackprop.language.latex.tree import Call, Kronecker, Letter, Number, Tree, Unit, Unknown

OPEN = frozenset({"f", "g", "h", "F", "G", "phi", "psi"})


def symbol(stream: Stream) -> Tree:
    """The next name, with everything around it."""
    start = stream.pos
    adjoint = _adjoint(stream)
    if adjoint is not None:
        return adjoint
    stream.pos = start
    token = stream.peek()
    if token.kind == "given" and not stream.index:
        made = _given(stream)
        if made is not None:
            return made
    candidates, base = symbol_base(stream)
    return resolve(stream, candidates, base, collect(stream))


def symbol_base(stream: Stream) -> tuple[tuple[str, ...], Sequence[Token]]:
    """The names that the next symbol may have, and its tokens."""
    start = stream.pos
    token = stream.next()
    if token.kind == "given":
        token = _in_subscript(stream, token)
    if token.kind == "command" and token.text in c.ACCENTS:
        inner = stream.argument()
        names, _ = symbol_base(inner) if inner.tokens else ((), ())
        if not inner.done or not names:
            raise stream.error(token.at, f"\\{token.text} stands above one name", f"write \\{token.text}{{x}}_n")
        mark = c.ACCENTS[token.text]
        if len(names) > 8:
            raise stream.error(token.at, "there are too many accents", "at most two stand above a name")
        made = [f for n in names for f in (f"{n}{mark}", f"{n}_{mark}", f"{mark}{n}", f"{mark}_{n}")]
        return tuple(made), stream.tokens[start : stream.pos]
    if token.kind == "command" and token.text in c.GREEK:
        return c.GREEK[token.text], (token,)
    if token.kind in ("letter", "word", "given"):
        if token.kind == "letter" and not stream.index:
            long = _long(stream, token)
            if long:
                return (long,), stream.tokens[start : stream.pos]
        return (token.text,), (token,)
    raise stream.error(token.at, "a name is expected here", f"found {token.sign or token.text or 'the end'}")


def _in_subscript(stream: Stream, token: Token) -> Token:
    """A name of the writer's own: in subscripts a letter stays a letter, unless it stands for an integer tensor."""
    tensor = stream.words.tensors.get(token.text)
    if stream.index and len(token.was) == 1 and (tensor is None or tensor.below is None):
        return token.was[0]
    return token


def _long(stream: Stream, first: Token) -> str:
    """A declared name of several letters that is typed letter by letter: eps, z1. Its letters must mean nothing by themselves."""
    text, ahead = first.text, 0
    best, best_ahead = "", 0
    while stream.peek(ahead).near and stream.peek(ahead).kind in ("letter", "number") and len(text) < 20:
        text += stream.peek(ahead).text
        ahead += 1
        if text in stream.words.tensors:
            best, best_ahead = text, ahead
    follows = stream.peek(best_ahead)
    if not best or (follows.near and follows.kind in ("letter", "number")):
        return ""
    if all(ch in stream.words.tensors or ch in stream.words.sizes for ch in best):
        raise ambiguous(
            stream.text,
            first.at,
            f"{best} can be read in two ways",
            (f"the tensor {best}", "the product " + " ".join(best)),
            f"write \\mathrm{{{best}}}, or \\cdot between factors",
        )
    if best[0] == "d" and best[1:] in stream.words.tensors and len(best) == 2:
        return ""  # dW: told by the rule for adjoints
    stream.pos += best_ahead
    return best


def _adjoint(stream: Stream) -> Tree | None:
    """dW, d\\hat x, d z_1: the gradient of a variable; None if this is something else."""
    token = stream.peek()
    if stream.index or token.text != "d" or token.kind not in ("letter", "word"):
        return None
    after = stream.peek(1)
    begins = after.kind in ("letter", "word", "given") or (after.kind == "command" and (after.text in c.GREEK or after.text in c.ACCENTS))
    if not begins or "d" in stream.words.tensors:
        return None
    stream.next()
    if after.text in c.COSTS and stream.peek(1).sign == "/" and (stream.peek(2).kind, stream.peek(2).text) == ("letter", "d"):
        stream.pos += 3  # dL/dw
        return slopes.adjoint(stream, token.at, grammar.operand(stream))
    if after.kind == "given":
        stream.next()
        name = "d" + after.text
        return resolve(stream, (name,), (token, after), collect(stream)) if name in stream.words.tensors else None
    names, base = symbol_base(stream)
    scripts = collect(stream)
    found = choices(stream, tuple("d" + n for n in names), (token, *base), scripts)
    if not found:
        return _variance(stream, token, scripts, "dvar") if names == ("sigma",) and "dvar" in stream.words.tensors else None
    return settled(stream, found, ("d" + names[0],), token.at, scripts)


def _given(stream: Stream) -> Tree | None:
    """A name of the writer's own, or None where its subscripts are part of something else."""
    token = stream.next()
    name = token.text
    if name in stream.words.tensors or name in stream.words.sizes:
        return resolve(stream, (name,), (token,), collect(stream))
    if name.lower() in c.FUNCTIONS:
        return function(stream, c.FUNCTIONS[name.lower()], token)
    return function(stream, name, token, is_open=True)


def resolve(stream: Stream, names: tuple[str, ...], base: Sequence[Token], scripts: Scripts) -> Tree:
    """What a name with these scripts means."""
    at = base[0].at
    if base[0].text == "delta" and scripts.below is not None:
        delta = _kronecker(stream, names, base, scripts)
        if delta is not None:
            return delta
    found = choices(stream, names, base, scripts)
    if found:
        return settled(stream, found, names, at, scripts)
    return _undeclared(stream, names, base, scripts)


def _kronecker(stream: Stream, names: tuple[str, ...], base: Sequence[Token], scripts: Scripts) -> Tree | None:
    tensor = stream.words.find(names)
    if scripts.below is None or (tensor is not None and tensor.rank == 2):
        return None
    items = items_of(stream, scripts.below, scripts)
    if len(items) != 2 or (tensor is not None and tensor.rank > 2) or choices(stream, names, base, scripts):
        return None
    return with_scripts(stream, Kronecker(base[0].at, *items), Scripts(None, scripts.above, scripts.primes, scripts.at))


def _undeclared(stream: Stream, names: tuple[str, ...], base: Sequence[Token], scripts: Scripts) -> Tree:
    """A name that is no tensor: a size, a function, e, π, the unit matrix, an index letter, or unknown."""
    name, at = names[0], base[0].at
    bare = Scripts(None, scripts.above, scripts.primes, scripts.at)
    size = stream.words.size(name)
    if size is not None and scripts.below is None:
        return with_scripts(stream, Number(at, size), bare)
    if name == "pi" and scripts.below is None:
        return with_scripts(stream, Number(at, sp.pi), bare)
    if not stream.index:
        special = _special(stream, name, base, scripts)
        if special is not None:
            return special
    if (len(name) == 1 and name.islower() and scripts.below is None and base[0].kind in ("letter", "given")) or (
        stream.index and name.islower() and scripts.below is None
    ):
        return with_scripts(stream, Letter(at, name), bare)
    return _unknown(stream, names, base, scripts)


def _special(stream: Stream, name: str, base: Sequence[Token], scripts: Scripts) -> Tree | None:
    token = base[0]
    opens = stream.peek().sign in ("(", "[", "\\{")
    function_name = c.FUNCTIONS.get(name.lower(), "") if token.kind == "word" or len(name) > 1 else ""
    if function_name and token.text != "sigma":
        return arguments_of(stream, function_name, token, scripts)
    if name == "sigma" and (opens or scripts.primes):
        if "var" in stream.words.tensors:
            readings = "the logistic function", "the standard deviation"
            raise ambiguous(stream.text, token.at, "\\sigma can be read in two ways", readings, "map it: names={'\\\\sigma': 'sigmoid'}")
        return arguments_of(stream, "sigmoid", token, scripts)
    if name == "sigma" and (squared := _variance(stream, token, scripts)) is not None:
        return squared
    if name == "e" and scripts.below is None and len(scripts.above) == 1 and not scripts.primes:
        inside = stream.inner(scripts.above[0], scripts.at, index=False)
        return Call(token.at, "exp", (grammar.whole(inside),))
    if name == "I" and (token.font == "double" or opens) and is_condition_next(stream):
        return indicator(stream)
    if name == "I":
        size = None
        if scripts.below is not None:
            below = grammar.whole(stream.inner(scripts.below, scripts.at, index=False))
            size = below.value if isinstance(below, Number) else None
        return with_scripts(stream, Unit(token.at, size), Scripts(None, scripts.above, scripts.primes, scripts.at))
    if name in OPEN and opens and scripts.below is None:
        return arguments_of(stream, name, token, scripts, is_open=True)
    return None


def _variance(stream: Stream, token: Token, scripts: Scripts, name: str = "var") -> Tree | None:
    """\\sigma^2 and \\sigma_d^2 where the layer has a variance var and no sigma."""
    squared = next((k for k, p in enumerate(scripts.above) if len(p) == 1 and p[0].text == "2"), None)
    if squared is None or "var" not in stream.words.tensors:
        return None
    rest = Scripts(scripts.below, scripts.above[:squared] + scripts.above[squared + 1 :], 0, scripts.at)
    return resolve(stream, (name,), (token,), rest)


def _unknown(stream: Stream, names: tuple[str, ...], base: Sequence[Token], scripts: Scripts) -> Tree:
    """A name that nothing declares. On a left side it names a helper; elsewhere this is told where it stands."""
    name = names[0]
    rest = scripts.above
    items: list[Tree] = []
    if rest and (inside := named(rest[0])) is not None:
        name, rest = name + "".join(t.text for t in inside if t.text.isalnum()), rest[1:]
    if scripts.below is not None:
        if all(t.kind in ("number", "word") for t in scripts.below):
            name += "".join(t.text for t in scripts.below if t.text.isalnum())
        else:
            items = items_of(stream, scripts.below, scripts)
    message = f"{spelled(base)} is nothing that the layer has"
    if stream.words.size(name) is not None:
        message = f"{name} is a size of the layer: it has no subscripts"
    made = Unknown(base[0].at, name, tuple(items), message, stream.words.hint(spelled(base)))
    return with_scripts(stream, made, Scripts(None, rest, scripts.primes, scripts.at))


def spelled(base: Sequence[Token]) -> str:
    """A name as it is written."""
    return "".join(("\\" + t.text if t.kind == "command" else t.text) for t in base)


# ---- functions


def function(stream: Stream, name: str, token: Token, is_open: bool = False) -> Tree:
    """A function whose name has just been read."""
    return arguments_of(stream, name, token, collect(stream), is_open)


def arguments_of(stream: Stream, name: str, token: Token, scripts: Scripts, is_open: bool = False) -> Tree:
    """f(a, b), f a, f'(a), f^2(a)"""
    if scripts.below is not None:
        raise stream.error(
            token.at,
            f"what stands below {name} isn't read",
            f"write \\{name}_n with a backslash" if name in ("max", "min") else "write the component behind: f(z)_k",
        )
    if name in ("det", "exp") and stream.peek().sign == "|":
        raise stream.error(stream.peek().at, f"{name} of bars isn't read", "write brackets")
    arguments = _listed(stream, name) if stream.peek().sign in ("(", "[", "\\{", "{") else (grammar.single(stream, name),)
    made: Tree = Call(token.at, name, arguments, scripts.primes, is_open)
    for piece in scripts.above:
        if is_transposed(piece) or piece[0].sign == "-":
            raise stream.error(
                token.at, f"what stands above {name} isn't read", f"write ({name}(x))^{{-1}} or an inverse function by its name"
            )
        made = raised(stream, made, ((Token("command", "odot", token.at)), *piece), scripts.at)
    return with_scripts(stream, made, collect(stream))


def _listed(stream: Stream, name: str) -> tuple[Tree, ...]:
    opening = stream.next()
    inside = stream.group(opening)
    parts = split(inside, ",", ";")
    if not inside.tokens:
        raise stream.error(opening.at, f"{name} of nothing", "an argument is expected")
    return tuple(grammar.whole(p) for p in parts)
