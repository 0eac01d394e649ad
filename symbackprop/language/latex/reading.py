"""Statements as equations: what the left side names, then one equation for each further side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword

import sympy as sp

from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError
from symbackprop.language.latex import grammar
from symbackprop.language.latex.letters import Undecided
from symbackprop.language.latex.lexer import Token
from symbackprop.language.latex.lines import Chain
from symbackprop.language.latex.refusals import Ambiguous, Dotted, Misfit, error
from symbackprop.language.latex.step import Left, Read, Step, Supposed
from symbackprop.language.latex.stream import Stream
from symbackprop.language.latex.tree import Indexed, Kronecker, Letter, Ref, Slope, Transpose, Tree, Unknown
from symbackprop.language.latex.vocabulary import Vocabulary
from symbackprop.language.scope import FUNCTIONS, MAY_BE_TENSORS
from symbackprop.language.tensors import Tensor

MAX_SUPPOSED = 3  # letters whose size is tried out
STAND_IN = "written"


@dataclass(frozen=True)
class Said:
    """One link of a chain: what was read, or why it couldn't be; what its left side names; where its right side stands.

    `notes` say what was settled on the way. Where the right side is sound and only its shape or layout is wrong, `written` is
    the right side by itself.
    """

    read: Read | NotationError
    left: Left
    start: int
    end: int
    notes: tuple[str, ...] = ()
    written: Equation | None = None


@dataclass
class Book:
    """What is known while the statements of a text are read; helpers that a line defines are known to the lines after it."""

    text: str
    words: Vocabulary
    target: Tensor | None = None
    base: int = 0
    einstein: bool = False
    numerator: bool = False
    last: Left | None = None

    def read(self, chain: Chain) -> Iterator[Said]:
        """The equations of a chain, one a link; for a link that can't be read, what is wrong with it.

        A chain whose first side is empty goes on with the one before. Raises NotationError for the left side.
        """
        sides = chain.sides
        left, rest = self._told(sides)
        for side in rest:
            start, end = side[0].at, end_of(side[-1])
            try:
                step, read = self._step(left, side)
            except NotationError as refused:
                yield Said(refused, left, start, end, written=self._alone(left, side) if isinstance(refused, Misfit) else None)
                continue
            if isinstance(read, Equation) and left.name:
                left = self._defined(left, read.tensor)
            if not (isinstance(read, Equation) and read.right == read.left and len(sides) > 2):
                yield Said(read, left, start, end, step.letters.said())
        self.last = left

    def _told(self, sides: Sequence[tuple[Token, ...]]) -> tuple[Left, Sequence[tuple[Token, ...]]]:
        """What the chain is about, and its right sides."""
        if not sides[0]:
            if self.last is None:
                raise error(self.text, sides[1][0].at - 1, "one side of this = is empty", "write dW = ...")
            return self.last, sides[1:]
        self.last = None
        left = self.left(sides[0]) if len(sides) > 1 else None
        if left is not None:
            return left, sides[1:]
        if self.target is None:
            if len(sides) > 1:
                self._tree(sides[0])  # an error there comes first
            raise self._about_nothing(sides[0], len(sides) > 1)
        return Left(self.target, at=sides[0][0].at), sides

    def _about_nothing(self, side: Sequence[Token], is_left: bool) -> NotationError:
        hint = "write dW = ..., or \\frac{\\partial C}{\\partial W} = ..."
        if is_left and side[0].text == "d" and len(side) > 1:
            name = self.text[side[0].at : end_of(side[-1])][:40]
            own = [t.adjoint_of for t in self.words.tensors.values() if t.adjoint_of]
            return error(self.text, side[0].at, f"{name} is the gradient of nothing that the layer has", f"it has {', '.join(own)}")
        return error(self.text, side[0].at, "nothing says which variable this is for", hint)

    def _alone(self, left: Left, side: tuple[Token, ...]) -> Equation | None:
        """A right side whose shape isn't its left side's, as what it is."""
        try:
            _, read = self._step(Left(items=left.items, name=STAND_IN, at=left.at), side)
        except NotationError:
            return None
        return read if isinstance(read, Equation) else None

    def _defined(self, left: Left, tensor: Tensor) -> Left:
        """The left side of a helper once it is defined: that of a known tensor."""
        self.words.tensors[tensor.name] = tensor
        ref = None if left.items is None else Ref(left.at, tensor, left.items, (tuple(range(len(left.items))),))
        return replace(left, tensor=tensor, ref=ref, name="")

    def _tree(self, side: tuple[Token, ...]) -> Tree:
        for token in side:
            if token.trouble is not None:
                raise token.trouble
        return grammar.whole(Stream(self.text, list(side), self.words, end_of(side[-1])))

    def left(self, side: tuple[Token, ...]) -> Left | None:
        """What a left side names; None if it is an expression like any other."""
        try:
            tree = self._tree(side)
        except NotationError:
            if self.target is None:
                raise
            return None
        at = side[0].at
        match tree:
            case Ref(tensor=t, items=()):
                return Left(t, at=at)
            case Ref(tensor=t, items=items) as ref:
                return Left(t, items, ref, at=at)
            case Transpose(of=Ref(tensor=t, items=()), inverse=False):
                return Left(t, turned=True, at=at)
            case Transpose(of=Ref(tensor=t, items=items) as ref, inverse=False) if t.rank == len(items) + 1 and not self.numerator:
                return Left(t, items, ref, turned=True, at=at)
            case Indexed(of=Ref(tensor=t, items=()), items=items):
                if len(items) != t.rank:
                    raise error(
                        self.text, at, f"{t!r} has {t.rank} axes, here it has {len(items)} subscripts", "write one index for each axis"
                    )
                ways = tuple(range(t.rank))
                return Left(t, items, Ref(at, t, items, (ways[::-1] if self.numerator and t.adjoint_of else ways,)), at=at)
            case Slope():
                for part in (tree.of, *tree.by):
                    if isinstance(part, Unknown):
                        raise error(self.text, part.at, part.message, part.hint)
                return Left(slope=tree, at=at)
            case Unknown(name=name, items=items):
                self._check_name(name, at, tree)
                return Left(items=items or None, name=name, at=at)
            case Letter(name=name):
                return Left(name=name, at=at)
            case Kronecker(left=Letter() as i, right=Letter() as j) if self.target is None:
                return Left(items=(i, j), name="delta", at=at)
        return None

    def _check_name(self, name: str, at: int, tree: Unknown) -> None:
        taken = name in self.words.sizes or name in FUNCTIONS - MAY_BE_TENSORS or iskeyword(name)
        if name in self.words.sizes:
            raise error(self.text, at, f"{name} is a size of the layer; it can't name a helper", "give the helper another letter")
        if not name.isidentifier() or not name.isascii() or taken:
            raise error(self.text, at, tree.message, tree.hint)

    def _step(self, left: Left, side: tuple[Token, ...]) -> tuple[Step, Read]:
        return self._based(left, self._tree(side), self.base, self.text[side[0].at : end_of(side[-1])])

    def _based(self, left: Left, tree: Tree, base: int, text: str) -> tuple[Step, Read]:
        step, read = self._fitting(left, tree, base, text, {})
        other = {i.counts_from for i in step.letters.every if i.counts_from is not None} - {base}
        if other:
            (counts_from,) = sorted(other)[:1]
            _, again = self._fitting(left, tree, counts_from, text, {})
            if again != read:
                raise error(
                    self.text,
                    step.at_range(),
                    f"this sum counts from {counts_from}, the subscripts are read from {base}",
                    f"say it: base={counts_from}, or write \\sum_{{n={base}}}",
                )
        return step, read

    def _fitting(self, left: Left, tree: Tree, base: int, text: str, supposed: Supposed, dot: str = "") -> tuple[Step, Read]:
        """The only reading whose shapes fit, where subscripts can stand on several axes; else the one that n's name tells, for N."""
        step = Step(self, left, tree, base, text, supposed, dot or self.words.dot)
        try:
            return step, step.read()
        except Dotted as dotted:
            fit: list[tuple[Step, Read]] = []
            misfits: list[NotationError] = []
            for told in ("cdot", "odot"):
                try:
                    fit.append(self._fitting(left, tree, base, text, supposed, told))
                except Ambiguous:
                    raise dotted from None  # with this reading other products would be unclear, which doesn't rule it out
                except NotationError as refused:
                    misfits.append(refused)
            if len(fit) != 1:
                raise misfits[0] if misfits else dotted from None
            return fit[0]
        except Undecided as undecided:
            found, failed = self._tried(left, tree, base, text, supposed, undecided, dot)
            named = [size for size in (*found, *failed) if str(size).lower() == undecided.letter[0]]
            dots = [f for f in failed.values() if isinstance(f, Dotted)]
            if not found and (dots or named):
                raise dots[0] if dots else failed[named[0]] from None
            unclear = any(isinstance(f, Ambiguous) for f in failed.values())
            if (len(found) != 1 or unclear) and not (len(named) == 1 and named[0] in found):
                raise
            return found[named[0]] if named and named[0] in found else next(iter(found.values()))

    def _tried(
        self, left: Left, tree: Tree, base: int, text: str, supposed: Supposed, undecided: Undecided, dot: str
    ) -> tuple[dict[sp.Expr, tuple[Step, Read]], dict[sp.Expr, NotationError]]:
        """What fits for each size that the letter may have, and what stood in the way of the others."""
        found: dict[sp.Expr, tuple[Step, Read]] = {}
        failed: dict[sp.Expr, NotationError] = {}
        for size in undecided.choices if len(supposed) < MAX_SUPPOSED else ():
            try:
                found[size] = self._fitting(left, tree, base, text, {**supposed, undecided.letter: size}, dot)
            except NotationError as refused:
                failed[size] = refused
        return found, failed


def end_of(token: Token) -> int:
    """Where a token ends in the text."""
    return token.at + len(token.text) + (token.kind == "command")


def names_of(names: Mapping[str, str]) -> dict[str, str]:
    """The writer's own names, checked to be text."""
    for key, value in names.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError("names maps LaTeX to names of the layer, both text")
    return dict(names)
