"""Conditions on data: what either branch does, each under its condition.

    if j == t[i]: continue          the rest of the turn, where j ≠ t[i]
    if m > 0: dW[:, j] += x[i]      dW[:, j] + [m > 0] x[i]
    p = a if c else b               where(c, a, b)

Both branches are read; what they do to arrays from outside holds under the condition, and a name that they give
different values has either by the condition.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Where
from symbackprop.language.numpy_source.expressions import tested
from symbackprop.language.numpy_source.holding import counted, known_truth
from symbackprop.language.numpy_source.machine import Loop, Machine
from symbackprop.language.numpy_source.ndarray import ORDER, Nd, elementwise, same_axis
from symbackprop.language.numpy_source.objects import Arr, Frame, Jump, Returned, Unknown
from symbackprop.language.numpy_source.operations import numeric

Run = Callable[[Machine, Frame, Sequence[ast.stmt]], Returned | Jump | None]
JUMPS = (ast.Continue, ast.Break, ast.Return)
MAX_GUARDS = 6  # conditions on data within each other


def chosen(m: Machine, f: Frame, node: ast.If) -> Sequence[ast.stmt] | sp.Expr:
    """The statements of the branch that is taken, or the condition where it depends on data."""
    test = node.test
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq() | ast.NotEq() as op], comparators=[ast.Constant(value="__main__")]):
            return node.orelse if isinstance(op, ast.Eq) else node.body  # what is read is imported
    value = counted(tested(m, f, test))
    known = known_truth(m, value)
    if known is None:
        return numeric(m, value).at(())
    return node.body if known else node.orelse


def both(m: Machine, f: Frame, node: ast.If, condition: sp.Expr, rest: Sequence[ast.stmt], run: Run) -> tuple[Any, bool]:
    """Both branches, each under its condition; the outcome, and whether the rest of the block was read with them."""
    if sum(1 for loop in m.loops if loop.index is None) >= MAX_GUARDS:
        raise Unfit("conditions on data are nested too deep")
    jumps = any(_jumps(part) for part in (*node.body, *node.orelse))
    tail = rest if jumps else ()
    before, outcomes, after = dict(f.names), [], []
    for holds, body in ((condition, node.body), (1 - condition, node.orelse)):
        f.names.clear()
        f.names.update(before)
        outcomes.append(under(m, holds, lambda body=body: run(m, f, [*body, *tail])))  # type: ignore[misc]
        after.append(dict(f.names))
    m.node = node
    f.names.clear()
    f.names.update(_merged_names(m, condition, *after))
    return _outcome(m, condition, *outcomes), jumps


def _jumps(node: ast.stmt) -> bool:
    return any(isinstance(n, JUMPS) for n in ast.walk(node))


def under(m: Machine, condition: sp.Expr, read: Callable[[], Any]) -> Any:
    """What is read under a condition: what it does to arrays from outside, it does where the condition holds."""
    guard = Loop(None)
    depth = len(m.loops)
    m.loops.append(guard)
    try:
        with m.where(condition):
            made = read()
    finally:
        del m.loops[depth:]
    if guard.grown or guard.stored:
        raise Unfit("a list or a dict is filled only where a condition on data holds: this isn't read")
    for arr, updates in guard.updates.items():
        for u in updates:
            m.write(arr, replace(u, factors=(*u.factors, condition)), guard.names[arr])
    return made


def _outcome(m: Machine, condition: sp.Expr, first: Any, second: Any) -> Returned | Jump | None:
    match first, second:
        case (None | Jump.CONTINUE, None | Jump.CONTINUE):
            return None if first is second is None else Jump.CONTINUE
        case (Jump.BREAK, Jump.BREAK):
            return Jump.BREAK
        case (Returned(value=a), Returned(value=b)):
            made = either(m, condition, a, b)
            if isinstance(made, Unknown):
                raise Unfit("what is returned depends on data")
            return Returned(made)
    raise Unfit("how this goes on depends on data", "run the code instead")


# ---- names ---------------------------------------------------------------------------------------------------------------


def _merged_names(m: Machine, condition: sp.Expr, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for name in {**first, **second}:
        if name in first and name in second:
            made[name] = either(m, condition, first[name], second[name])
        else:
            made[name] = Unknown(f"whether {name[:40]} has a value depends on data")
    return made


def either(m: Machine, condition: sp.Expr, a: Any, b: Any) -> Any:
    """a where the condition holds, else b."""
    if a is b or (isinstance(a, (str, bool, type(None))) and type(a) is type(b) and a == b):
        return a
    if isinstance(a, (Arr, Nd)) and isinstance(b, (Arr, Nd)):
        return _either_number(m, condition, a, b)
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return tuple(either(m, condition, p, q) for p, q in zip(a, b, strict=True))
    return Unknown("this has one value or another, depending on data")


def _either_number(m: Machine, condition: sp.Expr, a: Arr | Nd, b: Arr | Nd) -> Any:
    try:
        x, y = numeric(m, a), numeric(m, b)
    except Unfit as error:
        return Unknown(error.message)
    if x.rank != y.rank or not all(same_axis(p, q) for p, q in zip(x.axes, y.axes, strict=True)):
        return Unknown("this has one shape or another, depending on data")
    if x.argmax or y.argmax or x.blank or y.blank:
        return Unknown("this has one value or another, depending on data")
    if x.kind != y.kind and (x.rank or "bool" in (x.kind, y.kind)):
        return Unknown("this is of one kind or another (float, int, bool), depending on data")
    kind = max(x.kind, y.kind, key=lambda k: ORDER[k])
    made = m.new(elementwise(lambda p, q: p if p == q else Where(condition, p, q), [x, y], kind))
    if isinstance(made, Nd) and (x.boxed or y.boxed):
        return replace(made, boxed=True)
    if isinstance(made, Arr):
        roots = [v.root for v in (a, b) if isinstance(v, Arr)]
        made.parts = tuple({part: seen for root in roots for part, seen in (*root.parts, (root, root.version))}.items())
    return made
