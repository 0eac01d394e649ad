"""The nodes that tensor mathematics needs beside SymPy's own.

    Σ_d e, Π_d e      Sum, Prod     over typed indices that know their size
    max_d e           Max           largest value over typed indices
    [p = argmax_q e]  IsArgmax      1 where p is the first place of the maximum, else 0
    δ(i, j)           Delta         Kronecker's delta of two index expressions
    [0 ≤ i < N]       InRange       1 inside the range, else 0
    [a < b]           Compare       1 where the comparison holds, else 0
    where(c, a, b)    Where         a where c is 1, b where c is 0
    A⁻¹, log|det|, det  Inverse, LogDet, Det   of the matrix whose entry (p, q) is the body
    ∂y/∂x             Partial       a local derivative, not yet carried out
    dy/dx             Total         a derivative through every path
    f, f′, f″         Unspecified   a function left open, and its derivatives

Every node is a SymPy expression, real-valued and immutable. Bound indices are named; two
expressions that differ only in those names are different objects, and equal in `algebra`.
"""
from __future__ import annotations

from typing import Any, cast

import sympy as sp

from symbackprop.language.tensors import Component, Index, TensorNode, expression


class Binder(TensorNode):
    """A node that binds indices in its body: args are (body, bound indices ...)."""

    __slots__ = ()
    symbol = "bind"

    def __new__(cls, body: sp.Expr, *bound: Index) -> Any:
        if not bound:
            return body
        return sp.Expr.__new__(cls, body, *bound)

    @property
    def body(self) -> sp.Expr:
        """The expression under the binder."""
        return cast(sp.Expr, self.args[0])

    @property
    def bound(self) -> tuple[Index, ...]:
        """The indices that it binds."""
        return cast("tuple[Index, ...]", self.args[1:])

    @property
    def free_symbols(self) -> set[sp.Basic]:
        inside: set[sp.Basic] = self.body.free_symbols - set(self.bound)
        return inside.union(*(i.size.free_symbols for i in self.bound))

    def _sympystr(self, printer: Any) -> str:
        return f"{self.symbol}[{','.join(i.name for i in self.bound)}]({printer._print(self.body)})"


class Sum(Binder):
    """Σ_{i,j,...} body, each index over its own size."""

    __slots__ = ()
    symbol = "sum"


class Prod(Binder):
    """Π_{i,j,...} body."""

    __slots__ = ()
    symbol = "prod"


class Max(Binder):
    """max_{i,j,...} body."""

    __slots__ = ()
    symbol = "max"


class MatrixBinder(TensorNode):
    """A function of the matrix M[p,q] = body; args are (body, p, q, further index expressions ...)."""

    __slots__ = ()
    symbol = "matrix"

    def __new__(cls, body: sp.Expr, *rest: sp.Expr) -> Any:
        return sp.Expr.__new__(cls, body, *rest)

    @property
    def body(self) -> sp.Expr:
        """The entry in row p and column q."""
        return cast(sp.Expr, self.args[0])

    @property
    def bound(self) -> tuple[Index, Index]:
        """The row and the column index, p and q."""
        return cast("tuple[Index, Index]", self.args[1:3])

    @property
    def at(self) -> tuple[sp.Expr, ...]:
        """The index expressions outside the binding."""
        return cast("tuple[sp.Expr, ...]", self.args[3:])

    @property
    def free_symbols(self) -> set[sp.Basic]:
        inside: set[sp.Basic] = self.body.free_symbols - set(self.bound)
        return inside.union(*(e.free_symbols for e in self.at), *(i.size.free_symbols for i in self.bound))

    def _sympystr(self, printer: Any) -> str:
        inside = f"{self.symbol}[{','.join(i.name for i in self.bound)}]({printer._print(self.body)})"
        return inside + (f"[{', '.join(printer._print(e) for e in self.at)}]" if self.at else "")


class Inverse(MatrixBinder):
    """(M⁻¹)[i, j] of the matrix M[p,q] = body: Inverse(body, p, q, i, j)."""

    __slots__ = ()
    symbol = "inv"


class LogDet(MatrixBinder):
    """log |det M| of the matrix M[p,q] = body: LogDet(body, p, q)."""

    __slots__ = ()
    symbol = "logdet"


class Det(MatrixBinder):
    """det M of the matrix M[p,q] = body: Det(body, p, q)."""

    __slots__ = ()
    symbol = "det"


class IsArgmax(TensorNode):
    """[(a, b, ...) = argmax_{p,q,...} body]: 1 where `at` is the first place of the maximum, else 0.

    IsArgmax(body, p, q, ..., a, b, ...): as many index expressions as bound indices. "First" counts
    the bound indices in their order, the last one fastest, as NumPy's argmax does.
    """

    __slots__ = ()

    def __new__(cls, body: sp.Expr, *rest: sp.Expr) -> IsArgmax:
        if not rest or len(rest) % 2:
            raise ValueError("IsArgmax takes as many places as bound indices")
        return cast(IsArgmax, sp.Expr.__new__(cls, body, *rest))

    @property
    def body(self) -> sp.Expr:
        """The expression whose largest value is sought."""
        return cast(sp.Expr, self.args[0])

    @property
    def bound(self) -> tuple[Index, ...]:
        """The indices the maximum runs over."""
        return cast("tuple[Index, ...]", self.args[1:(len(self.args) + 1) // 2])

    @property
    def at(self) -> tuple[sp.Expr, ...]:
        """The place that is asked about."""
        return cast("tuple[sp.Expr, ...]", self.args[(len(self.args) + 1) // 2:])

    @property
    def free_symbols(self) -> set[sp.Basic]:
        inside: set[sp.Basic] = self.body.free_symbols - set(self.bound)
        return inside.union(*(e.free_symbols for e in self.at), *(i.size.free_symbols for i in self.bound))

    def _sympystr(self, printer: Any) -> str:
        at = [printer._print(e) for e in self.at]
        place = at[0] if len(at) == 1 else f"({', '.join(at)})"
        return f"(argmax[{','.join(i.name for i in self.bound)}]({printer._print(self.body)}) == {place})"


class Delta(TensorNode):
    """δ(i, j): 1 where the two index expressions are equal, else 0."""

    __slots__ = ()

    def __new__(cls, left: sp.Expr | int, right: sp.Expr | int) -> Delta:
        return cast(Delta, sp.Expr.__new__(cls, expression(left), expression(right)))

    def _sympystr(self, printer: Any) -> str:
        return f"delta({printer._print(self.args[0])}, {printer._print(self.args[1])})"


def affirmed(condition: sp.Expr) -> tuple[sp.Expr, bool]:
    """The comparison of a condition, and whether it holds or, as in 1 − c, fails where the condition is 1."""
    if isinstance(condition, sp.Add) and len(condition.args) == 2 and sp.S.One in condition.args:
        compared, holds = affirmed(sp.expand(1 - condition))
        return compared, not holds
    return condition, True


class InRange(TensorNode):
    """[0 ≤ e < size]: 1 where the index expression e is a place of an axis of that size, else 0."""

    __slots__ = ()

    def __new__(cls, place: sp.Expr | int, size: sp.Expr | int) -> InRange:
        return cast(InRange, sp.Expr.__new__(cls, expression(place), expression(size)))

    def _sympystr(self, printer: Any) -> str:
        return f"(0 <= {printer._print(self.args[0])} < {printer._print(self.args[1])})"


COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")


class Compare(TensorNode):
    """[a < b], [a ≤ b], [a = b] or the like: 1 where it holds, else 0."""

    __slots__ = ("relation",)
    relation: str

    def __new__(cls, relation: str, left: sp.Expr, right: sp.Expr) -> Compare:
        if relation not in COMPARISONS:
            raise ValueError(f"{relation!r} is no comparison; it should be one of {' '.join(COMPARISONS)}")
        made = cast(Compare, sp.Expr.__new__(cls, expression(left), expression(right)))
        made.relation = relation
        return made

    @property
    def func(self) -> Any:
        relation = self.relation
        return lambda left, right: Compare(relation, left, right)

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.relation, *self.args)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.relation, *self.args)

    def _sympystr(self, printer: Any) -> str:
        return f"({printer._print(self.args[0])} {self.relation} {printer._print(self.args[1])})"


class Where(TensorNode):
    """where(c, a, b): a where the indicator c is 1, b where it is 0; the other branch need not be defined."""

    __slots__ = ()

    def __new__(cls, condition: sp.Expr, then: sp.Expr, otherwise: sp.Expr) -> Where:
        return cast(Where, sp.Expr.__new__(cls, *(expression(e) for e in (condition, then, otherwise))))

    def _sympystr(self, printer: Any) -> str:
        return f"where({', '.join(printer._print(a) for a in self.args)})"


class Partial(TensorNode):
    """∂y/∂x, ∂²y/∂x∂u ...: the derivative of an expression, not yet carried out. Partial(y, x, u, ...)."""

    __slots__ = ()

    def __new__(cls, of: sp.Expr, *by: Component) -> Partial:
        return cast(Partial, sp.Expr.__new__(cls, of, *by))

    @property
    def of(self) -> sp.Expr:
        """What is differentiated."""
        return cast(sp.Expr, self.args[0])

    @property
    def by(self) -> tuple[Component, ...]:
        """The components it is differentiated by."""
        return cast("tuple[Component, ...]", self.args[1:])

    def _sympystr(self, printer: Any) -> str:
        return f"d({', '.join(printer._print(a) for a in self.args)})"


class Total(Partial):
    """dy/dx: the derivative along every path from x to y, not only in y's own equation. Jacobians and Hessians."""

    __slots__ = ()


class Unspecified(TensorNode):
    """f(x), f′(x), f″(x): a real function of one real variable about which nothing is known but smoothness."""

    __slots__ = ("name", "order")
    name: str
    order: int

    def __new__(cls, name: str, argument: sp.Expr, order: int = 0) -> Unspecified:
        made = cast(Unspecified, sp.Expr.__new__(cls, expression(argument)))
        made.name, made.order = name, order
        return made

    @property
    def func(self) -> Any:
        name, order = self.name, self.order
        return lambda argument: Unspecified(name, argument, order)

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.order, *self.args)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.name, self.args[0], self.order)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.name}{chr(39) * self.order}({printer._print(self.args[0])})"


BINDERS = (Binder, MatrixBinder, IsArgmax)
