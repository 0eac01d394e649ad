"""The figures of the README as a Markdown table: python benchmarks/report.py [--check]

With --check the exit code is 1 where a figure is over its limit.
"""
from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests" / "shelf")]

import check_measures as checks  # noqa: E402  (first: it sets the number of threads)
from measures import (  # noqa: E402
    DEEP_LIMIT,
    GRADIENT_LIMIT,
    GROWTH_LIMIT,
    HELP_LIMIT,
    MEMORY_LIMIT,
    deep,
    gradient_seconds,
    help_seconds,
)
from shelf_gradients import TWENTY_EIGHT  # noqa: E402

Row = tuple[str, float, float, str]


def rows() -> list[Row]:
    """(what, measured, limit, unit), the limit 0 where there is none."""
    return [*gradients(), *scale(), *checking(), ("`symbackprop --help`", help_seconds()*1000, HELP_LIMIT*1000, "ms")]


def gradients() -> list[Row]:
    """Each of the 28 from cold."""
    gradient_seconds("relu", "x")
    return [(what, gradient_seconds(name, variable)*1000, GRADIENT_LIMIT*1000, "ms")
            for what, name, variable in TWENTY_EIGHT]


def scale() -> list[Row]:
    """An MLP of 100 and of 1,000 layers."""
    small, large = (min((deep(depth) for _ in range(3)), key=lambda d: d["everything"]) for depth in (100, 1000))
    return [
        ("MLP of 100 layers, every gradient", small["everything"]*1000, 0, "ms"),
        ("MLP of 1,000 layers, first and last weight", large["first"]*1000, DEEP_LIMIT*1000, "ms"),
        ("MLP of 1,000 layers, every gradient", large["everything"]*1000, DEEP_LIMIT*1000, "ms"),
        ("1,000 layers against 100", large["everything"]/small["everything"], GROWTH_LIMIT, "×"),
        ("memory for 1,000 layers", large["megabytes"], MEMORY_LIMIT, "MB"),
    ]


def checking() -> list[Row]:
    """Checking gradients beside torch.autograd.gradcheck, where torch is there; the median verdict on a formula."""
    made: list[Row] = [("a formula's verdict, median", checks.formula_seconds()*1000, checks.FORMULA_LIMIT*1000, "ms")]
    if find_spec("torch") is None:
        return made
    for what, subject in [("MLP 16×64×64×10", checks.mlp()), ("batch norm 32×64", checks.batch_norm())]:
        found = checks.ratios(subject)
        made += [
            (f"{what}, every entry, in slow gradcheck's time", 100/found["slow/every entry"], 100/checks.SLOW_RATIO, "%"),
            (f"{what}, every entry of a function, in slow gradcheck's time", 100/found["slow/every entry, function"], 0, "%"),
            (f"{what}, directions, in fast gradcheck's time", 100/found["fast/directions"], 0, "%"),
            (f"{what}, directions of a function, in fast gradcheck's time", 100/found["fast/directions, function"],
             100/checks.FAST_RATIO, "%"),
        ]
    return made


def table(found: list[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| | measured | at most |", "| --- | ---: | ---: |"]
    for what, measured, limit, unit in found:
        lines.append(f"| {what} | {measured:.1f} {unit} | {f'{limit:g} {unit}' if limit else ''} |")
    return "\n".join(lines)


def main() -> int:
    """Prints the table; with --check says whether every limit is kept."""
    found = rows()
    print(table(found))
    over = [row for row in found if row[2] and row[1] > row[2]]
    if "--check" in sys.argv[1:] and over:
        print("over the limit:", ", ".join(row[0] for row in over), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
