# SPDX-License-Identifier: MIT
"""``co2lib show``: the footprint of a log, or a table of several."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from co2lib import Error, Footprint, Power, tracker
from co2lib._errors import BadValueError, SystemFailureError
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.cli._view import duration_text, footprint_view, quantity_text
from co2lib.cli._view import show as print_view

Logs = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Logs of runs, ended or not.", show_default=False, readable=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON of schema co2lib-footprint/1.")]


def load_each(files: Sequence[Path]) -> tuple[list[tuple[Path, tracker.Run]], list[Error]]:
    """Load the logs that can be read, and tell each of the others in one line on stderr."""
    runs: list[tuple[Path, tracker.Run]] = []
    errors: list[Error] = []
    for file in files:
        try:
            runs.append((file, tracker.load(file)))
        except Error as error:
            errors.append(error)
        except UnicodeError:  # of the message, which names a file that is not UTF-8
            errors.append(SystemFailureError("tracker.bad_log", f"{file}: cannot read the log"))
    for one in errors:
        _out.complain(one)
    return runs, errors


def show(
    files: Logs,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the columns of a CodeCarbon emissions.csv, one row per log.")
    ] = False,
) -> None:
    """Show the footprint of logs written by `co2lib run --log` or `co2lib.track(log=...)`.

    Several logs give a table with a row per run, and an array with --json. A log whose program was killed or
    still runs is shown as far as it goes. Where a log cannot be read the others are shown, and the exit
    status is 2.
    """
    if as_json and as_csv:
        raise BadValueError("core.bad_option", "--json and --csv cannot be given together; give one of them")
    runs, errors = load_each(files)
    footprints = [(file, run.footprint()) for file, run in runs]
    if as_json:
        texts = [footprint.to_json().rstrip("\n") for _, footprint in footprints]
        if texts:
            _out.deliver(texts[0] if len(files) == 1 else f"[{','.join(texts)}]", as_json=True)
    elif as_csv:
        if footprints:
            _out.deliver(_csv([footprint for _, footprint in footprints]), as_data=True)
    elif len(files) == 1:
        for file, footprint in footprints:
            print_view(footprint_view(footprint, name=file.name))
    elif footprints:
        rows = _summary(footprints)
        print_view(rows, width=rows.width)
    if errors:
        raise typer.Exit(2)


def _csv(footprints: Sequence[Footprint]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(tracker.csv_columns())
    rows.writerows(footprint.csv_row().values() for footprint in footprints)
    return text.getvalue()


def _summary(footprints: Sequence[tuple[Path, Footprint]]) -> Rows:
    alike = len({file.name for file, _ in footprints}) < len(footprints)
    heads = ("Run", "Start (UTC)", "Time", "Energy", "Carbon", "Mean power", "Project", "Host", "Issues")
    rows = Rows(
        *heads,
        right=("Time", "Energy", "Carbon", "Mean power", "Issues"),
        words=(0, 1, 6, 7),
        least=10,
        optional=(heads.index("Mean power"), heads.index("Start (UTC)")),
        gap=2,
    )
    for file, footprint in footprints:
        context = footprint.to_dict()["context"]
        rows.add(
            os.fspath(file) if alike else file.name,
            footprint.start.strftime("%Y-%m-%d %H:%M"),
            duration_text(footprint.duration_s) + ("" if footprint.complete else ", not ended"),
            quantity_text(footprint.energy.value),
            quantity_text(footprint.operational.value).removesuffix(" CO2e"),
            _mean_power(footprint),
            context["project"],
            context["host"],
            str(len(footprint.issues) + len(footprint.embodied.issues)),
        )
    return rows


def _mean_power(footprint: Footprint) -> str:
    joules = footprint.energy.joules
    if joules is None or not footprint.duration_s > 0:
        return ""
    return quantity_text(Power.from_watts(joules / footprint.duration_s))
