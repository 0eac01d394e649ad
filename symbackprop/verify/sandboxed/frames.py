"""One message over a pipe: magic, length, a JSON header, the raw bytes of arrays. Read as if an enemy had written it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

READY, RUN = b"R", b"G"  # said over the control socket: the sandbox is ready, run what comes with this
OUT_OF_MEMORY, BROKEN = 71, 70  # exit codes of a run

MAGIC = b"SYMBP-1\n"
MAX_HEADER = 1 << 18  # of a result; requests hold source and may be longer
MAX_DIMENSIONS = 32
MAX_LENGTH = 1 << 40  # of one axis; a zero elsewhere must not let it be anything
DTYPES = frozenset(("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"))
_START = len(MAGIC) + 4

Array = np.ndarray[Any, np.dtype[Any]]


class Malformed(ValueError):
    """A message that isn't one: what is wrong with it."""


def pack(head: Mapping[str, Any], arrays: Sequence[Array]) -> list[bytes | memoryview]:
    """The message in pieces to be written one after the other; arrays in C order, little-endian."""
    ready = [np.ascontiguousarray(a, a.dtype.newbyteorder("<")).reshape(a.shape) for a in arrays]
    for array in ready:
        if array.dtype.str not in DTYPES:
            raise TypeError(f"an array of dtype {array.dtype} is no array of numbers")
    text = json.dumps({**head, "arrays": [[a.dtype.str, a.shape] for a in ready]}).encode()
    return [MAGIC + len(text).to_bytes(4, "little") + text, *(a.reshape(-1).view(np.uint8).data for a in ready)]


def unpack(data: bytes | bytearray | memoryview, longest: int = MAX_HEADER) -> tuple[dict[str, Any], list[Array]]:
    """The header and the arrays, copied. Raises Malformed for anything but exactly one message."""
    view = memoryview(data)
    if len(view) < _START or bytes(view[: len(MAGIC)]) != MAGIC:
        raise Malformed("it doesn't begin like a message")
    end = _START + int.from_bytes(view[len(MAGIC) : _START], "little")
    if end - _START > longest or end > len(view):
        raise Malformed("its header is too long")
    head = _header(bytes(view[_START:end]))
    specs = [_spec(s) for s in _listed(head.pop("arrays", None))]
    if end + sum(size for _, _, size in specs) != len(view):
        raise Malformed("its length isn't that of the arrays it announces")
    arrays = []
    for dtype, shape, size in specs:
        arrays.append(_array(view[end : end + size], dtype, shape))
        end += size
    return head, arrays


def _header(text: bytes) -> dict[str, Any]:
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("its header is no JSON") from None
    if type(head) is not dict:
        raise Malformed("its header is no table")
    return head


def _listed(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Malformed("it announces no list of arrays")
    return value


def _spec(spec: Any) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    match spec:
        case [str(name), [*shape]] if name in DTYPES and len(shape) <= MAX_DIMENSIONS:
            if all(type(n) is int and 0 <= n <= MAX_LENGTH for n in shape):
                dtype = np.dtype(name)
                return dtype, tuple(shape), math.prod(shape) * dtype.itemsize
    raise Malformed("it announces something that is no array of numbers")


def _array(data: memoryview, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    if dtype.kind == "b" and data.nbytes and np.frombuffer(data, np.uint8).max() > 1:
        raise Malformed("a truth value in it is neither 0 nor 1")
    try:
        flat = np.frombuffer(data, dtype) if data.nbytes else np.empty(0, dtype)
        return flat.reshape(shape).copy()
    except ValueError:
        raise Malformed("it announces an array that can't be") from None
