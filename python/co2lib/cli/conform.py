# SPDX-License-Identifier: MIT
"""``co2lib conform``: whether this installation answers conformance vectors as it should."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from co2lib.cli._view import show, table
from co2lib.testing import run_file


def conform(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="JSON files of vectors.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print every outcome as JSON.")] = False,
) -> None:
    """Run conformance vectors through the public functions and list those that fail.

    The exit status is 1 if any failed.
    """
    outcomes = [(file, outcome) for file in files for outcome in run_file(file)]
    counts = Counter(outcome.status for _, outcome in outcomes)
    if as_json:
        listed = [{"file": str(file), **asdict(outcome)} for file, outcome in outcomes]
        print(
            json.dumps(
                {**{s: counts[s] for s in ("passed", "failed", "skipped")}, "outcomes": listed}, indent=2
            )
        )
    else:
        for status, style in (("skipped", "dim"), ("failed", "")):
            rows = table(status.capitalize(), "Kind", "Reason")
            for _, outcome in outcomes:
                if outcome.status == status:
                    rows.add_row(
                        outcome.id,
                        outcome.kind,
                        "\n".join(outcome.differences) or outcome.reason,
                        style=style,
                    )
            if rows.rows:
                show(rows)
                print()
        line = f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
        show(Text(line, style="bold red" if counts["failed"] else "bold green"))
    if counts["failed"]:
        raise typer.Exit(1)
