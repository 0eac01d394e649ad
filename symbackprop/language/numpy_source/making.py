"""New arrays: zeros, ones, unit matrices, counts, one-hot rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
from symbackprop.language.nodes import Delta
from symbackprop.language.numpy_source import ndarray
from symbackprop.language.numpy_source.arguments import kind_of, number, numeric, sizes
from symbackprop.language.numpy_source.bounds import never_negative
from symbackprop.language.numpy_source.elementwise import astype_
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, Place, axis_of, constant, numbered, same_axis
from symbackprop.language.numpy_source.objects import Kind, Lst, Operation, Span
from symbackprop.language.numpy_source.updates import guarded, letters_of, together
from symbackprop.language.tensors import Index

Verb = Callable[..., Any]
MAX_BITS = 16  # of the whole numbers that an array is made of
DRAWN = "random numbers have no value that could be read"


def checked_size(m: Machine, e: sp.Expr) -> sp.Expr:
    """A size, which is not negative, and the same wherever it is asked for."""
    if e.atoms(Index):
        raise Unfit(f"the size {str(e)[:60]} depends on a loop's counter or a place: this isn't read")
    if not never_negative(e, m.facts):
        raise Unfit(f"whether the size {str(e)[:60]} is negative isn't known")
    return e


def filled_(value: int) -> Verb:
    """x[...] = 0 or 1 of a given shape: the verb for zeros and ones."""
    def verb(
        m: Machine, *sides: Any, shape: Any = None, dtype: Any = None, order: Any = None, device: Any = None, requires_grad: Any = None
    ) -> Nd:
        told = [*sides, *([] if shape is None else [shape])]
        if len(told) == 2 and isinstance(told[1], (Kind, Operation, str)):
            dtype = told.pop()
        if len(told) > 1 and not m.torch:
            raise Unfit("several sizes are a shape in torch only", "write them as a tuple")
        axes = tuple(m.axis(checked_size(m, e)) for s in told for e in sizes(m, s))
        return boxed(constant(value, kind_of(dtype), axes))

    return verb


def boxed(nd: Nd) -> Nd:
    """A new array; one without axes is no plain number: it can be changed in place."""
    return nd if nd.axes else replace(nd, boxed=True)


def filled_like_(value: int) -> Verb:
    """x[...] = 0 or 1 with the shape and kind of another array: the verb."""
    def verb(m: Machine, a: Any, dtype: Any = None, order: Any = None, *, shape: Any = None) -> Nd:
        nd = _with_axes(m, a)
        axes = nd.axes if shape is None else tuple(m.axis(checked_size(m, e)) for e in sizes(m, shape))
        return constant(value, kind_of(dtype, nd.kind), axes)

    return verb


def _with_axes(m: Machine, a: Any) -> Nd:
    """An array; what is made like a number has no axes, can be changed in place and never gets any."""
    nd = numeric(m, a)
    if not nd.axes:
        raise Unfit("an array like a number isn't read", "write 0.0 for a number")
    return nd


def empty_(m: Machine, *shape: Any, **options: Any) -> Nd:
    """Memory of a given shape with anything in it."""
    made = filled_(0)(m, *shape, **options)
    return ndarray.blank(made.axes, made.kind)


def empty_like_(m: Machine, a: Any, **options: Any) -> Nd:
    """Memory with the shape of another array and anything in it."""
    made = filled_like_(0)(m, a, **options)
    return ndarray.blank(made.axes, made.kind)


def full_(m: Machine, shape: Any, value: Any, dtype: Any = None) -> Nd:
    """x[...] = c of a given shape."""
    nd = numeric(m, value) if dtype is None else astype_(m, value, dtype)
    return boxed(constant(nd.at(()), nd.kind, tuple(axis_of(checked_size(m, e)) for e in sizes(m, shape))))


def full_like_(m: Machine, a: Any, value: Any, dtype: Any = None) -> Nd:
    """x[...] = c with the shape and kind of another array."""
    nd = _with_axes(m, a)
    made = astype_(m, value, Kind(kind_of(dtype, nd.kind)))
    return constant(made.at(()), made.kind, nd.axes)


def eye_(m: Machine, n: Any, columns: Any = None, *, dtype: Any = None) -> Nd:
    """x[i, j] = δ(i, j)"""
    rows = checked_size(m, sizes(m, n)[0])
    axes = (axis_of(rows), axis_of(rows if columns is None else checked_size(m, sizes(m, columns)[0])))
    return Nd(axes, lambda place: Delta(*(p[0] if p else sp.S.Zero for p in place)), kind_of(dtype))


def arange_(m: Machine, start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Nd:
    """x[k] = first + k, up to the last but one."""
    first = sp.S.Zero if stop is None else sizes(m, start)[0]
    last = sizes(m, start if stop is None else stop)[0]
    if step is not None and number(m, step) != 1:
        raise Unfit("arange with a step isn't read")
    count = sp.expand(last - first)
    axis = m.axis(checked_size(m, sp.S.Zero if count.is_negative else count))
    is_split = len(axis) > 1 and first == 0
    return Nd((axis,), lambda place: first + (numbered(axis, place[0]) if axis else 0), kind_of(dtype, "int"), split=is_split)


def array_(m: Machine, value: Any, dtype: Any = None, *, copy: Any = True, ndmin: Any = None) -> Nd:
    """The array of a list, a tuple, a range or an array."""
    if isinstance(value, Span) and value.counts:
        value = arange_(m, value.start, value.stop, value.step)
    nd = numeric(m, value)
    if nd.axes and nd.kind == "int" and isinstance(value, (tuple, Lst)):
        _check_bits(nd)
    if ndmin is not None and number(m, ndmin) > nd.rank:
        raise Unfit("axes that ndmin= adds aren't read", "x[None] adds one")
    return boxed(nd if dtype is None else astype_(m, nd, dtype))


def _check_bits(nd: Nd) -> None:
    if any(n.p.bit_length() > MAX_BITS for n in nd.at(letters_of(nd.axes)).atoms(sp.Integer)):
        raise Unfit("an array of whole numbers that large isn't read", "what is done with them may be beyond what it can hold")


def copy_(m: Machine, a: Any, order: Any = None) -> Nd:
    """y = x, an array of its own."""
    return numeric(m, a)


def diag_(m: Machine, a: Any) -> Nd:
    """x[i, j] = δ(i, j) a[i] of a vector; y[i] = a[i, i] of a square matrix."""
    nd = numeric(m, a)
    if nd.rank == 1:

        def at(place: Place) -> sp.Expr:
            return guarded(together([Delta(p, q) for p, q in zip(place[0], place[1], strict=True)]), nd.at(place[:1]))

        return Nd((nd.axes[0], nd.axes[0]), at, nd.kind)
    if nd.rank != 2 or not same_axis(*nd.axes):
        raise Unfit("diag takes a vector or a square matrix")
    return Nd(nd.axes[:1], lambda place: nd.at((place[0], place[0])), nd.kind)


def seed_(m: Machine, seed: Any = None) -> None:
    """What is drawn has no value that could be read, so its seed says nothing; but it must be one."""
    if seed is not None and not all(never_negative(e, m.facts) for e in sizes(m, seed)):
        raise Unfit("this seed isn't read", "a whole number from 0 on is")


def random_(m: Machine, *_shape: Any, **_options: Any) -> Nd:
    """Refuses: what is drawn has no value that could be read."""
    raise Unfit(DRAWN, "pass what was drawn to the function, or run the code")


def one_hot_(m: Machine, labels: Any, num_classes: Any) -> Nd:
    """y[..., k] = δ(k, t[...])"""
    nd, size = numeric(m, labels), sizes(m, num_classes)[0]
    return Nd((*nd.axes, axis_of(size)), lambda place: Delta(place[-1][0], nd.at(place[:-1])), "int")
