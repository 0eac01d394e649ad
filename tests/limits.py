"""Limits of processor time, where being quick is what is asked for."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """The block takes no more seconds of the processor; the rubbish of the tests before it isn't counted."""
    gc.disable()
    start = time.process_time()
    try:
        yield
    finally:
        spent = time.process_time() - start
        gc.enable()
    assert spent < seconds
