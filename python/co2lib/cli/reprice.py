# SPDX-License-Identifier: MIT
"""``co2lib reprice``: the carbon of stored runs with another intensity."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from co2lib import Footprint, Issue, intensity, tracker
from co2lib._errors import BadValueError
from co2lib.cli import _out
from co2lib.cli._options import check_text, read_intensity
from co2lib.cli._view import repriced_view, show
from co2lib.cli.merge import Output
from co2lib.cli.show import Logs, load_each


@dataclass(frozen=True, slots=True)
class _Change:
    """A run with its own price and with the other one."""

    file: Path
    before: Footprint
    after: Footprint
    asked: str

    @property
    def issues(self) -> list[Issue]:
        """What to know about the new price: not what was known of the run."""
        return [issue for issue in self.after.issues if issue not in self.before.issues]

    def to_dict(self) -> dict[str, Any]:
        old, new = self.before.operational.value, self.after.operational.value
        return {
            "schema": "co2lib-reprice/1",
            "file": str(self.file),
            "run_id": self.after.run_id,
            "energy_j": self.after.energy.joules,
            "pue": self.after.facility.pue,
            "before": _priced(self.before),
            "after": {"asked": self.asked, **_priced(self.after)},
            "difference_g": None if old is None or new is None else new.grams - old.grams,
            "issues": [issue.to_dict() for issue in self.issues],
        }

    def view(self) -> RenderableType:
        return repriced_view(
            self.before, self.after, name=self.file.name, asked=self.asked, issues=self.issues
        )


def _priced(footprint: Footprint) -> dict[str, Any]:
    document = footprint.to_dict()
    return {
        "operational_g": document["operational"]["value_g"],
        "interval_g": document["operational"]["interval_g"],
        **document["intensity"],
        "sources": [source.to_dict() for source in footprint.operational.sources],
    }


def reprice(
    files: Logs,
    *,
    intensity_text: Annotated[
        str | None,
        typer.Option(
            "--intensity",
            metavar="G|FILE|P:ZONE",
            help="A number of g CO2e/kWh, a CSV file of a series, or <provider>:<zone>.",
        ),
    ] = None,
    location: Annotated[
        str | None,
        typer.Option(
            "--location",
            "-l",
            metavar="PLACE",
            help="Country (FRA), subdivision (US-WY) or cloud region (gcp:us-central1).",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON of schema co2lib-reprice/1.")] = False,
    output: Output = None,
) -> None:
    """Show the carbon of logs as they were priced, and with another intensity or place; no log is changed.

    The energy is the same to the last bit. Where the series does not cover a run its carbon is unknown. The
    exit status is 2 if that is so, or a log cannot be read.
    """
    if (intensity_text is None) == (location is None):
        raise BadValueError("core.bad_option", "give either --intensity or --location")
    _out.check_writable(output, "--output")
    check_text("location", location)
    asked = location or intensity_text or ""
    price = read_intensity(asked) if location is None else intensity.location_source(location)
    runs, errors = load_each(files)
    changes = [
        _Change(file, run.footprint(), tracker.reprice(run, price).footprint(), asked) for file, run in runs
    ]
    if as_json and changes:
        documents = [change.to_dict() for change in changes]
        text = json.dumps(documents[0] if len(files) == 1 else documents, indent=2)
        _out.deliver(text, output, as_json=True)
    elif changes:
        show(*[part for change in changes for part in ("", change.view())][1:], output=output)
    unknown = [change for change in changes if change.after.operational.value is None]
    for change in unknown:
        why = "; ".join(f"{issue.text} [{issue.code}]" for issue in change.issues) or "its energy is unknown"
        _out.complain(f"{change.file}: no new carbon: {why}")
    if errors or unknown:
        raise typer.Exit(2)
