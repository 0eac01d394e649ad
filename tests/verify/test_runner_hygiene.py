"""Runs leave nothing behind, end with whoever asked for them, and aren't done without a sandbox unless the code is trusted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbackprop.verify import sandbox
from symbackprop.verify.runner import RunFailed, Runner, isolation

from .running import AFFINE, AFFINE_CALL, affine_arrays, missing

ROOT = Path(__file__).parents[2]


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def children() -> list[int]:
    return [int(p) for task in os.listdir("/proc/self/task") for p in Path(f"/proc/self/task/{task}/children").read_text().split()]


def test_runs_leave_neither_descriptors_nor_processes(mode: str) -> None:
    sandbox.end_spare()
    before, living = descriptors(), children()
    for source in ("x = 1", "1/0", "import os\nos._exit(3)", "while True: pass", "x = 2"):
        with Runner(source, seconds=0.3) as here:
            for _ in range(1 if "while" in source else 8):
                try:
                    here.run("", {}, ["x"])
                except RunFailed as failed:
                    assert failed.kind in ("crash", "time")
    sandbox.end_spare()
    assert descriptors() == before
    assert children() == living


def test_a_forgotten_runner_ends_its_sandbox(mode: str) -> None:
    sandbox.end_spare()
    before, living = descriptors(), children()
    Runner("x = 1").run("", {}, ["x"])
    assert descriptors() == before
    assert children() == living


def test_a_sandbox_that_was_killed_is_replaced(mode: str) -> None:
    with Runner("x = 1") as here:
        here.run("", {}, ["x"])
        assert here._sandbox is not None
        assert (here._sandbox.inner is not None) == (mode == "bubblewrap")
        here._sandbox.process.kill()
        assert float(here.run("", {}, ["x"]).values["x"]) == 1


def test_a_runner_outlives_the_thread_that_ran_it_first(mode: str) -> None:
    sandbox.end_spare()
    with Runner("x = 1") as here:
        first = threading.Thread(target=lambda: here.run("", {}, ["x"]))
        first.start()
        first.join()
        assert [float(here.run("", {}, ["x"]).values["x"]) for _ in range(3)] == [1, 1, 1]


def test_threads_share_a_runner(mode: str) -> None:
    found: list[float] = []
    with Runner("def f(k): return k * 1.0") as here:

        def one(k: int) -> None:
            found.append(float(here.run("y = f(k)", {"k": k}, ["y"]).values["y"]))

        here.run("", {}, [])
        threads = [threading.Thread(target=one, args=(k,)) for k in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [0, 1, 2, 3, 4, 5]


PARENT = """
import sys, threading, time
from symbackprop.verify import runner
runner.isolation = lambda trust=False: sys.argv[1]
with runner.Runner("x = 1\\ndef f():\\n    while True: pass", seconds=60) as here:
    here.run("", {}, ["x"])
    def tell():
        time.sleep(0.3)
        print(here._sandbox.process.pid, here._sandbox.inner or "", flush=True)
    threading.Thread(target=tell).start()
    here.run("f()", {}, [])
"""


@pytest.fixture
def parent(mode: str) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A program in the midst of a run that doesn't end, and its sandbox's processes."""
    command, pipe = [sys.executable, "-c", PARENT, mode], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        yield process, [int(p) for p in process.stdout.readline().split()]
        process.kill()


def gone(processes: list[int], seconds: float = 5.0) -> bool:
    def runs(process: int) -> bool:
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    end = time.monotonic() + seconds
    while any(map(runs, processes)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(runs, processes))


def test_an_interruption_ends_the_run(parent: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, inside = parent
    assert inside
    assert not gone(inside, 0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert "KeyboardInterrupt" in said
    assert process.returncode != 0
    assert gone(inside)


def test_the_sandbox_ends_with_a_parent_that_is_killed(parent: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, inside = parent
    assert inside
    process.kill()
    assert gone(inside)


# Without a sandbox


def test_without_a_sandbox_it_is_refused_and_said_what_trust_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.seccomp, "supported", lambda: False)
    assert isolation() is None
    with pytest.raises(RunFailed, match="trust") as caught:
        Runner("x = 1")
    assert caught.value.kind == "unavailable"


def test_trusted_code_is_run_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.seccomp, "supported", lambda: False)
    assert isolation(trust=True) == "trusted"
    with Runner(AFFINE, trust=True) as here:
        assert here.run(AFFINE_CALL, affine_arrays(), ["dx"]).values["dx"].shape == (3, 4)
    with Runner("import os\nos.fork()\nx = 1.0", trust=True) as here, pytest.raises(RunFailed) as caught:
        here.run("", {}, ["x"])
    assert caught.value.kind == "forged"  # two processes, two messages
    with Runner("while True: pass", trust=True, seconds=0.3) as here, pytest.raises(RunFailed) as caught:
        here.run("", {}, ["x"])
    assert caught.value.kind == "time"


def test_trust_asks_for_a_sandbox_first() -> None:
    why = missing("landlock") and missing("bubblewrap")
    if why:
        pytest.skip(why)
    assert isolation(trust=True) == isolation() != "trusted"
