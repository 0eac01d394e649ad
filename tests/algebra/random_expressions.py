"""Random expressions of every kind of node, the same ones written otherwise, and altered ones; and random points.

`random` is a random.Random, or Hypothesis's, so that examples can be repeated and shrunk.
"""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp
from brute_force import Point

from symbackprop.language import nodes
from symbackprop.language.definitions import definition
from symbackprop.language.functions import CLASSES, PRIMITIVES, FieldFunction
from symbackprop.language.nodes import Compare, Delta, InRange, Max, Prod, Sum, Unspecified, Where
from symbackprop.language.notation import read_signature
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Component, Dim, Index, Tensor

N, D, P = Dim("N"), Dim("D"), Dim("P")
TENSORS = read_signature("""x[N], y[N], v[D], k[P], A[N,N], W[N,D], u[N + P - 1], c, g > 0, q[D] > 0, r[N] >= 0, t[N] in D,
                            m[N] in {0, 1} -> z""").inputs
BY_NAME = {t.name: t for t in TENSORS}
FREE = (Index("i", N), Index("d", D), Index("n", N))
SIZES = (N, D, P, N + P - 1)
NUMBERS = [sp.Integer(a) for a in (-2, -1, 0, 1, 2, 3)] + [sp.Rational(1, 2), sp.Rational(-2, 3)]
EXPONENTS = [sp.Integer(a) for a in (2, 2, 3, -1, -1, -2)] + [sp.Rational(a, 2) for a in (1, 1, -1, 3)] + [sp.Rational(1, 3)]
FUNCTIONS = ["exp", "exp", "log", "abs", "relu", "step", "sign", "sigmoid", "tanh", "softplus", "elu", "leaky_relu", "maximum", "minimum",
             "clip", "sin", "cos", "softsign", "hardtanh", "cosh"]

Indices = tuple[Index, ...]


# ---- expressions ----------------------------------------------------------------------------------------------------

def expression(random: Random, indices: Indices = FREE, depth: int = 3) -> sp.Expr:
    """A random expression in which these indices may stand free."""
    if depth == 0:
        return leaf(random, indices)
    kinds: list[tuple[int, Callable[[Random, Indices, int], sp.Expr]]] = [
        (4, _add), (6, _multiply), (3, _power), (3, _function), (5, _sum), (1, _other_binder), (1, _matrix), (2, _where), (2, _indicator),
        (1, _open), (1, _symbolic_power), (2, lambda r, i, _: leaf(r, i))]
    return random.choices([k for _, k in kinds], [w for w, _ in kinds])[0](random, indices, depth - 1)


def leaf(random: Random, indices: Indices) -> sp.Expr:
    kind = random.randrange(12)
    if kind == 0:
        return random.choice(NUMBERS)
    if kind == 1:
        return random.choice([N, D, P, *indices])
    return component(random, random.choice(TENSORS), indices)


def component(random: Random, tensor: Tensor, indices: Indices) -> sp.Expr:
    return tensor[tuple(place(random, s, indices) for s in tensor.sizes)] if tensor.sizes else tensor()


def place(random: Random, size: sp.Expr, indices: Indices) -> sp.Expr:
    """A subscript for an axis of that size: mostly an index that fits, sometimes shifted, sometimes out of range."""
    plain = [i for i in indices if i.size == size]
    kind = random.randrange(10)
    if plain and kind < 7:
        return random.choice(plain)
    if size == D and kind < 8:
        return BY_NAME["t"][random.choice([i for i in indices if i.size == N] or [sp.Integer(0)])]
    other = random.choice(indices)
    sums = [other + random.choice(indices), other - random.choice(indices), 2*other]
    return random.choice([other, other - 1, other + 1, sp.Integer(0), size - 1, *sums])


def _add(random: Random, indices: Indices, depth: int) -> sp.Expr:
    return sp.Add(*(expression(random, indices, random.randint(0, depth)) for _ in range(random.choice([2, 2, 3]))))


def _multiply(random: Random, indices: Indices, depth: int) -> sp.Expr:
    return sp.Mul(*(expression(random, indices, random.randint(0, depth)) for _ in range(random.choice([2, 2, 3]))))


def _power(random: Random, indices: Indices, depth: int) -> sp.Expr:
    return sp.Pow(expression(random, indices, depth), random.choice(EXPONENTS))


def _symbolic_power(random: Random, indices: Indices, depth: int) -> sp.Expr:
    base = component(random, random.choice(TENSORS), indices) if random.random() < 0.7 else expression(random, indices, min(depth, 1))
    exponent = random.choice([N, random.choice(indices), random.choice(indices) - random.choice(indices), N - 1, BY_NAME["c"]()])
    return sp.Pow(base, exponent)


def _function(random: Random, indices: Indices, depth: int) -> sp.Expr:
    name = random.choice(FUNCTIONS)
    if name in PRIMITIVES:
        return PRIMITIVES[name](expression(random, indices, depth))
    made = CLASSES[name]
    arguments = [expression(random, indices, random.randint(0, depth)) for _ in made.entry.names]
    if name in ("clip", "hardtanh"):
        arguments[1:] = [sp.Integer(-1), sp.Integer(1)]
    if name in ("maximum", "minimum") and arguments[0].is_Number and not arguments[1].is_Number:
        arguments.reverse()
    return made(*arguments)


def _open(random: Random, indices: Indices, depth: int) -> sp.Expr:
    return Unspecified("f", expression(random, indices, min(depth, 1)), random.randrange(2))


def bound(random: Random, indices: Indices, most: int = 2) -> tuple[Indices, Indices]:
    """Indices for a binder, and those that may stand free in its body."""
    names = random.sample(["i", "j", "p", "a", "b"], random.choice([1, 1, most]))
    made = tuple(Index(name, random.choice(SIZES)) for name in names)
    return made, (*(i for i in indices if i.name not in names), *made)


def _sum(random: Random, indices: Indices, depth: int) -> sp.Expr:
    over, inner = bound(random, indices)
    return Sum(expression(random, inner, depth), *over)


def _other_binder(random: Random, indices: Indices, depth: int) -> sp.Expr:
    over, inner = bound(random, indices)
    return random.choice([Prod, Max])(expression(random, inner, min(depth, 1)), *over)


def _matrix(random: Random, indices: Indices, depth: int) -> sp.Expr:
    size = random.choice([N, D])
    p, q = Index("a", size), Index("b", size)
    inner = (*(i for i in indices if i.name not in "ab"), p, q)
    plain = BY_NAME["A"][p, q] if size == N else W_gram(p, q)
    body = random.choice([plain, expression(random, inner, min(depth, 1)) + Delta(p, q)*BY_NAME["g"]()])
    kind = random.choice([nodes.Inverse, nodes.Inverse, nodes.Det, nodes.LogDet])
    return kind(body, p, q, *(place(random, size, indices) for _ in range(2))) if kind is nodes.Inverse else kind(body, p, q)


def W_gram(p: Index, q: Index) -> sp.Expr:
    """(WᵀW)[p,q]."""
    i = Index("i", N)
    return Sum(BY_NAME["W"][i, p]*BY_NAME["W"][i, q], i)


def condition(random: Random, indices: Indices, depth: int) -> sp.Expr:
    kind = random.randrange(6)
    if kind == 0:
        size = random.choice(SIZES)
        return InRange(place(random, size, indices), random.choice(SIZES))
    if kind == 1:
        size = random.choice(SIZES)
        return Delta(place(random, size, indices), place(random, size, indices))
    if kind == 2:
        over, inner = bound(random, indices)
        return nodes.IsArgmax(expression(random, inner, min(depth, 1)), *over, *(place(random, i.size, indices) for i in over))
    if kind == 3:
        return BY_NAME["m"][place(random, N, indices)]
    relation = random.choice(["<", "<=", "==", "!=", ">", ">="])
    if kind == 4:
        return Compare(relation, place(random, N, indices), place(random, N, indices))
    threshold = random.choice([sp.Integer(0), sp.Integer(0), expression(random, indices, 0)])
    return Compare(relation, expression(random, indices, min(depth, 1)), threshold)


def _indicator(random: Random, indices: Indices, depth: int) -> sp.Expr:
    made = condition(random, indices, depth)
    return made*expression(random, indices, depth) if random.random() < 0.7 else made


def _where(random: Random, indices: Indices, depth: int) -> sp.Expr:
    return Where(condition(random, indices, depth), expression(random, indices, depth), expression(random, indices, depth))


# ---- the same, written otherwise -------------------------------------------------------------------------------------

def rewritten(random: Random, e: sp.Expr, times: int = 3) -> sp.Expr:
    """An expression that is equal wherever both are defined."""
    for _ in range(times):
        e = _somewhere(random, e, FREE, otherwise)
    return e


def altered(random: Random, e: sp.Expr) -> sp.Expr:
    """An expression with one mistake in it, most often of another value."""
    for _ in range(20):
        new = _somewhere(random, e, FREE, mistaken)
        if new != e:
            return new
    return e + 1


Change = Callable[[Random, Any, Indices], sp.Expr]


def _somewhere(random: Random, e: Any, indices: Indices, change: Change) -> Any:
    inner = _children(e)
    if not inner or random.random() < 0.25:
        return change(random, e, indices)
    k = random.choice(inner)
    within = indices
    if isinstance(e, nodes.BINDERS) and k == 0:
        names = {b.name for b in e.bound}
        within = (*(i for i in indices if i.name not in names), *e.bound)
    args = list(e.args)
    args[k] = _somewhere(random, args[k], within, change)
    return e.func(*args)


def _children(e: Any) -> list[int]:
    if isinstance(e, nodes.BINDERS):
        return [0]
    if isinstance(e, (Component, Delta, InRange, sp.floor, sp.Symbol, sp.Number)):
        return []
    if isinstance(e, sp.Pow):
        return [0]
    return list(range(len(e.args)))


def otherwise(random: Random, e: Any, indices: Indices) -> sp.Expr:
    """The same value in another form."""
    ways = [w for w in WAYS if w is not None]
    random.shuffle(ways)
    for way in ways:
        new = way(random, e, indices)
        if new is not None and new != e:
            return new
    return e


def _picked(random: Random, e: Any, indices: Indices) -> sp.Expr | None:
    # e(i) = Σ_k δ(k, i) e(k)
    free = [i for i in indices if i in e.free_symbols]
    if not free:
        return None
    i = random.choice(free)
    new = Index("w", i.size)
    if any(s.name == "w" for s in e.free_symbols):
        return None
    return Sum(Delta(new, i)*substitute(e, {i: new}), new)


def _averaged(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    if any(s.name == "w" for s in e.free_symbols):
        return None
    size = random.choice([N, D])
    return Sum(e, Index("w", size))/size


def _renamed(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    if not isinstance(e, nodes.BINDERS):
        return None
    taken = {s.name for s in e.body.free_symbols} | {s.name for s in e.free_symbols}
    names = [n for n in ("i", "j", "l", "o", "w", "a2", "b2", "c2") if n not in taken]
    random.shuffle(names)
    new = {b: Index(n, b.size) for b, n in zip(e.bound, names, strict=False)}
    order = list(new.values())
    if isinstance(e, (Sum, Prod, Max)):
        random.shuffle(order)
    return e.func(substitute(e.body, new), *order, *getattr(e, "at", ()))


def _without(e: sp.Mul, factor: sp.Expr) -> sp.Expr:
    """The product without one of its factors, which may stand in it twice."""
    args = list(e.args)
    args.remove(factor)
    return sp.Mul(*args)


def _split(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    if isinstance(e, Sum) and isinstance(e.body, sp.Add):
        return sp.Add(*(Sum(a, *e.bound) for a in e.body.args))
    if isinstance(e, Prod) and isinstance(e.body, sp.Mul):
        return sp.Mul(*(Prod(a, *e.bound) for a in e.body.args))
    if isinstance(e, sp.Mul):
        total = next((a for a in e.args if isinstance(a, sp.Add)), None)
        if total is not None:
            rest = _without(e, total)
            return sp.Add(*(rest*a for a in total.args))
        inner = next((a for a in e.args if isinstance(a, Sum)), None)
        if inner is not None:
            rest = _without(e, inner)
            if not {s.name for s in rest.free_symbols} & {b.name for b in inner.bound}:
                return Sum(rest*inner.body, *inner.bound)
    return None


def _nested(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    if isinstance(e, Sum) and len(e.bound) > 1:
        return Sum(Sum(e.body, e.bound[0]), *e.bound[1:])
    if isinstance(e, Sum) and isinstance(e.body, Sum) and not set(e.bound) & set(e.body.bound):
        return Sum(e.body.body, *e.bound, *e.body.bound)
    return None


def _shifted(random: Random, e: Any, indices: Indices) -> sp.Expr | None:
    # Σ_p k[p] f(p) with p = i − q: the places out of range are told.
    if not isinstance(e, Sum) or len(e.bound) != 1:
        return None
    p = e.bound[0]
    others = [i for i in indices if i.name != p.name]
    if not others or any(s.name == "w" for s in e.body.free_symbols):
        return None
    i = random.choice(others)
    q = Index("w", i.size + p.size - 1)
    # j = i + (size − 1) − q runs over every place of p
    new = i - q + p.size - 1
    return Sum(Where(InRange(new, p.size), substitute(e.body, {p: new}), sp.Integer(0)), q)


def _defined(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    if isinstance(e, FieldFunction):
        return definition(e)
    return None


def _cases(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    if isinstance(e, Where):
        c, a, b = e.args
        known = isinstance(c, (Compare, Delta, InRange, nodes.IsArgmax)) or (isinstance(c, Component) and c.tensor.values)
        if not known:
            return None
        return random.choice([c*a + (1 - c)*b, b + c*(a - b), Where(Compare("==", c, sp.Integer(0)), b, a)])
    if isinstance(e, Compare):
        a, b = e.args
        flipped = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}[e.relation]
        opposite = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}[e.relation]
        return random.choice([Compare(flipped, b, a), 1 - Compare(opposite, a, b), Compare(e.relation, a - b, sp.Integer(0))])
    if isinstance(e, (Delta, InRange)):
        return Delta(e.args[1], e.args[0]) if isinstance(e, Delta) else e**2
    return None


def _by_functions(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    name, a = type(e).__name__, e.args[0] if e.args else None
    same: dict[str, Callable[[], list[sp.Expr]]] = {
        "exp": lambda: [sp.Mul(*(sp.exp(b, evaluate=False) for b in sp.Add.make_args(a)), evaluate=False), 1/sp.exp(-a)],
        "log": lambda: [-sp.log(1/a), 2*sp.log(sp.sqrt(a))],
        "abs": lambda: [CLASSES["relu"](a) + CLASSES["relu"](-a), a*CLASSES["sign"](a), sp.sqrt(a**2)],
        "relu": lambda: [a*Compare(">", a, sp.Integer(0)), a*CLASSES["step"](a), (a + CLASSES["abs"](a))/2],
        "sigmoid": lambda: [sp.exp(a)/(1 + sp.exp(a)), 1 - CLASSES["sigmoid"](-a), (1 + CLASSES["tanh"](a/2))/2],
        "tanh": lambda: [2*CLASSES["sigmoid"](2*a) - 1, (sp.exp(2*a) - 1)/(sp.exp(2*a) + 1), -CLASSES["tanh"](-a)],
        "softplus": lambda: [a + CLASSES["softplus"](-a), -sp.log(CLASSES["sigmoid"](-a))],
        "maximum": lambda: [a + CLASSES["relu"](e.args[1] - a), (a + e.args[1] + CLASSES["abs"](a - e.args[1]))/2],
        "minimum": lambda: [a - CLASSES["relu"](a - e.args[1])],
        "sin": lambda: [-sp.sin(-a)], "cos": lambda: [sp.cos(-a)],
        "softsign": lambda: [a/(1 + CLASSES["abs"](a))],
    }
    return random.choice(same[name]()) if name in same else None


def _by_powers(random: Random, e: Any, _indices: Indices) -> sp.Expr | None:
    if isinstance(e, sp.Pow) and not isinstance(e, sp.exp):
        if e.exp.is_Integer and e.exp > 1:
            return sp.Mul(*[e.base]*int(e.exp), evaluate=False)
        if isinstance(e.base, sp.Mul) and e.exp.is_Integer:
            return sp.Mul(*(a**e.exp for a in e.base.args))
        if e.exp.is_Rational:
            return sp.exp(e.exp*sp.log(e.base))
    if isinstance(e, sp.Mul):
        a, b = e.as_two_terms()
        return random.choice([(a**2)*b/a, ((a + b)**2 - (a - b)**2)/4, a/(1/b)])
    return None


WAYS: tuple[Change, ...] = (_picked, _averaged, _renamed, _split, _nested, _shifted, _defined, _cases, _by_functions, _by_powers)  # type: ignore[assignment]


# ---- one mistake ------------------------------------------------------------------------------------------------------

def mistaken(random: Random, e: Any, indices: Indices) -> sp.Expr:
    """Another value, most often: a factor, a sign, an index, a sum, a function."""
    kind = random.randrange(9)
    if isinstance(e, nodes.Binder) and kind < 4:
        other = {b: Index(b.name, random.choice(SIZES)) for b in e.bound}
        return [substitute(e.body, {b: random.choice(indices) for b in e.bound}), Sum(e.body**2, *e.bound),
                e.func(substitute(e.body, other), *other.values()), 2*e][kind] \
            if kind < 3 or len(e.bound) == 1 else Sum(substitute(e.body, {e.bound[0]: sp.Integer(0)}), *e.bound[1:])
    if isinstance(e, Component) and e.indices and kind < 6:
        places = list(e.indices)
        places[random.randrange(len(places))] = random.choice([*indices, places[0] + 1, places[0] - 1])
        return e.tensor[tuple(places)]
    if isinstance(e, FieldFunction) and kind < 5 and len(e.args) == 1:
        return random.choice([CLASSES[n] for n in ("relu", "abs", "sigmoid", "tanh", "step")])(e.args[0])
    if isinstance(e, (Delta, Compare)) and kind < 5:
        return random.choice([1 - e, sp.S.One, e.func(e.args[0], e.args[1] + 1), e.func(e.args[1], e.args[0])])
    if isinstance(e, (sp.Add, sp.Mul)) and kind < 6:
        k = random.randrange(len(e.args))
        return e.func(*(a for n, a in enumerate(e.args) if n != k))
    if isinstance(e, Dim):
        return random.choice([s for s in (N, D, P) if s != e])
    if isinstance(e, sp.Pow) and kind < 5 and e.exp.is_Rational:
        return e.base**(e.exp + 1)
    return random.choice([-e, 2*e, e*sp.Rational(2001, 2000), e + 1, e/N])


# ---- points -----------------------------------------------------------------------------------------------------------

SIZE_SETS = ({"N": 2, "D": 3, "P": 1}, {"N": 3, "D": 2, "P": 2}, {"N": 1, "D": 2, "P": 3})
GRID = [Fraction(a) for a in (-1, 0, 1)]
COARSE = [Fraction(a, 2) for a in range(-5, 6)]


def _f(v: Any) -> Any:
    return v*v + v/3


def _f_prime(v: Any) -> Any:
    return 2*v + Fraction(1, 3) if isinstance(v, Fraction) else 2*v + 1/type(v)(3)


def points(random: Random, count: int = 6) -> list[Point]:
    """Points of unequal sizes: on a grid of −1, 0 and 1, of halves, and of fine numbers, positive ones among them."""
    return [_point(random, SIZE_SETS[k % 3], k % 4) for k in range(count)]


def _point(random: Random, sizes: dict[str, int], kind: int) -> Point:
    arrays = {}
    for t in TENSORS:
        shape = [_extent(s, sizes) for s in t.sizes]
        arrays[t.name] = {p: _number(random, t, sizes, kind) for p in _all_places(shape)}
    return Point(sizes, arrays, {"f": (_f, _f_prime)})


def _extent(size: sp.Expr, sizes: dict[str, int]) -> int:
    return int(size.xreplace({Dim(k): sp.Integer(v) for k, v in sizes.items()}))


def _all_places(shape: list[int]) -> list[tuple[int, ...]]:
    places: list[tuple[int, ...]] = [()]
    for n in shape:
        places = [(*p, k) for p in places for k in range(n)]
    return places


def _number(random: Random, t: Tensor, sizes: dict[str, int], kind: int) -> Fraction:
    if t.below is not None:
        return Fraction(random.randrange(_extent(t.below, sizes)))
    if t.values:
        return Fraction(random.randrange(2))
    value = random.choice(GRID) if kind == 0 else random.choice(COARSE) if kind == 1 else Fraction(random.randint(-3000, 3000), 1000)
    if kind == 3 or t.sign:
        value = abs(value)
    return value or Fraction(1, 3) if t.sign == "positive" else value
