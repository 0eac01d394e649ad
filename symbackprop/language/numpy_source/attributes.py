"""What stands behind a dot: of a module, an array, an object, a list or a dict."""

from __future__ import annotations

import ast
from functools import partial
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit, did_you_mean
from symbackprop.language.numpy_source.copying import copied, deep_copied
from symbackprop.language.numpy_source.holding import opened, place_of
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.making import random_, seed_
from symbackprop.language.numpy_source.ndarray import Nd, constant, transpose
from symbackprop.language.numpy_source.objects import (
    Arr,
    Class,
    Dct,
    Frame,
    Function,
    Instance,
    Kind,
    Lst,
    Message,
    Module,
    Operation,
    TypeName,
)
from symbackprop.language.numpy_source.operations import KINDS, NUMPY, described, numeric
from symbackprop.language.numpy_source.shaping import torch_pad_

CONSTANTS = {"pi": sp.pi, "e": sp.E}
SUBMODULES = frozenset(("random", "linalg", "nn", "functional", "special", "autograd", "lib"))
SEEDS = frozenset(("seed", "manual_seed"))
CAST = frozenset(("float", "int", "long", "double"))
OWN_CLASS = "__class__"
"""The name by which a method's text knows the class that it stands in."""


def attribute(m: Machine, owner: Any, name: str) -> Any:
    """owner.name"""
    match owner:
        case Module():
            return _of_module(owner, name)
        case (first, _) if name == "values" and m.torch:
            return first  # of a maximum along an axis
        case Instance() if name in owner.attributes:
            return opened(m, owner.attributes[name])
        case Instance() if name in owner.of.members:
            return _member(m, owner, owner.of.members[name])
        case Class() if name in owner.members:
            return opened(m, owner.members[name])
        case Arr() | Nd():
            return _of_array(m, owner, name)
        case Dct() | Lst() | str() | Message() | Operation():
            from symbackprop.language.numpy_source.methods import method

            return method(m, owner, name)
    raise Unfit(f"{described(owner)} has no {name[:40]} that is read")


def _member(m: Machine, owner: Instance, found: Any) -> Any:
    if not isinstance(found, Function):
        return opened(m, found)
    bound = Function(found.node, found.frame, found.defaults, owner)
    decorators = [ast.unparse(d) for d in getattr(found.node, "decorator_list", ())]
    if decorators == ["property"]:
        from symbackprop.language.numpy_source.calling import call

        return call(m, bound, [], {})
    if any(d != "staticmethod" for d in decorators):
        raise Unfit("decorated functions aren't read")
    return bound


def above(m: Machine, f: Frame, node: ast.Attribute) -> Any:
    """super().name: what the class above the one whose method this is has by the name."""
    owner = f.names.get("self")
    assert isinstance(node.value, ast.Call)
    start = _start_of_super(m, f, owner, node.value)
    if not isinstance(owner, Instance) or not isinstance(start, Class) or start not in owner.of.line:
        raise Unfit("super() is read in a method of a class of the source, whose object is self")
    members = start.bases[0].members if start.bases else {}
    if node.attr in members:
        return _member(m, owner, members[node.attr])
    if node.attr == "__init__":
        return Operation("__init__", lambda _m, *_args: None)
    raise Unfit(f"the class above has no {node.attr[:40]}")


def _start_of_super(m: Machine, f: Frame, owner: Any, node: ast.Call) -> Any:
    """The class after which super looks: the one named or, where none is, the one in whose text it stands."""
    match node.args:
        case []:
            return next((names[OWN_CLASS] for names in f.outer if OWN_CLASS in names), None)
        case [ast.Name(id=name), ast.Name(id="self")]:
            return opened(m, next((names[name] for names in (f.names, *f.outer) if name in names), None))
        case [first, ast.Name(id="self")] if ast.unparse(first) in ("self.__class__", "type(self)"):
            return owner.of if isinstance(owner, Instance) else None
    return None


def _of_module(module: Module, name: str) -> Any:
    path = f"{module.name}.{name}"
    if name in CONSTANTS:
        return constant(CONSTANTS[name], "float")
    if name == "newaxis":
        return None
    if name in ("ndarray", "Tensor"):
        return TypeName(name)
    if module.name == "copy":
        return Operation(name, copied if name == "copy" else deep_copied if name == "deepcopy" else _unread(path))
    if name in SEEDS:
        return Operation(path, seed_)
    if name == "set_printoptions":
        return Operation(path, lambda _m, *_values: None)
    if module.name.endswith("functional") and name == "pad":
        return Operation(name, torch_pad_)
    if module.name.endswith("random") or name in ("rand", "randn", "bernoulli", "dropout"):
        return Operation(path, NUMPY_RANDOM)
    if module.name.endswith("linalg") and name == "norm":
        return Operation(name, NUMPY["linalg.norm"])
    if name in KINDS and name not in CAST:
        return Kind(KINDS[name])
    if name in SUBMODULES:
        return Module(path)
    if name in ("inf", "nan", "Inf", "NaN"):
        raise Unfit(f"{name} is no number that is read")
    if name in NUMPY:
        return Operation(name, NUMPY[name])
    raise Unfit(f"{path[:80]} isn't read", did_you_mean(name, NUMPY))


def _unread(path: str) -> Any:
    raise Unfit(f"{path[:80]} isn't read")


def NUMPY_RANDOM(m: Machine, *shape: Any, **options: Any) -> Any:
    """Refuses: random numbers have no value that could be read."""
    return random_(m, *shape, **options)


def _of_array(m: Machine, owner: Arr | Nd, name: str) -> Any:
    nd = owner.value if isinstance(owner, Arr) else owner
    match name:
        case "shape":
            return tuple(constant(s) for s in nd.shape)
        case "ndim":
            return constant(nd.rank)
        case "size":
            return (
                Operation("size", partial(_size, owner=owner)) if m.torch else constant(cast(sp.Expr, sp.Mul(*nd.shape)))
            )
        case "dtype":
            return Kind({"float": "float64"}.get(nd.kind, nd.kind))
        case "T":
            return m.new(transpose(numeric(m, owner)), owner if isinstance(owner, Arr) else None)
        case "mT":
            order = (*range(nd.rank - 2), nd.rank - 1, nd.rank - 2)
            return m.new(transpose(numeric(m, owner), order), owner if isinstance(owner, Arr) else None)
        case "data" if m.torch:
            return owner
        case "device":
            return None
    if name in NUMPY:
        return Operation(name, NUMPY[name], (owner,))
    from symbackprop.language.numpy_source.methods import ARRAY_METHODS

    if name in ARRAY_METHODS:
        return Operation(name, ARRAY_METHODS[name], (owner,))
    raise Unfit(f".{name[:40]} of an array isn't read", did_you_mean(name, NUMPY))


def _size(m: Machine, axis: Any = None, owner: Any = None) -> Any:
    shape = tuple(constant(s) for s in (owner.value if isinstance(owner, Arr) else owner).shape)
    return shape if axis is None else shape[place_of(axis)]
