"""The command line: symbackprop derive | check | layers | build.

Exit codes: 0 done, 1 an answer, a step or a claim was refuted, 2 wrong use, 3 an answer is undecided or unreadable,
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from symbackprop.commands.build import build
from symbackprop.commands.check import check
from symbackprop.commands.derive import derive
from symbackprop.commands.layers import layers


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="symbackprop")
def symbackprop() -> None:
    """Derives back-propagation, step by step, each step with its reason.

    \b
    symbackprop derive linear --wrt W
    symbackprop derive 'x[N,D] -> y[N,D]; y = relu(x)*x'
    symbackprop check linear --answer 'dW = x.T @ dz'
    symbackprop layers
    symbackprop build relu --output pages
    """


for command in (derive, check, layers, build):
    symbackprop.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and leaves with its exit code."""
    try:
        code = symbackprop.main(args=arguments, prog_name="symbackprop", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 141
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
