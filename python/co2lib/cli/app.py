# SPDX-License-Identifier: MIT
"""The program: its verbs and how it fails.

A verb is a line in `VERBS`: its module is imported when it is used, so that `co2lib --help` and every verb
pay for what they need alone.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from co2lib import Error, __version__
from co2lib.cli import _out

WRONG = 2
INTERRUPTED = 130
READER_GONE = 141
# Wrong use of whatever verb; typer exports none but its leaves.
_UsageError: Any = typer.BadParameter.__bases__[0]


class Verb(NamedTuple):
    """Where a verb is, and what the list of verbs says of it."""

    module: str
    function: str
    help: str
    alone: bool = True
    """Without arguments it shows its help."""
    command: bool = False
    """It takes a command of the user's after ``--``."""


VERBS = {
    "run": Verb("run", "run", "Run a command and report what it used, on stderr.", command=True),
    "sensors": Verb("sensors", "sensors", "Show what this machine can measure with.", False),
    "bench": Verb("bench", "bench", "Measure a command again and again.", command=True),
    "compare": Verb("compare", "compare", "Tell whether the second of two benchmarks needs more."),
    "show": Verb("show", "show", "Show the footprint of logs."),
    "merge": Verb("merge", "merge", "Show one footprint of several logs."),
    "intensity": Verb("intensity", "intensity_of", "Show the annual carbon intensity of a place."),
    "reprice": Verb("reprice", "reprice", "Show the carbon of logs with another intensity or place."),
    "card": Verb("card", "card", "Show what model cards report about emissions."),
    "label": Verb("label", "label", "Label the models of a table A to E."),
    "mine": Verb("mine", "mine", "Fetch what the models of the Hub report, as a table."),
    "export": Verb("export", "export", "Write footprints in the formats of others."),
    "read": Verb("export", "read", "Show what documents in the formats of others say."),
    "plan": Verb("plan", "plan", "Plan which model serves when for a carbon budget."),
    "predict": Verb("predict", "predict", "Predict what a model costs on a device."),
    "profile": Verb("profile", "profile_of", "Measure this machine's kernels for predictions."),
    "receipts": Verb("receipts", "receipts", "Sum receipts of decisions by user, model and day."),
    "embodied": Verb("embodied", "embodied_of", "Show the carbon in hardware from its bill of materials."),
    "factors": Verb("factors", "factors", "Show rows of the hardware tables.", False),
    "report": Verb("report", "report", "Write a page with the pictures of a run, study or plan."),
    "watch": Verb("watch", "watch", "Show a run on a page of this machine while it goes on."),
    "explore": Verb("explore", "explore", "Show a page that measures the models of a Python file."),
    "conform": Verb("conform", "conform", "Run conformance vectors through the public functions."),
}  # fmt: skip
"""By name, in the order of the help. A function may be called otherwise than its verb."""


def _command(name: str) -> Any:
    """Return the command of a verb; its docstring is the help, each paragraph wrapped to the terminal."""
    verb = VERBS[name]
    function: Callable[..., None] = getattr(import_module(f"co2lib.cli.{verb.module}"), verb.function)
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    settings: dict[str, Any] = {"no_args_is_help": verb.alone}
    if verb.command:
        settings["context_settings"] = {"allow_interspersed_args": False}
        settings["options_metavar"] = "[OPTIONS] --"
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name, help="\n\n".join(" ".join(p.split()) for p in paragraphs), **settings)(function)
    return typer.main.get_command(alone)


class _Verbs(TyperGroup):
    """Loads a verb when it is used; shows what goes wrong as one line instead of a traceback or a box."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        if self._listing:  # a name and a line of help are all that the list shows
            return TyperCommand(cmd_name, help=VERBS[cmd_name].help)
        return _command(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in VERBS and not args[0].startswith("-"):
            from co2lib._config.values import did_you_mean  # for mistakes only

            meant = did_you_mean(args[0], VERBS)
            hint = f"; did you mean {meant!r}?" if meant in VERBS else ""
            raise _UsageError(f"No such command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

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
