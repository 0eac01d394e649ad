"""where(c, a, b) with c decided: case distinctions that the declared signs settle.

relu(−a − h) is 0 and step(a + h) is 1 for positive a and h: a function of the table with a kink is replaced by its
definition where every comparison in that is decided, and left alone where one isn't.
"""

from __future__ import annotations

from typing import Any, cast

import sympy as sp

from symbackprop.language.functions import FieldFunction
from symbackprop.language.nodes import Compare, Where

_DECIDES: dict[str, tuple[str, str]] = {
    ">": ("is_positive", "is_nonpositive"),
    ">=": ("is_nonnegative", "is_negative"),
    "<": ("is_negative", "is_nonnegative"),
    "<=": ("is_nonpositive", "is_positive"),
    "==": ("is_zero", "is_nonzero"),
    "!=": ("is_nonzero", "is_zero"),
}


def by_signs(e: sp.Expr) -> sp.Expr:
    """The expression with every case distinction settled that the signs of its variables settle."""
    if not e.args or not isinstance(e, sp.Expr) or e.is_Atom:
        return e
    arguments = [by_signs(a) if isinstance(a, sp.Expr) else a for a in e.args]
    return _settled(
        cast(sp.Expr, e if all(a is b for a, b in zip(arguments, e.args, strict=True)) else e.func(*arguments))
    )


def _settled(e: Any) -> sp.Expr:
    match e:
        case Compare():
            return _decided(e)
        case Where(args=(condition, then, otherwise)) if condition in (0, 1):
            return cast(sp.Expr, then if condition == 1 else otherwise)
        case FieldFunction() if e.entry.kinks:
            return _by_definition(e)
    return cast(sp.Expr, e)


def _decided(e: Compare) -> sp.Expr:
    difference = sp.expand(e.args[0] - e.args[1])
    true, false = _DECIDES[e.relation]
    if getattr(difference, true):
        return sp.S.One
    return sp.S.Zero if getattr(difference, false) else e


def _by_definition(e: FieldFunction) -> sp.Expr:
    from symbackprop.language.definitions import definition

    settled = by_signs(definition(e))
    return e if settled.has(Compare) or settled.has(Where) else settled
