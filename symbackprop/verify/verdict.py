"""Verdict: what is known of a statement, and how. Never a bool, so that "undecided" can't pass for "false".

proved      holds for every shape and every value, by a symbolic proof
agrees      equal to the truth at enough points, counted
refuted     different from the truth at a point, which is the witness
undecided   neither could be shown; the message says why
unreadable  the statement could not be read; the message says where
measured    an experiment's figures, whatever they show
convention  a choice that mathematics leaves open; the message says between what
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import flint
import numpy as np

Status = Literal["proved", "agrees", "refuted", "undecided", "unreadable", "measured", "convention"]
STATUSES: tuple[Status, ...] = ("proved", "agrees", "refuted", "undecided", "unreadable", "measured", "convention")


@dataclass(frozen=True)
class Witness:
    """A case: sizes, inputs (upstream gradients among them), what is true there, and what was found instead.

    Values are numbers or nested lists; `at` is the first entry that differs, None where shapes do. Its repr can be
    pasted into Python.
    """

    sizes: Mapping[str, int]
    inputs: Mapping[str, Any]
    expected: Any
    found: Any
    at: tuple[int, ...] | None = None

    @classmethod
    def of(
        cls,
        sizes: Mapping[str, int],
        inputs: Mapping[str, Any],
        expected: Any,
        found: Any,
        at: tuple[int, ...] | None = None,
    ) -> Witness:
        """A witness from arrays of any numbers."""
        return cls(dict(sizes), {k: plain(v) for k, v in inputs.items()}, plain(expected), plain(found), at)


@dataclass(frozen=True)
class Evidence:
    """What agreement rests on: points compared, different sets of sizes among them, points on kinks or joints."""

    points: int = 0
    shapes: int = 0
    kinks: int = 0

    @property
    def is_enough(self) -> bool:
        """At least 6 points at 3 sets of sizes."""
        return self.points >= 6 and self.shapes >= 3


@dataclass(frozen=True)
class Verdict:
    """The status of a statement, how it is known, and a sentence that says so.

    `notes` state conventions and caveats ("right except at ties"), `read_as` the statement as it was understood,
    `where` the line or file it stands in.
    """

    status: Status
    message: str = ""
    how: str = ""
    witness: Witness | None = None
    notes: tuple[str, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    read_as: str = ""
    where: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"{self.status!r} is no status; it should be one of {', '.join(STATUSES)}")
        if (self.status == "refuted") != (self.witness is not None):
            raise ValueError(f"a verdict {self.status!r} {'needs a' if self.status == 'refuted' else 'has no'} witness")

    def __bool__(self) -> bool:
        raise TypeError("a verdict is no bool: ask for its status, or for .holds")

    @property
    def holds(self) -> bool:
        """Whether it is proved or agrees."""
        return self.status in ("proved", "agrees")

    def json(self) -> dict[str, Any]:
        """The verdict as data for JSON."""
        witness = (
            None
            if self.witness is None
            else {
                "sizes": dict(self.witness.sizes),
                "inputs": dict(self.witness.inputs),
                "expected": self.witness.expected,
                "found": self.witness.found,
                "at": self.witness.at,
            }
        )
        evidence = {"points": self.evidence.points, "shapes": self.evidence.shapes, "kinks": self.evidence.kinks}
        return {
            "status": self.status,
            "message": self.message,
            "how": self.how,
            "witness": witness,
            "notes": list(self.notes),
            "evidence": evidence,
            "read_as": self.read_as,
            "where": self.where,
            "seconds": self.seconds,
        }


def plain(value: Any) -> Any:
    """Numbers and nested lists of Python ints and floats, from arrays of any numbers."""
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value] if value.ndim else plain(value[()])
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, (Fraction, float, flint.arb)):
        number = float(value)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value
