"""Statements of source, one rule a kind."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import sympy as sp

from symbackprop.language.errors import NotationError, Unfit
from symbackprop.language.numpy_source import branching, keeping, loops, modules, saying
from symbackprop.language.numpy_source.calling import defaults_of
from symbackprop.language.numpy_source.effects import acts
from symbackprop.language.numpy_source.expressions import evaluate, subscripts
from symbackprop.language.numpy_source.holding import array_items, binary, key_of, place_of, sequence
from symbackprop.language.numpy_source.in_place import changed_at, changed_in_place, check_no_box, name_of, write
from symbackprop.language.numpy_source.loop_names import added_in_place
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.making import DRAWN
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.objects import Arr, Dct, Frame, Function, Instance, Jump, Lst, Returned, Unknown
from symbackprop.language.numpy_source.operations import described, numeric
from symbackprop.language.numpy_source.program import Read
from symbackprop.language.numpy_source.reshaping import flattened
from symbackprop.language.numpy_source.saying import STUMBLES
from symbackprop.language.numpy_source.updates import flat

ITERATORS = ("zip", "enumerate", "reversed", "map", "iter", "filter")


def run(m: Machine, f: Frame, body: Sequence[ast.stmt]) -> Returned | Jump | None:
    """The statements in order, up to a return, continue or break."""
    rest = deque(body)
    while rest:
        node = rest.popleft()
        rule = BLOCKS.get(type(node))
        if rule is None:
            ended = statement(m, f, node)
            if ended is not None:
                return ended
            continue
        inside = placed(m, f, node, rule)
        if isinstance(inside, Jump):
            return inside
        if isinstance(inside, sp.Expr):
            made, complete = placed(m, f, node, lambda m, f, node, c=inside: branching.both(m, f, node, c, tuple(rest), run))
            if made is not None or complete:
                return made  # type: ignore[no-any-return]
        else:
            rest.extendleft(reversed(inside))
    return None


def statement(m: Machine, f: Frame, node: ast.stmt) -> Returned | None:
    """One statement."""
    rule = RULES.get(type(node))
    if rule is None:
        raise m.error(f"{type(node).__name__.lower()} isn't read", node)
    made = placed(m, f, node, rule)
    return made if isinstance(made, Returned) else None


def placed(m: Machine, f: Frame, node: ast.stmt, rule: Callable[..., Any]) -> Any:
    """What a rule makes of a statement. Raises Unreadable, with its place in the text."""
    m.step()
    m.node, m.in_call = node, f.in_call
    try:
        return rule(m, f, node)
    except Unfit as error:
        at = m.node if m.in_call == f.in_call and _within(node, m.node) else node
        m.in_call = f.in_call
        raise m.error(error.message, at, error.hint) from None
    except NotationError:
        raise
    except STUMBLES:
        at = m.node if m.in_call == f.in_call and _within(node, m.node) else node
        m.in_call = f.in_call
        raise m.error("this line isn't read: its values don't fit what is done with them", at) from None


def _within(outer: ast.AST, inner: ast.AST | None) -> bool:
    return inner is not None and any(n is inner for n in ast.walk(outer))


# ---- assignments ---------------------------------------------------------------------------------------------------------


def _unpacks(node: ast.Assign) -> bool:
    return len(node.targets) == 1 and isinstance(node.targets[0], (ast.Tuple, ast.List))


def _assign(m: Machine, f: Frame, node: ast.Assign) -> None:
    match node.value:
        case ast.Call(func=ast.Name(id=name)) if name in ITERATORS and not m.old_division and not _unpacks(node):
            raise Unfit(f"{name}() can be gone through once only: kept under a name it isn't read", f"write list({name}(...))")
    again = added_in_place(node)
    if again is not None and not acts(f, again.value) and isinstance(evaluate(m, f, again.target.value), Arr):  # type: ignore[union-attr]
        _augmented(m, f, again)
        return
    value = _drawn_or_read(m, f, node.value)
    for target in node.targets:
        assign(m, f, target, value)


def _drawn_or_read(m: Machine, f: Frame, node: ast.expr) -> Any:
    # What starts as random numbers may be replaced before it is used; what else the line changes would be lost.
    depth = len(m.loops)
    try:
        return evaluate(m, f, node)
    except NotationError as error:
        if error.message != DRAWN or acts(f, node):
            raise
        del m.loops[depth:]
        return Unknown(error.message, error)


def _annotated(m: Machine, f: Frame, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assign(m, f, node.target, evaluate(m, f, node.value))


def assign(m: Machine, f: Frame, target: ast.expr, value: Any) -> None:
    """target = value"""
    m.node, m.in_call = target, f.in_call
    match target:
        case ast.Name(id=name):
            _check_name(name)
            f.names[name] = titled(m, f, target, name, value)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            _unpack(m, f, target, parts, value)
        case ast.Subscript():
            owner = evaluate(m, f, target.value)
            items = subscripts(m, f, target.slice)
            m.node = target
            _store(m, f, target, owner, items, value)
        case ast.Attribute(attr=name):
            owner = evaluate(m, f, target.value)
            if not isinstance(owner, Instance) or (name.startswith("__") and name.endswith("__")):
                raise Unfit("attributes of objects of the source's own classes can be set, no others")
            if owner.born < len(m.loops):
                raise Unfit("an attribute of an object from outside is set in a loop, or under a condition on data")
            if getattr(getattr(owner.of.members.get(name), "node", None), "decorator_list", ()):
                raise Unfit(f"{name[:40]} is a property: setting it isn't read")
            m.spoil(owner.member)
            owner.attributes[name] = titled(m, f, target, name, value)
        case _:
            raise Unfit("this can't be assigned to")


def _check_name(name: str) -> None:
    if name.startswith("__") and name.endswith("__"):
        raise Unfit(f"{name[:40]} is none of the source's business", "names with two underscores aren't read")


def _unpack(m: Machine, f: Frame, target: ast.expr, parts: Sequence[ast.expr], value: Any) -> None:
    values = list(sequence(m, value))
    starred = next((k for k, p in enumerate(parts) if isinstance(p, ast.Starred)), None)
    if starred is not None and len(values) >= len(parts) - 1:
        extra = len(values) - len(parts) + 1
        values[starred : starred + extra] = [Lst(values[starred : starred + extra], len(m.loops))]
    if len(values) != len(parts):
        raise Unfit(f"{len(values)} values for {len(parts)} names")
    for part, v in zip(parts, values, strict=True):
        assign(m, f, part.value if isinstance(part, ast.Starred) else part, v)


def titled(m: Machine, f: Frame, node: ast.AST, name: str, value: Any) -> Any:
    """The value with its name, noted as a line of the program."""
    if isinstance(value, Nd) and value.kind == "float":
        value = m.named(value, name)
        _note(m, node, f, name, value)
    elif isinstance(value, Arr) and not value.label and value.born == len(m.loops):
        value.value = m.named(value.value, name)
        if not f.in_call:
            value.where = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0) + 1)
        if value.base is None or not value.base.spoiled:
            _note(m, node, f, name, value.value)
    return value


def _note(m: Machine, node: ast.AST, f: Frame, name: str, nd: Nd) -> None:
    if not m.loops and not nd.blank and not nd.argmax:
        with suppress(Unfit):
            m.lines.append(shown(m, node, f, name, nd))


def shown(m: Machine, node: ast.AST, f: Frame, name: str, nd: Nd) -> Read:
    """An array as it is reported."""
    for k, axis in enumerate(nd.axes):
        if len(axis) > 1 and any(s.is_Integer for s in axis):
            nd = flattened(nd, k, m.fresh)
    if any(len(axis) > 1 for axis in nd.axes):
        raise Unfit("the axes that reshape joined here aren't read as one")
    place = m.letters(nd)
    empty = any(s == 0 for axis in nd.axes for s in axis)
    body = constant(0).at(()) if empty else m.body(nd, place)
    indices = tuple(p[0] if len(p) == 1 else None for p in place)
    return Read(name, body, indices, nd.shape, getattr(node, "lineno", 0), getattr(node, "col_offset", 0) + 1, f.in_call)


# ---- places in arrays ----------------------------------------------------------------------------------------------------


def _store(m: Machine, f: Frame, node: ast.Subscript, owner: Any, items: list[Any], value: Any) -> None:
    match owner:
        case Arr():
            write(m, owner, array_items(m, items), numeric(m, value), False, name_of(node))
        case Dct():
            if keeping.store(m, owner, items[0], value):
                return
            if owner.born < len(m.loops):
                raise Unfit("a dict from outside is changed in a loop, or under a condition on data")
            m.spoil(owner.member)
            key = key_of(items[0])
            if owner.family is not None and not isinstance(key, str):
                raise Unfit("a dict that a loop filled is changed: this isn't read")
            owner.items[key] = titled(m, f, node, key if isinstance(key, str) else name_of(node), value)
        case Lst() if keeping.store(m, owner, items[0], value):
            return
        case Lst(family=None) if owner.born == len(m.loops) and m.settled(owner):
            m.spoil(owner.member)
            k = place_of(items[0])
            if not -len(owner.items) <= k < len(owner.items):
                raise Unfit(f"there is no place {k} among {len(owner.items)}")
            owner.items[k] = value
        case _:
            raise Unfit(f"a place of {described(owner)} can't be set")
    if isinstance(owner, Arr) and not m.loops and owner.base is None:
        _note(m, node, f, name_of(node), m.now(owner))


# ---- changes in place ----------------------------------------------------------------------------------------------------


def _augmented(m: Machine, f: Frame, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name) and isinstance(f.names.get(target.id), Arr):
        held = f.names[target.id]
        value = evaluate(m, f, node.value)
        m.node = node
        changed_in_place(m, held, node.op, value, target.id)
        if not m.loops and not held.cell and held.base is None:
            _note(m, node, f, target.id, m.now(held))
        return
    if isinstance(target, ast.Subscript):
        owner = evaluate(m, f, target.value)
        if isinstance(owner, Arr):
            items = array_items(m, subscripts(m, f, target.slice))
            root, version = owner.root, owner.root.version
            value = numeric(m, evaluate(m, f, node.value))
            m.node = node
            if root.version != version:
                raise Unfit("what is added to a place of an array changes the array: this isn't read")
            changed_at(m, owner, items, node.op, value, name_of(target))
            if not m.loops and owner.base is None:
                _note(m, node, f, name_of(target), m.now(owner))
            return
    if not isinstance(target, ast.Name) and acts(f, _loaded(target)):
        raise Unfit("a call that may change something stands in what is changed in place", "give its value a name before")
    before = evaluate(m, f, _loaded(target))
    value = evaluate(m, f, node.value)
    m.node = node
    check_no_box(before)
    if isinstance(before, Arr):
        changed_in_place(m, before, node.op, value, name_of(target))
        return
    if isinstance(before, Lst):
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
            raise Unfit("a part of a list that is changed isn't read")
        if isinstance(node.op, ast.Add) and isinstance(value, Lst) and value.family is None and value.born == len(m.loops):
            from symbackprop.language.numpy_source.methods import LISTS

            for item in tuple(value.items):
                LISTS["append"](m, before, item)
            return
        raise Unfit("a list that is changed by += or *= isn't read", "append one at a time")
    assign(m, f, target, binary(m, node.op, before, value))


def _loaded(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=attr):
            return ast.copy_location(ast.Attribute(value, attr, ast.Load()), target)
        case ast.Subscript(value=value, slice=part):
            return ast.copy_location(ast.Subscript(value, part, ast.Load()), target)
    raise Unfit("this can't be assigned to")


# ---- the rest ------------------------------------------------------------------------------------------------------------


def _function(m: Machine, f: Frame, node: ast.FunctionDef) -> None:
    if node.name.startswith("__") and node.name not in ("__init__", "__call__"):
        return
    f.names[node.name] = Function(node, f, defaults_of(m, f, node))


def _with(m: Machine, f: Frame, node: ast.With) -> list[ast.stmt]:
    for item in node.items:
        text = ast.unparse(item.context_expr)
        if text.partition("(")[0] not in ("torch.no_grad", "np.errstate", "numpy.errstate", "torch.enable_grad") or item.optional_vars:
            raise Unfit("this context isn't read")
    return node.body


def _return(m: Machine, f: Frame, node: ast.Return) -> Returned:
    return Returned(None if node.value is None else evaluate(m, f, node.value))


def _raise(m: Machine, f: Frame, node: ast.Raise) -> Jump:
    raise Unfit("the code raises an error here")


def _delete(m: Machine, f: Frame, node: ast.Delete) -> None:
    for target in node.targets:
        if not isinstance(target, ast.Name):
            raise Unfit("del of what is no name isn't read")
        if target.id not in f.names:
            raise Unfit(f"{target.id[:40]} is deleted where it has no value")
        del f.names[target.id]


def _ignored(m: Machine, f: Frame, node: ast.stmt) -> None:
    return None


RULES: dict[type[ast.stmt], Callable[[Machine, Frame, Any], Any]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.For: lambda m, f, node: loops.loop(m, f, node),
    ast.While: lambda m, f, node: loops.counted(m, f, node),
    ast.Expr: saying.expression,
    ast.Return: _return,
    ast.FunctionDef: _function,
    ast.ClassDef: modules.class_,
    ast.Import: modules.import_,
    ast.ImportFrom: modules.import_from,
    ast.Delete: _delete,
    ast.Assert: saying.asserted,
    ast.Pass: _ignored,
}
"""Nothing else is read: what else there is has no place in a formula."""

BLOCKS: dict[type[ast.stmt], Callable[[Machine, Frame, Any], Any]] = {
    ast.If: branching.chosen,
    ast.With: _with,
    ast.Try: lambda _m, _f, node: modules.tried(node),
    ast.Continue: lambda _m, _f, _node: Jump.CONTINUE,
    ast.Break: lambda _m, _f, _node: Jump.BREAK,
    ast.Raise: _raise,
}
"""What stands for the statements inside it, or ends the block."""

__all__ = ["flat", "run", "statement"]
