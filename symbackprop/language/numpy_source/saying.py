"""What is said and asserted: it computes nothing, but what it is made of may change things.

    print("loss", layer.forward(x))     the call is carried out, for what the layer keeps
    assert x.ndim == 2                  decided where it can be
"""

from __future__ import annotations

import ast
from contextlib import suppress

from symbackprop.language.errors import NotationError, Unfit
from symbackprop.language.numpy_source.effects import acts
from symbackprop.language.numpy_source.expressions import evaluate
from symbackprop.language.numpy_source.holding import known_truth
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.objects import Frame

STUMBLES = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError)
"""What reading meets in lines that have no meaning, like an axis that is text."""


def expression(m: Machine, f: Frame, node: ast.Expr) -> None:
    """An expression that stands alone, or what is printed."""
    if isinstance(node.value, ast.Constant):
        return
    parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    if not any(_is_print(f, part) for part in parts):
        evaluate(m, f, node.value)
        return
    for part in parts:  # what is said computes nothing, but what it is made of may
        said = [*part.args, *(k.value for k in part.keywords)] if isinstance(part, ast.Call) and _is_print(f, part) else [part]
        for value in said:
            if acts(f, value):
                evaluate(m, f, value.value if isinstance(value, ast.Starred) else value)


def _is_print(f: Frame, node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print")) | ast.BinOp(left=ast.Name(id="print"), op=ast.RShift()):
            return not any("print" in names for names in (f.names, *f.outer))
    return False


def asserted(m: Machine, f: Frame, node: ast.Assert) -> None:
    """What is asserted. Raises Unfit where it is known not to hold.

    It is read for what it changes, and where it can be decided; in a loop it would count as a use of what it reads.
    """
    if acts(f, node.test):
        known = known_truth(m, evaluate(m, f, node.test))
    elif not isinstance(node.test, ast.Constant) and (m.loops or not _is_plain(node.test)):
        return
    else:
        known, depth = None, len(m.loops)
        with suppress(NotationError, Unfit, *STUMBLES):
            known = known_truth(m, evaluate(m, f, node.test))
        del m.loops[depth:]
    if known is False:
        raise Unfit("what is asserted here doesn't hold")


def _is_plain(node: ast.expr) -> bool:
    calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    return all(isinstance(c, ast.Name) and c.id in ("len", "isinstance", "hasattr") for c in calls)
