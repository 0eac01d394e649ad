"""Sums, products and maxima over indices; comparisons; cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import sympy as sp

from symbackprop.language.arrays import Array, Place
from symbackprop.language.latex import products
from symbackprop.language.latex.products import Value, elementwise_of, scalar
from symbackprop.language.latex.refusals import error
from symbackprop.language.latex.tree import Big, Cases, Compare, Letter, Ref, Tree
from symbackprop.language.nodes import Compare as Relation
from symbackprop.language.nodes import Delta, IsArgmax, Max, Prod, Sum, Where
from symbackprop.language.substitution import fresh, substitute
from symbackprop.language.tensors import Index

if TYPE_CHECKING:
    from symbackprop.language.latex.elaborate import Elaborator


def _big(e: Elaborator, node: Big) -> Value:
    bound = tuple(e.typed(i) for i in e.letters.bound[id(node)])
    if node.kind == "argmax":
        raise error(e.text, node.at, "argmax stands in a comparison", "write \\mathbb{1}[k = \\arg\\max_j z_j]")
    body = e.value(node.body)
    held = [e.number(c) for c in node.conditions]
    if held and node.kind != "sum":
        raise error(e.text, node.at, f"conditions below {node.kind} aren't read", "only below \\sum")
    return elementwise_over(lambda x, b: _BIG[node.kind](sp.Mul(*held, x), b), body, bound)


_BIG: dict[str, Callable[[sp.Expr, tuple[Index, ...]], sp.Expr]] = {
    "sum": lambda x, b: Sum(x, *b),
    "prod": lambda x, b: Prod(x, *b),
    "max": lambda x, b: Max(x, *b),
    "min": lambda x, b: -Max(-x, *b),
}


def elementwise_over(f: Callable[[sp.Expr, tuple[Index, ...]], sp.Expr], body: Value, bound: tuple[Index, ...]) -> Value:
    """A sum over indices of an array's components, the places outside never caught."""
    inner = body.array

    def at(place: Place) -> sp.Expr:
        outside = {s.name for p in place for s in p.free_symbols}
        mapping: dict[Index, Index] = {}
        for b in bound:
            if b.name in outside:
                mapping[b] = fresh(b, outside | {c.name for c in bound} | {m.name for m in mapping.values()})
        if not mapping:
            return f(inner.at(place), bound)
        stand_ins = tuple(Index(f"{i}_place", sp.S.One) for i, _ in enumerate(place))
        moved = substitute(inner.at(stand_ins), mapping)
        made = f(moved, tuple(mapping.get(b, b) for b in bound))
        return cast(sp.Expr, substitute(made, dict(zip(stand_ins, place, strict=True))))

    return Value(Array(inner.sizes, at, 1 + inner.cost), body.row, body.wild, body.loose, body.contracted)


def _compare(e: Elaborator, node: Compare) -> Value:
    made: Value | None = None
    for relation, a, b in zip(node.relations, node.sides, node.sides[1:], strict=False):
        one = _relation(e, relation, a, b)
        made = one if made is None else elementwise_of(products.multiply, [made, one])
    assert made is not None
    return made


def _relation(e: Elaborator, relation: str, a: Tree, b: Tree) -> Value:
    for place, big in ((a, b), (b, a)):
        if isinstance(big, Big) and big.kind == "argmax" and relation == "==":
            bound = tuple(e.typed(i) for i in e.letters.bound[id(big)])
            if len(bound) != 1:
                raise error(e.text, big.at, "an argmax over one index is read")
            return scalar(IsArgmax(e.number(big.body), *bound, e.place(place)))
    if relation in ("==", "!=") and _is_place(a) and _is_place(b):
        same = Delta(e.place(a), e.place(b))
        return scalar(same if relation == "==" else 1 - same)
    return elementwise_of(lambda x, y: Relation(relation, x, y), [e.value(a), e.value(b)])


def _is_place(node: Tree) -> bool:
    return isinstance(node, Letter) or (isinstance(node, Ref) and node.tensor.below is not None)


def _cases(e: Elaborator, node: Cases) -> Value:
    rows = list(node.rows)
    if rows[-1][1] is not None:
        _check_covers(e, node)
    made = e.value(rows[-1][0])
    for then, condition in reversed(rows[:-1]):
        if condition is None:
            raise error(e.text, node.at, "otherwise is the last case", "nothing can follow it")
        values = [e.value(condition), e.value(then), made]
        made = elementwise_of(lambda c, a, b: Where(c, a, b), values)
    return made


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _check_covers(e: Elaborator, node: Cases) -> None:
    """The last case is what remains; refuse where that can't be seen."""
    settle = "write \\text{otherwise} in the last case"
    every = [(c.relations, c.sides) for _, c in node.rows if isinstance(c, Compare)]
    if len(every) == len(node.rows) == 2 and len(every[0][0]) == len(every[1][0]) == 1:
        (r1,), (a, b) = every[0]
        (r2,), (c, d) = every[1]
        first, second = e.entries(a, b), e.entries(c, d)
        mirrored = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(r2, r2)
        if (first == second and r2 == _OPPOSITE[r1]) or (first == second[::-1] and mirrored == _OPPOSITE[r1]):
            return
        if first == second or first == second[::-1]:
            raise error(
                e.text, node.at, "these cases leave out a place, or have it twice", "write \\le or \\ge in one of them, or " + settle
            )
    if len(every) == len(node.rows) == 3 and all(len(r) == 1 for r, _ in every[:2]) and len(every[2][0]) == 2 and _is_between(e, every):
        return
    raise error(e.text, node.at, "nothing says that these are all the cases", settle)


def _is_between(e: Elaborator, every: Sequence[tuple[Sequence[str], Sequence[Tree]]]) -> bool:
    (low_relation,), (x, low) = every[0]
    (high_relation,), (y, high) = every[1]
    if low_relation in (">", ">="):
        (low_relation,), (x, low), (high_relation,), (y, high) = every[1][0], every[1][1], every[0][0], every[0][1]
    left, middle, right = every[2][1]
    if low_relation not in ("<", "<=") or high_relation not in (">", ">="):
        return False
    relations = (_OPPOSITE[_OPPOSITE[low_relation]], high_relation)
    wanted = ("<=" if relations[0] == "<" else "<", "<=" if relations[1] == ">" else "<")
    same = e.entries(x, low, y, high) == e.entries(middle, left, middle, right)
    return same and tuple(every[2][0]) == wanted


RULES: dict[type, Callable[[Elaborator, Any], Value]] = {Big: _big, Compare: _compare, Cases: _cases}
