"""symbackprop build: documents -> .tex, .html and PDF, with every step checked on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from symbackprop.commands.refusal import Refusal, plain_words, unknown

if TYPE_CHECKING:
    from rich.progress import Progress

    from symbackprop.documents.build import Built, Finished
    from symbackprop.documents.stamp import Recalled


@click.command()
@click.argument("names", metavar="[DOCUMENT]...", nargs=-1)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build"),
    show_default=True,
    help="The folder that the pages are written to.",
)
@click.option("--pdf/--no-pdf", default=None, help="Typeset with TeX. [default: where an engine is found]")
@click.option(
    "--language",
    "languages",
    type=click.Choice(["en", "bn", "vi"]),
    multiple=True,
    default=("en",),
    show_default=True,
    help="The language of the pages: English, Bengali or Vietnamese; may be given several times.",
)
@click.option(
    "--jobs", "-j", type=click.IntRange(1), default=None, help="How many documents are built at a time.  [default: one for each core]"
)
@click.option("--fresh", is_flag=True, help="Build again even where nothing has changed.")
@click.option("--json", "as_json", is_flag=True, help="Report on standard output as JSON.")
@click.pass_context
def build(
    context: click.Context,
    names: tuple[str, ...],
    output: Path,
    pdf: bool | None,
    languages: tuple[str, ...],
    jobs: int | None,
    fresh: bool,
    as_json: bool,
) -> None:
    """Write documents as .tex, as one self-contained .html page, and as PDF where a TeX engine is found.

    Every step of every derivation is checked against the layer's own equations, and every claim is decided.
    Without a name, all documents are built. The exit code is 1 if a step or a claim is refuted or left undecided,
    or if a page does not compile. Where nothing has changed since the last build into the folder, that one stands.

    \b
    symbackprop build
    symbackprop build relu --output pages
    symbackprop build relu --language bn
    symbackprop build relu --no-pdf --json
    """
    chosen = _chosen(names)
    with plain_words():
        output.mkdir(parents=True, exist_ok=True)
        asked = Asked(output, _engine(pdf), tuple(dict.fromkeys(languages)), fresh, jobs or os.cpu_count() or 1)
        made = [_told(one, as_json) for one in _run(chosen, asked)]
    if as_json:
        click.echo(json.dumps([one.json() for one in made], indent=2, ensure_ascii=False))
    context.exit(0 if all(one.ok for one in made) else 1)


def _chosen(names: tuple[str, ...]) -> list[str]:
    from derivations import names as every

    for name in names:
        if name not in every():
            raise unknown("document", name, every())
    return list(dict.fromkeys(names)) or list(every())


def _engine(pdf: bool | None) -> str:
    from symbackprop.documents.pdf import ENGINES, engine

    found = engine()
    if pdf and not found:
        raise Refusal(f"no TeX engine was found; install one of {', '.join(ENGINES)}, or leave out --pdf")
    return "" if pdf is False else found


@dataclass(frozen=True)
class Asked:
    """Where to, with which engine, in which languages; whether what stands is passed over; how many at a time."""

    output: Path
    engine: str
    languages: tuple[str, ...]
    fresh: bool
    jobs: int


Made: TypeAlias = "Built | Finished | Recalled"


def _told(one: Made, quiet: bool) -> Made:
    if not quiet:
        click.echo(one.report())
    return one


def _run(names: list[str], asked: Asked) -> Iterator[Made]:
    """The documents in order, each when it is finished; Ctrl-C leaves what is done."""
    from symbackprop.documents.stamp import engine_of, recall, remember, stamp

    made_from = stamp()
    marks = {name: f"{made_from} {name} {engine_of(asked.engine)} {asked.languages}" for name in names}
    before = {} if asked.fresh else {n: found for n in names if (found := recall(asked.output, n, marks[n])) is not None}
    missing = [name for name in names if name not in before]
    several = asked.jobs > 1 and len(missing) > 1
    building: Iterator[Built | Finished] = _together(missing, asked) if several else _one_by_one(missing, asked)
    for name in names:
        if name in before:
            yield before[name]
            continue
        built = next(building)
        if built.ok:
            remember(asked.output, name, marks[name], built.files, built.json(), built.report())
        yield built
    yield from building  # nothing is left: what is open is closed


def _together(names: list[str], asked: Asked) -> Iterator[Finished]:
    """Several at a time, in processes of their own."""
    with ProcessPoolExecutor(min(asked.jobs, len(names)), get_context("spawn")) as pool:
        futures = [pool.submit(_finished, name, asked.output, asked.engine, asked.languages) for name in names]
        try:
            with _bar() as bar:
                task = bar.add_task(", ".join(names), total=len(names))
                for future in futures:
                    finished = future.result()
                    bar.advance(task)
                    yield finished
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _finished(name: str, output: Path, engine: str, languages: tuple[str, ...]) -> Finished:
    """Built in a process of its own."""
    from derivations import load
    from symbackprop.documents.build import Finished, build_document

    return Finished.of(build_document(load(name), output, engine, languages=languages))


def _one_by_one(names: list[str], asked: Asked) -> Iterator[Built]:
    with _bar() as bar:
        for name in names:
            yield _build(name, asked.output, asked.engine, asked.languages, bar)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _build(name: str, output: Path, engine: str, languages: tuple[str, ...], bar: Progress) -> Built:
    from derivations import load
    from symbackprop.documents.build import build_document

    task = bar.add_task(name, total=None)

    def tell(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    built = build_document(load(name), output, engine, tell, languages)
    bar.remove_task(task)
    return built
