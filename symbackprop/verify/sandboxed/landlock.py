"""The kernel's Landlock: from now on this process and its children read nothing but what lies beneath the given paths."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every architecture
NO_NEW_PRIVS = 38
READ_FILE, READ_DIR = 1 << 2, 1 << 3

# What each version of the interface can forbid on top of the one before: bits of files, of the network, of scopes.
_FILES = {1: 13, 2: 14, 3: 15, 5: 16}
_NETWORK = {4: 0b11}
_SCOPES = {6: 0b11}  # abstract sockets, signals


def version() -> int:
    """The version of the interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_library().syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))))


def restrict(paths: Iterable[str]) -> None:
    """Forbid all that this kernel can forbid, except reading beneath the paths. Raises OSError."""
    rules = _checked(_library().syscall(CREATE, *_attributes(version()), ctypes.c_uint(0)))
    try:
        for path in paths:
            _allow(rules, path)
        _checked(_library().prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
        _checked(_library().syscall(RESTRICT, ctypes.c_int(rules), ctypes.c_uint(0)))
    finally:
        os.close(rules)


def _attributes(known: int) -> tuple[ctypes.Array[ctypes.c_char], ctypes.c_size_t]:
    def newest(table: dict[int, int]) -> int:
        return next((table[v] for v in sorted(table, reverse=True) if v <= known), 0)

    fields = struct.pack("=QQQ", (1 << newest(_FILES)) - 1, newest(_NETWORK), newest(_SCOPES))
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    return ctypes.create_string_buffer(fields, 24), ctypes.c_size_t(size)


def _allow(rules: int, path: str) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = READ_FILE | READ_DIR if os.path.isdir(path) else READ_FILE
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, place), 12)
        _checked(_library().syscall(ADD, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint(0)))
    finally:
        os.close(place)


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return answer
