# SPDX-License-Identifier: MIT
"""``co2lib conform``: whether this installation answers conformance vectors as it should."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from co2lib import Error
from co2lib.cli import _out
from co2lib.cli._table import Rows
from co2lib.cli._view import show
from co2lib.testing import Outcome, run_file


def conform(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="JSON files of vectors.", show_default=False, readable=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print every outcome as JSON.")] = False,
) -> None:
    """Run conformance vectors through the public functions and list those that fail.

    The exit status is 1 if any failed; 2 where a file cannot be read, and the others are run all the same.
    """
    outcomes: list[tuple[Path, Outcome]] = []
    unread = 0
    for file in files:
        try:
            outcomes += [(file, outcome) for outcome in run_file(file)]
        except Error as error:
            _out.complain(error)
            unread += 1
    if unread < len(files):
        _present(outcomes, as_json=as_json)
    if unread:
        raise typer.Exit(2)
    if any(outcome.status == "failed" for _, outcome in outcomes):
        raise typer.Exit(1)


def _present(outcomes: list[tuple[Path, Outcome]], *, as_json: bool) -> None:
    counts = Counter(outcome.status for _, outcome in outcomes)
    if as_json:
        listed = [{"file": str(file), **asdict(outcome)} for file, outcome in outcomes]
        numbers = {status: counts[status] for status in ("passed", "failed", "skipped")}
        _out.deliver(json.dumps({**numbers, "outcomes": listed}, indent=2), as_json=True)
        return
    parts: list[RenderableType] = []
    for status, style in (("skipped", "dim"), ("failed", "")):
        rows = Rows(status.capitalize(), "Kind", "Reason", words=(2,))
        for _, outcome in outcomes:
            if outcome.status == status:
                reason = "\n".join(outcome.differences) or outcome.reason
                rows.add(outcome.id, outcome.kind, reason, style=style)
        if rows:
            parts += [rows, ""]
    line = f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
    show(*parts, Text(line, style="bold red" if counts["failed"] else "bold green"))
