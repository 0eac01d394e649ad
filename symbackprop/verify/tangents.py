"""Arrays that carry what they would change by: every entry of a gradient in one pass through a NumPy function.

    a = Tangent(value, moves),  moves[b] = the change of the array in the b-th direction
    f(a)       elementwise: f(value), and Im f(value + i h)/h · moves, h = 10⁻²⁰⁰, so that f is carried out at one point
    a @ c, Σ   linear: the moves alone, all directions at once

A user's function takes such arrays for NumPy's own as long as it keeps to what stands here; anything else raises
`NotCarried` (or a TypeError), and the derivative has to be found in another way. Whoever uses the result compares it
with a plain difference first: a view that is written to would not be noticed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from symbackprop.language.domains import Array

STEP = 1e-200
CONSTANT = frozenset(
    f.__name__
    for f in (
        *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.sign, np.floor, np.ceil),
        *(np.logical_and, np.logical_or, np.logical_not, np.isnan, np.isfinite, np.isinf, np.rint, np.trunc, np.heaviside),
    )
)
"""Functions that don't change where they are smooth: plain arrays come out."""


class NotCarried(TypeError):
    """A function that tangents aren't carried through."""


class Tangent(np.lib.mixins.NDArrayOperatorsMixin):
    """An array and its changes along a leading axis of directions."""

    __slots__ = ("moves", "value")
    __array_priority__ = 1000.0

    def __init__(self, value: Array, moves: Array) -> None:
        self.value, self.moves = value, moves

    # ---- what an array tells of itself

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def T(self) -> Tangent:
        return self.transpose()

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Tangent]:
        return (self[k] for k in range(len(self.value)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise NotCarried("a plain array of it would forget its moves")

    # ---- parts

    def __getitem__(self, key: Any) -> Tangent:
        return _rearranged(self, lambda a: a[key])

    def __setitem__(self, key: Any, new: Any) -> None:
        places = np.arange(self.size).reshape(self.shape)[key]
        value, moves = new if isinstance(new, tuple) else _parts(new)
        flat = self.moves.reshape(len(self.moves), -1)
        lifted = 0.0 if moves is None else _lifted(moves, places.ndim)
        flat[:, places.ravel()] = np.broadcast_to(lifted, (len(flat), *places.shape)).reshape(len(flat), -1)
        self.value[key] = value

    def reshape(self, *shape: Any) -> Tangent:
        return _rearranged(self, lambda a: a.reshape(*shape))

    def transpose(self, *axes: Any) -> Tangent:
        return _rearranged(self, lambda a: a.transpose(*axes))

    def swapaxes(self, a: int, b: int) -> Tangent:
        return _rearranged(self, lambda x: x.swapaxes(a, b))

    def squeeze(self, axis: Any = None) -> Tangent:
        return _rearranged(self, lambda a: a.squeeze(axis))

    def ravel(self) -> Tangent:
        return self.reshape(-1)

    flatten = ravel

    def copy(self) -> Tangent:
        return Tangent(self.value.copy(), self.moves.copy())

    def astype(self, dtype: Any, **_: Any) -> Any:
        if np.dtype(dtype) == np.float64:
            return self.copy()
        raise NotCarried(f"moves are not carried into {dtype}")

    # ---- sums and the like

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tangent:
        axes = _axes(axis, self.ndim)
        shifted = tuple(k + 1 for k in axes)
        value = np.asarray(self.value.sum(axis=axes, keepdims=keepdims))
        return Tangent(value, self.moves.sum(axis=shifted, keepdims=keepdims))

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tangent:
        count = np.prod([self.shape[k] for k in _axes(axis, self.ndim)])
        made: Tangent = self.sum(axis, keepdims) / count
        return made

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tangent:
        count = np.prod([self.shape[k] for k in _axes(axis, self.ndim)])
        return ((self - self.mean(axis, True)) ** 2).sum(axis, keepdims) / (count - ddof)  # type: ignore[no-any-return]

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tangent:
        return _elementwise(np.sqrt, (self.var(axis, ddof, keepdims),))

    def max(self, axis: Any = None, keepdims: bool = False) -> Tangent:
        return _extreme(self, axis, keepdims, np.argmax)

    def min(self, axis: Any = None, keepdims: bool = False) -> Tangent:
        return _extreme(self, axis, keepdims, np.argmin)

    def argmax(self, axis: Any = None) -> Any:
        return self.value.argmax(axis)

    def argmin(self, axis: Any = None) -> Any:
        return self.value.argmin(axis)

    def dot(self, other: Any) -> Any:
        return _matmul(self, other)

    def clip(self, low: Any = None, high: Any = None) -> Any:
        above = self if low is None else _elementwise(np.maximum, (self, low))
        return above if high is None else _elementwise(np.minimum, (above, high))

    # ---- NumPy's own functions

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **options: Any) -> Any:
        out = options.pop("out", None)
        if method == "reduce" and ufunc.__name__ in REDUCTIONS and out is None:
            return REDUCTIONS[ufunc.__name__](*given, **{k: v for k, v in options.items() if k in ("axis", "keepdims")})
        if method != "__call__" or options:
            raise NotCarried(f"{ufunc.__name__}.{method} is not carried")
        if ufunc.__name__ in CONSTANT:
            return ufunc(*(_parts(g)[0] for g in given), out=out)
        made = _matmul(*given) if ufunc.__name__ == "matmul" else _elementwise(ufunc, given)
        if out is None:
            return made
        if not isinstance(out[0], Tangent):
            raise NotCarried("a plain array can't take what moves")
        out[0][...] = made
        return out[0]

    def __array_function__(self, function: Any, _types: Any, given: Any, options: Any) -> Any:
        known = FUNCTIONS.get(function.__name__)
        if known is None:
            raise NotCarried(f"{function.__name__} is not carried")
        return known(*given, **options)


def _parts(given: Any) -> tuple[Any, Array | None]:
    return (given.value, given.moves) if isinstance(given, Tangent) else (np.asarray(given), None)


def _lifted(moves: Array, ndim: int) -> Array:
    """The moves with axes of length 1 after the leading one, so that they broadcast like an array of so many axes."""
    return moves.reshape(len(moves), *(1,) * (ndim + 1 - moves.ndim), *moves.shape[1:])


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return tuple(k % ndim for k in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def _rearranged(a: Tangent, how: Callable[[Array], Array]) -> Tangent:
    """The entries in another arrangement, as `how` makes it of their numbers."""
    places = np.asarray(how(np.arange(a.size).reshape(a.shape)))
    flat = a.moves.reshape(len(a.moves), -1)
    return Tangent(a.value.reshape(-1)[places], flat[:, places.ravel()].reshape(len(flat), *places.shape))


def _extreme(a: Tangent, axis: Any, keepdims: bool, which: Callable[..., Any]) -> Tangent:
    axes = _axes(axis, a.ndim)
    kept = [k for k in range(a.ndim) if k not in axes]
    places = np.arange(a.size).reshape(a.shape).transpose(*kept, *axes).reshape(*(a.shape[k] for k in kept), -1)
    first = which(a.value.reshape(-1)[places], axis=-1)
    chosen = np.take_along_axis(places, first[..., None], -1)[..., 0]
    if keepdims:
        chosen = chosen.reshape([1 if k in axes else n for k, n in enumerate(a.shape)])
    return _rearranged(a, lambda _: chosen)


# ---- elementwise functions and products


def _elementwise(ufunc: Any, given: tuple[Any, ...]) -> Tangent:
    values = [_parts(g)[0] for g in given]
    value = np.asarray(ufunc(*values))
    total: Any = 0.0
    for k, g in enumerate(given):
        if isinstance(g, Tangent):
            total = total + _scaled(_slope(ufunc, values, k), _lifted(g.moves, value.ndim))
    moves = np.asarray(total)
    shape = (len(moves), *value.shape)
    return Tangent(value, moves if moves.shape == shape else np.broadcast_to(moves, shape).copy())


def _scaled(slope: Any, moves: Array) -> Array:
    if isinstance(slope, float):
        return moves if slope == 1.0 else slope * moves
    return np.asarray(slope * moves)


def _slope(ufunc: Any, values: list[Any], k: int) -> Any:
    """∂f/∂x_k at one point: known for the four operations, else by the complex step."""
    match ufunc.__name__:
        case "add" | "positive":
            return 1.0
        case "subtract" | "negative":
            return 1.0 if ufunc.__name__ == "subtract" and k == 0 else -1.0
        case "multiply":
            return np.asarray(values[1 - k], dtype=np.float64)
        case "absolute" | "fabs":
            return np.sign(values[0])
    moved = [v + STEP * 1j if j == k else v for j, v in enumerate(values)]
    return np.asarray(ufunc(*moved).imag / STEP)


def _matmul(a: Any, b: Any) -> Tangent:
    (av, am), (bv, bm) = _parts(a), _parts(b)
    value = np.asarray(np.matmul(av, bv))
    total: Any = 0.0
    if am is not None:
        total = total + np.matmul(_lifted(am, max(am.ndim - 1, bv.ndim)) if am.ndim > 2 else am, bv)
    if bm is not None:
        if bv.ndim == 1:
            total = total + np.moveaxis(np.matmul(av, bm.T), -1, 0)
        else:
            total = total + np.matmul(av, _lifted(bm, max(av.ndim, bv.ndim)))
    return Tangent(value, np.asarray(total))


def _dot(a: Any, b: Any) -> Any:
    if np.ndim(_parts(a)[0]) == 0 or np.ndim(_parts(b)[0]) == 0:
        return np.multiply(a, b)
    if max(np.ndim(_parts(a)[0]), np.ndim(_parts(b)[0])) > 2:
        raise NotCarried("dot of more than two axes is not carried")
    return _matmul(a, b)


def _einsum(text: str, *given: Any, **_: Any) -> Tangent:
    before, arrow, after = text.replace(" ", "").partition("->")
    if "." in text or not arrow:
        raise NotCarried("only einsum with letters and an arrow is carried")
    letters = before.split(",")
    values = [_parts(g)[0] for g in given]
    free = next(c for c in "ZYXWVU" if c not in text)
    total: Any = 0.0
    for k, g in enumerate(given):
        if isinstance(g, Tangent):
            subscripts = ",".join(free + s if j == k else s for j, s in enumerate(letters)) + f"->{free}{after}"
            total = total + np.einsum(subscripts, *(g.moves if j == k else v for j, v in enumerate(values)), optimize=True)
    return Tangent(np.asarray(np.einsum(text, *values)), np.asarray(total))


# ---- arrays of several


def _joined(join: Callable[..., Any]) -> Callable[..., Tangent]:
    def joined(arrays: Any, axis: int = 0) -> Tangent:
        parts = [_parts(a) for a in arrays]
        count = next(len(m) for _, m in parts if m is not None)
        moves = [np.zeros((count, *v.shape)) if m is None else m for v, m in parts]
        value = join([v for v, _ in parts], axis=axis)
        return Tangent(value, join(moves, axis=axis % value.ndim + 1))

    return joined


def _where(condition: Any, a: Any, b: Any) -> Tangent:
    holds = np.asarray(_parts(condition)[0], dtype=bool)
    (av, am), (bv, bm) = _parts(a), _parts(b)
    value = np.where(holds, av, bv)
    left, right = (0.0 if m is None else _lifted(m, value.ndim) for m in (am, bm))
    moves = np.where(holds, left, right)
    return Tangent(value, np.broadcast_to(moves, (len(moves), *value.shape)).copy())


def _pad(a: Tangent, width: Any, mode: str = "constant", constant_values: Any = 0) -> Tangent:
    if mode != "constant" or not np.all(np.equal(constant_values, 0)):
        raise NotCarried("only padding with zeros is carried")
    pairs = np.broadcast_to(np.asarray(width), (a.ndim, 2)).tolist()
    return Tangent(np.pad(a.value, pairs), np.pad(a.moves, [[0, 0], *pairs]))


def _full(fill: float | None) -> Callable[..., Tangent]:
    def like(a: Tangent, dtype: Any = None, **_: Any) -> Tangent:
        if dtype not in (None, float, np.float64):
            raise NotCarried(f"moves are not carried into {dtype}")
        return Tangent(np.full(a.shape, 0.0 if fill is None else fill), np.zeros(a.moves.shape))

    return like


def _structural(function: Callable[..., Any]) -> Callable[..., Tangent]:
    return lambda a, *given, **options: _rearranged(a, lambda x: function(x, *given, **options))


def _method(name: str) -> Callable[..., Any]:
    return lambda a, *given, **options: getattr(a, name)(*given, **options)


REDUCTIONS: dict[str, Callable[..., Any]] = {"add": _method("sum"), "maximum": _method("max"), "minimum": _method("min")}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _method(name) for name in ("sum", "mean", "var", "std", "max", "min", "argmax", "argmin", "clip", "copy")},
    **{
        f.__name__: _structural(f)
        for f in (
            *(np.reshape, np.transpose, np.ravel, np.expand_dims, np.squeeze, np.swapaxes, np.moveaxis, np.broadcast_to),
            *(np.flip, np.roll, np.tile, np.repeat, np.diagonal, np.take, np.take_along_axis, np.rot90, np.atleast_2d),
        )
    },
    "amax": _method("max"),
    "amin": _method("min"),
    "dot": _dot,
    "einsum": _einsum,
    "concatenate": _joined(np.concatenate),
    "stack": _joined(np.stack),
    "where": _where,
    "pad": _pad,
    "zeros_like": _full(0.0),
    "empty_like": _full(0.0),
    "ones_like": _full(1.0),
    "shape": lambda a: a.shape,
    "ndim": lambda a: a.ndim,
    "size": lambda a: a.size,
    "outer": lambda a, b: np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1))),
}
"""NumPy's functions that moves are carried through, by name."""
