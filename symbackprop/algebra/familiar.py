"""Functions that somebody wrote out in pieces, recognised: what equals σ(u) for every u is given that name.

    z = where(u < 0, exp(u), exp(−u)),  where(u < 0, z, 1)/(1 + z)     is σ(u)
    relu(u) + log(1 + exp(−|u|))                                       is softplus(u)

Only smooth functions are looked for, and only where comparisons, kinks or quotients of exponentials stand; numbers propose,
a proof decides. The value of every expression stays what it is: proofs about it become shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations

import numpy as np
import sympy as sp

from symbackprop.algebra.canonical import size_of
from symbackprop.algebra.equality import prove
from symbackprop.language.domains import FLOAT64, Array
from symbackprop.language.equations import Equation
from symbackprop.language.functions import CLASSES, TABLE, FieldFunction
from symbackprop.language.nodes import Compare, InRange, Where
from symbackprop.language.numpy_source.bounds import in_range
from symbackprop.language.substitution import mapped, substitute, tensors
from symbackprop.language.tensors import Component, Dim, Index, Tensor
from symbackprop.language.values import Scope, evaluate, laid_out

POINTS = np.array([-2.3, -1.1, -0.4, 0.0, 0.3, 0.9, 2.7])
CLOSE = 1e-11
MOST_NODES = 120
"""Larger expressions are not looked at."""
MOST_PARTS = 6
"""Of so many factors or terms each selection is looked at."""
FACTORS = (1, -1, 2, -2)
"""f(u), f(−u), f(2u), f(−2u) are looked for: tanh(u) may be written σ(2u) − σ(−2u)."""

_SIZE = Dim("K")
_PLACE = Index("k", _SIZE)
_U = Component(Tensor("u", _SIZE), _PLACE)
_SMOOTH = tuple(name for name, row in TABLE.items() if not row.kinks and len(row.names) == 1 and name not in ("step", "sign", "softsign"))


def named(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The equations, in order, with smooth functions of one component by their names."""
    known: dict[Tensor, _Unary] = {}
    made = []
    for equation in equations:
        right = _named(equation.right, _Known(known))
        made.append(Equation(equation.left, right, equation.text) if right is not equation.right else equation)
        if _defines(equation) and equation.tensor not in known and (found := _unary(right, _Known(known))) is not None:
            known[equation.tensor] = _Unary(equation.left, *found)
    return tuple(made)


def _defines(equation: Equation) -> bool:
    """Whether it says at every place what a tensor is by others."""
    plain = all(isinstance(i, Index) for i in equation.left.indices)
    return plain and not equation.is_boundary and equation.tensor not in tensors(equation.right)


@dataclass(frozen=True)
class _Unary:
    """A tensor whose component `left` is a function, `said` of u, of one other component."""

    left: Component
    leaf: Component
    said: sp.Expr


@dataclass(frozen=True)
class _Known:
    """The tensors that are such functions, and the places that are on axes of these sizes where they are met."""

    functions: Mapping[Tensor, _Unary]
    places: frozenset[tuple[sp.Expr, sp.Expr]] = frozenset()

    def function(self, part: Component) -> _Unary | None:
        """The function that a component is: outside its axes it would be 0."""
        there = zip(part.indices, part.tensor.sizes, strict=True)
        return self.functions.get(part.tensor) if all(in_range(i, s) or (i, s) in self.places for i, s in there) else None

    def within(self, conditions: Iterable[sp.Expr]) -> _Known:
        """The same where places are on their axes."""
        told = frozenset(c.args for c in conditions if isinstance(c, InRange))
        return _Known(self.functions, self.places | told) if told else self


def _unary(e: sp.Expr, known: _Known) -> tuple[Component, sp.Expr] | None:
    """The one component that an expression is a function of, and the expression with u for it; None for any other."""
    mapping: dict[sp.Expr, sp.Expr] = {}
    leaves: set[Component] = set()
    for part in _parts(e):
        if part is None:
            return None
        leaf, said = part, sp.S(_U)
        if (own := known.function(part)) is not None:
            leaf = substitute(own.leaf, dict(zip(own.left.indices, part.indices, strict=True)))
            said = own.said
        leaves.add(leaf)
        mapping[part] = said
    return (leaves.pop(), substitute(e, mapping)) if len(leaves) == 1 else None


def _parts(e: sp.Basic) -> list[Component | None]:
    """The components of an expression, and None for whatever else says something of places."""
    if isinstance(e, Component):
        return [e]
    if isinstance(e, (sp.Add, sp.Mul, sp.Pow, sp.exp, sp.log, FieldFunction, Compare, Where, sp.erf, sp.atan)):
        return [p for a in e.args for p in _parts(a)]
    return [] if e.is_Number or isinstance(e, sp.NumberSymbol) else [None]


def _named(e: sp.Expr, known: _Known) -> sp.Expr:
    """The expression with every part that is such a function by its name."""
    if not e.args or isinstance(e, (Component, Index)):
        return e
    found = _unary(e, known)
    if found is not None and (function := _function(found[1])) is not None:
        return function(found[0])
    if isinstance(e, Where):
        condition, then, other = e.args
        parts = (_named(condition, known), _named(then, known.within([condition])), _named(other, known))
        made = e if all(a is b for a, b in zip(parts, e.args, strict=True)) else Where(*parts)
    elif isinstance(e, (sp.Mul, sp.Add)):
        made = _grouped(e, known.within(e.args) if isinstance(e, sp.Mul) else known)
    else:
        made = mapped(e, lambda a: _named(a, known))
    if made is e or (found := _unary(made, known)) is None or (function := _proved(found[1])) is None:
        return made
    return function(found[0])


def _grouped(e: sp.Expr, known: _Known) -> sp.Expr:
    """Factors or terms that depend on one component only, taken together."""
    groups: dict[Component, list[sp.Expr]] = {}
    rest = []
    for part in e.args:
        found = _unary(part, known)
        if found is None:
            rest.append(part)
        else:
            groups.setdefault(found[0], []).append(part)
    made = []
    for parts in groups.values():
        made += _together(e.func, parts, known)
    made += [_named(p, known) for p in rest]
    return e if set(made) == set(e.args) else e.func(*made)


def _together(func: Callable[..., sp.Expr], parts: list[sp.Expr], known: _Known) -> list[sp.Expr]:
    """Factors or terms of one component, with those that make up a function together by its name; as many as can be."""
    for count in range(len(parts), 1, -1):
        for chosen in combinations(parts, count) if len(parts) <= MOST_PARTS else ():
            whole = _unary(func(*chosen), known)
            function = None if whole is None else _function(whole[1])
            if whole is not None and function is not None:
                left = [p for p in parts if p not in chosen]
                return [function(whole[0]), *_together(func, left, known)]
    return [_named(p, known) for p in parts]


# ---- one function --------------------------------------------------------------------------------------------------------


_REFLECTED: dict[str, Callable[[sp.Expr], sp.Expr]] = {"sigmoid": lambda f: 1 - f, "tanh": lambda f: -f}
"""f(−u) by f(u), where that is how it is written."""


@dataclass(frozen=True)
class _Function:
    name: str
    factor: int

    def __call__(self, u: sp.Expr) -> sp.Expr:
        if self.factor > 0 or self.name not in _REFLECTED:
            return CLASSES[self.name](self.factor * u)
        return _REFLECTED[self.name](CLASSES[self.name](-self.factor * u))


def _function(said: sp.Expr) -> _Function | None:
    """The smooth function that an expression in u, with comparisons or kinks in it, is for every u; None for none."""
    if not _has_pieces(said) or size_of(said) > MOST_NODES:
        return None
    return _proved(said)


def _has_pieces(e: sp.Basic) -> bool:
    # Comparisons, kinks, or a quotient of exponentials.
    if isinstance(e, sp.Pow) and e.exp.is_negative and e.base.has(sp.exp):
        return True
    if isinstance(e, (Where, Compare)) or (isinstance(e, FieldFunction) and (e.entry.kinks or e.entry.name in ("step", "sign"))):
        return True
    return any(_has_pieces(a) for a in e.args)


@lru_cache(maxsize=512)
def _proved(said: sp.Expr) -> _Function | None:
    values = _values(said)
    if values is None or np.ptp(values) < CLOSE:
        return None
    for function, others in _table().items():
        if np.all(np.abs(values - others) <= CLOSE * (1 + np.abs(others))) and prove(said, function(_U)) is not None:
            return function
    return None


def _values(e: sp.Expr) -> Array | None:
    scope = Scope(FLOAT64, {"u": POINTS}, {"K": len(POINTS)}, symbols={"step0": 0.0, "sign0": 0.0})
    with scope.domain.context():
        try:
            made = np.asarray(laid_out(evaluate(e, scope), (_PLACE,), scope), dtype=np.float64)
        except (ValueError, TypeError, ArithmeticError, KeyError, NotImplementedError):
            return None
    return made if made.shape == POINTS.shape and np.all(np.isfinite(made)) else None


@cache
def _table() -> dict[_Function, Array]:
    found = {}
    for name in _SMOOTH:
        for factor in FACTORS:
            function = _Function(name, factor)
            values = _values(function(_U))
            if values is not None:
                found[function] = values
    return found


__all__ = ["named"]
