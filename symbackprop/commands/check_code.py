"""check --code: a source file and the call -> the report, with progress on the way; Ctrl-C keeps what has been decided."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symbackprop.commands.refusal import plain_words

if TYPE_CHECKING:
    from symbackprop.code_checking import Questions
    from symbackprop.verify.report import Judged, Report

STOPPED = 130
"""The exit code of what was stopped by Ctrl-C."""


def code_report(layer: Any, source: Path, options: dict[str, Any]) -> tuple[Report, int]:
    """The report on a source file, - for standard input, and the exit code."""
    from symbackprop.code_checking import code_questions
    from symbackprop.code_reading import Code

    with plain_words():
        code: Any = Code(sys.stdin.read(), "<stdin>") if str(source) == "-" else source
        questions = code_questions(layer, code, **options)
        names = questions.names
    done: list[Judged] = []
    stopped = _collected(questions, done, len(names))
    report = questions.report(done)
    if stopped:
        click.echo(f"stopped: {len(done)} of {len(names)} were decided", err=True)
    return report, STOPPED if stopped else report.exit_code


def _collected(questions: Questions, done: list[Judged], total: int) -> bool:
    """Every verdict into `done`, one after the other; whether it was stopped."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("judging", total=total)
            for judged in questions.judged():
                done.append(judged)
                progress.advance(task)
    except KeyboardInterrupt:
        return True
    return False
