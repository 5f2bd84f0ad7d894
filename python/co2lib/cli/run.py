# SPDX-License-Identifier: MIT
"""``co2lib run``: any command under the tracker."""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from co2lib import Energy, Error, Footprint, Issue, _config, meter, tracker
from co2lib._errors import SystemFailureError
from co2lib.cli._child import NOT_EXECUTABLE, NOT_FOUND, Child, cannot_start
from co2lib.cli._live import LiveLine
from co2lib.cli._view import duration_text, footprint_view, plain, quantity_text, show, span, table

_COMMAND = "command"


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

    def to_table(self) -> Table:
        rows = table("CPU energy by CPU time", "Energy", "Bounds", "CPU time", right=("Energy", "CPU time"))
        rows.add_row(
            "this command",
            quantity_text(self.energy),
            span(self.low, self.high, self.energy),
            duration_text(self.cpu_s),
        )
        rows.add_row("other programs", quantity_text(self.other))
        rows.add_row("idle", quantity_text(self.idle))
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


def _report(footprint: Footprint, share: _Share | None, name: str, status: int, *, as_json: bool) -> str:
    if as_json:
        process = None if share is None else share.to_dict()
        return json.dumps({**footprint.to_dict(), "exit_status": status, "process": process}, indent=2)
    return plain(footprint_view(footprint, name=name, more=_tables(share)))


def _tables(share: _Share | None) -> list[Table]:
    return [] if share is None else [share.to_table()]


def _check_writable(file: Path | None) -> None:
    """Refuse before the command starts what could not be written after it."""
    if file is None:
        return
    wrong = 0
    if file.is_dir():
        wrong = errno.EISDIR
    elif not file.parent.is_dir():
        wrong = errno.ENOENT
    elif not os.access(file if file.exists() else file.parent, os.W_OK):
        wrong = errno.EACCES
    if wrong:
        raise _cannot_write(file, OSError(wrong, os.strerror(wrong)))


def _cannot_write(file: Path, error: OSError) -> Error:
    return SystemFailureError(
        "core.cannot_write", f"{file}: {error.strerror}; give a file in a folder that exists and is writable"
    )


def _emit(
    footprint: Footprint,
    share: _Share | None,
    name: str,
    status: int,
    *,
    as_json: bool,
    output: Path | None,
    quiet: bool,
) -> None:
    """Write the report to the file, or else to stderr; what a file does not take is shown there too."""
    text = None
    if output is not None:
        text = _report(footprint, share, name, status, as_json=as_json)
        try:
            output.write_text(text + "\n", encoding="utf-8")
            return
        except OSError as error:
            print(f"error: {_cannot_write(output, error)}", file=sys.stderr)
    elif quiet:
        return
    if as_json or text is not None:
        print(text or _report(footprint, share, name, status, as_json=as_json), file=sys.stderr)
        return
    if sys.stderr.isatty():
        print(file=sys.stderr)
    show(footprint_view(footprint, name=name, more=_tables(share)), stream=sys.stderr)


def run(
    command: Annotated[
        list[str],
        typer.Argument(metavar="COMMAND", help="What to run, after --.", show_default=False),
    ],
    *,
    location: Annotated[
        str | None,
        typer.Option(
            "--location", "-l", help="Country (FRA), subdivision (US-WY) or cloud region (gcp:us-central1)."
        ),
    ] = None,
    intensity: Annotated[
        float | None,
        typer.Option(metavar="G", help="Carbon intensity in g CO2e/kWh; wins over the location."),
    ] = None,
    pue: Annotated[
        float | None, typer.Option(metavar="X", help="Facility energy per IT energy, at least 1.")
    ] = None,
    wue: Annotated[
        float | None, typer.Option(metavar="L", help="Litres of water per kWh of IT energy.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a log that survives a kill; see `co2lib show`.")
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(metavar="SCOPE", help="Count the machine, or the share of the process or container."),
    ] = None,
    gpus: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="GPUs by index or UUID prefix, comma-separated; none; default: all."
        ),
    ] = None,
    project: Annotated[str | None, typer.Option(metavar="NAME", help="A name for reports.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the report there, not to stderr."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append a row to a CodeCarbon-compatible emissions.csv."),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Nothing on stderr: no live line, no report.")
    ] = False,
) -> None:
    """Run a command and report what it used, on stderr.

    The command's output is untouched, signals are passed on, and the exit status is the command's: 128 + n
    after signal n, 127 where it is not found, 126 where it cannot be executed.

    What is not given here comes from CO2LIB_* variables, ./co2lib.toml and ~/.config/co2lib/config.toml.
    """
    name = Path(command[0]).name
    unusable = cannot_start(command[0])
    if unusable is not None:
        what = "command not found" if unusable == NOT_FOUND else "not executable"
        print(f"error: {command[0]}: {what}", file=sys.stderr)
        raise typer.Exit(unusable)
    _check_writable(output)
    _check_writable(csv)
    track = tracker.track(
        location=location,
        intensity=intensity,
        pue=pue,
        wue=wue,
        log=log,
        gpus=None if gpus is None else _config.words(gpus),
        project=project,
        scope=scope,
    ).start()
    with ExitStack() as stack:
        stack.callback(track.stop)
        before = _cpu_time()
        try:
            child = stack.enter_context(Child(command))
        except OSError as error:
            print(f"error: {command[0]}: {error.strerror}", file=sys.stderr)
            raise typer.Exit(NOT_EXECUTABLE) from error
        with LiveLine(track, shown=not quiet):
            ended = child.wait()
        footprint = track.stop()
        share = _share(footprint, ended.cpu_s, before, _cpu_time())
        _emit(footprint, share, name, ended.status, as_json=as_json, output=output, quiet=quiet)
        if csv is not None:
            _append_csv(csv, footprint)
    raise typer.Exit(ended.status)


def _append_csv(file: Path, footprint: Footprint) -> None:
    """Append the row; the command's exit status stands also where that fails."""
    try:
        moved = tracker.append_emissions_csv(file, footprint)
    except (Error, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return
    if moved is not None:
        print(f"{file} had another header; it is now {moved}", file=sys.stderr)
