"""Where the source gives a result its value, as far as its text tells: for code that is run, and for what return computes."""

from __future__ import annotations

import ast


def place_of(name: str, call: ast.Module, source: ast.Module) -> int | None:
    """The line of the source that gives a result of the call its value; None where that can't be told."""
    whole, _, key = name.partition("['")
    found = _returning(whole, call, source)
    if found is None:
        return None
    return _keyed(found[0], key.removesuffix("']")) if key else _returned(*found)


def filled_at(name: str, call: ast.Module, source: ast.Module) -> int | None:
    """The line inside a loop that fills the array that is returned; None where there is none."""
    found = _returning(name, call, source)
    value = None if found is None else _value(*found)
    if found is None or not isinstance(value, ast.Name):
        return None
    loops = [n for n in ast.walk(found[0]) if isinstance(n, ast.For)]
    changes = [n for loop in loops for n in ast.walk(loop) if isinstance(n, (ast.Assign, ast.AugAssign))]
    targets = [t for n in changes for t in (n.targets if isinstance(n, ast.Assign) else [n.target])]
    return max((t.lineno for t in targets if _root(t) == value.id), default=None)


def _returning(name: str, call: ast.Module, source: ast.Module) -> tuple[ast.FunctionDef, int, int] | None:
    """The function that returns a result, and as which of how many values."""
    functions = {n.name: n for n in ast.walk(source) if isinstance(n, ast.FunctionDef)}
    for statement in reversed(call.body):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            found = _position(name, statement.targets[0])
            function = functions.get(_last(statement.value.func))
            if found is not None and function is not None:
                return function, *found
    return None


def _position(name: str, target: ast.expr) -> tuple[int, int] | None:
    """Which of how many targets the name is."""
    several = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    return next(((k, len(several)) for k, t in enumerate(several) if isinstance(t, ast.Name) and t.id == name), None)


def _last(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def _returned(function: ast.FunctionDef, place: int, count: int) -> int | None:
    value = _value(function, place, count)
    if isinstance(value, ast.Name):
        return max((n for n in _assignments(function, value.id) if n <= value.lineno), default=value.lineno)
    return None if value is None else value.lineno


def _keyed(function: ast.FunctionDef, key: str) -> int | None:
    """The last line that gives a dict of the function something under this key."""
    lines = []
    for n in ast.walk(function):
        match n:
            case ast.Subscript(slice=ast.Constant(value=value), ctx=ast.Store()) if value == key:
                lines.append(n.lineno)
            case ast.Dict():
                lines += [v.lineno for k, v in zip(n.keys, n.values, strict=True) if isinstance(k, ast.Constant) and k.value == key]
    return max(lines, default=None)


def _value(function: ast.FunctionDef, place: int, count: int) -> ast.expr | None:
    """What the last return gives in this place."""
    returns = [n for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None]
    value = max(returns, key=lambda n: n.lineno).value if returns else None
    if count > 1 and isinstance(value, ast.Tuple) and len(value.elts) == count:
        return value.elts[place]
    return value


def _assignments(function: ast.FunctionDef, name: str) -> list[int]:
    """The lines that assign to a name, or to a part of it."""
    found = []
    for n in ast.walk(function):
        targets = n.targets if isinstance(n, ast.Assign) else [n.target] if isinstance(n, (ast.AugAssign, ast.AnnAssign)) else []
        for target in targets:
            parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
            found += [target.lineno for p in parts if _root(p) == name]
    return found


def _root(target: ast.expr) -> str:
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""
