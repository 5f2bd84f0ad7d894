# SPDX-License-Identifier: MIT
"""The program: its verbs and how it fails."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from co2lib import Error, __version__
from co2lib.cli.conform import conform
from co2lib.cli.intensity import intensity_of
from co2lib.cli.merge import merge
from co2lib.cli.run import run
from co2lib.cli.sensors import sensors
from co2lib.cli.show import show


class _Verbs(TyperGroup):
    """Shows an error of co2lib as one line instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Error as error:
            print(f"error: {error}", file=sys.stderr)
            ctx.exit(2)


app = typer.Typer(
    cls=_Verbs,
    help="Energy and carbon of a program: measure it, and show what was measured.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"co2lib {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def _add(verb: Callable[..., None], name: str | None = None, **settings: Any) -> None:
    """Add a verb; its docstring is the help, each paragraph wrapped to the terminal."""
    paragraphs = (inspect.getdoc(verb) or "").split("\n\n")
    app.command(name, help="\n\n".join(" ".join(p.split()) for p in paragraphs), **settings)(verb)


_add(
    run,
    no_args_is_help=True,
    context_settings={"allow_interspersed_args": False},
    options_metavar="[OPTIONS] --",
)
_add(sensors)
_add(show, no_args_is_help=True)
_add(merge, no_args_is_help=True)
_add(intensity_of, "intensity", no_args_is_help=True)
_add(conform, no_args_is_help=True)
