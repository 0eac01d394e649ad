"""symbackprop layers: the shelf, by family, or single layers with their equations."""

from __future__ import annotations

import json
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from symbackprop.commands.layer_argument import FORMS, layer_from
from symbackprop.commands.refusal import show

if TYPE_CHECKING:
    from rich.console import Console

    from symbackprop.layers.shelf import Entry, Option

FORMATS = ("text", "latex", "html", "markdown", "json")


@click.command(epilog=f"\b\n{FORMS}")
@click.argument("names", metavar="[LAYER]...", nargs=-1)
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write to this file.")
@click.option("--properties", is_flag=True, help="The properties of activations, each computed or proved; takes seconds.")
def layers(names: tuple[str, ...], form: str, output: Path | None, properties: bool) -> None:
    """Show the shelf, or the equations of single layers.

    \b
    symbackprop layers
    symbackprop layers batch_norm conv2d:stride=2
    symbackprop layers softmax --format latex
    symbackprop layers --format json
    symbackprop layers --properties relu gelu
    """
    if properties:
        show(_properties(names, form), output)
        return
    show(_stated(names, form) if names else _shelf(form), output)


def _properties(names: tuple[str, ...], form: str) -> str:
    """The table of activations: a column for each that is named, for all if none is."""
    from rich.progress import track

    from symbackprop.claims.properties import activations, row

    if form not in ("text", "json"):
        raise click.UsageError(f"the properties come as text or json, not as {form}")
    known = activations()
    for name in names:
        if name not in known:
            raise click.UsageError(f"{name!r} is no activation; there are {', '.join(known)}")
    wanted = names or known
    rows = {n: row(n) for n in track(wanted, "activations", console=_console(), transient=True)}
    if form == "json":
        told = {n: {p: {"value": str(c), "verdict": c.conclusion.status} for p, c in cells.items()} for n, cells in rows.items()}
        return json.dumps(told, indent=2, ensure_ascii=False)
    return "\n\n".join("\n".join([n, *(f"  {p:<32}{c}" for p, c in cells.items())]) for n, cells in rows.items())


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True)


def _stated(names: tuple[str, ...], form: str) -> str:
    shown = [str(import_module(f"symbackprop.render.{form}").layer(layer_from(name))) for name in names]
    if form == "json" and len(shown) > 1:
        return json.dumps([json.loads(one) for one in shown], indent=2, ensure_ascii=False)
    return "\n\n".join(shown)


def _shelf(form: str) -> str:
    from symbackprop.layers.shelf import SHELF

    families = [(family, list(entries)) for family, entries in groupby(SHELF.values(), key=lambda entry: entry.family)]
    if form == "json":
        return _stated(tuple(SHELF), form)
    if form == "html":
        page = import_module("symbackprop.render.html").page
        return str(page("The shelf", "\n".join(_family(family, entries, form) for family, entries in families)))
    return "\n\n".join(_family(family, entries, form) for family, entries in families)


_HEADING = {"text": "{0}\n" + "─" * 24, "markdown": "## {0}", "latex": r"\section*{{{0}}}", "html": "<h2>{0}</h2>"}


def _family(family: str, entries: list[Entry], form: str) -> str:
    heading = _HEADING[form].format(family.replace("_", " "))
    return "\n\n".join([heading, *(_entry(entry, form) for entry in entries)])


def _entry(entry: Entry, form: str) -> str:
    shown = str(import_module(f"symbackprop.render.{form}").layer(entry.make()))
    options = "\n".join(f"  {name}={_default(option)}: {option.allowed}" for name, option in entry.options.items())
    return f"{shown}\n{options}" if options and form == "text" else shown


def _default(option: Option) -> str:
    return "symbolic" if option.default is None else str(option.default).lower()
