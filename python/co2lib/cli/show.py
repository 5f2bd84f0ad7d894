# SPDX-License-Identifier: MIT
"""``co2lib show``: the footprint of a log."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from co2lib import tracker
from co2lib.cli._view import footprint_view
from co2lib.cli._view import show as print_view

Logs = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Logs of runs, ended or not.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON of schema co2lib-footprint/1.")]


def show(
    files: Logs,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the columns of a CodeCarbon emissions.csv, one row per log.")
    ] = False,
) -> None:
    """Show the footprint of logs written by `co2lib run --log` or `co2lib.track(log=...)`.

    A log whose program was killed or still runs is shown as far as it goes. With --json several logs
    give an array.
    """
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv cannot be given together")
    footprints = [tracker.load(file).footprint() for file in files]
    if as_json:
        texts = [footprint.to_json().rstrip("\n") for footprint in footprints]
        print(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]")
    elif as_csv:
        rows = csv.writer(sys.stdout, lineterminator="\r\n")
        rows.writerow(tracker.csv_columns())
        rows.writerows(footprint.csv_row().values() for footprint in footprints)
    else:
        for number, (file, footprint) in enumerate(zip(files, footprints, strict=True)):
            if number:
                print()
            print_view(footprint_view(footprint, name=file.name))
