"""Code that can't be read whole is run: a shut-in child gets data and returns numbers, the parent judges them.

The reference never enters the child, and what comes back is taken for numbers or for nothing. See docs/decisions/0010.
"""

from __future__ import annotations

import ast
import os
import signal
import threading
import unicodedata
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from symbackprop.language.errors import NotationError
from symbackprop.verify import sandbox
from symbackprop.verify.exchange import MOST_PRINTED, Exchange, exchange
from symbackprop.verify.runnable import Runnable, runnable
from symbackprop.verify.sandbox import isolation
from symbackprop.verify.sandboxed.frames import OUT_OF_MEMORY, Malformed, pack, unpack

__all__ = ["Ran", "RunFailed", "Runner", "isolation"]

Array = np.ndarray[Any, np.dtype[Any]]

MOST_BACK = 256  # megabytes of results
MOST_SHOWN = 4_000  # characters of what the code printed
KINDS = ("crash", "time", "memory", "flood", "forbidden", "forged", "syntax", "unavailable")
_TOLD_BY_CHILD = ("crash", "memory", "forbidden")

REFUSED = (
    "there is nothing here to run a stranger's code in: neither bubblewrap (a program) nor Landlock (of Linux 5.13 and later) can be "
    "used; with trust the code is run all the same, and may then read, change and send whatever you may"
)


@dataclass(frozen=True)
class Ran:
    """What a run returned: the wanted arrays, which given ones it overwrote, what it printed, the seconds, and remarks."""

    values: Mapping[str, Array]
    changed: tuple[str, ...]
    printed: str
    seconds: float
    notes: tuple[str, ...] = ()


class RunFailed(Exception):
    """A run that returned nothing that can be judged: the kind (one of KINDS), a sentence, what the code had printed."""

    def __init__(self, kind: str, message: str, printed: str = "") -> None:
        super().__init__(message)
        self.kind, self.message, self.printed = kind, message, printed


class Runner:
    """Runs one writer's file as often as wanted, each time afresh; the first run takes longer than the others."""

    def __init__(self, source: str, *, trust: bool = False, seconds: float = 5.0, megabytes: int = 1024) -> None:
        """Raises RunFailed ("syntax", or "unavailable" where there is no sandbox and the code isn't trusted)."""
        self.seconds, self.megabytes = seconds, megabytes
        mode = isolation(trust)
        if mode is None:
            raise RunFailed("unavailable", REFUSED)
        self.mode: str = mode
        self._source = _readable(source, "the source")
        self._sandbox: sandbox.Sandbox | None = None
        self._end: weakref.finalize[[], Any] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the sandbox; another run would take one again."""
        if self._end is not None and self._sandbox is not None and self._end.detach():
            sandbox.give_back(self._sandbox)
        self._sandbox = self._end = None

    def _kill(self) -> None:
        if self._end is not None:
            self._end()
        self._sandbox = self._end = None

    def run(self, call: str, arrays: Mapping[str, Any], wanted: Sequence[str]) -> Ran:
        """Run the file and then the call lines, with the arrays (and numbers, texts) under their names; read out what is wanted.

        A wanted thing is a name, with subscripts or attributes: `grads["W1"]`. Raises RunFailed; nan and inf are numbers.
        """
        lines = _readable(call, "the call", len(self._source.imports))
        request = _request(self._source, lines, arrays, wanted, self.seconds, self.megabytes)
        with self._lock:
            got = self._exchanged(request)
            if got.ended == "lost":  # it ends with the thread that started it, which may have been another one
                got = self._exchanged(request)
        printed = cleaned(bytes(got.printed[: 4 * MOST_SHOWN]).decode(errors="replace"), MOST_SHOWN, "\n\t")
        try:
            return self._judged(got, lines, [n for n, v in arrays.items() if _is_array(v)], wanted, printed)
        except RunFailed as failed:
            failed.printed = printed
            raise

    def _exchanged(self, request: Sequence[bytes | memoryview]) -> Exchange:
        got = Exchange()
        try:
            got = exchange(self._warm(), request, self.seconds, self._most)
        finally:  # after an interruption too nothing goes on running
            if got.ended != "exit":
                self._kill()
        return got

    @property
    def _most(self) -> int:
        return min(self.megabytes, MOST_BACK) << 20

    def _warm(self) -> sandbox.Sandbox:
        if self._sandbox is None or not self._sandbox.alive:
            self._kill()
            try:
                self._sandbox = sandbox.take(self.mode)
            except sandbox.NoSandbox as error:
                raise RunFailed("unavailable", f"the sandbox ({self.mode}) doesn't start: {cleaned(str(error), 300)}") from None
            self._end = weakref.finalize(self, self._sandbox.kill)
        return self._sandbox

    def _judged(self, got: Exchange, call: Runnable, arrays: list[str], wanted: Sequence[str], printed: str) -> Ran:
        if got.ended != "exit":
            raise RunFailed(*self._stopped(got.ended))
        status = int.from_bytes(got.status, "little")
        if not got.result or status != 0:
            raise RunFailed(*self._died(status))
        imports = self._source.imports + call.imports
        try:
            head, values = unpack(got.result)
            failed, changed, skipped = _fields(head, len(values), len(wanted), len(arrays), len(imports))
        except Malformed as error:
            raise RunFailed("forged", f"what came back is no result: {error}") from None
        notes = tuple(f"line {n}: `{text}` isn't available here and was skipped" for n, text in (imports[k] for k in skipped))
        if failed:
            raise RunFailed(failed["kind"], self._told(failed, call, notes))
        return Ran(dict(zip(wanted, values, strict=True)), tuple(arrays[k] for k in changed), printed, got.seconds, notes)

    def _stopped(self, why: str) -> tuple[str, str]:
        return {
            "time": ("time", f"the code didn't end within {self.seconds:g} s"),
            "flood": ("flood", f"the code printed more than {MOST_PRINTED:,} bytes"),
            "size": ("forged", f"more than {self._most:,} bytes came back"),
            "lost": ("crash", "the sandbox itself ended during the run"),
        }[why]

    def _died(self, status: int) -> tuple[str, str]:
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGXCPU:
                return self._stopped("time")
            if number == signal.SIGSYS:
                return "forbidden", "the code asked the system for something that isn't allowed"
            name = signal.Signals(number).name if number in list(signal.Signals) else f"signal {number}"
            return "crash", f"the code's process was ended by {name}"
        if os.WEXITSTATUS(status) == OUT_OF_MEMORY:
            return "memory", f"the code needs more than {self.megabytes:,} MB"
        return "crash", f"the code's process left without a result (exit code {os.WEXITSTATUS(status)})"

    def _told(self, failed: Mapping[str, Any], call: Runnable, notes: tuple[str, ...]) -> str:
        where = {"<source>": self._source, "<call>": call}.get(failed["where"])
        place = where.quoted(failed["line"]) if where else ""
        if failed["where"] == "<call>":
            place = "the call, " + place
        hint = {
            "memory": f" (it needs more than {self.megabytes:,} MB)",
            "forbidden": " (code that is run has no files, no network and no other processes)",
        }.get(failed["kind"], "")
        unknown = "; ".join(("", *notes)) if "NameError" in failed["text"] else ""
        return cleaned(f"{failed['text']}{hint}{f', in {place}' if place else ''}{unknown}", 1_000)


def _readable(text: str, what: str, imports_before: int = 0) -> Runnable:
    try:
        return runnable(text, what, imports_before)
    except NotationError as error:
        place = f" (line {error.line}, column {error.column})" if error.text else ""
        hint = f"; {error.hint}" if error.hint else ""
        raise RunFailed("syntax", cleaned(f"{what} can't be run: {error.message}{place}{hint}", 1_000)) from None


def _request(
    source: Runnable, call: Runnable, given: Mapping[str, Any], wanted: Sequence[str], seconds: float, megabytes: int
) -> list[bytes | memoryview]:
    for name in given:
        if not name.isidentifier() or name.startswith("__"):
            raise ValueError(f"{name!r} is no name that can be given")
    arrays = {n: np.asarray(v) for n, v in given.items() if _is_array(v)}
    scalars = {n: v for n, v in given.items() if n not in arrays}
    for name, value in scalars.items():
        if type(value) not in (int, float, bool, str, type(None)):
            raise TypeError(f"{name} is a {type(value).__name__}; only arrays, numbers and text are given to code that is run")
    head = {
        "source": source.code, "call": call.code, "scalars": scalars, "names": [[n, isinstance(given[n], np.generic)] for n in arrays],
        "wanted": [[w, path(w)] for w in wanted], "seconds": seconds, "megabytes": megabytes,
    }  # fmt: skip
    return pack(head, list(arrays.values()))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic)


def path(wanted: str) -> list[Any]:
    """`grads["W1"].data` -> ["grads", ["item", "W1"], ["attribute", "data"]]. Raises ValueError."""
    try:
        node: ast.expr = ast.parse(wanted.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{wanted[:80]!r} is no name and no entry of one") from None
    steps: list[Any] = []
    while not isinstance(node, ast.Name):
        match node:
            case ast.Subscript(value=inner, slice=ast.Constant(value=str() | int() as key)):
                steps.append(["item", key])
            case ast.Attribute(value=inner, attr=name) if not name.startswith("_"):
                steps.append(["attribute", name])
            case _:
                raise ValueError(f"{wanted[:80]!r} is no name and no entry of one")
        node = inner
    return [node.id, *reversed(steps)]


def _fields(head: dict[str, Any], arrays: int, wanted: int, given: int, imports: int) -> tuple[dict[str, Any], list[int], list[int]]:
    """The failure told, or the given arrays that changed and the imports that were skipped. Raises Malformed."""
    match head:
        case {"skipped": [*skipped], **rest} if not _numbers(skipped, imports):
            pass
        case {"skipped": [*skipped], "failed": {"kind": str(kind), "text": str(text), "where": str(), "line": int()} as failed, **rest}:
            if len(failed) == 4 and not rest and not arrays and kind in _TOLD_BY_CHILD and len(text) <= 500:
                return failed, [], skipped
        case {"skipped": [*skipped], "changed": [*changed], **rest}:
            if not rest and arrays == wanted and _numbers(changed, given):
                return {}, changed, skipped
    raise Malformed("it has other fields than a result has")


def _numbers(values: list[Any], below: int) -> bool:
    return all(type(v) is int and 0 <= v < below for v in values) and len(set(values)) == len(values)


def cleaned(text: str, most: int, keep: str = "") -> str:
    """The text without control, format and lone surrogate characters, which could move a terminal or hide what stands there."""
    clean = "".join(c if c in keep or unicodedata.category(c)[0] != "C" else " " for c in text[: most + 1])
    return clean if len(text) <= most else clean[:most] + " ..."
