"""A warm process in which a stranger's code may be run: bubblewrap where it works, else Landlock, else nothing.

In both the run itself is bound by a filter of system calls and by limits; see docs/decisions/0010.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import re
import shutil
import signal
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from symbackprop.verify.sandboxed import landlock, seccomp

STARTING = 60.0
"""Seconds in which the process must be ready, on however busy a machine."""

_PACKAGE = Path(__file__).parents[1]
_SANDBOXED = Path(__file__).parent / "sandboxed"
_ENVIRONMENT = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")},
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
# The packages above are named without being run: they'd bring SymPy, and in the sandbox they aren't there.
_BOOT = """
import json, sys, types
told = json.loads(sys.argv[1])
sys.path[:0] = told["hidden"]
for name, folder in (("symbackprop", told["package"]), ("symbackprop.verify", told["package"] + "/verify")):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [folder]
from symbackprop.verify.sandboxed.zygote import main
main()
"""


class NoSandbox(Exception):
    """The process could not be started: what it said."""


def isolation(trust: bool = False) -> str | None:
    """What a stranger's code would be shut in by: "bubblewrap", "landlock"; else "trusted" if it is, or None."""
    if seccomp.supported():
        if _bubblewrap_works():
            return "bubblewrap"
        if landlock.version() > 0:
            return "landlock"
    return "trusted" if trust and hasattr(os, "fork") else None


@functools.cache
def _bubblewrap_works() -> bool:
    """Whether bubblewrap is there and may do here what it is asked for; in many containers it may not."""
    if shutil.which("bwrap") is None:
        return False
    try:
        give_back(start("bubblewrap"))
    except NoSandbox:
        return False
    return True


@dataclass(frozen=True)
class Sandbox:
    """The process outside, the one inside if it is another, and the socket over which runs are asked for."""

    mode: str
    process: subprocess.Popen[bytes]
    inner: int | None
    control: socket.socket
    owner: int

    @property
    def alive(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None

    def kill(self) -> None:
        """End it and all that runs in it, and leave neither a process nor a descriptor behind."""
        self.control.close()
        if self.owner != os.getpid():  # a fork of the process that started it
            return
        if self.inner is not None and self.process.poll() is None:
            _killed(self.inner)  # with the first of them all processes of the sandbox end
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _killed(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


_SPARE: list[Sandbox] = []
"""Idle ones for whoever needs one next: a run is a fork, so that a sandbox is as good after it as before."""
_MOST_SPARE = 2
_TAKING = threading.RLock()


def take(mode: str) -> Sandbox:
    """An idle sandbox, or a new one. Raises NoSandbox."""
    with _TAKING:
        for spare in [s for s in _SPARE if s.mode == mode or not s.alive]:
            _SPARE.remove(spare)
            if spare.alive:
                return spare
            spare.kill()
    return start(mode)


def give_back(sandbox: Sandbox) -> None:
    """Keep an idle sandbox for the next one, or end it."""
    with _TAKING:
        if sandbox.alive and len(_SPARE) < _MOST_SPARE:
            _SPARE.append(sandbox)
            return
    sandbox.kill()


@atexit.register
def end_spare() -> None:
    """End the idle ones."""
    while _SPARE:
        _SPARE.pop().kill()


def start(mode: str) -> Sandbox:
    """A process that is ready to run. Raises NoSandbox."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    with theirs, open(read, "rb", buffering=0) as information, tempfile.TemporaryFile() as said:
        try:
            command = _command(mode, theirs.fileno(), write)
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=_ENVIRONMENT, cwd="/",
                pass_fds=(theirs.fileno(), write), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            ours.close()
            raise NoSandbox(str(error)) from None
        finally:
            os.close(write)
        theirs.close()
        sandbox = Sandbox(mode, process, _inner(information) if mode == "bubblewrap" else None, ours, os.getpid())
        try:
            _awaited(sandbox, said)
        except BaseException:
            sandbox.kill()
            raise
    return sandbox


def _inner(information: IO[bytes]) -> int | None:
    """The first process inside, as bubblewrap tells it, in several pieces."""
    told = b""
    while not (found := re.search(rb'"child-pid":\s*(\d+)\s*[,}]', told)):
        piece = information.read(4096)
        if not piece:
            return None
        told += piece
    return int(found[1])


def _awaited(sandbox: Sandbox, said: IO[bytes]) -> None:
    sandbox.control.settimeout(STARTING)
    try:
        ready = sandbox.control.recv(1)
    except OSError:
        ready = b""
    if not ready:
        said.seek(0)
        raise NoSandbox(said.read(2000).decode(errors="replace").strip()[-300:] or "it ended at once")
    sandbox.control.settimeout(None)


def _command(mode: str, control: int, information: int) -> list[str]:
    told = {
        "control": control,
        "package": str(_PACKAGE),
        "hidden": [str(Path(np.__file__).parents[1])],
        "locked": mode != "trusted",
        "landlock": list(_readable()) if mode == "landlock" else [],
    }
    flags = ["-I", "-B"] if mode == "trusted" else ["-I", "-S", "-B"]
    before = _bubblewrap("--info-fd", str(information)) if mode == "bubblewrap" else []
    return [*before, sys.executable if mode == "trusted" else _python(), *flags, "-c", _BOOT, json.dumps(told)]


def _bubblewrap(*more: str) -> list[str]:
    """No network, no processes but its own, no file but what Python and NumPy need, and that can't be written."""
    set_environment = [part for name, value in _ENVIRONMENT.items() for part in ("--setenv", name, value)]
    return [
        shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--clearenv", *set_environment, *_binds(), "--chdir", "/", "--remount-ro", "/", *more, "--",
    ]  # fmt: skip


def _binds() -> Iterator[str]:
    for folder in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"):
        if os.path.islink(folder):
            yield from ("--symlink", os.readlink(folder), folder)
        elif os.path.exists(folder):
            yield from ("--ro-bind", folder, folder)
    for path in (_python(), sysconfig.get_config_var("LIBDIR"), *_standard()):
        if path and os.path.exists(path):
            yield from ("--ro-bind", path, path)
    for folder in _installed():
        yield from ("--tmpfs", folder)
    for folder in (*_numpy(), str(_SANDBOXED)):
        yield from ("--ro-bind", folder, folder)
    for folder in _installed():
        yield from ("--remount-ro", folder)


def _readable() -> Iterator[str]:
    """What Landlock lets be read: the entries of the standard library but those where packages are installed, and NumPy."""
    for folder in _standard():
        yield from (e.path for e in os.scandir(folder) if e.name not in ("site-packages", "dist-packages", "__pycache__"))
    yield from (*_numpy(), str(_SANDBOXED))


def _python() -> str:
    """The interpreter itself, not the link that a virtual environment has to it."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _standard() -> Sequence[str]:
    paths = (sysconfig.get_path(name, vars={"base": sys.base_prefix}) for name in ("stdlib", "platstdlib"))
    return list(dict.fromkeys(os.path.realpath(p) for p in (sysconfig.get_path("stdlib"), *paths) if p and os.path.isdir(p)))


def _installed() -> Sequence[str]:
    """Where packages are installed within the folders that are bound: nothing of theirs is shown but NumPy."""
    usual = [f"{folder}/{name}" for folder in _standard() for name in ("site-packages", "dist-packages")]
    return [p for p in dict.fromkeys([*usual, *site.getsitepackages(), "/usr/lib/python3/dist-packages"]) if _bound(p)]


def _bound(folder: str) -> bool:
    return os.path.isdir(folder) and any(Path(folder).is_relative_to(p) for p in (*_standard(), "/usr/lib", "/usr/lib64"))


def _numpy() -> Sequence[str]:
    package = Path(np.__file__).parent
    return [str(p) for p in (package, package.with_name("numpy.libs")) if p.is_dir()]
