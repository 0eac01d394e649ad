"""Dishonest code returns harmless numbers or ends in a clear failure, and never hurts who asked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from symbackprop.verify import sandbox
from symbackprop.verify.runner import Ran, RunFailed, Runner

from .running import affine_arrays

Run = Callable[..., Ran]


ROOT = Path(__file__).parents[2]

# Forgeries: the numbers that come back are judged by the parent, so that wrong ones stay wrong


@pytest.mark.parametrize(
    "trick",
    [
        "np.allclose = np.array_equal = lambda *a, **k: True",
        "np.array = np.asarray = np.ascontiguousarray = np.frombuffer = lambda *a, **k: 0",
        "np.testing.assert_allclose = lambda *a, **k: None",
        "import builtins; builtins.abs = builtins.max = lambda *a: 0; builtins.len = lambda a: 0",
        "import json; json.dumps = lambda *a, **k: '{}'",
        "import sys; sys.modules['numpy'].dtype = None",
        "import os; os.write = lambda *a: 0",
        "import sys; sys.stdout.close(); sys.stderr = None",
        "import sys; [m.__dict__.clear() for n, m in list(sys.modules.items()) if n.startswith('symbackprop')]",
        "import atexit; atexit.register(print, 'x')",
        "import sys; sys.setprofile(lambda *a: None); sys.settrace(lambda *a: None)",
        "import gc; gc.disable(); gc.set_threshold(0)",
    ],
)
def test_patching_changes_nothing_for_the_judge(run: Run, trick: str) -> None:
    try:
        found = run(f"import numpy as np\ndx = np.ones(2) * 3\n{trick}", wanted="dx").values["dx"]
    except RunFailed as failed:
        assert failed.kind in ("crash", "forged")
        return
    assert found.shape in ((2,), ())
    assert not np.allclose(found, np.ones(2))


@pytest.mark.parametrize(
    "overloaded",
    [
        "class A:\n    def __array__(self, *a, **k): return np.ones(2)\n    def __eq__(self, o): return True",
        "class A(np.ndarray):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0",
        "class A(float):\n    def __sub__(self, o): return 0.0",
        "class M(type):\n    __eq__ = lambda *a: True\n    __hash__ = lambda s: hash(float)\nclass A(metaclass=M):\n    pass",
        "class M(type):\n    __name__ = property(lambda s: 1 / 0)\nclass A(metaclass=M):\n    pass",
        "class A:\n    __class__ = property(lambda s: np.ndarray)\n    dtype = np.dtype(float); shape = (2,)",
    ],
)
def test_objects_that_pretend_are_refused(fails: Callable[..., RunFailed], overloaded: str) -> None:
    failed = fails(f"import numpy as np\n{overloaded}\nx = A.__new__(A, 2) if issubclass(A, np.ndarray) else A()", wanted="x")
    assert failed.kind == "crash"
    assert "x is of type A, not an array" in failed.message


WRITE_EVERYWHERE = "import os\ndef send(data):\n    for k in range(3, 256):\n        try: os.write(k, data)\n        except OSError: pass\n"
REAL = b"SYMBP-1\n\x3b\x00\x00\x00" + b'{"changed": [], "skipped": [], "arrays": [["<f8", []]]}    ' + np.float64(1).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"x", b"SYMBP-1\n", b"SYMBP-1\n\xff\xff\xff\xff", REAL[:-1], REAL + REAL, b"SYMBP-1\n\x02\0\0\0{}", b"SYMBP-1\n\x02\0\0\0[]",
        REAL.replace(b'"<f8"', b'"|O" '), REAL.replace(b'"<f8", []', b'"<f8",[-1]'), REAL.replace(b'"changed"', b'"chanced"'),
    ],
)  # fmt: skip
def test_a_second_or_broken_message_is_forged(fails: Callable[..., RunFailed], data: bytes) -> None:
    assert fails(WRITE_EVERYWHERE + f"x = 1.0\nsend({data!r})", wanted="x").kind == "forged"


def test_a_message_of_the_codes_own_is_nothing_but_numbers(run: Run) -> None:
    ran = run(WRITE_EVERYWHERE + f"send({REAL!r})\nos._exit(0)", wanted="x")
    assert float(ran.values["x"]) == 1  # numbers for the parent to judge, as if computed


def test_frames_and_memory_hold_no_more_than_was_given(run: Run) -> None:
    source = """import gc, sys
import numpy as np
def peek():
    frame, found = sys._getframe(), []
    while frame is not None:
        found += [*frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            found += list(thing.values())
        elif isinstance(thing, (list, tuple)):
            found += list(thing)
    return np.concatenate([np.ravel(a).astype(float) for a in found if type(a) is np.ndarray and a.dtype.kind == 'f'])
"""
    reference = affine_arrays()["dout"] * np.pi  # what the parent knows
    found = run(source, "seen = peek()", {"x": np.array([1.5, 2.5])}, "seen").values["seen"]
    assert 1.5 in found
    assert not np.isin(reference, found).any()


# What is forbidden


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')", "open('/etc/hostname').read()", "open('/proc/self/environ')", "open('/proc/self/mem', 'rb')",
        "open(f'/proc/{os.getppid()}/mem', 'rb')", "open('/proc/1/maps')", "os.listdir('/proc')", "os.listdir('/home')",
        "open('/tmp/left_behind', 'w')", "open('left_behind', 'w')", "os.mkdir('/tmp/left')", "os.mkdir('left')", "open('/dev/tty')",
        "socket.socket()", "socket.socketpair()", "socket.create_connection(('127.0.0.1', 80))", "urllib.request.urlopen('http://127.0.0.1')",
        "os.fork()", "os.posix_spawn('/bin/true', ['true'], {})", "subprocess.run(['true'])", "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 9)", "os.kill(-1, 9)", "os.kill(1, 9)", "os.killpg(0, 9)",
        "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
        "os.memfd_create('x')", "os.pipe()", "os.setsid()", "os.setuid(12345)", "os.chmod('/usr/lib', 0o777)", "os.unlink('/etc/passwd')",
        "resource.setrlimit(resource.RLIMIT_CPU, (9, 9))", "fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())", "os.sched_setaffinity(0, [0])",
        "fcntl.ioctl(1, 0x5412, b'x')", "os.chroot('/')", "os.nice(-5)", "tempfile.NamedTemporaryFile()", "np.load('reference.npz')",
        "np.save('x.npy', np.ones(2))", "mmap.mmap(os.open('/etc/passwd', os.O_RDONLY), 0)", "os.openpty()", "os.eventfd(1)",
    ],
)  # fmt: skip
def test_the_system_refuses(fails: Callable[..., RunFailed], attempt: str) -> None:
    source = f"import fcntl, mmap, os, resource, signal, socket, subprocess, tempfile, urllib.request\nimport numpy as np\nx = {attempt}"
    if attempt.startswith("urllib"):
        source = source.replace("x = ", "import urllib.request\nx = ")
    failed = fails(source)
    assert failed.kind in ("forbidden", "crash")
    assert failed.kind == "forbidden" or "current limit exceeds" in failed.message or "not allowed to raise" in failed.message
    assert "line" in failed.message


@pytest.mark.parametrize("path", ["symbackprop/backprop.py", "symbackprop/verify/runner.py", "pyproject.toml"])
def test_the_projects_own_files_are_not_there(fails: Callable[..., RunFailed], path: str) -> None:
    assert (ROOT / path).exists()
    assert fails(f"open({str(ROOT / path)!r})").kind == "forbidden"


@pytest.mark.parametrize("module", ["sympy", "symbackprop.backprop", "flint", "pytest", "pip"])
def test_other_packages_are_not_there(run: Run, module: str) -> None:
    assert len(run(f"import {module}").notes) == 1


def test_the_environment_is_not_there(mode: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sandbox.end_spare()
    monkeypatch.setenv("SECRET_OF_MINE", "1234")
    with Runner("import os\nx = len(os.environ)\ny = 'SECRET_OF_MINE' in os.environ\nz = os.environ.get('HOME') is None") as here:
        ran = here.run("", {}, ["x", "y", "z"])
    assert (int(ran.values["x"]) < 12, bool(ran.values["y"]), bool(ran.values["z"])) == (True, False, True)


RAW_CALLS = {
    "clone": (56, 220, (17, 0, 0, 0, 0)), "vfork": (58, None, ()), "fork": (57, None, ()), "clone3": (435, 435, (0, 88)),
    "clone of a thread": (56, 220, (0x10F00, 0, 0, 0, 0)), "execve": (59, 221, (0, 0, 0)), "prctl": (157, 167, (38, 0, 0, 0, 0)),
    "ptrace": (101, 117, (16, "parent", 0, 0)), "process_vm_readv": (310, 270, ("parent", 0, 0, 0, 0, 0)), "socket": (41, 198, (2, 1, 0)),
    "io_uring_setup": (425, 425, (1, 0)), "bpf": (321, 280, (0, 0, 0)), "unshare": (272, 97, (0x10000000,)),
    "mount": (165, 40, (0, 0, 0, 0, 0)),
    "userfaultfd": (323, 282, (0,)), "perf_event_open": (298, 241, (0, 0, 0, 0, 0)), "keyctl": (250, 219, (0, 0, 0, 0, 0)),
    "kill": (62, 129, ("parent", 9)), "tgkill": (234, 131, ("parent", "parent", 9)), "execveat": (322, 281, (0, 0, 0, 0, 0)),
    "prlimit64": (302, 261, (0, 7, -1, 0)), "shmget": (29, 194, (0, 4096, 0o1600)), "setitimer": (38, 103, (0, 0, 0)),
    "x32 getpid": (0x40000000 + 39, None, ()), "not yet invented": (999, 999, ()),
}  # fmt: skip


@pytest.mark.parametrize("call", RAW_CALLS)
def test_raw_system_calls_fail(run: Run, call: str) -> None:
    numbers = dict(zip(("x86_64", "aarch64"), RAW_CALLS[call][:2], strict=True))
    number = numbers[os.uname().machine]
    if number is None:
        pytest.skip("this machine doesn't have the call")
    arguments = ", ".join("os.getppid()" if a == "parent" else str(a) for a in RAW_CALLS[call][2])
    source = f"import ctypes, os\nc = ctypes.CDLL(None, use_errno=True)\nx = c.syscall({number}, {arguments})\ne = ctypes.get_errno()"
    ran = run(source, wanted="x e")
    assert int(ran.values["x"]) == -1
    assert int(ran.values["e"]) in (1, 38)  # not permitted, no such call


def test_a_command_of_the_c_library_does_nothing(run: Run, tmp_path: Path) -> None:
    ran = run(f"import ctypes, os\nx = ctypes.CDLL(None).system(b'touch {tmp_path}/made')", wanted="x")
    assert int(ran.values["x"]) != 0
    assert not list(tmp_path.iterdir())


# Violence


@pytest.mark.parametrize("mode", ["either"], indirect=True)  # what ends them is the same in both
@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("time", "while True: pass"),
        ("time", "x = 9**9**9**9"),
        ("time", "import time\ntime.sleep(100)"),
        ("time", "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass"),
        ("time", "import signal\n[signal.signal(k, signal.SIG_IGN) for k in range(1, 32) if k not in (9, 19)]\nwhile True: pass"),
        ("time", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
        ("time", "import os\nos.closerange(0, 300)\nwhile True: pass"),
        ("time", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        ("time", "class A:\n    def __str__(self):\n        while True: pass\nx = str(A())"),
        ("time", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')"),
        ("flood", "while True: print('x' * 1000)"),
        ("flood", "import os\nwhile True: os.write(2, b'x' * 65536)"),
        ("flood", "import sys\nsys.stderr.write('y' * 10_000_000)"),
        ("memory", "x = bytearray(2**40)"),
        ("memory", "import numpy as np\nx = np.ones((100_000, 100_000))"),
        ("memory", "x = [0]\nwhile True: x.extend([0] * 10_000_000)"),
        ("memory", "import mmap\ntry:\n    x = [mmap.mmap(-1, 10**8) for _ in range(1000)]\nexcept OSError:\n    raise MemoryError"),
        ("crash", "import os\nos._exit(0)"),
        ("crash", "import os\nos._exit(70)"),
        ("crash", "import os\nos.abort()"),
        ("crash", "import sys\nsys.exit(0)"),
        ("crash", "raise KeyboardInterrupt"),
        ("crash", "raise GeneratorExit"),
        ("crash", "import ctypes\nctypes.string_at(1)"),
        ("crash", "import os\nos.closerange(0, 300)"),
        ("crash", "def f(): f()\nf()"),
        ("crash", "import sys\nsys.setrecursionlimit(10**9)\ndef f(_): list(map(f, [0]))\nf(0)"),
        ("crash", "import threading\nthreading.Thread(target=print).start()"),
        ("crash", "class E(Exception):\n    def __str__(self): raise self\nraise E"),
        ("crash", "class E(Exception):\n    def __str__(self): return '\\x1b[31m\\u202e\\ud800' * 10**6\nraise E"),
        ("crash", "raise type('E' * 10**6, (Exception,), {})"),
        ("crash", "raise ExceptionGroup('g', [ValueError()] * 1000)"),
        ("crash", "input()"),
    ],
)
def test_violence_ends_in_a_clear_failure(fails: Callable[..., RunFailed], kind: str, source: str) -> None:
    began = time.monotonic()
    failed = fails(source, wanted="", seconds=0.4 if kind == "time" else 5.0, megabytes=512)
    assert failed.kind == kind, failed.message
    assert time.monotonic() - began < 8
    assert len(failed.message) < 1_100
    assert failed.message.isprintable()


@pytest.mark.parametrize("source", ["while True: pass", "import os\nos.closerange(0, 300)", "x = bytearray(2**40)"])
def test_the_next_run_works_after_violence(fails: Callable[..., RunFailed], source: str) -> None:
    assert fails(source, seconds=0.5).kind in ("time", "crash", "memory")


def test_a_result_that_is_too_large_is_not_taken(fails: Callable[..., RunFailed]) -> None:
    failed = fails("import numpy as np\nx = np.broadcast_to(0.0, (10**9,))", wanted="x", megabytes=512)
    assert failed.kind in ("memory", "crash")
    assert fails(WRITE_EVERYWHERE + "while True: send(b'0' * 10**6)", megabytes=256).kind in ("forged", "time")


def test_a_deadline_holds_though_the_result_trickles(fails: Callable[..., RunFailed]) -> None:
    assert fails(WRITE_EVERYWHERE + "import time\nwhile True:\n    send(b'0')\n    time.sleep(0.01)", seconds=0.5).kind == "time"
