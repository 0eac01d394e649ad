"""The parts of the sandbox one by one: the filter of system calls on both machines, the messages, the code made ready."""

from __future__ import annotations

import ast
import errno
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from symbackprop.verify.runnable import runnable
from symbackprop.verify.sandboxed import seccomp
from symbackprop.verify.sandboxed.frames import DTYPES, MAGIC, Malformed, pack, unpack

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, NOT_PERMITTED, NO_SUCH_CALL = seccomp.ALLOW, seccomp.FAIL | errno.EPERM, seccomp.FAIL | errno.ENOSYS


def answer(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers to a call: its instructions carried out as the kernel does."""
    words = [number, architecture or ARCHITECTURE[machine], 0, 0]
    for argument in (*arguments, *[0] * (6 - len(arguments))):
        words += [argument & 0xFFFFFFFF, argument >> 32 & 0xFFFFFFFF]
    program, at, held = seccomp.program(machine), 0, 0
    while True:
        code, yes, no, operand = program[at]
        match code:
            case 0x20:
                assert operand % 4 == 0
                held = words[operand // 4]
                at += 1
            case 0x15:
                at += 1 + (yes if held == operand else no)
            case 0x25:
                at += 1 + (yes if held > operand else no)
            case 0x06:
                return operand
            case _:
                raise AssertionError(code)


MACHINES = pytest.mark.parametrize("machine", ARCHITECTURE)


@MACHINES
def test_the_program_is_one_that_the_kernel_takes(machine: str) -> None:
    program = seccomp.program(machine)
    assert len(program) < 4096
    for at, (code, yes, no, _) in enumerate(program):
        assert max(yes, no) < 256
        assert code == 0x06 or at + 1 + max(yes, no) < len(program)


@MACHINES
def test_exactly_the_calls_of_the_table_are_allowed(machine: str) -> None:
    column = list(ARCHITECTURE).index(machine)
    allowed = {numbers[column] for numbers in seccomp.CALLS.values()}
    some = {numbers[column] for numbers, _, _ in seccomp.SOME_FORMS.values()}
    for number in range(600):
        if number in some:
            continue
        unknown = NO_SUCH_CALL if number == seccomp.CLONE3 or number > seccomp.NEWEST else NOT_PERMITTED
        assert answer(machine, number) == (ALLOWED if number in allowed else unknown), number


FORBIDDEN = {
    "fork": (57, None), "vfork": (58, None), "clone": (56, 220), "execve": (59, 221), "execveat": (322, 281), "kill": (62, 129),
    "tkill": (200, 130), "tgkill": (234, 131), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "sendmsg": (46, 211), "recvmsg": (47, 212), "bpf": (321, 280),
    "mount": (165, 40), "unshare": (272, 97), "setns": (308, 268), "memfd_create": (319, 279), "pipe2": (293, 59), "prctl": (157, 167),
    "setrlimit": (160, 164), "io_uring_setup": (425, 425), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "setsid": (112, 157),
    "unlinkat": (263, 35), "renameat": (264, 38), "mkdirat": (258, 34), "fchmodat": (268, 53), "setitimer": (38, 103), "shmget": (29, 194),
    "userfaultfd": (323, 282), "perf_event_open": (298, 241), "truncate": (76, 45), "sched_setaffinity": (203, 122), "seccomp": (317, 277),
}  # fmt: skip


@MACHINES
def test_no_way_to_start_signal_or_reach_another_process(machine: str) -> None:
    for name, numbers in FORBIDDEN.items():
        number = numbers[list(ARCHITECTURE).index(machine)]
        assert number is None or answer(machine, number) == NOT_PERMITTED, name
    assert answer(machine, seccomp.CLONE3) == NO_SUCH_CALL


@MACHINES
def test_only_some_forms_of_a_call(machine: str) -> None:
    fcntl, ioctl, prlimit = (numbers[list(ARCHITECTURE).index(machine)] for numbers, _, _ in seccomp.SOME_FORMS.values())
    assert answer(machine, fcntl, 1, 2, 1) == ALLOWED
    assert answer(machine, fcntl, 1, 8, 1234) == NOT_PERMITTED  # F_SETOWN
    assert answer(machine, fcntl, 1, 10, 9) == NOT_PERMITTED  # F_SETSIG
    assert answer(machine, ioctl, 1, 0x5401) == ALLOWED
    assert answer(machine, ioctl, 0, 0x5412) == NOT_PERMITTED  # TIOCSTI
    assert answer(machine, prlimit, 0, 7, 0, 0x7FFF00000000) == ALLOWED
    assert answer(machine, prlimit, 0, 7, 0x7FFF00000000) == NOT_PERMITTED  # only its upper half isn't 0
    assert answer(machine, prlimit, 0, 7, 8) == NOT_PERMITTED


@MACHINES
def test_the_calls_of_another_architecture_end_the_process(machine: str) -> None:
    assert answer(machine, 0, architecture=0x40000003) == seccomp.KILL  # i386
    if machine == "x86_64":
        assert answer(machine, 0x40000000 + 39) == NO_SUCH_CALL  # x32


@pytest.mark.parametrize(
    ("column", "header", "pattern"),
    [
        (0, "x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+) (\d+)"),
        (1, "asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+) (\d+)"),
    ],
)
def test_the_numbers_are_the_kernels(column: int, header: str, pattern: str) -> None:
    file = Path("/usr/include") / header
    if not file.exists():
        pytest.skip(f"no {header} here")
    told = {name.replace("fstatat", "newfstatat").replace("newnew", "new"): int(n) for name, n in re.findall(pattern, file.read_text())}
    for name, numbers in (*seccomp.CALLS.items(), *((n, s[0]) for n, s in seccomp.SOME_FORMS.items())):
        assert numbers[column] == told.get(name), name


# Messages


def joined(head: dict[str, Any], *arrays: np.ndarray[Any, Any]) -> bytes:
    return b"".join(pack(head, arrays))


ARRAYS = nps.arrays(st.sampled_from(sorted(DTYPES)).map(np.dtype), nps.array_shapes(min_dims=0, min_side=0, max_dims=4))


@given(st.lists(ARRAYS, max_size=4))
def test_what_is_packed_is_unpacked(arrays: list[np.ndarray[Any, Any]]) -> None:
    head, found = unpack(joined({"a": 1}, *arrays))
    assert head == {"a": 1}
    assert len(found) == len(arrays)
    for one, other in zip(found, arrays, strict=True):
        assert (one.shape, one.dtype, one.tobytes()) == (other.shape, other.dtype, other.tobytes())
        assert one.flags.writeable


@given(st.binary(max_size=64), st.integers(0, 200), st.integers(0, 3))
def test_a_spoilt_message_is_malformed_or_numbers(garbage: bytes, at: int, most: int) -> None:
    whole = joined({"a": [1]}, np.arange(3.0), np.ones((2, 2), bool))
    spoilt = whole[:at] + garbage + whole[at + most :]
    try:
        _, found = unpack(spoilt)
    except Malformed:
        return
    assert all(a.dtype.str in DTYPES for a in found)


def framed(header: Any, payload: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return MAGIC + len(text).to_bytes(4, "little") + text + payload


@pytest.mark.parametrize(
    "data",
    [
        b"", MAGIC, MAGIC + b"\0\0\0\0", framed([]), framed({}), framed({"arrays": None}), framed({"arrays": {}}), framed({"arrays": [1]}),
        framed({"arrays": [["|O", []]]}, b"12345678"), framed({"arrays": [["<f8", [-1]]]}),
        framed({"arrays": [["<f8", [True]]]}, b"12345678"),
        framed({"arrays": [["<f8", [1.0]]]}, b"12345678"), framed({"arrays": [["<f8", [2]]]}, b"12345678"), framed({"arrays": []}, b"1"),
        framed({"arrays": [["<f8", [0, 2**41]]]}), framed({"arrays": [["<f8", [2**40] * 30]]}), framed({"arrays": [["<f8", [0] * 33]]}),
        framed({"arrays": [["<f8", [2**40] * 31 + [0]]]}), framed({"arrays": [["|b1", [1]]]}, b"\2"), framed({"arrays": [["float64", []]]}),
        framed({"arrays": [["<f8", "ab"]]}), framed(b"[" * 100_000), framed(b'{"arrays": ' + b"9" * 10_000 + b"}"), framed(b"\xff\xfe"),
        framed({"arrays": [["<f8", [], 1]]}, b"12345678"), MAGIC + b"\xff\xff\xff\xff" + b" " * 2_000_000,
    ],
)  # fmt: skip
def test_what_is_no_message_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(data)


def test_only_numbers_are_packed() -> None:
    for array in (np.array([None]), np.array(["a"]), np.zeros(1, "f8,i4"), np.zeros(1, "M8[s]"), np.zeros(2, np.longdouble)):
        with pytest.raises(TypeError):
            pack({}, [array])


# Code made ready


def test_lines_are_those_of_the_text() -> None:
    text = "# a\nx = 1\n\n\ny = [1,\n     2]\nif x:\n    # b\n    z = 3\n"
    ready = runnable(text)
    lines = {ast.unparse(s): s.lineno for s in ast.walk(ast.parse(ready.code)) if isinstance(s, ast.Assign)}
    assert [ready.quoted(lines[s]) for s in ("x = 1", "y = [1, 2]", "z = 3")] == ["line 2: x = 1", "line 5: y = [1,", "line 9: z = 3"]
    assert ready.quoted(0) == ready.quoted(10**9) == ""


def test_imports_at_the_top_are_numbered() -> None:
    guarded = "try:\n    import d\nexcept ImportError:\n    d = None"
    ready = runnable(f"from __future__ import division\nimport a, b\nfrom .c import *\n{guarded}", "it", 3)
    assert ready.imports == ((2, "import a, b"), (3, "from .c import *"))
    assert "not_imported_(3)" in ready.code
    assert "not_imported_(4)" in ready.code
    assert ready.code.startswith("from __future__ import division")


def test_division_of_python_3_is_left_alone() -> None:
    assert "quotient_" not in runnable("x = 3 / 2\nx /= 2").code
    assert "quotient_" not in runnable("from __future__ import division\nprint x\nx = 3 / 2").code
    old = runnable("print x\nx = 3 / 2\nx /= 2").code
    assert "quotient_(3, 2)" in old
    assert "x = divided_(x, 2)" in old
