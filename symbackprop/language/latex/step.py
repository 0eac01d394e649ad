"""One side of a chain, read for its left side: the letters and their sizes, the shape, the component.

The shape of a right side must be its left side's. In denominator layout (the default) a gradient is shaped like its variable, a vector a
column; in numerator layout ∂C/∂W is the transpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import sympy as sp

from symbackprop.language.arrays import Names
from symbackprop.language.equation_reader import DerivativeEquation, fits
from symbackprop.language.equations import Equation
from symbackprop.language.errors import shape_text
from symbackprop.language.latex.einstein import summed
from symbackprop.language.latex.elaborate import Elaborator
from symbackprop.language.latex.letters import Info, Letters, TwoSizes
from symbackprop.language.latex.products import Value, sized_like, transposed
from symbackprop.language.latex.refusals import Misfit, ambiguous, error
from symbackprop.language.latex.tree import Letter, Ref, Slope, Tree, Unit
from symbackprop.language.nodes import Partial
from symbackprop.language.scope import new_indices
from symbackprop.language.tensors import Component, Index, Tensor

if TYPE_CHECKING:
    from symbackprop.language.latex.reading import Book

Read = Equation | DerivativeEquation
MAX_FREE = 6  # letters whose order is looked for
Supposed = dict[tuple[str, int], sp.Expr]


@dataclass(frozen=True)
class Left:
    """A left side: a tensor and its subscripts, a local derivative, or a new name."""

    tensor: Tensor | None = None
    items: tuple[Tree, ...] | None = None
    ref: Ref | None = None
    turned: bool = False
    slope: Slope | None = None
    name: str = ""
    at: int = 0


class Step:
    """One side of a chain, read for its left side."""

    def __init__(self, book: Book, left: Left, tree: Tree, base: int, text: str, supposed: Supposed, dot: str = "") -> None:
        self.book, self.left, self.base, self.text, self.supposed = book, left, base, text, supposed
        self.dot = dot
        words = book.words
        self.names = Names(set(words.tensors) | ({left.name} if left.name else set()), [])
        self.tree = tree
        self.letters = self._new_letters()

    def _new_letters(self) -> Letters:
        return Letters(self.book.text, self.book.words.sizes, self._shape, supposed=self.supposed)

    def _elaborator(self) -> Elaborator:
        return Elaborator(self.book.text, self.letters, self.names, self.base, self.book.numerator, self.dot)

    def _shape(self, tree: Tree) -> tuple[sp.Expr, ...]:
        return self._elaborator().value(tree).sizes

    def at_range(self) -> int:
        """Where the first written range stands."""
        return next(i.at for i in self.letters.every if i.counts_from is not None)

    def read(self) -> Read:
        if self.left.slope is not None:
            return self._derivative(self.left.slope)
        if self.left.items is not None:
            return self._componentwise(self.left.items)
        return self._whole()

    # ---- letters

    def _root(self, items: tuple[Tree, ...]) -> list[Info | None]:
        made: list[Info | None] = []
        for item in items:
            if isinstance(item, Letter):
                if item.name in self.letters.root:
                    raise error(
                        self.book.text, item.at, f"the index {item.name} stands twice on the left side", "write \\delta_{ij} for a diagonal"
                    )
                info = self.letters.new(item.name, item.at)
                self.letters.root[item.name] = info
                made.append(info)
            else:
                made.append(None)
        return made

    def _walk(self) -> None:
        if self.book.einstein:
            self.tree = summed(self.book.text, self.tree, set(self.letters.root))
        self.letters.walk(self.tree, {})
        self.names.taken.extend(i.name for i in self.letters.every)

    # ---- index style

    def _componentwise(self, items: tuple[Tree, ...]) -> Read:
        tensor, ref = self.left.tensor, self.left.ref
        if any(not isinstance(i, Letter) for i in items):
            at = next(i.at for i in items if not isinstance(i, Letter))
            raise error(self.book.text, at, "on a left side stand index letters", "write W_{ij}, one letter for each axis")
        infos = [i for i in self._root(items) if i is not None]
        self._walk()
        if ref is not None:
            try:
                self.letters.walk(ref, {})
                self.letters.settle()
                value = self._elaborator().value(self.tree)
            except TwoSizes:
                self._misshapen(items)
                raise
        else:
            self.letters.settle()
            value = self._elaborator().value(self.tree)
        if tensor is None:
            return self._helper(infos, value)
        assert ref is not None
        axes = self.letters.axes[id(ref)]
        e = self._elaborator()
        place: dict[int, sp.Expr] = {axis: e.typed(info) for axis, info in zip(axes, infos, strict=True)}
        rest = [k for k in range(tensor.rank) if k not in place]
        self._check_shape(value, tuple(tensor.sizes[k] for k in rest), f"what is left of {tensor.name}", self.left.turned)
        fresh = new_indices([tensor.sizes[k] for k in rest], self.names.reserved, [*self.names.taken, *(p.name for p in place.values())])
        place |= dict(zip(rest, fresh, strict=True))
        return self._equation(tensor, tuple(place[k] for k in range(tensor.rank)), sized_like(value, tuple(i.size for i in fresh)), fresh)

    def _misshapen(self, items: tuple[Tree, ...]) -> None:
        """Raise Misfit where the right side alone is sound and only its shape isn't the left side's."""
        tensor = self.left.tensor
        assert tensor is not None
        self.letters = self._new_letters()
        infos = self._root(items)
        self._walk()
        try:
            self.letters.settle()
        except TwoSizes:
            return
        sizes = tuple(i.size for i in infos if i is not None and i.size is not None)
        if len(sizes) == len(items) == tensor.rank and not fits(sizes, tensor.sizes):
            raise self._misfit(tensor.name, tensor.sizes, sizes)

    def _helper(self, infos: list[Info], value: Value) -> Equation:
        e = self._elaborator()
        letters = [e.typed(i) for i in infos]
        rest = new_indices(value.sizes, self.names.reserved, self.names.taken)
        tensor = Tensor(self.left.name, *(i.size for i in letters), *value.sizes)
        return self._equation(tensor, (*letters, *rest), value, rest)

    # ---- array style

    def _whole(self) -> Read:
        self._walk()
        self.letters.settle()
        tensor = self.left.tensor
        if self.letters.stray and tensor is not None and tensor.rank:
            return self._free(tensor)
        if isinstance(self.tree, Unit) and self.tree.size is None and tensor is not None and tensor.rank == 2:
            self.tree = Unit(self.tree.at, tensor.sizes[0])
        value = self._elaborator().value(self.tree)
        if tensor is None:
            if value.wild:
                raise error(self.book.text, self.tree.at, "nothing tells the size of these ones", "write \\mathbf{1}_N")
            fresh = new_indices(value.sizes, self.names.reserved, self.names.taken)
            return self._equation(Tensor(self.left.name, *value.sizes), fresh, value, fresh)
        turn = self.left.turned != (self.book.numerator and bool(tensor.adjoint_of or tensor is self.book.target))
        if turn and tensor.rank == 2:
            value = transposed(value)
        value = sized_like(value, tensor.sizes) if value.rank == tensor.rank else value
        self._check_shape(value, tensor.sizes, tensor.name, turn)
        fresh = new_indices(tensor.sizes, self.names.reserved, self.names.taken)
        return self._equation(tensor, fresh, value, fresh)

    def _free(self, tensor: Tensor) -> Read:
        """An expression in index style without its left side: its letters must fit the axes in one way."""
        stray = list(self.letters.stray.values())
        ways = [
            p
            for p in permutations(stray if len(stray) == tensor.rank <= MAX_FREE else ())
            if len(p) == tensor.rank
            and all(i.size is not None and fits((i.size,), (size,)) for i, size in zip(p, tensor.sizes, strict=True))
        ]
        names = ", ".join(i.name for i in stray)
        if not ways:
            return self._elaborator_error(stray)
        if len(ways) > 1:
            raise ambiguous(
                self.book.text,
                self.tree.at,
                f"the order of the indices {names} isn't told",
                [f"{tensor.name}[{', '.join(i.name for i in w)}]" for w in ways],
                f"write {tensor.name}_{{...}} = ...",
            )
        for info in stray:
            del self.letters.stray[info.name]
        e = self._elaborator()
        value = e.value(self.tree)
        self._check_shape(value, (), tensor.name)
        return self._equation(tensor, tuple(e.typed(i) for i in ways[0]), value, ())

    def _elaborator_error(self, stray: list[Info]) -> Read:
        self._elaborator().value(self.tree)  # tells the letter that stands free, where it stands
        raise error(self.book.text, stray[0].at, f"the index {stray[0].name} stands free", "put it on the left side, or sum over it")

    def _derivative(self, slope: Slope) -> Read:
        letters = {
            item.name: item for part in (slope.of, *slope.by) if isinstance(part, Ref) for item in part.items if isinstance(item, Letter)
        }
        self._root(tuple(letters.values()))
        self._walk()
        self.letters.walk(slope, {})
        self.letters.settle()
        e = self._elaborator()
        partial = e.value(slope).array.at(())
        assert isinstance(partial, Partial)
        if not isinstance(partial.of, Component):
            raise error(
                self.book.text,
                slope.at,
                "a derivative of a component by a component is asked for",
                "write \\frac{\\partial r_i}{\\partial z_j}",
            )
        value = e.value(self.tree)
        self._check_shape(value, (), "a local derivative")
        free = dict.fromkeys(i for part in partial.args if isinstance(part, Component) for i in part.indices if isinstance(i, Index))
        return DerivativeEquation(partial, self._at(value, ()), tuple(free), self.text)

    # ---- shapes

    def _check_shape(self, value: Value, expected: tuple[sp.Expr, ...], what: str, row: bool = False) -> None:
        if value.rank == 0 and expected and not value.array.at(()).free_symbols and value.array.at(()) == 0:
            return
        if not fits(value.sizes, expected):
            raise self._misfit(what, expected, value.sizes)
        if value.rank == 1 and value.row != row and not value.loose:
            is_, should = ("row", "column") if value.row else ("column", "row")
            hint = "transpose it; in numerator layout gradients are rows" if value.row else "a row was asked for: transpose it"
            made = error(
                self.book.text, self.tree.at, f"{what} is the {should} {shape_text(expected)}, what is written is a {is_}", hint, Misfit
            )
            assert isinstance(made, Misfit)
            made.expected, made.found = expected, value.sizes
            raise made

    def _misfit(self, what: str, expected: tuple[sp.Expr, ...], found: tuple[sp.Expr, ...]) -> Misfit:
        message = f"{what} is {shape_text(expected)}, what is written is {shape_text(found)}"
        hint = (
            "transposed it would fit: mind the layout"
            if fits(found[::-1], expected)
            else "vectors are columns, and nothing is broadcast here"
        )
        made = error(self.book.text, self.tree.at, message, hint, Misfit)
        assert isinstance(made, Misfit)
        made.expected, made.found = expected, found
        return made

    def _equation(self, tensor: Tensor, place: tuple[sp.Expr, ...], value: Value, free: tuple[Index, ...]) -> Equation:
        return Equation(Component(tensor, *place), self._at(value, free), self.text)

    def _at(self, value: Value, free: tuple[Index, ...]) -> sp.Expr:
        self.names.taken.extend(i.name for i in free)
        if not value.rank:
            return value.array.at(())
        return value.array.at(tuple(sp.S.Zero if size is sp.S.One else i for i, size in zip(free, value.sizes, strict=True)))
