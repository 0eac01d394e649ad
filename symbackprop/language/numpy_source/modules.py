"""Modules and classes of source: what an import brings, what a class has."""

from __future__ import annotations

import ast
from typing import Any

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.attributes import attribute
from symbackprop.language.numpy_source.builtin import BUILTINS
from symbackprop.language.numpy_source.calling import defaults_of
from symbackprop.language.numpy_source.expressions import evaluate
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.objects import Class, Frame, Function, Module, Operation, Unknown

KNOWN = {
    "numpy": "numpy",
    "autograd.numpy": "numpy",
    "jax.numpy": "numpy",
    "torch": "torch",
    "torch.nn.functional": "torch.nn.functional",
    "torch.nn": "torch.nn",
    "math": "math",
    "scipy": "scipy",
    "scipy.special": "scipy.special",
    "numpy.random": "numpy.random",
    "random": "random",
    "copy": "copy",
    "operator": "operator",
}
"""By what they are called; one name for all that have NumPy's functions."""

PLAIN = ("object", "ABC", "Module", "nn.Module", "torch.nn.Module", "Function", "autograd.Function", "torch.autograd.Function")
"""Classes that give nothing to what is read of those that come from them."""

BUILTIN_MODULES = ("builtins", "past.builtins", "__builtin__", "six.moves", "functools")


def import_(m: Machine, f: Frame, node: ast.Import) -> None:
    """import a.b as c"""
    for alias in node.names:
        name, root = alias.asname or alias.name.split(".")[0], alias.name.split(".")[0]
        f.names[name] = _module(alias.name if alias.asname else root)


def _module(path: str) -> Any:
    return Module(KNOWN[path]) if path in KNOWN else Unknown(f"the module {path[:60]} isn't read")


def import_from(m: Machine, f: Frame, node: ast.ImportFrom) -> None:
    """from a.b import c"""
    if node.module == "__future__":
        m.old_division = m.old_division and not any(a.name == "division" for a in node.names)
        return
    if node.module in BUILTIN_MODULES:
        f.names.update({a.asname or a.name: Operation(a.name, BUILTINS[a.name]) for a in node.names if a.name in BUILTINS})
        return
    owner = _module(node.module or "")
    for alias in node.names:
        if alias.name != "*":
            f.names[alias.asname or alias.name] = _imported(m, owner, alias.name)


def _imported(m: Machine, owner: Any, name: str) -> Any:
    if isinstance(owner, Unknown):
        return owner
    try:
        return attribute(m, owner, name)
    except Unfit as error:
        return Unknown(error.message)


def tried(node: ast.Try) -> list[ast.stmt]:
    """The statements of a `try` that only imports: an import that fails changes nothing that is read."""
    if node.finalbody or node.orelse or not all(isinstance(part, (ast.Import, ast.ImportFrom, ast.Pass)) for part in node.body):
        raise Unfit("try isn't read", "around imports it is")
    return node.body


def class_(m: Machine, f: Frame, node: ast.ClassDef) -> None:
    """class C(B): its functions and constants."""
    from symbackprop.language.numpy_source.statements import statement

    if node.decorator_list or node.keywords:
        raise Unfit("a class with decorators or keywords isn't read")
    bases = [evaluate(m, f, b) for b in node.bases if ast.unparse(b) not in PLAIN]
    known = tuple(b for b in bases if isinstance(b, Class))
    if len(known) < len(bases) or len(known) > 1:
        raise Unfit("a class comes from at most one class of the source")
    members: dict[str, Any] = dict(known[0].members) if known else {}
    inner = Frame(members, (f.names, *f.outer), f.in_call)
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            if not part.name.startswith("__") or not part.name.endswith("__") or part.name in ("__init__", "__call__"):
                members[part.name] = Function(part, f, defaults_of(m, f, part))
        elif isinstance(part, (ast.Assign, ast.AnnAssign)):
            statement(m, inner, part)
        elif not isinstance(part, ast.Pass) and not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)):
            raise Unfit("a class with other lines than functions and constants isn't read")
    f.names[node.name] = Class(node.name, members, known)
