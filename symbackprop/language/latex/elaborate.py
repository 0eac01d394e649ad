"""From trees to mathematics: what each node says once its shapes are known.

Every value is an array with its layout (`products.Value`); the component is asked for at the end. softmax of a matrix goes along its
rows. \\log\\det A is log |det A|. A sum over n of arrays sums their components. The rules for the nodes stand in the modules below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbackprop.language.arrays import Names
from symbackprop.language.errors import Unfit
from symbackprop.language.latex import applied, arithmetic, components, summing
from symbackprop.language.latex.letters import Info, Letters
from symbackprop.language.latex.products import Dot, Two, Value
from symbackprop.language.latex.refusals import Dotted, LatexError, Misfit, ambiguous, error
from symbackprop.language.latex.tree import Letter, Ref, Tree
from symbackprop.language.substitution import fresh
from symbackprop.language.tensors import Index

RULES: dict[type, Callable[[Elaborator, Any], Value]] = {**components.RULES, **arithmetic.RULES, **applied.RULES, **summing.RULES}


@dataclass
class Elaborator:
    """Reads the trees of one statement. `base` is what its indices count from; `numerator` says that adjoints are transposed,
    `dot` what a dot between two vectors is: cdot for their inner product, odot, or "" where that isn't told."""

    text: str
    letters: Letters
    names: Names
    base: int = 0
    numerator: bool = False
    dot: str = ""

    def value(self, node: Tree) -> Value:
        """What a tree says."""
        try:
            return RULES[type(node)](self, node)
        except Dot as dot:
            made = error(self.text, node.at, f"{dot.message} can be read in several ways: {', or '.join(dot.readings)}", dot.hint, Dotted)
            assert isinstance(made, Dotted)
            made.readings = dot.readings
            raise made from None
        except Two as two:
            raise ambiguous(self.text, node.at, f"{two.message} can be read in several ways", two.readings, two.hint) from None
        except Unfit as unfit:
            raise error(self.text, node.at, unfit.message, unfit.hint, Misfit if "fit" in unfit.message else LatexError) from None

    def number(self, node: Tree) -> sp.Expr:
        """What a tree says, which must be a component or a scalar."""
        made = self.value(node)
        if made.rank:
            raise error(self.text, node.at, f"this is {made.described()} where a number is asked for", "write its indices: x_{n,d}")
        return made.array.at(())

    def place(self, node: Tree) -> sp.Expr:
        """What a subscript says: a place, counted from 0."""
        if isinstance(node, Letter):
            return self.index(node)
        if isinstance(node, Ref) and node.tensor.below is not None:
            return self.component(node)
        return sp.expand(self.number(node) - self.base)

    def index(self, node: Letter) -> Index:
        """The typed index that a letter is."""
        info = self.letters.of.get(id(node))
        if info is None or info.name in self.letters.stray:
            hint = f"sum over it: \\sum_{node.name}, put it on the left side, or ask for Einstein's convention"
            raise error(self.text, node.at, f"{node.name} is neither an index here nor anything that the layer has", hint)
        return self.typed(info)

    def typed(self, info: Info) -> Index:
        """The index of a letter, under a name that no tensor has."""
        if info.index is None:
            if info.size is None:
                raise error(
                    self.text, info.at, f"nothing tells the size of the index {info.name}", f"tell it: \\sum_{{{info.name}=1}}^{{N}}"
                )
            made = Index(info.name, info.size)
            if info.name in self.names.reserved:
                made = fresh(made, {*self.names.reserved, *self.names.taken})
                self.names.taken.append(made.name)
            info.index = made
        return info.index

    def component(self, node: Ref) -> sp.Expr:
        """A tensor's component, all of its subscripts being told."""
        made = self.value(node)
        return made.array.at(()) if not made.rank else self.number(node)

    def entries(self, *nodes: Tree) -> list[sp.Expr]:
        """The component of each tree at places that are the same for all."""
        stand_ins = tuple(Index(f"{k}_place", sp.S.One) for k in range(4))
        return [v.array.at(stand_ins[: v.rank]) for v in map(self.value, nodes)]

    def fitted(self, node: Tree, f: Callable[..., sp.Expr]) -> Callable[..., sp.Expr]:
        """f with what can't be carried out told at the node."""

        def made(*arguments: sp.Expr) -> sp.Expr:
            try:
                return f(*arguments)
            except Unfit as unfit:
                raise error(self.text, node.at, unfit.message, unfit.hint) from None

        return made
