"""Array notation -> presentation tree: x.T @ dz is xᵀ dz, * between arrays is ⊙, a sum over an axis a product with 1.

The text is parsed as Python syntax and read as mathematics, never run. What has no better form is shown
as the call that it is. `1` in bold is the vector of ones: 1ᵀA sums over rows, A1 over columns.
"""
from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import TypeGuard

from symbackprop.derivation import MatrixForm
from symbackprop.language.functions import TABLE
from symbackprop.layer import Layer
from symbackprop.render import maths, names
from symbackprop.render.maths import RELATIONS
from symbackprop.render.order import Scope
from symbackprop.render.tree import (
    Big,
    Call,
    Cases,
    Fenced,
    Fraction,
    Function,
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
    Words,
    listed,
)

Ranked = tuple[Node, int]
Known = Mapping[str, Ranked]

_PRIMED = re.compile(r"\b([A-Za-z]\w*)('{1,3})\(")
_PRIME = "_prime"
_ONES: Node = Function("𝟏", r"\mathbf{1}")
_BINARY = {ast.Add: "+", ast.Sub: "−"}
_COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=", ast.Gt: ">", ast.GtE: ">="}
_UPRIGHT = {"exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "det": r"\det"}


def tree(form: MatrixForm, layer: Layer, scope: Scope) -> Node:
    """How the array form looks; text that is no expression is shown as it is."""
    known: dict[str, Ranked] = {s.name: (names.name(s.name), 0) for s in layer.sizes}
    for t in layer.tensors.values():
        known[t.name] = maths.tree(t, scope), t.rank
        known[t.adjoint().name] = maths.tree(t.adjoint(), scope), t.rank
    return read(form.text, known)


def read(text: str, known: Known) -> Node:
    """How an expression in array notation looks, given what each name looks like and its rank."""
    try:
        return _read(ast.parse(_PRIMED.sub(_spelled, text), mode="eval").body, known)[0]
    except (SyntaxError, ValueError, RecursionError):
        return Words(text)


def _spelled(primed: re.Match[str]) -> str:
    return f"{primed[1]}{_PRIME * len(primed[2])}("


def _read(e: ast.expr, known: Known) -> Ranked:
    match e:
        case ast.Name(name):
            return known.get(name) or (names.name(name), 2)
        case ast.Constant(int() | float() as value) if not isinstance(value, bool):
            return Number(str(value)), 0
        case ast.Attribute(base, "T" | "mT"):
            inner, rank = _read(base, known)
            return Marked(_tight(inner), "ᵀ"), rank
        case ast.UnaryOp(ast.USub(), operand):
            inner, rank = _read(operand, known)
            return Terms((("−", _fence(inner, Terms)),)), rank
        case ast.BinOp(left, operator, right):
            return _binary(operator, _read(left, known), _read(right, known))
        case ast.Subscript():
            return _subscript(e, known)
        case ast.Call():
            return _call(e, known)
        case ast.Compare(left, [operator], [right]):
            (a, m), (b, n) = _read(left, known), _read(right, known)
            return Fenced(Row((a, Sign(RELATIONS[_COMPARED[type(operator)]]), b)), "[", "]"), max(m, n)
    return Words(ast.unparse(e)), 2


def _fence(node: Node, *kinds: type[Node]) -> Node:
    return Fenced(node) if isinstance(node, kinds) else node


def _tight(node: Node) -> Node:
    return _fence(node, Terms, Product, Fraction, Big, Marked, Cases, Power)


def _binary(operator: ast.operator, left: Ranked, right: Ranked) -> Ranked:
    (a, m), (b, n) = left, right
    rank = max(m, n)
    match operator:
        case ast.Add() | ast.Sub():
            before = a.items if isinstance(a, Terms) else (("+", a),)
            return Terms((*before, (_BINARY[type(operator)], _fence(b, Terms)))), rank
        case ast.MatMult():
            if m == n == 1:  # an inner product
                return _times(Marked(_tight(a), "ᵀ"), _fence(b, Fraction), ""), 0
            return _times(_fence(a, Fraction), _fence(b, Fraction), ""), max(m + n - 2, 0)
        case ast.Mult():
            return _times(a, b, "⊙" if m and n else ""), rank
        case ast.Div():
            if _is_negated(a):
                return Terms((("−", Fraction(a.items[0][1], b, whole=True)),)), rank
            return Fraction(a, b, whole=True), rank
        case ast.Pow():
            return _power(a, b, m), rank
    return Row((a, Words(type(operator).__name__), b)), rank


def _power(base: Node, exponent: Node, rank: int) -> Node:
    if rank > 1 and exponent == Number("2") and not isinstance(base, (Terms, Product, Fraction)):
        return Product((base, base), "⊙")
    return Root(base) if exponent == Number("0.5") else Power(_tight(base), exponent)


def _times(left: Node, right: Node, sign: str) -> Node:
    """Juxtaposition binds tighter than ⊙, so that only a ⊙ within a matrix product needs parentheses."""
    if _is_negated(left):
        return Terms((("−", _times(left.items[0][1], right, sign)),))
    factors: list[Node] = []
    for node in (left, right):
        if isinstance(node, Product) and node.sign == sign:
            factors += node.factors
        else:
            loose = isinstance(node, (Terms, Cases, Big)) or (isinstance(node, Product) and not sign)
            factors.append(Fenced(node) if loose else node)
    return Product(tuple(factors), sign)


def _is_negated(node: Node) -> TypeGuard[Terms]:
    return isinstance(node, Terms) and len(node.items) == 1 and node.items[0][0] == "−"


def _subscript(e: ast.Subscript, known: Known) -> Ranked:
    inner, rank = _read(e.value, known)
    text = ast.unparse(e.slice).strip("()").replace(" ", "")
    if rank == 1 and text == ":,None":
        return Product((_tight(inner), Marked(_ONES, "ᵀ"))), 2
    if rank == 1 and text == "None,:":
        return Product((_ONES, Marked(_tight(inner), "ᵀ"))), 2
    return Row((_tight(inner), Words(f"[{text}]"))), rank + text.count("None")


# --- calls ---

def _call(e: ast.Call, known: Known) -> Ranked:
    method = isinstance(e.func, ast.Attribute) and not (isinstance(e.func.value, ast.Name) and e.func.value.id == "np")
    if isinstance(e.func, ast.Attribute):
        name, operands = e.func.attr, [e.func.value, *e.args] if method else e.args
    else:
        name, operands = ast.unparse(e.func), e.args
    keywords = {k.arg or "**": k.value for k in e.keywords}
    arguments = [_read(a, known) for a in operands]
    if name in _REDUCED and arguments:
        return _reduced(name, arguments[0], ast.unparse(keywords["axis"]) if "axis" in keywords else "",
                        "keepdims" in keywords)
    special = _SPECIAL.get(name)
    if special is not None and len(arguments) == special[0] and not keywords:
        return special[1](*arguments)
    shown = [a for a, _ in arguments] + [Row((Word(k), Sign("="), Words(ast.unparse(v)))) for k, v in keywords.items()]
    rank = max((r for _, r in arguments), default=2)
    return Call(_function(name), tuple(shown)), rank


def _function(name: str) -> Node:
    row, primes = TABLE.get(name), name.count(_PRIME)
    if primes:
        return Marked(names.name(name.replace(_PRIME, "")), "′" * primes)
    return Function(row.symbol or name, row.latex) if row else Function(name, _UPRIGHT.get(name, ""))


_REDUCED = {"sum": "Σ", "prod": "Π", "max": "max", "mean": "mean"}


def _reduced(name: str, operand: Ranked, axis: str, keeps: bool) -> Ranked:
    inner, rank = operand
    if name == "sum" and rank in (1, 2) and axis in ("", "0", "1", "-1"):
        return _summed(inner, rank, axis, keeps)
    below = Words(f"axes {axis.strip('()')}" if "," in axis else f"axis {axis}" if axis else "all")
    body = _fence(inner, Terms, Product, Fraction, Big)
    return Big(_REDUCED[name], below, body), rank if keeps else max(rank - 1, 0) if axis else 0


def _summed(inner: Node, rank: int, axis: str, keeps: bool) -> Ranked:
    rows, ones = Marked(_ONES, "ᵀ"), _ONES
    if rank == 1:
        return _times(rows, inner, ""), 0
    if not axis:
        return _times(_times(rows, inner, ""), ones, ""), 0
    if axis == "0":
        over = _times(rows, inner, "")
        return (_times(ones, over, ""), 2) if keeps else (over, 1)
    across = _times(inner, ones, "")
    return (_times(across, rows, ""), 2) if keeps else (across, 1)


def _where(condition: Ranked, then: Ranked, otherwise: Ranked) -> Ranked:
    c = condition[0]
    shown = c.body if isinstance(c, Fenced) and c.left == "[" else Row((c, Sign("="), Number("1")))
    rest = otherwise[0].rows if isinstance(otherwise[0], Cases) else ((otherwise[0], None),)
    return Cases(((then[0], shown), *rest)), max(condition[1], then[1], otherwise[1])


def _log_det(a: Ranked) -> Ranked:
    inside = Row((Function("det", r"\det"), Sign("\u2062"), _tight(a[0])))
    return Call(Function("log", r"\log"), (Fenced(inside, "|", "|"),)), 0


_SPECIAL: dict[str, tuple[int, Callable[..., Ranked]]] = {
    "sqrt": (1, lambda a: (Root(a[0]), a[1])),
    "abs": (1, lambda a: (Fenced(a[0], "|", "|"), a[1])),
    "inv": (1, lambda a: (Marked(_tight(a[0]), "⁻¹"), 2)),
    "trace": (1, lambda a: (Call(Function("tr"), (a[0],)), 0)),
    "det": (1, lambda a: (Call(Function("det", r"\det"), (a[0],)), 0)),
    "logdet": (1, _log_det),
    "outer": (2, lambda a, b: (_times(_tight(a[0]), Marked(_tight(b[0]), "ᵀ"), ""), 2)),
    "transpose": (1, lambda a: (Marked(_tight(a[0]), "ᵀ"), a[1])),
    "eye": (1, lambda a: (Letter("I", "I"), 2)),
    "where": (3, _where),
    "max": (2, lambda a, b: (Call(Function("max", r"\max"), (listed((a[0], b[0])),)), max(a[1], b[1]))),
}
