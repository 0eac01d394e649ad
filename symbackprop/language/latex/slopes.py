"""Derivatives: \\frac{\\partial C}{\\partial W_{ij}}, \\partial C / \\partial W, \\nabla_W C, and second ones.

The derivative of the cost is the tensor dW; any other one is a local derivative, which stays one.
"""

from __future__ import annotations

from symbackprop.language.latex import commands as c
from symbackprop.language.latex import grammar
from symbackprop.language.latex.lexer import Token
from symbackprop.language.latex.refusals import ambiguous
from symbackprop.language.latex.stream import Stream
from symbackprop.language.latex.tree import Letter, Number, Product, Ref, Slope, Tree, Unknown


def fraction(stream: Stream, token: Token, over: Stream, under: Stream) -> Tree | None:
    """The derivative that a fraction says, None if it says none."""
    first = under.peek()
    if not _is_d(first) or not over.tokens or not (_is_d(over.peek())):
        return None
    if first.sign != "\\partial" and (len(under.tokens) < 2 or (len(over.tokens) < 2 and "d" in under.words.tensors)):
        return None
    order = _order(over)
    of = over.inner(over.tokens[over.pos :], over.end)
    if not of.tokens:
        return _applied(stream, token, _variables(under, order), order)
    return _slope(stream, token.at, of, _variables(under, order), order)


def _applied(stream: Stream, token: Token, by: list[tuple[Stream, int]], order: int) -> Tree:
    """\\frac{\\partial}{\\partial x_i} of what stands behind: the cost, a bracket, a sum, a single factor."""
    variables = _by(stream, token.at, by, order)
    part = stream.inner(stream.tokens[stream.pos : stream.pos + 1], stream.end)
    if is_cost(part):
        stream.next()
        return adjoint(stream, token.at, variables[0]) if order == 1 else Slope(token.at, _cost_ref(part), tuple(variables))
    made = grammar.operand(stream)
    if _is_constant(made) and grammar.starts(stream):
        made = Product(token.at, "", made, grammar.operand(stream))
    follows = stream.peek()
    if grammar.starts(stream) or follows.sign in grammar.HADAMARD or follows.sign in grammar.TIGHT:
        readings = "the derivative of the product", "the derivative of the first factor, times the others"
        raise ambiguous(stream.text, follows.at, "how far this derivative goes can be read in two ways", readings, "write brackets")
    return Slope(token.at, made, tuple(variables))


def _is_constant(node: Tree) -> bool:
    match node:
        case Number():
            return True
        case Product(op="/", left=left, right=right):
            return _is_constant(left) and _is_constant(right)
    return False


def _is_d(token: Token) -> bool:
    return token.sign == "\\partial" or (token.kind in ("letter", "word") and token.text == "d")


def _order(over: Stream) -> int:
    over.next()
    if over.peek().sign == "^":
        over.next()
        power = over.argument()
        if len(power.tokens) != 1 or power.tokens[0].text not in ("1", "2", "3"):
            raise over.error(power.start, "the order of a derivative is 2 or 3")
        return int(power.tokens[0].text)
    return 1


def _variables(under: Stream, order: int) -> list[tuple[Stream, int]]:
    found: list[tuple[Stream, int]] = []
    starts = [k for k, t in enumerate(under.tokens) if _is_d(t) and _depth(under, k) == 0 and (t.sign == "\\partial" or k == 0)]
    for a, b in zip(starts, [*starts[1:], len(under.tokens)], strict=True):
        part = under.tokens[a + 1 : b]
        end = under.tokens[b].at if b < len(under.tokens) else under.end
        repeated = 1
        if order > 1 and len(starts) == 1 and len(part) > 2 and part[-2].sign == "^" and part[-1].text in ("2", "3"):
            repeated, part = int(part[-1].text), part[:-2]
        found.append((under.inner(part, end), repeated))
    return found


def _depth(stream: Stream, at: int) -> int:
    return sum((t.sign in ("{", "(")) - (t.sign in ("}", ")")) for t in stream.tokens[:at])


def _slope(stream: Stream, at: int, of: Stream, by: list[tuple[Stream, int]], order: int) -> Tree:
    variables = _by(stream, at, by, order)
    if is_cost(of):
        if order == 1:
            return adjoint(stream, at, variables[0])
        return Slope(at, _cost_ref(of), tuple(variables))
    return Slope(at, grammar.whole(of), tuple(variables))


def _by(stream: Stream, at: int, by: list[tuple[Stream, int]], order: int) -> list[Tree]:
    variables = [node for part, times in by for node in [_variable(part)] * times]
    if len(variables) != order:
        raise stream.error(
            at,
            f"the derivative is of order {order} above and {len(variables)} below",
            "write \\frac{\\partial^2 C}{\\partial x \\partial y}",
        )
    return variables


def _variable(part: Stream) -> Tree:
    if not part.tokens:
        raise part.error(part.end, "what is differentiated by?", "write \\frac{\\partial C}{\\partial W_{ij}}")
    return grammar.whole(part)


def is_cost(part: Stream) -> bool:
    """Whether these tokens name the cost: C, L, J, \\mathcal L, C(W), where no array has that name."""
    tokens = list(part.tokens)
    if len(tokens) > 2 and tokens[1].sign == "(" and tokens[-1].sign == ")":
        tokens = tokens[:1]
    if len(tokens) == 3 and tokens[0].sign == "{" and tokens[2].sign == "}":
        tokens = tokens[1:2]
    spelled = "".join(t.text for t in tokens if t.sign not in ("{", "}"))
    if len(tokens) > 2 and tokens[1].sign == "_" and spelled.partition("_")[2].lower() in c.WHOLE_COST:
        tokens = tokens[:1]
    if len(tokens) != 1 or tokens[0].text not in c.COSTS:
        return False
    part.words.costs.add(spelled)
    if len(part.words.costs) > 1 and any("_" in s for s in part.words.costs):
        raise part.error(part.start, f"there are two costs, {' and '.join(sorted(part.words.costs))}; the layer has one", "name it alike")
    tensor = part.words.tensors.get(tokens[0].text)
    return tokens[0].font == "curly" or tensor is None or not tensor.rank


def _cost_ref(part: Stream) -> Tree:
    known = part.words.tensors
    name = part.tokens[0].text
    found = known.get(name) or next((known[n] for n in sorted(c.COSTS) if n in known and not known[n].rank), None)
    if found is None:
        raise part.error(part.start, f"{name} is no output of the layer", "a second derivative is of the layer's cost")
    return Ref(part.start, found)


def adjoint(stream: Stream, at: int, variable: Tree) -> Tree:
    """∂C/∂v as a reference to the tensor dv."""
    if isinstance(variable, Unknown):
        raise stream.error(variable.at, variable.message, variable.hint)
    if isinstance(variable, Letter):
        raise stream.error(variable.at, f"{variable.name} is nothing that the layer has", stream.words.hint(variable.name))
    if not isinstance(variable, Ref):
        raise stream.error(at, "a derivative is taken by a variable", "write \\frac{\\partial C}{\\partial W_{ij}}")
    name = "d" + variable.tensor.name
    tensor = stream.words.tensors.get(name)
    if tensor is None:
        raise stream.error(at, f"{variable.tensor.name} has no gradient here", "a variable of the layer is expected")
    return Ref(at, tensor, variable.items, variable.ways, variable.written)


def slash(stream: Stream) -> Tree:
    """\\partial C / \\partial W_{ij}, or \\partial_{W} C."""
    token = stream.next()
    if stream.peek().sign == "_":
        stream.next()
        inside = stream.argument()
        inside.index = False
        return _of_cost(stream, token, _variable(inside))
    stream.pos -= 1
    order = _order(stream)
    stop = next((k for k in range(stream.pos, len(stream.tokens)) if stream.tokens[k].sign == "/"), -1)
    if stop < 0 or stop + 1 >= len(stream.tokens) or not _is_d(stream.tokens[stop + 1]):
        raise stream.error(token.at, "\\partial stands in a derivative", "write \\frac{\\partial C}{\\partial W_{ij}}")
    of = stream.inner(stream.tokens[stream.pos : stop], stream.tokens[stop].at)
    stream.pos = stop + 1
    by: list[Tree] = []
    while stream.peek().sign == "\\partial" and len(by) < order:
        stream.next()
        by.append(grammar.operand(stream))
    if len(by) != order:
        raise stream.error(token.at, f"the derivative is of order {order} above and {len(by)} below")
    if is_cost(of):
        return adjoint(stream, token.at, by[0]) if order == 1 else Slope(token.at, _cost_ref(of), tuple(by))
    return Slope(token.at, grammar.whole(of), tuple(by))


def nabla(stream: Stream) -> Tree:
    """\\nabla_W C"""
    token = stream.next()
    if stream.peek().sign != "_":
        raise stream.error(stream.peek().at, "nothing says by what \\nabla differentiates", "write \\nabla_W C")
    stream.next()
    inside = stream.argument()
    inside.index = False
    return _of_cost(stream, token, _variable(inside))


def _of_cost(stream: Stream, token: Token, variable: Tree) -> Tree:
    part = stream.inner(stream.tokens[stream.pos : stream.pos + 1], stream.end)
    if not is_cost(part):
        raise stream.error(stream.peek().at, "the cost is expected here", "write \\nabla_W C")
    stream.next()
    if stream.peek().sign == "(" and stream.peek().near:
        stream.group(stream.next())
    return adjoint(stream, token.at, variable)
