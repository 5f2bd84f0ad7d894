# SPDX-License-Identifier: MIT
"""``co2lib run``: any command under the tracker."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from co2lib import Error, Footprint, tracker
from co2lib._errors import BadValueError
from co2lib.cli import PROGRAM, _out
from co2lib.cli._child import NOT_EXECUTABLE, NOT_FOUND, Child, Ended, cannot_start
from co2lib.cli._live import LiveLine
from co2lib.cli._options import resolve, tracker_arguments, with_tracker_options
from co2lib.cli._view import footprint_view, plain, rendered

if TYPE_CHECKING:
    from co2lib.cli._live_page import LivePage

# Options, variables and fields whose value is for nobody's eyes: --api-key, HF_TOKEN=, "password":.
_NAME = (
    r"(?:(?<![a-z])(?:pass|pwd|auth|bearer)|pass(?:word|wd|phrase)|secret|token|credentials?"
    r"|(?:api|access|private|secret)[-_]?key)"
)
_SECRET = re.compile(rf"(?i){_NAME}$")
_VALUE = r"""('[^']*'|"[^"]*"|[^\s&;'"]+)"""
_INSIDE = (  # of one word: a script of sh -c, a header, a URL
    re.compile(rf"""(?i)({_NAME}["']?\s*[=:]\s*){_VALUE}"""),
    re.compile(rf"(?i)(--?[\w-]*{_NAME}\s+){_VALUE}"),
    re.compile(r"(?i)(authorization\s*:\s*)([^'\"]+)"),
    re.compile(r"(\w://)([^/\s@'\"]+)(?=@)"),
)
_HIDDEN = "co2lib_hides_this"  # needs no quotes


def _without_secrets(word: str) -> str:
    name, given, _ = word.partition("=")
    if given and _SECRET.search(name):
        return f"{name}={_HIDDEN}"
    for pattern in _INSIDE:
        word = pattern.sub(rf"\1{_HIDDEN}", word)
    return word


def command_text(words: Sequence[str]) -> str:
    """Return a command as a shell would take it, without values that are secret by their name.

    The log, the report and the JSON keep it.
    """
    shown: list[str] = []
    hide = False
    for word in words:
        hide = hide and not word.startswith("--")
        shown.append(_HIDDEN if hide else _without_secrets(word))
        hide = not hide and word.startswith("-") and _SECRET.search(word) is not None
    return shlex.join(shown).replace(_HIDDEN, "***")


def _share(footprint: Footprint) -> dict[str, Any] | None:
    """Return the command's share of the CPU energy for JSON; None where it is unknown."""
    command = footprint.command
    if command is None or command.energy.value is None:
        return None
    bounds, interval = command.energy.bounds, command.energy.interval
    return {
        "cpu_s": command.cpu_s,
        "energy_j": command.energy.joules,
        "bounds_j": None if bounds is None else [bounds.low.joules, bounds.high.joules],
        "interval_j": None if interval is None else [interval.low.joules, interval.high.joules],
        "other_j": None if command.other is None else command.other.joules,
        "idle_j": None if command.idle is None else command.idle.joules,
        "issues": [issue.to_dict() for issue in command.energy.issues],
    }


@dataclass(frozen=True, slots=True)
class _Report:
    """Where the result goes."""

    command: str
    output: Path | None
    csv: Path | None
    as_json: bool
    quiet: bool

    def check(self, log: object) -> None:
        """Refuse before the command starts what could not be written after it, or would destroy something."""
        for option, file in (("--log", log), ("--csv", self.csv)):
            if str(file) == "-":
                raise BadValueError(
                    "core.bad_option", f"{option}: stdout is the command's; give a file (--output takes -)"
                )
        files = {"--log": Path(str(log)) if log else None, "--output": self.output, "--csv": self.csv}
        _out.check_apart(files)
        _out.check_writable(self.output, "--output")
        _out.check_writable(self.csv, "--csv")

    def emit(self, footprint: Footprint, status: int) -> None:
        """Write the report to the file, or else to stderr; what a file does not take is shown there too.

        Nothing raises: the exit status is the command's.
        """
        if self.output is not None:
            try:
                _out.deliver(self._text(footprint, status), self.output, as_json=self.as_json)
            except _out.ReaderGoneError:
                pass
            except Error as error:
                _out.complain(error)
                _to_stderr(self._text(footprint, status) + "\n", as_json=self.as_json)
        elif self.as_json and not self.quiet:
            _to_stderr(self._text(footprint, status) + "\n", as_json=True)
        elif not self.quiet:
            view = footprint_view(footprint, name=Path(self.command).name)
            blank = "\n" if sys.stderr is not None and sys.stderr.isatty() else ""
            _to_stderr(blank + rendered(view, stream=sys.stderr).rstrip("\n") + "\n")
        if self.csv is not None:
            self._append(self.csv, footprint)

    def _text(self, footprint: Footprint, status: int) -> str:
        if self.as_json:
            document = {**footprint.to_dict(), "exit_status": status, "process": _share(footprint)}
            return json.dumps(document, indent=2)
        return plain(footprint_view(footprint, name=Path(self.command).name))

    def _append(self, file: Path, footprint: Footprint) -> None:
        try:
            moved = tracker.append_emissions_csv(file, footprint)
        except (Error, OSError) as error:
            _out.complain(error)
            return
        if moved is not None:
            _out.remark(f"{file} had another header; it is now {moved}")


def _to_stderr(text: str, *, as_json: bool = False) -> None:
    with suppress(OSError):
        _out.write(text, sys.stderr, as_json=as_json)


@with_tracker_options
def run(
    context: typer.Context,
    command: Annotated[
        list[str],
        typer.Argument(metavar="COMMAND", help="What to run, after --.", show_default=False),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the report there, not to stderr; -: stdout.",
            readable=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Append a row to a CodeCarbon-compatible emissions.csv.", readable=False
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Nothing on stderr: no live line, no report.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Show the run on a page of this machine; its address is on stderr.")
    ] = False,
    budget: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="Of --live: what the run may use, 2kWh or 5kg.")
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(metavar="REGION=N", help="Of --live: forecast the end from N regions of this name."),
    ] = None,
    **options: Any,
) -> None:
    """Run a command and report what it used, on stderr.

    The command's output is untouched, signals are passed on, and the exit status is the command's: 128 + n
    after signal n, 127 where it is not found, 126 where it cannot be executed.

    What is not given here comes from CO2LIB_* variables, ./co2lib.toml and ~/.config/co2lib/config.toml.
    """
    unusable = cannot_start(command[0])
    if unusable is not None:
        what = "command not found" if unusable == NOT_FOUND else "not executable"
        _out.complain(f"{command[0]}: {what}")
        raise typer.Exit(unusable)
    arguments = tracker_arguments(options)
    page = _page_of(command[0], live, budget, units, quiet)
    report = _Report(command[0], output, csv, as_json, quiet)
    resolved = resolve(arguments)
    report.check(resolved.get("log"))
    if "log" in resolved and "log_exists" not in resolved:  # a command that was begun again is no mistake
        arguments["log_exists"] = "number"
    if page is not None:
        page.settle(arguments, resolved)
    child = Child(command, until_exit=context.obj is PROGRAM)
    track = tracker.track(command=command_text(command), **arguments)
    ended = _measure(child, track, report, page)
    if ended.interrupted:  # a loop of the shell goes on unless we end as the command has
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        os.kill(os.getpid(), signal.SIGINT)
    raise typer.Exit(ended.status)


def _page_of(command: str, live: bool, budget: str | None, units: str | None, quiet: bool) -> LivePage | None:
    if not live:
        for option, given in (("--budget", budget), ("--units", units)):
            if given is not None:
                raise BadValueError("core.bad_option", f"{option} is of the page: give --live too")
        return None
    if quiet:
        raise BadValueError("core.bad_option", "--live: the page's address is on stderr; leave out --quiet")
    from co2lib.cli._live_page import LivePage

    return LivePage(Path(command).name, budget, units)


def _measure(child: Child, track: tracker.Track, report: _Report, page: LivePage | None) -> Ended:
    with ExitStack() as stack:
        stack.enter_context(child)  # holds signals back from here on
        track.start()
        stack.callback(track.stop)
        if page is not None:
            stack.enter_context(page.follow(track))
        try:
            child.start()
        except OSError as error:
            missing = error.errno == errno.ENOENT
            why = "the program that its first line names is not there" if missing else error.strerror
            _out.complain(f"{report.command}: {why}")
            raise typer.Exit(NOT_EXECUTABLE) from error
        with LiveLine(track, child.in_foreground, shown=not report.quiet) as line:
            ended = child.wait(line.away)
        track.tracker.ended(ended.status, ended.cpu_s)
        report.emit(track.stop(), ended.status)
    return ended
