# SPDX-License-Identifier: MIT
"""``co2lib merge``: one footprint of the logs of several processes or nodes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from co2lib import tracker
from co2lib._errors import SystemFailureError
from co2lib.cli._view import footprint_view, show
from co2lib.cli.show import AsJson, Logs


def merge(
    files: Logs,
    as_json: AsJson = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of stdout.")
    ] = None,
) -> None:
    """Show one footprint of several logs, such as those of all ranks and nodes of a job.

    A device that two of them measured at the same time counts once.
    """
    footprint = tracker.merge([tracker.load(file) for file in files]).footprint()
    try:
        stream = sys.stdout if output is None else output.open("w", encoding="utf-8")
    except OSError as error:
        raise SystemFailureError(
            "core.cannot_write", f"{output}: {error.strerror}; give a file in a writable folder"
        ) from error
    try:
        if as_json:
            print(footprint.to_json().rstrip("\n"), file=stream)
        else:
            name = f"{len(files)} logs" if len(files) > 1 else files[0].name
            show(footprint_view(footprint, name=name), stream=stream)
    finally:
        if stream is not sys.stdout:
            stream.close()
