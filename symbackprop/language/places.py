"""Which size each index letter runs over, told by where it stands: n in x[n,d] runs over the first size of x.

A letter belongs to the left side of an equation, or to the sum that binds it; each such letter has one `Letter`
here. Only plain subscripts tell a size: the p of x[n, i+p] is told by W[p], or in words: sum[p in P](...).
"""
from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from symbackprop.language.errors import NotationError
from symbackprop.language.scope import BINDERS, MATRIX_BINDERS
from symbackprop.language.sizes import same_size
from symbackprop.language.syntax import MAX_NODES, Statement
from symbackprop.language.tensors import Index, Tensor

BINDING = frozenset((*BINDERS, *MATRIX_BINDERS, "argmax", "invertible"))


@dataclass(eq=False)
class Letter:
    """An index letter and the size that its places tell; `told` is where the first of them is."""

    name: str
    size: sp.Expr | None = None
    told: str = ""

    def see(self, size: sp.Expr, where: str, error: Callable[[str, str], NotationError]) -> None:
        """Another place tells a size: it must be the same."""
        if self.size is None:
            self.size, self.told = size, where
        elif self.size is not size and not same_size(self.size, size):
            raise error(f"the index {self.name} runs over two sizes: {self.size} ({self.told}) and {size} ({where})",
                        f"use another letter, or {self.name} + 0 for a place that may leave the range")

    @property
    def index(self) -> Index:
        """The typed index."""
        assert self.size is not None
        return Index(self.name, self.size)


Letters = dict[str, Letter]
SizeReader = Callable[[ast.expr], sp.Expr]
ShapeReader = Callable[[ast.expr], tuple[sp.Expr, ...]]


@dataclass
class Places:
    """One walk through a statement's tree. `bound` has the letters of each binder, by its call's identity.

    `own` is the tensor that the equation defines while its sizes aren't known: `own_axes` are the letters of its left
    side. `open` says whether letters that nobody binds are to be found (then they are put into the root).
    """

    statement: Statement
    tensors: Mapping[str, Tensor]
    size: SizeReader
    shape: ShapeReader
    reserved: Collection[str]
    later: Callable[[str], Tensor | None] = lambda _name: None
    own: str = ""
    own_axes: tuple[Letter | None, ...] = ()
    open: bool = False
    bound: dict[int, list[Letter]] = field(default_factory=dict)
    equal: list[tuple[Letter, Letter]] = field(default_factory=list)
    nodes: int = 0

    def walk(self, tree: ast.expr, letters: Letters) -> None:
        """Visit the tree, with the letters that are known around it."""
        root = letters
        stack: list[tuple[ast.AST, Letters]] = [(tree, letters)]
        while stack:
            node, around = stack.pop()
            self.nodes += 1
            if self.nodes > MAX_NODES:
                raise self.statement.error(tree, f"this has more than {MAX_NODES:,} parts", "state it in several equations")
            kind = type(node)
            if kind is ast.Subscript:
                self._subscript(node, around, root, stack)  # type: ignore[arg-type]
            elif kind is ast.Call:
                self._call(node, around, stack)  # type: ignore[arg-type]
            elif kind is not ast.Name and kind is not ast.Constant:
                stack.extend((child, around) for child in reversed(list(ast.iter_child_nodes(node))))
        self._settle()

    def _call(self, node: ast.Call, around: Letters, stack: list[tuple[ast.AST, Letters]]) -> None:
        inner = around
        match node.func:
            case ast.Subscript(value=ast.Name(id=name)) if name in BINDING:
                letters = [self.letter(e) for e in elements(node.func.slice)]
                self.bound[id(node)] = letters
                inner = {**around, **{letter.name: letter for letter in letters}}
            case ast.Name(id="delta") if len(node.args) == 2:
                self._delta(node.args, around)
        stack.extend((k.value, inner) for k in node.keywords)
        stack.extend((a, inner) for a in reversed(node.args))
        if isinstance(node.func, ast.Attribute):
            stack.append((node.func.value, around))

    def letter(self, node: ast.expr) -> Letter:
        """The letter that stands on a left side or in a binder, with its size if that is told."""
        match node:
            case ast.Name(id=name):
                made = Letter(name)
            case ast.Compare(left=ast.Name(id=name), ops=[ast.In()], comparators=[size]):
                made = Letter(name, self.size(size), f"told: {name} in {self.statement.source(size)}")
            case _:
                raise self.statement.error(node, "an index letter is asked for", "write sum[n](...), or sum[n in N](...) to tell its size")
        self.check_letter(node, made.name)
        return made

    def check_letter(self, node: ast.expr, name: str) -> None:
        """Refuse an index letter that is something else already."""
        if name in self.reserved or name == self.own:
            raise self.statement.error(node, f"{name} is a tensor; it can't be an index too", "use another letter for the index")
        if name[0].isupper() or name == "pi":
            hint = f"write {name.lower()}" if name != "pi" else ""
            raise self.statement.error(node, f"{name} is no index: an index is a lower-case letter", hint)

    def _delta(self, arguments: list[ast.expr], around: Letters) -> None:
        found = [around.get(a.id) for a in arguments if isinstance(a, ast.Name)]
        if len(found) == 2 and found[0] and found[1]:
            self.equal.append((found[0], found[1]))

    def _subscript(self, node: ast.Subscript, around: Letters, root: Letters, stack: list[tuple[ast.AST, Letters]]) -> None:
        items = elements(node.slice)
        stack.extend((e, around) for e in reversed(items) if not isinstance(e, (ast.Name, ast.Constant)))
        if not isinstance(node.value, ast.Name):
            stack.append((node.value, around))
            self._see_axes(items, self.shape(node.value), "the array before it", around, root)
            return
        name = node.value.id
        tensor = self.tensors.get(name) or (None if name == self.own else self.later(name))
        if tensor is not None:
            self._see_axes(items, tensor.sizes, name, around, root)
        elif name == self.own:
            for item, own in zip(items, self.own_axes, strict=False):
                letter = self._found(item, around, root) if isinstance(item, ast.Name) else None
                if letter is not None and own is not None:
                    self.equal.append((letter, own))

    def _see_axes(self, items: list[ast.expr], sizes: tuple[sp.Expr, ...], what: str, around: Letters, root: Letters) -> None:
        for axis, item in _on_axes(items, len(sizes)):
            letter = self._found(item, around, root) if isinstance(item, ast.Name) else None
            if letter is not None and axis < len(sizes):
                letter.see(sizes[axis], f"axis {axis} of {what}", lambda m, h, at=item: self.statement.error(at, m, h))  # type: ignore[misc]

    def _found(self, node: ast.Name, around: Letters, root: Letters) -> Letter | None:
        letter = around.get(node.id)
        if letter is None and self.open and not node.id[0].isupper() and node.id not in self.tensors:
            letter = root.setdefault(node.id, Letter(node.id))
        return letter

    def _settle(self) -> None:
        """Letters that must run over the same size tell it to each other."""
        changed = True
        while changed:
            changed = False
            for a, b in self.equal:
                for one, other in ((a, b), (b, a)):
                    if one.size is None and other.size is not None:
                        one.size, one.told, changed = other.size, other.told, True


def elements(node: ast.expr) -> list[ast.expr]:
    """What stands between the brackets of a subscript."""
    return node.elts if isinstance(node, ast.Tuple) else [node]


def is_none(node: ast.expr) -> bool:
    """Whether a subscript is None, a new axis."""
    return isinstance(node, ast.Constant) and node.value is None


def is_ellipsis(node: ast.expr) -> bool:
    """Whether a subscript is the three dots, all axes between."""
    return isinstance(node, ast.Constant) and node.value is ...


def _on_axes(items: list[ast.expr], rank: int) -> Iterable[tuple[int, ast.expr]]:
    kept = [e for e in items if not is_none(e)]
    dots = next((k for k, e in enumerate(kept) if is_ellipsis(e)), None)
    if dots is None:
        return enumerate(kept)
    skip = rank - (len(kept) - 1)
    return ((k if k < dots else k + skip - 1, e) for k, e in enumerate(kept) if k != dots)
