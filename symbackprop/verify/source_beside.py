"""What was read of source, beside what the source computes when it is run: the reader may err, and code may fail.

    another value at a point   -> what was read isn't what it computes
    no value at any point      -> what was read is never computed

What only can't be had here (a module that isn't installed, a name that newer NumPy has lost) says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from symbackprop.verify.case import FAILURES, Case, arrays_at
from symbackprop.verify.computed import wrong
from symbackprop.verify.kinks import floats
from symbackprop.verify.runner import RunFailed
from symbackprop.verify.source_runs import NotRun, RunAnswer
from symbackprop.verify.spots import Spot, spots

ELSEWHERE = re.compile(
    r"(Import|ModuleNotFound)Error\b|AttributeError: (module 'numpy|`np\.|'dict' object has no attribute)|NameError.* isn't available here"
)
"""Failures of this place, and not of the code."""
OF_ARRAYS = re.compile(r"AttributeError: 'numpy|TypeError: .* unexpected keyword|TypeError: .* invalid keyword")
"""What arrays of another library than NumPy would have."""


@dataclass(frozen=True)
class Beside:
    """At so many points the same; where it first differs; why it never has a value, and whether that says something."""

    same: int = 0
    differs: str = ""
    failed: RunFailed | None = None
    counts: bool = False


def beside(case: Case, run: RunAnswer, is_numpy: bool) -> Beside:
    """What was read, which `case` states, and what is run, at a few points; `is_numpy` says that the code imports NumPy."""
    same = 0
    for spot in spots(case.layer).fine:
        try:
            found = _differs(case, run, spot)
        except FAILURES:
            continue
        if found:
            return Beside(same, found)
        same += 1
    failures = run.runs.failures
    if same or not failures:
        return Beside(same)
    return Beside(0, "", failures[0], says_something(failures[0], is_numpy))


def _differs(case: Case, run: RunAnswer, spot: Spot) -> str:
    """How the two differ at a point. Raises one of FAILURES where either has no value."""
    arrays = arrays_at(spot)
    read, found = floats(case.found(spot)), np.asarray(run.values(arrays))
    if read.shape != found.shape:
        return f"its shape is {found.shape}"
    if not np.all(np.isfinite(read)):
        raise NotRun("what was read has no value here")
    if not np.any(off := wrong(run, spot, arrays, read, found)):
        return ""
    at = tuple(int(k) for k in np.argwhere(off)[0])
    return f"{float(found[at]):.4g} and not {float(read[at]):.4g}"


def is_asserted(failed: RunFailed) -> bool:
    """Whether it is an assertion that failed: the reader leaves those out, and they may be about one size."""
    return failed.message.startswith("AssertionError")


def says_something(failed: RunFailed, is_numpy: bool) -> bool:
    """Whether a failure is one of the code, and not of where it is run, or of what is merely asserted."""
    if failed.kind != "crash" or is_asserted(failed) or ELSEWHERE.search(failed.message):
        return False
    return is_numpy or not OF_ARRAYS.search(failed.message)
