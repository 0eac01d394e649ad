"""The system calls that a computation needs, as a filter of the kernel; all others fail, starting processes among them."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NEWEST = 439
"""Calls above came later than this table: they are answered as an old kernel would, so that the C library does without."""

# Numbers from the kernel's unistd.h: x86_64, aarch64 (which lacks the old ones).
CALLS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "close": (3, 57), "close_range": (436, 436),
    "fstat": (5, 80), "lseek": (8, 62),
    "pread64": (17, 67), "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216), "brk": (12, 214), "madvise": (28, 233),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "open": (2, None), "openat": (257, 56),
    "stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291), "readlink": (89, None), "readlinkat": (267, 78),
    "getdents64": (217, 61), "getcwd": (79, 17), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "gettimeofday": (96, 169), "times": (100, 153), "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "uname": (63, 160), "sysinfo": (99, 179),
    "getrusage": (98, 165), "getrlimit": (97, 163), "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "futex": (202, 98),
    "set_robust_list": (273, 99), "rseq": (334, 293), "getrandom": (318, 278), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip

# Calls of which only some forms are harmless: the argument's place and the values it may have. With fcntl's other forms a
# process can have a signal sent to another one; ioctl could type into a terminal; prlimit64 may read limits, not set them.
SOME_FORMS: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    "fcntl": ((72, 25), 1, (0, 1, 2, 3, 4, 1030)),  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
    "ioctl": ((16, 29), 1, (0x5401, 0x5450, 0x5451)),  # TCGETS, FIONCLEX, FIOCLEX
    "prlimit64": ((302, 261), 2, (0,)),
}
CLONE3 = 435

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _EQUAL, _GREATER, _RETURN = 0x20, 0x15, 0x25, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

Instruction = tuple[int, int, int, int]


def supported() -> bool:
    """Whether this machine's calls are in the table and its kernel takes filters."""
    if sys.platform != "linux" or sys.maxsize < 2**32 or platform.machine() not in _ARCHITECTURES:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(SET_SECCOMP, FILTER, None, 0, 0)  # no program: refused, but with which error tells
    return ctypes.get_errno() == errno.EFAULT


def program(machine: str) -> list[Instruction]:
    """The filter in the kernel's (classic BPF) instructions: code, jump if true, jump if false, operand."""
    column, architecture = _ARCHITECTURES[machine]
    lines: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, KILL), (_LOAD, 0, 0, _NUMBER),
    ]  # fmt: skip
    for numbers in CALLS.values():
        if (number := numbers[column]) is not None:
            lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, ALLOW)]
    for some, argument, values in SOME_FORMS.values():
        block = _some_forms(argument, values)
        lines += [(_EQUAL, 0, len(block), some[column]), *block]
    unknown, refused = (_RETURN, 0, 0, FAIL | errno.ENOSYS), (_RETURN, 0, 0, FAIL | errno.EPERM)
    return [*lines, (_EQUAL, 1, 0, CLONE3), (_GREATER, 0, 1, NEWEST), unknown, refused]


def _some_forms(argument: int, values: tuple[int, ...]) -> list[Instruction]:
    """Compare the argument, both halves where it is a pointer; every path returns."""
    low = _ARGUMENTS + 8 * argument
    refused = (_RETURN, 0, 0, FAIL | errno.EPERM)
    tests = [line for v in values for line in ((_EQUAL, 0, 1, v), (_RETURN, 0, 0, ALLOW))]
    high = [(_LOAD, 0, 0, low + 4), (_EQUAL, 1, 0, 0), refused] if values == (0,) else []
    return [*high, (_LOAD, 0, 0, low), *tests, refused]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def prepared() -> _Program:
    """The filter for this machine, ready to be installed."""
    lines = program(platform.machine())
    return _Program(len(lines), b"".join(struct.pack("=HBBI", *line) for line in lines))


def install(ready: _Program) -> None:
    """Bind this process, for ever, to the calls allowed. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) or library.prctl(SET_SECCOMP, FILTER, ctypes.byref(ready), 0, 0):
        raise OSError(ctypes.get_errno(), "the filter of system calls could not be installed")
