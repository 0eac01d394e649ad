"""The functions of NumPy and torch that are read, one entry each: what it is called, what it means.

A verb takes the machine and the arguments as the source gives them; names of options are NumPy's, torch's `dim` and
`keepdim` are translated before. Verbs whose result shares memory with their first argument are in VIEWS.
"""
from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, cast

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta, InRange, IsArgmax, Where
from symbackprop.language.numpy_source import ndarray
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place, axis_of, constant, elementwise, same_axis
from symbackprop.language.numpy_source.numbers import any_of, arithmetic, compared, divide, negated
from symbackprop.language.numpy_source.objects import Arr, Kind, Lst, Operation
from symbackprop.language.numpy_source.updates import guarded
from symbackprop.language.powers import function, power, primitive
from symbackprop.language.tensors import Component

Verb = Callable[..., Any]


def numeric(m: Machine, value: Any) -> Nd:
    """A value as an array."""
    match value:
        case Arr():
            return m.get(value)
        case Nd():
            return value
        case bool():
            return constant(int(value), "bool")
        case tuple():
            return stacked([numeric(m, v) for v in value], 0)
        case Lst(family=None):
            return stacked([numeric(m, v) for v in value.items], 0)
    raise Unfit(f"an array or a number is asked for, this is {described(value)}")


def described(value: Any) -> str:
    """What a value is, in a word."""
    return {"NoneType": "None", "str": "text", "Dct": "a dict", "Lst": "a list", "Function": "a function", "Operation": "a function",
            "Module": "a module", "Instance": "an object", "Span": "a slice", "Kind": "a dtype"}.get(type(value).__name__, "something else")


def sizes(m: Machine, value: Any) -> list[sp.Expr]:
    """The sizes of a shape: one whole number or several."""
    if isinstance(value, (tuple, Lst)):
        return [e for v in (value if isinstance(value, tuple) else value.items) for e in sizes(m, v)]
    nd = numeric(m, value)
    if nd.axes or nd.kind != "int":
        raise Unfit("a shape is made of whole numbers")
    return [nd.at(())]


def number(m: Machine, value: Any) -> int:
    """A literal whole number."""
    found = sizes(m, value)
    if len(found) != 1 or not found[0].is_Integer:
        raise Unfit("a literal whole number is asked for")
    return int(found[0])


def axis(m: Machine, value: Any) -> Any:
    """An axis, several, or None."""
    if value is None:
        return None
    if isinstance(value, (tuple, Lst)):
        return tuple(number(m, v) for v in (value if isinstance(value, tuple) else value.items))
    return number(m, value)


def kind_of(value: Any, default: str = "float") -> str:
    """The kind that a dtype says."""
    match value:
        case None:
            return default
        case Kind(kind):
            return "float" if kind.startswith("float") else kind
        case Operation(name=name) if name in ("float", "int", "bool"):
            return name
        case str() if value.rstrip("0123456789") in ("float", "int", "bool", "f", "i", "d"):
            return {"f": "float", "d": "float", "i": "int"}.get(value.rstrip("0123456789"), value.rstrip("0123456789"))
    raise Unfit("this dtype isn't read")


# ---- elementwise ---------------------------------------------------------------------------------------------------------

def _map(f: Callable[..., sp.Expr], count: int = 1, kind: str = "float") -> Verb:
    if count == 1:
        return lambda m, x, dtype=None: elementwise(f, [numeric(m, x)], kind)
    return lambda m, x, y: elementwise(f, [numeric(m, x), numeric(m, y)], None if kind == "same" else kind)


def _named(name: str) -> Verb:
    return _map(lambda e: function(name, e))


def _operator(op: ast.operator) -> Verb:
    return lambda m, x, y: arithmetic(op, numeric(m, x), numeric(m, y), m.old_division)


def _relation(relation: str) -> Verb:
    return lambda m, x, y: compared(relation, numeric(m, x), numeric(m, y))


def larger(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """max(a, b); max(a, 0) is relu."""
    if a == 0 or b == 0:
        other = b if a == 0 else a
        return sp.Max(other, 0) if other.is_Number else function("relu", other)
    return function("maximum", a, b) if not (a.is_Number and b.is_Number) else sp.Max(a, b)


def smaller(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """min(a, b)"""
    return function("minimum", a, b) if not (a.is_Number and b.is_Number) else sp.Min(a, b)


def _where(m: Machine, condition: Any, x: Any = None, y: Any = None) -> Nd:
    if x is None or y is None:
        raise Unfit("np.where with a condition alone depends on data")
    test = numeric(m, condition)
    if test.kind != "bool":
        raise Unfit("np.where takes a condition")
    x, y = numeric(m, x), numeric(m, y)
    kind = max(x.kind, y.kind, key=lambda k: ndarray.ORDER[k])
    return elementwise(lambda c, a, b: a if c == 1 else b if c == 0 else Where(c, a, b), [test, x, y], kind)


def _clip(m: Machine, x: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Nd:
    low, high, made = a_min if a_min is not None else min, a_max if a_max is not None else max, numeric(m, x)
    if low is not None:
        made = elementwise(larger, [made, numeric(m, low)])
    return made if high is None else elementwise(smaller, [made, numeric(m, high)])


def _abs(m: Machine, x: Any) -> Nd:
    nd = numeric(m, x)
    return elementwise(lambda e: function("abs", e), [nd], nd.kind)


def _astype(m: Machine, x: Any, dtype: Any = None, copy: Any = None) -> Nd:
    nd, kind = numeric(m, x), kind_of(dtype)
    if ndarray.ORDER[kind] < ndarray.ORDER[nd.kind]:
        if kind == "bool":
            return cast(Nd, elementwise(lambda e: _nonzero(e), [nd], "bool"))
        raise Unfit("numbers are cut to whole numbers here: this isn't read")
    return Nd(nd.axes, nd.at, kind, nd.argmax)


def _nonzero(e: sp.Expr) -> sp.Expr:
    raise Unfit("numbers as conditions aren't read", "write x != 0")


def _logical(f: Callable[..., sp.Expr]) -> Verb:
    def verb(m: Machine, x: Any, y: Any) -> Nd:
        a, b = numeric(m, x), numeric(m, y)
        if a.kind != "bool" or b.kind != "bool":
            raise Unfit("conditions are asked for")
        return elementwise(f, [a, b])
    return verb


# ---- reductions ----------------------------------------------------------------------------------------------------------

def _sum(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, dtype: Any = None) -> Nd:
    return ndarray.total(numeric(m, a), axis(m, axis_), keepdims, m.fresh)


def _prod(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, dtype: Any = None) -> Nd:
    if isinstance(a, (tuple, Lst)):
        return constant(cast(sp.Expr, sp.Mul(*sizes(m, a))))
    return ndarray.product(numeric(m, a), axis(m, axis_), keepdims, m.fresh)


def _max(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False) -> Nd:
    return ndarray.largest(numeric(m, a), axis(m, axis_), keepdims, m.fresh)


def _min(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False) -> Nd:
    flipped = elementwise(lambda e: -e, [numeric(m, a)])
    return elementwise(lambda e: -e, [ndarray.largest(flipped, axis(m, axis_), keepdims, m.fresh)])


def _count(a: Nd, over: Any) -> sp.Expr:
    return cast(sp.Expr, sp.Mul(*(s for k in ndarray.normal_axes(a.rank, over) for s in a.axes[k])))


def _mean(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, dtype: Any = None) -> Nd:
    nd = numeric(m, a)
    count = _count(nd, axis(m, axis_))
    return elementwise(lambda e: divide(e, count), [ndarray.total(nd, axis(m, axis_), keepdims, m.fresh)], "float")


def _var(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, ddof: Any = None, unbiased: Any = None, correction: Any = None) -> Nd:
    told = next((v for v in (ddof, correction) if v is not None), None)
    less = number(m, told) if told is not None else int(unbiased) if isinstance(unbiased, bool) else 0
    if told is None and unbiased is None and "torch" in m.texts[False]:
        raise Unfit("torch divides by N − 1 here, NumPy by N", "write unbiased=False or correction=0")
    nd = numeric(m, a)
    around = m.named(_mean(m, nd, axis_, True), "mean")
    squares = elementwise(lambda e, c: power(e - c, sp.Integer(2)), [nd, around])
    count = _count(nd, axis(m, axis_)) - less
    return elementwise(lambda e: divide(e, count), [ndarray.total(squares, axis(m, axis_), keepdims, m.fresh)], "float")


def _std(m: Machine, a: Any, **options: Any) -> Nd:
    return elementwise(lambda e: power(e, sp.S.Half), [_var(m, a, **options)])


def _norm(m: Machine, x: Any, ord: Any = None, axis_: Any = None, keepdims: bool = False) -> Nd:
    nd = numeric(m, x)
    if ord is not None and not (nd.rank == 1 or axis_ is not None) or ord is not None and number(m, ord) != 2:
        raise Unfit("this norm isn't read")
    squares = elementwise(lambda e: power(e, sp.Integer(2)), [nd])
    return elementwise(lambda e: power(e, sp.S.Half), [ndarray.total(squares, axis(m, axis_), keepdims, m.fresh)])


def _argmax(m: Machine, a: Any, axis_: Any = None) -> Nd:
    nd, over = numeric(m, a), axis(m, axis_)
    if over is None and nd.rank != 1:
        raise Unfit("argmax over several axes isn't read")
    axes = ndarray.normal_axes(nd.rank, over)
    if len(axes) != 1 or len(nd.axes[axes[0]]) != 1:
        raise Unfit("argmax goes over one axis")
    k = axes[0]

    def is_there(place: Place, at: Sequence[sp.Expr]) -> sp.Expr:
        q = m.fresh(nd.axes[k][0])
        return IsArgmax(nd.at((*place[:k], (q,), *place[k:])), q, *at)

    def unknown(_place: Place) -> sp.Expr:
        raise Unfit("the place of a maximum can only be a subscript")
    return Nd((*nd.axes[:k], *nd.axes[k + 1:]), unknown, "int", is_there)


def _softmax(m: Machine, x: Any, axis_: Any = None) -> Nd:
    nd = numeric(m, x)
    if axis_ is None and nd.rank != 1:
        raise Unfit("softmax needs its axis")
    weights = elementwise(lambda e: primitive("exp", e), [nd])
    return elementwise(divide, [weights, ndarray.total(weights, axis(m, axis_), True, m.fresh)])


def _logsumexp(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False) -> Nd:
    weights = elementwise(lambda e: primitive("exp", e), [numeric(m, a)])
    return elementwise(lambda e: primitive("log", e), [ndarray.total(weights, axis(m, axis_), keepdims, m.fresh)])


def _log_softmax(m: Machine, x: Any, axis_: Any = None) -> Nd:
    return elementwise(lambda e, s: e - s, [numeric(m, x), _logsumexp(m, x, axis_, True)])


# ---- products ------------------------------------------------------------------------------------------------------------

def _dot(m: Machine, a: Any, b: Any) -> Nd:
    return ndarray.dot(numeric(m, a), numeric(m, b), m.fresh)


def _matmul(m: Machine, a: Any, b: Any) -> Nd:
    return ndarray.matmul(numeric(m, a), numeric(m, b), m.fresh)


def _outer(m: Machine, a: Any, b: Any) -> Nd:
    x, y = (_ravel(m, v) for v in (a, b))
    return Nd((*x.axes, *y.axes), lambda place: x.at(place[:1])*y.at(place[1:]))


def _einsum(m: Machine, subscripts: Any, *operands: Any, optimize: Any = None) -> Nd:
    if not isinstance(subscripts, str):
        raise Unfit("einsum takes its subscripts as text")
    return ndarray.einsum(subscripts, [numeric(m, o) for o in operands], m.fresh)


def _tensordot(m: Machine, a: Any, b: Any, axes: Any = None) -> Nd:
    x, y = numeric(m, a), numeric(m, b)
    if axes is None or isinstance(axes, Nd):
        count = 2 if axes is None else number(m, axes)
        return ndarray.tensordot(x, y, (range(x.rank - count, x.rank), range(count)), m.fresh)
    pair = axes if isinstance(axes, tuple) else tuple(axes.items)
    left, right = (ks if isinstance(ks, tuple) else (ks,) for ks in (axis(m, v) for v in pair))
    return ndarray.tensordot(x, y, (left, right), m.fresh)


# ---- shapes --------------------------------------------------------------------------------------------------------------

def _transpose(m: Machine, a: Any, *axes: Any) -> Nd:
    order = [number(m, v) for part in axes if part is not None for v in (part if isinstance(part, tuple) else part.items if isinstance(part, Lst) else (part,))]
    return ndarray.transpose(numeric(m, a), order or None)


def _reshape(m: Machine, a: Any, *shape: Any) -> Nd:
    made = ndarray.reshape(numeric(m, a), [e for s in shape for e in sizes(m, s)])
    m.joined.update({cast(sp.Expr, sp.Mul(*axis)): axis for axis in made.axes if len(axis) > 1})
    return made


def _ravel(m: Machine, a: Any) -> Nd:
    return ndarray.reshape(numeric(m, a), [sp.S.NegativeOne])


def _squeeze(m: Machine, a: Any, axis_: Any = None) -> Nd:
    nd = numeric(m, a)
    chosen = [k for k, s in enumerate(nd.axes) if not s] if axis_ is None else list(ndarray.normal_axes(nd.rank, axis(m, axis_)))
    if any(nd.axes[k] for k in chosen):
        raise Unfit("only an axis of size 1 can be left out")
    return ndarray.reshape(nd, [s for k, s in enumerate(nd.shape) if k not in chosen])


def _expand_dims(m: Machine, a: Any, axis_: Any) -> Nd:
    nd, k = numeric(m, a), number(m, axis_)
    k = k % (nd.rank + 1)
    return ndarray.reshape(nd, [*nd.shape[:k], sp.S.One, *nd.shape[k:]])


def _swapaxes(m: Machine, a: Any, first: Any, second: Any) -> Nd:
    nd = numeric(m, a)
    order = list(range(nd.rank))
    p, q = number(m, first) % nd.rank, number(m, second) % nd.rank
    order[p], order[q] = q, p
    return ndarray.transpose(nd, order)


def _moveaxis(m: Machine, a: Any, source: Any, destination: Any) -> Nd:
    nd = numeric(m, a)
    p, q = number(m, source) % nd.rank, number(m, destination) % nd.rank
    order = [k for k in range(nd.rank) if k != p]
    order.insert(q, p)
    return ndarray.transpose(nd, order)


def _torch_t(m: Machine, a: Any) -> Nd:
    nd = numeric(m, a)
    if nd.rank > 2:
        raise Unfit("t() is for matrices")
    return ndarray.transpose(nd)


def _broadcast_to(m: Machine, a: Any, shape: Any) -> Nd:
    nd = numeric(m, a)
    axes = ndarray.broadcast(nd.axes, tuple(axis_of(e) for e in sizes(m, shape)))
    return Nd(axes, lambda place: nd.at(ndarray.aligned(nd.axes, place)), nd.kind)


def _concatenate(m: Machine, arrays: Any, axis_: Any = 0) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    if not parts:
        raise Unfit("several arrays are asked for")
    return joined(parts, axis_ if isinstance(axis_, int) else number(m, axis_))


def joined(parts: Sequence[Nd], k: int) -> Nd:
    """Arrays one after the other along an axis."""
    k = k % parts[0].rank if parts[0].rank else 0
    for p in parts[1:]:
        if p.rank != parts[0].rank or any(not same_axis(a, b) for j, (a, b) in enumerate(zip(p.axes, parts[0].axes, strict=True)) if j != k):
            raise Unfit("the arrays that are joined have different shapes")
    lengths = [p.shape[k] for p in parts]
    starts = [sp.expand(sp.Add(*lengths[:j])) for j in range(len(parts))]
    size = sp.expand(sp.Add(*lengths))

    def at(place: Place) -> sp.Expr:
        made = []
        for p, start, length in zip(parts, starts, lengths, strict=True):
            local = sp.expand(place[k][0] - start)
            if local.is_Integer and length.is_Integer and not 0 <= local < length:
                continue
            inside = sp.S.One if local.is_Integer and length.is_Integer else Delta(place[k][0], start) if length == 1 else InRange(local, length)
            value = p.at((*place[:k], (local,) if p.axes[k] else (), *place[k + 1:]))
            made.append(guarded(inside, value))
        return cast(sp.Expr, sp.Add(*made))
    kind = max((p.kind for p in parts), key=lambda q: ndarray.ORDER[q])
    return Nd((*parts[0].axes[:k], axis_of(size), *parts[0].axes[k + 1:]), at, kind)


def stacked(parts: Sequence[Nd], k: int) -> Nd:
    """Arrays of one shape along a new axis."""
    if not parts:
        raise Unfit("an empty array isn't read")
    k = k % (parts[0].rank + 1)
    wide = [Nd((*p.axes[:k], (), *p.axes[k:]), lambda place, p=p: p.at((*place[:k], *place[k + 1:])), p.kind) for p in parts]  # type: ignore[misc]
    return joined(wide, k)


def _stack(m: Machine, arrays: Any, axis_: Any = 0) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    return stacked(parts, axis_ if isinstance(axis_, int) else number(m, axis_))


def _hstack(m: Machine, arrays: Any) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    return joined(parts, 0 if parts and parts[0].rank == 1 else 1)


def _vstack(m: Machine, arrays: Any) -> Nd:
    parts = [numeric(m, a) for a in (arrays if isinstance(arrays, tuple) else getattr(arrays, "items", ()))]
    return joined([p if p.rank > 1 else stacked([p], 0) for p in parts], 0)


def _split(m: Machine, a: Any, count: Any, axis_: Any = 0) -> tuple[Any, ...]:
    nd, parts = numeric(m, a), number(m, count)
    k = axis_ if isinstance(axis_, int) else number(m, axis_)
    k = k % nd.rank
    length = sp.cancel(nd.shape[k]/parts)
    if not 0 < parts <= 64 or len(nd.axes[k]) != 1 or not all(c.is_Integer for c in sp.expand(length).as_coefficients_dict().values()):
        raise Unfit("whether the axis splits into equal parts isn't known")

    def part(j: int) -> Nd:
        def at(place: Place) -> sp.Expr:
            return nd.at((*place[:k], (sp.expand(j*length + (place[k][0] if place[k] else 0)),), *place[k + 1:]))
        return Nd((*nd.axes[:k], axis_of(length), *nd.axes[k + 1:]), at, nd.kind)
    base = a if isinstance(a, Arr) else None
    return tuple(m.new(part(j), base) for j in range(parts))


def _pad(m: Machine, a: Any, width: Any, mode: Any = "constant", constant_values: Any = None) -> Nd:
    nd = numeric(m, a)
    if mode != "constant" or (constant_values is not None and any(e != 0 for e in sizes(m, constant_values))):
        raise Unfit("only padding with 0 is read")
    pairs = width if isinstance(width, tuple) else tuple(getattr(width, "items", ())) or (width,)
    if len(pairs) == 2 and all(isinstance(p, Nd) for p in pairs):
        pairs = (pairs,)
    ends = [(e*2)[:2] for e in (sizes(m, p) for p in pairs)]
    ends = ends*nd.rank if len(ends) == 1 else ends
    if len(ends) != nd.rank or any(len(axis) > 1 for axis in nd.axes):
        raise Unfit("the padding doesn't fit the axes")
    axes = tuple(axis_of(sp.expand(s + low + high)) if low != 0 or high != 0 else axis for s, axis, (low, high) in zip(nd.shape, nd.axes, ends, strict=True))

    def at(place: Place) -> sp.Expr:
        inner, inside = [], []
        for p, axis, s, (low, high) in zip(place, nd.axes, nd.shape, ends, strict=True):
            if low == 0 and high == 0:
                inner.append(p)
                continue
            local = sp.expand((p[0] if p else 0) - low)
            inner.append((local,) if axis else ())
            inside.append(InRange(local, s))
        value = nd.at(tuple(inner))
        if isinstance(value, Component) and not value.tensor.initial and set(i.args[0] for i in inside) <= set(value.indices):
            return value  # a place outside reads 0 by itself
        return guarded(cast(sp.Expr, sp.Mul(*inside)), value)
    return Nd(axes, at, nd.kind)


# ---- making --------------------------------------------------------------------------------------------------------------

def _filled(value: int) -> Verb:
    def verb(m: Machine, *shape: Any, dtype: Any = None, order: Any = None, device: Any = None, requires_grad: Any = None) -> Nd:
        if len(shape) == 2 and isinstance(shape[1], (Kind, Operation, str)):
            shape, dtype = shape[:1], shape[1]
        axes = tuple(m.axis(e) for s in shape for e in sizes(m, s))
        return constant(value, kind_of(dtype), axes)
    return verb


def _filled_like(value: int) -> Verb:
    def verb(m: Machine, a: Any, dtype: Any = None, order: Any = None, shape: Any = None) -> Nd:
        nd = numeric(m, a)
        return constant(value, kind_of(dtype, nd.kind), nd.axes)
    return verb


def _empty(m: Machine, *shape: Any, **options: Any) -> Nd:
    made = _filled(0)(m, *shape, **options)
    return ndarray.blank(made.axes, made.kind)


def _empty_like(m: Machine, a: Any, **options: Any) -> Nd:
    made = _filled_like(0)(m, a, **options)
    return ndarray.blank(made.axes, made.kind)


def _full(m: Machine, shape: Any, value: Any, dtype: Any = None) -> Nd:
    nd = numeric(m, value)
    return constant(nd.at(()), kind_of(dtype, nd.kind), tuple(axis_of(e) for e in sizes(m, shape)))


def _full_like(m: Machine, a: Any, value: Any, dtype: Any = None) -> Nd:
    nd = numeric(m, a)
    return constant(numeric(m, value).at(()), kind_of(dtype, nd.kind), nd.axes)


def _eye(m: Machine, n: Any, columns: Any = None, dtype: Any = None) -> Nd:
    rows = sizes(m, n)[0]
    axes = (axis_of(rows), axis_of(rows if columns is None else sizes(m, columns)[0]))
    return Nd(axes, lambda place: Delta(*(p[0] if p else sp.S.Zero for p in place)), kind_of(dtype))


def _arange(m: Machine, start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Nd:
    first = sp.S.Zero if stop is None else sizes(m, start)[0]
    last = sizes(m, start if stop is None else stop)[0]
    if step is not None and number(m, step) != 1:
        raise Unfit("arange with a step isn't read")
    return Nd((axis_of(sp.expand(last - first)),), lambda place: first + (place[0][0] if place[0] else 0), kind_of(dtype, "int"))


def _array(m: Machine, value: Any, dtype: Any = None, copy: Any = None, ndmin: Any = None) -> Nd:
    nd = numeric(m, value)
    return nd if dtype is None else _astype(m, nd, dtype)


def _copy(m: Machine, a: Any, order: Any = None) -> Nd:
    return numeric(m, a)


def _diag(m: Machine, a: Any) -> Nd:
    nd = numeric(m, a)
    if nd.rank == 1:
        return Nd((nd.axes[0], nd.axes[0]), lambda place: guarded(Delta(place[0][0], place[1][0]), nd.at(place[:1])), nd.kind)
    if nd.rank != 2 or not same_axis(*nd.axes):
        raise Unfit("diag takes a vector or a square matrix")
    return Nd(nd.axes[:1], lambda place: nd.at((place[0], place[0])), nd.kind)


def _random(m: Machine, *_shape: Any, **_options: Any) -> Nd:
    raise Unfit("random numbers have no value that could be read", "pass what was drawn to the function, or run the code")


def _one_hot(m: Machine, labels: Any, num_classes: Any) -> Nd:
    nd, size = numeric(m, labels), sizes(m, num_classes)[0]
    return Nd((*nd.axes, axis_of(size)), lambda place: Delta(place[-1][0], nd.at(place[:-1])), "int")


_EXP, _LOG = _named("exp"), _named("log")
NUMPY: dict[str, Verb] = {
    # one number at a time
    "exp": _EXP, "log": _LOG, "sqrt": _map(lambda e: power(e, sp.S.Half)), "square": _map(lambda e: power(e, sp.Integer(2))),
    "rsqrt": _map(lambda e: power(e, sp.Rational(-1, 2))), "reciprocal": _map(lambda e: power(e, sp.S.NegativeOne)),
    "log1p": _map(lambda e: primitive("log", 1 + e)), "expm1": _map(lambda e: primitive("exp", e) - 1),
    "log2": _map(lambda e: divide(primitive("log", e), sp.log(2))), "log10": _map(lambda e: divide(primitive("log", e), sp.log(10))),
    "tanh": _named("tanh"), "sinh": _named("sinh"), "cosh": _named("cosh"), "sin": _named("sin"), "cos": _named("cos"), "tan": _named("tan"),
    "arctan": _named("atan"), "erf": _named("erf"), "sign": _named("sign"), "abs": _abs, "absolute": _abs, "fabs": _abs,
    "sigmoid": _named("sigmoid"), "expit": _named("sigmoid"), "relu": _named("relu"), "softplus": _named("softplus"), "silu": _named("silu"),
    "logsigmoid": _named("log_sigmoid"), "negative": _map(lambda e: -e), "logical_not": lambda m, x: negated(numeric(m, x)),
    "heaviside": _map(lambda x, y: Where(compare_zero(">", x), sp.S.One, Where(compare_zero("==", x), y, sp.S.Zero)), 2),
    # two arrays, broadcast
    "add": _operator(ast.Add()), "subtract": _operator(ast.Sub()), "sub": _operator(ast.Sub()), "multiply": _operator(ast.Mult()), "mul": _operator(ast.Mult()),
    "divide": _operator(ast.Div()), "true_divide": _operator(ast.Div()), "div": _operator(ast.Div()), "power": _operator(ast.Pow()), "pow": _operator(ast.Pow()),
    "maximum": _map(larger, 2, "same"), "minimum": _map(smaller, 2, "same"), "fmax": _map(larger, 2, "same"), "fmin": _map(smaller, 2, "same"),
    "logaddexp": _map(lambda a, b: primitive("log", primitive("exp", a) + primitive("exp", b)), 2),
    "greater": _relation(">"), "greater_equal": _relation(">="), "less": _relation("<"), "less_equal": _relation("<="), "equal": _relation("=="),
    "not_equal": _relation("!="), "logical_and": _logical(lambda p, q: p*q), "logical_or": _logical(any_of), "where": _where, "clip": _clip, "clamp": _clip,
    # reductions
    "sum": _sum, "prod": _prod, "mean": _mean, "average": _mean, "var": _var, "std": _std, "max": _max, "amax": _max, "min": _min, "amin": _min,
    "argmax": _argmax, "linalg.norm": _norm, "norm": _norm, "softmax": _softmax, "log_softmax": _log_softmax, "logsumexp": _logsumexp,
    # products
    "dot": _dot, "matmul": _matmul, "mm": _matmul, "bmm": _matmul, "mv": _matmul, "inner": lambda m, a, b: _dot(m, a, b) if numeric(m, b).rank < 2 else _dot(m, a, _transpose(m, b)),
    "outer": _outer, "ger": _outer, "einsum": _einsum, "tensordot": _tensordot,
    # shapes
    "transpose": _transpose, "permute": _transpose, "reshape": _reshape, "view": _reshape, "ravel": _ravel, "flatten": _ravel, "squeeze": _squeeze,
    "expand_dims": _expand_dims, "unsqueeze": _expand_dims, "swapaxes": _swapaxes, "moveaxis": _moveaxis, "t": _torch_t, "broadcast_to": _broadcast_to,
    "concatenate": _concatenate, "concat": _concatenate, "cat": _concatenate, "stack": _stack, "hstack": _hstack, "vstack": _vstack, "row_stack": _vstack,
    "split": _split, "pad": _pad,
    # making
    "zeros": _filled(0), "ones": _filled(1), "zeros_like": _filled_like(0), "ones_like": _filled_like(1), "full": _full, "full_like": _full_like,
    "eye": _eye, "identity": _eye, "arange": _arange, "array": _array, "asarray": _array, "tensor": _array, "ascontiguousarray": _array, "copy": _copy,
    "clone": _copy, "diag": _diag, "diagflat": _diag, "one_hot": _one_hot, "astype": _astype, "type": _astype, "to": _astype,
    "float64": lambda m, x: _astype(m, x), "float32": lambda m, x: _astype(m, x), "float": lambda m, x: _astype(m, x), "double": lambda m, x: _astype(m, x),
    "long": lambda m, x: _astype(m, x, Kind("int")), "int": lambda m, x: _astype(m, x, Kind("int")), "detach": _copy, "contiguous": _copy, "cpu": _copy, "numpy": _copy,
    "empty": _empty, "empty_like": _empty_like,
}
"""By name; methods of arrays are the same verbs."""

VIEWS = frozenset(("transpose", "permute", "reshape", "view", "ravel", "squeeze", "expand_dims", "unsqueeze", "swapaxes", "moveaxis", "t", "broadcast_to",
                   "asarray", "ascontiguousarray", "detach", "contiguous", "cpu", "numpy", "to", "float", "double", "type", "diag"))
"""What may share memory with its first argument."""

KINDS = {"float64": "float64", "float32": "float32", "float16": "float32", "double": "float64", "float_": "float64", "float": "float64", "int64": "int", "int32": "int",
         "int": "int", "long": "int", "int_": "int", "uint8": "int", "bool_": "bool", "bool": "bool", "bool8": "bool"}
RENAMED = {"axis": "axis_", "dim": "axis_", "keepdim": "keepdims"}


def compare_zero(relation: str, e: sp.Expr) -> sp.Expr:
    """[e relation 0]"""
    made = compared(relation, constant(e, "float"), constant(0))
    return made.at(()) if isinstance(made, Nd) else sp.Integer(int(made))
