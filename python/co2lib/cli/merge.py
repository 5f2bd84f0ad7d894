# SPDX-License-Identifier: MIT
"""``co2lib merge``: one footprint of the logs of several processes or nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from co2lib import Issue, tracker
from co2lib.cli import _out
from co2lib.cli._view import footprint_view, show
from co2lib.cli.show import AsJson, Logs, load_each

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to a file instead of stdout, which is -.",
        readable=False,
    ),
]


def merge(files: Logs, as_json: AsJson = False, output: Output = None) -> None:
    """Show one footprint of several logs, such as those of all ranks and nodes of a job.

    A device that two of them measured at the same time counts once. Where a log cannot be read the others are
    merged, the result has an issue that names it, and the exit status is 2.
    """
    _out.check_writable(output, "--output")
    runs, errors = load_each(files)
    if not runs:
        raise typer.Exit(2)
    footprint = tracker.merge([run for _, run in runs]).footprint()
    missing = [Issue("incomplete", "", f"not in this result: {error.message}") for error in errors]
    if as_json:
        text = footprint.to_json()
        if missing:
            document = footprint.to_dict()
            document["issues"] += [issue.to_dict() for issue in missing]
            text = json.dumps(document, indent=2)
        _out.deliver(text, output, as_json=True)
    else:
        name = f"{len(runs)} logs" if len(runs) > 1 else runs[0][0].name
        if missing:
            name = f"{len(runs)} of {len(runs) + len(missing)} logs"
        show(footprint_view(footprint, name=name, issues=missing), output=output)
    if errors:
        raise typer.Exit(2)
