"""The warm process inside the sandbox: NumPy imported, it waits; each run is a fork of it that binds itself, runs and ends."""

from __future__ import annotations

import array
import contextlib
import gc
import json
import os
import random
import resource
import signal
import socket
import sys
from typing import Any

import numpy as np

from symbackprop.verify.sandboxed import landlock, seccomp, usual, writer  # noqa: F401  (usual: loaded for all runs)
from symbackprop.verify.sandboxed.frames import BROKEN, OUT_OF_MEMORY, READY, RUN, Array, pack, unpack
from symbackprop.verify.sandboxed.plain import NoNumbers, read_out

_DIE_WITH_PARENT = 1


def main() -> None:
    """Get ready as the first argument tells, then serve until the other side of the control socket is closed."""
    told = json.loads(sys.argv[1])
    control = _low(told["control"])
    if sys.platform == "linux":
        _die_with_parent()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    np.random.seed(0)
    random.seed(0)
    if told["locked"]:
        sys.path[:] = [p for p in sys.path if p not in told["hidden"]]
    if told["landlock"]:
        landlock.restrict(told["landlock"])
    bound = seccomp.prepared() if told["locked"] else None
    gc.freeze()
    control.sendall(READY)
    while _serve(control, bound):
        pass


def _low(number: int) -> socket.socket:
    copy = socket.socket(fileno=os.dup(number))
    os.close(number)
    return copy


def _die_with_parent() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def _serve(control: socket.socket, bound: Any) -> bool:
    """One run: its request, its result and what it prints have a file descriptor each, which come with the word to go."""
    word, descriptors = _received(control)
    if word != RUN:
        return False
    child = os.fork()
    if not child:
        _child(control, descriptors, bound)
    for descriptor in descriptors:
        os.close(descriptor)
    _, status = os.waitpid(child, 0)
    control.sendall(status.to_bytes(4, "little"))
    return True


def _received(control: socket.socket) -> tuple[bytes, list[int]]:
    word, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(3 * 4))
    numbers = array.array("i")
    for _, _, data in ancillary:
        numbers.frombytes(data)
    return word, list(numbers)


def _child(control: socket.socket, descriptors: list[int], bound: Any) -> None:
    leave, code = os._exit, BROKEN
    try:
        code = _run(control, descriptors, bound)
    except MemoryError:
        code = OUT_OF_MEMORY
    finally:
        leave(code)


def _run(control: socket.socket, descriptors: list[int], bound: Any) -> int:
    request, result, printed = descriptors
    control.close()
    for standard in (1, 2):
        os.dup2(printed, standard)
    data = _whole(request)
    os.closerange(3, result)
    os.closerange(result + 1, 256)
    head, arrays = unpack(data, len(data))
    del data
    _bind(head["seconds"], head["megabytes"], bound)
    send, flush = os.write, (sys.stdout.flush, sys.stderr.flush)
    pieces = _answer(head, arrays)
    for stream in flush:
        with contextlib.suppress(Exception):  # the code may have closed it
            stream()
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            rest = rest[send(result, rest) :]
    return 0


def _whole(request: int) -> bytearray:
    with open(request, "rb", buffering=0) as file:
        file.seek(0)
        return bytearray(file.read())


def _bind(seconds: float, megabytes: int, bound: Any) -> None:
    """The limits of this process, which nothing can lift again."""
    cpu = int(seconds) + 2
    limits = [(resource.RLIMIT_CPU, cpu), (resource.RLIMIT_AS, megabytes << 20), (resource.RLIMIT_CORE, 0)]
    if bound is not None:
        limits += [(resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_NPROC, 0)]
    for which, most in limits:
        try:
            resource.setrlimit(which, (most, most))
        except (ValueError, OSError):
            if bound is not None:  # without a sandbox the system need not have all of them
                raise
    if sys.platform == "linux":
        _die_with_parent()
    if bound is not None:
        seccomp.install(bound)


def _answer(head: dict[str, Any], arrays: list[Array]) -> list[bytes | memoryview]:
    before = [a.tobytes() for a in arrays]
    given = {**head["scalars"]}
    for (name, scalar), value in zip(head["names"], arrays, strict=True):
        given[name] = value[()] if scalar else value
    make, failed, packed, compare, skipped = _wanted, writer.failure, pack, _changed, list[int]()
    try:
        names = writer.run(head["source"], head["call"], given, skipped)
        found = make(names, head["wanted"])
    except NoNumbers as error:
        return packed({"skipped": skipped, "failed": {"kind": "crash", "text": str(error), "where": "", "line": 0}}, [])
    except BaseException as error:  # whatever it is, it is reported
        return packed({"skipped": skipped, "failed": failed(error)}, [])
    return packed({"skipped": skipped, "changed": compare(before, arrays)}, found)


def _wanted(names: dict[str, Any], wanted: list[Any]) -> list[Array]:
    return [read_out(names, path, shown) for shown, path in wanted]


def _changed(before: list[bytes], arrays: list[Array]) -> list[int]:
    return [k for k, (old, array) in enumerate(zip(before, arrays, strict=True)) if array.tobytes() != old]
