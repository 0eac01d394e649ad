"""Expressions to the plain notation: one kind of node after the other.

Factors stand in an order that reads well: numbers, sizes, coefficients, then as the indices stand in the result. A bound
index whose size no plain subscript tells is written with it, sum[p in P](...); an index at an axis of another
size, which may leave the range, is written x[i + 0]. SymPy's |x| is written as abs(x), the function of the table.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, cast

import sympy as sp

from symbackprop.language.arrangement import arranged_factors, arranged_terms, is_negative, reading_order
from symbackprop.language.calls import default_values
from symbackprop.language.functions import PRIMITIVES, TABLE, FieldFunction
from symbackprop.language.nodes import (
    BINDERS,
    Binder,
    Compare,
    Delta,
    InRange,
    Inverse,
    IsArgmax,
    MatrixBinder,
    Partial,
    Unspecified,
    Where,
)
from symbackprop.language.scope import SYMBOLS
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import fresh, substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor

COMPARISON, SUM, PRODUCT, POWER, ATOM = range(5)
_NAMES: dict[Any, str] = {f: name for name, f in PRIMITIVES.items()}


@dataclass(frozen=True)
class _Context:
    # `order`: the index names as they stand in the result; `untold`: tensors whose axes tell no size here.
    order: tuple[str, ...] = ()
    untold: Collection[str] = ()


_Written = tuple[str, int]


def write(expression: sp.Expr, order: Iterable[Index] = (), untold: Collection[str] = ()) -> str:
    """The expression in plain notation; `order` is that of its free indices on the left side, for the order of factors.

    `untold` are tensors that aren't known where the expression stands, so that their axes tell no size. Raises
    TypeError for what the notation has no words for.
    """
    names = tuple(i.name for i in order) or reading_order(expression)
    return _write(expression, _Context(names, untold))[0]


def _write(e: Any, context: _Context) -> _Written:
    for kind, writer in _WRITERS.items():
        if isinstance(e, kind):
            return writer(e, context)
    raise TypeError(f"the notation has no words for {type(e).__name__} ({e})")


def _at_least(e: Any, level: int, context: _Context) -> str:
    text, own = _write(e, context)
    return text if own >= level else f"({text})"


def _plain(e: Any, context: _Context) -> str:
    return _write(e, context)[0]


def _number(e: sp.Rational, _context: _Context) -> _Written:
    return str(e), SUM if e < 0 else ATOM if e.q == 1 else PRODUCT


def _symbol(e: Any, _context: _Context) -> _Written:
    if not isinstance(e, (Dim, Index)) and SYMBOLS.get(e.name) != e:
        raise TypeError(f"the notation has no words for the symbol {e.name}")
    return e.name, ATOM


def _add(e: sp.Add, context: _Context) -> _Written:
    parts = []
    for term in arranged_terms(e.args, context.order):
        negative = is_negative(term)
        text = _at_least(-term if negative else term, PRODUCT, context)
        parts.append((" - " if negative else " + ") + text)
    return ("-" if parts[0][1] == "-" else "") + parts[0][3:] + "".join(parts[1:]), SUM


def _mul(e: sp.Mul, context: _Context) -> _Written:
    number, factors = e.as_coeff_mul()
    over: list[sp.Expr] = []
    under: list[sp.Expr] = []
    for factor in arranged_factors(factors, context.order):
        below = denominator(factor)
        (over if below is None else under).append(factor if below is None else below)
    numbers = [str(abs(number.p))] if abs(number.p) != 1 or not over else []
    above = "*".join([*numbers, *(_factor(f, context) for f in over)])
    below_numbers = [str(number.q)] if number.q != 1 else []
    below_texts = [*below_numbers, *(_at_least(f, POWER, context) for f in under)]
    text = above + (f"/({'*'.join(below_texts)})" if len(below_texts) > 1 else "".join("/" + t for t in below_texts))
    return ("-" + text, SUM) if number < 0 else (text, PRODUCT)


def _factor(e: sp.Expr, context: _Context) -> str:
    # A factor that is itself a quotient or a floor quotient stands in parentheses.
    return _at_least(e, POWER, context)


def denominator(factor: sp.Expr) -> sp.Expr | None:
    """What stands under the bar for this factor: √v for v^(−1/2); None if it stands above."""
    if isinstance(factor, sp.Pow) and not isinstance(factor, sp.exp) and factor.exp.is_Rational and factor.exp < 0:
        return cast(sp.Expr, sp.Pow(factor.base, -factor.exp))
    return None


def _pow(e: sp.Pow, context: _Context) -> _Written:
    below = denominator(e)
    if below is not None:
        return "1/" + _at_least(below, POWER, context), PRODUCT
    if e.exp == sp.S.Half:
        return f"sqrt({_plain(e.base, context)})", ATOM
    return f"{_at_least(e.base, ATOM, context)}**{_at_least(e.exp, ATOM, context)}", POWER


def _component(e: Component, context: _Context) -> _Written:
    return e.tensor.name + bracketed([_subscript(i, size, context) for i, size in zip(e.indices, e.tensor.sizes, strict=True)]), ATOM


def _subscript(index: sp.Expr, size: sp.Expr, context: _Context) -> str:
    text = _plain(index, context)
    return f"{text} + 0" if isinstance(index, Index) and not same_size(index.size, size) else text


def bracketed(texts: list[str]) -> str:
    """[n,d], [n, 2*i + p]; nothing for a scalar."""
    if not texts:
        return ""
    return f"[{(', ' if any(' ' in t for t in texts) else ',').join(texts)}]"


def told(e: sp.Basic, untold: Collection[str] = ()) -> set[Index]:
    """The indices that stand free in a plain subscript, on an axis of their own size."""
    found: set[Index] = set()
    stack: list[sp.Basic] = [e]
    while stack:
        node = stack.pop()
        if isinstance(node, Component):
            if node.tensor.name not in untold:
                axes = zip(node.indices, node.tensor.sizes, strict=True)
                found.update(i for i, s in axes if isinstance(i, Index) and same_size(i.size, s))
            stack.extend(node.indices)
        elif isinstance(node, BINDERS):
            found |= told(node.body, untold) - set(node.bound)
            stack.extend(getattr(node, "at", ()))
        else:
            stack.extend(node.args)
    return found


def bound_text(index: Index, known: set[Index]) -> str:
    """An index letter where it is bound, with its size unless it is known."""
    return index.name if index in known else f"{index.name} in {write(index.size)}"


def _bound(e: Any, context: _Context) -> tuple[str, str, Any]:
    """The bound indices and the body, as text; and the node, with an index renamed that would catch a free one."""
    e = _without_clash(e)
    known = told(e.body, context.untold)
    texts = [bound_text(i, known) for i in e.bound]
    inner = _Context((*(n for n in context.order if n not in {i.name for i in e.bound}), *(i.name for i in e.bound)), context.untold)
    return (", " if any(" " in t for t in texts) else ",").join(texts), _plain(e.body, inner), e


def _without_clash(e: Any) -> Any:
    free = {s.name for s in e.body.free_symbols if isinstance(s, Index) and s not in e.bound}
    names = [i.name for i in e.bound]
    if not free.intersection(names) and len(set(names)) == len(names):
        return e
    taken = {*free, *names}
    new: list[Index] = []
    for index in e.bound:
        new.append(fresh(index, taken) if index.name in free or index.name in {n.name for n in new} else index)
        taken.add(new[-1].name)
    return e.func(substitute(e.body, dict(zip(e.bound, new, strict=True))), *new, *getattr(e, "at", ()))


def _binder(e: Binder, context: _Context) -> _Written:
    bound, body, _ = _bound(e, context)
    return f"{e.symbol}[{bound}]({body})", ATOM


def _matrix_binder(e: MatrixBinder, context: _Context) -> _Written:
    bound, body, _ = _bound(e, context)
    at = bracketed([_plain(i, context) for i in e.at]) if isinstance(e, Inverse) else ""
    return f"{e.symbol}[{bound}]({body}){at}", ATOM


def _is_argmax(e: IsArgmax, context: _Context) -> _Written:
    bound, body, _ = _bound(e, context)
    at = [_plain(i, context) for i in e.at]
    return f"argmax[{bound}]({body}) == {at[0] if len(at) == 1 else '(' + ', '.join(at) + ')'}", COMPARISON


def _compare(e: Compare, context: _Context) -> _Written:
    left, right = (_at_least(a, SUM, context) for a in e.args)
    return f"{left} {e.relation} {right}", COMPARISON


def _in_range(e: InRange, context: _Context) -> _Written:
    place, size = (_at_least(a, SUM, context) for a in e.args)
    return f"0 <= {place} < {size}", COMPARISON


def _call(name: str, arguments: Iterable[sp.Expr], context: _Context) -> _Written:
    return f"{name}({', '.join(_plain(a, context) for a in arguments)})", ATOM


def _field_function(e: FieldFunction, context: _Context) -> _Written:
    name = type(e).__name__
    names, defaults, arguments = TABLE[name].names, default_values(name), list(e.args)
    while arguments and defaults.get(names[len(arguments) - 1]) == arguments[-1]:
        arguments.pop()
    return _call(name, arguments, context)


def _floor(e: sp.floor, context: _Context) -> _Written:
    over, under = sp.fraction(sp.together(e.args[0]))
    return f"{_at_least(over, POWER, context)}//{_at_least(under, POWER, context)}", PRODUCT


_WRITERS: dict[Any, Callable[[Any, _Context], _Written]] = {
    Component: _component,
    sp.Rational: _number,
    sp.Symbol: _symbol,
    sp.Add: _add,
    sp.Mul: _mul,
    sp.exp: lambda e, c: _call("exp", e.args, c),
    sp.Pow: _pow,
    FieldFunction: _field_function,
    Binder: _binder,
    MatrixBinder: _matrix_binder,
    IsArgmax: _is_argmax,
    Delta: lambda e, c: _call("delta", e.args, c),
    InRange: _in_range,
    Compare: _compare,
    Where: lambda e, c: _call("where", e.args, c),
    Partial: lambda e, c: _call("d", e.args, c),
    Unspecified: lambda e, c: _call(e.name + "'"*e.order, e.args, c),
    sp.floor: _floor,
    sp.Abs: lambda e, c: _call("abs", e.args, c),
    type(sp.pi): lambda _e, _c: ("pi", ATOM),
    type(sp.E): lambda _e, _c: ("exp(1)", ATOM),
    Tensor: lambda e, _c: (e.name, ATOM),
    tuple(_NAMES): lambda e, c: _call(_NAMES[e.func], e.args, c),
}
