"""What a loop's body does to names: which it sets, which it only adds to, which arrays it writes to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from copy import deepcopy


def set_in(target: ast.AST | None, body: Sequence[ast.stmt]) -> set[str]:
    """The names that the body and the target set."""
    parts = [*([target] if target is not None else []), *body]
    return {name for part in parts for n in _walk(part) for name in _set_by(n)}


def _set_by(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return tuple((a.asname or a.name).partition(".")[0] for a in names)
    return ()


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    # What functions and comprehensions set is theirs.
    yield node
    if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.Lambda)):
        yield from (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


FILLING = ("append", "extend", "insert", "setdefault", "update", "pop")


def written_in(body: Sequence[ast.stmt]) -> set[tuple[str, ...]]:
    """What the body sets places of or fills, h[t] = ..., self.cache.append(...), as names behind dots."""
    found: set[tuple[str, ...]] = set()
    for n in (n for part in body for n in ast.walk(part)):
        match n:
            case ast.Subscript(value=owner, ctx=ast.Store()) | ast.Call(func=ast.Attribute(value=owner, attr="append")):
                found.add(_dotted(owner))
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in FILLING:
                found.add(_dotted(owner))
    return found - {()}


def _dotted(node: ast.expr) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=value, attr=name):
            before = _dotted(value)
            return (*before, name) if before else ()
    return ()


def only_added(body: Sequence[ast.stmt], name: str) -> bool:
    """Whether the body does nothing to a name but add to it, all in one way, and doesn't read it."""
    stores = loads = plain = augmented = 0
    for n in (n for part in body for n in ast.walk(part)):
        match n:
            case ast.AugAssign(target=ast.Name(id=target), op=ast.Add() | ast.Sub()) if target == name:
                augmented += 1
            case ast.Assign() if _sum_with(n, name) is not None:
                plain, loads = plain + 1, loads - 1
            case ast.Name(id=found, ctx=ast.Store()) if found == name:
                stores += 1
            case ast.Name(id=found, ctx=ast.Load()) if found == name:
                loads += 1
    return stores == plain + augmented and loads == 0 and not (plain and augmented)


def rebinds(body: Sequence[ast.stmt], name: str, surely: bool = False) -> bool:
    """Whether the body adds by name = name + ..., which makes a new array; `surely` in every turn."""
    return any(_sum_with(n, name) is not None for part in body for n in ([part] if surely else ast.walk(part)))


def _sum_with(node: ast.AST, name: str) -> tuple[ast.operator, ast.expr] | None:
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right)):
            if target == name and isinstance(left, ast.Name) and left.id == name:
                return op, right
            if target == name and isinstance(right, ast.Name) and right.id == name and isinstance(op, ast.Add):
                return op, left
    return None


class _Augmented(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        for name in self.names:
            found = _sum_with(node, name)
            if found is not None:
                made = ast.AugAssign(ast.Name(name, ast.Store()), found[0], found[1])
                return ast.fix_missing_locations(ast.copy_location(made, node))
        return node


def augmented(body: Sequence[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The body with s = s + v as s += v for these names."""
    if not any(_sum_with(n, name) for name in names for part in body for n in ast.walk(part)):
        return list(body)
    return [_Augmented(names).visit(deepcopy(part)) for part in body]


def counter_of(node: ast.While) -> tuple[str, ast.expr, int, bool] | None:
    """The counter of `while i < e: ...; i += 1`, its end, its step, and whether the end is included."""
    match node.test, node.body[-1]:
        case (
            ast.Compare(left=ast.Name(id=name), ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() as op], comparators=[end]),
            ast.AugAssign(target=ast.Name(id=moved), op=ast.Add() | ast.Sub() as sign, value=ast.Constant(value=1)),
        ):
            step = 1 if isinstance(sign, ast.Add) else -1
            upwards = isinstance(op, (ast.Lt, ast.LtE))
            body = node.body[:-1]
            others = {n.id for part in body for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            used = {n.id for n in ast.walk(end) if isinstance(n, ast.Name)} | {name}
            jumps = any(isinstance(n, (ast.Continue, ast.Break)) for part in body for n in ast.walk(part))
            calls = any(isinstance(n, ast.Call) and not (isinstance(n.func, ast.Name) and n.func.id == "len") for n in ast.walk(end))
            if moved == name and upwards == (step > 0) and not (others & used) and not jumps and not calls:
                return name, end, step, isinstance(op, (ast.LtE, ast.GtE))
    return None


def added_in_place(node: ast.Assign) -> ast.AugAssign | None:
    """x[...] = x[...] + v as x[...] += v, where the places are named by names and numbers."""
    match node:
        case ast.Assign(targets=[ast.Subscript() as target], value=ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right)):
            if any(isinstance(n, ast.Call) for n in ast.walk(target.slice)):
                return None
            where = ast.dump(target).replace("Store()", "Load()")
            if ast.dump(left) == where:
                return ast.copy_location(ast.AugAssign(target, op, right), node)
            if ast.dump(right) == where and isinstance(op, ast.Add):
                return ast.copy_location(ast.AugAssign(target, op, left), node)
    return None
