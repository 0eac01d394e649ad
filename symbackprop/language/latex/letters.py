"""Which size each index letter runs over, and on which axes the subscripts stand that could stand on several.

A letter belongs to the left side or to the sum that binds it. Plain subscripts tell its size, as does a written range; where a
tensor has fewer subscripts than axes, or letters above and below, those readings are kept in which every letter has one size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from symbackprop.language.errors import NotationError
from symbackprop.language.latex.refusals import Ambiguous, LatexError, error
from symbackprop.language.latex.tree import Add, Big, Bound, Compare, Indexed, Kronecker, Letter, Number, Product, Ref, Tree, children
from symbackprop.language.sizes import same_size
from symbackprop.language.tensors import Dim, Index, Tensor

Shape = Callable[[Tree], "tuple[sp.Expr, ...]"]


class TwoSizes(LatexError):
    """One letter over two sizes."""


class Undecided(Ambiguous):
    """Subscripts that can stand on several axes: the letter that would settle it, by name and place, and its possible sizes."""

    letter: tuple[str, int] = ("", 0)
    choices: tuple[sp.Expr, ...] = ()


@dataclass(eq=False)
class Info:
    """An index letter: its size once it is known, where that was told, and what its range says it counts from."""

    name: str
    at: int
    size: sp.Expr | None = None
    told: str = ""
    counts_from: int | None = None
    index: Index | None = None
    used: bool = False


Around = dict[str, Info]


@dataclass
class _Use:
    # Subscripts of a tensor: for each the letter it is, the size it indexes (an integer tensor), or neither.
    node: Ref
    items: tuple[Info | sp.Expr | None, ...]
    ways: list[tuple[int, ...]]


@dataclass
class Letters:
    """One walk through the trees of a statement. `of` has the letter of each Letter node, `bound` those of each sum, by identity."""

    text: str
    sizes: Mapping[str, Dim]
    shape: Shape
    root: Around = field(default_factory=dict)
    of: dict[int, Info] = field(default_factory=dict)
    bound: dict[int, tuple[Info, ...]] = field(default_factory=dict)
    axes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    uses: list[_Use] = field(default_factory=list)
    equal: list[tuple[Info, Info]] = field(default_factory=list)
    same: list[tuple[Info, Info, int]] = field(default_factory=list)
    indexed: list[tuple[Indexed, tuple[Info | None, ...]]] = field(default_factory=list)
    stray: dict[str, Info] = field(default_factory=dict)
    every: list[Info] = field(default_factory=list)
    supposed: Mapping[tuple[str, int], sp.Expr] = field(default_factory=dict)

    def walk(self, tree: Tree, around: Around) -> None:
        """Visit a tree, with the letters that are known around it."""
        match tree:
            case Letter():
                self._found(tree, around)
            case Big():
                self._big(tree, around)
            case Ref(items=items) if items:
                self.uses.append(_Use(tree, tuple(self._item(i, around) for i in items), list(tree.ways)))
            case Indexed(of=of, items=items):
                self.walk(of, around)
                found = tuple(self._item(i, around) for i in items)
                self.indexed.append((tree, tuple(f if isinstance(f, Info) else None for f in found)))
            case _:
                for child in children(tree):
                    self.walk(child, around)
                self._equal(tree)

    def _equal(self, tree: Tree) -> None:
        sides = (tree.left, tree.right) if isinstance(tree, Kronecker) else tree.sides if isinstance(tree, Compare) else ()
        letters = [self.of.get(id(s)) if isinstance(s, Letter) else None for s in sides]
        for a, b, s, t in zip(letters, letters[1:], sides, sides[1:], strict=False):
            if a and b:
                self.equal.append((a, b))
                if not isinstance(tree, Compare) or tree.relations in (("==",), ("!=",)):
                    self.same.append((a, b, s.at))
            for letter, other in ((a, t), (b, s)):
                if letter and isinstance(other, Ref) and other.tensor.below is not None and letter.size is None:
                    self.see(letter, other.tensor.below, f"what {other.tensor.name} indexes", other.at)

    def _found(self, node: Letter, around: Around) -> Info:
        info = around.get(node.name) or self.root.get(node.name)
        if info is None:
            info = self.stray.get(node.name)
            if info is None:
                info = self.stray[node.name] = self.new(node.name, node.at)
        info.used = True
        self.of[id(node)] = info
        return info

    def new(self, name: str, at: int) -> Info:
        """A further letter."""
        self.every.append(Info(name, at, self.supposed.get((name, at)), "supposed"))
        return self.every[-1]

    def _item(self, item: Tree, around: Around) -> Info | sp.Expr | None:
        if isinstance(item, Letter):
            return self._found(item, around)
        self.walk(item, around)
        return item.tensor.below if isinstance(item, Ref) else None

    def _big(self, node: Big, around: Around) -> None:
        made: list[Info] = []
        for b in node.bound:
            info = self.new(b.name, b.at)
            if b.name in {m.name for m in made}:
                raise error(self.text, b.at, f"the index {b.name} is bound twice", "use another letter")
            if b.low is not None and b.high is not None:
                self._range(info, b)
            made.append(info)
        self.bound[id(node)] = tuple(made)
        inner = {**around, **{i.name: i for i in made}}
        for child in children(node):
            self.walk(child, inner)
        for info in made:
            if not info.used:
                hint = f"the summand has no {info.name}: write its subscripts"
                raise error(self.text, info.at, f"the index {info.name} doesn't occur behind this sum", hint)

    def _range(self, info: Info, b: Bound) -> None:
        assert b.low is not None and b.high is not None
        low, high = self._size(b.low), self._size(b.high)
        if low not in (0, 1):
            message = f"this sum starts at {low}; it goes over a whole axis, from 0 or 1"
            raise error(self.text, b.low.at, message, "write a condition below: \\sum_{u \\le t}")
        info.counts_from = int(low)
        info.size, info.told = sp.expand(high - low + 1), "its range"

    def _size(self, node: Tree) -> sp.Expr:
        match node:
            case Number(value=value):
                return value
            case Add(terms=terms):
                return sp.Add(*(sign * self._size(t) for sign, t in terms))
            case Product(op="" | "cdot" | "times", left=left, right=right):
                return self._size(left) * self._size(right)
            case Letter(name=name) if name.upper() in self.sizes and name not in self.root:
                return self.sizes[name.upper()]
        raise error(self.text, node.at, "a size is expected here", f"the sizes are {', '.join(self.sizes)}; a sum goes over a whole axis")

    def see(self, info: Info, size: sp.Expr, where: str, at: int) -> bool:
        """Another place tells a size; whether it was news. It must be the same as before."""
        if info.size is None:
            info.size, info.told = size, where
            return True
        if not same_size(info.size, size):
            message = f"the index {info.name} runs over two sizes: {info.size} ({info.told}) and {size} ({where})"
            whole = f"a sum goes over a whole axis: \\sum_{info.name}"
            hint = whole if "its range" in (info.told, where) else "use another letter, or mind the order of the indices"
            raise error(self.text, at, message, hint, TwoSizes)
        return False

    def settle(self) -> None:
        """Give every letter its size, and every tensor the axes of its subscripts."""
        changed = True
        while changed:
            changed = any([*(self._propagate(a, b) for a, b in self.equal), *(self._narrow(u) for u in self.uses)])
            changed = changed or self._intersect() or any(self._of_shape(i, found) for i, found in self.indexed)
        for a, b, at in self.same:
            if a.size is not None and b.size is not None and not same_size(a.size, b.size):
                message = f"{a.name} and {b.name} can't be the same index: one runs over {a.size}, the other over {b.size}"
                raise error(self.text, at, message, "another letter belongs here", TwoSizes)
        for use in self.uses:
            if len(use.ways) > 1:
                self._undecided(use)
            self.axes[id(use.node)] = use.ways[0]

    def _propagate(self, a: Info, b: Info) -> bool:
        news = False
        for one, other in ((a, b), (b, a)):
            if one.size is None and other.size is not None:
                news = self.see(one, other.size, f"it is compared with {other.name}", one.at) or news
        return news

    def _fits(self, use: _Use, way: tuple[int, ...]) -> bool:
        own: dict[Info, sp.Expr] = {}
        for item, axis in zip(use.items, way, strict=True):
            size = use.node.tensor.sizes[axis]
            if isinstance(item, Info):
                known = item.size if item.size is not None else own.setdefault(item, size)
                if not same_size(known, size):
                    return False
            elif item is not None and not same_size(item, size):
                return False
        return True

    def _narrow(self, use: _Use) -> bool:
        fitting = [w for w in use.ways if self._fits(use, w)]
        news = len(fitting) not in (0, len(use.ways))
        if not fitting:
            fitting = use.ways[:1]
            if len(use.ways) > 1:
                sizes = ", ".join(map(str, use.node.tensor.sizes))
                raise error(
                    self.text,
                    use.node.at,
                    f"these subscripts fit no axis of {use.node.tensor.name}[{sizes}]",
                    "an index letter runs over one size",
                    TwoSizes,
                )
        use.ways = fitting
        for k, item in enumerate(use.items):
            sizes_here = [use.node.tensor.sizes[w[k]] for w in use.ways]
            if isinstance(item, Info) and all(same_size(s, sizes_here[0]) for s in sizes_here):
                news = self.see(item, sizes_here[0], f"axis {use.ways[0][k]} of {use.node.tensor.name}", use.node.at) or news
            elif item is not None and not isinstance(item, Info) and len(use.ways) == 1 and not same_size(item, sizes_here[0]):
                message = f"this axis of {use.node.tensor.name} has {sizes_here[0]} places, the subscript {item}"
                raise error(self.text, use.node.at, message, "another index belongs here", TwoSizes)
        return news

    def _intersect(self) -> bool:
        for info in self.every:
            if info.size is not None:
                continue
            common: list[sp.Expr] | None = None
            for use in self.uses:
                if info in use.items:
                    here = {use.node.tensor.sizes[w[use.items.index(info)]] for w in use.ways}
                    common = [s for s in here if common is None or any(same_size(s, t) for t in common)]
            if common is not None and len(common) == 1:
                return self.see(info, common[0], "the only size that fits", info.at)
            if common is not None and not common:
                raise error(self.text, info.at, f"no size fits every place of the index {info.name}", "use another letter", TwoSizes)
        return False

    def _of_shape(self, node: Indexed, found: tuple[Info | None, ...]) -> bool:
        if not any(f is not None and f.size is None for f in found):
            return False
        try:
            shape = self.shape(node.of)
        except NotationError:
            return False
        if len(found) < len(shape):
            return self._of_axis(node, found, shape)
        pairs = zip(found, shape, strict=False)
        return any(
            self.see(f, size, "the axis of what stands in brackets", node.at) for f, size in pairs if f is not None and f.size is None
        )

    def _of_axis(self, node: Indexed, found: tuple[Info | None, ...], shape: tuple[sp.Expr, ...]) -> bool:
        # (a ⊙ b)_n of a matrix: the axis whose size n's name tells.
        named = [size for size in shape if found[0] is not None and str(size).lower() == found[0].name]
        if len(found) != 1 or found[0] is None or len(named) != 1:
            return False
        return self.see(found[0], named[0], "the axis of what stands in brackets", node.at)

    def said(self) -> tuple[str, ...]:
        """On which axes the subscripts stand where there are fewer than axes: x_n is the row x[n, :]."""
        found: dict[str, None] = {}
        for use in self.uses:
            tensor, way = use.node.tensor, self.axes.get(id(use.node), ())
            names = [i.name if isinstance(i, Info) else "·" for i in use.items]
            if len(way) < tensor.rank and "·" not in names:
                what = {(2, 0): "the row ", (2, 1): "the column "}.get((tensor.rank, way[0]), "")
                found[f"{tensor.name}_{','.join(names)} is {what}{shown(tensor, names, way)}"] = None
        return tuple(found)

    def _undecided(self, use: _Use) -> None:
        tensor = use.node.tensor
        names = [i.name if isinstance(i, Info) else "·" for i in use.items]
        readings = [shown(tensor, names, w) for w in use.ways]
        message = f"the subscripts of {tensor.name} can be read in several ways: {', or '.join(readings)}"
        # ∂C/∂y_i is written with the variable, whose subscripts they are.
        of = tensor.adjoint_of if tensor.adjoint_of and self.text[use.node.at : use.node.at + 1] == "\\" else ""
        told = shown(tensor, names, use.ways[0]).replace(" ", "")
        key, told = f"{of or tensor.name}_{names[0]}", of + told.removeprefix(tensor.name) if of else told
        hint = f"write all of them, or tell it: names={{{key!r}: {told!r}}}"
        made = error(self.text, use.node.at, message, hint, Undecided)
        assert isinstance(made, Undecided)
        made.readings = tuple(readings)
        for k, item in enumerate(use.items):
            if isinstance(item, Info) and item.size is None:
                made.letter = item.name, item.at
                made.choices = tuple(dict.fromkeys(tensor.sizes[w[k]] for w in use.ways))
        raise made


def shown(tensor: Tensor, names: Sequence[str], way: tuple[int, ...]) -> str:
    """The tensor with its subscripts on these axes: x[n, :]."""
    return f"{tensor.name}[{', '.join(names[way.index(k)] if k in way else ':' for k in range(tensor.rank))}]"
