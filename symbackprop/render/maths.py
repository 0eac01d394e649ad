"""expression -> presentation tree, for every node that an expression can have.

`tree(e, scope)` decides what is written as a fraction, a root, a power; in which order; and where
parentheses are needed. The scope of Σ is what follows it up to the next + or −: a factor that is not under
the Σ stands before it, and a sum of terms under it stands in parentheses.
"""
from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import sympy as sp

from symbackprop.language import nodes
from symbackprop.language.functions import FieldFunction
from symbackprop.language.tensors import Component, Tensor
from symbackprop.render import names, order
from symbackprop.render.letters import distinct
from symbackprop.render.order import Scope
from symbackprop.render.tree import (
    Accent,
    Adjoint,
    Big,
    Call,
    Cases,
    Derivative,
    Fenced,
    Fraction,
    Function,
    Indexed,
    Labelled,
    Letter,
    Marked,
    Node,
    Number,
    Power,
    Product,
    Root,
    Row,
    Sign,
    Terms,
    Word,
    listed,
    row,
)

RELATIONS = {"<": "<", "<=": "≤", "==": "=", "!=": "≠", ">": ">", ">=": "≥"}
PLAIN = Scope()
_PRIMITIVES = {"exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "atan": r"\arctan"}
_LONG = (sp.Add, nodes.Binder, nodes.Partial, nodes.Where)
_SIMPLE = (Number, Letter, Word, Accent, Labelled, Indexed, Adjoint, Call, Fenced, Root)


@singledispatch
def tree(e: Any, scope: Scope = PLAIN) -> Node:
    """How the expression looks."""
    if isinstance(e, Tensor):
        return names.component(e, (), names.name(scope.cost))
    raise TypeError(f"{type(e).__name__} has no looks: {e!r}")


@tree.register
def _symbol(e: sp.Symbol, scope: Scope = PLAIN) -> Node:
    return names.name(e.name)


@tree.register
def _component(e: Component, scope: Scope = PLAIN) -> Node:
    places = tuple(tree(i, scope) for i in e.indices)
    return names.component(e.tensor, places, names.name(scope.cost))


def formula(e: sp.Expr, scope: Scope = PLAIN) -> Node:
    """A whole formula: the tree of the expression with every bound index under a letter of its own."""
    return tree(distinct(e, frozenset(scope.order)), scope)


def full(e: Component, scope: Scope = PLAIN) -> Node:
    """A component as it stands at the head of its derivation: ∂C/∂z[n,h] in every format."""
    shown = tree(e, scope)
    return shown.full if isinstance(shown, Adjoint) else shown


# --- numbers, sums, products, powers ---

@tree.register
def _number(e: sp.Rational, scope: Scope = PLAIN) -> Node:
    return Terms((("−", _positive(-e)),)) if e.is_negative else _positive(e)


def _positive(e: sp.Rational) -> Node:
    if e.q == 1:
        return Number(str(e.p))
    decimal = _decimal(e)
    return Number(decimal) if decimal else Fraction(Number(str(e.p)), Number(str(e.q)))


def _decimal(e: sp.Rational) -> str:
    """The decimal digits of a number such as 0.044715, "" where a fraction reads better or is needed."""
    twos, fives = sp.multiplicity(2, e.q), sp.multiplicity(5, e.q)
    if e.q < 50 or 2**twos * 5**fives != e.q:
        return ""
    places = max(twos, fives)
    digits = str(e.p * 10**places // e.q).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


@tree.register
def _constant(e: sp.NumberSymbol, scope: Scope = PLAIN) -> Node:
    return names.LETTERS["pi"] if e is sp.pi else Letter("e", "e") if e is sp.E else Word(str(e))


@tree.register
def _add(e: sp.Add, scope: Scope = PLAIN) -> Node:
    return Terms(tuple(_signed(t, scope) for t in order.terms(e.args, scope)))


def _signed(t: sp.Expr, scope: Scope) -> tuple[str, Node]:
    sign, positive = ("−", -t) if order.is_negative(t) else ("+", t)
    return sign, _fence(tree(positive, scope), Terms, Cases)


def _fence(node: Node, *kinds: type[Any]) -> Node:
    return Fenced(node) if isinstance(node, kinds) else node


@tree.register
def _mul(e: sp.Mul, scope: Scope = PLAIN) -> Node:
    if order.is_negative(e):
        return Terms((_signed(e, scope),))
    coefficient, rest = e.as_coeff_mul()
    tops, bottoms = _over_and_under(rest)
    lead: list[Node] = []
    if coefficient.q != 1 and not bottoms:
        lead = [_positive(coefficient)]
    else:
        tops = [sp.Integer(coefficient.p), *tops] if coefficient.p != 1 else tops
        bottoms = [sp.Integer(coefficient.q), *bottoms] if coefficient.q != 1 else bottoms
    return _product(lead, order.factors(tops, scope), order.factors(bottoms, scope), scope)


def _over_and_under(every: Sequence[sp.Expr]) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """The factors above and below the bar of a fraction."""
    tops, bottoms = [], []
    for f in (g for e in every for g in sp.Mul.make_args(e)):
        base, exponent = f.as_base_exp()
        if isinstance(f, sp.exp) or not order.is_negative(exponent):
            tops.append(f)
        else:
            bottoms.append(base**-exponent)
    return tops, bottoms


def _product(lead: list[Node], tops: list[sp.Expr], bottoms: list[sp.Expr], scope: Scope) -> Node:
    if not bottoms:
        return _times([*lead, *_factors(tops, scope)])
    under = _times(_factors(bottoms, scope))
    if all(map(_is_short, tops)) and (len(tops) == 1 or all(map(order.is_size, bottoms))):
        return Fraction(_times(_factors(tops, scope)), under) if tops else Fraction(Number("1"), under)
    long = [f for f in tops if isinstance(f, _LONG) and not order.is_size(f)]
    over = [f for f in tops if f not in long]
    fraction = Fraction(_times(_factors(over, scope)) if over else Number("1"), under)
    return _times([fraction, *_factors(long, scope)])


def _is_short(e: sp.Expr) -> bool:
    if isinstance(e, sp.Add):
        return len(e.args) <= 2 and not e.atoms(nodes.Binder, nodes.Where)
    return not isinstance(e, (nodes.Binder, nodes.Partial, nodes.Where))


def _factors(every: list[sp.Expr], scope: Scope) -> list[Node]:
    """Factors with the parentheses that they need; alone, a factor needs none."""
    if len(every) == 1:
        return [_fence(tree(every[0], scope))]
    shown = [_fence(tree(f, scope), Terms, Cases) for f in every]
    return [*(_fence(f, Big) for f in shown[:-1]), *shown[-1:]]


def _times(factors: list[Node]) -> Node:
    if len(factors) == 1:
        return factors[0]
    flat = [_fence(f, Terms, Cases) for f in factors]
    dotted = any(isinstance(f, Derivative) for f in flat)
    return Product((*(_fence(f, Big) for f in flat[:-1]), flat[-1]), "·" if dotted else "")


@tree.register
def _power(e: sp.Pow, scope: Scope = PLAIN) -> Node:
    base, exponent = e.as_base_exp()
    if order.is_negative(exponent):
        return Fraction(Number("1"), tree(base**-exponent, scope))
    if exponent == sp.Rational(1, 2):
        return Root(tree(base, scope))
    shown = tree(base, scope)
    return Power(shown if isinstance(shown, _SIMPLE) else Fenced(shown), tree(exponent, scope))


# --- functions ---

@tree.register
def _function(e: sp.Function, scope: Scope = PLAIN) -> Node:
    arguments = tuple(tree(a, scope) for a in e.args)
    if not isinstance(e, FieldFunction):
        name = type(e).__name__
        return Call(Function(name, _PRIMITIVES.get(name, "")), arguments)
    if e.entry.name == "abs":
        return Fenced(arguments[0], "|", "|")
    return Call(Function(e.entry.symbol or e.entry.name, e.entry.latex), arguments)


@tree.register
def _unspecified(e: nodes.Unspecified, scope: Scope = PLAIN) -> Node:
    function = names.name(e.name)
    marked = Marked(function, "′" * e.order) if e.order else function
    return Call(marked, (tree(e.args[0], scope),))


# --- tensor nodes ---

@tree.register
def _sum(e: nodes.Sum, scope: Scope = PLAIN) -> Node:
    body = _fence(tree(e.body, scope), Terms, Cases)
    for index in reversed(e.bound):
        body = Big("Σ", names.name(index.name), body)
    return body


@tree.register
def _prod(e: nodes.Prod, scope: Scope = PLAIN) -> Node:
    return Big("Π", _letters(e), _fence(tree(e.body, scope), Terms, Cases, Product, Fraction, Big))


@tree.register
def _max(e: nodes.Max, scope: Scope = PLAIN) -> Node:
    return Big("max", _letters(e), _fence(tree(e.body, scope), Terms, Cases, Product, Fraction, Big))


def _letters(e: Any) -> Node:
    return listed(tuple(names.name(i.name) for i in e.bound), ",")


@tree.register
def _argmax(e: nodes.IsArgmax, scope: Scope = PLAIN) -> Node:
    at = listed(tuple(tree(a, scope) for a in e.at))
    body = _fence(tree(e.body, scope), Terms, Cases, Product, Fraction, Big)
    place = at if len(e.at) == 1 else Fenced(at)
    return Fenced(row(place, Sign("="), Big("argmax", _letters(e), body)), "[", "]")


@tree.register
def _inverse(e: nodes.Inverse, scope: Scope = PLAIN) -> Node:
    matrix = _matrix(e, scope)
    turned = Marked(matrix.base, "⁻ᵀ") if isinstance(matrix, Marked) else Marked(matrix, "⁻¹")
    return Indexed(turned, tuple(tree(a, scope) for a in e.at))


@tree.register
def _log_det(e: nodes.LogDet, scope: Scope = PLAIN) -> Node:
    inside = row(Function("det", r"\det"), Sign("\u2062"), _matrix(e, scope))
    return Call(Function("log", r"\log"), (Fenced(inside, "|", "|"),))


@tree.register
def _det(e: nodes.Det, scope: Scope = PLAIN) -> Node:
    return Call(Function("det", r"\det"), (_matrix(e, scope),))


def _matrix(e: nodes.MatrixBinder, scope: Scope) -> Node:
    """The matrix whose entry is the body: its name where it has one."""
    body, bound = e.body, e.bound
    if isinstance(body, Component) and body.indices == bound:
        return tree(body.tensor, scope)
    if isinstance(body, Component) and body.indices == bound[::-1]:
        return Marked(tree(body.tensor, scope), "ᵀ")
    return Indexed(Fenced(tree(body, scope)), tuple(names.name(i.name) for i in bound), bracketed=False)


@tree.register
def _delta(e: nodes.Delta, scope: Scope = PLAIN) -> Node:
    return Indexed(names.LETTERS["delta"], tuple(tree(a, scope) for a in e.args), bracketed=False)


@tree.register
def _in_range(e: nodes.InRange, scope: Scope = PLAIN) -> Node:
    return Fenced(row(Number("0"), Sign("≤"), tree(e.args[0], scope), Sign("<"), tree(e.args[1], scope)), "[", "]")


@tree.register
def _compare(e: nodes.Compare, scope: Scope = PLAIN) -> Node:
    return Fenced(_comparison(e, scope), "[", "]")


def _comparison(e: nodes.Compare, scope: Scope) -> Node:
    return row(tree(e.args[0], scope), Sign(RELATIONS[e.relation]), tree(e.args[1], scope))


@tree.register
def _where(e: nodes.Where, scope: Scope = PLAIN) -> Node:
    rows: list[tuple[Node, Node | None]] = []
    rest: sp.Expr = e
    while isinstance(rest, nodes.Where):
        condition, then, rest = rest.args
        rows.append((tree(then, scope), _condition(condition, scope)))
    return Cases((*rows, (tree(rest, scope), None)))


def _condition(e: sp.Expr, scope: Scope) -> Node:
    if isinstance(e, nodes.Compare):
        return _comparison(e, scope)
    if isinstance(e, nodes.InRange):
        inside = tree(e, scope)
        return inside.body if isinstance(inside, Fenced) else inside
    if isinstance(e, sp.Mul) and all(isinstance(f, (nodes.Compare, nodes.InRange)) for f in e.args):
        return listed(tuple(_condition(f, scope) for f in e.args), " and ")
    return Row((tree(e, scope), Sign("="), Number("1")))


@tree.register
def _partial(e: nodes.Partial, scope: Scope = PLAIN) -> Node:
    by = tuple(tree(b, scope) for b in e.by)
    of = tree(e.of, scope)
    if isinstance(of, (Indexed, Letter, Word, Accent, Labelled)):
        return Derivative(of, by)
    return Product((Derivative(None, by), of if isinstance(of, Fenced) else Fenced(of)))
