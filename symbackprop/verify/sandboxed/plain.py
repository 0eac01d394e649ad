"""What the code left behind, read out by name, as plain arrays of numbers: exact types, no method of the code's own is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symbackprop.verify.sandboxed.frames import DTYPES, Array

_NUMBERS: tuple[type, ...] = (
    bool, int, float, complex, np.longdouble, np.clongdouble, np.longlong, np.ulonglong, *(np.dtype(name).type for name in DTYPES),
)  # fmt: skip
_EXACT, _WIDE, _WIDE_COMPLEX = np.ndarray, np.dtype(np.longdouble), np.dtype(np.clongdouble)
_asarray, _view = np.asarray, np.ndarray.view


class NoNumbers(Exception):
    """A wanted value that isn't there or is no array of numbers: what it is instead."""


def read_out(names: dict[str, Any], path: Sequence[Any], shown: str) -> Array:
    """The array at a path: a name, then ["item", key] and ["attribute", name]."""
    name, *rest = path
    if name not in names:
        raise NoNumbers(f"{shown} isn't defined after the call")
    value = names[name]
    for kind, key in rest:
        try:
            value = value[key] if kind == "item" else getattr(value, key)
        except (LookupError, AttributeError, TypeError):
            raise NoNumbers(f"{shown} isn't there after the call") from None
    return plain(value, shown)


def plain(value: Any, shown: str) -> Array:
    """The value as an ndarray whose dtype is on the list; np.matrix is viewed down, other subclasses are refused."""
    kind = type(value)
    if kind is np.matrix:
        value = _view(value, _EXACT)
    elif any(kind is number for number in _NUMBERS):  # by identity: == may be the code's own
        value = _asarray(value)
    elif kind is not _EXACT:
        raise NoNumbers(f"{shown} is {_a(kind)}, not an array of numbers")
    if value.dtype in (_WIDE, _WIDE_COMPLEX):
        value = value.astype(np.float64 if value.dtype == _WIDE else np.complex128)
    if value.dtype.newbyteorder("<").str not in DTYPES:
        raise NoNumbers(f"{shown} is an array of {str(value.dtype)[:40]}, not of numbers")
    return value  # type: ignore[no-any-return]


def _a(kind: type) -> str:
    return "None" if kind is type(None) else f"of type {str(type.__dict__['__name__'].__get__(kind))[:60]}"
