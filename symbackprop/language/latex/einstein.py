"""Einstein's convention, on request: an index that stands twice in a product, and not on the left side, is summed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from symbackprop.language.latex.refusals import error
from symbackprop.language.latex.tree import Absolute, Add, Big, Bound, Call, Letter, Power, Product, Transpose, Tree, children


def summed(text: str, tree: Tree, free: set[str]) -> Tree:
    """The tree with a sum around each term for the letters that nobody binds."""
    match tree:
        case Add(at=at, terms=terms):
            return Add(at, tuple((sign, summed(text, t, free)) for sign, t in terms))
        case Product(op="/", left=left, right=right):
            if (set(_letters(left)) & set(_letters(right))) - free:
                return _around(text, tree, free)
            return replace(tree, left=summed(text, left, free), right=summed(text, right, free))
    return _around(text, _inside(text, tree, free), free)


def _inside(text: str, tree: Tree, free: set[str]) -> Tree:
    """Sums inside functions and powers, for letters that stand nowhere else."""
    match tree:
        case Product(left=left, right=right):
            before, after = set(_letters(left)), set(_letters(right))
            return replace(tree, left=_inside(text, left, free | after), right=_inside(text, right, free | before))
        case Call(arguments=arguments):
            return replace(tree, arguments=tuple(summed(text, a, free) for a in arguments))
        case Power(base=base) if isinstance(base, (Add, Product, Call)):
            return replace(tree, base=summed(text, base, free))
        case Transpose(of=of) | Absolute(of=of):
            return replace(tree, of=_inside(text, of, free))
    return tree


def _around(text: str, tree: Tree, free: set[str]) -> Tree:
    found = _letters(tree)
    repeated = [n for n in found if n not in free]
    for name in repeated:
        if found[name] < 2 and not _squared(tree, name):
            raise error(
                text, tree.at, f"the index {name} stands once, and not on the left side", "an index that is summed over stands twice"
            )
    return Big(tree.at, "sum", tuple(Bound(tree.at, n) for n in repeated), (), tree) if repeated else tree


def _squared(tree: Tree, name: str) -> bool:
    return (isinstance(tree, Power) and name in _letters(tree.base)) or any(_squared(c, name) for c in children(tree))


def _letters(tree: Tree) -> Counter[str]:
    if isinstance(tree, Letter):
        return Counter([tree.name])
    found: Counter[str] = Counter()
    for child in children(tree):
        found += _letters(child)
    if isinstance(tree, Big):
        for b in tree.bound:
            del found[b.name]
    return found
