"""Sizes, typed indices, tensors and their components.

    N           Dim         a symbolic size, at least 1, that may also stand as a number
    n           Index       an index over 0, ..., size - 1; it knows its size
    x[N, D]     Tensor      a named array with a size for each axis, and what is assumed of it
    x[n, d]     Component   one component; a subscript that leaves its range reads 0

Everything is a SymPy object, real-valued and immutable. A subscript is an index expression: an
integer polynomial in sizes, indices and components of integer tensors.
"""
from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, cast

import sympy as sp

SIGNS = ("positive", "nonnegative", "negative", "nonpositive", "nonzero")


def expression(value: sp.Basic | int | Fraction) -> sp.Expr:
    """A number as a SymPy number, an expression as it is; nothing else is let in, text least of all."""
    if isinstance(value, sp.Expr):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise TypeError(f"{value!r} is neither an expression nor an exact number")
    return sp.Integer(value) if isinstance(value, int) else sp.Rational(value.numerator, value.denominator)


def _text(size: sp.Expr) -> str:
    return str(size.name if isinstance(size, sp.Symbol) else size)


_DIMS: dict[str, Dim] = {}
_INDICES: dict[tuple[str, sp.Expr], Index] = {}


class Dim(sp.Symbol):
    """A symbolic size N ∈ {1, 2, 3, ...}; it may also stand in expressions as a number."""

    __slots__ = ()

    def __new__(cls, name: str) -> Dim:
        made = _DIMS.get(name)
        if made is None:
            made = _DIMS[name] = cast(Dim, sp.Symbol.__xnew__(cls, name, integer=True, positive=True))
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.name,), {}


class Index(sp.Symbol):
    """An index i that runs over 0, 1, ..., size − 1. Two indices are the same if name and size are."""

    __slots__ = ("_size_text", "size")
    size: sp.Expr

    def __new__(cls, name: str, size: sp.Expr | int) -> Index:
        size = expression(size)
        made = _INDICES.get((name, size))
        if made is None:
            made = _INDICES[name, size] = cast(Index, sp.Symbol.__xnew__(cls, name, integer=True, nonnegative=True))
            made.size, made._size_text = size, str(size)
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self._size_text)

    def __getnewargs_ex__(self) -> tuple[tuple[str, sp.Expr], dict[str, Any]]:
        return (self.name, self.size), {}


class Tensor(sp.Basic):
    """A named array of real numbers with a size for each axis; a scalar has no axes.

    `sign` is a declared assumption on every component (one of SIGNS, or "").
    `below` is the size that an integer tensor indexes: its components are in {0, ..., below − 1}.
    `values` is the finite set of values a component may take, () if it is not restricted.
    `adjoint_of` names the variable v where this tensor is ∂C/∂v, else "".
    `initial` says that an equation defines it at places before its range (h[-1] = h0), which then don't read 0.
    `gaps` says that its equation may have no value at some places (the log of a negative number), where 0 times it isn't 0.
    """

    __slots__ = ("_content", "adjoint_of", "below", "gaps", "initial", "name", "sign", "sizes", "values")
    name: str
    sizes: tuple[sp.Expr, ...]
    sign: str
    below: sp.Expr | None
    values: tuple[sp.Rational, ...]
    adjoint_of: str
    initial: bool
    gaps: bool

    def __new__(cls, name: str, *sizes: sp.Expr | int, sign: str = "", below: sp.Expr | None = None,
                values: Iterable[sp.Rational] = (), adjoint_of: str = "", initial: bool = False, gaps: bool = False) -> Tensor:
        if sign and sign not in SIGNS:
            raise ValueError(f"the sign of {name} is {sign!r}; it should be one of {', '.join(SIGNS)}")
        made = cast(Tensor, super().__new__(cls))
        made.name, made.sign, made.below, made.adjoint_of, made.initial = name, sign, below, adjoint_of, initial
        made.sizes, made.gaps = tuple(expression(s) for s in sizes), gaps
        made.values = tuple(values)
        made._content = (name, ",".join(map(_text, made.sizes)), sign, str(below), str(made.values), adjoint_of, initial, gaps)
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        # Text only: SymPy orders terms by comparing these, and expressions have no order.
        content: tuple[Any, ...] = self._content
        return content

    def sort_key(self, order: Any = None) -> Any:
        return self.class_key(), (1, (self.name,)), sp.S.One.sort_key(), sp.S.One

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.name, *self.sizes), {"sign": self.sign, "below": self.below, "values": self.values,
                                          "adjoint_of": self.adjoint_of, "initial": self.initial, "gaps": self.gaps}

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.sizes)

    def starting(self) -> Tensor:
        """The same tensor with `initial` set."""
        return self.having(initial=True)

    def having(self, **facts: Any) -> Tensor:
        """The same tensor with some of its facts (name, sizes, sign, ...) changed."""
        place, said = self.__getnewargs_ex__()
        name, sizes = facts.pop("name", place[0]), facts.pop("sizes", place[1:])
        return Tensor(name, *sizes, **{**said, **facts})

    @property
    def is_integer_valued(self) -> bool:
        """Whether its components index something."""
        return self.below is not None

    def adjoint(self) -> Tensor:
        """The tensor ∂C/∂v of this variable v, named dv and shaped like v."""
        return Tensor("d" + self.name, *self.sizes, adjoint_of=self.name)

    def __getitem__(self, indices: Any) -> Component:
        return Component(self, *(indices if isinstance(indices, tuple) else (indices,)))

    def __call__(self) -> Component:
        """The component of a scalar."""
        return Component(self)

    def __repr__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.sizes))}]" if self.sizes else self.name

    def _sympystr(self, _printer: Any) -> str:
        return self.name


class TensorNode(sp.Expr):
    """What all our nodes share: real, commutative, and rebuilt from their arguments."""

    __slots__ = ()
    is_commutative = True
    is_real = True  # for the class, so that SymPy need not deduce of each node that it isn't infinite

    def _eval_is_polynomial(self, _symbols: Any) -> bool:
        # A node may depend on a size without holding it; SymPy must not take it for a constant and differentiate.
        return False

    _eval_is_rational_function = _eval_is_polynomial

    def _eval_derivative(self, s: Any) -> sp.Expr:
        if isinstance(s, Dim):  # asked by SymPy itself when it wonders about a sign: it then concludes nothing
            return sp.nan
        raise TypeError("SymPy does not know how to differentiate tensor nodes; use symbackprop.derive")


class Component(TensorNode):
    """x[i, j, ...]: one component of a tensor. A subscript that leaves its range reads 0."""

    __slots__ = ()

    def __new__(cls, tensor: Tensor, *indices: sp.Expr | int) -> Component:
        if len(indices) != tensor.rank:
            raise ValueError(f"{tensor.name} has {tensor.rank} axes {list(tensor.sizes)} "
                             f"but {len(indices)} subscripts {list(indices)}")
        return cast(Component, sp.Expr.__new__(
            cls, tensor, *map(expression, indices)))

    @property
    def tensor(self) -> Tensor:
        """The tensor it belongs to."""
        return cast(Tensor, self.args[0])

    @property
    def indices(self) -> tuple[sp.Expr, ...]:
        """Its subscripts."""
        return cast("tuple[sp.Expr, ...]", self.args[1:])

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return set().union(*(i.free_symbols for i in self.indices))

    def _eval_is_positive(self) -> bool | None:
        return True if self.tensor.sign == "positive" else None

    def _eval_is_negative(self) -> bool | None:
        return True if self.tensor.sign == "negative" else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.tensor.sign in ("positive", "nonnegative") else None

    def _eval_is_integer(self) -> bool | None:
        return True if self.tensor.is_integer_valued else None

    def _sympystr(self, printer: Any) -> str:
        inside = ", ".join(printer._print(i) for i in self.indices)
        return f"{self.tensor.name}[{inside}]" if self.indices else self.tensor.name


