"""Einstein's convention, on request: an index that stands twice in a product, and not on the left side, is summed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from symbackprop.language.latex.refusals import error
from symbackprop.language.latex.tree import Absolute, Add, Big, Bound, Call, Letter, Power, Product, Transpose, Tree, children


def summed(text: str, tree: Tree, free: set[str]) -> Tree:
    """The tree with a sum around each term for the letters that nobody binds."""
    return _Convention(text).summed(tree, free)


@dataclass
class _Convention:
    # `counted` has the letters of each tree by identity; `kept` keeps the trees alive, so that identities stay theirs.
    text: str
    counted: dict[int, Counter[str]] = field(default_factory=dict)
    kept: list[Tree] = field(default_factory=list)

    def summed(self, tree: Tree, free: set[str]) -> Tree:
        match tree:
            case Add(at=at, terms=terms):
                return Add(at, tuple((sign, self.summed(t, free)) for sign, t in terms))
            case Product(op="/", left=left, right=right):
                if (self.letters(left).keys() & self.letters(right).keys()) - free:
                    return self.around(tree, free)
                return replace(tree, left=self.summed(left, free), right=self.summed(right, free))
        return self.around(self.inside(tree, free), free)

    def inside(self, tree: Tree, free: set[str]) -> Tree:
        """Sums inside brackets, functions and powers, for letters that stand nowhere else."""
        match tree:
            case Product(left=left, right=right):
                before, after = self.letters(left).keys(), self.letters(right).keys()
                return replace(tree, left=self.inside(left, free | after), right=self.inside(right, free | before))
            case Add(at=at, terms=terms):
                return Add(at, tuple((sign, self.around(self.inside(t, free), free)) for sign, t in terms))
            case Call(arguments=arguments):
                return replace(tree, arguments=tuple(self.summed(a, free) for a in arguments))
            case Power(base=Add() | Product() | Call() as base):
                return replace(tree, base=self.summed(base, free))
            case Transpose(of=of) | Absolute(of=of):
                return replace(tree, of=self.inside(of, free))
        return tree

    def around(self, tree: Tree, free: set[str]) -> Tree:
        found = self.letters(tree)
        repeated = [n for n in found if n not in free]
        for name in repeated:
            if found[name] < 2 and not self.squared(tree, name):
                message = f"the index {name} stands once, and not on the left side"
                raise error(self.text, tree.at, message, "an index that is summed over stands twice")
            self.check_terms(tree, name)
        return Big(tree.at, "sum", tuple(Bound(tree.at, n) for n in repeated), (), tree) if repeated else tree

    def check_terms(self, tree: Tree, name: str) -> None:
        """Refuse x_n (1 + a_n), where one term has n twice and another once."""
        if isinstance(tree, Add) and len({name in self.letters(t) for _, t in tree.terms}) > 1:
            raise error(self.text, tree.at, f"not every term in these brackets has the index {name}", "write the sums: \\sum_n")
        if not isinstance(tree, Big):
            for child in children(tree):
                if name in self.letters(child):
                    self.check_terms(child, name)

    def squared(self, tree: Tree, name: str) -> bool:
        if isinstance(tree, Power) and name in self.letters(tree.base):
            return True
        return any(self.squared(c, name) for c in children(tree) if name in self.letters(c))

    def letters(self, tree: Tree) -> Counter[str]:
        """How often each letter stands in a tree, those aside that are bound in it."""
        known = self.counted.get(id(tree))
        if known is not None:
            return known
        found: Counter[str] = Counter([tree.name] if isinstance(tree, Letter) else [])
        for child in children(tree):
            found.update(self.letters(child))
        if isinstance(tree, Big):
            for b in tree.bound:
                del found[b.name]
        self.counted[id(tree)] = found
        self.kept.append(tree)
        return found
