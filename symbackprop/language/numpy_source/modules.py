"""Modules and classes of source: what an import brings, what a class has."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

import numpy

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source.attributes import OWN_CLASS, attribute
from symbackprop.language.numpy_source.builtin import BUILTINS
from symbackprop.language.numpy_source.calling import defaults_of
from symbackprop.language.numpy_source.effects import UNREAD_MODULE
from symbackprop.language.numpy_source.expressions import evaluate
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.objects import Class, Frame, Function, Instance, Module, Operation, Unknown

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
    "cupy": "numpy",
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
    return Module(KNOWN[path]) if path in KNOWN else Unknown(UNREAD_MODULE.format(path[:60]))


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
        if alias.name == "*":
            f.names.update(_all_of(m, owner))
        else:
            f.names[alias.asname or alias.name] = _imported(m, owner, alias.name)


SHADOWED = ("sum", "any", "all", "max", "min", "abs", "round", "pow")
"""Functions of Python's own that modules of numbers have too, and give to those who import all."""

UNSETTLED = ("max", "min", "round", "pow")
"""Those that NumPy gives or doesn't give by its version."""


def _all_of(m: Machine, owner: Any) -> dict[str, Any]:
    """What `from a import *` brings: of modules that aren't read nobody knows it, so it may be any function of numbers."""
    told = {"numpy": numpy.__all__, "math": dir(math)}.get(owner.name) if isinstance(owner, Module) else None
    if told is None:
        return {n: Unknown(f"whether {n} is Python's own isn't known after an import of everything") for n in SHADOWED}
    made = {n: _imported(m, owner, n) for n in told if not n.startswith("_") and n != "bool"}
    if owner.name == "numpy":
        made.update({n: Unknown(f"{n} is Python's or NumPy's by NumPy's version, after an import of everything") for n in UNSETTLED})
    return made


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
    instead = [part for handler in node.handlers for part in handler.body]
    known = all(isinstance(part, ast.Import) and all(a.name in KNOWN for a in part.names) for part in node.body)
    if not known and not all(_brings_nothing(part) or _brought([part]) <= _brought(node.body) for part in instead):
        raise Unfit("try isn't read", "around imports it is, where their failing sets nothing else")
    return node.body


def _brought(body: Sequence[ast.stmt]) -> set[str]:
    """The names that imports bring, or that are set to a constant; a * for anything else."""
    found: set[str] = set()
    for part in body:
        match part:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {a.asname or a.name.split(".")[0] for a in names}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() | ast.Name()):
                found.add(name)
            case _:
                found.add("*")
    return found


def _brings_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Raise() | ast.Expr(value=ast.Constant() | ast.Call(func=ast.Name(id="print"), args=[ast.Constant()])):
            return True
    return False


# ---- classes -------------------------------------------------------------------------------------------------------------

READ = frozenset(("__init__", "__call__"))
SIZED = frozenset(("__len__", "__bool__", "__nonzero__"))
"""What says whether an object is true: it is kept, so that this can be refused."""
REFUSED = frozenset(
    (
        *("__setattr__", "__getattr__", "__getattribute__", "__delattr__", "__eq__", "__ne__", "__new__", "__del__"),
        *("__get__", "__set__", "__delete__", "__set_name__", "__init_subclass__", "__class_getitem__"),
    )
)
"""What changes the meaning of dots, comparisons and classes. The others give meaning to what is refused of objects anyway."""


def class_(m: Machine, f: Frame, node: ast.ClassDef) -> None:
    """class C(B): its functions and constants."""
    from symbackprop.language.numpy_source.statements import statement

    if node.decorator_list or node.keywords:
        raise Unfit("a class with decorators or keywords isn't read")
    bases = [evaluate(m, f, b) for b in node.bases if not _is_plain(f, b)]
    known = tuple(b for b in bases if isinstance(b, Class))
    if len(known) < len(bases) or len(known) > 1:
        raise Unfit("a class comes from at most one class of the source")
    _check_scope(node, known)
    own: dict[str, Any] = {}
    made = Class(node.name, dict(known[0].members) if known else {}, known)
    inner = Frame(own, (f.names, *f.outer), f.in_call)
    around = Frame(f.names, ({OWN_CLASS: made}, *f.outer), f.in_call, f.local, f.inner)
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            if part.name in REFUSED:
                raise Unfit(f"a class with {part.name} isn't read")
            if not _is_special(part.name) or part.name in READ | SIZED:
                own[part.name] = Function(part, around, defaults_of(m, inner, part))
        elif isinstance(part, (ast.Assign, ast.AnnAssign)):
            statement(m, inner, part)
        elif not isinstance(part, ast.Pass) and not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)):
            raise Unfit("a class with other lines than functions and constants isn't read")
    made.members.update(own)
    f.names[node.name] = made


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_plain(f: Frame, base: ast.expr) -> bool:
    """Whether a base gives nothing: a class that isn't the source's own."""
    root = base
    while isinstance(root, ast.Attribute):
        root = root.value
    found = next((names[root.id] for names in (f.names, *f.outer) if root.id in names), None) if isinstance(root, ast.Name) else None
    own = isinstance(found, (Class, Instance)) or (isinstance(found, Unknown) and found.error is not None)
    return ast.unparse(base) in PLAIN and not own


def _check_scope(node: ast.ClassDef, bases: tuple[Class, ...]) -> None:
    """Refuse names that mean another thing in a class than their text says."""
    own = {n.id for part in node.body for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    at_once = [n for part in node.body for e in _at_once(part) for n in ast.walk(e)]
    inner = [n for n in at_once if isinstance(n, (ast.Lambda, ast.ListComp, ast.DictComp, ast.GeneratorExp))]
    if any(isinstance(n, ast.Name) and n.id in own for e in inner for n in ast.walk(e)):
        raise Unfit("a lambda or a comprehension in a class doesn't see the names of the class")
    above = [v.node for b in bases for v in b.members.values() if isinstance(v, Function)]
    private = _private(node.body) & (_private(above) | {n for b in bases for n in b.members if n.startswith("__")})
    if private - READ - SIZED:
        raise Unfit(f"{min(private)[:40]} is another name in each class", "names that start with two underscores belong to one class")


def _at_once(part: ast.stmt) -> list[ast.AST]:
    # What is carried out where the class is defined.
    if not isinstance(part, ast.FunctionDef):
        return [part]
    return [*part.args.defaults, *(d for d in part.args.kw_defaults if d is not None)]


def _private(nodes: Sequence[ast.AST]) -> set[str]:
    parts = [n for node in nodes for n in ast.walk(node)]
    names = {n.attr for n in parts if isinstance(n, ast.Attribute)} | {n.name for n in parts if isinstance(n, ast.FunctionDef)}
    names |= {n.id for n in parts if isinstance(n, ast.Name)}
    return {n for n in names if n.startswith("__") and not n.endswith("__")}
