"""The only place where a stranger's code is run: inside the run's own process, after that process has bound itself.

exec is the task here; see docs/decisions/0010.
"""

from __future__ import annotations

import functools
import math
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

SOURCE, CALL = "<source>", "<call>"


def run(source: str, call: str, given: Mapping[str, Any], skipped: list[int]) -> dict[str, Any]:
    """Run the source, then the call; the names afterwards. The numbers of the imports that failed are added to `skipped`.

    What is given is known to the call alone: a function of the source that uses a name which it doesn't define must
    fail, and not find the layer's own value under it. Without a call the source is a script, and given them.
    """
    module = types.ModuleType("source")
    sys.modules["source"] = module
    names = module.__dict__
    names.update(_python_2(), np=np, numpy=np, anp=np, math=math)  # a piece of a file is without its imports
    names.update(not_imported_=skipped.append, quotient_=quotient, divided_=divided)
    if not call.strip():
        names.update(given)
    exec(compile(source, SOURCE, "exec", dont_inherit=True), names)
    if not call.strip():
        return names
    names = {**names, **given}
    exec(compile(call, CALL, "exec", dont_inherit=True), names)
    return names


def _python_2() -> dict[str, Any]:
    return {"xrange": range, "unicode": str, "basestring": str, "long": int, "unichr": chr, "reduce": functools.reduce}


def quotient(a: Any, b: Any) -> Any:
    """a / b as in Python 2: rounded down between whole numbers."""
    return a // b if _whole(a) and _whole(b) else a / b


def divided(a: Any, b: Any) -> Any:
    """a /= b as in Python 2."""
    if _whole(a) and _whole(b):
        a //= b
    else:
        a /= b
    return a


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) or (isinstance(value, np.ndarray) and value.dtype.kind in "iu")


def failure(error: BaseException) -> dict[str, Any]:
    """What an exception says, with the line of the source or of the call where it came up."""
    kind = "memory" if isinstance(error, MemoryError) else "forbidden" if isinstance(error, OSError) else "crash"
    where, line = "", 0
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name == SOURCE or (name == CALL and where != SOURCE):
            where, line = name, trace.tb_lineno
        trace = trace.tb_next
    return {"kind": kind, "text": _said(error), "where": where, "line": line}


def _said(error: BaseException) -> str:
    name = type(error).__name__[:60]
    try:
        text = str(error)[:400]
    except BaseException:
        text = ""
    return f"{name}: {text}" if text else name
