"""Code that couldn't be read, as an answer that computes: it is run in a sandbox at each point, once for all its results."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symbackprop.layer import Layer
from symbackprop.verify.case import Skipped, sizes_of
from symbackprop.verify.runner import RunFailed, Runner

MOST_FAILURES = 3
"""After so many failed runs nothing is run any more."""
CALLED_TWICE = 4
"""At so many points a second call is made on the same arrays."""


NO_ARRAY = ", not an array of numbers"


FRACTION = r"'float' object cannot be interpreted as an integer|slice indices must be integers|'numpy\.float64' object cannot be"
PYTHON_2 = "; in Python 2 / of whole numbers rounds down: write // where that is meant"


class NotRun(ValueError):
    """There is no value here, because the code failed."""


@dataclass(eq=False)
class Runs:
    """A call of a file, run at points of a layer; `failures` has what went wrong, `changed` which given arrays it overwrote.

    `absent` are the results that turned out to be no arrays, with what they are.
    """

    runner: Runner
    call: str
    layer: Layer
    wanted: Sequence[str]
    failures: list[RunFailed] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    unsteady: set[str] = field(default_factory=set)
    called_twice: int = CALLED_TWICE
    absent: dict[str, str] = field(default_factory=dict)
    _known: dict[bytes, Mapping[str, Any]] = field(default_factory=dict)

    def at(self, arrays: Mapping[str, Any]) -> Mapping[str, Any]:
        """The wanted values, where `arrays` has the layer's variables and upstream gradients. Raises NotRun."""
        given = self.given(arrays)
        key = hashlib.sha1(b"".join(n.encode() + str(np.shape(a)).encode() + np.asarray(a).tobytes() for n, a in given.items())).digest()
        if key not in self._known:
            self._known[key] = self._run(self.call, given)
            if len(self._known) <= self.called_twice and not self.unsteady:
                self._twice(given, self._known[key])
        return self._known[key]

    def given(self, arrays: Mapping[str, Any]) -> dict[str, Any]:
        """What the call may use: every variable, the upstream gradients, the sizes."""
        first = f"d{self.layer.outputs[0].name}"
        found = {n: np.asarray(a) for n, a in arrays.items()}
        if self.layer.is_cost:
            found[first] = np.asarray(1.0)
        found = {n: a if a.ndim else a[()] for n, a in found.items()}
        sizes = sizes_of(self.layer, arrays)
        return {**found, **sizes, "dout": np.array(found[first]) if first in found else 1.0}

    def _run(self, call: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if len(self.failures) >= MOST_FAILURES or any(f.kind == "time" for f in self.failures):
            raise NotRun(self.failures[-1].message)
        wanted = [n for n in self.wanted if n not in self.absent]
        try:
            ran = self.runner.run(call, given, wanted)
        except RunFailed as failed:
            none = next((n for n in wanted if failed.message.startswith(f"{n} is ") and failed.message.endswith(NO_ARRAY)), None)
            if none is not None:
                self.absent[none] = failed.message[len(f"{none} is ") : -len(NO_ARRAY)]
                if len(wanted) > 1:
                    return self._run(call, given)
                raise NotRun(failed.message) from None
            sizes = ", ".join(f"{d.name}={given[d.name]}" for d in self.layer.sizes if d.name in given)
            hint = PYTHON_2 if re.search(FRACTION, failed.message) else ""
            failed = RunFailed(failed.kind, f"{failed.message}{f' ({sizes})' if sizes else ''}{hint}", failed.printed)
            self.failures.append(failed)
            raise NotRun(failed.message) from None
        self.changed |= set(ran.changed)
        return ran.values

    def _twice(self, given: Mapping[str, Any], first: Mapping[str, Any]) -> None:
        """Whether a second call on the same arrays says something else."""
        try:
            second = self.runner.run(f"{self.call}\n{self.call}", given, list(first)).values
        except RunFailed:
            return
        self.unsteady |= {n for n in first if not np.array_equal(np.asarray(first[n]), np.asarray(second[n]), equal_nan=True)}


@dataclass(frozen=True, eq=False)
class RunAnswer:
    """One result of the code that is run, where no size is less than `least`; its transpose if `turned`."""

    runs: Runs
    wanted: str
    least: int = 1
    turned: bool = False

    def values(self, arrays: Mapping[str, Any]) -> Any:
        """The array that the code gives here."""
        if self.least > 1 and min(sizes_of(self.runs.layer, arrays).values(), default=self.least) < self.least:
            raise Skipped(f"sizes below {self.least} are not looked at")
        found = np.asarray(self.runs.at(arrays)[self.wanted])
        if found.dtype.kind not in "fiub":
            raise NotRun(f"{self.wanted} is an array of {found.dtype}; real numbers are expected")
        return found.T if self.turned else found
