# SPDX-License-Identifier: MIT
"""``co2lib sensors``: what this machine can measure with, what not, why, and the remedy."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.text import Text

from co2lib import Error, Host, intensity, meter, tracker
from co2lib.cli import _out
from co2lib.cli._options import resolve
from co2lib.cli._table import Rows
from co2lib.cli._view import show

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


def _find_all() -> tuple[list[meter.Finding], _Finding, list[Error]]:
    """Return the sensors, the location, and the errors of options, without which the sensors are found."""
    errors: list[Error] = []
    host = Host()
    options: dict[str, Any] = {}
    try:
        options = resolve({})
        location = _location(options)
    except Error as error:
        errors.append(error)
        location = _Finding("location", "failed", error.message)
    try:
        found = meter.sensors(host, options.get("powercap_root"), options.get("gpus"))
    except Error as error:
        errors.append(error)
        found = meter.sensors(host)
    return found, location, errors


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
    now = finding.value if finding.value.endswith(" now") else f"now {finding.value}"
    return f"{what}, {now}" if what and finding.value else what


def _state(finding: meter.Finding | _Finding) -> str:
    state = finding.availability.replace("_", " ")
    return f"{state}, used" if finding.used else state


def _rows(findings: Sequence[meter.Finding | _Finding]) -> Rows:
    rows = Rows("", "", "", words=(2,), styles=("bold",), apart=True)
    for finding in findings:
        lines = [Text(line) for line in (_measures(finding), finding.reason) if line]
        if finding.fix:
            lines.append(Text("Fix: ", style="bold cyan") + Text(finding.fix, style="not bold cyan"))
        state = Text(_state(finding), style=_STYLES.get(finding.availability, ""))
        rows.add(finding.provider, state, Text("\n").join(lines))
    return rows


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

    The exit status is 0 if the CPU and every visible GPU have a counter, else 1; 2 where an option of the
    environment or of a configuration file is wrong.
    """
    found, location, errors = _find_all()
    findings: list[meter.Finding | _Finding] = [*found, location]
    good = has_counters(found)
    if as_json:
        document = {
            "schema": "co2lib-sensors/1",
            "counters": good,
            "findings": [finding.to_dict() for finding in findings],
        }
        _out.deliver(json.dumps(document, indent=2), as_json=True)
    elif sys.stdout is not None and sys.stdout.isatty():
        show(_rows(findings))
    else:
        _out.deliver("\n".join(_plain(finding) for finding in findings))
    for error in errors:
        _out.complain(error)
    if errors or not good:
        raise typer.Exit(2 if errors else 1)
