"""The markup of prose."""

from __future__ import annotations

import pytest

from symbackprop.documents.markup import Emphasis, Formula, Pointer, Words, runs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("plain\n   words", [Words("plain words")]),
        ("the `x[n,d]*2` here", [Words("the "), Formula("x[n,d]*2"), Words(" here")]),
        ("by {eq:a.dW.2}.", [Words("by "), Pointer("eq", "a.dW.2"), Words(".")]),
        ("{claim:ReLU-4}", [Pointer("claim", "ReLU-4")]),
        ("*so*", [Emphasis("so")]),
        ("`a*b` and `c*d`", [Formula("a*b"), Words(" and "), Formula("c*d")]),
        ("{other:x}", [Words("{other:x}")]),
    ],
)
def test_runs(text: str, expected: list[object]) -> None:
    assert list(runs(text)) == expected
