# SPDX-License-Identifier: MIT
"""``co2lib sensors``: what this machine can measure with, what not, why, and the remedy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from co2lib import Host, _config, intensity, meter, tracker
from co2lib.cli._view import console

_STYLES = {
    "available": "green",
    "absent": "dim",
    "no_permission": "yellow",
    "masked": "yellow",
    "failed": "red",
}
_FAILURES = frozenset({"absent", "no_permission", "lost", "io"})


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the table shows of one thing, with the names of `co2lib.meter.Finding`."""

    provider: str
    availability: str
    reason: str
    fix: str = ""
    used: bool = False
    method: str = ""
    value: str = ""
    meters: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        names = ("provider", "availability", "reason", "fix", "used", "method", "value", "meters")
        return {name: getattr(self, name) for name in names}


def _location(options: dict[str, Any]) -> _Finding:
    """Find out what a run without options would be priced with."""
    source, location, issues = tracker.choose_price(options.get("location") or "", options.get("intensity"))
    if issues:
        text = "; ".join(issue.text for issue in issues).partition("; ")[0]
        fix = "give --location FRA (or US-WY, gcp:us-central1), or set CO2LIB_LOCATION or CO2LIB_INTENSITY"
        return _Finding("location", "absent", text, fix, value=str(intensity.world_factor()))
    if not location or options.get("intensity") is not None:
        place = f"location {location}, but" if location else "no location,"
        return _Finding("location", "available", f"{place} an intensity is given", used=True, value=source)
    factor = intensity.factor(location)
    reason = "; ".join([f"location {location}", *(issue.text for issue in factor.issues)])
    return _Finding("location", "available", reason, used=True, value=str(factor))


def has_counters(findings: Sequence[meter.Finding]) -> bool:
    """Tell whether the CPU and every visible GPU have a counter.

    Parameters
    ----------
    findings : sequence of Finding
        From `co2lib.sensors`.
    """
    cpus = 0
    for finding in findings:
        available = finding.availability == "available"
        for info in finding.meters:
            # What cannot be read has its failure among its flags.
            counter = available and info.kind == "counter" and _FAILURES.isdisjoint(info.flags)
            if info.device == "cpu" and counter:
                cpus += 1
            elif info.device == "gpu" and not counter:
                return False
    return cpus > 0


def _measures(finding: meter.Finding | _Finding) -> str:
    if not isinstance(finding, meter.Finding):
        return finding.value
    if finding.method == "model":
        return f"model, {finding.value}" if finding.value else ""
    names: dict[str, dict[str, None]] = {}
    for info in finding.meters:
        if _FAILURES.isdisjoint(info.flags):
            method = "integral" if info.kind == "power" else finding.method
            names.setdefault(method, {})[info.name or info.domain] = None
    what = ", ".join(f"{method} of {', '.join(of)}" for method, of in names.items())
    return f"{what}, now {finding.value}" if what and finding.value else what


def _state(finding: meter.Finding | _Finding) -> str:
    state = finding.availability.replace("_", " ")
    return f"{state}, used" if finding.used else state


def _rich(findings: Sequence[meter.Finding | _Finding]) -> Table:
    grid = Table.grid(padding=(0, 3, 1, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings:
        lines = [Text(line) for line in (_measures(finding), finding.reason) if line]
        if finding.fix:
            lines.append(Text("Fix: ", style="bold cyan") + Text(finding.fix, style="not bold cyan"))
        state = Text(_state(finding), style=_STYLES.get(finding.availability, ""))
        grid.add_row(finding.provider, state, Text("\n").join(lines))
    return grid


def _plain(finding: meter.Finding | _Finding) -> str:
    lines = [f"{finding.provider}: {_state(finding)}"]
    lines += [f"  {line}" for line in (_measures(finding), finding.reason) if line]
    if finding.fix:
        lines.append(f"  Fix: {finding.fix}")
    return "\n".join(lines)


def sensors(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Show what this machine can measure with, what not, why, and how to change that.

    The exit status is 0 if the CPU and every visible GPU have a counter, else 1.
    """
    options = _config.resolve({})
    host = Host()
    found = meter.sensors(host, options.get("powercap_root"), options.get("gpus"))
    findings: list[meter.Finding | _Finding] = [*found, _location(options)]
    good = has_counters(found)
    out = console()
    if as_json:
        document = {
            "schema": "co2lib-sensors/1",
            "counters": good,
            "findings": [finding.to_dict() for finding in findings],
        }
        print(json.dumps(document, indent=2))
    elif out.is_terminal:
        out.print(_rich(findings))
    else:
        print("\n".join(_plain(finding) for finding in findings))
    if not good:
        raise typer.Exit(1)
