"""Wrong use in plain words: what was wrong, and what would have been right. Exit code 2, nothing on standard output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import click


class Refusal(click.ClickException):
    """The command can't do what was asked, because of how it was asked."""

    exit_code = 2


@contextmanager
def plain_words() -> Iterator[None]:
    """Turns what text and files from outside can raise into a Refusal; a fault of the program itself stays one."""
    try:
        yield
    except OSError as error:
        raise Refusal(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except ValueError as error:
        raise Refusal(str(error)) from error


def unknown(kind: str, name: str, known: Sequence[str]) -> Refusal:
    """The refusal of a name that is not among the known ones, with the nearest of them."""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    return Refusal(f"no {kind} {name!r}: {hint}")


def write(path: Path, text: str) -> None:
    """Puts the text into the file, whole or not at all."""
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise Refusal(f"{path} can't be written: {error.strerror}") from error


def show(text: str, output: Path | None) -> None:
    """Puts the text into the file, or on standard output where there is none."""
    if output is None:
        click.echo(text.rstrip("\n"))
    else:
        write(output, text.rstrip("\n") + "\n")
