"""symbackprop check: a layer and gradients derived by hand -> which are right, how that is known, the smallest case against."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symbackprop.commands.derive import STEP0
from symbackprop.commands.layer_argument import FORMS, layer_from
from symbackprop.commands.refusal import Refusal, plain_words

if TYPE_CHECKING:
    from symbackprop.verify.report import Report
    from symbackprop.verify.verdict import Verdict

_ONCE, _TWICE = "\\", "\\\\"
EXITS = """\
Exit code 0: all proved or agreeing; 1: something refuted; 3: nothing refuted, but something undecided or
unreadable; 2: wrong use."""


@click.command(epilog=f"\b\n{FORMS}\n\n\b\n{EXITS}")
@click.argument("layer")
@click.argument("answers", required=False, metavar="[ANSWERS]", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--answer", "-a", "lines", multiple=True, metavar="TEXT", help="An answer, 'dW = x.T @ dz'; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("--strict", is_flag=True, help="Refute another convention at kinks than the one of --step0.")
@click.option("--step0", type=click.Choice(STEP0), default="0", show_default=True, help="The convention Step(0).")
@click.option(
    "--layout",
    type=click.Choice(("denominator", "numerator")),
    default="denominator",
    show_default=True,
    help="Gradients shaped like their variable, or transposed.",
)
@click.option(
    "--property",
    "examples",
    type=click.IntRange(1, 100_000),
    is_flag=False,
    flag_value=100,
    default=None,
    metavar="[N]",
    help="Let Hypothesis look for a counterexample to what holds, in N examples (100), and shrink it.",
)
@click.option("--code", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE", help="Judge what NumPy or torch source says.")
@click.option("--call", default="", metavar="LINES", help="How the code is called, with the layer's names: 'dx, dW = backward(dz, x, W)'.")
@click.option("--vary", default="", metavar="VALUES", help="What other names of the call are tried at: 'stride=1,2; pad=0,1'.")
@click.option("--trust", is_flag=True, help="Run code that can't be read even where it can't be isolated.")
@click.option(
    "--form",
    type=click.Choice(("notation", "latex", "numpy", "torch")),
    default=None,
    help="How the answers are written, where the file's ending (.tex, .py) doesn't tell it.",
)
@click.option("--name", "names", multiple=True, metavar="LATEX=NAME", help="Your name and the layer's: '\\delta=dz'; may be repeated.")
@click.option("--base", type=click.Choice(("0", "1")), default="0", show_default=True, help="What subscripts in LaTeX count from.")
@click.option("--einstein", is_flag=True, help="In LaTeX, sum over letters that stand twice.")
@click.option("--assume", default="", metavar="TEXT", help="Assume more: 'sum[k](y[n,k]) == 1; A == A.T'.")
@click.pass_context
def check(context: click.Context, /, layer: str, answers: Path | None, lines: tuple[str, ...], **options: Any) -> None:
    """Judge gradients of LAYER that were derived by hand.

    ANSWERS is a file of lines such as dW[d,h] = ... or dW = x.T @ dz (- reads them from standard input). Lines may define
    helpers for later ones, a line may go on with = as a derivation does, and d(r[n,j], z[n,k]) = ... states a
    local derivative. A file that ends in .tex, or --form latex, is read as LaTeX; of a document the formulas are read and the
    prose is passed over. One that ends in .py is source.

    \b
    symbackprop check linear --answer 'dW = x.T @ dz' --answer 'db = sum(dz, axis=0)'
    symbackprop check batch_norm my_answers.txt
    symbackprop check 'z[N] -> r[N]; r = relu(z)' --answer 'dz = dr*(z > 0)' --strict
    symbackprop check quadratic_form --answer 'dx = 2*A @ x' --assume 'A == A.T'
    symbackprop check softmax answers.txt --json
    symbackprop check conv1d answers.txt --property 500
    symbackprop check linear homework.tex --name '\\delta=dz' --name 'X=x'
    symbackprop check linear --form latex --answer '\\nabla_W C = x^\\top \\nabla_z C'
    symbackprop check sigmoid --form latex --name 's=sigmoid' --answer 'dx = dy \\odot s(x) \\odot (1 - s(x))'
    symbackprop check linear --code student.py --call 'out, cache = forward(x, W, b); dx, dW, db = backward(dout, cache)'
    symbackprop check conv2d --code conv.py --call 'dx = back(dout, x, W, stride, pad)' --vary 'stride=1,2; pad=0,1'
    """
    as_json = options.pop("as_json")
    if answers is not None and options["code"] is None and options["form"] is None and answers.suffix == ".py":
        answers, options["code"] = None, answers
    options["examples"] = options["examples"] or 0
    stated = layer_from(layer)
    if _is_code(answers, lines, options):
        from symbackprop.commands.check_code import code_report

        form = options.pop("form") or "numpy"
        report, code = code_report(stated, options.pop("code"), options)
        _show(replace(report, form=form), as_json)
        context.exit(code)
    with plain_words(), as_flags():
        report = _report(stated, _given(answers, lines), options)
    if not report.verdicts:
        shown = "\\frac{\\partial C}{\\partial W} = x^\\top \\delta" if report.form == "latex" else "dW = x.T @ dz"
        raise Refusal(f"there is no answer in what was given; write a line such as {shown}")
    _show(report, as_json)
    context.exit(report.exit_code)


def _is_code(answers: Path | None, lines: tuple[str, ...], options: dict[str, Any]) -> bool:
    """Whether source is judged; takes out of the options what is then without meaning."""
    if options["code"] is None:
        for name in ("code", "call", "vary", "trust"):
            if options.pop(name):
                raise click.UsageError(f"--{name} goes with --code FILE")
        return False
    if answers is not None or lines or options.pop("examples"):
        raise click.UsageError("--code FILE goes without answers and without --property")
    for name in ("names", "base", "einstein"):
        options.pop(name)
    options["step0"] = None if options["step0"] == "open" else options["step0"]
    return True


def _given(answers: Path | None, lines: tuple[str, ...]) -> str | Path:
    """The one source of answers: a file, standard input, or the lines."""
    if (answers is None) == (not lines):
        raise click.UsageError("give either a file of answers or --answer 'dW = ...'")
    if answers is None:
        return "\n".join(lines) + "\n"
    return sys.stdin.read() + "\n" if str(answers) == "-" else answers


def _report(layer: Any, answers: str | Path, options: dict[str, Any]) -> Report:
    from symbackprop.checking import check as judged

    step0 = str(options.pop("step0"))
    options["names"] = _names(options["names"])
    options["base"] = int(options["base"])
    if isinstance(answers, str) and options["form"] is None and (options["names"] or options["base"] or options["einstein"]):
        options["form"] = "latex"  # these are said of LaTeX only
    return judged(layer, answers, step0=None if step0 == "open" else step0, **options)


def _names(pairs: tuple[str, ...]) -> dict[str, str]:
    """The writer's names and what they stand for, from '\\delta=dz'."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise Refusal(f"--name {pair!r} says no name; write --name '\\delta=dz'")
        found[key.strip()] = value.strip()
    return found


def _escaped(text: str) -> str:
    """JSON in which no character turns the direction of writing or moves the cursor."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


FLAGS = (
    (
        re.compile(r"names=\{'((?:[^'\\]|\\.)*)': (?:'([^']*)'|\.\.\.)\}"),
        lambda m: f"--name '{m[1].replace(_TWICE, _ONCE)}={m[2] or '...'}'",
    ),
    (re.compile(r"\bbase=([01])"), lambda m: f"--base {m[1]}"),
    (re.compile(r"\blayout='(\w+)'"), lambda m: f"--layout {m[1]}"),
    (re.compile(r"\bform='(\w+)'"), lambda m: f"--form {m[1]}"),
)
"""What would settle something, as Python has it, and as the command line has it."""


def _flagged(text: str) -> str:
    for pattern, flag in FLAGS:
        text = pattern.sub(flag, text)
    return text


@contextmanager
def as_flags() -> Iterator[None]:
    """Turns what a refusal advises into options of the command."""
    try:
        yield
    except ValueError as error:
        raise ValueError(_flagged(str(error))) from error


def _advising(report: Report) -> Report:
    """The report with advice as options of the command."""

    def told(v: Verdict) -> Verdict:
        return replace(v, message=_flagged(v.message), notes=tuple(map(_flagged, v.notes)))

    judged = tuple(replace(j, verdict=told(j.verdict)) for j in report.judged)
    return replace(report, judged=judged, verdicts={n: told(v) for n, v in report.verdicts.items()})


def _show(report: Report, as_json: bool) -> None:
    report = _advising(report)
    if as_json:
        click.echo(_escaped(json.dumps(report.json(), indent=2, ensure_ascii=False)))
        return
    from rich.console import Console

    Console(soft_wrap=True, highlight=False).print(report)
