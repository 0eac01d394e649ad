"""What no code that is run has any use for: names that reach into the interpreter, text that becomes code, towers of powers.

A sandbox holds such code too. That it is refused unrun is quicker, and says why.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from symbackprop.verify.source_calls import printable

_SPECIAL = """init call name doc file class dict len getitem setitem iter next contains repr str main version all author future add radd sub
rsub mul rmul truediv rtruediv pow neg matmul eq ne lt le gt ge hash bool float int enter exit array"""
OWN = frozenset(f"__{name}__" for name in _SPECIAL.split())
"""Names with two underscores that people define and ask for."""
CODE = frozenset({"eval", "exec", "compile", "execfile"})
LARGEST_POWER = 4096
"""Bits of a whole number that is written as a power."""


def refused(tree: ast.Module) -> tuple[str, int] | None:
    """The first thing for which a source isn't run, with its line; None if there is none."""
    return min(_found(tree), key=lambda found: found[1], default=None)


def _found(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if _is_inner(name):
                yield f"{printable(name)[:40]} reaches into Python itself", node.lineno
            case ast.Call(func=ast.Name(id=name)) if name in CODE:
                yield f"{name} makes code of text", node.lineno
            case ast.BinOp(op=ast.Pow()) if _bits(node) > LARGEST_POWER:
                yield "a whole number is too large", node.lineno


def _is_inner(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and len(name) > 4 and name not in OWN


def _bits(node: ast.expr) -> float:
    """About how many bits a power of whole numbers has; 0 for anything else."""
    match node:
        case ast.Constant(value=int(value)):
            return value.bit_length()
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base = _bits(left)
            exponent = _bits(right)
            return 0 if not base or not exponent else base * 2.0 ** min(exponent, 64)
    return 0
