"""One request to a sandbox and what comes back, read as if an enemy had sent it: bounded in time and size."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from symbackprop.verify.sandbox import Sandbox
from symbackprop.verify.sandboxed.frames import RUN

MOST_PRINTED = 1 << 20  # bytes
_CHUNK = 1 << 18


@dataclass
class Exchange:
    """What came back: the result's bytes, what was printed, how the process ended; `ended` says why the waiting ended.

    ended: "exit", "time", "flood" (printed too much), "size" (the result is too long) or "lost" (the sandbox itself ended).
    """

    result: bytearray = field(default_factory=bytearray)
    printed: bytearray = field(default_factory=bytearray)
    status: bytearray = field(default_factory=bytearray)
    ended: str = ""
    seconds: float = 0.0


def exchange(sandbox: Sandbox, request: Sequence[bytes | memoryview], seconds: float, most: int) -> Exchange:
    """Send the request, read until the run has ended. Only a sandbox whose exchange ended by "exit" can be used again."""
    got = Exchange()
    began = time.monotonic()
    with contextlib.ExitStack() as held:
        result, printed = _sent(sandbox.control, request, held)
        streams = {result: got.result, printed: got.printed, sandbox.control.fileno(): got.status}
        limits = {result: ("size", most), printed: ("flood", MOST_PRINTED), sandbox.control.fileno(): ("lost", 4)}
        got.ended = _read(streams, limits, began + seconds)
    got.seconds = time.monotonic() - began
    if got.ended == "exit" and len(got.status) != 4:
        got.ended = "lost"
    return got


def _sent(control: socket.socket, request: Sequence[bytes | memoryview], held: contextlib.ExitStack) -> tuple[int, int]:
    """The reading ends of the pipes for the result and for what is printed."""
    ends: list[int] = []
    for _ in range(2):
        read, write = os.pipe()
        held.callback(os.close, read)
        ends += [read, write]
    try:
        with _file(request) as sending, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(control, [RUN], [sending, ends[1], ends[3]])
    finally:
        os.close(ends[1])
        os.close(ends[3])
    return ends[0], ends[2]


@contextlib.contextmanager
def _file(pieces: Sequence[bytes | memoryview]) -> Iterator[int]:
    """A file without a name that holds the pieces."""
    with tempfile.TemporaryFile() if sys.platform != "linux" else open(os.memfd_create("request"), "w+b") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        yield file.fileno()


def _read(streams: dict[int, bytearray], limits: dict[int, tuple[str, int]], deadline: float) -> str:
    """Read all streams to their end; the control socket ends with the four bytes of the exit status."""
    waiting = select.poll()
    for descriptor in streams:
        waiting.register(descriptor, select.POLLIN)
    open_ones = set(streams)
    while open_ones:
        left = deadline - time.monotonic()
        if left <= 0:
            return "time"
        for descriptor, _ in waiting.poll(left * 1000 + 1):
            why, most = limits[descriptor]
            held = streams[descriptor]
            data = _available(descriptor, min(_CHUNK, most + 1 - len(held)))
            held += data
            if len(held) > most:
                return why
            if not data or (why == "lost" and len(held) == most):
                waiting.unregister(descriptor)
                open_ones.discard(descriptor)
    return "exit"


def _available(descriptor: int, most: int) -> bytes:
    try:
        return os.read(descriptor, most)
    except ConnectionResetError:  # the sandbox ended before it had read what was sent
        return b""
