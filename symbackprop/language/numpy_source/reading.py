"""The way in: a source file and the lines that call it, with a layer's names, to a Program."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.numpy_source import branching, calling, contexts, modules, statements, unsettled
from symbackprop.language.numpy_source.arguments import described
from symbackprop.language.numpy_source.machine import LayerLike, Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place, axis_of, constant
from symbackprop.language.numpy_source.objects import Arr, Dct, Frame, LoopCarried, Lst, Unknown
from symbackprop.language.numpy_source.operations import numeric
from symbackprop.language.numpy_source.program import Program, Read, Unreadable
from symbackprop.language.numpy_source.text import parse
from symbackprop.language.substitution import tensors
from symbackprop.language.tensors import Component, Tensor


def read_source(source: str, call: str, layer: LayerLike) -> Program:
    """What the source says, called by these lines. Raises Unreadable."""
    tree, old = parse(source)
    lines, _ = parse(call, "the call")
    m = Machine(layer, source, call)
    m.old_division = old
    try:
        return _read(m, tree, lines, bool(call.strip()))
    except RecursionError:
        raise Unreadable("this is nested too deep to be read", source) from None
    except LoopCarried as carried:
        raise m.error(f"{carried.name[:40]} is carried from turn to turn of a loop: this isn't read") from None


def _read(m: Machine, tree: ast.Module, lines: ast.Module, called: bool) -> Program:
    given = _given(m)
    if contexts.has_functions(tree):
        given.setdefault(contexts.NAME, contexts.context(m))
    around: dict[str, Any] = {} if called else dict(given)
    module = _Module(Frame(around, ()))
    for node in tree.body:
        _line(m, module, node, called)
    if not called:
        names = _assigned(tree.body)  # what is given and perhaps changed, but never set, is no result
        return _program(m, around, names, module.frame, {n: error for n, error in module.unread.items() if n in names or n not in given})
    own = {t.name for t in m.layer.inputs} | {n for n in given if n not in m.layer.tensors and n not in {d.name for d in m.layer.sizes}}
    f = Frame({n: v for n, v in given.items() if n in own}, (_shown(module, given), given), in_call=True)
    for node in lines.body:
        statements.statement(m, f, node)
    return _program(m, f.names, _assigned(lines.body), f, {})


# ---- the lines of a file -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Module:
    """A file's names, the errors of those that couldn't be read, and the lines that set names and weren't read."""

    frame: Frame
    unread: dict[str, Unreadable] = field(default_factory=dict)
    ledger: unsettled.Ledger = field(default_factory=unsettled.Ledger)


DEFINING = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Delete, ast.Pass)


def _shown(module: _Module, given: dict[str, Any]) -> dict[str, Any]:
    """What the lines that call the code see of a file: what its loops and programs leave doesn't hide what is given."""
    left = {n for n, lines in module.ledger.made_by.items() if not any(isinstance(node, DEFINING) for node in lines)}
    return {n: v for n, v in module.frame.names.items() if n not in given or n not in left}


def _line(m: Machine, module: _Module, node: ast.stmt, called: bool) -> None:
    # What a file does beside defining functions need not be readable, unless it is used.
    depth = len(m.loops)
    try:
        inside = _taken(m, module.frame, node)
        if inside is not None:
            for part in inside:
                _line(m, module, part, called)
        elif isinstance(node, DEFINING) or not called or _says_nothing(node):
            statements.statement(m, module.frame, node)
        else:
            raise m.error(f"line {node.lineno} of the file isn't carried out, and may change this", node)
    except Unreadable as error:
        del m.loops[depth:]
        m.depth = 0
        changed = unsettled.unsettle(module.frame, node, module.ledger, Unknown("this name could not be read", error))
        for name in changed:
            module.unread.setdefault(name, error)


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _taken(m: Machine, f: Frame, node: ast.stmt) -> Sequence[ast.stmt] | None:
    """The statements that are carried out for an `if` that is decided, or for a `try` that imports."""
    if isinstance(node, ast.Try) and all(isinstance(part, (ast.Import, ast.ImportFrom)) for part in node.body):
        return statements.placed(m, f, node, lambda _m, _f, node: modules.tried(node))  # type: ignore[no-any-return]
    if isinstance(node, ast.If):
        chosen = statements.placed(m, f, node, branching.chosen)
        return None if isinstance(chosen, sp.Expr) else chosen
    return None


def _assigned(body: list[ast.stmt]) -> list[str]:
    found: dict[str, None] = {}
    for part in body:
        if isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            continue
        for n in ast.walk(part):
            target = n
            while isinstance(target, (ast.Subscript, ast.Attribute)) and isinstance(target.ctx, ast.Store):
                target = target.value
            if isinstance(target, ast.Name) and (isinstance(target.ctx, ast.Store) or target is not n):
                found.setdefault(target.id)
    return list(found)


# ---- names of the layer --------------------------------------------------------------------------------------------------


def _given(m: Machine) -> dict[str, Any]:
    """The layer's variables, its given gradients and its sizes, by name."""
    names: dict[str, Any] = {d.name: constant(d) for d in m.layer.sizes}
    for name, t in m.layer.tensors.items():
        names[name] = _array(name, t)
    used = {t.name for e in m.layer.equations for t in tensors(e.right)}
    for k, t in enumerate(m.layer.outputs):
        # The given gradient of an output that is used again inside the layer is not its whole gradient.
        given = Tensor(f"d{t.name}", *t.sizes, adjoint_of="" if t.name in used else t.name)
        own = constant(1) if m.layer.is_cost else _array(f"d{t.name}", given)
        names[f"d{t.name}"] = own
        if k == 0:
            names.setdefault("dout", own)
    return names


def _array(name: str, t: Tensor) -> Any:
    kind = "int" if t.is_integer_valued else "float"
    if not t.sizes:
        return Nd((), lambda _place: Component(t), kind)

    def at(place: Place) -> Any:
        return Component(t, *(p[0] if p else 0 for p in place))

    return Arr(Nd(tuple(axis_of(s) for s in t.sizes), at, kind), label=name)


# ---- the result ----------------------------------------------------------------------------------------------------------


def _program(m: Machine, names: dict[str, Any], assigned: list[str], f: Frame, unread: dict[str, Unreadable]) -> Program:
    results: dict[str, Read] = {}
    others: dict[str, str] = {}
    last = {r.name: r for r in m.lines}
    for name in assigned:
        for key, value in _flattened(name, names.get(name)):
            try:
                read = _result(m, key, value, last.get(key), f)
            except (Unreadable, Unfit) as error:
                unread.setdefault(key, error if isinstance(error, Unreadable) else m.error(error.message, None, error.hint))
                continue
            if read is not None:
                results[key] = read
            elif key not in unread:
                others[key] = described(value)
    if f.in_call and not results and unread:
        raise next(iter(unread.values()))
    return Program(results, tuple(m.lines), tuple(m.helpers), tuple(dict.fromkeys(m.overwritten)), unread, others)


def _flattened(name: str, value: Any) -> list[tuple[str, Any]]:
    # grads["W1"] of a dict is a result of its own, under the name of its key.
    if isinstance(value, Dct):
        return [(f"{name}[{k!r}]", v) for k, v in value.items.items() if isinstance(k, str)]
    return [(name, value)]


def _result(m: Machine, name: str, value: Any, line: Read | None, f: Frame) -> Read | None:
    if isinstance(value, Unknown) and value.error is not None:
        raise value.error
    if not isinstance(value, (Arr, Nd)) or isinstance(value, Lst):
        return None
    nd = numeric(m, value)
    if nd.argmax:
        return None
    made = statements.shown(m, ast.Pass(lineno=line.line if line else 0, col_offset=line.column - 1 if line else 0), f, name, nd)
    if isinstance(value, Arr) and value.where:
        return replace(made, line=value.where[0], column=value.where[1], in_call=False)
    return replace(made, in_call=line.in_call if line else f.in_call)


__all__ = ["calling", "read_source"]
