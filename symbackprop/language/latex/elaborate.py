"""From trees to mathematics: what each node says once its shapes are known.

Every value is an array with its layout (`products.Value`); the component is asked for at the end. softmax of a matrix goes along
its rows. \\log\\det A is log |det A|. A sum over n of arrays sums their components.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import sympy as sp

from symbackprop.language import matrices
from symbackprop.language.arrays import REDUCTIONS, Array, Names, Place, whole
from symbackprop.language.calls import default_values
from symbackprop.language.definitions import derivative
from symbackprop.language.errors import Unfit
from symbackprop.language.functions import TABLE
from symbackprop.language.latex import functions_of_arrays, products
from symbackprop.language.latex.letters import Info, Letters
from symbackprop.language.latex.products import Lying, Two, Value, elementwise_of, scalar
from symbackprop.language.latex.refusals import LatexError, Misfit, ambiguous, error
from symbackprop.language.latex.tree import (
    Absolute,
    Add,
    Big,
    Call,
    Cases,
    Compare,
    Indexed,
    Inner,
    Kronecker,
    Letter,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Ref,
    Slope,
    Transpose,
    Tree,
    Unit,
    Unknown,
)
from symbackprop.language.nodes import Compare as Relation
from symbackprop.language.nodes import Delta, IsArgmax, Max, Partial, Prod, Sum, Unspecified, Where
from symbackprop.language.powers import function, power
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import fresh, substitute
from symbackprop.language.tensors import Component, Index, Tensor

_X = Tensor("x")
LARGEST_ROOT = 100_000  # SymPy factors what stands under a root


@dataclass
class Elaborator:
    """Reads the trees of one statement. `base` is what its indices count from; `turned` are adjoints in numerator layout."""

    text: str
    letters: Letters
    names: Names
    base: int = 0
    numerator: bool = False

    def value(self, node: Tree) -> Value:
        """What a tree says."""
        try:
            return _RULES[type(node)](self, node)
        except Two as two:
            raise ambiguous(self.text, node.at, f"{two.message} can be read in several ways", two.readings, two.hint) from None
        except Unfit as unfit:
            raise error(self.text, node.at, unfit.message, unfit.hint, Misfit if "fit" in unfit.message else LatexError) from None

    def number(self, node: Tree) -> sp.Expr:
        """What a tree says, which must be a component or a scalar."""
        made = self.value(node)
        if made.rank:
            raise error(self.text, node.at, f"this is {made.described()} where a number is asked for", "write its indices: x_{n,d}")
        return made.array.at(())

    def place(self, node: Tree) -> sp.Expr:
        """What a subscript says: a place, counted from 0."""
        if isinstance(node, Letter):
            return self.index(node)
        if isinstance(node, Ref) and node.tensor.below is not None:
            return self.component(node)
        return sp.expand(self.number(node) - self.base)

    def index(self, node: Letter) -> Index:
        """The typed index that a letter is."""
        info = self.letters.of.get(id(node))
        if info is None or info.name in self.letters.stray:
            hint = f"sum over it: \\sum_{node.name}, put it on the left side, or ask for Einstein's convention"
            raise error(self.text, node.at, f"{node.name} is neither an index here nor anything that the layer has", hint)
        return self.typed(info)

    def typed(self, info: Info) -> Index:
        """The index of a letter, under a name that no tensor has."""
        if info.index is None:
            if info.size is None:
                raise error(self.text, info.at, f"nothing tells the size of the index {info.name}", f"tell it: \\sum_{{{info.name}=1}}^{{N}}")
            made = Index(info.name, info.size)
            if info.name in self.names.reserved:
                made = fresh(made, {*self.names.reserved, *self.names.taken})
                self.names.taken.append(made.name)
            info.index = made
        return info.index

    def component(self, node: Ref) -> sp.Expr:
        """A tensor's component, all of its subscripts being told."""
        made = self.value(node)
        return made.array.at(()) if not made.rank else self.number(node)

    def entries(self, *nodes: Tree) -> list[sp.Expr]:
        """The component of each tree at places that are the same for all."""
        stand_ins = tuple(Index(f"{k}_place", sp.S.One) for k in range(4))
        return [v.array.at(stand_ins[:v.rank]) for v in map(self.value, nodes)]

    def fitted(self, node: Tree, f: Callable[..., sp.Expr]) -> Callable[..., sp.Expr]:
        """f with what can't be carried out told at the node."""
        def made(*arguments: sp.Expr) -> sp.Expr:
            try:
                return f(*arguments)
            except Unfit as unfit:
                raise error(self.text, node.at, unfit.message, unfit.hint) from None
        return made


def _number(_e: Elaborator, node: Number) -> Value:
    return scalar(node.value)


def _letter(e: Elaborator, node: Letter) -> Value:
    return scalar(e.index(node) + e.base)


def _ref(e: Elaborator, node: Ref) -> Value:
    t = node.tensor
    if not node.items:
        made = Value(whole(t)) if t.rank else scalar(Component(t))
        return products.transposed(made) if e.numerator and t.adjoint_of and t.rank in (1, 2) else made
    axes = e.letters.axes.get(id(node), node.ways[0])
    fixed = {axis: e.place(item) for item, axis in zip(node.items, axes, strict=True)}
    for axis, place in fixed.items():
        if place.is_Integer and (place < 0 or (t.sizes[axis].is_Integer and place >= t.sizes[axis])):
            raise error(e.text, node.at, f"place {place + e.base} isn't on axis {axis} of {t!r}", f"indices count from {e.base} here")
    free = [k for k in range(t.rank) if k not in fixed]

    def at(place: Place) -> sp.Expr:
        rest = dict(zip(free, place, strict=True))
        return Component(t, *(fixed[k] if k in fixed else rest[k] for k in range(t.rank)))
    return Value(Array(tuple(t.sizes[k] for k in free), at))


def _unknown(e: Elaborator, node: Unknown) -> Value:
    raise error(e.text, node.at, node.message, node.hint)


def _ones(_e: Elaborator, node: Ones) -> Value:
    if node.size is None:
        return Value(matrices.constant(sp.S.One, (sp.S.One,)), wild=frozenset({0}), loose=True)
    return Value(matrices.constant(sp.S.One, (node.size,)), loose=True)


def _unit(e: Elaborator, node: Unit) -> Value:
    if node.size is None:
        raise error(e.text, node.at, "nothing tells the size of this unit matrix", "write I_D")
    return Value(matrices.unit(node.size))


def _add(e: Elaborator, node: Add) -> Value:
    values = [None if isinstance(t, Unit) and t.size is None else e.value(t) for _, t in node.terms]
    square = next((v for v in values if v is not None and v.rank == 2), None)
    full = [v if v is not None else Value(matrices.unit(square.sizes[0])) if square is not None else e.value(t)
            for v, (_, t) in zip(values, node.terms, strict=True)]
    signs = [sign for sign, _ in node.terms]
    return elementwise_of(lambda *terms: sp.Add(*(t if s > 0 else -t for s, t in zip(signs, terms, strict=True))), full)


def _product(e: Elaborator, node: Product) -> Value:
    if node.op == "/":
        return _quotient(e, node)
    if node.op == "odot":
        return _hadamard(e, node)
    factors, at = _chain(node)
    values = [e.value(f) for _, f in factors if not (isinstance(f, Unit) and f.size is None)]
    ops = [op for op, f in factors if not (isinstance(f, Unit) and f.size is None)]
    if not values:
        raise error(e.text, at, "nothing tells the size of this unit matrix", "write I_D")
    scalars = [v for v in values if v.rank == 0]
    if len(scalars) == len(values):
        return scalar(sp.Mul(*(v.array.at(()) for v in values)))
    ranked = [(op, v) for op, v in zip(ops, values, strict=True) if v.rank]
    made = _matrix_chain(e, node, ranked)
    return elementwise_of(products.multiply_all, [*scalars, made]) if scalars else made


def _matrix_chain(e: Elaborator, node: Product, ranked: Sequence[tuple[str, Value]]) -> Value:
    """The matrix product from left to right; where it doesn't fit and all have one shape, the elementwise one."""
    made = ranked[0][1]
    try:
        for op, v in ranked[1:]:
            if op == "times" and v.rank == made.rank == 1:
                raise error(e.text, node.at, "the cross product isn't read", "write \\odot, or x^\\top y")
            made = products.product(op, made, v, e.names)
    except Unfit as unfit:
        values = [v for _, v in ranked]
        if isinstance(unfit, (Two, Lying)) or max(v.rank for v in values) < 2:
            raise
        with suppress(Unfit):
            return elementwise_of(products.multiply_all, values)
        raise unfit from None
    return made


def _hadamard(e: Elaborator, node: Product) -> Value:
    rights: list[Product] = []
    left: Tree = node
    while isinstance(left, Product) and left.op == "odot":
        rights.append(left)
        left = left.left
    values = [e.value(left)]
    for part in reversed(rights):
        values.append(e.value(part.right))
        if isinstance(part.right, Product) and part.right.op == "":
            _check_grouping(e, part, elementwise_of(products.multiply_all, values[:-1]), values[-1])
    return elementwise_of(products.multiply_all, values)


def _chain(node: Product) -> tuple[list[tuple[str, Tree]], int]:
    factors: list[tuple[str, Tree]] = []
    left: Tree = node
    while isinstance(left, Product) and left.op in ("", "cdot", "times"):
        factors.append((left.op, left.right))
        left = left.left
    factors.append(("", left))
    return factors[::-1], left.at


def _check_grouping(e: Elaborator, node: Product, left: Value, right: Value) -> None:
    """a ⊙ b C is a ⊙ (b C); where (a ⊙ b) C fits as well and both are matrices, that is ambiguous."""
    if not isinstance(node.right, Product) or not left.rank or not right.rank:
        return
    made = elementwise_of(products.multiply, [left, right])
    factors, _ = _chain(node.right)
    values = [e.value(f) for _, f in factors]
    ranked = [v for v in values if v.rank]
    if len(ranked) < 2:
        return
    try:
        other = elementwise_of(products.multiply, [left, ranked[0]])
        for v in ranked[1:]:
            other = products.product("", other, v, e.names)
    except Unfit:
        return
    if len(other.sizes) == len(made.sizes) and all(map(same_size, other.sizes, made.sizes)):
        raise Two("a \\odot b C", ("a \\odot (b C)", "(a \\odot b) C"), "write the brackets")


def _quotient(e: Elaborator, node: Product) -> Value:
    over, under = e.value(node.left), e.value(node.right)
    divide = e.fitted(node, lambda a, b: sp.Mul(a, power(b, sp.S.NegativeOne)))
    if over.rank < under.rank and over.rank:
        raise Unfit(f"{over.described()} divided by {under.described()} doesn't fit", "write the indices")
    if not over.rank and under.rank == 2 and same_size(*under.sizes):
        raise Two("a number divided by a square matrix", ("its inverse", "elementwise"), "write A^{-1}, or the indices")
    return elementwise_of(divide, [over, under])


def _power(e: Elaborator, node: Power) -> Value:
    base, exponent = e.value(node.base), e.number(node.exponent)
    if not base.rank and not exponent.is_integer and (root := base.array.at(())).is_Rational and max(root.p, root.q) > LARGEST_ROOT:
        raise error(e.text, node.at, f"roots of numbers beyond {LARGEST_ROOT:,} aren't read", "write it as a name")
    if isinstance(node.exponent, Letter) and (base.rank or (isinstance(node.base, Ref) and node.base.items)):
        raise Two("an index letter above a tensor", ("a subscript", "a power"), "map it, as in names={'x_j^i': 'x[i,j]'}")
    if isinstance(node.exponent, Number) and exponent in (0, 1):
        raise error(e.text, node.at, f"{exponent} above this can't be a power", "write what belongs to a name in brackets: x^{(1)}")
    raised = e.fitted(node, lambda b: power(b, exponent))
    if base.rank == 2 and not node.elementwise:
        if exponent == -1:
            return Value(matrices.inverse(base.array, e.names))
        if same_size(*base.sizes) and not isinstance(node.base, (Call, Norm)):
            raise Two(f"the power {exponent} of a square matrix", ("the matrix times itself", "elementwise"), "write A A, or A^{\\odot 2}")
    return elementwise_of(raised, [base])


def _transpose(e: Elaborator, node: Transpose) -> Value:
    if isinstance(node.of, Number) and node.of.is_unit:
        return products.transposed(_ones(e, Ones(node.at)))
    made = e.value(node.of)
    if node.inverse:
        made = Value(matrices.inverse(made.array, e.names))
    if made.rank == 0 and not isinstance(node.of, (Product, Add)):
        raise error(e.text, node.at, "this is a number, it has no transpose", "a prime is a derivative on the name of a function: f'(x)")
    return products.transposed(made)


# ---- functions


def _call(e: Elaborator, node: Call) -> Value:
    name = node.name
    if name == "log" and len(node.arguments) == 1 and (of := _determinant_of(e, node.arguments[0])) is not None and not node.primes:
        return Value(matrices.log_determinant(e.value(of).array, e.names))
    values = [e.value(a) for a in node.arguments]
    if node.open:
        if len(values) != 1:
            raise error(e.text, node.at, f"{name} is left open; it takes one argument")
        return elementwise_of(lambda x: Unspecified(name, x, node.primes), values)
    if name == "sqrt":
        return elementwise_of(e.fitted(node, lambda x: power(x, sp.S.Half)), values)
    if name in functions_of_arrays.RULES and not (name in ("max", "min") and len(values) > 1):
        if node.primes or len(values) != functions_of_arrays.COUNT.get(name, 1):
            raise error(e.text, node.at, f"{name} takes one array and has no prime" if node.primes else f"{name} takes another number of arguments")
        return functions_of_arrays.RULES[name](values, e.names)
    if name in ("max", "min"):
        return _extreme(e, node, values)
    return _elementwise(e, node, values)


def _determinant_of(e: Elaborator, node: Tree) -> Tree | None:
    if isinstance(node, Call) and node.name == "det":
        return node.arguments[0]
    if isinstance(node, Absolute):
        inside = _determinant_of(e, node.of) if isinstance(node.of, Call) else None
        return inside or (node.of if isinstance(node.of, Ref) and e.value(node.of).rank == 2 else None)
    return None


def _extreme(e: Elaborator, node: Call, values: Sequence[Value]) -> Value:
    if node.primes:
        raise error(e.text, node.at, f"{node.name} can't have a prime", "write its derivative as an indicator")
    larger = e.fitted(node, lambda a, b: function(f"{node.name}imum", a, b))
    made = values[0]
    for v in values[1:]:
        made = elementwise_of(larger, [made, v])
    return made


def _elementwise(e: Elaborator, node: Call, values: list[Value]) -> Value:
    name = node.name
    if node.primes:
        if len(values) != 1 or node.primes > 1:
            raise error(e.text, node.at, f"this derivative of {name} isn't read", "write its formula")
        slope = _slope_of(name)
        return elementwise_of(lambda x: cast(sp.Expr, substitute(slope, {_X(): x})), values)
    if name in TABLE:
        parameters, defaults = TABLE[name].names, default_values(name)
        values += [scalar(defaults[p]) for p in parameters[len(values):] if p in defaults]
        if len(values) != len(parameters):
            raise error(e.text, node.at, f"{name} takes {TABLE[name].parameters}")
    elif len(values) != 1:
        raise error(e.text, node.at, f"{name} takes one argument", "a product inside needs no comma")
    return elementwise_of(e.fitted(node, lambda *x: function(name, *x)), values)


@cache
def _slope_of(name: str) -> sp.Expr:
    defaults = default_values(name) if name in TABLE else {}
    return derivative(function(name, _X(), *defaults.values()))


# ---- sums and conditions


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
    "sum": lambda x, b: Sum(x, *b), "prod": lambda x, b: Prod(x, *b), "max": lambda x, b: Max(x, *b), "min": lambda x, b: -Max(-x, *b),
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
    return Value(Array(inner.sizes, at, 1 + inner.cost), body.row, body.wild, body.loose)


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
            raise error(e.text, node.at, "these cases leave out a place, or have it twice", "write \\le or \\ge in one of them, or " + settle)
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


# ---- the rest


def _norm(e: Elaborator, node: Norm) -> Value:
    made = e.value(node.of)
    if made.rank == 0:
        return elementwise_of(lambda x: function("abs", x), [made])
    if made.rank > 1 and node.kind in ("1", "2"):
        raise Two(f"the norm {node.kind} of a matrix", ("over its entries", "of the linear map"), "write \\|W\\|_F, or the sum")
    axes = tuple(range(made.rank))
    if node.kind == "1":
        return Value(REDUCTIONS["sum"](elementwise_of(lambda x: function("abs", x), [made]).array, axes, False, e.names))
    return Value(REDUCTIONS["norm"](made.array, axes, False, e.names))


def _absolute(e: Elaborator, node: Absolute) -> Value:
    made = e.value(node.of)
    if made.rank == 2 and same_size(*made.sizes):
        raise Two("bars around a square matrix", ("its determinant", "the absolute value of each entry"), "write \\det A or \\operatorname{abs}(A)")
    return elementwise_of(lambda x: function("abs", x), [made])


def _inner(e: Elaborator, node: Inner) -> Value:
    left, right = e.value(node.left), e.value(node.right)
    made = elementwise_of(products.multiply, [left, right])
    return Value(REDUCTIONS["sum"](made.array, tuple(range(made.rank)), False, e.names)) if made.rank else made


def _slope(e: Elaborator, node: Slope) -> Value:
    by = [e.number(b) for b in node.by]
    for b, said in zip(by, node.by, strict=True):
        if not isinstance(b, Component):
            raise error(e.text, said.at, "a derivative is taken by a component", "write \\frac{\\partial r_i}{\\partial z_j}")
    return scalar(Partial(e.number(node.of), *cast("list[Component]", by)))


def _kronecker(e: Elaborator, node: Kronecker) -> Value:
    return scalar(Delta(e.place(node.left), e.place(node.right)))


def _indexed(e: Elaborator, node: Indexed) -> Value:
    made = e.value(node.of)
    if len(node.items) != made.rank:
        raise error(e.text, node.at, f"this is {made.described()}, here it has {len(node.items)} subscripts" if made.rank else
                    "a number has no subscripts", "write one index for each axis")
    place = tuple(e.place(i) for i in node.items)
    for k, (p, item) in enumerate(zip(place, node.items, strict=True)):
        if isinstance(p, Index) and not same_size(p.size, made.sizes[k]) and k not in made.wild:
            raise error(e.text, item.at, f"the index {p.name} runs over {p.size}, this axis over {made.sizes[k]}", "mind the order of the indices")
    return scalar(made.array.at(place))


_RULES: dict[type, Callable[[Elaborator, Any], Value]] = {
    Number: _number, Letter: _letter, Ref: _ref, Unknown: _unknown, Ones: _ones, Unit: _unit, Add: _add, Product: _product, Power: _power,
    Transpose: _transpose, Call: _call, Big: _big, Compare: _compare, Cases: _cases, Norm: _norm, Absolute: _absolute, Inner: _inner, Slope: _slope,
    Kronecker: _kronecker, Indexed: _indexed,
}
