"""Array expressions and how they are written: x.T @ dz, (y - t)/N, sum(dy*xhat, axis=1, keepdims=True).

An `Array` is a node and its axes: which index each axis runs over, None for an axis of size 1 that
broadcasts. Axes are aligned at the right, as NumPy has it. `*`, `/` and `@` have one precedence and
associate to the left; a factor without axes commutes with `@`, so that c*A @ B needs no parentheses.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, singledispatch

from symbackprop.language.tensors import Index

Axes = tuple[Index | None, ...]


@dataclass(frozen=True)
class Name:
    """A name or a number: x, N, 2, 0.5. An upstream gradient is written before its equals."""

    text: str
    upstream: bool = False


@dataclass(frozen=True)
class Call:
    """f(a, b, ...)."""

    function: str
    arguments: tuple[Array, ...]


@dataclass(frozen=True)
class Shape:
    """(N, D), the shape of an array."""

    sizes: tuple[Array, ...]


@dataclass(frozen=True)
class Reduction:
    """sum, prod or max over the places `over` of the axes; over all of them if it is ()."""

    function: str
    of: Array
    over: tuple[int, ...] = ()
    keepdims: bool = False


@dataclass(frozen=True)
class Transposed:
    """a.T: the axes in reverse order; a.mT: the last two swapped."""

    of: Array
    attribute: str = "T"


@dataclass(frozen=True)
class Expanded:
    """a[:, None]: a new axis of size 1 wherever the pattern has False."""

    of: Array
    pattern: tuple[bool, ...]


@dataclass(frozen=True)
class Picked:
    """E[t, :]: the components at the places that integer arrays say, whole axes behind them."""

    of: Array
    places: tuple[Array, ...]


@dataclass(frozen=True)
class MatMul:
    """a @ b."""

    left: Array
    right: Array


@dataclass(frozen=True)
class Product:
    """± factor * factor * ... / (divisor * ...), elementwise."""

    factors: tuple[Array, ...]
    divisors: tuple[Array, ...] = ()
    negative: bool = False


@dataclass(frozen=True)
class Total:
    """term + term + ..., elementwise; a negative product is subtracted."""

    terms: tuple[Array, ...]


@dataclass(frozen=True)
class Power:
    """base ** exponent, elementwise."""

    base: Array
    exponent: Array


@dataclass(frozen=True)
class Comparison:
    """(left < right) or the like: 1 where it holds, else 0."""

    relation: str
    left: Array
    right: Array


Node = Name | Call | Shape | Reduction | Transposed | Expanded | Picked | MatMul | Product | Total | Power | Comparison


@dataclass(frozen=True)
class Array:
    """An array expression and the index of each of its axes."""

    node: Node
    axes: Axes = ()

    @cached_property
    def cost(self) -> int:
        """How much stands between it and its plain reading: transpositions above all."""
        own = {Transposed: 8, Expanded: 3, MatMul: 1, Reduction: 1}.get(type(self.node), 0)
        kept = isinstance(self.node, Reduction) and self.node.keepdims
        return own + kept + sum(child.cost for child in children(self.node))

    @cached_property
    def upstream(self) -> bool:
        """Whether an upstream gradient stands in it."""
        return self.node.upstream if isinstance(self.node, Name) else any(c.upstream for c in children(self.node))

    @cached_property
    def written(self) -> tuple[str, int]:
        """Its text within an expression, and the precedence of its last operation."""
        return _written(self.node)


def children(node: Node) -> Iterator[Array]:
    """The arrays that a node is made of."""
    match node:
        case Call(_, parts) | Shape(parts):
            yield from parts
        case Reduction(of=of) | Transposed(of=of) | Expanded(of=of):
            yield of
        case Picked(of, places):
            yield from (of, *places)
        case MatMul(left, right) | Power(left, right) | Comparison(_, left, right):
            yield from (left, right)
        case Product(factors, divisors):
            yield from (*factors, *divisors)
        case Total(terms):
            yield from terms


COMPARE, SUM, TERM, SIGN, POWER, ATOM = range(6)


def text(array: Array) -> str:
    """The expression in the project's notation, with no more parentheses than Python needs."""
    if isinstance(array.node, Product):
        return _product(array.node, spaced=True)[0]
    return array.written[0]


def _inside(array: Array, least: int) -> str:
    # Parentheses where the precedence is lower than what stands around it.
    written, precedence = array.written
    return written if precedence >= least else f"({written})"


@singledispatch
def _written(node: Node) -> tuple[str, int]:
    raise TypeError(f"{node!r} is no array expression")


@_written.register
def _(node: Name) -> tuple[str, int]:
    return node.text, ATOM


@_written.register
def _(node: Call) -> tuple[str, int]:
    return f"{node.function}({', '.join(_inside(a, COMPARE) for a in node.arguments)})", ATOM


@_written.register
def _(node: Shape) -> tuple[str, int]:
    return f"({', '.join(_inside(s, SUM) for s in node.sizes)})", ATOM


@_written.register
def _(node: Reduction) -> tuple[str, int]:
    over = f", axis={node.over[0] if len(node.over) == 1 else node.over}" if node.over else ""
    kept = ", keepdims=True" if node.keepdims else ""
    return f"{node.function}({_inside(node.of, COMPARE)}{over}{kept})", ATOM


@_written.register
def _(node: Transposed) -> tuple[str, int]:
    return f"{_inside(node.of, ATOM)}.{node.attribute}", ATOM


@_written.register
def _(node: Expanded) -> tuple[str, int]:
    return f"{_inside(node.of, ATOM)}[{', '.join(':' if old else 'None' for old in node.pattern)}]", ATOM


@_written.register
def _(node: Picked) -> tuple[str, int]:
    whole = [":"]*(len(node.of.axes) - len(node.places))
    return f"{_inside(node.of, ATOM)}[{', '.join([*(_inside(p, SUM) for p in node.places), *whole])}]", ATOM


@_written.register
def _(node: Power) -> tuple[str, int]:
    return f"{_inside(node.base, ATOM)}**{_inside(node.exponent, ATOM)}", POWER


@_written.register
def _(node: Comparison) -> tuple[str, int]:
    return f"{_inside(node.left, SUM)} {node.relation} {_inside(node.right, SUM)}", COMPARE


@_written.register
def _(node: Total) -> tuple[str, int]:
    first, *rest = (_inside(term, TERM) for term in node.terms)
    return first + "".join(f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in rest), SUM


@_written.register
def _(node: MatMul) -> tuple[str, int]:
    left = _product(node.left.node, spaced=True)[0] if isinstance(node.left.node, Product) else _inside(node.left, TERM)
    return f"{left} @ {_inside(node.right, SIGN)}", TERM


@_written.register
def _(node: Product) -> tuple[str, int]:
    return _product(node, spaced=False)


def _product(node: Product, spaced: bool) -> tuple[str, int]:
    # A long bracket reads best last: gamma/(N*s) * (N*dy - ... - ...).
    *before, last = node.factors or (Array(Name("1")),)
    sign = "-" if node.negative else ""
    has_front = any(b.axes for b in before) and any(d.axes for d in node.divisors)
    if has_front and isinstance(last.node, Total) and len(last.node.terms) > 2:
        front = _quotient(tuple(before), node.divisors, False)
        return sign + front + (" * " if spaced else "*") + _inside(last, SIGN), TERM
    written = sign + _quotient((*before, last), node.divisors, spaced)
    return written, TERM if node.divisors or before else SIGN


def _quotient(factors: tuple[Array, ...], divisors: tuple[Array, ...], spaced: bool) -> str:
    above, spaced = _factors(factors, spaced)
    if not divisors:
        return above
    below = _inside(divisors[0], SIGN) if len(divisors) == 1 else f"({_factors(divisors, False)[0]})"
    return above + (" / " if spaced else "/") + below


def _factors(factors: tuple[Array, ...], spaced: bool) -> tuple[str, bool]:
    # Scalars stand close to what they scale; an @ behind scalars alone needs no parentheses.
    scalars = [f for f in factors if not f.axes]
    arrays = [f for f in factors if f.axes]
    has_matmul = bool(arrays) and isinstance(arrays[0].node, MatMul)
    spaced = has_matmul or (spaced and len(arrays) > 1)
    alone = len(factors) == 1
    close = [_inside(s, TERM if alone else SIGN) for s in scalars]
    wide = [_inside(a, TERM if (has_matmul and p == 0) or alone else SIGN) for p, a in enumerate(arrays)]
    joined = (" * " if spaced else "*").join(wide)
    return "*".join([*close, joined] if wide else close), spaced
