"""Lines of a file that aren't read: which of its names are no longer known after them.

    for i in range(4): T[i] = i     i and T
    init(T)                         T, and every list, array and object that init reaches
    plt.show()                      nothing
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from symbackprop.language.numpy_source.effects import looked_at
from symbackprop.language.numpy_source.objects import (
    Arr,
    Class,
    Dct,
    Frame,
    Function,
    Instance,
    Lst,
    Module,
    Operation,
    Through,
    Unknown,
    contents,
)
from symbackprop.language.numpy_source.operations import NUMPY

MAX_LOOKED_AT = 300_000  # nodes and values, in a file


@dataclass(frozen=True)
class _Said:
    """The names in a piece of source, those that it declares global, and the attributes that it sets, of which names."""

    names: frozenset[str]
    shared: frozenset[str]
    attributes: frozenset[tuple[str, str]]


def _said(node: ast.AST) -> _Said:
    names, shared, attributes = set(), set(), set()
    for n in ast.walk(node):
        match n:
            case ast.Name(id=name):
                names.add(name)
            case ast.Global(names=told):
                shared.update(told)
            case ast.Attribute(value=owner, attr=name, ctx=ast.Store() | ast.Del()):
                attributes.add((owner.id if isinstance(owner, ast.Name) else "", name))
    return _Said(frozenset(names), frozenset(shared), frozenset(a for a in attributes if a[0] != "self"))


@dataclass
class Ledger:
    """The lines that weren't read and set a name, by the name; how much was looked at for them."""

    made_by: dict[str, list[ast.stmt]] = field(default_factory=dict)
    texts: dict[ast.AST, _Said] = field(default_factory=dict)
    count: int = 0

    def said_by(self, node: ast.AST) -> _Said:
        """What a piece of source says, looked at once."""
        if node not in self.texts:
            self.texts[node] = _said(node)
        return self.texts[node]

    def acts(self, f: Frame, node: ast.AST) -> bool:
        """Whether a piece of source may change anything, or too much was looked at to tell."""
        if self.is_full():
            return True
        made, count = looked_at(f, node)
        self.count += count
        return made

    def is_full(self) -> bool:
        """Whether no more is looked at: everything is unknown then after a line that wasn't read."""
        self.count += 1
        return self.count > MAX_LOOKED_AT


def set_by(node: ast.stmt) -> list[str]:
    """The names that a statement sets, in order."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    found: dict[str, None] = {}
    for n in _carried_out(node):
        match n:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.setdefault(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found.update(dict.fromkeys(a.asname or a.name.split(".")[0] for a in names))
            case ast.AsyncFunctionDef(name=name) | ast.ExceptHandler(name=str() as name) | ast.MatchMapping(rest=str() as name):
                found.setdefault(name)
            case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                found.setdefault(name)
    return list(found)


def _carried_out(node: ast.AST) -> Iterator[ast.AST]:
    # A function's body isn't carried out where it is defined.
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)) and (child is node.body or (isinstance(node.body, list) and child in node.body)):
            continue
        yield from _carried_out(child)


@dataclass
class _Reached:
    """What a piece of source reaches: what can be changed, classes, attributes that it sets, names that it declares global."""

    f: Frame
    ledger: Ledger
    held: set[int] = field(default_factory=set)
    classes: list[Class] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    every_attribute: bool = False
    every_name: bool = False

    def text(self, node: ast.AST, inside: dict[str, Any]) -> None:
        if id(node) in self.seen:
            return
        self.seen.add(id(node))
        said = self.ledger.said_by(node)
        self.names |= said.shared
        self.every_attribute |= not said.names.isdisjoint(("setattr", "delattr", "exec"))
        self.every_name |= not said.names.isdisjoint(("globals", "exec"))
        for owner, name in said.attributes:
            self.attribute(owner, name)
        for name in said.names:
            if self.ledger.is_full():
                return
            self.value(inside.get(name, self.f.names.get(name)))
            for part in self.ledger.made_by.get(name, ()):
                self.text(part, {})

    def attribute(self, owner: str, name: str) -> None:
        if isinstance(self.f.names.get(owner), Module) and name in NUMPY:  # np.exp = ...
            self.names.add(owner)
        self.attributes.add(name)

    def value(self, value: Any) -> None:
        if isinstance(value, tuple):
            for part in value:
                self.value(part)
        if not isinstance(value, (Arr, Lst, Dct, Instance, Through, Function, Class, Operation)) or id(value) in self.seen:
            return
        self.seen.add(id(value))
        match value:
            case Arr():
                self.held |= {id(value), id(value.root), *(id(p.root) for p, _ in value.parts)}
            case Function():
                self.text(value.node, {k: v for names in reversed(_around(self.f, value)) for k, v in names.items()})
            case Class():
                self.classes.append(value)
            case Lst() | Dct() | Instance() | Through():
                self.held.add(id(value))
        for part in parts_of(self.f, value):
            self.value(part)


def _around(f: Frame, value: Function) -> list[dict[str, Any]]:
    return [names for names in (value.frame.names, *value.frame.outer) if names is not f.names]


def parts_of(f: Frame, value: Any) -> list[Any]:
    """What a value holds."""
    match value:
        case Instance():
            return [*contents(value), value.of]
        case Class():
            return list(value.members.values())
        case Function():
            return [*value.defaults.values(), value.owner, *(v for names in _around(f, value) for v in names.values())]
        case Operation():
            return list(value.first)
        case Through():
            return [*value.elements, *(s.container for s in value.sources)]
    return contents(value)


def unsettle(f: Frame, node: ast.stmt, ledger: Ledger, unknown: Unknown) -> list[str]:
    """Make unknown what a statement that wasn't read sets, or may have changed; the names."""
    names = [n for n in set_by(node) if not _is_same(f, node, n)]
    for name in names:
        ledger.made_by.setdefault(name, []).append(node)
    parts = [part for part in _at_once(node) if ledger.acts(f, part)]
    if parts:
        reached = _Reached(f, ledger)
        for part in parts:
            reached.text(part, {})
        changed = [n for n, v in f.names.items() if _holds(reached, v, set())]
        _unsettle_classes(f, reached, unknown)
        names += [*reached.names, *(list(f.names) if reached.every_name or ledger.is_full() else changed)]
    f.names.update(dict.fromkeys(names, unknown))
    return names


def _unsettle_classes(f: Frame, reached: _Reached, unknown: Unknown) -> None:
    every = [*reached.classes, *(v for v in f.names.values() if isinstance(v, Class) and v not in reached.classes)]
    for cls in every:
        changed = {k for k, v in cls.members.items() if _holds(reached, v, set())}
        if any(c in reached.classes for c in cls.line):  # what a class gets, those that come from it get
            changed |= set(cls.members) if reached.every_attribute else reached.attributes
        cls.members.update(dict.fromkeys(changed, unknown))


def _at_once(node: ast.stmt) -> list[ast.AST]:
    """What is carried out where a statement stands: of a definition its decorators and defaults."""
    match node:
        case ast.FunctionDef(decorator_list=decorators, args=a):
            return [*decorators, *a.defaults, *(d for d in a.kw_defaults if d is not None)]
        case ast.ClassDef(decorator_list=decorators, body=body):
            return [*decorators, *(p for part in body for p in _at_once(part))]
    return [node]


def _holds(reached: _Reached, value: Any, seen: set[int]) -> bool:
    if id(value) in seen or isinstance(value, Class) or reached.ledger.is_full():  # what a class holds is made unknown there
        return False
    seen.add(id(value))
    if isinstance(value, Arr) and any(id(a) in reached.held for a in (value, value.base, *(p.root for p, _ in value.parts))):
        return True
    return id(value) in reached.held or any(_holds(reached, part, seen) for part in parts_of(reached.f, value))


def _is_same(f: Frame, node: ast.stmt, name: str) -> bool:
    """Whether a statement gives a name only what it stands for anyway, as in `try: xrange; except NameError: xrange = range`."""
    from symbackprop.language.numpy_source.builtin import BUILTINS

    told = [n.value for n in ast.walk(node) if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name) and t.id == name]
    stores = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)]
    same = all(isinstance(v, ast.Name) and v.id not in f.names and BUILTINS.get(v.id) is BUILTINS.get(name, 0) for v in told)
    return name not in f.names and bool(told) and len(told) == len(stores) and same
