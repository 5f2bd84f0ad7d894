# SPDX-License-Identifier: MIT
"""``co2lib run``: any command under the tracker."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Unpack

import typer

from co2lib import Energy, Error, Footprint, Issue, meter, tracker
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli._child import NOT_EXECUTABLE, NOT_FOUND, Child, Ended, cannot_start
from co2lib.cli._live import LiveLine
from co2lib.cli._options import TrackerOptions, resolve, tracker_arguments, with_tracker_options
from co2lib.cli._table import Rows
from co2lib.cli._view import duration_text, footprint_view, plain, quantity_text, rendered, span

_COMMAND = "command"
PROGRAM = "program"
"""The object of a context in a process that is `co2lib` and nothing else."""


def _cpu_time() -> meter.MachineCpuTime | None:
    with suppress(Error):
        return meter.read_cpu_time()
    return None


@dataclass(frozen=True, slots=True)
class _Share:
    """The CPU energy of the command's process tree, by CPU time, and what is left of the machine's."""

    cpu_s: float
    energy: Energy
    low: Energy
    high: Energy
    other: Energy
    idle: Energy
    issues: list[Issue]

    def to_dict(self) -> dict[str, Any]:
        return {
            "cpu_s": self.cpu_s,
            "energy_j": self.energy.joules,
            "bounds_j": [self.low.joules, self.high.joules],
            "other_j": self.other.joules,
            "idle_j": self.idle.joules,
            "issues": [issue.to_dict() for issue in self.issues],
        }

    def to_table(self) -> Rows:
        heads = ("CPU energy by CPU time", "Energy", "Bounds", "CPU time")
        rows = Rows(*heads, right=("Energy", "CPU time"))
        rows.add(
            "this command",
            quantity_text(self.energy),
            span(self.low, self.high, self.energy),
            duration_text(self.cpu_s),
        )
        rows.add("other programs", quantity_text(self.other))
        rows.add("idle", quantity_text(self.idle))
        return rows


def _share(
    footprint: Footprint,
    cpu_s: float,
    before: meter.MachineCpuTime | None,
    after: meter.MachineCpuTime | None,
) -> _Share | None:
    """Divide the CPU's energy; None without a value of the CPU, or without /proc/stat."""
    joules = footprint.totals.cpu.energy_j
    if (
        footprint.scope is not None
        or joules is None
        or before is None
        or after is None
        or not footprint.duration_s > 0
    ):
        return None
    busy_s = max(0.0, after.busy_s - before.busy_s)
    parts = meter.attribute(
        Energy.from_joules(joules), footprint.duration_s, after.cpus, busy_s, {_COMMAND: cpu_s}
    )
    own = parts.targets[_COMMAND]
    return _Share(
        cpu_s, own.energy, own.bounds.low, own.bounds.high, parts.other, parts.idle, list(parts.issues)
    )


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

    def emit(self, footprint: Footprint, share: _Share | None, status: int) -> None:
        """Write the report to the file, or else to stderr; what a file does not take is shown there too.

        Nothing raises: the exit status is the command's.
        """
        if self.output is not None:
            try:
                _out.deliver(self._text(footprint, share, status), self.output, as_json=self.as_json)
            except _out.ReaderGoneError:
                pass
            except Error as error:
                _out.complain(error)
                _to_stderr(self._text(footprint, share, status) + "\n", as_json=self.as_json)
        elif self.as_json and not self.quiet:
            _to_stderr(self._text(footprint, share, status) + "\n", as_json=True)
        elif not self.quiet:
            view = footprint_view(footprint, name=Path(self.command).name, more=_tables(share))
            blank = "\n" if sys.stderr is not None and sys.stderr.isatty() else ""
            _to_stderr(blank + rendered(view, stream=sys.stderr).rstrip("\n") + "\n")
        if self.csv is not None:
            self._append(self.csv, footprint)

    def _text(self, footprint: Footprint, share: _Share | None, status: int) -> str:
        if self.as_json:
            process = None if share is None else share.to_dict()
            return json.dumps({**footprint.to_dict(), "exit_status": status, "process": process}, indent=2)
        return plain(footprint_view(footprint, name=Path(self.command).name, more=_tables(share)))

    def _append(self, file: Path, footprint: Footprint) -> None:
        try:
            moved = tracker.append_emissions_csv(file, footprint)
        except (Error, OSError) as error:
            _out.complain(error)
            return
        if moved is not None:
            _out.remark(f"{file} had another header; it is now {moved}")


def _tables(share: _Share | None) -> list[Rows]:
    return [] if share is None else [share.to_table()]


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
    **options: Unpack[TrackerOptions],
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
    report = _Report(command[0], output, csv, as_json, quiet)
    report.check(resolve(arguments).get("log"))
    child = Child(command, until_exit=context.obj is PROGRAM)
    ended = _measure(child, tracker.track(**arguments), report)
    if ended.interrupted:  # a loop of the shell goes on unless we end as the command has
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        os.kill(os.getpid(), signal.SIGINT)
    raise typer.Exit(ended.status)


def _measure(child: Child, track: tracker.Track, report: _Report) -> Ended:
    with ExitStack() as stack:
        stack.enter_context(child)  # holds signals back from here on
        track.start()
        stack.callback(track.stop)
        before = _cpu_time()
        try:
            child.start()
        except OSError as error:
            missing = error.errno == errno.ENOENT
            why = "the program that its first line names is not there" if missing else error.strerror
            _out.complain(f"{report.command}: {why}")
            raise typer.Exit(NOT_EXECUTABLE) from error
        with LiveLine(track, child.in_foreground, shown=not report.quiet) as line:
            ended = child.wait(line.away)
        footprint = track.stop()
        report.emit(footprint, _share(footprint, ended.cpu_s, before, _cpu_time()), ended.status)
    return ended
