# SPDX-License-Identifier: MIT
"""The footprint as an HTML table, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from co2lib.tracker import Footprint


def _row(name: str, value: Any, how: str = "") -> str:
    return _cells("td", name, value, how)


def _cells(kind: str, *cells: Any) -> str:
    left = "".join(f'<{kind} style="text-align:left">{escape(str(cell))}</{kind}>' for cell in cells)
    return f"<tr>{left}</tr>"


def _hardware(f: Footprint) -> str:
    """Return what the share of the hardware is of."""
    texts = [
        f"{m.basis}: {m.hardware.value_text} over {m.lifetime_years:g} years"
        + (f", {m.cpu_share:.0%} of its CPUs" if m.cpu_share < 1 else "")
        for m in f.machines
    ]
    return "; ".join(dict.fromkeys(texts))


def footprint(f: Footprint) -> str:
    """Return the table of a footprint: value with interval, and how it was obtained."""
    methods = ", ".join(f"{name} {share:.0%}" for name, share in f.method.items())
    priced = f.priced_with + (f", {f.carbon_intensity}" if f.carbon_intensity is not None else "")
    rows = [_row("energy", f.energy, methods)]
    rows += [
        _row(
            f"\u2003{d.name or d.id}",
            d.energy,
            ", ".join(
                part
                for part in (d.method, d.provider, "" if d.in_total else "not in the total", f.where(d))
                if part
            ),
        )
        for d in f.devices
    ]
    rows.append(_row("operational carbon", f.operational, priced))
    if f.embodied.value is not None:
        rows.append(_row("embodied carbon", f.embodied, _hardware(f)))
    if f.water.value is not None:
        rows.append(_row("water", f.water))
    rows.append(_row("duration", f"{f.duration_s:.4g} s"))
    rows += [
        _row(f"\u2003{r.name}", r.inclusive, f"{r.count} times" if r.count > 1 else "once")
        for r in f.regions.values()
    ]
    rows += [_row("note", issue.text or issue.code, issue.code) for issue in [*f.issues, *f.embodied.issues]]
    head = _cells("th", "co2lib", "value (95 % interval)", "how")
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
