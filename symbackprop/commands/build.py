"""symbackprop build: documents -> .tex, .html and PDF, with every step checked on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from symbackprop.commands.refusal import Refusal, plain_words, unknown

if TYPE_CHECKING:
    from rich.progress import Progress

    from symbackprop.documents.build import Built
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
@click.option("--fresh", is_flag=True, help="Build again even where nothing has changed.")
@click.option("--json", "as_json", is_flag=True, help="Report on standard output as JSON.")
@click.pass_context
def build(
    context: click.Context, names: tuple[str, ...], output: Path, pdf: bool | None, languages: tuple[str, ...], fresh: bool, as_json: bool
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
        made = _run(chosen, output, _engine(pdf), tuple(dict.fromkeys(languages)), fresh, as_json)
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


def _run(
    names: list[str], output: Path, engine: str, languages: tuple[str, ...], fresh: bool, quiet: bool
) -> list[Built | Recalled]:
    """Builds one document after the other and reports each when it is finished; Ctrl-C leaves what is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from symbackprop.documents.stamp import engine_of, recall, remember, stamp

    made: list[Built | Recalled] = []
    made_from = stamp()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        for name in names:
            mark = f"{made_from} {name} {engine_of(engine)} {languages}"
            before = None if fresh else recall(output, name, mark)
            if before is None:
                built = _build(name, output, engine, languages, bar)
                if built.ok:
                    remember(output, name, mark, built.files, built.json(), built.report())
            made.append(before or built)
            if not quiet:
                click.echo(made[-1].report())
    return made


def _build(name: str, output: Path, engine: str, languages: tuple[str, ...], bar: Progress) -> Built:
    from derivations import load
    from symbackprop.documents.build import build_document

    task = bar.add_task(name, total=None)

    def tell(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    built = build_document(load(name), output, engine, tell, languages)
    bar.remove_task(task)
    return built
