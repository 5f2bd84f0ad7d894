# SPDX-License-Identifier: MIT
"""The footprint as an HTML table, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from co2lib.tracker import Footprint


def _row(name: str, value: Any, how: str = "") -> str:
    cells = (escape(str(cell)) for cell in (name, value, how))
    return "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>"


def footprint(f: Footprint) -> str:
    """Return the table of a footprint: value with interval, and how it was obtained."""
    methods = ", ".join(f"{name} {share:.0%}" for name, share in f.method.items())
    priced = f.priced_with + (f", {f.carbon_intensity}" if f.carbon_intensity is not None else "")
    rows = [_row("energy", f.energy, methods)]
    rows += [
        _row(
            f"\u2003{d.name or d.id}",
            d.energy,
            f"{d.method}, {d.provider}" + ("" if d.counted else ", not counted"),
        )
        for d in f.devices
    ]
    rows.append(_row("operational carbon", f.operational, priced))
    if f.embodied.value is not None:
        rows.append(_row("embodied carbon", f.embodied))
    if f.water.value is not None:
        rows.append(_row("water", f.water))
    rows.append(_row("duration", f"{f.duration_s:.4g} s"))
    rows += [_row(f"\u2003{r.name}", r.inclusive, f"{r.count} times") for r in f.regions.values()]
    rows += [_row("note", issue.text or issue.code, issue.code) for issue in f.issues]
    head = "<tr><th>co2lib</th><th>value (95 % interval)</th><th>how</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
