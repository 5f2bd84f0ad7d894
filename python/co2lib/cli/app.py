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
from co2lib.cli import _out
from co2lib.cli.bench import bench
from co2lib.cli.card import card
from co2lib.cli.compare import compare
from co2lib.cli.conform import conform
from co2lib.cli.embodied import embodied_of
from co2lib.cli.explore import explore
from co2lib.cli.export import export, read
from co2lib.cli.factors import factors
from co2lib.cli.intensity import intensity_of
from co2lib.cli.label import label
from co2lib.cli.merge import merge
from co2lib.cli.plan import plan
from co2lib.cli.predict import predict
from co2lib.cli.profile import profile_of
from co2lib.cli.receipts import receipts
from co2lib.cli.report import report
from co2lib.cli.reprice import reprice
from co2lib.cli.run import run
from co2lib.cli.sensors import sensors
from co2lib.cli.show import show
from co2lib.cli.watch import watch

WRONG = 2
INTERRUPTED = 130
READER_GONE = 141
# Wrong use of whatever verb; typer exports none but its leaves.
_UsageError: Any = typer.BadParameter.__bases__[0]


class _Verbs(TyperGroup):
    """Shows what goes wrong as one line instead of a traceback or a box."""

    def main(self, *args: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        sys.exit(_status(lambda: super(_Verbs, self).main(*args, **extra)))


def _status(call: Callable[[], Any]) -> int:
    try:
        ended = call()
        return ended if isinstance(ended, int) else 0
    except Error as error:
        _out.complain(error)
    except _UsageError as error:
        _say_usage(error)
    except _out.ReaderGoneError:
        return READER_GONE
    except OSError as error:  # of what typer prints itself
        _out.complain(f"{error.strerror or error} [core.cannot_write]")
        _out.abandon()
    except UnicodeError as error:
        _out.complain(f"what is named is not UTF-8: {error} [core.bad_option]")
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return WRONG


def _say_usage(error: Any) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":  # has shown the help
        return
    context = getattr(error, "ctx", None)
    path = "co2lib" if context is None else context.command_path
    what = " ".join(error.format_message().split()).rstrip(".")
    _out.complain(f"{what}; see {path} --help [core.bad_option]")


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
        _out.deliver(f"co2lib {__version__}")
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
_add(
    bench,
    no_args_is_help=True,
    context_settings={"allow_interspersed_args": False},
    options_metavar="[OPTIONS] --",
)
_add(compare, no_args_is_help=True)
_add(show, no_args_is_help=True)
_add(merge, no_args_is_help=True)
_add(intensity_of, "intensity", no_args_is_help=True)
_add(reprice, no_args_is_help=True)
_add(card, no_args_is_help=True)
_add(label, no_args_is_help=True)
_add(export, no_args_is_help=True)
_add(read, no_args_is_help=True)
_add(plan, no_args_is_help=True)
_add(predict, no_args_is_help=True)
_add(profile_of, "profile", no_args_is_help=True)
_add(receipts, no_args_is_help=True)
_add(embodied_of, "embodied", no_args_is_help=True)
_add(factors)
_add(report, no_args_is_help=True)
_add(watch, no_args_is_help=True)
_add(explore, no_args_is_help=True)
_add(conform, no_args_is_help=True)
